"""Marks that every topic's charts share, and the charts that most are: one thing is drawn one way.

Uncertainty is a band under a line or the bar of ``interval``; what a model gives is solid; what was
observed, beside it, is hollow; what a run or a scenario is compared with is dashed grey.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from token_economics.figures.axes import (
    categories,
    colour,
    time_axis,
    time_axis_for_names,
    tips,
)
from token_economics.figures.style import BAND_OPACITY, CATEGORY, LETTER_COLOUR, MUTED

HEIGHT, NAME_HEIGHT = 300, 15
NICE = 1.2  # how much longer an axis may be than what it holds
WIDTH = "container"
INTERVAL: dict[str, Any] = {"strokeWidth": 4, "strokeCap": "round", "opacity": 0.85}
THIN: dict[str, Any] = {"strokeWidth": 1, "strokeCap": "butt", "opacity": 0.75}
POINT: dict[str, Any] = {"size": 80, "filled": True, "opacity": 1}
OBSERVED: dict[str, Any] = {"size": 60, "filled": False, "strokeWidth": 2, "opacity": 1}
FIRST = alt.value(CATEGORY[0])
REFERENCE: dict[str, Any] = {"color": MUTED, "strokeDash": [4, 3], "strokeWidth": 1.5}


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


def named(drawn: Any, names: Any) -> Any:
    """Lines and the names at their ends; letters have darker colours than lines."""
    return alt.layer(*drawn.layer, names, data=drawn.data).resolve_scale(color="independent")


def band_and_line(table: pd.DataFrame, *, y: alt.Y, color: Any, x: alt.X | None = None) -> Any:
    """A band from ``low`` to ``high`` under a line at ``value``, one a colour."""
    across = x if x is not None else time_axis()
    base = alt.Chart(table).encode(x=across, color=color)
    band = base.mark_area(opacity=BAND_OPACITY).encode(y=alt.Y("low:Q"), y2=alt.Y2("high:Q"))
    line = base.mark_line().encode(y=y)
    return alt.layer(band, line, data=table)


def band(base: alt.Chart, low: str = "low", high: str = "high", **axis: Any) -> Any:
    """The band of the one series of a chart."""
    shaded = base.mark_area(opacity=BAND_OPACITY, color=CATEGORY[0])
    return shaded.encode(y=alt.Y(f"{low}:Q", **axis), y2=alt.Y2(f"{high}:Q"))


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


def ranges(table: pd.DataFrame, x: alt.X, y: alt.Y, *said: str, color: Any = FIRST) -> Any:
    """An interval without a middle for each row; a point where both ends are one figure."""
    base = alt.Chart(table).encode(y=y, color=color, tooltip=tips(*said))
    bars = interval(base, x=x, x2=alt.X2("high:Q"))
    if not (table["low"] == table["high"]).any():
        return alt.layer(bars, data=table)  # Vega complains of a layer without marks
    ends = point(base.transform_filter("datum.low == datum.high"), x=x)
    return alt.layer(bars, ends, data=table)


def intervals(rows: Any, x: alt.X, *, middle: str = "value", **said: Any) -> tuple[Any, Any]:
    """For each row a bar from ``low`` to ``high``, and the middle of it."""
    spread = interval(rows, x=x, x2=alt.X2("high:Q"))
    return spread, point(rows, x=alt.X(f"{middle}:Q"), **said)


def sized(chart: Any, height: int = HEIGHT) -> alt.LayerChart:
    """The chart at the width of its container."""
    drawn: alt.LayerChart = chart.properties(width=WIDTH, height=height)
    return drawn


def layered(table: pd.DataFrame, *marks: Any, height: int = HEIGHT) -> alt.LayerChart:
    """The chart of one table that the marks make up, the first one lowest."""
    return sized(alt.layer(*marks, data=table), height)


def paths(
    table: pd.DataFrame,
    by: str,
    names: list[str] | None = None,
    *,
    y: alt.Y,
    x: alt.X | None = None,
    when: str = "quarter:N",
    said: Sequence[str] = (),
    height: int = HEIGHT,
    **drawn: Any,
) -> alt.LayerChart:
    """A line for each series, as `lines` draws it; it says its series, ``when``, and its value."""
    tooltip = tips(*(said or (f"{by}:N", when, "value:Q")))
    series = lines(table, x=x, y=y, color=colour(by, names), tooltip=tooltip, **drawn)
    return sized(series, height)


def bands(
    table: pd.DataFrame,
    by: str,
    names: list[str] | None = None,
    *,
    y: alt.Y,
    x: alt.X | None = None,
    when: str = "quarter:N",
    said: Sequence[str] = (),
    legend: bool = True,
) -> alt.LayerChart:
    """A line at ``value`` with a band from ``low`` to ``high`` for each series.

    It says its series, ``when`` it is, and its range, unless ``said`` says otherwise.
    """
    tooltip = tips(*(said or (f"{by}:N", when, "value:Q", "low:Q", "high:Q")))
    drawn = band_and_line(table, x=x, y=y, color=colour(by, names, legend=legend))
    return sized(drawn.encode(tooltip=tooltip))


def named_bands(
    table: pd.DataFrame, by: str, names: list[str], *, y: alt.Y, log: bool, when: str = "quarter:N"
) -> alt.LayerChart:
    """As `bands`, with the names at the ends of their lines."""
    x = time_axis_for_names(table, names)
    drawn = band_and_line(table, x=x, y=y, color=colour(by, names, legend=False))
    told = drawn.encode(tooltip=tips(f"{by}:N", when, "value:Q", "low:Q", "high:Q"))
    return sized(named(told, names_at_ends(table, by=by, domain=names, log=log)))


def named_lines(
    table: pd.DataFrame, by: str, *, y: alt.Y, shown: Mapping[str, str] | None = None
) -> alt.LayerChart:
    """Lines on a log scale with their names, or shorter ones, at their ends."""
    names = list(dict.fromkeys(table[by]))
    drawn = lines(
        table,
        x=time_axis_for_names(table, [(shown or {}).get(name, name) for name in names]),
        y=y,
        color=colour(by, names, legend=False),
        tooltip=tips(f"{by}:N", "period:N", "value:Q"),
        points=True,
    )
    return sized(named(drawn, names_at_ends(table, by=by, domain=names, log=True, shown=shown)))


def named_rows(table: pd.DataFrame, column: str, x: alt.X) -> tuple[alt.Chart, alt.Chart]:
    """Rows with their names written above them: long names leave a narrow screen its width.

    Returns the chart of rows to build on, and the names, which begin where the axis does.
    """
    y = categories(column, labels=False, ticks=False, domain=False, grid=True)
    rows = alt.Chart(table).encode(y=y)
    names = rows.mark_text(align="left", baseline="bottom", dy=-6, dx=2, fontSize=11).encode(
        x=alt.datum(x["scale"]["domain"][0]), text=alt.Text(f"{column}:N")
    )
    return rows, names


def named_intervals(
    table: pd.DataFrame,
    column: str,
    x: alt.X,
    *,
    color: Any,
    said: Sequence[str],
    middle: str = "value",
    at: Sequence[float] = (),
    height: int = HEIGHT,
) -> alt.LayerChart:
    """Rows with their names above them: a bar from ``low`` to ``high``, and the middle of it.

    ``at`` are values to compare with.
    """
    rows, names = named_rows(table, column, x)
    drawn = intervals(rows.encode(color=color, tooltip=tips(*said)), x, middle=middle)
    compared = (reference(table, x=value) for value in at)
    return layered(table, *compared, *drawn, names, height=height)
