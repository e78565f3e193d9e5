"""References from claims to evidence: ``table:entity:variable``, several in a cell.

References are separated by a space and an entity may hold spaces, so a cell is read from left to
right: a reference ends where its variable does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from token_economics.evidence.files import Rows

NONE_FOUND = "none_found"
REFERENCE = re.compile(
    r"(?P<table>[a-z][a-z0-9-]*):(?P<entity>[^:]+):(?P<variable>[a-z][a-z0-9_]*)"
)


class Reference(NamedTuple):
    """Rows of a table: by entity and variable, or in a wide table by key cell and column."""

    table: str
    entity: str
    variable: str

    def __str__(self) -> str:
        return ":".join(self)


def references(cell: str) -> list[Reference]:
    """The references of a cell; none where it is empty or says that nothing was found.

    Raises `ValueError`: if some part of the cell is no reference.
    """
    if cell in ("", NONE_FOUND):
        return []
    found = [Reference(m["table"], m["entity"], m["variable"]) for m in REFERENCE.finditer(cell)]
    if " ".join(str(reference) for reference in found) != cell:
        raise ValueError(
            f"{cell!r} is no list of references; one is table:entity:variable, a space between two"
        )
    return found


def rows_by_reference(
    described: Mapping[str, Any], rows: Rows, variable: str = ""
) -> dict[tuple[str, str], list[int]]:
    """Positions of the rows that a reference names, by its entity and variable, in one table.

    Of a series table those of one ``variable``, if it is given.
    """
    found: dict[tuple[str, str], list[int]] = {}
    if described["kind"] == "series":
        named = enumerate(rows.columns["variable"])
        entities = rows.columns["entity"]
        for position, of in [(at, of) for at, of in named if not variable or of == variable]:
            found.setdefault((entities[position], of), []).append(position)
        return found
    keys = described["schema"]["primaryKey"]
    for position, row in enumerate(rows):
        for entity in {row[key] for key in keys}:
            for column in (name for name, cell in row.items() if cell):
                found.setdefault((entity, column), []).append(position)
    return found
