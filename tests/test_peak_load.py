"""Prices by the hour: what capacity earns at the peak, and what a tariff says of idle hours."""

import numpy as np
import pytest

from token_economics.models.pricing import peak_load


@pytest.mark.parametrize("use", [0.0, 0.4, 1.0])
def test_at_the_firm_peak_revenue_is_cost(use: float) -> None:
    running, peak = 0.3, 7 / 24
    ratio = float(
        peak_load.firm_peak_ratio(running_share=running, peak_share=peak, off_peak_use=use)
    )
    used = peak + (1 - peak) * use
    revenue = running * (peak * ratio + (1 - peak) * use)  # full cost of an hour used is one
    assert revenue == pytest.approx(used)


def test_dear_capacity_and_short_peaks_need_steep_tariffs() -> None:
    ratio = peak_load.firm_peak_ratio(
        running_share=np.array([0.1, 0.5])[:, None],
        peak_share=np.array([0.1, 0.5]),
        off_peak_use=0.5,
    )
    assert (np.diff(ratio, axis=0) < 0).all() and (np.diff(ratio, axis=1) < 0).all()


def test_without_capacity_cost_there_is_no_peak_price() -> None:
    assert float(
        peak_load.firm_peak_ratio(running_share=1.0, peak_share=0.3, off_peak_use=0.5)
    ) == pytest.approx(1.0)


def test_the_mean_price_is_that_of_both_hours() -> None:
    ratio, share = 2.0, 7 / 24
    off_peak = float(peak_load.off_peak_over_mean(ratio=ratio, peak_share_of_use=share))
    assert share * ratio * off_peak + (1 - share) * off_peak == pytest.approx(1.0)


def test_use_off_the_peak_is_the_inverse_of_the_ratio() -> None:
    given = {"running_share": 0.2, "peak_share": 0.25}
    ratio = peak_load.firm_peak_ratio(**given, off_peak_use=0.6)
    assert float(peak_load.idle_off_peak_use(ratio=ratio, **given)) == pytest.approx(0.6)


def test_a_tariff_flatter_than_running_cost_over_full_cost_is_no_firm_peak() -> None:
    use = peak_load.idle_off_peak_use(ratio=[4.9, 5.1], running_share=0.2, peak_share=0.25)
    assert use[0] < 0 < use[1]
