"""Charts of what decides the results, in one case and between two."""

from __future__ import annotations

import altair as alt
import pandas as pd

from token_economics.figures import axes, parts
from token_economics.figures.style import CATEGORY, GRID, INK

ROW_HEIGHT, CHANGE_HEIGHT, CELL_HEIGHT = 30, 44, 34
OTHERS = "#9aa5b1"


def tornado(table: pd.DataFrame) -> alt.LayerChart:
    """Assumptions by the variance they are behind, stacked by topic of the result.

    Columns: words, rank, topic, share (of variance, averaged over results).
    """
    words = list(table.sort_values("rank")["words"].drop_duplicates())
    topics = list(table["topic"].drop_duplicates())
    title, legend = "Share of variance, mean over results", alt.Legend(labelExpr=axes.AS_TITLE)
    bars = alt.Chart(table).mark_bar(height=16)
    drawn = bars.encode(
        x=axes.across("share", title, format="%", tickCount=5).stack("zero"),
        y=axes.categories("words", sort=words, labelLimit=260),
        color=axes.colour("topic", topics, title="Results of", legend=legend),
        tooltip=axes.tips("words:N", "topic:N", "share:Q .1%"),
    )
    return parts.layered(table, drawn, height=ROW_HEIGHT * len(words))


def shares_of_change(table: pd.DataFrame) -> alt.LayerChart:
    """What moved each result, as shares of its change; to the left what moved it back.

    Columns: result, rank, name, order, share, told, heading (on one row a result, else empty).
    """
    names = list(table.sort_values("order")["name"].drop_duplicates())
    colors = [OTHERS if name.startswith("other ") else CATEGORY[i] for i, name in enumerate(names)]
    rows = alt.Y("rank:O", title=None, axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))
    base, legend = alt.Chart(table).encode(y=rows), alt.Legend(columns=2, labelLimit=150)
    bars = base.mark_bar(height=14, yOffset=8).encode(
        x=axes.across("share", "Share of the change", format="%", tickCount=6).stack("zero"),
        color=axes.colour("name", legend=legend, scale=alt.Scale(domain=names, range=colors)),
        order=alt.Order("order:Q"),
        tooltip=axes.tips("result:N", "name:N", "share:Q .0%", "told:N"),
    )
    headings = base.mark_text(align="left", dy=-9, limit={"expr": "width - 4"}).encode(
        x=alt.value(2), text=alt.Text("heading:N")
    )
    return parts.layered(table, bars, headings, height=CHANGE_HEIGHT * table["rank"].nunique())


def reductions(table: pd.DataFrame) -> alt.LayerChart:
    """What each measurement takes of the variance of each headline, as a labelled grid.

    Columns: measurement, rank, headline, headline_rank, share (of variance). Headlines stand upright,
    so that they fit a phone.
    """
    base = alt.Chart(table).encode(
        x=alt.X(
            "headline:N",
            title=None,
            sort=alt.EncodingSortField("headline_rank"),
            axis=alt.Axis(
                orient="top",
                labelAngle=-90,
                labelLimit=150,
            ),
        ),
        y=axes.categories("measurement", sort=alt.EncodingSortField("rank"), labelLimit=260),
    )
    scale = alt.Scale(domain=[0, 1], range=[GRID, CATEGORY[0]], clamp=True)
    cells = base.mark_rect(opacity=0.85).encode(
        color=alt.Color("share:Q", scale=scale, legend=None),
        tooltip=axes.tips("measurement:N", "headline:N", "share:Q .1%"),
    )
    # dark on the full colour, and whatever reads on the pale one, which a dark page darkens
    pale = alt.condition("datum.share < 0.35", alt.value(INK), alt.value("black"))
    text = base.mark_text().encode(text=alt.Text("share:Q", format=".0%"), color=pale)
    rows = table["measurement"].nunique()
    return parts.layered(table, cells, text, height=CELL_HEIGHT * rows)


def overlaid(table: pd.DataFrame, *, title: str) -> alt.LayerChart:
    """One variable of the market in both cases, log scale, medians with 90 % bands.

    Columns: date, quarter, case, value, low, high.
    """
    cases = list(table["case"].drop_duplicates())
    return parts.bands(table, "case", cases, y=axes.log_y(title))
