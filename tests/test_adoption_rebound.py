"""Rebound with lags: closed forms at both ends, limits, and the speed under a ceiling."""

import numpy as np
import pytest

from token_economics.models import adoption_rebound as adoption
from token_economics.models import rebound

GIVEN = {
    "efficiency_gain": np.log(2.0),
    "intensive_elasticity": 0.6,
    "adoption_elasticity": 0.8,
    "adjustment": 0.1,
}


def test_at_once_a_full_market_answers_with_todays_users() -> None:
    path = adoption.bound_path(**GIVEN, periods=4)
    closed = rebound.bound_response(
        demand_shift=0.0,
        capacity_growth=0.0,
        efficiency_growth=np.log(2.0),
        own_price_elasticity=-0.6,
    )
    assert path.rent[0] == pytest.approx(float(closed.compute_price))
    assert path.spend[0] == pytest.approx(float(closed.spend))
    assert path.token_price[0] == pytest.approx(float(closed.token_price))


def test_in_the_end_a_full_market_answers_with_the_sum_of_both() -> None:
    path = adoption.bound_path(**GIVEN, periods=600)
    closed = rebound.bound_response(
        demand_shift=0.0,
        capacity_growth=0.0,
        efficiency_growth=np.log(2.0),
        own_price_elasticity=-1.4,
    )
    assert path.rent[-1] == pytest.approx(float(closed.compute_price))
    assert path.spend[-1] == pytest.approx(
        float(
            adoption.bound_long_run(
                efficiency_gain=np.log(2.0), intensive_elasticity=0.6, adoption_elasticity=0.8
            )
        )
    )


def test_rent_falls_first_and_rises_in_the_end_when_only_the_sum_exceeds_one() -> None:
    path = adoption.bound_path(**GIVEN, periods=600)
    assert path.rent[0] < 0 < path.rent[-1]
    assert (np.diff(path.rent) >= -1e-12).all()


def test_under_a_ceiling_the_gap_closes_faster_than_with_idle_compute() -> None:
    full = adoption.bound_path(**GIVEN, periods=600)
    idle = adoption.slack_path(**GIVEN, periods=600)

    def closed(path: adoption.ReboundPath) -> float:
        return float(path.adoption[8] / path.adoption[-1])

    assert closed(full) > closed(idle)
    factor = 0.9 ** (1 + 0.8 / 0.6)
    assert closed(full) == pytest.approx(1 - factor**8)


def test_idle_compute_moves_spending_by_the_closed_form() -> None:
    path = adoption.slack_path(**GIVEN, periods=600)
    assert path.spend[0] == pytest.approx(-0.4 * np.log(2.0))
    assert path.spend[-1] == pytest.approx(0.4 * np.log(2.0))
    assert (path.rent == 0).all()


def test_without_a_response_of_uses_nothing_follows() -> None:
    path = adoption.bound_path(**{**GIVEN, "adoption_elasticity": 0.0}, periods=20)
    np.testing.assert_allclose(path.spend, path.spend[0])


def test_no_response_however_strong_carries_uses_past_their_end() -> None:
    """By steps of a quarter, fast uses beside stiff users would swing ever further."""
    fast = {"intensive_elasticity": 0.37, "adoption_elasticity": 2.1, "adjustment": 0.44}
    path = adoption.bound_path(efficiency_gain=1.0, **fast, periods=40)
    assert (np.diff(path.adoption) >= 0).all()
    assert path.adoption[-1] == pytest.approx(2.1 / (0.37 + 2.1))


def test_the_path_is_the_limit_of_ever_shorter_steps() -> None:
    path, steps = adoption.bound_path(**GIVEN, periods=4), 20_000
    gain, e, x = (
        GIVEN[n] for n in ("efficiency_gain", "intensive_elasticity", "adoption_elasticity")
    )
    speed, adopted = -np.log1p(-GIVEN["adjustment"]) * 4 / steps, 0.0
    for _ in range(steps):
        adopted += speed * (-x * (adopted - gain) / e - adopted)
    assert path.adoption[4] == pytest.approx(adopted, rel=1e-4)


def test_half_of_the_gap_closes_in_a_half_life() -> None:
    share = adoption.adjustment_share(2.0, 4)
    assert (1 - share) ** 8 == pytest.approx(0.5)


def test_compute_rebound_is_one_when_compute_is_full_and_the_elasticity_when_idle() -> None:
    full = adoption.bound_path(**GIVEN, periods=3)
    idle = adoption.slack_path(**GIVEN, periods=3)
    gain = GIVEN["efficiency_gain"]
    assert full.tokens / gain == pytest.approx(1.0)
    assert idle.tokens[0] / gain == pytest.approx(0.6)
