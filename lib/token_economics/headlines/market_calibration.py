"""Does one market explain what was observed: targets, closure of accounts, and a frozen forecast."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book
from token_economics.evidence import tables
from token_economics.headlines import market_drivers, market_memo, token_counts
from token_economics.headlines import rows as headline
from token_economics.headlines.market_drivers import MarketRecord
from token_economics.methods.arrays import FloatArray
from token_economics.models import rents, spending, supply
from token_economics.models.market import MarketPath
from token_economics.models.task_growth import SEGMENTS

LABS = ("OpenAI", "Anthropic")
DAYS_A_MONTH = 365.25 / 12
MINUTES_A_MONTH = DAYS_A_MONTH * 24 * 60
SCORED_LEVEL = 0.8


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


def ledger(book: Book) -> pd.DataFrame:
    """Every target: observed, tolerance, the model's median and 90 % interval, and whether met.

    A target is met when the median lies within the tolerance; ``overlaps`` says whether the
    interval reaches it at all. Misses stay in the table.
    """
    facts = market_drivers.record()
    draws = book.draws()
    path = market_memo.solve(draws, facts)
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


def shared_figures() -> pd.DataFrame:
    """Targets that are fitted, and those tied to a fitted row or an input: what is shared."""
    targets = tables.read("calibration-targets")
    shared = targets[targets["role"] != "check"].sort_values("role", kind="stable")
    return pd.DataFrame(
        {
            "target": shared["label"] + ", " + shared["span"],
            "role": shared["role"],
            "shares": shared["note"],
            "source_id": shared["source_id"],
        }
    ).reset_index(drop=True)


def printed(ledger_rows: pd.DataFrame) -> pd.DataFrame:
    """The ledger as a page shows it: fewer columns, the interval as text."""
    numbers = [
        f"{headline.format_number(low, 3)} to {headline.format_number(high, 3)}"
        for low, high in zip(ledger_rows["low"], ledger_rows["high"], strict=True)
    ]
    return pd.DataFrame(
        {
            "target": ledger_rows["label"] + ", " + ledger_rows["period"],
            "unit": ledger_rows["unit"],
            "role": ledger_rows["role"],
            "observed": ledger_rows["observed"],
            "model": ledger_rows["model"],
            "interval": numbers,
            "met": ledger_rows["met"],
            "overlaps": ledger_rows["overlaps"],
        }
    )


def _identity_accounts(
    path: MarketPath, now: int, facts: MarketRecord
) -> list[tuple[str, float, float]]:
    """The identity of four observables as a residual, and run-rates over time beside revenue."""
    margin = float(tables.series("margins", "inference_margin", "Anthropic")["value"].iloc[-1])
    implied = rents.implied_throughput(
        paid_price=float(path.paid_price[now, 0]),
        effective_price_usd_per_mtok=facts.agentic_price_usd_per_mtok,
        gross_margin=margin / 100,
    )
    targets = tables.read("calibration-targets").set_index("id")[["low", "high"]]
    ends = targets.loc["throughput"].to_numpy(dtype=np.float64)
    benchmark = float(np.exp(np.log(ends).mean()))
    told = token_counts.run_rate_against_recognised()
    return [
        ("Tokens a second that rent, price and margin imply, and middle of the benchmark's band",
         float(implied) * 1e6 / 3600, benchmark),
        *(
            (f"{row['entity']} {row['period']}: run-rates over time, and revenue recognised, USD billion",
             float(row["implied"]), float(row["recognised"]))
            for row in told.to_dict("records")
        ),
    ]  # fmt: skip


def closure(book: Book) -> pd.DataFrame:
    """Accounts that should agree and what they give: left side over right side, all of them.

    Point values of the book; no draw. A factor far from one is a finding, not a fault to hide.
    """
    facts = market_drivers.record()
    points = book.points()
    path = market_memo.solve(points, facts)
    now = facts.quarters.index("2026Q2")
    revenue = latest("revenue", "revenue_run_rate", "Generative AI, deduplicated")
    floor = observed(facts)["tokens_2026q2"][0]
    mix = tables.series("model-mix", "list_price_blended", "top tier")
    listed = float(mix[mix["date"] < pd.Timestamp("2026-07")]["value"].iloc[-1])
    fleet_year = float(path.fleet[now, 0]) * supply.HOURS_PER_YEAR / market_drivers.USD_BILLION
    rent, cost = float(path.price[now, 0]), float(path.user_cost[now, 0])
    goldman = tables.series("token-volumes", "tokens_per_month", "World")["value"].min()
    two = floor - latest("token-volumes", "tokens_per_month", "Meta internal") - (
        latest("token-volumes", "tokens_per_minute", "OpenAI API") / 1e3 * MINUTES_A_MONTH
    )  # fmt: skip
    compute = latest("revenue", "compute_cost", "Anthropic")
    recognised = tables.series("revenue", "revenue_recognised", "Anthropic")
    by_period = recognised.drop_duplicates("period").set_index("period")["value"]
    margin = latest("margins", "gross_margin", "Anthropic") / 100
    agentic = facts.agentic_price_usd_per_mtok
    rows = [
        ("Model tokens and the reported floor, end of 2025, trillion a month",
         float(path.tokens[0].sum()) / 3e6, observed(facts)["tokens_2025q4"][0]),
        ("Model tokens and the reported floor, mid-2026, trillion a month",
         float(path.tokens[now].sum()) / 3e6, floor),
        ("Reported floor at list prices of best models, and revenue, USD billion a year",
         floor * listed * 12 / 1e3, revenue),
        ("Reported floor at the price of a cached agent, and revenue, USD billion a year",
         floor * agentic * 12 / 1e3, revenue),
        ("Whole fleet at the market rent, and revenue, USD billion a year", fleet_year * rent, revenue),
        ("Whole fleet at full cost, and revenue, USD billion a year", fleet_year * cost, revenue),
        ("Sold part of the fleet at the market rent, and revenue, USD billion a year",
         float(path.hours_used[now, 0]) * rent * 4 / market_drivers.USD_BILLION, revenue),
        ("Lowest estimate of the world's tokens, and Google with China, trillion a month",
         float(goldman), two),
        ("Anthropic 2025: compute of all kinds, and cost of sales by its gross margin, USD billion",
         compute, float(by_period["2025"]) * (1 - margin)),
    ]  # fmt: skip
    rows += _identity_accounts(path, now, facts)
    frame = pd.DataFrame(rows, columns=["account", "left", "right"])
    return frame.assign(factor=frame["left"] / frame["right"])
