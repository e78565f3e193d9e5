"""A panel of list prices: which listing had which price on each day of a catalogue.

A spell is a run of days of a catalogue on which a listing, one model of one provider, kept its
price. The panel is the matrix behind the spells; it holds nothing between the days.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from token_economics.methods.arrays import BoolArray, FloatArray, floats

MONTH_DAYS = 365.25 / 12
LISTING = ["provider", "model"]


class Panel(NamedTuple):
    """Prices of listings by day.

    Attributes
    ----------
    days
        Days of the catalogue, in order; T of them.
    ids
        A row a listing, N of them: ``provider``, ``model``, and further columns.
    prices
        T × N, not a number where a listing is not in the catalogue. [USD/Mtok]
    """

    days: pd.DatetimeIndex
    ids: pd.DataFrame
    prices: FloatArray

    @property
    def listed(self) -> BoolArray:
        """Whether a listing has a price on a day, T × N."""
        return np.isfinite(self.prices)

    @property
    def months(self) -> FloatArray:
        """Time of each day since the first. [months]"""
        return floats((self.days - self.days[0]).days) / MONTH_DAYS

    def only(self, chosen: ArrayLike) -> Panel:
        """The panel of some listings, without the days on which the catalogue has none of them.

        ``chosen`` is true or false for each listing.
        """
        kept = np.asarray(chosen, dtype=bool)
        prices = self.prices[:, kept]
        days = np.flatnonzero(np.isfinite(prices).any(axis=1))
        return Panel(self.days[days], self.ids[kept].reset_index(drop=True), prices[days])

    def between(self, first: pd.Timestamp, last: pd.Timestamp) -> Panel:
        """The panel from a day to a day, without the listings that have no price then."""
        inside = np.asarray((self.days >= first) & (self.days <= last))
        window = Panel(self.days[inside], self.ids, self.prices[inside])
        return window.only(window.listed.any(axis=0))


def blended(
    input_price: ArrayLike, output_price: ArrayLike, *, input_share: ArrayLike
) -> FloatArray:
    r"""Price of a mix of input and output tokens, :math:`a\,p_{in} + (1-a)\,p_{out}`. [USD/Mtok]

    Parameters
    ----------
    input_price, output_price
        Of input and of output tokens. [USD/Mtok]
    input_share
        Share of input in the tokens bought, a. [0–1]

    Examples
    --------
    Three tokens in for one out:

    >>> print(blended(1.0, 5.0, input_share=0.75))
    2.0
    """
    share = floats(input_share)
    return floats(share * floats(input_price) + (1.0 - share) * floats(output_price))


def split_at(spells: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Spells whose named changes count for no change: the listing ends there, another begins.

    Parameters
    ----------
    spells
        Columns ``provider``, ``model`` and ``first_seen``.
    changes
        The same columns: the spells that a change opens which is none of a list price.

    Returns
    -------
    The spells with a column ``part``: how many of the named changes the listing has behind it.
    :func:`panel` takes each part for a listing of its own.

    Raises
    ------
    ValueError
        If a change opens none of the spells.

    Examples
    --------
    >>> spells = pd.DataFrame(
    ...     {"provider": "a", "model": "x", "first_seen": ["2025-01-31", "2025-03-31"]}
    ... )
    >>> split_at(spells, spells.iloc[1:])["part"].tolist()
    [0, 1]
    """
    key = [*LISTING, "first_seen"]
    opened = pd.MultiIndex.from_frame(spells[key])
    named = pd.MultiIndex.from_frame(changes[key])
    strangers = named.difference(opened)
    if len(strangers):
        raise ValueError(f"these changes open no spell: {list(strangers)}")
    order = spells.assign(part=opened.isin(named).astype(int)).sort_values("first_seen")
    return order.assign(part=order.groupby(LISTING)["part"].cumsum()).reindex(spells.index)


def panel(
    spells: pd.DataFrame,
    days: Sequence[pd.Timestamp] | pd.Series | pd.DatetimeIndex,
    *,
    price: ArrayLike,
    columns: Sequence[str] = (),
) -> Panel:
    """The matrix of prices behind spells.

    Parameters
    ----------
    spells
        A row a spell: ``provider``, ``model``, ``first_seen`` and ``last_seen``, both days of the
        catalogue; ``part`` where :func:`split_at` divided listings.
    days
        Days of the catalogue.
    price
        One number a spell. [USD/Mtok]
    columns
        Further columns of the spells that the listings keep, each listing its first spell's.

    Raises
    ------
    ValueError
        If two spells of a listing overlap; the listing is named.

    Examples
    --------
    A price is cut in March; the listing is gone in April:

    >>> spells = pd.DataFrame(
    ...     {
    ...         "provider": "a",
    ...         "model": "x",
    ...         "first_seen": ["2025-01-31", "2025-03-31"],
    ...         "last_seen": ["2025-02-28", "2025-03-31"],
    ...     }
    ... )
    >>> days = ["2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30"]
    >>> print(panel(spells, days, price=[4.0, 2.0]).prices.T)
    [[ 4.  4.  2. nan]]
    """
    calendar = pd.DatetimeIndex(pd.to_datetime(pd.Index(days))).sort_values()
    key = [*LISTING, "part"] if "part" in spells else LISTING
    listing = spells.groupby(key, sort=True).ngroup().to_numpy()
    ids = spells.assign(listing=listing).drop_duplicates("listing").sort_values("listing")
    first = calendar.searchsorted(pd.to_datetime(spells["first_seen"]), side="left")
    after = calendar.searchsorted(pd.to_datetime(spells["last_seen"]), side="right")
    length = after - first
    within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    cells = (np.repeat(first, length) + within) * len(ids) + np.repeat(listing, length)
    prices = np.full(len(calendar) * len(ids), np.nan)
    prices[cells] = np.repeat(floats(price), length)
    twice = np.flatnonzero(np.bincount(cells, minlength=1) > 1) % len(ids)
    if twice.size:
        raise ValueError(f"spells overlap of {ids[key].iloc[np.unique(twice)].values.tolist()}")
    kept = ids[[*key, *columns]].reset_index(drop=True)
    return Panel(calendar, kept, prices.reshape(len(calendar), len(ids)))
