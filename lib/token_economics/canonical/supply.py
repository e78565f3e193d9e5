"""Supply: annuities and economic lives, power as a stock, intervals to distributions."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from token_economics.book.assumption import Assumption
from token_economics.models import supply


def _costs() -> list[ArrayLike]:
    annuities = [
        supply.declining_annuity_years(
            discount_rate=0.10, rent_decline_per_year=fall, lifetime_years=years
        )
        for years, fall in ((5, 0.0), (8, 0.0), (1e6, 0.25))
    ]
    costs = [
        supply.user_cost(
            price_usd=30600.0,
            avoidable_cost_usd_per_hour=0.17,
            discount_rate=0.10,
            rent_decline_per_year=0.25,
            lifetime_years=years,
        )
        for years in (5, 8)
    ]
    lives = [
        supply.economic_life_years(
            rent_usd_per_hour=rent, avoidable_cost_usd_per_hour=0.24, rent_decline_per_year=0.25
        )
        for rent in (1.0, 2.4)
    ]
    return [*annuities, *costs, *lives]


def _power() -> list[ArrayLike]:
    """Additions that a power stock of 20, 22, 24 GW allows a fleet of 15 GW that retires 1.2 GW."""
    draw_gw, kw_new = 15.0, 0.84
    added: list[ArrayLike] = []
    for available_gw in (20.0, 22.0, 24.0):
        surviving_gw = draw_gw - 1.2
        h100e = float(
            supply.additions_under_power(
                np.array(available_gw), fleet_gw=np.array(surviving_gw), kw_new=np.array(kw_new)
            )
        )
        added.append(h100e / 1e6)
        draw_gw = surviving_gw + h100e * kw_new / 1e6
    return added


def _interval() -> list[ArrayLike]:
    row = Assumption(
        name="example", value=10**0.5, low=1.0, high=10.0, distribution="lognormal",
        hard_min=1e-9, hard_max=1e9, unit="1", basis="judged", source_id="", rationale="",
        topics=(), label="",
    )  # fmt: skip
    drawn = row.quantile((np.arange(200_000) + 0.5) / 200_000)
    logs = np.log(drawn)
    return [logs.mean(), logs.std(), drawn.mean()]


CHECKS = (_costs, _power, _interval)
