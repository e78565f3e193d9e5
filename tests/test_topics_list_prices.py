"""What falls when prices fall: the panel, what an index sees of it, and what a tariff says."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from token_economics.book.assumptions import read_book
from token_economics.evidence import tables
from token_economics.headlines import list_prices as topic
from token_economics.headlines import price_of_tokens, rows, token_market
from token_economics.headlines.market.conditioning import conditioned
from token_economics.headlines.records import catalogue, office_deflators
from token_economics.methods.prices import panel_indices, price_changes


@cache
def results() -> pd.DataFrame:
    return rows.check_results(topic.results(conditioned(read_book()))).set_index("id")


def test_the_panel_holds_the_catalogues_prices() -> None:
    makers = catalogue.panel(catalogue.MAKERS, aliases=True, as_listed=True)
    listed = tables.read("list-prices")
    some = listed[(listed["model"] == "gpt-4o") & (listed["provider"] == "OpenAI")]
    column = makers.ids.index[
        (makers.ids["provider"] == "OpenAI") & (makers.ids["model"] == "gpt-4o")
    ]
    shown = pd.Series(makers.prices[:, column[0]], index=makers.days)
    for spell in some.to_dict("records"):
        blend = (3 * spell["input_usd_per_mtok"] + spell["output_usd_per_mtok"]) / 4
        assert shown.loc[spell["first_seen"] : spell["last_seen"]].eq(blend).all()


def test_another_blend_weighs_input_and_output_anew() -> None:
    dear, cheap = (catalogue.panel(catalogue.MAKERS, input_share=share) for share in (0.0, 1.0))
    middle = catalogue.panel(catalogue.MAKERS, input_share=0.5)
    np.testing.assert_allclose((dear.prices + cheap.prices) / 2, middle.prices)


def test_what_is_no_change_of_a_price_counts_for_none() -> None:
    cleaned, listed = (
        price_changes.pairs(catalogue.panel(catalogue.MAKERS, as_listed=as_listed))
        for as_listed in (False, True)
    )
    faults = tables.read("list-price-faults")
    gone = listed["changed"].sum() - cleaned["changed"].sum()
    assert 0 < gone <= len(faults)
    named = faults[faults["fault"] == "bulk edit"].iloc[0]
    at = (cleaned["model"] == named["model"]) & (cleaned["end"] == named["first_seen"])
    assert not cleaned.loc[at, "changed"].any()


def test_vendors_drawn_once_each_give_the_index_itself() -> None:
    """The mean of the resamples lies at the chained index of all vendors."""
    makers = catalogue.panel(catalogue.MAKERS)
    index = panel_indices.chained(panel_indices.jevons(makers))[-1]
    drawn = topic.resampled(makers, seed=1, draws=4000)
    assert np.median(drawn) == pytest.approx(index, rel=0.15)
    low, high = np.quantile(drawn, [0.05, 0.95])
    assert low < index < high


def test_an_index_of_listings_sees_little_of_the_fall() -> None:
    found = results()["value"]
    assert found["quality_adjusted_fall_per_year"] > found["catalogue_quality_fall"]
    assert found["catalogue_quality_fall"] > found["matched_fall_per_year"] > 0
    seen = office_deflators.captures().groupby("method")["capture"].median()
    assert found["share_seen_by_matching"] == pytest.approx(seen[office_deflators.MATCHED])
    assert seen.min() < found["share_of_fall_seen"] < seen.max() < 1


def test_the_fall_at_given_quality_is_that_of_its_own_page() -> None:
    median = price_of_tokens.results(read_book()).set_index("id")["value"]["curve_median"]
    assert results()["value"]["quality_adjusted_fall_per_year"] == pytest.approx(1 - 1 / median)


def test_a_change_is_never_seen_before_it_happens() -> None:
    seen = topic.lags()
    assert (seen["days"].dropna() >= 0).all()
    assert seen["shown"].isna().any(), "changes that the catalogue missed must stay in the table"
    known = seen[(seen["model"] == "GPT-5.6 Luna")].iloc[0]
    assert known["releases"] == 1 and known["days"] == 23


def test_a_price_that_begins_later_is_not_the_second_compilers_price_now() -> None:
    both = topic.against_second_compiler().set_index("model")
    assert both.loc["gemini-3.6-flash", "same"], "its list price begins with the next year"
    assert not both.loc["grok-code-fast-1", "same"], "the catalogue pointed it to another model"


def test_hours_of_a_tariff() -> None:
    tariff = topic.peak_tariffs().set_index("model").loc["deepseek-v4-pro"]
    assert tariff["ratio"] == pytest.approx(2.0)
    assert tariff["hours_share"] == pytest.approx(7 * 5 / 168)


def test_promotions_end_before_their_list_price_begins() -> None:
    ending = topic.promotions()
    assert (ending["ratio"] > 1).all()
    assert {"gemini-3.6-flash", "gemini-4-argon"} <= set(ending["model"])


def test_peak_and_off_peak_average_to_the_markets_price() -> None:
    book = conditioned(read_book())
    draws = book.draws()
    found, tariff = topic.headlines(draws), topic.peak_tariffs()
    hours = tariff["hours_share"].median()
    mean = hours * found["peak_over_cost"] + (1 - hours) * found["off_peak_over_cost"]
    facts = topic.market_drivers.record()
    market = token_market.headlines(draws, facts, topic.market_memo.solve)
    np.testing.assert_allclose(mean, market["price_over_cost_now"])
