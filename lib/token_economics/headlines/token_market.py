"""The one token market: prices, who earns what, slack and scarcity, and what decides between them.

Whatever solves the market here takes the model as ``solve``; `market_memo.solve` is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book, override
from token_economics.evidence import quarters, tables
from token_economics.headlines import rows, supply_constraints
from token_economics.headlines.market import (
    conditioning,
    market_calibration,
    market_drivers,
    market_memo,
)
from token_economics.headlines.market.market_drivers import USD_BILLION, MarketRecord
from token_economics.headlines.market.market_memo import Solve
from token_economics.methods import summaries
from token_economics.methods.arrays import FloatArray
from token_economics.models import derived_demand, market, rents, supply
from token_economics.models.market import MarketPath
from token_economics.models.task_growth import SEGMENTS

TOPIC = "token_market"
NEXT, HORIZON, NOW = "2027Q4", "2030Q4", "2026Q3"
TRILLION_A_MONTH = 3e6  # Mtok a quarter
MARGIN = ("margins", "inference_margin", "Anthropic")  # the best documented rise
SEGMENT_NAMES = {
    "commodity": "Cheap models",
    "frontier": "Best models, no agents",
    "agentic": "Agents and coding",
    "robotics": "Robotics",
    "subscriptions": "Subscriptions",
}


def record() -> MarketRecord:
    """The evidence as the market needs it."""
    return market_drivers.record()


def headlines(
    draws: Mapping[str, FloatArray], facts: MarketRecord, solve: Solve = market_memo.solve
) -> dict[str, FloatArray]:
    """Headline results for given draws, one array of draws each; memory is bounded by chunks."""
    found = market_memo.in_chunks(draws, facts, reduce=reduced, solve=solve)
    return _beyond_path(found, draws, facts)


def on_scales(
    draws: Mapping[str, FloatArray],
    *,
    facts: MarketRecord,
    scales: Mapping[str, Callable[[FloatArray], FloatArray]],
    solve: Solve,
) -> dict[str, FloatArray]:
    """Some headline results, each on the scale on which its variance counts, such as ``np.log``."""
    drawn = headlines(draws, facts, solve)
    return {name: scale(drawn[name]) for name, scale in scales.items()}


def _beyond_path(
    found: dict[str, FloatArray], draws: Mapping[str, FloatArray], facts: MarketRecord
) -> dict[str, FloatArray]:
    """Per-draw numbers of a path, with those that need the draws besides."""
    _, held = market_drivers.bounded_supply_elasticity(draws)
    h100_cost = draws["avoidable_cost_usd_per_h100e_hour"]
    found["h100_idle"] = (found["price_at_horizon"] < h100_cost).astype(np.float64)
    memory_price = supply_constraints.memory_price(draws, found.pop("additions_over_base"), facts)
    found["memory_price_next"] = memory_price[facts.quarters.index(NEXT)]
    shock_quarter = np.ceil(supply.QUARTERS_PER_YEAR * draws["political_shock_years"])
    found["shock_by_horizon"] = (shock_quarter <= facts.quarters_ahead).astype(np.float64)
    found["held_at_stability_bound"] = held.astype(np.float64)
    return found


def reduced(path: MarketPath, facts: MarketRecord) -> dict[str, FloatArray]:
    """Per-draw numbers of a path."""
    now, next_, last = (facts.quarters.index(quarter) for quarter in (NOW, NEXT, HORIZON))
    spend, tokens = path.spend.sum(axis=1), path.tokens.sum(axis=1)
    years = last / supply.QUARTERS_PER_YEAR
    agentic = SEGMENTS.index("agentic")
    with np.errstate(divide="ignore", invalid="ignore"):
        price = path.spend[:, agentic] / path.tokens[:, agentic]
    margin = lab_margin(path)
    scarcity = (path.price - path.user_cost) * path.hours_used / spend
    binding = path.binding[1:]
    finance = supply.LAYERS.index("finance")
    as_float = np.float64
    return {
        "additions_over_base": path.additions / path.additions[0],
        "price_base": path.price[0],
        "price_now": path.price[now],
        "price_next": path.price[next_],
        "price_at_horizon": path.price[last],
        "price_over_cost_now": path.price[now] / path.user_cost[now],
        "price_over_cost_next": path.price[next_] / path.user_cost[next_],
        "price_over_cost_at_horizon": path.price[last] / path.user_cost[last],
        "accelerator_over_trend_next": path.accelerator_price[next_]
        / path.drivers.fleet.price_trend[next_],
        "below_cost_next": (path.price[next_] < path.user_cost[next_]).astype(as_float),
        "below_cost_at_horizon": (path.price[last] < path.user_cost[last]).astype(as_float),
        "ever_below_cost": (path.price[now:] < path.user_cost[now:]).any(axis=0).astype(as_float),
        "spend_now": spend[now] * 4 / USD_BILLION,
        "spend_next": spend[next_] * 4 / USD_BILLION,
        "spend_at_horizon": spend[last] * 4 / USD_BILLION,
        "token_growth": (tokens[last] / tokens[0]) ** (1 / years) - 1,
        "agentic_price_change": (price[last] / price[0]) ** (1 / years) - 1,
        "agentic_share_next": path.spend[next_, agentic] / spend[next_],
        "margin_now": margin[now],
        "margin_next": margin[next_],
        "scarcity_share_now": scarcity[now],
        "elasticity_now": -path.elasticity[now],
        "memory_binds": (binding[:4] == supply.LAYERS.index("dram_hbm")).mean(axis=0),
        "finance_binds_later": (binding[8:] == finance).mean(axis=0),
        "finance_binds_at_horizon": (binding[-1] == finance).astype(as_float),
        "revealed_premium": np.maximum(path.accelerator_price[0] / path.investment_value[0] - 1, 0),
        "budget_binds": path.budget_binds[last].astype(as_float),
        "failed": (~path.converged).any(axis=0).astype(as_float),
        "hours_now": path.hours_used[now],
        "premium_rent_next": _premium_rent(path, next_),
        "premium_rent_at_horizon": _premium_rent(path, last),
        "contract_wedge_share": (path.price[now] - path.paid_price[now])
        * path.hours_used[now]
        / spend[now],
    }


def lab_margin(path: MarketPath) -> FloatArray:
    """Gross margin of the market's labs on the compute they pay for, quarters x draws. [share]"""
    return rents.lab_gross_margin(
        spend_usd=path.spend.sum(axis=1), hours_used=path.hours_used, paid_price=path.paid_price
    )


def _premium_rent(path: MarketPath, quarter: int) -> FloatArray:
    """What best models earn over the price of cheap compute, in all spending. [share]

    An hour of a segment costs its premium more than an hour of cheap models does.
    """
    cheap = SEGMENTS.index("commodity")
    best = [SEGMENTS.index(name) for name in ("frontier", "agentic")]
    hours, spend = path.hours[quarter], path.spend[quarter]
    plain = spend[cheap] / np.maximum(hours[cheap], 1.0)
    over = spend[best].sum(axis=0) - plain * hours[best].sum(axis=0)
    return np.asarray(np.maximum(over, 0.0) / spend.sum(axis=0))


def rationing_now(path: MarketPath, facts: MarketRecord) -> rents.Rationing:
    """What holding token prices of the base quarter would mean now: queues between two bounds.

    At unchanged token prices an hour earns more as throughput grows, so the list price of the
    hour is that of the base quarter times the growth of throughput.
    """
    now = facts.quarters.index(NOW)
    demand = market.demand_in_quarter(path.drivers, path, now)
    years = now / supply.QUARTERS_PER_YEAR
    listed = path.price[0] * np.exp(path.drivers.growth.throughput * years)
    return rents.rationing(
        hours=path.hours_available[now],
        hours_at_list=derived_demand.hours_demanded(demand, listed),
        list_price=listed,
        clearing_price=path.price[now],
        surplus_at_list=derived_demand.work_surplus(demand, listed),
        surplus_at_clearing=derived_demand.work_surplus(demand, path.price[now]),
    )


# Margins as reported ---------------------------------------------------------------------------


class MarginRise(NamedTuple):
    """What moved a reported margin, multiples of the first date: compute paid and what it earns."""

    paid: FloatArray
    revenue: FloatArray


def margin_rise(
    draws: Mapping[str, FloatArray], facts: MarketRecord, told: pd.DataFrame
) -> MarginRise:
    r"""A reported rise of margin, split into the rent paid and revenue per paid hour.

    .. math:: R_1/R_0 = (\bar w_1/\bar w_0)\,(1-m_0)/(1-m_1)

    An identity on what was reported: rents and the contract book give the price of compute, so
    revenue per paid hour is what is left.
    """
    return _risen(draws, facts, _ends(told))


def _risen(
    draws: Mapping[str, FloatArray], facts: MarketRecord, ends: list[dict[str, Any]]
) -> MarginRise:
    first, last = ends
    start, end = (
        paid_price(draws, facts, quarters.of_date(str(row["period"]))) for row in (first, last)
    )
    kept = (1 - first["value"] / 100) / (1 - last["value"] / 100)
    return MarginRise(paid=end / start, revenue=np.asarray(end / start * kept))


@tables.kept
def _margins() -> list[dict[str, Any]]:
    """First and last report of the margin whose rise is documented best."""
    return _ends(tables.series(*MARGIN))


def _ends(told: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {"period": row["period"], "value": row["value"]} for _, row in told.iloc[[0, -1]].iterrows()
    ]


def paid_price(draws: Mapping[str, FloatArray], facts: MarketRecord, quarter: str) -> FloatArray:
    """Rent of an H100 that labs pay in a quarter: contracts running and spot. [USD/GPU-hour]"""
    renewal, share = draws["contract_renewal_share_per_quarter"], draws["contract_compute_share"]
    first, *later = (rent for known, rent in facts.quarterly_rents.items() if known <= quarter)
    book = np.full_like(renewal, first)
    for rent in later:
        book = market.renewed_contracts(book, rent, renewal_share=renewal)
    return np.asarray(share * book + (1 - share) * facts.quarterly_rents[quarter])


# Results ---------------------------------------------------------------------------------------


def results(book: Book, *, solve: Solve = market_memo.solve) -> pd.DataFrame:
    """Headline results: 90 % intervals over joint draws; probabilities are shares of draws."""
    found = [row for part in PARTS for row in part(book, solve)]
    return pd.DataFrame(rows.in_order(TOPIC, found))


def _path_results(book: Book, solve: Solve = market_memo.solve) -> list[dict[str, object]]:
    facts, draws = record(), book.draws()
    path = solve(draws, facts)
    queue, margins = rationing_now(path, facts), _margins()
    drawn = {
        **_beyond_path(reduced(path, facts), draws, facts),
        "unserved_at_base_prices": queue.unserved_share,
        "transfer_to_served": queue.transfer_if_efficient * 4 / USD_BILLION,
        "lost_to_chance": queue.lost_if_random * 4 / USD_BILLION,
        "revenue_per_hour": _risen(draws, facts, margins).revenue,
    }
    bought = np.isfinite(drawn["agentic_price_change"])  # what nobody buys has no price
    drawn["agentic_price_change"] = drawn["agentic_price_change"][bought]
    return rows.of_topic(
        TOPIC,
        rows.described(TOPIC, drawn),
        base=facts.base_quarter,
        now=NOW,
        next=NEXT,
        horizon=HORIZON,
        margins=" to ".join(end["period"] for end in margins),
    )


WHAT_IFS = {
    "price_if_memory_grows": ("dram_bit_growth_per_year", "high", "price_next"),
    "price_if_shock": ("political_shock_years", "low", "price_next"),
    "horizon_price_if_ceiling_low": ("task_ceiling_multiple", "low", "price_at_horizon"),
}


def _what_if_results(book: Book, solve: Solve = market_memo.solve) -> list[dict[str, object]]:
    """Effects of one assumption set to its low or high end, all else and all draws equal."""
    facts = record()
    drawn = headlines(book.draws(), facts, solve)
    found = {}
    for slug, (name, end, moved) in WHAT_IFS.items():
        row = book.row(name)
        given = getattr(row, end)
        changed = override(book, {name: row.value if given is None else given})
        found[slug] = headlines(changed.draws(), facts, solve)[moved] / drawn[moved]
    return rows.of_topic(TOPIC, found, next=NEXT, horizon=HORIZON)


def _checks(book: Book, solve: Solve = market_memo.solve) -> list[dict[str, object]]:
    """Calibration and the frozen forecast in numbers."""
    ledger = market_calibration.ledger(book, solve)
    scores = market_calibration.frozen_scores(book, solve)
    skill = market_calibration.frozen_summary(scores).set_index("series")["skill"]
    met = ledger["met"].eq("yes").groupby(ledger["role"]).sum()
    count, miss = ledger["role"].value_counts(), ledger.set_index("id")["factor"]
    return rows.of_topic(
        TOPIC,
        {
            "checks_met": float(met["check"]),
            "tied_met": float(met["tied"]),
            "targets_fitted": float(count["fitted"]),
            "revenue_miss": float(miss["revenue_2026q2"]),
            "chip_revenue_miss": float(miss["chip_revenue_growth"]),
            "frozen_skill_rent": float(skill["H100 contract"]),
            "frozen_skill_revenue": float(skill["Revenue, two labs"]),
            "frozen_skill_chips": float(skill["Nvidia revenue"]),
            "frozen_skill_tokens": float(skill["Router tokens"]),
            "frozen_skill_memory": float(skill["DRAM contract"]),
            "frozen_covered": float(scores["inside"].eq("yes").sum()),
            "frozen_covered_walk": float(scores["walk_inside"].eq("yes").sum()),
        },
        sources={
            "targets_fitted": ledger["source_id"].dropna(),
            "frozen_covered_walk": market_calibration.scored_sources(),
        },
        checks=str(count["check"]),
        tied=str(count["tied"]),
        targets=str(len(ledger)),
        outcomes=str(len(scores)),
    )


NARROWED = {
    "narrowed_now": "price_over_cost_now",
    "narrowed_next": "price_over_cost_next",
    "narrowed_at_horizon": "price_over_cost_at_horizon",
}


def _taught(book: Book, solve: Solve = market_memo.solve) -> list[dict[str, object]]:
    """What the record leaves of the book's draws, and by how much it narrows the price over cost."""
    facts = record()
    known = book if book.record else conditioning.conditioned(book)
    ensemble = known.record.ensemble() if known.record else None
    before, after = (
        headlines(each.draws(), facts, solve) for each in (book.before_record(), known)
    )
    told = conditioning.taught(book)
    found: dict[str, rows.Found] = {
        "plausible_draws": ensemble.matched.plausible if ensemble else 0.0,
        "draws_worth": ensemble.matched.effective if ensemble else 0.0,
        "assumptions_taught": float(told["says"].eq("yes").sum()) if len(told) else 0.0,
    }
    for slug, name in NARROWED.items():
        prior, left = (np.var(np.log(each[name])) for each in (before, after))
        found[slug] = float(1 - left / prior)
    return rows.of_topic(
        TOPIC, found,
        targets=str(len(conditioning.targets())), asked=str(len(told)), now=NOW, next=NEXT,
        horizon=HORIZON, proposed=f"{conditioning.PROPOSED:,}",
    )  # fmt: skip


PARTS = (_path_results, _what_if_results, _taught, _checks)
HEADLINE_PARTS = (_path_results,)


def answer(frame: pd.DataFrame) -> str:
    """The answer's template: scarce or not follows the run."""
    value = {str(row["id"]): float(row["value"]) for row in frame.to_dict("records")}
    state = (
        "Compute is likely to stay scarce through 2027: it clears at {price_over_cost_now} its full "
        "cost now and at {price_over_cost_next} by the end of 2027, "
        if value["price_over_cost_next"] > 1
        else "Compute is likely not to be scarce by the end of 2027: it clears at "
        "{price_over_cost_now} its full cost now and at {price_over_cost_next} then, "
    ) + (
        "because work for it spreads faster than memory, power and logic let the fleet grow. "
        if value["price_over_cost_next"] > value["price_over_cost_now"]
        else "because the fleet grows faster than work for it spreads. "
    )
    glut = value["below_cost_at_horizon"]
    lead = (
        "more likely than not"
        if glut > 0.6
        else "about as likely as not"
        if glut > 0.4
        else "possible"
    )
    skills = [found for name, found in value.items() if name.startswith("frozen_skill_")]
    better = sum(skill > 0 for skill in skills)
    return (
        f"{state}By the end of 2030 a glut is {lead}, with compute below full cost in "
        "{below_cost_at_horizon:v} of draws; how many tokens a task takes weighs most, how "
        "far work spreads less, and no series identifies either. The market meets {checks_met:v} "
        "targets that share no figure with its inputs; frozen at the end of 2025 it "
        f"beat a random walk on {better} of {len(skills)} series, and {{frozen_covered:v}} outcomes "
        "fell inside its 80 % interval, of the walk's {frozen_covered_walk:v}."
    )


# Tables ----------------------------------------------------------------------------------------


def paths(book: Book, *, solve: Solve = market_memo.solve) -> pd.DataFrame:
    """The solved market by quarter: mean and 5, 50, 95 % points, rows of ``market.csv``."""
    facts = record()
    path = solve(book.draws(), facts)
    whole = [
        ("Compute", "clearing_price", "USD/H100e-hour", path.price),
        ("Compute", "full_cost", "USD/H100e-hour", path.user_cost),
        ("Compute", "running_cost", "USD/H100e-hour", path.running_cost),
        ("Compute", "accelerator_price", "USD/H100e", path.accelerator_price),
        ("Compute", "contract_price", "USD/H100e-hour", path.contract_price),
        ("Compute", "fleet", "million H100e", path.fleet / 1e6),
        ("Compute", "used_share", "share", path.hours_used / path.hours_available),
        ("All segments", "spend", "billion USD a year", path.spend.sum(axis=1) * 4 / USD_BILLION),
        ("All segments", "tokens", "trillion a month", path.tokens.sum(axis=1) / TRILLION_A_MONTH),
        ("Labs", "gross_margin", "share", lab_margin(path)),
    ]
    for at, name in enumerate(SEGMENTS):
        label = SEGMENT_NAMES[name]
        whole += [
            (label, "spend", "billion USD a year", path.spend[:, at] * 4 / USD_BILLION),
            (label, "tokens", "trillion a month", path.tokens[:, at] / TRILLION_A_MONTH),
            (label, "hours", "billion H100e-hours", path.hours[:, at] / 1e9),
        ]
    parts = [
        summaries.path_table(values.T, facts.quarters, entity=entity, variable=variable, unit=unit)
        for entity, variable, unit, values in whole
    ]
    return pd.concat(parts, ignore_index=True)
