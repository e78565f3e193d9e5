"""A table's file as rows of text, each with its row as the user counts them; the header is row 1.

Our own files are read as they stand. In a user's file the marks of a spreadsheet's export are
undone where they can mean one thing only: a byte-order mark, semicolons or tabs, blank rows and
columns, ``52,000``, ``9,6``, ``Apr-26``. What could mean two things is a problem, said in words.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from token_economics.evidence import export_cells

UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
PERIODS = ("period", "stated", "as_of", "published", "accessed")
FILES_KEPT = 80


@dataclass(frozen=True)
class Sheet:
    """Rows of a file by column, where each stands, and what keeps the file from being read.

    ``problems`` are pairs of a place in the file and of words; with any, the rows are not to be used.
    """

    rows: tuple[dict[str, str], ...] = ()
    numbers: tuple[int, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()


def columns(described: Mapping[str, Any]) -> list[str]:
    """Names of a table's columns, in their order."""
    return [field["name"] for field in described["schema"]["fields"]]


def read(content: bytes, described: Mapping[str, Any], *, exported: bool) -> Sheet:
    """The rows of a file; ``exported`` if a spreadsheet may have written it.

    The rows are known ones, shared between calls: they are not to be written to.
    """
    fields = described["schema"]["fields"]
    kinds = tuple((field["name"], _kind(field)) for field in fields)
    return (_read_export if exported else _read_own)(content, kinds)


def _kind(field: Mapping[str, Any]) -> str:
    if field["type"] in ("number", "integer"):
        return "number"
    return "date" if field["type"] == "date" or field["name"] in PERIODS else "text"


@lru_cache(maxsize=FILES_KEPT)
def _read_own(content: bytes, kinds: tuple[tuple[str, str], ...]) -> Sheet:
    wanted = [name for name, _ in kinds]
    text, problem = _decoded(content)
    if problem:
        return Sheet(problems=(problem,))
    records = _records(text, ",")
    problems = _header_problems(records, wanted) or _shape_problems(records, len(wanted))
    if problems:
        return Sheet(problems=tuple(problems))
    rows = tuple(dict(zip(wanted, cells, strict=True)) for cells in records[1:])
    return Sheet(rows, tuple(range(2, len(records) + 1)))


@lru_cache(maxsize=FILES_KEPT)
def _read_export(content: bytes, kinds: tuple[tuple[str, str], ...]) -> Sheet:
    wanted = [name for name, _ in kinds]
    text, problem = _decoded(content.removeprefix(UTF8_MARK))
    if problem:
        return Sheet(problems=(problem,))
    separator = _separator(text)
    records = [[cell.strip() for cell in cells] for cells in _records(text, separator)]
    full = len(records[0]) if records else 0  # a sheet's rows are as wide as its header
    if records:
        records[0] = _without_blank_end(records[0])
    problems = _header_problems(records, wanted)
    if problems:
        return Sheet(problems=tuple(problems))
    numbered = [(n, cells) for n, cells in enumerate(records[1:], start=2) if any(cells)]
    given = [
        _without_blank_end(cells, keep=len(wanted)) if len(cells) <= full else cells
        for _, cells in numbered
    ]
    places = [n for n, _ in numbered]
    problems = [
        (f"row {n}", _width(len(cells), len(wanted)))
        for n, cells in zip(places, given, strict=True)
        if len(cells) != len(wanted)
    ]
    if problems:
        return Sheet(problems=tuple(problems))
    by_column = {name: [cells[at] for cells in given] for at, name in enumerate(wanted)}
    faults = _undo_marks(by_column, kinds, separator)
    problems = [(f"row {places[at]}, column {name}", words) for at, name, words in sorted(faults)]
    rows = tuple(
        dict(zip(wanted, cells, strict=True))
        for cells in zip(*(by_column[name] for name in wanted), strict=True)
    )
    return Sheet(rows, tuple(places), tuple(problems))


def _undo_marks(
    by_column: dict[str, list[str]], kinds: Iterable[tuple[str, str]], separator: str
) -> list[tuple[int, str, str]]:
    """Write numbers and periods the plain way, in place; position, column and words of the rest."""
    numeric = [name for name, kind in kinds if kind == "number"]
    dated = [name for name, kind in kinds if kind == "date"]
    mark = export_cells.decimal_mark(
        {cell for name in numeric for cell in by_column[name]}, separator=separator
    )
    readings = dict.fromkeys(numeric, mark.number) | dict.fromkeys(dated, export_cells.period)
    faults = []
    for name, reading in readings.items():
        known = {cell: reading(cell) for cell in set(by_column[name])}
        if any(words for _, words in known.values()):
            cells = enumerate(by_column[name])
            faults += [(at, name, known[cell][1]) for at, cell in cells if known[cell][1]]
        by_column[name] = [known[cell][0] for cell in by_column[name]]
    return faults


def _decoded(content: bytes) -> tuple[str, tuple[str, str] | None]:
    """The text, or why there is none: the place and the words."""
    if content.startswith(UTF16_MARKS):
        return "", ("row 1", "the file is UTF-16; save it as CSV in UTF-8")
    try:
        return content.decode("utf-8"), None
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start : error.start + 1].hex()
        return "", (f"row {row}", f"found byte 0x{byte}; the file must be UTF-8")


def _separator(text: str) -> str:
    """What separates the cells of the header: a comma unless it has none but another mark."""
    header = text.partition("\n")[0]
    others = [mark for mark in export_cells.SEPARATORS if mark in header]
    return others[0] if others else ","


def _records(text: str, separator: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def _without_blank_end(cells: list[str], keep: int = 0) -> list[str]:
    """Cells without the empty ones beyond the last column that a spreadsheet adds."""
    end = len(cells)
    while end > keep and not cells[end - 1]:
        end -= 1
    return cells[:end]


def _header_problems(records: Sequence[list[str]], wanted: list[str]) -> list[tuple[str, str]]:
    found = records[0] if records else []
    if found == wanted:
        return []
    if not found:
        names = ", ".join(wanted)
        return [("row 1", f"found nothing; the first row names the columns {names}")]
    stray = [
        (f"row 1, column {name}", f"found {name!r}; datapackage.json describes no such column")
        for name in dict.fromkeys(found)
        if name not in wanted or found.count(name) > 1
    ]
    missing = [
        (f"row 1, column {name}", "found no such column; datapackage.json asks for it")
        for name in wanted
        if name not in found
    ]
    order = f"found the columns {', '.join(found)}; the order is {', '.join(wanted)}"
    return stray + missing or [("row 1", order)]


def _shape_problems(records: Sequence[list[str]], width: int) -> list[tuple[str, str]]:
    return [
        (f"row {n}", _width(len(cells), width) if cells else "found a blank row; remove it")
        for n, cells in enumerate(records[1:], start=2)
        if len(cells) != width
    ]


def _width(found: int, wanted: int) -> str:
    hint = ""
    if found > wanted:
        hint = '; a comma inside a cell, as in "52,000" or in a sentence, needs quotes around it'
    return f"found {found} cells, the header has {wanted}{hint}"
