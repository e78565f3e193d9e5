"""Growth of demand: logistic contagion, the sceptic's haircut, calibration by elasticity."""

import numpy as np
import pytest
from scipy import special

from token_economics import task_growth


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
