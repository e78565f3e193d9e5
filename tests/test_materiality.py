"""Model.md's rule on decorative assumptions: each moves a headline, or is labelled and no slider."""

import re
from functools import cache

import pandas as pd
from fixture_project import ROOT

from token_economics.answers import evaluate, influence
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


def test_what_a_glut_is_said_to_hang_on_leads_in_that_order() -> None:
    """The answer of the summary names assumptions in words: those of the largest first-order effects."""
    told = {
        "how many tokens a task takes": "tokens_per_task_growth_log_per_year",
        "how strongly demand answers to price": "market_demand_elasticity_magnitude",
        "tokens from an hour of compute": "raw_tokens_per_h100e_growth_per_year",
        "how far work spreads": "task_ceiling_multiple",
    }
    book = read_book()
    said = str(evaluate.summary_answer(evaluate.summary_results(book)))
    found = influence.first_order(book)
    glut = found[found["result"] == "token_market.below_cost_at_horizon"]
    leaders = glut.sort_values("first", ascending=False)["name"].head(len(told))
    assert list(leaders) == list(told.values())
    places = [said.find(words) for words in told]
    assert -1 not in places and places == sorted(places)
