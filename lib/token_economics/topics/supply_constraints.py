"""Supply constraints: what the record says of each layer, and the fleet that it allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from token_economics import evidence, quarters, summaries, supply
from token_economics.assumptions import Book, FloatArray
from token_economics.headline import result

TOPIC = "supply_constraints"
DESIGNERS = ("Nvidia", "Google TPU", "Amazon Trainium", "AMD")
BUYERS = ("Amazon", "Alphabet", "Meta", "Microsoft")
DRAM = "Conventional DRAM"
LAYER_NAMES = {
    "logic_packaging": "Logic and packaging",
    "dram_hbm": "Memory",
    "finance": "Finance",
    "power": "Power",
}


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


def record() -> Record:
    """The evidence as the model needs it."""
    shipped = _by_designer("h100e_shipped_cumulative")
    power_mw = _by_designer("chip_power_cumulative").sum(axis=1)
    total = shipped.sum(axis=1)
    contracts = rentals()
    return Record(
        quarters=[quarters.of_date(day) for day in shipped.index],
        additions_h100e=np.diff(total.to_numpy(), prepend=0.0),
        chip_power_gw=float(power_mw.iloc[-1]) / 1e3,
        kw_per_new_h100e=float(
            (power_mw.iloc[-1] - power_mw.iloc[-2]) * 1e3 / (total.iloc[-1] - total.iloc[-2])
        ),
        log_price_rise=layer_evidence().set_index("layer")["log_price_rise"]
        .reindex(list(LAYER_NAMES.values())).to_numpy(dtype=np.float64),
        contract_rent_usd_per_hour=float(contracts["mid"].iloc[-1]),
        rent_at_low_usd_per_hour=float(contracts["mid"].min()),
        horizon=str(evidence.edition()["horizon"]),
    )  # fmt: skip


def solve(draws: Mapping[str, FloatArray], facts: Record) -> Paths:
    """The fleet to the horizon for given draws: history scaled, additions limited by layers."""
    scale = draws["installed_scale_ratio"] * (1 + draws["uncovered_families_share"])
    history = scale[:, None] * facts.additions_h100e
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


def headlines(draws: Mapping[str, FloatArray], facts: Record) -> dict[str, FloatArray]:
    """The model's headline results of this topic for given draws, one array of draws each."""
    paths = solve(draws, facts)
    at = {quarter: position for position, quarter in enumerate(paths.quarters)}
    last_observed = at[facts.quarters[-1]]
    in_three_years = last_observed + 12
    first_year = slice(0, 4)
    cost = supply.user_cost(
        price_usd=draws["accelerator_price_usd_per_h100e"],
        avoidable_cost_usd_per_hour=draws["avoidable_cost_usd_per_h100e_hour"],
        discount_rate=draws["discount_rate_per_year"],
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


def results(book: Book) -> pd.DataFrame:
    """Headline results: the model's with 90 % intervals, the record's with the range stated."""
    from token_economics.topics import supply_forecasts

    facts = record()
    drawn = headlines(book.draws(), facts)
    last = facts.quarters[-1]
    later = quarters.name(quarters.index(last) + 12)

    def model(name: str, label: str, unit: str, period: str, digits: int = 2) -> dict[str, object]:
        low, value, high = summaries.quantiles(drawn[name])
        return result(
            name, label, value, low=low, high=high, unit=unit, period=period, digits=digits
        )

    def chance(name: str, label: str, period: str) -> dict[str, object]:
        return result(name, label, float(drawn[name].mean()), unit="share", period=period, digits=2)

    rows = [
        model("compute_in_service", "AI compute in service", "million H100e", last, 3),
        model("compute_in_three_years", "AI compute in service three years on", "million H100e", later, 3),
        model("compute_growth", "Growth of compute in service a year", "share", f"{last} to {later}"),
        model("sold_hours_in_three_years", "Sold inference compute a quarter", "billion H100e-hours", later),
        chance("memory_binds", "Probability that memory limits additions in the first year", f"year after {last}"),
        chance("power_binds_later", "Probability that power limits additions in the third year", f"third year after {last}"),
        model("user_cost", "Full cost of an H100e-hour", "USD", book.as_of),
        model("rent_over_cost", "H100 contract rent over full cost", "times", book.as_of),
        model("h100_economic_life", "Years until an H100's rent meets its avoidable cost", "years", book.as_of),
        model("h100_life_at_low", "The same from the rent at its low", "years", book.as_of),
        *_recorded_results(),
        *supply_forecasts.results(book.seed),
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _recorded_results() -> list[dict[str, object]]:
    """Headline results of the record alone: rents, memory prices, capital expenditure."""
    rises, memory, errors = rentals(), dram_index(), dram_forecast_errors()
    last, middle, periods = _last_outcome(), rises["mid"].to_numpy(), list(rises["period"])
    latest = memory.set_index("period").loc[last].to_dict()
    guidance, cash = capex_against_cash()
    low, high = (float(guidance[end].sum()) / cash for end in ("low", "high"))
    return [
        result("rent_rise", "H100 one-year contract, latest over its low", float(middle[-1] / middle.min()),
               unit="times", period=f"{periods[int(middle.argmin())]} to {periods[-1]}", source_id=rises["source_id"]),
        result("dram_price_multiple", "DRAM contract price, latest quarter over 2025Q3", float(latest["mid"]),
               low=float(latest["low"]), high=float(latest["high"]), level=1.0, unit="times", period=last, digits=2,
               source_id=memory.loc[memory["period"] <= last, "source_id"]),
        result("dram_forecast_misses", "First forecasts of DRAM contract prices that came in too low",
               float((errors["miss_points"] > 0).sum()), unit=f"of {len(errors)}", period="2025Q4 to 2026Q3", digits=1, source_id=errors["source_id"]),
        result("capex_over_cash", "Capital expenditure guided for 2026 over operating cash flow of 2025",
               (guidance["low"].sum() + guidance["high"].sum()) / 2 / cash, low=low, high=high, level=1.0,
               unit="times", period="2026", digits=3, source_id=[*guidance["source_id"], *_cash()["source_id"]]),
    ]  # fmt: skip


def answer(frame: pd.DataFrame, shares: pd.DataFrame) -> str:
    """The answer's template: what it calls scarce, and which layer it names, follow the run."""
    rent = frame.set_index("id").loc["rent_over_cost"]
    scarce = "AI compute is scarce" if rent["low"] > 1 else "Whether AI compute is scarce is open"
    informed = shares[shares["basis"] == "With price evidence"]
    first_year = informed[informed["quarter"].isin(sorted(informed["quarter"].unique())[:4])]
    leading = str(first_year.groupby("layer")["probability"].mean().idxmax())
    memory_leads = leading == LAYER_NAMES["dram_hbm"]
    layer = (
        "more often than any other layer"
        if memory_leads
        else f"less often than {leading.lower()}, which leads"
    )
    return (
        f"{scarce}: an H100 rents for {{rent_over_cost}} its full cost and {{rent_rise:v}} its low "
        "of 2025. Memory is the layer that prices single out, at {dram_price_multiple} the "
        "contract level of a year before, and it limits additions in {memory_binds:v} of the draws "
        f"over the first year, {layer}. Compute in service still grows {{compute_growth}} a year, "
        "to {compute_in_three_years}."
    )


def installed() -> pd.DataFrame:
    """Cumulative shipments by designer with 5-95 % points. Million H100e."""
    frame = evidence.series("ai-chips", "h100e_shipped_cumulative", *DESIGNERS)
    scaled = frame.assign(**{column: frame[column] / 1e6 for column in ("value", "low", "high")})
    return scaled[["date", "period", "entity", "value", "low", "high", "source_id"]]


def _by_designer(variable: str) -> pd.DataFrame:
    frame = evidence.series("ai-chips", variable, *DESIGNERS)
    wide = frame.pivot(index="period", columns="entity", values="value")
    return wide.ffill().fillna(0.0)


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


def layer_evidence() -> pd.DataFrame:
    """What prices say of each layer: the indicator, its rise over a year in logs, and the source.

    Memory by contract prices; logic by TSMC's price over cost, 1/(1 - gross margin); power by the
    price of transformers, a year's part of the rise since 2019. No price speaks for finance.
    """
    margin = evidence.series("chipmakers", "gross_margin_percent", "TSMC").iloc[-5:]
    price_over_cost = 1 / (1 - margin["value"].to_numpy() / 100)
    transformer = evidence.series("lead-times", "price_change", "Power transformer").iloc[0]
    dram = dram_index()
    dram_rise = float(np.log(dram.loc[dram["period"] == _last_outcome(), "mid"].iloc[0]))
    years = 2025 - 2019
    rows = [
        ("Logic and packaging", "TSMC price over cost, from its gross margin, one year",
         float(np.log(price_over_cost[-1] / price_over_cost[0])), "tsmc_quarterly_6k_2026"),
        ("Memory", "DRAM contract price, since 2025Q3", dram_rise, " ".join(sorted(set(dram["source_id"])))),
        ("Finance", "No price of its own; see cash flow", 0.0, "sec_companyfacts_cash_flow"),
        ("Power", "Power transformer price, one year's part of the rise since 2019",
         float(np.log1p(transformer["value"] / 100)) / years, transformer["source_id"]),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["layer", "indicator", "log_price_rise", "source_id"]).assign(
        price_multiple=lambda frame: np.exp(frame["log_price_rise"])
    )


def rentals() -> pd.DataFrame:
    """H100 one-year contract quartiles and their middle, by period. USD/GPU-hour."""
    quartiles = {
        name: evidence.series("gpu-rentals", f"rental_1y_contract_{name}", "H100")
        for name in ("p25", "p75")
    }
    both = quartiles["p25"].merge(quartiles["p75"], on=["period", "date", "source_id"])
    chosen = both[both["source_id"] == "semianalysis_gpu_index_2026"].reset_index(drop=True)
    return pd.DataFrame(
        {
            "date": chosen["date"],
            "period": chosen["period"],
            "p25": chosen["value_x"],
            "mid": (chosen["value_x"] + chosen["value_y"]) / 2,
            "p75": chosen["value_y"],
            "source_id": chosen["source_id"],
        }
    )


def dram_changes() -> pd.DataFrame:
    """Contract price changes: each forecast as it was made, and the outcome. Percent a quarter."""
    frame = evidence.series("memory", "dram_contract_price_change", DRAM)
    outcome = frame["kind"].isin(["observed", "estimate"])
    months = pd.to_datetime(frame["stated"].str[:7]).dt.strftime("%b %Y")
    return pd.DataFrame(
        {
            "period": frame["period"],
            "what": np.where(outcome, "Outcome", "Forecast"),
            "stated": frame["stated"],
            "label": frame["period"] + " " + np.where(outcome, "outcome", months),
            "low": frame["low"],
            "mid": (frame["low"] + frame["high"]) / 2,
            "high": frame["high"],
            "source_id": frame["source_id"],
        }
    ).sort_values(["period", "stated"], ignore_index=True)


def _last_outcome() -> str:
    changes = dram_changes()
    return str(changes.loc[changes["what"] == "Outcome", "period"].max())


def dram_index() -> pd.DataFrame:
    """DRAM contract price, 2025Q3 = 1, chained from outcomes, then from the latest forecast."""
    changes = dram_changes()
    rank = changes["what"].eq("Outcome").astype(int)
    latest = changes.assign(rank=rank).sort_values(["period", "rank", "stated"])
    latest = latest.drop_duplicates("period", keep="last").reset_index(drop=True)
    factors = {name: (1 + latest[name] / 100).cumprod() for name in ("low", "mid", "high")}
    return latest[["period", "what", "source_id"]].assign(**factors)


def dram_forecast_errors() -> pd.DataFrame:
    """First forecast against outcome, quarter by quarter. Percentage points of the mid-ranges."""
    changes = dram_changes()
    outcomes = changes[changes["what"] == "Outcome"].set_index("period")
    first = changes[changes["what"] == "Forecast"].drop_duplicates("period").set_index("period")
    both = (
        first.add_suffix("_forecast").join(outcomes.add_suffix("_outcome"), how="inner")
    ).reset_index()
    return pd.DataFrame(
        {
            "period": both["period"],
            "stated": both["stated_forecast"],
            "forecast_percent": both["mid_forecast"],
            "outcome_percent": both["mid_outcome"],
            "miss_points": both["mid_outcome"] - both["mid_forecast"],
            "source_id": both["source_id_forecast"] + " " + both["source_id_outcome"],
        }
    )


def chip_revenue() -> pd.DataFrame:
    """Quarterly revenue of Nvidia's data-centre segment and of TSMC. USD billion."""
    parts = [
        evidence.series("chipmakers", "data_center_revenue", "Nvidia").assign(
            series="Nvidia, data centre"
        ),
        evidence.series("chipmakers", "revenue", "TSMC").assign(series="TSMC, all"),
    ]
    return pd.concat(parts)[["date", "period", "series", "value", "source_id"]].reset_index(
        drop=True
    )


def capex() -> pd.DataFrame:
    """Quarterly capital expenditure and operating cash flow of four buyers. USD billion."""
    parts = [
        evidence.series("hyperscaler-capex", variable).assign(what=label)
        for variable, label in (
            ("capex", "Capital expenditure"),
            ("operating_cash_flow", "Operating cash flow"),
        )
    ]
    frame = pd.concat(parts)
    quarterly = frame["period"].str.contains("Q") & (frame["period"] >= "2024")
    chosen = frame[quarterly].reset_index(drop=True)
    return chosen[["date", "period", "entity", "what", "value", "grade", "source_id"]]


def capex_against_cash() -> tuple[pd.DataFrame, float]:
    """Latest guidance for 2026 by buyer, and their operating cash flow of 2025. USD billion."""
    frame = evidence.series("hyperscaler-capex", "capex")
    guided = frame[(frame["kind"] == "guidance") & (frame["period"] == "2026")]
    latest = guided.sort_values("stated").drop_duplicates("entity", keep="last")
    latest = latest.assign(
        low=latest["low"].fillna(latest["value"]), high=latest["high"].fillna(latest["value"])
    )
    columns = ["entity", "low", "high", "stated", "grade", "source_id"]
    guided = latest[columns].sort_values("entity", ignore_index=True)
    return guided, float(_cash()["value"].sum())


def _cash() -> pd.DataFrame:
    """Rows of the buyers' operating cash flow of 2025. USD billion."""
    cash = evidence.series("hyperscaler-capex", "operating_cash_flow", *BUYERS)
    return cash[cash["period"].str.startswith("2025")]


def lead_times() -> pd.DataFrame:
    """Lead times by input, as ranges. Weeks."""
    frame = evidence.series("lead-times", "lead_time")
    return pd.DataFrame(
        {
            "label": frame["entity"] + ", " + frame["period"].str[:4],
            "low": frame["low"].fillna(frame["value"]),
            "high": frame["high"].fillna(frame["value"]),
            "grade": frame["grade"],
            "note": frame["note"].fillna(""),
            "source_id": frame["source_id"],
        }
    ).sort_values("high", ascending=False, ignore_index=True)


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


def _range_of(book: Book, name: str) -> tuple[float, float, float]:
    row = book.row(name)
    low = row.value if row.low is None else row.low
    high = row.value if row.high is None else row.high
    return low, row.value, high


def last_observed_quarter() -> str:
    """The last quarter with observed shipments."""
    return record().quarters[-1]


def claims() -> pd.DataFrame:
    """Claims of the seeds on supply, with their verdicts."""
    ledger = evidence.read("claims")
    return ledger[ledger["topic"] == TOPIC].reset_index(drop=True)
