r"""Rebound that takes time: users and uses answer price slowly, and compute has a ceiling.

At given users and uses, tokens answer price with elasticity -e. Users and uses answer too, with
-x in the long run. While the price stands still they close a share κ of the gap each period; the
price moves with them, and both do so all the time, not by steps:

.. math:: \frac{d \ln a}{dt} = \ln\frac{1}{1-\kappa}\,(-x \ln p - \ln a), \qquad
   \ln Q = \ln a - e \ln p

Everything is in logs relative to a path without the change. With idle compute an efficiency gain g
sets the price, p = -g. With full compute it sets the quantity, Q = g, and the price clears.

References: generalised Bass, Bass, Krishnan and Jain, Marketing Science 13 (1994), for adoption
that answers price; Sorrell and Dimitropoulos, Ecological Economics 65 (2008), for rebound.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from token_economics.methods.arrays import FloatArray, floats


def adjustment_share(half_life: ArrayLike, periods_per_year: float) -> FloatArray:
    r"""Share of a gap closed in a period, :math:`\kappa = 1 - 2^{-1/(n h)}`. [1]

    Parameters
    ----------
    half_life
        Time in which half of the gap closes. [years]
    periods_per_year
        Periods in a year.

    Examples
    --------
    A half-life of two years is eight quarters:

    >>> share = adjustment_share(2.0, periods_per_year=4)
    >>> print(share.round(4), ((1 - share) ** 8).round(4))
    0.083 0.5
    """
    return floats(-np.expm1(-np.log(2.0) / (floats(half_life) * periods_per_year)))


class ReboundPath(NamedTuple):
    """Log deviations by period (axis 0) from the path without the efficiency gain."""

    adoption: FloatArray
    token_price: FloatArray
    tokens: FloatArray
    rent: FloatArray
    spend: FloatArray


def bound_path(
    *,
    efficiency_gain: ArrayLike,
    intensive_elasticity: ArrayLike,
    adoption_elasticity: ArrayLike,
    adjustment: ArrayLike,
    periods: int,
) -> ReboundPath:
    r"""An efficiency gain while compute is fully used: tokens rise at once, the price must clear.

    .. math:: \ln a_t = \frac{x g}{e+x}\,[1 - (1-\kappa)^{t(1+x/e)}], \quad
       \ln p_t = (\ln a_t - g)/e, \quad \ln w_t = \ln p_t + g

    At first the rent of compute moves by :math:`g(e-1)/e`; as users and uses follow the cheaper
    token it climbs to :math:`g(e+x-1)/(e+x)`, never past it. Spending moves as the rent does.

    Parameters
    ----------
    efficiency_gain
        Log gain of tokens per unit of compute, once, g. [log]
    intensive_elasticity, adoption_elasticity
        Sizes e and x of the two responses. [1]
    adjustment
        Share κ of the gap that closes each period. [1]
    periods
        Periods after the gain; period 0 is the gain itself.

    Examples
    --------
    Tokens per unit of compute double. At an elasticity of -0.5 the rent halves at once; users and
    uses then follow, and it ends above where it began (-1.5 in the long run):

    >>> path = bound_path(
    ...     efficiency_gain=np.log(2),
    ...     intensive_elasticity=0.5,
    ...     adoption_elasticity=1.0,
    ...     adjustment=0.2,
    ...     periods=40,
    ... )
    >>> print(np.exp(path.rent[[0, -1]]).round(2))
    [0.5  1.26]
    """
    gain, strength, reach, share = np.broadcast_arrays(
        floats(efficiency_gain),
        floats(intensive_elasticity),
        floats(adoption_elasticity),
        floats(adjustment),
    )
    time = np.arange(periods + 1).reshape(-1, *[1] * gain.ndim)
    left = (1.0 - share) ** (time * (1.0 + reach / strength))
    adoption = floats(reach * gain / (strength + reach) * (1.0 - left))
    price = floats((adoption - gain) / strength)
    return ReboundPath(
        adoption, price, np.broadcast_to(gain, price.shape), price + gain, price + gain
    )


def slack_path(
    *,
    efficiency_gain: ArrayLike,
    intensive_elasticity: ArrayLike,
    adoption_elasticity: ArrayLike,
    adjustment: ArrayLike,
    periods: int,
) -> ReboundPath:
    r"""The same gain while compute stands idle: the price falls by the gain, tokens follow.

    .. math:: \ln p = -g, \quad \ln a_t = x g\,[1 - (1-\kappa)^t], \quad
       \ln Q_t = \ln a_t + e g

    The rent stays at avoidable cost. Spending moves by :math:`(e-1)g` at once and
    :math:`(e+x-1)g` in the end. [log]
    """
    gain, strength, reach, share = np.broadcast_arrays(
        floats(efficiency_gain),
        floats(intensive_elasticity),
        floats(adoption_elasticity),
        floats(adjustment),
    )
    time = np.arange(periods + 1).reshape(-1, *[1] * gain.ndim)
    adoption = floats(reach * gain * (1.0 - (1.0 - share) ** time))
    price = np.broadcast_to(-gain, adoption.shape)
    tokens = adoption + strength * gain
    return ReboundPath(
        adoption, floats(price), tokens, np.zeros_like(adoption), floats(tokens + price)
    )


def bound_long_run(
    *, efficiency_gain: ArrayLike, intensive_elasticity: ArrayLike, adoption_elasticity: ArrayLike
) -> FloatArray:
    r"""Rent and spending in the end, compute full: :math:`g\,(e+x-1)/(e+x)`. [log]"""
    total = floats(intensive_elasticity) + floats(adoption_elasticity)
    return floats(floats(efficiency_gain) * (total - 1.0) / total)
