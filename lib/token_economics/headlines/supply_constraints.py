"""Supply constraints: the fleet, the memory and the processors that the record and the book allow.

Two forecasts of the seeds are put under several models each, and order swings upstream measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy  # brings optimize when it is first called
from numpy.typing import NDArray
from scipy import special

from token_economics.book.assumptions import Book
from token_economics.evidence import quarters, tables
from token_economics.headlines import rows
from token_economics.headlines.market import market_drivers, market_memo, supply_fleet, surprises
from token_economics.headlines.market.market_drivers import USD_BILLION, MarketRecord
from token_economics.headlines.market.supply_fleet import HEADROOM_FACTORS, LAYER_NAMES, YEARS_AHEAD
from token_economics.methods.arrays import FloatArray
from token_economics.methods.bullwhip import Amplification, growth_amplification
from token_economics.models import memory, processors, supply
from token_economics.models.market import MarketPath
from token_economics.models.processors import ProcessorNeed
from token_economics.models.task_growth import SEGMENTS

TOPIC = "supply_constraints"
MEMORY_YEARS_AHEAD = 2
LEVEL = 0.9
TSMC_THRESHOLD = 100.0  # USD billion, the claim
PATHS = 40_000
BUYERS = ("Amazon", "Alphabet", "Meta", "Microsoft")


def record() -> MarketRecord:
    """The evidence as the fleet and the market that uses it need it."""
    return market_drivers.record()


# Processors and memory along the solved market ---------------------------------------------------


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


def memory_left(
    draws: Mapping[str, FloatArray], years: float | FloatArray, accelerators: FloatArray
) -> FloatArray:
    """Bits for servers, computers and phones over the base quarter's. [1]

    ``accelerators`` are those made over those made in the base quarter.
    """
    return memory.conventional_bits(
        years,
        bit_growth_per_year=draws["dram_bit_growth_per_year"],
        hbm_share=draws["hbm_wafer_share"],
        accelerators_multiple=accelerators,
        bits_per_accelerator_change=draws["dram_bits_per_h100e_change_per_year"],
    )


def memory_price(
    draws: Mapping[str, FloatArray], accelerators: FloatArray, facts: MarketRecord
) -> FloatArray:
    """Contract price of these bits over the base quarter's, when bits can be stored. [1]

    ``accelerators`` are as in `memory_left`, quarters x draws from the base quarter to the end of
    the path; so are prices.
    """
    years = np.arange(len(accelerators))[:, None] / supply.QUARTERS_PER_YEAR
    return memory.price_with_stocks(
        bits_multiple=memory_left(draws, years, accelerators),
        wanted_multiple=supply.compounded(draws["conventional_dram_demand_growth_per_year"], years),
        elasticity_magnitude=draws["dram_demand_elasticity_magnitude"],
        carrying_cost_per_quarter=draws["memory_carrying_cost_per_quarter"],
        foresight_quarters=draws["memory_foresight_quarters"],
        surprises_log=memory_surprises(draws, facts),
    )


def memory_surprises(draws: Mapping[str, FloatArray], facts: MarketRecord) -> FloatArray:
    """What has come upon demand for conventional memory by each quarter, quarters x draws. [logs]

    The size of surprises is known from prices, so it is that of a price at unchanged bits.
    """
    at_unchanged_bits = surprises.accumulated(draws, "memory_price", facts.quarters)
    return draws["dram_demand_elasticity_magnitude"] * at_unchanged_bits


class Programme(NamedTuple):
    """Values of both products, needs of layers, and limits; quarters and draws first. [USD, -, H100e]"""

    values: FloatArray
    needs: FloatArray
    limits: FloatArray


SHARED_LAYERS = (
    *({**LAYER_NAMES, "dram_hbm": "Memory for accelerators"}[name] for name in supply.LAYERS),
    "Wafers for all memory",
    "Demand for conventional memory",
)


def wafer_programme(
    draws: Mapping[str, FloatArray], path: MarketPath, quarters_on: NDArray[np.int_]
) -> Programme:
    """The linear programme of two products that share wafers, so many quarters after the base.

    Logic, memory lines for accelerators, money and power limit accelerators alone; wafers are for
    both; buyers of conventional memory want so much and no more. Layers are counted in the
    accelerators that they allow, memory in what one accelerator takes, worth what the industry
    earned on these wafers in the base quarter. An accelerator is worth its rents less the trend of
    its price: what it costs beyond that is what the layers take of their own worth.
    """
    years = quarters_on[:, None] / supply.QUARTERS_PER_YEAR
    earned = tables.series("memory", "dram_revenue", "DRAM industry").set_index("period")["value"]
    revenue = float(earned["2025Q4"]) * USD_BILLION * draws["hbm_wafer_share"]
    memory_needed = (1 + draws["dram_bits_per_h100e_change_per_year"]) ** years
    per_unit = revenue / path.additions[0] * memory_needed
    surplus = path.investment_value[quarters_on] - path.drivers.fleet.price_trend[quarters_on]
    wafers = path.additions[0] / draws["hbm_wafer_share"] / memory_needed
    grown = wafers * (1 + draws["dram_bit_growth_per_year"]) ** years
    growth_wanted = (1 + draws["conventional_dram_demand_growth_per_year"]) ** years
    wanted = (wafers - path.additions[0] / memory_needed) * growth_wanted
    own, other = np.ones(len(SHARED_LAYERS)), np.zeros(len(SHARED_LAYERS))
    own[-1], other[-2:] = 0.0, 1.0
    return Programme(
        values=np.stack([surplus + per_unit, per_unit], axis=-1),
        needs=np.stack([own, other], axis=-1),
        limits=np.concatenate(
            [path.limits[quarters_on].swapaxes(1, 2), np.stack([grown, wanted], axis=-1)], axis=-1
        ),
    )


# Forecasts of the seeds, and swings of orders ----------------------------------------------------


def tsmc_models() -> pd.DataFrame:
    """Probability that TSMC invests 100 billion dollars in 2028, under three models.

    Growth: capital expenditure in Taiwan dollars grows as it has since 2016, from this year's
    guidance. Brokers: the sum that one house expects for three years, with the same spread.
    Sales: sales grow as they have, and a share of them is invested as it was.
    """
    capex, sales, house, guided, dollars = (frame["value"] for frame in _tsmc_rows())
    growth, sales_growth = np.diff(np.log(capex)), np.diff(np.log(sales))
    invested = np.log(capex / sales)
    guidance, after = guided.item(), house.item() - guided.item()
    years = growth.size
    spread = growth.std(ddof=1) * float(np.sqrt(2 + 4 / years))
    yearly = scipy.optimize.brentq(lambda g: guidance * (g + g**2) - after, 0.1, 5)
    sales_spread = sales_growth.std(ddof=1) * np.sqrt(3 + 9 / years)
    by_sales = np.log(dollars.sum()) + 3 * sales_growth.mean() + invested.mean()
    models = [
        ("Growth since 2016, from guidance", np.log(guidance) + 2 * growth.mean(), spread),
        ("One house's sum for three years", np.log(guidance * yearly**2), spread),
        ("Sales growth and the share invested", by_sales, np.hypot(sales_spread, invested.std(ddof=1))),
    ]  # fmt: skip
    table = pd.DataFrame(models, columns=["model", "mean", "sd"])
    table["median"] = np.exp(table["mean"])
    table["probability"] = special.ndtr((table["mean"] - np.log(TSMC_THRESHOLD)) / table["sd"])
    return table[["model", "median", "probability"]]


def _tsmc_rows() -> list[pd.DataFrame]:
    """Rows behind the models, five frames in the order in which they are taken.

    Capital expenditure and sales by year; one house's sum for three years; the latest guidance, as
    the middle of its range; last year's sales in dollars.
    """
    capex, sales = (tables.series("chipmakers", name, "TSMC") for name in ("capex", "revenue"))
    guided = capex[capex["kind"] == "guidance"].sort_values("stated").iloc[-1:]
    return [
        tables.series("chipmakers", "capex_twd", "TSMC"),
        tables.series("chipmakers", "revenue_twd", "TSMC"),
        tables.series("chipmakers", "capex", "TSMC three years from 2026").iloc[-1:],
        guided.assign(value=(guided["low"] + guided["high"]) / 2),
        sales[sales["period"].str.startswith("2025")],
    ]


def dram_models(seed: int) -> pd.DataFrame:
    """Probability that DRAM contract prices double or triple from the interview's quarter by 2027.

    The path starts from the latest forecast for 2026Q4 and its four quarters ahead. Flat: quarterly
    changes have no drift and half the spread seen since 2025Q4. Wide: the whole spread.
    Momentum: half of each change carries over, with half the spread.
    """
    index = np.log(supply_fleet.dram_index().set_index("period")["mid"])
    observed = np.append(index.iloc[0], index.diff().dropna())
    spread = float(observed.std(ddof=1))
    shocks = np.random.default_rng(seed).standard_normal((PATHS, 4))
    cases = {
        "No drift, half the spread": (0.0, 0.5 * spread),
        "No drift, the whole spread": (0.0, spread),
        "Half of each change carries over": (0.5, 0.5 * spread),
    }
    risen = {
        name: memory.highest_price_log(
            start_log=float(index["2026Q4"]),
            change_log=observed[-1],
            carried_over=carried_over,
            shocks_log=sd * shocks,
        )
        - float(index["2026Q2"])
        for name, (carried_over, sd) in cases.items()
    }
    chances = [
        (name, np.exp(np.median(rise)), (rise >= np.log(2)).mean(), (rise >= np.log(3)).mean())
        for name, rise in risen.items()
    ]
    return pd.DataFrame(chances, columns=["model", "median", "double", "triple"])


def order_amplification() -> Amplification:
    """How much more a maker of chip equipment swings than chip sales, yearly growth 1996 to 2011."""
    upstream = tables.series("equipment", "equipment_maker_revenue", "Lam Research")
    downstream = tables.series("equipment", "chip_sales", "World")
    both = upstream.merge(downstream, on="period", suffixes=("_up", "_down"))
    return growth_amplification(both["value_up"], both["value_down"], level=LEVEL)


# The record --------------------------------------------------------------------------------------


def dram_forecast_errors() -> pd.DataFrame:
    """First forecast against outcome, quarter by quarter. Percentage points of the mid-ranges."""
    changes = supply_fleet.dram_changes()
    outcome = changes[changes["what"] == "Outcome"]
    first = changes[changes["what"] == "Forecast"].drop_duplicates("period")
    both = first.merge(outcome, on="period", suffixes=("", "_outcome"))
    both["miss_points"] = both["mid_outcome"] - both["mid"]
    both["source_id"] += " " + both["source_id_outcome"]
    named = both.rename(columns={"mid": "forecast_percent", "mid_outcome": "outcome_percent"})
    columns = [
        "period",
        "stated",
        "forecast_percent",
        "outcome_percent",
        "miss_points",
        "source_id",
    ]
    return named[columns]


def capex_guidance() -> pd.DataFrame:
    """Latest guidance for 2026 by buyer. USD billion."""
    frame = tables.series("hyperscaler-capex", "capex")
    guided = frame[(frame["kind"] == "guidance") & (frame["period"] == "2026")]
    latest = guided.sort_values("stated").drop_duplicates("entity", keep="last")
    for end in ("low", "high"):
        latest[end] = latest[end].fillna(latest["value"])
    columns = ["entity", "low", "high", "stated", "grade", "source_id"]
    return latest[columns].sort_values("entity", ignore_index=True)


def cash_of_last_year() -> pd.DataFrame:
    """Rows of the buyers' operating cash flow of 2025. USD billion."""
    cash = tables.series("hyperscaler-capex", "operating_cash_flow", *BUYERS)
    return cash[cash["period"].str.startswith("2025")]


# Results -----------------------------------------------------------------------------------------


def headlines(draws: Mapping[str, FloatArray], facts: MarketRecord) -> dict[str, FloatArray]:
    """The model's headline results of this topic for given draws, one array of draws each."""
    return {**supply_fleet.headlines(draws, facts.fleet), **_along_the_market(draws, facts)}


def _along_the_market(
    draws: Mapping[str, FloatArray],
    facts: MarketRecord,
    *,
    years: int = YEARS_AHEAD,
    path: MarketPath | None = None,
    bits: FloatArray | None = None,
    price: FloatArray | None = None,
) -> dict[str, FloatArray]:
    """Headline results on processors and memory; of memory as given, else by the topic's own rule."""
    path = market_memo.solve(draws, facts) if path is None else path
    at, later = (supply.QUARTERS_PER_YEAR * n for n in (years, MEMORY_YEARS_AHEAD))
    need = needed_processors(draws, path).total[at]
    made = path.additions / path.additions[0]
    left = memory_left(draws, MEMORY_YEARS_AHEAD, made[later]) if bits is None else bits[later]
    return {
        "processor_growth": processors.yearly_growth(need, years=years),
        "processors_over_compute": need / (path.fleet[at] / path.fleet[0]),
        "conventional_memory": left,
        "memory_price_two_years_on": (memory_price(draws, made, facts) if price is None else price)[
            later
        ],
    }


def results(
    book: Book,
    *,
    years: int = YEARS_AHEAD,
    path: MarketPath | None = None,
    bits_left: FloatArray | None = None,
    contract_price: FloatArray | None = None,
) -> pd.DataFrame:
    """Headline results: the model's with 90 % intervals, the record's with the range stated.

    ``years`` are how far ahead the fleet and its processors are looked at, ``path`` is the solved
    market where a notebook has its own. Where a notebook has its own rule for conventional memory, it gives bits and price over those of
    the base quarter, quarters down and draws across. [1]
    """
    found = [
        *_fleet_results(book, years=years),
        *_recorded_results(book),
        *_forecast_results(book),
        *_stock_results(book, years=years, path=path, bits=bits_left, price=contract_price),
    ]
    return pd.DataFrame(rows.in_order(TOPIC, found))


def _periods(facts: MarketRecord, years: int) -> dict[str, str]:
    first = quarters.index(facts.base_quarter)
    memory, fleet = (quarters.name(first + 4 * ahead) for ahead in (MEMORY_YEARS_AHEAD, years))
    words = rows.years_in_words(years)
    return {"base": facts.base_quarter, "two_years_on": memory, "later": fleet, "years": words}


def _fleet_results(book: Book, *, years: int = YEARS_AHEAD) -> list[dict[str, object]]:
    """What the fleet alone says, without the market.

    The chance of memory has its envelope over priors of headroom: alone it is that of equal ones.
    """
    facts, draws = record(), book.draws()
    drawn = supply_fleet.headlines(draws, facts.fleet, years=years)
    chance = float(drawn["memory_binds"].mean())
    moved = supply_fleet.chances_of_memory(draws, facts.fleet, HEADROOM_FACTORS.values())
    ends = [*(row["probability"] for row in moved), chance]
    return rows.of_topic(
        TOPIC,
        {**drawn, "memory_binds": (min(ends), chance, max(ends))},
        sources=None,
        edition=tables.evidence_to(),
        priors=priors(),
        **_periods(facts, years),
    )


def priors() -> str:
    """How the room of layers is moved, in words."""
    return f"room given to each layer beforehand {' or '.join(HEADROOM_FACTORS)} in turn"


def _recorded_results(_: Book) -> list[dict[str, object]]:
    """Headline results of the record alone: rents, memory prices, capital expenditure."""
    rents, errors = supply_fleet.rentals(), dram_forecast_errors()
    lowest, latest = rents.iloc[int(rents["mid"].to_numpy().argmin())], rents.iloc[-1]
    last, index = supply_fleet.last_outcome(), supply_fleet.dram_index()
    contract = index[index["period"] == last].iloc[0]
    guidance, cash = capex_guidance(), cash_of_last_year()
    low, high = (guidance[end].sum() / cash["value"].sum() for end in ("low", "high"))
    return rows.of_topic(
        TOPIC,
        {
            "rent_rise": float(latest["mid"] / lowest["mid"]),
            "dram_price_multiple": (contract["low"], contract["mid"], contract["high"]),
            "dram_forecast_misses": (errors["miss_points"] > 0).sum(),
            "capex_over_cash": (low, (low + high) / 2, high),
        },
        sources={
            "rent_rise": rents["source_id"],
            "dram_price_multiple": index.loc[index["period"] <= last, "source_id"],
            "dram_forecast_misses": errors["source_id"],
            "capex_over_cash": [*guidance["source_id"], *cash["source_id"]],
        },
        rents=f"{lowest['period']} to {latest['period']}",
        last=last,
        forecasts=str(len(errors)),
        forecast=f"{errors['period'].iloc[0]} to {errors['period'].iloc[-1]}",
    )


def _forecast_results(book: Book) -> list[dict[str, object]]:
    """Two forecasts of the seeds, with the range over their models, and order swings upstream."""
    dram, swing = dram_models(book.seed), order_amplification()
    chances = {
        "tsmc_100bn": tsmc_models()["probability"],
        "dram_doubles": dram["double"],
        "dram_triples": dram["triple"],
    }
    contracts = supply_fleet.dram_index()["source_id"]
    equipment = tables.read("equipment")
    return rows.of_topic(
        TOPIC,
        {
            **{slug: (p.min(), p.median(), p.max()) for slug, p in chances.items()},
            "order_amplification": (swing.low, swing.ratio, swing.high),
        },
        sources={
            "tsmc_100bn": pd.concat(_tsmc_rows())["source_id"],
            "dram_doubles": contracts,
            "dram_triples": contracts,
            "order_amplification": equipment["source_id"],
        },
    )


def _stock_results(
    book: Book,
    *,
    years: int = YEARS_AHEAD,
    path: MarketPath | None = None,
    bits: FloatArray | None = None,
    price: FloatArray | None = None,
) -> list[dict[str, object]]:
    """Processors and memory along the market, and what the record says of server processors."""
    facts = record()
    grown = tables.series("chipmakers", "data_center_revenue_growth", "Intel").iloc[-1]
    return rows.of_topic(
        TOPIC,
        {
            **_along_the_market(
                book.draws(), facts, years=years, path=path, bits=bits, price=price
            ),
            "processors_bind": None,
            "processor_revenue_growth": grown["value"] / 100,
        },
        sources={"processor_revenue_growth": grown["source_id"]},
        revenue=grown["period"],
        **_periods(facts, years),
    )


PARTS = (_fleet_results, _recorded_results, _forecast_results, _stock_results)
HEADLINE_PARTS = (_fleet_results,)


def answer(frame: pd.DataFrame, alone: pd.DataFrame, solved: pd.DataFrame) -> str:
    """The answer's template: what it calls scarce, and which layers it names, follow the run.

    Parameters
    ----------
    frame
        Headline results of the topic and, by full id, of the token market.
    alone, solved
        Probability by quarter, layer and basis that a layer limits additions: with growth alone,
        and in the market, where layers and buyers answer prices.
    """
    rent = frame.set_index("id").loc["rent_over_cost"]
    (ahead,) = frame.loc[
        frame["id"].str.startswith("compute_in_") & (frame["id"] != "compute_in_service"), "id"
    ]
    scarce = "AI compute is scarce" if rent["low"] > 1 else "Whether AI compute is scarce is open"
    informed = alone[alone["basis"] == "With price evidence"]
    first_year = informed[informed["quarter"].isin(sorted(informed["quarter"].unique())[:4])]
    leading = str(first_year.groupby("layer")["probability"].mean().idxmax())
    memory_leads = leading == LAYER_NAMES["dram_hbm"]
    layer = (
        "more often than any other layer"
        if memory_leads
        else f"less often than {leading.lower()}, which leads"
    )
    return (
        f"{scarce}: an H100 rents for {{rent_over_cost}} the full cost of its compute from systems of "
        "2025, and {rent_rise:v} its low of that year. Memory is the layer that prices single out, at "
        "{dram_price_multiple} the contract level of a year before, and it limits additions in {memory_binds:v} of the draws "
        f"over the first year ({{memory_binds:r}} %, with the {priors()}), {layer}. {_limit_at_the_end(solved)} "
        f"Compute in service still grows {{compute_growth}} a year, to {{{ahead}}}."
    )


def _limit_at_the_end(solved: pd.DataFrame) -> str:
    """Which layer limits additions in the last quarter, once layers and buyers answer prices."""
    market = solved[solved["basis"] == "In the market"]
    last = market[market["quarter"] == market["quarter"].max()]
    leading = str(last.loc[last["probability"].idxmax(), "layer"])
    money = "{token_market.finance_binds_at_horizon:v} of draws"
    when = "by {token_market.finance_binds_at_horizon:p}"
    start = f"Once layers and buyers answer prices, {leading.lower()} is the limit {when}"
    if leading == LAYER_NAMES["finance"]:
        return f"{start}, in {money}."
    return f"{start}; finance is it in {money}."
