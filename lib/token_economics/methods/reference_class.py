"""A forecast from what happened to other things of the kind.

References: Kahneman and Tversky (1979) and Flyvbjerg, Project Management Journal 37 (2006), for
the method; Jeffreys' prior for a proportion, Brown, Cai and DasGupta, Statistical Science 16 (2001).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special


class Proportion(NamedTuple):
    """Probability that the next member is a success, with its interval."""

    value: float
    low: float
    high: float


def next_of_class(*, successes: float, members: float, level: float) -> Proportion:
    r"""Probability for the next member, :math:`(k + \tfrac12)/(n + 1)`, Jeffreys' prior.

    Parameters
    ----------
    successes, members
        Members of the class with the outcome, and all; fractions of members are allowed.
    level
        Coverage of the interval. [0–1]

    Examples
    --------
    Three of four members had the outcome:

    >>> found = next_of_class(successes=3, members=4, level=0.9)
    >>> print(found.value, round(found.low, 2), round(found.high, 2))
    0.7 0.35 0.95
    """
    first, second = successes + 0.5, members - successes + 0.5
    low, high = (
        float(special.betaincinv(first, second, tail))
        for tail in (0.5 - level / 2, 0.5 + level / 2)
    )
    return Proportion(float(first / (first + second)), low, high)


def again_within(*, events: float, years: float, ahead: float) -> float:
    r"""Probability that what happened some times in so many years happens again in a coming span.

    .. math:: 1 - \left(\frac{T}{T + t}\right)^{k + \frac12}

    Events at a constant unknown rate, with Jeffreys' prior for it: the rate given k events in T
    years is Gamma distributed with shape k + 1/2 (Box and Tiao, 1973, section 1.3).

    Parameters
    ----------
    events, years
        Events seen, k, and how long was watched, T. [1, years]
    ahead
        Length of the coming span, t. [years]

    Examples
    --------
    Three events in six years, and two years to come:

    >>> print(round(again_within(events=3, years=6, ahead=2), 3))
    0.635
    """
    return float(-np.expm1(-(events + 0.5) * np.log1p(ahead / years)))


def spans(series: pd.DataFrame, *, years: int) -> pd.DataFrame:
    """Every span of so many years in a yearly series: price, use and spending, last over first.

    Parameters
    ----------
    series
        Columns ``year``, ``price`` and ``use``, one row a year; years may be missing.
    years
        Length of a span. [years]

    Returns
    -------
    Columns ``start``, ``price_multiple``, ``use_multiple``, ``spend_multiple``; spans overlap.

    Examples
    --------
    The price halves and use triples, so spending rises by half:

    >>> series = pd.DataFrame({"year": [1900, 1910], "price": [2.0, 1.0], "use": [1.0, 3.0]})
    >>> print(spans(series, years=10)["spend_multiple"].tolist())
    [1.5]
    """
    table = series.set_index("year")[["price", "use"]].sort_index()
    later = table.rename(columns={"price": "price_later", "use": "use_later"})
    later.index = later.index - years
    both = table.join(later, how="inner").dropna()
    price, use = both["price_later"] / both["price"], both["use_later"] / both["use"]
    return pd.DataFrame(
        {
            "start": both.index.to_numpy(),
            "price_multiple": price.to_numpy(),
            "use_multiple": use.to_numpy(),
            "spend_multiple": (price * use).to_numpy(),
        }
    )


def share_that_spent_more(found: pd.DataFrame) -> float:
    """Among spans in which the price fell, the share in which spending rose; NaN without any.

    [share]

    ``found`` is what `spans` gives.
    """
    fell = found[found["price_multiple"] < 1.0]
    return float((fell["spend_multiple"] > 1.0).mean()) if len(fell) else float(np.nan)
