"""Scores: published values, identities, and verdicts on forecasters that are known."""

import numpy as np
import pandas as pd
import pytest
import scoringrules
from scipy.stats import binom, kstest, norm, ttest_1samp

from token_economics.methods.scoring import (
    brier_parts,
    compare_losses,
    coverage_band,
    crps_ensemble,
    crps_normal,
    interval_score,
    number_true,
    pit_ensemble,
    pooled_ratio,
    score_forecasts,
    skill_score,
)


def test_point_forecast_scores_its_absolute_error() -> None:
    np.testing.assert_allclose(crps_normal([1.0, -2.0], mean=0.5, sd=0.0), [0.5, 2.5])
    np.testing.assert_allclose(crps_normal(1.0, mean=0.5, sd=1e-9), 0.5, rtol=1e-8)
    assert crps_ensemble(1.0, [0.5], fair=False) == 0.5


def test_crps_scales_with_the_unit_of_money() -> None:
    assert crps_normal(30, mean=10, sd=20) == pytest.approx(
        10 * float(crps_normal(3, mean=1, sd=2))
    )


def test_large_ensemble_scores_like_its_distribution() -> None:
    quantiles = (np.arange(20_000) + 0.5) / 20_000
    members = norm.ppf(quantiles, 1, 2)
    assert crps_ensemble(3, members, fair=False) == pytest.approx(
        float(crps_normal(3, mean=1, sd=2)), abs=1e-3
    )


def test_fair_crps_does_not_reward_more_draws() -> None:
    rng = np.random.default_rng(1)
    outcome = rng.normal(size=20_000)
    few = crps_ensemble(outcome, rng.normal(size=(20_000, 3)), fair=True).mean()
    many = crps_ensemble(outcome, rng.normal(size=(20_000, 30)), fair=True).mean()
    raw_few = crps_ensemble(outcome, rng.normal(size=(20_000, 3)), fair=False).mean()
    assert few == pytest.approx(1 / np.sqrt(np.pi), abs=0.015)
    assert many == pytest.approx(1 / np.sqrt(np.pi), abs=0.015)
    assert raw_few > few + 0.1


def test_honest_spread_has_the_best_expected_crps() -> None:
    outcome = np.random.default_rng(2).normal(0, 1, 50_000)
    score = {sd: crps_normal(outcome, mean=0, sd=sd).mean() for sd in (0.5, 1.0, 2.0)}
    assert min(score, key=lambda sd: score[sd]) == 1.0


def test_brier_parts_add_up_to_the_score() -> None:
    rng = np.random.default_rng(3)
    stated = rng.choice([0.05, 0.3, 0.7, 0.95], 200)
    parts = brier_parts(stated, rng.random(200) < stated)
    rebuilt = parts.reliability - parts.resolution + parts.uncertainty
    assert parts.brier == pytest.approx(rebuilt, abs=1e-12)


def test_base_rate_forecast_has_no_resolution_and_no_miscalibration() -> None:
    parts = brier_parts([0.25] * 4, [0, 0, 0, 1])
    assert (parts.reliability, parts.resolution) == (0, 0)
    assert parts.brier == parts.uncertainty


def test_number_true_is_binomial_when_all_chances_are_equal() -> None:
    assert number_true(np.full(20, 0.5), level=0.9) == tuple(binom.ppf([0.05, 0.95], 20, 0.5))
    assert number_true([1.0, 1.0, 0.0], level=0.9) == (2, 2)


def test_coverage_band_contains_a_calibrated_forecaster_about_19_times_in_20() -> None:
    low, high = coverage_band(40, interval_level=0.8, band_level=0.95)
    hits = np.random.default_rng(4).binomial(40, 0.8, 20_000) / 40
    inside = ((hits >= low) & (hits <= high)).mean()
    assert 0.94 <= inside <= 0.98
    assert low < 0.8 < high


def test_skill_of_halving_the_loss_is_one_half() -> None:
    assert skill_score([1, 1], [2, 2]) == 0.5


def test_loss_comparison_at_one_step_is_the_textbook_t_test() -> None:
    gain = np.random.default_rng(5).normal(0.3, 1, 30)
    result = compare_losses(np.zeros(30), gain, horizon=1)
    textbook = ttest_1samp(gain, 0, alternative="greater")
    assert result.p_value == pytest.approx(textbook.pvalue, rel=1e-10)


def test_overlapping_gains_have_a_larger_standard_error() -> None:
    noise = np.random.default_rng(6).normal(size=203)
    overlapping = np.convolve(noise, np.ones(4), mode="valid")
    short = compare_losses(np.zeros(200), overlapping, horizon=1).standard_error
    long = compare_losses(np.zeros(200), overlapping, horizon=4).standard_error
    assert long > 1.4 * short


def test_identical_forecasts_cannot_be_ranked() -> None:
    assert np.isnan(compare_losses([1, 2], [1, 2], horizon=1).p_value)


def _forecasts(model: str, *, mean: np.ndarray, sd: float, actual: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "origin": np.arange(actual.size),
            "horizon": 1,
            "model": model,
            "mean_log": mean,
            "sd_log": sd,
            "actual_log": actual,
        }
    )


def _verdicts(sd_of_sharp_model: float) -> pd.Series:
    rng = np.random.default_rng(7)
    signal, noise = rng.normal(0, 1, 120), rng.normal(0, 0.3, 120)
    actual = signal + noise
    frame = pd.concat(
        [
            _forecasts("informed", mean=signal, sd=sd_of_sharp_model, actual=actual),
            _forecasts("naive", mean=np.zeros(120), sd=np.hypot(1, 0.3), actual=actual),
        ]
    )
    table = score_forecasts(frame, benchmark="naive", significance=0.05)
    return table.set_index("model")["verdict"]


def test_informed_and_calibrated_forecaster_has_skill_u7() -> None:
    assert _verdicts(0.3)["informed"] == "skill"


def test_informed_but_overconfident_forecaster_has_no_skill_u7() -> None:
    assert _verdicts(0.1)["informed"] == "no skill"


def test_benchmark_has_no_skill_against_itself() -> None:
    assert _verdicts(0.3)["naive"] == "no skill"


def test_unknown_benchmark_is_refused() -> None:
    frame = _forecasts("a", mean=np.zeros(3), sd=1.0, actual=np.ones(3))
    with pytest.raises(ValueError, match="benchmark 'b'"):
        score_forecasts(frame, benchmark="b", significance=0.05)


# --- against the package scoringrules, and what scores of ensembles and intervals must do


def test_scores_are_those_of_another_package() -> None:
    rng = np.random.default_rng(8)
    outcome, members = rng.normal(0, 3, 50), rng.normal(0.3, 1.5, (50, 40))
    low, high = np.quantile(members, [0.1, 0.9], axis=-1)
    for ours, theirs in [
        (crps_normal(outcome, mean=0.3, sd=1.5), scoringrules.crps_normal(outcome, 0.3, 1.5)),
        (
            crps_ensemble(outcome, members, fair=True),
            scoringrules.crps_ensemble(outcome, members, estimator="fair"),
        ),
        (
            crps_ensemble(outcome, members, fair=False),
            scoringrules.crps_ensemble(outcome, members, estimator="nrg"),
        ),
        (
            interval_score(outcome, low=low, high=high, level=0.8),
            scoringrules.interval_score(outcome, low, high, 0.2),
        ),
    ]:
        np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def test_true_quantiles_have_the_best_expected_interval_score() -> None:
    outcome = np.random.default_rng(9).normal(size=100_000)
    reach = norm.ppf(0.9) * np.array([0.6, 0.8, 1.0, 1.25, 1.7])
    mean = [interval_score(outcome, low=-r, high=r, level=0.8).mean() for r in reach]
    assert np.argmin(mean) == 2


def test_pit_of_a_calibrated_ensemble_is_uniform_and_of_a_low_one_is_not() -> None:
    rng = np.random.default_rng(10)
    outcome, members = rng.normal(size=2_000), rng.normal(size=(2_000, 500))
    assert kstest(pit_ensemble(outcome, members), "uniform").pvalue > 0.01
    assert pit_ensemble(outcome + 1, members).mean() > 0.7
    assert pit_ensemble(1.0, [1.0, 1.0]) == 0.5


def _pooled(hit: np.ndarray, *clusters: np.ndarray) -> tuple[float, float, float]:
    rng = np.random.default_rng(11)
    return pooled_ratio(
        hit, np.ones(hit.size), clusters=clusters, level=0.9, rng=rng, replications=4_000
    )


def test_pooled_interval_of_single_outcomes_is_the_binomial_one() -> None:
    hit = np.repeat([1.0, 0.0], [80, 20])
    low, middle, high = _pooled(hit, np.arange(100))
    assert middle == 0.8
    assert [low, high] == pytest.approx(binom.ppf([0.05, 0.95], 100, 0.8) / 100, abs=0.011)


def test_outcomes_that_move_together_count_as_one() -> None:
    hit = np.repeat(np.random.default_rng(12).random(25) < 0.8, 4).astype(float)
    origin, series = np.repeat(np.arange(25), 4), np.tile(np.arange(4), 25)
    alone, together, both = (
        np.ptp(_pooled(hit, *clusters))
        for clusters in ([np.arange(100)], [origin], [origin, series])
    )
    assert together == pytest.approx(2 * alone, rel=0.15)
    assert both >= 0.95 * together


def test_pooled_ratio_of_losses_weighs_each_outcome_by_its_loss() -> None:
    rng = np.random.default_rng(13)
    loss, benchmark = np.array([1.0, 9.0]), np.array([1.0, 18.0])
    low, middle, high = pooled_ratio(
        loss, benchmark, clusters=[[0, 1]], level=0.9, rng=rng, replications=999
    )
    assert (low, middle, high) == (0.5, 10 / 19, 1.0)
