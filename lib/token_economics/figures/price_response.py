"""Charts of the response of tokens to price."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from token_economics.figures.parts import (
    factor_y,
    interval,
    lines,
    named_rows,
    observed,
    palette,
    point,
    reference,
    sized,
    tips,
)
from token_economics.figures.style import CATEGORY

ORIGINS = ["This record", "Vendor", "Published"]
KINDS = ["Ceiling", "Analogy", "Long run", "Not a demand curve", "Prior"]


def _days() -> alt.X:
    return alt.X(
        "date:T",
        title=None,
        axis=alt.Axis(format="%-d %b", tickCount={"interval": "week", "step": 1}, grid=False),
    )


def luna_daily(table: pd.DataFrame) -> alt.LayerChart:
    """Tokens and prices by day, the week before 1, log scale. Columns: date, series, value."""
    names = list(table["series"].unique())
    drawn = lines(
        table,
        x=_days(),
        y=factor_y("Week before the cut = 1"),
        color=alt.Color("series:N", title=None, scale=palette(names)),
        strokeDash=alt.StrokeDash(
            "series:N",
            title=None,
            scale=alt.Scale(domain=names, range=[[1, 0]] * 3 + [[5, 4], [2, 3]]),
        ),
        tooltip=tips("series:N", "date:T", alt.Tooltip("value:Q", format=".3g")),
    )
    return sized(drawn)


def luna_readings(table: pd.DataFrame) -> alt.LayerChart:
    """Readings of one price cut as points. Columns: reading, origin, value (arc elasticity)."""
    rows, names = named_rows(table, "reading", -1.4)
    base = rows.encode(
        x=alt.X(
            "value:Q",
            title="Arc elasticity",
            scale=alt.Scale(domain=[-1.4, 0], nice=False),
            axis=alt.Axis(values=[-1.4, -1.2, -1, -0.8, -0.6, -0.4, -0.2, 0]),
        ),
        color=alt.Color("origin:N", title=None, scale=palette(ORIGINS)),
        tooltip=tips("reading:N", "origin:N", alt.Tooltip("value:Q", format=".2f")),
    )
    points = observed(base)
    labels = rows.mark_text(align="left", dx=9).encode(
        x=alt.X("value:Q"), text=alt.Text("value:Q", format=".2f")
    )
    even = reference(table, x=-1)
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
        tooltip=tips("part:N", alt.Tooltip("share:Q", format=".2%"), "variance_ratio:Q"),
    )
    marked = base.transform_filter(alt.datum.part != "Any seller")
    sellers = point(marked, color=alt.value(CATEGORY[1]))
    label = marked.mark_text(dy=18).encode(text=alt.Text("part:N"))
    lines = base.mark_line(color=CATEGORY[0])
    return sized(alt.layer(lines, sellers, label, data=table), height=220)


def daily_arcs(table: pd.DataFrame) -> alt.LayerChart:
    """Arc elasticity by day since the first cut. Columns: date, day, series, value, tokens_ratio, price_ratio."""
    names = list(table["series"].unique())
    lines = (
        alt.Chart(table)
        .mark_line(point=True)
        .encode(
            x=alt.X("day:Q", title="Day since the first cut", axis=alt.Axis(tickMinStep=1, grid=False)),
            y=alt.Y("value:Q", title="Arc elasticity to that day", scale=alt.Scale(domain=[-1.5, 0])),
            color=alt.Color("series:N", title=None, scale=palette(names)),
            tooltip=tips("series:N", "date:T", "value:Q", "tokens_ratio:Q", "price_ratio:Q"),
        )
    )  # fmt: skip
    even = reference(table, y=-1)
    return sized(alt.layer(lines, even, data=table), height=260)


def market_evidence(table: pd.DataFrame) -> alt.LayerChart:
    """What each piece of evidence says of the market's elasticity, in size.

    Columns: label, kind, value, low, high, reasoning.
    """
    rows, names = named_rows(table, "label", 0)
    base = rows.encode(
        color=alt.Color("kind:N", title=None, scale=palette(KINDS)),
        tooltip=tips("label:N", "kind:N", "value:Q", "low:Q", "high:Q", "reasoning:N"),
    )
    x: Any = alt.X(
        "low:Q",
        title="Elasticity, in size",
        scale=alt.Scale(domain=[0, 1.8], nice=False),
        axis=alt.Axis(values=[0, 0.5, 1, 1.5]),
    )
    bars = interval(base, x=x, x2=alt.X2("high:Q"))
    points = point(base, x=alt.X("value:Q"))
    one = reference(table, x=1)
    return sized(alt.layer(one, bars, points, names, data=table), height=420)
