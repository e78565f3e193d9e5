"""What a measurement is worth: closed forms, limits, noise and copies, and what intervals say."""

import numpy as np
import pandas as pd
import pytest

from token_economics.methods.arrays import FloatArray
from token_economics.methods.sensitivity import first_order_effects
from token_economics.methods.value_of_information import (
    expected_reductions,
    level_and_change,
    seen_with_error,
)

QUARTERS = 4


def reduction(result: FloatArray, *series: FloatArray, seed: int = 1, copies: int = 1) -> pd.Series:
    """One result, one measurement of one series or more; each draw so many times in a row."""
    found = expected_reductions(
        {"result": result},
        {"seen": list(series)},
        origin=np.arange(result.size) // copies,
        rng=np.random.default_rng(seed),
    )
    return found.iloc[0]


def normal(n: int = 8_000, seed: int = 2) -> tuple[FloatArray, np.random.Generator]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=n), rng


def year(true: FloatArray, sd: float, rng: np.random.Generator) -> FloatArray:
    """Four quarters of a constant, each seen with an error."""
    return seen_with_error(np.tile(true, (QUARTERS, 1)), error_sd=sd, rng=rng)


@pytest.mark.parametrize("sd", [0.5, 1.0, 2.0, 4.0])
def test_of_a_normal_mean_seen_in_four_quarters_the_textbook_share_goes(sd: float) -> None:
    """Prior variance one, data variance s²/4: the posterior takes 1 / (1 + s²/4) away."""
    true, rng = normal()
    found = reduction(true, level_and_change(year(true, sd, rng)))
    assert found["learnt"] == pytest.approx(1 / (1 + sd**2 / QUARTERS), abs=0.02)


def test_of_a_chance_the_share_is_that_of_the_two_normals_quadrant() -> None:
    """Y = 1[X > 0] seen through X + e: the reduction is 2 arcsin(r²) / π, r² the reliability.

    A cubic rounds off the step that a good measurement makes of a chance: the estimate is a lower
    bound, short by a thirtieth of the variance at r² = 0.8.
    """
    true, rng = normal(20_000)
    for sd, short in ((0.5, 0.04), (1.0, 0.02), (2.0, 0.02)):
        seen = seen_with_error(true, error_sd=sd, rng=rng)[None]
        told = 2 * np.arcsin(1 / (1 + sd**2)) / np.pi
        learnt = reduction((true > 0).astype(float), seen)["learnt"]
        assert told - short < learnt < told + 0.02


def test_a_square_is_learnt_though_it_is_not_correlated() -> None:
    true, _ = normal()
    assert abs(np.corrcoef(true, true**2)[0, 1]) < 0.05
    assert reduction(true**2, true[None])["learnt"] > 0.98


def test_a_series_of_nothing_but_error_takes_nothing_away() -> None:
    true, rng = normal(1_000)
    noise = [reduction(true, rng.normal(size=(2, 1_000)), seed=i)["learnt"] for i in range(50)]
    assert -0.02 < np.mean(noise) <= 0.001
    many = [rng.normal(size=(2, 1_000)) for _ in range(8)]
    assert -0.15 < reduction(true, *many)["learnt"] < 0.02


def test_copies_of_a_draw_do_not_make_noise_look_like_information() -> None:
    """A hundred draws, forty copies each: a fit that has seen the copies knows them."""
    rng = np.random.default_rng(3)
    true = rng.normal(size=100)
    noise = [rng.normal(size=(2, 100)) for _ in range(3)]
    copied = [np.repeat(values, 40, axis=-1) for values in (true, *noise)]
    assert reduction(*copied)["learnt"] > 0.2  # taken for draws of their own
    assert reduction(*copied, copies=40)["learnt"] < 0.02


def test_known_without_error_it_is_the_first_order_effect() -> None:
    x, rng = normal(4_000)
    y = rng.normal(size=4_000)
    result = 2 * x + y + x * y
    alone = first_order_effects({"x": x, "y": y}, {"result": result}).set_index("input")["first"]
    for name, values in {"x": x, "y": y}.items():
        assert reduction(result, values[None])["learnt"] == pytest.approx(alone[name], abs=0.03)


def test_less_error_and_more_series_tell_more() -> None:
    x, rng = normal()
    y = rng.normal(size=x.size)
    close, far = (level_and_change(year(x, sd, rng)) for sd in (0.5, 2.0))
    other = level_and_change(year(y, 0.5, rng))
    learnt = {
        "far": reduction(x + y, far)["learnt"],
        "close": reduction(x + y, close)["learnt"],
        "both": reduction(x + y, close, other)["learnt"],
    }
    assert learnt["far"] < learnt["close"] - 0.1 < learnt["both"] - 0.2


def test_what_does_not_vary_has_nothing_to_lose() -> None:
    _, rng = normal(200)
    found = reduction(np.full(200, 3.0), rng.normal(size=(1, 200)))
    assert found[["learnt", "learnt_low", "learnt_high"]].tolist() == [0, 0, 0]


def test_a_series_that_is_pinned_tells_nothing() -> None:
    true, _ = normal(500)
    assert reduction(true, np.ones((2, 500)))["learnt"] == pytest.approx(0, abs=0.02)


def test_few_draws_are_fitted_with_few_terms() -> None:
    """Eight series on sixty-four draws: the cubic would have seventy-three terms and no draw left."""
    true, rng = normal(64)
    seen = [level_and_change(year(true, 0.5, rng)) for _ in range(8)]
    assert reduction(true, *seen)["learnt"] > 0.9


def test_the_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    held, widths = 0, []
    for seed in range(60):
        true, rng = normal(1_000, seed)
        found = reduction(true, level_and_change(year(true, 2.0, rng)), seed=seed)
        held += int(found["learnt_low"] <= 0.5 <= found["learnt_high"])
        widths.append(found["learnt_high"] - found["learnt_low"])
    assert held >= 0.8 * 60, held
    assert np.mean(widths) < 0.12
