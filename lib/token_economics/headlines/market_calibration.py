"""Does one market explain what was observed: targets, closure of accounts, and a frozen forecast."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book
from token_economics.evidence import tables
from token_economics.headlines import market_drivers, market_memo
from token_economics.headlines.market_drivers import MarketRecord
from token_economics.headlines.market_memo import Solve
from token_economics.methods.arrays import FloatArray
from token_economics.models import rents, spending
from token_economics.models.market import MarketPath
from token_economics.models.task_growth import SEGMENTS

LABS = ("OpenAI", "Anthropic")
DAYS_A_MONTH = 365.25 / 12
MINUTES_A_MONTH = DAYS_A_MONTH * 24 * 60


def latest(table: str, variable: str, entity: str, *, until: str = "2100") -> float:
    """The last value of a series whose period begins no later than a text such as ``2025-12``."""
    frame = tables.series(table, variable, entity)
    known = frame[frame["date"] < pd.Timestamp(until)]
    row = known.iloc[-1]
    if pd.notna(row["value"]):
        return float(row["value"])
    return float((row["low"] + row["high"]) / 2)


def _values(table: str, variable: str, entity: str) -> list[tuple[str, float]]:
    """Period and value of every row of a series that has a value."""
    frame = tables.series(table, variable, entity).dropna(subset=["value"])
    return [(str(p), float(v)) for p, v in zip(frame["period"], frame["value"], strict=True)]


def reported_floor(until: str) -> float:
    """Sum of token volumes that companies and China report, the last known. [trillion a month]

    A floor: most products are not in it. What is in it is as served, not as billed.
    """
    google = latest("token-volumes", "tokens_per_month", "Google, all surfaces", until=until)
    china = latest("token-volumes", "tokens_per_day", "China, national total", until=until)
    openai = latest("token-volumes", "tokens_per_minute", "OpenAI API", until=until)
    return google + china * DAYS_A_MONTH + openai / 1e3 * MINUTES_A_MONTH


@tables.once
def lab_revenue() -> pd.Series:
    """Revenue of both labs by complete quarter, from run-rates. [USD billion]"""
    parts = []
    for lab in LABS:
        frame = tables.series("revenue", "revenue_run_rate", lab)
        frame = frame[(frame["grade"] != "weak") | frame["value"].isna()]
        rates = frame["value"].fillna((frame["low"] + frame["high"]) / 2)
        implied = spending.run_rate_to_revenue(
            pd.DatetimeIndex(frame["date"]), rates, period="quarter"
        )
        complete = implied[implied["status"] == "complete"]
        parts.append(complete.set_index("period")["revenue"])
    return pd.concat(parts, axis=1, keys=list(LABS)).dropna().sum(axis=1)


def observed(facts: MarketRecord) -> dict[str, tuple[float, float, float]]:
    """What each target is compared with: middle, low, high; id to figures."""
    rents_by_quarter, revenue = facts.quarterly_rents, lab_revenue()
    points = tables.series("margins", "inference_margin", "Anthropic")["value"]
    margins = [latest("margins", "gross_margin", lab) / 100 for lab in LABS]
    google = tables.series("token-volumes", "tokens_per_month", "Google, all surfaces")
    before, after = google.iloc[-2], google.iloc[-1]
    half_years = (after["date"] - before["date"]).days / (365.25 / 2)
    chips = dict(_values("chipmakers", "data_center_revenue", "Nvidia"))
    floors = {
        "2025Q4": reported_floor("2026-01"),
        "2026Q2": reported_floor("2026-07") + latest("token-volumes", "tokens_per_month", "Meta internal"),
    }  # fmt: skip
    world = tables.series("token-volumes", "tokens_per_month", "World")
    highest = float(world["value"].max())
    year = market_drivers.USD_BILLION / 4
    run_rate = latest("revenue", "revenue_run_rate", "Generative AI, deduplicated")
    middle = {
        "rent_2025q4": rents_by_quarter["2025Q4"],
        "rent_2026q2": rents_by_quarter["2026Q2"],
        "rent_2026q3": rents_by_quarter["2026Q3"],
        "revenue_2025q4": facts.base_revenue_per_quarter / year,
        "revenue_2026q2": run_rate,
        "margin_2025q4": float(np.mean(margins)),
        "margin_2026q2": float(points.iloc[-1]) / 100,
        "rent_growth": rents_by_quarter["2026Q2"] / rents_by_quarter["2025Q4"],
        "revenue_growth": float(revenue["2026Q2"] / revenue["2025Q4"]),
        "token_growth": float((after["value"] / before["value"]) ** (1 / half_years)),
        "chip_revenue_growth": chips["2026-07"] / chips["2025-10"],
    }
    found = {name: (float(value), float(value), float(value)) for name, value in middle.items()}
    found["tokens_2025q4"] = (floors["2025Q4"],) * 3
    found["tokens_2026q2"] = (floors["2026Q2"], floors["2026Q2"], highest)
    return found


def modelled(
    path: MarketPath, draws: Mapping[str, FloatArray], facts: MarketRecord
) -> dict[str, FloatArray]:
    """The model's draws of every target. Units as in the table of targets."""
    at = {quarter: position for position, quarter in enumerate(facts.quarters)}
    rent = path.price / draws["h100e_rent_over_h100_contract_ratio"]
    spend = path.spend.sum(axis=1)
    tokens = path.tokens.sum(axis=1) / 3 / 1e6
    margin = rents.lab_gross_margin(
        spend_usd=spend, hours_used=path.hours_used, paid_price=path.paid_price
    )
    base, now = at["2025Q4"], at["2026Q2"]
    year = market_drivers.USD_BILLION / 4
    agentic = SEGMENTS.index("agentic")
    price = path.spend[now, agentic] / path.tokens[now, agentic]
    throughput = rents.implied_throughput(
        paid_price=path.paid_price[now],
        effective_price_usd_per_mtok=price,
        gross_margin=margin[now],
    )
    growth = chip_revenue(path, facts)
    return {
        "rent_2025q4": rent[base],
        "rent_2026q2": rent[now],
        "rent_2026q3": rent[at["2026Q3"]],
        "revenue_2025q4": spend[base] / year,
        "revenue_2026q2": spend[now] / year,
        "tokens_2025q4": tokens[base],
        "tokens_2026q2": tokens[now],
        "margin_2025q4": margin[base],
        "margin_2026q2": margin[now],
        "rent_growth": rent[now] / rent[base],
        "revenue_growth": spend[now] / spend[base],
        "token_growth": tokens[now] / tokens[base],
        "chip_revenue_growth": growth[3] / growth[0],
        "throughput": throughput * 1e6 / 3600,
    }


def chip_revenue(path: MarketPath, facts: MarketRecord) -> FloatArray:
    """Additions times the price of a unit from the quarter before the base on, up to a scale."""
    before = facts.fleet.additions_h100e[-2] / facts.fleet.additions_h100e[-1]
    change = path.accelerator_price[1] / path.accelerator_price[0]
    first = before * path.additions[0] * path.accelerator_price[0] / change
    return np.concatenate([first[None], path.additions * path.accelerator_price])


def ledger(book: Book, solve: Solve = market_memo.solve) -> pd.DataFrame:
    """Every target: observed, tolerance, the model's median and 90 % interval, and whether met.

    A target is met when the median lies within the tolerance; ``overlaps`` says whether the
    interval reaches it at all. Misses stay in the table.
    """
    facts = market_drivers.record()
    draws = book.draws()
    path = solve(draws, facts)
    found, seen = modelled(path, draws, facts), observed(facts)
    rows = []
    for target in tables.read("calibration-targets").to_dict("records"):
        name = str(target["id"])
        stated = seen.get(name, (float("nan"), float(target["low"]), float(target["high"])))
        low, high = _accepted(stated, str(target["tolerance_kind"]), float(target["tolerance"]))
        p05, p50, p95 = np.quantile(found[name], (0.05, 0.5, 0.95))
        rows.append(
            {
                "id": name,
                "label": target["label"],
                "period": target["span"],
                "unit": target["unit"],
                "role": target["role"],
                "observed": stated[0],
                "accepted_low": low,
                "accepted_high": high,
                "model": float(p50),
                "low": float(p05),
                "high": float(p95),
                "met": "yes" if low <= p50 <= high else "no",
                "overlaps": "yes" if p05 <= high and p95 >= low else "no",
                "factor": float(p50 / stated[0]),
                "source_id": target["source_id"],
                "grade": target["grade"],
            }
        )
    return pd.DataFrame(rows)


def _accepted(
    stated: tuple[float, float, float], kind: str, tolerance: float
) -> tuple[float, float]:
    _, low, high = stated
    if kind == "share":
        return low * (1 - tolerance), high * (1 + tolerance)
    if kind == "points":
        return low - tolerance, high + tolerance
    return (low / tolerance, high * tolerance) if kind == "factor" else (low, high)
