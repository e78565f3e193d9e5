"""Where a project's files are: the one place that knows the folder layout.

A project is a folder with ``data/``, ``notebooks/`` and ``reports/``. The library finds its own
by the editable installation; ``TOKEN_ECONOMICS_ROOT`` names another one, as the runner and the
tests do. Nothing depends on the working directory.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT_VARIABLE = "TOKEN_ECONOMICS_ROOT"
BASE = "base"  # the scenario, and the run, that the others are compared with


def root() -> Path:
    """Folder of the project that this process works on."""
    named = os.environ.get(ROOT_VARIABLE)
    return Path(named).resolve() if named else Path(__file__).resolve().parents[2]


def data() -> Path:
    """Folder of the tables."""
    return root() / "data"


def notebooks() -> Path:
    """Folder of the notebooks."""
    return root() / "notebooks"


def reports() -> Path:
    """Folder of the finished runs."""
    return root() / "reports"
