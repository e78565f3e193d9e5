"""`task_growth.demand_at` compiled: what a block of draws asks for in a quarter."""

from __future__ import annotations

from typing import Any

import numpy as np

from token_economics.models.compiled.arithmetic import compiled, exp, inlined, log
from token_economics.models.compiled.derived_demand import WORK

_LN2 = np.log(2)


@inlined
def _logistic(years: float, growth: float, most: float) -> float:
    return most / (1 + (most - 1) * exp(-growth * most / (most - 1) * years))


@compiled
def demand_at(n: int, first: int, t: int, m: Any, w: Any) -> None:
    """Demand of ``n`` draws from ``first`` on in quarter ``t``, ready to be asked at many prices.

    Of the market ``m`` into the rows ``w`` (`compiled.market.Market` and `Workspace`). [USD; H100e-h]
    """
    years, growth, base, asked, b = t / 4, m.growth, m.demand, w.asked, w.block
    for j in range(n):
        d = first + j
        b.needed[j] = exp((growth.tokens_per_task[d] - growth.throughput[d]) * years)
    for j in range(n):
        b.wages[j] = exp(growth.wages[first + j] * years)
    for j in range(n):
        d = first + j
        b.users[j] = _logistic(years, growth.subscriber_growth[d], growth.subscriber_ceiling[d])
    _tasks(n, first, t, m, w)
    _prices_and_reviews(n, first, years, m, w)
    before = max(t - 1, 0)
    for j in range(n):
        d = first + j
        compute = log(m.path.fleet[before, d] / m.path.fleet[0, d])
        b.row[j] = growth.wages[d] * years + growth.value_per_compute[d] * compute
    for s in range(WORK):
        for j in range(n):
            asked.log_value[s, j] = base.log_median_value[s, first + j] + b.row[j]
        for j in range(n):
            hours = base.hours_per_task[s, first + j] * b.needed[j]
            asked.token_cost[s, j] = asked.price_factor[s, j] * hours
            asked.most[s, j] = base.tasks[s, first + j] * b.tasks[s, j] * hours
    for j in range(n):
        d = first + j
        asked.inverse_sd[j] = 1 / base.log_value_sd[d]
        asked.subscriber_hours[j] = base.subscriber_hours[d] * b.users[j] * b.needed[j]
        asked.quota_budget[j] = base.quota_budget_usd[d] * b.users[j] * b.wages[j]
        asked.work_budget[j] = base.work_budget_usd[d] * b.wages[j]


@compiled
def _tasks(n, first, t, m, w):
    """`task_growth._task_multiple`."""
    years, growth, b = t / 4, m.growth, w.block
    for j in range(n):
        d = first + j
        elapsed = max(years - growth.signalling_start[d], 0.0)
        gone = 1 - exp(-_LN2 * elapsed / growth.signalling_half_life[d])
        b.row[j] = 1 - growth.signalling_share[d] * gone
    launched = min(t, m.rules.shock_quarters) / m.rules.shock_quarters
    for j in range(n):
        d = first + j
        b.row[j] *= exp(growth.common_shock[d] * launched + growth.surprises[t, d])
    for s in range(WORK - 1):
        for j in range(n):
            d = first + j
            spread = _logistic(years, growth.task_growth[s, d], growth.task_ceiling[d])
            b.tasks[s, j] = spread * b.row[j]
    for j in range(n):
        since = years - growth.robotics_start[first + j]
        odds = m.rules.start_odds * exp(growth.task_growth[WORK - 2, first + j] * since)
        b.tasks[WORK - 1, j] = odds / (1 + odds) if since > 0 else 0.0


@compiled
def _prices_and_reviews(n, first, years, m, w):
    growth, base, asked, b = m.growth, m.demand, w.asked, w.block
    for j in range(n):
        b.row[j] = exp(-_LN2 * years / growth.premium_half_life[first + j])
    for s in range(WORK):
        premium = m.drivers.premium[s if s < WORK - 1 else 0]  # robots pay the commodity price
        for j in range(n):
            decay = (1 + premium[first + j] * b.row[j]) / (1 + premium[first + j])
            asked.price_factor[s, j] = base.price_factor[s, first + j] * decay
    for j in range(n):
        b.row[j] = exp(growth.review[first + j] * years)
    for s in range(WORK):
        for j in range(n):
            asked.review[s, j] = base.review_usd[s, first + j] * b.wages[j] * b.row[j]
