"""A forker's power: a choice changed in one cell of a copied notebook, the library untouched."""

from __future__ import annotations

import importlib
import os
import re
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import papermill
import pytest
from fixture_project import ROOT

from token_economics.book.assumptions import read_book
from token_economics.headlines import rows, supply_constraints
from token_economics.headlines.market import market_memo
from token_economics.headlines.market.conditioning import conditioned
from token_economics.models import memory

JEVONS, SUPPLY, MARKET = "03_jevons_dynamics", "02_supply_constraints", "06_token_market"
TABLE = "application/vnd.dataresource+json"
VEGALITE = "application/vnd.vegalite.v5+json"


def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)


def fork(name: str, folder: Path, changes: dict[str, str]) -> nbformat.NotebookNode:
    """A notebook copied, each text replaced in the one cell that holds it, and executed."""
    notebook = read(name)
    for found, put in changes.items():
        (cell,) = [c for c in notebook.cells if c.cell_type == "code" and found in c.source]
        cell.source = cell.source.replace(found, put)
    path = folder / "20_mine.ipynb"
    nbformat.write(notebook, path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOKEN_ECONOMICS_ROOT", str(ROOT))
        patch.setenv(
            "PYTHONPATH", os.pathsep.join([str(ROOT / "lib"), os.environ.get("PYTHONPATH", "")])
        )
        papermill.execute_notebook(path, path, cwd=folder, progress_bar=False)
    return nbformat.read(path, as_version=4)


def outputs(notebook: nbformat.NotebookNode) -> list[dict[str, Any]]:
    return [
        o.data for c in notebook.cells if c.cell_type == "code" for o in c.outputs if "data" in o
    ]


def results(notebook: nbformat.NotebookNode) -> dict[str, dict[str, Any]]:
    (found,) = [data[rows.MIME]["results"] for data in outputs(notebook) if rows.MIME in data]
    return {row["id"]: row for row in found}


@pytest.fixture(scope="module")
def forked(tmp_path_factory: pytest.TempPathFactory) -> nbformat.NotebookNode:
    return fork(
        JEVONS,
        tmp_path_factory.mktemp("fork"),
        {
            "years = 3  #": "years = 5  #",
            "shown, steps = 10": "shown, steps = 12",
            "parts = topic.split(book)": "parts = {**topic.split(book), 'Tasks a user': 7 + 0 * path.price[0]}",
        },
    )


@pytest.fixture(scope="module")
def stored() -> nbformat.NotebookNode:
    return read(JEVONS)


def tables(notebook: nbformat.NotebookNode) -> dict[str, list[dict[str, Any]]]:
    shown = [data[TABLE] for data in outputs(notebook) if TABLE in data]
    return {str(table["name"]): table["data"] for table in shown}


def charts(notebook: nbformat.NotebookNode) -> dict[str, dict[str, Any]]:
    shown = [data[VEGALITE] for data in outputs(notebook) if VEGALITE in data]
    return {chart["usermeta"]["name"]: chart for chart in shown}


def sentences(notebook: nbformat.NotebookNode, containing: str) -> list[str]:
    said = [str(data["text/plain"]) for data in outputs(notebook)]
    return [text for text in said if containing in text]


@pytest.mark.slow
def test_labels_periods_and_values_follow_the_horizon(
    forked: nbformat.NotebookNode, stored: nbformat.NotebookNode
) -> None:
    before, after = results(stored), results(forked)
    assert before["spend_rises_bound"]["period"] == "2025Q4 to 2028Q4"
    assert after["spend_rises_bound"]["period"] == "2025Q4 to 2030Q4"
    rent = after["rent_in_five_years"]
    assert rent["label"].startswith("Rent five years after") and rent["period"] == "five years on"
    assert rent["value"] > before["rent_in_three_years"]["value"]
    assert after["reference_class"]["period"] == "next five years"
    moved = {name for name in before.keys() & after.keys() if before[name] != after[name]}
    assert {"spend_rises_bound", "rent_rises_bound", "token_price_rises_bound"} <= moved
    assert "market_spend_multiple" not in moved


@pytest.mark.slow
def test_what_a_cell_calculates_reaches_results_and_sentences(
    forked: nbformat.NotebookNode,
) -> None:
    assert results(forked)["part_tasks"]["value"] == 7
    said = " ".join(str(data.get("text/html", "")) for data in outputs(forked))
    assert "which nobody observes, by 7.0 (7.0 to 7.0)" in re.sub(r"<[^>]+>", "", said)


@pytest.mark.slow
def test_sentences_captions_and_tables_follow_too(forked: nbformat.NotebookNode) -> None:
    said = " ".join(
        str(data["text/plain"]) + str(data.get("text/html", "")) for data in outputs(forked)
    )
    assert "three years" not in said
    assert "yearly means over five years" in said
    assert "overlapping spans of 5 years" in said
    assert "the twelve years after" in charts(forked)["adoption"]["usermeta"]["caption"]


def highest_price_without_stocks() -> float:
    """Upper end of memory's contract price two years on in the stored run, were nothing stored."""
    draws, facts = conditioned(read_book()).draws(), supply_constraints.record()
    made = market_memo.solve(draws, facts).additions
    elasticity = draws["dram_demand_elasticity_magnitude"]
    price = memory.contract_price_multiple(
        2.0,
        bits_multiple=supply_constraints.memory_left(draws, 2.0, made[8] / made[0]),
        demand_growth_per_year=draws["conventional_dram_demand_growth_per_year"],
        elasticity_magnitude=elasticity,
    )
    surprises = np.exp(supply_constraints.memory_surprises(draws, facts)[8] / elasticity)
    return float(np.quantile(price * surprises, 0.95))


@pytest.mark.slow
def test_another_rule_for_the_price_of_memory_reaches_chart_heading_prose_and_results(
    tmp_path: Path,
) -> None:
    """Nobody can store, say: the price then clears each quarter by itself."""
    stored = read(SUPPLY)
    rule = 'carrying_cost_per_quarter=draws["memory_carrying_cost_per_quarter"]'
    forked = fork(SUPPLY, tmp_path, {rule: "carrying_cost_per_quarter=1e6"})
    before, after = results(stored), results(forked)
    assert {name for name in before if before[name] != after[name]} == {"memory_price_two_years_on"}
    high = after["memory_price_two_years_on"]["high"]
    assert high == pytest.approx(highest_price_without_stocks(), rel=1e-3)
    moved = [name for name, chart in charts(stored).items() if chart != charts(forked)[name]]
    assert moved == ["memory_price"]
    for start in ("Other buyers get", "What is left for servers"):
        (old,), (new,) = sentences(stored, start), sentences(forked, start)
        assert old != new and f"{high:.1f}" in new


@pytest.mark.slow
def test_another_demand_curve_of_agents_reaches_headings_results_and_tables(
    tmp_path: Path,
) -> None:
    """Their values spread evenly in logs: the base quarter stays, what comes after it moves."""
    stored = read(MARKET)
    curve = 'partial(market_memo.solve, value_curves={"agentic": task_values.log_uniform()})'
    forked = fork(MARKET, tmp_path, {"solve = market_memo.solve": f"solve = {curve}"})
    before, after = results(stored), results(forked)
    moved = {name for name in before if before[name] != after[name]}
    assert {"price_next", "below_cost_at_horizon", "revenue_miss"} <= moved
    assert not {"price_if_shock", "horizon_price_if_ceiling_low"} - moved, "what-ifs follow"
    (old,), (new,) = (sentences(each, "Compute sells below full cost") for each in (stored, forked))
    assert old != new
    (told,) = [row for row in tables(forked)["forms_of_demand"] if row["form"].startswith("Spread")]
    assert told["value"] == pytest.approx(after["price_over_cost_next"]["value"], rel=5e-3)
    assert charts(stored)["price"] != charts(forked)["price"]
    quarter = tables(stored)["market"][0]["quarter"]
    first = [
        [
            row
            for row in tables(each)["market"]
            if row["quarter"] == quarter and row["entity"] == "Compute"
        ]
        for each in (stored, forked)
    ]
    assert first[0] == first[1], "every form meets the base quarter"


@pytest.mark.slow
def test_page_on_supply_quotes_the_market_that_it_solves(tmp_path: Path) -> None:
    """No heading says of finance what the library's market says where the page has another."""
    curve = 'value_curves={"agentic": task_values.lognormal(0.3)}'
    model = (
        "from functools import partial\nfrom token_economics.models import task_values\nsolve = "
    )
    forked = fork(
        SUPPLY,
        tmp_path,
        {"solve = market_memo.solve  #": f"{model}partial(market_memo.solve, {curve})  #"},
    )
    quoted = [set(sentences(each, "Once layers answer prices")) for each in (read(SUPPLY), forked)]
    assert quoted[0] and quoted[1] and quoted[0] != quoted[1]
    before, after = results(read(SUPPLY)), results(forked)
    moved = {name for name in before if before[name] != after[name]}
    assert {"processors_over_compute", "memory_price_two_years_on"} <= moved
    assert "compute_in_three_years" not in moved, "the fleet alone knows no market"


@pytest.mark.slow
def test_another_horizon_of_the_fleet_reaches_ids_labels_and_sentences(tmp_path: Path) -> None:
    """The one handle that an earlier edition offered published three years' labels on other values."""
    forked = fork(SUPPLY, tmp_path, {"years_ahead = 3  #": "years_ahead = 2  #"})
    before, after = results(read(SUPPLY)), results(forked)
    assert {"compute_in_two_years", "sold_hours_in_two_years"} <= after.keys() - before.keys()
    fleet = after["compute_in_two_years"]
    assert fleet["label"] == "AI compute in service two years on" and fleet["period"] == "2027Q4"
    assert fleet["value"] < before["compute_in_three_years"]["value"]
    said = " ".join(
        str(o.get("text/plain", "")) + str(o.get("text/html", "")) for o in outputs(forked)
    )
    assert "three years on" not in said and "for its compute two years on" in said


def test_a_horizon_beyond_the_path_is_refused() -> None:
    with pytest.raises(ValueError, match=r"9 years ahead: the path ends in 2030Q4"):
        supply_constraints.results(read_book(), years=9)


@pytest.mark.parametrize("name", [JEVONS, SUPPLY, MARKET])
def test_what_is_published_is_what_the_library_answers(name: str) -> None:
    """The choices that stand in a cell and the library's, for `answer` without a kernel, agree."""
    topic = importlib.import_module(f"token_economics.headlines.{name.partition('_')[2]}")
    answered = topic.results(conditioned(read_book()))
    published = results(read(name))
    assert list(answered["id"]) == list(published)
    for row in answered.to_dict("records"):
        if row["status"] == "ok":
            assert published[row["id"]]["value"] == pytest.approx(row["value"], rel=1e-5)
        assert published[row["id"]]["label"] == row["label"]
        assert published[row["id"]]["period"] == row["period"]
