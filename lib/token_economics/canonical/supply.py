"""Supply: annuities and economic lives, power as a stock, intervals to distributions."""

from __future__ import annotations

import numpy as np

from token_economics.book.assumption import Assumption
from token_economics.canonical import CanonicalCase, made_by
from token_economics.models import supply

SHEET = "Own derivation, cost and life of an accelerator"
STOCK = "Own derivation, power as a stock"
LOGNORMAL = "Lognormal through a 90 % interval (closed form)"


def canonical_cases() -> list[CanonicalCase]:
    """Cases of the supply model and of the book's distributions."""
    return made_by(CHECKS)


def _costs() -> list[CanonicalCase]:
    annuity = {
        (n, fall): float(
            supply.declining_annuity_years(
                discount_rate=0.10, rent_decline_per_year=fall, lifetime_years=n
            )
        )
        for n, fall in ((5, 0.0), (8, 0.0), (1e6, 0.25))
    }
    cost = {
        n: float(
            supply.user_cost(
                price_usd=30600.0,
                avoidable_cost_usd_per_hour=0.17,
                discount_rate=0.10,
                rent_decline_per_year=0.25,
                lifetime_years=n,
            )
        )
        for n in (5, 8)
    }
    life = {
        rent: float(
            supply.economic_life_years(
                rent_usd_per_hour=rent,
                avoidable_cost_usd_per_hour=0.24,
                rent_decline_per_year=0.25,
            )
        )
        for rent in (1.0, 2.4)
    }
    return [
        CanonicalCase("8", "annuity of a falling rent, years", SHEET, "10 %, 5 years, no fall", 3.977316, annuity[5, 0.0], 5e-6),
        CanonicalCase("8", "annuity of a falling rent, years", SHEET, "10 %, 8 years, no fall", 5.59744, annuity[8, 0.0], 5e-6),
        CanonicalCase("8", "annuity of a falling rent, years", SHEET, "10 %, fall of 0.25, endless life", 2.895947, annuity[1e6, 0.25], 5e-6),
        CanonicalCase("8", "user cost of an H100e-hour, USD", SHEET, "life of 5 years", 1.63623, cost[5], 5e-5),
        CanonicalCase("8", "user cost of an H100e-hour, USD", SHEET, "life of 8 years", 1.45663, cost[8], 5e-5),
        CanonicalCase("1.16", "economic life, years", SHEET, "rent 1.0 USD", 5.7, life[1.0], 0.05),
        CanonicalCase("1.16", "economic life, years", SHEET, "rent 2.4 USD", 9.2, life[2.4], 0.05),
    ]  # fmt: skip


def additions_under_power_m3() -> list[float]:
    """Additions that a power stock of 20, 22, 24 GW allows a fleet of 15 GW that retires 1.2 GW."""
    draw_gw, kw_new, added = 15.0, 0.84, []
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


def _power() -> list[CanonicalCase]:
    expected = (7.3810, 3.8095, 3.8095)
    return [
        CanonicalCase("M3", "additions under a power stock, million H100e", STOCK, f"quarter {t}",
                      wanted, computed, 5e-5)
        for t, (wanted, computed) in enumerate(zip(expected, additions_under_power_m3(), strict=True), 1)
    ]  # fmt: skip


def _interval() -> list[CanonicalCase]:
    row = Assumption(
        name="example", value=10**0.5, low=1.0, high=10.0, distribution="lognormal",
        hard_min=1e-9, hard_max=1e9, unit="1", basis="judged", source_id="", rationale="",
        topics=(), label="",
    )  # fmt: skip
    probability = (np.arange(200_000) + 0.5) / 200_000
    drawn = row.quantile(probability)
    logs = np.log(drawn)
    return [
        CanonicalCase("U6", "interval to lognormal, 90 % from 1 to 10", LOGNORMAL, "mean of logs",
                      1.151293, float(logs.mean()), 1e-5),
        CanonicalCase("U6", "interval to lognormal, 90 % from 1 to 10", LOGNORMAL, "deviation of logs",
                      0.699936, float(logs.std()), 1e-4),
        CanonicalCase("U6", "interval to lognormal, 90 % from 1 to 10", LOGNORMAL, "mean",
                      4.0400, float(drawn.mean()), 1e-3),
    ]  # fmt: skip


CHECKS = (
    _costs,
    _power,
    _interval,
)
