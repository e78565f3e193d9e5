"""Phantom GDP: what can be estimated, and the views against us computed in the same frame."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book, FloatArray
from token_economics.evidence import tables
from token_economics.headlines import phantom_gdp_record as recorded
from token_economics.headlines import phantom_rivals, price_of_tokens
from token_economics.headlines.rows import result
from token_economics.methods import hedonics, summaries
from token_economics.models import national_accounts, productivity

TOPIC = "phantom_evidence"
LEVEL = summaries.LEVEL
WAGE_PRICED = ("Legal services", "Other professional services", "Administrative support")
OUTPUT_PRICED = (
    "Computer and electronic products",
    "Computer systems design",
    "Data processing and internet",
)
QUALITIES = ("eci", "gpqa_percent", "mmlu_percent")
LEGAL = "Legal services"
TFP_SOURCE = "bea_bls_klems_2021"
LIGHT, TOKENS = "Light", "Tokens, list prices"
LIGHT_CENTURY, LIGHT_SINCE_1900 = 100, 92


def tfp_changes() -> pd.DataFrame:
    """Yearly log changes of measured total factor productivity, years x industries."""
    frame = tables.series("industry-tfp", "tfp_index")
    wide = frame.pivot(index="period", columns="entity", values="value").sort_index()
    return wide.apply(np.log).diff().dropna()


@tables.once
def captures() -> pd.DataFrame:
    """What deflators recorded of a true price fall, for light and tokens. Per cent of the fall.

    Columns case, deflator, period, low, high, source_id.
    """
    return pd.concat([_light(), _tokens()], ignore_index=True)


def _light() -> pd.DataFrame:
    """Official prices against the price of a lumen-hour in hours of work (Nordhaus)."""
    rates = tables.series("macro", "labour_price_change", "Light")["value"] / 100
    factor = tables.series("macro", "official_overstatement_factor", "Light").iloc[-1]
    years = np.array([LIGHT_CENTURY, LIGHT_SINCE_1900])
    fall = float(-(np.log1p(rates.to_numpy()) * years).sum())
    ends = national_accounts.deflator_capture(
        missed=np.log([factor["high"], factor["low"]]), true_price_fall=fall
    )
    return _capture(LIGHT, "official", ends, "1800 to 1992", str(factor["source_id"]))


def _tokens() -> pd.DataFrame:
    """List prices of language models that stay on the list, against the price at given quality."""
    matched = price_of_tokens.matched_index()
    years = (matched["date"].iloc[-1] - matched["date"].iloc[0]).days / hedonics.DAYS_PER_YEAR
    seen = -float(np.log(matched["index"].iloc[-1] / matched["index"].iloc[0])) / years
    falls = [
        np.log(hedonics.hedonic_decline(price_of_tokens.panel(quality), level=LEVEL)[0])
        for quality in QUALITIES
    ]
    share = seen / np.array(falls)
    span = f"{matched['date'].iloc[0]:%Y-%m} to {matched['date'].iloc[-1]:%Y-%m}"
    sources = " ".join(sorted(set(tables.read("price-changes")["source_id"].dropna())))
    return _capture(TOKENS, "same models", share, span, sources)


def _capture(
    case: str, deflator: str, shares: FloatArray, period: str, source: str
) -> pd.DataFrame:
    low, high = 100 * float(np.min(shares)), 100 * float(np.max(shares))
    return pd.DataFrame(
        [(case, deflator, period, low, high, source)],
        columns=["case", "deflator", "period", "low", "high", "source_id"],
    )


def results(book: Book) -> pd.DataFrame:
    """What the record says with no assumption of ours, then the rivals in numbers."""
    return pd.DataFrame([*_estimated(), *recorded.results(), *phantom_rivals.results(book)])


def _estimated() -> list[dict[str, object]]:
    """Estimates with 90 % intervals, and what deflators caught where it can be known."""
    changes = tfp_changes()
    caught = {row["case"]: row for row in captures().to_dict("records")}
    legal = productivity.mean_growth(changes[LEGAL], level=LEVEL)
    gap = productivity.growth_gap(
        changes[list(WAGE_PRICED)], changes[list(OUTPUT_PRICED)], level=LEVEL
    )
    missing = productivity.missing_volume(legal.growth, years=legal.years)
    klems = partial(
        result, period=f"{changes.index[0]} to {changes.index[-1]}", source_id=TFP_SOURCE
    )

    def capture(case: str, name: str, label: str) -> dict[str, object]:
        row = caught[case]
        low, high = row["low"] / 100, row["high"] / 100
        return result(
            name, label, (low + high) / 2, low=low, high=high, level=1.0, unit="share",
            period=row["period"], digits=2, source_id=row["source_id"],
        )  # fmt: skip

    return [
        capture(LIGHT, "light_capture", "Price fall of light that official prices recorded"),
        capture(TOKENS, "token_capture", "Price fall of tokens that a matched-model index of list prices records"),
        klems("legal_tfp", "Measured total factor productivity of legal services, growth a year", legal.growth,
              low=legal.low, high=legal.high, unit="share", digits=2),
        klems("group_gap", "Services hard to price less industries whose output is priced, growth a year", gap.growth,
              low=gap.low, high=gap.high, unit="share", digits=2),
        klems("legal_missing", "Legal output missing at least, if true productivity did not fall", float(missing),
              unit="in logs", digits=2),
    ]  # fmt: skip


def claims() -> pd.DataFrame:
    """Claims of the seeds on measurement lags and earlier waves; the other page judges the rest."""
    ledger = tables.read("claims")
    return ledger[ledger["group"] == "measurement_lag"].reset_index(drop=True)
