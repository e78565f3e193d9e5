"""Growth curves: published cases, limits and recovery of known parameters."""

import numpy as np
import pytest

from oracles import PublishedCase
from oracles.growth import (
    _adopted_slopes,
    bass_adopted_share,
    bass_adoption_rate,
    bass_peak,
    exponential_level,
    gompertz_level,
    logistic_level,
    project_doublings,
)
from oracles.published_growth import published_cases
from token_economics.methods.arrays import FloatArray


@pytest.mark.parametrize("case", published_cases(), ids=lambda case: f"{case.id} {case.quantity}")
def test_published_case_is_reproduced(case: PublishedCase) -> None:
    assert case.passes, f"{case.computed} is not {case.expected}"


def test_adoption_rate_is_the_slope_of_adopted_share() -> None:
    time = np.array([0.0, 2.0, 6.0, 20.0])
    above = bass_adopted_share(time + 1e-6, innovation=0.03, imitation=0.38)
    below = bass_adopted_share(time - 1e-6, innovation=0.03, imitation=0.38)
    rate = bass_adoption_rate(time, innovation=0.03, imitation=0.38)
    np.testing.assert_allclose((above - below) / 2e-6, rate, rtol=1e-6)


def test_without_imitation_adoption_is_a_constant_hazard() -> None:
    adopted = bass_adopted_share([1.0, 5.0], innovation=0.2, imitation=0.0)
    np.testing.assert_allclose(adopted, 1 - np.exp([-0.2, -1.0]))


def test_adoption_without_imitation_has_no_peak() -> None:
    with pytest.raises(ValueError, match="no interior peak"):
        bass_peak(innovation=0.3, imitation=0.2)


def test_adoption_is_highest_at_the_bass_peak() -> None:
    peak = bass_peak(innovation=0.01, imitation=0.5)
    grid = np.linspace(0, 30, 30_001)
    rate = bass_adoption_rate(grid, innovation=0.01, imitation=0.5)
    assert grid[rate.argmax()] == pytest.approx(peak.time, abs=1e-3)
    assert rate.max() == pytest.approx(peak.adoption_rate)


def test_logistic_far_below_its_ceiling_is_exponential() -> None:
    time = np.array([0.0, 1.0, 2.0])
    logistic = logistic_level(time, ceiling=1e9, growth_rate=0.5, midpoint=np.log(1e9) / 0.5)
    exponential = exponential_level(time, initial_level=1.0, growth_rate=0.5)
    np.testing.assert_allclose(logistic, exponential, rtol=1e-8)


def test_logistic_is_symmetric_and_gompertz_is_not() -> None:
    logistic = logistic_level([-2.0, 2.0], ceiling=1, growth_rate=1, midpoint=0)
    gompertz = gompertz_level([-2.0, 2.0], ceiling=1, growth_rate=1, inflection=0)
    assert logistic.sum() == pytest.approx(1)
    assert gompertz.sum() < 0.9


def test_curves_do_not_overflow_far_from_their_midpoint() -> None:
    levels = logistic_level([-1e4, 1e4], ceiling=5, growth_rate=1, midpoint=0)
    np.testing.assert_allclose(levels, [0, 5])


def test_shrinking_doublings_are_not_projected_d10() -> None:
    with pytest.raises(ValueError, match="infinity after 45"):
        project_doublings(1.0, level=1.0, first_doubling_time=4.5, shrinkage=0.1)


def test_constant_doublings_are_exponential() -> None:
    level = project_doublings([0, 4.5, 9.0], level=3, first_doubling_time=4.5, shrinkage=0)
    np.testing.assert_allclose(level, [3, 6, 12])


def test_lengthening_doublings_take_the_stated_time() -> None:
    level = project_doublings([4.0, 4.0 + 6.0], level=1, first_doubling_time=4, shrinkage=-0.5)
    np.testing.assert_allclose(level, [2, 4])


@pytest.mark.parametrize("log_rates", [(-3.5, -1.0), (-6.0, 0.5), (-1.0, -2.0)])
def test_slopes_of_bass_adoption_are_its_derivatives(log_rates: tuple[float, float]) -> None:
    time, at = np.arange(8.0), np.array(log_rates)

    def adopted(logs: FloatArray) -> FloatArray:
        return bass_adopted_share(time, innovation=np.exp(logs[0]), imitation=np.exp(logs[1]))

    by_steps = [(adopted(at + s) - adopted(at - s)) / 2e-6 for s in 1e-6 * np.eye(2)]
    np.testing.assert_allclose(_adopted_slopes(time, at), by_steps, rtol=1e-6, atol=1e-9)
