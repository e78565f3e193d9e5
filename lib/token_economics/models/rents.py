r"""Who earns what in the token market: spending split without counting anything twice.

Two ledgers, never added. The installed fleet earns its rent this quarter (a flow on sunk
capital); the layers that make new accelerators earn the surplus of new chips (a stock value).
Adding the second to the first for one vintage would count the same hours twice.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from token_economics.methods.arrays import FloatArray, floats


class SpendSplit(NamedTuple):
    """Spending on tokens in a quarter by who earns it; the parts add up. [USD a quarter]

    labs: revenue less the compute they pay for; running: avoidable cost of hours used; capital:
    return to capital at replacement cost; scarcity: what compute earns beyond, any sign, of
    which labs hold ``contract_wedge`` (already in ``labs``, so ``scarcity`` is net of it).
    """

    labs: FloatArray
    running: FloatArray
    capital: FloatArray
    scarcity: FloatArray
    contract_wedge: FloatArray


def split_of_spend(
    *,
    spend_usd: ArrayLike,
    hours_used: ArrayLike,
    price: ArrayLike,
    paid_price: ArrayLike,
    running_cost: ArrayLike,
    user_cost: ArrayLike,
) -> SpendSplit:
    r"""Spending as labs' margin, running cost, return to capital and scarcity rent of the fleet.

    .. math:: S = (S - \bar w h) + v h + (c - v) h + (\bar w - c) h

    With contracts below spot the labs keep :math:`(w - \bar w) h`, the contract wedge; the
    fleet's whole scarcity rent at spot is the ``scarcity`` part plus that wedge.
    Spot ``price`` is w, ``paid_price`` its mean with contracts; ``hours_used`` are h.

    Examples
    --------
    Spend of 100 on 20 hours that are paid at 2 USD, cost 0.50 to run and 1.50 in full. Spot is at
    3 USD, so contracts leave 20 with the labs. The first four parts add up to the spend:

    >>> split = split_of_spend(
    ...     spend_usd=100.0,
    ...     hours_used=20.0,
    ...     price=3.0,
    ...     paid_price=2.0,
    ...     running_cost=0.5,
    ...     user_cost=1.5,
    ... )
    >>> print({name: float(part) for name, part in split._asdict().items()})
    {'labs': 60.0, 'running': 10.0, 'capital': 20.0, 'scarcity': 10.0, 'contract_wedge': 20.0}
    """
    hours = floats(hours_used)
    compute_bill = floats(paid_price) * hours
    running = floats(running_cost) * hours
    full_cost = floats(user_cost) * hours
    return SpendSplit(
        labs=floats(spend_usd) - compute_bill,
        running=running,
        capital=full_cost - running,
        scarcity=compute_bill - full_cost,
        contract_wedge=(floats(price) - floats(paid_price)) * hours,
    )


def lab_gross_margin(
    *, spend_usd: ArrayLike, hours_used: ArrayLike, paid_price: ArrayLike
) -> FloatArray:
    r"""Margin before training and staff, hours paid being the cost, :math:`1 - \bar w h / S`. [share]

    Examples
    --------
    Spend of 100, on 20 hours that are paid at 2 USD:

    >>> print(lab_gross_margin(spend_usd=100.0, hours_used=20.0, paid_price=2.0))
    0.6
    """
    bill = np.multiply(paid_price, hours_used)
    return floats(1 - bill / floats(spend_usd))


def implied_throughput(
    *, paid_price: ArrayLike, effective_price_usd_per_mtok: ArrayLike, gross_margin: ArrayLike
) -> FloatArray:
    r"""Tokens an hour that price, margin and compute cost imply, :math:`\bar w/(p(1-GM))`.

    Four observables and one identity: where throughput is also measured, the ratio is a test of
    the four, not something to impose. [Mtok/H100e-h]
    """
    kept = floats(effective_price_usd_per_mtok) * (1 - floats(gross_margin))
    return floats(floats(paid_price) / kept)


def price_over_trend(
    *,
    worth_over_trend: ArrayLike,
    paid_for: ArrayLike,
    let_through: ArrayLike,
    seller_share: ArrayLike,
    money_exponent: ArrayLike,
) -> FloatArray:
    r"""Price of an accelerator over its trend: what its makers take of what it has come to be worth.

    .. math:: P/\hat P = \min\{(V/\hat P)^{k},\ \max(1,\ M/K)^{1/(1+\varphi)}\}

    Complementary slackness (model sheet, 1.19 and 1.20): where buyers' money limits what is made, no
    layer earns a rent and the price is its trend; where a layer limits it, the price rises, at most
    to what spends all of that money on what the layer lets through: a dearer unit is worth less of
    it, so that what buyers would take falls by :math:`1+\varphi`. Short of that a share k of the
    gap between worth and trend, in logs, goes to makers and layers and the rest stays with buyers,
    as in a bargain (Nash, 1950). What is made is the same for any k: a rent moves no quantity in its
    quarter. [1]

    Parameters
    ----------
    worth_over_trend
        Value to buyers, :math:`V/\hat P`, over that of the base quarter; at least 1. [1]
    paid_for
        Accelerators that buyers' money pays for at the trend of prices, M. [H100e]
    let_through
        What the scarcest other layer allows, K. [H100e]
    seller_share
        Part of the gap that sellers take, k, from 0 to 1. [share]
    money_exponent
        How far money answers what a unit is worth over its price, :math:`\varphi`. [1]

    Examples
    --------
    A unit has come to be worth four times as much and sellers take half of the gap in logs: with
    ample money the price doubles, it rises by a half where that exhausts the money, and not at all
    where money is short:

    >>> price = price_over_trend(
    ...     worth_over_trend=4.0,
    ...     paid_for=[9.0, 1.5, 0.8],
    ...     let_through=1.0,
    ...     seller_share=0.5,
    ...     money_exponent=0.0,
    ... )
    >>> print(price)
    [2.  1.5 1. ]
    """
    asked = floats(worth_over_trend) ** floats(seller_share)
    money, layer = np.broadcast_arrays(floats(paid_for), floats(let_through))
    room = np.divide(money, layer, out=np.full(money.shape, np.inf), where=layer > 0)
    return floats(np.minimum(asked, np.maximum(room, 1.0) ** (1 / (1 + floats(money_exponent)))))


class Rationing(NamedTuple):
    """What a list price below the clearing price does in a quarter.

    unserved_share of demand at list [share]; transfer_if_efficient: rent that goes to users when
    those who value it most are served; lost_if_random: value lost when service is by chance, on
    top of that. [USD a quarter]
    """

    unserved_share: FloatArray
    transfer_if_efficient: FloatArray
    lost_if_random: FloatArray


def rationing(
    *,
    hours: ArrayLike,
    hours_at_list: ArrayLike,
    list_price: ArrayLike,
    clearing_price: ArrayLike,
    surplus_at_list: ArrayLike,
    surplus_at_clearing: ArrayLike,
) -> Rationing:
    r"""Two bounds on rationing under a sticky list price, prices per hour of compute.

    Served by value, users gain :math:`CS(w^*) + (w^* - \bar w)H`; served at random, only
    :math:`CS(\bar w)\,H/D(\bar w)`. Their difference is the value that chance destroys. With the
    list price at or above the clearing price nobody is rationed. ``hours`` are those sold, H.
    """
    demanded = floats(hours_at_list)
    served = np.minimum(floats(hours) / demanded, 1.0)
    gap = np.maximum(floats(clearing_price) - floats(list_price), 0.0)
    transfer = gap * floats(hours)
    efficient = floats(surplus_at_clearing) + transfer
    random = served * floats(surplus_at_list)
    return Rationing(
        unserved_share=floats(1 - served),
        transfer_if_efficient=floats(transfer),
        lost_if_random=floats(np.where(served < 1, np.maximum(efficient - random, 0.0), 0.0)),
    )
