"""How many tokens are counted, and what they earn: reports of volume, estimates, revenue."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from token_economics.book.assumptions import Book
from token_economics.evidence import tables
from token_economics.headlines import demand_record as record
from token_economics.headlines.rows import result
from token_economics.models import spending

TOPIC = "token_counts"
GOOGLE = "Google, all surfaces"
INTERVIEW = "2026-04-23"
"""Day of the interview that the seeds report."""


def results(book: Book) -> pd.DataFrame:
    """Headline results: figures of the record, none of which an assumption moves."""
    return pd.DataFrame([*_volume_results(), *_revenue_results()])


def world_estimates() -> pd.DataFrame:
    """Estimates of the tokens of the world by publisher. Trillion tokens a month."""
    publishers = tables.read("sources").set_index("id")["publisher"]
    parts = []
    for variable in ("tokens_per_month", "tokens_per_day"):
        frame = tables.series("token-volumes", variable, "World")
        points = frame[["value", "low", "high"]] * record.PER_MONTH[variable]
        parts.append(points.assign(source_id=frame["source_id"]))
    table = pd.concat(parts, ignore_index=True)
    return table.assign(label=table["source_id"].map(publishers))


def reported() -> pd.DataFrame:
    """Latest reports of Google and of China, which do not overlap. Trillion tokens a month."""
    latest = record.volumes().drop_duplicates("entity", keep="last").set_index("entity")
    return latest.loc[[GOOGLE, "China, national total"]]


def _volume_results() -> list[dict[str, object]]:
    volumes = record.volumes()
    google = volumes[volumes["entity"] == GOOGLE]
    known = google[~google["disputed"]]
    estimates, floor = world_estimates().sort_values("value"), reported()
    least, most = estimates.iloc[0], estimates.iloc[-1]
    period = "2026-05 to 2026-06"
    return [
        result("world_disagreement", "Tokens of the world: highest estimate over the lowest",
               float(most["value"] / least["value"]), unit="times", period=period, digits=2,
               source_id=[least["source_id"], most["source_id"]]),
        result("lowest_over_floor", "Lowest estimate of the world over what Google and China report",
               float(least["value"] / floor["value"].sum()), unit="times", period=period, digits=2,
               source_id=[*floor["source_id"], least["source_id"]]),
        _growth("google_growth_start", "Google: growth of tokens a month, first interval",
                known.iloc[0], known.iloc[1], google["source_id"].iloc[:2]),
        _growth("google_growth_end", "Google: growth of tokens a month, last interval",
                known.iloc[-2], known.iloc[-1], google["source_id"].iloc[-2:]),
    ]  # fmt: skip


def _revenue_results() -> list[dict[str, object]]:
    both, rates = record.run_rate_against_recognised(), record.run_rates()
    ratio = both["implied"] / both["recognised"]
    known = rates[rates["period"].str[:4] <= both["period"].str[:4].max()]
    since = rates[(rates["entity"] == "Anthropic") & (rates["date"] >= "2025-12-31")]
    ends = since.iloc[0], since[since["date"] <= INTERVIEW].iloc[-1], since.iloc[-1]
    return [
        result("run_rate_ratio", "Revenue implied by run-rates over revenue recognised, middle case",
               float(ratio.median()), low=float(ratio.min()), high=float(ratio.max()), level=1.0,
               unit="times", period=f"{len(both)} periods of two laboratories", digits=2,
               source_id=[*both["source_id"], *known["source_id"]]),
        _growth("anthropic_growth_before", "Anthropic: growth of the run-rate a month, to the interview",
                ends[0], ends[1]),
        _growth("anthropic_growth_since", "Anthropic: growth of the run-rate a month, since the interview",
                ends[1], ends[2]),
    ]  # fmt: skip


def _growth(
    name: str, label: str, first: pd.Series, last: pd.Series, sources: Iterable[str] | None = None
) -> dict[str, object]:
    """Growth a month between two figures, from both of their sources if no others are named."""
    days = (last["date"] - first["date"]).days
    growth = spending.growth_per_month(first["value"], last["value"], days=days)
    cited = [first["source_id"], last["source_id"]] if sources is None else list(sources)
    return result(
        name, label, float(growth), unit="share", digits=2, source_id=cited,
        period=f"{first['period']} to {last['period']}",
    )  # fmt: skip
