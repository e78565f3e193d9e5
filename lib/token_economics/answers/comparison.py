"""Two cases side by side: what moved, by how much, and which changed assumption moved it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from token_economics.answers import evaluate, influence
from token_economics.book.assumptions import Book
from token_economics.book.draws import Draws
from token_economics.headlines.rows import Quantity
from token_economics.methods.arrays import FloatArray
from token_economics.methods.shapley import Shares, shapley_shares

MOST_EXACT = 6
ORDER_PAIRS = 3
DRAWS_IN_ALL, DRAWS_AT_ONCE = 24576, 4096
SAME = 1e-9
MOST_OF_A_TOPIC = 2
OTHERS = "other changes"
RECORD = "record_read_anew"  # stands in a column of assumptions, in the form of their names
Say = Callable[[str], None]
Measure = Callable[..., Any]


def side_by_side(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Headline results of two cases, a row each that both have, in the order of the first.

    Columns: id, topic, label, unit, period, digits; before, before_low, before_high and the same
    of after; change; ``widths``, the change over the wider of the two ranges (for a probability:
    the change itself); moved.
    """
    columns = ["value", "low", "high", "status"]
    told = before.merge(after[["id", *columns]], on="id", suffixes=("", "_after"), validate="1:1")
    change = told["value_after"] - told["value"]
    size = told[["value", "value_after"]].abs().max(axis=1)
    ranges = {"before": told["high"] - told["low"], "after": told["high_after"] - told["low_after"]}
    width = pd.DataFrame(ranges).max(axis=1)
    width = width.where(width > 0, 1.0).where(told["low"].notna() | told["unit"].eq("share"), size)
    moved = change.abs() > SAME * size
    return pd.DataFrame(
        {
            **{name: told[name] for name in ("id", "topic", "label", "unit", "period", "digits")},
            "before": told["value"],
            "before_low": told["low"],
            "before_high": told["high"],
            "after": told["value_after"],
            "after_low": told["low_after"],
            "after_high": told["high_after"],
            "change": change,
            "widths": (change / width.where(width > 0, 1.0)).fillna(0.0),
            "moved": moved,
        }
    )


def written(row: dict[str, Any], side: str, code: str = "") -> str:
    """A value of `side_by_side` in words; ``side`` is ``before`` or ``after``."""
    own = {"value": row[side], "low": row[f"{side}_low"], "high": row[f"{side}_high"]}
    known = pd.notna(own["value"])
    return format(Quantity({**row, **own, "status": "ok" if known else "not_identified"}), code)


def changed_names(before: Book, after: Book) -> list[str]:
    """Assumptions that differ between two books, whoever set them."""
    return [
        name
        for name, row in before.rows.items()
        if replace(row, set_by="") != replace(after.rows[name], set_by="")
    ]


def attribution(
    before: Book, after: Book, told: pd.DataFrame, *, say: Say = lambda _: None
) -> pd.DataFrame:
    """The change of each headline result of `side_by_side` shared out over the changed assumptions.

    First the changes are set on the draws that the record leaves of ``before``, so that a difference
    is one of assumptions and not of chance. What the record says anew under them is left over, and
    goes to `RECORD`. Shapley values, exact where a topic reads up to `MOST_EXACT` of the changed
    assumptions, else over sampled orders. The more sets of changes that takes, the fewer draws each set gets
    (`DRAWS_IN_ALL`); what those miss of the change is shared out by size, and counts as error.
    Results that are checks on the model rather than functions of draws have no rows.

    Returns
    -------
    Columns: id, name, contribution, standard_error (in the units of the result), exact.
    """
    names = changed_names(before, after)
    printed = told.set_index("id")
    changed = replace(after, record=before.record)
    watched = [_watched(module, before, changed, names, printed) for module in influence.modelled()]
    groups: dict[tuple[str, ...], list[_Watched]] = {}
    for topic in watched:
        if topic.read and topic.measures:
            groups.setdefault(topic.read, []).append(topic)
    found = [_of_topics(topics, before, changed, printed, say) for topics in groups.values()]
    if not found:
        return pd.DataFrame(columns=["id", "name", "contribution", "standard_error", "exact"])
    place = {identity: at for at, identity in enumerate(i for t in watched for i in t.measures)}
    table = pd.concat(found, ignore_index=True)
    return table.sort_values("id", key=lambda ids: ids.map(place), kind="stable", ignore_index=True)


class _Watched(NamedTuple):
    """A topic: its results for draws, which of the changed assumptions they read, what is printed."""

    topic: str
    alone: bool
    model: influence.Model
    read: tuple[str, ...]
    measures: dict[str, Measure]
    changed: dict[str, float]


def _watched(
    module: Any, before: Book, changed: Book, names: list[str], printed: pd.DataFrame
) -> _Watched:
    model = influence.model(module, before.seed)
    seen = replace(before, reads=set())
    measures = _measures(model(seen.draws()), printed)
    read = tuple(name for name in names if name in seen.reads)
    drawn = model(changed.draws()) if read and measures else {}
    then = (
        {identity: float(measure(drawn[identity])) for identity, measure in measures.items()}
        if drawn
        else {}
    )
    return _Watched(module.TOPIC, influence.has_chance(module), model, read, measures, then)


def _of_topics(
    topics: list[_Watched], before: Book, changed: Book, printed: pd.DataFrame, say: Say
) -> pd.DataFrame:
    """Topics that read the same of the changed assumptions: asked together, they solve once."""
    then = {name: value for each in topics for name, value in each.changed.items()}
    read, measures = topics[0].read, {k: m for each in topics for k, m in each.measures.items()}
    told = ", ".join(each.topic for each in topics)
    say(f"{told}: {len(read)} of the changed assumptions are read")

    def values(sets: Sequence[frozenset[str]]) -> FloatArray:
        size = min(before.n_draws, max(DRAWS_IN_ALL // len(sets), 1))
        together = 1 if any(each.alone for each in topics) else max(DRAWS_AT_ONCE // size, 1)
        batches = [sets[at : at + together] for at in range(0, len(sets), together)]
        return np.concatenate([with_changes(made, size) for made in batches])

    def with_changes(sets: Sequence[frozenset[str]], size: int) -> FloatArray:
        """Printed results, sets x results, with the changes of each set made."""
        books = {False: before.draws(size), True: changed.draws(size)}
        draws = Draws(
            before.rows,
            lambda name: np.concatenate([books[name in made][name] for made in sets]),
            set(),
        )
        drawn = {name: values for each in topics for name, values in each.model(draws).items()}
        return np.array(
            [m(drawn[k].reshape(len(sets), size), axis=1) for k, m in measures.items()]
        ).T

    shares = shapley_shares(
        values, read, most_exact=MOST_EXACT, order_pairs=ORDER_PAIRS,
        rng=np.random.default_rng(before.seed),
    )  # fmt: skip
    of = printed.loc[list(measures)]
    landed = _landed(shares, np.array(list(then.values())) - of["before"].to_numpy())
    told_anew = of["after"].to_numpy() - np.array(list(then.values()))
    return _long(landed, list(measures), read, told_anew)


def _landed(shares: Shares, change: FloatArray) -> Shares:
    """Shares of few draws that add up to the change of all draws: what they miss goes by size."""
    missed = change - shares.contributions.sum(axis=0)
    ends = np.maximum(np.abs(shares.before), np.abs(shares.after))
    missed = np.where(np.abs(missed) > SAME * ends, missed, 0.0)  # else it is rounding
    size = np.abs(shares.contributions)
    size = np.where(size.any(axis=0), size, 1.0)
    given = missed * size / size.sum(axis=0)
    return replace(
        shares,
        contributions=shares.contributions + given,
        standard_error=np.hypot(shares.standard_error, given),
    )


def _measures(drawn: Mapping[str, FloatArray], printed: pd.DataFrame) -> dict[str, Measure]:
    """What is printed of a result's draws: median or mean; other numbers are not attributed."""
    found: dict[str, Measure] = {}
    for identity in [name for name in drawn if name in printed.index]:
        ranged = pd.notna(printed["before_low"][identity])
        for measure in (np.median, np.mean) if ranged else (np.mean, np.median):
            if np.isclose(measure(drawn[identity]), printed["before"][identity], rtol=SAME, atol=0):
                found.setdefault(identity, measure)
    return found


def _long(
    shares: Shares, ids: Sequence[str], names: Sequence[str], told_anew: FloatArray
) -> pd.DataFrame:
    told = np.where(np.abs(told_anew) > SAME * np.abs(shares.after), told_anew, 0.0)
    parts = np.vstack([shares.contributions, told])
    errors = np.vstack([shares.standard_error, np.zeros_like(told)])
    return pd.DataFrame(
        {
            "id": identity,
            "name": name,
            "contribution": float(parts[j, i]),
            "standard_error": float(errors[j, i]),
            "exact": shares.exact,
        }
        for i, identity in enumerate(ids)
        for j, name in enumerate([*names, RECORD] if told.any() else names)
    )


def key_results(told: pd.DataFrame, found: pd.DataFrame, count: int) -> pd.DataFrame:
    """The summary's results, and the market's path, that moved most for their range.

    Attributed ones only where anything is attributed, and few of a topic: they tell one story.
    """
    chosen = told[
        told["moved"] & told["id"].isin([*evaluate.HEADLINES, *evaluate.MARKET_HEADLINES])
    ]
    if len(found):
        chosen = chosen[chosen["id"].isin(found["id"])]
    order = chosen["widths"].abs().sort_values(ascending=False, kind="stable").index
    chosen = chosen.loc[order].groupby("topic", sort=False).head(MOST_OF_A_TOPIC)
    return chosen.head(count).reset_index(drop=True)


def shares_of_change(key: pd.DataFrame, found: pd.DataFrame, most: int) -> pd.DataFrame:
    """Contributions to the key results as shares of their change, the strongest assumptions named.

    Columns: id, result, rank, name, order, share (signed; a result's shares add up to one),
    contribution.
    """
    change = key.set_index("id")["change"]
    used = found[found["id"].isin(key["id"])].copy()
    used["share"] = used["contribution"] / used["id"].map(change)
    strongest = used.groupby("name")["share"].apply(lambda s: float(s.abs().sum()))
    named = list(strongest.sort_values(ascending=False, kind="stable").index[:most])
    used["name"] = used["name"].where(used["name"].isin(named), OTHERS)
    summed = used.groupby(["id", "name"], sort=False)[["share", "contribution"]].sum().reset_index()
    order = {name: place for place, name in enumerate([*named, OTHERS])}
    rank = {identity: place for place, identity in enumerate(key["id"])}
    return summed.assign(rank=summed["id"].map(rank), order=summed["name"].map(order)).sort_values(
        ["rank", "order"], ignore_index=True
    )


def leading(found: pd.DataFrame, identity: str, count: int) -> list[tuple[str, float]]:
    """The assumptions behind most of a result's change, with what each contributes."""
    own = found[found["id"] == identity].copy()
    own = own.loc[own["contribution"].abs().sort_values(ascending=False, kind="stable").index]
    pairs = zip(own["name"].head(count), own["contribution"].head(count), strict=True)
    return [(str(name), float(part)) for name, part in pairs if part]
