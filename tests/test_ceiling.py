"""Fits side by side: recovery, and ceilings withheld unless the data show them."""

import numpy as np
import pytest
from oracles.growth import (
    bass_adopted_share,
    exponential_level,
    gompertz_level,
    logistic_level,
)

from token_economics.canonical.growth import logistic_ceiling_spread
from token_economics.methods import growth_curves
from token_economics.methods.growth_curves import fit_curve, parameter_covariance, sample_of
from token_economics.methods.saturation import ceiling_interval, fit_growth_curves

MONTHS = np.arange(40.0)


def _noisy(level: np.ndarray, seed: int, sd: float = 0.02) -> np.ndarray:
    return level * np.exp(np.random.default_rng(seed).normal(0, sd, level.size))


def _fit(level: np.ndarray):
    return fit_growth_curves(MONTHS, level, launch_time=-1, interval_level=0.9)


CURVES = {
    "logistic": logistic_level(MONTHS, ceiling=80, growth_rate=0.25, midpoint=22),
    "gompertz": gompertz_level(MONTHS, ceiling=80, growth_rate=0.12, inflection=15),
    "bass": 80 * bass_adopted_share(MONTHS + 1, innovation=0.004, imitation=0.25),
}
TRUTH = {
    "logistic": {"ceiling": 80, "growth_rate": 0.25, "midpoint": 22},
    "gompertz": {"ceiling": 80, "growth_rate": 0.12},
    "bass": {"ceiling": 80, "innovation": 0.004, "imitation": 0.25},
}


@pytest.mark.parametrize("model", CURVES)
def test_noise_free_curve_is_recovered_and_preferred(model: str) -> None:
    fits = _fit(CURVES[model])
    estimates = fits.parameters.query("model == @model").set_index("parameter")["estimate"]
    for name, value in TRUTH[model].items():
        assert estimates[name] == pytest.approx(value, rel=1e-4)
    assert fits.summary.set_index("model")["aicc"].idxmin() == model


def test_doubling_a_month_is_recovered_as_exponential_growth() -> None:
    level = exponential_level(MONTHS, initial_level=3, growth_rate=np.log(2))
    row = _fit(level).parameters.query("model == 'exponential'").set_index("parameter")
    assert row.loc["growth_rate", "estimate"] == pytest.approx(np.log(2))
    assert row.loc["initial_level", "estimate"] == pytest.approx(3)


def test_exponential_growth_shows_no_ceiling() -> None:
    summary = _fit(_noisy(np.exp(0.06 * MONTHS), seed=1, sd=0.1)).summary
    sigmoid = summary[summary["model"] != "exponential"]
    assert (sigmoid["status"] == "not_identified").all()
    assert sigmoid[["ceiling", "ceiling_low", "ceiling_high"]].isna().all(axis=None)


def test_ceiling_is_withheld_before_half_way_even_if_the_fit_is_exact() -> None:
    level = logistic_level(MONTHS, ceiling=80, growth_rate=0.1, midpoint=45)
    fits = _fit(level)
    row = fits.summary.set_index("model").loc["logistic"]
    assert row["coverage"] == pytest.approx(level[-1] / 80, rel=1e-3)
    assert row["status"] == "not_identified"
    assert fits.parameters.query("model == 'logistic'")["estimate"].isna().all()


def test_ceiling_is_reported_with_a_range_when_most_of_the_curve_is_seen() -> None:
    row = _fit(_noisy(CURVES["logistic"], seed=2)).summary.set_index("model").loc["logistic"]
    assert row["status"] == "ok"
    assert row["ceiling_low"] < row["ceiling"] < row["ceiling_high"]
    assert row["ceiling_low"] < 80 < row["ceiling_high"]


def test_profile_interval_covers_the_true_ceiling_at_about_its_level() -> None:
    level = logistic_level(MONTHS, ceiling=80, growth_rate=0.15, midpoint=28)
    inside = 0
    for seed in range(120):
        sample = sample_of(MONTHS, _noisy(level, seed, sd=0.05), launch_time=-1)
        fitted = fit_curve("logistic", sample, time=MONTHS)
        low, high = ceiling_interval(fitted, sample, time=MONTHS, interval_level=0.9)
        inside += low <= 80 <= high
    assert 0.85 <= inside / 120 <= 0.97


def test_autocorrelated_errors_widen_intervals() -> None:
    shocks = np.random.default_rng(3).normal(0, 0.05, MONTHS.size)
    persistent = np.convolve(shocks, 0.9 ** np.arange(12))[: MONTHS.size]
    sample = sample_of(MONTHS, np.exp(0.05 * MONTHS + persistent), launch_time=-1)
    fitted = fit_curve("exponential", sample, time=MONTHS)
    assert fitted.autocorrelation > 0.4
    axis = sample.axis("exponential", MONTHS)
    textbook = fitted.rss / 38 / np.sum((axis - axis.mean()) ** 2)
    slope_variance = parameter_covariance(fitted, axis)[1, 1]
    memory = fitted.autocorrelation
    inflated = textbook * (1 + memory) / (1 - memory)
    assert slope_variance == pytest.approx(inflated, rel=1e-6)
    assert slope_variance > 2 * textbook


def test_fits_do_not_depend_on_the_unit_of_money() -> None:
    level = _noisy(CURVES["gompertz"], seed=4)
    dollars, cents = _fit(level).summary, _fit(100 * level).summary
    np.testing.assert_allclose(cents["rss"], dollars["rss"], rtol=1e-6)
    np.testing.assert_allclose(cents["ceiling"], 100 * dollars["ceiling"], rtol=1e-4)


@pytest.mark.parametrize(
    ("times", "levels", "launch", "message"),
    [
        ([0, 1, 2], [1, 2, 3], -1, "at least six"),
        (range(6), [1, 2, 3, 0, 5, 6], -1, "positive"),
        ([0, 1, 1, 2, 3, 4], range(1, 7), -1, "increase"),
        (range(6), range(1, 7), 0, "launch"),
    ],
)
def test_samples_that_cannot_be_fitted_are_refused(times, levels, launch, message) -> None:
    with pytest.raises(ValueError, match=message):
        sample_of(list(times), list(levels), launch_time=launch)


def test_ceiling_is_unbounded_a_fifth_of_the_way_up_d7() -> None:
    low, high = logistic_ceiling_spread(0.2, n_samples=200, rng=np.random.default_rng(1))
    assert 30 < low < 60
    assert high > 1e6


@pytest.mark.parametrize("model", growth_curves.MODELS)
@pytest.mark.parametrize("parameters", [(0.3, 0.4), (-3.0, 2.0), (2.5, -1.0), (7.0, -5.0)])
def test_slopes_of_a_curve_are_its_derivatives(model: str, parameters: tuple[float, float]) -> None:
    curve, time = growth_curves.CURVES[model], np.linspace(0.02, 1, 9)
    at = np.array(parameters[: curve.n_parameters - 1])
    steps = 1e-6 * np.eye(at.size)
    by_steps = [(curve.shape(time, at + s) - curve.shape(time, at - s)) / 2e-6 for s in steps]
    np.testing.assert_allclose(curve.slope(time, at), by_steps, rtol=1e-6, atol=1e-7)
