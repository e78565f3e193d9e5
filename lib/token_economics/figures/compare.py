"""Charts of two cases side by side."""

from __future__ import annotations

import altair as alt
import pandas as pd

from token_economics.figures import axes, parts
from token_economics.figures.style import CATEGORY

ROW_HEIGHT = 44
OTHERS = "#9aa5b1"


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
    return parts.layered(table, bars, headings, height=ROW_HEIGHT * table["rank"].nunique())


def overlaid(table: pd.DataFrame, *, title: str) -> alt.LayerChart:
    """One variable of the market in both cases, log scale, medians with 90 % bands.

    Columns: date, quarter, case, value, low, high.
    """
    cases = list(table["case"].drop_duplicates())
    return parts.bands(table, "case", cases, y=axes.log_y(title))
