"""Assumptions that a reader may move on a page: where a slider starts, ends and stops between.

A slider over a formula moves in even steps. A slider over a solved market stops at a few points of
the assumption's distribution, at each of which the library has solved the market: what a page then
shows is the library's own result and no interpolation. At rest such a slider pins nothing: the
assumption is drawn from its range, as everywhere else.

What a chart computes (fewer draws, or point values) differs a little from what the run found. So a
chart lands: its numbers are scaled until those at rest are the run's own (`landed`, `landing`).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from token_economics.book.assumption import Assumption
from token_economics.book.assumptions import Book
from token_economics.methods.arrays import FloatArray

COLUMNS = (
    "param", "name", "label", "unit", "value", "book", "low", "high", "minimum", "maximum", "step", "stops",
    "drawn", "result", "source_id",
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
    param: str, *, label: str, unit: str, value: float, low: float, high: float, result: str = ""
) -> pd.DataFrame:
    """A slider over an estimate that is no assumption, from end to end of its interval.

    ``result`` is the id of the headline result on which it stands at rest, if it is one.
    """
    value, low, high = _rounded(value), _rounded(low), _rounded(high)
    minimum, maximum, step = track(value, low, high, hard_min=-math.inf, hard_max=math.inf)
    row = {"param": param, "name": "", "label": label, "unit": unit, "value": value, "book": value}
    row |= {"low": low, "high": high, "minimum": minimum, "maximum": maximum, "step": step}
    return _frame([{**row, "stops": (), "drawn": False, "result": result, "source_id": ""}])


def of_result(
    param: str, results: pd.DataFrame, slug: str, *, label: str, unit: str
) -> pd.DataFrame:
    """A slider over a headline result, from end to end of its interval."""
    value, low, high = (_number(results, slug, column) for column in ("value", "low", "high"))
    return estimated(
        param, label=label, unit=unit, value=value, low=low, high=high, result=slug
    )  # fmt: skip


def _frame(rows: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(COLUMNS))


def _even_row(book: Book, param: str, name: str) -> dict[str, object]:
    row, low, high = _ends(book, name)
    minimum, maximum, step = track(
        row.value, low, high, hard_min=row.hard_min, hard_max=row.hard_max
    )
    described = _described(book, param, row, low, high)
    ends = {"minimum": minimum, "maximum": maximum, "step": step}
    return {**described, **ends, "stops": (), "drawn": False}


def _stopped_row(book: Book, param: str, name: str, points: Sequence[float]) -> dict[str, object]:
    row, low, high = _ends(book, name)
    ranged = book.stored[name] if row.pinned else row
    decimals = 2 - math.floor(math.log10(high - low))
    around = {round(float(point), decimals) + 0.0 for point in ranged.quantile(np.array(points))}
    value = _rounded(row.value)
    found = tuple(sorted({value, *around}))
    described = {**_described(book, param, row, low, high), "value": value}
    ends = {"minimum": found[0], "maximum": found[-1]}
    return {**described, **ends, "step": 0.0, "stops": found, "drawn": not row.pinned}


def _described(
    book: Book, param: str, row: Assumption, low: float, high: float
) -> dict[str, object]:
    return {
        "param": param, "name": row.name, "label": row.label, "unit": row.unit, "value": row.value,
        "book": book.stored[row.name].value, "low": low, "high": high, "result": "", "source_id": row.source_id,
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

    A slider at rest pins nothing: there its assumption is drawn too, or what the run pins it to.

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
    for param, name, rest in zip(sliders["param"], sliders["name"], sliders["value"], strict=True):
        stop = np.repeat(grid[param].to_numpy(dtype=np.float64), draws_each)
        drawn[str(name)] = np.where(stop == rest, drawn[str(name)], stop)
    found = solve(drawn)
    return grid, {
        name: values.reshape(*values.shape[:-1], len(grid), draws_each)
        for name, values in found.items()
    }


def at_rest(grid: pd.DataFrame, sliders: pd.DataFrame) -> int:
    """Place of the combination at which every slider rests."""
    resting = (grid == sliders.set_index("param")["value"][grid.columns]).all(axis=1)
    return int(np.flatnonzero(resting)[0])


AMOUNT, PART, CHANCE = "amount", "part", "chance"
"""What a number may be: positive; at most one; a share from nought to one."""


def landed(values: FloatArray, *, rest: float, run: float, kind: str) -> FloatArray:
    r"""What a chart computes, scaled so that ``rest``, its number at rest, becomes ``run``.

    An amount is multiplied by ``run / rest``. Of a part what is left to the whole, one, is. Of a
    chance that which shrinks is: itself below ``rest``, what is left to one above it. So order is
    kept, no amount turns negative, a part stays below one and a chance from nought to one.

    Examples
    --------
    At rest half of these draws hold, of the run's own three in five:

    >>> landed(np.array([0.0, 0.25, 0.5, 0.75, 1.0]), rest=0.5, run=0.6, kind=CHANCE)
    array([0. , 0.3, 0.6, 0.8, 1. ])
    """
    if kind == AMOUNT:
        return np.asarray(values * (run / rest))
    left = 1 - (1 - values) * _over(1 - run, 1 - rest)
    if kind == PART:
        return np.asarray(left)
    found = np.where(values > rest, left, values * _over(run, rest))
    return np.where(values == rest, run, found)


def _over(run: float, rest: float) -> float:
    """One number over another; nought over nought is one."""
    return run / rest if rest else 1.0


def run_value(results: pd.DataFrame, slug: str) -> float:
    """The value of a headline result of the run."""
    return _number(results, slug, "value")


def _number(results: pd.DataFrame, slug: str, column: str) -> float:
    return float(results.loc[results["id"] == slug, column].iloc[0])


def landing(run: float, rest: float) -> float:
    """What a closed form at point values is multiplied by, so that at rest it gives the run. [1]

    One where there is nothing to scale.
    """
    return run / rest if rest and math.isfinite(run / rest) else 1.0
