"""Charts of the token market."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from token_economics.figures import axes, parts
from token_economics.figures.style import BAND_OPACITY, CATEGORY, GRID, INK, MUTED

OVER_OBSERVED: dict[str, Any] = {"nice": False, "padding": 12}


def price(table: pd.DataFrame) -> alt.LayerChart:
    """Clearing price of compute and full cost, log scale, with 90 % bands.

    Columns: date, quarter, what, value, low, high (USD/H100e-hour).
    """
    names = ["Clearing price", "Full cost of new compute"]
    y = axes.log_y("USD per H100e-hour", [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30], "~g")
    return parts.bands(table, "what", names, y=y)


def states(table: pd.DataFrame) -> alt.LayerChart:
    """Probability of each state by quarter. Columns: date, quarter, state, probability."""
    names = ["Price below full cost", "H100 not worth running"]
    y, dash = axes.share_y("Share of draws", "probability"), axes.dash("state", {"domain": names})
    said = ("state:N", "quarter:N", "probability:Q .0%")
    return parts.paths(table, "state", names, y=y, said=said, strokeDash=dash)


def shares(table: pd.DataFrame) -> alt.LayerChart:
    """Parts of spending in some quarters: mean and 90 % interval, a row a part.

    Columns: quarter, part, rank, share, low, high (share).
    """
    rows = alt.Chart(table).encode(
        y=axes.categories("part", sort=alt.EncodingSortField("rank"), labelLimit=190),
        yOffset=alt.YOffset("quarter:N"),
        color=axes.colour("quarter", sorted(set(table["quarter"]))),
    )
    x = axes.across("low", "Share of spending", {"nice": False}, format="%", tickCount=6)
    said = axes.tips("part:N", "quarter:N", "share:Q .0%", "low:Q .0%", "high:Q .0%")
    drawn = parts.intervals(rows, x, middle="share", tooltip=said)
    return parts.layered(table, *drawn, height=62 * table["part"].nunique())


def margins(table: pd.DataFrame) -> alt.LayerChart:
    """Margin of the market's labs with its 90 % band, and margins as reported.

    Columns: date, period, part, entity, definition, value, low, high (share of revenue).
    """
    base = alt.Chart(table).encode(x=axes.time_axis())
    ours = base.transform_filter("datum.part == 'Market'")
    scale = {"domain": [-1, 1], "clamp": True}
    y = axes.upward("value", "Gross margin", scale, format="%", tickCount=6).stack(None)
    line = ours.mark_line(color=CATEGORY[0]).encode(y=y)
    definitions = sorted(set(table.loc[table["part"] != "Market", "definition"]))
    vendors = alt.Scale(domain=["Anthropic", "OpenAI"], range=list(CATEGORY[1:3]))
    points = parts.observed(
        base.transform_filter("datum.part != 'Market'"),
        y=y,
        shape=alt.Shape(
            "definition:N",
            title=None,
            scale=alt.Scale(domain=definitions),
            legend=alt.Legend(symbolStrokeColor=MUTED),
        ),
        color=axes.colour("entity", scale=vendors),
        tooltip=axes.tips("entity:N", "definition:N", "period:N", "value:Q .0%"),
    )
    return parts.layered(table, parts.band(ours), line, points, height=340)


def below_cost(table: pd.DataFrame) -> alt.LayerChart:
    """Share of draws below full cost by two assumptions, in fifths, as a labelled grid.

    Columns: ceiling, ceiling_rank, tokens, tokens_rank, share, draws.
    """
    base = alt.Chart(table).encode(
        x=alt.X(
            "ceiling:N",
            title="Ceiling of tasks, times the end of 2025",
            sort=alt.EncodingSortField("ceiling_rank"),
            axis=alt.Axis(labelAngle=0, labelLimit=90),
        ),
        y=alt.Y(
            "tokens:N",
            title="Growth of tokens a task, % a year",
            sort=alt.EncodingSortField("tokens_rank", order="descending"),
        ),
    )
    ends = [CATEGORY[0], GRID, CATEGORY[1]]
    scale = alt.Scale(domain=[0, 0.5, 1], range=ends, interpolate="rgb")
    cells = base.mark_rect(opacity=0.85).encode(
        color=alt.Color("share:Q", title="Below full cost", scale=scale, legend=None),
        tooltip=axes.tips("ceiling:N", "tokens:N", "share:Q .0%", "draws:Q"),
    )
    # dark on the full colours, and whatever reads on the pale middle, which a dark page darkens
    pale = alt.condition("abs(datum.share - 0.5) < 0.32", alt.value(INK), alt.value("black"))
    text = base.mark_text(fontWeight="bold").encode(
        text=alt.Text("share:Q", format=".0%"), color=pale
    )
    return parts.layered(table, cells, text, height=260)


def targets(table: pd.DataFrame) -> alt.LayerChart:
    """Model over observed with 90 % intervals, and the tolerance set before fitting, log scale.

    Columns: label, value, low, high, accepted_low, accepted_high (times the observed figure), met.
    """
    base = alt.Chart(table).encode(y=axes.categories("label", labelLimit=260))
    ticks = [0.25, 0.5, 1, 2, 4]
    accepted = base.mark_bar(height=18, color=MUTED, opacity=BAND_OPACITY).encode(
        x=axes.log_x("accepted_low", "Model over observed", ticks, **OVER_OBSERVED),
        x2=alt.X2("accepted_high:Q"),
    )
    rows = base.encode(color=axes.colour("met", ["yes", "no"], title="Median within tolerance"))
    said = axes.tips("label:N", "value:Q", "low:Q", "high:Q", "met:N")
    drawn = parts.intervals(rows, alt.X("low:Q"), tooltip=said)
    return parts.layered(table, accepted, *drawn, height=340)


def taught(table: pd.DataFrame) -> alt.LayerChart:
    """Assumptions before and after the record, in standard deviations of their own ranges.

    Columns: label, when (its own range, or after the record), value, low, high.
    """
    whens = list(dict.fromkeys(table["when"]))
    rows = alt.Chart(table).encode(
        y=axes.categories("label", sort=list(dict.fromkeys(table["label"])), labelLimit=330),
        yOffset=alt.YOffset("when:N", sort=whens),
        color=axes.colour("when", whens),
    )
    x = axes.across("low", "Standard deviations of its own range, from its middle", tickCount=6)
    said = axes.tips("label:N", "when:N", "value:Q .2f", "low:Q .2f", "high:Q .2f")
    drawn = parts.intervals(rows, x, tooltip=said)
    return parts.layered(table, *drawn, height=40 + 34 * table["label"].nunique())


def effects(table: pd.DataFrame) -> alt.LayerChart:
    """First-order effects of assumptions on headlines. Columns: label, result, effect (share)."""
    points = alt.Chart(table).mark_point(size=70)
    drawn = points.encode(
        x=axes.across("effect", "Share of variance that it is behind by itself", format="%"),
        y=axes.categories("label", labelLimit=330),
        color=axes.colour("result", scale=alt.Scale(range=list(CATEGORY[:5]))),
        shape=alt.Shape("result:N", title=None),
        tooltip=axes.tips("label:N", "result:N", "effect:Q .0%"),
    )
    return parts.layered(table, drawn, height=380)
