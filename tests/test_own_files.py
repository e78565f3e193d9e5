"""Files as users have them: what a spreadsheet wrote, what cannot be meant, and what is said of it."""

import itertools
import json
import math
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from token_economics.book.assumptions import read_book
from token_economics.evidence import export_cells, rules, schema, tables
from token_economics.evidence.files import Rows
from token_economics.headlines import price_of_tokens
from token_economics.report.pages import build

ROOT = Path(__file__).resolve().parents[1]
SOURCES = "id,publisher,title,authors,published,accessed,url,licence,seen,note\nour_ledger_2026,Our firm,Ledger,,2026-10-01,2026-10-05,,own,original,\n"
HEADER = "period,entity,variable,value,low,high,unit,price_year,kind,stated,source_id,grade,note\n"
MONTHS = ("52000", "55000", "71000", "70000", "88000", "97000")
PACKAGE = json.loads((ROOT / "data" / "datapackage.json").read_text(encoding="utf-8"))
SERIES = {r["name"]: r for r in PACKAGE["resources"] if r["kind"] == "series"}
VARIABLES = [(table, name) for table, r in SERIES.items() for name in r["variables"]]

Write = Callable[..., None]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's, with a source, named to this process."""
    folder = tmp_path / "my_data"
    folder.mkdir()
    (folder / "sources.csv").write_text(SOURCES, encoding="utf-8")
    monkeypatch.setenv("TOKEN_ECONOMICS_DATA", str(folder))
    return folder


def spend(*months: str, payroll: str = "9.6") -> str:
    """A firm's file as the README has it: months from April 2026 on in rows 2 and on, payroll last."""
    rows = [
        f"2026-{n:02d},Our firm,token_spend_month,{cell},,,USD per month,nominal,observed,,our_ledger_2026,primary,\n"
        for n, cell in enumerate(months, start=4)
    ]
    paid = f"2026,Our firm,payroll,{payroll},,,USD million per year,nominal,observed,2026-09-30,our_ledger_2026,primary,\n"
    return HEADER + "".join(rows) + paid


def said(own: Path, text: str, file: str = "firm_spend.csv") -> list[str]:
    """Problems of the folder with that file in it."""
    (own / file).write_bytes(text.encode())
    return tables.validate()


IMPOSSIBLE = {
    "no payroll": (spend(*MONTHS, payroll="0"), "row 8, column value: found '0'", "payroll (USD million per year) is above 0 and at most 200,000"),
    "negative payroll": (spend(*MONTHS, payroll="-9.6"), "row 8, column value: found '-9.6'", "is above 0"),
    "payroll in dollars": (spend(*MONTHS, payroll="9600000"), "row 8, column value: found '9600000'", "at most 200,000"),
    "a month without spend": (spend("52000", "0", *MONTHS[2:]), "row 3, column value: found '0'", "token_spend_month (USD per month) is from 1 to 10,000,000,000"),
    "a month of refunds": (spend("52000", "55000", "-100"), "row 4, column value: found '-100'", "is from 1"),
    "spend of a year": (spend(*MONTHS).replace("2026-05,", "2026,", 1), "row 3, column period: found '2026'", "a month such as 2026-04"),
    "a range alone": (spend(*MONTHS).replace("55000,,", ",50000,60000"), "row 3, column value: found ''", "needs a value"),
    "an underscore": (spend("1_000", *MONTHS[1:]), "row 2, column value: found '1_000'", "allowed is a number"),
    "a currency sign": (spend("$52000", *MONTHS[1:]), "row 2, column value: found '$52000'", "allowed is a number"),
    "a repeated month": (spend(*MONTHS) + spend(*MONTHS).splitlines()[3] + "\n", "row 9, columns period", "firm_spend.csv: row 4 has it already"),
    "thousands unquoted": (spend("52,000", *MONTHS[1:]), "row 2: found 14 cells, the header has 13", "needs quotes"),
    "a row cut short": (spend(*MONTHS) + "2026-03,Our firm\n", "row 9: found 2 cells, the header has 13", ""),
    "a day without its year": (spend(*MONTHS).replace("2026-04,", "26-Apr,"), "row 2, column period: found '26-Apr'", "without its year"),
    "a day read two ways": (spend(*MONTHS).replace("2026-09-30", "4/5/2026"), "row 8, column stated: found '4/5/2026'", "2026-04-05 or 2026-05-04"),
    "semicolons that leave thousands open": (spend("52000", *MONTHS[1:], payroll="9").replace(",", ";").replace("52000", "52,000"), "row 2, column value: found '52,000'; your file uses semicolons", "52000 or 52"),
    "a comma that leaves thousands open": (spend("52000", *MONTHS[1:]).replace(",", ";").replace("52000", "52,000").replace("9.6", "9,6"), "row 2, column value: found '52,000'; your file writes '9,6'", "52000 or 52"),
    "points and commas": (spend('"9,5"', *MONTHS[1:]), "row 2, column value: found '9,5'", "with a point and with a comma ('9.6' and '9,5')"),
}  # fmt: skip


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_what_cannot_be_meant_is_refused_with_file_row_value_and_what_is_allowed(
    own: Path, case: str
) -> None:
    text, place, allowed = IMPOSSIBLE[case]
    problems = said(own, text)
    assert len(problems) == 1, problems
    assert problems[0].startswith(f"my_data/firm_spend.csv: {place}"), problems
    assert allowed in problems[0]
    with pytest.raises(tables.EvidenceError, match=r"my_data/firm_spend\.csv: row"):
        tables.read("firm-spend")


def test_rows_are_counted_as_the_user_sees_them_past_blank_ones(own: Path) -> None:
    lines = spend("52000", "0").splitlines(keepends=True)
    problems = said(own, "".join([*lines[:2], "\n", ",,,,,,,,,,,,\n", *lines[2:]]))
    assert len(problems) == 1 and problems[0].startswith(
        "my_data/firm_spend.csv: row 5, column value"
    )


OTHER_TABLES = {
    "run-rate": ("revenue.csv", "2026-09-30,Anthropic,revenue_run_rate,0,,,USD billion per year,nominal,claim,2026-10-01,our_ledger_2026,weak,\n", "revenue_run_rate (USD billion per year) is above 0"),
    "token volume": ("token_volumes.csv", '2026-09,"Google, all surfaces",tokens_per_month,0,,,trillion tokens per month,,claim,2026-10-01,our_ledger_2026,weak,\n', "tokens_per_month (trillion tokens per month) is above 0"),
    "margin": ("margins.csv", "2026-09,Anthropic,inference_margin,100,,,percent,,claim,2026-10-01,our_ledger_2026,weak,\n", "inference_margin (percent) is -1,000 or more and below 100"),
}  # fmt: skip


@pytest.mark.parametrize("case", OTHER_TABLES)
def test_zeros_of_what_a_model_takes_logs_of_are_refused(own: Path, case: str) -> None:
    file, row, allowed = OTHER_TABLES[case]
    problems = said(own, HEADER + row, file)
    assert len(problems) == 1 and problems[0].startswith(f"my_data/{file}: row 2, column value")
    assert allowed in problems[0]


EXPORTS = {
    "as it is": spend(*MONTHS),
    "byte-order mark": "\ufeff" + spend(*MONTHS),
    "line ends of Windows": spend(*MONTHS).replace("\n", "\r\n"),
    "trailing blank rows": spend(*MONTHS) + ",,,,,,,,,,,,\n\n",
    "trailing blank columns": "".join(f"{line},,\n" for line in spend(*MONTHS).splitlines()),
    "spaces around cells": spend(*MONTHS).replace(",Our firm,", ", Our firm ,"),
    "thousands quoted": spend('"52,000"', '"55,000"', '"71,000"', *MONTHS[3:]),
    "thousands apart": spend("52 000", "55\u202f000", "71'000", *MONTHS[3:]),
    "semicolons, decimal comma": spend(*MONTHS, payroll="9.6").replace(",", ";").replace("9.6", "9,6"),
    "semicolons, points for thousands": spend("52.000", "55.000", *MONTHS[2:], payroll="9,6").replace(",", ";").replace("9;6", "9,6"),
    "tabs": spend(*MONTHS).replace(",", "\t"),
    "months by name": spend(*MONTHS).replace("2026-04,", "Apr-26,").replace("2026-05,", "May 2026,"),
    "months and days otherwise": spend(*MONTHS).replace("2026-04,", "2026/4,").replace("2026-09-30", "30.09.2026"),
}  # fmt: skip


@pytest.mark.parametrize("case", EXPORTS)
def test_what_a_spreadsheet_wrote_is_read_where_it_means_one_thing(own: Path, case: str) -> None:
    assert said(own, EXPORTS[case]) == []
    months = tables.series("firm-spend", "token_spend_month", "Our firm")
    assert months["value"].tolist() == [float(month) for month in MONTHS]
    assert months["period"].tolist() == [f"2026-{n:02d}" for n in range(4, 10)]
    assert tables.series("firm-spend", "payroll", "Our firm")["value"].tolist() == [9.6]
    assert tables.own_rows("firm-spend") == 7


def test_a_workbook_and_another_encoding_are_told_how_to_be_saved(own: Path) -> None:
    (own / "firm_spend.xlsx").write_bytes(b"PK")
    assert "save it as CSV" in said(own, spend(*MONTHS))[0]
    (own / "firm_spend.xlsx").unlink()
    (own / "firm_spend.csv").write_bytes(spend(*MONTHS).encode("utf-16"))
    assert tables.validate() == [
        "my_data/firm_spend.csv: row 1: the file is UTF-16; save it as CSV in UTF-8"
    ]


@pytest.mark.parametrize("cell", ["1_000", "NaN", "inf", "1e999", "0x10", "+5", " 7", "1,5", "٣", "1.", ".5", "--1"])  # fmt: skip
def test_what_the_schema_takes_for_a_number_is_what_is_read_into_one(own: Path, cell: str) -> None:
    """There is one reading: a cell is refused, or it comes out as the number it says."""
    if said(own, spend(f'"{cell}"', *MONTHS[1:], payroll="9")):
        return
    value = tables.series("firm-spend", "token_spend_month", "Our firm")["value"].iloc[0]
    assert cell.strip().replace(",", ".") == f"{value:g}"


def test_every_variable_has_a_range_with_both_ends() -> None:
    ends = ({"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"})
    lacking = [
        f"{table}: {name}"
        for table, name in VARIABLES
        for end in ends
        if not end & SERIES[table]["variables"][name].get("constraints", {}).keys()
    ]
    assert not lacking
    numbers = {"number", "integer"}
    wide = [
        f"{r['name']}: {field['name']}"
        for r in PACKAGE["resources"]
        if r["kind"] == "table"
        for field in r["schema"]["fields"]
        if field["type"] in numbers and not ends[0] & field.get("constraints", {}).keys()
    ]
    assert not wide


@pytest.mark.parametrize(("table", "name"), VARIABLES)
def test_a_figure_just_outside_the_range_of_its_variable_is_refused(table: str, name: str) -> None:
    described = SERIES[table]
    variable = described["variables"][name]
    rules = variable["constraints"]
    row = dict.fromkeys((f["name"] for f in described["schema"]["fields"]), "")
    row |= {"variable": name, "unit": variable["unit"], "entity": "A", "kind": "observed"}
    row |= {"period": "2026-04", "source_id": "x", "grade": "weak"}

    def problems(value: float) -> list[str]:
        rows = Rows.of([{**row, "value": repr(value)}])
        return schema.problems(described, rows, referenced=lambda _: Rows.of([{"id": "x"}]))

    low = rules.get("exclusiveMinimum", rules.get("minimum"))
    high = rules.get("maximum", rules.get("exclusiveMaximum"))
    assert not problems((low + high) / 2)
    below = low if "exclusiveMinimum" in rules else math.nextafter(low, -math.inf)
    above = high if "exclusiveMaximum" in rules else math.nextafter(high, math.inf)
    for outside in (below, above):
        assert len(problems(outside)) == 1 and repr(outside) in problems(outside)[0]


FAULTS = (
    {}, {"entity": "Another"}, {"period": "2026-13"}, {"period": "soon"}, {"period": "2026"}, {"value": "many"},
    {"value": "1e999"}, {"value": "-5"}, {"value": ""}, {"value": "", "low": "1"}, {"low": "9", "high": "5"},
    {"low": "60", "high": "70"}, {"unit": "furlong"}, {"variable": "mood"}, {"variable": "payroll"},
    {"kind": "rumour"}, {"kind": "plan", "period": "2027-01"}, {"period": "2027-01"}, {"stated": "2031-01"},
    {"stated": "2026-02-30"}, {"source_id": ""}, {"source_id": "nobody x"}, {"grade": "splendid"},
)  # fmt: skip


def test_rows_are_told_together_what_each_is_told_alone() -> None:
    """Whatever is looked at once for all rows that hold the same cells, each in its place."""
    described = SERIES["firm-spend"]
    plain = dict(
        zip(HEADER.strip().split(","), spend("50").splitlines()[1].split(","), strict=True)
    )
    order = np.random.default_rng(1).integers(len(FAULTS), size=400)
    rows = [{**plain, **FAULTS[which], "note": str(n)} for n, which in enumerate(order)]

    def problems(held: list[dict[str, str]], first: int) -> list[list[str]]:
        some, cited = Rows.of(held), Rows.of([{"id": "our_ledger_2026"}])
        keyless = {**described, "schema": {**described["schema"], "primaryKey": []}}
        found = (
            schema.problems(keyless, some, referenced=lambda _: cited),
            rules.own_problems(described, some),
            rules.row_problems(described, some, sources={"our_ledger_2026"}, as_of="2026-10-10"),
        )
        moved = r"row (\d+)"
        return [[re.sub(moved, lambda m: f"row {int(m[1]) + first}", p) for p in f] for f in found]

    together = problems(rows, 0)
    alone = [problems([row], at) for at, row in enumerate(rows)]
    for at, found in enumerate(alone):
        assert all(p.startswith(f"firm_spend.csv: row {at + 2}, ") for p in itertools.chain(*found))
    # figures are looked at once every row obeys the types
    sound = [row for row, (faults, *_) in zip(rows, alone, strict=True) if not faults]
    assert len(sound) > 100 and len(together[0]) > 100
    for at, found in enumerate(together):
        each = [problem for faults in alone for problem in faults[at]]
        assert found == [p for p in each if at or p in found] and len(found) > 20
    assert not problems(sound, 0)[0]


MODEL = "Free model,Our firm,2026-08-01,2026-08-01,{price},150,80,90,55,2026-08-01,our_ledger_2026,our_ledger_2026,primary,\n"


def test_a_free_model_is_left_out_of_regressions_and_named(own: Path) -> None:
    header = (ROOT / "data" / "model_prices.csv").read_text(encoding="utf-8").splitlines()[0] + "\n"
    assert said(own, header + MODEL.format(price="0,0,0"), "model_prices.csv") == []
    assert tables.read("model-prices")["model"].iloc[-1] == "Free model"
    assert "Free model" not in set(price_of_tokens.panel("eci")["model"])
    assert np.isfinite(price_of_tokens.epoch_decline()).all()
    assert price_of_tokens.left_out().endswith("no logarithm: Free model.")


def test_nothing_is_said_to_be_left_out_of_the_projects_own_prices() -> None:
    assert price_of_tokens.left_out() == ""


def test_a_price_below_zero_is_refused(own: Path) -> None:
    header = (ROOT / "data" / "model_prices.csv").read_text(encoding="utf-8").splitlines()[0] + "\n"
    problems = said(own, header + MODEL.format(price="-1,2,0"), "model_prices.csv")
    assert problems == [
        "my_data/model_prices.csv: row 2, column input_usd_per_mtok: found '-1'; allowed is from 0 to 10,000"
    ]


def test_the_command_line_says_it_before_anything_runs(
    own: Path, command: Callable[..., Result]
) -> None:
    (own / "firm_spend.csv").write_text(spend(*MONTHS, payroll="0"), encoding="utf-8")
    place = "my_data/firm_spend.csv: row 8, column value: found '0'"
    for arguments in (["check"], ["answer"], ["build", "--only", "one_firm", "--quiet"]):
        result = command(*arguments, "--data", str(own))
        assert result.exit_code != 0
        assert place in result.output, result.output


def test_a_hundred_thousand_rows_are_checked_within_seconds(own: Path) -> None:
    rows = "".join(
        f"{2020 + n % 6}-{1 + n % 12:02d},Team {n},token_spend_month,{1000 + n},,,USD per month,nominal,observed,,our_ledger_2026,primary,\n"
        for n in range(100_000)
    )
    (own / "firm_spend.csv").write_text(HEADER + rows, encoding="utf-8")
    started = time.process_time()
    assert tables.validate() == []
    assert time.process_time() - started < 12


@pytest.mark.parametrize(
    ("cell", "plain"),
    [("Sept-26", "2026-09"), ("Q2 2026", "2026Q2"), ("2026-Q3", "2026Q3"), ("04/2026", "2026-04"),
     ("4/30/2026", "2026-04-30"), ("30/4/2026", "2026-04-30"), ("Apr 5, 2026", "2026-04-05"),
     ("5 April 2026", "2026-04-05"), ("2026-04-01 00:00:00", "2026-04-01"), ("2026H1", "2026H1"),
     ("46113", "46113"), ("soon", "soon"), ("Okt-26", "Okt-26"), ("2026-13", "2026-13")],
)  # fmt: skip
def test_periods_are_written_plainly_or_left_to_the_schema(cell: str, plain: str) -> None:
    assert export_cells.period(cell) == (plain, "")


UNUSABLE = {
    "a decade of light more": ("macro.csv", "2010,Light,labour_price_change,-3.6,,,percent per year,,estimate,,our_ledger_2026,weak,\n", "phantom_evidence"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNUSABLE)
def test_rows_that_no_model_can_use_are_refused_before_a_kernel(own: Path, name: str) -> None:
    """They obey the schema, so their own readers find nothing; the results say what is lost."""
    file, row, topic = UNUSABLE[name]
    assert not said(own, HEADER + row, file)
    book = read_book()
    (problem,) = [p for p in build.uncomputable(book) if topic in p]
    assert problem.startswith(f"my_data/{file}: ") and "take out the rows" in problem
    assert not build.uncomputable(book, ["token_counts"])


def test_rows_that_a_model_can_use_are_not(own: Path) -> None:
    assert not said(own, spend(*MONTHS))
    assert not build.uncomputable(read_book())
