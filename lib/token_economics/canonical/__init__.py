"""Published and textbook results that our functions must reproduce: the record of one check."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class CanonicalCase:
    """One number that a correct implementation gives, and what ours gives.

    ``tolerance`` is absolute unless ``relative``.
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
        """Whether the computed value lies within the tolerance of the expected one."""
        allowed = self.tolerance * (abs(self.expected) if self.relative else 1.0)
        return abs(self.computed - self.expected) <= allowed


Check = Callable[[], list[CanonicalCase]]


def made_by(checks: Iterable[Check]) -> list[CanonicalCase]:
    """The cases of several checks, each of which exercises functions that belong together."""
    return [case for check in checks for case in check()]
