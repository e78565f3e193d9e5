"""What short samples say about a ceiling (D7)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from token_economics.methods.growth_curves import fit_curve, sample_of

SAMPLES = 300


def logistic_ceiling_spread(
    share_reached: float, *, n_samples: int, rng: np.random.Generator
) -> NDArray[np.float64]:
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


def _logistic_ceiling_cases() -> list[ArrayLike]:
    """Early, the low end and whether the high end is beyond five times the truth; later, both ends."""
    found: list[ArrayLike] = []
    for reached in (0.2, 0.3):
        rng = np.random.default_rng(0)
        low, high = logistic_ceiling_spread(reached, n_samples=SAMPLES, rng=rng)
        found += [low, high > 500]
    rng = np.random.default_rng(0)
    later = [logistic_ceiling_spread(share, n_samples=SAMPLES, rng=rng) for share in (0.5, 0.8)]
    return [*found, *later]


CHECKS = (_logistic_ceiling_cases,)
