"""Prices of a class, of matched listings and of a mix."""

import numpy as np
import pandas as pd
import pytest
from oracles.matched_models import matched_model_index

from token_economics.methods.prices import price_concepts

DAYS = pd.to_datetime(["2024-01-01", "2024-06-01", "2025-01-01", "2025-06-01"])
MODELS = pd.DataFrame(
    {
        "date": DAYS,
        "model": ["first", "rival", "weak", "late"],
        "price": [40.0, 4.0, 0.1, 1.0],
        "quality": [100.0, 110.0, 90.0, 100.0],
    }
)


def _multiple(on: str, **changes: object) -> price_concepts.ClassMultiple:
    return price_concepts.class_price_multiple(
        MODELS.assign(**changes),
        reference="first",
        on=pd.Timestamp(on),
        draws=500,
        level=0.9,
        rng=np.random.default_rng(0),
    )


def test_class_multiple_ignores_models_below_the_class_and_after_the_day() -> None:
    assert _multiple("2025-01-01").times_cheaper == 10.0
    assert _multiple("2025-06-01").times_cheaper == 40.0
    assert _multiple("2025-06-01").model == "late"


def test_bootstrap_interval_lies_at_and_below_the_estimate() -> None:
    found = _multiple("2025-06-01")
    assert found.low == 10.0
    assert found.low <= found.high <= found.times_cheaper


def test_class_multiple_does_not_depend_on_the_currency() -> None:
    assert _multiple("2025-06-01", price=3 * MODELS["price"]).times_cheaper == 40.0


def test_index_from_changes_equals_the_matched_index_of_the_whole_panel() -> None:
    days = pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01"])
    prices = {"a": [4.0, 2.0, 2.0], "b": [1.0, 1.0, 3.0], "c": [5.0, 5.0, 5.0]}
    panel = pd.DataFrame(
        [
            {"date": day, "model": model, "price": path[i]}
            for model, path in prices.items()
            for i, day in enumerate(days)
        ]
    )
    changes = pd.DataFrame(
        {"date": days[1:], "before": [4.0, 1.0], "after": [2.0, 3.0], "matched_models": [3, 3]}
    )
    whole = matched_model_index(panel)["index"].iloc[1:]
    found = price_concepts.matched_index_from_changes(changes)["index"]
    np.testing.assert_allclose(found, whole)


def test_index_returns_to_one_when_a_cut_is_undone() -> None:
    changes = pd.DataFrame(
        {"date": DAYS[:2], "before": [4.0, 1.0], "after": [1.0, 4.0], "matched_models": [7, 7]}
    )
    assert price_concepts.matched_index_from_changes(changes)["index"].iloc[-1] == pytest.approx(1)


def test_unit_value_is_spending_over_tokens() -> None:
    tokens, prices = np.array([3.0, 1.0]), np.array([1.0, 9.0])
    spending = tokens * prices
    assert price_concepts.unit_value(spending, prices) == pytest.approx(
        spending.sum() / tokens.sum()
    )


def test_unit_value_rises_with_the_dear_good_though_no_price_changes() -> None:
    prices = np.array([[1.0, 9.0], [1.0, 9.0]])
    before, after = price_concepts.unit_value(np.array([[0.9, 0.1], [0.1, 0.9]]), prices)
    assert after > before
