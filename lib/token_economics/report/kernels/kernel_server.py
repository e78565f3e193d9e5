"""A process that has the third-party libraries imported, and forks kernels from there.

Run by path, never imported as part of our package: a kernel must read our library as it stands
now, so the server holds none of it, and refuses to start if it does. It has one thread, serves one
build over a socket, and ends its kernels and itself when that closes.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import random
import select
import signal
import socket
import sys
import time
from typing import Any, NoReturn

PRELOADED = (
    "numpy", "pandas", "scipy.special", "scipy.optimize", "scipy.stats", "altair", "vl_convert",
    "statsmodels.formula.api", "yaml", "ipykernel.kernelapp", "ipykernel.ipkernel",
    "ipykernel.zmqshell", "ipykernel.debugger", "IPython.core.completer", "IPython.core.magics",
    "IPython.core.completerlib", "IPython.core.oinspect", "IPython.extensions.storemagic", "sqlite3",
)  # fmt: skip
PASSED_OVER = ("rfc3987_syntax", "debugpy")
OURS = "token_economics"
LAUNCHER = "ipykernel_launcher"


def preload() -> None:
    """Import what notebooks need of others; what is not installed they will miss themselves.

    `rfc3987_syntax` alone would take longer than all the rest: it builds a grammar for a kind of
    address that no schema here uses. Marked as absent, it is skipped by jsonschema, which asks.
    So does ipykernel ask for a debugger, which no run uses and which cannot be loaded before a fork.
    """
    for name in PASSED_OVER:
        sys.modules[name] = None  # type: ignore[assignment]
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for name in PASSED_OVER:
        del sys.modules[name]
    ours = [name for name in sys.modules if name.split(".")[0] == OURS]
    threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208
    if ours or threads > 1:
        sys.exit(f"cannot fork kernels from {threads} threads and {ours}")
    gc.collect()
    gc.freeze()


def serve(connection: socket.socket) -> None:
    """Fork a kernel for each line read; answer with its process, as number and as descriptor."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries the dead
    kernels: list[tuple[int, int]] = []
    connection.sendall(b"ready\n")
    try:
        with connection.makefile("r", encoding="utf-8") as lines:
            for line in lines:
                pid = os.fork()
                if pid == 0:
                    _become_kernel(json.loads(line), connection, kernels)
                descriptor = os.pidfd_open(pid)
                kernels.append((pid, descriptor))
                socket.send_fds(connection, [f"{pid}\n".encode()], [descriptor])
    finally:
        for pid, descriptor in kernels:
            if not select.select([descriptor], [], [], 0)[0]:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)


def _become_kernel(
    asked: dict[str, Any], connection: socket.socket, others: list[tuple[int, int]]
) -> NoReturn:
    """In the child: be what a process started for this kernel alone would be."""
    code = 1
    try:
        os.close(connection.detach())
        for _, descriptor in others:
            os.close(descriptor)
        os.setsid()
        os.chdir(asked["cwd"])
        os.environ.clear()
        os.environ.update(asked["env"])
        time.tzset()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        random.seed()
        sys.modules["numpy"].random.seed()
        sys.argv = [LAUNCHER, *asked["arguments"]]
        kernelapp: Any = sys.modules["ipykernel.kernelapp"]
        kernelapp.launch_new_instance(
            [*sys.argv[1:], f"--IPKernelApp.parent_handle={os.getppid()}"]
        )
        code = 0
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    preload()
    serve(socket.socket(fileno=int(sys.argv[1])))
