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
TOGETHER = 8
IMMATERIAL = 0.01
RARE = 0.05
ACRONYMS = {
    "ai": "AI",
    "hbm": "HBM",
    "dram": "DRAM",
    "gpu": "GPU",
    "gdp": "GDP",
    "h100e": "H100e",
    "us": "US",
}
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
    facts: tuple[Any, ...] = ()
    if hasattr(module, "record"):
        facts = (module.record(seed) if has_chance(module) else module.record(),)

    def results(draws: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        found = module.headlines(draws, *facts)
        return {f"{module.TOPIC}.{name}": values for name, values in found.items()}

    return results


def modelled() -> list[Any]:
    """The topics whose results are, at least in part, functions of draws."""
    return [module for module in answers.TOPICS if hasattr(module, "headlines")]


def has_chance(module: Any) -> bool:
    """Whether a topic draws sampling error of its own, by a seed, besides the assumptions."""
    read = getattr(module, "record", None)
    return read is not None and "seed" in inspect.signature(read).parameters


def indices(book: Book, draws: int = DRAWS) -> pd.DataFrame:
    """Sobol indices of every assumption on every headline result that assumptions decide.

    By rank, so that a result with a heavy tail is not judged by its largest draw. Columns: result,
    name, first, first_low, first_high, total, total_low, total_high [share of variance],
    rare (see `told`).
    """
    parts = [_of_topic(module, book, draws) for module in modelled()]
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
        together=1 if has_chance(module) else TOGETHER,
        rng=np.random.default_rng(book.seed),
    )
    rare = {name for name, values in base.items() if _is_rare(values)}
    return found.rename(columns={"input": "name"}).assign(rare=found["result"].isin(rare))


def _is_rare(values: FloatArray) -> bool:
    """Whether a result takes two values, and one of them hardly ever."""
    kinds, counts = np.unique(values, return_counts=True)
    return len(kinds) == 1 or (len(kinds) == 2 and counts.min() < RARE * values.size)


def told(found: pd.DataFrame, book: Book) -> pd.DataFrame:
    """The indices on results that are printed and that so few draws can speak of.

    Of a result that is yes or no, a share of draws close to none or all says little; such results
    are left out. ``result_label`` and ``topic`` are added.
    """
    results = answers.headline_results(book).set_index("id")
    printed = found[found["result"].isin(results.index) & ~found["rare"]].copy()
    periods = results["period"].map(lambda period: f", {period}" if period else "")
    printed["result_label"] = printed["result"].map(results["label"] + periods)
    printed["topic"] = printed["result"].str.partition(".")[0].str.replace("_", " ")
    return printed.reset_index(drop=True)


def materiality(found: pd.DataFrame, book: Book) -> pd.DataFrame:
    """Each assumption, the result that it moves most, and whether it moves any by a hundredth.

    Columns: name, label, result, total, total_low, total_high [share of variance], material
    (yes or no); largest first.
    """
    columns = ["total", "total_low", "total_high"]
    largest = found.loc[found.groupby("name")["total"].idxmax()].set_index("name")
    frame = largest.reindex(list(book.rows))[["result_label", *columns]].reset_index()
    frame[columns] = frame[columns].fillna(0.0)
    frame["result_label"] = frame["result_label"].fillna("none")
    frame.insert(1, "label", [book.rows[name].label for name in frame["name"]])
    frame["material"] = np.where(frame["total"] >= IMMATERIAL, "yes", "no")
    frame = frame.rename(columns={"result_label": "result"})
    return frame.sort_values("total", ascending=False, kind="stable").reset_index(drop=True)


def ranking(found: pd.DataFrame, book: Book) -> pd.DataFrame:
    """Assumptions by what they decide of the summary's results, the most first.

    Columns: name, words, label, mean (total effect over all these results, those it does not touch
    counted as nothing), result (the one it moves most), first, first_low, first_high, total,
    total_low, total_high [share of variance].
    """
    shown = found[found["result"].isin(answers.HEADLINES)]
    mean = shown.groupby("name")["total"].sum() / shown["result"].nunique()
    top = shown.loc[shown.groupby("name")["total"].idxmax()].set_index("name")
    top = top.assign(mean=mean).sort_values("mean", ascending=False).reset_index()
    top.insert(1, "words", [in_words(name) for name in top["name"]])
    top.insert(2, "label", [book.rows[name].label for name in top["name"]])
    indices_of = [f"{kind}{end}" for kind in ("first", "total") for end in ("", "_low", "_high")]
    kept = top[["name", "words", "label", "mean", "result_label", *indices_of]]
    return kept.rename(columns={"result_label": "result"})


def tornado(found: pd.DataFrame, count: int) -> pd.DataFrame:
    """The assumptions that decide most, a row each and topic of the results they decide.

    Columns: words, rank, topic, share: total effect averaged over the summary's results.
    """
    shown = found[found["result"].isin(answers.HEADLINES)]
    shares = shown.groupby(["name", "topic"])["total"].sum() / shown["result"].nunique()
    order = shares.groupby("name").sum().sort_values(ascending=False, kind="stable").index[:count]
    rank = {name: place for place, name in enumerate(order)}
    frame = shares.rename("share").reset_index()
    frame = frame[frame["name"].isin(order) & frame["share"].gt(0)]
    frame = frame.assign(words=frame["name"].map(in_words), rank=frame["name"].map(rank))
    return frame[["words", "rank", "topic", "share"]].sort_values(
        ["rank", "topic"], ignore_index=True
    )


def table(ranked: pd.DataFrame, count: int) -> pd.DataFrame:
    """The first rows of a `ranking`, written out: indices in percent with their intervals."""

    def percent(kind: str) -> list[str]:
        columns = zip(ranked[kind], ranked[f"{kind}_low"], ranked[f"{kind}_high"], strict=True)
        return [f"{100 * v:.0f} % ({max(100 * a, 0):.0f} to {100 * b:.0f})" for v, a, b in columns]

    frame = pd.DataFrame(
        {
            "assumption": ranked["label"],
            "mean": [f"{100 * share:.0f} %" for share in ranked["mean"]],
            "result": ranked["result"],
            "first": percent("first"),
            "total": percent("total"),
        }
    )
    return frame.head(count)
