"""Charts of the prices of a token."""

from __future__ import annotations

import altair as alt
import pandas as pd

from token_economics.figures import axes, parts
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
CHEAPER = "Times cheaper a year"
MONTHS = axes.dates("%b %Y", "month", 6)


def price_paths(table: pd.DataFrame) -> alt.LayerChart:
    """Four prices of a token, log scale, first month 1. Columns: date, price, value, low, high."""
    y, said = axes.factor_y("Price, January 2025 = 1"), ("price:N", "date:T", "value:Q .2f")
    return parts.bands(table, "price", PRICES, x=MONTHS, y=y, said=said)


def decline_estimates(table: pd.DataFrame) -> alt.LayerChart:
    """Yearly fall at given quality by estimate, log scale. Columns: label, basis, value, low, high."""
    ticks, color = [2, 5, 10, 20, 50, 100, 200, 500, 1000], axes.colour("basis", BASES)
    x = axes.log_x("low", CHEAPER, ticks, ",~g", domain=[2, 1000], nice=False)
    said = ("label:N", "value:Q", "low:Q", "high:Q")
    return parts.named_intervals(table, "label", x, color=color, said=said, height=600)


def tier_shares(table: pd.DataFrame) -> alt.LayerChart:
    """Share of each price tier by month. Columns: date, period, entity, value (percent)."""
    y = axes.upward("value", "Percent of the models covered")
    return parts.paths(table, "entity", TIERS, x=MONTHS, y=y, when="period:N", height=240)


def specification_curve(table: pd.DataFrame) -> alt.LayerChart:
    """Every specification, slowest fall first, with its interval, log scale.

    Columns: rank, measure, price, sample, controls, form, estimator, value, low, high, models.
    """
    said = ["measure:N", "price:N", "sample:N", "controls:N", "form:N", "estimator:N"]
    scale = {"domain": [0, len(table) + 1], "nice": False}
    base = alt.Chart(table).encode(
        x=axes.across("rank", "Specification, slowest fall first", scale, grid=False),
        color=axes.colour("measure", list(table["measure"].unique())),
        tooltip=axes.tips(*said, "value:Q", "low:Q", "high:Q"),
    )
    ticks = [1, 2, 5, 10, 20, 50, 100, 200]
    y = axes.log_upward("low", CHEAPER, ticks, domain=[0.7, 260], nice=False)
    bars = parts.interval(base, dense=True, y=y, y2=alt.Y2("high:Q"))
    points = base.mark_point(size=22).encode(y=alt.Y("value:Q"))
    return parts.layered(table, parts.reference(table, y=1), bars, points, height=340)


def influence(table: pd.DataFrame) -> alt.LayerChart:
    """Median and quartiles of the decline for each option of each choice.

    Columns: label, choice, median, low, high, share_of_spread.
    """
    return parts.named_intervals(
        table,
        "label",
        axes.log_x("low", CHEAPER, [2, 5, 10, 20, 50], domain=[2, 50], nice=False),
        color=axes.colour("choice", list(table["choice"].unique())),
        said=("label:N", "median:Q", "low:Q", "high:Q", "share_of_spread:Q"),
        middle="median",
        height=460,
    )


def claim_readings(table: pd.DataFrame, claimed: list[float]) -> alt.LayerChart:
    """How many times cheaper since GPT-4, by reading, against the claimed multiples.

    Columns: object, reading, multiple, low, high.
    """
    return parts.named_intervals(
        table,
        "reading",
        axes.log_x("low", "Times cheaper", [1, 10, 100, 600], domain=[0.3, 1500], nice=False),
        color=axes.colour("object", OBJECTS),
        said=("object:N", "reading:N", "multiple:Q", "low:Q", "high:Q"),
        middle="multiple",
        at=claimed,
        height=520,
    )


def paid_steps(table: pd.DataFrame) -> alt.LayerChart:
    """Factors between list price at a fixed mix and the price paid. Columns: step, value, low, high."""
    x = axes.log_x("low", "Last over first", [0.25, 0.5, 1, 2, 4], domain=[0.25, 4], nice=False)
    color, said = alt.value(CATEGORY[0]), ("step:N", "value:Q", "low:Q", "high:Q")
    return parts.named_intervals(table, "step", x, color=color, said=said, at=[1], height=230)


def panel_indices(table: pd.DataFrame) -> alt.LayerChart:
    """Indexes of one panel, log scale, first day 1. Columns: date, index, value, period."""
    return parts.named_lines(table, "index", y=axes.log_y("Price, first day = 1"))


def change_frequency(table: pd.DataFrame) -> alt.LayerChart:
    """Share of prices that change within a month, by seller, percent.

    Columns: seller, role, value, low, high, pairs, changed.
    """
    x = axes.across(
        "low",
        "Percent of prices that change in a month",
        {"domain": [0, 8], "nice": False, "clamp": True},
    )
    said = ("seller:N", "pairs:Q ,", "changed:Q ,", "value:Q", "low:Q", "high:Q")
    color = axes.colour("role", list(dict.fromkeys(table["role"])))
    return parts.named_intervals(table, "seller", x, color=color, said=said, height=30 * len(table))


def dispersion(table: pd.DataFrame) -> alt.LayerChart:
    """Spread of one good's price over hosts by day: middle half of the goods and their median.

    Columns: date, period, value, low, high (highest price over lowest).
    """
    y, said = (
        axes.upward("value", "Highest price over lowest"),
        ("period:N", "value:Q .2f", "low:Q .2f", "high:Q .2f", "goods:Q"),
    )
    return parts.bands(table, "what", x=MONTHS, y=y, said=said, legend=False)


def premium_by_age(table: pd.DataFrame) -> alt.LayerChart:
    """Price of a model over its vendor's other models, by months since it was listed, log scale.

    Columns: age_months, value, low, high, listings.
    """
    base = alt.Chart(table).encode(
        x=axes.across("age_months", "Months since the model was listed"),
        tooltip=axes.tips("age_months:Q", "value:Q .2f", "low:Q .2f", "high:Q .2f", "listings:Q"),
    )
    y = axes.factor_y("Over its vendor's other models")
    line = base.mark_line(color=CATEGORY[0]).encode(y=y)
    return parts.layered(table, parts.reference(table, y=1), parts.band(base), line)
