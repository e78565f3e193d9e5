"""The page of one notebook: answer, key figure, contents, body, and how each output was computed."""

from __future__ import annotations

import ast
import html
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nbconvert import HTMLExporter
from nbformat import NotebookNode

from token_economics.book.assumptions import Book
from token_economics.report.pages import outputs
from token_economics.report.pages.markup import tidied
from token_economics.report.run.execute import Execution
from token_economics.report.run.reach import imported, parsed
from token_economics.show import display

TEMPLATES = Path(__file__).parent / "template"
WIRING = ("show.", "figures.style", "book.assumptions.resolve")
ANSWER = 'class="te-answer"'
LINKED = re.compile(r'href="#result-([a-z0-9_.]+)"[^>]*>([^<]*)<')
CHANGE_OF_MIND = re.compile(r'<h2[^>]*id="(?P<id>[^"]+)"[^>]*>What would change our mind</h2>')


def parts(folder: Path, execution: Execution) -> dict[str, Any]:
    """Answer, key figure, body and contents of the page of a notebook."""
    body, contents = _body(folder, execution)
    key, body = _key_figure(body)
    return {"answer": answer(execution), "key_figure": key, "body": body, "contents": contents}


def href(execution: Execution) -> str:
    """Address of the page of a notebook, beside the others."""
    return quote(f"{execution.source.stem}.html")


def answer(execution: Execution) -> str:
    """The computed answer of the notebook, or nothing."""
    return tidied(_shown(execution, ANSWER))[0]


def _shown(execution: Execution, mark: str) -> str:
    for cell in execution.notebook.cells:
        for output in cell.get("outputs", []):
            markup: str = output.get("data", {}).get("text/html", "")
            if mark in markup:
                return markup
    return ""


def named_in_answer(execution: Execution) -> list[tuple[str, str]]:
    """Results that the answer names, in its order, with how it writes them."""
    return [(match[1], match[2]) for match in LINKED.finditer(_shown(execution, ANSWER))]


def change_of_mind(body: str) -> tuple[str, str]:
    """What would change the answer, by the page itself, and the id of its heading; or nothing."""
    heading = CHANGE_OF_MIND.search(body)
    if heading is None:
        return "", ""
    following = re.split(r"<h[1-6]|</section>", body[heading.end() :], maxsplit=1)[0]
    return following.strip(), heading["id"]


def _body(folder: Path, execution: Execution) -> tuple[str, list[dict[str, str]]]:
    """Cells as safe HTML with unique heading ids, and the contents list."""
    notebook = NotebookNode(execution.notebook)
    names = aliases(notebook)
    deciding = {identity for identity, _ in named_in_answer(execution)}
    cells = [_page_cell(cell, folder, execution, names, deciding) for cell in notebook.cells]
    notebook = NotebookNode({**execution.notebook, "cells": cells})
    # not the exporter's own: it parses the page once more, for what `tidied` does too
    rendered, _ = super(HTMLExporter, _exporter()).from_notebook_node(notebook)
    return tidied(rendered)


@cache
def _exporter() -> HTMLExporter:
    """One for all pages, with the templates compiled once; it makes no style sheet."""
    exporter = HTMLExporter(
        template_name="cells",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
        default_preprocessors=[],
    )
    exporter.register_filter("highlight_code", _plain_code)
    return exporter


def _plain_code(source: str, metadata: object = None) -> str:
    """Code as text: the house colours none of it, and a span a word would treble its weight."""
    return f"<div><pre>{html.escape(source)}</pre></div>"


def _page_cell(
    cell: NotebookNode,
    folder: Path,
    execution: Execution,
    names: Mapping[str, str],
    deciding: set[str],
) -> NotebookNode:
    copied = NotebookNode(cell)
    if cell.cell_type == "code":
        topic = execution.source.topic
        copied["outputs"] = [_page_output(o, folder, topic, deciding) for o in cell.outputs]
        file = quote(execution.source.path.name)
        metadata = {**cell.metadata, "te_trace": trace(cell.source, names, file)}
        copied["metadata"] = NotebookNode(metadata)
    return copied


def _page_output(
    output: NotebookNode, folder: Path, topic: str, deciding: set[str]
) -> NotebookNode:
    """An output with one kind of data: the HTML that the page shows; the answer stands on top."""
    data = output.get("data", {})
    if ANSWER in data.get("text/html", ""):
        return NotebookNode({**output, "data": NotebookNode({"text/html": ""})})
    if display.VEGALITE in data:
        shown = outputs.figure_html(data, folder, topic)
    elif display.TABLE in data:
        shown = outputs.table_html(data[display.TABLE], topic, folder)
    elif display.RESULTS in data:
        shown = outputs.results_html(
            data[display.RESULTS]["results"], first=deciding, book="#assumptions-used"
        )
    else:
        return output
    return NotebookNode({**output, "data": NotebookNode({"text/html": shown})})


def _key_figure(body: str) -> tuple[str, str]:
    """The first cell with a chart, which stands below the answer, and the body without it.

    A chart that comes after the first heading belongs to its section and stays there.
    """
    figure, heading = body.find("<figure"), body.find("<h2")
    if figure < 0 or 0 <= heading < figure:
        return "", body
    start, end = body.rfind("<section", 0, figure), body.find("</section>", figure) + 10
    return body[start:end], body[:start] + body[end:]


def neighbours(executions: Sequence[Execution], at: int) -> dict[str, dict[str, str] | None]:
    """The pages before and after one, in the notebooks' order."""

    def entry(position: int) -> dict[str, str] | None:
        if not 0 <= position < len(executions):
            return None
        found = executions[position]
        return {"href": href(found), "title": found.source.question or found.source.title}

    return {"previous": entry(at - 1), "following": entry(at + 1)}


# How an output was computed ------------------------------------------------------------------


def aliases(notebook: NotebookNode) -> dict[str, str]:
    """What the names that a notebook imports from the library stand for, without the package."""
    cells = (cell.source for cell in notebook.cells if cell.cell_type == "code")
    return dict(pair for source in cells if (tree := parsed(source)) for pair in imported(tree))


def functions_called(source: str, names: Mapping[str, str]) -> list[str]:
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


def trace(source: str, names: Mapping[str, str], notebook: str) -> str:
    """What made an output, as a line: functions of the library, and a link to the notebook."""
    called = [f"<code>{html.escape(name)}</code>" for name in functions_called(source, names)]
    by = f"Computed by {', '.join(called)}; called in" if called else "Made in"
    return f'<p class="te-trace">{by} <a href="notebooks/{notebook}" download>the notebook</a>:</p>'


# Sources -------------------------------------------------------------------------------------


def uses(
    executions: list[Execution], book: Book
) -> tuple[dict[str, dict[str, str]], dict[str, list[dict[str, str]]]]:
    """The page of each topic, and for each source the pages that use it."""
    topics, used_on = {}, defaultdict(list)
    for execution in executions:
        source = execution.source
        entry = {"href": quote(f"{source.stem}.html"), "title": source.title}
        topics[source.topic] = entry
        for identity in sorted(used_sources(execution, book)):
            used_on[identity].append({**entry, "href": f"{entry['href']}#source-{identity}"})
    return topics, dict(used_on)


def used_sources(execution: Execution, book: Book) -> set[str]:
    """Sources that a topic's figures, tables and assumptions name."""
    rows = [row for row in book.rows.values() if execution.source.topic in row.topics]
    return source_ids(execution) | {part for row in rows for part in row.source_id.split()}


def source_ids(execution: Execution) -> set[str]:
    used: set[str] = set()
    for cell in execution.notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            used.update((data.get(display.VEGALITE, {}).get("usermeta") or {}).get("sources", []))
            used.update(data.get(display.TABLE, {}).get("sources", []))
    return used
