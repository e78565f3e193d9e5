"""First-order and total effects: published values, limits, and what their intervals say."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest

from token_economics.canonical.sensitivity import ishigami
from token_economics.methods.arrays import FloatArray
from token_economics.methods.sensitivity import (
    Draws,
    first_order_effects,
    ranks_within,
    total_effects,
)

NAMES = ("x", "y", "unused")


def sample(seed: int, n: int = 20_000) -> dict[str, FloatArray]:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=n) for name in NAMES}


def stratified(rng: np.random.Generator, n: int) -> dict[str, FloatArray]:
    """A Latin hypercube over the cube of the Ishigami function."""
    each = (rng.permutation(n) + rng.random(n) for _ in range(3))
    return {f"x{1 + i}": (2 * values / n - 1) * np.pi for i, values in enumerate(each)}


def linear(draws: Draws) -> dict[str, FloatArray]:
    return {"sum": 2 * draws["x"] + draws["y"], "flat": np.ones_like(draws["x"])}


def product(draws: Draws) -> dict[str, FloatArray]:
    return {"product": draws["x"] * draws["y"]}


def first(evaluate: Callable[[Draws], Mapping[str, FloatArray]], n: int = 20_000) -> pd.DataFrame:
    drawn = sample(1, n)
    return first_order_effects(drawn, evaluate(drawn)).set_index(["result", "input"])


def total(evaluate: Callable[[Draws], Mapping[str, FloatArray]], n: int = 1024) -> pd.DataFrame:
    found = total_effects(evaluate, draws=sample(1, n), inputs=NAMES, together=2)
    return found.set_index(["result", "input"])


def test_in_a_sum_first_and_total_are_the_share_of_variance() -> None:
    alone, together = first(linear), total(linear)
    for name, share in {"x": 0.8, "y": 0.2}.items():
        assert alone.loc[("sum", name), "first"] == pytest.approx(share, abs=0.02)
        assert together.loc[("sum", name), "total"] == pytest.approx(share, abs=0.03)


def test_an_input_that_nothing_reads_has_no_total_effect_and_hardly_a_first_one() -> None:
    assert (total(linear).loc[("sum", "unused")] == 0).all()
    unused = first(linear).loc[("sum", "unused")]
    assert unused["first"] == pytest.approx(0, abs=0.002)


def test_chance_adds_nothing_to_a_first_order_effect_on_average() -> None:
    rng = np.random.default_rng(1)
    found = [
        first_order_effects({"x": rng.random(256)}, {"noise": rng.random(256)})["first"][0]
        for _ in range(200)
    ]
    assert np.mean(found) == pytest.approx(0, abs=0.01)  # uncorrected: an eighth


def test_what_does_not_vary_has_no_effects_and_makes_none() -> None:
    assert (first(linear).loc["flat"] == 0).all().all()
    assert (total(linear).loc["flat"] == 0).all().all()
    drawn = {**sample(1, 512), "y": np.full(512, 3.0)}
    assert (
        first_order_effects(drawn, linear(drawn)).set_index("input").loc["y", "first"] == 0
    ).all()
    pinned = total_effects(linear, draws=drawn, inputs=["y"], together=1)
    assert (pinned["total"] == 0).all()


def test_a_pure_interaction_has_total_effects_and_no_first_ones() -> None:
    assert first(product).loc[("product", "x"), "first"] == pytest.approx(0, abs=0.02)
    assert total(product, 20_000).loc[("product", "x"), "total"] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(("kind", "found"), [("first", first), ("total", total)])
def test_intervals_hold_the_estimate_and_narrow_with_draws(
    kind: str, found: Callable[..., pd.DataFrame]
) -> None:
    few, many = (found(linear, n) for n in (1_000, 16_000))
    width: dict[str, float] = {}
    for n, table in (("few", few), ("many", many)):
        assert (table[f"{kind}_low"] <= table[kind]).all()
        assert (table[kind] <= table[f"{kind}_high"]).all()
        low, high = table.loc[[("sum", "x")], [f"{kind}_low", f"{kind}_high"]].to_numpy()[0]
        width[n] = high - low
    assert 0 < width["many"] < width["few"] / 2


def test_the_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    truth = {
        "first": np.array([0.313905, 0.442411, 0.0]),
        "total": np.array([0.557589, 0.442411, 0.243684]),
    }
    held, rng = {"first": 0, "total": 0}, np.random.default_rng(1)
    for _ in range(40):
        drawn = stratified(rng, 1024)
        alone = first_order_effects(drawn, ishigami(drawn))
        few = stratified(rng, 128)
        together = total_effects(ishigami, draws=few, inputs=list(few), together=3)
        for kind, table in (("first", alone), ("total", together)):
            inside = (table[f"{kind}_low"] <= truth[kind]) & (truth[kind] <= table[f"{kind}_high"])
            held[kind] += int(inside.sum())
    assert all(count >= 0.85 * 120 for count in held.values()), held


def test_pairs_dealt_evenly_measure_a_smooth_effect_more_closely_than_chance() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):  # by chance one in twenty is off by more than a quarter
        drawn = stratified(rng, 64)
        found = total_effects(dict, draws=drawn, inputs=["x1"], together=1)
        assert found["total"].tolist() == pytest.approx([1, 0, 0], abs=0.03)


def test_inputs_asked_together_get_what_each_gets_alone() -> None:
    drawn = sample(1, 500)
    one, both = (
        total_effects(linear, draws=drawn, inputs=["x", "y"], together=together)
        for together in (1, 2)
    )
    pd.testing.assert_frame_equal(one, both, check_exact=True)


def test_ranks_keep_order_and_make_an_indicator_a_straight_line() -> None:
    values = np.array([0.0, 0.0, 0.0, 1.0])
    found = ranks_within(values, values)
    assert found[3] - found[0] == pytest.approx(0.5)
    heavy = np.exp(5 * np.random.default_rng(1).normal(size=1000))
    assert (np.diff(ranks_within(np.sort(heavy), heavy)) > 0).all()
    assert ranks_within(heavy, heavy).mean() == pytest.approx(0.5)
