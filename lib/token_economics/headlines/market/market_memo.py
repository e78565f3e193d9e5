"""The market as last solved, so that topics that read the same market solve it once.

A path is found again by what it was solved from: every number of the drivers, compared one by
one; drivers by the draws that they read. So neither can stand for another market, whoever asks
and however it came about; what was read may not be written to afterwards.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from token_economics.book.draws import Draws
from token_economics.headlines.market import market_drivers
from token_economics.headlines.market.market_drivers import MarketRecord
from token_economics.methods.arrays import FloatArray
from token_economics.models import market
from token_economics.models.market import MarketDrivers, MarketPath
from token_economics.models.task_values import ValueCurve

Solve = Callable[[Mapping[str, FloatArray], MarketRecord], MarketPath]

MOST_PATHS = 6  # about 21 MB each for 4096 draws
MOST_DRAWS = 4096  # the most of a path that is kept, and of a part that is solved by itself

_kept: list[tuple[MarketDrivers, int, MarketPath]] = []
_made: list[tuple[dict[str, FloatArray], MarketRecord, MarketDrivers]] = []


def drivers(
    draws: Mapping[str, FloatArray],
    facts: MarketRecord,
    *,
    value_curves: Mapping[str, ValueCurve] | None = None,
) -> MarketDrivers:
    """`market_drivers.drivers`, or what it made of the same draws a moment ago; not to be changed."""
    if value_curves:
        return market_drivers.drivers(draws, facts, value_curves=value_curves)
    for place, (read, known, made) in enumerate(_made):
        if known is facts and all(_equal(draws[name], values) for name, values in read.items()):
            _made.insert(0, _made.pop(place))
            return made
    names: set[str] = set()

    def noted(name: str) -> FloatArray:
        names.add(name)
        return draws[name]

    seen = Draws(draws, noted, set())
    made = market_drivers.drivers(seen, facts)
    if made.contract_price.size <= MOST_DRAWS:
        read = {name: seen[name] for name in names}
        for values in read.values():
            values.flags.writeable = False
        _made.insert(0, (read, facts, made))
        del _made[MOST_PATHS:]
    return made


def solve(
    draws: Mapping[str, FloatArray],
    facts: MarketRecord,
    *,
    value_curves: Mapping[str, ValueCurve] | None = None,
) -> MarketPath:
    """The market for given draws, from the base quarter to the horizon.

    ``value_curves`` by work segment give the form of its demand curve where that is not lognormal.
    """
    return solved(drivers(draws, facts, value_curves=value_curves), facts.quarters_ahead)


def solved(drivers: MarketDrivers, quarters: int) -> MarketPath:
    """`market_path.simulate`, or what it gave for the same drivers a moment ago; not to be changed."""
    for place, (known, ahead, path) in enumerate(_kept):
        if ahead == quarters and _same(known, drivers):
            _kept.insert(0, _kept.pop(place))
            return path
    path = market.simulate(drivers, quarters)
    for array in _arrays(path):
        array.flags.writeable = False
    if drivers.contract_price.size <= MOST_DRAWS:
        _kept.insert(0, (drivers, quarters, path))
        del _kept[MOST_PATHS:]
    return path


def in_chunks(
    draws: Mapping[str, FloatArray],
    facts: MarketRecord,
    *,
    reduce: Callable[[MarketPath, MarketRecord], Mapping[str, FloatArray]],
    solve: Solve = solve,
) -> dict[str, FloatArray]:
    """What ``reduce`` makes of the solved market, draws last; of many draws one part after another.

    So only one part's path is in memory at a time, and none of them is kept.
    """
    size = draws["market_demand_elasticity_magnitude"].size
    if size <= MOST_DRAWS:
        return dict(reduce(solve(draws, facts), facts))
    ends = np.linspace(0, size, 1 + math.ceil(size / MOST_DRAWS)).astype(int)
    parts = [
        reduce(solve(_part(draws, slice(start, end)), facts), facts)
        for start, end in itertools.pairwise(ends)
    ]
    return {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}


def _part(draws: Mapping[str, FloatArray], chosen: slice) -> Draws:
    return Draws(draws, lambda name: draws[name][chosen], set())


def _same(one: MarketDrivers, other: MarketDrivers) -> bool:
    if one is other:
        return True
    if one.contract_price.size != other.contract_price.size:
        return False
    same_form = one.demand.value_curves == other.demand.value_curves
    return same_form and all(
        _equal(a, b) for a, b in zip(_arrays(one), _arrays(other), strict=True)
    )


def _equal(one: FloatArray, other: FloatArray) -> bool:
    return one is other or np.array_equal(one, other)


def _arrays(record: Any) -> Iterator[FloatArray]:
    """Every array of a record and of the records in it."""
    for field in fields(record):
        part = getattr(record, field.name)
        if isinstance(part, np.ndarray):
            yield part
        elif is_dataclass(part):
            yield from _arrays(part)
