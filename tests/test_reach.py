"""What the report reaches, read from the code; and the canonical checks that count for it."""

from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from fixture_project import ROOT

from token_economics.canonical import cases
from token_economics.report.pages import render
from token_economics.report.run import checks, notebooks, reach
from token_economics.report.run.cache import Cache


def named(source: str) -> set[str]:
    return set(reach.module(source, "mine").definitions["ask"].names)


@cache
def code() -> tuple[tuple[str, ...], ...]:
    """Code cells of the project's notebooks."""
    found = notebooks.discover(ROOT / "notebooks")
    loaded = (notebooks.load(source.path) for source in found)
    return tuple(tuple(c.source for c in notebooks.code_cells(nb)) for nb in loaded)


@cache
def reached() -> frozenset[str]:
    return reach.reached(code())


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return checks.canonical_cases(Cache(tmp_path_factory.mktemp("cache")))


@pytest.mark.parametrize(
    ("body", "leads_to"),
    [
        ("return rents.rationing(1)", {"models.rents.rationing"}),
        ("return map(rents.rationing, [1])", {"models.rents.rationing"}),
        ("x: rents.Rationing = 1\n    return x", set()),
        ("rents = [1]\n    return rents", set()),
        ("return [f() for f in PARTS]", {"mine.PARTS"}),
        (
            "from token_economics.models import clearing\n    return clearing.clear",
            {"models.clearing.clear"},
        ),
    ],
)
def test_a_definition_leads_to_what_its_body_names(body: str, leads_to: set[str]) -> None:
    """Handed on counts as called; annotations and names of its own do not count."""
    source = f"from token_economics.models import rents\nPARTS = ()\ndef ask(a):\n    {body}\n"
    assert named(source) == leads_to


def test_a_name_is_followed_through_the_modules_that_hand_it_on() -> None:
    assert reach.resolved("headlines.supply_constraints.chance_of") == ("headlines.rows.chance",)
    assert reach.resolved("models.rents.Rationing.shortfall") == ("models.rents.Rationing",)
    assert reach.resolved("numpy.array") == ()


def test_topics_that_are_asked_for_their_results_by_name_are_reached() -> None:
    """`answer` goes through a list of modules and reads functions off each."""
    assert "headlines.supply_constraints.results" in reach.reached([])
    assert "headlines.supply_constraints._forecast_results" in reach.reached([])


def test_what_only_a_notebook_calls_hangs_on_the_notebook() -> None:
    by_notebooks = reached() - reach.reached([])
    assert "figures.supply.fleet" in by_notebooks
    assert "figures.supply.fleet" not in reach.reached(
        [cells for cells in code() if not any("figures.fleet(" in cell for cell in cells)]
    )


def test_the_checks_themselves_reach_nothing() -> None:
    assert not {name for name in reached() if name.startswith("canonical")}


@pytest.mark.parametrize(
    "name",
    ["market.market_clearing_compute_price", "growth.bass_peak", "models.rents.margin_after",
     "models.allocation.capacity_rationed_by_value", "demand.segment_demand"],
)  # fmt: skip
def test_code_that_no_page_uses_is_not_reached(name: str) -> None:
    """These were shown to readers as trust in the numbers; other than by checks they are not named."""
    assert reach.is_function(name)
    assert name not in reached()
    module, _, function = name.rpartition(".")
    outside = [
        path for path in (ROOT / "lib").rglob("*.py")
        if path.parent.name != "canonical" and path.stem != module.split(".")[-1]
    ]  # fmt: skip
    texts = [path.read_text(encoding="utf-8") for path in outside] + [c for n in code() for c in n]
    assert not [text for text in texts if f"{module.split('.')[-1]}.{function}" in text]


def test_every_case_says_what_it_exercises(table: pd.DataFrame) -> None:
    assert set(table["check"]) == set(reach.checks())
    assert len(table) == len(cases.table())
    known = {name for cell in table["functions"] for name in cell.split()}
    assert known and all(reach.is_function(name) for name in known)


def test_a_case_counts_where_the_report_reaches_what_it_exercises(table: pd.DataFrame) -> None:
    for row in table.to_dict("records"):
        assert row["used"] == bool(set(row["functions"].split()) & reached()), row["check"]
    counts = table.groupby("id")["used"].any()
    assert counts[["G3", "M4", "J1", "U3", "1.16"]].all()
    assert not counts[["D1", "D4", "D5", "M2", "M7", "S3", "S4", "S5", "S7", "G2", "G11"]].any()


def test_arithmetic_and_other_peoples_packages_count_for_nothing(table: pd.DataFrame) -> None:
    """J4 runs an estimator of a package, G7 divides published figures: no function of ours."""
    alone = table[table["functions"] == ""]
    assert {"J4", "G7", "G9", "G12"} <= set(alone["id"])
    assert not alone["used"].any()


def test_the_methods_page_counts_only_what_the_report_uses(table: pd.DataFrame) -> None:
    values = render._methods(table)
    used = int(table["used"].sum())
    assert (values["total"], values["number_idle"]) == (used, len(table) - used)
    assert 0 < values["number_idle"] < len(table)


def test_the_page_shows_what_counts_and_apart_from_it_what_does_not(built: Path) -> None:
    page = BeautifulSoup((built / "methods.html").read_text(encoding="utf-8"), "lxml")
    apart = page.find("section", attrs={"aria-labelledby": "not-used"})
    assert apart is not None
    uncounted, rows = len(apart.select("tbody tr")), len(page.select("main tbody tr"))
    assert uncounted and rows == len(cases.table())
    lead = page.select_one("p.te-lead")
    assert lead is not None
    assert (
        f"{rows - uncounted} of {rows - uncounted} checks of functions that this report uses"
        in lead.text
    )
    assert "Bass peak" in apart.text
    assert "growth.bass_peak" in [code.text for code in apart.find_all("code")]
    published = pd.read_csv(built / "tables" / "methods.canonical_cases.csv")
    assert published["used"].sum() == rows - uncounted


def test_a_case_that_fails_where_nobody_uses_it_changes_no_count(table: pd.DataFrame) -> None:
    broken = table.assign(passes=table["used"])
    values = render._methods(broken)
    assert values["passed"] == values["total"]
    assert any(subject["failing"] for subject in values["idle"])
