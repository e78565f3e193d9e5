"""Sobol indices: published values, limits, and what resampling says of them."""

import numpy as np
import pandas as pd
import pytest

from token_economics.canonical.sensitivity import ishigami, uniform_samples
from token_economics.methods.arrays import FloatArray
from token_economics.methods.sensitivity import Draws, ranks_within, sobol_indices


def sample(seed: int, n: int = 20_000) -> dict[str, FloatArray]:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=n) for name in ("x", "y", "unused")}


def linear(draws: Draws) -> dict[str, FloatArray]:
    return {"sum": 2 * draws["x"] + draws["y"], "flat": np.ones_like(draws["x"])}


def indices(evaluate=linear, n: int = 20_000):  # type: ignore[no-untyped-def]
    return sobol_indices(
        evaluate, first=sample(1, n), second=sample(2, n), inputs=["x", "y", "unused"], together=2,
        rng=np.random.default_rng(3),
    ).set_index(["result", "input"])  # fmt: skip


def test_in_a_sum_first_and_total_are_the_share_of_variance() -> None:
    found = indices()
    for name, share in {"x": 0.8, "y": 0.2}.items():
        assert found.loc[("sum", name), "first"] == pytest.approx(share, abs=0.03)
        assert found.loc[("sum", name), "total"] == pytest.approx(share, abs=0.03)


def test_an_input_that_nothing_reads_has_no_effect_at_all() -> None:
    assert (indices().loc[("sum", "unused")] == 0).all()


def test_a_result_that_does_not_vary_has_no_effects() -> None:
    assert (indices().loc["flat"] == 0).all().all()


def test_a_pure_interaction_has_total_effects_and_no_first_ones() -> None:
    found = indices(lambda draws: {"product": draws["x"] * draws["y"]})
    assert found.loc[("product", "x"), "first"] == pytest.approx(0, abs=0.05)
    assert found.loc[("product", "x"), "total"] == pytest.approx(1, abs=0.05)


def test_intervals_hold_the_estimate_and_narrow_with_draws() -> None:
    few, many = indices(n=1_000), indices(n=16_000)
    for kind in ("first", "total"):
        assert (few[f"{kind}_low"] <= few[kind] + 1e-12).all()
        assert (few[kind] <= few[f"{kind}_high"] + 1e-12).all()
        width = {n: f.loc[("sum", "x")] for n, f in (("few", few), ("many", many))}
        wide = width["few"][f"{kind}_high"] - width["few"][f"{kind}_low"]
        narrow = width["many"][f"{kind}_high"] - width["many"][f"{kind}_low"]
        assert narrow < wide / 2


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    truth, held = 0.557589, 0
    for seed in range(40):
        first, second = (
            {name: values[:: 2**3] for name, values in side.items()}
            for side in uniform_samples(seed)
        )
        row = sobol_indices(
            ishigami,
            first=first,
            second=second,
            inputs=["x1"],
            together=1,
            rng=np.random.default_rng(seed),
        ).iloc[0]
        held += row["total_low"] <= truth <= row["total_high"]
    assert held >= 28


def test_ranks_keep_order_and_make_an_indicator_a_straight_line() -> None:
    values = np.array([0.0, 0.0, 0.0, 1.0])
    found = ranks_within(values, values)
    assert found[3] - found[0] == pytest.approx(0.5)
    heavy = np.exp(5 * np.random.default_rng(1).normal(size=1000))
    assert (np.diff(ranks_within(np.sort(heavy), heavy)) > 0).all()
    assert ranks_within(heavy, heavy).mean() == pytest.approx(0.5)


def test_results_known_at_both_samples_are_not_asked_again_and_give_the_same() -> None:
    first, second = sample(1, 500), sample(2, 500)
    asked: list[int] = []

    def counted(draws: Draws) -> dict[str, FloatArray]:
        asked.append(draws["x"].size)
        return linear(draws)

    def found(known):  # type: ignore[no-untyped-def]
        return sobol_indices(
            counted, first=first, second=second, inputs=["x", "y"], together=1,
            rng=np.random.default_rng(3), known=known,
        )  # fmt: skip

    plain = found(None)
    assert len(asked) == 4
    told = found((linear(first), linear(second)))
    assert len(asked) == 6
    pd.testing.assert_frame_equal(plain, told, check_exact=True)
