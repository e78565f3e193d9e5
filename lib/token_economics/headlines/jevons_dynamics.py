"""Jevons dynamics: prices that fall, spending that rises, and whether one causes the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book, FloatArray
from token_economics.evidence import quarters, tables
from token_economics.headlines import (
    jevons_base_rates,
    jevons_decomposition,
    jevons_market,
    price_of_tokens,
    rows,
    supply_fleet,
    token_market,
)
from token_economics.headlines.jevons_evidence import panel_sources
from token_economics.methods import hedonics
from token_economics.models import adoption_rebound, rebound

TOPIC = "jevons_dynamics"
YEARS_AHEAD = 3  # where no notebook says otherwise
QUARTERS_PER_YEAR = 4


@dataclass(frozen=True)
class Record:
    """What the model takes from the evidence: the supply record and the rise of rents."""

    supply: supply_fleet.Record
    rent_growth_per_year: float
    rent_quarters: tuple[str, str]


@dataclass(frozen=True)
class Growth:
    """Growth of demand, compute, efficiency and avoidable cost. [log/year]"""

    demand_shift: FloatArray
    capacity: FloatArray
    capacity_while_rents_rose: FloatArray
    efficiency: FloatArray
    avoidable_cost: FloatArray
    elasticity: FloatArray


@tables.once
def record() -> Record:
    """The evidence as the model needs it."""
    rents = supply_fleet.rentals()
    low, last = rents.iloc[int(rents["mid"].to_numpy().argmin())], rents.iloc[-1]
    years = (last["date"] - low["date"]).days / hedonics.DAYS_PER_YEAR
    return Record(
        supply=supply_fleet.record(),
        rent_growth_per_year=float(np.log(last["mid"] / low["mid"]) / years),
        rent_quarters=(
            quarters.of_date(f"{low['date']:%Y-%m-%d}"),
            quarters.of_date(f"{last['date']:%Y-%m-%d}"),
        ),
    )


def growth(draws: Mapping[str, FloatArray], facts: Record, *, years: int = YEARS_AHEAD) -> Growth:
    """Yearly log growth of what moves the market; compute comes from the supply model.

    Raises
    ------
    ValueError
        If the supply model ends before so many years.
    """
    paths = supply_fleet.solve(draws, facts.supply)
    at = {quarter: position for position, quarter in enumerate(paths.quarters)}

    def compute(start: int, end: int) -> FloatArray:
        hours = paths.sold_hours
        return np.asarray(np.log(hours[:, end] / hours[:, start]) / ((end - start) / 4))

    base, last_quarter = at[facts.supply.quarters[-1]], ahead(facts, years=years)[1]
    if last_quarter not in at:
        raise ValueError(
            f"{last_quarter} lies beyond the supply model, which ends in {paths.quarters[-1]}: take fewer years"
        )
    low, last = (at[quarter] for quarter in facts.rent_quarters)
    return Growth(
        demand_shift=np.log1p(draws["token_demand_shift_per_year"]),
        capacity=compute(base, at[last_quarter]),
        capacity_while_rents_rose=compute(low, last),
        efficiency=np.log1p(draws["raw_tokens_per_h100e_growth_per_year"]),
        avoidable_cost=np.log1p(draws["avoidable_cost_change_per_year"]),
        elasticity=-draws["market_demand_elasticity_magnitude"],
    )


def ahead(facts: Record, *, years: int) -> tuple[str, str]:
    """First and last quarter of the outlook."""
    first = facts.supply.quarters[-1]
    return first, quarters.name(quarters.index(first) + QUARTERS_PER_YEAR * years)


def implied_demand_shift(rates: Growth, facts: Record) -> FloatArray:
    r"""Demand shift that the rise of rents implies, by inverting the clearing condition. [log/year]

    .. math:: \Delta\ln A = |\eta|\,\Delta\ln w + \Delta\ln H + (1-|\eta|)\,\Delta\ln\varphi
    """
    strength = -rates.elasticity
    return np.asarray(
        strength * facts.rent_growth_per_year
        + rates.capacity_while_rents_rose
        + (1 - strength) * rates.efficiency
    )


def headlines(
    draws: Mapping[str, FloatArray], facts: Record, *, years: int = YEARS_AHEAD
) -> dict[str, FloatArray]:
    """The model's headline results of this topic for given draws, one array of draws each."""
    rates = growth(draws, facts, years=years)
    moved: dict[str, FloatArray] = {
        "demand_shift": rates.demand_shift,
        "efficiency_growth": rates.efficiency,
        "own_price_elasticity": rates.elasticity,
    }
    full = rebound.bound_response(capacity_growth=rates.capacity, **moved)
    idle = rebound.slack_response(avoidable_cost_growth=rates.avoidable_cost, **moved)
    alone = rebound.bound_response(
        demand_shift=0.0,
        capacity_growth=0.0,
        efficiency_growth=rates.efficiency,
        own_price_elasticity=rates.elasticity,
    )
    return {
        "efficiency_raises_spend": (rates.elasticity < -1).astype(np.float64),
        "spend_from_efficiency": np.exp(alone.spend),
        "spend_rises_bound": (full.spend > 0).astype(np.float64),
        "rent_rises_bound": (full.compute_price > 0).astype(np.float64),
        "token_price_rises_bound": (full.token_price > 0).astype(np.float64),
        "spend_rises_slack": (idle.spend > 0).astype(np.float64),
        "implied_demand_shift": np.exp(implied_demand_shift(rates, facts)),
        **adoption(draws, years=years),
    }


def adoption(draws: Mapping[str, FloatArray], *, years: int = YEARS_AHEAD) -> dict[str, FloatArray]:
    """Rebound once users and uses follow the price, one array of draws each."""
    answers = {
        "efficiency_gain": np.log1p(draws["raw_tokens_per_h100e_growth_per_year"]),
        "intensive_elasticity": draws["market_demand_elasticity_magnitude"],
        "adoption_elasticity": draws["adoption_price_elasticity_magnitude"],
    }
    full = adoption_rebound.bound_path(
        **answers,
        adjustment=adoption_rebound.adjustment_share(
            draws["adoption_half_life_years"], QUARTERS_PER_YEAR
        ),
        periods=years * QUARTERS_PER_YEAR,
    )
    long_run = answers["intensive_elasticity"] + answers["adoption_elasticity"]
    return {
        "long_run_elasticity": np.asarray(long_run),
        "long_run_raises_spend": (long_run > 1).astype(np.float64),
        "rent_at_once": np.exp(full.rent[0]),
        _rent_in(years): np.exp(full.rent[-1]),
        "rent_in_the_end": np.exp(adoption_rebound.bound_long_run(**answers)),
    }


def _rent_in(years: int) -> str:
    return f"rent_in_{rows.years_in_words(years).replace(' ', '_')}"


def results(
    book: Book,
    *,
    years: int = YEARS_AHEAD,
    memory_step: float = jevons_market.MEMORY_STEP,
) -> pd.DataFrame:
    """Headline results: the verdict first, then what decides it, then what was observed."""
    found = [
        *_own_results(book, years=years),
        *_solved_results(book, memory_step=memory_step),
        *_split_results(book),
        *_price_results(book),
    ]
    return pd.DataFrame(rows.in_order(TOPIC, found))


def _own_results(book: Book, *, years: int = YEARS_AHEAD) -> list[dict[str, object]]:
    """What follows from the elasticity, growth and earlier goods alone."""
    facts = record()
    base = jevons_base_rates.forecast(years=years)
    return rows.of_topic(
        TOPIC,
        {
            **headlines(book.draws(), facts, years=years),
            "reference_class": (base.low, base.value, base.high),
        },
        sources={"reference_class": jevons_base_rates.stages()["source_id"]},
        ahead=" to ".join(ahead(facts, years=years)),
        years=rows.years_in_words(years),
        rents_rose=" to ".join(facts.rent_quarters),
    )


def _solved_results(
    book: Book, *, memory_step: float = jevons_market.MEMORY_STEP
) -> list[dict[str, object]]:
    drawn = jevons_market.headlines(book.draws(), token_market.record(), memory_step=memory_step)
    return rows.of_topic(
        TOPIC,
        drawn,
        solved=f"{jevons_market.NOW} to {jevons_market.HORIZON}",
        next=jevons_market.NEXT,
        faster=jevons_market.step_in_words(memory_step),
    )


def _split_results(book: Book) -> list[dict[str, object]]:
    parts, found = jevons_decomposition.multiples(book), jevons_decomposition.readings()
    return rows.of_topic(
        TOPIC,
        {
            "spend_multiple": parts["Spending"],
            "part_tasks": parts["Tasks a user"],
            "part_tokens_per_task": parts["Tokens a task"],
            "part_mix": parts["Dearer tiers in the mix"],
            "part_metering": parts["Metering: input share and cache"],
            "implied_token_growth": jevons_decomposition.implied_tokens(book),
        },
        sources={"spend_multiple": found.sources},
        panels=f"{found.start} to {found.end}",
    )


def _price_results(_: Book) -> list[dict[str, object]]:
    eci = price_of_tokens.hedonic_declines().iloc[0]
    span = tables.read("model-prices")["price_date"]
    return rows.of_topic(
        TOPIC,
        {"hedonic_decline": (eci["low"], eci["value"], eci["high"]), "market_elasticity": None},
        sources={"hedonic_decline": panel_sources("eci")},
        prices=f"{span.min():%Y-%m} to {span.max():%Y-%m}",
    )


PARTS = (_own_results, _solved_results, _split_results, _price_results)
HEADLINE_PARTS = (_own_results, _price_results)
