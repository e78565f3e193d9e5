"""Processors as a stock: closed forms of the code stock, limits, and what a flow would get wrong."""

import numpy as np
import pytest

from token_economics.models import processors


def need(**changes: float) -> processors.ProcessorNeed:
    inputs = {"agents_per_host": 0.5, "code_per_host": 0.3, "work_growth_per_year": 0.0} | changes
    years = np.arange(13)[:, None] / 4
    return processors.processor_need(
        fleet=2.0**years,
        agent_activity=4.0**years,
        code=3.0**years,
        **inputs,
    )


def test_code_of_steady_growth_grows_with_what_agents_do() -> None:
    """With growth as before the base quarter, the stock keeps its ratio to activity for good."""
    growth, quarters = 1.2, np.arange(20)[:, None]
    activity = np.exp(growth * quarters / 4)
    stock = processors.code_stock(activity, retirement_share=0.2, growth_before_per_year=growth)
    np.testing.assert_allclose(stock, activity, rtol=1e-12)


def test_code_declines_geometrically_when_nobody_writes() -> None:
    activity = np.array([[1.0], [0.0], [0.0], [0.0]])
    stock = processors.code_stock(activity, retirement_share=0.25, growth_before_per_year=1.0)
    np.testing.assert_allclose(stock[:, 0], 0.75 ** np.arange(4))


def test_code_that_is_retired_at_once_is_what_was_just_written() -> None:
    activity = np.array([[1.0], [3.0], [2.0]])
    stock = processors.code_stock(activity, retirement_share=1.0, growth_before_per_year=1.0)
    np.testing.assert_allclose(stock, activity)


def test_code_obeys_its_law_of_motion() -> None:
    """G_t = (1 - d) G_{t-1} + e Q_t, with one e for all quarters (model sheet 1.13)."""
    rng = np.random.default_rng(2)
    activity = rng.lognormal(0, 0.4, (12, 50)).cumsum(axis=0)
    stock = processors.code_stock(activity, retirement_share=0.15, growth_before_per_year=0.9)
    written = (stock[1:] - 0.85 * stock[:-1]) / activity[1:]
    np.testing.assert_allclose(written, written[:1].repeat(11, axis=0), rtol=1e-10)


def test_a_retirement_rate_of_ln_two_a_year_halves_the_stock_in_a_year() -> None:
    kept = 1 - processors.quarterly_retirement(np.log(2))
    assert kept**4 == pytest.approx(0.5)


def test_need_starts_at_one_and_is_the_sum_of_its_parts() -> None:
    assert need().total[0] == pytest.approx(1.0)
    found = need()
    np.testing.assert_allclose(found.host + found.agents + found.code, found.total)


def test_without_agents_and_code_processors_grow_with_the_fleet() -> None:
    alone = need(agents_per_host=0.0, code_per_host=0.0)
    np.testing.assert_allclose(alone.total[:, 0], 2.0 ** (np.arange(13) / 4))


def test_more_agents_raise_the_need_over_compute_and_better_processors_lower_it() -> None:
    assert need(agents_per_host=1.0).total[-1] > need().total[-1]
    np.testing.assert_allclose(need(work_growth_per_year=1.0).total[-1], need().total[-1] / 8)


def test_yearly_growth_of_eight_times_in_three_years_is_a_doubling() -> None:
    assert processors.yearly_growth(8.0, years=3) == pytest.approx(1.0)
