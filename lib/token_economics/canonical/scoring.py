"""Canonical cases of the scores."""

from __future__ import annotations

from token_economics.canonical import CanonicalCase, made_by
from token_economics.methods.scoring import brier_parts, crps_ensemble, crps_normal


def canonical_cases() -> list[CanonicalCase]:
    """CRPS of normal and ensemble forecasts (U3); the Brier score and its parts (U4)."""
    return made_by(CHECKS)


def _crps_cases() -> list[CanonicalCase]:
    source = "Gneiting and Raftery (2007); values as the properscoring package gives them"
    fair_source = "Ferro (2014)"
    normal = [
        ("N(0,1), outcome 0", 0.2336950, crps_normal(0, mean=0, sd=1)),
        ("N(0,1), outcome 1", 0.6024414, crps_normal(1, mean=0, sd=1)),
        ("N(1,2), outcome 3", 1.2048827, crps_normal(3, mean=1, sd=2)),
    ]
    cases = [
        CanonicalCase("U3", "CRPS, normal", source, quantity, expected, float(computed), 1e-7)
        for quantity, expected, computed in normal
    ]
    whole = float(crps_ensemble(3, [1, 2, 4], fair=False))
    fair = float(crps_ensemble(3, [1, 2, 4], fair=True))
    quantity = "members 1, 2, 4, outcome 3"
    return [
        *cases,
        CanonicalCase("U3", "CRPS, ensemble", source, quantity, 2 / 3, whole, 1e-12),
        CanonicalCase("U3", "CRPS, fair ensemble", fair_source, quantity, 1 / 3, fair, 1e-12),
    ]


def _brier_cases() -> list[CanonicalCase]:
    parts = brier_parts(
        [0.1, 0.1, 0.1, 0.5, 0.5, 0.9, 0.9, 0.9, 0.9, 0.1], [0, 0, 0, 1, 0, 1, 1, 1, 0, 1]
    )
    expected = {"brier": 0.218, "reliability": 0.018, "resolution": 0.050, "uncertainty": 0.250}
    return [
        CanonicalCase(
            "U4", "Brier score", "Murphy (1973)", part, value, getattr(parts, part), 1e-12
        )
        for part, value in expected.items()
    ]


CHECKS = (
    _crps_cases,
    _brier_cases,
)
