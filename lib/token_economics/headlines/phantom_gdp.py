"""Phantom GDP: how much output of AI the accounts miss, and which sizes are something else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book, FloatArray, override
from token_economics.evidence import tables
from token_economics.headlines import phantom_gdp_accounts as accounts
from token_economics.headlines import phantom_gdp_range, phantom_gdp_record
from token_economics.headlines.phantom_gdp_accounts import (
    ANECDOTE,
    DONE_WITH_AI,
    HARDWARE,
    HORIZON,
    HOUSEHOLD,
    MEMORY,
    NEXT,
    NOW,
    SUBSCRIPTIONS,
    Economy,
    Record,
    record,
)
from token_economics.headlines.rows import chance as chance_of
from token_economics.headlines.rows import result
from token_economics.methods import summaries
from token_economics.models import labour_equivalence

TOPIC = "phantom_gdp"
MEMORY_GROWTH = "dram_bit_growth_per_year"
ORDER = (
    "phantom_share", "phantom_usd_bn", "phantom_horizon", "phantom_base", "phantom_over_choices",
    "deflator_part", "exposure_part", "hidden_growth", "memory_effect", "memory_part_usd_bn",
    "above_one_percent", "above_one_percent_at_horizon", "adoption", "adoption_at_horizon",
    "phantom_ceiling", "market_over_reported", "phantom_negative", "sector_gap", "gdp_falls_output_grows", "token_cost",
    "beyond_doable", "beyond_exposed", "anecdote_gain", "gain_overstated", "task_surplus_usd_bn",
    "surplus_at_median", "surplus_at_mean",
)  # fmt: skip


def headlines(draws: Mapping[str, FloatArray], facts: Record) -> dict[str, FloatArray]:
    """The model's headline results of this topic for given draws, one array of draws each."""
    base_quarter = facts.market.base_quarter
    wanted = (NOW, base_quarter, NEXT, HORIZON)
    market = accounts.snapshots(draws, facts, wanted)
    economy, first, soon, last = (accounts.account(draws, market[quarter]) for quarter in wanted)
    since = economy.snapshot.years - first.snapshot.years
    return {
        **_size(economy, facts),
        "phantom_base": first.phantom,
        "phantom_next": soon.phantom,
        "phantom_horizon": last.phantom,
        "phantom_ceiling": accounts.account_if_all_exposed_work_were_done(
            draws, market[HORIZON]
        ).phantom,
        "above_one_percent_at_horizon": (last.phantom > 0.01).astype(np.float64),
        "adoption_at_horizon": last.work.replaced
        / (draws["exposed_share_of_gdp"] * last.snapshot.gdp),
        "hidden_growth": (economy.phantom - first.phantom) / since,
        **_shrinking(economy),
        "gdp_falls_at_horizon": falls_while_output_grows(last).astype(np.float64),
        **_labour(economy, draws, facts),
        "beyond_exposed_at_horizon": last.work.violates.astype(np.float64),
        **_anecdote(draws, facts),
    }


def _size(economy: Economy, facts: Record) -> dict[str, FloatArray]:
    parts, size = economy.parts, facts.gdp_usd_bn
    made = economy.phantom - economy.missed_by_deflator
    done = parts[:, DONE_WITH_AI].sum(axis=1)
    return {
        "phantom_share": economy.phantom,
        "phantom_usd_bn": economy.phantom * size,
        "deflator_part_usd_bn": economy.missed_by_deflator * size,
        "self_made_part_usd_bn": made * size,
        "work_part_usd_bn": done * size,
        "subscription_part_usd_bn": parts[:, SUBSCRIPTIONS] * size,
        "hardware_part_usd_bn": parts[:, HARDWARE] * size,
        "memory_part_usd_bn": parts[:, MEMORY] * size,
        "phantom_negative": (economy.phantom < 0).astype(np.float64),
        "above_one_percent": (economy.phantom > 0.01).astype(np.float64),
        "saving_gain": economy.saving_gain,
        "sector_gap": np.expm1(economy.sector.phantom[:, HOUSEHOLD]),
        "task_surplus_usd_bn": economy.snapshot.work.value - economy.snapshot.work.cost,
    }


def _shrinking(economy: Economy) -> dict[str, FloatArray]:
    return {
        "nominal_gdp_change": economy.closure.nominal_gdp - 1,
        "measured_gdp_falls": (economy.measured_real_gdp < 1).astype(np.float64),
        "true_gdp_change": economy.closure.true_real_gdp - 1,
        "gdp_falls_output_grows": falls_while_output_grows(economy).astype(np.float64),
    }


def falls_while_output_grows(economy: Economy) -> np.ndarray:
    """Whether money and measured GDP both fall and true GDP does not."""
    closure = economy.closure
    fall = (closure.nominal_gdp < 1) & (economy.measured_real_gdp < 1)
    return np.asarray(fall & (closure.true_real_gdp > 1))


def _labour(
    economy: Economy, draws: Mapping[str, FloatArray], facts: Record
) -> dict[str, FloatArray]:
    spend = facts.token_spend_usd_bn * draws["us_token_spend_share"]
    wages = facts.wage_bill_usd_bn * draws["us_wage_bill_growth_ratio"]
    doable = facts.doable_share * wages
    exposed = draws["exposed_share_of_gdp"] * economy.snapshot.gdp
    work = economy.work
    check = labour_equivalence.check_labour_equivalence(
        spend=economy.snapshot.work.token_spend, cost_share=work.token_cost,
        exposed_wage_bill=doable,
    )  # fmt: skip
    anecdote = draws["anecdote_token_cost_usd"] / (facts.economists * facts.economist_wage_usd)
    explained = labour_equivalence.token_spend(anecdote, exposed) / spend
    return {
        "token_cost": work.token_cost,
        "implied_token_cost": labour_equivalence.token_cost_share(spend, doable),
        "market_over_reported": economy.snapshot.bill / spend,
        "beyond_doable": check.violates.astype(np.float64),
        "beyond_exposed": work.violates.astype(np.float64),
        "adoption": work.replaced / exposed,
        "anecdote_token_cost": anecdote,
        "new_work_share": 1 - np.minimum(explained, 1.0),
    }


def _anecdote(draws: Mapping[str, FloatArray], facts: Record) -> dict[str, FloatArray]:
    work = labour_equivalence.value_new_work(
        replacement_cost=np.full_like(
            draws["anecdote_token_cost_usd"], facts.economists * facts.economist_wage_usd
        ),
        willingness_to_pay=draws["anecdote_willingness_to_pay_usd"],
        token_cost=draws["anecdote_token_cost_usd"],
    )
    return {
        "anecdote_gain": work.true_gain / 1e6,
        "value_overstated": work.value_overstatement,
        "gain_overstated": work.gain_overstatement,
    }


def memory_effect(book: Book, facts: Record) -> tuple[float, float, float]:
    """Phantom two years on if memory grows at the high end of its range, over it as drawn."""
    row = book.row(MEMORY_GROWTH)
    faster = override(book, {MEMORY_GROWTH: row.value if row.high is None else row.high})
    return summaries.quantiles(_phantom_next(faster, facts) / _phantom_next(book, facts))


def _phantom_next(book: Book, facts: Record) -> FloatArray:
    draws = book.draws()
    return accounts.account(draws, accounts.snapshots(draws, facts, [NEXT])[NEXT]).phantom


def results(book: Book) -> pd.DataFrame:
    """Headline results, deciding ones first: 90 % intervals over joint draws of book and market."""
    found = pd.DataFrame([row for part in PARTS for row in part(book)])
    return found.set_index("id").loc[list(ORDER)].reset_index()


def _memory_results(book: Book) -> list[dict[str, object]]:
    low, value, high = memory_effect(book, record())
    return [
        result("memory_effect", "The gap if memory grows at the high end of its range, over the gap as drawn", value,
               low=low, high=high, unit="times", period=NEXT, digits=3),
    ]  # fmt: skip


def _welfare_results(_: Book) -> list[dict[str, object]]:
    return phantom_gdp_record.welfare_results()


def _drawn_results(book: Book) -> list[dict[str, object]]:
    facts = record()
    drawn = headlines(book.draws(), facts)
    today = book.as_of

    def model(
        name: str, label: str, unit: str, period: str = today, digits: int = 2
    ) -> dict[str, object]:
        low, value, high = summaries.quantiles(drawn[name])
        return result(
            name, label, value, low=low, high=high, unit=unit, period=period, digits=digits
        )

    chance = partial(chance_of, drawn, period=today)

    return [
        model("phantom_share", "Output of AI that US GDP misses, level since AI came into use", "share"),
        model("phantom_usd_bn", "Output of AI that US GDP misses, in money of the last full year", "USD billion"),
        model("phantom_horizon", "Output of AI that US GDP misses, as the market runs", "share", HORIZON),
        model("phantom_base", "The gap where the market meets observed revenue", "share", facts.market.base_quarter),
        model("hidden_growth", "Growth that the gap hides now, a year", "share", f"{facts.market.base_quarter} to {NOW}"),
        model("memory_part_usd_bn", "Prices of memory that rose and deflators missed: GDP overstates", "USD billion"),
        chance("above_one_percent", "Draws in which the gap exceeds one per cent of GDP"),
        chance("above_one_percent_at_horizon", "Draws in which the gap exceeds one per cent of GDP at the horizon", period=HORIZON),
        model("adoption", "Paid work done with tokens, as a part of exposed work", "share"),
        model("adoption_at_horizon", "Paid work done with tokens at the horizon, as a part of exposed work", "share", HORIZON),
        model("phantom_ceiling", "The gap if all exposed work were done with tokens", "share", HORIZON),
        model("market_over_reported", "American spending on tokens as the market runs, over what is reported for mid-2026", "times", NOW),
        chance("phantom_negative", "Probability that GDP overstates in sum"),
        model("sector_gap", "True over measured volume of services that households buy, where AI does them, less one", "share"),
        chance("gdp_falls_output_grows", "Probability that GDP is lower than without AI, in money and as measured, and true output higher"),
        model("token_cost", "Token cost of a dollar of the wages replaced, out of the market", "USD"),
        chance("beyond_doable", "Draws in which token spending would replace more than the work said to be doable"),
        chance("beyond_exposed", "Draws in which token spending would replace more than all exposed work"),
        model("anecdote_gain", "Gain from the work of the anecdote's economist, at what a buyer would pay", "USD million"),
        model("gain_overstated", "The wages of two hundred economists, taken as the gain, over that gain", "times", digits=3),
        model("task_surplus_usd_bn", "Surplus of American users on the market's task curve; welfare, not output", "USD billion a year"),
    ]  # fmt: skip


PARTS = (_drawn_results, phantom_gdp_range.results, _memory_results, _welfare_results)
HEADLINE_PARTS = (_drawn_results,)


def answer(frame: pd.DataFrame) -> str:
    """The answer's template; whether the sign is sure follows the run."""
    low = float(frame.set_index("id")["low"]["phantom_share"])
    sure = "" if low > 0 else ", and may overstate instead"
    return (
        "At our assumptions, and as the token market of this report runs, the accounts miss "
        f"{{phantom_share}} of US GDP today{sure} and {{phantom_horizon}} at the end of 2030: an "
        "estimate built from ranges, because nobody has measured it. "
        "Of the choices behind such figures what deflators record makes {deflator_part:v} of the "
        "spread, how much work AI could do {exposure_part:v}, and whether released labour finds "
        "work none. GDP that falls while output grows needs inelastic demand, idle labour and a "
        "blind deflator at once: {gdp_falls_output_grows:v} of draws."
    )


def economist_sources() -> list[str]:
    """The seed that tells the anecdote, and the source of the wage."""
    seeds = tables.read("claims").set_index("id")["seed"].to_dict()
    wage = phantom_gdp_record.latest_source("mean_annual_wage", "Economists")
    return [str(seeds[ANECDOTE]), wage]
