"""`market.simulate` compiled: all quarters of a block of draws, block after block.

A block's numbers stay in the processor's cache from the first quarter to the last. Names are those of
`market`, where the equations are explained. Import it only where a market is solved: numba takes
longer to import than the rest of the library.
"""

from __future__ import annotations

import hashlib
import inspect
from collections import namedtuple
from dataclasses import fields
from functools import cache
from typing import Any, NamedTuple

import numba
import numpy as np

from token_economics.methods.arrays import FloatArray
from token_economics.models import clearing, market, supply, task_growth
from token_economics.models.compiled import arithmetic, derived_demand
from token_economics.models.compiled import clearing as compiled_clearing
from token_economics.models.compiled import task_growth as compiled_growth
from token_economics.models.compiled.arithmetic import add, compiled, copy, exp, log, set_all
from token_economics.models.compiled.clearing import Found, clear
from token_economics.models.compiled.derived_demand import WORK, Answer, Asked, Open
from token_economics.models.compiled.task_growth import demand_at
from token_economics.models.derived_demand import HourDemand

BLOCK = 128  # draws whose numbers stay in the processor's cache
WIDTH = BLOCK + 8  # of a row, so that rows below each other do not share places in the cache
_FINANCE, _POWER = supply.FLOW_LAYERS.index("finance"), supply.LAYERS.index("power")


class Block(NamedTuple):
    """What the block's draws carry from quarter to quarter, and rows to work in."""

    shipped: FloatArray
    vintages: FloatArray
    younger: FloatArray
    response: FloatArray
    drawn_gw: FloatArray
    premium_paid: FloatArray
    first_worth: FloatArray
    users: FloatArray
    wages: FloatArray
    needed: FloatArray
    tasks: FloatArray
    row: FloatArray
    start: FloatArray
    oldest: Any
    marginal: Any


class Rules(NamedTuple):
    """Constants of the models, given to each call: what is compiled and kept does not hold them."""

    tolerance: float
    hours_per_quarter: float
    hours_per_year: float
    start_odds: float
    shock_quarters: int
    shock_lasts: int
    most_sold: float
    nearly: float


def _rules() -> Rules:
    return Rules(
        tolerance=clearing.TOLERANCE,
        hours_per_quarter=supply.HOURS_PER_QUARTER,
        hours_per_year=supply.HOURS_PER_YEAR,
        start_odds=task_growth.START_SHARE / (1 - task_growth.START_SHARE),
        shock_quarters=task_growth.SHOCK_QUARTERS,
        shock_lasts=market.SHOCK_LASTS,
        most_sold=market.MOST_SOLD,
        nearly=market.NEARLY,
    )


@compiled
def _ship(n, first, t, m, w):
    """What layers allow in a quarter, and the least of it: `market._limits` and what follows."""
    fleet, path, b = m.fleet, m.path, w.block
    newest = fleet.shipped.shape[0] - 1 + t
    for j in range(n):
        d = first + j
        trend = fleet.price_trend[t - 1, d] / m.rent_years[d] / m.rules.hours_per_year
        cost = fleet.running_cost[newest - 1, d] + trend
        ordered = fleet.supply_elasticity[d] / 4 * log(path.price[t - 1, d] / cost)
        b.response[t, j] = b.response[t - 1, j] + ordered
    for j in range(n):
        d = first + j
        position = max(t + 1 - fleet.lead_time[d], 0.0)
        before = int(position) if position < t else t
        part = position - before
        later = min(before + 1, t)
        built = exp(b.response[before, j] * (1 - part) + b.response[later, j] * part)
        for layer in range(_POWER):
            path.limits[t, layer, d] = fleet.flow_limits[layer, t - 1, d] * built
        worth = path.investment_value[t - 1, d] * b.premium_paid[j]
        paying = min(worth / fleet.price_trend[t, d], 1.0)
        if paying <= 0:
            paying = 0.0 if fleet.investment_cut_exponent[d] > 0 else 1.0
        elif paying < 1:
            paying = exp(fleet.investment_cut_exponent[d] * log(paying))
        risen = log(max(worth / fleet.price_trend[t - 1, d] / b.first_worth[j], 1.0))
        money = paying * exp(fleet.investment_rise_exponent[d] * risen)
        path.limits[t, _FINANCE, d] = fleet.flow_limits[_FINANCE, t - 1, d] * money
        ago = t - 4 * fleet.life_years[d]
        retired = min(int(ago), t) if ago > 0 else 0
        running = b.drawn_gw[t - 1, j] - b.drawn_gw[retired, j]
        spare = max(fleet.power_gw[t - 1, d] * built - (fleet.base_draw_gw[d] + running), 0.0)
        path.limits[t, _POWER, d] = spare * 1e6 / fleet.kw_new[t - 1, d]
        binding = 0
        for layer in range(1, _POWER + 1):
            if path.limits[t, layer, d] < path.limits[t, binding, d]:
                binding = layer
        path.binding[t, d] = binding
        others = min(path.limits[t, 0, d], path.limits[t, 1, d], path.limits[t, _POWER, d])
        over = fleet.seller_share[d] * risen  # `rents.price_over_trend`, in logs
        if others > 0:
            room = log(path.limits[t, _FINANCE, d] / others)
            over = min(over, max(room, 0.0) / (1 + fleet.investment_rise_exponent[d]))
        path.accelerator_price[t, d] = fleet.price_trend[t, d] * exp(over)
        capital = path.accelerator_price[t, d] / m.rent_years[d] / m.rules.hours_per_year
        path.user_cost[t, d] = fleet.running_cost[newest, d] + capital
        least = path.limits[t, binding, d]
        if fleet.shock_quarter[d] <= t < fleet.shock_quarter[d] + m.rules.shock_lasts:
            least *= 1 - fleet.shock_share[d]
        b.shipped[newest, j] = least
        b.drawn_gw[t, j] = b.drawn_gw[t - 1, j] + least * fleet.kw_new[t - 1, d] / 1e6


@compiled
def _serve(n, first, t, m, w):
    """The fleet of a quarter, what it costs to run and the hours that it sells, by vintage."""
    fleet, path, b = m.fleet, m.path, w.block
    newest = fleet.shipped.shape[0] - 1 + t
    in_service, cost = path.fleet[t, first : first + n], path.running_cost[t, first : first + n]
    for row in (in_service, cost, b.younger[newest + 1]):
        set_all(n, row, 0.0)
    for v in range(newest + 1):
        vintage = b.vintages[v]
        for j in range(n):
            vintage[j] = b.shipped[v, j] * fleet.survival[newest - v, first + j]
        add(n, in_service, vintage)
        for j in range(n):
            cost[j] += fleet.running_cost[v, first + j] * vintage[j]
    for j in range(n):
        in_service[j] = max(in_service[j], 1.0)  # never quite empty
    for j in range(n):
        cost[j] /= in_service[j]
    for j in range(n):
        d = first + j
        sold = fleet.sold_share[d]
        if t:
            dearer = log(path.contract_price[t - 1, d] / path.contract_price[0, d])
            sold = min(sold * exp(fleet.sold_share_elasticity[d] * dearer), m.rules.most_sold)
        b.row[j] = m.rules.hours_per_quarter * sold
        path.hours_available[t, d] = b.row[j] * in_service[j]
        path.additions[t, d] = b.shipped[newest, j]
    for v in range(newest, -1, -1):
        younger, vintage, one_younger = b.younger[v], b.vintages[v], b.younger[v + 1]
        for j in range(n):
            younger[j] = one_younger[j] + vintage[j] * b.row[j]
    for j in range(n):
        while b.vintages[b.oldest[j], j] <= 0 and b.oldest[j] < newest:
            b.oldest[j] += 1


@compiled
def _record(n, first, t, m, w):
    """`market._record` of a block, and what an accelerator is worth at the quarter's price."""
    years, drivers, growth, path, b = t / 4, m.drivers, m.growth, m.path, w.block
    asked, found, newest = w.asked, w.found, m.fleet.shipped.shape[0] - 1 + t
    copy(n, path.price[t, first:], found.price)
    copy(n, path.elasticity[t, first:], found.elasticity)
    copy(n, path.converged[t, first:], found.arrived)
    for j in range(n):
        rent = max(found.price[j] - m.fleet.running_cost[newest, first + j], 0.0)
        path.investment_value[t, first + j] = (
            m.rules.hours_per_year * rent * m.rent_years[first + j]
        )
    for j in range(n):
        d = first + j
        renewed = drivers.renewal_share[d] if t else 0.0
        before = path.contract_price[t - 1, d] if t else drivers.contract_price[d]
        path.contract_price[t, d] = (1 - renewed) * before + renewed * found.price[j]
    for j in range(n):
        d = first + j
        bought = drivers.contract_share[d]
        path.paid_price[t, d] = bought * path.contract_price[t, d] + (1 - bought) * found.price[j]
    for j in range(n):
        b.row[j] = exp(growth.throughput[first + j] * years)
    used, spent = path.hours_used[t, first : first + n], b.needed
    set_all(n, used, 0.0)
    set_all(n, spent, 0.0)
    for s in range(WORK + 1):
        hours = path.hours[t, s, first : first + n]
        spend = path.spend[t, s, first : first + n]
        copy(n, hours, found.work[s] if s < WORK else found.subscribed)
        add(n, used, hours)
        if s < WORK:
            for j in range(n):
                spend[j] = asked.price_factor[s, j] * found.price[j] * hours[j]
            add(n, spent, spend)
        else:
            for j in range(n):
                spend[j] = drivers.subscription_revenue[first + j] * b.users[j] * b.wages[j]
        tokens, throughput = path.tokens[t, s], drivers.throughput[s]
        for j in range(n):
            tokens[first + j] = hours[j] * throughput[first + j] * b.row[j]
    for j in range(n):
        path.budget_binds[t, first + j] = spent[j] > m.rules.nearly * asked.work_budget[j]


@compiled
def _first_guess(n, first, t, m, w):
    """`market._first_guess`."""
    price, start = m.path.price, w.block.start
    for j in range(n):
        d = first + j
        if t > 1:
            start[j] = price[t - 1, d] * (price[t - 1, d] / price[t - 2, d])
        elif t:
            start[j] = price[0, d]
        else:
            start[j] = m.demand.quota_budget_usd[d] / m.demand.subscriber_hours[d]


@compiled
def _premium_paid(n, first, m, w):
    """`market._premium_paid`, and what a unit is worth over its price with it."""
    for j in range(n):
        d = first + j
        value = m.path.investment_value[0, d]
        price = m.fleet.price_trend[0, d]
        revealed = price / value if value > 0 else 0.0
        w.block.premium_paid[j] = max(1 + m.fleet.arms_race_premium[d], revealed)
        w.block.first_worth[j] = max(value * w.block.premium_paid[j] / price, 1.0)


@compiled
def _simulate(m, w):
    history, draws = m.fleet.shipped.shape
    b = w.block
    for first in range(0, draws, BLOCK):
        n = min(BLOCK, draws - first)
        for v in range(history):
            copy(n, b.shipped[v], m.fleet.shipped[v, first:])
        for row in (b.response[0], b.drawn_gw[0]):
            set_all(n, row, 0.0)
        for row in (b.oldest, b.marginal):
            set_all(n, row, 0)
        for t in range(m.path.price.shape[0]):
            if t:
                _ship(n, first, t, m, w)
            _serve(n, first, t, m, w)
            demand_at(n, first, t, m, w)
            _first_guess(n, first, t, m, w)
            clear(n, first, b.younger[: history + t + 1], m, w)
            _record(n, first, t, m, w)
            if t == 0:
                _premium_paid(n, first, m, w)


def _arrays(record: Any) -> list[str]:
    """Names of a record's arrays, for a tuple that compiled code can take."""
    return [field.name for field in fields(record) if "Array" in str(field.type)]


Demand = namedtuple("Demand", _arrays(HourDemand))  # type: ignore[misc]
Growth = namedtuple("Growth", _arrays(task_growth.DemandGrowth))  # type: ignore[misc]
Fleet = namedtuple("Fleet", _arrays(market.FleetDrivers))  # type: ignore[misc]
Drivers = namedtuple("Drivers", _arrays(market.MarketDrivers))  # type: ignore[misc]
Path = namedtuple("Path", _arrays(market.MarketPath))  # type: ignore[misc]


class Market(NamedTuple):
    """What a market is solved from, and the path to fill."""

    rules: Rules
    drivers: Any
    demand: Any
    growth: Any
    fleet: Any
    rent_years: FloatArray
    log_cost: FloatArray
    path: Any


class Workspace(NamedTuple):
    """Rows for the block that is being solved."""

    block: Block
    asked: Asked
    open: Open
    answer: Answer
    found: Found


def solve(path: market.MarketPath, rent_years: FloatArray) -> None:
    """Fill the path from its drivers. User cost and accelerator price of the base are there already.

    ``rent_years`` is the present value of a new unit's rents over those of today. [years]
    """
    drivers = path.drivers
    quarters, history = path.price.shape[0], drivers.fleet.shipped.shape[0]
    given = Market(
        rules=_rules(),
        drivers=_of(drivers, Drivers),
        demand=_of(drivers.demand, Demand),
        growth=_of(drivers.growth, Growth),
        fleet=_of(drivers.fleet, Fleet),
        rent_years=_read_only(rent_years),
        log_cost=_read_only(np.log(drivers.fleet.running_cost)),
        path=Path(*(getattr(path, name) for name in Path._fields)),
    )
    solver()(given, _workspace(vintages=history + quarters, quarters=quarters))


def _workspace(*, vintages: int, quarters: int) -> Workspace:
    block = {
        "shipped": vintages, "vintages": vintages, "younger": vintages + 1,
        "response": quarters, "drawn_gw": quarters, "tasks": WORK,
    }  # fmt: skip
    segments = dict.fromkeys(
        ("token_cost", "review", "log_value", "most", "price_factor", "work", "work_slope",
         "work_bend"), WORK,
    )  # fmt: skip
    kinds: dict[str, Any] = {
        **dict.fromkeys(("oldest", "marginal", "place"), np.intp),
        **dict.fromkeys(("arrived", "slack"), np.bool_),
    }

    def rows(kind: Any) -> Any:
        heights = block if kind is Block else segments
        return kind(*(
            np.empty((heights[name], WIDTH)) if name in heights
            else np.empty(WIDTH, dtype=kinds.get(name, np.float64))
            for name in kind._fields
        ))  # fmt: skip

    return Workspace(*(rows(kind) for kind in (Block, Asked, Open, Answer, Found)))


def _of(record: Any, kind: Any) -> Any:
    return kind(*(_read_only(getattr(record, name)) for name in kind._fields))


def _read_only(values: FloatArray) -> FloatArray:
    """The values as compiled code knows them, whoever may write to them elsewhere."""
    seen = np.ascontiguousarray(values).view()
    seen.flags.writeable = False
    return seen


@cache
def solver() -> Any:
    """The compiled function, kept beside this file under the digest of all that it is made of.

    numba itself would look at the file of the outermost function alone.
    """
    modules = (
        arithmetic,
        derived_demand,
        compiled_clearing,
        compiled_growth,
        inspect.getmodule(solver),
    )
    made_of = "".join(inspect.getsource(each) for each in modules if each).encode()
    config: Any = numba.config
    before = config.CACHE_DIR
    folder = __file__.rpartition("market.py")[0]
    config.CACHE_DIR = f"{folder}__pycache__/{hashlib.sha256(made_of).hexdigest()[:16]}"
    try:
        _simulate.enable_caching()
    except RuntimeError:  # nowhere to keep it
        return _simulate
    finally:
        config.CACHE_DIR = before
    return _simulate
