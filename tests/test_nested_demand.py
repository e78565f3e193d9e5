"""What one model's price cut says about the market: simulated, inverted, and mostly nothing."""

import numpy as np
import pytest
from oracles.nested_demand import nested_ces_volumes

from token_economics.methods.nested_demand import (
    market_elasticity_bounds,
    market_elasticity_posterior,
    own_elasticity,
)


def simulated_own_elasticity(share: float, rng: np.random.Generator) -> float:
    """Least squares of log volume on log price of one model, in a market with noise."""
    log_price = rng.normal(0.0, 0.05, 4000)
    prices = np.column_stack([np.exp(log_price), np.ones(4000)])
    volumes = nested_ces_volumes(
        prices,
        weights=np.array([share, 1.0 - share]),
        substitution=3.0,
        market_elasticity=-0.5,
    )
    log_volume = np.log(volumes[:, 0]) + rng.normal(0.0, 0.01, 4000)
    return float(np.polyfit(log_price, log_volume, 1)[0])


PRIOR = {
    "standard_error": 0.02,
    "market_mean": -0.7,
    "market_deviation": 0.25,
    "substitution_mean": 2.0,
    "substitution_deviation": 1.0,
}


def test_small_model_shows_substitution_and_leaves_the_market_unidentified() -> None:
    """Section 5.4: σ = 3, market elasticity −0.5, share 0.6 %."""
    estimate = simulated_own_elasticity(0.006, np.random.default_rng(4))
    assert estimate == pytest.approx(-2.985, abs=0.02)
    posterior = market_elasticity_posterior(own_price_elasticity=estimate, share=0.006, **PRIOR)
    assert posterior.variance_ratio >= 0.95


def test_whole_market_recovers_the_market_elasticity() -> None:
    """Section 5.4 with share 1."""
    estimate = simulated_own_elasticity(1.0, np.random.default_rng(4))
    assert estimate == pytest.approx(-0.5, abs=0.02)
    posterior = market_elasticity_posterior(own_price_elasticity=estimate, share=1.0, **PRIOR)
    assert posterior.mean == pytest.approx(-0.5, abs=0.02)
    assert posterior.variance_ratio < 0.95


def test_own_elasticity_is_the_slope_of_nested_ces_demand() -> None:
    step = 1e-6
    weights = np.array([0.2, 0.5, 0.3])
    market = {"weights": weights, "substitution": 3.0, "market_elasticity": -0.5}
    base = nested_ces_volumes(np.ones(3), **market)
    moved = nested_ces_volumes(np.array([np.exp(step), 1.0, 1.0]), **market)
    slope = np.log(moved[0] / base[0]) / step
    assert slope == pytest.approx(
        float(own_elasticity(substitution=3.0, share=0.2, market_elasticity=-0.5)), rel=1e-5
    )


@pytest.mark.parametrize(
    ("share", "expected", "within"), [(0.006, -2.985, 5e-4), (1 - 1e-9, -0.5, 1e-4)]
)
def test_arc_of_a_simulated_cut_is_the_published_one(
    share: float, expected: float, within: float
) -> None:
    """Section 5.4: a model with a share of 0.6 % against one that is nearly the whole market."""
    prices = np.array([[1.0, 1.0], [np.exp(-1e-6), 1.0]])
    volumes = nested_ces_volumes(
        prices, weights=np.array([share, 1 - share]), substitution=3.0, market_elasticity=-0.5
    )[:, 0]
    assert np.log(volumes[1] / volumes[0]) / -1e-6 == pytest.approx(expected, abs=within)


def test_a_common_price_change_moves_the_market_by_its_own_elasticity() -> None:
    market = {"weights": np.array([0.6, 0.4]), "substitution": 3.0, "market_elasticity": -0.5}
    ratio = nested_ces_volumes(np.full(2, 0.25), **market) / nested_ces_volumes(
        np.ones(2), **market
    )
    assert ratio == pytest.approx(np.full(2, 0.25**-0.5))


def test_posterior_variance_is_the_conditional_variance_of_the_joint_normal() -> None:
    share, error = 0.4, 0.3
    loading = np.array([share, -(1.0 - share)])
    prior = np.diag([0.25**2, 1.0])
    covariance = prior @ loading / (loading @ prior @ loading + error**2)
    posterior = prior - np.outer(covariance, loading @ prior)
    ours = market_elasticity_posterior(
        own_price_elasticity=-2.0, share=share, **(PRIOR | {"standard_error": error})
    )
    assert ours.variance_ratio == pytest.approx(posterior[0, 0] / prior[0, 0])
    surprise = -2.0 - (share * -0.7 - (1.0 - share) * 2.0)
    assert ours.mean == pytest.approx(-0.7 + covariance[0] * surprise)


def test_bounds_hold_the_truth_and_close_on_it_when_substitution_is_known() -> None:
    own = own_elasticity(substitution=3.0, share=0.3, market_elasticity=-0.5)
    wide = market_elasticity_bounds(
        own_price_elasticity=own, share=0.3, substitution_low=2.9, substitution_high=3.1
    )
    exact = market_elasticity_bounds(
        own_price_elasticity=own, share=0.3, substitution_low=3.0, substitution_high=3.0
    )
    assert wide.low < -0.5 < wide.high
    assert (exact.low, exact.high) == (pytest.approx(-0.5), pytest.approx(-0.5))


def test_with_a_small_share_only_the_ceiling_remains() -> None:
    bounds = market_elasticity_bounds(
        own_price_elasticity=-1.04, share=0.006, substitution_low=0.5, substitution_high=4.0
    )
    assert (bounds.low, bounds.high) == (-1.04, 0.0)


def test_no_market_elasticity_fits_when_models_substitute_more_than_was_seen() -> None:
    bounds = market_elasticity_bounds(
        own_price_elasticity=-1.0, share=0.01, substitution_low=2.0, substitution_high=4.0
    )
    assert np.isnan(bounds.low)
    assert np.isnan(bounds.high)
