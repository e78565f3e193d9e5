"""The ledger of claims and the register of predictions.

The schema is read from ``data/datapackage.json``; nothing of it is repeated here.
"""

import csv
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from token_economics.evidence.files import Rows
from token_economics.evidence.references import references, rows_by_reference
from token_economics.report.run import notebooks, reach
from token_economics.show import display

DATA = Path(__file__).resolve().parents[1] / "data"
PACKAGE: dict[str, Any] = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
RESOURCES: dict[str, dict[str, Any]] = {r["name"]: r for r in PACKAGE["resources"]}
AS_OF = date.fromisoformat(PACKAGE["edition"]["as_of"])
Row = dict[str, str]


def read(resource: str) -> list[Row]:
    with (DATA / RESOURCES[resource]["path"]).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


CLAIMS = read("claims")
PREDICTIONS = read("predictions")


def is_row(table: str, entity: str, variable: str) -> bool:
    """Whether a row exists: by entity and variable, or in a wide table by key cell and column."""
    return (entity, variable) in rows_by_reference(RESOURCES[table], Rows.of(read(table)))


def problems_of_schema(resource: str, rows: list[Row]) -> list[str]:
    """Cells that break the schema of the resource, each with its row and field."""
    fields = RESOURCES[resource]["schema"]["fields"]
    problems = []
    for number, row in enumerate(rows, start=2):
        if list(row) != [field["name"] for field in fields]:
            problems.append(f"row {number}: columns {list(row)}")
            continue
        for field in fields:
            cell, rule = row[field["name"]], field.get("constraints", {})
            if not cell:
                if rule.get("required"):
                    problems.append(f"row {number}, {field['name']}: empty")
            elif not obeys(cell, field["type"], rule):
                problems.append(f"row {number}, {field['name']}: {cell!r}")
    return problems


def obeys(cell: str, kind: str, rule: dict[str, Any]) -> bool:
    """Whether a filled cell has the type and meets the constraints of its field."""
    try:
        if kind == "date":
            date.fromisoformat(cell)
        number = float(cell) if kind == "number" else 0.0
    except ValueError:
        return False
    return (
        cell in rule.get("enum", [cell])
        and bool(re.fullmatch(rule.get("pattern", ".*"), cell))
        and rule.get("minimum", number) <= number <= rule.get("maximum", number)
    )


@pytest.mark.parametrize("resource", ["claims", "predictions"])
def test_every_cell_obeys_the_schema(resource: str) -> None:
    rows = read(resource)
    assert rows
    assert problems_of_schema(resource, rows) == []


@pytest.mark.parametrize(
    ("field", "cell"),
    [
        ("verdict", "proved"),
        ("id", "2nd_claim"),
        ("value", "seven"),
        ("seed", ""),
        ("as_of", "May"),
    ],
)
def test_a_broken_cell_is_found(field: str, cell: str) -> None:
    assert len(problems_of_schema("claims", [CLAIMS[0] | {field: cell}])) == 1


@pytest.mark.parametrize("resource", ["claims", "predictions"])
def test_ids_are_unique(resource: str) -> None:
    ids = [row["id"] for row in read(resource)]
    assert len(ids) == len(set(ids))


def test_claims_are_sorted_by_seed_then_place_in_it() -> None:
    places = [(row["seed"], row["timestamp"], row["id"]) for row in CLAIMS]
    assert places == sorted(places)


def test_every_seed_and_every_topic_has_claims() -> None:
    fields = {field["name"]: field for field in RESOURCES["claims"]["schema"]["fields"]}
    for name in ("seed", "topic"):
        assert {row[name] for row in CLAIMS} == set(fields[name]["constraints"]["enum"])


def test_claims_stand_on_pages_that_there_are() -> None:
    named = {page for row in CLAIMS for page in row["pages"].split()}
    assert named and named <= set(notebooks.topics(DATA.parent / "notebooks"))


def test_a_page_lists_the_claims_that_the_table_puts_there() -> None:
    listed = display.claims_of("phantom_evidence").data[display.TABLE]["data"]
    assert {row["statement"] for row in listed} == {
        row["statement"] for row in CLAIMS if "phantom_evidence" in row["pages"].split()
    }


def test_ranges_are_ordered_and_hold_their_value() -> None:
    for row in CLAIMS:
        given = [float(row[name]) for name in ("low", "value", "high") if row[name]]
        assert given == sorted(given), row["id"]


def test_every_figure_has_a_unit() -> None:
    for row in CLAIMS:
        if row["value"] or row["low"] or row["high"]:
            assert row["unit"], row["id"]


def test_figures_of_a_group_share_a_unit() -> None:
    units: dict[str, set[str]] = {}
    for row in CLAIMS:
        if row["unit"]:
            units.setdefault(row["group"], set()).add(row["unit"])
    mixed = {group: found for group, found in units.items() if len(found) > 1}
    allowed = {"economist_anecdote", "token_spend_above_salary"}
    assert set(mixed) <= allowed, mixed


def test_differing_figures_of_a_group_come_from_different_places() -> None:
    groups: dict[str, list[Row]] = {}
    for row in CLAIMS:
        if row["value"] or row["low"] or row["high"]:
            groups.setdefault(row["group"], []).append(row)
    for group, rows in groups.items():
        figures = {(row["value"], row["low"], row["high"]) for row in rows}
        places = {(row["seed"], row["timestamp"]) for row in rows}
        assert len(figures) == 1 or len(places) > 1, group


def test_each_seed_contradiction_shares_a_group_across_places() -> None:
    contradictions = [
        "anthropic_run_rate_april_2026",
        "dram_price_multiple",
        "economist_employer",
        "firm_token_spend_run_rate",
        "firm_token_spend_start",
        "first_roi_hurdle",
        "funds_internalise_data",
        "gpt4_class_cost_decline",
        "interview_date",
        "lab_gross_margin",
        "memory_supply_date",
    ]
    for group in contradictions:
        rows = [row for row in CLAIMS if row["group"] == group]
        assert len({(row["seed"], row["timestamp"]) for row in rows}) > 1, group
        assert any("used" in row["finding"] or "taken" in row["finding"] for row in rows), group


def test_a_verdict_that_judges_has_evidence() -> None:
    for row in CLAIMS:
        if row["verdict"] in {"supported", "partly", "contradicted"}:
            assert row["evidence"], row["id"]


def mechanism_words() -> list[str]:
    """The words of the schema that stand for something a function computes."""
    fields = {field["name"]: field for field in RESOURCES["claims"]["schema"]["fields"]}
    return list(fields["mechanism"]["words"])


def words_in(finding: str) -> list[str]:
    return [w for w in mechanism_words() if re.search(rf"\b{w}\b", finding, re.IGNORECASE)]


def test_a_verdict_that_leans_on_a_mechanism_names_its_functions() -> None:
    """Nine verdicts once named business stealing and priority rationing, which nothing computed."""
    assert {"business stealing", "rationing", "haircut"} <= set(mechanism_words())
    bare = [row["id"] for row in CLAIMS if words_in(row["finding"]) and not row["mechanism"]]
    assert not bare


def test_every_mechanism_exists_and_the_report_reaches_it() -> None:
    sources = notebooks.discover(DATA.parent / "notebooks")
    code = [[c.source for c in notebooks.code_cells(notebooks.load(s.path))] for s in sources]
    reached = reach.reached(code)
    named = {name for row in CLAIMS for name in row["mechanism"].split()}
    assert len(named) > 10
    assert not {name for name in named if not reach.is_function(name)}
    assert not named - reached


def test_no_word_of_the_vocabulary_is_idle_unless_nothing_computes_it() -> None:
    """A word that no finding uses guards nothing, but for the one that must not come back."""
    used = {word for row in CLAIMS for word in words_in(row["finding"])}
    assert set(mechanism_words()) - used <= {"business stealing", "the model treats"}


def test_what_is_not_computed_is_said_to_be_not_computed() -> None:
    for row in CLAIMS:
        if row["group"] == "commoditisation":
            assert "not computed here" in row["finding"], row["id"]
        if row["group"] == "access_moat" and row["verdict"] == "unresolved":
            assert "not computed here" in row["finding"], row["id"]


def test_the_announced_protest_is_named_and_decides_nothing() -> None:
    """Announced for a day inside the window; nobody found tells how many came."""
    (row,) = [r for r in PREDICTIONS if r["id"] == "large_protests_within_three_months"]
    reference = references(row["evidence"])[0]
    rows = [r for r in read(reference.table) if r["variable"] == reference.variable]
    (announced,) = [r for r in rows if r["entity"] == reference.entity]
    assert row["due_from"] <= announced["period"] <= row["due_to"]
    assert (announced["kind"], announced["grade"]) == ("plan", "weak")
    assert row["status"] == "unresolvable"
    for claim in (c for c in CLAIMS if c["group"] == "protests"):
        assert claim["verdict"] == "unresolved" and "San Francisco" in claim["finding"]


def test_absence_of_evidence_contradicts_nothing() -> None:
    for row in CLAIMS:
        if "absence of evidence" in row["finding"].lower():
            assert row["verdict"] == "unresolved", row["id"]


def test_every_reference_names_a_table_of_the_package() -> None:
    if "firm-spend" not in RESOURCES:
        pytest.skip("the package does not list the tables of demand yet")
    for row in CLAIMS + [p for p in PREDICTIONS if p["evidence"] != "none_found"]:
        unknown = {table for table, _, _ in references(row["evidence"])} - set(RESOURCES)
        assert not unknown, (row["id"], unknown)


CITED = sorted(
    {r for row in CLAIMS for r in references(row["evidence"])}
    | {r for p in PREDICTIONS if p["evidence"] != "none_found" for r in references(p["evidence"])}
)


@pytest.mark.parametrize("table", sorted({table for table, _, _ in CITED}))
def test_every_reference_resolves_to_a_row(table: str) -> None:
    path = RESOURCES.get(table, {}).get("path")
    if path is None or not (DATA / path).is_file():
        pytest.skip(f"the table {table} is not there yet, so its references are unchecked")
    missing = [reference for reference in CITED if reference[0] == table and not is_row(*reference)]
    assert missing == []


def test_references_with_spaces_in_the_entity_are_split() -> None:
    cell = "memory:Conventional DRAM:dram_revenue firm-spend:Jellyfish panel, top 10 %:payroll"
    assert references(cell) == [
        ("memory", "Conventional DRAM", "dram_revenue"),
        ("firm-spend", "Jellyfish panel, top 10 %", "payroll"),
    ]


@pytest.mark.parametrize("cell", ["memory", "memory:DRAM", "memory:DRAM:price and more", " "])
def test_a_cell_that_is_no_list_of_references_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="table:entity:variable"):
        references(cell)


def test_every_prediction_belongs_to_a_forecast_or_estimate() -> None:
    kinds = {row["id"]: row["kind"] for row in CLAIMS}
    for prediction in PREDICTIONS:
        assert kinds[prediction["claim_id"]] in {"forecast", "estimate"}, prediction["id"]


def test_windows_are_ordered_and_start_no_earlier_than_the_prediction() -> None:
    for row in PREDICTIONS:
        dates = [row["made"], row["due_from"]] + ([row["due_to"]] if row["due_to"] else [])
        assert dates == sorted(dates), row["id"]


def test_open_means_that_the_window_has_not_closed() -> None:
    for row in PREDICTIONS:
        closed = bool(row["due_to"]) and date.fromisoformat(row["due_to"]) <= AS_OF
        assert (row["status"] == "open") <= (not closed), row["id"]


def test_false_waits_for_the_window_to_close_and_true_for_it_to_open() -> None:
    for row in PREDICTIONS:
        if row["status"] == "false":
            assert row["due_to"] and date.fromisoformat(row["due_to"]) <= AS_OF, row["id"]
        if row["status"] == "true":
            assert date.fromisoformat(row["due_from"]) <= AS_OF, row["id"]
            assert row["evidence"] != "none_found", row["id"]


def test_a_decided_prediction_agrees_with_the_verdict_of_its_claim() -> None:
    verdicts = {row["id"]: row["verdict"] for row in CLAIMS}
    agreeing = {"true": "supported", "false": "contradicted", "unresolvable": "unresolved"}
    for row in PREDICTIONS:
        if row["status"] in agreeing:
            assert verdicts[row["claim_id"]] == agreeing[row["status"]], row["id"]
