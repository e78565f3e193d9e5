r"""Least-squares fits of the growth curves to log levels.

Error model: ln(level) = ln(curve) + error, errors normal with one variance. All curves are fitted
to the same log levels, so that their fits can be compared. Errors of real series are
autocorrelated, so variances of estimates are widened by :math:`(1 + r)/(1 - r)`, r being the
lag-1 autocorrelation of the residuals where it is positive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy  # brings optimize and special when they are first called
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class FittedCurve:
    """A curve fitted to log levels; time inside runs from 0 to 1 over the sample.

    ``shape`` gives log level less its constant; the constant (log of the ceiling, or of the
    initial level) is the mean of what remains, so only the shape is searched for.
    """

    model: str
    shape_parameters: FloatArray
    constant: float
    residuals: FloatArray
    n_parameters: int

    @property
    def rss(self) -> float:
        """Residual sum of squares of log levels. [log points squared]"""
        return float(self.residuals @ self.residuals)

    @property
    def degrees_of_freedom(self) -> int:
        """Observations less parameters of the mean."""
        return self.residuals.size - self.n_parameters

    @property
    def autocorrelation(self) -> float:
        """Lag-1 autocorrelation of the residuals, cut to the range 0 to 0.95."""
        if self.rss < 1e-20 * self.residuals.size:
            return 0.0
        return float(np.clip(self.residuals[1:] @ self.residuals[:-1] / self.rss, 0, 0.95))

    @property
    def variance_inflation(self) -> float:
        """Factor on the variance of an estimate because residuals are autocorrelated."""
        return (1 + self.autocorrelation) / (1 - self.autocorrelation)


Shape = Callable[[FloatArray, FloatArray], FloatArray]
Slope = Callable[[FloatArray, FloatArray], tuple[FloatArray, ...]]
OfParameters = Callable[[FloatArray], FloatArray]


def _exponential_shape(time: FloatArray, parameters: FloatArray) -> FloatArray:
    return np.asarray(parameters[0] * time, dtype=np.float64)


def _exponential_slope(time: FloatArray, _parameters: FloatArray) -> tuple[FloatArray, ...]:
    return (time,)


def _logistic_shape(time: FloatArray, parameters: FloatArray) -> FloatArray:
    log_rate, midpoint = parameters
    return np.asarray(-np.logaddexp(0, -np.exp(log_rate) * (time - midpoint)), dtype=np.float64)


def _logistic_slope(time: FloatArray, parameters: FloatArray) -> tuple[FloatArray, ...]:
    rate, midpoint = np.exp(parameters[0]), parameters[1]
    left = rate * scipy.special.expit(-rate * (time - midpoint))
    return left * (time - midpoint), -left


def _gompertz_shape(time: FloatArray, parameters: FloatArray) -> FloatArray:
    # by growth at the first observation: the inflection runs to infinity as the rate goes to zero
    log_rate, log_initial_growth = np.maximum(parameters[0], -6.0), np.minimum(parameters[1], 6.0)
    log_distance_to_ceiling = log_initial_growth - log_rate - np.exp(log_rate) * time
    return np.asarray(-np.exp(log_distance_to_ceiling), dtype=np.float64)


def _gompertz_slope(time: FloatArray, parameters: FloatArray) -> tuple[FloatArray, ...]:
    shape, log_rate = _gompertz_shape(time, parameters), np.maximum(parameters[0], -6.0)
    moves_rate, moves_growth = parameters[0] > -6.0, parameters[1] < 6.0
    by_rate = -shape * (1 + np.exp(log_rate) * time)
    return moves_rate * by_rate, moves_growth * shape


def _bass_shape(time: FloatArray, parameters: FloatArray) -> FloatArray:
    log_innovation, log_imitation = parameters
    decay = (np.exp(log_innovation) + np.exp(log_imitation)) * time
    not_yet = np.logaddexp(0, log_imitation - log_innovation - decay)
    return np.asarray(np.log(-np.expm1(-decay)) - not_yet, dtype=np.float64)


def _bass_slope(time: FloatArray, parameters: FloatArray) -> tuple[FloatArray, ...]:
    alone, told = np.exp(parameters[0]) * time, np.exp(parameters[1]) * time
    decay = alone + told
    first = np.exp(-decay) / -np.expm1(-decay)
    by_others = scipy.special.expit(parameters[1] - parameters[0] - decay)
    return first * alone + by_others * (1 + alone), first * told - by_others * (1 - told)


@dataclass(frozen=True)
class Curve:
    """Shape of a curve in logs, its derivatives, where its search starts, names of parameters."""

    shape: Shape
    slope: Slope
    start_grid: tuple[FloatArray, FloatArray]
    parameter_names: tuple[str, ...]
    n_parameters: int


CURVES = {
    "exponential": Curve(
        _exponential_shape,
        _exponential_slope,
        (np.zeros(1), np.zeros(1)),
        ("initial_level", "growth_rate"),
        2,
    ),
    "logistic": Curve(
        _logistic_shape,
        _logistic_slope,
        (np.linspace(-2, 4, 13), np.linspace(-1, 4, 21)),
        ("ceiling", "growth_rate", "midpoint"),
        3,
    ),
    "gompertz": Curve(
        _gompertz_shape,
        _gompertz_slope,
        (np.linspace(-5, 3, 17), np.linspace(-4, 4, 33)),
        ("ceiling", "growth_rate", "initial_growth_rate"),
        3,
    ),
    "bass": Curve(
        _bass_shape,
        _bass_slope,
        (np.linspace(-10, 2, 13), np.linspace(-3, 3.5, 14)),
        ("ceiling", "innovation", "imitation"),
        3,
    ),
}

FARTHEST = 30.0  # logs, from which on a shape no longer changes
MOST_STEPS = 130

MODELS = tuple(CURVES)
"""Names of the curves, in the order in which they are reported."""


@dataclass(frozen=True)
class Sample:
    """Log levels on a time axis that runs from 0 to 1 (``since_launch`` from the launch)."""

    log_level: FloatArray
    first: float
    span: float
    launch: float

    def axis(self, model: str, time: FloatArray) -> FloatArray:
        """Time in sample lengths since the origin that the model counts from."""
        origin = self.launch if model == "bass" else self.first
        return np.asarray((time - origin) / self.span, dtype=np.float64)


def sample_of(times: ArrayLike, levels: ArrayLike, *, launch_time: float) -> Sample:
    """Checked sample: at least six positive levels at increasing times after the launch.

    [log; unit of times]
    """
    time, level = np.asarray(times, dtype=np.float64), np.asarray(levels, dtype=np.float64)
    if time.size < 6 or time.size != level.size:
        raise ValueError("a fit needs at least six levels, each with its time")
    if not (np.all(level > 0) and np.all(np.isfinite(level)) and np.all(np.diff(time) > 0)):
        raise ValueError("levels must be positive and finite, and times must increase")
    if launch_time >= time[0]:
        raise ValueError("the launch must lie before the first observation")
    return Sample(np.log(level), float(time[0]), float(time[-1] - time[0]), launch_time)


def fit_curve(model: str, sample: Sample, *, time: FloatArray) -> FittedCurve:
    """Least squares of log levels on one curve, started from the best point of a grid. [log]

    ``model`` is one of `MODELS`, ``time`` that of the sample.

    Examples
    --------
    A level that doubles in each period, fitted and continued for one more:

    >>> time = np.arange(6.0)
    >>> sample = sample_of(time, 2.0**time, launch_time=-1.0)
    >>> fitted = fit_curve("exponential", sample, time=time)
    >>> ahead = sample.axis("exponential", np.array([6.0]))
    >>> print(np.exp(predict(fitted, ahead)).round(6))
    [64.]
    """
    curve = CURVES[model]
    axis = sample.axis(model, time)

    def residuals(parameters: FloatArray) -> FloatArray:
        remainder = sample.log_level - curve.shape(axis, parameters)
        return np.asarray(remainder - remainder.sum() / axis.size, dtype=np.float64)

    def gradient(parameters: FloatArray) -> FloatArray:
        slopes = np.array(curve.slope(axis, parameters)).T
        return np.asarray(slopes.sum(axis=0) / axis.size - slopes, dtype=np.float64)

    if model == "exponential":
        slope = np.polyfit(axis, sample.log_level, 1)[:1]
        best = np.asarray(slope, dtype=np.float64)
    else:
        start = _best_of_grid(model, axis=axis, log_level=sample.log_level)
        best = search(residuals, gradient, start)
    remainder = sample.log_level - curve.shape(axis, best)
    return FittedCurve(model, best, float(remainder.mean()), residuals(best), curve.n_parameters)


def _best_of_grid(model: str, *, axis: FloatArray, log_level: FloatArray) -> FloatArray:
    points, shapes = _grid(model, tuple(axis))
    remainder = log_level - shapes
    rss = ((remainder - remainder.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    return np.asarray(points[:, int(np.argmin(rss))], dtype=np.float64)


@lru_cache(maxsize=4)
def _grid(model: str, axis: tuple[float, ...]) -> tuple[FloatArray, FloatArray]:
    """Starts of a curve, parameters x starts, and its shapes there, starts x times: for many samples."""
    curve = CURVES[model]
    first, second = np.meshgrid(*curve.start_grid, indexing="ij")
    points = np.stack([first.ravel(), second.ravel()])
    return points, curve.shape(np.array(axis), points[:, :, np.newaxis])


def search(residuals: OfParameters, gradient: OfParameters, start: FloatArray) -> FloatArray:
    """Local least squares, with the parameters kept from running off to infinity. [log]

    ``residuals`` gives them at parameters, from ``start`` on, ``gradient`` their derivatives,
    residuals x parameters.
    """

    def held(parameters: FloatArray) -> FloatArray:
        return np.asarray(np.minimum(np.maximum(parameters, -FARTHEST), FARTHEST))

    def bounded(parameters: FloatArray) -> FloatArray:
        return residuals(held(parameters))

    def bounded_gradient(parameters: FloatArray) -> FloatArray:
        return gradient(held(parameters)) * (np.abs(parameters) < FARTHEST)

    # MINPACK itself: what least_squares wraps around it takes longer than a fit
    found, *_ = scipy.optimize.leastsq(
        bounded, start, Dfun=bounded_gradient, full_output=True,
        ftol=1e-8, xtol=1e-8, gtol=1e-8, maxfev=MOST_STEPS,
    )  # fmt: skip
    return held(found)


def predict(fitted: FittedCurve, axis: FloatArray) -> FloatArray:
    """Log level that the curve gives at other times, on the axis of its sample. [log]"""
    shape = CURVES[fitted.model].shape(axis, fitted.shape_parameters)
    return np.asarray(fitted.constant + shape, dtype=np.float64)


def fitted_levels(
    times: ArrayLike, levels: ArrayLike, *, launch_time: float
) -> dict[str, FloatArray]:
    """Levels on each of the four curves fitted to a series, by model. [unit of the levels]

    ``launch_time`` is when diffusion began, for the Bass curve. [unit of times]
    """
    time = np.asarray(times, dtype=np.float64)
    sample = sample_of(time, levels, launch_time=launch_time)
    fits = {model: fit_curve(model, sample, time=time) for model in MODELS}
    return {m: np.exp(predict(fitted, sample.axis(m, time))) for m, fitted in fits.items()}


def prediction_gradient(fitted: FittedCurve, axis: FloatArray) -> FloatArray:
    """Derivative of the log level by constant and shape parameters; rows are times.

    [log/parameter]

    ``axis`` is that of the sample.
    """
    slopes = CURVES[fitted.model].slope(axis, fitted.shape_parameters)
    return np.stack([np.ones_like(axis), *slopes], axis=-1)


def parameter_covariance(fitted: FittedCurve, axis: FloatArray) -> FloatArray:
    """Covariance of constant and shape parameters, widened for autocorrelated residuals.

    Directions that the data do not determine are left out (pseudo-inverse): a forecast a few
    steps ahead does not depend on them, and a ceiling that does is judged by its profile.
    [parameter squared]

    ``axis`` is that of the sample.
    """
    pseudo_inverse = np.linalg.pinv(prediction_gradient(fitted, axis), rcond=1e-4)
    variance = fitted.rss / fitted.degrees_of_freedom * fitted.variance_inflation
    return np.asarray(variance * pseudo_inverse @ pseudo_inverse.T, dtype=np.float64)
