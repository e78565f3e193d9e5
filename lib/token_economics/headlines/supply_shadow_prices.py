"""What one more unit of a layer is worth: two products that share wafers, as a linear programme.

Accelerators and conventional memory draw on the same wafer starts; logic, memory lines for
accelerators, money and power limit accelerators alone, and buyers of conventional memory want so
much and no more. Layers are counted in the accelerators that they allow, memory in what one
accelerator takes. Weakly evidenced layers are not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book, FloatArray
from token_economics.evidence import tables
from token_economics.headlines import market_drivers, market_memo
from token_economics.headlines.market_drivers import USD_BILLION, MarketRecord
from token_economics.headlines.supply_fleet import LAYER_NAMES
from token_economics.models import allocation, supply
from token_economics.models.market import MarketPath

SHARED = ("Wafers for all memory", "Demand for conventional memory")
NAMES = {**LAYER_NAMES, "dram_hbm": "Memory for accelerators"}
LABELS = (*(NAMES[name] for name in supply.LAYERS), *SHARED)
STEP = 1e-6  # relative change of a layer: small enough to stay at a corner
WORTHLESS = 1.0  # USD: a smaller shadow price is none


class Programme(NamedTuple):
    """Values of both products, needs of layers, and limits; draws first. [USD, -, H100e]"""

    values: FloatArray
    needs: FloatArray
    limits: FloatArray


def memory_revenue_per_unit(draws: Mapping[str, FloatArray], path: MarketPath) -> FloatArray:
    """Revenue of wafers that the memory of one accelerator takes, base quarter, draws. [USD]

    All wafers are valued alike: revenue of the industry times the share of wafers that goes to
    accelerators, over the accelerators made.
    """
    quarter = tables.series("memory", "dram_revenue", "DRAM industry").set_index("period")
    revenue = float(quarter["value"]["2025Q4"]) * USD_BILLION
    return np.asarray(revenue * draws["hbm_wafer_share"] / path.additions[0])


def programme(draws: Mapping[str, FloatArray], path: MarketPath, quarter: int) -> Programme:
    """The plan of a quarter, so many after the base quarter.

    An accelerator is worth its rents less its price, with its memory bought at the price that
    conventional buyers pay, so moving wafers is worth the difference.
    """
    years = quarter / 4
    memory = (1 + draws["dram_bits_per_h100e_change_per_year"]) ** years
    per_unit = memory_revenue_per_unit(draws, path) * memory
    surplus = path.investment_value[quarter] - path.accelerator_price[quarter]
    values = np.stack([surplus + per_unit, per_unit], axis=-1)
    wafers = path.additions[0] / draws["hbm_wafer_share"] / memory
    grown = wafers * (1 + draws["dram_bit_growth_per_year"]) ** years
    wanted = (wafers - path.additions[0] / memory) * (
        1 + draws["conventional_dram_demand_growth_per_year"]
    ) ** years
    limits = np.column_stack([path.limits[quarter].T, grown, wanted])
    own, other = np.ones(len(LABELS)), np.zeros(len(LABELS))
    own[-1], other[-2:] = 0.0, 1.0
    return Programme(values, np.stack([own, other], axis=-1), limits)


def _solved(
    book: Book, *, points: bool
) -> tuple[Mapping[str, FloatArray], MarketPath, MarketRecord]:
    facts = market_drivers.record()
    draws = book.points() if points else book.draws()
    drivers = market_memo.drivers(draws, facts)
    return draws, market_memo.solved(drivers, facts.quarters_ahead), facts


def year_ends(facts: MarketRecord) -> list[str]:
    """Fourth quarters of the path after the base quarter."""
    return [quarter for quarter in facts.quarters[1:] if quarter.endswith("Q4")]


def on_base_path(book: Book) -> pd.DataFrame:
    """Shadow prices of the programme on the base path: solver's dual, and worth of more and less.

    A row a year's end and layer with a worth either way. Where the two worths differ there is a
    tie and the dual is one of many; ``tie`` is left out where no row has one. USD per H100e that
    the layer allows.
    """
    draws, path, facts = _solved(book, points=True)
    rows = []
    for quarter in year_ends(facts):
        plan = programme(draws, path, facts.quarters.index(quarter))
        values, limits = plan.values[0], plan.limits[0]
        duals = allocation.linear_plan(values, plan.needs, limits).duals
        worth = allocation.shadow_prices_of_two(values, plan.needs, limits, step=STEP)
        for place, label in enumerate(LABELS):
            more, less = float(worth.of_one_more[place]), float(worth.of_one_less[place])
            if max(more, less) < WORTHLESS:
                continue
            tie = less - more > 0.01 * less
            rows.append(
                {
                    "quarter": quarter,
                    "layer": label,
                    "dual": round(float(duals[place])),
                    "one_more": round(more),
                    "one_less": round(less),
                    "tie": "yes" if tie else "no",
                }
            )
    table = pd.DataFrame(rows)
    return table if (table["tie"] == "yes").any() else table.drop(columns="tie")


def over_draws(book: Book) -> pd.DataFrame:
    """Shadow prices over joint draws by corners: how often a layer is worth something, and how much.

    Columns: quarter, layer, share of draws with a worth, median and 90 % interval of the worth
    where there is one. USD per H100e that the layer allows.
    """
    draws, path, facts = _solved(book, points=False)
    rows = []
    for quarter in year_ends(facts)[:2]:
        plan = programme(draws, path, facts.quarters.index(quarter))
        worth = allocation.shadow_prices_of_two(*plan, step=STEP).of_one_more
        for place, label in enumerate(LABELS):
            found = worth[:, place]
            scarce = found[found > WORTHLESS]
            low, middle, high = (
                np.quantile(scarce, (0.05, 0.5, 0.95)) if scarce.size else (np.nan,) * 3
            )
            rows.append(
                {
                    "quarter": quarter,
                    "layer": label,
                    "share": round(100 * scarce.size / found.size),
                    "median": np.round(middle, -2),
                    "low": np.round(low, -2),
                    "high": np.round(high, -2),
                }
            )
    return pd.DataFrame(rows)
