"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

from token_economics import project

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
