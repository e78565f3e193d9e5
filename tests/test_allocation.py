"""Layers that two products share: corners against the solver, ties, limits."""

import numpy as np
import pytest

from token_economics.models import allocation


def random_programmes(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    return (
        rng.uniform(1, 10, (count, 2)),
        rng.uniform(0.1, 3, (count, 4, 2)),
        rng.uniform(1, 10, (count, 4)),
    )


def test_corners_agree_with_the_solver_on_two_hundred_draws() -> None:
    values, needs, limits = random_programmes(200)
    corners = allocation.best_of_two(values, needs, limits)
    solved = [
        allocation.linear_plan(v, n, b).value for v, n, b in zip(values, needs, limits, strict=True)
    ]
    np.testing.assert_allclose(corners.value, solved, rtol=1e-9)


def test_duals_of_the_solver_are_the_one_sided_worths_off_ties() -> None:
    values, needs, limits = random_programmes(50)
    worth = allocation.shadow_prices_of_two(values, needs, limits, step=1e-7)
    duals = [
        allocation.linear_plan(v, n, b).duals for v, n, b in zip(values, needs, limits, strict=True)
    ]
    np.testing.assert_allclose(worth.of_one_more, duals, atol=1e-5)
    np.testing.assert_allclose(worth.of_one_less, duals, atol=1e-5)


def test_duals_exhaust_the_value() -> None:
    values, needs, limits = random_programmes(20)
    for v, n, b in zip(values, needs, limits, strict=True):
        plan = allocation.linear_plan(v, n, b)
        assert plan.duals @ b == pytest.approx(plan.value)


def test_one_product_is_the_least_of_its_layers() -> None:
    values, needs, limits = random_programmes(20)
    alone = values * np.array([1.0, 0.0])
    plan = allocation.best_of_two(alone, needs, limits)
    least = (limits / needs[..., 0]).min(axis=-1)
    np.testing.assert_allclose(plan.value, values[:, 0] * least, rtol=1e-9)


def test_on_a_tie_less_of_a_layer_costs_but_more_of_it_brings_nothing() -> None:
    need = np.array([[3.0, 1.0], [2.0, 1.0], [1.0, 1.0]])
    worth = allocation.shadow_prices_of_two([10.0, 0.0], need, [10.2, 6.8, 3.4], step=1e-3)
    assert np.all(np.abs(worth.of_one_more) < 1e-9)
    assert np.all(worth.of_one_less > 3)


def test_more_of_any_layer_never_lowers_the_value() -> None:
    values, needs, limits = random_programmes(100)
    worth = allocation.shadow_prices_of_two(values, needs, limits, step=0.1)
    assert worth.of_one_more.min() >= -1e-9
    assert np.all(worth.of_one_more <= worth.of_one_less + 1e-9)


def test_a_programme_without_limits_is_refused() -> None:
    with pytest.raises(ValueError, match="no best plan"):
        allocation.linear_plan(np.array([1.0, 1.0]), np.array([[1.0, 0.0]]), np.array([1.0]))


def test_more_of_a_layer_with_nothing_has_a_worth_and_less_of_it_has_none() -> None:
    """Buyers who stop leave finance at nothing: its worth is a number, not nothing over nothing."""
    worth = allocation.shadow_prices_of_two([10.0, 2.0], np.eye(2), [0.0, 3.0], step=1e-6)
    np.testing.assert_allclose(worth.of_one_more, [10.0, 2.0], rtol=1e-4)
    np.testing.assert_allclose(worth.of_one_less, [0.0, 2.0], rtol=1e-4)
