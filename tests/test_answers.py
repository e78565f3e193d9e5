"""The summary's results alone, and one solved market for all who read it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from token_economics.answers import evaluate
from token_economics.answers.store import Recall
from token_economics.book.assumptions import Book, override, read_book
from token_economics.evidence import tables
from token_economics.headlines import token_market
from token_economics.headlines.market import market_drivers, market_memo
from token_economics.models import market

BOOK = override(read_book(), {}, n_draws=128)


def test_leading_parts_hold_the_same_rows_as_whole_topics() -> None:
    whole = evaluate.summary(evaluate.summary_results(BOOK))
    alone = evaluate.leading_results(BOOK, Recall())
    pd.testing.assert_frame_equal(whole, alone, check_exact=True)


def test_parts_in_order_are_the_results_of_every_topic() -> None:
    whole = evaluate.headline_results(BOOK)
    kept = evaluate.headline_results(BOOK, keep=Recall())
    pd.testing.assert_frame_equal(whole, kept, check_exact=True)
    assert set(whole["topic"]) == set(tables.read("headlines")["topic"])


def test_a_part_is_made_again_only_for_a_book_that_differs_in_what_it_reads() -> None:
    asked: list[float] = []

    def read_one(book: Book) -> list[dict[str, object]]:
        asked.append(book["wage_growth_log_per_year"])
        return [{"value": asked[-1]}]

    keep = Recall()
    other = override(BOOK, {"dram_bit_growth_per_year": 0.35})
    moved = override(BOOK, {"wage_growth_log_per_year": 0.05})
    assert keep("part", BOOK, read_one) == keep("part", other, read_one)
    assert keep("part", moved, read_one) == [{"value": 0.05}]
    assert len(asked) == 2


def test_what_is_kept_about_one_firm_is_no_answer_about_another() -> None:
    keep, firms = Recall(), ("Acme", "Globex", "Acme")
    books = [replace(BOOK, subjects={"firm_name": firm}) for firm in firms]
    told = [keep("part", book, lambda b: [{"firm": b.subject("firm_name")}]) for book in books]
    assert told == [[{"firm": firm}] for firm in firms]


def forget_markets() -> None:
    market_memo._kept.clear()
    market_memo._made.clear()


def test_the_market_is_solved_once_for_the_same_drivers(monkeypatch: pytest.MonkeyPatch) -> None:
    solved: list[int] = []
    simulate = market.simulate

    def counted(*arguments: Any) -> market.MarketPath:
        solved.append(1)
        return simulate(*arguments)

    monkeypatch.setattr(market, "simulate", counted)
    forget_markets()
    facts = market_drivers.record()
    for book in (BOOK, BOOK, override(BOOK, {"dram_bit_growth_per_year": 0.35}), BOOK):
        path = market_memo.solved(market_drivers.drivers(book.draws(), facts), 4)
    assert len(solved) == 2
    np.testing.assert_array_equal(
        path.price, simulate(market_drivers.drivers(BOOK.draws(), facts), 4).price
    )


def test_a_kept_market_cannot_be_changed_and_few_are_kept() -> None:
    facts = market_drivers.record()
    for growth in np.linspace(0.2, 0.4, market_memo.MOST_PATHS + 2):
        book = override(BOOK, {"dram_bit_growth_per_year": float(growth)})
        path = market_memo.solved(market_drivers.drivers(book.draws(), facts), 2)
    assert len(market_memo._kept) == market_memo.MOST_PATHS
    assert read_book().n_draws == market_memo.MOST_DRAWS
    many = BOOK.draws(market_memo.MOST_DRAWS + 1)
    market_memo.solved(market_drivers.drivers(many, facts), 2)
    assert {known.contract_price.size for known, *_ in market_memo._kept} == {BOOK.n_draws}
    with pytest.raises(ValueError, match="read-only"):
        path.price[0] = 0.0


def test_drivers_are_made_once_for_the_same_draws_and_again_for_any_other() -> None:
    forget_markets()
    facts = market_drivers.record()
    draws = BOOK.draws()
    first = market_memo.drivers(draws, facts)
    assert market_memo.drivers(BOOK.draws(), facts) is first
    name = "dram_bit_growth_per_year"
    other = market_memo.drivers(draws.with_values({name: draws[name] + 0.1}), facts)
    assert not np.array_equal(other.fleet.flow_limits, first.fleet.flow_limits)
    np.testing.assert_array_equal(
        market_memo.drivers(draws, facts).fleet.flow_limits,
        market_drivers.drivers(BOOK.draws(), facts).fleet.flow_limits,
    )
    assert market_memo.drivers(draws, replace(facts)) is not first


def test_draws_that_drivers_were_made_of_cannot_be_changed() -> None:
    forget_markets()
    draws = BOOK.draws()
    market_memo.drivers(draws, market_drivers.record())
    with pytest.raises(ValueError, match="read-only"):
        draws["dram_bit_growth_per_year"][0] = 0.0


def test_an_answer_says_when_the_record_contradicts_what_was_asked() -> None:
    never = {"sold_inference_share": 0.02, "base_revenue_scale_ratio": 4.0}
    for changes, said in (({}, False), (never, True)):
        book = override(read_book(), changes)
        told = evaluate.told(replace(book, n_draws=256), everything=False, as_json=False)
        assert told.endswith(token_market.CONTRADICTED) is said
