"""Where tokens go: who demands them, which tasks are worth it, and what could end the growth.

Everything is read from the one solved market (`market_memo.solve`), its drivers and its draws;
what-ifs solve the same market with one driver changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from token_economics.book.assumptions import Book, FloatArray, override
from token_economics.book.draws import with_values
from token_economics.evidence import tables
from token_economics.headlines import demand_record, market_memo, token_market
from token_economics.headlines.market_drivers import USD_BILLION, MarketRecord
from token_economics.headlines.rows import chance as chance_of
from token_economics.headlines.rows import result
from token_economics.headlines.token_market import HORIZON, NEXT, NOW
from token_economics.methods import summaries
from token_economics.models import market as market_path
from token_economics.models import spending, task_choice, task_growth
from token_economics.models.derived_demand import HourDemand
from token_economics.models.market import MarketDrivers, MarketPath
from token_economics.models.task_growth import SEGMENTS

TOPIC = "where_tokens_go"
AGENTS, SUBSCRIBERS, ROBOTS = (SEGMENTS.index(s) for s in ("agentic", "subscriptions", "robotics"))
AGENT_TASK = "Agentic coding (OpenHands)"
ONE_TURN = "Code reasoning, one turn"
MTOK_PER_TRILLION_A_MONTH = 3e6
"""Million tokens a quarter in a trillion tokens a month."""


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


# What-ifs: the same market, one thing changed --------------------------------------------------


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
        **_tasks(market),
        **_subscriptions(market),
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


def _tasks(market: Solved) -> dict[str, FloatArray]:
    """An agent's task now: what it costs, and whether it is worth it."""
    now = market.quarter(NOW)
    demand, price = market.demand(now), market.path.price[now]
    tokens, review = agent_task_cost(market)
    review_share = review / (tokens + review)
    parts = growth_parts(market, NEXT)
    return {
        "task_cost": tokens[now] + review[now],
        "review_share": review_share[now],
        "review_share_end": review_share[-1],
        "worth_doing": task_choice.share_worth_doing(demand, price)[AGENTS],
        "elasticity": -market.path.elasticity[now],
        "spread_part": parts.spread[AGENTS],
        "worth_part": parts.worth_doing[AGENTS],
        "tokens_a_task_part": parts.tokens_per_task[AGENTS],
    }


def agent_task_cost(market: Solved) -> tuple[FloatArray, FloatArray]:
    """Tokens and review of an accepted agentic task by quarter, quarters x draws. [USD]

    The market counts a task as an hour of compute; the tokens of a coding task on record, the
    price that agents pay and the share of attempts accepted turn it into dollars.
    """
    usd = agent_task_tokens() * market.facts.agentic_price_usd_per_mtok
    usd_at_base = usd / market.draws["accepted_share_of_attempts"]
    costs = [
        task_choice.task_cost(market.demand(t), price) for t, price in enumerate(market.path.price)
    ]
    scale = usd_at_base / costs[0].tokens[AGENTS]
    tokens, review = (np.stack([cost[part][AGENTS] for cost in costs]) for part in (0, 1))
    return tokens * scale, review * scale


def agent_task_tokens() -> float:
    """Tokens of one attempt at an agentic coding task. [Mtok]"""
    return sum(tokens_of(AGENT_TASK)) / 1e6


def tokens_of(entity: str) -> tuple[float, float]:
    """Input and output tokens of a task on record."""
    variables = ("input_tokens_per_task", "output_tokens_per_task")
    found = (tables.series("token-multipliers", name, entity) for name in variables)
    given, made = (float(frame["value"].iloc[-1]) for frame in found)
    return given, made


def growth_parts(market: Solved, quarter: str) -> task_choice.GrowthParts:
    """What made the tokens of work segments grow from the base quarter on. [log points]"""
    t = market.quarter(quarter)
    return task_choice.growth_parts(
        market.demand(0),
        market.demand(t),
        price_before=market.path.price[0],
        price_after=market.path.price[t],
        log_throughput_growth=market.drivers.growth.throughput * t / 4,
    )


def _subscriptions(market: Solved) -> dict[str, FloatArray]:
    now = market.quarter(NOW)
    served = task_choice.served_share_of_use(market.demand(now), market.path.price[now])
    return {
        "quota_binds": (served < 1).astype(np.float64),
        "use_rationed": 1 - served,
        "subscription_tokens": market.path.tokens[now, SUBSCRIBERS]
        / market.path.tokens[now].sum(axis=0),
    }


def signalling_gone(market: Solved) -> FloatArray:
    """Part of tasks that has vanished because it only signalled, quarters x draws. [share]"""
    growth = market.drivers.growth
    years = np.arange(len(market.facts.quarters)) / 4
    left = [
        task_growth.signalling_factor(
            year,
            share=growth.signalling_share,
            start_years=growth.signalling_start,
            half_life_years=growth.signalling_half_life,
        )
        for year in years
    ]
    return 1 - np.stack(left)


def signalling_lost(market: Solved) -> FloatArray:
    """Spending that this costs once prices have answered, quarters x draws. [share]"""
    without = with_draws(market, signalling_spend_share=0.0).spend.sum(axis=1)
    return np.asarray(1 - market.path.spend.sum(axis=1) / without)


def robots_started(market: Solved) -> FloatArray:
    """Whether robots buy compute, quarters x draws."""
    years = np.arange(len(market.facts.quarters))[:, None] / 4
    return np.asarray(market.drivers.growth.robotics_start <= years, dtype=np.float64)


def _robots_and_doubt(market: Solved) -> dict[str, FloatArray]:
    next_, last = market.quarter(NEXT), market.quarter(HORIZON)
    growth = market.drivers.growth
    return {
        "robots_started": robots_started(market)[last],
        "robots_hours": market.path.hours[last, ROBOTS] / market.path.hours_used[last],
        "signalling_gone": signalling_gone(market)[next_],
        "signalling_lost": signalling_lost(market)[next_],
        "premium_now": task_growth.premium_left(
            market.drivers.premium[AGENTS],
            years=market.quarter(NOW) / 4,
            half_life_years=growth.premium_half_life,
        ),
    }


def _loop_and_contagion(market: Solved) -> dict[str, FloatArray]:
    last = market.quarter(HORIZON)
    off = with_draws(market, capability_value_elasticity=0.0)
    return {
        "loop_tokens": _total(market.path.tokens, last) / _total(off.tokens, last),
        "loop_spend": _total(market.path.spend, last) / _total(off.spend, last),
        "contagion_spend": contagion_ratio(market),
    }


def contagion_ratio(market: Solved) -> FloatArray:
    """Spending at the horizon if the jump was contagion, over spending with a common shock."""
    last = market.quarter(HORIZON)
    return _total(told_as_contagion(market).spend, last) / _total(market.path.spend, last)


def _total(by_segment: FloatArray, quarter: int) -> FloatArray:
    return np.asarray(by_segment[quarter].sum(axis=0))


def relative_token_cost(market: Solved) -> FloatArray:
    """Token cost of an agentic task over the wage, relative to the firm's figure. Quarters x draws."""
    tokens, _ = agent_task_cost(market)
    years = np.arange(len(market.facts.quarters))[:, None] / 4
    against_wages = tokens * np.exp(-market.drivers.growth.wages * years)
    return np.asarray(against_wages / against_wages[market.quarter(firm_quarter())])


def firm_quarter() -> str:
    """Quarter of the seeds' firm's latest figure."""
    date = demand_record.firm_points()["date"].iloc[-1]
    return f"{date.year}Q{date.quarter}"


def firm_ratio() -> float:
    """Token spend over payroll of the seeds' firm, latest figure. [ratio]"""
    return float(demand_record.firm_points()["value"].iloc[-1]) / demand_record.firm_payroll()


def _payroll(market: Solved) -> dict[str, FloatArray]:
    relative = relative_token_cost(market)[market.quarter(HORIZON)]
    sigma = market.draws["token_labour_substitution_elasticity"]
    ratio = spending.token_payroll_ratio_after(
        firm_ratio(), relative_cost=relative, substitution_elasticity=sigma
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
    drawn["robots_hours"] = _where_any(drawn["robots_hours"], drawn["robots_started"] > 0)
    return pd.DataFrame([*_model_results(drawn, facts), *_chances(drawn), *_observed()])


def _where_any(values: FloatArray, chosen: NDArray[np.bool_]) -> FloatArray:
    """The values of the chosen draws; all of them if none is."""
    return values[chosen] if chosen.any() else values


def _model_results(drawn: Mapping[str, FloatArray], facts: MarketRecord) -> list[dict[str, object]]:
    def model(name: str, label: str, unit: str, period: str, digits: int = 2) -> dict[str, object]:
        low, value, high = summaries.quantiles(drawn[name])
        return result(
            name, label, value, low=low, high=high, unit=unit, period=period, digits=digits
        )

    base = facts.base_quarter
    volume, log = "trillion a month", "in logs"
    grown = f"{base} to {NEXT}"
    return [
        model("spend_next", "Spending on tokens", "billion USD a year", NEXT),
        model("tokens_next", "Tokens sold", volume, NEXT),
        model("token_growth", "Growth of tokens a year", "share", f"{base} to {HORIZON}"),
        model("agent_spend_now", "Agents and coding in spending", "share", NOW),
        model("agent_hours_now", "Agents and coding in compute", "share", NOW),
        model("agent_tokens_now", "Agents and coding in tokens", "share", NOW),
        model("task_cost", "Cost of an accepted agentic task", "USD", NOW),
        model("review_share", "Human review in the cost of an accepted agentic task", "share", NOW),
        model("review_share_end", "Human review in the cost of an accepted agentic task", "share", HORIZON),
        model("worth_doing", "Agentic tasks that are worth their cost", "share", NOW),
        model("elasticity", "Response of compute demand to its price, in size", "", NOW),
        model("spread_part", "Growth of agents' tokens that is more tasks", log, grown),
        model("worth_part", "Growth of agents' tokens that is tasks becoming worth it", log, grown, digits=1),
        model("tokens_a_task_part", "Growth of agents' tokens that is tokens a task", log, grown),
        model("use_rationed", "Subscribers' use that quotas cut off", "share", NOW),
        model("robots_hours", "Robots in compute sold, where they have begun", "share", HORIZON),
        model("signalling_gone", "Tasks gone because they only signalled", "share", NEXT),
        model("signalling_lost", "Spending lost with tasks that only signalled, once prices answer", "share", NEXT),
        model("premium_now", "Premium of best models' compute, as the market has it", "share", NOW),
        model("loop_tokens", "Tokens with better models from more compute, over without", "times", HORIZON, digits=3),
        model("loop_spend", "Spending with better models from more compute, over without", "times", HORIZON, digits=3),
        model("contagion_spend", "Spending if early 2026 was contagion, over a common shock", "times", HORIZON),
        model("relative_cost", "Token cost of a task over the wage, times mid-2026", "times", HORIZON),
        model("payroll_ratio", "Token spend over payroll of the seeds' firm by its own calculus", "times", HORIZON),
        model("tokens_if_memory_grows", "Tokens if memory grows at the high end, over as drawn", "times", NEXT, digits=3),
    ]  # fmt: skip


def _chances(drawn: Mapping[str, FloatArray]) -> list[dict[str, object]]:
    chance = partial(chance_of, drawn)

    return [
        chance("quota_binds", "Probability that subscribers' quotas bind", NOW),
        chance("robots_started", "Probability that robots have begun to buy compute", HORIZON),
        chance(
            "payroll_passed",
            "Probability that the seeds' firm spends more on tokens than its payroll, at least cost",
            HORIZON,
        ),
    ]


def _observed() -> list[dict[str, object]]:
    """What the record says of tokens a task, of the frontier premium and of heavy adopters."""
    one_turn = sum(tokens_of(ONE_TURN)) / 1e6
    told = tables.series("token-multipliers", "input_tokens_per_task", AGENT_TASK).iloc[-1]
    hired = tables.series("firm-spend", "headcount_effect", "Heavy adopters on Ramp").iloc[-1]
    premium = premium_record()
    preview, launched, matched = (premium.iloc[place] for place in range(3))
    return [
        result("agent_multiple", "Tokens of an agentic coding task over an answer in one turn", agent_task_tokens() / one_turn, unit="times", period=str(told["period"]), digits=2, source_id=str(told["source_id"])),
        result("premium_preview", "Output price of the strongest model over the one on sale: preview", float(preview["price_ratio"]), unit="times", period=str(preview["date"]), digits=2, source_id=premium["source_id"]),
        result("premium_release", "Output price of the strongest model over the one on sale: release", float(launched["price_ratio"]), unit="times", period=str(launched["date"]), digits=2, source_id=premium["source_id"]),
        result("premium_days", "Days from general release to a match at the old price", float(matched["days"]), unit="days", period=str(matched["date"]), digits=2, source_id=premium["source_id"]),
        result("headcount_effect", "Staff of heavy adopters against others, a correlation", float(hired["value"]) / 100, unit="share", period="two years to 2026-06", digits=2, source_id=str(hired["source_id"])),
    ]  # fmt: skip


def premium_record() -> pd.DataFrame:
    """Output price of the strongest model of one vendor over its model on general sale.

    Columns: event, model, date, price_ratio, days (since general release), index (of quality),
    source_id.
    """
    prices, changes = tables.read("model-prices"), tables.read("price-changes")
    preview = _row_of(changes, "Claude Mythos Preview (restricted)")
    released = _row_of(prices, "Claude Fable 5 / Mythos 5")
    match = _row_of(prices, "Claude Opus 5")
    on_sale = float(_row_of(prices, "Claude Opus 4.7")["output_usd_per_mtok"])
    launch = pd.Timestamp(released["released"])
    return pd.DataFrame(
        {
            "event": event,
            "model": row["model"],
            "date": str(pd.Timestamp(date).date()),
            "price_ratio": float(row["output_usd_per_mtok"]) / on_sale,
            "days": (pd.Timestamp(date) - launch).days,
            "index": float(row.get("aa_index", np.nan)),
            "source_id": str(row["source_id"]),
        }
        for event, row, date in (
            ("Restricted preview", preview, preview["date"]),
            ("General release", released, released["released"]),
            ("Matched", match, match["released"]),
        )
    )


def _row_of(table: pd.DataFrame, model: str) -> pd.Series:
    """The row of a model."""
    return table[table["model"] == model].iloc[-1]


def answer(frame: pd.DataFrame) -> str:
    """The answer's template: what makes tokens grow follows the run."""
    value = frame.set_index("id")["value"]
    parts = {
        "more tasks": value["spread_part"],
        "more tokens a task": value["tokens_a_task_part"],
        "tasks becoming worth their cost": value["worth_part"],
    }
    largest = max(parts, key=lambda name: float(parts[name]))
    review = (
        "people who check cost more than tokens"
        if value["review_share"] > 0.5
        else "tokens cost more than the people who check"
    )
    return (
        f"Agents and coding take {{agent_hours_now}} of the compute sold in {{agent_hours_now:p}}, and {largest} is "
        "what makes their tokens grow most. An accepted task of theirs costs {task_cost}, of which "
        f"{{review_share:v}} is human review, so {review}, and demand for compute "
        "answers its price less than one for one in most draws (elasticity {elasticity}). Two doubts bound "
        "it: {signalling_gone} of tasks may go by the end of 2027 because they only signal, and if "
        "early 2026 was contagion rather than a common shock, spending in 2030 is "
        "{contagion_spend} what it is otherwise, which the record cannot tell."
        if value["elasticity"] < 1
        else f"Agents and coding take {{agent_hours_now}} of the compute sold in {{agent_hours_now:p}}, and {largest} "
        "is what makes their tokens grow most. An accepted task of theirs costs {task_cost}, and "
        f"{review}; demand for compute responds more than one for one to its price (elasticity "
        "{elasticity}). By the end of 2027 {signalling_gone} of tasks may go because they only "
        "signal; contagion or a common shock, the record cannot tell: spending in 2030 would be "
        "{contagion_spend} as high."
    )
