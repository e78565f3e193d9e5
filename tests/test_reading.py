"""What pages are made of: sentences, trends, traces to the library, its reference, the one file."""

import base64
import hashlib
import re

import nbformat
import pictures
import pytest
from bs4 import BeautifulSoup
from fixture_project import ROOT

from token_economics import causal_map, headline
from token_economics.report import front, library, markup, single_file, topic_page, traces


def test_a_card_shows_the_first_sentence_with_its_links() -> None:
    answer = '<p class="te-answer">It grew <a href="#result-x">1.5 %</a> a year. Then it fell.</p>'
    shown = BeautifulSoup(front.first_sentence(answer), "html.parser")
    assert shown.get_text() == "It grew 1.5 % a year."
    assert shown.a is not None and shown.a["href"] == "#result-x"


def test_a_trend_rises_where_its_values_rise() -> None:
    points = re.findall(r"([\d.]+),([\d.]+)", front.sparkline([1.0, 2.0, 4.0], "spend"))
    heights = [float(y) for _, y in points]
    assert heights == sorted(heights, reverse=True), "y grows downwards"


def test_a_flat_trend_is_a_line() -> None:
    assert "nan" not in front.sparkline([2.0, 2.0, 2.0], "spend")


def test_the_change_of_mind_ends_where_the_next_section_starts() -> None:
    body = '<h2 id="w">What would change our mind</h2><ul><li>A fall.</li></ul><h2 id="s">Next</h2><p>no</p>'
    assert topic_page.change_of_mind(body) == ("<ul><li>A fall.</li></ul>", "w")
    assert topic_page.change_of_mind("<h2 id='a'>Other</h2>") == ("", "")


def test_a_cell_leads_to_the_functions_that_it_calls() -> None:
    cells = [
        "from token_economics import display\nfrom token_economics.figures import supply as figures\n"
        "from token_economics.topics import supply_constraints as topic",
        "display.figure(figures.fleet(topic.fleet(book)), name='fleet')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    names = traces.aliases(notebook)
    called = traces.functions(cells[1], names)
    assert called == ["figures.supply.fleet", "topics.supply_constraints.fleet"]
    known = library.addresses()
    assert known["figures.supply.fleet"] == "library_figures.html#figures.supply.fleet"


def test_a_magic_is_no_python_and_breaks_nothing() -> None:
    assert traces.functions("%matplotlib inline", {}) == []


def test_every_public_function_is_in_the_reference_once() -> None:
    addresses = library.addresses()
    held = {f"{m.name}.{e.name}" for m in library.modules() for e in m.entries}
    assert set(addresses) == held and len(held) > 300
    shown = [m["name"] for s in library.contents() for m in library.rendered(s["key"])]
    assert sorted(shown) == sorted(m.name for m in library.modules())


def test_subjects_name_modules_that_exist() -> None:
    known = {m.name.split(".")[0] for m in library.modules()}
    named = {name for _, names in library.SUBJECTS.values() for name in names}
    assert named <= known


def test_a_docstring_keeps_its_parts() -> None:
    doc = (
        "Share repaid <each> year.\n\n.. math:: r / (1 - x)\n\nParameters\n----------\n"
        "rate\n    Cost, ``r``. [1/year]\nlife\n    Life. [years]\n\nReturns\n-------\nPayment. [1/year]"
    )
    soup = BeautifulSoup(library.document(doc), "html.parser")
    assert [p.get_text() for p in soup.find_all("dt")] == ["rate", "life"]
    assert soup.math is not None and soup.math["display"] == "block"
    assert "Share repaid <each> year." in soup.get_text() and soup.find("each") is None
    assert "Payment. [1/year]" in soup.get_text()


def test_no_equation_of_the_library_is_left_as_source() -> None:
    for subject in library.contents():
        for module in library.rendered(subject["key"]):
            text = module["doc"] + "".join(entry["doc"] for entry in module["entries"])
            assert ".. math::" not in text and ":math:" not in text, module["name"]


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
