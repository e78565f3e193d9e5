"""What can be estimated of missing output, and the rivals in our frame, against published numbers."""

from functools import cache

import pytest

from token_economics.book.assumptions import Book, read_book
from token_economics.headlines import phantom_evidence as topic
from token_economics.headlines import rows as headline
from token_economics.headlines.records import phantom_gdp_accounts as accounts


@cache
def book() -> Book:
    return read_book()


@cache
def table() -> dict[str, headline.Quantity]:
    return headline.quantities(topic.results(book()))


def value(name: str) -> float:
    return float(table()[name].row["value"])


def test_results_keep_the_contract() -> None:
    frame = topic.results(book())
    assert len(headline.check_results(frame)) == len(frame)


def test_index_formulas_span_a_tenfold_range() -> None:
    """P5, Korinek and McKelvey's figures for 2025."""
    points = topic.index_formulas().set_index("formula")["points"]
    expected = {"Laspeyres": 7.00, "Fisher": 3.80, "Törnqvist": 1.63, "Paasche": 0.69}
    for name, number in expected.items():
        assert points[name] == pytest.approx(number, abs=0.005)
    assert value("formula_ratio") == pytest.approx(10.2, abs=0.05)


def test_pc_prices_give_the_published_gap_with_the_error_of_the_regression() -> None:
    """P7: average price -4.16 %, quality-adjusted -49.33 %, gap 0.6373."""
    last = topic.pc_prices().groupby("price")["value"].last()
    assert last["As listed"] == pytest.approx(0.9584)
    assert last["At constant quality"] == pytest.approx(0.5067)
    assert value("pc_gap") == pytest.approx(0.6373, abs=5e-5)
    low, high = (table()["pc_gap"].row[end] for end in ("low", "high"))
    assert (high - low) / 2 == pytest.approx(1.645 * 0.023, abs=1e-3)


def test_task_model_gives_both_vintages_of_the_bound() -> None:
    """G6: 0.66 % as published, 0.71 % in the draft."""
    assert 100 * topic.task_model_gains() == pytest.approx([0.66, 0.71], abs=0.01)


def test_legal_services_and_the_difference_of_the_groups_fall_beyond_their_error() -> None:
    legal, gap = table()["legal_tfp"].row, table()["group_gap"].row
    assert legal["value"] == pytest.approx(-0.0118, abs=1e-4)
    assert legal["high"] < 0 and gap["high"] < 0
    assert len(topic.tfp_changes()) == 33


def test_group_difference_is_the_mean_of_one_group_less_that_of_the_other() -> None:
    mean = topic.tfp_changes().mean()
    gap = mean[list(topic.WAGE_PRICED)].mean() - mean[list(topic.OUTPUT_PRICED)].mean()
    assert value("group_gap") == pytest.approx(gap)


def test_official_prices_caught_a_third_of_the_fall_of_light() -> None:
    """G10: an error by a factor of 900 to 1,600 in a fall of 45,000 times."""
    assert value("light_capture") == pytest.approx(0.33, abs=0.02)


def test_an_office_would_see_little_of_the_fall_in_prices_of_tokens() -> None:
    """By most of its methods; one that takes what comes for what goes may see half."""
    low, seen, high = (table()["token_capture"].row[end] for end in ("low", "value", "high"))
    assert 0 <= low < seen < 0.1 < high < 1


def test_both_vintages_of_the_j_curve_give_hidden_growth() -> None:
    """G7: 11.3 to 15.9 % in the article, 15.9 to 22.8 % in the draft, over thirteen years."""
    points = topic.j_curve_growth().set_index("source_id")["points"]
    assert points["productivity_j_curve_2021"] == pytest.approx(0.31, abs=0.005)
    assert points["productivity_j_curve_draft_2019"] == pytest.approx(0.445, abs=0.005)


def test_break_even_of_the_j_curve_gives_our_gap_back() -> None:
    now = accounts.solve(book().points(), accounts.record())
    hidden = topic.j_curve_break_even(now) * now.snapshot.hardware
    assert hidden / now.snapshot.gdp == pytest.approx(now.phantom)


def test_the_miss_of_computers_did_not_get_worse() -> None:
    """Byrne, Fernald and Reinsdorf: 5.1 points before 2004, 4.5 after."""
    assert value("deflator_worsening") == pytest.approx(-0.6)


def test_what_gdp_would_not_see_of_acemoglus_gain_is_a_part_of_it() -> None:
    assert 0 < value("task_model_unseen") < value("task_model_gain")
