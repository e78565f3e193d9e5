"""Canonical cases of what short samples say about a ceiling."""

from __future__ import annotations

import numpy as np
from scipy import special

from token_economics.canonical import CanonicalCase, made_by
from token_economics.methods.arrays import FloatArray
from token_economics.methods.growth_curves import fit_curve, sample_of


def canonical_cases() -> list[CanonicalCase]:
    """Logistic ceiling (D7)."""
    return made_by(CHECKS)


def logistic_ceiling_spread(
    share_reached: float, *, n_samples: int, rng: np.random.Generator
) -> FloatArray:
    """5 and 95 % points of the ceiling fitted to 20 points from 1 % to a share of the truth, 100.

    Errors are normal with standard deviation 0.1 in logs; least squares on log levels; every fit
    counts, also those without a finite ceiling (methods row D7).
    """
    ends = np.log([0.01 / 0.99, share_reached / (1 - share_reached)])
    time = np.linspace(ends[0], ends[1], 20)
    level = 100 * special.expit(time)
    noise = np.exp(0.1 * rng.standard_normal((n_samples, 20)))
    samples = [sample_of(time, level * row, launch_time=time[0] - 1) for row in noise]
    log_ceilings = [fit_curve("logistic", sample, time=time).constant for sample in samples]
    return np.exp(np.percentile(log_ceilings, [5, 95]))


def _logistic_ceiling_cases() -> list[CanonicalCase]:
    rng = np.random.default_rng(0)
    source = "10 % noise, 300 samples; compare Debecker and Modis (1994)"
    expected = {0.5: (72.0, 166.0), 0.8: (86.0, 118.0)}
    cases: list[CanonicalCase] = []
    for reached, low in ((0.2, 40.0), (0.3, 56.0)):
        early = logistic_ceiling_spread(reached, n_samples=300, rng=np.random.default_rng(0))
        what = f"{reached:.0%} of the ceiling reached, order of magnitude"
        cases += [
            CanonicalCase("D7", "logistic ceiling", source, f"{what}, 5 %", low, float(early[0]), 0.15, True),
            CanonicalCase("D7", "logistic ceiling", source, f"{what}, 95 % beyond five times the truth (1: yes)",
                          1, float(early[1] > 500), 0),
        ]  # fmt: skip
    for reached, ends in expected.items():
        spread = logistic_ceiling_spread(reached, n_samples=300, rng=rng)
        quantity = f"{reached:.0%} of the ceiling reached"
        cases += _spread_cases(
            "D7",
            method="logistic ceiling",
            source=source,
            quantity=quantity,
            expected=ends,
            computed=spread,
            tolerance=0.15,
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
) -> list[CanonicalCase]:
    return [
        CanonicalCase(id, method, source, f"{quantity}, {end}", want, float(got), tolerance, True)
        for end, want, got in zip(("5 %", "95 %"), expected, computed, strict=True)
    ]


CHECKS = (_logistic_ceiling_cases,)
