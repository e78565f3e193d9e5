"""Published and worked cases of demand and of the clearing price of compute."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from oracles import PublishedCase, made_by
from oracles.demand import (
    SegmentDemand,
    TaskSegments,
    constant_elasticity_quantity,
    segment_demand,
)
from oracles.market import (
    compute_hours_demanded,
    market_clearing_compute_price,
    scarcity_rent,
    segment_token_prices,
    token_price,
)

FloatArray = NDArray[np.float64]


def published_cases() -> list[PublishedCase]:
    """Clearing with one segment (M1), two (M2) and tasks (M5)."""
    return made_by(CHECKS)


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


def _cases(
    id: str, method: str, rows: list[tuple[str, float, float, float]]
) -> list[PublishedCase]:
    """Cases from rows of quantity, expected, computed and relative tolerance."""
    return [PublishedCase(id, method, "worked example", *row, relative=True) for row in rows]


def _one_segment_cases() -> list[PublishedCase]:
    rows: list[tuple[str, float, float, float]] = []
    for elasticity, want, rent in ((0.5, 4, 180), (1, 2, 80), (2, 1.41421356, 50.7106781)):
        price = _one_segment_price(elasticity, throughput=1, capacity=50)
        doubled = _one_segment_price(elasticity, throughput=2, capacity=50)
        at = f"elasticity -{elasticity:g}"
        rows += [
            (f"{at}, price of compute", want, price, 1e-8),
            (f"{at}, spend", 50 * want, 50 * price, 1e-8),
            (f"{at}, scarcity rent", rent, _rent(price, 50), 1e-8),
            (f"{at}, price at twice the throughput", 2, doubled, 1e-10),
        ]
    return _cases("M1", "one segment of constant elasticity", rows)


def _slack_cases() -> list[PublishedCase]:
    price = _one_segment_price(0.5, throughput=1, capacity=500)
    quantity = constant_elasticity_quantity(
        price, reference_price=1, reference_quantity=100, own_price_elasticity=-0.5
    )
    rows = [
        ("price of compute", 0.1, price, 1e-12),
        ("tokens", 316.227766, float(quantity), 1e-8),
        ("scarcity rent", -150.0, _rent(price, 500), 1e-12),
    ]
    return _cases("M1", "one segment with slack", rows)


def _shared_capacity_cases() -> list[PublishedCase]:
    clearing = market_clearing_compute_price(
        lambda hour: np.asarray(two_segment_hours(hour).sum(axis=-1), dtype=np.float64),
        capacity_h100e_hours=100.0,
        avoidable_cost_usd_per_h100e_hour=0.1,
    )
    commodity, agentic = two_segment_hours(clearing)
    price = float(clearing)
    rows = [
        ("price of compute", 1.5207182, price, 1e-7),
        ("commodity token price", 0.7603591, price / 2, 1e-7),
        ("agentic token price", 6.0828726, price / 0.25, 1e-7),
        ("commodity hours", 57.34039, float(commodity), 1e-7),
        ("agentic hours", 42.65961, float(agentic), 1e-7),
        ("spend", 152.07182, price * float(commodity + agentic), 1e-7),
    ]
    return _cases("M2", "two segments share capacity", rows)


def _task_demand_cases() -> list[PublishedCase]:
    published = {
        1000: (22.201254, 22201.25),
        2000: (11.883304, 23766.61),
        4000: (3.310112, 13240.45),
    }
    rows: list[tuple[str, float, float, float]] = []
    for capacity, (price, spend) in published.items():
        clearing, demand = clear_tasks(task_segment_of_m5(), capacity=capacity, avoidable_cost=0.01)
        rows += [
            (f"capacity {capacity}, price of compute", price, clearing, 1e-6),
            (f"capacity {capacity}, spend", spend, float(demand.token_spend_usd[0]), 1e-6),
        ]
    _, scarce = clear_tasks(task_segment_of_m5(), capacity=1000, avoidable_cost=0.01)
    _, ample = clear_tasks(task_segment_of_m5(), capacity=2000, avoidable_cost=0.01)
    rows += [
        ("capacity 1000, tasks", 200, float(scarce.tasks[0]), 1e-9),
        ("capacity 1000, wage value", 46404.98, float(scarce.value_usd[0]), 1e-6),
        ("capacity 1000, surplus", 23203.72, float(scarce.surplus_usd[0]), 1e-6),
        ("capacity 1000, spend over wage value", 0.478424, _spend_share(scarce), 2e-6),
        ("capacity 2000, spend over wage value", 0.373274, _spend_share(ample), 2e-6),
    ]
    return _cases("M5", "tasks of lognormal value", rows)


def _spend_share(demand: SegmentDemand) -> float:
    return float(demand.token_spend_usd[0] / demand.value_usd[0])


def _equal_efficiency_cases() -> list[PublishedCase]:
    base = task_segment_of_m5()
    faster = replace(base, throughput_mtok_per_h100e_hour=np.array([2.0]))
    leaner = replace(base, tokens_mtok_per_task=np.array([2.5]))
    rows: list[tuple[str, float, float, float]] = []
    for name, segments, tokens in (
        ("throughput doubled", faster, 2000.0),
        ("tokens a task halved", leaner, 1000.0),
    ):
        price, demand = clear_tasks(segments, capacity=1000, avoidable_cost=0.01)
        rows += [
            (f"{name}, price of compute", 23.766608, price, 1e-7),
            (f"{name}, tasks", 400, float(demand.tasks[0]), 1e-9),
            (f"{name}, tokens", tokens, float(demand.tokens_mtok[0]), 1e-9),
        ]
    return _cases("M5", "twice the throughput, or half the tokens a task", rows)


CHECKS = (
    _one_segment_cases,
    _slack_cases,
    _shared_capacity_cases,
    _task_demand_cases,
    _equal_efficiency_cases,
)
