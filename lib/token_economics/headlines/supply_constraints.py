"""Supply constraints: what the record says of each layer, and the fleet that it allows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pandas as pd

from token_economics.book.assumptions import Book, FloatArray
from token_economics.evidence import quarters
from token_economics.headlines import (
    market_drivers,
    supply_fleet,
    supply_forecasts,
    supply_record,
    supply_stocks,
)
from token_economics.headlines.market_drivers import MarketRecord
from token_economics.headlines.rows import chance as chance_of
from token_economics.headlines.rows import result
from token_economics.headlines.supply_fleet import HEADROOM_FACTORS, LAYER_NAMES, Paths
from token_economics.methods import summaries

TOPIC = "supply_constraints"
PRIORS = f"room given to each layer beforehand {' or '.join(HEADROOM_FACTORS)} in turn"


def record() -> MarketRecord:
    """The evidence as the fleet and the market that uses it need it."""
    return market_drivers.record()


def solve(draws: Mapping[str, FloatArray], facts: MarketRecord) -> Paths:
    """The fleet to the horizon for given draws."""
    return supply_fleet.solve(draws, facts.fleet)


def headlines(draws: Mapping[str, FloatArray], facts: MarketRecord) -> dict[str, FloatArray]:
    """The model's headline results of this topic for given draws, one array of draws each."""
    return {
        **supply_fleet.headlines(draws, facts.fleet),
        **supply_stocks.headlines(draws, facts),
    }


def results(book: Book) -> pd.DataFrame:
    """Headline results: the model's with 90 % intervals, the record's with the range stated."""
    return pd.DataFrame([row for part in PARTS for row in part(book)])


def _fleet_results(book: Book) -> list[dict[str, object]]:
    """What the fleet alone says, without the market."""
    facts = record()
    drawn = supply_fleet.headlines(book.draws(), facts.fleet)
    last = facts.base_quarter
    later = quarters.name(quarters.index(last) + 12)

    def model(name: str, label: str, unit: str, period: str, digits: int = 2) -> dict[str, object]:
        low, value, high = summaries.quantiles(drawn[name])
        return result(
            name, label, value, low=low, high=high, unit=unit, period=period, digits=digits
        )

    chance = partial(chance_of, drawn)

    return [
        model("compute_in_service", "AI compute in service", "million H100e", last, 3),
        model("compute_in_three_years", "AI compute in service three years on", "million H100e", later, 3),
        model("compute_growth", "Growth of compute in service a year", "share", f"{last} to {later}"),
        model("sold_hours_in_three_years", "Sold inference compute a quarter", "billion H100e-hours", later),
        _memory_over_priors(chance("memory_binds", f"Probability that memory limits additions in the first year; range: {PRIORS}", f"year after {last}"), book, facts),
        chance("power_binds_later", "Probability that power limits additions in the third year", f"third year after {last}"),
        model("user_cost", "Full cost of an H100e-hour, systems of 2025", "USD", book.as_of),
        model("rent_over_cost", "H100 contract rent over full cost of its compute from systems of 2025", "times", book.as_of),
        model("h100_economic_life", "Years until an H100's rent meets its avoidable cost", "years", book.as_of),
        model("h100_life_at_low", "Years until an H100's rent, from its low, meets its avoidable cost", "years", book.as_of),
    ]  # fmt: skip


def _memory_over_priors(
    row: dict[str, object], book: Book, facts: MarketRecord
) -> dict[str, object]:
    """The chance with its envelope over priors of headroom: alone it is that of equal ones."""
    factors = HEADROOM_FACTORS.values()
    moved = supply_fleet.memory_over_priors(book.draws(), facts.fleet, factors)
    ends = [*moved["probability"], row["value"]]
    return {**row, "low": min(ends), "high": max(ends), "level": 1.0}


def _forecast_results(book: Book) -> list[dict[str, object]]:
    return supply_forecasts.results(book.seed)


def _stock_results(book: Book) -> list[dict[str, object]]:
    facts = record()
    return supply_stocks.results(supply_stocks.headlines(book.draws(), facts), facts)


def _recorded_results(_: Book) -> list[dict[str, object]]:
    """Headline results of the record alone: rents, memory prices, capital expenditure."""
    rises, memory, errors = (
        supply_record.rentals(),
        supply_record.dram_index(),
        supply_record.dram_forecast_errors(),
    )
    last, middle, periods = (
        supply_record.last_outcome(),
        rises["mid"].to_numpy(),
        list(rises["period"]),
    )
    latest = memory.set_index("period").loc[last].to_dict()
    guidance, cash = supply_record.capex_against_cash()
    low, high = (float(guidance[end].sum()) / cash for end in ("low", "high"))
    return [
        result("rent_rise", "H100 one-year contract, latest over its low", float(middle[-1] / middle.min()),
               unit="times", period=f"{periods[int(middle.argmin())]} to {periods[-1]}", source_id=rises["source_id"]),
        result("dram_price_multiple", "DRAM contract price, latest quarter over 2025Q3", float(latest["mid"]),
               low=float(latest["low"]), high=float(latest["high"]), level=1.0, unit="times", period=last, digits=2,
               source_id=memory.loc[memory["period"] <= last, "source_id"]),
        result("dram_forecast_misses", "First forecasts of DRAM contract prices that came in too low",
               float((errors["miss_points"] > 0).sum()), unit=f"of {len(errors)}", period="2025Q4 to 2026Q3", digits=1, source_id=errors["source_id"]),
        result("capex_over_cash", "Capital expenditure guided for 2026 over operating cash flow of 2025",
               (guidance["low"].sum() + guidance["high"].sum()) / 2 / cash, low=low, high=high, level=1.0,
               unit="times", period="2026", digits=3, source_id=[*guidance["source_id"], *supply_record.cash()["source_id"]]),
    ]  # fmt: skip


PARTS = (_fleet_results, _recorded_results, _forecast_results, _stock_results)
HEADLINE_PARTS = (_fleet_results,)


def answer(frame: pd.DataFrame, alone: pd.DataFrame, solved: pd.DataFrame) -> str:
    """The answer's template: what it calls scarce, and which layers it names, follow the run.

    Parameters
    ----------
    frame
        Headline results of the topic and, by full id, of the token market.
    alone, solved
        Probability by quarter, layer and basis that a layer limits additions: with growth alone,
        and in the market, where layers and buyers answer prices.
    """
    rent = frame.set_index("id").loc["rent_over_cost"]
    scarce = "AI compute is scarce" if rent["low"] > 1 else "Whether AI compute is scarce is open"
    informed = alone[alone["basis"] == "With price evidence"]
    first_year = informed[informed["quarter"].isin(sorted(informed["quarter"].unique())[:4])]
    leading = str(first_year.groupby("layer")["probability"].mean().idxmax())
    memory_leads = leading == LAYER_NAMES["dram_hbm"]
    layer = (
        "more often than any other layer"
        if memory_leads
        else f"less often than {leading.lower()}, which leads"
    )
    return (
        f"{scarce}: an H100 rents for {{rent_over_cost}} the full cost of its compute from systems of "
        "2025, and {rent_rise:v} its low of that year. Memory is the layer that prices single out, at "
        "{dram_price_multiple} the contract level of a year before, and it limits additions in {memory_binds:v} of the draws "
        f"over the first year ({{memory_binds:r}} %, with the {PRIORS}), {layer}. {_limit_at_the_end(solved)} "
        "Compute in service still grows {compute_growth} a year, to {compute_in_three_years}."
    )


def _limit_at_the_end(solved: pd.DataFrame) -> str:
    """Which layer limits additions in the last quarter, once layers and buyers answer prices."""
    market = solved[solved["basis"] == "In the market"]
    last = market[market["quarter"] == market["quarter"].max()]
    leading = str(last.loc[last["probability"].idxmax(), "layer"])
    money = "{token_market.finance_binds_at_horizon:v} of draws"
    when = "by {token_market.finance_binds_at_horizon:p}"
    start = f"Once layers and buyers answer prices, {leading.lower()} is the limit {when}"
    if leading == LAYER_NAMES["finance"]:
        return f"{start}, in {money}."
    return f"{start}; finance is it in {money}."
