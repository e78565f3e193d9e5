r"""How the values of a segment's tasks spread: the form of its demand curve.

A task is done where it is worth its cost, so demand is the upper tail of the distribution of
values. With m the log of the median value, :math:`\sigma` the standard deviation of log values and
P the cost of a task, everything hangs on :math:`u = (m - \ln P)/\sigma`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from scipy import special

from token_economics.methods.arrays import FloatArray, floats

OfMargin = Callable[[FloatArray], FloatArray]

_HALVINGS = 80
_FARTHEST = 60.0  # standard deviations from the median at which a margin is sought


@dataclass(frozen=True)
class ValueCurve:
    r"""The distribution F of log values about their median, as a demand curve uses it.

    share: tasks worth their cost, F(u), rising; density: F'(u); tilt: how fast the density falls,
    :math:`-F''/F'`; worth: what tasks that are done are worth over the median value,
    :math:`\int_{-u}^\infty e^{\sigma z}\,dF(z)`, of u and :math:`\sigma`; F is symmetric.
    """

    name: str
    share: OfMargin
    density: OfMargin
    tilt: OfMargin
    worth: Callable[[FloatArray, FloatArray], FloatArray]


def lognormal(spread: float = 1.0) -> ValueCurve:
    r"""Values that are lognormal: a few tasks are worth paying for at any price.

    .. math:: F(u) = \Phi(u/c)

    ``spread`` c multiplies the standard deviation of log values that the other segments have. [1]

    Examples
    --------
    Of values spread twice as far, more are worth a cost one standard deviation above the median:

    >>> far = np.array([-1.0])
    >>> print(lognormal().share(far).round(3), lognormal(2.0).share(far).round(3))
    [0.159] [0.309]
    """
    c = spread
    return ValueCurve(
        name=f"lognormal, spread {c:g}",
        share=lambda u: special.ndtr(u / c),
        density=lambda u: np.exp(-0.5 * (u / c) ** 2) / (c * np.sqrt(2 * np.pi)),
        tilt=lambda u: u / c**2,
        worth=lambda u, sd: np.exp((c * sd) ** 2 / 2) * special.ndtr(u / c + c * sd),
    )


def log_uniform(spread: float = 1.0) -> ValueCurve:
    r"""Values whose logs are spread evenly: demand falls evenly with the log of cost, and ends.

    .. math:: F(u) = \min\left(\max\left(\frac12 + \frac{u}{2 c \sqrt 3}, 0\right), 1\right)

    No task is worth more than :math:`c\sqrt 3` standard deviations above the median. ``spread`` as
    in `lognormal`; so is the variance of log values. [1]

    Examples
    --------
    Nothing is done at a cost two standard deviations above the median, all of it two below:

    >>> print(log_uniform().share(np.array([-2.0, 0.0, 2.0])))
    [0.  0.5 1. ]
    """
    end = spread * np.sqrt(3)

    def worth(u: FloatArray, sd: FloatArray) -> FloatArray:
        least = np.clip(-u, -end, end)
        return floats((np.exp(sd * end) - np.exp(sd * least)) / (2 * end * sd))

    return ValueCurve(
        name=f"log-uniform, spread {spread:g}",
        share=lambda u: np.clip(0.5 + u / (2 * end), 0.0, 1.0),
        density=lambda u: np.where(np.abs(u) < end, 1 / (2 * end), 0.0),
        tilt=np.zeros_like,
        worth=worth,
    )


LOGNORMAL = lognormal()


def margin_at_hazard(curve: ValueCurve, hazard: FloatArray) -> FloatArray:
    """Margin u at which the density over the share is the ``hazard``; it falls with u.

    Found by halving. Where the curve has no such margin, because its ratio jumps past it or ends
    before, it is that end: with values spread evenly, where all tasks are done and the ratio has not
    fallen so low. [standard deviations]

    Examples
    --------
    Spread evenly, half of the tasks are done where the ratio is one over the root of three:

    >>> print(margin_at_hazard(log_uniform(), np.array([3**-0.5])).round(6) + 0.0)
    [0.]
    """
    low, high = np.full_like(hazard, -_FARTHEST), np.full_like(hazard, _FARTHEST)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        # with nothing done the cost is too high
        above = (curve.share(middle) <= 0) | (curve.density(middle) > hazard * curve.share(middle))
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return floats(0.5 * (low + high))


def by_segment(curves: Iterable[ValueCurve], part: str, *at: FloatArray) -> FloatArray:
    """A part of each segment's curve at its row of ``at``, segments x draws. [share; 1]

    ``part`` names the member: share, density, tilt or worth; rows of one are the same for all.

    Examples
    --------
    >>> both = (lognormal(), log_uniform())
    >>> print(by_segment(both, "share", np.full((2, 1), -2.0)).round(3).ravel())
    [0.023 0.   ]
    """
    rows = [np.broadcast_to(values, np.broadcast_shapes(*(a.shape for a in at))) for values in at]
    return np.stack(
        [getattr(curve, part)(*(row[place] for row in rows)) for place, curve in enumerate(curves)]
    )
