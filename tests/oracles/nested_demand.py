"""A nested CES market, simulated."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def nested_ces_volumes(
    prices: FloatArray,
    *,
    weights: FloatArray,
    substitution: float,
    market_elasticity: float,
) -> FloatArray:
    r"""Volume of each model in a nested CES market; models on the last axis.

    .. math:: q_i = a_i\,p_i^{-\sigma} P^{\sigma+\eta}, \qquad
       P = \Big(\sum_j a_j p_j^{1-\sigma}\Big)^{1/(1-\sigma)}

    At prices of one and weights that sum to one, the weights are the spending shares. σ ≠ 1.
    [unit of the weights]
    """
    price = np.asarray(prices, dtype=np.float64)
    exponent = 1.0 - substitution
    price_index = np.sum(weights * price**exponent, axis=-1, keepdims=True) ** (1.0 / exponent)
    return np.asarray(
        weights * price**-substitution * price_index ** (substitution + market_elasticity)
    )
