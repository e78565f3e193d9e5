"""What commands have in common: their options, what these ask for, and how a command ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from token_economics import project

if TYPE_CHECKING:
    from token_economics.book.assumptions import Book

RUN_FAILED, REQUEST_WRONG = 1, 2

scenario_option = click.option(
    "--scenario", default=project.BASE, show_default=True, help="Name, or path of a YAML file."
)
set_option = click.option(
    "--set", "assignments", multiple=True, metavar="NAME=VALUE", help="Set one assumption; repeatable."
)  # fmt: skip
jobs_option = click.option(
    "--jobs", type=click.IntRange(min=1), help="Notebooks at a time; default: cores."
)
fresh_option = click.option("--fresh", is_flag=True, help="Run everything; use no stored result.")
cold_option = click.option("--cold", is_flag=True, help="Start each kernel the ordinary way.")


def _naming(variable: str) -> Callable[[click.Context, click.Parameter, Path | None], None]:
    """A callback that names a folder to this process and its kernels while the command runs."""

    def name_folder(context: click.Context, _: click.Parameter, folder: Path | None) -> None:
        if folder is None:
            return
        before = os.environ.get(variable)
        os.environ[variable] = str(folder.resolve())

        def restore() -> None:
            if before is None:
                del os.environ[variable]
            else:
                os.environ[variable] = before

        context.call_on_close(restore)

    return name_folder


folder_type = click.Path(exists=True, file_okay=False, path_type=Path)
data_option = click.option(
    "--data", type=folder_type, expose_value=False, callback=_naming(project.OWN_DATA_VARIABLE),
    help="Folder of your own rows of the same tables, added to the project's.",
)  # fmt: skip
notebooks_option = click.option(
    "--notebooks", type=click.Path(file_okay=False, path_type=Path), expose_value=False,
    callback=_naming(project.NOTEBOOKS_VARIABLE), help="Folder of notebooks outside the project.",
)  # fmt: skip
quiet_option = click.option("--quiet", is_flag=True, help="Say nothing but errors.")


def changes_of(assignments: tuple[str, ...], *, pages: bool = False) -> dict[str, Any]:
    """What ``--set`` asks for, by name; a wrong one ends the command.

    The subject of a page is only asked for where ``pages`` are made.
    """
    from token_economics.book import scenarios, subjects
    from token_economics.book.assumptions import AssumptionError

    found: dict[str, Any] = {}
    value: Any
    try:
        for text in assignments:
            name, _, value = (part.strip() for part in text.partition("="))
            if name not in subjects.known():
                name, value = scenarios.parse_assignment(text)
            elif not pages:
                raise AssumptionError(f"{name} is the subject of a page: only `build` takes it")
            if name in found:
                raise AssumptionError(f"{name} is set twice")
            found[name] = value
    except AssumptionError as error:
        stop(str(error), REQUEST_WRONG)
    return found


def book_of(scenario: str, assignments: tuple[str, ...]) -> Book:
    """The book that a command is asked for; a wrong request ends it."""
    from token_economics.book import scenarios
    from token_economics.book.assumptions import AssumptionError
    from token_economics.evidence.tables import EvidenceError

    try:
        return scenarios.apply(scenarios.load(scenario), changes_of(assignments))
    except (AssumptionError, EvidenceError) as error:
        stop(str(error), REQUEST_WRONG)


def say(line: str) -> None:
    """A line of progress, apart from what a command prints."""
    click.echo(line, err=True)


def stop(message: str, code: int) -> NoReturn:
    """End the command with a message and an exit code."""
    click.echo(f"token-economics: {message}", err=True)
    sys.exit(code)


class Commands(click.Group):
    """Commands that answer broken data or a full disk with a message, whichever of them meets it."""

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
        except ValueError as error:
            from token_economics.evidence.tables import EvidenceError

            if not isinstance(error, EvidenceError):
                raise
            stop(str(error), RUN_FAILED)
