"""Where tokens go: who demands them, which tasks are worth it, and what could end the growth.

Everything is read from the one solved market (`market_memo.solve`), its drivers and its draws;
what-ifs solve the same market with one driver changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book, override
from token_economics.book.draws import with_values
from token_economics.evidence import quarters, tables
from token_economics.headlines import rows, token_market
from token_economics.headlines.market import market_memo
from token_economics.headlines.market.market_drivers import USD_BILLION, MarketRecord
from token_economics.headlines.records import demand_record
from token_economics.headlines.token_market import HORIZON, NEXT, NOW
from token_economics.methods.arrays import FloatArray
from token_economics.models import market as market_path
from token_economics.models import spending, task_choice, task_growth
from token_economics.models.derived_demand import HourDemand
from token_economics.models.market import MarketDrivers, MarketPath
from token_economics.models.task_growth import SEGMENTS

TOPIC = "where_tokens_go"
AGENTS, SUBSCRIBERS, ROBOTS = (SEGMENTS.index(s) for s in ("agentic", "subscriptions", "robotics"))
AGENT_TASK = "Agentic coding (OpenHands)"
ONE_TURN = "Code reasoning, one turn"
ON_SALE = "Claude Opus 4.7"
LEADS = ("Claude Mythos Preview (restricted)", "Claude Fable 5 / Mythos 5", "Claude Opus 5")
MTOK_PER_TRILLION_A_MONTH = 3e6  # million tokens a quarter in a trillion tokens a month


@dataclass(frozen=True)
class Solved:
    """The market as solved, with what went in. Draws last."""

    facts: MarketRecord
    draws: Mapping[str, FloatArray]
    drivers: MarketDrivers
    path: MarketPath

    def quarter(self, name: str) -> int:
        """Place of a quarter in the path."""
        return self.facts.quarters.index(name)

    def demand(self, quarter: int) -> HourDemand:
        """The demand that cleared the market in a quarter of the path."""
        return market_path.demand_in_quarter(self.drivers, self.path, quarter)


def record() -> MarketRecord:
    """The evidence as the market needs it."""
    return token_market.record()


def solve(draws: Mapping[str, FloatArray], facts: MarketRecord) -> Solved:
    """The solved market with its drivers."""
    drivers = market_memo.drivers(draws, facts)
    return Solved(facts, draws, drivers, market_memo.solve(draws, facts))


def solve_book(book: Book) -> Solved:
    """The solved market for the draws of a book."""
    return solve(book.draws(), record())


def with_draws(market: Solved, **changed: float) -> MarketPath:
    """The market with some assumptions set to one value in all draws."""
    shape = market.path.price.shape[1:]
    values = {name: np.full(shape, value) for name, value in changed.items()}
    return market_memo.solve(with_values(market.draws, values), market.facts)


def told_as_contagion(market: Solved) -> MarketPath:
    """The market if the jump of early 2026 was spread and no common shock."""
    growth = task_growth.told_as_contagion(market.drivers.growth)
    return market_memo.solved(replace(market.drivers, growth=growth), market.facts.quarters_ahead)


# Headlines -------------------------------------------------------------------------------------


def headlines(draws: Mapping[str, FloatArray], facts: MarketRecord) -> dict[str, FloatArray]:
    """What depends on assumptions, one array of draws each."""
    market = solve(draws, facts)
    return {
        **volumes(market),
        **_tasks_and_quotas(market),
        **_robots_and_doubt(market),
        **_loop_and_contagion(market),
        **_payroll(market),
    }


def volumes(market: Solved) -> dict[str, FloatArray]:
    """Spending and tokens of all segments, and the part of agents."""
    path, next_, last = market.path, market.quarter(NEXT), market.quarter(HORIZON)
    spend, tokens = path.spend.sum(axis=1), path.tokens.sum(axis=1)
    now = market.quarter(NOW)
    return {
        "spend_next": spend[next_] * 4 / USD_BILLION,
        "tokens_next": tokens[next_] / MTOK_PER_TRILLION_A_MONTH,
        "token_growth": (tokens[last] / tokens[0]) ** (4 / last) - 1,
        "agent_spend_now": path.spend[now, AGENTS] / spend[now],
        "agent_hours_now": path.hours[now, AGENTS] / path.hours_used[now],
        "agent_tokens_now": path.tokens[now, AGENTS] / tokens[now],
    }


def _tasks_and_quotas(market: Solved) -> dict[str, FloatArray]:
    """What a task of agents costs now and whether it is worth it, and what subscribers are served."""
    now = market.quarter(NOW)
    demand, price = market.demand(now), market.path.price[now]
    served = task_choice.served_share_of_use(demand, price)
    tokens, review = agent_task_cost(market)
    review_share = review / (tokens + review)
    later = market.quarter(NEXT)
    parts = task_choice.growth_parts(
        market.demand(0),
        market.demand(later),
        price_before=market.path.price[0],
        price_after=market.path.price[later],
        log_throughput_growth=market.drivers.growth.throughput * later / 4,
    )
    return {
        "task_cost": tokens[now] + review[now],
        "review_share": review_share[now],
        "review_share_end": review_share[-1],
        "worth_doing": task_choice.share_worth_doing(demand, price)[AGENTS],
        "elasticity": -market.path.elasticity[now],
        "spread_part": parts.spread[AGENTS],
        "worth_part": parts.worth_doing[AGENTS],
        "tokens_a_task_part": parts.tokens_per_task[AGENTS],
        "quota_binds": (served < 1).astype(np.float64),
        "use_rationed": 1 - served,
    }


def agent_task_cost(market: Solved) -> tuple[FloatArray, FloatArray]:
    """Tokens and review of an accepted agentic task by quarter, quarters x draws. [USD]

    The market counts a task as an hour of compute; the tokens of a coding task on record, the
    price that agents pay and the share of attempts accepted turn it into dollars.
    """
    usd = task_tokens(AGENT_TASK) * market.facts.agentic_price_usd_per_mtok
    usd_at_base = usd / market.draws["accepted_share_of_attempts"]
    costs = [
        task_choice.task_cost(market.demand(t), price) for t, price in enumerate(market.path.price)
    ]
    scale = usd_at_base / costs[0].tokens[AGENTS]
    tokens, review = (np.stack([cost[part][AGENTS] for cost in costs]) for part in (0, 1))
    return tokens * scale, review * scale


def task_tokens(entity: str) -> float:
    """Input and output tokens of one attempt at a task on record. [Mtok]"""
    variables = ("input_tokens_per_task", "output_tokens_per_task")
    found = (tables.series("token-multipliers", name, entity) for name in variables)
    return sum(float(frame["value"].iloc[-1]) for frame in found) / 1e6


def _robots_and_doubt(market: Solved) -> dict[str, FloatArray]:
    now, next_, last = (market.quarter(name) for name in (NOW, NEXT, HORIZON))
    growth, spend = market.drivers.growth, market.path.spend[next_].sum(axis=0)
    unsignalled = with_draws(market, signalling_spend_share=0.0).spend[next_].sum(axis=0)
    return {
        "robots_started": (growth.robotics_start <= last / 4).astype(np.float64),
        "robots_hours": market.path.hours[last, ROBOTS] / market.path.hours_used[last],
        "signalling_gone": 1
        - task_growth.signalling_factor(
            next_ / 4,
            share=growth.signalling_share,
            start_years=growth.signalling_start,
            half_life_years=growth.signalling_half_life,
        ),
        "signalling_lost": 1 - spend / unsignalled,
        "premium_now": task_growth.premium_left(
            market.drivers.premium[AGENTS],
            years=now / 4,
            half_life_years=growth.premium_half_life,
        ),
    }


def _loop_and_contagion(market: Solved) -> dict[str, FloatArray]:
    last, path = market.quarter(HORIZON), market.path
    off = with_draws(market, capability_value_elasticity=0.0)
    return {
        "loop_tokens": path.tokens[last].sum(axis=0) / off.tokens[last].sum(axis=0),
        "loop_spend": path.spend[last].sum(axis=0) / off.spend[last].sum(axis=0),
        "contagion_spend": contagion_ratio(market),
    }


def contagion_ratio(market: Solved) -> FloatArray:
    """Spending at the horizon if the jump was contagion, over spending with a common shock."""
    spread, shock = told_as_contagion(market).spend[-1], market.path.spend[-1]
    return np.asarray(spread.sum(axis=0) / shock.sum(axis=0))


def relative_token_cost(market: Solved) -> FloatArray:
    """Token cost of an agentic task over the wage, relative to the firm's figure. Quarters x draws."""
    tokens, _ = agent_task_cost(market)
    years = np.arange(len(market.facts.quarters))[:, None] / 4
    against_wages = tokens * np.exp(-market.drivers.growth.wages * years)
    told = quarters.of_date(str(demand_record.firm_points()["period"].iloc[-1]))
    return np.asarray(against_wages / against_wages[market.quarter(told)])


def _payroll(market: Solved) -> dict[str, FloatArray]:
    relative = relative_token_cost(market)[market.quarter(HORIZON)]
    sigma = market.draws["token_labour_substitution_elasticity"]
    ratio = spending.token_payroll_ratio_after(
        demand_record.firm_ratio(), relative_cost=relative, substitution_elasticity=sigma
    )
    return {
        "relative_cost": relative,
        "payroll_ratio": ratio,
        "payroll_passed": (ratio > 1).astype(np.float64),
    }


# Results ---------------------------------------------------------------------------------------


def results(book: Book) -> pd.DataFrame:
    """Headline results: 90 % intervals over joint draws; probabilities are shares of draws."""
    facts = record()
    drawn = headlines(book.draws(), facts)
    row = book.row("dram_bit_growth_per_year")
    memory = override(book, {row.name: row.value if row.high is None else row.high})
    more = volumes(solve(memory.draws(), facts))
    drawn["tokens_if_memory_grows"] = more["tokens_next"] / drawn["tokens_next"]
    begun = drawn["robots_started"] > 0
    drawn["robots_hours"] = drawn["robots_hours"][begun if begun.any() else ...]
    found = [*rows.of_topic(TOPIC, drawn, sources={}, **dates(facts)), *_observed()]
    return pd.DataFrame(rows.in_order(TOPIC, found))


def dates(facts: MarketRecord) -> dict[str, str]:
    """Quarters and spans of the market as periods of results name them."""
    base = facts.base_quarter
    spans = {"grown": f"{base} to {NEXT}", "path": f"{base} to {HORIZON}"}
    return {"now": NOW, "next": NEXT, "horizon": HORIZON, **spans}


def _observed() -> list[dict[str, object]]:
    """What the record says of tokens a task, of the frontier premium and of heavy adopters."""
    told = tables.series("token-multipliers", "input_tokens_per_task", AGENT_TASK).iloc[-1]
    hired = tables.series("firm-spend", "headcount_effect", "Heavy adopters on Ramp").iloc[-1]
    premium = premium_record()
    (preview, released, matched), ratio = premium.index, premium["price_ratio"]
    return rows.of_topic(
        TOPIC,
        {
            "agent_multiple": task_tokens(AGENT_TASK) / task_tokens(ONE_TURN),
            "premium_preview": float(ratio.iloc[0]),
            "premium_release": float(ratio.iloc[1]),
            "premium_days": float((matched - released).days),
            "headcount_effect": hired["value"] / 100,
        },
        sources={
            "agent_multiple": told["source_id"],
            **dict.fromkeys(("premium_preview", "premium_release", "premium_days"), premium["source_id"]),
            "headcount_effect": hired["source_id"],
        },
        told=told["period"],
        preview=f"{preview:%Y-%m-%d}",
        released=f"{released:%Y-%m-%d}",
        matched=f"{matched:%Y-%m-%d}",
    )  # fmt: skip


def premium_record() -> pd.DataFrame:
    """Output price of one vendor's strongest model over that of its model on general sale.

    Rows by date: a restricted preview, its release, and a match at the old price. Columns: model,
    price_ratio, source_id.
    """
    columns = ["date", "model", "output_usd_per_mtok", "source_id"]
    listed = tables.read("model-prices").rename(columns={"released": "date"})[columns]
    told = pd.concat([tables.read("price-changes")[columns], listed])
    last = told.drop_duplicates("model", keep="last").set_index("model")
    leads = last.loc[list(LEADS)].reset_index().set_index("date")
    leads["price_ratio"] = leads["output_usd_per_mtok"] / last["output_usd_per_mtok"][ON_SALE]
    return leads[["model", "price_ratio", "source_id"]]


def answer(frame: pd.DataFrame) -> str:
    """The answer's template: what makes tokens grow follows the run."""
    value = frame.set_index("id")["value"]
    parts = {
        "spread_part": "more tasks",
        "tokens_a_task_part": "more tokens a task",
        "worth_part": "tasks becoming worth their cost",
    }
    largest = parts[str(value[list(parts)].astype(float).idxmax())]
    dearer = (
        "people who check cost more than tokens"
        if value["review_share"] > 0.5
        else "tokens cost more than the people who check"
    )
    answers = "less" if value["elasticity"] < 1 else "more"
    return (
        f"Agents and coding take {{agent_hours_now}} of the compute sold in {{agent_hours_now:p}}, and {largest} is "
        "what makes their tokens grow most. An accepted task of theirs costs {task_cost}, of which "
        f"{{review_share:v}} is human review, so {dearer}, and demand for compute "
        f"answers its price {answers} than one for one in most draws (elasticity {{elasticity}}). Two doubts bound "
        "it: {signalling_gone} of tasks may go by the end of 2027 because they only signal, and if "
        "early 2026 was contagion rather than a common shock, spending in 2030 is "
        "{contagion_spend} what it is otherwise, which the record cannot tell."
    )
