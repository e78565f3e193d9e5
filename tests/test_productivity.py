"""Growth of productivity: recovery of a known mean, honest coverage, and the group difference."""

import numpy as np
import pytest

from token_economics.models.productivity import (
    bandwidth,
    growth_gap,
    mean_growth,
    missing_volume,
    required_gap,
)


def autocorrelated(rng: np.random.Generator, *, mean: float, rho: float, years: int) -> np.ndarray:
    noise = rng.normal(0, 0.02, years)
    path = np.empty(years)
    path[0] = noise[0] / np.sqrt(1 - rho**2)
    for t in range(1, years):
        path[t] = rho * path[t - 1] + noise[t]
    return mean + path


def test_bandwidth_follows_the_rule_of_newey_and_west() -> None:
    assert bandwidth(100) == 4
    assert bandwidth(33) == 3


def test_mean_growth_is_the_log_change_between_the_ends() -> None:
    index = np.array([100.0, 104.0, 99.0, 120.0, 118.0, 131.0, 140.0, 150.0, 149.0, 160.0])
    estimate = mean_growth(np.diff(np.log(index)), level=0.9)
    assert estimate.growth == pytest.approx(np.log(1.6) / 9)
    assert estimate.low < estimate.growth < estimate.high


def test_interval_covers_a_known_mean_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    inside = []
    for _ in range(300):
        found = mean_growth(autocorrelated(rng, mean=-0.01, rho=0.3, years=33), level=0.9)
        inside.append(found.low <= -0.01 <= found.high)
    assert 0.78 < np.mean(inside) < 0.95


def test_errors_grow_when_neighbouring_years_move_together() -> None:
    calm, sticky = (
        autocorrelated(np.random.default_rng(6), mean=0.0, rho=rho, years=400) for rho in (0.0, 0.7)
    )
    naive = [series.std(ddof=1) / np.sqrt(400) for series in (calm, sticky)]
    robust = [mean_growth(series, level=0.9).standard_error for series in (calm, sticky)]
    assert robust[0] / naive[0] == pytest.approx(1.0, abs=0.25)
    assert robust[1] / naive[1] > 1.4
    assert mean_growth(sticky, level=0.9).ljung_box < 0.01


def test_shocks_that_all_industries_share_drop_out_of_the_difference() -> None:
    rng = np.random.default_rng(7)
    common = rng.normal(0, 0.1, (33, 1))
    first = -0.01 + common + rng.normal(0, 0.001, (33, 2))
    second = 0.02 + common + rng.normal(0, 0.001, (33, 3))
    gap = growth_gap(first, second, level=0.9)
    assert gap.growth == pytest.approx(-0.03, abs=0.001)
    assert gap.standard_error < mean_growth(first.mean(axis=1), level=0.9).standard_error / 20


def test_nothing_is_missing_at_least_when_measured_productivity_rises() -> None:
    assert missing_volume(0.01, years=30) == 0
    assert missing_volume(-0.01, years=30) == pytest.approx(0.3)


def test_required_gap_is_the_shortfall_of_growth_times_its_years() -> None:
    assert required_gap(trend=0.029, measured=0.022, years=3) == pytest.approx(0.021)
