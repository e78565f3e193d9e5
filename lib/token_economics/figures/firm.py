"""Charts of one firm."""

from __future__ import annotations

import altair as alt
import pandas as pd

from token_economics.figures import axes, parts


def spend_and_payroll(table: pd.DataFrame) -> alt.LayerChart:
    """Token spend, recorded and ahead, against payroll, log scale.

    Columns: date, value, low, high (USD million a year), part.
    """
    color, y = (
        axes.colour("part", ["Recorded", "Ahead", "Payroll"]),
        axes.log_y("USD million a year"),
    )
    drawn = parts.band_and_line(table, y=y, color=color)
    recorded = alt.Chart(table).transform_filter("datum.part === 'Recorded'")
    said = {"color": color, "tooltip": axes.tips("part:N", "date:T", "value:Q")}
    points = parts.observed(recorded, x=axes.time_axis(), y=alt.Y("value:Q"), **said)
    return parts.layered(table, *drawn.layer, points)
