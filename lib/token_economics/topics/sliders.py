"""Assumptions that a reader may move on a page: where a slider starts, ends and stops between.

A slider over a formula moves in even steps. A slider over a solved market stops at a few points of
the assumption's distribution, at each of which the library has solved the market: what a page then
shows is the library's own result and no interpolation.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from token_economics.assumption import Assumption
from token_economics.assumptions import Book, FloatArray

COLUMNS = (
    "param", "name", "label", "unit", "value", "book", "low", "high", "minimum", "maximum", "step", "stops",
    "source_id",
)  # fmt: skip
NICE_STEPS = (1.0, 2.0, 5.0)
STEPS = 80
QUARTILES_AND_ENDS = (0.05, 0.25, 0.75, 0.95)
ENDS = (0.05, 0.95)


def even(book: Book, names: Mapping[str, str]) -> pd.DataFrame:
    """Sliders in even steps over the 5 to 95 % range of each assumption; the run's value is one.

    ``names`` maps what a slider is called in formulas and tables to its assumption.
    """
    return _frame(_even_row(book, param, name) for param, name in names.items())


def stops(
    book: Book, names: Mapping[str, str], points: Sequence[float] = QUARTILES_AND_ENDS
) -> pd.DataFrame:
    """Sliders that stop at these points of each assumption's distribution and at the run's value."""
    return _frame(_stopped_row(book, param, name, points) for param, name in names.items())


def estimated(
    param: str, *, label: str, unit: str, value: float, low: float, high: float
) -> pd.DataFrame:
    """A slider over an estimate that is no assumption, from end to end of its interval."""
    value, low, high = _rounded(value), _rounded(low), _rounded(high)
    minimum, maximum, step = track(value, low, high, hard_min=-math.inf, hard_max=math.inf)
    row = {"param": param, "name": "", "label": label, "unit": unit, "value": value, "book": value}
    row |= {"low": low, "high": high, "minimum": minimum, "maximum": maximum, "step": step}
    return _frame([{**row, "stops": (), "source_id": ""}])


def _frame(rows: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(COLUMNS))


def _even_row(book: Book, param: str, name: str) -> dict[str, object]:
    row, low, high = _ends(book, name)
    minimum, maximum, step = track(
        row.value, low, high, hard_min=row.hard_min, hard_max=row.hard_max
    )
    described = _described(book, param, row, low, high)
    return {**described, "minimum": minimum, "maximum": maximum, "step": step, "stops": ()}


def _stopped_row(book: Book, param: str, name: str, points: Sequence[float]) -> dict[str, object]:
    row, low, high = _ends(book, name)
    ranged = book.stored[name] if row.pinned else row
    decimals = 2 - math.floor(math.log10(high - low))
    around = {round(float(point), decimals) + 0.0 for point in ranged.quantile(np.array(points))}
    value = _rounded(row.value)
    found = tuple(sorted({value, *around}))
    described = {**_described(book, param, row, low, high), "value": value}
    ends = {"minimum": found[0], "maximum": found[-1]}
    return {**described, **ends, "step": 0.0, "stops": found}


def _described(
    book: Book, param: str, row: Assumption, low: float, high: float
) -> dict[str, object]:
    return {
        "param": param, "name": row.name, "label": row.label, "unit": row.unit, "value": row.value,
        "book": book.stored[row.name].value, "low": low, "high": high, "source_id": row.source_id,
    }  # fmt: skip


def _ends(book: Book, name: str) -> tuple[Assumption, float, float]:
    """The assumption with its 5 and 95 % points; those of the book where the run pins it.

    Raises
    ------
    ValueError
        If the book gives no range either: there is nothing to move.
    """
    row = book.row(name)
    ranged = book.stored[name] if row.pinned else row
    if ranged.low is None or ranged.high is None:
        raise ValueError(f"{name} has no range: a slider needs one")
    return row, ranged.low, ranged.high


def track(
    value: float, low: float, high: float, *, hard_min: float, hard_max: float
) -> tuple[float, float, float]:
    """Least and greatest position and the step of a slider that stops at ``value`` exactly.

    The step is a round number; the ends lie within half a step of ``low`` and ``high``, inside
    the hard bounds, and reach further only where the value itself does.
    """
    coarsest = (high - low) / STEPS
    power = 10.0 ** math.floor(math.log10(coarsest))
    step = next(nice * power for nice in (*NICE_STEPS, 10.0) if nice * power >= coarsest * 0.999)
    below = max(round((value - low) / step), 0)
    above = max(round((high - value) / step), 0)
    below -= value - below * step < hard_min
    above -= value + above * step > hard_max
    return _rounded(value - below * step, 12), _rounded(value + above * step, 12), step


def _rounded(value: float, digits: int = 6) -> float:
    return float(f"{value:.{digits}g}")


def combinations(sliders: pd.DataFrame) -> pd.DataFrame:
    """Every combination of the stops, a row each, a column a slider."""
    params = [str(param) for param in sliders["param"]]
    return pd.DataFrame(list(itertools.product(*sliders["stops"])), columns=params)


def at_each(
    book: Book,
    sliders: pd.DataFrame,
    solve: Callable[[Mapping[str, FloatArray]], Mapping[str, FloatArray]],
    *,
    draws_each: int,
) -> tuple[pd.DataFrame, dict[str, FloatArray]]:
    """Results at every combination of stops, all others drawn: one call, the same draws at each.

    Parameters
    ----------
    solve
        Arrays of results, draws last, for given draws.
    draws_each
        Draws for one combination.

    Returns
    -------
    The combinations, and the results with two last axes: combinations and draws.
    """
    grid = combinations(sliders)
    drawn = {name: np.tile(values, len(grid)) for name, values in book.draws(draws_each).items()}
    for param, name in zip(sliders["param"], sliders["name"], strict=True):
        drawn[str(name)] = np.repeat(grid[param].to_numpy(dtype=np.float64), draws_each)
    found = solve(drawn)
    return grid, {
        name: values.reshape(*values.shape[:-1], len(grid), draws_each)
        for name, values in found.items()
    }
