r"""The one token market, quarter by quarter: fleet, price of an hour, segments, contracts.

Equations (1) to (13) of the model sheet, vectorised over draws; arrays hold quarters first and
draws last. Within a quarter nothing loops back: what is added, retired or shared out follows
prices of earlier quarters, and the price follows what is there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from token_economics.methods.arrays import BoolArray, FloatArray, floats
from token_economics.models import clearing, derived_demand, rents, supply, task_growth
from token_economics.models.clearing import Cleared
from token_economics.models.derived_demand import HourDemand
from token_economics.models.supply import HOURS_PER_QUARTER, HOURS_PER_YEAR, QUARTERS_PER_YEAR
from token_economics.models.task_growth import (
    SEGMENTS,
    DemandGrowth,
    demand_at,
    subscriber_multiple,
)

MOST_SOLD = 0.95
SHOCK_LASTS = 2  # quarters
_FINANCE = supply.LAYERS.index("finance")
_ROWS = {
    "hours": (len(SEGMENTS),),
    "spend": (len(SEGMENTS),),
    "tokens": (len(SEGMENTS),),
    "limits": (len(supply.LAYERS),),
}
NEARLY = 1 - 1e-6  # of a budget, by the solver's tolerance


@dataclass(frozen=True)
class FleetDrivers:
    """What decides how much compute there is; quarters x draws, or draws.

    shipped: additions up to the base quarter, quarters x draws [H100e];
    survival: share of a vintage in service by age, quarters x draws, to the end of the path;
    flow_limits: most that each flow layer allows without price response, layers x quarters ahead
    x draws [H100e]; power_gw, kw_new: power available [GW] and draw of a new unit [kW], quarters
    ahead x draws; base_draw_gw: draw of the base fleet; life_years;
    running_cost: avoidable cost by vintage, vintages x draws, not rising [USD/H100e-h];
    price_trend: what a unit would cost, by quarter from the base on, if those who make it took no
    more of its worth than in the base quarter [USD/H100e]; seller_share: what they take of worth
    beyond that, in logs [share];
    discount_rate, rent_decline [1/year]; arms_race_premium: what buyers pay beyond the value of
    rents [share]; investment_cut_exponent, investment_rise_exponent: how sharply orders fall when
    rents do not pay, and money grows beyond its trend as a unit comes to be worth more [1];
    supply_elasticity, lead_time: response of physical layers to price [1] and its delay, at least
    one [quarters]; shock_quarter, shock_share: a political shock takes so much of a quarter's
    additions, from that quarter on for two quarters; sold_share, sold_share_elasticity.
    """

    shipped: FloatArray
    survival: FloatArray
    flow_limits: FloatArray
    power_gw: FloatArray
    kw_new: FloatArray
    base_draw_gw: FloatArray
    life_years: FloatArray
    running_cost: FloatArray
    price_trend: FloatArray
    seller_share: FloatArray
    discount_rate: FloatArray
    rent_decline: FloatArray
    arms_race_premium: FloatArray
    investment_cut_exponent: FloatArray
    investment_rise_exponent: FloatArray
    supply_elasticity: FloatArray
    lead_time: FloatArray
    shock_quarter: FloatArray
    shock_share: FloatArray
    sold_share: FloatArray
    sold_share_elasticity: FloatArray


@dataclass(frozen=True)
class MarketDrivers:
    """Demand in the base quarter, its growth, the fleet, and contracts (draws).

    premium: of the base quarter, work segments except robotics x draws;
    subscription_revenue: in the base quarter [USD]; contract_price: mean of running contracts in
    the base quarter [USD/H100e-h]; contract_share: compute bought on contract; renewal_share:
    contracts that end in a quarter; throughput: tokens an hour in the base quarter, segments x
    draws [Mtok/H100e-h].
    """

    demand: HourDemand
    growth: DemandGrowth
    fleet: FleetDrivers
    premium: FloatArray
    subscription_revenue: FloatArray
    contract_price: FloatArray
    contract_share: FloatArray
    renewal_share: FloatArray
    throughput: FloatArray


@dataclass(frozen=True)
class MarketPath:
    """The solved market from the base quarter on: quarters x draws (segments between them).

    Money is current USD, compute H100e and H100e-hours a quarter, tokens Mtok a quarter.
    ``limits`` is what each of `supply.LAYERS` allows, finance at the trend of prices; ``binding``
    is the place of the least (base quarter: no limit, -1); ``drivers`` is what it was solved from.
    """

    drivers: MarketDrivers
    price: FloatArray
    running_cost: FloatArray
    user_cost: FloatArray
    contract_price: FloatArray
    paid_price: FloatArray
    fleet: FloatArray
    additions: FloatArray
    binding: NDArray[np.int8]
    hours_available: FloatArray
    hours_used: FloatArray
    hours: FloatArray
    spend: FloatArray
    tokens: FloatArray
    elasticity: FloatArray
    investment_value: FloatArray
    accelerator_price: FloatArray
    limits: FloatArray
    budget_binds: BoolArray
    converged: BoolArray


def simulate(drivers: MarketDrivers, quarters: int) -> MarketPath:
    """The market from the base quarter to so many quarters after it.

    Compiled where numba is there and values of tasks are lognormal; the same equations in NumPy
    otherwise, and where one of them has been set to something else.
    """
    fleet = drivers.fleet
    path = _empty_path(drivers, quarters + 1, fleet.shipped.shape[1])
    path.accelerator_price[0] = fleet.price_trend[0]
    path.user_cost[0] = _user_cost(fleet, fleet.price_trend[0], t=0)
    if not drivers.demand.value_curves and as_written() and (compiled := _compiled()):
        compiled.solve(path, _rent_years(fleet))
    else:
        _solve(path)
    return path


def _compiled() -> Any:
    """The compiled market; None where there is no numba, or this process does without it for now."""
    try:
        from token_economics.models.compiled import market as compiled
    except ImportError:
        return None
    return compiled


def _solve(path: MarketPath) -> None:
    """Fill the path from its drivers, quarter by quarter."""
    drivers, fleet = path.drivers, path.drivers.fleet
    quarters, draws = path.price.shape
    history = fleet.shipped.shape[0]
    shipped = np.concatenate([fleet.shipped, np.zeros((quarters - 1, draws))])
    response = np.zeros((quarters, draws))
    drawn_gw = np.zeros((quarters, draws))  # of additions so far, retired ones in it
    oldest = np.zeros(draws, dtype=np.intp)
    rent_years, premium_paid, first_worth = _rent_years(fleet), np.ones(draws), np.ones(draws)
    for t in range(quarters):
        newest = history - 1 + t
        if t:
            response[t] = response[t - 1] + _price_response(fleet, path, t - 1)
            worth = path.investment_value[t - 1] * premium_paid
            risen = np.maximum(worth / fleet.price_trend[t - 1] / first_worth, 1.0)
            limits = _limits(fleet, worth, t=t, drawn_gw=drawn_gw, response=response)
            limits[_FINANCE] *= risen**fleet.investment_rise_exponent
            path.limits[t], path.binding[t] = limits, limits.argmin(axis=0)
            path.accelerator_price[t] = fleet.price_trend[t] * rents.price_over_trend(
                worth_over_trend=risen,
                paid_for=limits[_FINANCE],
                let_through=np.delete(limits, _FINANCE, axis=0).min(axis=0),
                seller_share=fleet.seller_share,
                money_exponent=fleet.investment_rise_exponent,
            )
            path.user_cost[t] = _user_cost(fleet, path.accelerator_price[t], t=t)
            shipped[newest] = limits.min(axis=0) * _after_shock(fleet, t)
            drawn_gw[t] = drawn_gw[t - 1] + shipped[newest] * fleet.kw_new[t - 1] / 1e6
        vintages = shipped[: newest + 1] * fleet.survival[: newest + 1][::-1]
        path.additions[t] = shipped[newest]
        path.fleet[t] = np.maximum(vintages.sum(axis=0), 1.0)  # never quite empty
        sold_hours = HOURS_PER_QUARTER * _sold_share(fleet, path, t)
        path.hours_available[t] = sold_hours * path.fleet[t]
        demand = demand_in_quarter(drivers, path, t)
        costs = fleet.running_cost[: newest + 1]
        path.running_cost[t] = np.einsum("vd,vd->d", costs, vintages) / path.fleet[t]
        vintages *= sold_hours
        oldest = clearing.oldest_in_service(vintages, since=oldest)
        cleared = clearing.clear(
            demand,
            vintage_hours=vintages,
            vintage_cost_usd_per_hour=costs,
            oldest=oldest,
            start_usd_per_h100e_hour=_first_guess(drivers, path, t),
        )
        rent = np.maximum(cleared.price_usd_per_h100e_hour - fleet.running_cost[newest], 0.0)
        path.investment_value[t] = HOURS_PER_YEAR * rent * rent_years
        if t == 0:
            premium_paid = _premium_paid(fleet, path)
            worth = path.investment_value[0] * premium_paid
            first_worth = np.maximum(worth / fleet.price_trend[0], 1.0)
        _record(path, t, drivers=drivers, demand=demand, cleared=cleared)


def demand_in_quarter(drivers: MarketDrivers, path: MarketPath, quarter: int) -> HourDemand:
    """The demand that clears the market in a quarter of a path that is solved up to the one before."""
    return demand_at(
        drivers.demand,
        drivers.growth,
        quarter=quarter,
        premium=drivers.premium,
        compute_multiple=path.fleet[max(quarter - 1, 0)] / path.fleet[0],
    )


def _first_guess(drivers: MarketDrivers, path: MarketPath, t: int) -> FloatArray:
    """Price to start the search from: last quarter's, moved on as it moved before."""
    if t == 0:
        return floats(drivers.demand.quota_budget_usd / drivers.demand.subscriber_hours)
    if t == 1:
        return floats(path.price[0])
    return floats(path.price[t - 1] ** 2 / path.price[t - 2])


def _empty_path(drivers: MarketDrivers, quarters: int, draws: int) -> MarketPath:
    """A path of noughts. One block of memory, which the system hands out in large pages."""
    shapes = {
        field.name: (quarters, *_ROWS.get(field.name, ()), draws)
        for field in fields(MarketPath)
        if field.type == "FloatArray"
    }
    ends = np.cumsum([math.prod(shape) for shape in shapes.values()])
    parts = np.split(np.zeros(ends[-1]), ends[:-1])
    floats_of = {
        name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)
    }
    floats_of["limits"][:] = np.inf
    return MarketPath(
        drivers=drivers,
        binding=np.full((quarters, draws), -1, dtype=np.int8),
        budget_binds=np.zeros((quarters, draws), dtype=np.bool_),
        converged=np.ones((quarters, draws), dtype=np.bool_),
        **floats_of,
    )


def _user_cost(fleet: FleetDrivers, price: FloatArray, *, t: int) -> FloatArray:
    """Full cost of an hour of the newest vintage, bought at a price [USD/H100e]. [USD/H100e-h]"""
    return supply.user_cost(
        price_usd=price,
        avoidable_cost_usd_per_hour=fleet.running_cost[fleet.shipped.shape[0] - 1 + t],
        discount_rate=fleet.discount_rate,
        rent_decline_per_year=fleet.rent_decline,
        lifetime_years=fleet.life_years,
    )


def _price_response(fleet: FleetDrivers, path: MarketPath, t: int) -> FloatArray:
    r"""Log capacity that the price of a quarter orders, :math:`(\varepsilon/4)\ln(w_t/c_t)`.

    Cost is that at the trend of prices: what an accelerator costs beyond it is the layers' own rent.
    """
    ordered = np.log(path.price[t] / _user_cost(fleet, fleet.price_trend[t], t=t))
    return floats(fleet.supply_elasticity / QUARTERS_PER_YEAR * ordered)


def _limits(
    fleet: FleetDrivers, worth: FloatArray, *, t: int, drawn_gw: FloatArray, response: FloatArray
) -> FloatArray:
    """Most that each layer allows in a quarter, layers x draws, in the order of `supply.LAYERS`.

    Logic, memory and power answer the price of a lead time ago. Finance answers last quarter's:
    when ``worth``, the value of the rents that an accelerator will earn with what buyers pay for
    being first, is less than its price, orders fall in proportion; when it has risen against the
    price since the base quarter, `_solve` adds what they have to spend beyond the trend. [H100e]
    """
    built = np.exp(_delayed(response, t=t, lead_time=fleet.lead_time))
    limits = np.empty((len(supply.LAYERS), built.size))
    limits[:-1] = fleet.flow_limits[:, t - 1] * built
    paying = np.minimum(worth / fleet.price_trend[t], 1.0)
    limits[_FINANCE] = fleet.flow_limits[_FINANCE, t - 1] * paying**fleet.investment_cut_exponent
    retired = np.floor(np.maximum(t - QUARTERS_PER_YEAR * fleet.life_years, 0.0)).astype(np.intp)
    running_gw = drawn_gw[t - 1] - drawn_gw[retired, np.arange(retired.size)]
    limits[-1] = supply.additions_under_power(
        fleet.power_gw[t - 1] * built,
        fleet_gw=fleet.base_draw_gw + running_gw,
        kw_new=fleet.kw_new[t - 1],
    )
    return limits


def _premium_paid(fleet: FleetDrivers, path: MarketPath) -> FloatArray:
    """What buyers pay over the value of rents: as assumed, or more where the base quarter shows it.

    They did buy in the base quarter, so the premium is at least what makes its price worth paying;
    rents of nothing reveal none.
    """
    price, value = fleet.price_trend[0], path.investment_value[0]
    revealed = np.divide(price, value, out=np.zeros_like(value), where=value > 0)
    return floats(np.maximum(1 + fleet.arms_race_premium, revealed))


def _delayed(response: FloatArray, *, t: int, lead_time: FloatArray) -> FloatArray:
    """Capacity ordered up to a lead time ago, log points; between quarters it is interpolated.

    ``response[t]`` holds the orders of all quarters before t; capacity in t holds those of
    quarters up to t - L.
    """
    position = np.clip(t + 1 - lead_time, 0.0, None)
    before = position.astype(np.intp)
    part = position - before
    draws = np.arange(lead_time.size)
    later = np.minimum(before + 1, t)
    return floats(response[before, draws] * (1 - part) + response[later, draws] * part)


def _after_shock(fleet: FleetDrivers, t: int) -> FloatArray:
    """Share of additions that a political shock leaves; it lasts two quarters. [share]"""
    struck = (t >= fleet.shock_quarter) & (t < fleet.shock_quarter + SHOCK_LASTS)
    return floats(np.where(struck, 1 - fleet.shock_share, 1.0))


def _sold_share(fleet: FleetDrivers, path: MarketPath, t: int) -> FloatArray:
    """Part of the fleet that sells inference; more when selling has come to pay more.

    It follows the contract book rather than last quarter's price: an instant answer with a
    quarter's delay would make prices zigzag, which no record shows.
    """
    if t == 0:
        return fleet.sold_share
    dearer = path.contract_price[t - 1] / path.contract_price[0]
    return floats(np.minimum(fleet.sold_share * dearer**fleet.sold_share_elasticity, MOST_SOLD))


def _rent_years(fleet: FleetDrivers) -> FloatArray:
    """Present value of a new unit's rents over those of today. [years]"""
    return supply.declining_annuity_years(
        discount_rate=fleet.discount_rate,
        rent_decline_per_year=fleet.rent_decline,
        lifetime_years=fleet.life_years,
    )


def _record(
    path: MarketPath, t: int, *, drivers: MarketDrivers, demand: HourDemand, cleared: Cleared
) -> None:
    """Fill a quarter of the path with what the cleared market says of segments and contracts."""
    price = cleared.price_usd_per_h100e_hour
    path.price[t], path.hours_used[t] = price, cleared.hours_used
    path.converged[t] = cleared.converged
    path.elasticity[t] = cleared.elasticity
    years = t / QUARTERS_PER_YEAR
    path.hours[t, :-1], path.hours[t, -1] = cleared.work_hours, cleared.subscription_hours
    path.spend[t, :-1] = demand.price_factor * price * path.hours[t, :-1]
    path.budget_binds[t] = path.spend[t, :-1].sum(axis=0) > NEARLY * demand.work_budget_usd
    users = subscriber_multiple(drivers.growth, quarter=t)
    path.spend[t, -1] = drivers.subscription_revenue * users * np.exp(drivers.growth.wages * years)
    path.tokens[t] = path.hours[t] * drivers.throughput * np.exp(drivers.growth.throughput * years)
    renewed = drivers.renewal_share if t else 0.0
    before = path.contract_price[t - 1] if t else drivers.contract_price
    path.contract_price[t] = renewed_contracts(before, price, renewal_share=renewed)
    path.paid_price[t] = (
        drivers.contract_share * path.contract_price[t] + (1 - drivers.contract_share) * price
    )


def renewed_contracts(
    contract_price: ArrayLike, spot_price: ArrayLike, *, renewal_share: ArrayLike
) -> FloatArray:
    r"""Mean price of running contracts after a quarter, in which some end and are renewed at spot.

    .. math:: \bar w_{t} = (1 - \rho)\,\bar w_{t-1} + \rho\, w_t

    ``renewal_share`` is the part of contracts that ends, rho. [USD/H100e-h]

    Examples
    --------
    A tenth of contracts at 2 USD an hour ends while spot is at 3:

    >>> print(renewed_contracts(2.0, 3.0, renewal_share=0.1).round(3))
    2.1
    """
    renewal = np.asarray(renewal_share, dtype=np.float64)
    return np.asarray((1 - renewal) * np.asarray(contract_price) + renewal * np.asarray(spot_price))


_EQUATIONS = [
    (names, dict(names))
    for names in (*map(vars, (clearing, derived_demand, rents, supply, task_growth)), globals())
]


def as_written() -> bool:
    """Whether the equations are those that were compiled: a notebook may have set one of its own."""
    return all(
        now.get(name) is written
        for now, before in _EQUATIONS
        for name, written in before.items()
        if callable(written)
    )
