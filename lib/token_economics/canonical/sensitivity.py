"""Global sensitivity: the Ishigami function (U1). Sharing out a difference: a small game (A1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import qmc

from token_economics.methods.arrays import FloatArray
from token_economics.methods.sensitivity import Draws, sobol_indices
from token_economics.methods.shapley import shapley_shares

LOG2_DRAWS = 13


def ishigami(draws: Draws) -> dict[str, FloatArray]:
    """The Ishigami function with a = 7, b = 0.1."""
    x, y, z = draws["x1"], draws["x2"], draws["x3"]
    return {"f": np.sin(x) + 7 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x)}


def uniform_samples(seed: int) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
    """Two independent samples over the cube from -π to π, from one low-discrepancy sequence."""
    points = qmc.Sobol(6, rng=np.random.default_rng(seed)).random_base2(LOG2_DRAWS)
    names = ("x1", "x2", "x3")
    columns = (2 * points - 1) * np.pi
    return (
        {name: columns[:, place] for place, name in enumerate(names)},
        {name: columns[:, place + 3] for place, name in enumerate(names)},
    )


def _ishigami_cases() -> list[ArrayLike]:
    first, second = uniform_samples(1)
    found = sobol_indices(
        ishigami,
        first=first,
        second=second,
        inputs=list(first),
        together=3,
        rng=np.random.default_rng(1),
    ).set_index("input")
    return [found.loc[["x1", "x2", "x3"], order].to_numpy() for order in ("first", "total")]


def _game_cases() -> list[ArrayLike]:
    """Glove game: one left glove, two right ones, and only a pair is worth anything."""

    def pair(made: frozenset[str]) -> FloatArray:
        return np.array([float("left" in made and bool(made & {"right", "other right"}))])

    shares = shapley_shares(
        pair,
        ["left", "right", "other right"],
        most_exact=3,
        order_pairs=2,
        rng=np.random.default_rng(1),
    )
    return [shares.contributions[:, 0]]


CHECKS = (_ishigami_cases, _game_cases)
