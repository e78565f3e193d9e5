"""Exponential, logarithm and normal distribution as plain arithmetic, and sums over rows.

The mathematical library works number by number. This arithmetic is laid out in vectors, several
numbers at a time, and gives the same bits on every machine. Each loop touches few arrays, because a
compiler checks them against each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from token_economics.methods.arrays import FloatArray

_ROUND = 6755399441055744.0  # 1.5 * 2^52: added and taken off, it leaves a whole number
_MANTISSA, _BIAS, _TWO_TO_52 = np.uint64(52), np.uint64(1023), np.uint64(0x4330000000000000)
_FROM_ROOT_HALF = np.uint64(0x3FF0000000000000 - 0x3FE6A09E667F3BCD)
_EXP = 1 / np.array([6227020800, 479001600, 39916800, 3628800, 362880, 40320, 5040, 720, 120, 24, 6,
                     2, 1, 1])  # fmt: skip
_LOG = np.array([  # fdlibm (Sun, 1993)
    1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01,
    2.222219843214978396e-01, 2.857142874366239149e-01, 3.999999999940941908e-01,
    6.666666666666735130e-01,
])  # fmt: skip
_TAIL = np.array([  # (1 + 2x) exp(x^2) erfc(x) in (x - 3.75)/(x + 3.75); to 1e-14
    3.1114333809799254e-10, -2.623107347133476e-09, -3.744210080962018e-09, 3.197926671666804e-08,
    2.3263508708859124e-08, -2.4857126248016745e-07, -5.7218230603224086e-08,
    1.7419821586224816e-06, -9.73559896736775e-07, -1.1438048033346894e-05, 2.238423915508223e-05,
    5.164652974177416e-05, -0.0002901540805408417, 0.000293714378044958, 0.0017556258528952954,
    -0.009746579683265262, 0.028362277418956406, -0.05869339857664934, 0.09230432116037748,
    -0.10880393014244462, 0.0822767384901452, 0.0035854154854790257, -0.14024059858554697,
    1.2375126308378275,
])  # fmt: skip


compiled = njit(error_model="numpy")
inlined = njit(forceinline=True, error_model="numpy")


@intrinsic
def _bits(_: Any, number: Any) -> Any:
    """The bits of a float as a whole number."""

    def generate(_: Any, builder: Any, __: Any, given: Any) -> Any:
        return builder.bitcast(given[0], ir.IntType(64))

    return types.uint64(types.float64), generate


@intrinsic
def _float(_: Any, bits: Any) -> Any:
    """The float that has these bits."""

    def generate(_: Any, builder: Any, __: Any, given: Any) -> Any:
        return builder.bitcast(given[0], ir.DoubleType())

    return types.float64(types.uint64), generate


@inlined
def exp(x: float) -> float:
    """Exponential of ``x``, held between those of -700 and 700. [1]

    Examples
    --------
    >>> print(round(exp(1.0), 12), round(log(exp(0.25)), 12))
    2.718281828459 0.25
    """
    above = -700.0 if x < -700.0 else x
    held = 700.0 if above > 700.0 else above
    rounded = held * 1.4426950408889634 + _ROUND
    n = rounded - _ROUND
    r = held - n * 0.693145751953125 - n * 1.42860682030941723212e-6
    p = _EXP[0]
    for i in range(1, 14):
        p = p * r + _EXP[i]
    return p * _float((_bits(rounded) + _BIAS) << _MANTISSA)


@inlined
def log(x: float) -> float:
    """Natural logarithm of ``x`` from 1e-300 on; of a smaller one, that of 1e-300. [1]"""
    bits = _bits(1e-300 if x < 1e-300 else x)
    k = (bits + _FROM_ROOT_HALF) >> _MANTISSA
    f = _float(bits - ((k - _BIAS) << _MANTISSA)) - 1.0
    exponent = _float(k | _TWO_TO_52) - 4503599627371519.0
    s = f / (2.0 + f)
    z = s * s
    p = _LOG[0]
    for i in range(1, 7):
        p = p * z + _LOG[i]
    half = 0.5 * f * f
    small = s * (half + z * p) + exponent * 1.90821492927058770002e-10
    return exponent * 6.93147180369123816490e-01 - ((half - small) - f) + (x - x)


@inlined
def share_done(u: float, bell: float) -> float:
    r"""Standard normal distribution of u, where ``bell`` is :math:`e^{-u^2/2}`. [share]

    The tail is the bell times a polynomial (Shepherd and Laframboise, 1981).
    """
    x = abs(u) * 0.7071067811865476
    t = (x - 3.75) / (x + 3.75)
    p = _TAIL[0]
    for i in range(1, 24):
        p = p * t + _TAIL[i]
    tail = 0.5 * bell * p / (1.0 + 2.0 * x)
    return 1.0 - tail if u > 0 else tail


@compiled
def copy(n: int, to: FloatArray, values: FloatArray) -> None:
    """Write the first ``n`` values of a row to another. [any unit]"""
    for j in range(n):
        to[j] = values[j]


@compiled
def set_all(n: int, to: FloatArray, value: float) -> None:
    """Write one value to the first ``n`` places of a row. [any unit]"""
    for j in range(n):
        to[j] = value


@compiled
def take_off(n: int, sums: FloatArray, parts: FloatArray) -> None:
    """Take the first ``n`` parts off the sums. [any unit]"""
    for j in range(n):
        sums[j] -= parts[j]


@compiled
def add(n: int, sums: FloatArray, parts: FloatArray) -> None:
    """Add the first ``n`` parts to the sums. [any unit]"""
    for j in range(n):
        sums[j] += parts[j]


@compiled
def add_products(n: int, sums: FloatArray, one: FloatArray, other: FloatArray) -> None:
    """Add the first ``n`` products of ``one`` row and an ``other`` to the sums. [any unit]"""
    for j in range(n):
        sums[j] += one[j] * other[j]
