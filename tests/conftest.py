"""Fixtures that tests of the machinery share: a tiny project, its stored state, its built report."""

from collections.abc import Callable, Iterator
from pathlib import Path

import browser as chrome
import pytest
from click.testing import CliRunner, Result
from fixture_project import ROOT_VARIABLE, token_economics, write_project
from playwright.sync_api import Browser

from token_economics.cli import main


@pytest.fixture
def new_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of the test's own, whose notebooks are not executed; this process works on it."""
    root = write_project(tmp_path / "project")
    monkeypatch.setenv(ROOT_VARIABLE, str(root))
    return root


@pytest.fixture(scope="session")
def stored_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose notebooks are stored executed; tests only read it."""
    root = write_project(tmp_path_factory.mktemp("stored") / "a {brace} and a space")
    done = token_economics(root, "sync")
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture
def project(stored_project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stored project, which this process works on."""
    monkeypatch.setenv(ROOT_VARIABLE, str(stored_project))
    return stored_project


@pytest.fixture(scope="session")
def built(stored_project: Path) -> Path:
    """The report of the stored project; tests only read it."""
    done = token_economics(stored_project, "build", "--quiet")
    assert done.returncode == 0, done.stderr
    return stored_project / "reports" / "base"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests that look at pages."""
    with chrome.chromium() as running:
        yield running


@pytest.fixture
def command() -> Iterator[Callable[..., Result]]:
    """The command line in this process: exit code and output of the arguments given."""
    runner = CliRunner()

    def run(*arguments: str) -> Result:
        result = runner.invoke(main, list(arguments))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    yield run
