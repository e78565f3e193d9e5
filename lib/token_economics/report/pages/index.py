"""The index: the answer, its numbers with their trends, the scenarios, the questions, the edition."""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import yaml
from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from markupsafe import Markup

from token_economics import project
from token_economics.book.assumptions import Book
from token_economics.evidence import quarters
from token_economics.headlines import rows as headline
from token_economics.report.pages import outputs, quotes, topic_page
from token_economics.report.pages.markup import part
from token_economics.report.pages.permalinks import QUESTIONS
from token_economics.report.run.execute import Execution
from token_economics.report.run.results import Shown
from token_economics.show import causal_map

SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
STRIP, STORIES = "scenario_strip", "scenarios"
WHAT_IF = "What if"
WIDTH, HEIGHT = 120, 34


class Trend(NamedTuple):
    """Where the trend behind a result is published: a table of the run, rows of it, a column.

    ``only`` is ``column=value`` of the rows, or nothing for all.
    """

    table: str
    column: str
    only: str
    says: str


@cache
def trends() -> Mapping[str, Trend]:
    """The trends that stand beside numbers, by the id of the result."""
    with Path(__file__).with_name("trends.csv").open(encoding="utf-8", newline="") as file:
        return {row.pop("result"): Trend(**row) for row in csv.DictReader(file)}


def parts(
    executions: Sequence[Execution],
    shown: Mapping[str, Shown],
    bodies: Mapping[str, Mapping[str, Any]],
    book: Book,
    quoted: quotes.Quotes,
) -> dict[str, Any]:
    """What the index shows."""
    first, results = executions[0], quoted.rows
    mind, anchor = topic_page.change_of_mind(bodies[first.source.topic]["body"])
    return {
        "lead": {
            "href": topic_page.href(first),
            "question": first.source.question or first.source.title,
            "answer": Markup(_from_index(topic_page.answer(first), topic_page.href(first))),
            "beside": quoted.beside(
                quotes.in_sentences(topic_page.answer(first), first.source.topic),
                first.source.topic,
            ),
        },
        "record": quotes.record(results) if quoted.on_market else "",
        "questions_href": QUESTIONS if quoted.questions else "",
        "numbers": _numbers(first, shown, results),
        "causal_map": Markup(causal_map.markup(headline.quantities(_known(results)))),
        "sliders": _sliders(executions, bodies),
        "strip": _strip(shown),
        "stories": _stories(shown),
        "cards": [_card(e, bodies[e.source.topic]["body"]) for e in executions[1:]],
        "mind": Markup(mind),
        "mind_href": f"{topic_page.href(first)}#{anchor}",
        "results_table": outputs.results_html(list(results.values())) if results else "",
        "citation": citation(book.as_of),
    }


def _sliders(
    executions: Sequence[Execution], bodies: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, str]]:
    """The parts of pages that ask what if: there a reader moves assumptions."""
    return [
        {
            "href": f"{topic_page.href(execution)}#{entry['id']}",
            "question": entry["text"],
            "title": execution.source.title,
        }
        for execution in executions
        for entry in bodies[execution.source.topic]["contents"]
        if entry["text"].startswith(WHAT_IF)
    ]


def _known(results: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(list(results.values()), columns=["id", *headline.RESULT_COLUMNS[1:]])


def _from_index(markup: str, href: str) -> str:
    """Links of a page's answer as the index writes them; a link to another topic stays."""
    return re.sub(r'href="#(result-[a-z0-9_]+)"', rf'href="{href}#\1"', markup)


# The numbers ---------------------------------------------------------------------------------


def _numbers(
    first: Execution, shown: Mapping[str, Shown], results: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The results that the first page's answer states as values, in its order."""
    cards = []
    for identity, written in dict.fromkeys(topic_page.named_in_answer(first)):
        full = identity if "." in identity else f"{first.source.topic}.{identity}"
        row = results.get(full)
        if row is None:
            continue
        quantity = headline.Quantity(row)
        if html.escape(f"{quantity:p}") == written and written:
            continue  # a date that the sentence names, not a value
        cards.append(
            {
                "id": full,
                "label": row["label"],
                "value": f"{quantity:v}",
                "range": f"{quantity:r}" if row["low"] is not None else "",
                "period": row["period"],
                "origin": outputs.origin(row),
                "trend": _trend(full, str(row["period"]), shown),
            }
        )
    return cards


def _trend(identity: str, period: str, shown: Mapping[str, Shown]) -> Markup | str:
    """A small line of what is behind a result, or nothing where the run publishes no such table.

    The period of the result is marked on it, or the end where it is no one day or quarter.
    """
    trend = trends().get(identity)
    topic, _, name = trend.table.partition(".") if trend else ("", "", "")
    table = shown[topic].tables.get(name) if topic in shown else None
    if trend is None or table is None:
        return ""
    only, _, value = trend.only.partition("=")
    if not {trend.column, "date", only or "date"} <= set(table):
        return ""
    if only:
        table = table[table[only] == value]
    rows = table[["date", trend.column]].dropna().groupby("date", sort=True)[trend.column].first()
    if len(rows) < 3:
        return ""
    return sparkline(
        [float(value) for value in rows],
        f"{trend.says}, {rows.index[0][:4]} to {rows.index[-1][:4]}",
        marked=_place(list(rows.index), period),
    )


def _place(dates: list[str], period: str) -> int:
    """Which of the dates a day or a quarter is nearest to; the last one for any other period."""
    if re.fullmatch(r"\d{4}Q[1-4]", period):
        wanted = quarters.end_date(period)
    elif re.fullmatch(r"\d{4}-\d{2}-\d{2}", period):
        wanted = pd.Timestamp(period)
    else:
        return len(dates) - 1
    return int(np.abs(pd.DatetimeIndex(dates) - wanted).argmin())


def sparkline(values: Sequence[float], label: str, *, marked: int = -1) -> Markup:
    """A line without axes, a point of it marked, and what it shows in words below it."""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    points = [
        (3 + (WIDTH - 6) * at / (len(values) - 1), HEIGHT - 3 - (HEIGHT - 6) * (value - low) / span)
        for at, value in enumerate(values)
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return part("sparkline", WIDTH, HEIGHT, path, points[marked], label)


# Scenarios, questions, edition ---------------------------------------------------------------


def _table(shown: Mapping[str, Shown], name: str) -> tuple[str, pd.DataFrame | None]:
    for topic, contents in shown.items():
        if name in contents.tables:
            return topic, contents.tables[name]
    return "", None


def _strip(shown: Mapping[str, Shown]) -> dict[str, Any] | None:
    """Headline results side by side under the named scenarios, where a notebook shows them."""
    topic, table = _table(shown, STRIP)
    if table is None:
        return None
    runs = [str(name) for name in table.columns if name not in ("label", "period")]
    return {
        "topic": topic,
        "runs": [name.replace("_", " ") for name in runs],
        "rows": [
            {
                "label": row["label"],
                "period": row["period"],
                "cells": [str(row[name]).partition(" (")[::2] for name in runs],
            }
            for row in table.to_dict("records")
        ],
    }


def _stories(shown: Mapping[str, Shown]) -> list[dict[str, Any]]:
    _, table = _table(shown, STORIES)
    if table is None or not {"scenario", "title", "story"} <= set(table):
        return []
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _card(execution: Execution, body: str) -> dict[str, Any]:
    """The entry of a topic on the index: its question and the first sentence of its answer."""
    href = topic_page.href(execution)
    _, anchor = topic_page.change_of_mind(body)
    return {
        "topic": execution.source.topic,
        "href": href,
        "question": execution.source.question or execution.source.title,
        "answer": Markup(_from_index(first_sentence(topic_page.answer(execution)), href)),
        "mind_href": f"{href}#{anchor}" if anchor else "",
    }


def first_sentence(markup: str) -> str:
    """The first sentence of a paragraph, its links kept."""
    soup = BeautifulSoup(markup, "html.parser")
    paragraph = soup.find("p")
    if not isinstance(paragraph, Tag):
        return markup
    nodes = list(paragraph.children)
    for at, node in enumerate(nodes):
        if isinstance(node, NavigableString) and (end := SENTENCE_END.search(str(node))):
            node.replace_with(NavigableString(str(node)[: end.start()]))
            for rest in nodes[at + 1 :]:
                rest.extract()
            break
    paragraph["class"] = "te-card-answer"
    return str(soup)


def citation(as_of: str) -> dict[str, str] | None:
    """How to cite the edition, from the project's citation file."""
    path = project.root() / "CITATION.cff"
    if not path.exists():
        return None
    stated = yaml.safe_load(path.read_text(encoding="utf-8"))
    authors = [
        a.get("name") or f"{a['given-names']} {a['family-names']}" for a in stated["authors"]
    ]
    return {
        "text": f"{', '.join(authors)} ({as_of[:4]}). {stated['title']}. "
        f"Version {stated['version']}, edition of {as_of}.",
        "version": str(stated["version"]),
    }
