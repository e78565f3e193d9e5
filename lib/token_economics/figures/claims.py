"""Charts of the claims and predictions."""

from __future__ import annotations

import altair as alt
import pandas as pd

from token_economics.figures.parts import (
    AS_TITLE,
    interval,
    point,
    reference,
    sized,
    tips,
)
from token_economics.figures.style import CATEGORY

VERDICTS = ["Supported", "Partly", "Contradicted", "Not testable yet", "Unresolved"]
NEUTRAL = "#8793a0"  # reads on white and on the dark ground
COLORS = [CATEGORY[2], CATEGORY[0], CATEGORY[1], CATEGORY[4], NEUTRAL]
ROW_HEIGHT = 34


def tally(table: pd.DataFrame) -> alt.LayerChart:
    """Bars of claims by verdict. Columns: group, verdict, order, claims, share."""
    bars = (
        alt.Chart(table)
        .mark_bar()
        .encode(
            x=alt.X("claims:Q", title="Claims"),
            y=alt.Y("group:N", title=None, sort="-x", axis=alt.Axis(labelExpr=AS_TITLE)),
            color=alt.Color(
                "verdict:N",
                title=None,
                sort=VERDICTS,
                scale=alt.Scale(domain=VERDICTS, range=COLORS),
            ),
            order=alt.Order("order:O"),
            tooltip=tips("group:N", "verdict:N", "claims:Q", alt.Tooltip("share:Q", format=".0%")),
        )
    )
    return sized(alt.layer(bars, data=table), height=70 + ROW_HEIGHT * table["group"].nunique())


def claimed_over_record(table: pd.DataFrame) -> alt.LayerChart:
    """Claimed figure over the figure on record, log scale; one is agreement.

    Columns: label, ratio_low, ratio_high, claimed, record, unit, verdict.
    """
    y = alt.Y("label:N", title=None, sort=list(table["label"]))
    color = alt.Color(
        "verdict:N", title=None, scale=alt.Scale(domain=VERDICTS[:3], range=COLORS[:3])
    )
    x = alt.X(
        "ratio_low:Q",
        title="Claimed over record (log scale)",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(format=",~g", values=[0.3, 1, 3, 10, 100, 1000]),
    )
    tooltip = tips("label:N", "claimed:N", "record:N", "unit:N", "verdict:N")
    base = alt.Chart(table).encode(y=y, color=color, tooltip=tooltip)
    bars = interval(base, x=x, x2=alt.X2("ratio_high:Q"))
    single = base.transform_filter("datum.ratio_low == datum.ratio_high")
    ends = point(single, x=alt.X("ratio_high:Q"))
    one = reference(table, x=1)
    return sized(alt.layer(one, bars, ends, data=table), height=70 + 27 * len(table))


def open_predictions(table: pd.DataFrame) -> alt.LayerChart:
    """The probability stated for each open prediction, its name above its bar, so that none is cut.

    Columns: label, probability, due, statement.
    """
    y = alt.Y("label:N", title=None, sort=list(table["label"]), axis=None)
    tooltip = tips("statement:N", "due:T", alt.Tooltip("probability:Q", format=".0%"))
    base = alt.Chart(table).encode(y=y)
    bars = base.mark_bar(height=9, yOffset=8, color=CATEGORY[0]).encode(
        x=alt.X(
            "probability:Q",
            title="Probability on the day it was made",
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format=".0%", tickCount=5),
        ),
        tooltip=tooltip,
    )
    names = base.mark_text(align="left", dx=2, dy=-7, fontSize=12).encode(
        x=alt.datum(0), text=alt.Text("label:N")
    )
    return sized(alt.layer(bars, names, data=table), height=40 + ROW_HEIGHT * len(table))
