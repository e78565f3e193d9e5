"""What a notebook loses by breaking a rule of the house: it runs all the same, with a warning."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbformat import NotebookNode

from token_economics.book import subjects
from token_economics.book.assumptions import Book
from token_economics.headlines import rows
from token_economics.report.run import notebooks, reach

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
LIBRARY = "token_economics"
CHANGING = ("update", "append", "extend", "insert", "pop", "setdefault", "clear")
ASSIGNED = re.compile(r"^([A-Za-z_]\w*)\s*(?::[^=\n]+)?=", re.MULTILINE)


def broken(notebook: NotebookNode, book: Book) -> list[str]:
    """Rules that the notebook's source breaks, each with what it costs the reader or the author."""
    return [
        *_parameters(notebook, book), *_resolution(notebook), *_definitions(notebook),
        *overwritten(notebook), *taken(notebook, book),
    ]  # fmt: skip


def taken(notebook: NotebookNode, book: Book) -> Iterator[str]:
    """Names of assumptions that the notebook's code gives to a module, function or class."""
    for number, tree in _trees(notebook):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.asname or alias.name.split(".")[0] for alias in node.names]
            else:
                names = [node.name] if isinstance(node, DEFINITIONS) else []
            for name in names:
                if name in book:
                    yield (
                        f"code cell {number} uses {name!r} for something else than the assumption "
                        "of that name: rename one of them"
                    )


def missing(executed: NotebookNode) -> list[str]:
    """Outputs that a page of ours has and this executed notebook does not show."""
    shown: list[dict[str, object]] = [
        output.data
        for cell in notebooks.code_cells(executed)
        for output in cell.outputs
        if "data" in output
    ]
    sentences = "".join(str(data.get("text/html", "")) for data in shown)
    lost = []
    if not any(rows.MIME in data for data in shown) and "te-number" not in sentences:
        lost.append(
            "shows no headline results: nothing of it can be compared or listed in results.csv"
        )
    if 'class="te-answer"' not in sentences:
        lost.append("shows no computed answer: its page and its card on the index have none")
    return lost


def _parameters(notebook: NotebookNode, book: Book) -> Iterator[str]:
    cell = notebooks.parameters_cell(notebook)
    if cell is None:
        yield (
            "has no cell tagged `parameters`: its assumptions are neither listed nor kept in step "
            "with the book"
        )
        return
    assigned = ASSIGNED.findall(cell.source)
    for name in dict.fromkeys(assigned):
        if assigned.count(name) > 1:
            yield f"sets {name!r} more than once among its parameters: the last one holds"
        if name not in book and name not in subjects.known():
            yield (
                f"sets {name!r} among its parameters, which is no assumption of the book: no "
                "scenario and no --set reaches it"
            )


def _resolution(notebook: NotebookNode) -> Iterator[str]:
    if not any("resolve(globals())" in cell.source for cell in notebooks.code_cells(notebook)):
        yield "never calls resolve(globals()): scenarios and --set change nothing in it"


def _definitions(notebook: NotebookNode) -> Iterator[str]:
    for number, tree in _trees(notebook):
        for node in ast.walk(tree):
            if isinstance(node, DEFINITIONS):
                yield (
                    f"defines {node.name!r} in code cell {number}: no test of the library covers "
                    "it and no other notebook can use it"
                )


def overwritten(notebook: NotebookNode) -> Iterator[str]:
    """What of the library's modules a cell sets: attributes, and what stands in them."""
    ours: set[str] = set()
    for number, tree in _trees(notebook):
        for node in ast.walk(tree):
            ours |= set(_library_names(node))
        for node in ast.walk(tree):
            for name in _set(node):
                if re.split(r"[.\[]", name)[0] in ours:
                    yield (
                        f"sets {name!r} of the library in code cell {number}: numbers change behind "
                        "labels and sentences that still say the old; pass it as an argument"
                    )


def _library_names(node: ast.AST) -> Iterator[str]:
    """Names by which an import brings in the library or a part of it."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name.partition(".")[0] == LIBRARY:
                yield alias.asname or LIBRARY
    elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == LIBRARY:
        yield from (alias.asname or alias.name for alias in node.names)


def _set(node: ast.AST) -> Iterator[str]:
    """What a statement assigns to beside plain names, by itself, by ``setattr`` or a method."""
    if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(
        node.ctx, ast.Store | ast.Del
    ):
        yield ast.unparse(node)
    elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("setattr", "delattr"):
        yield ".".join(ast.unparse(argument).strip("'") for argument in node.args[:2])
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in CHANGING:
        yield ast.unparse(node.func).rpartition(".")[0]


def _trees(notebook: NotebookNode) -> Iterator[tuple[int, ast.Module]]:
    """Number and syntax of each code cell."""
    for number, cell in enumerate(notebooks.code_cells(notebook), start=1):
        if tree := reach.parsed(cell.source):  # else IPython's own, or an error that the run names
            yield number, tree
