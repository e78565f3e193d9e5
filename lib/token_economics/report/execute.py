"""Runs one notebook with papermill in a kernel of its own, and says where it failed.

Kernels talk over sockets in a private folder (no TCP ports to race for) and take one numerical
code path, so that the same inputs give the same bytes on every x86-64 machine.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from token_economics import project
from token_economics.report import notebooks
from token_economics.report.notebooks import NotebookError, Source

CELL_TIMEOUT_SECONDS = 600
SOCKET_PATH_LIMIT = 80
KERNEL_ENVIRONMENT = {
    "OPENBLAS_CORETYPE": "Haswell",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "TZ": "UTC",
    "IPYTHONDIR": "",
}


@dataclass(frozen=True)
class Execution:
    """An executed notebook in normal form, what it warned of, and how long it took."""

    source: Source
    notebook: NotebookNode
    warnings: list[str]
    seconds: float


def kernel_environment(root: Path, scratch: Path) -> dict[str, str]:
    """Environment of a kernel: the caller's, one numerical code path, our project, clean profile."""
    own = {**KERNEL_ENVIRONMENT, project.ROOT_VARIABLE: str(root), "IPYTHONDIR": str(scratch)}
    return {**os.environ, **own}


def _manager_class(environment: Mapping[str, str], scratch: Path) -> type[AsyncKernelManager]:
    """A kernel manager with that environment whose sockets live in the scratch folder."""

    class IsolatedKernelManager(AsyncKernelManager):
        def __init__(self, **traits: Any) -> None:
            super().__init__(**traits)
            self.transport = "ipc"
            self.connection_file = str(scratch / "kernel.json")
            self.ip = str(scratch / "k")

        async def _async_pre_start_kernel(self, **arguments: Any) -> Any:
            arguments["env"] = dict(environment)
            arguments["stderr"] = subprocess.DEVNULL  # its farewell on shutdown is not ours to show
            return await super()._async_pre_start_kernel(**arguments)

        pre_start_kernel = _async_pre_start_kernel

    return IsolatedKernelManager


def run(source: Source, *, root: Path, parameters: Mapping[str, Any]) -> Execution:
    """Execute the notebook with parameters in a fresh kernel; the file itself is not touched.

    Raises
    ------
    NotebookError
        Names the notebook and the cell at which it stopped.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="te-", dir=_short_folder()) as folder:
        scratch = Path(folder)
        output = scratch / "executed.ipynb"
        failure = _papermill(source, output, parameters=parameters, root=root, scratch=scratch)
        if failure is not None and not output.exists():
            raise NotebookError(f"{source.path.name}: {failure}")
        executed = nbformat.read(output, as_version=4)
    if failure is not None:
        _raise_at_cell(executed, source, failure)
    notebooks.verify(executed, source.path.name)
    return Execution(
        source=source,
        notebook=notebooks.normalised(executed),
        warnings=notebooks.warnings_of(executed),
        seconds=time.monotonic() - started,
    )


def _papermill(
    source: Source, output: Path, *, parameters: Mapping[str, Any], root: Path, scratch: Path
) -> str | None:
    """Run papermill; the reason of a failure, or None."""
    try:
        papermill.execute_notebook(
            _literal(source.path),
            _literal(output),
            parameters=dict(parameters),
            kernel_name=notebooks.KERNELSPEC["name"],
            language=notebooks.KERNELSPEC["language"],
            progress_bar=False,
            execution_timeout=CELL_TIMEOUT_SECONDS,
            cwd=str(root),
            kernel_manager_class=_manager_class(kernel_environment(root, scratch), scratch),
        )
    except PapermillExecutionError as error:
        return f"{error.ename}: {error.evalue}"
    except DeadKernelError:
        return "the kernel died"
    except CellTimeoutError:
        return f"a cell took more than {CELL_TIMEOUT_SECONDS} seconds"
    return None


def _literal(path: Path) -> str:
    """The path for papermill, which formats it with the parameters: a brace must survive."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _raise_at_cell(executed: NotebookNode, source: Source, failure: str) -> None:
    cells = notebooks.code_cells(executed)
    begun = [
        position
        for position, cell in enumerate(cells, 1)
        if (cell.metadata.get("papermill") or {}).get("start_time")
    ]
    failed = [
        position
        for position, cell in enumerate(cells, 1)
        if any(output.output_type == "error" for output in cell.outputs)
    ]
    position = (failed or begun[-1:] or [1])[0]
    cell = cells[position - 1]
    raise NotebookError(
        f"{source.path.name}, code cell {position} ({notebooks.first_line(cell)}): {failure}"
    )


def _short_folder() -> str | None:
    """A place for sockets, whose paths the system limits to about a hundred bytes."""
    default = tempfile.gettempdir()
    return default if len(default) < SOCKET_PATH_LIMIT - 40 else "/tmp"
