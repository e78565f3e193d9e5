"""Charts of where tokens go."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from token_economics.figures import axes, parts
from token_economics.figures.style import BAND_OPACITY, CATEGORY, MUTED

SEGMENTS = [
    "Cheap models",
    "Best models, no agents",
    "Agents and coding",
    "Subscriptions",
    "Robotics",
]
PARTS = ["More tasks", "Tasks becoming worth it", "Tokens a task"]
PERCENT: dict[str, Any] = {"format": "%", "tickCount": 6}
COMMA_LINES = "split(replace(datum.label, ' and ', ', and '), ', ')"


def tokens_by_segment(table: pd.DataFrame) -> alt.LayerChart:
    """Tokens by segment with 90 % bands, log scale. Columns: date, quarter, segment, value, low, high."""
    y = axes.log_y("Thousand trillion tokens a month")
    return parts.bands(table, "segment", SEGMENTS[:4], y=y)


def demand_curve(table: pd.DataFrame) -> alt.LayerChart:
    """Compute demanded by the price of compute, both over today's, log scales; 90 % bands.

    Columns: segment, price, value, low, high (times today's).
    """
    ticks, title = [0.1, 0.2, 0.5, 1, 2, 5, 10], "Price of compute, times today's"
    drawn = parts.band_and_line(
        table,
        x=axes.log_x("price", title, ticks, nice=False),
        y=axes.log_y(
            "Compute demanded, times today's", [0.01, 0.03, 0.1, 0.3, 1, 3, 10], "~g", nice=False
        ),
        color=axes.colour("segment", ["All segments", "Agents and coding", "Subscriptions"]),
    )
    said = axes.tips("segment:N", "price:Q", "value:Q", "low:Q", "high:Q")
    return parts.layered(table, parts.reference(table, x=1), drawn.encode(tooltip=said))


def task_values(table: pd.DataFrame) -> alt.LayerChart:
    """Density of the value of tasks over their cost today, log scale.

    Columns: value_over_cost, density, part.
    """
    ticks, title = [0.001, 0.01, 0.1, 1, 10, 100], "Value of a task over its cost today"
    worth = alt.Scale(domain=["Worth its cost", "Not worth it yet"], range=[CATEGORY[0], MUTED])
    area = alt.Chart(table).mark_area(opacity=0.75)
    drawn = area.encode(
        x=axes.log_x("value_over_cost", title, ticks, nice=False),
        y=axes.upward("density", "Density of tasks", labels=False, ticks=False).stack(None),
        color=axes.colour("part", scale=worth),
        tooltip=axes.tips("part:N", "value_over_cost:Q"),
    )
    return parts.layered(table, drawn, parts.reference(table, x=1), height=220)


def task_cost(table: pd.DataFrame) -> alt.LayerChart:
    """Cost of an accepted task by part, log scale. Columns: date, quarter, part, value, low, high."""
    return parts.bands(table, "part", ["Tokens", "Human review"], y=axes.log_y("USD a task"))


def growth_parts(table: pd.DataFrame) -> alt.LayerChart:
    """Mean log growth of tokens by segment and part, two dates. Columns: segment, until, part, rank, value."""
    bars = alt.Chart(table).mark_bar(height=12)
    drawn = bars.encode(
        x=axes.across("value", "Growth of tokens, in logs", values=[*range(8)], format="~g").stack(
            "zero"
        ),
        y=axes.categories("segment", sort=SEGMENTS, labelExpr=COMMA_LINES),
        yOffset=alt.YOffset("until:N"),
        color=axes.colour("part", PARTS),
        order=alt.Order("rank:Q"),
        tooltip=axes.tips("segment:N", "until:N", "part:N", "value:Q .2f"),
    )
    return parts.layered(table, drawn, height=200)


def multipliers(table: pd.DataFrame) -> alt.LayerChart:
    """What multiplies tokens, log scale, names above the points. Columns: what, times, period."""
    base = alt.Chart(table).encode(
        y=alt.Y("what:N", title=None, sort=list(table["what"]), axis=None)
    )
    points = base.mark_point(filled=True, size=90, yOffset=8, color=CATEGORY[0]).encode(
        x=axes.log_x("times", "Times", [1, 10, 100, 1000], ",~g", domain=[1, 5000]),
        tooltip=axes.tips("what:N", "times:Q", "period:N"),
    )
    names = base.mark_text(align="left", dx=2, dy=-7).encode(
        x=alt.datum(1), text=alt.Text("what:N")
    )
    return parts.layered(table, points, names, height=40 + 34 * len(table))


def robots(table: pd.DataFrame) -> alt.LayerChart:
    """Probability that robots buy compute, and their part. Columns: date, quarter, what, value."""
    names = ["They buy compute, probability", "Their part of compute, mean"]
    y = axes.upward("value", "Share", {"domain": [0, 1]}, **PERCENT)
    said = ("what:N", "quarter:N", "value:Q .0%")
    return parts.paths(table, "what", names, y=y, said=said, height=240)


def haircut(table: pd.DataFrame) -> alt.LayerChart:
    """Tasks that vanish and spending lost. Columns: date, quarter, part, value, low, high."""
    y = axes.upward("value", "Share", **PERCENT).stack(None)
    return parts.bands(table, "part", ["Tasks gone", "Spending lost, prices solved"], y=y)


def premium(table: pd.DataFrame) -> alt.LayerChart:
    """Premium of best models over cheap ones. Columns: date, quarter, part, value, low, high."""
    y = axes.upward("value", "Premium over cheap models", **PERCENT).stack(None)
    return parts.bands(table, "part", ["Premium in the market"], y=y, legend=False)


def payroll(table: pd.DataFrame) -> alt.LayerChart:
    """Token spend over payroll by relative cost of token work, log scales.

    Columns: relative_cost, ratio, sigma, market_low, market_high.
    """
    market = alt.Chart(table).mark_rect(color=MUTED, opacity=BAND_OPACITY / 2)
    shaded = market.encode(x=alt.X("min(market_low):Q"), x2=alt.X2("max(market_high):Q"))
    title, log = "Token cost over wage, times mid-2026 (log)", {"type": "log", "nice": False}
    ticks = [0.001, 0.01, 0.1, 1, 10]
    drawn = parts.lines(
        table,
        x=axes.across("relative_cost", title, log, values=ticks, format="~g"),
        y=axes.log_upward("ratio", "Token spend over payroll", [0.01, 0.1, 1, 10, 100]),
        color=axes.colour("sigma", title="Elasticity of substitution", sort=None),
        tooltip=axes.tips("sigma:N", "relative_cost:Q", "ratio:Q"),
    )
    return parts.layered(table, shaded, parts.reference(table, y=1), *drawn.layer)


def two_readings(table: pd.DataFrame) -> alt.LayerChart:
    """Spending under two readings of one jump. Columns: date, quarter, part, value, low, high."""
    y = axes.log_y("USD billion a year")
    return parts.bands(table, "part", ["A common shock", "Contagion"], y=y)
