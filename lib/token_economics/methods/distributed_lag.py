"""How a response to a price builds up day by day, by regression with serially correlated errors.

References: partial adjustment, Nerlove (1958); errors, Newey and West, Econometrica 55 (1987);
test for serial correlation, Breusch (1978) and Godfrey (1978).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri

from token_economics.methods.arrays import FloatArray, floats


class PartialAdjustment(NamedTuple):
    """Elasticity at once and in the long run; ``persistence`` is what is left after a day."""

    at_once: float
    at_once_low: float
    at_once_high: float
    long_run: float
    long_run_low: float
    long_run_high: float
    persistence: float
    half_life_days: float
    serial_correlation_p: float
    observations: int


def partial_adjustment(
    daily: pd.DataFrame, *, error_lags: int, level: float, trend: bool
) -> PartialAdjustment:
    r"""Partial adjustment of volume to price.

    .. math:: \ln q_t = a + \lambda \ln q_{t-1} + \beta \ln p_t + \gamma\,t + \text{weekend} + u_t,
       \qquad \eta_\infty = \beta/(1-\lambda)

    Parameters
    ----------
    daily
        Columns ``date``, ``tokens`` and ``price``, one row a day without gaps.
    error_lags
        Lags of the Newey–West errors. [days]
    level
        Coverage of the intervals, normal distribution; the long run by the delta method. [0–1]
    trend
        Whether the regression holds a linear trend.
    """
    import statsmodels.formula.api as smf  # slow to load; only fits need it
    from statsmodels.stats.diagnostic import acorr_breusch_godfrey

    ordered = daily.sort_values("date")
    dates = pd.to_datetime(ordered["date"])
    sample = pd.DataFrame(
        {
            "ln_tokens": np.log(ordered["tokens"].to_numpy(dtype=np.float64)),
            "ln_price": np.log(ordered["price"].to_numpy(dtype=np.float64)),
            "day": np.arange(len(ordered), dtype=np.float64),
            "weekend": (dates.dt.day_of_week >= 5).astype("float64").to_numpy(),
        }
    )
    sample["before"] = sample["ln_tokens"].shift()
    formula = "ln_tokens ~ before + ln_price + weekend" + (" + day" if trend else "")
    fit = smf.ols(formula, data=sample.dropna()).fit(
        cov_type="HAC", cov_kwds={"maxlags": error_lags}
    )
    persistence, price = float(fit.params["before"]), float(fit.params["ln_price"])
    left = 1.0 - persistence
    gradient = np.array([price / left**2, 1.0 / left])
    covariance = fit.cov_params().loc[["before", "ln_price"], ["before", "ln_price"]].to_numpy()
    margin = float(ndtri(0.5 + level / 2))
    long_error = float(np.sqrt(gradient @ covariance @ gradient))
    long_run, error = price / left, float(fit.bse["ln_price"])
    fading = 0.0 < persistence < 1.0
    return PartialAdjustment(
        at_once=price,
        at_once_low=price - margin * error,
        at_once_high=price + margin * error,
        long_run=long_run,
        long_run_low=long_run - margin * long_error,
        long_run_high=long_run + margin * long_error,
        persistence=persistence,
        half_life_days=float(np.log(0.5) / np.log(persistence)) if fading else float("nan"),
        serial_correlation_p=float(acorr_breusch_godfrey(fit, nlags=2, result_object=False)[3]),
        observations=int(fit.nobs),
    )


class SiblingResponse(NamedTuple):
    """Elasticity among siblings with fixed effects, and its place among relabelled price paths."""

    elasticity: float
    p_value: float
    resolution: float
    observations: int


def sibling_response(panel: pd.DataFrame, *, entities: Sequence[str]) -> SiblingResponse:
    r"""Price response of one model relative to its siblings, days and models as fixed effects.

    .. math:: \ln q_{it} = \alpha_i + \delta_t + \beta \ln p_{it} + u_{it}

    Day effects take out whatever moves all siblings, so β is what moves *between* them: a measure
    of substitution. With so few models no clustered error means anything; instead the price paths
    are dealt anew to the models in every order, and the share of orders with as strong a response
    is reported. Its least value is one over the number of orders.

    Parameters
    ----------
    panel
        Columns ``date``, ``entity``, ``tokens`` and ``price``.
    entities
        Models to compare.

    Examples
    --------
    One of three siblings halves its price and doubles its volume:

    >>> panel = pd.DataFrame(
    ...     {
    ...         "date": [1, 1, 1, 2, 2, 2],
    ...         "entity": ["a", "b", "c"] * 2,
    ...         "price": [4.0, 4.0, 2.0, 2.0, 4.0, 2.0],
    ...         "tokens": [10.0, 20.0, 30.0, 20.0, 20.0, 30.0],
    ...     }
    ... )
    >>> found = sibling_response(panel, entities=["a", "b", "c"])
    >>> print(round(found.elasticity, 3), round(found.resolution, 3))
    -1.0 0.167
    """
    chosen = panel[panel["entity"].isin(list(entities))]
    tokens, path = (
        np.log(
            chosen.pivot(index="date", columns="entity", values=name)[list(entities)].to_numpy(
                dtype=np.float64
            )
        )
        for name in ("tokens", "price")
    )
    volume = _without_means(tokens)
    found = [
        _slope(volume, _without_means(path[:, list(order)]))
        for order in permutations(range(len(entities)))
    ]
    size = np.abs(found)
    return SiblingResponse(
        elasticity=float(found[0]),
        p_value=float((size >= size[0] - 1e-12).mean()),
        resolution=1.0 / len(found),
        observations=int(volume.size),
    )


class EventGrowth(NamedTuple):
    """Extra log growth in a week with one more event of a kind, with intervals. [log/week]"""

    usual: float
    launch: float
    launch_low: float
    launch_high: float
    cut: float
    cut_low: float
    cut_high: float
    observations: int


def growth_by_events(weekly: pd.DataFrame, *, error_lags: int, level: float) -> EventGrowth:
    r"""Whether volume jumps when models appear, or when prices are cut.

    .. math:: \Delta \ln q_t = a + b\,\mathrm{launches}_t + c\,\mathrm{cuts}_t + u_t

    Parameters
    ----------
    weekly
        Columns ``growth`` [log/week], ``launches`` and ``cuts`` [count], weeks in order.
    error_lags
        Lags of the Newey–West errors. [weeks]
    level
        Coverage of the intervals. [0–1]

    Examples
    --------
    Volume grows by 2 % a week, 10 more with a launch and 5 more with a price cut:

    >>> weeks = pd.DataFrame(
    ...     {
    ...         "growth": [0.02, 0.12, 0.02, 0.07, 0.02, 0.17],
    ...         "launches": [0, 1, 0, 0, 0, 1],
    ...         "cuts": [0, 0, 0, 1, 0, 1],
    ...     }
    ... )
    >>> found = growth_by_events(weeks, error_lags=1, level=0.9)
    >>> print(round(found.usual, 3), round(found.launch, 3), round(found.cut, 3))
    0.02 0.1 0.05
    """
    import statsmodels.formula.api as smf  # slow to load; only fits need it

    fit = smf.ols("growth ~ launches + cuts", data=weekly).fit(
        cov_type="HAC", cov_kwds={"maxlags": error_lags}
    )
    bounds = fit.conf_int(alpha=1.0 - level)
    return EventGrowth(
        usual=float(fit.params["Intercept"]),
        launch=float(fit.params["launches"]),
        launch_low=float(bounds.loc["launches"].iloc[0]),
        launch_high=float(bounds.loc["launches"].iloc[1]),
        cut=float(fit.params["cuts"]),
        cut_low=float(bounds.loc["cuts"].iloc[0]),
        cut_high=float(bounds.loc["cuts"].iloc[1]),
        observations=int(fit.nobs),
    )


def _without_means(table: FloatArray) -> FloatArray:
    """The table less its row and column means: two-way fixed effects of a balanced panel."""
    rows, columns = table.mean(axis=1, keepdims=True), table.mean(axis=0, keepdims=True)
    return floats(table - rows - columns + table.mean())


def _slope(volume: FloatArray, price: FloatArray) -> float:
    return float((volume * price).sum() / (price**2).sum())
