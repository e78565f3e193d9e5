"""Index numbers: published tables, identities, and the axioms each formula meets."""

import numpy as np
import pytest

from token_economics.canonical.index_numbers import (
    manual_prices,
    manual_quantities,
)
from token_economics.methods.prices.index_numbers import (
    FORMULAS,
    chain_drift,
    chained_index,
    expenditure_shares,
    fisher,
    fixed_base_index,
    geks_index,
    index_by_formula,
    laspeyres,
    logarithmic_mean,
    paasche,
    tornqvist,
)


@pytest.fixture
def panel() -> dict[str, np.ndarray]:
    return {"prices": manual_prices(), "quantities": manual_quantities()}


def two_periods(panel: dict[str, np.ndarray], later: int = 1) -> dict[str, np.ndarray]:
    prices, quantities = panel["prices"], panel["quantities"]
    return {
        "base_prices": prices[0],
        "prices": prices[later],
        "base_quantities": quantities[0],
        "quantities": quantities[later],
    }


@pytest.mark.parametrize("name", FORMULAS)
def test_index_is_the_common_factor_when_all_prices_move_alike(
    name: str, panel: dict[str, np.ndarray]
) -> None:
    data = two_periods(panel) | {"prices": 0.3 * panel["prices"][0]}
    assert FORMULAS[name](**data) == pytest.approx(0.3, rel=1e-14)


@pytest.mark.parametrize("name", ["fisher", "tornqvist"])
def test_superlative_index_satisfies_time_reversal(name: str, panel: dict[str, np.ndarray]) -> None:
    forward = two_periods(panel)
    backward = {
        "base_prices": forward["prices"],
        "prices": forward["base_prices"],
        "base_quantities": forward["quantities"],
        "quantities": forward["base_quantities"],
    }
    assert FORMULAS[name](**forward) * FORMULAS[name](**backward) == pytest.approx(1, rel=1e-14)


def test_fisher_price_times_fisher_quantity_is_the_value_ratio(
    panel: dict[str, np.ndarray],
) -> None:
    data = two_periods(panel)
    quantity_index = fisher(
        base_prices=data["base_quantities"],
        prices=data["quantities"],
        base_quantities=data["base_prices"],
        quantities=data["prices"],
    )
    value_ratio = (data["prices"] @ data["quantities"]) / (
        data["base_prices"] @ data["base_quantities"]
    )
    assert fisher(**data) * quantity_index == pytest.approx(value_ratio, rel=1e-14)


def test_laspeyres_and_paasche_are_baskets_revalued(
    panel: dict[str, np.ndarray],
) -> None:
    data = two_periods(panel, later=3)
    p0, p1 = data["base_prices"], data["prices"]
    q0, q1 = data["base_quantities"], data["quantities"]
    assert laspeyres(**data) == pytest.approx((p1 @ q0) / (p0 @ q0), rel=1e-14)
    assert paasche(**data) == pytest.approx((p1 @ q1) / (p0 @ q1), rel=1e-14)


def test_tornqvist_is_exact_for_constant_budget_shares() -> None:
    shares = np.array([0.3, 0.7])
    base_prices, prices = np.array([1.0, 1.0]), np.array([0.1, 1.2])
    data = {
        "base_quantities": shares / base_prices,
        "quantities": 2.0 * shares / prices,
    }
    cost_of_living = np.prod(prices**shares)
    assert tornqvist(base_prices=base_prices, prices=prices, **data) == pytest.approx(
        cost_of_living, rel=1e-14
    )


def test_a_good_missing_from_one_period_does_not_enter(
    panel: dict[str, np.ndarray],
) -> None:
    data = two_periods(panel)
    without = {name: array[1:] for name, array in data.items()}
    data["prices"] = np.concatenate([[np.nan], data["prices"][1:]])
    for formula in FORMULAS.values():
        assert formula(**data) == pytest.approx(formula(**without), rel=1e-14)


def test_chain_of_two_periods_is_the_bilateral_index(
    panel: dict[str, np.ndarray],
) -> None:
    first_two = {name: array[:2] for name, array in panel.items()}
    for formula in FORMULAS.values():
        assert chained_index(formula, **first_two) == pytest.approx(
            fixed_base_index(formula, **first_two), rel=1e-14
        )


def test_geks_of_two_periods_is_fisher(panel: dict[str, np.ndarray]) -> None:
    first_two = {name: array[:2] for name, array in panel.items()}
    assert geks_index(fisher, **first_two)[1] == pytest.approx(
        float(fisher(**two_periods(panel))), rel=1e-14
    )


def test_geks_does_not_depend_on_the_order_of_the_periods(
    panel: dict[str, np.ndarray],
) -> None:
    order = [0, 3, 1, 4, 2]
    straight = geks_index(fisher, **panel)
    shuffled = geks_index(fisher, **{name: array[order] for name, array in panel.items()})
    assert shuffled == pytest.approx(straight[order], rel=1e-14)


def test_geks_returns_to_one_when_prices_and_quantities_do_but_the_chain_drifts(
    panel: dict[str, np.ndarray],
) -> None:
    round_trip = {name: array[[0, 1, 2, 0]] for name, array in panel.items()}
    assert geks_index(fisher, **round_trip)[-1] == pytest.approx(1.0, abs=1e-14)
    assert chain_drift(laspeyres, **round_trip)[-1] > 0.01
    assert chain_drift(paasche, **round_trip)[-1] < -0.01


def test_shares_sum_to_one(panel: dict[str, np.ndarray]) -> None:
    shares = expenditure_shares(panel["prices"] * panel["quantities"])
    assert shares.sum(axis=1) == pytest.approx(np.ones(5))


def test_formulas_agree_when_the_change_is_small() -> None:
    indexes = index_by_formula(
        relatives=[1.001, 1.0], base_shares=[0.2, 0.8], shares=[0.2001, 0.7999]
    )
    assert np.ptp([float(index) for index in indexes.values()]) < 5e-7


def test_logarithmic_mean_lies_between_the_geometric_and_the_arithmetic_mean() -> None:
    mean = float(logarithmic_mean(2.0, 8.0))
    assert np.sqrt(16.0) < mean < 5.0
    assert mean == pytest.approx(6.0 / np.log(4.0))


def test_logarithmic_mean_is_the_common_value_or_zero_at_the_edges() -> None:
    assert logarithmic_mean([3.0, 0.0, 0.0], [3.0, 5.0, 0.0]).tolist() == [3.0, 0.0, 0.0]


def test_fisher_lies_between_laspeyres_and_paasche() -> None:
    rng = np.random.default_rng(8)
    shape = (200, 5)
    data = {
        "base_prices": rng.lognormal(0, 1, shape),
        "prices": rng.lognormal(0, 1, shape),
        "base_quantities": rng.lognormal(0, 1, shape),
        "quantities": rng.lognormal(0, 1, shape),
    }
    ends = np.stack([laspeyres(**data), paasche(**data)])
    middle = fisher(**data)
    assert (ends.min(axis=0) <= middle).all()
    assert (middle <= ends.max(axis=0)).all()
    assert np.ptp(ends, axis=0).min() > 0
