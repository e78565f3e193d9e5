"""Total effects against the Ishigami function, whose indices are known."""

import numpy as np
import pytest

from token_economics.total_effects import Draws, total_effects


def ishigami(draws: Draws) -> dict[str, np.ndarray]:
    x, y, z = draws["x"], draws["y"], draws["z"]
    return {"f": np.sin(x) + 7 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x), "flat": np.ones_like(x)}


def sample(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: rng.uniform(-np.pi, np.pi, 60_000) for name in ("x", "y", "z", "unused")}


def test_ishigami_total_effects_u1() -> None:
    found = total_effects(ishigami, first=sample(1), second=sample(2))["f"]
    assert found["x"] == pytest.approx(0.557589, abs=0.02)
    assert found["y"] == pytest.approx(0.442411, abs=0.02)
    assert found["z"] == pytest.approx(0.243684, abs=0.02)
    assert found["unused"] == 0


def test_a_result_that_does_not_vary_has_no_effects() -> None:
    found = total_effects(ishigami, first=sample(1), second=sample(2))["flat"]
    assert set(found.values()) == {0.0}
