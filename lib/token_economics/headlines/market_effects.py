"""What decides the token market, and how its checks look: tables for the notebook's charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book
from token_economics.headlines.rows import in_words
from token_economics.headlines.token_market import TOPIC, headlines, record
from token_economics.methods.arrays import FloatArray
from token_economics.methods.sensitivity import SHARE_DECIMALS, sobol_indices

EFFECT_DRAWS, TOGETHER = 768, 10
IMMATERIAL = 0.01


def effects(book: Book) -> pd.DataFrame:
    """Total effect of each assumption of this topic on five headlines, largest first.

    Prices and spending in logs. ``material`` is no where no headline moves by a hundredth of its
    variance.
    """
    facts = record()
    first = book.draws(EFFECT_DRAWS)
    second = replace(book, seed=book.seed + 1).draws(EFFECT_DRAWS)
    moving = {name: first[name] for name in own_assumptions(book)}
    fixed = {name: values for name, values in first.items() if name not in moving}
    found = sobol_indices(
        lambda draws: _scored(headlines({**fixed, **draws}, facts)),
        first=moving,
        second={name: second[name] for name in moving},
        inputs=list(moving),
        together=TOGETHER,
        rng=np.random.default_rng(book.seed),
    )
    frame = found.pivot(index="input", columns="result", values="total").reindex(list(moving))
    frame = frame[list(EFFECT_RESULTS.values())].rename_axis(index=None, columns=None)
    frame = frame.round(SHARE_DECIMALS)
    frame = frame.assign(largest=frame.max(axis=1)).sort_values(
        "largest", ascending=False, kind="stable"
    )
    frame = frame.reset_index(names="name")
    labels = {name: book.row(name).label for name in moving}
    return frame.assign(
        label=frame["name"].map(labels),
        material=np.where(frame["largest"] >= IMMATERIAL, "yes", "no"),
    )


EFFECT_RESULTS = {
    "price_next": "Price of compute, 2027",
    "price_at_horizon": "Price of compute, 2030",
    "spend_at_horizon": "Spending, 2030",
    "margin_now": "Margin of labs, 2026",
    "token_growth": "Growth of tokens",
}


def _scored(drawn: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    logs = {"price_next", "price_at_horizon", "spend_at_horizon"}
    return {
        label: np.log(drawn[name]) if name in logs else drawn[name]
        for name, label in EFFECT_RESULTS.items()
    }


def own_assumptions(book: Book) -> list[str]:
    """Names of the assumptions that this topic leans on."""
    return [name for name, row in book.rows.items() if TOPIC in row.topics]


def strongest(table: pd.DataFrame, count: int) -> pd.DataFrame:
    """The assumptions with the largest total effect, a row an assumption and headline."""
    top = table.assign(label=table["name"].map(in_words)).head(count)
    shown = [label for label in EFFECT_RESULTS.values() if label in table.columns]
    return top.melt(id_vars=["label"], value_vars=shown, var_name="result", value_name="effect")


def immaterial(table: pd.DataFrame) -> pd.DataFrame:
    """The assumptions that move no headline by a hundredth of its variance."""
    chosen = table[table["material"] == "no"]
    percent = [f"{100 * share:.1g} %" for share in chosen["largest"]]
    frame = pd.DataFrame(
        {"name": chosen["name"], "assumption": chosen["label"], "largest": percent}
    )
    return frame.reset_index(drop=True)


def target_ratios(ledger: pd.DataFrame) -> pd.DataFrame:
    """Model over observed for the targets that have one figure and cannot be negative."""
    chosen = ledger[ledger["observed"].notna() & ledger["unit"].ne("share")]
    ratios = {
        name: chosen[column] / chosen["observed"]
        for name, column in {
            "value": "model",
            "low": "low",
            "high": "high",
            "accepted_low": "accepted_low",
            "accepted_high": "accepted_high",
        }.items()
    }
    names = chosen["id"].str.replace("_", " ").str.capitalize().str.replace("q", "Q")
    return pd.DataFrame({"label": names, **ratios, "met": chosen["met"]}).reset_index(drop=True)


def frozen_ranges(scores: pd.DataFrame) -> pd.DataFrame:
    """Both frozen forecasts, a row each, with what came."""
    label = scores["series"] + ", " + scores["period"]
    parts = [
        pd.DataFrame(
            {
                "label": label,
                "forecast": forecast,
                "value": scores[value],
                "low": scores[low],
                "high": scores[high],
                "observed": scores["observed"],
            }
        )
        for forecast, value, low, high in (
            ("Model", "model", "low", "high"),
            ("Random walk", "walk", "walk_low", "walk_high"),
        )
    ]
    return pd.concat(parts, ignore_index=True)
