"""Which sources a topic of a run leans on, and which topics lean on a source."""

from __future__ import annotations

from collections import defaultdict
from urllib.parse import quote

from token_economics.book.assumptions import Book
from token_economics.report.run.execute import Execution
from token_economics.show import display


def uses(
    executions: list[Execution], book: Book
) -> tuple[dict[str, dict[str, str]], dict[str, list[dict[str, str]]]]:
    """The page of each topic, and for each source the pages that use it."""
    topics, used_on = {}, defaultdict(list)
    for execution in executions:
        source = execution.source
        entry = {"href": quote(f"{source.stem}.html"), "title": source.title}
        topics[source.topic] = entry
        for identity in sorted(used_sources(execution, book)):
            used_on[identity].append({**entry, "href": f"{entry['href']}#source-{identity}"})
    return topics, dict(used_on)


def used_sources(execution: Execution, book: Book) -> set[str]:
    """Sources that a topic's figures, tables and assumptions name."""
    rows = [row for row in book.rows.values() if execution.source.topic in row.topics]
    return source_ids(execution) | {part for row in rows for part in row.source_id.split()}


def source_ids(execution: Execution) -> set[str]:
    used: set[str] = set()
    for cell in execution.notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            used.update((data.get(display.VEGALITE, {}).get("usermeta") or {}).get("sources", []))
            used.update(data.get(display.TABLE, {}).get("sources", []))
    return used
