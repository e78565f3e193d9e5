"""Charts of the Jevons topic."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from token_economics.figures.parts import band_and_line, log_y, palette, sized, time_axis
from token_economics.style import CATEGORY, INK, MUTED

PRICES = [
    "Mix bought (unit value)",
    "Same listing (matched models)",
    "Same tiers (fixed mix)",
    "Same quality (regression)",
]
TIERS = ["top tier", "middle tier", "small tier"]
BASES = ["Regression, this panel", "Cheapest of a class, this panel", "Published"]
ORIGINS = ["This record", "Vendor", "Published"]
REGIONS = [
    "Spending, rent and token price rise",
    "Spending and rent rise",
    "Only spending rises",
    "All three fall",
]
REGION_COLOURS = ["#f2b8a2", "#f7dfa5", "#bcdff2", "#c9ced6"]
FACTORS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20]


def _months() -> alt.X:
    return alt.X(
        "date:T",
        title=None,
        axis=alt.Axis(format="%b %Y", tickCount={"interval": "month", "step": 6}, grid=False),
    )


def _days() -> alt.X:
    return alt.X(
        "date:T",
        title=None,
        axis=alt.Axis(format="%-d %b", tickCount={"interval": "week", "step": 1}, grid=False),
    )


def _factor_y(title: str) -> alt.Y:
    return alt.Y(
        "value:Q",
        title=f"{title} (log scale)",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(format="~g", values=FACTORS),
    ).stack(None)


def price_paths(table: pd.DataFrame) -> alt.LayerChart:
    """Four prices of a token, log scale, first month 1. Columns: date, price, value, low, high."""
    color = alt.Color("price:N", title=None, scale=palette(PRICES))
    chart = band_and_line(table, x=_months(), y=_factor_y("Price, January 2025 = 1"), color=color)
    return sized(chart.encode(tooltip=["price:N", "date:T", alt.Tooltip("value:Q", format=".2f")]))


def class_frontier(table: pd.DataFrame) -> alt.LayerChart:
    """Cheapest price of a class as steps, and the claimed multiples as lines, log scale.

    Columns: date, model, series, value (USD per million tokens).
    """
    names = list(table["series"].unique())
    base = alt.Chart(table).encode(
        x=time_axis(),
        y=log_y("USD per million tokens"),
        color=alt.Color("series:N", title=None, scale=palette(names)),
        tooltip=["series:N", "model:N", "date:T", "value:Q"],
    )
    dash = alt.StrokeDash(
        "series:N",
        title=None,
        legend=None,
        scale=alt.Scale(domain=names, range=[[1, 0], *([[5, 4]] * (len(names) - 1))]),
    )
    lines = base.mark_line(interpolate="step-after").encode(strokeDash=dash)
    steps = base.transform_filter(alt.datum.series == names[0]).mark_point()
    return sized(alt.layer(lines, steps, data=table))


def decline_estimates(table: pd.DataFrame) -> alt.LayerChart:
    """Yearly fall at given quality by estimate, log scale. Columns: label, basis, value, low, high."""
    x: Any = alt.X(
        "low:Q",
        title="Times cheaper a year (log scale)",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(format="~g", values=[2, 5, 10, 20, 50, 100, 200, 500, 1000]),
    )
    base = alt.Chart(table).encode(
        y=alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=260)),
        color=alt.Color("basis:N", title=None, scale=palette(BASES)),
        tooltip=["label:N", "value:Q", "low:Q", "high:Q"],
    )
    bars = base.mark_rule(strokeWidth=4, opacity=0.45, strokeCap="round").encode(x=x, x2="high:Q")
    points = base.mark_point(size=60).encode(x="value:Q")
    return sized(alt.layer(bars, points, data=table), height=430)


def tier_shares(table: pd.DataFrame) -> alt.LayerChart:
    """Share of each price tier by month. Columns: date, period, entity, value (percent)."""
    lines = (
        alt.Chart(table)
        .mark_line()
        .encode(
            x=_months(),
            y=alt.Y("value:Q", title="Percent of the models covered"),
            color=alt.Color("entity:N", title=None, scale=palette(TIERS)),
            tooltip=["entity:N", "period:N", "value:Q"],
        )
    )
    return sized(alt.layer(lines, data=table), height=240)


def luna_daily(table: pd.DataFrame) -> alt.LayerChart:
    """Tokens and prices by day, the week before 1, log scale. Columns: date, series, value."""
    names = list(table["series"].unique())
    lines = (
        alt.Chart(table)
        .mark_line()
        .encode(
            x=_days(),
            y=_factor_y("Week before the cut = 1"),
            color=alt.Color("series:N", title=None, scale=palette(names)),
            strokeDash=alt.StrokeDash(
                "series:N",
                title=None,
                legend=None,
                scale=alt.Scale(domain=names, range=[[1, 0]] * 3 + [[5, 4], [2, 3]]),
            ),
            tooltip=["series:N", "date:T", alt.Tooltip("value:Q", format=".3g")],
        )
    )
    return sized(alt.layer(lines, data=table))


def luna_readings(table: pd.DataFrame) -> alt.LayerChart:
    """Readings of one price cut as points. Columns: reading, origin, value (arc elasticity)."""
    base = alt.Chart(table).encode(
        x=alt.X(
            "value:Q",
            title="Arc elasticity (left of \N{MINUS SIGN}1: spending on the model rose)",
            scale=alt.Scale(domain=[-1.25, 0]),
        ),
        y=alt.Y("reading:N", title=None, sort=None, axis=alt.Axis(labelLimit=220)),
        color=alt.Color("origin:N", title=None, scale=palette(ORIGINS)),
        tooltip=["reading:N", "origin:N", alt.Tooltip("value:Q", format=".2f")],
    )
    points = base.mark_point(size=90)
    labels = base.mark_text(align="left", dx=9, color=MUTED).encode(
        text=alt.Text("value:Q", format=".2f"), color=alt.value(MUTED)
    )
    even = alt.Chart(table).mark_rule(color=MUTED, strokeDash=[3, 3]).encode(x=alt.datum(-1))
    return sized(alt.layer(even, points, labels, data=table), height=250)


def identification(table: pd.DataFrame) -> alt.LayerChart:
    """What a seller's price cut leaves of the prior variance, by its share of spending.

    Columns: share, variance_ratio, part.
    """
    base = alt.Chart(table).encode(
        x=alt.X(
            "share:Q",
            title="Seller's share of market spending (log scale)",
            scale=alt.Scale(type="log", domain=[0.001, 1]),
            axis=alt.Axis(format=".1~%", values=[0.001, 0.01, 0.1, 1]),
        ),
        y=alt.Y(
            "variance_ratio:Q",
            title="Variance left, prior = 1",
            scale=alt.Scale(domain=[0, 1]),
        ),
        tooltip=["part:N", alt.Tooltip("share:Q", format=".2%"), "variance_ratio:Q"],
    )
    marked = base.transform_filter(alt.datum.part != "Any seller")
    point = marked.mark_point(size=120, color=CATEGORY[1], filled=True)
    label = marked.mark_text(dy=18, color=INK).encode(text="part:N")
    return sized(alt.layer(base.mark_line(color=CATEGORY[0]), point, label, data=table), height=220)


def efficiency_alone(table: pd.DataFrame) -> alt.LayerChart:
    """What efficiency does by itself, by elasticity. Columns: elasticity, outcome, value, low, high."""
    names = list(table["outcome"].unique())
    x = alt.X("elasticity:Q", title="Market elasticity, in size", scale=alt.Scale(domain=[0.3, 2]))
    layered = band_and_line(
        table,
        x=x,
        y=_factor_y("After over before"),
        color=alt.Color("outcome:N", title=None, scale=palette(names)),
    )
    even = alt.Chart(table).mark_rule(color=MUTED, strokeDash=[3, 3]).encode(y=alt.datum(1))
    one = alt.Chart(table).mark_rule(color=MUTED, strokeDash=[3, 3]).encode(x=alt.datum(1))
    return sized(alt.layer(layered, even, one, data=table))


def phase(table: pd.DataFrame) -> alt.LayerChart:
    """What rises, by elasticity and growth of compute; a box marks today's 90 % range.

    Columns: elasticity, elasticity_end, growth, growth_end, outcome, part.
    """
    limits = table[["elasticity", "elasticity_end"]].to_numpy()
    base = alt.Chart(table).encode(
        x=alt.X(
            "elasticity:Q",
            title="Market elasticity, in size",
            scale=alt.Scale(domain=[float(limits.min()), float(limits.max())], nice=False),
        ),
        x2="elasticity_end:Q",
        y=alt.Y(
            "growth:Q",
            title="Compute in service, times a year",
            scale=alt.Scale(
                domain=[float(table["growth"].min()), float(table["growth_end"].max())], nice=False
            ),
        ),
        y2="growth_end:Q",
        tooltip=["outcome:N"],
    )
    cells = base.transform_filter(alt.datum.part == "Outcome").mark_rect(strokeWidth=0).encode(
        color=alt.Color(
            "outcome:N",
            title=None,
            scale=alt.Scale(domain=REGIONS, range=REGION_COLOURS),
            legend=alt.Legend(symbolType="square", symbolStrokeWidth=0),
        )
    )  # fmt: skip
    today = base.transform_filter(alt.datum.part == "Today").mark_rect(
        fillOpacity=0, stroke="#1f2933", strokeWidth=2
    )
    label = (
        alt.Chart(table)
        .transform_filter(alt.datum.part == "Today")
        .mark_text(
            align="left", baseline="bottom", dx=3, dy=-4, color="#1f2933", text="Today, 90 % range"
        )
        .encode(x="elasticity:Q", y="growth_end:Q")
    )
    return sized(alt.layer(cells, today, label, data=table), height=360)
