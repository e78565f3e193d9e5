"""A process that has imported, read and solved what kernels share, and forks them from there.

Run by path, never imported as part of our package: it starts with the libraries of others, and
refuses to start with ours. A build that has taken the library's identity has it read ours as it
then stands: import it, read the tables, solve the market of the run. Each kernel is a copy, so what
one changes no other sees. It has one thread, serves one build over a socket, and ends its kernels
and itself when that closes.
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
import warnings
from typing import Any, NoReturn

PRELOADED = (
    "numpy", "numba", "pandas", "scipy.special", "scipy.optimize", "scipy.stats", "altair", "vl_convert",
    "statsmodels.formula.api", "yaml", "ipykernel.kernelapp", "ipykernel.ipkernel",
    "ipykernel.zmqshell", "ipykernel.debugger", "IPython.core.completer", "IPython.core.magics",
    "IPython.core.completerlib", "IPython.core.oinspect", "IPython.extensions.storemagic", "sqlite3",
)  # fmt: skip
PASSED_OVER = ("rfc3987_syntax", "debugpy")
OURS = "token_economics"
MARKET = f"{OURS}.headlines.market.conditioning"
GARBAGE_THRESHOLD = 100_000  # new objects between two searches for garbage; Python's own is 700
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
    with contextlib.suppress(Exception):
        _draw_a_point()
    for name in PASSED_OVER:
        del sys.modules[name]
    ours = [name for name in sys.modules if name.split(".")[0] == OURS]
    if ours:
        sys.exit(f"cannot fork kernels from {ours}")
    gc.set_threshold(GARBAGE_THRESHOLD)
    _settle()


def _draw_a_point() -> None:
    """The first chart imports what Altair puts off, and reads its schema."""
    frame = sys.modules["pandas"].DataFrame({"x": [0.0]})
    sys.modules["altair"].Chart(frame).mark_point().encode(x="x").to_dict()


def read_ahead(names: list[str], parameters: dict[str, Any]) -> None:
    """Import our library, and read and solve what several notebooks of a run would each.

    What is not to be had a notebook that needs it will miss itself, and a warning is for it to give.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:  # of a definition it imports the module, and then fails
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        with contextlib.suppress(Exception):
            importlib.import_module(f"{OURS}.evidence.tables").read_ahead()
            if MARKET in sys.modules:
                book: Any = sys.modules[f"{OURS}.book.assumptions"]
                sys.modules[MARKET].solve_ahead(book.override(book.read_book(), parameters))
    _settle()


def _settle() -> None:
    """Be fit for forks: one thread, and no object that a search for garbage would touch."""
    threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208
    if threads > 1:
        sys.exit(f"cannot fork kernels from {threads} threads")
    gc.collect()
    gc.freeze()


def serve(connection: socket.socket) -> None:
    """Fork a kernel for each line read; answer with its process, as number and as descriptor.

    A line of names asks for no kernel, but to read ahead.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries the dead
    kernels: list[tuple[int, int]] = []
    connection.sendall(b"ready\n")
    try:
        with connection.makefile("r", encoding="utf-8") as lines:
            for line in lines:
                asked = json.loads(line)
                if "names" in asked:
                    read_ahead(**asked)
                    continue
                pid = os.fork()
                if pid == 0:
                    _become_kernel(asked, connection, kernels)
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
