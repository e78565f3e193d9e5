"""Runs the notebooks of a project: those whose result is not at hand, side by side, longest first.

The key of a notebook's result is coarse on purpose: all of the library, data, lock and packages,
the notebook's own source, the resolved assumptions. One notebook edited runs one kernel; anything
that notebooks share, all.
"""

from __future__ import annotations

import ast
import compileall
import json
import os
from collections.abc import Container, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import nbformat

from token_economics import project
from token_economics.book.assumptions import Book
from token_economics.project import fingerprint
from token_economics.project.cache import Cache
from token_economics.report.kernels.environment import ready
from token_economics.report.run import execute, notebooks, reach
from token_economics.report.run.execute import Execution
from token_economics.report.run.notebooks import Source
from token_economics.report.run.progress import Lines, Session

KIND, LAST = "notebooks", "last"
REASONS = {
    "lib": "the library changed",
    "data": "the data changed",
    "lock": "the lock changed",
    "machine": "other packages or another machine",
    "assumptions": "other assumptions",
    "notebook": "the notebook changed",
}
KNOWN_PACKAGES = frozenset({
    "token_economics", "numpy", "pandas", "altair", "scipy", "statsmodels", "math", "dataclasses",
    "functools", "itertools",
})  # fmt: skip
OWN_INPUT = frozenset({
    "open", "read_csv", "read_table", "read_json", "read_parquet", "read_excel", "read_html",
    "read_sql", "read_pickle", "read_text", "read_bytes", "load", "loadtxt", "genfromtxt",
    "fromfile", "now", "today", "default_rng", "eval", "exec", "__import__",
})  # fmt: skip


@dataclass(frozen=True)
class Identity:
    """What the result of a notebook depends on, each part by its digest, and whether that is all."""

    parts: dict[str, str]
    whole: bool

    @property
    def key(self) -> str:
        """The parts in one digest."""
        return fingerprint.digest([json.dumps(self.parts, sort_keys=True).encode()])


def parameters(book: Book) -> dict[str, Any]:
    """What turns the book as stored into this one: the way to hand it to a kernel."""
    return {**book.overrides, **book.subjects}


def shared(book: Book) -> dict[str, str]:
    """What the results of all notebooks depend on, by its digests."""
    hashes = fingerprint.hashes()
    settings = [parameters(book), book.seed, book.n_draws, book.as_of]
    return {
        **{part: hashes[part] for part in ("lib", "data", "lock")},
        "machine": fingerprint.machine(),
        "assumptions": fingerprint.digest([json.dumps(settings).encode()]),
    }


def identity(source: Source, common: Mapping[str, str]) -> Identity:
    """Identity of a notebook's result, with what it shares with those of the others."""
    digest, whole = notebooks.read_as(source.path, _of_its_own)
    return Identity({**common, "notebook": digest}, whole)


@lru_cache(maxsize=64)
def _of_its_own(content: bytes) -> tuple[str, bool]:
    """Digest of a notebook's source, and whether that is all it takes in besides what is shared."""
    notebook = notebooks.parsed(content)
    cells = [[c.cell_type, c.source, c.metadata.get("tags", [])] for c in notebook.cells]
    own = notebook.metadata.get(notebooks.METADATA_KEY, {})
    digest = fingerprint.digest([json.dumps([cells, own], sort_keys=True).encode()])
    trees = [reach.parsed(cell.source) for cell in notebooks.code_cells(notebook)]
    ours = {name for tree in trees if tree for name, _ in reach.imported(tree)}
    return digest, all(tree is not None and _reads_nothing_else(tree, ours) for tree in trees)


def _reads_nothing_else(cell: ast.Module, ours: Container[str]) -> bool:
    """Whether a cell takes in nothing but the library, by the names ``ours``, and what came before.

    A cell that reads a file of its own, asks the clock, draws without a seed or leaves Python cannot
    be known by its source: its notebook runs every time.
    """
    for node in ast.walk(cell):
        if isinstance(node, ast.Call) and _takes_in(node, ours):
            return False
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            roots = [node.module or ""] if isinstance(node, ast.ImportFrom) else names
            if {root.split(".")[0] for root in roots} - KNOWN_PACKAGES:
                return False
    return True


def _takes_in(call: ast.Call, ours: Container[str]) -> bool:
    """Whether a call takes in what stands neither in the cell nor in the library and its data."""
    owner = getattr(call.func, "value", None)
    if isinstance(owner, ast.Name) and owner.id in ours:
        return False
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    seeded = name == "default_rng" and bool(call.args or call.keywords)
    return name in OWN_INPUT and not seeded


@contextmanager
def running(
    chosen: list[Source], *, book: Book, cache: Cache, session: Session, jobs: int | None
) -> Iterator[Iterator[Execution]]:
    """Start kernels for the notebooks whose result is not at hand; yields all as they finish.

    The body may do other work meanwhile. When it is left early, by a failure or an interruption,
    no further notebook starts and the kernels are ended.

    Raises `NotebookError`: the first failure, out of the iteration.
    """
    common = shared(book)
    identities = {source.topic: identity(source, common) for source in chosen}
    stored = {s.topic: _stored(s, identities[s.topic], cache) for s in chosen}
    missing = [source for source in chosen if stored[source.topic] is None]
    progress = session.progress
    _announce(chosen, missing, identities, cache, progress)

    def execute_one(source: Source) -> Execution:
        return execute.run(
            source,
            root=project.root(),
            parameters=parameters(book),
            kernels=kernels,
            at_cell=lambda position, total: progress.at_cell(source.path.name, position, total),
        )

    def finished() -> Iterator[Execution]:
        yield from (execution for execution in stored.values() if execution is not None)
        for future in as_completed(futures):
            execution = future.result()
            progress.done(futures[future].path.name, execution.seconds, execution.warnings)
            _store(execution, identities[execution.source.topic], book, cache)
            yield execution
        progress.end()
        if getattr(kernels.server, "failed", False):
            progress.say("no kernel could be forked: they started the ordinary way")

    if missing:  # once for all kernels, which write nothing
        compileall.compile_dir(str(fingerprint.LIBRARY), quiet=2)
    # one more than cores: a kernel waits for messages for half a second as it starts and ends
    pool = ThreadPoolExecutor(max_workers=jobs or (os.cpu_count() or 1) + 1)
    with nullcontext(session.kernels) if session.kernels else ready() as kernels:
        progress.begin(source.path.name for source in missing)
        if len(missing) > 1 and kernels.server is not None:
            names = sorted(set().union(*map(_imported, missing)))
            kernels.server.read_ahead(names, parameters(book), library=common["lib"])
        try:
            by_length = sorted(missing, key=lambda source: -_seconds_last_time(source, cache))
            futures = {pool.submit(execute_one, source): source for source in by_length}
            yield finished()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            kernels.end()
            raise
        finally:
            pool.shutdown(wait=True)
            progress.end()


def _imported(source: Source) -> set[str]:
    """What of our library a notebook's cells import, by dotted name."""
    trees = [
        reach.parsed(cell.source) for cell in notebooks.code_cells(notebooks.load(source.path))
    ]
    return {f"{reach.PACKAGE}.{name}" for tree in trees if tree for _, name in reach.imported(tree)}


def _announce(
    chosen: list[Source],
    missing: list[Source],
    identities: dict[str, Identity],
    cache: Cache,
    progress: Lines,
) -> None:
    """Say what runs and why."""
    if not missing:
        progress.say(f"no kernel needed: {len(chosen)} notebooks are as they were")
        return
    reasons: dict[str, list[str]] = {}
    for source in missing:
        reason = _reason(source, identities[source.topic], cache)
        reasons.setdefault(reason, []).append(source.stem)
    progress.say(f"running {len(missing)} of {len(chosen)} notebooks")
    for reason, names in reasons.items():
        progress.say(f"  {reason}: {', '.join(names)}")


def _reason(source: Source, current: Identity, cache: Cache) -> str:
    if cache.fresh:
        return "asked to run afresh"
    if not current.whole:
        return "takes in more than the library and the data"
    last = cache.get(LAST, source.topic)
    if last is None:
        return "not run yet"
    changed = [
        REASONS[part] for part, now in current.parts.items() if last["parts"].get(part) != now
    ]
    return ", ".join(changed) or "its stored result is gone"


def _seconds_last_time(source: Source, cache: Cache) -> float:
    last = Cache(cache.folder).get(LAST, source.topic)
    return float(last["seconds"]) if last else 0.0


def _stored(source: Source, current: Identity, cache: Cache) -> Execution | None:
    entry = cache.get(KIND, current.key) if current.whole else None
    if entry is None:
        return None
    notebook = nbformat.reads(entry["notebook"], as_version=4)
    return Execution(source, notebook, entry["warnings"], entry["seconds"])


def _store(execution: Execution, started: Identity, book: Book, cache: Cache) -> None:
    """Keep a result, unless something it depends on was edited while it was computed."""
    source = execution.source
    cache.put(LAST, source.topic, {"parts": started.parts, "seconds": execution.seconds})
    if started.whole and identity(source, shared(book)).key == started.key:
        entry = {
            "notebook": execution.text,
            "warnings": execution.warnings,
            "seconds": execution.seconds,
        }
        cache.put(KIND, started.key, entry)
