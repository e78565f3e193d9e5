"""Draws to numbers one can print: quantiles, paths and rows of results."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
