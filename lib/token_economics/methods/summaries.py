"""Draws to numbers one can print: quantiles, paths and rows of results."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from token_economics.methods.arrays import FloatArray

LEVEL = 0.9
QUANTILES = (0.05, 0.5, 0.95)


def path_table(
    draws: FloatArray, quarters: list[str], *, entity: str, variable: str, unit: str
) -> pd.DataFrame:
    """Draws x quarters as rows of ``market.csv``: quarter, entity, variable, unit, mean, p05, p50, p95.

    [unit as named]
    """
    p05, p50, p95 = np.quantile(draws, QUANTILES, axis=0)
    return pd.DataFrame(
        {
            "quarter": quarters,
            "entity": entity,
            "variable": variable,
            "unit": unit,
            "mean": draws.mean(axis=0),
            "p05": p05,
            "p50": p50,
            "p95": p95,
        }
    )


def quantiles(draws: FloatArray) -> tuple[float, float, float]:
    """The 5 %, 50 % and 95 % points of draws. [unit of the draws]

    Examples
    --------
    The whole numbers from 0 to 100:

    >>> quantiles(np.arange(101.0))
    (5.0, 50.0, 95.0)
    """
    low, middle, high = np.quantile(draws, QUANTILES)
    return float(low), float(middle), float(high)


def over_draws(
    columns: Mapping[str, FloatArray], *, scale: Callable[[FloatArray], FloatArray] | None = None
) -> pd.DataFrame:
    """Median and 90 % range of each named set of draws, a row each. [unit of the draws]

    Parameters
    ----------
    columns
        Draws under the label of their row. [as given]
    scale
        What is applied to the draws first, such as ``np.exp`` for draws in logs; none if absent.

    Returns
    -------
    Columns ``label``, ``value`` (the median), ``low`` and ``high`` (5 % and 95 % points).

    Examples
    --------
    The whole numbers from 0 to 100, as they are and doubled:

    >>> over_draws({"Rent": np.arange(101.0)}).values.tolist()
    [['Rent', 50.0, 5.0, 95.0]]
    >>> over_draws({"Rent": np.arange(101.0)}, scale=lambda draws: 2 * draws).values.tolist()
    [['Rent', 100.0, 10.0, 190.0]]
    """
    points = {
        label: quantiles(scale(draws) if scale else draws) for label, draws in columns.items()
    }
    rows = [(label, value, low, high) for label, (low, value, high) in points.items()]
    return pd.DataFrame(rows, columns=["label", "value", "low", "high"])


def bands(
    columns: Mapping[str, FloatArray],
    *,
    along: Mapping[str, FloatArray],
    scale: Callable[[FloatArray], FloatArray] | None = None,
) -> pd.DataFrame:
    """Median and 90 % range of each named set of draws at each point of an axis. [unit of the draws]

    Parameters
    ----------
    columns
        Draws down, points of the axis across, under the label of their band. [as given]
    along
        The axis, under the name of its column. [as given]
    scale
        What is applied to the draws first, as in `over_draws`.

    Returns
    -------
    Columns: the axis, ``label``, ``value`` (the median), ``low`` and ``high``; band after band.

    Examples
    --------
    The whole numbers from 0 to 100, and the same a hundred later:

    >>> draws = np.arange(101.0)[:, None] + [0.0, 100.0]
    >>> bands({"Rent": draws}, along={"years": np.array([1.0, 2.0])}).values.tolist()
    [[1.0, 'Rent', 50.0, 5.0, 95.0], [2.0, 'Rent', 150.0, 105.0, 195.0]]
    """
    parts = []
    for label, draws in columns.items():
        points = np.quantile(scale(draws) if scale else draws, QUANTILES, axis=0)
        summed = {"label": label, "value": points[1], "low": points[0], "high": points[2]}
        parts.append(pd.DataFrame({**along, **summed}))
    return pd.concat(parts, ignore_index=True)


def parts_of_whole(
    parts: Mapping[str, FloatArray], *, whole: FloatArray, quarters: Sequence[str]
) -> pd.DataFrame:
    """Parts of a whole in some quarters: the mean share, which adds up, and its 90 % range. [share]

    Parameters
    ----------
    parts
        Quarters down, draws across, under the label of the part. [unit of the whole]
    whole
        What they are parts of, quarters x draws. [as given]

    Returns
    -------
    Columns ``quarter``, ``part``, ``rank`` (the place of the part), ``share``, ``low``, ``high``.

    Examples
    --------
    In one quarter, two draws of a whole of ten:

    >>> parts = {"Labs": np.array([[4.0, 6.0]]), "Owners": np.array([[6.0, 4.0]])}
    >>> found = parts_of_whole(parts, whole=np.array([[10.0, 10.0]]), quarters=["2027Q4"])
    >>> found[["part", "share"]].values.tolist()
    [['Labs', 0.5], ['Owners', 0.5]]
    """
    shares = np.stack(list(parts.values()), axis=1) / whole[:, None]
    low, high = np.quantile(shares, (QUANTILES[0], QUANTILES[-1]), axis=-1)
    return pd.DataFrame(
        {
            "quarter": np.repeat(list(quarters), len(parts)),
            "part": list(parts) * len(quarters),
            "rank": list(range(len(parts))) * len(quarters),
            "share": shares.mean(axis=-1).ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
        }
    )


def classes(draws: FloatArray, count: int, *, decimals: int = 0) -> pd.DataFrame:
    """The class of each draw when all are cut into so many of equal size, lowest first. [1]

    Parameters
    ----------
    draws
        What is cut, one number a draw. [as given]
    count
        Number of classes. [1]
    decimals
        Of the ends of classes in their labels. [1]

    Returns
    -------
    Columns ``rank`` (0 for the lowest) and ``label``, the ends of the class.

    Examples
    --------
    The whole numbers from 0 to 99 in four classes:

    >>> classes(np.arange(100.0), 4)["label"].unique().tolist()
    ['<25', '25\N{EN DASH}50', '50\N{EN DASH}74', '>74']
    """
    edges = np.quantile(draws, np.linspace(0, 1, count + 1)[1:-1])
    text = [f"{edge:.{decimals}f}" for edge in edges]
    between = [f"{low}\N{EN DASH}{high}" for low, high in itertools.pairwise(text)]
    rank = np.searchsorted(edges, draws, side="right")
    return pd.DataFrame(
        {"rank": rank, "label": np.array([f"<{text[0]}", *between, f">{text[-1]}"])[rank]}
    )
