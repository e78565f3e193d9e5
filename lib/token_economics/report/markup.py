"""Markup of a notebook made fit for a page: nothing that could run, folded code, unique ids."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
from bs4 import BeautifulSoup, Tag

from token_economics.report.page_tables import UNIT_APART

FORBIDDEN_TAGS = ("script", "style", "iframe", "object", "embed", "form", "meta", "link", "base")
LINKS = ("href", "src", "xlink:href")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
PAGE_IDS = {"main", "assumptions-used", "sources-used"}


def tidied(markup: str) -> tuple[str, list[dict[str, str]]]:
    """HTML without anything that could run, code below its output, headings with unique ids, pictures with words."""
    soup = BeautifulSoup(markup, "html.parser")
    for tag in soup.find_all(FORBIDDEN_TAGS):
        if not (tag.get("class") == ["te-spec"] and tag.get("type") == "application/json"):
            tag.decompose()
    for tag in soup.find_all(True):
        for attribute in list(tag.attrs):
            unsafe = attribute in LINKS and _runs(str(tag.attrs[attribute]))
            if unsafe or attribute.startswith("on"):
                del tag.attrs[attribute]
    for block in soup.find_all("pre"):
        block["tabindex"] = "0"  # what scrolls by itself can be reached by the keyboard
    for picture in soup.find_all("img", alt=False):
        picture["alt"] = "picture without a description"
    _fold_code(soup)
    for number in soup.find_all("a", class_="te-number"):
        if number.string:
            number.string = UNIT_APART.sub("\\1\N{NO-BREAK SPACE}\\2", number.string)
    first_title = soup.find("h1")
    if isinstance(first_title, Tag):
        first_title.decompose()
    contents = _headings(soup)
    return str(soup), contents


def _runs(address: str) -> bool:
    """Whether an address is a script."""
    return (
        re.match(r"(javascript|vbscript):", re.sub(r"[\s\x00-\x20]", "", address).lower())
        is not None
    )


def _fold_code(soup: BeautifulSoup) -> None:
    """Code below the figure or table it makes; that of sentences and set-up in one place at the end."""
    other = []
    for cell in soup.find_all("section", class_="te-cell"):
        code = cell.find("details", class_="te-code")
        if not isinstance(code, Tag):
            continue
        if cell.find(["figure", "table"]):
            cell.append(code.extract())
        else:
            other += list(code.extract().find_all("div", recursive=False))
            if not cell.find(True):
                cell.decompose()
    if other:
        rest = BeautifulSoup(
            '<section class="te-cell"><details class="te-code">'
            "<summary>Set-up and sentences: the rest of the code</summary></details></section>",
            "html.parser",
        )
        details = rest.find("details")
        if isinstance(details, Tag):
            details.extend(other)
        soup.append(rest)


def _headings(soup: BeautifulSoup) -> list[dict[str, str]]:
    seen = PAGE_IDS | {str(tag["id"]) for tag in soup.find_all(id=True) if tag.name not in HEADINGS}
    contents = []
    for heading in soup.find_all(HEADINGS):
        words = re.sub(r"[^a-z0-9]+", "-", heading.get_text().lower()).strip("-")
        wanted = str(heading.get("id") or "-".join(words.split("-")[:6]) or "section")
        identity, count = wanted, 2
        while identity in seen:
            identity, count = f"{wanted}-{count}", count + 1
        seen.add(identity)
        heading["id"] = identity
        if heading.name == "h2":
            contents.append({"id": identity, "text": heading.get_text()})
    return contents


def environment() -> jinja2.Environment:
    """The templates of all pages; what they are given is escaped, and nothing may be missing."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "template"), autoescape=True,
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
