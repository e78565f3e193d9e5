"""CRPS of normal and ensemble forecasts (U3), the score of an interval (U5); the Brier score and its parts (U4)."""

from __future__ import annotations

from numpy.typing import ArrayLike

from token_economics.methods.scoring import (
    brier_parts,
    crps_ensemble,
    crps_normal,
    interval_score,
)


def _crps_cases() -> list[ArrayLike]:
    return [
        crps_normal(0, mean=0, sd=1),
        crps_normal(1, mean=0, sd=1),
        crps_normal(3, mean=1, sd=2),
        crps_ensemble(3, [1, 2, 4], fair=False),
        crps_ensemble(3, [1, 2, 4], fair=True),
    ]


def _brier_cases() -> list[ArrayLike]:
    parts = brier_parts(
        [0.1, 0.1, 0.1, 0.5, 0.5, 0.9, 0.9, 0.9, 0.9, 0.1], [0, 0, 0, 1, 0, 1, 1, 1, 0, 1]
    )
    return [parts.brier, parts.reliability, parts.resolution, parts.uncertainty]


def _interval_cases() -> list[ArrayLike]:
    return [
        interval_score(0.1, low=0.0, high=0.4, level=0.8),
        interval_score(2.0, low=-1.2815515655446004, high=1.2815515655446004, level=0.8),
        interval_score(-3.0, low=-1.0, high=1.0, level=0.95),
    ]


CHECKS = (_crps_cases, _brier_cases, _interval_cases)
