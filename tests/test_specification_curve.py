"""The specification curve: every combination is run, and each recovers a known fall."""

import numpy as np
import pandas as pd
import pytest

from token_economics.methods import specification_curve as curve
from token_economics.methods.prices import hedonics


def simulated(models: int = 400, fall: float = 2.0, noise: float = 0.3) -> pd.DataFrame:
    """Models whose price falls by a factor e^fall a year at given quality."""
    rng = np.random.default_rng(3)
    years = rng.uniform(0, 3, models)
    quality = rng.normal(50, 10, models) + 5 * years
    log_price = 1.0 + 0.05 * quality - fall * years + noise * rng.normal(size=models)
    return pd.DataFrame(
        {
            "date": pd.Timestamp("2023-01-01") + pd.to_timedelta(years * 365.25, unit="D"),
            "vendor": rng.choice(["a", "b", "c", "d"], models),
            "price": np.exp(log_price),
            "quality": quality,
        }
    )


GRID = curve.grid(measures=["score"], prices=["blend"], samples=["all"])


def test_grid_holds_every_combination_once() -> None:
    chosen = curve.grid(measures=["a", "b"], prices=["x", "y", "z"], samples=["s"])
    assert len(chosen) == len(set(chosen)) == 2 * 3 * 1 * 2 * 2 * 2


@pytest.mark.parametrize(
    "specification", GRID, ids=lambda s: f"{s.controls}-{s.form}-{s.estimator}"
)
def test_every_specification_recovers_the_fall(specification: curve.Specification) -> None:
    found = curve.decline_of(curve.prepared(simulated()), specification, level=0.9)
    assert found["value"] == pytest.approx(np.exp(2.0), rel=0.12)
    assert found["low"] < np.exp(2.0) < found["high"] or found["value"] == pytest.approx(
        np.exp(2.0), rel=0.06
    )


def test_the_curve_runs_every_specification_of_the_samples_that_are_large_enough() -> None:
    models = simulated(60)
    samples = {("score", "blend", "all"): models, ("score", "blend", "few"): models.head(9)}
    found = curve.curve(samples, least_models=10, level=0.9)
    assert len(found) == len(GRID) and set(found["sample"]) == {"all"}
    assert found["value"].is_monotonic_increasing
    assert list(found["rank"]) == list(range(1, len(GRID) + 1))


def test_plain_specification_is_the_hedonic_regression() -> None:
    models = simulated(120)
    plain = next(
        s
        for s in GRID
        if (s.controls, s.form, s.estimator) == (curve.NO_CONTROLS, curve.LINEAR, curve.MEAN)
    )
    ours = curve.decline_of(curve.prepared(models), plain, level=0.9)
    theirs = hedonics.hedonic_decline(models, level=0.9)
    assert ours["value"] == pytest.approx(theirs.times_cheaper_per_year)
    assert (ours["low"], ours["high"]) == pytest.approx((theirs.low, theirs.high))


def test_diagnostics_see_a_wrong_form_and_pass_a_right_one() -> None:
    models = simulated(300)
    plain = GRID[0]
    clean = curve.diagnostics(models, plain)
    assert clean["heteroskedasticity_p"] > 0.01 and clean["form_p"] > 0.01
    years = hedonics.years_since(models["date"], models["date"].min())
    bent = models.assign(price=models["price"] * np.exp(1.5 * years**2))
    assert curve.diagnostics(bent, plain)["form_p"] < 1e-4


def test_vendors_with_few_models_are_pooled() -> None:
    models = simulated(60)
    models.loc[0, "vendor"] = "alone"
    assert "alone" not in set(curve.prepared(models)["vendor"])


def test_influence_gives_all_spread_to_the_choice_that_makes_it() -> None:
    rows = [{**vars(s), "value": 10.0 if s.form == curve.LINEAR else 40.0} for s in GRID]
    table = curve.influence(pd.DataFrame(rows)).set_index("choice")["share_of_spread"]
    assert table["form"].iloc[0] == pytest.approx(1.0)
    assert table["estimator"].iloc[0] == pytest.approx(0.0)
