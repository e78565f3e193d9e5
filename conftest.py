"""For all tests, those of notebooks too: kernels take the same numerical code path as in a build."""

pytest_plugins = ["token_economics.report.kernels.pytest_plugin"]


def pytest_configure() -> None:
    """As for notebooks, before anything starts a kernel."""
    from token_economics.report.kernels import (
        pytest_plugin,  # pytest wants to be the first to import it
    )

    pytest_plugin.prepare_kernels()
