"""Every chart with sliders, found in the notebooks: at rest it says the page's own numbers."""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from token_economics.answers import sliders, what_if_market
from token_economics.book.assumptions import Book, override, read_book
from token_economics.figures import style
from token_economics.headlines import jevons_dynamics, token_market
from token_economics.show import display

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
Row = dict[str, Any]


def _outputs(path: Path) -> Iterator[dict[str, Any]]:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            yield output.get("data", {})


@cache
def results() -> dict[str, Row]:
    """Headline results of the stored notebooks, by topic and id."""
    return {
        f"{path.stem.partition('_')[2]}.{row['id']}": row
        for path in sorted(NOTEBOOKS.glob("*.ipynb"))
        for data in _outputs(path)
        for row in data.get(display.RESULTS, {}).get("results", [])
    }


def movable_charts() -> dict[tuple[str, str], dict[str, Any]]:
    """Specifications of all charts with sliders, by notebook and name."""
    return {
        (path.stem, data[display.VEGALITE]["usermeta"]["name"]): data[display.VEGALITE]
        for path in sorted(NOTEBOOKS.glob("*.ipynb"))
        for data in _outputs(path)
        if data.get(display.VEGALITE, {}).get("usermeta", {}).get("sliders")
    }


CHARTS = movable_charts()


def headline_of(page: str, identity: str) -> Row:
    """The result that a chart of a page names: by topic, or one of its own topic."""
    topic = page.partition("_")[2]
    return results()[identity if "." in identity else f"{topic}.{identity}"]


def as_drawn(text: str) -> str:
    """A text as charts write it: the sign of a per cent stands off, minus is no hyphen."""
    spaced = re.sub(r"(?<=\d)%", "\N{NO-BREAK SPACE}%", text)
    return re.sub(r"-(?=[\d.])", "\N{MINUS SIGN}", spaced)


def expected_words(page: str, spec: dict[str, Any]) -> list[str]:
    """What a chart has to say at rest of the headline results that it names."""
    found = []
    for said in spec["usermeta"]["says"]:
        row = headline_of(page, said["result"])
        if row["status"] == "ok":
            found.append(as_drawn(said["words"].format(**row)))
    return found


@cache
def _words(page: str, name: str) -> tuple[str, ...]:
    """The words that Vega draws with the sliders at rest, axes and legends left out."""
    spec = json.loads(json.dumps(CHARTS[page, name]))
    spec.setdefault("config", {})["axis"] = {"disable": True}
    spec["config"]["legend"] = {"disable": True}
    picture = style.static_picture(spec)
    return tuple(
        html.unescape(re.sub("<[^>]+>", " ", text)).strip()
        for text in re.findall(r"<text[^>]*>(.*?)</text>", picture, flags=re.DOTALL)
    )


def test_notebooks_have_charts_with_sliders() -> None:
    assert len({page for page, _ in CHARTS}) >= 12


@pytest.mark.parametrize(("page", "name"), CHARTS, ids=["-".join(key) for key in CHARTS])
def test_at_rest_a_chart_says_the_headline_to_the_printed_digits(page: str, name: str) -> None:
    """In the order of the chart; a number without words of its own is a whole line."""
    left = iter(_words(page, name))
    for wanted in expected_words(page, CHARTS[page, name]):
        told = re.search("[a-z]{3}", wanted)
        assert any(wanted in line if told else wanted == line for line in left), (
            f"{wanted!r} is not next in {_words(page, name)}"
        )


@pytest.mark.parametrize(("page", "name"), CHARTS, ids=["-".join(key) for key in CHARTS])
def test_a_slider_over_a_result_stands_on_it(page: str, name: str) -> None:
    for row in CHARTS[page, name]["usermeta"]["sliders"]:
        if row["result"]:
            value = headline_of(page, row["result"])["value"]
            size = abs(value) if "in size" in row["label"] else value
            assert row["value"] == pytest.approx(size, rel=1e-5), row["param"]


NUMBER = re.compile(r"\d")
YEAR = re.compile(r"\b20\d\d(Q\d)?\b")


@pytest.mark.parametrize(("page", "name"), CHARTS, ids=["-".join(key) for key in CHARTS])
def test_what_a_chart_says_beside_the_headlines_is_said_to_be_point_values(
    page: str, name: str
) -> None:
    """Each chart names a headline; numbers of its words that no result answers are of points."""
    spec = CHARTS[page, name]
    over_results = [row["result"] for row in spec["usermeta"]["sliders"] if row["result"]]
    assert spec["usermeta"]["says"] or over_results
    text = "\n".join(_words(page, name))
    for wanted in sorted(expected_words(page, spec), key=len, reverse=True):
        text = text.replace(wanted, "")
    if NUMBER.search(YEAR.sub("", text)):
        assert "point values" in spec["usermeta"]["caption"], text


# The mechanism -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [what_if_market.AMOUNT, what_if_market.PART, what_if_market.CHANCE]
)
@pytest.mark.parametrize(("rest", "run"), [(0.5, 0.54), (0.9, 0.2), (0.05, 0.0), (0.0, 0.3), (1.0, 0.7)])  # fmt: skip
def test_what_lands_is_the_run_at_rest_in_order_and_in_bounds(
    kind: str, rest: float, run: float
) -> None:
    if (kind == what_if_market.AMOUNT and rest == 0) or (kind == what_if_market.PART and rest == 1):
        pytest.skip("an amount is positive, a part less than the whole")
    values = np.array([0.0, rest / 2, rest, (1 + rest) / 2, 1.0])
    found = what_if_market.landed(values, rest=rest, run=run, kind=kind)
    assert found[2] == pytest.approx(run, abs=1e-15)
    assert (np.diff(found) >= 0).all()
    assert kind != what_if_market.AMOUNT or (found >= 0).all()
    assert kind == what_if_market.AMOUNT or (found <= 1).all()
    if kind == what_if_market.CHANCE:
        assert (found[0], found[-1]) == pytest.approx((0.0 if rest else run, 1.0 if rest < 1 else run))  # fmt: skip


@pytest.fixture(scope="module", params=["base", "pinned"])
def book(request: pytest.FixtureRequest) -> Book:
    """The book, and one of which a run has pinned what a slider moves."""
    base = read_book()
    return override(base, {"dram_bit_growth_per_year": 0.25}) if request.param == "pinned" else base


def test_the_solved_market_rests_on_its_headlines(book: Book) -> None:
    """Ranges too; and every stop keeps its order, chances their bounds."""
    moved = what_if_market.outcome_sliders(book)
    table = what_if_market.outcomes(book, moved)
    found = {f"token_market.{k}": v for k, v in token_market.headlines(book.draws(), token_market.record()).items()}  # fmt: skip
    solved = jevons_dynamics.solved(book.draws(), token_market.record())
    found |= {f"jevons_dynamics.{k}": v for k, v in solved.items()}
    rest = table[(table[list(moved["param"])] == moved.set_index("param")["value"]).all(axis=1)]
    assert len(rest) == len(what_if_market.OUTCOMES)
    for row in rest.itertuples():
        drawn = found[str(row.result)]
        wanted = (drawn.mean(),) * 3 if row.unit == "chance" else np.quantile(drawn, (0.05, 0.5, 0.95))  # fmt: skip
        assert (row.low, row.value, row.high) == pytest.approx(tuple(wanted), rel=1e-9)
        assert row.run == pytest.approx(row.value, rel=1e-12)  # once scaled, which rounds
    assert (table["low"] <= table["value"]).all() and (table["value"] <= table["high"]).all()
    chances = table[table["unit"] == "chance"]["value"]
    assert chances.between(0, 1).all()


def test_price_over_cost_rests_on_its_headlines(book: Book) -> None:
    moved = what_if_market.price_sliders(book)
    table = what_if_market.prices(book, moved)
    found = token_market.headlines(book.draws(), token_market.record())
    rest = table[(table[list(moved["param"])] == moved.set_index("param")["value"]).all(axis=1)]
    by_year = rest.set_index(rest["date"].astype(str).str[:4])
    for year, when in (("2027", "next"), ("2030", "at_horizon")):
        wanted = np.quantile(found[f"price_over_cost_{when}"], (0.05, 0.5, 0.95))
        row = by_year.loc[year]
        assert (row["low"], row["value"], row["high"]) == pytest.approx(tuple(wanted), rel=1e-9)
        assert row["below"] == pytest.approx(found[f"below_cost_{when}"].mean(), rel=1e-9)
    assert (table["low"] <= table["value"]).all() and (table["value"] <= table["high"]).all()


def test_a_factor_that_cannot_be_is_one() -> None:
    assert sliders.landing(2.0, 1.6) == 1.25
    assert sliders.landing(math.nan, 1.0) == sliders.landing(1.0, 0.0) == 1.0
