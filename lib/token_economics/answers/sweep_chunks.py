"""One chunk of a sweep: the topics' own headline functions on arrays, and a Parquet table of it.

A chunk depends on the plan and its number alone, so that it does not matter where, when or after
what it is evaluated.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from token_economics.answers import evaluate, influence
from token_economics.answers.sweep_plan import Plan
from token_economics.book import assumptions
from token_economics.book.assumptions import Book
from token_economics.book.draws import Draws, with_values
from token_economics.headlines.market.conditioning import conditioned
from token_economics.methods.arrays import FloatArray
from token_economics.project import RunError, fingerprint


class OtherVersionError(RunError):
    """The library or the data here are not those that the sweep was planned with."""


@dataclass(frozen=True)
class Prepared:
    """The book and the evidence, read once a process."""

    book: Book
    facts: Mapping[str, tuple[Any, ...]]


def swept_topics() -> list[str]:
    """Topics with a pure function of draws."""
    return [module.TOPIC for module in influence.modelled()]


def parquet_of(plan: Plan, number: int) -> bytes:
    """A chunk as a Parquet file: set, draw, what the sets give, then ``topic.result``.

    Raises `OtherVersionError`: on a machine whose library or data differ.
    """
    columns = chunk(plan, number)
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def chunk(plan: Plan, number: int) -> dict[str, Any]:
    """Columns of a chunk."""
    prepared = _prepared(_settings(plan), plan.topics)
    if plan.draws:
        position, part = divmod(number, plan.chunks_a_set)
        sets = np.array([position])
        first = part * plan.chunk_rows
        draws = np.arange(first, min(first + plan.chunk_rows, plan.draws))
        seed = _seed(plan.seed, part)
        pinned = dict(zip(plan.names, plan.sets[position], strict=True)) if plan.sets else {}
        book = assumptions.override(replace(prepared.book, seed=seed), pinned)
        values = conditioned(book).draws(len(draws))
    else:
        first = number * plan.chunk_rows
        sets = np.arange(first, min(first + plan.chunk_rows, plan.n_sets))
        draws, seed = np.zeros(len(sets), dtype=np.int64), plan.seed
        points = prepared.book.points()
        values = Draws(points, lambda name: np.full(len(sets), points[name][0]), set())
    rows = len(draws)
    given = {
        name: np.resize(np.array([plan.sets[s][column] for s in sets]), rows)
        for column, name in enumerate(plan.names)
    }
    values = with_values(values, given)
    varied = [n for n, row in prepared.book.rows.items() if plan.draws and not row.pinned]
    shown = list(dict.fromkeys([*plan.names, *varied])) if plan.inputs else list(plan.names)
    return {
        "set": np.resize(sets, rows),
        "draw": draws,
        **{name: values[name] for name in shown},
        **_headlines(plan, prepared, values, seed=seed),
    }


def _headlines(
    plan: Plan, prepared: Prepared, values: Draws, *, seed: int
) -> dict[str, FloatArray]:
    """Results of all topics, named ``topic.result``."""
    found = {}
    for module in evaluate.topics():
        if module.TOPIC not in plan.topics:
            continue
        record = tuple(
            replace(facts, seed=seed) if hasattr(facts, "seed") else facts  # it draws errors too
            for facts in prepared.facts[module.TOPIC]
        )
        # a draw at a time is the central case of a topic with draws of its own
        alone = any(hasattr(facts, "seed") for facts in record) and not plan.draws
        parts = [module.headlines(part, *record) for part in (_each(values) if alone else [values])]
        rows = 1 if alone else _size(values)
        for name in parts[0]:
            arrays = [np.broadcast_to(np.asarray(part[name], np.float64), rows) for part in parts]
            found[f"{module.TOPIC}.{name}"] = np.concatenate(arrays)
    return found


def _each(values: Draws) -> list[Draws]:
    """The values row by row, as draws of one."""

    def row(at: int) -> Draws:
        return Draws(values, lambda name: values[name][at : at + 1], set())

    return [row(at) for at in range(_size(values))]


def _size(values: Draws) -> int:
    return len(values[next(iter(values))])


def _seed(seed: int, part: int) -> int:
    """A stream of its own for each chunk of draws; all sets share it."""
    return seed if part == 0 else int(np.random.SeedSequence([seed, part]).generate_state(1)[0])


def _settings(plan: Plan) -> str:
    """What of a plan sets the book and the evidence."""
    return json.dumps([plan.overrides, plan.seed, plan.as_of, plan.hashes], sort_keys=True)


@lru_cache(maxsize=2)
def _prepared(settings: str, topics: tuple[str, ...]) -> Prepared:
    overrides, seed, as_of, hashes = json.loads(settings)
    here = fingerprint.hashes()
    for name in ("lib", "data"):
        if here[name] != hashes[name]:
            raise OtherVersionError(
                f"{name} on this machine is {here[name]}, the sweep was planned with "
                f"{hashes[name]}: install the same version"
            )
    facts = {
        module.TOPIC: influence.facts_of(module, seed)
        for module in influence.modelled()
        if module.TOPIC in topics
    }
    own = assumptions.read_book()
    return Prepared(assumptions.override(own, overrides, seed=seed, as_of=as_of), facts)
