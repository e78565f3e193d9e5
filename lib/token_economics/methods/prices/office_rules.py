r"""What a statistical office does with listings that appear and disappear.

An office does not price a catalogue. It holds a sample of slots, each with one listing, and when a
slot's listing is replaced it has to say how much of the gap between the old price and the new is a
change of price. The treatments are those of IMF and others, *Producer Price Index Manual* (2004),
chapter 7, paragraph 7.15 on the four approaches and 7.106 on the class mean. In logs, with i the
old listing, j the new one, and d the change of its slot between two days of collection:

=============  ======================================================================
comparable     :math:`d = \ln p_j^t - \ln p_i^{t-1}`: all of the gap is price
hedonic        :math:`d = \ln p_j^t - \ln p_i^{t-1} - (h_j - h_i)`, h what quality is worth
overlap        :math:`d = \ln p_i^t - \ln p_i^{t-1}` if i can still be priced at t, else
               :math:`d = \ln p_j^t - \ln p_j^{t-1}`: the gap is quality
overall mean   d is left out, as if it were the mean of the slots that were not replaced
class mean     d is the mean of the replacements of its class that are comparable
no change      :math:`d = 0`: linked to show no change
=============  ======================================================================

The index is the sum over days of the mean of d over slots (Jevons). A treatment that has no price
to work with falls back on the overall mean.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from token_economics.methods.arrays import BoolArray, FloatArray, floats
from token_economics.methods.prices.price_panel import Panel

NOBODY = -1
Sample = NDArray[np.intp]


def newest_of_group(panel: Panel, groups: ArrayLike) -> Sample:
    """A slot a group, which holds the newest listing of the group on each day.

    Of several that entered on one day it holds the one whose first price is the middle one, the
    lower of two. Listings without a group are in no slot.

    Parameters
    ----------
    panel
        Prices by day.
    groups
        Group of each listing, such as vendor and tier; missing where it has none. N of them.

    Returns
    -------
    Row in the panel's ``ids`` of the listing that each slot holds, −1 where it has none; T × groups,
    in the order of their names.
    """
    return _newest(panel, groups)[1]


def held_until_delisted(panel: Panel, groups: ArrayLike) -> Sample:
    """The listings of the first day, each priced until it is gone, then replaced.

    Its place takes the newest listing of its group, as :func:`newest_of_group` has it; a slot whose
    group has none ends. The replacement stays, in turn, until it is gone.

    Parameters
    ----------
    panel
        Prices by day.
    groups
        Group of each listing; missing where it has none, such a slot ends with its listing. N.

    Returns
    -------
    Row in the panel's ``ids`` of the listing that each slot holds, −1 where it has none; T × the
    listings of the first day.
    """
    names, newest = _newest(panel, groups)
    listed = panel.listed
    held = [np.flatnonzero(listed[0])]
    slot_group = names.get_indexer(pd.Index(np.asarray(groups, dtype=object)))[held[0]]
    for day in range(1, len(panel.days)):
        entrant = np.where(slot_group >= 0, newest[day][slot_group], NOBODY)
        gone = (held[-1] != NOBODY) & ~listed[day][held[-1]]
        held.append(np.where(gone, entrant, held[-1]))
    return np.stack(held)


def office_indices(
    panel: Panel,
    sample: Sample,
    *,
    quality: ArrayLike,
    comparable_within: float,
    classes: ArrayLike,
) -> pd.DataFrame:
    """Log index by day under each treatment of replacements. [log]

    Parameters
    ----------
    panel
        Prices by day.
    sample
        Listings that the office holds, as :func:`newest_of_group` or :func:`held_until_delisted`
        gives them.
    quality
        What the quality of each listing is worth, such as the fit of a hedonic regression; not a
        number where it is not known. N of them. [log price]
    comparable_within
        Largest difference of worth at which the class mean takes a replacement for comparable.
        [log price]
    classes
        Class of each listing, such as its tier, within which the class mean imputes. N of them.

    Returns
    -------
    A row a day, columns ``comparable``, ``hedonic``, ``overlap``, ``overall_mean``, ``class_mean``
    and ``no_change``, and ``slots`` and ``replaced``, how many were compared with the day before and
    how many of them held another listing then. [log], [count]

    Examples
    --------
    A vendor lists a new model at half the price of the old, which stays as it was:

    >>> days = pd.to_datetime(["2025-01-31", "2025-02-28"])
    >>> ids = pd.DataFrame({"provider": "a", "model": ["old", "new"]})
    >>> panel = Panel(days, ids, np.array([[2.0, np.nan], [2.0, 1.0]]))
    >>> sample = newest_of_group(panel, ["a", "a"])
    >>> found = office_indices(
    ...     panel, sample, quality=[0.0, 0.0], comparable_within=0.1, classes=["a", "a"]
    ... )
    >>> np.exp(found.iloc[-1][["comparable", "overlap", "no_change"]]).tolist()
    [0.5, 1.0, 1.0]
    """
    old, new = sample[:-1], sample[1:]
    held = (old != NOBODY) & (new != NOBODY)
    replaced = held & (old != new)
    log_price, earlier = np.log(panel.prices[1:]), np.log(panel.prices[:-1])
    gap = _of(log_price, new) - _of(earlier, old)
    of_old = _of(log_price, old) - _of(earlier, old)
    of_new = _of(log_price, new) - _of(earlier, new)
    worth = floats(quality)
    better = worth[new] - worth[old]
    alike = replaced & (np.abs(better) <= comparable_within)
    change = {
        "comparable": gap,
        "hedonic": gap - better,
        "overlap": np.where(np.isfinite(of_old), of_old, of_new),
        "overall_mean": np.full_like(gap, np.nan),
        "class_mean": np.where(alike, gap, _class_means(gap, alike, classes, old)),
        "no_change": np.zeros_like(gap),
    }
    table = {
        name: _index(np.where(held, np.where(replaced, treated, of_old), np.nan))
        for name, treated in change.items()
    }
    counts = {"slots": held.sum(axis=1), "replaced": replaced.sum(axis=1)}
    counted = {name: np.concatenate([[0], count]) for name, count in counts.items()}
    return pd.DataFrame(table | counted, index=panel.days)


def _newest(panel: Panel, groups: ArrayLike) -> tuple[pd.Index, NDArray[np.intp]]:
    """Names of the groups, and row of the newest listing of each on each day."""
    listed = panel.listed
    entered = listed.argmax(axis=0)
    given = pd.Series(np.asarray(groups, dtype=object))
    first_price = panel.prices[entered, np.arange(len(entered))]
    cohort = pd.DataFrame({"group": given, "entered": entered, "price": first_price})
    of_cohort = cohort.groupby(["group", "entered"], sort=False)["price"]
    place, size = of_cohort.rank(method="first"), of_cohort.transform("size")
    from_middle = (place - (size + 1) // 2).abs()
    code, names = pd.factorize(given, sort=True)
    best_last = np.lexsort((-from_middle.to_numpy(), entered, code))
    best_last = best_last[code[best_last] >= 0]
    where = np.where(listed[:, best_last], np.arange(len(best_last)), NOBODY)
    starts = np.searchsorted(code[best_last], np.arange(len(names)))
    top = np.maximum.reduceat(where, starts, axis=1)
    return pd.Index(names), np.where(top >= 0, best_last[top], NOBODY)


def _of(log_prices: FloatArray, listing: NDArray[np.intp]) -> FloatArray:
    """Log price of the listing that each slot holds, day by day."""
    return floats(np.take_along_axis(log_prices, listing, axis=1))


def _class_means(
    gap: FloatArray, alike: BoolArray, classes: ArrayLike, listing: NDArray[np.intp]
) -> FloatArray:
    """Mean gap of the comparable replacements of each slot's class and day."""
    code, names = pd.factorize(np.asarray(classes, dtype=object))
    cell = np.arange(len(gap))[:, None] * len(names) + code[listing]
    count = np.bincount(cell[alike], minlength=len(gap) * len(names))
    total = np.bincount(cell[alike], weights=gap[alike], minlength=len(count))
    mean = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
    return floats(mean[cell])


def _index(change: FloatArray) -> FloatArray:
    """Sum over days of the mean change of slots; a day without a change to go by adds none."""
    known = np.isfinite(change)
    mean = np.where(known, change, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.concatenate([[0.0], np.cumsum(mean)])
