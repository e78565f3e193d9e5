"""Revenue from run-rates (M10)."""

from __future__ import annotations

import pandas as pd
from numpy.typing import ArrayLike

from token_economics.models.spending import run_rate_to_revenue


def _run_rate_cases() -> list[ArrayLike]:
    points = pd.DatetimeIndex(["2026-03-31", "2026-06-30"])
    return [run_rate_to_revenue(points, [30.0, 60.0], period="quarter")["revenue"].iloc[0]]


CHECKS = (_run_rate_cases,)
