"""Published cases of the growth curves and of what short samples say about a market size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from oracles import PublishedCase, made_by
from oracles.growth import (
    bass_adopted_share,
    bass_peak,
    fit_bass_to_adoptions,
    gompertz_level,
    logistic_duration,
    logistic_level,
    time_to_blow_up,
)

FloatArray = NDArray[np.float64]


def published_cases() -> list[PublishedCase]:
    """Bass peak (D1) and recovery (D4, D5), identities (D8, D10)."""
    return made_by(CHECKS)


def bass_market_size_spread(
    n_periods: int, *, n_samples: int, rng: np.random.Generator
) -> FloatArray:
    """5 and 95 % points of the market size fitted to the first periods of a Bass diffusion.

    True values p = 0.03, q = 0.38, m = 100; each period's adoptions are multiplied by
    1 + 0.05 N(0, 1); nonlinear least squares on the increments; every fit counts, also those
    that run off (methods row D5).
    """
    adoptions = _bass_adoptions(n_periods)
    noise = 1 + 0.05 * rng.standard_normal((n_samples, n_periods))
    sizes = [fit_bass_to_adoptions(adoptions * row).market_size for row in noise]
    return np.percentile(sizes, [5, 95])


def _bass_adoptions(n_periods: int) -> FloatArray:
    ends = np.arange(n_periods + 1)
    return 100 * np.diff(bass_adopted_share(ends, innovation=0.03, imitation=0.38))


def _bass_peak_cases() -> list[PublishedCase]:
    source = "Bass (1969) at the averages of Sultan, Farley and Lehmann (1990)"
    peak = bass_peak(innovation=0.03, imitation=0.38)
    expected = {"time": 6.19262, "adopted_share": 0.460526, "adoption_rate": 0.110592}
    return [
        PublishedCase("D1", "Bass peak", source, name, value, getattr(peak, name), 1e-5)
        for name, value in expected.items()
    ]


def _bass_recovery_cases() -> list[PublishedCase]:
    adoptions = _bass_adoptions(15)
    fit = fit_bass_to_adoptions(adoptions)
    expected = {"innovation": 0.03, "imitation": 0.38, "market_size": 100.0}
    source = "noise-free adoptions, periods 1 to 15"
    cases = [
        PublishedCase("D4", "Bass recovery", source, name, value, getattr(fit, name), 1e-6)
        for name, value in expected.items()
    ]
    peak_period = float(np.argmax(adoptions) + 1)
    return [*cases, PublishedCase("D4", "Bass recovery", source, "peak period", 7, peak_period, 0)]


def _bass_truncation_cases() -> list[PublishedCase]:
    rng = np.random.default_rng(0)
    source = "5 % noise, 300 samples; five periods are an order of magnitude only"
    expected = {5: (66.0, 912.0, 1.0), 7: (87, 127, 0.1), 10: (96, 104, 0.05), 15: (98, 102, 0.05)}
    cases: list[PublishedCase] = []
    for n_periods, (low, high, tolerance) in expected.items():
        spread = bass_market_size_spread(n_periods, n_samples=300, rng=rng)
        cases += _spread_cases(
            "D5",
            method="Bass market size",
            source=source,
            quantity=f"{n_periods} periods",
            expected=(low, high),
            computed=spread,
            tolerance=tolerance,
        )
    return cases


def _spread_cases(
    id: str,
    *,
    method: str,
    source: str,
    quantity: str,
    expected: tuple[float, float],
    computed: FloatArray,
    tolerance: float,
) -> list[PublishedCase]:
    return [
        PublishedCase(id, method, source, f"{quantity}, {end}", want, float(got), tolerance, True)
        for end, want, got in zip(("5 %", "95 %"), expected, computed, strict=True)
    ]


def _identity_cases() -> list[PublishedCase]:
    duration = float(logistic_duration(1, from_share=0.1, to_share=0.9))
    half = float(logistic_level(3, ceiling=1, growth_rate=0.7, midpoint=3))
    inflection = float(gompertz_level(3, ceiling=1, growth_rate=0.7, inflection=3))
    blow_up = float(time_to_blow_up(4.5, 0.1))
    return [
        PublishedCase("D8", "logistic", "ln 81", "10 to 90 % at rate 1", 4.39445, duration, 1e-5),
        PublishedCase("D8", "logistic", "closed form", "share at midpoint", 0.5, half, 1e-12),
        PublishedCase("D8", "Gompertz", "1/e", "share at inflection", 0.36788, inflection, 1e-5),
        PublishedCase("D10", "blow-up", "geometric series", "4.5 months, 10 %", 45, blow_up, 1e-9),
    ]


CHECKS = (
    _bass_peak_cases,
    _bass_recovery_cases,
    _bass_truncation_cases,
    _identity_cases,
)
