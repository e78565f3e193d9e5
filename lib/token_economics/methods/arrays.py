"""Arrays of numbers, as every method and model takes and gives them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Numbers = float | FloatArray


def floats(values: object) -> FloatArray:
    """Numbers of any kind as an array of floats. [unit of the values]

    Examples
    --------
    >>> print(floats([1, 2]), floats(3))
    [1. 2.] 3.0
    """
    return np.asarray(values, dtype=np.float64)
