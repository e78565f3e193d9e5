"""Charts of what decides the results."""

from __future__ import annotations

import altair as alt
import pandas as pd

from token_economics.figures.parts import (
    AS_TITLE,
    sized,
    tips,
)
from token_economics.figures.style import CATEGORY

ROW_HEIGHT = 30


def tornado(table: pd.DataFrame) -> alt.LayerChart:
    """Assumptions by the variance they are behind, stacked by topic of the result.

    Columns: words, rank, topic, share (of variance, averaged over results).
    """
    words = list(table.sort_values("rank")["words"].drop_duplicates())
    topics = list(table["topic"].drop_duplicates())
    bars = (
        alt.Chart(table)
        .mark_bar(height=16)
        .encode(
            x=alt.X(
                "share:Q",
                title="Share of variance, mean over results",
                axis=alt.Axis(format="%", tickCount=5),
            ).stack("zero"),
            y=alt.Y("words:N", title=None, sort=words, axis=alt.Axis(labelLimit=260)),
            color=alt.Color(
                "topic:N",
                title="Results of",
                scale=alt.Scale(domain=topics, range=list(CATEGORY[: len(topics)])),
                legend=alt.Legend(labelExpr=AS_TITLE),
            ),
            tooltip=tips("words:N", "topic:N", alt.Tooltip("share:Q", format=".1%")),
        )
    )
    return sized(alt.layer(bars, data=table), ROW_HEIGHT * len(words))
