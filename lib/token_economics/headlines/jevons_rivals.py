"""Five stories of why spending rises, and the observations that tell them apart."""

from __future__ import annotations

import numpy as np
import pandas as pd

from token_economics.evidence import tables
from token_economics.headlines.jevons_evidence import LUNA, ROUTER, VENDOR, luna_means, mix_prices
from token_economics.headlines.rows import format_number, trimmed
from token_economics.methods import distributed_lag, summaries

STORIES = ("price_response", "quality_mix", "capability", "signalling", "bundling")
STORY_NAMES = {
    "price_response": "response to price",
    "quality_mix": "dearer mix",
    "capability": "better models",
    "signalling": "tokens for show",
    "bundling": "flat rates",
}
ERROR_LAGS = 4
COHORTS = ("Ramp median firm", "Ramp top 10 % cohort", "Ramp top 1 % cohort")


def weekly_events() -> pd.DataFrame:
    """Router growth by week with launches and cuts in the week or the one before.

    Columns: date, growth [log/week], launches, cuts [count].
    """
    weeks = tables.series("token-volumes", "tokens_per_week", ROUTER).sort_values("date")
    growth = np.log(weeks["value"]).diff().to_numpy()
    released = tables.read("model-prices").drop_duplicates("model")["released"].dropna()
    changes = tables.read("price-changes")
    cuts = changes[changes["event"] == "cut"].drop_duplicates(["date", "vendor"])["date"]
    rows = []
    for monday, change in zip(weeks["date"], growth, strict=True):
        since, until = monday - pd.Timedelta(days=7), monday + pd.Timedelta(days=6)
        rows.append(
            {
                "date": monday,
                "growth": change,
                "launches": int(released.between(since, until).sum()),
                "cuts": int(cuts.between(since, until).sum()),
            }
        )
    return pd.DataFrame(rows).dropna().reset_index(drop=True)


def events() -> distributed_lag.EventGrowth:
    """Extra growth of the router's tokens in weeks of launches and of price cuts."""
    return distributed_lag.growth_by_events(
        weekly_events(), error_lags=ERROR_LAGS, level=summaries.LEVEL
    )


def cohort_spending() -> pd.DataFrame:
    """Spending a head by month and cohort; of two editions of a month, the later."""
    frame = tables.series("firm-spend", "ai_spend_per_employee_month", *COHORTS)
    return frame.pivot_table(index="period", columns="entity", values="value", aggfunc="last")


def acceleration() -> pd.Series:
    """Growth a month from January 2026 less that of the two years before, by cohort. [log/month]"""
    growth = cohort_spending().apply(np.log).diff()
    late, early = growth.loc["2026-01":], growth.loc["2024-01":"2025-12"]
    return late.mean() - early.mean()


def rivals() -> pd.DataFrame:
    """Observations that separate the stories: what each predicts, and what was seen.

    Columns: observation, seen, one column a story ("for", "against" or blank), note, source_id.
    A story that predicts the sign seen is marked for, the other sign against, none blank.
    """
    mix = mix_prices()
    unit_value = float(mix["unit_value"].iloc[-1] / mix["unit_value"].iloc[0])
    fixed = float(mix["fixed_mix"].iloc[-1])
    more = float(luna_means().set_index("model")["tokens_ratio"][LUNA])
    vendor = float(tables.series("luna-event", "spend_change", VENDOR)["value"].iloc[0])
    found, faster = events(), acceleration()
    wide = cohort_spending()
    spread = wide["Ramp top 1 % cohort"] / wide["Ramp median firm"]
    tokens = tables.series("firm-spend", "tokens_per_user_week").set_index("entity")["value"]
    heavy = float(tokens["Jellyfish panel, top 10 %"] / tokens["Jellyfish panel, typical engineer"])
    limits = tables.series("firm-spend", "firms_limiting_ai_spend")["value"]
    google = _google_share_billed()
    rows = [
        _row("Tokens of one model after its price fell by nine tenths", f"\N{MULTIPLICATION SIGN}{_n(more)}",
             more - 1, {"price_response": 1, "capability": 0}, "One model: holds switching.",
             "openrouter_luna_2026_08"),
        _row("Spending on all the vendor's models after that cut", f"{_n(vendor)} %", vendor,
             {"price_response": 1}, "Two weeks; dear models lost traffic.", "wiki_empresas_luna_2026_08"),
        _row("Price of the mix that firms buy", f"\N{MULTIPLICATION SIGN}{_n(unit_value)}", unit_value - 1,
             {"price_response": -1, "quality_mix": 1, "capability": 1, "signalling": 1}, "List price, eighteen months.",
             "ramp_model_shares_2026"),
        _row("List price at a fixed mix of tiers", f"\N{MULTIPLICATION SIGN}{_n(fixed)}", fixed - 1, {"price_response": -1},
             "A fall too small for the growth of volume at any elasticity that is defended.", "ramp_model_shares_2026"),
        _row("Router growth in weeks of launches, extra, in logs, a launch",
             f"{_n(100 * found.launch)} ({_n(100 * found.launch_low)} to {_n(100 * found.launch_high)})",
             _sign(found.launch_low, found.launch_high), {"capability": 1}, "Newey\N{EN DASH}West 90 %; blank if the interval holds zero.",
             "openrouter_rankings_2026"),
        _row("Router growth in weeks of price cuts, extra, in logs, a cut",
             f"{_n(100 * found.cut)} ({_n(100 * found.cut_low)} to {_n(100 * found.cut_high)})",
             _sign(found.cut_low, found.cut_high), {"price_response": 1}, "As above; few cuts.", "openrouter_rankings_2026"),
        _row("Acceleration of median, top tenth and top hundredth in the same months of 2026, in logs a month",
             ", ".join(_n(100 * faster[name]) for name in COHORTS), float(faster.min()),
             {"capability": 1, "price_response": 0}, "A common shock without a common price cut.", "ramp_spend_per_employee_2026"),
        _row("Top hundredth over median firm, spending a head", f"{_n(spread.iloc[0])} to {_n(spread.iloc[-1])}",
             float(spread.iloc[-1] - spread.iloc[0]), {"signalling": 1, "capability": 1, "bundling": -1},
             "Show and usefulness both widen the gap.", "ramp_spend_per_employee_2026"),
        _row("Tokens of the heaviest tenth of engineers over the typical one, for about twice the output",
             f"\N{MULTIPLICATION SIGN}{_n(heavy)}", heavy - 2, {"signalling": 1, "capability": -1},
             "Waste, show and hard tasks look alike.", "jellyfish_tokens_2026"),
        _row("Firms that cap or slow their AI spending", f"{_n(limits.iloc[-1])} %", 1.0, {"signalling": -1, "price_response": 0},
             "Weak source; caps bind where use is not free.", "ubs_ai_throttling_2026"),
        _row("Google's tokens that its API sells, share of all it serves", f"{_n(100 * google)} %", 0.5 - google,
             {"bundling": 1, "price_response": -1}, "Most tokens carry no price of their own.", "google_io_2026"),
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _row(
    observation: str,
    seen: str,
    sign: float,
    predictions: dict[str, int],
    note: str,
    source_id: str,
) -> dict[str, object]:
    observed = float(np.sign(sign))
    marks = {
        story: ""
        if not predictions.get(story) or observed == 0
        else "for"
        if predictions[story] == observed
        else "against"
        for story in STORIES
    }
    return {"observation": observation, "seen": seen, **marks, "note": note, "source_id": source_id}


def _sign(low: float, high: float) -> float:
    """The sign of an effect whose interval excludes zero; zero where it does not."""
    return float(np.sign(low)) if np.sign(low) == np.sign(high) else 0.0


def _n(value: float) -> str:
    return trimmed(format_number(float(value), 2 if abs(value) < 100 else 3))


def _google_share_billed() -> float:
    """Tokens through Google's API over those on all its surfaces, May 2026."""
    minute = tables.series("token-volumes", "tokens_per_minute", "Google direct API")
    month = tables.series("token-volumes", "tokens_per_month", "Google, all surfaces")
    same = minute.set_index("period")["value"][month["period"].iloc[-1]]
    minutes_per_month = 365.25 / 12 * 24 * 60
    return float(same * minutes_per_month / 1e3 / month["value"].iloc[-1])
