"""Builds a report: refuse first, run the notebooks in parallel, verify, publish by renames.

A published run is complete or absent: everything is made in a sibling folder that replaces the
old one only at the end.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import Any

from token_economics import evidence, project, scenarios
from token_economics.assumptions import AssumptionError, Book
from token_economics.report import contract, execute, notebooks, pages, rules
from token_economics.report.execute import Execution
from token_economics.report.notebooks import NotebookError, Source

Progress = Callable[[str], None]
LIBRARY = Path(__file__).resolve().parents[1]


class RequestError(ValueError):
    """The request was wrong; nothing has been run and nothing written."""


def build(
    *,
    scenario: str = scenarios.BASE,
    changes: Mapping[str, Any] | None = None,
    only: Iterable[str] = (),
    out: Path | None = None,
    jobs: int | None = None,
    progress: Progress = lambda _: None,
) -> Path:
    """Execute the notebooks under the assumptions asked for, and publish the report.

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
    try:
        named = scenarios.load(scenario)
        book = scenarios.apply(named, changes or {})
        problems = evidence.validate()
        if problems:
            raise RequestError("the data have problems:\n" + "\n".join(problems))
        run_id = scenarios.run_id(book, named) + _own_mark()
    except (AssumptionError, evidence.EvidenceError) as error:
        raise RequestError(str(error)) from error
    only = tuple(only)
    chosen = _chosen(only)
    # a part of the report never replaces the whole
    own_name = "-".join([run_id, *(source.topic for source in chosen if only)])
    folder = _safe_folder(out if out is not None else project.reports() / own_name)
    for source in chosen:
        for rule in rules.broken(notebooks.load(source.path), book):
            progress(f"{source.path.name}: {rule}")
    executions = run_all(chosen, book=book, jobs=jobs, progress=progress)
    for execution in executions:
        for loss in rules.missing(execution.notebook):
            progress(f"{execution.source.path.name}: {loss}")
    partial = folder.with_name(f".{folder.name}.partial-{os.getpid()}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        shown = contract.write(
            partial, executions, book=book, scenario=named, run_id=run_id, hashes=hashes()
        )
        pages.write(partial, executions, shown, book=book, scenario=named, run_id=run_id)
        contract.write_zip(partial)
        _swap(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _own_mark() -> str:
    """What sets a run on the user's own rows or notebooks apart, so that it never replaces base."""
    own = project.own_data()
    mark = "" if own is None else f"-own-{_digest_of_data(own)[:8]}"
    return mark + (f"-{project.notebooks().name}" if project.are_notebooks_elsewhere() else "")


def run_all(
    chosen: list[Source], *, book: Book, jobs: int | None, progress: Progress
) -> list[Execution]:
    """Execute notebooks side by side, a kernel each; results in the notebooks' order.

    Raises
    ------
    NotebookError
        The first failure; notebooks that have not started yet do not start.
    """
    done: dict[str, Execution] = {}
    progress(f"running {len(chosen)} notebooks: {', '.join(s.path.stem for s in chosen)}")
    workers = jobs or os.cpu_count() or 1
    with ThreadPoolExecutor(max_workers=workers) as pool:
        futures = {
            pool.submit(execute.run, source, root=project.root(), parameters=book.overrides): source
            for source in chosen
        }
        try:
            for future in as_completed(futures):
                execution = future.result()
                source = futures[future]
                done[source.topic] = execution
                progress(f"{source.path.name}: done in {execution.seconds:.1f} s")
                for warning in execution.warnings:
                    progress(f"{source.path.name}: {warning}")
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [done[source.topic] for source in chosen]


def sync(
    progress: Progress = lambda _: None, jobs: int | None = None, only: Iterable[str] = ()
) -> list[Path]:
    """Rewrite parameters cells from the book, execute, normalise and store notebooks, all or some.

    Returns the notebooks whose file changed. When one fails, none is changed.
    """
    book = scenarios.apply(scenarios.load(scenarios.BASE), {})
    found = _chosen(only)
    changed = []
    with tempfile.TemporaryDirectory(prefix="te-sync-") as folder:
        staged = [_in_step(source, book, Path(folder)) for source in found]
        executions = run_all(staged, book=book, jobs=jobs, progress=progress)
    for source, execution in zip(found, executions, strict=True):
        text = notebooks.dumps(execution.notebook)
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
    cell.source = notebooks.parameters_source(notebooks.listed_assumptions(source, notebook, book))
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


def hashes() -> dict[str, str]:
    """Identities of what a run depends on: library, data, lock, page template."""
    lock, own = project.root() / "requirements.lock", project.own_data()
    return {
        "lib": contract.digest_of_folder(LIBRARY, ("*.py",)),
        "data": _digest_of_data(project.data(), *([own] if own is not None else [])),
        "lock": contract.digest([lock.read_bytes()] if lock.exists() else []),
        "template": contract.digest_of_folder(LIBRARY / "report", ("*.j2", "*.css", "*.js")),
    }


def _digest_of_data(*folders: Path) -> str:
    parts = [contract.digest_of_folder(f, ("*.csv", "*.json", "*.yaml")) for f in folders]
    return parts[0] if len(parts) == 1 else contract.digest(part.encode() for part in parts)


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


def _safe_folder(folder: Path) -> Path:
    """The folder, if it may be replaced: absent, empty, or a run of ours."""
    resolved = folder.resolve()
    if resolved.exists():
        if not resolved.is_dir():
            raise RequestError(f"{folder} is a file; name a folder")
        if any(resolved.iterdir()) and not contract.is_run(resolved):
            raise RequestError(
                f"{folder} is not empty and holds no run of ours (no {contract.RUN_FILE}); "
                "name another folder"
            )
    above = next(parent for parent in resolved.parents if parent.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise RequestError(f"{folder} cannot be made: {above} is no folder that can be written")
    return resolved


def _swap(partial: Path, folder: Path) -> None:
    """Put the finished run in place of the old one by renames."""
    old = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    try:
        partial.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    temporary.replace(path)
