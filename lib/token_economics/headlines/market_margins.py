"""Margins of labs: what is reported, what the market gives, and what moved them, as an identity."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book
from token_economics.evidence import quarters, tables
from token_economics.headlines import market_drivers
from token_economics.headlines.market_drivers import MarketRecord
from token_economics.methods.arrays import FloatArray

REPORTED = {
    "inference_margin": "Inference, one analyst",
    "compute_margin": "Paying users",
    "gross_margin": "Whole company",
    "gross_margin_direct_sales": "Direct sales",
    "gross_margin_analyst_model": "Analyst's model",
    "gross_margin_before_training_and_partner_share": "Before training",
}
PATHS = (("Anthropic", "inference_margin"), ("OpenAI", "compute_margin"))


def reported() -> pd.DataFrame:
    """Margins as they were told, with what each counts. Share of revenue."""
    frame = tables.read("margins")
    frame = frame[frame["variable"].isin(list(REPORTED))]
    described = tables.resource("margins")["variables"]
    return pd.DataFrame(
        {
            "date": [_middle(period) for period in frame["period"]],
            "period": frame["period"],
            "entity": frame["entity"],
            "definition": frame["variable"].map(REPORTED),
            "counts": [described[name]["description"] for name in frame["variable"]],
            "value": frame["value"] / 100,
            "grade": frame["grade"],
            "source_id": frame["source_id"],
        }
    ).sort_values(["date", "entity"], ignore_index=True)


def _middle(period: str) -> pd.Timestamp:
    return pd.Timestamp(tables.midpoint_of_period(pd.Series([period])).iloc[0])


def model_path(market: pd.DataFrame) -> pd.DataFrame:
    """Margin of the market's labs by quarter with its 90 % band, share of revenue."""
    rows = market[market["variable"] == "gross_margin"].reset_index(drop=True)
    return pd.DataFrame(
        {
            "date": rows["quarter"].map(quarters.end_date),
            "quarter": rows["quarter"],
            "value": rows["p50"],
            "low": rows["p05"],
            "high": rows["p95"],
        }
    )


def against_reported(market: pd.DataFrame) -> pd.DataFrame:
    """The model's path and the reported margins in one table; a reported one has no range."""
    ours, told = model_path(market), reported()
    model = ours.rename(columns={"quarter": "period"}).assign(
        part="Market", entity="Market", definition="Market, 90 % of draws"
    )
    points = told.assign(part="Reported", low=told["value"], high=told["value"])
    columns = ["date", "period", "part", "entity", "definition", "value", "low", "high"]
    return pd.concat([model[columns], points[columns]], ignore_index=True)


def paid_price(draws: Mapping[str, FloatArray], facts: MarketRecord, quarter: str) -> FloatArray:
    """Rent of an H100 that labs pay in a quarter: contracts running and spot. [USD/GPU-hour]"""
    renewal, share = draws["contract_renewal_share_per_quarter"], draws["contract_compute_share"]
    known = [name for name in facts.quarterly_rents.index if name <= quarter]
    spot = facts.quarterly_rents
    book = np.full_like(renewal, float(spot[known[0]]))
    for name in known[1:]:
        book = (1 - renewal) * book + renewal * float(spot[name])
    return np.asarray(share * book + (1 - share) * float(spot[quarter]))


def decomposition(book: Book) -> pd.DataFrame:
    """Reported rises of margin split into compute paid and revenue per paid hour, 90 % intervals.

    An identity on what was reported: the price of compute follows rents and the contract book,
    so revenue per paid hour is what is left. Multiples of the first date.
    """
    facts, draws = market_drivers.record(), book.draws()
    rows = []
    for firm, variable in PATHS:
        told = tables.series("margins", variable, firm)
        before, after = told.iloc[0], told.iloc[-1]
        span = [quarters.of_date(str(period)) for period in told["period"].iloc[[0, -1]]]
        start, end = (paid_price(draws, facts, quarter) for quarter in span)
        change = float(np.log((1 - after["value"] / 100) / (1 - before["value"] / 100)))
        revenue = np.exp(np.log(end / start) - change)
        rows.append(
            {
                "firm": firm,
                "margin": REPORTED[variable],
                "span": f"{before['period']} to {after['period']}",
                "before": before["value"],
                "after": after["value"],
                "paid": _interval(end / start),
                "revenue": _interval(revenue),
                "source_id": f"{before['source_id']} {after['source_id']}",
            }
        )
    return pd.DataFrame(rows)


def _interval(values: FloatArray) -> str:
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def revenue_per_hour(draws: Mapping[str, FloatArray], facts: MarketRecord) -> FloatArray:
    """Rise of revenue per paid hour of compute that the best documented margin implies. [1]"""
    firm, variable = PATHS[0]
    told = tables.series("margins", variable, firm)
    span = [quarters.of_date(str(period)) for period in told["period"].iloc[[0, -1]]]
    start, end = (paid_price(draws, facts, quarter) for quarter in span)
    kept = (1 - told["value"].iloc[0] / 100) / (1 - told["value"].iloc[-1] / 100)
    return np.asarray(end / start * kept)
