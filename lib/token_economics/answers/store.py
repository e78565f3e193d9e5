"""Results kept between questions, so that a question costs what it changes and no more.

An entry holds for one library and one set of data, byte for byte, and for every book that agrees
with it in the assumptions that the results were seen to read. It is never trusted further: what
cannot be read is made again, and where nothing can be written nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path

from token_economics import project
from token_economics.book.assumptions import Book

LIBRARY = Path(__file__).resolve().parents[1]
PACKAGES = ("numpy", "pandas", "scipy", "statsmodels")
MOST_ENTRIES = 24
Rows = list[dict[str, object]]


@dataclass(frozen=True)
class Entry:
    """Results, and what they were made of."""

    read: Mapping[str, object]
    settings: tuple[str, int, int]
    results: Rows


def remembered(name: str, book: Book, compute: Callable[[Book], Rows]) -> Rows:
    """What ``compute`` makes of the book, from an earlier time if nothing that it read differs.

    Everything that ``compute`` takes from the book must go through the book's own methods.
    """
    path = _folder() / f"{name}.pickle"
    entries = _load(path)
    entry = _known(entries, book)
    if entry is None:
        entry = _made(book, compute)
        # the first entry is mostly the book as it stands, which every comparison asks for
        _save(path, [*entries[:1], entry, *entries[1 : MOST_ENTRIES - 1]])
    return [dict(row) for row in entry.results]


class Recall:
    """What `remembered` does, for as long as this object lives and without files."""

    def __init__(self) -> None:
        self._entries: dict[str, list[Entry]] = {}

    def __call__(self, name: str, book: Book, compute: Callable[[Book], Rows]) -> Rows:
        """What ``compute`` makes of the book, made once for all books that agree in what it reads."""
        entries = self._entries.setdefault(name, [])
        entry = _known(entries, book)
        if entry is None:
            entry = _made(book, compute)
            entries.append(entry)
        return [dict(row) for row in entry.results]


def _known(entries: list[Entry], book: Book) -> Entry | None:
    """The entry that holds for a book, if there is one."""
    for entry in entries:
        same = all(_content(book, name) == row for name, row in entry.read.items())
        if entry.settings == _settings(book) and same:
            return entry
    return None


def _made(book: Book, compute: Callable[[Book], Rows]) -> Entry:
    """A new entry, with what was read for it."""
    watched = replace(book, reads=set())
    found = compute(watched)
    read = {name: _content(book, name) for name in sorted(watched.reads)}
    return Entry(read, _settings(book), found)


def _settings(book: Book) -> tuple[str, int, int]:
    return book.as_of, book.seed, book.n_draws


def _content(book: Book, name: str) -> object:
    """What of an assumption can decide a result: all but who set it."""
    return replace(book.rows[name], set_by="") if name in book.rows else None


def _folder() -> Path:
    key = _content_key(project.data(), project.own_data())
    return project.root() / ".cache" / "answers" / key


@cache
def _content_key(data: Path, own: Path | None) -> str:
    """Identity of the library, the data and the packages that compute."""
    packages = " ".join(f"{name} {version(name)}" for name in PACKAGES)
    hashed = hashlib.sha256(packages.encode())
    tables = [(folder, ("*.csv", "*.json")) for folder in (data, own) if folder is not None]
    for folder, patterns in [(LIBRARY, ("*.py",)), *tables]:
        for path in sorted(found for pattern in patterns for found in folder.rglob(pattern)):
            content = path.read_bytes()
            hashed.update(f"{path.relative_to(folder).as_posix()} {len(content)} ".encode())
            hashed.update(content)
    return hashed.hexdigest()[:16]


def _load(path: Path) -> list[Entry]:
    try:
        found = pickle.loads(path.read_bytes())
    except Exception:  # whatever a damaged or foreign file makes of it, the answer is made again
        return []
    whole = isinstance(found, list) and all(isinstance(entry, Entry) for entry in found)
    return found if whole else []


def _save(path: Path, entries: list[Entry]) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        _drop_older(path.parent)
        try:
            temporary.write_bytes(pickle.dumps(entries))
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _drop_older(current: Path) -> None:
    """Entries of other libraries or data: they will not be asked for again."""
    for folder in current.parent.iterdir():
        if folder != current and folder.is_dir():
            for path in folder.iterdir():
                path.unlink(missing_ok=True)
            folder.rmdir()
