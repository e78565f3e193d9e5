"""Folders of runs: which may be replaced, and how one takes the place of another by renames."""

from __future__ import annotations

import glob
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RUN_FILE = "run.json"


class FolderError(ValueError):
    """The folder named for a report must not or cannot be written."""


def is_run(folder: Path) -> bool:
    """Whether the folder holds a run of ours."""
    try:
        described = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(described, dict) and "schema_version" in described and "run_id" in described


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A new folder beside it, which takes its place at the end; after a failure it is gone."""
    partial = folder.with_name(f".{folder.name}.partial-{os.getpid()}")
    _clear_up(folder)
    partial.mkdir(parents=True)
    try:
        yield partial
        swap(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def replaceable(folder: Path) -> Path:
    """The folder, if it may be replaced: absent, empty, or a run of ours.

    Raises
    ------
    FolderError
        If it may not; says why.
    """
    resolved = folder.resolve()
    if resolved.exists():
        if not resolved.is_dir():
            raise FolderError(f"{folder} is a file; name a folder")
        if any(resolved.iterdir()) and not is_run(resolved):
            raise FolderError(
                f"{folder} is not empty and holds no run of ours (no {RUN_FILE}); "
                "name another folder"
            )
    above = next(parent for parent in resolved.parents if parent.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise FolderError(f"{folder} cannot be made: {above} is no folder that can be written")
    return resolved


def swap(partial: Path, folder: Path) -> None:
    """Put the finished run in place of the old one by renames."""
    old = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    try:
        partial.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _clear_up(folder: Path) -> None:
    """Drop what processes that were killed left beside the folder; what they had moved is back."""
    left = re.compile(rf"\.{re.escape(folder.name)}\.(partial|old)-(\d+)")
    for path in folder.parent.glob(f".{glob.escape(folder.name)}.*"):
        match = left.fullmatch(path.name)
        if match is None or _runs(int(match[2])):
            continue
        if match[1] == "old" and not folder.exists():
            path.rename(folder)
        else:
            shutil.rmtree(path, ignore_errors=True)


def _runs(process: int) -> bool:
    """Whether another process of that number runs, as far as can be told; this one does not count."""
    if process == os.getpid():
        return False
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
