"""Which functions of the library a notebook reaches, through all that they call in turn.

Read from the source files, without importing them. What is named is taken as called, so nothing
that a page may run is left out; a module that is handed over whole counts with all its functions.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache

from nbformat import NotebookNode

from token_economics.report.library import LIBRARY

PACKAGE = "token_economics."


def reaches(notebook: NotebookNode, target: str) -> bool:
    """Whether a notebook reaches a function, such as ``topics.market_memo.solved``."""
    waiting, seen = sorted(_named_by(notebook)), set[str]()
    while waiting:
        name = waiting.pop()
        if name == target:
            return True
        if name not in seen:
            seen.add(name)
            waiting += sorted(_uses(name) - seen)
    return False


def _named_by(notebook: NotebookNode) -> set[str]:
    """What of the library the code of a notebook names; a cell that is no plain Python names nothing."""
    trees = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            try:
                trees.append(ast.parse(cell.source))
            except SyntaxError:
                continue
    imported = {name: origin for tree in trees for name, origin in _imports(tree)}
    return {name for tree in trees for name in _references(tree, imported)}


def _uses(name: str) -> set[str]:
    """What a function, a class or a constant of the library names; a module, all that it holds."""
    module, _, last = name.rpartition(".")
    known = _module(module)
    if last in known:
        return known[last]
    return {f"{name}.{held}" for held in _module(name) if not held.startswith("_")}


@cache
def _module(name: str) -> Mapping[str, set[str]]:
    """What each definition at the top of a module names, by its own name; nothing of no module."""
    path = LIBRARY.joinpath(*name.split(".")).with_suffix(".py")
    if not name or not path.is_file():
        return {}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    held = [(defined, node) for node in tree.body for defined in _defines(node)]
    known = dict(_imports(tree)) | {defined: f"{name}.{defined}" for defined, _ in held}
    return {defined: set(_references(node, known)) for defined, node in held}


def _defines(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Names that a file imports from the library, anywhere in it, with what they stand for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(PACKAGE):
            module = f"{node.module}.".removeprefix(PACKAGE)
            for name in node.names:
                yield name.asname or name.name, f"{module}{name.name}"


def _references(node: ast.AST, known: Mapping[str, str]) -> Iterator[str]:
    """Dotted names of the library below a node; of ``topic.results`` not the topic besides."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        if node.value.id in known:
            yield f"{known[node.value.id]}.{node.attr}"
    elif isinstance(node, ast.Name):
        if node.id in known:
            yield known[node.id]
    else:
        for child in ast.iter_child_nodes(node):
            yield from _references(child, known)
