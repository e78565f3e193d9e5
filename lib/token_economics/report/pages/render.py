"""Pages of a run: notebooks through nbconvert, our template around them, shared assets beside.

A page needs no network and no server, works from ``file://``, and runs no script but ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
from markupsafe import Markup

from token_economics.book.assumption import Assumption
from token_economics.book.assumptions import Book
from token_economics.book.scenarios import Scenario
from token_economics.evidence import freshness
from token_economics.evidence import tables as evidence
from token_economics.headlines.rows import topics
from token_economics.methods import rounding
from token_economics.project import folders
from token_economics.report.pages import (
    about,
    evidence_pages,
    index,
    materiality,
    outputs,
    page_tables,
    permalinks,
    quotes,
    topic_page,
)
from token_economics.report.pages.evidence_pages import Page
from token_economics.report.pages.markup import environment, part
from token_economics.report.pages.permalinks import PREDICTIONS, QUESTIONS
from token_economics.report.run import house_rules, own_inputs, questions, results, table_reads
from token_economics.report.run.execute import Execution
from token_economics.report.run.notebooks import NotebookError
from token_economics.report.run.results import Shown
from token_economics.show import display

HERE = Path(__file__).parent
ACROSS = re.compile(r'''href="(?:[\w-]+\.html)?#(result|topic)-([a-z0-9_]+)(?:\.([a-z0-9_]+))?"''')
CHECK_DIGITS = 4
SHOWN_DECIMALS = 12  # of a check: what is left of a difference that should be nothing is not shown
WritePage = Callable[..., None]


@dataclass
class Prepared:
    """What pages need and what can be made while other notebooks run."""

    checks: pd.DataFrame
    reference: list[Page]
    on_market: frozenset[str] = frozenset()
    topics: dict[str, dict[str, Any]] = field(default_factory=dict)


def write(
    folder: Path,
    executions: list[Execution],
    shown: Mapping[str, Shown],
    prepared: Prepared,
    *,
    book: Book,
    scenario: Scenario,
    run_id: str,
) -> None:
    """Write index, topic pages, assumption book and the pages on the evidence and the report."""
    common = around(navigation(executions), book, scenario, run_id)
    files = {execution.source.topic: topic_page.href(execution) for execution in executions}
    templates = environment()
    written: set[str] = set()

    def page(filename: str, template: str, **values: Any) -> None:
        if filename in written:
            raise NotebookError(f"two pages are named {filename}: rename the notebook")
        written.add(filename)
        text = templates.get_template(template).render(
            here=address(filename), **{**common, **values}
        )
        text = linked_across(text, files)
        results.write_text(folder / filename, text + "\n")

    titles = {execution.source.topic: execution.source.title for execution in executions}
    known = quotes.results_by_id(shown)
    quoted = quotes.Quotes(questions.register(), known, titles, prepared.on_market)
    for at, execution in enumerate(executions):
        values = prepared.topics[execution.source.topic]
        beside = topic_page.neighbours(executions, at)
        said = _said_of(execution, shown[execution.source.topic], values, quoted)
        said["notices"] = [*common["notices"], *_overwritten(execution)]
        page(f"{execution.source.stem}.html", "topic.html.j2", **values, **beside, **said)
    if quoted.questions:
        filename, template, values = quoted.page()
        page(filename, template, **values)
    for filename, template, values in evidence_pages.pages(*topic_page.uses(executions, book)):
        more = {"quoted": quoted.of_predictions()} if filename == PREDICTIONS else {}
        page(filename, template, **values, **more)
    _write_book_and_methods(
        folder, page, book, checks=prepared.checks, immaterial=_immaterial(shown)
    )
    run = json.loads((folder / folders.RUN_FILE).read_text(encoding="utf-8"))
    for filename, template, values in [*prepared.reference, about.edition(run, book, scenario)]:
        page(filename, template, **values)
    page(
        "index.html", "index.html.j2", title="The supply and demand of AI tokens", charts=False,
        **index.parts(executions, shown, prepared.topics, book, quoted),
    )  # fmt: skip


def around(
    navigation: Sequence[Mapping[str, str]], book: Book, scenario: Scenario, run_id: str
) -> dict[str, Any]:
    """What stands around every page of a run: where else to go, what was changed, which run it is."""
    return {
        "navigation": navigation,
        "changed": _changed(book),
        "notices": own_inputs.notices(book),
        "scenario": scenario,
        "as_of": book.as_of,
        "evidence_to": evidence.evidence_to(),
        "run_id": run_id,
    }


def _overwritten(execution: Execution) -> list[str]:
    """What a page says of itself where its notebook changes the library behind its labels."""
    return [f"Its notebook {rule}." for rule in house_rules.overwritten(execution.notebook)]


def _said_of(
    execution: Execution, contents: Shown, values: Mapping[str, Any], quoted: quotes.Quotes
) -> dict[str, Any]:
    """What a topic's page says beside its own words: the market's record, and its questions.

    A page whose answer tells the record itself is not told it twice.
    """
    topic = execution.source.topic
    whole = "".join(values[part] for part in ("answer", "key_figure", "body"))
    answered = quotes.in_sentences(values["answer"], topic)
    told = quotes.HELD in answered or topic not in quoted.on_market
    printed = quotes.printed_on(execution, contents, whole, quoted.rows)
    return {
        "record": "" if told else quotes.record(quoted.rows),
        "beside": quoted.beside(answered, topic),
        "questions": quoted.on_page(printed, topic),
    }


def navigation(executions: Sequence[Execution]) -> list[dict[str, str]]:
    """Every entry of the site's navigation: topics in a row, the others in a menu."""
    topics = [
        {"href": topic_page.href(e), "title": e.source.title, "group": "topics"} for e in executions
    ]
    others = [
        {"href": "assumptions.html", "title": "Assumptions"},
        *evidence_pages.navigation(),
        {"href": "methods.html", "title": "Methods"},
        *([{"href": QUESTIONS, "title": "Questions"}] if questions.register() else []),
        *about.navigation(),
    ]
    return topics + [{**entry, "group": "more"} for entry in others]


def topic(folder: Path, execution: Execution, book: Book) -> dict[str, Any]:
    """What the page of a topic shows; its pictures and tables are written into the run's folder."""
    source = execution.source
    parts = topic_page.parts(folder, execution)
    rows = [row for row in book.rows.values() if source.topic in row.topics]
    used = topic_page.used_sources(execution, book)
    shown = (
        used if source.topic in topics() else None
    )  # a page that quotes others shows their figures
    marked = {name: Markup(parts[name]) for name in ("answer", "key_figure", "body")}
    return {
        "title": source.title,
        "question": source.question or source.title,
        "file": source.path.name,
        "href": address(source.path.name),
        "charts": True,
        "contents": parts["contents"],
        **marked,
        "assumptions_table": assumptions_table(rows, book),
        "newest": freshness.newest_of(table_reads.of_notebook(source), sources=shown),
        "sources_list": sources_list(used),
    }


def _write_book_and_methods(
    folder: Path, page: WritePage, book: Book, *, checks: pd.DataFrame, immaterial: Container[str]
) -> None:
    rows = list(book.rows.values())
    page(
        "assumptions.html", "assumptions.html.j2", title="Assumptions", charts=False,
        assumptions_table=assumptions_table(rows, book, immaterial=immaterial),
        sources_list=sources_list(row.source_id for row in rows),
    )  # fmt: skip
    written = {
        "assumptions.csv": book.table().drop(columns=["label", "rationale"]),
        "tables/methods.canonical_cases.csv": checks,
    }
    for name, frame in written.items():
        results.write_text(folder / name, results.csv_text(rounding.plain_frame(frame)))
    page(
        "methods.html", "methods.html.j2", title="Methods", charts=False,
        **_methods(checks),
    )  # fmt: skip


def address(filename: str) -> str:
    """A file beside the page as an address: a space or # in a notebook's name must survive."""
    return quote(filename)


def linked_across(markup: str, files: Mapping[str, str]) -> str:
    """Links to another topic or its results lead to its page; without that page they are none."""

    def address(match: re.Match[str]) -> str:
        kind, topic, slug = match.groups()
        if kind == "result" and slug is None:
            return match[0]
        if topic not in files:
            return ""
        return f'href="{files[topic]}"' if slug is None else f'href="{files[topic]}#result-{slug}"'

    return ACROSS.sub(address, markup)


def _methods(checks: pd.DataFrame) -> dict[str, Any]:
    """Canonical cases by subject, and how many pass."""
    by_subject = checks.groupby("subject", sort=False)
    return {
        "passed": int(checks["passes"].sum()),
        "total": len(checks),
        "subjects": [_checked(str(name), rows) for name, rows in by_subject],
    }


def _checked(subject: str, rows: pd.DataFrame) -> dict[str, Any]:
    """A subject's canonical cases as a table, and the functions that they exercise."""
    titles = {"id": "case", "expected": "expected", "computed": "ours"}
    rows = rows.assign(computed=rows["computed"].round(SHOWN_DECIMALS))
    columns = ["id", "method", "quantity", "expected", "computed", "tolerance", "source"]
    shown = display.table(rows[columns], name="cases", caption=subject, titles=titles)
    table = page_tables.page_table(shown.data[display.TABLE], digits=CHECK_DIGITS)
    functions = sorted({name for cell in rows["functions"] for name in cell.split()})
    return {
        "anchor": re.sub(r"[^a-z]+", "-", subject.lower()),
        "title": subject,
        "failing": int((~rows["passes"]).sum()),
        "table": part("scroller", table, f"Checks: {subject}", " te-wide"),
        "functions": functions,
    }


def _immaterial(shown: Mapping[str, Shown]) -> set[str]:
    """Assumptions that the run found to move no headline result, where it has looked."""
    tables = [c.tables[materiality.TABLE] for c in shown.values() if materiality.TABLE in c.tables]
    return {str(n) for t in tables for n in t.loc[t["material"].eq("no"), "name"]}


def assumptions_table(
    rows: Sequence[Assumption], book: Book, *, immaterial: Container[str] = ()
) -> Markup:
    """Assumptions with value, range, unit, basis and source; changed and idle ones are marked."""
    if not rows:
        return Markup(
            '<p>None of its own; what it draws on is on the other pages and in <a href="assumptions.html">the book</a>.</p>'
        )
    shown = [
        {
            **vars(row),
            "sources": outputs.source_links(row.source_id.split()),
            "value": _plain(row.value),
            "interval": _interval(row),
            "unit": page_tables.UNITS_IN_WORDS.get(row.unit, row.unit),
            "base": f"{_plain(book.stored[row.name].value)}, {_interval(book.stored[row.name])}",
            "immaterial": row.name in immaterial,
        }
        for row in rows
    ]
    return part("assumptions", shown)


def _interval(row: Assumption) -> str:
    if row.low is None or row.high is None:
        return "pinned"
    return f"{_plain(row.low)} to {_plain(row.high)}"


def _plain(value: float) -> str:
    """A number as the book holds it: all its digits, thousands separated, a true minus sign."""
    return permalinks.readable(f"{value:.10f}".rstrip("0").rstrip("."))


def sources_list(ids: Iterable[str]) -> Markup:
    """Sources as a list with anchors, one entry each."""
    wanted = {identity for entry in ids for identity in str(entry).split()}
    if not wanted:
        return Markup("<p>None.</p>")
    rows = evidence.sources(wanted).fillna("").to_dict("records")
    licences = permalinks.LICENCES
    return part(
        "sources",
        [{**row, "licence_words": licences.get(row["licence"], row["licence"])} for row in rows],
    )


def _changed(book: Book) -> list[dict[str, str]]:
    return [
        {"name": name, "shown": f"{value:g}" if isinstance(value, float | int) else f"{value[0]:g} to {value[1]:g}"}
        for name, value in book.overrides.items()
    ]  # fmt: skip
