"""Charts of claims, predictions and the record of forecasts."""

from __future__ import annotations

import altair as alt
import pandas as pd

from token_economics.figures import axes, parts
from token_economics.figures.style import CATEGORY

VERDICTS = ["Supported", "Partly", "Contradicted", "Not testable yet", "Unresolved"]
NEUTRAL = "#8793a0"  # reads on white and on the dark ground
COLORS = [CATEGORY[2], CATEGORY[0], CATEGORY[1], CATEGORY[4], NEUTRAL]
ROW_HEIGHT = 34
TWO_LINES = 27  # of a label on a phone


def tally(table: pd.DataFrame) -> alt.LayerChart:
    """Bars of claims by verdict. Columns: group, verdict, order, claims, share."""
    verdicts = alt.Scale(domain=VERDICTS, range=COLORS)
    bars = alt.Chart(table).mark_bar()
    drawn = bars.encode(
        x=axes.across("claims", "Claims"),
        y=axes.categories("group", sort="-x", labelExpr=axes.AS_TITLE),
        color=axes.colour("verdict", sort=VERDICTS, scale=verdicts),
        order=alt.Order("order:O"),
        tooltip=axes.tips("group:N", "verdict:N", "claims:Q", "share:Q .0%"),
    )
    return parts.layered(table, drawn, height=70 + ROW_HEIGHT * table["group"].nunique())


def claimed_over_record(table: pd.DataFrame) -> alt.LayerChart:
    """Claimed figure over the figure on record, log scale; one is agreement.

    Columns: label, ratio_low, ratio_high, claimed, record, unit, verdict.
    """
    base = alt.Chart(table).encode(
        y=axes.categories("label", sort=list(table["label"])),
        color=axes.colour("verdict", scale=alt.Scale(domain=VERDICTS[:3], range=COLORS[:3])),
        tooltip=axes.tips("label:N", "claimed:N", "record:N", "unit:N", "verdict:N"),
    )
    x = axes.log_x("ratio_low", "Claimed over record", [0.3, 1, 3, 10, 100, 1000], ",~g")
    bars = parts.interval(base, x=x, x2=alt.X2("ratio_high:Q"))
    single = base.transform_filter("datum.ratio_low == datum.ratio_high")
    ends = parts.point(single, x=alt.X("ratio_high:Q"))
    one = parts.reference(table, x=1)
    return parts.layered(table, one, bars, ends, height=70 + 27 * len(table))


def open_predictions(table: pd.DataFrame) -> alt.LayerChart:
    """The probability stated for each open prediction, its name above its bar, so that none is cut.

    Columns: label, probability, due, statement.
    """
    base = alt.Chart(table).encode(
        y=alt.Y("label:N", title=None, sort=list(table["label"]), axis=None)
    )
    title, ticks = "Probability on the day it was made", {"format": ".0%", "tickCount": 5}
    bars = base.mark_bar(height=9, yOffset=8, color=CATEGORY[0]).encode(
        x=axes.across("probability", title, {"domain": [0, 1]}, **ticks),
        tooltip=axes.tips("statement:N", "due:T", "probability:Q .0%"),
    )
    names = base.mark_text(align="left", dx=2, dy=-7, fontSize=12).encode(
        x=alt.datum(0), text=alt.Text("label:N")
    )
    return parts.layered(table, bars, names, height=40 + ROW_HEIGHT * len(table))


def forecast_ranges(table: pd.DataFrame) -> alt.LayerChart:
    """Ranges of forecasts over the latest figure, log scale; one is no change from it.

    Columns: label, by (who foresees), low, value, high, threshold; all but the first two over the
    latest figure. The tick is what the forecast says will be reached.
    """
    who = list(dict.fromkeys(table["by"]))
    x = axes.log_x("low", "Over the latest figure", [0.5, 1, 2, 5, 10, 20, 50, 100], "~g")
    base = alt.Chart(table).encode(
        y=axes.categories("label", sort=list(dict.fromkeys(table["label"]))),
        yOffset=alt.YOffset("by:N", sort=who),
        color=axes.colour("by", who),
        tooltip=axes.tips(
            "label:N", "by:N", "value:Q .3~g", "low:Q .3~g", "high:Q .3~g", "threshold:Q .3~g"
        ),
    )
    marked = base.mark_tick(thickness=2, size=14, color=NEUTRAL).encode(
        x=alt.X("threshold:Q"), color=alt.value(NEUTRAL)
    )
    one = parts.reference(table, x=1)
    rows = table["label"].nunique()
    return parts.layered(
        table, one, *parts.intervals(base, x), marked, height=60 + ROW_HEIGHT * rows
    )


def forecasts(table: pd.DataFrame) -> alt.LayerChart:
    """Each outcome over the forecast's median, in the interval: one row an outcome, log scale.

    Columns: outcome, low, high, walk_low, walk_high, observed, inside, middle; all but the last in
    multiples of the market's median.
    """
    rows = alt.Chart(table).encode(
        y=axes.categories("outcome", sort=list(table["outcome"]), labelLimit=280),
        tooltip=axes.tips(
            "outcome:N", "observed:Q .2f", "low:Q .2f", "high:Q .2f", "walk_low:Q .2f",
            "walk_high:Q .2f", "inside:N",
        ),
    )  # fmt: skip
    x = axes.log_x("low", "Level over the market's median", axes.FACTORS, "~g", nice=False)
    walk = rows.mark_rule(strokeWidth=9, opacity=0.3, color=NEUTRAL).encode(
        x=alt.X("walk_low:Q"), x2=alt.X2("walk_high:Q")
    )
    market = parts.interval(rows, x=x, x2=alt.X2("high:Q"), color=parts.FIRST)
    came = parts.observed(
        rows, x=alt.X("observed:Q"), color=axes.colour("inside", ["yes", "no"], title="Inside")
    )
    one = parts.reference(table, x=1)
    return parts.layered(table, one, walk, market, came, height=70 + TWO_LINES * len(table))


def pit(table: pd.DataFrame) -> alt.LayerChart:
    """Outcomes by the fifth of the forecast into which they fell. Columns: forecaster, fifth, outcomes, expected."""
    names = list(dict.fromkeys(table["forecaster"]))
    bars = alt.Chart(table).mark_bar()
    drawn = bars.encode(
        x=alt.X(
            "fifth:N",
            title="Fifth of the forecast, from and to",
            sort=None,
            axis=alt.Axis(labelAngle=0, labelExpr="split(datum.label, ' to ')"),
        ),
        xOffset=alt.XOffset("forecaster:N", sort=names),
        y=axes.upward("outcomes", "Outcomes"),
        color=axes.colour("forecaster", names),
        tooltip=axes.tips("forecaster:N", "fifth:N", "outcomes:Q", "expected:Q .1f"),
    )
    even = parts.reference(table, y=float(table["expected"].iloc[0]))
    return parts.layered(table, drawn, even)
