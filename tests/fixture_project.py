"""A tiny project to run the machinery on: three tables, two notebooks, two scenarios."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).resolve().parents[1]
ROOT_VARIABLE = "TOKEN_ECONOMICS_ROOT"
SERIES = "widgets"

SOURCES = [
    {
        "id": "bureau_widgets_2026", "publisher": "Bureau", "title": "Widget census",
        "published": "2026-01", "accessed": "2026-10", "url": "https://example.org/widgets",
        "licence": "public-domain", "seen": "original",
    },
    {
        "id": "guild_prices_2026", "publisher": "Guild", "title": "Price list",
        "accessed": "2026-10", "licence": "own", "seen": "second-hand",
    },
]  # fmt: skip

# name, value, low, high, distribution, hard_min, hard_max, unit, topics, renamed_from
ASSUMPTIONS = [
    ("adoption_share", 0.3, 0.1, 0.6, "logitnormal", 0, 1, "share", "alpha", ""),
    ("demand_growth_per_year", 0.5, 0.2, 0.8, "normal", -1, 5, "1/year", "alpha beta", "growth_rate"),
    ("lag_years", 2, "", "", "fixed", 0, 10, "years", "alpha", ""),
    ("unit_price_usd", 100, 50, 200, "lognormal", 0, 10000, "USD", "beta", ""),
    ("wear_per_year", 0.1, 0.05, 0.15, "uniform", 0, 1, "1/year", "beta", ""),
]  # fmt: skip

ALPHA = [
    "# How many widgets?\n\nA page of the fixture.",
    """\
import altair as alt

from token_economics.book.assumptions import resolve
from token_economics.evidence import tables as evidence
from token_economics.figures import style
from token_economics.headlines import rows as headline
from token_economics.show import display

style.enable()""",
    "",
    "book = resolve(globals())",
    """\
shipments = evidence.series("widgets", "shipments")
forecast = book.draws()["demand_growth_per_year"]
results = headline.check_results(
    shipments.iloc[[-1]].assign(
        id="last_shipment", label="widgets shipped", period=shipments["period"].iloc[-1],
        value=shipments["value"].iloc[-1] * (1 + book["demand_growth_per_year"]),
        low=float("nan"), high=float("nan"), level=float("nan"), status="ok", digits=3,
    )
)""",
    'display.answer("The last count with growth is {last_shipment}.", results)',
    """\
display.figure(
    alt.Chart(shipments[["period", "entity", "value"]]).mark_point().encode(x="period:N", y="value:Q", color="entity:N")
    .properties(width="container"),
    name="shipments",
    caption="Widgets shipped.",
    description="Points that rise from year to year.",
    sources=shipments,
)""",
    "display.results(results)",
    'display.heading("growth", "Growth gives {last_shipment:v}", results)',
    """\
display.table(
    shipments[["period", "entity", "value"]],
    name="counts",
    caption="Counts",
    titles={"value": "widgets"},
    sources=["bureau_widgets_2026"],
)""",
    """\
display.table(
    shipments.assign(
        quarter=shipments["period"] + "Q1", mean=shipments["value"], p05=shipments["low"],
        p50=shipments["value"], p95=shipments["high"],
    )[["quarter", "entity", "variable", "unit", "mean", "p05", "p50", "p95"]],
    name="market",
    caption="Paths",
)""",
    "## A heading\n\nText.",
    "## A heading\n\nThe same heading again.",
]
BETA = [
    ALPHA[1],
    "",
    "book = resolve(globals())",
    """\
prices = evidence.series("widgets", "price")
display.figure(
    alt.Chart(prices[["period", "value"]]).mark_bar().encode(x="value:Q", y="period:N"),
    name="prices",
    caption="Prices.",
    description="Bars that fall.",
    sources=prices,
)""",
    """\
display.results(
    prices.iloc[[-1]].assign(
        id="price", label="price of a widget", value=book["unit_price_usd"], low=float("nan"),
        high=float("nan"), level=float("nan"), status="ok", digits=3,
    )
)""",
]


def write_project(root: Path) -> Path:
    """Write the fixture project into a new folder; its notebooks are not executed yet."""
    for part in ("data/scenarios", "notebooks", "reports"):
        (root / part).mkdir(parents=True)
    (root / "data" / "datapackage.json").write_text(json.dumps(_package()), encoding="utf-8")
    write_table(root, "sources", SOURCES)
    write_table(root, "assumptions", [_assumption(*row) for row in ASSUMPTIONS])
    write_table(root, SERIES, _observations())
    write_scenario(root, "base", "_title: As it stands\n_story: Nothing is changed.\n")
    write_scenario(
        root, "boom", "_title: Boom\n_story: Demand doubles.\ndemand_growth_per_year: 1\n"
    )
    write_notebook(root / "notebooks/01_alpha.ipynb", ALPHA, title="Alpha", question="How many?")
    write_notebook(root / "notebooks/02_beta.ipynb", BETA, title="Beta", question="At what price?")
    return root


def _package() -> dict[str, Any]:
    """The real description with three tables, so that the schemas under test are the real ones."""
    package: dict[str, Any] = json.loads((ROOT / "data/datapackage.json").read_text("utf-8"))
    by_name = {resource["name"]: resource for resource in package["resources"]}
    some_series = next(r for r in package["resources"] if r["kind"] == "series")
    variables = {
        "shipments": {"unit": "widgets", "description": "Widgets shipped."},
        "price": {"unit": "USD", "description": "Price of a widget."},
    }
    series = {**some_series, "name": SERIES, "path": f"{SERIES}.csv", "variables": variables}
    package["resources"] = [by_name["sources"], by_name["assumptions"], series]
    retired = {"widget_fashion": "no series ever moved with it"}
    package["edition"] = {**package["edition"], "n_draws": 64, "retired_assumptions": retired}
    return package


def _assumption(*row: Any) -> dict[str, Any]:
    name, value, low, high, distribution, hard_min, hard_max, unit, topics, renamed = row
    return {
        "name": name, "value": value, "low": low, "high": high, "distribution": distribution,
        "hard_min": hard_min, "hard_max": hard_max, "unit": unit, "basis": "judged",
        "source_id": "guild_prices_2026", "rationale": "Chosen for the fixture.",
        "topics": topics, "label": name.replace("_", " "), "renamed_from": renamed,
    }  # fmt: skip


def _observations() -> list[dict[str, Any]]:
    shipments = {"2023": 10, "2024": 20, "2025": 40.5}
    prices = {"2023": 120, "2024": 90, "2025": 60, "2026": 30}
    common = {"entity": "Widget makers", "kind": "observed", "grade": "primary"}
    return [
        {**common, "period": p, "variable": "price", "value": v, "unit": "USD",
         "price_year": "nominal", "source_id": "guild_prices_2026"}
        for p, v in prices.items()
    ] + [
        {**common, "period": p, "variable": "shipments", "value": v, "low": v - 1, "high": v + 1,
         "unit": "widgets", "source_id": "bureau_widgets_2026"}
        for p, v in shipments.items()
    ]  # fmt: skip


def write_table(root: Path, name: str, rows: list[dict[str, Any]]) -> None:
    """Write a table with the columns of its schema."""
    package = json.loads((root / "data/datapackage.json").read_text(encoding="utf-8"))
    described = next(r for r in package["resources"] if r["name"] == name)
    fields = [field["name"] for field in described["schema"]["fields"]]
    with (root / "data" / described["path"]).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fields, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_scenario(root: Path, name: str, text: str) -> Path:
    """Write a scenario file."""
    path = root / "data" / "scenarios" / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def write_notebook(
    path: Path, sources: list[str], *, title: str = "", question: str = "", order: Any = None
) -> Path:
    """Write a notebook: text that starts with # is Markdown, an empty one is the parameters cell."""
    cells = []
    for source in sources:
        if source.startswith("#"):
            cells.append(nbformat.v4.new_markdown_cell(source))
        else:
            metadata = {} if source else {"tags": ["parameters"]}
            cells.append(nbformat.v4.new_code_cell(source, metadata=metadata))
    own = {"title": title, "question": question, "order": order}
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["token_economics"] = {k: v for k, v in own.items() if v not in ("", None)}
    nbformat.write(notebook, path)
    return path


def environment(root: Path | None, **more: str) -> dict[str, str]:
    """This process's environment with the project named, or with none."""
    own = {key: value for key, value in os.environ.items() if key != ROOT_VARIABLE}
    return {**own, **({ROOT_VARIABLE: str(root)} if root else {}), **more}


def token_economics(
    root: Path | None, *arguments: str, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "token_economics", *arguments],
        env=environment(root), cwd=cwd or root, capture_output=True, text=True, check=False,
        timeout=300,
    )  # fmt: skip


def bytes_of(folder: Path) -> Mapping[str, bytes]:
    """Every file below a folder, by its path there; what only the cache holds is left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".cache" not in path.parts
    }


def rows_of(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
