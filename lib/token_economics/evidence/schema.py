"""One table's rows against its schema: types, constraints, ranges of variables, keys, references.

What is wrong is said in the words of `token-economics check`: file, row, column, found, allowed. The
same text that passes here is what is read into numbers, so nothing that passes can fail there.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from datetime import date
from functools import partial
from typing import Any

from token_economics.evidence.files import Rows

Rules = Mapping[str, Any]
Fault = tuple[str, str]  # where, and words
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", re.ASCII)
WHOLE = re.compile(r"-?\d+", re.ASCII)
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
FIGURES = ("value", "low", "high")
PERIOD_LENGTHS = {"year": 4, "half": 6, "quarter": 6, "month": 7, "day": 10}
TYPES = {
    "number": "allowed is a number, in digits with a point such as 52000.5",
    "integer": "allowed is a whole number",
    "date": "allowed is a day such as 2026-10-10",
    "boolean": "allowed is true or false",
}


def problems(
    described: Mapping[str, Any], rows: Rows, *, referenced: Callable[[str], Rows]
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
        for at, words in _column_faults(field, rows, path)
    ]
    found += _repeated_keys(rows, schema.get("primaryKey", []), path)
    for key in schema.get("foreignKeys", []):
        found += _unresolved(rows, key, referenced)
    if not found and described["kind"] == "series":
        found += [(at, *fault) for at, fault in _variable_faults(rows, described["variables"])]
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


def _column_faults(field: Mapping[str, Any], rows: Rows, path: str) -> Iterator[tuple[int, str]]:
    """Cells of a column that break its type or constraints: their position, and words."""
    rules = field.get("constraints", {})
    cells = rows.columns[field["name"]]
    if not _all_in_order(field["type"], rules, rows.distinct(field["name"])):
        yield from rows.faults([field["name"]], partial(_cell_faults, field["type"], rules))
    if rules.get("unique"):
        first: dict[str, int] = {}
        for at, cell in enumerate(cells):
            if cell and first.setdefault(cell, at) != at:
                yield at, f"found {cell!r} again; {path}: row {first[cell] + 2} has it already"


def _all_in_order(kind: str, rules: Rules, cells: Set[str]) -> bool:
    """Whether a glance at the cells of a column shows that nothing is wrong with any."""
    if "" in cells and rules.get("required"):
        return False
    given = cells - {""}
    if kind == "number" and rules.keys() <= {"required", "unique", *BOUNDS}:
        return all(map(NUMBER.fullmatch, given)) and _all_within(given, rules)
    return kind == "string" and rules.keys() <= {"required", "unique"}


def _all_within(cells: Collection[str], rules: Rules) -> bool:
    """Whether the numbers are finite and within bounds: the least and the greatest of them are."""
    numbers = [*map(float, cells)] or [math.nan]
    ends = (min(numbers), max(numbers))
    return not cells or all(math.isfinite(end) and _within(end, rules) for end in ends)


def _cell_faults(kind: str, rules: Rules, cell: str) -> Iterator[str]:
    """What is wrong with a cell, in words; nothing if it is in order."""
    if not cell:
        if rules.get("required"):
            yield "found ''; it must not be empty"
    elif not _is_of_type(kind, cell):
        yield f"found {cell!r}; {TYPES[kind]}"
    elif "enum" in rules and cell not in rules["enum"]:
        yield f"found {cell!r}; allowed are {', '.join(rules['enum'])}"
    elif "pattern" in rules and not re.fullmatch(rules["pattern"], cell, re.ASCII):
        pattern = rules["pattern"].removeprefix("^(?:").removesuffix(")$")
        yield f"found {cell!r}; it must match {pattern}"
    elif kind in ("number", "integer") and not _within(float(cell), rules):
        yield f"found {cell!r}; allowed is {allowed(rules)}"


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
    return kind != "boolean" or cell in ("true", "false")


def _repeated_keys(rows: Rows, key: str | Sequence[str], path: str) -> list[tuple[int, str, str]]:
    columns = _listed(key)
    if not columns or len(set(rows.records(columns))) == len(rows):
        return []
    first: dict[tuple[str, ...], int] = {}
    return [
        (
            at,
            f"columns {', '.join(columns)}" if len(columns) > 1 else f"column {columns[0]}",
            f"found {', '.join(repr(cell) for cell in cells if cell)} again; "
            f"{path}: row {first[cells] + 2} has it already",
        )
        for at, cells in enumerate(rows.records(columns))
        if first.setdefault(cells, at) != at
    ]


def _unresolved(
    rows: Rows, key: Rules, referenced: Callable[[str], Rows]
) -> Iterator[tuple[int, str, str]]:
    """Values of a foreign key, where given, that the table it names does not have."""
    columns, table = _listed(key["fields"]), key["reference"]["resource"]
    what = f"{table.replace('-', '_')}.csv has no such {'row' if len(columns) > 1 else 'id'}"
    known = set(referenced(table).records(_listed(key["reference"]["fields"])))

    def unknown(*cells: str) -> Iterator[str]:
        if any(cells) and cells not in known:
            yield f"found {', '.join(cells)!r}; {what}"

    where = f"column {', '.join(columns)}"
    yield from ((at, where, words) for at, words in rows.faults(columns, unknown))


def _listed(key: str | Sequence[str]) -> list[str]:
    return [key] if isinstance(key, str) else list(key)


def _variable_faults(rows: Rows, variables: Mapping[str, Any]) -> Iterator[tuple[int, Fault]]:
    """Rows of unknown variables, in another unit, or with figures that the variable cannot have."""
    measure = ("variable", "unit")
    unmeasured = [*rows.faults(measure, partial(_measure_faults, variables))]
    yield from unmeasured
    yield from rows.faults((*measure, "period"), partial(_period_faults, variables))
    for column in FIGURES:
        if unmeasured or not _figures_in_order(rows, column, variables):
            look = partial(_figure_faults, variables, column)
            yield from rows.faults((*measure, column), look)


def _figures_in_order(rows: Rows, column: str, variables: Mapping[str, Any]) -> bool:
    """Whether a glance at a column of known variables in their units shows nothing wrong."""
    held: dict[str, set[str]] = defaultdict(set)
    for name, cell in rows.records(("variable", column)):
        held[name].add(cell)
    rules = {name: variables[name].get("constraints", {}) for name in held}
    lacking = any("" in held[name] and rules[name].get("required") for name in held)
    return not (lacking and column == "value") and all(
        _all_within(cells - {""}, rules[name]) for name, cells in held.items()
    )


def _measure_faults(variables: Mapping[str, Any], name: str, unit: str) -> Iterator[Fault]:
    if name not in variables:
        yield "column variable", f"found {name!r}; allowed are {', '.join(variables)}"
    elif unit != variables[name]["unit"]:
        yield "column unit", f"found {unit!r}; {name} is in {variables[name]['unit']!r}"


def _rules(variables: Mapping[str, Any], name: str, unit: str) -> Rules:
    """What a variable's figures obey; nothing if it or its unit is wrong, which is said already."""
    variable = variables.get(name, {"unit": None})
    rules: Rules = variable.get("constraints", {}) if variable["unit"] == unit else {}
    return rules


def _figure_faults(
    variables: Mapping[str, Any], column: str, name: str, unit: str, cell: str
) -> Iterator[Fault]:
    rules = _rules(variables, name, unit)
    if cell and not _within(float(cell), rules):
        yield f"column {column}", f"found {cell!r}; {name} ({unit}) is {allowed(rules)}"
    if column == "value" and not cell and rules.get("required"):
        yield "column value", f"found ''; {name} needs a value, a range alone is not used"


def _period_faults(
    variables: Mapping[str, Any], name: str, unit: str, period: str
) -> Iterator[Fault]:
    periods = _rules(variables, name, unit).get("periods")
    if periods and len(period) not in {PERIOD_LENGTHS[kind] for kind in periods}:
        example = {"month": "2026-04", "day": "2026-04-30", "year": "2026"}
        told = " or ".join(f"a {kind} such as {example.get(kind, '2026Q2')}" for kind in periods)
        yield "column period", f"found {period!r}; {name} is of {told}"
