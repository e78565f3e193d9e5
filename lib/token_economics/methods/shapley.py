r"""Which change did it: a difference between two cases, shared out over what differs.

The share of each change is its Shapley value: what it adds, averaged over every order in which
the changes could have been made. Shares add up to the difference, a change that does nothing gets
nothing, and two that do the same get the same; no order of telling decides.

References: Shapley (1953); Castro, Gómez and Tejada, *Computers & Operations Research* 36 (2009),
for sampled orders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np

from token_economics.methods.arrays import FloatArray, floats

Values = Callable[[Sequence[frozenset[str]]], FloatArray]
Known = Mapping[frozenset[str], FloatArray]


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
    values: Values,
    changes: Sequence[str],
    *,
    most_exact: int,
    order_pairs: int,
    rng: np.random.Generator,
) -> Shares:
    """Shapley value of each change: exact for few, over sampled orders for many.

    Parameters
    ----------
    values
        Results, an array of sets x results, with the changes of each set made and the others not.
        Asked once, for all sets that are needed.
    most_exact
        Up to so many changes every set is evaluated, two to the power of their number.
    order_pairs
        Beyond that, so many random orders are walked, each forwards and backwards: what early
        places flatter late ones correct. At least two.

    Examples
    --------
    Spend rises from 1 to 6 when the price doubles and volume triples. In one order the price adds
    1, in the other 3; its share is the mean:

    >>> def spend(sets):
    ...     price = [2.0 if "price" in made else 1.0 for made in sets]
    ...     volume = [3.0 if "volume" in made else 1.0 for made in sets]
    ...     return np.array([price]).T * np.array([volume]).T
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
    exact, sizes = len(changes) <= most_exact, range(len(changes) + 1)
    pairs = [] if exact else [rng.permutation(len(changes)) for _ in range(order_pairs)]
    orders = [[changes[place] for place in order] for order in pairs]
    walks = [walk for order in orders for walk in (order, order[::-1])]
    chosen = (
        (part for size in sizes for part in combinations(changes, size))
        if exact
        else (walk[:size] for walk in walks for size in sizes)
    )
    sets = list(dict.fromkeys(frozenset(part) for part in chosen))
    known = dict(zip(sets, floats(values(sets)), strict=True))
    if exact:
        shares = _over_all_sets(known, changes)
        error = np.zeros_like(shares)
    else:
        shares, error = _over_orders(known, changes, orders)
    before, after = known[frozenset()], known[frozenset(changes)]
    return Shares(shares, error, before, after, exact, len(known))


def _over_all_sets(known: Known, changes: Sequence[str]) -> FloatArray:
    r""":math:`\phi_i = \sum_S |S|!\,(n-|S|-1)!/n!\,(v(S \cup i) - v(S))`."""
    n = len(changes)
    shares = []
    for change in changes:
        others = [other for other in changes if other != change]
        share = np.zeros_like(known[frozenset()])
        for size in range(n):
            weight = factorial(size) * factorial(n - size - 1) / factorial(n)
            for chosen in combinations(others, size):
                made = frozenset(chosen)
                share = share + weight * (known[made | {change}] - known[made])
        shares.append(share)
    return np.array(shares).reshape(n, known[frozenset()].size)


def _over_orders(
    known: Known, changes: Sequence[str], orders: Sequence[Sequence[str]]
) -> tuple[FloatArray, FloatArray]:
    """Mean share over pairs of an order and its reverse, and the standard error of that mean."""
    found = np.array(
        [(_along(known, changes, walk) + _along(known, changes, walk[::-1])) / 2 for walk in orders]
    )
    error = found.std(axis=0, ddof=1) / np.sqrt(len(orders))
    return found.mean(axis=0), floats(error)


def _along(known: Known, changes: Sequence[str], order: Sequence[str]) -> FloatArray:
    """What each change adds when they are made in that order; in the order of ``changes``."""
    added: dict[str, FloatArray] = {}
    made: frozenset[str] = frozenset()
    for change in order:
        added[change] = known[made | {change}] - known[made]
        made |= {change}
    return np.array([added[change] for change in changes])
