"""Charts of the token market."""

from __future__ import annotations

import altair as alt
import pandas as pd

from token_economics.figures.parts import band_and_line, palette, sized, time_axis
from token_economics.style import BAND_OPACITY, CATEGORY, MUTED

SEGMENTS = [
    "Cheap models",
    "Best models, no agents",
    "Agents and coding",
    "Subscriptions",
    "Robotics",
]
EARNERS = [
    "Labs, before training and staff",
    "Scarcity rent of owners",
    "Capital at full cost",
    "Running cost",
]


def price(table: pd.DataFrame) -> alt.LayerChart:
    """Clearing price of compute and full cost, log scale, with 90 % bands.

    Columns: date, quarter, what, value, low, high (USD/H100e-hour).
    """
    color = alt.Color(
        "what:N", title=None, scale=palette(["Clearing price", "Full cost of new compute"])
    )
    y = alt.Y(
        "value:Q",
        title="USD per H100e-hour (log scale)",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(format="~g", values=[0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30]),
    ).stack(None)
    tooltip = ["what:N", "quarter:N", "value:Q", "low:Q", "high:Q"]
    return sized(band_and_line(table, y=y, color=color).encode(tooltip=tooltip))


def states(table: pd.DataFrame) -> alt.LayerChart:
    """Probability of each state by quarter. Columns: date, quarter, state, probability."""
    domain = ["Price below full cost", "H100 not worth running"]
    lines = (
        alt.Chart(table)
        .mark_line()
        .encode(
            x=time_axis(),
            y=alt.Y(
                "probability:Q",
                title="Share of draws",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%"),
            ),
            color=alt.Color("state:N", title=None, scale=palette(domain)),
            strokeDash=alt.StrokeDash("state:N", title=None, scale=alt.Scale(domain=domain)),
            tooltip=["state:N", "quarter:N", alt.Tooltip("probability:Q", format=".0%")],
        )
    )
    return sized(alt.layer(lines, data=table))


def segment_shares(table: pd.DataFrame) -> alt.LayerChart:
    """Mean share of segments in spending, stacked. Columns: date, quarter, segment, rank, share."""
    area = (
        alt.Chart(table)
        .mark_area()
        .encode(
            x=time_axis(),
            y=alt.Y(
                "share:Q",
                title="Share of spending",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%"),
            ).stack("zero"),
            color=alt.Color("segment:N", title=None, scale=palette(SEGMENTS)),
            order=alt.Order("rank:Q"),
            tooltip=["segment:N", "quarter:N", alt.Tooltip("share:Q", format=".0%")],
        )
    )
    return sized(alt.layer(area, data=table))


def who_earns(table: pd.DataFrame) -> alt.LayerChart:
    """Split of spending in some quarters. Columns: quarter, who, rank, share."""
    bars = (
        alt.Chart(table)
        .mark_bar()
        .encode(
            x=alt.X(
                "share:Q",
                title="Share of spending",
                scale=alt.Scale(nice=False),
                axis=alt.Axis(format="%", tickCount=6),
            ).stack("zero"),
            y=alt.Y("quarter:N", title=None),
            color=alt.Color("who:N", title=None, scale=palette(EARNERS)),
            order=alt.Order("rank:Q"),
            tooltip=["who:N", "quarter:N", alt.Tooltip("share:Q", format=".0%")],
        )
    )
    return sized(alt.layer(bars, data=table), 220)


def targets(table: pd.DataFrame) -> alt.LayerChart:
    """Model over observed with 90 % intervals, and the tolerance set before fitting, log scale.

    Columns: label, value, low, high, accepted_low, accepted_high (times the observed figure), met.
    """
    ratio = alt.Scale(type="log", nice=False, padding=12)
    base = alt.Chart(table).encode(y=alt.Y("label:N", title=None, sort=None))
    axis = alt.Axis(format="~g", values=[0.25, 0.5, 1, 2, 4])
    accepted = base.mark_bar(height=18, color=MUTED, opacity=BAND_OPACITY).encode(
        x=alt.X("accepted_low:Q", title="Model over observed (log scale)", scale=ratio, axis=axis),
        x2="accepted_high:Q",
    )
    color = alt.Color("met:N", title="Median within tolerance", scale=palette(["yes", "no"]))
    interval = base.mark_rule(strokeWidth=3).encode(x="low:Q", x2="high:Q", color=color)
    middle = base.mark_point().encode(
        x="value:Q", color=color, tooltip=["label:N", "value:Q", "low:Q", "high:Q", "met:N"]
    )
    return sized(alt.layer(accepted, interval, middle, data=table), 340)


def frozen(table: pd.DataFrame) -> alt.LayerChart:
    """Frozen forecasts with 80 % intervals and what came, as multiples of the end of 2025.

    Columns: label, forecast, value, low, high, observed.
    """
    ratio = alt.Scale(type="log", nice=False, padding=12)
    axis = alt.Axis(format="~g", values=[0.5, 1, 2, 4, 8, 16])
    base = alt.Chart(table).encode(y=alt.Y("label:N", title=None, sort=None))
    color = alt.Color("forecast:N", title=None, scale=palette(["Model", "Random walk"]))
    offset = alt.YOffset("forecast:N")
    interval = base.mark_rule(strokeWidth=4).encode(
        x=alt.X("low:Q", title="Times the end of 2025 (log scale)", scale=ratio, axis=axis),
        x2="high:Q",
        color=color,
        yOffset=offset,
    )
    middle = base.mark_point().encode(
        x="value:Q", color=color, yOffset=offset,
        tooltip=["label:N", "forecast:N", "value:Q", "low:Q", "high:Q", "observed:Q"],
    )  # fmt: skip
    outcome = base.mark_tick(color=CATEGORY[2], thickness=4, size=24).encode(x="observed:Q")
    return sized(alt.layer(interval, middle, outcome, data=table), 380)


def effects(table: pd.DataFrame) -> alt.LayerChart:
    """Total effect of assumptions on headlines. Columns: label, result, effect (share)."""
    points = (
        alt.Chart(table)
        .mark_point(size=70)
        .encode(
            x=alt.X(
                "effect:Q",
                title="Share of variance that goes if it were known",
                axis=alt.Axis(format="%"),
            ),
            y=alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=330)),
            color=alt.Color("result:N", title=None, scale=alt.Scale(range=list(CATEGORY[:5]))),
            shape=alt.Shape("result:N", title=None),
            tooltip=["label:N", "result:N", alt.Tooltip("effect:Q", format=".0%")],
        )
    )
    return sized(alt.layer(points, data=table), 380)
