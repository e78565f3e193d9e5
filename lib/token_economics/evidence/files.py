"""A table's file as rows of text, each with its row as the user counts them; the header is row 1.

Our own files are read as they stand. In a user's file the marks of a spreadsheet's export are
undone where they can mean one thing only: a byte-order mark, semicolons or tabs, blank rows and
columns, ``52,000``, ``9,6``, ``Apr-26``. What could mean two things is a problem, said in words.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar, overload

from token_economics.evidence import export_cells

UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
PERIODS = ("period", "stated", "as_of", "published", "accessed")
FILES_KEPT = 80
BATCH = 4096  # rows that are taken apart at a time
Fault = TypeVar("Fault")


class Rows(Sequence[dict[str, str]]):
    """Rows of text held by column: a column is there at once, a row is made when it is asked for.

    A hundred thousand rows hold few different cells in most columns, so what is asked of every row
    is asked of each set of cells once (`faults`).
    """

    def __init__(self, columns: Mapping[str, Sequence[str]]) -> None:
        self.columns = columns
        self._distinct: dict[str, frozenset[str]] = {}

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, str]]) -> Rows:
        """The same rows, which all have the columns of the first."""
        return cls({name: [row[name] for row in rows] for name in (rows[0] if rows else ())})

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    @overload
    def __getitem__(self, at: int) -> dict[str, str]: ...
    @overload
    def __getitem__(self, at: slice) -> Rows: ...
    def __getitem__(self, at: int | slice) -> dict[str, str] | Rows:
        if isinstance(at, slice):
            return Rows({name: cells[at] for name, cells in self.columns.items()})
        return {name: cells[at] for name, cells in self.columns.items()}

    def __iter__(self) -> Iterator[dict[str, str]]:
        names = list(self.columns)
        return (dict(zip(names, cells, strict=True)) for cells in self.records(names))

    def __add__(self, others: Rows) -> Rows:
        joined = {name: [*cells, *others.columns[name]] for name, cells in self.columns.items()}
        return Rows(joined)

    def records(self, names: Iterable[str]) -> Iterator[tuple[str, ...]]:
        """Cells of the named columns, row by row."""
        return zip(*(self.columns[name] for name in names), strict=True)

    def distinct(self, name: str) -> frozenset[str]:
        """The different cells of a column."""
        if name not in self._distinct:
            self._distinct[name] = frozenset(self.columns[name])
        return self._distinct[name]

    def faults(
        self,
        names: Sequence[str],
        look: Callable[..., Iterable[Fault]],
        among: Callable[[tuple[str, ...]], object] | None = None,
    ) -> Iterator[tuple[int, Fault]]:
        """Position and fault of each row in which ``look``, given these cells, finds some.

        Each set of cells that occurs is looked at once, however many rows hold it; only where
        ``among`` says so.
        """
        found_in = zip(self.distinct(*names)) if len(names) == 1 else self.records(names)
        held = set(filter(among, found_in))
        wrong = {cells: found for cells in held if (found := [*look(*cells)])}
        if wrong:
            for at, cells in enumerate(self.records(names)):
                for fault in wrong.get(cells, ()):
                    yield at, fault


@dataclass(frozen=True)
class Sheet:
    """Rows of a file by column, where each stands, and what keeps the file from being read.

    ``problems`` are pairs of a place in the file and of words; with any, the rows are not to be used.
    """

    rows: Rows = field(default_factory=lambda: Rows({}))
    numbers: Sequence[int] = ()
    problems: tuple[tuple[str, str], ...] = ()


def columns(described: Mapping[str, Any]) -> list[str]:
    """Names of a table's columns, in their order."""
    return [field["name"] for field in described["schema"]["fields"]]


def read(content: bytes, described: Mapping[str, Any], *, exported: bool) -> Sheet:
    """The rows of a file; ``exported`` if a spreadsheet may have written it."""
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
    _, problem = _decoded(content)
    if problem:
        return Sheet(problems=(problem,))
    records = list(_records(content, ","))
    problems = _header_problems(records, wanted) or _shape_problems(records, len(wanted))
    if problems:
        return Sheet(problems=tuple(problems))
    return Sheet(Rows(_by_column(wanted, records[1:])), range(2, len(records) + 1))


@lru_cache(maxsize=FILES_KEPT)
def _read_export(content: bytes, kinds: tuple[tuple[str, str], ...]) -> Sheet:
    wanted, content = [name for name, _ in kinds], content.removeprefix(UTF8_MARK)
    text, problem = _decoded(content)
    if problem:
        return Sheet(problems=(problem,))
    separator = _separator(text)
    records = _records(content, separator)
    header = [cell.strip() for cell in next(records, [])]
    problems = _header_problems([_without_blank_end(header)], wanted)
    if problems:
        return Sheet(problems=tuple(problems))
    by_column: dict[str, list[str]] = {name: [] for name in wanted}
    places: list[int] = []
    known = {name: dict[str, str]() for name in wanted}
    given = _given(records, len(wanted), full=len(header))
    while batch := list(itertools.islice(given, BATCH)):
        problems += [
            (f"row {n}", _width(len(cells), len(wanted)))
            for n, cells in batch
            if len(cells) != len(wanted)
        ]
        if not problems:
            places += [n for n, _ in batch]
            for name, cells in _by_column(wanted, [cells for _, cells in batch]).items():
                # a cell that is held already is held once
                by_column[name].extend(map(known[name].setdefault, cells, map(str.strip, cells)))
    if problems:
        return Sheet(problems=tuple(problems))
    faults = _undo_marks(by_column, kinds, separator)
    problems = [(f"row {places[at]}, column {name}", words) for at, name, words in sorted(faults)]
    return Sheet(Rows(by_column), places, tuple(problems))


def _given(
    records: Iterable[list[str]], width: int, *, full: int
) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, with their number, without the blank ends that a sheet adds.

    A sheet's rows are as wide as its header, ``full``.
    """
    for n, record in enumerate(records, start=2):
        if len(record) == width and record[0].strip():
            yield n, record
        elif any(cells := [cell.strip() for cell in record]):
            yield n, _without_blank_end(cells, keep=width) if width < len(cells) <= full else cells


def _by_column(names: list[str], records: list[list[str]]) -> dict[str, Sequence[str]]:
    """Cells of records, all as wide as there are names, column by column."""
    cells = zip(*records, strict=True) if records else [()] * len(names)
    return dict(zip(names, cells, strict=True))


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
        if any(cell != plain for cell, (plain, _) in known.items()):
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


def _records(content: bytes, separator: str) -> Iterator[list[str]]:
    lines = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="")
    return csv.reader(lines, delimiter=separator)


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
