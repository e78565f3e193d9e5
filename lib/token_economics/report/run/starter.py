"""Starts a notebook that is valid from its first minute: from nothing, or from another notebook."""

from __future__ import annotations

import re
from pathlib import Path

from nbformat import NotebookNode

from token_economics import project
from token_economics.project import folders
from token_economics.report.run import notebooks
from token_economics.report.run.notebooks import NotebookError

TOPIC = re.compile(r"[a-z][a-z0-9_]{0,59}")
SKELETON = Path(__file__).with_name("skeleton.ipynb")


def start(topic: str, *, origin: str | None, question: str | None) -> Path:
    """Write a notebook on a topic into the project's notebooks, not executed yet.

    Parameters
    ----------
    topic
        Its name: lower-case letters, digits and _.
    origin
        Topic or file of the notebook to start from; None for the house's own skeleton.
    question
        The title's question; by default one made from the topic, or the original's.

    Raises `NotebookError`: if the name is none, is taken, or the original is not there.
    """
    if not TOPIC.fullmatch(topic):
        raise NotebookError(f"{topic!r} names no topic: use lower-case letters, digits and _")
    folder = project.notebooks()
    found = notebooks.discover(folder)
    taken = {source.topic: source.path.name for source in found}
    if topic in taken:
        raise NotebookError(f"there is a notebook on {topic!r} already: {taken[topic]}")
    title = topic.replace("_", " ").capitalize()
    unasked = f"{title}: what is the question?"
    if origin is None:
        notebook = _copy(SKELETON, question or unasked)
    else:
        notebook = _copy(_origin(origin), question)
    own = notebook.metadata.get(notebooks.METADATA_KEY, {})
    number = 1 + max((int(source.order[0]) for source in found if source.order[0] < 1e6), default=0)
    asked = question or own.get("question") or unasked
    notebook.metadata[notebooks.METADATA_KEY] = {"title": title, "question": asked, "order": number}
    path = folder / f"{number:02d}_{topic}.ipynb"
    folder.mkdir(parents=True, exist_ok=True)
    folders.write({path: notebooks.dumps(notebooks.normalised(notebook)).encode()})
    return path


def _origin(origin: str) -> Path:
    """The file of the notebook to start from, named by its path, topic or stem."""
    if Path(origin).is_file():
        return Path(origin)
    folders = (project.root() / "notebooks", project.notebooks())
    known = {s.topic: s.path for folder in folders for s in notebooks.discover(folder)}
    by_name = known | {path.stem: path for path in known.values()}
    if origin not in by_name:
        raise NotebookError(f"there is no notebook {origin!r}; the topics are {', '.join(known)}")
    return by_name[origin]


def _copy(path: Path, question: str | None) -> NotebookNode:
    """The original without its outputs and its place in the order; with another title if given."""
    notebook = notebooks.load(path)
    for cell in notebooks.code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    title = next((c for c in notebook.cells if c.cell_type == "markdown"), None)
    if question and title is not None:
        title.source = re.sub(r"\A# .*", lambda _: f"# {question}", title.source)
    return notebook
