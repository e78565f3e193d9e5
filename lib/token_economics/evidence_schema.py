"""One table against its schema: encoding, header, then types, constraints, keys and references.

The Frictionless library does the last four; what is here says its findings in the words of
`token-economics check`: file, row, column, found, allowed.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

WORDS = {
    'type is "number/default"': "allowed is a number",
    'type is "integer/default"': "allowed is a whole number",
    'type is "date/default"': "allowed is a day such as 2026-10-10",
}
CONSTRAINT = re.compile(r'constraint "(enum|pattern|minimum|maximum)" is "(.*)"')
ALLOWED = {
    "enum": "allowed are {}",
    "pattern": "it must match {}",
    "minimum": "allowed is {} or more",
    "maximum": "allowed is {} or less",
}


def problems(path: Path, described: Mapping[str, Any], table: Any) -> list[str]:
    """What is wrong with one table's file; ``table`` is its Frictionless resource."""
    return file_problems(path, described) or _cell_problems(path.name, table)


def file_problems(path: Path, described: Mapping[str, Any]) -> list[str]:
    """What is wrong with a table's file before its cells are looked at."""
    if not path.exists():
        return [f"{path.name}: the file is missing; datapackage.json lists it"]
    columns = [field["name"] for field in described["schema"]["fields"]]
    return _encoding_problems(path) or _header_problems(path, columns)


def _encoding_problems(path: Path) -> list[str]:
    """Bytes that are not UTF-8: the library would guess another encoding."""
    content = path.read_bytes()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start : error.start + 1].hex()
        return [f"{path.name}: row {row}: found byte 0x{byte}; the file must be UTF-8"]
    return []


def _header_problems(path: Path, wanted: list[str]) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        found = next(csv.reader(file), [])
    if found == wanted:
        return []
    where = f"{path.name}: row 1"
    if not found:
        return [f"{where}: found nothing; the first row names the columns {', '.join(wanted)}"]
    stray = [
        f"{where}, column {name}: found {name!r}; datapackage.json describes no such column"
        for name in dict.fromkeys(found)
        if name not in wanted or found.count(name) > 1
    ]
    missing = [
        f"{where}, column {name}: found no such column; datapackage.json asks for it"
        for name in wanted
        if name not in found
    ]
    order = f"{where}: found the columns {', '.join(found)}; the order is {', '.join(wanted)}"
    return stray + missing or [order]


def _cell_problems(filename: str, table: Any) -> list[str]:
    report = table.validate()
    errors = [*report.errors, *(error for task in report.tasks for error in task.errors)]
    return [_line(filename, error) for error in errors]


def _line(filename: str, error: Any) -> str:
    found: Any
    row = getattr(error, "row_number", None)
    if row is None:
        return f"{filename}: {error.message}"
    if error.type == "foreign-key":
        columns, found = ", ".join(error.field_names), ", ".join(map(str, error.field_cells))
        allowed = f"{error.reference_name}.csv has no such id"
    else:
        columns, found = str(getattr(error, "field_name", "")), getattr(error, "cell", None)
        allowed = _in_words(error.note or error.title)
    if error.note == 'constraint "required" is "True"':
        found, allowed = "", "it must not be empty"
    column = f", column {columns}" if columns else ""
    shown = f" found {found!r};" if found is not None else ""
    return f"{filename}: row {row}{column}:{shown} {allowed}"


def _in_words(note: str) -> str:
    match = CONSTRAINT.fullmatch(note)
    if match is None:
        return WORDS.get(note, note)
    rule, limit = match.groups()
    if rule == "enum":
        limit = ", ".join(re.findall(r"'([^']*)'", limit))
    return ALLOWED[rule].format(limit.removeprefix("^(?:").removesuffix(")$"))
