"""Tokens and the wages they are said to replace: one identity that both sides must meet.

Token spend equals the wage value of the work done, times the cost of tokens per unit of wage
value. A claim about any two fixes the third, and the third can be checked.
"""

from typing import NamedTuple

import numpy as np

from token_economics.methods.arrays import BoolArray, FloatArray, Numbers, floats
from token_economics.models.derived_demand import (
    HourDemand,
    mean_value,
    share_done,
    share_of_value,
    value_margin,
)


def token_spend(token_cost_share: Numbers, wage_value: Numbers) -> FloatArray:
    r"""Spend implied by the work done, :math:`\tau \bar V`. [money/year]

    ``token_cost_share`` is tau, ``wage_value`` that of the work.
    """
    return floats(np.multiply(token_cost_share, wage_value))


def token_cost_share(spend: Numbers, wage_value: Numbers) -> FloatArray:
    r"""Token spend for each unit of wage value, :math:`\tau = spend / \bar V`. [1]"""
    return floats(np.divide(spend, wage_value))


def wage_value_replaced(spend: Numbers, cost_share: Numbers) -> FloatArray:
    r"""Wages of the work that the spend would replace, :math:`\bar V = spend / \tau`. [money/year]"""
    return floats(np.divide(spend, cost_share))


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

    Examples
    --------
    Spend of 100 at a tenth of the wage would replace 1,000 of wages where only 800 are exposed:

    >>> claim = check_labour_equivalence(spend=100.0, cost_share=0.1, exposed_wage_bill=800.0)
    >>> print(claim.wage_value, claim.share_of_exposed_wages, claim.violates)
    1000.0 1.25 True
    """
    wage_value = wage_value_replaced(spend, cost_share)
    share = floats(np.divide(wage_value, exposed_wage_bill))
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

    Examples
    --------
    People would cost 100, the buyer would pay 10 and pays 5 for tokens. At the cost of people the
    gain looks nineteen times too large:

    >>> work = value_new_work(replacement_cost=100.0, willingness_to_pay=10.0, token_cost=5.0)
    >>> print(work.true_gain, work.value_overstatement, work.gain_overstatement)
    5.0 10.0 19.0
    """
    true_value = np.minimum(floats(willingness_to_pay), replacement_cost)
    true_gain = true_value - token_cost
    return NewWork(
        true_value=floats(true_value),
        true_gain=floats(true_gain),
        token_cost_share=token_cost_share(token_cost, replacement_cost),
        value_overstatement=floats(replacement_cost / true_value),
        gain_overstatement=floats((floats(replacement_cost) - token_cost) / true_gain),
    )


class TaskWork(NamedTuple):
    """Tasks done at a price of compute: what users would pay, what they cost, tokens alone.

    [money/quarter]; ``reach`` is what all tasks would be worth, done or not.
    """

    value: FloatArray
    cost: FloatArray
    token_spend: FloatArray
    reach: FloatArray


def work_done(
    demand: HourDemand, price_usd_per_h100e_hour: FloatArray, *, segments: slice
) -> TaskWork:
    r"""Work that the market does with tokens, from the very curve that clears it.

    .. math:: V = N e^{m+\sigma^2/2}\,\Phi(u+\sigma), \quad C = P N \Phi(u),
       \quad u = (m - \ln P)/\sigma

    summed over the chosen segments. V - C is users' surplus: finite, whatever the elasticity.
    Where the budget binds, u is by its shadow price and C by what is paid.
    """
    tokens = demand.price_factor * demand.hours_per_task
    token_cost = tokens * price_usd_per_h100e_hour
    cost = demand.review_usd + token_cost
    margin = value_margin(demand, price_usd_per_h100e_hour)
    tasks = demand.tasks * share_done(demand.value_curves, margin)
    reach = demand.tasks * mean_value(demand)
    parts = (reach * share_of_value(demand, margin), cost * tasks, token_cost * tasks, reach)
    return TaskWork(*(floats(part[segments].sum(axis=0)) for part in parts))


class ReplacedWork(NamedTuple):
    """Work that tokens do in place of paid people.

    ``log_saving`` is the log fall of its unit cost, ``wage_equivalent`` what people would cost
    for all work done with tokens, ``token_cost`` tokens per unit of that (tau), ``replaced`` the
    part that was paid work before, never above the wages exposed; ``violates`` marks where all of
    it would be. [money; 1]
    """

    log_saving: FloatArray
    wage_equivalent: FloatArray
    token_cost: FloatArray
    replaced: FloatArray
    violates: BoolArray


def replace_work(
    work: TaskWork, *, realised_share: Numbers, replaced_share: Numbers, exposed_wages: Numbers
) -> ReplacedWork:
    r"""Saving, token cost of a wage and work replaced, as outputs of the market.

    .. math:: S = \kappa \ln (V/C), \quad \bar V = C e^{S}, \quad \tau = T/\bar V,
       \quad R = \min(n \bar V,\ \text{exposed wages})

    Spending is what is observed, so cost is the anchor: a smaller saving means less work replaced
    for the same spending. Token spend over tau is never above the wages that exist; what is
    beyond must be new work.

    Parameters
    ----------
    realised_share
        Part of the curve's log saving that finished work shows, kappa. [0-1]
    replaced_share
        Part of the work that people were paid for before, n. [0-1]
    exposed_wages
        Wages of the tasks that tokens can do. [money]
    """
    log_saving = realised_share * np.log(work.value / work.cost)
    equivalent = work.cost * np.exp(log_saving)
    check = check_labour_equivalence(
        spend=work.token_spend,
        cost_share=work.token_spend / equivalent,
        exposed_wage_bill=exposed_wages,
    )
    return ReplacedWork(
        log_saving=floats(log_saving),
        wage_equivalent=floats(equivalent),
        token_cost=token_cost_share(work.token_spend, equivalent),
        replaced=floats(np.minimum(np.multiply(replaced_share, equivalent), exposed_wages)),
        violates=check.violates,
    )
