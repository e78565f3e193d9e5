"""For all tests, those of notebooks too: kernels take the same numerical code path as in a build."""

import os
import shutil
import tempfile

from token_economics.report.kernels import KERNEL_ENVIRONMENT


def pytest_configure() -> None:
    """Export the kernels' environment before anything starts one; a profile of ours, not the user's."""
    os.environ.update(KERNEL_ENVIRONMENT)
    os.environ["IPYTHONDIR"] = tempfile.mkdtemp(prefix="te-ipython-")


def pytest_unconfigure() -> None:
    """Leave no profile behind."""
    shutil.rmtree(os.environ["IPYTHONDIR"], ignore_errors=True)
