"""A mapping that notes what is looked up in it, whichever way, so that no read goes unseen.

What a result was seen to read of a book is all that it can depend on: it may stand for every book
that agrees in that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

Value = TypeVar("Value")


class Noted(Mapping[str, Value]):
    """Values by name. The name of each that is asked for, there or not, is added to ``notes``.

    Which names there are is not noted: it is the same for all who compare their notes.

    Examples
    --------
    Going through the values reads them all, going through the names none:

    >>> notes: set[str] = set()
    >>> values = Noted({"price": 1.0, "volume": 2.0}, notes)
    >>> print(list(values), sorted(notes), sum(values.values()), sorted(notes))
    ['price', 'volume'] [] 3.0 ['price', 'volume']
    """

    def __init__(self, values: Mapping[str, Value], *notes: set[str]) -> None:
        self._values, self._notes = dict(values), notes

    def __getitem__(self, name: str) -> Value:
        for note in self._notes:
            note.add(name)
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def noted(values: Mapping[str, Value], note: set[str]) -> Noted[Value]:
    """The values as they are, read by nobody yet, with one more set that reads are added to.

    Who watches a part of a calculation so takes no read from whoever watches the whole.
    """
    held = values if isinstance(values, Noted) else Noted(values)
    if any(known is note for known in held._notes):
        return held
    return Noted(held._values, *held._notes, note)


def renewed(values: Mapping[str, Value], others: Mapping[str, Value]) -> Noted[Value]:
    """Other values in place of these; what is read of them is noted where reads of these were."""
    return Noted(others, *(values._notes if isinstance(values, Noted) else ()))


def unnoted(values: Mapping[str, Value]) -> dict[str, Value]:
    """A copy of the values, read by nobody: for who changes some and uses none."""
    return dict(values._values if isinstance(values, Noted) else values)
