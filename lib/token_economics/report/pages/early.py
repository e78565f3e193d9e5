"""A report that can be read while it is made: each page as its notebook finishes, and a list of them.

They stand in the folder that takes the place of the report at the end, and are written over by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from token_economics.book.assumptions import Book
from token_economics.book.scenarios import Scenario
from token_economics.report.pages import render, topic_page
from token_economics.report.pages.markup import environment
from token_economics.report.run import results
from token_economics.report.run.execute import Execution
from token_economics.report.run.notebooks import Source

TITLE = "A report in the making"
UNKNOWN: dict[str, Any] = {
    "record": "", "beside": [], "questions": [], "previous": None, "following": None,
}  # fmt: skip
"""What a page says of other pages' results, which are not known yet."""


@dataclass
class Early:
    """The pages that are there; ``finished`` is where the report will stand, beside the folder."""

    folder: Path
    finished: str
    sources: Sequence[Source]
    book: Book
    scenario: Scenario
    run_id: str
    ready: dict[str, str] = field(default_factory=dict)

    @property
    def index(self) -> Path:
        """The list of pages."""
        return self.folder / "index.html"

    def begin(self) -> None:
        """Write the list, with no page yet."""
        self._write(
            "index.html", "early.html.j2", title=TITLE, charts=False,
            topics=[
                {"question": s.question or s.title, "href": self.ready.get(s.topic, "")}
                for s in self.sources
            ],
        )  # fmt: skip

    def add(self, execution: Execution, values: Mapping[str, Any]) -> None:
        """Write the page of a notebook, as `render.topic` gives it, and the list that leads there."""
        self._write(f"{execution.source.stem}.html", "early_topic.html.j2", **values, **UNKNOWN)
        self.ready[execution.source.topic] = topic_page.href(execution)
        self.begin()

    def _write(self, filename: str, template: str, **values: Any) -> None:
        around = render.around([], self.book, self.scenario, self.run_id)
        text = environment().get_template(template).render(
            here=filename, finished=f"../{render.address(self.finished)}/index.html",
            **around, **values,
        )  # fmt: skip
        results.write_text(self.folder / filename, render.linked_across(text, self.ready) + "\n")
