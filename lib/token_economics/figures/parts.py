"""Marks that every topic's charts share, so that one thing is drawn one way on every page.

Uncertainty is a band under a line or the bar of ``interval``; what a model gives is solid; what was
observed, beside it, is hollow; what a run or a scenario is compared with is dashed grey.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from token_economics.figures.style import BAND_OPACITY, CATEGORY, LETTER_COLOUR, MUTED

HEIGHT = 300
NAME_HEIGHT, LETTER_WIDTH = 15, 7
NICE = 1.2  # how much longer an axis may be than what it holds
WIDTH = "container"
FACTORS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20]
INTERVAL: dict[str, Any] = {"strokeWidth": 4, "strokeCap": "round", "opacity": 0.85}
THIN: dict[str, Any] = {"strokeWidth": 1, "strokeCap": "butt", "opacity": 0.75}
POINT: dict[str, Any] = {"size": 80, "filled": True, "opacity": 1}
OBSERVED: dict[str, Any] = {"size": 60, "filled": False, "strokeWidth": 2, "opacity": 1}
REFERENCE: dict[str, Any] = {"color": MUTED, "strokeDash": [4, 3], "strokeWidth": 1.5}
# Labels of a stored word: a capital first, abbreviations in capitals.
AS_TITLE = "replace(upper(slice(datum.label, 0, 1)) + slice(datum.label, 1), 'gdp', 'GDP')"
YEAR_AXIS = alt.Axis(format="%Y", tickCount="year", grid=False, title=None)


def log_y(title: str) -> alt.Y:
    """A logarithmic axis with a line a decade; its title says that it is one."""
    decades = [10.0**power for power in range(-6, 10)]
    return alt.Y(
        "value:Q",
        title=f"{title} (log scale)",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(format=",~g", values=decades),
    ).stack(None)


def time_axis() -> alt.X:
    """A shared time axis with one label a year."""
    return alt.X("date:T", axis=YEAR_AXIS)


def tips(*fields: str | alt.Tooltip) -> list[alt.Tooltip]:
    """What a mark says when it is pointed at; Altair takes bare names too, but slowly."""
    return [alt.Tooltip(field) if isinstance(field, str) else field for field in fields]


def lines(
    table: pd.DataFrame, *, y: alt.Y, x: alt.X | None = None, points: bool = False, **encoding: Any
) -> Any:
    """A line a series, over time unless ``x`` says otherwise; with a point where a figure stands.

    With points, reports of one date that differ, and rows marked as ``disputed``, are hollow
    points that no line joins: a line through them would show a change that nobody reports.
    """
    across = x if x is not None else time_axis()
    base = alt.Chart(table)
    encoding |= {"x": across, "y": y}
    if not points:
        return alt.layer(base.mark_line().encode(**encoding), data=table)
    by = [_field(encoding[name]) for name in ("color", "strokeDash") if name in encoding]
    if not contested(table, [*by, _field(across)], _field(y)).any():
        return alt.layer(base.mark_line(point=True).encode(**encoding), data=table)
    counted = base.transform_joinaggregate(
        reports=f"distinct({_field(y)})", groupby=[*by, _field(across)]
    )
    agreed = "datum.reports == 1 && !datum.disputed"
    drawn = counted.transform_filter(agreed).mark_line(point=True).encode(**encoding)
    apart = observed(counted.transform_filter(f"!({agreed})"), **encoding)
    return alt.layer(drawn, apart, data=table)


def contested(table: pd.DataFrame, keys: list[str], value: str) -> pd.Series:
    """Rows that say another figure of the same thing at the same time, or are marked ``disputed``."""
    differ = table.groupby(keys, sort=False)[value].transform("nunique") > 1
    return differ | table["disputed"] if "disputed" in table else differ


def _field(channel: Any) -> str:
    """The column of a channel, from its shorthand."""
    return str(channel.shorthand).partition(":")[0]


def names_at_ends(
    table: pd.DataFrame,
    *,
    by: str,
    domain: list[str],
    y: str = "value",
    log: bool = False,
    shown: Mapping[str, str] | None = None,
) -> Any:
    """Names of series to the right of all lines, at the height of their ends, instead of a legend.

    Draw the lines over `time_axis_for_names` and lay this over them with `named`. Where ends lie
    close, the upper name moves up until it is clear. ``shown`` gives shorter names.
    """
    drawn = table[[name for name in (y, "low", "high") if name in table]].to_numpy(dtype=float)
    if log:  # an axis of whole decades
        logs = np.log10(drawn[drawn > 0])
        span = float(np.ceil(logs.max()) - np.floor(logs.min()))
    else:
        span = NICE * float(np.ptp(drawn[np.isfinite(drawn)]))
    gap = span * NAME_HEIGHT / HEIGHT
    place, back = (f"log(datum.{y}) / LN10", "pow(10, {0})") if log else (f"datum.{y}", "{0}")
    upward: dict[str, Any] = {"frame": [None, 0], "sort": [alt.SortField("rank")]}
    ends = (
        alt.Chart(table)
        .transform_joinaggregate(end="max(date)")
        .transform_joinaggregate(last="max(date)", groupby=[by])
        .transform_filter("datum.date >= datum.last")
    )
    if contested(table, [by, "date"], y).any():  # a series has one name, at its highest figure
        ends = ends.transform_joinaggregate(top=f"max({y})", groupby=[by])
        ends = ends.transform_filter(f"datum.{y} == datum.top")
    ends_of_lines = (
        ends.transform_calculate(
            place=place, shown=f"{json.dumps(dict(shown or {}))}[datum.{by}] || datum.{by}"
        )
        .transform_window(rank="row_number()", sort=[alt.SortField("place")])
        .transform_calculate(apart=f"datum.place - datum.rank * {gap:.6g}")
        .transform_window(highest="max(apart)", **upward)
        .transform_calculate(
            name_at=back.format(f"(datum.highest + datum.rank * {gap:.6g})"), name_date="datum.end"
        )
    )
    colours = alt.Scale(domain=domain, range=[LETTER_COLOUR[c] for c in CATEGORY[: len(domain)]])
    return ends_of_lines.mark_text(align="left", dx=6, fontSize=12).encode(
        x=alt.X("name_date:T"),
        y=alt.Y("name_at:Q"),
        text=alt.Text("shown:N"),
        color=alt.Color(f"{by}:N", scale=colours, legend=None),
    )


def time_axis_for_names(table: pd.DataFrame, names: list[str]) -> alt.X:
    """A time axis that goes on beyond its last date by the width of the longest name.

    Years are marked as far as there are dates.
    """
    dates = pd.to_datetime(table["date"])
    first, last = (int(day.timestamp() * 1000) for day in (dates.min(), dates.max()))
    wide = f"min({LETTER_WIDTH * max(map(len, names)) + 12}, 0.5 * width)"
    beyond = alt.ExprRef(f"{last} + {last - first} * {wide} / (width - {wide})")
    years = [
        alt.DateTime(year=year, month=1, date=1)
        for year in range(dates.min().year + 1, dates.max().year + 1)
    ]
    axis = alt.Axis(format="%Y", values=years, grid=False, title=None)
    return alt.X("date:T", axis=axis, scale=alt.Scale(domainMax=beyond))


def named(drawn: Any, names: Any) -> Any:
    """Lines and the names at their ends; letters have darker colours than lines."""
    return alt.layer(*drawn.layer, names, data=drawn.data).resolve_scale(color="independent")


def share_y(title: str, column: str = "value") -> alt.Y:
    """An axis of shares or probabilities from nothing to all."""
    scale = alt.Scale(domain=[0, 1])
    return alt.Y(f"{column}:Q", title=title, scale=scale, axis=alt.Axis(format="%"))


def band_and_line(table: pd.DataFrame, *, y: alt.Y, color: Any, x: alt.X | None = None) -> Any:
    """A band from ``low`` to ``high`` under a line at ``value``, one a colour."""
    across = x if x is not None else time_axis()
    base = alt.Chart(table).encode(x=across, color=color)
    band = base.mark_area(opacity=BAND_OPACITY).encode(y=alt.Y("low:Q"), y2=alt.Y2("high:Q"))
    line = base.mark_line().encode(y=y)
    return alt.layer(band, line, data=table)


def interval(base: alt.Chart, *, dense: bool = False, **encoding: Any) -> Any:
    """The one mark of an interval: a bar from low to high; thin where hundreds stand side by side."""
    mark = THIN if dense else INTERVAL
    return base.mark_rule(**mark).encode(**encoding)


def point(base: alt.Chart, **encoding: Any) -> Any:
    """The middle of an interval, or what a model gives."""
    return base.mark_point(**POINT).encode(**encoding)


def observed(base: alt.Chart, **encoding: Any) -> Any:
    """What came or was reported, beside what a model gives: hollow."""
    return base.mark_point(**OBSERVED).encode(**encoding)


def reference(table: pd.DataFrame, **at: float) -> Any:
    """A dashed line at a value of one axis: no change, parity, what is compared with."""
    places = {axis: alt.datum(value) for axis, value in at.items()}
    once = alt.Chart(table).transform_aggregate(rows="count()")
    return once.mark_rule(**REFERENCE).encode(**places)


def ranges(table: pd.DataFrame, *, x: alt.X, y: alt.Y, color: Any, tooltip: list[Any]) -> Any:
    """An interval without a middle for each row; a point where both ends are one figure."""
    base = alt.Chart(table).encode(y=y, color=color, tooltip=tooltip)
    bars = interval(base, x=x, x2=alt.X2("high:Q"))
    if not (table["low"] == table["high"]).any():
        return alt.layer(bars, data=table)  # Vega complains of a layer without marks
    ends = point(base.transform_filter("datum.low == datum.high"), x=x)
    return alt.layer(bars, ends, data=table)


def sized(chart: Any, height: int = HEIGHT) -> alt.LayerChart:
    """The chart at the width of its container."""
    drawn: alt.LayerChart = chart.properties(width=WIDTH, height=height)
    return drawn


def factor_y(title: str) -> alt.Y:
    """A logarithmic axis of factors around one."""
    return alt.Y(
        "value:Q",
        title=f"{title} (log scale)",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(format="~g", values=FACTORS),
    ).stack(None)


def named_rows(table: pd.DataFrame, column: str, start: float) -> Any:
    """Rows with their names written above them: long names leave a narrow screen its width.

    Returns the chart of rows to build on, and the names as a layer, which begin at ``start``.
    """
    rows = alt.Chart(table).encode(
        y=alt.Y(
            f"{column}:N",
            title=None,
            sort=None,
            axis=alt.Axis(labels=False, ticks=False, domain=False, grid=True),
        )
    )
    names = rows.mark_text(align="left", baseline="bottom", dy=-6, dx=2, fontSize=11).encode(
        x=alt.datum(start), text=alt.Text(f"{column}:N")
    )
    return rows, names


def palette(domain: list[str]) -> alt.Scale:
    """Colours for the named series, in their order."""
    return alt.Scale(domain=domain, range=list(CATEGORY[: len(domain)]))
