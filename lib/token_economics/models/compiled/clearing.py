"""`clearing.clear` compiled: the price of an hour in one quarter for a block of draws."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from token_economics.methods.arrays import FloatArray
from token_economics.models.compiled.arithmetic import compiled, copy, exp, log, set_all, share_done
from token_economics.models.compiled.derived_demand import WORK, hours_at, respond

_STEPS = 80
_NEAR = 5e-6  # of a log price: the last step need not be looked at, its error is of third order


class Found(NamedTuple):
    """Where the search for each draw of the block ended."""

    price: FloatArray
    hours: FloatArray
    work: FloatArray
    subscribed: FloatArray
    elasticity: FloatArray
    arrived: Any
    slack: Any


@compiled
def _accept(j, move, o, a, found):
    """Take the last step to a price without asking there; false where more than a curve changes.

    With what is known of slope and bend, hours are right to the third order of the step and their
    elasticity to the second. It is not taken where a budget binds, at the lowest price, or where
    a step leads into a quota or out of it.
    """
    up = -move + 0.5 * move * move
    paid = a.paid[j] * (1 + up)
    quota = o.quota_budget[j] / paid
    rationed = quota < o.subscriber_hours[j]
    bound = a.price[j] * a.spent[j] * (1 + abs(move)) > o.work_budget[j]
    if bound or paid <= o.lowest[j] or rationed != (a.subscribed[j] < o.subscriber_hours[j]):
        return False
    at = o.place[j]
    found.price[at], found.hours[at] = paid, exp(o.log_hours[j])
    found.subscribed[at] = min(quota, o.subscriber_hours[j])
    found.elasticity[at] = a.slope[j] - move * a.bend[j]
    found.arrived[at], found.slack[at] = True, False
    for s in range(WORK):
        slope, bend = a.work_slope[s, j], a.work_bend[s, j]
        found.work[s, at] = a.work[s, j] + move * slope - 0.5 * move * move * bend
    return True


@compiled
def _search(n, rules, o, a, found):
    """`clearing._scarcity_price` of the open draws, which are closed up as some arrive."""
    for step in range(_STEPS):
        respond(n, o, a)
        left = 0
        for j in range(n):
            excess = a.log_hours[j] - o.log_hours[j]
            enough = a.paid[j] >= o.lowest[j] * (1 - rules.tolerance)
            arrived = abs(excess) < rules.tolerance and enough
            slack = (
                excess < rules.tolerance
                and a.paid[j] <= o.lowest[j] * (1 + rules.tolerance)
                and not arrived
            )
            if arrived or slack or step == _STEPS - 1:
                at = o.place[j]
                found.price[at], found.hours[at] = a.paid[j], a.hours[j]
                found.subscribed[at], found.elasticity[at] = a.subscribed[j], a.elasticity[j]
                found.arrived[at], found.slack[at] = arrived, slack
                for s in range(WORK):
                    found.work[s, at] = a.work[s, j]
                continue
            low = o.log_price[j] if excess > 0 else o.low[j]
            high = o.high[j] if excess > 0 else o.log_price[j]
            slope = min(a.slope[j], -1e-9)
            newton = excess / slope
            move = newton / max(1 - newton * a.bend[j] / (2 * slope), 0.5)
            if abs(move) < _NEAR and _accept(j, move, o, a, found):
                continue
            trial = max(o.log_price[j] - min(max(move, -2.0), 2.0), o.floor[j])
            stuck = trial <= low or trial >= high or step % 12 == 11
            if stuck and low > -np.inf and high < np.inf:
                trial = 0.5 * (low + high)
            if left < j:
                _move(o, j, left)
            o.low[left], o.high[left], o.log_price[left] = low, high, trial
            left += 1
        n = left
        if n == 0:
            break


@compiled
def _move(o, j, left):
    for of_draws in (o.inverse_sd, o.subscriber_hours, o.quota_budget, o.work_budget, o.log_hours,
                     o.lowest, o.floor):  # fmt: skip
        of_draws[left] = of_draws[j]
    for of_segments in (o.token_cost, o.review, o.log_value, o.most, o.price_factor):
        for s in range(WORK):
            of_segments[s, left] = of_segments[s, j]
    o.place[left] = o.place[j]


@compiled
def _open_all(n, o, asked):
    """Open all draws of the block: what they ask for and no bracket."""
    for s in range(WORK):
        copy(n, o.token_cost[s], asked.token_cost[s])
        copy(n, o.review[s], asked.review[s])
        copy(n, o.log_value[s], asked.log_value[s])
        copy(n, o.most[s], asked.most[s])
        copy(n, o.price_factor[s], asked.price_factor[s])
    copy(n, o.inverse_sd, asked.inverse_sd)
    copy(n, o.subscriber_hours, asked.subscriber_hours)
    copy(n, o.quota_budget, asked.quota_budget)
    copy(n, o.work_budget, asked.work_budget)
    set_all(n, o.low, -np.inf)
    set_all(n, o.high, np.inf)
    for j in range(n):
        o.place[j] = j


@compiled
def _open_one(place, at, o, asked, hours, lowest, start):
    """Put a draw of the block, at ``place``, among the open ones, ``at`` the end."""
    for s in range(WORK):
        o.token_cost[s, at] = asked.token_cost[s, place]
        o.review[s, at] = asked.review[s, place]
        o.log_value[s, at] = asked.log_value[s, place]
        o.most[s, at] = asked.most[s, place]
        o.price_factor[s, at] = asked.price_factor[s, place]
    o.inverse_sd[at] = asked.inverse_sd[place]
    o.subscriber_hours[at] = asked.subscriber_hours[place]
    o.quota_budget[at] = asked.quota_budget[place]
    o.work_budget[at] = asked.work_budget[place]
    o.log_hours[at], o.lowest[at], o.floor[at] = log(hours), lowest, log(lowest)
    o.log_price[at] = max(log(start), o.floor[at])
    o.low[at], o.high[at], o.place[at] = -np.inf, np.inf, place


@compiled
def _expected_vintage(place, younger, log_cost, draw, oldest, near, found):
    """The marginal vintage if demand kept the elasticity that it had where the search ended.

    It is sought from the one ``near`` that was marginal a quarter before.
    """
    last, elasticity = younger.shape[0] - 2, found.elasticity[place]
    at_price_one = log(found.hours[place]) - elasticity * log(found.price[place])
    vintage = min(max(near, oldest), last)
    while vintage > oldest:
        if exp(at_price_one + elasticity * log_cost[vintage - 1, draw]) < younger[vintage, place]:
            break
        vintage -= 1
    while vintage < last:
        if exp(at_price_one + elasticity * log_cost[vintage, draw]) >= younger[vintage + 1, place]:
            break
        vintage += 1
    return vintage


@compiled
def _merit_order(place, asked, younger, cost, draw, oldest, vintage, found):
    """`clearing._merit_order` of one draw, from vintage to vintage: place of the marginal one."""
    last = younger.shape[0] - 2
    hours, subscribed, elasticity, choice = hours_at(asked, place, cost[vintage, draw])
    takes_younger = hours >= younger[vintage + 1, place]
    while takes_younger and vintage > oldest and hours >= younger[vintage, place]:
        older = hours_at(asked, place, cost[vintage - 1, draw])
        if older[0] < younger[vintage, place]:
            break
        vintage -= 1
        hours, subscribed, elasticity, choice = older
    while not takes_younger and vintage < last:
        vintage += 1
        hours, subscribed, elasticity, choice = hours_at(asked, place, cost[vintage, draw])
        takes_younger = hours >= younger[vintage + 1, place]
    found.price[place], found.hours[place] = cost[vintage, draw], hours
    found.subscribed[place], found.elasticity[place] = subscribed, elasticity
    for s in range(WORK):
        whole = asked.token_cost[s, place] * choice + asked.review[s, place]
        margin = (asked.log_value[s, place] - log(whole)) * asked.inverse_sd[place]
        found.work[s, place] = asked.most[s, place] * share_done(
            margin, exp(-0.5 * margin * margin)
        )
    return vintage


@compiled
def clear(n: int, first: int, younger: FloatArray, m: Any, w: Any) -> None:
    """Clear a block (`clearing.clear`): at a price above all running costs, or that of the merit order.

    The block is the ``n`` draws from ``first`` on of the market ``m``, solved in the rows ``w``
    (`compiled.market.Market` and `Workspace`). ``younger`` are hours of each vintage and of all younger ones, vintages + 1 x draws.
    [H100e-h/quarter]
    """
    rules, cost, log_cost = m.rules, m.fleet.running_cost, m.log_cost
    asked, b, o, a, found = w.asked, w.block, w.open, w.answer, w.found
    _open_all(n, o, asked)
    for j in range(n):
        o.lowest[j] = cost[b.oldest[j], first + j]
        o.log_hours[j] = younger[0, j] if younger[0, j] > 0 else 1.0
    for j in range(n):
        o.log_hours[j] = log(o.log_hours[j])
    for j in range(n):
        o.floor[j] = log(o.lowest[j])
    for j in range(n):
        o.log_price[j] = max(log(b.start[j]), o.floor[j])
    _search(n, rules, o, a, found)
    slack = np.int64(0)
    for j in range(n):
        if found.slack[j]:
            vintage = _expected_vintage(
                j, younger, log_cost, first + j, b.oldest[j], b.marginal[j], found
            )
            b.marginal[j] = vintage
            price = cost[vintage, first + j]
            _open_one(j, slack, o, asked, 1.0, price, price)
            slack += 1
    if slack:
        respond(slack, o, a)
    between = np.int64(0)
    for i in range(slack):
        j = o.place[i]
        vintage, price = b.marginal[j], o.lowest[i]
        found.arrived[j] = True
        partly = younger[vintage + 1, j] <= a.hours[i] < younger[vintage, j]
        if partly and a.spent[i] * a.price[i] <= o.work_budget[i]:
            found.price[j], found.hours[j], found.subscribed[j] = price, a.hours[i], a.subscribed[i]
            found.elasticity[j] = a.elasticity[i]
            for s in range(WORK):
                found.work[s, j] = a.work[s, i]
            continue
        vintage = _merit_order(j, asked, younger, cost, first + j, b.oldest[j], vintage, found)
        b.marginal[j], price = vintage, found.price[j]
        over = found.hours[j] / younger[vintage, j]
        if over > 1 + rules.tolerance:
            near = price * exp(log(over) / max(-found.elasticity[j], log(over)))
            _open_one(j, between, o, asked, younger[vintage, j], price, near)
            between += 1
    if between:
        _search(between, rules, o, a, found)
