"""Charts of the supply topic."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from token_economics.figures.parts import (
    band_and_line,
    lines,
    log_y,
    named,
    names_at_ends,
    palette,
    ranges,
    share_y,
    sized,
    time_axis,
    time_axis_for_names,
    tips,
)
from token_economics.figures.style import BAND_OPACITY, CATEGORY, MUTED

DESIGNERS = ["Nvidia", "Google TPU", "AMD", "Amazon Trainium"]
TWO_LINES = "split(replace(datum.label, ' and ', ' and|'), '|')"
LAYERS = ["Memory", "Logic and packaging", "Power", "Finance"]


def installed_compute(table: pd.DataFrame) -> alt.LayerChart:
    """Cumulative compute shipped, log scale, with 90 % bands.

    Columns: date, entity, value, low, high (million H100e).
    """
    color = alt.Color("entity:N", scale=palette(DESIGNERS), legend=None)
    y = log_y("Million H100e shipped, cumulative")
    tooltip = tips("entity:N", "period:N", "value:Q", "low:Q", "high:Q")
    x = time_axis_for_names(table, DESIGNERS)
    drawn = band_and_line(table, x=x, y=y, color=color).encode(tooltip=tooltip)
    return sized(named(drawn, names_at_ends(table, by="entity", domain=DESIGNERS, log=True)))


def chip_revenue(table: pd.DataFrame) -> alt.LayerChart:
    """Quarterly revenue. Columns: date, period, series, value (USD billion), disputed."""
    drawn = lines(
        table,
        y=alt.Y("value:Q", title="USD billion a quarter"),
        color=alt.Color("series:N", title=None),
        tooltip=tips("series:N", "period:N", "value:Q"),
        points=True,
    )
    return sized(drawn)


def dram_forecasts(table: pd.DataFrame) -> alt.LayerChart:
    """Each forecast of the contract price change as it was made, and the outcome.

    Columns: label, what, low, mid, high (percent a quarter).
    """
    return sized(
        ranges(
            table,
            x=alt.X("low:Q", title="Change on the quarter before, percent"),
            y=alt.Y("label:N", title=None, sort=None),
            color=alt.Color("what:N", title=None, scale=palette(["Forecast", "Outcome"])),
            tooltip=tips("label:N", "low:Q", "high:Q"),
        )
    )


def gpu_rents(table: pd.DataFrame) -> alt.LayerChart:
    """One-year contracts of an H100: quartile band and middle.

    Columns: date, period, p25, mid, p75 (USD/GPU-hour).
    """
    base = alt.Chart(table).encode(x=time_axis())
    band = base.mark_area(opacity=BAND_OPACITY, color=CATEGORY[0]).encode(
        y=alt.Y("p25:Q", title="USD per GPU-hour", scale=alt.Scale(zero=True)), y2=alt.Y2("p75:Q")
    )
    line = base.mark_line(point=True, color=CATEGORY[0]).encode(
        y=alt.Y("mid:Q"), tooltip=tips("period:N", "p25:Q", "mid:Q", "p75:Q")
    )
    return sized(alt.layer(band, line, data=table))


def capex_and_cash(table: pd.DataFrame) -> alt.LayerChart:
    """Capital expenditure beside operating cash flow by buyer.

    Columns: date, period, entity, what, value (USD billion a quarter), disputed.
    """
    drawn = lines(
        table,
        y=alt.Y("value:Q", title="USD billion a quarter"),
        color=alt.Color("entity:N", title=None),
        strokeDash=alt.StrokeDash("what:N", title=None),
        tooltip=tips("entity:N", "what:N", "period:N", "value:Q", "grade:N"),
        points=True,
    )
    return sized(drawn)


def lead_times(table: pd.DataFrame) -> alt.LayerChart:
    """Lead time by input, as a range. Columns: label, low, high (weeks), grade."""
    padded = ranges(
        table,
        x=alt.X("low:Q", title="Weeks from order to delivery", axis=alt.Axis(tickCount=6)),
        y=alt.Y("label:N", title=None, sort=None),
        color=alt.Color("grade:N", title="Evidence", scale=palette(["secondary", "weak"])),
        tooltip=tips("label:N", "low:Q", "high:Q", "grade:N", "note:N"),
    )
    return sized(padded)


def fleet(table: pd.DataFrame) -> alt.LayerChart:
    """Compute in service, history and projection, with the 90 % band, log scale.

    Columns: date, quarter, value, low, high (million H100e), part.
    """
    y = log_y("Million H100e in service")
    color = alt.Color("part:N", title=None, scale=palette(["Shipments observed", "Projection"]))
    tooltip = tips("quarter:N", "value:Q", "low:Q", "high:Q")
    return sized(band_and_line(table, y=y, color=color).encode(tooltip=tooltip))


def binding_layers(table: pd.DataFrame) -> alt.LayerChart:
    """Probability that each layer limits additions, on two bases; the last named is solid.

    Columns: date, quarter, layer, basis, probability.
    """
    bases = list(dict.fromkeys(table["basis"]))[::-1]
    drawn = lines(
        table,
        y=share_y("Probability that the layer binds", "probability"),
        color=alt.Color("layer:N", title=None, scale=palette(LAYERS)),
        strokeDash=alt.StrokeDash(
            "basis:N",
            title=None,
            scale=alt.Scale(domain=bases, range=[[1, 0], [4, 4]]),
            legend=alt.Legend(orient="bottom"),
        ),
        tooltip=tips("quarter:N", "layer:N", "basis:N", alt.Tooltip("probability:Q", format=".0%")),
    )
    return sized(drawn)


def economic_life(table: pd.DataFrame) -> alt.LayerChart:
    """Economic life against the fall of rents, at two starting rents.

    Columns: rent_decline (1/year, logs), rent, value, low, high (years).
    """
    x: Any = alt.X(
        "rent_decline:Q",
        title="Fall of rents a year, in logs",
        axis=alt.Axis(format="%", tickCount=6),
    )
    y = alt.Y("value:Q", title="Years until rent meets avoidable cost")
    color = alt.Color("rent:N", title=None)
    layered = band_and_line(table, x=x, y=y, color=color)
    return sized(layered.encode(tooltip=tips("rent:N", "rent_decline:Q", "value:Q")))


def layer_evidence(table: pd.DataFrame) -> alt.LayerChart:
    """Price rise of each layer's input, where it has a price.

    Columns: layer, indicator, price_multiple, priced.
    """
    y = alt.Y("layer:N", title=None, sort=LAYERS, axis=alt.Axis(labelExpr=TWO_LINES))
    bars = (
        alt.Chart(table)
        .transform_filter("datum.priced")
        .mark_bar(height=16, color=CATEGORY[0])
        .encode(
            x=alt.X("price_multiple:Q", title="Price over the period named, multiple"),
            y=y,
            tooltip=tips("layer:N", "indicator:N", "price_multiple:Q"),
        )
    )
    said = "datum.priced ? format(datum.price_multiple, '.2f') : 'no price of its own'"
    labels = (
        alt.Chart(table)
        .transform_calculate(at="datum.priced ? datum.price_multiple : 0", said=said)
        .mark_text(align="left", dx=4, color=MUTED)
        .encode(x=alt.X("at:Q"), y=y, text=alt.Text("said:N"))
    )
    return sized(alt.layer(bars, labels, data=table), height=160)


def equipment_growth(table: pd.DataFrame) -> alt.LayerChart:
    """Yearly growth of an equipment maker and of chip sales. Columns: date, period, series, value."""
    domain = ["World chip sales", "Lam Research, revenue"]
    drawn = lines(
        table,
        y=alt.Y("value:Q", title="Growth on the year before, logs times 100"),
        color=alt.Color("series:N", title=None, scale=palette(domain)),
        tooltip=tips("series:N", "period:N", "value:Q"),
        points=True,
    )
    return sized(drawn)


def over_base(table: pd.DataFrame) -> alt.LayerChart:
    """What grows from one in the base quarter, 90 % bands, log scale.

    Columns: date, quarter, what, value, low, high (times the base quarter).
    """
    color = alt.Color("what:N", title=None, scale=palette(sorted(table["what"].unique())))
    y = log_y("Times the end of 2025")
    tooltip = tips("what:N", "quarter:N", "value:Q", "low:Q", "high:Q")
    return sized(band_and_line(table, y=y, color=color).encode(tooltip=tooltip))
