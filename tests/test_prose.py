"""No number of the report is typed: what stands in prose is computed, or is no number of it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fixture_project import ROOT

from token_economics.report.run import notebooks

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SENTENCES = ("answer", "prose", "heading", "figure", "table")
SPOKEN = ("caption", "description")
# What holds digits and is no result: years and quarters, levels of intervals, names of cohorts and
# products, symbols of an equation, addresses, and events that a source or a claim defines.
NO_RESULTS = (
    r"\]\([^)]*\)|`[^`]*`|\{[^}]*\}",
    r"\b(?:1[789]|20)\d\d(?:Q[1-4])?\b",
    r"\b(?:5 to )?(?:80|90|95)\s?(?:%|percent)",
    r"= 1(?=[.,]|$)",
    r"\b[Tt]op (?:1|10) (?:%|percent)",
    r"\b[A-Za-z][\w.]*-?\d[\w.-]*",
    r"1 [−+] \w|\|η\|",
    r"TSMC invests 100 billion|at least 100$",
)


def typed_numbers(text: str) -> list[str]:
    """Numbers in a text that nothing computed, with the words around them."""
    for pattern in NO_RESULTS:
        text = re.sub(pattern, " ", text)
    return [match[0] for match in re.finditer(r"[^\n]{0,30}\d[\d.,]*[^\n]{0,20}", text)]


def prose(path: Path) -> Iterator[str]:
    """Everything that a notebook says: Markdown, sentences' templates, captions, descriptions."""
    for cell in notebooks.load(path).cells:
        if cell.cell_type == "markdown":
            yield cell.source
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr in SENTENCES and ast.unparse(node.func.value) == "display":
                spoken = [k.value for k in node.keywords if k.arg in SPOKEN]
                for part in [*node.args, *spoken]:
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.value


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_number_is_typed(path: Path) -> None:
    found = [number for text in prose(path) for number in typed_numbers(text)]
    assert not found


@pytest.mark.parametrize(
    "typed",
    [
        "Spend grew 12 % a month.", "It costs 2.7 times as much.", "{growth} after 3.0 before",
        "- Rents below 1.5 USD per hour", "7 of 11 targets are met in 2026",
    ],
)  # fmt: skip
def test_a_typed_number_is_found(typed: str) -> None:
    assert typed_numbers(typed)


@pytest.mark.parametrize(
    "free",
    [
        "since early 2024, {growth:v} a month", "An H100 rents for {rent}", "GPT-4's quality",
        "The top 1 % of firms; bands hold 90 % of draws", "[prices](07_price_of_tokens.html)",
    ],
)  # fmt: skip
def test_names_and_years_are_no_results(free: str) -> None:
    assert not typed_numbers(free)
