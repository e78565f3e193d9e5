"""Changes of list prices: simulated panels whose hazard is known."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from token_economics.methods.prices import price_changes
from token_economics.methods.prices.price_panel import MONTH_DAYS, Panel

LEVEL = 0.9


def simulated(
    *, monthly: float, listings: int, seed: int, gaps: tuple[int, ...] = (1, 1, 3, 1, 2) * 6
) -> Panel:
    """Prices that change at random, at the same hazard at any age; seen at uneven gaps."""
    rng = np.random.default_rng(seed)
    hazard = -np.log1p(-monthly)
    months = np.concatenate([[0], np.cumsum(gaps)])
    changes = rng.random((len(gaps), listings)) < -np.expm1(-hazard * np.array(gaps))[:, None]
    size = np.where(changes, rng.normal(-0.2, 0.5, changes.shape), 0.0)
    prices = np.exp(np.vstack([np.zeros(listings), np.cumsum(size, axis=0)]))
    start = pd.Timestamp("2023-01-01")
    days = start + pd.to_timedelta(months * MONTH_DAYS, unit="D")
    entered = rng.integers(0, len(gaps), listings)
    prices = np.where(np.arange(len(days))[:, None] >= entered, prices, np.nan)
    ids = pd.DataFrame(
        {
            "provider": [f"p{number % 10}" for number in range(listings)],
            "model": [f"m{number}" for number in range(listings)],
        }
    )
    return Panel(pd.DatetimeIndex(days), ids, prices)


def test_frequency_recovers_the_hazard_over_uneven_gaps() -> None:
    panel = simulated(monthly=0.05, listings=2000, seed=1)
    found = price_changes.frequency(price_changes.pairs(panel), level=LEVEL)
    assert found.low < 0.05 < found.high
    assert found.per_month == pytest.approx(0.05, rel=0.03)
    assert found.duration_months == pytest.approx(-1 / np.log(1 - found.per_month))


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    hits = 0
    for seed in range(100):
        found = price_changes.frequency(
            price_changes.pairs(simulated(monthly=0.02, listings=60, seed=seed)), level=LEVEL
        )
        hits += found.low < 0.02 < found.high
    assert 82 <= hits <= 97


def test_the_hazard_is_that_of_a_general_search() -> None:
    matched = price_changes.pairs(simulated(monthly=0.1, listings=50, seed=4))
    gap, changed = matched["months"].to_numpy(), matched["changed"].to_numpy()

    def loss(log_hazard: float) -> float:
        dead = -np.expm1(-np.exp(log_hazard) * gap)
        return -np.where(changed, np.log(dead), np.log1p(-dead)).sum()

    best = np.exp(optimize.minimize_scalar(loss, bounds=(-9, 2), method="bounded").x)
    found = price_changes.frequency(matched, level=LEVEL)
    assert found.per_month == pytest.approx(-np.expm1(-best), rel=1e-4)


def test_no_change_is_a_frequency_of_nothing_with_an_upper_bound() -> None:
    matched = pd.DataFrame({"months": 1.0, "changed": [False] * 50})
    found = price_changes.frequency(matched, level=LEVEL)
    assert (found.per_month, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(1 - np.exp(-2.7055 / 2 / 50), rel=1e-4)
    assert found.duration_months == np.inf


def test_every_price_that_changes_is_an_upper_end() -> None:
    found = price_changes.frequency(
        pd.DataFrame({"months": 1.0, "changed": [True] * 9}), level=LEVEL
    )
    assert found.per_month == pytest.approx(1.0) and found.high == 1.0


def test_pairs_are_neighbouring_days_that_both_have_the_listing() -> None:
    days = pd.to_datetime(["2025-01-31", "2025-02-28", "2025-03-31", "2025-05-31"])
    prices = np.array([[1.0, 1.0], [np.nan, 1.0], [3.0, 2.0], [3.0, np.nan]])
    ids = pd.DataFrame({"provider": ["a", "b"], "model": ["x", "y"]})
    found = price_changes.pairs(Panel(days, ids, prices)).sort_values(["model", "start"])
    assert found["model"].tolist() == ["x", "y", "y"]
    assert found["changed"].tolist() == [False, False, True]
    assert found["log_change"].to_numpy() == pytest.approx([0, 0, np.log(2)])
    assert found["months"].iloc[0] == pytest.approx(61 / MONTH_DAYS)


def test_changes_that_come_together_widen_the_clustered_interval() -> None:
    rng = np.random.default_rng(5)
    vendor, _ = np.meshgrid(np.arange(10), np.arange(30))
    together = rng.random(vendor.shape) < 0.05
    matched = pd.DataFrame(
        {
            "provider": np.repeat(vendor.ravel(), 20).astype(str),
            "months": 1.0,
            "changed": np.repeat(together.ravel(), 20),
        }
    )
    alone = matched.assign(changed=rng.permutation(matched["changed"].to_numpy()))
    widths = []
    for table in (matched, alone):
        low, high = price_changes.clustered_frequency(
            table, cluster="provider", level=LEVEL, draws=400, rng=np.random.default_rng(6)
        )
        widths.append(high - low)
    assert widths[0] > 2 * widths[1]
    profile = price_changes.frequency(alone, level=LEVEL)
    assert widths[1] == pytest.approx(profile.high - profile.low, rel=0.5)


def test_too_few_clusters_have_no_interval() -> None:
    matched = pd.DataFrame({"provider": list("abcd"), "months": 1.0, "changed": True})
    low, high = price_changes.clustered_frequency(
        matched, cluster="provider", level=LEVEL, draws=10, rng=np.random.default_rng(0)
    )
    assert np.isnan(low) and np.isnan(high)


def test_groups_are_described_each_by_their_own_changes() -> None:
    matched = pd.DataFrame(
        {
            "provider": ["a"] * 4 + ["b"] * 4,
            "months": 1.0,
            "log_change": [np.log(2), np.log(0.5), np.log(0.25), 0.0, 0.0, 0.0, 0.0, 0.0],
        }
    ).assign(changed=lambda table: table["log_change"] != 0)
    found = price_changes.by_group(
        matched, "provider", level=LEVEL, draws=10, rng=np.random.default_rng(0)
    ).set_index("provider")
    assert found["changed"].tolist() == [3, 0]
    assert found.loc["a", "per_month"] == pytest.approx(0.75)
    assert found.loc["a", "share_up"] == pytest.approx(1 / 3)
    assert found.loc["a", "share_up_low"] < 1 / 3 < found.loc["a", "share_up_high"]
    assert found.loc["a", "median_rise"] == pytest.approx(np.log(2))
    assert found.loc["a", "median_fall"] == pytest.approx((np.log(2) + np.log(4)) / 2)
    assert found.loc["a", "median_size"] == pytest.approx(np.log(2))
    assert np.isnan(found.loc["b", "share_up"])


def test_lives_of_prices_end_with_a_change_or_out_of_sight() -> None:
    months = np.array([0, 1, 2, 3, 4])
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(months * MONTH_DAYS, unit="D")
    x = [1.0, 1.0, 2.0, 2.0, np.nan]
    y = [np.nan, 5.0, 5.0, 5.0, 6.0]
    panel = Panel(
        pd.DatetimeIndex(days),
        pd.DataFrame({"provider": "a", "model": ["x", "y"]}),
        np.column_stack([x, y]),
    )
    found = price_changes.spells(panel)
    assert found["months"].to_numpy() == pytest.approx([2, 1, 3, 0], abs=1 / MONTH_DAYS)
    assert found["changed"].tolist() == [True, False, True, False]
    assert found["began_before"].tolist() == [True, False, False, False]


def test_a_constant_hazard_is_flat_over_age_and_survival_is_its_power() -> None:
    panel = simulated(monthly=0.06, listings=3000, seed=2, gaps=(1,) * 24)
    found = price_changes.hazard_by_age(price_changes.spells(panel), level=0.99)
    early = found[found["age_months"] <= 18]
    assert early["low"].le(0.06).all() and early["high"].ge(0.06).all()
    off = early["survival"] - 0.94 ** early["age_months"]
    assert (off.abs() < 3 * early["survival_error"]).all()
    assert early["survival_error"].max() < 0.012


def test_a_mix_of_quick_and_slow_prices_has_a_hazard_that_falls() -> None:
    quick, slow = (simulated(monthly=f, listings=1500, seed=9, gaps=(1,) * 24) for f in (0.3, 0.01))
    lives = pd.concat([price_changes.spells(quick), price_changes.spells(slow)])
    hazard = price_changes.hazard_by_age(lives, level=LEVEL).set_index("age_months")["hazard"]
    assert hazard[1] > 3 * hazard[12]
