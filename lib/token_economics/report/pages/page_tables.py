"""Tables of a notebook as HTML of a page: numbers that compare, sources by name, dates unbroken."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from token_economics.evidence import tables
from token_economics.headlines.rows import COLUMN_DIGITS
from token_economics.show import display

SORTABLE_ROWS, FOLDED_ROWS = 6, 60
SHORT_CELL, WORDY_CELL = 14, 60
SOURCE_COLUMNS = ("source_id", "seed", "used")
WORDY, SHORT, NUMERIC = (f' class="te-{name}"' for name in ("wordy", "nowrap", "numeric"))
NAME_COLUMNS = ("name", "scenario")  # to be typed as they stand
UNITS_IN_WORDS = {"1": "", "1/year": "a year", "log points": "in logs"}
TOPIC_COLUMN, UNIT_COLUMN = "topic", "unit"
WORDS = re.compile(r"[a-z]{2,}(?=[ ,;]|$)")
UNIT_APART = re.compile(r"(\d) (%|times\b|of \d)")
DATE = re.compile(r"(?<![\w./#=-])(\d{4}-\d{2}(?:-\d{2})?)(?![\w-])")


def page_table(resource: Mapping[str, Any], *, digits: int = COLUMN_DIGITS) -> Markup:
    """A table resource as semantic HTML: the first column of words heads its row."""
    fields = resource["schema"]["fields"]
    columns = [_column(resource, field, digits) for field in fields]
    found = {attributes for column in columns for _, attributes in column}
    wordy, short = WORDY in found, found <= {SHORT, NUMERIC}
    heads = fields[0]["type"] != "number"
    titles = [f' data-title="{html.escape(_title(f))}"' if wordy else "" for f in fields]

    def cell(at: int, text: str, attributes: str) -> str:
        kept = "" if short and attributes == SHORT else attributes
        if heads and at == 0:
            return f'<th scope="row"{kept if kept == SHORT else ""}>{text}</th>'
        return f"<td{kept}{titles[at]}>{text}</td>"

    body = "".join(
        f"<tr>{''.join(cell(at, *each) for at, each in enumerate(row))}</tr>"
        for row in zip(*columns, strict=True)
    )
    head = "".join(
        f'<th scope="col"{_numeric(field)}>{html.escape(_title(field))}</th>' for field in fields
    )
    classes = {
        "te-stacked": wordy, "te-short": short,
        "te-sortable": len(resource["data"]) > SORTABLE_ROWS,
    }  # fmt: skip
    named = " ".join(["te-table", *(name for name, holds in classes.items() if holds)])
    return Markup(
        f'<table class="{named}"><caption>{html.escape(resource["title"])}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _title(field: Mapping[str, str]) -> str:
    return "source" if field["title"] == "source id" else field["title"]


def _numeric(field: Mapping[str, str]) -> str:
    return NUMERIC if field["type"] == "number" else ""


def _column(
    resource: Mapping[str, Any], field: Mapping[str, str], digits: int
) -> list[tuple[str, str]]:
    """Cells of a column as HTML, each with the attribute that says how it may break."""
    texts = display.cell_texts(resource, field, digits)
    if field["type"] == "number":
        return [(text, _numeric(field)) for text in texts]
    if field["name"] == UNIT_COLUMN:
        texts = [UNITS_IN_WORDS.get(text, text) for text in texts]
    if field["name"] in SOURCE_COLUMNS:
        listed = resource.get("sources", [])
        return [(named, ' class="te-says"') for named in _named(texts, listed)]
    if field["name"] in NAME_COLUMNS:
        return [(f"<code>{html.escape(text)}</code>" if text else "", "") for text in texts]
    if field["name"] == TOPIC_COLUMN:
        return [(_topic(text), "") for text in texts]
    longest = max(map(len, texts), default=0)
    classes = ""
    if longest > WORDY_CELL:
        classes = WORDY
    elif longest <= SHORT_CELL and len(texts) <= FOLDED_ROWS:
        return [(html.escape(_capitalised(text)), SHORT) for text in texts]
    kept = html.escape if len(texts) > FOLDED_ROWS else unbroken
    return [(kept(_capitalised(text)), classes) for text in texts]


def _capitalised(text: str) -> str:
    """A cell of words begins with a capital; names such as o1 or gpt-4o stay as they are."""
    return text[0].upper() + text[1:] if WORDS.match(text) else text


def unbroken(text: str) -> str:
    """Text as HTML whose dates stay on one line, and units with their numbers."""
    whole = UNIT_APART.sub("\\1\N{NO-BREAK SPACE}\\2", html.escape(text))
    return DATE.sub(r'<span class="te-nowrap">\1</span>', whole)


def _topic(text: str) -> str:
    """A topic as a link to its page, which the page resolves."""
    slug = text.replace(" ", "_")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", slug):
        return html.escape(text)
    return f'<a href="#topic-{slug}">{html.escape(text[:1].upper() + text[1:])}</a>'


def _named(texts: Sequence[str], listed: Sequence[str]) -> list[str]:
    """Ids of sources and of claims as names of who says it, with links; other words as they are."""
    publishers = tables.publishers()
    claims = tables.raw_rows("claims") if "claims" in tables.tables() else []
    addresses = {row["id"]: f"claims.html#claim-{row['id']}" for row in claims}
    addresses |= {i: f"{'' if i in listed else 'sources.html'}#source-{i}" for i in publishers}
    seeds = {row["id"]: publishers.get(row["seed"], row["seed"]) for row in claims}
    says = {**seeds, **publishers}
    return [_linked(text, says, addresses) for text in texts]


def _linked(text: str, says: Mapping[str, str], addresses: Mapping[str, str]) -> str:
    if not any(word in addresses for word in text.split()):
        return html.escape(_capitalised(text))
    by_name = {says.get(word, word): addresses.get(word, "") for word in text.split()}
    return ", ".join(
        f'<a href="{address}">{html.escape(name)}</a>' if address else html.escape(name)
        for name, address in by_name.items()
    )
