"""What pages are made of: sentences, trends, traces to the library, its reference, the one file."""

import base64
import hashlib
import re
from pathlib import Path

import nbformat
import pictures
import pytest
from bs4 import BeautifulSoup
from fixture_project import ROOT

from token_economics.headlines import rows as headline
from token_economics.report.pages import (
    index,
    markup,
    page_tables,
    single_file,
    topic_page,
)
from token_economics.show import causal_map


def test_a_card_shows_the_first_sentence_with_its_links() -> None:
    answer = '<p class="te-answer">It grew <a href="#result-x">1.5 %</a> a year. Then it fell.</p>'
    shown = BeautifulSoup(index.first_sentence(answer), "html.parser")
    assert shown.get_text() == "It grew 1.5 % a year."
    assert shown.a is not None and shown.a["href"] == "#result-x"


def test_a_trend_rises_where_its_values_rise() -> None:
    points = re.findall(r"([\d.]+),([\d.]+)", index.sparkline([1.0, 2.0, 4.0], "spend"))
    heights = [float(y) for _, y in points]
    assert heights == sorted(heights, reverse=True), "y grows downwards"


def test_a_trend_marks_the_period_of_its_result() -> None:
    dates = ["2026-12-31", "2027-12-31", "2028-12-31"]
    assert [index._place(dates, period) for period in ("2027Q4", "2027-01-20", "2025 to 2026")] == [
        1,
        0,
        2,
    ]
    drawn = index.sparkline([1.0, 2.0, 4.0], "chance", marked=1)
    assert 'cx="60.0"' in drawn


def test_a_flat_trend_is_a_line() -> None:
    assert "nan" not in index.sparkline([2.0, 2.0, 2.0], "spend")


def test_the_change_of_mind_ends_where_the_next_section_starts() -> None:
    body = '<h2 id="w">What would change our mind</h2><ul><li>A fall.</li></ul><h2 id="s">Next</h2><p>no</p>'
    assert topic_page.change_of_mind(body) == ("<ul><li>A fall.</li></ul>", "w")
    assert topic_page.change_of_mind("<h2 id='a'>Other</h2>") == ("", "")


def test_a_cell_names_the_functions_that_it_calls() -> None:
    cells = [
        "from token_economics.show import display\nfrom token_economics.figures import supply as figures\n"
        "from token_economics.headlines import supply_constraints as topic",
        "display.figure(figures.fleet(topic.fleet(book)), name='fleet')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    names = topic_page.aliases(notebook)
    called = topic_page.functions_called(cells[1], names)
    assert called == ["figures.supply.fleet", "headlines.supply_constraints.fleet"]


def test_a_magic_is_no_python_and_breaks_nothing() -> None:
    assert topic_page.functions_called("%matplotlib inline", {}) == []


def test_the_map_goes_from_assumptions_to_phantom_gdp_and_links_every_node() -> None:
    soup = BeautifulSoup(causal_map.markup({}), "html.parser")
    titles = [a.get_text() for a in soup.select(".te-node > a[href]")]
    assert titles[0] == "Assumptions" and titles[-1] == "Phantom GDP"
    assert len(titles) == len(soup.select(".te-node")) == sum(map(len, causal_map.STEPS))


def test_numbers_on_the_map_lead_to_their_rows() -> None:
    node = next(node for step in causal_map.STEPS for node in step if node.result)
    row = headline.result(node.result, "label <b>", 0.5, unit="share")
    soup = BeautifulSoup(causal_map.markup({node.result: headline.Quantity(row)}), "html.parser")
    (number,) = soup.select("a.te-number")
    assert number["href"] == f"#result-{node.result}" and soup.find("b") is None


def test_a_number_and_its_unit_stay_on_one_line() -> None:
    tidied, _ = markup.tidied(
        '<p>It is <a class="te-number" href="#result-x">12 % (3 to 23)</a>.</p>'
    )
    assert "12\N{NO-BREAK SPACE}%" in tidied


def test_hashes_of_the_one_file_are_those_of_its_scripts() -> None:
    scripts = ["let a = 1;", "let b = '\\x3c/script>';"]
    policy = single_file.policy(scripts)
    for text in scripts:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    script_part = next(part for part in policy.split(";") if part.strip().startswith("script-src"))
    assert "unsafe" not in script_part and "'self'" not in script_part


@pytest.mark.report
def test_pictures_show_the_report_as_it_is() -> None:
    """Guard: a picture of a page that has changed since."""
    assert not pictures.stale(ROOT / "reports" / "base"), "run `make pictures`"


def test_readme_shows_every_picture() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in pictures.PICTURES:
        assert f"reports/pictures/{name}.png" in readme


def test_numbers_of_a_column_have_as_many_decimals() -> None:
    assert headline.column_texts([1.102, 0.4886, None, -0.7]) == [
        "1.102", "0.489", "", "\N{MINUS SIGN}0.700",
    ]  # fmt: skip
    assert headline.column_texts([79.66, 78.7]) == ["79.7", "78.7"], "no more than are held"
    assert headline.column_texts([0.08531, 1.121]) == ["0.085", "1.121"], "two digits of the least"
    assert headline.column_texts([5, 7, 0]) == ["5", "7", "0"]


def test_numbers_of_different_orders_are_printed_each_by_itself() -> None:
    assert headline.column_texts([11.384, 7449, 0.00027]) == ["11.4", "7,449", "0.00027"]
    assert headline.column_texts([0.0004, 0.9]) == ["0.0004", "0.9"]


def test_a_sentence_says_a_month_as_a_reader_does() -> None:
    row = headline.result("x", "x", 1.0, unit="", period="2025-01 to 2026-07")
    assert f"{headline.Quantity(row):p}" == "January 2025 to July 2026"
    assert headline.dates_in_words("2026-10-03, 2026Q3") == "3 October 2026, 2026Q3"


def shown(field: str, cell: object, *, kind: str = "string") -> BeautifulSoup:
    """A page's table of two columns, the second of which holds the cell."""
    fields = [{"name": n, "type": t, "title": n} for n, t in (("first", "string"), (field, kind))]
    rows = [{"first": "deflator", field: cell}]
    resource = {"title": "T", "schema": {"fields": fields}, "data": rows, "sources": []}
    return BeautifulSoup(page_tables.page_table(resource), "html.parser")


def test_a_table_names_the_source_and_links_it_where_the_data_hold_an_id() -> None:
    soup = shown("source_id", "seed_000 none_such")
    (link,) = soup.select("td a")
    assert link["href"] == "sources.html#source-seed_000" and "seed_000" not in soup.get_text()
    assert shown("used", "none").td.get_text() == "None"  # type: ignore[union-attr]
    assert "<b>" not in str(shown("source_id", "<b>seed_000</b>"))


def test_a_table_leads_to_the_page_of_a_topic() -> None:
    (link,) = shown("topic", "demand explosion").select("td a")
    assert link["href"] == "#topic-demand_explosion" and link.get_text() == "Demand explosion"


def test_dates_stay_on_one_line_and_sentences_get_room() -> None:
    assert shown("period", "2025-01 to 2026-07").select_one("td .te-nowrap") is not None
    wordy = shown("note", "word " * 20)
    assert wordy.select_one("table.te-stacked td.te-wordy[data-title]") is not None


def test_cells_of_words_begin_with_a_capital_and_names_do_not() -> None:
    assert [h.get_text() for h in shown("x", "y").select("tbody th")] == ["Deflator"]
    assert not page_tables.WORDS.match("gpt-4o") and not page_tables.WORDS.match("o1 preview")


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_a_page_holds_every_line_of_its_notebook_s_code(path: Path) -> None:
    """Below what a cell shows, or with set-up and sentences at the end: a reader can redo it all."""
    page = (ROOT / "reports" / "base" / f"{path.stem}.html").read_text(encoding="utf-8")
    code = "\n".join(block.get_text() for block in BeautifulSoup(page, "html.parser").select("pre"))
    cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    lines = [line for cell in cells for line in cell.source.splitlines()]
    assert len(lines) > 50
    assert not [line for line in lines if line not in code]
