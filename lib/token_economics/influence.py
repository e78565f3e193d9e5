"""What matters: which of the book's assumptions decide the headline results, and which none."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from token_economics import answers
from token_economics.assumptions import Book, FloatArray
from token_economics.sensitivity import ranks_within, sobol_indices

DRAWS = 512
IMMATERIAL = 0.01
ACRONYMS = {"hbm": "HBM", "dram": "DRAM", "gpu": "GPU", "gdp": "GDP", "h100e": "H100e", "us": "US"}
UNIT_IN_NAME = re.compile(
    r"(_usd_per_\w+|_log_per_year|_per_year|_per_quarter|_months|_years|_quarters|_usd|_share|_ratio"
    r"|_multiple|_log|_log_sd)$"
)
Model = Callable[[Mapping[str, FloatArray]], dict[str, FloatArray]]


def in_words(name: str) -> str:
    """The name of an assumption without its unit, for a chart or a sentence."""
    words = UNIT_IN_NAME.sub("", name).split("_")
    return " ".join(ACRONYMS.get(word, word) for word in words)


def model(module: Any, seed: int) -> Model:
    """The headline results of a topic as a function of draws alone; the evidence is read once."""
    seeded = "seed" in inspect.signature(module.record).parameters
    facts = module.record(seed) if seeded else module.record()

    def results(draws: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        found = module.headlines(draws, facts)
        return {f"{module.TOPIC}.{name}": values for name, values in found.items()}

    return results


def indices(book: Book, draws: int = DRAWS) -> pd.DataFrame:
    """Sobol indices of every assumption on every headline result that assumptions decide.

    By rank, so that a result with a heavy tail is not judged by its largest draw. Columns: result,
    name, first, first_low, first_high, total, total_low, total_high [share of variance].
    """
    parts = [_of_topic(module, book, draws) for module in answers.TOPICS]
    return pd.concat(parts, ignore_index=True)


def _of_topic(module: Any, book: Book, draws: int) -> pd.DataFrame:
    """Indices on the results of one topic; only what its model reads is varied."""
    watched = replace(book, reads=set())
    first = watched.draws(draws)
    second = replace(book, seed=book.seed + 1).draws(draws)
    results = model(module, book.seed)
    base = results(first)
    ordered = {name: np.sort(values) for name, values in base.items()}

    def ranked(changed: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        return {name: ranks_within(v, ordered[name]) for name, v in results(changed).items()}

    found = sobol_indices(
        ranked,
        first=first,
        second=second,
        inputs=sorted(watched.reads),
        rng=np.random.default_rng(book.seed),
    )
    return found.rename(columns={"input": "name"})


def named_results(found: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """The indices on results that are printed, with ``result_label`` and ``topic``."""
    known = results.set_index("id")
    printed = found[found["result"].isin(known.index)].copy()
    labels = known["label"].str.cat(
        known["period"].where(known["period"].ne("")), sep=", ", na_rep=""
    )
    printed["result_label"] = printed["result"].map(labels.str.removesuffix(", "))
    printed["topic"] = printed["result"].str.partition(".")[0].str.replace("_", " ")
    return printed


def materiality(found: pd.DataFrame, book: Book) -> pd.DataFrame:
    """Each assumption, the result that it moves most, and whether it moves any by a hundredth.

    Columns: name, label, result, total, total_low, total_high [share of variance], material
    (yes or no); largest first.
    """
    largest = found.loc[found.groupby("name")["total"].idxmax()].set_index("name")
    frame = largest.reindex(list(book.rows))[["result", "total", "total_low", "total_high"]]
    shares = frame[["total", "total_low", "total_high"]].fillna(0.0)
    frame = frame.assign(**{str(name): shares[name] for name in shares}).reset_index()
    frame.insert(1, "label", [book.rows[name].label for name in frame["name"]])
    frame["result"] = frame["result"].fillna("")
    frame["material"] = np.where(frame["total"] >= IMMATERIAL, "yes", "no")
    return frame.sort_values("total", ascending=False, kind="stable").reset_index(drop=True)
