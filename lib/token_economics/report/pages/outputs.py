"""What a notebook shows, as HTML of a page: charts, tables, headline results, with their links."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from token_economics.evidence import tables
from token_economics.figures import pictures, style
from token_economics.headlines import rows as headline
from token_economics.report.pages import sliders
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


def figure_html(data: Mapping[str, Any], folder: Path, topic: str) -> str:
    """A chart on a page: live from inline JSON, a static picture until then, caption and links."""
    spec = data[display.VEGALITE]
    meta = spec.get("usermeta") or {}
    name = (
        meta.get("name") or f"chart_{hashlib.sha256(embedded_json(spec).encode()).hexdigest()[:8]}"
    )
    image, reserved = _picture(data.get(pictures.MIME, ""), spec, folder, f"{topic}.{name}")
    download = ""
    if "name" in meta:
        described = {"caption": meta.get("caption", ""), "description": spec.get("description", "")}
        write_json(folder, f"{topic}.{name}", spec["data"]["values"], described, meta["sources"])
        download = _downloads(f"{topic}.{name}")
    links = f'<span class="te-get">{download}<a href="#figure-{name}">link</a></span>'
    page_spec, is_themed = without_theme(style.page_specification(spec))
    shared = ' data-config="shared"' if is_themed else ""
    return (
        f'<figure class="te-figure" id="figure-{name}">'
        f'<div class="te-chart" id="chart-{name}"{reserved}>{image}</div>'
        f'<script type="application/json" class="te-spec" data-for="chart-{name}"{shared}>'
        f"{embedded_json(compact(page_spec))}</script>"
        f"{sliders.markup(name, meta.get('sliders', []))}"
        f"<figcaption>{html.escape(meta.get('caption', ''))}"
        f'<span class="te-links">{source_links(meta.get("sources", []))} {links}</span>'
        "</figcaption></figure>"
    )


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


def _picture(picture: str, spec: Mapping[str, Any], folder: Path, stem: str) -> tuple[str, str]:
    """The static picture of a chart as a file, and the height that keeps its place."""
    if not picture:
        return "", ""
    (folder / "figures").mkdir(exist_ok=True)
    path = folder / "figures" / f"{stem}.svg"
    path.write_text(picture, encoding="utf-8", newline="\n")
    size = PICTURE_SIZE.search(picture)
    width, height = (round(float(size[1])), round(float(size[2]))) if size else (0, 0)
    sized = f' width="{width}" height="{height}"' if size else ""
    alt = attribute(spec.get("description") or "Chart")
    image = f'<img src="figures/{path.name}" alt="{alt}"{sized}>'
    return image, f' style="min-height:{height}px"' if size else ""


def _downloads(stem: str) -> str:
    return (
        f'<a href="tables/{stem}.csv" download>CSV</a> · '
        f'<a href="tables/{stem}.json" download>JSON</a> · '
    )


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


def table_html(resource: Mapping[str, Any], topic: str, folder: Path | None = None) -> str:
    """A table on a page, scrolling where it is wide or long, with its downloads."""
    rows, name = len(resource["data"]), resource["name"]
    shown = scroller(
        page_table(resource),
        resource["title"],
        " te-long" if rows > LONG_TABLE_ROWS else "",
        " te-wide" if _is_wordy(resource) else "",
    )
    if rows > FOLDED_ROWS:
        title = html.escape(resource["title"])
        shown = f'<details class="te-fold"><summary>{title}: {rows} rows</summary>{shown}</details>'
    sources = resource.get("sources", [])
    if folder is not None:
        described = {"caption": resource["title"]}
        write_json(folder, f"{topic}.{name}", resource["data"], described, sources)
    return (
        f'<div class="te-figure" id="table-{name}">{shown}'
        f'<p class="te-links">{source_links(sources)} '
        f'<span class="te-get">{_downloads(f"{topic}.{name}")}<a href="#table-{name}">link</a></span></p></div>'
    )


def scroller(table: str, label: str, *classes: str) -> str:
    """A table in a box that scrolls by itself, so that a wide one never widens the page."""
    return (
        f'<div class="te-scroll{"".join(classes)}" tabindex="0" role="region" '
        f'aria-label="{attribute(label)}">{table}</div>'
    )


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
    prefix: str = "",
    book: str = "assumptions.html",
) -> str:
    """Headline results as a table whose rows sentences link to.

    Of many, those of ``first`` are shown and the rest is folded below them.
    """
    deciding = [row for row in rows if row["id"] in first]
    if len(rows) <= SHOWN_RESULTS or not deciding:
        others_only = bool(first) and not deciding
        return _results_table(
            rows, "All other results" if others_only else "Headline results", prefix, book
        )
    others = [row for row in rows if row["id"] not in first]
    return (
        _results_table(deciding, "The results that the answer rests on", prefix, book)
        + f'<details class="te-fold te-results"><summary>{len(others)} further results of this page'
        f"</summary>{_results_table(others, 'Further results', prefix, book)}</details>"
    )


def _results_table(rows: Sequence[Mapping[str, Any]], title: str, prefix: str, book: str) -> str:
    body = "".join(
        f'<tr id="result-{html.escape(prefix + row["id"])}"><th scope="row">{html.escape(row["label"])}'
        f'<div class="te-why">{origin(row, book)}</div></th>'
        f'<td class="te-numeric">{html.escape(f"{headline.Quantity(row):v}")}</td>'
        f'<td class="te-numeric">{interval(row)}</td>{_period(str(row["period"]))}</tr>'
        for row in rows
    )
    table = (
        f'<table class="te-table te-stacked{" te-sortable" if len(rows) > SORTABLE_ROWS else ""}">'
        f"<caption>{title}; ranges are 90 % intervals unless the page says otherwise"
        '</caption><thead><tr><th scope="col">Result</th><th scope="col" class="te-numeric">Value</th>'
        '<th scope="col" class="te-numeric">Range</th><th scope="col">Period</th></tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )
    return scroller(table, title)


def _period(period: str) -> str:
    kept = ' class="te-nowrap"' if len(period) <= SHORT_CELL else ""
    return f"<td{kept}>{unbroken(period)}</td>"


def origin(row: Mapping[str, Any], book: str = "assumptions.html") -> str:
    """Where a result comes from: its sources, or the model under assumptions, listed at ``book``."""
    if not row.get("source_id"):
        return f'Model, under <a href="{book}">the assumptions</a>'
    return source_links(str(row["source_id"]).split(), page="sources.html", shown=SHOWN_SOURCES)


def interval(row: Mapping[str, Any]) -> str:
    """The range of a result, or nothing where it has none."""
    return html.escape(f"{headline.Quantity(row):r}") if row["low"] is not None else ""


def source_links(ids: Sequence[str], *, page: str = "", shown: int | None = None) -> str:
    """Sources as links to their entries, a publisher once; of many the rest is folded."""
    if not ids:
        return ""
    names = tables.publishers()
    grouped: dict[str, str] = {}
    for identity in ids:
        grouped.setdefault(names[identity], identity)
    links = [
        f'<a href="{page}#source-{identity}">{html.escape(publisher)}</a>'
        for publisher, identity in grouped.items()
    ]
    if shown is None or len(links) <= shown + 1:
        return f"Source: {', '.join(links)}."
    return (
        f"Source: {', '.join(links[:shown])} "
        f'<details class="te-others"><summary>and {len(links) - shown} more</summary>'
        f"{', '.join(links[shown:])}.</details>"
    )


def embedded_json(value: Any) -> str:
    """JSON that is safe inside an HTML page whatever its strings hold."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(JSON_ESCAPES)


def attribute(text: Any) -> str:
    """Text as the value of an attribute."""
    return html.escape(str(text), quote=True)
