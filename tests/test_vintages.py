"""What an earlier quarter knew, what it would have said, and that nothing later reaches it."""

import csv
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixture_project import ROOT, ROOT_VARIABLE

from token_economics.book.assumptions import Book, read_book
from token_economics.evidence import quarters, tables
from token_economics.headlines.market import (
    conditioning,
    market_drivers,
    market_memo,
    supply_fleet,
    vintage_series,
    vintages,
)
from token_economics.headlines.market.vintage_series import Series
from token_economics.headlines.market.vintages import ORIGINS

# tables of which the rules say that later figures stay in: caching, and one rise of transformers
LEFT_AS_THEY_ARE = {"token-multipliers", "lead-times"}

each_origin = pytest.mark.parametrize("origin", ORIGINS)


@cache
def book() -> Book:
    return replace(read_book(), n_draws=128)


def series(origin: str, name: str) -> Series:
    return next(found for found in vintage_series.series_at(origin) if found.name == name)


# The record ---------------------------------------------------------------------------------------


def test_the_editions_record_is_what_it_was_before_it_had_a_quarter() -> None:
    """Figures printed before the record could be put back."""
    facts = market_drivers.record()
    assert facts.fleet.additions_h100e[-1] == 4373513
    assert facts.fleet.chip_power_gw == 12.387
    rise = [0.24821365, 1.67627228, 0.0, 0.09516326]
    np.testing.assert_allclose(facts.fleet.log_price_rise, rise, atol=5e-9)
    assert facts.base_revenue_per_quarter == 23695054977.051357
    assert facts.us_output_per_quarter_usd == 7690524750000.0


def test_the_record_at_the_end_of_2024() -> None:
    """By hand from the tables: shipments to June, rents and margins to the year's end."""
    facts = vintages.record_at("2024Q4")
    assert facts.base_quarter == "2024Q2"
    shipped = 2649128 + 475485 + 78230 + 173975, 1965484 + 331115 + 32836 + 55200
    assert facts.fleet.additions_h100e[-1] == shipped[0] - shipped[1]
    assert facts.fleet.chip_power_gw == pytest.approx((2160 + 592 + 90.3 + 116) / 1e3)
    logic = np.log((100 - 53.1) / (100 - 57.8))  # two quarters: none is known before
    np.testing.assert_allclose(facts.fleet.log_price_rise[:3], [logic, 0.0, 0.0])
    assert list(facts.quarterly_rents.items())[-1] == ("2024Q4", 2.0)
    assert facts.fleet.contract_rent_usd_per_hour == facts.fleet.rent_at_low_usd_per_hour == 2.0
    assert facts.us_output_per_quarter_usd == pytest.approx(27811.5e9 / 4)


def test_the_record_at_the_end_of_2025() -> None:
    """Of memory a forecast of October was told, its outcome in January; of TSMC three quarters."""
    facts = vintages.record_at("2025Q4")
    assert facts.base_quarter == "2025Q2"
    logic = np.log((100 - 57.8) / (100 - 59.5))
    np.testing.assert_allclose(facts.fleet.log_price_rise[:2], [logic, np.log(1.205)])
    assert facts.us_output_per_quarter_usd == pytest.approx(29184.9e9 / 4)


def test_the_last_origin_starts_where_the_edition_does() -> None:
    then, now = vintages.record_at("2026Q2"), market_drivers.record()
    np.testing.assert_array_equal(then.fleet.additions_h100e, now.fleet.additions_h100e)
    assert then.base_revenue_per_quarter == pytest.approx(now.base_revenue_per_quarter, rel=1e-12)
    memory = np.log(1.475 * 1.955 * 1.605)  # the third quarter is not over
    assert then.fleet.log_price_rise[1] == pytest.approx(memory)


# The book -----------------------------------------------------------------------------------------


def test_middles_at_two_origins_by_hand() -> None:
    known = vintages.middles(book(), "2024Q4")
    assert known["capex_growth_per_year"] == pytest.approx((13.061 + 22.62) / (8.055 + 12.479) - 1)
    assert known["ai_power_growth_per_year"] == pytest.approx(2958.3 / 720 - 1)
    assert known["rent_decline_per_year"] == pytest.approx(np.log(3.05 / 2.0) / 1.63, rel=0.01)
    grown = np.log(1.394090 / 0.611199) / 0.75  # three quarters are known
    assert known["task_growth_log_per_year"] == pytest.approx(0.8 * grown / 1.02, rel=1e-4)
    later = vintages.middles(book(), "2025Q4")
    unit = (41.1 / 1899552) / (26.3 / 683644)
    assert later["accelerator_price_change_per_year"] == pytest.approx(unit - 1)
    assert later["accelerator_price_usd_per_h100e"] == pytest.approx(30600 * unit**-0.5)
    multiple = 2802262 / 992183
    assert later["hbm_share_growth_per_year"] == pytest.approx(multiple * 0.88 / 1.2 - 1)
    assert later["common_demand_shock_log"] == 0


@each_origin
def test_growth_weighted_by_spending_is_that_of_the_labs(origin: str) -> None:
    found = vintages.middles(book(), origin)
    work, agents, users = (
        found[f"{name}_growth_log_per_year"] for name in ("task", "agentic_task", "subscriber")
    )
    known = series(origin, "Revenue, two labs").known.iloc[-5:]
    grown = (known.iloc[-1] - known.iloc[0]) / (len(known) - 1) * 4
    assert 0.3 * work + 0.3 * agents + 0.4 * users == pytest.approx(grown)


def test_a_middle_moves_and_the_spread_on_its_scale_stays() -> None:
    before, after = book().draws(), vintages.draws_at(book(), "2024Q4")
    found = vintages.middles(book(), "2024Q4")
    for name in ("capex_growth_per_year", "hbm_wafer_share", "kw_per_h100e_change_per_year"):
        assert np.median(after[name]) == pytest.approx(found[name], rel=0.02, abs=0.005)
    growth, shock = "capex_growth_per_year", "common_demand_shock_log"
    np.testing.assert_allclose(np.ptp(np.log(after[growth])), np.ptp(np.log(before[growth])))
    np.testing.assert_allclose(np.ptp(after[shock]), np.ptp(before[shock]))
    np.testing.assert_array_equal(
        after["review_share_of_task_cost"], before["review_share_of_task_cost"]
    )


def test_a_middle_that_a_row_cannot_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vintages.MEASURES, "capex_growth", lambda *_: -0.1)
    with pytest.raises(ValueError, match=r"capex_growth_per_year: .* middle -0[.]1"):
        _ = vintages.draws_at(book(), "2024Q4")["capex_growth_per_year"]


def test_every_figure_of_the_book_that_is_not_judged_has_a_rule() -> None:
    """Of what the market reads: moved, or said to stay; and no rule is for nothing."""
    unread = replace(read_book(), n_draws=128)
    draws, facts = unread.draws(), market_drivers.record()
    vintages.log_levels(draws, facts, market_memo.solve(draws, facts))
    read = unread.reads
    rules = tables.read("vintage-rules").set_index("id")
    moved = rules[rules["kind"] == "moved"]
    of_the_book = set(rules.index[rules["kind"].isin(["moved", "stays"])])
    measured = {name for name in read if book().row(name).basis != "judged"}
    assert measured <= of_the_book
    assert of_the_book <= read
    assert "review_share_of_task_cost" in read - measured
    assert set(moved["measure"]) == set(vintages.MEASURES)
    assert set(rules.index[rules["kind"] == "series"]) == set(vintage_series.READERS)
    told = vintages.rules(book()).set_index("id")
    assert told.loc[moved.index, ["book", *ORIGINS]].notna().all(axis=None)
    assert told["label"].notna().all()


# Series -------------------------------------------------------------------------------------------


@each_origin
def test_what_is_known_comes_before_what_is_forecast(origin: str) -> None:
    for found in vintage_series.series_at(origin):
        assert found.last <= origin
        assert found.last >= vintages.base_of(origin)
        assert all(1 <= ahead <= 4 for ahead in found.ahead)
        assert (found.horizon_years > 0).all()
        assert np.all(np.diff(found.years) > 0)
        assert set(found.sources) <= set(tables.read("sources")["id"])
        assert len(found.years) == len(found.logs) >= len(found.known)


def test_series_at_the_end_of_2025_by_hand() -> None:
    nvidia = series("2025Q4", "Nvidia revenue")
    assert nvidia.last == "2025Q3"  # the fiscal quarter that ended in October
    expected = {"2026Q1": np.log(75.2 / 51.2), "2026Q2": np.log(89 / 51.2)}
    assert nvidia.changes.to_dict() == pytest.approx(expected)
    memory = series("2025Q4", "DRAM contract")
    assert memory.last == "2025Q3"  # the fourth quarter's outcome was told in January
    steps = np.diff([0.0, *memory.changes])
    np.testing.assert_allclose(np.exp(steps), [1.475, 1.955, 1.605, 1.155])
    months = 3.9 / 3.71  # of the chip, July 2025 over October 2021
    assert memory.logs[-1] - memory.logs[4] == pytest.approx(np.log(months))
    assert np.exp(memory.logs[-1] - memory.logs[-2]) == pytest.approx(1.5)
    router = series("2025Q4", "Router tokens")
    assert len(router.logs) == 13
    assert router.last == "2025Q4"


def test_series_at_the_end_of_2024_by_hand() -> None:
    rent = series("2024Q4", "H100 contract")
    assert rent.changes.iloc[0] == pytest.approx(np.log(1.95 / 2.0))
    assert rent.ahead == [1, 2, 3, 4]
    spent = series("2024Q4", "Capital spending, two buyers")
    assert spent.last == "2024Q3"
    assert spent.changes["2024Q4"] == pytest.approx(np.log((14.276 + 27.834) / (13.061 + 22.62)))
    names = {found.name for found in vintage_series.series_at("2024Q4")}
    assert not names & {"Router tokens", "DRAM contract"}


def outcomes() -> pd.DataFrame:
    """What came after each origin, a row a series and quarter.

    Columns: origin, series, last known quarter, period, ahead [quarters], change since the last
    known quarter [log points], vintage, source_id.
    """
    rows = [
        {
            "origin": origin,
            "series": series.name,
            "last_known": series.last,
            "period": period,
            "ahead": ahead,
            "change": change,
            "vintage": series.vintage,
            "source_id": " ".join(series.sources),
        }
        for origin in ORIGINS
        for series in vintage_series.series_at(origin)
        for (period, change), ahead in zip(series.changes.items(), series.ahead, strict=True)
    ]
    return pd.DataFrame(rows)


def test_outcomes_are_those_of_the_series() -> None:
    frame = outcomes()
    assert list(frame["origin"].unique()) == list(ORIGINS)
    assert not frame.duplicated(["origin", "series", "period"]).any()
    row = frame.query("origin == '2025Q4' and series == 'H100 contract'").set_index("period")
    assert row.loc["2026Q3", "change"] == pytest.approx(np.log(2.8 / ((1.7 + 2 * 1.725) / 3)))
    assert (frame["period"] <= supply_fleet.last_quarter()).all()


# Forecasts ----------------------------------------------------------------------------------------


@each_origin
def test_a_forecast_has_a_row_for_each_outcome(origin: str) -> None:
    found = vintages.forecast_at(book(), origin)
    shapes = {name: values.shape for name, values in found.items()}
    assert shapes == {s.name: (len(s.later), 128) for s in vintage_series.series_at(origin)}
    assert all(np.isfinite(values).all() for values in found.values())


def test_a_forecast_is_the_markets_own_change() -> None:
    facts, draws = vintages.record_at("2025Q4"), vintages.matched_draws_at(book(), "2025Q4")
    path = market_memo.solve(draws, facts)
    levels = vintages.log_levels(draws, facts, path)
    nvidia = vintages.changes(levels["Nvidia revenue"], series("2025Q4", "Nvidia revenue"), facts)
    bought = path.additions * path.accelerator_price
    np.testing.assert_allclose(nvidia, np.log(bought[[3, 4]] / bought[1]))
    rent = vintages.changes(levels["H100 contract"], series("2025Q4", "H100 contract"), facts)
    np.testing.assert_allclose(rent, np.log(path.price[[3, 4, 5]] / path.price[2]))


def test_draws_that_were_matched_to_the_record_are_not_used_at_an_origin() -> None:
    """The record of 2026 would tell the forecasts of 2024 what came."""
    matched = conditioning.conditioned(book())
    ours, theirs = (vintages.draws_at(each, "2024Q4") for each in (book(), matched))
    for name in ("task_growth_log_per_year", "review_share_of_task_cost"):
        np.testing.assert_array_equal(ours[name], theirs[name])
    assert "task_growth_log_per_year" in matched.record.names


def changed_after(origin: str, root: Path) -> Path:
    """The project's data with every figure that is later than an origin a twentieth higher."""
    shutil.copytree(ROOT / "data", root / "data")
    for name in tables.tables():
        described = tables.resource(name)
        if described["kind"] == "series" and name not in LEFT_AS_THEY_ARE:
            raise_later(root / "data" / described["path"], origin)
    return root


def raise_later(path: Path, origin: str) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if is_later(row, origin, shipments=path.name == "ai_chips.csv"):
            row.update({c: str(float(row[c]) * 1.05) for c in ("value", "low", "high") if row[c]})
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def is_later(row: dict[str, str], origin: str, *, shipments: bool) -> bool:
    """Of shipments, which one estimate of 2026 gives, whatever is after the base quarter."""
    if shipments:
        return pd.Period(row["period"]).end_time > quarters.end_date(vintages.base_of(origin)) + pd.Timedelta(days=1)  # fmt: skip
    period = row["period"].replace("H1", "Q2").replace("H2", "Q4")
    told = pd.Series([period, row["stated"] or None])
    return not quarters.over_by(told, origin).all()


@each_origin
def test_no_later_figure_reaches_a_forecast(
    origin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the one ratio that the rules name, which sets the level of spending."""
    monkeypatch.setattr(vintages, "market_over_labs", lambda: 3.8e9)
    monkeypatch.setattr(vintages, "record_at", vintages.record_at.__wrapped__)  # made anew
    small = replace(book(), n_draws=32)
    ours = vintages.forecast_at(small, origin)
    came = outcomes()
    known = {found.name: found for found in vintage_series.series_at(origin)}
    monkeypatch.setenv(ROOT_VARIABLE, str(changed_after(origin, tmp_path)))
    theirs = vintages.forecast_at(replace(read_book(), n_draws=32), origin)
    for name, values in ours.items():
        np.testing.assert_array_equal(values, theirs[name])
    for found in vintage_series.series_at(origin):
        np.testing.assert_array_equal(found.logs, known[found.name].logs)
        pd.testing.assert_series_equal(found.known, known[found.name].known)
    assert not outcomes()["change"].equals(came["change"])
