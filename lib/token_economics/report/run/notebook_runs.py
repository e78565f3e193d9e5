"""Runs the notebooks of a project: those whose result is not at hand, side by side, longest first.

A result holds for one library, data, lock, packages and source of the notebook, whole and to the
byte, and for every book that agrees in what the run was seen to read. One notebook edited runs one
kernel, an assumption those that read it, the library or the data all.
"""

from __future__ import annotations

import ast
import compileall
import json
import os
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nbformat import NotebookNode

from token_economics import project
from token_economics.book import subjects
from token_economics.book.assumptions import Book
from token_economics.project import fingerprint
from token_economics.project.cache import Cache
from token_economics.report.kernels.environment import ready
from token_economics.report.run import execute, notebooks, reach
from token_economics.report.run.execute import Execution
from token_economics.report.run.notebooks import Source
from token_economics.report.run.progress import Lines, Session

KIND, READ, LAST = "notebooks", "reads", "last"
MOST_WAYS = 8  # of reading the book that are kept of one notebook
REASONS = {
    "lib": "the library changed",
    "data": "the data changed",
    "lock": "the lock changed",
    "machine": "other packages or another machine",
    "settings": "other settings",
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


NAME = re.compile(r"[A-Za-z_]\w*")
RESOLVING = "resolve(globals())"  # the one use of them that reads nothing by itself
ROUND_THE_BOOK = re.compile(r"globals|locals|vars|dir|get_ipython|In|_i\w*|__\w+__|subjects")
"""Names that lead to the variables of a run, or to the text of its cells, past the book."""


@dataclass(frozen=True)
class Identity:
    """What the result of a notebook depends on besides the book, each part by its digest.

    ``whole`` says whether that is all. ``named`` are the words of its cells: one that names an
    assumption may stand for the variable that a run sets, which no book sees being read; None where
    any may be meant.
    """

    parts: dict[str, str]
    whole: bool
    named: frozenset[str] | None

    @property
    def key(self) -> str:
        """The parts in one digest."""
        return fingerprint.digest([json.dumps(self.parts, sort_keys=True).encode()])

    def under(self, book: Book, read: Iterable[str]) -> str:
        """Key of the result for every book that agrees with this one in the names read."""
        rows = {name: book.identity(name) for name in read}
        return fingerprint.digest([self.key.encode(), json.dumps(rows, sort_keys=True).encode()])

    def read(self, book: Book, seen: Iterable[str] | None) -> list[str]:
        """Names of the book on which the result rests, by those that its run was ``seen`` to read."""
        known = {*book, *subjects.known()}
        if seen is None or self.named is None:
            return sorted(known)
        return sorted({*seen, *(self.named & known)})


def parameters(book: Book) -> dict[str, Any]:
    """What turns the book as stored into this one: the way to hand it to a kernel."""
    return {**book.overrides, **book.subjects}


def shared(book: Book) -> dict[str, str]:
    """What the results of all notebooks depend on, by its digests."""
    hashes = fingerprint.hashes()
    settings = [book.seed, book.n_draws, book.as_of]
    return {
        **{part: hashes[part] for part in ("lib", "data", "lock")},
        "machine": fingerprint.machine(),
        "settings": fingerprint.digest([json.dumps(settings).encode()]),
    }


def identity(source: Source, common: Mapping[str, str]) -> Identity:
    """Identity of a notebook's result, with what it shares with those of the others."""
    digest, whole, named = notebooks.read_as(source.path, _of_its_own)
    return Identity({**common, "notebook": digest}, whole, named)


@lru_cache(maxsize=64)
def _of_its_own(content: bytes) -> tuple[str, bool, frozenset[str] | None]:
    """Digest of a notebook's source, whether it takes in no more than is known, and its words."""
    notebook = notebooks.code_of(content)
    cells = [[c.cell_type, c.source, c.metadata.get("tags", [])] for c in notebook.cells]
    own = notebook.metadata.get(notebooks.METADATA_KEY, {})
    digest = fingerprint.digest([json.dumps([cells, own], sort_keys=True).encode()])
    code = notebooks.code_cells(notebook)
    trees = [reach.parsed(cell.source) for cell in code]
    ours = {name for tree in trees if tree for name, _ in reach.imported(tree)}
    whole = all(tree is not None and _reads_nothing_else(tree, ours) for tree in trees)
    return digest, whole and not any(map(notebooks.is_injected, code)), _words(notebook)


def _words(notebook: NotebookNode) -> frozenset[str] | None:
    """Words of the cells that run under the parameters of a run, in strings and remarks too.

    A string may be code, as for `DataFrame.query`. The cell of parameters runs before they are set.
    None where code names a way round the book.
    """
    first = notebooks.parameters_cell(notebook)
    cells = [cell.source for cell in notebooks.code_cells(notebook) if cell is not first]
    trees = [reach.parsed(cell.replace(RESOLVING, "resolve()")) for cell in cells]
    nodes = [node for tree in trees if tree for node in ast.walk(tree)]
    code = [getattr(node, "id", getattr(node, "attr", "")) for node in nodes]
    if any(map(ROUND_THE_BOOK.fullmatch, code)):
        return None
    return frozenset(NAME.findall("\n".join(cells)))


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
    found = {source.topic: _found(identities[source.topic], book, cache) for source in chosen}
    missing = [source for source in chosen if found[source.topic] is None]
    progress = session.progress
    _announce(chosen, missing, identities, book, cache, progress)

    def execute_one(source: Source) -> Execution:
        return execute.run(
            source,
            root=project.root(),
            parameters=parameters(book),
            kernels=kernels,
            cache=cache,
            at_cell=lambda position, total: progress.at_cell(source.path.name, position, total),
        )

    def finished() -> Iterator[Execution]:
        kept = [(source, entry) for source in chosen if (entry := found[source.topic])]
        running = set(futures)
        while kept or running:
            done, running = wait(running, 0 if kept else None, FIRST_COMPLETED)
            for future in done:
                execution = future.result()
                progress.done(futures[future].path.name, execution.seconds, execution.warnings)
                _store(execution, identities[execution.source.topic], book, cache)
                yield execution
            if kept and not done:
                yield _again(*kept.pop(0), book)
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
            futures = {
                pool.submit(execute_one, each): each for each in _in_turn(missing, book, cache)
            }
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
        reach.parsed(cell.source) for cell in notebooks.code_cells(notebooks.looked_at(source.path))
    ]
    return {f"{reach.PACKAGE}.{name}" for tree in trees if tree for _, name in reach.imported(tree)}


def _announce(
    chosen: list[Source],
    missing: list[Source],
    identities: dict[str, Identity],
    book: Book,
    cache: Cache,
    progress: Lines,
) -> None:
    """Say what runs and why."""
    if not missing:
        progress.say(f"no kernel needed: {len(chosen)} notebooks are as they were")
        return
    reasons: dict[str, list[str]] = {}
    for source in missing:
        reason = _reason(source, identities[source.topic], book, cache)
        reasons.setdefault(reason, []).append(source.stem)
    progress.say(f"running {len(missing)} of {len(chosen)} notebooks")
    for reason, names in reasons.items():
        progress.say(f"  {reason}: {', '.join(names)}")


def _reason(source: Source, current: Identity, book: Book, cache: Cache) -> str:
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
    if not changed and last["under"] != current.under(book, last["read"]):
        return "other assumptions"
    return ", ".join(changed) or "its stored result is gone"


def _in_turn(missing: Iterable[Source], book: Book, cache: Cache) -> list[Source]:
    """Longest first; before all others the page that leans most on what was changed.

    It is the first one that an assumption's row names, and what its rerunner waits for.
    """
    own = [topic for name in book.overrides for topic in book.stored[name].topics[:1]]
    return sorted(missing, key=lambda s: (-own.count(s.topic), -_seconds_last_time(s, cache)))


def _seconds_last_time(source: Source, cache: Cache) -> float:
    last = Cache(cache.folder).get(LAST, source.topic)
    return float(last["seconds"]) if last else 0.0


def _found(current: Identity, book: Book, cache: Cache) -> Any:
    """What an earlier run left that read the same of the book, or None."""
    for read in (cache.get(READ, current.key) or []) if current.whole else []:
        entry = cache.get(KIND, current.under(book, read))
        if entry is not None:
            return entry
    return None


def _again(source: Source, entry: Mapping[str, Any], book: Book) -> Execution:
    """The notebook as a run would leave it now."""
    notebook = execute.again(source, entry["outputs"], parameters=parameters(book))
    return Execution(source, notebook, entry["warnings"], entry["seconds"])


def _store(execution: Execution, started: Identity, book: Book, cache: Cache) -> None:
    """Keep a result, unless something it depends on was edited while it was computed."""
    source, read = execution.source, started.read(book, execution.read)
    under = started.under(book, read)
    run = {"parts": started.parts, "seconds": execution.seconds, "read": read, "under": under}
    cache.put(LAST, source.topic, run)
    if started.whole and identity(source, shared(book)).key == started.key:
        ways = Cache(cache.folder).get(READ, started.key) or []
        if read not in ways:
            cache.put(READ, started.key, [read, *ways][:MOST_WAYS])
        entry = {
            "outputs": execute.outputs_of(execution.notebook),
            "warnings": execution.warnings,
            "seconds": execution.seconds,
        }
        cache.put(KIND, under, entry)
