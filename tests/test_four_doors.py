"""Four ways to set assumptions give one set of them: `--set`, a file, the cell, plain papermill."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest
from fixture_project import bytes_of, environment, rows_of

from token_economics.report.run.notebooks import parameters_cell
from token_economics.show.display import RESULTS

Command = Callable[..., Any]
SHOW = "import json; print(json.dumps({n: [r.value, r.low, r.high] for n, r in book.rows.items()}))"
CHANGES = {"adoption_share": 0.4, "demand_growth_per_year": [0.9, 1.1], "lag_years": 3}
YAML = "".join(f"{name}: {value}\n" for name, value in CHANGES.items())


def observed(notebook: Any) -> tuple[dict[str, Any], list[Any]]:
    """The assumptions that an executed notebook printed, and its headline results."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    printed = [o.text for o in outputs if o.output_type == "stream" and o.text.startswith("{")]
    results = [o.data[RESULTS] for o in outputs if RESULTS in o.get("data", {})]
    return json.loads(printed[0]), results


@pytest.fixture
def shown(new_project: Path) -> Path:
    """A project whose first notebook also prints the assumptions that it resolved."""
    (new_project / "notebooks/02_beta.ipynb").unlink()
    path = new_project / "notebooks/01_alpha.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    notebook.cells.append(nbformat.v4.new_code_cell(SHOW, id="shown"))
    nbformat.write(notebook, path)
    return new_project


def in_jupyterlab(project: Path) -> Any:
    """The notebook as JupyterLab runs it after somebody has edited its parameters cell."""
    notebook = nbformat.read(project / "notebooks/01_alpha.ipynb", as_version=4)
    cell = parameters_cell(notebook)
    assert cell is not None
    cell.source = "".join(f"{name} = {value}\n" for name, value in CHANGES.items())
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(project).items():
            patch.setenv(name, value)
        return nbclient.NotebookClient(notebook, kernel_name="python3").execute()


def in_papermill(project: Path, folder: Path, scenario: Path) -> Any:
    """The notebook as plain papermill runs it, with two values by file and one by option."""
    source = str(project / "notebooks/01_alpha.ipynb")
    out = folder / "plain.ipynb"
    command = [sys.executable, "-m", "papermill", source, str(out), "-f", str(scenario)]
    done = subprocess.run(
        [*command, "-p", "lag_years", "3", "--no-progress-bar"],
        check=False, cwd=folder, env=environment(project), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return nbformat.read(out, as_version=4)


def test_the_four_doors_give_the_same_assumptions_numbers_and_run(
    shown: Path, command: Command, tmp_path: Path
) -> None:
    scenario = tmp_path / "mine.yaml"
    scenario.write_text("_title: Mine\n" + YAML, encoding="utf-8")
    options = [part for n, v in CHANGES.items() for part in ("--set", f"{n}={v}")]
    by_set = command("build", *options, "--out", str(tmp_path / "set"), "--quiet")
    by_file = command("build", "--scenario", str(scenario), "--out", str(tmp_path / "file"), "--quiet")  # fmt: skip
    assert by_set.exit_code == by_file.exit_code == 0, by_set.stderr + by_file.stderr
    found = {
        name: observed(nbformat.read(tmp_path / name / "notebooks/01_alpha.ipynb", as_version=4))
        for name in ("set", "file")
    }
    found["cell"] = observed(in_jupyterlab(shown))
    found["papermill"] = observed(in_papermill(shown, tmp_path, scenario))
    first = found["set"]
    assert first[0]["adoption_share"] == [0.4, None, None]
    assert first[0]["demand_growth_per_year"] == pytest.approx([1.0, 0.9, 1.1])
    assert all(door == first for door in found.values())
    written = {
        name: {
            row["name"]: (row["value"], row["low"], row["high"])
            for row in rows_of(tmp_path / name / "assumptions.csv")
        }
        for name in ("set", "file")
    }
    assert written["set"] == written["file"]
    for name, values in first[0].items():
        told = [float(part) if part else None for part in written["set"][name]]
        assert told == pytest.approx(values)


# What somebody writes, and what the message must name: the assumption, what is allowed, the cure.
WRONG = {
    "unknown name": ("adoption_shar", "0.4", ["unknown assumption", "did you mean 'adoption_share'"]),
    "old name": ("growth_rate", "0.4", ["is now called 'demand_growth_per_year'", "use that name"]),
    "above its bounds": ("adoption_share", "1.5", ["allowed is a number from 0 to 1 (share)"]),
    "below its bounds": ("lag_years", "-1", ["allowed is a number from 0 to 10 (years)"]),
    "upside down": ("unit_price_usd", "[200, 50]", ["low must not exceed high"]),
    "three ends": ("unit_price_usd", "[1, 2, 3]", ["an interval is [low, high], two numbers"]),
    "on a bound": ("adoption_share", "[0, 0.5]", ["must lie inside its bounds 0 to 1"]),
    "a word": ("lag_years", "often", ["lag_years", "number"]),
    "a truth value": ("lag_years", "true", ["lag_years", "number"]),
    "not a number": ("lag_years", ".nan", ["lag_years", "number"]),
    "endless": ("lag_years", ".inf", ["lag_years", "number"]),
    "an octal": ("lag_years", "017", ["lag_years", "plain decimal number"]),
    "a short exponent": ("lag_years", "3e-1", ["lag_years"]),
    "nothing": ("lag_years", "", ["lag_years"]),
    "nested": ("lag_years", "{a: 1}", ["lag_years"]),
    "code in a value": ("lag_years", "__import__('os').getcwd()", ["lag_years", "number"]),
}  # fmt: skip
READABLE = {"a short exponent"}  # a plain number elsewhere than in YAML 1.1


@pytest.mark.parametrize("move", WRONG)
def test_a_wrong_move_is_refused_by_option_and_by_file_before_anything_runs(
    project: Path, command: Command, tmp_path: Path, move: str
) -> None:
    name, value, told = WRONG[move]
    before = bytes_of(project / "reports")
    scenario = tmp_path / "mine.yaml"
    scenario.write_text(f"{name}: {value}\n", encoding="utf-8")
    doors = (["--set", f"{name}={value}"], ["--scenario", str(scenario)])
    for verb in ("build", "answer"):
        for door in doors:
            done = command(verb, *door)
            assert done.exit_code == 2 and not done.stdout, f"{verb} {door}"
            assert all(words in done.stderr for words in told), done.stderr
            assert "Traceback" not in done.stderr
    assert bytes_of(project / "reports") == before


PYTHON = {".nan": "float('nan')", ".inf": "float('inf')", "true": "True", "often": "'often'"}
IN_A_CELL = [m for m in WRONG if m not in ("unknown name", "an octal", "a short exponent", "nothing", "nested", "code in a value")]  # fmt: skip


@pytest.mark.parametrize("move", IN_A_CELL)
def test_a_wrong_move_is_refused_in_a_cell_and_by_plain_papermill_with_the_same_words(
    project: Path, command: Command, move: str
) -> None:
    """Both end in `resolve(globals())`, on the first line after the parameters."""
    from token_economics.book.assumptions import AssumptionError, resolve

    name, value, told = WRONG[move]
    namespace = {name: eval(PYTHON.get(value, value))}
    with pytest.raises(AssumptionError) as refused:
        resolve(namespace)
    assert all(words in str(refused.value) for words in told if words != "number")
    by_option = command("answer", "--set", f"{name}={value}").stderr
    if move not in ("a word", "a truth value", "not a number", "endless"):
        assert str(refused.value) in by_option


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--set", "lag_years"], "write name=value"),
        (["--set", "lag_years=1", "--set", "lag_years=2"], "lag_years is set twice"),
        (["--set", 'lag_years=1;print("hi")'], "write a plain decimal number"),
        (["--set", 'lag_years;print("hi")=1'], "write name=value"),
        (["--scenario", "nonsense"], "there is no scenario 'nonsense'; known are base, boom"),
        (["--scenario", "missing.yaml"], "give the path of a .yaml file"),
    ],
)
def test_a_wrong_request_is_refused_with_what_to_write_instead(
    project: Path, command: Command, arguments: list[str], told: str
) -> None:
    for verb in ("build", "answer"):
        done = command(verb, *arguments)
        assert done.exit_code == 2, verb
        assert told in done.stderr, done.stderr
        assert "hi\n" not in done.stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lag_years: 1\nlag_years: 2\n", "mine.yaml, line 2: lag_years is given twice"),
        ("- lag_years\n", "a scenario is a list of lines"),
        ("lag_years: [1\n", "not valid YAML"),
        (
            "_title: Mine\n\nlag_yeers: 1\n",
            "mine.yaml, line 3: unknown assumption 'lag_yeers'; did you",
        ),
        ("_title: Mine\nlag_years: 99\n", "mine.yaml, line 2: lag_years: given 99; allowed is"),
        ("lag_years: 017\n", "mine.yaml, line 1: lag_years: given '017'"),
        ("# mine\ngrowth_rate: 0.4\n", "mine.yaml, line 2: 'growth_rate' is now called"),
        ("lag_years: 1\n<<<<<<< HEAD\n", "mine.yaml: line 2 holds conflict markers"),
        ("_tittle: Mine\nlag_years: 1\n", "mine.yaml, line 1: unknown key _tittle"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_and_line(
    project: Path, command: Command, tmp_path: Path, text: str, told: str
) -> None:
    scenario = tmp_path / "mine.yaml"
    scenario.write_text(text, encoding="utf-8")
    done = command("build", "--scenario", str(scenario))
    assert done.exit_code == 2 and told in done.stderr and "mine.yaml" in done.stderr


@pytest.mark.slow
def test_a_misspelt_parameter_of_plain_papermill_is_warned_of_and_the_run_goes_on(
    project: Path, tmp_path: Path
) -> None:
    """The warning is written among the very variables that are being read."""
    source = str(project / "notebooks/02_beta.ipynb").replace("{", "{{").replace("}", "}}")
    done = subprocess.run(
        [sys.executable, "-m", "papermill", source, str(tmp_path / "out.ipynb"),
         "-p", "unit_price", "60", "--no-progress-bar"],
        check=False, cwd=tmp_path, env=environment(project), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    outputs = [o for cell in nbformat.read(tmp_path / "out.ipynb", 4).cells for o in cell.get("outputs", [])]  # fmt: skip
    warned = "".join(o.text for o in outputs if o.output_type == "stream")
    assert "'unit_price' is not an assumption and changes nothing; did you mean 'unit_price_usd'?" in warned  # fmt: skip
    (results,) = [o.data[RESULTS]["results"] for o in outputs if RESULTS in o.get("data", {})]
    assert results[0]["value"] == 100
