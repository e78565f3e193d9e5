"""The one token market: prices, who earns what, slack and scarcity, and what decides between them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book, override
from token_economics.evidence import quarters
from token_economics.headlines import (
    market_calibration,
    market_drivers,
    market_frozen,
    market_margins,
    market_memo,
    supply_constraints,
)
from token_economics.headlines.market_drivers import USD_BILLION, MarketRecord
from token_economics.headlines.rows import chance as chance_of
from token_economics.headlines.rows import result
from token_economics.headlines.supply_fleet import LAYER_NAMES
from token_economics.methods import summaries
from token_economics.methods.arrays import FloatArray
from token_economics.models import derived_demand, rents, supply
from token_economics.models import market as market_path
from token_economics.models.market import MarketDrivers, MarketPath
from token_economics.models.task_growth import SEGMENTS

TOPIC = "token_market"
NEXT, HORIZON, NOW = "2027Q4", "2030Q4", "2026Q3"
DRAWS_PER_CHUNK = 8192
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


def headlines(draws: Mapping[str, FloatArray], facts: MarketRecord) -> dict[str, FloatArray]:
    """Headline results for given draws, one array of draws each; memory is bounded by chunks."""
    drivers = market_memo.drivers(draws, facts)
    if drivers.contract_price.size <= DRAWS_PER_CHUNK:
        found = _reduced(market_memo.solved(drivers, facts.quarters_ahead), facts)
    else:
        found = market_path.simulate_in_chunks(
            drivers,
            facts.quarters_ahead,
            reduce=lambda path: _reduced(path, facts),
            draws_per_chunk=DRAWS_PER_CHUNK,
        )
    return _beyond_path(found, draws, facts)


def _beyond_path(
    found: dict[str, FloatArray], draws: Mapping[str, FloatArray], facts: MarketRecord
) -> dict[str, FloatArray]:
    """Per-draw numbers of a path, with those that need the draws besides."""
    _, held = market_drivers.bounded_supply_elasticity(draws)
    h100_cost = draws["avoidable_cost_usd_per_h100e_hour"]
    found["h100_idle"] = (found["price_at_horizon"] < h100_cost).astype(np.float64)
    years = facts.quarters.index(NEXT) / 4
    made = found.pop("additions_next")
    found["memory_price_next"] = supply_constraints.memory_price(draws, years, made)
    struck = np.ceil(4 * draws["political_shock_years"]) <= facts.quarters_ahead
    found["shock_by_horizon"] = struck.astype(np.float64)
    found["held_at_stability_bound"] = held.astype(np.float64)
    return found


def _reduced(path: MarketPath, facts: MarketRecord) -> dict[str, FloatArray]:
    """Per-draw numbers of a path."""
    at = {quarter: position for position, quarter in enumerate(facts.quarters)}
    now, next_, last = at[NOW], at[NEXT], at[HORIZON]
    spend, tokens = path.spend.sum(axis=1), path.tokens.sum(axis=1)
    years = last / 4
    agentic = SEGMENTS.index("agentic")
    with np.errstate(divide="ignore", invalid="ignore"):
        price = path.spend[:, agentic] / path.tokens[:, agentic]
    margin = rents.lab_gross_margin(
        spend_usd=spend, hours_used=path.hours_used, paid_price=path.paid_price
    )
    scarcity = (path.price - path.user_cost) * path.hours_used / spend
    binding = path.binding[1:]
    finance = supply.LAYERS.index("finance")
    as_float = np.float64
    return {
        "additions_next": path.additions[next_] / path.additions[0],
        "price_base": path.price[0],
        "price_now": path.price[now],
        "price_next": path.price[next_],
        "price_at_horizon": path.price[last],
        "price_over_cost_now": path.price[now] / path.user_cost[now],
        "price_over_cost_next": path.price[next_] / path.user_cost[next_],
        "price_over_cost_at_horizon": path.price[last] / path.user_cost[last],
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


def _premium_rent(path: MarketPath, quarter: int) -> FloatArray:
    """What best models earn over the price of cheap compute, in all spending. [share]

    An hour of a segment costs its premium more than an hour of cheap models does.
    """
    cheap, best = SEGMENTS.index("commodity"), ("frontier", "agentic")
    hours, spend = path.hours[quarter], path.spend[quarter]
    plain = spend[cheap] / np.maximum(hours[cheap], 1.0)
    places = [SEGMENTS.index(name) for name in best]
    over = spend[places].sum(axis=0) - plain * hours[places].sum(axis=0)
    return np.asarray(np.maximum(over, 0.0) / spend.sum(axis=0))


def rationing_now(path: MarketPath, drivers: MarketDrivers, facts: MarketRecord) -> rents.Rationing:
    """What holding token prices of the base quarter would mean now: queues between two bounds.

    At unchanged token prices an hour earns more as throughput grows, so the list price of the
    hour is that of the base quarter times the growth of throughput.
    """
    now = facts.quarters.index(NOW)
    demand = market_path.demand_in_quarter(drivers, path, now)
    listed = path.price[0] * np.exp(drivers.growth.throughput * now / 4)
    return rents.rationing(
        hours=path.hours_available[now],
        hours_at_list=derived_demand.hours_demanded(demand, listed),
        list_price=listed,
        clearing_price=path.price[now],
        surplus_at_list=derived_demand.work_surplus(demand, listed),
        surplus_at_clearing=derived_demand.work_surplus(demand, path.price[now]),
    )


def results(book: Book) -> pd.DataFrame:
    """Headline results: 90 % intervals over joint draws; probabilities are shares of draws."""
    return pd.DataFrame([row for part in PARTS for row in part(book)])


def _path_results(book: Book) -> list[dict[str, object]]:
    facts = record()
    draws = book.draws()
    drivers = market_memo.drivers(draws, facts)
    path = market_memo.solved(drivers, facts.quarters_ahead)
    drawn = _beyond_path(_reduced(path, facts), draws, facts)
    queue = rationing_now(path, drivers, facts)
    drawn["unserved_at_base_prices"] = queue.unserved_share
    drawn["transfer_to_served"] = queue.transfer_if_efficient * 4 / USD_BILLION
    drawn["revenue_per_hour"] = market_margins.revenue_per_hour(draws, facts)
    drawn["lost_to_chance"] = queue.lost_if_random * 4 / USD_BILLION
    return [*_model_results(drawn, facts), *_chances(drawn, facts)]


def _what_if_results(book: Book) -> list[dict[str, object]]:
    facts = record()
    return _what_ifs(book, headlines(book.draws(), facts), facts)


def _model_results(drawn: Mapping[str, FloatArray], facts: MarketRecord) -> list[dict[str, object]]:
    def model(name: str, label: str, unit: str, period: str, digits: int = 2) -> dict[str, object]:
        low, value, high = summaries.quantiles(drawn[name])
        return result(
            name, label, value, low=low, high=high, unit=unit, period=period, digits=digits
        )

    base = facts.base_quarter
    to_horizon = f"{base} to {HORIZON}"
    billion, hour = "billion USD a year", "USD"
    return [
        model("price_now", "Clearing price of an H100e-hour", hour, NOW),
        model("price_next", "Clearing price of an H100e-hour", hour, NEXT),
        model("price_at_horizon", "Clearing price of an H100e-hour", hour, HORIZON),
        model("price_over_cost_now", "Clearing price over full cost of new compute", "times", NOW),
        model("price_over_cost_next", "Clearing price over full cost of new compute", "times", NEXT),
        model("price_over_cost_at_horizon", "Clearing price over full cost of new compute", "times", HORIZON),
        model("spend_now", "Spending on tokens", billion, NOW),
        model("spend_next", "Spending on tokens", billion, NEXT),
        model("spend_at_horizon", "Spending on tokens", billion, HORIZON),
        model("token_growth", "Growth of tokens a year", "share", to_horizon),
        model("agentic_price_change", "Change a year of what a million agent tokens cost", "share", to_horizon),
        model("agentic_share_next", "Agents and coding in spending", "share", NEXT),
        model("margin_now", "Gross margin of labs on compute paid", "share", NOW),
        model("margin_next", "Gross margin of labs on compute paid", "share", NEXT),
        model("premium_rent_next", "Premium for best models, in spending", "share", NEXT),
        model("premium_rent_at_horizon", "Premium for best models, in spending", "share", HORIZON),
        model("revenue_per_hour", "Rise of revenue per paid hour that one lab's margin implies", "times", "2025-05 to 2026-05"),
        model("contract_wedge_share", "Contracts below spot, in spending", "share", NOW),
        model("scarcity_share_now", "Scarcity rent of sold compute at spot, in spending", "share", NOW),
        model("elasticity_now", "Response of compute demand to its price, in size", "", NOW),
        model("revealed_premium", "What buyers paid above the value of rents", "share", base),
        model("unserved_at_base_prices", f"Demand unserved had token prices stayed as in {base}", "share", NOW),
        model("transfer_to_served", f"Rent left to users had token prices stayed as in {base}", billion, NOW),
        model("lost_to_chance", "Value lost on top if service were by chance", billion, NOW),
    ]  # fmt: skip


def _chances(drawn: Mapping[str, FloatArray], facts: MarketRecord) -> list[dict[str, object]]:
    chance = partial(chance_of, drawn)

    return [
        chance("below_cost_next", "Probability that compute sells below full cost", NEXT),
        chance("below_cost_at_horizon", "Probability that compute sells below full cost", HORIZON),
        chance("ever_below_cost", "Probability that compute sells below full cost at some time", f"{NOW} to {HORIZON}"),
        chance("h100_idle", "Probability that an H100 is not worth its running cost", HORIZON),
        chance("memory_binds", "Probability that memory limits additions, prices solved", f"year after {facts.base_quarter}"),
        chance("finance_binds_later", "Probability that finance limits additions, prices solved", f"third year on to {HORIZON}"),
        chance("finance_binds_at_horizon", "Probability that finance limits additions, prices solved", HORIZON),
        chance("shock_by_horizon", "Probability that politics stops deliveries for two quarters", f"by {HORIZON}"),
        chance("budget_binds", "Probability that buyers' budgets hold spending down", HORIZON),
        chance("held_at_stability_bound", "Draws whose supply response is held at its stability bound", "all"),
        chance("failed", "Draws in which some quarter did not clear", "all"),
    ]  # fmt: skip


WHAT_IFS = (
    ("dram_bit_growth_per_year", "high", "price_if_memory_grows", "price_next", NEXT,
     "Price two years on if memory grows at the high end, over price as drawn"),
    ("political_shock_years", "low", "price_if_shock", "price_next", NEXT,
     "Price if politics stops deliveries in mid-2027, over price as drawn"),
    ("task_ceiling_multiple", "low", "horizon_price_if_ceiling_low", "price_at_horizon", HORIZON,
     "Price at the horizon if tasks saturate at the low end, over price as drawn"),
)  # fmt: skip


def _what_ifs(
    book: Book, drawn: Mapping[str, FloatArray], facts: MarketRecord
) -> list[dict[str, object]]:
    """Effects of one assumption set to its low or high end, all else and all draws equal."""
    rows = []
    for name, end, slug, key, period, label in WHAT_IFS:
        row = book.row(name)
        given = getattr(row, end)
        changed = override(book, {name: row.value if given is None else given})
        ratio = headlines(changed.draws(), facts)[key] / drawn[key]
        low, value, high = summaries.quantiles(ratio)
        rows.append(
            result(slug, label, value, low=low, high=high, unit="times", period=period, digits=3)
        )
    return rows


def _checks(book: Book) -> list[dict[str, object]]:
    """Calibration and the frozen forecast in numbers."""
    ledger = market_calibration.ledger(book)
    checks = ledger[ledger["role"] == "check"]
    met = float(checks["met"].eq("yes").sum())
    tied = ledger[ledger["role"] == "tied"]
    tied_met = float(tied["met"].eq("yes").sum())
    fitted = float(ledger["role"].eq("fitted").sum())
    scores = market_frozen.frozen_scores(book)
    skill = market_frozen.frozen_summary(scores).set_index("series")["skill"]
    covered, walk_covered = (
        float(scores[column].eq("yes").sum()) for column in ("inside", "walk_inside")
    )
    miss = ledger.set_index("id")["factor"]
    period = "frozen at 2025Q4"
    return [
        result("checks_met", "Targets met that share no figure with an input", met, unit=f"of {len(checks)}", period="2025Q4 to 2026Q3", digits=2 if met >= 10 else 1),
        result("tied_met", "Targets met that share a figure with an input or a fitted row", tied_met, unit=f"of {len(tied)}", period="2025Q4 to 2026Q3", digits=1),
        result("targets_fitted", "Targets that fix a number of the model", fitted, unit=f"of {len(ledger)}", period="2025Q4 to 2026Q3", digits=1, source_id=ledger["source_id"].dropna()),
        result("revenue_miss", "Revenue of mid-2026, model over one house's estimate", float(miss["revenue_2026q2"]), unit="times", period="2026Q2", digits=3),
        result("chip_revenue_miss", "Growth of chip revenue, model over Nvidia's", float(miss["chip_revenue_growth"]), unit="times", period="2025-10 to 2026-07", digits=2),
        result("frozen_skill_rent", "CRPS saved against a random walk with drift: rents", float(skill["H100 contract"]), unit="share", period=period, digits=2),
        result("frozen_skill_revenue", "CRPS saved against a random walk with drift: revenue of labs", float(skill["Revenue, two labs"]), unit="share", period=period, digits=2),
        result("frozen_skill_chips", "CRPS saved against a random walk with drift: Nvidia", float(skill["Nvidia revenue"]), unit="share", period=period, digits=2),
        result("frozen_skill_tokens", "CRPS saved against a random walk with drift: router tokens", float(skill["Router tokens"]), unit="share", period=period, digits=2),
        result("frozen_skill_memory", "CRPS saved against a random walk with drift: memory contracts", float(skill["DRAM contract"]), unit="share", period=period, digits=2),
        result("frozen_covered", "Outcomes inside the frozen 80 % interval", covered, unit=f"of {len(scores)}", period=period, digits=1),
        result("frozen_covered_walk", "Outcomes inside the 80 % interval of a random walk with drift", walk_covered, unit=f"of {len(scores)}", period=period, digits=1, source_id=market_frozen.scored_sources()),
    ]  # fmt: skip


PARTS = (_path_results, _what_if_results, _checks)
HEADLINE_PARTS = (_path_results,)


def answer(frame: pd.DataFrame) -> str:
    """The answer's template: scarce or not follows the run."""
    rows = frame.set_index("id")
    value = {str(name): float(found) for name, found in rows["value"].items()}
    scarcer = value["price_over_cost_next"] > value["price_over_cost_now"]
    state = (
        "Compute is likely to stay scarce through 2027: it clears at {price_over_cost_now} its full "
        "cost now and at {price_over_cost_next} by the end of 2027, "
        if value["price_over_cost_next"] > 1
        else "Compute is likely not to be scarce by the end of 2027: it clears at "
        "{price_over_cost_now} its full cost now and at {price_over_cost_next} then, "
    ) + (
        "because work for it spreads faster than memory, power and logic let the fleet grow. "
        if scarcer
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
        "{below_cost_at_horizon:v} of draws; how far work spreads and how many tokens it takes "
        "decide that, and no series identifies either. The market meets {checks_met:v} targets that "
        "share no figure with its inputs; frozen at the end of 2025 it "
        f"beat a random walk on {better} of {len(skills)} series, and {{frozen_covered:v}} outcomes "
        "fell inside its 80 % interval, of the walk's {frozen_covered_walk:v}."
    )


def paths(book: Book) -> pd.DataFrame:
    """The solved market by quarter: mean and 5, 50, 95 % points, rows of ``market.csv``."""
    facts = record()
    path = market_memo.solve(book.draws(), facts)
    spend = path.spend.sum(axis=1)
    margin = rents.lab_gross_margin(
        spend_usd=spend, hours_used=path.hours_used, paid_price=path.paid_price
    )
    whole = [
        ("Compute", "clearing_price", "USD/H100e-hour", path.price),
        ("Compute", "full_cost", "USD/H100e-hour", path.user_cost),
        ("Compute", "running_cost", "USD/H100e-hour", path.running_cost),
        ("Compute", "contract_price", "USD/H100e-hour", path.contract_price),
        ("Compute", "fleet", "million H100e", path.fleet / 1e6),
        ("Compute", "used_share", "share", path.hours_used / path.hours_available),
        ("All segments", "spend", "billion USD a year", spend * 4 / USD_BILLION),
        ("All segments", "tokens", "trillion a month", path.tokens.sum(axis=1) / 3e6),
        ("Labs", "gross_margin", "share", margin),
    ]
    for position, name in enumerate(SEGMENTS):
        label = SEGMENT_NAMES[name]
        whole += [
            (label, "spend", "billion USD a year", path.spend[:, position] * 4 / USD_BILLION),
            (label, "tokens", "trillion a month", path.tokens[:, position] / 3e6),
            (label, "hours", "billion H100e-hours", path.hours[:, position] / 1e9),
        ]
    parts = [
        summaries.path_table(values.T, facts.quarters, entity=entity, variable=variable, unit=unit)
        for entity, variable, unit, values in whole
    ]
    return pd.concat(parts, ignore_index=True)


def price_path(market: pd.DataFrame) -> pd.DataFrame:
    """Clearing price with its band and median full cost, by date. USD/H100e-hour."""
    labels = {"clearing_price": "Clearing price", "full_cost": "Full cost of new compute"}
    chosen = market[market["variable"].isin(list(labels))].reset_index(drop=True)
    return pd.DataFrame(
        {
            "date": chosen["quarter"].map(quarters.end_date),
            "quarter": chosen["quarter"],
            "what": chosen["variable"].map(labels),
            "value": chosen["p50"],
            "low": chosen["p05"],
            "high": chosen["p95"],
        }
    )


def states(book: Book) -> pd.DataFrame:
    """Probability that compute sells below full cost, and that an H100 is not worth running."""
    facts = record()
    draws = book.draws()
    path = market_memo.solve(draws, facts)
    h100 = draws["avoidable_cost_usd_per_h100e_hour"]
    shares = {
        "Price below full cost": (path.price < path.user_cost).mean(axis=1),
        "H100 not worth running": (path.price < h100).mean(axis=1),
    }
    return pd.DataFrame(
        {
            "date": quarters.end_date(quarter),
            "quarter": quarter,
            "state": state,
            "probability": float(values[t]),
        }
        for state, values in shares.items()
        for t, quarter in enumerate(facts.quarters)
    )


def shadow_prices(book: Book) -> pd.DataFrame:
    """Base path: which layer binds at each year's end, what a unit of it is worth, and its room.

    By complementary slackness the worth of what lets one more accelerator be made is the value
    of its rents less its price, on the binding layer alone. The dual is local: it holds until the
    next layer binds, and on a tie more of one layer alone is worth nothing. Where rents are worth
    less than a new unit costs, what binds is worth nothing, and the table says so.
    """
    facts = record()
    path = market_memo.solve(book.points(), facts)
    rows = []
    for quarter in [q for q in facts.quarters[1:] if q.endswith("Q4")]:
        t = facts.quarters.index(quarter)
        limits = path.limits[t, :, 0]
        order = np.argsort(limits)
        surplus = float(path.investment_value[t, 0] - path.accelerator_price[t, 0])
        binds = LAYER_NAMES[supply.LAYERS[order[0]]]
        rows.append(
            {
                "quarter": quarter,
                "binding": binds if surplus > 0 else f"{binds}, for want of rents",
                "worth": round(max(surplus, 0.0), -2),
                "next": LAYER_NAMES[supply.LAYERS[order[1]]],
                "room": round(100 * float(limits[order[1]] / limits[order[0]] - 1)),
            }
        )
    return pd.DataFrame(rows)
