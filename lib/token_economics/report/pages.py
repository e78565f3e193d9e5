"""Pages of a run: notebooks through nbconvert, our template around them, shared assets beside.

A page needs no network and no server, works from ``file://``, and runs no script but ours.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
from markupsafe import Markup
from nbconvert import HTMLExporter
from nbformat import NotebookNode

from token_economics import cells, display, evidence, headline, style
from token_economics.assumptions import Assumption, Book
from token_economics.report import contract, downloads, evidence_pages, ledger, provenance, sliders
from token_economics.report.contract import Shown
from token_economics.report.execute import Execution
from token_economics.report.markup import environment, tidied
from token_economics.report.notebooks import NotebookError
from token_economics.scenarios import Scenario

HERE = Path(__file__).parent
LONG_TABLE_ROWS = 16
FOLDED_TABLE_ROWS = 60
WORDY_CELL = 60
MATERIALITY_TABLE = "materiality"
JSON_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
RESULT_LINK = re.compile(r'href="(?:[\w-]+\.html)?#result-([a-z0-9_]+)\.([a-z0-9_]+)"')


@dataclass
class Prepared:
    """What pages need and what can be made while other notebooks run."""

    checks: pd.DataFrame
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
    """Write index, topic pages, assumption book and the pages on the evidence."""
    templates = environment()
    navigation = [
        {"href": _href(f"{execution.source.stem}.html"), "title": execution.source.title}
        for execution in executions
    ]
    navigation += [
        {"href": "assumptions.html", "title": "Assumptions"},
        {"href": "methods.html", "title": "Methods"},
        *evidence_pages.navigation(),
    ]
    common = {
        "navigation": navigation,
        "changed": _changed(book),
        "scenario": scenario,
        "as_of": book.as_of,
        "run_id": run_id,
    }

    files = {e.source.topic: _href(f"{e.source.stem}.html") for e in executions}

    def page(filename: str, template: str, **values: Any) -> None:
        if (folder / filename).exists():
            raise NotebookError(f"two pages are named {filename}: rename the notebook")
        text = templates.get_template(template).render(here=_href(filename), **common, **values)
        text = _linked_across(text, files)
        (folder / filename).write_text(text + "\n", encoding="utf-8", newline="\n")

    for execution in executions:
        page(
            f"{execution.source.stem}.html", "topic.html.j2",
            **prepared.topics[execution.source.topic],
        )  # fmt: skip
    for filename, template, values in evidence_pages.pages(*provenance.uses(executions, book)):
        page(filename, template, **values)
    downloads.write(folder)
    rows = list(book.rows.values())
    page(
        "assumptions.html", "assumptions.html.j2", title="Assumptions", charts=False,
        assumptions_table=assumptions_table(rows, immaterial=_immaterial(shown)),
        sources_list=sources_list(row.source_id for row in rows),
    )  # fmt: skip
    checks = prepared.checks
    (folder / "tables" / "methods.canonical_cases.csv").write_text(
        contract.csv_text(cells.plain_frame(checks)), encoding="utf-8", newline="\n"
    )
    page(
        "methods.html", "methods.html.j2", title="Methods", charts=False,
        passed=int(checks["passes"].sum()), total=len(checks), subjects=_methods(checks),
    )  # fmt: skip
    page(
        "index.html", "index.html.j2", title="The supply and demand of AI tokens", charts=False,
        topics=[_card(execution) for execution in executions],
        results_table=_results_table(executions, shown),
    )  # fmt: skip


def _href(filename: str) -> str:
    """A file beside the page as an address: a space or # in a notebook's name must survive."""
    return quote(filename)


def _linked_across(markup: str, files: Mapping[str, str]) -> str:
    """Links to another topic's result lead to its page."""
    return RESULT_LINK.sub(
        lambda match: (
            f'href="{files[match[1]]}#result-{match[2]}"' if match[1] in files else match[0]
        ),
        markup,
    )


def _methods(checks: pd.DataFrame) -> list[dict[str, Any]]:
    """Canonical cases by subject, as tables."""
    titles = {"id": "case", "expected": "expected", "computed": "ours"}
    columns = ["id", "method", "quantity", "expected", "computed", "tolerance", "source"]
    sections = []
    for subject, rows in checks.groupby("subject", sort=False):
        anchor = re.sub(r"[^a-z]+", "-", str(subject).lower())
        shown = display.table(rows[columns], name="cases", caption=str(subject), titles=titles)
        sections.append(
            {
                "anchor": anchor,
                "title": subject,
                "failing": int((~rows["passes"]).sum()),
                "table": Markup(
                    f'<div class="te-scroll te-wide" tabindex="0" role="region" '
                    f'aria-label="{_attribute(subject)}">{shown.data["text/html"]}</div>'
                ),
            }
        )
    return sections


def topic(folder: Path, execution: Execution, book: Book) -> dict[str, Any]:
    """What the page of a topic shows; its pictures are written into the run's folder."""
    source = execution.source
    body, contents = _body(folder, execution)
    rows = [row for row in book.rows.values() if source.topic in row.topics]
    used = provenance.used_sources(execution, book)
    return {
        "title": source.title,
        "question": source.question or source.title,
        "file": source.path.name,
        "href": _href(source.path.name),
        "charts": True,
        "answer": Markup(_answer(execution)),
        "body": Markup(body),
        "contents": contents,
        "assumptions_table": assumptions_table(rows),
        "sources_list": sources_list(used),
    }


def _body(folder: Path, execution: Execution) -> tuple[str, list[dict[str, str]]]:
    """Cells as safe HTML with unique heading ids, and the contents list."""
    notebook = NotebookNode(execution.notebook)
    cells = [_page_cell(cell, folder, execution.source.topic) for cell in notebook.cells]
    notebook = NotebookNode({**execution.notebook, "cells": cells})
    exporter = HTMLExporter(
        template_name="cells",
        extra_template_basedirs=[str(HERE / "template")],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    exporter.filters = {}
    rendered, _ = exporter.from_notebook_node(notebook)
    return tidied(rendered)


def _answer(execution: Execution) -> str:
    """The computed answer of the notebook, or nothing."""
    for cell in execution.notebook.cells:
        for output in cell.get("outputs", []):
            shown = output.get("data", {}).get("text/html", "")
            if 'class="te-answer"' in shown:
                return tidied(shown)[0]
    return ""


def _page_cell(cell: NotebookNode, folder: Path, topic: str) -> NotebookNode:
    copied = NotebookNode(cell)
    if cell.cell_type == "code":
        copied["outputs"] = [_page_output(output, folder, topic) for output in cell.outputs]
    return copied


def _page_output(output: NotebookNode, folder: Path, topic: str) -> NotebookNode:
    """An output with one kind of data: the HTML that the page shows; the answer stands on top."""
    data = output.get("data", {})
    if 'class="te-answer"' in data.get("text/html", ""):
        return NotebookNode({**output, "data": NotebookNode({"text/html": ""})})
    if display.VEGALITE in data:
        shown = figure_html(data, folder, topic)
    elif display.TABLE in data:
        shown = table_html(data[display.TABLE], topic)
    elif display.RESULTS in data:
        shown = results_html(data[display.RESULTS]["results"])
    else:
        return output
    return NotebookNode({**output, "data": NotebookNode({"text/html": shown})})


def figure_html(data: Mapping[str, Any], folder: Path, topic: str) -> str:
    """A chart on a page: live from inline JSON, a static picture until then, caption and links."""
    spec = data[display.VEGALITE]
    meta = spec.get("usermeta") or {}
    name = (
        meta.get("name") or f"chart_{hashlib.sha256(embedded_json(spec).encode()).hexdigest()[:8]}"
    )
    picture = data.get("image/svg+xml", "")
    image = ""
    if picture:
        (folder / "figures").mkdir(exist_ok=True)
        path = folder / "figures" / f"{topic}.{name}.svg"
        path.write_text(picture, encoding="utf-8", newline="\n")
        image = f'<img src="figures/{topic}.{name}.svg" alt="{_attribute(spec.get("description") or "Chart")}">'
    download = f'<a href="tables/{topic}.{name}.csv" download>CSV</a> · ' if "name" in meta else ""
    links = f'{download}<a href="#figure-{name}">link</a>'
    return (
        f'<figure class="te-figure" id="figure-{name}">'
        f'<div class="te-chart" id="chart-{name}">{image}</div>'
        f'<script type="application/json" class="te-spec" data-for="chart-{name}">'
        f"{embedded_json(style.page_specification(spec))}</script>"
        f"{sliders.markup(name, meta.get('sliders', []))}"
        f"<figcaption>{html.escape(meta.get('caption', ''))}"
        f'<span class="te-links">{_source_links(meta.get("sources", []))} {links}</span>'
        "</figcaption></figure>"
    )


def table_html(resource: Mapping[str, Any], topic: str) -> str:
    """A table on a page, scrolling where it is wide or long, with its download."""
    rows, name = len(resource["data"]), resource["name"]
    long = " te-long" if rows > LONG_TABLE_ROWS else ""
    wide = " te-wide" if _is_wordy(resource) else ""
    shown = (
        f'<div class="te-scroll{long}{wide}" tabindex="0" role="region" '
        f'aria-label="{_attribute(resource["title"])}">{display.html_table(resource)}</div>'
    )
    if rows > FOLDED_TABLE_ROWS:
        title = html.escape(resource["title"])
        shown = f"<details><summary>{title}: {rows} rows</summary>{shown}</details>"
    return (
        f'<div class="te-figure" id="table-{name}">{shown}'
        f'<p class="te-links">{_source_links(resource.get("sources", []))} '
        f'<a href="tables/{topic}.{name}.csv" download>CSV</a> · <a href="#table-{name}">link</a></p></div>'
    )


def _is_wordy(resource: Mapping[str, Any]) -> bool:
    """Whether the table holds sentences, which need a wider page."""
    cells = (value for row in resource["data"] for value in row.values() if isinstance(value, str))
    return any(len(cell) > WORDY_CELL for cell in cells)


def results_html(rows: Sequence[Mapping[str, Any]], *, prefix: str = "") -> str:
    """Headline results as a table whose rows sentences link to."""
    body = "".join(
        f'<tr id="result-{html.escape(prefix + row["id"])}"><th scope="row">{html.escape(row["label"])}'
        f'<p class="te-why">{_origin(row)}</p></th>'
        f'<td class="te-numeric">{html.escape(f"{headline.Quantity(row):v}")}</td>'
        f'<td class="te-numeric">{_range(row)}</td><td>{html.escape(str(row["period"]))}</td></tr>'
        for row in rows
    )
    return (
        '<div class="te-scroll" tabindex="0" role="region" aria-label="Headline results"><table>'
        "<caption>Headline results; ranges are 90 % of draws unless a range was published"
        '</caption><thead><tr><th scope="col">Result</th><th scope="col" class="te-numeric">Value</th>'
        '<th scope="col" class="te-numeric">Range</th><th scope="col">Period</th></tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _origin(row: Mapping[str, Any]) -> str:
    """Where a result comes from: its sources, or the model under the assumptions of the run."""
    if not row.get("source_id"):
        return 'Model, under <a href="assumptions.html">the assumptions</a>'
    return _source_links(str(row["source_id"]).split(), page="sources.html")


def _range(row: Mapping[str, Any]) -> str:
    return f"{headline.Quantity(row):r}" if row["low"] is not None else ""


def _results_table(executions: list[Execution], shown: Mapping[str, Shown]) -> Markup:
    rows = [
        {str(key): (None if pd.isna(value) else value) for key, value in row.items()}
        for execution in executions
        for row in shown[execution.source.topic].results.to_dict("records")
    ]
    return Markup(results_html(rows))


def _immaterial(shown: Mapping[str, Shown]) -> set[str]:
    """Assumptions that the run found to move no headline result, where it has looked."""
    tables = [c.tables[MATERIALITY_TABLE] for c in shown.values() if MATERIALITY_TABLE in c.tables]
    return {str(n) for t in tables for n in t.loc[t["material"].eq("no"), "name"]}


def assumptions_table(rows: Sequence[Assumption], *, immaterial: Container[str] = ()) -> Markup:
    """Assumptions with value, range, unit, basis and source; changed and idle ones are marked."""
    if not rows:
        return Markup(
            '<p>None of its own; what it draws on is on the other pages and in <a href="assumptions.html">the book</a>.</p>'
        )
    body = "".join(
        f'<tr id="assumption-{row.name}"><th scope="row">{html.escape(row.label)}<br>'
        f"<code>{row.name}</code>"
        f'<p class="te-why">{html.escape(row.rationale)} {_source_links(row.source_id.split())}</p></th>'
        f'<td class="te-numeric">{row.value:g}</td><td class="te-numeric">{_interval(row)}</td>'
        f"<td>{html.escape(row.unit)}</td><td>{row.basis}{_badge(row, immaterial)}</td></tr>"
        for row in rows
    )
    return Markup(
        '<div class="te-scroll" tabindex="0" role="region" aria-label="Assumptions"><table><thead><tr>'
        '<th scope="col">Assumption, and why</th><th scope="col" class="te-numeric">Value</th>'
        '<th scope="col" class="te-numeric">5 to 95 %</th><th scope="col">Unit</th>'
        '<th scope="col">Basis</th></tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _interval(row: Assumption) -> str:
    return "pinned" if row.low is None or row.high is None else f"{row.low:g} to {row.high:g}"


def _badge(row: Assumption, immaterial: Container[str]) -> str:
    marks = [f"set by {row.set_by}"] * (row.set_by != "book")
    marks += ["immaterial"] * (row.name in immaterial)
    return "".join(f' <span class="te-badge">{mark}</span>' for mark in marks)


def sources_list(ids: Iterable[str]) -> Markup:
    """Sources as a list with anchors, one entry each."""
    wanted = {part for entry in ids for part in str(entry).split()}
    if not wanted:
        return Markup("<p>None.</p>")
    entries = []
    for row in evidence.sources(wanted).fillna("").to_dict("records"):
        title = html.escape(row["title"])
        linked = f'<a href="{_attribute(row["url"])}">{title}</a>' if row["url"] else title
        seen = "" if row["seen"] == "original" else " Seen second-hand."
        date = f", {row['published']}" if row["published"] else ""
        note = f" {html.escape(row['note'])}" if row["note"] else ""
        entries.append(
            f'<li id="source-{row["id"]}">{html.escape(row["publisher"])}: {linked}{date}. '
            f"{row['licence']}.{seen}{note} "
            f'<a href="{ledger.SOURCES}#source-{row["id"]}">Rows</a></li>'
        )
    return Markup(f'<ul class="te-sources">{"".join(entries)}</ul>')


def _source_links(ids: Sequence[str], *, page: str = "") -> str:
    if not ids:
        return ""
    names = evidence.sources(ids).set_index("id")["publisher"]
    grouped: dict[str, str] = {}
    for identity in ids:
        grouped.setdefault(str(names[identity]), identity)
    links = ", ".join(
        f'<a href="{page}#source-{identity}">{html.escape(publisher)}</a>'
        for publisher, identity in grouped.items()
    )
    return f"Source: {links}."


def _card(execution: Execution) -> dict[str, Any]:
    """The entry of a topic on the index: its question and its computed answer."""
    href = _href(f"{execution.source.stem}.html")
    return {
        "topic": execution.source.topic,
        "href": href,
        "question": execution.source.question or execution.source.title,
        "answer": Markup(_answer(execution).replace('href="#', f'href="{href}#')),
    }


def _changed(book: Book) -> list[dict[str, str]]:
    return [
        {"name": name, "shown": f"{value:g}" if isinstance(value, float | int) else f"{value[0]:g} to {value[1]:g}"}
        for name, value in book.overrides.items()
    ]  # fmt: skip


def embedded_json(value: Any) -> str:
    """JSON that is safe inside an HTML page whatever its strings hold."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(JSON_ESCAPES)


def _attribute(text: Any) -> str:
    return html.escape(str(text), quote=True)
