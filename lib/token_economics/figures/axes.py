"""Axes, colours and labels that every topic's charts share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from token_economics.figures.style import CATEGORY

LETTER_WIDTH = 7
DECADES = [10.0**power for power in range(-6, 10)]
FACTORS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20]
YEAR_AXIS = alt.Axis(format="%Y", tickCount="year", grid=False, title=None)
MONTH_AXIS = alt.Axis(format="%b %Y", tickCount=5, grid=False, title=None, labelOverlap=True)
# Labels of a stored word: a capital first, abbreviations in capitals.
AS_TITLE = "replace(upper(slice(datum.label, 0, 1)) + slice(datum.label, 1), 'gdp', 'GDP')"


def across(
    field: str, title: str | None, scale: Mapping[str, Any] | None = None, **axis: Any
) -> alt.X:
    """A horizontal axis of numbers; ``scale`` and the rest are Altair's own options of both."""
    return alt.X(f"{field}:Q", **_axis(title, scale, axis))


def upward(
    field: str, title: str | None, scale: Mapping[str, Any] | None = None, **axis: Any
) -> alt.Y:
    """A vertical axis of numbers, as `across`."""
    return alt.Y(f"{field}:Q", **_axis(title, scale, axis))


def _axis(title: str | None, scale: Mapping[str, Any] | None, axis: Mapping[str, Any]) -> Any:
    drawn = {"scale": alt.Scale(**scale)} if scale else {}
    return {"title": title, **drawn, **({"axis": alt.Axis(**axis)} if axis else {})}


def log_x(
    field: str,
    title: str,
    ticks: Sequence[float],
    form: str = "~g",
    *,
    grid: bool = True,
    **scale: Any,
) -> alt.X:
    """A logarithmic axis; its title says that it is one."""
    axis = {"values": ticks, "format": form, **({} if grid else {"grid": False})}
    return across(field, f"{title} (log scale)", {"type": "log", **scale}, **axis)


def log_upward(
    field: str, title: str, ticks: Sequence[float], form: str = "~g", **scale: Any
) -> alt.Y:
    """As `log_x`, upward."""
    drawn = {"type": "log", **scale}
    return upward(field, f"{title} (log scale)", drawn, values=ticks, format=form)


def log_y(title: str, ticks: Sequence[float] = DECADES, form: str = ",~g", **scale: Any) -> alt.Y:
    """A logarithmic axis of values, with a line a decade unless told otherwise."""
    return log_upward("value", title, ticks, form, **scale).stack(None)


def factor_y(title: str) -> alt.Y:
    """A logarithmic axis of factors around one."""
    return log_y(title, FACTORS, "~g", nice=False)


def share_y(title: str, column: str = "value") -> alt.Y:
    """An axis of shares or probabilities from nothing to all."""
    return upward(column, title, {"domain": [0, 1]}, format="%")


def categories(field: str, *, sort: Any = None, **axis: Any) -> alt.Y:
    """A row a category without a title, in the table's order unless told otherwise."""
    drawn: dict[str, Any] = {"axis": alt.Axis(**axis)} if axis else {}
    return alt.Y(f"{field}:N", title=None, sort=sort, **drawn)


def time_axis() -> alt.X:
    """A shared time axis with one label a year."""
    return alt.X("date:T", axis=YEAR_AXIS)


def dates(form: str, interval: str, step: int) -> alt.X:
    """A time axis with a label each so many weeks or months."""
    ticks = {"interval": interval, "step": step}
    return alt.X("date:T", title=None, axis=alt.Axis(format=form, tickCount=ticks, grid=False))


def time_axis_for_names(table: pd.DataFrame, names: list[str]) -> alt.X:
    """A time axis that goes on beyond its last date by the width of the longest name.

    Years are marked as far as there are dates.
    """
    days = pd.to_datetime(table["date"])
    first, last = (int(day.timestamp() * 1000) for day in (days.min(), days.max()))
    wide = f"min({LETTER_WIDTH * max(map(len, names)) + 12}, 0.5 * width)"
    beyond = alt.ExprRef(f"{last} + {last - first} * {wide} / (width - {wide})")
    years = [
        alt.DateTime(year=year, month=1, date=1)
        for year in range(days.min().year + 1, days.max().year + 1)
    ]
    axis = alt.Axis(format="%Y", values=years, grid=False, title=None)
    return alt.X("date:T", axis=axis, scale=alt.Scale(domainMax=beyond))


def palette(names: list[str]) -> alt.Scale:
    """Colours for the named series, in their order."""
    return alt.Scale(domain=names, range=list(CATEGORY[: len(names)]))


def colour(
    field: str,
    names: list[str] | None = None,
    *,
    title: str | None = None,
    legend: alt.Legend | bool = True,
    **options: Any,
) -> alt.Color:
    """A colour a series: the names in their order if they are given."""
    key: dict[str, Any] = {"title": title} if legend else {"legend": None}
    if isinstance(legend, alt.Legend):
        key["legend"] = legend
    scale = {} if names is None else {"scale": palette(names)}
    return alt.Color(f"{field}:N", **{**key, **scale, **options})


def dash(field: str, scale: Mapping[str, Any] | None = None, **options: Any) -> alt.StrokeDash:
    """A pattern of dashes a series."""
    drawn: dict[str, Any] = {"scale": alt.Scale(**scale)} if scale else {}
    return alt.StrokeDash(f"{field}:N", title=None, **drawn, **options)


def tips(*fields: str) -> list[alt.Tooltip]:
    """What a mark says when it is pointed at: fields, each with its format if one follows it."""
    parts = (field.partition(" ") for field in fields)
    return [
        alt.Tooltip(name, format=form) if form else alt.Tooltip(name) for name, _, form in parts
    ]


def regions(
    field: str, names: list[str], colours: list[str], opacity: float, **legend: Any
) -> alt.Color:
    """A colour a region of a map, its key as square and as pale as the region."""
    key = alt.Legend(symbolType="square", symbolStrokeWidth=0, symbolOpacity=opacity, **legend)
    return colour(field, legend=key, scale=alt.Scale(domain=names, range=colours))
