"""The one-file edition of a run: every page, asset and download in one HTML to e-mail."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from bs4 import BeautifulSoup, Tag
from markupsafe import Markup

from token_economics.project import RequestError, folders
from token_economics.report.pages.markup import environment

MARK = '<meta name="generator" content="token-economics, one file">'
FIRST = "index.html"
SCRIPTS = ("theme.js", "page.js", "vega.js", "sliders.js", "charts.js", "evidence.js")
STYLES = ("report.css", "sliders.css")
SINGLE = Path(__file__).parent / "assets" / "single.js"
SAFE_IN_DATA = " /:=,;()"
REFERRING = ("aria-labelledby", "aria-describedby", "aria-controls", "data-for", "for")


class NotOurs(RequestError):
    """The file that would be replaced is not a one-file edition."""


def target(folder: Path) -> Path:
    """Where the one-file edition of a run is written: beside its folder."""
    return folder.parent / f"{folder.name}.html"


def check_target(folder: Path) -> None:
    """Refuse to replace a file that is none of ours.

    Raises `NotOurs`: A file of that name exists and was not written by `write`.
    """
    path = target(folder)
    if path.exists() and MARK not in path.read_text(encoding="utf-8", errors="replace")[:2000]:
        raise NotOurs(f"{path} exists and is no one-file edition; move it away first")


def write(folder: Path) -> Path:
    """Write the one-file edition of a published run beside its folder."""
    check_target(folder)
    path = target(folder)
    folders.write({path: document(folder).encode()})
    return path


def document(folder: Path) -> str:
    """The run as one HTML: pages as sections, scripts under hashes, files packed."""
    others = sorted(path.name for path in folder.glob("*.html") if path.name != FIRST)
    soups = {
        name: BeautifulSoup((folder / name).read_text(encoding="utf-8"), "html.parser")
        for name in (FIRST, *others)
    }
    files: set[str] = set()
    for name, soup in soups.items():
        _rewritten(soup, name, folder, files)
    scripts = [_script(text) for text in _sources(folder)]
    style = "".join((folder / "assets" / name).read_text("utf-8") for name in STYLES)
    packed = {name: _packed(folder / name) for name in sorted(files)}
    template = environment().get_template("single.html.j2")
    whole = template.render(
        mark=Markup(MARK), policy=Markup(policy(scripts)), style=Markup(style),
        scripts=list(map(Markup, scripts)), files=Markup(json.dumps(packed)),
        pages=[_section(name, soup) for name, soup in soups.items()],
        before=_around(soups[FIRST], "a", "header", "aside"), after=_around(soups[FIRST], "footer"),
    )  # fmt: skip
    return whole + "\n"


def _sources(folder: Path) -> Iterator[str]:
    for name in SCRIPTS:
        yield (folder / "assets" / name).read_text(encoding="utf-8")
    yield SINGLE.read_text(encoding="utf-8")


def _script(text: str) -> str:
    """Script text that ends only where its element ends."""
    return re.sub(r"<(?=/script|script|!--)", r"\\x3c", text, flags=re.IGNORECASE)


def policy(scripts: Sequence[str]) -> str:
    """No network, no eval, and no script but those with these hashes."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _around(first: BeautifulSoup, *names: str) -> Markup:
    """What stands around the pages, once: header and banner before, footer after."""
    found = first.body.find_all(names, recursive=False) if first.body else ()
    return Markup("".join(map(str, found)))


def _section(name: str, soup: BeautifulSoup) -> dict[str, object]:
    main = soup.find("main")
    if not isinstance(main, Tag):
        raise ValueError(f"{name} has no main part")
    first = ["te-current"] if name == FIRST else []
    title = soup.title.get_text().split(" · ")[0] if soup.title else name
    escaped = title.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return {
        "classes": " ".join(["te-page", *first, *(main.get("class") or [])]),
        "id": page_id(name),
        "title": Markup(escaped),
        "contents": Markup(main.decode_contents()),
    }


def page_id(name: str) -> str:
    """Id of the section that holds a page."""
    return re.sub(r"[^\w-]", "-", name.removesuffix(".html"))


def _rewritten(soup: BeautifulSoup, name: str, folder: Path, files: set[str]) -> None:
    """Ids, references and links of one page as they are inside the one file."""
    prefix = page_id(name) + "--"
    for tag in soup.find_all(id=True):
        tag["id"] = prefix + str(tag["id"])
    for attribute in REFERRING:
        for tag in soup.select(f"[{attribute}]"):
            tag[attribute] = " ".join(prefix + part for part in str(tag[attribute]).split())
    for tag in soup.find_all("a", href=True):
        _link(tag, name, folder, files)
    for image in soup.find_all("img", src=True):
        path = folder / unquote(str(image["src"]))
        if not str(image["src"]).startswith("data:") and path.is_file():
            image["src"] = "data:image/svg+xml," + quote(path.read_bytes(), safe=SAFE_IN_DATA)


def _link(tag: Tag, name: str, folder: Path, files: set[str]) -> None:
    parts = urlsplit(str(tag["href"]))
    path = unquote(parts.path)
    if parts.scheme:
        return
    if path.endswith(".html") or not path:
        page = page_id(path or name)
        tag["href"] = f"#{page}--{parts.fragment}" if parts.fragment else f"#{page}"
        if tag["href"] == f"#{page_id(name)}--main":
            tag["href"] = "#main"
    elif (folder / path).is_file():
        files.add(path)
        tag["data-file"] = path
        tag["href"] = f"#{page_id(name)}"


def _packed(path: Path) -> str:
    return base64.b64encode(zlib.compress(path.read_bytes(), 9)).decode()
