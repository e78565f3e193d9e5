"""Growth that news and imitation make: the way back from `news_behind`."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def growth_from_news(news: FloatArray, own: FloatArray, *, imitation: float) -> FloatArray:
    r"""Growth of cohorts that hear news and imitate their mean, periods x cohorts.

    .. math:: \bar g_t = \frac{n_t + \bar e_t}{1 - \beta}

    ``own`` is what only the cohort itself does. [log points]
    """
    mean = (news + own.mean(axis=1)) / (1 - imitation)
    return np.asarray((imitation * mean + news)[:, None] + own)
