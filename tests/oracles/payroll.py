"""Tokens in the bill of a firm at least cost, from the weights of its technology."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

FloatArray = NDArray[np.float64]


def token_payroll_share(
    *,
    token_cost_usd_per_task: ArrayLike,
    wage_usd_per_task: ArrayLike,
    substitution_elasticity: ArrayLike,
    token_weight: ArrayLike,
) -> FloatArray:
    r"""Share of tokens in the firm's bill for tokens and labour, at least cost. [share]

    .. math:: \frac{s}{1-s} = \left(\frac{a}{1-a}\right)^{\sigma}
              \left(\frac{p z}{w}\right)^{1-\sigma}

    First-order condition of :math:`(a T^{\rho} + (1-a) L^{\rho})^{1/\rho}`, tokens and labour
    both counted in tasks, :math:`\sigma = 1/(1-\rho)`. At equal weights tokens cheaper than
    labour take more than half of the bill only if sigma exceeds one.

    Examples
    --------
    Tokens cost a tenth of the wage for the same task. They take most of the bill only if they
    replace labour easily:

    >>> share = token_payroll_share(
    ...     token_cost_usd_per_task=1.0,
    ...     wage_usd_per_task=10.0,
    ...     substitution_elasticity=[0.5, 1.0, 2.0],
    ...     token_weight=0.5,
    ... )
    >>> print(share.round(2))
    [0.24 0.5  0.91]
    """
    log_relative_cost = np.log(np.divide(token_cost_usd_per_task, wage_usd_per_task))
    log_odds = np.multiply(
        substitution_elasticity, special.logit(np.asarray(token_weight, dtype=np.float64))
    ) + np.multiply(np.subtract(1, substitution_elasticity), log_relative_cost)
    return np.asarray(special.expit(log_odds), dtype=np.float64)
