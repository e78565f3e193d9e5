"""Charts of the prices of a token."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from token_economics.figures.parts import (
    band_and_line,
    factor_y,
    interval,
    lines,
    named_rows,
    palette,
    point,
    reference,
    sized,
    tips,
)
from token_economics.figures.style import CATEGORY

PRICES = [
    "Mix bought (unit value)",
    "Same listing (matched models)",
    "Same tiers (fixed mix)",
    "Same quality (regression)",
]
TIERS = ["top tier", "middle tier", "small tier"]
BASES = ["Regression, this panel", "Cheapest of a class, this panel", "Published"]
OBJECTS = ["Given quality", "Same listing", "Same tiers", "Mix bought"]


def _months() -> alt.X:
    return alt.X(
        "date:T",
        title=None,
        axis=alt.Axis(format="%b %Y", tickCount={"interval": "month", "step": 6}, grid=False),
    )


def price_paths(table: pd.DataFrame) -> alt.LayerChart:
    """Four prices of a token, log scale, first month 1. Columns: date, price, value, low, high."""
    color = alt.Color("price:N", title=None, scale=palette(PRICES))
    chart = band_and_line(table, x=_months(), y=factor_y("Price, January 2025 = 1"), color=color)
    return sized(
        chart.encode(tooltip=tips("price:N", "date:T", alt.Tooltip("value:Q", format=".2f")))
    )


def decline_estimates(table: pd.DataFrame) -> alt.LayerChart:
    """Yearly fall at given quality by estimate, log scale. Columns: label, basis, value, low, high."""
    rows, names = named_rows(table, "label", 2)
    base = rows.encode(
        color=alt.Color("basis:N", title=None, scale=palette(BASES)),
        tooltip=tips("label:N", "value:Q", "low:Q", "high:Q"),
    )
    x: Any = alt.X(
        "low:Q",
        title="Times cheaper a year (log scale)",
        scale=alt.Scale(type="log", domain=[2, 1000], nice=False),
        axis=alt.Axis(format=",~g", values=[2, 5, 10, 20, 50, 100, 200, 500, 1000]),
    )
    bars = interval(base, x=x, x2=alt.X2("high:Q"))
    points = point(base, x=alt.X("value:Q"))
    return sized(alt.layer(bars, points, names, data=table), height=600)


def tier_shares(table: pd.DataFrame) -> alt.LayerChart:
    """Share of each price tier by month. Columns: date, period, entity, value (percent)."""
    drawn = lines(
        table,
        x=_months(),
        y=alt.Y("value:Q", title="Percent of the models covered"),
        color=alt.Color("entity:N", title=None, scale=palette(TIERS)),
        tooltip=tips("entity:N", "period:N", "value:Q"),
    )
    return sized(drawn, height=240)


def specification_curve(table: pd.DataFrame) -> alt.LayerChart:
    """Every specification, slowest fall first, with its interval, log scale.

    Columns: rank, measure, price, sample, controls, form, estimator, value, low, high, models.
    """
    names = list(table["measure"].unique())
    base = alt.Chart(table).encode(
        x=alt.X(
            "rank:Q",
            title="Specification, slowest fall first",
            scale=alt.Scale(domain=[0, len(table) + 1], nice=False),
            axis=alt.Axis(grid=False),
        ),
        color=alt.Color("measure:N", title=None, scale=palette(names)),
        tooltip=tips("measure:N", "price:N", "sample:N", "controls:N", "form:N", "estimator:N", "value:Q", "low:Q", "high:Q"),
    )  # fmt: skip
    y: Any = alt.Y(
        "low:Q",
        title="Times cheaper a year (log scale)",
        scale=alt.Scale(type="log", domain=[0.7, 260], nice=False),
        axis=alt.Axis(format="~g", values=[1, 2, 5, 10, 20, 50, 100, 200]),
    )
    bars = interval(base, dense=True, y=y, y2=alt.Y2("high:Q"))
    points = base.mark_point(size=22).encode(y=alt.Y("value:Q"))
    none = reference(table, y=1)
    return sized(alt.layer(none, bars, points, data=table), height=340)


def influence(table: pd.DataFrame) -> alt.LayerChart:
    """Median and quartiles of the decline for each option of each choice.

    Columns: label, choice, median, low, high, share_of_spread.
    """
    rows, names = named_rows(table, "label", 2)
    base = rows.encode(
        color=alt.Color("choice:N", title=None, scale=palette(list(table["choice"].unique()))),
        tooltip=tips("label:N", "median:Q", "low:Q", "high:Q", "share_of_spread:Q"),
    )
    x: Any = alt.X(
        "low:Q",
        title="Times cheaper a year (log scale)",
        scale=alt.Scale(type="log", domain=[2, 50], nice=False),
        axis=alt.Axis(format="~g", values=[2, 5, 10, 20, 50]),
    )
    bars = interval(base, x=x, x2=alt.X2("high:Q"))
    points = point(base, x=alt.X("median:Q"))
    return sized(alt.layer(bars, points, names, data=table), height=460)


def claim_readings(table: pd.DataFrame, claimed: list[float]) -> alt.LayerChart:
    """How many times cheaper since GPT-4, by reading, against the claimed multiples.

    Columns: object, reading, multiple, low, high.
    """
    rows, names = named_rows(table, "reading", 0.3)
    base = rows.encode(
        color=alt.Color("object:N", title=None, scale=palette(OBJECTS)),
        tooltip=tips("object:N", "reading:N", "multiple:Q", "low:Q", "high:Q"),
    )
    x: Any = alt.X(
        "low:Q",
        title="Times cheaper (log scale)",
        scale=alt.Scale(type="log", domain=[0.3, 1500], nice=False),
        axis=alt.Axis(format="~g", values=[1, 10, 100, 600]),
    )
    bars = interval(base, x=x, x2=alt.X2("high:Q"))
    points = point(base, x=alt.X("multiple:Q"))
    lines = [reference(table, x=multiple) for multiple in claimed]
    return sized(alt.layer(*lines, bars, points, names, data=table), height=520)


def paid_steps(table: pd.DataFrame) -> alt.LayerChart:
    """Factors between list price at a fixed mix and the price paid. Columns: step, value, low, high."""
    rows, names = named_rows(table, "step", 0.25)
    base = rows.encode(tooltip=tips("step:N", "value:Q", "low:Q", "high:Q"))
    x: Any = alt.X(
        "low:Q",
        title="Last over first (log scale)",
        scale=alt.Scale(type="log", domain=[0.25, 4], nice=False),
        axis=alt.Axis(format="~g", values=[0.25, 0.5, 1, 2, 4]),
    )
    bars = interval(base, color=alt.value(CATEGORY[0]), x=x, x2=alt.X2("high:Q"))
    points = point(base, color=alt.value(CATEGORY[0]), x=alt.X("value:Q"))
    even = reference(table, x=1)
    return sized(alt.layer(even, bars, points, names, data=table), height=230)
