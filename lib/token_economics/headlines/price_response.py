"""How demand for tokens answers price: one price cut, what it bounds, and the prior that is left."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book
from token_economics.evidence import tables
from token_economics.headlines import price_of_tokens, rows
from token_economics.methods import distributed_lag, nested_demand
from token_economics.methods.arrays import FloatArray
from token_economics.methods.summaries import LEVEL
from token_economics.models import event_study, rebound

TOPIC = "price_response"
LUNA, TERRA, SOL = "GPT-5.6 Luna", "GPT-5.6 Terra", "GPT-5.6 Sol"
SIBLINGS = (LUNA, TERRA, SOL)
ROUTER, VENDOR = "OpenRouter", "OpenAI, all models on OpenRouter"
WEEK, DAY = 7, pd.Timedelta(days=1)
ERROR_LAGS = 3
ON_LIST, ON_PAID = ("tokens_per_day", "listed_input_price"), ("tokens_per_day", "effective_input_price")  # fmt: skip
READ = {  # variables of the event's record behind a result
    "luna_arc": (*ON_LIST, *ON_PAID, "gain_share_one_app"),
    "luna_without_trend": (*ON_LIST, *ON_PAID),
    "luna_without_app": (*ON_LIST, *ON_PAID, "gain_share_one_app"),
    "vendor_arc": ("token_multiple", "spend_change"),
    "gain_by_request_length": ("tokens_per_day", "requests_per_day"),
    **dict.fromkeys(("siblings_arc", "luna_placebo", "luna_placebo_resolution", "luna_share"), ON_LIST),
    **dict.fromkeys(("sibling_substitution", "sibling_permutation"), ON_LIST),
    **dict.fromkeys(("arc_two_days", "arc_first_cut", "elasticity_at_once", "elasticity_long_run"), ON_PAID),
}  # fmt: skip
OF_ROUTER = ("tokens_per_week", "average_list_price")
PLACEBO_WINDOW = event_study.EventWindow(length=4, lead=1, lag=0)


# --- the cut, day by day


@tables.once
def luna_panel(price: str) -> pd.DataFrame:
    """Tokens and one kind of input price by day and model; no price where none was seen."""
    tokens = _by_model("tokens_per_day")
    prices = _by_model(price).reindex(index=tokens.index, columns=tokens.columns)
    if price == "listed_input_price":
        prices = prices.ffill()
    long = pd.DataFrame({"tokens": tokens.unstack(), "price": prices.unstack()})
    return long.reset_index()[["date", "entity", "tokens", "price"]]


def _by_model(variable: str) -> pd.DataFrame:
    return tables.series("luna-event", variable).pivot(
        index="date", columns="entity", values="value"
    )


def cut_dates() -> list[pd.Timestamp]:
    """Days on which Luna's list price changed."""
    listed = tables.series("luna-event", "listed_input_price", LUNA)
    return [pd.Timestamp(day) for day in listed["date"].iloc[1:]]


@tables.once
def luna_window() -> event_study.EventWindow:
    """The last full week from Monday to Sunday before the first cut, and the last week seen."""
    first, last = cut_dates()[0], luna_panel("listed_input_price")["date"].max()
    return event_study.EventWindow(
        length=WEEK, lead=first.weekday() + 1, lag=(last - first).days - WEEK + 1
    )


@tables.once
def luna_event(price: str) -> pd.DataFrame:
    """Arc elasticity of Luna's cut by method: raw, without the earlier trend, against Sol."""
    return event_study.event_study(
        luna_panel(price), treated=LUNA, controls=[SOL], event=cut_dates()[0], window=luna_window()
    ).set_index("method")


@tables.once
def luna_readings() -> pd.DataFrame:
    """Every reading of the same price cut as an arc elasticity. Columns: reading, origin, value."""
    paid, listed = (
        luna_event(name)["arc_elasticity"]
        for name in ("effective_input_price", "listed_input_price")
    )
    tokens = _by_model("tokens_per_day")[LUNA]
    without = event_study.elasticity_without_app(
        tokens_before=float(tokens[luna_window().before(cut_dates()[0])].mean()),
        tokens_after=float(tokens[luna_window().after(cut_dates()[0])].mean()),
        price_ratio=float(np.exp(luna_event("effective_input_price")["log_price_change"]["raw"])),
        app_share_of_gain=_first("gain_share_one_app", LUNA) / 100,
    )
    published = tables.read("elasticities").query("kind == 'own_price_one_model'")
    found = [
        ("Price paid, raw", "This record", paid["raw"]),
        ("List price, raw", "This record", listed["raw"]),
        ("Price paid, against Sol", "This record", paid["against_controls"]),
        ("Price paid, trend removed", "This record", paid["trend_removed"]),
        ("Price paid, without one app", "This record", without),
        ("Vendor, unit value", "Vendor", vendor_arc()),
        *((row.study, "Published", row.value) for row in published.itertuples()),
    ]
    return pd.DataFrame(found, columns=["reading", "origin", "value"])


def _first(variable: str, entity: str) -> float:
    """The first value of a variable of the event's record."""
    return float(tables.series("luna-event", variable, entity)["value"].iloc[0])


def vendor_arc() -> float:
    """Arc elasticity of all the vendor's tokens on the router, price being unit value."""
    spend = 1 + _first("spend_change", VENDOR) / 100
    return float(rebound.unit_value_arc_elasticity(_first("token_multiple", VENDOR), spend))


def siblings_arc() -> float:
    """Unit-value arc of the three siblings together, tokens weighed at list price."""
    panel = luna_panel("listed_input_price")
    daily = panel.assign(spend=panel["tokens"] * panel["price"]).groupby("date")[["tokens", "spend"]].sum()  # fmt: skip
    first, window = cut_dates()[0], luna_window()
    ratio = daily.loc[window.after(first)].mean() / daily.loc[window.before(first)].mean()
    return float(rebound.unit_value_arc_elasticity(ratio["tokens"], ratio["spend"]))


def gain_by_length() -> float:
    """Share of the log gain in Luna's tokens that is tokens a request rather than requests."""
    requests = tables.series("luna-event", "requests_per_day", LUNA).set_index("date")["value"]
    first, window = cut_dates()[0], luna_window()
    more = np.log(requests[window.after(first)].mean() / requests[window.before(first)].mean())
    return float(1 - more / luna_event("listed_input_price")["log_tokens_change"]["raw"])


def first_days_by_base() -> pd.DataFrame:
    """Arc of the first cut, before the second, by the days that it is set against.

    Columns base, two_days, to_second_cut (arcs on price paid). Luna's tokens follow a weekly
    cycle and were lower in the days before the cut, so the base decides.
    """
    first, second = cut_dates()
    tokens, price = (_by_model(name)[LUNA] for name in ("tokens_per_day", "effective_input_price"))
    week, eve = luna_window().before(first), first - DAY
    arcs = {"base": ["Same weekdays of the week before", "All of the week before", "Day before the cut"]}  # fmt: skip
    for name, length in {"two_days": 2, "to_second_cut": (second - first).days}.items():
        days = pd.date_range(first, periods=length)
        base = [tokens[week[days.day_of_week]].mean(), tokens[week].mean(), tokens[eve]]
        cost = [price[week].mean(), price[week].mean(), price[eve]]
        arcs[name] = list(
            rebound.arc_elasticity(
                tokens[days].mean() / np.array(base), price[days].mean() / np.array(cost)
            )
        )
    return pd.DataFrame(arcs)


# --- from one model to the market


def luna_share() -> float:
    """Luna's share of router spending in the week before the cut, at list price: an upper end."""
    week = luna_window().before(cut_dates()[0])
    sold = _by_model("tokens_per_day")[LUNA][week].sum() * _first("listed_input_price", LUNA)
    router = tables.series("token-volumes", "tokens_per_week", ROUTER).set_index("date")["value"]
    price = tables.series("token-volumes", "average_list_price", ROUTER)["value"].iloc[-1]
    return float(sold / (router[week[0]] * 1e3 * price))


def posterior_variance(
    book: Book, share: float | FloatArray, readings: pd.DataFrame | None = None
) -> FloatArray:
    """Variance of market elasticity left by the event over the prior's, substitution known.

    The error is the spread of the readings, read as a 90 % interval. Taking substitution as known
    exactly flatters the event: in truth it is what the event measures.
    """
    known = luna_readings() if readings is None else readings
    ours = known.query("origin == 'This record'")["value"]
    prior = -book.before_record().draws()["market_demand_elasticity_magnitude"]
    return nested_demand.market_elasticity_posterior(
        own_price_elasticity=float(ours.iloc[0]),
        standard_error=float(ours.max() - ours.min()) / 2 / 1.645,
        share=share,
        market_mean=float(prior.mean()),
        market_deviation=float(prior.std()),
        substitution_mean=-float(ours.iloc[0]),
        substitution_deviation=0.0,
    ).variance_ratio


def aggregate_pairs() -> pd.DataFrame:
    """Elasticities that pairs of aggregate price and quantity "imply", to show that they do not.

    Columns: pair, span, price_multiple, quantity_multiple, implied, source_id.
    """
    router, spent = (
        tables.series("token-volumes", name, "OpenRouter programming")
        for name in ("tokens_per_week", "spend_per_week")
    )
    tokens, spend = (frame["value"].iloc[1] / frame["value"].iloc[0] for frame in (router, spent))
    mix = price_of_tokens.mix_prices()
    start, end = mix["period"].iloc[0], mix["period"].iloc[-1]
    firms = tables.series("firm-spend", "ai_spend_per_employee_month", "Ramp top 10 % cohort")
    by_month = firms.set_index("period")["value"]
    unit_value = mix["unit_value"].iloc[-1] / mix["unit_value"].iloc[0]
    google = tables.series("token-volumes", "tokens_per_month", "Google, all surfaces")
    volume = google.set_index("period")["value"]
    falls = tables.series("price-declines", "annual_price_decline_factor", "Epoch, median of tasks")
    found = [
        ("Router, programming", "2026-01 to 2026-03", spend / tokens, tokens,
         " ".join({*router["source_id"], *spent["source_id"]})),
        ("Firms on one card, top tenth", f"{start} to {end}", unit_value, by_month[end] / by_month[start] / unit_value,
         "ramp_model_shares_2026 " + firms["source_id"].iloc[-1]),
        ("Google's tokens, price at given quality", "2025-05 to 2026-05", 1 / falls["value"].iloc[-1],
         volume.iloc[-1] / volume["2025-05-20"], google["source_id"].iloc[-1] + " " + falls["source_id"].iloc[-1]),
    ]  # fmt: skip
    columns = ["pair", "span", "price_multiple", "quantity_multiple", "source_id"]
    frame = pd.DataFrame(found, columns=columns)
    arcs = rebound.arc_elasticity(*(frame[name].to_numpy() for name in columns[3:1:-1]))
    return frame.assign(implied=arcs)[[*columns[:4], "implied", "source_id"]]


# --- headline results


def headlines(draws: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Headline results that depend on assumptions, one array of draws each."""
    study = luna_event("effective_input_price")
    price = float(study["log_price_change"]["raw"])
    raw, detrended = (float(study["log_tokens_change"][m]) for m in ("raw", "trend_removed"))
    arc = (raw - draws["earlier_trend_continues_share"] * (raw - detrended)) / price
    implied = -arc * draws["market_over_narrow_response_ratio"]
    prior = draws["market_demand_elasticity_magnitude"]
    return {
        "luna_arc_part_trend": np.asarray(arc),
        "implied_market_elasticity": np.asarray(implied),
        "prior_elasticity": prior,
        "prior_above_one": (prior > 1).astype(np.float64),
        "implied_above_one": (implied > 1).astype(np.float64),
    }


def results(
    book: Book,
    *,
    readings: pd.DataFrame | None = None,
    bases: pd.DataFrame | None = None,
    drawn: Mapping[str, FloatArray] | None = None,
) -> pd.DataFrame:
    """Headline results: the event, its dynamics, what it leaves of the prior, and the prior.

    Of `luna_readings`, `first_days_by_base` and `headlines`, what a notebook made is given. The prior
    is the book's own range: what this page weighs is evidence on it, beside the market's record.
    """
    known = luna_readings() if readings is None else readings
    given = headlines(book.before_record().draws()) if drawn is None else drawn
    pairs = aggregate_pairs().sort_values("implied")
    ends = {"naive_lowest": pairs.iloc[0], "naive_highest": pairs.iloc[-1]}
    sources = {slug: _sources("luna-event", *variables) for slug, variables in READ.items()}
    sources["luna_share"] += _sources("token-volumes", *OF_ROUTER, entity=ROUTER)
    sources |= {slug: [str(pair["source_id"])] for slug, pair in ends.items()}
    found = {
        **_event(known, first_days_by_base() if bases is None else bases),
        **{name: values for name, values in given.items() if name != "implied_above_one"},
        **{slug: float(pair["implied"]) for slug, pair in ends.items()},
        "luna_variance_ratio": float(posterior_variance(book, luna_share(), known)),
        "market_elasticity": None,
    }
    return pd.DataFrame(rows.in_order(TOPIC, rows.of_topic(TOPIC, found, sources=sources)))


def _event(readings: pd.DataFrame, bases: pd.DataFrame) -> dict[str, rows.Found]:
    """What the cut shows, by result."""
    ours = readings.query("origin == 'This record'")["value"]
    by_name = readings.set_index("reading")["value"]
    two_days, first_cut = (bases[name] for name in ("two_days", "to_second_cut"))
    listed, first = luna_panel("listed_input_price"), cut_dates()[0]
    dates = event_study.clean_placebo_dates(listed, event=first, window=PLACEBO_WINDOW)
    placebo = event_study.placebo_test(
        listed, treated=LUNA, controls=[SOL], event=first, placebo_dates=dates, window=PLACEBO_WINDOW
    )  # fmt: skip
    among = distributed_lag.sibling_response(listed, entities=SIBLINGS)
    fit = distributed_lag.partial_adjustment(
        luna_panel("effective_input_price").query("entity == @LUNA"),
        error_lags=ERROR_LAGS, level=LEVEL, trend=True,
    )  # fmt: skip
    return {
        "luna_arc": (ours.min(), by_name["Price paid, raw"], ours.max()),
        "luna_without_trend": by_name["Price paid, trend removed"],
        "luna_without_app": by_name["Price paid, without one app"],
        "vendor_arc": by_name["Vendor, unit value"],
        "siblings_arc": siblings_arc(),
        "luna_placebo": placebo.p_value,
        "luna_placebo_resolution": placebo.resolution,
        "luna_share": luna_share(),
        "gain_by_request_length": gain_by_length(),
        "arc_two_days": (two_days.min(), two_days.iloc[0], two_days.max()),
        "arc_first_cut": (first_cut.min(), first_cut.iloc[0], first_cut.max()),
        "elasticity_at_once": (fit.at_once_low, fit.at_once, fit.at_once_high),
        "elasticity_long_run": (fit.long_run_low, fit.long_run, fit.long_run_high),
        "sibling_substitution": among.elasticity,
        "sibling_permutation": among.p_value,
    }


def _sources(table: str, *variables: str, entity: str | None = None) -> list[str]:
    of = [] if entity is None else [entity]
    return [text for name in variables for text in tables.series(table, name, *of)["source_id"]]
