"""Indexes of the panel of list prices, and of a made-up one of 10⁵ spells; run it as a script.

Not collected by pytest: machines differ. Prints seconds of processor of each step, least of rounds,
from tables that are already read, and fails where all of them together take longer than a second for
the panel of the report, or ten for the large one. The bootstrap of the frequency is told apart.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from token_economics.evidence import tables
from token_economics.methods.prices import (
    dispersion,
    office_rules,
    panel_indices,
    premium,
    price_changes,
    price_panel,
)
from token_economics.methods.prices.price_panel import Panel
from token_economics.methods.prices.within_trend import within_trend

REAL_SECONDS, LARGE_SECONDS = 1.0, 10.0
LARGE_SPELLS = 100_000
GOODS, TIERS, VENDORS, LEVEL, DRAWS = 4000, 3, 40, 0.9, 2000


def real() -> tuple[pd.DataFrame, pd.Series]:
    """Spells of the report, one good a model's last name, and the days of its catalogue."""
    spells = tables.read("list-prices")
    good = spells["model"].str.rsplit("/", n=1).str[-1]
    return spells.assign(good=good, tier=0), tables.read("price-snapshots")["day"]


def large(count: int) -> tuple[pd.DataFrame, pd.Series]:
    """As many made-up spells, two a listing, on the same days."""
    rng = np.random.default_rng(0)
    days = tables.read("price-snapshots")["day"]
    listings = count // 2
    edges = np.sort(rng.integers(0, len(days) - 1, (listings, 2)), axis=1)
    last = np.minimum(edges[:, 1] + rng.integers(1, 9, listings), len(days) - 1)
    number = np.arange(listings)
    listed = pd.DataFrame(
        {
            "provider": "vendor " + pd.Series(number % VENDORS).astype(str),
            "model": "model " + pd.Series(number).astype(str),
            "good": "good " + pd.Series(number // VENDORS % GOODS).astype(str),
            "tier": number % TIERS,
            "input_usd_per_mtok": rng.lognormal(0, 1, listings),
        }
    )
    first = listed.assign(first=edges[:, 0], last=np.maximum(edges[:, 1] - 1, edges[:, 0]))
    second = listed.assign(first=first["last"] + 1, last=np.maximum(last, first["last"] + 1))
    second["input_usd_per_mtok"] *= rng.lognormal(-0.2, 0.3, listings)
    spells = pd.concat([first, second], ignore_index=True)
    dated = {f"{end}_seen": days.to_numpy()[spells[end]] for end in ("first", "last")}
    return spells.assign(output_usd_per_mtok=4 * spells["input_usd_per_mtok"], **dated), days


def steps(spells: pd.DataFrame, days: pd.Series) -> dict[str, Callable[[], object]]:
    """What is timed, in order; later steps use the panel of the first."""

    def build() -> Panel:
        price = price_panel.blended(
            spells["input_usd_per_mtok"], spells["output_usd_per_mtok"], input_share=0.75
        )
        return price_panel.panel(spells, days, price=price, columns=["good", "tier"])

    made = build()
    vendor, tier = made.ids["provider"], made.ids["tier"]
    groups = vendor + " " + tier.astype(str)
    ones = pd.DataFrame(1.0, index=made.days, columns=sorted(set(tier)))
    shares = panel_indices.class_shares(made, tier, ones)
    quality = np.random.default_rng(1).normal(0.0, 1.0, len(made.ids))
    given = {"quality": quality, "comparable_within": 0.1, "classes": tier}

    def offices() -> None:
        for rule in (office_rules.newest_of_group, office_rules.held_until_delisted):
            office_rules.office_indices(made, rule(made, groups), **given)

    def both(bilateral: np.ndarray) -> None:
        panel_indices.chained(bilateral)
        panel_indices.geks(bilateral)

    def law_of_one_price() -> None:
        sold = dispersion.offers(made, made.ids["good"])
        within_trend(
            dispersion.spread(sold),
            outcome="standard_deviation", unit="good", cluster="good", level=LEVEL,
        )  # fmt: skip
        dispersion.convergence(sold, level=LEVEL)

    def frequency() -> None:
        price_changes.frequency(price_changes.pairs(made), level=LEVEL)
        price_changes.hazard_by_age(price_changes.spells(made), level=LEVEL)

    return {
        "panel from spells": build,
        "Jevons, chained and GEKS": lambda: both(panel_indices.jevons(made)),
        "shares of classes": lambda: panel_indices.class_shares(made, tier, ones),
        "Fisher, chained and GEKS": lambda: both(panel_indices.fisher(made, shares)),
        "Törnqvist, chained and GEKS": lambda: both(panel_indices.tornqvist(made, shares)),
        "time-product dummy, plain": lambda: panel_indices.time_product_dummy(made),
        "time-product dummy, weighted": lambda: panel_indices.time_product_dummy(made, shares),
        "hedonic time dummy": lambda: panel_indices.hedonic_time_dummy(made, quality),
        "offices' rules, two samples": offices,
        "frequency and hazard": frequency,
        "law of one price": law_of_one_price,
        "premium of the newest": lambda: premium.premium_profile(premium.premia(made), level=LEVEL),
    }


def clustered(spells: pd.DataFrame, days: pd.Series) -> Callable[[], object]:
    """The bootstrap of the frequency over vendors."""
    made = price_panel.panel(spells, days, price=spells["input_usd_per_mtok"])
    pairs = price_changes.pairs(made)
    return lambda: price_changes.clustered_frequency(
        pairs, cluster="provider", level=LEVEL, draws=DRAWS, rng=np.random.default_rng(0)
    )


def seconds(call: Callable[[], object], rounds: int) -> float:
    """Processor time of a call, least of rounds."""
    taken = []
    for _ in range(rounds):
        started = time.process_time()
        call()
        taken.append(time.process_time() - started)
    return min(taken)


def main() -> None:
    """Measure, print and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spells", type=int, default=LARGE_SPELLS)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    data = {"report": real(), "large": large(asked.spells)}
    todo = {name: steps(*given) for name, given in data.items()}
    taken = {
        name: {step: seconds(call, asked.rounds) for step, call in calls.items()}
        for name, calls in todo.items()
    }
    counts = {name: len(given[0]) for name, given in data.items()}
    print(f"{'spells':32} " + " ".join(f"{count:>9,}" for count in counts.values()))
    for step in todo["report"]:
        print(f"{step:32} " + " ".join(f"{taken[name][step]:9.4f}" for name in data))
    total = {name: sum(steps.values()) for name, steps in taken.items()}
    print(f"{'all':32} " + " ".join(f"{total[name]:9.4f}" for name in data))
    boots = [seconds(clustered(*given), 1) for given in data.values()]
    print(f"{f'bootstrap, {DRAWS} draws':32} " + " ".join(f"{boot:9.4f}" for boot in boots))
    if total["report"] > REAL_SECONDS or total["large"] > LARGE_SECONDS:
        sys.exit("too slow")


if __name__ == "__main__":
    main()
