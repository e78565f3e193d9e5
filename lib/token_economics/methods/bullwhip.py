r"""Orders swing more than sales the further upstream one looks: an estimate of the bullwhip.

References: Chen, Drezner, Ryan and Simchi-Levi (2000) for the mechanism; Pitman (1939) and Morgan
(1939) for comparing variances of paired samples.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from token_economics.methods.arrays import floats


class Amplification(NamedTuple):
    """Standard deviation of growth upstream over downstream, with interval and p-value."""

    ratio: float
    low: float
    high: float
    p_value: float
    correlation: float
    observations: int


def growth_amplification(
    upstream: ArrayLike, downstream: ArrayLike, *, level: float
) -> Amplification:
    r"""How much more a supplier's growth varies than its customers', from paired years.

    Log growth of both; the interval inverts the Pitman-Morgan test that two variances of a
    correlated pair are equal, with Student's t on n - 2 degrees of freedom:

    .. math:: \frac{s_x^2}{s_y^2}\left(K \mp \sqrt{K^2 - 1}\right), \quad
              K = 1 + \frac{2 t^2 (1 - r^2)}{n - 2}

    Normal growth, independent over years, is assumed; both are only roughly true.
    ``level`` is the coverage of the interval. [0–1]
    ``upstream`` and ``downstream`` are yearly levels, such as sales, in any unit.

    Examples
    --------
    A supplier whose sales swing about twice as much as its customers' do:

    >>> found = growth_amplification([1, 1.5, 1.2, 2, 1.6], [1, 1.2, 1.1, 1.4, 1.3], level=0.9)
    >>> round(found.ratio, 2)
    2.32
    """
    x, y = (np.diff(np.log(floats(part))) for part in (upstream, downstream))
    count = x.size
    correlation = float(np.corrcoef(x, y)[0, 1])
    variance_ratio = float(x.var(ddof=1) / y.var(ddof=1))
    student = float(special.stdtrit(count - 2, (1 + level) / 2))
    widening = 1 + 2 * student**2 * (1 - correlation**2) / (count - 2)
    spread = float(np.sqrt(widening**2 - 1))
    statistic = (
        (variance_ratio - 1)
        * np.sqrt(count - 2)
        / (2 * np.sqrt(variance_ratio * (1 - correlation**2)))
    )
    return Amplification(
        ratio=float(np.sqrt(variance_ratio)),
        low=float(np.sqrt(variance_ratio * (widening - spread))),
        high=float(np.sqrt(variance_ratio * (widening + spread))),
        p_value=float(2 * special.stdtr(count - 2, -abs(statistic))),
        correlation=correlation,
        observations=count,
    )
