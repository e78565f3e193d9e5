"""Phantom GDP: how much output of AI the accounts miss, and which sizes are something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from token_economics import evidence, labour_equivalence, national_accounts, summaries, welfare
from token_economics.assumptions import Book, FloatArray
from token_economics.headline import format_number, result
from token_economics.topics import phantom_gdp_record as recorded

TOPIC = "phantom_gdp"
ANECDOTE = "economist_200_s0"
MEASURES = (
    "Money spent",
    "Measured real output",
    "True real output",
    "Consumer surplus",
)


@dataclass(frozen=True)
class Record:
    """What the model takes from the evidence: numbers only, so that models read no files."""

    gdp_usd_bn: float
    gdp_period: str
    token_spend_usd_bn: float
    token_spend_period: str
    wage_bill_usd_bn: float
    wage_period: str
    doable_share: float
    economists: float
    economist_wage_usd: float
    task_model_gain: float


@dataclass(frozen=True)
class Economy:
    """The solved frame: one entry a draw."""

    change: national_accounts.CostFall
    sector: national_accounts.SectorAccounts
    affected_share: FloatArray
    phantom: FloatArray
    missed_by_deflator: FloatArray
    saving_gain: FloatArray
    closure: welfare.Closure
    measured_real_gdp: FloatArray


def record() -> Record:
    """The evidence as the model needs it."""
    gdp = evidence.series("macro", "gdp_nominal", "United States").iloc[-1]
    spend = evidence.series("revenue", "revenue_run_rate", "Generative AI, deduplicated").iloc[-1]
    jobs = evidence.series("macro", "employment", "All Occupations").iloc[-1]
    wages = evidence.series("macro", "mean_annual_wage", "All Occupations").set_index("period")
    ledger = evidence.read("claims").set_index("id")
    return Record(
        gdp_usd_bn=float(gdp["value"]),
        gdp_period=str(gdp["period"]),
        token_spend_usd_bn=float(spend["value"]),
        token_spend_period=str(spend["period"]),
        wage_bill_usd_bn=float(jobs["value"] * wages.loc[jobs["period"], "value"]) / 1e9,
        wage_period=str(jobs["period"]),
        doable_share=recorded.latest("tasks_doable_now", "Patel") / 100,
        economists=float(ledger["value"].to_dict()[ANECDOTE]),
        economist_wage_usd=recorded.latest("mean_annual_wage", "Economists"),
        task_model_gain=float(recorded.task_model_gains()["gain"].iloc[0]),
    )


def cost_fall(draws: Mapping[str, FloatArray]) -> national_accounts.CostFall:
    """Work done with AI against the same work without it: incomes, wages and tastes as they are."""
    unchanged = np.zeros_like(draws["exposed_work_cost_saving_share"])
    return national_accounts.CostFall(
        saving=draws["exposed_work_cost_saving_share"],
        pass_through=draws["cost_saving_pass_through"],
        quality_gain=draws["quality_gain_log"],
        own_price_elasticity=draws["exposed_service_price_elasticity"],
        demand_shift=unchanged,
        deflator_capture=draws["deflator_capture_share"],
        self_made_share=draws["self_made_share"],
        self_made_token_cost=draws["self_made_token_cost_share"],
        wage_growth=unchanged,
    )


def solve(draws: Mapping[str, FloatArray], facts: Record) -> Economy:
    """Sector accounts, their sum over final demand, and the closed economy, for given draws."""
    change = cost_fall(draws)
    sector = national_accounts.sector_accounts(change)
    work = draws["exposed_share_of_gdp"] * draws["exposed_work_adoption_share"]
    affected = work * draws["final_demand_share"]
    base_spend = affected * facts.gdp_usd_bn
    mean_share = {
        "base_spend": base_spend[:, None],
        "spend": (base_spend * np.exp(sector.nominal))[:, None],
        "base_gdp": np.full_like(base_spend, facts.gdp_usd_bn),
        "gdp": np.full_like(base_spend, facts.gdp_usd_bn),
    }
    missed = (1 - draws["deflator_capture_share"]) * change.true_price_fall
    closure = welfare.close_economy(
        base_share=affected,
        unit_cost=np.exp(-change.true_price_fall),
        substitution=-draws["exposed_service_price_elasticity"],
        reemployed_share=draws["released_labour_reemployed_share"],
    )
    measured = welfare.measured_real_gdp(
        closure,
        base_share=affected,
        unit_cost=np.exp(-change.true_price_fall),
        deflator_capture=draws["deflator_capture_share"],
    )
    return Economy(
        change=change,
        sector=sector,
        affected_share=affected,
        phantom=national_accounts.aggregate_phantom(phantom=sector.phantom[:, None], **mean_share),
        missed_by_deflator=national_accounts.aggregate_phantom(
            phantom=missed[:, None], **mean_share
        ),
        saving_gain=welfare.hulten_gain(
            domar_weights=work[:, None],
            cost_savings=-np.log1p(-draws["exposed_work_cost_saving_share"])[:, None],
        ),
        closure=closure,
        measured_real_gdp=measured["fisher"],
    )


def headlines(draws: Mapping[str, FloatArray], facts: Record) -> dict[str, FloatArray]:
    """The model's headline results of this topic for given draws, one array of draws each."""
    return {
        **_accounts(solve(draws, facts), draws, facts),
        **_labour(draws, facts),
        **_anecdote(draws, facts),
    }


def _accounts(
    economy: Economy, draws: Mapping[str, FloatArray], facts: Record
) -> dict[str, FloatArray]:
    self_made = economy.phantom - economy.missed_by_deflator
    unseen = (
        draws["cost_saving_pass_through"]
        * (1 - draws["deflator_capture_share"])
        * draws["final_demand_share"]
    )
    change = economy.change
    return {
        "phantom_share": economy.phantom,
        "phantom_usd_bn": economy.phantom * facts.gdp_usd_bn,
        "deflator_part_usd_bn": economy.missed_by_deflator * facts.gdp_usd_bn,
        "self_made_part_usd_bn": self_made * facts.gdp_usd_bn,
        "phantom_negative": (economy.phantom < 0).astype(np.float64),
        "saving_gain": economy.saving_gain,
        "task_model_unseen": facts.task_model_gain * unseen,
        "sector_gap": np.expm1(economy.sector.phantom),
        "spending_falls": national_accounts.nominal_output_falls(change).astype(np.float64),
        "measured_falls": national_accounts.measured_output_falls(change).astype(np.float64),
        "nominal_gdp_change": economy.closure.nominal_gdp - 1,
        "measured_gdp_falls": (economy.measured_real_gdp < 1).astype(np.float64),
        "true_gdp_change": economy.closure.true_real_gdp - 1,
        "gdp_falls_output_grows": _falls_while_output_grows(economy).astype(np.float64),
    }


def _falls_while_output_grows(economy: Economy) -> national_accounts.BoolArray:
    """Whether money and measured GDP both fall and true GDP does not."""
    closure = economy.closure
    fall = (closure.nominal_gdp < 1) & (economy.measured_real_gdp < 1)
    return np.asarray(fall & (closure.true_real_gdp > 1))


def _labour(draws: Mapping[str, FloatArray], facts: Record) -> dict[str, FloatArray]:
    spend = facts.token_spend_usd_bn * draws["us_token_spend_share"]
    doable = facts.doable_share * facts.wage_bill_usd_bn * draws["us_wage_bill_growth_ratio"]
    exposed = draws["exposed_share_of_gdp"] * facts.gdp_usd_bn
    checks = {
        name: labour_equivalence.check_labour_equivalence(
            spend=spend, cost_share=draws["token_cost_share_of_wage"], exposed_wage_bill=wages
        )
        for name, wages in (("doable", doable), ("exposed", exposed))
    }
    done = exposed * draws["exposed_work_adoption_share"]
    cost_of_done = labour_equivalence.token_cost_share(spend, done)
    absorbed = 1 - draws["exposed_work_cost_saving_share"]
    anecdote = draws["anecdote_token_cost_usd"] / (facts.economists * facts.economist_wage_usd)
    explained = labour_equivalence.token_spend(anecdote, exposed) / spend
    return {
        "implied_token_cost": labour_equivalence.token_cost_share(spend, doable),
        "beyond_doable": checks["doable"].violates.astype(np.float64),
        "beyond_exposed": checks["exposed"].violates.astype(np.float64),
        "spend_over_own_work": (cost_of_done > absorbed).astype(np.float64),
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


def results(book: Book) -> pd.DataFrame:
    """Headline results: the model's with 90 % intervals, the record's with the range stated."""
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

    def chance(name: str, label: str) -> dict[str, object]:
        return result(name, label, float(drawn[name].mean()), unit="share", period=today, digits=2)

    rows = [
        model("phantom_share", "Output of AI that US GDP misses, level since AI came into use", "share"),
        model("phantom_usd_bn", "The same in money of the last full year", "USD billion"),
        model("deflator_part_usd_bn", "of which: price falls that deflators miss", "USD billion"),
        model("self_made_part_usd_bn", "of which: made by final users, no longer bought", "USD billion"),
        result("phantom_largest", "Largest phantom of any draw", float(drawn["phantom_share"].max()),
               unit="share", period=today, digits=2),
        chance("phantom_negative", "Probability that GDP overstates instead"),
        model("saving_gain", "All cost saved by AI, seen or not", "share"),
        model("sector_gap", "True over measured volume of the services affected, less one", "share"),
        chance("spending_falls", "Probability that spending on the services affected is lower than without AI"),
        chance("measured_falls", "Probability that their measured volume is lower than without AI"),
        model("nominal_gdp_change", "Money GDP against the same economy without AI", "share", digits=1),
        chance("measured_gdp_falls", "Probability that measured real GDP is lower than without AI"),
        chance("gdp_falls_output_grows", "Probability that GDP is lower than without AI, in money and as measured, and true output higher"),
        model("true_gdp_change", "True real GDP against the same economy without AI", "share"),
        result("task_model_gain", "Acemoglu's bound: total factor productivity over ten years", facts.task_model_gain,
               unit="share", period="2024 to 2034", digits=2, source_id=recorded.task_model_sources()),
        model("task_model_unseen", "of which: what GDP would not see", "share", "2024 to 2034"),
        result("economists_replacement", "Wages of the economists whom the anecdote replaces",
               facts.economists * facts.economist_wage_usd / 1e6, unit="USD million", period=facts.wage_period, digits=4,
               source_id=economist_sources()),
        model("anecdote_gain", "Gain from the economist's work, at what a buyer would pay", "USD million"),
        model("value_overstated", "Replacement cost over value", "times", digits=2),
        model("gain_overstated", "Gain at replacement cost over gain", "times", digits=3),
        model("anecdote_token_cost", "Token cost of a dollar of wages, as in the anecdote", "USD", digits=1),
        model("implied_token_cost", "Token cost of a dollar of wages, at least, if tokens did all work said to be doable", "USD",
              facts.token_spend_period),
        chance("beyond_doable", "Draws in which tokens would replace more than the work said to be doable"),
        chance("beyond_exposed", "Draws in which tokens would replace more than all exposed work"),
        chance("spend_over_own_work", "Draws in which US token spending exceeds what our own AI work could cost"),
        model("new_work_share", "US token spending that is new work, if all exposed work cost what the anecdote did", "share",
              facts.token_spend_period),
        *recorded.results(),
    ]  # fmt: skip
    return pd.DataFrame(rows)


def economist_sources() -> list[str]:
    """The seed that tells the anecdote, and the source of the wage."""
    seeds = evidence.read("claims").set_index("id")["seed"].to_dict()
    return [str(seeds[ANECDOTE]), recorded.latest_source("mean_annual_wage", "Economists")]


def sizes(book: Book) -> pd.DataFrame:
    """Sizes that are taken for phantom output, and what each is. USD billion a year.

    Ours are 90 % intervals; consumer surplus runs from the median to the mean answer, exposed
    wages from the strictest tier of the study to all tiers.
    """
    facts = record()
    drawn = headlines(book.draws(), facts)
    surplus = recorded.consumer_surplus().iloc[-1]
    spend = facts.token_spend_usd_bn * book.draws()["us_token_spend_share"]
    tiers = [
        recorded.latest("exposed_wages", f"Dark Output, {tier}")
        for tier in ("replacement", "all tiers from 4")
    ]
    rows = [
        ("Output missed", "Output", *_ends(drawn["phantom_usd_bn"]), ""),
        ("All cost saved", "Output", *_ends(drawn["saving_gain"] * facts.gdp_usd_bn), ""),
        ("US token bill", "Spending", *_ends(spend), "exponential_view_2026_06"),
        ("Consumer surplus", "Welfare", surplus["at_median"], surplus["at_mean"], surplus["source_id"]),
        ("Exposed wages", "Wages", *tiers, "semianalysis_dark_output_2026"),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["what", "kind", "low", "high", "source_id"])
    ends = zip(table["low"], table["high"], strict=True)
    label = [f"{format_number(low, 2)} to {format_number(high, 3)}" for low, high in ends]
    return table.assign(label=label)


def _ends(draws: FloatArray) -> tuple[float, float]:
    low, _, high = summaries.quantiles(draws)
    return low, high


def factors(book: Book) -> pd.DataFrame:
    """The assumptions behind the phantom, and how much of its spread each explains by itself."""
    draws, facts = book.draws(), record()
    phantom = pd.Series(solve(draws, facts).phantom).rank()
    moved = book.table(TOPIC)
    share = [
        float(np.nan_to_num(pd.Series(draws[name]).rank().corr(phantom))) ** 2
        if np.ptp(draws[name]) > 0
        else 0.0
        for name in moved["name"]
    ]
    table = moved.assign(
        range=[_range_text(row) for row in moved.to_dict("records")],
        percent_of_spread=np.round(100 * np.array(share)),
    )
    table = table[table["percent_of_spread"] >= 1].sort_values("percent_of_spread", ascending=False)
    spread = [f"{part:.0f} %" for part in table["percent_of_spread"]]
    shown = table.assign(part_of_spread=spread)
    return shown[["label", "range", "part_of_spread", "source_id"]].reset_index(drop=True)


def _range_text(row: Mapping[Any, Any]) -> str:
    """Middle and range of an assumption; shares in per cent."""
    scale, unit = (100, " %") if row["unit"] == "share" else (1, "")
    middle = f"{format_number(scale * row['value'], 2)}{unit}"
    if pd.isna(row["low"]):
        return middle
    ends = [f"{scale * row[end]:.3g}".replace("-", "\N{MINUS SIGN}") for end in ("low", "high")]
    return f"{middle} ({' to '.join(ends)})"


def sector_case(book: Book) -> pd.DataFrame:
    """The services affected: four measures of one change, at three elasticities. Percent."""
    low, middle, high = _range_of(book, "exposed_service_price_elasticity")
    parts = []
    for elasticity in (low, middle, high):
        points = {**book.points(), "exposed_service_price_elasticity": np.array([elasticity])}
        change = cost_fall(points)
        accounts = national_accounts.sector_accounts(change)
        surplus = national_accounts.consumer_surplus_gain(
            base_spend=1.0,
            price_ratio=np.exp(-change.true_price_fall),
            own_price_elasticity=elasticity,
        )
        logs = (accounts.nominal, accounts.measured_volume, accounts.true_volume)
        changes = [*(float(np.expm1(log).item()) for log in logs), float(surplus.item())]
        parts.append(
            pd.DataFrame(
                {
                    "elasticity": format_number(elasticity, 2),
                    "measure": MEASURES,
                    "percent": 100 * np.array(changes),
                    "measured": 100 * changes[1],
                    "true": 100 * changes[2],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def sign_conditions(book: Book) -> pd.DataFrame:
    """What has to hold for each sentence, and in how many draws it does."""
    facts, draws = record(), book.draws()
    economy = solve(draws, facts)
    change, closure = economy.change, economy.closure
    dearer = cost_fall(
        {
            **draws,
            "exposed_work_cost_saving_share": np.full_like(
                economy.phantom, 1 - recorded.memory_price_multiple()
            ),
            "quality_gain_log": np.zeros_like(economy.phantom),
            "self_made_share": np.zeros_like(economy.phantom),
        }
    )
    rows = [
        ("Spending on the services falls", "demand inelastic, or buyers make it themselves",
         national_accounts.nominal_output_falls(change)),
        ("Their measured volume falls", "elasticity and captured share together below one, or enough made by buyers",
         national_accounts.measured_output_falls(change)),
        ("GDP misses output", "deflator catches less than the price fall, or buyers make it themselves",
         national_accounts.output_is_understated(change)),
        ("Money GDP falls", "demand inelastic and some released labour idle", closure.nominal_gdp < 1),
        ("Measured real GDP falls", "the same, and the deflator misses enough", economy.measured_real_gdp < 1),
        ("GDP falls while true output grows", "all three at once", _falls_while_output_grows(economy)),
        ("GDP misses output where prices rise, as of memory", "never, while the deflator misses part of the rise: GDP overstates",
         national_accounts.output_is_understated(dearer)),
    ]  # fmt: skip
    shares = [(what, needs, f"{100 * float(np.mean(holds)):.1f} %") for what, needs, holds in rows]
    return pd.DataFrame(shares, columns=["sentence", "condition", "part_of_draws"])


def closure(book: Book) -> pd.DataFrame:
    """The whole economy at the book's values, by how much released labour finds work. Percent."""
    facts, points = record(), book.points()
    affected = solve(points, facts).affected_share
    everything = points["exposed_share_of_gdp"] * points["final_demand_share"]
    reemployed = points["released_labour_reemployed_share"]
    rows = []
    for name, share in (("today", affected), ("all exposed work done with AI", everything)):
        for idle, found in (
            ("all", np.ones(1)),
            ("as assumed", reemployed),
            ("none", np.zeros(1)),
        ):
            scaled = {
                **points,
                "released_labour_reemployed_share": found,
                "exposed_work_adoption_share": points["exposed_work_adoption_share"]
                * share
                / affected,
            }
            economy = solve(scaled, facts)
            changes = (
                economy.closure.nominal_gdp,
                economy.measured_real_gdp,
                economy.closure.true_real_gdp,
            )
            rows.append((name, idle, *(100 * (float(level.item()) - 1) for level in changes)))
    columns = ["adoption", "labour_finding_work", "money_gdp", "measured_real_gdp", "true_real_gdp"]
    return pd.DataFrame(rows, columns=columns)


def bought_service(book: Book) -> pd.DataFrame:
    """A firm replaces a bought service, prices as in Dark Output. Changes in USD."""
    before = recorded.latest("service_price_example", "HR service, before")
    with_tokens = recorded.latest("service_price_example", "HR service, AI")
    rows = []
    for name, pass_on in (
        ("nothing", 0.0),
        ("as assumed", book["cost_saving_pass_through"]),
        ("all", 1.0),
    ):
        accounts = national_accounts.replace_bought_service(
            final_output=before, service_cost=before, token_cost=with_tokens, pass_on=pass_on
        )
        changes = (
            accounts.supplier_value_added_change,
            accounts.user_value_added_change,
            accounts.ai_value_added_change,
            accounts.gdp - before,
            accounts.real_gdp - before,
        )
        rows.append((name, *(float(np.round(change, 6)) for change in changes)))
    columns = ["passed_on", "supplier", "user", "ai_firm", "money_gdp", "real_gdp"]
    return pd.DataFrame(rows, columns=columns)


def labour_curve(book: Book) -> pd.DataFrame:
    """Work that US token spending would replace, by token cost of it, against wages. USD billion."""
    facts = record()
    cost = np.geomspace(0.0005, 1.0, 34)
    spend = [facts.token_spend_usd_bn * share for share in _range_of(book, "us_token_spend_share")]
    wages = [
        facts.wage_bill_usd_bn * ratio for ratio in _range_of(book, "us_wage_bill_growth_ratio")
    ]
    exposed = [facts.gdp_usd_bn * share for share in _range_of(book, "exposed_share_of_gdp")]
    flat = np.ones_like(cost)
    bands = {
        "Work that tokens would replace": [spent / cost for spent in spend],
        "All US wages": [wage * flat for wage in wages],
        "Exposed work": [wage * flat for wage in exposed],
        "Work said to be doable now": [facts.doable_share * wage * flat for wage in wages],
    }
    parts = [
        pd.DataFrame({"token_cost": cost, "series": name, "low": low, "value": mid, "high": high})
        for name, (low, mid, high) in bands.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _range_of(book: Book, name: str) -> tuple[float, float, float]:
    row = book.row(name)
    low = row.value if row.low is None else row.low
    high = row.value if row.high is None else row.high
    return low, row.value, high


def claims() -> pd.DataFrame:
    """Claims of the seeds on output that is not measured, with their verdicts."""
    ledger = evidence.read("claims")
    return ledger[ledger["topic"] == TOPIC].reset_index(drop=True)
