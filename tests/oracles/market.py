r"""One price of compute clears the market; each segment pays it through its own throughput.

Quantity is hours of sold inference compute in H100-equivalents (H100e) a quarter. All segments
compete for the same hours, so a segment's token price is its markup times the price of the hour
over the tokens an hour yields. With slack the price falls to what an hour costs to run, because
capital is sunk.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oracles.demand import TaskSegments, tokens_demanded

FloatArray = NDArray[np.float64]

_TOLERANCE = 1e-13  # on the log of hours and on the log of the price
_HIGHEST_LOG_PRICE = 500.0


def token_price(
    compute_price_usd_per_h100e_hour: ArrayLike,
    *,
    throughput_mtok_per_h100e_hour: ArrayLike,
    markup: ArrayLike,
) -> FloatArray:
    r"""Price of tokens from the price of compute and a markup. [USD/Mtok]

    .. math:: p = (1 + \text{markup})\,w/\varphi

    Examples
    --------
    Compute at 2 USD an hour, half a million tokens from it, and a markup of a quarter:

    >>> print(token_price(2.0, throughput_mtok_per_h100e_hour=0.5, markup=0.25))
    5.0
    """
    cost = np.divide(compute_price_usd_per_h100e_hour, throughput_mtok_per_h100e_hour)
    return np.asarray(np.add(1, markup) * cost, dtype=np.float64)


def segment_token_prices(
    segments: TaskSegments, compute_price_usd_per_h100e_hour: ArrayLike
) -> FloatArray:
    """Token price of every segment when an hour of compute costs so much; a last axis is added.

    The price per unit of compute, p phi / (1 + markup), is the same in all segments: capacity
    goes where it is worth most. [USD/Mtok]
    """
    hour = np.asarray(compute_price_usd_per_h100e_hour, dtype=np.float64)[..., np.newaxis]
    return token_price(
        hour,
        throughput_mtok_per_h100e_hour=segments.throughput_mtok_per_h100e_hour,
        markup=segments.markup,
    )


def compute_hours_demanded(
    segments: TaskSegments, compute_price_usd_per_h100e_hour: ArrayLike
) -> FloatArray:
    r"""Hours all segments ask for, :math:`\sum_s D_s(p_s)/\varphi_s`. [H100e-h a quarter]"""
    price = segment_token_prices(segments, compute_price_usd_per_h100e_hour)
    hours = tokens_demanded(segments, price) / segments.throughput_mtok_per_h100e_hour
    return np.asarray(hours.sum(axis=-1), dtype=np.float64)


def market_clearing_compute_price(
    hours_demanded: Callable[[FloatArray], FloatArray],
    *,
    capacity_h100e_hours: ArrayLike,
    avoidable_cost_usd_per_h100e_hour: ArrayLike,
) -> FloatArray:
    r"""Price of an hour of compute at which demand fills capacity, but not below running cost.

    .. math:: w = \max(v, w^*), \quad \sum_s D_s(p_s(w^*))/\varphi_s = H

    Parameters
    ----------
    hours_demanded
        Hours demanded at an array of prices, elementwise; must not rise with the price.
    capacity_h100e_hours
        Sold-inference capacity H, positive. [H100e-h a quarter]
    avoidable_cost_usd_per_h100e_hour
        Cost v that stops when an hour is not run, positive. [USD/H100e-h]

    Returns
    -------
    Price w, in the shape that capacity and cost broadcast to. Where demand jumps over capacity
    (all tasks worth the same), w is the price at which it jumps. [USD/H100e-h]

    Examples
    --------
    A hundred hours are wanted at 1 USD, with an elasticity of -0.5. Fifty clear at 4 USD; five
    hundred are a glut, and the price is what an hour costs to run:

    >>> price = market_clearing_compute_price(
    ...     lambda price: 100 * price**-0.5,
    ...     capacity_h100e_hours=[50.0, 500.0],
    ...     avoidable_cost_usd_per_h100e_hour=0.1,
    ... )
    >>> print(price.round(6))
    [4.  0.1]
    """
    capacity, floor = np.broadcast_arrays(
        np.asarray(capacity_h100e_hours, dtype=np.float64),
        np.asarray(avoidable_cost_usd_per_h100e_hour, dtype=np.float64),
    )
    if not (np.all(capacity > 0) and np.all(floor > 0)):
        raise ValueError("capacity and avoidable cost must be positive")

    def log_excess(log_price: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            excess = np.log(hours_demanded(np.exp(log_price)) / capacity)
        return np.asarray(excess, dtype=np.float64)

    log_floor = np.log(floor)
    is_slack = log_excess(log_floor) <= 0
    log_price = _decreasing_root(log_excess, log_floor)
    return np.asarray(np.where(is_slack, floor, np.exp(log_price)), dtype=np.float64)


def _decreasing_root(
    function: Callable[[FloatArray], FloatArray], lowest: FloatArray
) -> FloatArray:
    """Root above ``lowest`` of a function that falls, elementwise; meaningless where the function
    is not positive at ``lowest``. False position after Illinois: an end that stays twice counts
    half; every fifth step is a bisection, so that jumps are found too.
    """
    low, high = lowest.copy(), _upper_bracket(function, lowest)
    at_low, at_high = function(low), function(high)
    rose = np.full(low.shape, 0)
    root, at_root = high, np.abs(at_high)
    for step in range(300):
        with np.errstate(invalid="ignore", divide="ignore"):
            secant = low + (high - low) * at_low / (at_low - at_high)
        usable = np.isfinite(secant) & (secant > low) & (secant < high) & (step % 5 != 4)
        trial = np.where(usable, secant, (low + high) / 2)
        at_trial = function(trial)
        closer = np.abs(at_trial) < at_root
        root = np.where(closer, trial, root)
        at_root = np.where(closer, np.abs(at_trial), at_root)
        if np.all((at_root < _TOLERANCE) | (high - low < _TOLERANCE) | (at_low <= 0)):
            break
        rises = at_trial > 0
        at_low = np.where(rises, at_trial, np.where(rose == -1, at_low / 2, at_low))
        at_high = np.where(rises, np.where(rose == 1, at_high / 2, at_high), at_trial)
        low, high = np.where(rises, trial, low), np.where(rises, high, trial)
        rose = np.where(rises, 1, -1)
    return np.asarray(np.where(at_root < 1e-9, root, (low + high) / 2), dtype=np.float64)


def _upper_bracket(function: Callable[[FloatArray], FloatArray], lowest: FloatArray) -> FloatArray:
    distance = np.ones_like(lowest)
    while np.any(exceeds := function(lowest + distance) > 0):
        distance = np.where(exceeds, 2 * distance, distance)
        if np.any(distance > _HIGHEST_LOG_PRICE):
            raise ValueError("demand exceeds capacity at every price")
    return np.asarray(lowest + distance, dtype=np.float64)


def quasi_rent(
    compute_price_usd_per_h100e_hour: ArrayLike,
    *,
    avoidable_cost_usd_per_h100e_hour: ArrayLike,
    capacity_h100e_hours: ArrayLike,
) -> FloatArray:
    """What capacity earns over its running cost, (w - v) H; never negative. [USD a quarter]"""
    margin = np.subtract(compute_price_usd_per_h100e_hour, avoidable_cost_usd_per_h100e_hour)
    return np.asarray(margin * capacity_h100e_hours, dtype=np.float64)


def scarcity_rent(
    compute_price_usd_per_h100e_hour: ArrayLike,
    *,
    user_cost_usd_per_h100e_hour: ArrayLike,
    capacity_h100e_hours: ArrayLike,
) -> FloatArray:
    """What capacity earns over its full cost, (w - c) H; negative in a glut. [USD a quarter]"""
    margin = np.subtract(compute_price_usd_per_h100e_hour, user_cost_usd_per_h100e_hour)
    return np.asarray(margin * capacity_h100e_hours, dtype=np.float64)
