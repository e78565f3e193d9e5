"""How the market's frozen forecast came out, a line wherever its ranges are quoted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup
from nbformat import NotebookNode

from token_economics.report.pages.quotes import number
from token_economics.report.run import notebooks, reach
from token_economics.report.run.execute import Execution

SOLVED = "headlines.market_memo.solved"
HELD, HELD_BY_WALK = "token_market.frozen_covered", "token_market.frozen_covered_walk"


def belongs_to(execution: Execution) -> bool:
    """Whether a page shows ranges of the market: its notebook reaches the market's solution."""
    return reaches_the_market(NotebookNode(execution.notebook))


def reaches_the_market(notebook: NotebookNode) -> bool:
    """Whether the code of a notebook leads to the market's solution."""
    cells = [cell.source for cell in notebooks.code_cells(notebook)]
    return SOLVED in reach.reached([cells], commands=())


def line(results: Mapping[str, Mapping[str, Any]]) -> Markup:
    """The record in a sentence, with the results of the run by their full ids."""
    if not {HELD, HELD_BY_WALK} <= set(results):
        return Markup(
            "The market's ranges have a record, on the page on the token market, which this report "
            "leaves out."
        )
    return Markup(
        "The market's ranges have a record: frozen at the end of 2025, its 80 % interval held {} "
        "outcomes of 2026; that of a random walk with drift held {}."
    ).format(number(results[HELD]), number(results[HELD_BY_WALK]))
