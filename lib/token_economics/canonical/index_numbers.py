"""Price indexes of the manual's goods (G1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from token_economics.methods.arrays import FloatArray
from token_economics.methods.prices.index_numbers import (
    fisher,
    fixed_base_index,
    laspeyres,
    paasche,
    walsh,
)


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


def _formula_cases() -> list[ArrayLike]:
    goods = {"prices": manual_prices(), "quantities": manual_quantities()}
    formulas = (laspeyres, paasche, fisher, walsh)
    return [fixed_base_index(formula, **goods)[1:] for formula in formulas]


CHECKS = (_formula_cases,)
