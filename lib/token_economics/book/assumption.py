"""One assumption: a number, its range, and its value at each probability."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

from token_economics.methods.arrays import FloatArray

Z95 = float(ndtri(0.95))


@dataclass(frozen=True)
class Assumption:
    """One row of the book, or what a run made of it.

    ``value`` is the median, ``low`` and ``high`` are the 5 % and 95 % points; both are None when
    the number is pinned.

    Examples
    --------
    A share whose 5 %, 50 % and 95 % points are given:

    >>> share = Assumption(
    ...     name="share",
    ...     value=0.3,
    ...     low=0.1,
    ...     high=0.6,
    ...     distribution="logitnormal",
    ...     hard_min=0.0,
    ...     hard_max=1.0,
    ...     unit="share",
    ...     basis="judged",
    ...     source_id="",
    ...     rationale="",
    ...     topics=(),
    ...     label="a share",
    ... )
    >>> print(share.quantile(np.array([0.05, 0.5, 0.95])).round(3))
    [0.1 0.3 0.6]
    """

    name: str
    value: float
    low: float | None
    high: float | None
    distribution: str
    hard_min: float
    hard_max: float
    unit: str
    basis: str
    source_id: str
    rationale: str
    topics: tuple[str, ...]
    label: str
    symbol: str = ""
    renamed_from: tuple[str, ...] = ()
    set_by: str = "book"

    @property
    def pinned(self) -> bool:
        """Whether the number has no range."""
        return self.low is None or self.high is None or self.distribution == "fixed"

    def quantile(self, probability: FloatArray) -> FloatArray:
        """Value at each probability.

        Split normal on the plain, log or logit scale, through the 5 %, 50 % and 95 % points; the
        part outside the hard bounds is cut off and the rest rescaled. Uniform extends evenly
        beyond its 5 % and 95 % points.
        """
        if self.pinned or self.low is None or self.high is None:
            return np.full_like(probability, self.value)
        if self.distribution == "uniform":
            spread = self.high - self.low
            drawn = self.low + spread * (probability - 0.05) / 0.9
            return np.clip(drawn, self.hard_min, self.hard_max)
        forward, back = TRANSFORMS[self.distribution]
        low, middle, high = (float(forward(x)) for x in (self.low, self.value, self.high))
        below, above = (middle - low) / Z95, (high - middle) / Z95
        cut_low, cut_high = self._probability_of_bounds(middle, below, above)
        z = ndtri(cut_low + probability * (cut_high - cut_low))
        return np.asarray(back(middle + z * np.where(z < 0, below, above)), dtype=np.float64)

    def _probability_of_bounds(
        self, middle: float, below: float, above: float
    ) -> tuple[float, float]:
        forward, _ = TRANSFORMS[self.distribution]
        probabilities = []
        with np.errstate(divide="ignore", invalid="ignore"):
            for bound in (self.hard_min, self.hard_max):
                distance = float(forward(bound)) - middle
                scale = below if distance < 0 else above
                probabilities.append(
                    float(ndtr(distance / scale)) if scale else float(distance > 0)
                )
        lower, upper = probabilities
        return (0.0 if math.isnan(lower) else lower), (1.0 if math.isnan(upper) else upper)


TRANSFORMS: Mapping[str, tuple[Any, Any]] = {
    "normal": (np.asarray, np.asarray),
    "lognormal": (np.log, np.exp),
    "logitnormal": (logit, expit),
}
