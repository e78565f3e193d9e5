"""Tables behind the charts that a reader can move by a formula: a page's results elsewhere.

The page recomputes the closed form; the table holds the run. Where the formula takes point values,
`landed` is what makes it give the run's own result at rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from token_economics.answers import sliders
from token_economics.book.assumptions import Book, FloatArray
from token_economics.evidence import quarters, tables
from token_economics.headlines import (
    demand_explosion,
    one_firm,
    phantom_gdp_accounts,
    supply_fleet,
)
from token_economics.headlines.one_firm import Firm
from token_economics.headlines.phantom_gdp_accounts import HOUSEHOLD, Economy
from token_economics.methods import summaries
from token_economics.models import national_accounts, spending, supply
from token_economics.models.national_accounts import CostFall

MONTHS_AHEAD = 60
HALF_LIFE = {"half_life": "excess_growth_half_life_months"}
MOST_LANDED = 4.0
LARGEST_ELASTICITY = 2.0  # the right end of the map of signs, in size
LEAST_PRICE_FALL = 1e-6  # log points


# Demand ----------------------------------------------------------------------------------------


def payroll_sliders(book: Book, results: pd.DataFrame) -> pd.DataFrame:
    """Sliders of spend against payroll: growth as the results estimate it, and how long it lasts."""
    growth = sliders.of_result(
        "growth", results, "median_growth",
        label="growth of the median firm's spend now (estimate)", unit="1/month",
    )  # fmt: skip
    signals = {
        "signalling": "signalling_spend_share",
        "signalling_half_life": "signalling_half_life_months",
    }
    return pd.concat([growth, sliders.even(book, {**HALF_LIFE, **signals})], ignore_index=True)


def payroll(book: Book) -> pd.DataFrame:
    """Spend on AI per employee over the mean US wage, by month ahead and cohort, point values.

    Columns: months, cohort, start (the ratio now), trend and growth (a month, in logs; before and
    since the break), run (the ratio at the run's assumptions).
    """
    facts = demand_explosion.record(book.seed)
    wage = float(tables.series("macro", "mean_annual_wage", "All Occupations")["value"].iloc[-1])
    kept = spending.remaining_after_haircut(
        np.arange(MONTHS_AHEAD + 1.0),
        signalling_share=book["signalling_spend_share"],
        half_life_months=book["signalling_half_life_months"],
    )
    parts = []
    for key, name in demand_explosion.PROJECTED.items():
        cohort = facts.cohorts[key]
        start = 12 * cohort.last_spend_usd * book[f"{key}_spend_revision_ratio"] / wage
        rates = {"trend": cohort.before.log_growth, "growth": cohort.since.log_growth}
        parts.append(_spend_ahead(book, name, start=start, **rates))
    return pd.concat([part.assign(run=part["run"] * kept) for part in parts], ignore_index=True)


def _spend_ahead(
    book: Book, name: str, *, start: float, trend: float, growth: float
) -> pd.DataFrame:
    """A ratio of spend by month ahead, its growth fading to its trend, no faster than now's."""
    months = np.arange(MONTHS_AHEAD + 1.0)
    ahead = spending.fading_log_growth(
        months,
        trend_log_growth=trend,
        log_growth_now=growth,
        half_life_months=book["excess_growth_half_life_months"],
    )
    part = pd.DataFrame({"months": months, "cohort": name, "start": start})
    return part.assign(trend=trend, growth=growth, run=start * np.exp(ahead))


def firm_paces(firm: Firm) -> list[str]:
    """The pace that a slider moves, the firm's own if its figures identify one, and the fastest."""
    own = firm.paces[one_firm.OWN].status == "ok"
    first = one_firm.OWN if own else one_firm.PANEL["Median firm"]
    return [first, one_firm.PANEL["Top 1 %"]]


def firm_sliders(book: Book, firm: Firm, results: pd.DataFrame) -> pd.DataFrame:
    """Sliders of a firm's spend: its pace as the results estimate it, and how long it lasts."""
    pace = firm_paces(firm)[0]
    slug = "own_growth" if pace == one_firm.OWN else "median_growth"
    growth = sliders.of_result(
        "growth", results, slug,
        label=f"growth of spend now, {pace[0].lower()}{pace[1:]} (estimate)", unit="1/month",
    )  # fmt: skip
    return pd.concat([growth, sliders.even(book, HALF_LIFE)], ignore_index=True)


def firm_payroll(book: Book, firm: Firm) -> pd.DataFrame:
    """A firm's spend on tokens over its payroll, by month ahead and pace, point values.

    Columns as of `payroll`; the cohort is the pace.
    """
    start, parts = firm.last_spend_musd / firm.payroll_musd, []
    for pace in firm_paces(firm):
        growth, trend = firm.paces[pace].log_growth, firm.trends[pace]
        part = _spend_ahead(book, pace, start=start, trend=min(trend, growth), growth=growth)
        parts.append(part.assign(trend=trend))
    return pd.concat(parts, ignore_index=True)


# Supply ----------------------------------------------------------------------------------------

LAYERS = {
    "memory": "dram_bit_growth_per_year",
    "logic": "advanced_packaging_growth_per_year",
    "capex": "capex_growth_per_year",
    "power": "ai_power_growth_per_year",
}
FLOWS = {"logic_packaging": "logic", "dram_hbm": "memory", "finance": "capex"}


def layer_sliders(book: Book) -> pd.DataFrame:
    """Sliders of the layers that limit additions."""
    return sliders.even(book, LAYERS)


def layers(book: Book, results: pd.DataFrame) -> pd.DataFrame:
    """What each layer allows and what is added by quarter, at the book's point values.

    Power is given back by no accelerator that is added on the path. Columns: ahead [quarters],
    date; <layer>_start [M H100e a quarter] and <layer>_rest [1], the growth factor of a flow layer
    apart from its slider; power_start [GW], power_base [GW], kw_new [kW]; run_added [M H100e]; of
    compute in service three years on, kept, the part of a quarter's additions that is in it, old,
    what is from before the path [M H100e], landed [1] and run_in_service [M H100e].
    """
    points, facts = book.points(), supply_fleet.record()
    shipped = supply_fleet.solve(points, facts).shipped_h100e[0]
    history = shipped[: len(facts.quarters)]
    flows, power = supply_fleet.layers(points, facts)
    path_quarters = quarters.span(facts.quarters[-1], facts.horizon)[1:]
    ahead = np.arange(1.0, len(path_quarters) + 1)
    added = supply.project_additions(
        flows,
        power,
        base_additions=history[-1:],
        quarters=len(path_quarters),
        life_years=np.array([ahead[-1]]),
    ).h100e[0]
    left = _in_service(points, len(shipped), len(history) - 1 + supply_fleet.THREE_YEARS)
    old, kept = float(history @ left[: len(history)]), left[len(history) :]
    run = sliders.run_value(results, "compute_in_three_years")
    columns: dict[str, object] = {}
    for layer in flows:
        name = FLOWS[layer.name]
        columns[f"{name}_start"] = history[-1] * (1 + layer.headroom.item()) / 1e6
        columns[f"{name}_rest"] = (1 + layer.growth_per_year.item()) / (1 + book[LAYERS[name]])
    return pd.DataFrame(
        {
            "ahead": ahead,
            "date": [quarters.end_date(quarter) for quarter in path_quarters],
            **columns,
            "power_start": power.base_draw_gw * (1 + power.headroom.item()),
            "power_base": power.base_draw_gw,
            "kw_new": power.kw_new(ahead)[0],
            "run_added": added / 1e6,
            "kept": kept,
            "old": old / 1e6,
            "landed": sliders.landing(run, (old + float(added @ kept)) / 1e6),
            "run_in_service": run,
        }
    )


def _in_service(points: Mapping[str, FloatArray], quarters_shipped: int, then: int) -> FloatArray:
    """Part of each quarter's shipments that is in service at the end of a quarter. [share]"""
    return supply.fleet_in_service(
        np.eye(quarters_shipped),
        lag_quarters=points["energisation_lag_quarters"],
        failure_rate=points["gpu_failure_rate_per_year"],
        life_years=points["gpu_useful_life_years"],
    )[:, then]


# Accounts --------------------------------------------------------------------------------------


def accounts_sliders(book: Book) -> pd.DataFrame:
    """Sliders of the accounts of services that households buy, where AI does the work.

    The saving is no assumption: the solved market gives it.
    """
    facts = phantom_gdp_accounts.record()
    low, _, high = summaries.quantiles(_saving(phantom_gdp_accounts.solve(book.draws(), facts)))
    saving = sliders.estimated(
        "saving", label="fall of the unit cost of work that is done with AI (token market)",
        unit="share", value=_saving(_economy(book)).item(), low=low, high=high,
    )  # fmt: skip
    assumed = {
        "pass_through": "cost_saving_pass_through",
        "self_made": "self_made_share",
        "elasticity": "exposed_service_price_elasticity",
        "capture": "deflator_capture_share",
    }
    return pd.concat([saving, sliders.even(book, assumed)], ignore_index=True)


def _economy(book: Book) -> Economy:
    """The accounts at point values."""
    return phantom_gdp_accounts.solve(book.points(), phantom_gdp_accounts.record())


def _saving(economy: Economy) -> FloatArray:
    return np.asarray(-np.expm1(-economy.work.log_saving))


ACCOUNTS = {
    "price": "Price",
    "nominal": "Money spent",
    "measured_volume": "Output as measured",
    "true_volume": "True output",
    "phantom": "Output missed",
}


def accounts(book: Book, results: pd.DataFrame) -> pd.DataFrame:
    """Services that households buy, where AI does the work, against the same without it.

    Columns: quantity (a field of the accounts), label, run [share]; quality_gain [log] and
    token_cost [share of the old price], which no slider moves; spend, the work before [USD
    billion]; landed, what the fall of the true price is scaled by so that the run's gap results.
    """
    solved, gdp = _economy(book), phantom_gdp_accounts.record().gdp_usd_bn
    landed, change = _landed_fall(solved, results)
    sector = national_accounts.sector_accounts(change)._asdict()
    return pd.DataFrame(
        {
            "quantity": list(ACCOUNTS),
            "label": list(ACCOUNTS.values()),
            "run": [float(np.expm1(sector[name])) for name in ACCOUNTS],
            "quality_gain": book["quality_gain_log"],
            "token_cost": solved.work.token_cost.item(),
            "spend": solved.base_spend[0, HOUSEHOLD] / solved.snapshot.gdp.item() * gdp,
            "landed": landed,
        }
    )


def signs(book: Book, results: pd.DataFrame) -> pd.DataFrame:
    """Share of a price fall that a deflator must catch for measured output not to fall.

    Columns: size of the elasticity; run, the share at the run's other assumptions, cut to 0 to 1
    (where the price falls: without a fall nothing is defined); quality_gain, token_cost, landed
    (as in `accounts`); left, right, low, high, the 90 % range of the elasticity's size and of the
    share caught.
    """
    sizes, solved = np.linspace(0.0, LARGEST_ELASTICITY, 81), _economy(book)
    landed, change = _landed_fall(solved, results)
    price_fall = max(float(change.true_price_fall), LEAST_PRICE_FALL)
    frame = pd.DataFrame(
        {
            "size": sizes,
            "run": np.clip(1 - sizes - float(change.marketed_value) / price_fall, 0.0, 1.0),
            "quality_gain": book["quality_gain_log"],
            "token_cost": solved.work.token_cost.item(),
            "landed": landed,
        }
    )
    draws = book.draws()
    size, caught = -draws["exposed_service_price_elasticity"], draws["deflator_capture_share"]
    left, _, right = summaries.quantiles(size)
    low, _, high = summaries.quantiles(caught)
    return frame.assign(left=left, right=right, low=low, high=high)


def _landed_fall(solved: Economy, results: pd.DataFrame) -> tuple[float, CostFall]:
    """The factor on households' fall of the true price that makes the run's gap, and the change.

    One where no fall of the price can make that gap.
    """
    wanted = np.log1p(sliders.run_value(results, "sector_gap"))
    parts = {field.name: getattr(solved.change, field.name) for field in fields(CostFall)}
    shape = solved.sector.phantom.shape
    change = CostFall(
        **{name: np.broadcast_to(part, shape)[0, HOUSEHOLD] for name, part in parts.items()}
    )

    def scaled(factor: float) -> CostFall:
        through, gain = change.pass_through * factor, change.quality_gain * factor
        return replace(change, pass_through=through, quality_gain=gain)

    def short(factor: float) -> float:
        return float(national_accounts.sector_accounts(scaled(factor)).phantom - wanted)

    if not short(0.0) < 0 < short(MOST_LANDED):
        return 1.0, change
    factor = float(brentq(short, 0.0, MOST_LANDED, xtol=1e-12))
    return factor, scaled(factor)
