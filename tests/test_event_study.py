"""A simulated price cut whose elasticity, trend and control are known."""

import numpy as np
import pandas as pd
import pytest

from token_economics.models.event_study import (
    EventWindow,
    clean_placebo_dates,
    elasticity_without_app,
    event_study,
    placebo_test,
    pre_trend_growth,
    relative_log_change,
    window_means,
)

EVENT = pd.Timestamp("2026-05-01")
WINDOW = EventWindow(length=7, lead=1, lag=2)


def simulated_panel(
    *, elasticity: float, growth_per_day: float, noise: float, seed: int
) -> pd.DataFrame:
    """Forty days of a treated and a control model; the treated price falls to a fifth."""
    rng = np.random.default_rng(seed)
    days = pd.date_range(EVENT - pd.Timedelta(days=25), periods=40)
    price = np.where(days < EVENT, 1.0, 0.2)
    trend = np.exp(growth_per_day * np.arange(40))
    shocks = np.exp(rng.normal(0.0, noise, (2, 40)))
    models = (("treated", price, price**elasticity), ("control", np.full(40, 3.0), np.ones(40)))
    return pd.concat(
        pd.DataFrame(
            {
                "date": days,
                "entity": name,
                "tokens": 50.0 * trend * response * shock,
                "price": model_price,
            }
        )
        for (name, model_price, response), shock in zip(models, shocks, strict=True)
    )


def study(panel: pd.DataFrame) -> pd.DataFrame:
    return event_study(
        panel, treated="treated", controls=["control"], event=EVENT, window=WINDOW
    ).set_index("method")


def test_trend_removal_and_control_recover_the_elasticity_that_the_raw_arc_exaggerates() -> None:
    result = study(simulated_panel(elasticity=-0.8, growth_per_day=0.03, noise=0.0, seed=0))
    assert result.loc["trend_removed", "arc_elasticity"] == pytest.approx(-0.8, rel=1e-12)
    assert result.loc["against_controls", "arc_elasticity"] == pytest.approx(-0.8, rel=1e-12)
    exaggeration = 0.03 * WINDOW.distance / np.log(0.2)
    assert result.loc["raw", "arc_elasticity"] == pytest.approx(-0.8 + exaggeration, rel=1e-12)


def test_without_trend_all_three_methods_agree() -> None:
    result = study(simulated_panel(elasticity=-1.0, growth_per_day=0.0, noise=0.0, seed=0))
    assert result["arc_elasticity"].to_numpy() == pytest.approx(np.full(3, -1.0))
    assert result["spend_ratio"].to_numpy() == pytest.approx(np.ones(3))


def test_noise_moves_the_estimate_but_not_far() -> None:
    result = study(simulated_panel(elasticity=-1.3, growth_per_day=0.01, noise=0.1, seed=7))
    assert result.loc["against_controls", "arc_elasticity"] == pytest.approx(-1.3, abs=0.1)


def test_pre_trend_is_the_growth_of_the_simulation() -> None:
    panel = simulated_panel(elasticity=-0.8, growth_per_day=0.03, noise=0.0, seed=0)
    growth = pre_trend_growth(panel, event=EVENT, window=WINDOW)
    assert growth["log_growth_per_day"].to_numpy() == pytest.approx([0.03, 0.03])


def test_windows_do_not_touch_the_event_or_each_other() -> None:
    window = EventWindow(length=7, lead=4, lag=5)
    before, after = window.before(EVENT), window.after(EVENT)
    assert (len(before), len(after)) == (7, 7)
    assert (EVENT - before[-1]).days == 4
    assert (after[0] - EVENT).days == 5
    assert (after[3] - before[3]).days == window.distance


def test_window_means_are_means_over_the_stated_days() -> None:
    panel = simulated_panel(elasticity=-0.8, growth_per_day=0.0, noise=0.0, seed=0)
    means = window_means(panel, event=EVENT, window=WINDOW).set_index("entity")
    assert means.loc["treated", "price_ratio"] == pytest.approx(0.2)
    assert means.loc["treated", "tokens_ratio"] == pytest.approx(0.2**-0.8)
    assert means.loc["control", "tokens_ratio"] == pytest.approx(1.0)


def test_a_real_cut_gives_the_smallest_p_value_that_the_dates_allow() -> None:
    panel = simulated_panel(elasticity=-0.8, growth_per_day=0.03, noise=0.05, seed=3)
    window = EventWindow(length=4, lead=1, lag=0)
    dates = clean_placebo_dates(panel, event=EVENT, window=window)
    test = placebo_test(
        panel,
        treated="treated",
        controls=["control"],
        event=EVENT,
        placebo_dates=dates,
        window=window,
    )
    assert test.resolution == pytest.approx(1.0 / (len(dates) + 1))
    assert test.p_value == test.resolution
    assert test.at_event > test.largest_elsewhere > 0
    assert test.dates["placebo"].sum() == len(dates)


def test_a_cut_that_does_nothing_is_ranked_among_the_placebo_dates() -> None:
    window = EventWindow(length=4, lead=1, lag=0)
    p_values = []
    for seed in range(40):
        panel = simulated_panel(elasticity=0.0, growth_per_day=0.0, noise=0.2, seed=seed)
        dates = clean_placebo_dates(panel, event=EVENT, window=window)
        p_values.append(
            placebo_test(
                panel,
                treated="treated",
                controls=["control"],
                event=EVENT,
                placebo_dates=dates,
                window=window,
            ).p_value
        )
    assert 0.35 < np.mean(p_values) < 0.7


def test_placebo_windows_end_before_the_event() -> None:
    panel = simulated_panel(elasticity=-0.8, growth_per_day=0.0, noise=0.0, seed=0)
    window = EventWindow(length=4, lead=1, lag=0)
    dates = clean_placebo_dates(panel, event=EVENT, window=window)
    assert len(dates) == 25 - 2 * 4 + 1
    assert all(window.after(date)[-1] < EVENT for date in dates)
    changes = relative_log_change(
        panel, treated="treated", controls=["control"], events=dates, window=window
    )
    assert changes["relative_log_change"].to_numpy() == pytest.approx(np.zeros(len(dates)))


def test_without_controls_the_relative_change_is_the_change() -> None:
    panel = simulated_panel(elasticity=-0.8, growth_per_day=0.03, noise=0.1, seed=0)
    changes = relative_log_change(
        panel, treated="treated", controls=[], events=[EVENT], window=WINDOW
    )
    assert changes["relative_log_change"].equals(
        changes["log_change"].rename("relative_log_change")
    )


def test_an_app_that_explains_the_whole_gain_leaves_no_elasticity() -> None:
    event = {"tokens_before": 50.0, "tokens_after": 670.0, "price_ratio": 0.09}
    assert elasticity_without_app(**event, app_share_of_gain=1.0) == 0.0
    assert elasticity_without_app(**event, app_share_of_gain=0.0) == pytest.approx(
        np.log(670 / 50) / np.log(0.09)
    )
    assert -0.6 < elasticity_without_app(**event, app_share_of_gain=0.82) < -0.4
