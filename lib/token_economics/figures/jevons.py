"""Charts of the Jevons topic."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from token_economics.figures.parts import (
    band_and_line,
    factor_y,
    interval,
    named_rows,
    observed,
    palette,
    point,
    reference,
    sized,
    tips,
)
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


def efficiency_alone(table: pd.DataFrame) -> alt.LayerChart:
    """What efficiency does by itself, by elasticity. Columns: elasticity, outcome, value, low, high."""
    x = alt.X(
        "elasticity:Q",
        title="Market elasticity, in size",
        scale=alt.Scale(domain=[0.3, 2], nice=False),
    )
    layered = band_and_line(
        table,
        x=x,
        y=factor_y("After over before"),
        color=alt.Color("outcome:N", title=None, scale=palette(OF_A_GAIN)),
    )
    even = reference(table, y=1)
    one = reference(table, x=1)
    return sized(alt.layer(layered, even, one, data=table))


def phase(table: pd.DataFrame) -> alt.LayerChart:
    """What rises, by elasticity and growth of compute; a box marks today's 90 % range.

    Columns: elasticity, elasticity_end, low, high (growth of compute, times a year), outcome.
    """
    regions = table[table["outcome"] != "Today"]
    base = alt.Chart(table).encode(
        x=alt.X(
            "elasticity:Q",
            title="Market elasticity, in size",
            scale=alt.Scale(
                domain=[float(regions["elasticity"].min()), float(regions["elasticity"].max())],
                nice=False,
            ),
        ),
        y=alt.Y(
            "low:Q",
            title="Compute in service, times a year",
            scale=alt.Scale(
                domain=[float(regions["low"].min()), float(regions["high"].max())], nice=False
            ),
        ),
    )
    areas = base.transform_filter(alt.datum.outcome != "Today").mark_area(opacity=REGION_OPACITY)
    areas = areas.encode(
        y2=alt.Y2("high:Q"),
        color=alt.Color(
            "outcome:N",
            title=None,
            scale=alt.Scale(domain=REGIONS, range=REGION_COLOURS),
            legend=alt.Legend(
                symbolType="square",
                symbolStrokeWidth=0,
                symbolOpacity=REGION_OPACITY,
                labelLimit=300,
            ),
        ),
    )
    box = base.transform_filter(alt.datum.outcome == "Today")
    today = box.mark_rect(fillOpacity=0, stroke=INK, strokeWidth=2)
    label = box.mark_text(
        align="left", baseline="bottom", dx=3, dy=-4, color=INK, text="Today, 90 % range"
    )
    return sized(
        alt.layer(
            areas,
            today.encode(
                x2=alt.X2("elasticity_end:Q"), y2=alt.Y2("high:Q"), tooltip=tips("low:Q", "high:Q")
            ),
            label.encode(y=alt.Y("high:Q")),
            data=table,
        ),
        height=360,
    )


def decomposition(table: pd.DataFrame) -> alt.LayerChart:
    """Factor by which each part multiplied spending. Columns: factor, known, value, low, high."""
    rows, names = named_rows(table, "factor", 0.15)
    base = rows.encode(
        color=alt.Color("known:N", title=None, scale=palette(KNOWN)),
        tooltip=tips("factor:N", "known:N", "value:Q", "low:Q", "high:Q"),
    )
    x: Any = alt.X(
        "low:Q",
        title="Multiplied spending by (log scale)",
        scale=alt.Scale(type="log", domain=[0.15, 25], nice=False),
        axis=alt.Axis(format="~g", values=[0.2, 0.5, 1, 2, 5, 10, 20]),
    )
    bars = interval(base, x=x, x2=alt.X2("high:Q"))
    points = point(base, x=alt.X("value:Q"))
    even = reference(table, x=1)
    return sized(alt.layer(even, bars, points, names, data=table), height=320)


def adoption(table: pd.DataFrame) -> alt.LayerChart:
    """A year's efficiency gain and what follows. Columns: years, outcome, value, low, high."""
    layered = band_and_line(
        table,
        x=alt.X("years:Q", title="Years after the gain", axis=alt.Axis(grid=False)),
        y=factor_y("With the gain over without"),
        color=alt.Color("outcome:N", title=None, scale=palette(OF_A_GAIN)),
    )
    even = reference(table, y=1)
    return sized(alt.layer(layered, even, data=table))


def market_elasticity(table: pd.DataFrame) -> alt.LayerChart:
    """The solved market's elasticity by date against the prior. Columns: label, kind, value, low, high."""
    rows, names = named_rows(table, "label", 0)
    base = rows.encode(
        color=alt.Color("kind:N", title=None, scale=palette(["Prior", "Solved market"])),
        tooltip=tips("label:N", "value:Q", "low:Q", "high:Q", "above_one:Q", "inside_prior:Q"),
    )
    x: Any = alt.X("low:Q", title="Elasticity, in size", scale=alt.Scale(domain=[0, 2], nice=False))
    bars = interval(base, x=x, x2=alt.X2("high:Q"))
    points = point(base, x=alt.X("value:Q"))
    one = reference(table, x=1)
    return sized(alt.layer(one, bars, points, names, data=table), height=240)


def more_memory(table: pd.DataFrame) -> alt.LayerChart:
    """Spending with more memory over spending without, by the market's elasticity.

    Columns: elasticity, value, low, high.
    """
    base = alt.Chart(table).encode(
        x=alt.X("elasticity:Q", title="Elasticity of the solved market, in size"),
        tooltip=tips("elasticity:Q", "value:Q", "low:Q", "high:Q"),
    )
    y: Any = alt.Y("low:Q", title="Spending, with over without", scale=alt.Scale(zero=False))
    bars = interval(base, color=alt.value(CATEGORY[0]), y=y, y2=alt.Y2("high:Q"))
    points = point(base, color=alt.value(CATEGORY[0]), y=alt.Y("value:Q"))
    even = reference(table, y=1)
    one = reference(table, x=1)
    return sized(alt.layer(even, one, bars, points, data=table))


def spending_by_stage(table: pd.DataFrame) -> alt.LayerChart:
    """What spending did in each stage of an earlier good. Columns: label, good, value, price_multiple, arc."""
    rows, names = named_rows(table, "label", 0.2)
    points = observed(
        rows,
        x=alt.X(
            "value:Q",
            title="Spending, last over first (log scale)",
            scale=alt.Scale(type="log", domain=[0.2, 25], nice=False),
            axis=alt.Axis(format="~g", values=[0.2, 0.5, 1, 2, 5, 10, 20]),
        ),
        color=alt.Color("good:N", title=None, scale=palette(list(table["good"].unique()))),
        tooltip=tips("label:N", "value:Q", "price_multiple:Q", "arc:Q"),
    )
    even = reference(table, x=1)
    return sized(alt.layer(even, points, names, data=table), height=430)
