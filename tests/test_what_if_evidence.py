"""Charts that move on the pages of the record: their formulas and tables are the library's."""

import numpy as np
import pytest
from test_what_if import grid, value_of

from token_economics.book.assumptions import Book, override, read_book
from token_economics.figures.interactive import expressions
from token_economics.headlines import (
    where_tokens_go,
)
from token_economics.methods import nested_demand
from token_economics.models import firm_spend, national_accounts, productivity, rebound


@pytest.fixture(scope="module")
def book() -> Book:
    return read_book()


# One firm ------------------------------------------------------------------------------------


def test_a_firms_path_passes_payroll_when_the_library_says() -> None:
    """Growth below its trend stays what it is, so that the trend is at most growth."""
    text = expressions.fading_log_growth(
        months="months", trend="min(trend, growth)", growth_now="growth", half_life="half_life"
    )
    crossed = 0
    for at in grid(start=(0.2, 0.6), trend=(0.01, 0.04), growth=(0.02, 0.1), half_life=(2.0, 18.0)):
        months = firm_spend.months_until_passed(
            spend=at["start"], threshold=1.0, log_growth=at["growth"],
            trend_log_growth=at["trend"], half_life_months=at["half_life"],
        ).item()  # fmt: skip
        level = at["start"] * np.exp(value_of(text, months=months, **at))
        assert level == pytest.approx(1.0, rel=1e-9)
        crossed += 1
    assert crossed == 16


# A task --------------------------------------------------------------------------------------


def test_review_of_a_task_is_what_the_market_makes_of_the_books_share(book: Book) -> None:
    text = expressions.review_of_task(tokens="attempt / accepted", review_share="review")
    for accepted, share in ((0.2, 0.15), (0.5, 0.4), (0.85, 0.65)):
        names = {"accepted_share_of_attempts": accepted, "review_share_of_task_cost": share}
        market = where_tokens_go.solve(override(book, names).points(), where_tokens_go.record())
        tokens, review = (part[0, 0] for part in where_tokens_go.agent_task_cost(market))
        at_base = value_of(f"({text})", attempt=tokens * accepted, accepted=accepted, review=share)
        assert at_base == pytest.approx(review, rel=1e-9)


# Prices --------------------------------------------------------------------------------------


def test_a_sellers_elasticity_is_the_librarys_and_substitution_is_its_inverse() -> None:
    text = expressions.own_elasticity(substitution="sigma", share="share", size="size")
    inverse = expressions.substitution(own="own", share="share", size="size")
    for at in grid(sigma=(0.5, 3.0), share=(0.001, 0.3, 0.9), size=(0.3, 1.1)):
        wanted = nested_demand.own_elasticity(
            substitution=at["sigma"], share=at["share"], market_elasticity=-at["size"]
        )
        assert value_of(text, **at) == pytest.approx(-float(wanted), rel=1e-12)
        back = value_of(inverse, own=-float(wanted), share=at["share"], size=at["size"])
        assert back == pytest.approx(at["sigma"], rel=1e-9)


def test_the_price_paid_is_the_librarys() -> None:
    text = expressions.effective_price(
        output_over_input="ratio", input_share="share", cache_share="cache", cached_ratio="cached"
    )
    for at in grid(ratio=(4.0, 8.0), share=(0.8, 0.995), cache=(0.0, 0.8, 1.0), cached=(0.1, 0.25)):
        wanted = rebound.effective_price(
            input_price=1.0, output_price=at["ratio"], input_share=at["share"],
            cache_hit_share=at["cache"], cached_price_ratio=at["cached"], cache_write_premium=0.0,
        )  # fmt: skip
        assert value_of(text, **at) == pytest.approx(float(wanted), rel=1e-12)


# Deflators -----------------------------------------------------------------------------------


def test_what_a_deflator_misses_is_what_the_library_says_it_caught() -> None:
    missed = expressions.output_missed(price_fall="fall", capture="capture")
    behind = expressions.price_fall_behind(growth="growth", capture="capture")
    for at in grid(fall=(0.01, 0.1), capture=(0.0, 0.3, 0.8), growth=(-0.03, -0.005)):
        caught = national_accounts.deflator_capture(
            missed=value_of(missed, **at), true_price_fall=at["fall"]
        )
        assert float(caught) == pytest.approx(at["capture"], abs=1e-12)
        caught = national_accounts.deflator_capture(
            missed=productivity.missing_volume(at["growth"], years=1),
            true_price_fall=value_of(behind, **at),
        )
        assert float(caught) == pytest.approx(at["capture"], abs=1e-12)
    assert value_of(behind, growth=0.01, capture=0.3) == 0.0
