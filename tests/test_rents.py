"""Who earns what: margins as an identity, rationing between two bounds."""

import pytest

from token_economics.models import rents


def test_implied_throughput_returns_the_margin_it_came_from() -> None:
    throughput = rents.implied_throughput(
        paid_price=1.2, effective_price_usd_per_mtok=1.03, gross_margin=0.7
    )
    assert 1 - 1.2 / (1.03 * throughput) == pytest.approx(0.7)
    assert throughput / 3600 * 1e6 == pytest.approx(1080, rel=0.01)  # tokens a second


def test_nobody_is_rationed_at_a_list_price_above_clearing() -> None:
    found = rents.rationing(
        hours=10, hours_at_list=8, list_price=2, clearing_price=1,
        surplus_at_list=3, surplus_at_clearing=5,
    )  # fmt: skip
    assert found.unserved_share == 0
    assert found.transfer_if_efficient == 0
    assert found.lost_if_random == 0


def test_random_service_loses_value_that_efficient_service_keeps() -> None:
    """Linear demand D = 20 - 5w: list 1 against clearing 2 with ten hours."""
    found = rents.rationing(
        hours=10, hours_at_list=15, list_price=1, clearing_price=2,
        surplus_at_list=22.5, surplus_at_clearing=10,
    )  # fmt: skip
    assert found.unserved_share == pytest.approx(1 / 3)
    assert found.transfer_if_efficient == pytest.approx(10)
    assert found.lost_if_random == pytest.approx(20 - 15)
