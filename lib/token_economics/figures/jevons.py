"""Charts of the Jevons topic."""

from __future__ import annotations

import altair as alt
import pandas as pd

from token_economics.figures import axes, parts
from token_economics.figures.style import CATEGORY, INK

REGIONS = [
    "Spending, rent and token price rise",
    "Spending and rent rise",
    "Only spending rises",
    "All three fall",
]
REGION_COLOURS = [CATEGORY[1], CATEGORY[4], CATEGORY[2], CATEGORY[0]]  # as on the map that moves
REGION_OPACITY = 0.45
OF_A_GAIN = [
    "Rent and spending, compute full",
    "Token price, compute full",
    "Spending, compute idle",
]  # what a gain of efficiency moves: one colour each on every chart
KNOWN = [
    "Several panels",
    "One panel, weights unstated",
    "Assumed",
    "Not observed: what is left",
    "Run-rates of two labs",
]
TIMES = [0.2, 0.5, 1, 2, 5, 10, 20]
SIZE = "Market elasticity, in size"


def efficiency_alone(table: pd.DataFrame) -> alt.LayerChart:
    """What efficiency does by itself, by elasticity. Columns: elasticity, outcome, value, low, high."""
    x = axes.across("elasticity", SIZE, {"domain": [0.3, 2], "nice": False})
    color = axes.colour("outcome", OF_A_GAIN)
    drawn = parts.band_and_line(table, x=x, y=axes.factor_y("After over before"), color=color)
    return parts.layered(table, drawn, parts.reference(table, y=1), parts.reference(table, x=1))


def phase(table: pd.DataFrame) -> alt.LayerChart:
    """What rises, by elasticity and growth of compute; a box marks today's 90 % range.

    Columns: elasticity, elasticity_end, low, high (growth of compute, times a year), outcome.
    """
    regions = table[table["outcome"] != "Today"]
    wide = [float(regions["elasticity"].min()), float(regions["elasticity"].max())]
    tall = [float(regions["low"].min()), float(regions["high"].max())]
    base = alt.Chart(table).encode(
        x=axes.across("elasticity", SIZE, {"domain": wide, "nice": False}),
        y=axes.upward("low", "Compute in service, times a year", {"domain": tall, "nice": False}),
    )
    areas = base.transform_filter(alt.datum.outcome != "Today").mark_area(opacity=REGION_OPACITY)
    regions_drawn = areas.encode(
        y2=alt.Y2("high:Q"),
        color=axes.regions("outcome", REGIONS, REGION_COLOURS, REGION_OPACITY, labelLimit=300),
    )
    box = base.transform_filter(alt.datum.outcome == "Today")
    today = box.mark_rect(fillOpacity=0, stroke=INK, strokeWidth=2).encode(
        x2=alt.X2("elasticity_end:Q"), y2=alt.Y2("high:Q"), tooltip=axes.tips("low:Q", "high:Q")
    )
    words = box.mark_text(
        align="left", baseline="bottom", dx=3, dy=-4, color=INK, text="Today, 90 % range"
    )
    label = words.encode(y=alt.Y("high:Q"))
    return parts.layered(table, regions_drawn, today, label, height=360)


def decomposition(table: pd.DataFrame) -> alt.LayerChart:
    """Factor by which each part multiplied spending. Columns: factor, known, value, low, high."""
    x = axes.log_x("low", "Multiplied spending by", TIMES, domain=[0.15, 25], nice=False)
    color, said = axes.colour("known", KNOWN), ("factor:N", "known:N", "value:Q", "low:Q", "high:Q")
    return parts.named_intervals(table, "factor", x, color=color, said=said, at=[1], height=320)


def adoption(table: pd.DataFrame) -> alt.LayerChart:
    """A year's efficiency gain and what follows. Columns: years, outcome, value, low, high."""
    x, y = (
        axes.across("years", "Years after the gain", grid=False),
        axes.factor_y("With the gain over without"),
    )
    drawn = parts.band_and_line(table, x=x, y=y, color=axes.colour("outcome", OF_A_GAIN))
    return parts.layered(table, drawn, parts.reference(table, y=1))


def market_elasticity(table: pd.DataFrame) -> alt.LayerChart:
    """The solved market's elasticity by date against the prior. Columns: label, kind, value, low, high."""
    x = axes.across("low", "Elasticity, in size", {"domain": [0, 2], "nice": False})
    color = axes.colour("kind", ["Prior", "Solved market"])
    said = ("label:N", "value:Q", "low:Q", "high:Q", "above_one:Q", "inside_prior:Q")
    return parts.named_intervals(table, "label", x, color=color, said=said, at=[1], height=240)


def more_memory(table: pd.DataFrame) -> alt.LayerChart:
    """Spending with more memory over spending without, by the market's elasticity.

    Columns: elasticity, value, low, high.
    """
    base = alt.Chart(table).encode(
        x=axes.across("elasticity", "Elasticity of the solved market, in size"),
        color=alt.value(CATEGORY[0]),
        tooltip=axes.tips("elasticity:Q", "value:Q", "low:Q", "high:Q"),
    )
    y = axes.upward("low", "Spending, with over without", {"zero": False})
    bars = parts.interval(base, y=y, y2=alt.Y2("high:Q"))
    points = parts.point(base, y=alt.Y("value:Q"))
    even, one = parts.reference(table, y=1), parts.reference(table, x=1)
    return parts.layered(table, even, one, bars, points)


def spending_by_stage(table: pd.DataFrame) -> alt.LayerChart:
    """What spending did in each stage of an earlier good. Columns: label, good, value, price_multiple, arc."""
    x = axes.log_x("value", "Spending, last over first", TIMES, domain=[0.2, 25], nice=False)
    rows, names = parts.named_rows(table, "label", x)
    color = axes.colour("good", list(table["good"].unique()))
    said = axes.tips("label:N", "value:Q", "price_multiple:Q", "arc:Q")
    points = parts.observed(rows, x=x, color=color, tooltip=said)
    return parts.layered(table, parts.reference(table, x=1), points, names, height=430)
