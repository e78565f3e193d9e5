"""The Jevons topic: results hold their contract, agree with the record, and move with the book."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from token_economics.book.assumptions import Book, override, read_book
from token_economics.book.draws import with_values
from token_economics.evidence import tables
from token_economics.headlines import jevons_dynamics as topic
from token_economics.headlines import rows, token_market
from token_economics.headlines.market import market_memo, supply_fleet
from token_economics.headlines.records import earlier_goods
from token_economics.models import rebound

DRAWS = 1024
ASSUMPTIONS = [name for name, row in read_book().rows.items() if topic.TOPIC in row.topics]


@pytest.fixture(scope="module")
def book() -> Book:
    return override(read_book(), {}, n_draws=DRAWS)


@pytest.fixture(scope="module")
def values(book: Book) -> pd.Series:
    return topic.results(book).set_index("id")["value"]


@pytest.fixture(scope="module")
def facts() -> topic.Record:
    return topic.record()


def test_results_hold_the_contract(book: Book) -> None:
    frame = rows.check_results(topic.results(book))
    ranged = frame.dropna(subset=["low"])
    assert (ranged["low"] <= ranged["value"]).all()
    assert (ranged["value"] <= ranged["high"]).all()


def test_results_repeat_bit_for_bit(book: Book) -> None:
    pd.testing.assert_frame_equal(topic.results(book), topic.results(book))


OF_THE_MARKET = [name for name in ASSUMPTIONS if token_market.TOPIC in read_book().row(name).topics]
OF_THIS_PAGE = [name for name in ASSUMPTIONS if name not in OF_THE_MARKET]


@pytest.fixture(scope="module")
def shown(book: Book) -> set[str]:
    return set(topic.results(book)["id"])


@pytest.mark.parametrize("name", OF_THIS_PAGE)
def test_every_assumption_of_the_page_moves_a_result(
    name: str, book: Book, shown: set[str]
) -> None:
    row = book.row(name)
    low, high = (topic.results(override(book, {name: end})) for end in (row.low, row.high))
    for frame in (low, high):
        rows.check_results(frame)
        assert "nan" not in " ".join(f"{q}" for q in rows.quantities(frame).values())
    moved = ~np.isclose(low["value"], high["value"], rtol=1e-4, equal_nan=True)
    assert moved.any()


@pytest.mark.parametrize("name", OF_THE_MARKET)
def test_every_assumption_of_the_market_moves_the_verdict(
    name: str, book: Book, facts: topic.Record, shown: set[str]
) -> None:
    row, market = book.row(name), token_market.record()

    def drawn(end: object) -> dict[str, np.ndarray]:
        draws = override(book, {name: end}).draws()
        return {**topic.headlines(draws, facts), **topic.solved(draws, market)}

    low, high = drawn(row.low), drawn(row.high)
    moved = {key for key in low if not np.allclose(low[key], high[key])}
    assert moved & shown


# --- the sign conditions


def test_efficiency_raises_spending_exactly_where_elasticity_exceeds_one(
    book: Book, facts: topic.Record
) -> None:
    drawn = topic.headlines(book.draws(), facts)
    elastic = book.draws()["market_demand_elasticity_magnitude"] > 1
    assert ((drawn["spend_from_efficiency"] > 1) == elastic).all()
    assert (drawn["efficiency_raises_spend"] == elastic).all()


def test_more_elastic_demand_makes_efficiency_more_likely_to_raise_spending(
    book: Book, facts: topic.Record
) -> None:
    chances = [
        topic.headlines(
            override(book, {"market_demand_elasticity_magnitude": size}).draws(), facts
        )["efficiency_raises_spend"].mean()
        for size in (0.6, [0.5, 1.5], 1.1)
    ]
    assert chances[0] == 0 < chances[1] < chances[2] == 1


def test_rents_and_prices_rise_with_the_demand_shift(book: Book, facts: topic.Record) -> None:
    low, high = (
        topic.headlines(override(book, {"token_demand_shift_per_year": x}).draws(), facts)
        for x in (0.8, 5.5)
    )
    for name in ("spend_rises_bound", "rent_rises_bound", "token_price_rises_bound"):
        assert (low[name] <= high[name]).all()
        assert low[name].mean() < high[name].mean()


def test_compute_growth_is_that_of_the_supply_topic(book: Book, facts: topic.Record) -> None:
    ours = np.exp(topic.growth(book.draws(), facts).capacity) - 1
    theirs = supply_fleet.headlines(book.draws(), facts.supply)["compute_growth"]
    np.testing.assert_allclose(ours, theirs)


def test_implied_demand_shift_clears_the_market(book: Book, facts: topic.Record) -> None:
    rates = topic.growth(book.draws(), facts)
    cleared = rebound.bound_response(
        demand_shift=np.log(topic.headlines(book.draws(), facts)["implied_demand_shift"]),
        capacity_growth=rates.capacity_while_rents_rose,
        efficiency_growth=rates.efficiency,
        own_price_elasticity=rates.elasticity,
    )
    np.testing.assert_allclose(cleared.compute_price, facts.rent_growth_per_year)


def test_implied_demand_shift_hardly_depends_on_the_elasticity(
    book: Book, facts: topic.Record
) -> None:
    shifts = [
        np.median(
            topic.headlines(
                override(book, {"market_demand_elasticity_magnitude": size}).draws(), facts
            )["implied_demand_shift"]
        )
        for size in (0.3, 1.1)
    ]
    assert shifts[1] / shifts[0] == pytest.approx(1, abs=0.15)


def test_phase_regions_are_those_of_the_closed_form() -> None:
    growth = np.array([0.2, 0.7, 1.2, 3.0])
    response = rebound.bound_response(
        demand_shift=1.25, capacity_growth=growth, efficiency_growth=0.5, own_price_elasticity=-0.65
    )
    edges = rebound.turning_points(
        demand_shift=1.25, efficiency_growth=0.5, own_price_elasticity=-0.65
    )
    above = sum((growth < float(edge)).astype(int) for edge in edges)
    rises = [part > 0 for part in (response.compute_price, response.token_price, response.spend)]
    np.testing.assert_array_equal(np.sum(rises, axis=0), above)


# --- the solved market


def test_the_verdict_moves_with_memory(book: Book) -> None:
    market = token_market.record()
    low, high = (
        topic.solved(override(book, {"dram_bit_growth_per_year": growth}).draws(), market)
        for growth in (0.05, 0.6)
    )
    assert np.median(high["market_token_price_multiple"]) < np.median(
        low["market_token_price_multiple"]
    )
    for name in ("market_both", "market_spend_multiple", "memory_raises_spend"):
        assert low[name].mean() != high[name].mean()


def test_more_memory_never_makes_compute_dearer_the_same_quarter(book: Book) -> None:
    draws, market = book.draws(), token_market.record()
    name, at = "dram_bit_growth_per_year", market.quarters.index(topic.NEXT)
    faster = with_values(draws, {name: np.expm1(np.log1p(draws[name]) + topic.MEMORY_STEP)})
    now, then = (market_memo.solve(drawn, market).price[at] for drawn in (draws, faster))
    assert np.median(then / now) <= 1
    assert (then / now < 1 + 1e-9).mean() > 0.8


def test_more_memory_raises_spending_where_demand_is_elastic_and_not_where_it_is_not(
    book: Book,
) -> None:
    draws, market = override(book, {}, n_draws=4096).draws(), token_market.record()
    drawn = topic.solved(draws, market)
    elasticity, spending = drawn["market_elasticity_next"], drawn["memory_spend_multiple"]
    assert np.median(spending[elasticity > 1.1]) >= 1
    assert np.median(spending[(elasticity > 0.2) & (elasticity < 0.9)]) <= 1 + 1e-9


# --- adoption


def test_long_run_exceeds_todays_response(book: Book, facts: topic.Record) -> None:
    drawn = topic.headlines(book.draws(), facts)
    assert drawn["long_run_raises_spend"].mean() >= drawn["efficiency_raises_spend"].mean()
    assert (drawn["rent_in_the_end"] >= drawn["rent_at_once"] - 1e-12).all()


def test_rents_recover_as_more_years_pass(book: Book, facts: topic.Record) -> None:
    draws, rates = book.draws(), topic.growth(book.draws(), facts)
    near, far, end = (topic.adoption(draws, rates, years=years) for years in (1, 8, 200))
    assert (far["rent_in_eight_years"] >= near["rent_in_a_year"] - 1e-12).all()
    np.testing.assert_allclose(end["rent_in_200_years"], end["rent_in_the_end"], rtol=0.01)


def test_an_outlook_beyond_the_supply_model_is_refused(book: Book, facts: topic.Record) -> None:
    with pytest.raises(ValueError, match="lies beyond the supply model, which ends in 2030Q4"):
        topic.growth(book.draws(), facts, years=6)


# --- the split


def test_split_of_spending_leaves_nothing_over(book: Book) -> None:
    parts = topic.split(book)
    spending = parts.pop("Spending")
    np.testing.assert_allclose(np.prod([*parts.values()], axis=0), spending)
    assert np.median(spending) == pytest.approx(
        topic.panels().set_index("factor")["growth"]["Spending"], rel=0.05
    )


def test_what_a_notebook_made_is_what_the_results_say(book: Book, facts: topic.Record) -> None:
    rates = topic.growth(book.draws(), facts)
    elastic = replace(rates, elasticity=rates.elasticity - 10)
    parts = {**topic.split(book), "Tasks a user": np.full(DRAWS, 7.0)}
    found = topic.results(book, rates=elastic, parts=parts).set_index("id")["value"]
    assert found["efficiency_raises_spend"] == found["long_run_raises_spend"] == 1
    assert found["part_tasks"] == 7


def test_implied_tokens_bracket_what_companies_report(book: Book) -> None:
    """What the page says of a check that was not used."""

    def growth(variable: str, entity: str) -> float:
        frame = tables.series("token-volumes", variable, entity)
        recent = frame[frame["date"] >= "2025-01-01"]
        first, last = recent.iloc[0], recent.iloc[-1]
        years = (last["date"] - first["date"]).days / 365.25
        return float((last["value"] / first["value"]) ** (1 / years))

    low, high = np.quantile(topic.implied_tokens(topic.split(book)), [0.05, 0.95])
    assert low < growth("tokens_per_month", "Google, all surfaces") < high
    assert low < growth("tokens_per_minute", "OpenAI API") < high
    assert high < growth("tokens_per_week", "OpenRouter")


# --- earlier goods


def test_light_cost_less_took_more_money_and_a_smaller_part_of_income() -> None:
    table = earlier_goods.stages().set_index(["good", "stage"])
    light = table.loc[("Light, United Kingdom", "1800 to 2000")]
    assert light["price_multiple"] < 1 / 3000
    assert light["spend_multiple"] > 6
    assert light["arc"] < -1
    assert light["share_of_income"] < 0.2


def test_what_is_not_in_the_record_is_blank() -> None:
    table = earlier_goods.stages()
    air = table[table["good"] == "Air travel, world"]
    assert air["price_multiple"].isna().all() and air["spend_multiple"].isna().all()


def test_memory_saw_spending_fall_while_its_price_fell() -> None:
    table = earlier_goods.stages().set_index(["good", "stage"])["spend_multiple"]
    assert table[("DRAM", "2006 to 2008")] < 1


def test_dram_squeeze_has_the_wrong_sign_for_a_demand_curve() -> None:
    table = earlier_goods.stages().set_index(["good", "stage"])
    assert table["arc"][("DRAM", "2016 to 2017")] > 0


def test_each_good_counts_once_in_the_forecast() -> None:
    members = earlier_goods.members(years=3)
    assert members["good"].is_unique
    forecast = earlier_goods.forecast(years=3)
    assert forecast.value == pytest.approx((members["share_rose"].sum() + 0.5) / (len(members) + 1))
    assert forecast.high - forecast.low > 0.3
