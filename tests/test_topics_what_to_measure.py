"""What to measure: what the page asks, what it must not claim, and what its checks would show."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from token_economics.answers import evaluate
from token_economics.book.assumptions import Book, override, read_book
from token_economics.evidence import quarters
from token_economics.headlines import market_drivers, rows, token_market
from token_economics.headlines import what_to_measure as topic
from token_economics.methods.value_of_information import expected_reductions

BOOK = read_book()


@cache
def run() -> topic.Asked:
    return topic.asked(BOOK)


@cache
def seen() -> pd.DataFrame:
    return topic.by_measurement(topic.if_seen(run(), BOOK))


@cache
def results(book: Book = BOOK) -> pd.DataFrame:
    return rows.check_results(topic.results(book)).set_index("id")


def test_the_command_line_finds_the_topic_by_its_rows() -> None:
    assert topic.TOPIC in [module.TOPIC for module in evaluate.topics()]
    found = evaluate.headline_results(BOOK, [topic.TOPIC]).set_index("id")
    assert found.loc["what_to_measure.series_on_average", "value"] == pytest.approx(
        results().loc["series_on_average", "value"]
    )


def test_a_series_of_nothing_but_error_takes_nothing_of_any_headline() -> None:
    assert seen().loc[topic.CHANCE].abs().max() < 0.01


def test_all_series_tell_at_least_what_one_tells_but_for_chance() -> None:
    single = seen().loc[list(topic.SERIES)].max()
    assert (seen().loc[topic.ALL] > single - 0.02).all()


def test_the_quarters_seen_follow_the_record() -> None:
    first, last = str(results().loc["series_on_average", "period"]).split(" to ")
    assert quarters.index(first) == quarters.index(token_market.NOW) + 1
    assert len(quarters.span(first, last)) == topic.QUARTERS_SEEN
    assert all(values.shape[0] == topic.QUARTERS_SEEN for values in run().coming.values())
    recorded = quarters.index(token_market.NOW) - quarters.index(
        market_drivers.record().base_quarter
    )
    assert all(values.shape[0] == recorded for values in run().recorded.values())


def test_errors_are_the_tolerances_of_the_targets_as_bands_of_nine_in_ten() -> None:
    found, upper = topic.error_sd(), 1.645
    assert found["rent"] * upper == pytest.approx(np.log(1.15), abs=1e-4)
    assert found["tokens"] * upper == pytest.approx(np.log(1.25), abs=1e-4)
    assert found["margin"] * upper == pytest.approx(0.08, abs=1e-4)


def test_larger_errors_tell_less() -> None:
    finer, coarser = (
        topic.by_measurement(topic.if_seen(run(), BOOK, error_multiple=multiple)).mean(axis=1)
        for multiple in (0.1, 10.0)
    )
    names = [*topic.SERIES, topic.ALL]
    assert (finer[names] > coarser[names]).all()
    assert coarser["tokens"] < 0.01


def test_a_series_tells_of_its_own_mean_what_its_error_leaves() -> None:
    """Seen in four quarters with independent errors, the mean loses all but a quarter of their variance."""
    true = run().coming["tokens"].mean(axis=0)
    sd = 4 * run().error_sd["tokens"]
    found = expected_reductions(
        {"mean": true},
        {"tokens": topic.measurements(run(), seed=1, error_multiple=4.0)["tokens"]},
        origin=run().origin,
        rng=np.random.default_rng(1),
    )["learnt"].iloc[0]
    assert found == pytest.approx(true.var() / (true.var() + sd**2 / 4), abs=0.04)


def test_what_goes_is_what_solving_again_with_the_assumption_known_shows() -> None:
    """Pinned at the middles of five equal parts of its range, and the variances averaged.

    At its median alone little goes: the share is an average over what may be found.
    """
    table = topic.if_known(run()).set_index(["result", "input"])["learnt"]
    strongest, headline = "tokens_per_task_growth_log_per_year", "price_over_cost_at_horizon"
    values = np.quantile(run().assumptions[strongest], [0.1, 0.3, 0.5, 0.7, 0.9])
    left = [
        topic.asked(override(BOOK, {strongest: [float(value)] * 2})).headlines[headline].var()
        for value in values
    ]
    whole = run().headlines[headline].var()
    assert 1 - np.mean(left) / whole == pytest.approx(table[headline, strongest], abs=0.05)


def test_what_is_pinned_is_no_longer_worth_knowing() -> None:
    strongest = topic.by_measurement(topic.if_known(run())).index[0]
    again = topic.asked(override(BOOK, {strongest: [BOOK[strongest]] * 2}))
    assert (topic.if_known(again).query("input == @strongest")["learnt"] == 0).all()


def test_copies_of_a_draw_are_told_from_draws_of_their_own() -> None:
    drawn = np.random.default_rng(1).random((3, 5))
    assert topic._origin(np.repeat(drawn, 2, axis=1)).tolist().count(0) == 2
    assert len(set(topic._origin(drawn))) == 5
    assert len(set(topic._origin(np.ones((3, 5))))) == 5


def test_the_best_of_each_kind_is_the_one_that_is_named() -> None:
    own = seen().loc[list(topic.SERIES), "spend_at_horizon"]
    row = results().loc["series_spend_at_horizon"]
    assert row["value"] == pytest.approx(own.max())
    assert row["label"].endswith(topic.SERIES[str(own.idxmax())].label)


def test_every_series_has_a_publisher_and_an_error() -> None:
    table = topic.published()
    assert set(table["series"]) == {series.label for series in topic.SERIES.values()}
    assert table["publisher"].str.len().gt(0).all() and (table["error"] > 0).all()


def test_the_answer_says_that_the_strongest_assumption_is_unseen_only_if_it_is() -> None:
    found, known = topic.if_seen(run(), BOOK), topic.if_known(run())
    frame = results().reset_index()
    told = {
        share: topic.answer(
            frame.assign(value=frame["value"].mask(frame["id"] == "said_of_assumption", share)),
            BOOK, seen=found, known=known,
        )
        for share in (0.1, 0.9)
    }  # fmt: skip
    assert "measured by itself" in told[0.1] and "measured by itself" not in told[0.9]
