"""New figures of live series, written beside the record for review and never into it.

Which series are live is said in ``data/datapackage.json``, on the variable. What the record lacks,
and what has been revised since, goes into a folder of tables in the same schema, which can be
tried at once with ``--data`` and moved into ``data/`` by hand. Needs a network and the optional
extra ``refresh``.
"""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from token_economics.evidence import tables
from token_economics.project import RunError

PUBLISHERS = {"fred": "Federal Reserve Bank of St. Louis"}
ADDRESSES = {"fred": "https://fred.stlouisfed.org/series/{series}"}
SAME = 1e-9


class RefreshError(RunError):
    """A live source could not be read; nothing has been written."""


class LiveSeries(NamedTuple):
    """A variable of a table that a live source publishes."""

    table: str
    variable: str
    entity: str
    unit: str
    client: str
    series: str

    def source_id(self, accessed: datetime.date) -> str:
        """Id of the vintage read on that day."""
        return f"{self.client}_{self.series.lower()}_{accessed:%Y_%m_%d}"


def live_series() -> Iterator[LiveSeries]:
    """Every variable whose description names a live source."""
    for table in tables.tables():
        for variable, described in tables.resource(table).get("variables", {}).items():
            if live := described.get("live"):
                yield LiveSeries(
                    table,
                    variable,
                    live["entity"],
                    described["unit"],
                    live["client"],
                    live["series"],
                )


def fetch(live: LiveSeries, *, since: datetime.date, until: datetime.date) -> pd.Series:
    """Annual values of a live series by year, read with the client library of its source.

    Raises `RefreshError`: if the library is not installed or the source cannot be reached.
    """
    try:
        from pandas_datareader import data as client  # optional, and slow to import
    except ImportError:
        raise RefreshError(
            "live sources need the optional extra: pip install 'token-economics[refresh]'"
        ) from None
    try:
        frame = client.DataReader(live.series, live.client, since, until)
    except Exception as error:  # the library lets several others' through
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise RefreshError(
            f"{PUBLISHERS[live.client]}, series {live.series}: {reason}; is there a network?"
        ) from error
    values: pd.Series = frame[live.series].dropna()
    return values.set_axis([str(day.year) for day in values.index])


def news(live: LiveSeries, values: pd.Series, *, accessed: datetime.date) -> list[dict[str, Any]]:
    """Rows for years that the record lacks or that have been revised since, newest record last."""
    stored = tables.series(live.table, live.variable, live.entity)
    latest: Mapping[Any, Any] = stored.groupby("period")["value"].last().to_dict()
    rows = []
    for period, value in values.items():
        before = latest.get(period)
        if before is not None and abs(value / before - 1) < SAME:
            continue
        note = "" if before is None else f"The record has {before:g}."
        rows.append(
            {
                "period": period, "entity": live.entity, "variable": live.variable, "value": value,
                "unit": live.unit, "kind": "observed", "stated": f"{accessed:%Y-%m-%d}",
                "price_year": _price_year(stored), "source_id": live.source_id(accessed),
                "grade": "primary", "note": note,
            }
        )  # fmt: skip
    return rows


def _price_year(stored: pd.DataFrame) -> str:
    known = stored["price_year"].dropna()
    return str(known.iloc[-1]) if len(known) else ""


def write(folder: Path, *, accessed: datetime.date) -> dict[str, int]:
    """Read all live series and write what is new into an empty or new folder; rows by table.

    Raises `RefreshError`: if a source cannot be read or the folder holds something; nothing is
    written. Raises `OSError`: if the folder cannot be written; nothing is left in it.
    """
    refuse_full(folder)
    rows: dict[str, list[dict[str, Any]]] = {}
    for live in live_series():
        first = min(tables.series(live.table, live.variable, live.entity)["date"])
        values = fetch(live, since=first.date().replace(month=1, day=1), until=accessed)
        found = news(live, values, accessed=accessed)
        if not found:
            continue
        rows.setdefault(live.table, []).extend(found)
        rows.setdefault("sources", []).append(_source(live, accessed))
        revised = [_contradiction(live, row) for row in found if row["note"]]
        if revised:
            rows.setdefault("contradictions", []).extend(revised)
    return save(folder, rows)


def refuse_full(folder: Path) -> None:
    """Raise `RefreshError` if the folder holds something."""
    if folder.exists() and any(folder.iterdir()):
        raise RefreshError(f"{folder} is not empty: review or remove what is there first")


def save(folder: Path, rows: Mapping[str, list[dict[str, Any]]], **texts: str) -> dict[str, int]:
    """Write rows by table, and texts by name of their file, all or none; rows by table."""
    if rows:
        folder.mkdir(parents=True, exist_ok=True)
    try:
        for table, added in rows.items():
            _write_table(folder, table, added)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError:  # such as a full disk: a part of what is new would pass for all of it
        for path in folder.iterdir():
            path.unlink()
        raise
    return {table: len(added) for table, added in rows.items()}


def _source(live: LiveSeries, accessed: datetime.date) -> dict[str, Any]:
    return {
        "id": live.source_id(accessed), "publisher": PUBLISHERS[live.client],
        "title": f"Series {live.series}, read on {accessed:%Y-%m-%d}",
        "published": f"{accessed:%Y-%m-%d}", "accessed": f"{accessed:%Y-%m}",
        "url": ADDRESSES[live.client].format(series=live.series), "licence": "public-domain",
        "seen": "original",
    }  # fmt: skip


def _contradiction(live: LiveSeries, row: Mapping[str, Any]) -> dict[str, Any]:
    """A revised year beside the record's: which one is used stays as it is until reviewed."""
    stored = tables.series(live.table, live.variable, live.entity)
    standing = stored.loc[stored["period"] == row["period"], "source_id"].iloc[-1]
    return {
        "id": f"{live.variable}_{row['period']}_revised", "about": "rows",
        "subject": f"{live.table}:{live.entity}:{live.variable}", "period": row["period"],
        "question": f"What was {live.variable.replace('_', ' ')} in {row['period']}?",
        "used": standing, "reason": "Revised since; the record's vintage stays until reviewed.",
    }  # fmt: skip


def _write_table(folder: Path, table: str, rows: list[dict[str, Any]]) -> None:
    described = tables.resource(table)
    columns = [field["name"] for field in described["schema"]["fields"]]
    with (folder / described["path"]).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
