r"""What happens in a quarter that no assumption foresees: heavy-tailed surprises with a common part.

.. math:: \varepsilon_{k,t} = \sigma_k\left(\sqrt{\rho}\,c_t + \sqrt{1-\rho}\,e_{k,t}\right)

The common surprise c and those of each kind are Student's t with four degrees of freedom, scaled
to a variance of one (as in state-space models with heavy tails; Kitagawa, 1987). Sizes
:math:`\sigma_k` and the common share :math:`\rho` are rows of the book.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from token_economics.methods.arrays import FloatArray, floats

_PREFIX = "surprise of "
_COMMON = "all"


def walk(draws: Mapping[str, FloatArray], kind: str, quarters: Sequence[str]) -> FloatArray:
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
        surprise = common * draws[stream(_COMMON, quarter)] + own * draws[stream(kind, quarter)]
        steps.append(size * surprise)
    return floats(np.cumsum(steps, axis=0))


def stream(kind: str, quarter: str) -> str:
    """Name under which draws hold the standard surprise of a kind in a quarter."""
    return f"{_PREFIX}{kind} in {quarter}"


def is_stream(name: str) -> bool:
    """Whether a name is that of a surprise and not of an assumption."""
    return name.startswith(_PREFIX)


def standard(probability: FloatArray) -> FloatArray:
    r"""Student's t with four degrees of freedom, over its standard deviation, at a probability.

    .. math:: t = \pm 2\sqrt{\frac{\cos(\tfrac13\arccos\sqrt a)}{\sqrt a} - 1}, \quad a = 4u(1-u)

    (Shaw, 2006), over :math:`\sqrt 2`. [1]

    Examples
    --------
    The middle, and a surprise that comes once in forty quarters:

    >>> print(standard(np.array([0.5, 0.975])).round(4))
    [0.     1.9632]
    """
    root = np.sqrt(4 * probability * (1 - probability))
    beyond = np.maximum(np.cos(np.arccos(np.minimum(root, 1.0)) / 3) / root - 1, 0.0)
    return floats(np.sign(probability - 0.5) * np.sqrt(2 * beyond))
