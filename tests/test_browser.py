"""The pages as readers open them: from a file, offline, on a phone, in the dark, on paper."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

from token_economics.report import fingerprint, folders

pytestmark = pytest.mark.browser
EVIL = (
    "</script><script>window.ran=1;alert(1)</script><img src=data:, onerror=window.ran=1>\u2028&<b>"
)
MARKED = "</script><script>window.ran=1"
HOSTILE = [
    "# <script>window.ran=1</script> Title <img src=x onerror='window.ran=1'>",
    BETA[0]
    + "\nfrom token_economics import headline\nfrom IPython.display import HTML, Markdown\nimport pandas as pd",
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
def browser() -> Iterator[Browser]:
    with chrome.chromium() as running:
        yield running


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


@pytest.fixture(scope="module")
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


@pytest.fixture
def visit(browser: Browser) -> Open:
    """Opens a page and, when it is left, fails on any complaint, dialog or request elsewhere."""

    @contextmanager
    def opened(path: Path, *, width: int = 1280, **options: Any) -> Iterator[Page]:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        page = context.new_page()
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
        page.on("requestfailed", lambda r: complaints.append(f"failed: {r.url}"))
        page.goto(path.as_uri())
        if options.get("java_script_enabled", True):
            page.wait_for_function(
                "[...document.querySelectorAll('script.te-spec')].every(s => document.getElementById(s.dataset.for).dataset.drawn)"
            )
        yield page
        assert not complaints, f"{path.name}: {complaints}"
        context.close()

    return opened


def pages(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.html"))


MARKS = """
[...document.querySelectorAll('script.te-spec')].map(s => {
  const chart = document.getElementById(s.dataset.for);
  const marks = chart.querySelectorAll('.role-mark path, .role-mark text, .role-mark line, .role-mark rect, .role-mark image');
  const size = chart.getBoundingClientRect();
  return {name: s.dataset.for, spec: JSON.parse(s.textContent), marks: marks.length,
          drawn: chart.dataset.drawn, width: size.width, height: size.height};
})
"""


def test_pages_open_from_a_file_without_complaint(report: Path, visit: Open) -> None:
    """No warning, no error, no request outside the folder; every chart draws its marks."""
    for path in pages(report):
        with visit(path) as page:
            for chart in page.evaluate(MARKS):
                where = f"{path.name} {chart['name']}"
                assert chart["drawn"] == "yes" and chart["marks"] > 0, where
                assert chart["width"] > 200 and chart["height"] > 80, where
                expected = marks_expected(chart["spec"])
                assert expected in (None, chart["marks"]), f"{where}: {chart['marks']} marks"


def marks_expected(spec: dict[str, Any]) -> int | None:
    """One mark a row, where a chart is one layer of bars or points without a transformation."""
    layers = spec.get("layer", [spec])
    if len(layers) != 1 or "facet" in json.dumps(spec) or "transform" in json.dumps(spec):
        return None
    mark, encoding = layers[0].get("mark", {}), layers[0].get("encoding", {})
    kind = mark if isinstance(mark, str) else mark.get("type")
    if kind not in ("bar", "point", "circle") or "aggregate" in json.dumps(encoding):
        return None
    rows = spec["data"]["values"]
    fields = {c["field"] for c in encoding.values() if isinstance(c, dict) and "field" in c}
    complete = all(row.get(field) is not None for row in rows for field in fields)
    return len(rows) if complete else None


def test_the_expectation_of_marks_is_not_empty(built: Path, visit: Open) -> None:
    """Guard for the test above: on the fixture it counts three points and four bars."""
    for name, rows in (("01_alpha", 3), ("02_beta", 4)):
        with visit(built / f"{name}.html") as page:
            (chart,) = page.evaluate(MARKS)
            assert (chart["marks"], marks_expected(chart["spec"])) == (rows, rows)


@pytest.mark.parametrize("mode", ["phone", "dark phone"])
def test_pages_fit_a_phone(report: Path, visit: Open, mode: str) -> None:
    scheme = "dark" if "dark" in mode else "light"
    for path in pages(report):
        with visit(path, width=360, color_scheme=scheme) as page:
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 360, f"{path.name} is {wide} px wide"
            for chart in page.evaluate(MARKS):
                assert chart["marks"] > 0 and chart["width"] <= 360, chart["name"]


def test_dark_pages_are_dark_and_print_is_light(built: Path, real: Path, visit: Open) -> None:
    """Charts too: their text is light on dark, and dark again on paper."""
    lightness = """
      (() => { const rgb = c => c.match(/\\d+/g).slice(0, 3).map(Number);
        const sum = c => rgb(c).reduce((a, b) => a + b) / 765;
        const label = document.querySelector('.te-chart svg .role-axis-label text');
        return [sum(getComputedStyle(document.body).backgroundColor),
                sum(getComputedStyle(document.body).color),
                label ? sum(getComputedStyle(label).fill) : null]; })()
    """
    for path in [built / "01_alpha.html", *pages(real)[:1]]:
        with visit(path, color_scheme="dark") as page:
            ground, ink, label = page.evaluate(lightness)
            assert ground < 0.3 and ink > 0.6 and (label is None or label > 0.5)
            page.emulate_media(media="print", color_scheme="dark")
            page.wait_for_timeout(700)
            ground, ink, label = page.evaluate(lightness)
            assert ink < 0.4, "ink on paper is dark"
            assert label is None or label < 0.5, "labels on paper are dark"


def test_pages_read_without_script(report: Path, visit: Open) -> None:
    """Text, tables and static pictures; the pictures are there, not broken."""
    for path in pages(report):
        with visit(path, java_script_enabled=False) as page:
            assert len(page.inner_text("main")) > 100
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        specs = soup.find_all("script", class_="te-spec")
        images = soup.select(".te-chart img")
        assert len(images) == len(specs)
        for image in images:
            assert image["alt"]
            assert (report / unquote(str(image["src"]))).is_file()


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
            plotted = json.loads(script.string)["data"]["values"]
            written = rows_of(report / unquote(str(link["href"])))
            shown = [{k: "" if v is None else str(v) for k, v in row.items()} for row in plotted]
            assert written == shown, link["href"]


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
