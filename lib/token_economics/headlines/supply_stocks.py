"""Stocks and sharing that carry no probability: processors, and memory left for other buyers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from token_economics.book.assumptions import FloatArray
from token_economics.evidence import quarters, tables
from token_economics.headlines import market_memo
from token_economics.headlines.market_drivers import MarketRecord
from token_economics.headlines.rows import result
from token_economics.methods import summaries
from token_economics.models import memory, processors
from token_economics.models.market import MarketPath
from token_economics.models.processors import ProcessorNeed
from token_economics.models.task_growth import SEGMENTS

YEARS_AHEAD = 3


def needed_processors(draws: Mapping[str, FloatArray], path: MarketPath) -> ProcessorNeed:
    """Processors that AI needs along a solved market, over those of the base quarter.

    What agents do is counted in their tokens; before the base quarter these grew as tasks and
    tokens for a task do in the book.
    """
    activity = path.tokens[:, SEGMENTS.index("agentic")]
    code = processors.code_stock(
        activity,
        retirement_share=processors.quarterly_retirement(
            draws["generated_code_retirement_per_year"]
        ),
        growth_before_per_year=draws["agentic_task_growth_log_per_year"]
        + draws["tokens_per_task_growth_log_per_year"],
    )
    return processors.processor_need(
        fleet=path.fleet,
        agent_activity=activity,
        code=code,
        agents_per_host=draws["processor_agents_per_host_ratio"],
        code_per_host=draws["processor_code_per_host_ratio"],
        work_growth_per_year=draws["processor_work_growth_per_year"],
    )


def memory_left(draws: Mapping[str, FloatArray], path: MarketPath) -> tuple[FloatArray, FloatArray]:
    """Bits for conventional buyers and their contract price over the base quarter's, by quarter."""
    years = np.arange(path.additions.shape[0])[:, None] / 4
    return conventional_memory(draws, years, path.additions / path.additions[0])


def conventional_memory(
    draws: Mapping[str, FloatArray], years: float | FloatArray, accelerators: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Bits and contract price over the base quarter's, for accelerators made over those made then."""
    bits = memory.conventional_bits(
        years,
        bit_growth_per_year=draws["dram_bit_growth_per_year"],
        hbm_share=draws["hbm_wafer_share"],
        accelerators_multiple=accelerators,
        bits_per_accelerator_change=draws["dram_bits_per_h100e_change_per_year"],
    )
    price = memory.contract_price_multiple(
        years,
        bits_multiple=bits,
        demand_growth_per_year=draws["conventional_dram_demand_growth_per_year"],
        elasticity_magnitude=draws["dram_demand_elasticity_magnitude"],
    )
    return bits, price


def headlines(draws: Mapping[str, FloatArray], facts: MarketRecord) -> dict[str, FloatArray]:
    """Headline results of both for given draws, three years after the base quarter."""
    path = market_memo.solved(market_memo.drivers(draws, facts), facts.quarters_ahead)
    at, two = 4 * YEARS_AHEAD, 8
    need = needed_processors(draws, path).total[at]
    bits, price = memory_left(draws, path)
    return {
        "processor_growth": processors.yearly_growth(need, years=YEARS_AHEAD),
        "processors_over_compute": need / (path.fleet[at] / path.fleet[0]),
        "conventional_memory": bits[two],
        "memory_price_two_years_on": price[two],
    }


def results(drawn: Mapping[str, FloatArray], facts: MarketRecord) -> list[dict[str, object]]:
    """Rows of headline results, with what the record says of growth of server processors."""
    base = facts.base_quarter
    later = quarters.name(quarters.index(base) + 4 * YEARS_AHEAD)
    two = quarters.name(quarters.index(base) + 8)
    growth = tables.series("chipmakers", "data_center_revenue_growth", "Intel").iloc[-1]

    def model(name: str, label: str, unit: str, period: str) -> dict[str, object]:
        low, value, high = summaries.quantiles(drawn[name])
        return result(name, label, value, low=low, high=high, unit=unit, period=period, digits=2)

    return [
        model("processor_growth", "Growth of processors that AI needs a year", "share", f"{base} to {later}"),
        model("processors_over_compute", "Processors needed over compute in service, base quarter one", "times", later),
        result("processors_bind", "Probability that processors limit additions", float("nan"), unit="share", period=later, status="not_identified"),
        result("processor_revenue_growth", "Growth of one maker's server revenue, prices and units", float(growth["value"]) / 100,
               unit="share", period=str(growth["period"]), digits=2, source_id=str(growth["source_id"])),
        model("conventional_memory", "Memory left for conventional buyers, over the base quarter", "times", two),
        model("memory_price_two_years_on", "Contract price of memory that this implies, over the base quarter", "times", two),
    ]  # fmt: skip


NOT_EVALUATED = (
    ("Processors", "lead-times", "Server CPU", "lead_time",
     "need per accelerator, agent and line of code; processors installed for AI"),
    ("Copper foil", "lead-times", "HVLP4 copper foil", "shortfall",
     "foil for a rack; what the shortfall is measured against"),
    ("Power management chips", "lead-times", "Power management chip", "lead_time",
     "chips for a rack; how much of the capacity AI takes"),
)  # fmt: skip
NO_ROW = (
    ("Glass cloth", "one maker with most of the market, said to be full", "weak", "any quantity"),
    ("FPGAs in racks", "one spoken figure, no second source", "weak", "any quantity, any price"),
    ("Wafer equipment", "yearly sales and forecasts; orders swing more than chips", "secondary",
     "equipment for a wafer of AI's kind; its growth is inside that of logic and memory"),
)  # fmt: skip


def not_evaluated() -> pd.DataFrame:
    """Layers that the seeds name and that get no probability: what is known, and what is missing."""
    rows = []
    for layer, table, entity, variable, missing in NOT_EVALUATED:
        frame = tables.series(table, variable, entity)
        last = frame.iloc[-1]
        low = last["value"] if pd.isna(last["low"]) else last["low"]
        high = last["value"] if pd.isna(last["high"]) else last["high"]
        span = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        known = f"{variable.replace('_', ' ')} {span} {last['unit']}, {last['period']}"
        rows.append((layer, known, str(last["grade"]), missing, str(last["source_id"])))
    rows += [(*row, "") for row in NO_ROW]
    return pd.DataFrame(rows, columns=["layer", "known", "grade", "missing", "source_id"])
