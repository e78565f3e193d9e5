"""Nothing runs that need not, nothing stale or damaged is served, and the bytes are the same."""

import errno
import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import nbformat
import pytest
from fixture_project import ROOT, ROOT_VARIABLE, bytes_of, write_notebook
from nbformat import NotebookNode

from token_economics.book.assumptions import read_book
from token_economics.figures import pictures
from token_economics.project import cache, fingerprint
from token_economics.project.cache import Cache
from token_economics.report.run import execute, notebook_runs, notebooks, unchanged
from token_economics.show import display

Command = Callable[..., Any]


@pytest.fixture
def mine(stored_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the stored project, without cache and report, that a test may change."""
    root = tmp_path / "mine"
    shutil.copytree(stored_project, root, ignore=shutil.ignore_patterns("reports", ".cache"))
    (root / "reports").mkdir()
    monkeypatch.setenv(ROOT_VARIABLE, str(root))
    return root


def ran(stderr: str) -> str:
    """What a build says of its kernels."""
    said = [line for line in stderr.splitlines() if "kernel" in line or line.startswith("running")]
    return said[0] if said else stderr.strip()


def edit(path: Path, old: str, new: str) -> None:
    """Replace text in a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.slow
def test_what_changed_decides_which_kernels_run(mine: Path, command: Command) -> None:
    """Nothing: none. One notebook: one. Data, which all share: all. An assumption: who reads it."""
    first = command("build")
    assert first.exit_code == 0, first.stderr
    edition = bytes_of(mine / "reports/base")
    assert "nothing changed" in command("build").stderr
    path = mine / "notebooks/02_beta.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_markdown_cell("Another word."))
    nbformat.write(notebook, path)
    edited = command("build")
    assert ran(edited.stderr) == "running 1 of 2 notebooks"
    assert "the notebook changed: 02_beta" in edited.stderr
    assert bytes_of(mine / "reports/base") != edition
    edit(mine / "data/assumptions.csv", "Chosen for the fixture.", "Chosen for this fixture.")
    shared = command("build")
    assert ran(shared.stderr) == "running 2 of 2 notebooks"
    assert "the data changed: 01_alpha, 02_beta" in shared.stderr
    other = command("build", "--set", "unit_price_usd=40", "--out", str(mine / "reports/x"))
    assert ran(other.stderr) == "running 1 of 2 notebooks"
    assert "other assumptions: 02_beta" in other.stderr
    idle = command("build", "--set", "adoption_share=0.4", "--out", str(mine / "reports/y"))
    assert ran(idle.stderr) == "no kernel needed: 2 notebooks are as they were"


@pytest.mark.slow
def test_cached_or_not_the_bytes_are_the_same(mine: Path, command: Command, built: Path) -> None:
    """The committed edition never depends on what happened to be in the cache."""
    for name, flags in {"new": (), "again": (), "fresh": ("--fresh",)}.items():
        done = command("build", "--out", str(mine / "reports" / name), *flags)
        assert done.exit_code == 0, done.stderr
        assert bytes_of(mine / "reports" / name) == bytes_of(built)
    assert "asked to run afresh: 01_alpha, 02_beta" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("how", ["edited", "removed", "added"])
def test_a_damaged_report_is_made_again(mine: Path, command: Command, how: str) -> None:
    """Guard: the digests of `unchanged`; no kernel is needed for it."""
    assert command("build").exit_code == 0
    edition = bytes_of(mine / "reports/base")
    page = mine / "reports/base/index.html"
    if how == "edited":
        page.write_text("half a page", encoding="utf-8")
    elif how == "removed":
        page.unlink()
    else:
        (mine / "reports/base/extra.html").write_text("not ours", encoding="utf-8")
    again = command("build")
    assert again.exit_code == 0 and "no kernel needed" in again.stderr
    assert bytes_of(mine / "reports/base") == edition


@pytest.mark.slow
def test_damaged_entries_are_made_again(mine: Path, command: Command) -> None:
    """Guard: the seal of an entry. Broken off, garbled, or another's: none is served."""
    assert command("build").exit_code == 0
    edition = bytes_of(mine / "reports/base")
    one, other = sorted((mine / ".cache/notebooks").iterdir())
    one.write_bytes(one.read_bytes()[:-100])
    shutil.copy(one, other)
    shutil.rmtree(mine / ".cache/reports")
    (mine / ".cache/checks").joinpath("broken.json").write_bytes(b"\xff\x00")
    done = command("build")
    assert ran(done.stderr) == "running 2 of 2 notebooks" and "result is gone" in done.stderr
    assert bytes_of(mine / "reports/base") == edition


def test_an_entry_is_whole_or_absent(tmp_path: Path) -> None:
    kept = Cache(tmp_path)
    kept.put("kind", "key", {"x": [1, None, "é"]})
    assert kept.get("kind", "key") == {"x": [1, None, "é"]}
    assert kept.get("kind", "other") is None and kept.get("else", "key") is None
    assert Cache(tmp_path, fresh=True).get("kind", "key") is None
    path = tmp_path / "kind/key.json"
    whole = path.read_bytes()
    for damaged in (b"", whole[:-1], whole + b" ", whole.replace(b"1", b"2"), b"\n\n", b"{}"):
        path.write_bytes(damaged)
        assert kept.get("kind", "key") is None
        assert not path.exists()
    path.with_name("other.json").write_bytes(whole)
    assert kept.get("kind", "other") is None


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    Cache(tmp_path / "file").put("kind", "key", 1)
    assert Cache(tmp_path / "file").get("kind", "key") is None


def held(folder: Path) -> int:
    """Bytes of all entries."""
    return sum(path.stat().st_size for path in folder.glob("*/*"))


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    """A cache with room for seven entries of a kilobyte."""
    monkeypatch.setattr(cache, "MOST_BYTES", 8 * 1200)
    monkeypatch.setattr(cache, "_written", {})
    return Cache(tmp_path / "cache")


def test_what_was_used_longest_ago_makes_room(small: Cache) -> None:
    """Guard: the cap in bytes, over all kinds, and that reading an entry counts as using it."""
    for number in range(40):
        small.put(f"kind{number % 3}", str(number), "x" * 1000)
        assert small.get("kind0", "0") == "x" * 1000, "used all the time"
        assert small.get(f"kind{number % 3}", str(number)), "just put"
        assert held(small.folder) <= cache.MOST_BYTES
    assert small.get("kind1", "1") is None
    assert held(small.folder) > cache.MOST_BYTES / 2, "no more goes than must"


def test_what_a_killed_process_left_blocks_nobody_and_makes_room(small: Cache) -> None:
    """Guard: no locks, and half-written files count and go as entries do."""
    left = small.folder / "kind/.0.json.4711-1"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"y" * 5000)
    os.utime(left, (1, 1))
    for number in range(9):
        small.put("kind", str(number), "x" * 1000)
        assert small.get("kind", str(number)) == "x" * 1000
    assert not left.exists()
    assert {path.suffix for path in small.folder.rglob("*") if path.is_file()} == {".json"}


def test_what_is_no_entry_of_ours_is_ignored(small: Cache) -> None:
    """A folder, a link to nowhere, another program's file: nothing is served, nothing raised."""
    folder = small.folder / "kind"
    (folder / "folder.json").mkdir(parents=True)
    (folder / "link.json").symlink_to(folder / "nowhere")
    (folder / "other.json").write_text('{"theirs": 1}', encoding="utf-8")
    for key in ("folder", "link", "other"):
        assert small.get("kind", key) is None
        small.put("kind", key, 1)
    assert [small.get("kind", key) for key in ("folder", "link", "other")] == [None, 1, 1]
    for number in range(20):
        small.put("kind", str(number), "x" * 1000)
    assert held(small.folder) <= cache.MOST_BYTES + 4096, "the folder's own size"


def test_two_at_once_do_no_harm(small: Cache) -> None:
    """Guard: renames, and names of half-written files of each thread's own."""
    wrong = []

    def work(worker: int) -> None:
        for number in range(60):
            key = str(number % 10)
            small.put("kind", key, [key] * 200)
            found = small.get("kind", key)
            if found is not None and found != [key] * 200:
                wrong.append((worker, key))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert not wrong
    assert not list(small.folder.rglob(".*"))


def test_two_threads_that_keep_the_same_write_two_files(
    small: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guard: what is half written by one is not put in place by the other."""
    both, write, written = Barrier(2, timeout=20), Path.write_bytes, []

    def slowly(path: Path, content: bytes) -> int:
        written.append(path)
        both.wait()
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", slowly)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: small.put("kind", "key", 1), range(2)))
    assert len(set(written)) == 2 and small.get("kind", "key") == 1


def test_a_full_disk_keeps_nothing_and_says_nothing(
    small: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guard: `put` may fail; half an entry does not stay."""
    small.put("kind", "before", 1)

    def full(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[:5])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    small.put("kind", "key", 1)
    assert small.get("kind", "key") is None and small.get("kind", "before") == 1
    assert [path.name for path in (small.folder / "kind").iterdir()] == ["before.json"]


def test_a_picture_is_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guard: the key of a picture. What only a page shows of a chart does not draw it again."""
    drawn: list[Any] = []
    monkeypatch.setattr(pictures, "drawn", lambda spec, version: drawn.append(spec) or "<svg/>")
    kept = Cache(tmp_path)

    def picture(mark: str, caption: str, cache: Cache = kept) -> str:
        spec = {"mark": mark, "usermeta": {"caption": caption}}
        output = NotebookNode(output_type="display_data", data={display.VEGALITE: spec})
        cell = NotebookNode(cell_type="code", source="x", outputs=[output], metadata={})
        execute.draw(NotebookNode(cells=[cell]), "01_alpha.ipynb", cache)
        return str(cell.outputs[0].data[pictures.MIME])

    assert picture("bar", "one") == picture("bar", "another") == "<svg/>"
    assert len(drawn) == 1
    picture("line", "one")
    assert len(drawn) == 2
    picture("bar", "one", Cache(tmp_path, fresh=True))
    assert len(drawn) == 3
    monkeypatch.setattr(fingerprint, "machine", lambda: "other packages")
    picture("bar", "one")
    assert len(drawn) == 4


def test_the_key_holds_all_that_a_result_depends_on(mine: Path) -> None:
    """Source, tags, values, data and library count; outputs, ids and dates of files do not."""
    path = mine / "notebooks/01_alpha.ipynb"
    book = read_book()

    def key() -> str:
        return notebook_runs.identity(notebooks.describe(path), notebook_runs.shared(book)).key

    first = key()
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell["id"] = f"other-{cell['id'][:8]}"
        cell.pop("outputs", None) if cell.cell_type != "code" else cell.update(outputs=[])
    nbformat.write(notebook, path)
    assert key() == first
    (mine / "data/widgets.csv").touch()
    assert key() == first
    notebook.cells[0].metadata["tags"] = ["new"]
    nbformat.write(notebook, path)
    assert key() != first
    second = key()
    edit(mine / "data/widgets.csv", "40.5", "40.6")
    assert key() != second


def test_a_notebook_that_vanishes_or_breaks_during_a_run_is_named(mine: Path) -> None:
    path = mine / "notebooks/01_alpha.ipynb"
    source, common = notebooks.describe(path), notebook_runs.shared(read_book())
    path.write_text('{"cells": [', encoding="utf-8")
    with pytest.raises(notebooks.NotebookError, match=r"01_alpha\.ipynb cannot be read"):
        notebook_runs.identity(source, common)
    path.unlink()
    with pytest.raises(notebooks.NotebookError, match=r"01_alpha\.ipynb cannot be read"):
        notebook_runs.identity(source, common)


def test_the_library_is_hashed_to_the_last_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: Path
) -> None:
    """A helper two imports deep counts, wherever it is."""
    copy = tmp_path / "lib"
    shutil.copytree(fingerprint.LIBRARY, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(fingerprint, "LIBRARY", copy)
    before = fingerprint.hashes()
    with (copy / "headlines/records/demand_record.py").open("a", encoding="utf-8") as file:
        file.write("\n")
    after = fingerprint.hashes()
    assert {name for name in after if after[name] != before[name]} == {"lib"}


@pytest.mark.parametrize(
    ("source", "whole"),
    [
        ("import pandas as pd\nframe = pd.DataFrame({'x': [1]})", True),
        (
            "from token_economics.show import display\ndisplay.table(frame, name='x', caption='y')",
            True,
        ),
        ("frame = pd.read_csv('mine.csv')", False),
        ("text = open('mine.txt').read()", False),
        ("import requests", False),
        ("from datetime import datetime", False),
        ("pd.Timestamp.now()", False),
        ("!ls", False),
        ("%time x = 1", False),
        ("import numpy as np\nrng = np.random.default_rng(7)", True),
        ("import numpy as np\nrng = np.random.default_rng()", False),
        ("from dataclasses import replace\nfrom functools import partial", True),
        ("from token_economics.book import scenarios\nstory = scenarios.load('base')", True),
        ("scenarios = object()\nstory = scenarios.load('base')", False),
    ],
)
def test_a_notebook_that_takes_in_more_is_not_kept(
    project: Path, tmp_path: Path, source: str, whole: bool
) -> None:
    """An undeclared input would make the cache lie, so such a notebook runs every time."""
    path = write_notebook(tmp_path / "07_own.ipynb", ["", source])
    assert (
        notebook_runs.identity(notebooks.describe(path), notebook_runs.shared(read_book())).whole
        is whole
    )


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_none_of_our_notebooks_runs_every_time(path: Path) -> None:
    assert notebook_runs.identity(notebooks.describe(path), notebook_runs.shared(read_book())).whole


def test_a_request_is_what_was_asked_and_all_it_depends_on(mine: Path, tmp_path: Path) -> None:
    def asked(*assignments: str, scenario: str = "base") -> unchanged.Request:
        return unchanged.request(scenario=scenario, assignments=assignments, only=(), out=None)

    assert asked("a=1", "b=2") == asked("b=2", "a=1") != asked("a=1")
    own = tmp_path / "mine.yaml"
    own.write_text("adoption_share: 0.4\n", encoding="utf-8")
    before = asked(scenario=str(own))
    own.write_text("adoption_share: 0.5\n", encoding="utf-8")
    after = asked(scenario=str(own))
    assert before.asked == after.asked and before.inputs != after.inputs
    inputs = asked().inputs
    edit(mine / "notebooks/01_alpha.ipynb", "Alpha", "Alpha2")
    assert asked().inputs != inputs


def test_the_canonical_checks_survive_the_cache(project: Path, tmp_path: Path) -> None:
    from token_economics.canonical import cases
    from token_economics.report.run import checks

    kept = Cache(tmp_path)
    computed = cases.table()
    first = checks.canonical_cases(kept)
    shown = computed[computed["check"].isin(first["check"])].reset_index(drop=True)
    assert len(shown) and first[computed.columns].equals(shown)
    again = checks.canonical_cases(kept)
    assert again.equals(first) and (again.dtypes == first.dtypes).all()
    (entry,) = (tmp_path / "checks").iterdir()
    assert json.loads(entry.read_bytes().split(b"\n", 1)[1])["rows"]


def test_data_are_found_right_once_and_wrong_each_time(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guard: only a good verdict is kept, and only for these bytes."""
    from token_economics.evidence import tables
    from token_economics.report.run import checks

    kept, asked = Cache(tmp_path / "cache"), []
    validate = tables.validate
    monkeypatch.setattr(tables, "validate", lambda: asked.append(1) or validate())
    assert checks.data_problems(kept) == checks.data_problems(kept) == []
    assert len(asked) == 1
    edit(mine / "data/widgets.csv", "guild_prices_2026", "nobody_2026")
    for _ in range(2):
        assert "nobody_2026" in "".join(checks.data_problems(kept))
    assert len(asked) == 3
