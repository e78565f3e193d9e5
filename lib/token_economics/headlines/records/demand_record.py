"""The record that topics of demand share: spend of cohorts and its break, and the seeds' firm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from token_economics.evidence import tables
from token_economics.methods import breaks
from token_economics.methods.summaries import LEVEL

COHORTS = {
    "Median firm": "Ramp median firm",
    "Top 10 %": "Ramp top 10 % cohort",
    "Top 1 %": "Ramp top 1 % cohort",
}
PANEL = "ramp_spend_per_employee_2026"
FIRM = "SemiAnalysis"
TRIM_SHARE = 0.15  # months kept clear of candidate breaks at each end (Andrews, 1993)
BLOCK_MONTHS = 3  # neighbouring months resampled together: a quarter, the period of budgets
N_BOOTSTRAP = 1999


@tables.once
def spend() -> pd.DataFrame:
    """Spend on AI per employee by cohort and month, one edition of the source. USD a month."""
    frame = tables.series("firm-spend", "ai_spend_per_employee_month", *COHORTS.values())
    names = {entity: cohort for cohort, entity in COHORTS.items()}
    frame = frame[frame["source_id"] == PANEL].assign(cohort=frame["entity"].map(names))
    return frame[["date", "period", "cohort", "value", "source_id"]].reset_index(drop=True)


@tables.once
def spend_by_cohort() -> pd.DataFrame:
    """The same, one column a cohort; rows are months."""
    return spend().pivot(index="date", columns="cohort", values="value")[list(COHORTS)]


@tables.once
def common_break(seed: int, months_left_out: int = 0) -> breaks.CommonBreak:
    """Joint test of one break in the growth of all cohorts, on all months or on fewer."""
    frame = spend_by_cohort()
    return _test(frame.iloc[: len(frame) - months_left_out], seed=seed)


@tables.once
def breaks_alone(seed: int) -> dict[str, breaks.CommonBreak]:
    """Each cohort tested on its own."""
    frame = spend_by_cohort()
    return {cohort: _test(frame[[cohort]], seed=seed) for cohort in COHORTS}


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


def growth_since_break(cohort: str, seed: int) -> tuple[breaks.MeanGrowth, breaks.MeanGrowth]:
    """Monthly log growth of a cohort before and since the common break."""
    series = spend_by_cohort()[cohort]
    began = common_break(seed).estimated_date
    before, since = series[series.index < began], series[series.index >= began]
    return breaks.mean_growth(before), breaks.mean_growth(np.append(before.iloc[-1], since))


@tables.once
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


@tables.once
def firm_points() -> pd.DataFrame:
    """The firm's annualised token spend on the days for which it was told. USD million a year."""
    frame = tables.series("firm-spend", "ai_token_spend_annualised", FIRM)
    dated = frame[frame["period"].str.len() == 10]
    return dated[["date", "period", "value", "source_id"]].reset_index(drop=True)


def firm_payroll() -> pd.Series:
    """Row of the payroll that the firm states. USD million a year."""
    return tables.series("firm-spend", "payroll", FIRM).iloc[-1]


def firm_ratio() -> float:
    """Token spend over payroll of the firm, latest figure. [ratio]"""
    return float(firm_points()["value"].iloc[-1] / firm_payroll()["value"])
