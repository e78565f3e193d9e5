"""How far the evidence reaches: the newest record of each table, and its age when the edition ends."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from token_economics.evidence import tables
from token_economics.evidence.row_rules import SOURCE_COLUMNS

DAYS_A_YEAR = 365
AHEAD = ("forecast", "guidance", "plan")  # kinds of figures that say what will be


class Record(NamedTuple):
    """The newest record of a table: last ``day`` of its period, the ``period`` as the row has it."""

    table: str
    day: str
    period: str

    def age(self, as_of: str) -> str:
        """How long before a day written ``2026-10-10`` it ends, in words.

        Examples
        --------
        >>> Record("revenue", "2026-09-30", "2026Q3").age("2026-10-10")
        '10 days before'
        >>> Record("prices", "2026-10-10", "2026-10-10").age("2026-10-10")
        'on the last day of'
        """
        until, day = (datetime.date.fromisoformat(text) for text in (as_of, self.day))
        days = (until - day).days
        if days > 2 * DAYS_A_YEAR:
            return f"{days // DAYS_A_YEAR} years before"
        return f"{days} day{'s' * (days > 1)} before" if days else "on the last day of"


def newest(table: str, *, sources: Collection[str] | None = None) -> Record | None:
    """The newest record of a table that is over when the edition ends; None where none is dated.

    In a series table a record is dated by its period; a guidance or a forecast is no record of what
    was. In another table it is dated by its columns of days. Registers hold no records.

    Parameters
    ----------
    sources
        Only rows that cite one of these; by default all.
    """
    as_of = str(tables.edition()["as_of"])
    known = {period: last_day(period) for period in _periods(table, sources)}
    over = [(day, period) for period, day in known.items() if day <= as_of]
    return Record(table, *max(over)) if over else None


def of_tables() -> list[tuple[str, Record | None]]:
    """Every table that holds records, with its newest."""
    kinds = {name: tables.resource(name)["kind"] for name in tables.tables()}
    return [(name, newest(name)) for name, kind in kinds.items() if kind != "register"]


def newest_of(names: Iterable[str], *, sources: Collection[str] | None = None) -> Record | None:
    """The newest record of several tables; of two of one day that of the first table by name."""
    found = [record for name in sorted(names) if (record := newest(name, sources=sources))]
    return max(found, key=lambda record: record.day, default=None)


def _periods(table: str, sources: Collection[str] | None) -> Iterator[str]:
    """Periods and days of the rows, as they write them."""
    described, rows = tables.resource(table), tables.raw_rows(table)
    if described["kind"] == "register":
        return
    is_series = described["kind"] == "series"
    fields = described["schema"]["fields"]
    dates = ["period"] if is_series else [f["name"] for f in fields if f["type"] == "date"]
    citing = [name for name in SOURCE_COLUMNS if name in rows.columns]
    wanted = None if sources is None else frozenset(sources)
    for row in rows:
        cited = {part for name in citing for part in row[name].split()}
        if (wanted is None or cited & wanted) and row.get("kind") not in AHEAD:
            yield from (row[name] for name in dates if row[name])


def last_day(period: str) -> str:
    """Last day of a year, half, quarter or month; a day stays itself.

    Examples
    --------
    >>> [last_day(period) for period in ("2026", "2026H1", "2026Q3", "2026-02", "2026-02-03")]
    ['2026-12-31', '2026-06-30', '2026-09-30', '2026-02-28', '2026-02-03']
    """
    if len(period) == 10:
        return period
    year, month = int(period[:4]), 12
    if "Q" in period:
        month = 3 * int(period[-1])
    elif "H" in period:
        month = 6 * int(period[-1])
    elif len(period) == 7:
        month = int(period[5:])
    after = datetime.date(year + month // 12, month % 12 + 1, 1)
    return (after - datetime.timedelta(days=1)).isoformat()
