"""Pictures of the built report for README.md, so that they stay true: `make pictures`.

Each is noted with the digest of the page that it shows; a test fails when the page has changed.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "reports" / "pictures"
NOTE = FOLDER / "pictures.json"
# picture: page, width, height, colours
PICTURES = {
    "index": ("index.html", 1280, 1000, "light"),
    "topic-dark": ("02_supply_constraints.html", 1280, 900, "dark"),
    "phone": ("03_jevons_dynamics.html", 390, 844, "light"),
}


def digest(report: Path, page: str) -> str:
    """Identity of what a page shows: the page and the style sheet."""
    parts = [(report / name).read_bytes() for name in (page, "assets/report.css")]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def stale(report: Path) -> list[str]:
    """Pictures whose page is no longer the one that was photographed."""
    noted = json.loads(NOTE.read_text(encoding="utf-8")) if NOTE.exists() else {}
    return [
        name for name, (page, *_) in PICTURES.items() if noted.get(name) != digest(report, page)
    ]


def take(report: Path) -> None:
    """Open the pages and photograph what a reader sees first."""
    import browser as chrome

    FOLDER.mkdir(parents=True, exist_ok=True)
    with chrome.chromium() as running:
        for name, (page, width, height, scheme) in PICTURES.items():
            size = {"width": width, "height": height}
            view = running.new_page(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
            view.goto((report / page).as_uri())
            view.wait_for_function(
                "() => [...document.querySelectorAll('script.te-spec')].every(s => document.getElementById(s.dataset.for).dataset.drawn)"
            )
            view.screenshot(path=str(FOLDER / f"{name}.png"))
            view.close()
    noted = {name: digest(report, page) for name, (page, *_) in PICTURES.items()}
    NOTE.write_text(json.dumps(noted, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "reports" / "base")
