"""Textbook and slow versions that the library must equal, or that hold published values alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedCase:
    """A published number and what ours gives; ``tolerance`` is absolute unless ``relative``."""

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
        allowed = self.tolerance * (abs(self.expected) if self.relative else 1.0)
        return abs(self.computed - self.expected) <= allowed


def made_by(checks: Iterable[Callable[[], list[PublishedCase]]]) -> list[PublishedCase]:
    return [case for check in checks for case in check()]
