"""`derived_demand.respond` compiled: what draws ask for at a price, a block of them or one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from token_economics.methods.arrays import FloatArray
from token_economics.models.compiled.arithmetic import (
    add,
    add_products,
    compiled,
    exp,
    log,
    set_all,
    share_done,
    take_off,
)
from token_economics.models.task_growth import WORK_SEGMENTS

WORK = len(WORK_SEGMENTS)
_BELL = 0.3989422804014327  # density of the normal distribution at its middle
_BUDGET_STEPS, _BUDGET_TOLERANCE = 60, 1e-12


class Asked(NamedTuple):
    """Demand of the block in a quarter, as `derived_demand.Prepared` has it."""

    token_cost: FloatArray
    review: FloatArray
    log_value: FloatArray
    most: FloatArray
    price_factor: FloatArray
    inverse_sd: FloatArray
    subscriber_hours: FloatArray
    quota_budget: FloatArray
    work_budget: FloatArray


class Open(NamedTuple):
    """Draws whose price is sought, side by side; work segments x draws, or draws.

    What they ask for, as `derived_demand.Prepared` has it, the hours and the lowest price at which
    they are sold, the bracket of the search in logs, and the ``place`` of each in the block.
    """

    token_cost: FloatArray
    review: FloatArray
    log_value: FloatArray
    most: FloatArray
    price_factor: FloatArray
    inverse_sd: FloatArray
    subscriber_hours: FloatArray
    quota_budget: FloatArray
    work_budget: FloatArray
    log_hours: FloatArray
    lowest: FloatArray
    floor: FloatArray
    log_price: FloatArray
    low: FloatArray
    high: FloatArray
    place: Any


class Answer(NamedTuple):
    """What they answer at a price of choice: sums over segments, then parts of one segment."""

    price: FloatArray
    hours: FloatArray
    slope: FloatArray
    bend: FloatArray
    spent: FloatArray
    spent_slope: FloatArray
    paid: FloatArray
    log_hours: FloatArray
    elasticity: FloatArray
    subscribed: FloatArray
    work: FloatArray
    margin: FloatArray
    token_share: FloatArray
    bell: FloatArray
    work_slope: FloatArray
    work_bend: FloatArray


@compiled
def _margins(n, token_cost, review, log_value, inverse_sd, price, margin, token_share):
    for j in range(n):
        margin[j] = token_cost[j] * price[j] + review[j]
    for j in range(n):
        token_share[j] = 1.0 - review[j] / margin[j]
    for j in range(n):
        margin[j] = (log_value[j] - log(margin[j])) * inverse_sd[j]


@compiled
def _work(n, margin, most, bell, work):
    for j in range(n):
        bell[j] = exp(-0.5 * margin[j] * margin[j])
    for j in range(n):
        work[j] = most[j] * share_done(margin[j], bell[j])


@compiled
def _slopes(n, margin, bell, most, inverse_sd, token_share, slope, bend):
    for j in range(n):
        slope[j] = most[j] * bell[j] * (_BELL * inverse_sd[j]) * token_share[j]
    for j in range(n):
        bend[j] = slope[j] * (1.0 + token_share[j] * (inverse_sd[j] * margin[j] - 1.0))


@compiled
def respond(n: int, o: Open, a: Answer) -> None:
    """What ``n`` open draws ``o`` answer at their price of choice, into ``a``. [H100e-h; USD]

    As `derived_demand.respond`.
    """
    for sums in (a.hours, a.slope, a.bend, a.spent, a.spent_slope):
        set_all(n, sums, 0.0)
    for j in range(n):
        a.price[j] = exp(o.log_price[j])
    for s in range(WORK):
        _margins(n, o.token_cost[s], o.review[s], o.log_value[s], o.inverse_sd, a.price, a.margin,
                 a.token_share)  # fmt: skip
        _work(n, a.margin, o.most[s], a.bell, a.work[s])
        _slopes(
            n,
            a.margin,
            a.bell,
            o.most[s],
            o.inverse_sd,
            a.token_share,
            a.work_slope[s],
            a.work_bend[s],
        )
        add(n, a.hours, a.work[s])
        take_off(n, a.slope, a.work_slope[s])
        take_off(n, a.bend, a.work_bend[s])
        add_products(n, a.spent, o.price_factor[s], a.work[s])
        add_products(n, a.spent_slope, o.price_factor[s], a.work_slope[s])
    for j in range(n):
        bound = a.price[j] * a.spent[j] > o.work_budget[j]
        paid = o.work_budget[j] / a.spent[j] if bound else a.price[j]
        dearer = a.spent_slope[j] / a.spent[j] if bound else 1.0
        quota = o.quota_budget[j] / paid
        subscribed = min(quota, o.subscriber_hours[j])
        rationed = subscribed if quota < o.subscriber_hours[j] else 0.0
        hours = a.hours[j] + subscribed
        slope = (a.slope[j] - rationed * dearer) / hours
        a.paid[j], a.subscribed[j], a.hours[j], a.slope[j] = paid, subscribed, hours, slope
        a.elasticity[j] = slope / dearer
        a.bend[j] = 0.0 if bound else (a.bend[j] + rationed) / hours - slope * slope
    for j in range(n):
        a.log_hours[j] = log(a.hours[j])


@compiled
def _work_at(asked, place, price):
    """Hours of work of one draw and what they cost over the price, and their slopes in its log."""
    hours, slope, cost, cost_slope = 0.0, 0.0, 0.0, 0.0
    for s in range(WORK):
        tokens = asked.token_cost[s, place] * price
        whole = tokens + asked.review[s, place]
        margin = (asked.log_value[s, place] - log(whole)) * asked.inverse_sd[place]
        bell = exp(-0.5 * margin * margin)
        done = asked.most[s, place] * share_done(margin, bell)
        fall = asked.most[s, place] * bell * (_BELL * asked.inverse_sd[place]) * tokens / whole
        hours, slope = hours + done, slope - fall
        cost += asked.price_factor[s, place] * done
        cost_slope -= asked.price_factor[s, place] * fall
    return hours, slope, cost, cost_slope


@compiled
def hours_at(asked: Asked, place: int, paid: float) -> tuple[float, float, float, float]:
    """Hours of all segments at a price ``paid``, and three numbers more. [H100e-h/quarter]

    ``asked`` is the demand of a block, ``place`` the draw in it. The others are hours of
    subscribers, the elasticity of all hours to the price, and the price of choice
    (`derived_demand.price_of_choice`).
    """
    hours, slope, cost, cost_slope = _work_at(asked, place, paid)
    choice, dearer = paid, 1.0
    if paid * cost > asked.work_budget[place]:
        wanted = log(asked.work_budget[place] / paid)
        low, high, log_price = log(paid), np.inf, log(paid)
        for _ in range(_BUDGET_STEPS):
            excess = log(cost) - wanted
            if abs(excess) < _BUDGET_TOLERANCE:
                break
            low, high = (log_price, high) if excess > 0 else (low, log_price)
            move = min(max(excess * cost / max(-cost_slope, 1e-300), -2.0), 2.0)
            trial = log_price + move
            outside = trial < low or trial > high
            log_price = 0.5 * (low + min(high, low + 4.0)) if outside else trial
            choice = exp(log_price)
            hours, slope, cost, cost_slope = _work_at(asked, place, choice)
        dearer = -cost_slope / cost
    quota = asked.quota_budget[place] / paid
    subscribed = min(quota, asked.subscriber_hours[place])
    rationed = subscribed if quota < asked.subscriber_hours[place] else 0.0
    total = hours + subscribed
    return total, subscribed, (slope / dearer - rationed) / total, choice
