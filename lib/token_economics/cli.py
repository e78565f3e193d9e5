"""The command line: ``token-economics`` or ``python -m token_economics``.

Exit codes: 0 done, 1 the run failed, 2 the request was wrong. A command imports what it needs
when it runs: `build` of an unchanged report and every `--help` answer at once.
"""

from __future__ import annotations

import atexit
import gc
import json
import signal
from pathlib import Path
from typing import Any

import click

from token_economics import project
from token_economics.cli_request import (
    REQUEST_WRONG,
    RUN_FAILED,
    Commands,
    book_of,
    changes_of,
    cold_option,
    data_option,
    fresh_option,
    jobs_option,
    notebooks_option,
    quiet_option,
    say,
    scenario_option,
    set_option,
    stop,
)

GARBAGE_THRESHOLD = 100_000  # new objects between two searches for garbage; Python's own is 700


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
@click.option("--only", multiple=True, metavar="TOPIC", help="Build this topic only; repeatable.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the report.")
@jobs_option
@fresh_option
@cold_option
@click.option(
    "--single-file", is_flag=True, help="Also write the report as one HTML, beside its folder."
)
@quiet_option
def build(
    scenario: str,
    assignments: tuple[str, ...],
    only: tuple[str, ...],
    out: Path | None,
    jobs: int | None,
    fresh: bool,
    cold: bool,
    single_file: bool,
    quiet: bool,
) -> None:
    """Execute the notebooks whose result is not at hand, and publish the report."""
    from token_economics.report.run import cache, unchanged

    stored = cache.of_project(fresh=fresh)
    asked = unchanged.request(scenario=scenario, assignments=assignments, only=only, out=out)
    folder = unchanged.published(asked, stored)
    if folder is None:
        folder = _built(
            scenario,
            assignments,
            only=only,
            out=out,
            jobs=jobs,
            fresh=fresh,
            cold=cold,
            quiet=quiet,
        )
        again = unchanged.request(scenario=scenario, assignments=assignments, only=only, out=out)
        if again == asked:  # nothing was edited meanwhile
            unchanged.remember(asked, folder, stored)
    elif not quiet:
        say("nothing changed: the report is as it was made")
    click.echo(folder / "index.html")
    if single_file:
        from token_economics.report.pages import single_file as one_file

        try:
            click.echo(one_file.write(folder))
        except one_file.NotOurs as error:
            stop(str(error), REQUEST_WRONG)


def _built(
    scenario: str,
    assignments: tuple[str, ...],
    *,
    only: tuple[str, ...],
    out: Path | None,
    jobs: int | None,
    fresh: bool,
    cold: bool,
    quiet: bool,
) -> Path:
    """Folder of the report, made now."""
    from token_economics.report.kernels import environment, imports
    from token_economics.report.run import progress

    imports.skip_address_grammar()
    with environment.ready(cold=cold) as prepared:
        from token_economics.report import build as builder
        from token_economics.report.run.notebooks import NotebookError

        try:
            with progress.shown(quiet=quiet, write=say) as shown:
                return builder.build(
                    scenario=scenario, changes=changes_of(assignments, pages=True), only=only, out=out,
                    jobs=jobs, fresh=fresh, kernels=prepared, progress=shown,
                )  # fmt: skip
        except project.RequestError as error:
            stop(str(error), REQUEST_WRONG)
        except NotebookError as error:
            stop(f"the run failed, nothing was published: {error}", RUN_FAILED)
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # another one would only spoil the exit
            stop("interrupted, nothing was published", RUN_FAILED)


@main.command()
@scenario_option
@set_option
@data_option
@click.option("--all", "everything", is_flag=True, help="The headline results of every topic.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def answer(scenario: str, assignments: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Print the summary's results, without a kernel; beside base when something is changed."""
    from token_economics.report.kernels import imports

    imports.skip_for_answers()
    from token_economics.answers import evaluate

    book = book_of(scenario, assignments)
    frame = evaluate.against_base(book, everything=everything)
    click.echo(evaluate.as_json(frame) if as_json else evaluate.as_text(frame))


@main.command()
@click.argument("first")
@click.argument("second", required=False)
@set_option
@data_option
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the page.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and write no page.")
@quiet_option
def compare(
    first: str,
    second: str | None,
    assignments: tuple[str, ...],
    out: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Say what moves between two cases, and which assumption moved it.

    FIRST and SECOND are scenario names, scenario files or folders of finished runs; --set changes
    the second. With one case and --set, it is compared with itself as changed.
    """
    from token_economics.project import RequestError
    from token_economics.report.pages import compare as comparing
    from token_economics.report.pages import compare_page

    changes = changes_of(assignments)
    progress = (lambda _: None) if quiet or as_json else say
    try:
        found = comparing.compare(first, second or first, changes=changes, progress=progress)
        if as_json:
            click.echo(comparing.as_json(found))
            return
        click.echo(comparing.as_text(found))
        click.echo(compare_page.write(found, out) / "index.html")
    except RequestError as error:
        stop(str(error), REQUEST_WRONG)


@main.command()
@data_option
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def assumptions(name: str | None, as_json: bool) -> None:
    """List the assumption book, or one entry with its source, range and how much it matters."""
    from token_economics.book.assumptions import unknown
    from token_economics.report.pages import materiality

    book = book_of(project.BASE, ())
    if name and name not in book:
        stop(unknown(name, book.rows), REQUEST_WRONG)
    rows = [book.row(name)] if name else list(book.rows.values())
    weighed = materiality.published(project.reports() / project.BASE)
    if as_json:
        told = [{**_described(row), **_weight(weighed.get(row.name))} for row in rows]
        click.echo(json.dumps(told, indent=1, ensure_ascii=False))
        return
    for row in rows:
        interval = "" if row.low is None else f" [{row.low:g}, {row.high:g}]"
        matters = weighed.get(row.name)
        mark = "" if name or matters is None or matters.material else " (immaterial)"
        click.echo(f"{row.name} = {row.value:g}{interval} {row.unit}: {row.label}{mark}")
        if name:
            click.echo(
                f"  allowed: {row.hard_min:g} to {row.hard_max:g}; shape: {row.distribution}"
            )
            click.echo(
                f"  basis: {row.basis}; source: {row.source_id}; topics: {', '.join(row.topics)}"
            )
            click.echo(f"  {row.rationale}")
            if matters is not None:
                click.echo(f"  {matters}")
    if any(row.name not in weighed for row in rows):
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
    from token_economics.report.kernels import imports

    imports.skip_address_grammar()
    from token_economics.report import build as builder

    problems = builder.check()
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        stop(f"{len(problems)} problem{'s' * (len(problems) > 1)}", RUN_FAILED)
    click.echo("data, book and notebooks are in order")


@main.command()
@data_option
@notebooks_option
@click.option("--only", multiple=True, metavar="TOPIC", help="This notebook only; repeatable.")
@jobs_option
@fresh_option
@cold_option
def sync(only: tuple[str, ...], jobs: int | None, fresh: bool, cold: bool) -> None:
    """Rewrite parameters cells from the book, execute and normalise the stored notebooks."""
    for path in _synced(only, jobs=jobs, fresh=fresh, cold=cold):
        click.echo(f"{path.name}: outputs changed")


@main.command()
@click.argument("topic")
@data_option
@notebooks_option
@click.option("--from", "origin", metavar="NOTEBOOK", help="Topic or file to start from.")
@click.option("--question", help="The question that the notebook asks, its title.")
def new(topic: str, origin: str | None, question: str | None) -> None:
    """Start a notebook on TOPIC that runs, is tested, rendered and linked as it stands."""
    from token_economics.report.run import starter
    from token_economics.report.run.notebooks import NotebookError

    try:
        path = starter.start(topic, origin=origin, question=question)
    except NotebookError as error:
        stop(str(error), REQUEST_WRONG)
    _synced((topic,), jobs=1)
    click.echo(path)


@main.command()
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="New folder for what is found."
)
def refresh(out: Path) -> None:
    """Read live sources and write new or revised figures into a folder, for review."""
    import datetime

    from token_economics.evidence import refresh as live

    try:
        written = live.write(out, accessed=datetime.date.today())
    except live.RefreshError as error:
        stop(str(error), RUN_FAILED)
    for table, rows in written.items():
        click.echo(f"{out / table}: {rows} rows")
    advice = f"try it: token-economics build --data {out}" if written else "nothing is new"
    click.echo(advice)


def _synced(
    only: tuple[str, ...], *, jobs: int | None, fresh: bool = False, cold: bool = False
) -> list[Path]:
    """The stored notebooks that changed."""
    from token_economics.report.kernels import environment, imports
    from token_economics.report.run import progress

    imports.skip_address_grammar()
    with environment.ready(cold=cold) as prepared:
        from token_economics.report import build as builder
        from token_economics.report.run.notebooks import NotebookError

        try:
            with progress.shown(quiet=False, write=say) as shown:
                return builder.sync(
                    only=only, jobs=jobs, fresh=fresh, kernels=prepared, progress=shown
                )
        except project.RequestError as error:
            stop(str(error), REQUEST_WRONG)
        except NotebookError as error:
            stop(str(error), RUN_FAILED)
        except KeyboardInterrupt:
            stop("interrupted, no notebook was changed", RUN_FAILED)


@main.command()
@scenario_option
@set_option
@click.option(
    "--grid",
    "grids",
    multiple=True,
    metavar="NAME=LOW:HIGH:COUNT",
    help="Even steps of one assumption; repeated, every combination.",
)
@click.option(
    "--sets",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV of parameter sets: a column an assumption, a row a set.",
)
@click.option(
    "--draws",
    type=click.IntRange(min=0),
    default=0,
    help="Draws of each set; without it, the point values.",
)
@click.option(
    "--only", multiple=True, metavar="TOPIC", help="This topic's results only; repeatable."
)
@click.option("--inputs", is_flag=True, help="Also write the drawn assumptions.")
@click.option("--chunk", type=click.IntRange(min=1), help="Rows of a file.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the sweep.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes; default: cores.")
@click.option(
    "--dask", metavar="ADDRESS", help="Scheduler of a Dask cluster, such as tcp://host:8786."
)
@quiet_option
def sweep(quiet: bool, **asked: Any) -> None:
    """Evaluate the model for many parameter sets or draws, to Parquet files; goes on when killed."""
    from token_economics.sweep import command

    try:
        folder = command.sweep(
            changes=changes_of(asked.pop("assignments")),
            say=(lambda _: None) if quiet else say,
            **asked,
        )
    except project.RequestError as error:
        stop(str(error), REQUEST_WRONG)
    except command.SweepError as error:
        stop(f"{error}; the same command goes on from here", RUN_FAILED)
    except KeyboardInterrupt:
        stop("interrupted; the same command goes on from here", RUN_FAILED)
    click.echo(folder)


def _described(row: Any) -> dict[str, Any]:
    return {key: list(v) if isinstance(v, tuple) else v for key, v in vars(row).items()}


def _weight(matters: Any) -> dict[str, Any]:
    """How much an assumption matters, for JSON; null where no report says it."""
    known = matters is not None
    return {
        "material": matters.material if known else None,
        "moves_most": matters.result if known else None,
        "total_effect": matters.share if known else None,
    }
