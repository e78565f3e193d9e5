"""The user's own rows: files that bear the names of the project's tables and add rows to them.

Rows are joined, the project's first; nothing takes precedence. Two rows with one key are a mistake
that the check reports, like any other, with the file and row where the user finds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from token_economics import evidence_schema, project

SCENARIOS = "scenarios"
MARK = " (your own)"
PLACE = re.compile(r"(?P<path>[\w-]+\.csv): row (?P<row>\d+)")


def files(path: str) -> list[Path]:
    """The files of a table: the project's, then the user's where there is one."""
    own = project.own_data()
    extra = [own / path] if own is not None and (own / path).is_file() else []
    return [project.data() / path, *extra]


def text(path: str) -> str:
    """A table with the user's rows below the project's, as one CSV text."""
    first, *rest = (file.read_text(encoding="utf-8") for file in files(path))
    joined = first if first.endswith("\n") else first + "\n"
    return joined + "".join(added.partition("\n")[2] for added in rest)


def scenario_files() -> dict[str, Path]:
    """Scenario files by name, the project's and the user's.

    A name that the user's folder shares with the project is kept for the project's file: the
    check refuses the other.
    """
    own = project.own_data()
    folders = [*([own] if own is not None else []), project.data()]
    return {
        file.stem: file
        for folder in folders
        for file in sorted((folder / SCENARIOS).glob("*.yaml"))
    }


def problems(tables: Iterable[Mapping[str, Any]]) -> list[str]:
    """What is wrong with the user's folder before its rows are joined to the project's."""
    own = project.own_data()
    if own is None:
        return []
    if not own.is_dir():
        return [f"{own}: there is no such folder of own rows"]
    described = {table["path"]: table for table in tables}
    stray = [
        f"{own.name}/{file.name}: the project has no such table; it has {', '.join(described)}"
        for file in sorted(own.glob("*.csv"))
        if file.name not in described
    ]
    stray += [
        f"{own.name}/{SCENARIOS}/{file.name}: the project has a scenario of that name; rename yours"
        for file in sorted((own / SCENARIOS).glob("*.yaml"))
        if (project.data() / SCENARIOS / file.name).exists()
    ]
    found = [name for name in described if (own / name).is_file()]
    if not stray and not found and not any(own.glob(f"{SCENARIOS}/*.yaml")):
        return [f"{own.name}: the folder holds no table of the project and no scenario"]
    faults = [
        problem
        for name in found
        for problem in evidence_schema.file_problems(own / name, described[name])
    ]
    return stray + [f"{own.name}/{problem}" for problem in faults]


def located(problem: str, rows: Mapping[str, int]) -> str:
    """The problem with the user's file and row in place of the row of the joined table.

    ``rows`` holds the number of rows of each of the project's own files, header included.
    """
    own = project.own_data()
    match = PLACE.match(problem)
    if own is None or match is None or int(match["row"]) <= rows.get(match["path"], 0):
        return problem
    row = int(match["row"]) - rows[match["path"]] + 1
    return f"{own.name}/{match['path']}: row {row}" + problem[match.end() :]
