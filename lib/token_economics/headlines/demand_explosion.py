"""Demand explosion: how fast spend and tokens grow, and what the record can say of how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from token_economics.book.assumptions import Book, FloatArray
from token_economics.evidence import tables as evidence
from token_economics.headlines import demand_curves as curves
from token_economics.headlines import demand_record as tables
from token_economics.headlines import token_market, where_tokens_go
from token_economics.headlines.rows import result
from token_economics.methods import breaks, summaries
from token_economics.models import spending

TOPIC = "demand_explosion"
PROJECTED = {"median": "Median firm", "top": "Top 1 %"}


@dataclass(frozen=True)
class Cohort:
    """One cohort's spend in the last month, and its growth before and since the break."""

    last_spend_usd: float
    before: breaks.MeanGrowth
    since: breaks.MeanGrowth


@dataclass(frozen=True)
class Record:
    """What the model takes from the evidence: numbers only, so that models read no files."""

    cohorts: Mapping[str, Cohort]
    months_ahead: int
    firm_before_musd: float
    firm_after_musd: float
    firm_payroll_musd: float
    firm_steps_per_year: float
    seed: int


@evidence.once
def record(seed: int) -> Record:
    """The evidence as the model needs it; the seed sets the bootstrap that dates the break."""
    wide, firm = tables.spend_by_cohort(), tables.firm_points()
    before, after = firm.iloc[0], firm.iloc[1]
    return Record(
        cohorts={
            key: Cohort(float(wide[name].iloc[-1]), *tables.growth_since_break(name, seed))
            for key, name in PROJECTED.items()
        },
        months_ahead=12 - int(wide.index[-1].month),
        firm_before_musd=float(before["value"]),
        firm_after_musd=float(after["value"]),
        firm_payroll_musd=tables.firm_payroll(),
        firm_steps_per_year=tables.DAYS_PER_YEAR / (after["date"] - before["date"]).days,
        seed=seed,
    )


def headlines(draws: Mapping[str, FloatArray], facts: Record) -> dict[str, FloatArray]:
    """What depends on assumptions, one array of draws each.

    Sampling error is drawn with the assumptions, stratified, so that a single draw at the points
    of the book is the central case.
    """
    rng = np.random.default_rng(facts.seed)
    drawn: dict[str, FloatArray] = {}
    for key in facts.cohorts:
        path = _path(draws, facts, key=key, months=np.array([facts.months_ahead]), rng=rng)
        growth, kept = path.log_growth[:, 0], path.kept[:, 0]
        drawn[f"{key}_growth_before_haircut"] = np.expm1(growth / facts.months_ahead)
        drawn[f"{key}_growth_ahead"] = np.expm1((growth + np.log(kept)) / facts.months_ahead)
        drawn[f"{key}_spend_ahead"] = path.spend_usd[:, 0] * kept
        drawn["haircut"] = 1 - kept
    factor = np.exp(facts.firm_steps_per_year * _firm_log_change(draws, facts, rng))
    drawn["payroll_months"] = spending.months_until_spend_passes_payroll(
        annual_spend=facts.firm_after_musd,
        annual_payroll=facts.firm_payroll_musd,
        annual_growth_factor=factor,
    )
    drawn["firm_no_growth"] = (factor <= 1).astype(np.float64)
    drawn["chance_of_fall"] = (drawn["median_growth_ahead"] < 0).astype(np.float64)
    return drawn


class Path(NamedTuple):
    """Spend ahead without the haircut, its log growth, and the part the haircut leaves.

    Rows are draws, columns months.
    """

    spend_usd: FloatArray
    log_growth: FloatArray
    kept: FloatArray


def _path(
    draws: Mapping[str, FloatArray],
    facts: Record,
    *,
    key: str,
    months: FloatArray,
    rng: np.random.Generator,
) -> Path:
    """A cohort's spend ahead. A last month that is revised also revises the mean growth."""
    cohort, ratio = facts.cohorts[key], draws[f"{key}_spend_revision_ratio"]
    since, n_months = cohort.since, cohort.since.degrees_of_freedom + 1
    quantile = special.stdtrit(since.degrees_of_freedom, _probabilities(ratio.size, rng))
    growth_now = since.log_growth + since.standard_error * quantile + np.log(ratio) / n_months
    growth = spending.fading_log_growth(
        months,
        trend_log_growth=cohort.before.log_growth,
        log_growth_now=growth_now[:, None],
        half_life_months=draws["excess_growth_half_life_months"][:, None],
    )
    kept = spending.remaining_after_haircut(
        months,
        signalling_share=draws["signalling_spend_share"][:, None],
        half_life_months=draws["signalling_half_life_months"][:, None],
    )
    level = cohort.last_spend_usd * ratio[:, None]
    return Path(level * np.exp(growth), growth, kept)


def _firm_log_change(
    draws: Mapping[str, FloatArray], facts: Record, rng: np.random.Generator
) -> FloatArray:
    """The week's change with the error of both figures. [log points]"""
    error = draws["run_rate_relative_error"]
    noise = special.ndtri(_probabilities(error.size, rng))
    change = np.log(facts.firm_after_musd / facts.firm_before_musd)
    return np.asarray(change + np.sqrt(2) * error * noise, dtype=np.float64)


def _probabilities(n: int, rng: np.random.Generator) -> FloatArray:
    """Mid-points of n equal strata in random order: one draw is the median."""
    return np.asarray((rng.permutation(n) + 0.5) / n, dtype=np.float64)


def results(book: Book) -> pd.DataFrame:
    """Headline results: observed ones bare, estimates and the model's with 90 % intervals."""
    return pd.DataFrame([row for part in PARTS for row in part(book)])


def _first_results(book: Book) -> list[dict[str, object]]:
    return _growth_results(book.seed)


def _break_rows(book: Book) -> list[dict[str, object]]:
    return _break_results(book.seed)


def _router_results(_: Book) -> list[dict[str, object]]:
    return _token_results()


def _fitted_results(_: Book) -> list[dict[str, object]]:
    return _curve_results()


def _ahead_results(book: Book) -> list[dict[str, object]]:
    drawn = headlines(book.draws(), record(book.seed))
    return [*_firm_results(drawn), *_projection_results(drawn)]


def _growth_results(seed: int) -> list[dict[str, object]]:
    spend = tables.spend()
    last, first = spend["period"].iloc[-1], spend["period"].iloc[0]
    began = f"{tables.common_break(seed).estimated_date:%Y-%m}"
    rows = []
    for key, name in PROJECTED.items():
        cited = spend.loc[spend["cohort"] == name, "source_id"]
        before, since = tables.growth_since_break(name, seed)
        for slug, growth, when, period in (
            ("growth", since, "since the break", f"{began} to {last}"),
            ("growth_before", before, "before the break", f"{first} to the break"),
        ):
            low, value, high = _growth_interval(growth)
            rows.append(
                result(f"{key}_{slug}", f"{name}: growth of spend a month {when}", value,
                       low=low, high=high, unit="share", period=period, digits=2, source_id=cited)
            )  # fmt: skip
    compared = spend.loc[spend["cohort"].isin(["Top 1 %", "Median firm"]), "source_id"]
    ratio = tables.concentration()
    ratio = ratio[ratio["ratio"].str.startswith("Top 1 %")]
    for slug, row in (("concentration", ratio.iloc[-1]), ("concentration_start", ratio.iloc[0])):
        rows.append(
            result(slug, "Spend per employee, top 1 % over the median firm", float(row["value"]),
                   unit="times", period=row["period"], source_id=compared)
        )  # fmt: skip
    return rows


def _growth_interval(growth: breaks.MeanGrowth) -> tuple[float, float, float]:
    quantile = special.stdtrit(growth.degrees_of_freedom, (1 + summaries.LEVEL) / 2)
    ends = growth.log_growth + growth.standard_error * quantile * np.array([-1.0, 0.0, 1.0])
    low, value, high = np.expm1(ends)
    return float(low), float(value), float(high)


def _break_results(seed: int) -> list[dict[str, object]]:
    found, shorter = tables.common_break(seed), tables.common_break(seed, 1)
    kept = found.candidates.loc[found.candidates["in_confidence_set"], "date"]
    alone = tables.breaks_alone(seed).set_index("cohort").loc[list(tables.COHORTS)]
    window = f"{kept.min():%Y-%m} to {kept.max():%Y-%m}"
    observed = partial(result, source_id=tables.spend()["source_id"])
    return [
        observed("break_p_value", "Chance of so strong a common break if growth had not changed",
               found.p_value, period=f"{found.estimated_date:%B %Y}", unit="", digits=1),
        observed("break_p_value_shorter", "Chance of so strong a common break, without the last month, which may be preliminary",
               shorter.p_value, period=f"{shorter.estimated_date:%B %Y}", unit="", digits=1),
        observed("break_window", "Months in the 90 % set of the break's date", float(len(kept)),
               unit="months", period=window, digits=1),
        observed("cohorts_breaking_alone", "Cohorts whose growth changed when tested on their own",
               float((alone["p_value"] < tables.TEST_LEVEL).sum()),
               unit=f"of {len(alone)}", period=f"level of {tables.TEST_LEVEL:g}", digits=1),
    ]  # fmt: skip


def _token_results() -> list[dict[str, object]]:
    low, middle, high = (float(np.expm1(rate)) for rate in curves.router_growth())
    tokens = tables.router_tokens()
    whole = f"{tokens['period'].iloc[0]} to {tokens['period'].iloc[-1]}"
    router = partial(result, period=whole, digits=2, source_id=tokens["source_id"])
    return [
        router("router_growth", "OpenRouter: growth of tokens a week", middle, low=low, high=high,
               unit="share"),
        router("router_multiple", "OpenRouter: tokens of the last week over the first",
               float(tokens["value"].iloc[-1] / tokens["value"].iloc[0]), unit="times"),
    ]  # fmt: skip


def _curve_results() -> list[dict[str, object]]:
    ceilings = curves.ceilings()
    ceilings = ceilings[ceilings["ceiling"] != "has none"]
    found = ceilings["ceiling"] == "identified"
    scores = curves.forecast_scores()
    skilled = scores["verdict"] == "skill"
    fitted = partial(result, source_id=curves.sources())
    return [
        fitted("ceilings_identified", "Fitted ceilings that the data identify", float(found.sum()),
               unit=f"of {len(ceilings)}", period="four series, three curves", digits=1),
        _router_ceiling(),
        fitted("forecasts_with_skill", "Curve forecasts that beat a random walk with drift",
               float(skilled.sum()), unit=f"of {len(scores)}", period="rolling origin", digits=2),
        fitted("skill_by_luck", "Curve forecasts that luck alone would let pass this test, at most",
               curves.SKILL_LEVEL * len(scores), unit=f"of {len(scores)}", period="rolling origin", digits=2),
    ]  # fmt: skip


def _router_ceiling() -> dict[str, object]:
    summary = curves.curve_fits()["OpenRouter tokens"].summary
    bounded = summary[summary["model"] != "exponential"].sort_values("aicc")
    best = bounded.iloc[0]
    return result(
        "router_ceiling", f"OpenRouter: ceiling of tokens a week, {best['model']} curve",
        float(best["ceiling"]), low=float(best["ceiling_low"]), high=float(best["ceiling_high"]),
        unit="trillion", period="all weeks", status=str(best["status"]),
        source_id=tables.router_tokens()["source_id"],
    )  # fmt: skip


def _firm_results(drawn: Mapping[str, FloatArray]) -> list[dict[str, object]]:
    points, payroll = tables.firm_points(), tables.firm_payroll()
    low, middle, high = _quantiles_with_never(drawn["payroll_months"])
    known = bool(np.isfinite(high))
    week = f"{points['period'].iloc[0]} to {points['period'].iloc[1]}"
    missing = float("nan")
    return [
        result("firm_payroll_share", "The seeds' firm: token spend over payroll, latest figure",
               float(points["value"].iloc[-1]) / payroll, unit="share", period=points["period"].iloc[-1], digits=2,
               source_id=tables.firm_sources()),
        result("payroll_months", "The seeds' firm: months until spend passes payroll, if one week's growth went on",
               middle if known else missing, low=low if known else missing, high=high if known else missing,
               unit="months", period=week, status="ok" if known else "not_identified", digits=2),
        result("firm_no_growth", "The seeds' firm: chance that the week's rise was only error in the figures",
               float(drawn["firm_no_growth"].mean()), unit="share", period=week, digits=2),
    ]  # fmt: skip


def _quantiles_with_never(months: FloatArray) -> tuple[float, float, float]:
    """The 5 %, 50 % and 95 % points of months of which some are infinite."""
    low, middle, high = np.quantile(months, summaries.QUANTILES, method="inverted_cdf")
    return float(low), float(middle), float(high)


def _projection_results(drawn: Mapping[str, FloatArray]) -> list[dict[str, object]]:
    last = tables.spend()["period"].iloc[-1]
    end = f"December {last[:4]}"
    ahead = f"{last} to {last[:4]}-12"
    rows = []
    for key, cohort in PROJECTED.items():
        for slug, label, unit, period in (
            ("growth_before_haircut", "growth of spend a month ahead, no haircut", "share", ahead),
            ("growth_ahead", "growth of spend a month ahead, after the haircut", "share", ahead),
            ("spend_ahead", "spend per employee and month, after the haircut", "USD", end),
        ):
            low, value, high = summaries.quantiles(drawn[f"{key}_{slug}"])
            rows.append(
                result(f"{key}_{slug}", f"{cohort}: {label}", value, low=low, high=high, unit=unit,
                       period=period, digits=2)
            )  # fmt: skip
    low, value, high = summaries.quantiles(drawn["haircut"])
    falls = float(drawn["chance_of_fall"].mean())
    rows += [
        result("haircut", "Spend that fades because it only signalled", value, low=low, high=high,
               unit="share", period=end, digits=2),
        result("chance_of_fall", "Chance that the median firm's spend falls to the end of the year", falls,
               unit="share", period=ahead, digits=2),
    ]  # fmt: skip
    return rows


def _market_results(book: Book) -> list[dict[str, object]]:
    """What the one solved market says of demand: read from it, not modelled again."""
    market = where_tokens_go.solve_book(book)
    read = where_tokens_go.volumes(market)
    read["contagion_spend"] = where_tokens_go.contagion_ratio(market)
    base, next_, last = market.facts.base_quarter, token_market.NEXT, token_market.HORIZON
    rows = []
    for name, slug, label, unit, period in (
        ("spend_next", "market_spend", "Spending on tokens", "billion USD a year", next_),
        ("tokens_next", "market_tokens", "Tokens sold", "trillion a month", next_),
        ("token_growth", "market_token_growth", "Growth of tokens a year", "share", f"{base} to {last}"),
        ("agent_spend_now", "market_agents", "Agents and coding in spending", "share", token_market.NOW),
        ("contagion_spend", "contagion_spend", "Spending if early 2026 was contagion, over a common shock", "times", last),
    ):  # fmt: skip
        low, value, high = summaries.quantiles(read[name])
        rows.append(
            result(slug, label, value, low=low, high=high, unit=unit, period=period, digits=2)
        )
    return rows


def projection(book: Book, key: str) -> pd.DataFrame:
    """Spend of a cohort: the last year observed, and ahead with and without the haircut. USD."""
    known, wide = record(book.seed), tables.spend_by_cohort()
    months = np.arange(known.months_ahead + 1, dtype=np.float64)
    rng = np.random.default_rng(known.seed)
    path = _path(book.draws(), known, key=key, months=months, rng=rng)
    history = wide[PROJECTED[key]].iloc[-13:]
    values = {"value": history, "low": history, "high": history}
    parts = [pd.DataFrame({"date": history.index, **values, "part": "Observed"})]
    dates = [wide.index[-1] + pd.DateOffset(months=int(month)) for month in months]
    for part, spend in {
        "No haircut": path.spend_usd,
        "After the haircut": path.spend_usd * path.kept,
    }.items():
        low, middle, high = np.quantile(spend, summaries.QUANTILES, axis=0)
        columns = {"value": middle, "low": low, "high": high}
        parts.append(pd.DataFrame({"date": dates, **columns, "part": part}))
    return pd.concat(parts, ignore_index=True)


def firm_cases(book: Book) -> pd.DataFrame:
    """The firm's spend against its payroll under each growth that one might read into it."""
    rows = [_told_case(book, *pair) for pair in ((0, 1), (1, 2), (0, 2))]
    latest, payroll = float(tables.firm_points()["value"].iloc[-1]), tables.firm_payroll()
    for cohort in record(book.seed).cohorts.values():
        since = cohort.since
        quantile = special.stdtrit(since.degrees_of_freedom, summaries.QUANTILES)
        factor = np.exp(12 * (since.log_growth + since.standard_error * quantile))
        rows.append((factor, latest, payroll))
    names = [f"Growth of the panel's {name}" for name in ("median firm", "top 1 %")]
    points = tables.firm_points()
    told = [
        f"{points['value'].iloc[i]:g} to {points['value'].iloc[j]:g} million in "
        f"{(points['date'].iloc[j] - points['date'].iloc[i]).days} days"
        for i, j in ((0, 1), (1, 2), (0, 2))
    ]
    cells = [_case_cells(*row) for row in rows]
    return pd.DataFrame(cells).assign(reading=told + names)[["reading", "growth_a_year", "months"]]


def _told_case(book: Book, first: int, last: int) -> tuple[FloatArray, float, float]:
    """Yearly growth factor between two figures of the firm, 5, 50, 95 % points; spend; payroll."""
    before, after = (tables.firm_points().iloc[position] for position in (first, last))
    pair = replace(
        record(book.seed),
        firm_before_musd=float(before["value"]),
        firm_after_musd=float(after["value"]),
    )
    change = _firm_log_change(book.draws(), pair, np.random.default_rng(book.seed))
    steps = tables.DAYS_PER_YEAR / (after["date"] - before["date"]).days
    factor = np.exp(steps * np.quantile(change, summaries.QUANTILES))
    return factor, pair.firm_after_musd, pair.firm_payroll_musd


def _case_cells(factor: FloatArray, spend: float, payroll: float) -> dict[str, str]:
    if factor[0] <= 1:
        return {"growth_a_year": "not identified", "months": "not identified"}
    months = spending.months_until_spend_passes_payroll(
        annual_spend=spend, annual_payroll=payroll, annual_growth_factor=factor
    )
    return {
        "growth_a_year": f"{_factor(factor[0])} to {_factor(factor[2])}",
        "months": f"{months[2]:.1f} to {months[0]:.1f}",
    }


def _factor(value: float) -> str:
    """A growth factor to two digits; beyond a million the digits say nothing."""
    return f"{float(f'{value:.2g}'):,g}" if value < 1e6 else "over a million"


PARTS = (
    _first_results,
    _market_results,
    _break_rows,
    _router_results,
    _fitted_results,
    _ahead_results,
)
HEADLINE_PARTS = (_first_results, _router_results, _ahead_results)
