"""What the solved market says about rebound: its own elasticity, and what more supply does to spending."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from token_economics.book.assumptions import Book, FloatArray
from token_economics.book.draws import with_values
from token_economics.headlines import token_market
from token_economics.headlines.market_drivers import MarketRecord
from token_economics.methods import summaries
from token_economics.models.market import MarketPath

MEMORY_STEP = 0.1  # log points of extra DRAM growth a year: the shock whose effect is read
DATES = ("2025Q4", "2026Q3", "2027Q4", "2030Q4")
NOW, NEXT, HORIZON = token_market.NOW, token_market.NEXT, token_market.HORIZON


def headlines(draws: Mapping[str, FloatArray], facts: MarketRecord) -> dict[str, FloatArray]:
    """The verdict in the solved market, one array of draws each.

    Spending and the price of an average token from now to the horizon; the market's elasticity;
    and the effect of more memory on spending, which is rebound in the strict sense: demand is the
    same, supply is larger, price is lower.
    """
    path = token_market.solve(draws, facts)
    at = {quarter: position for position, quarter in enumerate(facts.quarters)}
    spend, tokens = path.spend.sum(axis=1), path.tokens.sum(axis=1)
    price = spend / tokens
    rises, falls = more_spent(path, facts), tokens_cheaper(path, facts)
    effect = more_memory(draws, facts, path)
    low, _, high = summaries.quantiles(draws["market_demand_elasticity_magnitude"])
    next_elasticity = -path.elasticity[at[NEXT]]
    return {
        "market_spend_rises": rises.astype(np.float64),
        "market_token_price_falls": falls.astype(np.float64),
        "market_both": (rises & falls).astype(np.float64),
        "market_spend_multiple": spend[at[HORIZON]] / spend[at[NOW]],
        "market_token_price_multiple": price[at[HORIZON]] / price[at[NOW]],
        "market_elasticity_next": next_elasticity,
        "market_elastic_next": (next_elasticity > 1).astype(np.float64),
        "market_inside_prior": ((next_elasticity > low) & (next_elasticity < high)).astype(
            np.float64
        ),
        "memory_spend_multiple": np.exp(effect["spend"]),
        "memory_raises_spend": (effect["spend"] > 0).astype(np.float64),
    }


def more_spent(path: MarketPath, facts: MarketRecord) -> NDArray[np.bool_]:
    """Whether spending is higher at the horizon than now, one a draw."""
    now, last = (facts.quarters.index(name) for name in (NOW, HORIZON))
    spend = path.spend.sum(axis=1)
    return np.asarray(spend[last] > spend[now])


def tokens_cheaper(path: MarketPath, facts: MarketRecord) -> NDArray[np.bool_]:
    """Whether an average token costs less at the horizon than now, one a draw."""
    now, last = (facts.quarters.index(name) for name in (NOW, HORIZON))
    price = path.spend.sum(axis=1) / path.tokens.sum(axis=1)
    return np.asarray(price[last] < price[now])


def more_memory(
    draws: Mapping[str, FloatArray], facts: MarketRecord, path: MarketPath
) -> dict[str, FloatArray]:
    """Log effect of faster DRAM growth on price and spending at the next date, demand the same."""
    name = "dram_bit_growth_per_year"
    faster = with_values(draws, {name: np.expm1(np.log1p(draws[name]) + MEMORY_STEP)})
    changed = token_market.solve(faster, facts)
    position = facts.quarters.index(NEXT)
    return {
        "price": np.log(changed.price[position] / path.price[position]),
        "spend": np.log(changed.spend[position].sum(axis=0) / path.spend[position].sum(axis=0)),
    }


def elasticities(book: Book) -> pd.DataFrame:
    """The market's elasticity by date against the prior. Columns: label, kind, value, low, high,
    above_one, inside_prior (shares of draws)."""
    facts, draws = token_market.record(), book.draws()
    prior = draws["market_demand_elasticity_magnitude"]
    path = token_market.solve(draws, facts)
    low, middle, high = summaries.quantiles(prior)
    rows: list[dict[str, object]] = [
        {
            "label": "Prior of the book",
            "kind": "Prior",
            "value": middle,
            "low": low,
            "high": high,
            "above_one": float((prior > 1).mean()),
            "inside_prior": float(((prior > low) & (prior < high)).mean()),
        }
    ]
    for date in DATES:
        size = -path.elasticity[facts.quarters.index(date)]
        q05, q50, q95 = summaries.quantiles(size)
        rows.append(
            {
                "label": f"Solved market, {date}",
                "kind": "Solved market",
                "value": q50,
                "low": q05,
                "high": q95,
                "above_one": float((size > 1).mean()),
                "inside_prior": float(((size > low) & (size < high)).mean()),
            }
        )
    return pd.DataFrame(rows)


def by_elasticity(book: Book) -> pd.DataFrame:
    """Effect of more memory on spending against the market's elasticity, by tenths of draws.

    Columns: elasticity, value, low, high (spending with faster DRAM growth over spending as drawn).
    """
    facts, draws = token_market.record(), book.draws()
    path = token_market.solve(draws, facts)
    effect = np.exp(more_memory(draws, facts, path)["spend"])
    size = -path.elasticity[facts.quarters.index(NEXT)]
    groups = np.argsort(np.argsort(size)) * 10 // len(size)
    rows = []
    for group in range(10):
        low, middle, high = summaries.quantiles(effect[groups == group])
        rows.append(
            {
                "elasticity": float(np.median(size[groups == group])),
                "value": middle,
                "low": low,
                "high": high,
            }
        )
    return pd.DataFrame(rows)


def _at_end(draws: Mapping[str, FloatArray], name: str, end: float) -> Mapping[str, FloatArray]:
    return with_values(draws, {name: np.full_like(draws[name], end)})


def verdict_by_memory(book: Book) -> pd.DataFrame:
    """The verdict when DRAM grows at the low end, as drawn, and at the high end of the book."""
    facts, draws = token_market.record(), book.draws()
    row = book.row("dram_bit_growth_per_year")
    ends = {"Low end": row.low, "As drawn": None, "High end": row.high}
    rows = []
    for label, end in ends.items():
        given = draws if end is None else _at_end(draws, row.name, end)
        found = headlines(given, facts)
        rows.append(
            {
                "memory": label,
                "spend_rises_percent": 100 * float(found["market_spend_rises"].mean()),
                "elastic_percent": 100 * float(found["market_elastic_next"].mean()),
                "spend_multiple": float(np.median(found["market_spend_multiple"])),
                "price_multiple": float(np.median(found["market_token_price_multiple"])),
            }
        )
    return pd.DataFrame(rows)
