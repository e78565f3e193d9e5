r"""Capacity that answers prices late: how strong the answer may be before it runs away.

A layer grows at its trend and, after a lead time, by what the price was when it was ordered:
:math:`\ln K_{t+L} = \ln K_{t+L-1} + g + \tfrac{\varepsilon}{4}\ln(w_t/c)`. With a price that
falls by :math:`1/|\eta|` per log point of capacity this is a delayed negative feedback. Its bound
is that of :math:`y_{t+1} = y_t - a\,y_{t-k}` (Levin and May, 1976).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from token_economics.methods.arrays import BoolArray, FloatArray, floats


def stability_bound(lead_time_quarters: ArrayLike) -> FloatArray:
    r"""Largest stable :math:`\varepsilon/(4|\eta|)`: :math:`2\cos(k\pi/(2k+1))`, k = L - 1. [1]

    Examples
    --------
    The longer capacity takes, the less it may answer the price before it runs away:

    >>> print(stability_bound([1, 4, 8]).round(4))
    [2.     0.445  0.2091]
    """
    delay = floats(lead_time_quarters) - 1
    return floats(2 * np.cos(delay * np.pi / (2 * delay + 1)))


def overshoot_bound(lead_time_quarters: ArrayLike) -> FloatArray:
    r"""Largest response that returns without overshoot: :math:`k^k/(k+1)^{k+1}`, k = L - 1. [1]"""
    delay = floats(lead_time_quarters) - 1
    return floats(delay**delay / (delay + 1) ** (delay + 1))


def response_strength(
    *, supply_price_elasticity: ArrayLike, demand_elasticity_magnitude: ArrayLike
) -> FloatArray:
    r"""Loop gain of a quarter, :math:`\varepsilon/(4|\eta|)`, supply over demand elasticity. [1]

    Examples
    --------
    Supply that answers as strongly as demand does:

    >>> print(response_strength(supply_price_elasticity=1.0, demand_elasticity_magnitude=1.0))
    0.25
    """
    demand = 4 * floats(demand_elasticity_magnitude)
    return floats(floats(supply_price_elasticity) / demand)


def bounded_elasticity(
    supply_price_elasticity: FloatArray,
    *,
    demand_elasticity_magnitude: FloatArray,
    lead_time_quarters: FloatArray,
) -> tuple[FloatArray, BoolArray]:
    """Supply elasticity inside the stability bound, and which draws were held there.

    The bound is joint: it binds elasticity, demand elasticity and lead time together. Draws
    beyond it are set to it and marked, so that they can be counted and shown. [1]
    """
    limit = 4 * demand_elasticity_magnitude * stability_bound(lead_time_quarters)
    beyond = supply_price_elasticity > limit
    return floats(np.minimum(supply_price_elasticity, limit)), np.asarray(beyond)
