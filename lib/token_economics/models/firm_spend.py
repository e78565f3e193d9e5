r"""One firm's spend: how fast it grows, from few and irregular figures, and when it passes payroll.

Log spend is a random walk with drift, observed on whatever days the firm has figures for. The
drift then rests on the first and the last figure alone; what lies between tells how noisy the walk
is (Campbell, Lo and MacKinlay, 1997, section 9.3).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from token_economics.methods.arrays import FloatArray, floats
from token_economics.models import spending

DAYS_PER_MONTH = spending.DAYS_PER_MONTH
FEWEST_FIGURES = 4
"""Below it, the noise of the walk rests on at most two numbers, and its t interval says nothing."""

HALVINGS = 60


class Drift(NamedTuple):
    """Log growth a month with its standard error and degrees of freedom; missing if unknown."""

    log_growth: float
    standard_error: float
    degrees_of_freedom: int
    status: str


def drift(days: ArrayLike, levels: ArrayLike, *, least_spread: float = 0.0) -> Drift:
    r"""Drift of a random walk in logs from figures on given days.

    .. math:: \hat\mu = \frac{\ln x_n - \ln x_0}{t_n - t_0}, \qquad
              \hat\sigma^2 = \frac{1}{n-1}\sum_i \frac{(\Delta\ln x_i - \hat\mu\,\Delta t_i)^2}{\Delta t_i},
              \qquad \mathrm{se} = \max(\hat\sigma, \sigma_0) / \sqrt{t_n - t_0}

    A few figures that rise evenly, or stand still as a bill for seats does, show no noise at all,
    and would make the pace certain. The least spread :math:`\sigma_0` is what is known of noise from
    elsewhere.

    Parameters
    ----------
    days
        Days of the figures, increasing. [days]
    levels
        Spend on those days, positive. [USD, any period]
    least_spread
        Standard deviation of a month's growth that no record is smoother than. [log points]

    Returns
    -------
    Growth a month. Not identified with fewer than `FEWEST_FIGURES` figures. [log points per month]

    Raises
    ------
    ValueError
        If days do not increase or a level is not positive.

    Examples
    --------
    Spend that doubles, then triples, then doubles in equal months; only the ends set the growth:

    >>> found = drift(np.array([0, 1, 2, 3]) * DAYS_PER_MONTH, [1.0, 2.0, 6.0, 12.0])
    >>> print(round(found.log_growth, 3), round(found.standard_error, 3), found.degrees_of_freedom)
    0.828 0.135 2
    """
    months = np.diff(floats(days)) / DAYS_PER_MONTH
    spend = floats(levels)
    if (months <= 0).any() or (spend <= 0).any():
        raise ValueError("days must increase and spend must be positive")
    if spend.size < FEWEST_FIGURES:
        return Drift(float("nan"), float("nan"), 0, "not_identified")
    steps = np.diff(np.log(spend))
    elapsed = float(months.sum())
    growth = float(steps.sum()) / elapsed
    freedom = steps.size - 1
    variance = float(((steps - growth * months) ** 2 / months).sum()) / freedom
    spread = max(float(np.sqrt(variance)), least_spread)
    return Drift(growth, spread / float(np.sqrt(elapsed)), freedom, "ok")


def months_until_passed(
    *,
    spend: ArrayLike,
    threshold: ArrayLike,
    log_growth: ArrayLike,
    trend_log_growth: ArrayLike,
    half_life_months: ArrayLike,
) -> FloatArray:
    r"""Months until spend whose growth fades to its trend passes a threshold. [months]

    The root t of :math:`g_0 t + (g - g_0)\,\frac{h}{\ln 2}\,(1 - 2^{-t/h}) = \ln(B/x)`
    (`spending.fading_log_growth`), found by halving.

    Growth g (a month, in logs) loses half of what it has beyond its trend every h months. A trend
    is at least nothing and at most growth itself, so growth below its trend stays what it is. With
    no trend all growth to come is :math:`g h / \ln 2`, and a threshold B beyond it is never passed:
    infinite. Zero if spend is there already. With h infinite it is growth at a constant pace. Where
    growth is missing, so are the months.

    Examples
    --------
    Spend doubles in ten months if growth goes on; if growth halves every ten months, in seventeen;
    if every five, never, unless a trend of two hundredths a month is left:

    >>> months = months_until_passed(
    ...     spend=1.0,
    ...     threshold=2.0,
    ...     log_growth=np.log(2) / 10,
    ...     trend_log_growth=[0.0, 0.0, 0.0, 0.02],
    ...     half_life_months=[np.inf, 10.0, 5.0, 5.0],
    ... )
    >>> print(months.round(1))
    [10.  17.   inf 18.3]
    """
    given = (np.log(np.divide(threshold, spend)), log_growth, trend_log_growth, half_life_months)
    distance, growth, told, half_life = np.broadcast_arrays(*(floats(each) for each in given))
    grows, lasts = growth > 0, np.isinf(half_life)
    trend = np.where(lasts, growth, np.clip(told, 0.0, np.maximum(growth, 0.0)))
    decay_months = np.where(lasts, 1.0, half_life) / np.log(2)
    part_used = np.where(grows, distance, 0.0) / (np.where(grows, growth, 1.0) * decay_months)
    reachable = grows & ((trend > 0) | (part_used < 1))
    alone = -decay_months * np.log1p(-np.where(reachable & (part_used < 1), part_used, 0.0))
    low = np.zeros_like(distance)
    high = np.where(trend > 0, distance / np.where(trend > 0, trend, 1.0), alone)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        short = distance > spending.fading_log_growth(
            middle, trend_log_growth=trend, log_growth_now=growth,
            half_life_months=decay_months * np.log(2),
        )  # fmt: skip
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    months = np.where(reachable, high, np.inf)
    passed = np.where(distance <= 0, 0.0, months)
    return floats(np.where(np.isnan(growth), np.nan, passed))
