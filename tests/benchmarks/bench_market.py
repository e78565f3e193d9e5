"""Speed of the solved market against a bare expression of its arithmetic; run it as a script.

Not collected by pytest: machines differ, ratios less so. Prints seconds, the ratio to the bare
expression, seconds a draw from a thousand draws to a million, and the peak of memory.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

from token_economics import market_path
from token_economics.assumptions import read_book
from token_economics.market_path import MarketDrivers, MarketPath
from token_economics.topics import market_drivers

FloatArray = NDArray[np.float64]
QUARTERS, CHUNK = 32, 4096
NEWTON_STEPS = 4  # what the market needs on average
COUNTS = (1_000, 10_000, 100_000, 1_000_000)


def ratio_draws() -> int:
    """Draws of the main comparison; an argument of the script overrides it."""
    return int(sys.argv[1]) if len(sys.argv) > 1 else 100_000


def long_facts() -> market_drivers.MarketRecord:
    """The record with a horizon so far that the path has 32 quarters."""
    facts = market_drivers.record()
    from token_economics import quarters

    horizon = quarters.name(quarters.index(facts.base_quarter) + QUARTERS - 1)
    return replace(facts, fleet=replace(facts.fleet, horizon=horizon))


def reduced(path: MarketPath) -> Mapping[str, FloatArray]:
    """What is kept of a chunk."""
    return {"price": path.price[-1], "spend": path.spend[-1].sum(axis=0)}


def bare(drivers: MarketDrivers) -> FloatArray:
    """The same arithmetic on the same inputs without records, checks, contracts or brackets.

    A fixed number of Newton steps a quarter for four work segments and subscribers, the fleet as
    a sum of vintages, the least of four layers, spend and tokens by segment.
    """
    d, fleet, g = drivers.demand, drivers.fleet, drivers.growth
    history, draws = fleet.shipped.shape
    shipped = np.concatenate([fleet.shipped, np.zeros((QUARTERS - 1, draws))])
    price = d.quota_budget_usd / d.subscriber_hours
    spend = np.zeros(draws)
    for t in range(QUARTERS):
        if t:
            limits = np.concatenate(
                [fleet.flow_limits[:, t - 1], fleet.power_gw[t - 1][None] * 1e5]
            )
            shipped[history - 1 + t] = limits.min(axis=0)
        vintages = shipped[: history + t] * fleet.survival[: history + t][::-1]
        hours = 2191.5 * fleet.sold_share * vintages.sum(axis=0)
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
        spend = (d.price_factor * price * tasks * needed * special.ndtr(u)).sum(axis=0)
    return np.asarray(spend)


def in_chunks(drivers: MarketDrivers, draws: int) -> None:
    """The bare expression, chunk by chunk, as the market runs."""
    for start in range(0, draws, CHUNK):
        bare(market_path.take(drivers, slice(start, start + CHUNK)))


def seconds(work: object, *arguments: object) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work(*arguments)  # type: ignore[operator]
    return time.perf_counter() - start


def main() -> None:
    """Print the ratio and the growth with draws."""
    book, facts, draws = read_book(), long_facts(), ratio_draws()
    drivers = market_drivers.drivers(book.draws(draws), facts)

    def solved() -> None:
        market_path.simulate_in_chunks(drivers, QUARTERS - 1, reduce=reduced, draws_per_chunk=CHUNK)

    ours, plain = seconds(solved), seconds(in_chunks, drivers, draws)
    print(
        f"{draws} draws x {QUARTERS} quarters: {ours:.2f} s; bare {plain:.2f} s; ratio {ours / plain:.2f}"
    )
    for count in COUNTS:
        taken = 0.0
        for start in range(0, count, 100_000):
            size = min(100_000, count - start)
            part = market_drivers.drivers(replace(book, seed=book.seed + start).draws(size), facts)
            taken += seconds(
                lambda part=part: market_path.simulate_in_chunks(
                    part, QUARTERS - 1, reduce=reduced, draws_per_chunk=CHUNK
                )
            )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{count:>9} draws: {taken:7.2f} s, {1e6 * taken / count:6.1f} us a draw, peak {peak:.0f} MiB"
        )


if __name__ == "__main__":
    main()
