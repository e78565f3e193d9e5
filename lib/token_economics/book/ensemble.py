"""Joint draws that the record leaves: those of the book's own distributions, moved and chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from token_economics.book import innovations
from token_economics.methods import history_matching
from token_economics.methods.arrays import FloatArray, floats
from token_economics.methods.history_matching import Matched

if TYPE_CHECKING:
    from token_economics.book.assumption import Assumption
    from token_economics.book.assumptions import Book


class Conditioning(Protocol):
    """What the record says of some assumptions and surprises, found when one of them is first drawn."""

    @property
    def book(self) -> Book:
        """The assumptions under which the record was asked."""

    @property
    def names(self) -> frozenset[str]:
        """What the model of the record reads; of all else the record says nothing."""

    def ensemble(self) -> Ensemble | None:
        """The draws that the record leaves; None where it leaves none."""


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Draws that stayed: which assumption and surprise is which input, and the seed of the streams."""

    matched: Matched
    place_of: Mapping[str, int]
    seed: int

    def drawn(self, name: str, row: Assumption | None, size: int) -> FloatArray:
        """Draws of an assumption, or of a surprise where there is no row, so many of them."""
        return value_at(self.scores(name, size), row)

    def scores(self, name: str, size: int) -> FloatArray:
        """The same as standard normal scores of the distribution before the record. [1]"""
        chosen = self.chosen(size)
        prior = stream(name, seed=self.seed, number=2, size=self.matched.proposed)
        shift = self.matched.proposal.basis[self.place_of[name]] @ self.matched.shift[:, chosen]
        return floats(prior[self.matched.places[chosen]] + shift)

    def chosen(self, size: int) -> NDArray[np.intp]:
        """Places among the draws that stayed, of a sample of that size. [1]"""
        return _chosen(self, size)


@lru_cache(maxsize=64)
def _chosen(ensemble: Ensemble, size: int) -> NDArray[np.intp]:
    generator = np.random.default_rng(np.random.SeedSequence([ensemble.seed, *b"kept", size]))
    return history_matching.resampled(ensemble.matched.weights, size, generator)


def value_at(scores: FloatArray, row: Assumption | None) -> FloatArray:
    """An assumption, or a surprise where there is no row, at standard normal scores."""
    probability = floats(ndtr(scores))
    return innovations.standard(probability) if row is None else row.quantile(probability)


def stream(name: str, *, seed: int, number: int, size: int) -> FloatArray:
    """Standard normal scores of a name, evenly spread; each number is a stream of its own."""
    key = f"{name} {number}" if number else name
    return floats(ndtri(stratified_uniform(key, seed=seed, n=size)))


@lru_cache(maxsize=512)
def drawn_once(
    name: str, row: Assumption | None, left: Ensemble | None, seed: int, n: int
) -> FloatArray:
    """Draws of a row, or of a surprise, which many topics and scenarios share: not to be written to."""
    if left is not None:
        drawn = left.drawn(name, row, n)
    else:
        uniform = stratified_uniform(name, seed=seed, n=n)
        drawn = row.quantile(uniform) if row else innovations.standard(uniform)
    drawn.flags.writeable = False
    return drawn


def stratified_uniform(name: str, *, seed: int, n: int) -> FloatArray:
    """Numbers between nought and one, one in each of n equal parts, in an order of the name's own."""
    key = [seed, *name.encode()]
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))
    strata = generator.permutation(n)
    return floats((strata + generator.random(n)) / n)
