"""What happens in a quarter that no assumption foresees: heavy-tailed surprises.

Draws hold them by name, one for each kind and quarter, as Student's t with four degrees of freedom,
scaled to a variance of one (as in state-space models with heavy tails; Kitagawa, 1987).
"""

from __future__ import annotations

import numpy as np

from token_economics.methods.arrays import FloatArray, floats

_PREFIX = "surprise of "


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
