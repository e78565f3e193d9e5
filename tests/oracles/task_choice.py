"""Elasticity of each segment of tasks, in closed form."""

import numpy as np
from numpy.typing import NDArray
from scipy import special

from token_economics.models import derived_demand
from token_economics.models.derived_demand import HourDemand
from token_economics.models.task_choice import task_cost

FloatArray = NDArray[np.float64]


def elasticity_by_segment(demand: HourDemand, price_usd_per_h100e_hour: FloatArray) -> FloatArray:
    r"""Elasticity of a segment's hours to the price of the hour; negative, an outcome. [1]

    .. math:: -\frac{\varphi(u)}{\sigma\,\Phi(u)} \cdot \frac{\text{tokens}}{P}

    Where the budget binds the shadow price moves instead, so that spending stays what it is.
    """
    shadow = derived_demand.shadow_price(demand, price_usd_per_h100e_hour)
    cost = task_cost(demand, shadow)
    margin = (demand.log_median_value - np.log(cost.tokens + cost.review)) / demand.log_value_sd
    log_density = -(margin**2) / 2 - np.log(2 * np.pi) / 2
    mills = np.exp(log_density - special.log_ndtr(margin))
    free = -mills / demand.log_value_sd * cost.tokens / (cost.tokens + cost.review)
    spent = demand.price_factor * demand.tasks * demand.hours_per_task * special.ndtr(margin)
    passed_on = np.where(
        shadow > price_usd_per_h100e_hour, -spent.sum(axis=0) / (spent * free).sum(axis=0), 1.0
    )
    return np.asarray(free * passed_on, dtype=np.float64)
