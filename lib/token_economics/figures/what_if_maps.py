"""Charts of formulas that a reader can move: maps of what rises and falls, and accounts.

All are recomputed from closed forms of the library (`expressions`); dashed lines and ticks keep
the run in sight, a box the range of the book. Axes do not move.
"""

from __future__ import annotations

import altair as alt
import pandas as pd

from token_economics.figures import expressions
from token_economics.figures.parts import sized
from token_economics.figures.sliders import RUN, SAID, movable, percent
from token_economics.figures.sliders import said as words
from token_economics.figures.style import CATEGORY, MUTED

# Rebound ---------------------------------------------------------------------------------------

REGIONS = {
    "Spending, rent and token price rise": ("1", "token_price"),
    "Spending and rent rise": ("token_price", "rent"),
    "Only spending rises": ("rent", "spend"),
    "All three fall": ("spend", "top"),
}
REGION_COLOURS = [CATEGORY[1], CATEGORY[4], CATEGORY[2], CATEGORY[0]]


def phase(table: pd.DataFrame, sliders: pd.DataFrame, highest: float) -> alt.LayerChart:
    """What rises, by elasticity and growth of compute; a point that moves, a box for today.

    Columns: elasticity, token_price, rent, spend (the run's turning points), left, right, low, high.
    """
    turning = expressions.turning_points(
        shift="log(1 + shift)", efficiency="log(1 + efficiency)", size="datum.elasticity"
    )
    borders = {"token_edge": "token_price", "rent_edge": "compute_price", "spend_edge": "spend"}
    cut = {
        edge: f"exp(max(0, min(log({highest:g}), {turning[price]})))"
        for edge, price in borders.items()
    }
    edges = {
        "1": "bottom", "token_price": "token_edge", "rent": "rent_edge", "spend": "spend_edge",
        "top": "top",
    }  # fmt: skip
    x = alt.X(
        "elasticity:Q",
        title="Market elasticity, in size",
        scale=alt.Scale(
            domain=[float(table["elasticity"].min()), float(table["elasticity"].max())], nice=False
        ),
    )
    scale = alt.Scale(type="log", domain=[1, highest], nice=False)
    axis = alt.Axis(values=[1, 1.5, 2, 3, 4, 6, 8], format="~g")
    title = "Compute in service, times a year (log scale)"
    base = (
        alt.Chart(table)
        .transform_calculate(**cut, bottom="1", top=f"{highest:g}")
        .encode(x=x)
    )  # fmt: skip
    color = alt.Color(
        "region:N",
        title=None,
        scale=alt.Scale(domain=list(REGIONS), range=REGION_COLOURS),
        legend=alt.Legend(
            symbolType="square", symbolStrokeWidth=0, symbolOpacity=0.45, labelLimit=300
        ),
    )
    areas = [
        base.transform_calculate(region=f"'{name}'")
        .mark_area(opacity=0.45)
        .encode(
            y=alt.Y(f"{edges[lower]}:Q", title=title, scale=scale, axis=axis),
            y2=alt.Y2(f"{edges[upper]}:Q"),
            color=color,
        )
        for name, (lower, upper) in REGIONS.items()
    ]
    run = [
        base.mark_line(**RUN).encode(y=alt.Y(f"{edge}:Q"))
        for edge in ("token_price", "rent", "spend")
    ]
    first = base.transform_filter(f"datum.elasticity == {float(table['elasticity'].min())!r}")
    box, here = _place(first, x="elasticity", y="1 + compute")
    response = expressions.bound_response(
        shift="log(1 + shift)", capacity="log(1 + compute)", efficiency="log(1 + efficiency)",
        size="elasticity",
    )  # fmt: skip
    said = (
        f"['Where the diamond stands, a year:', 'spending ' + {percent(response['spend'])} + "
        f"', rent ' + {percent(response['compute_price'])} + "
        f"', raw token ' + {percent(response['token_price'])}]"
    )
    drawn = sized(alt.layer(*areas, *run, box, here, data=table), height=360)
    return movable(drawn.properties(title=words(said)), sliders)


# National accounts -----------------------------------------------------------------------------


def accounts(table: pd.DataFrame, sliders: pd.DataFrame) -> alt.LayerChart:
    """Changes of a service done with AI, in prices, money and volumes; ticks are the run.

    Columns: quantity, label, run [share], quality_gain, token_cost, spend [USD billion], landed.
    """
    first = table.iloc[0]
    fall, marketed = _fall_and_marketed(first)
    changes = expressions.sector_accounts(
        price_fall=fall, marketed=marketed, elasticity="elasticity", capture="capture"
    )
    value = "0"
    for quantity in table["quantity"]:
        value = f"if(datum.quantity == '{quantity}', exp({changes[quantity]}) - 1, {value})"
    missed = expressions.aggregate_phantom(
        phantom=changes["phantom"],
        base_spend=f"{float(first['spend'])!r}",
        nominal=changes["nominal"],
    )
    said = f"['The accounts miss ' + format({missed}, ',.2~f') + ' billion USD of this one use']"
    base = (
        alt.Chart(table)
        .transform_calculate(value=value)
        .transform_calculate(
            kind="if(datum.quantity == 'phantom', 'Missed', 'Change')",
            written="datum.label + ': ' + format(datum.value, '+.1%')",
        )
        .encode(y=alt.Y("label:N", sort=None, axis=None))
    )
    x = alt.X(
        "value:Q",
        title="Against the same work without AI",
        scale=alt.Scale(domain=[-0.8, 1.6], clamp=True),
        axis=alt.Axis(format=".0%", values=[-0.5, 0, 0.5, 1, 1.5], grid=False),
    )
    colour = alt.Color(
        "kind:N",
        legend=None,
        scale=alt.Scale(domain=["Change", "Missed"], range=[CATEGORY[0], CATEGORY[1]]),
    )
    bars = base.mark_bar(height=14, yOffset=8).encode(x=x, color=colour)
    ticks = base.mark_tick(color=MUTED, thickness=2, size=24, yOffset=8).encode(x=alt.X("run:Q"))
    titles = base.mark_text(**SAID, dy=-18).encode(x=alt.value(0), text=alt.Text("written:N"))
    drawn = sized(alt.layer(bars, ticks, titles, data=table), height=46 * len(table))
    says = {"sector_gap": "Output missed: {value:+.1%}"}
    return movable(drawn.properties(title=words(said)), sliders, says)


def _fall_and_marketed(row: pd.Series) -> tuple[str, str]:
    """Log fall of the true price, landed on the run's gap, and log change of what is marketed."""
    fall = expressions.true_price_fall(
        saving="saving", pass_through="pass_through", quality_gain=f"{float(row['quality_gain'])!r}"
    )
    landed = f"({float(row['landed'])!r} * {fall})"
    marketed = expressions.marketed_value(
        price_fall=landed, self_made="self_made", token_cost=f"{float(row['token_cost'])!r}"
    )
    return landed, marketed


SIGNS = ("Both fall", "Only money falls", "Neither falls")
SIGN_COLOURS = [CATEGORY[1], CATEGORY[4], CATEGORY[2]]


def signs(table: pd.DataFrame, sliders: pd.DataFrame) -> alt.LayerChart:
    """Whether money spent and measured output fall, by elasticity and share caught by deflators.

    Columns: size, run, quality_gain, token_cost, landed, left, right, low, high.
    """
    fall, marketed = _fall_and_marketed(table.iloc[0])

    def border(size: str) -> str:
        found = expressions.least_capture(size=size, price_fall=fall, marketed=marketed)
        return f"max(0, min(1, {found}))"

    largest = float(table["size"].max())
    turn = expressions.least_capture(size="0", price_fall=fall, marketed=marketed)
    base = (
        alt.Chart(table)
        .transform_calculate(turn=f"max(0, min({largest:g}, {turn}))", bottom="0", top="1")
        .transform_calculate(falls="min(datum.size, datum.turn)", holds="max(datum.size, datum.turn)")
        .transform_calculate(border=border("datum.falls"))
    )  # fmt: skip
    ticks = alt.Axis(tickCount=5)
    across = alt.Scale(domain=[0, largest], nice=False)
    upward = alt.Scale(domain=[0, 1], nice=False)
    color = alt.Color(
        "region:N",
        title=None,
        scale=alt.Scale(domain=list(SIGNS), range=SIGN_COLOURS),
        legend=alt.Legend(symbolType="square", symbolStrokeWidth=0, symbolOpacity=0.45),
    )
    areas = [
        base.transform_calculate(region=f"'{name}'")
        .mark_area(opacity=0.45)
        .encode(x=alt.X(f"{x}:Q", title="Elasticity of demand, in size", scale=across, axis=ticks),
            y=alt.Y(
                f"{lower}:Q",
                title="Share of the price fall that deflators catch",
                scale=upward,
                axis=alt.Axis(format=".0%"),
            ), y2=alt.Y2(f"{upper}:Q"), color=color)
        for name, x, lower, upper in (
            (SIGNS[0], "falls", "bottom", "border"),
            (SIGNS[1], "falls", "border", "top"),
            (SIGNS[2], "holds", "bottom", "top"),
        )
    ]  # fmt: skip
    run = base.mark_line(**RUN).encode(x=alt.X("size:Q"), y=alt.Y("run:Q"))
    one = base.transform_filter("datum.size == 0")
    box, here = _place(one, x="-elasticity", y="capture")
    changes = expressions.sector_accounts(
        price_fall=fall, marketed=marketed, elasticity="elasticity", capture="capture"
    )
    said = (
        f"['At the diamond: money spent ' + {percent(changes['nominal'])} + ',', "
        f"'measured output ' + {percent(changes['measured_volume'])} + "
        f"', true output ' + {percent(changes['true_volume'])} + ',', "
        f"'output missed ' + {percent(changes['phantom'])}]"
    )
    drawn = sized(alt.layer(*areas, run, box, here, data=table), height=300)
    says = {"sector_gap": "output missed {value:+.0%}"}
    return movable(drawn.properties(title=words(said)), sliders, says)


def _place(one: alt.Chart, *, x: str, y: str) -> tuple[alt.Chart, alt.Chart]:
    """On a map, a box from left, low to right, high, and a diamond where the sliders stand."""
    box = one.mark_rect(fillOpacity=0, stroke=MUTED, strokeWidth=2).encode(
        x=alt.X("left:Q"), x2=alt.X2("right:Q"), y=alt.Y("low:Q"), y2=alt.Y2("high:Q")
    )
    here = (
        one.transform_calculate(here_x=x, here_y=y)
        .mark_point(size=140, shape="diamond", color=MUTED, stroke="white", strokeWidth=1.5)
        .encode(x=alt.X("here_x:Q"), y=alt.Y("here_y:Q"))
    )
    return box, here
