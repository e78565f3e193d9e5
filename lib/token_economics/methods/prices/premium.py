"""What the newest model of a vendor costs beside the vendor's others, and how that wears off.

A listing's own price seldom moves; its place among the vendor's listings does, as others enter and
leave.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from token_economics.methods.prices.price_panel import Panel


def premia(panel: Panel) -> pd.DataFrame:
    r"""Price of each listing against its vendor's others, by time since it was listed.

    .. math:: \ln p_i^t - \frac{1}{n-1}\sum_{j \ne i} \ln p_j^t

    over the n listings of the vendor on day t. Listings of the vendor's first day are left out as
    such, since their age is not known; they count among the others.

    Parameters
    ----------
    panel
        Prices by day. [USD/Mtok]

    Returns
    -------
    The columns of ``ids``, ``listing``, ``day``, ``months`` since listing, and ``premium``. [log]

    Examples
    --------
    A model enters at twice the price of the one before it:

    >>> days = pd.to_datetime(["2025-01-31", "2025-02-28"])
    >>> ids = pd.DataFrame({"provider": "a", "model": ["old", "new"]})
    >>> found = premia(Panel(days, ids, np.array([[1.0, np.nan], [1.0, 2.0]])))
    >>> print(np.exp(found["premium"]).tolist(), found["months"].tolist())
    [2.0] [0.0]
    """
    listed, months = panel.listed, panel.months
    entered = listed.argmax(axis=0)
    vendor = panel.ids["provider"]
    first_day = pd.Series(entered).groupby(vendor).transform("min").to_numpy()
    day, listing = np.nonzero(listed)
    table = pd.DataFrame(
        {
            "listing": listing,
            "day": panel.days[day],
            "months": months[day] - months[entered[listing]],
            "log_price": np.log(panel.prices[day, listing]),
            "known": (entered > first_day)[listing],
        }
    ).join(panel.ids, on="listing")
    of_vendor = table.groupby(["provider", "day"])["log_price"]
    others = of_vendor.transform("size") - 1
    rest = (of_vendor.transform("sum") - table["log_price"]) / others.where(others > 0)
    table = table.assign(premium=table["log_price"] - rest)
    return table[table["known"]].drop(columns=["log_price", "known"]).dropna(subset="premium")


def premium_profile(found: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """Mean premium by whole months since listing.

    Parameters
    ----------
    found
        As :func:`premia` has them.
    level
        Coverage of the interval of the mean, on Student's distribution over vendors' means. [0–1]

    Returns
    -------
    ``age_months``, ``listings``, ``vendors`` [count], ``premium``, the mean over vendors of their
    mean, with ``low`` and ``high``, which need two vendors. [log]
    """
    aged = found.assign(age_months=found["months"].round().astype(int))
    one = aged.groupby(["age_months", "provider"]).agg(
        listings=("listing", "nunique"), premium=("premium", "mean")
    )
    by_age = one.groupby("age_months")
    table = pd.DataFrame(
        {
            "listings": by_age["listings"].sum(),
            "vendors": by_age["premium"].size(),
            "premium": by_age["premium"].mean(),
        }
    )
    error = by_age["premium"].std() / np.sqrt(table["vendors"])
    margin = stats.t.ppf(0.5 + level / 2, table["vendors"] - 1) * error
    bounds = {"low": table["premium"] - margin, "high": table["premium"] + margin}
    return table.assign(**bounds).reset_index()
