"""Runs one notebook with papermill in a kernel of its own, and says where it failed.

Kernels talk over sockets in a private folder (no TCP ports to race for) and take one numerical
code path, so that the same inputs give the same bytes on every x86-64 machine.
"""

from __future__ import annotations

import ast
import json
import logging
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError
from papermill.parameterize import parameterize_notebook

from token_economics.book.assumptions import read_so_far
from token_economics.project import fingerprint
from token_economics.project.cache import Cache
from token_economics.report.kernels.environment import Kernels, environment, forked_kernels
from token_economics.report.run import notebooks
from token_economics.report.run.notebooks import NotebookError, Source
from token_economics.show import static_pictures
from token_economics.show.static_pictures import Draw

PICTURES = "pictures"
CELL_TIMEOUT_SECONDS = 600
SOCKET_PATH_LIMIT = 80
AtCell = Callable[[int, int], None]
KERNEL = {"kernel_name": notebooks.KERNELSPEC["name"], "language": notebooks.KERNELSPEC["language"]}
WHAT_WAS_READ = (
    f'" ".join(getattr(__import__("sys").modules.get("{read_so_far.__module__}"), '
    f'"{read_so_far.__name__}", list)())'
)
"""The last cell of every run, which no reader sees: what was read of the book, if there was one."""


@dataclass(frozen=True)
class Execution:
    """An executed notebook in normal form, what it warned of, and how long it took.

    ``read`` names the assumptions and subjects that its books were asked for; None where it cannot
    be told.
    """

    source: Source
    notebook: NotebookNode
    warnings: list[str]
    seconds: float
    read: list[str] | None = None

    @cached_property
    def text(self) -> str:
        """The notebook as its file holds it."""
        return notebooks.dumps(self.notebook)


def _manager_class(
    variables: Mapping[str, str], scratch: Path, kernels: Kernels
) -> type[AsyncKernelManager]:
    """A kernel manager with that environment whose sockets live in the scratch folder."""

    class IsolatedKernelManager(AsyncKernelManager):
        def __init__(self, **traits: Any) -> None:
            super().__init__(**traits)
            self.transport = "ipc"
            self.connection_file = str(scratch / "kernel.json")
            self.ip = str(scratch / "k")

        async def _async_pre_start_kernel(self, **arguments: Any) -> Any:
            arguments["env"] = dict(variables)
            arguments["stderr"] = subprocess.DEVNULL  # its farewell on shutdown is not ours to show
            return await super()._async_pre_start_kernel(**arguments)

        pre_start_kernel = _async_pre_start_kernel

        async def _async_launch_kernel(self, kernel_cmd: list[str], **kw: Any) -> None:
            kernels.provisioners.append(self.provisioner)
            forked = None
            if kernels.server is not None:
                forked = forked_kernels.launch(kernels.server, self.provisioner, kernel_cmd, **kw)
            if forked is None:
                await super()._async_launch_kernel(kernel_cmd, **kw)
            else:
                self._reconcile_connection_info(forked)
            if kernels.ended.is_set():
                kernels.end()

        _launch_kernel = _async_launch_kernel

    return IsolatedKernelManager


def run(
    source: Source,
    *,
    root: Path,
    parameters: Mapping[str, Any],
    kernels: Kernels | None = None,
    cache: Cache | None = None,
    at_cell: AtCell = lambda position, total: None,
) -> Execution:
    """Execute the notebook with parameters in a fresh kernel; the file itself is not touched.

    Parameters
    ----------
    kernels
        Where the kernel comes from; an ordinary process of its own without it.
    cache
        Where pictures of charts are kept.
    at_cell
        Told the position of each cell as it starts, and how many there are.

    Raises `NotebookError`: names the notebook and the cell at which it stopped.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="te-", dir=_short_folder()) as folder:
        scratch = Path(folder)
        source_of_kernels = kernels or Kernels()
        variables = environment(root, scratch, source_of_kernels.caller)
        variables |= static_pictures.ENVIRONMENT
        manager = _manager_class(variables, scratch, source_of_kernels)
        executed = _papermill(
            source, parameters=parameters, root=root, manager=manager, at_cell=at_cell
        )
    read = _taken_off(executed)
    notebooks.verify(executed, source.path.name)
    draw(executed, source.path.name, cache)
    return Execution(
        source=source,
        notebook=notebooks.normalised(executed),
        warnings=notebooks.warnings_of(executed),
        seconds=time.monotonic() - started,
        read=read,
    )


def again(
    source: Source, outputs: Iterable[list[NotebookNode]], *, parameters: Mapping[str, Any]
) -> NotebookNode:
    """The notebook as a run with these parameters leaves it, from the outputs that its cells had.

    Parameters
    ----------
    outputs
        As `outputs_of` gives them: the cell of parameters that a run inserts has none.
    """
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    prepared = _bare(source)
    for cell in prepared.cells:
        cell.metadata.setdefault("tags", [])
    prepared.metadata["papermill"] = NotebookNode()
    if parameters:
        prepared = parameterize_notebook(prepared, dict(parameters), **KERNEL)
    remaining = iter(outputs)
    for position, cell in enumerate(notebooks.code_cells(prepared), start=1):
        cell.execution_count = position
        if not notebooks.is_injected(cell):
            cell.outputs = [nbformat.from_dict(output) for output in next(remaining)]
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = position
    return notebooks.normalised(prepared)


def outputs_of(notebook: NotebookNode) -> list[list[NotebookNode]]:
    """The outputs of each code cell but the one that holds the parameters of the run."""
    cells = notebooks.code_cells(notebook)
    return [cell.outputs for cell in cells if not notebooks.is_injected(cell)]


def _bare(source: Source) -> NotebookNode:
    """The notebook as written, without what it showed when it was stored."""
    notebook = notebooks.load(source.path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _taken_off(executed: NotebookNode) -> list[str] | None:
    """What the last cell of a run says was read; the cell goes, so that nothing of it shows."""
    outputs = executed.cells.pop().outputs
    try:
        return str(ast.literal_eval(outputs[-1]["data"]["text/plain"])).split()
    except (IndexError, KeyError, ValueError, SyntaxError):
        return None


def _papermill(
    source: Source,
    *,
    parameters: Mapping[str, Any],
    root: Path,
    manager: type[AsyncKernelManager],
    at_cell: AtCell,
) -> NotebookNode:
    """The notebook as papermill leaves it; saving it before and after each cell is not worth it."""
    # It warns of assumptions that this notebook does not list, which are those of other pages, and
    # tells of kernels that we end; what fails is raised all the same.
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    begun: list[NotebookNode] = []
    notebook = _bare(source)
    notebook.cells.append(nbformat.v4.new_code_cell(WHAT_WAS_READ))

    def starts(cell: NotebookNode, cell_index: int) -> None:
        if cell.source != WHAT_WAS_READ:
            begun.append(cell)
            at_cell(cell_index + 1, source.cells)

    try:
        executed: NotebookNode = papermill.execute_notebook(
            notebook,
            None,
            parameters=dict(parameters),
            **KERNEL,
            progress_bar=False,
            request_save_on_cell_execute=False,
            execution_timeout=CELL_TIMEOUT_SECONDS,
            cwd=str(root),
            kernel_manager_class=manager,
            shutdown_kernel="immediate",
            on_cell_start=starts,
        )
    except PapermillExecutionError as error:
        failure = f"{error.ename}: {error.evalue}"
    except DeadKernelError:
        failure = "the kernel died"
    except CellTimeoutError:
        failure = f"a cell took more than {CELL_TIMEOUT_SECONDS} seconds"
    else:
        return executed
    raise NotebookError(f"{source.path.name}{_place(begun)}: {failure}")


def _place(begun: list[NotebookNode]) -> str:
    """The first of the cells that failed, or else the last that began, in words."""
    cells = list(enumerate(notebooks.code_cells(NotebookNode(cells=begun)), start=1))
    failed = [
        (at, cell) for at, cell in cells if any(o.output_type == "error" for o in cell.outputs)
    ]
    if not cells:
        return ""
    position, cell = (failed or cells[-1:])[0]
    return notebooks.place(position, cell)


def draw(notebook: NotebookNode, name: str, cache: Cache | None = None) -> None:
    """Give the charts of an executed notebook their static pictures; none is drawn twice."""
    keep = {} if cache is None else {"keep": _keeping(cache)}
    for position, cell in enumerate(notebooks.code_cells(notebook), start=1):
        try:
            static_pictures.add(cell.outputs, **keep)
        except ValueError as error:
            where = name + notebooks.place(position, cell)
            raise NotebookError(f"{where}: the chart cannot be drawn: {error}") from error


def _keeping(cache: Cache) -> static_pictures.Keep:
    """Pictures by what decides them: specification, versions, and how ours are drawn, fonts too."""
    figures = fingerprint.LIBRARY / "figures"
    way = fingerprint.digest_of_folder(figures, ("pictures.py", "fonts.conf"))
    decides = [fingerprint.machine().encode(), way.encode()]

    def keep(draw: Draw) -> Draw:
        def drawn(spec: dict[str, Any], *, version: str) -> str:
            described = json.dumps([version, spec], ensure_ascii=False).encode()
            key = fingerprint.digest([*decides, described])
            picture = cache.get(PICTURES, key)
            if picture is None:
                picture = draw(spec, version=version)
                cache.put(PICTURES, key, picture)
            return str(picture)

        return drawn

    return keep


def _short_folder() -> str | None:
    """A place for sockets, whose paths the system limits to about a hundred bytes."""
    default = tempfile.gettempdir()
    return default if len(default) < SOCKET_PATH_LIMIT - 40 else "/tmp"
