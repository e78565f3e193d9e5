"""Files that every page shares: style, scripts, and the charts' library in one bundle."""

from __future__ import annotations

import json
from pathlib import Path

import vl_convert

from token_economics import project
from token_economics.figures import style
from token_economics.project import fingerprint
from token_economics.project.cache import Cache

HERE = Path(__file__).parent
KIND = "bundles"
NAMES = (
    "report.css", "sliders.css", "theme.js", "page.js", "sliders.js", "charts.js", "evidence.js",
)  # fmt: skip


def write(folder: Path, cache: Cache) -> None:
    """Write the assets into the run's folder."""
    assets = folder / "assets"
    assets.mkdir()
    for name in NAMES:
        (assets / name).write_text(text_of(name), encoding="utf-8", newline="\n")
    notices = project.root() / "NOTICES.md"
    if notices.exists():
        (assets / notices.name).write_bytes(notices.read_bytes())
    text = f"(function(){{{_bundle(cache)}\n}})();\n"
    (assets / "vega.js").write_text(text, encoding="utf-8")


def text_of(name: str) -> str:
    """One of our scripts or style sheets; the charts' script knows the theme and the dark colours."""
    text = (HERE / "assets" / name).read_text(encoding="utf-8")
    text = text.replace('"NIGHT"', json.dumps(style.night(), sort_keys=True))
    return text.replace('"THEME"', json.dumps(style.theme()["config"], sort_keys=True))


def _bundle(cache: Cache) -> str:
    """The charts' library, which takes a second to put together.

    A stored one serves a fresh build too: its key holds all that it is made of.
    """
    kept = Cache(cache.folder)
    entry = "window.vegaEmbed = vegaEmbed;"
    asked = [entry, style.VEGALITE_VERSION, fingerprint.machine()]
    key = fingerprint.digest(part.encode() for part in asked)
    found = kept.get(KIND, key)
    if found is None:
        found = vl_convert.javascript_bundle(entry, vl_version=style.VEGALITE_VERSION)
        kept.put(KIND, key, found)
    return str(found)
