"""What became cheaper, and by how much: three prices of a token that are not one another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book
from token_economics.evidence import tables
from token_economics.headlines import rows
from token_economics.methods import specification_curve
from token_economics.methods.arrays import FloatArray
from token_economics.methods.prices import hedonics, index_numbers, price_concepts
from token_economics.methods.summaries import LEVEL
from token_economics.models import rebound

TOPIC = "price_of_tokens"
QUALITY = {
    "eci": "Epoch Capabilities Index", "gpqa_percent": "GPQA Diamond",
    "mmlu_percent": "MMLU", "aa_index": "Artificial Analysis index",
}  # fmt: skip
SHORT = {"eci": "Epoch index", "gpqa_percent": "GPQA", "mmlu_percent": "MMLU", "aa_index": "AA index"}  # fmt: skip
BLEND = "three to one"
PRICES = {BLEND: "blended_usd_per_mtok", "input": "input_usd_per_mtok", "output": "output_usd_per_mtok"}  # fmt: skip
LEAST_MODELS = 25
CLASS_SETTER = "GPT-4 8K"
SEED_CLAIMS = "gpt4_class_cost_decline"
BOOTSTRAP_DRAWS = 2000
INTERVIEW, END = "interview", "end of panel"
TIERS = ["small tier", "middle tier", "top tier"]


# --- list prices of models and their scores


@tables.once
def panel(quality: str, price: str = BLEND) -> pd.DataFrame:
    """Priced models with one measure of quality: date of the price, model, price, quality.

    ``vendor`` and ``released`` come along; ``price`` is one of `PRICES`. A model that is free is no
    part of it: zero has no logarithm, and everything is infinitely many times dearer (`left_out`).
    """
    columns = ["price_date", "model", "vendor", "released", PRICES[price], quality]
    named = {"price_date": "date", PRICES[price]: "price", quality: "quality"}
    frame = tables.read("model-prices")[columns].rename(columns=named)
    return frame[frame["price"] > 0].dropna().reset_index(drop=True)


def panel_sources(*measures: str, until: pd.Timestamp | None = None) -> list[str]:
    """Sources of prices and qualities of the models that have one of the measures, up to a day."""
    models = tables.read("model-prices").dropna(subset=list(measures), how="all")
    known = models if until is None else models[models["price_date"] <= until]
    return [*known["source_id"], *known["quality_source_id"].dropna()]


def left_out() -> str:
    """A sentence on the models and re-pricings with a price of zero; nothing where there are none."""
    models = tables.read("model-prices").dropna(subset=list(QUALITY), how="all")
    free = models[(models[list(PRICES.values())] == 0).any(axis="columns")]["model"]
    names = sorted({*free, *repricings()[~_priced(repricings())]["model"]})
    return (
        f" Left out where the price is zero, which has no logarithm: {', '.join(names)}."
        if names
        else ""
    )


def prices_end() -> pd.Timestamp:
    """Last day of a price in the panel."""
    return pd.Timestamp(tables.read("model-prices")["price_date"].max())


def price_span() -> str:
    """First and last month of the panel of prices."""
    return f"{tables.read('model-prices')['price_date'].min():%Y-%m} to {prices_end():%Y-%m}"


def epoch_decline() -> tuple[float, float, float]:
    """Times cheaper a year at given quality by Epoch's index: low, middle and high."""
    fit = hedonics.hedonic_decline(panel("eci"), level=LEVEL)
    return fit.low, fit.times_cheaper_per_year, fit.high


def samples() -> dict[tuple[str, str, str], pd.DataFrame]:
    """Priced models that specifications are run on, by measure of quality, price and sample."""
    found = {}
    for (score, measure), price in product(QUALITY.items(), PRICES):
        models = panel(score, price)
        found[measure, price, "all prices"] = models
        found[measure, price, "since 2024"] = models[models["date"].dt.year >= 2024]
        found[measure, price, "launch prices"] = models[models["date"] == models["released"]]
    return found


@tables.once
def specifications() -> pd.DataFrame:
    """The specification curve of prices at given quality, times cheaper a year."""
    return specification_curve.curve(samples(), least_models=LEAST_MODELS, level=LEVEL)


# --- the seeds' multiples


@tables.once
def interview_date() -> pd.Timestamp:
    """Day of the interview in which the largest multiple was claimed."""
    ledger = tables.read("claims").query("group == @SEED_CLAIMS").dropna(subset=["as_of"])
    return pd.Timestamp(ledger["as_of"].iloc[0])


def claimed_multiples() -> list[float]:
    """The multiples that the seeds claim for GPT-4's quality, smallest first."""
    claimed = tables.read("claims").query("group == @SEED_CLAIMS")["value"]
    return [float(value) for value in sorted(claimed.dropna().unique())]


def class_of(
    reference: str, quality: str, *, on: pd.Timestamp, seed: int, price: str = BLEND
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


def claim_readings(book: Book) -> pd.DataFrame:
    """Every reading of "how many times cheaper" GPT-4's quality became: score, price and date.

    Columns: reading, until, multiple, low, high.
    """
    days = {INTERVIEW: interview_date(), END: prices_end()}
    found = [
        (f"{SHORT[score]}, {price}", until, *class_of(CLASS_SETTER, score, on=day, seed=book.seed, price=price)[:3])
        for score, price, (until, day) in product(QUALITY, PRICES, days.items())
    ]  # fmt: skip
    return pd.DataFrame(found, columns=["reading", "until", "multiple", "low", "high"])


# --- listings that stay, the mix that is bought, and what is paid


def repricings() -> pd.DataFrame:
    """Changes of the price of listings that stay in the price file."""
    return tables.read("price-changes").dropna(subset=["matched_models"])


def _priced(changes: pd.DataFrame) -> pd.Series:
    """Whether a listing had a price before and after."""
    before = changes[["input_before", "output_before"]].sum(axis="columns")
    after = changes[["input_usd_per_mtok", "output_usd_per_mtok"]].sum(axis="columns")
    return (before > 0) & (after > 0)


@tables.once
def matched_index() -> pd.DataFrame:
    """Chained list price of models that stay in the price file, from their re-pricings."""
    changes = repricings()[_priced(repricings())]
    blended = changes.assign(
        before=(3 * changes["input_before"] + changes["output_before"]) / 4,
        after=(3 * changes["input_usd_per_mtok"] + changes["output_usd_per_mtok"]) / 4,
    )
    links = price_concepts.matched_index_from_changes(blended)
    return links.assign(not_before=changes.groupby("date")["not_before"].first().to_numpy())


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
    mix = {"prices": prices, "quantities": tokens}
    periods = sorted(tables.read("model-mix")["period"].unique())
    return pd.DataFrame(
        {
            "period": periods,
            "date": tables.midpoint_of_period(pd.Series(periods)).to_numpy(),
            "unit_value": price_concepts.unit_value(tokens * prices, prices),
            "fixed_mix": index_numbers.geks_index(index_numbers.fisher, **mix),
            "chain_drift": index_numbers.chain_drift(index_numbers.tornqvist, **mix),
        }
    )


def paid_over_list(draws: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Price paid over list price of three to one, then and now, with the ratio of the two. [1]

    The list price of the mix blends input and output three to one; what is paid depends on the
    share of input and on how much of it is read from the cache.
    """
    ratio = draws["output_over_input_price_ratio"]

    def paid(input_share: str, cache_share: str) -> FloatArray:
        price = rebound.effective_price(
            input_price=np.ones_like(ratio),
            output_price=ratio,
            input_share=draws[input_share],
            cache_hit_share=draws[cache_share],
            cached_price_ratio=draws["cached_price_ratio"],
            cache_write_premium=0.0,
        )
        return np.asarray(price / ((3.0 + ratio) / 4.0))

    then = paid("input_token_start_share", "cache_hit_start_share")
    now = paid("input_token_share", "cache_hit_share")
    mix_alone = paid("input_token_share", "cache_hit_start_share")
    return {
        "paid_over_list_then": then,
        "paid_over_list_now": now,
        "input_mix_effect": mix_alone / then,
        "cache_effect": now / mix_alone,
        "metering_multiple": now / then,
    }


# --- headline results


def headlines(draws: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Headline results that depend on assumptions, one array of draws each."""
    found, mix = paid_over_list(draws), mix_prices()
    listed = float(mix["unit_value"].iloc[-1] / mix["unit_value"].iloc[0])
    bought = listed * found["metering_multiple"]
    return {
        **found,
        "paid_multiple": bought,
        "paid_fixed_mix": float(mix["fixed_mix"].iloc[-1]) * found["metering_multiple"],
        "paid_price_fell": (bought < 1).astype(np.float64),
    }


def results(
    book: Book,
    *,
    curve: pd.DataFrame | None = None,
    readings: pd.DataFrame | None = None,
    drawn: Mapping[str, FloatArray] | None = None,
) -> pd.DataFrame:
    """Headline results: the three prices, the seeds' multiples, and what the curve rests on.

    Of `specifications`, `claim_readings` and `headlines`, what a notebook made is given.
    """
    curve = specifications() if curve is None else curve
    readings = claim_readings(book) if readings is None else readings
    given = headlines(book.draws()) if drawn is None else drawn
    steps = ("paid_over_list_then", "metering_multiple")
    found = {
        **{name: values for name, values in given.items() if name not in steps},
        **_at_quality(curve, readings),
        **_listed(),
    }
    matched, periods = matched_index(), mix_prices()["period"]
    start = panel("eci").set_index("model")["date"][CLASS_SETTER]
    influence = specification_curve.influence(curve).set_index("choice")["share_of_spread"]
    described = rows.of_topic(
        TOPIC,
        {**found, "curve_driver_share": influence.max()},
        sources=_sources(),
        driver=str(influence.idxmax()),
        prices=price_span(),
        listed=f"{matched['not_before'].iloc[0]:%Y-%m} to {matched['date'].iloc[-1]:%Y-%m}",
        mix=f"{periods.iloc[0]} to {periods.iloc[-1]}",
        to_interview=f"{start:%Y-%m} to {interview_date():%Y-%m}",
        to_end=f"{start:%Y-%m} to {prices_end():%Y-%m}",
    )
    return pd.DataFrame(rows.in_order(TOPIC, described))


def _at_quality(curve: pd.DataFrame, readings: pd.DataFrame) -> dict[str, rows.Found]:
    """What a given quality costs, by regression and by the cheapest of GPT-4's class."""
    multiples = readings.groupby("until")["multiple"]
    latest, spoken = multiples.get_group(END), multiples.get_group(INTERVIEW)
    plain = readings[readings["reading"] == f"{SHORT['eci']}, {BLEND}"].set_index("until")
    plain = plain[["low", "multiple", "high"]]
    return {
        "curve_median": curve["value"].to_numpy(dtype=np.float64),
        "specifications": float(len(curve)),
        "curve_significant": float((curve["low"] > 1).mean()),
        "hedonic_decline": epoch_decline(),
        "gpt4_class_interview": tuple(plain.loc[INTERVIEW]),
        "gpt4_class_latest": tuple(plain.loc[END]),
        "gpt4_class_by_measure": (latest.min(), latest.median(), latest.max()),
        **{f"readings_over_{at:.0f}": float((spoken >= at).mean()) for at in claimed_multiples()},
    }


def _listed() -> dict[str, rows.Found]:
    """What listings that stay cost, and the mix that is bought."""
    mix = mix_prices()
    return {
        "matched_price_change": float(matched_index()["index"].iloc[-1] - 1),
        "same_tier_price": float(mix["fixed_mix"].iloc[-1]),
        "unit_value_multiple": float(mix["unit_value"].iloc[-1] / mix["unit_value"].iloc[0]),
        "chain_drift_tiers": float(mix["chain_drift"].iloc[-1]),
    }


def _sources() -> dict[str, Iterable[str]]:
    every, epoch = panel_sources(*QUALITY), panel_sources("eci")
    curve = ("curve_median", "curve_significant", "curve_driver_share", "gpt4_class_by_measure")
    reached = (f"readings_over_{at:.0f}" for at in claimed_multiples())
    mix = ("same_tier_price", "unit_value_multiple", "chain_drift_tiers")
    return {
        **dict.fromkeys((*curve, *reached), every),
        **dict.fromkeys(("hedonic_decline", "gpt4_class_latest"), epoch),
        "gpt4_class_interview": panel_sources("eci", until=interview_date()),
        **dict.fromkeys(mix, tables.read("model-mix")["source_id"]),
        "matched_price_change": repricings()["source_id"],
    }
