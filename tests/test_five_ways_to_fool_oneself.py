"""The first three ways to fool oneself (model sheet 5), each caught by a test that can fail.

The fourth, one model's cut read as the market's elasticity, is in `test_nested_demand`; the fifth,
phantom output as wages times a percentage, in `test_national_accounts` and
`test_labour_equivalence`.
"""

import re
from dataclasses import fields, replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from fixture_project import ROOT
from test_topics_token_market import stored

from token_economics.book.assumptions import Book, override, read_book
from token_economics.evidence import tables
from token_economics.headlines import supply_constraints, token_market
from token_economics.headlines.market import (
    market_calibration,
    market_drivers,
    supply_fleet,
    vintages,
)
from token_economics.models import allocation, spending, supply
from token_economics.models import market as market_path
from token_economics.models.market import MarketPath
from token_economics.report.run import notebooks
from token_economics.show import display

UNIT = re.compile(
    r"USD/H100e(-hour)?|billion USD a year|trillion a month|billion H100e-hours|share"
    r"|million H100e( a quarter)?|billion H100e-hours a quarter"
)


@cache
def book() -> Book:
    return replace(read_book(), n_draws=512)


def shown(notebook: str, table: str) -> list[dict[str, object]]:
    """Rows of a table as a stored notebook shows it."""
    cells = notebooks.code_cells(notebooks.load(ROOT / "notebooks" / f"{notebook}.ipynb"))
    outputs = [o.data[display.TABLE] for c in cells for o in c.outputs if display.TABLE in o.data]
    (found,) = [output["data"] for output in outputs if output["name"] == table]
    return found


@cache
def solved(**changes: float) -> MarketPath:
    facts = market_drivers.record()
    draws = override(book(), changes).draws()
    return market_path.simulate(market_drivers.drivers(draws, facts), facts.quarters_ahead)


# 1. Closure by construction


def test_way_1_free_parameters_are_fewer_than_targets() -> None:
    targets = tables.read("calibration-targets")
    free = targets[targets["role"] == "fitted"]
    assert len(free) < (targets["role"] == "check").sum()
    assert free["note"].str.len().gt(0).all()


def test_way_1_checks_can_be_missed() -> None:
    """Nothing absorbs every target: some checks miss, and other assumptions miss others."""
    table = market_calibration.ledger(book())
    other = market_calibration.ledger(override(book(), {"common_demand_shock_log": -0.3}))
    checks = table["role"] == "check"
    assert table.loc[checks, "met"].eq("no").any()
    assert not table["met"].equals(other["met"])


def test_way_1_what_shares_a_figure_with_an_input_is_not_counted_as_met() -> None:
    """The rent of mid-2026 lies between two fitted ones; margins follow from the sold share."""
    table = market_calibration.ledger(book()).set_index("id")
    tied = table.index[table["role"] == "tied"]
    assert {"rent_2026q2", "rent_growth", "margin_2025q4", "margin_2026q2"} <= set(tied)
    counted = token_market.results(book()).set_index("id").loc["checks_met"]
    checks = table[table["role"] == "check"]
    assert counted["value"] == checks["met"].eq("yes").sum()
    assert counted["unit"] == f"of {len(checks)}"
    row = book().row("sold_inference_share")
    margins = [
        float(market_calibration.ledger(override(book(), {row.name: end})).set_index("id").loc[
            "margin_2025q4", "model"
        ])
        for end in (row.low, row.high)
    ]  # fmt: skip
    assert margins[0] - margins[1] > 2 * 0.08


def test_way_1_the_freeze_lets_no_figure_of_2026_in() -> None:
    """Memory's rise of 2026 moves the market of today, and not the one that is set back."""
    memory = supply.LAYERS.index("dram_hbm")
    today, then = market_drivers.record(), vintages.record_at("2025Q4")
    assert today.fleet.log_price_rise[memory] > 1
    assert then.fleet.log_price_rise[memory] < np.log(1.55)
    assert max(then.quarterly_rents) <= "2025Q4"


def test_way_1_forecasts_that_lose_are_printed_as_losing() -> None:
    """A ratio above one stands wherever the best naive rule was better, and it was somewhere."""
    table = stored("by_origin_and_series", page="13_forecast_record")
    best = table[["random_walk_with_drift", "local_linear_trend", "arima_110_with_drift"]].min(
        axis=1
    )
    lost = table["market"] > best
    assert ((table["over_best"] > 1) == lost).all()
    assert lost.any()


def test_way_1_the_identity_of_four_observables_is_a_residual() -> None:
    """Tokens an hour from rent, price and margin as reported do not meet the benchmark exactly."""
    table = stored("closure").set_index("account")["factor"]
    residual = table.filter(like="rent, price and margin imply").iloc[0]
    assert abs(np.log(residual)) > 0.01
    assert 0.2 < residual < 5


# 2. Unit laundering


def test_way_2_every_market_column_has_a_unit() -> None:
    fleet = pd.DataFrame(shown("02_supply_constraints", "market"))
    market = pd.concat([token_market.paths(book()), fleet])
    units = market.groupby(["entity", "variable"])["unit"].agg(["nunique", "first"])
    assert (units["nunique"] == 1).all()
    assert units["first"].map(lambda unit: bool(UNIT.fullmatch(unit))).all()


def test_way_2_spend_is_hours_times_price_times_markup_in_the_units_told() -> None:
    market = token_market.paths(replace(book(), n_draws=1))
    at = market[market["quarter"] == "2026Q2"].set_index(["entity", "variable"])["p50"]
    segments = list(token_market.SEGMENT_NAMES.values())
    spend = sum(at[(name, "spend")] for name in segments)
    assert spend == pytest.approx(at[("All segments", "spend")], rel=1e-9)
    tokens = sum(at[(name, "tokens")] for name in segments)
    assert tokens == pytest.approx(at[("All segments", "tokens")], rel=1e-9)


def test_way_2_blend_of_prices_moves_opus_by_almost_ten() -> None:
    """Three tokens in for one out at list price, against 300 in and nine tenths cached: 9.71."""
    prices = tables.read("model-prices").set_index("model").loc["Claude Opus 4.5"]
    listed = spending.effective_price(
        input_usd_per_mtok=float(prices["input_usd_per_mtok"]),
        output_usd_per_mtok=float(prices["output_usd_per_mtok"]),
        input_per_output=3.0,
        cache_hit_share=0.0,
        cached_price_ratio=0.1,
    )
    assert listed / market_drivers.agentic_price() == pytest.approx(9.71, abs=0.05)


def test_way_2_fewer_tokens_a_task_and_more_tokens_an_hour_are_one_thing() -> None:
    """Only the difference counts for price and tasks; raw tokens differ by it."""
    base = solved()
    growth = np.log1p(book()["raw_tokens_per_h100e_growth_per_year"])
    leaner = solved(
        tokens_per_task_growth_log_per_year=0.0, raw_tokens_per_h100e_growth_per_year=0.4
    )
    faster = solved(
        tokens_per_task_growth_log_per_year=0.2,
        raw_tokens_per_h100e_growth_per_year=float(1.4 * np.exp(0.2) - 1),
    )
    np.testing.assert_allclose(leaner.price, faster.price, rtol=1e-6)
    years = 2.0
    ratio = faster.tokens[8] / np.maximum(leaner.tokens[8], 1e-9)
    used = leaner.tokens[8] > 1
    np.testing.assert_allclose(ratio[used], np.exp(0.2 * years), rtol=1e-6)
    assert not np.allclose(base.price, leaner.price)
    assert growth > 0


def test_way_2_accounts_that_do_not_close_stay_in_the_table() -> None:
    factors = stored("closure")["factor"]
    assert (np.abs(np.log(factors)) > np.log(1.5)).sum() >= 3
    assert (np.abs(np.log(factors)) < np.log(1.2)).sum() >= 3


def test_way_2_run_rate_is_not_revenue() -> None:
    """A quarter of the closing run-rate overstates what was recognised; the integral does not."""
    table = stored("closure").set_index("account")["factor"]
    over_time = table.filter(like="run-rates over time")
    assert over_time.between(0.8, 1.0).all()


# 3. Decorative layers and assumptions


def test_way_3_what_moves_nothing_is_labelled_immaterial() -> None:
    told = stored("immaterial")
    labels = {row.label for row in read_book().rows.values() if token_market.TOPIC in row.topics}
    assert len(told) and set(told["assumption"]) <= labels
    assert told["largest"].str.removesuffix(" %").astype(float).lt(1.05).all()
    assert not labels <= set(told["assumption"])


def test_way_3_layers_of_the_model_have_evidence_better_than_weak() -> None:
    """No layer gets a probability from weak sources alone; what is weak is listed apart."""
    sources = tables.read("sources").set_index("id")
    table = supply_fleet.layer_evidence()
    assert set(table["layer"]) == set(supply_fleet.LAYER_NAMES.values())
    cited = {part for text in table["source_id"] for part in text.split()}
    assert cited <= set(sources.index)
    weak = set()
    for name in ("lead-times", "memory", "chipmakers", "hyperscaler-capex"):
        rows = tables.read(name)
        grades = rows.groupby("source_id")["grade"].agg(set)
        weak |= set(grades.index[grades.map(lambda found: found == {"weak"})])
    for text in table["source_id"]:
        assert not set(text.split()) <= weak
    listed = {row["layer"] for row in shown("02_supply_constraints", "not_evaluated")}
    assert {"Processors", "FPGAs in racks", "Copper foil", "Glass cloth"} <= listed
    assert listed.isdisjoint({*table["layer"], *supply_constraints.SHARED_LAYERS})


def test_way_3_weak_layers_are_not_identified_whatever_is_assumed() -> None:
    row = supply_constraints.results(override(book(), {"processor_agents_per_host_ratio": 2.0}))
    status = row.set_index("id").loc["processors_bind"]
    assert status["status"] == "not_identified"
    assert np.isnan(status["value"])


def test_way_3_without_price_evidence_the_probabilities_flatten() -> None:
    """Entropy of who binds in the first quarter: lower with evidence than without it."""

    def entropy(assumed: Book) -> float:
        additions = supply_fleet.solve(assumed.draws(), supply_fleet.record()).additions
        share = supply.binding_shares(additions.binding)[0]
        return float(-(share * np.log(np.maximum(share, 1e-12))).sum())

    blind = override(book(), {"headroom_price_sensitivity": 0.0})
    assert entropy(book()) < entropy(blind) - 0.05


def test_way_3_duals_sum_to_the_value_and_a_tie_has_none_that_is_unique() -> None:
    """M4: shadow prices exhaust the value; on the tie one more of a layer alone brings nothing."""
    values, needs = np.array([10.0, 2.0]), np.array([[3.0, 1.0], [2.0, 0.5], [1.0, 0.0]])
    limits = np.array([12.0, 7.0, 3.4])
    plan = allocation.linear_plan(values, needs, limits)
    assert float(plan.duals @ limits) == pytest.approx(plan.value) == pytest.approx(34.8)
    tie = allocation.shadow_prices_of_two(
        np.array([10.0, 0.0]), needs, np.array([10.2, 6.8, 3.4]), step=1e-6
    )
    np.testing.assert_allclose(tie.of_one_more, 0.0, atol=1e-6)
    np.testing.assert_allclose(tie.of_one_less, [10 / 3, 5.0, 10.0], rtol=1e-6)


def test_every_part_of_the_path_is_an_array_over_quarters_and_draws() -> None:
    """What is solved once is what every page reads: no part hides another shape."""
    path = solved()
    for field in (each for each in fields(path) if each.name != "drivers"):
        part = getattr(path, field.name)
        assert part.shape[0] == path.price.shape[0]
        assert part.shape[-1] == 512
