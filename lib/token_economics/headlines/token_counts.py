"""How many tokens are counted, and what they earn: reports of volume, estimates, revenue."""

from __future__ import annotations

import pandas as pd

from token_economics.book.assumptions import Book
from token_economics.evidence import tables as evidence
from token_economics.headlines import demand_record as tables
from token_economics.headlines.rows import result

TOPIC = "token_counts"


def results(book: Book) -> pd.DataFrame:
    """Headline results: figures of the record, none of which an assumption moves."""
    return pd.DataFrame([*_volume_results(), *_revenue_results()])


def _volume_results() -> list[dict[str, object]]:
    growth = tables.volume_growth()
    google = growth[growth["entity"] == "Google, all surfaces"]
    world = tables.world_estimates()
    estimates = world[world["what"] == "Estimate of the world"]
    guesses = estimates["value"]
    ends = estimates["source_id"].iloc[[int(guesses.argmin()), int(guesses.argmax())]]
    volumes = tables.volumes()
    reports = volumes.loc[volumes["entity"] == "Google, all surfaces", "source_id"]
    floor = world[world["what"] == "Sum of two reports"].iloc[0]
    return [
        result("world_disagreement", "Tokens of the world: highest estimate over the lowest",
               float(guesses.max() / guesses.min()), unit="times", period="2026-05 to 2026-06", digits=2,
               source_id=ends),
        result("lowest_over_floor", "Lowest estimate of the world over what Google and China report",
               float(guesses.min() / floor["value"]), unit="times", period="2026-05 to 2026-06", digits=2,
               source_id=[str(floor["source_id"]), str(ends.iloc[0])]),
        result("google_growth_start", "Google: growth of tokens a month, first interval",
               float(google["growth"].iloc[0]), unit="share", period=google["period"].iloc[0], digits=2,
               source_id=reports.iloc[:2]),
        result("google_growth_end", "Google: growth of tokens a month, last interval",
               float(google["growth"].iloc[-1]), unit="share", period=google["period"].iloc[-1], digits=2,
               source_id=reports.iloc[-2:]),
    ]  # fmt: skip


def _revenue_results() -> list[dict[str, object]]:
    both = tables.run_rate_against_recognised()
    ratio = both["ratio"]
    before, since = tables.growth_around_interview("Anthropic")
    return [
        result("run_rate_ratio", "Revenue implied by run-rates over revenue recognised, middle case",
               float(ratio.median()), low=float(ratio.min()), high=float(ratio.max()), level=1.0,
               unit="times", period=f"{len(both)} periods of two laboratories", digits=2,
               source_id=tables.run_rate_sources()),
        result("anthropic_growth_before", "Anthropic: growth of the run-rate a month, to the interview",
               before[1], unit="share", period=before[0], digits=2, source_id=before[2]),
        result("anthropic_growth_since", "Anthropic: growth of the run-rate a month, since the interview",
               since[1], unit="share", period=since[0], digits=2, source_id=since[2]),
    ]  # fmt: skip


def claims() -> pd.DataFrame:
    """Claims of the seeds on volumes and revenue, one of each kind."""
    ledger = evidence.read("claims")
    counted = ledger["evidence"].fillna("").str.contains("revenue:|token-volumes:")
    ours = ledger[(ledger["topic"] == "demand_explosion") & counted]
    return ours.drop_duplicates(["group", "verdict"]).reset_index(drop=True)
