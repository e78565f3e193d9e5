"""Charts that a reader can move: sliders recompute them, in a page without a network too.

A chart over the solved market selects rows of its table; the others recompute closed forms of the
library (`expressions`). Dashed lines and ticks keep the run in sight. Axes do not move.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from token_economics.figures import expressions
from token_economics.figures.parts import (
    HEIGHT,
    INTERVAL,
    POINT,
    palette,
    sized,
    tips,
)
from token_economics.figures.sliders import RUN, SAID, movable
from token_economics.figures.style import BAND_OPACITY, CATEGORY, MUTED
from token_economics.figures.supply import LAYERS as LAYER_ORDER


def _stopped_at(sliders: pd.DataFrame) -> str:
    """Expression that holds for the rows of the stops that are set."""
    return " && ".join(f"datum.{param} == {param}" for param in sliders["param"])


def _stopped_at_run(sliders: pd.DataFrame) -> str:
    """Expression that holds for the rows at the run's own stops."""
    values = zip(sliders["param"], sliders["value"], strict=True)
    return " && ".join(f"datum.{param} == {float(value)!r}" for param, value in values)


# The solved market -----------------------------------------------------------------------------

ROW_HEIGHT = 62


def outcomes(table: pd.DataFrame, sliders: pd.DataFrame) -> alt.LayerChart:
    """Results of the market over their value in the run, with the values written out.

    Columns: the sliders, outcome, result, unit, low, value, high, run.
    """

    def written(field: str) -> str:
        text = "''"
        for unit, form in WRITTEN.items():
            text = f"if(datum.unit == '{unit}', format(datum.{field}, '{form}'), {text})"
        return text

    def over_run(field: str) -> str:
        """A log axis has no place for nought or less, which a chance or a margin may be."""
        return f"max(datum.{field}, 1e-9) / max(datum.run, 1e-9)"

    band = f"if(datum.low == datum.high, '', ' (' + {written('low')} + ' to ' + {written('high')} + ')')"
    unit = "if(indexof(datum.unit, 'USD') < 0, '', ' ' + datum.unit)"
    base = (
        alt.Chart(table)
        .transform_filter(_stopped_at(sliders))
        .transform_calculate(
            relative=over_run("value"),
            relative_low=over_run("low"),
            relative_high=over_run("high"),
            written=f"{written('value')} + {unit} + {band}",
        )
        .encode(y=alt.Y("outcome:N", sort=None, axis=None))
    )
    x = alt.X(
        "relative:Q",
        title="Times its value in this run (log scale)",
        scale=alt.Scale(type="log", domain=[0.05, 20], clamp=True),
        axis=alt.Axis(values=[0.1, 0.3, 1, 3, 10], format="~g", grid=False),
    )
    lines = base.mark_rule(**INTERVAL, color=CATEGORY[0], yOffset=12).encode(
        x=alt.X("relative_low:Q"), x2=alt.X2("relative_high:Q")
    )
    points = base.mark_point(**POINT, color=CATEGORY[0], yOffset=12).encode(x=x)
    titles = base.mark_text(**SAID, dy=-30, opacity=0.75).encode(
        x=alt.value(0), text=alt.Text("outcome:N")
    )
    values = base.mark_text(**SAID, dy=-14, fontWeight=600).encode(
        x=alt.value(0), text=alt.Text("written:N")
    )
    ticks = base.mark_tick(color=MUTED, thickness=2, size=20, yOffset=12).encode(x=alt.datum(1))
    layers = alt.layer(lines, ticks, points, titles, values, data=table)
    units = table.drop_duplicates("result").set_index("result")["unit"]
    drawn = sized(layers, height=ROW_HEIGHT * len(units))
    return movable(
        drawn, sliders, {str(result): _says(str(unit)) for result, unit in units.items()}
    )


WRITTEN = {"USD": ",.2f", "USD billion a year": ",.0f", "share": ".0%", "chance": ".0%"}


def _says(unit: str) -> str:
    """What a row says of a result at rest: its value, and a range where it has one."""
    value, low, high = (f"{{{part}:{WRITTEN[unit]}}}" for part in ("value", "low", "high"))
    if unit == "chance":
        return value
    return f"{value}{f' {unit}' if 'USD' in unit else ''} ({low} to {high})"


def price(table: pd.DataFrame, sliders: pd.DataFrame) -> alt.LayerChart:
    """Price of compute over its full cost at the stops that are set.

    Columns: the sliders, date, low, value, high, run, below (share of draws below full cost).
    """
    last = pd.Timestamp(table["date"].max())
    base = (
        alt.Chart(table)
        .transform_filter(_stopped_at(sliders))
        .encode(x=alt.X("date:T", axis=alt.Axis(format="%Y", tickCount="year", grid=False, title=None)))
    )  # fmt: skip
    lowest, highest = float(table["low"].min()), float(table["high"].max())
    y = alt.Y(
        "value:Q",
        title="Price over full cost (log scale)",
        scale=alt.Scale(type="log", domain=[lowest, highest * 2.2], nice=False),
        axis=alt.Axis(values=[0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30], format="~g"),
    )
    band = base.mark_area(opacity=BAND_OPACITY, color=CATEGORY[0]).encode(
        y=alt.Y("low:Q"), y2=alt.Y2("high:Q")
    )
    line = base.mark_line(color=CATEGORY[0]).encode(y=y)
    run = (
        alt.Chart(table)
        .transform_filter(_stopped_at_run(sliders))
        .mark_line(**RUN)
        .encode(x=alt.X("date:T"), y=y)
    )
    cost = alt.Chart(table).mark_rule(color=CATEGORY[1], strokeWidth=1.5).encode(y=alt.datum(1))
    said = (
        base.transform_filter(f"year(datum.date) == {last.year}")
        .transform_calculate(
            said=f"'End of {last.year}: ' + format(datum.value, '.2f') + ' of full cost,'",
            chance="'below full cost in ' + format(datum.below, '.0%') + ' of draws'",
        )
        .encode(x=alt.value(4), y=alt.value(2))
    )
    layers = alt.layer(
        band,
        cost,
        run,
        line,
        said.mark_text(**SAID).encode(text=alt.Text("said:N")),
        said.mark_text(**SAID, dy=17).encode(text=alt.Text("chance:N")),
        data=table,
    )
    says = {
        "price_over_cost_at_horizon": f"End of {last.year}: {{value:.2f}} of full cost,",
        "below_cost_at_horizon": "below full cost in {value:.0%} of draws",
    }
    return movable(sized(layers, height=320), sliders, says)


# Demand ----------------------------------------------------------------------------------------


def payroll(table: pd.DataFrame, sliders: pd.DataFrame) -> alt.LayerChart:
    """Spend over payroll by month ahead. Columns: months, cohort, start, trend, growth, run."""
    kept = expressions.remaining_after_haircut(
        months="datum.months", signalling_share="signalling", half_life="signalling_half_life"
    )
    return _spend_ahead(table, sliders, trend="datum.trend", kept=kept, over="the mean wage")


def firm_payroll(table: pd.DataFrame, sliders: pd.DataFrame) -> alt.LayerChart:
    """A firm's spend over its payroll, by pace; growth below its trend stays what it is.

    Columns: months, cohort (the pace), start, trend, growth, run.
    """
    trend = f"min(datum.trend, {_growth_now(table)})"
    return _spend_ahead(table, sliders, trend=trend, kept="1", over="payroll")


def _growth_now(table: pd.DataFrame) -> str:
    """Growth of the first cohort is what the slider says; that of others is recorded. [log]"""
    return f'if(datum.cohort == "{table["cohort"].iloc[0]}", log(1 + growth), datum.growth)'


def _spend_ahead(
    table: pd.DataFrame, sliders: pd.DataFrame, *, trend: str, kept: str, over: str
) -> alt.LayerChart:
    """Spend over payroll by month ahead, and when each cohort passes it."""
    cohorts = list(dict.fromkeys(table["cohort"]))
    last = int(table["months"].max())
    growth = expressions.fading_log_growth(
        months="datum.months", trend=trend, growth_now=_growth_now(table), half_life="half_life"
    )
    base = (
        alt.Chart(table)
        .transform_calculate(
            ratio=f"datum.start * exp({growth}) * {kept}", years="datum.months / 12"
        )
        .transform_calculate(crossing="if(datum.ratio >= 1, datum.months, 1e9)")
        .transform_joinaggregate(crossed="min(crossing)", groupby=["cohort"])
        .encode(x=alt.X("years:Q", title="Years ahead", axis=alt.Axis(tickMinStep=1)))
    )
    color = alt.Color("cohort:N", title=None, scale=palette(cohorts))
    y = alt.Y(
        "ratio:Q",
        title=f"Spend on AI over {over} (log scale)",
        scale=alt.Scale(type="log", domain=[1e-3, 100], clamp=True),
        axis=alt.Axis(values=[1e-3, 0.01, 0.1, 1, 10, 100], format=",~%"),
    )
    lines = base.mark_line().encode(y=y, color=color)
    run = base.mark_line(strokeDash=RUN["strokeDash"], strokeWidth=RUN["strokeWidth"]).encode(
        y=alt.Y("run:Q"), color=color
    )
    once = alt.Chart(table).transform_filter(f'datum.months == 0 && datum.cohort == "{cohorts[0]}"')
    level = once.mark_rule(color=MUTED).encode(y=alt.datum(1))
    said = [
        once.transform_calculate(said=f"'{over}'")
        .mark_text(align="left", baseline="bottom", dx=4, dy=-3, fontSize=12)
        .encode(x=alt.value(0), y=alt.datum(1), text=alt.Text("said:N"))
    ]
    said += [
        base.transform_filter(f'datum.months == 0 && datum.cohort == "{cohort}"')
        .transform_calculate(
            said='replace(datum.cohort, "Panel\'s ", "") + '
            f"if(datum.crossed > {last}, ': below it for {last // 12} years', "
            "if(datum.crossed == 0, ': above it now', "
            "': passes it after ' + datum.crossed + ' months'))"
        )
        .mark_text(align="right", baseline="bottom", fontSize=12)
        .encode(
            x=alt.value("width"),
            y=alt.value(HEIGHT - 6 - 17 * (len(cohorts) - 1 - at)),
            text=alt.Text("said:N"),
        )
        for at, cohort in enumerate(cohorts)
    ]
    return movable(sized(alt.layer(level, run, lines, *said, data=table)), sliders)


# Supply ----------------------------------------------------------------------------------------

LAYERS = {
    "logic": "Logic and packaging",
    "memory": "Memory",
    "capex": "Finance",
    "power": "Power",
}


def layers(table: pd.DataFrame, sliders: pd.DataFrame) -> alt.LayerChart:
    """What each layer allows, and the least of it, by quarter. Columns: see the table's maker.

    Power is a stock: what the fleet draws is the least of what flows would draw and of every
    earlier limit of power with the flows since, so that running sums and minima restate it.
    """
    names = list(LAYERS.values())
    limits = {
        LAYERS[name]: expressions.layer_limit(
            start=f"datum.{name}_start",
            growth=f"(datum.{name}_rest * (1 + {name}))",
            ahead="datum.ahead",
        )
        for name in ("logic", "memory", "capex")
    }
    power_gw = expressions.layer_limit(
        start="datum.power_start", growth="(1 + power)", ahead="datum.ahead"
    )
    running: dict[str, Any] = {"frame": [None, 0], "sort": [alt.SortField("ahead")]}
    flow = f"min(min(datum['{names[0]}'], datum['{names[1]}']), datum['{names[2]}'])"
    base = (
        alt.Chart(table)
        .transform_calculate(**limits)
        .transform_calculate(flow=flow)
        .transform_calculate(flow_gw="datum.flow * datum.kw_new")
        .transform_window(flows_gw="sum(flow_gw)", **running)
        .transform_calculate(room_gw=f"{power_gw} - datum.flows_gw")
        .transform_window(least_room_gw="min(room_gw)", **running)
        .transform_calculate(drawn_gw="datum.flows_gw + min(datum.power_base, datum.least_room_gw)")
        .transform_window(earlier_gw="lag(drawn_gw)", sort=[alt.SortField("ahead")])
        .transform_calculate(
            fleet_gw="if(datum.ahead == 1, datum.power_base, datum.earlier_gw)", power_gw=power_gw
        )
        .transform_calculate(
            Power=expressions.additions_under_power(
                available="datum.power_gw", fleet="datum.fleet_gw", kw_new="datum.kw_new"
            )
        )
        .transform_calculate(added="min(datum.flow, datum.Power)")
        .transform_calculate(left="datum.added * datum.kept")
        .transform_window(new_in_service="sum(left)", **running)
        .transform_calculate(in_service="datum.landed * (datum.old + datum.new_in_service)")
        .encode(x=alt.X("date:T", axis=alt.Axis(format="%Y", tickCount="year", grid=False, title=None)))
    )  # fmt: skip
    color = alt.Color("layer:N", title=None, scale=palette(LAYER_ORDER))
    y = alt.Y(
        "limit:Q",
        title="Million H100e a quarter (log scale)",
        scale=alt.Scale(type="log", domain=[3, 1000], nice=False),
        axis=alt.Axis(values=[3, 10, 30, 100, 300, 1000], format=",~g"),
    )
    each = base.transform_fold([*names], as_=["layer", "limit"]).mark_line(
        strokeWidth=1.8, clip=True
    )
    least = base.mark_line(strokeWidth=6, opacity=0.35, color=MUTED, clip=True).encode(
        y=alt.Y("added:Q")
    )
    run = base.mark_line(**RUN).encode(y=alt.Y("run_added:Q"))
    ahead = int(table.loc[table["kept"] > 0, "ahead"].max())
    end = pd.Timestamp(table.loc[table["ahead"] == ahead, "date"].iloc[0]).year
    in_service = f"In service at the end of {end}: "
    said = (
        base.transform_filter(f"datum.ahead == {ahead}")
        .transform_calculate(
            said=f"'{in_service}' + format(datum.in_service, ',.0f')",
            run_said="'million H100e (this run: ' + format(datum.run_in_service, ',.0f') + ')'",
        )
        .encode(x=alt.value(4), y=alt.value(2))
    )
    return movable(
        sized(
            alt.layer(
                least,
                run,
                each.encode(y=y, color=color),
                said.mark_text(**SAID).encode(text=alt.Text("said:N")),
                said.mark_text(**SAID, dy=17).encode(text=alt.Text("run_said:N")),
                data=table,
            ),
            height=340,
        ),
        sliders,
        {"compute_in_three_years": f"{in_service}{{value:,.0f}}"},
    )


# Claims ----------------------------------------------------------------------------------------


def agreement(table: pd.DataFrame, sliders: pd.DataFrame) -> alt.LayerChart:
    """Claimed figures by their gap to the record, and how many agree at a margin.

    Columns: label, claimed, record, gap [share], log_gap, nearer, supported, partly, judged, landed.
    """
    share = expressions.share_held(
        supported="datum.supported", partly="datum.partly", judged="datum.judged", weight="weight"
    )
    held = f"min(1, datum.landed * {share})"
    base = (
        alt.Chart(table)
        .transform_calculate(
            agrees=expressions.agrees(log_gap="datum.log_gap", margin="margin"), margin_at="margin"
        )
        .transform_joinaggregate(agreeing="sum(agrees)")
        .transform_calculate(verdict="if(datum.agrees == 1, 'Agrees', 'Too far apart')")
    )
    x = alt.X(
        "gap:Q",
        title="Gap between claim and record (log scale)",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(values=[0.01, 0.1, 1, 10, 100, 1000], format=",~%"),
    )
    points = base.mark_point(**POINT).encode(
        x=x,
        y=alt.Y("nearer:Q", title="Figures at most so far apart"),
        color=alt.Color(
            "verdict:N",
            title=None,
            scale=alt.Scale(domain=["Agrees", "Too far apart"], range=[CATEGORY[2], CATEGORY[1]]),
        ),
        tooltip=tips("label:N", "claimed:N", "record:N", alt.Tooltip("gap:Q", format=",.0%")),
    )
    first = base.transform_filter("datum.nearer == 1")
    margin = first.mark_rule(color=CATEGORY[2], strokeWidth=2).encode(x=alt.X("margin_at:Q"))
    said = first.transform_calculate(
        said=f"datum.agreeing + ' of {len(table)} figures agree;'",
        held=f"format({held}, '.0%') + ' of judged claims hold'",
    ).encode(x=alt.value("width"), y=alt.value("height"))
    right: dict[str, Any] = {"align": "right", "baseline": "bottom", "fontSize": 12}
    layers = alt.layer(
        margin,
        points,
        said.mark_text(**right, dy=-22).encode(text=alt.Text("said:N")),
        said.mark_text(**right, dy=-5).encode(text=alt.Text("held:N")),
        data=table,
    )
    says = {
        "figures_agree": f"{{value:.0f}} of {len(table)} figures agree;",
        "share_held": "{value:.0%} of judged claims hold",
    }
    return movable(sized(layers, height=320), sliders, says)
