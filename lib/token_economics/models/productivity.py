"""Growth of measured productivity with honest errors, and what a wrong deflator would make of it.

Growth of an industry is the mean of yearly log changes; neighbouring years are correlated through
the cycle and through revisions, so errors are those of Newey and West. Industries share years, so
groups are compared year by year and not as if their errors were independent.

References: Newey and West, "A simple, positive semi-definite, heteroskedasticity and
autocorrelation consistent covariance matrix", Econometrica 55 (1987), bandwidth after their 1994
rule; Ljung and Box, Biometrika 65 (1978); Dickey and Fuller, JASA 74 (1979).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from token_economics.methods.arrays import FloatArray, floats

_TEST_LAGS = 4


class GrowthEstimate(NamedTuple):
    """Mean growth with its interval; ``ljung_box`` and ``unit_root`` are p-values of the growth
    rates: small for correlated years, and small when growth is stationary. [log/year]
    """

    growth: float
    low: float
    high: float
    standard_error: float
    years: int
    lags: int
    ljung_box: float
    unit_root: float


def bandwidth(observations: int) -> int:
    r"""Lags of the Newey–West errors, :math:`\lfloor 4\,(T/100)^{2/9} \rfloor`.

    ``observations`` is T.
    """
    return int(np.floor(4 * (observations / 100) ** (2 / 9)))


def mean_growth(log_changes: ArrayLike, *, level: float) -> GrowthEstimate:
    """Mean of yearly log changes with Newey–West errors and t quantiles.

    Parameters
    ----------
    log_changes
        Yearly changes of the log of an index, in order. [log/year]
    level
        Coverage of the interval. [0–1]

    Examples
    --------
    Ten years of growth about 2 %, and the lags of its errors:

    >>> found = mean_growth([0.01, 0.03, 0.02, 0.01, 0.04, 0.01, 0.02, 0.03, 0.01, 0.02], level=0.9)
    >>> print(round(found.growth, 3), found.years, found.lags)
    0.02 10 2
    """
    from statsmodels.regression.linear_model import OLS  # slow to load; only fits need it
    from statsmodels.stats.diagnostic import acorr_ljungbox
    from statsmodels.tsa.stattools import adfuller

    changes = floats(log_changes)
    lags = bandwidth(len(changes))
    fit = OLS(changes, np.ones_like(changes)).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True
    )
    low, high = fit.conf_int(alpha=1.0 - level)[0]
    correlated = acorr_ljungbox(changes, lags=[_TEST_LAGS])["lb_pvalue"].iloc[0]
    return GrowthEstimate(
        growth=float(fit.params[0]),
        low=float(low),
        high=float(high),
        standard_error=float(fit.bse[0]),
        years=len(changes),
        lags=lags,
        ljung_box=float(correlated),
        unit_root=float(adfuller(changes, autolag="BIC", result_object=True).pvalue),
    )


def growth_gap(first: ArrayLike, second: ArrayLike, *, level: float) -> GrowthEstimate:
    """Mean growth of a first group of industries less that of a second.

    Both are years x industries [log/year]. The difference is taken within each year, so shocks
    that all industries share drop out, and whatever correlation between industries remains is in
    the error.
    """
    gap = floats(first).mean(axis=1) - floats(second).mean(axis=1)
    return mean_growth(gap, level=level)


def missing_volume(growth: ArrayLike, *, years: ArrayLike) -> FloatArray:
    r"""Log volume missing at least, if true productivity did not fall: :math:`\max(-g\,T, 0)`.

    A lower bound of what a deflator missed, and only on that condition. [log]
    ``growth`` is g a year.
    """
    return floats(np.maximum(-np.multiply(growth, years), 0.0))


def required_gap(*, trend: ArrayLike, measured: ArrayLike, years: ArrayLike) -> FloatArray:
    """Log output that must be missing if growth really was on a trend. [log]

    Syverson's question: mismeasurement explains a slowdown only if it is as large as this.

    Parameters
    ----------
    trend, measured
        Growth of output per hour that should have been, and that was measured. [log/year]
    years
        Length of the time. [years]

    Examples
    --------
    Growth of 2.5 % should have been and 1.0 % was measured, for ten years:

    >>> print(required_gap(trend=0.025, measured=0.01, years=10).round(3))
    0.15
    """
    shortfall = np.subtract(trend, measured)
    return floats(np.multiply(shortfall, years))
