"""How an output was computed: the functions of the library that a cell of a notebook calls."""

from __future__ import annotations

import ast
import html
from collections.abc import Iterator, Mapping

from nbformat import NotebookNode

from token_economics.report.run.reach import PACKAGE, parsed

WIRING = ("show.", "figures.style", "book.assumptions.resolve")


def aliases(notebook: NotebookNode) -> dict[str, str]:
    """What the names that a notebook imports from the library stand for, without the package."""
    found: dict[str, str] = {}
    for cell in notebook.cells:
        tree = parsed(cell.source) if cell.cell_type == "code" else None
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
                module = (node.module or "").removeprefix(PACKAGE).lstrip(".")
                for name in node.names:
                    found[name.asname or name.name] = f"{module}.{name.name}".lstrip(".")
    return found


def functions(source: str, names: Mapping[str, str]) -> list[str]:
    """Functions of the library that a cell calls, innermost last, each once; wiring left out."""
    tree = parsed(source)
    called = dict.fromkeys(_called(tree, names)) if tree else {}
    return [name for name in called if not name.startswith(WIRING)]


def _called(tree: ast.Module, names: Mapping[str, str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            if node.func.value.id in names:
                yield f"{names[node.func.value.id]}.{node.func.attr}"
        elif isinstance(node.func, ast.Name) and node.func.id in names:
            yield names[node.func.id]


def sentence(source: str, names: Mapping[str, str], notebook: str) -> str:
    """What made an output, as a line: functions of the library, and a link to the notebook."""
    called = [f"<code>{html.escape(name)}</code>" for name in functions(source, names)]
    by = f"Computed by {', '.join(called)}; called in" if called else "Made in"
    return f'<p class="te-trace">{by} <a href="notebooks/{notebook}" download>the notebook</a>:</p>'
