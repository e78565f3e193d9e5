"""Regressions in bare arithmetic: statsmodels is the reference, to the last digits."""

import numpy as np
import pytest
import statsmodels.api as sm

from token_economics.methods import robust_regression as regression


def sample(seed: int, n: int = 90) -> tuple[np.ndarray, np.ndarray]:
    """Regressors with a constant, and an outcome whose error grows with the first of them."""
    rng = np.random.default_rng(seed)
    regressors = rng.normal(size=(n, 3))
    design = np.column_stack([np.ones(n), regressors])
    error = np.exp(0.5 * regressors[:, 0]) * rng.normal(size=n)
    return design, design @ np.array([1.0, -2.0, 0.5, 0.0]) + error


@pytest.mark.parametrize("seed", range(4))
def test_mean_regression_is_least_squares_with_hc1_errors(seed: int) -> None:
    design, outcome = sample(seed)
    ours = regression.mean_regression(design, outcome)
    theirs = sm.OLS(outcome, design).fit(cov_type="HC1")
    assert ours.coefficients == pytest.approx(theirs.params, rel=1e-12)
    assert ours.standard_errors == pytest.approx(theirs.bse, rel=1e-12)
    assert ours.r_squared == pytest.approx(theirs.rsquared, rel=1e-12)
    assert ours.interval(1, level=0.9) == pytest.approx(theirs.conf_int(0.1)[1], rel=1e-12)


@pytest.mark.parametrize("quantile", [0.25, 0.5, 0.8])
def test_quantile_regression_takes_the_steps_of_the_reference(quantile: float) -> None:
    design, outcome = sample(9)
    ours = regression.quantile_regression(design, outcome, quantile=quantile, tolerance=1e-4)
    model = sm.QuantReg(outcome, np.asfortranarray(design))
    theirs = model.fit(q=quantile, p_tol=1e-4)
    assert ours.coefficients == pytest.approx(theirs.params, rel=1e-10)
    assert ours.standard_errors == pytest.approx(theirs.bse, rel=1e-10)
    assert ours.interval(1, level=0.9) == pytest.approx(theirs.conf_int(0.1)[1], rel=1e-10)


def test_a_quantile_leaves_its_share_of_observations_below() -> None:
    design, outcome = sample(2, n=2000)
    found = regression.quantile_regression(design, outcome, quantile=0.25, tolerance=1e-6)
    assert (outcome < design @ found.coefficients).mean() == pytest.approx(0.25, abs=0.005)
