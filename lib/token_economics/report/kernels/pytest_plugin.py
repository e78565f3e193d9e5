"""For pytest that compares notebooks, wherever they lie: kernels as in a build, a notebook at a time.

Installed with the library, so that a folder elsewhere needs no configuration of its own. It does
nothing to tests that are no notebooks.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from token_economics.project.processes import KERNEL_ENVIRONMENT

SCATTERING = ("load", "loadgroup", "worksteal")  # ways of pytest-xdist that tear a file apart
WHOLE_FILES = "loadfile"
AT_START = Path(__file__).with_name("token_economics_startup.py")
_profiles: list[str] = []


def pytest_configure(config: Any) -> None:
    """Where notebooks are compared: our kernels, and all cells of a notebook in one process."""
    if not (config.getoption("nbval", False) or config.getoption("nbval_lax", False)):
        return
    prepare_kernels()
    if config.getoption("dist", None) in SCATTERING:
        config.option.dist = WHOLE_FILES


def pytest_unconfigure() -> None:
    """Leave no profile behind."""
    while _profiles:
        shutil.rmtree(_profiles.pop(), ignore_errors=True)


def prepare_kernels() -> None:
    """Export the kernels' environment before anything starts one; a profile of ours, not the user's."""
    if not _profiles:
        _profiles.append(tempfile.mkdtemp(prefix="te-ipython-"))
        first = Path(_profiles[0]) / "profile_default" / "startup"
        first.mkdir(parents=True)
        shutil.copy(AT_START, first)
        os.environ.update(KERNEL_ENVIRONMENT)
        os.environ["IPYTHONDIR"] = _profiles[0]
