"""The tables of a project with the addresses of their pages, series and rows.

A row's permalink is made of its primary key, so that it survives new rows; it is the same in
every run.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from token_economics.evidence import tables
from token_economics.evidence.references import references
from token_economics.evidence.rules import Bundle, Row, members
from token_economics.headlines.rows import CALENDAR_YEAR

EVIDENCE, SOURCES, CONTRADICTIONS, CLAIMS, PREDICTIONS, GLOSSARY, QUESTIONS = (
    f"{name}.html"
    for name in (
        "evidence", "sources", "contradictions", "claims", "predictions", "glossary", "questions"
    )
)  # fmt: skip
OWN_PAGES = {"sources": SOURCES, "claims": CLAIMS, "predictions": PREDICTIONS,
             "contradictions": CONTRADICTIONS, "assumptions": "assumptions.html",
             "changes": EVIDENCE, "glossary": GLOSSARY, "questions": QUESTIONS}  # fmt: skip

MOST_ROWS = 450  # of a page of a table
LICENCES = {"quote": "Figures quoted", "own": "Our own", "public-domain": "Public domain"}
ABBREVIATIONS = {
    word.lower(): word
    for word in (
        "AI", "API", "CPI", "CPU", "DDR4", "DRAM", "ECI", "FRED", "GDP", "GPQA", "GPU", "H100",
        "H100e", "HBM", "LLM", "MMLU", "Mtok", "PC", "PMIC", "TFP", "TWD", "US", "USD",
    )
} | {"aa": "Artificial Analysis"}  # fmt: skip


class Ledger(Bundle):
    """The tables of the project with their addresses."""

    @classmethod
    def read(cls) -> Ledger:
        """The project's tables as they stand."""
        return cls(tables.package(), {table: tables.raw_rows(table) for table in tables.tables()})

    @cached_property
    def own_from(self) -> Mapping[str, int]:
        """Where the user's own rows begin in each table: they come after the project's."""
        return {table: len(self.of(table)) - tables.own_rows(table) for table in self.described}

    @cached_property
    def publishers(self) -> Mapping[str, str]:
        """Who published each source."""
        return {row["id"]: row["publisher"] for row in self.of("sources")}

    def subpages(self) -> list[dict[str, str]]:
        """The pages of the evidence that this project has."""
        names = {"evidence": "Tables", "sources": "Sources", "contradictions": "Contradictions",
                 "claims": "Claims and verdicts", "predictions": "Predictions"}  # fmt: skip
        return [
            {"href": f"{name}.html", "title": title}
            for name, title in names.items()
            if name == "evidence" or self.of(name)
        ]

    def shown_tables(self) -> list[str]:
        """Tables with a page of rows."""
        return [name for name in self.described if name not in OWN_PAGES]

    def page(self, table: str, part: int = 1) -> str:
        """File of the page that shows a table, or a part of a long one."""
        stem = Path(self.described[table]["path"]).stem
        later = f"_{part}" if part > 1 else ""
        return OWN_PAGES.get(table, f"evidence_{stem}{later}.html")

    @cached_property
    def parts(self) -> Mapping[str, Mapping[tuple[str, ...], int]]:
        """Part of each series of each table: a page holds `MOST_ROWS`, or one series that is longer."""
        found = {}
        for table in self.shown_tables():
            counted = Counter(self.series_key(table, row) for row in self.of(table))
            part, held, placed = 1, 0, dict[tuple[str, ...], int]()
            for key, rows in counted.items():
                if held and held + rows > MOST_ROWS:
                    part, held = part + 1, 0
                placed[key], held = part, held + rows
            found[table] = placed
        return found

    def page_of(self, table: str, row: Row) -> str:
        """File of the page that shows a row of a table."""
        placed = self.parts.get(table)
        return self.page(table, placed[self.series_key(table, row)] if placed else 1)

    def series_key(self, table: str, row: Row) -> tuple[str, ...]:
        """What rows are grouped by: entity and variable, or the thing a wide table is about."""
        if self.described[table]["kind"] == "series":
            return row["entity"], row["variable"]
        return (row[self.first_column(table)],)

    def first_column(self, table: str) -> str:
        """The column that says what a row of the table is about."""
        if self.described[table]["kind"] == "series":
            return "entity"
        fields = self.described[table]["schema"]["fields"]
        types: dict[str, str] = {field["name"]: field["type"] for field in fields}
        keys: list[str] = self.described[table]["schema"]["primaryKey"]
        return next(name for name in (*keys, *types) if types[name] != "date")

    def row_href(self, table: str, position: int) -> str:
        """Permalink of a row."""
        row = self.of(table)[position]
        if table in ("sources", "claims", "predictions", "assumptions"):
            kind = {"sources": "source"}.get(table, table.removesuffix("s"))
            return f"{OWN_PAGES[table]}#{kind}-{row.get('id') or row.get('name')}"
        return f"{self.page_of(table, row)}#{row_id(self.described[table], row)}"

    def series_href(self, table: str, row: Row) -> str:
        """Permalink of all rows of one series."""
        return f"{self.page_of(table, row)}#{series_id(self.series_key(table, row))}"

    def evidence_links(self, cell: str) -> list[dict[str, str]]:
        """The rows behind a claim or a prediction, as links to their series."""
        links = []
        for reference in references(cell):
            found = self.behind(reference)
            if not found:
                continue
            row = self.of(reference.table)[found[0]]
            words = words_of(reference.variable)
            links.append(
                {
                    "href": self.series_href(reference.table, row),
                    "label": f"{reference.entity}, {words}",
                }
            )
        return links

    def source_links(self, cell: str) -> list[dict[str, str]]:
        """Sources of a row as links."""
        return [
            {"id": i, "href": f"{SOURCES}#source-{i}", "label": self.publishers.get(i, i)}
            for i in cell.split()
        ]

    @cached_property
    def disputes(self) -> Mapping[tuple[str, int], Row]:
        """The contradiction that a row or a claim is part of, by table and position."""
        return {member: row for row in self.of("contradictions") for member in members(self, row)}

    @cached_property
    def statements(self) -> Mapping[tuple[str, ...], list[int]]:
        """Positions of the rows that say something of one thing at one time."""
        found: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for table in self.shown_tables():
            if self.described[table]["kind"] == "series":
                for at, row in enumerate(self.of(table)):
                    found[table, row["entity"], row["variable"], row["period"]].append(at)
        return found


def words_of(identifier: str) -> str:
    """A column, a variable or a topic as words, its abbreviations as they are written."""
    return " ".join(ABBREVIATIONS.get(word, word) for word in re.split("[_-]", identifier))


def slug(text: str) -> str:
    """Lower-case letters and digits, the rest as hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _identity(prefix: str, key: Sequence[str]) -> str:
    """A readable id; a short hash keeps apart keys that read the same."""
    readable = slug("-".join(part for part in key if part))
    return f"{prefix}-{readable}-{hashlib.sha256('|'.join(key).encode()).hexdigest()[:4]}"


def row_id(described: Mapping[str, Any], row: Row) -> str:
    """Id of a row on its page: its primary key."""
    return _identity("row", [row[key] for key in described["schema"]["primaryKey"]])


def series_id(key: Sequence[str]) -> str:
    """Id of the rows of one series on their page."""
    return _identity("series", key)


def readable(number: str) -> str:
    """A stored number as it was written, thousands separated, with a true minus sign."""
    match = re.fullmatch(r"(-?)(\d+)(\.\d+)?", number)
    if match is None:
        return number.replace("-", "\N{MINUS SIGN}")
    sign, whole, rest = match.groups()
    return ("\N{MINUS SIGN}" if sign else "") + f"{int(whole):,}" + (rest or "")


def figure_text(row: Row) -> str:
    """Value, or range, or both, as stored; a year is a date and has no thousands."""
    written = str if row["unit"] == CALENDAR_YEAR else readable
    interval = (
        f"{written(row['low'])} to {written(row['high'])}" if row["low"] and row["high"] else ""
    )
    if row["value"] and interval:
        return f"{written(row['value'])} ({interval})"
    return written(row["value"]) or interval


def with_unit(row: Row) -> str:
    """The figure with its unit."""
    figure = figure_text(row)
    return f"{figure} {row['unit']}" if figure and row["unit"] != CALENDAR_YEAR else figure
