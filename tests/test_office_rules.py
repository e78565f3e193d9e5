"""What offices do with replacements: one slot by hand, and what the treatments owe each other."""

import numpy as np
import pandas as pd
import pytest

from token_economics.methods.prices import office_rules, panel_indices
from token_economics.methods.prices.price_panel import Panel

NAN = np.nan
TREATMENTS = ["comparable", "hedonic", "overlap", "overall_mean", "class_mean", "no_change"]


def made(prices: list[list[float]], vendors: str) -> Panel:
    days = pd.date_range("2025-01-31", periods=len(prices), freq="ME")
    ids = pd.DataFrame({"provider": list(vendors), "model": [str(n) for n in range(len(vendors))]})
    return Panel(days, ids, np.array(prices))


def indices(panel: Panel, sample: np.ndarray, **changes: object) -> pd.DataFrame:
    count = len(panel.ids)
    given = {"quality": np.zeros(count), "comparable_within": 0.1, "classes": ["c"] * count}
    return office_rules.office_indices(panel, sample, **(given | changes))


# vendor a: listing 0 stands at 8 and is cut to 4 when 1 enters at 2; vendor b: 2 stays at 1
STORY = made([[8.0, NAN, 1.0], [8.0, NAN, 1.0], [4.0, 2.0, 1.0], [4.0, 1.0, 1.0]], "aab")


def test_the_newest_listing_of_each_group_is_held() -> None:
    sample = office_rules.newest_of_group(STORY, STORY.ids["provider"])
    assert sample.tolist() == [[0, 2], [0, 2], [1, 2], [1, 2]]


def test_of_a_cohort_the_middle_price_is_held_and_the_lower_of_two() -> None:
    three = made([[5.0, 1.0, 3.0, NAN, NAN], [5.0, 1.0, 3.0, 9.0, 2.0]], "aaaaa")
    assert office_rules.newest_of_group(three, list("aaaaa")).ravel().tolist() == [2, 4]


def test_listings_without_a_group_are_in_no_slot() -> None:
    sample = office_rules.newest_of_group(STORY, ["a", None, "b"])
    assert sample.tolist() == [[0, 2]] * 4


def test_a_held_listing_is_replaced_only_when_it_is_gone() -> None:
    panel = made([[8.0, NAN, 1.0], [8.0, 2.0, 1.0], [NAN, 2.0, NAN], [NAN, 2.0, NAN]], "aab")
    sample = office_rules.held_until_delisted(panel, panel.ids["provider"])
    assert sample.tolist() == [[0, 2], [0, 2], [1, -1], [1, -1]]


def test_each_treatment_of_one_replacement_by_hand() -> None:
    sample = office_rules.newest_of_group(STORY, STORY.ids["provider"])
    worth = [0.0, -np.log(2), 0.0]  # the new model is worth half of the old
    found = indices(STORY, sample, quality=worth, comparable_within=0.1)
    cut = -np.log(2) / 2  # of the last day, when nothing is replaced: half of the slots
    expected = {
        "comparable": -np.log(4) / 2 + cut,
        "hedonic": -np.log(2) / 2 + cut,
        "overlap": -np.log(2) / 2 + cut,
        "overall_mean": cut,
        "class_mean": cut,  # none is comparable, so it falls back on the overall mean
        "no_change": cut,
    }
    assert found.iloc[-1][list(expected)].to_dict() == pytest.approx(expected)
    assert found["replaced"].tolist() == [0, 0, 1, 0]
    assert found["slots"].tolist() == [0, 2, 2, 2]


def test_no_change_and_the_overall_mean_part_when_others_move() -> None:
    panel = made([[8.0, NAN, 1.0], [8.0, 2.0, 2.0]], "aab")
    last = indices(panel, office_rules.newest_of_group(panel, list("aab"))).iloc[-1]
    assert last["overall_mean"] == pytest.approx(np.log(2))
    assert last["no_change"] == pytest.approx(np.log(2) / 2)


def test_the_class_mean_imputes_from_the_comparable_replacements_of_the_class() -> None:
    panel = made([[8.0, NAN, 4.0, NAN, 1.0, NAN], [8.0, 4.0, 4.0, 9.0, 1.0, 7.0]], "aabbcc")
    sample = office_rules.newest_of_group(panel, list("aabbcc"))
    worth = [0.0, 0.0, 0.0, 5.0, 0.0, 5.0]
    found = indices(
        panel, sample, quality=worth, classes=["top", "top", "top", "top", "small", "small"]
    )
    # a halves and is comparable, b takes its change, c has no comparable in its class
    assert found["class_mean"].iloc[-1] == pytest.approx(-np.log(2))


def test_overlap_takes_the_entrant_where_the_old_listing_is_gone() -> None:
    panel = made([[8.0, 2.0], [NAN, 1.0]], "aa")
    last = indices(panel, np.array([[0], [1]])).iloc[-1]
    assert last["overlap"] == pytest.approx(-np.log(2))
    assert last["comparable"] == pytest.approx(-np.log(8))


def test_without_replacements_all_treatments_are_the_matched_index() -> None:
    rng = np.random.default_rng(1)
    prices = np.exp(np.cumsum(rng.normal(0, 0.3, (6, 5)), axis=0))
    panel = made(prices.tolist(), "abcde")
    matched = panel_indices.chained(panel_indices.jevons(panel))
    for rule in (office_rules.newest_of_group, office_rules.held_until_delisted):
        found = indices(panel, rule(panel, list("abcde")))
        for treatment in TREATMENTS:
            assert found[treatment].to_numpy() == pytest.approx(matched, abs=1e-12)


def test_hedonic_with_worthless_quality_is_comparable_and_unknown_quality_the_overall_mean() -> (
    None
):
    sample = office_rules.newest_of_group(STORY, STORY.ids["provider"])
    found = indices(STORY, sample)
    assert found["hedonic"].tolist() == found["comparable"].tolist()
    blind = indices(STORY, sample, quality=[NAN, 0.0, 0.0])
    assert blind["hedonic"].tolist() == blind["overall_mean"].tolist()
