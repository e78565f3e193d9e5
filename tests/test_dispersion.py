"""Spread over sellers, its trend, convergence, and the premium of the newest: simulated markets."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from token_economics.methods.prices import dispersion, premium, within_trend
from token_economics.methods.prices.price_panel import MONTH_DAYS, Panel

LEVEL = 0.9


def days_at(months: np.ndarray) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(
        pd.Timestamp("2024-01-01") + pd.to_timedelta(months * MONTH_DAYS, unit="D")
    )


def sellers(prices: np.ndarray, providers: list[str]) -> Panel:
    ids = pd.DataFrame({"provider": providers, "model": [f"m{n}" for n in range(len(providers))]})
    return Panel(days_at(np.arange(len(prices))), ids, np.array(prices, dtype=np.float64))


def converging(*, monthly: float, goods: int, hosts: int, seed: int) -> tuple[Panel, list[str]]:
    """Deviations that lose a share each month, with shocks, seen at uneven gaps."""
    rng = np.random.default_rng(seed)
    months = np.cumsum([0, 1, 2, 1, 1, 3, 1, 2, 1, 1])
    deviation = [rng.normal(0, 0.5, goods * hosts)]
    for gap in np.diff(months):
        shock = rng.normal(0, 0.02, goods * hosts)
        deviation.append(deviation[-1] * (1 - monthly) ** gap + shock)
    names = [f"h{number % hosts}" for number in range(goods * hosts)]
    ids = pd.DataFrame({"provider": names, "model": "m"})
    good = [f"g{number // hosts}" for number in range(goods * hosts)]
    return Panel(days_at(months), ids, np.exp(np.array(deviation))), good


def test_a_good_with_one_seller_is_not_spread() -> None:
    panel = sellers([[1.0, 2.0, 4.0, 9.0]], ["a", "b", "c", "a"])
    found = dispersion.offers(panel, ["x", "x", "y", None])
    assert found["good"].tolist() == ["x", "x"]
    assert found["deviation"].to_numpy() == pytest.approx([-np.log(2) / 2, np.log(2) / 2])


def test_a_seller_with_two_listings_of_a_good_counts_once() -> None:
    panel = sellers([[1.0, 4.0, 8.0]], ["a", "a", "b"])
    found = dispersion.offers(panel, ["x"] * 3)
    assert found["price"].to_numpy() == pytest.approx([2.0, 8.0])


def test_measures_of_spread_are_those_of_the_logs() -> None:
    panel = sellers([[1.0, 2.0, 4.0, 8.0]], list("abcd"))
    row = dispersion.spread(dispersion.offers(panel, ["x"] * 4)).iloc[0]
    assert row["sellers"] == 4 and row["most_over_least"] == pytest.approx(8.0)
    assert row["standard_deviation"] == pytest.approx(np.log([1, 2, 4, 8]).std(ddof=1))
    assert row["quartile_range"] == pytest.approx(1.5 * np.log(2))


def test_convergence_recovers_the_share_that_is_gone_in_a_month() -> None:
    panel, goods = converging(monthly=0.2, goods=40, hosts=6, seed=1)
    found = dispersion.convergence(dispersion.offers(panel, goods), level=LEVEL)
    assert found.low < 0.2 < found.high and found.high - found.low < 0.02
    assert found.half_life_months == pytest.approx(np.log(0.5) / np.log(1 - found.per_month))
    assert found.sellers == 240


def test_the_interval_of_convergence_covers_about_as_often_as_it_says() -> None:
    hits = 0
    for seed in range(40):
        panel, goods = converging(monthly=0.1, goods=20, hosts=4, seed=seed)
        found = dispersion.convergence(dispersion.offers(panel, goods), level=LEVEL)
        hits += found.low < 0.1 < found.high
    assert 30 <= hits <= 40


def test_deviations_that_stay_have_no_half_life() -> None:
    panel = sellers(np.array([[1.0, 2.0], [2.0, 4.0], [1.0, 2.0]]), list("ab"))
    found = dispersion.convergence(dispersion.offers(panel, ["x", "x"]), level=LEVEL)
    assert found.per_month == pytest.approx(0.0, abs=1e-9)
    assert found.half_life_months > 1e6
    assert np.isnan(found.low)  # one good is one cluster


def test_who_enters_and_leaves_makes_no_convergence() -> None:
    """A dear seller leaves: the spread falls, but nobody who stays came nearer."""
    prices = np.array([[1.0, 2.0, 99.0], [1.0, 2.0, np.nan], [1.0, 2.0, np.nan]])
    sold = dispersion.offers(sellers(prices, list("abc")), ["x"] * 3)
    assert dispersion.spread(sold)["standard_deviation"].is_monotonic_decreasing
    assert dispersion.convergence(sold, level=LEVEL).per_month == pytest.approx(0.0, abs=1e-9)


def test_trend_is_the_regression_with_an_effect_for_each_unit() -> None:
    rng = np.random.default_rng(2)
    table = pd.DataFrame(
        {"good": np.repeat(list("abcdefgh"), 10), "months": np.tile(np.arange(10.0), 8)}
    )
    level = table["good"].map({name: 3.0 * place for place, name in enumerate("abcdefgh")})
    table["y"] = level - 0.6 * table["months"] / 12 + rng.normal(0, 0.1, len(table))
    found = within_trend.within_trend(table, outcome="y", unit="good", cluster="good", level=LEVEL)
    years = table.assign(years=table["months"] / 12)
    theirs = smf.ols("y ~ years + C(good)", years).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(table["good"])[0]}, use_t=True
    )
    assert found.per_year == pytest.approx(theirs.params["years"], rel=1e-9)
    low, high = theirs.conf_int(alpha=0.1).loc["years"]
    # statsmodels counts the effects of units among its coefficients, which widens it a little
    assert found.high - found.low == pytest.approx(high - low, rel=0.06)
    exact = table.assign(y=level - 0.6 * table["months"] / 12)
    found = within_trend.within_trend(exact, outcome="y", unit="good", cluster="good", level=LEVEL)
    assert found.per_year == pytest.approx(-0.6, rel=1e-9) and found.units == 8


def test_a_premium_wears_off_as_dearer_listings_enter() -> None:
    entry = np.arange(10)
    listed = np.arange(10)[:, None] >= entry
    prices = np.where(listed, 2.0**entry, np.nan)
    found = premium.premia(sellers(prices, ["a"] * 10))
    own = found[found["listing"] == 3].sort_values("months")
    assert own["months"].iloc[0] == 0
    assert own["premium"].iloc[0] == pytest.approx(2 * np.log(2))  # against 1, 2 and 4
    assert own["premium"].is_monotonic_decreasing
    assert 0 not in found["listing"].to_numpy()
    slope = within_trend.within_trend(
        found.assign(vendor="a", other=found["listing"]),
        outcome="premium", unit="listing", cluster="other", level=LEVEL,
    )  # fmt: skip
    assert slope.high < 0


def test_the_profile_is_the_mean_over_vendors_however_many_listings_each_has() -> None:
    found = pd.DataFrame(
        {
            "provider": ["a", "a", "a", "b"],
            "listing": [0, 1, 2, 3],
            "months": [0.1, 0.2, -0.1, 0.0],
            "premium": [1.0, 1.0, 1.0, 3.0],
        }
    )
    row = premium.premium_profile(found, level=LEVEL).iloc[0]
    assert (row["listings"], row["vendors"], row["premium"]) == (4, 2, 2.0)
    assert row["high"] - 2.0 == pytest.approx(6.3137515)  # Student's, one degree of freedom
