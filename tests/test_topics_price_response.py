"""The response topic: the event by day, what it bounds, and the prior that is left."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from token_economics.book.assumptions import Book, override, read_book
from token_economics.evidence import tables
from token_economics.figures import price_response as figures
from token_economics.figures import style
from token_economics.headlines import price_response as topic
from token_economics.headlines import rows
from token_economics.models import event_study

ASSUMPTIONS = [name for name, row in read_book().rows.items() if topic.TOPIC in row.topics]


@pytest.fixture(scope="module")
def book() -> Book:
    return override(read_book(), {}, n_draws=512)


@pytest.fixture(scope="module")
def values(book: Book) -> pd.Series:
    return rows.check_results(topic.results(book)).set_index("id")["value"]


@pytest.mark.parametrize("name", ASSUMPTIONS)
def test_every_assumption_of_the_topic_moves_a_result(
    name: str, book: Book, values: pd.Series
) -> None:
    row = book.row(name)
    low, high = (
        topic.headlines(override(book, {name: end}).draws()) for end in (row.low, row.high)
    )
    moved = {key for key in low if not np.isclose(low[key].mean(), high[key].mean(), rtol=1e-3)}
    assert moved & set(values.index)


def test_luna_arcs_agree_with_the_model_sheet(values: pd.Series) -> None:
    assert values["luna_arc"] == pytest.approx(-1.04, abs=0.005)
    assert values["luna_without_trend"] == pytest.approx(-0.85, abs=0.005)
    assert values["vendor_arc"] == pytest.approx(-0.83, abs=0.005)


def test_windows_are_whole_weeks_around_the_cut() -> None:
    first, window = topic.cut_dates()[0], topic.luna_window()
    before, after = window.before(first), window.after(first)
    assert (before[0], before[-1]) == (pd.Timestamp("2026-07-20"), pd.Timestamp("2026-07-26"))
    assert (after[0], after[-1]) == (pd.Timestamp("2026-08-04"), pd.Timestamp("2026-08-10"))


def test_list_price_is_halved_and_then_cut_to_a_tenth_on_two_days() -> None:
    assert [f"{day:%d %B}" for day in topic.cut_dates()] == ["28 July", "31 July"]
    listed = topic.luna_panel("listed_input_price").query("entity == @topic.LUNA")
    assert sorted(listed["price"].unique()) == [0.1, 0.5, 1.0]


def test_siblings_grew_by_a_quarter_in_the_week_before() -> None:
    trend = event_study.pre_trend_growth(
        topic.luna_panel("listed_input_price"),
        event=topic.cut_dates()[0],
        window=topic.luna_window(),
    )
    assert (trend["later"] / trend["earlier"] - 1).between(0.20, 0.27).all()


def test_response_builds_from_two_days_to_two_weeks(values: pd.Series) -> None:
    assert abs(values["arc_two_days"]) < abs(values["arc_first_cut"]) < abs(values["luna_arc"])


def test_the_halving_drew_less_than_the_second_cut_whatever_the_base_days(
    values: pd.Series,
) -> None:
    bases = topic.first_days_by_base().set_index("base")
    same = bases.loc["Same weekdays of the week before"]
    assert same["two_days"] == pytest.approx(values["arc_two_days"])
    assert same["to_second_cut"] == pytest.approx(values["arc_first_cut"])
    assert bases["two_days"].min() < -0.7 < -0.4 < bases["two_days"].max()
    assert (bases > values["luna_arc"]).all(axis=None)


def test_vendor_responds_less_than_its_model(values: pd.Series) -> None:
    assert abs(values["vendor_arc"]) < abs(values["luna_arc"])


def test_a_quarter_of_the_gain_is_longer_requests(values: pd.Series) -> None:
    assert values["gain_by_request_length"] == pytest.approx(0.26, abs=0.01)


def test_no_date_before_the_cut_is_like_it_and_so_few_dates_say_no_more(values: pd.Series) -> None:
    assert values["luna_placebo"] == values["luna_placebo_resolution"] == pytest.approx(0.1)


def test_luna_had_under_one_percent_of_spending(values: pd.Series) -> None:
    assert 0.002 <= values["luna_share"] <= 0.007


def test_event_leaves_the_prior_as_it_was(values: pd.Series, book: Book) -> None:
    assert values["luna_variance_ratio"] > 0.95
    assert np.isnan(values["market_elasticity"])
    assert topic.posterior_variance(book, 1.0) < 0.6


def test_prior_lies_between_the_analogy_and_the_long_run(values: pd.Series) -> None:
    light = tables.read("elasticities").set_index("study")["value"].abs()["Tsao and Waide"]
    assert values["implied_market_elasticity"] < values["prior_elasticity"] < light


def test_aggregate_pairs_have_either_sign_and_one_is_near_minus_14(values: pd.Series) -> None:
    assert values["naive_lowest"] == pytest.approx(-14.5, abs=0.1)
    assert values["naive_highest"] > 0


def test_figures_plot_the_whole_table() -> None:
    table = topic.luna_readings()
    spec = style.specification(figures.luna_readings(table))
    assert len(spec["data"]["values"]) == len(table)
