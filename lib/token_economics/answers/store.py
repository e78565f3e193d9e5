"""Results kept between questions, so that a question costs what it changes and no more.

What was printed holds for the same words of the request. Results hold for every book that agrees in
the assumptions that they were seen to read. Both are of one library and one set of data, byte for
byte, on one machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from token_economics.project import cache as caches
from token_economics.project import fingerprint

if TYPE_CHECKING:
    from token_economics.book.assumptions import Book

KIND, PRINTED = "answers", "printed"
MOST_ENTRIES = 24
Rows = list[dict[str, object]]
Compute = Callable[["Book"], Rows]
Entry = dict[str, Any]
"""Results, and what they were made of: ``read``, ``settings``, ``results``."""


def printed(answer: Callable[[], str], scenario: str, *words: object) -> str:
    """What ``answer`` says to a request, from an earlier time if nothing that it hangs on differs.

    ``scenario`` may be the path of a file, ``words`` are all that the request says besides. Neither
    the model nor NumPy is imported for what was asked before.
    """
    file = Path(scenario)
    told = [file.resolve(), file.read_bytes()] if file.is_file() else []
    asked = repr((scenario, *words, *told)).encode()
    key = fingerprint.digest([fingerprint.content().encode(), asked])
    known: str = caches.of_project().get_or_make(PRINTED, key, answer)
    return known


def remembered(name: str, book: Book, compute: Compute) -> Rows:
    """What ``compute`` makes of the book, from an earlier time if nothing that it read differs.

    Everything that ``compute`` takes from the book must go through the book's own methods.
    """
    kept = caches.of_project()
    key = f"{fingerprint.content()}-{name}"
    entries: list[Entry] = kept.get(KIND, key) or []
    found = _found(entries, book, compute)
    if all(found is not entry for entry in entries):
        # the first entry is mostly the book as it stands, which every comparison asks for
        kept.put(KIND, key, [*entries[:1], found, *entries[1 : MOST_ENTRIES - 1]])
    return [dict(row) for row in found["results"]]


class Recall:
    """What `remembered` does, for as long as this object lives and without files."""

    def __init__(self) -> None:
        self._entries: dict[str, list[Entry]] = {}

    def __call__(self, name: str, book: Book, compute: Compute) -> Rows:
        """What ``compute`` makes of the book, made once for all books that agree in what it reads."""
        entries = self._entries.setdefault(name, [])
        found = _found(entries, book, compute)
        if all(found is not entry for entry in entries):
            entries.append(found)
        return [dict(row) for row in found["results"]]


def _found(entries: list[Entry], book: Book, compute: Compute) -> Entry:
    """The entry that holds for a book, or a new one with what was read for it."""
    settings = [book.as_of, book.seed, book.n_draws, dict(book.subjects), book.told]
    for entry in entries:
        same = all(book.identity(name) == row for name, row in entry["read"].items())
        if entry["settings"] == settings and same:
            return entry
    watched = replace(book, reads=set())
    results = compute(watched)
    read = {name: book.identity(name) for name in sorted(watched.reads)}
    return {"read": read, "settings": settings, "results": results}
