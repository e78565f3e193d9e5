"""Charts of the token market."""

from __future__ import annotations

import altair as alt
import pandas as pd

from token_economics.figures.parts import (
    band_and_line,
    interval,
    lines,
    observed,
    palette,
    point,
    share_y,
    sized,
    time_axis,
    tips,
)
from token_economics.figures.style import BAND_OPACITY, CATEGORY, GRID, INK, MUTED

LABELS = alt.Axis(labelLimit=190)
WIDE_LABELS = alt.Axis(labelLimit=260)


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
    tooltip = tips("what:N", "quarter:N", "value:Q", "low:Q", "high:Q")
    return sized(band_and_line(table, y=y, color=color).encode(tooltip=tooltip))


def states(table: pd.DataFrame) -> alt.LayerChart:
    """Probability of each state by quarter. Columns: date, quarter, state, probability."""
    domain = ["Price below full cost", "H100 not worth running"]
    drawn = lines(
        table,
        y=share_y("Share of draws", "probability"),
        color=alt.Color("state:N", title=None, scale=palette(domain)),
        strokeDash=alt.StrokeDash("state:N", title=None, scale=alt.Scale(domain=domain)),
        tooltip=tips("state:N", "quarter:N", alt.Tooltip("probability:Q", format=".0%")),
    )
    return sized(drawn)


def shares(table: pd.DataFrame) -> alt.LayerChart:
    """Parts of spending in some quarters: mean and 90 % interval, a row a part.

    Columns: quarter, part, rank, share, low, high (share).
    """
    base = alt.Chart(table).encode(
        y=alt.Y("part:N", title=None, sort=alt.EncodingSortField("rank"), axis=LABELS),
        yOffset=alt.YOffset("quarter:N"),
        color=alt.Color("quarter:N", title=None, scale=palette(sorted(set(table["quarter"])))),
    )
    axis = alt.Axis(format="%", tickCount=6)
    spread = interval(
        base,
        x=alt.X("low:Q", title="Share of spending", scale=alt.Scale(nice=False), axis=axis),
        x2=alt.X2("high:Q"),
    )
    percent = [alt.Tooltip(f"{name}:Q", format=".0%") for name in ("share", "low", "high")]
    mean = point(base, x=alt.X("share:Q"), tooltip=tips("part:N", "quarter:N", *percent))
    return sized(alt.layer(spread, mean, data=table), 62 * table["part"].nunique())


def margins(table: pd.DataFrame) -> alt.LayerChart:
    """Margin of the market's labs with its 90 % band, and margins as reported.

    Columns: date, period, part, entity, definition, value, low, high (share of revenue).
    """
    base = alt.Chart(table).encode(x=time_axis())
    ours = base.transform_filter("datum.part == 'Market'")
    y = alt.Y(
        "value:Q",
        title="Gross margin",
        axis=alt.Axis(format="%", tickCount=6),
        scale=alt.Scale(domain=[-1, 1], clamp=True),
    ).stack(None)
    band = ours.mark_area(opacity=BAND_OPACITY, color=CATEGORY[0]).encode(
        y=alt.Y("low:Q"), y2=alt.Y2("high:Q")
    )
    line = ours.mark_line(color=CATEGORY[0]).encode(y=y)
    definitions = sorted(set(table.loc[table["part"] != "Market", "definition"]))
    vendors = alt.Scale(domain=["Anthropic", "OpenAI"], range=list(CATEGORY[1:3]))
    points = observed(
        base.transform_filter("datum.part != 'Market'"),
        y=y,
        shape=alt.Shape(
            "definition:N",
            title=None,
            scale=alt.Scale(domain=definitions),
            legend=alt.Legend(symbolStrokeColor=MUTED),
        ),
        color=alt.Color("entity:N", title=None, scale=vendors),
        tooltip=tips("entity:N", "definition:N", "period:N", alt.Tooltip("value:Q", format=".0%")),
    )
    return sized(alt.layer(band, line, points, data=table), 340)


def below_cost(table: pd.DataFrame) -> alt.LayerChart:
    """Share of draws below full cost by two assumptions, in fifths, as a labelled grid.

    Columns: ceiling, ceiling_rank, tokens, tokens_rank, share, draws.
    """
    x = alt.X(
        "ceiling:N",
        title="Ceiling of tasks, times the end of 2025",
        sort=alt.EncodingSortField("ceiling_rank"),
        axis=alt.Axis(labelAngle=0, labelLimit=90),
    )
    y = alt.Y(
        "tokens:N",
        title="Growth of tokens a task, % a year",
        sort=alt.EncodingSortField("tokens_rank", order="descending"),
    )
    base = alt.Chart(table).encode(x=x, y=y)
    cells = base.mark_rect(opacity=0.85).encode(
        color=alt.Color(
            "share:Q",
            title="Below full cost",
            scale=alt.Scale(
                domain=[0, 0.5, 1], range=[CATEGORY[0], GRID, CATEGORY[1]], interpolate="rgb"
            ),
            legend=None,
        ),
        tooltip=tips("ceiling:N", "tokens:N", alt.Tooltip("share:Q", format=".0%"), "draws:Q"),
    )
    # dark on the full colours, and whatever reads on the pale middle, which a dark page darkens
    pale = alt.condition("abs(datum.share - 0.5) < 0.32", alt.value(INK), alt.value("black"))
    text = base.mark_text(fontWeight="bold").encode(
        text=alt.Text("share:Q", format=".0%"), color=pale
    )
    return sized(alt.layer(cells, text, data=table), 260)


def targets(table: pd.DataFrame) -> alt.LayerChart:
    """Model over observed with 90 % intervals, and the tolerance set before fitting, log scale.

    Columns: label, value, low, high, accepted_low, accepted_high (times the observed figure), met.
    """
    ratio = alt.Scale(type="log", nice=False, padding=12)
    base = alt.Chart(table).encode(y=alt.Y("label:N", title=None, sort=None, axis=WIDE_LABELS))
    axis = alt.Axis(format="~g", values=[0.25, 0.5, 1, 2, 4])
    accepted = base.mark_bar(height=18, color=MUTED, opacity=BAND_OPACITY).encode(
        x=alt.X("accepted_low:Q", title="Model over observed (log scale)", scale=ratio, axis=axis),
        x2=alt.X2("accepted_high:Q"),
    )
    color = alt.Color("met:N", title="Median within tolerance", scale=palette(["yes", "no"]))
    spread = interval(base, x=alt.X("low:Q"), x2=alt.X2("high:Q"), color=color)
    middle = point(
        base,
        x=alt.X("value:Q"),
        color=color,
        tooltip=tips("label:N", "value:Q", "low:Q", "high:Q", "met:N"),
    )
    return sized(alt.layer(accepted, spread, middle, data=table), 340)


def frozen(table: pd.DataFrame) -> alt.LayerChart:
    """Frozen forecasts with 80 % intervals and what came, as multiples of the end of 2025.

    Columns: label, forecast, value, low, high, observed.
    """
    ratio = alt.Scale(type="log", nice=False, padding=12)
    axis = alt.Axis(format="~g", values=[0.5, 1, 2, 4, 8, 16])
    base = alt.Chart(table).encode(y=alt.Y("label:N", title=None, sort=None))
    color = alt.Color("forecast:N", title=None, scale=palette(["Model", "Random walk"]))
    offset = alt.YOffset("forecast:N")
    spread = interval(
        base,
        x=alt.X("low:Q", title="Times the end of 2025 (log scale)", scale=ratio, axis=axis),
        x2=alt.X2("high:Q"),
        color=color,
        yOffset=offset,
    )
    middle = point(
        base, x=alt.X("value:Q"), color=color, yOffset=offset,
        tooltip=tips("label:N", "forecast:N", "value:Q", "low:Q", "high:Q", "observed:Q"),
    )  # fmt: skip
    came = observed(base, color=alt.value(MUTED), x=alt.X("observed:Q"))
    return sized(alt.layer(spread, middle, came, data=table), 380)


def effects(table: pd.DataFrame) -> alt.LayerChart:
    """Total effect of assumptions on headlines. Columns: label, result, effect (share)."""
    points = (
        alt.Chart(table)
        .mark_point(size=70)
        .encode(
            x=alt.X(
                "effect:Q",
                title="Share of variance that it has a part in",
                axis=alt.Axis(format="%"),
            ),
            y=alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=330)),
            color=alt.Color("result:N", title=None, scale=alt.Scale(range=list(CATEGORY[:5]))),
            shape=alt.Shape("result:N", title=None),
            tooltip=tips("label:N", "result:N", alt.Tooltip("effect:Q", format=".0%")),
        )
    )
    return sized(alt.layer(points, data=table), 380)
