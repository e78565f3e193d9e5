"""Charts of the Jevons topic."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from token_economics.figures.parts import band_and_line, log_y, palette, sized, time_axis
from token_economics.style import CATEGORY, MUTED

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
OUTLINE = "#1f2933"  # on the filled regions, which are light in either mode
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
        scale=alt.Scale(type="log", nice=False),
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
        color=alt.Color(
            "series:N", title=None, scale=palette(names), legend=alt.Legend(symbolType="stroke")
        ),
        tooltip=["series:N", "model:N", "date:T", "value:Q"],
    )
    dash = alt.StrokeDash(
        "series:N",
        title=None,
        scale=alt.Scale(domain=names, range=[[1, 0], *([[5, 4]] * (len(names) - 1))]),
    )
    lines = base.mark_line(interpolate="step-after").encode(strokeDash=dash)
    steps = base.transform_filter(alt.datum.series == names[0]).mark_point()
    return sized(alt.layer(lines, steps, data=table))


def _named_rows(table: pd.DataFrame, column: str, start: float) -> Any:
    """Rows with their names written above them: long names leave a narrow screen its width."""
    rows = alt.Chart(table).encode(
        y=alt.Y(
            f"{column}:N",
            title=None,
            sort=None,
            axis=alt.Axis(labels=False, ticks=False, domain=False, grid=True),
        )
    )
    names = rows.mark_text(align="left", baseline="bottom", dy=-4, dx=2, fontSize=11).encode(
        x=alt.datum(start), text=f"{column}:N"
    )
    return rows, names


def decline_estimates(table: pd.DataFrame) -> alt.LayerChart:
    """Yearly fall at given quality by estimate, log scale. Columns: label, basis, value, low, high."""
    rows, names = _named_rows(table, "label", 2)
    base = rows.encode(
        color=alt.Color("basis:N", title=None, scale=palette(BASES)),
        tooltip=["label:N", "value:Q", "low:Q", "high:Q"],
    )
    x: Any = alt.X(
        "low:Q",
        title="Times cheaper a year (log scale)",
        scale=alt.Scale(type="log", domain=[2, 1000]),
        axis=alt.Axis(format="~g", values=[2, 5, 10, 20, 50, 100, 200, 500, 1000]),
    )
    bars = base.mark_rule(strokeWidth=4, opacity=0.45, strokeCap="round").encode(x=x, x2="high:Q")
    points = base.mark_point(size=60).encode(x="value:Q")
    return sized(alt.layer(bars, points, names, data=table), height=600)


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
                scale=alt.Scale(domain=names, range=[[1, 0]] * 3 + [[5, 4], [2, 3]]),
            ),
            tooltip=["series:N", "date:T", alt.Tooltip("value:Q", format=".3g")],
        )
    )
    return sized(alt.layer(lines, data=table))


def luna_readings(table: pd.DataFrame) -> alt.LayerChart:
    """Readings of one price cut as points. Columns: reading, origin, value (arc elasticity)."""
    rows, names = _named_rows(table, "reading", -1.4)
    base = rows.encode(
        x=alt.X(
            "value:Q",
            title="Arc elasticity",
            scale=alt.Scale(domain=[-1.4, 0], nice=False),
            axis=alt.Axis(values=[-1.4, -1.2, -1, -0.8, -0.6, -0.4, -0.2, 0]),
        ),
        color=alt.Color("origin:N", title=None, scale=palette(ORIGINS)),
        tooltip=["reading:N", "origin:N", alt.Tooltip("value:Q", format=".2f")],
    )
    points = base.mark_point(size=90)
    labels = rows.mark_text(align="left", dx=9).encode(
        x="value:Q", text=alt.Text("value:Q", format=".2f")
    )
    even = alt.Chart(table).mark_rule(color=MUTED, strokeDash=[3, 3]).encode(x=alt.datum(-1))
    return sized(alt.layer(even, points, labels, names, data=table), height=300)


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
    label = marked.mark_text(dy=18).encode(text="part:N")
    return sized(alt.layer(base.mark_line(color=CATEGORY[0]), point, label, data=table), height=220)


def efficiency_alone(table: pd.DataFrame) -> alt.LayerChart:
    """What efficiency does by itself, by elasticity. Columns: elasticity, outcome, value, low, high."""
    names = list(table["outcome"].unique())
    x = alt.X(
        "elasticity:Q",
        title="Market elasticity, in size",
        scale=alt.Scale(domain=[0.3, 2], nice=False),
    )
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
    areas = base.transform_filter(alt.datum.outcome != "Today").mark_area(opacity=1)
    areas = areas.encode(
        y2="high:Q",
        color=alt.Color(
            "outcome:N",
            title=None,
            scale=alt.Scale(domain=REGIONS, range=REGION_COLOURS),
            legend=alt.Legend(symbolType="square", symbolStrokeWidth=0, labelLimit=300),
        ),
    )
    box = base.transform_filter(alt.datum.outcome == "Today")
    today = box.mark_rect(fillOpacity=0, stroke=OUTLINE, strokeWidth=2)
    label = box.mark_text(
        align="left", baseline="bottom", dx=3, dy=-4, color=OUTLINE, text="Today, 90 % range"
    )
    return sized(
        alt.layer(
            areas,
            today.encode(x2="elasticity_end:Q", y2="high:Q", tooltip=["low:Q", "high:Q"]),
            label.encode(y="high:Q"),
            data=table,
        ),
        height=360,
    )
