"""Rolling-origin forecasts: no peeking, exact benchmark, honest widths."""

import numpy as np
import pytest

from token_economics.methods.backtest import (
    BENCHMARK,
    random_walk_forecast,
    rolling_origin_forecasts,
    uneven_walk_forecast,
)
from token_economics.methods.growth_curves import MODELS
from token_economics.methods.scoring import score_forecasts


def _roll(level: np.ndarray, **changes: int):
    options = {"min_window": 8, "max_horizon": 3, "launch_time": -1}
    return rolling_origin_forecasts(level, **(options | changes))


def _random_walk(seed: int, n: int) -> np.ndarray:
    return np.exp(np.cumsum(np.random.default_rng(seed).normal(0.05, 0.1, n)))


def test_random_walk_forecast_is_the_closed_form() -> None:
    mean, sd = random_walk_forecast([0.0, 0.1, 0.4, 0.3], [1, 2])
    np.testing.assert_allclose(mean, [0.4, 0.5])
    step = np.std([0.1, 0.3, -0.1], ddof=1)
    np.testing.assert_allclose(sd, [step * np.sqrt(1 + 1 / 3), step * np.sqrt(2 + 4 / 3)])


def test_a_walk_seen_at_even_times_is_the_random_walk() -> None:
    level = np.log(_random_walk(3, 15))
    even = random_walk_forecast(level, [1, 3])
    uneven = uneven_walk_forecast(np.arange(15), level, horizons=[1, 3])
    np.testing.assert_allclose(uneven, even)


def test_spread_of_a_walk_is_recovered_from_uneven_times() -> None:
    rng = np.random.default_rng(8)
    years = np.cumsum(rng.uniform(0.05, 2, 4000))
    moved = 0.1 * np.diff(years) + 0.4 * np.sqrt(np.diff(years)) * rng.standard_normal(3999)
    mean, sd = uneven_walk_forecast(years, np.cumsum([0, *moved]), horizons=[1.0])
    assert sd[0] == pytest.approx(0.4, rel=0.05)
    assert mean[0] - moved.sum() == pytest.approx(0.1, abs=0.03)


def test_every_origin_horizon_and_model_with_an_outcome_is_there_once() -> None:
    forecasts = _roll(_random_walk(1, 14))
    assert set(forecasts["model"]) == {*MODELS, BENCHMARK}
    assert not forecasts.duplicated(["origin", "horizon", "model"]).any()
    assert len(forecasts) == (4 * 3 + 2 + 1) * 5
    assert forecasts["origin"].min() == 7
    assert np.isfinite(forecasts[["mean_log", "sd_log", "actual_log"]]).all(axis=None)


def test_forecasts_do_not_know_the_future() -> None:
    level = _random_walk(2, 20)
    changed = level.copy()
    changed[12:] *= 7
    before, after = (_roll(series).query("origin < 12") for series in (level, changed))
    np.testing.assert_array_equal(before["mean_log"], after["mean_log"])
    np.testing.assert_array_equal(before["sd_log"], after["sd_log"])


def test_actual_is_the_level_that_many_steps_after_the_origin() -> None:
    level = _random_walk(3, 12)
    forecasts = _roll(level)
    position = forecasts["origin"] + forecasts["horizon"]
    np.testing.assert_allclose(forecasts["actual_log"], np.log(level[position]))


def test_exact_exponential_growth_is_forecast_without_error() -> None:
    forecasts = _roll(np.exp(0.3 * np.arange(14))).query("model == 'exponential'")
    np.testing.assert_allclose(forecasts["mean_log"], forecasts["actual_log"], atol=1e-9)


def test_doubt_grows_with_the_horizon() -> None:
    forecasts = _roll(_random_walk(4, 30), min_window=20, max_horizon=5)
    for model in ("exponential", BENCHMARK):  # noqa: B007
        width = forecasts.query("model == @model").groupby("horizon")["sd_log"].mean()
        assert width.is_monotonic_increasing


def test_curves_do_not_beat_a_random_walk_on_a_random_walk_u7() -> None:
    verdicts = [
        score_forecasts(_roll(_random_walk(seed, 60)), benchmark=BENCHMARK, significance=0.05)
        for seed in (5, 6, 7)
    ]
    awarded = sum(int((table["verdict"] == "skill").sum()) for table in verdicts)
    assert awarded <= 2


def test_logistic_beats_a_random_walk_on_a_saturating_series_u7() -> None:
    time = np.arange(60.0)
    noise = np.random.default_rng(8).normal(0, 0.03, 60)
    level = np.exp(noise) / (1 + np.exp(-0.25 * (time - 18)))
    table = score_forecasts(
        _roll(level, min_window=25, max_horizon=4), benchmark=BENCHMARK, significance=0.05
    ).set_index(["model", "horizon"])
    assert table.loc[("logistic", 4), "skill"] > 0.3
    assert table.loc[("logistic", 4), "p_value"] < 0.05


def test_series_without_an_outcome_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        _roll(_random_walk(9, 8))
