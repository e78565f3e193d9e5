"""The Jevons topic: results hold their contract, agree with the record, and move with the book."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from token_economics import headline, hedonics, rebound, style
from token_economics.assumptions import Book, override, read_book
from token_economics.figures import jevons as figures
from token_economics.topics import jevons_dynamics as topic
from token_economics.topics import jevons_evidence as record
from token_economics.topics import supply_fleet

DRAWS = 1024
ASSUMPTIONS = [name for name, row in read_book().rows.items() if topic.TOPIC in row.topics]


@pytest.fixture(scope="module")
def book() -> Book:
    return override(read_book(), {}, n_draws=DRAWS)


@pytest.fixture(scope="module")
def values(book: Book) -> pd.Series:
    return topic.results(book).set_index("id")["value"]


@pytest.fixture(scope="module")
def facts() -> topic.Record:
    return topic.record()


def test_results_hold_the_contract(book: Book) -> None:
    frame = headline.check_results(topic.results(book))
    ranged = frame.dropna(subset=["low"])
    assert (ranged["low"] <= ranged["value"]).all()
    assert (ranged["value"] <= ranged["high"]).all()


def test_results_repeat_bit_for_bit(book: Book) -> None:
    pd.testing.assert_frame_equal(topic.results(book), topic.results(book))


@pytest.mark.parametrize("name", ASSUMPTIONS)
def test_every_assumption_of_the_topic_moves_a_result(
    name: str, book: Book, facts: topic.Record
) -> None:
    row = book.row(name)
    ends = [
        topic.headlines(override(book, {name: end}).draws(), facts) for end in (row.low, row.high)
    ]
    moved = {key for key in ends[0] if not np.allclose(ends[0][key].mean(), ends[1][key].mean())}
    shown = set(topic.results(book)["id"])
    assert moved & shown


@pytest.mark.parametrize("name", ASSUMPTIONS)
@pytest.mark.parametrize("end", ["low", "high"])
def test_results_stay_finite_at_the_ends_of_each_assumption(
    name: str, end: str, book: Book
) -> None:
    frame = topic.results(override(book, {name: getattr(book.row(name), end)}))
    headline.check_results(frame)
    assert "nan" not in " ".join(f"{q}" for q in headline.quantities(frame).values())


# --- prices


def test_regressions_agree_with_the_facts() -> None:
    found = topic.hedonic_declines().set_index("measure")["value"]
    expected = {"Epoch Capabilities Index": 15.9, "GPQA Diamond": 14.4, "MMLU": 5.2}
    for measure, factor in expected.items():
        assert found[measure] == pytest.approx(factor, abs=0.05)


def test_gpt4_class_was_286_times_cheaper_by_the_interview_and_534_later(
    values: pd.Series,
) -> None:
    assert values["gpt4_class_interview"] == pytest.approx(286, abs=0.5)
    assert values["gpt4_class_latest"] == pytest.approx(533.8, abs=0.05)


def test_three_prices_move_apart(values: pd.Series) -> None:
    assert values["unit_value_multiple"] > 2
    assert values["same_tier_price"] < 1
    assert -0.25 < values["matched_price_change"] < 0


def test_mix_price_rises_from_3_4_to_8_2() -> None:
    paid = record.mix_prices()["unit_value"]
    assert paid.iloc[0] == pytest.approx(3.43, abs=0.01)
    assert paid.iloc[-1] == pytest.approx(8.18, abs=0.01)


def test_fixed_mix_starts_at_one_and_chaining_would_drift() -> None:
    mix = record.mix_prices()
    assert mix["fixed_mix"].iloc[0] == pytest.approx(1.0)
    assert mix["chain_drift"].iloc[-1] > 0.1


# --- the Luna event


def test_luna_arcs_agree_with_the_model_sheet(values: pd.Series) -> None:
    assert values["luna_arc"] == pytest.approx(-1.04, abs=0.005)
    assert values["luna_without_trend"] == pytest.approx(-0.85, abs=0.005)
    assert values["vendor_arc"] == pytest.approx(-0.83, abs=0.005)


def test_windows_are_whole_weeks_around_the_cut() -> None:
    first, window = record.cut_dates()[0], record.luna_window()
    before, after = window.before(first), window.after(first)
    assert (before[0], before[-1]) == (pd.Timestamp("2026-07-20"), pd.Timestamp("2026-07-26"))
    assert (after[0], after[-1]) == (pd.Timestamp("2026-08-04"), pd.Timestamp("2026-08-10"))


def test_list_price_is_halved_and_then_cut_to_a_tenth_on_two_days() -> None:
    assert [f"{day:%d %B}" for day in record.cut_dates()] == ["28 July", "31 July"]
    listed = record.luna_panel("listed_input_price").query("entity == @record.LUNA")
    assert sorted(listed["price"].unique()) == [0.1, 0.5, 1.0]


def test_siblings_grew_by_a_quarter_in_the_week_before() -> None:
    assert record.luna_means()["growth_week_before_percent"].between(20, 27).all()


def test_placebo_p_value_sits_at_its_resolution(values: pd.Series) -> None:
    assert values["luna_placebo"] == values["luna_placebo_resolution"] == pytest.approx(0.1)


def test_luna_had_under_one_percent_of_spending(values: pd.Series) -> None:
    assert 0.002 <= values["luna_share"] <= 0.007


def test_event_leaves_the_prior_as_it_was(values: pd.Series, book: Book) -> None:
    assert values["luna_variance_ratio"] > 0.95
    assert np.isnan(values["market_elasticity"])
    assert topic.luna_posterior(book, 1.0) < 0.6


# --- the sign conditions


def test_efficiency_raises_spending_exactly_where_elasticity_exceeds_one(
    book: Book, facts: topic.Record
) -> None:
    drawn = topic.headlines(book.draws(), facts)
    elastic = book.draws()["market_demand_elasticity_magnitude"] > 1
    assert ((drawn["spend_from_efficiency"] > 1) == elastic).all()
    assert (drawn["efficiency_raises_spend"] == elastic).all()


def test_more_elastic_demand_makes_efficiency_more_likely_to_raise_spending(
    book: Book, facts: topic.Record
) -> None:
    chances = [
        topic.headlines(
            override(book, {"market_demand_elasticity_magnitude": size}).draws(), facts
        )["efficiency_raises_spend"].mean()
        for size in (0.6, [0.5, 1.5], 1.1)
    ]
    assert chances[0] == 0 < chances[1] < chances[2] == 1


def test_rents_and_prices_rise_with_the_demand_shift(book: Book, facts: topic.Record) -> None:
    for name in ("spend_change_bound", "rent_change_bound", "token_price_change_bound"):
        low, high = (
            topic.headlines(override(book, {"token_demand_shift_per_year": x}).draws(), facts)[name]
            for x in (0.8, 5.5)
        )
        assert (low < high).all()


def test_compute_growth_is_that_of_the_supply_topic(book: Book, facts: topic.Record) -> None:
    ours = np.exp(topic.growth(book.draws(), facts).capacity) - 1
    theirs = supply_fleet.headlines(book.draws(), facts.supply)["compute_growth"]
    np.testing.assert_allclose(ours, theirs)


def test_implied_demand_shift_clears_the_market(book: Book, facts: topic.Record) -> None:
    rates = topic.growth(book.draws(), facts)
    cleared = rebound.bound_response(
        demand_shift=topic.implied_demand_shift(rates, facts),
        capacity_growth=rates.capacity_while_rents_rose,
        efficiency_growth=rates.efficiency,
        own_price_elasticity=rates.elasticity,
    )
    np.testing.assert_allclose(cleared.compute_price, facts.rent_growth_per_year)


def test_implied_demand_shift_hardly_depends_on_the_elasticity(
    book: Book, facts: topic.Record
) -> None:
    shifts = [
        np.median(
            topic.headlines(
                override(book, {"market_demand_elasticity_magnitude": size}).draws(), facts
            )["implied_demand_shift"]
        )
        for size in (0.3, 1.1)
    ]
    assert shifts[1] / shifts[0] == pytest.approx(1, abs=0.15)


def test_phase_chart_covers_the_plane_without_gaps(book: Book) -> None:
    regions = topic.phase(book).query("outcome != 'Today'")
    heights = regions.assign(height=regions["high"] - regions["low"]).groupby("elasticity")
    np.testing.assert_allclose(heights["height"].sum(), 3.0)


# --- base rates and sentences


def test_light_cost_less_and_took_more_spending() -> None:
    light = record.base_rates().set_index("good").loc["Light, United Kingdom"]
    assert light["price_multiple"] < 1 / 3000
    assert light["spend_multiple"] == pytest.approx(
        light["price_multiple"] * light["quantity_multiple"]
    )
    assert light["arc"] < -1


def test_dram_squeeze_has_the_wrong_sign_for_a_demand_curve() -> None:
    assert record.base_rates().set_index("good")["arc"]["DRAM, a squeeze"] > 0


def test_claims_are_those_of_the_topic() -> None:
    assert len(topic.claims()) > 0
    assert set(topic.claims()["topic"]) == {topic.TOPIC}


# --- figures


@pytest.mark.parametrize(
    "name", [
        "price_paths", "class_frontier", "decline_estimates", "tier_shares", "luna_daily",
        "luna_readings", "identification", "efficiency_alone", "phase",
    ],
)  # fmt: skip
def test_figures_plot_the_whole_table(name: str, book: Book) -> None:
    tables = {
        "price_paths": lambda: record.price_paths(topic.hedonic_declines()),
        "class_frontier": record.class_frontier,
        "decline_estimates": lambda: topic.decline_estimates(book),
        "tier_shares": record.tier_shares,
        "luna_daily": record.luna_daily,
        "luna_readings": record.luna_readings,
        "identification": lambda: topic.identification(book),
        "efficiency_alone": lambda: topic.efficiency_alone(book),
        "phase": lambda: topic.phase(book),
    }
    table = tables[name]()
    chart = getattr(figures, name)(table)
    spec = style.specification(chart)
    assert len(spec["data"]["values"]) == len(table)
    encoded = {
        channel["field"]
        for layer in _layers(spec)
        for channel in layer.get("encoding", {}).values()
        if isinstance(channel, dict) and "field" in channel
    }
    assert encoded <= set(table.columns)
    assert len(encoded) >= 3


def _layers(spec: dict) -> list[dict]:
    nested = [inner for layer in spec.get("layer", []) for inner in _layers(layer)]
    return [spec, *nested]


def test_regression_band_in_the_key_figure_is_the_interval_of_the_result() -> None:
    declines = topic.hedonic_declines()
    path = record.price_paths(declines).query("price == 'Same quality (regression)'")
    years = hedonics.years_since(path["date"], path["date"].iloc[0])
    np.testing.assert_allclose(path["low"], declines["high"].iloc[0] ** -years)
    assert (path["low"] <= path["value"]).all() and (path["value"] <= path["high"]).all()


def test_results_without_a_source_hang_on_the_assumptions(book: Book) -> None:
    """With idle compute no assumption makes the raw token dearer: that chance stays at its end."""

    def values(**changes: float) -> pd.DataFrame:
        return topic.results(override(book, changes)).set_index("id")

    base_case, columns = values(), ["value", "low", "high"]
    bare = base_case[(base_case["source_id"] == "") & (base_case["status"] == "ok")].index
    moved = pd.Series(False, index=bare)
    for end in ("low", "high"):
        changed = values(**{name: getattr(book.row(name), end) for name in ASSUMPTIONS})
        same = np.isclose(changed[columns], base_case[columns], rtol=1e-9, equal_nan=True)
        moved |= pd.Series(~same.all(axis=1), index=base_case.index)[bare]
    assert set(moved.index[~moved]) <= {"token_price_rises_slack"}
