"""A folder of finished work under content keys: what is there is whole, or it is made again.

An entry's first line is the digest of the rest. One that was broken off, damaged or put under a
wrong key does not match, is removed, and counts as absent. Keys are made where the work is done: of
notebooks in `report.run.notebook_runs`, of answers in `answers.store`, of whole runs in
`report.run.unchanged`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from token_economics import project
from token_economics.project import folders

FOLDER = ".cache"
ENTRIES_KEPT = 200
EVIDENCE: ContextVar[Cache | None] = ContextVar("evidence", default=None)
"""Where readers of the evidence keep the plain numbers that they find; mostly nowhere."""


@dataclass(frozen=True)
class Cache:
    """Entries by kind and key. ``fresh`` reads none of them, and renews those it makes."""

    folder: Path
    fresh: bool = False

    def get(self, kind: str, key: str) -> Any:
        """What was put there, or None."""
        path = self._path(kind, key)
        if self.fresh:
            return None
        try:
            seal, _, body = path.read_bytes().partition(b"\n")
            if seal.decode("ascii", "replace") == _seal(kind, key, body):
                return json.loads(body)
            path.unlink()
        except (OSError, ValueError):
            return None
        return None

    def put(self, kind: str, key: str, value: Any) -> None:
        """Keep a value of plain JSON and NumPy's numbers; a folder that cannot be written keeps none."""
        path = self._path(kind, key)
        body = json.dumps(value, ensure_ascii=False, default=lambda number: number.item()).encode()
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            folders.write({path: _seal(kind, key, body).encode() + b"\n" + body})
            self._prune(path.parent)

    def get_or_make(self, kind: str, key: str, make: Callable[[], Any]) -> Any:
        """What was put there, else what ``make`` gives, which is put there."""
        found = self.get(kind, key)
        if found is None:
            found = make()
            self.put(kind, key, found)
        return found

    def _path(self, kind: str, key: str) -> Path:
        return self.folder / kind / f"{key}.json"

    def _prune(self, folder: Path) -> None:
        """Keep the newest entries of a kind."""
        entries = sorted(folder.iterdir(), key=lambda entry: entry.stat().st_mtime)
        for entry in entries[:-ENTRIES_KEPT]:
            entry.unlink(missing_ok=True)


def of_project(*, fresh: bool = False) -> Cache:
    """The cache of the project that this process works on; git ignores it."""
    return Cache(project.root() / FOLDER, fresh)


@contextlib.contextmanager
def keeping_evidence() -> Iterator[None]:
    """Have readers of the evidence take from the project's cache what an earlier process found."""
    outer = EVIDENCE.set(of_project())
    try:
        yield
    finally:
        EVIDENCE.reset(outer)


def _seal(kind: str, key: str, body: bytes) -> str:
    return hashlib.sha256(f"{kind}/{key}\n".encode() + body).hexdigest()
