r"""Surprises of the quarters after the base quarter, in the sizes of the book.

.. math:: \varepsilon_{k,t} = \sigma_k\left(\sqrt{\rho}\,c_t + \sqrt{1-\rho}\,e_{k,t}\right)

The common surprise c comes upon all kinds k at once, e on one kind alone. Sizes :math:`\sigma_k` and the
common share :math:`\rho` are assumptions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from token_economics.book import innovations
from token_economics.methods.arrays import FloatArray, floats

_COMMON = "all"


def accumulated(draws: Mapping[str, FloatArray], kind: str, quarters: Sequence[str]) -> FloatArray:
    """Surprises of a kind added up, by quarter: a random walk that starts at nothing.

    Parameters
    ----------
    draws
        Draws of the book.
    kind
        Which surprise: `demand`, for instance, whose size is the assumption
        ``demand_innovation_log_sd_per_quarter``.
    quarters
        The base quarter and those after it.

    Returns
    -------
    Quarters x draws; nought in the base quarter. [log points]
    """
    share = draws["innovation_common_share"]
    size = draws[f"{kind}_innovation_log_sd_per_quarter"]
    common, own = np.sqrt(share), np.sqrt(1 - share)
    steps = [np.zeros_like(size)]
    for quarter in quarters[1:]:
        surprise = (
            common * draws[innovations.stream(_COMMON, quarter)]
            + own * draws[innovations.stream(kind, quarter)]
        )
        steps.append(size * surprise)
    return floats(np.cumsum(steps, axis=0))
