r"""Linear regressions in bare arithmetic, for those who run hundreds: means and quantiles.

The same estimates and errors as statsmodels gives, which the tests hold them to; a formula object
a regression costs a hundred times the arithmetic.

References: White (1980) and MacKinnon and White (1985) for HC1; Koenker and Bassett (1978) for
quantiles; Powell's kernel and the bandwidth of Hall and Sheather (1988) for their errors, as in
Greene, *Econometric Analysis* (2008).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

FloatArray = NDArray[np.float64]

_LEAST_RESIDUAL = 1e-6
_MOST_STEPS = 1000
_BANDWIDTH_LEVEL = 0.05


class Fit(NamedTuple):
    """Coefficients with their errors; ``quantile(p)`` of the error's distribution is at hand."""

    coefficients: FloatArray
    standard_errors: FloatArray
    degrees_of_freedom: float
    r_squared: float

    def interval(self, place: int, *, level: float) -> tuple[float, float]:
        """Interval of a coefficient; infinite degrees of freedom mean the normal distribution."""
        upper = 0.5 + level / 2
        finite = np.isfinite(self.degrees_of_freedom)
        z = special.stdtrit(self.degrees_of_freedom, upper) if finite else special.ndtri(upper)
        middle, margin = self.coefficients[place], z * self.standard_errors[place]
        return float(middle - margin), float(middle + margin)


def mean_regression(design: FloatArray, outcome: FloatArray) -> Fit:
    r"""Least squares with HC1 errors, on the normal distribution.

    .. math:: \frac{n}{n - k}\,X^+\,\mathrm{diag}(u^2)\,X^{+\top}

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

    >>> import numpy as np
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
    return Fit(coefficients, np.sqrt(variance), np.inf, float(1 - (residual**2).sum() / spread))


def quantile_regression(
    design: FloatArray, outcome: FloatArray, *, quantile: float, tolerance: float
) -> Fit:
    """Regression of a conditional quantile by reweighted least squares, robust errors, t-distributed.

    Steps end when no coefficient moves by more than the tolerance. ``r_squared`` is not defined.

    Parameters
    ----------
    design
        A row an observation, a column a regressor, the constant among them. [unit of each]
    outcome
        What is explained, one number an observation. [unit of the outcome]
    quantile
        Which one: 0.5 is the median. [0-1]
    tolerance
        Step that counts as none. [unit of a coefficient]
    """
    design = np.asfortranarray(design)  # as statsmodels holds it: the same steps to the last digit
    weighted, coefficients = design, np.ones(design.shape[1])
    for _ in range(_MOST_STEPS):
        before = coefficients
        coefficients = np.linalg.pinv(weighted.T @ design) @ (weighted.T @ outcome)
        residual = outcome - design @ coefficients
        small = np.abs(residual) < _LEAST_RESIDUAL
        residual[small] = np.where(residual[small] >= 0, _LEAST_RESIDUAL, -_LEAST_RESIDUAL)
        weight = np.abs(np.where(residual < 0, quantile, 1 - quantile) * residual)
        weighted = design / weight[:, None]
        if np.abs(coefficients - before).max() <= tolerance:
            break
    residual = outcome - design @ coefficients
    errors = _quantile_errors(design, outcome, residual, quantile)
    return Fit(coefficients, errors, float(design.shape[0] - design.shape[1]), float("nan"))


def _quantile_errors(
    design: FloatArray, outcome: FloatArray, residual: FloatArray, quantile: float
) -> FloatArray:
    """Errors from the density of residuals at the quantile, Epanechnikov kernel."""
    n = len(outcome)
    width = _hall_sheather(n, quantile)
    upper, lower = np.percentile(residual, (75, 25))
    spread = min(outcome.std(), (upper - lower) / 1.34)
    width = spread * (special.ndtri(quantile + width) - special.ndtri(quantile - width))
    scaled = residual / width
    kernel = np.where(np.abs(scaled) <= 1, 0.75 * (1 - scaled**2), 0.0)
    density = kernel.sum() / (n * width)
    share = np.where(residual > 0, quantile, 1 - quantile) / density
    bread = np.linalg.inv(design.T @ design)
    meat = (design.T * share**2) @ design
    return np.asarray(np.sqrt(np.diag(bread @ meat @ bread)))


def _hall_sheather(n: int, quantile: float) -> float:
    z = special.ndtri(quantile)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    shape = 1.5 * density**2 / (2 * z**2 + 1)
    tail = special.ndtri(1 - _BANDWIDTH_LEVEL / 2)
    return float(n ** (-1 / 3) * tail ** (2 / 3) * shape ** (1 / 3))
