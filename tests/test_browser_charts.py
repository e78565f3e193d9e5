"""Which chart is drawn when: what is on the screen first, paper at once, a new look everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from test_browser import DRAWN, opened, real

__all__ = ["real"]  # a fixture of the pages, used by name
pytestmark = pytest.mark.browser

LONGEST = "06_token_market.html"
# In the order in which they are drawn: charts, and how many stood when the browser had its turn.
NOTED = """
window.order = []; window.breaths = [];
document.addEventListener('te-drawn', event => {
  window.order.push(event.target.id);
  setTimeout(() => window.breaths.push(window.order.length), 0);
});
"""
NO_IDLE_MOMENT = "window.requestIdleCallback = () => 0;"
FEW_IDLE_MOMENTS = "window.requestIdleCallback = work => setTimeout(work, 30);"
TOGGLED_AT_WORK = """
document.addEventListener('DOMContentLoaded', () => setTimeout(() => {
  const state = () => [...document.querySelectorAll('.te-chart')].filter(c => c.dataset.drawn).length;
  window.stood = [];
  for (let time = 0; time < 3; time++) { document.querySelector('.te-theme').click(); window.stood.push(state()); }
}, 40));
"""
NOTED_WHEN_PRINTED = """
window.addEventListener('beforeprint', () => Promise.resolve().then(() => {
  window.printed = [...document.querySelectorAll('.te-chart')].map(c => c.querySelector('svg.marks') ? c.dataset.look : null); }))
"""
CHARTS = """
() => [...document.querySelectorAll('script.te-spec')].map(s => {
  const chart = document.getElementById(s.dataset.for), picture = chart.querySelector('img');
  const label = chart.querySelector('.role-axis-label text');
  return {name: chart.id, look: chart.dataset.look || null, tops: chart.getBoundingClientRect().top,
          pictures: picture ? 1 : 0, live: chart.querySelectorAll('svg.marks').length,
          marks: chart.querySelectorAll('.role-mark path, .role-mark text, .role-mark line').length,
          ink: label ? getComputedStyle(label).fill.match(/[\\d.]+/g).slice(0, 3).map(Number).reduce((a, b) => a + b) / 765 : null};
})
"""


@contextmanager
def beginning(browser: Browser, path: Path, script: str, **options: Any) -> Iterator[Page]:
    """A page whose charts need not all be drawn yet."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
    page = context.new_page()
    page.add_init_script(script)
    page.goto(path.as_uri())
    yield page
    context.close()


def test_a_chart_on_the_screen_is_live_before_those_below(real: Path, browser: Browser) -> None:
    """One after another down the page, and the browser has turns between them."""
    with opened(browser, real / LONGEST, script=NOTED) as page:
        shown = [chart["name"] for chart in page.evaluate(CHARTS)]
        assert page.evaluate("order") == shown and len(shown) > 5
        stood = page.evaluate("breaths")
        assert stood[0] == 1 and len(set(stood)) > len(shown) / 2, stood


def test_a_link_to_a_chart_draws_that_one_first(real: Path, browser: Browser) -> None:
    with opened(browser, real / LONGEST) as page:
        last = page.evaluate(CHARTS)[-1]["name"].removeprefix("chart-")
    with beginning(browser, real / LONGEST, NOTED) as page:
        page.goto("about:blank")
        page.goto((real / LONGEST).as_uri() + f"#figure-{last}")
        page.wait_for_function(DRAWN)
        order = page.evaluate("order")
        assert order[0] == f"chart-{last}"
        box = page.locator(f"#figure-{last}").bounding_box()
        # a page scrolls by whole pixels, so what stands at a fraction ends up to half a pixel off
        assert box is not None and -0.5 <= box["y"] < 450, "what is drawn above must not move it"


def test_a_broken_link_draws_from_the_top(real: Path, browser: Browser) -> None:
    with beginning(browser, real / LONGEST, NOTED) as page:
        page.goto("about:blank")
        page.goto((real / LONGEST).as_uri() + "#%")
        page.wait_for_function(DRAWN)
        assert page.evaluate("order[0]") == page.evaluate(CHARTS)[0]["name"]


def test_a_chart_scrolled_to_does_not_wait_for_those_above(real: Path, browser: Browser) -> None:
    with beginning(browser, real / LONGEST, NOTED + FEW_IDLE_MOMENTS) as page:
        last = page.evaluate(CHARTS)[-1]["name"]
        page.evaluate("id => document.getElementById(id).scrollIntoView()", last)
        page.wait_for_function(DRAWN)
        assert page.evaluate("order").index(last) < len(page.evaluate("order")) - 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_leaves_no_chart_blank(real: Path, browser: Browser, scheme: Any) -> None:
    """Printed while most charts are still pictures: all are drawn at once, in ink for paper."""
    with beginning(browser, real / LONGEST, NO_IDLE_MOMENT, color_scheme=scheme) as page:
        page.wait_for_function("() => window.vegaEmbed")
        before = page.evaluate(CHARTS)
        assert sum(chart["live"] == 0 for chart in before) > 3
        assert all(chart["live"] or chart["pictures"] for chart in before)
        page.emulate_media(media="print", color_scheme=scheme)
        page.wait_for_function("() => !document.querySelector('.te-chart:not([data-drawn])')")
        for chart in page.evaluate(CHARTS):
            assert chart["live"] == 1 and chart["marks"] > 0, chart
            assert chart["look"] == "light" and (chart["ink"] is None or chart["ink"] < 0.5), chart


def test_a_printed_page_has_drawn_its_charts(real: Path, browser: Browser) -> None:
    """As a browser prints, not only as it emulates the medium."""
    with beginning(browser, real / LONGEST, NO_IDLE_MOMENT, color_scheme="dark") as page:
        page.wait_for_function("() => window.vegaEmbed")
        assert any(chart["live"] == 0 for chart in page.evaluate(CHARTS))
        page.evaluate(NOTED_WHEN_PRINTED)
        page.pdf()
        assert page.evaluate("printed") == ["light"] * len(page.evaluate(CHARTS))


def test_pictures_stand_before_the_library_is_read(real: Path, browser: Browser) -> None:
    """And paper shows them, should somebody print that early."""
    context = browser.new_context()
    context.route("**/vega.js", lambda route: route.abort())
    page = context.new_page()
    page.goto((real / LONGEST).as_uri())
    page.emulate_media(media="print")
    for chart in page.evaluate(CHARTS):
        assert chart["pictures"] == 1 and not chart["live"], chart
    pictures = page.locator(".te-chart img")
    assert pictures.evaluate_all("all => all.every(i => i.complete && i.naturalWidth > 0)")
    context.close()


def test_a_new_theme_while_charts_are_drawn_reaches_them_all(real: Path, browser: Browser) -> None:
    """Light, dark, light, dark before half of them stand: each ends dark, and is there once."""
    script = FEW_IDLE_MOMENTS + TOGGLED_AT_WORK
    with opened(browser, real / LONGEST, script=script, color_scheme="light") as page:
        stood = page.evaluate("stood")
        assert len(stood) == 3 and stood[-1] < len(page.evaluate(CHARTS)), stood
        page.wait_for_function(
            "() => [...document.querySelectorAll('.te-chart')].every(c => c.dataset.look === 'dark')"
        )
        for chart in page.evaluate(CHARTS):
            assert chart["live"] == 1 and not chart["pictures"], chart
            assert chart["ink"] is None or chart["ink"] > 0.5, chart
