"""Charts that move on the pages of the record: what a task costs, and what price cuts can show.

All are recomputed from closed forms of the library (`expressions`); dashed lines keep the run in
sight. Axes do not move.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from token_economics.figures import axes
from token_economics.figures.interactive import expressions
from token_economics.figures.interactive.sliders import DIAMOND, number, recomputed, run_line
from token_economics.figures.style import CATEGORY

PERCENT: dict[str, Any] = {"format": ".0%", "tickCount": 5}


def task_cost(table: pd.DataFrame, sliders: pd.DataFrame) -> alt.LayerChart:
    """Cost of an accepted task by part, by price of tokens over that of the headline's quarter.

    Columns: multiple [1], quarter, attempt, attempt_at_base [USD], review_rise [1] (since the base
    quarter, for which the book's share of review holds), landed [1], run (the whole cost in the
    run) [USD].
    """
    first, names = table.iloc[0], ("attempt", "attempt_at_base", "review_rise", "landed")
    attempt, at_base, rise, landed = (number(first[name]) for name in names)
    tokens = f"({landed} * {attempt} / accepted)"
    at_start = expressions.review_of_task(tokens=f"({at_base} / accepted)", review_share="review")
    review = f"({landed} * {rise} * {at_start})"
    costs = alt.Chart(table).transform_calculate(Tokens=f"{tokens} * datum.multiple", Review=review)
    quarter = str(first["quarter"])
    title, ticks = f"Price of tokens over that of {quarter}", [0.01, 0.03, 0.1, 0.3, 1, 3]
    base = costs.transform_calculate(Both="datum.Tokens + datum.Review").encode(
        x=axes.log_x("multiple", title, ticks, grid=False, nice=False)
    )
    ends: dict[str, Any] = {"domain": [0.01, 100], "clamp": True}
    y = axes.log_upward("cost", "USD for an accepted task", [0.01, 0.1, 1, 10, 100], **ends)
    parts = ["Tokens", "Review", "Both"]
    folded = base.transform_fold([*parts], as_=["part", "cost"]).mark_line()
    lines = folded.encode(y=y, color=axes.colour("part", parts))
    said = (
        f"['Accepted task in {quarter}: ' + format({tokens} + {review}, ',.2f') + ' USD,', "
        f"'with tokens at a tenth ' + format({tokens} / 10 + {review}, ',.2f') + "
        f"', with tokens free ' + format({review}, ',.2f')]"
    )
    says = {"task_cost": f"Accepted task in {quarter}: {{value:,.2f}} USD,"}
    return recomputed(table, run_line(base), lines, sliders=sliders, said=said, says=says)


def own_response(table: pd.DataFrame, sliders: pd.DataFrame) -> alt.LayerChart:
    """What a seller's price cut would show, by its share of the market's spending.

    Columns: share, seen_share (of the seller that was seen), run.
    """
    seen = number(table["seen_share"].iloc[0])
    substitution = expressions.substitution(own="own", share=seen, size="elasticity")

    def response(share: str) -> str:
        return expressions.own_elasticity(substitution=substitution, share=share, size="elasticity")

    title, ticks = "Share of the seller in spending", [0.001, 0.01, 0.1, 1]
    computed = alt.Chart(table).transform_calculate(response=response("datum.share"))
    base = computed.encode(x=axes.log_x("share", title, ticks, "~%", grid=False, nice=False))
    scale = {"domain": [0, 1.6], "clamp": True}
    y = axes.upward("response", "Elasticity of the seller's tokens, in size", scale)
    line = base.mark_line(color=CATEGORY[0]).encode(y=y)
    at_seen = base.transform_filter("datum.share == datum.seen_share")
    here = at_seen.mark_point(**DIAMOND, filled=True).encode(y=alt.Y("response:Q"))
    said = (
        f"['A seller with a tenth of spending would show ' + format({response('0.1')}, '.2f') + ',', "
        f"'one with half of it ' + format({response('0.5')}, '.2f') + "
        f"', the whole market ' + format({response('1')}, '.2f')]"
    )
    says = {"prior_elasticity": "the whole market {value:.2f}"}
    return recomputed(table, run_line(base), line, here, sliders=sliders, said=said, says=says)


def price_paid(table: pd.DataFrame, sliders: pd.DataFrame) -> alt.LayerChart:
    """Price paid over the list price of three to one, by share of input read from the cache.

    Columns: cache, run, landed.
    """
    landed = number(table["landed"].iloc[0])

    def paid(cache: str) -> str:
        price = expressions.effective_price(
            output_over_input="ratio", input_share="input", cache_share=cache, cached_ratio="cached"
        )
        return f"({landed} * 4 * {price} / (3 + ratio))"

    title = "Share of input read from the cache"
    base = (
        alt.Chart(table)
        .transform_calculate(paid=paid("datum.cache"))
        .encode(x=axes.across("cache", title, {"domain": [0, 1]}, **PERCENT))
    )
    scale = {"domain": [0, 1], "clamp": True}
    y = axes.upward("paid", "Price paid over list price", scale, **PERCENT)
    line = base.mark_line(color=CATEGORY[0]).encode(y=y)
    none = base.transform_filter("datum.cache == 0")
    placed = none.transform_calculate(here_x="cache", here_y=paid("cache"))
    here = placed.mark_point(**DIAMOND, filled=True).encode(
        x=alt.X("here_x:Q"), y=alt.Y("here_y:Q")
    )
    said = (
        f"['Price paid over list price: ' + format({paid('cache')}, '.1%') + ',', "
        f"'without a cache ' + format({paid('0')}, '.1%')]"
    )
    says = {"paid_over_list_now": "Price paid over list price: {value:.1%},"}
    return recomputed(table, run_line(base), line, here, sliders=sliders, said=said, says=says)


def output_missed(table: pd.DataFrame, sliders: pd.DataFrame) -> alt.LayerChart:
    """Growth that a deflator misses by fall of the true price; level: what legal services lost.

    Columns: fall, run. [log points a year]
    """
    missed = expressions.output_missed(price_fall="datum.fall", capture="capture")
    needed = expressions.price_fall_behind(growth="legal", capture="capture")
    scale = {"domain": [0, float(table["fall"].max())], "nice": False}
    title = "Fall of the true price against wages, a year (in logs)"
    base = (
        alt.Chart(table)
        .transform_calculate(missed=missed, lost="max(-legal, 0)")
        .encode(x=axes.across("fall", title, scale, **PERCENT))
    )
    y = axes.upward("missed", "Growth missed, a year (in logs)", scale, **PERCENT)
    line = base.mark_line(color=CATEGORY[0], clip=True).encode(y=y)
    lost = base.mark_line(color=CATEGORY[1], strokeWidth=1.5).encode(y=alt.Y("lost:Q"))
    said = (
        "['Missed output alone explains the legal loss', "
        f"'if the true price fell by ' + format({needed}, '.1%') + ' a year']"
    )
    return recomputed(table, run_line(base), lost, line, sliders=sliders, said=said)
