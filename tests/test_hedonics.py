"""Quality-adjusted prices: simulated markets whose true decline is known."""

import numpy as np
import pandas as pd
import pytest

from token_economics.methods.hedonics import (
    bootstrap_frontier_decline,
    cheapest_price_frontier,
    frontier_decline,
    hedonic_decline,
    matched_model_index,
    quality_adjusted_change,
    years_since,
)

START = pd.Timestamp("2023-01-01")


def simulated_models(*, count: int, noise: float, seed: int) -> pd.DataFrame:
    """Models that get ten times cheaper a year at given quality, quality rising over time."""
    rng = np.random.default_rng(seed)
    year = np.sort(rng.uniform(0.0, 3.0, count))
    quality = 100.0 + 15.0 * year + rng.normal(0.0, 10.0, count)
    log_price = 0.2 * (quality - 100.0) - np.log(10.0) * year + rng.normal(0.0, noise, count)
    return pd.DataFrame(
        {
            "date": START + pd.to_timedelta(year * 365.25, unit="D"),
            "model": [f"model {number}" for number in range(count)],
            "price": np.exp(log_price),
            "quality": quality,
        }
    )


def simulated_listings(seed: int) -> pd.DataFrame:
    """Machines whose list price stands still while quality rises; true price falls 30 % a year."""
    rng = np.random.default_rng(seed)
    period = np.repeat([2001, 2002, 2003], 400)
    log_speed = 1.0 - np.log(0.7) * (period - 2001) + rng.normal(0.0, 0.3, 1200)
    quality_value = 1.0 * log_speed + np.log(0.7) * (period - 2001)
    return pd.DataFrame(
        {
            "period": period,
            "price": np.exp(quality_value + rng.normal(0.0, 0.1, 1200)),
            "log_speed": log_speed,
        }
    )


def test_regression_recovers_the_decline_at_constant_quality() -> None:
    exact = hedonic_decline(simulated_models(count=40, noise=0.0, seed=1), level=0.95)
    assert exact.times_cheaper_per_year == pytest.approx(10.0, rel=1e-9)
    assert exact.price_per_quality_point == pytest.approx(0.2, rel=1e-9)
    assert exact.r_squared == pytest.approx(1.0)


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(60):
        fit = hedonic_decline(simulated_models(count=80, noise=1.0, seed=seed), level=0.9)
        covered += fit.low <= 10.0 <= fit.high
    assert 47 <= covered <= 59


def test_rows_without_quality_are_left_out() -> None:
    models = simulated_models(count=40, noise=0.5, seed=2)
    models.loc[:9, "quality"] = np.nan
    assert hedonic_decline(models, level=0.9).observations == 30


def test_average_price_stands_still_while_quality_adjusted_price_falls() -> None:
    """P7: the gap is the volume that a deflator following the average price misses."""
    case = quality_adjusted_change(simulated_listings(5), attributes=["log_speed"], level=0.95)
    assert case.average_change == pytest.approx(0.0, abs=0.05)
    assert case.quality_adjusted_change == pytest.approx(0.49 - 1.0, abs=0.015)
    assert case.phantom == pytest.approx(-2.0 * np.log(0.7), abs=0.06)
    last = case.index.iloc[-1]
    assert last["low"] < last["quality_adjusted_price"] < last["high"]
    assert case.index["listings"].tolist() == [400, 400, 400]


def test_without_attributes_that_matter_there_is_no_phantom() -> None:
    listings = simulated_listings(5).assign(log_speed=np.tile([0.0, 1.0], 600))
    case = quality_adjusted_change(listings, attributes=["log_speed"], level=0.95)
    assert case.phantom == pytest.approx(0.0, abs=1e-12)


def test_periods_may_be_text() -> None:
    listings = simulated_listings(5)
    as_text = listings.assign(period=listings["period"].astype(str) + "-06")
    numbered = quality_adjusted_change(listings, attributes=["log_speed"], level=0.95)
    named = quality_adjusted_change(as_text, attributes=["log_speed"], level=0.95)
    assert named.phantom == pytest.approx(numbered.phantom, rel=1e-12)
    assert named.index["period"].tolist() == ["2001-06", "2002-06", "2003-06"]


def test_frontier_keeps_only_good_enough_models_that_set_a_record() -> None:
    models = pd.DataFrame(
        {
            "date": ["2024-01-01", "2024-02-01", "2024-03-01", "2024-03-01", "2024-04-01"],
            "model": ["a", "too weak", "b", "dearer", "no record"],
            "price": [10.0, 0.1, 2.0, 5.0, 2.0],
            "quality": [70.0, 50.0, 71.0, 90.0, 99.0],
        }
    )
    frontier = cheapest_price_frontier(models, threshold=70.0)
    assert frontier["model"].tolist() == ["a", "b"]


def test_a_stricter_threshold_never_makes_the_frontier_cheaper() -> None:
    models = simulated_models(count=80, noise=0.8, seed=3)
    lowest = [
        cheapest_price_frontier(models, threshold=threshold)["price"].min()
        for threshold in (90.0, 110.0, 130.0)
    ]
    assert lowest == sorted(lowest)


def test_frontier_decline_recovers_a_smooth_decline() -> None:
    dates = pd.Series(pd.date_range(START, periods=5, freq="200D"))
    prices = 60.0 * 12.0 ** -years_since(dates, START)
    frontier = pd.DataFrame({"date": dates, "model": list("abcde"), "price": prices})
    assert frontier_decline(frontier) == pytest.approx(12.0, rel=1e-12)


def test_one_model_has_no_decline() -> None:
    models = simulated_models(count=40, noise=0.5, seed=2).iloc[:1]
    assert np.isnan(frontier_decline(cheapest_price_frontier(models, threshold=0.0)))


def test_bootstrap_repeats_with_its_seed_and_counts_failed_draws() -> None:
    models = simulated_models(count=12, noise=0.8, seed=3)

    def bootstrap() -> tuple[float, ...]:
        return bootstrap_frontier_decline(
            models, threshold=115.0, draws=60, level=0.9, rng=np.random.default_rng(11)
        )

    first = bootstrap()
    assert first == bootstrap()
    assert first.low <= first.high
    assert 0 <= first.failed_draws < first.draws == 60


def test_matched_index_ignores_the_launch_price_of_a_new_model() -> None:
    panel = pd.DataFrame(
        {
            "date": ["2024-01", "2024-01", "2024-02", "2024-02", "2024-02", "2024-03", "2024-03"],
            "model": ["a", "b", "a", "b", "new", "a", "new"],
            "price": [10.0, 4.0, 5.0, 4.0, 0.01, 5.0, 0.01],
        }
    )
    index = matched_model_index(panel)
    assert index["matched_models"].tolist() == [0, 2, 2]
    assert index["index"].to_numpy() == pytest.approx([1.0, np.sqrt(0.5), np.sqrt(0.5)])


def test_matched_index_is_one_when_only_new_models_are_cheap() -> None:
    panel = pd.DataFrame(
        {"date": [1, 2, 2, 3], "model": ["a", "a", "b", "b"], "price": [9.0, 9.0, 1.0, 1.0]}
    )
    assert matched_model_index(panel)["index"].tolist() == [1.0, 1.0, 1.0]
