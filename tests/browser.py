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
COLOURS = ["color-contrast", "link-in-text-block"]
# Rules on colours take four fifths of axe's time on a long page, and what they find follows from
# what makes a kind here: so they look at a few texts of each kind, the other rules at everything.
OF_EACH_KIND = 3
AUDIT = """
async ([tags, colours, most, charts]) => {
  const asked = {preload: false, resultTypes: ['violations']};
  const where = charts ? document : {exclude: ['.te-chart svg']};
  const rules = Object.fromEntries(colours.map(rule => [rule, {enabled: false}]));
  const {violations} = await axe.run(where, {...asked, runOnly: tags, rules});
  const grounds = new Map();
  const ground = part => {
    if (!part) return '';
    if (!grounds.has(part)) {
      const style = getComputedStyle(part);
      const own = [style.opacity, style.backgroundImage, style.backgroundColor].join();
      grounds.set(part, style.backgroundColor === 'rgba(0, 0, 0, 0)' ? ground(part.parentElement) + own : own);
    }
    return grounds.get(part);
  };
  const kinds = new Map();
  for (const part of document.body.querySelectorAll('*')) {
    if (![...part.childNodes].some(node => node.nodeType === 3 && node.data.trim()) || !part.checkVisibility()) continue;
    const style = getComputedStyle(part);
    const link = part.tagName === 'A' && [style.textDecorationLine, getComputedStyle(part.parentElement).color];
    const kind = [style.color, style.fill, style.fontSize, style.fontWeight, ground(part), link].join();
    const alike = kinds.get(kind) || [];
    if (alike.length < most) kinds.set(kind, [...alike, part]);
  }
  const texts = [...kinds.values()].flat();
  if (texts.length) {
    const found = await axe.run({include: texts}, {...asked, runOnly: {type: 'rule', values: colours}});
    violations.push(...found.violations);
  }
  return violations.map(v => `${v.id} (${v.nodes.length}): ${v.nodes[0].html.slice(0, 200)}`);
}
"""


def axe(page: Page, *, charts: bool = True) -> list[str]:
    """What axe-core finds wrong with a page: rule, how often, where first."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    # without preload it asks for no file, which the page's policy would refuse
    found: list[str] = page.evaluate(AUDIT, [RULES, COLOURS, OF_EACH_KIND, charts])
    return found
