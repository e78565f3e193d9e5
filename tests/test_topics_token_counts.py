"""Counts of tokens and revenue: figures of the record, on common units."""

from functools import cache

import pandas as pd
import pytest

from token_economics.book.assumptions import override, read_book
from token_economics.evidence import tables
from token_economics.headlines import token_counts as topic
from token_economics.show import display


@cache
def results() -> pd.DataFrame:
    return topic.results(read_book()).set_index("id")


def test_results_keep_the_contract_and_each_names_its_sources() -> None:
    frame = topic.results(read_book())
    display.check_results(frame)
    cited = set(" ".join(frame["source_id"]).split())
    assert frame["source_id"].ne("").all()
    assert cited <= set(tables.read("sources")["id"])


def test_no_assumption_moves_a_count() -> None:
    other = override(read_book(), {"dram_bit_growth_per_year": 0.4, "signalling_spend_share": 0.4})
    pd.testing.assert_frame_equal(topic.results(other).set_index("id"), results())


def test_estimates_of_the_world_contradict_by_a_factor_of_six() -> None:
    assert results().loc["world_disagreement", "value"] == pytest.approx(6)
    table = topic.world_estimates().set_index("label")["value"]
    assert table["Goldman Sachs Research"] < topic.reported()["value"].sum()


def test_the_lowest_estimate_is_below_two_reports_as_in_the_model_sheet() -> None:
    """Model sheet 4.1: 5,000 against 7,460 gives 0.67."""
    assert results().loc["lowest_over_floor", "value"] == pytest.approx(0.67, abs=0.005)


def test_google_grows_slower_than_it_did() -> None:
    growth = results()["value"]
    assert growth["google_growth_end"] < growth["google_growth_start"] / 2


def test_run_rates_integrate_to_the_recognised_revenue_within_a_sixth() -> None:
    table = topic.run_rate_against_recognised().set_index(["entity", "period"])["implied"]
    assert table["Anthropic", "2026Q2"] == pytest.approx(11.11, rel=0.005)
    assert table["Anthropic", "2025"] == pytest.approx(4.31, rel=0.01)
    assert table["OpenAI", "2024"] == pytest.approx(3.51, rel=0.01)
    assert table["OpenAI", "2025"] == pytest.approx(11.63, rel=0.01)


def test_volumes_on_one_unit_are_what_a_minute_a_day_and_a_week_make() -> None:
    days = 365.25 / 12
    table = topic.volumes().drop_duplicates("entity", keep="last").set_index("entity")["value"]
    assert table["China, national total"] == pytest.approx(140 * days)
    assert table["Google direct API"] == pytest.approx(22 * 60 * 24 * days / 1000)
    assert table["OpenRouter"] == pytest.approx(145.845 * days / 7)


def test_run_rates_fall_a_little_short_of_revenue() -> None:
    ratio = results().loc["run_rate_ratio"]
    assert 0.84 < ratio["low"] < ratio["high"] < 1
