"""New notebooks, and notebooks that lie elsewhere: valid, rendered and linked as they stand."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from fixture_project import (
    ALPHA,
    ROOT,
    bytes_of,
    environment,
    rows_of,
    token_economics,
    write_notebook,
)

from token_economics.book.assumptions import read_book
from token_economics.report.run import house_rules, notebooks, starter


def broken(path: Path) -> str:
    return "\n".join(house_rules.broken(notebooks.load(path), read_book()))


@pytest.mark.parametrize(
    ("topic", "complaint"),
    [("My view", "names no topic"), ("../out", "names no topic"), ("alpha", "already: 01_alpha.ipynb")],
)  # fmt: skip
def test_a_bad_or_taken_name_is_refused(
    new_project: Path, command: Callable[..., Result], topic: str, complaint: str
) -> None:
    before = bytes_of(new_project)
    result = command("new", topic, "--from", "alpha")
    assert (result.exit_code, bytes_of(new_project)) == (2, before)
    assert complaint in result.output


def test_an_unknown_original_is_refused_with_the_topics(
    new_project: Path, command: Callable[..., Result]
) -> None:
    result = command("new", "mine", "--from", "gamma")
    assert result.exit_code == 2
    assert "no notebook 'gamma'; the topics are alpha, beta" in result.output


def test_a_copy_has_its_own_title_order_and_no_outputs(new_project: Path) -> None:
    path = starter.start("mine", origin="alpha", question="Is it mine?")
    found = notebooks.describe(path)
    assert (path.name, found.topic, found.title) == ("03_mine.ipynb", "mine", "Mine")
    assert found.question == "Is it mine?"
    assert notebooks.load(path).cells[0].source.startswith("# Is it mine?\n")
    assert not any(cell.outputs for cell in notebooks.code_cells(notebooks.load(path)))
    assert broken(path) == ""


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        (["book = 1"], "no cell tagged `parameters`"),
        (["", "x = 1"], "never calls resolve"),
        (["", "def f():\n    return resolve(globals())"], "defines 'f' in code cell 1"),
    ],
)
def test_what_a_broken_rule_costs_is_said(
    new_project: Path, cells: list[str], complaint: str
) -> None:
    assert complaint in broken(write_notebook(new_project / "notebooks/09_x.ipynb", cells))


def test_a_parameter_that_is_no_assumption_is_named(new_project: Path) -> None:
    path = write_notebook(new_project / "notebooks/09_x.ipynb", ["", "book = resolve(globals())"])
    notebook = notebooks.load(path)
    notebook.cells[0].source = "lag_years = 2\nmy_share = 0.5"
    path.write_text(notebooks.dumps(notebook), encoding="utf-8")
    assert "sets 'my_share'" in broken(path)
    assert "lag_years" not in broken(path)


def test_a_parameter_that_is_set_twice_is_named(new_project: Path) -> None:
    path = write_notebook(new_project / "notebooks/09_x.ipynb", ["", "book = resolve(globals())"])
    notebook = notebooks.load(path)
    notebook.cells[0].source = "lag_years = 2\nadoption_share = 0.2\nlag_years = 3"
    path.write_text(notebooks.dumps(notebook), encoding="utf-8")
    assert "sets 'lag_years' more than once" in broken(path)
    assert "adoption_share" not in broken(path)


@pytest.mark.parametrize(
    "source",
    ["import math as lag_years", "from math import pi as lag_years", "class lag_years:\n    x = 1"],
)
def test_a_name_of_an_assumption_that_means_something_else_is_named(
    new_project: Path, command: Callable[..., Result], source: str
) -> None:
    """The parameters would put a number in place of a module, and the kernel would die."""
    path = write_notebook(new_project / "notebooks/09_x.ipynb", [source, "", "lag_years = 3"])
    assert "code cell 1 uses 'lag_years' for something else" in broken(path)
    checked = command("check")
    assert checked.exit_code == 1
    assert "09_x.ipynb: code cell 1 uses 'lag_years' for something else" in checked.stderr


@pytest.mark.parametrize(
    "source",
    [
        "from token_economics.headlines import jevons_dynamics as topic\ntopic.YEARS_AHEAD = 5",
        "from token_economics import headlines\nheadlines.jevons_dynamics.YEARS_AHEAD += 2",
        "import token_economics.headlines\ntoken_economics.headlines.rows.LEVEL: float = 0.8",
        "from token_economics.headlines import rows\nsetattr(rows, 'LEVEL', 0.8)",
        "from token_economics.headlines import rows\nrows.LEVEL[0] = 0.8",
        "from token_economics.headlines.rows import LEVEL\nLEVEL['x'] = 0.8",
        "from token_economics.headlines import rows\nrows.LEVEL.update(x=0.8)",
    ],
)
def test_a_number_of_the_library_that_a_cell_sets_is_named(new_project: Path, source: str) -> None:
    """The labels would go on saying the old number."""
    path = write_notebook(new_project / "notebooks/09_x.ipynb", ["", source])
    complaint = broken(path)
    assert re.search(
        r"sets .\S*(YEARS_AHEAD|LEVEL)(\[.+\])?. of the library in code cell 1", complaint
    )


def test_what_a_cell_sets_on_objects_of_its_own_is_no_matter(new_project: Path) -> None:
    source = "from token_economics.headlines import rows\nimport pandas as pd\nframe = pd.DataFrame()\nframe.index.name = 'x'"
    path = write_notebook(new_project / "notebooks/09_x.ipynb", ["", source])
    assert "of the library" not in broken(path)


def test_our_own_notebooks_break_no_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN_ECONOMICS_ROOT", str(ROOT))
    for source in notebooks.discover(ROOT / "notebooks"):
        executed = notebooks.load(source.path)
        assert house_rules.broken(executed, read_book()) + house_rules.missing(executed) == [], (
            source.topic
        )


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real data and notebooks in a project of the tests' own."""
    root = tmp_path_factory.mktemp("real")
    shutil.copytree(ROOT / "data", root / "data")
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    (root / "reports").mkdir()
    return root


@pytest.mark.slow
def test_a_new_notebook_is_tested_rendered_and_linked_at_once(real: Path) -> None:
    done = token_economics(real, "new", "my_view", "--question", "What is my view?")
    assert done.returncode == 0, done.stderr
    path = Path(done.stdout.strip().splitlines()[-1])
    assert "dram_bit_growth_per_year = 0.2" in notebooks.load(path).cells[2].source
    checked = token_economics(real, "check")
    assert checked.returncode == 0, checked.stderr
    compared = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", str(path), "-q", "-p", "no:cacheprovider"],
        cwd=ROOT / "tests", env=environment(real), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert compared.returncode == 0, compared.stdout[-2000:]
    built = token_economics(real, "build", "--only", "my_view", "--quiet")
    assert built.returncode == 0, built.stderr
    index = Path(built.stdout.strip()).read_text(encoding="utf-8")
    assert f'href="{path.stem}.html"' in index
    assert "What is my view?" in index
    path.unlink()


@pytest.mark.slow
def test_a_copy_made_by_hand_collides_with_nothing(new_project: Path) -> None:
    original = new_project / "notebooks/01_alpha.ipynb"
    shutil.copy(original, original.with_name("01_alpha-Copy1.ipynb"))
    synced = token_economics(new_project, "sync")
    assert synced.returncode == 0, synced.stderr
    done = token_economics(new_project, "build")
    assert done.returncode == 0, done.stderr
    run = Path(done.stdout.strip().splitlines()[-1]).parent
    assert {"01_alpha.html", "01_alpha-Copy1.html"} <= {path.name for path in run.glob("*.html")}
    topics = [row["topic"] for row in rows_of(run / "results.csv")]
    assert {"alpha", "alpha_copy1", "beta"} == set(topics)
    market = rows_of(run / "market.csv")
    keys = [(row["quarter"], row["entity"], row["variable"]) for row in market]
    assert len(keys) == len(set(keys))


@pytest.mark.slow
def test_a_notebook_elsewhere_that_breaks_rules_runs_with_warnings(
    stored_project: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    write_notebook(
        folder / "rough work.ipynb", ["# Rough\n\nText.", "def f():\n    return 1", "f()"]
    )
    write_notebook(folder / "02_alpha.ipynb", ALPHA, title="Mine", question="Ours?")
    before = bytes_of(folder)
    done = token_economics(stored_project, "build", "--notebooks", str(folder))
    assert done.returncode == 0, done.stderr
    run = Path(done.stdout.strip().splitlines()[-1]).parent
    assert run.name == "base-elsewhere"
    assert {"rough work.html", "02_alpha.html", "index.html"} <= {
        p.name for p in run.glob("*.html")
    }
    for warning in ("defines 'f'", "no cell tagged", "never calls resolve", "no computed answer"):
        assert f"rough work.ipynb: {warning}" in done.stderr or warning in done.stderr
    assert "02_alpha.ipynb: " in done.stderr
    assert bytes_of(folder) == before
