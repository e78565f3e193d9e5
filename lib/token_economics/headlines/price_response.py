"""How demand for tokens answers price: one price cut, what it bounds, and the prior that is left."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book, FloatArray
from token_economics.evidence import tables
from token_economics.headlines.jevons_evidence import (
    LUNA,
    SOL,
    TERRA,
    WEEK,
    cut_dates,
    luna_event,
    luna_panel,
    luna_placebo,
    luna_readings,
    luna_share,
    luna_sources,
    luna_window,
    mix_prices,
    router_sources,
    vendor_arc,
)
from token_economics.headlines.rows import result
from token_economics.methods import distributed_lag, nested_demand, summaries
from token_economics.models import rebound

TOPIC = "price_response"
SIBLINGS = (LUNA, TERRA, SOL)
ERROR_LAGS = 3


def headlines(draws: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Headline results that depend on assumptions, one array of draws each."""
    study = luna_event("effective_input_price").set_index("method")
    price = float(study["log_price_change"]["raw"])
    raw, detrended = (float(study["log_tokens_change"][m]) for m in ("raw", "trend_removed"))
    kept = draws["earlier_trend_continues_share"]
    arc = (raw - kept * (raw - detrended)) / price
    implied = -arc * draws["market_over_narrow_response_ratio"]
    prior = draws["market_demand_elasticity_magnitude"]
    return {
        "luna_arc_part_trend": np.asarray(arc),
        "implied_market_elasticity": np.asarray(implied),
        "prior_elasticity": prior,
        "prior_above_one": (prior > 1).astype(np.float64),
        "implied_above_one": (implied > 1).astype(np.float64),
    }


def results(book: Book) -> pd.DataFrame:
    """Headline results: the event, its dynamics, what it leaves of the prior, and the prior."""
    return pd.DataFrame(_event_results() + _dynamic_results() + _market_results(book))


def _event_results() -> list[dict[str, object]]:
    readings = luna_readings().set_index("reading")["value"]
    ours = luna_readings().query("origin == 'This record'")["value"]
    arc = partial(result, unit="", period="2026-07 to 2026-08", digits=3)
    share = partial(result, unit="share", period="2026-07")
    dated = luna_sources("tokens_per_day", "listed_input_price")
    paid = luna_sources("tokens_per_day", "listed_input_price", "effective_input_price")
    app = luna_sources("gain_share_one_app")
    placebo = luna_placebo()
    return [
        arc("luna_arc", f"{LUNA}: arc elasticity, price paid", readings["Price paid, raw"],
            low=float(ours.min()), high=float(ours.max()), level=1.0, source_id=[*paid, *app]),
        arc("luna_without_trend", "GPT-5.6 Luna: arc elasticity, earlier trend removed", readings["Price paid, trend removed"], source_id=paid),
        arc("luna_without_app", "GPT-5.6 Luna: arc elasticity, without the application that grew most", readings["Price paid, without one app"],
            source_id=[*paid, *app]),
        arc("vendor_arc", "All models of the vendor on the router, unit value", vendor_arc(),
            source_id=luna_sources("token_multiple", "spend_change")),
        arc("siblings_arc", "The three siblings together, unit value at list price", siblings_arc(), source_id=dated),
        share("luna_placebo", "Share of dates, the cut included, with a change as large", placebo.p_value, digits=2, source_id=dated),
        share("luna_placebo_resolution", "The least that so few dates can give", placebo.resolution, digits=2, source_id=dated),
        share("luna_share", "Luna's share of router spending before the cut, at most", luna_share(), digits=2,
              source_id=[*dated, *router_sources()]),
        share("gain_by_request_length", "Part of Luna's gain in tokens, in logs, that is longer requests", gain_by_length(), digits=2,
              source_id=luna_sources("tokens_per_day", "requests_per_day")),
    ]  # fmt: skip


def _dynamic_results() -> list[dict[str, object]]:
    path = horizons().set_index("horizon")
    fit = luna_adjustment()
    among = siblings_response()
    arc = partial(result, unit="", period="2026-07 to 2026-08", digits=3)
    paid = luna_sources("tokens_per_day", "effective_input_price")
    bases = first_days_by_base()
    return [
        arc("arc_two_days", "GPT-5.6 Luna: arc after two days, price paid, range over base days", float(path["arc_paid"]["First two days"]),
            low=float(bases["two_days"].min()), high=float(bases["two_days"].max()), level=1.0, source_id=paid),
        arc("arc_first_cut", "Arc to the second cut, price paid, range over base days", float(path["arc_paid"]["To the second cut"]),
            low=float(bases["to_second_cut"].min()), high=float(bases["to_second_cut"].max()), level=1.0, source_id=paid),
        arc("elasticity_at_once", "Partial adjustment: elasticity within a day", fit.at_once, low=fit.at_once_low,
            high=fit.at_once_high, source_id=paid),
        arc("elasticity_long_run", "Partial adjustment: elasticity in the end, trend allowed", fit.long_run,
            low=fit.long_run_low, high=fit.long_run_high, source_id=paid),
        arc("sibling_substitution", "Between siblings, days and models as fixed effects", among.elasticity,
            source_id=luna_sources("tokens_per_day", "listed_input_price")),
        result("sibling_permutation", "Share of orders of the price paths with as strong a response", among.p_value, unit="share",
               period="2026-07 to 2026-08", digits=2, source_id=luna_sources("tokens_per_day", "listed_input_price")),
    ]  # fmt: skip


def _market_results(book: Book) -> list[dict[str, object]]:
    drawn = headlines(book.draws())

    def model(name: str, label: str) -> dict[str, object]:
        low, value, high = summaries.quantiles(drawn[name])
        return result(name, label, value, low=low, high=high, unit="", period="2026", digits=2)

    pairs = aggregate_pairs()["implied"]
    return [
        model("luna_arc_part_trend", "Luna's arc with part of the earlier trend taken out"),
        model("implied_market_elasticity", "Luna's arc scaled to a whole market as in air travel, in size"),
        model("prior_elasticity", "Prior for the market elasticity, in size"),
        result("prior_above_one", "Probability in the prior that the market elasticity exceeds one in size",
               float(drawn["prior_above_one"].mean()), unit="share", period="2026", digits=2),
        result("luna_variance_ratio", "Variance of market elasticity left by the event, over the prior",
               float(posterior_variance(book, luna_share())), unit="", period="2026-07", digits=5),
        result("naive_lowest", "Elasticity that aggregate pairs of price and quantity give, lowest", float(pairs.min()), unit="",
               period="2025 to 2026", digits=2, source_id=aggregate_pairs().sort_values("implied")["source_id"].iloc[:1]),
        result("naive_highest", "Elasticity that aggregate pairs of price and quantity give, highest", float(pairs.max()), unit="", period="2025 to 2026", digits=2,
               source_id=aggregate_pairs().sort_values("implied")["source_id"].iloc[-1:]),
        result("market_elasticity", "Market elasticity of token demand, from the evidence", np.nan, unit="",
               status="not_identified"),
    ]  # fmt: skip


# --- the cut, day by day


def horizons() -> pd.DataFrame:
    """Arc of the cut by horizon, on list price and on price paid, with the siblings' changes."""
    first, second = cut_dates()
    panel, paid = luna_panel("listed_input_price"), luna_panel("effective_input_price")
    last = panel["date"].max()
    spans = {
        "First two days": pd.date_range(first, periods=2),
        "To the second cut": pd.date_range(first, second - pd.Timedelta(days=1)),
        "First four days of the second": pd.date_range(second, periods=4),
        "Last seven days": pd.date_range(end=last, periods=WEEK),
    }
    base_days = luna_window().before(first)
    wide = {
        "tokens": panel.pivot(index="date", columns="entity", values="tokens"),
        "list": panel.pivot(index="date", columns="entity", values="price"),
        "paid": paid.pivot(index="date", columns="entity", values="price"),
    }
    rows = []
    for name, days in spans.items():
        same = [base_days[day.day_of_week] for day in days]
        tokens = wide["tokens"].loc[days].mean() / wide["tokens"].loc[same].mean()
        listed = wide["list"].loc[days].mean()[LUNA] / wide["list"].loc[base_days].mean()[LUNA]
        cost = wide["paid"].loc[days].mean()[LUNA] / wide["paid"].loc[base_days].mean()[LUNA]
        rows.append(
            {
                "horizon": name,
                "price_paid_ratio": float(cost),
                "tokens_ratio": float(tokens[LUNA]),
                "arc_list": float(rebound.arc_elasticity(tokens[LUNA], listed)),
                "arc_paid": float(rebound.arc_elasticity(tokens[LUNA], cost)),
                "terra_ratio": float(tokens[TERRA]),
                "sol_ratio": float(tokens[SOL]),
            }
        )
    return pd.DataFrame(rows)


def first_days_by_base() -> pd.DataFrame:
    """Arc of the first cut, before the second, by the days that it is set against.

    Columns base, two_days, to_second_cut (arcs on price paid). Luna's tokens follow a weekly
    cycle and were lower in the days before the cut, so the base decides.
    """
    first, second = cut_dates()
    daily = luna_panel("effective_input_price").query("entity == @LUNA").set_index("date")
    week = luna_window().before(first)
    eve = first - pd.Timedelta(days=1)
    rows = []
    for length in (2, (second - first).days):
        days = pd.date_range(first, periods=length)
        after = daily.loc[days, ["tokens", "price"]].mean()
        same = [week[day.day_of_week] for day in days]
        bases: dict[str, tuple[list[pd.Timestamp], list[pd.Timestamp]]] = {
            "Same weekdays of the week before": (same, list(week)),
            "All of the week before": (list(week), list(week)),
            "Day before the cut": ([eve], [eve]),
        }
        rows.append(
            {
                base: float(
                    rebound.arc_elasticity(
                        after["tokens"] / daily.loc[volume, "tokens"].mean(),
                        after["price"] / daily.loc[paid, "price"].mean(),
                    )
                )
                for base, (volume, paid) in bases.items()
            }
        )
    table = pd.DataFrame(rows, index=["two_days", "to_second_cut"]).T
    return table.rename_axis("base").reset_index()


def luna_adjustment() -> distributed_lag.PartialAdjustment:
    """Partial adjustment of Luna's tokens to the price paid, with a trend."""
    daily = luna_panel("effective_input_price").query("entity == @LUNA")
    return distributed_lag.partial_adjustment(
        daily[["date", "tokens", "price"]], error_lags=ERROR_LAGS, level=summaries.LEVEL, trend=True
    )


def siblings_response() -> distributed_lag.SiblingResponse:
    """Substitution among the three siblings, days and models as fixed effects."""
    return distributed_lag.sibling_response(luna_panel("listed_input_price"), entities=SIBLINGS)


def gain_by_length() -> float:
    """Share of the log gain in Luna's tokens that is tokens a request rather than requests."""
    first, window = cut_dates()[0], luna_window()
    tokens = luna_panel("listed_input_price").query("entity == @LUNA").set_index("date")["tokens"]
    requests = tables.series("luna-event", "requests_per_day", LUNA).set_index("date")["value"]
    before, after = window.before(first), window.after(first)
    gain = np.log(tokens[after].mean() / tokens[before].mean())
    more = np.log(requests[after].mean() / requests[before].mean())
    return float(1 - more / gain)


def siblings_arc() -> float:
    """Unit-value arc of the three siblings together, tokens weighed at list price."""
    first, window = cut_dates()[0], luna_window()
    panel = luna_panel("listed_input_price").assign(
        spend=lambda frame: frame["tokens"] * frame["price"]
    )
    daily = panel.groupby("date")[["tokens", "spend"]].sum()
    before, after = daily.loc[window.before(first)].mean(), daily.loc[window.after(first)].mean()
    return float(
        rebound.unit_value_arc_elasticity(
            after["tokens"] / before["tokens"], after["spend"] / before["spend"]
        )
    )


# --- from one model to the market


def posterior_variance(book: Book, share: float | FloatArray) -> FloatArray:
    """Variance of market elasticity left by the event over the prior's, substitution known.

    The error is the spread of the readings, read as a 90 % interval. Taking substitution as known
    exactly flatters the event: in truth it is what the event measures.
    """
    ours = luna_readings().query("origin == 'This record'")["value"]
    central = float(ours.iloc[0])
    prior = -book.draws()["market_demand_elasticity_magnitude"]
    return nested_demand.market_elasticity_posterior(
        own_price_elasticity=central,
        standard_error=float(ours.max() - ours.min()) / 2 / 1.645,
        share=share,
        market_mean=float(prior.mean()),
        market_deviation=float(prior.std()),
        substitution_mean=-central,
        substitution_deviation=0.0,
    ).variance_ratio


def aggregate_pairs() -> pd.DataFrame:
    """Elasticities that pairs of aggregate price and quantity "imply", to show that they do not.

    Columns: pair, span, price_multiple, quantity_multiple, implied, source_id.
    """
    router = tables.series("token-volumes", "tokens_per_week", "OpenRouter programming")
    spent = tables.series("token-volumes", "spend_per_week", "OpenRouter programming")
    tokens, spend = router["value"].to_numpy(), spent["value"].to_numpy()
    mix = mix_prices()
    firms = tables.series("firm-spend", "ai_spend_per_employee_month", "Ramp top 10 % cohort")
    by_month = firms.set_index("period")["value"]
    start, end = mix["period"].iloc[0], mix["period"].iloc[-1]
    unit_value = float(mix["unit_value"].iloc[-1] / mix["unit_value"].iloc[0])
    bought = float(by_month[end] / by_month[start]) / unit_value
    google = tables.series("token-volumes", "tokens_per_month", "Google, all surfaces")
    volume = google.set_index("period")["value"]
    declines = tables.series("price-declines", "annual_price_decline_factor", "Epoch, median of tasks")  # fmt: skip
    yearly = float(declines["value"].iloc[-1])
    multiple = float(volume.iloc[-1] / volume["2025-05-20"])
    rows = [
        ("Router, programming", "2026-01 to 2026-03", (spend[1] / spend[0]) / (tokens[1] / tokens[0]),
         tokens[1] / tokens[0], " ".join({*router["source_id"], *spent["source_id"]})),
        ("Firms on one card, top tenth", f"{start} to {end}", unit_value, bought,
         "ramp_model_shares_2026 " + firms["source_id"].iloc[-1]),
        ("Google's tokens, price at given quality", "2025-05 to 2026-05", 1 / yearly, multiple,
         google["source_id"].iloc[-1] + " " + declines["source_id"].iloc[-1]),
    ]  # fmt: skip
    frame = pd.DataFrame(
        rows, columns=["pair", "span", "price_multiple", "quantity_multiple", "source_id"]
    )
    implied = rebound.arc_elasticity(
        frame["quantity_multiple"].to_numpy(dtype=np.float64),
        frame["price_multiple"].to_numpy(dtype=np.float64),
    )
    return frame.assign(implied=implied)[
        ["pair", "span", "price_multiple", "quantity_multiple", "implied", "source_id"]
    ]
