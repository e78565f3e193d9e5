"""The token market topic on the project's own evidence."""

from dataclasses import replace
from functools import cache, partial

import numpy as np
import pandas as pd
import pytest
from fixture_project import ROOT

from token_economics.answers import evaluate, what_if_market
from token_economics.book.assumptions import Book, override, read_book
from token_economics.evidence import tables
from token_economics.headlines import token_market as topic
from token_economics.headlines.market import (
    market_calibration,
    market_drivers,
    market_memo,
    supply_fleet,
)
from token_economics.headlines.market.conditioning import conditioned
from token_economics.models.task_values import log_uniform
from token_economics.report.run import notebooks
from token_economics.show import display

CHECKS = (
    "checks_met",
    "targets",
    "plausible_draws",
    "draws_worth",
    "assumptions_taught",
    "narrowed",
)


@cache
def book() -> Book:
    return replace(read_book(), n_draws=512)


@cache
def base() -> pd.DataFrame:
    return topic.results(book()).set_index("id")


@cache
def ledger() -> pd.DataFrame:
    return market_calibration.ledger(book()).set_index("id")


def own_assumptions() -> list[str]:
    """Names of the assumptions that this topic leans on."""
    return [name for name, row in read_book().rows.items() if topic.TOPIC in row.topics]


def stored(name: str, *, page: str = "06_token_market") -> pd.DataFrame:
    """The data of a chart or table as the notebook stores it."""
    for cell in notebooks.code_cells(notebooks.load(ROOT / f"notebooks/{page}.ipynb")):
        for output in cell.outputs:
            chart, table = output.data.get(display.VEGALITE), output.data.get(display.TABLE)
            if table and table["name"] == name:
                return pd.DataFrame(table["data"])
            if chart and chart["usermeta"]["name"] == name:
                return pd.DataFrame(chart["data"]["values"])
    raise LookupError(name)


def medians(changed: Book) -> dict[str, np.ndarray]:
    drawn = topic.headlines(changed.draws(), topic.record())
    return {name: np.quantile(values, (0.05, 0.5, 0.95)) for name, values in drawn.items()}


def test_results_satisfy_the_contract() -> None:
    display.check_results(topic.results(book()))


@pytest.mark.parametrize("name", own_assumptions())
def test_every_assumption_moves_a_result_from_its_low_to_its_high(name: str) -> None:
    row = book().row(name)
    ends = (row.low, row.high) if row.low is not None else (row.value / 2, row.value * 2)
    changed = [override(book(), {name: end}) for end in ends]
    if row.low is None:  # it speaks through what the record leaves
        changed = [conditioned(each) for each in changed]
    low, high = map(medians, changed)
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
    table = stored("closure").set_index("account")["factor"]
    assert table.filter(like="list prices of best").iloc[0] > 5
    assert 2 < table.filter(like="Whole fleet at the market rent").iloc[0] < 3.5


def test_memory_walk_knows_nothing_of_2026() -> None:
    years, logs = market_calibration.memory_price_before("2025Q4")
    assert np.all(np.diff(years) > 0)
    assert np.exp(logs[-1] - logs[-2]) == pytest.approx(1.475)


@pytest.mark.parametrize("name", ["who_earns", "segment_shares"])
def test_parts_of_spending_add_up_and_lie_in_their_ranges(name: str) -> None:
    found = stored(name)
    np.testing.assert_allclose(found.groupby("quarter")["share"].sum(), 1.0, rtol=1e-5)
    tiny = 1e-3  # a part that is nothing in most draws has its mean above its 95 % point
    assert (found["share"] >= found["low"] - tiny).all()


def test_layers_that_bind_are_all_of_the_draws() -> None:
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
    table = stored("shadow_prices")
    assert (table["worth"] >= 0).all()
    assert (table["binding"] != table["next"]).all()


def test_only_targets_are_of_the_record_and_their_sources_are_registered() -> None:
    cited = base()["source_id"]
    assert list(cited.index[cited != ""]) == ["targets_fitted"]
    assert {i for cell in cited for i in cell.split()} <= set(tables.read("sources")["id"])


def test_results_without_a_source_hang_on_the_assumptions() -> None:
    """The count of draws that fail is nought whatever is assumed, as it should be."""
    small, columns = replace(book(), n_draws=256), ["value", "low", "high"]
    base_case = topic.results(small).set_index("id")
    still = set(base_case.index[base_case["source_id"] == ""])
    for end in ("low", "high"):
        ranged = [name for name in own_assumptions() if not small.row(name).pinned]
        ends = {name: getattr(small.row(name), end) for name in ranged}
        changed = topic.results(override(small, ends)).set_index("id")
        same = np.isclose(changed[columns], base_case[columns], rtol=1e-9, equal_nan=True)
        still &= set(base_case.index[same.all(axis=1)])
    assert still <= {"failed"}


def test_a_market_that_a_fork_hands_over_moves_every_part_of_the_page() -> None:
    """Here agents' work whose values end, where ours has a few tasks worth any price."""
    own = partial(market_memo.solve, value_curves={"agentic": log_uniform()})
    small = replace(book(), n_draws=128)
    ours, theirs = (topic.results(small, **with_).set_index("id")["value"] for with_ in ({}, {"solve": own}))  # fmt: skip
    told = ["price_next", "unserved_at_base_prices", "horizon_price_if_ceiling_low", "revenue_miss"]  # fmt: skip
    assert (ours[told] != theirs[told]).all()
    path = own(small.draws(), topic.record())
    assert theirs["price_now"] == pytest.approx(np.median(path.price[3]))
    market = topic.paths(small, solve=own).query("variable == 'clearing_price'")
    np.testing.assert_allclose(market["p50"], np.median(path.price, axis=1))
    moved = what_if_market.price_sliders(small).assign(stops=lambda rows: rows["value"].map(lambda value: (value,)))  # fmt: skip
    last = what_if_market.prices(small, moved, solve=own).iloc[-1]
    assert last["run"] == pytest.approx(np.median(path.price[-1] / path.user_cost[-1]))


# Margins and shares --------------------------------------------------------------------------


def test_paid_price_is_spot_without_contracts_and_moves_less_with_them() -> None:
    facts, draws = market_drivers.record(), book().draws()
    spot = {**draws, "contract_compute_share": np.zeros(512)}
    rents = facts.quarterly_rents
    rise = float(rents["2026Q2"] / rents["2025Q4"])
    free, bound = (
        topic.paid_price(each, facts, "2026Q2") / topic.paid_price(each, facts, "2025Q4")
        for each in (spot, draws)
    )
    np.testing.assert_allclose(free, rise)
    assert (bound < rise).all()


def test_one_labs_margin_needs_about_twice_the_revenue_of_an_hour() -> None:
    """Model sheet 1.18: 38 to 70 % needs revenue per paid compute dollar times 2.07."""
    facts, draws = market_drivers.record(), book().draws()
    rise = topic.margin_rise(draws, facts, tables.series(*topic.MARGIN))
    start, end = (topic.paid_price(draws, facts, q) for q in ("2025Q2", "2026Q2"))
    np.testing.assert_allclose(rise.paid, end / start)
    np.testing.assert_allclose(rise.revenue / rise.paid, 0.62 / 0.30, rtol=1e-12)


def test_region_below_cost_has_every_draw_once_and_shrinks_with_more_demand() -> None:
    table = stored("below_cost")
    assert table["draws"].sum() == read_book().n_draws
    by_tokens = table.groupby("tokens_rank").apply(
        lambda part: np.average(part["share"], weights=part["draws"]), include_groups=False
    )
    assert by_tokens.iloc[0] > by_tokens.iloc[-1] + 0.3


def test_supply_responses_are_all_of_the_draws_and_respect_their_bounds() -> None:
    table = stored("responses", page="02_supply_constraints").set_index("response")
    assert table["share"].sum() == pytest.approx(100, abs=1)
    calm = table.loc["Returns without overshoot"]
    assert calm["gain"] < calm["overshoot_bound"] < calm["bound"]
    held = table.loc["Held at the stability bound"]
    assert held["gain"] == pytest.approx(held["bound"], rel=0.02)


def test_margin_rent_and_tokens_an_hour_are_tied_by_their_identity() -> None:
    """A free draw of all four would show no correlation between margin and tokens an hour."""
    table = stored("ties").set_index(["first", "second"])["correlation"]
    assert table[("Margin of labs", "Tokens an hour")] > 0.5
    assert table[("Margin of labs", "Rent of compute")] < -0.2
    assert table[("Agents in spending", "Subscriptions in spending")] < 0


def test_a_shock_never_lowers_the_price_that_follows() -> None:
    assert base().loc["price_if_shock", "low"] >= 1 - 1e-9
    worse = topic.results(override(book(), {"political_shock_loss_share": 0.7})).set_index("id")
    assert worse.loc["price_if_shock", "value"] > base().loc["price_if_shock", "value"]


def test_premium_for_best_models_earns_nothing_when_there_is_none() -> None:
    none = topic.results(override(book(), {"frontier_premium_share": 1e-4})).set_index("id")
    assert none.loc["premium_rent_next", "value"] < 1e-3
    assert base().loc["premium_rent_next", "value"] > 0.02
