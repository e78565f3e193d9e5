"""Reads and validates the tables of ``data/``; with `assumptions`, the only reader of data files.

The schema of every table is in ``data/datapackage.json`` (Frictionless Data Package) and nowhere
else. A table is validated before its rows are handed out, and every row keeps its ``source_id``
so that a chart or a sentence can name where its numbers come from.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial, wraps
from inspect import signature
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import pandas as pd

from token_economics import project
from token_economics.evidence import own_data, row_rules, rules, schema
from token_economics.evidence.files import Rows
from token_economics.project import cache as caches
from token_economics.project import fingerprint

KIND = "evidence"
Read = TypeVar("Read", bound=Callable[..., Any])
_ahead: list[Callable[[], Any]] = []
Plain = TypeVar("Plain")
_in_order: set[tuple[Path, Path | None]] = set()  # data that were validated as a whole
DTYPES = {"string": "str", "number": "float64", "integer": "Int64", "boolean": "boolean"}


class EvidenceError(ValueError):
    """A table breaks its schema; the message lists file, row, column, found and allowed."""


def once(read: Read) -> Read:
    """A reader of the evidence that reads once for each set of data; what it gives stays unchanged.

    A frame or column is handed out as a copy, which shares its numbers until one of both is
    written to.
    """

    @cache
    def kept(_data: Path, _own: Path | None, *arguments: Hashable) -> Any:
        return read(*arguments)

    @wraps(read)
    def known(*arguments: Hashable) -> Any:
        found = kept(project.data(), project.own_data(), *arguments)
        return found.copy(deep=False) if hasattr(found, "iloc") else found

    if not signature(read).parameters:
        _ahead.append(known)
    return cast(Read, known)


def read_ahead() -> None:
    """Read all tables, and what readers that need no more make of them, for copies of this process.

    What cannot be read is left to whoever needs it.
    """
    readers: list[Callable[[], Any]] = [partial(read, table) for table in tables()]
    for reader in (*readers, *_ahead):
        with suppress(Exception):
            reader()


def kept(read: Callable[[], Plain]) -> Callable[[], Plain]:
    """As `once`, for what is plain JSON; while evidence is being kept, also from an earlier process."""

    def plain() -> Any:
        return json.loads(json.dumps(read()))

    @wraps(read)
    def known() -> Any:
        kept_in = caches.EVIDENCE.get()
        if kept_in is None:
            return plain()
        key = f"{fingerprint.content()}-{read.__module__}.{read.__qualname__}"
        return kept_in.get_or_make(KIND, key, plain)

    return once(known)


@cache
def _package(data: Path) -> Mapping[str, Any]:
    """The parsed ``datapackage.json``."""
    try:
        loaded: dict[str, Any] = json.loads((data / "datapackage.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise EvidenceError(f"datapackage.json: not JSON: {error}") from error
    return loaded


def package() -> Mapping[str, Any]:
    """The data package's description: tables, fields, variables, edition."""
    return _package(project.data())


def edition() -> Mapping[str, Any]:
    """Run settings of this edition: ``as_of``, ``evidence_to``, ``base_quarter``, ``horizon``, ``seed``, ``n_draws``."""
    settings: Mapping[str, Any] = package()["edition"]
    return settings


def evidence_to() -> str:
    """The day to which sources were searched, but those of list prices, which reach the edition's own.

    What is known of today is known on that day; that nothing was found after it says nothing.
    """
    settings = edition()
    return str(settings.get("evidence_to", settings["as_of"]))


def tables() -> list[str]:
    """Names of all tables."""
    return [resource["name"] for resource in package()["resources"]]


def resource(table: str) -> Mapping[str, Any]:
    """Description of one table.

    Raises `EvidenceError`: if there is no such table.
    """
    for described in package()["resources"]:
        if described["name"] == table:
            found: Mapping[str, Any] = described
            return found
    raise EvidenceError(f"there is no table {table!r}; the tables are {', '.join(tables())}")


def read(table: str) -> pd.DataFrame:
    """Rows of one table, validated, typed, in file order.

    Raises `EvidenceError`: if the table breaks its schema.
    """
    # pandas copies on write
    return _read(project.data(), project.own_data(), table).rows.copy(deep=False)


def texts(table: str) -> Rows:
    """Rows of one table as text, validated, in file order; an empty cell is an empty text.

    Raises `EvidenceError`: if the table breaks its schema.
    """
    return _texts(project.data(), project.own_data(), table)


@cache
def _texts(data: Path, own: Path | None, table: str) -> Rows:
    _refuse_broken(data, own, table)
    return raw_rows(table)


def _refuse_broken(data: Path, own: Path | None, table: str) -> None:
    problems = [] if (data, own) in _in_order else validate([table])
    if problems:
        raise EvidenceError("\n".join(problems))


class _Table(NamedTuple):
    """Rows of a table; of a series table also day, entity and place of each variable's."""

    rows: pd.DataFrame
    places: dict[str, list[tuple[int, str, int]]]


@cache
def _read(data: Path, own: Path | None, table: str) -> _Table:
    _refuse_broken(data, own, table)
    described = resource(table)
    fields = described["schema"]["fields"]
    dates = [field["name"] for field in fields if field["type"] == "date"]
    dtypes: Any = {f["name"]: DTYPES[f["type"]] for f in fields if f["type"] in DTYPES}
    frame = pd.read_csv(
        io.StringIO(own_data.text(described)), dtype=dtypes, parse_dates=dates,
        keep_default_na=False, na_values={f["name"]: [""] for f in fields},
    )  # fmt: skip
    if table == "sources":
        frame["publisher"] = [row["publisher"] for row in raw_rows(table)]
    if described["kind"] == "series":
        frame.insert(1, "date", midpoint_of_period(frame["period"]))
        frame.insert(2, "table", table)
    return _Table(frame, _places_in_time(frame) if described["kind"] == "series" else {})


def _places_in_time(frame: pd.DataFrame) -> dict[str, list[tuple[int, str, int]]]:
    days = frame["date"].to_numpy().astype("datetime64[D]").astype(int).tolist()
    rows = zip(days, frame["entity"].tolist(), range(len(frame)), strict=True)
    found: dict[str, list[tuple[int, str, int]]] = {}
    for variable, row in zip(frame["variable"].tolist(), rows, strict=True):
        found.setdefault(variable, []).append(row)
    return found


def series(table: str, variable: str, *entities: str) -> pd.DataFrame:
    """Rows of one variable of a series table, in order of time; of the named entities or of all.

    Raises `EvidenceError`: if the table defines no such variable or holds no row of an entity.
    """
    return _series(project.data(), project.own_data(), table, variable, entities).copy(deep=False)


@cache
def _series(
    data: Path, own: Path | None, table: str, variable: str, entities: tuple[str, ...]
) -> pd.DataFrame:
    held = _read(data, own, table)
    if variable not in resource(table)["variables"]:
        known = ", ".join(resource(table)["variables"])
        raise EvidenceError(f"{table}: no variable {variable!r}; it has {known}")
    rows = held.places.get(variable, [])
    known_entities = {entity for _, entity, _ in rows}
    for entity in entities:
        if entity not in known_entities:
            raise EvidenceError(f"{table}: no row of {entity!r} for {variable!r}")
    chosen = sorted(row for row in rows if not entities or row[1] in entities)
    return held.rows.take([place for *_, place in chosen]).reset_index(drop=True)


def disputed(table: str, rows: pd.DataFrame) -> pd.Series:
    """Whether `contradictions` lists a row of a series table among figures that disagree."""
    if "contradictions" not in tables():
        return pd.Series(False, index=rows.index)
    register = read("contradictions")[["about", "subject", "period"]].fillna("").to_dict("records")
    listed = rules.listed_as_disagreeing(register)
    keys = zip(rows["entity"], rows["variable"], rows["period"], strict=True)
    return pd.Series([(table, *key) in listed for key in keys], index=rows.index, dtype=bool)


def midpoint_of_period(periods: pd.Series) -> pd.Series:
    """Date in the middle of a year, half, quarter or month; a day stays itself."""
    days = {text: pd.Timestamp(row_rules.middle(text)) for text in periods.unique()}
    return periods.map(days).astype("datetime64[s]")


def sources(ids: Iterable[str]) -> pd.DataFrame:
    """Rows of ``sources.csv`` for the ids, in order of id, each once."""
    register = read("sources")
    return register[register["id"].isin(set(ids))].sort_values("id").reset_index(drop=True)


@once
def publishers() -> Mapping[str, str]:
    """Who published each source, by its id."""
    return {row["id"]: row["publisher"] for row in raw_rows("sources")}


def validate(names: Iterable[str] | None = None) -> list[str]:
    """Problems of the named tables (all by default), a line each: file, row, column, found, allowed.

    Files first, then each table against its schema, then the rules that a schema cannot say.
    """
    chosen = list(names) if names is not None else tables()
    problems = [*own_data.problems(package()["resources"]), *_file_problems(chosen)]
    if not problems:
        problems = _table_problems(chosen, between_tables=names is None)
    if names is None:
        (_in_order.discard if problems else _in_order.add)((project.data(), project.own_data()))
    places = _places(problems)
    return [own_data.located(problem, places) for problem in dict.fromkeys(problems)]


def _and_what_they_cite(chosen: Iterable[str]) -> list[Mapping[str, Any]]:
    """Descriptions of the tables, of those that their keys refer to, and of the sources."""
    described = {name: resource(name) for name in [*chosen, "sources"]}
    for table in list(described.values()):
        for key in table["schema"].get("foreignKeys", []):
            cited = key["reference"]["resource"]
            described[cited] = resource(cited)
    return list(described.values())


def _file_problems(chosen: Iterable[str]) -> list[str]:
    """What keeps the project's files from being read as rows."""
    problems = []
    for described in _and_what_they_cite(chosen):
        path = described["path"]
        if not own_data.files(path)[0].exists():
            problems.append(f"{path}: the file is missing; datapackage.json lists it")
            continue
        first, *_ = own_data.sheets(described)
        problems += [f"{path}: {place}: {words}" for place, words in first.problems]
    return problems


def _table_problems(chosen: Iterable[str], *, between_tables: bool) -> list[str]:
    described = {name: resource(name) for name in chosen}
    rows = {name: raw_rows(name) for name in described}
    problems: list[str] = []
    for name, table in described.items():
        problems += schema.problems(
            table, rows[name], referenced=lambda cited: rows.get(cited) or raw_rows(cited)
        ) or row_rules.own_problems(table, rows[name])
    if problems:
        return problems
    as_of, known = str(edition()["as_of"]), set(raw_rows("sources").columns["id"])
    for name, table in described.items():
        problems += row_rules.row_problems(table, rows[name], sources=known, as_of=as_of)
    if between_tables:
        problems += [problem for name in chosen for problem in _own_sources_missing(name)]
        problems += rules.problems(package(), rows)
    return problems


def _places(problems: Collection[str]) -> dict[str, tuple[int, Sequence[int]]]:
    """Rows of the project's files, header included, and where the user's rows stand in theirs."""
    if not problems or project.own_data() is None:
        return {}
    places = {}
    for described in package()["resources"]:
        files = own_data.files(described["path"])
        if len(files) > 1 and files[0].exists():
            theirs, own = own_data.sheets(described)
            places[described["path"]] = (len(theirs.rows) + 1, own.numbers)
    return places


def raw_rows(table: str) -> Rows:
    """Rows of a table as text, not validated, in file order; the user's own rows come last.

    Publishers of the user's sources are marked, so that whatever cites them is known as the user's.
    """
    theirs, *own = own_data.sheets(resource(table))
    added = own[0].rows if own else Rows({})
    if table == "sources" and own:
        marked = [name + own_data.MARK for name in added.columns["publisher"]]
        added = Rows({**added.columns, "publisher": marked})
    return theirs.rows + added if own else theirs.rows


def own_rows(table: str) -> int:
    """How many of the last rows of a table are the user's own."""
    _, *own = own_data.sheets(resource(table))
    return sum(len(sheet.rows) for sheet in own)


def _own_sources_missing(table: str) -> list[str]:
    """Rows of the user's that cite no source of the user's: nothing would mark them as such."""
    register = raw_rows("sources")
    own = {row["id"] for row in register[len(register) - own_rows("sources") :]}
    rows, path = raw_rows(table), resource(table)["path"]
    first = len(rows) - own_rows(table)
    if "source_id" not in rows.columns:
        return []

    def of_others(cell: str) -> list[str]:
        return [] if own & set(cell.split()) else [cell]

    return [
        f"{path}: row {first + at + 2}, column source_id: found {cell!r}; a row of yours "
        "cites at least one source of your own sources.csv"
        for at, cell in rows[first:].faults(["source_id"], of_others)
    ]
