"""What became cheaper, and by how much: three prices of a token that are not one another."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book, FloatArray
from token_economics.evidence import tables
from token_economics.headlines.jevons_evidence import (
    CLASS_SETTER,
    PRICES,
    QUALITY,
    SEED_CLAIMS,
    SHORT,
    class_of,
    interview_date,
    matched_index,
    matched_sources,
    mix_prices,
    panel,
    panel_sources,
)
from token_economics.headlines.rows import result
from token_economics.methods import hedonics, specification_curve, summaries
from token_economics.models import rebound

TOPIC = "price_of_tokens"
LEAST_MODELS = 25
SAMPLES = ("all prices", "since 2024", "launch prices")
SHORT_OF = {measure: SHORT[column] for column, measure in QUALITY.items()}


def paid_over_list(draws: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Price paid over list price of three to one, then and now, with the ratio of the two. [1]

    The list price of the mix blends input and output three to one; what is paid depends on the
    share of input and on how much of it is read from the cache.
    """
    ratio = draws["output_over_input_price_ratio"]
    listed = (3.0 + ratio) / 4.0

    def paid(input_share: FloatArray, cache_share: FloatArray) -> FloatArray:
        price = rebound.effective_price(
            input_price=np.ones_like(ratio),
            output_price=ratio,
            input_share=input_share,
            cache_hit_share=cache_share,
            cached_price_ratio=draws["cached_price_ratio"],
            cache_write_premium=0.0,
        )
        return np.asarray(price / listed)

    then_input, now_input = draws["input_token_start_share"], draws["input_token_share"]
    then_cache, now_cache = draws["cache_hit_start_share"], draws["cache_hit_share"]
    then, now = paid(then_input, then_cache), paid(now_input, now_cache)
    mix_alone = paid(now_input, then_cache)
    return {
        "paid_over_list_then": then,
        "paid_over_list_now": now,
        "input_mix_effect": mix_alone / then,
        "cache_effect": now / mix_alone,
        "metering_multiple": now / then,
    }


def headlines(draws: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Headline results that depend on assumptions, one array of draws each."""
    found = paid_over_list(draws)
    mix = mix_prices()
    listed = float(mix["unit_value"].iloc[-1] / mix["unit_value"].iloc[0])
    fixed = float(mix["fixed_mix"].iloc[-1])
    return {
        **found,
        "paid_multiple": listed * found["metering_multiple"],
        "paid_fixed_mix": fixed * found["metering_multiple"],
        "paid_price_fell": (listed * found["metering_multiple"] < 1).astype(np.float64),
    }


def results(book: Book) -> pd.DataFrame:
    """Headline results: the three prices, the seeds' multiples, and what the curve rests on."""
    drawn = headlines(book.draws())
    quality = _quality_results()
    return pd.DataFrame(
        quality[:1] + _bought_results() + _paid_results(drawn) + _claim_results(book) + quality[1:]
    )


def _quality_results() -> list[dict[str, object]]:
    declines, curve = hedonic_declines(), specifications()
    eci = declines.iloc[0]
    span = tables.read("model-prices")["price_date"]
    yearly = partial(result, unit="times a year", period=f"{span.min():%Y-%m} to {span.max():%Y-%m}", digits=2)  # fmt: skip
    every = panel_sources(*QUALITY)
    low, middle, high = summaries.quantiles(curve["value"].to_numpy(dtype=np.float64))
    drives = specification_curve.influence(curve).sort_values("share_of_spread").iloc[-1]
    return [
        yearly("curve_median", "List price at given quality, middle of all specifications: times cheaper", middle,
               low=low, high=high, source_id=every),
        result("specifications", "Specifications run", float(len(curve)), unit="regressions", period="", digits=3),
        result("curve_significant", "Specifications whose interval excludes no fall", float((curve["low"] > 1).mean()),
               unit="share", period="", digits=3, source_id=every),
        result("curve_driver_share", f"Part of the spread that one choice accounts for: {drives['choice']}",
               float(drives["share_of_spread"]), unit="share", period="", digits=2, source_id=every),
        yearly("hedonic_decline", "List price at given quality, regression on Epoch's index: times cheaper", eci["value"], low=eci["low"],
               high=eci["high"], source_id=panel_sources("eci")),
    ]  # fmt: skip


def _claim_results(book: Book) -> list[dict[str, object]]:
    times = partial(result, unit="times")
    end = tables.read("model-prices")["price_date"].max()
    start = panel("eci").set_index("model")["date"][CLASS_SETTER]
    to_interview, to_end = f"{start:%Y-%m} to {interview_date():%Y-%m}", f"{start:%Y-%m} to {end:%Y-%m}"  # fmt: skip
    spoken = class_of(CLASS_SETTER, "eci", on=interview_date(), seed=book.seed)
    latest = class_of(CLASS_SETTER, "eci", on=end, seed=book.seed)
    readings = claim_readings(book)
    by_quality = readings[readings["object"] == "Given quality"]
    at_end = by_quality[by_quality["until"] == "end of panel"]["multiple"]
    rows = [
        times("gpt4_class_interview", "GPT-4's quality: times cheaper by the day of the interview", spoken.times_cheaper,
              low=spoken.low, high=spoken.high, period=to_interview, source_id=panel_sources("eci", until=interview_date())),
        times("gpt4_class_latest", "GPT-4's quality: times cheaper by the end of the panel", latest.times_cheaper,
              low=latest.low, high=latest.high, period=to_end, source_id=panel_sources("eci")),
        times("gpt4_class_by_measure", "GPT-4's quality: times cheaper by the end of the panel, middle of four measures and three prices", float(at_end.median()),
              low=float(at_end.min()), high=float(at_end.max()), level=1.0, period=to_end, source_id=panel_sources(*QUALITY)),
    ]  # fmt: skip
    for claimed in claimed_multiples():
        chosen = by_quality[by_quality["until"] == "interview"]["multiple"]
        rows.append(
            result(
                f"readings_over_{claimed:.0f}",
                f"Readings at given quality that reach {claimed:.0f} times by the interview",
                float((chosen >= claimed).mean()), unit="share", digits=2, period=to_interview,
                source_id=panel_sources(*QUALITY),
            )
        )  # fmt: skip
    return rows


def _bought_results() -> list[dict[str, object]]:
    matched, mix = matched_index(), mix_prices()
    listed = f"{matched['not_before'].iloc[0]:%Y-%m} to {matched['date'].iloc[-1]:%Y-%m}"
    mixed = tables.read("model-mix")["source_id"]
    times = partial(result, unit="times", period=_mix_period(), digits=2, source_id=mixed)
    return [
        result("matched_price_change", "List price of models that stay on the list, change",
               float(matched["index"].iloc[-1] - 1), unit="share", period=listed, digits=2, source_id=matched_sources()),
        times("same_tier_price", "List price at a fixed mix of tiers, last over first (GEKS)", float(mix["fixed_mix"].iloc[-1])),
        times("unit_value_multiple", "List price of the mix that firms buy, last over first",
              float(mix["unit_value"].iloc[-1] / mix["unit_value"].iloc[0])),
        result("chain_drift_tiers", "Chained Törnqvist over GEKS, tiers by month", float(mix["chain_drift"].iloc[-1]), unit="share",
               period=_mix_period(), digits=2, source_id=mixed),
    ]  # fmt: skip


def _paid_results(drawn: Mapping[str, FloatArray]) -> list[dict[str, object]]:
    def model(name: str, label: str) -> dict[str, object]:
        low, value, high = summaries.quantiles(drawn[name])
        return result(
            name, label, value, low=low, high=high, unit="times", period=_mix_period(), digits=2
        )

    return [
        model("paid_over_list_now", "Price paid over list price of three to one, July 2026"),
        model("input_mix_effect", "Effect of more input in the mix on the price of a token"),
        model("cache_effect", "Effect of the cache on the price of a token"),
        model("paid_multiple", "Price paid for the mix that firms buy, last over first"),
        model("paid_fixed_mix", "Price paid at a fixed mix of tiers, last over first"),
        result("paid_price_fell", "Probability that the price paid for the mix fell", float(drawn["paid_price_fell"].mean()),
               unit="share", period=_mix_period(), digits=2),
    ]  # fmt: skip


def _mix_period() -> str:
    periods = mix_prices()["period"]
    return f"{periods.iloc[0]} to {periods.iloc[-1]}"


# --- the price of a given quality


@tables.once
def specifications() -> pd.DataFrame:
    """Every specification with its estimate, slowest fall first; too small samples are left out.

    Columns: rank, the six choices, value, low, high (times cheaper a year), models.
    """
    rows = []
    chosen = specification_curve.grid(measures=QUALITY.values(), prices=PRICES, samples=SAMPLES)
    columns = {measure: column for column, measure in QUALITY.items()}
    samples: dict[tuple[str, str, str], pd.DataFrame] = {}
    for specification in chosen:
        key = (columns[specification.measure], specification.price, specification.sample)
        if key not in samples:
            samples[key] = specification_curve.prepared(_sample(*key))
        sample = samples[key]
        if len(sample) >= LEAST_MODELS:
            found = specification_curve.decline_of(sample, specification, level=summaries.LEVEL)
            rows.append({**vars(specification), **found})
    frame = pd.DataFrame(rows)
    tied = frame.assign(near=frame["value"].round(9))  # equal but for the last bits
    order = tied.sort_values(["near", *specification_curve.CHOICES]).index
    frame = frame.loc[order].reset_index(drop=True)
    return frame.assign(rank=np.arange(1, len(frame) + 1))


def _sample(quality: str, price: str, sample: str) -> pd.DataFrame:
    """Priced models with one measure of quality that a specification is run on."""
    models = panel(quality, price)
    kept = {
        "all prices": pd.Series(True, index=models.index),
        "since 2024": models["date"].dt.year >= 2024,
        "launch prices": models["date"] == models["released"],
    }
    chosen: pd.DataFrame = models.loc[kept[sample]]
    return chosen


def hedonic_declines() -> pd.DataFrame:
    """Times cheaper a year at given quality by regression, for four measures, 90 % intervals."""
    rows = []
    for column, measure in QUALITY.items():
        fit = hedonics.hedonic_decline(panel(column), level=summaries.LEVEL)
        rows.append(
            {
                "measure": measure,
                "value": fit.times_cheaper_per_year,
                "low": fit.low,
                "high": fit.high,
                "models": fit.observations,
                "r_squared": fit.r_squared,
            }
        )
    return pd.DataFrame(rows)


# --- the seeds' multiples


def claimed_multiples() -> list[float]:
    """The multiples that the seeds claim for GPT-4's quality, smallest first."""
    known = tables.read("claims")
    claimed = known.loc[known["group"] == SEED_CLAIMS, "value"]
    return [float(value) for value in sorted(claimed.dropna().unique())]


def claim_readings(book: Book) -> pd.DataFrame:
    """Every reading of "how many times cheaper" since GPT-4: quality, listing, tiers, mix bought.

    Columns: object, reading, until, multiple, low, high. At given quality a reading is one of four
    measures, three prices and two dates.
    """
    end = tables.read("model-prices")["price_date"].max()
    rows: list[dict[str, object]] = []
    for column, measure in QUALITY.items():
        for price in PRICES:
            for until, day in (("interview", interview_date()), ("end of panel", end)):
                found = class_of(CLASS_SETTER, column, on=day, seed=book.seed, price=price)
                rows.append(
                    {
                        "object": "Given quality",
                        "reading": f"{SHORT_OF[measure]}, {price}",
                        "until": until,
                        "multiple": found.times_cheaper,
                        "low": found.low,
                        "high": found.high,
                    }
                )
    mix, matched = mix_prices(), matched_index()
    others = {
        "Same listing": ("matched models", float(1 / matched["index"].iloc[-1])),
        "Same tiers": ("fixed mix, list", float(1 / mix["fixed_mix"].iloc[-1])),
        "Mix bought": ("unit value, list", float(mix["unit_value"].iloc[0] / mix["unit_value"].iloc[-1])),
    }  # fmt: skip
    rows += [
        {"object": kind, "reading": reading, "until": "end of panel", "multiple": multiple,
         "low": multiple, "high": multiple}
        for kind, (reading, multiple) in others.items()
    ]  # fmt: skip
    return pd.DataFrame(rows)
