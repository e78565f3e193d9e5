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
from numpy.typing import NDArray

from token_economics.book.assumptions import FloatArray
from token_economics.evidence import tables
from token_economics.headlines.market_drivers import USD_BILLION
from token_economics.headlines.supply_fleet import LAYER_NAMES
from token_economics.models import supply
from token_economics.models.market import MarketPath

SHARED = ("Wafers for all memory", "Demand for conventional memory")
NAMES = {**LAYER_NAMES, "dram_hbm": "Memory for accelerators"}
LABELS = (*(NAMES[name] for name in supply.LAYERS), *SHARED)


class Programme(NamedTuple):
    """Values of both products, needs of layers, and limits; quarters and draws first. [USD, -, H100e]"""

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


def programme(
    draws: Mapping[str, FloatArray], path: MarketPath, quarters: NDArray[np.int_]
) -> Programme:
    """The plans of quarters, each so many after the base quarter.

    An accelerator is worth its rents less its price, with its memory bought at the price that
    conventional buyers pay, so moving wafers is worth the difference.
    """
    years = quarters[:, None] / supply.QUARTERS_PER_YEAR
    memory = (1 + draws["dram_bits_per_h100e_change_per_year"]) ** years
    per_unit = memory_revenue_per_unit(draws, path) * memory
    surplus = path.investment_value[quarters] - path.accelerator_price[quarters]
    values = np.stack([surplus + per_unit, per_unit], axis=-1)
    wafers = path.additions[0] / draws["hbm_wafer_share"] / memory
    grown = wafers * (1 + draws["dram_bit_growth_per_year"]) ** years
    wanted = (wafers - path.additions[0] / memory) * (
        1 + draws["conventional_dram_demand_growth_per_year"]
    ) ** years
    shared = np.stack([grown, wanted], axis=-1)
    limits = np.concatenate([path.limits[quarters].swapaxes(1, 2), shared], axis=-1)
    own, other = np.ones(len(LABELS)), np.zeros(len(LABELS))
    own[-1], other[-2:] = 0.0, 1.0
    return Programme(values, np.stack([own, other], axis=-1), limits)
