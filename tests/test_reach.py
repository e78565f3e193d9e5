"""What the report reaches, read from the code; and the canonical checks that count for it."""

from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from fixture_project import ROOT

from token_economics.canonical import cases
from token_economics.project.cache import Cache
from token_economics.report.run import checks, notebooks, reach


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
    handed_on = "headlines.supply_constraints.growth_amplification"
    assert reach.resolved(handed_on) == ("methods.bullwhip.growth_amplification",)
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


@pytest.mark.parametrize("check", reach.checks())
def test_no_canonical_check_is_idle(check: str) -> None:
    """Each exercises a function that the report reaches; checks of other code are tests alone."""
    assert reach.exercised(check) & reached()


def test_every_case_of_the_project_is_shown_with_what_it_exercises(table: pd.DataFrame) -> None:
    assert set(table["check"]) == set(reach.checks())
    assert len(table) == len(cases.table())
    known = {name for cell in table["functions"] for name in cell.split()}
    assert known and all(reach.is_function(name) for name in known)


def test_a_case_of_functions_that_no_notebook_leads_to_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(reach, "reached", lambda code: frozenset({"models.supply.user_cost"}))
    assert set(checks.canonical_cases(Cache(tmp_path))["check"]) == {"canonical.supply._costs"}


def test_the_methods_page_says_how_many_cases_pass(built: Path) -> None:
    page = BeautifulSoup((built / "methods.html").read_text(encoding="utf-8"), "lxml")
    published = pd.read_csv(built / "tables" / "methods.canonical_cases.csv")
    assert len(page.select("main tbody tr")) == len(published)
    lead = page.select_one("p.te-lead")
    assert lead is not None and published["passes"].all()
    assert f"{len(published)} of {len(published)} checks of functions" in lead.text


# Definitions that neither a page nor a command leads to, and why they stand in the library.
UNREACHED = {
    "methods.prices.index_numbers.Basket": "the type of what a formula takes, which annotations name",
    "methods.prices.index_numbers.PriceIndex": "the type of a formula, which annotations name",
    "book.ensemble.Conditioning": "the type of what a book holds of the record, which annotations name",
    "evidence.tables.read_ahead": "called by name in the process that kernels are forked from",
    "headlines.market.conditioning.solve_ahead": "called by name in the process that kernels are forked from",
}
HELD = (
    "models", "methods", "figures", "headlines", "answers", "book", "evidence", "show",
)  # fmt: skip


def test_every_public_definition_is_reached_from_a_notebook_or_a_command() -> None:
    """What only tests need stands in tests/oracles."""
    sweep = {name for name in reach.library() if name.startswith("answers.sweep")}
    found = reach.reached(code(), commands=[*reach.COMMANDS, *sweep])
    public = {
        f"{name}.{definition}"
        for name, module in reach.library().items()
        if name.split(".")[0] in HELD
        for definition in module.functions
        if not definition.startswith("_")
    }
    assert public - found == set(UNREACHED)
