r"""Which assumptions matter: the share of a result's variance that would go if one were known.

Reference: Jansen (1999), the estimator of the total effect from two samples and their mixtures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Draws = Mapping[str, FloatArray]


def total_effects(
    results: Callable[[Draws], Mapping[str, FloatArray]], *, first: Draws, second: Draws
) -> dict[str, dict[str, float]]:
    r"""Total effect of each input on each result: result, input, share of variance.

    .. math:: S_i = \frac{\overline{(f(A) - f(A_B^{(i)}))^2}}{2\,\mathrm{Var} f(A)}

    where :math:`A_B^{(i)}` is the first sample with input i from the second. Shares count
    interactions, so they may add up to more than one. A result that does not vary has none.

    Parameters
    ----------
    first, second
        Two independent samples of all inputs, arrays of equal length by name.
    """
    base = results(first)
    spread = {name: float(values.var()) for name, values in base.items()}
    effects: dict[str, dict[str, float]] = {name: {} for name in base}
    for changed in first:
        mixed = results({**first, changed: second[changed]})
        for name, values in base.items():
            moved = float(np.mean((values - mixed[name]) ** 2)) / 2
            effects[name][changed] = moved / spread[name] if spread[name] > 0 else 0.0
    return effects
