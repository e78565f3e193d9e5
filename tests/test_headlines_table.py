"""headlines.csv: labels, units and order of results, and what a topic gives."""

from __future__ import annotations

import numpy as np
import pytest

from token_economics.headlines import rows
from token_economics.headlines.rows import in_order, of_topic, out_of_step

TOPIC = "jevons_dynamics"


def one(slug: str, value: rows.Found, **words: str) -> dict[str, object]:
    (row,) = of_topic(TOPIC, {slug: value}, **words)
    return row


def test_draws_become_their_median_and_range_and_a_chance_their_share() -> None:
    rent = one("rent_at_once", np.arange(101.0))
    assert (rent["low"], rent["value"], rent["high"], rent["digits"]) == (5.0, 50.0, 95.0, 2)
    assert one("efficiency_raises_spend", np.array([1.0, 0.0, 0.0, 0.0]))["value"] == 0.25


def test_a_factor_near_one_takes_a_digit_more_and_a_rare_chance_one_less() -> None:
    assert one("rent_at_once", np.full(9, 1.05))["digits"] == 3
    rare = np.repeat([1.0, 0.0], [4, 4092])
    assert one("efficiency_raises_spend", rare)["digits"] == 1


def test_a_span_runs_from_the_least_to_the_most() -> None:
    (row,) = of_topic("phantom_evidence", {"ai_growth_contribution": (0.7, 3.8, 7.0)})
    assert (row["low"], row["high"], row["level"]) == (0.7, 7.0, 1.0)


def test_only_what_the_table_describes_is_a_result() -> None:
    given = {"rent_at_once": 0.6, "rent_of_moon": 1.0}
    assert rows.described(TOPIC, given) == {"rent_at_once": 0.6}


def test_labels_periods_and_slugs_follow_the_words() -> None:
    row = one("rent_in_five_years", np.full(9, 0.8), years="five years")
    assert (row["id"], row["period"]) == ("rent_in_five_years", "five years on")
    assert str(row["label"]).startswith("Rent five years after")
    assert "in the end" in str(one("rent_in_the_end", np.full(9, 0.8))["label"])


def test_a_count_is_printed_in_full_and_its_unit_says_of_how_many() -> None:
    (row,) = of_topic("claims_and_predictions", {"predictions_open": 1234}, predictions="2000")
    assert (row["digits"], row["unit"]) == (4, "of 2000")


def test_a_span_holds_all_of_its_readings() -> None:
    (row,) = of_topic("supply_constraints", {"tsmc_100bn": (0.1, 0.2, 0.4)})
    assert (row["low"], row["value"], row["high"], row["level"]) == (0.1, 0.2, 0.4, 1.0)


def test_what_may_be_identified_has_a_status_either_way() -> None:
    topic, words = "one_firm", {"firm": "Acme", "horizon": "2030", "ahead": ""}
    (known,) = of_topic(topic, {"own_chance": np.array([1.0, 0.0])}, **words)
    (unknown,) = of_topic(topic, {"own_chance": None}, **words)
    assert (known["status"], known["value"]) == ("ok", 0.5)
    assert unknown["status"] == "not_identified" and np.isnan(unknown["value"])


@pytest.mark.parametrize(
    ("slug", "value", "complaint"),
    [
        ("rent_of_moon", 1.0, "no row for the result 'rent_of_moon' of jevons_dynamics"),
        ("market_both", np.ones(3), "'market_both' needs words for 'solved'"),
        ("market_elasticity", 0.6, "of the measure 'not_identified', found 0.6"),
        ("rent_at_once", 0.6, "of the measure 'range', found 0.6"),
        ("rent_at_once", None, "of the measure 'range', found None"),
    ],
)
def test_what_the_table_does_not_describe_is_refused(
    slug: str, value: rows.Found, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        one(slug, value)


def test_rows_take_the_order_of_the_table_and_none_may_be_missing() -> None:
    given = [{"id": slug} for slug in ("hedonic_decline", "rent_in_two_years", "market_both")]
    ordered = in_order(TOPIC, given, whole=False)
    assert [row["id"] for row in ordered] == ["market_both", "rent_in_two_years", "hedonic_decline"]
    with pytest.raises(ValueError, match="jevons_dynamics gives no result 'efficiency_raises"):
        in_order(TOPIC, given)


def test_a_topic_without_rows_in_the_table_keeps_its_own_order() -> None:
    assert in_order("my_view", [{"id": "b"}, {"id": "a"}]) == [{"id": "b"}, {"id": "a"}]
    assert out_of_step("my_view", ["b"]) == []


def test_a_result_too_many_and_one_too_few_are_both_said() -> None:
    problems = out_of_step(TOPIC, ["rent_of_moon"])
    assert "headlines.csv: no row for the result 'rent_of_moon' of jevons_dynamics" in problems
    assert "headlines.csv: jevons_dynamics gives no result 'rent_in_{years}'" in problems


@pytest.mark.parametrize(("years", "words"), [(1, "a year"), (2, "two years"), (12, "twelve years"), (13, "13 years")])  # fmt: skip
def test_years_in_words(years: int, words: str) -> None:
    assert rows.years_in_words(years) == words


def test_a_span_covers_all_and_a_range_may_lack_where_nothing_identifies_it() -> None:
    (row,) = of_topic("token_counts", {"run_rate_ratio": (0.8, 0.9, 1.0)}, periods="6")
    assert (row["low"], row["value"], row["high"], row["level"]) == (0.8, 0.9, 1.0, 1.0)
    crossing = {"payroll_months": (3.0, 7.0, 30.0)}, {"payroll_months": None}
    known, unknown = (of_topic("demand_explosion", found, week="w")[0] for found in crossing)
    assert (known["status"], unknown["status"]) == ("ok", "not_identified")
    with pytest.raises(ValueError, match="of the measure 'span'"):
        of_topic("token_counts", {"run_rate_ratio": 1.0}, periods="6")


def test_a_unit_may_count_what_the_run_counted() -> None:
    found = of_topic("demand_explosion", {"ceilings_identified": 0.0}, ceilings="12")
    assert found[0]["unit"] == "of 12"


def test_ranges_are_written_row_by_row_and_a_sure_number_alone() -> None:
    draws = np.stack([np.arange(101.0), np.full(101, 7.0)])
    assert rows.with_range(draws) == ["50 (5 to 95)", "7"]
    assert rows.with_range(draws[None]) == rows.with_range(draws)
