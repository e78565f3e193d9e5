"""The reflection problem: imitation and news leave the same series behind."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from oracles.reflection import growth_from_news

from token_economics.methods import breaks


def cohorts(seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Growth of three cohorts that jump together, and what is their own in it."""
    rng = np.random.default_rng(seed)
    news = np.where(np.arange(36) >= 28, 0.1, 0.03) + rng.normal(0, 0.01, 36)
    own = rng.normal(0, 0.02, (36, 3))
    return growth_from_news(news, own, imitation=0.0), own


@pytest.mark.parametrize("imitation", [0.0, 0.3, 0.6, 0.9])
def test_every_strength_of_imitation_makes_the_same_series(imitation: float) -> None:
    growth, _ = cohorts()
    news = breaks.news_behind(growth, imitation=imitation)
    own = growth - growth.mean(axis=1, keepdims=True)
    again = growth_from_news(news, own, imitation=imitation)
    assert_allclose(again, growth, rtol=0, atol=1e-15)


def test_the_joint_test_of_a_break_cannot_tell_imitation_from_news() -> None:
    growth, _ = cohorts()
    own = growth - growth.mean(axis=1, keepdims=True)

    def found(imitation: float) -> breaks.CommonBreak:
        news = breaks.news_behind(growth, imitation=imitation)
        made = growth_from_news(news, own, imitation=imitation)
        levels = np.exp(np.vstack([np.zeros(3), made.cumsum(axis=0)]))
        dates = pd.date_range("2023-08-01", periods=37, freq="MS")
        frame = pd.DataFrame(levels, index=dates, columns=["a", "b", "c"])
        return breaks.common_break(
            frame, given_date=dates[20], trim_share=0.15, block_length=3, n_bootstrap=99,
            interval_level=0.9, rng=np.random.default_rng(1),
        )  # fmt: skip

    plain, imitated = found(0.0), found(0.8)
    assert imitated.estimated_date == plain.estimated_date
    assert imitated.p_value == plain.p_value
    assert imitated.sup_wald == pytest.approx(plain.sup_wald, rel=1e-6)


def test_imitation_needs_less_news_by_its_multiplier() -> None:
    growth, _ = cohorts()
    plain = breaks.news_behind(growth, imitation=0.0)
    half = breaks.news_behind(growth, imitation=0.5)
    assert_allclose(half * breaks.social_multiplier(0.5), plain)
    assert breaks.social_multiplier(0.5) == 2


def test_several_strengths_are_rows_that_each_explain_the_same_growth() -> None:
    growth, _ = cohorts()
    strengths = np.array([0.0, 0.25, 0.75])
    news = breaks.news_behind(growth, imitation=strengths)
    told = news * breaks.social_multiplier(strengths)[:, None]
    assert_allclose(told, np.broadcast_to(growth.mean(axis=1), told.shape))


def test_news_under_imitation_reaches_everybody_several_times() -> None:
    own = np.zeros((4, 3))
    made = growth_from_news(np.full(4, 0.02), own, imitation=0.75)
    assert_allclose(made, 0.08)


def test_imitation_of_one_explodes_and_is_refused() -> None:
    with pytest.raises(ValueError, match="below one"):
        breaks.news_behind(np.zeros((3, 2)), imitation=1.0)
