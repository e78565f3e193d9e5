"""The market frozen at the end of 2025 and scored on 2026, beside a random walk with drift."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from token_economics.book.assumptions import Book
from token_economics.book.draws import Draws
from token_economics.evidence import quarters, tables
from token_economics.headlines import market_drivers, market_memo, supply_constraints, supply_fleet
from token_economics.headlines.market_calibration import LABS, chip_revenue, lab_revenue
from token_economics.headlines.market_drivers import MarketRecord
from token_economics.headlines.market_memo import Solve
from token_economics.methods import scoring
from token_economics.methods.arrays import FloatArray
from token_economics.methods.backtest import random_walk_forecast, uneven_walk_forecast
from token_economics.models import supply

STOPPED = 1e-6
LAST_SCORED = "2026Q3"
NORMAL_TENTH = 1.2815515655446004  # standard deviations from the middle to the upper tenth


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
    draws = book.draws()
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
    years, made = np.arange(len(path.additions))[:, None] / 4, path.additions / path.additions[0]
    scored = [
        _quarterly("H100 contract", facts.quarterly_rents, path.price, facts),
        _quarterly("Revenue, two labs", lab_revenue(), path.spend.sum(axis=1), facts),
        _fiscal("Nvidia revenue", chips),
        _weekly("Router tokens", work, facts),
        _memory("DRAM contract", supply_constraints.memory_price(draws, years, made), facts),
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
