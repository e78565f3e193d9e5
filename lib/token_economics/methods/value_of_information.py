r"""What a measurement is worth: the share of a result's variance that it takes away on average.

Of data D that one would see, the expected reduction of the variance of a result Y is

.. math:: \frac{\mathrm{Var}\,E[Y \mid D]}{\mathrm{Var}\,Y} = 1 - \frac{E\,\mathrm{Var}[Y \mid D]}{\mathrm{Var}\,Y}

the part of the squared error of the best guess that goes once D is seen. Where an assumption X would
be known without error, D is X: this is its first-order effect (`sensitivity.first_order_effects`),
and times Var Y the expected value of perfect partial information of whoever loses the square of his
error (Oakley and O'Hagan, *Journal of the Royal Statistical Society B* 66, 2004). For a series that
would be seen with error the data are simulated, one set a draw, and Y is regressed on summaries of
them: the fitted value is E[Y | D] (Strong, Oakley, Brennan and Breeze, *Medical Decision Making* 35,
2015). No model is solved again. What is learnt is about this model: another one may learn otherwise.

Strong and others fit splines by R's mgcv; `statsmodels` has additive splines that need a penalty
each. Here it is a cubic polynomial of normal scores, which is enough for smooth relations, and
every draw is judged by a fit that has not seen it, so that noise is not taken for information. What
the polynomial does not see is missing: the estimate is a lower bound, but for chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from token_economics.methods.arrays import FloatArray, floats
from token_economics.methods.sensitivity import NORMAL_95

DEGREE = 3
FOLDS = 10
DRAWS_A_TERM = 16
RESAMPLES = 200


def seen_with_error(true: FloatArray, *, error_sd: float, rng: np.random.Generator) -> FloatArray:
    """What would be seen of a series: its values with independent normal errors. [unit of the series]

    ``true`` are its values, of any shape; ``error_sd`` is in their unit, so in log points of a series
    in logs; ``rng`` draws the errors.
    """
    return floats(true + error_sd * rng.standard_normal(true.shape))


def level_and_change(series: FloatArray) -> FloatArray:
    """Mean over the periods, and last less first: two summaries x draws. [unit of the series]

    Parameters
    ----------
    series
        Periods x draws, at least two periods.

    Examples
    --------
    One draw over three periods:

    >>> print(level_and_change(np.array([[1.0], [2.0], [6.0]])).ravel())
    [3. 5.]
    """
    return floats(np.stack([series.mean(axis=0), series[-1] - series[0]]))


def expected_reductions(
    results: Mapping[str, FloatArray],
    measurements: Mapping[str, Sequence[FloatArray]],
    *,
    origin: NDArray[np.int_],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Share of each result's variance that each measurement is expected to take away, with 90 % intervals.

    Copies of one draw, as a resample has them, are judged by a fit that has seen none of them. Of a
    measurement without information the estimate lies about nothing, and may be negative. Intervals
    are those of a bootstrap of the draws' errors out of sample.

    Parameters
    ----------
    results
        Arrays by name, a value a draw. One that does not vary has nothing to lose. [any unit]
    measurements
        By name the summaries of each series that would be seen, summaries x draws. Within a series
        they work together up to the third power; several series add up. [any unit]
    origin
        Number from zero of the draw that each is a copy of; all differ where there are no copies.
    rng
        Deals the draws to the fits, and resamples.

    Returns
    -------
    A row a result and measurement: result, input, learnt, learnt_low, learnt_high. [share of variance]

    Examples
    --------
    A quantity that is seen with an error of its own size loses half of its variance:

    >>> rng = np.random.default_rng(1)
    >>> true = rng.normal(size=4000)
    >>> seen = seen_with_error(true, error_sd=1.0, rng=rng)
    >>> table = expected_reductions(
    ...     {"true": true}, {"seen": [seen[None]]}, origin=np.arange(4000), rng=rng
    ... )
    >>> print(table["learnt"].round(1).tolist())
    [0.5]
    """
    values = np.stack(list(results.values()), axis=1)
    values = values - values.mean(axis=0)
    known = int(origin.max()) + 1
    folds = rng.permutation(known)[origin] % FOLDS
    weights = floats(rng.multinomial(known, np.full(known, 1 / known), size=RESAMPLES)[:, origin])
    variance, resampled = (values**2).mean(axis=0), weights @ values**2
    parts = []
    for name, series in measurements.items():
        missed = (values - _fitted_elsewhere(_terms(series, known), values, folds)) ** 2
        share = _left(missed.mean(axis=0), variance)
        error = NORMAL_95 * _left(weights @ missed, resampled).std(axis=0)
        low, high = share - error, share + error
        found = {"learnt": share, "learnt_low": low, "learnt_high": high}
        parts.append(pd.DataFrame({"result": list(results), "input": name, **found}))
    return pd.concat(parts, ignore_index=True)


def _left(missed: FloatArray, variance: FloatArray) -> FloatArray:
    """One less what is missed over the variance; of no variance, nothing."""
    return 1 - np.divide(missed, variance, out=np.ones_like(missed), where=variance > 0)


def _terms(series: Sequence[FloatArray], known: int) -> FloatArray:
    """Draws x terms: powers and products of the normal scores of each series, and a constant.

    Of the highest degree up to the third that leaves enough of the known draws to a term; the first
    at least.
    """
    scores = [stats.norm.ppf((stats.rankdata(s, axis=1) - 0.5) / s.shape[1]) for s in series]
    powers = [_power(scores, degree) for degree in range(1 + DEGREE)]
    counts = np.cumsum([len(power) for power in powers])
    degrees = max(int((counts * DRAWS_A_TERM <= known).sum()), 2)
    return floats(np.concatenate(powers[:degrees]).T)


def _power(scores: Sequence[FloatArray], degree: int) -> FloatArray:
    """Products of so many scores of the same series, terms x draws."""
    if degree == 0:
        return np.ones((1, scores[0].shape[1]))
    return np.stack(
        [
            score[list(chosen)].prod(axis=0)
            for score in scores
            for chosen in combinations_with_replacement(range(len(score)), degree)
        ]
    )


def _fitted_elsewhere(terms: FloatArray, values: FloatArray, folds: NDArray[np.int_]) -> FloatArray:
    """Least squares of the values on the terms, each draw by a fit to the other folds.

    From sums of squares and products, of which those of a fold are left out, which is quick.
    """
    members = [folds == fold for fold in range(FOLDS)]
    squares = np.stack([terms[held].T @ terms[held] for held in members])
    products = np.stack([terms[held].T @ values[held] for held in members])
    fitted = np.empty_like(values)
    for held, own, due in zip(members, squares, products, strict=True):
        left, right = squares.sum(axis=0) - own, products.sum(axis=0) - due
        fitted[held] = terms[held] @ np.linalg.lstsq(left, right, rcond=None)[0]
    return fitted
