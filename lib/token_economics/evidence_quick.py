"""Whether a table follows its schema: yes or no, in milliseconds.

The full validation names file, row, column and cure, but loading the library that does it takes
longer than answering a question. Rows that pass here need it no more; rows that do not are handed
to it for the words. This check may be stricter than that one, never laxer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

Row = Mapping[str, str]
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
WHOLE = re.compile(r"-?\d+")


def is_whole(records: Sequence[Sequence[str]], schema: Mapping[str, Any]) -> bool:
    """Whether lines of a file are a header of the schema's fields, each once, and full rows below."""
    names = [field["name"] for field in schema["fields"]]
    return list(records[0]) == names and all(len(cells) == len(names) for cells in records)


def follows(
    schema: Mapping[str, Any],
    rows: Sequence[Row],
    *,
    referenced: Callable[[str], Sequence[Row]],
) -> bool:
    """Whether rows of text obey types, constraints, keys and references of a table's schema.

    Parameters
    ----------
    referenced
        Rows of another table of the package, by its name.
    """
    fields = schema["fields"]
    names = [field["name"] for field in fields]
    # of a table without rows it cannot be seen whether it has its header
    if not rows or any(list(row) != names or None in row.values() for row in rows):
        return False
    return (
        all(_column_follows(field, [row[field["name"]] for row in rows]) for field in fields)
        and _all_differ(rows, schema.get("primaryKey", []))
        and all(_refers(rows, key, referenced) for key in schema.get("foreignKeys", []))
    )


def _column_follows(field: Mapping[str, Any], cells: Sequence[str]) -> bool:
    rules = field.get("constraints", {})
    given = [cell for cell in cells if cell]
    if rules.get("required") and len(given) < len(cells):
        return False
    if rules.get("unique") and len(set(given)) < len(given):
        return False
    distinct = set(given)
    if not all(_is_of_type(field["type"], cell) for cell in distinct):
        return False
    if "enum" in rules and not distinct <= set(rules["enum"]):
        return False
    if "pattern" in rules:
        pattern = re.compile(rules["pattern"])
        if not all(pattern.fullmatch(cell) for cell in distinct):
            return False
    low, high = rules.get("minimum"), rules.get("maximum")
    return all(
        (low is None or float(cell) >= low) and (high is None or float(cell) <= high)
        for cell in (distinct if low is not None or high is not None else ())
    )


def _is_of_type(kind: str, cell: str) -> bool:
    if kind == "string":
        return True
    if kind == "number":
        return NUMBER.fullmatch(cell) is not None
    if kind == "integer":
        return WHOLE.fullmatch(cell) is not None
    if kind == "date" and len(cell) == 10:
        try:
            return bool(date.fromisoformat(cell))
        except ValueError:
            return False
    return False


def _all_differ(rows: Sequence[Row], key: str | Sequence[str]) -> bool:
    columns = [key] if isinstance(key, str) else list(key)
    keys = [tuple(row[column] for column in columns) for row in rows]
    return not columns or (len(set(keys)) == len(keys) and all(any(cells) for cells in keys))


def _refers(
    rows: Sequence[Row], key: Mapping[str, Any], referenced: Callable[[str], Sequence[Row]]
) -> bool:
    """Whether every value of a foreign key, where given, is a value of the table it names."""
    columns, target = (
        [part] if isinstance(part, str) else list(part)
        for part in (key["fields"], key["reference"]["fields"])
    )
    other = rows if not key["reference"]["resource"] else referenced(key["reference"]["resource"])
    known = {tuple(row[column] for column in target) for row in other}
    wanted = {tuple(row[column] for column in columns) for row in rows}
    return all(cells in known for cells in wanted if any(cells))
