"""Static pictures of charts: what draws them, with which fonts, and in which process."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import vl_convert

MIME = "image/svg+xml"
VARIABLE, LATER = "TOKEN_ECONOMICS_PICTURES", "later"
OURS = {"FONTCONFIG_FILE": str(Path(__file__).with_name("fonts.conf")), "TZ": "UTC"}
"""What vl-convert shall see of the system as it starts: no fonts, and the zone of our dates."""
LETTER = {"marks": [{"type": "text", "encode": {"enter": {"text": {"value": "x"}}}}]}
Draw = Callable[..., str]
"""What makes a Vega-Lite specification, of a ``version``, into SVG, as `drawn` does."""
_starting = Lock()


def are_drawn_later() -> bool:
    """Whether whoever runs this process adds the pictures to what it shows."""
    return os.environ.get(VARIABLE) == LATER


def drawn(spec: dict[str, Any], *, version: str) -> str:
    """A Vega-Lite specification as SVG, laid out with the fonts that vl-convert brings, in UTC.

    So it is the same wherever it is drawn (on Linux; elsewhere fonts of the system may come in), in
    half the time: of the system's fonts it opens the file anew for each letter that it measures.
    A process that had vl-convert draw something before keeps the zone that it had then.
    """
    with _starting:
        _start()
    return str(vl_convert.vegalite_to_svg(spec, vl_version=version))


@cache
def _start() -> None:
    """Have vl-convert read fonts and time zone, which it does once, while it sees only ours."""
    before = {name: os.environ.get(name) for name in OURS}
    os.environ.update(OURS)
    try:
        vl_convert.vega_to_svg(LETTER)
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
