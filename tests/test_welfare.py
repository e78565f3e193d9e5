"""Welfare measures and the closed economy: closed forms, order, limits."""

import numpy as np
import pytest
from oracles.closed_economy import sector_volumes
from scipy.optimize import minimize_scalar

from token_economics.methods.prices.index_numbers import fisher
from token_economics.models.welfare import (
    ces_share,
    close_economy,
    cost_of_living,
    hulten_gain,
    measured_real_gdp,
    task_productivity_gain,
    welfare_gain,
)

SECTOR = {"base_share": 0.1, "unit_cost": 0.5}


@pytest.mark.parametrize("price_ratio", [0.3, 0.9, 1.1, 4.0])
def test_compensating_variation_consumer_surplus_and_equivalent_variation_are_ordered(
    price_ratio: float,
) -> None:
    """G3 and P4: CV < ΔCS < EV, for gains and for losses."""
    level = cost_of_living(base_share=0.3, price_ratio=price_ratio, substitution=0.6)
    gain = welfare_gain(income=10.0, cost_of_living_ratio=level)
    assert gain.compensating_variation < gain.consumer_surplus < gain.equivalent_variation
    assert np.sign(gain.consumer_surplus) == np.sign(1.0 - price_ratio)


def test_cost_of_living_is_least_spending_for_the_old_utility() -> None:
    share, price, substitution = 0.3, 0.4, 1.7
    power = 1.0 - 1.0 / substitution

    def spending(cheap: float) -> float:
        utility_gap = 1.0 - share ** (1.0 / substitution) * cheap**power
        rest = (utility_gap / (1.0 - share) ** (1.0 / substitution)) ** (1.0 / power)
        return price * cheap + rest

    least = minimize_scalar(spending, bounds=(0.01, 5.0), method="bounded", options={"xatol": 1e-9})
    level = cost_of_living(base_share=share, price_ratio=price, substitution=substitution)
    assert level == pytest.approx(least.fun, rel=1e-8)


def test_cost_of_living_is_continuous_at_unit_elasticity() -> None:
    near = cost_of_living(
        base_share=0.3, price_ratio=0.2, substitution=np.array([1 - 1e-9, 1.0, 1 + 1e-9])
    )
    assert near == pytest.approx(np.full(3, 0.2**0.3), rel=1e-8)


def test_budget_share_falls_with_price_when_goods_are_poor_substitutes() -> None:
    share = ces_share(base_share=0.2, price_ratio=0.5, substitution=np.array([0.5, 1.0, 2.0]))
    assert share[0] < 0.2
    assert share[1] == pytest.approx(0.2)
    assert share[2] > 0.2


def test_money_gdp_falls_only_with_poor_substitutes_and_idle_labour() -> None:
    """P4: both conditions are needed."""
    substitution, reemployed = np.meshgrid([0.3, 0.9, 1.0, 1.5], [0.0, 0.6, 1.0])
    economy = close_economy(**SECTOR, substitution=substitution, reemployed_share=reemployed)
    falls = (substitution < 1.0) & (reemployed < 1.0)
    assert np.array_equal(economy.nominal_gdp < 1.0 - 1e-12, falls)
    assert economy.nominal_gdp[~falls] == pytest.approx(np.ones((~falls).sum()))


def test_true_output_rises_even_when_released_labour_stays_idle() -> None:
    economy = close_economy(**SECTOR, substitution=0.2, reemployed_share=0.0)
    assert economy.nominal_gdp < 1.0 < economy.true_real_gdp


def test_idle_labour_is_what_the_nominal_fall_measures() -> None:
    """Output of both goods needs exactly the labour that is still employed."""
    economy = close_economy(**SECTOR, substitution=0.5, reemployed_share=0.4)
    cheap, rest = sector_volumes(economy, **SECTOR)
    labour = 0.1 * 0.5 * cheap + 0.9 * rest
    assert labour == pytest.approx(float(economy.nominal_gdp), rel=1e-14)


def test_volumes_under_idle_labour_are_those_of_the_worked_case() -> None:
    """P4 (b): substitution of a half and nobody reemployed."""
    economy = close_economy(**SECTOR, substitution=0.5, reemployed_share=0.0)
    cheap, rest = sector_volumes(economy, **SECTOR)
    assert cheap == pytest.approx(1.41421, abs=5e-6)
    assert rest == pytest.approx(1.0, abs=1e-12)


def test_closed_economy_volumes_give_the_same_fisher_index_as_its_deflator() -> None:
    economy = close_economy(**SECTOR, substitution=0.5, reemployed_share=0.3)
    cheap, rest = sector_volumes(economy, **SECTOR)
    volume = fisher(
        base_prices=[0.1, 0.9],
        prices=[0.1 * float(cheap), 0.9 * float(rest)],
        base_quantities=[1.0, 1.0],
        quantities=[0.5, 1.0],
    )
    exact = measured_real_gdp(economy, **SECTOR, deflator_capture=1.0)
    assert exact["fisher"] == pytest.approx(float(volume), rel=1e-13)


def test_measured_output_rises_with_what_the_deflator_sees() -> None:
    economy = close_economy(**SECTOR, substitution=0.5, reemployed_share=0.0)
    measured = measured_real_gdp(economy, **SECTOR, deflator_capture=np.array([0.0, 0.5, 1.0]))[
        "fisher"
    ]
    assert (np.diff(measured) > 0.0).all()
    assert measured[0] == pytest.approx(float(economy.nominal_gdp))
    assert measured[2] == pytest.approx(float(economy.true_real_gdp), rel=2e-3)


def test_small_savings_follow_hultens_theorem() -> None:
    saving = 1e-5
    economy = close_economy(
        base_share=0.1, unit_cost=1.0 - saving, substitution=0.5, reemployed_share=1.0
    )
    first_order = hulten_gain(domar_weights=[0.1], cost_savings=[saving])
    assert np.log(economy.true_real_gdp) == pytest.approx(float(first_order), rel=1e-4)


def test_task_gain_is_hultens_gain_with_labour_cost_as_weight() -> None:
    gain = task_productivity_gain(
        exposed_share=0.2, profitable_share=0.25, labour_cost_saving=0.3, labour_share=0.6
    )
    assert gain == pytest.approx(float(hulten_gain(domar_weights=[0.03], cost_savings=[0.3])))
