"""The pages as readers open them: from a file, offline, on a phone, in the dark, on paper."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import browser as chrome
import pytest
from bs4 import BeautifulSoup
from fixture_project import (
    ASSUMPTIONS,
    BETA,
    ROOT,
    ROOT_VARIABLE,
    SOURCES,
    _assumption,
    rows_of,
    token_economics,
    write_notebook,
    write_project,
    write_scenario,
    write_table,
)
from playwright.sync_api import Browser, Page

from token_economics.project import fingerprint, folders
from token_economics.report.pages import single_file

pytestmark = pytest.mark.browser
EVIL = (
    "</script><script>window.ran=1;alert(1)</script><img src=data:, onerror=window.ran=1>\u2028&<b>"
)
MARKED = "</script><script>window.ran=1"
HOSTILE = [
    "# <script>window.ran=1</script> Title <img src=x onerror='window.ran=1'>",
    BETA[0]
    + "\nfrom token_economics.headlines import rows as headline\nfrom IPython.display import HTML, Markdown\nimport pandas as pd",
    "",
    "book = resolve(globals())",
    f"""\
evil = {EVIL!r}
frame = pd.DataFrame({{"name": [evil, "plain"], "value": [1, 2]}})
row = headline.result("r", evil, 1.0, unit=evil, period=evil)
results = pd.DataFrame([row])""",
    'display.answer(evil.replace("{", "{{") + "{r}", results)',
    """\
display.figure(
    alt.Chart(frame, title=evil).mark_bar().encode(
        x=alt.X("value:Q", title=evil), y=alt.Y("name:N"), tooltip=["name:N"]
    ),
    name="bars", caption=evil, description=evil, sources=["bureau_widgets_2026"],
)""",
    'display.table(frame, name="t", caption=evil, titles={"name": evil})',
    'display.heading("h", evil + " {r}", results)',
    "display.results(results)",
    "frame.style",
    "frame",
    "HTML(evil)",
    "Markdown(evil + '<a href=\"javascript:window.ran=1\">click</a>')",
    "print(evil)",
    "alt.Chart(frame).mark_point().encode(x='value', y='name')",
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Path:
    """A report all of whose strings try to run, in a folder and of a notebook with odd names."""
    root = write_project(tmp_path_factory.mktemp("hostile") / "a #1 {x} 100%")
    for path in (root / "notebooks").iterdir():
        path.unlink()
    write_notebook(
        root / "notebooks/03_odd #2 'name' 5%.ipynb", HOSTILE, title=EVIL, question=EVIL + "?"
    )
    write_table(root, "sources", [{**SOURCES[0], "title": EVIL, "publisher": EVIL}, SOURCES[1]])
    rows = [_assumption(*row) for row in ASSUMPTIONS]
    quoted = EVIL.replace("=", " ")
    rows[0].update(rationale=EVIL, label=quoted, unit=quoted, topics="odd_2_name_5 alpha")
    write_table(root, "assumptions", rows)
    write_scenario(root, "evil", f"_title: {json.dumps(EVIL)}\n_story: x\nadoption_share: 0.4\n")
    done = token_economics(root, "build", "--scenario", "evil")
    assert done.returncode == 0, done.stderr
    return root / "reports" / "evil"


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Path:
    """The report of the real project: the committed one if it is current, or else a new build."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ROOT_VARIABLE, str(ROOT))
        current = fingerprint.hashes()
        base = ROOT / "reports" / "base"
        same_notebooks = {p.name: p.read_bytes() for p in (ROOT / "notebooks").glob("*.ipynb")} == {
            p.name: p.read_bytes() for p in (base / "notebooks").glob("*.ipynb")
        }
        if folders.is_run(base) and same_notebooks:
            run = json.loads((base / "run.json").read_text(encoding="utf-8"))
            if run["hashes"] == current:
                return base
    folder = tmp_path_factory.mktemp("real") / "base"
    done = token_economics(ROOT, "build", "--quiet", "--out", str(folder))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(params=["fixture", "hostile", "real"])
def report(request: pytest.FixtureRequest) -> Path:
    """Each report in turn."""
    name = {"fixture": "built"}.get(request.param, request.param)
    folder: Path = request.getfixturevalue(name)
    return folder


Open = Callable[..., Any]


MODES: dict[str, tuple[int, Any]] = {"desk": (1280, "light"), "dark phone": (360, "dark")}
DRAWN = "() => [...document.querySelectorAll('script.te-spec')].every(s => { const c = document.getElementById(s.dataset.for); return c.dataset.drawn || !c.clientWidth; })"
Tours = Callable[[Path, str], "list[Seen]"]


def complaints_of(page: Page) -> list[str]:
    """What a page complains of from now on: messages, exceptions, dialogs, requests elsewhere."""
    complaints: list[str] = []
    page.on(
        "console",
        lambda m: complaints.append(f"console {m.type}: {m.text}") if m.type in ("error", "warning") else None,
    )  # fmt: skip
    page.on("pageerror", lambda error: complaints.append(f"exception: {error}"))
    page.on("dialog", lambda d: (complaints.append(f"dialog: {d.message}"), d.dismiss()))
    page.on(
        "request",
        lambda r: None if r.url.startswith(("file:", "data:", "blob:")) else complaints.append(f"request: {r.url}"),
    )  # fmt: skip
    # leaving a page gives up its requests, which is no failure
    page.on(
        "requestfailed",
        lambda r: None if r.failure == "net::ERR_ABORTED" else complaints.append(f"failed: {r.url}"),
    )  # fmt: skip
    return complaints


@contextmanager
def opened(
    browser: Browser, path: Path, *, width: int = 1280, script: str = "", **options: Any
) -> Iterator[Page]:
    """A page that, when it is left, has made no complaint, dialog or request elsewhere."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    page = context.new_page()
    if script:
        page.add_init_script(script)
    complaints = complaints_of(page)
    page.goto(path.as_uri())
    if options.get("java_script_enabled", True):
        page.wait_for_function(DRAWN)
    yield page
    assert not complaints, f"{path.name}: {complaints}"
    context.close()


@pytest.fixture
def visit(browser: Browser) -> Open:
    """Opens a page and, when it is left, fails on any complaint, dialog or request elsewhere."""
    return partial(opened, browser)


def pages(folder: Path, *, all_of_the_library: bool = True) -> list[Path]:
    """Pages of a run; the reference of the library is the same in every run."""
    found = sorted(folder.glob("*.html"))
    return [p for p in found if all_of_the_library or not p.name.startswith("library_")]


MARKS = """
[...document.querySelectorAll('script.te-spec')].map(s => {
  const chart = document.getElementById(s.dataset.for);
  const marks = chart.querySelectorAll('.role-mark path, .role-mark text, .role-mark line, .role-mark rect, .role-mark image');
  const size = chart.getBoundingClientRect();
  const seen = [...chart.querySelectorAll('svg text')].filter(t => t.textContent.trim() && getComputedStyle(t).opacity !== '0')
    .map(t => ({text: t.textContent, box: t.getBoundingClientRect()})).filter(t => t.box.width);
  const outside = seen.filter(({box}) => box.left < size.left - 1 || box.right > size.right + 1 || box.top < size.top - 1 || box.bottom > size.bottom + 1).map(t => t.text);
  const clashes = seen.flatMap((a, i) => seen.slice(i + 1).filter(b =>
    Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left) > 2 &&
    Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top) > 4).map(b => a.text + ' | ' + b.text));
  return {name: s.dataset.for, spec: JSON.parse(s.textContent), marks: marks.length, outside, clashes,
          label: (chart.closest('[aria-label]') || chart.querySelector('[aria-label]')).getAttribute('aria-label'), drawn: chart.dataset.drawn,
          width: size.width, height: size.height};
})
"""
ON_PAPER = """
(() => { const sum = c => c.match(/[\\d.]+/g).slice(0, 3).map(Number).reduce((a, b) => a + b) / 765;
  const label = document.querySelector('.te-chart svg .role-axis-label text');
  const banner = document.querySelector('.te-changed');
  return {ground: sum(getComputedStyle(document.body).backgroundColor),
          ink: sum(getComputedStyle(document.body).color),
          label: label ? sum(getComputedStyle(label).fill) : null,
          banner: banner ? banner.getBoundingClientRect().height > 0 : null,
          split: [...document.querySelectorAll('figure')].filter(f => getComputedStyle(f).breakInside !== 'avoid').length,
          addresses: [...document.querySelectorAll('.te-sources a[href^="http"]')].every(a => getComputedStyle(a, '::after').content.includes('http'))}; })()
"""
SHIFT = """
new Promise(done => { let sum = 0; new PerformanceObserver(list => { for (const e of list.getEntries()) sum += e.value; })
  .observe({type: 'layout-shift', buffered: true}); setTimeout(() => done(sum), 60); })
"""
UNFOLD = "document.querySelectorAll('details').forEach(part => { part.open = true; })"
LARGEST_SHIFT = 0.1
HEAVIEST = 400_000
LARGE = "03_jevons_dynamics.html"  # a page of the real report


@dataclass(frozen=True)
class Seen:
    """What Chromium shows of one page in one mode."""

    path: Path
    charts: list[dict[str, Any]]
    wide: int
    here: dict[str, Any]
    paper: dict[str, Any]
    shift: float
    faults: list[str]


@pytest.fixture(scope="module")
def tours(browser: Browser) -> Tours:
    """Each page of a report once, at a desk in the light or on a phone in the dark; kept."""
    kept: dict[tuple[Path, str], list[Seen]] = {}

    def tour(folder: Path, mode: str) -> list[Seen]:
        if (folder, mode) not in kept:
            listed = pages(folder, all_of_the_library=(folder / LARGE).exists())
            width, scheme = MODES[mode]
            context = browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme
            )
            page = context.new_page()
            complaints = complaints_of(page)
            kept[folder, mode] = [seen(page, path, mode, complaints) for path in listed]
            context.close()
        return kept[folder, mode]

    return tour


def seen(page: Page, path: Path, mode: str, complaints: list[str]) -> Seen:
    """Open a page, note what it shows, then what it shows on paper."""
    page.emulate_media(media="screen")
    page.goto(path.as_uri())
    page.wait_for_function(DRAWN)
    shift = page.evaluate(SHIFT) if page.query_selector("script.te-spec") else 0.0
    charts = page.evaluate(MARKS)
    wide = page.evaluate("document.documentElement.scrollWidth")
    here = page.evaluate(ON_PAPER)
    if mode != "desk":
        page.evaluate(UNFOLD)
    # marks of charts are the same in both modes, and there are thousands of them
    faults = chrome.axe(page, charts=mode == "desk") if (path.parent / LARGE).exists() else []
    page.emulate_media(media="print")
    paper = page.evaluate(ON_PAPER)
    assert not complaints, f"{path.name}: {complaints}"
    return Seen(path, charts, wide, here, paper, shift, faults)


@pytest.mark.parametrize("mode", MODES)
def test_pages_open_from_a_file_without_complaint(report: Path, tours: Tours, mode: str) -> None:
    """No warning, no error, no request outside the folder; every chart draws its marks."""
    for page in tours(report, mode):
        for chart in page.charts:
            where = f"{page.path.name} {chart['name']}"
            assert chart["drawn"] == "yes" and chart["marks"] > 0, where
            assert chart["width"] > 200 and chart["height"] > 80, where
            assert chart["label"], f"{where} says nothing to a screen reader"
            expected = marks_expected(chart["spec"])
            assert expected in (None, chart["marks"]), f"{where}: {chart['marks']} marks"


@pytest.mark.parametrize("mode", MODES)
def test_pages_and_labels_of_charts_fit_the_screen(report: Path, tours: Tours, mode: str) -> None:
    hostile_labels = report.name == "evil"
    for page in tours(report, mode):
        width = MODES[mode][0]
        assert page.wide <= width, f"{page.path.name} is {page.wide} px wide"
        for chart in page.charts:
            assert chart["width"] <= width, f"{page.path.name} {chart['name']}"
            faults = chart["outside"] + chart["clashes"]
            assert hostile_labels or not faults, f"{page.path.name} {chart['name']}: {faults}"


@pytest.mark.parametrize("mode", MODES)
def test_dark_pages_are_dark_and_paper_is_light(report: Path, tours: Tours, mode: str) -> None:
    """Charts too: their text is light on dark, and dark again on paper."""
    for page in tours(report, mode):
        name, here, paper = page.path.name, page.here, page.paper
        if mode == "dark phone":
            assert here["ground"] < 0.3 and here["ink"] > 0.6, name
            assert here["label"] is None or here["label"] > 0.5, name
        else:
            assert here["ground"] > 0.9 and here["ink"] < 0.4, name
        assert paper["ink"] < 0.4 and paper["ground"] > 0.9, name
        assert paper["label"] is None or paper["label"] < 0.5, name


def test_paper_keeps_figures_whole_and_shows_addresses(report: Path, tours: Tours) -> None:
    for page in tours(report, "desk"):
        assert not page.paper["split"], page.path.name
        assert page.paper["addresses"], page.path.name


def test_a_run_that_is_not_base_says_so_on_every_page_and_on_paper(
    hostile: Path, built: Path, tours: Tours
) -> None:
    assert all(page.here["banner"] and page.paper["banner"] for page in tours(hostile, "desk"))
    assert all(page.here["banner"] is None for page in tours(built, "desk"))


@pytest.mark.parametrize("mode", MODES)
def test_nothing_jumps_while_charts_are_drawn(real: Path, tours: Tours, mode: str) -> None:
    """Guard: the height that a chart's picture reserves."""
    shifts = {page.path.name: round(page.shift, 3) for page in tours(real, mode)}
    assert not {name: shift for name, shift in shifts.items() if shift > LARGEST_SHIFT}


def test_every_page_is_light(real: Path) -> None:
    """Without the assets that all pages share."""
    weights = {path.name: path.stat().st_size for path in real.glob("*.html")}
    assert not {name: weight for name, weight in weights.items() if weight >= HEAVIEST}


def plotted(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows behind a chart of a page, which holds them as columns and rows."""
    data = spec["data"]
    if "rows" not in data:
        return list(data["values"])
    return [dict(zip(data["columns"], row, strict=True)) for row in data["rows"]]


def marks_expected(spec: dict[str, Any]) -> int | None:
    """One mark a row, where a chart is one layer of bars or points without a transformation."""
    layers = spec.get("layer", [spec])
    if len(layers) != 1 or "facet" in json.dumps(spec) or "transform" in json.dumps(spec):
        return None
    mark, encoding = layers[0].get("mark", {}), layers[0].get("encoding", {})
    kind = mark if isinstance(mark, str) else mark.get("type")
    if kind not in ("bar", "point", "circle") or "aggregate" in json.dumps(encoding):
        return None
    rows = plotted(spec)
    fields = {c["field"] for c in encoding.values() if isinstance(c, dict) and "field" in c}
    complete = all(row.get(field) is not None for row in rows for field in fields)
    return len(rows) if complete else None


def test_the_expectation_of_marks_is_not_empty(built: Path, tours: Tours) -> None:
    """Guard for the test above: on the fixture it counts three points and four bars."""
    charts = {page.path.name: page.charts for page in tours(built, "desk")}
    for name, rows in (("01_alpha.html", 3), ("02_beta.html", 4)):
        (chart,) = charts[name]
        assert (chart["marks"], marks_expected(chart["spec"])) == (rows, rows)


@pytest.mark.parametrize("mode", MODES)
def test_axe_finds_no_violation(real: Path, tours: Tours, mode: str) -> None:
    """WCAG 2.2 A and AA, and axe's own best practice, on every page; folded parts too."""
    found = {page.path.name: page.faults for page in tours(real, mode) if page.faults}
    assert not found


def test_axe_can_find_a_violation(browser: Browser, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text('<html><body><img src="data:,"><p style="color:#ccc">faint</p></body></html>')
    with opened(browser, bad) as page:
        assert any("image-alt" in line for line in chrome.axe(page))


def test_pages_read_without_script(report: Path, browser: Browser) -> None:
    """Text, tables and static pictures; the pictures are there, not broken."""
    for path in pages(report):
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        specs = soup.find_all("script", class_="te-spec")
        images = soup.select(".te-chart img")
        assert len(images) == len(specs)
        for image in images:
            assert image["alt"] and image["width"] and image["height"]
            assert (report / unquote(str(image["src"]))).is_file()
        if specs or path.name == "index.html":
            with opened(browser, path, java_script_enabled=False) as page:
                assert len(page.inner_text("main")) > 100
                assert page.locator(".te-theme").is_hidden(), "a button that would do nothing"


def test_the_choice_of_light_or_dark_is_remembered(built: Path, visit: Open) -> None:
    with visit(built / "01_alpha.html", color_scheme="light") as page:
        page.click(".te-theme")
        page.wait_for_timeout(400)
        assert page.evaluate(ON_PAPER)["ground"] < 0.3 and page.evaluate(ON_PAPER)["label"] > 0.5
        page.goto((built / "index.html").as_uri())
        assert page.evaluate(ON_PAPER)["ground"] < 0.3
        page.click(".te-theme")
        assert page.evaluate(ON_PAPER)["ground"] > 0.9


def test_a_browser_without_storage_shows_the_page(built: Path, browser: Browser) -> None:
    """Guard: storage is refused to files in some browsers, and by some readers."""
    refuse = (
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('refused'); }})"
    )
    with opened(browser, built / "01_alpha.html", script=refuse) as page:
        page.click(".te-theme")
        assert page.evaluate(ON_PAPER)["ground"] < 0.3


def test_contents_mark_the_current_section(real: Path, visit: Open) -> None:
    with visit(real / "03_jevons_dynamics.html") as page:
        links = page.locator(".te-contents a")
        target = str(links.nth(3).get_attribute("href"))
        page.evaluate("id => document.getElementById(id).scrollIntoView()", target[1:])
        page.wait_for_selector(".te-contents [aria-current]", state="attached")
        page.wait_for_timeout(100)
        current = page.locator(".te-contents [aria-current]")
        assert current.count() == 1 and current.get_attribute("href") == target


def test_long_tables_sort_by_value(real: Path, visit: Open) -> None:
    with visit(real / "assumptions.html") as page:
        button = page.locator(".te-sortable .te-sort").nth(1)
        shown = "[...document.querySelectorAll('.te-sortable tbody tr')].map(r => Number(r.cells[1].textContent))"
        for order, ascending in (("ascending", True), ("descending", False)):
            button.press("Enter")
            values = page.evaluate(shown)
            assert values == sorted(values, reverse=not ascending) and len(values) > 20
            assert page.locator("th[aria-sort]").get_attribute("aria-sort") == order


def test_a_link_opens_what_is_folded(real: Path, visit: Open) -> None:
    page_of = real / "04_phantom_gdp.html"
    soup = BeautifulSoup(page_of.read_text(encoding="utf-8"), "html.parser")
    folded = soup.select_one("details.te-results tr[id]")
    assert folded is not None
    with visit(page_of) as page:
        row = page.locator(f"[id='{folded['id']}']")
        assert row.is_hidden()
        page.evaluate("id => { location.hash = id; }", folded["id"])
        page.wait_for_timeout(200)
        assert row.is_visible()


def test_the_keyboard_reaches_the_content_first_and_the_menu(real: Path, visit: Open) -> None:
    with visit(real / "index.html") as page:
        focused = "document.activeElement.className || document.activeElement.tagName"
        page.keyboard.press("Tab")
        assert page.evaluate(focused) == "te-skip"
        page.focus(".te-more summary")
        page.keyboard.press("Enter")
        assert page.locator(".te-more a").first.is_visible()
        page.keyboard.press("Escape")
        assert page.locator(".te-more a").first.is_hidden()


def test_wide_tables_keep_their_first_column_on_a_phone(real: Path, visit: Open) -> None:
    with visit(real / "index.html", width=360) as page:
        box = page.locator(".te-scroll:has(.te-strip)")
        box.evaluate("box => { box.scrollLeft = 400; }")
        assert box.evaluate("box => box.scrollLeft") > 100
        left = page.locator(".te-strip tbody th").first.bounding_box()
        assert left and left["x"] < 40


def test_one_file_holds_the_whole_report(built: Path, browser: Browser, tmp_path: Path) -> None:
    """Every page, link, chart and download from one HTML; no request, no complaint."""
    copy = tmp_path / "run"
    shutil.copytree(built, copy)
    path = single_file.write(copy)
    shutil.rmtree(copy)
    with opened(browser, path, accept_downloads=True) as page:
        pages_inside = page.evaluate("document.querySelectorAll('.te-page').length")
        assert pages_inside == len(pages(built))
        dead = "[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href')).filter(h => !/^https?:/.test(h) && !(h[0] === '#' && document.getElementById(decodeURIComponent(h.slice(1)))))"
        assert page.evaluate(dead) == []
        assert page.evaluate(
            "new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size === document.querySelectorAll('[id]').length"
        )
        page.click(".te-topics a:has-text('Beta')")
        page.wait_for_selector(".te-current .te-chart[data-drawn=yes] svg")
        assert page.locator(".te-page:visible").count() == 1
        with page.expect_download() as download:
            page.click(".te-current figure a[data-file$=csv]")
        assert (
            Path(download.value.path()).read_bytes()
            == (built / "tables/beta.prices.csv").read_bytes()
        )
    with opened(browser, path, java_script_enabled=False) as page:
        assert "At what price?" in page.inner_text("main")


def test_one_file_replaces_nothing_of_others(built: Path, tmp_path: Path) -> None:
    mine = tmp_path / "run.html"
    mine.write_text("my notes", encoding="utf-8")
    with pytest.raises(single_file.NotOurs):
        single_file.write(tmp_path / "run")
    assert mine.read_text(encoding="utf-8") == "my notes"


def test_links_lead_somewhere_and_ids_are_unique(report: Path) -> None:
    soups = {p.name: BeautifulSoup(p.read_text("utf-8"), "html.parser") for p in pages(report)}
    ids = {name: [str(tag["id"]) for tag in soup.find_all(id=True)] for name, soup in soups.items()}
    for name, soup in soups.items():
        assert len(ids[name]) == len(set(ids[name])), f"{name}: {sorted(ids[name])}"
        for tag in soup.find_all(["a", "link", "script", "img"]):
            address = str(tag.get("href") or tag.get("src") or "")
            if not address or address.startswith(("https:", "http:", "data:")):
                continue
            parts = urlsplit(address)
            target = unquote(parts.path) or name
            assert (report / target).is_file(), f"{name}: {address}"
            if parts.fragment and target in ids:
                assert unquote(parts.fragment) in ids[target], f"{name}: {address}"


def test_a_plotted_table_is_the_download(report: Path) -> None:
    """Every live chart of every page, against the file behind its CSV link."""
    for path in pages(report):
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for figure in soup.select("figure.te-figure"):
            link = figure.select_one("a[download]")
            script = figure.select_one("script.te-spec")
            if link is None or script is None or script.string is None:
                continue
            drawn = plotted(json.loads(script.string))
            written = rows_of(report / unquote(str(link["href"])))
            shown = [{k: "" if v is None else str(v) for k, v in row.items()} for row in drawn]
            assert written == shown, link["href"]
            same = report / unquote(str(link["href"])).replace(".csv", ".json")
            document = json.loads(same.read_text(encoding="utf-8"))
            assert document["data"] == drawn and document["description"]


def test_hostile_text_is_shown_and_does_not_run(hostile: Path, visit: Open) -> None:
    """Guards: every escape and `tidied`. What they let through, the page's policy would report."""
    (path,) = hostile.glob("03_*.html")
    with visit(path) as page:
        page.wait_for_timeout(300)
        assert page.evaluate("window.ran") is None
        assert MARKED in page.inner_text("h1")
        chart = page.evaluate("document.querySelector('.te-chart svg').textContent")
        assert MARKED in chart
        for part in (".te-answer", "figcaption", ".te-table", "h2#h", ".te-sources", "nav", "pre"):
            assert MARKED in "".join(page.locator(part).all_inner_texts()), part
        page.locator("#chart-bars .mark-rect path").first.hover()
        page.wait_for_timeout(200)
        assert page.evaluate("window.ran") is None
    for other in ("index.html", "assumptions.html"):
        with visit(hostile / other) as page:
            assert page.evaluate("window.ran") is None
            assert MARKED.replace("=", " " if other == "assumptions.html" else "=") in page.inner_text("main")  # fmt: skip


def test_the_policy_is_strict(report: Path) -> None:
    """Guard: a second line behind the escapes. No eval, no inline script, no network."""
    for path in pages(report):
        text = path.read_text(encoding="utf-8")
        policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
        assert policy and "default-src 'none'" in policy[1]
        assert re.search(r"script-src 'self'(;|$)", policy[1])


def test_the_policy_stops_what_an_escape_would_miss(
    built: Path, browser: Browser, tmp_path: Path
) -> None:
    """Without the header's policy this script runs, so the policy is what stops it."""
    text = (built / "index.html").read_text(encoding="utf-8")
    evil = text.replace("<main", "<script>window.ran=1</script><main", 1)
    bare = re.sub(r"<meta http-equiv=[^>]+>", "", evil)
    ran = []
    for name, written in (("with.html", evil), ("without.html", bare)):
        (tmp_path / name).write_text(written, encoding="utf-8")
        page = browser.new_page()
        page.goto((tmp_path / name).as_uri())
        ran.append(page.evaluate("window.ran"))
        page.close()
    assert ran == [None, 1]


@pytest.mark.report
def test_the_committed_report_is_what_the_project_builds(
    real: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Byte for byte: a clean checkout stays clean after `make report`."""
    committed = ROOT / "reports" / "base"
    fresh = real
    if real == committed:
        fresh = tmp_path_factory.mktemp("fresh") / "base"
        done = token_economics(ROOT, "build", "--quiet", "--out", str(fresh))
        assert done.returncode == 0, done.stderr
    wanted = {p.relative_to(fresh).as_posix() for p in fresh.rglob("*") if p.is_file()}
    present = {p.relative_to(committed).as_posix() for p in committed.rglob("*") if p.is_file()}
    assert wanted == present
    stale = [n for n in sorted(wanted) if (fresh / n).read_bytes() != (committed / n).read_bytes()]
    assert not stale, "run `make report`"
