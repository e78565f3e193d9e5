"""Margins against the reported path, shares with their ranges, the region below cost, ties."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from token_economics.book.assumptions import Book, override, read_book
from token_economics.evidence import tables
from token_economics.figures import market as figures
from token_economics.headlines import market_drivers, market_margins, market_shares, token_market


@cache
def book() -> Book:
    return replace(read_book(), n_draws=512)


def test_paid_price_is_spot_without_contracts_and_moves_less_with_them() -> None:
    facts, draws = market_drivers.record(), book().draws()
    spot = {**draws, "contract_compute_share": np.zeros(512)}
    rents = facts.quarterly_rents
    rise = float(rents["2026Q2"] / rents["2025Q4"])
    free = market_margins.paid_price(spot, facts, "2026Q2") / market_margins.paid_price(
        spot, facts, "2025Q4"
    )
    np.testing.assert_allclose(free, rise)
    bound = market_margins.paid_price(draws, facts, "2026Q2") / market_margins.paid_price(
        draws, facts, "2025Q4"
    )
    assert (bound < rise).all()


def test_one_labs_margin_needs_about_twice_the_revenue_of_an_hour() -> None:
    """Model sheet 1.18: 38 to 70 % needs revenue per paid compute dollar times 2.07."""
    facts, draws = market_drivers.record(), book().draws()
    start, end = (market_margins.paid_price(draws, facts, q) for q in ("2025Q2", "2026Q2"))
    per_dollar = market_margins.revenue_per_hour(draws, facts) * start / end
    np.testing.assert_allclose(per_dollar, 0.62 / 0.30, rtol=1e-12)


def test_reported_margins_name_what_they_count() -> None:
    told = market_margins.reported()
    assert told["counts"].str.len().gt(10).all()
    assert told["value"].between(-1.5, 1).all()
    assert set(" ".join(told["source_id"]).split()) <= set(tables.read("sources")["id"])


@pytest.mark.parametrize("table", [market_shares.segment_shares, market_shares.who_earns])
def test_parts_of_spending_add_up_and_lie_in_their_ranges(table) -> None:
    found = table(book())
    np.testing.assert_allclose(found.groupby("quarter")["share"].sum(), 1.0, rtol=1e-9)
    tiny = 1e-3  # a part that is nothing in most draws has its mean above its 95 % point
    assert (found["share"] >= found["low"] - tiny).all()


def test_region_below_cost_has_every_draw_once_and_shrinks_with_more_demand() -> None:
    table = market_shares.below_cost(book())
    assert table["draws"].sum() == 512
    by_tokens = table.groupby("tokens_rank").apply(
        lambda part: np.average(part["share"], weights=part["draws"]), include_groups=False
    )
    assert by_tokens.iloc[0] > by_tokens.iloc[-1] + 0.3


def test_supply_responses_are_all_of_the_draws_and_respect_their_bounds() -> None:
    table = market_shares.responses(book()).set_index("response")
    assert table["share"].sum() == pytest.approx(100, abs=1)
    calm = table.loc["Returns without overshoot"]
    assert calm["gain"] < calm["overshoot_bound"] < calm["bound"]
    held = table.loc["Held at the stability bound"]
    assert held["gain"] == pytest.approx(held["bound"], rel=0.02)


def test_margin_rent_and_tokens_an_hour_are_tied_by_their_identity() -> None:
    """A free draw of all four would show no correlation between margin and tokens an hour."""
    table = market_shares.ties(book()).set_index(["first", "second"])["correlation"]
    assert table[("Margin of labs", "Tokens an hour")] > 0.5
    assert table[("Margin of labs", "Rent of compute")] < -0.2
    assert table[("Agents in spending", "Subscriptions in spending")] < 0


def test_a_shock_never_lowers_the_price_that_follows() -> None:
    frame = token_market.results(book()).set_index("id")
    assert frame.loc["price_if_shock", "low"] >= 1 - 1e-9
    worse = token_market.results(override(book(), {"political_shock_loss_share": 0.7}))
    assert (
        worse.set_index("id").loc["price_if_shock", "value"] > frame.loc["price_if_shock", "value"]
    )


def test_premium_for_best_models_earns_nothing_when_there_is_none() -> None:
    none = token_market.results(override(book(), {"frontier_premium_share": 1e-4}))
    value = none.set_index("id")["value"]
    assert value["premium_rent_next"] < 1e-3
    assert token_market.results(book()).set_index("id")["value"]["premium_rent_next"] > 0.02


def test_charts_encode_what_their_tables_hold() -> None:
    market = token_market.paths(book())
    charts = {
        figures.margins: market_margins.against_reported(market),
        figures.below_cost: market_shares.below_cost(book()),
        figures.shares: market_shares.who_earns(book()),
    }
    for draw, table in charts.items():
        spec = draw(table).to_dict()
        named = {
            channel["field"]
            for layer in spec["layer"]
            for channel in layer["encoding"].values()
            if isinstance(channel, dict) and "field" in channel
        }
        assert named <= set(table.columns)
        assert isinstance(table, pd.DataFrame)
