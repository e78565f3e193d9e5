"""Markup of a notebook made fit for a page: nothing that could run, folded code, unique ids."""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import lxml.html
from jinja2.ext import Extension
from lxml.html import HtmlElement
from markupsafe import Markup

from token_economics.report.pages.page_tables import UNIT_APART

TEMPLATES = Path(__file__).parent / "template"
FORBIDDEN_TAGS = ("script", "style", "iframe", "object", "embed", "form", "meta", "link", "base")
LINKS = ("href", "src", "xlink:href")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
PAGE_IDS = {"main", "assumptions-used", "sources-used"}


def tidied(markup: str) -> tuple[str, list[dict[str, str]]]:
    """HTML without anything that could run, code below its output, headings with unique ids, pictures with words."""
    parser = lxml.html.HTMLParser(huge_tree=True)  # a picture in the text may be larger than 10 MB
    page = lxml.html.fragment_fromstring(markup, create_parent="div", parser=parser)
    for tag in list(page.iter(*FORBIDDEN_TAGS)):
        if not (tag.get("class") == "te-spec" and tag.get("type") == "application/json"):
            tag.drop_tree()
    for tag in page.iter("*"):
        for attribute, value in tag.attrib.items():
            unsafe = attribute in LINKS and _runs(value)
            if unsafe or attribute.startswith("on"):
                del tag.attrib[attribute]
    for block in page.iter("pre"):
        block.set("tabindex", "0")  # what scrolls by itself can be reached by the keyboard
    for picture in page.iter("img"):
        if "alt" not in picture.attrib:
            picture.set("alt", "picture without a description")
    _fold_code(page)
    for number in page.iter("a"):
        if number.get("class") == "te-number" and number.text:
            number.text = UNIT_APART.sub("\\1\N{NO-BREAK SPACE}\\2", number.text)
    first_title = next(page.iter("h1"), None)
    if first_title is not None:
        first_title.drop_tree()
    contents = _headings(page)
    return _inside(page), contents


def _inside(page: HtmlElement) -> str:
    """What an element holds, as HTML."""
    parts = [lxml.html.tostring(child, encoding="unicode") for child in page]
    return "".join([html.escape(page.text or "", quote=False), *parts])


def _runs(address: str) -> bool:
    """Whether an address is a script."""
    return (
        re.match(r"(javascript|vbscript):", re.sub(r"[\s\x00-\x20]", "", address).lower())
        is not None
    )


def _fold_code(page: HtmlElement) -> None:
    """Code below the figure or table it makes; that of sentences and set-up in one place at the end."""
    other: list[HtmlElement] = []
    for cell in page.find_class("te-cell"):
        code = next(iter(cell.find_class("te-code")), None)
        if code is None:
            continue
        code.drop_tree()
        code.tail = None
        if next(cell.iter("figure", "table"), None) is not None:
            cell.append(code)
        else:
            other += code.iterchildren("div")
            if not len(cell):
                cell.drop_tree()
    if other:
        rest = lxml.html.fragment_fromstring(
            '<section class="te-cell"><details class="te-code">'
            "<summary>Set-up and sentences: the rest of the code</summary></details></section>"
        )
        rest[0].extend(other)
        page.append(rest)


def _headings(page: HtmlElement) -> list[dict[str, str]]:
    seen = PAGE_IDS | {tag.get("id") for tag in page.iter("*") if tag.tag not in HEADINGS}
    contents = []
    for heading in page.iter(*HEADINGS):
        words = re.sub(r"[^a-z0-9]+", "-", heading.text_content().lower()).strip("-")
        wanted = str(heading.get("id") or "-".join(words.split("-")[:6]) or "section")
        identity, count = wanted, 2
        while identity in seen:
            identity, count = f"{wanted}-{count}", count + 1
        seen.add(identity)
        heading.set("id", identity)
        if heading.tag == "h2":
            contents.append({"id": identity, "text": heading.text_content()})
    return contents


def compile_templates() -> None:
    """Ahead of the first page, so that pages wait for nothing but their contents."""
    for name in environment().list_templates(filter_func=lambda name: "/" not in name):
        if name.endswith(".j2"):
            environment().get_template(name)


@cache
def environment() -> jinja2.Environment:
    """The templates of all pages; what they are given is escaped, and nothing may be missing."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True,
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


class _Joined(Extension):
    """Lines of a template without the white space between them."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return "".join(map(str.strip, source.splitlines()))


@cache
def _parts() -> object:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, extensions=[_Joined],
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: value if isinstance(value, Markup) else Markup(html.escape(str(value))),
    ).get_template("parts.html.j2").module  # fmt: skip


def part(name: str, *arguments: Any, **named: Any) -> Markup:
    """A piece of a page: a macro of ``parts.html.j2``; what it is given is escaped."""
    return Markup(getattr(_parts(), name)(*arguments, **named))
