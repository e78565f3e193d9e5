"""Folders of runs: which may be replaced, and how one takes the place of another by renames."""

from __future__ import annotations

import glob
import json
import os
import re
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from token_economics.project import RequestError

fcntl: Any = None
with suppress(ImportError):  # not on Windows
    import fcntl

RUN_FILE = "run.json"


class FolderError(RequestError):
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
    """A new folder beside it, which takes its place at the end; after a failure it is gone.

    Raises `FolderError`: if another process is replacing the folder.
    """
    partial = folder.with_name(f".{folder.name}.partial-{os.getpid()}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder), naming(folder):
        _clear_up(folder)
        try:
            partial.mkdir()
            yield partial
            swap(partial, folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a lock on the folder. The system drops that of a process that ends, however it ends."""
    if fcntl is None:
        yield
        return
    path = folder.with_name(f".{folder.name}.lock")
    while True:
        held = path.open("w")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.close()
            raise FolderError(
                f"{folder} is being made by another process; wait for it, or name another folder"
            ) from None
        except OSError:  # a file system without locks
            break
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(held.fileno()), path.stat()):
                break
        held.close()  # whoever held it before has removed it meanwhile
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        held.close()


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Have an error of writing below a path name it, where it names no file itself."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = str(path)
        raise


def write(contents: Mapping[Path, bytes]) -> None:
    """Write files, all or none: after a failure what was there before is there still."""
    mark = f"{os.getpid()}-{threading.get_ident()}"
    staged = {path: path.with_name(f".{path.name}.{mark}") for path in contents}
    try:
        for path, temporary in staged.items():
            with naming(path):
                temporary.write_bytes(contents[path])
        for path, temporary in staged.items():
            temporary.replace(path)
    finally:
        for temporary in staged.values():
            temporary.unlink(missing_ok=True)


def replaceable(folder: Path) -> Path:
    """The folder, if it may be replaced: absent, empty, or a run of ours.

    Raises `FolderError`: if it may not; says why.
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
