"""The market: stability of late supply and shared layers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from token_economics.models import allocation, supply

VALUES = np.array([10.0, 2.0])
NEEDS = np.array([[3.0, 1.0], [2.0, 0.5], [1.0, 0.0]])
LIMITS = np.array([12.0, 7.0, 3.4])  # of DRAM, logic and power


def _stability() -> list[ArrayLike]:
    return [supply.stability_bound(8), supply.overshoot_bound(8)]


def _two_products() -> list[ArrayLike]:
    plan = allocation.linear_plan(VALUES, NEEDS, LIMITS)
    corner = allocation.best_of_two(VALUES, NEEDS, LIMITS)
    more_logic = allocation.best_of_two(VALUES, NEEDS, LIMITS + np.array([0, 1.0, 0]))
    more_power = allocation.best_of_two(VALUES, NEEDS, LIMITS + np.array([0, 0, 0.1]))
    gains = [more_power.value - corner.value, more_logic.value - corner.value]
    return [plan.value, corner.value, corner.quantities, plan.duals, *gains]


def _ties() -> list[ArrayLike]:
    one_product, limits = np.array([10.0, 0.0]), np.array([10.2, 6.8, 3.4])
    need = np.array([[3.0, 1.0], [2.0, 1.0], [1.0, 1.0]])
    prices = allocation.shadow_prices_of_two(one_product, need, limits, step=1e-3)
    return [np.column_stack([prices.of_one_more, prices.of_one_less])]


def _wyndor() -> list[ArrayLike]:
    plan = allocation.linear_plan(
        np.array([3.0, 5.0]),
        np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 2.0]]),
        np.array([4.0, 12, 18]),
    )
    return [plan.value, plan.quantities, plan.duals]


CHECKS = (_stability, _two_products, _ties, _wyndor)
