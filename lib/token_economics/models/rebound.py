"""Does cheaper mean more spending? Elasticities, the binding constraint, and decompositions.

Elasticities are negative numbers. A price cut raises spending if and only if the elasticity is
below minus one, and the elasticity of one model is not that of the market.
"""

from typing import NamedTuple

import numpy as np

from token_economics.methods.arrays import BoolArray, FloatArray, Numbers, floats
from token_economics.methods.prices.index_numbers import logarithmic_mean


class MarketResponse(NamedTuple):
    """Log changes of compute price, token price and spending. [log]"""

    compute_price: FloatArray
    token_price: FloatArray
    spend: FloatArray


def bound_response(
    *,
    demand_shift: Numbers,
    capacity_growth: Numbers,
    efficiency_growth: Numbers,
    own_price_elasticity: Numbers,
) -> MarketResponse:
    r"""What efficiency does when compute is fully used.

    .. math::
       \Delta\ln w &= [\Delta\ln A - \Delta\ln H + (|\eta|-1)\Delta\ln\varphi]/|\eta| \\
       \Delta\ln p &= [\Delta\ln A - \Delta\ln H - \Delta\ln\varphi]/|\eta| \\
       \Delta\ln (pQ) &= [\Delta\ln A + (|\eta|-1)(\Delta\ln H + \Delta\ln\varphi)]/|\eta|

    The token price falls whenever efficiency rises. The rent of compute rises if and only if
    |η| > 1, stays at |η| = 1 and falls below.

    Parameters
    ----------
    demand_shift
        Change of demand at given price, Δln A. [log]
    capacity_growth
        Change of compute hours, Δln H. [log]
    efficiency_growth
        Change of tokens per compute hour, Δln φ. [log]
    own_price_elasticity
        η, below zero. [1]

    Examples
    --------
    Efficiency doubles while compute is fully used. The token gets cheaper throughout; the rent of
    compute falls, stays or rises as demand is inelastic, unit elastic or elastic:

    >>> response = bound_response(
    ...     demand_shift=0.0,
    ...     capacity_growth=0.0,
    ...     efficiency_growth=np.log(2),
    ...     own_price_elasticity=np.array([-0.5, -1.0, -2.0]),
    ... )
    >>> print(np.exp(response.token_price).round(3))
    [0.25  0.5   0.707]
    >>> print(np.exp(response.compute_price).round(3))
    [0.5   1.    1.414]
    """
    strength = -floats(own_price_elasticity)
    token_supply_growth = capacity_growth + floats(efficiency_growth)
    token_price = (demand_shift - token_supply_growth) / strength
    return MarketResponse(
        compute_price=floats(token_price + efficiency_growth),
        token_price=floats(token_price),
        spend=floats(token_price + token_supply_growth),
    )


def implied_demand_shift(
    *,
    compute_price_growth: Numbers,
    capacity_growth: Numbers,
    efficiency_growth: Numbers,
    own_price_elasticity: Numbers,
) -> FloatArray:
    r"""Demand shift that a seen change of the price of compute implies: `bound_response`, inverted.

    .. math:: \Delta\ln A = |\eta|\,\Delta\ln w + \Delta\ln H + (1-|\eta|)\,\Delta\ln\varphi

    [log]

    Examples
    --------
    Compute twice as dear, as much of it and as efficient, at unit elasticity: demand doubled.

    >>> shift = implied_demand_shift(
    ...     compute_price_growth=np.log(2),
    ...     capacity_growth=0.0,
    ...     efficiency_growth=0.0,
    ...     own_price_elasticity=-1.0,
    ... )
    >>> print(np.exp(shift).round(6))
    2.0
    """
    strength = -floats(own_price_elasticity)
    return floats(
        strength * compute_price_growth + capacity_growth + (1.0 - strength) * efficiency_growth
    )


def turning_points(
    *, demand_shift: Numbers, efficiency_growth: Numbers, own_price_elasticity: Numbers
) -> MarketResponse:
    r"""Growth of compute above which each price, or spending, falls while compute is fully used.

    .. math::
       \Delta\ln H_w &= \Delta\ln A + (|\eta|-1)\Delta\ln\varphi \\
       \Delta\ln H_p &= \Delta\ln A - \Delta\ln\varphi \\
       \Delta\ln H_{pQ} &= \Delta\ln A/(1-|\eta|) - \Delta\ln\varphi

    Spending never falls at |η| ≥ 1 with demand that does not shrink: infinity. [log]
    """
    strength, shift = np.broadcast_arrays(-floats(own_price_elasticity), floats(demand_shift))
    inelastic = strength < 1.0
    spend = shift / np.where(inelastic, 1.0 - strength, 1.0) - efficiency_growth
    return MarketResponse(
        compute_price=floats(shift + (strength - 1.0) * efficiency_growth),
        token_price=floats(shift - efficiency_growth),
        spend=floats(np.where(inelastic, spend, np.inf)),
    )


def slack_response(
    *,
    demand_shift: Numbers,
    avoidable_cost_growth: Numbers,
    efficiency_growth: Numbers,
    own_price_elasticity: Numbers,
) -> MarketResponse:
    r"""What efficiency does when compute stands idle and its price is avoidable cost.

    .. math:: \Delta\ln w = \Delta\ln v, \quad \Delta\ln p = \Delta\ln v - \Delta\ln\varphi, \quad
       \Delta\ln (pQ) = \Delta\ln A + (1 - |\eta|)\,\Delta\ln p

    Efficiency passes into the token price one for one, and spending follows demand. [log]

    Examples
    --------
    Efficiency doubles while compute is idle: the token costs half, and at an elasticity of -0.5
    spending falls by the root of that:

    >>> response = slack_response(
    ...     demand_shift=0.0,
    ...     avoidable_cost_growth=0.0,
    ...     efficiency_growth=np.log(2),
    ...     own_price_elasticity=-0.5,
    ... )
    >>> print(np.exp([response.token_price, response.spend]).round(3))
    [0.5   0.707]
    """
    token_price = floats(avoidable_cost_growth - floats(efficiency_growth))
    spend = demand_shift + (1.0 + floats(own_price_elasticity)) * token_price
    compute_price = np.broadcast_to(floats(avoidable_cost_growth), np.shape(spend))
    return MarketResponse(floats(compute_price), token_price, floats(spend))


def spend_response(price_ratio: Numbers, own_price_elasticity: Numbers) -> FloatArray:
    r"""New over old spending along a demand curve, :math:`x^{1+\eta}`, x being the price ratio. [1]

    Examples
    --------
    Spending after a price falls to a tenth:

    >>> print(spend_response(0.1, np.array([-0.5, -1.0, -1.7])).round(3))
    [0.316 1.    5.012]
    """
    return floats(floats(price_ratio) ** (1.0 + floats(own_price_elasticity)))


def arc_elasticity(volume_ratio: Numbers, price_ratio: Numbers) -> FloatArray:
    r"""Log change of volume over log change of price. [1]

    A demand elasticity only if nothing else moved demand between the two dates.

    Examples
    --------
    Light in Britain from 1800 to 2000: a three-thousandth of the price, forty thousand times the
    use (Fouquet and Pearson):

    >>> print(arc_elasticity(40000.0, 1 / 3000).round(2))
    -1.32
    """
    return floats(np.log(volume_ratio) / np.log(price_ratio))


def unit_value_arc_elasticity(volume_ratio: Numbers, spend_ratio: Numbers) -> FloatArray:
    """Arc elasticity of a whole basket, its price being spending over volume. [1]"""
    return arc_elasticity(volume_ratio, spend_ratio / floats(volume_ratio))


def effective_price(
    *,
    input_price: Numbers,
    output_price: Numbers,
    input_share: Numbers,
    cache_hit_share: Numbers,
    cached_price_ratio: Numbers,
    cache_write_premium: Numbers,
) -> FloatArray:
    r"""Price of an average token once most input is read from the cache.

    .. math:: p = s_{in}\,p_{in}\,[(1-h)(1+u) + h d] + s_{out}\,p_{out}

    Parameters
    ----------
    input_price, output_price
        List prices. [USD/Mtok]
    input_share
        Share of input in all tokens. [0–1]
    cache_hit_share
        Share of input read from the cache, h. [0–1]
    cached_price_ratio
        Price of cached over fresh input, d. [1]
    cache_write_premium
        Surcharge on fresh input that is written to the cache, u; 0 where there is none. [1]

    Examples
    --------
    List prices of 5 and 25 USD. An agent that reads 300 tokens for each it writes, nine in ten
    from the cache, pays about a fifth of the input price:

    >>> price = effective_price(
    ...     input_price=5.0,
    ...     output_price=25.0,
    ...     input_share=300 / 301,
    ...     cache_hit_share=0.9,
    ...     cached_price_ratio=0.1,
    ...     cache_write_premium=0.0,
    ... )
    >>> print(price.round(2))
    1.03
    """
    fresh = (1.0 - floats(cache_hit_share)) * (1.0 + floats(cache_write_premium))
    paid_input_price = input_price * (fresh + cache_hit_share * floats(cached_price_ratio))
    share = floats(input_share)
    return floats(share * paid_input_price + (1.0 - share) * output_price)


def lmdi_additive(base_factors: FloatArray, factors: FloatArray) -> FloatArray:
    r"""Change of a total split over its factors, without a residual (LMDI-I).

    .. math:: \Delta V_k = \sum_i L(V_i^1, V_i^0)\,\ln\frac{x_{ik}^1}{x_{ik}^0},
       \qquad V = \sum_i \prod_k x_{ik}

    A sector that appears or vanishes has its whole value assigned to the factors that are zero at
    one of the dates, in equal parts: the limit as those zeros are approached together.

    Parameters
    ----------
    base_factors, factors
        Sectors on the last axis but one, factors on the last; not negative.

    Returns
    -------
    Contribution of each factor; they add up to the change of the total. [unit of V]

    References
    ----------
    Ang, Zhang and Choi, Energy 23 (1998); Ang and Liu, Energy Policy 35 (2007).

    Examples
    --------
    Two sectors, three factors (the worked example of LMDIR, 1971 to 1972); the parts add up:

    >>> before = np.array([[1, 10, 2], [4, 5, 3]])
    >>> after = np.array([[4, 5, 3], [5, 6, 4]])
    >>> parts = lmdi_additive(before, after)
    >>> print(parts.round(2), parts.sum().round(6))
    [69.79 -9.46 39.67] 100.0
    """
    base, later = np.broadcast_arrays(floats(base_factors), floats(factors))
    base_value, value = base.prod(axis=-1), later.prod(axis=-1)
    usable = (base > 0.0) & (later > 0.0)
    log_growth = np.log(np.where(usable, later, 1.0) / np.where(usable, base, 1.0))
    continuing = logarithmic_mean(value, base_value)[..., None] * log_growth
    appears = _equal_parts(base == 0.0) * value[..., None]
    vanishes = _equal_parts(later == 0.0) * base_value[..., None]
    return floats((continuing + appears - vanishes).sum(axis=-2))


def _equal_parts(zero: BoolArray) -> FloatArray:
    """One, spread evenly over the factors that are zero; nothing where none is."""
    return floats(zero / np.maximum(zero.sum(axis=-1, keepdims=True), 1))


def lmdi_multiplicative(base_factors: FloatArray, factors: FloatArray) -> FloatArray:
    r"""Growth ratio of a total split over its factors (LMDI-I).

    .. math:: D_k = \exp\left(\Delta V_k / L(V^1, V^0)\right)

    The factors multiply to the ratio of the totals. [1]
    """
    base_total = floats(base_factors).prod(axis=-1).sum(axis=-1)
    total = floats(factors).prod(axis=-1).sum(axis=-1)
    scale = logarithmic_mean(floats(total), floats(base_total))
    return floats(np.exp(lmdi_additive(base_factors, factors) / scale[..., None]))
