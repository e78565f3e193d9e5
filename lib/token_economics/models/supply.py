"""Supply of AI compute: vintages in service, the layers that limit additions, cost and life.

Arrays of draws have the draws on the first axis and quarters on the last, so that a point, a
scenario grid and many thousand draws are the same call. Compute is counted in H100-equivalents.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import ArrayLike, NDArray

from token_economics.methods.arrays import BoolArray, FloatArray, floats

QUARTERS_PER_YEAR = 4
HOURS_PER_QUARTER = 2191.5
HOURS_PER_YEAR = 8766.0
FLOW_LAYERS = ("logic_packaging", "dram_hbm", "finance")
LAYERS = (*FLOW_LAYERS, "power")


def compounded(rate_per_year: ArrayLike, years: ArrayLike) -> FloatArray:
    r"""What one becomes at a rate of growth, :math:`(1 + g)^t`; by logs, which is quicker. [1]

    ``rate_per_year`` is above -1 and of any shape that broadcasts with ``years``; nan if below it.

    Examples
    --------
    A fifth a year, for none, one and two years:

    >>> print(compounded(0.2, [0, 1, 2]).round(2))
    [1.   1.2  1.44]
    """
    return floats(np.exp(np.log1p(rate_per_year) * floats(years)))


@dataclass(frozen=True)
class Layer:
    """An input whose flow limits what can be added in a quarter.

    ``headroom`` is the share by which the limit exceeds the last observed additions in the base
    quarter (one number a draw); ``growth_per_year`` the growth of the limit, counted in the
    accelerators that it allows.
    """

    name: str
    headroom: FloatArray
    growth_per_year: FloatArray

    def limit(self, base_additions: FloatArray, quarters_ahead: FloatArray) -> FloatArray:
        """Most H100e that the layer allows in each future quarter. [H100e/quarter]"""
        growth = compounded(self.growth_per_year[:, None], quarters_ahead / QUARTERS_PER_YEAR)
        return (base_additions * (1 + self.headroom))[:, None] * growth


@dataclass(frozen=True)
class Power:
    """Electric power for AI: a stock that the whole fleet draws on, not a quarterly flow.

    ``base_draw_gw`` is what the observed fleet draws; ``kw_per_new_h100e`` the draw of what was
    added last, falling by ``kw_change_per_year``.
    """

    base_draw_gw: float
    kw_per_new_h100e: float
    headroom: FloatArray
    growth_per_year: FloatArray
    kw_change_per_year: FloatArray

    def available(self, quarters_ahead: FloatArray) -> FloatArray:
        """Power that the fleet may draw in each future quarter. [GW]"""
        growth = compounded(self.growth_per_year[:, None], quarters_ahead / QUARTERS_PER_YEAR)
        return self.base_draw_gw * (1 + self.headroom)[:, None] * growth

    def kw_new(self, quarters_ahead: FloatArray) -> FloatArray:
        """Draw of one H100e added in each future quarter. [kW]"""
        change = compounded(self.kw_change_per_year[:, None], quarters_ahead / QUARTERS_PER_YEAR)
        return self.kw_per_new_h100e * change


@dataclass(frozen=True)
class Additions:
    """Projected additions: draws x quarters, and the index in `LAYERS` of what limits each."""

    h100e: FloatArray
    binding: NDArray[np.intp]
    limits: FloatArray


def declining_annuity_years(
    *, discount_rate: ArrayLike, rent_decline_per_year: ArrayLike, lifetime_years: ArrayLike
) -> FloatArray:
    r"""Present value of an asset's rents over the rent of its first year: annuity of a falling rent.

    .. math:: \int_0^n e^{-(\rho + g)t}\,dt = \frac{1 - e^{-(\rho + g) n}}{\rho + g},
       \qquad \rho = \ln(1 + i)

    With g = 0 it is the annuity of a rent that stays, paid continuously; with n without bound it is
    :math:`1/(\rho + g)`.

    Parameters
    ----------
    discount_rate
        Weighted average cost of capital, i. [1/year]
    rent_decline_per_year
        Fall of the rent of a unit that is already bought, net of running cost, g. [1/year, logs]
    lifetime_years
        Age at which it is retired, n. [years]

    Returns
    -------
    Years of today's rent that the asset is worth. [years]

    Examples
    --------
    At 10 % an asset of five years is worth four years of a rent that stays, and under two and a half
    of one that falls by a quarter a year:

    >>> years = declining_annuity_years(
    ...     discount_rate=0.10, rent_decline_per_year=[0.0, 0.25], lifetime_years=5
    ... )
    >>> print(years.round(2))
    [3.98 2.38]
    """
    fall = np.log1p(discount_rate) + floats(rent_decline_per_year)
    return floats(-np.expm1(-fall * floats(lifetime_years)) / fall)


def user_cost(
    *,
    price_usd: ArrayLike,
    avoidable_cost_usd_per_hour: ArrayLike,
    discount_rate: ArrayLike,
    rent_decline_per_year: ArrayLike,
    lifetime_years: ArrayLike,
) -> FloatArray:
    r"""Full cost of an H100e-hour: the rent at which a new unit just pays. [USD/H100e-hour]

    .. math:: c = v + \frac{P}{8766} \cdot \frac{\rho + g}{1 - e^{-(\rho + g) n}}

    The rent falls while the unit is in use, so the first year has to earn more than an annuity: cost
    of capital, wear and the loss of value, :math:`r + \delta - \dot P/P` (Jorgenson 1963; Hall and
    Jorgenson 1967). At w = c the net present value of a unit is nothing
    (`declining_annuity_years`, by which investment is valued too). The last four are as there;
    ``avoidable_cost_usd_per_hour`` is v.

    Examples
    --------
    A 30,000 USD accelerator that costs 0.20 USD an hour to run, over five and over eight years, if
    rents fall by a quarter a year:

    >>> cost = user_cost(
    ...     price_usd=30_000,
    ...     avoidable_cost_usd_per_hour=0.2,
    ...     discount_rate=0.10,
    ...     rent_decline_per_year=0.25,
    ...     lifetime_years=np.array([5, 8]),
    ... )
    >>> print(cost.round(2))
    [1.64 1.46]
    """
    years = declining_annuity_years(
        discount_rate=discount_rate,
        rent_decline_per_year=rent_decline_per_year,
        lifetime_years=lifetime_years,
    )
    capital_usd_per_hour = floats(price_usd) / years / HOURS_PER_YEAR
    return floats(floats(avoidable_cost_usd_per_hour) + capital_usd_per_hour)


def economic_life_years(
    *,
    rent_usd_per_hour: ArrayLike,
    avoidable_cost_usd_per_hour: ArrayLike,
    rent_decline_per_year: ArrayLike,
) -> FloatArray:
    r"""Years until a falling rent meets avoidable cost: the life that scarcity chooses.

    .. math:: n = \ln(w_0 / v) / g, \quad w_t = w_0 e^{-g t}

    The decline g is in logs [1/year]. Zero if the rent is below avoidable cost already.

    Examples
    --------
    A rent that falls by 30 % a year, in logs, meets a running cost of 0.20 USD:

    >>> life = economic_life_years(
    ...     rent_usd_per_hour=[1.0, 2.4],
    ...     avoidable_cost_usd_per_hour=0.2,
    ...     rent_decline_per_year=0.3,
    ... )
    >>> print(life.round(1))
    [5.4 8.3]
    """
    rent = floats(rent_usd_per_hour)
    life = np.log(rent / floats(avoidable_cost_usd_per_hour)) / floats(rent_decline_per_year)
    return floats(np.maximum(life, 0.0))


def survival(age_years: ArrayLike, *, failure_rate: ArrayLike, life_years: ArrayLike) -> FloatArray:
    """Share of a vintage still in service at an age: constant failure rate, then retirement.

    [share]
    """
    age = floats(age_years)
    return floats(np.exp(-floats(failure_rate) * age) * (age < floats(life_years)))


def fleet_in_service(
    additions: FloatArray,
    *,
    lag_quarters: FloatArray,
    failure_rate: FloatArray,
    life_years: FloatArray,
) -> FloatArray:
    r"""H100e in service at the end of each quarter.

    .. math:: N_t = \sum_v a_v S(t - v - \ell)

    A fractional lag :math:`\ell` splits a vintage between two quarters. Model sheet, equation 1;
    retirement is by life, since the merit order needs a rent path.

    Parameters
    ----------
    additions
        Shipments, draws x quarters. [H100e/quarter]
    lag_quarters
        From shipment to energisation, one a draw. [quarters]
    failure_rate, life_years
        Hazard of failure [1/year] and age of retirement [years], one a draw.
    """
    quarters = additions.shape[-1]
    in_service_quarters = np.arange(quarters) - lag_quarters[:, None]  # by age
    energised = np.clip(in_service_quarters + 1.0, 0.0, 1.0)
    age_years = np.maximum(in_service_quarters, 0.0) / QUARTERS_PER_YEAR
    alive = survival(age_years, failure_rate=failure_rate[:, None], life_years=life_years[:, None])
    shipped, working = (
        np.ascontiguousarray(additions.T),
        np.ascontiguousarray((energised * alive).T),
    )
    stock = np.zeros_like(additions)
    for t in range(quarters):
        stock[:, t] = (shipped[: t + 1] * working[t::-1]).sum(axis=0)
    return stock


def sold_compute_hours(fleet_h100e: ArrayLike, sold_share: ArrayLike) -> FloatArray:
    """H100e-hours of sold inference a quarter: ``H = 2191.5 kappa N`` (equation 2).

    [H100e-h/quarter]
    """
    return floats(HOURS_PER_QUARTER * floats(sold_share) * floats(fleet_h100e))


def normalised_headroom(headroom: FloatArray) -> FloatArray:
    """Headrooms, draws x layers, less the smallest of each draw: something binds today.

    ``s_j >= 0, min_j s_j = 0`` (model sheet, 1.14). [share]
    """
    return floats(headroom - headroom.min(axis=1, keepdims=True))


def additions_under_power(
    available_gw: FloatArray, *, fleet_gw: FloatArray, kw_new: FloatArray
) -> FloatArray:
    r"""Accelerators that the power left by the fleet can feed. [H100e]

    .. math:: x = \max(0, P - \sum_v k_v n_v) / k_{new}

    Power is a stock: what is available [GW] feeds the whole fleet, so only the difference can be
    new; reading it as a flow admits the whole grid every quarter (model sheet, 1.13).
    ``kw_new`` is the draw of a new one. [kW]

    Examples
    --------
    Power for 30 GW, of which the fleet draws 29, feeds half a million new accelerators of 2 kW:

    >>> print(additions_under_power(np.array(30.0), fleet_gw=np.array(29.0), kw_new=np.array(2.0)))
    500000.0
    """
    return floats(np.maximum(available_gw - fleet_gw, 0.0) * 1e6 / kw_new)


def project_additions(
    layers: tuple[Layer, ...], power: Power, *, base_additions: FloatArray, quarters: int,
    life_years: FloatArray,
) -> Additions:  # fmt: skip
    """What can be added each future quarter: the least that flows and the power stock allow.

    Flows limit additions; power limits the whole fleet's draw, so what it leaves for new
    accelerators is the stock available less what the surviving fleet draws (model sheet, 1.13).
    Vintages added here leave the draw when they reach the end of their life. [H100e/quarter]
    """
    draws = len(base_additions)
    ahead = np.arange(1, quarters + 1, dtype=np.float64)
    flows = np.stack([layer.limit(base_additions, ahead) for layer in layers], axis=-1)
    available, kw_new = power.available(ahead), power.kw_new(ahead)
    added = np.zeros((draws, quarters))
    limits = np.concatenate([flows, np.zeros((draws, quarters, 1))], axis=-1)
    new_gw = np.zeros((quarters, draws))
    for t in range(quarters):
        retired = (ahead[t] - ahead[:t])[:, None] / QUARTERS_PER_YEAR >= life_years
        fleet_gw = power.base_draw_gw + (new_gw[:t] * ~retired).sum(axis=0)
        limits[:, t, -1] = additions_under_power(
            available[:, t], fleet_gw=fleet_gw, kw_new=kw_new[:, t]
        )
        added[:, t] = reduce(np.minimum, limits[:, t].T)
        new_gw[t] = added[:, t] * kw_new[:, t] / 1e6
    return Additions(h100e=added, binding=limits.argmin(axis=-1), limits=limits)


def headroom_after_prices(
    prior: FloatArray, log_price_rise: FloatArray, sensitivity: FloatArray
) -> FloatArray:
    r"""Headroom of each layer, draws x layers, in the light of input prices.

    .. math:: s_j = s_j^{0} / (1 + k \max(0, \Delta\ln p_j))

    A layer whose price rose is unlikely to have much room. This is what tilting an exponential
    prior by :math:`\exp(-k \Delta\ln p \, s)` does to it (k per unit of prior mean); form and k
    are judged. With k = 0 or no price rise the prior stands, so both can be shown side by side.
    [share]

    ``sensitivity`` is k.

    Examples
    --------
    Two layers with a tenth of room; the price of the second doubled:

    >>> prior = np.array([[0.1, 0.1]])
    >>> rise = np.log([[1.0, 2.0]])
    >>> print(headroom_after_prices(prior, rise, np.array([2.0])).round(3))
    [[0.1   0.042]]
    """
    tightening = 1 + sensitivity[:, None] * np.maximum(log_price_rise, 0.0)
    return floats(prior / tightening)


def binding_shares(binding: NDArray[np.intp]) -> FloatArray:
    """Share of draws in which each layer limits additions: quarters x layers, rows sum to one.

    [share]

    ``binding`` is as in `Additions`.

    Examples
    --------
    Memory, the second layer, limits in three of four draws:

    >>> print(binding_shares(np.array([[1], [1], [1], [0]])))
    [[0.25 0.75 0.   0.  ]]
    """
    return np.stack([(binding == j).mean(axis=0) for j in range(len(LAYERS))], axis=-1)


# --- capacity that answers prices late: how strong the answer may be before it runs away


def stability_bound(lead_time_quarters: ArrayLike) -> FloatArray:
    r"""Largest stable :math:`\varepsilon/(4|\eta|)`: :math:`2\cos(k\pi/(2k+1))`, k = L - 1. [1]

    A layer grows at its trend and, after a lead time, by what the price was when it was ordered:
    :math:`\ln K_{t+L} = \ln K_{t+L-1} + g + \tfrac{\varepsilon}{4}\ln(w_t/c)`. With a price that
    falls by :math:`1/|\eta|` per log point of capacity this is a delayed negative feedback. Its
    bound is that of :math:`y_{t+1} = y_t - a\,y_{t-k}` (Levin and May, 1976).

    Examples
    --------
    The longer capacity takes, the less it may answer the price before it runs away:

    >>> print(stability_bound([1, 4, 8]).round(4))
    [2.     0.445  0.2091]
    """
    delay = floats(lead_time_quarters) - 1
    return floats(2 * np.cos(delay * np.pi / (2 * delay + 1)))


def overshoot_bound(lead_time_quarters: ArrayLike) -> FloatArray:
    r"""Largest response that returns without overshoot: :math:`k^k/(k+1)^{k+1}`, k = L - 1. [1]"""
    delay = floats(lead_time_quarters) - 1
    return floats(delay**delay / (delay + 1) ** (delay + 1))


def response_strength(
    *, supply_price_elasticity: ArrayLike, demand_elasticity_magnitude: ArrayLike
) -> FloatArray:
    r"""Loop gain of a quarter, :math:`\varepsilon/(4|\eta|)`, supply over demand elasticity. [1]

    Examples
    --------
    Supply that answers as strongly as demand does:

    >>> print(response_strength(supply_price_elasticity=1.0, demand_elasticity_magnitude=1.0))
    0.25
    """
    demand = 4 * floats(demand_elasticity_magnitude)
    return floats(floats(supply_price_elasticity) / demand)


def bounded_elasticity(
    supply_price_elasticity: FloatArray,
    *,
    demand_elasticity_magnitude: FloatArray,
    lead_time_quarters: FloatArray,
) -> tuple[FloatArray, BoolArray]:
    """Supply elasticity inside the stability bound, and which draws were held there.

    The bound is joint: it binds elasticity, demand elasticity and lead time together. Draws
    beyond it are set to it and marked, so that they can be counted and shown. [1]
    """
    limit = 4 * demand_elasticity_magnitude * stability_bound(lead_time_quarters)
    beyond = supply_price_elasticity > limit
    return floats(np.minimum(supply_price_elasticity, limit)), np.asarray(beyond)
