"""Accounts and welfare: P1, P2, P4, P6, P7, M5, G3, G6, G10."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from token_economics.models.derived_demand import HourDemand
from token_economics.models.labour_equivalence import (
    replace_work,
    token_cost_share,
    value_new_work,
    work_done,
)
from token_economics.models.national_accounts import (
    CostFall,
    consumer_surplus_gain,
    deflator_capture,
    replace_bought_service,
    sector_accounts,
    unit_value_phantom,
)
from token_economics.models.welfare import (
    close_economy,
    cost_of_living,
    measured_real_gdp,
    task_productivity_gain,
    welfare_gain,
)

EVERY = ("price", "true_volume", "nominal", "measured_volume", "phantom")


def halved_cost(
    *, own_price_elasticity: float, deflator_capture: float, pass_through: float
) -> CostFall:
    """The reference case: unit cost halves and nothing else happens."""
    return CostFall(
        saving=0.5,
        pass_through=pass_through,
        quality_gain=0.0,
        own_price_elasticity=own_price_elasticity,
        demand_shift=0.0,
        deflator_capture=deflator_capture,
        self_made_share=0.0,
        self_made_token_cost=0.0,
        wage_growth=0.0,
    )


def _ratios(change: CostFall, *quantities: str) -> list[ArrayLike]:
    """Accounts of the sector as ratios; what they miss stays in logs."""
    accounts = sector_accounts(change)._asdict()
    return [accounts[name] if name == "phantom" else np.exp(accounts[name]) for name in quantities]


def _substitution_cases() -> list[ArrayLike]:
    found: list[ArrayLike] = []
    for elasticity in (-0.5, -1.0, -1.5):
        change = halved_cost(
            own_price_elasticity=elasticity, deflator_capture=0.0, pass_through=1.0
        )
        gain = consumer_surplus_gain(
            base_spend=100.0, price_ratio=0.5, own_price_elasticity=elasticity
        )
        found += [*_ratios(change, *EVERY), gain]
    return found


def _knife_edge_cases() -> list[ArrayLike]:
    half = halved_cost(own_price_elasticity=-0.5, deflator_capture=0.5, pass_through=1.0)
    exact = halved_cost(own_price_elasticity=-0.5, deflator_capture=1.0, pass_through=1.0)
    partial = halved_cost(own_price_elasticity=-0.5, deflator_capture=0.25, pass_through=0.4)
    seen = [
        *_ratios(half, "measured_volume", "phantom"),
        *_ratios(exact, "measured_volume", "phantom"),
    ]
    return [*seen, *_ratios(partial, *EVERY)]  # fmt: skip


def _closure_cases() -> list[ArrayLike]:
    """A closed economy: (a) the workers set free find other work, (b) none, (c) none at unit elasticity."""
    sector = {"base_share": 0.1, "unit_cost": 0.5}
    absorbed = close_economy(**sector, substitution=0.5, reemployed_share=1.0)
    idle = close_economy(**sector, substitution=0.5, reemployed_share=0.0)
    unit = close_economy(**sector, substitution=1.0, reemployed_share=0.0)
    exact = measured_real_gdp(absorbed, **sector, deflator_capture=1.0)
    blind = measured_real_gdp(absorbed, **sector, deflator_capture=0.0)
    idle_blind = measured_real_gdp(idle, **sector, deflator_capture=0.0)
    gain = welfare_gain(income=1.0, cost_of_living_ratio=absorbed.cost_of_living)
    return [
        absorbed.share, absorbed.cost_of_living,
        absorbed.nominal_gdp, blind["fisher"], absorbed.true_real_gdp, exact["tornqvist"], exact["fisher"],
        idle.nominal_gdp, idle_blind["fisher"], idle.true_real_gdp,
        unit.nominal_gdp, unit.true_real_gdp,
        gain.compensating_variation, gain.consumer_surplus, gain.equivalent_variation,
    ]  # fmt: skip


def _intermediate_cases() -> list[ArrayLike]:
    firm = {"final_output": 1000.0, "service_cost": 100.0, "token_cost": 5.0}
    kept = replace_bought_service(**firm, pass_on=0.0)
    passed_on = replace_bought_service(**firm, pass_on=1.0)
    return [
        kept.gdp, kept.supplier_value_added_change, kept.user_value_added_change,
        kept.ai_value_added_change, passed_on.gdp, passed_on.final_deflator, passed_on.real_gdp,
    ]  # fmt: skip


def _welfare_cases() -> list[ArrayLike]:
    doubled = cost_of_living(base_share=0.5, price_ratio=2.0, substitution=1.0)
    gain = welfare_gain(income=100.0, cost_of_living_ratio=doubled)
    return [-gain.compensating_variation, -gain.equivalent_variation, -gain.consumer_surplus]


def _task_cases() -> list[ArrayLike]:
    tasks = {"exposed_share": 0.199, "profitable_share": 0.23, "labour_cost_saving": 0.27}
    return [task_productivity_gain(**tasks, labour_share=share) for share in (0.535, 0.57)]


def _labour_cases() -> list[ArrayLike]:
    work = value_new_work(replacement_cost=24.17, willingness_to_pay=0.25, token_cost=0.02)
    share = token_cost_share(0.5 * 175.0, 0.03 * 10300.0)
    phantom = unit_value_phantom(average_price_ratio=0.9584, quality_adjusted_price_ratio=0.5067)
    return [phantom, np.exp(phantom), share, work.true_gain, work.value_overstatement]


def _market_cases() -> list[ArrayLike]:
    """M5: one segment of tasks at the price that clears it; saving and token cost are outputs."""
    one = np.ones(1)
    demand = HourDemand(
        tasks=1000 * one[None],
        hours_per_task=5 * one[None],
        price_factor=one[None],
        review_usd=5 * one[None],
        log_median_value=np.log(50) * one[None],
        log_value_sd=one[None],
        subscriber_hours=0 * one,
        quota_budget_usd=0 * one,
        work_budget_usd=np.full(1, np.inf),
    )
    work = work_done(demand, 22.201254 * one, segments=slice(None))
    replaced = replace_work(work, realised_share=1.0, replaced_share=1.0, exposed_wages=30000.0)
    return [
        work.value,
        work.token_spend,
        work.value - work.cost,
        replaced.token_cost,
        replaced.replaced,
    ]


def _deflator_cases() -> list[ArrayLike]:
    missed = np.log([900.0, 1600.0])
    return [deflator_capture(missed=missed, true_price_fall=np.log(5.4 / 0.00012))]


CHECKS = (
    _substitution_cases, _knife_edge_cases, _closure_cases, _intermediate_cases, _welfare_cases,
    _task_cases, _labour_cases, _market_cases, _deflator_cases,
)  # fmt: skip
