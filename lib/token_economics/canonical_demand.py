"""Canonical cases of demand, of run-rates and of the clearing price of compute."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from token_economics.canonical import CanonicalCase
from token_economics.demand import (
    SegmentDemand,
    TaskSegments,
    constant_elasticity_quantity,
    segment_demand,
)
from token_economics.market import (
    compute_hours_demanded,
    market_clearing_compute_price,
    scarcity_rent,
    segment_token_prices,
    token_price,
)
from token_economics.spending import run_rate_to_revenue

FloatArray = NDArray[np.float64]


def canonical_cases() -> list[CanonicalCase]:
    """Clearing with one segment (M1), two (M2) and tasks (M5); revenue from run-rates (M10)."""
    return [
        *_one_segment_cases(),
        *_slack_cases(),
        *_shared_capacity_cases(),
        *_task_demand_cases(),
        *_equal_efficiency_cases(),
        *_run_rate_cases(),
    ]


def task_segment_of_m5() -> TaskSegments:
    """One segment: 1,000 tasks of median value 50, 5 Mtok and a review of 5 each."""
    return TaskSegments(
        tasks_per_quarter=np.array([1000.0]),
        median_value_usd=np.array([50.0]),
        log_value_sd=np.array([1.0]),
        tokens_mtok_per_task=np.array([5.0]),
        review_usd_per_task=np.array([5.0]),
        acceptance_share=np.array([1.0]),
        throughput_mtok_per_h100e_hour=np.array([1.0]),
        markup=np.array([0.0]),
    )


def clear_tasks(
    segments: TaskSegments, *, capacity: float, avoidable_cost: float
) -> tuple[float, SegmentDemand]:
    """Clearing price of compute, and demand at it."""
    price = market_clearing_compute_price(
        lambda hour: compute_hours_demanded(segments, hour),
        capacity_h100e_hours=capacity,
        avoidable_cost_usd_per_h100e_hour=avoidable_cost,
    )
    return float(price), segment_demand(segments, segment_token_prices(segments, price))


def two_segment_hours(compute_price: FloatArray) -> FloatArray:
    """Hours by segment in M2: commodity and agentic demand of constant elasticity, last axis."""
    throughput = np.array([2.0, 0.25])
    price = token_price(
        compute_price[..., np.newaxis],
        throughput_mtok_per_h100e_hour=throughput,
        markup=0.0,
    )
    tokens = constant_elasticity_quantity(
        price,
        reference_price=np.array([1.0, 4.0]),
        reference_quantity=np.array([100.0, 20.0]),
        own_price_elasticity=np.array([-0.5, -1.5]),
    )
    return np.asarray(tokens / throughput, dtype=np.float64)


def _one_segment_price(elasticity: float, *, throughput: float, capacity: float) -> float:
    def hours(compute_price: FloatArray) -> FloatArray:
        tokens = constant_elasticity_quantity(
            compute_price / throughput,
            reference_price=1.0,
            reference_quantity=100.0,
            own_price_elasticity=-elasticity,
        )
        return np.asarray(tokens / throughput, dtype=np.float64)

    price = market_clearing_compute_price(
        hours, capacity_h100e_hours=capacity, avoidable_cost_usd_per_h100e_hour=0.1
    )
    return float(price)


def _rent(compute_price: float, capacity: float) -> float:
    return float(
        scarcity_rent(
            compute_price, user_cost_usd_per_h100e_hour=0.4, capacity_h100e_hours=capacity
        )
    )


def _case(
    id: str, method: str, quantity: str, expected: float, computed: float, tolerance: float
) -> CanonicalCase:
    return CanonicalCase(
        id, method, "worked example", quantity, expected, computed, tolerance, relative=True
    )


def _one_segment_cases() -> list[CanonicalCase]:
    method = "one segment of constant elasticity"
    cases: list[CanonicalCase] = []
    for elasticity, want, rent in ((0.5, 4, 180), (1, 2, 80), (2, 1.41421356, 50.7106781)):
        price = _one_segment_price(elasticity, throughput=1, capacity=50)
        doubled = _one_segment_price(elasticity, throughput=2, capacity=50)
        at = f"elasticity -{elasticity:g}"
        cases += [
            _case("M1", method, f"{at}, price of compute", want, price, 1e-8),
            _case("M1", method, f"{at}, spend", 50 * want, 50 * price, 1e-8),
            _case("M1", method, f"{at}, scarcity rent", rent, _rent(price, 50), 1e-8),
            _case("M1", method, f"{at}, price at twice the throughput", 2, doubled, 1e-10),
        ]
    return cases


def _slack_cases() -> list[CanonicalCase]:
    method = "one segment with slack"
    price = _one_segment_price(0.5, throughput=1, capacity=500)
    quantity = float(
        constant_elasticity_quantity(
            price, reference_price=1, reference_quantity=100, own_price_elasticity=-0.5
        )
    )
    return [
        _case("M1", method, "price of compute", 0.1, price, 1e-12),
        _case("M1", method, "tokens", 316.227766, quantity, 1e-8),
        _case("M1", method, "scarcity rent", -150, _rent(price, 500), 1e-12),
    ]


def _shared_capacity_cases() -> list[CanonicalCase]:
    method = "two segments share capacity"
    price = market_clearing_compute_price(
        lambda hour: np.asarray(two_segment_hours(hour).sum(axis=-1), dtype=np.float64),
        capacity_h100e_hours=100.0,
        avoidable_cost_usd_per_h100e_hour=0.1,
    )
    commodity, agentic = two_segment_hours(price)
    found = {
        "price of compute": (1.5207182, price),
        "commodity token price": (0.7603591, price / 2),
        "agentic token price": (6.0828726, price / 0.25),
        "commodity hours": (57.34039, commodity),
        "agentic hours": (42.65961, agentic),
    }
    return [
        _case("M2", method, name, expected, float(computed), 1e-7)
        for name, (expected, computed) in found.items()
    ]


def _task_demand_cases() -> list[CanonicalCase]:
    method = "tasks of lognormal value"
    published = {
        1000: (22.201254, 22201.25, 0.478424),
        2000: (11.883304, 23766.61, 0.373274),
        4000: (3.310112, 13240.45, None),
    }
    cases: list[CanonicalCase] = []
    for capacity, (price, spend, share) in published.items():
        computed, demand = clear_tasks(task_segment_of_m5(), capacity=capacity, avoidable_cost=0.01)
        found_spend, value = float(demand.token_spend_usd[0]), float(demand.value_usd[0])
        at = f"capacity {capacity}"
        cases += [
            _case("M5", method, f"{at}, price of compute", price, computed, 1e-6),
            _case("M5", method, f"{at}, token spend", spend, found_spend, 1e-6),
        ]
        if share is not None:
            ratio = found_spend / value
            cases.append(_case("M5", method, f"{at}, spend over wage value", share, ratio, 2e-6))
    _, demand = clear_tasks(task_segment_of_m5(), capacity=1000, avoidable_cost=0.01)
    return [
        *cases,
        _case("M5", method, "tasks", 200, float(demand.tasks[0]), 1e-9),
        _case("M5", method, "wage value", 46404.98, float(demand.value_usd[0]), 1e-6),
        _case("M5", method, "surplus", 23203.72, float(demand.surplus_usd[0]), 1e-6),
    ]


def _equal_efficiency_cases() -> list[CanonicalCase]:
    method = "twice the throughput, or half the tokens a task"
    base = task_segment_of_m5()
    changed = {
        "throughput doubled": (
            replace(base, throughput_mtok_per_h100e_hour=np.array([2.0])),
            2000.0,
        ),
        "tokens a task halved": (replace(base, tokens_mtok_per_task=np.array([2.5])), 1000.0),
    }
    cases: list[CanonicalCase] = []
    for name, (segments, tokens) in changed.items():
        price, demand = clear_tasks(segments, capacity=1000, avoidable_cost=0.01)
        cases += [
            _case("M5", method, f"{name}, price of compute", 23.766608, price, 1e-7),
            _case("M5", method, f"{name}, tasks", 400, float(demand.tasks[0]), 1e-9),
            _case("M5", method, f"{name}, tokens", tokens, float(demand.tokens_mtok[0]), 1e-9),
        ]
    return cases


def _run_rate_cases() -> list[CanonicalCase]:
    points = pd.DatetimeIndex(["2026-03-31", "2026-06-30"])
    revenue = run_rate_to_revenue(points, [30.0, 60.0], period="quarter")["revenue"]
    quantity = "run-rate 30 to 60 over a quarter"
    found = float(revenue.iloc[0])
    return [_case("M10", "run-rate to revenue", quantity, 10.820213, found, 1e-7)]
