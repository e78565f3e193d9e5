"""What differs between two publications of a table: rows added, removed, changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

Row = Mapping[str, str]


class RowChange(NamedTuple):
    """One row that is added, removed or changed, or a column that is; ``cells`` say what changed in it.

    ``columns`` are those of a changed row that differ.
    """

    what: str
    row: str
    cells: str = ""
    columns: tuple[str, ...] = ()


def changes(before: Sequence[Row], after: Sequence[Row], key: Sequence[str]) -> list[RowChange]:
    """Rows of a table that differ, those of the later one first in its order, then what is gone.

    A row is known by its ``key``; where either side lacks a column of it, or two rows share a key,
    by all of its cells, so that a changed row is one gone and one added. Of a column that one side
    lacks only that is said.

    Examples
    --------
    >>> for change in changes([{"day": "1", "price": "3"}], [{"day": "1", "price": "2"}], ["day"]):
    ...     print(change.what, change.row, change.cells)
    changed 1 price 3 -> 2
    """
    old, new = (list(rows[0]) if rows else [] for rows in (before or after, after or before))
    shared = [name for name in new if name in old]
    known_by = list(key) if set(key) <= set(shared) else shared
    then, now = (_by_key(rows, known_by) for rows in (before, after))
    if len(then) < len(before) or len(now) < len(after):
        then, now = (_by_key(rows, shared) for rows in (before, after))
    found = [RowChange("column added", name) for name in new if name not in old]
    found += [RowChange("column removed", name) for name in old if name not in new]
    for identity, row in now.items():
        if identity not in then:
            found.append(RowChange("added", _name(identity)))
            continue
        earlier = then[identity]
        differ = tuple(name for name in shared if earlier[name] != row[name])
        if differ:
            told = [f"{n} {earlier[n] or 'empty'} -> {row[n] or 'empty'}" for n in differ]
            found.append(RowChange("changed", _name(identity), "; ".join(told), differ))
    return found + [RowChange("removed", _name(gone)) for gone in then if gone not in now]


def _by_key(rows: Sequence[Row], key: Sequence[str]) -> dict[tuple[str, ...], Row]:
    return {tuple(row[name] for name in key): row for row in rows}


def _name(identity: tuple[str, ...]) -> str:
    return ", ".join(cell for cell in identity if cell)
