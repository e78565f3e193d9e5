"""How many tokens are counted, and what they earn: reports of volume, estimates, revenue."""

from __future__ import annotations

import pandas as pd

from token_economics.book.assumptions import Book
from token_economics.evidence import tables
from token_economics.headlines import rows
from token_economics.models import spending
from token_economics.models.spending import DAYS_PER_MONTH

TOPIC = "token_counts"
LABS = ("Anthropic", "OpenAI")
GOOGLE, CHINA = "Google, all surfaces", "China, national total"
INTERVIEW = "2026-04-23"  # day of the interview that the seeds report
PER_MONTH = {  # trillion tokens a month in one unit of each variable; those a minute are in billions
    "tokens_per_month": 1.0,
    "tokens_per_week": DAYS_PER_MONTH / 7,
    "tokens_per_day": DAYS_PER_MONTH,
    "tokens_per_minute": DAYS_PER_MONTH * 24 * 60 / 1e3,
}
VOLUMES = {
    GOOGLE: "tokens_per_month",
    CHINA: "tokens_per_day",
    "Google direct API": "tokens_per_minute",
    "OpenAI API": "tokens_per_minute",
    "OpenRouter": "tokens_per_week",
}


def volumes() -> pd.DataFrame:
    """Tokens by who reports them, on one unit. Trillion tokens a month."""
    parts = []
    for entity, variable in VOLUMES.items():
        frame = tables.series("token-volumes", variable, entity)
        disputed = tables.disputed("token-volumes", frame)
        parts.append(frame.assign(value=frame["value"] * PER_MONTH[variable], disputed=disputed))
    columns = ["date", "period", "entity", "value", "disputed", "grade", "source_id"]
    return pd.concat(parts, ignore_index=True)[columns]


def world_estimates() -> pd.DataFrame:
    """Estimates of the tokens of the world by publisher. Trillion tokens a month."""
    parts = []
    for variable in ("tokens_per_month", "tokens_per_day"):
        frame = tables.series("token-volumes", variable, "World")
        points = frame[["value", "low", "high"]] * PER_MONTH[variable]
        parts.append(points.assign(source_id=frame["source_id"]))
    table = pd.concat(parts, ignore_index=True)
    return table.assign(label=table["source_id"].map(tables.publishers()))


def reported() -> pd.DataFrame:
    """Latest reports of Google and of China, which do not overlap. Trillion tokens a month."""
    latest = volumes().drop_duplicates("entity", keep="last").set_index("entity")
    return latest.loc[[GOOGLE, CHINA]]


def run_rates() -> pd.DataFrame:
    """Annualised revenue of two laboratories, point by point. USD billion a year."""
    frame = tables.series("revenue", "revenue_run_rate", *LABS)
    middle = (frame["low"] * frame["high"]) ** 0.5
    disputed = tables.disputed("revenue", frame)
    columns = ["date", "period", "entity", "value", "disputed", "grade", "source_id", "note"]
    return frame.assign(value=frame["value"].fillna(middle), disputed=disputed)[columns]


@tables.once
def run_rate_against_recognised() -> pd.DataFrame:
    """Revenue that run-rates imply, beside revenue recognised, where both are known. USD billion."""
    recognised = tables.series("revenue", "revenue_recognised", *LABS)
    middle = (recognised["low"] + recognised["high"]) / 2
    recognised = recognised.assign(recognised=recognised["value"].fillna(middle))
    parts = []
    for lab, told in run_rates().groupby("entity"):
        for period in ("quarter", "year"):
            dates = pd.DatetimeIndex(told["date"])
            implied = spending.run_rate_to_revenue(dates, told["value"], period=period)
            parts.append(implied[implied["status"] == "complete"].assign(entity=lab))
    both = pd.concat(parts).rename(columns={"revenue": "implied"})
    both = both.merge(recognised, on=["entity", "period"])
    return both[["entity", "period", "recognised", "implied", "source_id"]]


def results(book: Book) -> pd.DataFrame:
    """Headline results: figures of the record, none of which an assumption moves."""
    return pd.DataFrame(rows.in_order(TOPIC, [*_volume_results(), *_revenue_results()]))


def _volume_results() -> list[dict[str, object]]:
    estimates, floor = world_estimates().sort_values("value"), reported()
    least, most = estimates.iloc[0], estimates.iloc[-1]
    return rows.of_topic(
        TOPIC,
        {
            "world_disagreement": most["value"] / least["value"],
            "lowest_over_floor": least["value"] / floor["value"].sum(),
        },
        sources={
            "world_disagreement": [least["source_id"], most["source_id"]],
            "lowest_over_floor": [*floor["source_id"], least["source_id"]],
        },
    )


def _revenue_results() -> list[dict[str, object]]:
    both, rates = run_rate_against_recognised(), run_rates()
    ratio = both["implied"] / both["recognised"]
    known = rates[rates["period"].str[:4] <= both["period"].str[:4].max()]
    google = volumes().query("entity == @GOOGLE and not disputed")
    own = rates[(rates["entity"] == "Anthropic") & (rates["date"] >= "2025-12-31")]
    told = own[own["date"] <= INTERVIEW]
    pairs = {
        "google_growth_start": google.iloc[:2],
        "google_growth_end": google.iloc[-2:],
        "anthropic_growth_before": own.iloc[[0, len(told) - 1]],
        "anthropic_growth_since": own.iloc[[len(told) - 1, -1]],
    }
    growth = {slug: _growth_a_month(pair) for slug, pair in pairs.items()}
    return rows.of_topic(
        TOPIC,
        {"run_rate_ratio": (ratio.min(), ratio.median(), ratio.max()), **growth},
        sources={
            "run_rate_ratio": [*both["source_id"], *known["source_id"]],
            **{slug: pair["source_id"] for slug, pair in pairs.items()},
        },
        periods=str(len(both)),
        **{slug: " to ".join(pair["period"]) for slug, pair in pairs.items()},
    )


def _growth_a_month(pair: pd.DataFrame) -> float:
    """Growth a month between two figures."""
    (first, last), days = pair["value"], (pair["date"].iloc[1] - pair["date"].iloc[0]).days
    return float(spending.growth_per_month(first, last, days=days))
