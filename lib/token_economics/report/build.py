"""Builds a report: refuse first, run the notebooks in parallel, verify, publish by renames.

A published run is complete or absent: everything is made in a sibling folder that replaces the
old one only at the end.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from token_economics import evidence, project, scenarios
from token_economics.assumptions import AssumptionError, Book
from token_economics.report import cache as caches
from token_economics.report import checks, fingerprint, folders, notebooks, rules, run
from token_economics.report.kernels import Kernels, ready
from token_economics.report.notebooks import NotebookError, Source
from token_economics.report.progress import Silent


class RequestError(ValueError):
    """The request was wrong; nothing has been run and nothing written."""


def build(
    *,
    scenario: str = scenarios.BASE,
    changes: Mapping[str, Any] | None = None,
    only: Iterable[str] = (),
    out: Path | None = None,
    jobs: int | None = None,
    fresh: bool = False,
    kernels: Kernels | None = None,
    progress: Silent | None = None,
) -> Path:
    """Execute the notebooks under the assumptions asked for, and publish the report.

    Parameters
    ----------
    fresh
        Take nothing from the cache.
    kernels
        Where kernels come from; forked ones, where the system can, without it.

    Returns
    -------
    The folder of the published run.

    Raises
    ------
    RequestError
        Unknown scenario, assumption, topic or unsafe folder; before anything runs.
    NotebookError
        A notebook failed; names it and the cell. The published folder stays as it was.
    """
    with nullcontext(kernels) if kernels else ready() as source_of_kernels:
        cache = caches.of_project(fresh=fresh)
        try:
            named = scenarios.load(scenario)
            book = scenarios.apply(named, changes or {})
            problems = checks.data_problems(cache)
            if problems:
                raise RequestError("the data have problems:\n" + "\n".join(problems))
            run_id = scenarios.run_id(book, named) + _own_mark()
        except (AssumptionError, evidence.EvidenceError) as error:
            raise RequestError(str(error)) from error
        only = tuple(only)
        chosen = _chosen(only)
        # a part of the report never replaces the whole
        own_name = "-".join([run_id, *(source.topic for source in chosen if only)])
        try:
            folder = folders.replaceable(out if out is not None else project.reports() / own_name)
        except folders.FolderError as error:
            raise RequestError(str(error)) from error
        progress = progress or Silent()
        for source in chosen:
            for rule in rules.broken(notebooks.load(source.path), book):
                progress.say(f"{source.path.name}: {rule}")
        with (
            folders.replacing(folder) as partial,
            run.running(
                chosen,
                book=book,
                cache=cache,
                kernels=source_of_kernels,
                jobs=jobs,
                progress=progress,
            ) as finished,
        ):
            from token_economics.report.edition import Edition  # a second, while kernels run

            edition = Edition(partial, book, named, run_id, cache)
            edition.prepare()
            for execution in finished:
                for loss in rules.missing(execution.notebook):
                    progress.say(f"{execution.source.path.name}: {loss}")
                edition.render(execution)
            edition.finish([source.topic for source in chosen])
    return folder


def _own_mark() -> str:
    """What sets a run on the user's own rows or notebooks apart, so that it never replaces base."""
    own = project.own_data()
    mark = "" if own is None else f"-own-{fingerprint.digest_of_data(own)[:8]}"
    return mark + (f"-{project.notebooks().name}" if project.are_notebooks_elsewhere() else "")


def sync(
    *,
    only: Iterable[str] = (),
    jobs: int | None = None,
    fresh: bool = False,
    kernels: Kernels | None = None,
    progress: Silent | None = None,
) -> list[Path]:
    """Rewrite parameters cells from the book, execute, normalise and store notebooks, all or some.

    Returns the notebooks whose file changed. When one fails, none is changed.
    """
    book = scenarios.apply(scenarios.load(scenarios.BASE), {})
    found = _chosen(only)
    changed = []
    with (
        nullcontext(kernels) if kernels else ready() as source_of_kernels,
        tempfile.TemporaryDirectory(prefix="te-sync-") as folder,
    ):
        staged = [_in_step(source, book, Path(folder)) for source in found]
        with run.running(
            staged,
            book=book,
            cache=caches.of_project(fresh=fresh),
            kernels=source_of_kernels,
            jobs=jobs,
            progress=progress or Silent(),
        ) as finished:
            texts = {each.source.topic: each.text for each in finished}
    for source in found:
        text = texts[source.topic]
        if text != source.path.read_text(encoding="utf-8"):
            _replace(source.path, text)
            changed.append(source.path)
    return changed


def _in_step(source: Source, book: Book, folder: Path) -> Source:
    """A copy of the notebook in the folder, its parameters cell written from the book."""
    notebook = notebooks.load(source.path)
    cell = notebooks.parameters_cell(notebook)
    if cell is None:
        raise NotebookError(f"{source.path.name} has no cell tagged `parameters`")
    cell.source = notebooks.parameters_source(
        notebooks.listed_assumptions(source, notebook, book), notebooks.named_subjects(notebook)
    )
    copy = folder / source.path.name
    copy.write_text(notebooks.dumps(notebook), encoding="utf-8", newline="\n")
    return replace(source, path=copy)


def check() -> list[str]:
    """Everything that is wrong with the project's data and stored notebooks, a line each."""
    try:
        problems = evidence.validate()
    except evidence.EvidenceError as error:
        return [str(error)]
    if problems:
        return problems
    try:
        book = scenarios.apply(scenarios.load(scenarios.BASE), {})
        for name in scenarios.names():
            scenarios.apply(scenarios.load(name), {}, book)
        found = notebooks.discover(project.notebooks())
    except (AssumptionError, NotebookError) as error:
        return [str(error)]
    return _unknown_topics([source.topic for source in found]) + [
        problem for source in found for problem in notebooks.out_of_step(source, book)
    ]


def _unknown_topics(topics: list[str]) -> list[str]:
    """Assumptions that name a topic of which there is no notebook.

    A folder with none of the book's topics is a fork's own, and may lean on any of them.
    """
    named = {topic for row in evidence.raw_rows("assumptions") for topic in row["topics"].split()}
    if not named & set(topics):
        return []
    return [
        f"assumptions.csv: row {line}, column topics: found {topic!r}; allowed are "
        + ", ".join(topics)
        for line, row in enumerate(evidence.raw_rows("assumptions"), start=2)
        for topic in row["topics"].split()
        if topic not in topics
    ]


def _chosen(only: Iterable[str]) -> list[Source]:
    try:
        found = notebooks.discover(project.notebooks())
    except NotebookError as error:
        raise RequestError(str(error)) from error
    wanted = list(only)
    known = {source.topic for source in found} | {source.stem for source in found}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        topics = ", ".join(source.topic for source in found)
        raise RequestError(f"there is no topic {unknown[0]!r}; the topics are {topics}")
    chosen = [s for s in found if not wanted or s.topic in wanted or s.stem in wanted]
    if not chosen:
        raise RequestError(f"there are no notebooks in {project.notebooks()}")
    return chosen


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    temporary.replace(path)
