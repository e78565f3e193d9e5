"""Forms of a segment's demand curve: distributions, their calibration, and the market with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate

from token_economics.book.assumptions import read_book
from token_economics.headlines.market import market_drivers, market_memo
from token_economics.models import derived_demand, task_values
from token_economics.models.market import simulate
from token_economics.models.task_growth import WORK_SEGMENTS, margin_of_elasticity

CURVES = [task_values.LOGNORMAL, task_values.lognormal(1.6), task_values.log_uniform(), task_values.log_uniform(0.7)]  # fmt: skip
FEW = read_book().draws(64)


@pytest.fixture(scope="module", params=CURVES, ids=lambda curve: curve.name)
def curve(request: pytest.FixtureRequest) -> task_values.ValueCurve:
    return request.param


def test_the_density_is_the_slope_of_the_share(curve: task_values.ValueCurve) -> None:
    at, step = np.array([-1.1, -0.4, 0.3, 0.9]), 1e-6
    slope = (curve.share(at + step) - curve.share(at - step)) / (2 * step)
    assert curve.density(at) == pytest.approx(slope, rel=1e-7)
    bend = (curve.density(at + step) - curve.density(at - step)) / (2 * step)
    assert -curve.density(at) * curve.tilt(at) == pytest.approx(bend, abs=1e-7)


def test_worth_is_the_integral_of_values_done(curve: task_values.ValueCurve) -> None:
    sd = np.array([0.8])
    for margin in (-1.0, 0.5, 1.5):
        end = 12.0 if "normal" in curve.name else 3.0

        def value(z: float) -> float:
            return float(np.exp(0.8 * z) * curve.density(np.array([z]))[0])  # fmt: skip

        breaks = [-np.sqrt(3), np.sqrt(3), 0.7 * np.sqrt(3)]
        whole = integrate.quad(value, -margin, end, points=[b for b in breaks if -margin < b < end])
        assert curve.worth(np.array([margin]), sd) == pytest.approx(whole[0], rel=1e-6)


def test_halving_finds_the_margin_that_newton_finds() -> None:
    elasticity, sd, token = np.array([0.3, 0.65, 1.4]), np.array([0.9, 1.3, 1.6]), 0.6
    newton = margin_of_elasticity(elasticity, log_value_sd=sd, token_share=token)
    halved = task_values.margin_at_hazard(task_values.LOGNORMAL, elasticity * sd / token)
    assert halved == pytest.approx(newton, abs=1e-9)


def test_lognormal_given_by_name_is_the_market_as_it_stands() -> None:
    facts = market_drivers.record()
    plain = simulate(market_drivers.drivers(FEW, facts), 8)
    given = {"agentic": task_values.LOGNORMAL}
    named = simulate(market_drivers.drivers(FEW, facts, value_curves=given), 8)
    assert named.price == pytest.approx(plain.price, rel=1e-8)
    assert named.tokens == pytest.approx(plain.tokens, rel=1e-8)


@pytest.mark.parametrize("segment", WORK_SEGMENTS)
def test_every_form_meets_the_base_quarter_and_clears(
    segment: str, curve: task_values.ValueCurve
) -> None:
    """Price and elasticity of the base quarter are the book's whatever the form; markets clear."""
    facts = market_drivers.record()
    plain = simulate(market_drivers.drivers(FEW, facts), 6)
    path = simulate(market_drivers.drivers(FEW, facts, value_curves={segment: curve}), 6)
    assert path.price[0] == pytest.approx(plain.price[0], rel=1e-6)
    assert path.spend[0] == pytest.approx(plain.spend[0], rel=1e-6)
    hazard = FEW["market_demand_elasticity_magnitude"] * FEW["task_value_log_sd"]
    hazard = hazard / (1 - FEW["review_share_of_task_cost"])
    margin = task_values.margin_at_hazard(curve, hazard)
    allowed = np.isclose(curve.density(margin) / curve.share(margin), hazard, rtol=1e-6)
    free = allowed & ~plain.budget_binds[0]
    assert free.sum() > 55
    assert path.elasticity[0][free] == pytest.approx(plain.elasticity[0][free], rel=1e-6)
    assert path.converged.mean() > 0.98
    used = path.hours_used <= path.hours_available * (1 + 1e-6)
    assert used.all()


def test_the_solver_s_slope_and_bend_hold_for_every_form(curve: task_values.ValueCurve) -> None:
    facts = market_drivers.record()
    demand = market_drivers.drivers(FEW, facts, value_curves={"agentic": curve}).demand
    asked = derived_demand.prepared(replace(demand, work_budget_usd=np.full(64, np.inf)))
    price, step = np.linspace(0.8, 3.0, 64), 1e-5
    here = derived_demand.respond(asked, price)
    above, below = (derived_demand.respond(asked, price * np.exp(s)) for s in (step, -step))
    slope = (np.log(above.hours) - np.log(below.hours)) / (2 * step)
    assert here.elasticity == pytest.approx(slope, rel=1e-5)
    assert here.bend == pytest.approx(
        (above.elasticity - below.elasticity) / (2 * step), rel=1e-4, abs=1e-5
    )


def test_surplus_is_the_area_under_demand(curve: task_values.ValueCurve) -> None:
    """What users gain as the price falls is the hours that they take on the way."""
    facts = market_drivers.record()
    demand = market_drivers.drivers(FEW, facts, value_curves={"frontier": curve}).demand
    demand = replace(demand, work_budget_usd=np.full(64, np.inf))
    dear, cheap = np.full(64, 2.0), np.full(64, 1.9)
    gain = derived_demand.work_surplus(demand, cheap) - derived_demand.work_surplus(demand, dear)
    paid = sum(
        (demand.price_factor * derived_demand.work_hours(demand, np.full(64, at))).sum(axis=0)
        for at in (1.925, 1.975)
    )
    assert gain == pytest.approx(paid * 0.05, rel=1e-3)


def test_a_curve_of_no_segment_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"value curve of 'chat': work segments are commodity"):
        market_drivers.drivers(
            FEW, market_drivers.record(), value_curves={"chat": task_values.log_uniform()}
        )


def test_a_market_of_another_form_is_not_taken_for_the_one_that_is_kept() -> None:
    facts = market_drivers.record()
    plain = market_memo.solved(market_memo.drivers(FEW, facts), 4)
    curves = {"agentic": task_values.log_uniform()}
    other = market_memo.solved(market_memo.drivers(FEW, facts, value_curves=curves), 4)
    assert np.any(other.price[4] != plain.price[4])
    assert market_memo.solved(market_memo.drivers(FEW, facts), 4) is plain


def test_a_curve_that_was_not_called_is_refused_in_words() -> None:
    with pytest.raises(
        TypeError, match=r"value curve of 'agentic': .* not a curve such as log_uniform\(\)"
    ):
        market_drivers.drivers(
            FEW, market_drivers.record(), value_curves={"agentic": task_values.log_uniform}
        )
