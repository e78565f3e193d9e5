"""The command line: ``token-economics`` or ``python -m token_economics``.

Exit codes: 0 done, 1 the run failed, 2 the request was wrong.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from token_economics import scenarios
from token_economics.assumptions import AssumptionError, Book
from token_economics.evidence import EvidenceError

RUN_FAILED, REQUEST_WRONG = 1, 2

scenario_option = click.option(
    "--scenario", default=scenarios.BASE, show_default=True, help="Name, or path of a YAML file."
)
set_option = click.option(
    "--set", "assignments", multiple=True, metavar="NAME=VALUE", help="Set one assumption; repeatable."
)  # fmt: skip
quiet_option = click.option("--quiet", is_flag=True, help="Say nothing but errors.")


class Commands(click.Group):
    """Commands that answer broken data with a message, whichever of them meets it."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; data that break their schema end it with the list of problems."""
        try:
            return super().invoke(ctx)
        except EvidenceError as error:
            _stop(str(error), RUN_FAILED)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Build, ask and check the report on the supply and demand of AI tokens."""


@main.command()
@scenario_option
@set_option
@click.option("--only", multiple=True, metavar="TOPIC", help="Build this topic only; repeatable.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the report.")
@click.option("--jobs", type=click.IntRange(min=1), help="Notebooks at a time; default: cores.")
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
    single_file: bool,
    quiet: bool,
) -> None:
    """Execute the notebooks and publish the report."""
    from token_economics.report import build as builder
    from token_economics.report import single_file as one_file
    from token_economics.report.notebooks import NotebookError

    changes = _changes(assignments)
    try:
        folder = builder.build(
            scenario=scenario, changes=changes, only=only, out=out, jobs=jobs,
            progress=(lambda _: None) if quiet else _say,
        )  # fmt: skip
    except builder.RequestError as error:
        _stop(str(error), REQUEST_WRONG)
    except NotebookError as error:
        _stop(f"the run failed, nothing was published: {error}", RUN_FAILED)
    click.echo(folder / "index.html")
    if single_file:
        try:
            click.echo(one_file.write(folder))
        except one_file.NotOurs as error:
            _stop(str(error), REQUEST_WRONG)


@main.command()
@scenario_option
@set_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def answer(scenario: str, assignments: tuple[str, ...], as_json: bool) -> None:
    """Print the headline results, without a kernel; beside base when something is changed."""
    from token_economics import answers

    book = _book(scenario, assignments)
    frame = answers.against_base(book)
    click.echo(answers.as_json(frame) if as_json else answers.as_text(frame))


@main.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def assumptions(name: str | None, as_json: bool) -> None:
    """List the assumption book, or one entry with its source and range."""
    book = _book(scenarios.BASE, ())
    try:
        rows = [book.row(name)] if name else list(book.rows.values())
    except AssumptionError as error:
        _stop(str(error), REQUEST_WRONG)
    if as_json:
        click.echo(json.dumps([_described(row) for row in rows], indent=1, ensure_ascii=False))
        return
    for row in rows:
        interval = "" if row.low is None else f" [{row.low:g}, {row.high:g}]"
        click.echo(f"{row.name} = {row.value:g}{interval} {row.unit}: {row.label}")
        if name:
            click.echo(
                f"  allowed: {row.hard_min:g} to {row.hard_max:g}; shape: {row.distribution}"
            )
            click.echo(
                f"  basis: {row.basis}; source: {row.source_id}; topics: {', '.join(row.topics)}"
            )
            click.echo(f"  {row.rationale}")


@main.command("scenarios")
def list_scenarios() -> None:
    """List the named scenarios and what each changes."""
    for name in scenarios.names():
        book = _book(name, ())
        click.echo(f"{name}: {scenarios.load(name).title}")
        for key, value in book.overrides.items():
            click.echo(f"  {key} = {value} (book: {book.stored[key].value:g})")


@main.command()
def check() -> None:
    """Validate data, book and stored notebooks; say what is wrong and where."""
    from token_economics.report import build as builder

    problems = builder.check()
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        _stop(f"{len(problems)} problems", RUN_FAILED)
    click.echo("data, book and notebooks are in order")


@main.command()
@click.option("--jobs", type=click.IntRange(min=1), help="Notebooks at a time; default: cores.")
def sync(jobs: int | None) -> None:
    """Rewrite parameters cells from the book, execute and normalise the stored notebooks."""
    from token_economics.report import build as builder
    from token_economics.report.notebooks import NotebookError

    try:
        changed = builder.sync(progress=_say, jobs=jobs)
    except NotebookError as error:
        _stop(str(error), RUN_FAILED)
    for path in changed:
        click.echo(f"{path.name}: outputs changed")


def _changes(assignments: tuple[str, ...]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    try:
        for text in assignments:
            name, value = scenarios.parse_assignment(text)
            if name in changes:
                raise AssumptionError(f"{name} is set twice")
            changes[name] = value
    except AssumptionError as error:
        _stop(str(error), REQUEST_WRONG)
    return changes


def _book(scenario: str, assignments: tuple[str, ...]) -> Book:
    try:
        return scenarios.apply(scenarios.load(scenario), _changes(assignments))
    except (AssumptionError, EvidenceError) as error:
        _stop(str(error), REQUEST_WRONG)


def _described(row: Any) -> dict[str, Any]:
    return {key: list(v) if isinstance(v, tuple) else v for key, v in vars(row).items()}


def _say(line: str) -> None:
    click.echo(line, err=True)


def _stop(message: str, code: int) -> NoReturn:
    click.echo(f"token-economics: {message}", err=True)
    sys.exit(code)
