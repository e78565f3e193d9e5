"""Which choice makes a range wide: variance of a full factorial, split by factor.

Every level of every choice counts alike. Reference: Fisher's analysis of variance for balanced
designs; Saltelli and others, *Global Sensitivity Analysis* (2008), chapter 1.
"""

from __future__ import annotations

from collections.abc import Sequence

from token_economics.methods.arrays import FloatArray

REMAINDERS = ("choices together", "all else")


def variance_split(values: FloatArray, factors: Sequence[str]) -> dict[str, float]:
    r"""Share of the variance that each choice makes by itself, and what is left.

    .. math:: \frac{\mathrm{Var}\,\mathrm{E}(Y \mid X_i)}{\mathrm{Var}\,Y}

    [share of variance]

    Parameters
    ----------
    values
        A result for every combination: one axis a factor, in their order, and draws of all other
        assumptions on the last axis.

    Returns
    -------
    A share a factor; "choices together" is what choices do beyond the sum of their own effects;
    "all else" is the mean variance over draws at given choices. They add up to one.

    Examples
    --------
    Two choices that add up: the second moves the result twice as far, and makes four fifths of the
    variance.

    >>> import numpy as np
    >>> values = np.array([[[0.0], [2.0]], [[1.0], [3.0]]])
    >>> split = variance_split(values, ["first", "second"])
    >>> print(round(split["first"], 3), round(split["second"], 3))
    0.2 0.8
    """
    total = float(values.var())
    if total == 0:
        return dict.fromkeys((*factors, *REMAINDERS), 0.0)
    axes = range(values.ndim)
    own = {
        name: float(values.mean(axis=tuple(a for a in axes if a != axis)).var()) / total
        for axis, name in enumerate(factors)
    }
    within = float(values.var(axis=-1).mean()) / total
    return {**own, REMAINDERS[0]: 1.0 - within - sum(own.values()), REMAINDERS[1]: within}
