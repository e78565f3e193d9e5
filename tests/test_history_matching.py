"""Draws matched to a record: against the closed form, and against draws taken by the million."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from token_economics.book import innovations
from token_economics.book.assumptions import override, read_book
from token_economics.book.ensemble import stream
from token_economics.headlines.market import conditioning, market_drivers, surprises
from token_economics.methods import history_matching
from token_economics.methods.arrays import FloatArray
from token_economics.models import market

BOOK = read_book()
WEIGHTS = np.array([[1.0, 0.5, 0.0, 0.0], [0.0, 1.0, -1.0, 0.0]])
SEEN, SD = np.array([0.8, -0.4]), np.array([0.3, 0.5])


def linear(inputs: FloatArray) -> FloatArray:
    return history_matching.implausibility(
        WEIGHTS @ inputs, observed=SEEN, observation_sd=SD * 0.6, model_sd=SD * 0.8
    )


def fresh(number: int, size: int) -> FloatArray:
    return np.stack([stream(f"x{i}", seed=3, number=number, size=size) for i in range(4)])


def posterior() -> tuple[FloatArray, FloatArray]:
    """Mean and covariance of standard normal inputs after two linear observations."""
    precision = np.eye(4) + WEIGHTS.T @ np.diag(SD**-2.0) @ WEIGHTS
    covariance = np.linalg.inv(precision)
    return covariance @ WEIGHTS.T @ (SEEN / SD**2), covariance


def test_a_linear_model_gives_the_posterior_of_least_squares() -> None:
    found = history_matching.matched(fresh, linear, pilot=2048, proposed=65_536)
    scores = fresh(2, 65_536)[:, found.places] + found.proposal.basis @ found.shift
    mean, covariance = posterior()
    average = scores @ found.weights
    np.testing.assert_allclose(average, mean, atol=0.02)
    centred = scores - average[:, None]
    np.testing.assert_allclose((centred * found.weights) @ centred.T, covariance, atol=0.03)
    assert found.effective > 0.3 * 65_536  # the proposal is nearly the posterior


def test_two_observations_that_say_the_same_leave_no_direction_to_rounding() -> None:
    """A direction that no observation names would be one of rounding, and be widened."""

    def found(noise: float) -> history_matching.Matched:
        def twice(inputs: FloatArray) -> FloatArray:
            missed = linear(inputs)
            return np.vstack([missed, missed[:1] * (1 + noise)])

        return history_matching.matched(fresh, twice, pilot=2048, proposed=8192)

    one, other = found(0.0), found(1e-13)
    assert one.proposal.basis.shape == (4, 2)
    np.testing.assert_array_equal(one.places, other.places)
    np.testing.assert_allclose(one.weights, other.weights, rtol=1e-9)
    np.testing.assert_allclose(
        one.proposal.basis @ one.shift, other.proposal.basis @ other.shift, atol=1e-10
    )


def test_what_no_observation_reads_keeps_its_distribution() -> None:
    found = history_matching.matched(fresh, linear, pilot=2048, proposed=16_384)
    untouched = (fresh(2, 16_384)[:, found.places] + found.proposal.basis @ found.shift)[3]
    assert abs(untouched @ found.weights) < 0.03
    assert abs(untouched**2 @ found.weights - 1) < 0.05


def test_a_record_that_no_draw_meets_leaves_none() -> None:
    far = history_matching.matched(fresh, lambda x: 0 * linear(x) + 9.0, pilot=256, proposed=256)
    assert far.places.size == 0
    assert far.effective == 0
    assert far.plausible == 0


def test_weights_are_those_of_importance_sampling() -> None:
    proposal = history_matching.fitted_proposal(fresh(0, 4096), linear(fresh(0, 4096)), 6.0)
    drawn = fresh(1, 4096)
    shift, undone = proposal.shift(drawn)
    moved = drawn + proposal.basis @ shift
    # log of prior over prior: a draw that is moved outwards counts less
    np.testing.assert_allclose(undone, ((drawn**2).sum(0) - (moved**2).sum(0)) / 2, atol=1e-9)


def test_resampling_is_as_even_as_whole_numbers_allow() -> None:
    weights = np.random.default_rng(5).dirichlet(np.ones(50))
    counts = np.bincount(
        history_matching.resampled(weights, 1000, np.random.default_rng(6)), minlength=50
    )
    assert (np.abs(counts - 1000 * weights) < 1).all()


def test_the_market_is_matched_as_a_hundred_thousand_plain_draws_would_be() -> None:
    plain = BOOK.draws(2**17)
    missed = conditioning.misfits(plain, conditioning.record_facts())
    stay = (np.abs(missed) < history_matching.IMPLAUSIBLE).all(axis=0)
    weights = np.exp(-(missed[:, stay] ** 2).sum(0) / 2)
    weights /= weights.sum()
    worth = 1 / (weights**2).sum()
    assert worth > 100
    known = conditioning.conditioned(BOOK).draws()
    for name in ("sold_inference_share", "base_revenue_scale_ratio", "contract_compute_share",
                 "market_demand_elasticity_magnitude", "common_demand_shock_log"):  # fmt: skip
        ours, theirs, spread = np.log(np.abs(known[name])), np.log(np.abs(plain[name][stay])), 0.0
        if name == "common_demand_shock_log":
            ours, theirs = known[name], plain[name][stay]
        middle = theirs @ weights
        spread = float(np.sqrt((theirs - middle) ** 2 @ weights))
        assert abs(ours.mean() - middle) < 4 * spread / np.sqrt(worth), name
        assert abs(ours.std() / spread - 1) < 4 / np.sqrt(2 * worth), name


def test_the_record_narrows_what_it_reads_and_nothing_else() -> None:
    known, taught = conditioning.conditioned(BOOK), conditioning.taught(BOOK).set_index("name")
    assert (known.draws()["exposed_share_of_gdp"] == BOOK.draws()["exposed_share_of_gdp"]).all()
    assert "exposed_share_of_gdp" not in taught.index
    assert taught.loc["sold_inference_share", "removed"] > 0.5
    assert taught.loc["robotics_demand_multiple", "says"] == "nothing"


def test_rents_of_the_record_come_back() -> None:
    known, facts = conditioning.conditioned(BOOK).draws(), market_drivers.record()
    before = BOOK.draws()
    missed = [
        np.abs(conditioning.misfits(draws, conditioning.record_facts()))
        for draws in (before, known)
    ]
    assert (missed[1] < history_matching.IMPLAUSIBLE).all()
    assert (missed[0] < history_matching.IMPLAUSIBLE).all(axis=0).mean() < 0.1
    assert facts.quarters_ahead > 3


def test_a_changed_assumption_asks_the_record_again() -> None:
    dearer = conditioning.conditioned(override(BOOK, {"sold_inference_share": 0.25}))
    known = conditioning.conditioned(BOOK)
    ratio = "base_revenue_scale_ratio"
    assert abs(np.median(dearer.draws()[ratio]) - np.median(known.draws()[ratio])) > 0.01
    assert dearer.told == {}
    kept = override(known, {"sold_inference_share": 0.25})
    assert (kept.draws()[ratio] == known.draws()[ratio]).all()
    assert set(kept.told or ()) == {"sold_inference_share"}


def test_equations_that_a_notebook_sets_are_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what is kept of ours does not answer for them."""
    asked, kept = [], dict(conditioning._kept)
    monkeypatch.setattr(market, "as_written", lambda: False)
    monkeypatch.setattr(conditioning, "matched_ensemble", lambda *_: asked.append(1))
    known = conditioning.conditioned(BOOK)
    for name in ("sold_inference_share", "discount_rate_per_year"):
        known.draws(16)[name]
    assert asked == [1]
    assert conditioning._kept == kept


def test_a_record_that_contradicts_the_run_leaves_the_books_ranges() -> None:
    never = override(BOOK, {"sold_inference_share": 0.02, "base_revenue_scale_ratio": 4.0})
    known = conditioning.conditioned(never)
    assert known.record is not None
    assert known.record.ensemble() is None
    assert known.is_contradicted()
    assert not never.is_contradicted()
    name = "market_demand_elasticity_magnitude"
    assert (known.draws()[name] == never.draws()[name]).all()


def test_surprises_are_students_t() -> None:
    probability = np.linspace(0.001, 0.999, 97)
    expected = stats.t(4).ppf(probability) / np.sqrt(2)
    np.testing.assert_allclose(innovations.standard(probability), expected, rtol=1e-9, atol=1e-8)


def steps(changes: dict[str, float], kind: str = "demand") -> FloatArray:
    draws = override(BOOK, changes).draws(2**14)
    walked = surprises.accumulated(draws, kind, ["2025Q4", "2026Q1", "2026Q2"])
    assert (walked[0] == 0).all()
    return np.diff(walked, axis=0)


def test_surprises_have_the_size_of_the_book_and_no_memory() -> None:
    size = {"demand_innovation_log_sd_per_quarter": 0.1, "innovation_common_share": 0.0}
    found = steps(size)
    ends = 0.1 * innovations.standard(np.array([0.05, 0.5, 0.95]))
    np.testing.assert_allclose(
        np.quantile(found, [0.05, 0.5, 0.95], axis=1).T, [ends, ends], atol=2e-3
    )
    assert abs(stats.spearmanr(found[0], found[1]).statistic) < 0.03


def test_a_common_surprise_comes_upon_all_markets() -> None:
    sizes = {
        "demand_innovation_log_sd_per_quarter": 0.1,
        "supply_innovation_log_sd_per_quarter": 0.1,
    }
    for share, low, high in ((0.0, -0.03, 0.03), (0.5, 0.3, 0.7), (1.0, 0.999, 1.001)):
        both = [
            steps({**sizes, "innovation_common_share": share}, kind)[0]
            for kind in ("demand", "supply")
        ]
        assert low < stats.spearmanr(*both).statistic < high
