"""The assumption book: every number we chose, its range, and what a run sets it to.

One row of ``data/assumptions.csv`` a number. `resolve` overlays the book with what a notebook, a
scenario or the command line says; the result gives point values and joint draws. All four doors
(``--set``, a scenario file, the parameters cell, plain papermill) come through here.
"""

from __future__ import annotations

import difflib
import math
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from token_economics.book import innovations, subjects
from token_economics.book.assumption import TRANSFORMS, Assumption
from token_economics.book.draws import Draws
from token_economics.book.ensemble import Conditioning, drawn_once
from token_economics.book.noted import noted, renewed, unnoted
from token_economics.evidence import tables
from token_economics.methods.arrays import FloatArray
from token_economics.project import RequestError, fingerprint

SETTINGS = ("as_of", "seed", "n_draws")
NEAR_MISS_CUTOFF = 0.8
MOST_DRAWS_KEPT = 8192

_resolved: list[set[str]] = []


class AssumptionError(RequestError):
    """An assumption was set to something the book does not allow; nothing has been run."""


class NoSuchAssumptionError(AssumptionError, KeyError):
    """Code reads an assumption that the book does not have; names it, and what to do."""

    __str__ = ValueError.__str__  # a KeyError shows its message as code


@dataclass(frozen=True)
class Book(Mapping[str, float]):
    """Assumptions as one run has them: a mapping from name to point value.

    ``stored`` are the rows of the file, whatever the run made of them. ``reads`` collects the names
    that were read from this book or one made of it, also from one that was given a set of its own.
    ``subjects`` are text parameters that the run sets. ``record`` says which joint draws the record
    leaves; what is set on the book afterwards is set on those draws, and the record is not asked again.
    """

    rows: Mapping[str, Assumption]
    stored: Mapping[str, Assumption]
    as_of: str
    seed: int
    n_draws: int
    scenario: str = "base"
    subjects: Mapping[str, str] = field(default_factory=dict)
    record: Conditioning | None = field(default=None, compare=False, repr=False)
    reads: set[str] = field(default_factory=set, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", noted(self.rows, self.reads))
        object.__setattr__(self, "subjects", noted(self.subjects, self.reads))

    def __getitem__(self, name: str) -> float:
        return self.row(name).value

    def __contains__(self, name: object) -> bool:
        return name in self.rows

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, name: str) -> Assumption:
        """The assumption of that name.

        Raises
        ------
        NoSuchAssumptionError
            If there is none; names the nearest.
        """
        if name not in self.rows:
            raise NoSuchAssumptionError(_unread(name, self.rows))
        return self.rows[name]

    @property
    def overrides(self) -> dict[str, float | list[float]]:
        """What turns the rows of the file into those of this run, in the order of names."""
        return {
            name: _as_given(row, self.stored[name])
            for name, row in sorted(self.rows.items())
            if row != self.stored[name]
        }

    def identity(self, name: str) -> str:
        """What of an assumption or a subject can decide a result: all but who set it."""
        if name in self.rows:
            return _identity(self.rows[name])
        return self.subjects.get(name, "")

    def interval(self, name: str) -> tuple[float, float, float]:
        """Low end, value and high end of an assumption; a value that is pinned is all three."""
        row = self.row(name)
        low, high = (row.value if end is None else end for end in (row.low, row.high))
        return low, row.value, high

    def subject(self, name: str) -> str:
        """Whom a page is about: as the run says, else as the table of that subject does."""
        return self.subjects.get(name, subjects.known()[name].default)

    def points(self) -> Draws:
        """Point values as arrays of one draw, for functions that take draws; no surprises."""

        def point(name: str) -> FloatArray:
            return np.array([0.0 if innovations.is_stream(name) else self.row(name).value])

        return Draws(self.rows, point, self.reads)

    def draws(self, n_draws: int | None = None) -> Draws:
        """Joint draws, one array a name.

        Each name has its own stream and is stratified over the draws (Latin hypercube; McKay,
        Beckman and Conover 1979), so a new row shifts no other row's draws and two scenarios
        share them.
        """
        n = self.n_draws if n_draws is None else n_draws
        known = self.record.names if self.record else frozenset()

        def make(name: str) -> FloatArray:
            row = None if innovations.is_stream(name) else self.row(name)
            left = None
            if self.record and name in known:
                self.reads.update(known & self.rows.keys())
                left = self.record.ensemble()
            left = left if left and name in left.place_of else None
            drawn = drawn_once if n <= MOST_DRAWS_KEPT else drawn_once.__wrapped__
            return drawn(name, row, left, self.seed, n)

        return Draws(self.rows, make, self.reads)

    @property
    def told(self) -> dict[str, str] | None:
        """Where the record was asked under other assumptions than these: identities of those."""
        if self.record is None:
            return None
        asked = self.record.book
        names = sorted(self.record.names & self.rows.keys())
        return {n: asked.identity(n) for n in names if asked.rows[n] != self.rows[n]}

    def is_contradicted(self) -> bool:
        """Whether there is a record that leaves none of the book's draws."""
        return self.record is not None and self.record.ensemble() is None

    def before_record(self) -> Book:
        """The same book with the draws of its own distributions, whatever the record says."""
        return replace(self, record=None)

    def table(self, topic: str | None = None) -> pd.DataFrame:
        """The rows as a frame, of one topic or of all."""
        columns = (
            "name", "label", "value", "low", "high", "distribution", "unit", "basis",
            "source_id", "rationale", "set_by",
        )  # fmt: skip
        return pd.DataFrame(
            [
                {column: getattr(row, column) for column in columns}
                for row in self.rows.values()
                if topic is None or topic in row.topics
            ],
            columns=list(columns),
        )


@lru_cache(maxsize=1024)
def _identity(row: Assumption) -> str:
    return fingerprint.digest([repr(replace(row, set_by="")).encode()])


def read_book() -> Book:
    """The book of the project as it stands in ``data/assumptions.csv``."""
    rows = {}
    for record in tables.texts("assumptions"):
        row = _row(record)
        rows[row.name] = row
    settings = tables.edition()
    return Book(
        rows=rows,
        stored=rows,
        as_of=str(settings["as_of"]),
        seed=int(settings["seed"]),
        n_draws=int(settings["n_draws"]),
    )


def _row(record: Mapping[str, str]) -> Assumption:
    def number(column: str) -> float | None:
        return float(record[column]) if record[column] else None

    row = Assumption(
        name=record["name"],
        value=float(record["value"]),
        low=number("low"),
        high=number("high"),
        distribution=record["distribution"],
        hard_min=float(record["hard_min"]),
        hard_max=float(record["hard_max"]),
        unit=record["unit"],
        basis=record["basis"],
        source_id=record["source_id"],
        rationale=record["rationale"],
        topics=tuple(record["topics"].split()),
        label=record["label"],
        symbol=record["symbol"],
        renamed_from=tuple(record["renamed_from"].split()),
    )
    _check_stored(row)
    return row


def _check_stored(row: Assumption) -> None:
    """What the table's schema cannot say: a row that the book itself would refuse."""
    where = f"assumptions.csv: {row.name}"
    if (row.low is None) != (row.high is None):
        raise AssumptionError(f"{where}: give both low and high, or neither")
    points = [row.value] if row.low is None or row.high is None else [row.low, row.value, row.high]
    if not row.hard_min <= min(points) <= max(points) <= row.hard_max:
        raise AssumptionError(f"{where}: {points} outside {row.hard_min:g} to {row.hard_max:g}")
    forward, _ = TRANSFORMS.get(row.distribution, TRANSFORMS["normal"])
    with np.errstate(divide="ignore", invalid="ignore"):
        if not np.isfinite(forward(np.array(points))).all():
            raise AssumptionError(f"{where}: {row.distribution} cannot hold {points}")


def resolve(namespace: Mapping[str, Any]) -> Book:
    """The book overridden by every variable of ``namespace`` that bears a book name.

    A notebook calls ``resolve(globals())`` right after its parameters cell, so whatever papermill
    or an analyst has set there holds, listed in the cell or not. A variable that looks like a
    misspelt assumption raises a warning: plain papermill cannot refuse it. The namespace is read
    once, as it is when the call begins: a warning leaves a note of itself in the caller's globals.

    Raises
    ------
    AssumptionError
        If a value is of the wrong type, not finite, outside the hard bounds or inverted.
    """
    namespace = dict(namespace)
    book = read_book()
    _resolved.append(book.reads)
    wanted = {name: namespace[name] for name in (*book, *subjects.known()) if name in namespace}
    renamed = {old: name for name, row in book.stored.items() for old in row.renamed_from}
    for old in sorted((renamed.keys() | retired().keys()) & namespace.keys()):
        raise AssumptionError(unknown(old, book.stored))
    for name, value in namespace.items():
        if name in book or name in SETTINGS or name.startswith("_") or not _is_setting(value):
            continue
        near = difflib.get_close_matches(name, list(book), n=1, cutoff=NEAR_MISS_CUTOFF)
        if near:
            warnings.warn(
                f"{name!r} is not an assumption and changes nothing; did you mean {near[0]!r}?",
                stacklevel=2,
            )
    settings = {name: namespace[name] for name in SETTINGS if name in namespace}
    return override(book, wanted, **settings)


def read_so_far() -> list[str]:
    """Names that were read of the books which this process resolved, in the order of names."""
    return sorted(set().union(*_resolved))


def _is_setting(value: object) -> bool:
    return isinstance(value, int | float | list | tuple) and not isinstance(value, bool)


def override(
    book: Book,
    values: Mapping[str, Any],
    *,
    set_by: str = "override",
    scenario: str | None = None,
    **settings: Any,
) -> Book:
    """The book with some assumptions set.

    A literal equal to the stored value means the stored row, range and all. Another number pins
    it; ``[low, high]`` gives it that 90 % interval; ``[x, x]`` pins it at x. What is set last
    holds, whatever was set before.

    Raises
    ------
    AssumptionError
        Names the assumption, what was given, what is allowed, and the nearest known name.
    """
    rows, named = unnoted(book.rows), unnoted(book.subjects)
    for name, given in values.items():
        if name not in rows and name in subjects.known():
            if fault := subjects.fault(name, given):
                raise AssumptionError(fault)
            named[name] = given
            continue
        if name not in rows:
            raise AssumptionError(unknown(name, rows))
        stored = book.stored[name]
        row = _set(stored, given, set_by=set_by)
        if row == replace(rows[name], set_by=row.set_by):
            continue
        rows[name] = stored if row == replace(stored, set_by=row.set_by) else row
    for name, given in settings.items():
        _check_setting(name, given)
    return replace(
        book,
        rows=renewed(book.rows, rows),
        subjects=renewed(book.subjects, dict(sorted(named.items()))),
        scenario=scenario or book.scenario,
        **settings,
    )


def _as_given(row: Assumption, stored: Assumption) -> float | list[float]:
    """What makes the row out of the stored one: the way to hand it to a kernel."""
    if row.low is not None and row.high is not None:
        return [row.low, row.high]
    return [row.value, row.value] if row.value == stored.value else row.value


def _check_setting(name: str, given: Any) -> None:
    whole = isinstance(given, int | np.integer) and not isinstance(given, bool)
    if name not in SETTINGS:
        raise AssumptionError(f"{name!r} is no run setting; these are {', '.join(SETTINGS)}")
    if name == "seed" and not (whole and given >= 0):
        raise AssumptionError(f"seed: given {given!r}; allowed is a whole number from 0")
    if name == "n_draws" and not (whole and given >= 1):
        raise AssumptionError(f"n_draws: given {given!r}; allowed is a whole number from 1")
    if name == "as_of" and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(given)):
        raise AssumptionError(f"as_of: given {given!r}; allowed is a day such as 2026-10-10")


def retired() -> Mapping[str, str]:
    """Assumptions that the book once had, and why it has them no more."""
    given_up: Mapping[str, str] = tables.edition().get("retired_assumptions", {})
    return given_up


def unknown(name: str, rows: Mapping[str, Assumption]) -> str:
    """Why the book has no assumption of that name, and which name may be meant."""
    if name in retired():
        return f"{name!r} has been retired: {retired()[name]}"
    for row in rows.values():
        if name in row.renamed_from:
            return f"{name!r} is now called {row.name!r}: use that name"
    near = difflib.get_close_matches(name, list(rows), n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"unknown assumption {name!r}{hint} (`token-economics assumptions` lists all)"


def _unread(name: str, rows: Mapping[str, Assumption]) -> str:
    """What to tell whoever runs code that reads an assumption which is not there."""
    return f"{unknown(name, rows)}; code reads it, so data/assumptions.csv needs that row"


def _set(row: Assumption, given: Any, *, set_by: str) -> Assumption:
    if isinstance(given, list | tuple):
        if len(given) != 2:
            raise AssumptionError(
                f"{row.name}: given {given!r}; an interval is [low, high], two numbers"
            )
        low, high = (_number(row, part) for part in given)
        if low > high:
            raise AssumptionError(f"{row.name}: given {given!r}; low must not exceed high")
        if low == high:
            return replace(row, value=low, low=None, high=None, set_by=set_by)
        if (low, high) == (row.low, row.high):
            return row
        distribution = "normal" if row.distribution == "fixed" else row.distribution
        forward, back = TRANSFORMS.get(distribution, TRANSFORMS["normal"])
        with np.errstate(divide="ignore", invalid="ignore"):
            middle = float(back((forward(low) + forward(high)) / 2))
            if not math.isfinite(forward(low)) or not math.isfinite(forward(high)):
                raise AssumptionError(
                    f"{row.name}: given {given!r}; an interval of this {distribution} assumption "
                    f"must lie inside its bounds {row.hard_min:g} to {row.hard_max:g}, not on them"
                )
        return replace(
            row, value=middle, low=low, high=high, distribution=distribution, set_by=set_by
        )
    value = _number(row, given)
    if value == row.value:
        return row
    return replace(row, value=value, low=None, high=None, set_by=set_by)


def _number(row: Assumption, given: Any) -> float:
    allowed = f"allowed is a number from {row.hard_min:g} to {row.hard_max:g} ({row.unit})"
    if isinstance(given, bool | np.bool_) or not isinstance(
        given, int | float | np.integer | np.floating
    ):
        raise AssumptionError(
            f"{row.name}: given {given!r}, a {type(given).__name__}; {allowed} or [low, high]"
        )
    try:
        value = float(given)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value) or not row.hard_min <= value <= row.hard_max:
        raise AssumptionError(f"{row.name}: given {given!r}; {allowed}")
    return value
