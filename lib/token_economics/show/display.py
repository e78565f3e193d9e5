"""What a notebook shows: charts, tables, headline results and computed sentences, as mime bundles.

This is the contract between an executed notebook and everything that reads it (pages, downloads,
comparison, tests): see `VEGALITE`, `TABLE` and `RESULTS`. Each bundle has a plain fallback, so
that a notebook reads well in JupyterLab, under plain papermill and as text. Numbers are rounded
here, at the border, to `cells.SIGNIFICANT_DIGITS`; models never round.
"""

from __future__ import annotations

import html
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import altair as alt
import pandas as pd

from token_economics.evidence import tables
from token_economics.figures import style
from token_economics.headlines import rows as headline
from token_economics.headlines.rows import (
    CALENDAR_YEAR,
    COLUMN_DIGITS,
    Quantity,
    check_results,
    check_slug,
    column_texts,
    format_number,
    quantities,
    trimmed,
)
from token_economics.methods.rounding import plain_values
from token_economics.show import causal_map

VEGALITE = style.VEGALITE_MIME
TABLE = "application/vnd.dataresource+json"
RESULTS = headline.MIME


@dataclass(frozen=True)
class Bundle:
    """Something that Jupyter displays from a ready mime bundle."""

    data: Mapping[str, Any]
    metadata: Mapping[str, Any] | None = None

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        return dict(self.data), dict(self.metadata or {})


def figure(
    chart: alt.TopLevelMixin,
    *,
    name: str,
    caption: str,
    description: str,
    sources: pd.DataFrame | Sequence[str] = (),
) -> Bundle:
    """A chart with its caption, its screen-reader description and its sources.

    The table that can be downloaded is the one that is plotted: it is read from the chart.

    Parameters
    ----------
    name
        Slug of the figure, unique in the notebook; names the download and the permalink.
    sources
        Source ids, or a frame with a ``source_id`` column.

    Raises
    ------
    ValueError
        If the slug is not one, or the chart's table holds what a chart would silently drop; names
        the figure.
    """
    check_slug(name)
    try:
        spec = style.specification(chart)
    except ValueError as error:
        raise ValueError(f"figure {name}: {error}") from None
    spec["description"] = description
    spec["usermeta"] = {
        **(spec.get("usermeta") or {}),
        "name": name,
        "caption": caption,
        "sources": _source_ids(sources),
    }
    return Bundle(style.bundle(spec))


def table(
    frame: pd.DataFrame,
    *,
    name: str,
    caption: str,
    titles: Mapping[str, str] | None = None,
    sources: pd.DataFrame | Sequence[str] = (),
) -> Bundle:
    """A table with titles that carry units; numbers are rounded, dates are written as ISO days."""
    check_slug(name)
    plain = plain_values(frame)
    columns = [str(column) for column in frame.columns]
    headings = {column: (titles or {}).get(column, column.replace("_", " ")) for column in columns}
    fields = [
        {"name": column, "type": _field_type(frame[column]), "title": headings[column]}
        for column in columns
    ]
    resource = {
        "name": name,
        "title": caption,
        "profile": "tabular-data-resource",
        "schema": {"fields": fields},
        "data": plain,
        "sources": _source_ids(sources),
    }
    return Bundle(
        {
            TABLE: resource,
            "text/html": html_table(resource),
            "text/plain": f"Table: {caption} ({len(plain)} rows)",
        }
    )


def results(frame: pd.DataFrame) -> Bundle:
    """The notebook's headline results, one row each: `RESULT_COLUMNS`."""
    rows = plain_values(check_results(frame))
    _source_ids(frame)
    visible = frame[["label", "value", "low", "high", "unit", "period"]]
    shown = table(visible, name="headline_results", caption="Headline results")
    return Bundle(
        {
            RESULTS: {"results": rows},
            "text/html": shown.data["text/html"],
            "text/plain": "\n".join(str(quantity) for quantity in quantities(frame).values()),
        }
    )


def answer(template: str, frame: pd.DataFrame) -> Bundle:
    """The notebook's answer: a computed sentence, set apart. Placeholders are result ids."""
    return _sentence(template, frame, tag="p", kind="answer")


def prose(template: str, frame: pd.DataFrame) -> Bundle:
    """A computed paragraph. Placeholders are result ids, with a format code of `Quantity`."""
    return _sentence(template, frame, tag="p", kind="prose")


def heading(anchor: str, template: str, frame: pd.DataFrame) -> Bundle:
    """A section's heading that claims a result, with a stable id."""
    check_slug(anchor.replace("-", "_"))
    return _sentence(template, frame, tag="h2", kind="claim", anchor=anchor)


def how_topics_connect(frame: pd.DataFrame) -> Bundle:
    """The causal map from assumptions to unseen output, with the numbers that the frame holds."""
    known = quantities(frame)
    return Bundle({"text/html": causal_map.markup(known), "text/plain": causal_map.text(known)})


def _sentence(
    template: str, frame: pd.DataFrame, *, tag: str, kind: str, anchor: str = ""
) -> Bundle:
    known = quantities(frame)
    linked = {name: _Linked(quantity) for name, quantity in known.items()}
    try:
        text = string.Formatter().vformat(template, (), _by_topic(known))
        escaped = html.escape(template, quote=False)
        markup = string.Formatter().vformat(escaped, (), _by_topic(linked))
    except (KeyError, AttributeError) as error:
        raise ValueError(f"the sentence names {error}, which is no result") from None
    identity = f' id="{anchor}"' if anchor else ""
    return Bundle(
        {
            "text/html": f'<{tag} class="te-{kind}"{identity}>{markup}</{tag}>',
            "text/plain": text,
        }
    )


def _by_topic(known: Mapping[str, Any]) -> dict[str, Any]:
    """Names for a template: an id ``topic.slug`` becomes the attribute ``slug`` of ``topic``."""
    names: dict[str, Any] = {}
    for identity, quantity in known.items():
        topic, dot, slug = identity.partition(".")
        if dot:
            setattr(names.setdefault(topic, SimpleNamespace()), slug, quantity)
        else:
            names[identity] = quantity
    return names


@dataclass(frozen=True)
class _Linked:
    """A quantity as a link to its row, with its range for those who point at it."""

    quantity: Quantity

    def __format__(self, code: str) -> str:
        row = self.quantity.row
        shown = html.escape(format(self.quantity, code))
        title = html.escape(f"{row['label']}: {format(self.quantity, '')}", quote=True)
        return f'<a class="te-number" href="#result-{row["id"]}" title="{title}">{shown}</a>'


def claims_of(topic: str) -> Bundle:
    """The claims that ``claims.csv`` puts on the page of a topic."""
    ledger = tables.read("claims")
    return claims(ledger[[topic in pages.split() for pages in ledger["pages"].fillna("")]])


def claims(frame: pd.DataFrame, *, name: str = "claims") -> Bundle:
    """Claims of the seeds with their verdicts."""
    shown = frame[["statement", "seed", "timestamp", "verdict", "finding"]].copy()
    shown.insert(1, "claimed", [_claimed(row) for row in frame.to_dict("records")])
    shown["verdict"] = shown["verdict"].str.replace("_", " ")
    return table(
        shown,
        name=name,
        caption="What the seed documents claim here, and what the record says",
        titles={"seed": "source", "timestamp": "where"},
        sources=sorted(set(frame["seed"])),
    )


def _claimed(row: Mapping[Any, Any]) -> str:
    """The figure that a claim names, with its unit."""
    is_year = row["unit"] == CALENDAR_YEAR
    unit = "" if is_year or pd.isna(row["unit"]) else f" {row['unit']}"
    numbers = [
        f"{row[name]:.0f}" if is_year else trimmed(format_number(float(row[name]), 4))
        for name in ("low", "value", "high")
        if pd.notna(row[name]) and (name == "value" or pd.isna(row["value"]))
    ]
    return " to ".join(numbers) + unit if numbers else ""


def _field_type(column: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(column):
        return "boolean"
    if pd.api.types.is_numeric_dtype(column):
        return "number"
    return "date" if pd.api.types.is_datetime64_any_dtype(column) else "string"


def html_table(resource: Mapping[str, Any]) -> str:
    """A table resource as semantic HTML."""
    fields = resource["schema"]["fields"]
    numeric = {field["name"] for field in fields if field["type"] == "number"}
    head = "".join(
        f'<th scope="col"{_number_class(field["name"] in numeric)}>{html.escape(field["title"])}</th>'
        for field in fields
    )
    columns = [cell_texts(resource, field) for field in fields]
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{_number_class(field['name'] in numeric)}>{html.escape(text)}</td>"
            for field, text in zip(fields, texts, strict=True)
        )
        + "</tr>"
        for texts in zip(*columns, strict=True)
    )
    return (
        f'<table class="te-table"><caption>{html.escape(resource["title"])}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _number_class(numeric: bool) -> str:
    return ' class="te-numeric"' if numeric else ""


def cell_texts(
    resource: Mapping[str, Any], field: Mapping[str, str], digits: int = COLUMN_DIGITS
) -> list[str]:
    """The cells of one column of a table resource as texts; numbers compare down the column."""
    values = [row[field["name"]] for row in resource["data"]]
    if field["type"] == "number":
        return column_texts(values, digits)
    return ["" if value is None else _words(value) for value in values]


def _words(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _source_ids(sources: pd.DataFrame | Sequence[str]) -> list[str]:
    """Ids in order, each once; each must be a row of ``sources.csv``."""
    listed = sources["source_id"].dropna() if isinstance(sources, pd.DataFrame) else sources
    wanted = sorted({part for entry in listed for part in str(entry).split()})
    unknown = set(wanted) - set(tables.read("sources")["id"]) if wanted else set()
    if unknown:
        raise ValueError(f"not in sources.csv: {', '.join(sorted(unknown))}")
    return wanted
