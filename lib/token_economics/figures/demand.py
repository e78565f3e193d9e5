"""Charts of the demand topic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from token_economics.figures.parts import (
    YEAR_AXIS,
    band_and_line,
    interval,
    lines,
    log_y,
    named,
    names_at_ends,
    observed,
    palette,
    point,
    sized,
    time_axis_for_names,
    tips,
)
from token_economics.figures.style import BAND_OPACITY, CATEGORY, MUTED

COHORTS = ["Median firm", "Top 10 %", "Top 1 %"]
SHORT_NAMES = {
    "China, national total": "China",
    "Google, all surfaces": "Google",
    "Google direct API": "Google API",
}
CURVES = ["Exponential", "Logistic", "Gompertz", "Bass"]
MONTH_AXIS = alt.Axis(format="%b %Y", tickCount=5, grid=False, title=None, labelOverlap=True)


def spend(table: pd.DataFrame) -> alt.LayerChart:
    """Spend per employee by cohort, log scale; the shaded months may hold the break.

    Columns: date, period, cohort, value (USD a month), window_start, window_end.
    """
    across = time_axis_for_names(table, COHORTS)
    window = (
        alt.Chart(table)
        .mark_rect(color=MUTED, opacity=BAND_OPACITY)
        .encode(
            x=alt.X("min(window_start):T", axis=across["axis"]),
            x2=alt.X2("max(window_end):T"),
        )
    )
    lines = (
        alt.Chart(table)
        .mark_line()
        .encode(
            x=across,
            y=log_y("USD per employee and month"),
            color=alt.Color("cohort:N", scale=palette(COHORTS), legend=None),
            tooltip=tips("cohort:N", "period:N", "value:Q"),
        )
    )
    names = names_at_ends(table, by="cohort", domain=COHORTS, log=True)
    return sized(named(alt.layer(window, lines, data=table), names))


def break_candidates(table: pd.DataFrame) -> alt.LayerChart:
    """Strength of a common break by candidate month. Columns: date, period, wald, part."""
    domain = list(dict.fromkeys(table["part"]))
    bars = (
        alt.Chart(table)
        .mark_bar(size=7)
        .encode(
            x=alt.X("date:T", axis=MONTH_AXIS),
            y=alt.Y("wald:Q", title="Wald statistic, all cohorts"),
            color=alt.Color(
                "part:N", title=None, scale=alt.Scale(domain=domain, range=[MUTED, CATEGORY[1]])
            ),
            tooltip=tips("period:N", "wald:Q", "part:N"),
        )
    )
    return sized(alt.layer(bars, data=table), height=220)


def concentration(table: pd.DataFrame) -> alt.LayerChart:
    """Spend of heavy spenders over the median firm's. Columns: date, period, ratio, value."""
    return _lines(table, y=log_y("Times the median firm"), color="ratio")


def _lines(
    table: pd.DataFrame, *, y: alt.Y, color: str, shown: Mapping[str, str] | None = None
) -> alt.LayerChart:
    """Lines on a log scale with their names at their ends."""
    names = list(dict.fromkeys(table[color]))
    drawn = lines(
        table,
        x=time_axis_for_names(table, [(shown or {}).get(name, name) for name in names]),
        y=y,
        color=alt.Color(f"{color}:N", scale=palette(names), legend=None),
        tooltip=tips(f"{color}:N", "period:N", "value:Q"),
        points=True,
    )
    return sized(named(drawn, names_at_ends(table, by=color, domain=names, log=True, shown=shown)))


def _router_y() -> alt.Y:
    return alt.Y(
        "value:Q",
        title="Trillion tokens a week (log scale)",
        scale=alt.Scale(type="log", nice=False, padding=8),
        axis=alt.Axis(values=[1, 2, 5, 10, 20, 50, 100, 200, 500], format="~g"),
    ).stack(None)


def curves(table: pd.DataFrame) -> alt.LayerChart:
    """Weekly tokens and four fitted curves, log scale. Columns: date, series, value."""
    x = alt.X("date:T", axis=MONTH_AXIS)
    weeks = alt.Chart(table).transform_filter(alt.datum.series == "Observed")
    dots = observed(
        weeks, color=alt.value(MUTED), x=x, y=_router_y(), tooltip=tips("date:T", "value:Q")
    )
    dashes = [[1, 0], [7, 5], [3, 3], [10, 3, 2, 3]]
    fitted = (
        alt.Chart(table)
        .transform_filter(alt.datum.series != "Observed")
        .mark_line()
        .encode(
            x=x,
            y=_router_y(),
            color=alt.Color("series:N", title=None, scale=palette(CURVES)),
            strokeDash=alt.StrokeDash(
                "series:N", title=None, scale=alt.Scale(domain=CURVES, range=dashes)
            ),
        )
    )
    return sized(alt.layer(dots, fitted, data=table))


def forecasts(table: pd.DataFrame) -> alt.LayerChart:
    """Forecasts as they would have been made, with their intervals, and what came (dots).

    Columns: date (of the outcome), series, value, low, high, actual.
    """
    color = alt.Color("series:N", title=None)
    x = alt.X("date:T", axis=MONTH_AXIS)
    made: Any = band_and_line(table, x=x, y=_router_y(), color=color)
    tooltip = tips("date:T", "actual:Q")
    came = observed(
        alt.Chart(table), color=alt.value(MUTED), x=x, y=alt.Y("actual:Q"), tooltip=tooltip
    )
    return sized(alt.layer(made, came, data=table))


def volumes(table: pd.DataFrame) -> alt.LayerChart:
    """Tokens by who reports them, log scale. Columns: date, period, entity, value, disputed."""
    y = log_y("Trillion tokens a month")
    return _lines(table, y=y, color="entity", shown=SHORT_NAMES)


def volume_growth(table: pd.DataFrame) -> alt.LayerChart:
    """Growth between neighbouring figures. Columns: start, date, entity, period, growth (share)."""
    steps = (
        alt.Chart(table)
        .mark_rule(strokeWidth=4)
        .encode(
            x=alt.X("start:T", axis=YEAR_AXIS),
            x2=alt.X2("date:T"),
            y=alt.Y("growth:Q", title="Growth a month", axis=alt.Axis(format="%")),
            color=alt.Color("entity:N", title=None, sort=None),
            tooltip=tips("entity:N", "period:N", alt.Tooltip("growth:Q", format=".0%")),
        )
    )
    return sized(alt.layer(steps, data=table))


def world_tokens(table: pd.DataFrame) -> alt.LayerChart:
    """Estimates of the world's tokens beside what two reports add up to.

    Columns: label, what, value, low, high (trillion tokens a month).
    """
    y = alt.Y("label:N", title=None, sort=None)
    color = alt.Color("what:N", legend=None, sort=None)
    points = point(
        alt.Chart(table),
        x=alt.X(
            "value:Q",
            title="Trillion tokens a month",
            scale=alt.Scale(zero=True),
            axis=alt.Axis(values=[0, 10_000, 20_000, 30_000], format=",d"),
        ),
        y=y,
        color=color,
        tooltip=tips("label:N", "value:Q", "low:Q", "high:Q"),
    )
    ranged = alt.Chart(table).transform_filter("isValid(datum.low)")
    span = interval(ranged, x=alt.X("low:Q"), x2=alt.X2("high:Q"), y=y, color=color)
    return sized(alt.layer(span, points, data=table), height=170)


def run_rates(table: pd.DataFrame) -> alt.LayerChart:
    """Annualised revenue as published, log scale. Columns: date, period, entity, value, disputed."""
    return _lines(table, y=log_y("USD billion a year"), color="entity")


def spend_ahead(table: pd.DataFrame) -> alt.LayerChart:
    """Spend observed and ahead, with and without the haircut.

    Columns: date, part, value, low, high (USD per employee and month).
    """
    scale = palette(["Observed", "After the haircut", "No haircut"])
    layered: Any = band_and_line(
        table,
        x=alt.X("date:T", axis=MONTH_AXIS),
        y=alt.Y("value:Q", title="USD per employee and month"),
        color=alt.Color("part:N", title=None, scale=scale),
    )
    return sized(layered.encode(tooltip=tips("part:N", "date:T", "value:Q", "low:Q", "high:Q")))
