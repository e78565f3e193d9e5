"""The record of forecasts: forecasters whose skill is known, and what the real ones may know."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from test_topics_token_market import book

from token_economics.answers import forecast_scores
from token_economics.headlines import forecast_record as topic
from token_economics.headlines.market import vintage_series, vintages
from token_economics.headlines.market.conditioning import conditioned
from token_economics.headlines.market.vintage_series import Series
from token_economics.methods import backtest, scoring

GROWTH, SPREAD = 0.3, 0.1
SHORT = "Short"


def series(name: str, origin: str, *, known: int = 12) -> Series:
    """Logs of a random walk with drift up to an origin, and what it did in the year after."""
    rng = np.random.default_rng([len(name), vintages.ORIGINS.index(origin)])
    steps = rng.normal(GROWTH, SPREAD, known + 4)
    last = pd.Period(origin, "Q")
    index = [str(last + k) for k in range(1 - known, 5)]
    logs = pd.Series(np.cumsum(steps), index)
    years = vintage_series.middle_years(index[:known])
    return Series(name, years, logs.to_numpy()[:known], logs[:known], logs[known:], "dated", ("a",))


@cache
def made(*, middle: float = 0.0, width: float = 1.0, foresight: float = 0.0) -> pd.DataFrame:
    """Scores of a market that knows the walk, but for its middle and its width, and may foresee."""
    names = [f"{'long ' * k}series" for k in range(8)]

    def series_at(origin: str) -> list[Series]:
        return [*(series(name, origin) for name in names), series(SHORT, origin, known=4)]

    def forecast_at(_: object, origin: str, __: object) -> dict[str, np.ndarray]:
        ahead = np.arange(1, 5)[:, None]
        noise = np.random.default_rng(1).normal(0, width * SPREAD, (4, 4000)).cumsum(axis=0)
        blind = (GROWTH + middle) * ahead + noise
        return {
            each.name: blind + foresight * (each.changes.to_numpy()[:, None] - GROWTH * ahead)
            for each in series_at(origin)
        }

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(vintage_series, "series_at", series_at)
        patched.setattr(vintages, "forecast_at", forecast_at)
        return topic.scored(book())


def value(scores: pd.DataFrame) -> pd.Series:
    return topic.results(book(), scores).set_index("id")["value"]


def test_a_market_that_knows_the_truth_meets_the_targets() -> None:
    scores = made()
    found = value(scores)
    assert found["outcomes_scored"] == 4 * 9 * 4 and found["origins"] == 4
    assert 0.7 < found["coverage_80"] < 0.9
    assert 0.8 < found["crps_over_best_naive"] < 1  # a walk that has to learn its drift is near
    assert 0.05 < found["no_better_p"] < 0.5  # so small a gain cannot be told from luck


def test_a_market_that_foresees_half_of_a_surprise_is_better_than_luck() -> None:
    scores = made(width=0.5, foresight=0.5)
    assert value(scores)["no_better_p"] < 0.05
    told = topic.answer(topic.results(book(), scores), scores)
    assert told.startswith("The forecasts meet the three targets") and "more than luck" in told


@pytest.mark.parametrize(
    ("fault", "missed"),
    [({"middle": -0.3}, "80 % intervals held"), ({"width": 0.05}, "80 % intervals held"),
     ({"width": 9.0}, "80 % intervals held"), ({"middle": -0.3}, "its score was"),
     ({"middle": -0.3}, "more than 1.1 times")],
)  # fmt: skip
def test_each_fault_is_told_first(fault: dict[str, float], missed: str) -> None:
    scores = made(**fault)
    told = topic.answer(topic.results(book(), scores), scores)
    assert told.startswith("The forecasts miss") and missed in told.split(". Of ")[0]


def test_a_middle_that_is_off_is_told_from_a_width_that_is() -> None:
    low, narrow = made(middle=-0.3), made(width=0.05)
    assert "The middle is too low" in topic.answer(topic.results(book(), low), low)
    assert "The middle is too" not in topic.answer(topic.results(book(), narrow), narrow)
    assert value(low)["missed_above"] > 100 > value(low)["missed_below"]


def test_a_series_on_which_intervals_fail_is_named() -> None:
    scores = made()
    failing = scores["series"].eq(SHORT) & scores["forecaster"].eq(topic.MODEL)
    worse = scores.assign(inside=scores["inside"] & ~failing)
    found = value(worse)
    assert found["coverage_80"] > 0.65 and found["least_covered"] == 0
    assert f"on the series {SHORT} it was" in topic.answer(topic.results(book(), worse), worse)
    even = scores.assign(inside=True)
    assert "uneven" not in topic.answer(topic.results(book(), even), even)
    told = topic.answer(
        topic.results(book(), even.assign(inside=~failing)), even.assign(inside=~failing)
    )
    assert "while on eight of the nine none fell outside" in told


def test_leaving_out_one_part_is_the_score_of_the_rest() -> None:
    scores = made()
    left = topic.leaving_out(scores).set_index("without")
    assert list(left.index[:4]) == list(vintages.ORIGINS) and len(left) == 13
    rest = topic.by_group(scores.query("origin != '2025Q2'")).iloc[0]
    assert left.loc["2025Q2", "over_best"] == rest["over_best"]
    assert left.loc[SHORT, "outcomes"] == 128


def test_walk_stands_in_where_a_rule_is_refused() -> None:
    scores = made()
    short = scores[scores["series"] == SHORT].set_index("forecaster")
    for rule in backtest.NAIVE_RULES[1:]:
        assert (short.loc[rule, "made_by"] == backtest.BENCHMARK).all()
        assert list(short.loc[rule, "crps"]) == list(short.loc[backtest.BENCHMARK, "crps"])
    refused = topic.refusals(scores)
    assert set(refused["series"]) == {SHORT} and len(refused) == 8
    assert refused["why"].str.contains("needs 6 observations, of 4").all()
    assert value(scores)["stand_ins"] == 32


def test_all_forecasters_are_scored_on_the_same_outcomes() -> None:
    scores = made()
    outcomes = ["origin", "series", "period", "observed"]
    ours = scores.loc[scores["forecaster"] == topic.MODEL, outcomes].to_numpy()
    for rule in backtest.NAIVE_RULES:
        theirs = scores.loc[scores["forecaster"] == rule, outcomes].to_numpy()
        np.testing.assert_array_equal(ours, theirs)


def test_groups_add_up_to_the_whole() -> None:
    scores = made()
    whole = topic.by_group(scores).iloc[0]
    for by in (["series"], ["origin"], ["origin", "series"]):
        parts = topic.by_group(scores, *by)
        assert parts["outcomes"].sum() == whole["outcomes"]
        assert parts["above"].sum() == whole["above"]
        for name in topic.FORECASTERS:
            assert np.average(parts[name], weights=parts["outcomes"]) == pytest.approx(whole[name])
        rules = parts[list(backtest.NAIVE_RULES)]
        np.testing.assert_allclose(parts["over_best"], parts[topic.MODEL] / rules.min(axis=1))


def test_the_test_of_luck_counts_a_quarter_once() -> None:
    scores = made(middle=0.1)
    twice = pd.concat([scores, scores.assign(series=scores["series"] + " again")])
    once, again = (topic.by_group(each).iloc[0]["p_value"] for each in (scores, twice))
    assert again == pytest.approx(once)


def test_pit_piles_up_where_the_outcomes_fall() -> None:
    counts = topic.pit_counts(made(middle=-0.3))
    market = counts[counts["forecaster"] == topic.FORECASTERS[topic.MODEL]]
    assert market["outcomes"].iloc[-1] > 0.9 * market["outcomes"].sum() == 0.9 * 144
    assert (market["expected"] == 144 / 5).all()


def test_the_command_prints_what_the_page_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = made()
    monkeypatch.setattr(topic, "scored", lambda _: scores)
    found = json.loads(forecast_scores.told(book(), as_json=True))
    assert set(found) == {"results", *forecast_scores.TABLES}
    assert len(found["by_origin_and_series"]) == 36 and len(found["pooled"]) == 1
    assert found["pooled"][0]["over_best"] == pytest.approx(
        value(scores)["crps_over_best_naive"], rel=1e-5
    )
    lines = forecast_scores.told(book(), as_json=False).splitlines()
    assert lines[0].startswith("The forecasts miss two of the three targets: its score was 0.9")
    cells = next(line for line in lines if line.split()[:2] == ["2025Q4", SHORT]).split()
    row = topic.by_group(scores, "origin", "series").set_index(["origin", "series"])
    assert cells[3] == f"{row.loc[('2025Q4', SHORT), topic.MODEL]:.3f}"


# --- the real record


def test_naive_forecasts_are_those_of_what_was_known() -> None:
    """By hand: the walk of rents at the end of 2024, from the quarters known then."""
    each = next(s for s in vintage_series.series_at("2024Q4") if s.name == "H100 contract")
    walk = next(f for f in topic._by_rules(each) if f["forecaster"] == backtest.BENCHMARK)
    mean, sd = backtest.random_walk_forecast(each.known, each.ahead)
    np.testing.assert_allclose(walk["middle"], mean - each.known.iloc[-1])
    np.testing.assert_allclose(walk["crps"], scoring.crps_normal(each.later, mean=mean, sd=sd))


def test_the_record_of_2026_reaches_no_forecast(monkeypatch: pytest.MonkeyPatch) -> None:
    """A book that 2026 has narrowed is asked as it was before."""
    asked: list[object] = []
    monkeypatch.setattr(vintages, "ORIGINS", ("2024Q4",))
    monkeypatch.setattr(
        vintages, "forecast_at", lambda given, *_: asked.append(given) or _nothing("2024Q4")
    )
    plain = replace(book(), n_draws=64)
    topic.scored(conditioned(plain))
    assert len(asked) == 1 and asked[0].record is None


def _nothing(origin: str) -> dict[str, np.ndarray]:
    return {s.name: np.zeros((len(s.later), 4)) for s in vintage_series.series_at(origin)}


def test_every_choice_says_which_scores_were_seen() -> None:
    choices = topic.choices()
    assert choices["date"].is_monotonic_increasing
    assert (choices["scores_seen_before"].eq("yes") == choices["which_scores"].notna()).all()
