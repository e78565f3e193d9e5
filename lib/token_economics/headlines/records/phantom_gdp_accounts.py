"""Phantom GDP: the accounts by final use, fed by the solved market.

Price path, adoption and saving come out of the token market of the report: the tasks that clear
it are the tasks whose output is counted here. What the market does not know (who buys, what
deflators record, what was paid work before) are assumptions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from token_economics.book.draws import with_values
from token_economics.evidence import quarters, tables
from token_economics.headlines import token_market
from token_economics.headlines.market import market_drivers, market_memo, supply_fleet
from token_economics.headlines.market.market_drivers import USD_BILLION, MarketRecord
from token_economics.methods.arrays import FloatArray
from token_economics.models import labour_equivalence, national_accounts, welfare
from token_economics.models import market as market_path
from token_economics.models.labour_equivalence import ReplacedWork, TaskWork
from token_economics.models.market import MarketDrivers, MarketPath
from token_economics.models.task_growth import SEGMENTS, WORK_SEGMENTS

ANECDOTE = "economist_200_s0"
NOW, NEXT, HORIZON = token_market.NOW, token_market.NEXT, token_market.HORIZON
LANGUAGE_WORK = slice(0, WORK_SEGMENTS.index("robotics"))
HOUSEHOLD, OWN_ACCOUNT, GOVERNMENT, SUBSCRIPTIONS, HARDWARE, MEMORY = range(6)
CATEGORIES = (
    "Services that households buy",
    "Own-account software and research",
    "Government services",
    "AI subscriptions of households",
    "AI hardware, net of imports",
    "Memory in that hardware",
)
DONE_WITH_AI = slice(HOUSEHOLD, SUBSCRIPTIONS)
ALL_OF_IT = 1e6  # part of the work done that was paid before: so much that exposure is what binds


@dataclass(frozen=True)
class Record:
    """What the model takes from the evidence: numbers only, so that models read no files.

    ``doable_share`` is a part of the wage bill; ``counts`` of work are a part of it, and money of
    today; ``memory_multiple`` is the contract price of memory by quarter over that of 2025Q3.
    [USD billion unless said]
    """

    market: MarketRecord
    gdp_usd_bn: float
    gdp_period: str
    token_spend_usd_bn: float
    wage_bill_usd_bn: float
    doable_share: float
    counts: Mapping[str, tuple[float, float]]
    economists: float
    economist_wage_usd: float
    memory_multiple: Mapping[str, float]


@dataclass(frozen=True)
class Snapshot:
    """The US part of the solved market in one quarter, at yearly rates. [USD billion]

    ``bill`` is all spending on tokens; ``years`` and ``hardware_price_fall`` [log] count from the
    base quarter, ``memory_price_rise`` [log] from 2025Q3.
    """

    quarter: str
    years: float
    work: TaskWork
    bill: FloatArray
    subscriptions: FloatArray
    hardware: FloatArray
    hardware_price_fall: FloatArray
    memory_price_rise: float
    gdp: FloatArray


@dataclass(frozen=True)
class Choice:
    """Four choices that decide what is called phantom; none made, all is as the book has it.

    deflator: part of price falls that every deflator records; uses: final uses that count;
    self_made: whether what users make themselves does; exposed: wages that tokens could replace,
    as a part of GDP; reemployed: part of released labour that finds work.
    """

    deflator: float | None = None
    uses: tuple[int, ...] = tuple(range(len(CATEGORIES)))
    self_made: bool = True
    exposed: float | FloatArray | None = None
    reemployed: float | None = None


BOOK = Choice()


@dataclass(frozen=True)
class Economy:
    """The solved frame: one entry a draw; ``parts`` draws x final uses, shares of GDP."""

    snapshot: Snapshot
    work: ReplacedWork
    change: national_accounts.CostFall
    sector: national_accounts.SectorAccounts
    base_spend: FloatArray
    parts: FloatArray
    phantom: FloatArray
    missed_by_deflator: FloatArray
    saving_gain: FloatArray
    closure: welfare.Closure
    measured_real_gdp: FloatArray


@tables.once
def record() -> Record:
    """The evidence as the model needs it."""
    return Record(market=market_drivers.record(), **_figures())


@tables.kept
def _figures() -> dict[str, Any]:
    """The record's fields beside the market."""
    gdp = tables.series("macro", "gdp_nominal", "United States").iloc[-1]
    spend = tables.series("revenue", "revenue_run_rate", "Generative AI, deduplicated").iloc[-1]
    jobs = tables.series("macro", "employment", "All Occupations").iloc[-1]
    wages = tables.series("macro", "mean_annual_wage", "All Occupations").set_index("period")
    ledger = tables.read("claims").set_index("id")
    counts = thresholds()[["threshold", "share_of_wages", "stated"]]
    memory = supply_fleet.dram_index().query("what == 'Outcome'")
    return {
        "gdp_usd_bn": float(gdp["value"]),
        "gdp_period": str(gdp["period"]),
        "token_spend_usd_bn": float(spend["value"]),
        "wage_bill_usd_bn": float(jobs["value"] * wages.loc[jobs["period"], "value"]) / 1e9,
        "doable_share": latest("tasks_doable_now", "Patel") / 100,
        "counts": {name: (share, stated) for name, share, stated in counts.to_numpy()},
        "economists": float(ledger["value"].to_dict()[ANECDOTE]),
        "economist_wage_usd": latest("mean_annual_wage", "Economists"),
        "memory_multiple": dict(zip(memory["period"], memory["mid"], strict=True)),
    }


def latest(variable: str, entity: str) -> float:
    """The latest figure of the macro table for a variable and an entity."""
    return float(tables.series("macro", variable, entity)["value"].iloc[-1])


def thresholds() -> pd.DataFrame:
    """Four counts of the work that AI can do, as a part of US wages or in money of its date.

    Columns threshold, what, share_of_wages [0-1] or stated [USD billion], source_id.
    """
    rated = [
        tables.series("exposure", name, "United States") for name in ("alpha_model", "beta_model")
    ]
    claimed = tables.series("macro", "tasks_doable_now", "Patel")
    stated = tables.series("macro", "exposed_wages", "Dark Output, all tiers from 4")
    found = pd.concat([count.tail(1) for count in (claimed, *rated, stated)], ignore_index=True)
    in_money = found["variable"] == "exposed_wages"
    return pd.DataFrame(
        {
            "threshold": ["3 % of tasks", "alpha", "beta", "Dark Output"],
            "what": [
                "said to be doable now",
                "a language model alone halves the time",
                "with software around it, half weight",
                "all tiers from 4",
            ],
            "share_of_wages": found["value"].mask(in_money, 0.0) / 100,
            "stated": found["value"].where(in_money, 0.0),
            "source_id": found["source_id"],
        }
    )


def doable_wages(draws: Mapping[str, FloatArray], facts: Record) -> dict[str, FloatArray]:
    """Wages of the work that AI can do, today, by each count, smallest first. [USD billion/year]

    A count that is a part of wages moves with the wage bill since the survey; one that is stated in
    money is of today already.
    """
    bill = facts.wage_bill_usd_bn * draws["us_wage_bill_growth_ratio"]
    found = {name: share * bill + stated for name, (share, stated) in facts.counts.items()}
    return dict(sorted(found.items(), key=lambda count: float(np.median(count[1]))))


def snapshots(
    draws: Mapping[str, FloatArray], facts: Record, wanted: Iterable[str]
) -> dict[str, Snapshot]:
    """The US part of the solved market in the wanted quarters; the market is solved once."""
    path = market_memo.solve(draws, facts.market)
    drivers = market_memo.drivers(draws, facts.market)
    return {quarter: _snapshot(quarter, path, drivers, draws, facts) for quarter in wanted}


def _snapshot(
    quarter: str,
    path: MarketPath,
    drivers: MarketDrivers,
    draws: Mapping[str, FloatArray],
    facts: Record,
) -> Snapshot:
    t = facts.market.quarters.index(quarter)
    demand = market_path.demand_in_quarter(drivers, path, t)
    yearly = 4 * draws["us_token_spend_share"] / USD_BILLION
    work = labour_equivalence.work_done(demand, path.price[t], segments=LANGUAGE_WORK)
    bought = path.additions[t] * path.accelerator_price[t] * 4 / USD_BILLION
    since_gdp_year = (quarters.index(quarter) - quarters.index(f"{facts.gdp_period}Q2") - 0.5) / 4
    return Snapshot(
        quarter=quarter,
        years=t / 4,
        work=TaskWork(*(part * yearly for part in work)),
        bill=path.spend[t].sum(axis=0) * yearly,
        subscriptions=path.spend[t, SEGMENTS.index("subscriptions")] * yearly,
        hardware=bought * draws["us_ai_hardware_share"],
        hardware_price_fall=np.log(path.accelerator_price[0] / path.accelerator_price[t]),
        memory_price_rise=float(np.log(_held(facts.memory_multiple, quarter))),
        gdp=facts.gdp_usd_bn * np.exp(draws["wage_growth_log_per_year"] * since_gdp_year),
    )


def _held(by_quarter: Mapping[str, float], quarter: str) -> float:
    """The value of a quarter, or the last one known before it."""
    return by_quarter[max(known for known in by_quarter if known <= quarter)]


def solve(draws: Mapping[str, FloatArray], facts: Record) -> Economy:
    """Sector accounts, their sum over final demand, and the closed economy today."""
    return along(draws, facts, [NOW])[0]


def along(
    draws: Mapping[str, FloatArray], facts: Record, wanted: Iterable[str], choice: Choice = BOOK
) -> tuple[Economy, ...]:
    """The same accounts in each of the wanted quarters of the solved market."""
    market = snapshots(draws, facts, wanted)
    return tuple(account(draws, snapshot, choice) for snapshot in market.values())


def account_if_all_exposed_work_were_done(
    draws: Mapping[str, FloatArray], snapshot: Snapshot
) -> Economy:
    """The same accounts with every exposed task done by tokens: where the gap stops growing."""
    everything = np.full_like(draws["replaced_work_share"], ALL_OF_IT)
    return account(with_values(draws, {"replaced_work_share": everything}), snapshot)


def account(draws: Mapping[str, FloatArray], snapshot: Snapshot, choice: Choice = BOOK) -> Economy:
    """Accounts of one quarter of the market, against the same economy without AI."""
    exposed = draws["exposed_share_of_gdp"] if choice.exposed is None else choice.exposed
    work = labour_equivalence.replace_work(
        snapshot.work,
        realised_share=draws["realised_saving_share"],
        replaced_share=draws["replaced_work_share"],
        exposed_wages=exposed * snapshot.gdp,
    )
    change = cost_fall(draws, snapshot, work, choice)
    sector = national_accounts.sector_accounts(change)
    base_spend = _base_spend(draws, snapshot, work, choice)
    gdp = snapshot.gdp
    missed = (1 - np.asarray(change.deflator_capture)) * change.true_price_fall
    spending = {
        "base_spend": base_spend, "spend": base_spend * np.exp(sector.nominal),
        "base_gdp": gdp, "gdp": gdp,
    }  # fmt: skip
    mean_share = 0.5 * (spending["base_spend"] + spending["spend"]) / gdp[:, None]
    closure, measured = _closed(draws, change, base_spend / gdp[:, None], choice)
    return Economy(
        snapshot=snapshot,
        work=work,
        change=change,
        sector=sector,
        base_spend=base_spend,
        parts=mean_share * sector.phantom,
        phantom=national_accounts.aggregate_phantom(phantom=sector.phantom, **spending),
        missed_by_deflator=national_accounts.aggregate_phantom(phantom=missed, **spending),
        saving_gain=welfare.hulten_gain(
            domar_weights=(work.replaced / gdp)[:, None], cost_savings=work.log_saving[:, None]
        ),
        closure=closure,
        measured_real_gdp=measured,
    )


def cost_fall(
    draws: Mapping[str, FloatArray],
    snapshot: Snapshot,
    work: ReplacedWork,
    choice: Choice = BOOK,
) -> national_accounts.CostFall:
    """Each final use with AI against the same use without it; draws x uses.

    Work valued at the cost of its inputs has no market price: its whole saving is its price fall.
    Subscriptions and hardware are as large as the market has them, so only their price counts.
    Subscriptions are tokens themselves, whose deflator list prices tell; services made with tokens
    have deflators of their own.
    """
    count = len(work.log_saving)
    zero, one = np.zeros(count), np.ones(count)
    saving = -np.expm1(-work.log_saving)
    quality, fees = draws["quality_gain_log"], draws["subscription_quality_gain_log"]
    dearer = draws["memory_repriced_cost_share"] * snapshot.memory_price_rise
    elasticity = draws["exposed_service_price_elasticity"]
    made = draws["self_made_share"] if choice.self_made else zero
    services, hardware = draws["deflator_capture_share"], draws["hardware_deflator_capture_share"]
    at_cost = draws["input_cost_deflator_capture_share"]
    tokens = draws["token_deflator_capture_share"]
    captures = [services, at_cost, at_cost, tokens, hardware, hardware]
    if choice.deflator is not None:
        captures = [choice.deflator * one] * len(CATEGORIES)
    return national_accounts.CostFall(
        saving=_uses(saving, saving, saving, zero, zero, zero),
        pass_through=_uses(draws["cost_saving_pass_through"], *(one,) * 5),
        quality_gain=_uses(quality, quality, quality, fees, snapshot.hardware_price_fall, -dearer),
        own_price_elasticity=_uses(elasticity, elasticity, elasticity, -one, -one, -one),
        demand_shift=0.0,
        deflator_capture=_uses(*captures),
        self_made_share=_uses(made, zero, zero, zero, zero, zero),
        self_made_token_cost=work.token_cost[:, None],
        wage_growth=0.0,
    )


def _uses(*columns: FloatArray) -> FloatArray:
    return np.stack(columns).T  # each use contiguous in memory


def _base_spend(
    draws: Mapping[str, FloatArray], snapshot: Snapshot, work: ReplacedWork, choice: Choice
) -> FloatArray:
    """Spending on each final use without AI, draws x uses; what firms buy has no place here."""
    weights = _uses(
        *(draws[f"{name}_final_weight"] for name in ("household", "own_account", "government"))
    )
    final = draws["final_demand_share"] * work.replaced
    bought = final[:, None] * weights / weights.sum(axis=1, keepdims=True)
    machines = snapshot.hardware * draws["ai_hardware_domestic_share"]
    fees = snapshot.subscriptions * draws["household_subscription_share"]
    spend = np.concatenate([bought, _uses(fees, machines, machines)], axis=1)
    counted = np.isin(np.arange(len(CATEGORIES)), choice.uses)
    return np.asarray(spend * counted)


def _closed(
    draws: Mapping[str, FloatArray],
    change: national_accounts.CostFall,
    shares: FloatArray,
    choice: Choice,
) -> tuple[welfare.Closure, FloatArray]:
    """The whole economy and its measured volume, the services done with AI as one good."""
    done = shares[:, DONE_WITH_AI]
    total = done.sum(axis=1)
    weights = done / np.where(total > 0, total, 1.0)[:, None]
    falls = change.true_price_fall[:, DONE_WITH_AI]
    fall = (weights * falls).sum(axis=1)
    seen = (weights * falls * np.asarray(change.deflator_capture)[:, DONE_WITH_AI]).sum(axis=1)
    found = draws["released_labour_reemployed_share"]
    unit_cost = np.exp(-fall)
    closure = welfare.close_economy(
        base_share=total,
        unit_cost=unit_cost,
        substitution=-draws["exposed_service_price_elasticity"],
        reemployed_share=found if choice.reemployed is None else choice.reemployed,
    )
    measured = welfare.measured_real_gdp(
        closure,
        base_share=total,
        unit_cost=unit_cost,
        deflator_capture=np.divide(seen, fall, out=np.zeros_like(fall), where=fall != 0),
    )
    return closure, measured["fisher"]


def hidden_growth(first: Economy, last: Economy) -> FloatArray:
    """Growth that the gap hides between two quarters. [1/year]"""
    years = last.snapshot.years - first.snapshot.years
    return np.asarray((last.phantom - first.phantom) / years)


def falls_while_output_grows(economy: Economy) -> NDArray[np.bool_]:
    """Whether money and measured GDP both fall and true GDP does not."""
    closure = economy.closure
    fall = (closure.nominal_gdp < 1) & (economy.measured_real_gdp < 1)
    return np.asarray(fall & (closure.true_real_gdp > 1))
