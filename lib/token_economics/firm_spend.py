r"""One firm's spend: how fast it grows, from few and irregular figures, and when it passes payroll.

Log spend is a random walk with drift, observed on whatever days the firm has figures for. The
drift then rests on the first and the last figure alone; what lies between tells how noisy the walk
is (Campbell, Lo and MacKinlay, 1997, section 9.3).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

DAYS_PER_MONTH = 365.25 / 12
FEWEST_FIGURES = 4
"""Below it, the noise of the walk rests on at most two numbers, and its t interval says nothing."""


class Drift(NamedTuple):
    """Log growth a month with its standard error and degrees of freedom; missing if unknown."""

    log_growth: float
    standard_error: float
    degrees_of_freedom: int
    status: str


def drift(days: ArrayLike, levels: ArrayLike) -> Drift:
    r"""Drift of a random walk in logs from figures on given days.

    .. math:: \hat\mu = \frac{\ln x_n - \ln x_0}{t_n - t_0}, \qquad
              \hat\sigma^2 = \frac{1}{n-1}\sum_i \frac{(\Delta\ln x_i - \hat\mu\,\Delta t_i)^2}{\Delta t_i},
              \qquad \mathrm{se} = \hat\sigma / \sqrt{t_n - t_0}

    Parameters
    ----------
    days
        Days of the figures, increasing. [days]
    levels
        Spend on those days, positive. [USD, any period]

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
    months = np.diff(np.asarray(days, dtype=np.float64)) / DAYS_PER_MONTH
    spend = np.asarray(levels, dtype=np.float64)
    if (months <= 0).any() or (spend <= 0).any():
        raise ValueError("days must increase and spend must be positive")
    if spend.size < FEWEST_FIGURES:
        return Drift(float("nan"), float("nan"), 0, "not_identified")
    steps = np.diff(np.log(spend))
    elapsed = float(months.sum())
    growth = float(steps.sum()) / elapsed
    freedom = steps.size - 1
    variance = float(((steps - growth * months) ** 2 / months).sum()) / freedom
    return Drift(growth, float(np.sqrt(variance / elapsed)), freedom, "ok")


def months_until_passed(
    *, spend: ArrayLike, threshold: ArrayLike, log_growth: ArrayLike, half_life_months: ArrayLike
) -> FloatArray:
    r"""Months until spend whose growth fades to nothing passes a threshold. [months]

    .. math:: -\frac{h}{\ln 2}\,\ln\!\Bigl(1 - \frac{\ln 2}{h}\,\frac{\ln(B/x)}{g}\Bigr)

    Growth g (a month, in logs) halves every h months, so all growth to come is
    :math:`g h / \ln 2` and a threshold B beyond it is never passed: infinite. Zero if spend is
    there already. With h infinite it is growth at a constant pace.

    Examples
    --------
    Spend doubles in ten months if growth goes on; if growth halves every ten months, in seventeen;
    if every five, never:

    >>> months = months_until_passed(
    ...     spend=1.0,
    ...     threshold=2.0,
    ...     log_growth=np.log(2) / 10,
    ...     half_life_months=[np.inf, 10.0, 5.0],
    ... )
    >>> print(months.round(1))
    [10. 17. inf]
    """
    distance = np.log(np.divide(threshold, spend))
    growth = np.asarray(log_growth, dtype=np.float64)
    decay = np.log(2) / np.asarray(half_life_months, dtype=np.float64)
    distance, growth, decay = np.broadcast_arrays(distance, growth, decay)
    steady = distance / np.where(growth > 0, growth, 1.0)
    part_used = decay * steady
    reachable = (growth > 0) & (part_used < 1)
    safe_decay = np.where(decay > 0, decay, 1.0)
    fading = -np.log1p(-np.where(reachable, part_used, 0.0)) / safe_decay
    months = np.where(reachable, np.where(decay > 0, fading, steady), np.inf)
    return np.asarray(np.where(distance <= 0, 0.0, months), dtype=np.float64)
