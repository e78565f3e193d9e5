"""Where a project's files are: the one place that knows the folder layout.

A project is a folder with ``data/``, ``notebooks/`` and ``reports/``. The library finds its own
by the editable installation; ``TOKEN_ECONOMICS_ROOT`` names another one, as the runner and the
tests do. ``TOKEN_ECONOMICS_DATA`` names a folder of the user's own rows, which are added to the
tables of the project, and ``TOKEN_ECONOMICS_NOTEBOOKS`` a folder of notebooks elsewhere. Nothing
depends on the working directory.
"""

from __future__ import annotations

import functools
import os
import re
from pathlib import Path

ROOT_VARIABLE = "TOKEN_ECONOMICS_ROOT"
BASE = "base"  # the scenario, and the run, that the others are compared with
OWN_DATA_VARIABLE = "TOKEN_ECONOMICS_DATA"
NOTEBOOKS_VARIABLE = "TOKEN_ECONOMICS_NOTEBOOKS"
CONFLICT = re.compile(r"^<{7} .*$", re.MULTILINE)  # how git begins what it could not merge
OWN_ROOT = Path(__file__).resolve().parents[3]


class RequestError(ValueError):
    """The request was wrong; nothing has been run and nothing written."""


class RunError(RuntimeError):
    """What was asked for could not be done; what was there before stands."""


def root() -> Path:
    """Folder of the project that this process works on."""
    named = os.environ.get(ROOT_VARIABLE)
    return _resolved(named) if named else OWN_ROOT


def data() -> Path:
    """Folder of the tables."""
    return root() / "data"


def own_data() -> Path | None:
    """Folder of the user's own rows of the same tables, if one is named."""
    named = os.environ.get(OWN_DATA_VARIABLE)
    return _resolved(named) if named else None


def notebooks() -> Path:
    """Folder of the notebooks: the project's, or the one that is named."""
    named = os.environ.get(NOTEBOOKS_VARIABLE)
    return _resolved(named) if named else root() / "notebooks"


def _resolved(named: str) -> Path:
    """The folder that an environment variable names."""
    return _resolved_from(os.getcwd(), named)  # noqa: PTH109


@functools.cache
def _resolved_from(_here: str, named: str) -> Path:
    return Path(named).resolve()


def are_notebooks_elsewhere() -> bool:
    """Whether the notebooks lie in a folder outside the project."""
    return notebooks() != root() / "notebooks"


def reports() -> Path:
    """Folder of the finished runs."""
    return root() / "reports"


def merge_conflict(text: str) -> str:
    """Where a file's text holds a conflict that git left to its authors, in words; else nothing."""
    found = CONFLICT.search(text)
    if found is None:
        return ""
    line = text.count("\n", 0, found.start()) + 1
    return f"line {line} holds conflict markers of a merge ({found[0].strip()[:40]})"
