"""Where kernels come from and what they run in: forked where the system can, ordinary elsewhere."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from token_economics import project
from token_economics.project.processes import KERNEL_ENVIRONMENT

forked_kernels: Any = None
with contextlib.suppress(ImportError):  # deleted, or not this system: ordinary kernels do
    from token_economics.report.kernels import forked_kernels


@dataclass
class Kernels:
    """The kernels of a run: where they come from, and how all are ended at once.

    ``caller`` is the environment as the run began: drawing a picture changes it for a moment.
    """

    server: Any = None
    caller: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    provisioners: list[Any] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def end(self) -> None:
        """End every kernel, for a run that is broken off; none starts after that."""
        self.ended.set()
        for provisioner in list(self.provisioners):
            process = provisioner.process
            if process is not None:
                with contextlib.suppress(OSError):
                    process.kill()


@contextlib.contextmanager
def ready(*, cold: bool = False) -> Iterator[Kernels]:
    """Kernels of one run; the process that they are forked from imports from now on."""
    if cold or forked_kernels is None:
        yield Kernels()
        return
    root = project.root()
    with contextlib.closing(forked_kernels.Server(environment(root, root, os.environ))) as server:
        yield Kernels(server)


def environment(root: Path, scratch: Path, caller: Mapping[str, str]) -> dict[str, str]:
    """Environment of a kernel: the caller's with what is ours in it."""
    own = {**KERNEL_ENVIRONMENT, project.ROOT_VARIABLE: str(root), "IPYTHONDIR": str(scratch)}
    return {**caller, **own}
