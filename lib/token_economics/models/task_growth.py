r"""How demand for compute moves after the base quarter: spread, tokens a task, value, and doubt.

Adoption is logistic contagion from the base quarter, with a ceiling that no series identifies. A
common shock moves all work at once: in three aggregate series it cannot be told from contagion
(the reflection problem; Manski, 1993), so it is an assumption and not an estimate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from token_economics.methods.arrays import FloatArray, floats
from token_economics.models.derived_demand import HourDemand, share_done
from token_economics.models.supply import QUARTERS_PER_YEAR
from token_economics.models.task_values import LOGNORMAL, ValueCurve, margin_at_hazard

WORK_SEGMENTS = ("commodity", "frontier", "agentic", "robotics")
SEGMENTS = (*WORK_SEGMENTS, "subscriptions")
SHOCK_QUARTERS = 2  # a launch reaches its users over half a year
START_SHARE = 0.01  # of its ceiling, when a segment starts
_NEAR_CEILING = 0.99


@dataclass(frozen=True)
class BaseMarket:
    """What is known of the base quarter, draws each (segments x draws where said).

    price: price of an hour of compute [USD/H100e-h]; hours: hours sold [H100e-h];
    spend: spending by work segment except robotics, then subscriptions, segments x draws [USD];
    premium: price over that of the cheapest tokens of like cost, same segments [share];
    elasticity_magnitude: response of tokens to their price, adoption as it is [1];
    log_value_sd [log points]; review_share: human review in the cost of a task [share];
    quota_headroom: subscribers' paid compute beyond what they use, at the base price [share];
    robotics_multiple: hours of robotics when mature at base prices, over hours sold [1];
    work_budget: most that buyers of work can spend in the quarter [USD]; value_curves: form of the
    demand curve by work segment, of those that are not lognormal.
    """

    price: FloatArray
    hours: FloatArray
    spend: FloatArray
    premium: FloatArray
    elasticity_magnitude: FloatArray
    log_value_sd: FloatArray
    review_share: FloatArray
    quota_headroom: FloatArray
    robotics_multiple: FloatArray
    work_budget: FloatArray
    value_curves: Mapping[str, ValueCurve] = field(default_factory=dict)


@dataclass(frozen=True)
class DemandGrowth:
    """What moves demand, draws each; growth in logs a year unless said.

    task_growth: initial growth of tasks, work segments except robotics x draws;
    subscriber_growth: initial growth of subscribers; task_ceiling, subscriber_ceiling: largest
    over base number [1]; tokens_per_task, throughput, wages: growth; review: change of human
    review for an accepted task beside wages; common_shock: tasks of all
    work over the first half-year [log points]; surprises: what has come upon them besides by each
    quarter, quarters from the base on x draws [log points]; signalling_share: part of base tasks that only
    signals; signalling_start: years until it begins to go; signalling_half_life: years;
    value_per_compute: log value of a task for a log point of compute [1];
    premium_half_life: years; robotics_start: years.
    """

    task_growth: FloatArray
    subscriber_growth: FloatArray
    task_ceiling: FloatArray
    subscriber_ceiling: FloatArray
    tokens_per_task: FloatArray
    throughput: FloatArray
    wages: FloatArray
    review: FloatArray
    common_shock: FloatArray
    surprises: FloatArray
    signalling_share: FloatArray
    signalling_start: FloatArray
    signalling_half_life: FloatArray
    value_per_compute: FloatArray
    premium_half_life: FloatArray
    robotics_start: FloatArray


def logistic_multiple(years: float, *, growth: ArrayLike, ceiling: ArrayLike) -> FloatArray:
    r"""Size over base size after logistic contagion, with the growth that the base year shows.

    .. math:: \frac{M}{1 + (M-1)e^{-bt}}, \quad b = g\,\frac{M}{M-1}


    Parameters
    ----------
    years
        Time t since the base quarter. [years]
    growth
        Initial growth g. [log points a year]
    ceiling
        Largest over base size M, above one. [1]

    Examples
    --------
    Growth of 50 % a year at first, with room for four times and for a thousand times the size:

    >>> print(logistic_multiple(3.0, growth=0.5, ceiling=[4.0, 1000.0]).round(2))
    [2.84 4.47]
    """
    most = floats(ceiling)
    contagion = floats(growth) * most / (most - 1)
    return floats(most / (1 + (most - 1) * np.exp(-contagion * years)))


def signalling_factor(
    years: ArrayLike, *, share: ArrayLike, start_years: ArrayLike, half_life_years: ArrayLike
) -> FloatArray:
    r"""What is left of demand when its signalling part goes from a date, halving each half-life.

    .. math:: 1 - s\,(1 - 2^{-\max(0,\,t - t_0)/h})

    [share]

    Examples
    --------
    Two fifths of demand only signal and go from the second year on, half of them a year later:

    >>> print(signalling_factor(3.0, share=0.4, start_years=[2.0, 5.0], half_life_years=1.0))
    [0.8 1. ]
    """
    elapsed = np.maximum(np.subtract(years, start_years), 0.0)
    gone = -np.expm1(-np.log(2) * elapsed / floats(half_life_years))
    return floats(1 - floats(share) * gone)


def premium_left(premium: ArrayLike, *, years: ArrayLike, half_life_years: ArrayLike) -> FloatArray:
    r"""Premium for the best models after some years, :math:`\pi\,2^{-t/h}`. [share]"""
    return floats(premium * np.exp2(-np.divide(years, half_life_years)))


def told_as_contagion(growth: DemandGrowth) -> DemandGrowth:
    r"""The same tasks after the first half-year with no common shock: all of it is spread.

    .. math:: b = \frac{1}{t}\ln\frac{M - 1}{M/m - 1}, \quad g = b\,\frac{M-1}{M}

    with m the multiple of tasks that spread and shock reach together. Surprises stay. Whatever spreads at the
    pace of work, robots included, then goes on at the faster pace; that is the difference
    between the two readings of the record, which it cannot tell apart.
    """
    years = SHOCK_QUARTERS / QUARTERS_PER_YEAR
    most = growth.task_ceiling
    spread = logistic_multiple(years, growth=growth.task_growth, ceiling=most)
    reached = np.minimum(spread * np.exp(growth.common_shock), _NEAR_CEILING * most)
    contagion = np.log((most - 1) / (most / reached - 1)) / years
    return replace(
        growth,
        task_growth=floats(contagion * (most - 1) / most),
        common_shock=np.zeros_like(growth.common_shock),
    )


def margin_of_elasticity(
    elasticity_magnitude: ArrayLike, *, log_value_sd: ArrayLike, token_share: ArrayLike
) -> FloatArray:
    r"""Distance u of cost below median value at which demand has a given price elasticity.

    .. math:: \frac{\varphi(u)}{\sigma\,\Phi(u)}\,(1 - \text{review share}) = |\eta|

    The ratio falls with u from infinity to nothing, so there is one solution. Newton on its log,
    whose slope is :math:`-(u + \varphi/\Phi)`. [standard deviations]
    ``token_share`` is one less the review share.
    """
    target = np.log(floats(elasticity_magnitude) * floats(log_value_sd) / floats(token_share))
    # far below, the ratio is about -u, far above about exp(-u^2/2): start on the right side
    u = np.where(target > 0, -np.exp(target), 0.0)
    for _ in range(60):
        log_ratio = -(u**2) / 2 - np.log(2 * np.pi) / 2 - special.log_ndtr(u)
        step = (log_ratio - target) / (u + np.exp(log_ratio))
        u = u + np.clip(step, -1.0, 1.0)
        if np.all(np.abs(step) < 1e-12):
            break
    return floats(u)


def calibrated_demand(base: BaseMarket) -> HourDemand:
    r"""Demand that reproduces the base quarter: its price, hours, spending shares and elasticity.

    Unit of a task: one hour of compute. Spending over the cost of its hours gives one markup for
    all segments, :math:`k = \sum_s S_s/(1+\pi_s) / (w H)`, with :math:`\pi_s` the segment's
    premium; so markup is an outcome of revenue, price and hours, never a fourth input. Only
    levels of demand are identified; their split into tasks and penetration follows the assumed
    elasticity and spread of values.
    """
    at_cost = base.spend / (1 + base.premium)
    markup = at_cost.sum(axis=0) / (base.price * base.hours)
    factor = markup * (1 + base.premium)
    hours = base.spend / (factor * base.price)
    token_share = 1 - base.review_share
    curves = _curves(base.value_curves)
    margin = margin_of_elasticity(
        base.elasticity_magnitude, log_value_sd=base.log_value_sd, token_share=token_share
    )
    if curves:
        hazard = base.elasticity_magnitude * base.log_value_sd / token_share
        margin = np.stack([margin_at_hazard(curve, hazard) for curve in curves])
    work_hours = np.concatenate([hours[:-1], (base.robotics_multiple * base.hours)[None]])
    work_factor = np.concatenate([factor[:-1], factor[:1]])  # robotics pay the commodity price
    token_cost = work_factor * base.price
    cost = token_cost / token_share
    return HourDemand(
        tasks=work_hours / share_done(curves, margin),
        hours_per_task=np.ones_like(work_hours),
        price_factor=work_factor,
        review_usd=cost - token_cost,
        log_median_value=np.log(cost) + base.log_value_sd * margin,
        log_value_sd=base.log_value_sd,
        subscriber_hours=hours[-1],
        quota_budget_usd=hours[-1] * base.price * (1 + base.quota_headroom),
        work_budget_usd=base.work_budget,
        value_curves=curves,
    )


def _curves(given: Mapping[str, ValueCurve]) -> tuple[ValueCurve, ...]:
    """Curves of all work segments where one is given, else none."""
    if unknown := sorted(set(given) - set(WORK_SEGMENTS)):
        raise ValueError(
            f"value curve of {unknown[0]!r}: work segments are {', '.join(WORK_SEGMENTS)}"
        )
    for name, curve in given.items():
        if not isinstance(curve, ValueCurve):
            raise TypeError(
                f"value curve of {name!r}: given {curve!r}, not a curve such as log_uniform()"
            )
    return tuple(given.get(name, LOGNORMAL) for name in WORK_SEGMENTS) if given else ()


def demand_at(
    base: HourDemand,
    growth: DemandGrowth,
    *,
    quarter: int,
    premium: FloatArray,
    compute_multiple: FloatArray,
) -> HourDemand:
    """Demand so many quarters after the base quarter.

    ``premium`` is that of the base quarter, work segments except robotics x draws;
    ``compute_multiple`` is compute in service a quarter before over that of the base quarter: it
    stands for capability, which raises the value of tasks. Budgets grow with money wages.
    """
    years = quarter / QUARTERS_PER_YEAR
    tasks = _task_multiple(growth, quarter=quarter)
    hours_per_task = np.exp((growth.tokens_per_task - growth.throughput) * years)
    wages = np.exp(growth.wages * years)
    left = premium_left(premium, years=years, half_life_years=growth.premium_half_life)
    decay = (1 + left) / (1 + premium)
    value = growth.wages * years + growth.value_per_compute * np.log(compute_multiple)
    users = subscriber_multiple(growth, quarter=quarter)
    return HourDemand(
        tasks=base.tasks * tasks,
        hours_per_task=base.hours_per_task * hours_per_task,
        price_factor=base.price_factor * np.concatenate([decay, decay[:1]]),
        review_usd=base.review_usd * wages * np.exp(growth.review * years),
        log_median_value=base.log_median_value + value,
        log_value_sd=base.log_value_sd,
        subscriber_hours=base.subscriber_hours * users * hours_per_task,
        quota_budget_usd=base.quota_budget_usd * users * wages,
        work_budget_usd=base.work_budget_usd * wages,
        value_curves=base.value_curves,
    )


def _task_multiple(growth: DemandGrowth, *, quarter: int) -> FloatArray:
    """Tasks over base tasks, work segments x draws; for robotics, over its mature number."""
    years = quarter / QUARTERS_PER_YEAR
    spread = logistic_multiple(years, growth=growth.task_growth, ceiling=growth.task_ceiling)
    since_start = years - growth.robotics_start
    odds = START_SHARE / (1 - START_SHARE) * np.exp(growth.task_growth[-1] * since_start)
    robots = np.where(since_start > 0, odds / (1 + odds), 0.0)
    genuine = signalling_factor(
        years,
        share=growth.signalling_share,
        start_years=growth.signalling_start,
        half_life_years=growth.signalling_half_life,
    )
    launched = min(quarter, SHOCK_QUARTERS) / SHOCK_QUARTERS
    shock = np.exp(growth.common_shock * launched + growth.surprises[quarter])
    return np.concatenate([spread * genuine * shock, robots[None]])


def subscriber_multiple(growth: DemandGrowth, *, quarter: int) -> FloatArray:
    """Subscribers over base subscribers. [1] ``quarter`` counts from the base quarter."""
    return logistic_multiple(
        quarter / QUARTERS_PER_YEAR,
        growth=growth.subscriber_growth,
        ceiling=growth.subscriber_ceiling,
    )
