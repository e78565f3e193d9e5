"""Canonical cases of global sensitivity and of sharing out a difference."""

from __future__ import annotations

import numpy as np
from scipy.stats import qmc

from token_economics.canonical import CanonicalCase, made_by
from token_economics.methods.arrays import FloatArray
from token_economics.methods.sensitivity import Draws, sobol_indices
from token_economics.methods.shapley import shapley_shares

LOG2_DRAWS = 13


def canonical_cases() -> list[CanonicalCase]:
    """Sobol indices of the Ishigami function (U1); Shapley values of small games."""
    return made_by(CHECKS)


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


def _ishigami_cases() -> list[CanonicalCase]:
    first, second = uniform_samples(1)
    found = sobol_indices(
        ishigami,
        first=first,
        second=second,
        inputs=list(first),
        together=3,
        rng=np.random.default_rng(1),
    ).set_index("input")
    expected = {
        "first": {"x1": 0.313905, "x2": 0.442411, "x3": 0.0},
        "total": {"x1": 0.557589, "x2": 0.442411, "x3": 0.243684},
    }
    source = "Ishigami and Homma (1990); closed form in Saltelli and others (2008)"
    return [
        CanonicalCase(
            "U1", f"Sobol index, {order}", source, f"Ishigami, {name}", value,
            float(np.asarray(found.loc[name, order])), 0.02,
        )
        for order, values in expected.items()
        for name, value in values.items()
    ]  # fmt: skip


def _game_cases() -> list[CanonicalCase]:
    """Glove game: one left glove, two right ones, and only a pair is worth anything."""

    def pair(made: frozenset[str]) -> FloatArray:
        return np.array([float("left" in made and bool(made & {"right", "other right"}))])

    players = ["left", "right", "other right"]
    shares = shapley_shares(
        pair, players, most_exact=3, order_pairs=2, rng=np.random.default_rng(1)
    ).contributions[:, 0]
    return [
        CanonicalCase(
            "A1",
            "Shapley value",
            "Shapley (1953); the glove game",
            name,
            value,
            float(found),
            1e-12,
        )
        for name, value, found in zip(players, (2 / 3, 1 / 6, 1 / 6), shares, strict=True)
    ]


CHECKS = (
    _ishigami_cases,
    _game_cases,
)
