r"""Demand for tokens from the value of tasks.

The demand of a segment is the number of tasks whose value exceeds the cost of the tokens and of
the human review that an accepted result needs. Values are lognormal, so demand satiates, its
elasticity is an outcome, and surplus is finite. Money is current US dollars; volumes are per
quarter; tokens are millions (Mtok).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class TaskSegments:
    """Segments of demand; segments lie on the last axis, draws or quarters on those before.

    tasks_per_quarter: tasks that could be done, after adoption and haircuts [tasks];
    median_value_usd: median value of a task, in current money [USD];
    log_value_sd: standard deviation of the log of the value [log points];
    tokens_mtok_per_task: tokens of one attempt [Mtok];
    review_usd_per_task: human review of one attempt [USD];
    acceptance_share: attempts whose result is used [share];
    throughput_mtok_per_h100e_hour: tokens served per paid hour of compute [Mtok/H100e-h];
    markup: price over the cost of compute, less one [share].
    """

    tasks_per_quarter: FloatArray
    median_value_usd: FloatArray
    log_value_sd: FloatArray
    tokens_mtok_per_task: FloatArray
    review_usd_per_task: FloatArray
    acceptance_share: FloatArray
    throughput_mtok_per_h100e_hour: FloatArray
    markup: FloatArray


class SegmentDemand(NamedTuple):
    """Demand of segments at given prices, per quarter. ``value`` = spends + ``surplus``."""

    effective_cost_usd_per_task: FloatArray
    tasks: FloatArray
    tokens_mtok: FloatArray
    token_spend_usd: FloatArray
    review_spend_usd: FloatArray
    value_usd: FloatArray
    surplus_usd: FloatArray
    own_price_elasticity: FloatArray


def effective_task_cost(
    *,
    price_usd_per_mtok: ArrayLike,
    tokens_mtok_per_task: ArrayLike,
    review_usd_per_task: ArrayLike,
    acceptance_share: ArrayLike,
) -> FloatArray:
    r"""Cost of one accepted task, :math:`P = (p z + \text{review})/\text{acceptance}`. [USD]

    Examples
    --------
    Five million tokens at 2 USD and a review of 5 USD, and every second attempt is accepted:

    >>> cost = effective_task_cost(
    ...     price_usd_per_mtok=2.0,
    ...     tokens_mtok_per_task=5.0,
    ...     review_usd_per_task=5.0,
    ...     acceptance_share=0.5,
    ... )
    >>> print(cost)
    30.0
    """
    cost_of_attempt = np.add(
        np.multiply(price_usd_per_mtok, tokens_mtok_per_task), review_usd_per_task
    )
    return np.asarray(np.divide(cost_of_attempt, acceptance_share), dtype=np.float64)


def segment_demand(segments: TaskSegments, price_usd_per_mtok: ArrayLike) -> SegmentDemand:
    r"""Tasks worth doing at a token price, and the tokens, spend and surplus they bring.

    .. math:: X = N\,\Phi(u), \quad u = (\ln \tilde V - \ln P)/\sigma, \quad
              V = N \tilde V e^{\sigma^2/2}\,\Phi(u + \sigma)

    Surplus is V - P X. The elasticity is that of tokens to their own price,
    :math:`-\frac{\varphi(u)}{\sigma\Phi(u)}` times the share of tokens in P.

    Examples
    --------
    A thousand tasks of median value 50 USD. At 22.20 USD a million tokens 200 are worth their
    cost, and users keep as much again as they spend:

    >>> values = (1000.0, 50.0, 1.0, 5.0, 5.0, 1.0, 1.0, 0.0)
    >>> segments = TaskSegments(*(np.array([value]) for value in values))
    >>> demand = segment_demand(segments, 22.201254)
    >>> print(demand.tasks.round(1), demand.token_spend_usd.round(), demand.surplus_usd.round())
    [200.] [22201.] [23204.]
    """
    cost, margin = _cost_and_margin(segments, price_usd_per_mtok)
    sd = segments.log_value_sd
    tasks = segments.tasks_per_quarter * special.ndtr(margin)
    mean_value = segments.median_value_usd * np.exp(sd**2 / 2)
    value = segments.tasks_per_quarter * mean_value * special.ndtr(margin + sd)
    attempts = tasks / segments.acceptance_share
    tokens = attempts * segments.tokens_mtok_per_task
    review_share = segments.review_usd_per_task / segments.acceptance_share / cost
    return SegmentDemand(
        effective_cost_usd_per_task=cost,
        tasks=tasks,
        tokens_mtok=tokens,
        token_spend_usd=np.asarray(np.multiply(price_usd_per_mtok, tokens), dtype=np.float64),
        review_spend_usd=attempts * segments.review_usd_per_task,
        value_usd=value,
        surplus_usd=value - cost * tasks,
        own_price_elasticity=-_inverse_mills_ratio(margin) / sd * (1 - review_share),
    )


def tokens_demanded(segments: TaskSegments, price_usd_per_mtok: ArrayLike) -> FloatArray:
    r"""Tokens of the tasks worth doing at a token price, :math:`X z/\text{acceptance}`. [Mtok]

    Each accepted task takes 1/acceptance attempts. Only with the tokens of all attempts do token
    and review spend add up to P X.
    """
    _, margin = _cost_and_margin(segments, price_usd_per_mtok)
    tasks = segments.tasks_per_quarter * special.ndtr(margin)
    tokens_per_accepted_task = segments.tokens_mtok_per_task / segments.acceptance_share
    return np.asarray(tasks * tokens_per_accepted_task, dtype=np.float64)


def _cost_and_margin(
    segments: TaskSegments, price_usd_per_mtok: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Cost of an accepted task, and its distance below the median value in standard deviations."""
    cost = effective_task_cost(
        price_usd_per_mtok=price_usd_per_mtok,
        tokens_mtok_per_task=segments.tokens_mtok_per_task,
        review_usd_per_task=segments.review_usd_per_task,
        acceptance_share=segments.acceptance_share,
    )
    return cost, np.log(segments.median_value_usd / cost) / segments.log_value_sd


def _inverse_mills_ratio(margin: FloatArray) -> FloatArray:
    """Normal density over distribution function, stable far into the lower tail."""
    log_density = -(margin**2) / 2 - np.log(2 * np.pi) / 2
    return np.asarray(np.exp(log_density - special.log_ndtr(margin)), dtype=np.float64)


def subscription_tokens(
    *, users: ArrayLike, use_mtok: ArrayLike, quota_mtok: ArrayLike
) -> FloatArray:
    """Tokens of flat-rate users: what they would use, up to their quota. [Mtok]

    The token price does not enter: at the margin it is zero, and the quota rations.

    Examples
    --------
    A quota of two million tokens binds heavy users only:

    >>> print(subscription_tokens(users=100, use_mtok=[1, 4], quota_mtok=2))
    [100. 200.]
    """
    return np.asarray(np.multiply(users, np.minimum(use_mtok, quota_mtok)), dtype=np.float64)


def constant_elasticity_quantity(
    price: ArrayLike,
    *,
    reference_price: ArrayLike,
    reference_quantity: ArrayLike,
    own_price_elasticity: ArrayLike,
) -> FloatArray:
    r"""Quantity :math:`A (p/p_0)^{\eta}`, with eta negative: a closed-form check, not the model.

    With an elasticity between 0 and -1 its surplus is infinite, and scarcity makes its price
    explode; tasks of lognormal value have neither fault. [unit of A]
    """
    relative_price = np.divide(price, reference_price)
    return np.asarray(
        np.multiply(reference_quantity, np.power(relative_price, own_price_elasticity)),
        dtype=np.float64,
    )
