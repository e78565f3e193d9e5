"""Speed of the solved market against bare expressions of its arithmetic; run it as a script.

Not collected by pytest: machines differ, ratios less so. Runs alternate, so that what else the
machine does hits all alike, and medians are printed: seconds of processor time, the ratios,
seconds a draw from a thousand draws to a million, and the peak of memory.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from token_economics.book.assumptions import read_book
from token_economics.evidence import quarters
from token_economics.headlines.market import market_drivers
from token_economics.models import market
from token_economics.models.market import MarketDrivers, MarketPath

FloatArray = NDArray[np.float64]
QUARTERS = 32
REPEATS = 7
DRAWS_PER_CHUNK = 8192
NEWTON_STEPS = 4  # what the market needs on average
COUNTS = (1_000, 10_000, 100_000, 1_000_000)


def ratio_draws() -> int:
    """Draws of the main comparison; an argument of the script overrides it."""
    return int(sys.argv[1]) if len(sys.argv) > 1 else 100_000


def long_facts() -> market_drivers.MarketRecord:
    """The record with a horizon so far that the path has 32 quarters."""
    facts = market_drivers.record()
    horizon = quarters.name(quarters.index(facts.base_quarter) + QUARTERS - 1)
    return replace(facts, fleet=replace(facts.fleet, horizon=horizon))


def reduced(path: MarketPath) -> Mapping[str, FloatArray]:
    """What is kept of a chunk."""
    return {"price": path.price[-1], "spend": path.spend[-1].sum(axis=0)}


def bare(drivers: MarketDrivers, *, complete: bool) -> FloatArray:
    """The arithmetic of the market on the same inputs, without records, checks or brackets.

    A fixed number of Newton steps a quarter for four work segments and subscribers, the fleet as
    a sum of vintages, the least of four layers, spend by segment. It does less than the market:
    the merit order of idle vintages, the answer of layers and finance to prices, political
    shocks, signalling and the start of robotics are not in it, and nothing looks whether it has
    arrived. ``complete`` adds what the market records besides: tokens, contracts, full and
    running cost, the value of an accelerator, in every quarter.
    """
    d, fleet, g = drivers.demand, drivers.fleet, drivers.growth
    history, draws = fleet.shipped.shape
    shipped = np.concatenate([fleet.shipped, np.zeros((QUARTERS - 1, draws))])
    price = d.quota_budget_usd / d.subscriber_hours
    contract, spend = drivers.contract_price, np.zeros(draws)
    for t in range(QUARTERS):
        if t:
            limits = np.concatenate(
                [fleet.flow_limits[:, t - 1], fleet.power_gw[t - 1][None] * 1e5]
            )
            shipped[history - 1 + t] = limits.min(axis=0)
        vintages = shipped[: history + t] * fleet.survival[: history + t][::-1]
        in_service = vintages.sum(axis=0)
        hours = 2191.5 * fleet.sold_share * in_service
        years = t / 4
        tasks = d.tasks * 25 / (1 + 24 * np.exp(-1.04 * g.task_growth[0] * years))
        needed = d.hours_per_task * np.exp((g.tokens_per_task - g.throughput) * years)
        review = d.review_usd * np.exp(g.wages * years)
        log_price = np.log(price)
        for _ in range(NEWTON_STEPS):
            price = np.exp(log_price)
            token_cost = d.price_factor * needed * price
            cost = review + token_cost
            u = (d.log_median_value - np.log(cost)) / d.log_value_sd
            scale = tasks * needed
            density = np.exp(-0.5 * u * u) * 0.3989422804014327
            quota = d.quota_budget_usd / price
            subscribed = np.minimum(d.subscriber_hours, quota)
            asked = (scale * special.ndtr(u)).sum(axis=0) + subscribed
            slope = -(scale * density / d.log_value_sd * (token_cost / cost)).sum(axis=0)
            slope -= np.where(quota < d.subscriber_hours, subscribed, 0.0)
            step = np.log(asked / hours) / np.minimum(slope / asked, -0.05)
            log_price = np.clip(log_price - np.clip(step, -2, 2), -5, 8)
        u = (d.log_median_value - np.log(review + d.price_factor * needed * price)) / d.log_value_sd
        used = tasks * needed * special.ndtr(u)
        spend = (d.price_factor * price * used).sum(axis=0)
        if complete:
            contract, spend = _also_recorded(
                drivers, t, price=price, used=used, vintages=vintages, contract=contract
            )
    return np.asarray(spend)


def _also_recorded(
    drivers: MarketDrivers,
    t: int,
    *,
    price: FloatArray,
    used: FloatArray,
    vintages: FloatArray,
    contract: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Tokens, contracts, costs and the value of an accelerator of a quarter; what changes them."""
    d, fleet, g = drivers.demand, drivers.fleet, drivers.growth
    subscribed = np.minimum(d.subscriber_hours, d.quota_budget_usd / price)
    hours = np.concatenate([used, subscribed[None]])
    tokens = hours * drivers.throughput * np.exp(g.throughput * t / 4)
    renewed = (1 - drivers.renewal_share) * contract + drivers.renewal_share * price
    paid = drivers.contract_share * renewed + (1 - drivers.contract_share) * price
    running = (fleet.running_cost[: len(vintages)] * vintages).sum(axis=0) / vintages.sum(axis=0)
    fall = np.log1p(fleet.discount_rate) + fleet.rent_decline
    rent_years = -np.expm1(-fall * fleet.life_years) / fall
    full = running + fleet.price_trend[t] / rent_years / 8766
    value = 8766 * np.maximum(price - running, 0) * rent_years / fleet.price_trend[t]
    spend = (d.price_factor * price * used).sum(axis=0)
    return renewed, np.asarray(spend + 0 * (tokens.sum(axis=0) + paid + full + value))


def chunks(drivers: MarketDrivers) -> Iterator[MarketDrivers]:
    """The drivers of some draws after another, as the market runs."""
    for start in range(0, drivers.contract_price.size, DRAWS_PER_CHUNK):
        yield taken(drivers, slice(start, start + DRAWS_PER_CHUNK))


def taken(drivers: Any, chosen: slice) -> Any:
    """Every array cut on its last axis, in records inside them too."""
    if isinstance(drivers, np.ndarray):
        return drivers[..., chosen]
    if not is_dataclass(drivers):
        return drivers  # no draws in it
    parts = {field.name: taken(getattr(drivers, field.name), chosen) for field in fields(drivers)}
    return replace(drivers, **parts)


def in_chunks(drivers: MarketDrivers, *, complete: bool) -> None:
    """The bare expression, chunk by chunk."""
    for chunk in chunks(drivers):
        bare(chunk, complete=complete)


def solved(drivers: MarketDrivers) -> None:
    """The market as the topic solves it."""
    for chunk in chunks(drivers):
        reduced(market.simulate(chunk, QUARTERS - 1))


def seconds(work: Callable[[], None]) -> float:
    """Processor time of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def taken_in_turn(draws: int, repeats: int) -> dict[str, NDArray[np.float64]]:
    """Seconds of the market and of the bare expressions, run in turn."""
    drivers = market_drivers.drivers(read_book().draws(draws), long_facts())
    runs = {
        "market": partial(solved, drivers),
        "bare": partial(in_chunks, drivers, complete=False),
        "bare with all that is recorded": partial(in_chunks, drivers, complete=True),
    }
    spent = np.array([[seconds(work) for work in runs.values()] for _ in range(repeats)])
    return dict(zip(runs, spent.T, strict=True))


def ratio(draws: int, repeats: int) -> float:
    """How many times as long as the bare expression of all that it records the market takes."""
    spent = taken_in_turn(draws, repeats)
    return float(np.median(spent["market"] / spent["bare with all that is recorded"]))


def main() -> None:
    """Print the ratios and the growth with draws."""
    book, facts, draws = read_book(), long_facts(), ratio_draws()
    spent_by = taken_in_turn(draws, REPEATS)
    print(f"{draws} draws x {QUARTERS} quarters, median of {REPEATS} alternating runs")
    for name, spent in spent_by.items():
        times = np.median(spent_by["market"] / spent)
        print(f"{name}: {np.median(spent):.2f} s; market over it {times:.2f}")
    for count in COUNTS:
        used = 0.0
        for start in range(0, count, 100_000):
            size = min(100_000, count - start)
            part = market_drivers.drivers(replace(book, seed=book.seed + start).draws(size), facts)
            used += seconds(partial(solved, part))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{count:>9} draws: {used:7.2f} s, {1e6 * used / count:6.1f} us a draw, "
            f"peak {peak:.0f} MiB"
        )


if __name__ == "__main__":
    main()
