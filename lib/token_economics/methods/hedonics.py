"""Prices at constant quality, by regression: the average model of a given quality.

It does not weight by spending, so it is by itself no deflator.

References: Griliches (1961) and Triplett, *Handbook on Hedonic Indexes* (OECD, 2004), for time
dummies; MacKinnon and White, Journal of Econometrics 29 (1985), for HC1 errors.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from token_economics.methods.robust_regression import mean_regression

FloatArray = NDArray[np.float64]

DAYS_PER_YEAR = 365.25


def years_since(dates: pd.Series, origin: pd.Timestamp) -> FloatArray:
    """Time from ``origin`` to ``dates``. [years]"""
    elapsed = pd.to_datetime(dates) - origin
    return np.asarray(elapsed.dt.total_seconds() / 86400.0 / DAYS_PER_YEAR, dtype=np.float64)


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
