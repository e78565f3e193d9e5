"""Builds a report: refuse first, run the notebooks in parallel, verify, publish by renames.

A published run is complete or absent: everything is made in a sibling folder that replaces the
old one only at the end.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from token_economics import project
from token_economics.book import scenarios
from token_economics.book.assumptions import AssumptionError, Book
from token_economics.book.scenarios import Scenario
from token_economics.evidence import tables
from token_economics.project import RequestError, fingerprint, folders
from token_economics.project import cache as caches
from token_economics.project.cache import Cache
from token_economics.report.run import (
    checks,
    house_rules,
    notebook_runs,
    notebooks,
    own_inputs,
    questions,
    reads,
)
from token_economics.report.run.execute import Execution
from token_economics.report.run.notebooks import NotebookError, Source
from token_economics.report.run.progress import Session

if TYPE_CHECKING:
    from token_economics.report.pages.early import Early
    from token_economics.report.pages.render import Prepared

FEW_DRAWS = 64  # enough to see whether a result can be computed


def build(
    *,
    scenario: str = scenarios.BASE,
    changes: Mapping[str, Any] | None = None,
    only: Iterable[str] = (),
    out: Path | None = None,
    jobs: int | None = None,
    fresh: bool = False,
    session: Session | None = None,
) -> Path:
    """Execute the notebooks under the assumptions asked for, and publish the report.

    Parameters
    ----------
    fresh
        Take nothing from the cache.
    session
        Where kernels come from and who is told; without it forked ones, where the system can, and
        nobody.

    Returns
    -------
    The folder of the published run.

    Raises `RequestError`: unknown scenario, assumption, topic or unsafe folder; before anything
    runs. Raises `NotebookError`: A notebook failed; names it and the cell. The published folder
    stays as it was.
    """
    session = session or Session()
    cache = caches.of_project(fresh=fresh)
    try:
        named = scenarios.load(scenario)
        book = scenarios.apply(named, changes or {})
        problems = checks.data_problems(cache)
    except tables.EvidenceError as error:
        raise RequestError(str(error)) from error
    if problems:
        raise RequestError("the data have problems:\n" + "\n".join(problems))
    run_id = scenarios.run_id(book, named) + _own_mark()
    only = tuple(only)
    chosen = _chosen(only)
    if unusable := uncomputable(book, [source.topic for source in chosen]):
        raise RequestError("\n".join(unusable))
    # a part of the report never replaces the whole
    own_name = "-".join([run_id, *(source.topic for source in chosen if only)])
    folder = folders.replaceable(out if out is not None else project.reports() / own_name)
    with (
        folders.replacing(folder) as partial,
        notebook_runs.running(
            chosen, book=book, cache=cache, session=session, jobs=jobs
        ) as finished,
    ):
        _say_what_is_broken(chosen, book, session)
        edition = Edition(partial, book, named, run_id, cache)
        edition.prepare()
        session.progress.say(f"pages as they finish: {edition.open(folder.name, chosen)}")
        for execution in finished:
            for loss in house_rules.missing(execution.notebook):
                session.progress.say(f"{execution.source.path.name}: {loss}")
            edition.render(execution)
        edition.finish([source.topic for source in chosen])
    return folder


def _say_what_is_broken(chosen: Iterable[Source], book: Book, session: Session) -> None:
    for source in chosen:
        for rule in house_rules.broken(notebooks.looked_at(source.path), book):
            session.progress.say(f"{source.path.name}: {rule}")


@dataclass
class Edition:
    """The files of one run in the making: what can be made while notebooks run is made then.

    What pages need takes a second to import, so it is imported while kernels run.
    """

    folder: Path
    book: Book
    scenario: Scenario
    run_id: str
    cache: Cache
    prepared: Prepared = field(init=False)
    early: Early | None = None
    executions: dict[str, Execution] = field(default_factory=dict)

    def prepare(self) -> None:
        """Make what needs no notebook."""
        from token_economics.report.pages import about, assets, downloads, markup, render

        assets.write(self.folder, self.cache)
        downloads.write(self.folder)
        markup.compile_templates()
        cases = checks.canonical_cases(self.cache)
        self.prepared = render.Prepared(cases, list(about.reference()))

    def open(self, name: str, sources: Sequence[Source]) -> Path:
        """Have the pages of these notebooks be read as they finish; the list of those that are there.

        ``name`` is the folder that this one takes the place of at the end.
        """
        from token_economics.report.pages.early import Early

        self.early = Early(self.folder, name, sources, self.book, self.scenario, self.run_id)
        self.early.begin()
        return self.early.index

    def render(self, execution: Execution) -> None:
        """Make the page of a notebook that has run."""
        from token_economics.report.pages import render

        topic = execution.source.topic
        self.executions[topic] = execution
        values = render.topic(self.folder, execution, self.book)
        self.prepared.topics[topic] = values
        if self.early is not None:
            self.early.add(execution, values)

    def finish(self, topics: Iterable[str]) -> None:
        """Write what needs all notebooks, in this order: tables, results, pages, archive."""
        from token_economics.report.pages import quotes, render
        from token_economics.report.run import results

        executions = [self.executions[topic] for topic in topics]
        made_of: dict[str, Any] = {
            "book": self.book, "scenario": self.scenario, "run_id": self.run_id,
        }  # fmt: skip
        self.prepared.on_market = quotes.on_the_market(executions, self.cache)
        shown = results.write(self.folder, executions, hashes=fingerprint.hashes(), **made_of)
        render.write(self.folder, executions, shown, self.prepared, **made_of)
        results.write_zip(self.folder)


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
    session: Session | None = None,
) -> list[Path]:
    """Rewrite parameters cells from the book, execute, normalise and store notebooks, all or some.

    Forecasts of this edition are frozen first, as this run computes them.

    Returns the notebooks whose file changed. When one fails, none is changed.
    """
    book = scenarios.apply(scenarios.load(scenarios.BASE), {})
    found = _chosen(only)
    _freeze(book)
    session, cache = session or Session(), caches.of_project(fresh=fresh)
    _say_what_is_broken(found, book, session)
    with tempfile.TemporaryDirectory(prefix="te-sync-") as folder:
        staged = [_in_step(source, book, Path(folder)) for source in found]
        with notebook_runs.running(
            staged, book=book, cache=cache, session=session, jobs=jobs
        ) as finished:
            texts = {each.source.topic: each.text for each in finished}
    contents = {source.path: texts[source.topic].encode() for source in found}
    changed = {path: new for path, new in contents.items() if new != path.read_bytes()}
    folders.write(changed)
    return list(changed)


def _freeze(book: Book) -> None:
    """Write the forecasts as this edition leaves them."""
    if checks.are_forecasts_ours():
        from token_economics.headlines.records import forecasts  # brings the models

        path = project.data() / tables.resource(forecasts.TABLE)["path"]
        content = forecasts.frozen_file(book)
        if content != path.read_bytes():
            folders.write({path: content})


def _in_step(source: Source, book: Book, folder: Path) -> Source:
    """A copy of the notebook in the folder, its parameters cell written from the book."""
    notebook = notebooks.load(source.path)
    cell = notebooks.parameters_cell(notebook)
    if cell is None:
        raise NotebookError(f"{source.path.name} has no cell tagged `parameters`")
    cell.source = notebooks.parameters_wanted(source, notebook, book)
    copy = folder / source.path.name
    folders.write({copy: notebooks.dumps(notebook).encode()})
    return replace(source, path=copy)


def check() -> list[str]:
    """Everything that is wrong with the project's data and stored notebooks, a line each."""
    try:
        problems = tables.validate()
    except tables.EvidenceError as error:
        return [str(error)]
    if problems:
        return problems
    wrong = list(filter(None, map(_refused, scenarios.names())))
    try:
        book = scenarios.apply(scenarios.load(scenarios.BASE), {})
        found = notebooks.discover(project.notebooks())
    except (AssumptionError, NotebookError) as error:
        return list(dict.fromkeys([*wrong, str(error)]))
    sources = {source.path.name: notebooks.looked_at(source.path) for source in found}
    taken = [
        f"{name}: {problem}"
        for name, notebook in sources.items()
        for problem in (*house_rules.taken(notebook, book), *house_rules.overwritten(notebook))
    ]
    problems = [
        *wrong,
        *_unknown_topics([source.topic for source in found]),
        *reads.lacking(found, book),
        *taken,
        *(problem for source in found for problem in notebooks.out_of_step(source, book)),
        *uncomputable(book),
        *questions.problems(found),
        *questions.headline_problems(found),
        *checks.mechanism_problems(caches.of_project()),
    ]
    return problems or checks.forecast_problems(caches.of_project(), book)


def _refused(scenario: str) -> str:
    """Why the book does not allow a scenario of the project; nothing if it does."""
    try:
        scenarios.apply(scenarios.load(scenario), {})
    except AssumptionError as error:
        return str(error)
    return ""


def _unknown_topics(topics: list[str]) -> list[str]:
    """Topics that assumptions name and that no notebook has, a line each.

    A folder elsewhere adds to the project's own notebooks; where neither has any of the book's
    topics, the notebooks are a fork's and may lean on any of the assumptions.
    """
    known = list(dict.fromkeys([*notebooks.topics(project.root() / "notebooks"), *topics]))
    lines: dict[str, list[int]] = {}
    for line, row in enumerate(tables.raw_rows("assumptions"), start=2):
        for topic in row["topics"].split():
            lines.setdefault(topic, []).append(line)
    if not lines.keys() & set(known):
        return []
    return [
        f"assumptions.csv: row {rows[0]}, column topics: found {topic!r}{_as_often(rows)}, of "
        "which there is no notebook; allowed are " + ", ".join(known)
        for topic, rows in lines.items()
        if topic not in known
    ]


def _as_often(rows: list[int]) -> str:
    others = len(rows) - 1
    return f" (and in {others} more row{'s' * (others > 1)})" if others else ""


def uncomputable(book: Book, topics: Iterable[str] | None = None) -> list[str]:
    """What of the headline results the user's own rows leave without a number, a line a topic.

    Such rows obey the schema and no model can use them: a period of which the model knows nothing,
    or a second row where it wants one. ``topics`` are all unless said. Without own rows nothing is
    computed.
    """
    added = [table for table in own_inputs.counts() if table != "sources"]
    own = project.own_data()
    if not added or own is None:
        return []
    from token_economics.answers import evaluate  # brings the models

    files = ", ".join(f"{own.name}/{tables.resource(table)['path']}" for table in added)
    wanted = None if topics is None else set(topics)
    few = replace(book, n_draws=FEW_DRAWS)
    found = []
    for module in evaluate.topics():
        if wanted is not None and module.TOPIC not in wanted:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                module.results(few)
        except Exception as error:  # whatever a model says of numbers that it cannot use
            found.append(
                f"{files}: with these rows the results of {module.TOPIC} cannot be computed "
                f"({type(error).__name__}: {(str(error).splitlines() or ['no word'])[0]}); "
                "take out the rows of a period or an entity that the project's own rows lack"
            )
    return found


def _chosen(only: Iterable[str]) -> list[Source]:
    try:
        found = notebooks.discover(project.notebooks())
    except NotebookError as error:
        raise RequestError(str(error)) from error
    wanted = list(only)
    known = {name for source in found for name in (source.topic, source.stem)}
    if unknown := [name for name in wanted if name not in known]:
        topics = ", ".join(source.topic for source in found)
        raise RequestError(f"there is no topic {unknown[0]!r}; the topics are {topics}")
    chosen = [s for s in found if not wanted or s.topic in wanted or s.stem in wanted]
    if not chosen:
        raise RequestError(f"there are no notebooks in {project.notebooks()}")
    return chosen
