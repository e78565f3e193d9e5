"""Charts of the topic on output that GDP does not see."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from token_economics.figures import axes, parts
from token_economics.figures.style import CATEGORY, MUTED

KINDS = ["Output", "Spending", "Welfare", "Wages"]
MEASURES = ["Money spent", "Measured real output", "True real output", "Consumer surplus"]
DEFLATORS = ["follows wages", "as assumed", "exact (hedonic)"]
REACHES = ["tokens sold to households", "every final use"]
GROUPS = ["output hard to price", "output priced", "difference"]
PERCENT = {"domain": [0, 100]}

SHORT_DEFLATORS = {
    "Matched listings, chained": "Matched listings",
    "Comparable replacement": "Comparable",
}


def _at_high_ends(table: pd.DataFrame, y: alt.Y, words: str) -> Any:
    """Words to the right of ranges."""
    beside = alt.Chart(table).mark_text(align="left", dx=6, color=MUTED)
    return beside.encode(x=alt.X("high:Q"), y=y, text=alt.Text(f"{words}:N"))


def sizes(table: pd.DataFrame) -> alt.LayerChart:
    """Ranges of sizes that are taken for one another, coloured by what they are.

    The scale is even about nought, since what is missed may be negative, and in logs further out.
    Columns: what, kind, low, high (USD billion a year), label.
    """
    ticks, y = [-100, 0, 10, 100, 1000, 10000, 100000], axes.categories("what")
    scale = {"type": "symlog", "constant": 10, "domain": [-200, 200000], "nice": False}
    title = "USD billion a year (log scale, but even about nought)"
    x = axes.across("low", title, scale, values=ticks, format="~s")
    said, color = ("what:N", "kind:N", "low:Q", "high:Q"), axes.colour("kind", KINDS)
    drawn = parts.ranges(table, x, y, *said, color=color)
    return parts.layered(table, drawn, _at_high_ends(table, y, "label"), height=220)


def sector_case(table: pd.DataFrame) -> alt.LayerChart:
    """Four measures of one change by elasticity; the line joins measured and true output.

    Columns: elasticity, measure, percent, measured, true (percent).
    """
    y = alt.Y("elasticity:N", title="Price elasticity of demand", sort=None)
    base: alt.Chart = alt.Chart(table).encode(y=y)
    gap = base.mark_rule(strokeWidth=3, color=MUTED, opacity=0.25).encode(
        x=alt.X("measured:Q"), x2=alt.X2("true:Q")
    )
    points = base.mark_point(size=110, filled=True, opacity=1).encode(
        x=axes.across("percent", "Change, percent", tickCount=6),
        color=axes.colour("measure", MEASURES),
        shape=alt.Shape("measure:N", title=None, scale=alt.Scale(domain=MEASURES)),
        tooltip=axes.tips("elasticity:N", "measure:N", "percent:Q .1f"),
    )
    return parts.layered(table, gap, points, height=220)


def index_formulas(table: pd.DataFrame) -> alt.LayerChart:
    """Contribution to growth by formula. Columns: formula, points (percentage points)."""
    bars = alt.Chart(table).mark_bar(height=18, color=CATEGORY[0])
    drawn = bars.encode(
        x=axes.across("points", "Percentage points of growth", tickCount=6),
        y=axes.categories("formula"),
        tooltip=axes.tips("formula:N", "points:Q .2f"),
    )
    labels = drawn.mark_text(align="left", dx=4, color=MUTED).encode(
        text=alt.Text("points:Q", format=".2f")
    )
    return parts.layered(table, drawn, labels, height=220)


def pc_prices(table: pd.DataFrame) -> alt.LayerChart:
    """Price of personal computers, as listed and at constant quality, first month 1.

    Columns: date, period, price, value, gap (logs).
    """
    y, names = axes.upward("value", "Price, first month = 1"), ["As listed", "At constant quality"]
    return parts.paths(table, "price", names, y=y, said=("period:N", "price:N", "value:Q", "gap:Q"))


def productivity(table: pd.DataFrame) -> alt.LayerChart:
    """Growth of measured productivity by industry with intervals.

    Columns: industry, group, value, low, high (percent a year).
    """
    rows = alt.Chart(table).encode(
        y=axes.categories("industry"), color=axes.colour("group", GROUPS)
    )
    x, said = (
        axes.across("low", "Growth, percent a year"),
        ("industry:N", "value:Q", "low:Q", "high:Q"),
    )
    drawn = parts.intervals(rows, x, tooltip=axes.tips(*said))
    return parts.layered(table, parts.reference(table, x=0), *drawn, height=240)


def gap_path(table: pd.DataFrame) -> alt.LayerChart:
    """Output missed over time by deflator. Columns: date, quarter, deflator, value, low, high (%)."""
    y = axes.upward("value", "Percent of GDP, by what the deflator does")
    return parts.named_bands(table, "deflator", DEFLATORS, y=y, log=False)


def choices(table: pd.DataFrame) -> alt.LayerChart:
    """Output missed by boundary and deflator. Columns: boundary, deflator, value, low, high (% of GDP)."""
    rows = alt.Chart(table).encode(
        y=axes.categories("boundary", labelLimit=170),
        yOffset=alt.YOffset("deflator:N", sort=DEFLATORS),
        color=axes.colour("deflator", DEFLATORS, title="Deflator"),
    )
    said = axes.tips("boundary:N", "deflator:N", "value:Q", "low:Q", "high:Q")
    x = axes.across("low", "Percent of GDP", tickCount=4)
    return parts.layered(table, *parts.intervals(rows, x, tooltip=said), height=260)


def office_methods(table: pd.DataFrame) -> alt.LayerChart:
    """Output missed by what an office makes of new listings, and by what the method prices.

    Columns: method, reach, capture (share), value, low, high (USD billion a year).
    """
    rows = alt.Chart(table).encode(
        y=axes.categories("method", labelLimit=190),
        yOffset=alt.YOffset("reach:N", sort=REACHES),
        color=axes.colour("reach", REACHES, title="Method prices"),
    )
    said = axes.tips("method:N", "reach:N", "capture:Q .3f", "value:Q", "low:Q", "high:Q")
    x = axes.across("low", "USD billion a year", tickCount=5)
    return parts.layered(table, *parts.intervals(rows, x, tooltip=said), height=320)


def captures(table: pd.DataFrame) -> alt.LayerChart:
    """Part of a known price fall that a deflator recorded. Columns: case, deflator, low, high (%)."""
    x = axes.across("low", "Percent of the fall recorded", PERCENT)
    y, said = axes.categories("case", labelLimit=190), ("case:N", "deflator:N", "low:Q", "high:Q")
    return parts.layered(
        table, parts.ranges(table, x, y, *said), _at_high_ends(table, y, "deflator"), height=150
    )


def exposure(table: pd.DataFrame) -> alt.LayerChart:
    """Wages exposed by occupation, from the strict to the wide count.

    Columns: occupation, low, high (percent of wages).
    """
    x = axes.across("low", "Percent of the group's wages", PERCENT)
    y = axes.categories("occupation", labelLimit=200)
    drawn = parts.ranges(table, x, y, "occupation:N", "low:Q", "high:Q")
    return parts.layered(table, drawn, height=600)


def real_output(table: pd.DataFrame) -> alt.LayerChart:
    """Real output of tokens by deflator. Columns: date, period, deflator, value (USD billion a year)."""
    y = axes.log_y("USD billion a year, at prices of the first quarter")
    return parts.named_lines(table, "deflator", y=y, shown=SHORT_DEFLATORS)


def left_over(table: pd.DataFrame) -> alt.LayerChart:
    """What is left of revenue by definition of the margin. Columns: margin, entity, period, value (%)."""
    y, x = axes.categories("margin", labelLimit=260), axes.across("value", "Percent of revenue")
    said = axes.tips("margin:N", "entity:N", "period:N", "value:Q")
    points = parts.point(alt.Chart(table), x=x, y=y, color=axes.colour("entity"), tooltip=said)
    return parts.layered(table, parts.reference(table, x=0), points, height=200)
