"""The identity between token spend and the wages it would replace."""

from dataclasses import replace

import numpy as np
import pytest
from oracles.demand import TaskSegments, segment_demand

from token_economics.models.derived_demand import HourDemand, work_surplus
from token_economics.models.labour_equivalence import (
    TaskWork,
    check_labour_equivalence,
    replace_work,
    token_cost_share,
    token_spend,
    value_new_work,
    wage_value_replaced,
    work_done,
)


def hour_demand(draws: int = 64) -> HourDemand:
    rng = np.random.default_rng(2)
    shape = (3, draws)
    return HourDemand(
        tasks=rng.uniform(50, 500, shape),
        hours_per_task=rng.uniform(0.2, 4, shape),
        price_factor=rng.uniform(1, 2, shape),
        review_usd=rng.uniform(0, 6, shape),
        log_median_value=rng.uniform(0, 4, shape),
        log_value_sd=rng.uniform(0.5, 2.5, shape),
        subscriber_hours=np.zeros(draws),
        quota_budget_usd=np.zeros(draws),
        work_budget_usd=np.full(draws, np.inf),
    )


def replaced(work: TaskWork, **changes: float) -> object:
    given = {"realised_share": 0.5, "replaced_share": 0.4, "exposed_wages": 1e9, **changes}
    return replace_work(work, **given)


def test_under_a_budget_the_tasks_worth_most_are_done_and_the_budget_is_spent() -> None:
    demand, price = hour_demand(), np.full(64, 1.2)
    whole = slice(None)
    free = work_done(demand, price, segments=whole)
    bound = work_done(
        replace(demand, work_budget_usd=0.5 * free.token_spend), price, segments=whole
    )
    np.testing.assert_allclose(bound.token_spend, 0.5 * free.token_spend, rtol=1e-10)
    surplus = (bound.value - bound.cost) / (free.value - free.cost)
    assert np.all((surplus > 0.5) & (surplus < 1))


def test_spend_cost_share_and_wage_value_fix_each_other() -> None:
    spend = token_spend(0.28, 309.0)
    assert token_cost_share(spend, 309.0) == pytest.approx(0.28)
    assert wage_value_replaced(spend, 0.28) == pytest.approx(309.0)


def test_a_hundredth_of_the_wage_would_replace_a_hundred_times_the_spend() -> None:
    assert wage_value_replaced(175.0, 0.01) == pytest.approx(17500.0)


def test_draws_that_replace_more_labour_than_exists_are_counted() -> None:
    check = check_labour_equivalence(
        spend=100.0, cost_share=np.array([0.1, 0.5, 1.0]), exposed_wage_bill=300.0
    )
    assert check.violates.tolist() == [True, False, False]
    assert check.share_of_exposed_wages == pytest.approx([10 / 3, 2 / 3, 1 / 3])


def test_using_the_whole_exposed_wage_bill_is_not_a_violation() -> None:
    check = check_labour_equivalence(spend=150.0, cost_share=0.5, exposed_wage_bill=300.0)
    assert not check.violates


def test_new_work_is_never_worth_more_than_doing_it_by_people() -> None:
    work = value_new_work(replacement_cost=2.0, willingness_to_pay=50.0, token_cost=0.5)
    assert work.true_value == 2.0
    assert work.value_overstatement == 1.0
    assert work.gain_overstatement == 1.0


def test_replacement_cost_overstates_the_gain_by_more_than_the_value() -> None:
    work = value_new_work(replacement_cost=24.17, willingness_to_pay=0.25, token_cost=0.02)
    assert work.gain_overstatement > work.value_overstatement
    assert work.gain_overstatement == pytest.approx(105.0, abs=0.01)
    assert work.token_cost_share == pytest.approx(0.00083, abs=1e-5)


def test_work_is_that_of_the_curve_that_clears_the_market() -> None:
    """The surplus of the market and of the accounts is one number."""
    demand, price = hour_demand(), np.full(64, 1.7)
    work = work_done(demand, price, segments=slice(None))
    assert work.value - work.cost == pytest.approx(work_surplus(demand, price), rel=1e-10)
    assert (work.cost < work.value).all()
    assert (work.value < work.reach).all()
    assert (work.token_spend <= work.cost).all()


def test_work_agrees_with_the_segment_demand_of_the_market_room() -> None:
    """M5 once more, by the other route: tokens and not hours."""
    segment = TaskSegments(
        *(np.array([x]) for x in (1000.0, 50.0, 1.0, 5.0, 5.0, 1.0, 1.0, 0.0)),
    )
    by_tokens = segment_demand(segment, np.array([22.201254]))
    demand = HourDemand(
        *(np.full((1, 1), x) for x in (1000.0, 5.0, 1.0, 5.0, np.log(50.0), 1.0)),
        subscriber_hours=np.zeros(1),
        quota_budget_usd=np.zeros(1),
        work_budget_usd=np.full(1, np.inf),
    )
    work = work_done(demand, np.array([22.201254]), segments=slice(None))
    assert work.value == pytest.approx(by_tokens.value_usd)
    assert work.token_spend == pytest.approx(by_tokens.token_spend_usd)


def test_surplus_of_the_task_curve_is_finite_where_constant_elasticity_is_not() -> None:
    """As the price falls to nothing, value stays below what all tasks are worth."""
    demand = hour_demand()
    free = work_done(demand, np.full(64, 1e-12), segments=slice(None))
    assert np.isfinite(free.value).all()
    assert (free.value <= free.reach).all()


def test_spending_over_token_cost_is_the_wage_equivalent_in_every_draw() -> None:
    work = work_done(hour_demand(), np.full(64, 1.7), segments=slice(None))
    found = replaced(work)
    assert work.token_spend / found.token_cost == pytest.approx(found.wage_equivalent)


def test_work_replaced_never_exceeds_the_wages_exposed_and_violations_are_marked() -> None:
    work = work_done(hour_demand(), np.full(64, 1.7), segments=slice(None))
    limit = float(np.median(replaced(work).wage_equivalent))
    found = replaced(work, exposed_wages=limit, replaced_share=1.0)
    assert (found.replaced <= limit * (1 + 1e-12)).all()
    assert found.violates.mean() == pytest.approx(0.5, abs=0.02)
    assert (found.replaced[found.violates] == limit).all()


def test_a_smaller_saving_means_less_work_for_the_same_spending() -> None:
    work = work_done(hour_demand(), np.full(64, 1.7), segments=slice(None))
    little, much = replaced(work, realised_share=0.2), replaced(work, realised_share=0.9)
    assert (little.wage_equivalent < much.wage_equivalent).all()
    assert (little.token_cost > much.token_cost).all()
    none = replaced(work, realised_share=0.0)
    assert none.wage_equivalent == pytest.approx(work.cost)
    assert (none.log_saving == 0).all()
