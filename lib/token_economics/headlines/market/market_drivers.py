"""The evidence and the assumption book as the one token market needs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from token_economics.evidence import quarters, tables
from token_economics.headlines.market import supply_fleet, surprises
from token_economics.methods.arrays import FloatArray
from token_economics.models import spending, supply
from token_economics.models.market import FleetDrivers, MarketDrivers, renewed_contracts
from token_economics.models.task_growth import BaseMarket, DemandGrowth, calibrated_demand
from token_economics.models.task_values import ValueCurve

AGENTIC_MODEL = "Claude Opus 4.5"  # the model that coding agents used most at the end of 2025
H100_VINTAGE = "2023Q4"  # the quarter whose vintages cost an H100's running cost
USD_BILLION = 1e9


@dataclass(frozen=True)
class MarketRecord:
    """What the market takes from the evidence.

    quarterly_rents: H100 one-year contracts by quarter, to the latest [USD/GPU-hour];
    base_revenue_per_quarter: of generative AI, deduplicated [USD]; agentic_price: of agents'
    tokens after caching [USD/Mtok]; us_output_per_quarter: GDP of the last full year [USD].
    """

    fleet: supply_fleet.Record
    quarterly_rents: Mapping[str, float]
    base_revenue_per_quarter: float
    agentic_price_usd_per_mtok: float
    us_output_per_quarter_usd: float

    @property
    def base_quarter(self) -> str:
        """Last quarter with observed shipments; the market starts there."""
        return self.fleet.quarters[-1]

    @property
    def quarters_ahead(self) -> int:
        """Quarters from the base quarter to the horizon."""
        return quarters.index(self.fleet.horizon) - quarters.index(self.base_quarter)

    @property
    def quarters(self) -> list[str]:
        """The quarters of the path, base quarter first."""
        return quarters.span(self.base_quarter, self.fleet.horizon)


@tables.once
def record() -> MarketRecord:
    """The evidence as the market needs it."""
    return MarketRecord(fleet=supply_fleet.record(), **_figures())


@tables.kept
def _figures() -> dict[str, Any]:
    """The record's fields beside the fleet."""
    return {
        "quarterly_rents": quarterly_rents(),
        "base_revenue_per_quarter": base_revenue(supply_fleet.record().quarters[-1]),
        "agentic_price_usd_per_mtok": agentic_price(),
        "us_output_per_quarter_usd": us_output_per_quarter(),
    }


def quarterly_rents() -> dict[str, float]:
    """Middle of the quartiles of H100 one-year contracts, by quarter; a half-year is two quarters."""
    frame = supply_fleet.rentals()
    values: dict[str, list[float]] = {}
    for period, middle in zip(frame["period"], frame["mid"], strict=True):
        for quarter in _quarters_of(period):
            values.setdefault(quarter, []).append(float(middle))
    return {quarter: float(np.mean(found)) for quarter, found in values.items()}


def _quarters_of(period: str) -> list[str]:
    if "H" in period:
        first = 1 if period[-1] == "1" else 3
        return [f"{period[:4]}Q{first}", f"{period[:4]}Q{first + 1}"]
    return [period if "Q" in period else quarters.of_date(period)]


def base_revenue(quarter: str) -> float:
    """Revenue of a quarter implied by one house's run-rate and trailing year. [USD]

    Growth between them is that of an exponential; the run-rate is carried back to the quarter's
    middle.
    """
    entity = "Generative AI, deduplicated"
    rate = tables.series("revenue", "revenue_run_rate", entity).iloc[-1]
    trailing = tables.series("revenue", "revenue_trailing_year", entity).iloc[-1]
    growth = spending.growth_of_run_rate(rate["value"], trailing["value"])
    middle = quarters.end_date(quarter) - pd.Timedelta(days=45)
    years = (rate["date"] - middle).days / 365.25
    return float(rate["value"] * np.exp(-growth * years)) / 4 * USD_BILLION


def agentic_price() -> float:
    """Price paid for a million tokens of an agent: list price, output share and cache. [USD/Mtok]

    The cache discount is the rule of the large vendors: a cached token costs a tenth.
    """
    ratio = tables.series("token-multipliers", "input_output_ratio", "SemiAnalysis")
    hits = tables.series("token-multipliers", "cache_hit_rate", "SemiAnalysis")
    prices = tables.read("model-prices")
    listed = prices[prices["model"] == AGENTIC_MODEL].iloc[0]
    return spending.effective_price(
        input_usd_per_mtok=float(listed["input_usd_per_mtok"]),
        output_usd_per_mtok=float(listed["output_usd_per_mtok"]),
        input_per_output=float(ratio["value"].iloc[-1]),
        cache_hit_share=float(hits["value"].iloc[-1]) / 100,
        cached_price_ratio=0.1,
    )


def us_output_per_quarter(until: str = "") -> float:
    """GDP of the United States in the last full year, a quarter of it. [USD]

    With a quarter: in the last year before that of the quarter.
    """
    gdp = tables.series("macro", "gdp_nominal", "United States")
    gdp = gdp[gdp["period"] < until[:4]] if until else gdp
    return float(gdp["value"].iloc[-1]) / 4 * USD_BILLION


def work_budget(draws: Mapping[str, FloatArray], facts: MarketRecord) -> FloatArray:
    """Most that buyers of work can spend on tokens in the base quarter. [USD]

    A share of their output; that of all buyers is American output over the American part of
    spending, since no other country's spending is counted.
    """
    output = facts.us_output_per_quarter_usd / draws["us_token_spend_share"]
    return np.asarray(draws["token_budget_share_of_output"] * output)


def drivers(
    draws: Mapping[str, FloatArray],
    facts: MarketRecord,
    *,
    value_curves: Mapping[str, ValueCurve] | None = None,
) -> MarketDrivers:
    """Draws of the book as the market's drivers, held inside the stability bound of supply.

    ``value_curves`` by work segment say how values of tasks spread where they are not lognormal;
    every segment has the elasticity of the book in the base quarter, if its form allows one so low.
    """
    spend = spend_by_segment(draws, facts)
    premium = _premium(draws)
    rent_ratio = draws["h100e_rent_over_h100_contract_ratio"]
    fleet = _fleet(draws, facts)
    history = fleet.shipped.shape[0]
    in_service = (fleet.shipped * fleet.survival[:history][::-1]).sum(axis=0)
    price = rent_ratio * facts.quarterly_rents[facts.base_quarter]
    hours = supply.sold_compute_hours(in_service, fleet.sold_share)
    base = BaseMarket(
        price=price,
        hours=hours,
        spend=spend,
        premium=premium,
        elasticity_magnitude=draws["market_demand_elasticity_magnitude"],
        log_value_sd=draws["task_value_log_sd"],
        review_share=draws["review_share_of_task_cost"],
        quota_headroom=draws["subscriber_quota_headroom_share"],
        robotics_multiple=draws["robotics_demand_multiple"],
        work_budget=work_budget(draws, facts),
        value_curves=value_curves or {},
    )
    demand = calibrated_demand(base)
    token_prices = np.stack(
        [
            draws["commodity_price_usd_per_mtok"],
            draws["frontier_price_usd_per_mtok"],
            np.full_like(price, facts.agentic_price_usd_per_mtok),
            draws["commodity_price_usd_per_mtok"],
            draws["frontier_price_usd_per_mtok"],
        ]
    )
    factor = np.concatenate([demand.price_factor, demand.price_factor[1:2]])
    return MarketDrivers(
        demand=demand,
        growth=_growth(draws, facts),
        fleet=fleet,
        premium=premium[:-1],
        subscription_revenue=spend[-1],
        contract_price=rent_ratio * _contract_book(draws, facts),
        contract_share=draws["contract_compute_share"],
        renewal_share=draws["contract_renewal_share_per_quarter"],
        throughput=factor * price / token_prices,
    )


def spend_by_segment(draws: Mapping[str, FloatArray], facts: MarketRecord) -> FloatArray:
    """Spending of the base quarter: commodity, frontier, agentic, subscriptions x draws. [USD]"""
    weights = np.stack(
        [
            draws[f"{name}_spend_share"]
            for name in ("commodity", "frontier", "agentic", "subscription")
        ]
    )
    total = facts.base_revenue_per_quarter * draws["base_revenue_scale_ratio"]
    return np.asarray(weights / weights.sum(axis=0) * total)


def _premium(draws: Mapping[str, FloatArray]) -> FloatArray:
    """Premium of best models over commodity, spending segments x draws. [share]"""
    best = draws["frontier_premium_share"]
    return np.stack([np.zeros_like(best), best, best, np.zeros_like(best)])


def _growth(draws: Mapping[str, FloatArray], facts: MarketRecord) -> DemandGrowth:
    other = draws["task_growth_log_per_year"]
    return DemandGrowth(
        task_growth=np.stack([other, other, draws["agentic_task_growth_log_per_year"]]),
        subscriber_growth=draws["subscriber_growth_log_per_year"],
        task_ceiling=draws["task_ceiling_multiple"],
        subscriber_ceiling=draws["subscriber_ceiling_multiple"],
        tokens_per_task=draws["tokens_per_task_growth_log_per_year"],
        throughput=np.log1p(draws["raw_tokens_per_h100e_growth_per_year"]),
        wages=draws["wage_growth_log_per_year"],
        review=draws["review_cost_change_log_per_year"],
        common_shock=draws["common_demand_shock_log"],
        surprises=surprises.accumulated(draws, "demand", facts.quarters),
        signalling_share=draws["signalling_spend_share"],
        signalling_start=draws["signalling_start_years"],
        signalling_half_life=draws["signalling_half_life_months"] / 12,
        value_per_compute=draws["capability_value_elasticity"],
        premium_half_life=draws["frontier_premium_half_life_years"],
        robotics_start=draws["robotics_start_years"],
    )


def _fleet(draws: Mapping[str, FloatArray], facts: MarketRecord) -> FleetDrivers:
    record, ahead = facts.fleet, facts.quarters_ahead
    scale = draws["installed_scale_ratio"] * (1 + draws["uncovered_families_share"])
    shipped = record.additions_h100e[:, None] * scale
    limits, power = supply_fleet.layers(draws, record)
    steps = np.arange(1, ahead + 1, dtype=np.float64)
    surprised = np.exp(surprises.accumulated(draws, "supply", facts.quarters)[1:])
    total = len(record.quarters) + ahead
    age_quarters = np.arange(total)[:, None] - draws["energisation_lag_quarters"]
    surviving = supply.survival(
        np.maximum(age_quarters, 0) / 4,
        failure_rate=draws["gpu_failure_rate_per_year"],
        life_years=draws["gpu_useful_life_years"],
    )
    years = np.arange(ahead + 1)[:, None] / 4
    elasticity, _ = bounded_supply_elasticity(draws)
    return FleetDrivers(
        shipped=shipped,
        survival=surviving * np.clip(age_quarters + 1, 0, 1),
        flow_limits=np.stack([layer.limit(shipped[-1], steps).T for layer in limits]) * surprised,
        power_gw=power.base_draw_gw + (power.available(steps).T - power.base_draw_gw) * surprised,
        kw_new=power.kw_new(steps).T,
        base_draw_gw=np.full(shipped.shape[1], record.chip_power_gw),
        life_years=draws["gpu_useful_life_years"],
        running_cost=_running_cost(draws, first=record.quarters[0], vintages=total),
        price_trend=draws["accelerator_price_usd_per_h100e"]
        * supply.compounded(draws["accelerator_price_change_per_year"], years),
        seller_share=draws["seller_share_of_excess_value"],
        discount_rate=draws["discount_rate_per_year"],
        rent_decline=draws["rent_decline_per_year"],
        arms_race_premium=draws["arms_race_premium_share"],
        investment_cut_exponent=draws["investment_cut_exponent"],
        investment_rise_exponent=draws["investment_rise_exponent"],
        supply_elasticity=elasticity,
        lead_time=draws["capacity_lead_time_quarters"],
        shock_quarter=np.ceil(4 * draws["political_shock_years"]),
        shock_share=draws["political_shock_loss_share"],
        sold_share=draws["sold_inference_share"],
        sold_share_elasticity=draws["sold_share_price_elasticity"],
    )


def bounded_supply_elasticity(
    draws: Mapping[str, FloatArray],
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Supply elasticity inside the joint stability bound, and the draws that were held there."""
    return supply.bounded_elasticity(
        draws["supply_price_elasticity"],
        demand_elasticity_magnitude=draws["market_demand_elasticity_magnitude"],
        lead_time_quarters=draws["capacity_lead_time_quarters"],
    )


def _running_cost(draws: Mapping[str, FloatArray], *, first: str, vintages: int) -> FloatArray:
    """Avoidable cost by vintage: that of an H100, moved by the power a unit of compute draws."""
    years = (np.arange(vintages) + quarters.index(first) - quarters.index(H100_VINTAGE)) / 4
    change = np.minimum(draws["kw_per_h100e_change_per_year"], 0.0)
    return draws["avoidable_cost_usd_per_h100e_hour"] * supply.compounded(change, years[:, None])


def _contract_book(draws: Mapping[str, FloatArray], facts: MarketRecord) -> FloatArray:
    """Mean rent of H100 contracts running in the base quarter, by the share that renews."""
    renewal = draws["contract_renewal_share_per_quarter"]
    rents = facts.quarterly_rents
    known = [quarter for quarter in rents if quarter <= facts.base_quarter]
    book = np.full_like(renewal, float(rents[known[0]]))
    for quarter in known[1:]:
        book = renewed_contracts(book, float(rents[quarter]), renewal_share=renewal)
    return book
