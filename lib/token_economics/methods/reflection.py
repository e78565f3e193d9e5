r"""The reflection problem: imitation and common news in the growth of a few cohorts.

Cohort i grows by :math:`g_{it} = \beta\,\bar g_t + n_t + e_{it}`: it imitates the mean of all
with strength :math:`\beta`, and all hear the same news n. Whatever :math:`\beta` below one is
assumed, some news makes the same series (Manski, 1993), so no statistic of them tells which.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def news_behind(growth: FloatArray, *, imitation: ArrayLike) -> FloatArray:
    r"""News that explains the growth of cohorts under an assumed strength of imitation.

    .. math:: n_t = (1 - \beta)\,\bar g_t

    Parameters
    ----------
    growth
        Growth in logs, periods x cohorts. [log points]
    imitation
        Strength of imitation, from none to below one; or several of them. [share]

    Returns
    -------
    News by period, a row a strength where there are several. [log points]

    Examples
    --------
    The same growth, told with no imitation, and with half of it imitated:

    >>> growth = np.array([[0.1, 0.3], [0.2, 0.2]])
    >>> print(news_behind(growth, imitation=[0.0, 0.5]))
    [[0.2 0.2]
     [0.1 0.1]]
    """
    strength = np.asarray(imitation, dtype=np.float64)
    if not np.all((strength >= 0) & (strength < 1)):
        raise ValueError("imitation lies between none and below one")
    return np.asarray(np.multiply.outer(1 - strength, growth.mean(axis=1)))


def social_multiplier(imitation: ArrayLike) -> FloatArray:
    r"""What all grow for a unit of news, :math:`1/(1-\beta)`. [1]"""
    return np.asarray(1 / (1 - np.asarray(imitation, dtype=np.float64)))
