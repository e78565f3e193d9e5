r"""Growth curves side by side, and whether the data can show a ceiling.

A ceiling is *identified* when three things hold: the last observation is at least half of it, its
profile likelihood interval is bounded within a factor of three from end to end, and the curve
describes the series better (by AICc) than exponential growth, which has no ceiling. The third
keeps out tight intervals round a curve of the wrong shape. The profile is used, not
the curvature at the optimum, because the likelihood of a ceiling is one-sided: a far ceiling and
no ceiling fit equally well. Before the half-way point sigmoids predict badly (Debecker and Modis,
1994; Sandberg, Armstrong, Hilton et al., 2021), and a fitted ceiling then tends to follow the
last observation (Van den Bulte and Lilien, 1997). The error model is that of `growth_curves`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, cast

import numpy as np
import pandas as pd
import scipy  # brings optimize when it is first called
from numpy.typing import ArrayLike
from scipy import special

from token_economics.methods.arrays import FloatArray, floats
from token_economics.methods.growth_curves import (
    CURVES,
    MODELS,
    FittedCurve,
    Sample,
    fit_curve,
    parameter_covariance,
    sample_of,
    search,
)

REQUIRED_COVERAGE = 0.5
"""Least share of its ceiling that a series must have reached for the ceiling to be reported."""

WIDEST_CEILING_FACTOR = 3.0
"""Largest ratio of the upper to the lower end of the ceiling's interval that is reported."""


class GrowthFits(NamedTuple):
    """``parameters``: one row a parameter; ``summary``: one row a model. Both tidy."""

    parameters: pd.DataFrame
    summary: pd.DataFrame


def fit_growth_curves(
    times: ArrayLike, levels: ArrayLike, *, launch_time: float, interval_level: float
) -> GrowthFits:
    """Exponential, logistic, Gompertz and Bass curves fitted side by side to one series.

    Parameters
    ----------
    times, levels
        The series; times in any unit, levels positive.
    launch_time
        When diffusion began; only the Bass curve counts from it. [unit of times]
    interval_level
        Level of all intervals, e.g. 0.9. [share]

    Returns
    -------
    ``parameters``: model, parameter, estimate, low, high, level. Missing for a curve whose
    ceiling is not identified, since its other parameters then carry no information either.
    ``summary``: model, rss, aicc, autocorrelation, n, ceiling, ceiling_low, ceiling_high,
    coverage (last observation by estimated ceiling), identified, status. Coverage is kept as the
    reason where a ceiling is withheld. The Gompertz curve is reported by its growth b0 at the
    first observation; its inflection lies ln(b0/b)/b after it.

    Examples
    --------
    A logistic series with ceiling 100 shows it once past the half-way point, and not before:

    >>> time = np.arange(12.0)
    >>> level = 100 / (1 + np.exp(-0.8 * (time - 6)))
    >>> for seen in (6, 12):
    ...     fits = fit_growth_curves(
    ...         time[:seen], level[:seen], launch_time=-1.0, interval_level=0.9
    ...     )
    ...     logistic = fits.summary.set_index("model").loc["logistic"]
    ...     print(logistic["status"], round(logistic["ceiling"], 1))
    not_identified nan
    ok 100.0
    """
    time = floats(times)
    sample = sample_of(time, levels, launch_time=launch_time)
    parameters: list[dict[str, object]] = []
    summary: list[dict[str, object]] = []
    aicc_without_ceiling = _aicc(fit_curve("exponential", sample, time=time))
    for model in MODELS:
        fitted = fit_curve(model, sample, time=time)
        row = _summary_row(
            fitted,
            sample,
            time=time,
            interval_level=interval_level,
            aicc_without_ceiling=aicc_without_ceiling,
        )
        summary.append(row)
        parameters += _parameter_rows(
            fitted, sample, time=time, interval_level=interval_level, ceiling=row
        )
    return GrowthFits(pd.DataFrame(parameters), pd.DataFrame(summary))


def exponential_growth(
    times: ArrayLike, levels: ArrayLike, *, interval_level: float
) -> tuple[float, float, float]:
    """Growth rate of the exponential curve alone: low, estimate, high. [1/unit of times]"""
    time = floats(times)
    sample = sample_of(time, levels, launch_time=time[0] - 1.0)
    fitted = fit_curve("exponential", sample, time=time)
    rows = _parameter_rows(
        fitted, sample, time=time, interval_level=interval_level, ceiling={"identified": True}
    )
    low, middle, high = (cast(float, rows[1][key]) for key in ("low", "estimate", "high"))
    return low, middle, high


def ceiling_interval(
    fitted: FittedCurve, sample: Sample, *, time: FloatArray, interval_level: float
) -> tuple[float, float]:
    r"""Profile likelihood interval of a ceiling; an end further than the widest factor is infinite.

    All ceilings K with :math:`RSS(K) \le RSS_{min} (1 + F_{1,\nu} \cdot c / \nu)`, where
    RSS(K) is the best fit with the ceiling held at K, nu the degrees of freedom, and c the
    factor for autocorrelated residuals. [unit of the level] ``time`` is that of the sample.
    """
    quantile = float(special.fdtri(1, fitted.degrees_of_freedom, interval_level))
    inflation = fitted.variance_inflation / fitted.degrees_of_freedom
    threshold = fitted.rss * (1 + quantile * inflation)
    curve, axis = CURVES[fitted.model], sample.axis(fitted.model, time)

    def excess(log_ceiling: float) -> float:
        target = sample.log_level - log_ceiling

        def residuals(parameters: FloatArray) -> FloatArray:
            return floats(target - curve.shape(axis, parameters))

        def gradient(parameters: FloatArray) -> FloatArray:
            return -np.stack(curve.slope(axis, parameters), axis=-1)

        best = residuals(search(residuals, gradient, fitted.shape_parameters))
        return float(best @ best) - threshold

    ends = [fitted.constant + sign * np.log(WIDEST_CEILING_FACTOR) for sign in (-1, 1)]
    low, high = (_crossing(excess, inside=fitted.constant, outside=float(end)) for end in ends)
    return (0.0 if low is None else float(np.exp(low))), (
        float("inf") if high is None else float(np.exp(high))
    )


def _crossing(excess: Callable[[float], float], *, inside: float, outside: float) -> float | None:
    if excess(inside) >= 0:  # an exact fit: the interval is a point
        return inside
    if excess(outside) <= 0:
        return None
    return float(scipy.optimize.brentq(excess, inside, outside, xtol=1e-4))


def _aicc(fitted: FittedCurve) -> float:
    n, k = fitted.residuals.size, fitted.n_parameters + 1  # the error variance counts
    mean_square = max(fitted.rss, 1e-300) / n
    return float(n * np.log(mean_square) + 2 * k + 2 * k * (k + 1) / (n - k - 1))


def _summary_row(
    fitted: FittedCurve,
    sample: Sample,
    *,
    time: FloatArray,
    interval_level: float,
    aicc_without_ceiling: float,
) -> dict[str, object]:
    row: dict[str, object] = {
        "model": fitted.model,
        "rss": fitted.rss,
        "aicc": _aicc(fitted),
        "autocorrelation": fitted.autocorrelation,
        "n": time.size,
    }
    missing = float("nan")
    no_ceiling = dict.fromkeys(("ceiling", "ceiling_low", "ceiling_high"), missing)
    if fitted.model == "exponential":
        return {**row, **no_ceiling, "coverage": missing, "identified": True, "status": "ok"}
    coverage = float(np.exp(sample.log_level[-1] - fitted.constant))
    low, high = ceiling_interval(fitted, sample, time=time, interval_level=interval_level)
    identified = (
        coverage >= REQUIRED_COVERAGE
        and high <= WIDEST_CEILING_FACTOR * low
        and _aicc(fitted) < aicc_without_ceiling
    )
    ceiling = float(np.exp(fitted.constant)) if identified else missing
    interval = {"ceiling": ceiling, "ceiling_low": low, "ceiling_high": high}
    return {
        **row,
        **(interval if identified else no_ceiling),
        "coverage": coverage,
        "identified": identified,
        "status": "ok" if identified else "not_identified",
    }


def _parameter_rows(
    fitted: FittedCurve,
    sample: Sample,
    *,
    time: FloatArray,
    interval_level: float,
    ceiling: dict[str, object],
) -> list[dict[str, object]]:
    axis = sample.axis(fitted.model, time)
    spread = np.sqrt(np.diag(parameter_covariance(fitted, axis)))
    quantile = special.stdtrit(fitted.degrees_of_freedom, (1 + interval_level) / 2)
    centre = np.concatenate([[fitted.constant], fitted.shape_parameters])
    rows: list[dict[str, object]] = []
    for position, name in enumerate(CURVES[fitted.model].parameter_names):
        ends = centre[position] + quantile * spread[position] * np.array([0.0, -1.0, 1.0])
        if not ceiling["identified"]:
            values: list[object] = [float("nan")] * 3
        elif name == "ceiling":
            values = [ceiling[key] for key in ("ceiling", "ceiling_low", "ceiling_high")]
        else:
            values = _in_units_of_the_series(ends, name=name, model=fitted.model, sample=sample)
        row = dict(zip(("estimate", "low", "high"), values, strict=True))
        rows.append({"model": fitted.model, "parameter": name, **row, "level": interval_level})
    return rows


def _in_units_of_the_series(
    values: FloatArray, *, name: str, model: str, sample: Sample
) -> list[object]:
    """Undo logs and the rescaling of time."""
    if name == "midpoint":
        return list(sample.first + sample.span * values)
    if name == "initial_level":
        return list(np.exp(values))
    if model == "exponential":
        return list(values / sample.span)
    return list(np.exp(values) / sample.span)
