"""Pages of the evidence: ids are unique, links resolve, strings from data stay text."""

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
from bs4 import BeautifulSoup
from frictionless import Package, system

from token_economics.evidence import tables as evidence
from token_economics.report.pages import downloads, evidence_pages, permalinks, render
from token_economics.report.pages.permalinks import Ledger

ROOT = Path(__file__).resolve().parents[1]
HEAVIEST = 400_000
HOSTILE = '<script>alert(1)</script>"onclick=x'
TOPICS = {"supply_constraints": {"href": "02_supply_constraints.html", "title": "Supply"}}
USED_ON = {
    "epoch_ai_chip_counts_2026": [
        {"href": "02_supply_constraints.html#source-epoch_ai_chip_counts_2026", "title": "Supply"}
    ]
}


def rendered() -> dict[str, str]:
    """Every page of the evidence as the report renders it, by filename."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(render.HERE / "template"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    common = {
        "navigation": [],
        "changed": [],
        "notices": [],
        "as_of": "2026-11-20",
        "evidence_to": "2026-10-10",
        "newest": None,
        "run_id": "base",
    }
    return {
        page.filename: environment.get_template(page.template).render(
            here=page.filename, **common, **page.values
        )
        for page in evidence_pages.pages(TOPICS, USED_ON)
    }


@pytest.fixture(scope="module")
def site() -> dict[str, BeautifulSoup]:
    return {name: BeautifulSoup(text, "html.parser") for name, text in rendered().items()}


def ids_of(soup: BeautifulSoup) -> list[str]:
    return [str(tag["id"]) for tag in soup.find_all(id=True)]


def test_there_is_a_page_for_every_table(site: dict[str, BeautifulSoup]) -> None:
    tables = Ledger.read()
    elsewhere = {
        "assumptions.html",
        "glossary.html",
        "questions.html",
    }  # pages that others than the evidence write
    assert {tables.page(table) for table in evidence.tables()} <= {*site, *elsewhere}


def test_ids_are_unique_on_every_page(site: dict[str, BeautifulSoup]) -> None:
    for name, soup in site.items():
        repeated = [identity for identity, count in Counter(ids_of(soup)).items() if count > 1]
        assert not repeated, (name, repeated[:5])


def test_every_link_between_the_pages_leads_to_something(site: dict[str, BeautifulSoup]) -> None:
    known = {name: set(ids_of(soup)) for name, soup in site.items()}
    names = {row["name"] for row in evidence.raw_rows("assumptions")}
    known["assumptions.html"] = {f"assumption-{name}" for name in names}
    broken = []
    for name, soup in site.items():
        for link in soup.find_all("a", href=True):
            page, _, fragment = str(link["href"]).partition("#")
            target = page or name
            if target in known and fragment and fragment not in known[target]:
                broken.append((name, link["href"]))
            if target.startswith(
                ("evidence", "sources", "claims", "predictions", "contradictions")
            ):
                assert target in known, link["href"]
    assert not broken, broken[:5]


def test_every_row_claim_prediction_and_source_has_a_permalink(
    site: dict[str, BeautifulSoup],
) -> None:
    tables, known = Ledger.read(), dict[str, set[str]]()
    for table in (*tables.shown_tables(), "sources", "claims", "predictions"):
        for position in range(len(tables.of(table))):
            page, identity = tables.row_href(table, position).split("#")
            known[page] = known.get(page) or set(ids_of(site[page]))
            assert identity in known[page]


def test_a_permalink_depends_on_the_key_and_not_on_the_place() -> None:
    tables = Ledger.read()
    described = tables.described["memory"]
    key = {"period": "2026", "entity": "DRAM industry", "variable": "dram_bit_growth"}
    row = next(row for row in tables.of("memory") if row["stated"] == "2025-12" and key.items() <= row.items())  # fmt: skip
    identity = permalinks.row_id(described, row)
    assert identity.startswith("row-2026-dram-industry-dram-bit-growth-2025-12-micron")
    changed = {**row, "value": "1", "note": "new"}
    assert permalinks.row_id(described, changed) == identity
    assert permalinks.row_id(described, {**row, "entity": "DRAM-industry"}) != identity


def test_every_row_shows_its_figure_grade_and_source(site: dict[str, BeautifulSoup]) -> None:
    tables = Ledger.read()
    for position, row in enumerate(tables.of("memory")):
        page, identity = tables.row_href("memory", position).split("#")
        shown = site[page].find(id=identity)
        assert shown is not None
        text = shown.get_text(" ")
        assert permalinks.figure_text(row) in text
        assert row["grade"] in text
        assert row["period"] in text
        assert shown.find("a", href=f"sources.html#source-{row['source_id']}") is not None


def test_rows_that_disagree_link_to_each_other_and_to_the_reason(
    site: dict[str, BeautifulSoup],
) -> None:
    tables = Ledger.read()
    for (table, position), dispute in tables.disputes.items():
        if table == "claims":
            continue
        page, identity = tables.row_href(table, position).split("#")
        shown = site[page].find(id=identity)
        assert shown is not None
        links = {str(link["href"]) for link in shown.find_all("a", href=True)}
        assert f"contradictions.html#contradiction-{dispute['id']}" in links
        others = [
            tables.row_href(table, at).split("#")[1]
            for (name, at), other in tables.disputes.items()
            if name == table and other is dispute and at != position
        ]
        assert others
        assert {f"#{other}" for other in others} <= links


def test_a_source_leads_to_its_rows_and_to_the_pages_that_use_it(
    site: dict[str, BeautifulSoup],
) -> None:
    entry = site["sources.html"].find(id="source-epoch_ai_chip_counts_2026")
    assert entry is not None
    links = [str(link["href"]) for link in entry.find_all("a", href=True)]
    assert USED_ON["epoch_ai_chip_counts_2026"][0]["href"] in links
    assert any(link.startswith("evidence_ai_chips.html#row-") for link in links)
    assert any(link.startswith("assumptions.html#assumption-") for link in links)


def test_the_evidence_of_a_claim_leads_to_its_rows(site: dict[str, BeautifulSoup]) -> None:
    claim = site["claims.html"].find(id="claim-tsmc_capex_2025_s3")
    assert claim is not None
    links = [str(link["href"]) for link in claim.find_all("a", href=True)]
    assert any(link.startswith("evidence_chipmakers.html#series-tsmc-capex") for link in links)


def test_the_mechanism_of_a_verdict_is_named(site: dict[str, BeautifulSoup]) -> None:
    claim = site["claims.html"].find(id="claim-winner_take_most_s3")
    assert claim is not None
    assert "models.rents.rationing" in [code.text for code in claim.find_all("code")]


def test_pages_are_light_and_run_no_inline_script() -> None:
    for name, text in rendered().items():
        assert len(text.encode()) < HEAVIEST, name
        assert not re.search(r"<script(?! src=\"assets/)", text), name
        assert " onclick" not in text


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A project whose texts try to become markup."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.setenv("TOKEN_ECONOMICS_ROOT", str(tmp_path))
    escaped = '"' + HOSTILE.replace('"', '""') + '"'
    for path, old in {
        "memory.csv": "DRAM industry",
        "sources.csv": "Andreessen Horowitz",
        "claims.csv": "Firms spend ever more on AI in total.",
        "contradictions.csv": "The published paper replaces the draft; the reproduction is held against both.",
        "changes.csv": "First edition.",
        "predictions.csv": "Reference class: the company's own run rate. ",
    }.items():
        file = tmp_path / "data" / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        quoted = f'"{old}' in text
        file.write_text(text.replace(old, escaped[1:-1] if quoted else escaped), encoding="utf-8")
    yield
    assert os.environ["TOKEN_ECONOMICS_ROOT"] == str(tmp_path)


@pytest.mark.usefixtures("hostile")
def test_hostile_strings_stay_text() -> None:
    texts = rendered()
    shown = [name for name, text in texts.items() if "alert(1)" in text]
    assert {"sources.html", "claims.html", "contradictions.html", "evidence.html"} <= set(shown)
    assert "evidence_memory.html" in shown
    for text in texts.values():
        soup = BeautifulSoup(text, "html.parser")
        assert all(script.get("src") for script in soup.find_all("script"))
        assert not [tag for tag in soup.find_all(True) if "onclick" in tag.attrs]


@pytest.mark.parametrize(
    ("stored", "shown"),
    [("1244972", "1,244,972"), ("-122", "\N{MINUS SIGN}122"), ("0.10", "0.10"), ("1e-05", "1e\N{MINUS SIGN}05"), ("", "")],
)  # fmt: skip
def test_a_stored_number_is_shown_as_it_was_written(stored: str, shown: str) -> None:
    assert permalinks.readable(stored) == shown


def test_downloads_carry_credit_and_are_a_valid_package(tmp_path: Path) -> None:
    downloads.write(tmp_path)
    package = json.loads((tmp_path / "data/datapackage.json").read_text(encoding="utf-8"))
    assert {r["path"] for r in package["resources"]} == {
        p.name for p in (tmp_path / "data").glob("*.csv")
    }
    with system.use_context(trusted=True):
        assert Package(str(tmp_path / "data/datapackage.json")).validate().valid
    for resource in package["resources"]:
        lines = (tmp_path / "data" / resource["path"]).read_text(encoding="utf-8").splitlines()
        assert lines[0].endswith(",credit")
        assert all(line.split(",")[-1] for line in lines[1:])
    chips = (tmp_path / "data/ai_chips.csv").read_text(encoding="utf-8")
    assert "CC-BY-4.0" in chips.splitlines()[1]
