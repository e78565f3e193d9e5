"""Static pictures of charts: what draws them, with which fonts, and in which process."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import vl_convert

MIME = "image/svg+xml"
VARIABLE, LATER = "TOKEN_ECONOMICS_PICTURES", "later"
FONTS_VARIABLE, NO_FONTS = "FONTCONFIG_FILE", Path(__file__).with_name("fonts.conf")
LETTER = {"marks": [{"type": "text", "encode": {"enter": {"text": {"value": "x"}}}}]}
_reading_fonts = Lock()


def are_drawn_later() -> bool:
    """Whether whoever runs this process adds the pictures to what it shows."""
    return os.environ.get(VARIABLE) == LATER


def drawn(spec: dict[str, Any], *, version: str) -> str:
    """A Vega-Lite specification as SVG, laid out with the fonts that vl-convert brings.

    So it is the same wherever it is drawn (on Linux; elsewhere fonts of the system may come in), in
    half the time: of the system's fonts it opens the file anew for each letter that it measures.
    """
    with _reading_fonts:
        _read_own_fonts()
    return str(vl_convert.vegalite_to_svg(spec, vl_version=version))


@cache
def _read_own_fonts() -> None:
    """Have vl-convert read fonts, which it does once, while it sees none of the system."""
    before = os.environ.get(FONTS_VARIABLE)
    os.environ[FONTS_VARIABLE] = str(NO_FONTS)
    try:
        vl_convert.vega_to_svg(LETTER)
    finally:
        del os.environ[FONTS_VARIABLE]
        if before is not None:
            os.environ[FONTS_VARIABLE] = before
