"""Chromium for tests: where it is, and what it says when it is not there."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, sync_playwright


def executable() -> str:
    """Path of Chromium. Without one the test is skipped, but in continuous integration it fails."""
    named = os.environ.get("CHROMIUM")
    found = named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if found is not None:
        return found
    reason = "no Chromium found: install it, or name it in CHROMIUM"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running Chromium, closed at the end."""
    path = executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def axe(page: Page) -> list[str]:
    """What axe-core finds wrong with a page: rule, how often, where first."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    # without preload it asks for no file, which the page's policy would refuse
    found = page.evaluate(
        "rules => axe.run(document, {preload: false, resultTypes: ['violations'], runOnly: rules})",
        RULES,
    )
    return [
        f"{v['id']} ({len(v['nodes'])}): {v['nodes'][0]['html'][:200]}" for v in found["violations"]
    ]
