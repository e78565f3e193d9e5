"""Charts of the response of tokens to price."""

from __future__ import annotations

import altair as alt
import pandas as pd

from token_economics.figures import axes, parts
from token_economics.figures.style import CATEGORY

ORIGINS = ["This record", "Vendor", "Published"]
KINDS = ["Ceiling", "Analogy", "Long run", "Not a demand curve", "Prior"]


def luna_daily(table: pd.DataFrame) -> alt.LayerChart:
    """Tokens and prices by day, the week before 1, log scale. Columns: date, series, value."""
    names, patterns = list(table["series"].unique()), [[1, 0]] * 3 + [[5, 4], [2, 3]]
    dash = axes.dash("series", {"domain": names, "range": patterns})
    x, y = axes.dates("%-d %b", "week", 1), axes.factor_y("Week before the cut = 1")
    said = ("series:N", "date:T", "value:Q .3g")
    return parts.paths(table, "series", names, x=x, y=y, said=said, strokeDash=dash)


def luna_readings(table: pd.DataFrame) -> alt.LayerChart:
    """Readings of one price cut as points. Columns: reading, origin, value (arc elasticity)."""
    ticks = [-1.4, -1.2, -1, -0.8, -0.6, -0.4, -0.2, 0]
    x = axes.across("value", "Arc elasticity", {"domain": [-1.4, 0], "nice": False}, values=ticks)
    rows, names = parts.named_rows(table, "reading", x)
    said = axes.tips("reading:N", "origin:N", "value:Q .2f")
    points = parts.observed(rows, x=x, color=axes.colour("origin", ORIGINS), tooltip=said)
    labels = rows.mark_text(align="left", dx=9).encode(
        x=alt.X("value:Q"), text=alt.Text("value:Q", format=".2f")
    )
    return parts.layered(table, parts.reference(table, x=-1), points, labels, names)


def identification(table: pd.DataFrame) -> alt.LayerChart:
    """What a seller's price cut leaves of the prior variance, by its share of spending.

    Columns: share, variance_ratio, part.
    """
    ticks, title = [0.001, 0.01, 0.1, 1], "Seller's share of market spending"
    base = alt.Chart(table).encode(
        x=axes.log_x("share", title, ticks, ".1~%", domain=[0.001, 1]),
        y=axes.upward("variance_ratio", "Variance left, prior = 1", {"domain": [0, 1]}),
        tooltip=axes.tips("part:N", "share:Q .2%", "variance_ratio:Q"),
    )
    marked = base.transform_filter(alt.datum.part != "Any seller")
    sellers = parts.point(marked, color=alt.value(CATEGORY[1]))
    label = marked.mark_text(dy=18).encode(text=alt.Text("part:N"))
    line = base.mark_line(color=CATEGORY[0])
    return parts.layered(table, line, sellers, label, height=220)


def daily_arcs(table: pd.DataFrame) -> alt.LayerChart:
    """Arc elasticity by day since the first cut. Columns: date, day, series, value, tokens_ratio, price_ratio."""
    line = alt.Chart(table).mark_line(point=True)
    drawn = line.encode(
        x=axes.across("day", "Day since the first cut", tickMinStep=1, grid=False),
        y=axes.upward("value", "Arc elasticity to that day", {"domain": [-1.5, 0]}),
        color=axes.colour("series", list(table["series"].unique())),
        tooltip=axes.tips("series:N", "date:T", "value:Q", "tokens_ratio:Q", "price_ratio:Q"),
    )
    return parts.layered(table, drawn, parts.reference(table, y=-1), height=260)


def market_evidence(table: pd.DataFrame) -> alt.LayerChart:
    """What each piece of evidence says of the market's elasticity, in size.

    Columns: label, kind, value, low, high, reasoning.
    """
    scale, ticks = {"domain": [0, 1.8], "nice": False}, [0, 0.5, 1, 1.5]
    x, color = (
        axes.across("low", "Elasticity, in size", scale, values=ticks),
        axes.colour("kind", KINDS),
    )
    said = ("label:N", "kind:N", "value:Q", "low:Q", "high:Q", "reasoning:N")
    return parts.named_intervals(table, "label", x, color=color, said=said, at=[1], height=420)
