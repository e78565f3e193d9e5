"""Shadow prices of the programme that accelerators and conventional memory share."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from token_economics.book.assumptions import Book, read_book
from token_economics.headlines import market_drivers
from token_economics.headlines import supply_shadow_prices as topic
from token_economics.models import allocation, market

FACTS = market_drivers.record()
STEP = 1e-6


@cache
def book() -> Book:
    return replace(read_book(), n_draws=200)


@cache
def plan() -> topic.Programme:
    """Two years after the base quarter, for the book's draws."""
    return plans(book().draws(), np.array([8]))


def plans(draws: Mapping[str, np.ndarray], quarters: np.ndarray) -> topic.Programme:
    path = market.simulate(market_drivers.drivers(draws, FACTS), FACTS.quarters_ahead)
    return topic.programme(draws, path, quarters)


def test_corners_agree_with_the_solver_on_two_hundred_draws_of_the_book() -> None:
    values, needs, limits = plan()
    corners = allocation.best_of_two(values, needs, limits).value[0]
    solver = [
        allocation.linear_plan(value, needs, limit).value
        for value, limit in zip(values[0], limits[0], strict=True)
    ]
    np.testing.assert_allclose(corners, solver, rtol=1e-9)


def test_duals_exhaust_the_value_of_every_plan() -> None:
    values, needs, limits = plan()
    for value, limit in zip(values[0, :50], limits[0, :50], strict=True):
        found = allocation.linear_plan(value, needs, limit)
        assert float(found.duals @ limit) == pytest.approx(found.value, rel=1e-9)
        assert (found.duals >= 0).all()


def test_worth_of_a_little_more_is_the_dual_off_ties() -> None:
    """At point values no two layers limit at once."""
    values, needs, limits = plans(book().points(), np.arange(4, FACTS.quarters_ahead + 1, 4))
    worth = allocation.shadow_prices_of_two(values, needs, limits, step=STEP)
    duals = [
        allocation.linear_plan(value, needs, limit).duals
        for value, limit in zip(values[:, 0], limits[:, 0], strict=True)
    ]
    np.testing.assert_allclose(worth.of_one_more[:, 0], duals, rtol=1e-4, atol=0.1)
    np.testing.assert_allclose(worth.of_one_less, worth.of_one_more, rtol=1e-4, atol=0.1)


def test_on_a_tie_more_of_one_layer_alone_is_worth_nothing() -> None:
    """Two layers with the same limit: less of either costs, more of one alone brings nothing."""
    values = np.array([[30_000.0, 1_800.0]])
    limits = np.array([[2.0, 2.0, 5.0, 5.0, 20.0, 10.0]])
    worth = allocation.shadow_prices_of_two(values, plan().needs, limits, step=STEP)
    np.testing.assert_allclose(worth.of_one_more[0, :2], 0.0, atol=1e-3)
    np.testing.assert_allclose(worth.of_one_less[0, :2], 30_000.0, rtol=1e-3)


def test_more_of_a_layer_is_never_worth_less_than_nothing() -> None:
    assert (allocation.shadow_prices_of_two(*plan(), step=STEP).of_one_more > -1.0).all()


def test_plans_of_several_quarters_are_the_plans_of_each() -> None:
    draws = book().draws()
    both = plans(draws, np.array([4, 8]))
    np.testing.assert_allclose(both.values[1], plan().values[0], rtol=1e-12)
    np.testing.assert_allclose(both.limits[1], plan().limits[0], rtol=1e-12)


def test_no_weakly_evidenced_layer_has_a_shadow_price() -> None:
    assert not {"Processors", "FPGAs in racks", "Copper foil", "Glass cloth"} & set(topic.LABELS)
