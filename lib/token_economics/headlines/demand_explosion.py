"""Demand explosion: how fast spend and tokens grow, and what the record can say of how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from token_economics.book.assumptions import Book
from token_economics.evidence import tables
from token_economics.headlines import rows, where_tokens_go
from token_economics.headlines.records import demand_record
from token_economics.headlines.records.demand_record import PANEL
from token_economics.methods import backtest, breaks, saturation, scoring
from token_economics.methods.arrays import FloatArray
from token_economics.methods.summaries import LEVEL, QUANTILES
from token_economics.models import spending

TOPIC = "demand_explosion"
PROJECTED = {"median": "Median firm", "top": "Top 1 %"}
DAYS_PER_YEAR = 365.25
DIFFUSION_BEGAN = datetime(2022, 11, 30)  # release of ChatGPT: origin of the Bass curve's clock
TEST_LEVEL = 0.05  # at which a cohort tested alone is said to have changed its growth
SKILL_LEVEL = 0.1  # one-sided, at which a curve has to beat the random walk: lenient to the curves
HORIZONS = {"week": (1, 4, 8), "month": (1, 3, 6)}  # steps ahead at which forecasts are scored
ROUTER = "OpenRouter tokens"
Seed = int | np.random.Generator


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


@tables.once
def record(seed: int) -> Record:
    """The evidence as the model needs it; the seed sets the bootstrap that dates the break."""
    known = tables.edition()["seed"] == seed
    cohorts = _cohorts_of_the_edition() if known else _cohorts(seed)
    return Record(
        cohorts={
            key: Cohort(last, *(breaks.MeanGrowth(*growth) for growth in around))
            for key, (last, *around) in cohorts.items()
        },
        **_figures(),
        seed=seed,
    )


def _cohorts(seed: int) -> dict[str, list[Any]]:
    """By cohort: spend in the last month [USD], and growth before and since the break."""
    wide = demand_record.spend_by_cohort()
    return {
        key: [float(wide[name].iloc[-1]), *demand_record.growth_since_break(name, seed)]
        for key, name in PROJECTED.items()
    }


@tables.kept
def _cohorts_of_the_edition() -> dict[str, list[Any]]:
    return _cohorts(int(tables.edition()["seed"]))


@tables.kept
def _figures() -> dict[str, Any]:
    """The record's fields beside cohorts and seed."""
    firm = demand_record.firm_points()
    before, after = firm.iloc[0], firm.iloc[1]
    return {
        "months_ahead": 12 - int(demand_record.spend_by_cohort().index[-1].month),
        "firm_before_musd": float(before["value"]),
        "firm_after_musd": float(after["value"]),
        "firm_payroll_musd": float(demand_record.firm_payroll()["value"]),
        "firm_steps_per_year": DAYS_PER_YEAR / (after["date"] - before["date"]).days,
    }


# Growth curves -----------------------------------------------------------------------------------


class Series(NamedTuple):
    """Levels in even steps, how many of them since diffusion began, and what a step is."""

    levels: FloatArray
    since_launch: float
    step: str


def router_tokens() -> pd.DataFrame:
    """Tokens of OpenRouter by week. Trillion tokens a week."""
    frame = tables.series("token-volumes", "tokens_per_week", "OpenRouter")
    return frame[["date", "period", "value", "source_id"]]


@tables.once
def curve_series() -> dict[str, Series]:
    """Series to which curves are fitted."""
    tokens, panel = router_tokens(), demand_record.spend_by_cohort()
    weeks = (tokens["date"].iloc[0] - DIFFUSION_BEGAN).days / 7
    months = (panel.index[0] - DIFFUSION_BEGAN).days / spending.DAYS_PER_MONTH
    cohorts = {
        f"Spend, {name.lower()}": Series(panel[name].to_numpy(dtype=np.float64), months, "month")
        for name in demand_record.COHORTS
    }
    return {ROUTER: Series(tokens["value"].to_numpy(dtype=np.float64), weeks, "week"), **cohorts}


@tables.once
def curve_fits() -> pd.DataFrame:
    """Four curves fitted to each series, a row each, as `saturation` sums them up."""
    parts = []
    for name, (levels, since, _) in curve_series().items():
        fits = saturation.fit_growth_curves(
            np.arange(levels.size), levels, launch_time=-since, interval_level=LEVEL
        )
        parts.append(fits.summary.assign(series=name))
    return pd.concat(parts, ignore_index=True)


@tables.once
def forecasts() -> dict[str, pd.DataFrame]:
    """Rolling-origin forecasts of each series from the second half of its sample."""
    return {
        name: backtest.rolling_origin_forecasts(
            levels,
            min_window=levels.size // 2,
            max_horizon=max(HORIZONS[step]),
            launch_time=-since,
        )
        for name, (levels, since, step) in curve_series().items()
    }


def forecast_scores() -> pd.DataFrame:
    """Scores of the curves and of the random walk with drift, at the horizons reported."""
    parts = []
    for name, made in forecasts().items():
        step = curve_series()[name].step
        scores = scoring.score_forecasts(
            made, benchmark=backtest.BENCHMARK, significance=SKILL_LEVEL
        )
        reported = scores[scores["horizon"].isin(HORIZONS[step])]
        parts.append(reported.assign(series=name, step=step))
    return pd.concat(parts, ignore_index=True)


# What depends on assumptions ---------------------------------------------------------------------


def headlines(draws: Mapping[str, FloatArray], facts: Record) -> dict[str, FloatArray]:
    """What depends on assumptions, one array of draws each.

    Sampling error is drawn with the assumptions, stratified, so that a single draw at the points
    of the book is the central case.
    """
    rng, months = np.random.default_rng(facts.seed), facts.months_ahead
    kept = spending.remaining_after_haircut(
        months,
        signalling_share=draws["signalling_spend_share"],
        half_life_months=draws["signalling_half_life_months"],
    )
    drawn: dict[str, FloatArray] = {}
    for key, cohort in facts.cohorts.items():
        revision = draws[f"{key}_spend_revision_ratio"]
        growth = spending.fading_log_growth(
            months,
            trend_log_growth=cohort.before.log_growth,
            log_growth_now=growth_now(cohort, revision=revision, seed=rng),
            half_life_months=draws["excess_growth_half_life_months"],
        )
        drawn[f"{key}_growth_before_haircut"] = np.expm1(growth / months)
        drawn[f"{key}_growth_ahead"] = np.expm1((growth + np.log(kept)) / months)
        drawn[f"{key}_spend_ahead"] = cohort.last_spend_usd * revision * np.exp(growth) * kept
        drawn["haircut"] = 1 - kept
    change = firm_log_change(
        draws, before=facts.firm_before_musd, after=facts.firm_after_musd, seed=rng
    )
    factor = np.exp(facts.firm_steps_per_year * change)
    drawn["payroll_months"] = spending.months_until_spend_passes_payroll(
        annual_spend=facts.firm_after_musd,
        annual_payroll=facts.firm_payroll_musd,
        annual_growth_factor=factor,
    )
    drawn["firm_no_growth"] = (factor <= 1).astype(np.float64)
    drawn["chance_of_fall"] = (drawn["median_growth_ahead"] < 0).astype(np.float64)
    return drawn


def growth_now(cohort: Cohort, *, revision: FloatArray, seed: Seed) -> FloatArray:
    """Growth a month since the break, with its sampling error; a draw for each of the revision.

    A last month that is revised also revises the mean growth. [log points]
    """
    since = cohort.since
    quantile = special.stdtrit(since.degrees_of_freedom, _probabilities(revision.size, seed))
    revised = np.log(revision) / (since.degrees_of_freedom + 1)
    return np.asarray(since.log_growth + since.standard_error * quantile + revised)


def firm_log_change(
    draws: Mapping[str, FloatArray],
    *,
    before: ArrayLike,
    after: ArrayLike,
    seed: Seed,
) -> FloatArray:
    """Change from one figure of a firm to another, with the error of both. [log points]"""
    error = draws["run_rate_relative_error"]
    noise = special.ndtri(_probabilities(error.size, seed))
    return np.asarray(np.log(np.divide(after, before)) + np.sqrt(2) * error * noise)


def _probabilities(n: int, seed: Seed) -> FloatArray:
    """Mid-points of n equal strata in random order: one draw is the median."""
    return np.asarray((np.random.default_rng(seed).permutation(n) + 0.5) / n, dtype=np.float64)


# Results -----------------------------------------------------------------------------------------


def results(book: Book) -> pd.DataFrame:
    """Headline results: observed ones bare, estimates and the model's with 90 % intervals."""
    return pd.DataFrame(rows.in_order(TOPIC, [row for part in PARTS for row in part(book)]))


def _growth_results(book: Book) -> list[dict[str, object]]:
    spend, wide = demand_record.spend(), demand_record.spend_by_cohort()
    ratio = wide["Top 1 %"] / wide["Median firm"]
    found: dict[str, rows.Found] = {
        "concentration": float(ratio.iloc[-1]),
        "concentration_start": float(ratio.iloc[0]),
    }
    for key, cohort in record(book.seed).cohorts.items():
        found[f"{key}_growth"] = _a_month(cohort.since)
        found[f"{key}_growth_before"] = _a_month(cohort.before)
    return rows.of_topic(
        TOPIC,
        found,
        sources=dict.fromkeys(found, PANEL),
        began=f"{demand_record.common_break(book.seed).estimated_date:%Y-%m}",
        first=spend["period"].iloc[0],
        last=spend["period"].iloc[-1],
    )


def _a_month(growth: breaks.MeanGrowth) -> tuple[float, float, float]:
    low, value, high = np.expm1(growth.interval(LEVEL))
    return float(low), float(value), float(high)


def _market_results(book: Book) -> list[dict[str, object]]:
    """What the one solved market says of demand: read from it, not modelled again."""
    market = where_tokens_go.solve_book(book)
    read = where_tokens_go.volumes(market)
    return rows.of_topic(
        TOPIC,
        {
            "market_spend": read["spend_next"],
            "market_tokens": read["tokens_next"],
            "market_token_growth": read["token_growth"],
            "market_agents": read["agent_spend_now"],
            "contagion_spend": where_tokens_go.contagion_ratio(market),
        },
        sources={},
        **where_tokens_go.dates(market.facts),
    )


def _break_results(book: Book) -> list[dict[str, object]]:
    whole = demand_record.common_break(book.seed)
    shorter = demand_record.common_break(book.seed, 1)
    alone = demand_record.breaks_alone(book.seed).values()
    months = whole.candidates.loc[whole.candidates["in_confidence_set"], "date"]
    found = {
        "break_p_value": whole.p_value,
        "break_p_value_shorter": shorter.p_value,
        "break_window": float(len(months)),
        "cohorts_breaking_alone": float(sum(test.p_value < TEST_LEVEL for test in alone)),
    }
    return rows.of_topic(
        TOPIC,
        found,
        sources=dict.fromkeys(found, PANEL),
        broke=f"{whole.estimated_date:%B %Y}",
        broke_shorter=f"{shorter.estimated_date:%B %Y}",
        window=f"{months.min():%Y-%m} to {months.max():%Y-%m}",
        cohorts=str(len(alone)),
        level=f"{TEST_LEVEL:g}",
    )


def _router_results(_: Book) -> list[dict[str, object]]:
    tokens = router_tokens()
    levels = tokens["value"].to_numpy(dtype=np.float64)
    rates = saturation.exponential_growth(np.arange(levels.size), levels, interval_level=LEVEL)
    low, middle, high = (float(np.expm1(rate)) for rate in rates)
    found = {"router_growth": (low, middle, high), "router_multiple": levels[-1] / levels[0]}
    return rows.of_topic(
        TOPIC,
        found,
        sources=dict.fromkeys(found, tokens["source_id"]),
        weeks=f"{tokens['period'].iloc[0]} to {tokens['period'].iloc[-1]}",
    )


def _curve_results(_: Book) -> list[dict[str, object]]:
    fits, scores, router = curve_fits(), forecast_scores(), router_tokens()["source_id"]
    bounded = fits[fits["model"] != "exponential"]
    curves = scores[scores["model"] != backtest.BENCHMARK]
    best = bounded[bounded["series"] == ROUTER].sort_values("aicc").iloc[0]
    low, value, high = best[["ceiling_low", "ceiling", "ceiling_high"]]
    fitted = {
        "ceilings_identified": float((bounded["status"] == "ok").sum()),
        "forecasts_with_skill": float((curves["verdict"] == "skill").sum()),
        "skill_by_luck": SKILL_LEVEL * len(curves),
    }
    return rows.of_topic(
        TOPIC,
        {**fitted, "router_ceiling": (low, value, high) if best["status"] == "ok" else None},
        sources={**dict.fromkeys(fitted, " ".join([*router, PANEL])), "router_ceiling": router},
        curve=best["model"],
        ceilings=str(len(bounded)),
        forecasts=str(len(curves)),
    )


def _ahead_results(book: Book) -> list[dict[str, object]]:
    drawn, told = headlines(book.draws(), record(book.seed)), _told_ahead()
    months = np.quantile(drawn.pop("payroll_months"), QUANTILES, method="inverted_cdf")
    crossing = (float(months[0]), float(months[1]), float(months[2]))
    return rows.of_topic(
        TOPIC,
        {
            **drawn,
            "firm_payroll_share": told["ratio"],
            "payroll_months": crossing if np.isfinite(crossing[2]) else None,
        },
        sources={"firm_payroll_share": told["sources"]},
        **told["words"],
    )


@tables.kept
def _told_ahead() -> dict[str, Any]:
    """What the rows on the months ahead say of the evidence."""
    points, payroll = demand_record.firm_points(), demand_record.firm_payroll()
    last = demand_record.spend()["period"].iloc[-1]
    return {
        "ratio": float(demand_record.firm_ratio()),
        "sources": [points["source_id"].iloc[-1], payroll["source_id"]],
        "words": {
            "week": f"{points['period'].iloc[0]} to {points['period'].iloc[1]}",
            "told": points["period"].iloc[-1],
            "ahead": f"{last} to {last[:4]}-12",
            "end": f"December {last[:4]}",
        },
    }


PARTS = (
    _growth_results,
    _market_results,
    _break_results,
    _router_results,
    _curve_results,
    _ahead_results,
)
HEADLINE_PARTS = (_growth_results, _router_results, _ahead_results)
