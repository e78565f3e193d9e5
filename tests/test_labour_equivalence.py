"""The identity between token spend and the wages it would replace."""

import numpy as np
import pytest

from token_economics.labour_equivalence import (
    check_labour_equivalence,
    token_cost_share,
    token_spend,
    value_new_work,
    wage_value_replaced,
)


def test_spend_cost_share_and_wage_value_fix_each_other() -> None:
    spend = token_spend(0.28, 309.0)
    assert token_cost_share(spend, 309.0) == pytest.approx(0.28)
    assert wage_value_replaced(spend, 0.28) == pytest.approx(309.0)


def test_a_hundredth_of_the_wage_would_replace_a_hundred_times_the_spend() -> None:
    assert wage_value_replaced(175.0, 0.01) == pytest.approx(17500.0)


def test_draws_that_replace_more_labour_than_exists_are_counted() -> None:
    check = check_labour_equivalence(
        spend=100.0, cost_share=np.array([0.1, 0.5, 1.0]), exposed_wage_bill=300.0
    )
    assert check.violates.tolist() == [True, False, False]
    assert check.share_of_exposed_wages == pytest.approx([10 / 3, 2 / 3, 1 / 3])


def test_using_the_whole_exposed_wage_bill_is_not_a_violation() -> None:
    check = check_labour_equivalence(spend=150.0, cost_share=0.5, exposed_wage_bill=300.0)
    assert not check.violates


def test_new_work_is_never_worth_more_than_doing_it_by_people() -> None:
    work = value_new_work(replacement_cost=2.0, willingness_to_pay=50.0, token_cost=0.5)
    assert work.true_value == 2.0
    assert work.value_overstatement == 1.0
    assert work.gain_overstatement == 1.0


def test_replacement_cost_overstates_the_gain_by_more_than_the_value() -> None:
    work = value_new_work(replacement_cost=24.17, willingness_to_pay=0.25, token_cost=0.02)
    assert work.gain_overstatement > work.value_overstatement
    assert work.gain_overstatement == pytest.approx(105.0, abs=0.01)
    assert work.token_cost_share == pytest.approx(0.00083, abs=1e-5)
