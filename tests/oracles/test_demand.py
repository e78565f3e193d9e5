"""Demand from tasks: accounting identities, limits and directions."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate

from oracles import PublishedCase
from oracles.demand import (
    TaskSegments,
    constant_elasticity_quantity,
    effective_task_cost,
    segment_demand,
    subscription_tokens,
    tokens_demanded,
)
from oracles.published_market import published_cases

PRICES = np.array([[0.1], [1.0], [10.0], [100.0]])


@pytest.fixture
def segments() -> TaskSegments:
    return TaskSegments(
        tasks_per_quarter=np.array([1000.0, 400.0]),
        median_value_usd=np.array([50.0, 8.0]),
        log_value_sd=np.array([1.0, 0.6]),
        tokens_mtok_per_task=np.array([5.0, 0.5]),
        review_usd_per_task=np.array([5.0, 1.0]),
        acceptance_share=np.array([0.5, 0.8]),
        throughput_mtok_per_h100e_hour=np.array([1.0, 3.0]),
        markup=np.array([0.0, 0.4]),
    )


@pytest.mark.parametrize(
    "case",
    published_cases(),
    ids=lambda case: f"{case.id} {case.method}: {case.quantity}",
)
def test_published_case_is_reproduced(case: PublishedCase) -> None:
    assert case.passes, f"{case.computed} is not {case.expected}"


def test_value_is_spent_on_tokens_or_review_or_kept_as_surplus(segments: TaskSegments) -> None:
    demand = segment_demand(segments, PRICES)
    uses = demand.token_spend_usd + demand.review_spend_usd + demand.surplus_usd
    np.testing.assert_allclose(uses, demand.value_usd, rtol=1e-12)


def test_low_acceptance_costs_like_its_attempts() -> None:
    cost = effective_task_cost(
        price_usd_per_mtok=2, tokens_mtok_per_task=3, review_usd_per_task=4, acceptance_share=0.25
    )
    assert cost == 40


def test_rejected_attempts_use_tokens_too(segments: TaskSegments) -> None:
    demand = segment_demand(segments, PRICES)
    tokens_of_accepted = demand.tasks * segments.tokens_mtok_per_task
    np.testing.assert_allclose(demand.tokens_mtok, tokens_of_accepted / [0.5, 0.8])
    np.testing.assert_allclose(tokens_demanded(segments, PRICES), demand.tokens_mtok)


def test_surplus_is_the_area_under_the_demand_curve(segments: TaskSegments) -> None:
    one = TaskSegments(*(np.asarray(value)[:1] for value in vars(segments).values()))

    def tasks(log_cost: float) -> float:
        price = (np.exp(log_cost) * 0.5 - 5) / 5
        return float(segment_demand(one, price).tasks[0] * np.exp(log_cost))

    cost = float(segment_demand(one, 2.0).effective_cost_usd_per_task[0])
    area, _ = integrate.quad(tasks, np.log(cost), np.log(cost) + 12)
    assert segment_demand(one, 2.0).surplus_usd[0] == pytest.approx(area, rel=1e-6)


def test_elasticity_is_the_slope_of_log_tokens(segments: TaskSegments) -> None:
    step = 1e-5
    up = np.log(tokens_demanded(segments, PRICES * np.exp(step)))
    down = np.log(tokens_demanded(segments, PRICES * np.exp(-step)))
    elasticity = segment_demand(segments, PRICES).own_price_elasticity
    np.testing.assert_allclose((up - down) / (2 * step), elasticity, rtol=1e-6)


def test_dearer_tokens_are_used_less_and_leave_less_surplus(segments: TaskSegments) -> None:
    demand = segment_demand(segments, PRICES)
    for quantity in (demand.tasks, demand.tokens_mtok, demand.value_usd, demand.surplus_usd):
        assert (np.diff(quantity, axis=0) < 0).all()
    assert (demand.surplus_usd > 0).all()


def test_demand_satiates_and_surplus_is_finite_when_tokens_are_free(
    segments: TaskSegments,
) -> None:
    free = segment_demand(replace(segments, review_usd_per_task=np.zeros(2)), 1e-12)
    np.testing.assert_allclose(free.tasks, segments.tasks_per_quarter)
    mean_value = segments.median_value_usd * np.exp(segments.log_value_sd**2 / 2)
    np.testing.assert_allclose(free.surplus_usd, segments.tasks_per_quarter * mean_value)


def test_tasks_of_one_value_are_all_done_or_none(segments: TaskSegments) -> None:
    alike = replace(segments, log_value_sd=np.full(2, 1e-9))
    cheap, dear = segment_demand(alike, 0.01), segment_demand(alike, 1000.0)
    np.testing.assert_allclose(cheap.tasks, segments.tasks_per_quarter)
    np.testing.assert_array_equal(dear.tasks, 0)


def test_elasticity_stays_finite_where_hardly_any_task_pays(segments: TaskSegments) -> None:
    elasticity = segment_demand(segments, 1e9).own_price_elasticity
    assert np.isfinite(elasticity).all()
    assert (elasticity < -10).all()


def test_subscribers_use_no_more_than_their_quota() -> None:
    np.testing.assert_array_equal(
        subscription_tokens(users=10, use_mtok=[1.0, 5.0], quota_mtok=2.0), [10, 20]
    )


def test_spend_is_flat_when_elasticity_is_minus_one() -> None:
    price = np.array([0.1, 1.0, 7.0])
    quantity = constant_elasticity_quantity(
        price, reference_price=1, reference_quantity=100, own_price_elasticity=-1
    )
    np.testing.assert_allclose(price * quantity, 100)
