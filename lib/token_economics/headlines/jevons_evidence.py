"""The record behind the Jevons topic: prices of three kinds, one price cut, earlier goods."""

from __future__ import annotations

import numpy as np
import pandas as pd

from token_economics.evidence import tables
from token_economics.methods import index_numbers, price_concepts
from token_economics.methods.summaries import LEVEL, FloatArray
from token_economics.models import event_study, rebound

QUALITY = {
    "eci": "Epoch Capabilities Index",
    "gpqa_percent": "GPQA Diamond",
    "mmlu_percent": "MMLU",
    "aa_index": "Artificial Analysis index",
}
SHORT = {
    "eci": "Epoch index",
    "gpqa_percent": "GPQA",
    "mmlu_percent": "MMLU",
    "aa_index": "AA index",
}
CLASS_SETTER = "GPT-4 8K"
SEED_CLAIMS = "gpt4_class_cost_decline"
BOOTSTRAP_DRAWS = 2000
TIERS = ["small tier", "middle tier", "top tier"]
LUNA, SOL, TERRA = "GPT-5.6 Luna", "GPT-5.6 Sol", "GPT-5.6 Terra"
ROUTER = "OpenRouter"
VENDOR = "OpenAI, all models on OpenRouter"
WEEK = 7
PLACEBO_WINDOW = event_study.EventWindow(length=4, lead=1, lag=0)


PRICES = {
    "three to one": "blended_usd_per_mtok",
    "input": "input_usd_per_mtok",
    "output": "output_usd_per_mtok",
}


@tables.once
def panel(quality: str, price: str = "three to one") -> pd.DataFrame:
    """Priced models with one measure of quality: date of the price, model, price, quality.

    ``vendor`` and ``released`` come along; ``price`` is one of `PRICES`. A model that is free is no
    part of it: zero has no logarithm, and everything is infinitely many times dearer (`left_out`).
    """
    models = tables.read("model-prices")
    frame = pd.DataFrame(
        {
            "date": models["price_date"],
            "model": models["model"],
            "vendor": models["vendor"],
            "released": models["released"],
            "price": models[PRICES[price]],
            "quality": models[quality],
        }
    )
    return frame[frame["price"] > 0].dropna().reset_index(drop=True)


def left_out() -> str:
    """A sentence on the models and re-pricings with a price of zero; nothing where there are none."""
    models = tables.read("model-prices").dropna(subset=list(QUALITY), how="all")
    free = models[(models[list(PRICES.values())] == 0).any(axis="columns")]["model"]
    changes = _repricings()
    gone = changes[~_priced(changes)]["model"]
    names = sorted({*free, *gone})
    return (
        f" Left out where the price is zero, which has no logarithm: {', '.join(names)}."
        if names
        else ""
    )


def panel_sources(*measures: str, until: pd.Timestamp | None = None) -> list[str]:
    """Sources of prices and qualities of the models that have one of the measures, up to a day."""
    models = tables.read("model-prices").dropna(subset=list(measures), how="all")
    known = models if until is None else models[models["price_date"] <= until]
    return [*known["source_id"], *known["quality_source_id"].dropna()]


@tables.once
def interview_date() -> pd.Timestamp:
    """Day of the interview in which the largest multiple was claimed."""
    ledger = tables.read("claims").query("group == @SEED_CLAIMS").dropna(subset=["as_of"])
    return pd.Timestamp(ledger["as_of"].iloc[0])


def class_of(
    reference: str, quality: str, *, on: pd.Timestamp, seed: int, price: str = "three to one"
) -> price_concepts.ClassMultiple:
    """How many times cheaper the quality of a model became by a day, 90 % bootstrap interval."""
    return price_concepts.class_price_multiple(
        panel(quality, price),
        reference=reference,
        on=on,
        draws=BOOTSTRAP_DRAWS,
        level=LEVEL,
        rng=np.random.default_rng([seed, len(reference), len(quality)]),
    )


@tables.once
def matched_index() -> pd.DataFrame:
    """Chained list price of models that stay in the price file, from their re-pricings."""
    listed = _repricings()
    changes = listed[_priced(listed)]
    blend = blended_price(changes["input_before"], changes["output_before"])
    after = blended_price(changes["input_usd_per_mtok"], changes["output_usd_per_mtok"])
    links = price_concepts.matched_index_from_changes(
        pd.DataFrame(
            {
                "date": changes["date"],
                "before": blend,
                "after": after,
                "matched_models": changes["matched_models"],
            }
        )
    )
    return links.assign(not_before=changes.groupby("date")["not_before"].first().to_numpy())


def _repricings() -> pd.DataFrame:
    """Changes of the price of listings that stay in the price file."""
    return tables.read("price-changes").dropna(subset=["matched_models"])


def _priced(changes: pd.DataFrame) -> pd.Series:
    """Whether a listing had a price before and after."""
    before = changes[["input_before", "output_before"]].sum(axis="columns")
    after = changes[["input_usd_per_mtok", "output_usd_per_mtok"]].sum(axis="columns")
    return (before > 0) & (after > 0)


def blended_price(input_price: pd.Series, output_price: pd.Series) -> pd.Series:
    """List price of three parts of input and one of output, as the panel blends. [USD/Mtok]"""
    return (3 * input_price + output_price) / 4


@tables.once
def mix_wide() -> tuple[FloatArray, FloatArray]:
    """List prices and relative token volumes of the tiers, months down, tiers across."""
    frame = tables.read("model-mix")
    shares, prices = (
        frame[frame["variable"] == variable]
        .pivot(index="period", columns="entity", values="value")[TIERS]
        .to_numpy(dtype=np.float64)
        for variable in ("share_of_covered_set", "list_price_blended")
    )
    tokens = shares / shares.sum(axis=1, keepdims=True) / prices
    prices.flags.writeable = tokens.flags.writeable = False
    return prices, tokens


@tables.once
def mix_prices() -> pd.DataFrame:
    """What firms buy by month: unit value, and prices at a fixed mix of tiers (first month 1)."""
    prices, tokens = mix_wide()
    periods = sorted(tables.read("model-mix")["period"].unique())
    return pd.DataFrame(
        {
            "period": periods,
            "date": tables.midpoint_of_period(pd.Series(periods)).to_numpy(),
            "unit_value": price_concepts.unit_value(tokens * prices, prices),
            "fixed_mix": index_numbers.geks_index(
                index_numbers.fisher, prices=prices, quantities=tokens
            ),
            "chain_drift": index_numbers.chain_drift(
                index_numbers.tornqvist, prices=prices, quantities=tokens
            ),
        }
    )


def matched_sources() -> pd.Series:
    """Sources of the re-pricings behind the matched index."""
    return _repricings()["source_id"]


def luna_sources(*variables: str) -> list[str]:
    """Sources of the rows of the price cut's record, by variable."""
    return [text for name in variables for text in tables.series("luna-event", name)["source_id"]]


def router_sources() -> list[str]:
    """Sources of the router's tokens by week and of its average price."""
    names = ("tokens_per_week", "average_list_price")
    return [
        text for name in names for text in tables.series("token-volumes", name, ROUTER)["source_id"]
    ]


@tables.once
def luna_panel(price: str) -> pd.DataFrame:
    """Tokens and one kind of input price by day and model; no price where none was seen."""
    tokens = _luna_wide("tokens_per_day")
    prices = _luna_wide(price).reindex(index=tokens.index, columns=tokens.columns)
    if price == "listed_input_price":
        prices = prices.ffill()
    long = tokens.rename_axis(columns="entity").melt(ignore_index=False, value_name="tokens")
    paid = prices.rename_axis(columns="entity").melt(ignore_index=False, value_name="price")
    return long.reset_index().merge(paid.reset_index(), on=["date", "entity"])


def _luna_wide(variable: str) -> pd.DataFrame:
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
    """Arc elasticity of Luna's cut: raw, without the earlier trend, against Sol."""
    return event_study.event_study(
        luna_panel(price),
        treated=LUNA,
        controls=[SOL],
        event=cut_dates()[0],
        window=luna_window(),
    )


@tables.once
def luna_means() -> pd.DataFrame:
    """Tokens, list price and price paid in the two weeks compared, by model."""
    first, window = cut_dates()[0], luna_window()
    prices = luna_panel("listed_input_price")
    listed = event_study.window_means(prices, event=first, window=window)
    paid = event_study.window_means(luna_panel("effective_input_price"), event=first, window=window)
    trend = event_study.pre_trend_growth(prices, event=first, window=window)
    return pd.DataFrame(
        {
            "model": listed["entity"],
            "tokens_before": listed["tokens_before"],
            "tokens_after": listed["tokens_after"],
            "tokens_ratio": listed["tokens_ratio"],
            "growth_week_before_percent": 100 * (trend["later"] / trend["earlier"] - 1),
            "list_price_ratio": listed["price_ratio"],
            "price_paid_ratio": paid["price_ratio"],
        }
    )


def luna_placebo() -> event_study.PlaceboTest:
    """The first four days against four before, among dates before any cut; Sol is subtracted."""
    prices = luna_panel("listed_input_price")
    first = cut_dates()[0]
    return event_study.placebo_test(
        prices,
        treated=LUNA,
        controls=[SOL],
        event=first,
        placebo_dates=event_study.clean_placebo_dates(prices, event=first, window=PLACEBO_WINDOW),
        window=PLACEBO_WINDOW,
    )


@tables.once
def luna_readings() -> pd.DataFrame:
    """Every reading of the same price cut as an arc elasticity."""
    paid = luna_event("effective_input_price").set_index("method")
    listed = luna_event("listed_input_price").set_index("method")
    means = luna_means().query("model == @LUNA").iloc[0]
    app = tables.series("luna-event", "gain_share_one_app", LUNA)["value"].iloc[0] / 100
    without = event_study.elasticity_without_app(
        tokens_before=float(means["tokens_before"]),
        tokens_after=float(means["tokens_after"]),
        price_ratio=float(means["price_paid_ratio"]),
        app_share_of_gain=float(app),
    )
    ours = {
        "Price paid, raw": paid["arc_elasticity"]["raw"],
        "List price, raw": listed["arc_elasticity"]["raw"],
        "Price paid, against Sol": paid["arc_elasticity"]["against_controls"],
        "Price paid, trend removed": paid["arc_elasticity"]["trend_removed"],
        "Price paid, without one app": without,
    }
    rows = [
        {"reading": name, "origin": "This record", "value": float(value)}
        for name, value in ours.items()
    ]
    rows.append({"reading": "Vendor, unit value", "origin": "Vendor", "value": vendor_arc()})
    published = tables.read("elasticities").query("kind == 'own_price_one_model'")
    rows += [
        {"reading": row["study"], "origin": "Published", "value": row["value"]}
        for row in published.to_dict("records")
    ]
    return pd.DataFrame(rows)


def vendor_arc() -> float:
    """Arc elasticity of all the vendor's tokens on the router, price being unit value."""
    tokens = tables.series("luna-event", "token_multiple", VENDOR)["value"].iloc[0]
    spend = tables.series("luna-event", "spend_change", VENDOR)["value"].iloc[0]
    return float(rebound.unit_value_arc_elasticity(tokens, 1 + spend / 100))


def luna_share() -> float:
    """Luna's share of router spending in the week before the cut, at list price: an upper end."""
    means = luna_means().set_index("model").loc[LUNA]
    listed = tables.series("luna-event", "listed_input_price", LUNA)["value"].iloc[0]
    weeks = tables.series("token-volumes", "tokens_per_week", ROUTER)
    monday = luna_window().before(cut_dates()[0])[0]
    router = weeks.set_index("date")["value"][monday] * 1e3
    price = tables.series("token-volumes", "average_list_price", ROUTER)["value"].iloc[-1]
    return float(WEEK * means["tokens_before"] * listed / (router * price))
