"""The worked example of CONTRIBUTING.md, followed line by line on a copied project."""

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from token_economics.cli import main
from token_economics.evidence import tables
from token_economics.evidence.references import references, rows_by_reference

ROOT = Path(__file__).resolve().parents[1]
FENCED = re.compile(r"^```csv (data/\w+\.csv)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLE = FENCED.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's data in a folder of the test's own, with the real notebooks."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    monkeypatch.setenv("TOKEN_ECONOMICS_ROOT", str(tmp_path))
    return tmp_path


def follow(project: Path, *leaving_out: str) -> tuple[int, str]:
    """Append the example's lines, save those of some files, and run the check."""
    for path, lines in EXAMPLE:
        if path not in leaving_out:
            with (project / path).open("a", encoding="utf-8") as file:
                file.write(lines)
    result = CliRunner().invoke(main, ["check"])
    return result.exit_code, result.output


def test_the_example_shows_a_source_a_row_and_a_claim() -> None:
    paths = [path for path, _ in EXAMPLE]
    assert {"data/sources.csv", "data/revenue.csv", "data/claims.csv"} <= set(paths)
    assert paths[0] == "data/sources.csv"


def test_the_example_as_written_passes_the_check(project: Path) -> None:
    code, output = follow(project)
    assert code == 0, output


@pytest.mark.parametrize(
    ("left_out", "complaint"),
    [
        ("data/sources.csv", "sources.csv has no such id"),
        ("data/contradictions.csv", "contradictions.csv needs a row"),
    ],
)
def test_the_check_misses_what_the_example_says_it_misses(
    left_out: str, complaint: str, project: Path
) -> None:
    code, output = follow(project, left_out)
    assert code == 1
    assert complaint in output


def test_what_the_example_adds_reaches_the_report(project: Path) -> None:
    before = len(tables.read("contradictions"))
    code, _ = follow(project)
    assert code == 0
    tables._read.cache_clear()
    assert len(tables.read("contradictions")) == before + 1
    claim = tables.raw_rows("claims")[-1]
    behind = references(claim["evidence"])[0]
    rows = tables.raw_rows(behind.table)
    named = rows_by_reference(tables.resource(behind.table), rows)
    found = [rows[at] for at in named[behind.entity, behind.variable]]
    assert "zz_example_newspaper_2026" in {row["source_id"] for row in found}
