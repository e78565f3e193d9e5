"""The user's own rows: files that bear the names of the project's tables and add rows to them.

Rows are joined, the project's first; nothing takes precedence. Two rows with one key are a mistake
that the check reports, like any other, with the file and row where the user finds it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from token_economics import project
from token_economics.evidence import files as evidence_file
from token_economics.evidence.files import Sheet

SCENARIOS = "scenarios"
MARK = " (your own)"
PLACE = re.compile(r"(?P<path>[\w-]+\.csv): row (?P<row>\d+)")
WORKBOOKS = (".xls", ".xlsx", ".ods", ".numbers", ".tsv")


def files(path: str) -> list[Path]:
    """The files of a table: the project's, then the user's where there is one."""
    own = project.own_data()
    extra = [own / path] if own is not None and (own / path).is_file() else []
    return [project.data() / path, *extra]


def sheets(described: Mapping[str, Any]) -> list[Sheet]:
    """The files of a table as rows of text: the project's, then the user's where there is one.

    Raises `OSError`: if the project has no such file.
    """
    return [
        evidence_file.read(file.read_bytes(), described, exported=at > 0)
        for at, file in enumerate(files(described["path"]))
    ]


def text(described: Mapping[str, Any]) -> str:
    """A table with the user's rows below the project's, as one CSV text, read as rows are."""
    first, *_ = files(described["path"])
    joined = first.read_text(encoding="utf-8")
    _, *own = sheets(described)
    if not own:
        return joined
    added = io.StringIO(newline="")
    writer = csv.writer(added, lineterminator="\n")
    for sheet in own:
        writer.writerows(sheet.rows.records(evidence_file.columns(described)))
    return joined + ("" if joined.endswith("\n") else "\n") + added.getvalue()


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
        f"{own.name}/{file.name}: it is not read; save it as CSV, one file a table"
        for file in sorted(own.iterdir())
        if file.suffix.lower() in WORKBOOKS
    ]
    stray += [
        f"{own.name}/{SCENARIOS}/{file.name}: the project has a scenario of that name; rename yours"
        for file in sorted((own / SCENARIOS).glob("*.yaml"))
        if (project.data() / SCENARIOS / file.name).exists()
    ]
    found = [name for name in described if (own / name).is_file()]
    if not stray and not found and not any(own.glob(f"{SCENARIOS}/*.yaml")):
        return [f"{own.name}: the folder holds no table of the project and no scenario"]
    faults = []
    for name in found:
        sheet = evidence_file.read((own / name).read_bytes(), described[name], exported=True)
        faults += [f"{own.name}/{name}: {place}: {words}" for place, words in sheet.problems]
    return stray + faults


def located(problem: str, numbers: Mapping[str, tuple[int, Sequence[int]]]) -> str:
    """The problem with the user's file and row in place of rows of the joined table.

    ``numbers`` holds, by file, the number of rows of the project's own, header included, and where
    each of the user's rows stands in the user's file.
    """
    own = project.own_data()

    def place(match: re.Match[str]) -> str:
        theirs, stand = numbers.get(match["path"], (0, ()))
        at = int(match["row"]) - theirs - 1
        if own is None or not 0 <= at < len(stand):
            return match[0]
        return f"{own.name}/{match['path']}: row {stand[at]}"

    return PLACE.sub(place, problem)
