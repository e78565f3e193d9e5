"""Assumptions that a reader may move on a page: where a slider starts, ends and stops between.

A slider over a formula moves in even steps. A slider over a solved market stops at a few points of
the assumption's distribution, at each of which the library has solved the market: what a page then
shows is the library's own result and no interpolation. At rest such a slider pins nothing: the
assumption is drawn from its range, as everywhere else.

What a chart computes at point values differs a little from what the run found. So a chart lands:
its numbers are scaled until those at rest are the run's own (`landing`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from token_economics.book.assumption import Assumption
from token_economics.book.assumptions import Book

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
    rows = []
    for param, name in names.items():
        row, low, high = _ends(book, name)
        ends = track(row.value, low, high, hard_min=row.hard_min, hard_max=row.hard_max)
        rows.append({**_described(book, param, row), **_track(ends), "low": low, "high": high})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def stops(
    book: Book, names: Mapping[str, str], points: Sequence[float] = QUARTILES_AND_ENDS
) -> pd.DataFrame:
    """Sliders that stop at these points of each assumption's distribution and at the run's value."""
    rows = []
    for param, name in names.items():
        row, low, high = _ends(book, name)
        ranged = book.stored[name] if row.pinned else row
        decimals = 2 - math.floor(math.log10(high - low))
        around = {
            round(float(point), decimals) + 0.0 for point in ranged.quantile(np.array(points))
        }
        value = _rounded(row.value)
        found = tuple(sorted({value, *around}))
        stopped = {"value": value, "low": low, "high": high, "stops": found}
        ends = _track((found[0], found[-1], 0.0))
        drawn = {"drawn": not row.pinned}
        rows.append({**_described(book, param, row), **ends, **stopped, **drawn})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def estimated(
    param: str, *, label: str, unit: str, value: float, low: float, high: float, result: str = ""
) -> pd.DataFrame:
    """A slider over an estimate that is no assumption, from end to end of its interval.

    ``result`` is the id of the headline result on which it stands at rest, if it is one.
    """
    value, low, high = _rounded(value), _rounded(low), _rounded(high)
    ends = track(value, low, high, hard_min=-math.inf, hard_max=math.inf)
    row = {"param": param, "name": "", "label": label, "unit": unit, "value": value, "book": value}
    row |= {"low": low, "high": high, **_track(ends), "result": result, "source_id": ""}
    return pd.DataFrame([row], columns=list(COLUMNS))


def of_result(
    param: str, results: pd.DataFrame, slug: str, *, label: str, unit: str
) -> pd.DataFrame:
    """A slider over a headline result, from end to end of its interval."""
    value, low, high = (run_value(results, slug, column) for column in ("value", "low", "high"))
    return estimated(param, label=label, unit=unit, value=value, low=low, high=high, result=slug)


def _described(book: Book, param: str, row: Assumption) -> dict[str, object]:
    return {
        "param": param, "name": row.name, "label": row.label, "unit": row.unit, "value": row.value,
        "book": book.stored[row.name].value, "result": "", "source_id": row.source_id,
    }  # fmt: skip


def _track(ends: tuple[float, float, float]) -> dict[str, object]:
    return {**dict(zip(("minimum", "maximum", "step"), ends, strict=True)), "stops": (), "drawn": False}  # fmt: skip


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


def run_value(results: pd.DataFrame, slug: str, column: str = "value") -> float:
    """The value of a headline result of the run, or an end of its range."""
    return float(results.loc[results["id"] == slug, column].iloc[0])


def landing(run: float, rest: float) -> float:
    """What a closed form at point values is multiplied by, so that at rest it gives the run. [1]

    One where there is nothing to scale.
    """
    return run / rest if rest and math.isfinite(run / rest) else 1.0
