"""Assumptions that code reads by name, found without running it, and those that the book lacks."""

from __future__ import annotations

from collections.abc import Iterable

from token_economics.book.assumptions import Book
from token_economics.report.run import notebooks, reach
from token_economics.report.run.notebooks import Source


def lacking(sources: Iterable[Source], book: Book) -> list[str]:
    """Assumptions that a notebook, or what it imports of the library, reads and the book lacks.

    A line each. A name that code puts together as it runs is not seen here; the run names it.
    """
    readers: dict[str, str] = {}
    wanted: dict[str, list[str]] = {}
    for source in sources:
        file = source.path.name
        for place, name, line in _read_for(source):
            if name in book:
                continue
            readers.setdefault(name, f"{place} (line {line})")
            if file not in wanted.setdefault(name, []):
                wanted[name].append(file)
    return [
        f"assumptions.csv: no row is named {name!r}, which {readers[name]} reads for "
        f"{for_whom[0]}" + (f" and {len(for_whom) - 1} more" if len(for_whom) > 1 else "")
        for name, for_whom in sorted(wanted.items())
    ]


def _read_for(source: Source) -> list[tuple[str, str, int]]:
    """What a notebook's cells and then the modules that they lead to read: where, name, line."""
    cells = notebooks.code_cells(notebooks.looked_at(source.path))
    trees = [tree for cell in cells if (tree := reach.parsed(cell.source))]
    found = [(source.path.name, *read) for tree in trees for read in reach.reads(tree)]
    waiting = [name for tree in trees for _, name in reach.imported(tree)]
    modules = reach.library()
    led_to: set[str] = set()
    while waiting:
        name = reach.module_of(waiting.pop())
        if name and name not in led_to:
            led_to.add(name)
            waiting += [*modules[name].bindings.values(), *reach.topics_of(name)]
    for name in sorted(led_to):
        found += [(f"{name.replace('.', '/')}.py", *read) for read in modules[name].reads]
    return found
