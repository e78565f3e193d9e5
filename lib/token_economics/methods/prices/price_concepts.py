"""Three prices of a token that are not one another.

What a given quality costs at best (a class of models), what an unchanged listing costs (matched
models), and what is paid for the mix that is bought (unit value). They answer different questions
and may move in opposite directions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from token_economics.methods.arrays import FloatArray, floats


class ClassMultiple(NamedTuple):
    """How many times cheaper a class of models became; ``model`` is the cheapest of the class."""

    times_cheaper: float
    low: float
    high: float
    model: str


def class_price_multiple(
    models: pd.DataFrame,
    *,
    reference: str,
    on: pd.Timestamp,
    draws: int,
    level: float,
    rng: np.random.Generator,
) -> ClassMultiple:
    r"""Price of a reference model over the least price of its quality by a date.

    .. math:: x = p_{ref} \Big/ \min_{q_i \ge q_{ref},\; t_i \le t} p_i

    The interval draws the rival models with replacement and keeps the reference: it says how much
    the multiple leans on single listings. A minimum can only rise when listings drop out, so the
    interval lies at and below the estimate.

    Parameters
    ----------
    models
        Columns ``date``, ``model``, ``price`` [money/Mtok] and ``quality`` [points].
    reference
        Model whose first price and quality set the class.
    on
        Last day of prices that count.
    draws, level
        Bootstrap draws [count] and coverage of the percentile interval. [0–1]
    rng
        Source of randomness.
    """
    base = models[models["model"] == reference].iloc[0]
    in_class = models["quality"].ge(base["quality"]) & models["date"].le(on)
    rivals = models[in_class & models["model"].ne(reference)]
    prices = rivals["price"].to_numpy(dtype=np.float64)
    drawn = prices[rng.integers(len(prices), size=(draws, len(prices)))].min(axis=1)
    low, high = np.quantile(base["price"] / drawn, [0.5 - level / 2, 0.5 + level / 2])
    return ClassMultiple(
        times_cheaper=float(base["price"] / prices.min()),
        low=float(low),
        high=float(high),
        model=str(rivals["model"].iloc[int(prices.argmin())]),
    )


def matched_index_from_changes(changes: pd.DataFrame) -> pd.DataFrame:
    r"""Chained index of unchanged listings, from the re-pricings alone.

    .. math:: I_t = I_{t-1} \exp\Big(\tfrac{1}{n_t} \sum_i \ln (p_{it}/p_{i,t-1})\Big)

    Listings that are matched and not named kept their price; an interval without a row changed
    nothing.

    Parameters
    ----------
    changes
        One row a re-pricing: ``date``, ``before`` and ``after`` [money/Mtok], and
        ``matched_models``, the listings compared over the interval that ends on the date.

    Returns
    -------
    Columns ``date``, ``matched_models``, ``changed`` [count], ``link`` and ``index``, the listing
    before the first link being 1.

    Examples
    --------
    One of two listings falls to a quarter, so the index falls by half:

    >>> changes = pd.DataFrame(
    ...     {"date": ["2026-01-01"], "before": [8.0], "after": [2.0], "matched_models": [2]}
    ... )
    >>> print(matched_index_from_changes(changes)["index"].round(6).tolist())
    [0.5]
    """
    log_change = np.log(changes["after"] / changes["before"])
    grouped = changes.assign(log_change=log_change).groupby("date", sort=True)
    table = grouped.agg(
        matched_models=("matched_models", "first"),
        changed=("log_change", "size"),
        total=("log_change", "sum"),
    ).reset_index()
    link = np.exp(table["total"] / table["matched_models"].astype("float64"))
    return table.drop(columns="total").assign(link=link, index=link.cumprod())


def unit_value(spending_shares: FloatArray, prices: FloatArray) -> FloatArray:
    r"""Spending over tokens of a mix, given spending shares; goods on the last axis.

    .. math:: p = \sum_i s_i \Big/ \sum_i (s_i / p_i)

    A harmonic mean: it rises when buyers move to dearer goods though no price has changed.
    [money/Mtok]

    ``prices`` are p.

    Examples
    --------
    Half of spending on tokens at 1 USD and half at 10 USD; most tokens are the cheap ones:

    >>> print(unit_value(np.array([0.5, 0.5]), np.array([1.0, 10.0])).round(3))
    1.818
    """
    shares = floats(spending_shares)
    return floats(shares.sum(axis=-1) / (shares / prices).sum(axis=-1))
