"""Rebound: sign conditions, identities, and decompositions without a residual."""

from itertools import pairwise

import numpy as np
import pytest

from token_economics.canonical.rebound import lmdi_example
from token_economics.models.rebound import (
    arc_elasticity,
    bound_response,
    effective_price,
    lmdi_additive,
    lmdi_multiplicative,
    slack_response,
    spend_response,
    turning_points,
    unit_value_arc_elasticity,
)


def test_spend_is_flat_when_elasticity_is_minus_one() -> None:
    assert spend_response(np.array([0.01, 0.5, 3.0]), -1.0) == pytest.approx(np.ones(3))


def test_a_price_cut_raises_spending_exactly_when_demand_is_elastic() -> None:
    elasticity = np.array([-0.2, -0.9, -1.1, -3.0])
    assert ((spend_response(0.3, elasticity) > 1.0) == (elasticity < -1.0)).all()


def test_arc_elasticity_recovers_the_elasticity_of_a_demand_curve() -> None:
    price = np.array([0.1, 0.7, 2.0])
    assert arc_elasticity(price**-0.83, price) == pytest.approx(np.full(3, -0.83))


def test_unit_value_arc_agrees_with_the_arc_when_the_price_is_known() -> None:
    volume, price = 4.0, 0.2
    assert unit_value_arc_elasticity(volume, volume * price) == pytest.approx(
        float(arc_elasticity(volume, price))
    )


@pytest.mark.parametrize("elasticity", [-0.4, -1.0, -2.5])
def test_bound_market_clears_and_spending_is_price_times_quantity(elasticity: float) -> None:
    response = bound_response(
        demand_shift=0.3,
        capacity_growth=0.1,
        efficiency_growth=0.5,
        own_price_elasticity=elasticity,
    )
    tokens = 0.1 + 0.5
    assert 0.3 + elasticity * response.token_price == pytest.approx(tokens)
    assert response.spend == pytest.approx(float(response.token_price + tokens))
    assert response.spend == pytest.approx(float(response.compute_price + 0.1))


def test_efficiency_lowers_token_prices_always_but_raises_rent_only_if_demand_is_elastic() -> None:
    elasticity = -np.array([0.3, 0.8, 1.0, 1.2, 3.0])
    response = bound_response(
        demand_shift=0.0,
        capacity_growth=0.0,
        efficiency_growth=0.7,
        own_price_elasticity=elasticity,
    )
    assert (response.token_price < 0.0).all()
    assert np.sign(np.round(response.compute_price, 12)).tolist() == [-1, -1, 0, 1, 1]


def test_more_capacity_lowers_the_rent_of_compute() -> None:
    response = bound_response(
        demand_shift=0.0, capacity_growth=0.2, efficiency_growth=0.0, own_price_elasticity=-0.5
    )
    assert response.compute_price == pytest.approx(-0.4)


def test_in_slack_efficiency_passes_into_the_token_price_and_leaves_the_compute_price() -> None:
    response = slack_response(
        demand_shift=0.0,
        avoidable_cost_growth=0.0,
        efficiency_growth=0.7,
        own_price_elasticity=np.array([-0.5, -1.0, -1.5]),
    )
    assert response.compute_price == pytest.approx(np.zeros(3))
    assert response.token_price == pytest.approx(-0.7)
    assert response.spend == pytest.approx([-0.35, 0.0, 0.35])


def test_in_slack_demand_raises_spending_but_no_price() -> None:
    response = slack_response(
        demand_shift=0.4,
        avoidable_cost_growth=0.0,
        efficiency_growth=0.0,
        own_price_elasticity=-0.5,
    )
    assert (response.compute_price, response.token_price) == (0.0, 0.0)
    assert response.spend == pytest.approx(0.4)


def test_effective_price_without_cache_is_the_blend_of_list_prices() -> None:
    prices = {"input_price": 3.0, "output_price": 15.0, "input_share": 0.75}
    no_cache = effective_price(
        **prices, cache_hit_share=0.0, cached_price_ratio=0.1, cache_write_premium=0.0
    )
    undiscounted = effective_price(
        **prices, cache_hit_share=0.8, cached_price_ratio=1.0, cache_write_premium=0.0
    )
    assert no_cache == pytest.approx(6.0)
    assert undiscounted == pytest.approx(6.0)


def test_additive_contributions_leave_no_residual() -> None:
    years = lmdi_example()
    for base, later in pairwise(years):
        change = later.prod(axis=1).sum() - base.prod(axis=1).sum()
        assert lmdi_additive(base, later).sum() == pytest.approx(change, rel=1e-13)


def test_multiplicative_contributions_leave_no_residual() -> None:
    years = lmdi_example()
    ratio = years[3].prod(axis=1).sum() / years[0].prod(axis=1).sum()
    assert lmdi_multiplicative(years[0], years[3]).prod() == pytest.approx(ratio, rel=1e-13)


def test_decomposition_reverses_in_time() -> None:
    base, later = lmdi_example()[[0, 2]]
    assert lmdi_additive(later, base) == pytest.approx(-lmdi_additive(base, later), rel=1e-13)
    assert lmdi_multiplicative(later, base) == pytest.approx(
        1.0 / lmdi_multiplicative(base, later), rel=1e-13
    )


def test_a_factor_that_does_not_move_contributes_nothing() -> None:
    base = lmdi_example()[0]
    assert lmdi_additive(base, base * [2.0, 1.0, 0.5])[1] == 0.0


ZERO_CASES = {
    "appears with its own factor": ([0.0, 2.0], [3.0, 2.0], [6.0, 0.0]),
    "vanishes with its own factor": ([3.0, 2.0], [0.0, 2.0], [-6.0, 0.0]),
    "appears with another factor": ([3.0, 0.0], [3.0, 2.0], [0.0, 6.0]),
    "vanishes with another factor": ([3.0, 2.0], [3.0, 0.0], [0.0, -6.0]),
    "factor zero at both dates": ([0.0, 2.0], [0.0, 4.0], [0.0, 0.0]),
    "zero before and after by different factors": ([0.0, 2.0], [3.0, 0.0], [0.0, 0.0]),
    "all factors zero at both dates": ([0.0, 0.0], [0.0, 0.0], [0.0, 0.0]),
    "appears with both factors": ([0.0, 0.0], [3.0, 2.0], [3.0, 3.0]),
}


@pytest.mark.parametrize("name", ZERO_CASES)
def test_zero_is_the_limit_of_small_values(name: str) -> None:
    """J1: the eight cases of a zero in the data (Ang, Zhang and Choi 1998)."""
    base, later, expected = (np.array([row]) for row in ZERO_CASES[name])
    assert lmdi_additive(base, later) == pytest.approx(expected[0], abs=1e-14)
    tiny = 1e-140
    near = lmdi_additive(np.maximum(base, tiny), np.maximum(later, tiny))
    assert near == pytest.approx(expected[0], abs=0.02)


def test_a_new_sector_leaves_no_residual() -> None:
    base = np.array([[1.0, 10.0], [0.0, 5.0]])
    later = np.array([[2.0, 4.0], [3.0, 6.0]])
    assert lmdi_additive(base, later).sum() == pytest.approx(26.0 - 10.0, rel=1e-13)
    assert lmdi_multiplicative(base, later).prod() == pytest.approx(2.6, rel=1e-13)


def test_nothing_moves_at_its_turning_point() -> None:
    sizes = np.array([0.3, 0.65, 0.9])
    given = {"demand_shift": 1.2, "efficiency_growth": 0.5, "own_price_elasticity": -sizes}
    points = turning_points(**given)
    for name in points._fields:
        there = bound_response(capacity_growth=getattr(points, name), **given)
        np.testing.assert_allclose(getattr(there, name), 0.0, atol=1e-12)


def test_elastic_demand_that_grows_has_no_turning_point_of_spending() -> None:
    points = turning_points(
        demand_shift=0.1, efficiency_growth=0.5, own_price_elasticity=np.array([-1.0, -2.0])
    )
    assert np.isinf(points.spend).all()
