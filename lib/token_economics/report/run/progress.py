"""What a build tells whoever waits for it: nothing, lines, or one live line a notebook."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any


class Silent:
    """Says nothing."""

    def say(self, line: str) -> None:
        """A line that stays."""

    def begin(self, notebooks: Iterable[str]) -> None:
        """These notebooks will run."""

    def at_cell(self, notebook: str, position: int, total: int) -> None:
        """A notebook's cell starts."""

    def done(self, notebook: str, seconds: float, warnings: Iterable[str]) -> None:
        """A notebook has run to its end."""

    def end(self) -> None:
        """No notebook runs any more."""

    def __enter__(self) -> Silent:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:  # fmt: skip
        self.end()


class Lines(Silent):
    """Plain lines, for logs and pipes."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def say(self, line: str) -> None:
        """A line that stays."""
        self._write(line)

    def done(self, notebook: str, seconds: float, warnings: Iterable[str]) -> None:
        """A notebook has run to its end."""
        self._write(f"{notebook}: done in {seconds:.1f} s")
        for warning in warnings:
            self._write(f"{notebook}: {warning}")


class Live(Silent):
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

    def say(self, line: str) -> None:
        """A line that stays."""
        self._bars.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def begin(self, notebooks: Iterable[str]) -> None:
        """These notebooks will run."""
        self._bars.start()
        for name in notebooks:
            self._tasks[name] = self._bars.add_task(name, start=False, total=None, state="waits")

    def at_cell(self, notebook: str, position: int, total: int) -> None:
        """A notebook's cell starts."""
        task = self._tasks[notebook]
        if position == 1 or not self._bars.tasks[task].started:
            self._bars.start_task(task)
        state = f"cell {position} of {total}"
        self._bars.update(task, completed=position - 1, total=total, state=state)

    def done(self, notebook: str, seconds: float, warnings: Iterable[str]) -> None:
        """A notebook has run to its end."""
        task = self._tasks[notebook]
        total = self._bars.tasks[task].total or 1
        self._bars.update(task, completed=total, total=total, state="done")
        self._bars.stop_task(task)
        for warning in warnings:
            self.say(f"{notebook}: {warning}")

    def end(self) -> None:
        """No notebook runs any more."""
        self._bars.stop()


def shown(*, quiet: bool, write: Callable[[str], None]) -> Silent:
    """What fits: nothing when asked for, live lines in a terminal, plain lines elsewhere."""
    if quiet:
        return Silent()
    return Live() if sys.stderr.isatty() else Lines(write)
