"""A trend within units that come and go: of the spread of goods, of the premium of models."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd


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
    from statsmodels.regression.linear_model import OLS  # slow to load; only fits need it

    sample = table.dropna(subset=[outcome, "months", unit, cluster])
    of_unit = sample.groupby(unit)
    deviation = sample[outcome] - of_unit[outcome].transform("mean")
    years = (sample["months"] - of_unit["months"].transform("mean")) / 12
    groups = pd.factorize(sample[cluster])[0]
    fit = OLS(deviation.to_numpy(), years.to_numpy()[:, None]).fit(
        cov_type="cluster", cov_kwds={"groups": groups}, use_t=True
    )
    low, high = fit.conf_int(alpha=1 - level)[0]
    return Trend(float(fit.params[0]), float(low), float(high), of_unit.ngroups, len(sample))
