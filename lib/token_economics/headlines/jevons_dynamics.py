"""Jevons dynamics: prices that fall, spending that rises, and whether one causes the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book, FloatArray
from token_economics.evidence import quarters, tables
from token_economics.headlines import (
    jevons_base_rates,
    jevons_decomposition,
    jevons_market,
    price_of_tokens,
    supply_fleet,
    supply_record,
    token_market,
)
from token_economics.headlines.jevons_evidence import panel_sources
from token_economics.headlines.rows import chance as chance_of
from token_economics.headlines.rows import result
from token_economics.methods import hedonics, summaries
from token_economics.models import adoption_rebound, rebound

TOPIC = "jevons_dynamics"
YEARS_AHEAD = 3
YEARS_SHOWN = 10
QUARTERS_PER_YEAR = 4
ORDER = (
    "efficiency_raises_spend", "long_run_raises_spend", "market_both", "memory_raises_spend",
    "market_elasticity", "spend_multiple", "part_mix", "part_tokens_per_task", "part_tasks",
    "part_metering", "spend_rises_bound", "rent_rises_bound", "token_price_rises_bound",
    "spend_rises_slack", "spend_from_efficiency", "rent_at_once", "rent_in_three_years",
    "rent_in_the_end", "long_run_elasticity", "market_spend_multiple",
    "market_token_price_multiple", "market_elasticity_next", "market_inside_prior",
    "memory_spend_multiple", "implied_demand_shift", "implied_token_growth", "reference_class",
    "hedonic_decline",
)  # fmt: skip


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
    rents = supply_record.rentals()
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


def growth(draws: Mapping[str, FloatArray], facts: Record) -> Growth:
    """Yearly log growth of what moves the market; compute comes from the supply model."""
    paths = supply_fleet.solve(draws, facts.supply)
    at = {quarter: position for position, quarter in enumerate(paths.quarters)}

    def compute(start: int, end: int) -> FloatArray:
        hours = paths.sold_hours
        return np.asarray(np.log(hours[:, end] / hours[:, start]) / ((end - start) / 4))

    base = at[facts.supply.quarters[-1]]
    low, last = (at[quarter] for quarter in facts.rent_quarters)
    return Growth(
        demand_shift=np.log1p(draws["token_demand_shift_per_year"]),
        capacity=compute(base, base + 4 * YEARS_AHEAD),
        capacity_while_rents_rose=compute(low, last),
        efficiency=np.log1p(draws["raw_tokens_per_h100e_growth_per_year"]),
        avoidable_cost=np.log1p(draws["avoidable_cost_change_per_year"]),
        elasticity=-draws["market_demand_elasticity_magnitude"],
    )


def bound(rates: Growth) -> rebound.MarketResponse:
    """Yearly log changes while all compute is used."""
    return rebound.bound_response(
        demand_shift=rates.demand_shift,
        capacity_growth=rates.capacity,
        efficiency_growth=rates.efficiency,
        own_price_elasticity=rates.elasticity,
    )


def slack(rates: Growth) -> rebound.MarketResponse:
    """Yearly log changes while compute stands idle."""
    return rebound.slack_response(
        demand_shift=rates.demand_shift,
        avoidable_cost_growth=rates.avoidable_cost,
        efficiency_growth=rates.efficiency,
        own_price_elasticity=rates.elasticity,
    )


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


def headlines(draws: Mapping[str, FloatArray], facts: Record) -> dict[str, FloatArray]:
    """The model's headline results of this topic for given draws, one array of draws each."""
    rates = growth(draws, facts)
    full, idle = bound(rates), slack(rates)
    efficiency_alone = rebound.bound_response(
        demand_shift=0.0,
        capacity_growth=0.0,
        efficiency_growth=rates.efficiency,
        own_price_elasticity=rates.elasticity,
    )
    return {
        "efficiency_raises_spend": (rates.elasticity < -1).astype(np.float64),
        "spend_from_efficiency": np.exp(efficiency_alone.spend),
        "spend_rises_bound": (full.spend > 0).astype(np.float64),
        "rent_rises_bound": (full.compute_price > 0).astype(np.float64),
        "token_price_rises_bound": (full.token_price > 0).astype(np.float64),
        "spend_rises_slack": (idle.spend > 0).astype(np.float64),
        "rent_rises_slack": (idle.compute_price > 0).astype(np.float64),
        "token_price_rises_slack": (idle.token_price > 0).astype(np.float64),
        "spend_change_bound": np.exp(full.spend),
        "rent_change_bound": np.exp(full.compute_price),
        "token_price_change_bound": np.exp(full.token_price),
        "spend_change_slack": np.exp(idle.spend),
        "rent_change_slack": np.exp(idle.compute_price),
        "token_price_change_slack": np.exp(idle.token_price),
        "implied_demand_shift": np.exp(implied_demand_shift(rates, facts)),
        **adoption(draws),
    }


def results(book: Book) -> pd.DataFrame:
    """Headline results: the verdict first, then what decides it, then what was observed."""
    found = pd.DataFrame([row for part in PARTS for row in part(book)])
    return found.set_index("id").loc[list(ORDER)].reset_index()


def _own_results(book: Book) -> list[dict[str, object]]:
    """What follows from the elasticity and growth alone."""
    facts = record()
    drawn = headlines(book.draws(), facts)
    last = facts.supply.quarters[-1]
    ahead = f"{last} to {quarters.name(quarters.index(last) + 4 * YEARS_AHEAD)}"
    return [*_sign_results(drawn, facts, ahead), *_adoption_results(drawn)]


def _solved_results(book: Book) -> list[dict[str, object]]:
    return _market_results(jevons_market.headlines(book.draws(), token_market.record()))


def _model(
    drawn: Mapping[str, FloatArray], name: str, label: str, period: str, unit: str = "times a year"
) -> dict[str, object]:
    low, value, high = summaries.quantiles(drawn[name])
    digits = 3 if 0.9 < value < 1.1 else 2
    return result(name, label, value, low=low, high=high, unit=unit, period=period, digits=digits)


def _sign_results(
    drawn: Mapping[str, FloatArray], facts: Record, ahead: str
) -> list[dict[str, object]]:
    model, chance = partial(_model, drawn), partial(chance_of, drawn)
    rose = " to ".join(facts.rent_quarters)
    return [
        chance("efficiency_raises_spend", "Probability that efficiency by itself raises spending", "any"),
        model("spend_from_efficiency", "Spending after a year's efficiency gain, nothing else changed", ahead),
        chance("spend_rises_bound", "Probability that spending rises with the shift of demand, compute fully used", ahead),
        chance("rent_rises_bound", "Probability that the rent of compute rises, fully used", ahead),
        chance("token_price_rises_bound", "Probability that the price of a raw token rises with the shift of demand, fully used", ahead),
        chance("spend_rises_slack", "Probability that spending rises with the shift of demand, compute idle", ahead),
        model("implied_demand_shift", "Demand at unchanged price that rents, compute and efficiency imply", rose),
    ]  # fmt: skip


def _market_results(drawn: Mapping[str, FloatArray]) -> list[dict[str, object]]:
    model, chance = partial(_model, drawn, unit="times"), partial(chance_of, drawn)
    ahead = f"{jevons_market.NOW} to {jevons_market.HORIZON}"
    return [
        chance("market_both", "Probability that spending rises and tokens become cheaper, demand shifting as well", ahead),
        model("market_spend_multiple", "Spending on tokens, last over first", ahead),
        model("market_token_price_multiple", "Price of an average token, last over first", ahead),
        model("market_elasticity_next", "Elasticity of the solved market, in size", jevons_market.NEXT, unit=""),
        chance("market_inside_prior", "Draws in which it lies in the prior's 90 % range", jevons_market.NEXT),
        chance("memory_raises_spend", "Probability that faster DRAM growth raises spending, demand the same", jevons_market.NEXT),
        model("memory_spend_multiple", "Spending with a tenth faster DRAM growth, over spending as drawn", jevons_market.NEXT),
    ]  # fmt: skip


def _adoption_results(drawn: Mapping[str, FloatArray]) -> list[dict[str, object]]:
    model, chance = partial(_model, drawn, unit="times"), partial(chance_of, drawn)
    return [
        chance("long_run_raises_spend", "Probability that efficiency raises spending once users and uses have followed", "long run"),
        model("rent_at_once", "Rent after a year's efficiency gain, compute full, at once", "at once"),
        model("rent_in_three_years", "Rent three years after a year's efficiency gain, users and uses following", "three years on"),
        model("rent_in_the_end", "Rent in the end after a year's efficiency gain, users and uses following", "long run"),
        model("long_run_elasticity", "Market elasticity with users and uses following, in size", "long run", unit=""),
    ]  # fmt: skip


def _decomposition_results(book: Book) -> list[dict[str, object]]:
    table = jevons_decomposition.decomposition(book).set_index("factor")
    found = jevons_decomposition.readings()
    period = f"{found.start} to {found.end}"
    slugs = {
        "Spending": "spend_multiple",
        "Tasks a user": "part_tasks",
        "Tokens a task": "part_tokens_per_task",
        "Dearer tiers in the mix": "part_mix",
        "Metering: input share and cache": "part_metering",
    }
    low, value, high = summaries.quantiles(jevons_decomposition.implied_tokens(book))
    base = jevons_base_rates.forecast()
    return [
        *(
            result(slug, f"Growth of spending, part of: {factor.lower()}" if factor != "Spending" else "Spending, two labs' run-rates, last over first",
                   table["value"][factor], low=table["low"][factor], high=table["high"][factor], unit="times",
                   period=period, digits=2, source_id=found.sources if factor == "Spending" else ())
            for factor, slug in slugs.items()
        ),
        result("implied_token_growth", "Growth of tokens that spending and price imply", value, low=low, high=high,
               unit="times a year", period=period, digits=2),
        result("reference_class", "Probability that spending rises while the price falls, from earlier goods alone", base.value,
               low=base.low, high=base.high, unit="share", period="next three years", digits=2,
               source_id=jevons_base_rates.stages()["source_id"]),
    ]  # fmt: skip


def _price_results(_: Book) -> list[dict[str, object]]:
    eci = price_of_tokens.hedonic_declines().iloc[0]
    span = tables.read("model-prices")["price_date"]
    return [
        result("hedonic_decline", "List price at given quality, regression on Epoch's index: times cheaper", eci["value"],
               low=eci["low"], high=eci["high"], unit="times a year", period=f"{span.min():%Y-%m} to {span.max():%Y-%m}",
               digits=2, source_id=panel_sources("eci")),
        result("market_elasticity", "Market elasticity of token demand, from the evidence", np.nan, unit="",
               status="not_identified"),
    ]  # fmt: skip


PARTS = (_own_results, _solved_results, _decomposition_results, _price_results)
HEADLINE_PARTS = (_own_results, _price_results)


def adoption_paths(book: Book) -> pd.DataFrame:
    """A year's efficiency gain and what follows, users and uses adapting, by quarter.

    Columns: years, outcome, value, low, high (level over that without the gain).
    """
    drawn = _one_gain(book.draws())
    parts = []
    for outcome, path in (
        ("Rent and spending, compute full", drawn[0].spend),
        ("Spending, compute idle", drawn[1].spend),
        ("Token price, compute full", drawn[0].token_price),
    ):
        low, middle, high = np.quantile(np.exp(path), summaries.QUANTILES, axis=1)
        parts.append(
            pd.DataFrame(
                {
                    "years": np.arange(len(middle)) / QUARTERS_PER_YEAR,
                    "outcome": outcome,
                    "value": middle,
                    "low": low,
                    "high": high,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _one_gain(
    draws: Mapping[str, FloatArray],
) -> tuple[adoption_rebound.ReboundPath, adoption_rebound.ReboundPath]:
    """Paths after one year's efficiency gain: compute full, and compute idle."""
    given = {
        "efficiency_gain": np.log1p(draws["raw_tokens_per_h100e_growth_per_year"]),
        "intensive_elasticity": draws["market_demand_elasticity_magnitude"],
        "adoption_elasticity": draws["adoption_price_elasticity_magnitude"],
        "adjustment": adoption_rebound.adjustment_share(
            draws["adoption_half_life_years"], QUARTERS_PER_YEAR
        ),
    }
    periods = YEARS_SHOWN * QUARTERS_PER_YEAR
    return (
        adoption_rebound.bound_path(**given, periods=periods),
        adoption_rebound.slack_path(**given, periods=periods),
    )


def adoption(draws: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Rebound once users and uses follow the price, one array of draws each."""
    strength = draws["market_demand_elasticity_magnitude"]
    reach = draws["adoption_price_elasticity_magnitude"]
    gain = np.log1p(draws["raw_tokens_per_h100e_growth_per_year"])
    full, _ = _one_gain(draws)
    share = adoption_rebound.adjustment_share(draws["adoption_half_life_years"], QUARTERS_PER_YEAR)
    in_the_end = adoption_rebound.bound_long_run(
        efficiency_gain=gain, intensive_elasticity=strength, adoption_elasticity=reach
    )
    steady = adoption_rebound.settles_without_swings(
        intensive_elasticity=strength, adoption_elasticity=reach, adjustment=share
    )
    return {
        "long_run_elasticity": np.asarray(strength + reach),
        "long_run_raises_spend": (strength + reach > 1).astype(np.float64),
        "rent_at_once": np.exp(full.rent[0]),
        "rent_in_three_years": np.exp(full.rent[YEARS_AHEAD * QUARTERS_PER_YEAR]),
        "rent_in_the_end": np.exp(in_the_end),
        "adoption_swings": (~steady).astype(np.float64),
    }


def claim_verdicts(book: Book) -> pd.DataFrame:
    """Three claims that everyone repeats, each with a number and a verdict that follows from it.

    Columns: claim, measured, verdict.
    """
    readings = price_of_tokens.claim_readings(book)
    at_given_quality = readings[readings["object"] == "Given quality"]
    spoken = at_given_quality[at_given_quality["until"] == "interview"]["multiple"]
    rows = [
        {
            "claim": f"GPT-4's quality became {claimed:.0f} times cheaper",
            "measured": f"{spoken.min():.0f} to {spoken.max():.0f} times by the interview; "
            f"{int((spoken >= claimed).sum())} of {len(spoken)} readings reach it",
            "verdict": _reached(float((spoken >= claimed).mean())),
        }
        for claimed in reversed(price_of_tokens.claimed_multiples())
    ]
    drawn = headlines(book.draws(), record())
    alone = float(drawn["efficiency_raises_spend"].mean())
    later = float(drawn["long_run_raises_spend"].mean())
    solved = jevons_market.headlines(book.draws(), token_market.record())
    together = float(solved["market_both"].mean())
    rows += [
        {
            "claim": "Spending rises as the price falls: both happen",
            "measured": f"{100 * together:.0f} % of draws of the solved market",
            "verdict": _likely(together),
        },
        {
            "claim": "Spending rises because the price falls",
            "measured": f"{100 * alone:.0f} % of draws with users and uses as they are; "
            f"{100 * later:.0f} % once they have followed",
            "verdict": _likely(alone) + " soon, " + _likely(later) + " in the long run",
        },
    ]
    return pd.DataFrame(rows)


def _reached(share: float) -> str:
    """A verdict from the share of readings that reach a claimed multiple."""
    if share in (0.0, 1.0):
        return "holds on every reading" if share else "holds on no reading"
    return "holds on most readings" if share > 0.5 else "holds on a minority of readings"


def _likely(probability: float) -> str:
    """A probability in words."""
    bounds = ((0.1, "very unlikely"), (0.4, "unlikely"), (0.6, "open"), (0.9, "likely"))
    return next((word for bound, word in bounds if probability < bound), "very likely")


def efficiency_alone(book: Book) -> pd.DataFrame:
    """What a year's efficiency gain does by itself, against the size of the elasticity."""
    sizes = np.linspace(0.3, 2.0, 35)
    gain = np.log1p(book.draws()["raw_tokens_per_h100e_growth_per_year"])[:, None]
    full = rebound.bound_response(
        demand_shift=0.0, capacity_growth=0.0, efficiency_growth=gain, own_price_elasticity=-sizes
    )
    idle = rebound.slack_response(
        demand_shift=0.0,
        avoidable_cost_growth=0.0,
        efficiency_growth=gain,
        own_price_elasticity=-sizes,
    )
    outcomes = {
        "Rent and spending, compute full": full.spend,
        "Token price, compute full": full.token_price,
        "Spending, compute idle": idle.spend,
    }
    parts = []
    for name, changes in outcomes.items():
        low, middle, high = np.quantile(np.exp(changes), summaries.QUANTILES, axis=0)
        parts.append(
            pd.DataFrame(
                {"elasticity": sizes, "outcome": name, "value": middle, "low": low, "high": high}
            )
        )
    return pd.concat(parts, ignore_index=True)


def sign_conditions(book: Book) -> pd.DataFrame:
    """Probability and size of a rise, by regime, with the condition for it."""
    drawn = headlines(book.draws(), record())
    conditions = {
        ("spend", "bound"): "demand shift > (1 \N{MINUS SIGN} |η|) × (compute + efficiency)",
        ("rent", "bound"): "demand shift > compute + (1 \N{MINUS SIGN} |η|) × efficiency",
        ("token_price", "bound"): "demand shift > compute + efficiency",
        ("spend", "slack"): "demand shift > (1 \N{MINUS SIGN} |η|) × (efficiency \N{MINUS SIGN} avoidable cost)",
        ("rent", "slack"): "avoidable cost rises",
        ("token_price", "slack"): "avoidable cost > efficiency",
    }  # fmt: skip
    names = {"spend": "Spending", "rent": "Rent of compute", "token_price": "Price of a raw token"}
    regimes = {"bound": "full", "slack": "idle"}
    rows = []
    for (what, regime), condition in conditions.items():
        low, middle, high = summaries.quantiles(drawn[f"{what}_change_{regime}"])
        rows.append(
            {
                "compute": regimes[regime],
                "outcome": names[what],
                "rises_if": condition,
                "probability": float(drawn[f"{what}_rises_{regime}"].mean()),
                "value": middle,
                "low": low,
                "high": high,
            }
        )
    return pd.DataFrame(rows)


REGIONS = (
    "Spending, rent and token price rise",
    "Spending and rent rise",
    "Only spending rises",
    "All three fall",
)


def phase(book: Book) -> pd.DataFrame:
    """What rises at each elasticity and growth of compute, other rates at the book's middle.

    Each outcome spans ``low`` to ``high`` [times a year]; the row "Today" is the book's 90 %
    range of elasticity and of the compute that the supply model gives.
    """
    sizes = np.linspace(0.15, 1.75, 81)
    turning = rebound.turning_points(
        demand_shift=float(np.log1p(book["token_demand_shift_per_year"])),
        efficiency_growth=float(np.log1p(book["raw_tokens_per_h100e_growth_per_year"])),
        own_price_elasticity=-sizes,
    )
    edges = [np.zeros_like(sizes), turning.token_price, turning.compute_price, turning.spend]
    edges.append(np.full_like(sizes, np.inf))
    shown = [np.clip(np.exp(edge), 1.0, 4.0) for edge in edges]
    parts = [
        pd.DataFrame(
            {
                "elasticity": sizes,
                "elasticity_end": sizes,
                "low": low,
                "high": high,
                "outcome": name,
            }
        )
        for name, low, high in zip(REGIONS, shown, shown[1:], strict=False)
    ]
    draws = book.draws()
    sizes_low, _, sizes_high = summaries.quantiles(draws["market_demand_elasticity_magnitude"])
    low, _, high = summaries.quantiles(np.exp(growth(draws, record()).capacity))
    today = pd.DataFrame(
        {
            "elasticity": [sizes_low],
            "elasticity_end": [sizes_high],
            "low": [low],
            "high": [high],
            "outcome": ["Today"],
        }
    )
    return pd.concat([*parts, today], ignore_index=True)


def claims() -> pd.DataFrame:
    """Claims of the seeds on prices and rebound, with their verdicts."""
    ledger = tables.read("claims")
    return ledger[ledger["topic"] == TOPIC].reset_index(drop=True)
