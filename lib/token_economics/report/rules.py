"""What a notebook loses by breaking a rule of the house: it runs all the same, with a warning."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbformat import NotebookNode

from token_economics import headline, subjects
from token_economics.assumptions import Book
from token_economics.report import notebooks

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
ASSIGNED = re.compile(r"^([A-Za-z_]\w*)\s*(?::[^=\n]+)?=", re.MULTILINE)


def broken(notebook: NotebookNode, book: Book) -> list[str]:
    """Rules that the notebook's source breaks, each with what it costs the reader or the author."""
    return [*_parameters(notebook, book), *_resolution(notebook), *_definitions(notebook)]


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
    if not any(headline.MIME in data for data in shown) and "te-number" not in sentences:
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
    for name in ASSIGNED.findall(cell.source):
        if name not in book and name not in subjects.known():
            yield (
                f"sets {name!r} among its parameters, which is no assumption of the book: no "
                "scenario and no --set reaches it"
            )


def _resolution(notebook: NotebookNode) -> Iterator[str]:
    if not any("resolve(globals())" in cell.source for cell in notebooks.code_cells(notebook)):
        yield "never calls resolve(globals()): scenarios and --set change nothing in it"


def _definitions(notebook: NotebookNode) -> Iterator[str]:
    for number, cell in enumerate(notebooks.code_cells(notebook), start=1):
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:
            continue  # a line of IPython's own; if it is an error, the run says so
        for node in ast.walk(tree):
            if isinstance(node, DEFINITIONS):
                yield (
                    f"defines {node.name!r} in code cell {number}: no test of the library covers "
                    "it and no other notebook can use it"
                )
