"""Charts of where tokens go."""

from __future__ import annotations

import altair as alt
import pandas as pd

from token_economics.figures.parts import (
    band_and_line,
    lines,
    log_y,
    palette,
    reference,
    sized,
    tips,
)
from token_economics.figures.style import BAND_OPACITY, CATEGORY, MUTED

SEGMENTS = [
    "Cheap models",
    "Best models, no agents",
    "Agents and coding",
    "Subscriptions",
    "Robotics",
]
PARTS = ["More tasks", "Tasks becoming worth it", "Tokens a task"]
PERCENT = alt.Axis(format="%", tickCount=6)


def tokens_by_segment(table: pd.DataFrame) -> alt.LayerChart:
    """Tokens by segment with 90 % bands, log scale. Columns: date, quarter, segment, value, low, high."""
    color = alt.Color("segment:N", title=None, scale=palette(SEGMENTS[:4]))
    layered = band_and_line(table, y=log_y("Thousand trillion tokens a month"), color=color)
    return sized(
        layered.encode(tooltip=tips("segment:N", "quarter:N", "value:Q", "low:Q", "high:Q"))
    )


def demand_curve(table: pd.DataFrame) -> alt.LayerChart:
    """Compute demanded by the price of compute, both over today's, log scales; 90 % bands.

    Columns: segment, price, value, low, high (times today's).
    """
    times = alt.Axis(format="~g", values=[0.1, 0.2, 0.5, 1, 2, 5, 10])
    x = alt.X(
        "price:Q",
        title="Price of compute, times today's (log scale)",
        scale=alt.Scale(type="log", nice=False),
        axis=times,
    )
    y = alt.Y(
        "value:Q",
        title="Compute demanded, times today's (log scale)",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(format="~g", values=[0.01, 0.03, 0.1, 0.3, 1, 3, 10]),
    ).stack(None)
    domain = ["All segments", "Agents and coding", "Subscriptions"]
    color = alt.Color("segment:N", title=None, scale=palette(domain))
    curves = band_and_line(table, x=x, y=y, color=color)
    today = reference(table, x=1)
    tooltip = tips("segment:N", "price:Q", "value:Q", "low:Q", "high:Q")
    return sized(alt.layer(today, curves.encode(tooltip=tooltip), data=table))


def task_values(table: pd.DataFrame) -> alt.LayerChart:
    """Density of the value of tasks over their cost today, log scale.

    Columns: value_over_cost, density, part.
    """
    domain = ["Worth its cost", "Not worth it yet"]
    area = (
        alt.Chart(table)
        .mark_area(opacity=0.75)
        .encode(
            x=alt.X(
                "value_over_cost:Q",
                title="Value of a task over its cost today (log scale)",
                scale=alt.Scale(type="log", nice=False),
                axis=alt.Axis(format="~g", values=[0.001, 0.01, 0.1, 1, 10, 100]),
            ),
            y=alt.Y(
                "density:Q", title="Density of tasks", axis=alt.Axis(labels=False, ticks=False)
            ).stack(None),
            color=alt.Color(
                "part:N", title=None, scale=alt.Scale(domain=domain, range=[CATEGORY[0], MUTED])
            ),
            tooltip=tips("part:N", "value_over_cost:Q"),
        )
    )
    cost = reference(table, x=1)
    return sized(alt.layer(area, cost, data=table), height=220)


def task_cost(table: pd.DataFrame) -> alt.LayerChart:
    """Cost of an accepted task by part, log scale. Columns: date, quarter, part, value, low, high."""
    return _banded(table, domain=["Tokens", "Human review"], y=log_y("USD a task"))


def growth_parts(table: pd.DataFrame) -> alt.LayerChart:
    """Mean log growth of tokens by segment and part, two dates. Columns: segment, until, part, rank, value."""
    lines = "split(replace(datum.label, ' and ', ', and '), ', ')"
    y = alt.Y("segment:N", title=None, sort=SEGMENTS, axis=alt.Axis(labelExpr=lines))
    bars = (
        alt.Chart(table)
        .mark_bar(height=12)
        .encode(
            x=alt.X(
                "value:Q",
                title="Growth of tokens, in logs",
                axis=alt.Axis(values=[0, 1, 2, 3, 4, 5, 6, 7], format="~g"),
            ).stack("zero"),
            y=y,
            yOffset=alt.YOffset("until:N"),
            color=alt.Color("part:N", title=None, scale=palette(PARTS)),
            order=alt.Order("rank:Q"),
            tooltip=tips("segment:N", "until:N", "part:N", alt.Tooltip("value:Q", format=".2f")),
        )
    )
    return sized(alt.layer(bars, data=table), height=200)


def multipliers(table: pd.DataFrame) -> alt.LayerChart:
    """What multiplies tokens, log scale, names above the points. Columns: what, times, period."""
    y = alt.Y("what:N", title=None, sort=list(table["what"]), axis=None)
    base = alt.Chart(table).encode(y=y)
    points = base.mark_point(filled=True, size=90, yOffset=8, color=CATEGORY[0]).encode(
        x=alt.X(
            "times:Q",
            title="Times (log scale)",
            scale=alt.Scale(type="log", domain=[1, 5000]),
            axis=alt.Axis(format=",~g", values=[1, 10, 100, 1000]),
        ),
        tooltip=tips("what:N", "times:Q", "period:N"),
    )
    names = base.mark_text(align="left", dx=2, dy=-7).encode(
        x=alt.datum(1), text=alt.Text("what:N")
    )
    return sized(alt.layer(points, names, data=table), height=40 + 34 * len(table))


def robots(table: pd.DataFrame) -> alt.LayerChart:
    """Probability that robots buy compute, and their part. Columns: date, quarter, what, value."""
    domain = ["They buy compute, probability", "Their part of compute, mean"]
    return _shares(table, domain=domain)


def haircut(table: pd.DataFrame) -> alt.LayerChart:
    """Tasks that vanish and spending lost. Columns: date, quarter, part, value, low, high."""
    y = alt.Y("value:Q", title="Share", axis=PERCENT).stack(None)
    return _banded(table, domain=["Tasks gone", "Spending lost, prices solved"], y=y)


def premium(table: pd.DataFrame) -> alt.LayerChart:
    """Premium of best models over cheap ones. Columns: date, quarter, part, value, low, high."""
    y = alt.Y("value:Q", title="Premium over cheap models", axis=PERCENT).stack(None)
    return _banded(table, domain=["Premium in the market"], y=y)


def payroll(table: pd.DataFrame) -> alt.LayerChart:
    """Token spend over payroll by relative cost of token work, log scales.

    Columns: relative_cost, ratio, sigma, market_low, market_high.
    """
    market = (
        alt.Chart(table)
        .mark_rect(color=MUTED, opacity=BAND_OPACITY / 2)
        .encode(x=alt.X("min(market_low):Q"), x2=alt.X2("max(market_high):Q"))
    )
    parity = reference(table, y=1)
    lines = (
        alt.Chart(table)
        .mark_line()
        .encode(
            x=alt.X(
                "relative_cost:Q",
                title="Token cost over wage, times mid-2026 (log)",
                scale=alt.Scale(type="log", nice=False),
                axis=alt.Axis(format="~g", values=[0.001, 0.01, 0.1, 1, 10]),
            ),
            y=alt.Y(
                "ratio:Q",
                title="Token spend over payroll (log scale)",
                scale=alt.Scale(type="log"),
                axis=alt.Axis(format="~g", values=[0.01, 0.1, 1, 10, 100]),
            ),
            color=alt.Color("sigma:N", title="Elasticity of substitution", sort=None),
            tooltip=tips("sigma:N", "relative_cost:Q", "ratio:Q"),
        )
    )
    return sized(alt.layer(market, parity, lines, data=table))


def two_readings(table: pd.DataFrame) -> alt.LayerChart:
    """Spending under two readings of one jump. Columns: date, quarter, part, value, low, high."""
    y = log_y("USD billion a year")
    return _banded(table, domain=["A common shock", "Contagion"], y=y)


def _banded(table: pd.DataFrame, *, domain: list[str], y: alt.Y) -> alt.LayerChart:
    color = alt.Color("part:N", title=None, scale=palette(domain))
    if len(domain) == 1:
        color = alt.Color("part:N", legend=None, scale=palette(domain))
    tooltip = tips("part:N", "quarter:N", "value:Q", "low:Q", "high:Q")
    return sized(band_and_line(table, y=y, color=color).encode(tooltip=tooltip))


def _shares(table: pd.DataFrame, *, domain: list[str]) -> alt.LayerChart:
    drawn = lines(
        table,
        y=alt.Y("value:Q", title="Share", scale=alt.Scale(domain=[0, 1]), axis=PERCENT),
        color=alt.Color("what:N", title=None, scale=palette(domain)),
        tooltip=tips("what:N", "quarter:N", alt.Tooltip("value:Q", format=".0%")),
    )
    return sized(drawn, height=240)
