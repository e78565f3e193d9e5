"""Which factor makes a range wide: shares add up, and an idle factor has none."""

import numpy as np
import pytest

from token_economics.methods.sensitivity import REMAINDERS, variance_split


def test_shares_add_up_to_one() -> None:
    values = np.random.default_rng(3).normal(size=(3, 2, 4, 50))
    split = variance_split(values, ("a", "b", "c"))
    assert sum(split.values()) == pytest.approx(1.0, abs=1e-12)


def test_additive_effects_leave_nothing_to_interaction_or_draws() -> None:
    a, b = np.array([0.0, 1.0, 5.0]), np.array([0.0, 2.0])
    values = np.repeat((a[:, None] + b)[..., None], 7, axis=-1)
    split = variance_split(values, ("a", "b"))
    assert split["a"] == pytest.approx(a.var() / (a.var() + b.var()))
    assert split[REMAINDERS[0]] == pytest.approx(0.0, abs=1e-12)
    assert split[REMAINDERS[1]] == pytest.approx(0.0, abs=1e-12)


def test_pure_interaction_is_credited_to_no_factor() -> None:
    values = np.array([[1.0, -1.0], [-1.0, 1.0]])[..., None]
    split = variance_split(values, ("a", "b"))
    assert split["a"] == split["b"] == pytest.approx(0.0)
    assert split[REMAINDERS[0]] == pytest.approx(1.0)


def test_a_factor_that_changes_nothing_has_no_share() -> None:
    draws = np.random.default_rng(4).normal(size=200)
    split = variance_split(np.stack([draws, draws]), ("idle",))
    assert split["idle"] == pytest.approx(0.0, abs=1e-15)
    assert split[REMAINDERS[1]] == pytest.approx(1.0)


def test_a_constant_has_no_variance_to_share() -> None:
    assert set(variance_split(np.ones((2, 3, 4)), ("a", "b")).values()) == {0.0}
