"""Numbers and periods as spreadsheets write them, turned into plain ones where they mean one thing.

Every reading gives a pair: the plain text, and words if the cell could mean two things. What is no
number or period at all is handed back as it is, for the schema to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

PLAIN = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", re.ASCII)
THOUSANDS_SPACE = re.compile(r"(?<=\d)[ \u00a0\u202f\u2009'\u2019](?=\d{3}(?!\d))")
GROUPED = {
    ".": re.compile(r"-?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?"),
    ",": re.compile(r"-?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?"),
}  # fmt: skip
MINUS = "\N{MINUS SIGN}"
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
NUMBERED = (
    r"(?P<year>\d{4})-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?(?:[ T]00:00(?::00(?:\.0+)?)?)?",
    r"(?P<year>\d{4})/(?P<month>\d{1,2})(?:/(?P<day>\d{1,2}))?",
    r"(?P<month>\d{1,2})/(?P<year>\d{4})",
    r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})",
)
NAMED = (
    r"(?P<month>[A-Za-z]{3,9})\.?[-\s/]?(?P<year>\d{4}|\d{2})",
    r"(?P<day>\d{1,2})[-\s](?P<month>[A-Za-z]{3,9})\.?[-\s](?P<year>\d{4})",
    r"(?P<month>[A-Za-z]{3,9})\.?\s(?P<day>\d{1,2}),?\s(?P<year>\d{4})",
)
DATES = [re.compile(pattern, re.ASCII) for pattern in (*NUMBERED, *NAMED)]
WITHOUT_YEAR = re.compile(r"\d{1,2}[-\s]([A-Za-z]{3,9})\.?")
TWO_NUMBERS = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
PART_OF_YEAR = re.compile(r"(?:([QqHh][1-4])[-\s/]?(\d{4})|(\d{4})[-\s/]?([QqHh][1-4]))")

Reading = tuple[str, str]


class DecimalMark(NamedTuple):
    """How a file writes decimals: the mark and what shows it; no mark if the file does not tell.

    ``other`` is a cell that shows the other mark, where a file has both; ``separator`` is what the
    file puts between cells.
    """

    mark: str | None
    shown_by: str
    other: str
    separator: str

    def number(self, cell: str) -> Reading:
        """A number written plainly."""
        if not cell or (self.mark != "," and self.separator == "," and PLAIN.fullmatch(cell)):
            return cell, ""
        readings = {mark: _plain(cell, mark) for mark in ".,"}
        found = {plain for plain in readings.values() if plain is not None}
        if self.other and found and not cell.lstrip("-").isdigit():
            return cell, (
                f"found {cell!r}; the file writes decimals with a point and with a comma "
                f"({self.shown_by!r} and {self.other!r}): write them all with a point"
            )
        if len(found) == 2 and (self.mark is None or self.mark == "," in cell):
            large, small = sorted((float(plain) for plain in found), reverse=True)
            why = f"writes {self.shown_by!r}" if self.mark else f"uses {SEPARATORS[self.separator]}"
            return cell, (
                f"found {cell!r}; your file {why}, so this may be {large:.10g} or {small:.10g}: "
                "write the one that you mean"
            )
        plain = readings[self.mark] if self.mark else next(iter(found), None)
        return plain or cell, ""


def decimal_mark(cells: Iterable[str], *, separator: str) -> DecimalMark:
    """The decimal mark that the numbers of a file show.

    A comma is one in ``9,6`` and a point in ``9.6``; ``52,000`` alone shows neither. A file with
    commas between its cells that shows nothing has points, as such files have; one with semicolons
    may have either, and a cell that the two read differently is then a problem.

    Examples
    --------
    >>> decimal_mark(["52.000", "9,6"], separator=";").number("52.000")
    ('52000', '')
    >>> decimal_mark(["52,000", "71,500"], separator=",").number("52,000")
    ('52000', '')
    """
    shown = {".": "", ",": ""}
    for cell in sorted(cell for cell in cells if "." in cell or "," in cell):
        if cell.count(".") + cell.count(",") == 1 and shown["." if "." in cell else ","]:
            continue  # one mark alone shows nothing but itself
        marks = [mark for mark in shown if _plain(cell, mark) is not None]
        if len(marks) == 1:
            shown[marks[0]] = shown[marks[0]] or cell
    told = [mark for mark in shown if shown[mark]]
    if len(told) == 2:
        return DecimalMark(None, shown["."], shown[","], separator)
    if told:
        return DecimalMark(told[0], shown[told[0]], "", separator)
    return DecimalMark("." if separator == "," else None, "", "", separator)


def _plain(cell: str, mark: str) -> str | None:
    """The number if its decimals follow ``mark`` and the other mark, or a space, sets off thousands."""
    text = THOUSANDS_SPACE.sub("", cell.replace(MINUS, "-"))
    group = "," if mark == "." else "."
    if GROUPED[mark].fullmatch(text):
        return text.replace(group, "").replace(mark, ".")
    simple = text.replace(mark, ".")
    return simple if group not in text and PLAIN.fullmatch(simple) else None


def period(cell: str) -> Reading:
    """A year, half, quarter, month or day written as the tables write it.

    Examples
    --------
    >>> [period(cell)[0] for cell in ("Apr-26", "2026/4", "30.04.2026", "Q2 2026")]
    ['2026-04', '2026-04', '2026-04-30', '2026Q2']
    """
    if not cell or cell.isdigit():
        return cell, ""
    for pattern in DATES:
        match = pattern.fullmatch(cell)
        month = _month(match["month"]) if match else None
        if match and month:
            return _joined(match["year"], month, match.groupdict().get("day")), ""
    if match := PART_OF_YEAR.fullmatch(cell):
        return ((match[2] or match[3]) + (match[1] or match[4]).upper()), ""
    if match := TWO_NUMBERS.fullmatch(cell):
        return _day_and_month(cell, *match.groups())
    if (match := WITHOUT_YEAR.fullmatch(cell)) and _month(match[1]):
        return cell, f"found {cell!r}, which may be a day without its year; write it as 2026-04"
    return cell, ""


def _day_and_month(cell: str, first: str, second: str, year: str) -> Reading:
    """A day with slashes: month first or day first, if only one of both is in the calendar."""
    if first == second or int(second) > 12:
        return _joined(year, first, second), ""
    if int(first) > 12:
        return _joined(year, second, first), ""
    one, other = _joined(year, first, second), _joined(year, second, first)
    return cell, f"found {cell!r}, which may be {one} or {other}: write it as one of these"


def _month(name: str) -> str | None:
    """Number of a month, given as one or by its English name or the start of that."""
    if name.isdigit():
        return name
    lower = name.lower()
    found = [n for n, month in enumerate(MONTHS, 1) if lower in (month, month[:3], month[:4])]
    return str(found[0]) if found else None


def _joined(year: str, month: str, day: str | None) -> str:
    full = year if len(year) == 4 else f"20{year}"
    return "-".join([full, month.zfill(2), *([day.zfill(2)] if day else [])])
