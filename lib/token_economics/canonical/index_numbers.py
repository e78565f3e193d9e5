"""Canonical cases of the index numbers: G1."""

import numpy as np

from token_economics.canonical import CanonicalCase, made_by
from token_economics.methods.arrays import FloatArray
from token_economics.methods.index_numbers import (
    PriceIndex,
    fisher,
    fixed_base_index,
    laspeyres,
    paasche,
)

MANUAL = (
    "gpindex package (price6, quantity6), after IMF and others, "
    "Producer Price Index Manual (2004), tables 19.1 and 19.2"
)
GPINDEX = "S. Martin, gpindex package, price6 and quantity6 examples"
KORINEK_MCKELVEY = "Korinek and McKelvey, PIIE Working Paper 26-9 (2026), AI spending 2024 to 2025"


def manual_prices() -> FloatArray:
    """Prices of six goods in five periods, from the manual. [money]"""
    return np.array(
        [
            [1, 1, 1, 1, 1, 1],
            [1.2, 3, 1.3, 0.7, 1.4, 0.8],
            [1, 1, 1.5, 0.5, 1.7, 0.6],
            [0.8, 0.5, 1.6, 0.3, 1.9, 0.4],
            [1, 1, 1.6, 0.1, 2, 0.2],
        ]
    )


def manual_quantities() -> FloatArray:
    """Quantities of six goods in five periods, from the manual. [units]"""
    return np.array(
        [
            [1, 1, 2, 1, 4.5, 0.5],
            [0.8, 0.9, 1.9, 1.3, 4.7, 0.6],
            [1, 1.1, 1.8, 3, 5, 0.8],
            [1.2, 1.2, 1.9, 6, 5.6, 1.3],
            [0.9, 1.2, 2, 12, 6.5, 2.5],
        ]
    )


def _fixed_base_cases(
    name: str, formula: PriceIndex, expected: tuple[float, ...]
) -> list[CanonicalCase]:
    computed = fixed_base_index(formula, prices=manual_prices(), quantities=manual_quantities())
    return [
        CanonicalCase(
            "G1",
            f"{name} price index",
            MANUAL,
            f"period {period}",
            value,
            float(ours),
            5e-5,
        )
        for period, value, ours in zip(range(2, 6), expected, computed[1:], strict=True)
    ]


def _formula_cases() -> list[CanonicalCase]:
    return [
        *_fixed_base_cases("Laspeyres", laspeyres, (1.4200, 1.3450, 1.3550, 1.4400)),
        *_fixed_base_cases("Paasche", paasche, (1.3824, 1.2031, 1.0209, 0.7968)),
        *_fixed_base_cases("Fisher", fisher, (1.4011, 1.2721, 1.1762, 1.0712)),
    ]


def canonical_cases() -> list[CanonicalCase]:
    """Every published or worked number that the index formulas must give."""
    return made_by(CHECKS)


CHECKS = (_formula_cases,)
