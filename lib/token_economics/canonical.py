"""The form of a canonical case: a textbook or published result, and what this library gives."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class CanonicalCase:
    """One number that a correct implementation of a method must reproduce.

    ``tolerance`` is absolute, or a share of ``expected`` where ``relative`` is true.
    """

    id: str
    method: str
    source: str
    quantity: str
    expected: float
    computed: float
    tolerance: float
    relative: bool = False

    @property
    def passes(self) -> bool:
        """Whether the computed number is within tolerance of the expected one."""
        if not (math.isfinite(self.expected) and math.isfinite(self.computed)):
            return self.expected == self.computed
        allowed = self.tolerance * abs(self.expected) if self.relative else self.tolerance
        return abs(self.computed - self.expected) <= allowed
