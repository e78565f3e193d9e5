r"""Which assumptions matter: the share of a result's variance that each one is behind.

The first-order index of an input is the part of the variance that goes, on average, once it is
known; the total index is the part that stays while it alone is unknown, interactions included.
Results with heavy tails are better asked by rank: a strictly rising function of a result keeps
its order, and the variance of ranks is not one extreme draw.

References: Sobol (1993); Jansen, *Computer Physics Communications* 117 (1999), for the total index;
Saltelli and others, *Computer Physics Communications* 181 (2010), for the first-order one.
Packages exist for this (SALib), one output and one sampling plan at a time; here many results
share the draws that the rest of the report uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Draws = Mapping[str, FloatArray]
Evaluate = Callable[[Draws], Mapping[str, FloatArray]]

RESAMPLES = 200
INTERVAL = (0.05, 0.95)
SHARE_DECIMALS = 4
"""What a table keeps of an index: further digits are noise of its draws."""


def sobol_indices(
    results: Evaluate,
    *,
    first: Draws,
    second: Draws,
    inputs: Sequence[str],
    together: int,
    rng: np.random.Generator,
    known: tuple[Draws, Draws] | None = None,
) -> pd.DataFrame:
    r"""First-order and total index of each input for each result, with 90 % intervals.

    .. math::
        S_i = \frac{\overline{f(B)\,(f(A_B^{(i)}) - f(A))}}{\mathrm{Var} f}, \qquad
        S_{Ti} = \frac{\overline{(f(A) - f(A_B^{(i)}))^2}}{2\,\mathrm{Var} f}

    where :math:`A_B^{(i)}` is the first sample with input i from the second. Total indices count
    interactions, so they may add up to more than one. A result that does not vary has indices of
    nothing. Intervals come from resampling the draws, and say how far the estimate is from what
    more draws would give.

    Parameters
    ----------
    results
        Arrays of results, one value a draw, for draws of the inputs.
    first, second
        Two independent samples A and B of all inputs, arrays of equal length by name.
    inputs
        Names of those whose indices are wanted; the rest stay as in the first sample.
    together
        Mixtures that are evaluated in one call, which saves time where a call costs more than a
        draw. More than one only if a draw's results hang on that draw alone.
    known
        What ``results`` gives for both samples, where they have been asked before.

    Returns
    -------
    A row a result and input: result, input, first, first_low, first_high, total, total_low,
    total_high. [share of variance]

    Examples
    --------
    Of the sum of one input and twice another the second makes four fifths of the variance:

    >>> rng = np.random.default_rng(1)
    >>> first, second = ({name: rng.normal(size=4000) for name in "ab"} for _ in range(2))
    >>> table = sobol_indices(
    ...     lambda draws: {"sum": draws["a"] + 2 * draws["b"]},
    ...     first=first,
    ...     second=second,
    ...     inputs=["a", "b"],
    ...     together=1,
    ...     rng=rng,
    ... )
    >>> print(table["total"].round(1).tolist())
    [0.2, 0.8]
    """
    at_first, at_second = known or (results(first), results(second))
    names = list(at_first)
    base, other = (np.stack([found[name] for name in names]) for found in (at_first, at_second))
    middle = base.mean(axis=1, keepdims=True)
    base, other = base - middle, other - middle
    draws = base.shape[1]
    weights = (
        np.vstack(
            [np.ones(draws), rng.multinomial(draws, np.full(draws, 1 / draws), size=RESAMPLES)]
        )
        / draws
    )
    variance = _pooled_variance(base, other, weights)
    parts = []
    for changed, found in _mixtures(results, first, second, inputs, together):
        mixed = np.stack([found[name] for name in names]) - middle
        total = weights @ ((base - mixed) ** 2 / 2).T
        alone = weights @ (other * (mixed - base)).T
        parts.append(
            pd.DataFrame(
                {
                    "result": names,
                    "input": changed,
                    **_estimate("first", alone, variance),
                    **_estimate("total", total, variance),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _mixtures(
    results: Evaluate, first: Draws, second: Draws, inputs: Sequence[str], together: int
) -> Iterator[tuple[str, dict[str, FloatArray]]]:
    """Results of the first sample with one input from the second, for each input in turn."""
    draws = next(iter(first.values())).size
    for start in range(0, len(inputs), together):
        batch = inputs[start : start + together]
        mixed = {name: np.tile(values, len(batch)) for name, values in first.items()}
        for place, changed in enumerate(batch):
            mixed[changed][place * draws : (place + 1) * draws] = second[changed]
        found = results(mixed)
        for place, changed in enumerate(batch):
            own = slice(place * draws, (place + 1) * draws)
            yield changed, {name: values[own] for name, values in found.items()}


def _pooled_variance(base: FloatArray, other: FloatArray, weights: FloatArray) -> FloatArray:
    """Variance over both samples for each set of weights, weights x results."""
    mean = (weights @ base.T + weights @ other.T) / 2
    square = (weights @ (base**2).T + weights @ (other**2).T) / 2
    return np.asarray(np.maximum(square - mean**2, 0.0))


def _estimate(name: str, parts: FloatArray, variance: FloatArray) -> dict[str, FloatArray]:
    """Share of variance from all draws, in the first row, and its interval from the rest."""
    shares = np.divide(parts, variance, out=np.zeros_like(parts), where=variance > 0)
    low, high = np.quantile(shares[1:], INTERVAL, axis=0)
    return {name: shares[0], f"{name}_low": low, f"{name}_high": high}


def ranks_within(values: FloatArray, reference: FloatArray) -> FloatArray:
    """Share of the reference below each value, equal ones counted half. [0–1]

    A fixed, never falling function of the value; of an indicator it is a straight line.
    ``values`` may be any numbers, also those of another sample.

    Examples
    --------
    One below, one equal to the second, one above four reference values:

    >>> print(ranks_within(np.array([0.0, 2.0, 9.0]), np.array([1.0, 2.0, 3.0, 4.0])))
    [0.    0.375 1.   ]
    """
    ordered = np.sort(reference)
    below = np.searchsorted(ordered, values, side="left")
    up_to = np.searchsorted(ordered, values, side="right")
    return np.asarray((below + up_to) / (2 * ordered.size), dtype=np.float64)
