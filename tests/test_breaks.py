"""A common break: found where it is, not where it is not, and correct against regression."""

import numpy as np
import pandas as pd
import pytest

from token_economics.methods.breaks import (
    candidate_positions,
    common_break,
    likelihood_ratios,
    mean_growth,
    side_by_side,
    wald_statistic,
)

MONTHS = pd.date_range("2023-08-01", periods=36, freq="MS")
BREAK = pd.Timestamp("2025-06-01")


def _growth(seed: int, *, jump: float) -> np.ndarray:
    """Three cohorts with a common shock and some reversal of last month's noise."""
    rng = np.random.default_rng(seed)
    shock = rng.normal(0, 0.04, (36, 3)) + rng.normal(0, 0.03, (36, 1))
    growth = 0.03 + shock[1:] - 0.3 * shock[:-1]
    growth[MONTHS[1:] >= BREAK] += jump
    return growth


def _spend(seed: int, *, jump: float) -> pd.DataFrame:
    level = np.exp(np.vstack([np.zeros(3), _growth(seed, jump=jump).cumsum(axis=0)]))
    return pd.DataFrame(level, index=MONTHS, columns=["median", "top 10 %", "top 1 %"])


def _test(spend: pd.DataFrame, seed: int = 0, n_bootstrap: int = 199):
    return common_break(
        spend,
        given_date=BREAK,
        trim_share=0.15,
        block_length=3,
        n_bootstrap=n_bootstrap,
        interval_level=0.9,
        rng=np.random.default_rng(seed),
    )


def test_wald_statistic_is_that_of_the_regression_on_a_step() -> None:
    growth = _growth(1, jump=0.05)
    position = 20
    step = (np.arange(35) >= position).astype(float)
    design = np.column_stack([np.ones(35), step])
    coefficients, *_ = np.linalg.lstsq(design, growth, rcond=None)
    residuals = growth - design @ coefficients
    covariance = residuals.T @ residuals / 35
    variance = np.linalg.inv(design.T @ design)[1, 1]
    textbook = coefficients[1] @ np.linalg.inv(covariance) @ coefficients[1] / variance
    ratio = likelihood_ratios(growth, np.array([position]))
    assert wald_statistic(ratio, 35)[0] == pytest.approx(textbook, rel=1e-10)
    assert ratio[0] == pytest.approx(
        35 * np.log(np.linalg.det(np.cov(growth.T, bias=True)) / np.linalg.det(covariance)),
        rel=1e-10,
    )


def test_statistic_does_not_depend_on_units_or_order_of_cohorts() -> None:
    spend = _spend(2, jump=0.08)
    shuffled = 100 * spend[["top 1 %", "median", "top 10 %"]]
    assert _test(shuffled).sup_wald == pytest.approx(_test(spend).sup_wald)


def test_large_common_break_is_found_and_dated() -> None:
    result = _test(_spend(3, jump=0.12))
    assert abs(result.estimated_date - BREAK) <= pd.Timedelta(days=31)
    assert result.p_value < 0.05 and result.p_value_at_given_date < 0.05
    confident = result.candidates.loc[result.candidates["in_confidence_set"], "date"]
    assert BREAK in set(confident)
    growth = result.growth.pivot(index="cohort", columns="regime", values="log_growth")
    assert ((growth["after"] - growth["before"]) > 0.05).all()


def test_true_date_lies_in_the_confidence_set_about_as_often_as_stated() -> None:
    inside = sum(
        bool(
            _test(_spend(seed, jump=0.06), seed)
            .candidates.set_index("date")
            .loc[BREAK, "in_confidence_set"]
        )
        for seed in range(120)
    )
    assert inside / 120 >= 0.8


def test_steady_growth_is_rarely_called_a_break() -> None:
    results = [_test(_spend(seed, jump=0.0), seed) for seed in range(200)]
    searched = np.mean([result.p_value <= 0.1 for result in results])
    given = np.mean([result.p_value_at_given_date <= 0.1 for result in results])
    assert searched <= 0.2
    assert given <= 0.2


def test_searching_for_the_date_costs_significance() -> None:
    result = _test(_spend(4, jump=0.05), n_bootstrap=999)
    assert result.sup_wald >= result.wald_at_given_date
    at_best = common_break(
        _spend(4, jump=0.05),
        given_date=result.estimated_date,
        trim_share=0.15,
        block_length=3,
        n_bootstrap=999,
        interval_level=0.9,
        rng=np.random.default_rng(0),
    )
    assert at_best.p_value_at_given_date < at_best.p_value


def test_same_seed_gives_the_same_p_value() -> None:
    assert _test(_spend(5, jump=0.03)).p_value == _test(_spend(5, jump=0.03)).p_value


def test_candidates_keep_the_trimmed_share_on_both_sides() -> None:
    positions = candidate_positions(35, trim_share=0.15)
    assert (positions[0], 35 - positions[-1]) == (6, 6)


def test_short_sample_or_outside_date_is_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        candidate_positions(6, trim_share=0.45)
    with pytest.raises(ValueError, match="2030-01-01"):
        common_break(
            _spend(6, jump=0.0),
            given_date=pd.Timestamp("2030-01-01"),
            trim_share=0.15,
            block_length=3,
            n_bootstrap=9,
            interval_level=0.9,
            rng=np.random.default_rng(0),
        )


def test_mean_growth_of_an_exact_exponential_has_no_error() -> None:
    found = mean_growth(np.exp(0.05 * np.arange(9)))
    assert found.log_growth == pytest.approx(0.05)
    assert found.standard_error == pytest.approx(0, abs=1e-12)
    assert found.degrees_of_freedom == 7


def test_standard_error_of_mean_growth_is_the_textbook_one_without_persistence() -> None:
    growth = np.array([0.1, 0.2, 0.1, 0.2, 0.1, 0.2])  # negative autocorrelation: no widening
    found = mean_growth(np.exp(np.cumsum(np.append(0.0, growth))))
    assert found.standard_error == pytest.approx(growth.std(ddof=1) / np.sqrt(6))


def test_persistent_growth_rates_widen_the_error_of_their_mean() -> None:
    growth = np.array([0.1, 0.1, 0.1, 0.2, 0.2, 0.2])
    found = mean_growth(np.exp(np.cumsum(np.append(0.0, growth))))
    r = 0.5  # lag-1 autocorrelation of the rates about their mean: 3/6
    textbook = growth.std(ddof=1) / np.sqrt(6)
    assert found.standard_error == pytest.approx(textbook * np.sqrt((1 + r) / (1 - r)))


def test_the_interval_of_mean_growth_is_that_of_students_t() -> None:
    low, middle, high = mean_growth(np.exp([0.0, 0.1, 0.3, 0.6])).interval(0.9)
    assert middle == pytest.approx(0.2)
    assert (high - middle, middle - low) == pytest.approx([2.920 * 0.1 / np.sqrt(3)] * 2, rel=1e-3)


def test_tests_stand_side_by_side_under_their_names() -> None:
    spend = _spend(1, jump=0.1)
    tests = {name: _test(spend[[name]]) for name in spend} | {"all": _test(spend)}
    table = side_by_side(tests).set_index("cohort")
    assert list(table.index) == [*spend.columns, "all"]
    assert (table["earliest"] <= table["first_month"]).all()
    assert (table["first_month"] <= table["latest"]).all()
    growth = np.log1p(table[["growth_before", "growth_after"]])
    growths = tests["all"].growth.groupby("regime")["log_growth"].mean()
    assert growth.loc["all"].to_list() == pytest.approx(growths[["before", "after"]].to_list())
