"""Welfare and the whole economy: who gains from a cheap service, and when money GDP falls.

Two goods: S, whose unit cost falls, and Z, the rest. Buyers have CES preferences with elasticity
of substitution σ; labour is one, its wage is the unit of account, firms earn nothing. A log price
index of such buyers is exact, so that cost of living, true output and welfare have closed forms.
"""

from typing import NamedTuple

import numpy as np

from token_economics.methods.arrays import FloatArray, Numbers, floats
from token_economics.methods.prices.index_numbers import index_by_formula


def ces_share(*, base_share: Numbers, price_ratio: Numbers, substitution: Numbers) -> FloatArray:
    r"""Budget share of a good after its relative price changes.

    .. math:: \omega_1 = \frac{\omega c^{1-\sigma}}{\omega c^{1-\sigma} + 1 - \omega}

    [share]
    """
    share = floats(base_share)
    weight = share * floats(price_ratio) ** (1.0 - floats(substitution))
    return floats(weight / (weight + 1.0 - share))


def cost_of_living(
    *, base_share: Numbers, price_ratio: Numbers, substitution: Numbers
) -> FloatArray:
    r"""Exact CES price index when one price changes, the other staying at 1.

    .. math:: E = \left(\omega c^{1-\sigma} + 1 - \omega\right)^{1/(1-\sigma)},
       \qquad E = c^{\omega} \text{ at } \sigma = 1

    Parameters
    ----------
    base_share
        Budget share of the good at the old price, ω. [0–1]
    price_ratio
        New over old price of the good, c. [1]
    substitution
        Elasticity of substitution between the two goods, σ. [1]

    Examples
    --------
    The price of a tenth of spending halves; who can substitute gains more:

    >>> found = cost_of_living(base_share=0.1, price_ratio=0.5, substitution=np.array([0.5, 1.0, 2.0]))
    >>> print(found.round(4))
    [0.9423 0.933  0.9091]
    """
    share, exponent = floats(base_share), 1.0 - floats(substitution)
    log_price = np.log(price_ratio)
    unit_elastic = exponent == 0.0
    divisor = np.where(unit_elastic, 1.0, exponent)
    log_index = np.log1p(share * np.expm1(divisor * log_price)) / divisor
    return np.exp(np.where(unit_elastic, share * log_price, log_index))


class WelfareGain(NamedTuple):
    """Three measures of one gain, in the unit of income; negative when prices rise."""

    compensating_variation: FloatArray
    consumer_surplus: FloatArray
    equivalent_variation: FloatArray


def welfare_gain(*, income: Numbers, cost_of_living_ratio: Numbers) -> WelfareGain:
    r"""Money value of a change of the cost of living.

    .. math:: CV = m(1-E), \quad \Delta CS = -m\ln E, \quad EV = m(1/E-1)

    CV is income that could be taken away at new prices, EV income to be given at old ones. They
    are ordered CV < ΔCS < EV for either sign of the change. [unit of income]

    Examples
    --------
    Living gets a tenth cheaper for who earns 100:

    >>> print([float(part.round(2)) for part in welfare_gain(income=100.0, cost_of_living_ratio=0.9)])
    [10.0, 10.54, 11.11]
    """
    log_index = np.log(cost_of_living_ratio)
    return WelfareGain(
        compensating_variation=floats(-np.multiply(income, np.expm1(log_index))),
        consumer_surplus=floats(-np.multiply(income, log_index)),
        equivalent_variation=floats(np.multiply(income, np.expm1(-log_index))),
    )


class Closure(NamedTuple):
    """The economy after the cost fall, the economy before being 1. [1]"""

    share: FloatArray
    cost_of_living: FloatArray
    nominal_gdp: FloatArray
    true_real_gdp: FloatArray


def close_economy(
    *,
    base_share: Numbers,
    unit_cost: Numbers,
    substitution: Numbers,
    reemployed_share: Numbers,
) -> Closure:
    r"""Money and true GDP when labour released by one sector finds work, or does not.

    .. math:: m = \frac{1-(1-r)\,\omega}{1-(1-r)\,\omega_1} \text{ if } \omega_1 < \omega,
       \text{ else } 1; \qquad Y = m / E

    Nominal GDP falls if and only if σ < 1 and r < 1 (with wages as the nominal anchor).

    Parameters
    ----------
    base_share
        Share of the cheap sector in spending before, ω. [0–1]
    unit_cost
        Its new unit cost in wage units, before 1, c. [1]
    substitution
        σ. [1]
    reemployed_share
        Share of released labour that finds work, r. [0–1]

    Examples
    --------
    The cost of a tenth of spending halves, with little substitution. If released labour finds no
    work, money GDP falls by 3 % and true GDP still rises by 3 %:

    >>> economy = close_economy(
    ...     base_share=0.1, unit_cost=0.5, substitution=0.5, reemployed_share=np.array([1.0, 0.0])
    ... )
    >>> print(economy.nominal_gdp.round(3), economy.true_real_gdp.round(3))
    [1.    0.971] [1.061 1.03 ]
    """
    sector = {"base_share": base_share, "price_ratio": unit_cost, "substitution": substitution}
    share, price_level = ces_share(**sector), cost_of_living(**sector)
    idle = 1.0 - floats(reemployed_share)
    released = (1.0 - idle * base_share) / (1.0 - idle * share)
    nominal_gdp = np.where(share < base_share, released, 1.0)
    return Closure(share, price_level, nominal_gdp, floats(nominal_gdp / price_level))


def measured_real_gdp(
    economy: Closure,
    *,
    base_share: Numbers,
    unit_cost: Numbers,
    deflator_capture: Numbers,
) -> dict[str, FloatArray]:
    r"""Real GDP by each official formula when the deflator sees part of the price fall.

    The deflator is the index of the prices :math:`(c^\lambda, 1)`; a capture λ of 1 is exact, of 0
    blind. Keys as in ``index_numbers.index_by_formula``. [1]
    """
    seen_price = floats(unit_cost) ** floats(deflator_capture)
    seen_price, base, share = np.broadcast_arrays(seen_price, floats(base_share), economy.share)
    deflators = index_by_formula(
        relatives=np.stack([seen_price, np.ones_like(seen_price)], axis=-1),
        base_shares=np.stack([base, 1.0 - base], axis=-1),
        shares=np.stack([share, 1.0 - share], axis=-1),
    )
    return {
        formula: floats(economy.nominal_gdp / deflator) for formula, deflator in deflators.items()
    }


def hulten_gain(*, domar_weights: Numbers, cost_savings: Numbers) -> FloatArray:
    """First-order gain: sum of sector sales over GDP times log cost saving. [log]

    Hulten, "Growth accounting with intermediate inputs", Review of Economic Studies 45 (1978).
    Weights are gross sales over GDP and may add up to more than one; last axis is sectors.

    Examples
    --------
    Two sectors of a tenth and a fifth of GDP save a tenth and a half of a tenth of their cost:

    >>> print(hulten_gain(domar_weights=[0.1, 0.2], cost_savings=[0.1, 0.05]).round(3))
    0.02
    """
    return floats(np.sum(np.multiply(domar_weights, cost_savings), axis=-1))


def task_productivity_gain(
    *,
    exposed_share: Numbers,
    profitable_share: Numbers,
    labour_cost_saving: Numbers,
    labour_share: Numbers,
) -> FloatArray:
    """Productivity gain from automating tasks: Hulten's theorem applied to tasks. [1]

    Share of tasks exposed, times the share of those worth automating, times labour cost saved in
    them, times the share of labour in cost.

    Acemoglu, "The simple macroeconomics of AI", Economic Policy 40 (2025).

    Examples
    --------
    The published estimate for ten years: a fifth of tasks is exposed, a quarter of them pays,
    labour cost falls by 27 % in those, and labour is a bit over half of cost:

    >>> gain = task_productivity_gain(
    ...     exposed_share=0.199, profitable_share=0.23, labour_cost_saving=0.27, labour_share=0.535
    ... )
    >>> print(gain.round(4))
    0.0066
    """
    affected = np.multiply(exposed_share, profitable_share)
    return floats(affected * floats(labour_cost_saving) * floats(labour_share))
