"""Memory shared with accelerators: what is left, what is stored, and the price that clears it."""

import numpy as np
import pytest
from scipy.optimize import isotonic_regression

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


QUARTERS, DRAWS = 12, 40


def shortages(seed: int = 3) -> dict[str, np.ndarray]:
    """Bits and wants that wander, so that stocks are built and emptied; quarters x draws."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0.0, 0.12, (2, QUARTERS, DRAWS)).cumsum(axis=1)
    bits, wanted = np.exp(steps - steps[:, :1])
    return {
        "bits_multiple": bits,
        "wanted_multiple": wanted,
        "elasticity_magnitude": rng.uniform(0.15, 0.8, DRAWS),
        "carrying_cost_per_quarter": rng.uniform(0.02, 0.12, DRAWS),
        "foresight_quarters": np.full(DRAWS, float(QUARTERS)),
    }


def stocks(case: dict[str, np.ndarray], price: np.ndarray) -> np.ndarray:
    bought = case["wanted_multiple"] * price ** -case["elasticity_magnitude"]
    return (case["bits_multiple"] - bought).cumsum(axis=0)


@pytest.mark.parametrize("foresight", [2, QUARTERS])
def test_bits_stored_are_bits_sold_later(foresight: int) -> None:
    case = shortages() | {"foresight_quarters": np.full(DRAWS, foresight)}
    stock = stocks(case, memory_market.price_with_stocks(**case))
    assert stock.min() > -1e-12
    assert stock.max() > 0.1
    np.testing.assert_allclose(stock[[0, -1]], 0.0, atol=1e-12)


def test_holders_leave_no_gain_and_carry_stocks_only_where_they_lose_nothing() -> None:
    """Deaton and Laroque: p >= discounted p', with equality where stocks are carried."""
    case = shortages()
    price = memory_market.price_with_stocks(**case)
    gain = np.diff(np.log(price[1:]), axis=0) - case["carrying_cost_per_quarter"]
    carried = stocks(case, price)[1:-1] > 1e-9
    assert gain.max() < 1e-9
    assert np.abs(gain[carried]).max() < 1e-9
    assert 0.1 < carried.mean() < 0.9


def test_competitive_storage_is_an_isotonic_regression() -> None:
    """Prices net of carrying never rise: scipy pools the quarters that one stock bridges."""
    case = shortages()
    price = memory_market.price_with_stocks(**case)[1:]
    ahead = np.arange(QUARTERS - 1)
    for draw in range(DRAWS):
        response = case["elasticity_magnitude"][draw]
        worth = np.exp(-response * case["carrying_cost_per_quarter"][draw] * ahead)
        bits, wanted = (case[name][1:, draw] for name in ("bits_multiple", "wanted_multiple"))
        pooled = isotonic_regression(wanted * worth / bits, weights=bits, increasing=False).x
        np.testing.assert_allclose(price[:, draw] ** response, pooled / worth, rtol=1e-10)


@pytest.mark.parametrize(
    "unstored", [{"foresight_quarters": 0.9}, {"carrying_cost_per_quarter": 1e6}]
)
def test_without_foresight_or_at_any_cost_each_quarter_clears_by_itself(
    unstored: dict[str, float],
) -> None:
    case = shortages()
    alone = (case["wanted_multiple"] / case["bits_multiple"]) ** (1 / case["elasticity_magnitude"])
    price = memory_market.price_with_stocks(**case | unstored)
    np.testing.assert_allclose(price, alone, rtol=1e-12)
    assert np.abs(memory_market.price_with_stocks(**case) / alone - 1).max() > 0.5


def test_news_of_a_shortage_raises_the_price_as_soon_as_it_is_in_sight() -> None:
    calm = {"bits_multiple": np.ones((8, 1)), "wanted_multiple": np.ones((8, 1)),
            "elasticity_magnitude": 0.3, "carrying_cost_per_quarter": 0.05}  # fmt: skip
    short = calm | {"bits_multiple": np.array([1.0] * 6 + [0.7] * 2)[:, None]}
    price = memory_market.price_with_stocks(**short, foresight_quarters=3).ravel()
    np.testing.assert_allclose(price[:3], 1.0)
    assert price[3] > 1.2
    assert price[6:].max() < (1 / 0.7) ** (1 / 0.3)
    dear = short | {"carrying_cost_per_quarter": 0.2}
    assert memory_market.price_with_stocks(**dear, foresight_quarters=3)[3, 0] < price[3]
    assert np.all(memory_market.price_with_stocks(**calm, foresight_quarters=3) == 1.0)
