"""What matters: which of the book's assumptions decide the headline results, and which none."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from token_economics.answers import evaluate
from token_economics.book.assumptions import Book
from token_economics.book.draws import Draws
from token_economics.methods.arrays import FloatArray
from token_economics.methods.sensitivity import (
    SHARE_DECIMALS,
    first_order_effects,
    ranks_within,
    total_effects,
)

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


def first_order(book: Book) -> pd.DataFrame:
    """First-order effect of every assumption on every headline result that assumptions decide.

    Read off the run's own draws, which are solved already; nothing else is evaluated. By rank, so
    that a result with a heavy tail is not judged by its largest draw. Columns: result, name, first,
    first_low, first_high [share of variance], rare (so few draws say little of it).
    """
    draws = book.draws(max(book.n_draws, DRAWS))
    parts = []
    for module in modelled():
        topic = _Watched(module, book, draws)
        read = {name: draws[name] for name in sorted(topic.reads)}
        parts.append(first_order_effects(read, topic.ranks))
        parts[-1]["rare"] = parts[-1]["result"].map({n: _is_rare(v) for n, v in topic.base.items()})
    return _in_order(parts, [name for part in parts for name in part["result"].unique()])


def totals(book: Book, names: Iterable[str], draws: int = DRAWS) -> pd.DataFrame:
    """Total effect of some assumptions on the headline results of the topics that read them.

    Each is dealt out anew over a few draws, so every name costs a solved market. That needs inputs
    that are independent, so these are draws of the book before the record. By rank. Columns:
    result, name, total, total_low, total_high [share of variance].
    """
    book = book.before_record()
    drawn = book.draws(draws)
    watched = {module.TOPIC: _Watched(module, book, drawn) for module in modelled()}
    parts = [
        _of_inputs([watched[topic] for topic in topics], sorted(read), drawn)
        for topics, readers_of in _by_readers(watched.values()).items()
        if (read := readers_of & set(names))
    ]
    return _in_order(parts, [name for each in watched.values() for name in each.base])


class _Watched:
    """A topic's results for some draws, and the assumptions that they were seen to read."""

    def __init__(self, module: Any, book: Book, draws: Sample) -> None:
        self.topic, self.alone = module.TOPIC, has_chance(module)
        self._results = model(module, book.seed)
        self.reads: set[str] = set()
        self.base = self._results(Draws(draws, draws.__getitem__, self.reads))
        self._ordered = {name: np.sort(values) for name, values in self.base.items()}
        self.ranks = self._as_ranks(self.base)

    def ranked(self, draws: Sample) -> dict[str, FloatArray]:
        """Results as their ranks within those of the first draws."""
        return self._as_ranks(self._results(draws))

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


def _of_inputs(topics: list[_Watched], inputs: list[str], draws: Sample) -> pd.DataFrame:
    """Total effects of some inputs on the results of some topics."""
    return total_effects(
        lambda sample: {name: v for each in topics for name, v in each.ranked(sample).items()},
        draws=draws,
        inputs=inputs,
        together=1 if any(each.alone for each in topics) else TOGETHER,
    )


def _in_order(parts: list[pd.DataFrame], results: list[str]) -> pd.DataFrame:
    """Effects as a table by result, in that order, and name."""
    found = pd.concat(parts, ignore_index=True).rename(columns={"input": "name"})
    place = {name: at for at, name in enumerate(results)}
    found = found.assign(place=found["result"].map(place)).sort_values(["place", "name"])
    return found.drop(columns="place").reset_index(drop=True).round(SHARE_DECIMALS)


def _is_rare(values: FloatArray) -> bool:
    """Whether a result takes two values, and one of them hardly ever."""
    kinds, counts = np.unique(values, return_counts=True)
    return len(kinds) == 1 or (len(kinds) == 2 and counts.min() < RARE * values.size)
