"""The panel behind spells: what stands where, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from token_economics.methods.prices.price_panel import Panel, blended, panel, split_at

DAYS = pd.to_datetime(["2025-01-31", "2025-02-28", "2025-04-30", "2025-05-31"])


def spells(*rows: tuple[str, str, int, int, float]) -> pd.DataFrame:
    """Provider, model, first and last day by number, price."""
    table = pd.DataFrame(rows, columns=["provider", "model", "first", "last", "price"])
    return table.assign(first_seen=DAYS[table["first"]], last_seen=DAYS[table["last"]])


TWO = spells(("b", "x", 0, 1, 4.0), ("b", "x", 2, 2, 2.0), ("a", "y", 1, 3, 1.0))


def test_every_day_of_a_spell_has_its_price_and_no_other_day_has_one() -> None:
    made = panel(TWO, DAYS, price=TWO["price"], columns=["price"])
    assert made.ids[["provider", "model"]].values.tolist() == [["a", "y"], ["b", "x"]]
    np.testing.assert_array_equal(made.prices.T, [[np.nan, 1, 1, 1], [4, 4, 2, np.nan]])
    assert made.ids["price"].tolist() == [1.0, 4.0]


def test_the_order_of_spells_does_not_matter() -> None:
    backwards = TWO[::-1]
    one, other = (panel(t, DAYS, price=t["price"]) for t in (TWO, backwards))
    np.testing.assert_array_equal(one.prices, other.prices)


def test_it_is_what_a_loop_over_spells_fills() -> None:
    rng = np.random.default_rng(3)
    rows = []
    for listing in range(30):
        edges = np.sort(rng.choice(np.arange(1, 40), 4, replace=False))
        rows += [(f"m{listing}", *pair, rng.lognormal()) for pair in (edges[:2], edges[2:])]
    days = pd.date_range("2024-01-01", periods=42)
    table = pd.DataFrame(
        [(m, a, b - 1, price) for m, a, b, price in rows], columns=["model", "a", "b", "price"]
    ).assign(provider="p")
    table = table.assign(first_seen=days[table["a"]], last_seen=days[table["b"]])
    made = panel(table, days, price=table["price"])
    looped = np.full(made.prices.shape, np.nan)
    for row in table.itertuples():
        place = made.ids.index[made.ids["model"] == row.model][0]
        looped[row.a : row.b + 1, place] = row.price
    np.testing.assert_array_equal(made.prices, looped)


def test_spells_that_overlap_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"overlap.*'b', 'x'"):
        bad = spells(("b", "x", 0, 2, 4.0), ("b", "x", 2, 2, 2.0))
        panel(bad, DAYS, price=bad["price"])


def test_a_named_change_divides_the_listing_and_later_spells_stay_with_the_later_part() -> None:
    three = spells(("a", "y", 3, 3, 9.0), ("a", "y", 0, 1, 4.0), ("a", "y", 2, 2, 2.0))
    divided = split_at(three, three.iloc[[2]])
    assert divided["part"].tolist() == [1, 0, 1]
    made = panel(divided, DAYS, price=divided["price"])
    np.testing.assert_array_equal(made.prices.T, [[4, 4, np.nan, np.nan], [np.nan, np.nan, 2, 9]])


def test_a_named_change_that_opens_no_spell_is_refused() -> None:
    with pytest.raises(ValueError, match="open no spell"):
        split_at(TWO, TWO.iloc[[0]].assign(model="z"))


def test_only_drops_the_days_that_are_left_empty() -> None:
    made = panel(TWO, DAYS, price=TWO["price"])
    chosen = made.only(made.ids["provider"] == "b")
    assert list(chosen.days) == list(DAYS[:3])
    assert made.between(DAYS[3], DAYS[3]).ids["model"].tolist() == ["y"]


def test_months_are_counted_from_the_first_day() -> None:
    made = Panel(pd.to_datetime(["2025-01-01", "2026-01-01"]), pd.DataFrame(), np.ones((2, 0)))
    assert made.months[1] == pytest.approx(12, rel=1e-3)


def test_a_mix_of_one_kind_costs_what_that_kind_costs() -> None:
    assert blended(1.0, 5.0, input_share=1.0) == 1.0
    assert blended(1.0, 5.0, input_share=0.0) == 5.0
