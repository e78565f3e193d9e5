"""Whom a notebook is about: a text parameter that a run may set, checked against the data."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from click.testing import Result
from fixture_project import ROOT, environment, write_table

from token_economics import project
from token_economics.book import assumptions, scenarios, subjects
from token_economics.book.assumptions import AssumptionError
from token_economics.report.pages import about, build
from token_economics.report.run import house_rules, notebook_runs, notebooks, own_inputs

FIRM = "firm_name"
NOTEBOOK = ROOT / "notebooks" / "12_one_firm.ipynb"


@pytest.fixture
def widgets(new_project: Path) -> Path:
    """The fixture project, whose first notebook is about one of two makers of widgets."""
    path = new_project / "data" / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    series = next(r for r in package["resources"] if r["name"] == "widgets")
    series["subjects"] = {
        "maker": {"variable": "shipments", "label": "the maker", "default": "Ann"}
    }
    path.write_text(json.dumps(package), encoding="utf-8")
    common = {"variable": "shipments", "unit": "widgets", "kind": "observed", "grade": "primary"}
    makers = {"Ann": "bureau_widgets_2026", "Bob": "guild_prices_2026"}
    write_table(
        new_project,
        "widgets",
        [
            {**common, "period": "2025", "entity": entity, "value": 1, "source_id": source}
            for entity, source in makers.items()
        ],
    )
    return new_project


def test_a_subject_is_an_entity_of_the_data(widgets: Path) -> None:
    book = assumptions.read_book()
    about_bob = assumptions.override(book, {"maker": "Bob"})
    assert about_bob.subjects == {"maker": "Bob"}
    assert (book.subject("maker"), about_bob.subject("maker")) == ("Ann", "Bob")
    with pytest.raises(AssumptionError, match=r"given 'Cy'; widgets.csv has shipments of Ann, Bob"):
        assumptions.override(book, {"maker": "Cy"})
    with pytest.raises(AssumptionError, match="given 3"):
        assumptions.resolve({"maker": 3})
    assert assumptions.resolve({"maker": "Ann"}).overrides == {}


def test_a_run_about_another_subject_is_a_run_of_its_own(widgets: Path) -> None:
    base = scenarios.load(project.BASE)
    book = scenarios.apply(base, {"maker": "Bob"})
    assert scenarios.run_id(book, base) != scenarios.run_id(scenarios.apply(base, {}), base)
    assert notebook_runs.parameters(book) == {"maker": "Bob"}
    identity = notebook_runs.Identity(
        notebook_runs.shared(book), whole=True, named=frozenset({"maker"})
    )
    read = identity.read(book, seen=[])
    assert read == ["maker"]
    assert identity.under(book, read) != identity.under(assumptions.read_book(), read)
    assert about.command(book, base) == "token-economics build --set maker=Bob"
    assert own_inputs.notices(book) == [
        "About another subject than the notebook's own: maker = Bob."
    ]


def test_the_author_of_a_notebook_says_whom_it_is_about_and_sync_keeps_it(widgets: Path) -> None:
    path = widgets / "notebooks" / "01_alpha.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cell = notebooks.parameters_cell(notebook)
    assert cell is not None
    cell.source = "maker = 'Bob'"
    nbformat.write(notebook, path)
    assert not [
        line for line in house_rules.broken(notebook, assumptions.read_book()) if "maker" in line
    ]
    staged = build._in_step(notebooks.describe(path), assumptions.read_book(), widgets)
    kept = notebooks.parameters_cell(notebooks.load(staged.path))
    assert kept is not None and kept.source.splitlines()[0] == 'maker = "Bob"  # text: the maker'


def test_the_command_line_refuses_an_unknown_subject_and_one_without_a_page(
    command: Callable[..., Result],
) -> None:
    unknown = command("build", "--set", f"{FIRM}=Nobody", "--quiet")
    assert unknown.exit_code == 2
    assert "given 'Nobody'; firm_spend.csv has payroll of SemiAnalysis" in unknown.output
    for asked in ("answer", "sweep"):
        result = command(asked, "--set", f"{FIRM}=SemiAnalysis")
        assert result.exit_code == 2
        assert "only `build` and `answer --all` take it" in result.output


def test_our_page_on_one_firm_has_its_firm_among_the_parameters() -> None:
    notebook = notebooks.load(NOTEBOOK)
    assert set(subjects.known()) == {FIRM}
    default = subjects.known()[FIRM].default
    assert notebooks.named_subjects(notebook) == {FIRM: default}
    assert assumptions.read_book().subject(FIRM) == default
    assert subjects.fault(FIRM, default) == ""
    assert not any(FIRM + " =" in cell.source for cell in notebooks.code_cells(notebook)[2:])


@pytest.mark.slow
@pytest.mark.parametrize(("firm", "code"), [("Our firm", 0), ("Nobody", 1)])
def test_plain_papermill_sets_the_firm_or_fails(tmp_path: Path, firm: str, code: int) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in ("sources", "firm_spend"):
        block = text.partition(f"```csv my_data/{name}.csv\n")[2].partition("```")[0]
        (tmp_path / f"{name}.csv").write_text(block, encoding="utf-8")
    out = tmp_path / "out.ipynb"
    done = subprocess.run(
        [str(Path(sys.executable).parent / "papermill"), str(NOTEBOOK), str(out), "-p", FIRM, firm],
        env=environment(None, TOKEN_ECONOMICS_DATA=str(tmp_path), PATH=os.environ["PATH"]),
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == code, done.stderr[-1500:]
    if code:
        assert "firm_spend.csv has payroll of Our firm, SemiAnalysis" in done.stderr
    else:
        assert "At Our firm, token spend is" in out.read_text(encoding="utf-8")
