"""Rules of a row by itself that a schema cannot say: periods, ranges, sources, presence.

Each is a function of a few cells, so rows that hold the same cells are looked at once.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any

from token_economics.evidence.files import PERIODS, Rows

Among = Callable[[tuple[str, ...]], object] | None
FIGURES = ("low", "value", "high")
SOURCE_COLUMNS = ("source_id", "quality_source_id", "seed")
PERIOD = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?|Q[1-4]|H[12])?")


def own_problems(described: Mapping[str, Any], rows: Rows) -> list[str]:
    """What is wrong inside one table that its schema lets pass: no such month or day."""
    named = {field["name"] for field in described["schema"]["fields"]}
    found = [
        (at, column, period)
        for column in sorted(named & set(PERIODS))
        for at, period in rows.faults([column], _unknown_periods)
    ]
    return [
        f"{described['path']}: row {at + 2}, column {column}: found {period!r}; no such month or day"
        for at, column, period in sorted(found, key=lambda place: place[:2])
    ]


def _unknown_periods(cell: str) -> list[str]:
    return [period for period in cell.split() if not exists(period)]


def exists(period: str) -> bool:
    """Whether the calendar has this year, half, quarter, month or day."""
    if PERIOD.fullmatch(period) is None:
        return False
    try:
        datetime.date.fromisoformat(middle(period))
    except ValueError:
        return False
    return True


def row_problems(
    described: Mapping[str, Any], rows: Rows, *, sources: Collection[str], as_of: str
) -> list[str]:
    """What is wrong with rows of a table that obeys its schema: order of ranges, dates, presence."""
    looks: list[tuple[tuple[str, ...], Callable[..., Iterator[str]], Among]] = [
        (FIGURES, _faults_of_range, _is_range),
        *(((c,), partial(_faults_of_source, sources, c), None) for c in SOURCE_COLUMNS),
    ]
    if described["kind"] == "series":
        looks += [
            (FIGURES, _faults_of_presence, _is_without_value),
            (("kind", "period"), partial(_faults_of_period, as_of), None),
            (("stated",), partial(_faults_of_stated, as_of), None),
        ]
    found = [
        place
        for columns, look, among in looks
        if rows.columns.keys() >= set(columns)
        for place in rows.faults(columns, look, among)
    ]
    return [
        f"{described['path']}: row {at + 2}, {fault}"
        for at, fault in sorted(found, key=lambda place: place[0])
    ]


def _is_range(figures: tuple[str, ...]) -> bool:
    return bool(figures[0] or figures[2])


def _is_without_value(figures: tuple[str, ...]) -> bool:
    return not figures[1]


def _faults_of_range(*figures: str) -> Iterator[str]:
    low, value, high = (float(cell) if cell else None for cell in figures)
    if low is not None and high is not None and low > high:
        yield f"columns low, high: found {low} > {high}; low must not exceed high"
    if low is not None and value is not None and value < low:
        yield f"column value: found {value}; it must not be below low {low}"
    if high is not None and value is not None and value > high:
        yield f"column value: found {value}; it must not be above high {high}"


def _faults_of_source(known: Collection[str], column: str, cell: str) -> Iterator[str]:
    """Ids that no source bears; a cell may hold several, which a foreign key cannot say."""
    for identity in cell.split():
        if identity not in known:
            yield f"column {column}: found {identity!r}; sources.csv has no such id"


def _faults_of_presence(low: str, value: str, high: str) -> Iterator[str]:
    if not value and not (low and high):
        yield "columns value, low, high: a row needs a value, or both low and high"


def _faults_of_period(as_of: str, kind: str, period: str) -> Iterator[str]:
    if kind in ("observed", "estimate") and middle(period) > as_of:
        yield f"column period: found {period!r}, {kind}; the edition ends on {as_of}"


def _faults_of_stated(as_of: str, stated: str) -> Iterator[str]:
    if stated and middle(stated) > as_of:
        yield f"column stated: found {stated!r}; the edition ends on {as_of}"


def middle(period: str) -> str:
    """Day in the middle of a year, half, quarter or month, as text that sorts; a day stays itself."""
    year = period[:4]
    if len(period) == 10:
        return period
    if "Q" in period:
        return f"{year}-{3 * int(period[-1]) - 1:02d}-15"
    if "H" in period:
        return f"{year}-{'04' if period[-1] == '1' else '10'}-01"
    return f"{period}-15" if len(period) == 7 else f"{year}-07-01"
