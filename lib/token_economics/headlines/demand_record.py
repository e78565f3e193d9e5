"""The record of demand: spend and its break, tokens, revenue, and the seeds' firm."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from token_economics.evidence import tables
from token_economics.methods import breaks, reflection
from token_economics.methods.summaries import LEVEL
from token_economics.models import spending

COHORTS = {
    "Median firm": "Ramp median firm",
    "Top 10 %": "Ramp top 10 % cohort",
    "Top 1 %": "Ramp top 1 % cohort",
}
PANEL = "ramp_spend_per_employee_2026"
ROUTER = "OpenRouter"
LABS = ("Anthropic", "OpenAI")
FIRM = "SemiAnalysis"
TRIM_SHARE = 0.15
"""Months kept clear of candidate breaks at each end (Andrews, 1993)."""

BLOCK_MONTHS = 3
"""Neighbouring months resampled together: a quarter, the period of budgets."""

N_BOOTSTRAP = 1999
TEST_LEVEL = 0.05
"""Level at which a cohort tested alone is said to have changed its growth."""

DAYS_PER_MONTH = spending.DAYS_PER_MONTH
DAYS_PER_YEAR = 365.25


# Spend per employee --------------------------------------------------------------------------


@tables.once
def spend() -> pd.DataFrame:
    """Spend on AI per employee by cohort and month, one edition of the source. USD a month."""
    frame = tables.series("firm-spend", "ai_spend_per_employee_month", *COHORTS.values())
    frame = frame[frame["source_id"] == PANEL]
    names = {entity: cohort for cohort, entity in COHORTS.items()}
    return frame.assign(cohort=frame["entity"].map(names))[
        ["date", "period", "cohort", "value", "source_id"]
    ].reset_index(drop=True)


@tables.once
def spend_by_cohort() -> pd.DataFrame:
    """The same, one column a cohort; rows are months."""
    wide = spend().pivot(index="date", columns="cohort", values="value")
    return wide[list(COHORTS)]


@cache
def common_break(seed: int, months_left_out: int = 0) -> breaks.CommonBreak:
    """Joint test of one break in the growth of all cohorts, on all months or on fewer."""
    frame = spend_by_cohort()
    return _test(frame.iloc[: len(frame) - months_left_out], seed=seed)


def _test(frame: pd.DataFrame, *, seed: int) -> breaks.CommonBreak:
    return breaks.common_break(
        frame,
        given_date=frame.index[len(frame) // 2],
        trim_share=TRIM_SHARE,
        block_length=BLOCK_MONTHS,
        n_bootstrap=N_BOOTSTRAP,
        interval_level=LEVEL,
        rng=np.random.default_rng(seed),
    )


@cache
def breaks_alone(seed: int) -> pd.DataFrame:
    """Each cohort tested on its own, and all together: date, set of dates, p-value, growth."""
    frame = spend_by_cohort()
    tests = {cohort: _test(frame[[cohort]], seed=seed) for cohort in COHORTS}
    rows = []
    for cohort, found in {**tests, "All three": common_break(seed)}.items():
        kept = found.candidates.loc[found.candidates["in_confidence_set"], "date"]
        growth = found.growth.groupby("regime")["log_growth"].mean()
        rows.append(
            {
                "cohort": cohort,
                "first_month": f"{found.estimated_date:%Y-%m}",
                "earliest": f"{kept.min():%Y-%m}",
                "latest": f"{kept.max():%Y-%m}",
                "p_value": found.p_value,
                "growth_before": float(np.expm1(growth["before"])),
                "growth_after": float(np.expm1(growth["after"])),
            }
        )
    return pd.DataFrame(rows)


def breaks_in_words(seed: int) -> pd.DataFrame:
    """`breaks_alone` as a reader meets it."""
    table = breaks_alone(seed)
    growth = {
        name: table[name].map("{:.1%}".format).str.replace("%", "\N{NO-BREAK SPACE}%")
        for name in ("growth_before", "growth_after")
    }
    return pd.DataFrame(
        {
            "cohort": table["cohort"],
            "first_month": table["first_month"],
            "set_of_months": table["earliest"] + " to " + table["latest"],
            "p_value": table["p_value"].map("{:.4f}".format),
            **growth,
        }
    )


def break_candidates(seed: int) -> pd.DataFrame:
    """Wald statistic of the joint break by candidate month, marked where the date may lie."""
    table = common_break(seed).candidates
    inside = f"In the {LEVEL:.0%} set of dates".replace("%", " %")
    return pd.DataFrame(
        {
            "date": table["date"],
            "period": table["date"].dt.strftime("%Y-%m"),
            "wald": table["wald"],
            "part": np.where(table["in_confidence_set"], inside, "Outside it"),
        }
    )


def spend_around_break(seed: int) -> pd.DataFrame:
    """Spend by cohort with the window of dates in which growth may have changed."""
    found = common_break(seed).candidates
    kept = found.loc[found["in_confidence_set"], "date"]
    half = pd.Timedelta(days=15)
    return spend().assign(window_start=kept.min() - half, window_end=kept.max() + half)


def growth_since_break(cohort: str, seed: int) -> tuple[breaks.MeanGrowth, breaks.MeanGrowth]:
    """Monthly log growth of a cohort before and since the common break."""
    series = spend_by_cohort()[cohort]
    began = common_break(seed).estimated_date
    before, since = series[series.index < began], series[series.index >= began]
    return (
        breaks.mean_growth(before),
        breaks.mean_growth(np.append(before.iloc[-1], since)),
    )


@cache
def growth_spread(cohort: str, seed: int) -> float:
    """Spread of a cohort's monthly growth about its means before and since the common break.

    A cohort's figure is of very many firms, whose surprises average out: a single firm's growth
    spreads at least as much. [log points, standard deviation]
    """
    series = spend_by_cohort()[cohort]
    growth = pd.Series(np.diff(np.log(series.to_numpy(dtype=np.float64))), index=series.index[1:])
    since = growth.index >= common_break(seed).estimated_date
    surprise = growth - growth.groupby(since).transform("mean")
    return float(np.sqrt((surprise**2).sum() / (len(growth) - 2)))


IMITATION = (0.0, 0.25, 0.5, 0.75)
"""Strengths of imitation that are laid side by side; the record excludes none below one."""


def news_or_imitation(seed: int) -> pd.DataFrame:
    """News that explains the cohorts' growth under each strength of imitation. Share a month.

    Every row gives the same three series to the last digit (`reflection`).
    """
    wide = spend_by_cohort()
    growth = np.diff(np.log(wide.to_numpy(dtype=np.float64)), axis=0)
    since = pd.DatetimeIndex(wide.index)[1:] >= common_break(seed).estimated_date
    rows = []
    for strength in IMITATION:
        news = reflection.news_behind(growth, imitation=strength)
        means = np.expm1([news[~since].mean(), news[since].mean()])
        before, after = (f"{mean:.1%}".replace("%", "\N{NO-BREAK SPACE}%") for mean in means)
        multiplier = float(reflection.social_multiplier(strength))
        rows.append(
            {
                "imitation": strength,
                "news_before": before,
                "news_since": after,
                "multiplier": multiplier,
            }
        )
    return pd.DataFrame(rows)


def concentration() -> pd.DataFrame:
    """Spend of the top 1 % and of the top 10 % over that of the median firm, by month."""
    wide = spend_by_cohort()
    parts = [
        pd.DataFrame(
            {
                "date": wide.index,
                "period": pd.DatetimeIndex(wide.index).strftime("%Y-%m"),
                "ratio": cohort,
                "value": (wide[cohort] / wide["Median firm"]).to_numpy(),
            }
        )
        for cohort in ("Top 1 %", "Top 10 %")
    ]
    return pd.concat(parts, ignore_index=True)


def editions() -> pd.DataFrame:
    """The one month that two editions of the source both give, by cohort. USD a month."""
    frame = tables.series("firm-spend", "ai_spend_per_employee_month", *COHORTS.values())
    wide = frame.pivot(index=["period", "entity"], columns="source_id", values="value").dropna()
    earlier = next(name for name in wide.columns if name != PANEL)
    wide = wide.rename(columns={PANEL: "later_edition", earlier: "earlier_edition"}).reset_index()
    return wide.assign(ratio=wide["earlier_edition"] / wide["later_edition"])[
        ["period", "entity", "earlier_edition", "later_edition", "ratio"]
    ]


# Token volumes -------------------------------------------------------------------------------

PER_MONTH = {
    "tokens_per_month": 1.0,
    "tokens_per_week": DAYS_PER_MONTH / 7,
    "tokens_per_day": DAYS_PER_MONTH,
    "tokens_per_minute": DAYS_PER_MONTH * 24 * 60 / 1e3,
}
"""Trillion tokens a month in one unit of each variable (those a minute are in billions)."""

VOLUMES = {
    "Google, all surfaces": "tokens_per_month",
    "China, national total": "tokens_per_day",
    "Google direct API": "tokens_per_minute",
    "OpenAI API": "tokens_per_minute",
    ROUTER: "tokens_per_week",
}


def router_tokens() -> pd.DataFrame:
    """Tokens of OpenRouter by week. Trillion tokens a week."""
    frame = tables.series("token-volumes", "tokens_per_week", ROUTER)
    return frame[["date", "period", "value", "source_id"]]


def volumes() -> pd.DataFrame:
    """Tokens by who reports them, on one unit. Trillion tokens a month."""
    parts = []
    for entity, variable in VOLUMES.items():
        frame = tables.series("token-volumes", variable, entity)
        disputed = tables.disputed("token-volumes", frame)
        scaled = frame["value"] * PER_MONTH[variable]
        parts.append(frame.assign(value=scaled, disputed=disputed))
    columns = ["date", "period", "entity", "value", "disputed", "grade", "source_id"]
    return pd.concat(parts)[columns].reset_index(drop=True)


# Revenue -------------------------------------------------------------------------------------


def run_rates() -> pd.DataFrame:
    """Annualised revenue of two laboratories, point by point. USD billion a year."""
    frame = tables.series("revenue", "revenue_run_rate", *LABS)
    middle = (frame["low"] * frame["high"]) ** 0.5
    disputed = tables.disputed("revenue", frame)
    return frame.assign(value=frame["value"].fillna(middle), disputed=disputed)[
        ["date", "period", "entity", "value", "disputed", "grade", "source_id", "note"]
    ]


@tables.once
def run_rate_against_recognised() -> pd.DataFrame:
    """Revenue that run-rates imply, beside revenue recognised, where both are known. USD billion."""
    recognised = tables.series("revenue", "revenue_recognised", *LABS)
    recognised = recognised.assign(
        value=recognised["value"].fillna((recognised["low"] + recognised["high"]) / 2)
    )
    parts = []
    for lab, rows in run_rates().groupby("entity"):
        for period in ("quarter", "year"):
            implied = spending.run_rate_to_revenue(
                pd.DatetimeIndex(rows["date"]), rows["value"], period=period
            )
            parts.append(implied[implied["status"] == "complete"].assign(entity=lab))
    both = pd.concat(parts).merge(recognised, on=["entity", "period"])
    both = both.rename(columns={"value": "recognised", "revenue": "implied"})
    return both[["entity", "period", "recognised", "implied", "source_id"]]


# The seeds' firm -----------------------------------------------------------------------------


@tables.once
def firm_points() -> pd.DataFrame:
    """The firm's annualised token spend on the days for which it was told. USD million a year."""
    frame = tables.series("firm-spend", "ai_token_spend_annualised", FIRM)
    dated = frame[frame["period"].str.len() == 10]
    return dated[["date", "period", "value", "source_id"]].reset_index(drop=True)


def firm_payroll() -> float:
    """Payroll that the firm states. USD million a year."""
    return float(tables.series("firm-spend", "payroll", FIRM)["value"].iloc[-1])


def firm_sources() -> list[str]:
    """Sources of the firm's latest spend and of its payroll."""
    payroll = tables.series("firm-spend", "payroll", FIRM)["source_id"]
    return [str(firm_points()["source_id"].iloc[-1]), str(payroll.iloc[-1])]
