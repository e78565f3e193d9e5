"""The token market topic on the project's own evidence."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from token_economics.answers import evaluate
from token_economics.book.assumptions import Book, override, read_book
from token_economics.evidence import tables
from token_economics.figures import market as figures
from token_economics.headlines import (
    market_calibration,
    market_drivers,
    market_effects,
    market_frozen,
    market_memo,
    market_shares,
    supply_fleet,
)
from token_economics.headlines import token_market as topic
from token_economics.models import supply
from token_economics.show import display

CHECKS = ("checks_met", "frozen", "targets")


@cache
def book() -> Book:
    return replace(read_book(), n_draws=512)


@cache
def base() -> pd.DataFrame:
    return topic.results(book()).set_index("id")


@cache
def ledger() -> pd.DataFrame:
    return market_calibration.ledger(book()).set_index("id")


@cache
def scores() -> pd.DataFrame:
    return market_frozen.frozen_scores(book())


def medians(changed: Book) -> dict[str, np.ndarray]:
    drawn = topic.headlines(changed.draws(), topic.record())
    return {name: np.quantile(values, (0.05, 0.5, 0.95)) for name, values in drawn.items()}


def test_results_satisfy_the_contract() -> None:
    display.check_results(topic.results(book()))


@pytest.mark.parametrize("name", market_effects.own_assumptions(read_book()))
def test_every_assumption_moves_a_result_from_its_low_to_its_high(name: str) -> None:
    row = book().row(name)
    assert row.low is not None
    assert row.high is not None
    low, high = (medians(override(book(), {name: end})) for end in (row.low, row.high))
    moved = max(
        float(np.max(np.abs(low[key] - high[key]) / (np.abs(low[key]) + np.abs(high[key]) + 1e-12)))
        for key in low
    )
    assert moved > 0.0025, f"{name} moves nothing"


def test_sentence_and_tables_hold_at_both_ends_of_what_matters_most() -> None:
    for name in ("task_ceiling_multiple", "tokens_per_task_growth_log_per_year"):
        row = book().row(name)
        for value in (row.low, row.high):
            frame = topic.results(override(book(), {name: value}))
            display.answer(topic.answer(frame), frame)


def test_the_answer_does_not_call_compute_scarce_when_it_is_not() -> None:
    glut = override(
        book(), {"task_ceiling_multiple": 1.6, "agentic_task_growth_log_per_year": 0.1,
                 "task_growth_log_per_year": 0.06, "common_demand_shock_log": -1.0}
    )  # fmt: skip
    frame = topic.results(glut)
    text = topic.answer(frame)
    assert "likely not to be scarce" in text
    assert "more likely than not" in text


def test_the_answer_names_the_faster_of_work_and_fleet() -> None:
    """A price over cost that falls to 2027 is no sign that work outgrows the fleet."""
    frame = base().reset_index()
    assert "work for it spreads faster" in topic.answer(frame)
    falls = frame["id"] == "price_over_cost_next"
    frame.loc[falls, "value"] = 0.9 * float(base().loc["price_over_cost_now", "value"])
    assert "fleet grows faster than work" in topic.answer(frame)
    assert "likely to stay scarce" in topic.answer(frame)


def test_the_summary_names_the_faster_of_work_and_fleet() -> None:
    def told(now: float, later: float, below: float) -> str:
        values = {
            "token_market.price_over_cost_now": now,
            "token_market.price_over_cost_next": later,
            "token_market.below_cost_next": below,
            "token_market.below_cost_at_horizon": 0.5,
            "jevons_dynamics.efficiency_raises_spend": 0.1,
        }
        return evaluate.summary_answer(
            pd.DataFrame({"id": values.keys(), "value": values.values()})
        )

    assert "work that is worth its cost spreads faster" in told(2.0, 5.0, 0.1)
    assert "though ever less" in told(2.0, 1.5, 0.4)
    assert "likely not to be by the end of 2027" in told(2.0, 0.8, 0.7)
    assert "not scarce today" in told(0.8, 0.7, 0.7)


def test_price_over_cost_is_price_over_cost() -> None:
    drawn = topic.headlines(book().draws(), topic.record())
    below = drawn["price_over_cost_next"] < 1
    np.testing.assert_array_equal(below, drawn["below_cost_next"] == 1)


def test_no_draw_fails_and_failures_would_be_counted() -> None:
    assert base().loc["failed", "value"] == 0


def test_base_revenue_is_near_the_model_sheets_reading_of_one_house() -> None:
    """Model sheet 4.1: about 105 at the end of the year; ours is the middle of the quarter."""
    revenue = market_drivers.base_revenue("2025Q4") * 4 / 1e9
    assert 85 < revenue < 110


def test_agentic_price_is_that_of_the_model_sheet() -> None:
    """1.8: 1.03 USD at 300 to 1 and nine tenths cached; 10.00 at three to one uncached."""
    assert market_drivers.agentic_price() == pytest.approx(1.03, abs=0.005)


def test_ledger_keeps_its_misses_and_has_fewer_fitted_numbers_than_targets() -> None:
    frame = ledger()
    assert set(frame["met"]) == {"yes", "no"}
    assert frame["role"].eq("fitted").sum() < frame["role"].eq("check").sum()


def test_fitted_targets_are_met() -> None:
    frame = ledger()
    assert frame[frame["role"] == "fitted"]["met"].eq("yes").all()


def test_list_prices_and_market_rent_overstate_revenue() -> None:
    """Model sheet 4.1: volumes at list prices over five times, the fleet at the rent over twice."""
    table = market_calibration.closure(book()).set_index("account")["factor"]
    assert table.filter(like="list prices of best").iloc[0] > 5
    assert 2 < table.filter(like="Whole fleet at the market rent").iloc[0] < 3.5


def test_frozen_forecast_knows_nothing_of_2026() -> None:
    frozen = market_frozen.frozen_record(market_drivers.record())
    memory = supply.LAYERS.index("dram_hbm")
    assert frozen.fleet.log_price_rise[memory] < np.log(1.55)
    shock = market_frozen.frozen_draws(book())["common_demand_shock_log"]
    assert abs(float(np.median(shock))) < 0.02


def test_scores_of_a_perfect_forecast_would_be_small_and_ours_are_as_told() -> None:
    frame = scores()
    assert (frame[["crps", "crps_walk"]] > 0).all(axis=None)
    inside = (frame["observed"] >= frame["low"]) & (frame["observed"] <= frame["high"])
    assert (inside == frame["inside"].eq("yes")).all()


def test_five_series_are_scored_against_a_walk() -> None:
    """Model sheet 5, first way: rents, revenue, router tokens, memory contracts, chips."""
    series = market_frozen.frozen_summary(scores())["series"]
    assert set(series) == {
        "H100 contract", "Revenue, two labs", "Nvidia revenue", "Router tokens", "DRAM contract",
    }  # fmt: skip


def test_memory_walk_knows_nothing_of_2026() -> None:
    years, logs = market_frozen.memory_price_before("2025Q4")
    assert np.all(np.diff(years) > 0)
    assert np.exp(logs[-1] - logs[-2]) == pytest.approx(1.475)


def test_shares_add_up() -> None:
    earned = market_shares.who_earns(book()).groupby("quarter")["share"].sum()
    np.testing.assert_allclose(earned, 1.0, rtol=1e-9)
    spent = market_shares.segment_shares(book()).groupby("quarter")["share"].sum()
    np.testing.assert_allclose(spent, 1.0, rtol=1e-9)
    facts = topic.record()
    solved = market_memo.solve(book().draws(), facts).binding[1:].T
    shares = supply_fleet.binding_by_quarter({"Prices solved": solved}, facts.quarters[1:])
    bound = shares.groupby(["basis", "quarter"])["probability"].sum()
    np.testing.assert_allclose(bound, 1.0, rtol=1e-9)


def test_wide_memory_headroom_without_price_evidence_flattens_who_binds() -> None:
    """Five ways, 3: taking the price evidence away must visibly move the probabilities."""
    blind = override(book(), {"headroom_price_sensitivity": 0.0})
    with_evidence = topic.results(book()).set_index("id")["value"]
    without = topic.results(blind).set_index("id")["value"]
    assert with_evidence["memory_binds"] > without["memory_binds"] + 0.05


def test_shadow_price_sits_on_one_layer_and_is_never_negative() -> None:
    table = topic.shadow_prices(book())
    assert (table["worth"] >= 0).all()
    assert (table["binding"] != table["next"]).all()


def test_charts_encode_what_their_tables_hold() -> None:
    market = topic.paths(book())
    charts = {
        figures.price: topic.price_path(market),
        figures.states: topic.states(book()),
        figures.shares: market_shares.segment_shares(book()),
        figures.targets: market_effects.target_ratios(ledger().reset_index()),
        figures.frozen: market_effects.frozen_ranges(scores()),
    }
    for draw, table in charts.items():
        spec = draw(table).to_dict()
        fields = {
            channel["field"]
            for layer in spec["layer"]
            for channel in layer["encoding"].values()
            if isinstance(channel, dict) and "field" in channel
        }
        assert fields <= set(table.columns), draw.__name__
        assert len(table) > 0


def test_only_targets_and_the_walk_are_of_the_record_and_their_sources_are_registered() -> None:
    cited = base()["source_id"]
    assert list(cited.index[cited != ""]) == ["targets_fitted", "frozen_covered_walk"]
    assert {i for cell in cited for i in cell.split()} <= set(tables.read("sources")["id"])


def test_results_without_a_source_hang_on_the_assumptions() -> None:
    """The count of draws that fail is nought whatever is assumed, as it should be."""
    small, columns = replace(book(), n_draws=256), ["value", "low", "high"]
    base_case = topic.results(small).set_index("id")
    still = set(base_case.index[base_case["source_id"] == ""])
    for end in ("low", "high"):
        ends = {
            name: getattr(small.row(name), end) for name in market_effects.own_assumptions(small)
        }
        changed = topic.results(override(small, ends)).set_index("id")
        same = np.isclose(changed[columns], base_case[columns], rtol=1e-9, equal_nan=True)
        still &= set(base_case.index[same.all(axis=1)])
    assert still <= {"failed"}
