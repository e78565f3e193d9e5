"""Headline results without a kernel: the same functions that the notebooks call."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import pandas as pd

from token_economics.answers.store import remembered
from token_economics.book.assumptions import Book, read_book
from token_economics.headlines import rows as headline
from token_economics.headlines import token_market
from token_economics.headlines.market.conditioning import conditioned
from token_economics.methods import rounding
from token_economics.project import cache as caches

HEADLINES = (
    "demand_explosion.median_growth",
    "demand_explosion.median_growth_ahead",
    "demand_explosion.router_growth",
    "supply_constraints.compute_growth",
    "supply_constraints.compute_in_three_years",
    "supply_constraints.memory_binds",
    "supply_constraints.rent_over_cost",
    "supply_constraints.h100_economic_life",
    "token_market.price_over_cost_now",
    "token_market.price_over_cost_next",
    "token_market.below_cost_next",
    "token_market.below_cost_at_horizon",
    "jevons_dynamics.hedonic_decline",
    "jevons_dynamics.efficiency_raises_spend",
    "jevons_dynamics.spend_rises_bound",
    "jevons_dynamics.rent_rises_bound",
    "jevons_dynamics.token_price_rises_bound",
    "phantom_gdp.phantom_share",
    "phantom_gdp.sector_gap",
    "phantom_gdp.gdp_falls_output_grows",
)
# Of the market's path, what a comparison may show besides.
MARKET_HEADLINES = (
    "token_market.price_next",
    "token_market.price_at_horizon",
    "token_market.spend_next",
    "token_market.token_growth",
)

RECORD_TOPIC = "forecast_record"
RECORD = (
    "The market's ranges have a record: set back to earlier quarters, its 80 % intervals held "
    "{forecast_record.coverage_80:v} of {forecast_record.outcomes_scored:v} outcomes, and it lost "
    "{forecast_record.crps_over_best_naive:v} what the best naive rule lost."
)

Rows = list[dict[str, object]]
Keep = Callable[[str, Book, Callable[[Book], Rows]], Rows]


def topics(only: Iterable[str] | None = None) -> list[Any]:
    """The modules of the topics that have headline results, in the order of ``headlines.csv``.

    Of all topics or ``only`` of those named.
    """
    wanted = set(headline.topics() if only is None else only)
    return [
        import_module(f"token_economics.headlines.{topic}")
        for topic in headline.topics()
        if topic in wanted
    ]


def headline_results(
    book: Book,
    only: Iterable[str] | None = None,
    *,
    keep: Keep | None = None,
    leading: bool = False,
) -> pd.DataFrame:
    """Headline results of all topics, or ``only`` of those named, for one book; ids begin with the topic.

    ``keep`` stands between a part of a topic and its results, such as `answer_store.remembered`;
    without it everything is computed. A topic may have ``PARTS``, functions whose rows make up its
    results, so that those that hang on other things are kept apart. With ``leading``, only the
    ``HEADLINE_PARTS`` of a topic are asked: those that hold its rows of `HEADLINES`.
    """
    return pd.DataFrame(_found(book, only, keep, leading=leading))


def _found(
    book: Book, only: Iterable[str] | None, keep: Keep | None, *, leading: bool = False
) -> Rows:
    """`headline_results` as rows."""
    return [
        {**row, "id": f"{module.TOPIC}.{row['id']}", "topic": module.TOPIC}
        for module in topics(only)
        for row in (
            _kept(module, book, keep, leading=leading) if keep else _rows(module.results(book))
        )
    ]


def _kept(module: Any, book: Book, keep: Keep, *, leading: bool) -> list[Mapping[str, Any]]:
    """The results of a topic, part by part through ``keep``, in the topic's order."""

    def whole(book: Book) -> Rows:
        return _rows(module.results(book))

    parts = getattr(module, "HEADLINE_PARTS" if leading else "PARTS", (whole,))
    kept = [keep(f"{module.TOPIC}.{part.__name__}", book, part) for part in parts]
    return headline.in_order(module.TOPIC, [r for rows in kept for r in rows], whole=not leading)


def _rows(frame: pd.DataFrame) -> Rows:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def summary_results(book: Book) -> pd.DataFrame:
    """The headline results of the topics that the summary page shows, and how good its ranges are."""
    return headline_results(book, {*_summary_topics(), RECORD_TOPIC})


def _summary_topics() -> set[str]:
    return {identity.partition(".")[0] for identity in HEADLINES}


def leading_results(book: Book, keep: Keep) -> pd.DataFrame:
    """The summary's results alone, and nothing computed that they do not need."""
    return pd.DataFrame(_leading(book, keep))


def _leading(book: Book, keep: Keep) -> Rows:
    found = {str(row["id"]): row for row in _found(book, _summary_topics(), keep, leading=True)}
    return [found[identity] for identity in HEADLINES]


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """The few headline results that the summary page shows, in its order."""
    return frame.set_index("id").loc[list(HEADLINES)].reset_index()


def summary_answer(frame: pd.DataFrame) -> str:
    """The summary's answer: is it scarce and why, what decides, what follows, how far to trust it."""
    value = frame.set_index("id")["value"]
    return f"{_scarcity(value)} {_how_long(value)} {_what_follows(value)} {RECORD}"


def _scarcity(value: pd.Series) -> str:
    now, later = (value[f"token_market.price_over_cost_{when}"] for when in ("now", "next"))
    scarcer = later > now
    if now <= 1:
        state = "Tokens are not scarce today"
    elif value["token_market.below_cost_next"] > 0.5:
        state = "Tokens are scarce today and likely not to be by the end of 2027"
    else:
        state = "Tokens are scarce today and likely to stay so through 2027"
        state += "" if scarcer else ", though ever less"
    reason = (
        "work that is worth its cost spreads faster than memory, logic, power and money let "
        "compute grow ({supply_constraints.compute_growth} a year)"
        if scarcer
        else "compute grows {supply_constraints.compute_growth} a year, faster than work that is "
        "worth its cost spreads"
    )
    return (
        f"{state}: an hour of compute sells for {{token_market.price_over_cost_now}} its full "
        "cost now and for {token_market.price_over_cost_next} at the end of 2027, below that cost "
        f"in {{token_market.below_cost_next:v}} of draws, because {reason}."
    )


def _how_long(value: pd.Series) -> str:
    glut = value["token_market.below_cost_at_horizon"]
    likely = (
        "more likely than not"
        if glut > 0.55
        else "about as likely as not"
        if glut >= 0.45
        else "less likely than not"
    )
    return (
        f"By the end of 2030 a glut is {likely} ({{token_market.below_cost_at_horizon:v}} of "
        "draws): that hangs most on how many tokens a task takes, which no series identifies, then "
        "on how strongly demand answers to price, on tokens from an hour of compute and on how far "
        "work spreads, and less on how fast compute is added."
    )


def _what_follows(value: pd.Series) -> str:
    alone = value["jevons_dynamics.efficiency_raises_spend"]
    rebound = "more often raise" if alone > 0.5 else "more often lower"
    return (
        f"Cheaper tokens by themselves {rebound} spending (it rises in "
        "{jevons_dynamics.efficiency_raises_spend:v} of draws, in "
        "{jevons_dynamics.long_run_raises_spend:v} once users and uses have followed); with the "
        "shift of demand it rises in {jevons_dynamics.spend_rises_bound:v} while compute is fully "
        "used, and the output of AI that the accounts miss comes to {phantom_gdp.phantom_share} of "
        "US GDP."
    )


def market_path(book: Book) -> pd.DataFrame:
    """The solved market by quarter: rows of ``market.csv``."""

    def rows(book: Book) -> Rows:
        return _rows(token_market.paths(book))

    return pd.DataFrame(remembered("token_market.paths", book, rows))


def against_base(book: Book, *, everything: bool = False) -> Rows:
    """The summary's results, or those of all topics; with ``base`` when the book differs from it."""

    def found(book: Book) -> Rows:
        with caches.keeping_evidence():
            return _found(book, None, remembered) if everything else _leading(book, remembered)

    told = found(conditioned(book))
    if not book.overrides:
        return told
    base = replace(read_book(), subjects=book.subjects)  # the same firm, as the book has it
    unchanged = {row["id"]: row["value"] for row in found(conditioned(base))}
    return [{**row, "base": unchanged.get(row["id"])} for row in told]


def told(book: Book, *, everything: bool, as_json: bool) -> str:
    """`against_base` as lines or as JSON."""
    rows = against_base(book, everything=everything)
    if as_json:
        return _as_json(rows)
    contradicted = conditioned(book).is_contradicted()
    return "\n".join([_as_text(rows), *([token_market.CONTRADICTED] if contradicted else [])])


def _as_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """A line a result: id, value, unit, range, and base where it differs."""
    lines = []
    for row in rows:
        line = f"{row['id']}: {headline.Quantity(row)}"
        ends = [row["value"], row.get("base")]
        if "base" in row and ends[0] != ends[1] and not all(map(headline.is_absent, ends)):
            base = headline.Quantity({**row, "value": row["base"], "low": None, "high": None})
            line += f"   base {base:v}"
        lines.append(line)
    return "\n".join(lines)


def _as_json(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows as JSON."""
    return json.dumps(rounding.plain_rows(rows), indent=1, ensure_ascii=False)
