"""Every table in data/ keeps the promises that its schema and its codebook make."""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from frictionless import Package

DATA = Path(__file__).resolve().parents[1] / "data"
PACKAGE: dict[str, Any] = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
RESOURCES: dict[str, dict[str, Any]] = {r["name"]: r for r in PACKAGE["resources"]}
SERIES = [name for name, resource in RESOURCES.items() if resource["kind"] == "series"]
AS_OF: str = PACKAGE["edition"]["as_of"]
SOURCE_FIELDS = ("source_id", "quality_source_id", "seed")

Line = tuple[int, dict[str, str]]


def table_file(name: str) -> Path:
    """Where a table is; the test is skipped if it is not there (one test of its own reports that)."""
    path: Path = DATA / RESOURCES[name]["path"]
    if not path.exists():
        pytest.skip(f"{path.name} is missing")
    return path


def lines(name: str) -> list[Line]:
    """Rows of a table with their line numbers in the file."""
    with table_file(name).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        return [(reader.line_num, row) for row in reader]


def fault(name: str, number: int, column: str, what: str) -> str:
    """One complaint: file, row, column, and what is wrong."""
    return f"{RESOURCES[name]['path']} row {number} column {column}: {what}"


def report(faults: list[str]) -> None:
    """Fail with all complaints, one a line."""
    assert not faults, "\n" + "\n".join(faults)


def end_of(period: str) -> str:
    """Last day of a half, quarter, month or day, months taken to have 31.

    A bare year is returned as it is: the figure may be about any day of it.
    """
    if match := re.fullmatch(r"(\d{4})([QH])(\d)", period):
        months = 3 if match[2] == "Q" else 6
        return f"{match[1]}-{int(match[3]) * months:02d}-31"
    return period + "-31" if len(period) == 7 else period


def cited_sources(name: str) -> Iterator[tuple[int, str, str]]:
    """Line number, column and id of every source that a table cites."""
    for number, row in lines(name):
        for column in SOURCE_FIELDS:
            for source_id in (row.get(column) or "").split():
                yield number, column, source_id


def tables_behind(name: str) -> set[str]:
    """A table and all that its foreign keys lead to."""
    keys = RESOURCES[name]["schema"].get("foreignKeys", [])
    return {name}.union(*(tables_behind(key["reference"]["resource"]) for key in keys))


def test_the_folder_holds_the_tables_that_the_package_describes() -> None:
    described = {resource["path"] for resource in RESOURCES.values()}
    present = {path.name for path in DATA.glob("*.csv")}
    assert not described - present, f"described, but missing: {sorted(described - present)}"
    assert not present - described, f"present, but not described: {sorted(present - described)}"


@pytest.mark.parametrize("name", RESOURCES)
def test_every_table_follows_its_schema(name: str) -> None:
    package = Package(str(DATA / "datapackage.json"))
    needed = {other for other in tables_behind(name) if table_file(other)}
    for other in set(RESOURCES) - needed:
        package.remove_resource(other)
    found = package.validate().flatten(["name", "rowNumber", "fieldName", "note"])
    report([fault(n or name, row or 1, column or "-", note) for n, row, column, note in found])


@pytest.mark.parametrize("name", RESOURCES)
def test_every_source_cited_exists(name: str) -> None:
    known = {row["id"] for _, row in lines("sources")}
    report(
        [
            fault(name, number, column, f"source {source_id} is not in sources.csv")
            for number, column, source_id in cited_sources(name)
            if source_id not in known
        ]
    )


def test_every_source_is_cited() -> None:
    cited = {source_id for name in RESOURCES for _, _, source_id in cited_sources(name)}
    report(
        [
            fault("sources", number, "id", f"nothing cites {row['id']}")
            for number, row in lines("sources")
            if row["id"] not in cited
        ]
    )


@pytest.mark.parametrize("name", SERIES)
def test_every_row_measures_a_variable_of_the_codebook_in_its_unit(name: str) -> None:
    variables = RESOURCES[name]["variables"]
    faults = []
    for number, row in lines(name):
        if row["variable"] not in variables:
            faults.append(fault(name, number, "variable", f"{row['variable']} is not described"))
        elif row["unit"] != variables[row["variable"]]["unit"]:
            faults.append(
                fault(
                    name,
                    number,
                    "unit",
                    f"{row['unit']}: {row['variable']} has another unit",
                )
            )
    report(faults)


@pytest.mark.parametrize("name", SERIES)
def test_every_variable_of_the_codebook_is_measured(name: str) -> None:
    described = RESOURCES[name]["variables"]
    ours = {variable for variable in described if "for_own_rows" not in described[variable]}
    unused = ours - {row["variable"] for _, row in lines(name)}
    assert not unused, f"{RESOURCES[name]['path']}: described, but no row: {sorted(unused)}"


@pytest.mark.parametrize("name", RESOURCES)
def test_value_lies_between_low_and_high(name: str) -> None:
    faults = []
    for number, row in lines(name):
        given = [(c, float(row[c])) for c in ("low", "value", "high") if row.get(c)]
        for (lower, a), (upper, b) in pairwise(given):
            if a > b:
                faults.append(fault(name, number, upper, f"{b:g} is below {lower}, {a:g}"))
    report(faults)


@pytest.mark.parametrize("name", SERIES)
def test_every_row_has_a_value_or_a_range(name: str) -> None:
    report(
        [
            fault(name, number, "value", "neither a value nor a range with both ends")
            for number, row in lines(name)
            if (not row["value"] and not (row["low"] and row["high"]))
            or bool(row["low"]) != bool(row["high"])
        ]
    )


@pytest.mark.parametrize("name", SERIES)
def test_nothing_is_observed_after_the_edition_closes(name: str) -> None:
    faults = []
    for number, row in lines(name):
        if row["kind"] == "observed" and end_of(row["period"]) > AS_OF:
            faults.append(fault(name, number, "period", f"observed, but ends after {AS_OF}"))
        if row["stated"] > AS_OF:
            faults.append(fault(name, number, "stated", f"stated after {AS_OF}"))
    report(faults)


@pytest.mark.parametrize("name", SERIES)
def test_money_says_of_which_year_it_is(name: str) -> None:
    report(
        [
            fault(name, number, "price_year", f"empty, but the unit is {row['unit']}")
            for number, row in lines(name)
            if re.match(r"(USD|GBP|EUR|TWD|KRW)\b", row["unit"]) and not row["price_year"]
        ]
    )


@pytest.mark.parametrize("name", SERIES)
def test_rows_are_sorted_by_variable_entity_and_period(name: str) -> None:
    keys = [(row["variable"], row["entity"], row["period"]) for _, row in lines(name)]
    assert keys == sorted(keys), f"{RESOURCES[name]['path']} is not sorted"


@pytest.mark.parametrize("name", SERIES)
def test_derived_rows_carry_their_kind(name: str) -> None:
    report(
        [
            fault(name, number, "kind", "grade is derived, kind is not")
            for number, row in lines(name)
            if row["grade"] == "derived" and row["kind"] != "derived"
        ]
    )


def test_ids_of_sources_are_sorted_and_unique() -> None:
    ids = [row["id"] for _, row in lines("sources")]
    repeated = [source_id for source_id, count in Counter(ids).items() if count > 1]
    assert not repeated, f"sources.csv: repeated ids {repeated}"
    assert ids == sorted(ids), "sources.csv is not sorted by id"


def test_blended_price_is_three_parts_input_and_one_part_output() -> None:
    faults = []
    for number, row in lines("model-prices"):
        blended = (3 * float(row["input_usd_per_mtok"]) + float(row["output_usd_per_mtok"])) / 4
        if abs(blended - float(row["blended_usd_per_mtok"])) > 1e-6:
            faults.append(fault("model-prices", number, "blended_usd_per_mtok", f"not {blended:g}"))
    report(faults)


@pytest.mark.parametrize("name", RESOURCES)
def test_files_are_plain_text_with_unix_line_ends(name: str) -> None:
    content = table_file(name).read_bytes()
    assert content.endswith(b"\n") and b"\r" not in content
    assert not content.startswith(b"\xef\xbb\xbf")
