r"""Did growth of several cohorts change at one common date?

Model: log growth of cohort i in month t is :math:`\mu_i + \delta_i 1[t \ge b] + e_{it}`, with
errors correlated across cohorts and over neighbouring months. Statistic: the Wald statistic of
all :math:`\delta_i = 0` at date b; its largest value over the candidate dates where b is unknown
(Andrews, 1993; Bai, Lumsdaine and Stock, 1998, for a break common to several series). The
p-values come from a circular block bootstrap of whole rows of residuals, which keeps both
correlations. The confidence set of the date inverts the likelihood ratio (Eo and Morley, 2015).

A common date says that cohorts changed together. It does not tell contagion from a common shock:
the two are not separable in a few aggregate series: the reflection problem (Manski, 1993). If each
cohort grows by :math:`\beta\,\bar g_t + n_t + e_{it}`, imitating the mean of all and hearing the same
news n, then some news makes the same series whatever :math:`\beta` below one is assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from token_economics.methods.arrays import FloatArray, floats


@dataclass(frozen=True)
class CommonBreak:
    """A common break in log growth: where it is, how strong, and how sure the date is.

    ``candidates`` has columns date, wald, in_confidence_set; ``growth`` has cohort, regime
    (before, after), log_growth. A date is the first month of the new growth. The p-value at the
    given date holds only if that date was chosen without looking at these series.
    """

    estimated_date: pd.Timestamp
    sup_wald: float
    p_value: float
    given_date: pd.Timestamp
    wald_at_given_date: float
    p_value_at_given_date: float
    candidates: pd.DataFrame
    growth: pd.DataFrame


def common_break(
    spend: pd.DataFrame,
    *,
    given_date: pd.Timestamp,
    trim_share: float,
    block_length: int,
    n_bootstrap: int,
    interval_level: float,
    rng: np.random.Generator,
) -> CommonBreak:
    """Test of one common break date in log growth against none, and at a given date.

    Parameters
    ----------
    spend
        Levels, positive; rows are dates in equal steps, columns are cohorts.
    given_date
        A date named beforehand, e.g. that of a model launch.
    trim_share
        Share of the sample kept clear of candidate dates at each end. [share]
    block_length
        Neighbouring months that are resampled together. [months]
    n_bootstrap
        Resamples, for each of the two bootstraps.
    interval_level
        Level of the confidence set of the date. [share]
    rng
        Source of randomness.

    Examples
    --------
    Two cohorts grow by 2 % a month, and by 10 % from the thirteenth month on:

    >>> months = np.arange(24)
    >>> wobble = 0.002 * np.sin([3.0 * months, 5.0 * months])
    >>> growth = np.where(months < 12, 0.02, 0.10) + wobble
    >>> spend = pd.DataFrame(
    ...     np.exp(growth.cumsum(axis=1)).T,
    ...     index=pd.date_range("2024-01-01", periods=24, freq="MS"),
    ...     columns=["small", "large"],
    ... )
    >>> found = common_break(
    ...     spend,
    ...     given_date=pd.Timestamp("2025-01-01"),
    ...     trim_share=0.15,
    ...     block_length=3,
    ...     n_bootstrap=99,
    ...     interval_level=0.9,
    ...     rng=np.random.default_rng(1),
    ... )
    >>> print(found.estimated_date.date(), found.p_value)
    2025-01-01 0.01
    """
    growth = np.diff(np.log(spend.to_numpy(dtype=np.float64)), axis=0)
    dates = pd.DatetimeIndex(spend.index)[1:]
    positions = candidate_positions(len(growth), trim_share=trim_share)
    given = _position_of(dates, given_date)
    ratios = likelihood_ratios(growth, positions)
    best = int(positions[int(np.argmax(ratios))])
    fitted, residuals = _two_regimes(growth, best)
    resamples = _block_resamples(
        residuals, n_resamples=2 * n_bootstrap, block_length=block_length, rng=rng
    )
    steady = growth.mean(axis=0) + resamples[:n_bootstrap]
    allowed_shortfall = np.quantile(
        _shortfall_at_truth(fitted + resamples[n_bootstrap:], positions, truth=best),
        interval_level,
    )
    at_given = likelihood_ratios(growth, np.array([given]))
    candidates = pd.DataFrame(
        {
            "date": dates[positions],
            "wald": wald_statistic(ratios, len(growth)),
            "in_confidence_set": ratios.max() - ratios <= allowed_shortfall,
        }
    )
    return CommonBreak(
        estimated_date=dates[best],
        sup_wald=float(candidates["wald"].max()),
        p_value=_share_as_large(likelihood_ratios(steady, positions).max(axis=-1), ratios.max()),
        given_date=dates[given],
        wald_at_given_date=float(wald_statistic(at_given, len(growth))[0]),
        p_value_at_given_date=_share_as_large(
            likelihood_ratios(steady, np.array([given])), float(at_given[0])
        ),
        candidates=candidates,
        growth=_growth_by_regime(growth, best, cohorts=[str(name) for name in spend.columns]),
    )


def side_by_side(tests: Mapping[str, CommonBreak]) -> pd.DataFrame:
    """Tests of several groups of cohorts, a row each, by the name of the group.

    Columns: cohort, first_month (of the new growth), earliest and latest (of the set of dates),
    p_value, growth_before and growth_after (mean over the group's cohorts). [date; share/step]
    """
    rows = []
    for name, found in tests.items():
        kept = found.candidates.loc[found.candidates["in_confidence_set"], "date"]
        growth = found.growth.groupby("regime")["log_growth"].mean()
        rows.append(
            {
                "cohort": name,
                "first_month": found.estimated_date,
                "earliest": kept.min(),
                "latest": kept.max(),
                "p_value": found.p_value,
                "growth_before": float(np.expm1(growth["before"])),
                "growth_after": float(np.expm1(growth["after"])),
            }
        )
    return pd.DataFrame(rows)


def _shortfall_at_truth(
    growth: FloatArray, positions: NDArray[np.int_], *, truth: int
) -> FloatArray:
    """How far the likelihood ratio at the true date falls short of the largest, by draw."""
    ratios = likelihood_ratios(growth, positions)
    at_truth = ratios[:, positions == truth][:, 0]
    return floats(ratios.max(axis=-1) - at_truth)


def candidate_positions(n_periods: int, *, trim_share: float) -> NDArray[np.int_]:
    """First periods of a new regime that leave the trimmed share, and two periods, on each side.

    [periods]
    """
    margin = max(2, int(np.ceil(trim_share * n_periods)))
    if n_periods < 2 * margin + 1:
        raise ValueError(f"{n_periods} periods are too few for a trim of {trim_share:g} a side")
    return np.arange(margin, n_periods - margin + 1)


def likelihood_ratios(growth: FloatArray, positions: NDArray[np.int_]) -> FloatArray:
    r"""Gaussian likelihood ratio of a break in all means, for each candidate position.

    .. math:: LR = -T \ln(1 - q), \quad q = \tfrac{n_1 n_2}{T}\, d' S^{-1} d

    with d the difference of the means after and before, S the cross products of growth about
    its overall mean; the Wald statistic is :math:`T q / (1 - q)`. Axes: [draws,] periods, cohorts.
    """
    n_periods = growth.shape[-2]
    centred = growth - growth.mean(axis=-2, keepdims=True)
    cross_products = np.swapaxes(centred, -1, -2) @ centred
    before = np.cumsum(centred, axis=-2)[..., positions - 1, :]
    n_before = positions[:, np.newaxis]
    # means about the overall mean: after = -before / (T - n), so the gap needs only one sum
    gap = -before * n_periods / (n_before * (n_periods - n_before))
    weight = positions * (n_periods - positions) / n_periods
    solved = np.linalg.solve(cross_products, np.swapaxes(gap, -1, -2))
    explained = weight * np.einsum("...kc,...ck->...k", gap, solved)
    return floats(-n_periods * np.log1p(-np.minimum(explained, 1 - 1e-12)))


def wald_statistic(likelihood_ratio: FloatArray, n_periods: int) -> FloatArray:
    r"""Wald statistic that belongs to a likelihood ratio, :math:`T (e^{LR/T} - 1)`. [1]"""
    return floats(n_periods * np.expm1(likelihood_ratio / n_periods))


def _two_regimes(growth: FloatArray, position: int) -> tuple[FloatArray, FloatArray]:
    """Fitted means of both regimes, period by period, and the residuals about them."""
    fitted = np.empty_like(growth)
    fitted[:position] = growth[:position].mean(axis=0)
    fitted[position:] = growth[position:].mean(axis=0)
    return fitted, growth - fitted


def _block_resamples(
    residuals: FloatArray, *, n_resamples: int, block_length: int, rng: np.random.Generator
) -> FloatArray:
    n_periods = len(residuals)
    n_blocks = -(-n_periods // block_length)
    starts = rng.integers(n_periods, size=(n_resamples, n_blocks, 1))
    rows = (starts + np.arange(block_length)).reshape(n_resamples, -1)[:, :n_periods] % n_periods
    return floats(residuals[rows])


def _share_as_large(simulated: FloatArray, observed: float) -> float:
    return float((1 + np.sum(simulated >= observed)) / (1 + simulated.size))


def _position_of(dates: pd.DatetimeIndex, given_date: pd.Timestamp) -> int:
    position = int(dates.searchsorted(given_date))
    if not 0 < position < len(dates):
        raise ValueError(f"{given_date.date()} has no growth before or after it in the sample")
    return position


class MeanGrowth(NamedTuple):
    """Mean growth a step in logs, its standard error, and the degrees of freedom of that."""

    log_growth: float
    standard_error: float
    degrees_of_freedom: int

    def interval(self, level: float) -> tuple[float, float, float]:
        """Low, middle and high by Student's t. [log/step]"""
        tail = special.stdtrit(self.degrees_of_freedom, (1 + level) / 2)
        reach = float(self.standard_error * tail)
        return self.log_growth - reach, self.log_growth, self.log_growth + reach


def mean_growth(levels: ArrayLike) -> MeanGrowth:
    r"""Mean log growth of a series, with a standard error that allows for autocorrelation.

    .. math:: \bar g, \qquad s\,\sqrt{\frac{1 + r}{1 - r} \cdot \frac{1}{n}}

    r is the lag-1 autocorrelation of the n growth rates where it is positive, s their standard
    deviation. With a few months after a break the t quantile of n - 1 matters as much as r does.
    [log/step]

    ``levels`` are in equal steps, positive.

    Examples
    --------
    Growth of 10, 20 and 30 log points; r is zero here, so the error is the usual one:

    >>> found = mean_growth(np.exp([0.0, 0.1, 0.3, 0.6]))
    >>> print(round(found.log_growth, 3), round(found.standard_error, 3), found.degrees_of_freedom)
    0.2 0.058 2
    """
    growth = np.diff(np.log(floats(levels)))
    if growth.size < 3:
        raise ValueError(f"{growth.size} growth rates are too few for a standard error")
    mean = float(growth.mean())
    about_mean = growth - mean
    variance = float(about_mean @ about_mean)
    autocorrelation = float(about_mean[1:] @ about_mean[:-1]) / variance if variance > 0 else 0.0
    r = min(max(autocorrelation, 0.0), 0.95)
    standard_deviation = float(growth.std(ddof=1))
    error = standard_deviation * float(np.sqrt((1 + r) / (1 - r) / growth.size))
    return MeanGrowth(mean, error, growth.size - 1)


def _growth_by_regime(growth: FloatArray, position: int, *, cohorts: list[str]) -> pd.DataFrame:
    means = {"before": growth[:position].mean(axis=0), "after": growth[position:].mean(axis=0)}
    rows = [
        {"cohort": cohort, "regime": regime, "log_growth": float(mean[index])}
        for index, cohort in enumerate(cohorts)
        for regime, mean in means.items()
    ]
    return pd.DataFrame(rows)


def news_behind(growth: FloatArray, *, imitation: ArrayLike) -> FloatArray:
    r"""News that explains the growth of cohorts under an assumed strength of imitation.

    .. math:: n_t = (1 - \beta)\,\bar g_t

    Parameters
    ----------
    growth
        Growth in logs, periods x cohorts. [log points]
    imitation
        Strength of imitation, from none to below one; or several of them. [share]

    Returns
    -------
    News by period, a row a strength where there are several. [log points]

    Examples
    --------
    The same growth, told with no imitation, and with half of it imitated:

    >>> growth = np.array([[0.1, 0.3], [0.2, 0.2]])
    >>> print(news_behind(growth, imitation=[0.0, 0.5]))
    [[0.2 0.2]
     [0.1 0.1]]
    """
    strength = floats(imitation)
    if not np.all((strength >= 0) & (strength < 1)):
        raise ValueError("imitation lies between none and below one")
    return floats(np.multiply.outer(1 - strength, growth.mean(axis=1)))


def social_multiplier(imitation: ArrayLike) -> FloatArray:
    r"""What all grow for a unit of news, :math:`1/(1-\beta)`. [1]

    Examples
    --------
    Who imitates half of what others do doubles all news:

    >>> print(social_multiplier([0.0, 0.5]))
    [1. 2.]
    """
    return floats(1 / (1 - floats(imitation)))
