"""Whether a report stands as the same request made it, from the same inputs, undamaged.

The answer costs reading the inputs and the published files once; neither the model nor Jupyter is
imported for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from token_economics import project
from token_economics.project import fingerprint
from token_economics.project.cache import Cache

KIND = "reports"
SCENARIO_FILES = (".yaml", ".yml")


@dataclass(frozen=True)
class Request:
    """What was asked for, as it was asked, and the identity of all that the answer depends on."""

    asked: str
    inputs: str


def request(
    *, scenario: str, assignments: Iterable[str], only: Iterable[str], out: Path | None
) -> Request:
    """The request and its inputs: library, data, lock, template, packages, notebooks, scenario."""
    folder = "" if out is None else str(out.resolve())
    places = (project.root(), project.notebooks(), project.own_data())
    asked = [scenario, *sorted(assignments), "only", *only, "out", folder, *map(str, places)]
    named = Path(scenario)
    own_scenario = named.suffix in SCENARIO_FILES and named.is_file()
    inputs = [
        *fingerprint.hashes().values(),
        fingerprint.machine(),
        fingerprint.digest_of_folder(project.notebooks(), ("*",)),
    ]
    return Request(
        asked=fingerprint.digest(part.encode() for part in asked),
        inputs=fingerprint.digest(
            [*(part.encode() for part in inputs), named.read_bytes() if own_scenario else b"",
             *_own_texts()]
        ),
    )  # fmt: skip


def _own_texts() -> list[bytes]:
    """Files of the project that pages show or that lie beside them."""
    paths = [project.root() / name for name in ("NOTICES.md", "CHANGELOG.md", "CITATION.cff")]
    return [path.read_bytes() if path.exists() else b"" for path in paths]


def published(asked: Request, cache: Cache) -> Path | None:
    """Folder of the report that answers the request, if it is there byte for byte."""
    entry = cache.get(KIND, asked.asked)
    if not entry or entry["inputs"] != asked.inputs:
        return None
    folder = Path(entry["folder"])
    return folder if _files(folder) == entry["files"] else None


def remember(asked: Request, folder: Path, cache: Cache) -> None:
    """Note what a finished report is made of."""
    entry = {"inputs": asked.inputs, "folder": str(folder), "files": _files(folder)}
    cache.put(KIND, asked.asked, entry)


def _files(folder: Path) -> dict[str, str]:
    """Digest of each file below a folder, by its path there."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
