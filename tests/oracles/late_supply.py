"""Late supply, quarter by quarter."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def linear_response(strength: float, *, lead_time_quarters: int, quarters: int) -> FloatArray:
    r"""Deviation of log capacity after a shock of one under the loop gain, by quarter.

    .. math:: y_{t+1} = y_t - a\,y_{t-k}

    [log]

    ``strength`` is a.

    Examples
    --------
    Without delay half of a gap closes each quarter; a quarter late it swings past:

    >>> print(linear_response(0.5, lead_time_quarters=1, quarters=3))
    [1.    0.5   0.25  0.125]
    >>> print(linear_response(0.5, lead_time_quarters=2, quarters=5))
    [ 1.    1.    0.5   0.   -0.25 -0.25]
    """
    delay = lead_time_quarters - 1
    deviation = np.zeros(quarters + delay + 1)
    deviation[delay] = 1.0
    for t in range(delay, quarters + delay):
        deviation[t + 1] = deviation[t] - strength * deviation[t - delay]
    return np.asarray(deviation[delay:])


def swing_after(strength: float, quarters: int = 4000) -> float:
    """Largest deviation in the last lead times of a long response, over the first shock."""
    response = linear_response(strength, lead_time_quarters=8, quarters=quarters)
    return float(np.abs(response[-64:]).max())
