"""Shapley shares: they add up, ignore what does nothing, and treat equals equally."""

from collections.abc import Callable

import numpy as np
import pytest

from token_economics.methods.shapley import Shares, shapley_shares

CHANGES = ["a", "b", "c", "d", "e", "f", "g", "h"]
WEIGHTS = dict(zip(CHANGES, (5.0, -3.0, 2.0, 1.0, 0.0, 4.0, -2.0, 0.5), strict=True))


def additive(made: frozenset[str]) -> np.ndarray:
    return np.array([sum(WEIGHTS[name] for name in made)])


def product(made: frozenset[str]) -> np.ndarray:
    """Prices multiply; a second result is a level that only a and b move together."""
    return np.array([np.exp(0.2 * additive(made)[0]), float({"a", "b"} <= made)])


def shares(
    value: Callable[[frozenset[str]], np.ndarray],
    changes: list[str],
    most_exact: int = 6,
    pairs: int = 40,
) -> Shares:
    return shapley_shares(
        lambda sets: np.array([value(made) for made in sets]),
        changes,
        most_exact=most_exact,
        order_pairs=pairs,
        rng=np.random.default_rng(7),
    )


def test_independent_changes_get_what_they_add() -> None:
    found = shares(additive, CHANGES[:6])
    assert found.exact and found.evaluations == 64
    assert found.contributions[:, 0] == pytest.approx([WEIGHTS[name] for name in CHANGES[:6]])
    assert not found.standard_error.any()


@pytest.mark.parametrize("most_exact", [8, 0])
def test_shares_add_up_to_the_difference_exact_or_sampled(most_exact: int) -> None:
    found = shares(product, CHANGES, most_exact, pairs=3)
    assert found.exact == (most_exact == 8)
    assert found.contributions.sum(axis=0) == pytest.approx(found.after - found.before, abs=1e-12)


def test_a_change_that_does_nothing_gets_nothing_exact_or_sampled() -> None:
    for most_exact in (8, 0):
        found = shares(product, CHANGES, most_exact)
        assert found.contributions[CHANGES.index("e")] == pytest.approx([0, 0], abs=1e-12)


def test_two_changes_that_only_work_together_share_equally() -> None:
    found = shares(product, ["a", "b", "c"])
    assert found.contributions[:, 1] == pytest.approx([0.5, 0.5, 0.0])


def test_the_names_order_does_not_matter_when_all_sets_are_counted() -> None:
    forwards, backwards = shares(product, CHANGES[:5]), shares(product, CHANGES[:5][::-1])
    assert forwards.contributions == pytest.approx(backwards.contributions[::-1])


def test_sampled_shares_are_as_far_from_exact_ones_as_their_error_says() -> None:
    exact, sampled = shares(product, CHANGES, 8), shares(product, CHANGES, 0, pairs=40)
    distance = np.abs(sampled.contributions - exact.contributions)
    assert (distance <= 4 * sampled.standard_error + 1e-12).all()
    assert sampled.standard_error.max() > 0
    fewer = shares(product, CHANGES, 0, pairs=5)
    assert fewer.standard_error.max() > sampled.standard_error.max()


def test_no_change_makes_no_difference() -> None:
    found = shares(additive, [])
    assert found.contributions.shape[0] == 0 and (found.before == found.after).all()
