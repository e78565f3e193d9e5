"""Charts that a reader can move: sliders recompute them, in a page without a network too.

A chart over the solved market selects rows of its table; the others recompute closed forms of the
library (`expressions`). Dashed lines and ticks keep the run in sight. Axes do not move.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from token_economics.figures import axes, parts, supply
from token_economics.figures.interactive import expressions
from token_economics.figures.interactive.sliders import RUN, movable, number, run_line, said_at
from token_economics.figures.style import CATEGORY, MUTED


def _stopped_at(sliders: pd.DataFrame) -> str:
    """Expression that holds for the rows of the stops that are set."""
    return " && ".join(f"datum.{param} == {param}" for param in sliders["param"])


def _stopped_at_run(sliders: pd.DataFrame) -> str:
    """Expression that holds for the rows at the run's own stops."""
    values = zip(sliders["param"], sliders["value"], strict=True)
    return " && ".join(f"datum.{param} == {number(value)}" for param, value in values)


# The solved market -----------------------------------------------------------------------------

ROW_HEIGHT = 62
WRITTEN = {"USD": ",.2f", "USD billion a year": ",.0f", "share": ".0%", "chance": ".0%"}


def outcomes(table: pd.DataFrame, sliders: pd.DataFrame) -> alt.LayerChart:
    """Results of the market over their value in the run, with the values written out.

    Columns: the sliders, outcome, result, unit, low, value, high, run.
    """
    low, high = _written("low"), _written("high")
    band = f"if(datum.low == datum.high, '', ' (' + {low} + ' to ' + {high} + ')')"
    unit = "if(indexof(datum.unit, 'USD') < 0, '', ' ' + datum.unit)"
    stopped = alt.Chart(table).transform_filter(_stopped_at(sliders))
    base = stopped.transform_calculate(
        relative=_over_run("value"),
        relative_low=_over_run("low"),
        relative_high=_over_run("high"),
        written=f"{_written('value')} + {unit} + {band}",
    ).encode(y=alt.Y("outcome:N", sort=None, axis=None))
    ends: dict[str, Any] = {"domain": [0.05, 20], "clamp": True}
    title, ticks = "Times its value in this run", [0.1, 0.3, 1, 3, 10]
    x = axes.log_x("relative", title, ticks, grid=False, **ends)
    lines = base.mark_rule(**parts.INTERVAL, color=CATEGORY[0], yOffset=12).encode(
        x=alt.X("relative_low:Q"), x2=alt.X2("relative_high:Q")
    )
    points = base.mark_point(**parts.POINT, color=CATEGORY[0], yOffset=12).encode(x=x)
    tick = base.mark_tick(color=MUTED, thickness=2, size=20, yOffset=12).encode(x=alt.datum(1))
    left = base.encode(x=alt.value(0))
    titles = said_at(left, "outcome", dy=-30, opacity=0.75)
    values = said_at(left, "written", dy=-14, fontWeight=600)
    units = table.drop_duplicates("result").set_index("result")["unit"]
    marks = (lines, tick, points, titles, values)
    drawn = parts.layered(table, *marks, height=ROW_HEIGHT * len(units))
    says = {str(result): _says(str(unit)) for result, unit in units.items()}
    return movable(drawn, sliders, says)


def _written(field: str) -> str:
    """Expression for a value in the form of its unit."""
    text = "''"
    for unit, form in WRITTEN.items():
        text = f"if(datum.unit == '{unit}', format(datum.{field}, '{form}'), {text})"
    return text


def _over_run(field: str) -> str:
    """A log axis has no place for nought or less, which a chance or a margin may be."""
    return f"max(datum.{field}, 1e-9) / max(datum.run, 1e-9)"


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
    year = pd.Timestamp(table["date"].max()).year
    base = alt.Chart(table).transform_filter(_stopped_at(sliders)).encode(x=axes.time_axis())
    domain = [float(table["low"].min()), float(table["high"].max()) * 2.2]
    ticks = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30]
    y = axes.log_upward("value", "Price over full cost", ticks, domain=domain, nice=False)
    line = base.mark_line(color=CATEGORY[0]).encode(y=y)
    at_run = alt.Chart(table).transform_filter(_stopped_at_run(sliders)).mark_line(**RUN)
    run = at_run.encode(x=alt.X("date:T"), y=y)
    cost = alt.Chart(table).mark_rule(color=CATEGORY[1], strokeWidth=1.5).encode(y=alt.datum(1))
    ending = base.transform_filter(f"year(datum.date) == {year}").transform_calculate(
        said=f"'End of {year}: ' + format(datum.value, '.2f') + ' of full cost,'",
        chance="'below full cost in ' + format(datum.below, '.0%') + ' of draws'",
    )
    corner = ending.encode(x=alt.value(4), y=alt.value(2))
    words = (said_at(corner, "said"), said_at(corner, "chance", dy=17))
    says = {
        "price_over_cost_at_horizon": f"End of {year}: {{value:.2f}} of full cost,",
        "below_cost_at_horizon": "below full cost in {value:.0%} of draws",
    }
    marks = (parts.band(base), cost, run, line, *words)
    return movable(parts.layered(table, *marks, height=320), sliders, says)


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
    cohorts, last = list(dict.fromkeys(table["cohort"])), int(table["months"].max())
    growth = expressions.fading_log_growth(
        months="datum.months", trend=trend, growth_now=_growth_now(table), half_life="half_life"
    )
    ratio = f"datum.start * exp({growth}) * {kept}"
    paths = alt.Chart(table).transform_calculate(ratio=ratio, years="datum.months / 12")
    base = (
        paths.transform_calculate(crossing="if(datum.ratio >= 1, datum.months, 1e9)")
        .transform_joinaggregate(crossed="min(crossing)", groupby=["cohort"])
        .encode(x=axes.across("years", "Years ahead", tickMinStep=1))
    )
    color = axes.colour("cohort", cohorts)
    ends: dict[str, Any] = {"domain": [1e-3, 100], "clamp": True}
    title, ticks = f"Spend on AI over {over}", [1e-3, 0.01, 0.1, 1, 10, 100]
    y = axes.log_upward("ratio", title, ticks, ",~%", **ends)
    lines = base.mark_line().encode(y=y, color=color)
    dashes = {name: RUN[name] for name in ("strokeDash", "strokeWidth")}
    run = base.mark_line(**dashes).encode(y=alt.Y("run:Q"), color=color)
    once = alt.Chart(table).transform_filter(f'datum.months == 0 && datum.cohort == "{cohorts[0]}"')
    level = once.mark_rule(color=MUTED).encode(y=alt.datum(1))
    named = once.transform_calculate(said=f"'{over}'").encode(x=alt.value(0), y=alt.datum(1))
    passing = (
        'replace(datum.cohort, "Panel\'s ", "") + '
        f"if(datum.crossed > {last}, ': below it for {last // 12} years', "
        "if(datum.crossed == 0, ': above it now', "
        "': passes it after ' + datum.crossed + ' months'))"
    )
    said = [said_at(named, "said", baseline="bottom", dx=4, dy=-3)]
    for at, cohort in enumerate(cohorts):
        first = base.transform_filter(f'datum.months == 0 && datum.cohort == "{cohort}"')
        low = alt.value(parts.HEIGHT - 6 - 17 * (len(cohorts) - 1 - at))
        place = first.transform_calculate(said=passing).encode(x=alt.value("width"), y=low)
        said.append(said_at(place, "said", align="right", baseline="bottom"))
    return movable(parts.layered(table, level, run, lines, *said), sliders)


# Supply ----------------------------------------------------------------------------------------

LAYERS = {
    "logic": "Logic and packaging",
    "memory": "Memory",
    "capex": "Finance",
    "power": "Power",
}


def layers(table: pd.DataFrame, sliders: pd.DataFrame, *, in_service_result: str) -> alt.LayerChart:
    """What each layer allows, and the least of it, by quarter; the id of the result that is said.

    Columns: ahead, date, of each slider its start and rest, power_start, power_base, kw_new,
    run_added, kept, old, landed, run_in_service.
    """
    base = _additions(table).encode(x=axes.time_axis())
    title, ticks = "Million H100e a quarter", [3, 10, 30, 100, 300, 1000]
    y = axes.log_upward("limit", title, ticks, ",~g", domain=[3, 1000], nice=False)
    folded = base.transform_fold([*LAYERS.values()], as_=["layer", "limit"])
    each = folded.mark_line(strokeWidth=1.8, clip=True).encode(
        y=y, color=axes.colour("layer", supply.LAYERS)
    )
    least = base.mark_line(strokeWidth=6, opacity=0.35, color=MUTED, clip=True).encode(
        y=alt.Y("added:Q")
    )
    ahead = int(table.loc[table["kept"] > 0, "ahead"].max())
    end = pd.Timestamp(table.loc[table["ahead"] == ahead, "date"].iloc[0]).year
    in_service = f"In service at the end of {end}: "
    ending = base.transform_filter(f"datum.ahead == {ahead}").transform_calculate(
        said=f"'{in_service}' + format(datum.in_service, ',.0f')",
        run_said="'million H100e (this run: ' + format(datum.run_in_service, ',.0f') + ')'",
    )
    corner = ending.encode(x=alt.value(4), y=alt.value(2))
    words = (said_at(corner, "said"), said_at(corner, "run_said", dy=17))
    marks = (least, run_line(base, "run_added"), each, *words)
    says = {in_service_result: f"{in_service}{{value:,.0f}}"}
    return movable(parts.layered(table, *marks, height=340), sliders, says)


def _additions(table: pd.DataFrame) -> alt.Chart:
    """What each layer allows, what is added, and what is in service, by quarter.

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
    under_power = expressions.additions_under_power(
        available="datum.power_gw", fleet="datum.fleet_gw", kw_new="datum.kw_new"
    )
    running: dict[str, Any] = {"frame": [None, 0], "sort": [alt.SortField("ahead")]}
    flow = f"min(min(datum['{names[0]}'], datum['{names[1]}']), datum['{names[2]}'])"
    fleet_gw = "if(datum.ahead == 1, datum.power_base, datum.earlier_gw)"
    drawn: alt.Chart = (
        alt.Chart(table)
        .transform_calculate(**limits)
        .transform_calculate(flow=flow)
        .transform_calculate(flow_gw="datum.flow * datum.kw_new")
        .transform_window(flows_gw="sum(flow_gw)", **running)
        .transform_calculate(room_gw=f"{power_gw} - datum.flows_gw")
        .transform_window(least_room_gw="min(room_gw)", **running)
        .transform_calculate(drawn_gw="datum.flows_gw + min(datum.power_base, datum.least_room_gw)")
        .transform_window(earlier_gw="lag(drawn_gw)", sort=[alt.SortField("ahead")])
        .transform_calculate(fleet_gw=fleet_gw, power_gw=power_gw)
        .transform_calculate(Power=under_power)
        .transform_calculate(added="min(datum.flow, datum.Power)")
        .transform_calculate(left="datum.added * datum.kept")
        .transform_window(new_in_service="sum(left)", **running)
        .transform_calculate(in_service="datum.landed * (datum.old + datum.new_in_service)")
    )
    return drawn


# Claims ----------------------------------------------------------------------------------------


def agreement(table: pd.DataFrame, sliders: pd.DataFrame) -> alt.LayerChart:
    """Claimed figures by their gap to the record, and how many agree at a margin.

    Columns: label, claimed, record, gap [share], log_gap, nearer, supported, partly, judged, landed.
    """
    share = expressions.share_held(
        supported="datum.supported", partly="datum.partly", judged="datum.judged", weight="weight"
    )
    agrees = expressions.agrees(log_gap="datum.log_gap", margin="margin")
    counted = alt.Chart(table).transform_calculate(agrees=agrees, margin_at="margin")
    verdict = "if(datum.agrees == 1, 'Agrees', 'Too far apart')"
    base = counted.transform_joinaggregate(agreeing="sum(agrees)").transform_calculate(
        verdict=verdict
    )
    ends = alt.Scale(domain=["Agrees", "Too far apart"], range=[CATEGORY[2], CATEGORY[1]])
    title, ticks = "Gap between claim and record", [0.01, 0.1, 1, 10, 100, 1000]
    points = base.mark_point(**parts.POINT).encode(
        x=axes.log_x("gap", title, ticks, ",~%"),
        y=axes.upward("nearer", "Figures at most so far apart"),
        color=axes.colour("verdict", scale=ends),
        tooltip=axes.tips("label:N", "claimed:N", "record:N", "gap:Q ,.0%"),
    )
    first = base.transform_filter("datum.nearer == 1")
    margin = first.mark_rule(color=CATEGORY[2], strokeWidth=2).encode(x=alt.X("margin_at:Q"))
    corner = first.transform_calculate(
        said=f"datum.agreeing + ' of {len(table)} figures agree;'",
        held=f"format(min(1, datum.landed * {share}), '.0%') + ' of judged claims hold'",
    ).encode(x=alt.value("width"), y=alt.value("height"))
    right = {"align": "right", "baseline": "bottom"}
    words = (said_at(corner, "said", **right, dy=-22), said_at(corner, "held", **right, dy=-5))
    says = {
        "figures_agree": f"{{value:.0f}} of {len(table)} figures agree;",
        "share_held": "{value:.0%} of judged claims hold",
    }
    return movable(parts.layered(table, margin, points, *words, height=320), sliders, says)
