"""One quarter's market: the price against other solvers, merit order, slack, limits."""

from dataclasses import replace

import numpy as np
import pytest
from oracles import market
from oracles.demand import TaskSegments, segment_demand

from token_economics.models import clearing, derived_demand
from token_economics.models.derived_demand import HourDemand


def demand(draws: int = 200, seed: int = 1) -> HourDemand:
    rng = np.random.default_rng(seed)
    shape = (3, draws)
    return HourDemand(
        tasks=rng.lognormal(0, 1, shape),
        hours_per_task=rng.lognormal(0, 0.5, shape),
        price_factor=rng.uniform(0.8, 3, shape),
        review_usd=rng.lognormal(-1, 1, shape),
        log_median_value=rng.normal(0, 1, shape),
        log_value_sd=rng.uniform(0.8, 2.5, draws),
        subscriber_hours=rng.lognormal(-1, 0.5, draws),
        quota_budget_usd=rng.lognormal(-1, 1, draws),
        work_budget_usd=np.full(draws, np.inf),
    )


def two_vintages(hours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    cost = np.broadcast_to(np.array([[0.3], [0.1]]), (2, hours.size))
    return np.stack([0.4 * hours, 0.6 * hours]), cost


def solve(d: HourDemand, hours: np.ndarray) -> clearing.Cleared:
    stack, cost = two_vintages(hours)
    return clearing.clear(
        d,
        vintage_hours=stack,
        vintage_cost_usd_per_hour=cost,
        oldest=clearing.oldest_in_service(stack),
        start_usd_per_h100e_hour=np.ones(hours.size),
    )


def test_scarce_price_agrees_with_the_bracketing_solver() -> None:
    d, hours = demand(), np.full(200, 0.5)
    found = solve(d, hours)
    reference = market.market_clearing_compute_price(
        lambda price: derived_demand.hours_demanded(d, price),
        capacity_h100e_hours=hours,
        avoidable_cost_usd_per_h100e_hour=np.full(200, 0.3),
    )
    tight = reference > 0.3 * (1 + 1e-9)
    assert tight.mean() > 0.5
    np.testing.assert_allclose(found.price_usd_per_h100e_hour[tight], reference[tight], rtol=1e-8)


def test_work_hours_are_those_of_the_demand_model() -> None:
    d = demand(1)
    segments = TaskSegments(
        tasks_per_quarter=d.tasks[:, 0],
        median_value_usd=np.exp(d.log_median_value[:, 0]),
        log_value_sd=d.log_value_sd,
        tokens_mtok_per_task=d.hours_per_task[:, 0],
        review_usd_per_task=d.review_usd[:, 0],
        acceptance_share=np.ones(3),
        throughput_mtok_per_h100e_hour=np.ones(3),
        markup=d.price_factor[:, 0] - 1,
    )
    told = segment_demand(segments, market.segment_token_prices(segments, 1.7))
    hours = derived_demand.work_hours(d, np.array([1.7]))[:, 0]
    np.testing.assert_allclose(hours, told.tokens_mtok, rtol=1e-12)


def test_elasticity_is_the_slope_of_demand() -> None:
    d, price = demand(), np.full(200, 0.9)
    step = 1e-6
    more = derived_demand.hours_demanded(d, price * np.exp(step))
    less = derived_demand.hours_demanded(d, price * np.exp(-step))
    slope = (np.log(more) - np.log(less)) / (2 * step)
    np.testing.assert_allclose(
        derived_demand.respond(derived_demand.prepared(d), price).elasticity,
        slope,
        rtol=1e-4,
        atol=1e-6,
    )


def test_bend_is_the_slope_of_the_elasticity() -> None:
    asked, price, step = derived_demand.prepared(demand()), np.geomspace(0.05, 20, 200), 1e-5
    at = [derived_demand.respond(asked, price * np.exp(move)) for move in (-step, 0, step)]
    slope = (at[2].elasticity - at[0].elasticity) / (2 * step)
    smooth = (at[0].subscribed < asked.subscriber_hours) == (
        at[2].subscribed < asked.subscriber_hours
    )
    assert smooth.sum() > 150
    np.testing.assert_allclose(at[1].bend[smooth], slope[smooth], rtol=1e-4, atol=1e-6)


def with_budget(share: float, price: np.ndarray) -> HourDemand:
    """Demand whose buyers may spend this part of what they would spend at a price."""
    free = demand()
    spent = price * (free.price_factor * derived_demand.work_hours(free, price)).sum(axis=0)
    return replace(free, work_budget_usd=share * spent)


def test_buyers_spend_their_budget_where_it_binds_and_what_they_would_elsewhere() -> None:
    price = np.full(200, 0.9)
    bound, loose = with_budget(0.5, price), with_budget(2.0, price)
    spent = price * (bound.price_factor * derived_demand.work_hours(bound, price)).sum(axis=0)
    np.testing.assert_allclose(spent, bound.work_budget_usd, rtol=1e-11)
    np.testing.assert_array_equal(
        derived_demand.work_hours(loose, price), derived_demand.work_hours(demand(), price)
    )


def test_a_budget_leaves_the_tasks_that_are_worth_most_for_the_money() -> None:
    """All segments are cut at one shadow price, which is above what is paid."""
    price = np.full(200, 0.9)
    bound = with_budget(0.5, price)
    shadow = derived_demand.shadow_price(bound, price)
    assert np.all(shadow > price)
    np.testing.assert_allclose(
        derived_demand.work_hours(bound, price),
        derived_demand.work_hours(demand(), shadow),
        rtol=1e-10,
    )
    cut = 0.5 * derived_demand.work_hours(demand(), price)
    same_money = price * (bound.price_factor * cut).sum(axis=0)
    np.testing.assert_allclose(same_money, bound.work_budget_usd, rtol=1e-9)
    assert np.all(
        derived_demand.work_surplus(bound, price)
        > 0.5 * derived_demand.work_surplus(demand(), price)
    )


def test_buyers_whose_budget_binds_keep_what_an_hour_is_worth_above_its_price() -> None:
    """They choose as if an hour cost its shadow price, and pay what it costs."""
    price = np.full(200, 0.9)
    bound = with_budget(0.5, price)
    shadow = derived_demand.shadow_price(bound, price)
    bought = (bound.price_factor * derived_demand.work_hours(bound, price)).sum(axis=0)
    np.testing.assert_allclose(
        derived_demand.work_surplus(bound, price),
        derived_demand.work_surplus(demand(), shadow) + (shadow - price) * bought,
        rtol=1e-9,
    )


def test_demand_under_a_budget_falls_as_its_elasticity_says() -> None:
    price, step = np.full(200, 0.9), 1e-6
    bound = with_budget(0.5, price)
    more, less = (derived_demand.hours_demanded(bound, price * np.exp(k * step)) for k in (1, -1))
    slope = (np.log(more) - np.log(less)) / (2 * step)
    asked = derived_demand.prepared(bound)
    answer = derived_demand.respond(asked, derived_demand.price_of_choice(asked, price))
    np.testing.assert_allclose(answer.paid, price, rtol=1e-11)
    np.testing.assert_allclose(answer.elasticity, slope, rtol=1e-5)


def test_hours_fall_with_the_price_of_choice_as_the_solver_thinks() -> None:
    choice, step = np.linspace(0.5, 4.0, 200), 1e-6
    asked = derived_demand.prepared(with_budget(0.5, np.full(200, 0.9)))
    here, above = (derived_demand.respond(asked, choice * np.exp(k * step)) for k in (0, 1))
    assert 10 < np.sum(here.paid < choice) < 200
    slope = (np.log(above.hours) - np.log(here.hours)) / step
    np.testing.assert_allclose(here.slope, slope, rtol=1e-4)


@pytest.mark.parametrize("share", [1e-6, 0.01, 0.3, 0.9])
def test_a_market_under_a_budget_clears_from_scarcity_to_idle_vintages(share: float) -> None:
    """The smaller the budget the lower the price, down to what running costs."""
    for hours in (np.full(200, 0.5), np.full(200, 20.0)):
        free = solve(demand(), hours)
        d = with_budget(share, free.price_usd_per_h100e_hour)
        found = solve(d, hours)
        assert found.converged.all()
        spent = found.price_usd_per_h100e_hour * (d.price_factor * found.work_hours).sum(axis=0)
        assert np.all(spent <= d.work_budget_usd * (1 + 1e-6))
        assert np.all(found.price_usd_per_h100e_hour <= free.price_usd_per_h100e_hour * (1 + 1e-9))
        asked = derived_demand.hours_demanded(d, found.price_usd_per_h100e_hour)
        np.testing.assert_allclose(found.hours_used, asked, rtol=1e-6)
        assert np.all(found.hours_used <= hours * (1 + 1e-6))


def test_bend_takes_a_pass_off_newtons_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """From a price ten percent off, as a quarter before is; without the bend it is Newton's method."""
    d, hours = demand(), np.full(200, 0.2)
    stack, cost = two_vintages(hours)
    there = solve(d, hours).price_usd_per_h100e_hour
    respond = clearing.respond

    def passes(*, bent: bool) -> float:
        asked = []

        def counted(
            prepared: derived_demand.Prepared, price: np.ndarray
        ) -> derived_demand.Response:
            asked.append(price.size)
            found = respond(prepared, price)
            return found if bent else found._replace(bend=np.zeros_like(found.bend))

        monkeypatch.setattr(clearing, "respond", counted)
        found = clearing.clear(
            d,
            vintage_hours=stack,
            vintage_cost_usd_per_hour=cost,
            oldest=clearing.oldest_in_service(stack),
            start_usd_per_h100e_hour=1.1 * there,
        )
        np.testing.assert_allclose(found.price_usd_per_h100e_hour, there, rtol=1e-8)
        return sum(asked) / hours.size

    assert passes(bent=True) < passes(bent=False) - 0.5


def test_hours_used_are_demanded_at_the_price_and_never_exceed_capacity() -> None:
    d = demand()
    for size in (0.01, 0.5, 3.0, 50.0):
        hours = np.full(200, size)
        found = solve(d, hours)
        assert found.converged.all()
        asked = derived_demand.hours_demanded(d, found.price_usd_per_h100e_hour)
        np.testing.assert_allclose(found.hours_used, asked, rtol=1e-6)
        assert np.all(found.hours_used <= hours * (1 + 1e-6))


def test_price_falls_from_vintage_to_vintage_as_capacity_grows() -> None:
    d = demand(50)
    prices = np.stack(
        [
            solve(d, np.full(50, size)).price_usd_per_h100e_hour
            for size in np.geomspace(0.01, 100, 40)
        ]
    )
    assert np.all(np.diff(prices, axis=0) <= 1e-9)
    assert prices[0].min() > 0.3


def test_abundant_capacity_prices_at_the_cheapest_running_cost() -> None:
    found = solve(demand(), np.full(200, 1e4))
    np.testing.assert_allclose(found.price_usd_per_h100e_hour, 0.1)


def test_in_slack_the_partly_used_vintage_sets_the_price() -> None:
    d = demand(1)
    at_dear = derived_demand.hours_demanded(d, np.array([0.3]))
    found = solve(d, at_dear / 0.8)  # the cheap vintage holds 0.75 of demand at the dear cost
    assert found.price_usd_per_h100e_hour == pytest.approx(0.3)
    assert found.hours_used == pytest.approx(at_dear)


def test_money_times_three_leaves_hours_and_triples_the_price() -> None:
    """With a budget that binds in some draws and not in others."""
    hours = np.full(200, 0.5)
    free = solve(demand(), hours)
    d = with_budget(0.5, free.price_usd_per_h100e_hour)
    d = replace(d, work_budget_usd=d.work_budget_usd * np.tile([1.0, 10.0], 100))
    richer = replace(
        d,
        review_usd=3 * d.review_usd,
        log_median_value=d.log_median_value + np.log(3),
        quota_budget_usd=3 * d.quota_budget_usd,
        work_budget_usd=3 * d.work_budget_usd,
    )
    stack, cost = two_vintages(hours)
    found = clearing.clear(
        richer,
        vintage_hours=stack,
        vintage_cost_usd_per_hour=3 * cost,
        oldest=clearing.oldest_in_service(stack),
        start_usd_per_h100e_hour=np.ones(200),
    )
    plain = solve(d, hours)
    np.testing.assert_allclose(
        found.price_usd_per_h100e_hour, 3 * plain.price_usd_per_h100e_hour, rtol=1e-8
    )
    np.testing.assert_allclose(found.hours_used, plain.hours_used, rtol=1e-8)


def test_a_search_that_is_cut_short_is_reported_and_not_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clearing, "_STEPS", 2)
    found = solve(demand(), np.full(200, 0.5))
    assert not found.converged.all()
    assert np.isfinite(found.price_usd_per_h100e_hour).all()


def test_the_first_guess_does_not_move_the_price() -> None:
    """From far below and far above, tight and slack draws arrive at one price."""
    d = demand()
    hours = np.geomspace(0.02, 60, 200)
    stack, cost = two_vintages(hours)
    found = [
        clearing.clear(
            d,
            vintage_hours=stack,
            vintage_cost_usd_per_hour=cost,
            oldest=clearing.oldest_in_service(stack),
            start_usd_per_h100e_hour=np.full(200, start),
        )
        for start in (0.01, 0.2, 50.0)
    ]
    assert all(each.converged.all() for each in found)
    for each in found[1:]:
        np.testing.assert_allclose(
            each.price_usd_per_h100e_hour, found[0].price_usd_per_h100e_hour, rtol=1e-8
        )


def test_many_vintages_clear_as_a_search_over_all_of_them_would() -> None:
    """The marginal vintage is the one that trying every vintage in turn finds."""
    rng = np.random.default_rng(5)
    d, vintages, draws = demand(300, seed=6), 30, 300
    stack = rng.lognormal(-2, 1.5, (vintages, draws)) * np.geomspace(0.1, 20, draws)
    stack[:4, ::3] = 0.0
    cost = np.sort(rng.lognormal(-1, 1, (vintages, draws)), axis=0)[::-1]
    found = clearing.clear(
        d,
        vintage_hours=stack,
        vintage_cost_usd_per_hour=cost,
        oldest=clearing.oldest_in_service(stack),
        start_usd_per_h100e_hour=np.ones(draws),
    )
    price = found.price_usd_per_h100e_hour
    supplied = np.where(cost <= price * (1 + 1e-9), stack, 0.0).sum(axis=0)
    at_margin = np.where(np.abs(cost / price - 1) < 1e-9, stack, 0.0).sum(axis=0)
    asked = derived_demand.hours_demanded(d, price)
    assert found.converged.all()
    assert np.all(asked <= supplied * (1 + 1e-8))
    assert np.all(asked >= (supplied - at_margin) * (1 - 1e-8))


def test_oldest_vintage_is_found_from_any_place_before_it() -> None:
    stack = np.array([[0.0, 1.0], [0.0, 0.0], [2.0, 3.0]])
    for since in (0, np.array([2, 0])):
        np.testing.assert_array_equal(clearing.oldest_in_service(stack, since=since), [2, 0])
