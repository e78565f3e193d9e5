"""Clearing in compute: equal value of an hour everywhere, limits, directions, units."""

from dataclasses import replace

import numpy as np
import pytest

from oracles.demand import TaskSegments, tokens_demanded
from oracles.market import (
    compute_hours_demanded,
    market_clearing_compute_price,
    quasi_rent,
    scarcity_rent,
    segment_token_prices,
)
from oracles.published_market import clear_tasks, task_segment_of_m5

THREE = TaskSegments(
    tasks_per_quarter=np.array([1000.0, 5000.0, 300.0]),
    median_value_usd=np.array([50.0, 4.0, 400.0]),
    log_value_sd=np.array([1.0, 0.7, 1.4]),
    tokens_mtok_per_task=np.array([5.0, 0.2, 40.0]),
    review_usd_per_task=np.array([5.0, 0.1, 30.0]),
    acceptance_share=np.array([0.9, 1.0, 0.6]),
    throughput_mtok_per_h100e_hour=np.array([2.0, 6.0, 0.5]),
    markup=np.array([0.5, 0.1, 1.2]),
)


def _clear(segments: TaskSegments, capacity, avoidable_cost=0.01) -> np.ndarray:
    return market_clearing_compute_price(
        lambda hour: compute_hours_demanded(segments, hour),
        capacity_h100e_hours=capacity,
        avoidable_cost_usd_per_h100e_hour=avoidable_cost,
    )


def _price_that_buys(segments: TaskSegments, tokens: np.ndarray) -> np.ndarray:
    """Inverse demand by bisection, segment by segment, knowing nothing of the market."""
    low, high = np.full(3, 1e-9), np.full(3, 1e9)
    for _ in range(200):
        middle = np.sqrt(low * high)
        too_many = tokens_demanded(segments, middle) > tokens
        low, high = np.where(too_many, middle, low), np.where(too_many, high, middle)
    return np.sqrt(low * high)


def test_last_hour_is_worth_the_same_in_every_segment() -> None:
    price = _clear(THREE, 2000.0)
    tokens = tokens_demanded(THREE, segment_token_prices(THREE, price))
    marginal = _price_that_buys(THREE, tokens) * THREE.throughput_mtok_per_h100e_hour
    np.testing.assert_allclose(marginal / (1 + THREE.markup), price, rtol=1e-10)


def test_demand_fills_capacity_exactly_when_it_binds() -> None:
    capacity = np.geomspace(10, 5000, 50)
    price = _clear(THREE, capacity)
    assert (price > 0.01).all()
    np.testing.assert_allclose(compute_hours_demanded(THREE, price), capacity, rtol=1e-10)


def test_more_capacity_lowers_the_price() -> None:
    assert (np.diff(_clear(THREE, np.geomspace(10, 5000, 50))) < 0).all()


def test_price_is_avoidable_cost_when_capacity_is_slack() -> None:
    np.testing.assert_array_equal(_clear(THREE, [1e6, 1e9], avoidable_cost=0.3), 0.3)


def test_tasks_of_one_value_set_the_price_until_capacity_exceeds_them() -> None:
    alike = replace(
        task_segment_of_m5(), log_value_sd=np.array([1e-9]), review_usd_per_task=np.array([0.0])
    )
    np.testing.assert_allclose(_clear(alike, [100.0, 4999.0]), 50 / 5, rtol=1e-6)
    np.testing.assert_array_equal(_clear(alike, [5001.0]), 0.01)


def test_multiplying_all_money_by_three_multiplies_the_price_by_three_m5() -> None:
    tripled = replace(
        THREE,
        median_value_usd=3 * THREE.median_value_usd,
        review_usd_per_task=3 * THREE.review_usd_per_task,
    )
    capacity = np.array([50.0, 2000.0, 1e6])
    np.testing.assert_allclose(
        _clear(tripled, capacity, 0.03), 3 * _clear(THREE, capacity, 0.01), rtol=1e-11
    )


def test_twice_the_throughput_and_half_the_tokens_a_task_give_the_same_price_m5() -> None:
    faster = replace(THREE, throughput_mtok_per_h100e_hour=2 * THREE.throughput_mtok_per_h100e_hour)
    leaner = replace(THREE, tokens_mtok_per_task=THREE.tokens_mtok_per_task / 2)
    np.testing.assert_allclose(_clear(faster, 2000.0), _clear(leaner, 2000.0), rtol=1e-11)


def test_spend_turns_down_once_demand_is_inelastic_m5() -> None:
    spend, elasticity = [], []
    for capacity in (1000, 1600, 2500, 4000):
        _, demand = clear_tasks(task_segment_of_m5(), capacity=capacity, avoidable_cost=0.01)
        spend.append(float(demand.token_spend_usd[0]))
        elasticity.append(float(demand.own_price_elasticity[0]))
    assert spend[0] < spend[1] and spend[2] > spend[3]
    assert elasticity[1] < -1 < elasticity[2]


def test_draws_are_cleared_as_if_one_at_a_time() -> None:
    rng = np.random.default_rng(1)
    draws = replace(THREE, median_value_usd=rng.lognormal(3, 1, (200, 3)))
    together = _clear(draws, np.full(200, 800.0))
    for index in (0, 57, 199):
        alone = replace(THREE, median_value_usd=draws.median_value_usd[index])
        assert together[index] == pytest.approx(float(_clear(alone, 800.0)), rel=1e-11)


def test_demand_without_bound_is_refused() -> None:
    with pytest.raises(ValueError, match="exceeds capacity"):
        market_clearing_compute_price(
            lambda hour: np.full_like(hour, 2.0),
            capacity_h100e_hours=1.0,
            avoidable_cost_usd_per_h100e_hour=0.1,
        )


def test_market_without_capacity_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        _clear(THREE, 0.0)


def test_rent_over_full_cost_is_negative_where_rent_over_running_cost_is_zero() -> None:
    capacity = 100.0
    running = quasi_rent(0.2, avoidable_cost_usd_per_h100e_hour=0.2, capacity_h100e_hours=capacity)
    full = scarcity_rent(0.2, user_cost_usd_per_h100e_hour=1.2, capacity_h100e_hours=capacity)
    assert running == 0
    assert full == pytest.approx(-100)
