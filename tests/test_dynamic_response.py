"""Responses that build up by day: recovery, signs, and what few units can show."""

import numpy as np
import pandas as pd
import pytest

from token_economics.methods import distributed_lag as dynamic

ORDER = {"lry": 1, "ibo": 3, "ide": 2}
LAGS = 3


def test_the_estimator_of_the_field_gives_the_published_danish_money_demand() -> None:
    """J4: Johansen and Juselius (1990), ARDL(3,1,3,2) with a constant as an error correction.

    Our regression of a response that builds up by day is its special case with one lag.
    """
    from statsmodels.datasets import danish_data
    from statsmodels.tsa.ardl import UECM  # slow to load

    data = danish_data.load_pandas().data.reset_index(drop=True)
    fit = UECM(data["lrm"], LAGS, data[list(ORDER)], ORDER, trend="c").fit()
    assert fit.params["lrm.L1"] == pytest.approx(-0.41685, abs=5e-6)
    long_run = -fit.ci_params[["const", "lry", "ibo", "ide"]]
    assert list(long_run) == pytest.approx([6.28566, 0.99647, -4.53812, 2.89152], abs=5e-6)
    bounds = [fit.bounds_test(case=case).statistic for case in (2, 3)]
    assert bounds == pytest.approx([5.1168, 6.2059], abs=5e-5)


def test_akaike_picks_the_published_order_for_danish_money() -> None:
    """J4: ARDL(3,1,3,2)."""
    from statsmodels.datasets import danish_data
    from statsmodels.tsa.ardl import ardl_select_order

    data = danish_data.load_pandas().data.reset_index(drop=True)
    picked = ardl_select_order(data["lrm"], 3, data[list(ORDER)], 3, ic="aic", trend="c")
    assert picked.model.ardl_order == (LAGS, *ORDER.values())


def adjusting(days: int = 400, at_once: float = -0.4, persistence: float = 0.6) -> pd.DataFrame:
    """Daily tokens that adjust to a price that falls in steps."""
    rng = np.random.default_rng(5)
    price = np.exp(-0.3 * (np.arange(days) // 40)) * np.exp(0.05 * rng.normal(size=days))
    log_tokens = np.zeros(days)
    for t in range(1, days):
        log_tokens[t] = (
            persistence * log_tokens[t - 1] + at_once * np.log(price[t]) + 0.05 * rng.normal()
        )
    dates = pd.date_range("2026-01-01", periods=days)
    return pd.DataFrame({"date": dates, "tokens": np.exp(log_tokens), "price": price})


def test_partial_adjustment_recovers_both_responses() -> None:
    found = dynamic.partial_adjustment(adjusting(), error_lags=3, level=0.9, trend=False)
    assert found.at_once == pytest.approx(-0.4, abs=0.05)
    assert found.long_run == pytest.approx(-1.0, abs=0.05)
    assert found.persistence == pytest.approx(0.6, abs=0.05)
    assert found.half_life_days == pytest.approx(np.log(0.5) / np.log(0.6), abs=0.3)
    assert found.long_run_low < -1.0 < found.long_run_high
    assert found.observations == 399


def test_the_errors_of_a_right_model_show_no_serial_correlation() -> None:
    found = dynamic.partial_adjustment(adjusting(), error_lags=3, level=0.9, trend=False)
    assert found.serial_correlation_p > 0.05


def test_long_run_exceeds_the_response_at_once_while_adjustment_lasts() -> None:
    found = dynamic.partial_adjustment(adjusting(), error_lags=3, level=0.9, trend=True)
    assert 0 < found.persistence < 1
    assert abs(found.long_run) > abs(found.at_once)


def siblings(elasticity: float) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    dates = pd.date_range("2026-07-01", periods=30)
    common = rng.normal(size=30).cumsum() * 0.1
    cuts = {"a": (15, 0.2), "b": (20, 0.5), "c": (30, 1.0)}
    parts = []
    for size, (name, (day, left)) in enumerate(cuts.items()):
        price = np.where(np.arange(30) < day, 1.0, left)
        tokens = np.exp(size + common + elasticity * np.log(price) + 0.01 * rng.normal(size=30))
        parts.append(
            pd.DataFrame({"date": dates, "entity": name, "tokens": tokens, "price": price})
        )
    return pd.concat(parts, ignore_index=True)


def test_fixed_effects_take_out_levels_and_common_days() -> None:
    found = dynamic.sibling_response(siblings(-1.5), entities=["a", "b", "c"])
    assert found.elasticity == pytest.approx(-1.5, abs=0.02)
    assert found.observations == 90


def test_three_siblings_allow_no_smaller_p_than_one_in_six() -> None:
    found = dynamic.sibling_response(siblings(-1.5), entities=["a", "b", "c"])
    assert found.resolution == pytest.approx(1 / 6)
    assert found.p_value == pytest.approx(1 / 6)


def test_no_response_is_not_unusual_among_orders() -> None:
    assert dynamic.sibling_response(siblings(0.0), entities=["a", "b", "c"]).p_value > 1 / 6


def test_growth_by_events_recovers_what_a_launch_adds() -> None:
    rng = np.random.default_rng(2)
    weekly = pd.DataFrame(
        {"launches": rng.poisson(1.0, 300), "cuts": rng.poisson(0.3, 300)}, dtype=float
    )
    weekly["growth"] = (
        0.05 + 0.03 * weekly["launches"] + 0.0 * weekly["cuts"] + 0.05 * rng.normal(size=300)
    )
    found = dynamic.growth_by_events(weekly, error_lags=4, level=0.9)
    assert found.launch == pytest.approx(0.03, abs=0.006)
    assert found.launch_low > 0
    assert found.cut_low < 0 < found.cut_high
