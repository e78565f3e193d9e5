"""Our own forecasts: frozen as computed, never written again, and resolved by the tables."""

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from fixture_project import ROOT
from test_check import read, write

from token_economics.book.assumptions import Book, override, read_book
from token_economics.cli import main
from token_economics.evidence import frozen, tables
from token_economics.headlines import claims_and_predictions as topic
from token_economics.headlines.market.conditioning import conditioned
from token_economics.headlines.records import forecasts
from token_economics.headlines.records.forecasts import FIGURES, NAIVE_FIGURES, QUANTITIES, Outlook
from token_economics.project.cache import Cache
from token_economics.report.run import checks

LATER = "2027-07-20"
FROZEN = "2026-10-10"  # when the forecasts of the table were made
ROWS = {row["id"]: row for row in read(ROOT / "data" / "forecasts.csv")}
TABLES = {
    resource["name"]: resource["path"]
    for resource in json.loads((ROOT / "data" / "datapackage.json").read_text("utf-8"))["resources"]
}


@cache
def book() -> Book:
    return conditioned(read_book())


@cache
def market() -> forecasts.Market:
    return forecasts.market_of(book())


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The data of a project of the test's own."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    monkeypatch.setenv("TOKEN_ECONOMICS_ROOT", str(tmp_path))
    yield tmp_path / "data"


def moved_on(data: Path, as_of: str = LATER, evidence_to: str = "") -> None:
    """The project at a later edition, or at another day; searched until then, or until another."""
    path = data / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    package["edition"] |= {"as_of": as_of, "evidence_to": evidence_to or as_of}
    path.write_text(json.dumps(package), encoding="utf-8")


def add(data: Path, table: str, **cells: str) -> None:
    """A row like the last of its table, but for these cells."""
    path = data / TABLES[table]
    rows = read(path)
    like = [
        row for row in rows if all(row[n] == cells[n] for n in ("entity", "variable") if n in cells)
    ]
    write(path, [*rows, {**like[-1], "low": "", "high": "", "value": "", **cells}])


# What is frozen ----------------------------------------------------------------------------------


def test_there_is_a_way_to_foresee_and_to_decide_each() -> None:
    assert {row["quantity"] for row in ROWS.values()} == set(QUANTITIES)
    assert {row["method"] for row in ROWS.values()} == {"model", "naive"}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_forecast_says_its_threshold_in_its_words(row: dict[str, str]) -> None:
    if row["unit"] not in ("changes", "times payroll"):
        assert row["threshold"] in row["statement"]
        assert row["threshold"] in row["resolution_rule"]
    assert "nresolvable" in row["resolution_rule"] or "As for the other" in row["resolution_rule"]


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_forecast_is_decided_after_its_period_and_after_it_was_frozen(
    row: dict[str, str],
) -> None:
    assert row["made"] < row["due_from"] < row["due_to"]
    if row["quantity"] not in ("list_price_change", "list_price_rise", "capex_guidance"):
        assert row["due_from"] > forecasts.middle(row["period"])
    assert 0 < float(row["probability"]) < 1


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_the_market_speaks_where_it_has_the_outcome_and_a_rule_beside_it(
    row: dict[str, str],
) -> None:
    assert (row["method"] == "model") == bool(row["naive_probability"])


def test_what_is_frozen_in_this_edition_is_what_the_run_computes() -> None:
    assert forecasts.out_of_step(book()) == []


def test_a_probability_follows_the_points_beside_it() -> None:
    """The level asked about lies below the middle exactly where more than half is given to it."""
    for row in ROWS.values():
        for low, middle, high, chance in (FIGURES, NAIVE_FIGURES):
            if row[middle] and not row["at_most"]:
                likely = float(row["threshold"]) < float(row[middle])
                assert likely == (float(row[chance]) > 0.5), row["id"]
                assert float(row[low]) < float(row[middle]) < float(row[high])


def test_growth_is_none_in_no_time_and_chains() -> None:
    known, flow = market(), market().path.price
    first, between, last = (pd.Timestamp(day) for day in ("2026-09-21", "2026-11-02", "2027-05-30"))
    np.testing.assert_allclose(known.growth(flow, first, first), 1)
    chained = known.growth(flow, first, between) * known.growth(flow, between, last)
    np.testing.assert_allclose(chained, known.growth(flow, first, last))
    at = known.facts.quarters.index("2026Q3")
    quarter = known.growth(flow, forecasts.day_of("2026Q3"), forecasts.day_of("2026Q4"))
    np.testing.assert_allclose(quarter, flow[at + 1] / flow[at])


def test_a_range_is_likelier_than_either_part_of_it() -> None:
    outlook = Outlook(drawn=np.linspace(1, 3, 1001), log_mean=np.log(2), log_sd=0.3)
    whole = {"threshold": "1.5", "at_most": "2.5"}
    assert outlook.by_draws(whole)[-1] == pytest.approx(0.5, abs=0.01)
    lower, upper = ({"threshold": a, "at_most": b} for a, b in (("1.5", "2"), ("2", "2.5")))
    parts = outlook.by_rule(lower)[-1] + outlook.by_rule(upper)[-1]
    assert outlook.by_rule(whole)[-1] == pytest.approx(parts)
    assert outlook.by_rule({"threshold": "2", "at_most": ""})[-1] == pytest.approx(0.5)


# What `check` and `sync` refuse ------------------------------------------------------------------


def test_a_figure_changed_by_hand_is_refused(data: Path) -> None:
    rows = read(data / "forecasts.csv")
    rows[0]["probability"] = "0.5"
    write(data / "forecasts.csv", rows)
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 1
    assert "row 2, column seal" in result.output and "put it back" in result.output


def test_a_figure_changed_and_sealed_again_is_not_what_the_run_says(data: Path) -> None:
    moved_on(data, FROZEN)
    cache = Cache(data.parent / "cache")
    assert checks.forecast_problems(cache, read_book()) == []
    rows = read(data / "forecasts.csv")
    rows[0]["probability"] = "0.5"
    rows[0]["seal"] = frozen.seal(rows[0])
    write(data / "forecasts.csv", rows)
    (problem,) = checks.forecast_problems(cache, read_book())
    assert "row 2, column probability: found '0.5', the run says" in problem


def test_a_new_row_waits_for_sync_and_is_then_frozen(data: Path) -> None:
    moved_on(data, FROZEN)
    rows = read(data / "forecasts.csv")
    emptied = dict.fromkeys(("made", *FIGURES, *NAIVE_FIGURES, "seal"), "")
    write(data / "forecasts.csv", [{**rows[0], **emptied}, *rows[1:]])
    assert "it is not frozen yet" in CliRunner().invoke(main, ["check"]).output
    written = forecasts.frozen_file(read_book()).decode()
    assert list(csv.DictReader(written.splitlines())) == rows


def test_no_run_writes_over_what_an_earlier_edition_froze(data: Path) -> None:
    moved_on(data)
    later = override(read_book(), {"task_growth_log_per_year": 0.05})
    assert later.as_of == LATER
    kept = {row["id"]: row for row in forecasts.frozen_rows(later)}
    for name, row in ROWS.items():
        assert {n: kept[name][n] for n in row if n not in frozen.FREE} == {
            n: cell for n, cell in row.items() if n not in frozen.FREE
        }
    assert not [problem for problem in forecasts.out_of_step(later) if "probability" in problem]


def test_a_frozen_row_is_not_given_up_or_changed() -> None:
    old = list(ROWS.values())
    resolved = [{**row, "status": "true", "outcome": "1"} for row in old]
    assert frozen.as_file(resolved, old, as_of=LATER)
    with pytest.raises(frozen.FrozenError, match=old[0]["id"]):
        frozen.as_file(old[1:], old, as_of=LATER)
    with pytest.raises(frozen.FrozenError, match="stays as it was"):
        frozen.as_file([{**old[0], "threshold": "9"}, *old[1:]], old, as_of=LATER)
    assert frozen.as_file([{**old[0], "threshold": "9"}, *old[1:]], old, as_of=old[0]["made"])


# What came ---------------------------------------------------------------------------------------


def rents(data: Path, low: str, high: str) -> None:
    for name, value in (("p25", low), ("p75", high)):
        for month in ("2026-10", "2026-12"):
            add(
                data, "gpu-rentals", entity="H100", variable=f"rental_1y_contract_{name}",
                period=month, value=value, source_id="semianalysis_gpu_index_2026",
            )  # fmt: skip


def dram(data: Path, change: str) -> None:
    add(
        data, "memory", entity="Conventional DRAM", variable="dram_contract_price_change",
        period="2026Q4", low=change, high=change, kind="observed", stated="2027-01",
    )  # fmt: skip


def run_rate(data: Path, lab: str, value: str, day: str = "2027-01-10") -> None:
    add(
        data, "revenue", entity=lab, variable="revenue_run_rate", period=day, value=value,
        kind="observed", stated="", grade="primary",
    )  # fmt: skip


def both(data: Path, anthropic: str, openai: str) -> None:
    run_rate(data, "Anthropic", anthropic)
    run_rate(data, "OpenAI", openai)


def plans(data: Path, value: str) -> None:
    for buyer in ("Alphabet", "Amazon", "Meta", "Microsoft"):
        add(
            data, "hyperscaler-capex", entity=buyer, variable="capex", period="2027", value=value,
            kind="guidance", stated="2027-02-10",
        )  # fmt: skip


def tokens(data: Path, value: str) -> None:
    for week in ("2026-10-05", "2026-12-07"):
        add(
            data, "token-volumes", entity="OpenRouter", variable="tokens_per_week", period=week,
            value=value,
        )  # fmt: skip


def bits(data: Path, value: str) -> None:
    add(
        data, "memory", entity="DRAM industry", variable="dram_bit_growth", period="2026",
        value=value, kind="observed", stated="2027-03",
    )  # fmt: skip


def firm(data: Path, value: str) -> None:
    add(
        data, "firm-spend", entity="SemiAnalysis", variable="ai_token_spend_annualised",
        period="2026-12-01", value=value, kind="claim", stated="",
    )  # fmt: skip


def price(data: Path, vendor: str, model: str, event: str, output: str) -> None:
    path = data / TABLES["price-changes"]
    rows = read(path)
    new = {"date": "2026-12-15", "vendor": vendor, "model": model, "event": event}
    write(path, [*rows, {**rows[-1], **new, "output_usd_per_mtok": output}])


Case = tuple[str, Callable[[Path], None], str, float | None]
CAME: dict[str, Case] = {
    "rent above": ("h100_contract_2026q4", lambda d: rents(d, "2.9", "3.3"), "true", 3.1),
    "rent below": ("h100_contract_2026q4", lambda d: rents(d, "2.5", "3.1"), "false", 2.8),
    "memory up": ("dram_contract_2026q4", lambda d: dram(d, "15"), "true", 1.15),
    "memory flat": ("dram_contract_2026q4", lambda d: dram(d, "2"), "false", 1.02),
    "one lab above": ("anthropic_run_rate_2026_12", lambda d: run_rate(d, "Anthropic", "160"), "true", 160),
    "one lab below": ("anthropic_run_rate_2026_12", lambda d: run_rate(d, "Anthropic", "90"), "false", 90),
    "a day too far": (
        "anthropic_run_rate_2026_12", lambda d: run_rate(d, "Anthropic", "160", "2027-02-02"), "open", None,
    ),
    "one lab of two": ("labs_run_rate_2026_12", lambda d: run_rate(d, "Anthropic", "900"), "open", None),
    "both labs": (
        "labs_run_rate_2026_12",
        lambda d: both(d, "120", "90"), "true", 210,
    ),
    "plans above": ("capex_guidance_2027", lambda d: plans(d, "250"), "true", 1000),
    "plans below": ("capex_guidance_2027", lambda d: plans(d, "200"), "false", 800),
    "tokens above": ("router_tokens_2026q4", lambda d: tokens(d, "230"), "true", 230),
    "tokens below": ("router_tokens_2026q4", lambda d: tokens(d, "180"), "false", 180),
    "bits inside": ("dram_bits_2026", lambda d: bits(d, "30"), "true", 30),
    "bits beyond": ("dram_bits_2026", lambda d: bits(d, "31"), "false", 31),
    "spend above": ("firm_spend_over_payroll_2026", lambda d: firm(d, "30"), "true", 1.2),
    "spend below": ("firm_spend_over_payroll_2026", lambda d: firm(d, "20"), "false", 0.8),
    "price cut": (
        "openai_list_price_change_2026_12",
        lambda d: price(d, "OpenAI", "GPT-5.6 Terra", "cut", "10"), "true", 1,
    ),
    "no price cut": ("openai_list_price_change_2026_12", lambda _: None, "false", 0),
    "a cut is no rise": (
        "list_price_rise_2027_06", lambda d: price(d, "OpenAI", "GPT-5.6 Terra", "cut", "10"), "false", 0,
    ),
    "a rise": (
        "list_price_rise_2027_06", lambda d: price(d, "Google", "gemini-3", "rise", "99"), "true", 1,
    ),
    "a cheaper line": (
        "opus_cheaper_2027_06", lambda d: price(d, "Anthropic", "Claude Opus 6", "launch", "15"), "true", 1,
    ),
    "a line as dear": (
        "opus_cheaper_2027_06", lambda d: price(d, "Anthropic", "Claude Opus 6", "launch", "20"), "false", 0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CAME.values(), ids=CAME)
def test_a_row_of_the_tables_decides(case: Case, data: Path) -> None:
    name, come, status, outcome = case
    moved_on(data)
    come(data)
    found = forecasts.resolved(ROWS[name], LATER)
    assert found["status"] == status
    assert (float(found["outcome"]) if found["outcome"] else None) == (
        None if outcome is None else pytest.approx(outcome)
    )


def test_what_nobody_looked_for_does_not_decide(data: Path) -> None:
    """A list price that is not known to have changed says something only as far as it was searched for."""
    row = ROWS["openai_list_price_change_2026_12"]
    moved_on(data, evidence_to=FROZEN)
    assert forecasts.resolved(row, LATER)["status"] == "open"


def test_the_chance_of_a_change_counts_the_years_that_were_searched(data: Path) -> None:
    row = ROWS["openai_list_price_change_2026_12"]
    moved_on(data, "2026-11-20", evidence_to=FROZEN)
    told = forecasts.foreseen(row, forecasts.market_of(read_book()))
    assert told["probability"] == row["probability"]


@pytest.mark.parametrize("name", ROWS)
def test_nothing_is_decided_before_its_day(name: str) -> None:
    assert forecasts.resolved(ROWS[name], book().as_of) == {"status": "open", "outcome": ""}


def test_what_was_found_unresolvable_stays_so(data: Path) -> None:
    moved_on(data)
    row = {**ROWS["h100_contract_2026q4"], "status": "unresolvable"}
    assert forecasts.resolved(row, LATER)["status"] == "unresolvable"


# The page ----------------------------------------------------------------------------------------


def test_the_page_shows_what_was_frozen_beside_what_this_run_says() -> None:
    changed = override(
        book(), {"task_growth_log_per_year": 0.05, "agentic_task_growth_log_per_year": 0.05}
    )
    before, after = (topic.upcoming(each).set_index("id") for each in (book(), changed))
    row = "labs_run_rate_2027_12"
    assert before.loc[row, "now"] == pytest.approx(before.loc[row, "value"], rel=1e-3)
    assert after.loc[row, "now"] < 0.8 * after.loc[row, "value"] == 0.8 * before.loc[row, "value"]


def test_ranges_are_over_the_latest_figure() -> None:
    ahead = topic.upcoming(book())
    ranges = topic.ranges(ahead).set_index(["label", "by"])
    row = ahead.set_index("id").loc["h100_contract_2026q4"]
    assert ranges.loc[(row["label"], "Market"), "value"] == pytest.approx(
        row["value"] / row["today"]
    )
    assert ranges.loc[(row["label"], "Naive rule"), "high"] == pytest.approx(
        row["naive_high"] / row["today"]
    )


def test_what_falls_due_next_follows_the_days_looked_ahead() -> None:
    known = tables.read("predictions").query("status == 'open'").set_index("id")["due_to"]
    for days in (0, 120, 500):
        until = pd.Timestamp(book().as_of) + pd.Timedelta(days=days)
        assert set(topic.due_next(book(), days=days)["id"]) == set(known.index[known <= until])


def test_what_falls_due_within_the_page_is_prepared() -> None:
    due = topic.due_next(book(), days=120)
    assert len(due)
    assert due[["decided_by", "probability", "quantity", "latest"]].notna().all(axis=None)
