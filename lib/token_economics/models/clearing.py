r"""The price of an hour of compute in one quarter, for many draws at once.

Demand for hours (`derived_demand`) meets a stack of vintages in merit order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from token_economics.methods.arrays import BoolArray, FloatArray, floats
from token_economics.models.derived_demand import (
    HourDemand,
    Prepared,
    Response,
    hours_only,
    prepared,
    price_of_choice,
    respond,
)

TOLERANCE = 1e-13  # on the log of hours demanded over hours supplied
_STEPS = 80
_ONE_HOUR = 1.0  # an empty fleet sells an hour, at a price that orders a new one
_NARROW = 0.3  # share of solved draws from which the rest goes on alone


@dataclass(frozen=True)
class Cleared:
    """Outcome of a quarter: price, hours by work segment and of subscribers, and the solver's word.

    Draws, work hours segments x draws. ``elasticity`` is that of all hours demanded to the price;
    ``converged`` is false where the solver did not arrive.
    """

    price_usd_per_h100e_hour: FloatArray
    work_hours: FloatArray
    subscription_hours: FloatArray
    elasticity: FloatArray
    converged: BoolArray

    @property
    def hours_used(self) -> FloatArray:
        """Hours of all segments. [H100e-h/quarter]"""
        return floats(self.work_hours.sum(axis=0) + self.subscription_hours)


class _Search(NamedTuple):
    """Where the search for a price ended, draws; ``slack`` where demand never fills the hours."""

    price: FloatArray
    answer: Response
    arrived: BoolArray
    slack: BoolArray


def _scarcity_price(
    asked: Prepared, *, hours: FloatArray, lowest: FloatArray, start: FloatArray
) -> _Search:
    """Price at which demand fills the hours, if one is not below the lowest.

    Halley's method on the log of the price of choice (`derived_demand.respond`) against log hours,
    inside a bracket that shrinks with every step; where a step would leave it, the bracket is
    halved. A draw whose demand falls short where no more than the lowest price is paid is slack: it
    ends there, with what demand said. One that has not arrived after many steps is returned as
    such, never dropped.
    """
    floor, log_hours = np.log(lowest), np.log(hours)
    low, high = np.full_like(floor, -np.inf), np.full_like(floor, np.inf)
    log_price = np.log(start)
    found, open_draws = _nothing_found(asked, hours.size), np.arange(hours.size)
    for step in range(_STEPS):
        price = np.exp(log_price)
        answer = respond(asked, price)
        excess = np.log(answer.hours) - log_hours
        enough = answer.paid >= lowest * (1 - TOLERANCE)
        arrived = (np.abs(excess) < TOLERANCE) & enough
        slack = (excess < TOLERANCE) & (answer.paid <= lowest * (1 + TOLERANCE)) & ~arrived
        done = arrived | slack
        left = np.flatnonzero(~done)
        last = left.size == 0 or step == _STEPS - 1
        if last or left.size < (1 - _NARROW) * done.size:
            _keep(found, open_draws, _Search(answer.paid, answer, arrived, slack))
            if last:
                break
        below = excess > 0
        np.copyto(low, log_price, where=below)
        np.copyto(high, log_price, where=~below)
        slope = np.minimum(answer.slope, -1e-9)
        newton = excess / slope
        # where demand bends away from the price that is sought, at most twice Newton's step
        move = newton / np.maximum(1 - newton * answer.bend / (2 * slope), 0.5)
        trial = np.maximum(log_price - np.clip(move, -2.0, 2.0), floor)
        stuck = (trial <= low) | (trial >= high) | (step % 12 == 11)
        halved = np.flatnonzero(stuck & np.isfinite(low) & np.isfinite(high))
        trial[halved] = 0.5 * (low[halved] + high[halved])
        np.copyto(log_price, trial, where=~done)
        if left.size < (1 - _NARROW) * done.size:
            open_draws, asked = open_draws[left], asked.take(left)
            low, high, log_price = low[left], high[left], log_price[left]
            floor, log_hours, lowest = floor[left], log_hours[left], lowest[left]
    return found


def _nothing_found(asked: Prepared, draws: int) -> _Search:
    no, segments = np.zeros(draws, dtype=np.bool_), asked.most.shape[0]
    price, *parts = (np.empty(draws) for _ in range(7))
    return _Search(price, Response(np.empty((segments, draws)), *parts), no, no.copy())


def _keep(found: _Search, draws: NDArray[np.intp], now: _Search) -> None:
    """Write what the search says of some draws."""
    for name in ("price", "arrived", "slack"):
        getattr(found, name)[draws] = getattr(now, name)
    for whole, part in zip(found.answer, now.answer, strict=True):
        for row, values in zip(np.atleast_2d(whole), np.atleast_2d(part), strict=True):
            row[draws] = values  # row by row, which is three times as quick


def oldest_in_service(
    vintage_hours: FloatArray, *, since: NDArray[np.intp] | int = 0
) -> NDArray[np.intp]:
    """Place of the oldest vintage that still sells hours, draws; the youngest if none does.

    ``since`` is a place before which none does: that of a quarter before. Hours a quarter. [H100e-h]
    """
    last, draws = vintage_hours.shape[0] - 1, np.arange(vintage_hours.shape[1])
    oldest = np.broadcast_to(np.asarray(since, dtype=np.intp), draws.shape).copy()
    while np.any(empty := (vintage_hours[oldest, draws] <= 0) & (oldest < last)):
        oldest += empty
    return oldest


def clear(
    demand: HourDemand,
    *,
    vintage_hours: FloatArray,
    vintage_cost_usd_per_hour: FloatArray,
    oldest: NDArray[np.intp],
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
    oldest
        Place of the oldest vintage in service, draws, as `oldest_in_service` finds it.
    start_usd_per_h100e_hour
        First guess, such as the price a quarter before. [USD/H100e-h]

    Examples
    --------
    A thousand tasks of median value 50 USD, five hours and a review of 5 USD each, compete for a
    thousand hours: a fifth of them is done, at 22.20 USD an hour.

    >>> one = np.ones((1, 1))
    >>> demand = HourDemand(
    ...     tasks=1000 * one, hours_per_task=5 * one,
    ...     price_factor=one, review_usd=5 * one,
    ...     log_median_value=np.log(50) * one, log_value_sd=np.ones(1),
    ...     subscriber_hours=np.zeros(1), quota_budget_usd=np.zeros(1),
    ...     work_budget_usd=np.array([np.inf]),
    ... )
    >>> market = clear(
    ...     demand,
    ...     vintage_hours=1000 * one,
    ...     vintage_cost_usd_per_hour=0.01 * one,
    ...     oldest=np.zeros(1, dtype=np.intp),
    ...     start_usd_per_h100e_hour=np.ones(1),
    ... )
    >>> print(market.price_usd_per_h100e_hour.round(2), market.elasticity.round(2))
    [22.2] [-1.34]
    """
    asked = prepared(demand)
    in_service = vintage_hours.sum(axis=0)
    total = np.where(in_service > 0, in_service, _ONE_HOUR)
    dearest = vintage_cost_usd_per_hour[oldest, np.arange(total.size)]
    found = _scarcity_price(asked, hours=total, lowest=dearest, start=start_usd_per_h100e_hour)
    idle = np.flatnonzero(found.slack)
    if idle.size:
        _merit_order(found, idle, asked, vintage_hours, vintage_cost_usd_per_hour, oldest[idle])
    price, answer, arrived, _ = found
    return Cleared(price, answer.work, answer.subscribed, answer.elasticity, arrived)


def _merit_order(
    found: _Search,
    idle: NDArray[np.intp],
    asked: Prepared,
    hours: FloatArray,
    cost: FloatArray,
    oldest: NDArray[np.intp],
) -> None:
    """Fill in the draws with idle vintages, the oldest switched off first.

    The vintage that sets or bounds the price is the first at whose cost demand takes all younger
    ones. Going from old to young, demand rises and what is younger falls, so there is one.
    """
    slack = asked.take(idle)
    younger = _and_younger(hours.take(idle, axis=1))
    place = _marginal_vintage(
        slack, younger, cost, idle, oldest, _guess(found, younger, cost, idle)
    )
    price, capacity = cost[place, idle], younger[place, np.arange(idle.size)]
    answer = respond(slack, price_of_choice(slack, price))
    arrived = np.ones(idle.size, dtype=np.bool_)
    _keep(found, idle, _Search(price, answer, arrived, ~arrived))
    between = np.flatnonzero(answer.hours > capacity * (1 + TOLERANCE))
    if between.size:
        over = np.log(answer.hours[between] / capacity[between])
        start = price[between] * np.exp(over / np.maximum(-answer.elasticity[between], over))
        solved = _scarcity_price(
            slack.take(between), hours=capacity[between], lowest=price[between], start=start
        )
        _keep(found, idle[between], solved)


def _and_younger(hours: FloatArray) -> FloatArray:
    """Hours of a vintage and of all younger ones, vintages + 1 x draws."""
    younger = np.zeros((hours.shape[0] + 1, hours.shape[1]))
    for vintage in range(hours.shape[0] - 1, -1, -1):
        np.add(younger[vintage + 1], hours[vintage], out=younger[vintage])
    return younger


def _guess(
    found: _Search, younger: FloatArray, cost: FloatArray, idle: NDArray[np.intp]
) -> NDArray[np.intp]:
    """The marginal vintage if demand kept the elasticity that it had where the search ended."""
    each = np.arange(idle.size)
    first, last = np.zeros(idle.size, dtype=np.intp), np.full(idle.size, cost.shape[0] - 1)
    hours, elasticity = found.answer.hours[idle], found.answer.elasticity[idle]
    price = found.price[idle]
    while np.any(first < last):
        middle = (first + last) // 2
        asked = hours * (cost[middle, idle] / price) ** elasticity
        takes_younger = asked >= younger[middle + 1, each]
        last = np.where(takes_younger, middle, last)
        first = np.where(takes_younger, first, np.minimum(middle + 1, last))
    return first


def _marginal_vintage(
    asked: Prepared,
    younger: FloatArray,
    cost: FloatArray,
    idle: NDArray[np.intp],
    oldest: NDArray[np.intp],
    guess: NDArray[np.intp],
) -> NDArray[np.intp]:
    """First vintage at whose cost demand takes all younger ones: beside the guess, then halving."""
    first, last = oldest.copy(), np.full(idle.size, cost.shape[0] - 1)
    open_draws, step = np.arange(idle.size), 0
    while open_draws.size:
        low, high = first[open_draws], last[open_draws]
        middle = (low + high) // 2 if step > 2 else guess[open_draws] - (step == 0) + (step == 2)
        middle = np.clip(middle, low, np.maximum(high - 1, low))
        hours = hours_only(asked, cost[middle, idle[open_draws]])
        takes_younger = hours >= younger[middle + 1, open_draws]
        last[open_draws] = np.where(takes_younger, middle, high)
        first[open_draws] = np.where(takes_younger, low, np.minimum(middle + 1, high))
        left = np.flatnonzero(first[open_draws] < last[open_draws])
        if left.size < open_draws.size:
            open_draws, asked = open_draws[left], asked.take(left)
        step += 1
    return first
