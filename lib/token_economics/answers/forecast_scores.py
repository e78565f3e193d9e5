"""The record of the market's forecasts in a terminal: the same scores that its page shows."""

from __future__ import annotations

import json

import pandas as pd

from token_economics.book.assumptions import Book
from token_economics.headlines import forecast_record
from token_economics.headlines import rows as headline
from token_economics.methods import rounding

TABLES = {
    "by_origin_and_series": ("origin", "series"),
    "by_series": ("series",),
    "by_origin": ("origin",),
    "pooled": (),
}
SHORT = {
    "random_walk_with_drift": "walk",
    "local_linear_trend": "trend",
    "arima_110_with_drift": "arima",
    "interval_score": "interval",
    "interval_score_best": "its_best",
    "p_value": "p",
}


def told(book: Book, *, as_json: bool) -> str:
    """The answer of the page and its tables of scores, as text or as JSON."""
    scores = forecast_record.scored(book)
    results = forecast_record.results(book, scores)
    tables = {name: forecast_record.by_group(scores, *by) for name, by in TABLES.items()}
    if as_json:
        found = {"results": results, **tables}
        plain = {name: rounding.plain_values(frame) for name, frame in found.items()}
        return json.dumps(plain, indent=1, ensure_ascii=False)
    sentence = forecast_record.answer(results, scores).format(**headline.quantities(results))
    shown = (f"{name.replace('_', ' ')}:\n{_text(frame)}" for name, frame in tables.items())
    return "\n\n".join([sentence, "CRPS and scores of 80 % intervals in log points.", *shown])


def _text(frame: pd.DataFrame) -> str:
    return frame.rename(columns=SHORT).to_string(index=False, float_format="{:.3f}".format)
