r"""Which assumptions matter: the share of a result's variance that each one is behind.

The first-order effect of an input is the part of the variance that goes, on average, once it is
known; it is read off any sample of draws and results. The total effect is the part that stays while
the input alone is unknown, interactions included; it needs the model again for every input.
Results with heavy tails are better asked by rank: a strictly rising function of a result keeps
its order, and the variance of ranks is not one extreme draw.

References: Pearson (1905) and Kelley (1935), the correlation ratio and what chance adds to it; da
Veiga and Gamboa, *Journal of Nonparametric Statistics* 25 (2013), for the first-order effect's
error; Jansen, *Computer Physics Communications* 117 (1999), for the total effect.
Rank statistics (Chatterjee 2021; Gamboa and others, *Biometrika* 109, 2022) read first-order effects
off a sample too: of an input without effect they give 1.5 % of variance either way in 4096 draws,
where bins give 0.2 %. Packages exist for this (SALib, `scipy.stats.sobol_indices`), one result or
one sampling plan at a time; here many results share the draws that the rest of the report uses.
Choices that are all combined are split by Fisher's analysis of variance for balanced designs
(Saltelli and others, *Global Sensitivity Analysis*, 2008, chapter 1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import gcd

import numpy as np
import pandas as pd

from token_economics.methods.arrays import FloatArray, floats

Draws = Mapping[str, FloatArray]
Evaluate = Callable[[Draws], Mapping[str, FloatArray]]

BINS = 32
FEWEST_IN_A_BIN = 8
NORMAL_95 = 1.6448536269514722  # standard deviations from the middle to the 95 % point
GOLDEN = (5**0.5 - 1) / 2
REMAINDERS = ("choices together", "all else")
SHARE_DECIMALS = 4
"""What a table keeps of an effect: further digits are noise of its draws."""


def first_order_effects(inputs: Draws, results: Draws) -> pd.DataFrame:
    r"""First-order effect of each input on each result, from draws that are there, with 90 % intervals.

    .. math::
        S_i = 1 - \frac{n - 1}{n - B}\left(1 - \frac{\mathrm{Var}\,\bar f_b}{\mathrm{Var} f}\right)

    where :math:`\bar f_b` is the mean of a result over the draws whose input i lies in bin b of B
    equally full ones; the factor takes out what chance adds to differences between means. An
    estimate near nothing may be negative. What the input does within a bin is not seen: of a wave
    that goes up and down twice over the range, an eightieth of its effect. Intervals count on
    independent draws, so that those of stratified ones are rather wide.

    Parameters
    ----------
    inputs, results
        Arrays by name, a value a draw, of equal length. Inputs are independent of each other. One
        that does not vary, and a result that does not, have effects of nothing.

    Returns
    -------
    A row a result and input: result, input, first, first_low, first_high. [share of variance]

    Examples
    --------
    Of the sum of one input and twice another the second makes four fifths of the variance:

    >>> rng = np.random.default_rng(1)
    >>> drawn = {name: rng.normal(size=4000) for name in "ab"}
    >>> table = first_order_effects(drawn, {"sum": drawn["a"] + 2 * drawn["b"]})
    >>> print(table["first"].round(1).tolist())
    [0.2, 0.8]
    """
    values = np.stack(list(results.values()), axis=1)
    values = values - values.mean(axis=0)
    variance = (values**2).mean(axis=0)
    draws = len(values)
    bins = max(min(BINS, draws // FEWEST_IN_A_BIN), 1)
    starts = np.linspace(0, draws, bins, endpoint=False).astype(int)
    sizes = np.diff(starts, append=draws)
    parts = []
    for name, drawn in inputs.items():
        ordered = values[np.argsort(drawn, kind="stable")]
        means = np.add.reduceat(ordered, starts) / sizes[:, None]
        unseen = 1 - _share(sizes @ means**2 / draws, variance)
        share = 1 - unseen * (draws - 1) / max(draws - bins, 1)
        middle = np.repeat(means, sizes, axis=0)
        pull = middle * (2 * ordered - middle) - share * ordered**2
        error = np.sqrt(_share(pull.var(axis=0), variance**2) / draws)
        varies = (variance > 0) & (np.ptp(drawn) > 0)
        kept = (np.where(varies, part, 0.0) for part in (share, error))
        parts.append(_rows("first", name, list(results), *kept))
    return pd.concat(parts, ignore_index=True)


def total_effects(
    results: Evaluate, *, draws: Draws, inputs: Sequence[str], together: int
) -> pd.DataFrame:
    r"""Total effect of each input on each result, with 90 % intervals.

    .. math:: S_{Ti} = \frac{\overline{(f(A) - f(A^{(i)}))^2}}{2\,\mathrm{Var} f}

    where :math:`A^{(i)}` are the draws A with the values of input i dealt out anew. They are dealt
    so that pairs of old and new value fill their square evenly, which measures a smooth effect more
    closely than chance would. Total effects count interactions, so they may add up to more than
    one. A result that does not vary has effects of nothing. Intervals are those of pairs by chance,
    so rather wide; where few draws change a result they say little.

    Parameters
    ----------
    results
        Arrays of results, one value a draw, for draws of the inputs.
    draws
        Arrays of all inputs by name, of equal length, independent of each other.
    inputs
        Names of those whose effects are wanted; the others stay as drawn.
    together
        Inputs that are evaluated in one call, which saves time where a call costs more than a
        draw. More than one only if a draw's results hang on that draw alone.

    Returns
    -------
    A row a result and input: result, input, total, total_low, total_high. [share of variance]

    Examples
    --------
    Of a product of two inputs around nothing, neither does anything by itself, each all together:

    >>> rng = np.random.default_rng(1)
    >>> table = total_effects(
    ...     lambda drawn: {"product": drawn["a"] * drawn["b"]},
    ...     draws={name: rng.uniform(-1, 1, size=4000) for name in "ab"},
    ...     inputs=["a", "b"],
    ...     together=1,
    ... )
    >>> print(table["total"].round(1).tolist())
    [1.0, 1.0]
    """
    found = results(draws)
    base = np.stack(list(found.values()))
    variance = base.var(axis=1, keepdims=True)
    parts = []
    for changed, mixed in _mixtures(results, draws, inputs, together):
        moved = base - np.stack([mixed[name] for name in found])
        share = _share(moved**2 / 2, np.broadcast_to(variance, base.shape))
        error = share.std(axis=1) / np.sqrt(base.shape[1])
        parts.append(_rows("total", changed, list(found), share.mean(axis=1), error))
    return pd.concat(parts, ignore_index=True)


def _mixtures(
    results: Evaluate, draws: Draws, inputs: Sequence[str], together: int
) -> Iterator[tuple[str, dict[str, FloatArray]]]:
    """Results of the draws with one input dealt out anew, for each input in turn."""
    size = next(iter(draws.values())).size
    for start in range(0, len(inputs), together):
        batch = inputs[start : start + together]
        mixed = _Tiled(draws, len(batch))
        own = {name: slice(at * size, (at + 1) * size) for at, name in enumerate(batch)}
        for changed in batch:
            mixed[changed][own[changed]] = _dealt_anew(draws[changed])
        found = results(mixed)
        for changed in batch:
            yield changed, {name: values[own[changed]] for name, values in found.items()}


class _Tiled(dict[str, FloatArray]):
    """Draws so many times one after another; also of names that are known beside those listed."""

    def __init__(self, draws: Draws, times: int) -> None:
        self._draws, self._times = draws, times
        super().__init__({name: np.tile(values, times) for name, values in draws.items()})

    def __missing__(self, name: str) -> FloatArray:
        self[name] = np.tile(self._draws[name], self._times)
        return self[name]


def _dealt_anew(values: FloatArray) -> FloatArray:
    """The same values in another order: ranks of old and new are the points of a lattice."""
    size = values.size
    step = next(step for step in range(round(GOLDEN * size), size + 1) if gcd(step, size) == 1)
    ranks = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return floats(np.sort(values)[(ranks * step + size // 2) % size])


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    """A part over its whole; of nothing, nothing."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _rows(
    kind: str, name: str, results: Sequence[str], share: FloatArray, error: FloatArray
) -> pd.DataFrame:
    """Effects of an input with the interval that their standard errors make; no total is negative."""
    floor = -np.inf if kind == "first" else 0.0
    return pd.DataFrame(
        {
            "result": results,
            "input": name,
            kind: share,
            f"{kind}_low": np.maximum(share - NORMAL_95 * error, floor),
            f"{kind}_high": share + NORMAL_95 * error,
        }
    )


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
    return floats((below + up_to) / (2 * ordered.size))


def variance_split(values: FloatArray, factors: Sequence[str]) -> dict[str, float]:
    r"""Share of the variance that each choice makes by itself, and what is left.

    .. math:: \frac{\mathrm{Var}\,\mathrm{E}(Y \mid X_i)}{\mathrm{Var}\,Y}

    [share of variance]

    Parameters
    ----------
    values
        A result for every combination: one axis a factor, in their order, and draws of all other
        assumptions on the last axis.

    Returns
    -------
    A share a factor; "choices together" is what choices do beyond the sum of their own effects;
    "all else" is the mean variance over draws at given choices. They add up to one.

    Examples
    --------
    Two choices that add up: the second moves the result twice as far, and makes four fifths of the
    variance.

    >>> import numpy as np
    >>> values = np.array([[[0.0], [2.0]], [[1.0], [3.0]]])
    >>> split = variance_split(values, ["first", "second"])
    >>> print(round(split["first"], 3), round(split["second"], 3))
    0.2 0.8
    """
    total = float(values.var())
    if total == 0:
        return dict.fromkeys((*factors, *REMAINDERS), 0.0)
    axes = range(values.ndim)
    own = {
        name: float(values.mean(axis=tuple(a for a in axes if a != axis)).var()) / total
        for axis, name in enumerate(factors)
    }
    within = float(values.var(axis=-1).mean()) / total
    return {**own, REMAINDERS[0]: 1.0 - within - sum(own.values()), REMAINDERS[1]: within}
