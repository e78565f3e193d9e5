"""How spending divides, where compute sells below cost, and what ties the draws: market tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book
from token_economics.headlines import market_drivers, market_memo
from token_economics.headlines.market_drivers import MarketRecord
from token_economics.headlines.token_market import (
    HORIZON,
    NEXT,
    NOW,
    SEGMENT_NAMES,
    headlines,
    record,
)
from token_economics.methods.arrays import FloatArray
from token_economics.models import rents, supply_response
from token_economics.models.market import MarketPath
from token_economics.models.task_growth import SEGMENTS

BINS = 5


def _shares(values: FloatArray, *, quarter: str, names: dict[str, str]) -> list[dict[str, object]]:
    """Mean and 90 % interval of parts of a whole, parts x draws."""
    low, high = np.quantile(values, (0.05, 0.95), axis=1)
    return [
        {
            "quarter": quarter,
            "part": label,
            "rank": rank,
            "share": float(values[rank].mean()),
            "low": float(low[rank]),
            "high": float(high[rank]),
        }
        for rank, label in enumerate(names.values())
    ]


def segment_shares(book: Book) -> pd.DataFrame:
    """Share of each segment in spending in three quarters: mean, which adds up, and 90 % interval."""
    facts = record()
    path = market_memo.solve(book.draws(), facts)
    shares = path.spend / path.spend.sum(axis=1, keepdims=True)
    names = {name: SEGMENT_NAMES[name] for name in SEGMENTS}
    rows = []
    for quarter in (facts.base_quarter, NEXT, HORIZON):
        rows += _shares(shares[facts.quarters.index(quarter)], quarter=quarter, names=names)
    return pd.DataFrame(rows)


EARNERS = {
    "labs": "Labs, before training and staff",
    "scarcity": "Scarcity rent of owners",
    "capital": "Capital at full cost",
    "running": "Running cost",
}


def who_earns(book: Book) -> pd.DataFrame:
    """Split of spending in some quarters: mean over draws, which adds up, and 90 % interval."""
    facts = record()
    path = market_memo.solve(book.draws(), facts)
    rows = []
    for quarter in (facts.base_quarter, NOW, NEXT, "2028Q4"):
        t = facts.quarters.index(quarter)
        spend = path.spend[t].sum(axis=0)
        split = rents.split_of_spend(
            spend_usd=spend,
            hours_used=path.hours_used[t],
            price=path.price[t],
            paid_price=path.paid_price[t],
            running_cost=path.running_cost[t],
            user_cost=path.user_cost[t],
        )
        shares = np.stack([getattr(split, name) for name in EARNERS]) / spend
        rows += _shares(shares, quarter=quarter, names=EARNERS)
    return pd.DataFrame(rows)


def below_cost(book: Book) -> pd.DataFrame:
    """Where compute sells below full cost at the horizon, by the two assumptions that decide it.

    Draws in fifths of each; share of those in a cell in which price is below full cost. Negative
    unit economics is a region of the market, not another market.
    """
    draws = book.draws()
    drawn = headlines(draws, record())
    ceiling = _fifths(draws["task_ceiling_multiple"], digits=0)
    tokens = _fifths(100 * np.expm1(draws["tokens_per_task_growth_log_per_year"]), digits=0)
    frame = pd.DataFrame(
        {
            "ceiling": ceiling["label"],
            "ceiling_rank": ceiling["rank"],
            "tokens": tokens["label"],
            "tokens_rank": tokens["rank"],
            "share": drawn["below_cost_at_horizon"],
        }
    )
    keys = ["ceiling_rank", "ceiling", "tokens_rank", "tokens"]
    found = frame.groupby(keys, as_index=False)["share"].agg(["mean", "size"])
    return found.rename(columns={"mean": "share", "size": "draws"}).reset_index(drop=True)


def _fifths(values: FloatArray, *, digits: int) -> pd.DataFrame:
    edges = np.quantile(values, np.linspace(0, 1, BINS + 1))
    rank = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, BINS - 1)
    text = [f"{edge:.{digits}f}" for edge in edges]
    names = np.array(
        [f"<{text[1]}"]
        + [f"{text[k]}\N{EN DASH}{text[k + 1]}" for k in range(1, BINS - 1)]
        + [f">{text[-2]}"]
    )
    return pd.DataFrame({"rank": rank, "label": names[rank]})


def responses(book: Book) -> pd.DataFrame:
    """Where each draw's supply response lies: calm, swinging and settling, or held at its bound."""
    draws = book.draws()
    elasticity, held = market_drivers.bounded_supply_elasticity(draws)
    lead = draws["capacity_lead_time_quarters"]
    gain = supply_response.response_strength(
        supply_price_elasticity=elasticity,
        demand_elasticity_magnitude=draws["market_demand_elasticity_magnitude"],
    )
    calm = gain <= supply_response.overshoot_bound(lead)
    cases = {
        "Returns without overshoot": calm,
        "Overshoots, then settles": ~calm & ~held,
        "Held at the stability bound": held,
    }
    return pd.DataFrame(
        {
            "response": name,
            "share": round(100 * float(chosen.mean())),
            "gain": float(np.median(gain[chosen])) if chosen.any() else np.nan,
            "overshoot_bound": float(np.median(supply_response.overshoot_bound(lead[chosen])))
            if chosen.any()
            else np.nan,
            "bound": float(np.median(supply_response.stability_bound(lead[chosen])))
            if chosen.any()
            else np.nan,
        }
        for name, chosen in cases.items()
    ).round(3)


def ties(book: Book) -> pd.DataFrame:
    """What moves together in the draws, and why: rank correlations of the base quarter.

    No row of the book is drawn with a correlation of its own: no series measures one. What is
    tied is tied by an identity or a bound, so a free draw of all of them would contradict itself.
    """
    facts, draws = record(), book.draws()
    path = market_memo.solve(draws, facts)
    drivers = market_memo.drivers(draws, facts)
    pairs = _tied(draws, path, drivers.throughput, facts)
    return pd.DataFrame(
        {
            "first": first,
            "second": second,
            "tie": tie,
            "correlation": round(float(pd.Series(a).corr(pd.Series(b), method="spearman")), 2),
        }
        for first, second, tie, a, b in pairs
    )


def _tied(
    draws: Mapping[str, FloatArray], path: MarketPath, throughput: FloatArray, facts: MarketRecord
) -> list[tuple[str, str, str, FloatArray, FloatArray]]:
    spend = path.spend[0]
    margin = rents.lab_gross_margin(
        spend_usd=spend.sum(axis=0), hours_used=path.hours_used[0], paid_price=path.paid_price[0]
    )
    agentic, subscriptions = SEGMENTS.index("agentic"), SEGMENTS.index("subscriptions")
    elasticity, _ = market_drivers.bounded_supply_elasticity(draws)
    identity = (
        "margin = 1 \N{MINUS SIGN} paid rent / (price \N{MULTIPLICATION SIGN} tokens an hour)"
    )
    weights = spend / spend.sum(axis=0)
    demand = draws["market_demand_elasticity_magnitude"]
    return [
        ("Margin of labs", "Tokens an hour", identity, margin, throughput[agentic]),
        ("Margin of labs", "Rent of compute", identity, margin, path.price[0]),
        ("Margin of labs", "Sold part of the fleet", "revenue is given, so more hours sold earn less each",
         margin, draws["sold_inference_share"]),
        ("Agents in spending", "Subscriptions in spending", "shares of one total",
         weights[agentic], weights[subscriptions]),
        ("Supply response", "Demand response", "joint stability bound of the loop", elasticity, demand),
        ("Fleet", "Sold hours", "hours are sold by the fleet there is", path.fleet[0], path.hours_used[0]),
    ]  # fmt: skip
