r"""Which change did it: a difference between two cases, shared out over what differs.

The share of each change is its Shapley value: what it adds, averaged over every order in which
the changes could have been made. Shares add up to the difference, a change that does nothing gets
nothing, and two that do the same get the same; no order of telling decides.

References: Shapley (1953); Castro, Gómez and Tejada, *Computers & Operations Research* 36 (2009),
for sampled orders.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np

from token_economics.methods.arrays import FloatArray, floats

Value = Callable[[frozenset[str]], FloatArray]


@dataclass(frozen=True)
class Shares:
    """Share of each change in each result.

    contributions, standard_error: changes x results, in the units of the results; the error is
    that of sampling orders, nothing where all were counted. before, after: results with none and
    with all of the changes. evaluations: sets of changes that were evaluated.
    """

    contributions: FloatArray
    standard_error: FloatArray
    before: FloatArray
    after: FloatArray
    exact: bool
    evaluations: int


def shapley_shares(
    value: Value,
    changes: Sequence[str],
    *,
    most_exact: int,
    order_pairs: int,
    rng: np.random.Generator,
) -> Shares:
    """Shapley value of each change: exact for few, over sampled orders for many.

    Parameters
    ----------
    value
        Results, an array, with a set of the changes made and the others not.
    most_exact
        Up to so many changes every set is evaluated, two to the power of their number.
    order_pairs
        Beyond that, so many random orders are walked, each forwards and backwards: what early
        places flatter late ones correct. At least two.

    Examples
    --------
    Spend rises from 1 to 6 when the price doubles and volume triples. In one order the price adds
    1, in the other 3; its share is the mean:

    >>> def spend(made):
    ...     price = 2.0 if "price" in made else 1.0
    ...     volume = 3.0 if "volume" in made else 1.0
    ...     return np.array([price * volume])
    >>> shares = shapley_shares(
    ...     spend,
    ...     ["price", "volume"],
    ...     most_exact=8,
    ...     order_pairs=2,
    ...     rng=np.random.default_rng(1),
    ... )
    >>> print(shares.contributions.ravel(), shares.exact)
    [2. 3.] True
    """
    known: dict[frozenset[str], FloatArray] = {}

    def remembered(made: frozenset[str]) -> FloatArray:
        if made not in known:
            known[made] = floats(value(made))
        return known[made]

    before, after = remembered(frozenset()), remembered(frozenset(changes))
    exact = len(changes) <= most_exact
    if exact:
        shares = _over_all_sets(remembered, changes)
        error = np.zeros_like(shares)
    else:
        shares, error = _over_orders(remembered, changes, order_pairs, rng)
    return Shares(shares, error, before, after, exact, len(known))


def _over_all_sets(value: Value, changes: Sequence[str]) -> FloatArray:
    r""":math:`\phi_i = \sum_S |S|!\,(n-|S|-1)!/n!\,(v(S \cup i) - v(S))`."""
    n = len(changes)
    shares = []
    for change in changes:
        others = [other for other in changes if other != change]
        share = np.zeros_like(value(frozenset()))
        for size in range(n):
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            for chosen in combinations(others, size):
                made = frozenset(chosen)
                share = share + weight * (value(made | {change}) - value(made))
        shares.append(share)
    return np.array(shares).reshape(n, value(frozenset()).size)


def _over_orders(
    value: Value, changes: Sequence[str], order_pairs: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Mean share over pairs of an order and its reverse, and the standard error of that mean."""
    pairs = []
    for _ in range(order_pairs):
        order = [changes[position] for position in rng.permutation(len(changes))]
        walks = [_along(value, changes, walked) for walked in (order, order[::-1])]
        pairs.append((walks[0] + walks[1]) / 2)
    found = np.array(pairs)
    error = found.std(axis=0, ddof=1) / np.sqrt(order_pairs)
    return found.mean(axis=0), floats(error)


def _along(value: Value, changes: Sequence[str], order: Sequence[str]) -> FloatArray:
    """What each change adds when they are made in that order; in the order of ``changes``."""
    added: dict[str, FloatArray] = {}
    made: frozenset[str] = frozenset()
    for change in order:
        added[change] = value(made | {change}) - value(made)
        made |= {change}
    return np.array([added[change] for change in changes])
