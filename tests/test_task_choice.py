"""Tasks worth their cost: readings of the market's demand that add up to the market."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from oracles.task_choice import elasticity_by_segment

from token_economics.models import derived_demand, task_choice
from token_economics.models.derived_demand import HourDemand
from token_economics.models.task_growth import BaseMarket, calibrated_demand

PRICE = np.array([1.2, 2.0])


def demand(elasticity: float = 0.65, review: float = 0.4, budget: float = np.inf) -> HourDemand:
    """Two draws of a base quarter, three spending segments, subscriptions, robots."""
    each = np.ones(2)
    return calibrated_demand(
        BaseMarket(
            price=PRICE,
            hours=np.array([1e9, 2e9]),
            spend=np.outer([1e9, 2e9, 3e9, 4e9], each),
            premium=np.outer([0.0, 0.5, 0.5, 0.0], each),
            elasticity_magnitude=elasticity * each,
            log_value_sd=1.5 * each,
            review_share=review * each,
            quota_headroom=0.5 * each,
            robotics_multiple=5 * each,
            work_budget=budget * each,
        )
    )


def test_hours_are_tasks_worth_doing_times_hours_a_task() -> None:
    base = demand()
    share = task_choice.share_worth_doing(base, PRICE)
    hours = base.tasks * base.hours_per_task * share
    assert_allclose(hours, derived_demand.work_hours(base, PRICE), rtol=1e-12)


def test_review_has_the_share_of_cost_that_the_base_quarter_was_given() -> None:
    cost = task_choice.task_cost(demand(review=0.4), PRICE)
    assert_allclose(cost.review / (cost.tokens + cost.review), 0.4)


def test_elasticity_of_each_segment_is_the_one_assumed_in_the_base_quarter() -> None:
    assert_allclose(elasticity_by_segment(demand(0.8), PRICE), -0.8, rtol=1e-9)


def test_elasticity_is_the_slope_of_the_demand_curve_away_from_the_base() -> None:
    base, step = demand(), 1e-6
    there = PRICE * 2.5
    above = derived_demand.work_hours(base, there * np.exp(step))
    slope = np.log(above / derived_demand.work_hours(base, there)) / step
    assert_allclose(elasticity_by_segment(base, there), slope, rtol=1e-4)


def test_elasticities_of_segments_average_to_that_of_the_market() -> None:
    """Weighted by hours; subscribers, whose quota binds at twice the price, count with minus one."""
    base, there = demand(), PRICE * 2
    hours = derived_demand.work_hours(base, there)
    subscribed = derived_demand.subscription_hours(base, there)
    by_segment = elasticity_by_segment(base, there)
    mean = ((hours * by_segment).sum(axis=0) - subscribed) / (hours.sum(axis=0) + subscribed)
    assert_allclose(
        mean, derived_demand.respond(derived_demand.prepared(base), there).elasticity, rtol=1e-9
    )


def test_elasticities_of_segments_are_slopes_and_average_under_a_budget_too() -> None:
    base, there, step = demand(budget=6e9), PRICE * 2, 1e-6
    hours = derived_demand.work_hours(base, there)
    by_segment = elasticity_by_segment(base, there)
    slope = np.log(derived_demand.work_hours(base, there * np.exp(step)) / hours) / step
    assert_allclose(by_segment, slope, rtol=1e-4)
    assert_allclose(there * (base.price_factor * hours).sum(axis=0), 6e9, rtol=1e-10)
    share = task_choice.share_worth_doing(base, there)
    assert_allclose(base.tasks * base.hours_per_task * share, hours, rtol=1e-10)


def test_demand_satiates_as_compute_becomes_free() -> None:
    """What is left is the cost of review: the share worth doing stays below one."""
    base = demand()
    free = task_choice.share_worth_doing(base, np.array([1e-12, 1e-12]))
    nearly = task_choice.share_worth_doing(base, np.array([1e-6, 1e-6]))
    assert (free < 1).all()
    assert_allclose(free, nearly, rtol=1e-4)


def test_a_quota_serves_all_use_until_compute_is_dearer_than_its_headroom() -> None:
    base = demand()
    assert_allclose(task_choice.served_share_of_use(base, PRICE * 1.5), 1.0)
    assert_allclose(task_choice.served_share_of_use(base, PRICE * 3), 0.5)


def test_growth_parts_add_up_to_the_growth_of_tokens() -> None:
    before, later = demand(), demand()
    later = HourDemand(
        **{
            **vars(later),
            "tasks": later.tasks * 3,
            "hours_per_task": later.hours_per_task * 0.7,
        }
    )
    throughput, there = np.log([1.9, 2.2]), PRICE * 1.6
    parts = task_choice.growth_parts(
        before, later, price_before=PRICE, price_after=there, log_throughput_growth=throughput
    )
    hours = np.log(
        derived_demand.work_hours(later, there) / derived_demand.work_hours(before, PRICE)
    )
    assert_allclose(sum(parts), hours + throughput, rtol=1e-10)
    assert_allclose(parts.spread, np.log(3))
    assert_allclose(parts.tokens_per_task, np.broadcast_to(np.log(0.7) + throughput, (4, 2)))


def test_a_segment_that_starts_from_nothing_has_no_growth() -> None:
    before = demand()
    nothing = HourDemand(**{**vars(before), "tasks": before.tasks * 0})
    parts = task_choice.growth_parts(
        nothing, nothing, price_before=PRICE, price_after=PRICE, log_throughput_growth=np.zeros(2)
    )
    assert np.isnan(parts.spread).all()


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_money_times_a_factor_leaves_the_tasks_worth_doing(factor: float) -> None:
    base = demand()
    scaled = HourDemand(
        **{
            **vars(base),
            "review_usd": base.review_usd * factor,
            "log_median_value": base.log_median_value + np.log(factor),
        }
    )
    assert_allclose(
        task_choice.share_worth_doing(scaled, PRICE * factor),
        task_choice.share_worth_doing(base, PRICE),
        rtol=1e-12,
    )
