"""Sliders of a chart as page markup: there before any script, so that nothing moves when one runs."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any


def markup(name: str, sliders: Sequence[Mapping[str, Any]]) -> str:
    """The sliders of a figure with their values, ranges and the way back; nothing if it has none.

    Without script, and on paper, the values and ranges stay and the controls do not show.
    """
    if not sliders:
        return ""
    rows = "".join(_slider(name, slider) for slider in sliders)
    return (
        f'<fieldset class="te-sliders" data-for="chart-{name}"><legend>Try other values</legend>'
        f"{rows}"
        '<button type="button" class="te-reset" disabled>Back to this run</button></fieldset>'
    )


def _slider(figure: str, slider: Mapping[str, Any]) -> str:
    identity = f"slider-{figure}-{slider['param']}"
    about = f"{identity}-about"
    label = html.escape(str(slider["label"]))
    if slider["assumption"]:
        link = f"assumptions.html#assumption-{slider['assumption']}"
        why = f'<span class="te-slider-why"> · <a href="{link}">why</a></span>'
        about_text = html.escape(str(slider["range"])) + why
    else:
        about_text = html.escape(str(slider["range"]))
    return (
        f'<div class="te-slider"><label for="{identity}">{label}</label>'
        f'<output for="{identity}" aria-live="off" style="min-width:{slider["longest"] + 1}ch">{html.escape(str(slider["shown"]))}</output>'
        f'<span class="te-track" style="--run:{_place(slider):.4f}">'
        f'<input type="range" id="{identity}" {_positions(slider)} {_data(slider)} '
        f'aria-describedby="{about}" aria-valuetext="{_attribute(slider["shown"])}" '
        'autocomplete="off" disabled></span>'
        f'<span class="te-slider-about" id="{about}">{about_text}</span></div>'
    )


def _positions(slider: Mapping[str, Any]) -> str:
    """Ends, step and start: of the value itself, or of its place among uneven stops."""
    stops = list(slider["stops"])
    if stops:
        ends = (0, len(stops) - 1, 1, stops.index(slider["value"]))
    else:
        ends = tuple(slider[part] for part in ("minimum", "maximum", "step", "value"))
    low, high, step, value = (f"{part!r}" for part in ends)
    return f'min="{low}" max="{high}" step="{step}" value="{value}" data-run="{value}"'


def _data(slider: Mapping[str, Any]) -> str:
    written = {
        "param": slider["param"], "scale": slider["scale"], "suffix": slider["suffix"],
        "digits": slider["digits"], "rest": slider["rest"], "stops": json.dumps(list(slider["stops"])),
    }  # fmt: skip
    return " ".join(f'data-{name}="{_attribute(value)}"' for name, value in written.items())


def _place(slider: Mapping[str, Any]) -> float:
    """Where the run's value lies on the track, from nought to one."""
    stops = list(slider["stops"])
    if stops:
        return stops.index(slider["value"]) / max(len(stops) - 1, 1)
    span = slider["maximum"] - slider["minimum"]
    return float((slider["value"] - slider["minimum"]) / span)


def _attribute(text: Any) -> str:
    return html.escape(str(text), quote=True)
