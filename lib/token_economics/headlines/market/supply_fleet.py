"""The fleet that the layers allow: what the record says of each layer, and the model of supply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from token_economics.book.draws import with_values
from token_economics.evidence import quarters, tables
from token_economics.headlines.rows import years_in_words
from token_economics.methods.arrays import FloatArray
from token_economics.models import supply

LAYER_NAMES = {
    "logic_packaging": "Logic and packaging",
    "dram_hbm": "Memory",
    "finance": "Finance",
    "power": "Power",
}
YEARS_AHEAD = 3  # of the fleet, where no notebook says otherwise
HEADROOM_FACTORS = {"halved": 0.5, "doubled": 2.0}  # judged: how far the room of a layer may be off
DESIGNERS = ("Nvidia", "Google TPU", "Amazon Trainium", "AMD")
NO_PRICE = "No price of its own; see cash flow"


@dataclass(frozen=True)
class Record:
    """What the model takes from the evidence: numbers only, so that models read no files."""

    quarters: list[str]
    additions_h100e: FloatArray
    chip_power_gw: float
    kw_per_new_h100e: float
    log_price_rise: FloatArray
    contract_rent_usd_per_hour: float
    rent_at_low_usd_per_hour: float
    horizon: str


@dataclass(frozen=True)
class Paths:
    """The solved fleet: one row a draw, one column a quarter (history, then projection)."""

    quarters: list[str]
    shipped_h100e: FloatArray
    in_service_h100e: FloatArray
    sold_hours: FloatArray
    additions: supply.Additions


@tables.once
def record() -> Record:
    """The evidence as the model needs it."""
    return _as_record(_figures())


@tables.once
def record_at(base: str, origin: str) -> Record:
    """The record with shipments up to a base quarter, and prices as known when the origin ended."""
    return _as_record(_found(base=base, origin=origin))


def _as_record(found: Mapping[str, Any]) -> Record:
    arrays = {name: np.array(found[name]) for name in ("additions_h100e", "log_price_rise")}
    return Record(**{**found, **arrays})


@tables.kept
def _figures() -> dict[str, Any]:
    """The record's fields, arrays as lists."""
    return _found(base=last_quarter(), origin=last_quarter())


def _found(*, base: str, origin: str) -> dict[str, Any]:
    shipped = _by_designer("h100e_shipped_cumulative", base)
    power_mw = _by_designer("chip_power_cumulative", base).sum(axis=1)
    total = shipped.sum(axis=1)
    contracts = rentals()
    contracts = contracts[contracts["date"] <= quarters.end_date(origin)]
    return {
        "quarters": [quarters.of_date(day) for day in shipped.index],
        "additions_h100e": np.diff(total.to_numpy(), prepend=0.0).tolist(),
        "chip_power_gw": float(power_mw.iloc[-1]) / 1e3,
        "kw_per_new_h100e": float(
            (power_mw.iloc[-1] - power_mw.iloc[-2]) * 1e3 / (total.iloc[-1] - total.iloc[-2])
        ),
        "log_price_rise": layers_told(origin).set_index("layer")["log_price_rise"]
        .reindex(list(LAYER_NAMES.values())).tolist(),
        "contract_rent_usd_per_hour": float(contracts["mid"].iloc[-1]),
        "rent_at_low_usd_per_hour": float(contracts["mid"].min()),
        "horizon": str(tables.edition()["horizon"]),
    }  # fmt: skip


def solve(draws: Mapping[str, FloatArray], facts: Record) -> Paths:
    """The fleet to the horizon for given draws: history scaled, additions limited by layers."""
    history = _history(draws, facts)
    ahead = quarters.index(facts.horizon) - quarters.index(facts.quarters[-1])
    additions = _additions(draws, facts, base=history[:, -1], ahead=ahead)
    shipped = np.concatenate([history, additions.h100e], axis=1)
    in_service = supply.fleet_in_service(
        shipped,
        lag_quarters=draws["energisation_lag_quarters"],
        failure_rate=draws["gpu_failure_rate_per_year"],
        life_years=draws["gpu_useful_life_years"],
    )
    return Paths(
        quarters=quarters.span(facts.quarters[0], facts.horizon),
        shipped_h100e=shipped,
        in_service_h100e=in_service,
        sold_hours=supply.sold_compute_hours(in_service, draws["sold_inference_share"][:, None]),
        additions=additions,
    )


def _history(draws: Mapping[str, FloatArray], facts: Record) -> FloatArray:
    """Additions of the past in H100e, draws x quarters, scaled for what is not counted."""
    scale = draws["installed_scale_ratio"] * (1 + draws["uncovered_families_share"])
    return scale[:, None] * facts.additions_h100e


def _additions(
    draws: Mapping[str, FloatArray], facts: Record, *, base: FloatArray, ahead: int
) -> supply.Additions:
    flows, power = layers(draws, facts)
    return supply.project_additions(
        flows,
        power,
        base_additions=base,
        quarters=ahead,
        life_years=draws["gpu_useful_life_years"],
    )


def layers(
    draws: Mapping[str, FloatArray], facts: Record
) -> tuple[tuple[supply.Layer, ...], supply.Power]:
    """The flow layers and power for given draws, headroom in the light of prices."""
    prior = np.stack([draws[f"{name}_headroom_share"] for name in supply.LAYERS], axis=1)
    room = supply.normalised_headroom(
        supply.headroom_after_prices(
            prior, facts.log_price_rise, draws["headroom_price_sensitivity"]
        )
    )
    growth = {
        "logic_packaging": (1 + draws["advanced_packaging_growth_per_year"])
        * (1 + draws["h100e_per_wafer_growth_per_year"]),
        "dram_hbm": (1 + draws["dram_bit_growth_per_year"])
        * (1 + draws["hbm_share_growth_per_year"])
        / (1 + draws["dram_bits_per_h100e_change_per_year"]),
        "finance": (1 + draws["capex_growth_per_year"])
        / (1 + draws["accelerator_price_change_per_year"]),
    }
    flows = tuple(
        supply.Layer(name, headroom=room[:, j], growth_per_year=growth[name] - 1)
        for j, name in enumerate(supply.FLOW_LAYERS)
    )
    power = supply.Power(
        base_draw_gw=facts.chip_power_gw,
        kw_per_new_h100e=facts.kw_per_new_h100e,
        headroom=room[:, -1],
        growth_per_year=draws["ai_power_growth_per_year"],
        kw_change_per_year=draws["kw_per_h100e_change_per_year"],
    )
    return flows, power


def binding_by_quarter(
    binding: Mapping[str, NDArray[np.intp]], projected: list[str]
) -> pd.DataFrame:
    """Share of draws in which each layer limits additions: a row a basis, quarter and layer.

    ``binding`` holds, under the name of its basis, what limits, as in `supply.Additions`.
    Columns: date, quarter, layer, basis, probability.
    """
    parts = [
        pd.DataFrame(
            {
                "date": quarters.end_date(quarter),
                "quarter": quarter,
                "layer": list(LAYER_NAMES.values()),
                "basis": basis,
                "probability": shares,
            }
        )
        for basis, limits in binding.items()
        for quarter, shares in zip(projected, supply.binding_shares(limits), strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def memory_over_priors(
    draws: Mapping[str, FloatArray], facts: Record, factors: Iterable[float]
) -> pd.DataFrame:
    """What hangs on equal priors: memory's part of the first year as each layer's room is moved.

    Columns: layer whose headroom before prices is multiplied, times, probability that memory
    limits additions in the first year.
    """
    return pd.DataFrame(chances_of_memory(draws, facts, factors))


def chances_of_memory(
    draws: Mapping[str, FloatArray], facts: Record, factors: Iterable[float]
) -> Iterator[dict[str, Any]]:
    """The rows of `memory_over_priors`."""
    for name, title in LAYER_NAMES.items():
        for times in factors:
            room = f"{name}_headroom_share"
            moved = with_values(draws, {room: draws[room] * times})
            base = _history(moved, facts)[:, -1]
            additions = _additions(moved, facts, base=base, ahead=supply.QUARTERS_PER_YEAR)
            binds = float((additions.binding == supply.LAYERS.index("dram_hbm")).mean())
            yield {"layer": title, "times": times, "probability": binds}


def headlines(
    draws: Mapping[str, FloatArray], facts: Record, *, years: int = YEARS_AHEAD
) -> dict[str, FloatArray]:
    """The fleet's headline results for given draws, so many years ahead, one array of draws each.

    Raises
    ------
    ValueError
        If the fleet's path ends before.
    """
    paths = solve(draws, facts)
    at = {quarter: position for position, quarter in enumerate(paths.quarters)}
    last_observed = at[facts.quarters[-1]]
    then = last_observed + supply.QUARTERS_PER_YEAR * years
    if not last_observed < then < len(paths.quarters):
        raise ValueError(f"{years} years ahead: the path ends in {paths.quarters[-1]}")
    on = years_in_words(years).replace(" ", "_")
    cost = supply.user_cost(
        price_usd=draws["accelerator_price_usd_per_h100e"],
        avoidable_cost_usd_per_hour=draws["avoidable_cost_usd_per_h100e_hour"],
        discount_rate=draws["discount_rate_per_year"],
        rent_decline_per_year=draws["rent_decline_per_year"],
        lifetime_years=draws["gpu_useful_life_years"],
    )
    life, life_at_low = (
        supply.economic_life_years(
            rent_usd_per_hour=rent,
            avoidable_cost_usd_per_hour=draws["avoidable_cost_usd_per_h100e_hour"],
            rent_decline_per_year=draws["rent_decline_per_year"],
        )
        for rent in (facts.contract_rent_usd_per_hour, facts.rent_at_low_usd_per_hour)
    )
    in_service, binding = paths.in_service_h100e, paths.additions.binding
    grown = in_service[:, then] / in_service[:, last_observed]
    return {
        "compute_in_service": in_service[:, last_observed] / 1e6,
        f"compute_in_{on}": in_service[:, then] / 1e6,
        "compute_growth": grown ** (1 / years) - 1,
        f"sold_hours_in_{on}": paths.sold_hours[:, then] / 1e9,
        "memory_binds": (binding[:, :4] == supply.LAYERS.index("dram_hbm")).mean(axis=1),
        "power_binds_later": (binding[:, 8:12] == supply.LAYERS.index("power")).mean(axis=1),
        "user_cost": cost,
        "h100_economic_life": life,
        "h100_life_at_low": life_at_low,
        "rent_over_cost": facts.contract_rent_usd_per_hour / cost,
    }


# The record of the layers ------------------------------------------------------------------------


def last_quarter() -> str:
    """The last quarter that is over on the day to which sources were searched."""
    return quarters.name(quarters.index(quarters.of_date(tables.evidence_to())) - 1)


def _by_designer(variable: str, until: str) -> pd.DataFrame:
    frame = tables.series("ai-chips", variable, *DESIGNERS)
    frame = frame[frame["date"] <= quarters.end_date(until)]
    wide = frame.pivot(index="period", columns="entity", values="value")
    return wide.ffill().fillna(0.0)


@tables.once
def layer_evidence() -> pd.DataFrame:
    """What prices say of each layer today, as `layers_told` does."""
    return layers_told(last_quarter())


def layers_told(origin: str) -> pd.DataFrame:
    """What prices say of each layer: the indicator, its rise over a year in logs, and the source.

    Memory by contract prices, as told by the end of the origin quarter for quarters that are over;
    logic by TSMC's price over cost, 1/(1 - gross margin), which is published in the month after a
    quarter; power by the price of transformers, a year's part of the rise since 2019. No price
    speaks for finance.
    """
    margin = tables.series("chipmakers", "gross_margin_percent", "TSMC")
    margin = margin[margin["period"] < origin].iloc[-5:]
    price_over_cost = 1 / (1 - margin["value"].to_numpy() / 100)
    transformer = tables.series("lead-times", "price_change", "Power transformer").iloc[0]
    told = dram_changes()
    dram = _chained(told[quarters.over_by(told["stated"], origin)])
    dram_rise = float(np.log([1.0, *dram.loc[dram["period"] <= origin, "mid"]])[-1])
    years = 2025 - 2019
    rows = [
        ("Logic and packaging", "TSMC price over cost, from its gross margin, one year",
         float(np.log(price_over_cost[-1] / price_over_cost[0])), "tsmc_quarterly_6k_2026"),
        ("Memory", "DRAM contract price, since 2025Q3", dram_rise, " ".join(sorted(set(dram["source_id"])))),
        ("Finance", NO_PRICE, 0.0, "sec_companyfacts_cash_flow"),
        ("Power", "Power transformer price, one year's part of the rise since 2019",
         float(np.log1p(transformer["value"] / 100)) / years, transformer["source_id"]),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["layer", "indicator", "log_price_rise", "source_id"]).assign(
        price_multiple=lambda frame: np.exp(frame["log_price_rise"]),
        priced=lambda frame: frame["indicator"] != NO_PRICE,
    )


@tables.once
def rentals() -> pd.DataFrame:
    """H100 one-year contract quartiles and their middle, by period. USD/GPU-hour."""
    low, high = (
        tables.series("gpu-rentals", f"rental_1y_contract_{name}", "H100")
        for name in ("p25", "p75")
    )
    both = low.merge(high, on=["period", "date", "source_id"], suffixes=("_low", "_high"))
    both = both[both["source_id"] == "semianalysis_gpu_index_2026"].reset_index(drop=True)
    both = both.rename(columns={"value_low": "p25", "value_high": "p75"})
    both["mid"] = (both["p25"] + both["p75"]) / 2
    return both[["date", "period", "p25", "mid", "p75", "source_id"]]


@tables.once
def dram_changes() -> pd.DataFrame:
    """Contract price changes: each forecast as it was made, and the outcome. Percent a quarter."""
    frame = tables.series("memory", "dram_contract_price_change", "Conventional DRAM")
    outcome = frame["kind"].isin(["observed", "estimate"])
    months = pd.to_datetime(frame["stated"].str[:7]).dt.strftime("%b %Y")
    told = frame[["period", "stated", "low", "high", "source_id"]].assign(
        what=np.where(outcome, "Outcome", "Forecast"),
        label=frame["period"] + " " + np.where(outcome, "outcome", months),
        mid=(frame["low"] + frame["high"]) / 2,
    )
    columns = ["period", "what", "stated", "label", "low", "mid", "high", "source_id"]
    return told[columns].sort_values(["period", "stated"], ignore_index=True)


def last_outcome() -> str:
    changes = dram_changes()
    return str(changes.loc[changes["what"] == "Outcome", "period"].max())


@tables.once
def dram_index() -> pd.DataFrame:
    """DRAM contract price, 2025Q3 = 1, chained from outcomes, then from the latest forecast."""
    return _chained(dram_changes())


def _chained(changes: pd.DataFrame) -> pd.DataFrame:
    rank = changes["what"].eq("Outcome").astype(int)
    latest = changes.assign(rank=rank).sort_values(["period", "rank", "stated"])
    latest = latest.drop_duplicates("period", keep="last").reset_index(drop=True)
    factors = {name: (1 + latest[name] / 100).cumprod() for name in ("low", "mid", "high")}
    return latest[["period", "what", "source_id"]].assign(**factors)
