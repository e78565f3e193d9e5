"""What matters: which of the book's assumptions decide the headline results, and which none."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from token_economics.answers import evaluate
from token_economics.book.assumptions import Book
from token_economics.book.draws import Draws
from token_economics.methods.arrays import FloatArray
from token_economics.methods.sensitivity import SHARE_DECIMALS, ranks_within, sobol_indices

DRAWS = 256
TOGETHER = 32
RARE = 0.05
Sample = Mapping[str, FloatArray]
Model = Callable[[Sample], dict[str, FloatArray]]


def model(module: Any, seed: int) -> Model:
    """The headline results of a topic as a function of draws alone; the evidence is read once."""
    facts = facts_of(module, seed)

    def results(draws: Sample) -> dict[str, FloatArray]:
        found = module.headlines(draws, *facts)
        return {f"{module.TOPIC}.{name}": values for name, values in found.items()}

    return results


def facts_of(module: Any, seed: int) -> tuple[Any, ...]:
    """What a topic's function of draws takes besides them: its evidence, or nothing."""
    if not hasattr(module, "record"):
        return ()
    return (module.record(seed) if has_chance(module) else module.record(),)


def modelled() -> list[Any]:
    """The topics whose results are, at least in part, functions of draws."""
    return [module for module in evaluate.topics() if hasattr(module, "headlines")]


def has_chance(module: Any) -> bool:
    """Whether a topic draws sampling error of its own, by a seed, besides the assumptions."""
    read = getattr(module, "record", None)
    return read is not None and "seed" in inspect.signature(read).parameters


def indices(book: Book, draws: int = DRAWS) -> pd.DataFrame:
    """Sobol indices of every assumption on every headline result that assumptions decide.

    By rank, so that a result with a heavy tail is not judged by its largest draw. Columns: result,
    name, first, first_low, first_high, total, total_low, total_high [share of variance],
    rare (so few draws say little of it).
    """
    samples = book.draws(draws), replace(book, seed=book.seed + 1).draws(draws)
    watched = {module.TOPIC: _Watched(module, book, samples) for module in modelled()}
    parts = [
        _of_inputs([watched[topic] for topic in topics], sorted(names), samples, book.seed)
        for topics, names in _by_readers(watched.values()).items()
    ]
    found = pd.concat(parts, ignore_index=True)
    place = {name: at for at, name in enumerate(r for each in watched.values() for r in each.base)}
    found = found.assign(place=found["result"].map(place)).sort_values(["place", "name"])
    return found.drop(columns="place").reset_index(drop=True).round(SHARE_DECIMALS)


class _Watched:
    """A topic's results for both samples, and the assumptions that they were seen to read."""

    def __init__(self, module: Any, book: Book, samples: tuple[Sample, Sample]) -> None:
        self.topic, self.alone = module.TOPIC, has_chance(module)
        self.results = model(module, book.seed)
        self.reads: set[str] = set()
        first = Draws(samples[0], samples[0].__getitem__, self.reads)
        self.base = self.results(first)
        self._ordered = {name: np.sort(values) for name, values in self.base.items()}
        self.ends = self._as_ranks(self.base), self.ranked(samples[1])

    def ranked(self, draws: Sample) -> dict[str, FloatArray]:
        """Results as their ranks within the first sample."""
        return self._as_ranks(self.results(draws))

    def _as_ranks(self, found: Sample) -> dict[str, FloatArray]:
        return {name: ranks_within(values, self._ordered[name]) for name, values in found.items()}


def _by_readers(watched: Iterable[_Watched]) -> dict[tuple[str, ...], set[str]]:
    """Inputs by the topics that read them; topics asked together solve what they share once.

    A topic with sampling error of its own is asked alone: its draws are not each on their own.
    """
    groups: dict[tuple[str, ...], set[str]] = {}
    shared = [each for each in watched if not each.alone]
    for name in {name for each in shared for name in each.reads}:
        readers = tuple(each.topic for each in shared if name in each.reads)
        groups.setdefault(readers, set()).add(name)
    return groups | {(each.topic,): each.reads for each in watched if each.alone}


def _of_inputs(
    topics: list[_Watched], inputs: list[str], samples: tuple[Sample, Sample], seed: int
) -> pd.DataFrame:
    """Indices of some inputs on the results of some topics, from two samples of all inputs."""
    at_first, at_second = (
        {name: values for each in topics for name, values in each.ends[end].items()}
        for end in (0, 1)
    )
    found = sobol_indices(
        lambda sample: {name: v for each in topics for name, v in each.ranked(sample).items()},
        first=samples[0],
        second=samples[1],
        inputs=inputs,
        together=1 if any(each.alone for each in topics) else TOGETHER,
        rng=np.random.default_rng(seed),
        known=(at_first, at_second),
    )
    base = {name: values for each in topics for name, values in each.base.items()}
    rare = {name for name, values in base.items() if _is_rare(values)}
    return found.rename(columns={"input": "name"}).assign(rare=found["result"].isin(rare))


def _is_rare(values: FloatArray) -> bool:
    """Whether a result takes two values, and one of them hardly ever."""
    kinds, counts = np.unique(values, return_counts=True)
    return len(kinds) == 1 or (len(kinds) == 2 and counts.min() < RARE * values.size)
