"""The command line: help, exit codes, and what each command prints."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from fixture_project import (
    ROOT,
    ROOT_VARIABLE,
    bytes_of,
    token_economics,
    write_notebook,
    write_project,
    write_scenario,
)

from token_economics.answers import evaluate
from token_economics.answers.store import Recall
from token_economics.book import scenarios
from token_economics.headlines.market.conditioning import conditioned
from token_economics.methods import rounding

Command = Callable[..., Any]


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process works on the real project."""
    monkeypatch.setenv(ROOT_VARIABLE, str(ROOT))


@pytest.mark.parametrize(
    "name",
    ["", "build", "answer", "compare", "assumptions", "scenarios", "check", "sync", "evaluate"],
)
def test_every_command_explains_itself(command: Command, name: str) -> None:
    done = command(*name.split(), "--help")
    assert done.exit_code == 0 and "Usage:" in done.stdout


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["build", "--nonsense"], ["answer", "--set"], ["assumptions", "x"]]
)
def test_a_wrong_request_exits_with_two(project: Path, command: Command, arguments: list[str]) -> None:  # fmt: skip
    done = command(*arguments)
    assert done.exit_code == 2 and done.stderr and not done.stdout


def test_the_module_is_the_command(tmp_path: Path) -> None:
    """Without a project named, from any working directory: the project of the installation."""
    done = token_economics(None, "assumptions", "--json", cwd=tmp_path)
    assert done.returncode == 0 and len(json.loads(done.stdout)) > 10


def test_the_book_is_listed(project: Path, command: Command) -> None:
    lines = command("assumptions").stdout.splitlines()
    assert "adoption_share = 0.3 [0.1, 0.6] share: adoption share" in lines
    assert "lag_years = 2 years: lag years" in lines
    assert len(lines) == 5


def test_an_entry_shows_its_range_source_and_reason(project: Path, command: Command) -> None:
    shown = command("assumptions", "unit_price_usd").stdout
    for part in ("[50, 200] USD", "0 to 10000", "lognormal", "guild_prices_2026", "beta", "Chosen"):
        assert part in shown
    (row,) = json.loads(command("assumptions", "unit_price_usd", "--json").stdout)
    assert (row["value"], row["low"], row["topics"]) == (100, 50, ["beta"])
    missed = command("assumptions", "unit_price")
    assert missed.exit_code == 2 and "did you mean 'unit_price_usd'" in missed.stderr


def test_an_entry_says_how_much_it_matters_or_how_to_learn_it(
    new_project: Path, command: Command
) -> None:
    unknown = command("assumptions", "wear_per_year")
    assert "token-economics build" in unknown.stderr and "matters:" not in unknown.stdout
    tables = new_project / "reports/base/tables"
    tables.mkdir(parents=True)
    (tables / "summary.materiality.csv").write_text(
        "name,result,effect,material\nwear_per_year,Widgets made,0.004,no\n"
        "lag_years,Widgets shipped,0.31,yes\n",
        encoding="utf-8",
    )
    assert "immaterial: it moves no headline" in command("assumptions", "wear_per_year").stdout
    told = command("assumptions", "lag_years")
    assert "up to 31 % of a headline's variance (Widgets shipped)" in told.stdout
    assert not told.stderr
    (row,) = json.loads(command("assumptions", "lag_years", "--json").stdout)
    assert (row["material"], row["moves_most"], row["effect"]) == (True, "Widgets shipped", 0.31)
    marked = [line for line in command("assumptions").stdout.splitlines() if "(immaterial)" in line]
    assert len(marked) == 1 and marked[0].startswith("wear_per_year")


def test_scenarios_say_what_they_change(project: Path, command: Command) -> None:
    lines = command("scenarios").stdout.splitlines()
    assert lines[0] == "base: As it stands" and lines[1] == "boom: Boom"
    assert "demand_growth_per_year" in lines[2] and "0.5" in lines[2]


def test_a_broken_scenario_is_a_message_not_a_traceback(new_project: Path, command: Command) -> None:  # fmt: skip
    write_scenario(new_project, "broken", "lag_yeers: 3\n")
    listed, checked = command("scenarios"), command("check")
    assert listed.exit_code == 2 and "did you mean 'lag_years'" in listed.stderr
    assert checked.exit_code == 1 and "did you mean 'lag_years'" in checked.stderr


def test_check_passes_what_is_in_order(project: Path, command: Command) -> None:
    done = command("check")
    assert done.exit_code == 0 and "in order" in done.stdout


def test_check_names_file_row_and_column(new_project: Path, command: Command) -> None:
    table = new_project / "data/widgets.csv"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("guild_prices_2026", "nobody_2026", 1), encoding="utf-8")
    done = command("check")
    assert done.exit_code == 1
    assert "widgets.csv" in done.stderr and "nobody_2026" in done.stderr
    built = command("build")
    assert built.exit_code == 2 and "widgets.csv" in built.stderr
    assert not list((new_project / "reports").iterdir())


def test_check_reports_unexecuted_notebooks(new_project: Path, command: Command) -> None:
    done = command("check")
    assert done.exit_code == 1
    assert "01_alpha.ipynb" in done.stderr and "02_beta.ipynb" in done.stderr


def test_answer_prints_every_headline_result(real: None, command: Command) -> None:
    rows = json.loads(command("answer", "--json").stdout)
    lines = command("answer").stdout.splitlines()
    assert len(rows) == len(lines) > 5
    assert all(line.startswith(f"{row['id']}: ") for line, row in zip(lines, rows, strict=True))
    assert {"id", "topic", "label", "unit", "value", "low", "high", "status"} <= set(rows[0])
    assert "base" not in rows[0]


def test_answer_shows_base_beside_what_is_changed(real: None, command: Command) -> None:
    change = ["--set", "gpu_useful_life_years=4"]
    rows = json.loads(command("answer", *change, "--json").stdout)
    base = {row["id"]: row["value"] for row in json.loads(command("answer", "--json").stdout)}
    assert {row["id"]: row["base"] for row in rows} == base
    moved = [row["id"] for row in rows if row["value"] != row["base"]]
    assert moved
    shown = [line for line in command("answer", *change).stdout.splitlines() if "   base " in line]
    assert {line.split(":")[0] for line in shown} == set(moved)


def answered(root: Path, *arguments: str) -> tuple[list[dict[str, Any]], set[str]]:
    """What a process of its own answers on a project, and the modules that it imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "token_economics", "answer", "--json", *arguments],
        env=os.environ | {ROOT_VARIABLE: str(root)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout), {
        line.split("|")[-1].strip() for line in done.stderr.splitlines()
    }


def test_answer_does_without_what_takes_long_to_import_and_says_the_same(
    real: None, tmp_path: Path
) -> None:
    """pandas comes for data that are new, NumPy for a number that is new, neither for the rest."""
    shutil.copytree(ROOT / "data", tmp_path / "data")  # where no answer is kept yet
    first, for_data = answered(tmp_path, "--set", "gpu_useful_life_years=4")
    assert {"numpy", "pandas.core.frame", "scipy.special._basic"} <= for_data
    assert not for_data & {"pyarrow.lib", "numpy.f2py", "statsmodels", "altair"}
    assert "pyarrow.lib" in sys.modules
    second, for_a_number = answered(tmp_path, "--set", "gpu_useful_life_years=4.5")
    assert "numpy" in for_a_number
    assert not for_a_number & {"pandas.core.frame", "scipy.special._basic"}
    again, for_nothing = answered(tmp_path, "--set", "gpu_useful_life_years=4.5")
    assert again == second and not for_nothing & {"numpy", "yaml"}
    for life, there in ((4, first), (4.5, second)):
        book = conditioned(scenarios.apply(scenarios.load("base"), {"gpu_useful_life_years": life}))
        here = rounding.plain_values(evaluate.leading_results(book, Recall()))
        assert [{k: v for k, v in row.items() if k != "base"} for row in there] == here


def test_no_answer_outlives_what_it_was_made_of(real: None, tmp_path: Path) -> None:
    """A row of the data, a scenario's file and what lies in the user's folder decide what is said."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    rents, latest = tmp_path / "data/gpu_rentals.csv", "2026-08,H100,rental_1y_contract_p75,"
    before, _ = answered(tmp_path)
    rents.write_text(rents.read_text("utf-8").replace(f"{latest}3.2", f"{latest}3.7"), "utf-8")
    after, _ = answered(tmp_path)
    assert value_of(after, "rent_over_cost") > value_of(before, "rent_over_cost")
    own, costs = tmp_path / "own", []
    scenario = own / "scenarios" / "mine.yaml"
    scenario.parent.mkdir(parents=True)
    for asked in (["mine", "--data", str(own)], [str(scenario)]):
        for life in (3, 4):
            scenario.write_text(f"gpu_useful_life_years: {life}\n", encoding="utf-8")
            costs.append(value_of(answered(tmp_path, "--scenario", *asked)[0], "rent_over_cost"))
    assert costs[0] < costs[1] and costs[2:] == costs[:2]
    answered(tmp_path, "--scenario", "mine", "--data", str(own))
    (own / "rents.xlsx").touch()
    with pytest.raises(subprocess.CalledProcessError, match="exit status 2"):
        answered(tmp_path, "--scenario", "mine", "--data", str(own))


def value_of(rows: list[dict[str, Any]], slug: str) -> float:
    (value,) = (float(row["value"]) for row in rows if row["id"].endswith(f".{slug}"))
    return value


@pytest.mark.parametrize(
    "arguments", [["--set", "gpu_useful_life_years=400"], ["--scenario", "nowhere"]]
)
def test_answer_refuses_nonsense(real: None, command: Command, arguments: list[str]) -> None:
    done = command("answer", *arguments)
    assert done.exit_code == 2 and not done.stdout


@pytest.mark.slow
def test_sync_changes_only_what_it_must(stored_project: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """One changed row of the book: the notebooks that list it, and no other file; then nothing."""
    root = write_project(tmp_path / "project")
    monkeypatch.setenv(ROOT_VARIABLE, str(root))
    for path in (stored_project / "notebooks").iterdir():
        (root / "notebooks" / path.name).write_bytes(path.read_bytes())
    book = root / "data/assumptions.csv"
    text = book.read_text(encoding="utf-8")
    book.write_text(text.replace("wear_per_year,,0.1,", "wear_per_year,,0.12,"), encoding="utf-8")
    before = bytes_of(root)
    done = command("sync")
    assert done.exit_code == 0, done.stderr
    after = bytes_of(root)
    assert {n for n in after if after[n] != before.get(n)} == {"notebooks/02_beta.ipynb"}
    assert b"wear_per_year = 0.12" in after["notebooks/02_beta.ipynb"]
    assert command("check").exit_code == 0
    assert "02_beta.ipynb" in done.stdout and "01_alpha.ipynb: " not in done.stdout


@pytest.mark.slow
def test_a_failed_sync_changes_nothing(new_project: Path, command: Command) -> None:
    """Guard: `sync` works on copies. A half-synced project would pass for a stored one."""
    for path in (new_project / "notebooks").iterdir():
        path.unlink()
    write_notebook(new_project / "notebooks/01_fine.ipynb", ["", "x = 1"])
    write_notebook(new_project / "notebooks/02_wrong.ipynb", ["", "1 / 0"])
    before = bytes_of(new_project)
    done = command("sync")
    assert done.exit_code == 1 and "02_wrong.ipynb, code cell" in done.stderr
    assert bytes_of(new_project) == before
    (new_project / "notebooks/02_wrong.ipynb").unlink()
    write_notebook(new_project / "notebooks/03_none.ipynb", ["x = 1"])
    done = command("sync")
    assert done.exit_code == 1 and "no cell tagged `parameters`" in done.stderr


@pytest.mark.slow
def test_a_forked_notebook_is_synced_without_an_edit_elsewhere(new_project: Path, command: Command) -> None:  # fmt: skip
    """A topic that the book does not know keeps the assumptions its author listed."""
    for path in (new_project / "notebooks").iterdir():
        path.unlink()
    path = write_notebook(new_project / "notebooks/05_fork.ipynb", ["", "x = lag_years"])
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source = "lag_years = 7"
    nbformat.write(notebook, path)
    assert command("sync").exit_code == 0
    cell = nbformat.read(path, as_version=4).cells[0]
    assert cell.source == "lag_years = 2  # years: lag years"
    assert command("check").exit_code == 0
