"""Pages against what stock nbconvert makes of the same notebooks; run it as a script.

Not collected by pytest: machines differ, ratios less so. For each topic: weight of the page without
the assets that all pages share, and seconds from the start of its loading, from a file in Chromium,
until (a) every chart can be seen, as its stored picture or live, (b) the charts on the first screen
are live, (c) all charts are live. nbconvert's HTML of the executed notebook holds stored pictures
only, so for it there is (a) alone. The browser's own clock, interleaved, least of rounds. Then
axe-core's violations, console errors and requests on every page of the report, folded parts open.

    python tests/benchmarks/bench_pages.py [--report reports/base] [--rounds N]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import browser as chrome  # noqa: E402

# Each frame: what stands by now. A stored picture stands when it is decoded.
CLOCK = """
window.noted = {};
(function look() {
  const charts = [...document.querySelectorAll('.te-chart')], pictures = [...document.images];
  const isLive = chart => chart.dataset.drawn === 'yes';
  const isSeen = chart => isLive(chart) || [...chart.querySelectorAll('img')].some(i => i.complete && i.naturalWidth);
  const note = (what, holds) => { if (holds && !(what in noted)) noted[what] = performance.now() / 1000; };
  if (document.readyState !== 'loading') {
    const first = charts.filter(chart => chart.getBoundingClientRect().top < innerHeight);
    note('seen', charts.length ? charts.every(isSeen) : document.readyState === 'complete' && pictures.every(i => i.complete));
    note('first', first.every(isLive));
    note('live', charts.every(isLive));
    if (!first.length) noted.first = null;
  }
  if (!('seen' in noted && 'live' in noted)) requestAnimationFrame(look);
})();
"""
# functions, not expressions: a page that refuses eval refuses those
DONE = "() => 'seen' in noted && 'live' in noted"
DRAWN = "() => [...document.querySelectorAll('script.te-spec')].every(s => document.getElementById(s.dataset.for).dataset.drawn)"
UNFOLD = "document.querySelectorAll('details').forEach(part => { part.open = true; })"
HEAVIEST = 400_000


def stock(notebook: Path, folder: Path) -> Path:
    """The page that nbconvert makes of an executed notebook with nothing set."""
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", str(folder), str(notebook)],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder / f"{notebook.stem}.html"


def seconds(browser: Browser, path: Path) -> dict[str, float | None]:
    """From opening the page: until charts are seen, live on the first screen, all live."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    page = context.new_page()
    page.add_init_script(CLOCK)
    page.goto(path.as_uri())
    page.wait_for_function(DONE)
    noted: dict[str, float | None] = page.evaluate("noted")
    context.close()
    return noted


def least(taken: list[dict[str, float | None]], what: str) -> str:
    """The least of the rounds, to be printed; a dash where there is nothing to wait for."""
    values = [noted[what] for noted in taken]
    return "–" if None in values else f"{min(v for v in values if v is not None):.2f}"


def complaints(page: Page, paths: list[Path]) -> list[str]:
    """Violations, console errors and requests elsewhere, each with its page."""
    found: list[str] = []
    here = ""
    page.on("console", lambda m: found.append(f"{here}: console {m.text}") if m.type == "error" else None)  # fmt: skip
    page.on("pageerror", lambda e: found.append(f"{here}: exception {e}"))
    page.on("request", lambda r: None if r.url.startswith(("file:", "data:", "blob:", "about:")) else found.append(f"{here}: request {r.url}"))  # fmt: skip
    for path in paths:
        here = path.name
        page.goto(path.as_uri())
        page.wait_for_function(DRAWN)
        page.evaluate(UNFOLD)
        found.extend(f"{here}: axe {fault}" for fault in chrome.axe(page))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=Path, default=ROOT / "reports" / "base")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    report = asked.report.resolve()
    shared = sum(p.stat().st_size for p in (report / "assets").iterdir())
    print(f"shared assets, once: {shared / 1000:,.0f} kB")
    print(
        "                            weight, kB     seconds until all seen   first live  all live"
    )
    print("page                        ours   stock        ours   stock           ours      ours")
    with tempfile.TemporaryDirectory() as folder, chrome.chromium() as browser:
        for notebook in sorted((report / "notebooks").glob("*.ipynb")):
            ours, theirs = report / f"{notebook.stem}.html", stock(notebook, Path(folder))
            taken: dict[Path, list[dict[str, float | None]]] = {ours: [], theirs: []}
            for _ in range(asked.rounds):
                for path, rounds in taken.items():
                    rounds.append(seconds(browser, path))
            weights = [p.stat().st_size for p in (ours, theirs)]
            heavy = "  too heavy" if weights[0] > HEAVIEST else ""
            print(
                f"{notebook.stem:26} {weights[0] / 1000:5,.0f} {weights[1] / 1000:7,.0f} "
                f"{least(taken[ours], 'seen'):>11} {least(taken[theirs], 'seen'):>7} "
                f"{least(taken[ours], 'first'):>14} {least(taken[ours], 'live'):>9}{heavy}",
                flush=True,
            )
        paths = sorted(report.glob("*.html"))
        found = complaints(browser.new_page(), paths)
    print(f"{len(paths)} pages: {len(found)} axe violations, console errors and requests")
    print("\n".join(found))


if __name__ == "__main__":
    main()
