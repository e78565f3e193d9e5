"""Scripts in findings/ say what they claim, pin what they install, and run nowhere by themselves."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from fixture_project import ROOT

FOLDER = ROOT / "findings"
SCRIPTS = sorted(FOLDER.glob("*.sh"))
HEAD = ("Versions:", "Expected:", "Seen:", "Source:")
PIN = re.compile(r"[a-z][a-z0-9-]*==\d[\w.]*")

each_script = pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.stem)


def head(text: str) -> str:
    """The comment between the first line and the first command."""
    return text.partition("\n")[2].partition("\nset ")[0]


def packages(text: str) -> list[str]:
    """What the script has pip install."""
    calls = re.findall(r'\bpip"? install (.+)', text.replace("\\\n", " "))
    return [word for call in calls for word in call.split() if not word.startswith("-")]


@each_script
def test_a_finding_says_what_was_expected_what_was_seen_and_where_it_stands(path: Path) -> None:
    said = head(path.read_text(encoding="utf-8"))
    assert all(line.startswith("#") for line in said.splitlines())
    places = [said.find(f"# {label} ") for label in HEAD]
    assert -1 not in places and places == sorted(places)
    assert "#   Output: " in said


@each_script
def test_a_finding_installs_pinned_packages_and_names_their_versions(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    installed = packages(text)
    assert installed and all(PIN.fullmatch(package) for package in installed)
    said = head(text).partition("# Versions:")[2].partition("# Expected:")[0]
    versions = re.findall(r"\d+(?:\.\d+)+", said)
    assert versions and set(versions) <= {package.partition("==")[2] for package in installed}


@each_script
def test_a_finding_stands_alone_and_leaves_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("#!") and text.splitlines()[0].endswith("/env bash")
    assert os.access(path, os.X_OK)
    for line in ("set -euo pipefail", "folder=$(mktemp -d)", """trap 'rm -rf "$folder"' EXIT"""):
        assert f"\n{line}\n" in text
    assert "changed" in text
    assert "://" not in text and "index-url" not in text
    assert "token_economics" not in text and "token-economics" not in text
    subprocess.run(["bash", "-n", str(path)], check=True)


def test_the_table_lists_every_finding() -> None:
    table = re.findall(
        r"^\| `(\w+\.sh)` \|", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE
    )
    assert table == [path.name for path in SCRIPTS] and table


def test_neither_the_tests_nor_continuous_integration_run_them() -> None:
    """They need a network, and fail when others' software is mended."""
    runs = [ROOT / "Makefile", ROOT / ".pre-commit-config.yaml", *(ROOT / ".ci").iterdir()]
    runs += [*(ROOT / ".github").rglob("*.yml"), *(ROOT / "tests").rglob("*.py")]
    this = Path(__file__).resolve()
    assert not [p for p in runs if p.resolve() != this and "findings/" in p.read_text("utf-8")]
