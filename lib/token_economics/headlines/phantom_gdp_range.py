"""Phantom GDP as a range: deflator x boundary x exposure x closure, and which of them matters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book, FloatArray
from token_economics.evidence import quarters
from token_economics.headlines import phantom_gdp_accounts as accounts
from token_economics.headlines.phantom_gdp_accounts import (
    CATEGORIES,
    HARDWARE,
    HORIZON,
    HOUSEHOLD,
    MEMORY,
    NOW,
    SUBSCRIPTIONS,
    Choice,
    Record,
)
from token_economics.headlines.rows import format_number, result
from token_economics.methods import summaries
from token_economics.methods.anova import REMAINDERS, variance_split

RANGE_DRAWS = 1024
FACTORS = ("deflator", "boundary", "exposure", "closure")
DEFLATORS: Mapping[str, float | None] = {
    "follows wages": 0.0,
    "as assumed": None,
    "exact (hedonic)": 1.0,
}
ALL_USES = tuple(range(len(CATEGORIES)))
BOUGHT = (HOUSEHOLD, SUBSCRIPTIONS, HARDWARE, MEMORY)
BOUNDARIES: Mapping[str, tuple[tuple[int, ...], bool]] = {
    "what is bought": (BOUGHT, False),
    "and what is valued at cost": (ALL_USES, False),
    "and what users make": (ALL_USES, True),
}
CLOSURES: Mapping[str, float | None] = {
    "all": 1.0,
    "as assumed": None,
    "none": 0.0,
}
PATH_QUARTERS = 2  # between two points of the path
WHY_IT_GROWS = (
    "Spending on tokens for work, % of GDP",
    "Wages that this work would cost, % of GDP",
    "Paid work among it, % of GDP",
    "Paid work among it, % of exposed work",
    "Volume missed where households buy, %",
    "The gap, % of GDP",
    "The gap if all exposed work were done, % of GDP",
    "Draws with a gap above 1 % of GDP, %",
)


@dataclass(frozen=True)
class Range:
    """Every combination of the four choices, draws last: missing share, and change of measured GDP."""

    levels: tuple[tuple[str, ...], ...]
    phantom: FloatArray
    measured: FloatArray


def exposures(
    draws: Mapping[str, FloatArray], facts: Record, gdp_usd_bn: FloatArray
) -> dict[str, FloatArray]:
    """Wages that tokens could replace by each count, as a part of GDP today, smallest first."""
    counts = accounts.doable_wages(draws, facts)
    return {name: wages / gdp_usd_bn for name, wages in counts.items()}


def factorial(book: Book, quarter: str) -> Range:
    """Accounts of one quarter under each combination of the four choices, joint draws in each."""
    facts, draws = accounts.record(), book.draws(RANGE_DRAWS)
    market = accounts.snapshots(draws, facts, {NOW, quarter})
    snapshot = market[quarter]
    counts = exposures(draws, facts, market[NOW].gdp)
    levels = (tuple(DEFLATORS), tuple(BOUNDARIES), tuple(counts), tuple(CLOSURES))
    shape = (*(len(level) for level in levels), RANGE_DRAWS)
    phantom, measured = np.empty(shape), np.empty(shape)
    for cell in np.ndindex(shape[:-1]):
        deflator, boundary, exposure, closure = (
            level[i] for level, i in zip(levels, cell, strict=True)
        )
        uses, self_made = BOUNDARIES[boundary]
        choice = Choice(
            deflator=DEFLATORS[deflator], uses=uses, self_made=self_made,
            exposed=counts[exposure], reemployed=CLOSURES[closure],
        )  # fmt: skip
        economy = accounts.account(draws, snapshot, choice)
        phantom[cell], measured[cell] = economy.phantom, economy.measured_real_gdp - 1
    return Range(levels, phantom, measured)


def results(book: Book) -> list[dict[str, object]]:
    """The range over the choices, and the part of the spread between them that each makes."""
    found = factorial(book, NOW)
    medians = np.median(found.phantom, axis=-1)
    split = between(found.phantom)
    labels = {
        "deflator": "Choice of deflator in the spread between the four choices",
        "exposure": "Count of what AI can do in that spread",
    }
    return [
        result("phantom_over_choices", "The gap over deflator, boundary, exposure and closure: medians of the combinations",
               float(np.median(medians)), low=float(medians.min()), high=float(medians.max()), level=1.0,
               unit="share", period=book.as_of, digits=2),
        *(
            result(f"{name}_part", label, round(split[name], 3), unit="share", period=book.as_of, digits=2)
            for name, label in labels.items()
        ),
    ]  # fmt: skip


def between(values: FloatArray) -> dict[str, float]:
    """Split of the spread between combinations alone: that of their medians."""
    return variance_split(np.median(values, axis=-1, keepdims=True), FACTORS)


def parts(book: Book) -> pd.DataFrame:
    """Which choice makes the spread of the gap and of measured GDP. Per cent of variance.

    ``gap_now`` and ``gap_horizon`` compare the combinations' medians; ``gap_drawn`` sets them
    against the draws of all other assumptions; ``measured_now`` is that of measured real GDP.
    """
    today, later = factorial(book, NOW), factorial(book, HORIZON)
    columns = {
        "gap_now": between(today.phantom),
        "gap_horizon": between(later.phantom),
        "measured_now": between(today.measured),
        "gap_drawn": variance_split(today.phantom, FACTORS),
    }
    table = pd.DataFrame(columns).loc[[*FACTORS, *REMAINDERS]]
    return (100 * table).round(1).clip(lower=0).reset_index(names="choice")


def cells(book: Book) -> pd.DataFrame:
    """Median gap and its 90 % interval by deflator, boundary and exposure, today. Per cent of GDP.

    Closure is left out: it moves no cell.
    """
    found = factorial(book, NOW)
    deflators, boundaries, counts, _ = found.levels
    rows = []
    for i, j, k in np.ndindex(len(deflators), len(boundaries), len(counts)):
        low, value, high = summaries.quantiles(100 * found.phantom[i, j, k, 0])
        rows.append((deflators[i], boundaries[j], counts[k], value, low, high))
    return pd.DataFrame(rows, columns=["deflator", "boundary", "exposure", "value", "low", "high"])


def choices(book: Book) -> pd.DataFrame:
    """The combinations of deflator and boundary, at the largest count of what AI can do."""
    table = cells(book)
    largest = table["exposure"] == table["exposure"].iloc[-1]
    chosen: pd.DataFrame = table.loc[largest]
    return chosen.reset_index(drop=True)


def growth_of_the_gap(book: Book) -> pd.DataFrame:
    """Why the gap grows as the market runs, and where it stops: medians and 90 % intervals.

    Columns quantity, and one a quarter: the base quarter, today and the horizon.
    """
    facts, draws = accounts.record(), book.draws()
    wanted = (facts.market.base_quarter, NOW, HORIZON)
    columns: dict[str, list[str]] = {"quantity": list(WHY_IT_GROWS)}
    for quarter, snapshot in accounts.snapshots(draws, facts, wanted).items():
        economy, gdp = accounts.account(draws, snapshot), snapshot.gdp
        full = accounts.account_if_all_exposed_work_were_done(draws, snapshot)
        exposed = draws["exposed_share_of_gdp"] * gdp
        measures = (
            snapshot.work.token_spend / gdp,
            economy.work.wage_equivalent / gdp,
            economy.work.replaced / gdp,
            economy.work.replaced / exposed,
            -np.expm1(-economy.sector.phantom[:, HOUSEHOLD]),
            economy.phantom,
            full.phantom,
        )
        above = 100 * float((economy.phantom > 0.01).mean())
        columns[quarter] = [*(_shown(100 * measure) for measure in measures), f"{above:.2g}"]
    return pd.DataFrame(columns)


def _shown(draws: FloatArray) -> str:
    low, middle, high = (format_number(end, 2) for end in summaries.quantiles(draws))
    return f"{middle} ({low} to {high})"


def path(book: Book) -> pd.DataFrame:
    """The gap from the base quarter to the horizon as the market runs, by deflator. Per cent.

    Columns date, quarter, deflator, value, low, high.
    """
    facts, draws = accounts.record(), book.draws()
    wanted = facts.market.quarters[::PATH_QUARTERS]
    market = accounts.snapshots(draws, facts, wanted)
    rows = []
    for quarter, snapshot in market.items():
        for name, capture in DEFLATORS.items():
            economy = accounts.account(draws, snapshot, Choice(deflator=capture))
            low, value, high = summaries.quantiles(100 * economy.phantom)
            rows.append((quarters.end_date(quarter), quarter, name, value, low, high))
    return pd.DataFrame(rows, columns=["date", "quarter", "deflator", "value", "low", "high"])
