"""Charts of one firm."""

from __future__ import annotations

import altair as alt
import pandas as pd

from token_economics.figures.parts import (
    band_and_line,
    log_y,
    observed,
    palette,
    sized,
    time_axis,
    tips,
)

PARTS = ["Recorded", "Ahead", "Payroll"]


def spend_and_payroll(table: pd.DataFrame) -> alt.LayerChart:
    """Token spend, recorded and ahead, against payroll, log scale.

    Columns: date, value, low, high (USD million a year), part.
    """
    color = alt.Color("part:N", title=None, scale=palette(PARTS))
    drawn = band_and_line(table, y=log_y("USD million a year"), color=color, x=time_axis())
    recorded = alt.Chart(table).transform_filter("datum.part === 'Recorded'")
    tooltip = tips("part:N", "date:T", "value:Q")
    points = observed(recorded, x=time_axis(), y=alt.Y("value:Q"), color=color, tooltip=tooltip)
    return sized(alt.layer(*drawn.layer, points, data=table))
