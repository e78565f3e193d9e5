"""Calendar quarters as whole numbers, so that time in the model is plain arithmetic."""

from __future__ import annotations

import pandas as pd


def index(quarter: str) -> int:
    """Whole number of a quarter written ``2026Q2``; neighbours differ by one."""
    return 4 * int(quarter[:4]) + int(quarter[-1]) - 1


def name(number: int) -> str:
    """The quarter of a whole number, written ``2026Q2``."""
    return f"{number // 4}Q{number % 4 + 1}"


def span(first: str, last: str) -> list[str]:
    """All quarters from the first to the last.

    Examples
    --------
    Three quarters across a year's end:

    >>> span("2026Q3", "2027Q1")
    ['2026Q3', '2026Q4', '2027Q1']
    """
    return [name(number) for number in range(index(first), index(last) + 1)]


def end_date(quarter: str) -> pd.Timestamp:
    """Last day of the quarter."""
    return pd.Period(quarter, freq="Q").end_time.normalize()


def of_date(date: str) -> str:
    """The quarter in which a ``date`` written ``2026-05-17`` lies."""
    return f"{date[:4]}Q{(int(date[5:7]) - 1) // 3 + 1}"


def over_by(dates: pd.Series, quarter: str) -> pd.Series:
    """Whether a year, month or day, written ISO, is over when the quarter ends; true of none.

    Examples
    --------
    A day, a month that ends later, and a figure without a date of publication:

    >>> over_by(pd.Series(["2026-06-30", "2026-07", None]), "2026Q2").tolist()
    [True, False, True]
    """
    last = end_date(quarter)
    return dates.map(lambda text: pd.isna(text) or pd.Period(text).end_time.normalize() <= last)
