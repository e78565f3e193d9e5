"""What the national accounts see when a service becomes cheap, and what they miss.

All changes are logarithms between two periods for one category of final demand. The gap between
true and measured volume is called phantom output. It depends on how much of the price fall the
official deflator catches and on how much output leaves the market, not on how elastic demand is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import exprel

from token_economics.methods.arrays import BoolArray, FloatArray, Numbers, floats
from token_economics.methods.prices.index_numbers import index_by_formula


@dataclass(frozen=True, kw_only=True)
class CostFall:
    """A category of final demand whose unit cost falls.

    Parameters
    ----------
    saving
        Fall of unit cost at constant quality, as a share of the old cost. [0–1]
    pass_through
        Share of the log cost fall that reaches the price, ρ. [1]
    quality_gain
        Log gain of quality at given cost, g. [log]
    own_price_elasticity
        Elasticity of demand, η, negative. [1]
    demand_shift
        Log change of demand at given price, α. [log]
    deflator_capture
        Share of the true price fall that the official deflator records, λ. A deflator that
        follows wages has 0, an exact one 1, one that overshoots more than 1. [1]
    self_made_share
        Share of later output that final users make themselves with tokens, b. [0–1]
    self_made_token_cost
        Token spend for each self-made unit, relative to the old price, e. [1]
    wage_growth
        Log growth of wages, Δω; the true price fall is relative to wages. [log]
    """

    saving: Numbers
    pass_through: Numbers
    quality_gain: Numbers
    own_price_elasticity: Numbers
    demand_shift: Numbers
    deflator_capture: Numbers
    self_made_share: Numbers
    self_made_token_cost: Numbers
    wage_growth: Numbers

    @cached_property
    def true_price_fall(self) -> FloatArray:
        r"""Fall of the quality-adjusted price against wages, :math:`S_P = \rho S + g`. [log]"""
        unit_cost_fall = -np.log1p(-floats(self.saving))
        return floats(np.multiply(self.pass_through, unit_cost_fall) + self.quality_gain)

    @cached_property
    def marketed_value(self) -> FloatArray:
        r"""Log of spending over the value of all output at market price.

        .. math:: \ln B = \ln\left(1 - b\,(1 - e/x)\right), \quad x = e^{-S_P}
        """
        token_cost_over_price = np.multiply(self.self_made_token_cost, np.exp(self.true_price_fall))
        return np.log1p(-np.multiply(self.self_made_share, 1.0 - token_cost_over_price))


class SectorAccounts(NamedTuple):
    """Log changes of one category of final demand. [log]"""

    price: FloatArray
    true_volume: FloatArray
    nominal: FloatArray
    deflator: FloatArray
    measured_volume: FloatArray
    phantom: FloatArray


def sector_accounts(change: CostFall) -> SectorAccounts:
    r"""True and measured output of a category whose cost falls.

    .. math::
       \Delta\ln P &= -S_P + \Delta\omega \\
       \Delta\ln Y &= \alpha + |\eta| S_P \\
       \Delta\ln N &= \alpha - (1-|\eta|) S_P + \ln B + \Delta\omega \\
       \Delta\ln D &= -\lambda S_P + \Delta\omega \\
       \Delta\ln \hat Q &= \Delta\ln N - \Delta\ln D \\
       \Phi &= \Delta\ln Y - \Delta\ln \hat Q = (1-\lambda) S_P - \ln B

    True volume Y counts marketed and self-made units alike.

    Examples
    --------
    Unit cost halves, the price follows, and the deflator sees nothing of it. True volume rises by
    41 %, measured volume falls by 29 %:

    >>> change = CostFall(
    ...     saving=0.5,
    ...     pass_through=1.0,
    ...     quality_gain=0.0,
    ...     own_price_elasticity=-0.5,
    ...     demand_shift=0.0,
    ...     deflator_capture=0.0,
    ...     self_made_share=0.0,
    ...     self_made_token_cost=0.0,
    ...     wage_growth=0.0,
    ... )
    >>> accounts = sector_accounts(change)
    >>> print(np.exp([accounts.true_volume, accounts.measured_volume]).round(3))
    [1.414 0.707]
    """
    true_price_fall = change.true_price_fall
    price = -true_price_fall + change.wage_growth
    true_volume = change.demand_shift - change.own_price_elasticity * true_price_fall
    nominal = true_volume + price + change.marketed_value
    deflator = -change.deflator_capture * true_price_fall + change.wage_growth
    measured_volume = nominal - deflator
    return SectorAccounts(
        *(
            floats(log_change)
            for log_change in np.broadcast_arrays(
                price,
                true_volume,
                nominal,
                deflator,
                measured_volume,
                true_volume - measured_volume,
            )
        )
    )


def nominal_output_falls(change: CostFall) -> BoolArray:
    r"""Whether spending falls: :math:`(1-|\eta|)S_P > \alpha + \ln B + \Delta\omega`."""
    loss = np.multiply(1.0 + floats(change.own_price_elasticity), change.true_price_fall)
    return np.asarray(loss > change.demand_shift + change.marketed_value + change.wage_growth)


def measured_output_falls(change: CostFall) -> BoolArray:
    r"""Whether measured volume falls: :math:`(1-|\eta|-\lambda)S_P > \alpha + \ln B`."""
    unrecorded = 1.0 + floats(change.own_price_elasticity) - change.deflator_capture
    return np.asarray(
        unrecorded * change.true_price_fall > change.demand_shift + change.marketed_value
    )


def output_is_understated(change: CostFall) -> BoolArray:
    r"""Whether phantom output is positive: :math:`(1-\lambda)S_P > \ln B`."""
    missed = (1.0 - floats(change.deflator_capture)) * change.true_price_fall
    return np.asarray(missed > change.marketed_value)


def consumer_surplus_gain(
    *, base_spend: Numbers, price_ratio: Numbers, own_price_elasticity: Numbers
) -> FloatArray:
    r"""Area under a constant-elasticity demand curve between two finite prices.

    .. math:: \Delta CS = N_0\,\frac{1 - x^{1-|\eta|}}{1-|\eta|},
       \qquad N_0 \ln(1/x) \text{ at } |\eta| = 1

    The whole surplus is infinite at |η| ≤ 1; the change between two prices is not. It is welfare,
    never to be added to output.

    Parameters
    ----------
    base_spend
        Spending at the old price, N0. [money]
    price_ratio
        New price over old price, x. [1]
    own_price_elasticity
        η, negative. [1]

    Examples
    --------
    The price of something on which 100 was spent halves:

    >>> gain = consumer_surplus_gain(
    ...     base_spend=100.0, price_ratio=0.5, own_price_elasticity=np.array([-0.5, -1.0, -1.5])
    ... )
    >>> print(gain.round(1))
    [58.6 69.3 82.8]
    """
    price_fall = -np.log(price_ratio)
    slack = 1.0 + floats(own_price_elasticity)
    return floats(np.multiply(base_spend, price_fall) * exprel(-slack * price_fall))


def unit_value_phantom(
    *, average_price_ratio: Numbers, quality_adjusted_price_ratio: Numbers
) -> FloatArray:
    """Log output missed by a deflator that follows the average price instead of quality. [log]"""
    return floats(np.log(np.divide(average_price_ratio, quality_adjusted_price_ratio)))


def deflator_capture(*, missed: Numbers, true_price_fall: Numbers) -> FloatArray:
    r"""Share of a price fall that a deflator recorded, :math:`\lambda = 1 - \Phi/S_P`. [1]

    Parameters
    ----------
    missed
        Log output that the deflator missed. [log]
    true_price_fall
        Log fall of the price at constant quality, against wages. [log]

    Examples
    --------
    Prices at constant quality fell by 0.20 in logs, and 0.15 of output was missed:

    >>> print(deflator_capture(missed=0.15, true_price_fall=0.20).round(2))
    0.25
    """
    return floats(1.0 - np.divide(missed, true_price_fall))


class FinalDemand(NamedTuple):
    """Categories of final demand on the last axis. Intermediate purchases do not belong here.

    ``base_spend`` and ``spend`` are in money; ``true_volume`` and ``measured_volume`` are new
    over old volume. [1]
    """

    base_spend: FloatArray
    spend: FloatArray
    true_volume: FloatArray
    measured_volume: FloatArray


def aggregate_phantom(
    *,
    phantom: Numbers,
    base_spend: Numbers,
    spend: Numbers,
    base_gdp: Numbers,
    gdp: Numbers,
) -> FloatArray:
    r"""Log gap between true and measured GDP growth.

    .. math:: \Delta\ln \mathrm{GDP}_{true} - \Delta\ln \mathrm{GDP}_{meas}
       = \sum_i \bar\omega_i \Phi_i

    with the mean of the old and new share in GDP (Törnqvist), over final demand only: what firms
    buy from each other has weight zero. Categories on the last axis. [log]
    ``phantom`` is each category's gap; ``spend`` is in money.
    """
    base_share = floats(base_spend) / floats(base_gdp)[..., None]
    share = floats(spend) / floats(gdp)[..., None]
    return floats(np.sum(0.5 * (base_share + share) * floats(phantom), axis=-1))


def phantom_by_formula(
    demand: FinalDemand, *, base_gdp: float, gdp: float, rest_volume: float
) -> pd.DataFrame:
    """Log gap between true and measured GDP growth under each official formula.

    Parameters
    ----------
    demand
        The categories in question.
    base_gdp, gdp
        Nominal GDP at both dates. [money]
    rest_volume
        New over old volume of the rest of GDP. [1]

    Returns
    -------
    Columns ``formula``, ``true_growth``, ``measured_growth`` and ``phantom``. [log]
    """
    shares = {
        "base_shares": np.append(demand.base_spend, base_gdp - demand.base_spend.sum()) / base_gdp,
        "shares": np.append(demand.spend, gdp - demand.spend.sum()) / gdp,
    }
    true = index_by_formula(relatives=np.append(demand.true_volume, rest_volume), **shares)
    measured = index_by_formula(relatives=np.append(demand.measured_volume, rest_volume), **shares)
    table = pd.DataFrame(
        {
            "formula": list(true),
            "true_growth": np.log([float(index) for index in true.values()]),
            "measured_growth": np.log([float(index) for index in measured.values()]),
        }
    )
    return table.assign(phantom=table["true_growth"] - table["measured_growth"])


class BoughtServiceReplaced(NamedTuple):
    """Accounts of a firm that replaces a bought service by tokens.

    Changes of value added and ``gdp`` in money, ``final_deflator`` and ``real_gdp`` against the
    old prices.
    """

    supplier_value_added_change: FloatArray
    user_value_added_change: FloatArray
    ai_value_added_change: FloatArray
    gdp: FloatArray
    final_deflator: FloatArray
    real_gdp: FloatArray


def replace_bought_service(
    *,
    final_output: Numbers,
    service_cost: Numbers,
    token_cost: Numbers,
    pass_on: Numbers,
) -> BoughtServiceReplaced:
    """GDP when an intermediate purchase gets cheap and final quantity stays the same.

    Parameters
    ----------
    final_output
        Final spending on the firm's product before, at an index price of 1. [money]
    service_cost, token_cost
        What the firm paid for the service, and pays for tokens instead. [money]
    pass_on
        Share of the saving given to final buyers as a lower price. [0–1]

    Returns
    -------
    The three changes of value added add up to the change of final spending. Without pass-on
    nothing changes in GDP; with it, nominal GDP and the final deflator fall together.

    Examples
    --------
    A firm replaces a service of 30 by tokens of 10 and passes half of the saving on. Money GDP
    falls by ten, and so does its price level, by the same share:

    >>> firm = replace_bought_service(
    ...     final_output=100.0, service_cost=30.0, token_cost=10.0, pass_on=0.5
    ... )
    >>> print(firm.gdp, firm.final_deflator, firm.real_gdp)
    90.0 0.9 100.0
    """
    saving = floats(service_cost) - token_cost
    passed_on = floats(pass_on * saving)
    gdp = final_output - passed_on
    final_deflator = gdp / final_output
    return BoughtServiceReplaced(
        supplier_value_added_change=-floats(service_cost),
        user_value_added_change=floats(saving - passed_on),
        ai_value_added_change=floats(token_cost),
        gdp=floats(gdp),
        final_deflator=floats(final_deflator),
        real_gdp=floats(gdp / final_deflator),
    )
