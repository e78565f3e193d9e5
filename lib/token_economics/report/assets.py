"""Files that every page shares: style, scripts, and the charts' library in one bundle."""

from __future__ import annotations

from pathlib import Path

import vl_convert

from token_economics import project, style
from token_economics.report import fingerprint
from token_economics.report.cache import Cache

HERE = Path(__file__).parent
KIND = "bundles"


def write(folder: Path, cache: Cache) -> None:
    """Write the assets into the run's folder."""
    assets = folder / "assets"
    assets.mkdir()
    for name in ("report.css", "charts.js", "evidence.js", "sliders.js", "sliders.css"):
        (assets / name).write_bytes((HERE / "assets" / name).read_bytes())
    notices = project.root() / "NOTICES.md"
    if notices.exists():
        (assets / notices.name).write_bytes(notices.read_bytes())
    text = f"(function(){{{_bundle(cache)}\n}})();\n"
    (assets / "vega.js").write_text(text, encoding="utf-8")


def _bundle(cache: Cache) -> str:
    """The charts' library, which takes a second to put together."""
    entry = "window.vegaEmbed = vegaEmbed;"
    asked = [entry, style.VEGALITE_VERSION, fingerprint.machine()]
    key = fingerprint.digest(part.encode() for part in asked)
    found = cache.get(KIND, key)
    if found is None:
        found = vl_convert.javascript_bundle(entry, vl_version=style.VEGALITE_VERSION)
        cache.put(KIND, key, found)
    return str(found)
