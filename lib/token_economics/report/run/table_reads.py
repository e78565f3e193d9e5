"""Tables of the evidence that a notebook reads, found in its code and the library's without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache

from token_economics.evidence import tables
from token_economics.evidence.references import REFERENCE
from token_economics.project import cache as caches
from token_economics.project import fingerprint
from token_economics.report.run import notebooks, reach
from token_economics.report.run.notebooks import Source

KIND = "table-reads"
READERS = ("read", "series", "texts", "raw_rows")  # of `evidence.tables`
NAMING = "evidence.references.references"  # whoever calls it reads what rows of registers name
ROOMS = ("book", "headlines", "show")  # of the library, which ask for tables by name
NAMING_COLUMNS = ("evidence", "subject", "table", "base_table")


def of_notebook(source: Source) -> frozenset[str]:
    """Names of the tables that a notebook's cells, or the definitions that they lead to, read.

    A table counts where its name is handed to a reader, stands before one of its variables, or is a
    constant of a module; and where code looks up what rows of a register name, all that they name.
    """
    cells = [cell.source for cell in notebooks.code_cells(notebooks.looked_at(source.path))]
    key = fingerprint.digest(part.encode() for part in (fingerprint.content(), *cells))
    found = caches.of_project().get_or_make(KIND, key, lambda: sorted(_read_in(cells)))
    return frozenset(found)


def _read_in(cells: list[str]) -> set[str]:
    """What `of_notebook` says, from code cells."""
    led_to = reach.reached([cells], commands=())
    defined = [name for name in led_to if name.split(".")[0] in ROOMS]
    found = {table for name in defined for table in _read_by(name)}
    found |= {t for cell in cells if (tree := reach.parsed(cell)) for t in _named(tree)}
    if any(NAMING in _names(name) for name in defined):
        found |= {named for table in sorted(found) for named in _named_by_rows(table)}
    return found


@tables.once
def _variables() -> Mapping[str, frozenset[str]]:
    """Variables of each table; of one that is no series, none."""
    described = tables.package()["resources"]
    return {each["name"]: frozenset(each.get("variables", ())) for each in described}


@tables.once
def _read_by(name: str) -> frozenset[str]:
    """Tables that a definition of the library reads itself."""
    module, _, defined = name.rpartition(".")
    nodes = _definitions(module).get(defined, ())
    return frozenset(table for node in nodes for table in _named(node))


@lru_cache(maxsize=256)
def _definitions(module: str) -> Mapping[str, tuple[ast.stmt, ...]]:
    """Statements of a module by what they define: functions, classes, constants."""
    path = fingerprint.LIBRARY.joinpath(*module.split(".")).with_suffix(".py")
    found: dict[str, tuple[ast.stmt, ...]] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body if path.is_file() else ():
        names = [getattr(node, "name", "")]
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [part.id for part in targets if isinstance(part, ast.Name)]
        found |= {name: (*found.get(name, ()), node) for name in names}
    return found


def _names(name: str) -> frozenset[str]:
    """What a definition of the library names."""
    module, _, defined = name.rpartition(".")
    held = reach.library().get(module)
    return held.definitions[defined].names if held and defined in held.definitions else frozenset()


def _named(tree: ast.AST) -> Iterator[str]:
    """Tables that a piece of code names as such."""
    known = _variables()
    if isinstance(tree, ast.Assign | ast.AnnAssign) and (name := _text(tree.value)) in known:
        yield name
    for node in ast.walk(tree):
        if isinstance(node, ast.Call | ast.Tuple):
            parts = node.args if isinstance(node, ast.Call) else node.elts
            first, second = (_text(part) for part in [*parts, None, None][:2])
            read = isinstance(node, ast.Call) and getattr(node.func, "attr", "") in READERS
            if first in known and (read or second in known[first]):
                yield first
        else:
            yield from (table for table in _referred_to(_text(node)) if table in known)


def _text(node: ast.AST | None) -> str:
    """The text of a constant; nothing of anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _referred_to(text: str) -> list[str]:
    """Tables of the references in a text, ``table:entity:variable`` each."""
    return [match["table"] for match in REFERENCE.finditer(text)]


def _named_by_rows(table: str) -> Iterator[str]:
    """Tables that the rows of a register name."""
    rows = tables.raw_rows(table)
    for column in [name for name in NAMING_COLUMNS if name in rows.columns]:
        for cell in rows.distinct(column):
            yield from (t for t in _referred_to(cell) or [cell] if t in tables.tables())
