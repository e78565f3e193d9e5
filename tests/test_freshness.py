"""How far the evidence reaches: the newest record of a table, on each page and on that of the edition."""

import json
import re
from pathlib import Path

import pytest
from fixture_project import rows_of, write_table

from token_economics.evidence import freshness, tables
from token_economics.evidence.freshness import Record
from token_economics.project import notebooks as folder_of_notebooks
from token_economics.report.run import notebooks, table_reads


def widgets(root: Path, *changed: dict[str, str]) -> None:
    """The tiny project's table with more rows like its first."""
    rows = rows_of(root / "data" / "widgets.csv")
    write_table(root, "widgets", [*rows, *({**rows[0], **cells} for cells in changed)])


def test_the_newest_record_is_the_last_period_that_is_over(new_project: Path) -> None:
    """The edition ends within 2026, so the figure for 2026 is none of what was."""
    assert tables.edition()["as_of"].startswith("2026")
    assert freshness.newest("widgets") == Record("widgets", "2025-12-31", "2025")


def test_what_will_be_is_no_record(new_project: Path) -> None:
    widgets(
        new_project,
        {"period": "2026Q2", "kind": "guidance"},
        {"period": "2026-03", "kind": "forecast"},
        {"period": "2026-02", "kind": "estimate"},
    )
    assert freshness.newest("widgets") == Record("widgets", "2026-02-28", "2026-02")


def test_only_rows_of_the_sources_asked_for_count(new_project: Path) -> None:
    bureau = freshness.newest("widgets", sources=["bureau_widgets_2026"])
    assert bureau == Record("widgets", "2025-12-31", "2025")
    widgets(new_project, {"period": "2026-04", "source_id": "guild_prices_2026"})
    assert freshness.newest_of(["widgets", "sources"], sources=["nobody"]) is None


def test_registers_hold_no_records(new_project: Path) -> None:
    assert freshness.newest("sources") is None
    assert [name for name, _ in freshness.of_tables()] == ["widgets"]


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-09-30", "51 days before"),
        ("2026-11-19", "1 day before"),
        ("2026-11-20", "on the last day of"),
        ("2011-12-31", "14 years before"),
    ],
)
def test_age_is_said_in_words(day: str, words: str) -> None:
    assert Record("revenue", day, day).age("2026-11-20") == words


def test_each_page_says_how_old_its_newest_figure_is(built: Path, project: Path) -> None:
    as_of = json.loads((built / "run.json").read_text(encoding="utf-8"))["as_of"]
    age = Record("widgets", "2025-12-31", "2025").age(as_of)
    for page in ("01_alpha.html", "02_beta.html"):
        sources = (built / page).read_text(encoding="utf-8").split('id="sources-used"')[1]
        assert f"Newest figure on this page: 2025-12-31 (widgets), {age} the edition." in sources
    table = (built / "edition.html").read_text(encoding="utf-8").split('id="tables"')[1]
    assert re.search(rf"widgets.*2025-12-31.*{age}", table.split("</table>")[0], re.DOTALL)


def test_tables_that_a_notebook_reads_are_found_in_its_code(project: Path) -> None:
    found = notebooks.discover(folder_of_notebooks())
    assert all("widgets" in table_reads.of_notebook(source) for source in found)
    assert all("contradictions" not in table_reads.of_notebook(source) for source in found)
