"""Price and quantity indexes: the same data, several answers.

A price index compares the cost of a basket at two dates. The formulas differ in whose basket: the
old one (Laspeyres), the new one (Paasche), or a mean of both (Fisher, Törnqvist, Walsh). They agree
when prices move together and part company when one price collapses, which is the case of tokens.

Every formula takes the four arrays ``base_prices``, ``prices``, ``base_quantities``,
``quantities`` with goods on the last axis; leading axes broadcast. A good without a positive price
or without a quantity at either date is left out of that comparison (matched goods only). Exchange
prices and quantities to obtain the quantity index.

References: IMF and others, *Producer Price Index Manual* (2004), chapters 15, 16 and 19;
W. E. Diewert, "Exact and superlative index numbers", Journal of Econometrics 4 (1976).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol, TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike

from token_economics.methods.arrays import FloatArray, floats


class Basket(TypedDict):
    """Prices and quantities at two dates, goods on the last axis."""

    base_prices: ArrayLike
    prices: ArrayLike
    base_quantities: ArrayLike
    quantities: ArrayLike


class PriceIndex(Protocol):
    """A bilateral price index formula."""

    def __call__(self, **basket: Unpack[Basket]) -> FloatArray:
        """Price level at the later date, as a multiple of the base date. [1]"""
        ...


class _Matched(NamedTuple):
    relatives: FloatArray
    base_shares: FloatArray
    shares: FloatArray


def expenditure_shares(values: ArrayLike) -> FloatArray:
    """Share of each good in total spending, goods on the last axis. [1]

    ``values`` is spending. [money]
    """
    spending = floats(values)
    return floats(spending / spending.sum(axis=-1, keepdims=True))


def _matched(
    base_prices: ArrayLike, prices: ArrayLike, base_quantities: ArrayLike, quantities: ArrayLike
) -> _Matched:
    """Price relatives and spending shares over the goods that both dates have."""
    given = (base_prices, prices, base_quantities, quantities)
    p0, p1, q0, q1 = np.broadcast_arrays(*(floats(array) for array in given))
    both = (p0 > 0) & (p1 > 0) & np.isfinite(q0) & np.isfinite(q1)
    base_price, price = np.where(both, p0, 1.0), np.where(both, p1, 1.0)
    return _Matched(
        relatives=price / base_price,
        base_shares=expenditure_shares(base_price * np.where(both, q0, 0.0)),
        shares=expenditure_shares(price * np.where(both, q1, 0.0)),
    )


def share_laspeyres(*, relatives: ArrayLike, base_shares: ArrayLike) -> FloatArray:
    r"""Mean of the relatives weighted by old shares, :math:`\sum_i s_i^0 x_i`. [1]"""
    return floats(np.sum(np.multiply(base_shares, relatives), axis=-1))


def share_paasche(*, relatives: ArrayLike, shares: ArrayLike) -> FloatArray:
    r"""Harmonic mean of the relatives, new shares, :math:`1/\sum_i s_i^1 / x_i`. [1]"""
    return floats(1.0 / np.sum(np.divide(shares, relatives), axis=-1))


def share_fisher(*, relatives: ArrayLike, base_shares: ArrayLike, shares: ArrayLike) -> FloatArray:
    r"""Geometric mean of Laspeyres and Paasche, :math:`\sqrt{LP}`. [1]"""
    laspeyres_index = share_laspeyres(relatives=relatives, base_shares=base_shares)
    paasche_index = share_paasche(relatives=relatives, shares=shares)
    return floats(np.sqrt(laspeyres_index * paasche_index))


def share_tornqvist(
    *, relatives: ArrayLike, base_shares: ArrayLike, shares: ArrayLike
) -> FloatArray:
    r"""Geometric mean of the relatives, :math:`\exp\sum_i \tfrac12(s_i^0+s_i^1)\ln x_i`. [1]"""
    mean_shares = 0.5 * np.add(base_shares, shares)
    mean_log = np.sum(mean_shares * np.log(relatives), axis=-1)
    return floats(np.exp(mean_log))


def share_walsh(*, relatives: ArrayLike, base_shares: ArrayLike, shares: ArrayLike) -> FloatArray:
    r"""Cost of the geometric mean of both baskets, old and new prices. [1]

    .. math:: \sum_i \sqrt{s_i^0 s_i^1 x_i} \Big/ \sum_i \sqrt{s_i^0 s_i^1 / x_i}
    """
    both = np.sqrt(np.multiply(base_shares, shares))
    root = np.sqrt(relatives)
    return floats(np.sum(both * root, axis=-1) / np.sum(both / root, axis=-1))


def index_by_formula(
    *, relatives: ArrayLike, base_shares: ArrayLike, shares: ArrayLike
) -> dict[str, FloatArray]:
    """The five indexes of the same relatives, which may be of prices or of quantities.

    Parameters
    ----------
    relatives
        New value over old value of each good, goods on the last axis. [1]
    base_shares, shares
        Spending shares at the old and at the new date. [1]

    Returns
    -------
    Index of each formula: ``laspeyres``, ``paasche``, ``fisher``, ``tornqvist``, ``walsh``. [1]
    """
    both = {"relatives": relatives, "base_shares": base_shares, "shares": shares}
    return {
        "laspeyres": share_laspeyres(relatives=relatives, base_shares=base_shares),
        "paasche": share_paasche(relatives=relatives, shares=shares),
        "fisher": share_fisher(**both),
        "tornqvist": share_tornqvist(**both),
        "walsh": share_walsh(**both),
    }


def laspeyres(**basket: Unpack[Basket]) -> FloatArray:
    r"""Cost of the old basket at new prices, :math:`\sum p^1q^0 / \sum p^0q^0`. [1]"""
    goods = _matched(**basket)
    return share_laspeyres(relatives=goods.relatives, base_shares=goods.base_shares)


def paasche(**basket: Unpack[Basket]) -> FloatArray:
    r"""Cost of the new basket against old prices, :math:`\sum p^1q^1 / \sum p^0q^1`. [1]"""
    goods = _matched(**basket)
    return share_paasche(relatives=goods.relatives, shares=goods.shares)


def fisher(**basket: Unpack[Basket]) -> FloatArray:
    """Geometric mean of Laspeyres and Paasche; the formula of the US accounts. [1]

    Examples
    --------
    Half of spending is on a good whose price falls to a quarter while its quantity rises fourfold:

    >>> basket = {
    ...     "base_prices": [1, 1],
    ...     "prices": [0.25, 1],
    ...     "base_quantities": [1, 1],
    ...     "quantities": [4, 1],
    ... }
    >>> print(laspeyres(**basket), paasche(**basket), fisher(**basket))
    0.625 0.4 0.5
    """
    return share_fisher(**_matched(**basket)._asdict())


def tornqvist(**basket: Unpack[Basket]) -> FloatArray:
    """Geometric mean of price relatives weighted by mean spending shares. [1]"""
    return share_tornqvist(**_matched(**basket)._asdict())


def walsh(**basket: Unpack[Basket]) -> FloatArray:
    r"""Cost of the mean basket, :math:`\sum p^1\sqrt{q^0q^1} / \sum p^0\sqrt{q^0q^1}`. [1]

    Walsh (1901); superlative, as Fisher and Törnqvist are (Diewert 1976).
    """
    return share_walsh(**_matched(**basket)._asdict())


FORMULAS: Mapping[str, PriceIndex] = MappingProxyType(
    {
        "laspeyres": laspeyres,
        "paasche": paasche,
        "fisher": fisher,
        "tornqvist": tornqvist,
        "walsh": walsh,
    }
)


def fixed_base_index(
    formula: PriceIndex, *, prices: ArrayLike, quantities: ArrayLike
) -> FloatArray:
    """Index of each period against the first; periods on axis 0, goods on axis 1. [1]"""
    price, quantity = floats(prices), floats(quantities)
    return formula(
        base_prices=price[:1],
        prices=price,
        base_quantities=quantity[:1],
        quantities=quantity,
    )


def chained_index(formula: PriceIndex, *, prices: ArrayLike, quantities: ArrayLike) -> FloatArray:
    """Product of the links between neighbouring periods, the first period being 1. [1]"""
    price, quantity = floats(prices), floats(quantities)
    links = formula(
        base_prices=price[:-1],
        prices=price[1:],
        base_quantities=quantity[:-1],
        quantities=quantity[1:],
    )
    return np.concatenate([[1.0], np.cumprod(links)])


def geks_index(formula: PriceIndex, *, prices: ArrayLike, quantities: ArrayLike) -> FloatArray:
    r"""Multilateral index that cannot drift, the first period being 1.

    .. math:: P_t = \prod_{s=1}^{T} \left(P_{1s}\,P_{st}\right)^{1/T}

    Every period serves once as the bridge between the first period and period t, so that the
    result does not depend on the path.

    Parameters
    ----------
    formula
        Bilateral index that satisfies time reversal: Fisher or Törnqvist.
    prices, quantities
        Periods on axis 0, goods on axis 1.

    Returns
    -------
    Price level of each period. [1]

    References
    ----------
    Gini (1931); Éltető and Köves (1964); Szulc (1964); for scanner data Ivancic, Diewert and Fox,
    Journal of Econometrics 161 (2011).
    """
    price, quantity = floats(prices), floats(quantities)
    bilateral = formula(
        base_prices=price[:, None],
        prices=price[None, :],
        base_quantities=quantity[:, None],
        quantities=quantity[None, :],
    )
    bridges = np.log(bilateral[:1].T) + np.log(bilateral)
    return floats(np.exp(np.mean(bridges, axis=0)))


def chain_drift(formula: PriceIndex, *, prices: ArrayLike, quantities: ArrayLike) -> FloatArray:
    """Chained index over the GEKS Fisher index, less one; zero means no drift. [1]

    Examples
    --------
    Prices fall by half and return, and buyers stock up at the low price: a chain does not return.

    >>> prices = np.array([[1.0, 1.0], [0.5, 1.0], [1.0, 1.0]])
    >>> quantities = np.array([[10.0, 10.0], [50.0, 10.0], [1.0, 10.0]])
    >>> print(chain_drift(fisher, prices=prices, quantities=quantities).round(2))
    [ 0.   -0.04 -0.08]
    """
    chained = chained_index(formula, prices=prices, quantities=quantities)
    drift_free = geks_index(fisher, prices=prices, quantities=quantities)
    return floats(chained / drift_free - 1.0)


def logarithmic_mean(a: ArrayLike, b: ArrayLike) -> FloatArray:
    """(a − b)/ln(a/b); a where the two are equal, 0 if either is 0. [unit of a]

    Examples
    --------
    Between the geometric and the arithmetic mean:

    >>> print(logarithmic_mean([1.0, 2.0], [4.0, 2.0]).round(3))
    [2.164 2.   ]
    """
    first, second = np.broadcast_arrays(_positive_or_nan(a), _positive_or_nan(b))
    log_ratio = np.log(first / second)
    level = log_ratio == 0.0
    mean = np.where(level, first, (first - second) / np.where(level, 1.0, log_ratio))
    return floats(np.nan_to_num(mean, nan=0.0))


def _positive_or_nan(values: ArrayLike) -> FloatArray:
    array = floats(values)
    return np.where(array > 0.0, array, np.nan)
