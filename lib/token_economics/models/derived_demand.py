r"""Demand for hours of compute in one quarter at a price of the hour, for many draws at once.

Demand is that of tasks with lognormal value (`demand`), counted in hours of compute, plus
subscribers whose quota shrinks when compute gets dear. Buyers of work have a budget; where it binds
they do the tasks that are worth most for the money. Segments lie on the first axis and draws on the
last, which keeps each segment contiguous.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from token_economics.models.task_values import ValueCurve, by_segment

FloatArray = NDArray[np.float64]

_BUDGET_STEPS = 60
_BUDGET_TOLERANCE = 1e-12  # on the log of spending over the budget


@dataclass(frozen=True)
class HourDemand:
    """Demand for hours of compute in one quarter; work segments x draws, or draws; finite.

    tasks: tasks that could be done [tasks/quarter];
    hours_per_task: tokens of an accepted task over tokens an hour [H100e-h];
    price_factor: token revenue per hour over the price of the hour, 1 + markup [1];
    review_usd: human review of an accepted task [USD];
    log_median_value: log of the median value of a task [log USD];
    log_value_sd: standard deviation of log value [log points];
    subscriber_hours: hours that subscribers would use without a quota, draws [H100e-h/quarter];
    quota_budget_usd: compute that subscriptions pay for, draws [USD/quarter];
    work_budget_usd: most that buyers of work can spend on tokens, draws [USD/quarter]; may be
    infinite; value_curves: how values of tasks spread by work segment, lognormal if none is given.
    """

    tasks: FloatArray
    hours_per_task: FloatArray
    price_factor: FloatArray
    review_usd: FloatArray
    log_median_value: FloatArray
    log_value_sd: FloatArray
    subscriber_hours: FloatArray
    quota_budget_usd: FloatArray
    work_budget_usd: FloatArray
    value_curves: tuple[ValueCurve, ...] = ()


def work_hours(demand: HourDemand, price_usd_per_h100e_hour: FloatArray) -> FloatArray:
    r"""Hours that tasks take, :math:`N k\,\Phi((m - \ln(r + \mu k w'))/\sigma)`. [H100e-h]

    w' is the price, or the shadow price of the budget where that binds (`shadow_price`).
    """
    shadow = shadow_price(demand, price_usd_per_h100e_hour)
    return _work_and_slope(prepared(demand), shadow)[0]


def shadow_price(demand: HourDemand, price_usd_per_h100e_hour: FloatArray) -> FloatArray:
    r"""Price of an hour by which buyers choose tasks: what they pay, or more where a budget binds.

    Buyers with a budget B do the tasks that are worth most for the money, which are those worth
    their cost at a price w' with

    .. math:: w \sum_s \mu_s H_s(w') = B, \qquad w' \ge w

    (w'/w - 1 is the multiplier on the budget). [USD/H100e-h]

    Examples
    --------
    A thousand tasks of median value 50 USD, five hours and a review of 5 USD each: at 9 USD an hour
    half of them would be done, for 22,500 USD. With half of that money buyers choose as if an hour
    cost about 19 USD:

    >>> one = np.ones((1, 1))
    >>> demand = HourDemand(
    ...     tasks=1000 * one, hours_per_task=5 * one, price_factor=one, review_usd=5 * one,
    ...     log_median_value=np.log(50) * one, log_value_sd=np.ones(1),
    ...     subscriber_hours=np.zeros(1), quota_budget_usd=np.zeros(1),
    ...     work_budget_usd=np.array([11250.0]),
    ... )
    >>> print(shadow_price(demand, np.array([9.0])).round(2))
    [18.63]
    """
    return price_of_choice(prepared(demand), np.asarray(price_usd_per_h100e_hour, np.float64))


def subscription_hours(demand: HourDemand, price_usd_per_h100e_hour: FloatArray) -> FloatArray:
    """Hours of subscribers: what they would use, up to a quota that their fee pays. [H100e-h]"""
    quota = demand.quota_budget_usd / price_usd_per_h100e_hour
    return np.asarray(np.minimum(demand.subscriber_hours, quota))


def hours_demanded(demand: HourDemand, price_usd_per_h100e_hour: FloatArray) -> FloatArray:
    """Hours of all segments at a price of the hour; falls with the price. [H100e-h/quarter]

    Examples
    --------
    A thousand tasks of median value 50 USD, five hours and a review of 5 USD each: half of them
    are done where they cost 50 USD, at 9 USD an hour.

    >>> one = np.ones((1, 1))
    >>> demand = HourDemand(
    ...     tasks=1000 * one, hours_per_task=5 * one, price_factor=one, review_usd=5 * one,
    ...     log_median_value=np.log(50) * one, log_value_sd=np.ones(1),
    ...     subscriber_hours=np.zeros(1), quota_budget_usd=np.zeros(1),
    ...     work_budget_usd=np.array([np.inf]),
    ... )
    >>> print(hours_demanded(demand, np.array([9.0])))
    [2500.]
    """
    work = work_hours(demand, price_usd_per_h100e_hour).sum(axis=0)
    return np.asarray(work + subscription_hours(demand, price_usd_per_h100e_hour))


def work_surplus(demand: HourDemand, price_usd_per_h100e_hour: FloatArray) -> FloatArray:
    r"""What tasks are worth to users beyond their cost, all work segments.

    .. math:: \sum N\,[e^{m + \sigma^2/2}\,\Phi(u + \sigma) - P\,\Phi(u)]

    with u by the shadow price where the budget binds, and P what is paid. [USD/quarter]
    """
    tokens = demand.price_factor * demand.hours_per_task
    cost = demand.review_usd + tokens * price_usd_per_h100e_hour
    sd = demand.log_value_sd
    chosen = demand.review_usd + tokens * shadow_price(demand, price_usd_per_h100e_hour)
    margin = (demand.log_median_value - np.log(chosen)) / sd
    worth = mean_value(demand) * share_of_value(demand, margin)
    done = share_done(demand.value_curves, margin)
    return np.asarray((demand.tasks * (worth - cost * done)).sum(axis=0))


def share_done(curves: tuple[ValueCurve, ...], margin: FloatArray) -> FloatArray:
    """Tasks worth their cost, segments x draws, at a ``margin`` of cost below value. [share]

    The margin is that of the logs of the median value and of the cost. [standard deviations]
    """
    return by_segment(curves, "share", margin) if curves else np.asarray(special.ndtr(margin))


def mean_value(demand: HourDemand) -> FloatArray:
    """What a task is worth on average, done or not, segments x draws. [USD/task]"""
    sd = demand.log_value_sd
    if not demand.value_curves:
        return np.asarray(np.exp(demand.log_median_value + sd**2 / 2))
    everything = np.full_like(demand.log_median_value, np.inf)
    worth = by_segment(demand.value_curves, "worth", everything, sd[None])
    return np.asarray(np.exp(demand.log_median_value) * worth)


def share_of_value(demand: HourDemand, margin: FloatArray) -> FloatArray:
    """Part of the value of all tasks that those done have, segments x draws. [share]

    ``margin`` as in `share_done`. [standard deviations]
    """
    sd = demand.log_value_sd
    if not demand.value_curves:
        return np.asarray(special.ndtr(margin + sd))
    parts = [margin, np.full_like(margin, np.inf)]
    done, every = (by_segment(demand.value_curves, "worth", part, sd[None]) for part in parts)
    return np.asarray(done / every)


class Prepared(NamedTuple):
    """Demand as the solver repeats it: what does not change with the price is multiplied once.

    Work segments x draws: token_cost of a task at a price of one [H100e-h], review [USD], log_value
    [log USD], most, hours if all tasks were done [H100e-h], price_factor [1]; draws: inverse_sd,
    subscriber_hours [H100e-h], quota_budget, work_budget [USD]; value_curves as in `HourDemand`.
    """

    token_cost: FloatArray
    review: FloatArray
    log_value: FloatArray
    inverse_sd: FloatArray
    most: FloatArray
    price_factor: FloatArray
    subscriber_hours: FloatArray
    quota_budget: FloatArray
    work_budget: FloatArray
    value_curves: tuple[ValueCurve, ...]

    def take(self, chosen: NDArray[np.intp]) -> Prepared:
        """Those of the chosen draws."""
        arrays = zip(self._fields[:-1], self[:-1], strict=True)
        cut: dict[str, Any] = {name: part.take(chosen, axis=-1) for name, part in arrays}
        return self._replace(**cut)


class Response(NamedTuple):
    """What demand says at a price of choice, draws but for ``work``, work segments x draws.

    Hours of work, of subscribers and of all [H100e-h]; ``slope`` and ``bend``, first and second
    derivative of their log in the log of the price of choice [1]; the price that is paid
    [USD/H100e-h] and the elasticity of hours to it [1].
    """

    work: FloatArray
    subscribed: FloatArray
    hours: FloatArray
    slope: FloatArray
    bend: FloatArray
    paid: FloatArray
    elasticity: FloatArray


def prepared(demand: HourDemand) -> Prepared:
    """The demand, ready to be asked at many prices."""
    return Prepared(
        token_cost=demand.price_factor * demand.hours_per_task,
        review=demand.review_usd,
        log_value=demand.log_median_value,
        inverse_sd=1 / demand.log_value_sd,
        most=demand.tasks * demand.hours_per_task,
        price_factor=demand.price_factor,
        subscriber_hours=demand.subscriber_hours,
        quota_budget=demand.quota_budget_usd,
        work_budget=demand.work_budget_usd,
        value_curves=demand.value_curves,
    )


def _margin(asked: Prepared, price: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Distance of cost below median value, token cost and whole cost of a task."""
    token_cost = asked.token_cost * price
    cost = token_cost + asked.review
    margin = np.log(cost)
    np.subtract(asked.log_value, margin, out=margin)
    margin *= asked.inverse_sd
    return margin, token_cost, cost


def hours_only(asked: Prepared, price: FloatArray) -> FloatArray:
    """Hours of all segments at a price of the hour, without their elasticity. [H100e-h]"""
    margin, _, _ = _margin(asked, price)
    work = share_done(asked.value_curves, margin)
    work *= asked.most
    bound = _over_budget(asked, price, work)
    hours = work.sum(axis=0)
    if bound.size:
        few = asked.take(bound)
        hours[bound] = _work_and_slope(few, _shadow_price(few, price[bound]))[0].sum(axis=0)
    hours += np.minimum(asked.subscriber_hours, asked.quota_budget / price)
    return np.asarray(hours)


def price_of_choice(asked: Prepared, paid: FloatArray) -> FloatArray:
    """Price by which tasks are chosen at a price ``paid``, of demand that is prepared. [USD/H100e-h]"""
    price = paid.copy()
    bound = _over_budget(asked, paid, _work_and_slope(asked, paid)[0])
    if bound.size:
        price[bound] = _shadow_price(asked.take(bound), paid[bound])
    return price


def respond(asked: Prepared, price: FloatArray) -> Response:
    r"""Hours and prices where buyers choose tasks as if an hour cost so much. [USD/H100e-h]

    That is what they pay, or, where it would cost more than the budget B, what the budget leaves
    for an hour, :math:`w = B/\sum_s \mu_s H_s`. Both rise with the price of choice, hours fall with
    it, so the price that clears a market is found in one search, budget or none.
    """
    by_curves = asked.value_curves
    answer = _respond_freely(asked, price) if not by_curves else _respond_by_curves(asked, price)
    bound = _over_budget(asked, price, answer.work)
    if not bound.size:
        return answer
    few = asked.take(bound)
    work, slope = _work_and_slope(few, price[bound])
    cost, cost_slope = ((few.price_factor * part).sum(axis=0) for part in (work, slope))
    paid, dearer = few.work_budget / cost, -cost_slope / cost
    quota = few.quota_budget / paid
    subscribed = np.minimum(few.subscriber_hours, quota)
    rationed = np.where(quota < few.subscriber_hours, subscribed, 0.0)
    hours = work.sum(axis=0) + subscribed
    of_all = (slope.sum(axis=0) - rationed * dearer) / hours
    answer.subscribed[bound], answer.hours[bound] = subscribed, hours
    answer.slope[bound], answer.paid[bound] = of_all, paid
    answer.elasticity[bound] = of_all / dearer
    answer.bend[bound] = 0.0  # Newton's method does here
    return answer


def _over_budget(asked: Prepared, price: FloatArray, work: FloatArray) -> NDArray[np.intp]:
    """Draws in which these hours of work would cost more than the budget."""
    spent = np.einsum("sd,sd->d", asked.price_factor, work)
    spent *= price
    return np.flatnonzero(spent > asked.work_budget)


def _shadow_price(asked: Prepared, price: FloatArray) -> FloatArray:
    """Price above the one that is paid at which work would take what the budget pays for.

    Newton's method in logs inside a bracket. [USD/H100e-h]
    """
    wanted = np.log(asked.work_budget / price)  # hours times price factor
    low, high = np.log(price), np.full_like(price, np.inf)
    log_price = low.copy()
    for _ in range(_BUDGET_STEPS):
        work, slope = _work_and_slope(asked, np.exp(log_price))
        cost, cost_slope = ((asked.price_factor * part).sum(axis=0) for part in (work, slope))
        excess = np.log(cost) - wanted
        if np.all(np.abs(excess) < _BUDGET_TOLERANCE):
            break
        low, high = np.where(excess > 0, log_price, low), np.where(excess > 0, high, log_price)
        trial = log_price + np.clip(excess * cost / np.maximum(-cost_slope, 1e-300), -2.0, 2.0)
        outside = (trial < low) | (trial > high)
        log_price = np.where(outside, 0.5 * (low + np.minimum(high, low + 4.0)), trial)
    return np.exp(log_price)


def _work_and_slope(asked: Prepared, price: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Hours of work at a price, no budget, and their slopes in its log, segments x draws."""
    margin, token_cost, cost = _margin(asked, price)
    if asked.value_curves:
        density = by_segment(asked.value_curves, "density", margin)
    else:
        density = np.exp(-0.5 * margin**2) / np.sqrt(2 * np.pi)
    slope = -asked.inverse_sd * asked.most * density * (token_cost / cost)
    return asked.most * share_done(asked.value_curves, margin), slope


def _respond_by_curves(asked: Prepared, price: FloatArray) -> Response:
    r"""`_respond_freely` for segments whose values spread otherwise: :math:`-f'/f` in the place of u."""
    margin, token_cost, cost = _margin(asked, price)
    work, slopes = _work_and_slope(asked, price)
    share, tilt = token_cost / cost, by_segment(asked.value_curves, "tilt", margin)
    quota = asked.quota_budget / price
    subscribed = np.minimum(asked.subscriber_hours, quota)
    rationed = np.where(quota < asked.subscriber_hours, subscribed, 0.0)
    hours = work.sum(axis=0) + subscribed
    elasticity = (slopes.sum(axis=0) - rationed) / hours
    bends = slopes * (1 + share * (asked.inverse_sd * tilt - 1))
    bend = (bends.sum(axis=0) + rationed) / hours - elasticity**2
    return Response(work, subscribed, hours, elasticity, bend, price.copy(), elasticity.copy())


def _respond_freely(asked: Prepared, price: FloatArray) -> Response:
    r"""Hours, elasticity and bend at a price of the hour, draws [USD/H100e-h].

    With u how far the cost of a task lies below its median value, k the share of tokens in that
    cost, s the inverse of the standard deviation and n hours if all tasks were done, hours of work H
    change with the log of the price by

    .. math:: H' = -s \sum n\,\varphi(u)\,k, \qquad
              H'' = -s \sum n\,\varphi(u)\,k\,(1 - k + s u k)

    and hours of subscribers at their quota, q, by -q and q. The elasticity is that of all hours,
    :math:`H'/H`, the bend :math:`H''/H - (H'/H)^2`. Arrays are reused, since passes are what costs.
    """
    margin, share, cost = _margin(asked, price)
    work = special.ndtr(margin)
    work *= asked.most
    quota = asked.quota_budget / price
    subscribed = np.minimum(asked.subscriber_hours, quota)
    share /= cost
    density = np.multiply(margin, margin, out=cost)
    density *= -0.5
    np.exp(density, out=density)
    density *= asked.most
    density *= share
    scale = asked.inverse_sd * (-1 / np.sqrt(2 * np.pi))
    rationed = np.where(quota < asked.subscriber_hours, subscribed, 0.0)
    slope = density.sum(axis=0)
    slope *= scale
    slope -= rationed
    margin *= asked.inverse_sd
    margin -= 1
    margin *= share
    margin += 1
    density *= margin
    bend = density.sum(axis=0)
    bend *= scale
    bend += rationed
    hours = work.sum(axis=0)
    hours += subscribed
    slope /= hours
    bend /= hours
    bend -= slope * slope
    return Response(work, subscribed, hours, slope, bend, price.copy(), slope.copy())
