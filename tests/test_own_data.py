"""The user's own rows join the project's: read, checked and refused like them, and told apart."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from click.testing import Result
from fixture_project import bytes_of, rows_of, token_economics

from token_economics import project
from token_economics.book import assumptions, scenarios
from token_economics.evidence import own_data, tables
from token_economics.report.run import own_inputs

SOURCE = "id,publisher,title,authors,published,accessed,url,licence,seen,note\nour_books_2026,Our firm,Ledger,,2026-09,2026-10,,own,original,\n"
HEADER = "period,entity,variable,value,low,high,unit,price_year,kind,stated,source_id,grade,note\n"
ROW = "2026,Our firm,shipments,77,,,widgets,,observed,2026-09,our_books_2026,primary,\n"


@pytest.fixture
def own(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a source and a row of the user's own, named to this process."""
    folder = tmp_path / "my_data"
    folder.mkdir()
    (folder / "sources.csv").write_text(SOURCE, encoding="utf-8")
    (folder / "widgets.csv").write_text(HEADER + ROW, encoding="utf-8")
    monkeypatch.setenv("TOKEN_ECONOMICS_DATA", str(folder))
    return folder


def test_own_rows_come_after_the_projects_and_are_counted(own: Path) -> None:
    frame = tables.read("widgets")
    assert frame["entity"].iloc[-1] == "Our firm"
    assert len(frame) == len(rows_of(project.data() / "widgets.csv")) + 1
    assert (tables.own_rows("widgets"), tables.own_rows("assumptions")) == (1, 0)
    assert tables.series("widgets", "shipments", "Our firm")["value"].tolist() == [77]
    assert tables.validate() == []


def test_whatever_cites_an_own_source_is_marked(own: Path) -> None:
    register = tables.read("sources").set_index("id")["publisher"]
    assert register["our_books_2026"] == "Our firm (your own)"
    assert register.drop("our_books_2026").tolist() == ["Bureau", "Guild"]
    assert tables.raw_rows("sources")[-1]["publisher"] == "Our firm (your own)"


def test_an_own_row_cites_an_own_source(own: Path) -> None:
    theirs = ROW.replace("our_books_2026", "bureau_widgets_2026")
    (own / "widgets.csv").write_text(HEADER + ROW + theirs.replace("Our firm", "We"), "utf-8")
    problems = tables.validate()
    assert len(problems) == 1, problems
    assert problems[0].startswith("my_data/widgets.csv: row 3, column source_id")
    assert "source of your own" in problems[0]


def test_without_the_folder_nothing_of_it_is_left(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_own = len(tables.read("widgets"))
    monkeypatch.delenv("TOKEN_ECONOMICS_DATA")
    assert len(tables.read("widgets")) == with_own - 1
    assert tables.own_rows("widgets") == 0


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("widgets.csv", HEADER + ROW.replace("77", "many"), "my_data/widgets.csv: row 2, column value: found 'many'"),
        ("widgets.csv", HEADER + ROW.replace("our_books", "their_books"), "my_data/widgets.csv: row 2, column source_id"),
        ("widgets.csv", HEADER + ROW.replace("widgets,,", "gadgets,,"), "my_data/widgets.csv: row 2, column unit"),
        ("widgets.csv", HEADER + ROW + ROW, "my_data/widgets.csv: row 3"),
        ("widgets.csv", "period,entity\n2026,Our firm\n", "my_data/widgets.csv: row 1, column variable"),
        ("gadgets.csv", HEADER + ROW, "my_data/gadgets.csv: the project has no such table"),
        ("scenarios/boom.yaml", "_title: Ours\n", "my_data/scenarios/boom.yaml: the project has a scenario of that name"),
    ],
)  # fmt: skip
def test_mistakes_are_reported_where_the_user_finds_them(
    own: Path, file: str, text: str, complaint: str
) -> None:
    (own / file).parent.mkdir(exist_ok=True)
    (own / file).write_text(text, encoding="utf-8")
    problems = tables.validate()
    assert any(problem.startswith(complaint) for problem in problems), problems


def test_two_rows_with_one_key_are_refused_and_neither_wins(own: Path) -> None:
    stored = (project.data() / "widgets.csv").read_text(encoding="utf-8").splitlines()
    (own / "widgets.csv").write_text(HEADER + ROW + stored[1] + "\n", encoding="utf-8")
    problems = tables.validate()
    assert [p for p in problems if p.startswith("my_data/widgets.csv: row 3")], problems


def test_an_empty_or_missing_folder_is_refused(own: Path, command: Callable[..., Result]) -> None:
    empty = own.parent / "empty"
    empty.mkdir()
    result = command("check", "--data", str(empty))
    assert result.exit_code == 1
    assert "holds no table" in result.output
    assert command("check", "--data", str(own.parent / "gone")).exit_code == 2


def test_an_own_assumption_and_an_own_scenario_can_be_set(own: Path) -> None:
    header, first = (project.data() / "assumptions.csv").read_text("utf-8").splitlines()[:2]
    mine = first.replace("adoption_share", "our_share").replace("adoption share", "our share")
    mine = mine.replace("guild_prices_2026", "our_books_2026")
    (own / "assumptions.csv").write_text(f"{header}\n{mine}\n", encoding="utf-8")
    (own / "scenarios").mkdir()
    (own / "scenarios/ours.yaml").write_text("_title: Ours\nour_share: 0.5\n", encoding="utf-8")
    assert "ours" in scenarios.names()
    assert scenarios.apply(scenarios.load("ours"), {})["our_share"] == 0.5
    before = assumptions.read_book().draws()["adoption_share"]
    assert own_data.files("assumptions.csv")[1] == own / "assumptions.csv"
    own.joinpath("assumptions.csv").unlink()
    tables._read.cache_clear()
    assert (assumptions.read_book().draws()["adoption_share"] == before).all()


@pytest.mark.slow
def test_a_run_on_own_rows_has_its_own_folder_and_leaves_base_alone(
    own: Path, built: Path, stored_project: Path
) -> None:
    before = bytes_of(built)
    done = token_economics(stored_project, "build", "--data", str(own), "--quiet")
    assert done.returncode == 0, done.stderr
    folder = Path(done.stdout.strip()).parent
    assert folder.name.startswith("base-own-")
    assert bytes_of(built) == before
    table = rows_of(folder / "tables/alpha.shipments.csv")
    assert table[-1]["entity"] == "Our firm"
    for page in folder.glob("*.html"):
        banner = soup_of(page).select_one("aside.te-changed")
        assert banner is not None, page.name
        assert "With your own rows: 1 source, 1 row of widgets." in banner.get_text(), page.name
    assert all(soup_of(page).select_one(".te-changed") is None for page in built.glob("*.html"))
    own_rows = soup_of(folder / "evidence_widgets.html").select("tr.te-differs")
    assert len(own_rows) == 1 and "your own" in own_rows[0].get_text()
    assert "--data my_data" in (folder / "edition.html").read_text(encoding="utf-8")


def test_notices_say_what_is_not_the_projects(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert own_inputs.notices() == ["With your own rows: 1 source, 1 row of widgets."]
    assert own_inputs.options() == ["--data", "my_data"]
    monkeypatch.setenv("TOKEN_ECONOMICS_NOTEBOOKS", str(tmp_path / "mine"))
    assert own_inputs.notices()[1:] == ["Notebooks from the folder mine."]
    monkeypatch.delenv("TOKEN_ECONOMICS_DATA")
    monkeypatch.delenv("TOKEN_ECONOMICS_NOTEBOOKS")
    assert own_inputs.notices() == own_inputs.options() == []


def soup_of(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def test_what_is_read_once_is_handed_out_as_a_copy() -> None:
    @tables.once
    def frame() -> pd.DataFrame:
        return pd.DataFrame({"value": [1.0]})

    changed = frame()
    changed.loc[0, "value"] = 3.0
    changed["other"] = 2.0
    assert frame().to_dict("list") == {"value": [1.0]}
