"""Memory shared with accelerators: what is left, and the price that clears it."""

import numpy as np
import pytest

from token_economics.models import memory as memory_market


def left(years: float = 1.0, **changes: float) -> float:
    inputs = {
        "bit_growth_per_year": 0.2,
        "hbm_share": 0.18,
        "accelerators_multiple": 2.0,
        "bits_per_accelerator_change": -0.12,
    } | changes
    return float(memory_market.conventional_bits(years, **inputs))


def test_bits_are_shared_without_loss() -> None:
    """What is left and what accelerators take add up to all bits."""
    taken = 0.18 * 2.0 * 0.88
    assert left() * 0.82 + taken == pytest.approx(1.2)


def test_nothing_changes_in_the_base_quarter() -> None:
    assert left(0.0, accelerators_multiple=1.0) == pytest.approx(1.0)


def test_share_of_the_note_is_met_when_accelerators_take_bits_at_its_pace() -> None:
    """From 18 % of wafer starts at the end of 2025 to 30 % two years later, bits growing 20 %."""
    memory = 1.2**2 * 0.30 / 0.18 / 0.88**2
    assert left(2.0, accelerators_multiple=memory) == pytest.approx(1.2**2 * 0.70 / 0.82)


def test_more_accelerators_leave_less_for_servers_and_never_nothing() -> None:
    assert left(accelerators_multiple=3.0) < left()
    assert left(accelerators_multiple=1e6) > 0


def price(bits: float, **changes: float) -> float:
    inputs = {"demand_growth_per_year": 0.2, "elasticity_magnitude": 0.3} | changes
    return float(memory_market.contract_price_multiple(1.0, bits_multiple=bits, **inputs))


def test_price_stands_when_bits_follow_demand() -> None:
    assert price(1.2) == pytest.approx(1.0)


def test_price_clears_the_market() -> None:
    """Demand at the price found, (1 + g) p^-eta, is the bits there are."""
    for bits in (0.7, 1.0, 1.5):
        assert 1.2 * price(bits) ** -0.3 == pytest.approx(bits)


def test_the_less_buyers_respond_the_more_a_shortfall_costs() -> None:
    assert price(1.0, elasticity_magnitude=0.2) > price(1.0, elasticity_magnitude=0.5) > 1
    assert np.isfinite(price(1e-6, elasticity_magnitude=0.1))


def test_the_highest_price_is_never_below_the_start_and_trends_carry_it() -> None:
    shocks = np.random.default_rng(5).standard_normal((500, 4))
    still, moving = (
        memory_market.highest_price_log(
            start_log=1.0, change_log=0.5, carried_over=part, shocks_log=shocks
        )
        for part in (0.0, 0.5)
    )
    assert still.min() == 1.0, "falls leave the start as the highest"
    walk = np.c_[np.zeros(500), shocks.cumsum(axis=1)]
    np.testing.assert_allclose(still, 1.0 + walk.max(axis=1))
    assert moving.mean() > still.mean()
