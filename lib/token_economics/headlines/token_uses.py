"""Tables behind the charts of where tokens go, all read from one solved market."""

from __future__ import annotations

import numpy as np
import pandas as pd

from token_economics.book.assumptions import FloatArray
from token_economics.evidence import quarters, tables
from token_economics.headlines import where_tokens_go as topic
from token_economics.headlines.market_drivers import USD_BILLION
from token_economics.headlines.token_market import SEGMENT_NAMES
from token_economics.headlines.where_tokens_go import Solved
from token_economics.methods import summaries
from token_economics.models.task_growth import SEGMENTS


def with_range(draws: FloatArray) -> list[str]:
    """Median and 90 % range of each row of draws in words, such as ``60 (5.9 to 240)``."""
    points = np.quantile(draws.reshape(-1, draws.shape[-1]), summaries.QUANTILES, axis=1)
    rows = [[short(value) for value in row] for row in points.T]
    return [mid if low == mid == high else f"{mid} ({low} to {high})" for low, mid, high in rows]


def short(value: float) -> str:
    """Two significant digits, plain.

    Examples
    --------
    >>> [short(value) for value in (0.001, 0.0312, 4.04, 1234.5)]
    ['0', '0.031', '4', '1,200']
    """
    if value < 0.005:
        return "0"
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"


def _band(market: Solved, values: FloatArray) -> pd.DataFrame:
    """Quarters x draws as date, quarter, value, low, high."""
    names = market.facts.quarters
    low, middle, high = np.quantile(values, summaries.QUANTILES, axis=1)
    return pd.DataFrame(
        {
            "date": [quarters.end_date(quarter) for quarter in names],
            "quarter": names,
            "value": middle,
            "low": low,
            "high": high,
        }
    )


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


def reflection_path(market: Solved) -> pd.DataFrame:
    """Spending told with a common shock and told as contagion, with 90 % bands. USD billion."""
    told = {"A common shock": market.path, "Contagion": topic.told_as_contagion(market)}
    parts = [
        _band(market, path.spend.sum(axis=1) * 4 / USD_BILLION).assign(part=part)
        for part, path in told.items()
    ]
    return pd.concat(parts, ignore_index=True)
