r"""Demand for hours of compute in one quarter at a price of the hour, for many draws at once.

Demand is that of tasks with lognormal value (`demand`), counted in hours of compute, plus
subscribers whose quota shrinks when compute gets dear. Segments lie on the first axis and draws on
the last, which keeps each segment contiguous.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class HourDemand:
    """Demand for hours of compute in one quarter; work segments x draws, or draws; finite.

    tasks: tasks that could be done [tasks/quarter];
    hours_per_task: tokens of an accepted task over tokens an hour [H100e-h];
    price_factor: token revenue per hour over the price of the hour, 1 + markup [1];
    review_usd: human review of an accepted task [USD];
    log_median_value: log of the median value of a task [log USD];
    log_value_sd: standard deviation of log value [log points];
    subscriber_hours: hours that subscribers would use without a quota, draws [H100e-h/quarter];
    quota_budget_usd: compute that subscriptions pay for, draws [USD/quarter].
    """

    tasks: FloatArray
    hours_per_task: FloatArray
    price_factor: FloatArray
    review_usd: FloatArray
    log_median_value: FloatArray
    log_value_sd: FloatArray
    subscriber_hours: FloatArray
    quota_budget_usd: FloatArray


def work_hours(demand: HourDemand, price_usd_per_h100e_hour: FloatArray) -> FloatArray:
    r"""Hours that tasks take, :math:`N k\,\Phi((m - \ln(r + \mu k w))/\sigma)`. [H100e-h]"""
    cost = demand.review_usd + demand.price_factor * demand.hours_per_task * (
        price_usd_per_h100e_hour
    )
    margin = (demand.log_median_value - np.log(cost)) / demand.log_value_sd
    return np.asarray(demand.tasks * demand.hours_per_task * special.ndtr(margin))


def subscription_hours(demand: HourDemand, price_usd_per_h100e_hour: FloatArray) -> FloatArray:
    """Hours of subscribers: what they would use, up to a quota that their fee pays. [H100e-h]"""
    quota = demand.quota_budget_usd / price_usd_per_h100e_hour
    return np.asarray(np.minimum(demand.subscriber_hours, quota))


def hours_demanded(demand: HourDemand, price_usd_per_h100e_hour: FloatArray) -> FloatArray:
    """Hours of all segments at a price of the hour; falls with the price. [H100e-h/quarter]

    Examples
    --------
    A thousand tasks of median value 50 USD, five hours and a review of 5 USD each: half of them
    are done where they cost 50 USD, at 9 USD an hour.

    >>> one = np.ones((1, 1))
    >>> demand = HourDemand(
    ...     tasks=1000 * one, hours_per_task=5 * one, price_factor=one, review_usd=5 * one,
    ...     log_median_value=np.log(50) * one, log_value_sd=np.ones(1),
    ...     subscriber_hours=np.zeros(1), quota_budget_usd=np.zeros(1),
    ... )
    >>> print(hours_demanded(demand, np.array([9.0])))
    [2500.]
    """
    work = work_hours(demand, price_usd_per_h100e_hour).sum(axis=0)
    return np.asarray(work + subscription_hours(demand, price_usd_per_h100e_hour))


def work_surplus(demand: HourDemand, price_usd_per_h100e_hour: FloatArray) -> FloatArray:
    r"""What tasks are worth to users beyond their cost, all work segments.

    .. math:: \sum N\,[e^{m + \sigma^2/2}\,\Phi(u + \sigma) - P\,\Phi(u)]

    [USD/quarter]
    """
    cost = demand.review_usd + demand.price_factor * demand.hours_per_task * (
        price_usd_per_h100e_hour
    )
    sd = demand.log_value_sd
    margin = (demand.log_median_value - np.log(cost)) / sd
    worth = np.exp(demand.log_median_value + sd**2 / 2) * special.ndtr(margin + sd)
    return np.asarray((demand.tasks * (worth - cost * special.ndtr(margin))).sum(axis=0))


def price_elasticity(demand: HourDemand, price_usd_per_h100e_hour: FloatArray) -> FloatArray:
    """Elasticity of hours demanded to the price of the hour, of all segments; not positive. [1]"""
    return respond(prepared(demand), price_usd_per_h100e_hour).elasticity


class Prepared(NamedTuple):
    """Demand as the solver repeats it: what does not change with the price is multiplied once.

    Work segments x draws: token_cost of a task at a price of one [H100e-h], review [USD], log_value
    [log USD], most, hours if all tasks were done [H100e-h]; draws: inverse_sd, subscriber_hours
    [H100e-h], quota_budget [USD].
    """

    token_cost: FloatArray
    review: FloatArray
    log_value: FloatArray
    inverse_sd: FloatArray
    most: FloatArray
    subscriber_hours: FloatArray
    quota_budget: FloatArray

    def take(self, chosen: NDArray[np.intp]) -> Prepared:
        """Those of the chosen draws."""
        return Prepared(*(part.take(chosen, axis=-1) for part in self))


class Response(NamedTuple):
    """What demand says at a price, draws but for ``work``, which is work segments x draws.

    Hours of work, of subscribers and of all [H100e-h]; their elasticity to the price, and ``bend``,
    how fast that changes with the log of the price [1].
    """

    work: FloatArray
    subscribed: FloatArray
    hours: FloatArray
    elasticity: FloatArray
    bend: FloatArray


def prepared(demand: HourDemand) -> Prepared:
    """The demand, ready to be asked at many prices."""
    return Prepared(
        token_cost=demand.price_factor * demand.hours_per_task,
        review=demand.review_usd,
        log_value=demand.log_median_value,
        inverse_sd=1 / demand.log_value_sd,
        most=demand.tasks * demand.hours_per_task,
        subscriber_hours=demand.subscriber_hours,
        quota_budget=demand.quota_budget_usd,
    )


def _margin(asked: Prepared, price: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Distance of cost below median value, token cost and whole cost of a task."""
    token_cost = asked.token_cost * price
    cost = token_cost + asked.review
    margin = np.log(cost)
    np.subtract(asked.log_value, margin, out=margin)
    margin *= asked.inverse_sd
    return margin, token_cost, cost


def hours_only(asked: Prepared, price: FloatArray) -> FloatArray:
    """Hours of all segments at a price of the hour, without their elasticity. [H100e-h]"""
    margin, _, _ = _margin(asked, price)
    work = special.ndtr(margin, out=margin)
    work *= asked.most
    subscribed = np.minimum(asked.subscriber_hours, asked.quota_budget / price)
    return np.asarray(work.sum(axis=0) + subscribed)


def respond(asked: Prepared, price: FloatArray) -> Response:
    r"""Hours, elasticity and bend at a price of the hour, draws [USD/H100e-h].

    With u how far the cost of a task lies below its median value, k the share of tokens in that
    cost, s the inverse of the standard deviation and n hours if all tasks were done, hours of work H
    change with the log of the price by

    .. math:: H' = -s \sum n\,\varphi(u)\,k, \qquad
              H'' = -s \sum n\,\varphi(u)\,k\,(1 - k + s u k)

    and hours of subscribers at their quota, q, by -q and q. The elasticity is that of all hours,
    :math:`H'/H`, the bend :math:`H''/H - (H'/H)^2`. Arrays are reused, since passes are what costs.
    """
    margin, share, cost = _margin(asked, price)
    work = special.ndtr(margin)
    work *= asked.most
    quota = asked.quota_budget / price
    subscribed = np.minimum(asked.subscriber_hours, quota)
    share /= cost
    density = np.multiply(margin, margin, out=cost)
    density *= -0.5
    np.exp(density, out=density)
    density *= asked.most
    density *= share
    scale = asked.inverse_sd * (-1 / np.sqrt(2 * np.pi))
    rationed = np.where(quota < asked.subscriber_hours, subscribed, 0.0)
    slope = density.sum(axis=0)
    slope *= scale
    slope -= rationed
    margin *= asked.inverse_sd
    margin -= 1
    margin *= share
    margin += 1
    density *= margin
    bend = density.sum(axis=0)
    bend *= scale
    bend += rationed
    hours = work.sum(axis=0)
    hours += subscribed
    slope /= hours
    bend /= hours
    bend -= slope * slope
    return Response(work, subscribed, hours, slope, bend)
