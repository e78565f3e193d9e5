"""Amplification of growth upstream: the estimate against a known truth."""

import numpy as np
import pytest

from token_economics.methods import bullwhip


def series(spread: float, common: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    shared, own = rng.normal(0, 1, (2, 40))
    down = 0.1 * shared
    up = spread * 0.1 * (common * shared + np.sqrt(1 - common**2) * own)
    return np.exp(np.cumsum(up)), np.exp(np.cumsum(down))


def test_interval_holds_the_true_ratio_as_often_as_it_says() -> None:
    inside = 0
    for seed in range(400):
        found = bullwhip.growth_amplification(*series(2.0, 0.6, seed), level=0.9)
        inside += found.low <= 2.0 <= found.high
    assert inside / 400 == pytest.approx(0.9, abs=0.04)


def test_equal_swings_are_rarely_called_different() -> None:
    p_values = [
        bullwhip.growth_amplification(*series(1.0, 0.5, seed), level=0.9).p_value
        for seed in range(400)
    ]
    assert np.mean(np.array(p_values) < 0.1) == pytest.approx(0.1, abs=0.04)


def test_interval_excludes_one_exactly_when_the_test_rejects() -> None:
    for seed in range(50):
        found = bullwhip.growth_amplification(*series(1.5, 0.3, seed), level=0.9)
        assert (found.low > 1 or found.high < 1) == (found.p_value < 0.1)
