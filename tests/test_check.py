"""`token-economics check` on a copied project: each corruption is refused, and said where and what."""

import csv
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from fixture_project import write_notebook

from token_economics.cli import main

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = json.loads((ROOT / "data" / "datapackage.json").read_text(encoding="utf-8"))
PATHS = {resource["name"]: resource["path"] for resource in PACKAGE["resources"]}

Rows = list[dict[str, str]]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data of a project of the test's own, with the real notebooks."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    monkeypatch.setenv("TOKEN_ECONOMICS_ROOT", str(tmp_path))
    return tmp_path / "data"


def check(*options: str) -> tuple[int, str]:
    """Exit code and output of the command; a traceback fails the test."""
    result = CliRunner().invoke(main, ["check", *options])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert "Traceback" not in result.output
    return result.exit_code, result.output


def read(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: Rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@dataclass(frozen=True)
class Corruption:
    """A table, what is done to it, and what the complaint must say besides the file's name."""

    table: str
    corrupt: Callable[[Path], None]
    said: tuple[str, ...]


def cells(table: str, line: int, said: tuple[str, ...], /, **values: str) -> Corruption:
    """Cells of one row set to something else; the complaint names the row."""

    def corrupt(path: Path) -> None:
        rows = read(path)
        assert set(values) <= set(rows[0])
        rows[line - 2].update(values)
        write(path, rows)

    return Corruption(table, corrupt, (f"row {line}", *said))


def text(table: str, change: Callable[[str], str], *said: str) -> Corruption:
    """The text of a file changed."""
    return Corruption(
        table,
        lambda path: path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8"),
        said,
    )


def line_of(table: str, /, **values: str) -> int:
    """Line of the first row of the real table that holds these cells."""
    rows = read(ROOT / "data" / PATHS[table])
    return next(line for line, row in enumerate(rows, start=2) if values.items() <= row.items())


OPEN = line_of("predictions", status="open")
RANGED = line_of("assumptions", distribution="lognormal")
JUDGED = line_of("claims", verdict="supported")
ANSWER, VARIANT = line_of("questions", role="answer"), line_of("questions", role="variant")
REPEAT = line_of("questions", role="repeat")
LAST_SOURCE = f"row {len(read(ROOT / 'data' / 'sources.csv')) + 2}"
LAST_MEMORY = f"row {len(read(ROOT / 'data' / 'memory.csv')) + 2}"
CORRUPTIONS = {
    "wrong unit": cells("memory", 2, ("column unit", "'furlong'", "USD"), unit="furlong"),
    "observed after the edition": cells(
        "revenue", 5, ("column period", "'2027Q1'", "ends on"), period="2027Q1", kind="observed"
    ),
    "stated after the edition": cells("memory", 3, ("column stated", "'2031-01'"), stated="2031-01"),
    "no such month": cells("memory", 4, ("column period", "'2026-13'", "no such"), period="2026-13"),
    "no such day": cells("luna-event", 4, ("column period", "'2026-02-30'"), period="2026-02-30"),
    "price year with a letter too many": cells(
        "revenue", 2, ("column price_year", "'nominall'", "nominal|"), price_year="nominall"
    ),
    "malformed period": cells("memory", 4, ("column period", "'2026Q5'"), period="2026Q5"),
    "text for a number": cells("chipmakers", 6, ("column value", "'plenty'"), value="plenty"),
    "NaN for a number": cells("chipmakers", 6, ("column value", "'NaN'"), value="NaN"),
    "infinity for a number": cells("macro", 6, ("column value", "'inf'"), value="inf"),
    "text for a date": cells("predictions", OPEN, ("column made", "'soon'"), made="soon"),
    "range inverted": cells("memory", 4, ("columns low, high", "30", "20"), low="30", high="20"),
    "value outside its range": cells(
        "lead-times", 2, ("column value", "90"), value="90", low="50", high="67"
    ),
    "neither value nor range": cells("memory", 2, ("needs a value",), value="", low="", high=""),
    "unknown source": cells("memory", 2, ("column source_id", "'nobody_2026'"), source_id="nobody_2026"),
    "missing source": cells("memory", 2, ("column source_id",), source_id=""),
    "unknown grade": cells("memory", 2, ("column grade", "'splendid'", "primary"), grade="splendid"),
    "unknown variable": cells(
        "memory", 2, ("column variable", "'mood'", "dram_bit_growth"), variable="mood"
    ),
    "unknown kind": cells("memory", 2, ("column kind", "'rumour'"), kind="rumour"),
    "required cell empty": cells("claims", 3, ("column statement",), statement=""),
    "unknown topic of a claim": cells("claims", 3, ("column topic", "'weather'"), topic="weather"),
    "unknown verdict": cells("claims", 3, ("column verdict", "'proved'"), verdict="proved"),
    "evidence of a claim that does not resolve": cells(
        "claims", JUDGED, ("column evidence", "'memory:Sand:price'"), evidence="memory:Sand:price"
    ),
    "evidence in a table that is none": cells(
        "claims", JUDGED, ("column evidence", "'sand:X:price'", "no such table"), evidence="sand:X:price"
    ),
    "evidence that is no reference": cells(
        "claims", JUDGED, ("column evidence", "'see above'", "table:entity:variable"), evidence="see above"
    ),
    "verdict without evidence": cells("claims", JUDGED, ("column evidence", "'supported'"), evidence=""),
    "mechanism that the library lacks": cells(
        "claims", JUDGED, ("column mechanism", "'market.business_stealing'", "no such function"),
        mechanism="rents.rationing market.business_stealing",
    ),
    "mechanism that no page reaches": cells(
        "claims", JUDGED, ("column mechanism", "'canonical.spending._run_rate_cases'", "reaches it"),
        mechanism="canonical.spending._run_rate_cases",
    ),
    "mechanism that is no name of a function": cells(
        "claims", JUDGED, ("column mechanism", "'the haircut'", "must match"), mechanism="the haircut"
    ),
    "verdict that leans on a mechanism and names none": cells(
        "claims", JUDGED, ("column mechanism", "'business stealing'", "name the functions"),
        finding="Here business stealing moves surplus.", mechanism="",
    ),
    "prediction of no claim": cells("predictions", OPEN, ("column claim_id", "'nobody'"), claim_id="nobody"),
    "prediction window reversed": cells(
        "predictions", OPEN, ("column due_to", "not before due_from"),
        due_from="2027-01-01", due_to="2026-12-31",
    ),
    "prediction due before it was made": cells(
        "predictions", OPEN, ("column due_from", "not before made"), due_from="2020-01-01"
    ),
    "prediction left open after its window": cells(
        "predictions", OPEN, ("column status", "'open'", "2026-09-30"), due_to="2026-09-30"
    ),
    "probability above one": cells("predictions", OPEN, ("column base_rate", "1.5"), base_rate="1.5"),
    "lognormal with a low of zero": cells(
        "assumptions", RANGED, ("column low", "'0'", "lognormal"), low="0", hard_min="0"
    ),
    "assumption outside its hard bounds": cells(
        "assumptions", RANGED, ("column value", "'99'", "allowed is"), value="99"
    ),
    "assumption outside its own range": cells(
        "assumptions", RANGED, ("column value", "1.4"), value="1.4"
    ),
    "assumption with half a range": cells("assumptions", RANGED, ("column low", "both"), low=""),
    "assumption of no topic": cells(
        "assumptions", RANGED, ("column topics", "'weather'", "supply_constraints"), topics="weather"
    ),
    "assumption of no source": cells(
        "assumptions", RANGED, ("column source_id", "'nobody_2026'"), source_id="seed_003 nobody_2026"
    ),
    "old name that is in use": cells(
        "assumptions", RANGED, ("column renamed_from", "'gpu_useful_life_years'"),
        renamed_from="gpu_useful_life_years",
    ),
    "used claim that is not of the group": cells(
        "contradictions", line_of("contradictions", about="claims"), ("column used", "'nobody'"), used="nobody"
    ),
    "change of a table that is none": cells("changes", 2, ("column table", "'sand'"), table="sand"),
    "changed conclusion that is not named": cells(
        "changes", 2, ("column conclusion",), changes_conclusion="yes", conclusion=""
    ),
    "scores that were seen and are not named": cells(
        "evaluation-choices", 2, ("column which_scores",), which_scores=""
    ),
    "scores that are named and were not seen": cells(
        "evaluation-choices", 2, ("column which_scores",), scores_seen_before="no"
    ),
    **{
        f"assumption called {name}": cells(
            "assumptions", RANGED, ("column name", f"'{name}'", "another name"), name=name
        )
        for name in ("class", "print", "seed")
    },
    "duplicate key": text("memory", lambda t: t + t.splitlines()[1] + "\n", LAST_MEMORY),
    "duplicate id": text("sources", lambda t: t + t.splitlines()[1] + "\n", LAST_SOURCE, "a16z_cio_survey_2025"),
    "orphan source": text(
        "sources",
        lambda t: t + "zz_nobody_2026,Nobody,Nothing,,2026-01,2026-10,,own,original,\n",
        LAST_SOURCE, "column id", "'zz_nobody_2026'",
    ),
    "stray column": text("memory", lambda t: t.replace("note\n", "note,mood\n", 1), "row 1", "column mood"),
    "stray cell": text("memory", lambda t: t + "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o\n", LAST_MEMORY),
    "missing column": text("memory", lambda t: t.replace(",grade,", ",", 1), "row 1", "column grade"),
    "columns in another order": text(
        "memory", lambda t: t.replace("period,entity", "entity,period", 1), "entity"
    ),
    "a column twice": text(
        "memory", lambda t: t.replace("note\n", "note,note\n", 1).replace("\n2", ",\n2"), "row 1", "column note"
    ),
    "blank row": text("memory", lambda t: t.replace("\n", "\n\n", 1), "row 2", "blank row"),
    "empty file": text("memory", lambda t: "", "row 1", "found nothing"),
    "not UTF-8": Corruption(
        "memory", lambda path: path.write_bytes(path.read_bytes() + b"2026,caf\xe9\n"), (LAST_MEMORY, "0xe9", "UTF-8")
    ),
    "a result that no notebook publishes": cells(
        "questions", VARIANT, ("column result", "'one_firm.luck'", "no stored notebook"), result="one_firm.luck"
    ),
    "a result of a topic that is none": cells(
        "questions", VARIANT, ("column result", "'weather.rain'", "no stored notebook"), result="weather.rain"
    ),
    "a second answer": cells("questions", VARIANT, ("column role", "'answer'", "has its answer in row"), role="answer"),
    "an answer taken away": cells("questions", ANSWER, ("column question", "has no answer"), role="variant"),
    "unknown role": cells("questions", VARIANT, ("column role", "'guess'", "answer"), role="guess"),
    "a result that answers two questions": cells(
        "questions", REPEAT, ("column result", "answers"), result=read(ROOT / "data" / "questions.csv")[0]["result"]
    ),
    "a variant that does not say what it asks": cells("questions", VARIANT, ("column asks", "say what"), asks=""),
    "a repeat that asks": cells("questions", REPEAT, ("column asks", "'whether'", "variant"), asks="whether"),
    "an answer that concerns nothing": cells("questions", ANSWER, ("column concerns", "an answer has one"), concerns=""),
    "no regular expression": cells("questions", ANSWER, ("column concerns", "no regular expression"), concerns="(x"),
    "missing file": Corruption("memory", lambda path: path.unlink(), ("missing",)),
}  # fmt: skip


def test_the_data_as_they_stand_are_in_order(data: Path) -> None:
    code, output = check()
    assert (code, output) == (0, "data, book and notebooks are in order\n")


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_is_refused_and_said_precisely(name: str, data: Path) -> None:
    corruption = CORRUPTIONS[name]
    path = data / PATHS[corruption.table]
    before = path.read_bytes()
    corruption.corrupt(path)
    assert not path.exists() or path.read_bytes() != before
    code, output = check()
    assert code == 1
    lines = [line for line in output.splitlines() if line.startswith(f"{path.name}:")]
    assert any(all(part in line for part in corruption.said) for line in lines), output


def test_a_new_disagreement_between_sources_needs_a_reason(data: Path) -> None:
    path = data / PATHS["memory"]
    rows = read(path)
    known = {row["source_id"] for row in rows}
    another = min(known - {rows[0]["source_id"]})
    other = {**rows[0], "source_id": another, "period": "2024", "stated": ""}
    write(path, [{**rows[0], "period": "2024", "stated": ""}, {**other, "value": "7"}, *rows])
    code, output = check()
    assert code == 1
    assert "contradictions.csv needs a row" in output
    assert "2024" in output


def test_a_broken_description_is_refused_without_a_traceback(data: Path) -> None:
    (data / "datapackage.json").write_text("{", encoding="utf-8")
    code, output = check()
    assert code == 1
    assert "datapackage.json" in output


def test_a_notebook_elsewhere_under_one_of_our_names_is_in_order(
    data: Path, tmp_path: Path
) -> None:
    """The book's other topics are those of the project's own notebooks."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in ("12_one_firm.ipynb", "02_supply_constraints.ipynb"):
        shutil.copy(ROOT / "notebooks" / name, folder)
    (folder / "12_one_firm.ipynb").rename(folder / "13_our_firm.ipynb")
    assert check("--notebooks", str(folder)) == (0, "data, book and notebooks are in order\n")


def test_a_topic_without_a_notebook_is_said_once(data: Path) -> None:
    """However many assumptions name it; the first row tells where."""
    own = data.parent / "notebooks"
    own.unlink()
    own.mkdir()
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        if path.name != "04_phantom_gdp.ipynb":
            shutil.copy(path, own)
    naming = [
        line for line, row in enumerate(read(data / PATHS["assumptions"]), start=2)
        if "phantom_gdp" in row["topics"].split()
    ]  # fmt: skip
    assert len(naming) > 1
    code, output = check()
    complaints = [line for line in output.splitlines() if "column topics" in line]
    assert code == 1 and len(complaints) == 1
    assert complaints[0].startswith(
        f"assumptions.csv: row {naming[0]}, column topics: found 'phantom_gdp' "
        f"(and in {len(naming) - 1} more rows)"
    )


@pytest.mark.parametrize("name", ["dram_bit_growth_per_year", "excess_growth_half_life_months"])
def test_an_assumption_that_the_library_reads_and_the_book_lacks_is_named(
    data: Path, name: str
) -> None:
    """Before a kernel meets it; with the code that reads it, and for which notebook."""
    path = data / PATHS["assumptions"]
    write(path, [row for row in read(path) if row["name"] != name])
    code, output = check()
    assert code == 1
    (line,) = [line for line in output.splitlines() if f"no row is named '{name}'" in line]
    assert re.fullmatch(
        r".*, which headlines/(?:\w+/)*\w+\.py \(line \d+\) reads for \w+\.ipynb.*", line
    )


def test_an_assumption_that_a_notebook_of_ones_own_reads_and_the_book_lacks_is_named(
    data: Path, tmp_path: Path
) -> None:
    sources = [
        "",
        "book = resolve(globals())",
        "book['dram_growth'] + book.draws()['hbm_growth'][0]",
    ]
    (tmp_path / "mine").mkdir()
    write_notebook(tmp_path / "mine" / "01_mine.ipynb", sources)
    _, output = check("--notebooks", str(tmp_path / "mine"))
    for name in ("dram_growth", "hbm_growth"):
        assert f"no row is named '{name}', which 01_mine.ipynb (line 1) reads" in output
