"""The compiled market against the same equations in NumPy, and who gets which."""

import os
import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pytest

from token_economics.book.assumptions import override, read_book
from token_economics.headlines.market import market_drivers
from token_economics.methods.arrays import FloatArray
from token_economics.models import market, supply, task_growth, task_values
from token_economics.models.market import MarketPath

BOOK = read_book()
FACTS = market_drivers.record()
AHEAD = FACTS.quarters_ahead
MANY = 10_000
LOOSER = {"limits": 1e-8, "additions": 1e-8}  # orders answer a price by a power
TOLERANCE = 1e-9


def solved_both_ways(
    draws: int, monkeypatch: pytest.MonkeyPatch, **changes: object
) -> tuple[MarketPath, MarketPath]:
    drivers = market_drivers.drivers(override(BOOK, changes).draws(draws), FACTS)
    compiled = market.simulate(drivers, AHEAD)
    monkeypatch.setattr(market, "_compiled", lambda: None)
    assert not market.as_written()
    return compiled, market.simulate(drivers, AHEAD)


def assert_same(one: MarketPath, other: MarketPath, rtol: float = TOLERANCE) -> None:
    for field in fields(MarketPath):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if not isinstance(a, np.ndarray):
            continue
        if a.dtype == np.float64:
            wide = max(rtol, LOOSER.get(field.name, rtol))
            if field.name == "investment_value":
                assert (np.abs(a - b) <= rtol * (np.abs(b) + price_in_value(other))).all()
                continue
            np.testing.assert_allclose(a, b, rtol=wide, atol=1e-300, err_msg=field.name)
        else:
            assert (a == b).all(), field.name


def price_in_value(path: MarketPath) -> FloatArray:
    """What the price alone would be worth: a unit's value is that less its running cost, which is
    nearly as much where compute is idle, so it is known no better than this. [USD/H100e]"""
    return supply.HOURS_PER_YEAR * path.price * market._rent_years(path.drivers.fleet)


def test_ten_thousand_draws_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    assert market.as_written()
    assert market._compiled() is not None
    compiled, in_numpy = solved_both_ways(MANY, monkeypatch)
    assert compiled.converged.all()
    assert compiled.budget_binds.any()
    assert (compiled.hours_used < compiled.hours_available * (1 - 1e-6)).any()  # idle vintages
    assert_same(compiled, in_numpy)


@pytest.mark.parametrize(
    "changes",
    [
        {"token_budget_share_of_output": 0.01},
        {"market_demand_elasticity_magnitude": 0.3, "subscriber_quota_headroom_share": 0.001},
        {"signalling_spend_share": 0.5, "common_demand_shock_log": -0.5},
        {"task_growth_log_per_year": 0.05, "agentic_task_growth_log_per_year": 0.1},
    ],
)
def test_markets_far_from_the_book_agree(
    changes: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {name: value for name, value in changes.items() if name in BOOK}
    assert known == changes
    # where demand hardly answers, a price is known no better than the hours that decide it
    assert_same(*solved_both_ways(600, monkeypatch, **changes), rtol=1e-8)


@pytest.mark.parametrize("draws", [1, 127, 129])
def test_blocks_need_not_be_full(draws: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_same(*solved_both_ways(draws, monkeypatch))


def test_a_draw_without_a_number_keeps_none_and_harms_no_other() -> None:
    drivers = market_drivers.drivers(BOOK.draws(8), FACTS)
    tasks = drivers.demand.tasks.copy()
    tasks[:, 3] = np.nan
    path = market.simulate(replace(drivers, demand=replace(drivers.demand, tasks=tasks)), AHEAD)
    whole = market.simulate(drivers, AHEAD)
    assert not path.converged[:, 3].any()
    assert np.isnan(path.hours[0, 0, 3])
    np.testing.assert_array_equal(np.delete(path.price, 3, 1), np.delete(whole.price, 3, 1))


def test_an_equation_set_to_another_is_the_one_that_is_solved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drivers = market_drivers.drivers(BOOK.draws(64), FACTS)
    before = market.simulate(drivers, AHEAD)
    told = task_growth.demand_at
    monkeypatch.setattr(
        market, "demand_at", lambda base, growth, *, quarter, **rest: told(
            base, growth, quarter=0, **rest
        ),
    )  # fmt: skip
    after = market.simulate(drivers, AHEAD)
    assert np.median(after.price[8]) < 0.9 * np.median(before.price[8])


def test_a_rule_set_to_another_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    drivers = market_drivers.drivers(BOOK.draws(64), FACTS)
    monkeypatch.setattr(market, "MOST_SOLD", 0.2)
    assert market.as_written()
    sold = market.simulate(drivers, AHEAD).hours_available
    assert (sold[1:] < market.simulate(drivers, AHEAD).fleet[1:] * 2191.5 * 0.21).all()


def test_values_that_spread_otherwise_are_solved_in_numpy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    curves = {"agentic": task_values.log_uniform()}
    drivers = market_drivers.drivers(BOOK.draws(64), FACTS, value_curves=curves)
    monkeypatch.setattr(market, "_compiled", lambda: pytest.fail("compiled for other values"))
    assert market.simulate(drivers, AHEAD).converged.all()


def test_a_process_that_did_without_numba_has_it_again() -> None:
    program = (
        "from token_economics.models import market\n"
        "from token_economics.project import processes\n"
        "with processes.without_compiler():\n"
        "    assert market._compiled() is None\n"
        "assert market._compiled() is not None\n"
        "with processes.without_compiler():\n"
        "    assert market._compiled() is not None\n"
    )
    subprocess.run([sys.executable, "-c", program], env=os.environ, check=True)


def test_a_machine_without_numba_solves_the_same_market() -> None:
    program = (
        "import sys; sys.modules['numba'] = None\n"
        "from token_economics.book.assumptions import read_book\n"
        "from token_economics.headlines.market import market_drivers\n"
        "from token_economics.models import market\n"
        "facts = market_drivers.record()\n"
        "drivers = market_drivers.drivers(read_book().draws(16), facts)\n"
        "print(*market.simulate(drivers, facts.quarters_ahead).price[-1].tolist())\n"
        "assert market._compiled() is None\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    here = market.simulate(market_drivers.drivers(BOOK.draws(16), FACTS), AHEAD)
    np.testing.assert_allclose([float(x) for x in said.stdout.split()], here.price[-1], rtol=1e-9)
