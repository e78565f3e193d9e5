"""The demand topic: its results hold together, its assumptions matter, its sentences do not break."""

from __future__ import annotations

import ast
import json
import re
from functools import cache

import altair as alt
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from token_economics import project
from token_economics.book.assumptions import override, read_book
from token_economics.figures import demand as figures
from token_economics.headlines import demand_explosion as topic
from token_economics.headlines import rows, token_counts
from token_economics.headlines.records import demand_record as record
from token_economics.methods import backtest
from token_economics.show import display

BOOK = read_book()
OURS = [name for name, row in BOOK.rows.items() if topic.TOPIC in row.topics]


@cache
def results(name: str = "", end: str = "") -> pd.DataFrame:
    """Headline results with one assumption pinned at an end of its range, or as in the book."""
    if not name:
        return topic.results(BOOK)
    pinned = getattr(BOOK.row(name), end)
    return topic.results(override(BOOK, {name: [pinned, pinned]}))


def value(slug: str, *change: str) -> float:
    return float(results(*change).set_index("id").loc[slug, "value"])


def shown(slug: str, *change: str) -> str:
    return str(rows.quantities(results(*change))[slug])


def test_results_keep_the_contract() -> None:
    frame = rows.check_results(results())
    numbered = frame[frame["status"] == "ok"].dropna(subset=["low", "high"])
    assert (numbered["low"] <= numbered["value"]).all()
    assert (numbered["value"] <= numbered["high"]).all()


@pytest.mark.parametrize("name", OURS)
def test_every_assumption_moves_a_result(name: str) -> None:
    low, high = (results(name, end).set_index("id")["value"] for end in ("low", "high"))
    assert not np.allclose(low, high, rtol=1e-3, equal_nan=True)


def sentences() -> list[str]:
    """Templates of the notebook's answer, headings and computed paragraphs."""
    stored = project.root() / "notebooks" / "01_demand_explosion.ipynb"
    cells = json.loads(stored.read_text(encoding="utf-8"))["cells"]
    found = []
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        for node in ast.walk(ast.parse("".join(cell["source"]))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                if node.func.attr in ("answer", "prose", "heading"):
                    found.append(str(texts[-1]))
    return found


@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize("name", OURS)
def test_sentences_hold_when_an_assumption_is_at_an_end_of_its_range(name: str, end: str) -> None:
    templates = sentences()
    assert len(templates) > 10
    for template in templates:
        text = display.prose(template, results(name, end)).data["text/plain"]
        assert not re.search(r"\b(nan|inf)\b|[{}]", text)


def test_a_larger_haircut_lowers_projected_spend() -> None:
    slug, name = "median_spend_ahead", "signalling_spend_share"
    assert value(slug, name, "high") < value(slug, name, "low")
    same = "median_growth_before_haircut"
    assert value(same, name, "high") == pytest.approx(value(same, name, "low"))


def test_a_haircut_that_lasts_longer_takes_less_by_the_end_of_the_year() -> None:
    name = "signalling_half_life_months"
    assert value("haircut", name, "high") < value("haircut", name, "low")


def test_growth_that_persists_raises_projected_spend() -> None:
    name = "excess_growth_half_life_months"
    for slug in ("median_spend_ahead", "top_spend_ahead"):
        assert value(slug, name, "high") > value(slug, name, "low")


def test_each_revision_moves_its_own_cohort_only() -> None:
    name = "top_spend_revision_ratio"
    assert value("top_spend_ahead", name, "high") > value("top_spend_ahead", name, "low")
    median = "median_spend_ahead"
    assert value(median, name, "high") == pytest.approx(value(median, name, "low"))


def test_a_week_of_exact_figures_dates_the_payroll_crossing_and_a_vague_one_does_not() -> None:
    name = "run_rate_relative_error"
    exact = value("payroll_months", name, "low")
    change = np.log(7 / 5)  # the firm's two figures, USD million a year; payroll is 25
    assert exact == pytest.approx(12 * np.log(25 / 7) * 7 / 365.25 / change, rel=1e-3)
    assert np.isnan(value("payroll_months", name, "high"))
    assert "not identified" in shown("payroll_months", name, "high")


def test_central_draw_is_the_point_of_the_book() -> None:
    known = topic.record(BOOK.seed)
    point = topic.headlines(BOOK.points(), known)
    weeks = np.log(known.firm_payroll_musd / known.firm_after_musd) / np.log(
        known.firm_after_musd / known.firm_before_musd
    )
    assert_allclose(point["payroll_months"], 12 * weeks / known.firm_steps_per_year)
    kept = 1 - point["haircut"]
    without = (1 + point["median_growth_before_haircut"]) ** known.months_ahead
    spend = known.cohorts["median"].last_spend_usd * without * kept
    assert_allclose(point["median_spend_ahead"], spend)


def test_results_repeat_for_the_same_seed() -> None:
    pd.testing.assert_frame_equal(topic.results(BOOK), results())


def test_growth_broke_jointly_in_january_2026() -> None:
    found = record.common_break(BOOK.seed)
    assert f"{found.estimated_date:%Y-%m}" == "2026-01"
    assert found.p_value < 0.01
    assert value("median_growth") == pytest.approx(0.124, abs=0.001)  # December to July, by hand


def test_top_spenders_alone_do_not_show_the_break_clearly() -> None:
    alone = record.breaks_alone(BOOK.seed)
    assert alone["Top 1 %"].p_value > topic.TEST_LEVEL
    assert alone["Median firm"].p_value < topic.TEST_LEVEL


def test_concentration_is_that_of_the_facts() -> None:
    assert value("concentration_start") == pytest.approx(370, abs=0.5)
    assert value("concentration") == pytest.approx(619, abs=0.5)


def test_no_ceiling_is_printed_and_each_curve_is_fitted() -> None:
    fits = topic.curve_fits()
    assert len(fits) == 16
    assert value("ceilings_identified") == 0
    bounded = fits[fits["model"] != "exponential"]
    assert set(bounded["status"]) == {"not_identified"} and bounded["ceiling"].isna().all()
    assert "not identified" in shown("router_ceiling")


def test_skill_is_counted_over_curves_at_the_horizons_reported() -> None:
    scores = topic.forecast_scores()
    curves = scores[scores["model"] != backtest.BENCHMARK]
    assert len(curves) == 4 * (len(scores) - len(curves))
    assert value("forecasts_with_skill") == (curves["verdict"] == "skill").sum()
    assert value("skill_by_luck") == pytest.approx(topic.SKILL_LEVEL * len(curves))


def test_growth_now_at_the_point_of_the_book_is_that_of_the_record() -> None:
    cohort = topic.record(BOOK.seed).cohorts["median"]
    assert topic.growth_now(cohort, revision=np.ones(1), seed=1).item() == cohort.since.log_growth
    revised = topic.growth_now(cohort, revision=np.full(1, 1.05), seed=1).item()
    assert revised == pytest.approx(cohort.since.log_growth + np.log(1.05) / 7)  # of seven months


def _fields(node: object) -> set[str]:
    """Fields that a specification encodes, wherever they stand in it."""
    if isinstance(node, list):
        return set().union(*map(_fields, node)) if node else set()
    if not isinstance(node, dict):
        return set()
    own = {node["field"]} if isinstance(node.get("field"), str) else set()
    inner = [child for key, child in node.items() if key not in ("datasets", "data")]
    return own | _fields(inner)


@pytest.mark.parametrize(
    ("chart", "fields"),
    [
        (figures.volumes(token_counts.volumes()), {"date", "value", "entity"}),
        (figures.run_rates(token_counts.run_rates()), {"date", "value", "entity"}),
    ],
)  # fmt: skip
def test_charts_encode_the_columns_of_their_tables(chart: alt.LayerChart, fields: set[str]) -> None:
    assert fields <= _fields(chart.to_dict())


def test_headlines_are_results_under_the_same_names() -> None:
    drawn = topic.headlines(BOOK.draws(), topic.record(BOOK.seed))
    assert set(drawn) <= set(results()["id"])
    assert all(values.shape == (BOOK.n_draws,) for values in drawn.values())


def test_results_without_a_source_hang_on_the_assumptions() -> None:
    def values(**changes: float) -> pd.DataFrame:
        return topic.results(override(BOOK, changes)).set_index("id")

    base_case, columns = values(), ["value", "low", "high"]
    bare = base_case[(base_case["source_id"] == "") & (base_case["status"] == "ok")].index
    moved = pd.Series(False, index=bare)
    for end in ("low", "high"):
        changed = values(**{name: getattr(BOOK.row(name), end) for name in OURS})
        same = np.isclose(changed[columns], base_case[columns], rtol=1e-9, equal_nan=True)
        moved |= pd.Series(~same.all(axis=1), index=base_case.index)[bare]
    assert not set(moved.index[~moved])
