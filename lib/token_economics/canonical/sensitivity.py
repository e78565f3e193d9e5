"""Global sensitivity: the Ishigami function (U1). Sharing out a difference: a small game (A1)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import qmc

from token_economics.methods.arrays import FloatArray
from token_economics.methods.sensitivity import Draws, first_order_effects, total_effects
from token_economics.methods.shapley import shapley_shares

LOG2_DRAWS = 13


def ishigami(draws: Draws) -> dict[str, FloatArray]:
    """The Ishigami function with a = 7, b = 0.1."""
    x, y, z = draws["x1"], draws["x2"], draws["x3"]
    return {"f": np.sin(x) + 7 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x)}


def uniform_sample(seed: int) -> dict[str, FloatArray]:
    """Low-discrepancy draws over the cube from -π to π."""
    points = qmc.Sobol(3, rng=np.random.default_rng(seed)).random_base2(LOG2_DRAWS)
    return {f"x{1 + place}": (2 * column - 1) * np.pi for place, column in enumerate(points.T)}


def _ishigami_cases() -> list[ArrayLike]:
    draws = uniform_sample(1)
    first = first_order_effects(draws, ishigami(draws))
    total = total_effects(ishigami, draws=draws, inputs=list(draws), together=3)
    return [first["first"], total["total"]]


def _game_cases() -> list[ArrayLike]:
    """Glove game: one left glove, two right ones, and only a pair is worth anything."""

    def pair(sets: Sequence[frozenset[str]]) -> FloatArray:
        return np.array(
            [[float("left" in made and bool(made & {"right", "other right"}))] for made in sets]
        )

    shares = shapley_shares(
        pair,
        ["left", "right", "other right"],
        most_exact=3,
        order_pairs=2,
        rng=np.random.default_rng(1),
    )
    return [shares.contributions[:, 0]]


CHECKS = (_ishigami_cases, _game_cases)
