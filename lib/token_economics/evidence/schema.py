"""One table's rows against its schema: types, constraints, ranges of variables, keys, references.

What is wrong is said in the words of `token-economics check`: file, row, column, found, allowed. The
same text that passes here is what is read into numbers, so nothing that passes can fail there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

Row = Mapping[str, str]
Rules = Mapping[str, Any]
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", re.ASCII)
WHOLE = re.compile(r"-?\d+", re.ASCII)
FIGURES = ("value", "low", "high")
PERIOD_LENGTHS = {"year": 4, "half": 6, "quarter": 6, "month": 7, "day": 10}
TYPES = {
    "number": "allowed is a number, in digits with a point such as 52000.5",
    "integer": "allowed is a whole number",
    "date": "allowed is a day such as 2026-10-10",
}


def problems(
    described: Mapping[str, Any], rows: Sequence[Row], *, referenced: Callable[[str], Sequence[Row]]
) -> list[str]:
    """What is wrong with the rows of a table, a line each; rows are counted below a header.

    Parameters
    ----------
    described
        The table in ``datapackage.json``.
    referenced
        Rows of another table of the package, by its name.
    """
    path, schema = described["path"], described["schema"]
    found = [
        (at, f"column {field['name']}", words)
        for field in schema["fields"]
        for at, words in _column_faults(field, [row[field["name"]] for row in rows], path)
    ]
    found += _repeated_keys(rows, schema.get("primaryKey", []), path)
    for key in schema.get("foreignKeys", []):
        found += _unresolved(rows, key, referenced)
    if not found and described["kind"] == "series":
        found += _variable_faults(rows, described["variables"])
    return [f"{path}: row {at + 2}, {where}: {words}" for at, where, words in sorted(found)]


def allowed(rules: Rules) -> str:
    """The range of numbers that constraints allow, in words; nothing where they set none."""
    if "minimum" in rules and "maximum" in rules:
        return f"from {rules['minimum']:,} to {rules['maximum']:,}"
    words = []
    if "exclusiveMinimum" in rules:
        words.append(f"above {rules['exclusiveMinimum']:,}")
    if "minimum" in rules:
        words.append(f"{rules['minimum']:,} or more")
    if "exclusiveMaximum" in rules:
        words.append(f"below {rules['exclusiveMaximum']:,}")
    if "maximum" in rules:
        words.append(f"at most {rules['maximum']:,}")
    return " and ".join(words)


def _within(number: float, rules: Rules) -> bool:
    return bool(
        number > rules.get("exclusiveMinimum", -math.inf)
        and number >= rules.get("minimum", -math.inf)
        and number < rules.get("exclusiveMaximum", math.inf)
        and number <= rules.get("maximum", math.inf)
    )


def _column_faults(
    field: Mapping[str, Any], cells: Sequence[str], path: str
) -> Iterator[tuple[int, str]]:
    """Cells of a column that break its type or constraints: their position, and words."""
    rules = field.get("constraints", {})
    wrong = {
        cell: words for cell in set(cells) if (words := _cell_fault(field["type"], rules, cell))
    }
    if wrong:
        yield from ((at, wrong[cell]) for at, cell in enumerate(cells) if cell in wrong)
    given = [cell for cell in cells if cell]
    if rules.get("unique") and len(set(given)) < len(given):
        first: dict[str, int] = {}
        for at, cell in enumerate(cells):
            if cell and first.setdefault(cell, at) != at:
                yield at, f"found {cell!r} again; {path}: row {first[cell] + 2} has it already"


def _cell_fault(kind: str, rules: Rules, cell: str) -> str:
    """What is wrong with a cell, in words; nothing if it is in order."""
    if not cell:
        return "found ''; it must not be empty" if rules.get("required") else ""
    if not _is_of_type(kind, cell):
        return f"found {cell!r}; {TYPES[kind]}"
    if "enum" in rules and cell not in rules["enum"]:
        return f"found {cell!r}; allowed are {', '.join(rules['enum'])}"
    if "pattern" in rules and not re.fullmatch(rules["pattern"], cell, re.ASCII):
        pattern = rules["pattern"].removeprefix("^(?:").removesuffix(")$")
        return f"found {cell!r}; it must match {pattern}"
    if kind in ("number", "integer") and not _within(float(cell), rules):
        return f"found {cell!r}; allowed is {allowed(rules)}"
    return ""


def _is_of_type(kind: str, cell: str) -> bool:
    if kind == "number":
        return NUMBER.fullmatch(cell) is not None and math.isfinite(float(cell))
    if kind == "integer":
        return WHOLE.fullmatch(cell) is not None
    if kind == "date":
        try:
            return len(cell) == 10 and bool(date.fromisoformat(cell))
        except ValueError:
            return False
    return True


def _repeated_keys(
    rows: Sequence[Row], key: str | Sequence[str], path: str
) -> list[tuple[int, str, str]]:
    columns = _listed(key)
    keys = [tuple(row[column] for column in columns) for row in rows]
    if not columns or len(set(keys)) == len(keys):
        return []
    first: dict[tuple[str, ...], int] = {}
    return [
        (
            at,
            f"columns {', '.join(columns)}" if len(columns) > 1 else f"column {columns[0]}",
            f"found {', '.join(repr(cell) for cell in cells if cell)} again; "
            f"{path}: row {first[cells] + 2} has it already",
        )
        for at, cells in enumerate(keys)
        if first.setdefault(cells, at) != at
    ]


def _unresolved(
    rows: Sequence[Row], key: Rules, referenced: Callable[[str], Sequence[Row]]
) -> list[tuple[int, str, str]]:
    """Values of a foreign key, where given, that the table it names does not have."""
    columns, target = _listed(key["fields"]), _listed(key["reference"]["fields"])
    table = key["reference"]["resource"]
    known = {tuple(row[column] for column in target) for row in referenced(table)}
    return [
        (
            at,
            f"column {', '.join(columns)}",
            f"found {', '.join(cells)!r}; {table}.csv has no such id",
        )
        for at, row in enumerate(rows)
        if any(cells := tuple(row[column] for column in columns)) and cells not in known
    ]


def _listed(key: str | Sequence[str]) -> list[str]:
    return [key] if isinstance(key, str) else list(key)


def _variable_faults(
    rows: Sequence[Row], variables: Mapping[str, Any]
) -> Iterable[tuple[int, str, str]]:
    """Rows of unknown variables, in another unit, or with figures that the variable cannot have."""
    unlisted = ", ".join(variables)
    for at, row in enumerate(rows):
        name = row["variable"]
        variable = variables.get(name)
        if variable is None:
            yield at, "column variable", f"found {name!r}; allowed are {unlisted}"
            continue
        if row["unit"] != variable["unit"]:
            unit = variable["unit"]
            yield at, "column unit", f"found {row['unit']!r}; {name} is in {unit!r}"
            continue
        rules = variable.get("constraints")
        if rules:
            yield from ((at, *fault) for fault in _figure_faults(row, variable, rules))


def _figure_faults(
    row: Row, variable: Mapping[str, Any], rules: Rules
) -> Iterator[tuple[str, str]]:
    name, unit = row["variable"], variable["unit"]
    for column in FIGURES:
        cell = row[column]
        if cell and not _within(float(cell), rules):
            yield f"column {column}", f"found {cell!r}; {name} ({unit}) is {allowed(rules)}"
    if rules.get("required") and not row["value"]:
        yield "column value", f"found ''; {name} needs a value, a range alone is not used"
    periods = rules.get("periods")
    if periods and len(row["period"]) not in {PERIOD_LENGTHS[kind] for kind in periods}:
        example = {"month": "2026-04", "day": "2026-04-30", "year": "2026"}
        told = " or ".join(f"a {kind} such as {example.get(kind, '2026Q2')}" for kind in periods)
        yield "column period", f"found {row['period']!r}; {name} is of {told}"
