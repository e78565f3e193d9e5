"""What a notebook shows, as HTML of a page: charts, tables, headline results, with their links."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from token_economics.evidence import tables
from token_economics.figures import pictures, style
from token_economics.headlines import rows as headline
from token_economics.report.pages.markup import part
from token_economics.report.pages.page_tables import (
    FOLDED_ROWS,
    SORTABLE_ROWS,
    page_table,
    unbroken,
)
from token_economics.show import display

LONG_TABLE_ROWS = 24
WORDY_CELL, SHORT_CELL = 60, 12
MANY_COLUMNS = 7
SHOWN_RESULTS = 14
SHOWN_SOURCES = 3
JSON_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}
PICTURE_SIZE = re.compile(r'<svg[^>]*?\swidth="([\d.]+)"[^>]*?\sheight="([\d.]+)"')


def figure_html(data: Mapping[str, Any], folder: Path, topic: str) -> Markup:
    """A chart on a page: live from inline JSON, a static picture until then, caption and links."""
    spec = data[display.VEGALITE]
    meta = spec.get("usermeta") or {}
    digest = hashlib.sha256(embedded_json(spec).encode()).hexdigest()
    name = meta.get("name") or f"chart_{digest[:8]}"
    stem, caption, sources = f"{topic}.{name}", meta.get("caption", ""), meta.get("sources", [])
    image, height = _picture(data.get(pictures.MIME, ""), spec, folder, stem)
    if "name" in meta:
        described = {"caption": caption, "description": spec.get("description", "")}
        write_json(folder, stem, spec["data"]["values"], described, sources)
    page_spec, is_themed = without_theme(style.page_specification(spec))
    return part(
        "figure", name, stem if "name" in meta else "", image, height,
        Markup(embedded_json(compact(page_spec))), is_themed,
        sliders_html(name, meta.get("sliders", [])), caption, source_links(sources),
    )  # fmt: skip


def sliders_html(figure: str, sliders: Sequence[Mapping[str, Any]]) -> Markup:
    """The sliders of a figure with their values, ranges and the way back; nothing if it has none."""
    return part("sliders", figure, list(map(_slider, sliders))) if sliders else Markup("")


def _slider(slider: Mapping[str, Any]) -> dict[str, Any]:
    """With ends, step and start, of the value itself or of its place among uneven stops.

    ``place`` is where the run's value lies on the track, from nought to one.
    """
    stops = list(slider["stops"])
    if stops:
        ends = (0, len(stops) - 1, 1, stops.index(slider["value"]))
        place = ends[3] / max(len(stops) - 1, 1)
    else:
        ends = tuple(slider[name] for name in ("minimum", "maximum", "step", "value"))
        place = (ends[3] - ends[0]) / (ends[1] - ends[0])
    return {**slider, "ends": ends, "place": place, "stops_text": json.dumps(stops)}


def without_theme(spec: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """The specification less what it shares with the theme, and whether it has that theme.

    The charts' script holds the theme once for all charts, and puts it back before it draws.
    """
    theme: Mapping[str, Any] = style.theme()["config"]
    own = spec.get("config", {})
    if not set(theme) <= set(own):
        return dict(spec), False
    rest = {part: value for part, value in own.items() if theme.get(part) != value}
    kept = {key: value for key, value in spec.items() if key != "config"}
    return {**kept, **({"config": rest} if rest else {})}, True


def compact(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The specification with its table as columns and rows: no name of a column stands twice.

    The page makes rows with names of it again before it draws.
    """
    values = spec.get("data", {}).get("values")
    if not isinstance(values, list) or not values or not isinstance(values[0], dict):
        return dict(spec)
    columns = list(values[0])
    if any(list(row) != columns for row in values):
        return dict(spec)
    return {**spec, "data": {"columns": columns, "rows": [list(row.values()) for row in values]}}


def _picture(picture: str, spec: Mapping[str, Any], folder: Path, stem: str) -> tuple[str, int]:
    """The static picture of a chart as a file, and the height that keeps its place."""
    if not picture:
        return "", 0
    (folder / "figures").mkdir(exist_ok=True)
    path = folder / "figures" / f"{stem}.svg"
    path.write_text(picture, encoding="utf-8", newline="\n")
    found = PICTURE_SIZE.search(picture)
    size = (round(float(found[1])), round(float(found[2]))) if found else None
    alt = spec.get("description") or "Chart"
    return part("picture", f"figures/{path.name}", alt, size), size[1] if size else 0


@tables.once
def _register() -> Mapping[str, Mapping[str, str]]:
    """What a download says of each source, by its id."""
    columns = ["id", "publisher", "title", "url", "licence"]
    rows = tables.read("sources")[columns].fillna("").to_dict("records")
    return {row["id"]: {str(key): value for key, value in row.items()} for row in rows}


def write_json(
    folder: Path,
    stem: str,
    rows: Sequence[Mapping[str, Any]],
    described: Mapping[str, str],
    sources: Sequence[str],
) -> None:
    """The rows of a chart or a table with what it is and where it comes from."""
    known = _register()
    document = {
        "name": stem,
        **described,
        "sources": [known[identity] for identity in sorted(set(sources)) if identity in known],
        "data": rows,
    }
    (folder / "tables").mkdir(exist_ok=True)
    text = json.dumps(document, indent=None, ensure_ascii=False, separators=(",", ":"))
    (folder / "tables" / f"{stem}.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def table_html(resource: Mapping[str, Any], topic: str, folder: Path | None = None) -> Markup:
    """A table on a page, scrolling where it is wide or long, with its downloads."""
    rows, name, title = len(resource["data"]), resource["name"], resource["title"]
    long, wide = rows > LONG_TABLE_ROWS, _is_wordy(resource)
    shown = part("scroller", page_table(resource), title, " te-long" * long + " te-wide" * wide)
    sources = resource.get("sources", [])
    if folder is not None:
        write_json(folder, f"{topic}.{name}", resource["data"], {"caption": title}, sources)
    return part(
        "table", name, f"{topic}.{name}", shown, title, rows, rows > FOLDED_ROWS, source_links(sources)
    )  # fmt: skip


def _is_wordy(resource: Mapping[str, Any]) -> bool:
    """Whether the table holds sentences or many columns, which need a wider page."""
    if len(resource["schema"]["fields"]) >= MANY_COLUMNS:
        return True
    cells = (value for row in resource["data"] for value in row.values() if isinstance(value, str))
    return any(len(cell) > WORDY_CELL for cell in cells)


def results_html(
    rows: Sequence[Mapping[str, Any]],
    *,
    first: Collection[str] = (),
    book: str = "assumptions.html",
) -> Markup:
    """Headline results as a table whose rows sentences link to.

    Of many, those of ``first`` are shown and the rest is folded below them.
    """
    deciding = [row for row in rows if row["id"] in first]
    if len(rows) <= SHOWN_RESULTS or not deciding:
        others_only = bool(first) and not deciding
        return _results_table(
            rows, "All other results" if others_only else "Headline results", book
        )
    others = [row for row in rows if row["id"] not in first]
    shown = _results_table(deciding, "The results that the answer rests on", book)
    return shown + part(
        "further_results", len(others), _results_table(others, "Further results", book)
    )


def _results_table(rows: Sequence[Mapping[str, Any]], title: str, book: str) -> Markup:
    shown = [
        {
            **row,
            "origin": origin(row, book),
            "value": f"{headline.Quantity(row):v}",
            "range": interval(row),
            "period": Markup(unbroken(str(row["period"]))),
            "short": len(str(row["period"])) <= SHORT_CELL,
        }
        for row in rows
    ]
    return part("results", shown, title, len(rows) > SORTABLE_ROWS)


def origin(row: Mapping[str, Any], book: str = "assumptions.html") -> Markup:
    """Where a result comes from: its sources, or the model under assumptions, listed at ``book``."""
    if not row.get("source_id"):
        return Markup('Model, under <a href="{}">the assumptions</a>').format(book)
    return source_links(str(row["source_id"]).split(), page="sources.html", shown=SHOWN_SOURCES)


def interval(row: Mapping[str, Any]) -> str:
    """The range of a result, or nothing where it has none."""
    return f"{headline.Quantity(row):r}" if row["low"] is not None else ""


def source_links(ids: Sequence[str], *, page: str = "", shown: int | None = None) -> Markup:
    """Sources as links to their entries, a publisher once; of many the rest is folded."""
    names = tables.publishers()
    grouped: dict[str, str] = {}
    for identity in ids:
        grouped.setdefault(names[identity], identity)
    listed = [(identity, publisher) for publisher, identity in grouped.items()]
    return part("source_links", listed, page, shown or len(listed)) if listed else Markup("")


def embedded_json(value: Any) -> str:
    """JSON that is safe inside an HTML page whatever its strings hold."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(JSON_ESCAPES)
