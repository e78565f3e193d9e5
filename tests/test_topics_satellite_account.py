"""The satellite account of tokens: identities, and what each line counts."""

import numpy as np
import pandas as pd
import pytest

from token_economics.evidence import tables
from token_economics.headlines import satellite_account as topic
from token_economics.headlines import token_counts
from token_economics.headlines.records import office_deflators


def test_money_is_price_times_volume_under_every_deflator() -> None:
    money = topic.PER_YEAR * topic.whole_quarters()["total"]
    prices, volumes = topic.deflators(), topic.volumes()
    assert list(prices) == list(volumes)
    for method in prices:
        assert (prices[method] * volumes[method]).to_numpy() == pytest.approx(money.to_numpy())


def test_growth_of_money_is_growth_of_price_times_growth_of_volume() -> None:
    money = topic.growth_per_year(topic.whole_quarters()["total"])
    for method, path in topic.volumes().items():
        price = topic.growth_per_year(topic.deflators()[str(method)])
        assert price * topic.growth_per_year(path) == pytest.approx(money)


def test_deflators_start_at_one_and_a_score_falls_furthest() -> None:
    prices = topic.deflators()
    assert prices.iloc[0].to_numpy() == pytest.approx(np.ones(prices.shape[1]))
    assert prices.iloc[-1].idxmin() == topic.AT_QUALITY


def test_what_is_bought_and_what_is_left_add_up_to_output() -> None:
    made = topic.value_added()
    for margin in ("least", "middle", "most"):
        both = made[f"intermediate_{margin}"] + made[f"value_added_{margin}"]
        assert both.to_numpy() == pytest.approx(made["gross_output"].to_numpy())


def test_quarters_of_a_year_add_up_to_near_what_was_recognised() -> None:
    """OpenAI, 2025: run rates fall short of revenue by less than a sixth."""
    of_year = topic.revenue()["OpenAI"].filter(like="2025").sum()
    booked = tables.series("revenue", "revenue_recognised", "OpenAI").set_index("period")["value"]
    assert 5 / 6 < of_year / booked["2025"] < 1


def test_a_quarter_that_one_laboratory_does_not_report_is_not_whole() -> None:
    found = topic.revenue()
    ends = token_counts.run_rates().groupby("entity")["date"].max()
    after = pd.Timestamp(ends.min()).to_period("Q")
    assert not found.loc[str(after), "complete"]
    assert not found.loc["2023Q1", "complete"]
    assert found.loc["2025Q1", "complete"]


def test_weak_reports_enter_neither_money_nor_volume_nor_margins() -> None:
    read = tables.read("margins")
    weak = read[read["grade"] == "weak"]["variable"]
    assert not set(topic.margins()["variable"]) & set(weak)
    assert not topic.counted()["entity"].isin(["ByteDance Doubao"]).any()
    without = token_counts.run_rates().query("grade != 'weak'")
    assert set(topic.money_sources()) == set(without["source_id"])


def test_nominal_lies_between_net_of_resale_and_as_recognised() -> None:
    low, value, high = topic.nominal()
    assert low < value < high
    assert value == pytest.approx(topic.PER_YEAR * topic.whole_quarters()["total"].iloc[-1])


def test_steady_growth_is_read_off_a_path() -> None:
    path = pd.Series([1.0, 9.0, 4.0], index=["2025Q1", "2025Q3", "2026Q1"])
    assert topic.growth_per_year(path) == pytest.approx(4.0)


def test_the_deflator_in_growth_grows_with_the_distance_of_prices() -> None:
    """No distance, no growth: it is a share of GDP times the log distance of two deflators."""
    found = topic.deflator_in_growth()
    true = [topic.growth_per_year(path) for _, path in topic.deflators_at_quality().items()]
    matched = topic.growth_per_year(topic.deflators()[office_deflators.MATCHED])
    shares = found / np.log(matched / np.array(true))
    assert shares == pytest.approx(np.full(len(shares), shares[0]))
    assert 0 < shares[0] < 0.01


def test_a_figure_that_was_not_found_is_said_to_be_not_found() -> None:
    others = topic.boundaries().set_index("account")
    bea = others.loc[[name for name in others.index if "Highfill" in name]]
    assert (bea[["counts", "nominal", "growth", "deflator"]] == "not found").all(axis=None)


# --- what an office's methods see


def test_captures_weigh_each_method_alike_whatever_its_samples() -> None:
    found = office_deflators.captures()
    low, middle, high = office_deflators.capture_range()
    assert found["capture"].min() <= low < middle < high <= found["capture"].max()
    medians = found.groupby("method")["capture"].median()
    assert medians.min() <= middle <= medians.max()


def test_a_capture_is_the_fall_that_is_seen_over_the_fall_at_a_score() -> None:
    seen, true = office_deflators.indexes(), office_deflators.at_quality()
    matched = seen[seen["method"] == office_deflators.MATCHED].iloc[0, -1]
    listed = true[(true["score"] == "eci") & (true["compared"] == office_deflators.LISTED)]
    found = office_deflators.captures().query("method == @office_deflators.MATCHED")
    found = found[(found["score"] == "eci") & (found["compared"] == office_deflators.LISTED)]
    assert found["capture"].item() == pytest.approx(matched / listed.iloc[0, -1])


def test_every_index_starts_at_nought() -> None:
    for table in (office_deflators.indexes(), office_deflators.at_quality()):
        days = [column for column in table if isinstance(column, pd.Timestamp)]
        assert table[days[0]].abs().max() == 0


def test_the_upper_end_of_what_offices_see_leans_on_the_first_months() -> None:
    """Since the catalogue lists many, no method's middle reaches a tenth; replacements did."""
    found = office_deflators.by_method().set_index("method")
    assert found["later"].max() < 0.1 < found["value"].max()
