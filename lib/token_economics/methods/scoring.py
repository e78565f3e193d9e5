r"""Scores of forecasts: how far off, how wide, how often inside, and better than what.

References: Gneiting and Raftery (2007) on the continuous ranked probability score (CRPS);
Ferro (2014) on its fair form for ensembles; Winkler (1972) on the score of an interval; Dawid (1984)
on the probability integral transform (PIT); Owen (2007) on resampling two ways; Murphy (1973) on the parts of the Brier score;
Diebold and Mariano (1995) and Harvey, Leybourne and Newbold (1997) on comparing two forecasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from token_economics.methods.arrays import FloatArray, floats

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
        floats(observed) - floats(mean),
        floats(sd),
    )
    is_point = spread == 0
    scaled = error / np.where(is_point, 1.0, spread)
    density = np.exp(-(scaled**2) / 2) / np.sqrt(2 * np.pi)
    score = spread * (scaled * (2 * special.ndtr(scaled) - 1) + 2 * density - 1 / np.sqrt(np.pi))
    return floats(np.where(is_point, np.abs(error), score))


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
    ordered = np.sort(floats(members), axis=-1)
    count = ordered.shape[-1]
    if fair and count < 2:
        raise ValueError("the fair CRPS needs at least two members")
    outcome = floats(observed)[..., np.newaxis]
    distance_to_outcome = np.abs(ordered - outcome).mean(axis=-1)
    rank_weight = 2 * np.arange(1, count + 1) - count - 1
    sum_of_pair_distances = 2 * (rank_weight * ordered).sum(axis=-1)
    spread = sum_of_pair_distances / (2 * count * (count - 1 if fair else count))
    return floats(distance_to_outcome - spread)


def interval_score(
    observed: ArrayLike, *, low: ArrayLike, high: ArrayLike, level: float
) -> FloatArray:
    r"""Score of a central interval: its width, and a penalty for an outcome that it misses.

    .. math:: (u - l) + \frac{2}{\alpha}(l - y)_+ + \frac{2}{\alpha}(y - u)_+,
              \quad \alpha = 1 - \text{level}

    Lower is better, and the true quantiles have the lowest expected score (Winkler, 1972; Gneiting
    and Raftery, 2007). [unit of the outcome]

    ``observed`` is y, ``low`` and ``high`` are l and u, ``level`` is the share of outcomes that the
    interval is to hold.

    Examples
    --------
    An interval of 80 % from 0 to 2 that holds the outcome, and one that misses it by a half:

    >>> print(interval_score([1.0, 2.5], low=0.0, high=2.0, level=0.8).round(4))
    [2. 7.]
    """
    outcome, lower, upper = floats(observed), floats(low), floats(high)
    missed = np.maximum(lower - outcome, 0) + np.maximum(outcome - upper, 0)
    return floats(upper - lower + 2 / (1 - level) * missed)


def pit_ensemble(observed: ArrayLike, members: ArrayLike) -> FloatArray:
    """Where the outcome falls among the members: the probability of less, ties counted half. [share]

    Uniform over many outcomes if the forecaster is calibrated (Dawid, 1984); all near one if what
    came was always above what was foreseen. Members are on the last axis, ``observed`` has the axes
    before it.

    Examples
    --------
    Above three of four members, and equal to the middle one of three:

    >>> print(pit_ensemble([3.5], [[1, 2, 3, 4]]), pit_ensemble(2, [1, 2, 3]))
    [0.75] 0.5
    """
    drawn, outcome = floats(members), floats(observed)[..., np.newaxis]
    return floats((drawn < outcome).mean(axis=-1) + (drawn == outcome).mean(axis=-1) / 2)


def pit_normal(observed: ArrayLike, *, mean: ArrayLike, sd: ArrayLike) -> FloatArray:
    """As `pit_ensemble`, of a normal forecast. [share]

    ``observed`` is the outcome, ``mean`` and ``sd`` those of the forecast.

    Examples
    --------
    At the middle, and at the upper tenth:

    >>> print(pit_normal([1.0, 3.5631], mean=1.0, sd=2.0).round(3))
    [0.5 0.9]
    """
    return floats(special.ndtr((floats(observed) - floats(mean)) / floats(sd)))


def pooled_ratio(
    numerator: ArrayLike,
    denominator: ArrayLike,
    *,
    clusters: Sequence[ArrayLike],
    level: float,
    rng: np.random.Generator,
    replications: int,
) -> tuple[float, float, float]:
    """Low, middle and high of the ratio of two sums over outcomes that move together.

    A share is the ratio of what was hit to ones, a relative score that of two losses. Whole clusters
    are drawn with replacement. With two ways of clustering, such as origin and series, both are
    drawn and an outcome counts as often as the product says: the pigeonhole bootstrap (Owen, 2007),
    which errs to the wide side. With few clusters it is still too narrow. [ratio]

    Parameters
    ----------
    numerator, denominator
        One number an outcome. [any, the same in both]
    clusters
        For each way of clustering, the label of each outcome.
    level
        Central share of the replications between low and high. [share]
    rng
        Draws the clusters.
    replications
        How often.

    Examples
    --------
    Four outcomes from two origins; all of one were hit and none of the other:

    >>> origin = ["2024Q4", "2024Q4", "2025Q2", "2025Q2"]
    >>> pooled_ratio([1, 1, 0, 0], [1, 1, 1, 1], clusters=[origin], level=0.8,
    ...              rng=np.random.default_rng(1), replications=500)
    (0.0, 0.5, 1.0)
    """
    top, bottom = floats(numerator), floats(denominator)
    weight = np.ones((replications, top.size))
    for labels in clusters:
        names, position = np.unique(np.asarray(labels), return_inverse=True)
        chosen = rng.multinomial(names.size, np.full(names.size, 1 / names.size), replications)
        weight = weight * chosen[:, position]
    drawn = weight[weight.any(axis=1)]
    tails = (1 - level) / 2
    low, high = np.quantile((drawn @ top) / (drawn @ bottom), [tails, 1 - tails])
    middle = float(top.sum() / bottom.sum())
    return min(float(low), middle), middle, max(float(high), middle)


def coverage_band(n_forecasts: int, *, interval_level: float, band_level: float) -> FloatArray:
    """Range of the coverage that a calibrated forecaster shows by luck alone. [share]

    Central binomial quantiles. It takes the forecasts as independent; overlapping horizons are
    not, so beyond one step ahead the true band is wider.
    """
    tails = np.array([(1 - band_level) / 2, (1 + band_level) / 2])
    hits = np.arange(n_forecasts + 1)
    at_most = special.bdtr(hits.astype(np.float64), n_forecasts, interval_level)
    return floats(hits[np.searchsorted(at_most, tails)] / n_forecasts)


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
    stated = floats(probabilities)
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
    stated, happened = np.broadcast_arrays(floats(probability), floats(outcome))
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
    """Share of the benchmark's mean loss that the forecast saves; negative is worse. [share]

    Examples
    --------
    The benchmark loses 2 on average and the forecast 1.5:

    >>> skill_score([1.0, 2.0], [2.0, 2.0])
    0.25
    """
    mean_loss = floats(loss).mean()
    return float(1 - mean_loss / floats(benchmark_loss).mean())


def compare_losses(loss: ArrayLike, benchmark_loss: ArrayLike, *, horizon: int) -> LossComparison:
    """Whether a forecast loses less than its benchmark by more than luck.

    The variance of the mean gain counts the autocovariances up to ``horizon`` - 1, which is the
    overlap of forecasts that far ahead, with Bartlett weights so that it cannot be negative
    (Newey and West, 1987), and the small-sample factor of Harvey, Leybourne and Newbold (1997).
    The p-value is one-sided, from Student's t with n - 1 degrees of freedom: small means that
    the forecast is better. It is missing with fewer than two comparisons or when all are equal.
    [unit of the loss]
    """
    gain = floats(benchmark_loss) - floats(loss)
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
