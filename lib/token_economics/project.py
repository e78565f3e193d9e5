"""Where a project's files are: the one place that knows the folder layout.

A project is a folder with ``data/``, ``notebooks/`` and ``reports/``. The library finds its own
by the editable installation; ``TOKEN_ECONOMICS_ROOT`` names another one, as the runner and the
tests do. ``TOKEN_ECONOMICS_DATA`` names a folder of the user's own rows, which are added to the
tables of the project, and ``TOKEN_ECONOMICS_NOTEBOOKS`` a folder of notebooks elsewhere. Nothing
depends on the working directory.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT_VARIABLE = "TOKEN_ECONOMICS_ROOT"
BASE = "base"  # the scenario, and the run, that the others are compared with
OWN_DATA_VARIABLE = "TOKEN_ECONOMICS_DATA"
NOTEBOOKS_VARIABLE = "TOKEN_ECONOMICS_NOTEBOOKS"


def root() -> Path:
    """Folder of the project that this process works on."""
    named = os.environ.get(ROOT_VARIABLE)
    return Path(named).resolve() if named else Path(__file__).resolve().parents[2]


def data() -> Path:
    """Folder of the tables."""
    return root() / "data"


def own_data() -> Path | None:
    """Folder of the user's own rows of the same tables, if one is named."""
    named = os.environ.get(OWN_DATA_VARIABLE)
    return Path(named).resolve() if named else None


def notebooks() -> Path:
    """Folder of the notebooks: the project's, or the one that is named."""
    named = os.environ.get(NOTEBOOKS_VARIABLE)
    return Path(named).resolve() if named else root() / "notebooks"


def are_notebooks_elsewhere() -> bool:
    """Whether the notebooks lie in a folder outside the project."""
    return notebooks() != root() / "notebooks"


def reports() -> Path:
    """Folder of the finished runs."""
    return root() / "reports"
