"""Late supply: the stability bound, overshoot, and the joint bound of the book."""

import numpy as np
import pytest
from oracles import late_supply

from token_economics.models import supply


@pytest.mark.parametrize(("lead", "bound"), [(4, 0.445), (8, 0.209), (12, 0.136)])
def test_stability_bound_of_the_model_sheet(lead: int, bound: float) -> None:
    assert float(supply.stability_bound(lead)) == pytest.approx(bound, abs=5e-4)


def test_response_explodes_just_beyond_the_bound_and_dies_just_below() -> None:
    """M8: Levin and May (1976), a lead time of eight quarters."""
    assert late_supply.swing_after(0.203) < 0.05
    assert late_supply.swing_after(0.215) > 10
    bound = float(supply.stability_bound(8))
    assert late_supply.swing_after(0.97 * bound) < 0.05
    assert late_supply.swing_after(1.03 * bound) > 10


def test_response_overshoots_only_between_the_two_bounds() -> None:
    calm = float(supply.overshoot_bound(8))
    below = late_supply.linear_response(0.98 * calm, lead_time_quarters=8, quarters=400)
    above = late_supply.linear_response(1.5 * calm, lead_time_quarters=8, quarters=400)
    assert below.min() >= 0
    assert above.min() < 0


def test_longer_lead_times_leave_less_room() -> None:
    leads = np.array([4.0, 8.0, 12.0, 16.0])
    assert np.all(np.diff(supply.stability_bound(leads)) < 0)


def test_draws_beyond_the_joint_bound_are_held_there_and_counted() -> None:
    held, beyond = supply.bounded_elasticity(
        np.array([0.1, 5.0]),
        demand_elasticity_magnitude=np.array([0.5, 0.5]),
        lead_time_quarters=np.array([8.0, 8.0]),
    )
    assert list(beyond) == [False, True]
    strength = supply.response_strength(
        supply_price_elasticity=held, demand_elasticity_magnitude=0.5
    )
    assert held[0] == 0.1
    assert strength[1] == pytest.approx(float(supply.stability_bound(8)))
