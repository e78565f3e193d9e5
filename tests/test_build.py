"""The contract of a run: which files, which fields, the same bytes again, complete or absent."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from fixture_project import (
    ALPHA,
    ROOT_VARIABLE,
    bytes_of,
    environment,
    rows_of,
    token_economics,
    write_notebook,
    write_project,
    write_scenario,
)

from token_economics.book.assumptions import override, read_book
from token_economics.project import RequestError, folders
from token_economics.project.cache import Cache
from token_economics.report.pages import build as builder
from token_economics.report.pages import early, render
from token_economics.report.run import notebook_runs, notebooks
from token_economics.report.run import results as contract
from token_economics.report.run.execute import Execution
from token_economics.show import display

RUN_FIELDS = {
    "schema_version", "run_id", "scenario", "as_of", "overrides", "seed", "n_draws", "hashes",
    "python", "notebooks",
}  # fmt: skip
Command = Callable[..., Any]


def test_a_run_holds_the_files_of_the_contract(built: Path) -> None:
    expected = {
        "index.html", "assumptions.html", "01_alpha.html", "02_beta.html", "run.json",
        "assumptions.csv", "results.csv", "market.csv", "all.zip", "tables/alpha.shipments.csv",
        "tables/alpha.counts.csv", "tables/alpha.market.csv", "tables/beta.prices.csv",
        "notebooks/01_alpha.ipynb", "notebooks/02_beta.ipynb", "assets/vega.js",
        "figures/alpha.shipments.svg",
    }  # fmt: skip
    assert expected <= set(bytes_of(built))


def test_run_json_says_what_made_the_run(built: Path) -> None:
    run = json.loads((built / "run.json").read_text(encoding="utf-8"))
    assert set(run) >= RUN_FIELDS
    assert (run["run_id"], run["overrides"], run["n_draws"]) == ("base", {}, 64)
    assert set(run["hashes"]) == {"lib", "data", "lock", "template"}
    assert set(run["notebooks"]) == {"alpha", "beta"}
    assert all("hash" in notebook for notebook in run["notebooks"].values())


def test_tables_of_a_run_have_the_columns_of_the_contract(built: Path) -> None:
    def columns(name: str) -> list[str]:
        return (built / name).read_text(encoding="utf-8").splitlines()[0].split(",")

    assert columns("results.csv") == [
        "id", "topic", "label", "unit", "period", "value", "low", "high", "level", "status",
        "digits",
        "source_id",
    ]  # fmt: skip
    market = ["quarter", "entity", "variable", "unit", "mean", "p05", "p50", "p95"]
    assert columns("market.csv") == market
    wanted = {"name", "value", "low", "high", "distribution", "unit", "basis", "source_id"}
    assert wanted | {"set_by"} <= set(columns("assumptions.csv"))
    ids = [row["id"] for row in rows_of(built / "results.csv")]
    assert ids == ["alpha.last_shipment", "beta.price"]


def test_the_download_is_the_table_that_is_plotted(built: Path) -> None:
    notebook = nbformat.read(built / "notebooks/01_alpha.ipynb", as_version=4)
    bundles = [o.data for cell in notebook.cells for o in cell.get("outputs", []) if "data" in o]
    spec = next(data[display.VEGALITE] for data in bundles if display.VEGALITE in data)
    plotted = [{key: str(value) for key, value in row.items()} for row in spec["data"]["values"]]
    assert rows_of(built / "tables/alpha.shipments.csv") == plotted
    assert [row["value"] for row in plotted] == ["10", "20", "40.5"]


def test_the_archive_holds_the_data_as_published(built: Path) -> None:
    with zipfile.ZipFile(built / "all.zip") as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    assert {"run.json", "results.csv", "tables/beta.prices.csv"} <= set(held)
    assert held == {name: (built / name).read_bytes() for name in held}


def test_a_rebuild_gives_the_same_bytes(
    project: Path, built: Path, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither working directory, folder of the report nor number of kernels leaves a trace."""
    monkeypatch.chdir(tmp_path)
    done = command("build", "--out", "again {x}", "--jobs", "1", "--quiet", "--fresh")
    assert done.exit_code == 0, done.stderr
    assert bytes_of(tmp_path / "again {x}") == bytes_of(built)
    assert not list(built.parent.glob(".*"))


def test_the_order_of_changes_leaves_no_trace(
    project: Path, command: Command, tmp_path: Path
) -> None:
    """Guard: the sorting of overrides. Also: papermill's cell, an interval, and the badge."""
    changes = ["--set", "unit_price_usd=[20,80]", "--set", "wear_per_year=0.2"]
    orders = {"one": changes, "other": changes[2:] + changes[:2]}
    for name, order in orders.items():
        done = command("build", "--only", "beta", "--out", str(tmp_path / name), *order)
        assert done.exit_code == 0, done.stderr
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "other")
    set_by = {r["name"]: r["set_by"] for r in rows_of(tmp_path / "one/assumptions.csv")}
    assert set_by["unit_price_usd"] == "override" and set_by["adoption_share"] == "book"
    price = next(row for row in rows_of(tmp_path / "one/results.csv"))
    assert float(price["value"]) == pytest.approx(40)
    for page in ("index.html", "02_beta.html", "assumptions.html"):
        assert "2 assumptions changed" in (tmp_path / "one" / page).read_text(encoding="utf-8")
    assert "Not the reference edition" not in (project / "reports/base/index.html").read_text(
        "utf-8"
    )


def test_plain_papermill_gives_the_numbers_of_our_runner(
    project: Path, command: Command, tmp_path: Path
) -> None:
    """The same scenario file, another working directory, and -p over -f."""
    scenario = project / "data/scenarios/boom.yaml"
    out, plain = tmp_path / "ours", tmp_path / "plain.ipynb"
    done = command(
        "build", "--scenario", "boom", "--set", "adoption_share=0.4", "--only", "alpha",
        "--out", str(out), "--quiet",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    subprocess.run(
        [
            sys.executable, "-m", "papermill", str(project / "notebooks/01_alpha.ipynb").replace("{", "{{").replace("}", "}}"),
            str(plain), "-f", str(scenario), "-p", "adoption_share", "0.4", "--no-progress-bar",
        ],
        cwd=tmp_path, env=environment(project), check=True, capture_output=True,
    )  # fmt: skip

    def results(path: Path) -> Any:
        notebook = nbformat.read(path, as_version=4)
        outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
        return [o.data[display.RESULTS] for o in outputs if display.RESULTS in o.get("data", {})]

    assert results(plain) == results(out / "notebooks/01_alpha.ipynb")
    assert results(plain)[0]["results"][0]["value"] == 81
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert run["run_id"].startswith("boom-") and run["scenario_title"] == "Boom"


def test_a_part_never_replaces_the_whole(
    project: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guard: the name of a run with --only."""
    asked: list[Path] = []

    def stop(folder: Path) -> Path:
        asked.append(folder)
        raise RequestError("far enough")

    monkeypatch.setattr(folders, "replaceable", stop)
    assert command("build", "--only", "beta", "--fresh").exit_code == 2
    assert command("build", "--fresh").exit_code == 2
    assert [folder.name for folder in asked] == ["base-beta", "base"]


FAILING = {
    "exception": ("1 / 0", "ZeroDivisionError"),
    "dead_kernel": ("import os; os.kill(os.getpid(), 9)", "died"),
    "exit": ("import sys; sys.exit(0)", ""),
    "hidden": ("raise ValueError('tagged')  # raises-exception", "ValueError"),
}


@pytest.mark.slow
@pytest.mark.parametrize("how", FAILING)
def test_a_failed_run_publishes_nothing(new_project: Path, command: Command, how: str) -> None:
    """Guards: `verify` for exit and for a tagged cell, `_papermill` for the dead kernel."""
    source, reason = FAILING[how]
    for path in (new_project / "notebooks").iterdir():
        path.unlink()
    path = write_notebook(new_project / "notebooks/07_broken.ipynb", ["x = 1", source, "y = 2"])
    if how == "hidden":
        notebook = nbformat.read(path, as_version=4)
        notebook.cells[1].metadata["tags"] = ["raises-exception"]
        nbformat.write(notebook, path)
    published = new_project / "reports/base"
    published.mkdir()
    (published / "run.json").write_text('{"schema_version": 1, "run_id": "base"}')
    (published / "index.html").write_text("the old edition")
    before = bytes_of(new_project)
    done = command("build")
    assert done.exit_code == 1
    assert "07_broken.ipynb, code cell 2" in done.stderr and source[:20] in done.stderr
    assert reason in done.stderr
    assert bytes_of(new_project) == before
    assert [entry.name for entry in (new_project / "reports").iterdir()] == ["base"]


@pytest.mark.slow
def test_kernels_run_side_by_side(new_project: Path, command: Command) -> None:
    """Sockets in a folder of each kernel's own: no ports to race for."""
    for path in (new_project / "notebooks").iterdir():
        path.unlink()
    for number in range(6):
        write_notebook(new_project / f"notebooks/{number}_same_{number}.ipynb", ["print(1)"])
    done = command("build", "--jobs", "6", "--quiet")
    assert done.exit_code == 0, done.stderr


def test_a_failure_after_the_run_leaves_nothing_behind(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guard: the `finally` of `folders.replacing`."""

    def break_off(*_: Any, **__: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(render, "write", break_off)
    with pytest.raises(OSError, match="no space"):
        builder.build(out=tmp_path / "here")
    assert not list(tmp_path.iterdir())


def test_an_interrupted_swap_restores_the_old_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guard: the `except` of `swap`."""
    old, new = tmp_path / "run", tmp_path / ".run.partial"
    for folder in (old, new):
        folder.mkdir()
        (folder / "which").write_text(folder.name)
    rename = Path.rename

    def fail_on_new(path: Path, target: Path) -> Path:
        if path == new:
            raise OSError("busy")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_on_new)
    with pytest.raises(OSError, match="busy"):
        folders.swap(new, old)
    assert (old / "which").read_text() == "run"


def test_what_a_killed_build_left_goes_with_the_next_one(tmp_path: Path) -> None:
    """Guard: a killed process has no `finally`. What lives, or is another's, stays."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    run, living = tmp_path / "base", os.getppid()
    gone = [tmp_path / f".base.{kind}-{dead.pid}" for kind in ("partial", "old")]
    kept = [tmp_path / f".base.partial-{living}", tmp_path / f".base-two.partial-{dead.pid}"]
    for folder in (run, *gone, *kept):
        folder.mkdir()
    with folders.replacing(run) as partial:
        (partial / "new").touch()
    assert sorted(tmp_path.iterdir()) == sorted([run, *kept]) and (run / "new").exists()


def test_a_report_moved_away_by_a_killed_swap_comes_back(tmp_path: Path) -> None:
    """Guard: killed between the two renames of `swap`, then a build that fails."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    moved = tmp_path / f".base.old-{dead.pid}"
    moved.mkdir()
    (moved / "which").write_text("the last whole one")
    with pytest.raises(OSError), folders.replacing(tmp_path / "base"):
        raise OSError("no space left")
    assert (tmp_path / "base/which").read_text() == "the last whole one"
    assert [path.name for path in tmp_path.iterdir()] == ["base"]


def test_only_an_empty_folder_or_a_run_is_replaced(project: Path, tmp_path: Path) -> None:
    foreign, run, empty, file = (tmp_path / name for name in ("foreign", "run", "empty", "file"))
    for folder in (foreign, run, empty):
        folder.mkdir()
    (foreign / "thesis.txt").write_text("years of work")
    (run / "run.json").write_text('{"schema_version": 1, "run_id": "x"}')
    file.write_text("a file")
    assert folders.replaceable(empty) == empty
    assert folders.replaceable(run) == run
    assert folders.replaceable(tmp_path / "new" / "deeper").name == "deeper"
    for refused in (foreign, file, file / "below", project, project / "data"):
        with pytest.raises(RequestError):
            builder.build(out=refused)
    (foreign / "run.json").write_text('{"name": "another program\'s file"}')
    with pytest.raises(RequestError, match="no run of ours"):
        builder.build(out=foreign)
    assert (foreign / "thesis.txt").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "adoption_shaer=0.4"], "did you mean 'adoption_share'"),
        (["--set", "adoption_share=2"], "from 0 to 1"),
        (["--set", "adoption_share=yes"], "plain decimal number"),
        (["--set", "adoption_share=[0.1"], "adoption_share"),
        (["--set", "adoption_share=0.4", "--set", "adoption_share=0.4"], "set twice"),
        (["--set", 'x=1;print("hi")=2'], "x"),
        (["--set", "__import__('os')=2"], "name=value"),
        (["--scenario", "bust"], "boom"),
        (["--only", "gamma"], "alpha, beta"),
        (["--jobs", "0"], "jobs"),
    ],
)
def test_a_wrong_request_writes_nothing(
    new_project: Path, command: Command, arguments: list[str], message: str
) -> None:
    before = bytes_of(new_project)
    done = command("build", *arguments)
    assert done.exit_code == 2
    assert message in done.stderr
    assert bytes_of(new_project) == before


def test_two_topics_of_one_name_are_refused(new_project: Path, command: Command) -> None:
    """A copy with another number is another topic only with another name."""
    notebooks = new_project / "notebooks"
    shutil.copy(notebooks / "01_alpha.ipynb", notebooks / "09_Alpha.ipynb")
    for arguments in (["build"], ["check"]):
        done = command(*arguments)
        assert done.exit_code == (2 if arguments == ["build"] else 1)
        assert "01_alpha.ipynb and 09_Alpha.ipynb have the same topic" in done.stderr


def test_a_notebook_cannot_take_the_place_of_a_page_of_ours(tmp_path: Path) -> None:
    """Guard: the check for two pages of one name."""
    root = write_project(tmp_path / "p")
    for path in (root / "notebooks").iterdir():
        path.unlink()
    write_notebook(root / "notebooks/assumptions.ipynb", ["x = 1"])
    done = token_economics(root, "build")
    assert done.returncode == 1 and "assumptions.html" in done.stderr
    assert not list((root / "reports").iterdir())


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (ALPHA[9] + "\n" + ALPHA[9], ""),
        ("display.results(results)\n", "shown twice"),
        (ALPHA[9], "two outputs are named 'counts'"),
        (ALPHA[10].replace('"p50",', ""), "needs the columns"),
    ],
)
def test_outputs_that_break_the_contract_are_refused(
    built: Path, source: str, message: str
) -> None:
    """Guards: each check in `contract.read`, on the built notebook with one cell changed."""
    path = built / "notebooks/01_alpha.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    by_source = {cell.source: cell for cell in cells}
    if "needs" in message:
        resource = by_source[ALPHA[10]].outputs[0].data[display.TABLE]
        resource.schema.fields = [f for f in resource.schema.fields if f.name != "p50"]
        resource.data = [{k: v for k, v in row.items() if k != "p50"} for row in resource.data]
    elif message:
        notebook.cells.append(by_source[source.strip()])
    execution = Execution(
        source=builder.Source(
            path=path, topic="alpha", title="", question="", order=(1, ""), cells=1
        ),
        notebook=notebook,
        warnings=[],
        seconds=0,
    )
    if not message:
        assert set(contract.read(execution).tables) == {"shipments", "counts", "market"}
        return
    with pytest.raises(builder.NotebookError, match=message):
        contract.read(execution)


def test_a_project_is_found_from_any_working_directory(stored_project: Path) -> None:
    done = token_economics(stored_project, "assumptions", "--json", cwd=Path("/"))
    assert done.returncode == 0
    assert {row["name"] for row in json.loads(done.stdout)} >= {"adoption_share", "lag_years"}


def test_scenario_files_given_by_path_name_their_run(
    new_project: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ROOT_VARIABLE, str(new_project))
    path = write_scenario(new_project, "../a b", "lag_years: 3\n")
    done = command("build", "--scenario", str(path))
    assert done.exit_code == 2 and "letters, digits" in done.stderr


def test_a_report_can_be_read_while_it_is_made(
    project: Path, built: Path, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guard: `early`. Each page with its list as its notebook ends; at the end none of it is left."""
    seen: list[dict[str, bytes]] = []
    add = early.Early.add

    def watched(making: early.Early, execution: Execution, values: Any) -> None:
        add(making, execution, values)
        seen.append(dict(bytes_of(making.folder)))

    monkeypatch.setattr(early.Early, "add", watched)
    done = command("build", "--out", str(tmp_path / "a b"), "--fresh", "--jobs", "1")
    assert done.exit_code == 0, done.stderr
    told = re.search(r"as they finish: (.*)", done.stderr)
    assert told is not None and Path(told[1]).parent.parent == tmp_path
    assert bytes_of(tmp_path / "a b") == bytes_of(built)
    assert [path.name for path in tmp_path.iterdir()] == ["a b"]

    pages = [{name for name in files if name.startswith("0")} for files in seen]
    assert [len(names) for names in pages] == [1, 2] and pages[0] < pages[1]
    for files, names in zip(seen, pages, strict=True):
        listed = files["index.html"].decode()
        assert set(re.findall(r'<li><a href="(.*?)"', listed)) == names
        assert f"{len(names)} of 2 pages" in listed and "assets/report.css" in files
        for name in names:
            assert 'href="../a%20b/index.html"' in files[name].decode()
            assert files[name] != (built / name).read_bytes()
    alpha = seen[1]["01_alpha.html"].decode()
    assert "The last count with growth is" in alpha and "figures/alpha.shipments.svg" in alpha
    assert "figures/alpha.shipments.svg" in seen[1]


def test_the_page_of_what_was_changed_comes_first(project: Path, tmp_path: Path) -> None:
    """Guard: the order of kernels. Then the longest, as ever."""
    cache = Cache(tmp_path)
    for topic, seconds in {"alpha": 9.0, "beta": 5.0}.items():
        cache.put(notebook_runs.LAST, topic, {"seconds": seconds})
    found = notebooks.discover(project / "notebooks")

    def turn(**changes: float) -> list[str]:
        book = override(read_book(), changes)
        return [source.topic for source in notebook_runs._in_turn(found, book, cache)]

    assert turn() == turn(adoption_share=0.4) == ["alpha", "beta"]
    assert (
        turn(unit_price_usd=40) == turn(unit_price_usd=40, wear_per_year=0.12) == ["beta", "alpha"]
    )
