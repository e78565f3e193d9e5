r"""Which tasks are worth their cost, and what makes their tokens grow.

Readings of the demand that clears the market (`derived_demand.HourDemand`): cost of an accepted task,
share of tasks whose value exceeds it, elasticity, quota. Nothing here is a second model: hours
and elasticities add up to those of the market. Work segments lie on the first axis, draws last.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import special

from token_economics.methods.arrays import FloatArray, floats
from token_economics.models.derived_demand import HourDemand, value_margin


class TaskCost(NamedTuple):
    """Cost of an accepted task by its two parts. [USD, in the market's unit of a task]"""

    tokens: FloatArray
    review: FloatArray


class GrowthParts(NamedTuple):
    """What the log growth of a segment's tokens adds up from. [log points]"""

    spread: FloatArray
    worth_doing: FloatArray
    tokens_per_task: FloatArray


def task_cost(demand: HourDemand, price_usd_per_h100e_hour: FloatArray) -> TaskCost:
    r"""Tokens and human review of an accepted task, :math:`P = \mu k w + r`. [USD]"""
    tokens = demand.price_factor * demand.hours_per_task * price_usd_per_h100e_hour
    return TaskCost(tokens, np.broadcast_to(demand.review_usd, tokens.shape).copy())


def share_worth_doing(demand: HourDemand, price_usd_per_h100e_hour: FloatArray) -> FloatArray:
    r"""Share of tasks whose value exceeds their cost, :math:`\Phi((m - \ln P)/\sigma)`. [share]

    Where the budget binds, cost is that at its shadow price: the tasks that are done.

    Examples
    --------
    Tasks of median value 50 USD that take five hours and a review of 5 USD, at three prices of the
    hour:

    >>> one = np.ones((1, 1))
    >>> demand = HourDemand(
    ...     tasks=1000 * one, hours_per_task=5 * one,
    ...     price_factor=one, review_usd=5 * one,
    ...     log_median_value=np.log(50) * one, log_value_sd=np.ones(1),
    ...     subscriber_hours=np.zeros(1), quota_budget_usd=np.zeros(1),
    ...     work_budget_usd=np.array([np.inf]),
    ... )
    >>> print(share_worth_doing(demand, np.array([1.0, 9.0, 22.2])).round(2))
    [[0.95 0.5  0.2 ]]
    """
    return floats(special.ndtr(value_margin(demand, price_usd_per_h100e_hour)))


def served_share_of_use(demand: HourDemand, price_usd_per_h100e_hour: FloatArray) -> FloatArray:
    """What subscribers get of what they would use: one, or what their fee's quota buys. [share]"""
    quota = demand.quota_budget_usd / price_usd_per_h100e_hour
    return floats(np.minimum(quota / demand.subscriber_hours, 1.0))


def growth_parts(
    before: HourDemand,
    after: HourDemand,
    *,
    price_before: FloatArray,
    price_after: FloatArray,
    log_throughput_growth: FloatArray,
) -> GrowthParts:
    r"""Log growth of tokens of work segments, split without a rest.

    .. math:: \Delta\ln Q = \Delta\ln N + \Delta\ln\Phi(u) + \Delta\ln z

    Spread counts tasks that could be done, worth doing those whose value exceeds their cost, and
    tokens a task are hours a task times tokens an hour. A segment without tasks before has no
    growth: its parts are not numbers. [log points]
    ``price_before`` and ``price_after`` are those of the hour.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.log(after.tasks / before.tasks)
    worth = np.log(share_worth_doing(after, price_after) / share_worth_doing(before, price_before))
    hours = np.log(after.hours_per_task / before.hours_per_task)
    return GrowthParts(spread, worth, floats(hours + log_throughput_growth))
