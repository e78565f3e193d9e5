"""Pages about the report itself: glossary, changelog, what made the run."""

from __future__ import annotations

import importlib.metadata
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup
from nbconvert.filters import markdown2html_mistune

from token_economics import project
from token_economics.book.assumptions import Book
from token_economics.book.scenarios import Scenario
from token_economics.evidence import freshness, tables
from token_economics.report.pages.evidence_pages import Page
from token_economics.report.pages.markup import tidied
from token_economics.report.pages.permalinks import GLOSSARY, Ledger, slug
from token_economics.report.run import own_inputs

CHANGELOG, EDITION = "changelog.html", "edition.html"
PACKAGES = (
    "altair", "beautifulsoup4", "jinja2", "lxml", "nbconvert", "numpy", "pandas", "papermill", "scipy",
    "statsmodels", "vl-convert-python",
)  # fmt: skip


def navigation() -> list[dict[str, str]]:
    """Entries of these pages for the site's navigation."""
    entries = []
    if "glossary" in tables.tables():
        entries.append({"href": GLOSSARY, "title": "Glossary"})
    if (project.root() / "CHANGELOG.md").exists():
        entries.append({"href": CHANGELOG, "title": "Changelog"})
    return [*entries, {"href": EDITION, "title": "What made this edition"}]


def reference() -> Iterator[Page]:
    """Those that are the same whatever a run finds."""
    plain = {"charts": False}
    if "glossary" in tables.tables():
        yield Page(GLOSSARY, "glossary.html.j2", {**plain, **glossary(Ledger.read())})
    log = project.root() / "CHANGELOG.md"
    if log.exists():
        body, _ = tidied(markdown2html_mistune(log.read_text(encoding="utf-8")))
        yield Page(
            CHANGELOG,
            "changelog.html.j2",
            {**plain, "title": "Changelog", "body": Markup(body),
             "has_changes": "changes" in tables.tables()},
        )  # fmt: skip


def glossary(ledger: Ledger) -> dict[str, Any]:
    """Terms with their meaning, and the variables of all tables with their units."""
    terms = sorted(ledger.of("glossary"), key=lambda row: row["term"].lower())
    variables = [
        {
            "name": name,
            "unit": described["unit"],
            "description": described["description"],
            "table": table,
            "href": ledger.page(table),
        }
        for table in ledger.shown_tables()
        for name, described in ledger.described[table].get("variables", {}).items()
    ]
    return {
        "title": "Glossary",
        "terms": [{**row, "id": f"term-{slug(row['term'])}"} for row in terms],
        "variables": variables,
    }


def edition(run: Mapping[str, Any], book: Book, scenario: Scenario) -> Page:
    """What made the run that ``run.json`` describes, and the command that makes it again."""
    ledger = Ledger.read()
    values = {
        "title": "What made this edition",
        "charts": False,
        "run": run,
        "command": command(book, scenario),
        "own": own_inputs.notices(book),
        "tables": [(name, ledger.page(name), newest) for name, newest in freshness.of_tables()],
        "versions": [(name, importlib.metadata.version(name)) for name in PACKAGES],
    }
    return Page(EDITION, "edition.html.j2", values)


def command(book: Book, scenario: Scenario) -> str:
    """The command line that gives this run."""
    words = ["token-economics", "build", *own_inputs.options()]
    if scenario.name != "base":
        words += ["--scenario", scenario.name]
    for name, value in book.overrides.items():
        if scenario.values.get(name) != value:
            shown = re.sub(r"\s", "", str(list(value) if isinstance(value, tuple) else value))
            words += ["--set", f"{name}={shown}"]
    for name, text in book.subjects.items():
        words += ["--set", f"{name}={text}"]
    return shlex.join(words)
