"""Growth of demand: logistic contagion, the sceptic's haircut, calibration by elasticity."""

import numpy as np
import pytest
from scipy import special

from token_economics.models import task_growth
from token_economics.models.task_growth import DemandGrowth


def test_contagion_starts_at_the_growth_of_the_base_year_and_ends_at_its_ceiling() -> None:
    step = 1e-6
    first = task_growth.logistic_multiple(step, growth=0.9, ceiling=25)
    assert np.log(first) / step == pytest.approx(0.9, rel=1e-4)
    assert task_growth.logistic_multiple(200, growth=0.9, ceiling=25) == pytest.approx(25)


def test_a_distant_ceiling_makes_growth_exponential() -> None:
    multiple = task_growth.logistic_multiple(3, growth=0.9, ceiling=1e9)
    assert multiple == pytest.approx(np.exp(2.7), rel=1e-6)


def test_haircut_waits_for_its_date_then_halves() -> None:
    def left(years: float) -> float:
        return float(
            task_growth.signalling_factor(years, share=0.2, start_years=1.5, half_life_years=1)
        )

    assert left(1.5) == 1
    assert left(2.5) == pytest.approx(0.9)
    assert left(3.5) == pytest.approx(0.85)
    assert left(100) == pytest.approx(0.8)


@pytest.mark.parametrize("elasticity", [0.05, 0.3, 0.65, 1.1, 4.0])
def test_margin_gives_back_the_elasticity(elasticity: float) -> None:
    u = task_growth.margin_of_elasticity(elasticity, log_value_sd=1.5, token_share=0.6)
    mills = np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi) / special.ndtr(u)
    assert mills / 1.5 * 0.6 == pytest.approx(elasticity, rel=1e-9)


def test_margin_is_found_over_the_whole_prior_box() -> None:
    rng = np.random.default_rng(2)
    u = task_growth.margin_of_elasticity(
        rng.uniform(0.05, 4, 5000), log_value_sd=rng.uniform(0.2, 5, 5000),
        token_share=rng.uniform(0.05, 0.99, 5000),
    )  # fmt: skip
    assert np.isfinite(u).all()


def growth(**changed: float) -> DemandGrowth:
    """One draw of growth, nothing but spread unless changed."""
    values = {
        "task_growth": np.array([[0.8], [0.8], [1.8]]), "task_ceiling": np.array([25.0]),
        "common_shock": np.array([0.2]), "surprises": np.zeros((9, 1)),
    }  # fmt: skip
    rest = {name: np.array([1.0]) for name in DemandGrowth.__dataclass_fields__}
    given = {name: np.array([value]) for name, value in changed.items()}
    return DemandGrowth(**{**rest, **values, **given})


def tasks(of: DemandGrowth, years: float, shock: float) -> np.ndarray:
    spread = task_growth.logistic_multiple(years, growth=of.task_growth, ceiling=of.task_ceiling)
    return np.asarray(spread * np.exp(shock))


def test_contagion_reaches_the_same_tasks_after_half_a_year_as_the_shock_did() -> None:
    shocked = growth(common_shock=0.3)
    told = task_growth.told_as_contagion(shocked)
    np.testing.assert_allclose(tasks(told, 0.5, 0.0), tasks(shocked, 0.5, 0.3), rtol=1e-12)
    assert (told.common_shock == 0).all()


def test_contagion_goes_on_where_a_shock_does_not_and_meets_the_same_ceiling() -> None:
    shocked = growth(common_shock=0.3)
    told = task_growth.told_as_contagion(shocked)
    assert (tasks(told, 1.5, 0.0) > tasks(shocked, 1.5, 0.3)).all()
    np.testing.assert_allclose(tasks(told, 60.0, 0.0), 25.0)


def test_without_a_shock_both_readings_are_one() -> None:
    plain = growth(common_shock=0.0)
    told = task_growth.told_as_contagion(plain)
    np.testing.assert_allclose(told.task_growth, plain.task_growth, rtol=1e-10)


def test_premium_halves_each_half_life() -> None:
    left = task_growth.premium_left(0.8, years=3.0, half_life_years=np.array([1.5, 3.0, 1e9]))
    np.testing.assert_allclose(left, [0.2, 0.4, 0.8])
