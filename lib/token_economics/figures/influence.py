"""Charts of what decides the results."""

from __future__ import annotations

import altair as alt
import pandas as pd

from token_economics.figures import axes, parts

ROW_HEIGHT = 30


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
