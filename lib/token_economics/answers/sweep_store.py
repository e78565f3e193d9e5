"""A sweep's folder: one Parquet file a chunk, and a manifest of what is whole.

A chunk counts when its digest is noted: in a log that grows by a line a chunk, and in the manifest
that takes its place at the end. So a sweep that was killed goes on from there, and ends with the
bytes of one that was not.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from token_economics.answers.sweep_plan import Plan
from token_economics.project import folders
from token_economics.project.folders import FolderError

LOG = "_chunks.jsonl"
MANIFEST = "_manifest.json"  # readers of Parquet folders pass over names that start with _
SCHEMA_VERSION = 1


@dataclass
class Store:
    """Chunks on disk, by number, with their digests and lengths."""

    folder: Path
    plan: Plan
    chunks: dict[int, dict[str, Any]]

    @classmethod
    def opened(cls, folder: Path, plan: Plan) -> Store:
        """The folder of this sweep: new, or half-finished with the chunks that are whole.

        Raises `FolderError`: if it holds another sweep or other files.
        """
        manifest = folder / MANIFEST
        found: dict[str, Any] = {}
        if manifest.exists():
            found = json.loads(manifest.read_text(encoding="utf-8"))
            if found["plan"] != json.loads(json.dumps(plan.described())):
                raise FolderError(
                    f"{folder} holds another sweep: name another folder, or remove it"
                )
        elif folder.exists() and any(folder.iterdir()):
            raise FolderError(f"{folder} is not empty and holds no sweep: name another folder")
        folder.mkdir(parents=True, exist_ok=True)
        noted = [*found.get("chunks", []), *_logged(folder / LOG)]
        whole = {
            entry["number"]: entry
            for entry in noted
            if _digest_of(folder / entry["file"]) == entry["sha256"]
        }
        store = cls(folder, plan, whole)
        store.write_manifest()
        return store

    def missing(self) -> list[int]:
        """Numbers of chunks that are not there."""
        return [number for number in range(self.plan.n_chunks) if number not in self.chunks]

    def keep(self, number: int, contents: bytes) -> None:
        """Write a chunk, then note it."""
        name = f"chunk-{number:06d}.parquet"
        folders.write({self.folder / name: contents})
        sealed = hashlib.sha256(contents).hexdigest()
        entry = {"number": number, "file": name, "bytes": len(contents), "sha256": sealed}
        self.chunks[number] = entry
        with (self.folder / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")

    def write_manifest(self) -> None:
        """Write what there is; the log has served then."""
        described = {
            "schema_version": SCHEMA_VERSION,
            "rows": self.plan.n_rows,
            "complete": not self.missing(),
            "plan": self.plan.described(),
            "chunks": [self.chunks[number] for number in sorted(self.chunks)],
        }
        text = json.dumps(described, indent=1, ensure_ascii=False) + "\n"
        folders.write({self.folder / MANIFEST: text.encode()})
        (self.folder / LOG).unlink(missing_ok=True)


def _logged(path: Path) -> list[dict[str, Any]]:
    """Entries of a log, whose last line may be broken off."""
    entries = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        with contextlib.suppress(ValueError):
            entries.append(json.loads(line))
    return entries


def _digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
