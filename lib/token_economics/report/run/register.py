"""The registers of questions and of headlines held against what the project's stored notebooks publish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from token_economics import project
from token_economics.answers import questions
from token_economics.evidence import tables
from token_economics.headlines import rows as headline
from token_economics.report.run import notebooks
from token_economics.report.run.notebooks import Source


def problems(sources: Sequence[Source]) -> list[str]:
    """Rows of the register that name no published result, and answers that contradict each other.

    What a notebook publishes that is not stored executed cannot be known, nor what notebooks of
    another folder leave out; neither is asked. A topic without a row in the register, such as a
    fork's own, is left alone.
    """
    register = questions.register()
    if not register or project.are_notebooks_elsewhere():
        return []
    named = {name for question in register for name in question.results}
    topics = {name.partition(".")[0] for name in named}
    stored = {source.topic: published(source) for source in sources if source.topic in topics}
    known = [frame for frame in stored.values() if frame is not None]
    found = pd.concat(known, ignore_index=True) if known else _no_results()
    unknown = {topic for topic, frame in stored.items() if frame is None}
    return [*_unpublished(set(found["id"]), unknown), *questions.contradictions(register, found)]


def headline_problems(sources: Sequence[Source]) -> list[str]:
    """Where a stored notebook's results and the topic's rows of ``headlines.csv`` differ."""
    problems = []
    for source in () if project.are_notebooks_elsewhere() else sources:
        frame = published(source)
        if frame is not None:
            slugs = [identity.partition(".")[2] for identity in frame["id"]]
            problems += headline.out_of_step(source.topic, slugs)
    return problems


def published(source: Source) -> pd.DataFrame | None:
    """Headline results of a stored notebook with their full ids; None of one not executed."""
    cells = notebooks.code_cells(notebooks.load(source.path))
    if any(cell.execution_count is None for cell in cells):
        return None
    bundles = [output.get("data", {}) for cell in cells for output in cell.outputs]
    rows = [row for data in bundles for row in data.get(headline.MIME, {}).get("results", [])]
    frame = pd.DataFrame(rows, columns=list(headline.RESULT_COLUMNS)) if rows else _no_results()
    return frame.assign(id=[f"{source.topic}.{identity}" for identity in frame["id"]])


def _no_results() -> pd.DataFrame:
    return pd.DataFrame(columns=list(headline.RESULT_COLUMNS))


def _unpublished(known: set[str], unknown_topics: set[str]) -> Iterator[str]:
    for line, row in enumerate(tables.raw_rows(questions.TABLE), start=2):
        result = row["result"]
        if result not in known and result.partition(".")[0] not in unknown_topics:
            yield (
                f"questions.csv: row {line}, column result: found {result!r}; no stored notebook "
                "publishes it"
            )
