"""Rolling-origin forecasts: no peeking, exact benchmark, honest widths."""

import numpy as np
import pytest

from token_economics.methods.backtest import (
    ARIMA,
    BENCHMARK,
    FEWEST_KNOWN,
    LOCAL_LINEAR_TREND,
    NAIVE_RULES,
    RuleRefused,
    naive_forecast,
    random_walk_forecast,
    rolling_origin_forecasts,
    uneven_walk_forecast,
)
from token_economics.methods.growth_curves import MODELS
from token_economics.methods.scoring import crps_normal, score_forecasts


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


# --- naive rules


def _growth_that_returns(seed: int, n: int) -> np.ndarray:
    """Log levels whose growth is 0.2 on average and keeps six tenths of its last deviation."""
    shock = np.random.default_rng(seed).normal(0, 0.1, n)
    deviation = np.zeros(n)
    for step in range(1, n):
        deviation[step] = 0.6 * deviation[step - 1] + shock[step]
    return np.cumsum(0.2 + deviation)


def _wandering_slope(seed: int, n: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    slope = 0.1 + np.cumsum(rng.normal(0, 0.05, n))
    return np.cumsum(slope) + rng.normal(0, 0.02, n)


def _naive(rule: str, level: np.ndarray, *, horizons: list[int]) -> tuple[np.ndarray, np.ndarray]:
    return naive_forecast(rule, np.arange(len(level)), level, horizons=horizons)


def test_arima_recovers_growth_that_returns_to_its_mean() -> None:
    level = _growth_that_returns(1, 2_000)
    mean, sd = _naive(ARIMA, level, horizons=[1, 40])
    last = level[-1] - level[-2] - 0.2
    assert mean[0] == pytest.approx(level[-1] + 0.2 + 0.6 * last, abs=0.02)
    assert mean[1] == pytest.approx(level[-1] + 8 + 1.5 * last, abs=0.5)
    assert sd[0] == pytest.approx(0.1, rel=0.05)
    assert sd[1] == pytest.approx(0.1 / 0.4 * np.sqrt(40), rel=0.15)


def test_local_linear_trend_follows_a_slope_that_wanders() -> None:
    level = _wandering_slope(2, 1_000)
    mean, sd = _naive(LOCAL_LINEAR_TREND, level[:-1], horizons=[1, 3])
    assert mean[0] == pytest.approx(level[-1], abs=0.2)
    assert sd[0] == pytest.approx(0.074, rel=0.1)  # of the steady state of the Kalman filter
    assert sd[1] > 2 * sd[0]


@pytest.mark.parametrize(
    ("made", "best"), [(_growth_that_returns, ARIMA), (_wandering_slope, LOCAL_LINEAR_TREND)]
)
def test_each_rule_wins_on_the_series_that_it_describes(made, best: str) -> None:
    losses = dict.fromkeys(NAIVE_RULES, 0.0)
    for seed in range(12):
        level = made(seed, 124)
        for rule in NAIVE_RULES:
            mean, sd = _naive(rule, level[:120], horizons=[1, 2, 3, 4])
            losses[rule] += float(crps_normal(level[120:], mean=mean, sd=sd).sum())
    assert min(losses, key=lambda rule: losses[rule]) == best


@pytest.mark.parametrize("rule", NAIVE_RULES)
@pytest.mark.filterwarnings("error")
def test_rules_stand_short_series(rule: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Fifteen points down to the fewest: finite, no word of warning, and no wider for the unit."""
    for size in range(FEWEST_KNOWN[rule], 16):
        for seed in range(8):
            level = 5 + _growth_that_returns(seed, size)
            mean, sd = _naive(rule, level, horizons=[1, 2, 3, 4])
            assert np.isfinite([mean, sd]).all() and (sd > 0).all()
            far, _ = _naive(rule, level + 100, horizons=[1, 2, 3, 4])
            np.testing.assert_allclose(far - 100, mean, atol=1e-4)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("rule", NAIVE_RULES)
def test_a_series_that_is_too_short_is_refused_by_name(rule: str) -> None:
    fewest = FEWEST_KNOWN[rule]
    with pytest.raises(RuleRefused, match=f"{rule} needs {fewest} .* of {fewest - 1}"):
        _naive(rule, np.arange(fewest - 1.0) ** 2, horizons=[1])
    times = np.delete(np.arange(9), 3)
    with pytest.raises(RuleRefused, match="same growth"):
        naive_forecast(rule, times, 0.1 * times, horizons=[1])


@pytest.mark.parametrize("rule", NAIVE_RULES)
def test_a_step_that_is_not_known_is_passed_over(rule: str) -> None:
    """And a grid may be a little off, as weeks in years are."""
    level, rng = _growth_that_returns(3, 40), np.random.default_rng(4)
    full, _ = _naive(rule, level, horizons=[1, 2])
    times = np.delete(np.arange(40) + rng.uniform(-0.04, 0.04, 40), 20) / 52
    found, _ = naive_forecast(rule, times, np.delete(level, 20), horizons=np.array([1, 2]) / 52)
    np.testing.assert_allclose(found, full, atol=0.05)


@pytest.mark.parametrize("rule", [LOCAL_LINEAR_TREND, ARIMA])
def test_uneven_steps_are_refused_but_by_the_walk(rule: str) -> None:
    times, level = np.array([0, 1, 2, 3.5, 4, 5, 6.0]), _growth_that_returns(5, 7)
    with pytest.raises(RuleRefused, match="even steps"):
        naive_forecast(rule, times, level, horizons=[1])
    walk = naive_forecast(BENCHMARK, times, level, horizons=[1])
    np.testing.assert_allclose(walk, uneven_walk_forecast(times, level, horizons=[1]))


def test_naive_walk_is_the_random_walk_with_drift() -> None:
    level = np.log(_random_walk(4, 12))
    ours = _naive(BENCHMARK, level, horizons=[1, 4])
    np.testing.assert_allclose(ours, random_walk_forecast(level, [1, 4]))
