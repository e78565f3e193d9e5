"""What the solved market says about rebound: its own elasticity, and what more supply does to spending."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from token_economics.book.assumptions import FloatArray
from token_economics.book.draws import with_values
from token_economics.headlines import market_memo, token_market
from token_economics.headlines.market_drivers import MarketRecord
from token_economics.methods import summaries
from token_economics.models.market import MarketPath

MEMORY_STEP = 0.1  # log points of extra DRAM growth a year, where no notebook says otherwise
NOW, NEXT, HORIZON = token_market.NOW, token_market.NEXT, token_market.HORIZON


def headlines(
    draws: Mapping[str, FloatArray], facts: MarketRecord, *, memory_step: float = MEMORY_STEP
) -> dict[str, FloatArray]:
    """The verdict in the solved market, one array of draws each.

    Spending and the price of an average token from now to the horizon; the market's elasticity;
    and the effect of more memory on spending, which is rebound in the strict sense: demand is the
    same, supply is larger, price is lower.
    """
    path = market_memo.solve(draws, facts)
    at = {quarter: position for position, quarter in enumerate(facts.quarters)}
    spend, tokens = path.spend.sum(axis=1), path.tokens.sum(axis=1)
    price = spend / tokens
    rises, falls = more_spent(path, facts), tokens_cheaper(path, facts)
    effect = more_memory(draws, facts, path, step=memory_step)
    low, _, high = summaries.quantiles(draws["market_demand_elasticity_magnitude"])
    next_elasticity = -path.elasticity[at[NEXT]]
    return {
        "market_both": (rises & falls).astype(np.float64),
        "market_spend_multiple": spend[at[HORIZON]] / spend[at[NOW]],
        "market_token_price_multiple": price[at[HORIZON]] / price[at[NOW]],
        "market_elasticity_next": next_elasticity,
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
    draws: Mapping[str, FloatArray],
    facts: MarketRecord,
    path: MarketPath,
    *,
    step: float = MEMORY_STEP,
) -> dict[str, FloatArray]:
    """Log effect of faster DRAM growth on price and spending at the next date, demand the same."""
    name = "dram_bit_growth_per_year"
    faster = with_values(draws, {name: np.expm1(np.log1p(draws[name]) + step)})
    changed = market_memo.solve(faster, facts)
    position = facts.quarters.index(NEXT)
    return {
        "price": np.log(changed.price[position] / path.price[position]),
        "spend": np.log(changed.spend[position].sum(axis=0) / path.spend[position].sum(axis=0)),
    }


def step_in_words(step: float) -> str:
    """How much faster DRAM grows, as a label says it."""
    return "a tenth" if step == 0.1 else f"{100 * step:.3g} %"
