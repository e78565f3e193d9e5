"""What spending on tokens grew by, split exactly over its factors, with the error of the panels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book, FloatArray
from token_economics.evidence import tables
from token_economics.headlines import price_of_tokens
from token_economics.headlines.jevons_evidence import mix_prices, mix_wide
from token_economics.methods import hedonics
from token_economics.models import rebound

FACTORS = (
    "Users",
    "Tasks a user",
    "Tokens a task",
    "Dearer tiers in the mix",
    "List price of a tier",
    "Metering: input share and cache",
)
KNOWN = {
    "Users": "Several panels",
    "Tasks a user": "Not observed: what is left",
    "Tokens a task": "Several panels",
    "Dearer tiers in the mix": "One panel, weights unstated",
    "List price of a tier": "One panel, weights unstated",
    "Metering: input share and cache": "Assumed",
    "Spending": "Run-rates of two labs",
}
LABS = ("Anthropic", "OpenAI")


@dataclass(frozen=True)
class Readings:
    """Growth of each observed factor over the span of the mix, one number a panel. [times]"""

    start: str
    end: str
    spend: float
    users: Mapping[str, float]
    tokens_per_task: Mapping[str, float]
    sources: tuple[str, ...]


@tables.once
def readings() -> Readings:
    """What the panels say of each factor, brought to the months that the mix covers."""
    mix = mix_prices()
    start, end = mix["date"].iloc[0], mix["date"].iloc[-1]
    years = float((end - start).days / hedonics.DAYS_PER_YEAR)
    revenue = [tables.series("revenue", "revenue_run_rate", lab) for lab in LABS]
    chat = tables.series("token-volumes", "active_users_weekly", "ChatGPT")
    firms = tables.series("firm-spend", "paid_ai_adoption", "US firms on Ramp")
    multipliers = tables.read("token-multipliers")
    spend = sum(_at(frame, end) for frame in revenue) / sum(_at(frame, start) for frame in revenue)
    request = _router_request_growth()
    output = {
        str(row["entity"]): float(row["value"]) ** years
        for row in multipliers[multipliers["variable"] == "output_tokens_growth"].to_dict("records")
    }
    sources = [frame["source_id"] for frame in (*revenue, chat, firms)]
    return Readings(
        start=mix["period"].iloc[0],
        end=mix["period"].iloc[-1],
        spend=float(spend),
        users={
            "ChatGPT, weekly users": _at(chat, end) / _at(chat, start),
            "US firms that pay, one card": _at(firms, end) / _at(firms, start),
        },
        tokens_per_task={
            "Router, tokens a request": request**years,
            **{f"{name}, output": value for name, value in output.items()},
        },
        sources=tuple(sorted({name for column in sources for name in column})),
    )


def _at(frame: pd.DataFrame, date: pd.Timestamp) -> float:
    """A series at a date: log-linear between points, the mean of low and high where no value."""
    known = frame.assign(value=frame["value"].fillna((frame["low"] + frame["high"]) / 2))
    ordered = known.sort_values("date").drop_duplicates("date")
    days = ordered["date"].astype("int64").to_numpy(dtype=np.float64)
    at = float(pd.Series([date]).astype(ordered["date"].dtype).astype("int64").iloc[0])
    return float(np.exp(np.interp(at, days, np.log(ordered["value"].to_numpy(dtype=np.float64)))))


def _router_request_growth() -> float:
    """Growth a year of tokens in a router request, both ways. [times/year]"""
    both = [
        tables.series("token-multipliers", name, "OpenRouter").set_index("date")["value"]
        for name in ("prompt_tokens_per_request", "completion_tokens_per_request")
    ]
    total = both[0] + both[1]
    years = (total.index[-1] - total.index[0]).days / hedonics.DAYS_PER_YEAR
    return float((total.iloc[-1] / total.iloc[0]) ** (1 / years))


def token_shares(weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Shares of the tiers in tokens at both ends, by what the panel's shares are shares of.

    Weight 0 reads them as shares of spending at list price, 1 as shares of tokens, and between as
    a geometric mean of both. Draws down, tiers across.
    """
    prices, tokens = mix_wide()
    ends = []
    for row in (0, -1):
        as_spend = tokens[row] / tokens[row].sum()
        as_tokens = tokens[row] * prices[row] / (tokens[row] * prices[row]).sum()
        mixed = as_spend ** (1 - weight[:, None]) * as_tokens ** weight[:, None]
        ends.append(mixed / mixed.sum(axis=1, keepdims=True))
    return ends[0], ends[1]


def contributions(book: Book) -> FloatArray:
    """Log contribution of each factor to the growth of spending, draws by factors; no residual.

    What all tiers share multiplies spending by its own growth; what a token costs is split over
    tiers by the logarithmic mean Divisia index. Each panel's growth stands for the market's with an error; between panels every weight is as
    likely. Tasks a user are what the identity leaves.
    """
    draws, found = book.draws(), readings()
    n = len(draws["panel_mismatch_log_sd"])
    rng = np.random.default_rng([book.seed, len(FACTORS)])

    def between(panels: Mapping[str, float]) -> FloatArray:
        logs = np.log(list(panels.values()))
        place = rng.uniform(size=n)
        return np.asarray(logs.min() + place * (logs.max() - logs.min()) + error())

    def error() -> FloatArray:
        return np.asarray(rng.normal(size=n) * draws["panel_mismatch_log_sd"])

    prices, _ = mix_wide()
    base_mix, mix = token_shares(rng.uniform(size=n))
    price = prices[-1] * np.exp(error())[:, None]
    users, length = np.exp(between(found.users)), np.exp(between(found.tokens_per_task))
    metering = price_of_tokens.paid_over_list(draws)["metering_multiple"]
    spend = found.spend * np.exp(error())
    cost = np.log(
        rebound.lmdi_multiplicative(
            np.stack([base_mix, np.broadcast_to(prices[0], base_mix.shape)], axis=-1),
            np.stack([mix, price], axis=-1),
        )
    )
    tasks = spend / (users * length * np.exp(cost.sum(axis=1)) * metering)
    common = (np.log(factor) for factor in (users, tasks, length))
    return np.stack([*common, cost[:, 0], cost[:, 1], np.log(metering)], axis=1)


def multiples(book: Book) -> dict[str, FloatArray]:
    """Factor by which each part multiplied spending, and all of them together, as draws. [times]"""
    logs = contributions(book)
    parts = {factor: np.exp(logs[:, at]) for at, factor in enumerate(FACTORS)}
    return {**parts, "Spending": np.exp(logs.sum(axis=1))}


def implied_tokens(book: Book) -> FloatArray:
    """Growth of tokens a year that spending and price imply: users, tasks and tokens a task."""
    found = readings()
    months = pd.Period(found.end, freq="M").ordinal - pd.Period(found.start, freq="M").ordinal
    return np.asarray(np.exp(contributions(book)[:, :3].sum(axis=1) * 12 / months))
