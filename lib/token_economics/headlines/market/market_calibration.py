"""Does one market explain what was observed: targets, closure of accounts, and a frozen forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from token_economics.book.assumptions import Book
from token_economics.book.draws import Draws
from token_economics.evidence import quarters, tables
from token_economics.headlines import supply_constraints
from token_economics.headlines.market import market_drivers, market_memo, supply_fleet
from token_economics.headlines.market.market_drivers import MarketRecord
from token_economics.headlines.market.market_memo import Solve
from token_economics.methods import scoring
from token_economics.methods.arrays import FloatArray
from token_economics.methods.backtest import random_walk_forecast, uneven_walk_forecast
from token_economics.models import rents, spending, supply
from token_economics.models.market import MarketPath
from token_economics.models.task_growth import SEGMENTS

LABS = ("OpenAI", "Anthropic")
DAYS_A_MONTH = 365.25 / 12
MINUTES_A_MONTH = DAYS_A_MONTH * 24 * 60
STOPPED = 1e-6
LAST_SCORED = "2026Q3"
NORMAL_TENTH = 1.2815515655446004  # standard deviations from the middle to the upper tenth


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
    """Revenue of both labs by complete quarter, from all run-rates. [USD billion]"""
    return _lab_revenue([tables.series("revenue", "revenue_run_rate", lab) for lab in LABS])


def lab_revenue_told(origin: str) -> pd.Series:
    """Revenue of both labs by complete quarter, from run-rates told by an origin. [USD billion]"""
    known = (tables.series("revenue", "revenue_run_rate", lab) for lab in LABS)
    return _lab_revenue(
        [
            frame[
                quarters.over_by(frame["period"], origin)
                & quarters.over_by(frame["stated"], origin)
            ]
            for frame in known
        ]
    )


def _lab_revenue(rates_of_labs: list[pd.DataFrame]) -> pd.Series:
    parts = []
    for rows in rates_of_labs:
        frame = rows[(rows["grade"] != "weak") | rows["value"].isna()]
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
    trend = path.drivers.fleet.price_trend
    change = trend[1] / trend[0]
    first = before * path.additions[0] * path.accelerator_price[0] / change
    return np.concatenate([first[None], path.additions * path.accelerator_price])


def ledger(book: Book, solve: Solve = market_memo.solve) -> pd.DataFrame:
    """Every target: observed, tolerance, the model's median and 90 % interval, and whether met.

    Of the book's own ranges, before any draw is matched to the record: a target is met when their
    median lies within the tolerance; ``overlaps`` says whether the interval reaches it at all.
    ``matched`` is the median once draws are matched, with its interval. Misses stay in the table.
    """
    facts = market_drivers.record()
    found, matched = (
        modelled(solve(draws, facts), draws, facts)
        for draws in (book.before_record().draws(), book.draws())
    )
    seen = observed(facts)
    rows = []
    for target in tables.read("calibration-targets").to_dict("records"):
        name = str(target["id"])
        stated = seen.get(name, (float("nan"),) * 3)
        low, high = accepted(name, target, seen)
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
                **dict(
                    zip(
                        ("matched_low", "matched", "matched_high"),
                        np.quantile(matched[name], (0.05, 0.5, 0.95)).tolist(),
                        strict=True,
                    )
                ),
                "factor": float(p50 / stated[0]),
                "source_id": target["source_id"],
                "grade": target["grade"],
            }
        )
    return pd.DataFrame(rows)


def accepted(
    name: str, target: Mapping[Any, Any], seen: Mapping[str, tuple[float, float, float]]
) -> tuple[float, float]:
    """Ends of a target's tolerance. ``target`` is its row, ``seen`` is `observed`; in its unit."""
    kind, tolerance = str(target["tolerance_kind"]), float(target["tolerance"])
    _, low, high = seen.get(name, (0.0, float(target["low"]), float(target["high"])))
    if kind == "share":
        return low * (1 - tolerance), high * (1 + tolerance)
    if kind == "points":
        return low - tolerance, high + tolerance
    return (low / tolerance, high * tolerance) if kind == "factor" else (low, high)


# --- what the market said at the end of 2025, and what came


def frozen_record(facts: MarketRecord) -> MarketRecord:
    """The record as it stood at the end of the base quarter: no price of 2026 informs a layer."""
    changes = supply_fleet.dram_changes()
    known = changes[(changes["what"] == "Outcome") & (changes["period"] <= facts.base_quarter)]
    memory = float(np.log1p(known["mid"] / 100).sum())
    rise = facts.fleet.log_price_rise.copy()
    rise[supply.LAYERS.index("dram_hbm")] = memory
    return replace(facts, fleet=replace(facts.fleet, log_price_rise=rise))


def frozen_draws(book: Book) -> Draws:
    """Draws without the shock of 2026: its spread stays, its middle is nothing."""
    draws = book.before_record().draws()
    shock = "common_demand_shock_log"
    return draws.with_values({shock: draws[shock] - book[shock]})


def frozen_scores(book: Book, solve: Solve = market_memo.solve) -> pd.DataFrame:
    """The frozen market against a random walk with drift, a row a series and quarter, in logs.

    CRPS of both on the same outcome, the central 80 % interval, and whether it held. The random
    walk is fitted to the series up to the end of 2025.
    """
    facts = frozen_record(market_drivers.record())
    draws = frozen_draws(book)
    path = solve(draws, facts)
    chips = chip_revenue(path, facts)
    work = path.tokens[:, :3].sum(axis=1)
    made = path.additions / path.additions[0]
    scored = [
        _quarterly("H100 contract", pd.Series(facts.quarterly_rents), path.price, facts),
        _quarterly("Revenue, two labs", lab_revenue(), path.spend.sum(axis=1), facts),
        _fiscal("Nvidia revenue", chips),
        _weekly("Router tokens", work, facts),
        _memory("DRAM contract", supply_constraints.memory_price(draws, made, facts), facts),
    ]
    return pd.concat(scored, ignore_index=True)


def _log_ratio(model: FloatArray, steps: NDArray[np.int_]) -> FloatArray:
    """Log change from the base; where orders stop altogether it counts as `STOPPED`. [log points]"""
    return np.asarray(np.log(np.maximum(model[steps] / model[0], STOPPED)))


def _quarterly(
    name: str, series: pd.Series, model: FloatArray, facts: MarketRecord
) -> pd.DataFrame:
    logs = np.log(series[series.index <= LAST_SCORED])
    known, later = logs[logs.index <= facts.base_quarter], logs[logs.index > facts.base_quarter]
    steps = _steps(later.index, facts)
    mean, sd = random_walk_forecast(known.to_numpy(), steps)
    base = float(known.iloc[-1])
    return _scored(name, later - base, _log_ratio(model, steps), walk=mean - base, sd=sd)


def _steps(later: pd.Index, facts: MarketRecord) -> NDArray[np.int_]:
    return np.array([quarters.index(q) - quarters.index(facts.base_quarter) for q in later])


def _fiscal(name: str, model: FloatArray) -> pd.DataFrame:
    """Nvidia's fiscal quarters, from October 2025; one is missing, so the walk steps over it."""
    frame = tables.series("chipmakers", "data_center_revenue", "Nvidia").set_index("period")
    logs, steps = np.log(frame["value"]), np.array([2, 3])
    known, later = logs[logs.index <= "2025-10"], logs[["2026-04", "2026-07"]]
    mean, sd = random_walk_forecast(known.to_numpy(), steps)
    base = float(known.iloc[-1])
    return _scored(name, later - base, _log_ratio(model, steps), walk=mean - base, sd=sd)


def _weekly(name: str, model: FloatArray, facts: MarketRecord) -> pd.DataFrame:
    """Quarter means of weekly tokens; the walk is weekly and is read at the quarter's middle."""
    frame = tables.series("token-volumes", "tokens_per_week", "OpenRouter")
    quarter = frame["date"].dt.to_period("Q").astype(str)
    known = np.log(frame[quarter == facts.base_quarter]["value"].to_numpy(dtype=np.float64))
    means = np.log(frame.groupby(quarter)["value"].mean())
    base, later = float(means[facts.base_quarter]), means[means.index > facts.base_quarter]
    ahead = np.arange(len(later))
    mean, sd = random_walk_forecast(known, 13 * ahead + 7)
    return _scored(name, later - base, _log_ratio(model, ahead + 1), walk=mean - base, sd=sd)


def _memory(name: str, model: FloatArray, facts: MarketRecord) -> pd.DataFrame:
    """Contract prices of memory: outcomes as the middle of the published range.

    No unbroken series is known before 2025Q4, so the walk learns its drift and spread from the
    contract price of one chip at uneven dates and from the one quarter's change that was known.
    """
    years, logs = memory_price_before(facts.base_quarter)
    index = supply_fleet.dram_index().set_index("period")
    outcomes = np.log(index[index["what"] == "Outcome"]["mid"])
    later = outcomes[outcomes.index > facts.base_quarter] - outcomes[facts.base_quarter]
    steps = _steps(later.index, facts)
    mean, sd = uneven_walk_forecast(years, logs, horizons=steps / 4)
    return _scored(name, later, np.log(model[steps]), walk=mean - logs[-1], sd=sd)


def _scored(
    series: str, outcomes: pd.Series, model: FloatArray, *, walk: FloatArray, sd: FloatArray
) -> pd.DataFrame:
    """Both forecasts of a series and what came, a row a period; all in logs over the base."""
    came = outcomes.to_numpy(dtype=np.float64)
    low, middle, high = np.quantile(model, (0.1, 0.5, 0.9), axis=-1)
    spread = NORMAL_TENTH * sd
    inside, walk_inside = (low <= came) & (came <= high), np.abs(came - walk) <= spread
    levels = {
        "observed": came, "model": middle, "low": low, "high": high,
        "walk": walk, "walk_low": walk - spread, "walk_high": walk + spread,
    }  # fmt: skip
    return pd.DataFrame(
        {
            "series": series,
            "period": outcomes.index,
            **{name: np.exp(logs) for name, logs in levels.items()},
            "inside": np.where(inside, "yes", "no"),
            "walk_inside": np.where(walk_inside, "yes", "no"),
            "crps": scoring.crps_ensemble(came, model, fair=True),
            "crps_walk": scoring.crps_normal(came, mean=walk, sd=sd),
        }
    )


def memory_price_before(quarter: str) -> tuple[FloatArray, FloatArray]:
    """Log contract price of memory up to a quarter at uneven dates: years and log price.

    One chip's price, months chained by their changes, then conventional memory's change over the
    last quarter; levels are those of the chip, and only changes matter.
    """
    levels = tables.series("memory", "ddr4_contract_price", "DDR4 8 Gb")
    changes = tables.series("memory", "ddr4_contract_price_change", "DDR4 8 Gb")
    first = float(np.log(levels["value"].iloc[-1])) - float(np.log1p(changes["value"] / 100).sum())
    chained = first + np.log1p(changes["value"] / 100).cumsum()
    month = pd.Timedelta(days=365.25 / 12)
    dates = [
        *levels["date"].iloc[:-1], changes["date"].iloc[0] - month, *changes["date"],
    ]  # fmt: skip
    logs = [*np.log(levels["value"].iloc[:-1]), first, *chained]
    known = supply_fleet.dram_index().set_index("period")["mid"]
    dates.append(dates[-1] + 3 * month)
    logs.append(logs[-1] + float(np.log(known[quarter])))
    years = [(date - dates[0]).days / 365.25 for date in dates]
    return np.array(years), np.array(logs, dtype=np.float64)


def scored_sources() -> list[str]:
    """Sources of the series whose walk and outcomes are scored, a source for each row."""
    series = [
        supply_fleet.rentals(),
        *(tables.series("revenue", "revenue_run_rate", lab) for lab in LABS),
        tables.series("chipmakers", "data_center_revenue", "Nvidia"),
        tables.series("token-volumes", "tokens_per_week", "OpenRouter"),
        supply_fleet.dram_changes().query("what == 'Outcome'"),
        tables.series("memory", "ddr4_contract_price", "DDR4 8 Gb"),
        tables.series("memory", "ddr4_contract_price_change", "DDR4 8 Gb"),
    ]
    return [str(identity) for frame in series for identity in frame["source_id"].dropna()]


def frozen_summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean scores by series: CRPS of both, skill, coverage and width of the 80 % interval."""
    grouped = scores.assign(
        covered=scores["inside"].eq("yes"),
        walk_covered=scores["walk_inside"].eq("yes"),
        width=np.log(scores["high"] / scores["low"]),
        walk_width=np.log(scores["walk_high"] / scores["walk_low"]),
    ).groupby("series", sort=False)
    frame = grouped[["crps", "crps_walk", "covered", "walk_covered", "width", "walk_width"]].mean()
    frame = frame.assign(
        skill=1 - frame["crps"] / frame["crps_walk"], quarters=grouped.size()
    ).reset_index()
    return frame[
        ["series", "quarters", "crps", "crps_walk", "skill", "covered", "walk_covered", "width", "walk_width"]
    ].round(3)  # fmt: skip
