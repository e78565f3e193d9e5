r"""Rolling-origin forecasts: what each growth curve would have said, knowing only the past.

At each origin the curves of `growth_curves` are fitted to the series up to that origin and
forecast it in logs. The benchmark is the random walk with drift in logs. The naive rules are what
a forecast with economics in it must beat: that walk, a local linear trend (Harvey, 1989) and an
ARIMA(1,1,0) with drift (Box and Jenkins, 1970). Scores and verdicts are in ``scoring``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from token_economics.methods.arrays import FloatArray, floats
from token_economics.methods.growth_curves import (
    MODELS,
    FittedCurve,
    Sample,
    fit_curve,
    parameter_covariance,
    predict,
    prediction_gradient,
    sample_of,
)

BENCHMARK = "random_walk_with_drift"
"""Name of the forecast that a growth curve must beat."""
LOCAL_LINEAR_TREND, ARIMA = "local_linear_trend", "arima_110_with_drift"
NAIVE_RULES = (BENCHMARK, LOCAL_LINEAR_TREND, ARIMA)
"""Forecasts that know the series alone; their orders are fixed and chosen on no data."""
FEWEST_KNOWN = {BENCHMARK: 3, LOCAL_LINEAR_TREND: 6, ARIMA: 6}
"""Observations that a rule needs: what it estimates, and at least one more."""

SAME_GROWTH = 1e-9  # spread of growth over its size below which it is rounding
EVEN = 0.1  # part of a step that a time may be off a grid


class RuleRefused(ValueError):
    """A rule cannot be estimated on a series."""


def random_walk_forecast(
    log_level: ArrayLike, horizons: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    r"""Mean and standard deviation of log level when growth is drift plus white noise.

    .. math:: y_T + h\bar g, \qquad s\sqrt{h + h^2/n}

    The second term under the root is the doubt about the mean growth of n past steps. [log points]
    ``horizons`` are h, in steps.

    Examples
    --------
    Steps of 1 and 2 so far: drift is 1.5 a step, and doubt grows faster than the root of the
    horizon:

    >>> mean, sd = random_walk_forecast([0.0, 1.0, 3.0], [1, 2])
    >>> print(mean, sd.round(3))
    [4.5 6. ] [0.866 1.414]
    """
    level = floats(log_level)
    return uneven_walk_forecast(np.arange(level.size), level, horizons=horizons)


def uneven_walk_forecast(
    years: ArrayLike, log_level: ArrayLike, *, horizons: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    r"""Mean and standard deviation of log level for a walk that is seen at uneven times.

    .. math:: y_T + h\hat d, \qquad \hat\sigma\sqrt{h + h^2/T}, \quad
              \hat\sigma^2 = \frac{1}{n-1}\sum \frac{(\Delta y_i - \hat d\,\Delta t_i)^2}{\Delta t_i}

    Drift is the whole change over the whole time; with even steps this is
    `random_walk_forecast`. Horizons in years. [log points]

    Examples
    --------
    Figures a year and a half and then half a year apart; their whole change sets the drift:

    >>> mean, _ = uneven_walk_forecast([0.0, 1.5, 2.0], [0.0, 2.0, 3.0], horizons=[1, 2])
    >>> print(mean)
    [4.5 6. ]
    """
    time, level = floats(years), floats(log_level)
    ahead = floats(horizons)
    elapsed, moved = np.diff(time), np.diff(level)
    drift = moved.sum() / elapsed.sum()
    variance = ((moved - drift * elapsed) ** 2 / elapsed).sum() / (elapsed.size - 1)
    sd = np.sqrt(variance * (ahead + ahead**2 / elapsed.sum()))
    return floats(level[-1] + ahead * drift), floats(sd)


def naive_forecast(
    rule: str, times: ArrayLike, log_level: ArrayLike, *, horizons: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    r"""Mean and standard deviation of log level by a rule that knows the series alone.

    The walk is `uneven_walk_forecast`. The local linear trend is a level with a slope, both of
    which wander, seen with noise:

    .. math:: y_t = \mu_t + \varepsilon_t, \quad \mu_{t+1} = \mu_t + \nu_t + \xi_t,
              \quad \nu_{t+1} = \nu_t + \zeta_t

    The ARIMA has growth that returns to its mean:

    .. math:: \Delta y_t = c + \phi\,\Delta y_{t-1} + \varepsilon_t

    The last two are fitted by maximum likelihood on a state space (Durbin and Koopman, 2012), and
    their spread leaves out the doubt about what was fitted; that of the walk holds it.

    Parameters
    ----------
    rule
        One of `NAIVE_RULES`.
    times
        When the series was seen: at any times for the walk, else at equal steps, of which some may
        be missing. [any, such as years]
    log_level
        The series. [log points]
    horizons
        From the last time on, in the same unit; but for the walk, the nearest whole step counts.

    Returns
    -------
    Mean and standard deviation at each horizon. [log points]

    Raises
    ------
    RuleRefused
        Fewer observations than `FEWEST_KNOWN`; growth that is the same at each step, so that nothing
        can be told about its spread; uneven steps for a rule that needs even ones.

    Examples
    --------
    Five steps are enough for a walk and too few for a trend:

    >>> known = [0.0, 0.3, 0.4, 0.8, 1.0]
    >>> print(naive_forecast("random_walk_with_drift", range(5), known, horizons=[1, 2])[0])
    [1.25 1.5 ]
    >>> naive_forecast("local_linear_trend", range(5), known, horizons=[1])
    Traceback (most recent call last):
    ...
    token_economics.methods.backtest.RuleRefused: local_linear_trend needs 6 observations, of 5
    """
    seen, level = floats(times), floats(log_level)
    if level.size < (fewest := FEWEST_KNOWN[rule]):
        raise RuleRefused(f"{rule} needs {fewest} observations, of {level.size}")
    growth = np.diff(level) / np.diff(seen)
    if growth.std() <= SAME_GROWTH * np.abs(growth).max():
        raise RuleRefused(f"{rule} finds the same growth at each step")
    if rule == BENCHMARK:
        return uneven_walk_forecast(seen, level, horizons=horizons)
    step = float(np.median(np.diff(seen)))
    place = (seen - seen[0]) / step
    if np.abs(place - place.round()).max() > EVEN:
        raise RuleRefused(f"{rule} needs even steps")
    scale = float(growth.std()) * step
    gridded = np.full(round(place[-1]) + 1, np.nan)
    gridded[place.round().astype(int)] = (level - level[0]) / scale
    fitted = _fitted(rule, gridded, drift=float(growth.mean()) * step / scale)
    steps = np.maximum((floats(horizons) / step).round().astype(int), 1)
    ahead = fitted.get_forecast(int(steps.max()))
    mean, sd = ahead.predicted_mean[steps - 1], ahead.se_mean[steps - 1]
    return floats(level[0] + scale * mean), floats(scale * sd)


def _fitted(rule: str, level: FloatArray, *, drift: float) -> Any:
    """What statsmodels makes of a rule; the start is ours, so that nothing is guessed or warned of."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX  # slow to load; only fits need it
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    if rule == ARIMA:
        model, start = SARIMAX(level, order=(1, 1, 0), trend="c"), [drift, 0.0, 1.0]
    else:
        model, start = UnobservedComponents(level, "local linear trend"), [1 / 3, 1 / 3, 1 / 3]
    return model.fit(start, disp=False, warn_convergence=False)


def curve_forecast(
    fitted: FittedCurve, sample: Sample, *, time: FloatArray, horizons: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    r"""Mean and standard deviation of log level ahead of a fitted curve.

    The last residual decays at its estimated autocorrelation r, so the forecast starts from the
    last observation and returns to the curve:

    .. math:: \hat y_{T+h} + r^h e_T, \qquad \sqrt{s^2 (1 - r^{2h}) + x' V x}

    with s the residual standard deviation and V the covariance of the parameters. [log points]
    ``time`` is that of the sample, ``horizons`` are h in its steps.
    """
    steps = floats(horizons)
    spacing = sample.span / (time.size - 1)
    ahead = sample.axis(fitted.model, time[-1] + steps * spacing)
    gradient = prediction_gradient(fitted, ahead)
    covariance = parameter_covariance(fitted, sample.axis(fitted.model, time))
    doubt = np.einsum("hi,ij,hj->h", gradient, covariance, gradient)
    memory = fitted.autocorrelation**steps
    noise = fitted.rss / fitted.degrees_of_freedom * (1 - memory**2)
    mean = predict(fitted, ahead) + memory * fitted.residuals[-1]
    return mean, floats(np.sqrt(noise + doubt))


def rolling_origin_forecasts(
    levels: ArrayLike, *, min_window: int, max_horizon: int, launch_time: float
) -> pd.DataFrame:
    """Forecasts of every curve and the benchmark from every origin with a known outcome.

    Parameters
    ----------
    levels
        The series, equally spaced; the first is at time 0 and the step is 1.
    min_window
        Fewest observations that a forecast is made from, at least 6.
    max_horizon
        Furthest step ahead.
    launch_time
        When diffusion began, for the Bass curve; negative. [steps]

    Returns
    -------
    Columns origin (position of the last observation used), horizon, model, mean_log, sd_log,
    actual_log. The predictive distribution is normal in logs.
    """
    level = floats(levels)
    frames = []
    for origin in range(min_window - 1, level.size - 1):
        horizons = np.arange(1, min(max_horizon, level.size - 1 - origin) + 1)
        known = level[: origin + 1]
        for model, (mean, sd) in _forecasts(known, horizons, launch_time=launch_time).items():
            actual = np.log(level[origin + horizons])
            columns = {"mean_log": mean, "sd_log": sd, "actual_log": actual}
            frames.append(
                pd.DataFrame({"origin": origin, "horizon": horizons, "model": model, **columns})
            )
    if not frames:
        raise ValueError("the series is too short for a forecast with a known outcome")
    return pd.concat(frames, ignore_index=True)


def _forecasts(
    known: FloatArray, horizons: NDArray[np.int_], *, launch_time: float
) -> dict[str, tuple[FloatArray, FloatArray]]:
    time = np.arange(known.size, dtype=np.float64)
    sample = sample_of(time, known, launch_time=launch_time)
    forecasts = {
        model: curve_forecast(
            fit_curve(model, sample, time=time), sample, time=time, horizons=horizons
        )
        for model in MODELS
    }
    return {**forecasts, BENCHMARK: random_walk_forecast(sample.log_level, horizons)}
