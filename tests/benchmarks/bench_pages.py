"""Pages against what stock nbconvert makes of the same notebooks; run it as a script.

Not collected by pytest: machines differ, ratios less so. For each topic: weight of the page
without the assets that all pages share, and time from opening it from a file in Chromium until
every chart is drawn; the same for nbconvert's HTML of the executed notebook. Then axe-core's
violations, console errors and requests on every page of the report. Interleaved, least of rounds.

    python tests/benchmarks/bench_pages.py [--report reports/base] [--rounds N]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import browser as chrome  # noqa: E402

# functions, not expressions: a page that refuses eval refuses those
OURS = "() => [...document.querySelectorAll('script.te-spec')].every(s => document.getElementById(s.dataset.for).dataset.drawn)"
# nbconvert shows the stored picture of each chart: it is drawn when the pictures are decoded.
STOCK = "() => document.readyState === 'complete' && [...document.images].every(i => i.complete)"
HEAVIEST = 400_000


def stock(notebook: Path, folder: Path) -> Path:
    """The page that nbconvert makes of an executed notebook with nothing set."""
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", str(folder), str(notebook)],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder / f"{notebook.stem}.html"


def seconds(browser: Browser, path: Path, ready: str) -> float:
    """From opening the page until its charts stand."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    started = time.perf_counter()
    page.goto(path.as_uri(), wait_until="commit")
    page.wait_for_function(ready)
    taken = time.perf_counter() - started
    context.close()
    return taken


def complaints(page: Page, path: Path) -> tuple[int, int, int]:
    """Violations, console errors and requests elsewhere, of one page."""
    errors: list[str] = []
    requests: list[str] = []
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: errors.append(str(e)))
    page.on("request", lambda r: None if r.url.startswith(("file:", "data:", "blob:")) else requests.append(r.url))  # fmt: skip
    page.goto(path.as_uri())
    page.wait_for_function(OURS)
    return len(chrome.axe(page)), len(errors), len(requests)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=Path, default=ROOT / "reports" / "base")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    report = asked.report.resolve()
    shared = sum(p.stat().st_size for p in (report / "assets").iterdir())
    print(f"shared assets, once: {shared / 1000:,.0f} kB")
    print("page                        ours kB  stock kB   ours s  stock s")
    with tempfile.TemporaryDirectory() as folder, chrome.chromium() as browser:
        for notebook in sorted((report / "notebooks").glob("*.ipynb")):
            ours, theirs = report / f"{notebook.stem}.html", stock(notebook, Path(folder))
            taken: dict[Path, list[float]] = {ours: [], theirs: []}
            for _ in range(asked.rounds):
                taken[ours].append(seconds(browser, ours, OURS))
                taken[theirs].append(seconds(browser, theirs, STOCK))
            weights = [p.stat().st_size for p in (ours, theirs)]
            heavy = "  too heavy" if weights[0] > HEAVIEST else ""
            print(
                f"{notebook.stem:26} {weights[0] / 1000:8,.0f} {weights[1] / 1000:9,.0f} "
                f"{min(taken[ours]):8.2f} {min(taken[theirs]):8.2f}{heavy}"
            )
        totals = [0, 0, 0]
        paths = sorted(report.glob("*.html"))
        for path in paths:
            context = browser.new_context(bypass_csp=True)
            found = complaints(context.new_page(), path)
            totals = [a + b for a, b in zip(totals, found, strict=True)]
            context.close()
    print(f"{len(paths)} pages: {totals[0]} axe violations, {totals[1]} console errors, {totals[2]} requests")  # fmt: skip


if __name__ == "__main__":
    main()
