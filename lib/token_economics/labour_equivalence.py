"""Tokens and the wages they are said to replace: one identity that both sides must meet.

Token spend equals the wage value of the work done, times the cost of tokens per unit of wage
value. A claim about any two fixes the third, and the third can be checked.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Numbers = float | FloatArray
BoolArray = NDArray[np.bool_]


def _floats(values: object) -> FloatArray:
    return np.asarray(values, dtype=np.float64)


def token_spend(token_cost_share: Numbers, wage_value: Numbers) -> FloatArray:
    r"""Spend implied by the work done, :math:`\tau \bar V`. [money/year]"""
    return _floats(np.multiply(token_cost_share, wage_value))


def token_cost_share(spend: Numbers, wage_value: Numbers) -> FloatArray:
    r"""Token spend for each unit of wage value, :math:`\tau = spend / \bar V`. [1]"""
    return _floats(np.divide(spend, wage_value))


def wage_value_replaced(spend: Numbers, cost_share: Numbers) -> FloatArray:
    r"""Wages of the work that the spend would replace, :math:`\bar V = spend / \tau`. [money/year]"""
    return _floats(np.divide(spend, cost_share))


class LabourCheck(NamedTuple):
    """Implied work against the wages that exist; ``violates`` marks an impossible claim."""

    wage_value: FloatArray
    share_of_exposed_wages: FloatArray
    violates: BoolArray


def check_labour_equivalence(
    *, spend: Numbers, cost_share: Numbers, exposed_wage_bill: Numbers
) -> LabourCheck:
    """Whether token spend would replace more labour than is exposed at all.

    Parameters
    ----------
    spend
        Token spend on work that replaces labour. [money/year]
    cost_share
        Token cost of a unit of wage value, τ. [1]
    exposed_wage_bill
        Wages of the tasks that tokens can do. [money/year]
    """
    wage_value = wage_value_replaced(spend, cost_share)
    share = _floats(np.divide(wage_value, exposed_wage_bill))
    return LabourCheck(wage_value, share, np.asarray(share > 1.0))


class NewWork(NamedTuple):
    """Work that nobody would have paid people to do."""

    true_value: FloatArray
    true_gain: FloatArray
    token_cost_share: FloatArray
    value_overstatement: FloatArray
    gain_overstatement: FloatArray


def value_new_work(
    *, replacement_cost: Numbers, willingness_to_pay: Numbers, token_cost: Numbers
) -> NewWork:
    """Value of work done by tokens that was not done before.

    It is worth what the buyer would have paid, and never more than doing it by people costs.
    Valuing it at the cost of people overstates value, and overstates the gain by more.

    Parameters
    ----------
    replacement_cost
        What people would cost. [money]
    willingness_to_pay
        What the buyer would have paid at most. [money]
    token_cost
        What the tokens cost. [money]
    """
    true_value = np.minimum(_floats(willingness_to_pay), replacement_cost)
    true_gain = true_value - token_cost
    return NewWork(
        true_value=_floats(true_value),
        true_gain=_floats(true_gain),
        token_cost_share=token_cost_share(token_cost, replacement_cost),
        value_overstatement=_floats(replacement_cost / true_value),
        gain_overstatement=_floats((_floats(replacement_cost) - token_cost) / true_gain),
    )
