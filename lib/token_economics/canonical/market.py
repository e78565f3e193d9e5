"""The market: stability of late supply and shared layers."""

from __future__ import annotations

import numpy as np

from token_economics.canonical import CanonicalCase, made_by
from token_economics.models import allocation, supply_response

OWN = "Own derivation"
STABILITY = "Levin and May (1976), bound of a delayed negative feedback"
PROGRAMME = f"{OWN}, two products that share layers"
WYNDOR = "Hillier and Lieberman, Wyndor Glass"


def canonical_cases() -> list[CanonicalCase]:
    """Cases of stability and allocation."""
    return made_by(CHECKS)


def _stability() -> list[CanonicalCase]:
    bound = float(supply_response.stability_bound(8))
    calm = float(supply_response.overshoot_bound(8))
    return [
        CanonicalCase("M8", "late supply response, L = 8", STABILITY, "stable below", 0.2091, bound, 5e-5),
        CanonicalCase("M8", "late supply response, L = 8", STABILITY, "no overshoot below", 0.0491, calm, 5e-5),
    ]  # fmt: skip


VALUES = np.array([10.0, 2.0])
NEEDS = np.array([[3.0, 1.0], [2.0, 0.5], [1.0, 0.0]])
LIMITS = np.array([12.0, 7.0, 3.4])
LAYERS = ("DRAM", "logic", "power")


def _two_products() -> list[CanonicalCase]:
    plan = allocation.linear_plan(VALUES, NEEDS, LIMITS)
    corner = allocation.best_of_two(VALUES, NEEDS, LIMITS)
    more_logic = allocation.best_of_two(VALUES, NEEDS, LIMITS + np.array([0, 1.0, 0]))
    more_power = allocation.best_of_two(VALUES, NEEDS, LIMITS + np.array([0, 0, 0.1]))
    duals = zip(LAYERS, (0.0, 4.0, 2.0), plan.duals, strict=True)
    return [
        CanonicalCase("M4", "two products, linear programme", PROGRAMME, "value", 34.8, plan.value, 1e-9),
        CanonicalCase("M4", "two products, corners", PROGRAMME, "value", 34.8, float(corner.value), 1e-9),
        CanonicalCase("M4", "two products, corners", PROGRAMME, "first product", 3.4, float(corner.quantities[0]), 1e-9),
        CanonicalCase("M4", "two products, corners", PROGRAMME, "second product", 0.4, float(corner.quantities[1]), 1e-9),
        *[CanonicalCase("M4", "two products, linear programme", PROGRAMME, f"dual of {layer}",
                        expected, float(dual), 1e-9) for layer, expected, dual in duals],
        CanonicalCase("M4", "two products, corners", PROGRAMME, "worth of 0.1 power more", 0.2,
                      float(more_power.value - corner.value), 1e-9),
        CanonicalCase("M4", "two products, corners", PROGRAMME, "worth of 1 logic more (corner changes)",
                      2.8, float(more_logic.value - corner.value), 1e-9),
    ]  # fmt: skip


def _ties() -> list[CanonicalCase]:
    one_product, limits = np.array([10.0, 0.0]), np.array([10.2, 6.8, 3.4])
    need = np.array([[3.0, 1.0], [2.0, 1.0], [1.0, 1.0]])
    prices = allocation.shadow_prices_of_two(one_product, need, limits, step=1e-3)
    expected = (10 / 3, 5.0, 10.0)
    return [
        CanonicalCase("M4", "tie of three layers, one product", PROGRAMME, f"{what} {layer}", wanted, float(found), 1e-6)
        for j, layer in enumerate(LAYERS)
        for what, wanted, found in (
            ("worth of more", 0.0, prices.of_one_more[j]),
            ("worth of less", expected[j], prices.of_one_less[j]),
        )
    ]  # fmt: skip


def _wyndor() -> list[CanonicalCase]:
    plan = allocation.linear_plan(
        np.array([3.0, 5.0]),
        np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 2.0]]),
        np.array([4.0, 12, 18]),
    )
    found = [plan.value, *plan.quantities, *plan.duals]
    names = ("value", "x", "y", "dual of plant 1", "dual of plant 2", "dual of plant 3")
    return [
        CanonicalCase("S1", "linear programme", WYNDOR, name, wanted, float(value), 1e-9)
        for name, wanted, value in zip(names, (36.0, 2.0, 6.0, 0.0, 1.5, 1.0), found, strict=True)
    ]


CHECKS = (
    _stability,
    _two_products,
    _ties,
    _wyndor,
)
