"""One question, one number: what each page says of the questions whose numbers it prints.

Computed from the register of questions and the results of the run, for every page alike.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup
from nbformat import NotebookNode

from token_economics.headlines import rows as headline
from token_economics.project import fingerprint
from token_economics.project.cache import Cache
from token_economics.report.pages.evidence_pages import Page
from token_economics.report.pages.permalinks import QUESTIONS, words_of
from token_economics.report.run import notebooks, reach
from token_economics.report.run.execute import Execution
from token_economics.report.run.questions import Question
from token_economics.report.run.results import Shown

NUMBER = re.compile(r'class="te-number" href="(?:[\w.-]+)?#result-([a-z0-9_.]+)"')
SOLVED = "headlines.market.market_memo.solved"
ON_MARKET = "on_market"
HELD, SCORED, OVER_NAIVE = (
    f"forecast_record.{slug}" for slug in ("coverage_80", "outcomes_scored", "crps_over_best_naive")
)
STATED = "claims_and_predictions.stated_"  # results that are the probabilities of predictions
Rows = Mapping[str, Mapping[str, Any]]


def results_by_id(shown: Mapping[str, Shown]) -> dict[str, dict[str, Any]]:
    """Every headline result of the run by its full id."""
    return {
        str(row["id"]): {str(k): (None if pd.isna(v) else v) for k, v in row.items()}
        for contents in shown.values()
        for row in contents.results.to_dict("records")
    }


def number(row: Mapping[str, Any], code: str = "v") -> Markup:
    """A result as a sentence writes it: a link to its row, with label and range for a pointer."""
    quantity = headline.Quantity(row)
    title = html.escape(f"{row['label']}: {quantity}", quote=True)
    return Markup('<a class="te-number" href="#result-{}" title="{}">{}</a>').format(
        row["id"], Markup(title), format(quantity, code)
    )


@dataclass(frozen=True)
class Quotes:
    """The register with the numbers of one run.

    ``rows`` are the results by their full ids, ``titles`` the titles of the run's topics,
    ``on_market`` the topics whose pages show ranges of the market.
    """

    questions: tuple[Question, ...]
    rows: Rows
    titles: Mapping[str, str]
    on_market: frozenset[str] = frozenset()

    def on_page(self, printed: Iterable[str], topic: str) -> list[dict[str, Any]]:
        """The questions whose numbers a page prints, with its own variants of each.

        A page that prints the answer alone, and owns it, needs no word about it.
        """
        known = set(printed)
        return [
            entry
            for question in self.questions
            if known & set(question.results)
            and ((entry := self._entry(question, known, topic))["variants"] or not entry["here"])
        ]

    def beside(self, printed: Iterable[str], topic: str) -> list[dict[str, Any]]:
        """The questions of which a number is printed that competes with the answer.

        A variant that prints as the answer does, or that answers a question itself, does not.
        """
        answers = {question.answer for question in self.questions}

        def competes(variant: Mapping[str, Any], answer: str) -> bool:
            return variant["text"] != answer and variant["result"] not in answers

        entries = [
            {**entry, "variants": [v for v in entry["variants"] if competes(v, entry["text"])]}
            for entry in self.on_page(printed, topic)
        ]
        return [entry for entry in entries if entry["variants"]]

    def of_predictions(self) -> dict[str, dict[str, Any]]:
        """The question that the probability of a prediction is a variant of, by the prediction."""
        return {
            variant.result.removeprefix(STATED): self._entry(question, {variant.result}, "")
            for question in self.questions
            for variant in question.variants
            if variant.result.startswith(STATED) and variant.result in self.rows
        }

    def page(self) -> Page:
        """The register: every question, its answer, what its variants ask, where it is repeated."""
        entries = []
        for question in self.questions:
            entry = self._entry(question, set(question.results), "")
            repeats = [self._page_of(identity) for identity in question.repeats]
            entries.append({**entry, "repeats": repeats})
        values = {"title": "Questions", "charts": False, "questions": entries}
        return Page(QUESTIONS, "questions.html.j2", values)

    def _entry(self, question: Question, printed: set[str], topic: str) -> dict[str, Any]:
        """A question for a template, with those of its variants that are printed."""
        return {
            "name": question.name,
            "href": f"{QUESTIONS}#question-{question.name}",
            "asks": question.asks,
            "answer": self._number(question.answer, ""),
            "text": self._text(question.answer),
            "label": str(self.rows.get(question.answer, {}).get("label", "")),
            "period": str(self.rows.get(question.answer, {}).get("period") or ""),
            "page": self._page_of(question.answer),
            "here": _topic(question.answer) == topic,
            "variants": [
                {
                    "result": variant.result,
                    "number": self._number(variant.result),
                    "text": self._text(variant.result),
                    "asks": variant.asks,
                    "page": self._page_of(variant.result),
                }
                for variant in question.variants
                if variant.result in printed and variant.result in self.rows
            ],
        }

    def _number(self, identity: str, code: str = "v") -> Markup | None:
        row = self.rows.get(identity)
        return None if row is None else number(row, code)

    def _text(self, identity: str) -> str:
        """The number alone, to see whether two are printed alike."""
        row = self.rows.get(identity)
        return "" if row is None else f"{headline.Quantity(row):v}"

    def _page_of(self, identity: str) -> Markup:
        topic = _topic(identity)
        words = words_of(topic)
        title = self.titles.get(topic, words[:1].upper() + words[1:])
        return Markup('<a href="#topic-{}">{}</a>').format(topic, title)


def _topic(identity: str) -> str:
    return identity.partition(".")[0]


def printed_on(execution: Execution, contents: Shown, page: str, rows: Rows) -> list[str]:
    """Full ids of the results that a page prints: its own, those in sentences, those in tables.

    Parameters
    ----------
    page
        The HTML of its answer and body.
    rows
        The results of the run by their full ids.
    """
    own = [str(identity) for identity in contents.results["id"]]
    named = in_sentences(page, execution.source.topic)
    return list(dict.fromkeys([*own, *named, *_in_tables(contents, rows)]))


def in_sentences(page: str, topic: str) -> list[str]:
    """Full ids of the results that sentences of a topic's page name, in their order."""
    found = [match[1] for match in NUMBER.finditer(page)]
    return list(dict.fromkeys(i if "." in i else f"{topic}.{i}" for i in found))


def _in_tables(contents: Shown, rows: Rows) -> Iterable[str]:
    """Results that a table lists by label and period."""
    known = {
        (str(row["label"]), str(row["period"] or "")): identity for identity, row in rows.items()
    }
    for table in contents.tables.values():
        label = next((name for name in ("label", "result") if name in table), None)
        if label is None or "period" not in table:
            continue
        for words, period in zip(table[label], table["period"], strict=True):
            if (identity := known.get((str(words), str(period or "")))) is not None:
                yield identity


# The record of the market's ranges -----------------------------------------------------------


def on_the_market(executions: Sequence[Execution], cache: Cache) -> frozenset[str]:
    """Topics whose pages show ranges of the market: their notebooks reach the market's solution.

    To find out takes parsing all of the library; what was found of the same code is kept.
    """
    codes = {each.source.topic: _code(each.notebook) for each in executions}
    known = [fingerprint.hashes()["lib"], json.dumps(codes)]
    key = fingerprint.digest(part.encode() for part in known)
    found = cache.get(ON_MARKET, key)
    if found is None:
        found = [e.source.topic for e in executions if reaches_the_market(e.notebook)]
        cache.put(ON_MARKET, key, found)
    return frozenset(found)


def reaches_the_market(notebook: NotebookNode) -> bool:
    """Whether the code of a notebook leads to the market's solution."""
    return SOLVED in reach.reached([_code(notebook)], commands=())


def _code(notebook: NotebookNode) -> list[str]:
    """The code of a notebook, whatever parameters a run put in."""
    cells = notebooks.code_cells(notebook)
    return [cell.source for cell in cells if not notebooks.is_injected(cell)]


def record(results: Mapping[str, Mapping[str, Any]]) -> Markup:
    """The record in a sentence, with the results of the run by their full ids."""
    if not {HELD, SCORED, OVER_NAIVE} <= set(results):
        return Markup(
            "The market's ranges have a record, on the page on the record of forecasts, which this "
            "report leaves out."
        )
    return Markup(
        "The market's ranges have a record: set back to earlier quarters, its 80 % intervals held "
        "{} of {} outcomes, and it lost {} what the best naive rule lost."
    ).format(*(number(results[name]) for name in (HELD, SCORED, OVER_NAIVE)))
