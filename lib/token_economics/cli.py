"""The command line: ``token-economics`` or ``python -m token_economics``.

Exit codes: 0 done, 1 the run failed, 2 the request was wrong. A command imports what it needs
when it runs: `build` of an unchanged report and every `--help` answer at once.
"""

from __future__ import annotations

import atexit
import gc
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from token_economics import project
from token_economics.project import processes

if TYPE_CHECKING:
    from token_economics.book.assumptions import Book

RUN_FAILED, REQUEST_WRONG = 1, 2
GARBAGE_THRESHOLD = 100_000  # new objects between two searches for garbage; Python's own is 700


def _naming(variable: str) -> Callable[[click.Context, click.Parameter, Path | None], None]:
    """A callback that names a folder to this process and its kernels while the command runs."""

    def name_folder(context: click.Context, _: click.Parameter, folder: Path | None) -> None:
        if folder is not None:
            context.with_resource(processes.variables({variable: str(folder.resolve())}))

    return name_folder


folder_path = click.Path(path_type=Path)
count = click.IntRange(min=1)
scenario_option = click.option(
    "--scenario", default=project.BASE, show_default=True, help="Name, or path of a YAML file."
)
set_option = click.option(
    "--set", "assignments", multiple=True, metavar="NAME=VALUE", help="Set one assumption; repeatable."
)  # fmt: skip
only_option = click.option("--only", multiple=True, metavar="TOPIC", help="This topic; repeatable.")
jobs_option = click.option("--jobs", type=count, help="Notebooks at a time; default: cores.")
fresh_option = click.option("--fresh", is_flag=True, help="Run everything; use no stored result.")
cold_option = click.option("--cold", is_flag=True, help="Start each kernel the ordinary way.")
data_option = click.option(
    "--data", type=click.Path(exists=True, file_okay=False, path_type=Path), expose_value=False,
    callback=_naming(project.OWN_DATA_VARIABLE),
    help="Folder of your own rows of the same tables, added to the project's.",
)  # fmt: skip
notebooks_option = click.option(
    "--notebooks", type=click.Path(file_okay=False, path_type=Path), expose_value=False,
    callback=_naming(project.NOTEBOOKS_VARIABLE), help="Folder of notebooks outside the project.",
)  # fmt: skip
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
quiet_option = click.option("--quiet", is_flag=True, help="Say nothing but errors.")


def say(line: str) -> None:
    """A line of progress, apart from what a command prints."""
    click.echo(line, err=True)


def stop(message: str, code: int) -> NoReturn:
    """End the command with a message and an exit code."""
    click.echo(f"token-economics: {message}", err=True)
    sys.exit(code)


class Commands(click.Group):
    """Commands that answer a wrong request, broken data or a full disk with a message."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; data that break their schema end it with the list of problems.

        So does the system with a line, where it refuses to read or write: commands write beside
        what is there, and put it in place by renames at the end.
        """
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except OSError as error:
            if error.strerror is None:
                raise
            place = f"{error.filename}: " if error.filename else ""
            stop(f"{place}{error.strerror}; what was there before stands", RUN_FAILED)
        except project.RequestError as error:
            stop(str(error), REQUEST_WRONG)
        except project.RunError as error:
            stop(str(error), RUN_FAILED)
        except ValueError as error:
            from token_economics.evidence.tables import EvidenceError

            if not isinstance(error, EvidenceError):
                raise
            stop(str(error), RUN_FAILED)


@contextmanager
def _told(failed: str, interrupted: str) -> Iterator[None]:
    """End a run that fails, or is broken off, with these words; ``{}`` stands for what failed."""
    try:
        yield
    except project.RunError as error:
        stop(failed.format(error), RUN_FAILED)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # another one would only spoil the exit
        stop(interrupted, RUN_FAILED)


def changes_of(assignments: tuple[str, ...], *, every_topic: bool = False) -> dict[str, Any]:
    """What ``--set`` asks for, by name; the subject of a topic only where ``every_topic`` is asked."""
    from token_economics.book import scenarios, subjects

    found: dict[str, Any] = {}
    for text in assignments:
        value: Any
        name, _, value = (part.strip() for part in text.partition("="))
        if name not in subjects.known():
            name, value = scenarios.parse_assignment(text)
        elif not every_topic:
            told = f"{name} is the subject of a page: only `build` and `answer --all` take it"
            raise project.RequestError(told)
        if name in found:
            raise project.RequestError(f"{name} is set twice")
        found[name] = value
    return found


def book_of(scenario: str, assignments: tuple[str, ...], *, every_topic: bool = False) -> Book:
    """The book that a command is asked for."""
    processes.skip_for_answers()
    from token_economics.book import scenarios
    from token_economics.evidence.tables import EvidenceError

    try:
        changes = changes_of(assignments, every_topic=every_topic)
        return scenarios.apply(scenarios.load(scenario), changes)
    except EvidenceError as error:
        stop(str(error), REQUEST_WRONG)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Build, ask and check the report on the supply and demand of AI tokens."""
    gc.set_threshold(GARBAGE_THRESHOLD)  # pages are trees of very many small objects
    atexit.register(gc.freeze)  # and as the process ends none is worth collecting


@main.command()
@scenario_option
@set_option
@data_option
@notebooks_option
@only_option
@click.option("--out", type=folder_path, help="Folder of the report.")
@jobs_option
@fresh_option
@cold_option
@click.option(
    "--single-file", is_flag=True, help="Also write the report as one HTML, beside its folder."
)
@quiet_option
def build(*, single_file: bool, **asked: Any) -> None:
    """Execute the notebooks whose result is not at hand, and publish the report."""
    from token_economics.project import cache
    from token_economics.report.run import unchanged

    stored = cache.of_project(fresh=asked["fresh"])
    named = {name: asked[name] for name in ("scenario", "assignments", "only", "out")}
    request = unchanged.request(**named)
    folder = unchanged.published(request, stored)
    if folder is None:
        folder = _built(**asked)
        if unchanged.request(**named) == request:  # nothing was edited meanwhile
            unchanged.remember(request, folder, stored)
    elif not asked["quiet"]:
        say("nothing changed: the report is as it was made")
    click.echo(folder / "index.html")
    if single_file:
        from token_economics.report.pages import single_file as one_file

        click.echo(one_file.write(folder))


def _built(*, assignments: tuple[str, ...], cold: bool, quiet: bool, **asked: Any) -> Path:
    """Folder of the report, made now."""
    from token_economics.report.run import progress

    failed = "the run failed, nothing was published: {}"
    with (
        progress.session(cold=cold, quiet=quiet, write=say) as session,
        _told(failed, "interrupted, nothing was published"),
    ):
        from token_economics.report.pages import build as builder

        changes = changes_of(assignments, every_topic=True)
        return builder.build(changes=changes, session=session, **asked)


@main.command()
@scenario_option
@set_option
@data_option
@click.option("--all", "everything", is_flag=True, help="The headline results of every topic.")
@json_option
def answer(scenario: str, assignments: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Print the summary's results, without a kernel; beside base when something is changed."""
    from token_economics.answers import store

    def told() -> str:
        book = book_of(scenario, assignments, every_topic=everything)
        from token_economics.answers import evaluate

        with processes.without_compiler():
            return evaluate.told(book, everything=everything, as_json=as_json)

    click.echo(store.printed(told, scenario, assignments, everything, as_json))


@main.command("evaluate")
@scenario_option
@set_option
@data_option
@json_option
def score(scenario: str, assignments: tuple[str, ...], as_json: bool) -> None:
    """Print scores of the market's earlier forecasts, by origin and series, beside naive rules."""
    from token_economics.answers import store

    def told() -> str:
        book = book_of(scenario, assignments)
        from token_economics.answers import forecast_scores

        return forecast_scores.told(book, as_json=as_json)

    click.echo(store.printed(told, scenario, assignments, "evaluate", as_json))


@main.command()
@click.argument("first")
@click.argument("second", required=False)
@set_option
@data_option
@click.option(
    "--edition", is_flag=True, help="FIRST is the folder of an earlier edition, and so is SECOND."
)
@click.option("--out", type=folder_path, help="Folder of the page.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and write no page.")
@quiet_option
def compare(
    first: str,
    second: str | None,
    edition: bool,
    as_json: bool,
    quiet: bool,
    out: Path | None,
    **asked: Any,
) -> None:
    """Say what moves between two cases, and which assumption moved it.

    FIRST and SECOND are scenario names, scenario files or folders of finished runs; --set changes
    the second. With one case and --set, it is compared with itself as changed. With --edition, say
    what changed since an edition, and whether by assumptions, data or model; SECOND is reports/base
    where it is left out.
    """
    processes.skip_address_grammar()
    processes.skip_for_answers()
    from token_economics.report.pages import compare_page, editions_page

    tell = editions_page.told if edition else compare_page.told
    progress = (lambda _: None) if quiet or as_json else say
    changes = changes_of(**asked)
    click.echo(tell(first, second, changes=changes, as_json=as_json, out=out, progress=progress))


@main.command()
@data_option
@click.argument("name", required=False)
@json_option
def assumptions(name: str | None, as_json: bool) -> None:
    """List the assumption book, or one entry with its source, range and how much it matters."""
    book = book_of(project.BASE, ())
    from token_economics.report.pages import materiality

    report = project.reports() / project.BASE
    text, weighed = materiality.told(book, name, report=report, as_json=as_json)
    click.echo(text)
    if not weighed:
        say(materiality.HOW_TO_GET_IT)


@main.command("scenarios")
@data_option
def list_scenarios() -> None:
    """List the named scenarios and what each changes."""
    from token_economics.book import scenarios

    for name in scenarios.names():
        book = book_of(name, ())
        click.echo(f"{name}: {scenarios.load(name).title}")
        for key, value in book.overrides.items():
            click.echo(f"  {key} = {value} (book: {book.stored[key].value:g})")


@main.command()
@data_option
@notebooks_option
def check() -> None:
    """Validate data, book and stored notebooks; say what is wrong and where."""
    processes.as_kernels()
    from token_economics.report.pages import build as builder

    problems = builder.check()
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        stop(f"{len(problems)} problem{'s' * (len(problems) > 1)}", RUN_FAILED)
    click.echo("data, book and notebooks are in order")


@main.command()
@data_option
@notebooks_option
@only_option
@jobs_option
@fresh_option
@cold_option
def sync(**asked: Any) -> None:
    """Rewrite parameters cells from the book, execute and normalise the stored notebooks."""
    for path in _synced(**asked):
        click.echo(f"{path.name}: outputs changed")


def _synced(*, cold: bool = False, **asked: Any) -> list[Path]:
    """The stored notebooks that changed."""
    processes.as_kernels()
    from token_economics.report.run import progress

    with (
        progress.session(cold=cold, quiet=False, write=say) as session,
        _told("{}", "interrupted, no notebook was changed"),
    ):
        from token_economics.report.pages import build as builder

        return builder.sync(session=session, **asked)


@main.command()
@click.argument("topic")
@data_option
@notebooks_option
@click.option("--from", "origin", metavar="NOTEBOOK", help="Topic or file to start from.")
@click.option("--question", help="The question that the notebook asks, its title.")
def new(topic: str, origin: str | None, question: str | None) -> None:
    """Start a notebook on TOPIC that runs, is tested, rendered and linked as it stands."""
    from token_economics.report.run import starter

    try:
        path = starter.start(topic, origin=origin, question=question)
    except project.RunError as error:
        stop(str(error), REQUEST_WRONG)
    _synced(only=(topic,), jobs=1)
    click.echo(path)


@main.command()
@click.argument("what", type=click.Choice(["prices"]), required=False)
@click.option("--out", type=folder_path, required=True, help="New folder for what is found.")
def refresh(what: str | None, out: Path) -> None:
    """Read live series, or newest list PRICES, and write what is new into a folder, for review."""
    from token_economics.evidence import refresh_prices

    for line in refresh_prices.told(out, what):
        click.echo(line)


@main.command()
@scenario_option
@set_option
@click.option(
    "--grid", "grids", multiple=True, metavar="NAME=LOW:HIGH:COUNT",
    help="Even steps of one assumption; repeated, every combination.",
)  # fmt: skip
@click.option(
    "--sets",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV of parameter sets: a column an assumption, a row a set.",
)
@click.option(
    "--draws", type=click.IntRange(min=0), default=0,
    help="Draws of each set; without it, the point values.",
)  # fmt: skip
@only_option
@click.option("--inputs", is_flag=True, help="Also write the drawn assumptions.")
@click.option("--chunk", type=count, help="Rows of a file.")
@click.option("--out", type=folder_path, help="Folder of the sweep.")
@click.option("--jobs", type=count, help="Processes; default: cores.")
@click.option(
    "--dask", metavar="ADDRESS", help="Scheduler of a Dask cluster, such as tcp://host:8786."
)
@quiet_option
def sweep(*, quiet: bool, assignments: tuple[str, ...], **asked: Any) -> None:
    """Evaluate the model for many parameter sets or draws, to Parquet files; goes on when killed."""
    from token_economics.answers import sweep as sweeping

    goes_on = "the same command goes on from here"
    with _told(f"{{}}; {goes_on}", f"interrupted; {goes_on}"):
        tell = (lambda _: None) if quiet else say
        click.echo(sweeping.sweep(changes=changes_of(assignments), say=tell, **asked))
