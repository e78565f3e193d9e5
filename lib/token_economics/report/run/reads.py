"""Assumptions that code reads by name, found without running it, and those that the book lacks."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from token_economics.book.assumptions import Book
from token_economics.project import fingerprint
from token_economics.report.run import notebooks
from token_economics.report.run.notebooks import Source

PACKAGE = "token_economics"
HOLDERS = ("book", "draws")  # what the house calls whatever holds assumptions by name


class Code(NamedTuple):
    """What a piece of code reads of the book, with the line, and which of our modules it imports."""

    reads: tuple[tuple[str, int], ...]
    imports: tuple[Path, ...]


def lacking(sources: Iterable[Source], book: Book) -> list[str]:
    """Assumptions that a notebook, or what it imports of the library, reads and the book lacks.

    A line each. A name that code puts together as it runs is not seen here; the run names it.
    """
    readers: dict[str, str] = {}
    wanted: dict[str, list[str]] = {}
    for source in sources:
        own = [_code(cell.source) for cell in notebooks.code_cells(notebooks.load(source.path))]
        places = [(source.path.name, code) for code in own]
        reached = _reached(path for code in own for path in code.imports)
        places += [
            (path.relative_to(fingerprint.LIBRARY).as_posix(), _module(path)) for path in reached
        ]
        for place, code in places:
            for name, line in code.reads:
                if name in book:
                    continue
                readers.setdefault(name, f"{place} (line {line})")
                if source.path.name not in wanted.setdefault(name, []):
                    wanted[name].append(source.path.name)
    return [
        f"assumptions.csv: no row is named {name!r}, which {readers[name]} reads for "
        f"{for_whom[0]}" + (f" and {len(for_whom) - 1} more" if len(for_whom) > 1 else "")
        for name, for_whom in sorted(wanted.items())
    ]


def _reached(first: Iterable[Path]) -> list[Path]:
    """Modules of the library that these import, and those that they import in turn, by path."""
    found: set[Path] = set()
    waiting = list(first)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _module(path).imports
    return sorted(found)


@lru_cache(maxsize=512)
def _module(path: Path) -> Code:
    return _code(path.read_text(encoding="utf-8"))


def _code(text: str) -> Code:
    try:
        tree = ast.parse(text)
    except SyntaxError:  # a line of IPython's own; if it is an error, the run says so
        return Code((), ())
    reads: list[tuple[str, int]] = []
    imports: list[Path] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript):
            reads += _read(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            imports += _imported(node)
    return Code(tuple(reads), tuple(imports))


def _read(node: ast.Subscript) -> Iterator[tuple[str, int]]:
    held = node.value.func if isinstance(node.value, ast.Call) else node.value
    called = getattr(held, "attr", getattr(held, "id", ""))
    if called in HOLDERS and isinstance(node.slice, ast.Constant):
        yield str(node.slice.value), node.lineno


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[Path]:
    """Files of the library's modules that a statement imports."""
    names = [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        names = [f"{node.module}.{name}" for name in names] + [str(node.module)]
    for name in names:
        package, *parts = name.split(".")
        path = fingerprint.LIBRARY.joinpath(*parts).with_suffix(".py")
        if package == PACKAGE and parts and path.is_file():
            yield path
