"""Tables behind the charts of where tokens go, all read from one solved market."""

from __future__ import annotations

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book, FloatArray
from token_economics.evidence import quarters, tables
from token_economics.headlines import where_tokens_go as topic
from token_economics.headlines.market_drivers import USD_BILLION
from token_economics.headlines.token_market import HORIZON, NEXT, NOW, SEGMENT_NAMES
from token_economics.headlines.where_tokens_go import Solved
from token_economics.methods import summaries
from token_economics.models import derived_demand, spending, task_choice
from token_economics.models import task_growth as growth_of
from token_economics.models.task_growth import SEGMENTS, WORK_SEGMENTS

PRICE_STEPS = 41
VALUE_STEPS = 121
DATES = (NOW, NEXT, "2028Q4", HORIZON)


def segments(market: Solved) -> pd.DataFrame:
    """Who demands what: tokens, spending, compute by segment in some quarters, with 90 % ranges.

    Cells are written out, so that a row holds one segment and one quarter.
    """
    path, rows = market.path, []
    for quarter in (market.facts.base_quarter, NEXT, HORIZON):
        t = market.quarter(quarter)
        for position, name in enumerate(SEGMENTS):
            rows.append(
                {
                    "segment": SEGMENT_NAMES[name],
                    "quarter": quarter,
                    "spend": _range(path.spend[t, position] * 4 / USD_BILLION),
                    "tokens": _range(path.tokens[t, position] / topic.MTOK_PER_TRILLION_A_MONTH / 1e3),
                    "hours": _range(path.hours[t, position] / 1e9),
                }
            )  # fmt: skip
    frame = pd.DataFrame(rows)
    order = [SEGMENT_NAMES[name] for name in SEGMENTS]
    frame["segment"] = pd.Categorical(frame["segment"], categories=order)
    return frame.sort_values(["segment", "quarter"]).astype({"segment": str}).reset_index(drop=True)


def _range(values: FloatArray) -> str:
    low, middle, high = (_short(value) for value in summaries.quantiles(values))
    return middle if low == middle == high else f"{middle} ({low} to {high})"


def _short(value: float) -> str:
    """Two significant digits, plain."""
    if value < 0.005:
        return "0"
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"


def tokens_by_segment(market: Solved) -> pd.DataFrame:
    """Tokens of each segment with 90 % bands, by date. Thousand trillion a month."""
    parts = []
    for position, name in enumerate(SEGMENTS):
        if name == "robotics":  # its own section: the median is nought for years
            continue
        table = _band(
            market, market.path.tokens[:, position] / topic.MTOK_PER_TRILLION_A_MONTH / 1e3
        )
        parts.append(table.assign(segment=SEGMENT_NAMES[name]))
    return pd.concat(parts, ignore_index=True)


def _band(market: Solved, values: FloatArray) -> pd.DataFrame:
    """Quarters x draws as date, quarter, value, low, high."""
    low, middle, high = np.quantile(values, summaries.QUANTILES, axis=1)
    names = market.facts.quarters
    return pd.DataFrame(
        {
            "date": [quarters.end_date(quarter) for quarter in names],
            "quarter": names,
            "value": middle,
            "low": low,
            "high": high,
        }
    )


def demand_curve(market: Solved) -> pd.DataFrame:
    """Compute demanded at multiples of today's price, times today's, with 90 % bands."""
    now = market.quarter(NOW)
    demand, price = market.demand(now), market.path.price[now]
    subscribers = derived_demand.subscription_hours(demand, price)
    today = {"All segments": derived_demand.hours_demanded(demand, price),
             "Agents and coding": derived_demand.work_hours(demand, price)[topic.AGENTS],
             "Subscriptions": subscribers}  # fmt: skip
    rows = []
    for multiple in np.geomspace(0.1, 10, PRICE_STEPS):
        there = price * multiple
        found = {"All segments": derived_demand.hours_demanded(demand, there),
                 "Agents and coding": derived_demand.work_hours(demand, there)[topic.AGENTS],
                 "Subscriptions": derived_demand.subscription_hours(demand, there)}  # fmt: skip
        for name, hours in found.items():
            low, middle, high = summaries.quantiles(hours / today[name])
            rows.append({"segment": name, "price": float(multiple), "value": middle, "low": low, "high": high})  # fmt: skip
    return pd.DataFrame(rows)


def task_values(book: Book) -> pd.DataFrame:
    """Density of the value of agentic tasks over their cost today, at the book's points."""
    market = topic.solve(book.points(), topic.record())
    now = market.quarter(NOW)
    demand, price = market.demand(now), market.path.price[now]
    cost = task_choice.task_cost(demand, price)
    distance = np.log(cost.tokens + cost.review) - demand.log_median_value
    centre, sd = -float(distance[topic.AGENTS, 0]), float(demand.log_value_sd[0])
    grid = np.linspace(centre - 3 * sd, centre + 3 * sd, VALUE_STEPS)
    grid = np.sort(np.append(grid, 0.0))
    density = np.exp(-(((grid - centre) / sd) ** 2) / 2) / (sd * np.sqrt(2 * np.pi))
    table = pd.DataFrame({"value_over_cost": np.exp(grid), "density": density})
    worth = table[grid >= 0].assign(part="Worth its cost")
    return pd.concat([table[grid <= 0].assign(part="Not worth it yet"), worth], ignore_index=True)


def task_cost(market: Solved) -> pd.DataFrame:
    """Cost of an accepted agentic task by part, with 90 % bands. USD."""
    tokens, review = topic.agent_task_cost(market)
    return pd.concat(
        [
            _band(market, tokens).assign(part="Tokens"),
            _band(market, review).assign(part="Human review"),
        ],
        ignore_index=True,
    )


def growth_parts(market: Solved) -> pd.DataFrame:
    """Mean log growth of each segment's tokens to two dates, by what makes it. Log points."""
    rows: list[dict[str, object]] = []
    for quarter in (NEXT, HORIZON):
        parts = topic.growth_parts(market, quarter)
        named = {
            "More tasks": parts.spread,
            "Tasks becoming worth it": parts.worth_doing,
            "Tokens a task": parts.tokens_per_task,
        }
        for rank, (part, values) in enumerate(named.items()):
            by_segment = np.broadcast_to(values, parts.spread.shape).mean(axis=-1)
            rows += [
                {
                    "segment": SEGMENT_NAMES[name],
                    "until": f"To the end of {quarter[:4]}",
                    "part": part,
                    "rank": rank,
                    "value": float(by_segment[position]),
                }
                for position, name in enumerate(WORK_SEGMENTS)
                if name != "robotics"
            ]
    return pd.DataFrame(rows)


MULTIPLIERS = (
    ("Reasoning model against others, output of an answer", "output_token_ratio", "Reasoning against other models"),
    ("Output of reasoning models, growth a year", "output_tokens_growth", "Reasoning models"),
    ("Output of other models, growth a year", "output_tokens_growth", "Other models"),
)  # fmt: skip
BEFORE_AND_AFTER = (
    ("Prompt of a request on a router, 2024 to 2025", "prompt_tokens_per_request", "OpenRouter"),
    ("Answer to a request on a router, 2024 to 2025", "completion_tokens_per_request", "OpenRouter"),
)  # fmt: skip


def multipliers() -> pd.DataFrame:
    """What multiplies tokens a task, on record: what, times, period, source_id."""
    rows = []
    for label, variable, entity in MULTIPLIERS:
        row = tables.series("token-multipliers", variable, entity).iloc[-1]
        rows.append((label, row["value"], row["period"], row["source_id"]))
    for label, variable, entity in BEFORE_AND_AFTER:
        frame = tables.series("token-multipliers", variable, entity)
        first, last = frame.iloc[0], frame.iloc[-1]
        span = f"{first['period']} to {last['period']}"
        rows.append((label, last["value"] / first["value"], span, last["source_id"]))
    luna = tables.read("token-multipliers")
    luna = luna[luna["variable"] == "tokens_per_request"].sort_values("period")
    rows.append(("Request to one model, before and after its price cut", luna["value"].iloc[-1] / luna["value"].iloc[0], f"{luna['period'].iloc[0]} to {luna['period'].iloc[-1]}", luna["source_id"].iloc[-1]))  # fmt: skip
    agent = tables.series("token-multipliers", "input_tokens_per_task", topic.AGENT_TASK).iloc[-1]
    one = sum(topic.tokens_of(topic.ONE_TURN)) / 1e6
    rows.append(("Agentic coding task against an answer in one turn", topic.agent_task_tokens() / one, agent["period"], agent["source_id"]))  # fmt: skip
    table = pd.DataFrame(rows, columns=["what", "times", "period", "source_id"])
    return table.sort_values("times").reset_index(drop=True)


def subscriptions(market: Solved) -> pd.DataFrame:
    """Subscriptions at some dates: users and fees make revenue, use and quota make tokens."""
    rows = []
    for quarter in (market.facts.base_quarter, *DATES):
        t = market.quarter(quarter)
        users = growth_of.subscriber_multiple(market.drivers.growth, quarter=t)
        served = task_choice.served_share_of_use(market.demand(t), market.path.price[t])
        spend = market.path.spend[t, topic.SUBSCRIBERS]
        rows.append(
            {
                "quarter": quarter,
                "users": _range(users),
                "revenue": _range(spend * 4 / USD_BILLION),
                "tokens": _range(
                    market.path.tokens[t, topic.SUBSCRIBERS] / topic.MTOK_PER_TRILLION_A_MONTH / 1e3
                ),
                "binds": f"{(served < 1).mean():.0%}".replace("%", "\N{NO-BREAK SPACE}%"),
                "rationed": f"{(1 - served).mean():.0%}".replace("%", "\N{NO-BREAK SPACE}%"),
            }
        )
    return pd.DataFrame(rows)


def robots(market: Solved) -> pd.DataFrame:
    """Probability that robots buy compute, and their mean share of it, by quarter."""
    share = market.path.hours[:, topic.ROBOTS] / market.path.hours_used
    found = {
        "They buy compute, probability": topic.robots_started(market).mean(axis=1),
        "Their part of compute, mean": share.mean(axis=1),
    }
    return pd.DataFrame(
        {"date": quarters.end_date(quarter), "quarter": quarter, "what": what, "value": float(values[t])}
        for what, values in found.items()
        for t, quarter in enumerate(market.facts.quarters)
    )  # fmt: skip


def haircut(market: Solved) -> pd.DataFrame:
    """Tasks that vanish because they only signalled, and the spending it costs, with 90 % bands."""
    return pd.concat(
        [
            _band(market, topic.signalling_gone(market)).assign(part="Tasks gone"),
            _band(market, topic.signalling_lost(market)).assign(
                part="Spending lost, prices solved"
            ),
        ],
        ignore_index=True,
    )


def premium(market: Solved) -> pd.DataFrame:
    """Premium of best models' compute over cheap models', with its 90 % band. Share."""
    growth = market.drivers.growth
    left = [
        growth_of.premium_left(
            market.drivers.premium[topic.AGENTS], years=t / 4, half_life_years=growth.premium_half_life
        )
        for t in range(len(market.facts.quarters))
    ]  # fmt: skip
    return _band(market, np.stack(left)).assign(part="Premium in the market")


def payroll_curves(market: Solved, book: Book) -> pd.DataFrame:
    """Token spend over payroll by relative cost of token work, at three elasticities.

    ``market_low`` and ``market_high`` bound the relative cost that the market gives at the horizon.
    """
    row = book.row("token_labour_substitution_elasticity")
    sigmas = {value for value in (row.low, row.value, row.high) if value is not None}
    reached = topic.relative_token_cost(market)[market.quarter(HORIZON)]
    low, _, high = summaries.quantiles(reached)
    costs = np.geomspace(0.001, 10, PRICE_STEPS)
    parts = [
        pd.DataFrame(
            {
                "relative_cost": costs,
                "ratio": spending.token_payroll_ratio_after(
                    topic.firm_ratio(), relative_cost=costs, substitution_elasticity=sigma
                ),
                "sigma": f"{sigma:g}",
                "market_low": low,
                "market_high": high,
            }
        )
        for sigma in sorted(sigmas)
    ]
    table = pd.concat(parts, ignore_index=True)
    return table[table["ratio"].between(0.01, 100)].reset_index(drop=True)


def parity(book: Book) -> pd.DataFrame:
    """What it takes for the firm's spend on tokens to equal payroll, by elasticity."""
    row = book.row("token_labour_substitution_elasticity")
    sigmas = sorted({value for value in (row.low, row.value, row.high) if value is not None})
    scale = 1 / topic.firm_ratio()
    rows = []
    for sigma in sigmas:
        needed = float(spending.relative_cost_at_parity(topic.firm_ratio(), sigma))
        if not np.isfinite(needed):
            told = "never by cost alone"
        elif needed < 1:
            told = f"falls to {_short(needed) if needed >= 0.005 else 'below 0.01'} times"
        else:
            told = f"rises to {_short(needed)} times"
        rows.append(
            {"sigma": f"{sigma:g}", "relative_cost": told, "scale": f"{_short(scale)} times"}
        )
    return pd.DataFrame(rows)


def reflection_path(market: Solved) -> pd.DataFrame:
    """Spending told with a common shock and told as contagion, with 90 % bands. USD billion."""
    told = {"A common shock": market.path, "Contagion": topic.told_as_contagion(market)}
    parts = [
        _band(market, path.spend.sum(axis=1) * 4 / USD_BILLION).assign(part=part)
        for part, path in told.items()
    ]
    return pd.concat(parts, ignore_index=True)
