"""A folder of finished work under content keys: what is there is whole, or it is made again.

An entry's first line is the digest of the rest. One that was broken off, damaged or put under a
wrong key does not match, is removed, and counts as absent. Entries are put in place by renames and
nobody holds a lock: two processes at once may do the same work twice, and harm nothing. Keys are made
where the work is done: of notebooks in `report.run.notebook_runs`, of pictures in
`report.run.execute`, of answers in `answers.store`, of whole runs in `report.run.unchanged`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from token_economics import project
from token_economics.project import folders

FOLDER = ".cache"
MOST_BYTES = 512 * 2**20
LOOKS = 8  # a process sees how much there is as it writes first, and at each such part of the most

_written: dict[Path, int] = {}  # bytes since this process looked last
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
                with contextlib.suppress(OSError):
                    os.utime(path)  # what is used stays
                return json.loads(body)
            path.unlink()
        except (OSError, ValueError):
            return None
        return None

    def put(self, kind: str, key: str, value: Any) -> None:
        """Keep a value of plain JSON and NumPy's numbers, unless the system refuses to write."""
        path = self._path(kind, key)
        body = json.dumps(value, ensure_ascii=False, default=lambda number: number.item()).encode()
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            sealed = _seal(kind, key, body).encode() + b"\n" + body
            folders.write({path: sealed})
            self._make_room(len(sealed))

    def get_or_make(self, kind: str, key: str, make: Callable[[], Any]) -> Any:
        """What was put there, else what ``make`` gives, which is put there."""
        found = self.get(kind, key)
        if found is None:
            found = make()
            self.put(kind, key, found)
        return found

    def _path(self, kind: str, key: str) -> Path:
        return self.folder / kind / f"{key}.json"

    def _make_room(self, added: int) -> None:
        """Drop what was used longest ago, of all kinds, so that this process never exceeds the most.

        What a killed process left half written goes the same way.
        """
        part = MOST_BYTES // LOOKS
        _written[self.folder] = _written.get(self.folder, part) + added
        if _written[self.folder] < part:
            return
        _written[self.folder] = 0
        used = []
        for path in self.folder.glob("*/*"):
            with contextlib.suppress(OSError):  # another process has dropped it meanwhile
                found = path.stat()
                used.append((found.st_mtime_ns, path, found.st_size))
        excess = sum(size for _, _, size in used) - (MOST_BYTES - part)
        for _, path, size in sorted(used):
            if excess <= 0:
                break
            with contextlib.suppress(OSError):
                path.unlink()
                excess -= size


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
