"""One firm's spend: growth from irregular figures, and when it passes payroll."""

import numpy as np
import pytest

from token_economics.models import firm_spend
from token_economics.models.spending import fading_log_growth


def test_regular_figures_give_the_mean_of_growth_and_its_usual_error() -> None:
    rng = np.random.default_rng(1)
    steps = rng.normal(0.05, 0.1, 12)
    days = np.arange(13) * firm_spend.DAYS_PER_MONTH
    found = firm_spend.drift(days, np.exp(np.concatenate([[0], np.cumsum(steps)])))
    assert found.log_growth == pytest.approx(steps.mean())
    assert found.standard_error == pytest.approx(steps.std(ddof=1) / np.sqrt(12))
    assert found.degrees_of_freedom == 11


def test_drift_of_irregular_figures_is_recovered_and_its_interval_covers() -> None:
    rng = np.random.default_rng(2)
    covered, estimates = [], []
    for _ in range(2000):
        days = np.concatenate([[0.0], np.cumsum(rng.uniform(3, 60, 10))])
        months = np.diff(days) / firm_spend.DAYS_PER_MONTH
        log_spend = np.cumsum(0.1 * months + rng.normal(0, 0.2, 10) * np.sqrt(months))
        found = firm_spend.drift(days, np.exp(np.concatenate([[0.0], log_spend])))
        estimates.append(found.log_growth)
        covered.append(abs(found.log_growth - 0.1) < 1.833 * found.standard_error)
    assert np.mean(estimates) == pytest.approx(0.1, abs=0.006)
    assert np.mean(covered) == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize("growth", [0.0, 0.1])
def test_an_even_record_is_no_surer_than_the_least_spread(growth: float) -> None:
    days = np.arange(6) * firm_spend.DAYS_PER_MONTH
    found = firm_spend.drift(days, np.exp(growth * np.arange(6)), least_spread=0.04)
    assert found.log_growth == pytest.approx(growth)
    assert found.standard_error == pytest.approx(0.04 / np.sqrt(5))
    assert found.status == "ok"


def test_a_record_that_is_noisier_than_the_least_spread_keeps_its_own() -> None:
    days, levels = np.arange(4) * firm_spend.DAYS_PER_MONTH, [1.0, 2.0, 6.0, 12.0]
    own = firm_spend.drift(days, levels)
    assert firm_spend.drift(days, levels, least_spread=0.04) == own


def test_three_figures_identify_no_growth() -> None:
    assert firm_spend.drift([0, 7, 15], [5, 7, 10.95]).status == "not_identified"


@pytest.mark.parametrize(("days", "levels"), [([0, 5, 5, 9], [1, 2, 3, 4]), ([0, 1, 2], [1, 0, 2])])
def test_impossible_figures_are_refused(days: list[float], levels: list[float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        firm_spend.drift(days, levels)


@pytest.mark.parametrize("trend", [0.0, 0.001, 0.03, 0.4])
@pytest.mark.parametrize("half_life", [1.0, 3.0, 12.0, 600.0])
def test_spend_is_at_payroll_when_it_is_said_to_pass(half_life: float, trend: float) -> None:
    months = firm_spend.months_until_passed(
        spend=7.0,
        threshold=25.0,
        log_growth=0.4,
        trend_log_growth=trend,
        half_life_months=half_life,
    )
    if np.isinf(months):
        assert trend == 0
        assert 7 * np.exp(0.4 * half_life / np.log(2)) < 25
        return
    growth = fading_log_growth(
        months, trend_log_growth=trend, log_growth_now=0.4, half_life_months=half_life
    )
    assert 7 * np.exp(growth) == pytest.approx(25)


def test_limits_of_the_crossing() -> None:
    def months(**changed: float) -> float:
        given = {
            "spend": 1.0,
            "threshold": np.e,
            "log_growth": 0.1,
            "trend_log_growth": 0.0,
            "half_life_months": np.inf,
        }
        return float(firm_spend.months_until_passed(**{**given, **changed}))

    assert months() == pytest.approx(10)
    assert months(half_life_months=1e9) == pytest.approx(10, rel=1e-6)
    assert months(spend=3.0) == 0
    assert months(log_growth=-0.1) == np.inf
    assert months(half_life_months=10 * np.log(2) * 0.999) == np.inf
    assert months(half_life_months=10 * np.log(2) * 1.001) > 60
    assert months(half_life_months=1e-6, trend_log_growth=0.02) == pytest.approx(50, rel=1e-4)
    assert months(half_life_months=3.0, trend_log_growth=0.1) == pytest.approx(10)
    assert months(half_life_months=3.0, trend_log_growth=0.5) == pytest.approx(10)
