r"""The price of an hour of compute in one quarter, for many draws at once.

Demand is that of tasks with lognormal value (`demand`), counted in hours of compute, plus
subscribers whose quota shrinks when compute gets dear. Supply is a stack of vintages in merit
order. Segments lie on the first axis and draws on the last, which keeps each segment contiguous.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

TOLERANCE = 1e-10  # on the log of hours demanded over hours supplied
_STEPS = 80
_ONE_HOUR = 1.0  # an empty fleet sells an hour, at a price that orders a new one
_NARROW = 0.3  # share of solved draws from which the rest goes on alone


@dataclass(frozen=True)
class HourDemand:
    """Demand for hours of compute in one quarter; work segments x draws, or draws.

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

    def take(self, chosen: NDArray[np.intp]) -> HourDemand:
        """The demand of the chosen draws."""
        return HourDemand(**{name: part[..., chosen] for name, part in vars(self).items()})


@dataclass(frozen=True)
class Cleared:
    """Outcome of a quarter, draws: price and hours used, and whether the solver arrived."""

    price_usd_per_h100e_hour: FloatArray
    hours_used: FloatArray
    converged: BoolArray


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
    """Hours of all segments at a price of the hour; falls with the price. [H100e-h/quarter]"""
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
    return _hours_and_elasticity(demand, price_usd_per_h100e_hour)[1]


def hours_and_elasticity(
    demand: HourDemand, price_usd_per_h100e_hour: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Hours of work segments and of subscribers, and the elasticity of their sum, in one pass."""
    token_cost = demand.price_factor * demand.hours_per_task * price_usd_per_h100e_hour
    cost = demand.review_usd + token_cost
    margin = (demand.log_median_value - np.log(cost)) / demand.log_value_sd
    scale = demand.tasks * demand.hours_per_task
    density = np.exp(-0.5 * margin * margin) * (1 / np.sqrt(2 * np.pi))
    slope = -(scale * density * token_cost / cost).sum(axis=0) / demand.log_value_sd
    quota = demand.quota_budget_usd / price_usd_per_h100e_hour
    subscribed = np.minimum(demand.subscriber_hours, quota)
    work = scale * special.ndtr(margin)
    slope -= np.where(quota < demand.subscriber_hours, subscribed, 0.0)
    return work, subscribed, slope / (work.sum(axis=0) + subscribed)


def _hours_and_elasticity(demand: HourDemand, price: FloatArray) -> tuple[FloatArray, FloatArray]:
    work, subscribed, elasticity = hours_and_elasticity(demand, price)
    return work.sum(axis=0) + subscribed, elasticity


def scarcity_price(
    demand: HourDemand,
    *,
    hours: FloatArray,
    lowest_usd_per_h100e_hour: FloatArray,
    start_usd_per_h100e_hour: FloatArray,
) -> Cleared:
    """Price at which demand fills the hours; demand must exceed them at the lowest price.

    Newton's method on log price against log hours, kept inside a bracket that shrinks with every
    step; where a step would leave it, the bracket is halved. A draw that has not arrived after
    many steps is returned as not converged, never dropped.
    """
    low = np.log(lowest_usd_per_h100e_hour)
    high = np.full_like(low, np.inf)
    log_price = np.maximum(np.log(start_usd_per_h100e_hour), low + 1e-9)
    price, used = np.exp(log_price), np.empty_like(low)
    arrived = np.zeros(low.shape, dtype=np.bool_)
    open_draws, asked = np.arange(low.size), demand
    for step in range(_STEPS):
        demanded, elasticity = _hours_and_elasticity(asked, np.exp(log_price))
        excess = np.log(demanded / hours[open_draws])
        near = np.abs(excess) < TOLERANCE
        price[open_draws], used[open_draws] = np.exp(log_price), demanded
        arrived[open_draws] = near
        if near.all():
            break
        low, high = np.where(excess > 0, log_price, low), np.where(excess > 0, high, log_price)
        trial = log_price - np.clip(excess / np.minimum(elasticity, -1e-9), -2.0, 2.0)
        stuck = (trial <= low) | (trial >= high) | (step % 12 == 11)
        moved = np.where(stuck & np.isfinite(high), (low + high) / 2, trial)
        log_price = np.where(near, log_price, moved)
        if near.mean() > _NARROW:
            left = np.flatnonzero(~near)
            open_draws, asked = open_draws[left], asked.take(left)
            low, high, log_price = low[left], high[left], log_price[left]
    return Cleared(price, used, arrived)


def clear(
    demand: HourDemand,
    *,
    vintage_hours: FloatArray,
    vintage_cost_usd_per_hour: FloatArray,
    start_usd_per_h100e_hour: FloatArray,
) -> Cleared:
    r"""Price where demand meets the merit order of vintages.

    .. math:: D(w) = \sum_v H_v\,1[w \ge v_v]

    With demand beyond all hours, the price rations: it is above every running cost. Otherwise
    the vintage that is only partly needed sets it, and dearer ones stand idle; capital is sunk,
    so full cost does not matter.

    Parameters
    ----------
    vintage_hours
        Hours that each vintage in service can sell, vintages x draws. [H100e-h/quarter]
    vintage_cost_usd_per_hour
        Avoidable cost of each, vintages x draws, never rising from one vintage to the next.
        [USD/H100e-h]
    start_usd_per_h100e_hour
        First guess, such as the price a quarter before. [USD/H100e-h]
    """
    in_service = vintage_hours.sum(axis=0)
    total = np.where(in_service > 0, in_service, _ONE_HOUR)
    oldest = (vintage_hours > 0).argmax(axis=0)
    dearest = vintage_cost_usd_per_hour[oldest, np.arange(total.size)]
    at_dearest = hours_demanded(demand, dearest)
    slack = at_dearest < total
    tight = np.flatnonzero(~slack)
    price, used = np.empty_like(total), np.empty_like(total)
    converged = np.ones(total.shape, dtype=np.bool_)
    everyone = len(tight) == len(total)
    solved = scarcity_price(
        demand if everyone else demand.take(tight),
        hours=total[tight],
        lowest_usd_per_h100e_hour=dearest[tight],
        start_usd_per_h100e_hour=start_usd_per_h100e_hour[tight],
    )
    price[tight], used[tight] = solved.price_usd_per_h100e_hour, solved.hours_used
    converged[tight] = solved.converged
    idle = np.flatnonzero(slack)
    if len(idle):
        rest = _merit_order(
            demand.take(idle), vintage_hours[:, idle], vintage_cost_usd_per_hour[:, idle]
        )
        price[idle], used[idle] = rest.price_usd_per_h100e_hour, rest.hours_used
        converged[idle] = rest.converged
    return Cleared(price, used, converged)


def _merit_order(demand: HourDemand, hours: FloatArray, cost: FloatArray) -> Cleared:
    """Clearing with idle vintages, the oldest switched off first.

    The vintage that sets or bounds the price is the first at whose cost demand takes all younger
    ones. Going from old to young, demand rises and what is younger falls, so halving finds it.
    """
    vintages, draws = hours.shape
    each = np.arange(draws)
    youngest_first = np.zeros((vintages + 1, draws))
    youngest_first[:-1] = hours[::-1].cumsum(axis=0)[::-1]  # a vintage and all younger ones
    first, last = np.zeros(draws, dtype=np.intp), np.full(draws, vintages - 1)
    while np.any(first < last):
        middle = (first + last) // 2
        takes_younger = (
            hours_demanded(demand, cost[middle, each]) >= youngest_first[middle + 1, each]
        )
        last = np.where(takes_younger, middle, last)
        first = np.where(takes_younger, first, np.minimum(middle + 1, last))
    price, capacity = cost[first, each], youngest_first[first, each]
    used = hours_demanded(demand, price)
    converged = np.ones(draws, dtype=np.bool_)
    between = np.flatnonzero(used > capacity * (1 + TOLERANCE))
    if len(between):
        solved = scarcity_price(
            demand.take(between),
            hours=capacity[between],
            lowest_usd_per_h100e_hour=price[between],
            start_usd_per_h100e_hour=price[between],
        )
        price[between], used[between] = solved.price_usd_per_h100e_hour, solved.hours_used
        converged[between] = solved.converged
    return Cleared(price, used, converged)
