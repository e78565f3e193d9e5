"""Draws to numbers one can print."""

from __future__ import annotations

import numpy as np

from token_economics.methods.summaries import over_draws


def test_each_named_set_of_draws_is_one_row_in_the_order_given() -> None:
    table = over_draws({"Spending": np.arange(101.0), "Rent": np.full(3, 2.0)})
    assert table.to_dict("records") == [
        {"label": "Spending", "value": 50.0, "low": 5.0, "high": 95.0},
        {"label": "Rent", "value": 2.0, "low": 2.0, "high": 2.0},
    ]


def test_draws_are_scaled_before_they_are_summed_up() -> None:
    logs = np.log([1.0, 4.0])
    scaled = over_draws({"Spending": logs}, scale=np.exp)
    assert np.isclose(scaled.value.item(), 2.5)
    assert not np.isclose(np.exp(over_draws({"Spending": logs}).value.item()), 2.5)


def test_no_draws_named_is_an_empty_table_with_its_columns() -> None:
    assert list(over_draws({}).columns) == ["label", "value", "low", "high"]
