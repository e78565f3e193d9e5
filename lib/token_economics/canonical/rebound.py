"""Canonical cases of rebound: J1, J5, J7, and the binding, effective-price and nesting cases."""

import numpy as np

from token_economics.canonical import CanonicalCase, made_by
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

LMDI = "Ang (2015) and M. Heun, LMDIR package, worked example"
MODEL = "Own derivation, market model"
IDENTITY = "Identity, price a tenth"


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


def _lmdi_cases() -> list[CanonicalCase]:
    years = lmdi_example()
    additive = (
        (69.79006598, -9.455125793, 39.66505981),
        (42.96021467, -34.31902656, 50.3588119),
        (54.01064234, -9.021284671, 54.01064234),
    )
    cases = [
        CanonicalCase(
            "J1",
            "LMDI-I, additive",
            LMDI,
            f"factor {factor + 1}, {1971 + start}–{1972 + start}",
            expected,
            float(lmdi_additive(years[start], years[start + 1])[factor]),
            1e-8,
        )
        for start, row in enumerate(additive)
        for factor, expected in enumerate(row)
    ]
    multiplicative = lmdi_multiplicative(years[0], years[1])
    expected_ratios = (1.761117821, 0.926191306, 1.379410116)
    return cases + [
        CanonicalCase(
            "J1",
            "LMDI-I, multiplicative",
            LMDI,
            f"factor {factor + 1}, 1971–1972",
            expected,
            float(multiplicative[factor]),
            1e-8,
        )
        for factor, expected in enumerate(expected_ratios)
    ]


def _price_cut_cases() -> list[CanonicalCase]:
    cases = [
        CanonicalCase(
            "J5",
            "Rebound identity",
            IDENTITY,
            f"spend, elasticity {elasticity}",
            expected,
            float(spend_response(0.1, elasticity)),
            5e-3 if elasticity == -1.7 else 5e-4,
        )
        for elasticity, expected in ((-0.5, 0.316), (-1.0, 1.0), (-1.11, 1.288), (-1.7, 5.01))
    ]
    light = "Fouquet and Pearson, UK light 1800–2000"
    arc = float(arc_elasticity(40000.0, 1 / 3000))
    vendor = float(unit_value_arc_elasticity(2.21, 1.0 - 0.148))
    return [
        *cases,
        CanonicalCase("J7", "Crude arc elasticity", light, "arc", -1.32, arc, 5e-3),
        CanonicalCase(
            "1.10", "Unit-value arc", "OpenRouter event study", "vendor", -0.83, vendor, 5e-3
        ),
    ]


def _binding_cases() -> list[CanonicalCase]:
    cases = []
    for elasticity, compute, token in (
        (-0.5, 0.5, 0.25),
        (-1.0, 1.0, 0.5),
        (-2.0, 1.414214, 0.707107),
    ):
        response = bound_response(
            demand_shift=0.0,
            capacity_growth=0.0,
            efficiency_growth=float(np.log(2.0)),
            own_price_elasticity=elasticity,
        )
        cases += [
            CanonicalCase(
                "M1",
                "Efficiency doubles, compute binds",
                MODEL,
                f"{name} price ratio, elasticity {elasticity}",
                expected,
                float(np.exp(computed)),
                1e-6,
            )
            for name, expected, computed in (
                ("compute", compute, response.compute_price),
                ("token", token, response.token_price),
            )
        ]
    shortage = bound_response(
        demand_shift=0.0,
        capacity_growth=float(np.log(0.1)),
        efficiency_growth=0.0,
        own_price_elasticity=-0.3,
    )
    price = float(np.exp(shortage.token_price))
    method = "Constant elasticity under shortage"
    return [*cases, CanonicalCase("1.4", method, MODEL, "price ratio", 2154.0, price, 0.5)]


def _effective_price_cases() -> list[CanonicalCase]:
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
    written = price(300 / 301, 0.9, 0.25)
    rows = (
        ("3:1 blend", 10.0, listed, 1e-12),
        ("300:1 with cache", 1.03, metered, 5e-3),
        ("blend over metered", 9.71, listed / metered, 5e-3),
        ("300:1, cache writes charged", 1.15, written, 5e-3),
    )
    return [
        CanonicalCase("1.8", "Effective price", MODEL, quantity, expected, computed, tolerance)
        for quantity, expected, computed, tolerance in rows
    ]


def _nesting_cases() -> list[CanonicalCase]:
    def variance_ratio(share: float) -> float:
        return float(
            market_elasticity_posterior(
                own_price_elasticity=float(
                    own_elasticity(substitution=3.0, share=share, market_elasticity=-0.5)
                ),
                standard_error=0.0,
                share=share,
                market_mean=-0.7,
                market_deviation=0.25,
                substitution_mean=2.0,
                substitution_deviation=1.0,
            ).variance_ratio
        )

    small = own_elasticity(substitution=3.0, share=0.006, market_elasticity=-0.5)
    whole = own_elasticity(substitution=3.0, share=1.0, market_elasticity=-0.5)
    method = "Nested CES, own elasticity"
    return [
        CanonicalCase("5.4", method, MODEL, "share 0.6 %", -2.985, float(small), 5e-4),
        CanonicalCase("5.4", method, MODEL, "whole market", -0.5, float(whole), 1e-12),
        CanonicalCase(
            "5.4", method, MODEL, "variance ratio, share 0.6 %", 1.0, variance_ratio(0.006), 0.05
        ),
        CanonicalCase(
            "5.4", method, MODEL, "variance ratio, whole market", 0.0, variance_ratio(1.0), 1e-12
        ),
    ]


def _lmdi_property_cases() -> list[CanonicalCase]:
    """What makes the index fit for use: nothing left over, the same backwards, zeros allowed."""
    years = lmdi_example()
    method, source = "LMDI-I, properties", "Ang, Zhang and Choi (1998)"
    total = years.prod(axis=-1).sum(axis=-1)
    forward, backward = lmdi_additive(years[0], years[3]), lmdi_additive(years[3], years[0])
    ratio = float(np.prod(lmdi_multiplicative(years[0], years[3])))
    swapped = lmdi_additive(years[0][:, ::-1], years[3][:, ::-1])[::-1]
    appears = years[0].copy()
    appears[1, 0] = 0.0
    change = float(years[0].prod(axis=-1).sum() - appears.prod(axis=-1).sum())
    rows = (
        (
            "additive residual, 1971\N{EN DASH}1974",
            0.0,
            float(forward.sum() - (total[3] - total[0])),
        ),
        ("multiplicative residual, 1971\N{EN DASH}1974", 1.0, ratio / float(total[3] / total[0])),
        ("forward plus backward", 0.0, float(np.abs(forward + backward).max())),
        ("order of the factors", 0.0, float(np.abs(swapped - forward).max())),
        ("a sector appears: residual", 0.0, float(lmdi_additive(appears, years[0]).sum() - change)),
    )
    return [
        CanonicalCase("J1", method, source, quantity, expected, computed, 1e-10)
        for quantity, expected, computed in rows
    ]


def _adoption_cases() -> list[CanonicalCase]:
    """Rebound under a ceiling of compute: both ends of the path in closed form."""
    given = {
        "efficiency_gain": float(np.log(2.0)),
        "intensive_elasticity": 0.5,
        "adoption_elasticity": 1.0,
    }
    path = np.exp(bound_path(**given, adjustment=0.2, periods=400).rent)
    end = float(np.exp(bound_long_run(**given)))
    method = "Rebound with adoption lag, compute binds"
    return [
        CanonicalCase("M1", method, MODEL, "rent ratio at once, elasticity -0.5", 0.5, float(path[0]), 1e-9),
        CanonicalCase("M1", method, MODEL, "rent ratio in the end, elasticity -1.5", 2.0 ** (1 / 3), end, 1e-9),
        CanonicalCase("M1", method, MODEL, "simulated end over closed form", 1.0, float(path[-1]) / end, 1e-9),
    ]  # fmt: skip


def _bounds_from_a_cut_cases() -> list[CanonicalCase]:
    """What the cut of a model with a small share says of the market's elasticity."""
    bounds = market_elasticity_bounds(
        own_price_elasticity=float(
            own_elasticity(substitution=3.0, share=0.006, market_elasticity=-0.5)
        ),
        share=0.006,
        substitution_low=1.0,
        substitution_high=4.0,
    )
    method = "Nested CES, cut of one model"
    return [
        CanonicalCase("5.4", method, MODEL, "least market response it allows", 0.0, float(bounds.high), 1e-12),
        CanonicalCase("5.4", method, MODEL, "largest market response it allows", -2.985, float(bounds.low), 5e-4),
    ]  # fmt: skip


def canonical_cases() -> list[CanonicalCase]:
    """Every published or worked number that the rebound methods must give."""
    return made_by(CHECKS)


CHECKS = (
    _lmdi_cases,
    _lmdi_property_cases,
    _price_cut_cases,
    _binding_cases,
    _effective_price_cases,
    _nesting_cases,
    _bounds_from_a_cut_cases,
    _adoption_cases,
)
