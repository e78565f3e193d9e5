"""README's example and the guides of HOWTO.md, followed command by command on a copied project."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fixture_project import ROOT, environment

BLOCK = re.compile(r"^```(csv|yaml|sh)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def guide(filename: str, heading: str) -> list[tuple[str, str, str]]:
    """Kind, file and text of every block of a section that a reader types or runs."""
    text = (ROOT / filename).read_text(encoding="utf-8")
    section = re.split(r"^## ", text.partition(f"## {heading}\n")[2], flags=re.MULTILINE)[0]
    return BLOCK.findall(section)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all guides, as on a reader's machine."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def clone(tmp_path: Path, stored: Path) -> Path:
    """What a fresh clone holds that the guides touch."""
    (tmp_path / ".cache").symlink_to(stored)
    for part in ("data", "notebooks"):
        shutil.copytree(ROOT / part, tmp_path / part)
    (tmp_path / "reports").mkdir()
    shutil.copy(ROOT / "conftest.py", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def follow(clone: Path, filename: str, heading: str) -> str:
    """Write the files and run the commands of a section; what the commands said."""
    blocks = guide(filename, heading)
    assert {"sh"} <= {kind for kind, _, _ in blocks}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    said = ""
    for kind, file, text in blocks:
        if kind != "sh":
            (clone / file).parent.mkdir(exist_ok=True)
            (clone / file).write_text(text, encoding="utf-8")
            continue
        for command in text.splitlines():
            done = subprocess.run(
                ["bash", "-c", command], cwd=clone, env=environment(clone, PATH=path),
                capture_output=True, text=True, check=False, timeout=300,
            )  # fmt: skip
            assert done.returncode == 0, f"{command}\n{done.stdout[-1500:]}{done.stderr[-1500:]}"
            said += done.stdout + done.stderr
    return said


@pytest.mark.slow
def test_the_readmes_own_question_leads_to_a_tested_page(clone: Path) -> None:
    said = follow(clone, "README.md", "Your own question, your own numbers")
    page = next(clone.glob("reports/base-own-*-my_notebooks/01_our_firm.html"))
    text = page.read_text(encoding="utf-8")
    assert "When do our tokens cost more than our people?" in text
    assert "Our firm: token spend over payroll" in text
    assert "Our firm (your own)" in text, "the firm's rows are marked as the user's"
    assert "passed" in said


@pytest.mark.slow
@pytest.mark.parametrize("heading", ["Change an assumption", "Add evidence", "Fork a notebook"])
def test_the_guides_do_what_they_say(clone: Path, heading: str) -> None:
    before = {path.name for path in clone.glob("notebooks/*.ipynb")}
    follow(clone, "HOWTO.md", heading)
    index = [path.read_text(encoding="utf-8") for path in clone.glob("reports/*/index.html")]
    assert index
    if heading == "Fork a notebook":
        added = {path.name for path in clone.glob("notebooks/*.ipynb")} - before
        assert [name.partition("_")[2] for name in added] == ["memory_first.ipynb"]
        assert any("What if memory decides?" in text for text in index)
        assert (clone / "reports/base-elsewhere/01_my_market.html").exists()
