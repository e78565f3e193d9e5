"""Rebound: J1, J5, J7, and the binding, effective-price and nesting cases."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from token_economics.methods.arrays import FloatArray
from token_economics.methods.nested_demand import (
    market_elasticity_bounds,
    market_elasticity_posterior,
    own_elasticity,
)
from token_economics.models.adoption_rebound import bound_long_run, bound_path
from token_economics.models.rebound import (
    arc_elasticity,
    bound_response,
    effective_price,
    lmdi_additive,
    lmdi_multiplicative,
    spend_response,
    unit_value_arc_elasticity,
)

SMALL_SHARE = 0.006


def lmdi_example() -> FloatArray:
    """Four years (1971–1974) of two sectors with three factors, from LMDIR."""
    return np.array(
        [
            [[1, 10, 2], [4, 5, 3]],
            [[4, 5, 3], [5, 6, 4]],
            [[8, 2, 4], [5, 7, 5]],
            [[10, 1, 5], [6, 8, 6]],
        ],
        dtype=np.float64,
    )


def _lmdi_cases() -> list[ArrayLike]:
    years = lmdi_example()
    additive = [lmdi_additive(years[start], years[start + 1]) for start in range(3)]
    return [*additive, lmdi_multiplicative(years[0], years[1])]


def _lmdi_property_cases() -> list[ArrayLike]:
    """What makes the index fit for use: nothing left over, the same backwards, zeros allowed."""
    years = lmdi_example()
    total = years.prod(axis=-1).sum(axis=-1)
    forward, backward = lmdi_additive(years[0], years[3]), lmdi_additive(years[3], years[0])
    ratio = float(np.prod(lmdi_multiplicative(years[0], years[3])))
    swapped = lmdi_additive(years[0][:, ::-1], years[3][:, ::-1])[::-1]
    appears = years[0].copy()
    appears[1, 0] = 0.0
    change = float(years[0].prod(axis=-1).sum() - appears.prod(axis=-1).sum())
    return [
        forward.sum() - (total[3] - total[0]),
        ratio / float(total[3] / total[0]),
        np.abs(forward + backward).max(),
        np.abs(swapped - forward).max(),
        lmdi_additive(appears, years[0]).sum() - change,
    ]


def _price_cut_cases() -> list[ArrayLike]:
    """Spending when the price falls to a tenth; the crude arc of light; the vendor's arc."""
    spends = [spend_response(0.1, elasticity) for elasticity in (-0.5, -1.0, -1.11, -1.7)]
    light = arc_elasticity(40000.0, 1 / 3000)
    return [*spends, light, unit_value_arc_elasticity(2.21, 1.0 - 0.148)]


def _binding_cases() -> list[ArrayLike]:
    """Price ratios of compute and of tokens as efficiency doubles, and of tokens in a shortage."""
    found: list[ArrayLike] = []
    for elasticity in (-0.5, -1.0, -2.0):
        response = bound_response(
            demand_shift=0.0,
            capacity_growth=0.0,
            efficiency_growth=float(np.log(2.0)),
            own_price_elasticity=elasticity,
        )
        found += [np.exp(response.compute_price), np.exp(response.token_price)]
    shortage = bound_response(
        demand_shift=0.0,
        capacity_growth=float(np.log(0.1)),
        efficiency_growth=0.0,
        own_price_elasticity=-0.3,
    )
    return [*found, np.exp(shortage.token_price)]


def _effective_price_cases() -> list[ArrayLike]:
    def price(input_share: float, cache_hit_share: float, cache_write_premium: float) -> float:
        return float(
            effective_price(
                input_price=5.0,
                output_price=25.0,
                input_share=input_share,
                cache_hit_share=cache_hit_share,
                cached_price_ratio=0.1,
                cache_write_premium=cache_write_premium,
            )
        )

    listed, metered = price(3 / 4, 0.0, 0.0), price(300 / 301, 0.9, 0.0)
    return [listed, metered, listed / metered, price(300 / 301, 0.9, 0.25)]


def _nesting_cases() -> list[ArrayLike]:
    """Own elasticity of a small share and of the whole market, and what each tells of the market's."""

    def own(share: float) -> float:
        return float(own_elasticity(substitution=3.0, share=share, market_elasticity=-0.5))

    ratios = [
        market_elasticity_posterior(
            own_price_elasticity=own(share),
            standard_error=0.0,
            share=share,
            market_mean=-0.7,
            market_deviation=0.25,
            substitution_mean=2.0,
            substitution_deviation=1.0,
        ).variance_ratio
        for share in (SMALL_SHARE, 1.0)
    ]
    return [own(SMALL_SHARE), own(1.0), *ratios]


def _bounds_from_a_cut_cases() -> list[ArrayLike]:
    """What the cut of a model with a small share says of the market's elasticity."""
    own = own_elasticity(substitution=3.0, share=SMALL_SHARE, market_elasticity=-0.5)
    bounds = market_elasticity_bounds(
        own_price_elasticity=float(own),
        share=SMALL_SHARE,
        substitution_low=1.0,
        substitution_high=4.0,
    )
    return [bounds.high, bounds.low]


def _adoption_cases() -> list[ArrayLike]:
    """Rebound under a ceiling of compute: both ends of the path in closed form."""
    given = {
        "efficiency_gain": float(np.log(2.0)),
        "intensive_elasticity": 0.5,
        "adoption_elasticity": 1.0,
    }
    path = np.exp(bound_path(**given, adjustment=0.2, periods=400).rent)
    end = np.exp(bound_long_run(**given))
    return [path[0], end, path[-1] / end]


CHECKS = (
    _lmdi_cases, _lmdi_property_cases, _price_cut_cases, _binding_cases, _effective_price_cases,
    _nesting_cases, _bounds_from_a_cut_cases, _adoption_cases,
)  # fmt: skip
