r"""Price indexes of a panel in which listings come and go.

The bilateral functions give a matrix: the log change of the price level from day s (row) to day t
(column), over the listings that both days have; not a number where they have none in common. The
matrix is antisymmetric, so every formula here passes time reversal. :func:`chained` links its
neighbouring days, :func:`geks` uses all of it. What else is here returns a log index by day, the
first day being 0.

References: IMF and others, *Producer Price Index Manual* (2004); Ivancic, Diewert and Fox, Journal
of Econometrics 161 (2011), for GEKS on listings that come and go; Rao (2005) and de Haan and
Hendriks (2013) for the time-product dummy; Triplett, *Handbook on Hedonic Indexes* (OECD, 2004).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.sparse import csgraph

from token_economics.methods.arrays import FloatArray, floats
from token_economics.methods.prices.price_panel import Panel


def class_shares(panel: Panel, classes: ArrayLike, weights: pd.DataFrame) -> FloatArray:
    """Spending share of each listing on each day, from shares of classes. [0–1]

    The share of a class is spread evenly over its listings of the day; a class without a listing
    drops out, and a listing without a class or with a class that has no weight weighs nothing.

    Parameters
    ----------
    panel
        Prices by day.
    classes
        Class of each listing, N of them.
    weights
        Spending of each class: a row a day of the panel, a column a class. [any unit]

    Returns
    -------
    T × N; each row with a positive weight sums to 1, others are 0.
    """
    place = weights.columns.get_indexer(pd.Index(np.asarray(classes, dtype=object)))
    member = floats(place[:, None] == np.arange(len(weights.columns)))
    per_listing = weights.to_numpy(dtype=np.float64) / np.maximum(panel.listed @ member, 1.0)
    spread = np.where(panel.listed, per_listing @ member.T, 0.0)
    total = spread.sum(axis=1, keepdims=True)
    return floats(np.divide(spread, total, out=np.zeros_like(spread), where=total > 0))


def jevons(panel: Panel) -> FloatArray:
    r"""Geometric mean of price relatives, :math:`\frac1n\sum_i \ln(p_i^t/p_i^s)`, T × T. [log]

    Examples
    --------
    A listing halves its price, and a cheap one enters, which moves nothing:

    >>> from token_economics.methods.prices.price_panel import Panel
    >>> days = pd.to_datetime(["2025-01-31", "2025-02-28"])
    >>> ids = pd.DataFrame({"provider": "a", "model": ["x", "y"]})
    >>> prices = np.array([[2.0, np.nan], [1.0, 0.1]])
    >>> print(np.exp(chained(jevons(Panel(days, ids, prices)))))
    [1.  0.5]
    """
    return _geometric(panel, floats(panel.listed))


def tornqvist(panel: Panel, shares: FloatArray) -> FloatArray:
    r"""Mean of log relatives by mean spending shares, :math:`\sum_i\tfrac12(w_i^s+w_i^t)\ln x_i`.

    ``shares`` are T × N; each day's are taken anew over the listings that both days have. [log],
    T × T
    """
    old_shares = _geometric(panel, shares)
    return (old_shares - old_shares.T) / 2


def fisher(panel: Panel, shares: FloatArray) -> FloatArray:
    r"""Geometric mean of Laspeyres and Paasche, both from spending shares. [log], T × T

    .. math:: L_{st} = \sum_i w_i^s\,p_i^t/p_i^s, \qquad P_{st} = 1/L_{ts}

    ``shares`` are T × N; each day's are taken anew over the listings that both days have.
    """
    listed = panel.listed
    price, weight = np.where(listed, panel.prices, 1.0), np.where(listed, shares, 0.0)
    old_basket = (weight / price) @ np.where(listed, price, 0.0).T
    log_laspeyres = np.log(_over(old_basket, weight @ floats(listed).T))
    return (log_laspeyres - log_laspeyres.T) / 2


def chained(bilateral: FloatArray) -> FloatArray:
    """Sum of the links between neighbouring days. [log]

    ``bilateral`` as :func:`jevons` and its like give it. Days that have no listing in common are
    linked without a change.
    """
    links = np.nan_to_num(np.diagonal(bilateral, offset=1), nan=0.0)
    return np.concatenate([[0.0], np.cumsum(links)])


def geks(bilateral: FloatArray) -> FloatArray:
    r"""Index without drift that comes nearest to all bilateral ones. [log]

    .. math:: \min_x \sum_{s<t} \left(b_{st} - (x_t - x_s)\right)^2

    Over the pairs of days that have a listing in common. If all have, it is the mean over bridges,
    :math:`x_t = \frac1T\sum_s (b_{1s} + b_{st})` (Éltető and Köves 1964; Szulc 1964).

    Raises
    ------
    ValueError
        If the days fall into groups that no pair joins.
    """
    compared = floats(np.isfinite(bilateral))
    np.fill_diagonal(compared, 0.0)
    change = np.where(compared > 0, bilateral, 0.0)
    return _levels(compared, change.sum(axis=0))


def chain_drift(bilateral: FloatArray) -> FloatArray:
    """Chained index less GEKS of the same formula. [log]

    ``bilateral`` as :func:`jevons` and its like give it.
    """
    return chained(bilateral) - geks(bilateral)


def time_product_dummy(panel: Panel, weights: FloatArray | None = None) -> FloatArray:
    r"""Days' effects in a regression of log prices on days and listings. [log]

    .. math:: \ln p_i^t = \alpha_t + \gamma_i + u_i^t

    Listings are swept out by their means, so that T equations are left. A listing of a single day
    says nothing. Weighted by spending shares it is the weighted time-product dummy of Rao (2005).

    Parameters
    ----------
    panel
        Prices by day.
    weights
        Of each listing and day, T × N; all alike if not given.

    Raises
    ------
    ValueError
        If the days fall into groups that no listing joins.
    """
    given = np.ones_like(panel.prices) if weights is None else weights
    weight = np.where(panel.listed, given, 0.0)
    log_price = np.log(np.where(weight > 0, panel.prices, 1.0))
    per_listing = weight / np.maximum(weight.sum(axis=0), np.finfo(float).tiny)
    mean = (per_listing * log_price).sum(axis=0)
    return _levels(weight @ per_listing.T, (weight * (log_price - mean)).sum(axis=1))


def hedonic_time_dummy(
    panel: Panel, characteristics: ArrayLike, weights: FloatArray | None = None
) -> FloatArray:
    r"""Days' effects in a regression of log prices on days and characteristics. [log]

    .. math:: \ln p_i^t = \alpha_t + \beta' z_i + u_i^t

    What enters and leaves counts at once, at the price that its characteristics explain.

    Parameters
    ----------
    panel
        Prices by day.
    characteristics
        Of each listing, N × K; a listing with a gap is left out. [unit of each]
    weights
        Of each listing and day, T × N; all alike if not given.

    Returns
    -------
    The index; not a number on a day without a listing whose characteristics are known.
    """
    traits = floats(characteristics).reshape(len(panel.ids), -1)
    known = np.asarray(np.isfinite(traits).all(axis=1))
    given = np.ones_like(panel.prices) if weights is None else weights
    weight = np.where(panel.listed & known, given, 0.0)
    log_price = np.log(np.where(weight > 0, panel.prices, 1.0))
    trait = np.where(known[:, None], traits - traits[known].mean(axis=0), 0.0)
    total = np.where(weight.sum(axis=1) > 0, weight.sum(axis=1), np.nan)
    mean_trait = (weight @ trait) / total[:, None]
    mean_price = (weight * log_price).sum(axis=1) / total
    day_means = np.nan_to_num(mean_trait) * np.nan_to_num(total)[:, None]
    within = trait.T @ (weight.sum(axis=0)[:, None] * trait) - day_means.T @ np.nan_to_num(
        mean_trait
    )
    joint = trait.T @ (weight * log_price).sum(axis=0) - day_means.T @ np.nan_to_num(mean_price)
    effect = np.linalg.lstsq(within, joint, rcond=None)[0]
    level = mean_price - mean_trait @ effect
    return floats(level - level[0])


def _geometric(panel: Panel, shares: FloatArray) -> FloatArray:
    """Mean of log relatives by shares of the row's day, over the listings of both days."""
    listed = floats(panel.listed)
    log_price = np.log(np.where(panel.listed, panel.prices, 1.0))
    weight = shares * listed
    return _over(weight @ log_price.T - (weight * log_price) @ listed.T, weight @ listed.T)


def _over(value: FloatArray, weight: FloatArray) -> FloatArray:
    """Quotient; not a number without a weight."""
    return np.divide(value, weight, out=np.full_like(value, np.nan), where=weight > 0)


def _levels(ties: FloatArray, pulls: FloatArray) -> FloatArray:
    """Levels of days, the first 0, that solve the normal equations of differences.

    ``ties`` is the weight of each pair of days, ``pulls`` the sum of what draws each day up.
    """
    if csgraph.connected_components(ties > 0, directed=False)[0] > 1:
        raise ValueError("no listing joins all days: compare fewer")
    laplacian = np.diag(ties.sum(axis=1)) - ties
    return np.concatenate([[0.0], np.linalg.solve(laplacian[1:, 1:], pulls[1:])])
