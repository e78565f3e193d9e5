"""The price topic: three objects kept apart, every specification run, the claims located."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from token_economics.book.assumptions import Book, override, read_book
from token_economics.figures import style
from token_economics.figures import token_prices as figures
from token_economics.headlines import price_of_tokens as topic
from token_economics.headlines import rows
from token_economics.methods import specification_curve
from token_economics.methods.prices import hedonics, index_numbers
from token_economics.methods.summaries import LEVEL

ASSUMPTIONS = [name for name, row in read_book().rows.items() if topic.TOPIC in row.topics]


@pytest.fixture(scope="module")
def book() -> Book:
    return override(read_book(), {}, n_draws=512)


@pytest.fixture(scope="module")
def frame(book: Book) -> pd.DataFrame:
    return rows.check_results(topic.results(book))


@pytest.fixture(scope="module")
def values(frame: pd.DataFrame) -> pd.Series:
    return frame.set_index("id")["value"]


@pytest.fixture(scope="module")
def curve() -> pd.DataFrame:
    return topic.specifications()


@pytest.fixture(scope="module")
def readings(book: Book) -> pd.DataFrame:
    return topic.claim_readings(book)


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


# --- the specification curve


def test_curve_holds_every_combination(curve: pd.DataFrame) -> None:
    assert len(curve) == 4 * 3 * 3 * 2 * 2 * 2
    assert list(curve["rank"]) == list(range(1, len(curve) + 1))
    assert curve["value"].is_monotonic_increasing


def test_curve_contains_the_published_regressions(curve: pd.DataFrame) -> None:
    plain = curve.query(
        "price == 'three to one' and sample == 'all prices' and controls == 'none'"
        " and form == 'straight line' and estimator == 'mean'"
    ).set_index("measure")["value"]
    expected = {"Epoch Capabilities Index": 15.9, "GPQA Diamond": 14.4, "MMLU": 5.2}
    for measure, factor in expected.items():
        assert plain[measure] == pytest.approx(factor, abs=0.05)
    for column, measure in topic.QUALITY.items():
        fit = hedonics.hedonic_decline(topic.panel(column), level=LEVEL)
        assert fit.times_cheaper_per_year == pytest.approx(plain[measure])


def test_the_measure_of_quality_drives_the_curve(curve: pd.DataFrame) -> None:
    found = specification_curve.influence(curve)
    shares = found.drop_duplicates("choice").set_index("choice")["share_of_spread"]
    assert shares.idxmax() == "measure"
    assert shares["measure"] > 0.5
    assert shares.sum() < 1.05


def test_curve_is_wider_than_any_one_interval_of_its_middle(
    curve: pd.DataFrame, frame: pd.DataFrame
) -> None:
    row = frame.set_index("id").loc["curve_median"]
    assert row["high"] / row["low"] > 5
    assert row["low"] < row["value"] < row["high"]


# --- the claims


def test_gpt4_class_was_286_times_cheaper_by_the_interview_and_534_later(
    values: pd.Series,
) -> None:
    assert values["gpt4_class_interview"] == pytest.approx(286, abs=0.5)
    assert values["gpt4_class_latest"] == pytest.approx(533.8, abs=0.05)


def test_six_hundred_is_the_price_of_input_to_the_digit(readings: pd.DataFrame) -> None:
    spoken = readings[readings["until"] == "interview"].set_index("reading")["multiple"]
    assert spoken["Epoch index, input"] == pytest.approx(600)
    assert spoken["Epoch index, output"] < 300


def test_claims_are_located_inside_the_readings(readings: pd.DataFrame, values: pd.Series) -> None:
    for claimed in topic.claimed_multiples():
        assert readings["multiple"].min() < claimed < readings["multiple"].max()
    assert topic.claimed_multiples() == [100, 600]
    assert 0 < values["readings_over_600"] < values["readings_over_100"] < 1


# --- bought and paid


def test_three_prices_move_apart(values: pd.Series) -> None:
    assert values["unit_value_multiple"] > 2
    assert values["same_tier_price"] < 1
    assert -0.25 < values["matched_price_change"] < 0


def test_mix_price_rises_from_3_4_to_8_2() -> None:
    paid = topic.mix_prices()["unit_value"]
    assert paid.iloc[0] == pytest.approx(3.43, abs=0.01)
    assert paid.iloc[-1] == pytest.approx(8.18, abs=0.01)


def test_steps_from_list_to_paid_multiply_exactly(book: Book) -> None:
    drawn = topic.headlines(book.draws())
    listed = float(
        topic.mix_prices()["unit_value"].iloc[-1] / topic.mix_prices()["unit_value"].iloc[0]
    )
    np.testing.assert_allclose(
        listed * drawn["input_mix_effect"] * drawn["cache_effect"], drawn["paid_multiple"]
    )


def test_metering_at_three_to_one_without_a_cache_is_the_list_price(book: Book) -> None:
    plain = {
        "input_token_start_share": 0.75, "input_token_share": 0.75,
        "cache_hit_start_share": 0.001, "cache_hit_share": 0.01,
    }  # fmt: skip
    drawn = topic.headlines(override(book, plain).draws())
    np.testing.assert_allclose(drawn["paid_over_list_then"], 1.0, atol=0.01)
    np.testing.assert_allclose(drawn["metering_multiple"], 1.0, atol=0.01)


def test_more_cache_makes_tokens_cheaper(book: Book) -> None:
    few, many = (
        topic.headlines(override(book, {"cache_hit_share": share}).draws())["paid_multiple"]
        for share in (0.7, 0.9)
    )
    assert (many < few).all()


def test_geks_does_not_depend_on_the_order_of_the_panel() -> None:
    prices, tokens = topic.mix_wide()
    forward = index_numbers.geks_index(index_numbers.fisher, prices=prices, quantities=tokens)[-1]
    backward = index_numbers.geks_index(
        index_numbers.fisher, prices=prices[::-1], quantities=tokens[::-1]
    )[-1]
    assert forward * backward == pytest.approx(1.0)


def test_a_chained_index_of_the_tiers_drifts(values: pd.Series) -> None:
    prices, tokens = topic.mix_wide()
    laspeyres = index_numbers.laspeyres
    assert index_numbers.chain_drift(laspeyres, prices=prices, quantities=tokens)[-1] > 0.1
    assert values["chain_drift_tiers"] > 0.1


def test_what_a_notebook_made_is_what_the_results_say(book: Book, curve: pd.DataFrame) -> None:
    drawn = {**topic.headlines(book.draws()), "cache_effect": np.full(512, 0.7)}
    found = topic.results(book, curve=curve.iloc[:9], drawn=drawn).set_index("id")["value"]
    assert (found["specifications"], found["cache_effect"]) == (9, 0.7)


def test_the_chart_of_the_curve_plots_the_whole_table(curve: pd.DataFrame) -> None:
    spec = style.specification(figures.specification_curve(curve))
    assert len(spec["data"]["values"]) == len(curve)
