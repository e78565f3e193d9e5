"""Headline results without a kernel: the same functions that the notebooks call."""

from __future__ import annotations

import json

import pandas as pd

from token_economics import display
from token_economics.assumptions import Book, read_book
from token_economics.topics import (
    demand_explosion,
    jevons_dynamics,
    phantom_gdp,
    supply_constraints,
    token_market,
)

TOPICS = (demand_explosion, supply_constraints, jevons_dynamics, phantom_gdp, token_market)


def headline_results(book: Book) -> pd.DataFrame:
    """The headline results of every topic for one book; ids are prefixed with the topic."""
    parts = []
    for module in TOPICS:
        frame: pd.DataFrame = module.results(book)
        parts.append(frame.assign(id=module.TOPIC + "." + frame["id"], topic=module.TOPIC))
    return pd.concat(parts, ignore_index=True)


def against_base(book: Book) -> pd.DataFrame:
    """Headline results, with a column ``base`` when the book differs from the stored one."""
    frame = headline_results(book)
    if book.overrides:
        frame["base"] = headline_results(read_book())["value"]
    return frame


def as_text(frame: pd.DataFrame) -> str:
    """A line a result: id, value, unit, range, and base where it differs."""
    lines = []
    for row in frame.to_dict("records"):
        shown = display.Quantity({str(key): value for key, value in row.items()})
        line = f"{row['id']}: {shown}"
        if "base" in row and row["base"] != row["value"]:
            base = display.Quantity({**shown.row, "value": row["base"], "low": None, "high": None})
            line += f"   base {base:v}"
        lines.append(line)
    return "\n".join(lines)


def as_json(frame: pd.DataFrame) -> str:
    """The rows as JSON."""
    return json.dumps(display.plain_values(frame), indent=1, ensure_ascii=False)
