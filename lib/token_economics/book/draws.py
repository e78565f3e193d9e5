"""Joint draws by name, each made when it is first read, with a note of what was read.

Most functions read a few of the book's assumptions. What a function has read is all that its
result can depend on, so a result may stand for every book that agrees in that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from token_economics.methods.arrays import FloatArray


class Draws(Mapping[str, FloatArray]):
    """Arrays by name, made on demand by ``make`` and kept; names read are added to ``reads``.

    Of a name that is not among ``names``, ``make`` says so in its own words, by a KeyError, or it
    knows it besides, such as the surprises of a quarter, which nobody can set.

    Examples
    --------
    Two names are known, one is asked for:

    >>> import numpy as np
    >>> reads: set[str] = set()
    >>> draws = Draws(["price", "volume"], lambda name: np.full(3, float(len(name))), reads)
    >>> print(draws["price"], reads)
    [5. 5. 5.] {'price'}
    """

    def __init__(
        self, names: Iterable[str], make: Callable[[str], FloatArray], reads: set[str]
    ) -> None:
        self._names = dict.fromkeys(names)
        self._make, self._reads = make, reads
        self._made: dict[str, FloatArray] = {}

    def __getitem__(self, name: str) -> FloatArray:
        if name not in self._made:
            self._made[name] = self._make(name)
            if name in self._names:
                self._reads.add(name)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def with_values(self, values: Mapping[str, FloatArray]) -> Draws:
        """The same draws with some arrays in place of theirs."""
        return with_values(self, values)


def with_values(draws: Mapping[str, FloatArray], values: Mapping[str, FloatArray]) -> Draws:
    """Draws with some arrays in place of theirs; of the others only what is read is made.

    ``values`` are the arrays by the name of the assumption, one number a draw each.
    """
    return Draws(
        [*draws, *values],
        lambda name: values[name] if name in values else draws[name],
        set(),
    )
