"""Accounts of a cheap service: published cases, sign conditions, and what phantom output is not."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

from token_economics.canonical.national_accounts import halved_cost
from token_economics.models.national_accounts import (
    CostFall,
    FinalDemand,
    aggregate_phantom,
    consumer_surplus_gain,
    deflator_capture,
    measured_output_falls,
    nominal_output_falls,
    output_is_understated,
    phantom_by_formula,
    replace_bought_service,
    sector_accounts,
    unit_value_phantom,
)


def drawn_changes(rng: np.random.Generator, draws: int) -> CostFall:
    return CostFall(
        saving=rng.uniform(-0.5, 0.9, draws),
        pass_through=rng.uniform(0.0, 1.2, draws),
        quality_gain=rng.uniform(-0.2, 0.5, draws),
        own_price_elasticity=-rng.uniform(0.0, 2.0, draws),
        demand_shift=rng.uniform(-0.3, 0.3, draws),
        deflator_capture=rng.uniform(0.0, 1.3, draws),
        self_made_share=rng.uniform(0.0, 0.5, draws),
        self_made_token_cost=rng.uniform(0.0, 0.3, draws),
        wage_growth=rng.uniform(-0.02, 0.1, draws),
    )


@pytest.fixture
def changes() -> CostFall:
    return drawn_changes(np.random.default_rng(1), 2000)


def test_phantom_output_does_not_depend_on_elasticity_or_demand(changes: CostFall) -> None:
    other = replace(changes, own_price_elasticity=-0.7, demand_shift=0.4)
    assert sector_accounts(other).phantom == pytest.approx(
        sector_accounts(changes).phantom, abs=1e-12
    )


def test_phantom_output_is_the_uncaptured_price_fall_and_the_unmarketed_value(
    changes: CostFall,
) -> None:
    closed_form = (1.0 - changes.deflator_capture) * changes.true_price_fall
    assert sector_accounts(changes).phantom == pytest.approx(
        closed_form - changes.marketed_value, abs=1e-12
    )


def test_without_self_made_output_spending_is_price_times_volume(changes: CostFall) -> None:
    accounts = sector_accounts(replace(changes, self_made_share=0.0))
    assert accounts.nominal == pytest.approx(accounts.price + accounts.true_volume, abs=1e-12)


def test_sign_conditions_agree_with_the_accounts(changes: CostFall) -> None:
    accounts = sector_accounts(changes)
    assert np.array_equal(nominal_output_falls(changes), accounts.nominal < 0.0)
    assert np.array_equal(measured_output_falls(changes), accounts.measured_volume < 0.0)
    assert np.array_equal(output_is_understated(changes), accounts.phantom > 0.0)
    assert 0 < nominal_output_falls(changes).sum() < 2000
    assert 0 < measured_output_falls(changes).sum() < 2000


@pytest.mark.parametrize("elasticity", [-0.3, -0.99, -1.01, -1.7])
def test_spending_falls_exactly_when_demand_is_inelastic(elasticity: float) -> None:
    change = halved_cost(own_price_elasticity=elasticity, deflator_capture=0.0, pass_through=1.0)
    assert bool(nominal_output_falls(change)) is (abs(elasticity) < 1.0)


@pytest.mark.parametrize("capture", [0.1, 0.49, 0.51, 0.9])
def test_measured_output_falls_exactly_when_capture_and_elasticity_are_below_one(
    capture: float,
) -> None:
    change = halved_cost(own_price_elasticity=-0.5, deflator_capture=capture, pass_through=1.0)
    assert bool(measured_output_falls(change)) is (capture + 0.5 < 1.0)


def test_cost_fall_kept_as_profit_leaves_no_phantom_output() -> None:
    for capture in (0.0, 0.5, 1.3):
        change = halved_cost(own_price_elasticity=-0.5, deflator_capture=capture, pass_through=0.0)
        assert sector_accounts(change).phantom == 0.0


def test_a_missed_price_rise_overstates_output() -> None:
    rise = replace(
        halved_cost(own_price_elasticity=-0.5, deflator_capture=0.4, pass_through=1.0), saving=-1.0
    )
    assert sector_accounts(rise).phantom == pytest.approx(-0.6 * np.log(2.0))


def test_a_deflator_that_overshoots_overstates_output() -> None:
    change = halved_cost(own_price_elasticity=-0.5, deflator_capture=1.2, pass_through=1.0)
    assert sector_accounts(change).phantom < 0.0


def test_self_made_output_is_missed_even_by_an_exact_deflator() -> None:
    market = halved_cost(own_price_elasticity=-0.5, deflator_capture=1.0, pass_through=1.0)
    self_made = replace(market, self_made_share=0.3, self_made_token_cost=0.1)
    assert sector_accounts(self_made).phantom == pytest.approx(-np.log(1 - 0.3 * (1 - 0.1 / 0.5)))


def test_self_made_output_that_costs_the_market_price_is_not_missed() -> None:
    market = halved_cost(own_price_elasticity=-0.5, deflator_capture=1.0, pass_through=1.0)
    self_made = replace(market, self_made_share=0.3, self_made_token_cost=0.5)
    assert sector_accounts(self_made).phantom == pytest.approx(0.0, abs=1e-15)


def test_wage_growth_raises_prices_but_not_volumes() -> None:
    still = halved_cost(own_price_elasticity=-0.5, deflator_capture=0.3, pass_through=1.0)
    before, after = (sector_accounts(replace(still, wage_growth=g)) for g in (0.0, 0.05))
    assert after.nominal - before.nominal == pytest.approx(0.05)
    assert after.true_volume == before.true_volume
    assert after.measured_volume == pytest.approx(float(before.measured_volume))


@pytest.mark.parametrize("elasticity", [0.0, -0.4, -1.0, -1.0001, -2.2])
def test_consumer_surplus_is_the_area_under_the_demand_curve(elasticity: float) -> None:
    area, _ = quad(lambda price: 7.0 * price**elasticity, 0.2, 1.0)
    gain = consumer_surplus_gain(base_spend=7.0, price_ratio=0.2, own_price_elasticity=elasticity)
    assert gain == pytest.approx(area, rel=1e-9)


def test_consumer_surplus_is_between_the_saving_on_the_old_and_on_the_new_quantity() -> None:
    gain = consumer_surplus_gain(base_spend=100.0, price_ratio=0.5, own_price_elasticity=-0.8)
    assert 100.0 * 0.5 < gain < 100.0 * 0.5 * 2.0**0.8


def test_an_average_price_that_misses_no_quality_change_hides_nothing() -> None:
    assert unit_value_phantom(average_price_ratio=0.7, quality_adjusted_price_ratio=0.7) == 0.0


def test_phantom_of_gdp_is_the_mean_share_times_the_phantom_of_the_sector() -> None:
    gap = aggregate_phantom(
        phantom=[0.5, 0.2], base_spend=[1.0, 3.0], spend=[3.0, 3.0], base_gdp=100.0, gdp=100.0
    )
    assert gap == pytest.approx(0.02 * 0.5 + 0.03 * 0.2)


def test_tornqvist_row_of_the_formula_table_is_the_aggregate_phantom() -> None:
    demand = FinalDemand(
        base_spend=np.array([90.0]),
        spend=np.array([219.0]),
        true_volume=np.array([23.71]),
        measured_volume=np.array([3.0]),
    )
    table = phantom_by_formula(demand, base_gdp=29184.9, gdp=30762.1, rest_volume=1.02)
    gap = aggregate_phantom(
        phantom=np.log([23.71 / 3.0]),
        base_spend=[90.0],
        spend=[219.0],
        base_gdp=29184.9,
        gdp=30762.1,
    )
    phantom = table.set_index("formula")["phantom"]
    assert phantom["tornqvist"] == pytest.approx(float(gap), rel=1e-12)
    assert phantom["laspeyres"] > phantom["fisher"] > phantom["paasche"]


def test_no_phantom_when_true_and_measured_volumes_agree() -> None:
    volume = np.array([4.0, 0.5])
    demand = FinalDemand(np.array([1.0, 2.0]), np.array([2.0, 1.0]), volume, volume)
    table = phantom_by_formula(demand, base_gdp=50.0, gdp=51.0, rest_volume=1.0)
    assert (table["phantom"] == 0.0).all()


@pytest.mark.parametrize("pass_on", [0.0, 0.3, 1.0])
def test_changes_of_value_added_add_up_to_the_change_of_final_spending(pass_on: float) -> None:
    """P6: replacing an intermediate purchase moves value added between firms only."""
    firm = replace_bought_service(
        final_output=1000.0, service_cost=100.0, token_cost=5.0, pass_on=pass_on
    )
    changes = (
        firm.supplier_value_added_change + firm.user_value_added_change + firm.ai_value_added_change
    )
    assert changes == pytest.approx(float(firm.gdp) - 1000.0)
    assert firm.real_gdp == pytest.approx(1000.0)


def test_capture_follows_from_what_was_missed() -> None:
    """What a sector with a known capture misses gives the capture back."""
    change = halved_cost(own_price_elasticity=-0.7, deflator_capture=0.35, pass_through=1.0)
    found = deflator_capture(
        missed=sector_accounts(change).phantom, true_price_fall=change.true_price_fall
    )
    assert found == pytest.approx(0.35)


def test_phantom_is_nil_when_the_deflator_is_exact_and_nothing_crosses_the_boundary(
    changes: CostFall,
) -> None:
    """P2 for every draw: exact deflator, no self-made output."""
    exact = replace(changes, deflator_capture=1.0, self_made_share=0.0)
    assert sector_accounts(exact).phantom == pytest.approx(np.zeros(2000), abs=1e-12)
