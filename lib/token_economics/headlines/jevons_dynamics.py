"""Jevons dynamics: prices that fall, spending that rises, and whether one causes the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book
from token_economics.book.draws import with_values
from token_economics.evidence import quarters, tables
from token_economics.headlines import price_of_tokens, rows, token_market
from token_economics.headlines.market import market_memo, supply_fleet
from token_economics.headlines.market.market_drivers import MarketRecord
from token_economics.headlines.records import earlier_goods
from token_economics.methods import summaries
from token_economics.methods.arrays import FloatArray
from token_economics.methods.prices import hedonics
from token_economics.models import adoption_rebound, rebound
from token_economics.models.market import MarketPath

TOPIC = "jevons_dynamics"
# Where no notebook says otherwise: how far the outlook reaches, and extra growth of DRAM in logs.
YEARS_AHEAD, MEMORY_STEP = 3, 0.1
QUARTERS_PER_YEAR = 4
LEAST_RISE = 1e-6  # of spending; less is rounding, as where a budget holds it
LABS = ("Anthropic", "OpenAI")
NOW, NEXT, HORIZON = token_market.NOW, token_market.NEXT, token_market.HORIZON


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
    growth, first, until = _rise_of_rents()
    return Record(
        supply=supply_fleet.record(), rent_growth_per_year=growth, rent_quarters=(first, until)
    )


@tables.kept
def _rise_of_rents() -> tuple[float, str, str]:
    """Growth of rents since their low [log/year], and its first and last quarter."""
    rents = supply_fleet.rentals()
    low, last = rents.iloc[int(rents["mid"].to_numpy().argmin())], rents.iloc[-1]
    years = (last["date"] - low["date"]).days / hedonics.DAYS_PER_YEAR
    first, until = (quarters.of_date(f"{row['date']:%Y-%m-%d}") for row in (low, last))
    return float(np.log(last["mid"] / low["mid"]) / years), first, until


# --- what moves the market, and which way spending goes


def growth(draws: Mapping[str, FloatArray], facts: Record, *, years: int = YEARS_AHEAD) -> Growth:
    """Yearly log growth of what moves the market; compute comes from the supply model.

    Raises
    ------
    ValueError
        If the supply model ends before so many years.
    """
    paths = supply_fleet.solve(draws, facts.supply)

    def compute(first: str, last: str) -> FloatArray:
        start, end = (paths.quarters.index(quarter) for quarter in (first, last))
        hours = paths.sold_hours
        return np.asarray(np.log(hours[:, end] / hours[:, start]) / ((end - start) / 4))

    base, last = ahead(facts, years=years)
    if last not in paths.quarters:
        raise ValueError(
            f"{last} lies beyond the supply model, which ends in {paths.quarters[-1]}: take fewer years"
        )
    return Growth(
        demand_shift=np.log1p(draws["token_demand_shift_per_year"]),
        capacity=compute(base, last),
        capacity_while_rents_rose=compute(*facts.rent_quarters),
        efficiency=np.log1p(draws["raw_tokens_per_h100e_growth_per_year"]),
        avoidable_cost=np.log1p(draws["avoidable_cost_change_per_year"]),
        elasticity=-draws["market_demand_elasticity_magnitude"],
    )


def ahead(facts: Record, *, years: int) -> tuple[str, str]:
    """First and last quarter of the outlook."""
    first = facts.supply.quarters[-1]
    return first, quarters.name(quarters.index(first) + QUARTERS_PER_YEAR * years)


def headlines(
    draws: Mapping[str, FloatArray],
    facts: Record,
    *,
    years: int = YEARS_AHEAD,
    rates: Growth | None = None,
) -> dict[str, FloatArray]:
    """The model's headline results of this topic for given draws, one array of draws each."""
    rates = growth(draws, facts, years=years) if rates is None else rates
    gain: dict[str, FloatArray] = {
        "efficiency_growth": rates.efficiency,
        "own_price_elasticity": rates.elasticity,
    }
    shift = rates.demand_shift
    full = rebound.bound_response(demand_shift=shift, capacity_growth=rates.capacity, **gain)
    idle = rebound.slack_response(
        demand_shift=shift, avoidable_cost_growth=rates.avoidable_cost, **gain
    )
    alone = rebound.bound_response(demand_shift=0.0, capacity_growth=0.0, **gain)
    implied = rebound.implied_demand_shift(
        compute_price_growth=facts.rent_growth_per_year,
        capacity_growth=rates.capacity_while_rents_rose,
        **gain,
    )
    return {
        "efficiency_raises_spend": (rates.elasticity < -1).astype(np.float64),
        "spend_from_efficiency": np.exp(alone.spend),
        "spend_rises_bound": (full.spend > 0).astype(np.float64),
        "rent_rises_bound": (full.compute_price > 0).astype(np.float64),
        "token_price_rises_bound": (full.token_price > 0).astype(np.float64),
        "spend_rises_slack": (idle.spend > 0).astype(np.float64),
        "implied_demand_shift": np.exp(implied),
        **adoption(draws, rates, years=years),
    }


def adoption(
    draws: Mapping[str, FloatArray], rates: Growth, *, years: int = YEARS_AHEAD
) -> dict[str, FloatArray]:
    """Rebound once users and uses follow the price, one array of draws each."""
    answers = {
        "efficiency_gain": rates.efficiency,
        "intensive_elasticity": -rates.elasticity,
        "adoption_elasticity": draws["adoption_price_elasticity_magnitude"],
    }
    half_life = draws["adoption_half_life_years"]
    full = adoption_rebound.bound_path(
        **answers,
        adjustment=adoption_rebound.adjustment_share(half_life, QUARTERS_PER_YEAR),
        periods=years * QUARTERS_PER_YEAR,
    )
    long_run = answers["intensive_elasticity"] + answers["adoption_elasticity"]
    return {
        "long_run_elasticity": np.asarray(long_run),
        "long_run_raises_spend": (long_run > 1).astype(np.float64),
        "rent_at_once": np.exp(full.rent[0]),
        f"rent_in_{rows.years_in_words(years).replace(' ', '_')}": np.exp(full.rent[-1]),
        "rent_in_the_end": np.exp(adoption_rebound.bound_long_run(**answers)),
    }


# --- the solved market


def to_horizon(path: MarketPath, facts: MarketRecord) -> dict[str, FloatArray]:
    """Spending and the price of an average token, last over first; whether one rises as one falls."""
    now, last = (facts.quarters.index(quarter) for quarter in (NOW, HORIZON))
    spend = path.spend.sum(axis=1)
    price = spend / path.tokens.sum(axis=1)
    more, dearer = spend[last] / spend[now], price[last] / price[now]
    return {
        "market_both": ((more > 1) & (dearer < 1)).astype(np.float64),
        "market_spend_multiple": more,
        "market_token_price_multiple": dearer,
    }


def solved(
    draws: Mapping[str, FloatArray],
    facts: MarketRecord,
    *,
    memory_step: float = MEMORY_STEP,
    path: MarketPath | None = None,
) -> dict[str, FloatArray]:
    """The verdict in the solved market, one array of draws each.

    The effect of more memory on spending is rebound in the strict sense: demand is the same,
    supply is larger, price is lower.
    """
    path = market_memo.solve(draws, facts) if path is None else path
    at = facts.quarters.index(NEXT)
    dram = "dram_bit_growth_per_year"
    faster = with_values(draws, {dram: np.expm1(np.log1p(draws[dram]) + memory_step)})
    changed = market_memo.solve(faster, facts)
    more_memory = changed.spend[at].sum(axis=0) / path.spend[at].sum(axis=0)
    low, _, high = summaries.quantiles(draws["market_demand_elasticity_magnitude"])
    size = -path.elasticity[at]
    return {
        **to_horizon(path, facts),
        "market_elasticity_next": size,
        "market_inside_prior": ((size > low) & (size < high)).astype(np.float64),
        "memory_spend_multiple": more_memory,
        "memory_raises_spend": (more_memory > 1 + LEAST_RISE).astype(np.float64),
    }


# --- what spending grew by


@tables.once
def panels() -> pd.DataFrame:
    """Growth of each observed factor over the months of the mix, a row a panel.

    Columns: factor, panel, growth [times], source_id.
    """
    start, end = price_of_tokens.mix_prices()["date"].iloc[[0, -1]]
    years = (end - start).days / hedonics.DAYS_PER_YEAR
    revenue = [tables.series("revenue", "revenue_run_rate", lab) for lab in LABS]
    chat = tables.series("token-volumes", "active_users_weekly", "ChatGPT")
    firms = tables.series("firm-spend", "paid_ai_adoption", "US firms on Ramp")
    lengths = tables.read("token-multipliers").query("variable == 'output_tokens_growth'")
    spend = sum(_at(lab, end) for lab in revenue) / sum(_at(lab, start) for lab in revenue)
    asked = _router_request_growth() ** years
    found = [
        ("Spending", "Run-rates of two labs", spend, revenue),
        ("Users", "ChatGPT, weekly users", _at(chat, end) / _at(chat, start), [chat]),
        ("Users", "US firms that pay, one card", _at(firms, end) / _at(firms, start), [firms]),
        ("Tokens a task", "Router, tokens a request", asked, []),
        *(("Tokens a task", f"{row.entity}, output", row.value**years, []) for row in lengths.itertuples()),
    ]  # fmt: skip
    cited = [
        " ".join(sorted({i for frame in frames for i in frame["source_id"]}))
        for *_, frames in found
    ]
    table = pd.DataFrame([row[:3] for row in found], columns=["factor", "panel", "growth"])
    return table.assign(source_id=cited)


def _at(frame: pd.DataFrame, date: pd.Timestamp) -> float:
    """A series at a date: log-linear between points, the mean of low and high where no value."""
    known = frame.assign(value=frame["value"].fillna((frame["low"] + frame["high"]) / 2))
    ordered = known.sort_values("date").drop_duplicates("date")
    days = (ordered["date"] - date).dt.days.to_numpy(dtype=np.float64)
    return float(np.exp(np.interp(0.0, days, np.log(ordered["value"].to_numpy(dtype=np.float64)))))


def _router_request_growth() -> float:
    """Growth a year of tokens in a router request, both ways. [times/year]"""
    prompt, answer = (
        tables.series("token-multipliers", name, "OpenRouter").set_index("date")["value"]
        for name in ("prompt_tokens_per_request", "completion_tokens_per_request")
    )
    total = prompt + answer
    years = (total.index[-1] - total.index[0]).days / hedonics.DAYS_PER_YEAR
    return float((total.iloc[-1] / total.iloc[0]) ** (1 / years))


def token_shares(weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Shares of the tiers in tokens at both ends, by what the panel's shares are shares of.

    Weight 0 reads them as shares of spending at list price, 1 as shares of tokens, and between as
    a geometric mean of both. Draws down, tiers across.
    """
    prices, tokens = (table[[0, -1]] for table in price_of_tokens.mix_wide())
    as_spend, as_tokens = (
        (part / part.sum(axis=1, keepdims=True))[:, None, :] for part in (tokens, tokens * prices)
    )
    mixed = as_spend ** (1 - weight[:, None]) * as_tokens ** weight[:, None]
    first, last = mixed / mixed.sum(axis=-1, keepdims=True)
    return first, last


def split(book: Book) -> dict[str, FloatArray]:
    """Factor by which each part multiplied spending, and all of them together, as draws. [times]

    What all tiers share multiplies spending by its own growth; what a token costs is split over
    tiers by the logarithmic mean Divisia index. Each panel's growth stands for the market's with
    an error; between panels every weight is as likely. Tasks a user are what the identity leaves.
    """
    draws, seen = book.draws(), panels().groupby("factor")["growth"]
    error_size = draws["panel_mismatch_log_sd"]
    rng = np.random.default_rng([book.seed, 6])

    def with_error(log_growth: float | FloatArray) -> FloatArray:
        return np.asarray(np.exp(log_growth + rng.normal(size=len(error_size)) * error_size))

    def between(factor: str) -> FloatArray:
        logs = np.log(seen.get_group(factor))
        place = rng.uniform(size=len(error_size))
        return with_error(logs.min() + place * (logs.max() - logs.min()))

    prices, _ = price_of_tokens.mix_wide()
    base_mix, mix = token_shares(rng.uniform(size=len(error_size)))
    price = prices[-1] * with_error(0.0)[:, None]
    users, length = between("Users"), between("Tokens a task")
    spend = with_error(float(np.log(seen.get_group("Spending").iloc[0])))
    dearer, listed = rebound.lmdi_multiplicative(
        np.stack([base_mix, np.broadcast_to(prices[0], base_mix.shape)], axis=-1),
        np.stack([mix, price], axis=-1),
    ).T
    metering = price_of_tokens.paid_over_list(draws)["metering_multiple"]
    return {
        "Users": users,
        "Tasks a user": spend / (users * length * dearer * listed * metering),
        "Tokens a task": length,
        "Dearer tiers in the mix": dearer,
        "List price of a tier": listed,
        "Metering: input share and cache": metering,
        "Spending": spend,
    }


def implied_tokens(parts: Mapping[str, FloatArray]) -> FloatArray:
    """Growth of tokens a year that spending and price imply: users, tasks and tokens a task."""
    months = pd.PeriodIndex(price_of_tokens.mix_prices()["period"], freq="M")
    over_span = parts["Users"] * parts["Tasks a user"] * parts["Tokens a task"]
    return np.asarray(over_span ** (12 / (months[-1] - months[0]).n))


# --- headline results


def results(
    book: Book,
    *,
    years: int = YEARS_AHEAD,
    memory_step: float = MEMORY_STEP,
    rates: Growth | None = None,
    path: MarketPath | None = None,
    parts: Mapping[str, FloatArray] | None = None,
) -> pd.DataFrame:
    """Headline results: the verdict first, then what decides it, then what was observed.

    Of `growth`, the solved market and `split`, what a notebook made is given.
    """
    found = [
        *_own_results(book, years=years, rates=rates),
        *_recorded_results(book, years=years),
        *_solved_results(book, memory_step=memory_step, path=path),
        *_split_results(book, parts=parts),
    ]
    return pd.DataFrame(rows.in_order(TOPIC, found))


def _own_results(
    book: Book, *, years: int = YEARS_AHEAD, rates: Growth | None = None
) -> list[dict[str, object]]:
    """What follows from the elasticity, growth and the rise of rents alone."""
    facts = record()
    return rows.of_topic(
        TOPIC,
        headlines(book.draws(), facts, years=years, rates=rates),
        ahead=" to ".join(ahead(facts, years=years)),
        years=rows.years_in_words(years),
        rents_rose=" to ".join(facts.rent_quarters),
    )


def _recorded_results(_: Book, *, years: int = YEARS_AHEAD) -> list[dict[str, object]]:
    """What earlier goods and the prices of models say, without the book."""
    base = earlier_goods.forecast(years=years)
    return rows.of_topic(
        TOPIC,
        {
            "reference_class": (base.low, base.value, base.high),
            "hedonic_decline": price_of_tokens.epoch_decline(),
            "market_elasticity": None,
        },
        sources={
            "reference_class": earlier_goods.stages()["source_id"],
            "hedonic_decline": price_of_tokens.panel_sources("eci"),
        },
        prices=price_of_tokens.price_span(),
        years=rows.years_in_words(years),
    )


def _solved_results(
    book: Book, *, memory_step: float = MEMORY_STEP, path: MarketPath | None = None
) -> list[dict[str, object]]:
    return rows.of_topic(
        TOPIC,
        solved(book.draws(), token_market.record(), memory_step=memory_step, path=path),
        solved=f"{NOW} to {HORIZON}",
        next=NEXT,
        faster="a tenth" if memory_step == 0.1 else f"{100 * memory_step:.3g} %",
    )


def _split_results(
    book: Book, *, parts: Mapping[str, FloatArray] | None = None
) -> list[dict[str, object]]:
    parts = split(book) if parts is None else parts
    months = price_of_tokens.mix_prices()["period"]
    return rows.of_topic(
        TOPIC,
        {
            "spend_multiple": parts["Spending"],
            "part_tasks": parts["Tasks a user"],
            "part_tokens_per_task": parts["Tokens a task"],
            "part_mix": parts["Dearer tiers in the mix"],
            "part_metering": parts["Metering: input share and cache"],
            "implied_token_growth": implied_tokens(parts),
        },
        sources={"spend_multiple": panels()["source_id"]},
        panels=f"{months.iloc[0]} to {months.iloc[-1]}",
    )


PARTS = (_own_results, _recorded_results, _solved_results, _split_results)
HEADLINE_PARTS = (_own_results, _recorded_results)
