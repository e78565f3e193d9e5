"""The files of a run, read out of its executed notebooks: what pages, tests and comparisons read.

Kernels write no files. Everything here comes from mime bundles in the notebooks and from the
resolved assumption book; nothing depends on the time or the machine.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from token_economics.book.assumptions import Book
from token_economics.book.scenarios import Scenario
from token_economics.headlines import rows as headline
from token_economics.project.fingerprint import digest
from token_economics.project.folders import RUN_FILE
from token_economics.report.run.notebooks import NotebookError
from token_economics.show import display

if TYPE_CHECKING:
    from token_economics.report.run.execute import Execution

SCHEMA_VERSION = 1
MARKET_TABLE = "market"
RESULT_FIELDS = ("id", "topic", *headline.RESULT_COLUMNS[1:])
MARKET_FIELDS = ("quarter", "entity", "variable", "unit", "mean", "p05", "p50", "p95")
MARKET_KEY = ("quarter", "entity", "variable")
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Shown:
    """What one notebook shows: headline results, and tables by name (those of figures too)."""

    topic: str
    results: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]


def read(execution: Execution) -> Shown:
    """The results and tables of an executed notebook.

    Raises `NotebookError`: if two outputs bear one name, or results break the contract.
    """
    tables: dict[str, pd.DataFrame] = {}
    rows: list[dict[str, Any]] = []
    for data in outputs(execution):
        if display.RESULTS in data:
            rows += data[display.RESULTS]["results"]
        named = _named_table(data)
        if named is None:
            continue
        name, frame = named
        if not headline.SLUG.fullmatch(name):
            raise NotebookError(f"{execution.source.path.name}: {name!r} names no output")
        if name in tables:
            raise NotebookError(f"{execution.source.path.name}: two outputs are named {name!r}")
        tables[name] = frame
    frame = pd.DataFrame(rows, columns=list(headline.RESULT_COLUMNS))
    if frame["id"].duplicated().any():
        twice = frame["id"][frame["id"].duplicated()].iloc[0]
        raise NotebookError(f"{execution.source.path.name}: the result {twice!r} is shown twice")
    if MARKET_TABLE in tables and set(MARKET_FIELDS) - set(tables[MARKET_TABLE].columns):
        raise NotebookError(
            f"{execution.source.path.name}: the table {MARKET_TABLE!r} needs the columns "
            + ", ".join(MARKET_FIELDS)
        )
    topic = execution.source.topic
    frame.insert(1, "topic", topic)
    frame["id"] = topic + "." + frame["id"].astype(str)
    return Shown(topic=topic, results=frame[list(RESULT_FIELDS)], tables=tables)


def outputs(execution: Execution) -> Iterable[Mapping[str, Any]]:
    """The mime bundles of a notebook in order."""
    for cell in execution.notebook.cells:
        for output in cell.get("outputs", []):
            if "data" in output:
                yield output["data"]


def _named_table(data: Mapping[str, Any]) -> tuple[str, pd.DataFrame] | None:
    if display.VEGALITE in data:
        spec = data[display.VEGALITE]
        name = (spec.get("usermeta") or {}).get("name")
        return (name, pd.DataFrame(spec["data"]["values"], dtype=object)) if name else None
    if display.TABLE in data:
        resource = data[display.TABLE]
        columns = [field["name"] for field in resource["schema"]["fields"]]
        return resource["name"], pd.DataFrame(resource["data"], columns=columns, dtype=object)
    return None


def csv_text(frame: pd.DataFrame) -> str:
    """A table as CSV text, the same bytes everywhere; whole floats are written as integers."""
    return str(frame.to_csv(index=False, lineterminator="\n", na_rep=""))


def write(
    folder: Path,
    executions: list[Execution],
    *,
    book: Book,
    scenario: Scenario,
    run_id: str,
    hashes: Mapping[str, str],
) -> dict[str, Shown]:
    """Write the run's files except the pages; the tables by topic come back for these."""
    shown = {execution.source.topic: read(execution) for execution in executions}
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    (folder / "notebooks").mkdir()
    for topic, contents in shown.items():
        for name, frame in contents.tables.items():
            write_text(folder / "tables" / f"{topic}.{name}.csv", csv_text(frame))
    for execution in executions:
        write_text(folder / "notebooks" / execution.source.path.name, execution.text)
    results = [contents.results for contents in shown.values() if len(contents.results)]
    market = [c.tables[MARKET_TABLE] for c in shown.values() if MARKET_TABLE in c.tables]
    write_text(folder / "results.csv", csv_text(_stacked(results, RESULT_FIELDS)))
    paths = _stacked(market, MARKET_FIELDS).drop_duplicates(
        list(MARKET_KEY)
    )  # a copy shows them too
    write_text(folder / "market.csv", csv_text(paths))
    described = {
        "schema_version": SCHEMA_VERSION,
        "run_id": run_id,
        "scenario": scenario.name,
        "scenario_title": scenario.title,
        "scenario_story": scenario.story,
        "as_of": book.as_of,
        "overrides": dict(book.overrides),
        "subjects": dict(book.subjects),
        "seed": book.seed,
        "n_draws": book.n_draws,
        "hashes": dict(hashes),
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "notebooks": {
            execution.source.topic: {
                "file": execution.source.path.name,
                "title": execution.source.title,
                "question": execution.source.question,
                "hash": digest([execution.text.encode()]),
            }
            for execution in executions
        },
    }
    write_json(folder / RUN_FILE, described)
    return shown


def _stacked(frames: list[pd.DataFrame], columns: Iterable[str]) -> pd.DataFrame:
    names = list(columns)
    stacked = [frame.astype(object) for frame in frames]
    return pd.concat(stacked, ignore_index=True)[names] if stacked else pd.DataFrame(columns=names)


def write_text(path: Path, text: str) -> None:
    """The same bytes on every system."""
    path.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """A file of JSON that reads well, the same bytes everywhere."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def write_zip(folder: Path) -> None:
    """All data of the run in one archive with fixed dates, uncompressed, so that bytes repeat."""
    paths = [
        folder / RUN_FILE,
        *sorted(folder.glob("*.csv")),
        *sorted(folder.glob("tables/*.csv")),
        *sorted(folder.glob("data/*")),
    ]
    with zipfile.ZipFile(folder / "all.zip", "w", zipfile.ZIP_STORED) as archive:
        for path in paths:
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), ZIP_DATE)
            archive.writestr(entry, path.read_bytes())
