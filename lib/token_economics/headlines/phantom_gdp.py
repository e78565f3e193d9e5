"""Phantom GDP: how much output of AI the accounts miss, and which sizes are something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book, override
from token_economics.book.draws import with_values
from token_economics.evidence import tables
from token_economics.headlines import rows
from token_economics.headlines.records import office_deflators
from token_economics.headlines.records import phantom_gdp_accounts as accounts
from token_economics.headlines.records.phantom_gdp_accounts import (
    HORIZON,
    NEXT,
    NOW,
    Economy,
    Record,
)
from token_economics.methods import summaries
from token_economics.methods.arrays import FloatArray
from token_economics.methods.sensitivity import variance_split
from token_economics.models import labour_equivalence

record = accounts.record
office_sources = office_deflators.sources
TOPIC = "phantom_gdp"
MEMORY_GROWTH = "dram_bit_growth_per_year"
TOKEN_CAPTURE, SERVICE_CAPTURE = "token_deflator_capture_share", "deflator_capture_share"
TOKENS_ONLY, EVERYWHERE = "tokens sold to households", "every final use"
SURVEYS = ("Collis and Brynjolfsson", "Stanford Digital Economy Lab")
RANGE_DRAWS = 1024
FACTORS = ("deflator", "boundary", "exposure", "closure")
DEFLATORS: Mapping[str, float | None] = {
    "follows wages": 0.0,
    "as assumed": None,
    "exact (hedonic)": 1.0,
}
ALL_USES = tuple(range(len(accounts.CATEGORIES)))
BOUGHT = (accounts.HOUSEHOLD, accounts.SUBSCRIPTIONS, accounts.HARDWARE, accounts.MEMORY)
BOUNDARIES: Mapping[str, tuple[tuple[int, ...], bool]] = {
    "what is bought": (BOUGHT, False),
    "and what is valued at cost": (ALL_USES, False),
    "and what users make": (ALL_USES, True),
}
CLOSURES: Mapping[str, float | None] = {"all": 1.0, "as assumed": None, "none": 0.0}


@dataclass(frozen=True)
class Range:
    """Every combination of the four choices, draws last: missing share, and change of measured GDP."""

    levels: tuple[tuple[str, ...], ...]
    phantom: FloatArray
    measured: FloatArray


def headlines(draws: Mapping[str, FloatArray], facts: Record) -> dict[str, FloatArray]:
    """The model's headline results of this topic for given draws, one array of draws each."""
    wanted = (NOW, facts.market.base_quarter, NEXT, HORIZON)
    economy, first, soon, last = accounts.along(draws, facts, wanted)
    full = accounts.account_if_all_exposed_work_were_done(draws, last.snapshot)
    return {
        **_size(economy, facts),
        "phantom_base": first.phantom,
        "phantom_next": soon.phantom,
        "phantom_horizon": last.phantom,
        "phantom_ceiling": full.phantom,
        "above_one_percent_at_horizon": (last.phantom > 0.01).astype(np.float64),
        "adoption_at_horizon": last.work.replaced
        / (draws["exposed_share_of_gdp"] * last.snapshot.gdp),
        "hidden_growth": accounts.hidden_growth(first, economy),
        **_shrinking(economy),
        "gdp_falls_at_horizon": accounts.falls_while_output_grows(last).astype(np.float64),
        **_labour(economy, draws, facts),
        "beyond_exposed_at_horizon": last.work.violates.astype(np.float64),
    }


def _size(economy: Economy, facts: Record) -> dict[str, FloatArray]:
    parts, size = economy.parts, facts.gdp_usd_bn
    done = parts[:, accounts.DONE_WITH_AI].sum(axis=1)
    return {
        "phantom_share": economy.phantom,
        "phantom_usd_bn": economy.phantom * size,
        "deflator_part_usd_bn": economy.missed_by_deflator * size,
        "self_made_part_usd_bn": (economy.phantom - economy.missed_by_deflator) * size,
        "work_part_usd_bn": done * size,
        "subscription_part_usd_bn": parts[:, accounts.SUBSCRIPTIONS] * size,
        "hardware_part_usd_bn": parts[:, accounts.HARDWARE] * size,
        "memory_part_usd_bn": parts[:, accounts.MEMORY] * size,
        "phantom_negative": (economy.phantom < 0).astype(np.float64),
        "above_one_percent": (economy.phantom > 0.01).astype(np.float64),
        "saving_gain": economy.saving_gain,
        "sector_gap": np.expm1(economy.sector.phantom[:, accounts.HOUSEHOLD]),
        "task_surplus_usd_bn": economy.snapshot.work.value - economy.snapshot.work.cost,
    }


def _shrinking(economy: Economy) -> dict[str, FloatArray]:
    return {
        "nominal_gdp_change": economy.closure.nominal_gdp - 1,
        "measured_gdp_falls": (economy.measured_real_gdp < 1).astype(np.float64),
        "true_gdp_change": economy.closure.true_real_gdp - 1,
        "gdp_falls_output_grows": accounts.falls_while_output_grows(economy).astype(np.float64),
    }


def _labour(
    economy: Economy, draws: Mapping[str, FloatArray], facts: Record
) -> dict[str, FloatArray]:
    spend = facts.token_spend_usd_bn * draws["us_token_spend_share"]
    doable = facts.doable_share * (facts.wage_bill_usd_bn * draws["us_wage_bill_growth_ratio"])
    exposed = draws["exposed_share_of_gdp"] * economy.snapshot.gdp
    work = economy.work
    check = labour_equivalence.check_labour_equivalence(
        spend=economy.snapshot.work.token_spend, cost_share=work.token_cost,
        exposed_wage_bill=doable,
    )  # fmt: skip
    return {
        "token_cost": work.token_cost,
        "implied_token_cost": labour_equivalence.token_cost_share(spend, doable),
        "market_over_reported": economy.snapshot.bill / spend,
        "beyond_doable": check.violates.astype(np.float64),
        "beyond_exposed": work.violates.astype(np.float64),
        "adoption": work.replaced / exposed,
        **_anecdote(draws, facts, exposed=exposed, spend=spend),
    }


def _anecdote(
    draws: Mapping[str, FloatArray], facts: Record, *, exposed: FloatArray, spend: FloatArray
) -> dict[str, FloatArray]:
    """One economist with AI who does the year's work of two hundred."""
    work = labour_equivalence.value_new_work(
        replacement_cost=facts.economists * facts.economist_wage_usd,
        willingness_to_pay=draws["anecdote_willingness_to_pay_usd"],
        token_cost=draws["anecdote_token_cost_usd"],
    )
    explained = labour_equivalence.token_spend(work.token_cost_share, exposed) / spend
    return {
        "anecdote_token_cost": work.token_cost_share,
        "new_work_share": 1 - np.minimum(explained, 1.0),
        "anecdote_gain": work.true_gain / 1e6,
        "value_overstated": work.value_overstatement,
        "gain_overstated": work.gain_overstatement,
    }


def memory_effect(book: Book, facts: Record) -> FloatArray:
    """Phantom two years on if memory grows at the high end of its range, over it as drawn."""
    row = book.row(MEMORY_GROWTH)
    faster = override(book, {MEMORY_GROWTH: row.value if row.high is None else row.high})
    (more,) = accounts.along(faster.draws(), facts, [NEXT])
    (same,) = accounts.along(book.draws(), facts, [NEXT])
    return np.asarray(more.phantom / same.phantom)


def factorial(book: Book, quarter: str) -> Range:
    """Accounts of one quarter under each combination of the four choices, joint draws in each."""
    facts, draws = record(), book.draws(RANGE_DRAWS)
    market = accounts.snapshots(draws, facts, {NOW, quarter})
    counts = accounts.doable_wages(draws, facts)
    levels = (tuple(DEFLATORS), tuple(BOUNDARIES), tuple(counts), tuple(CLOSURES))
    phantom, measured = [], []
    for deflator, boundary, count, closure in product(*levels):
        uses, self_made = BOUNDARIES[boundary]
        choice = accounts.Choice(
            deflator=DEFLATORS[deflator], uses=uses, self_made=self_made,
            exposed=counts[count] / market[NOW].gdp, reemployed=CLOSURES[closure],
        )  # fmt: skip
        economy = accounts.account(draws, market[quarter], choice)
        phantom.append(economy.phantom)
        measured.append(economy.measured_real_gdp - 1)
    shape = (*map(len, levels), RANGE_DRAWS)
    return Range(levels, np.reshape(phantom, shape), np.reshape(measured, shape))


def by_office_method(draws: Mapping[str, FloatArray], snapshot: accounts.Snapshot) -> pd.DataFrame:
    """Output missed by what an office makes of listings that come and go, a row a method and reach.

    The method prices tokens that households buy, or, as a thought, every final use. First stand what
    the book has, what it had before the panel of list prices, and an exact deflator.

    Columns: method, reach, capture and its ends (captured_low, captured_high) [1], subscriptions
    [USD billion a year, draws' median], then value, low, high of all output missed, the same, and
    later, the capture since the catalogue lists many. [1]
    """
    as_services = {TOKEN_CAPTURE: draws[SERVICE_CAPTURE]}
    found = [
        _missed("as the book has it", TOKENS_ONLY, draws[TOKEN_CAPTURE], accounts.account(draws, snapshot)),
        _missed("as services, before", TOKENS_ONLY, draws[SERVICE_CAPTURE], accounts.account(with_values(draws, as_services), snapshot)),
    ]  # fmt: skip
    offices = office_deflators.by_method().set_index("method")[["low", "value", "high", "later"]]
    offices.loc["Exact (hedonic)"] = 1.0
    for method, (low, share, high, later) in zip(offices.index, offices.to_numpy(), strict=True):
        ends = np.array([low, share, high])
        pinned = {TOKEN_CAPTURE: np.full_like(draws[TOKEN_CAPTURE], share)}
        sold = accounts.account(with_values(draws, pinned), snapshot)
        every = accounts.account(draws, snapshot, accounts.Choice(deflator=float(share)))
        found += [
            {**_missed(str(method), reach, ends, economy), "later": later}
            for reach, economy in ((TOKENS_ONLY, sold), (EVERYWHERE, every))
        ]
    return pd.DataFrame(found)


def _missed(method: str, reach: str, seen: FloatArray, economy: Economy) -> dict[str, object]:
    size = accounts.record().gdp_usd_bn
    caught = summaries.quantiles(seen) if len(seen) > len(summaries.QUANTILES) else seen
    low, value, high = summaries.quantiles(economy.phantom * size)
    fees = float(np.median(economy.parts[:, accounts.SUBSCRIPTIONS])) * size
    return {
        "method": method, "reach": reach,
        "capture": caught[1], "captured_low": caught[0], "captured_high": caught[2],
        "subscriptions": fees, "value": value, "low": low, "high": high,
    }  # fmt: skip


def between(values: FloatArray) -> dict[str, float]:
    """Split of the spread between combinations alone: that of their medians. [share of variance]"""
    return variance_split(np.median(values, axis=-1, keepdims=True), FACTORS)


def consumer_surplus() -> pd.DataFrame:
    """Consumer surplus of generative AI: users times the sum that would make them give it up.

    Columns survey, period, users [million], median and mean [USD a month], at_median and at_mean
    [USD billion a year], source_id.
    """
    found = tables.series("macro", "users", *SURVEYS)
    found = found.rename(columns={"value": "users", "entity": "survey"})
    for point in ("median", "mean"):
        answers = tables.series("macro", f"willingness_to_accept_{point}")
        asked = answers.set_index(["entity", "period"])["value"].rename(point)
        found = found.join(asked, on=["survey", "period"])
        found[f"at_{point}"] = found[point] * found["users"] * 12 / 1e3
    return found


def results(book: Book) -> pd.DataFrame:
    """Headline results, deciding ones first: 90 % intervals over joint draws of book and market."""
    return pd.DataFrame(rows.in_order(TOPIC, [row for part in PARTS for row in part(book)]))


def _drawn_results(book: Book) -> list[dict[str, object]]:
    facts = record()
    found = rows.described(TOPIC, headlines(book.draws(), facts))
    return rows.of_topic(
        TOPIC, found,
        today=tables.evidence_to(), base=facts.market.base_quarter, now=NOW, horizon=HORIZON,
    )  # fmt: skip


def _choice_results(book: Book) -> list[dict[str, object]]:
    """The range over the choices, and the part of the spread between them that two of them make."""
    found = factorial(book, NOW).phantom
    medians, split = np.median(found, axis=-1), between(found)
    return rows.of_topic(
        TOPIC,
        {
            "phantom_over_choices": (
                float(medians.min()), float(np.median(medians)), float(medians.max()),
            ),
            "deflator_part": round(split["deflator"], 3),
            "exposure_part": round(split["exposure"], 3),
        },
        today=tables.evidence_to(),
    )  # fmt: skip


def _memory_results(book: Book) -> list[dict[str, object]]:
    return rows.of_topic(TOPIC, {"memory_effect": memory_effect(book, record())}, next=NEXT)


def _welfare_results(_: Book) -> list[dict[str, object]]:
    """Consumer surplus of the latest survey, at the median and at the mean answer."""
    latest = consumer_surplus().iloc[-1]
    found = {f"surplus_{point}": float(latest[point]) for point in ("at_median", "at_mean")}
    sources = dict.fromkeys(found, str(latest["source_id"]))
    return rows.of_topic(TOPIC, found, sources=sources, survey=str(latest["period"]))


PARTS = (_drawn_results, _choice_results, _memory_results, _welfare_results)
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
