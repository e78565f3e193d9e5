"""The topic of claims and predictions on the project's own ledger."""

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest

from token_economics.book.assumptions import Book, override, read_book
from token_economics.evidence import tables
from token_economics.figures import claims as figures
from token_economics.headlines import claims_and_predictions as topic
from token_economics.headlines import rows
from token_economics.show import display


@cache
def book() -> Book:
    return read_book()


@cache
def base() -> pd.DataFrame:
    return topic.results(book()).set_index("id")


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
    low, high = with_value(name, row.low)["value"], with_value(name, row.high)["value"]
    assert ((low - high).abs() > 0.01).any()


@pytest.mark.parametrize("name", own_assumptions())
def test_sentences_hold_at_both_ends_of_every_assumption(name: str) -> None:
    row = book().row(name)
    for value in (row.low, row.high):
        frame = topic.results(override(book(), {name: value}))
        display.answer(topic.answer(frame), frame)


def test_verdicts_add_up_to_the_claims() -> None:
    parts = ["supported", "partly", "contradicted", "unresolved", "not_testable"]
    total = sum(base().loc[f"claims_{part}", "value"] for part in parts)
    assert total == base().loc["claims", "value"] == len(tables.read("claims"))
    judged = sum(base().loc[f"claims_{part}", "value"] for part in parts[:3])
    assert judged == base().loc["claims_judged", "value"]


def test_share_that_holds_lies_between_strict_and_lenient_counting() -> None:
    strict = with_value("partly_supported_weight", 0.0).loc["share_held", "value"]
    lenient = with_value("partly_supported_weight", 1.0).loc["share_held", "value"]
    known = base()["value"]
    assert strict == pytest.approx(known["claims_supported"] / known["claims_judged"])
    assert lenient == pytest.approx(1 - known["claims_contradicted"] / known["claims_judged"])
    assert strict < known["share_held"] < lenient


def test_predictions_are_open_decided_or_unresolvable() -> None:
    names = ["open", "decided", "unresolvable"]
    parts = sum(base().loc[f"predictions_{name}", "value"] for name in names)
    assert parts == base().loc["predictions", "value"]


def test_a_wider_margin_never_lets_fewer_figures_agree() -> None:
    counts = [
        with_value("agreement_margin_share", margin).loc["figures_agree", "value"]
        for margin in (0.01, 0.1, 0.5, 1.5)
    ]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1] < base().loc["figures_compared", "value"]


def test_the_naive_forecaster_who_says_one_half_scores_a_quarter() -> None:
    naive = with_value("naive_forecast_probability", 0.5).loc["brier_naive", "value"]
    assert naive == pytest.approx(0.25, abs=1e-3)


def test_skill_is_not_identified_from_one_outcome() -> None:
    assert base().loc["predictions_decided", "value"] == 1
    assert base().loc["skill_of_seeds", "status"] == "not_identified"
    assert "too few" in topic.answer(topic.results(book()))


def test_misdated_investment_of_tsmc_is_four_tenths_above_the_record() -> None:
    compared = topic.claimed_against_record().set_index("claim_id")
    tsmc = compared.loc["tsmc_capex_2025_s3"]
    assert tsmc["ratio_low"] == pytest.approx(57 / 40.9)
    assert tsmc["log_gap"] == pytest.approx(math.log(57 / 40.9))
    assert compared.loc["gpt4_cost_600_s0", "record"] == "285.7"


def test_a_claim_of_at_least_is_met_by_any_larger_record() -> None:
    compared = topic.claimed_against_record().set_index("claim_id")
    assert compared.loc["gpt4_cost_100_s4", "log_gap"] == 0
    assert compared.loc["margin_after_s3", "log_gap"] == pytest.approx(math.log(72 / 38))


def test_verdicts_agree_with_the_comparison_of_figures() -> None:
    """Contradicted figures are far off; supported ones are not further off than these."""
    compared = topic.claimed_against_record()
    gaps = compared.groupby("verdict")["log_gap"]
    assert gaps.min()["Contradicted"] > 0.3
    assert gaps.median()["Supported"] < gaps.min()["Contradicted"]


def test_every_contradiction_has_a_reason_and_every_claim_compared_a_source() -> None:
    assert tables.read("contradictions")["reason"].str.len().gt(20).all()
    assert topic.claimed_against_record()["source_id"].str.len().gt(0).all()


def test_figures_encode_their_tables() -> None:
    counts = pd.DataFrame(
        {"group": ["demand"], "verdict": ["Partly"], "order": [1], "claims": [3], "share": [1.0]}
    )
    tally = figures.tally(counts).to_dict()["layer"][0]["encoding"]
    assert (tally["x"]["field"], tally["y"]["field"]) == ("claims", "group")
    ratio = figures.claimed_over_record(topic.claimed_against_record()).to_dict()
    assert ratio["layer"][1]["encoding"]["x"]["scale"]["type"] == "log"


def test_names_of_open_predictions_stand_above_their_bars_and_fit_a_phone() -> None:
    predictions = tables.read("predictions").query("status == 'open'")
    labels = predictions["id"].map(topic.plain)
    bars, names = figures.open_predictions(predictions.assign(label=labels)).to_dict()["layer"]
    assert names["encoding"]["text"]["field"] == "label"
    assert all(layer["encoding"]["y"]["axis"] is None for layer in (bars, names))
    assert labels.str.len().max() <= 45
    assert labels.str[0].str.isupper().all()


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
