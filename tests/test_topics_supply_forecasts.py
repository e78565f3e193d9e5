"""Forecasts of the seeds under several models, and order swings upstream."""

import pytest

from token_economics.headlines import supply_forecasts as topic


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
