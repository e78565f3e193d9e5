r"""Memory that conventional servers share with accelerators, and what it then costs.

High-bandwidth memory takes wafer starts from conventional memory. What accelerators take grows
with their number and with memory per unit of compute; the rest of all bits is left for servers,
computers and phones, and its price clears that market. Memory stores, so that a shortage ahead is
paid for before it is there. Bits are counted against the base quarter.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from token_economics.methods.arrays import FloatArray, floats

_LEAST_LEFT = 0.02  # share of all bits that conventional buyers keep whatever it costs


def conventional_bits(
    years: ArrayLike,
    *,
    bit_growth_per_year: ArrayLike,
    hbm_share: ArrayLike,
    accelerators_multiple: ArrayLike,
    bits_per_accelerator_change: ArrayLike,
) -> FloatArray:
    r"""Bits left for conventional memory, over those of the base quarter.

    .. math:: \frac{(1+g)^t - s_0 \, x_t/x_0 \, (1+m)^t}{1 - s_0}

    Parameters
    ----------
    years
        Time t since the base quarter. [years]
    bit_growth_per_year
        Growth g of all bits, counted as conventional ones. [1/year]
    hbm_share
        Share s of wafer starts that go into high-bandwidth memory in the base quarter. [share]
    accelerators_multiple
        Accelerators made in a quarter over those of the base quarter. [1]
    bits_per_accelerator_change
        Change m of memory for a unit of compute. [1/year]

    Returns
    -------
    Multiple of the base quarter; never below a fiftieth of all bits. [1]

    Examples
    --------
    A fifth of wafers goes to accelerators, whose number doubles while all bits grow by a fifth:

    >>> left = conventional_bits(
    ...     1.0,
    ...     bit_growth_per_year=0.2,
    ...     hbm_share=0.2,
    ...     accelerators_multiple=2.0,
    ...     bits_per_accelerator_change=0.0,
    ... )
    >>> print(left.round(6))
    1.0
    """
    time = floats(years)
    every = (1 + floats(bit_growth_per_year)) ** time
    taken = (
        floats(hbm_share)
        * floats(accelerators_multiple)
        * (1 + floats(bits_per_accelerator_change)) ** time
    )
    left = np.maximum(every - taken, _LEAST_LEFT * every)
    return floats(left / (1 - floats(hbm_share)))


def contract_price_multiple(
    years: ArrayLike,
    *,
    bits_multiple: ArrayLike,
    demand_growth_per_year: ArrayLike,
    elasticity_magnitude: ArrayLike,
) -> FloatArray:
    r"""Contract price of conventional memory over that of the base quarter.

    .. math:: \ln p_t = \frac{t \ln(1+g_D) - \ln b_t}{|\eta|}

    Demand grows by :math:`g_D` at an unchanged price; with an inelastic market a small shortfall
    of bits is a large rise of price. [1] ``elasticity_magnitude`` is that of conventional demand.

    Examples
    --------
    A tenth of bits too few in a market with an elasticity of -0.2:

    >>> price = contract_price_multiple(
    ...     1.0, bits_multiple=0.9, demand_growth_per_year=0.0, elasticity_magnitude=0.2
    ... )
    >>> print(price.round(2))
    1.69
    """
    wanted = floats(years) * np.log1p(floats(demand_growth_per_year))
    gap = wanted - np.log(floats(bits_multiple))
    return floats(np.exp(gap / floats(elasticity_magnitude)))


def price_with_stocks(
    *,
    bits_multiple: ArrayLike,
    wanted_multiple: ArrayLike,
    elasticity_magnitude: ArrayLike,
    carrying_cost_per_quarter: ArrayLike,
    foresight_quarters: ArrayLike,
    surprises_log: ArrayLike = 0.0,
) -> FloatArray:
    r"""Contract price by quarter over that of the base quarter when bits can be stored.

    .. math:: p_t^{|\eta|} = \max_{h \le H} \frac{\sum_{j \le h} d_{t+j}\, e^{-|\eta| c j}}
       {s_{t-1} + \sum_{j \le h} b_{t+j}}, \qquad s_t = s_{t-1} + b_t - d_t\, p_t^{-|\eta|}

    Competitive storage (Deaton and Laroque, 1992): :math:`p_t \ge e^{-c} p_{t+1}` for all that
    holders foresee, with equality where stocks are carried, and stocks are never negative. A stock
    bridges the quarters over which :math:`p` rises by no more than c a quarter, so all bits of these
    quarters meet all that is wanted in them at one price net of the cost of carrying; the tightest
    span of those that holders see sets it. What comes into sight later is news and moves the price
    at once. There is perfect foresight up to H and none beyond, where Deaton and Laroque have
    expectations over harvests, and obsolescence costs value, not bits.

    The base quarter carries nothing: its price is observed, and what was foreseen in it is in that
    price. Without foresight, or with a prohibitive cost, prices are those of
    `contract_price_multiple`.

    Parameters
    ----------
    bits_multiple
        Bits made over those of the base quarter, b, quarters x draws from that quarter on. [1]
    wanted_multiple
        Bits wanted at an unchanged price, d, in the same shape. [1]
    elasticity_magnitude
        Response of what is bought to the price, in size, by draw. [1]
    carrying_cost_per_quarter
        Interest, room and obsolescence of a bit in stock over its value, c, by draw. [1/quarter, logs]
    foresight_quarters
        How far holders see ahead, H, whole ones counted, by draw. [quarters]
    surprises_log
        What has come upon demand by each quarter, which nobody saw before and all take to stay,
        quarters x draws. [logs]

    Returns
    -------
    Prices, quarters x draws. [1]

    Examples
    --------
    Half of the bits are missing in the last quarter. Nobody sees it coming; or all see it a quarter
    ahead, and carrying costs a tenth:

    >>> for foresight in (0, 1):
    ...     price = price_with_stocks(
    ...         bits_multiple=[[1.0], [1.0], [1.0], [0.5]],
    ...         wanted_multiple=np.ones((4, 1)),
    ...         elasticity_magnitude=1.0,
    ...         carrying_cost_per_quarter=0.1,
    ...         foresight_quarters=foresight,
    ...     )
    ...     print(price.ravel().round(2))
    [1. 1. 1. 2.]
    [1.   1.   1.27 1.4 ]
    """
    bits, wanted = floats(bits_multiple), floats(wanted_multiple)
    response, seen = floats(elasticity_magnitude), np.floor(foresight_quarters)
    level = np.broadcast_to(np.exp(floats(surprises_log)), bits.shape)
    waiting_cost = response * floats(carrying_cost_per_quarter)
    price, stock = np.empty_like(bits), np.zeros_like(bits[0])
    for t in range(len(bits)):
        ahead = np.arange(len(bits) - t)[:, None]
        worth_waiting = np.exp(-ahead * waiting_cost)
        foreseen = level[t] * wanted[t:]
        tightness = (foreseen * worth_waiting).cumsum(axis=0) / (stock + bits[t:].cumsum(axis=0))
        in_sight = ahead <= (seen if t else 0)
        tightest = np.where(in_sight, tightness, 0.0).max(axis=0)
        price[t] = np.exp(np.log(tightest) / response)
        stock = np.maximum(stock + bits[t] - foreseen[0] / tightest, 0.0)
    return price


def highest_price_log(
    *,
    start_log: float,
    change_log: float,
    carried_over: float,
    shocks_log: FloatArray,
) -> FloatArray:
    r"""Highest price along each path whose changes carry over in part, start included. [logs]

    .. math:: \Delta_t = \rho \Delta_{t-1} + \varepsilon_t, \quad \ln p_t = \ln p_{t-1} + \Delta_t

    Parameters
    ----------
    start_log
        Price before the first shock. [logs]
    change_log
        Last change before it. [logs]
    carried_over
        Part of a change that comes again in the next period, :math:`\rho`. [1]
    shocks_log
        Surprises :math:`\varepsilon`, paths x periods. [logs]

    Examples
    --------
    No surprises; half of a change of one carries over for two periods, or none of it does:

    >>> calm = np.zeros((1, 2))
    >>> for carried in (0.5, 0.0):
    ...     print(
    ...         highest_price_log(
    ...             start_log=2.0, change_log=1.0, carried_over=carried, shocks_log=calm
    ...         )
    ...     )
    [2.75]
    [2.]
    """
    paths = len(shocks_log)
    change, level = np.full(paths, change_log), np.full(paths, start_log)
    highest = level
    for shock in shocks_log.T:
        change = carried_over * change + shock
        level = level + change
        highest = np.maximum(highest, level)
    return highest
