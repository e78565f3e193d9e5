"""Two editions, number by number: what changed since the one that was read, and why; no kernel.

What an assumption did is computed: this library is asked with the assumptions of either edition.
What remains of a change is the data's or the model's, and is said to be one of them only where the
other is the same in both.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from token_economics import project
from token_economics.answers import comparison, evaluate
from token_economics.answers.store import remembered
from token_economics.book.assumptions import Book, read_book
from token_economics.evidence import table_changes
from token_economics.evidence.table_changes import RowChange
from token_economics.headlines.market.conditioning import conditioned
from token_economics.headlines.rows import in_words
from token_economics.project import RequestError, folders
from token_economics.report.pages.compare import in_its_unit, records
from token_economics.report.pages.downloads import CREDIT
from token_economics.report.run import notebooks, table_reads
from token_economics.report.run import results as contract

NUMBERS = ("value", "low", "high")
SHAPE = ("value", "low", "high", "distribution")  # of an assumption: what can move a result
TOLD = (*SHAPE, "unit", "basis", "source_id")
SETTINGS = ("as_of", "evidence_to", "base_quarter", "horizon", "seed", "n_draws")
WORDING = ("headlines", "sources", "glossary", "questions")  # tables that move no result
IN_WORDS = {"note", "mechanism", "finding", "statement", "label"}  # columns that move none
NOTEBOOK = "the notebook "
PRINTED = 1e-5  # results.csv holds six digits
Progress = Callable[[str], None]
Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Edition:
    """A published run of base: its description, results, tables and the code of its notebooks."""

    folder: Path
    run: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What it is called: its date, and the first digits of its data and library."""
        hashes = self.run["hashes"]
        return f"{self.run['as_of']} (data {hashes['data'][:4]}, library {hashes['lib'][:4]})"

    @cached_property
    def results(self) -> pd.DataFrame:
        """Headline results."""
        numeric = {name: [""] for name in (*NUMBERS, "level")}
        path = self.folder / "results.csv"
        return pd.read_csv(path, keep_default_na=False, na_values=numeric)

    @cached_property
    def package(self) -> Mapping[str, Any]:
        """The description of its tables."""
        text = (self.folder / "data" / "datapackage.json").read_text(encoding="utf-8")
        found: dict[str, Any] = json.loads(text)
        return found

    @property
    def settings(self) -> dict[str, Any]:
        """Date, base quarter, horizon, seed, draws."""
        known = {"evidence_to": self.run["as_of"], **self.package["edition"], **self.run}
        return {name: known.get(name) for name in SETTINGS}

    @cached_property
    def tables(self) -> Mapping[str, Rows]:
        """Rows of its tables as published, without the credit."""
        named = {each["name"]: each["path"] for each in self.package["resources"]}
        return {name: self._rows(path) for name, path in named.items()}

    def _rows(self, path: str) -> Rows:
        with (self.folder / "data" / path).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return [{n: cell for n, cell in row.items() if n != CREDIT} for row in rows]

    def code(self, topic: str) -> list[str]:
        """Code cells of a topic's notebook but that of its parameters; none where it has none."""
        file = self.run["notebooks"].get(topic, {}).get("file", "")
        path = self.folder / "notebooks" / file
        if not file or not path.is_file():
            return []
        notebook = notebooks.looked_at(path)
        first = notebooks.parameters_cell(notebook)
        return [cell.source for cell in notebooks.code_cells(notebook) if cell is not first]


@dataclass(frozen=True)
class Difference:
    """What differs between two editions, and what each change of a result is owed to.

    ``told`` is `comparison.side_by_side` with: printed (whether a page prints another number), why.
    """

    before: Edition
    after: Edition
    told: pd.DataFrame
    new: pd.DataFrame
    gone: pd.DataFrame
    assumptions: pd.DataFrame
    tables: Mapping[str, Sequence[RowChange]]
    readers: Mapping[str, Sequence[str]]
    model: Sequence[str]
    settings: Mapping[str, tuple[Any, Any]]
    quoted: Rows
    attribution: pd.DataFrame
    why_not: str


def compare(first: str, second: str | None, *, progress: Progress = lambda _: None) -> Difference:
    """Two editions by their folders; the second is ``reports/base`` of this project if none is named.

    Raises `RequestError`: a folder that is no edition, one that a newer version wrote, one of another
    scenario than base, or an edition beside itself.
    """
    before = edition(Path(first))
    after = edition(Path(second) if second else project.reports() / project.BASE)
    if before.folder.resolve() == after.folder.resolve():
        raise RequestError(f"{first} is the same edition: name an earlier one")
    found = _found(before, after)
    if found.assumptions["moves"].any():
        progress(f"asking this library with the assumptions of {before.name}")
    attribution, rest, why_not = _attributed(found)
    found = replace(found, attribution=attribution, why_not=why_not)
    causes = [_why(found, row, rest) for row in records(found.told)]
    return replace(found, told=found.told.assign(why=causes))


def edition(folder: Path) -> Edition:
    """The edition that a folder holds.

    Raises `RequestError`: says what is missing, or why it cannot be compared.
    """
    wanted = [folders.RUN_FILE, "results.csv", "data/datapackage.json", "data/assumptions.csv"]
    missing = [name for name in wanted if not (folder / name).is_file()]
    if missing or not folders.is_run(folder):
        lacks = missing[0] if missing else f"a readable {folders.RUN_FILE}"
        hint = (
            ": build it with `token-economics build`"
            if folder == project.reports() / project.BASE
            else ""
        )
        raise RequestError(f"{folder} is no edition of ours, it lacks {lacks}{hint}")
    run = json.loads((folder / folders.RUN_FILE).read_text(encoding="utf-8"))
    if run["schema_version"] > contract.SCHEMA_VERSION:
        raise RequestError(
            f"{folder} has schema version {run['schema_version']} and this program reads up to "
            f"{contract.SCHEMA_VERSION}: compare with the newer program"
        )
    if run["scenario"] != project.BASE or run["overrides"] or run.get("subjects"):
        raise RequestError(
            f"{folder} is a run of {run['run_id']}, and an edition is base with nothing set: "
            "compare scenarios without --edition"
        )
    return Edition(folder, run)


def _found(before: Edition, after: Edition) -> Difference:
    renamed = after.package["edition"].get("renamed_results", {})
    old = before.results.assign(id=before.results["id"].replace(renamed))
    new = after.results
    units = new.set_index("id")["unit"]
    same = old["id"].isin(new["id"]) & old["unit"].eq(old["id"].map(units))
    told = comparison.side_by_side(old[same], new[new["id"].isin(old["id"][same])])
    labels = new.set_index("id")
    told = told.assign(
        label=told["id"].map(labels["label"]), period_after=told["id"].map(labels["period"])
    )
    rows = records(told)
    printed = [comparison.written(r, "before") != comparison.written(r, "after") for r in rows]
    topics = {source.topic: source for source in notebooks.discover(project.notebooks())}
    reads = {topic: table_reads.of_notebook(source) for topic, source in topics.items()}
    tables = {name: _rows_changed(before, after, name) for name in _names(before, after)}
    tables = {name: changes for name, changes in tables.items() if changes}
    settings = {name: (before.settings[name], after.settings[name]) for name in SETTINGS}
    quoted_before = {tuple(row.values()) for row in before.tables.get("changes", [])}
    return Difference(
        before, after, told.assign(printed=printed), new[~new["id"].isin(told["id"])],
        old[~old["id"].isin(told["id"])], _assumptions(before, after), tables,
        {name: [topic for topic, read in reads.items() if name in read] for name in tables},
        _model(before, after), {n: pair for n, pair in settings.items() if pair[0] != pair[1]},
        [row for row in after.tables.get("changes", []) if tuple(row.values()) not in quoted_before],
        pd.DataFrame(columns=["id", "name", "contribution", "standard_error", "exact"]), "",
    )  # fmt: skip


def _names(before: Edition, after: Edition) -> list[str]:
    """Tables of both, but that of assumptions, which are compared by themselves, and of changes."""
    known = dict.fromkeys([*after.tables, *before.tables])
    return [name for name in known if name not in ("assumptions", "changes")]


def _rows_changed(before: Edition, after: Edition, table: str) -> list[RowChange]:
    described = {r["name"]: r for e in (before, after) for r in e.package["resources"]}[table]
    key = described["schema"].get("primaryKey", [])
    return table_changes.changes(
        before.tables.get(table, []), after.tables.get(table, []), [key] if isinstance(key, str) else key
    )  # fmt: skip


def _assumptions(before: Edition, after: Edition) -> pd.DataFrame:
    """Assumptions that differ: name, label, unit, what (changed, added, removed), before, after, moves."""
    old = {row["name"]: row for row in before.tables["assumptions"]}
    found: list[list[Any]] = []
    for row in after.tables["assumptions"]:
        earlier = [n for n in (row["name"], *row.get("renamed_from", "").split()) if n in old]
        then = old.pop(earlier[0]) if earlier else None
        differ = [n for n in TOLD if then is not None and then.get(n, "") != row.get(n, "")]
        if then is None or differ or then["name"] != row["name"]:
            what = "added" if then is None else "changed" if differ else "renamed"
            moves = any(name in SHAPE for name in differ)
            found.append([row, what, _range(then, differ), _range(row, differ), moves])
    found += [[row, "removed", _range(row, []), "", False] for row in old.values()]
    columns = ["name", "label", "unit", "what", "before", "after", "moves"]
    return pd.DataFrame(
        [[r["name"], r["label"], r["unit"], *rest] for r, *rest in found], columns=columns
    )


def _range(row: Mapping[str, str] | None, differ: Sequence[str]) -> str:
    """Value and range of a row of assumptions, and what else of it differs."""
    if row is None:
        return ""
    interval = f" ({row['low']} to {row['high']})" if row["low"] else ""
    return "; ".join(
        [
            f"{row['value']}{interval}",
            *(f"{n}: {row.get(n, '')}" for n in differ if n not in NUMBERS),
        ]
    )


def moves(table: str, changes: Sequence[RowChange]) -> bool:
    """Whether what changed in a table can move a result: not if it is words alone."""
    return table not in WORDING and not all(
        change.what == "changed" and set(change.columns) <= IN_WORDS for change in changes
    )


def _model(before: Edition, after: Edition) -> list[str]:
    """What of the model differs: the library, pinned packages, code of notebooks, assumptions there are."""
    then, now = before.run["hashes"], after.run["hashes"]
    words = {"lib": "the library", "lock": "the pinned packages"}
    found = [words[part] for part in words if then.get(part) != now.get(part)]
    topics = dict.fromkeys([*before.run["notebooks"], *after.run["notebooks"]])
    return found + [f"{NOTEBOOK}{t}" for t in topics if before.code(t) != after.code(t)]


# What did it ---------------------------------------------------------------------------------


def with_numbers_of(book: Book, one: Edition) -> Book:
    """The book with the numbers that an edition gave its assumptions, those that it did not have as they are."""
    given = {row["name"]: row for row in one.tables["assumptions"]}
    rows = dict(book.stored)
    for name, row in book.stored.items():
        then = next((given[n] for n in (name, *row.renamed_from) if n in given), None)
        if then is not None:
            low, high = (float(then[n]) if then[n] else None for n in ("low", "high"))
            shape = then["distribution"]
            rows[name] = replace(
                row, value=float(then["value"]), low=low, high=high, distribution=shape
            )
    return replace(book, rows=rows)


def _attributed(found: Difference) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """What changed assumptions did, by this library; the results that it holds for; why no more."""
    nothing = found.attribution, found.told.iloc[:0], ""
    if not found.assumptions["moves"].any():
        return nothing
    book = read_book()
    then, now = (conditioned(with_numbers_of(book, one)) for one in (found.before, found.after))
    asked = [evaluate.headline_results(each, keep=remembered) for each in (then, now)]
    if not len(asked[0]):
        return *nothing[:2], "this library gives none of the results without a kernel"
    told = comparison.side_by_side(*asked)
    printed = found.told.set_index("id")["after"]
    off = (told["after"] - told["id"].map(printed)).abs() > PRINTED * told["after"].abs()
    held = told[~off & told["id"].isin(printed.index)]
    if not len(held):
        return *nothing[:2], "this library gives other numbers than the later edition"
    shares = comparison.attribution(then, now, told)
    why_not = (
        f"of {int(off.sum())} results this library gives other numbers than the later edition"
        if off.any()
        else ""
    )
    return shares[shares["id"].isin(held["id"])], held, why_not


def _why(found: Difference, row: Mapping[str, Any], held: pd.DataFrame) -> str:
    """What a result's change is owed to, the largest first, in words."""
    if not row["moved"]:
        return ""
    possible = _possible(found, row["topic"])
    parts = found.attribution[found.attribution["id"] == row["id"]]
    asked = held.set_index("id")["change"]
    told: list[tuple[float, str]] = []
    rest = row["change"]
    if row["id"] in asked.index:
        rest -= asked[row["id"]]
        possible.remove("assumptions")
        told = [(part["contribution"], in_words(part["name"])) for part in records(parts)]
        if not len(parts) and asked[row["id"]]:
            told = [(asked[row["id"]], "assumptions")]
    if pd.isna(row["change"]) or abs(rest) > PRINTED * max(abs(row["before"]), abs(row["after"])):
        told.append((rest, " or ".join(possible) or "nothing that the editions say"))
    told = sorted(((part, words) for part, words in told if part), key=lambda each: -abs(each[0]))
    return "; ".join(
        f"{words} ({in_its_unit(row, part)})" if len(told) > 1 else words
        for part, words in told[:3]
    )


def _possible(found: Difference, topic: str) -> list[str]:
    """What can have moved a topic's results: of settings, assumptions, data and model what differs."""
    read = [
        n for n, topics in found.readers.items() if topic in topics and moves(n, found.tables[n])
    ]
    own = f"{NOTEBOOK}{topic}"
    shared = [part for part in found.model if not part.startswith(NOTEBOOK)]
    candidates = {
        "settings": bool(found.settings.keys() - {"as_of"}),  # results are dated by evidence_to
        "assumptions": bool(found.assumptions["moves"].any()),
        "data": bool(read),
        "model": bool(shared)
        or own in found.model
        or found.assumptions["what"].isin(["added", "removed"]).any(),
    }
    return [name for name, differs in candidates.items() if differs]
