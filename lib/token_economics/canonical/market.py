"""The market: margins under contracts, stability of late supply, shared layers, order swings."""

from __future__ import annotations

import numpy as np

from token_economics.canonical import CanonicalCase, made_by
from token_economics.methods import bullwhip
from token_economics.models import allocation, rents, supply_response

OWN = "Own derivation"
MARGIN = f"{OWN}, margin as an identity"
STABILITY = "Levin and May (1976), bound of a delayed negative feedback"
PROGRAMME = f"{OWN}, two products that share layers"
WYNDOR = "Hillier and Lieberman, Wyndor Glass"
MANHEIM = "Manheim's fixture"
BULLWHIP = "Chen, Drezner, Ryan and Simchi-Levi (2000)"
CES = "Closed form of the CES function"


def canonical_cases() -> list[CanonicalCase]:
    """Cases of margins, stability, allocation and amplification."""
    return made_by(CHECKS)


def _margins() -> list[CanonicalCase]:
    dearer = 2.4 / 1.7
    cases = [
        ("spot compute, passed on in full", 0.38, dearer, dearer),
        ("contract compute, passed on in full", 0.5608, 1.0, dearer),
        ("spot compute, sticky list price", 0.1247, dearer, 1.0),
        ("contract compute, sticky list price, revenue per hour times 2.07", 0.7005, 1.0, 2.07),
    ]
    return [
        CanonicalCase(
            "M7", "lab gross margin from 38 %, rent 1.7 to 2.4 USD", MARGIN, what, expected,
            float(rents.margin_after(0.38, paid_price_multiple=paid, revenue_multiple=revenue)),
            5e-5,
        )
        for what, expected, paid, revenue in cases
    ]  # fmt: skip


def swing_after(strength: float, quarters: int = 4000) -> float:
    """Largest deviation in the last lead times of a long response, over the first shock."""
    response = supply_response.linear_response(strength, lead_time_quarters=8, quarters=quarters)
    return float(np.abs(response[-64:]).max())


def _stability() -> list[CanonicalCase]:
    bound = float(supply_response.stability_bound(8))
    calm = float(supply_response.overshoot_bound(8))
    return [
        CanonicalCase("M8", "late supply response, L = 8", STABILITY, "stable below", 0.2091, bound, 5e-5),
        CanonicalCase("M8", "late supply response, L = 8", STABILITY, "no overshoot below", 0.0491, calm, 5e-5),
    ]  # fmt: skip


def _swings() -> list[CanonicalCase]:
    return [
        CanonicalCase("M8", "late supply response, L = 8", STABILITY, "a = 0.203 dies out (0 = yes)",
                      0.0, swing_after(0.203), 0.05),
        CanonicalCase("M8", "late supply response, L = 8", STABILITY, "a = 0.215 grows (1 = yes)",
                      1.0, float(swing_after(0.215) > 10), 0.0),
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


def _rationing() -> list[CanonicalCase]:
    quantities, shadow = allocation.capacity_rationed_by_value(
        quality=np.array([1.4, 1.1, 0.9]), buyers=300, highest_taste=10, unit_cost=1, capacity=100
    )
    split = allocation.capacity_bound_cournot(
        intercept=14, slope=14 / 300, firms=3, unit_cost=1, capacity=100
    )
    filled = zip((58.575, 33.641, 7.784), quantities, strict=True)
    return [
        *[CanonicalCase("S3", "capacity shared by quality", MANHEIM, f"quantity {j}", wanted, float(x), 5e-4)
          for j, (wanted, x) in enumerate(filled, 1)],
        CanonicalCase("S3", "capacity shared by quality", MANHEIM, "shadow price", 7.53298, shadow, 5e-6),
        CanonicalCase("S4", "oligopoly with binding capacity", MANHEIM, "price", 9.3333, split.price, 5e-5),
        CanonicalCase("S4", "oligopoly with binding capacity", MANHEIM, "scarcity", 6.7778, split.scarcity, 5e-5),
        CanonicalCase("S4", "oligopoly with binding capacity", MANHEIM, "market power", 1.5556, split.market_power, 5e-5),
    ]  # fmt: skip


def _bullwhip() -> list[CanonicalCase]:
    cases = [
        CanonicalCase(
            "S5", "orders over demand, variance", BULLWHIP, f"p = {p}, L = {lead}", wanted,
            float(bullwhip.bullwhip_ratio(averaging_periods=p, lead_time_periods=lead)), 1e-9,
        )
        for p, lead, wanted in ((5, 1, 1.48), (5, 2, 2.12), (10, 4, 2.12), (5, 4, 3.88))
    ]  # fmt: skip
    demand = np.random.default_rng(5).normal(100, 10, 400_000)
    orders = bullwhip.simulated_orders(demand, averaging_periods=5, lead_time_periods=2)
    simulated = float(orders.var() / demand.var())
    return [
        *cases,
        CanonicalCase("S5", "orders over demand, variance", BULLWHIP, "simulated, p = 5, L = 2",
                      2.12, simulated, 0.02),
    ]  # fmt: skip


def _liebig() -> list[CanonicalCase]:
    output = allocation.ces_output([0.5, 0.5], [2.0, 3.0], substitution_exponent=-99.0)
    return [
        CanonicalCase("S7", "CES output, inputs 2 and 3", CES, "exponent -99", 2.01405, float(output), 5e-6)
    ]  # fmt: skip


CHECKS = (
    _margins,
    _stability,
    _swings,
    _two_products,
    _ties,
    _wyndor,
    _rationing,
    _bullwhip,
    _liebig,
)
