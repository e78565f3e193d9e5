"""The fleet, its limits, its cost and its life."""

import numpy as np
import pytest

from token_economics.models import supply
from token_economics.models.supply import Layer, Power

RNG = np.random.default_rng(7)


def one(value: float) -> np.ndarray:
    return np.array([value])


def project(**changes: float) -> supply.Additions:
    given = {
        "logic": 0.5, "memory": 0.5, "finance": 0.5, "power": 0.5, "power_room": 0.0,
        "memory_room": 0.0, "kw_change": 0.0, "life": 50.0,
    } | changes  # fmt: skip
    layers = tuple(
        Layer(name, headroom=one(given["memory_room"] if name == "dram_hbm" else 1.0), growth_per_year=one(given[key]))
        for name, key in zip(supply.FLOW_LAYERS, ("logic", "memory", "finance"), strict=True)
    )  # fmt: skip
    power = Power(
        base_draw_gw=10.0, kw_per_new_h100e=0.5, headroom=one(given["power_room"]),
        growth_per_year=one(given["power"]), kw_change_per_year=one(given["kw_change"]),
    )  # fmt: skip
    return supply.project_additions(
        layers, power, base_additions=one(1e6), quarters=8, life_years=one(given["life"])
    )


def test_without_lag_failure_or_retirement_the_fleet_is_the_sum_of_shipments() -> None:
    shipments = RNG.uniform(1, 5, (3, 10))
    fleet = supply.fleet_in_service(
        shipments, lag_quarters=np.zeros(3), failure_rate=np.zeros(3), life_years=np.full(3, 99.0)
    )
    np.testing.assert_allclose(fleet, shipments.cumsum(axis=1), rtol=1e-12)


def test_fleet_changes_by_what_enters_less_what_leaves() -> None:
    """Flow test: with lives of one year, a vintage enters in its quarter and leaves four later."""
    shipments = RNG.uniform(1, 5, (1, 12))
    fleet = supply.fleet_in_service(
        shipments, lag_quarters=one(0.0), failure_rate=one(0.0), life_years=one(1.0)
    )
    leaves = np.concatenate([np.zeros((1, 4)), shipments[:, :-4]], axis=1)
    np.testing.assert_allclose(np.diff(fleet), (shipments - leaves)[:, 1:], rtol=1e-12)


def test_a_lag_of_one_quarter_shifts_the_fleet_by_one_quarter() -> None:
    shipments = RNG.uniform(1, 5, (1, 6))
    settings = {"failure_rate": one(0.0), "life_years": one(99.0)}
    now = supply.fleet_in_service(shipments, lag_quarters=one(0.0), **settings)
    late = supply.fleet_in_service(shipments, lag_quarters=one(1.0), **settings)
    np.testing.assert_allclose(late[:, 1:], now[:, :-1])
    half = supply.fleet_in_service(shipments, lag_quarters=one(0.5), **settings)
    np.testing.assert_allclose(half, (now + late) / 2)


@pytest.mark.parametrize(("rate", "life"), [(0.1, 5.0), (0.0, 3.0)])
def test_more_failure_or_shorter_life_never_adds_compute(rate: float, life: float) -> None:
    shipments = RNG.uniform(1, 5, (1, 30))
    long = supply.fleet_in_service(
        shipments, lag_quarters=one(0.3), failure_rate=one(0.0), life_years=one(5.0)
    )
    short = supply.fleet_in_service(
        shipments, lag_quarters=one(0.3), failure_rate=one(rate), life_years=one(life)
    )
    assert (short <= long).all()
    assert short[0, -1] < long[0, -1]


def test_the_layer_with_least_room_binds_and_sets_additions() -> None:
    path = project(memory=0.2, power=3.0)
    assert (path.binding == supply.LAYERS.index("dram_hbm")).all()
    np.testing.assert_allclose(path.h100e[0], 1e6 * 1.2 ** (np.arange(1, 9) / 4))


def test_faster_memory_growth_raises_additions_until_another_layer_binds() -> None:
    slow, fast, faster = (project(memory=g, power=9.0).h100e for g in (0.1, 0.4, 50.0))
    assert (fast > slow).all()
    assert faster[0, -1] > fast[0, -1]
    assert (project(memory=50.0, power=9.0).binding[0, -1]) != supply.LAYERS.index("dram_hbm")


def test_power_that_does_not_grow_admits_no_additions() -> None:
    path = project(power=0.0)
    np.testing.assert_allclose(path.h100e, 0.0, atol=1e-6)
    assert (path.binding == supply.LAYERS.index("power")).all()


def test_the_fleet_never_draws_more_power_than_there_is() -> None:
    path = project(power=0.4, memory=5.0, kw_change=-0.2)
    ahead = np.arange(1, 9)
    drawn = 10.0 + np.cumsum(path.h100e[0] * 0.5 * 0.8 ** (ahead / 4) / 1e6)
    assert (drawn <= 10.0 * 1.4 ** (ahead / 4) + 1e-9).all()


def test_something_binds_in_every_draw() -> None:
    room = supply.normalised_headroom(RNG.uniform(0.1, 1, (100, 4)))
    np.testing.assert_allclose(room.min(axis=1), 0.0)
    assert (room >= 0).all()


def test_prices_tighten_only_layers_whose_price_rose() -> None:
    prior = np.full((1, 3), 0.4)
    informed = supply.headroom_after_prices(prior, np.array([1.0, 0.0, -1.0]), one(5.0))
    np.testing.assert_allclose(informed, [[0.4 / 6, 0.4, 0.4]])
    blind = supply.headroom_after_prices(prior, np.array([1.0, 0.0, -1.0]), one(0.0))
    np.testing.assert_array_equal(blind, prior)


def test_binding_shares_of_a_quarter_sum_to_one() -> None:
    binding = RNG.integers(0, len(supply.LAYERS), (500, 3))
    np.testing.assert_allclose(supply.binding_shares(binding).sum(axis=1), 1.0)


CAPITAL = {"discount_rate": 0.1, "rent_decline_per_year": 0.25, "lifetime_years": 5.0}


def user_cost(price: float = 30_000.0, running: float = 0.2, **changes: float) -> np.ndarray:
    return supply.user_cost(
        price_usd=price, avoidable_cost_usd_per_hour=running, **{**CAPITAL, **changes}
    )


@pytest.mark.parametrize("fall", [0.0, 0.02, 0.25, 2.0])
@pytest.mark.parametrize("life", [1.0, 5.0, 15.0])
def test_at_a_rent_of_full_cost_a_new_unit_is_worth_its_price(fall: float, life: float) -> None:
    """Rents less running cost, falling and discounted, summed over the life by a fine quadrature."""
    cost = user_cost(rent_decline_per_year=fall, lifetime_years=life)
    nodes, weights = np.polynomial.legendre.leggauss(60)
    years = life * (nodes + 1) / 2
    earned = (cost - 0.2) * 8766 * np.exp(-fall * years) * 1.1**-years
    assert float((earned * weights).sum() * life / 2) == pytest.approx(30_000, rel=1e-12)


def test_without_a_fall_of_rents_full_cost_is_the_annuity() -> None:
    rho = np.log(1.1)
    annuity = 0.2 + 30_000 * rho / (1 - 1.1**-5.0) / 8766
    assert user_cost(rent_decline_per_year=0.0) == pytest.approx(annuity, rel=1e-12)
    assert user_cost(rent_decline_per_year=1e-9) == pytest.approx(annuity, rel=1e-8)


def test_a_life_without_end_costs_interest_and_the_fall_of_rents() -> None:
    endless = 0.2 + 30_000 * (np.log(1.1) + 0.25) / 8766
    assert user_cost(lifetime_years=1e4) == pytest.approx(endless, rel=1e-12)
    assert user_cost(lifetime_years=np.inf) == pytest.approx(endless, rel=1e-12)


def test_faster_falling_rents_and_shorter_lives_cost_more() -> None:
    assert user_cost(rent_decline_per_year=0.4) > user_cost(rent_decline_per_year=0.1)
    assert user_cost(lifetime_years=4.0) > user_cost(lifetime_years=8.0)


def test_an_asset_whose_rent_is_below_avoidable_cost_has_no_life_left() -> None:
    life = supply.economic_life_years(
        rent_usd_per_hour=0.1, avoidable_cost_usd_per_hour=0.2, rent_decline_per_year=0.3
    )
    assert life == 0
