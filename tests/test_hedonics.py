"""Quality-adjusted prices: simulated markets whose true decline is known."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from oracles.matched_models import matched_model_index

from token_economics.methods.prices.hedonics import (
    hedonic_decline,
    mean_regression,
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


@pytest.mark.parametrize("seed", range(4))
def test_mean_regression_is_least_squares_with_hc1_errors(seed: int) -> None:
    rng = np.random.default_rng(seed)
    regressors = rng.normal(size=(90, 3))
    design = np.column_stack([np.ones(90), regressors])
    error = np.exp(0.5 * regressors[:, 0]) * rng.normal(size=90)
    outcome = design @ np.array([1.0, -2.0, 0.5, 0.0]) + error
    ours = mean_regression(design, outcome)
    theirs = sm.OLS(outcome, design).fit(cov_type="HC1")
    assert ours.coefficients == pytest.approx(theirs.params, rel=1e-12)
    assert ours.standard_errors == pytest.approx(theirs.bse, rel=1e-12)
    assert ours.r_squared == pytest.approx(theirs.rsquared, rel=1e-12)
    assert ours.interval(1, level=0.9) == pytest.approx(theirs.conf_int(0.1)[1], rel=1e-12)
