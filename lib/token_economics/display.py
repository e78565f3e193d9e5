"""What a notebook shows: charts, tables, headline results and computed sentences, as mime bundles.

This is the contract between an executed notebook and everything that reads it (pages, downloads,
comparison, tests): see `VEGALITE`, `TABLE` and `RESULTS`. Each bundle has a plain fallback, so
that a notebook reads well in JupyterLab, under plain papermill and as text. Numbers are rounded
here, at the border, to `style.SIGNIFICANT_DIGITS`; models never round.
"""

from __future__ import annotations

import html
import math
import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import altair as alt
import pandas as pd

from token_economics import evidence, style

VEGALITE = style.VEGALITE_MIME
TABLE = "application/vnd.dataresource+json"
RESULTS = "application/vnd.token-economics.results+json"
RESULT_COLUMNS = (
    "id", "label", "unit", "period", "value", "low", "high", "level", "status", "digits",
)  # fmt: skip
CELL_DIGITS = 4
STATUSES = ("ok", "not_identified")
SLUG = re.compile(r"[a-z][a-z0-9_]*")


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
        If the slug is not one, or the chart's table holds what a chart would silently drop.
    """
    _check_slug(name)
    spec = style.specification(chart)
    spec["description"] = description
    spec["usermeta"] = {
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
    _check_slug(name)
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
    visible = frame[["label", "value", "low", "high", "unit", "period"]]
    shown = table(visible, name="headline_results", caption="Headline results")
    return Bundle(
        {
            RESULTS: {"results": rows},
            "text/html": shown.data["text/html"],
            "text/plain": "\n".join(str(quantity) for quantity in quantities(frame).values()),
        }
    )


def check_results(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with exactly the contract's columns.

    Raises
    ------
    ValueError
        Missing column, repeated or malformed id, unknown status, a value where the status says
        that there is none, or a range that does not hold its value.
    """
    missing = set(RESULT_COLUMNS) - set(frame.columns)
    if missing:
        raise ValueError(f"headline results lack the columns {', '.join(sorted(missing))}")
    if frame["id"].duplicated().any():
        raise ValueError(f"repeated result id {frame['id'][frame['id'].duplicated()].iloc[0]!r}")
    for row in frame.to_dict("records"):
        _check_slug(row["id"])
        if row["status"] not in STATUSES:
            raise ValueError(f"{row['id']}: status {row['status']!r}; allowed are {STATUSES}")
        if row["status"] == "ok" and not math.isfinite(row["value"]):
            raise ValueError(f"{row['id']}: value {row['value']} with status ok")
        if row["status"] == "not_identified" and not pd.isna(row["value"]):
            raise ValueError(f"{row['id']}: a result that is not identified carries no value")
        if row["value"] < row["low"] or row["value"] > row["high"]:
            raise ValueError(
                f"{row['id']}: value {row['value']} outside its range {row['low']} to {row['high']}"
            )
    return frame[list(RESULT_COLUMNS)]


def result(
    id: str,
    label: str,
    value: float,
    *,
    unit: str,
    period: str = "",
    low: float = math.nan,
    high: float = math.nan,
    level: float = 0.9,
    status: str = "ok",
    digits: int = 3,
) -> dict[str, Any]:
    """One row of headline results; ``digits`` are the significant digits that are printed."""
    return {
        "id": id, "label": label, "unit": unit, "period": period, "value": value, "low": low,
        "high": high, "level": level if pd.notna(low) else math.nan, "status": status,
        "digits": digits,
    }  # fmt: skip


@dataclass(frozen=True)
class Quantity:
    """A headline result in a sentence.

    Format codes: none gives value, unit and range; ``v`` value and unit; ``n`` the bare number;
    ``r`` the range alone; ``p`` the period.
    """

    row: Mapping[str, Any]

    def __format__(self, code: str) -> str:
        if code == "p":
            return str(self.row["period"])
        if self.row["status"] == "not_identified":
            return "not identified"
        number = self._number(self.row["value"])
        unit = self._unit()
        has_range = pd.notna(self.row["low"]) and pd.notna(self.row["high"])
        interval = (
            f"{self._number(self.row['low'])} to {self._number(self.row['high'])}"
            if has_range
            else ""
        )
        if code == "n":
            return number
        if code == "r":
            return interval or number
        if code == "v" or not interval:
            return f"{number}{unit}"
        return f"{number}{unit} ({interval})"

    def __str__(self) -> str:
        return f"{self.row['label']}: {self}"

    def _unit(self) -> str:
        unit = str(self.row["unit"])
        return {"share": " %", "times": " times", "": ""}.get(unit, f" {unit}")

    def _number(self, value: float) -> str:
        scale = 100 if self.row["unit"] == "share" else 1
        decimals = decimals_for(self.row["value"] * scale, int(self.row["digits"]))
        return format_decimals(value * scale, decimals)


def decimals_for(value: float, digits: int) -> int:
    """Decimals that show a value with so many significant digits; negative for large values."""
    if value == 0 or not math.isfinite(value):
        return 0
    return digits - 1 - math.floor(math.log10(abs(value)))


def format_decimals(value: float, decimals: int) -> str:
    """A number with so many decimals, thousands separated, and a true minus sign."""
    rounded = round(value, decimals)
    shown = f"{rounded if rounded else 0.0:,.{max(decimals, 0)}f}"
    return shown.replace("-", "\N{MINUS SIGN}")


def format_number(value: float, digits: int) -> str:
    """A number with so many significant digits."""
    return format_decimals(value, decimals_for(value, digits))


def trimmed(number: str) -> str:
    """A printed number without the zeros at the end of its decimals."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def quantities(frame: pd.DataFrame) -> dict[str, Quantity]:
    """Headline results by id, ready for a sentence."""
    return {
        row["id"]: Quantity({str(k): v for k, v in row.items()}) for row in frame.to_dict("records")
    }


def answer(template: str, frame: pd.DataFrame) -> Bundle:
    """The notebook's answer: a computed sentence, set apart. Placeholders are result ids."""
    return _sentence(template, frame, tag="p", kind="answer")


def prose(template: str, frame: pd.DataFrame) -> Bundle:
    """A computed paragraph. Placeholders are result ids, with a format code of `Quantity`."""
    return _sentence(template, frame, tag="p", kind="prose")


def heading(anchor: str, template: str, frame: pd.DataFrame) -> Bundle:
    """A section's heading that claims a result, with a stable id."""
    _check_slug(anchor.replace("-", "_"))
    return _sentence(template, frame, tag="h2", kind="claim", anchor=anchor)


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


def claims(frame: pd.DataFrame, *, name: str = "claims") -> Bundle:
    """Claims of the seeds with their verdicts, for the page that treats them."""
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
    unit = "" if pd.isna(row["unit"]) else f" {row['unit']}"
    numbers = [
        trimmed(format_number(float(row[name]), 4))
        for name in ("low", "value", "high")
        if pd.notna(row[name]) and (name == "value" or pd.isna(row["value"]))
    ]
    return " to ".join(numbers) + unit if numbers else ""


def plain_values(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON values: numbers rounded, dates as ISO days, absent values as None."""
    return [
        {str(column): style.plain_value(value) for column, value in row.items()}
        for row in frame.to_dict("records")
    ]


def plain_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its cells as `plain_values` writes them: for files that must repeat."""
    return pd.DataFrame(plain_values(frame), columns=list(frame.columns), dtype=object)


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
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{_number_class(field['name'] in numeric)}>{_cell(row[field['name']])}</td>"
            for field in fields
        )
        + "</tr>"
        for row in resource["data"]
    )
    return (
        f'<table class="te-table"><caption>{html.escape(resource["title"])}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _number_class(numeric: bool) -> str:
    return ' class="te-numeric"' if numeric else ""


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        digits = max(CELL_DIGITS, len(str(int(abs(value)))))
        return trimmed(format_number(float(value), digits)) if value else "0"
    return html.escape(str(value))


def _source_ids(sources: pd.DataFrame | Sequence[str]) -> list[str]:
    """Ids in order, each once; each must be a row of ``sources.csv``."""
    listed = sources["source_id"].dropna() if isinstance(sources, pd.DataFrame) else sources
    wanted = sorted({part for entry in listed for part in str(entry).split()})
    unknown = set(wanted) - set(evidence.read("sources")["id"]) if wanted else set()
    if unknown:
        raise ValueError(f"not in sources.csv: {', '.join(sorted(unknown))}")
    return wanted


def _check_slug(name: str) -> None:
    if not SLUG.fullmatch(name):
        raise ValueError(f"{name!r}: use lower-case letters, digits and _")
