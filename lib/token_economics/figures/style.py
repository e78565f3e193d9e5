"""One look for all charts, and the renderer that makes them safe, offline and deterministic.

Call `enable` once in a notebook. Altair's own renderers draw random ids, fetch from a network or
let a label run as script; ours emits Vega-Lite JSON of the dialect that JupyterLab displays, a
static picture, and a line of text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from altair.utils import schemapi

from token_economics.figures import pictures
from token_economics.methods.rounding import plain_value

VEGALITE_MIME = "application/vnd.vegalite.v5+json"
VEGALITE_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
VEGALITE_VERSION = "6.4"
MAX_ROWS = 5000
NOTEBOOK_WIDTH = 640
CLIP = re.compile(r'((?:id="|url\(#)clip)(\d+)')
SEPARATORS = {0x2028: " ", 0x2029: " "}

FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
# Okabe and Ito's colours, darkened where needed for 3:1 contrast on white: safe for the colour-blind.
CATEGORY = ("#0072B2", "#D55E00", "#00805C", "#A3528A", "#8A6D00", "#4B5563", "#2A7FA8")
# The same for letters, which need 4.5:1.
LETTER_COLOUR = dict(
    zip(
        CATEGORY,
        ("#0072B2", "#B34E00", "#00805C", "#A3528A", "#806500", "#4B5563", "#1F6F96"),
        strict=True,
    )
)
INK, MUTED, GRID = "#1f2933", "#52606d", "#e4e7eb"
BAND_OPACITY = 0.22
PERCENT_AS_IN_TEXT = {
    "decimal": ".", "thousands": ",", "grouping": [3], "currency": ["$", ""], "percent": "\u00a0%",
}  # fmt: skip
GROUND, NIGHT_GROUND = "#ffffff", "#14191e"
# Each colour of a chart, and what it becomes on a dark page.
NIGHT = {
    "#0072B2": "#56B4E9", "#D55E00": "#F0904A", "#00805C": "#2FC39A", "#A3528A": "#D98CC0",
    "#8A6D00": "#D8B93C", "#B34E00": "#F0904A", "#806500": "#D8B93C", "#1F6F96": "#8FC7E8", "#4B5563": "#A9B4BE", "#2A7FA8": "#8FC7E8", "#52606d": "#a9b4be",
    "#1f2933": "#e6eaee", "#e4e7eb": "#2c353d", "#8793a0": "#7d8a96", "#9aa5b1": "#6b7785",
}  # fmt: skip
ROWS_LATER = "token-economics-rows-later"
WRITTEN, LAID_OUT = 12, 14  # sizes of letters in a static picture
LETTERS = dict.fromkeys(("axis", "legend", "header"), ("labelFontSize", "titleFontSize"))
OPTIONAL_COLUMNS = ("low", "high", "value_low", "value_high", "stated", "note")


def theme() -> alt.theme.ThemeConfig:
    """Typeface, grid, colours, sizes."""
    text = {"labelFont": FONT, "titleFont": FONT, "labelColor": MUTED, "titleColor": INK}
    config: Any = {
        "background": "transparent",
        "locale": {"number": PERCENT_AS_IN_TEXT},
        "font": FONT,
        "view": {"stroke": None},
        "range": {"category": list(CATEGORY)},
        "axis": {
            **text,
            "gridColor": GRID,
            "domainColor": MUTED,
            "tickColor": MUTED,
            "labelFontSize": WRITTEN,
            "titleFontSize": WRITTEN,
            "titleFontWeight": "normal",
            "titlePadding": 8,
            "labelLimit": 220,
            "labelSeparation": 6,
        },
        "legend": {
            **text,
            "orient": "top",
            "labelFontSize": WRITTEN,
            "titleFontSize": WRITTEN,
            "titleFontWeight": "normal",
            "symbolStrokeWidth": 2.5,
            "symbolOpacity": 1,
            "labelLimit": 260,
            "columns": 2,
        },
        "header": {**text, "labelFontSize": WRITTEN, "titleFontSize": WRITTEN},
        "line": {"strokeWidth": 2.5},
        "point": {"size": 55, "filled": True, "opacity": 1},
        "text": {"font": FONT, "fontSize": 12, "color": INK},
        "title": {"font": FONT, "fontSize": 13, "color": INK, "anchor": "start"},
    }
    return {"config": config}


def night() -> dict[str, Any]:
    """What a dark page changes in a chart: colours one by one, and the parts of the theme."""
    text = {"labelColor": NIGHT[MUTED], "titleColor": NIGHT[INK]}
    parts: dict[str, Any] = {
        "axis": {
            **text,
            "gridColor": NIGHT[GRID],
            "domainColor": NIGHT[MUTED],
            "tickColor": NIGHT[MUTED],
        },
        "legend": text,
        "header": text,
        "text": {"color": NIGHT[INK]},
        "title": {"color": NIGHT[INK]},
        "range": {"category": [NIGHT[color] for color in CATEGORY]},
    }
    return {"colors": NIGHT, "config": parts}


def enable() -> None:
    """Use the theme and the renderer in this process; for the import cell of a notebook.

    Altair then checks a chart once, as it is shown, and not each part of it as well.
    """
    schemapi.DEBUG_MODE = False
    alt.theme.register("token-economics", enable=True)(theme)
    alt.renderers.register("token-economics", bundle)
    alt.renderers.enable("token-economics")


def specification(chart: alt.TopLevelMixin) -> dict[str, Any]:
    """The chart as Vega-Lite JSON: one inline table, rounded, in the dialect we publish.

    Raises
    ------
    ValueError
        If the chart holds no table of its own, too many rows, or values that Vega would drop
        without a word (infinite, missing, nought or less on a log scale).
    """
    if not isinstance(getattr(chart, "data", None), pd.DataFrame):
        raise ValueError("a figure holds one table: pass it to the outermost chart as data")
    frame: pd.DataFrame = chart.data
    _check_plottable(frame)
    _register()
    with alt.data_transformers.enable(ROWS_LATER):
        spec: dict[str, Any] = chart.to_dict()
    if any(_own_data(part) for key, part in spec.items() if key != "data"):
        raise ValueError("a figure holds one table: a layer or lookup brings a second one")
    _check_logs(spec, frame)
    return _normalised(spec, frame)


@cache
def _register() -> None:
    """Once a process: to ask Altair what is registered reads the files of all installed packages."""
    alt.data_transformers.register(ROWS_LATER, _no_rows)


def _no_rows(_frame: Any) -> dict[str, Any]:
    """For Altair, which would write the table twice and try each row against each kind of row."""
    return {"values": []}


def _own_data(part: Any) -> bool:
    """Whether a part of a specification brings data of its own."""
    if isinstance(part, list):
        return any(_own_data(entry) for entry in part)
    return isinstance(part, dict) and ("data" in part or any(_own_data(v) for v in part.values()))


def _normalised(spec: dict[str, Any], frame: pd.DataFrame) -> dict[str, Any]:
    spec["$schema"] = VEGALITE_SCHEMA
    rows = [
        {str(column): plain_value(value) for column, value in row.items()}
        for row in frame.to_dict("records")
    ]
    spec["data"] = {"values": rows}
    spec.pop("datasets", None)
    return spec


def _check_plottable(frame: pd.DataFrame) -> None:
    if len(frame) > MAX_ROWS:
        raise ValueError(f"{len(frame)} rows; a chart takes {MAX_ROWS} at most: aggregate first")
    for column in frame.columns:
        name, values = str(column), frame[column]
        if any(mark in name for mark in ".[]"):
            raise ValueError(f"column {name!r}: Vega reads '.' and brackets as a path; rename it")
        if pd.api.types.is_float_dtype(values) and np.isinf(values.to_numpy(dtype=float)).any():
            raise ValueError(f"column {name!r} holds an infinite value; the chart would drop it")
        if values.isna().any() and name not in OPTIONAL_COLUMNS:
            raise ValueError(f"column {name!r} holds missing values; the chart would drop them")


def _check_logs(spec: dict[str, Any], frame: pd.DataFrame) -> None:
    """Refuse what a log scale has no place for: nought and less, wherever a mark would stand."""
    folded = dict(_folded(spec))
    for channel, drawn in _on_logs(spec, frozenset()):
        scale = drawn.get("scale") or {}
        ends = scale["domain"] if isinstance(scale.get("domain"), list) else []
        for constant in (drawn.get("datum"), *ends):
            if isinstance(constant, int | float) and constant <= 0:
                raise ValueError(f"{constant:g} has no place on the log scale of {channel}")
        if drawn.get("aggregate") in COUNTS or drawn.get("bin"):
            continue
        field = str(drawn.get("field"))
        for column in folded.get(field, [field]):
            if column in frame and pd.api.types.is_numeric_dtype(frame[column]):
                _check_positive(frame[column], channel)


def _check_positive(values: pd.Series, channel: str) -> None:
    for row, value in enumerate(values, start=1):
        if value <= 0:
            raise ValueError(
                f"column {str(values.name)!r} holds {value:g} in row {row}, which has no place on the "
                f"log scale of {channel}; the chart would not draw it"
            )


COUNTS = ("count", "distinct", "valid", "missing")
SCALE_OF = {"x2": "x", "y2": "y"}
SHARED, APART = ("layer",), ("concat", "hconcat", "vconcat")


def _parts(spec: dict[str, Any], keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """Charts in a chart; the one that a facet or a repetition draws counts as shared."""
    inner = [spec["spec"]] if keys == SHARED and isinstance(spec.get("spec"), dict) else []
    return [*inner, *(part for key in keys for part in spec.get(key, []))]


def _logs(spec: dict[str, Any]) -> frozenset[str]:
    """Scales that a chart, or a part that shares them with it, makes logarithmic."""
    own = {
        SCALE_OF.get(channel, channel)
        for channel, drawn in spec.get("encoding", {}).items()
        if isinstance(drawn, dict) and (drawn.get("scale") or {}).get("type") == "log"
    }
    shared = {name for part in _parts(spec, SHARED) for name in _logs(part)}
    return frozenset(own | (shared - _independent(spec)))


def _independent(spec: dict[str, Any]) -> set[str]:
    resolved = spec.get("resolve", {}).get("scale", {})
    return {name for name, how in resolved.items() if how == "independent"}


def _on_logs(spec: dict[str, Any], outer: frozenset[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Channels of all parts that stand on a log scale, with what they draw."""
    logs = outer | _logs(spec)
    for channel, drawn in spec.get("encoding", {}).items():
        if isinstance(drawn, dict) and SCALE_OF.get(channel, channel) in logs:
            yield channel, drawn
    for part in _parts(spec, SHARED):
        yield from _on_logs(part, logs - _independent(spec))
    for part in _parts(spec, APART):
        yield from _on_logs(part, frozenset())


def _folded(spec: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Fields that a fold makes, each with the columns that its values come from."""
    for step in spec.get("transform", []):
        if "fold" in step:
            yield step.get("as", ["key", "value"])[-1], step["fold"]
    for part in (*_parts(spec, SHARED), *_parts(spec, APART)):
        yield from _folded(part)


def bundle(spec: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Mime bundle of a specification: the renderer that `enable` registers with Altair."""
    datasets = spec.get("datasets") or {}
    spec = {key: _inlined(part, datasets) for key, part in spec.items() if key != "datasets"}
    spec["$schema"] = VEGALITE_SCHEMA
    if spec.get("width") == "container":
        spec["width"] = NOTEBOOK_WIDTH
        spec["usermeta"] = {**(spec.get("usermeta") or {}), "width": "container"}
    shown = {
        VEGALITE_MIME: spec,
        "text/plain": f"Figure: {spec.get('description', 'chart')}",
    }
    if pictures.are_drawn_later():
        return shown
    # not HTML: JupyterLab would rather show that than draw the chart
    return {**shown, pictures.MIME: static_picture(spec)}


def _inlined(part: Any, datasets: dict[str, Any]) -> Any:
    """A part of a specification with named data sets put where they are named.

    Unicode's line and paragraph separators become spaces: Vega writes titles into expressions,
    whose grammar does not know them.
    """
    if isinstance(part, str):
        return part.translate(SEPARATORS)
    if isinstance(part, list):
        return [_inlined(entry, datasets) for entry in part]
    if not isinstance(part, dict):
        return part
    if part.get("name") in datasets and set(part) <= {"name", "format"}:
        return {"values": _inlined(datasets[part["name"]], {})}
    return {_inlined(key, {}): _inlined(value, datasets) for key, value in part.items()}


def static_picture(spec: dict[str, Any], draw: pictures.Draw = pictures.drawn) -> str:
    """A picture as SVG, for where nothing draws the chart; the same whatever was drawn before it.

    Whoever shows it uses a typeface of their own, up to a sixth wider than the one that the picture
    is laid out with. So it is laid out with larger letters than it is written in: no label is cut.
    Nor is one shortened, unless its own axis says so: nothing unfolds in a picture, and finding out
    whether a label fits takes a quarter of the time of drawing.
    """
    fixed = _for_a_picture(static_specification(spec))
    drawn = draw(fixed, version=VEGALITE_VERSION)
    written = drawn.replace(f'font-size="{LAID_OUT}px"', f'font-size="{WRITTEN}px"')
    numbers: dict[str, int] = {}
    return CLIP.sub(lambda m: f"{m[1]}{numbers.setdefault(m[2], len(numbers))}", written)


def _for_a_picture(spec: dict[str, Any]) -> dict[str, Any]:
    """The specification with the theme's letters as large as a picture is laid out with, labels whole."""
    config = dict(spec.get("config", {}))
    for part, sizes in LETTERS.items():
        given = config.get(part) or {}
        larger = {size: LAID_OUT for size in sizes if given.get(size) == WRITTEN}
        config[part] = {**given, **larger, "labelLimit": 0}
    return {**spec, "config": config}


def static_specification(spec: dict[str, Any]) -> dict[str, Any]:
    """The specification on a white ground, without what is ours alone."""
    fixed = {key: value for key, value in spec.items() if key != "usermeta"}
    fixed["background"] = "white"
    return fixed


def page_specification(spec: dict[str, Any]) -> dict[str, Any]:
    """The specification for a page, where a chart may be as wide as its container.

    In a notebook its width is fixed: JupyterLab's output area grows with the chart, and a chart
    that follows its container then redraws without end. A page draws its own sliders.
    """
    width = (spec.get("usermeta") or {}).get("width")
    params = [{k: v for k, v in p.items() if k != "bind"} for p in spec.get("params", [])]
    return {
        **spec, **({"width": width} if width else {}), **({"params": params} if params else {})
    }  # fmt: skip
