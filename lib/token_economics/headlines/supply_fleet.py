"""The fleet that the layers allow: evidence and assumptions wired to the model of supply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book, FloatArray
from token_economics.book.draws import with_values
from token_economics.evidence import quarters
from token_economics.evidence import tables as evidence
from token_economics.headlines import supply_record
from token_economics.methods import summaries
from token_economics.models import supply

LAYER_NAMES = {
    "logic_packaging": "Logic and packaging",
    "dram_hbm": "Memory",
    "finance": "Finance",
    "power": "Power",
}
THREE_YEARS = 12  # quarters


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
    prior_binding: FloatArray


@evidence.once
def record() -> Record:
    """The evidence as the model needs it."""
    shipped = supply_record.by_designer("h100e_shipped_cumulative")
    power_mw = supply_record.by_designer("chip_power_cumulative").sum(axis=1)
    total = shipped.sum(axis=1)
    contracts = supply_record.rentals()
    return Record(
        quarters=[quarters.of_date(day) for day in shipped.index],
        additions_h100e=np.diff(total.to_numpy(), prepend=0.0),
        chip_power_gw=float(power_mw.iloc[-1]) / 1e3,
        kw_per_new_h100e=float(
            (power_mw.iloc[-1] - power_mw.iloc[-2]) * 1e3 / (total.iloc[-1] - total.iloc[-2])
        ),
        log_price_rise=supply_record.layer_evidence().set_index("layer")["log_price_rise"]
        .reindex(list(LAYER_NAMES.values())).to_numpy(dtype=np.float64),
        contract_rent_usd_per_hour=float(contracts["mid"].iloc[-1]),
        rent_at_low_usd_per_hour=float(contracts["mid"].min()),
        horizon=str(evidence.edition()["horizon"]),
    )  # fmt: skip


def solve(draws: Mapping[str, FloatArray], facts: Record) -> Paths:
    """The fleet to the horizon for given draws: history scaled, additions limited by layers."""
    history = _history(draws, facts)
    ahead = quarters.index(facts.horizon) - quarters.index(facts.quarters[-1])
    prior = np.stack([draws[f"{name}_headroom_share"] for name in supply.LAYERS], axis=1)
    informed = _headroom(draws, facts)
    additions = _additions(draws, facts, headroom=informed, base=history[:, -1], ahead=ahead)
    without_prices = _additions(draws, facts, headroom=prior, base=history[:, -1], ahead=ahead)
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
        prior_binding=supply.binding_shares(without_prices.binding),
    )


def _history(draws: Mapping[str, FloatArray], facts: Record) -> FloatArray:
    """Additions of the past in H100e, draws x quarters, scaled for what is not counted."""
    scale = draws["installed_scale_ratio"] * (1 + draws["uncovered_families_share"])
    return scale[:, None] * facts.additions_h100e


def _additions(
    draws: Mapping[str, FloatArray],
    facts: Record,
    *,
    headroom: FloatArray,
    base: FloatArray,
    ahead: int,
) -> supply.Additions:
    flows, power = _layers(draws, facts, headroom)
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
    return _layers(draws, facts, _headroom(draws, facts))


def _headroom(draws: Mapping[str, FloatArray], facts: Record) -> FloatArray:
    prior = np.stack([draws[f"{name}_headroom_share"] for name in supply.LAYERS], axis=1)
    return supply.headroom_after_prices(
        prior, facts.log_price_rise, draws["headroom_price_sensitivity"]
    )


def _layers(
    draws: Mapping[str, FloatArray], facts: Record, headroom: FloatArray
) -> tuple[tuple[supply.Layer, ...], supply.Power]:
    room = supply.normalised_headroom(headroom)
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


def fleet(book: Book) -> pd.DataFrame:
    """Compute in service and sold hours by quarter, mean and 5, 50, 95 % points: market rows."""
    paths = solve(book.draws(), record())
    parts = [
        summaries.path_table(paths.in_service_h100e / 1e6, paths.quarters, entity="AI fleet",
                             variable="compute_in_service", unit="million H100e"),
        summaries.path_table(paths.shipped_h100e / 1e6, paths.quarters, entity="AI fleet",
                             variable="compute_shipped", unit="million H100e a quarter"),
        summaries.path_table(paths.sold_hours / 1e9, paths.quarters, entity="AI fleet",
                             variable="sold_compute", unit="billion H100e-hours a quarter"),
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def fleet_path(market: pd.DataFrame, last_observed: str) -> pd.DataFrame:
    """The compute-in-service rows with dates, marked as history or projection."""
    path = market[market["variable"] == "compute_in_service"]
    path = path[path["p05"] > 0].reset_index(drop=True)  # a log scale holds no empty fleet
    return pd.DataFrame(
        {
            "date": path["quarter"].map(quarters.end_date),
            "quarter": path["quarter"],
            "value": path["p50"],
            "low": path["p05"],
            "high": path["p95"],
            "part": np.where(path["quarter"] <= last_observed, "Shipments observed", "Projection"),
        }
    )


def binding(book: Book) -> pd.DataFrame:
    """Probability that each layer limits additions, before and after looking at prices."""
    facts = record()
    paths = solve(book.draws(), facts)
    projected = paths.quarters[len(facts.quarters) :]
    tables = {
        "Before prices": paths.prior_binding,
        "With price evidence": supply.binding_shares(paths.additions.binding),
    }
    rows = [
        {
            "date": quarters.end_date(quarter),
            "quarter": quarter,
            "layer": LAYER_NAMES[layer],
            "basis": basis,
            "probability": shares[t, j],
        }
        for basis, shares in tables.items()
        for t, quarter in enumerate(projected)
        for j, layer in enumerate(supply.LAYERS)
    ]
    return pd.DataFrame(rows)


def economic_life(book: Book) -> pd.DataFrame:
    """Economic life of an H100 against the fall of rents, at today's rent and at its low. Years."""
    facts = record()
    falls = np.linspace(0.10, 0.60, 26)
    rents = {
        f"Latest contract rent, {facts.contract_rent_usd_per_hour:.2f} USD": facts.contract_rent_usd_per_hour,
        f"Rent at its low, {facts.rent_at_low_usd_per_hour:.2f} USD": facts.rent_at_low_usd_per_hour,
    }  # fmt: skip
    parts = []
    for label, rent in rents.items():
        ends = [
            supply.economic_life_years(
                rent_usd_per_hour=rent,
                avoidable_cost_usd_per_hour=cost,
                rent_decline_per_year=falls,
            )
            for cost in _range_of(book, "avoidable_cost_usd_per_h100e_hour")
        ]
        parts.append(
            pd.DataFrame(
                {
                    "rent_decline": falls,
                    "rent": label,
                    "value": ends[1],
                    "low": ends[2],
                    "high": ends[0],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


HEADROOM_FACTORS = (0.5, 2.0)  # judged: by how much the room given to one layer may be off


def memory_over_priors(draws: Mapping[str, FloatArray], facts: Record) -> pd.DataFrame:
    """What hangs on equal priors: memory's part of the first year as each layer's room is moved.

    Columns: layer whose headroom before prices is multiplied, times, probability that memory
    limits additions in the first year.
    """
    rows = []
    for name, title in LAYER_NAMES.items():
        for times in HEADROOM_FACTORS:
            room = f"{name}_headroom_share"
            moved = with_values(draws, {room: draws[room] * times})
            additions = _additions(
                moved,
                facts,
                headroom=_headroom(moved, facts),
                base=_history(moved, facts)[:, -1],
                ahead=supply.QUARTERS_PER_YEAR,
            )
            binds = float((additions.binding == supply.LAYERS.index("dram_hbm")).mean())
            rows.append({"layer": title, "times": times, "probability": binds})
    return pd.DataFrame(rows)


def priors_table(book: Book) -> pd.DataFrame:
    """`memory_over_priors` as a reader meets it: a row a layer, percent of draws."""
    moved = memory_over_priors(book.draws(), record())
    wide = (100 * moved.pivot(index="layer", columns="times", values="probability")).round(1)
    wide.columns = [f"times_{times:g}".replace(".", "_") for times in wide.columns]
    return wide.reindex(list(LAYER_NAMES.values())).reset_index()


LIVES_YEARS = (5, 7, 8)  # what accounts say, and what the seeds say


def lives(book: Book) -> pd.DataFrame:
    """What a life of five, seven or eight years changes: cost of an hour now, compute later.

    Medians over draws, all else as drawn; the last two columns over a life of five years.
    """
    facts, draws = record(), book.draws()
    rows = []
    for life in LIVES_YEARS:
        same = with_values(draws, {"gpu_useful_life_years": np.full(book.n_draws, float(life))})
        paths = solve(same, facts)
        at = {quarter: position for position, quarter in enumerate(paths.quarters)}
        rows.append(
            {
                "life": life,
                "cost": float(np.median(headlines(same, facts)["user_cost"])),
                "early": float(np.median(paths.in_service_h100e[:, at["2028Q4"]])) / 1e6,
                "late": float(np.median(paths.in_service_h100e[:, at["2030Q4"]])) / 1e6,
            }
        )
    frame = pd.DataFrame(rows)
    over = frame[["cost", "early", "late"]] / frame.loc[0, ["cost", "early", "late"]]
    return frame.assign(
        cost_over=100 * (over["cost"] - 1),
        early_over=100 * (over["early"] - 1),
        late_over=100 * (over["late"] - 1),
    ).round(2)


def _range_of(book: Book, name: str) -> tuple[float, float, float]:
    row = book.row(name)
    low = row.value if row.low is None else row.low
    high = row.value if row.high is None else row.high
    return low, row.value, high


def last_observed_quarter() -> str:
    """The last quarter with observed shipments."""
    return record().quarters[-1]


def headlines(draws: Mapping[str, FloatArray], facts: Record) -> dict[str, FloatArray]:
    """The fleet's headline results for given draws, one array of draws each."""
    paths = solve(draws, facts)
    at = {quarter: position for position, quarter in enumerate(paths.quarters)}
    last_observed = at[facts.quarters[-1]]
    in_three_years = last_observed + THREE_YEARS
    first_year = slice(0, 4)
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
    in_service = paths.in_service_h100e
    binding = paths.additions.binding
    return {
        "compute_in_service": in_service[:, last_observed] / 1e6,
        "compute_in_three_years": in_service[:, in_three_years] / 1e6,
        "compute_growth": (in_service[:, in_three_years] / in_service[:, last_observed]) ** (1 / 3)
        - 1,
        "sold_hours_in_three_years": paths.sold_hours[:, in_three_years] / 1e9,
        "memory_binds": (binding[:, first_year] == supply.LAYERS.index("dram_hbm")).mean(axis=1),
        "power_binds_later": (binding[:, 8:12] == supply.LAYERS.index("power")).mean(axis=1),
        "user_cost": cost,
        "h100_economic_life": life,
        "h100_life_at_low": life_at_low,
        "rent_over_cost": facts.contract_rent_usd_per_hour / cost,
    }
