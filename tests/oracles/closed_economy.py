"""Volumes of the goods of a closed economy, from its shares."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from token_economics.models.welfare import Closure

FloatArray = NDArray[np.float64]


def sector_volumes(
    economy: Closure, *, base_share: ArrayLike, unit_cost: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """New over old volume of the cheap good and of the rest. [1]"""
    cheap = economy.nominal_gdp * economy.share / np.multiply(base_share, unit_cost)
    rest = economy.nominal_gdp * (1.0 - economy.share) / (1.0 - np.asarray(base_share))
    return np.asarray(cheap), np.asarray(rest)
