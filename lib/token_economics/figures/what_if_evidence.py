"""Charts that move on the pages of the record: what a task costs, and what price cuts can show.

All are recomputed from closed forms of the library (`expressions`); dashed lines keep the run in
sight. Axes do not move.
"""

from __future__ import annotations

import altair as alt
import pandas as pd

from token_economics.figures import expressions
from token_economics.figures.parts import palette, sized
from token_economics.figures.sliders import RUN, movable
from token_economics.figures.sliders import said as words
from token_economics.figures.style import CATEGORY, MUTED


def task_cost(table: pd.DataFrame, sliders: pd.DataFrame) -> alt.LayerChart:
    """Cost of an accepted task by part, by price of tokens over that of the headline's quarter.

    Columns: multiple [1], quarter, attempt, attempt_at_base [USD], review_rise [1] (since the base
    quarter, for which the book's share of review holds), landed [1], run (the whole cost in the
    run) [USD].
    """
    parts = ["Tokens", "Review", "Both"]
    first = table.iloc[0]
    quarter = str(first["quarter"])
    attempt, at_base, rise, landed = (
        f"{float(first[name])!r}"
        for name in ("attempt", "attempt_at_base", "review_rise", "landed")
    )
    tokens = f"({landed} * {attempt} / accepted)"
    at_start = expressions.review_of_task(tokens=f"({at_base} / accepted)", review_share="review")
    review = f"({landed} * {rise} * {at_start})"
    base = (
        alt.Chart(table)
        .transform_calculate(Tokens=f"{tokens} * datum.multiple", Review=review)
        .transform_calculate(Both="datum.Tokens + datum.Review")
        .encode(
            x=alt.X(
                "multiple:Q",
                title=f"Price of tokens over that of {quarter} (log scale)",
                scale=alt.Scale(type="log", nice=False),
                axis=alt.Axis(values=[0.01, 0.03, 0.1, 0.3, 1, 3], format="~g", grid=False),
            )
        )
    )
    y = alt.Y(
        "cost:Q",
        title="USD for an accepted task (log scale)",
        scale=alt.Scale(type="log", domain=[0.01, 100], clamp=True),
        axis=alt.Axis(values=[0.01, 0.1, 1, 10, 100], format="~g"),
    )
    lines = (
        base.transform_fold([*parts], as_=["part", "cost"])
        .mark_line()
        .encode(y=y, color=alt.Color("part:N", title=None, scale=palette(parts)))
    )
    run = base.mark_line(**RUN).encode(y=alt.Y("run:Q"))
    said = (
        f"['Accepted task in {quarter}: ' + format({tokens} + {review}, ',.2f') + ' USD,', "
        f"'with tokens at a tenth ' + format({tokens} / 10 + {review}, ',.2f') + "
        f"', with tokens free ' + format({review}, ',.2f')]"
    )
    drawn = sized(alt.layer(run, lines, data=table), height=300)
    says = {"task_cost": f"Accepted task in {quarter}: {{value:,.2f}} USD,"}
    return movable(drawn.properties(title=words(said)), sliders, says)


def own_response(table: pd.DataFrame, sliders: pd.DataFrame) -> alt.LayerChart:
    """What a seller's price cut would show, by its share of the market's spending.

    Columns: share, seen_share (of the seller that was seen), run.
    """
    seen = f"{float(table['seen_share'].iloc[0])!r}"
    substitution = expressions.substitution(own="own", share=seen, size="elasticity")

    def response(share: str) -> str:
        return expressions.own_elasticity(substitution=substitution, share=share, size="elasticity")

    base = (
        alt.Chart(table)
        .transform_calculate(response=response("datum.share"))
        .encode(
            x=alt.X(
                "share:Q",
                title="Share of the seller in spending (log scale)",
                scale=alt.Scale(type="log", nice=False),
                axis=alt.Axis(values=[0.001, 0.01, 0.1, 1], format="~%", grid=False),
            )
        )
    )
    y = alt.Y(
        "response:Q",
        title="Elasticity of the seller's tokens, in size",
        scale=alt.Scale(domain=[0, 1.6], clamp=True),
    )
    run = base.mark_line(**RUN).encode(y=alt.Y("run:Q"))
    line = base.mark_line(color=CATEGORY[0]).encode(y=y)
    here = (
        base.transform_filter("datum.share == datum.seen_share")
        .mark_point(size=140, shape="diamond", color=MUTED, filled=True)
        .encode(y=alt.Y("response:Q"))
    )
    said = (
        f"['A seller with a tenth of spending would show ' + format({response('0.1')}, '.2f') + ',', "
        f"'one with half of it ' + format({response('0.5')}, '.2f') + "
        f"', the whole market ' + format({response('1')}, '.2f')]"
    )
    drawn = sized(alt.layer(run, line, here, data=table), height=300)
    says = {"prior_elasticity": "the whole market {value:.2f}"}
    return movable(drawn.properties(title=words(said)), sliders, says)


def price_paid(table: pd.DataFrame, sliders: pd.DataFrame) -> alt.LayerChart:
    """Price paid over the list price of three to one, by share of input read from the cache.

    Columns: cache, run, landed.
    """
    landed = f"{float(table['landed'].iloc[0])!r}"

    def paid(cache: str) -> str:
        price = expressions.effective_price(
            output_over_input="ratio", input_share="input", cache_share=cache, cached_ratio="cached"
        )
        return f"({landed} * 4 * {price} / (3 + ratio))"

    base = (
        alt.Chart(table)
        .transform_calculate(paid=paid("datum.cache"))
        .encode(
            x=alt.X(
                "cache:Q",
                title="Share of input read from the cache",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=".0%", tickCount=5),
            )
        )
    )
    y = alt.Y(
        "paid:Q",
        title="Price paid over list price",
        scale=alt.Scale(domain=[0, 1], clamp=True),
        axis=alt.Axis(format=".0%", tickCount=5),
    )
    run = base.mark_line(**RUN).encode(y=alt.Y("run:Q"))
    line = base.mark_line(color=CATEGORY[0]).encode(y=y)
    here = (
        base.transform_filter("datum.cache == 0")
        .transform_calculate(here_x="cache", here_y=paid("cache"))
        .mark_point(size=140, shape="diamond", color=MUTED, filled=True)
        .encode(x=alt.X("here_x:Q"), y=alt.Y("here_y:Q"))
    )
    said = (
        f"['Price paid over list price: ' + format({paid('cache')}, '.1%') + ',', "
        f"'without a cache ' + format({paid('0')}, '.1%')]"
    )
    drawn = sized(alt.layer(run, line, here, data=table), height=300)
    says = {"paid_over_list_now": "Price paid over list price: {value:.1%},"}
    return movable(drawn.properties(title=words(said)), sliders, says)


def output_missed(table: pd.DataFrame, sliders: pd.DataFrame) -> alt.LayerChart:
    """Growth that a deflator misses by fall of the true price; level: what legal services lost.

    Columns: fall, run. [log points a year]
    """
    steepest = float(table["fall"].max())
    needed = expressions.price_fall_behind(growth="legal", capture="capture")
    base = (
        alt.Chart(table)
        .transform_calculate(
            missed=expressions.output_missed(price_fall="datum.fall", capture="capture"),
            lost="max(-legal, 0)",
        )
        .encode(
            x=alt.X(
                "fall:Q",
                title="Fall of the true price against wages, a year (in logs)",
                scale=alt.Scale(domain=[0, steepest], nice=False),
                axis=alt.Axis(format=".0%", tickCount=5),
            )
        )
    )
    y = alt.Y(
        "missed:Q",
        title="Growth missed, a year (in logs)",
        scale=alt.Scale(domain=[0, steepest], nice=False),
        axis=alt.Axis(format=".0%", tickCount=5),
    )
    run = base.mark_line(**RUN).encode(y=alt.Y("run:Q"))
    line = base.mark_line(color=CATEGORY[0], clip=True).encode(y=y)
    lost = base.mark_line(color=CATEGORY[1], strokeWidth=1.5).encode(y=alt.Y("lost:Q"))
    said = (
        "['Missed output alone explains the legal loss', "
        f"'if the true price fell by ' + format({needed}, '.1%') + ' a year']"
    )
    drawn = sized(alt.layer(run, lost, line, data=table), height=300)
    return movable(drawn.properties(title=words(said)), sliders)
