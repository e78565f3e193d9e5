r"""Scores of forecasts: how far off, how wide, how often inside, and better than what.

References: Gneiting and Raftery (2007) on the continuous ranked probability score (CRPS);
Ferro (2014) on its fair form for ensembles; Murphy (1973) on the parts of the Brier score;
Diebold and Mariano (1995) and Harvey, Leybourne and Newbold (1997) on comparing two forecasts.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

FloatArray = NDArray[np.float64]

SCORED_INTERVAL = 0.8
"""Level of the central interval whose coverage and width are reported."""


class BrierParts(NamedTuple):
    """Murphy's parts: brier = reliability - resolution + uncertainty. [all: squared probability]"""

    brier: float
    reliability: float
    resolution: float
    uncertainty: float


class LossComparison(NamedTuple):
    """Mean loss saved against a benchmark, its standard error, and a one-sided p-value."""

    mean_gain: float
    standard_error: float
    p_value: float


def crps_normal(observed: ArrayLike, *, mean: ArrayLike, sd: ArrayLike) -> FloatArray:
    r"""CRPS of a normal forecast: zero is perfect, and it has the unit of the outcome.

    .. math:: \sigma\,[z(2\Phi(z) - 1) + 2\varphi(z) - \pi^{-1/2}], \quad z = (y - \mu)/\sigma

    A forecast with ``sd`` zero is a point, and its CRPS is the absolute error.
    [unit of the outcome]

    ``observed`` is y, ``mean`` and ``sd`` those of the forecast.

    Examples
    --------
    A standard normal forecast, and the outcome at its middle and one deviation away:

    >>> print(crps_normal([0.0, 1.0], mean=0.0, sd=1.0).round(4))
    [0.2337 0.6024]
    """
    error, spread = np.broadcast_arrays(
        np.asarray(observed, dtype=np.float64) - np.asarray(mean, dtype=np.float64),
        np.asarray(sd, dtype=np.float64),
    )
    is_point = spread == 0
    scaled = error / np.where(is_point, 1.0, spread)
    density = np.exp(-(scaled**2) / 2) / np.sqrt(2 * np.pi)
    score = spread * (scaled * (2 * special.ndtr(scaled) - 1) + 2 * density - 1 / np.sqrt(np.pi))
    return np.asarray(np.where(is_point, np.abs(error), score), dtype=np.float64)


def crps_ensemble(observed: ArrayLike, members: ArrayLike, *, fair: bool) -> FloatArray:
    r"""CRPS of an ensemble whose members are on the last axis.

    .. math:: \frac{1}{n}\sum_i |x_i - y| - \frac{1}{2 n k}\sum_{i,j} |x_i - x_j|

    with k = n for the ensemble taken as the whole forecast, and k = n - 1 for the fair score,
    which does not depend, on average, on how many draws were made (Ferro, 2014).
    [unit of the outcome]

    ``observed`` is y.

    Examples
    --------
    Three members and an outcome; the fair score does not punish an ensemble for being small:

    >>> print(crps_ensemble(3, [1, 2, 4], fair=False).round(4))
    0.6667
    >>> print(crps_ensemble(3, [1, 2, 4], fair=True).round(4))
    0.3333
    """
    ordered = np.sort(np.asarray(members, dtype=np.float64), axis=-1)
    count = ordered.shape[-1]
    if fair and count < 2:
        raise ValueError("the fair CRPS needs at least two members")
    outcome = np.asarray(observed, dtype=np.float64)[..., np.newaxis]
    distance_to_outcome = np.abs(ordered - outcome).mean(axis=-1)
    rank_weight = 2 * np.arange(1, count + 1) - count - 1
    sum_of_pair_distances = 2 * (rank_weight * ordered).sum(axis=-1)
    spread = sum_of_pair_distances / (2 * count * (count - 1 if fair else count))
    return np.asarray(distance_to_outcome - spread, dtype=np.float64)


def coverage_band(n_forecasts: int, *, interval_level: float, band_level: float) -> FloatArray:
    """Range of the coverage that a calibrated forecaster shows by luck alone. [share]

    Central binomial quantiles. It takes the forecasts as independent; overlapping horizons are
    not, so beyond one step ahead the true band is wider.
    """
    tails = np.array([(1 - band_level) / 2, (1 + band_level) / 2])
    hits = np.arange(n_forecasts + 1)
    at_most = special.bdtr(hits.astype(np.float64), n_forecasts, interval_level)
    return np.asarray(hits[np.searchsorted(at_most, tails)] / n_forecasts, dtype=np.float64)


def number_true(probabilities: ArrayLike, *, level: float) -> tuple[float, float]:
    """Central interval of how many predictions come true, taken as independent (Poisson binomial).

    Predictions about one market move together, so the true interval is wider.
    ``probabilities`` are those stated, ``level`` is the share of outcomes inside. [predictions]

    Examples
    --------
    Two that are certain and one that is impossible; then a coin thrown twenty times:

    >>> number_true([1.0, 1.0, 0.0], level=0.9)
    (2.0, 2.0)
    >>> number_true([0.5] * 20, level=0.9)
    (6.0, 14.0)
    """
    stated = np.asarray(probabilities, dtype=np.float64)
    chances = np.array([1.0])
    for probability in stated:
        chances = np.convolve(chances, [1 - probability, probability])
    tails = np.array([(1 - level) / 2, 1 - (1 - level) / 2])
    low, high = np.searchsorted(np.cumsum(chances), tails)
    return float(low), float(min(high, stated.size))


def brier_parts(probability: ArrayLike, outcome: ArrayLike) -> BrierParts:
    r"""Brier score and its parts, with forecasts grouped by their stated probability.

    .. math:: \overline{(f - o)^2} = \sum_k \tfrac{n_k}{n}(f_k - \bar o_k)^2
              - \sum_k \tfrac{n_k}{n}(\bar o_k - \bar o)^2 + \bar o(1 - \bar o)

    Reliability is the distance of what was said from what then happened (lower is better),
    resolution how well the groups tell cases apart (higher is better). Murphy (1973).
    ``outcome`` is 1 or 0.

    Examples
    --------
    Two calls of 80 % that came true and one that did not, against a coin that says 50 %:

    >>> print(round(brier_parts([0.8, 0.8, 0.8], [1, 1, 0]).brier, 3))
    0.24
    >>> print(round(brier_parts([0.5, 0.5, 0.5], [1, 1, 0]).brier, 3))
    0.25
    """
    stated, happened = np.broadcast_arrays(
        np.asarray(probability, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    )
    values, group, size = np.unique(stated.ravel(), return_inverse=True, return_counts=True)
    frequency = np.bincount(group, weights=happened.ravel()) / size
    base_rate = float(happened.mean())
    weight = size / size.sum()
    return BrierParts(
        brier=float(np.mean((stated - happened) ** 2)),
        reliability=float(weight @ (values - frequency) ** 2),
        resolution=float(weight @ (frequency - base_rate) ** 2),
        uncertainty=base_rate * (1 - base_rate),
    )


def skill_score(loss: ArrayLike, benchmark_loss: ArrayLike) -> float:
    """Share of the benchmark's mean loss that the forecast saves; negative is worse. [share]"""
    mean_loss = np.asarray(loss, dtype=np.float64).mean()
    return float(1 - mean_loss / np.asarray(benchmark_loss, dtype=np.float64).mean())


def compare_losses(loss: ArrayLike, benchmark_loss: ArrayLike, *, horizon: int) -> LossComparison:
    """Whether a forecast loses less than its benchmark by more than luck.

    The variance of the mean gain counts the autocovariances up to ``horizon`` - 1, which is the
    overlap of forecasts that far ahead, with Bartlett weights so that it cannot be negative
    (Newey and West, 1987), and the small-sample factor of Harvey, Leybourne and Newbold (1997).
    The p-value is one-sided, from Student's t with n - 1 degrees of freedom: small means that
    the forecast is better. It is missing with fewer than two comparisons or when all are equal.
    [unit of the loss]
    """
    gain = np.asarray(benchmark_loss, dtype=np.float64) - np.asarray(loss, dtype=np.float64)
    count = gain.size
    mean_gain = float(gain.mean())
    if count < 2 or np.ptp(gain) == 0:
        return LossComparison(mean_gain, float("nan"), float("nan"))
    centred = gain - mean_gain
    lags = min(horizon - 1, count - 1)
    covariance = [float(centred[k:] @ centred[: count - k]) / count for k in range(lags + 1)]
    weight = [1.0] + [2 * (1 - k / (lags + 1)) for k in range(1, lags + 1)]
    long_run_variance = float(np.dot(weight, covariance))
    steps = lags + 1
    small_sample = (count + 1 - 2 * steps + steps * (steps - 1) / count) / count
    standard_error = float(np.sqrt(long_run_variance / count / max(small_sample, 1 / count)))
    p_value = float(special.stdtr(count - 1, -mean_gain / standard_error))
    return LossComparison(mean_gain, standard_error, p_value)


def score_forecasts(
    forecasts: pd.DataFrame, *, benchmark: str, significance: float
) -> pd.DataFrame:
    """Table of scores by model and horizon of rolling-origin forecasts in logs.

    Parameters
    ----------
    forecasts
        Columns origin, horizon, model, mean_log, sd_log, actual_log.
    benchmark
        The model that the others must beat; scored, but never awarded skill.
    significance
        One-sided level at which the gain over the benchmark must hold; 0.5 asks only that the
        mean CRPS is lower. [share]

    Returns
    -------
    Columns model, horizon, crps, crps_benchmark, skill, skill_se, p_value, coverage80,
    coverage_low, coverage_high, sharpness, n, verdict. CRPS and sharpness are in log points.
    Coverage and sharpness are those of the central 80 % interval. The verdict is ``skill`` when the gain is significant and the coverage lies in the binomial
    95 % band, otherwise ``no skill``. Model and benchmark are compared on the same origins.
    """
    scored = _with_scores(forecasts)
    reference = scored.loc[scored["model"] == benchmark, ["origin", "horizon", "crps"]]
    if reference.empty:
        raise ValueError(f"no forecasts of the benchmark {benchmark!r}")
    paired = scored.merge(
        reference.rename(columns={"crps": "crps_benchmark"}),
        on=["origin", "horizon"],
        validate="many_to_one",
    ).sort_values(["model", "horizon", "origin"])
    rows: list[dict[str, float | int | str]] = []
    for keys, group in paired.groupby(["model", "horizon"]):
        model, horizon = cast("tuple[str, int]", keys)
        scores = _score_group(group, horizon=int(horizon), significance=significance)
        rows.append({"model": model, "horizon": int(horizon), **scores})
    return pd.DataFrame(rows)


def scored_interval(forecasts: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Ends of the central interval that is scored, of normal forecasts. [log points]"""
    half_width = special.ndtri((1 + SCORED_INTERVAL) / 2) * forecasts["sd_log"]
    return forecasts["mean_log"] - half_width, forecasts["mean_log"] + half_width


def _with_scores(forecasts: pd.DataFrame) -> pd.DataFrame:
    low, high = scored_interval(forecasts)
    return forecasts.assign(
        crps=crps_normal(
            forecasts["actual_log"], mean=forecasts["mean_log"], sd=forecasts["sd_log"]
        ),
        width=high - low,
        inside=(forecasts["actual_log"] >= low) & (forecasts["actual_log"] <= high),
    )


def _score_group(
    group: pd.DataFrame, *, horizon: int, significance: float
) -> dict[str, float | int | str]:
    loss, benchmark_loss = group["crps"].to_numpy(), group["crps_benchmark"].to_numpy()
    comparison = compare_losses(loss, benchmark_loss, horizon=horizon)
    coverage = float(group["inside"].mean())
    low, high = coverage_band(len(group), interval_level=SCORED_INTERVAL, band_level=0.95)
    beats_benchmark = comparison.p_value < significance
    return {
        "crps": float(loss.mean()),
        "crps_benchmark": float(benchmark_loss.mean()),
        "skill": skill_score(loss, benchmark_loss),
        "skill_se": comparison.standard_error / float(benchmark_loss.mean()),
        "p_value": comparison.p_value,
        "coverage80": coverage,
        "coverage_low": float(low),
        "coverage_high": float(high),
        "sharpness": float(group["width"].mean()),
        "n": len(group),
        "verdict": "skill" if beats_benchmark and low <= coverage <= high else "no skill",
    }
