"""What a sweep evaluates: parameter sets times draws, cut into chunks that never change.

A plan is plain data, so that it travels to other processes and machines as it is, and so that its
digest says whether a half-finished sweep is the same one.
"""

from __future__ import annotations

import csv
import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from token_economics.book import assumptions, scenarios
from token_economics.book.assumptions import AssumptionError, Book

CHUNK_ROWS = 4096


@dataclass(frozen=True)
class Plan:
    """Parameter sets (columns of equal length), draws of each, and how the rows are cut.

    ``draws`` 0 means the point values of the book instead of draws. ``overrides`` and the run
    settings make the book that the sets change.
    """

    scenario: str
    overrides: Mapping[str, float | list[float]]
    as_of: str
    seed: int
    names: tuple[str, ...]
    sets: tuple[tuple[float, ...], ...]
    draws: int
    chunk_rows: int
    topics: tuple[str, ...]
    inputs: bool
    hashes: Mapping[str, str]

    @property
    def n_sets(self) -> int:
        """Parameter sets; one, the book itself, when none is given."""
        return max(1, len(self.sets))

    @property
    def chunks_a_set(self) -> int:
        """Chunks of one set's draws; a chunk holds draws of one set only, or points of many."""
        return math.ceil(self.draws / self.chunk_rows)

    @property
    def n_chunks(self) -> int:
        """Chunks of the sweep."""
        if not self.draws:
            return math.ceil(self.n_sets / self.chunk_rows)
        return self.n_sets * self.chunks_a_set

    @property
    def n_rows(self) -> int:
        """Evaluations of the model."""
        return self.n_sets * max(1, self.draws)

    def described(self) -> dict[str, Any]:
        """The plan as plain JSON values."""
        return asdict(self)


def make(
    book: Book,
    sets: Mapping[str, list[float]],
    *,
    draws: int,
    topics: Iterable[str],
    inputs: bool,
    hashes: Mapping[str, str],
    chunk_rows: int = CHUNK_ROWS,
) -> Plan:
    """A plan for a book and parameter sets.

    Raises `AssumptionError`: A name or value that the book does not allow.
    """
    for name, values in sets.items():
        for value in sorted(set(values)):
            assumptions.override(book, {name: value})
    return Plan(
        scenario=book.scenario,
        overrides=dict(book.overrides),
        as_of=book.as_of,
        seed=book.seed,
        names=tuple(sets),
        sets=tuple(zip(*sets.values(), strict=True)),
        draws=draws,
        chunk_rows=chunk_rows,
        topics=tuple(topics),
        inputs=inputs,
        hashes=dict(hashes),
    )


def parse_grid(text: str) -> tuple[str, list[float]]:
    """``name=low:high:count`` as a name and evenly spaced values, both ends included.

    Raises `AssumptionError`: if it is none.
    """
    name, _, span = text.partition("=")
    parts = span.split(":")
    if len(parts) != 3 or not parts[2].strip().isdigit() or int(parts[2]) < 1:
        raise AssumptionError(
            f"given {text!r}; a grid is name=low:high:count, for example own_price_elasticity=-2:-0.5:16"
        )
    name, low = scenarios.parse_assignment(f"{name}={parts[0]}")
    _, high = scenarios.parse_assignment(f"{name}={parts[1]}")
    if isinstance(low, list) or isinstance(high, list):
        raise AssumptionError(f"given {text!r}; the ends of a grid are numbers")
    return name, [float(value) for value in np.linspace(low, high, int(parts[2]))]


def product(grids: Iterable[tuple[str, list[float]]]) -> dict[str, list[float]]:
    """Every combination of the grids' values, the last grid running fastest."""
    axes: dict[str, list[float]] = {}
    for name, values in grids:
        if name in axes:
            raise AssumptionError(f"{name} has two grids")
        axes[name] = values
    if not axes:
        return {}
    columns = zip(*itertools.product(*axes.values()), strict=True)
    return {name: list(column) for name, column in zip(axes, columns, strict=True)}


def read_sets(path: Path) -> dict[str, list[float]]:
    """Parameter sets of a CSV file: a column an assumption, a row a set.

    Raises `AssumptionError`: names the row and column that holds no number.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            names = list(reader.fieldnames or ())
    except (OSError, UnicodeDecodeError) as error:
        raise AssumptionError(f"{path.name} cannot be read: {error}") from None
    if not rows or len(set(names)) < len(names):
        raise AssumptionError(f"{path.name}: needs a line of names, each once, and a row a set")
    columns: dict[str, list[float]] = {name: [] for name in names}
    for number, row in enumerate(rows, start=2):
        for name in names:
            try:
                columns[name].append(float(row[name]))
            except (TypeError, ValueError):
                raise AssumptionError(
                    f"{path.name}: row {number}, column {name}: found {row[name]!r}; write a number"
                ) from None
    return columns
