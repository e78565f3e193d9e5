"""What a run depends on, as short digests: library, data, lock, page template, packages, machine.

Needs nothing but the standard library, so that an unchanged report is recognised at once.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import sys
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from token_economics import project

LIBRARY = Path(__file__).resolve().parents[1]
TABLES = ("*.csv", "*.json", "*.yaml")


def digest(parts: Iterable[bytes]) -> str:
    """Sixteen hex digits that identify the parts in their order."""
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(len(part).to_bytes(8, "big"))
        hashed.update(part)
    return hashed.hexdigest()[:16]


def digest_of_folder(folder: Path, patterns: tuple[str, ...]) -> str:
    """Identity of the files below a folder that match, by path and bytes."""
    paths = sorted(
        Path(below, name).relative_to(folder)
        for below, _, names in os.walk(folder)
        for name in names
        if any(fnmatchcase(name, pattern) for pattern in patterns)
    )
    return digest(
        part
        for path in paths
        if (folder / path).is_file()
        for part in (path.as_posix().encode(), (folder / path).read_bytes())
    )


def content() -> str:
    """Identity of what a number depends on: library, data, machine; as each was when first asked."""
    return _content(project.data(), project.own_data())


@functools.cache
def _content(data: Path, own: Path | None) -> str:
    beside = sorted(path.name for path in own.iterdir()) if own and own.is_dir() else []
    named = [_library(), digest_of_data(data, own), machine(), *beside]
    return digest(part.encode() for part in named)


def hashes() -> dict[str, str]:
    """Identities of what a run depends on: library, data, lock, page template."""
    lock = project.root() / "requirements.lock"
    return {
        "lib": _library(),
        "data": digest_of_data(project.data(), project.own_data()),
        "lock": digest([lock.read_bytes()] if lock.exists() else []),
        "template": digest_of_folder(LIBRARY / "report", ("*.j2", "*.css", "*.js")),
    }


def _library() -> str:
    return digest_of_folder(LIBRARY, ("*.py", "*.conf", "*.csv"))


def digest_of_data(*folders: Path | None) -> str:
    """Identity of the tables and scenarios of some folders, of those that are named."""
    parts = [digest_of_folder(folder, TABLES) for folder in folders if folder is not None]
    return parts[0] if len(parts) == 1 else digest(part.encode() for part in parts)


def machine() -> str:
    """Identity of what computes: interpreter, system, processor's family, installed packages."""
    kind = (platform.python_version(), platform.system(), platform.machine(), sys.prefix)
    return digest(part.encode() for part in (*kind, *_installed()))


def _installed() -> list[str]:
    """Names and versions of the installed packages, read from the names of their folders."""
    found = {
        entry.name
        for folder in map(Path, sys.path)
        if folder.name in ("site-packages", "dist-packages") and folder.is_dir()
        for entry in folder.iterdir()
        if entry.suffix in (".dist-info", ".egg-info")
    }
    return sorted(found)
