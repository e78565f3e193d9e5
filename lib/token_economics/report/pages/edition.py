"""The files of one run in the making: what can be made while notebooks run is made then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from token_economics.book.assumptions import Book
from token_economics.book.scenarios import Scenario
from token_economics.report.pages import about, assets, downloads, markup
from token_economics.report.pages import render as pages
from token_economics.report.pages.render import Prepared
from token_economics.report.run import checks, fingerprint, results
from token_economics.report.run.cache import Cache
from token_economics.report.run.execute import Execution


@dataclass
class Edition:
    """A run's folder that is not published yet."""

    folder: Path
    book: Book
    scenario: Scenario
    run_id: str
    cache: Cache
    prepared: Prepared = field(init=False)
    executions: dict[str, Execution] = field(default_factory=dict)

    def prepare(self) -> None:
        """Make what needs no notebook."""
        assets.write(self.folder, self.cache)
        downloads.write(self.folder)
        markup.compile_templates()
        self.prepared = Prepared(checks.canonical_cases(self.cache), list(about.reference()))

    def render(self, execution: Execution) -> None:
        """Make the page of a notebook that has run."""
        topic = execution.source.topic
        self.executions[topic] = execution
        self.prepared.topics[topic] = pages.topic(self.folder, execution, self.book)

    def finish(self, topics: Iterable[str]) -> None:
        """Write what needs all notebooks, in this order: tables, results, pages, archive."""
        executions = [self.executions[topic] for topic in topics]
        shown = results.write(
            self.folder,
            executions,
            book=self.book,
            scenario=self.scenario,
            run_id=self.run_id,
            hashes=fingerprint.hashes(),
        )
        pages.write(
            self.folder,
            executions,
            shown,
            self.prepared,
            book=self.book,
            scenario=self.scenario,
            run_id=self.run_id,
        )
        results.write_zip(self.folder)
