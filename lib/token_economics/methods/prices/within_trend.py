"""A trend within units that come and go: of the spread of goods, of the premium of models."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from token_economics.methods.arrays import FloatArray


class Trend(NamedTuple):
    """Change of an outcome in a year within units, with its interval."""

    per_year: float
    low: float
    high: float
    units: int
    observations: int


def within_trend(
    table: pd.DataFrame, *, outcome: str, unit: str, cluster: str, level: float
) -> Trend:
    r"""Slope over time with an effect for each unit, :math:`y_{it} = a_i + b\,t + u_{it}`.

    Least squares on deviations from the means of units, errors correlated within clusters (Liang
    and Zeger 1986), Student's distribution over the clusters. Units that come or go move nothing.

    Parameters
    ----------
    table
        Columns ``months``, and those that the others name.
    outcome
        Column that is explained.
    unit
        Column of what has an effect of its own.
    cluster
        Column within which errors may be correlated; as wide as the unit or wider.
    level
        Coverage of the interval. [0–1]

    Returns
    -------
    b with its interval. [unit of the outcome/year]

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"good": list("aabb"), "months": [0, 12, 12, 24], "y": [5.0, 4.0, 9.0, 8.0]}
    ... )
    >>> print(round(within_trend(table, outcome="y", unit="good", cluster="good", level=0.9)[0], 6))
    -1.0
    """
    sample = table.dropna(subset=[outcome, "months", unit, cluster])
    of_unit = sample.groupby(unit)
    deviation = sample[outcome] - of_unit[outcome].transform("mean")
    years = (sample["months"] - of_unit["months"].transform("mean")) / 12
    slope = clustered_slope(
        deviation.to_numpy(), years.to_numpy(), clusters=sample[cluster].to_numpy(), level=level
    )
    return Trend(*slope, of_unit.ngroups, len(sample))


def clustered_slope(
    outcome: FloatArray, regressor: FloatArray, *, clusters: ArrayLike, level: float
) -> tuple[float, float, float]:
    """Slope through the origin, with its interval. [unit of the outcome over the regressor's]

    Parameters
    ----------
    outcome, regressor
        One number an observation.
    clusters
        Cluster of each, within which errors may be correlated; with one cluster the interval is
        not a number.
    level
        Coverage of the interval. [0–1]
    """
    from statsmodels.regression.linear_model import OLS  # slow to load; only fits need it

    groups, names = pd.factorize(np.asarray(clusters, dtype=object))
    plain = OLS(outcome, regressor[:, None])
    if len(names) < 2:
        return float(plain.fit().params[0]), np.nan, np.nan
    fit = plain.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    low, high = fit.conf_int(alpha=1 - level)[0]
    return float(fit.params[0]), float(low), float(high)
