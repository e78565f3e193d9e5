"""Compares two cases, scenarios or finished runs, as a page, tables and a few lines; no kernel."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from token_economics import project
from token_economics.answers import comparison, evaluate
from token_economics.answers.store import remembered
from token_economics.book import scenarios
from token_economics.book.assumption import Assumption
from token_economics.book.assumptions import Book, override, read_book
from token_economics.headlines import rows as headline
from token_economics.headlines.market.conditioning import conditioned
from token_economics.headlines.rows import Quantity
from token_economics.methods import rounding
from token_economics.project import RequestError, fingerprint, folders
from token_economics.report.run import results as contract

ATTRIBUTION = ["id", "name", "contribution", "standard_error", "exact"]
KEY_RESULTS = 6
LEADING = 2
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Case:
    """One side: its results and its market; the book where this library can evaluate it again.

    ``why_not`` says why there is no book.
    """

    name: str
    title: str
    story: str
    results: pd.DataFrame
    market: pd.DataFrame
    overrides: Mapping[str, Any]
    book: Book | None
    why_not: str = ""


@dataclass(frozen=True)
class Comparison:
    """Both cases, what differs, and what did it; ``attribution`` is empty where nobody can say."""

    before: Case
    after: Case
    told: pd.DataFrame
    key: pd.DataFrame
    changes: pd.DataFrame
    attribution: pd.DataFrame
    why_not: str


def compare(
    first: str,
    second: str,
    *,
    changes: Mapping[str, Any] | None = None,
    progress: Progress = lambda _: None,
) -> Comparison:
    """Two cases by scenario name, scenario file or folder of a finished run.

    ``changes`` are set on top of the second one.

    Raises `RequestError`: unknown case or assumption, changes on top of a finished run, or two
    equal cases.
    """
    before, after = _case(first, {}), _case(second, changes or {})
    why_not = before.why_not or after.why_not
    if before.book and after.book and (before.book.seed, before.book.n_draws) != (
        after.book.seed, after.book.n_draws
    ):  # fmt: skip
        why_not = "the two cases were drawn with different seeds or numbers of draws"
    told = comparison.side_by_side(before.results, after.results)
    found = pd.DataFrame(columns=ATTRIBUTION)
    if not why_not and before.book and after.book:
        if not comparison.changed_names(before.book, after.book):
            raise RequestError(
                f"{first} and {second} assume the same; change something, for example with --set"
            )
        found = _attributed(before.book, after.book, told, progress)
    key = comparison.key_results(told, found, KEY_RESULTS)
    return Comparison(before, after, told, key, _changes(before, after), found, why_not)


def _attributed(before: Book, after: Book, told: pd.DataFrame, say: Progress) -> pd.DataFrame:
    """The change shared out, kept for the next time that the same two books are compared."""
    books = [[replace(row, set_by="") for row in book.rows.values()] for book in (before, after)]
    printed = told[["id", "before", "before_low", "after"]].to_csv(index=False)
    key = hashlib.sha256(f"{books} {printed}".encode()).hexdigest()[:16]

    def compute(_: Book) -> list[dict[str, object]]:
        return records(comparison.attribution(before, after, told, say=say))

    return pd.DataFrame(remembered(f"comparison-{key}", after, compute), columns=ATTRIBUTION)


def _case(name: str, changes: Mapping[str, Any]) -> Case:
    folder = Path(name)
    if not folders.is_run(folder) and folders.is_run(project.reports() / name):
        folder = project.reports() / name
    known = name in scenarios.names() or name.endswith((".yaml", ".yml"))
    if not known and folders.is_run(folder):
        if changes:
            raise RequestError(f"{name} is a finished run: set assumptions on a scenario instead")
        return _finished(folder)
    if not known and folder.is_dir():
        raise RequestError(f"{name} is a folder without {folders.RUN_FILE}: no run of ours")
    scenario = scenarios.load(name)
    book = conditioned(scenarios.apply(scenario, changes))
    return Case(
        scenarios.run_id(book, scenario), scenario.title, scenario.story,
        evaluate.headline_results(book, keep=remembered), evaluate.market_path(book),
        book.overrides, book,
    )  # fmt: skip


def _finished(folder: Path) -> Case:
    """A finished run as it was published; its book if this library and these data made it."""
    described = json.loads((folder / folders.RUN_FILE).read_text(encoding="utf-8"))
    now, then = fingerprint.hashes(), described["hashes"]
    other = [part for part in ("lib", "data") if then.get(part) != now[part]]
    names = {"lib": "another version of the library", "data": "other data"}
    why_not = f"the run {described['run_id']} was made by {' and '.join(names[o] for o in other)}"
    book = None
    if not other:
        settings = {name: described[name] for name in ("as_of", "seed", "n_draws")}
        book = conditioned(override(read_book(), described["overrides"], **settings))
        why_not = ""
    results = pd.read_csv(folder / "results.csv", keep_default_na=False, na_values={
        name: [""] for name in ("value", "low", "high", "level")})  # fmt: skip
    return Case(
        described["run_id"], described["scenario_title"], described.get("scenario_story", ""),
        results, pd.read_csv(folder / "market.csv"), described["overrides"], book, why_not,
    )  # fmt: skip


def _changes(before: Case, after: Case) -> pd.DataFrame:
    """Assumptions that differ: name, label, unit, and both values as given."""
    book = before.book or after.book or read_book()
    if before.book and after.book:
        names = comparison.changed_names(before.book, after.book)
    else:
        either = {**before.overrides, **after.overrides}
        names = [n for n in either if before.overrides.get(n) != after.overrides.get(n)]
    rows = []
    for name in names:
        row = book.stored.get(name)
        told = [_setting(case, name, row) for case in (before, after)]
        rows.append(
            {
                "name": name,
                "label": row.label if row else "",
                "unit": row.unit if row else "",
                "before": told[0],
                "after": told[1],
            }
        )
    return pd.DataFrame(rows, columns=["name", "label", "unit", "before", "after"])


def _setting(case: Case, name: str, stored: Assumption | None) -> str:
    if case.book is not None:
        row = case.book.rows[name]
    elif name in case.overrides or stored is None:
        given = case.overrides.get(name, "not in the book")
        return f"{given[0]:g} to {given[1]:g}" if isinstance(given, list) else f"{given}"
    else:
        row = stored
    interval = "" if row.low is None else f" ({row.low:g} to {row.high:g})"
    return f"{row.value:.3g}{interval}"


def sentences(found: Comparison) -> list[str]:
    """What a reader must know first: how much differs, what moved most, and what did it."""
    moved, count = int(found.told["moved"].sum()), len(found.changes)
    plural = "" if count == 1 else "s"
    lines = [
        f"{capital(found.after.name)} differs from {found.before.name} in {count} assumption{plural}; "
        f"{moved} of {len(found.told)} headline results move."
    ]
    for row in records(found.key.head(LEADING)):
        lines.append(
            f"{label(row)}: from {comparison.written(row, 'before', 'v')} to "
            f"{comparison.written(row, 'after', 'v')}{_by(found, row)}."
        )
    return lines


def capital(name: str) -> str:
    return name[:1].upper() + name[1:].replace("_", " ")


def _by(found: Comparison, row: Mapping[str, Any]) -> str:
    leading = comparison.leading(found.attribution, row["id"], LEADING)
    if not leading:
        return ""
    told = " and ".join(
        f"{headline.in_words(name)} ({in_its_unit(row, part)})" for name, part in leading
    )
    return f", chiefly through {told}"


def in_its_unit(row: Mapping[str, Any], part: float) -> str:
    """A contribution with its sign in the result's unit; of a share, percentage points."""
    quantity = Quantity({**row, "value": part, "low": None, "high": None, "status": "ok"})
    sign = "+" if part > 0 else ""
    unit = " points" if row["unit"] == "share" else ""
    return f"{sign}{quantity:n}{unit}"


def label(row: Mapping[str, Any]) -> str:
    return f"{row['label']}, {row['period']}" if row["period"] else str(row["label"])


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def behind(found: Comparison, row: Mapping[str, Any]) -> str:
    """What did most of a result's change, with how much; nothing where it is not attributed."""
    leading = comparison.leading(found.attribution, row["id"], LEADING)
    return "; ".join(
        f"{headline.in_words(name)} {in_its_unit(row, part)}" for name, part in leading
    )


def in_words(found: Comparison, told: pd.DataFrame) -> pd.DataFrame:
    """Results in words: result, before, after, and what did most of it."""
    rows = [
        {
            "result": label(row),
            "before": comparison.written(row, "before"),
            "after": comparison.written(row, "after"),
            "by": behind(found, row),
        }
        for row in records(told)
    ]
    return pd.DataFrame(rows, columns=["result", "before", "after", "by"])


def as_text(found: Comparison) -> str:
    """A few lines for the terminal."""
    lines = sentences(found)[:1]
    if found.why_not:
        lines.append(f"Not attributed: {found.why_not}.")
    for row in records(in_words(found, found.key)):
        lines.append(f"{row['result']}: {row['before']} -> {row['after']}")
        if row["by"]:
            lines.append(f"    {row['by']}")
    still = int((~found.told["moved"]).sum())
    lines.append(f"{still} headline results do not move.")
    return "\n".join(lines)


def as_json(found: Comparison) -> str:
    """Everything as one JSON object."""
    described = description(found)
    described["results"] = rounding.plain_values(found.told)
    described["attribution"] = rounding.plain_values(found.attribution)
    return json.dumps(described, indent=1, ensure_ascii=False)


def description(found: Comparison) -> dict[str, Any]:
    return {
        "schema_version": contract.SCHEMA_VERSION,
        "compared": [found.before.name, found.after.name],
        "attributed": not found.why_not,
        "why_not_attributed": found.why_not,
        "changes": rounding.plain_values(found.changes),
        "hashes": fingerprint.hashes(),
    }
