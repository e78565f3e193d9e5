r"""Processors (CPUs) beside accelerators: a stock that the fleet, agents and written code draw on.

.. math:: \mathrm{CPU}_t \ge a N_t + b Q_t + d G_t, \qquad G_t = (1 - \delta) G_{t-1} + e Q_t

with N the fleet, Q what agents do (their tokens; environments for reinforcement learning among
them) and G the generated code that is deployed. Power and processors are stocks: what limits is
the level, so reading either as a quarterly flow would admit all of it as new every quarter.
Levels are not known, so everything is counted against the base quarter, where e drops out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from token_economics.methods.arrays import FloatArray, floats
from token_economics.models.supply import QUARTERS_PER_YEAR


class ProcessorNeed(NamedTuple):
    """Processors needed over those of the base quarter, by what needs them; quarters first.

    The parts are shares of the base need, so they add up to ``total``, which starts at one.
    """

    host: FloatArray
    agents: FloatArray
    code: FloatArray

    @property
    def total(self) -> FloatArray:
        """Need over that of the base quarter. [1]"""
        return floats(self.host + self.agents + self.code)


def quarterly_retirement(retirement_per_year: ArrayLike) -> FloatArray:
    r"""Share of code that leaves in a quarter when a yearly rate :math:`\rho` acts all the time.

    .. math:: \delta = 1 - e^{-\rho/4}

    [1/quarter]
    """
    return floats(-np.expm1(-floats(retirement_per_year) / QUARTERS_PER_YEAR))


def code_stock(
    activity: FloatArray, *, retirement_share: ArrayLike, growth_before_per_year: ArrayLike
) -> FloatArray:
    r"""Deployed generated code over that of the base quarter, quarters first.

    .. math:: G_t = (1-\delta) G_{t-1} + e Q_t, \quad G_0 = \frac{e Q_0}{1 - (1-\delta)/\gamma}

    The stock of the base quarter is what activity that had grown by the factor :math:`\gamma` a
    quarter for long would have left, so the amount of code a token leaves (e) drops out.

    Parameters
    ----------
    activity
        What agents do, Q, quarters from the base on. [any unit]
    retirement_share
        Part of the code that leaves in a quarter, :math:`\delta`. [1/quarter]
    growth_before_per_year
        Growth of activity before the base quarter, in logs. [1/year]

    Examples
    --------
    Steady activity keeps a stock that loses a tenth a quarter as it is; when activity doubles, the
    stock grows by a tenth:

    >>> activity = np.array([[1.0, 1.0], [1.0, 2.0]])
    >>> print(code_stock(activity, retirement_share=0.1, growth_before_per_year=0.0))
    [[1.  1. ]
     [1.  1.1]]
    """
    kept = 1 - floats(retirement_share)
    grown = np.exp(floats(growth_before_per_year) / QUARTERS_PER_YEAR)
    added = 1 - kept / grown  # per unit of the stock of the base quarter
    stock = np.ones_like(activity)
    for t in range(1, len(activity)):
        stock[t] = kept * stock[t - 1] + added * activity[t] / activity[0]
    return stock


def processor_need(
    *,
    fleet: FloatArray,
    agent_activity: FloatArray,
    code: FloatArray,
    agents_per_host: ArrayLike,
    code_per_host: ArrayLike,
    work_growth_per_year: ArrayLike,
) -> ProcessorNeed:
    r"""Processors needed over those of the base quarter, quarters first.

    .. math:: \frac{N_t/N_0 + \beta\,Q_t/Q_0 + \gamma\,G_t/G_0}{(1 + \beta + \gamma)\,(1 + h)^{t}}

    Parameters
    ----------
    fleet, agent_activity, code
        N, Q and G from the base quarter on; each is taken over its first value.
    agents_per_host, code_per_host
        Processors that agents and that written code take in the base quarter, over those that
        feed accelerators: :math:`bQ_0/aN_0` and :math:`dG_0/aN_0`. [1]
    work_growth_per_year
        Growth h of what one processor does of each; a, b and d fall with it. [1/year]
    """
    years = np.arange(len(fleet))[:, None] / QUARTERS_PER_YEAR
    more_work = (1 + floats(work_growth_per_year)) ** years
    whole = (1 + floats(agents_per_host) + floats(code_per_host)) * more_work
    return ProcessorNeed(
        host=floats(fleet / fleet[0] / whole),
        agents=floats(agent_activity / agent_activity[0] * agents_per_host / whole),
        code=floats(code / code[0] * code_per_host / whole),
    )


def yearly_growth(multiple: ArrayLike, *, years: float) -> FloatArray:
    """Growth a year that makes a multiple in so many years. [1/year]"""
    return floats(floats(multiple) ** (1 / years) - 1)
