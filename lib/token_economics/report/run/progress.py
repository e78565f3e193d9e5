"""What a build tells whoever waits for it: nothing, lines, or one live line a notebook."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from token_economics.project import processes
from token_economics.report.kernels import environment
from token_economics.report.kernels.environment import Kernels

Write = Callable[[str], None]


class Lines:
    """Plain lines, for logs and pipes; nothing at all unless told where to write them."""

    def __init__(self, write: Write = lambda _: None) -> None:
        self.say = write

    def begin(self, notebooks: Iterable[str]) -> None:
        """These notebooks will run."""

    def at_cell(self, notebook: str, position: int, total: int) -> None:
        """A notebook's cell starts."""

    def done(self, notebook: str, seconds: float, warnings: Iterable[str]) -> None:
        """A notebook has run to its end."""
        self.say(f"{notebook}: done in {seconds:.1f} s")
        for warning in warnings:
            self.say(f"{notebook}: {warning}")

    def end(self) -> None:
        """No notebook runs any more."""


class _Live(Lines):
    """A line a notebook in a terminal: state, cell, time; they go when the notebooks are done."""

    def __init__(self) -> None:
        from rich.console import Console  # a tenth of a second, where somebody looks
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._bars: Any = Progress(
            TextColumn("{task.description}"), TextColumn("{task.fields[state]}"),
            BarColumn(bar_width=24), TimeElapsedColumn(),
            console=Console(stderr=True), transient=True,
        )  # fmt: skip
        self._tasks: dict[str, Any] = {}
        super().__init__(self._print)

    def _print(self, line: str) -> None:
        self._bars.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def begin(self, notebooks: Iterable[str]) -> None:
        self._bars.start()
        for name in notebooks:
            self._tasks[name] = self._bars.add_task(name, start=False, total=None, state="waits")

    def at_cell(self, notebook: str, position: int, total: int) -> None:
        task = self._tasks[notebook]
        if position == 1 or not self._bars.tasks[task].started:
            self._bars.start_task(task)
        state = f"cell {position} of {total}"
        self._bars.update(task, completed=position - 1, total=total, state=state)

    def done(self, notebook: str, seconds: float, warnings: Iterable[str]) -> None:
        task = self._tasks[notebook]
        total = self._bars.tasks[task].total or 1
        self._bars.update(task, completed=total, total=total, state="done")
        self._bars.stop_task(task)
        for warning in warnings:
            self.say(f"{notebook}: {warning}")

    def end(self) -> None:
        self._bars.stop()


@dataclass
class Session:
    """What a run needs of its surroundings: who is told, and where kernels come from.

    Without kernels, the run has forked ones of its own, where the system can.
    """

    progress: Lines = field(default_factory=Lines)
    kernels: Kernels | None = None


@contextmanager
def session(*, cold: bool, quiet: bool, write: Write) -> Iterator[Session]:
    """Kernels, whose process imports from now on, and what fits of progress.

    Nothing when asked for, live lines in a terminal, plain lines elsewhere.
    """
    processes.skip_address_grammar()
    with environment.ready(cold=cold) as kernels:
        progress = Lines() if quiet else _Live() if sys.stderr.isatty() else Lines(write)
        try:
            yield Session(progress, kernels)
        finally:
            progress.end()
