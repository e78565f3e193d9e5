"""Charts of formulas that a reader can move: maps of what rises and falls, and accounts.

All are recomputed from closed forms of the library (`expressions`); dashed lines and ticks keep
the run in sight, a box the range of the book. Axes do not move.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from token_economics.figures import axes
from token_economics.figures.interactive import expressions
from token_economics.figures.interactive.sliders import (
    DIAMOND,
    number,
    percent,
    recomputed,
    run_line,
    said_at,
)
from token_economics.figures.jevons import REGION_COLOURS, REGION_OPACITY, REGIONS
from token_economics.figures.style import CATEGORY, MUTED

# Rebound ---------------------------------------------------------------------------------------

# Between which edges each region lies, from below.
EDGES = ("bottom", "token_edge", "rent_edge", "spend_edge", "top")
BORDERS = {"token_edge": "token_price", "rent_edge": "compute_price", "spend_edge": "spend"}


def phase(table: pd.DataFrame, sliders: pd.DataFrame, highest: float) -> alt.LayerChart:
    """What rises, by elasticity and growth of compute; a point that moves, a box for today.

    Columns: elasticity, token_price, rent, spend (the run's turning points), left, right, low, high.
    """
    turning = expressions.turning_points(
        shift="log(1 + shift)", efficiency="log(1 + efficiency)", size="datum.elasticity"
    )
    cut = {
        edge: f"exp(max(0, min(log({highest:g}), {turning[price]})))"
        for edge, price in BORDERS.items()
    }
    sizes = table["elasticity"].astype(float)
    wide = {"domain": [float(sizes.min()), float(sizes.max())], "nice": False}
    computed = alt.Chart(table).transform_calculate(**cut, bottom="1", top=f"{highest:g}")
    base = computed.encode(x=axes.across("elasticity", "Market elasticity, in size", wide))
    title, ticks = "Compute in service, times a year", [1, 1.5, 2, 3, 4, 6, 8]
    tall: dict[str, Any] = {"domain": [1, highest], "nice": False}
    areas = [
        _region(
            base,
            name,
            y=axes.log_upward(lower, title, ticks, **tall),
            y2=alt.Y2(f"{upper}:Q"),
            color=axes.regions("region", REGIONS, REGION_COLOURS, REGION_OPACITY, labelLimit=300),
        )
        for name, lower, upper in zip(REGIONS, EDGES, EDGES[1:], strict=False)
    ]
    run = [run_line(base, edge) for edge in ("token_price", "rent", "spend")]
    first = base.transform_filter(f"datum.elasticity == {number(sizes.min())}")
    place = _place(first, x="elasticity", y="1 + compute")
    response = expressions.bound_response(
        shift="log(1 + shift)",
        capacity="log(1 + compute)",
        efficiency="log(1 + efficiency)",
        size="elasticity",
    )
    said = (
        f"['Where the diamond stands, a year:', 'spending ' + {percent(response['spend'])} + "
        f"', rent ' + {percent(response['compute_price'])} + "
        f"', raw token ' + {percent(response['token_price'])}]"
    )
    return recomputed(table, *areas, *run, *place, sliders=sliders, said=said, height=360)


# National accounts -----------------------------------------------------------------------------


def accounts(table: pd.DataFrame, sliders: pd.DataFrame) -> alt.LayerChart:
    """Changes of a service done with AI, in prices, money and volumes; ticks are the run.

    Columns: quantity, label, run [share], quality_gain, token_cost, spend [USD billion], landed.
    """
    first = table.iloc[0]
    _, _, changes = _changes(first)
    value = "0"
    for quantity in table["quantity"]:
        value = f"if(datum.quantity == '{quantity}', exp({changes[quantity]}) - 1, {value})"
    missed = expressions.aggregate_phantom(
        phantom=changes["phantom"], base_spend=number(first["spend"]), nominal=changes["nominal"]
    )
    computed = alt.Chart(table).transform_calculate(value=value)
    base = computed.transform_calculate(
        kind="if(datum.quantity == 'phantom', 'Missed', 'Change')",
        written="datum.label + ': ' + format(datum.value, '+.1%')",
    ).encode(y=alt.Y("label:N", sort=None, axis=None))
    title, scale = "Against the same work without AI", {"domain": [-0.8, 1.6], "clamp": True}
    ticks = [-0.5, 0, 0.5, 1, 1.5]
    bars = base.mark_bar(height=14, yOffset=8).encode(
        x=axes.across("value", title, scale, format=".0%", values=ticks, grid=False),
        color=axes.colour("kind", ["Change", "Missed"], legend=False),
    )
    run = base.mark_tick(color=MUTED, thickness=2, size=24, yOffset=8).encode(x=alt.X("run:Q"))
    titles = said_at(base, "written", dy=-18).encode(x=alt.value(0))
    return recomputed(
        table,
        bars,
        run,
        titles,
        sliders=sliders,
        said=f"['The accounts miss ' + format({missed}, ',.2~f') + ' billion USD of this one use']",
        says={"sector_gap": "Output missed: {value:+.1%}"},
        height=46 * len(table),
    )


def _changes(row: pd.Series) -> tuple[str, str, dict[str, str]]:
    """Log fall of the true price, landed on the run's gap; of what is marketed; of the accounts."""
    fall = expressions.true_price_fall(
        saving="saving", pass_through="pass_through", quality_gain=number(row["quality_gain"])
    )
    landed = f"({number(row['landed'])} * {fall})"
    marketed = expressions.marketed_value(
        price_fall=landed, self_made="self_made", token_cost=number(row["token_cost"])
    )
    changes = expressions.sector_accounts(
        price_fall=landed, marketed=marketed, elasticity="elasticity", capture="capture"
    )
    return landed, marketed, changes


SIGNS = ("Both fall", "Only money falls", "Neither falls")
SIGN_COLOURS = [CATEGORY[1], CATEGORY[4], CATEGORY[2]]
SIGN_AREAS = (("falls", "bottom", "border"), ("falls", "border", "top"), ("holds", "bottom", "top"))


def signs(table: pd.DataFrame, sliders: pd.DataFrame) -> alt.LayerChart:
    """Whether money spent and measured output fall, by elasticity and share caught by deflators.

    Columns: size, run, quality_gain, token_cost, landed, left, right, low, high.
    """
    fall, marketed, changes = _changes(table.iloc[0])
    border, turn = (
        expressions.least_capture(size=size, price_fall=fall, marketed=marketed)
        for size in ("datum.falls", "0")
    )
    largest = float(table["size"].max())
    turned = f"max(0, min({largest:g}, {turn}))"
    base = (
        alt.Chart(table)
        .transform_calculate(turn=turned, bottom="0", top="1")
        .transform_calculate(
            falls="min(datum.size, datum.turn)", holds="max(datum.size, datum.turn)"
        )
        .transform_calculate(border=f"max(0, min(1, {border}))")
    )
    wide, tall = {"domain": [0, largest], "nice": False}, {"domain": [0, 1], "nice": False}
    size, share = "Elasticity of demand, in size", "Share of the price fall that deflators catch"
    areas = [
        _region(
            base,
            name,
            x=axes.across(x, size, wide, tickCount=5),
            y=axes.upward(lower, share, tall, format=".0%"),
            y2=alt.Y2(f"{upper}:Q"),
            color=axes.regions("region", list(SIGNS), SIGN_COLOURS, REGION_OPACITY),
        )
        for name, (x, lower, upper) in zip(SIGNS, SIGN_AREAS, strict=True)
    ]
    run = run_line(base.encode(x=alt.X("size:Q")))
    place = _place(base.transform_filter("datum.size == 0"), x="-elasticity", y="capture")
    said = (
        f"['At the diamond: money spent ' + {percent(changes['nominal'])} + ',', "
        f"'measured output ' + {percent(changes['measured_volume'])} + "
        f"', true output ' + {percent(changes['true_volume'])} + ',', "
        f"'output missed ' + {percent(changes['phantom'])}]"
    )
    says = {"sector_gap": "output missed {value:+.0%}"}
    return recomputed(table, *areas, run, *place, sliders=sliders, said=said, says=says)


def _region(base: Any, name: str, **encoding: Any) -> Any:
    """An area of a map, by its name."""
    area = base.transform_calculate(region=f"'{name}'").mark_area(opacity=REGION_OPACITY)
    return area.encode(**encoding)


def _place(one: Any, *, x: str, y: str) -> tuple[Any, Any]:
    """On a map, a box from left, low to right, high, and a diamond where the sliders stand."""
    box = one.mark_rect(fillOpacity=0, stroke=MUTED, strokeWidth=2).encode(
        x=alt.X("left:Q"), x2=alt.X2("right:Q"), y=alt.Y("low:Q"), y2=alt.Y2("high:Q")
    )
    placed = one.transform_calculate(here_x=x, here_y=y)
    diamond = placed.mark_point(**DIAMOND, stroke="white", strokeWidth=1.5)
    return box, diamond.encode(x=alt.X("here_x:Q"), y=alt.Y("here_y:Q"))
