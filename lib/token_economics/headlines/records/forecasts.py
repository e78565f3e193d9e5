"""Forecasts to come: what the market and a naive rule say of dated, resolvable quantities.

Each row of ``forecasts.csv`` names a quantity, and each quantity has a function here that looks
ahead and one that reads what came. The market carries the latest figure forward by its own growth
between that figure's date and the period, draw by draw. Where it has no such outcome, a naive rule
speaks alone. Nothing here is a probability that somebody typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from token_economics.book.assumptions import Book
from token_economics.evidence import frozen, quarters, tables
from token_economics.evidence.references import Reference, references
from token_economics.evidence.row_rules import middle
from token_economics.headlines import one_firm, supply_constraints
from token_economics.headlines.market import (
    market_calibration,
    market_drivers,
    market_memo,
    supply_fleet,
    surprises,
)
from token_economics.headlines.market.conditioning import conditioned
from token_economics.headlines.market.market_calibration import NORMAL_TENTH
from token_economics.headlines.market.market_drivers import MarketRecord
from token_economics.methods.arrays import FloatArray
from token_economics.methods.backtest import random_walk_forecast, uneven_walk_forecast
from token_economics.methods.reference_class import again_within, next_of_class
from token_economics.models import firm_spend, supply
from token_economics.models.market import MarketPath

TABLE = "forecasts"
Row = Mapping[str, str]
TENTHS = (0.1, 0.5, 0.9)
FIGURES, NAIVE_FIGURES = (
    ("low", "value", "high", "probability"),
    ("naive_low", "naive_value", "naive_high", "naive_probability"),
)
DAYS_AROUND = 31  # how far from a day a run-rate may be dated to count for it
YEAR_DAYS, WEEK_DAYS = 365.25, 7
SAME = 0.02  # how far what a run computes may lie from what is frozen, relative or of a probability


@dataclass(frozen=True)
class Market:
    """The market of a run, and the book that it was solved from."""

    book: Book
    facts: MarketRecord
    draws: Mapping[str, FloatArray]
    path: MarketPath

    def growth(self, flow: FloatArray, start: pd.Timestamp, end: pd.Timestamp) -> FloatArray:
        """Growth of a flow by quarter from one day to another, even in logs between quarters. [1]"""
        first, last = (self._log_at(flow, day) for day in (start, end))
        return np.asarray(np.exp(last - first))

    def _log_at(self, flow: FloatArray, day: pd.Timestamp) -> FloatArray:
        days = [day_of(quarter).toordinal() for quarter in self.facts.quarters]
        place = float(np.interp(day.toordinal(), days, np.arange(len(days))))
        before = min(int(place), len(days) - 2)
        logs = np.log(np.maximum(flow[before : before + 2], market_calibration.STOPPED))
        return np.asarray(logs[0] + (place - before) * (logs[1] - logs[0]))


@dataclass(frozen=True)
class Outlook:
    """What is foreseen: the latest figure, the market's draws, and a naive rule. [unit of the row]

    ``log_mean`` and ``log_sd`` are of a naive rule that is normal in logs; ``chance`` is one that
    gives no more than a probability.
    """

    today: float = np.nan
    drawn: FloatArray | None = None
    log_mean: float = np.nan
    log_sd: float = np.nan
    chance: float = np.nan

    def by_draws(self, row: Row) -> tuple[float, ...]:
        """Points at 10, 50 and 90 % and the probability, of the market's draws; of none nothing."""
        if self.drawn is None:
            return ()
        held = float(_holds(row, self.drawn).sum())
        share = next_of_class(successes=held, members=float(self.drawn.size), level=0.8).value
        return (*(float(point) for point in np.quantile(self.drawn, TENTHS)), share)

    def by_rule(self, row: Row) -> tuple[float, ...]:
        """The same of the naive rule; the probability alone where it has no distribution."""
        if not np.isnan(self.chance):
            return (np.nan, np.nan, np.nan, self.chance)
        steps = self.log_mean + self.log_sd * NORMAL_TENTH * np.array([-1, 0, 1])
        least, most = (
            special.ndtr((self.log_mean - np.log(end)) / self.log_sd) if end else 0.0
            for end in (float(row["threshold"]), float(row["at_most"] or 0))
        )
        return (*(float(point) for point in np.exp(steps)), float(least - most))


def day_of(period: str) -> pd.Timestamp:
    """The middle of a period; a day is itself."""
    return pd.Timestamp(middle(period))


def market_of(book: Book) -> Market:
    """The solved market that forecasts are made from."""
    facts, draws = market_drivers.record(), book.draws()
    return Market(book, facts, draws, market_memo.solve(draws, facts))


# Quantities: what is foreseen ----------------------------------------------------------------------


def h100_contract(row: Row, market: Market) -> Outlook:
    """Middle of the quartiles of H100 one-year contracts, mean of a quarter. [USD/GPU-hour]"""
    known = pd.Series(market.facts.quarterly_rents)
    today, last = float(known.iloc[-1]), str(known.index[-1])
    ahead = quarters.index(row["period"]) - quarters.index(last)
    mean, sd = random_walk_forecast(np.log(known), [ahead])
    grown = market.growth(market.path.price, day_of(last), day_of(row["period"]))
    return Outlook(today, today * grown, mean[0], sd[0])


def dram_contract(row: Row, market: Market) -> Outlook:
    """Contract price of conventional memory over that of the ``base`` quarter. [1]

    The walk learns from one chip's price until 2025 and from the quarter's changes since.
    """
    index = supply_fleet.dram_index().set_index("period")["mid"]
    last, first = supply_fleet.last_outcome(), market.facts.base_quarter
    years, logs = market_calibration.memory_price_before(first)
    since = quarters.span(first, last)[1:]
    years = np.append(years, years[-1] + np.arange(1, len(since) + 1) / supply.QUARTERS_PER_YEAR)
    logs = np.append(logs, logs[-1] + np.log(index[since] / index[first]))
    ahead = (quarters.index(row["period"]) - quarters.index(last)) / supply.QUARTERS_PER_YEAR
    mean, sd = uneven_walk_forecast(years, logs, horizons=[ahead])
    today = float(index[last] / index[row["base"]])
    made = market.path.additions / market.path.additions[0]
    price = supply_constraints.memory_price(market.draws, made, market.facts)
    grown = market.growth(price, day_of(last), day_of(row["period"]))
    return Outlook(today, today * grown, mean[0] - logs[-1] + np.log(today), sd[0])


def run_rate(row: Row, market: Market) -> Outlook:
    """Run-rate of a lab on a day: a walk through the last figure of each quarter. [USD billion a year]

    The market has no single lab in it.
    """
    (reference,) = references(row["evidence"])
    frame = _run_rates(reference)
    frame = frame[~frame["date"].dt.to_period("Q").duplicated(keep="last")]
    days = (frame["date"] - frame["date"].iloc[0]).dt.days.to_numpy()
    ahead = (day_of(row["period"]) - frame["date"].iloc[-1]).days / YEAR_DAYS
    logs = np.log(frame["value"].to_numpy())
    mean, sd = uneven_walk_forecast(days / YEAR_DAYS, logs, horizons=[ahead])
    return Outlook(float(frame["value"].iloc[-1]), None, mean[0], sd[0])


def run_rate_together(row: Row, market: Market) -> Outlook:
    """Run-rates of several labs added, at an unchanged share of the market. [USD billion a year]

    The walk is that of their quarterly revenue, from the day up to which all are known.
    """
    latest = [_run_rates(reference).iloc[-1] for reference in references(row["evidence"])]
    today, day = sum(float(told["value"]) for told in latest), day_of(row["period"])
    spend = market.path.spend.sum(axis=1)
    drawn = sum(told["value"] * market.growth(spend, told["date"], day) for told in latest)
    revenue = np.log(market_calibration.lab_revenue().to_numpy())
    ahead = (day - min(told["date"] for told in latest)).days / YEAR_DAYS
    mean, sd = random_walk_forecast(revenue, [supply.QUARTERS_PER_YEAR * ahead])
    return Outlook(today, np.asarray(drawn), mean[0] - revenue[-1] + np.log(today), sd[0])


def capex_guidance(row: Row, market: Market) -> Outlook:
    """Capital expenditure that buyers plan for a year, added. [USD billion]

    The market moves the plans for this year by its outlay on accelerators, year over year; the walk
    by what the buyers whose quarters are on record invested.
    """
    plans = supply_constraints.capex_guidance()
    today = float((plans["low"] + plans["high"]).sum() / 2)
    outlay = market_calibration.chip_revenue(market.path, market.facts)[1:]
    year = int(row["period"])
    then, now = (
        outlay[[market.facts.quarters.index(quarter) for quarter in quarters.span(f"{y}Q1", f"{y}Q4")]]
        for y in (year, year - 1)
    )  # fmt: skip
    frame = tables.series("hyperscaler-capex", "capex", *QUARTERS_ON_RECORD)
    frame = frame[(frame["kind"] == "observed") & frame["period"].str.contains("Q")]
    both = frame.pivot_table(index="period", columns="entity", values="value").dropna().sum(axis=1)
    years = [quarters.index(str(quarter)) / supply.QUARTERS_PER_YEAR for quarter in both.index]
    logs = np.log(both.to_numpy())
    mean, sd = uneven_walk_forecast(years, logs, horizons=[1])
    drawn = today * then.sum(axis=0) / now.sum(axis=0)
    return Outlook(today, drawn, mean[0] - logs[-1] + np.log(today), sd[0])


QUARTERS_ON_RECORD = ("Alphabet", "Amazon")


def router_tokens(row: Row, market: Market) -> Outlook:
    """Tokens a week on the router, mean of a quarter, as tokens for work grow. [trillion a week]

    The router's part of them wanders on its own.
    """
    frame = tables.series("token-volumes", "tokens_per_week", "OpenRouter")
    last, today = frame["date"].iloc[-1], float(frame["value"].iloc[-1])
    day = day_of(row["period"])
    share = np.exp(surprises.accumulated(market.draws, "router_share", market.facts.quarters))
    work = market.path.tokens[:, :3].sum(axis=1) * share
    weeks = (day - last).days / WEEK_DAYS
    mean, sd = random_walk_forecast(np.log(frame["value"]), [weeks])
    return Outlook(today, today * market.growth(work, last, day), mean[0], sd[0])


def dram_bits(row: Row, market: Market) -> Outlook:
    """Growth of memory bits supplied in a year: the book's range, and published forecasts. [percent]"""
    (reference,) = references(row["evidence"])
    told = tables.series(*series_of(reference)).query(
        "kind == 'forecast' and period == @row['period']"
    )
    logs = np.log(told["value"].fillna((told["low"] + told["high"]) / 2))
    drawn = 100 * market.draws["dram_bit_growth_per_year"]
    return Outlook(np.nan, drawn, float(logs.mean()), float(logs.std(ddof=1)))


def spend_over_payroll(row: Row, market: Market) -> Outlook:
    """Token spend of a firm over its payroll, by a day: at the pace of the heaviest spenders. [1]"""
    firm = one_firm.record(market.book)
    pace = one_firm.PANEL["Top 1 %"]
    months = firm_spend.months_until_passed(
        spend=firm.last_spend_musd,
        threshold=float(row["threshold"]) * firm.payroll_musd,
        log_growth=one_firm.growth(firm, market.book.n_draws)[pace],
        trend_log_growth=firm.trends[pace],
        half_life_months=market.draws["excess_growth_half_life_months"],
    )
    left = (day_of(row["period"]) - firm.last_date).days / firm_spend.DAYS_PER_MONTH
    held = float((months <= left).sum())
    chance = next_of_class(successes=held, members=float(months.size), level=0.8).value
    return Outlook(firm.last_spend_musd / firm.payroll_musd, chance=chance)


def list_price_change(row: Row, market: Market) -> Outlook:
    """Whether vendors change the price of a model on sale: as often as before."""
    return _as_often(row, market, _price_changes(row, ("cut", "rise")), _first_launch(row))


def list_price_rise(row: Row, market: Market) -> Outlook:
    """Whether vendors raise the price of a model on sale: as often as before."""
    return _as_often(row, market, _price_changes(row, ("rise",)), _first_launch(row))


def line_price_cut(row: Row, market: Market) -> Outlook:
    """Whether a line of models comes out cheaper than the one before: as often as before."""
    prices = _line(row)
    fallen = prices.index[prices.diff() < 0]
    return _as_often(row, market, fallen, prices.index[0])


def _as_often(
    row: Row, market: Market, days: Iterable[pd.Timestamp], first: pd.Timestamp
) -> Outlook:
    searched = pd.Timestamp(tables.evidence_to())
    years, ahead = (
        (last - start).days / YEAR_DAYS
        for start, last in ((first, searched), (searched, day_of(row["period"])))
    )
    seen = sum(day <= searched for day in days)
    return Outlook(chance=again_within(events=seen, years=years, ahead=ahead))


# Quantities: what came ---------------------------------------------------------------------------


def _mean_of_quarter(row: Row) -> float | None:
    """Mean of the rows of a quarter, then of the series named."""
    means = []
    for reference in references(row["evidence"]):
        frame = tables.series(*series_of(reference))
        means.append(
            frame.loc[frame["date"].dt.to_period("Q").astype(str) == row["period"], "value"].mean()
        )
    return _or_none(float(np.mean(means)))


def _chained(row: Row) -> float | None:
    index = supply_fleet.dram_index().query("what == 'Outcome'").set_index("period")["mid"]
    known = {row["base"], row["period"]} <= set(index.index)
    return float(index[row["period"]] / index[row["base"]]) if known else None


def _told_near(row: Row) -> float | None:
    """Sum of the figures dated nearest to a day, of those that are near it."""
    day, found = day_of(row["period"]), []
    for reference in references(row["evidence"]):
        frame = _run_rates(reference)
        apart = (frame["date"] - day).abs().dt.days
        near = frame[(apart == apart.min()) & (apart <= DAYS_AROUND)]
        found.append(near["value"].iloc[-1] if len(near) else np.nan)
    return _or_none(float(np.sum(found)))


def _planned(row: Row) -> float | None:
    found = []
    for reference in references(row["evidence"]):
        frame = tables.series(*series_of(reference))
        told = frame[(frame["kind"] == "guidance") & (frame["period"] == row["period"])]
        told = told.sort_values("stated").iloc[-1:]
        found.append(told["value"].fillna((told["low"] + told["high"]) / 2).sum(min_count=1))
    return _or_none(float(np.sum(found)))


def _stated_first(row: Row) -> float | None:
    (reference,) = references(row["evidence"])
    frame = tables.series(*series_of(reference))
    told = frame[(frame["period"] == row["period"]) & frame["kind"].isin(["observed", "estimate"])]
    return float(told.sort_values("stated")["value"].iloc[0]) if len(told) else None


def _spent_over_payroll(row: Row) -> float | None:
    spend, payroll = (tables.series(*series_of(each)) for each in references(row["evidence"]))
    quarter = pd.Timestamp(row["period"]).to_period("Q")
    told = spend[spend["date"].dt.to_period("Q") == quarter]
    return float(told["value"].iloc[-1] / payroll["value"].iloc[-1]) if len(told) else None


def _changed(*events: str) -> Callable[[Row], float | None]:
    """How many changes of these kinds came after the forecast was frozen and by its day."""

    def came(row: Row) -> float | None:
        after, until = pd.Timestamp(row["made"]), day_of(row["period"])
        count = sum(after < day <= until for day in _price_changes(row, events))
        over = pd.Timestamp(tables.evidence_to()) > until
        return float(count) if count or over else None

    return came


def _newest_is_cheaper(row: Row) -> float | None:
    prices = _line(row)
    known, then = (
        prices[prices.index <= day] for day in (pd.Timestamp(row["made"]), day_of(row["period"]))
    )
    return float(then.iloc[-1] < known.iloc[-1])


@dataclass(frozen=True)
class Quantity:
    """How a quantity is foreseen, and how its outcome is read from the tables.

    ``early``: whether it may be decided before its period is over.
    """

    outlook: Callable[[Row, Market], Outlook]
    outcome: Callable[[Row], float | None]
    early: bool = False


QUANTITIES = {
    "h100_contract": Quantity(h100_contract, _mean_of_quarter),
    "dram_contract": Quantity(dram_contract, _chained),
    "run_rate": Quantity(run_rate, _told_near),
    "run_rate_together": Quantity(run_rate_together, _told_near),
    "capex_guidance": Quantity(capex_guidance, _planned),
    "router_tokens": Quantity(router_tokens, _mean_of_quarter),
    "dram_bits": Quantity(dram_bits, _stated_first),
    "spend_over_payroll": Quantity(spend_over_payroll, _spent_over_payroll),
    "list_price_change": Quantity(list_price_change, _changed("cut", "rise"), early=True),
    "list_price_rise": Quantity(list_price_rise, _changed("rise"), early=True),
    "line_price_cut": Quantity(line_price_cut, _newest_is_cheaper),
}


# Frozen and resolved -----------------------------------------------------------------------------


def foreseen(row: Row, market: Market) -> dict[str, str]:
    """The cells of a row that a run computes, as they are frozen: points and probabilities."""
    outlook = QUANTITIES[row["quantity"]].outlook(row, market)
    model, naive = outlook.by_draws(row), outlook.by_rule(row)
    return {**_cells(FIGURES, model or naive), **_cells(NAIVE_FIGURES, naive if model else ())}


def resolved(row: Row, as_of: str) -> dict[str, str]:
    """Status and outcome of a row by the tables: true or false once the outcome stands there.

    Who found that it cannot be decided is left to say so.
    """
    quantity = QUANTITIES[row["quantity"]]
    due = quantity.early or row["due_from"] <= as_of
    outcome = quantity.outcome(row) if due else None
    if outcome is None:
        return {"status": row["status"] or "open", "outcome": ""}
    return {"status": str(bool(_holds(row, outcome))).lower(), "outcome": f"{outcome:.4g}"}


def frozen_rows(book: Book) -> list[dict[str, str]]:
    """The forecasts as this edition leaves them: new ones frozen, old ones only resolved.

    The market's draws are those that the record leaves.
    """
    market = market_of(conditioned(book))
    frozen_now = [
        row
        if row["made"] and row["made"] < book.as_of
        else {**row, "made": book.as_of, **foreseen(row, market)}
        for row in tables.raw_rows(TABLE)
    ]
    return [{**row, **resolved(row, book.as_of)} for row in frozen_now]


def frozen_file(book: Book) -> bytes:
    """The file of forecasts as this edition leaves it.

    Raises `FrozenError`: if a forecast of an earlier edition would be changed.
    """
    return frozen.as_file(frozen_rows(book), tables.raw_rows(TABLE), as_of=book.as_of)


def out_of_step(book: Book) -> list[str]:
    """Forecasts of this edition that differ from what the run computes, a line each.

    Which draws the record leaves hangs on the last bit of sums, so from one machine to another points
    differ by about a hundredth: twice that counts as the same. The seal shows what a hand changed.
    """
    found = []
    pairs = zip(tables.raw_rows(TABLE), frozen_rows(book), strict=True)
    for line, (row, wanted) in enumerate(pairs, start=2):
        for column in (*FIGURES, *NAIVE_FIGURES, "status", "outcome"):
            if not _as_good_as(row[column], wanted[column]):
                found.append(
                    f"forecasts.csv: row {line}, column {column}: found {row[column]!r}, the run "
                    f"says {wanted[column]!r}; `token-economics sync` writes it"
                )
    return found


def _as_good_as(found: str, wanted: str) -> bool:
    try:
        return abs(float(found) - float(wanted)) <= SAME * max(abs(float(wanted)), 1)
    except ValueError:
        return found == wanted


def _cells(names: Iterable[str], values: tuple[float, ...]) -> dict[str, str]:
    """Cells of points to four digits and a probability to three decimals; empty where nothing is."""
    texts = [*(f"{value:.4g}" for value in values[:3]), *(f"{value:.3f}" for value in values[3:])]
    told = ["" if text == "nan" else text for text in texts]
    return dict(zip(names, told or [""] * 4, strict=True))


# The record --------------------------------------------------------------------------------------


def _holds(row: Row, value: FloatArray | float) -> np.ndarray:
    """Whether what the row states holds: at least its threshold, and at most its other end."""
    most = float(row["at_most"]) if row["at_most"] else np.inf
    return np.asarray((value >= float(row["threshold"])) & (value <= most))


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value


def series_of(reference: Reference) -> tuple[str, str, str]:
    return reference.table, reference.variable, reference.entity


def _run_rates(reference: Reference) -> pd.DataFrame:
    """Run-rates of a lab that are not graded weak: date and value. [USD billion a year]"""
    frame = tables.series(*series_of(reference))
    frame = frame[frame["grade"] != "weak"].reset_index(drop=True)
    return frame.assign(value=frame["value"].fillna((frame["low"] + frame["high"]) / 2))


def _price_changes(row: Row, events: tuple[str, ...]) -> list[pd.Timestamp]:
    """Days on which a vendor that the row names changed the price of a model on sale."""
    frame = tables.read("price-changes")
    chosen = frame["vendor"].isin(row["subject"].split()) & frame["event"].isin(events)
    return sorted(set(frame.loc[chosen, "date"]))


def _first_launch(row: Row) -> pd.Timestamp:
    frame = tables.read("model-prices")
    return pd.Timestamp(frame.loc[frame["vendor"].isin(row["subject"].split()), "price_date"].min())


def _line(row: Row) -> pd.Series:
    """Output price of a line's models at their launch, by day. [USD/Mtok]"""
    columns = {"price_date": "date"}
    parts = [tables.read("model-prices").rename(columns=columns), tables.read("price-changes")]
    told = pd.concat([part[["date", "model", "output_usd_per_mtok"]] for part in parts])
    named = told[told["model"].str.contains(row["subject"], regex=False)].sort_values("date")
    return named.set_index("date")["output_usd_per_mtok"]
