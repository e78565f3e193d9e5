"""Charts of the demand topic."""

from __future__ import annotations

import altair as alt
import pandas as pd

from token_economics.figures import axes, parts
from token_economics.figures.style import BAND_OPACITY, CATEGORY, MUTED

COHORTS = ["Median firm", "Top 10 %", "Top 1 %"]
SHORT_NAMES = {
    "China, national total": "China",
    "Google, all surfaces": "Google",
    "Google direct API": "Google API",
}
CURVES = {"Exponential": [1, 0], "Logistic": [7, 5], "Gompertz": [3, 3], "Bass": [10, 3, 2, 3]}
MONTHS = alt.X("date:T", axis=axes.MONTH_AXIS)


def spend(table: pd.DataFrame) -> alt.LayerChart:
    """Spend per employee by cohort, log scale; the shaded months may hold the break.

    Columns: date, period, cohort, value (USD a month), window_start, window_end.
    """
    x = axes.time_axis_for_names(table, COHORTS)
    window = alt.Chart(table).mark_rect(color=MUTED, opacity=BAND_OPACITY)
    shaded = window.encode(
        x=alt.X("min(window_start):T", axis=x["axis"]), x2=alt.X2("max(window_end):T")
    )
    drawn = parts.lines(
        table,
        x=x,
        y=axes.log_y("USD per employee and month"),
        color=axes.colour("cohort", COHORTS, legend=False),
        tooltip=axes.tips("cohort:N", "period:N", "value:Q"),
    )
    names = parts.names_at_ends(table, by="cohort", domain=COHORTS, log=True)
    return parts.sized(parts.named(alt.layer(shaded, *drawn.layer, data=table), names))


def break_candidates(table: pd.DataFrame) -> alt.LayerChart:
    """Strength of a common break by candidate month. Columns: date, period, wald, part."""
    scale = alt.Scale(domain=list(dict.fromkeys(table["part"])), range=[MUTED, CATEGORY[1]])
    bars = alt.Chart(table).mark_bar(size=7)
    drawn = bars.encode(
        x=MONTHS,
        y=axes.upward("wald", "Wald statistic, all cohorts"),
        color=axes.colour("part", scale=scale),
        tooltip=axes.tips("period:N", "wald:Q", "part:N"),
    )
    return parts.layered(table, drawn, height=220)


def concentration(table: pd.DataFrame) -> alt.LayerChart:
    """Spend of heavy spenders over the median firm's. Columns: date, period, ratio, value."""
    return parts.named_lines(table, "ratio", y=axes.log_y("Times the median firm"))


def _router_y() -> alt.Y:
    ticks = [1, 2, 5, 10, 20, 50, 100, 200, 500]
    return axes.log_y("Trillion tokens a week", ticks, "~g", nice=False, padding=8)


def curves(table: pd.DataFrame) -> alt.LayerChart:
    """Weekly tokens and four fitted curves, log scale. Columns: date, series, value."""
    weeks = alt.Chart(table).transform_filter(alt.datum.series == "Observed")
    said = {"color": alt.value(MUTED), "tooltip": axes.tips("date:T", "value:Q")}
    dots = parts.observed(weeks, x=MONTHS, y=_router_y(), **said)
    fitted = alt.Chart(table).transform_filter(alt.datum.series != "Observed").mark_line()
    names, patterns = list(CURVES), list(CURVES.values())
    drawn = fitted.encode(
        x=MONTHS,
        y=_router_y(),
        color=axes.colour("series", names),
        strokeDash=axes.dash("series", {"domain": names, "range": patterns}),
    )
    return parts.layered(table, dots, drawn)


def forecasts(table: pd.DataFrame) -> alt.LayerChart:
    """Forecasts as they would have been made, with their intervals, and what came (dots).

    Columns: date (of the outcome), series, value, low, high, actual.
    """
    made = parts.band_and_line(table, x=MONTHS, y=_router_y(), color=axes.colour("series"))
    said = {"color": alt.value(MUTED), "tooltip": axes.tips("date:T", "actual:Q")}
    came = parts.observed(alt.Chart(table), x=MONTHS, y=alt.Y("actual:Q"), **said)
    return parts.layered(table, made, came)


def volumes(table: pd.DataFrame) -> alt.LayerChart:
    """Tokens by who reports them, log scale. Columns: date, period, entity, value, disputed."""
    y = axes.log_y("Trillion tokens a month")
    return parts.named_lines(table, "entity", y=y, shown=SHORT_NAMES)


def volume_growth(table: pd.DataFrame) -> alt.LayerChart:
    """Growth between neighbouring figures. Columns: start, date, entity, period, growth (share)."""
    steps = alt.Chart(table).mark_rule(strokeWidth=4)
    drawn = steps.encode(
        x=alt.X("start:T", axis=axes.YEAR_AXIS),
        x2=alt.X2("date:T"),
        y=axes.upward("growth", "Growth a month", format="%"),
        color=axes.colour("entity", sort=None),
        tooltip=axes.tips("entity:N", "period:N", "growth:Q .0%"),
    )
    return parts.layered(table, drawn)


def world_tokens(table: pd.DataFrame) -> alt.LayerChart:
    """Estimates of the world's tokens beside what two reports add up to.

    Columns: label, what, value, low, high (trillion tokens a month).
    """
    rows: alt.Chart = alt.Chart(table).encode(
        y=axes.categories("label"), color=axes.colour("what", legend=False, sort=None)
    )
    ticks = {"values": [0, 10_000, 20_000, 30_000], "format": ",d"}
    x = axes.across("value", "Trillion tokens a month", {"zero": True}, **ticks)
    points = parts.point(rows, x=x, tooltip=axes.tips("label:N", "value:Q", "low:Q", "high:Q"))
    ranged = rows.transform_filter("isValid(datum.low)")
    span = parts.interval(ranged, x=alt.X("low:Q"), x2=alt.X2("high:Q"))
    return parts.layered(table, span, points, height=170)


def run_rates(table: pd.DataFrame) -> alt.LayerChart:
    """Annualised revenue as published, log scale. Columns: date, period, entity, value, disputed."""
    return parts.named_lines(table, "entity", y=axes.log_y("USD billion a year"))


def spend_ahead(table: pd.DataFrame) -> alt.LayerChart:
    """Spend observed and ahead, with and without the haircut.

    Columns: date, part, value, low, high (USD per employee and month).
    """
    names = ["Observed", "After the haircut", "No haircut"]
    y = axes.upward("value", "USD per employee and month")
    return parts.bands(table, "part", names, x=MONTHS, y=y, when="date:T")
