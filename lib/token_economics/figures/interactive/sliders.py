"""Sliders of a chart: parameters that Vega binds, and what a page needs to draw its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from token_economics.figures.parts import HEIGHT, REFERENCE, layered
from token_economics.figures.style import MUTED

DIGITS = 3
READINGS = {
    "share": (100.0, " %"),
    "1/year": (100.0, " % a year"),
    "1/month": (100.0, " % a month"),
    "1": (1.0, ""),
    "ratio": (1.0, ""),
}
LOGS = (1.0, " a year")
AS_DRAWN = "as drawn"
RUN = REFERENCE
DIAMOND: dict[str, Any] = {"size": 140, "shape": "diamond", "color": MUTED}  # where sliders stand
SAID: dict[str, Any] = {"align": "left", "baseline": "top", "fontSize": 12}


def movable(
    chart: Any, sliders: pd.DataFrame, says: Mapping[str, str] | None = None
) -> alt.LayerChart:
    """The chart with a slider for each row; a page shows them with their range and a way back.

    Parameters
    ----------
    sliders
        Columns param, name, label, unit, value (of the run), book, low, high (5 and 95 %),
        minimum, maximum, step, stops (empty for even steps), drawn (whether nothing is pinned at
        rest), result (id of the headline result that the slider stands on).
    says
        What the chart's words say at rest of a headline result, by its id: a template of value,
        low and high. A test holds every chart to it, so that a page says one number.
    """
    rows = [{str(key): cell for key, cell in row.items()} for row in sliders.to_dict("records")]
    drawn: alt.LayerChart = chart.add_params(*[_parameter(row) for row in rows]).properties(
        usermeta={
            "sliders": [_described(row) for row in rows],
            "says": [{"result": result, "words": words} for result, words in (says or {}).items()],
        }
    )
    return drawn


def recomputed(
    table: pd.DataFrame,
    *marks: Any,
    sliders: pd.DataFrame,
    said: str,
    says: Mapping[str, str] | None = None,
    height: int = HEIGHT,
) -> alt.LayerChart:
    """The marks over each other, recomputed as sliders move, with computed words above.

    ``said`` is an expression that gives a list of lines.
    """
    words = alt.TitleParams(
        alt.ExprRef(expr=said), fontWeight="normal", fontSize=12, anchor="start"
    )
    drawn = layered(table, *marks, height=height).properties(title=words)
    return movable(drawn, sliders, says)


def percent(log_change: str) -> str:
    """Expression for a log change as a sign and per cent."""
    return f"format(exp({log_change}) - 1, '+.0%')"


def number(value: float) -> str:
    """A number of the run as an expression, whole."""
    return f"{float(value)!r}"


def run_line(base: alt.Chart, field: str = "run") -> Any:
    """This run, beside what the sliders say."""
    return base.mark_line(**RUN).encode(y=alt.Y(f"{field}:Q"))


def said_at(base: Any, field: str, **mark: Any) -> Any:
    """Computed words in the chart."""
    return base.mark_text(**{**SAID, **mark}).encode(text=alt.Text(f"{field}:N"))


def _parameter(row: dict[str, Any]) -> alt.Parameter:
    """The slider as a notebook shows it; Vega has no slider over uneven stops, so it is a list."""
    about = (
        f"{_capital(row['label'])}, {row['unit']} ({_run(row)} {row['value']:g}; "
        f"5 to 95 %: {row['low']:g} to {row['high']:g}) "
    )
    labels = [AS_DRAWN if _rests(row, stop) else f"{stop:g}" for stop in row["stops"]]
    bound: Any = (
        alt.binding_select(options=list(row["stops"]), labels=labels, name=about)
        if row["stops"]
        else alt.binding_range(min=row["minimum"], max=row["maximum"], step=row["step"], name=about)
    )
    return alt.param(name=row["param"], value=row["value"], bind=bound)


def _described(row: dict[str, Any]) -> dict[str, Any]:
    scale, suffix = _reading(row)
    return {
        "param": row["param"], "assumption": row["name"], "label": _capital(row["label"]),
        "result": row["result"], "rest": AS_DRAWN if row["drawn"] else "", "value": row["value"], "shown": _shown(row, row["value"]), "range": _range(row),
        "longest": max(len(_shown(row, at)) for at in _extremes(row)),
        "minimum": row["minimum"], "maximum": row["maximum"], "step": row["step"],
        "stops": list(row["stops"]), "scale": scale, "suffix": suffix, "digits": DIGITS,
    }  # fmt: skip


def _extremes(row: dict[str, Any]) -> list[float]:
    """Positions whose values take most room: all stops, or both ends and their next step."""
    ends = [row["minimum"], row["minimum"] + row["step"], row["maximum"] - row["step"], row["maximum"]]  # fmt: skip
    return list(row["stops"]) or [*ends, row["value"]]


def _range(row: dict[str, Any]) -> str:
    """Value of the run, that of the book where it differs, and the range, in words."""
    book = "" if row["book"] == row["value"] else f", book {_number(row, row['book'])}"
    span = f"{_number(row, row['low'])} to {_shown(row, row['high'])}"
    return f"{_run(row)} {_number(row, row['value'])}{book}; 5 to 95 %: {span}"


def _run(row: dict[str, Any]) -> str:
    """How the run has the number whose value follows."""
    return f"{AS_DRAWN}, middle" if row["drawn"] else "this run"


def _rests(row: dict[str, Any], value: float) -> bool:
    """Whether nothing is pinned where the slider stands at this value."""
    return bool(row["drawn"]) and value == row["value"]


def _shown(row: dict[str, Any], value: float) -> str:
    if _rests(row, value):
        return AS_DRAWN
    return _number(row, value) + _reading(row)[1]


def _number(row: dict[str, Any], value: float) -> str:
    scaled = value * _reading(row)[0]
    return f"{float(f'{scaled:.{DIGITS}g}'):g}".replace("-", "\N{MINUS SIGN}")


def _reading(row: dict[str, Any]) -> tuple[float, str]:
    """Factor and suffix with which a value is read: shares and rates in per cent."""
    if "_log_per_year" in row["name"]:
        return LOGS
    unit = str(row["unit"])
    return READINGS.get(unit, (1.0, f" {unit}"))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
