"""How often list prices change, by how much, which way, and at what age.

The statistics are those of Nakamura and Steinsson, "Five facts about prices", Quarterly Journal of
Economics 123 (2008): a price that is seen on two days running either changed or did not. They have
a price a month; a catalogue has gaps of different length, so the frequency here is that of a
constant hazard, which makes a longer gap likelier to hold a change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import optimize, stats

from token_economics.methods.arrays import FloatArray, floats
from token_economics.methods.prices.price_panel import Panel

SAME = 1e-9  # log difference below which two prices are one
FEWEST_CLUSTERS = 5
MOST_CHANGES_PER_MONTH = 50.0


class Frequency(NamedTuple):
    """How often prices change.

    ``per_month`` is the probability that a price changes within a month, with the interval of the
    profile likelihood; ``months`` the months over which prices were watched.
    """

    pairs: int
    changed: int
    months: float
    per_month: float
    low: float
    high: float

    @property
    def duration_months(self) -> float:
        """Mean life of a price that the frequency implies, −1/ln(1 − f). [months]"""
        return float(np.divide(-1.0, np.log1p(-self.per_month))) if self.per_month else np.inf


def pairs(panel: Panel) -> pd.DataFrame:
    """Each listing on each two neighbouring days that both have it.

    Returns
    -------
    The columns of the panel's ``ids``, ``listing`` (its row there), ``start`` and ``end`` (days),
    ``months`` between them, ``before`` and ``after`` [USD/Mtok], ``log_change`` and ``changed``.
    """
    day, listing = np.nonzero(panel.listed[:-1] & panel.listed[1:])
    before, after = panel.prices[day, listing], panel.prices[day + 1, listing]
    log_change = np.log(after / before)
    found = pd.DataFrame(
        {
            "listing": listing,
            "start": panel.days[day],
            "end": panel.days[day + 1],
            "months": np.diff(panel.months)[day],
            "before": before,
            "after": after,
            "log_change": log_change,
            "changed": np.abs(log_change) > SAME,
        }
    )
    return found.join(panel.ids, on="listing")


def frequency(matched: pd.DataFrame, *, level: float) -> Frequency:
    r"""Probability that a price changes within a month, at a constant hazard.

    .. math:: \Pr(\text{changed over } g \text{ months}) = 1 - e^{-\lambda g}, \qquad
       f = 1 - e^{-\lambda}

    Parameters
    ----------
    matched
        Columns ``months`` and ``changed``, as :func:`pairs` has them.
    level
        Coverage of the interval of the profile likelihood, which takes the pairs for independent.
        [0–1]

    Examples
    --------
    Where all gaps are a month, it is the share of prices that changed:

    >>> matched = pd.DataFrame({"months": 1.0, "changed": [True] + [False] * 9})
    >>> found = frequency(matched, level=0.9)
    >>> print(round(found.per_month, 6), round(found.duration_months, 2))
    0.1 9.49
    """
    gaps, kept, changed = _by_gap(matched)
    counts = (len(matched), int(changed.sum()), float(matched["months"].sum()))
    if not len(matched):
        return Frequency(*counts, np.nan, np.nan, np.nan)
    best = float(_hazards(gaps, kept[None], changed[None])[0])
    room = float(stats.chi2.ppf(level, 1)) / 2

    def short_of_best(hazard: float) -> float:
        return (
            _likelihood(best, gaps, kept, changed) - _likelihood(hazard, gaps, kept, changed) - room
        )

    low = optimize.brentq(short_of_best, best * 1e-9, best) if best else 0.0
    top = MOST_CHANGES_PER_MONTH
    high = optimize.brentq(short_of_best, best, top) if short_of_best(top) > 0 else np.inf
    return Frequency(*counts, *(float(-np.expm1(-hazard)) for hazard in (best, low, high)))


def clustered_frequency(
    matched: pd.DataFrame, *, cluster: str, level: float, draws: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Interval of :func:`frequency` when the changes of a cluster come together. [1/month]

    A vendor changes many prices on one day, so that pairs are not independent. Clusters are drawn
    with replacement; with fewer than five of them the interval is not a number.

    Parameters
    ----------
    matched
        As :func:`pairs` has them.
    cluster
        Column that names the cluster, such as ``provider``.
    level
        Coverage of the percentile interval. [0–1]
    draws
        Bootstrap draws. [count]
    rng
        Source of randomness.
    """
    names, member = np.unique(matched[cluster].astype(str), return_inverse=True)
    if len(names) < FEWEST_CLUSTERS:
        return np.nan, np.nan
    gaps, place = np.unique(matched["months"], return_inverse=True)
    changed = matched["changed"].to_numpy(dtype=bool)
    shape = (len(names), len(gaps))
    cell = np.ravel_multi_index((member, place), shape)
    counts = [
        np.bincount(cell[kind], minlength=shape[0] * shape[1]).reshape(shape)
        for kind in (~changed, changed)
    ]
    weight = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=draws)
    hazards = _hazards(gaps, *(floats(weight @ count) for count in counts))
    low, high = np.quantile(-np.expm1(-hazards), [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)


def by_group(
    matched: pd.DataFrame,
    by: str | Sequence[str],
    *,
    level: float,
    draws: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Frequency, sign and size of price changes of each group, a row a group.

    Parameters
    ----------
    matched
        As :func:`pairs` has them.
    by
        Columns that name the group, such as ``role`` or ``provider``.
    level, draws, rng
        As in :func:`clustered_frequency`, which draws providers.

    Returns
    -------
    Columns of ``by``; ``pairs``, ``changed`` [count]; ``months`` watched; ``per_month`` with
    ``low`` and ``high`` of the profile likelihood and ``clustered_low`` and ``clustered_high`` of
    the bootstrap [1/month]; ``duration_months``; ``share_up`` with ``share_up_low`` and
    ``share_up_high`` (Wilson 1927) [0–1]; ``median_size``, ``median_rise``, ``median_fall``, absolute
    log changes.
    """
    keys = [by] if isinstance(by, str) else list(by)
    rows = [
        dict(zip(keys, name, strict=True)) | _described(group, level=level, draws=draws, rng=rng)
        for name, group in matched.groupby(keys, sort=True)
    ]
    return pd.DataFrame(rows)


def spells(panel: Panel) -> pd.DataFrame:
    """Lives of single prices, each with its end: a change, or out of sight.

    A price that a provider already had on its first day in the catalogue began before; such a price
    is marked ``began_before``.

    Returns
    -------
    The columns of ``ids``, ``listing``, ``start`` (first day of the price), ``months`` until the
    first day of the next price, or until the last day on which the price was seen; ``changed``,
    whether the next price ended it; ``began_before``.
    """
    listed, months = panel.listed, panel.months
    price = np.where(listed, panel.prices, 0.0)
    before = np.vstack([np.zeros(len(panel.ids)), price[:-1]])
    after = np.vstack([price[1:], np.zeros(len(panel.ids))])
    listing, start = np.nonzero((listed & ~_same(price, before)).T)
    ends_of, end = np.nonzero((listed & ~_same(price, after)).T)
    changed = after[end, ends_of] > 0
    first_day = pd.Series(listed.argmax(axis=0)).groupby(panel.ids["provider"]).transform("min")
    found = pd.DataFrame(
        {
            "listing": listing,
            "start": panel.days[start],
            "months": months[end + changed] - months[start],
            "changed": changed,
            "began_before": start == first_day.to_numpy()[listing],
        }
    )
    return found.join(panel.ids, on="listing")


def hazard_by_age(lives: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """Probability that a price changes in each month of its age, by Kaplan and Meier (1958).

    Prices that began before they were seen are left out. Ages are rounded to months, one or more. A hazard
    that falls with age need not be that of any single price: those that change often go first.

    Parameters
    ----------
    lives
        As :func:`spells` has them.
    level
        Coverage of the intervals (Wilson 1927). [0–1]

    Returns
    -------
    Columns ``age_months``, ``at_risk``, ``changed`` [count], ``hazard`` with ``low`` and ``high``
    [1/month], ``survival`` and ``survival_error``, the share of prices that live longer. A row an age
    at which a price changed.
    """
    from statsmodels.duration.survfunc import SurvfuncRight  # slow to load; only fits need it
    from statsmodels.stats.proportion import proportion_confint

    sample = lives[~lives["began_before"] & lives["months"].gt(0)]
    age = np.maximum(sample["months"].round(), 1)
    fit = SurvfuncRight(age, sample["changed"].astype(int))
    low, high = proportion_confint(fit.n_events, fit.n_risk, alpha=1 - level, method="wilson")
    return pd.DataFrame(
        {
            "age_months": fit.surv_times,
            "at_risk": fit.n_risk.astype(int),
            "changed": fit.n_events.astype(int),
            "hazard": fit.n_events / fit.n_risk,
            "low": low,
            "high": high,
            "survival": fit.surv_prob,
            "survival_error": fit.surv_prob_se,
        }
    )


def _described(
    matched: pd.DataFrame, *, level: float, draws: int, rng: np.random.Generator
) -> dict[str, float]:
    """What a row of :func:`by_group` says."""
    from statsmodels.stats.proportion import proportion_confint  # slow to load

    found = frequency(matched, level=level)
    clustered = clustered_frequency(matched, cluster="provider", level=level, draws=draws, rng=rng)
    change = matched.loc[matched["changed"], "log_change"]
    up = int(change.gt(0).sum())
    share = (np.nan,) * 3
    if len(change):
        wilson = proportion_confint(up, len(change), alpha=1 - level, method="wilson")
        share = (up / len(change), *wilson)
    return {
        **found._asdict(),
        "clustered_low": clustered[0],
        "clustered_high": clustered[1],
        "duration_months": found.duration_months,
        **dict(zip(("share_up", "share_up_low", "share_up_high"), share, strict=True)),
        "median_size": change.abs().median(),
        "median_rise": change[change > 0].median(),
        "median_fall": -change[change < 0].median(),
    }


def _by_gap(matched: pd.DataFrame) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Gaps in months, and how many pairs of each kept and changed their price."""
    counts = matched.groupby("months")["changed"].agg(["size", "sum"])
    changed = counts["sum"].to_numpy(dtype=np.float64)
    return floats(counts.index), counts["size"].to_numpy(dtype=np.float64) - changed, changed


def _likelihood(hazard: float, gaps: FloatArray, kept: FloatArray, changed: FloatArray) -> float:
    """Log likelihood of a constant hazard."""
    log_changed = np.log(np.maximum(-np.expm1(-hazard * gaps), np.finfo(float).tiny))
    return float(changed @ log_changed - hazard * (kept @ gaps))


def _hazards(gaps: FloatArray, kept: FloatArray, changed: FloatArray) -> FloatArray:
    """Hazards of greatest likelihood, a row of counts each, by bisection. [1/month]

    The score falls in the hazard, so that it has one root; no change gives 0.
    """
    exposure = kept @ gaps
    low, high = np.zeros(len(kept)), np.full(len(kept), MOST_CHANGES_PER_MONTH)
    for _ in range(60):
        middle = (low + high) / 2
        score = (changed * gaps / np.expm1(middle[:, None] * gaps)).sum(axis=1) - exposure
        low, high = np.where(score > 0, middle, low), np.where(score > 0, high, middle)
    return np.where(changed.sum(axis=1) > 0, (low + high) / 2, 0.0)


def _same(price: FloatArray, other: FloatArray) -> np.ndarray:
    """Whether two prices are one; a missing price is 0."""
    return np.isclose(price, other, rtol=SAME, atol=0.0)
