"""Notebooks as files: discovery, identity, parameters cell, normal form, verification."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import nbformat
from nbformat import NotebookNode

from token_economics import project
from token_economics.book import subjects
from token_economics.book.assumption import Assumption
from token_economics.book.assumptions import Book

Read = TypeVar("Read")
METADATA_KEY = "token_economics"
PARAMETERS_TAG = "parameters"
INJECTED_TAG = "injected-parameters"
FILENAME = re.compile(r"(?:(?P<number>\d+)_)?(?P<topic>.+)\.ipynb")
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}


class NotebookError(project.RunError):
    """A notebook did not run to its end, or is not what the contract asks for."""


@dataclass(frozen=True)
class Source:
    """A notebook of the project, as found: its file, topic, what it says of itself, its length."""

    path: Path
    topic: str
    title: str
    question: str
    order: tuple[float, str]
    cells: int

    @property
    def stem(self) -> str:
        """Filename without extension: names the page."""
        return self.path.stem


def discover(folder: Path) -> list[Source]:
    """The notebooks of a folder in their order; hidden files and checkpoints are left out.

    Raises `NotebookError`: if two notebooks have the same topic, or a file is no notebook.
    """
    found = [describe(path) for path in _files(folder)]
    by_topic: dict[str, Source] = {}
    for source in found:
        if source.topic in by_topic:
            first = by_topic[source.topic].path.name
            raise NotebookError(f"{first} and {source.path.name} have the same topic: rename one")
        by_topic[source.topic] = source
    return sorted(found, key=lambda source: source.order)


def topics(folder: Path) -> list[str]:
    """Topics of the notebooks of a folder by their files' names alone; none where there is no folder."""
    return [_named(path)[1] for path in _files(folder)]


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.ipynb")) if not path.name.startswith(".")]


def _named(path: Path) -> tuple[str, str]:
    """Number and topic that a filename gives."""
    match = FILENAME.fullmatch(path.name)
    if match is None:
        raise NotebookError(f"{path.name} is no notebook")
    topic = re.sub(r"[^a-z0-9]+", "_", match["topic"].lower()).strip("_")
    return match["number"] or "inf", topic


def describe(path: Path) -> Source:
    """Topic from the filename; title, question and order from the notebook's own metadata."""
    number, topic = _named(path)
    notebook = looked_at(path)
    own = notebook.metadata.get(METADATA_KEY, {})
    return Source(
        path=path,
        topic=topic,
        title=str(own.get("title", topic.replace("_", " ").capitalize())),
        question=str(own.get("question", "")),
        order=(_order(own.get("order", number), path), path.name),
        cells=len(notebook.cells),
    )


def _order(given: object, path: Path) -> float:
    try:
        return float(str(given))
    except ValueError:
        raise NotebookError(f"{path.name}: its order {given!r} is no number") from None


def load(path: Path) -> NotebookNode:
    """The notebook of a file.

    Raises `NotebookError`: if the file cannot be read as one.
    """
    return read_as(path, parsed)


def read_as(path: Path, reading: Callable[[bytes], Read]) -> Read:
    """What a reading makes of a notebook's bytes, such as `load` or one that knows them already.

    Raises `NotebookError`: if there is no file, or no notebook in it.
    """
    content = b""
    try:
        content = path.read_bytes()
        return reading(content)
    except Exception as error:
        conflict = project.merge_conflict(content.decode("utf-8", "replace"))
        if conflict:
            raise NotebookError(
                f"{path.name}: {conflict}; settle it, or take either side, then run "
                "`token-economics sync`"
            ) from error
        raise NotebookError(f"{path.name} cannot be read as a notebook: {error}") from error


def looked_at(path: Path) -> NotebookNode:
    """The notebook of a file without outputs, the same for the same content: not to be changed.

    Raises `NotebookError`: if the file cannot be read as one.
    """
    return read_as(path, code_of)


@lru_cache(maxsize=64)
def code_of(content: bytes) -> NotebookNode:
    """The notebook that a file's content holds, without outputs; not to be changed."""
    notebook = parsed(content)
    for cell in code_cells(notebook):
        cell.outputs = []
    return notebook


def parsed(content: bytes) -> NotebookNode:
    """The notebook that a file's content holds; an error of any kind if it holds none."""
    notebook: NotebookNode = nbformat.reads(content.decode("utf-8"), as_version=4)
    return notebook


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Code cells that hold code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def verify(notebook: NotebookNode, name: str) -> None:
    """Check that every code cell ran, in order, to its end, without an error.

    Papermill's own status cannot be trusted: after a dead kernel or ``sys.exit`` it says that
    every cell completed.

    Raises `NotebookError`: names the notebook and the first cell that did not.
    """
    for position, cell in enumerate(code_cells(notebook), start=1):
        where = name + place(position, cell)
        for output in cell.outputs:
            if output.output_type == "error":
                raise NotebookError(f"{where}: {output.ename}: {output.evalue}")
        if cell.execution_count != position:
            raise NotebookError(f"{where}: did not run to its end")


def place(position: int, cell: NotebookNode) -> str:
    """A code cell by its number and first line, for messages."""
    return f", code cell {position} ({cell.source.strip().splitlines()[0][:60]})"


def warnings_of(notebook: NotebookNode) -> list[str]:
    """What the cells wrote to standard error."""
    return [
        str(output.text).strip()
        for cell in code_cells(notebook)
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stderr"
    ]


def normalised(notebook: NotebookNode) -> NotebookNode:
    """A copy that depends on sources and outputs only: no timings, no random ids, no stderr."""
    clean: NotebookNode = nbformat.v4.new_notebook()
    own = notebook.metadata.get(METADATA_KEY)
    clean.metadata = NotebookNode(kernelspec=KERNELSPEC, language_info={"name": "python"})
    if own:
        clean.metadata[METADATA_KEY] = own
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        copied = _normalised_cell(cell)
        digest = hashlib.sha256(f"{cell.cell_type}:{cell.source}".encode()).hexdigest()[:10]
        seen[digest] = seen.get(digest, 0) + 1
        copied["id"] = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        clean.cells.append(copied)
    clean.nbformat, clean.nbformat_minor = 4, 5
    return clean


def _normalised_cell(cell: NotebookNode) -> NotebookNode:
    tags = list(cell.metadata.get("tags", []))
    metadata = NotebookNode({"tags": tags} if tags else {})
    source = cell.source.rstrip()
    if cell.cell_type != "code":
        return NotebookNode(cell_type=cell.cell_type, metadata=metadata, source=source)
    outputs = [
        _normalised_output(output)
        for output in cell.outputs
        if not (output.output_type == "stream" and output.name == "stderr")
    ]
    return NotebookNode(
        cell_type="code",
        execution_count=cell.execution_count,
        metadata=metadata,
        outputs=outputs,
        source=source,
    )


def _normalised_output(output: NotebookNode) -> NotebookNode:
    copied: NotebookNode = _in_order(output)
    if "metadata" in copied:
        copied["metadata"] = NotebookNode()
    return copied


def _in_order(part: Any) -> Any:
    """Sorted keys, as in a stored notebook: one just run and one read again give the same pages."""
    if isinstance(part, dict):
        return NotebookNode({key: _in_order(part[key]) for key in sorted(part)})
    return [_in_order(entry) for entry in part] if isinstance(part, list) else part


def dumps(notebook: NotebookNode) -> str:
    """The notebook as text with sorted keys and a final newline."""
    return str(nbformat.writes(notebook, indent=1, sort_keys=True)).rstrip("\n") + "\n"


def parameters_source(rows: Iterable[Assumption], named: Mapping[str, str] | None = None) -> str:
    """Source of a parameters cell: one plain literal an assumption, with unit and meaning.

    ``named`` are the notebook's subjects, which come first: the author's choice and no row of the
    book.
    """
    known = subjects.known()
    texts = [
        f"{name} = {json.dumps(text, ensure_ascii=False)}  # text: {known[name].label}"
        for name, text in sorted((named or {}).items())
    ]
    numbers = [
        f"{row.name} = {_literal(row.value)}  # {row.unit}: {row.label}"
        for row in sorted(rows, key=lambda row: row.name)
    ]
    return "\n".join([*texts, *numbers])


def named_subjects(notebook: NotebookNode) -> dict[str, str]:
    """Whom the notebook is about, as its parameters cell says: text by the name of a subject."""
    cell = parameters_cell(notebook)
    try:
        statements = ast.parse(cell.source).body if cell is not None else []
    except SyntaxError:
        return {}
    return {
        target.id: statement.value.value
        for statement in statements
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
        for target in statement.targets
        if isinstance(target, ast.Name)
        and target.id in subjects.known()
        and isinstance(statement.value.value, str)
    }


def _literal(value: float) -> str:
    """The shortest literal that is the value exactly: another one would pin the assumption."""
    short = f"{value:.10g}"
    return short if float(short) == value else repr(value)


def parameters_cell(notebook: NotebookNode) -> NotebookNode | None:
    """The cell tagged ``parameters``, if there is one."""
    tagged: list[NotebookNode] = [
        cell for cell in notebook.cells if PARAMETERS_TAG in cell.metadata.get("tags", [])
    ]
    return tagged[0] if tagged else None


def is_injected(cell: NotebookNode) -> bool:
    """Whether papermill put the cell in, to hold the parameters of a run."""
    return INJECTED_TAG in cell.metadata.get("tags", [])


def listed_assumptions(source: Source, notebook: NotebookNode, book: Book) -> list[Assumption]:
    """Assumptions that the parameters cell shall list: the topic's, or those already named.

    A notebook whose topic the book does not know (a fork) lists what its author listed.
    """
    own = [row for row in book.rows.values() if source.topic in row.topics]
    if own:
        return own
    cell = parameters_cell(notebook)
    named = re.findall(r"^([a-z][a-z0-9_]*)\s*=", cell.source, re.MULTILINE) if cell else []
    return [book.rows[name] for name in named if name in book.rows]


def parameters_wanted(source: Source, notebook: NotebookNode, book: Book) -> str:
    """Source of the parameters cell as `sync` writes it."""
    rows = listed_assumptions(source, notebook, book)
    return parameters_source(rows, named_subjects(notebook))


def out_of_step(source: Source, book: Book) -> list[str]:
    """Problems of a stored notebook, a line each; what `sync` cures is one line."""
    notebook = load(source.path)
    cell = parameters_cell(notebook)
    problems = [] if cell else ["has no cell tagged `parameters`"]
    if any(map(is_injected, notebook.cells)):
        problems.append("holds parameters that papermill injected; store the notebook without them")
    stale = _stale(source, notebook, book)
    if stale:
        problems.append(f"{', '.join(stale)}; run `token-economics sync`")
    return [f"{source.path.name}: {problem}" for problem in problems]


def _stale(source: Source, notebook: NotebookNode, book: Book) -> list[str]:
    """How a stored notebook differs from what `sync` would write."""
    found = []
    cell = parameters_cell(notebook)
    wanted = parameters_wanted(source, notebook, book)
    if cell is not None and cell.source.strip() != wanted:
        found.append("its parameters cell differs from the book")
    if not any(cell.execution_count or cell.outputs for cell in code_cells(notebook)):
        return [
            *found,
            "is not stored executed (cleared outputs, or a way through jupytext, leave it so)",
        ]
    try:
        verify(notebook, source.path.name)
    except NotebookError as error:
        found.append(f"is not stored executed: {error}")
    if dumps(normalised(notebook)) != source.path.read_text(encoding="utf-8"):
        found.append("is not in normal form")
    return found
