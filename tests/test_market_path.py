"""The solved market: accounting identities, limits, directions, and no blow-up over the prior."""

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest

from token_economics.book.assumptions import read_book
from token_economics.book.draws import Draws
from token_economics.headlines.market import market_drivers, market_memo
from token_economics.models import rents, supply
from token_economics.models.market import MarketDrivers, MarketPath, simulate
from token_economics.models.task_growth import SEGMENTS, WORK_SEGMENTS

BOOK = read_book()
FACTS = market_drivers.record()
AHEAD = FACTS.quarters_ahead
DRAWS = BOOK.draws(512)


@pytest.fixture(scope="module")
def drivers() -> MarketDrivers:
    return market_drivers.drivers(DRAWS, FACTS)


@pytest.fixture(scope="module")
def path(drivers: MarketDrivers) -> MarketPath:
    return simulate(drivers, AHEAD)


def with_draws(**changes: Callable[[np.ndarray], np.ndarray]) -> MarketPath:
    moved = DRAWS.with_values({name: change(DRAWS[name]) for name, change in changes.items()})
    return simulate(market_drivers.drivers(moved, FACTS), AHEAD)


def corners(seed: int) -> Draws:
    """Every assumption at its hard-to-reach ends, at random corners of the 98 % box."""
    rng = np.random.default_rng(seed)
    ends = {
        name: row.quantile(rng.choice([0.01, 0.5, 0.99], size=1500))
        for name, row in BOOK.rows.items()
    }
    return BOOK.draws(1500).with_values(ends)


def test_every_draw_converges_in_every_quarter(path: MarketPath) -> None:
    assert path.converged.all()


def test_base_quarter_returns_what_it_was_calibrated_on(
    path: MarketPath, drivers: MarketDrivers
) -> None:
    rent = FACTS.quarterly_rents[FACTS.base_quarter]
    expected = DRAWS["h100e_rent_over_h100_contract_ratio"] * rent
    np.testing.assert_allclose(path.price[0], expected, rtol=1e-7)
    spend = market_drivers.spend_by_segment(DRAWS, FACTS)
    np.testing.assert_allclose(path.spend[0][[0, 1, 2, 4]], spend, rtol=1e-6)
    np.testing.assert_allclose(path.hours_used[0], path.hours_available[0], rtol=1e-7)


def test_hours_of_segments_fill_the_hours_used(path: MarketPath) -> None:
    np.testing.assert_allclose(path.hours.sum(axis=1), path.hours_used, rtol=1e-6)


def test_spend_is_the_sum_of_price_times_quantity(path: MarketPath) -> None:
    price = path.spend / np.maximum(path.tokens, 1e-300)
    bought = np.where(path.tokens > 0, price * path.tokens, 0)
    np.testing.assert_allclose(bought.sum(axis=1), path.spend.sum(axis=1), rtol=1e-9)


def test_price_of_an_hour_is_equal_at_the_margin_in_all_paying_segments(
    path: MarketPath, drivers: MarketDrivers
) -> None:
    """M2: p phi over the segment's factor is one number, to 1e-10."""
    t = 8
    years = t / 4
    left = np.exp2(-years / drivers.growth.premium_half_life)
    decay = (1 + drivers.premium * left) / (1 + drivers.premium)
    factor = drivers.demand.price_factor[:3] * decay
    per_hour = path.spend[t, :3] / path.hours[t, :3] / factor
    spread = per_hour / path.price[t]
    busy = path.hours[t, :3] > 0
    assert np.abs(spread[busy] - 1).max() < 1e-10


def test_rents_add_up_to_spending(path: MarketPath) -> None:
    spend = path.spend.sum(axis=1)
    split = rents.split_of_spend(
        spend_usd=spend,
        hours_used=path.hours_used,
        price=path.price,
        paid_price=path.paid_price,
        running_cost=path.running_cost,
        user_cost=path.user_cost,
    )
    total = split.labs + split.running + split.capital + split.scarcity
    np.testing.assert_allclose(total, spend, rtol=1e-9)
    at_spot = (path.price - path.user_cost) * path.hours_used
    np.testing.assert_allclose(
        split.scarcity + split.contract_wedge,
        at_spot,
        rtol=1e-8,
        atol=1e-3 * np.abs(spend).max() * 1e-9,
    )


def test_rent_above_cost_and_a_unit_worth_its_price_are_one_statement(path: MarketPath) -> None:
    """One cost of capital: neither may say of a draw what the other denies."""
    dear = path.price > path.user_cost * (1 + 1e-9)
    cheap = path.price < path.user_cost * (1 - 1e-9)
    pays = path.investment_value > path.accelerator_price
    assert pays[dear].all()
    assert not pays[cheap].any()
    assert dear.any() and cheap.any()


def test_no_draw_spends_more_than_its_budget(path: MarketPath, drivers: MarketDrivers) -> None:
    years = np.arange(AHEAD + 1)[:, None] / 4
    budget = drivers.demand.work_budget_usd * np.exp(drivers.growth.wages * years)
    work = path.spend[:, :-1].sum(axis=1)
    assert np.all(work <= budget * (1 + 1e-6))
    assert np.any(work > budget * (1 - 1e-6))
    output = budget / DRAWS["token_budget_share_of_output"]
    assert np.all(path.spend.sum(axis=1) < output)


def test_without_a_budget_some_draws_would_spend_more_than_all_output(
    drivers: MarketDrivers,
) -> None:
    free = simulate(
        replace(
            drivers,
            demand=replace(
                drivers.demand, work_budget_usd=np.full_like(drivers.contract_price, np.inf)
            ),
        ),
        AHEAD,
    )
    output = market_drivers.work_budget(DRAWS, FACTS) / DRAWS["token_budget_share_of_output"]
    assert np.any(free.spend.sum(axis=1) > output)


def test_fleet_conserves(drivers: MarketDrivers) -> None:
    """What is in service is what was shipped less what has not arrived, failed or retired."""
    found = simulate(drivers, AHEAD)
    fleet = drivers.fleet
    shipped = np.concatenate([fleet.shipped, found.additions[1:]])
    kept = supply.fleet_in_service(
        shipped.T,
        lag_quarters=DRAWS["energisation_lag_quarters"],
        failure_rate=DRAWS["gpu_failure_rate_per_year"],
        life_years=DRAWS["gpu_useful_life_years"],
    )
    np.testing.assert_allclose(found.fleet.T, kept[:, fleet.shipped.shape[0] - 1 :], rtol=1e-10)
    assert np.all(found.fleet <= shipped.cumsum(axis=0)[fleet.shipped.shape[0] - 1 :])


def test_money_times_three_leaves_quantities() -> None:
    """1.21: all money of the model times three; compute, tokens and shares stay."""
    plain = market_drivers.drivers(DRAWS, FACTS)
    demand, fleet = plain.demand, plain.fleet
    tripled = replace(
        plain,
        demand=replace(
            demand,
            review_usd=3 * demand.review_usd,
            log_median_value=demand.log_median_value + np.log(3),
            quota_budget_usd=3 * demand.quota_budget_usd,
            work_budget_usd=3 * demand.work_budget_usd,
        ),
        fleet=replace(
            fleet,
            running_cost=3 * fleet.running_cost,
            price_trend=3 * fleet.price_trend,
        ),
        subscription_revenue=3 * plain.subscription_revenue,
        contract_price=3 * plain.contract_price,
    )
    before, after = simulate(plain, AHEAD), simulate(tripled, AHEAD)
    np.testing.assert_allclose(after.price, 3 * before.price, rtol=1e-5)
    np.testing.assert_allclose(after.fleet, before.fleet, rtol=1e-5)
    np.testing.assert_allclose(after.tokens, before.tokens, rtol=1e-5)
    np.testing.assert_allclose(after.spend, 3 * before.spend, rtol=1e-5)


def test_fewer_tokens_a_task_and_more_tokens_an_hour_are_one_thing_for_the_price() -> None:
    """1.2: halving z and doubling phi give the same price; raw tokens stand one to two."""
    thrifty = with_draws(tokens_per_task_growth_log_per_year=lambda x: x - np.log(2) / 5)
    fast = with_draws(raw_tokens_per_h100e_growth_per_year=lambda x: (1 + x) * 2 ** (1 / 5) - 1)
    np.testing.assert_allclose(fast.price, thrifty.price, rtol=1e-6)
    np.testing.assert_allclose(fast.hours, thrifty.hours, rtol=1e-5, atol=1e-3)
    np.testing.assert_allclose(fast.tokens[-1].sum(0), 2 * thrifty.tokens[-1].sum(0), rtol=1e-5)


def test_abundant_compute_sells_at_running_cost_with_negative_scarcity_rent(
    drivers: MarketDrivers,
) -> None:
    """K to infinity: w meets running cost, below full cost; quasi-rent is never negative."""
    abundant = replace(drivers, fleet=replace(drivers.fleet, shipped=drivers.fleet.shipped * 1e5))
    found = simulate(abundant, 0)
    history = drivers.fleet.shipped.shape[0]
    running = drivers.fleet.shipped * drivers.fleet.survival[:history][::-1] > 0
    cost = drivers.fleet.running_cost[:history]
    cheapest = np.where(running, cost, np.inf).min(axis=0)
    np.testing.assert_allclose(found.price[0], cheapest, rtol=1e-9)
    assert np.all(found.price < found.user_cost)
    later = simulate(abundant, 4)
    assert later.converged.all() and np.isfinite(later.price).all()
    worthless = later.investment_value[0] == 0
    assert worthless.mean() > 0.5
    assert np.all(later.additions[1][worthless] == 0)


def test_more_capacity_now_never_raises_the_price_now() -> None:
    """1.15: true within the quarter; along the path it need not be."""
    plain = market_drivers.drivers(DRAWS, FACTS)
    more = replace(plain, fleet=replace(plain.fleet, shipped=1.3 * plain.fleet.shipped))
    assert np.all(simulate(more, 0).price <= simulate(plain, 0).price * (1 + 1e-9))


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("common_demand_shock_log", 1),
        ("agentic_task_growth_log_per_year", 1),
        ("tokens_per_task_growth_log_per_year", 1),
        ("raw_tokens_per_h100e_growth_per_year", -1),
    ],
)
def test_price_two_years_on_moves_with(name: str, direction: int) -> None:
    row = BOOK.row(name)
    at = {
        end: with_draws(**{name: lambda x, end=end: np.full_like(x, getattr(row, end))})
        for end in ("low", "high")
    }
    change = np.median(at["high"].price[4]) - np.median(at["low"].price[4])
    assert direction * change > 0


def test_more_memory_growth_lowers_prices_later() -> None:
    dear = with_draws(dram_bit_growth_per_year=lambda x: x - 0.08)
    cheap = with_draws(dram_bit_growth_per_year=lambda x: x + 0.08)
    assert np.median(cheap.price[8]) < np.median(dear.price[8])
    assert np.median(cheap.fleet[8]) > np.median(dear.fleet[8])


def with_fleet(drivers: MarketDrivers, **changes: np.ndarray) -> MarketPath:
    return simulate(replace(drivers, fleet=replace(drivers.fleet, **changes)), AHEAD)


def test_sellers_who_take_nothing_leave_the_price_of_accelerators_at_its_trend(
    drivers: MarketDrivers,
) -> None:
    found = with_fleet(drivers, seller_share=np.zeros(512))
    np.testing.assert_array_equal(found.accelerator_price, drivers.fleet.price_trend)


def test_what_sellers_take_moves_no_quantity(drivers: MarketDrivers) -> None:
    """A rent is shared out of what is there; layers answer compute over its cost without it."""
    nothing, everything = (with_fleet(drivers, seller_share=np.full(512, k)) for k in (0.0, 1.0))
    for name in ("additions", "fleet", "price", "spend", "binding", "limits"):
        np.testing.assert_array_equal(getattr(everything, name), getattr(nothing, name))
    assert np.all(everything.accelerator_price >= nothing.accelerator_price)
    assert np.all(everything.user_cost >= nothing.user_cost)
    assert np.median(everything.user_cost[8] / nothing.user_cost[8]) > 1.1


def test_no_layer_earns_a_rent_where_money_is_short(path: MarketPath) -> None:
    """1.19: the price leaves its trend only where a layer limits additions, and money pays for it."""
    over = path.accelerator_price[1:] / path.drivers.fleet.price_trend[1:]
    money = supply.LAYERS.index("finance")
    others = np.delete(path.limits[1:], money, axis=1).min(axis=1)
    raised = over > 1 + 1e-12
    assert np.all(over[path.binding[1:] == money] == 1)
    dearer = over ** (1 + path.drivers.fleet.investment_rise_exponent)  # and bought so much less
    assert np.all((others * dearer)[raised] <= path.limits[1:, money][raised] * (1 + 1e-9))
    assert raised.any() and not raised.all()
    assert np.all(over[0] == 1)  # worth has not changed since the base quarter


def test_accelerators_never_cost_more_than_they_have_come_to_be_worth(
    drivers: MarketDrivers,
) -> None:
    found = with_fleet(drivers, seller_share=np.full(512, 1.0))
    revealed = drivers.fleet.price_trend[0] / np.maximum(found.investment_value[0], 1e-300)
    premium = np.maximum(1 + drivers.fleet.arms_race_premium, revealed)
    worth = found.investment_value[:-1] * premium
    raised = found.accelerator_price[1:] > found.drivers.fleet.price_trend[1:] * (1 + 1e-12)
    falling = np.diff(drivers.fleet.price_trend, axis=0) <= 0
    dear = raised & falling
    assert dear.any()
    assert np.all(found.accelerator_price[1:][dear] <= worth[dear] * (1 + 1e-9))


def test_money_answers_what_accelerators_have_come_to_be_worth(drivers: MarketDrivers) -> None:
    """By the exponent, from the second quarter on; before it nothing has changed."""
    still, twice = (
        with_fleet(drivers, investment_rise_exponent=np.full(512, phi)) for phi in (0.0, 2.0)
    )
    np.testing.assert_array_equal(twice.additions[:2], still.additions[:2])
    worth = still.investment_value[:2] / drivers.fleet.price_trend[:2]
    risen = np.maximum(worth[1] / np.maximum(worth[0], 1e-300), 1.0)
    known = worth[0] > 0
    money = supply.LAYERS.index("finance")
    grown = twice.limits[2, money][known] / still.limits[2, money][known]
    np.testing.assert_allclose(grown, risen[known] ** 2, rtol=1e-9)
    assert np.median(grown) > 1.1
    assert np.median(twice.fleet[-1]) > np.median(still.fleet[-1])


def growing_swings(path: MarketPath) -> np.ndarray:
    """Draws in which the price of compute swings to and fro, each time further."""
    change = np.diff(np.log(path.price), axis=0)
    size, turned = np.abs(change), change[1:] * change[:-1] < 0
    further = (size[1:] > size[:-1]) & (size[1:] > 0.02)
    return (turned[1:] & turned[:-1] & further[1:] & further[:-1]).any(axis=0)


def test_money_that_answers_at_its_strongest_makes_no_price_run_away() -> None:
    """1.15: other layers hold what it can add, so it destabilises no more than a draw in a hundred."""
    name, box = "investment_rise_exponent", corners(11)
    still, strong = (
        simulate(market_drivers.drivers(box.with_values({name: np.full(1500, phi)}), FACTS), AHEAD)
        for phi in (0.0, BOOK.row(name).hard_max)
    )
    assert np.isfinite(strong.price).all() and strong.converged.all()
    others = np.delete(strong.limits[1:], supply.LAYERS.index("finance"), axis=1).min(axis=1)
    assert np.all(strong.additions[1:] <= others)
    assert growing_swings(strong).mean() < growing_swings(still).mean() + 0.01


def test_margin_of_labs_falls_when_contracts_are_all_renewed_in_a_rising_market() -> None:
    """M7: the wedge between spot and older contracts is the labs'."""
    contract = with_draws(contract_compute_share=lambda x: np.full_like(x, 0.9))
    spot = with_draws(contract_compute_share=lambda x: np.full_like(x, 0.05))
    t = 4
    rising = contract.price[t] > contract.contract_price[t]
    margins = [
        rents.lab_gross_margin(
            spend_usd=p.spend[t].sum(0), hours_used=p.hours_used[t], paid_price=p.paid_price[t]
        )
        for p in (contract, spot)
    ]
    assert np.all(margins[0][rising] > margins[1][rising])


def test_revenue_level_moves_no_growth() -> None:
    """Levels of revenue are a scale: growth and price depend on them only by what buyers can pay."""
    doubled = with_draws(
        base_revenue_scale_ratio=lambda x: 2 * x, token_budget_share_of_output=lambda x: 2 * x
    )
    plain = with_draws()
    np.testing.assert_allclose(doubled.price, plain.price, rtol=1e-5)
    growth = [p.spend.sum(1)[-1] / p.spend.sum(1)[0] for p in (plain, doubled)]
    np.testing.assert_allclose(growth[0], growth[1], rtol=1e-5)


def test_chunks_give_what_one_piece_gives(
    monkeypatch: pytest.MonkeyPatch, path: MarketPath
) -> None:
    """A million draws are solved in parts, and each part's results stand at their draws."""
    monkeypatch.setattr(market_memo, "MOST_DRAWS", 60)
    chunked = market_memo.in_chunks(DRAWS, FACTS, reduce=lambda p, _: {"price": p.price})
    np.testing.assert_allclose(chunked["price"], path.price, rtol=1e-9)


def test_no_blow_up_over_the_whole_prior_box() -> None:
    found = simulate(market_drivers.drivers(corners(7), FACTS), AHEAD)
    for field in (each for each in fields(MarketPath) if each.name != "drivers"):
        values = getattr(found, field.name)[1:]  # the base quarter has no limits
        assert np.isfinite(values).all(), field.name
    assert found.converged.all()
    assert found.price.min() > 0
    assert found.fleet.min() > 0


def test_robots_pay_for_cheap_models_and_not_for_the_best(drivers: MarketDrivers) -> None:
    factor = dict(zip(WORK_SEGMENTS, drivers.demand.price_factor, strict=True))
    np.testing.assert_array_equal(factor["robotics"], factor["commodity"])
    assert np.all(factor["frontier"] > factor["commodity"])


def test_segments_are_in_the_order_of_their_names(path: MarketPath) -> None:
    assert path.hours.shape[1] == len(SEGMENTS)
    assert np.all(path.hours[0, SEGMENTS.index("robotics")] == 0)
    assert path.hours[-1, SEGMENTS.index("robotics")].max() > 0
