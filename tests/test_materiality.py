"""Model.md's rule on decorative assumptions: each moves a headline, or is labelled and no slider."""

import re
from functools import cache

import pandas as pd
from fixture_project import ROOT

from token_economics.book.assumptions import read_book
from token_economics.report.pages import materiality

IMMATERIAL = 0.01  # of a variance
EDITION = ROOT / "reports/base"
IN_A_SLIDER = re.compile(r'class="te-slider-why"> · <a href="assumptions.html#assumption-(\w+)"')
ENTRY = re.compile(r'<tr id="assumption-(\w+)".*?</tr>', re.DOTALL)


@cache
def of_the_edition() -> pd.DataFrame:
    """What the published summary says of each assumption."""
    return pd.read_csv(EDITION / f"tables/summary.{materiality.TABLE}.csv").set_index("name")


def test_every_assumption_moves_a_headline_by_a_hundredth_or_is_labelled_immaterial() -> None:
    table = of_the_edition()
    assert set(table.index) == set(read_book().rows)
    assert set(table.index[table["effect"] < IMMATERIAL]) == set(
        table.index[table["material"] == "no"]
    )


def test_the_book_marks_the_immaterial_ones_and_no_others() -> None:
    page = (EDITION / "assumptions.html").read_text(encoding="utf-8")
    entries = {match[1]: "immaterial</span>" in match[0] for match in ENTRY.finditer(page)}
    assert set(entries) == set(of_the_edition().index)
    assert {name for name, marked in entries.items() if marked} == set(
        of_the_edition().query("material == 'no'").index
    )


def test_no_slider_moves_what_is_immaterial() -> None:
    pages = [path.read_text(encoding="utf-8") for path in EDITION.glob("[0-9]*.html")]
    moved = {name for page in pages for name in IN_A_SLIDER.findall(page)}
    assert len(moved) > 5
    assert not moved & set(of_the_edition().query("material == 'no'").index)
