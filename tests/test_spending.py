"""Run-rates as revenue; what one change of spend can say; the firm's bill."""

import numpy as np
import pandas as pd
import pytest
from oracles.payroll import token_payroll_share
from scipy import integrate, optimize

from token_economics.models.spending import (
    fading_log_growth,
    growth_of_run_rate,
    months_until_spend_passes_payroll,
    relative_cost_at_parity,
    remaining_after_haircut,
    run_rate_to_revenue,
    token_payroll_ratio_after,
)


def _revenue(points: dict[str, float], period: str) -> pd.DataFrame:
    table = run_rate_to_revenue(
        pd.DatetimeIndex(list(points)), list(points.values()), period=period
    )
    return table.set_index("period")


def test_constant_run_rate_of_four_is_one_a_quarter() -> None:
    table = _revenue({"2024-12-31": 4.0, "2025-12-31": 4.0}, "quarter")
    assert list(table.index) == ["2025Q1", "2025Q2", "2025Q3", "2025Q4"]
    np.testing.assert_allclose(table["revenue"], 1.0)
    assert (table["status"] == "complete").all()


def test_revenue_is_the_integral_of_the_run_rate() -> None:
    table = _revenue({"2024-12-31": 1.0, "2025-06-30": 3.0, "2025-12-31": 4.0}, "year")
    first, _ = integrate.quad(lambda year: 3 ** (2 * year), 0, 0.5)
    second, _ = integrate.quad(lambda year: 3 * (4 / 3) ** (2 * year), 0, 0.5)
    assert table.loc["2025", "revenue"] == pytest.approx(first + second)


def test_quarters_add_up_to_the_year() -> None:
    points = {"2024-12-31": 1.0, "2025-02-11": 1.4, "2025-07-29": 5.0, "2025-12-31": 9.0}
    quarters, year = _revenue(points, "quarter"), _revenue(points, "year")
    assert quarters["revenue"].sum() == pytest.approx(year.loc["2025", "revenue"])


def test_partly_covered_period_says_so_and_is_not_grossed_up() -> None:
    table = _revenue({"2025-01-31": 12.0, "2025-03-31": 12.0}, "quarter")
    assert table.loc["2025Q1", "status"] == "partial"
    assert table.loc["2025Q1", "covered_share"] == pytest.approx(59 / 90)
    assert table.loc["2025Q1", "revenue"] == pytest.approx(3 * 59 / 90)
    assert _revenue({"2025-01-31": 12.0, "2025-12-31": 12.0}, "year").loc[
        "2025", "covered_share"
    ] == pytest.approx(1 - 31 / 90 / 4)


def test_order_of_points_and_repeated_dates_do_not_matter() -> None:
    points = {"2025-12-31": 8.0, "2024-12-31": 2.0}
    forward = _revenue(dict(reversed(points.items())), "year")
    pd.testing.assert_frame_equal(_revenue(points, "year"), forward)
    twice = run_rate_to_revenue(
        pd.DatetimeIndex(["2024-12-31", "2024-12-31", "2025-12-31"]), [1.0, 4.0, 8.0], period="year"
    )
    assert twice["revenue"].iloc[0] == pytest.approx(forward["revenue"].iloc[0])


def test_recognised_quarter_of_a_growing_firm_is_far_below_a_quarter_of_its_closing_run_rate() -> (
    None
):
    table = _revenue({"2026-03-31": 30.0, "2026-06-30": 60.0}, "quarter")
    assert 30 / 4 < table.loc["2026Q2", "revenue"] < 0.75 * 60 / 4


@pytest.mark.parametrize(
    ("dates", "rates", "period"),
    [
        (["2025-01-01"], [1.0], "year"),
        (["2025-01-01", "2025-02-01"], [1.0, 0.0], "year"),
        (["2025-01-01", "2025-02-01"], [1.0, 2.0], "month"),
    ],
)
def test_run_rates_without_a_path_are_refused(dates, rates, period) -> None:
    with pytest.raises(ValueError, match=r"two dates|positive|period must"):
        run_rate_to_revenue(pd.DatetimeIndex(dates), rates, period=period)


def test_spend_that_doubles_monthly_passes_a_payroll_eight_times_as_large_in_three_months() -> None:
    months = months_until_spend_passes_payroll(
        annual_spend=1, annual_payroll=8, annual_growth_factor=2**12
    )
    assert months == pytest.approx(3)


def test_spend_that_does_not_grow_never_passes_payroll_unless_it_has() -> None:
    months = months_until_spend_passes_payroll(
        annual_spend=[1, 1, 9], annual_payroll=8, annual_growth_factor=[1.0, 0.5, 0.5]
    )
    np.testing.assert_array_equal(months, [np.inf, np.inf, 0])


def test_token_share_of_the_bill_minimises_the_cost_of_output() -> None:
    weight, sigma, token_cost, wage = 0.3, 2.5, 0.2, 1.0
    rho = 1 - 1 / sigma

    def bill(log_tokens: float) -> float:
        tokens = np.exp(log_tokens)
        labour = ((1 - weight * tokens**rho) / (1 - weight)) ** (1 / rho)
        return token_cost * tokens + wage * labour

    limit = np.log(weight ** (-1 / rho))
    best = optimize.minimize_scalar(
        bill, bounds=(-8, limit - 1e-9), method="bounded", options={"xatol": 1e-10}
    )
    share = token_cost * np.exp(best.x) / best.fun
    assert token_payroll_share(
        token_cost_usd_per_task=token_cost,
        wage_usd_per_task=wage,
        substitution_elasticity=sigma,
        token_weight=weight,
    ) == pytest.approx(share, rel=1e-4)


def test_cheap_tokens_take_most_of_the_bill_only_if_they_replace_labour_easily() -> None:
    shares = token_payroll_share(
        token_cost_usd_per_task=0.01,
        wage_usd_per_task=1.0,
        substitution_elasticity=[0.5, 1.0, 1.5],
        token_weight=0.5,
    )
    np.testing.assert_allclose(shares, [1 / 11, 0.5, 10 / 11])


def test_the_ratio_moves_as_the_share_at_least_cost_does() -> None:
    """The condition from a start is the condition with a weight, whatever the weight."""
    for sigma in (0.4, 1.0, 2.5):
        before, after = (
            token_payroll_share(
                token_cost_usd_per_task=cost,
                wage_usd_per_task=30.0,
                substitution_elasticity=sigma,
                token_weight=0.3,
            )
            for cost in (5.0, 1.0)
        )
        moved = token_payroll_ratio_after(
            before / (1 - before), relative_cost=0.2, substitution_elasticity=sigma
        )
        assert moved == pytest.approx(after / (1 - after))


def test_cheaper_tokens_lift_spend_over_payroll_only_above_an_elasticity_of_one() -> None:
    ratio = token_payroll_ratio_after(
        0.5, relative_cost=0.1, substitution_elasticity=[0.5, 1.0, 2.0]
    )
    np.testing.assert_allclose(ratio, [0.5 * 10**-0.5, 0.5, 5.0])


def test_parity_is_where_the_ratio_is_one_and_nowhere_at_an_elasticity_of_one() -> None:
    sigma = np.array([0.5, 1.5, 3.0])
    needed = relative_cost_at_parity(0.44, sigma)
    np.testing.assert_allclose(
        token_payroll_ratio_after(0.44, relative_cost=needed, substitution_elasticity=sigma), 1.0
    )
    assert needed[0] > 1 > needed[2] > needed[1]
    assert np.isnan(relative_cost_at_parity(0.44, 1.0))


def test_growth_at_the_trend_is_exponential_whatever_the_half_life() -> None:
    growth = fading_log_growth(
        6, trend_log_growth=0.03, log_growth_now=0.03, half_life_months=[0.5, 5.0, 500.0]
    )
    np.testing.assert_allclose(growth, 0.18)


def test_excess_growth_adds_a_bounded_amount_and_lasts_if_its_half_life_is_long() -> None:
    excess = fading_log_growth(
        [12.0, 1e6], trend_log_growth=0.0, log_growth_now=0.1, half_life_months=5
    )
    assert excess[0] < excess[1]
    np.testing.assert_allclose(excess[1], 0.1 * 5 / np.log(2))
    lasting = fading_log_growth(12, trend_log_growth=0.02, log_growth_now=0.1, half_life_months=1e9)
    np.testing.assert_allclose(lasting, 1.2)


def test_haircut_takes_half_of_the_share_in_one_half_life_and_all_of_it_in_the_end() -> None:
    kept = remaining_after_haircut([0, 9, 1e5], signalling_share=0.2, half_life_months=9)
    np.testing.assert_allclose(kept, [1, 0.9, 0.8])


@pytest.mark.parametrize("growth", [0.01, 0.5, 1.0, 2.3, 8.0])
def test_growth_of_a_run_rate_gives_back_the_trailing_year(growth: float) -> None:
    months = np.linspace(-1, 0, 12_001)
    trailing = np.trapezoid(9.0 * np.exp(growth * months), months)
    assert growth_of_run_rate(9.0, float(trailing)) == pytest.approx(growth, rel=1e-4)


@pytest.mark.parametrize("trailing", [0.0, 9.0, 12.0, 9.0 * (1 - 1e-15), 1e-320])
def test_a_run_rate_that_tells_no_growth_is_refused(trailing: float) -> None:
    with pytest.raises(ValueError, match="trailing year"):
        growth_of_run_rate(9.0, trailing)
