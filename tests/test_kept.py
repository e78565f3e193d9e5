"""A result is kept for every book that agrees in what its run read, and nothing goes round the book."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fixture_project import (
    ASSUMPTIONS,
    ROOT,
    ROOT_VARIABLE,
    bytes_of,
    write_notebook,
    write_project,
)

from token_economics.answers.store import Recall
from token_economics.book import assumptions
from token_economics.book.assumptions import Book, override, read_book, resolve
from token_economics.book.noted import Noted
from token_economics.report.kernels import environment as kernels
from token_economics.report.run import execute, notebook_runs, notebooks

Command = Callable[..., Any]
NAME = "unit_price_usd"
EVERY = "TOKEN_ECONOMICS_EVERY_NOTEBOOK"  # set, the long notebooks are tested too
LONG = {
    "00_summary", "02_supply_constraints", "03_jevons_dynamics", "04_phantom_gdp",
    "06_token_market", "07_where_tokens_go",
}  # fmt: skip


@pytest.fixture
def resolved(project: Path, monkeypatch: pytest.MonkeyPatch) -> Book:
    """A book as a notebook resolves it; nothing of it has been read."""
    monkeypatch.setattr(assumptions, "_resolved", [])
    book = resolve({NAME: 7})
    assert assumptions.read_so_far() == []
    return book


def recalled(book: Book) -> Any:
    """What a notebook keeps for itself: made of a book that was given a set of its own."""
    keep, made = Recall(), lambda book: [{"value": book[NAME]}]
    assert keep("x", override(book, {NAME: 8}), made) != keep("x", book, made)
    return keep("x", book, made)


READINGS: dict[str, Callable[[Book], Any]] = {
    "value": lambda book: book[NAME],
    "get": lambda book: book.get(NAME),
    "row": lambda book: book.row(NAME).label,
    "interval": lambda book: book.interval(NAME),
    "points": lambda book: book.points()[NAME],
    "draws": lambda book: book.draws()[NAME],
    "rows": lambda book: book.rows[NAME],
    "all rows": lambda book: list(book.rows.values()),
    "copied rows": lambda book: dict(book.rows),
    "unpacked rows": lambda book: {**book.rows},
    "items": lambda book: list(book.items()),
    "copy": dict,
    "table": lambda book: book.table(),
    "overrides": lambda book: book.overrides,
    "comparison": lambda book: book == read_book(),
    "another seed": lambda book: replace(book, seed=1)[NAME],
    "a set of its own": lambda book: replace(book, reads=set())[NAME],
    "more changed": lambda book: override(book, {"wear_per_year": 0.12})[NAME],
    "changed apart": lambda book: override(replace(book, reads=set()), {"wear_per_year": 0.1})[NAME],
    "recalled": recalled,
}  # fmt: skip


@pytest.mark.parametrize("how", READINGS)
def test_whichever_way_a_book_is_read_it_is_noted(resolved: Book, how: str) -> None:
    """Guard: `Noted`, and that its notes go with what is made of a book."""
    READINGS[how](resolved)
    assert NAME in assumptions.read_so_far()


def test_what_is_not_asked_for_is_not_noted(resolved: Book) -> None:
    """Names alone, the file's rows, another run's book, and what is set anew are no reads."""
    assert NAME in resolved and list(resolved) and len(resolved.rows)
    assert resolved.stored[NAME].value == 100
    read_book()[NAME]
    override(resolved, {NAME: 9})
    assert assumptions.read_so_far() == []
    resolved["wear_per_year"]
    assert assumptions.read_so_far() == ["wear_per_year"]


def test_a_name_that_is_not_there_is_noted_too() -> None:
    """It may be there in another book: of the subjects a book holds those that are set."""
    notes: set[str] = set()
    assert Noted({}, notes).get("firm") is None and notes == {"firm"}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (f"x = 2 * {NAME}", True),
        (f"print(f'{{{NAME}:.2f}}')", True),
        (f"frame = frame.query('value < @{NAME}')", True),
        (f"x = globals()['{NAME}'[:]]", True),
        ("x = {name: value for name, value in vars().items()}", True),
        ("book = resolve(globals())\nx = sorted(globals())", True),
        ("print(In[2])", True),
        ("x = dict(book.subjects)", True),
        ("x = book.__dict__", True),
        ("x = 2 * wear_per_year", False),
        ("text = 'In vars of globals, locals and subjects'", False),
    ],
)
def test_a_cell_that_goes_round_the_book_is_found(
    project: Path, tmp_path: Path, source: str, found: bool
) -> None:
    """Guard: the words of cells, and names that lead to the variables of a run."""
    path = write_notebook(tmp_path / "07_own.ipynb", ["", "book = resolve(globals())", source])
    book = read_book()
    identity = notebook_runs.identity(notebooks.describe(path), notebook_runs.shared(book))
    assert (NAME in identity.read(book, seen=[])) is found
    assert NAME in identity.read(book, seen=None), "a run that does not tell has read all"


SHOWN = """\
from dataclasses import replace
from token_economics.answers.store import Recall
from token_economics.book.assumptions import resolve
book = resolve(globals())"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "read"),
    [
        (f"replace(book, reads=set())['{NAME}']", [NAME]),
        ("sorted(book.overrides)", sorted(row[0] for row in ASSUMPTIONS)),
        ("1 + 1", []),
    ],
)
def test_a_kernel_tells_what_was_read_and_shows_nothing_of_it(
    project: Path, tmp_path: Path, source: str, read: list[str]
) -> None:
    path = write_notebook(tmp_path / "07_own.ipynb", ["", SHOWN, source])
    done = execute.run(notebooks.describe(path), root=project, parameters={})
    assert done.read == read
    assert [cell.source for cell in done.notebook.cells] == ["", SHOWN, source]


@pytest.mark.slow
def test_a_kept_build_equals_a_fresh_one(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guard: `execute.again`. The inserted cell, numbers of cells and outputs, banner, downloads."""
    root = write_project(tmp_path / "project")
    monkeypatch.setenv(ROOT_VARIABLE, str(root))
    cells = ["", SHOWN, "print(book['wear_per_year'])", "# Text", "", "book['wear_per_year'] + 1"]
    write_notebook(root / "notebooks/03_gamma.ipynb", cells)
    assert command("build").exit_code == 0

    def built(name: str, *flags: str) -> Any:
        done = command("build", "--out", str(root / name), *flags)
        assert done.exit_code == 0, done.stderr
        return done

    one = ["--set", "lag_years=3", "--set", "adoption_share=[0.2,0.5]"]
    assert "no kernel needed" in built("kept", *one).stderr
    built("fresh", *one, "--fresh")
    assert bytes_of(root / "kept") == bytes_of(root / "fresh")
    assert "lag_years = 3" in (root / "kept/03_gamma.html").read_text(encoding="utf-8")

    other = [*one, "--set", f"{NAME}=50"]
    told = built("kept", *other).stderr
    assert "running 1 of 3 notebooks" in told and "other assumptions: 02_beta" in told
    built("fresh", *other, "--fresh")
    assert bytes_of(root / "kept") == bytes_of(root / "fresh")


def elsewhere(book: Book, name: str) -> float:
    """A value that the book allows and does not hold."""
    row = book.stored[name]
    for value in (row.low, row.high, row.value * 1.25, (row.hard_min + row.hard_max) / 2):
        if value is not None and value != row.value and row.hard_min <= value <= row.hard_max:
            return float(value)
    raise AssertionError(f"{name} allows one value")


@pytest.fixture(scope="module")
def forked() -> Iterator[Any]:
    with kernels.ready() as prepared:
        yield prepared


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_what_a_notebook_did_not_read_changes_none_of_its_outputs(path: Path, forked: Any) -> None:
    """All that it did not read is changed at once, and the notebook run again."""
    if path.stem in LONG and not os.environ.get(EVERY):
        pytest.skip(f"takes long; {EVERY}=1 runs it")
    source, book = notebooks.describe(path), read_book()
    first = execute.run(source, root=ROOT, parameters={}, kernels=forked)
    identity = notebook_runs.identity(source, notebook_runs.shared(book))
    read = identity.read(book, first.read)
    changed = {name: elsewhere(book, name) for name in book if name not in read}
    if not changed:
        pytest.skip("it reads all of the book")
    second = execute.run(source, root=ROOT, parameters=changed, kernels=forked)
    assert execute.again(source, execute.outputs_of(first.notebook), parameters=changed) == (
        second.notebook
    )
