"""Canonical cases of spending: revenue from run-rates (M10)."""

from __future__ import annotations

import pandas as pd

from token_economics.canonical import CanonicalCase, made_by
from token_economics.models.spending import run_rate_to_revenue


def canonical_cases() -> list[CanonicalCase]:
    """Revenue from run-rates (M10)."""
    return made_by(CHECKS)


def _run_rate_cases() -> list[CanonicalCase]:
    points = pd.DatetimeIndex(["2026-03-31", "2026-06-30"])
    revenue = run_rate_to_revenue(points, [30.0, 60.0], period="quarter")["revenue"]
    return [
        CanonicalCase(
            "M10",
            "run-rate to revenue",
            "worked example",
            "run-rate 30 to 60 over a quarter",
            10.820213,
            float(revenue.iloc[0]),
            1e-7,
            relative=True,
        )
    ]


CHECKS = (_run_rate_cases,)
