"""Charts of the supply topic."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from token_economics.figures import axes, parts
from token_economics.figures.style import CATEGORY, MUTED

DESIGNERS = ["Nvidia", "Google TPU", "AMD", "Amazon Trainium"]
TWO_LINES = "split(replace(datum.label, ' and ', ' and|'), '|')"
LAYERS = ["Memory", "Logic and packaging", "Power", "Finance"]
USD = "USD billion a quarter"


def installed_compute(table: pd.DataFrame) -> alt.LayerChart:
    """Cumulative compute shipped, log scale, with 90 % bands.

    Columns: date, entity, value, low, high (million H100e).
    """
    y = axes.log_y("Million H100e shipped, cumulative")
    return parts.named_bands(table, "entity", DESIGNERS, y=y, log=True, when="period:N")


def _reported(
    table: pd.DataFrame, by: str, names: list[str] | None = None, *, title: str, **drawn: Any
) -> alt.LayerChart:
    """Lines with a point where a figure stands."""
    y = axes.upward("value", title)
    return parts.paths(table, by, names, y=y, when="period:N", points=True, **drawn)


def chip_revenue(table: pd.DataFrame) -> alt.LayerChart:
    """Quarterly revenue. Columns: date, period, series, value (USD billion), disputed."""
    return _reported(table, "series", title=USD)


def dram_forecasts(table: pd.DataFrame) -> alt.LayerChart:
    """Each forecast of the contract price change as it was made, and the outcome.

    Columns: label, what, low, mid, high (percent a quarter).
    """
    x, y = axes.across("low", "Change on the quarter before, percent"), axes.categories("label")
    color = axes.colour("what", ["Forecast", "Outcome"])
    return parts.sized(parts.ranges(table, x, y, "label:N", "low:Q", "high:Q", color=color))


def gpu_rents(table: pd.DataFrame) -> alt.LayerChart:
    """One-year contracts of an H100: quartile band and middle.

    Columns: date, period, p25, mid, p75 (USD/GPU-hour).
    """
    base = alt.Chart(table).encode(x=axes.time_axis())
    zero = alt.Scale(zero=True)
    band = parts.band(base, "p25", "p75", title="USD per GPU-hour", scale=zero)
    line = base.mark_line(point=True, color=CATEGORY[0]).encode(
        y=alt.Y("mid:Q"), tooltip=axes.tips("period:N", "p25:Q", "mid:Q", "p75:Q")
    )
    return parts.layered(table, band, line)


def capex_and_cash(table: pd.DataFrame) -> alt.LayerChart:
    """Capital expenditure beside operating cash flow by buyer.

    Columns: date, period, entity, what, value (USD billion a quarter), disputed.
    """
    said = ("entity:N", "what:N", "period:N", "value:Q", "grade:N")
    return _reported(table, "entity", title=USD, strokeDash=axes.dash("what"), said=said)


def lead_times(table: pd.DataFrame) -> alt.LayerChart:
    """Lead time by input, as a range. Columns: label, low, high (weeks), grade."""
    x = axes.across("low", "Weeks from order to delivery", tickCount=6)
    color = axes.colour("grade", ["secondary", "weak"], title="Evidence")
    said = ("label:N", "low:Q", "high:Q", "grade:N", "note:N")
    return parts.sized(parts.ranges(table, x, axes.categories("label"), *said, color=color))


def fleet(table: pd.DataFrame) -> alt.LayerChart:
    """Compute in service, history and projection, with the 90 % band, log scale.

    Columns: date, quarter, value, low, high (million H100e), part.
    """
    names, y = ["Shipments observed", "Projection"], axes.log_y("Million H100e in service")
    said = ("quarter:N", "value:Q", "low:Q", "high:Q")
    return parts.bands(table, "part", names, y=y, said=said)


def binding_layers(table: pd.DataFrame) -> alt.LayerChart:
    """Probability that each layer limits additions, on two bases; the last named is solid.

    Columns: date, quarter, layer, basis, probability.
    """
    bases = {"domain": list(dict.fromkeys(table["basis"]))[::-1], "range": [[1, 0], [4, 4]]}
    dash = axes.dash("basis", bases, legend=alt.Legend(orient="bottom"))
    y = axes.share_y("Probability that the layer binds", "probability")
    said = ("quarter:N", "layer:N", "basis:N", "probability:Q .0%")
    return parts.paths(table, "layer", LAYERS, y=y, said=said, strokeDash=dash)


def economic_life(table: pd.DataFrame) -> alt.LayerChart:
    """Economic life against the fall of rents, at two starting rents.

    Columns: rent_decline (1/year, logs), rent, value, low, high (years).
    """
    x = axes.across("rent_decline", "Fall of rents a year, in logs", format="%", tickCount=6)
    y = axes.upward("value", "Years until rent meets avoidable cost")
    return parts.bands(table, "rent", x=x, y=y, said=("rent:N", "rent_decline:Q", "value:Q"))


def layer_evidence(table: pd.DataFrame) -> alt.LayerChart:
    """Price rise of each layer's input, where it has a price.

    Columns: layer, indicator, price_multiple, priced.
    """
    rows = alt.Chart(table).encode(y=axes.categories("layer", sort=LAYERS, labelExpr=TWO_LINES))
    bars = rows.transform_filter("datum.priced").mark_bar(height=16, color=CATEGORY[0])
    drawn = bars.encode(
        x=axes.across("price_multiple", "Price over the period named, multiple"),
        tooltip=axes.tips("layer:N", "indicator:N", "price_multiple:Q"),
    )
    said = "datum.priced ? format(datum.price_multiple, '.2f') : 'no price of its own'"
    beside = rows.transform_calculate(at="datum.priced ? datum.price_multiple : 0", said=said)
    labels = beside.mark_text(align="left", dx=4, color=MUTED).encode(
        x=alt.X("at:Q"), text=alt.Text("said:N")
    )
    return parts.layered(table, drawn, labels, height=160)


def equipment_growth(table: pd.DataFrame) -> alt.LayerChart:
    """Yearly growth of an equipment maker and of chip sales. Columns: date, period, series, value."""
    names = ["World chip sales", "Lam Research, revenue"]
    return _reported(table, "series", names, title="Growth on the year before, logs times 100")


def over_base(table: pd.DataFrame) -> alt.LayerChart:
    """What grows from one in the base quarter, 90 % bands, log scale.

    Columns: date, quarter, what, value, low, high (times the base quarter).
    """
    names = sorted(table["what"].unique())
    return parts.bands(table, "what", names, y=axes.log_y("Times the end of 2025"))
