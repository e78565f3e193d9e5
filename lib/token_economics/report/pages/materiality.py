"""How much each assumption matters, as the summary of the base report printed it.

Computing it takes a market solved for each assumption, so whoever lists assumptions reads what is published, and says how to
get it where nothing is.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from token_economics.book.assumption import Assumption
from token_economics.book.assumptions import Book, unknown
from token_economics.project import RequestError

TABLE = "materiality"
HOW_TO_GET_IT = "how much each one matters stands in the base report: token-economics build"


@dataclass(frozen=True)
class Matters:
    """One assumption: the headline result that it moves most, and by how much of its variance."""

    result: str
    share: float
    material: bool

    def __str__(self) -> str:
        if not self.material:
            return "immaterial: it moves no headline result by a hundredth of its variance"
        return f"matters: up to {100 * min(self.share, 1.0):.2g} % of a headline's variance ({self.result})"


def published(report: Path) -> Mapping[str, Matters]:
    """By name of the assumption, from a report's folder; nothing where it holds no such table."""
    path = report / "tables" / f"summary.{TABLE}.csv"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["name"]: Matters(row["result"], float(row["effect"]), row["material"] == "yes")
            for row in csv.DictReader(file)
            if "effect" in row  # editions before 30 November 2026 printed other effects
        }


def told(book: Book, name: str | None, *, report: Path, as_json: bool) -> tuple[str, bool]:
    """The book, or one row of it, for the terminal; and whether the report weighs all of it.

    Raises `RequestError`: if there is no assumption of that name; names the nearest.
    """
    if name and name not in book:
        raise RequestError(unknown(name, book.rows))
    rows, weighed = [book.row(name)] if name else list(book.rows.values()), published(report)
    text = _as_json(rows, weighed) if as_json else _as_text(rows, weighed, whole=bool(name))
    return text, as_json or all(row.name in weighed for row in rows)


def described(matters: Matters | None) -> dict[str, object]:
    """How much an assumption matters, for JSON; null where no report says it."""
    names = {"material": "material", "moves_most": "result", "effect": "share"}
    return {told: getattr(matters, name, None) for told, name in names.items()}


def _as_text(rows: Iterable[Assumption], weighed: Mapping[str, Matters], *, whole: bool) -> str:
    """Assumptions as lines, immaterial ones marked; with ``whole``, all that the book says of each."""
    lines = []
    for row in rows:
        interval = "" if row.low is None else f" [{row.low:g}, {row.high:g}]"
        matters = weighed.get(row.name)
        mark = "" if whole or matters is None or matters.material else " (immaterial)"
        lines.append(f"{row.name} = {row.value:g}{interval} {row.unit}: {row.label}{mark}")
        if whole:
            lines += [
                f"  allowed: {row.hard_min:g} to {row.hard_max:g}; shape: {row.distribution}",
                f"  basis: {row.basis}; source: {row.source_id}; topics: {', '.join(row.topics)}",
                f"  {row.rationale}",
                *([] if matters is None else [f"  {matters}"]),
            ]
    return "\n".join(lines)


def _as_json(rows: Iterable[Assumption], weighed: Mapping[str, Matters]) -> str:
    """Assumptions with all that the book says of each, and how much it matters."""
    told = [{**vars(row), **described(weighed.get(row.name))} for row in rows]
    return json.dumps(told, indent=1, ensure_ascii=False)
