"""The supply topic on the project's own evidence: layers, memory, processors, forecasts."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from token_economics.book.assumptions import Book, override, read_book
from token_economics.book.draws import with_values
from token_economics.headlines import rows, token_market
from token_economics.headlines import supply_constraints as topic
from token_economics.headlines.market import market_drivers, market_memo, supply_fleet
from token_economics.models import allocation, market, supply
from token_economics.show import display


@cache
def book() -> Book:
    return replace(read_book(), n_draws=1024)


@cache
def base() -> pd.DataFrame:
    return topic.results(book()).set_index("id")


@cache
def market_results() -> pd.DataFrame:
    """Results of the token market, which the answer quotes; their ids name the topic."""
    frame = token_market.results(book())
    return frame.assign(id="token_market." + frame["id"])


@cache
def with_prices() -> pd.DataFrame:
    facts = topic.record()
    path = market_memo.solve(book().draws(), facts)
    return supply_fleet.binding_by_quarter(
        {"In the market": path.binding[1:].T}, facts.quarters[1:]
    )


def binding(changed: Book) -> pd.DataFrame:
    """Chances of each layer under a changed book, with price evidence."""
    facts = topic.record()
    alone = supply_fleet.solve(changed.draws(), facts.fleet).additions.binding
    return supply_fleet.binding_by_quarter({"With price evidence": alone}, facts.quarters[1:])


def answer(frame: pd.DataFrame, changed: Book, solved: pd.DataFrame | None = None) -> str:
    """The answer as a reader meets it."""
    both = pd.concat([frame, market_results()])
    solved = with_prices() if solved is None else solved
    template = topic.answer(both, binding(changed), solved)
    return str(display.answer(template, both).data["text/plain"])


def own_assumptions() -> list[str]:
    return [name for name, row in read_book().rows.items() if topic.TOPIC in row.topics]


def with_value(name: str, value: float) -> pd.DataFrame:
    return topic.results(override(book(), {name: value})).set_index("id")


def test_results_satisfy_the_contract() -> None:
    rows.check_results(topic.results(book()))


@pytest.mark.parametrize("name", own_assumptions())
def test_every_assumption_moves_a_result_from_its_low_to_its_high(name: str) -> None:
    row = book().row(name)
    assert row.low is not None
    assert row.high is not None
    low, high = with_value(name, row.low), with_value(name, row.high)
    columns = ["value", "low", "high"]
    moved = (low[columns] / high[columns] - 1).abs().max(axis=None)
    assert moved > 0.005, f"{name} moves no headline result by half a percent"


def test_sentence_and_tables_hold_at_both_ends_of_every_assumption() -> None:
    for name in own_assumptions():
        row = book().row(name)
        for value in (row.low, row.high):
            changed = override(book(), {name: value})
            frame = topic.results(changed)
            assert "{" not in answer(frame, changed)


def test_the_answer_names_another_layer_when_memory_is_plentiful() -> None:
    plenty = override(book(), {"dram_bit_growth_per_year": 1.9, "headroom_price_sensitivity": 0.0})
    frame = topic.results(plenty)
    assert "which leads" in answer(frame, plenty)


def test_the_answer_says_what_limits_at_the_end_of_its_chart() -> None:
    """It named memory alone while the chart with prices ended with finance in most draws."""
    last = with_prices()[with_prices()["basis"] == "In the market"].groupby("layer").last()
    shown = answer(topic.results(book()), book())
    leading = str(last["probability"].idxmax())
    assert leading == "Finance"
    assert f"{leading.lower()} is the limit by 2030Q4" in shown
    percent = f"{100 * last.loc[leading, 'probability']:.0f} % of draws"
    assert percent in shown.replace("\N{NO-BREAK SPACE}", " ")


def test_the_answer_follows_the_market_when_another_layer_ends_it() -> None:
    swapped = with_prices().replace({"layer": {"Finance": "Power", "Power": "Finance"}})
    shown = answer(topic.results(book()), book(), swapped)
    assert "power is the limit by 2030Q4; finance is it in" in shown


def memory_over_priors(draws: Mapping[str, np.ndarray]) -> pd.DataFrame:
    factors = supply_fleet.HEADROOM_FACTORS.values()
    return supply_fleet.memory_over_priors(draws, topic.record().fleet, factors)


def test_the_chance_of_memory_stands_with_its_envelope_over_priors() -> None:
    """Equal priors of room are a judgement: halved and doubled in turn they span an envelope."""
    row = base().loc["memory_binds"]
    moved = memory_over_priors(book().draws())
    assert len(moved) == len(supply.LAYERS) * len(supply_fleet.HEADROOM_FACTORS)
    assert "halved or doubled" in row["label"]
    assert (row["low"], row["high"]) == (moved["probability"].min(), moved["probability"].max())
    assert row["low"] < row["value"] - 0.02 < row["value"] + 0.02 < row["high"]
    assert f"{100 * row['low']:.0f} to {100 * row['high']:.0f} %" in answer(
        base().reset_index(), book()
    )


def test_more_room_for_memory_makes_it_bind_less_and_more_room_elsewhere_more() -> None:
    moved = memory_over_priors(book().draws())
    wide = moved.pivot(index="layer", columns="times", values="probability")
    assert wide.loc["Memory", 2.0] < wide.loc["Memory", 0.5]
    others = wide.drop(index="Memory")
    assert (others[2.0] > others[0.5]).all()


def test_an_envelope_agrees_with_the_fleet_whose_assumption_is_moved() -> None:
    """Halving a prior in the table is halving the draws of its assumption in the solved fleet."""
    draws = book().draws()
    halved = with_values(draws, {"power_headroom_share": 0.5 * draws["power_headroom_share"]})
    facts = topic.record().fleet
    moved = memory_over_priors(draws).set_index(["layer", "times"])
    whole = supply_fleet.headlines(halved, facts)["memory_binds"].mean()
    assert moved.loc[("Power", 0.5), "probability"] == pytest.approx(whole)


def test_more_memory_bits_never_mean_less_compute() -> None:
    slow, fast = (with_value("dram_bit_growth_per_year", g) for g in (0.16, 0.4))
    at = "compute_in_three_years"
    assert fast.loc[at, "value"] > slow.loc[at, "value"]
    assert fast.loc["memory_binds", "value"] < slow.loc["memory_binds", "value"]


def test_observed_compute_is_epochs_sum_less_lag_and_failures() -> None:
    shipped = topic.record().fleet.additions_h100e.sum() / 1e6
    assert shipped == pytest.approx(19.74, abs=0.01)
    assert 0.75 < base().loc["compute_in_service", "value"] / shipped < 0.98


def test_contract_prices_chain_to_about_six_by_the_last_forecast() -> None:
    last = supply_fleet.dram_index().iloc[-1]
    assert (last["low"], last["mid"], last["high"]) == pytest.approx((5.5, 6.0, 6.6), abs=0.05)


def test_every_first_forecast_of_contract_prices_was_too_low() -> None:
    errors = topic.dram_forecast_errors()
    assert len(errors) == 3
    assert (errors["miss_points"] > 0).all()


def test_removing_price_evidence_flattens_who_binds() -> None:
    """Prior beside posterior: what prices say is visible, and vanishes without them."""
    informed, blind = (
        table.query("layer == 'Memory'")["probability"].iloc[0]
        for table in (binding(book()), binding(override(book(), {"headroom_price_sensitivity": 0})))
    )
    assert informed > 1.3 * blind


def test_draws_are_finite_over_the_whole_prior_box() -> None:
    """No blow-up: every assumption of the topic far beyond its range, many times."""
    rng = np.random.default_rng(3)
    wide_draws = {}
    for name, row in ((name, book().row(name)) for name in own_assumptions()):
        low, high = (row.value if end is None else end for end in (row.low, row.high))
        wide = max(high - low, 1e-9)
        lower, upper = max(row.hard_min, low - wide), min(row.hard_max, high + wide)
        wide_draws[name] = rng.uniform(lower, upper, 2000)
    draws = with_values(book().draws(2000), wide_draws)
    for values in topic.headlines(draws, topic.record()).values():
        assert np.isfinite(values).all()


def test_layers_are_the_models_in_the_models_order() -> None:
    assert tuple(supply_fleet.LAYER_NAMES) == supply.LAYERS


def test_results_without_a_source_hang_on_the_assumptions() -> None:
    def values(**changes: float) -> pd.DataFrame:
        return topic.results(override(book(), changes)).set_index("id")

    base_case, columns = values(), ["value", "low", "high"]
    bare = base_case[(base_case["source_id"] == "") & (base_case["status"] == "ok")].index
    moved = pd.Series(False, index=bare)
    for end in ("low", "high"):
        changed = values(**{name: getattr(book().row(name), end) for name in own_assumptions()})
        same = np.isclose(changed[columns], base_case[columns], rtol=1e-9, equal_nan=True)
        moved |= pd.Series(~same.all(axis=1), index=base_case.index)[bare]
    assert not set(moved.index[~moved])


def test_processors_get_arithmetic_and_no_probability() -> None:
    """Weak evidence never gets a probability; what can be computed is."""
    row = base().loc["processors_bind"]
    assert row["status"] == "not_identified"
    assert np.isnan(row["value"])
    assert base().loc["processors_over_compute", "value"] > 1


def test_parts_of_the_processor_need_add_up() -> None:
    facts, draws = topic.record(), book().draws()
    path = market_memo.solve(draws, facts)
    need = topic.needed_processors(draws, path)
    np.testing.assert_allclose(sum(np.array(need)), need.total)
    np.testing.assert_allclose(need.total[0], 1.0)


def test_more_growth_of_bits_leaves_more_memory_for_other_buyers_at_a_lower_price() -> None:
    slow, fast = (with_value("dram_bit_growth_per_year", g) for g in (0.16, 0.28))
    assert fast.loc["conventional_memory", "value"] > slow.loc["conventional_memory", "value"]
    at = "memory_price_two_years_on"
    assert fast.loc[at, "value"] < slow.loc[at, "value"]


def test_memory_that_a_notebook_gives_is_what_the_results_say() -> None:
    bits, price = (np.full((9, 3), level) for level in (2.0, 7.0))
    frame = topic.results(book(), bits_left=bits, contract_price=price).set_index("id")
    assert frame.loc["conventional_memory", "value"] == 2.0
    assert frame.loc["memory_price_two_years_on", "value"] == 7.0
    rest = ["conventional_memory", "memory_price_two_years_on"]
    pd.testing.assert_frame_equal(frame.drop(index=rest), base().drop(index=rest))


# Forecasts and swings ----------------------------------------------------------------------------


def test_growth_model_starts_from_guidance_and_continues_the_record() -> None:
    """Supply facts: reaching 100 from 62 needs 27 % a year, the record is about 16 in logs."""
    table = topic.tsmc_models().set_index("model")
    assert table["probability"].between(0.05, 0.5).all()
    assert table.loc["Growth since 2016, from guidance", "median"] == pytest.approx(84, abs=3)


def test_one_house_expects_about_eighty_in_the_last_year() -> None:
    table = topic.tsmc_models().set_index("model")
    assert table.loc["One house's sum for three years", "median"] == pytest.approx(80, abs=2)


def test_tripling_is_never_likelier_than_doubling_and_spread_helps_both() -> None:
    table = topic.dram_models(seed=1).set_index("model")
    assert (table["triple"] <= table["double"]).all()
    assert (
        table.loc["No drift, the whole spread", "double"]
        > table.loc["No drift, half the spread", "double"]
    )


def test_order_swings_of_the_facts_are_reproduced() -> None:
    """Supply facts, section 2: ratio 2.5 over fifteen years."""
    found = topic.order_amplification()
    assert found.ratio == pytest.approx(2.5, abs=0.05)
    assert found.observations == 15
    assert found.low < found.ratio < found.high


# What one more unit is worth ---------------------------------------------------------------------

STEP = 1e-6


@cache
def few() -> Book:
    return replace(read_book(), n_draws=200)


@cache
def plan() -> topic.Programme:
    """Two years after the base quarter, for the book's draws."""
    return plans(few().draws(), np.array([8]))


def plans(draws: Mapping[str, np.ndarray], quarters: np.ndarray) -> topic.Programme:
    facts = topic.record()
    path = market.simulate(market_drivers.drivers(draws, facts), facts.quarters_ahead)
    return topic.wafer_programme(draws, path, quarters)


def test_corners_agree_with_the_solver_on_two_hundred_draws_of_the_few() -> None:
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
    values, needs, limits = plans(
        few().points(), np.arange(4, topic.record().quarters_ahead + 1, 4)
    )
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
    draws = few().draws()
    both = plans(draws, np.array([4, 8]))
    np.testing.assert_allclose(both.values[1], plan().values[0], rtol=1e-12)
    np.testing.assert_allclose(both.limits[1], plan().limits[0], rtol=1e-12)
