"""One checked number: what a source says a method gives, and what ours gives."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CanonicalCase:
    """A textbook or published result and our value of the same quantity.

    ``tolerance`` is absolute unless ``relative`` is true.
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
        """Whether our value lies within the tolerance of the expected one."""
        scale = abs(self.expected) if self.relative else 1.0
        return abs(self.computed - self.expected) <= self.tolerance * scale
