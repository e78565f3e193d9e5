"""The register of questions: the one headline result that answers each, and what its variants ask.

A number that reads like the answer to a question but asks something else is a variant and says so.
A number that another page prints again is a repeat, and must be the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from token_economics import project
from token_economics.evidence import tables
from token_economics.headlines import rows as headline
from token_economics.headlines.rows import Quantity
from token_economics.report.run import notebooks
from token_economics.report.run.notebooks import Source

TABLE = "questions"
ANSWER, REPEAT, VARIANT = "answer", "repeat", "variant"


class Variant(NamedTuple):
    """A result that asks something else than the question, and what."""

    result: str
    asks: str


@dataclass(frozen=True)
class Question:
    """A question in a reader's words, with the ids of the results that belong to it."""

    name: str
    asks: str
    answer: str
    repeats: tuple[str, ...]
    variants: tuple[Variant, ...]
    concerns: str

    @property
    def results(self) -> tuple[str, ...]:
        """Every result that belongs to the question, the answer first."""
        return (self.answer, *self.repeats, *(variant.result for variant in self.variants))


@tables.once
def register() -> tuple[Question, ...]:
    """The questions in the order of the table; none where the project keeps no such table."""
    if TABLE not in tables.tables():
        return ()
    rows = tables.raw_rows(TABLE)
    return tuple(
        _question(name, [row for row in rows if row["question"] == name])
        for name in dict.fromkeys(row["question"] for row in rows)
    )


def _question(name: str, rows: Sequence[Mapping[str, str]]) -> Question:
    answer = next(row for row in rows if row["role"] == ANSWER)
    return Question(
        name=name,
        asks=answer["asks"],
        answer=answer["result"],
        repeats=tuple(row["result"] for row in rows if row["role"] == REPEAT),
        variants=tuple(
            Variant(row["result"], row["asks"]) for row in rows if row["role"] == VARIANT
        ),
        concerns=answer["concerns"],
    )


def contradictions(questions: Sequence[Question], results: pd.DataFrame) -> Iterator[str]:
    """Where results answer one question with different numbers, or escape the register.

    Parameters
    ----------
    results
        Headline results with their full ids, topic.slug: columns of `headline.RESULT_COLUMNS`.
        Those that the register names and this frame lacks are not looked at.

    Yields
    ------
    A line a fault: two results with one label and period that print differently; a repeat that
    prints differently from its answer or bears another label; two labels for one number that no
    question holds together; a label that concerns a question in which it has no row.
    """
    rows = {str(row["id"]): row for row in results.to_dict("records")}
    yield from _same_words_differ(rows)
    for question in questions:
        yield from _repeats_differ(question, rows)
        yield from _unregistered(question, rows)
    yield from _same_number_apart(questions, rows)


Rows = Mapping[str, Mapping[Any, Any]]


def printed(row: Mapping[Any, Any]) -> str:
    """A result as a page writes it, with unit and range."""
    return f"{Quantity({str(key): value for key, value in row.items()})}"


def _words(row: Mapping[Any, Any]) -> tuple[str, str]:
    """What a result says it is, in letters and digits alone, and its period."""
    period = "" if pd.isna(row["period"]) else str(row["period"])
    return " ".join(re.findall(r"[a-z0-9]+", str(row["label"]).lower())), period


def _same_words_differ(rows: Rows) -> Iterator[str]:
    first: dict[tuple[str, str], str] = {}
    for identity, row in rows.items():
        other = first.setdefault(_words(row), identity)
        if printed(rows[other]) != printed(row):
            yield (
                f"{other} and {identity} are both {row['label']!r} and print "
                f"{printed(rows[other])} and {printed(row)}: let their labels differ as they do"
            )


def _repeats_differ(question: Question, rows: Rows) -> Iterator[str]:
    answer = rows.get(question.answer)
    for identity in question.repeats:
        row = rows.get(identity)
        if answer is None or row is None:
            continue
        if printed(row) != printed(answer):
            yield (
                f"{identity} prints {printed(row)} and {question.answer} {printed(answer)}: "
                f"two answers to {question.asks!r}"
            )
        elif _words(row) != _words(answer):
            yield (
                f"{identity} repeats {question.answer} and is called {row['label']!r}, not "
                f"{answer['label']!r}"
            )


def _unregistered(question: Question, rows: Rows) -> Iterator[str]:
    for identity, row in rows.items():
        period: str = "" if pd.isna(row["period"]) else f", {row['period']}"
        concerns = re.search(question.concerns, f"{row['label']}{period}", re.IGNORECASE)
        if concerns and identity not in question.results:
            yield (
                f"{identity}: its label {row['label']!r} concerns {question.asks!r}, and it has no "
                "row there that says whether it repeats the answer or asks something else"
            )


def _same_number_apart(questions: Sequence[Question], rows: Rows) -> Iterator[str]:
    """One number with its range under two labels: no question holds both."""
    first: dict[tuple[Any, ...], str] = {}
    for identity, row in rows.items():
        if pd.isna(row["low"]) or row["low"] == row["high"]:
            continue
        number = (row["unit"], row["period"], row["value"], row["low"], row["high"])
        other = first.setdefault(number, identity)
        if other != identity and not any({other, identity} <= set(q.results) for q in questions):
            yield f"{other} and {identity} are one number: a question must hold both"


def problems(sources: Sequence[Source]) -> list[str]:
    """Rows of the register that name no published result, and answers that contradict each other.

    What a notebook publishes that is not stored executed cannot be known, nor what notebooks of
    another folder leave out; neither is asked. A topic without a row in the register, such as a
    fork's own, is left alone.
    """
    held = register()
    if not held or project.are_notebooks_elsewhere():
        return []
    named = {name for question in held for name in question.results}
    topics = {name.partition(".")[0] for name in named}
    stored = {source.topic: published(source) for source in sources if source.topic in topics}
    known = [frame for frame in stored.values() if frame is not None]
    found = pd.concat(known, ignore_index=True) if known else _no_results()
    unknown = {topic for topic, frame in stored.items() if frame is None}
    return [*_unpublished(set(found["id"]), unknown), *contradictions(held, found)]


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
    for line, row in enumerate(tables.raw_rows(TABLE), start=2):
        result = row["result"]
        if result not in known and result.partition(".")[0] not in unknown_topics:
            yield (
                f"questions.csv: row {line}, column result: found {result!r}; no stored notebook "
                "publishes it"
            )
