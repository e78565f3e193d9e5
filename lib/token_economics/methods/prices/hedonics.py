"""Prices at constant quality, by regression: the average model of a given quality.

It does not weight by spending, so it is by itself no deflator.

References: Griliches (1961) and Triplett, *Handbook on Hedonic Indexes* (OECD, 2004), for time
dummies; White (1980) and MacKinnon and White, Journal of Econometrics 29 (1985), for HC1 errors.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from token_economics.methods.arrays import FloatArray, floats

DAYS_PER_YEAR = 365.25


def years_since(dates: pd.Series, origin: pd.Timestamp) -> FloatArray:
    """Time from ``origin`` to ``dates``. [years]"""
    elapsed = pd.to_datetime(dates) - origin
    return floats(elapsed.dt.total_seconds() / 86400.0 / DAYS_PER_YEAR)


class Fit(NamedTuple):
    """Coefficients of a regression with their standard errors."""

    coefficients: FloatArray
    standard_errors: FloatArray
    r_squared: float

    def interval(self, place: int, *, level: float) -> tuple[float, float]:
        """Interval of a coefficient, on the normal distribution."""
        middle = self.coefficients[place]
        margin = special.ndtri(0.5 + level / 2) * self.standard_errors[place]
        return float(middle - margin), float(middle + margin)


def mean_regression(design: FloatArray, outcome: FloatArray) -> Fit:
    r"""Least squares with HC1 errors.

    .. math:: \frac{n}{n - k}\,X^+\,\mathrm{diag}(u^2)\,X^{+\top}

    As statsmodels has it, in bare arithmetic: `answer` has no second for its import.

    Parameters
    ----------
    design
        A row an observation, a column a regressor, the constant among them. [unit of each]
    outcome
        What is explained, one number an observation. [unit of the outcome]

    Returns
    -------
    Coefficients and errors, in units of the outcome over those of the regressor.

    Examples
    --------
    Three points on a line have its slope and no error:

    >>> design = np.column_stack([np.ones(3), [0.0, 1.0, 2.0]])
    >>> fit = mean_regression(design, np.array([1.0, 3.0, 5.0]))
    >>> [round(float(b), 6) for b in fit.coefficients]
    [1.0, 2.0]
    """
    inverse = np.linalg.pinv(design)
    coefficients = inverse @ outcome
    residual = outcome - design @ coefficients
    n, k = design.shape[0], np.linalg.matrix_rank(design)
    variance = n / (n - k) * ((inverse * residual) ** 2).sum(axis=1)
    spread = ((outcome - outcome.mean()) ** 2).sum()
    return Fit(coefficients, np.sqrt(variance), float(1 - (residual**2).sum() / spread))


class HedonicDecline(NamedTuple):
    """Price fall at constant quality. ``times_cheaper_per_year`` of 10 means a tenth each year."""

    times_cheaper_per_year: float
    low: float
    high: float
    price_per_quality_point: float
    observations: int
    r_squared: float


def hedonic_decline(models: pd.DataFrame, *, level: float) -> HedonicDecline:
    r"""Yearly price fall at given quality, by ordinary least squares with HC1 errors.

    .. math:: \ln p_i = a + b\,\mathrm{quality}_i - d\,t_i + u_i

    Parameters
    ----------
    models
        Columns ``date`` of the price, ``price`` [money/Mtok] and ``quality`` [points]; rows with
        a gap are left out. A later price cut set against the release date would count as early.
    level
        Coverage of the interval, on the normal distribution. [0–1]

    Returns
    -------
    :math:`e^{d}` with its interval; ``price_per_quality_point`` is b. [log/point]

    Examples
    --------
    Prices that halve each year at the same quality, and double for ten points more:

    >>> models = pd.DataFrame(
    ...     {
    ...         "date": ["2023-01-01", "2024-01-01", "2024-12-31", "2023-01-01", "2024-12-31"],
    ...         "price": [8.0, 4.0, 2.0, 16.0, 4.0],
    ...         "quality": [50, 50, 50, 60, 60],
    ...     }
    ... )
    >>> found = hedonic_decline(models, level=0.9)
    >>> print(round(found.times_cheaper_per_year, 2))
    2.0
    """
    sample = models[["date", "price", "quality"]].dropna()
    year = years_since(sample["date"], pd.to_datetime(sample["date"]).min())
    quality = sample["quality"].to_numpy(dtype=np.float64)
    design = np.column_stack([np.ones_like(year), quality, year])
    fit = mean_regression(design, np.log(sample["price"].to_numpy(dtype=np.float64)))
    low, high = fit.interval(2, level=level)
    return HedonicDecline(
        times_cheaper_per_year=float(np.exp(-fit.coefficients[2])),
        low=float(np.exp(-high)),
        high=float(np.exp(-low)),
        price_per_quality_point=float(fit.coefficients[1]),
        observations=len(sample),
        r_squared=fit.r_squared,
    )
