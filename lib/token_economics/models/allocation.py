r"""How layers that two products share are allotted, and what one more unit of a layer is worth.

Accelerators and conventional servers draw on the same wafers, memory and power. The best plan of
two products lies at a corner, and corners are few: they are enumerated for draws. The base plan
is also solved by HiGHS, whose duals are local prices; on a tie they are not unique, so the worth
of one unit more and of one unit less are reported apart.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
import scipy  # brings optimize when it is first called
from numpy.typing import ArrayLike

from token_economics.methods.arrays import FloatArray, floats

_FEASIBLE = 1e-9


class Plan(NamedTuple):
    """Best quantities of the products (last axis) and their value."""

    quantities: FloatArray
    value: FloatArray


class ShadowPrices(NamedTuple):
    """Worth of a little more and of a little less of each layer, per unit; equal off ties."""

    of_one_more: FloatArray
    of_one_less: FloatArray


def best_of_two(values: ArrayLike, needs: ArrayLike, limits: ArrayLike) -> Plan:
    """Best plan of two products under shared layers, by enumeration of corners.

    Parameters
    ----------
    values
        Worth of a unit of each product, ... x 2. [USD]
    needs
        Units of each layer that a unit of each product takes, ... x layers x 2, not negative.
    limits
        Units of each layer, ... x layers.

    Examples
    --------
    Accelerators need much of each layer, servers little; power and logic bind, memory is left
    over:

    >>> needs = [[3.0, 1.0], [2.0, 0.5], [1.0, 0.0]]
    >>> plan = best_of_two([10.0, 2.0], needs, [12.0, 7.0, 3.4])
    >>> print(plan.quantities.round(2), plan.value.round(2))
    [3.4 0.4] 34.8
    """
    value, need, limit = (floats(part) for part in (values, needs, limits))
    lead = np.broadcast_shapes(value.shape[:-1], need.shape[:-2], limit.shape[:-1])
    rows = np.broadcast_to(need, (*lead, *need.shape[-2:]))
    axes = np.broadcast_to(-np.eye(2), (*lead, 2, 2))
    edges = np.concatenate([rows, axes], axis=-2)
    bounds = np.concatenate(
        [np.broadcast_to(limit, (*lead, limit.shape[-1])), np.zeros((*lead, 2))], axis=-1
    )
    best_quantity, best_value = np.zeros((*lead, 2)), np.full(lead, -np.inf)
    for first, second in combinations(range(edges.shape[-2]), 2):
        corner = _crossing(edges, bounds, first, second)
        x, y = corner[..., 0], corner[..., 1]  # a sum over an axis of two is slow
        slack = bounds - (edges[..., 0] * x[..., None] + edges[..., 1] * y[..., None])
        allowed = np.all(slack >= -_FEASIBLE * (1 + np.abs(bounds)), axis=-1)
        worth = np.where(allowed, value[..., 0] * x + value[..., 1] * y, -np.inf)
        better = worth > best_value
        best_quantity = np.where(better[..., None], corner, best_quantity)
        best_value = np.where(better, worth, best_value)
    return Plan(best_quantity, floats(best_value))


def _crossing(edges: FloatArray, bounds: FloatArray, first: int, second: int) -> FloatArray:
    """Point where two edges hold with equality; not finite where they are parallel."""
    a, b = edges[..., first, :], edges[..., second, :]
    p, q = bounds[..., first], bounds[..., second]
    determinant = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        x = (p * b[..., 1] - q * a[..., 1]) / determinant
        y = (q * a[..., 0] - p * b[..., 0]) / determinant
    found = np.stack([x, y], axis=-1)
    return np.where(np.abs(determinant)[..., None] > 0, found, np.nan)


def shadow_prices_of_two(
    values: ArrayLike, needs: ArrayLike, limits: ArrayLike, *, step: float
) -> ShadowPrices:
    """Worth of each layer for draws, from the best plan with a little more and a little less.

    ``step`` is the relative change of a layer's limit; small enough to stay at one corner. Of a
    layer with nothing, the change is relative to the largest limit, and less of it is worth
    nothing. [USD/unit of the layer]
    """
    limit = floats(limits)
    here = best_of_two(values, needs, limit).value
    more, less = [], []
    for layer in range(limit.shape[-1]):
        some = limit[..., layer] > 0
        change = step * np.where(some, limit[..., layer], limit.max(axis=-1))
        raised, lowered = limit.copy(), limit.copy()
        raised[..., layer] += change
        lowered[..., layer] -= np.where(some, change, 0.0)
        more.append((best_of_two(values, needs, raised).value - here) / change)
        less.append((here - best_of_two(values, needs, lowered).value) / change)
    return ShadowPrices(np.stack(more, axis=-1), np.stack(less, axis=-1))


class LinearPlan(NamedTuple):
    """Plan by linear programme: quantities, value, and the solver's duals, one a layer."""

    quantities: FloatArray
    value: float
    duals: FloatArray


def linear_plan(values: FloatArray, needs: FloatArray, limits: FloatArray) -> LinearPlan:
    """Best plan of any number of products (HiGHS). Duals are the worth of one more unit.

    The solver minimises, so its marginals have the opposite sign; here they are not negative.
    [USD/unit of the layer]

    Raises
    ------
    ValueError
        If there is no best plan.

    Examples
    --------
    The Wyndor Glass example of Hillier and Lieberman; the first plant is not full, so an hour more
    of it is worth nothing:

    >>> plan = linear_plan(
    ...     np.array([3.0, 5.0]),
    ...     np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 2.0]]),
    ...     np.array([4.0, 12.0, 18.0]),
    ... )
    >>> print(round(plan.value, 6), plan.quantities.round(6), plan.duals.round(6) + 0.0)
    36.0 [2. 6.] [0.  1.5 1. ]
    """
    solution = scipy.optimize.linprog(-values, A_ub=needs, b_ub=limits, method="highs")
    if solution.status != 0:
        raise ValueError(f"the programme has no best plan: {solution.message}")
    quantities = floats(solution.x)
    return LinearPlan(
        quantities,
        float(values @ quantities),
        -floats(solution.ineqlin.marginals),
    )
