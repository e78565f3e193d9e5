"""Charts of the topic on output that GDP does not see."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from token_economics.figures.parts import (
    band_and_line,
    interval,
    lines,
    named,
    names_at_ends,
    palette,
    point,
    ranges,
    reference,
    sized,
    time_axis_for_names,
    tips,
)
from token_economics.figures.style import CATEGORY, MUTED

KINDS = ["Output", "Spending", "Welfare", "Wages"]
MEASURES = ["Money spent", "Measured real output", "True real output", "Consumer surplus"]
DEFLATORS = ["follows wages", "as assumed", "exact (hedonic)"]
GROUPS = ["output hard to price", "output priced", "difference"]
BOUNDS = [
    "Work that tokens would replace",
    "All US wages",
    "Exposed work",
    "Work said to be doable now",
]


def sizes(table: pd.DataFrame) -> alt.LayerChart:
    """Ranges of sizes that are taken for one another, log scale, coloured by what they are.

    Columns: what, kind, low, high (USD billion a year), label.
    """
    y = alt.Y("what:N", title=None, sort=None)
    bars = ranges(
        table,
        x=alt.X(
            "low:Q",
            title="USD billion a year (log scale)",
            scale=alt.Scale(type="log", domain=[0.5, 200000], nice=False),
            axis=alt.Axis(format="~s", values=[1, 10, 100, 1000, 10000, 100000]),
        ),
        y=y,
        color=alt.Color("kind:N", title=None, scale=palette(KINDS)),
        tooltip=tips("what:N", "kind:N", "low:Q", "high:Q"),
    )
    labels = (
        alt.Chart(table)
        .mark_text(align="left", dx=6, color=MUTED)
        .encode(x=alt.X("high:Q"), y=y, text=alt.Text("label:N"))
    )
    return sized(alt.layer(bars, labels, data=table), height=220)


def sector_case(table: pd.DataFrame) -> alt.LayerChart:
    """Four measures of one change by elasticity; the line joins measured and true output.

    Columns: elasticity, measure, percent, measured, true (percent).
    """
    y: Any = alt.Y("elasticity:N", title="Price elasticity of demand", sort=None)
    base = alt.Chart(table)
    gap = base.mark_rule(strokeWidth=3, color=MUTED, opacity=0.25).encode(
        x=alt.X("measured:Q"), x2=alt.X2("true:Q"), y=y
    )
    points = base.mark_point(size=110, filled=True, opacity=1).encode(
        x=alt.X("percent:Q", title="Change, percent", axis=alt.Axis(tickCount=6)),
        y=y,
        color=alt.Color("measure:N", title=None, scale=palette(MEASURES)),
        shape=alt.Shape("measure:N", title=None, scale=alt.Scale(domain=MEASURES)),
        tooltip=tips("elasticity:N", "measure:N", alt.Tooltip("percent:Q", format=".1f")),
    )
    return sized(alt.layer(gap, points, data=table), height=220)


def index_formulas(table: pd.DataFrame) -> alt.LayerChart:
    """Contribution to growth by formula. Columns: formula, points (percentage points)."""
    bars = (
        alt.Chart(table)
        .mark_bar(height=18, color=CATEGORY[0])
        .encode(
            x=alt.X("points:Q", title="Percentage points of growth", axis=alt.Axis(tickCount=6)),
            y=alt.Y("formula:N", title=None, sort=None),
            tooltip=tips("formula:N", alt.Tooltip("points:Q", format=".2f")),
        )
    )
    labels = bars.mark_text(align="left", dx=4, color=MUTED).encode(
        text=alt.Text("points:Q", format=".2f")
    )
    return sized(alt.layer(bars, labels, data=table), height=220)


def pc_prices(table: pd.DataFrame) -> alt.LayerChart:
    """Price of personal computers, as listed and at constant quality, first month 1.

    Columns: date, period, price, value, gap (logs).
    """
    drawn = lines(
        table,
        y=alt.Y("value:Q", title="Price, first month = 1"),
        color=alt.Color("price:N", title=None, scale=palette(["As listed", "At constant quality"])),
        tooltip=tips("period:N", "price:N", "value:Q", "gap:Q"),
    )
    return sized(drawn)


def productivity(table: pd.DataFrame) -> alt.LayerChart:
    """Growth of measured productivity by industry with intervals.

    Columns: industry, group, value, low, high (percent a year).
    """
    base = alt.Chart(table)
    zero = reference(table, x=0)
    y = alt.Y("industry:N", title=None, sort=None)
    color = alt.Color("group:N", title=None, scale=palette(GROUPS))
    bars = interval(
        base,
        x=alt.X("low:Q", title="Growth, percent a year"),
        x2=alt.X2("high:Q"),
        y=y,
        color=color,
    )
    points = point(
        base,
        x=alt.X("value:Q"),
        y=y,
        color=color,
        tooltip=tips("industry:N", "value:Q", "low:Q", "high:Q"),
    )
    return sized(alt.layer(zero, bars, points, data=table), height=240)


def gap_path(table: pd.DataFrame) -> alt.LayerChart:
    """Output missed over time by deflator. Columns: date, quarter, deflator, value, low, high (%)."""
    color = alt.Color("deflator:N", scale=palette(DEFLATORS), legend=None)
    y = alt.Y("value:Q", title="Percent of GDP, by what the deflator does")
    x = time_axis_for_names(table, DEFLATORS)
    tooltip = tips("quarter:N", "deflator:N", "value:Q", "low:Q", "high:Q")
    chart = band_and_line(table, x=x, y=y, color=color).encode(tooltip=tooltip)
    return sized(named(chart, names_at_ends(table, by="deflator", domain=DEFLATORS)))


def choices(table: pd.DataFrame) -> alt.LayerChart:
    """Output missed by boundary and deflator. Columns: boundary, deflator, value, low, high (% of GDP)."""
    y = alt.Y("boundary:N", title=None, sort=None, axis=alt.Axis(labelLimit=170))
    offset = alt.YOffset("deflator:N", sort=DEFLATORS)
    color = alt.Color("deflator:N", title="Deflator", scale=palette(DEFLATORS))
    x = alt.X("low:Q", title="Percent of GDP", axis=alt.Axis(tickCount=4))
    base = alt.Chart(table).encode(y=y, yOffset=offset, color=color)
    bars = interval(base, x=x, x2=alt.X2("high:Q"))
    points = point(
        base,
        x=alt.X("value:Q"),
        tooltip=tips("boundary:N", "deflator:N", "value:Q", "low:Q", "high:Q"),
    )
    return sized(alt.layer(bars, points, data=table), height=260)


def captures(table: pd.DataFrame) -> alt.LayerChart:
    """Part of a known price fall that a deflator recorded. Columns: case, deflator, low, high (%)."""
    y = alt.Y("case:N", title=None, sort=None, axis=alt.Axis(labelLimit=190))
    bars = ranges(
        table,
        x=alt.X("low:Q", title="Percent of the fall recorded", scale=alt.Scale(domain=[0, 100])),
        y=y,
        color=alt.value(CATEGORY[0]),
        tooltip=tips("case:N", "deflator:N", "low:Q", "high:Q"),
    )
    labels = (
        alt.Chart(table)
        .mark_text(align="left", dx=6, color=MUTED)
        .encode(x=alt.X("high:Q"), y=y, text=alt.Text("deflator:N"))
    )
    return sized(alt.layer(bars, labels, data=table), height=150)


def exposure(table: pd.DataFrame) -> alt.LayerChart:
    """Wages exposed by occupation, from the strict to the wide count.

    Columns: occupation, low, high (percent of wages).
    """
    bars = ranges(
        table,
        x=alt.X("low:Q", title="Percent of the group's wages", scale=alt.Scale(domain=[0, 100])),
        y=alt.Y("occupation:N", title=None, sort=None, axis=alt.Axis(labelLimit=200)),
        color=alt.value(CATEGORY[0]),
        tooltip=tips("occupation:N", "low:Q", "high:Q"),
    )
    return sized(alt.layer(bars, data=table), height=600)
