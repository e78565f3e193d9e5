"""Kernels forked from a process that holds what they share: the same, without the wait.

Delete this module and `kernel_server`, and every kernel starts the ordinary way. Linux only: it
needs process descriptors, which cannot point at a stranger when a number is used again.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
    raise ImportError("kernels are forked on Linux only")

SERVER = Path(__file__).with_name("kernel_server.py")
LAUNCHED_BY = ["-m", "ipykernel_launcher"]
PATIENCE_SECONDS = 60
FIRST_PATIENCE_SECONDS = 900  # it may have the market to compile


class ForkedProcess:
    """A kernel's process as `subprocess.Popen` would show it, seen through its descriptor."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, descriptor: int) -> None:
        self.pid = pid
        self._descriptor = descriptor

    def poll(self) -> int | None:
        """None while it runs; its exit code is the server's to know, so 1."""
        return 1 if select.select([self._descriptor], [], [], 0)[0] else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        if not select.select([self._descriptor], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("kernel", timeout or 0)
        return 1

    def send_signal(self, number: int) -> None:
        """Send it a signal; none to one that has ended."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def __del__(self) -> None:
        os.close(self._descriptor)


class Server:
    """The server of one build. It imports while we do; the first kernel waits for it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._lock = threading.Lock()
        self._ready = False
        self._library = ""
        self.failed = False
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(SERVER), str(theirs.fileno())],
                env=environment, pass_fds=[theirs.fileno()], start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        self._connection = ours
        self._connection.settimeout(FIRST_PATIENCE_SECONDS)

    def read_ahead(
        self, names: Iterable[str], parameters: Mapping[str, Any], *, library: str
    ) -> None:
        """Have it import these names of our library, of that identity, and solve a run's market.

        Once for a library: of one that was edited since it would serve the old code, so it ends.
        """
        if self._library:
            self.failed = self.failed or self._library != library
            if self.failed:
                self.close()
            return
        self._library = library
        asked = {"names": list(names), "parameters": dict(parameters)}
        with self._lock, contextlib.suppress(OSError):
            self._connection.sendall(json.dumps(asked).encode() + b"\n")

    def fork(self, command: list[str], *, env: dict[str, str], cwd: str) -> ForkedProcess:
        """A kernel that the command would start.

        Raises `OSError`: if the server has ended or does not answer. It is ended then: a kernel that
        came late would share the sockets of the one that took its place.
        """
        asked = {"arguments": command[3:], "env": env, "cwd": cwd}
        with self._lock:
            try:
                if not self._ready and self._connection.recv(6) != b"ready\n":
                    raise ConnectionError("the kernel server did not start")
                self._ready = True
                self._connection.sendall(json.dumps(asked).encode() + b"\n")
                answer, descriptors, _, _ = socket.recv_fds(self._connection, 32, 1)
            except OSError:
                self._process.kill()
                raise
            self._connection.settimeout(PATIENCE_SECONDS)
        if not descriptors:
            raise ConnectionError("the kernel server has ended")
        return ForkedProcess(int(answer), descriptors[0])

    def close(self) -> None:
        """End it, and any kernel that it still has."""
        self._connection.close()
        try:
            self._process.wait(1)
        except subprocess.TimeoutExpired:  # still importing
            self._process.kill()
            self._process.wait()


def launch(server: Server, provisioner: Any, command: list[str], **popen: Any) -> Any:
    """Launch a provisioner's kernel by a fork; None if this kernel cannot be had so."""
    if command[1:3] != LAUNCHED_BY:
        return None
    try:
        process = server.fork(command, env=popen["env"], cwd=str(popen.get("cwd") or Path.cwd()))
    except OSError:
        server.failed = True
        return None
    provisioner.process = process
    provisioner.pid = provisioner.pgid = process.pid
    provisioner.cwd = popen.get("cwd")
    return provisioner.connection_info
