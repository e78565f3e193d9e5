"""What is written is whole or absent: a full disk, and two builds into one folder at once."""

import contextlib
import datetime
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fixture_project import bytes_of, environment, write_project

from token_economics.evidence import refresh
from token_economics.project import folders

Command = Callable[..., Any]
FULL = os.strerror(errno.ENOSPC)
HOLD = """
import sys, pathlib
from token_economics.project import folders
with folders.replacing(pathlib.Path(sys.argv[1])):
    print("holds it", flush=True)
    sys.stdin.read()
"""


def fill_the_disk(below: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Have the disk of a folder be full once files with this in their names are half written.

    What comes back is a list that grows by those files.
    """
    tried: list[Path] = []

    def write(path: Path, content: bytes) -> int:
        if name in path.name and path.is_relative_to(below):
            tried.append(path)
            with path.open("wb") as file:
                file.write(content[: len(content) // 2])
            raise OSError(errno.ENOSPC, FULL)  # as a write says it: without the file's name
        with path.open("wb") as file:
            return file.write(content)

    monkeypatch.setattr(Path, "write_bytes", write)
    monkeypatch.setattr(Path, "write_text", lambda path, text, *_, **__: write(path, text.encode()))
    return tried


COMMANDS = {
    "a report's table": (("build", "--only", "beta"), "results.csv"),
    "a report's page": (("build", "--only", "beta"), "index.html"),
    "one file": (("build", "--single-file"), ".base.html"),
    "a notebook": (("sync", "--fresh"), "02_beta.ipynb"),
    "a new notebook": (("new", "gamma"), "gamma.ipynb"),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", COMMANDS)
def test_a_full_disk_is_one_line_and_changes_nothing(
    what: str, stored_project: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """Guards: `Commands.invoke`, `naming`, and the `finally` of `write` and `replacing`."""
    root = write_project(tmp_path / "project")
    monkeypatch.setenv("TOKEN_ECONOMICS_ROOT", str(root))
    for path in (stored_project / "notebooks").iterdir():
        (root / "notebooks" / path.name).write_bytes(path.read_bytes() + b"\n")
    arguments, name = COMMANDS[what]
    if what == "one file":
        assert command("build", "--quiet").exit_code == 0
    before = bytes_of(root)
    tried = fill_the_disk(root, name, monkeypatch)
    done = command(*arguments)
    assert tried
    assert done.exit_code == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("token-economics:")]
    assert done.stderr.splitlines()[-1] == line
    assert str(root) in line and f"{FULL}; what was there before stands" in line
    assert bytes_of(root) == before


def test_files_are_written_all_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("as it was")
    fill_the_disk(tmp_path, "second", monkeypatch)
    with pytest.raises(OSError, match="second"):
        folders.write({first: b"new", second: b"new"})
    assert bytes_of(tmp_path) == {"first": b"as it was"}


def test_new_rows_are_written_all_or_none(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guard: the `except` of `refresh.write`."""
    written: list[str] = []

    def write_table(folder: Path, table: str, _rows: object) -> None:
        (folder / f"{table}.csv").write_text("a part of it")
        written.append(table)
        if table == "sources":
            raise OSError(errno.ENOSPC, FULL)

    live = refresh.LiveSeries("widgets", "price", "Widget makers", "USD", "fred", "X")
    monkeypatch.setattr(refresh, "live_series", lambda: [live])
    monkeypatch.setattr(refresh, "fetch", lambda *_, **__: None)
    monkeypatch.setattr(refresh, "news", lambda *_, **__: [{"period": "2026", "note": ""}])
    monkeypatch.setattr(refresh, "_write_table", write_table)
    with pytest.raises(OSError, match=FULL):
        refresh.write(tmp_path / "new", accessed=datetime.date(2026, 10, 10))
    assert written == ["widgets", "sources"]
    assert not list((tmp_path / "new").iterdir())


@contextlib.contextmanager
def another_process_at(folder: Path) -> Any:
    """Another process that is replacing the folder."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], env=environment(None),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout is not None and holder.stdout.readline() == "holds it\n"
    try:
        yield holder
    finally:
        holder.kill()
        holder.communicate()


locks = pytest.mark.skipif(folders.fcntl is None, reason="the system has no such locks")


@locks
def test_a_second_build_into_the_same_folder_is_refused(
    project: Path, tmp_path: Path, command: Command
) -> None:
    """Guard: `_alone`. Each would drop the other's pages, or publish a mixture."""
    out = tmp_path / "out"
    with another_process_at(out) as holder:
        done = command("build", "--only", "beta", "--out", str(out))
        assert done.exit_code == 2
        assert f"{out} is being made by another process" in done.stderr
        with folders.replacing(tmp_path / "elsewhere") as partial:  # other folders stand free
            (partial / "page").touch()
        _, _ = holder.communicate("")
        assert holder.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "out"]
    with folders.replacing(out) as partial:
        (partial / "page").touch()
    assert [path.name for path in out.iterdir()] == ["page"]


@locks
def test_a_killed_build_blocks_nobody(tmp_path: Path) -> None:
    """The system drops its lock; the file of the lock goes with the next build."""
    out = tmp_path / "out"
    with another_process_at(out) as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert (tmp_path / ".out.lock").exists()
        with folders.replacing(out) as partial:
            (partial / "page").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
