r"""The law of one price: how far the prices of one good lie apart over its sellers.

On each day that a good has two sellers or more, its sellers' log prices spread about their mean. If
markets pull prices together the spread falls over time, and a seller that was dear becomes less so (for
cities, Parsley and Wei, Quarterly Journal of Economics 111, 1996). A spread may also fall by entry
and exit alone, which the deviations of sellers that stay do not see.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize

from token_economics.methods.arrays import FloatArray, floats
from token_economics.methods.prices.price_panel import Panel
from token_economics.methods.prices.within_trend import clustered_slope


class Convergence(NamedTuple):
    """Share of a deviation that is gone within a month, with its interval, and its half-life."""

    per_month: float
    low: float
    high: float
    half_life_months: float
    sellers: int
    observations: int


def offers(panel: Panel, goods: ArrayLike) -> pd.DataFrame:
    """Prices of goods that several sellers have on a day.

    Parameters
    ----------
    panel
        Prices by day. [USD/Mtok]
    goods
        Good of each listing; missing where it is nobody else's. N of them.

    Returns
    -------
    ``day``, ``months`` since the first day, ``good``, ``provider``, ``price``, and ``deviation``,
    log price less the mean over sellers. A seller with several listings of a good counts once, with
    their geometric mean.
    """
    day, listing = np.nonzero(panel.listed)
    log_price = np.log(panel.prices[day, listing])
    cells = pd.DataFrame(
        {
            "day": panel.days[day],
            "months": panel.months[day],
            "good": np.asarray(goods, dtype=object)[listing],
            "provider": panel.ids["provider"].to_numpy()[listing],
            "log_price": log_price,
        }
    ).dropna(subset="good")
    one = cells.groupby(["day", "months", "good", "provider"], as_index=False, observed=True).mean()
    of_good = one.groupby(["day", "good"])["log_price"]
    one = one.assign(
        price=np.exp(one["log_price"]),
        deviation=one["log_price"] - of_good.transform("mean"),
        sellers=of_good.transform("size"),
    )
    several = one[one["sellers"] > 1]
    return several.drop(columns=["log_price", "sellers"]).reset_index(drop=True)


def spread(sold: pd.DataFrame) -> pd.DataFrame:
    """Spread of each good's price on each day.

    Parameters
    ----------
    sold
        As :func:`offers` has them.

    Returns
    -------
    ``day``, ``months``, ``good``, ``sellers`` [count], ``standard_deviation`` of log prices,
    ``quartile_range`` of log prices, and ``most_over_least``, the dearest price over the cheapest.

    Examples
    --------
    >>> sold = pd.DataFrame(
    ...     {"day": "2025-01-31", "months": 0.0, "good": "x", "price": [1.0, 2.0, 4.0]}
    ... )
    >>> print(spread(sold)[["sellers", "most_over_least"]].values.tolist())
    [[3.0, 4.0]]
    """
    grouped = sold.assign(log_price=np.log(sold["price"])).groupby(["day", "months", "good"])
    price, log_price = grouped["price"], grouped["log_price"]
    table = pd.DataFrame(
        {
            "sellers": price.size(),
            "standard_deviation": log_price.std(),
            "quartile_range": log_price.quantile(0.75) - log_price.quantile(0.25),
            "most_over_least": price.max() / price.min(),
        }
    )
    return table.reset_index()


def convergence(sold: pd.DataFrame, *, level: float) -> Convergence:
    r"""How much of a seller's deviation from the mean is gone within a month.

    .. math:: z_{ijt} = e^{-\kappa g}\,z_{ij,t-1} + u_{ijt}, \qquad \beta = 1 - e^{-\kappa}, \qquad
       t_{1/2} = \ln 2/\kappa

    with z the log price of good i at seller j less the mean over those sellers of the good that have
    it on both days, g the months between. Least squares in one unknown; errors may be correlated
    within a good (Liang and Zeger 1986).

    Parameters
    ----------
    sold
        As :func:`offers` has them.
    level
        Coverage of the interval. [0–1]

    Returns
    -------
    Share of a deviation that is gone. [1/month]; the half-life is infinite if none is.
    """
    pairs = _stayers(sold)
    before, after = pairs["before"].to_numpy(), pairs["after"].to_numpy()
    gap = pairs["gap"].to_numpy()

    def missed(kappa: FloatArray) -> FloatArray:
        return floats(after - np.exp(-kappa * gap) * before)

    kappa = float(optimize.least_squares(missed, x0=[0.0]).x[0])
    # the last step of Gauss and Newton is nothing, and has the errors of the estimate
    step, low, high = clustered_slope(
        missed(floats(kappa)),
        -gap * np.exp(-kappa * gap) * before,
        clusters=pairs["good"].to_numpy(),
        level=level,
    )
    gone = -np.expm1(-(kappa + np.array([0.0, low - step, high - step])))
    return Convergence(
        per_month=float(gone[0]),
        low=float(gone[1]),
        high=float(gone[2]),
        half_life_months=float(np.log(2.0) / kappa) if kappa > 0 else np.inf,
        sellers=pairs.groupby(["good", "provider"]).ngroups,
        observations=len(pairs),
    )


def _stayers(sold: pd.DataFrame) -> pd.DataFrame:
    """Deviations of the sellers that a good has on two neighbouring days of its own."""
    days = sold[["good", "months"]].drop_duplicates().sort_values(["good", "months"])
    days = days.assign(later=days.groupby("good")["months"].shift(-1)).dropna()
    prices = sold.assign(log_price=np.log(sold["price"]))[
        ["good", "provider", "months", "log_price"]
    ]
    first = prices.merge(days, on=["good", "months"])
    both = first.merge(
        prices.rename(columns={"months": "later", "log_price": "next"}),
        on=["good", "provider", "later"],
    )
    of_good = both.groupby(["good", "months"])
    both = both.assign(
        gap=both["later"] - both["months"],
        before=both["log_price"] - of_good["log_price"].transform("mean"),
        after=both["next"] - of_good["next"].transform("mean"),
    )
    return both[of_good["next"].transform("size") > 1]
