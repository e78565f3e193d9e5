"""How good the market's forecasts are: outcomes since four origins, scored beside naive rules.

Forecasts and outcomes are those of `vintages`: log changes since the last value known at an origin.
Rules of scoring and what was known when they were chosen stand in ``data/evaluation_choices.csv``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from token_economics.book.assumptions import Book
from token_economics.evidence import tables
from token_economics.headlines import rows
from token_economics.headlines.market import market_memo, vintage_series, vintages
from token_economics.headlines.market.market_memo import Solve
from token_economics.headlines.market.vintage_series import Series
from token_economics.methods import scoring, summaries
from token_economics.methods.arrays import FloatArray, floats
from token_economics.methods.backtest import (
    ARIMA,
    BENCHMARK,
    LOCAL_LINEAR_TREND,
    NAIVE_RULES,
    RuleRefused,
    naive_forecast,
)
from token_economics.methods.scoring import SCORED_INTERVAL

TOPIC = "forecast_record"
MODEL = "market"
FORECASTERS = {
    MODEL: "The market",
    BENCHMARK: "Random walk with drift",
    LOCAL_LINEAR_TREND: "Local linear trend",
    ARIMA: "ARIMA(1,1,0) with drift",
}
COVERAGE_WANTED = (0.65, 0.95)
MOST_POOLED = 0.8
MOST_ON_A_SERIES, FEWEST_OUTCOMES = 1.1, 4
NORMAL_TENTH = 1.2815515655446004  # standard deviations from the middle to the upper tenth
REPLICATIONS = 10_000
TENTHS = (0.1, 0.5, 0.9)
PIT_BINS = 5


# Forecasts and their scores -----------------------------------------------------------------------


def scored(book: Book, solve: Solve = market_memo.solve) -> pd.DataFrame:
    """Every outcome with the forecasts of the market and of each naive rule, and their scores.

    Columns: origin, series, vintage, source_id, period, ahead [quarters], observed [log points],
    forecaster, made_by (the rule that made it: the walk where a rule was refused), why (it was),
    middle, low, high [log points; tenths], inside, pit [share], crps, interval_score [log points].
    """
    found = []
    for origin in vintages.ORIGINS:
        drawn = vintages.forecast_at(book.before_record(), origin, solve)  # 2026 is not known then
        for series in vintage_series.series_at(origin):
            known = {
                "origin": origin,
                "series": series.name,
                "vintage": series.vintage,
                "source_id": " ".join(series.sources),
                "period": [str(period) for period in series.later.index],
                "ahead": series.ahead,
                "observed": floats(series.changes),
            }
            made = [_by_market(series, drawn[series.name]), *_by_rules(series)]
            found += [pd.DataFrame({**known, **forecast}) for forecast in made]
    return pd.concat(found, ignore_index=True)


def _by_market(series: Series, drawn: FloatArray) -> dict[str, object]:
    came = floats(series.changes)
    low, middle, high = np.quantile(drawn, TENTHS, axis=-1)
    return {
        "forecaster": MODEL,
        "made_by": MODEL,
        "why": "",
        "pit": scoring.pit_ensemble(came, drawn),
        "crps": scoring.crps_ensemble(came, drawn, fair=True),
        **_interval(came, low, middle, high),
    }


def _by_rules(series: Series) -> Iterator[dict[str, object]]:
    """What each naive rule makes of what was known; the walk stands in for a rule that is refused."""
    came = floats(series.changes)
    for rule in NAIVE_RULES:
        made_by, why = rule, ""
        try:
            mean, sd = _naive(rule, series)
        except RuleRefused as refused:
            made_by, why = BENCHMARK, str(refused)
            mean, sd = _naive(BENCHMARK, series)
        yield {
            "forecaster": rule,
            "made_by": made_by,
            "why": why,
            "pit": scoring.pit_normal(came, mean=mean, sd=sd),
            "crps": scoring.crps_normal(came, mean=mean, sd=sd),
            **_interval(came, mean - NORMAL_TENTH * sd, mean, mean + NORMAL_TENTH * sd),
        }


def _naive(rule: str, series: Series) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of the change since the last known quarter. [log points]"""
    mean, sd = naive_forecast(rule, series.years, series.logs, horizons=series.horizon_years)
    return mean - float(series.known.iloc[-1]), sd


def _interval(
    came: FloatArray, low: FloatArray, middle: FloatArray, high: FloatArray
) -> dict[str, object]:
    return {
        "middle": middle,
        "low": low,
        "high": high,
        "inside": (low <= came) & (came <= high),
        "interval_score": scoring.interval_score(came, low=low, high=high, level=SCORED_INTERVAL),
    }


# Tables of scores ---------------------------------------------------------------------------------


def by_group(scores: pd.DataFrame, *by: str) -> pd.DataFrame:
    """Mean scores of each group of outcomes, such as a series at an origin; of all without ``by``.

    Columns: those of ``by``; outcomes; one of each of `FORECASTERS`, its mean CRPS [log points];
    best (the naive rule with the lowest); over_best [ratio of CRPS]; interval_score and
    interval_score_best [log points]; covered and covered_best [share inside the 80 % interval]; above
    (outcomes above the market's median); p_value (one-sided, that the market is no better; missing
    where the outcomes are of one quarter).
    """
    if not by:
        return pd.DataFrame([_compared(scores)])
    groups = scores.groupby(list(by), sort=False)
    return pd.DataFrame([{**dict(zip(by, key, strict=True)), **_compared(g)} for key, g in groups])


def _compared(group: pd.DataFrame) -> dict[str, object]:
    of = {name: group[group["forecaster"] == name] for name in FORECASTERS}
    crps = {name: float(of[name]["crps"].mean()) for name in FORECASTERS}
    best = best_rule(group)
    ours, theirs = of[MODEL], of[best]
    quarterly = [part.groupby("period")["crps"].sum() for part in (ours, theirs)]
    test = scoring.compare_losses(*quarterly, horizon=int(group["ahead"].max()))
    return {
        "outcomes": len(ours),
        **crps,
        "best": FORECASTERS[best],
        "over_best": crps[MODEL] / crps[best],
        "interval_score": float(ours["interval_score"].mean()),
        "interval_score_best": float(theirs["interval_score"].mean()),
        "covered": float(ours["inside"].mean()),
        "covered_best": float(theirs["inside"].mean()),
        "above": int((ours["observed"] > ours["middle"]).sum()),
        "p_value": test.p_value,
    }


def best_rule(group: pd.DataFrame) -> str:
    """The naive rule with the lowest mean CRPS over a group of outcomes."""
    mean = group.groupby("forecaster")["crps"].mean()
    return str(mean[list(NAIVE_RULES)].idxmin())


def leaving_out(scores: pd.DataFrame) -> pd.DataFrame:
    """Pooled scores without one origin or one series, a row each: does the result hang on one?

    Columns: without, outcomes, over_best [ratio], best, covered [share], p_value.
    """
    frames = []
    for by in ("origin", "series"):
        for name in dict.fromkeys(scores[by]):
            frames.append(by_group(scores[scores[by] != name]).assign(without=name))
    columns = ["without", "outcomes", "over_best", "best", "covered", "p_value"]
    return pd.concat(frames, ignore_index=True)[columns]


def pit_counts(scores: pd.DataFrame) -> pd.DataFrame:
    """How many outcomes fell into each fifth of the forecast: of the market and the best naive rule.

    Columns: forecaster, fifth, outcomes, expected (where each fifth is as likely).
    """
    edges = np.linspace(0, 1, PIT_BINS + 1)
    fifths = [f"{low:.0%} to {high:.0%}" for low, high in itertools.pairwise(edges)]
    frames = []
    for name in (MODEL, best_rule(scores)):
        pit = scores.loc[scores["forecaster"] == name, "pit"]
        counted, _ = np.histogram(pit, edges)
        told = {"fifth": fifths, "outcomes": counted, "expected": len(pit) / PIT_BINS}
        frames.append(pd.DataFrame({"forecaster": FORECASTERS[name], **told}))
    return pd.concat(frames, ignore_index=True)


def refusals(scores: pd.DataFrame) -> pd.DataFrame:
    """Where the walk stands in for a naive rule: origin, series, rule, outcomes, why."""
    refused = scores[scores["why"] != ""]
    grouped = refused.groupby(["origin", "series", "forecaster"], sort=False)["why"]
    frame = grouped.agg(["size", "first"]).reset_index()
    frame = frame.rename(columns={"forecaster": "rule", "size": "outcomes", "first": "why"})
    return frame.assign(rule=frame["rule"].map(FORECASTERS))


def choices() -> pd.DataFrame:
    """The log of choices, oldest first, with the scores that were seen before each."""
    return tables.read("evaluation-choices").sort_values("date", kind="stable")


# Results ------------------------------------------------------------------------------------------


def results(book: Book, scores: pd.DataFrame | None = None) -> pd.DataFrame:
    """Headline results: pooled scores with intervals, and how many series miss the target."""
    scores = scored(book) if scores is None else scores
    ours = scores[scores["forecaster"] == MODEL]
    pooled, series = by_group(scores).iloc[0], _judged_series(scores)
    cells = by_group(scores, "origin", "series").sort_values("over_best")
    least, worst_cell = series.sort_values("covered").iloc[0], cells.iloc[-1]
    best = scores[scores["forecaster"] == best_rule(scores)]
    found: dict[str, rows.Found] = {
        "coverage_80": _pooled(book, ours, ours["inside"], np.ones(len(ours))),
        "crps_over_best_naive": _pooled(book, ours, ours["crps"], best["crps"]),
        "interval_score_over_best_naive": _pooled(
            book, ours, ours["interval_score"], best["interval_score"]
        ),
        "outcomes_scored": len(ours),
        "origins": ours["origin"].nunique(),
        "coverage_of_best_naive": float(best["inside"].mean()),
        "above_median": pooled["above"],
        "missed_above": int((ours["observed"] > ours["high"]).sum()),
        "missed_below": int((ours["observed"] < ours["low"]).sum()),
        "series_within_limit": int((series["over_best"] <= MOST_ON_A_SERIES).sum()),
        "worst_series_ratio": float(series["over_best"].max()),
        "least_covered": float(least["covered"]),
        "parts_better": int((cells["over_best"] < 1).sum()),
        "worst_part_ratio": float(worst_cell["over_best"]),
        "no_better_p": float(pooled["p_value"]),
        "stand_ins": int((scores["why"] != "").sum()),
        "pseudo_outcomes": int((ours["vintage"] == "pseudo").sum()),
    }
    return pd.DataFrame(
        rows.of_topic(
            TOPIC,
            found,
            sources={
                "outcomes_scored": ours["source_id"],
                "coverage_of_best_naive": ours["source_id"],
            },
            outcomes=str(len(ours)),
            rule=FORECASTERS[best_rule(scores)]
            .replace("Random", "random")
            .replace("Local", "local"),
            worst=str(series.sort_values("over_best")["series"].iloc[-1]),
            series=str(len(series)),
            least=str(least["series"]),
            parts=str(len(cells)),
            part=f"{worst_cell['series']} from {worst_cell['origin']}",
            naive=str(len(scores) - len(ours)),
            span=f"{ours['period'].min()} to {ours['period'].max()}",
        )
    )


def _pooled(
    book: Book, outcomes: pd.DataFrame, numerator: ArrayLike, denominator: ArrayLike
) -> tuple[float, float, float]:
    return scoring.pooled_ratio(
        numerator,
        denominator,
        clusters=[outcomes["origin"], outcomes["series"]],
        level=summaries.LEVEL,
        rng=np.random.default_rng(book.seed),
        replications=REPLICATIONS,
    )


def _judged_series(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores of the series that have outcomes enough to be judged by themselves."""
    series = by_group(scores, "series")
    return series[series["outcomes"] >= FEWEST_OUTCOMES]


def failed(frame: pd.DataFrame, scores: pd.DataFrame) -> list[str]:
    """The targets that were missed, in words with placeholders; none where all were met."""
    value = frame.set_index("id")["value"]
    low, high = COVERAGE_WANTED
    missed = []
    if not low <= value["coverage_80"] <= high:
        missed.append(
            "its 80 % intervals held {coverage_80} of outcomes, where "
            f"{100 * low:.0f} to {100 * high:.0f} % were asked"
        )
    if value["crps_over_best_naive"] > MOST_POOLED:
        missed.append(
            "its score was {crps_over_best_naive} that of the best naive rule, where at most "
            f"{MOST_POOLED} was asked"
        )
    series = _judged_series(scores)
    worse = list(series.loc[series["over_best"] > MOST_ON_A_SERIES, "series"])
    if worse:
        missed.append(
            f"on {'; '.join(worse)} it was more than {MOST_ON_A_SERIES} times that of the best "
            "naive rule there"
        )
    return missed


def answer(frame: pd.DataFrame, scores: pd.DataFrame) -> str:
    """The answer's template: first whether the targets were met, then why as far as numbers tell."""
    missed = failed(frame, scores)
    value = frame.set_index("id")["value"]
    if missed:
        many = ("one of the three", "two of the three", "all three")[len(missed) - 1]
        first = f"The forecasts miss {many} targets: {'; '.join(missed)}. "
    else:
        first = (
            "The forecasts meet the three targets. Their 80 % intervals held {coverage_80} of "
            "outcomes, the score was {crps_over_best_naive} that of the best naive rule, and no "
            f"series with {rows.count_in_words(FEWEST_OUTCOMES)} or more outcomes was much worse. "
        )
    return first + _bias(value) + _uneven(value, scores) + _tested(value)


def _bias(value: pd.Series) -> str:
    """On which side the outcomes fell, which tells a wrong middle from a wrong width."""
    share = value["above_median"] / value["outcomes_scored"]
    above, below = value["missed_above"], value["missed_below"]
    if share > 0.7 or share < 0.3:
        side = f"The middle is too {'low' if share > 0.5 else 'high'}, and not only the width off. "
    elif min(above, below) == 0 and max(above, below) > 2:
        side = f"What it missed, it missed on the {'high' if above else 'low'} side alone. "
    else:
        side = ""
    return (
        "Of {outcomes_scored:v} outcomes after {origins:n} origins {above_median:n} lay above the "
        "market's median, {missed_above:n} above its interval and {missed_below:n} below. " + side
    )


def _uneven(value: pd.Series, scores: pd.DataFrame) -> str:
    """Whether the coverage of all outcomes hides a series on which intervals fail."""
    if value["least_covered"] >= COVERAGE_WANTED[0]:
        return ""
    covered = _judged_series(scores).sort_values("covered").set_index("series")["covered"]
    whole = int((covered == 1).sum())
    many = "one" if whole == 1 else rows.count_in_words(whole)
    rest = (
        f", while on {many} of the {rows.count_in_words(len(covered))} none fell outside"
        if whole
        else ""
    )
    return (
        f"Coverage is uneven: on the series {covered.index[0]} it was {{least_covered:v}}{rest}. "
    )


def _tested(value: pd.Series) -> str:
    better = value["no_better_p"] < 0.05
    return (
        "That the market is better than the best naive rule is more than luck by the usual test "
        "(p {no_better_p:n})."
        if better
        else "That the market is no better than the best naive rule cannot be excluded "
        "(p {no_better_p:n})."
    )
