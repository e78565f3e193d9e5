"""What to measure: what the page asks, what it must not claim, and what its checks would show."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from token_economics.answers import evaluate
from token_economics.book.assumptions import Book, override, read_book
from token_economics.evidence import quarters
from token_economics.headlines import rows, token_market
from token_economics.headlines import what_to_measure as topic
from token_economics.headlines.market import market_drivers
from token_economics.headlines.market.conditioning import conditioned
from token_economics.methods.sensitivity import first_order_effects
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
    table = topic.if_known(run(), BOOK).set_index(["result", "input"])["learnt"]
    strongest, headline = "tokens_per_task_growth_log_per_year", "price_over_cost_at_horizon"
    values = np.quantile(run().assumptions[strongest], [0.1, 0.3, 0.5, 0.7, 0.9])
    left = [
        topic.asked(override(BOOK, {strongest: [float(value)] * 2})).headlines[headline].var()
        for value in values
    ]
    whole = run().headlines[headline].var()
    assert 1 - np.mean(left) / whole == pytest.approx(table[headline, strongest], abs=0.05)


def test_what_is_pinned_is_no_longer_worth_knowing() -> None:
    strongest = topic.by_measurement(topic.if_known(run(), BOOK)).index[0]
    again = topic.asked(override(BOOK, {strongest: [BOOK[strongest]] * 2}))
    left = topic.if_known(again, BOOK).query("input == @strongest")["learnt"]
    assert left.abs().max() < 0.002


@dataclass(frozen=True)
class Left:
    """A record that leaves five draws, in the order in which a book of ten takes them."""

    def ensemble(self) -> "Left":
        return self

    def chosen(self, size: int) -> NDArray[np.intp]:
        return np.array([3, 1, 3, 7, 9, 4, 4, 1, 3, 7])[:size]


def test_draws_that_the_record_leaves_are_known_for_copies() -> None:
    ten = replace(BOOK, n_draws=10)
    assert topic._origin(replace(ten, record=cast("Any", Left()))).tolist() == [
        1,
        0,
        1,
        3,
        4,
        2,
        2,
        0,
        1,
        3,
    ]
    assert topic._origin(ten).tolist() == list(range(10))


def test_draws_matched_to_the_record_have_taken_in_most_of_what_its_targets_say() -> None:
    """Of compute's price over cost; memory's contract price is no target, so there much is left."""
    known = conditioned(BOOK)
    matched = topic.by_measurement(topic.if_seen(topic.asked(known), known))
    before, after = (table.loc[topic.RECORD] for table in (seen(), matched))
    assert after["price_over_cost_next"] < before["price_over_cost_next"] / 2
    assert after["below_cost_at_horizon"] < before["below_cost_at_horizon"] / 2
    assert matched.loc[topic.CHANCE].abs().max() < 0.01


def test_an_assumption_known_takes_its_first_order_effect() -> None:
    binned = first_order_effects(run().assumptions, run().headlines)
    binned = binned.pivot(index="input", columns="result", values="first")
    ours = topic.by_measurement(topic.if_known(run(), BOOK))
    assert (ours - binned.loc[ours.index, ours.columns]).abs().max().max() < 0.03


def test_the_best_of_each_kind_is_the_one_that_is_named() -> None:
    own = seen().loc[list(topic.SERIES), "spend_at_horizon"]
    row = results().loc["series_spend_at_horizon"]
    assert row["value"] == pytest.approx(own.max())
    assert row["label"].endswith(topic.SERIES[str(own.idxmax())].label)


def test_the_leading_series_is_first_for_most_headlines_and_not_on_average() -> None:
    """One that says all of one headline and nothing of the others leads the mean alone."""
    names = list(topic.HEADLINES)
    shares = {"memory": [0.9, *[0.0] * 5], "rent": [0.0, *[0.1] * 5], "tokens": [0.0] * 6}
    others = {name: [-0.01] * 6 for name in topic.SERIES if name not in shares}
    found = pd.DataFrame(
        [
            {"input": name, "result": headline, "learnt": learnt}
            for name, row in {**shares, **others}.items()
            for headline, learnt in zip(names, row, strict=True)
        ]
    )
    assert topic.by_measurement(found).index[0] == "memory"
    best, _ = topic.leading(found, topic.if_known(run(), BOOK))
    assert best == "rent"


def test_every_series_has_a_publisher_and_an_error() -> None:
    table = topic.published()
    assert set(table["series"]) == {series.label for series in topic.SERIES.values()}
    assert table["publisher"].str.len().gt(0).all() and (table["error"] > 0).all()


def test_the_answer_says_that_the_strongest_assumptions_are_unseen_only_if_they_are() -> None:
    found, known = topic.if_seen(run(), BOOK), topic.if_known(run(), BOOK)
    frame = results().reset_index()
    told = {
        share: topic.answer(
            frame.assign(value=frame["value"].mask(frame["id"] == "said_of_assumption", share)),
            BOOK, seen=found, known=known,
        )
        for share in (0.1, 0.9)
    }  # fmt: skip
    assert "measured by themselves" in told[0.1] and "measured by themselves" not in told[0.9]
