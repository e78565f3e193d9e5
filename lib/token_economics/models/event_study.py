"""A price cut seen day by day: what moved, against trend, controls and placebo dates.

One treated unit gives no standard error. What the data can say is how unusual the change is among
the changes at dates when nothing happened, and that resolution is one over the number of dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from token_economics.models.rebound import arc_elasticity, spend_response


@dataclass(frozen=True, kw_only=True)
class EventWindow:
    """Days compared before and after an event. [days]

    The window before covers ``length`` days and ends ``lead`` days before the event; the window
    after covers ``length`` days and begins ``lag`` days after it. Lead 1 and lag 0 are adjacent.
    """

    length: int
    lead: int
    lag: int

    def before(self, event: pd.Timestamp) -> pd.DatetimeIndex:
        """Days of the window before an event."""
        return pd.date_range(end=event - pd.Timedelta(days=self.lead), periods=self.length)

    def after(self, event: pd.Timestamp) -> pd.DatetimeIndex:
        """Days of the window after an event."""
        return pd.date_range(start=event + pd.Timedelta(days=self.lag), periods=self.length)

    @property
    def distance(self) -> int:
        """Days between the middles of the two windows."""
        return self.lead + self.lag + self.length - 1


def _wide(panel: pd.DataFrame, values: str) -> pd.DataFrame:
    wide = panel.pivot(index="date", columns="entity", values=values)
    wide.index = pd.to_datetime(wide.index)
    return wide.sort_index()


def window_means(panel: pd.DataFrame, *, event: pd.Timestamp, window: EventWindow) -> pd.DataFrame:
    """Mean tokens and price a day before and after an event, for each entity.

    Parameters
    ----------
    panel
        Columns ``date``, ``entity``, ``tokens`` [tokens/day] and ``price`` [money/token]; every
        day of both windows must be present.
    event
        Day of the event.
    window
        Days to compare.

    Returns
    -------
    Columns ``entity``, ``tokens_before``, ``tokens_after``, ``price_before``, ``price_after``,
    ``tokens_ratio`` and ``price_ratio`` [1]. Prices are plain means over days.
    """
    columns = {
        f"{name}_{when}": _wide(panel, name).loc[days].mean()
        for name in ("tokens", "price")
        for when, days in (("before", window.before(event)), ("after", window.after(event)))
    }
    table = pd.DataFrame(columns).rename_axis("entity").reset_index()
    return table.assign(
        tokens_ratio=table["tokens_after"] / table["tokens_before"],
        price_ratio=table["price_after"] / table["price_before"],
    )


def pre_trend_growth(
    panel: pd.DataFrame, *, event: pd.Timestamp, window: EventWindow
) -> pd.DataFrame:
    """Growth of tokens before the event: last full window over the one just before it.

    Returns
    -------
    Columns ``entity``, ``earlier``, ``later`` [tokens/day] and ``log_growth_per_day`` [log/day].
    """
    tokens = _wide(panel, "tokens")
    later = window.before(event)
    table = pd.DataFrame(
        {
            "earlier": tokens.loc[later - pd.Timedelta(days=window.length)].mean(),
            "later": tokens.loc[later].mean(),
        }
    )
    growth = np.log(table["later"] / table["earlier"]) / window.length
    return table.assign(log_growth_per_day=growth).rename_axis("entity").reset_index()


def event_study(
    panel: pd.DataFrame,
    *,
    treated: str,
    controls: Sequence[str],
    event: pd.Timestamp,
    window: EventWindow,
) -> pd.DataFrame:
    """Arc elasticity of a price cut: raw, without the earlier trend, and against controls.

    Parameters
    ----------
    panel
        As in ``window_means``, with one more window of days before for the trend.
    treated
        Entity whose price was cut.
    controls
        Entities whose price was not. They may be substitutes: then their loss inflates the result.
    event
        Day of the cut.
    window
        Days to compare.

    Returns
    -------
    One row a ``method`` (``raw``, ``trend_removed``, ``against_controls``) with
    ``log_tokens_change``, ``log_price_change`` [log], ``arc_elasticity`` and ``spend_ratio`` [1].

    Examples
    --------
    The price halves on the fifth day; tokens rise to 2.2 times, but those of a control rise too:

    >>> days = pd.date_range("2026-01-01", periods=6)
    >>> cut = pd.DataFrame({"date": days, "entity": "cut", "price": [1, 1, 1, 1, 0.5, 0.5]})
    >>> other = pd.DataFrame({"date": days, "entity": "other", "price": 1.0})
    >>> panel = pd.concat([cut, other]).assign(tokens=[100] * 4 + [220] * 2 + [100] * 4 + [110] * 2)
    >>> table = event_study(
    ...     panel,
    ...     treated="cut",
    ...     controls=["other"],
    ...     event=days[4],
    ...     window=EventWindow(length=2, lead=1, lag=0),
    ... )
    >>> print(table.set_index("method")["arc_elasticity"].round(3).to_dict())
    {'raw': -1.138, 'trend_removed': -1.138, 'against_controls': -1.0}
    """
    changes = window_means(panel, event=event, window=window).set_index("entity")
    log_tokens = changes["tokens_ratio"].apply(np.log)
    log_price = float(changes["price_ratio"].apply(np.log)[treated])
    trend = pre_trend_growth(panel, event=event, window=window).set_index("entity")
    raw = float(log_tokens[treated])
    log_changes = {
        "raw": raw,
        "trend_removed": raw - float(trend["log_growth_per_day"][treated]) * window.distance,
        "against_controls": raw - float(log_tokens[list(controls)].mean()),
    }
    table = pd.DataFrame(
        {"method": list(log_changes), "log_tokens_change": list(log_changes.values())}
    )
    elasticity = arc_elasticity(np.exp(table["log_tokens_change"].to_numpy()), np.exp(log_price))
    return table.assign(
        log_price_change=log_price,
        arc_elasticity=elasticity,
        spend_ratio=spend_response(float(np.exp(log_price)), elasticity),
    )


def relative_log_change(
    panel: pd.DataFrame,
    *,
    treated: str,
    controls: Sequence[str],
    events: Sequence[pd.Timestamp],
    window: EventWindow,
) -> pd.DataFrame:
    """Log change of tokens at each date, less the mean of the controls. ``events`` are the dates.

    Returns
    -------
    Columns ``event``, ``log_change`` and ``relative_log_change`` [log]; without controls the two
    are equal.
    """
    tokens = _wide(panel, "tokens")
    ratios = [
        tokens.loc[window.after(event)].mean() / tokens.loc[window.before(event)].mean()
        for event in events
    ]
    changes = pd.DataFrame(ratios).apply(np.log).reset_index(drop=True)
    control = changes[list(controls)].mean(axis="columns") if controls else 0.0
    return pd.DataFrame(
        {
            "event": list(events),
            "log_change": changes[treated],
            "relative_log_change": changes[treated] - control,
        }
    )


def clean_placebo_dates(
    panel: pd.DataFrame, *, event: pd.Timestamp, window: EventWindow
) -> list[pd.Timestamp]:
    """Dates whose two windows lie in the panel and end before the event."""
    days = pd.DatetimeIndex(pd.to_datetime(panel["date"]).unique()).sort_values()
    earlier = days[days < event]
    return [
        day
        for day in earlier
        if window.before(day)[0] >= earlier[0] and window.after(day)[-1] <= earlier[-1]
    ]


@dataclass(frozen=True)
class PlaceboTest:
    """How unusual the change at the event is among dates when nothing happened.

    ``dates`` has columns ``event``, ``log_change``, ``relative_log_change`` and ``placebo``.
    ``resolution`` is the smallest p-value that this many dates can give.
    """

    dates: pd.DataFrame
    p_value: float
    resolution: float

    @property
    def at_event(self) -> float:
        """Change at the event, less that of the controls. [log]"""
        return float(self.dates["relative_log_change"].iloc[0])

    @property
    def largest_elsewhere(self) -> float:
        """The largest change at another date, in size. [log]"""
        return float(self.dates["relative_log_change"].iloc[1:].abs().max())


def placebo_test(
    panel: pd.DataFrame,
    *,
    treated: str,
    controls: Sequence[str],
    event: pd.Timestamp,
    placebo_dates: Sequence[pd.Timestamp],
    window: EventWindow,
) -> PlaceboTest:
    """Permutation of the event date: share of dates with a change at least as large.

    The event itself is one of the dates, so that p is never zero and the resolution is one over
    their number. Changes are compared in absolute value. Placebo windows overlap each other, so
    neighbouring dates are not independent and even this p-value flatters.
    """
    changes = relative_log_change(
        panel,
        treated=treated,
        controls=controls,
        events=[event, *placebo_dates],
        window=window,
    )
    size = changes["relative_log_change"].abs()
    return PlaceboTest(
        dates=changes.assign(placebo=[False, *(True for _ in placebo_dates)]),
        p_value=float((size >= size.iloc[0]).mean()),
        resolution=1.0 / len(changes),
    )


def elasticity_without_app(
    *, tokens_before: float, tokens_after: float, price_ratio: float, app_share_of_gain: float
) -> float:
    """Arc elasticity if one app's part of the gain had not happened. [1]

    Parameters
    ----------
    tokens_before, tokens_after
        Mean tokens a day. [tokens/day]
    price_ratio
        New over old price. [1]
    app_share_of_gain
        Share of the increase that matches one app. [0–1]

    Examples
    --------
    Tokens double when the price halves; half of the gain was one app:

    >>> found = elasticity_without_app(
    ...     tokens_before=100.0, tokens_after=200.0, price_ratio=0.5, app_share_of_gain=0.5
    ... )
    >>> print(round(found, 3))
    -0.585
    """
    gain = (1.0 - app_share_of_gain) * (tokens_after - tokens_before)
    return float(arc_elasticity((tokens_before + gain) / tokens_before, price_ratio))
