"""Views against phantom GDP, each computed in the frame of our accounts, with its vintage.

Four say that the gap is small, old, or something else: measurement lag and the J-curve, no
worsening (Byrne, Fernald and Reinsdorf), far too small (Syverson), and a small gain to begin with
(Acemoglu). What each publishes is put into our units, and ours beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book, FloatArray
from token_economics.evidence import tables
from token_economics.headlines import phantom_gdp_accounts as accounts
from token_economics.headlines import phantom_gdp_record as recorded
from token_economics.headlines.phantom_gdp_accounts import HARDWARE, HORIZON, NOW, Economy, Record
from token_economics.headlines.rows import format_number, result
from token_economics.methods import summaries
from token_economics.models import productivity

TREND_TO = "2004"  # the period whose growth of output per hour is the yardstick of a slowdown


@dataclass(frozen=True)
class Ours:
    """Our accounts at four quarters, one entry a draw: base, today, and the horizon with the year before."""

    first: Economy
    now: Economy
    before_horizon: Economy
    horizon: Economy


def ours(book: Book) -> tuple[Ours, Mapping[str, FloatArray], Record]:
    """Accounts that the rivals are set against, with their draws and record."""
    facts, draws = accounts.record(), book.draws()
    wanted = (facts.market.base_quarter, NOW, f"{int(HORIZON[:4]) - 1}{HORIZON[4:]}", HORIZON)
    market = accounts.snapshots(draws, facts, wanted)
    return Ours(*(accounts.account(draws, market[q]) for q in wanted)), draws, facts


def hidden_growth(first: Economy, last: Economy) -> FloatArray:
    """Growth that the gap hides between two quarters. [1/year]"""
    years = last.snapshot.years - first.snapshot.years
    return np.asarray((last.phantom - first.phantom) / years)


def j_curve_growth() -> pd.DataFrame:
    """Growth hidden by unmeasured investment, from the gap in levels at two dates, by vintage.

    Columns entity, points (percentage points a year), first, last, source_id.
    """
    levels = tables.series("macro", "adjusted_tfp_above_official")
    rows = []
    for entity, frame in levels.groupby("entity"):
        first, last = frame.iloc[0], frame.iloc[-1]
        years = int(last["period"]) - int(first["period"])
        growth = np.log((1 + last["value"] / 100) / (1 + first["value"] / 100)) / years
        rows.append((entity, 100 * growth, first["period"], last["period"], last["source_id"]))
    return pd.DataFrame(rows, columns=["entity", "points", "first", "last", "source_id"])


def j_curve_break_even(economy: Economy) -> FloatArray:
    """Unmeasured investment per dollar of AI hardware that would be as large as our gap. [1]"""
    share = economy.snapshot.hardware / economy.snapshot.gdp
    return np.asarray(economy.phantom / share)


def worsening() -> float:
    """Byrne, Fernald and Reinsdorf: missed price fall of the later period over the earlier. [points]"""
    missed = recorded.deflator_gaps()["value"].abs()
    return float(missed.iloc[-1] - missed.iloc[0])


def syverson_share() -> tuple[float, float, float]:
    """Output missing if the slowdown to 2015 were mismeasured, as a part of GDP; and the parts of it
    that the typical least and the largest surplus of digital goods would fill. [1]"""
    missing = tables.series("macro", "output_missing_if_mismeasured").iloc[-1]
    gdp = tables.series("macro", "gdp_nominal", "United States").set_index("period")["value"]
    surplus = tables.series("macro", "surplus_of_digital_goods")
    least, most = surplus["low"].min(), surplus["value"].max()
    size = float(missing["value"])
    return size / float(gdp[missing["period"]]), float(least) / size, float(most) / size


def slowdown() -> tuple[float, str]:
    """Syverson's question for the years of generative AI: gap that a return to trend needs. [log]"""
    trend = tables.series("macro", "labour_productivity_trend").set_index("period")["value"]
    growth = tables.series("macro", "labour_productivity_growth")
    since = growth[growth["period"] >= "2023"]
    needed = productivity.required_gap(
        trend=trend[TREND_TO] / 100, measured=since["value"].mean() / 100, years=len(since)
    )
    return float(needed), f"{since['period'].iloc[0]} to {since['period'].iloc[-1]}"


def _shown(draws: FloatArray, scale: float = 100.0, digits: int = 2) -> str:
    low, middle, high = (format_number(scale * x, digits) for x in summaries.quantiles(draws))
    return f"{middle} ({low} to {high})"


def table(book: Book) -> pd.DataFrame:
    """Each view: vintage, the quantity in our units, theirs and ours, and where it comes from."""
    own, draws, facts = ours(book)
    now, later = (
        hidden_growth(*pair) for pair in ((own.first, own.now), (own.before_horizon, own.horizon))
    )
    hidden = "growth hidden, points a year"
    rows = [
        (row["entity"].replace("Productivity ", ""), f"{row['first']} to {row['last']}", hidden,
         format_number(row["points"], 2), _shown(now), row["source_id"])
        for row in j_curve_growth().to_dict("records")
    ]  # fmt: skip
    rows.append(
        ("J-curve, today", NOW, "unmeasured investment per dollar of AI hardware that equals our gap, USD",
         "no estimate", _shown(j_curve_break_even(own.now), 1.0), "productivity_j_curve_2021")
    )  # fmt: skip
    missed = recorded.deflator_gaps()
    weight = own.now.base_spend[:, HARDWARE] / own.now.snapshot.gdp
    for record in missed.to_dict("records"):
        span = f"ten years to {record['period']}"
        rows.append(
            ("Byrne, Fernald, Reinsdorf", span, "missed fall of computers at AI hardware's weight, points of growth a year",
             _shown(abs(record["value"]) / 100 * weight, digits=1), _shown(own.now.parts[:, HARDWARE] / own.now.snapshot.years, digits=1),
             record["source_id"])
        )  # fmt: skip
    rows.append(
        ("Byrne, Fernald, Reinsdorf", "2016", "does it widen? change of hidden growth, points a year",
         format_number(worsening(), 1) + " points of price", _shown(later - now), missed["source_id"].iloc[-1])
    )  # fmt: skip
    share, least, most = syverson_share()
    rows.append(
        ("Syverson", "2017", "output missing if the slowdown were mismeasured, % of GDP",
         f"{format_number(100 * share, 2)}; digital surplus fills {100 * least:.0f} to {100 * most:.0f} %",
         _shown(own.now.phantom), "syverson_2017")
    )  # fmt: skip
    needed, span = slowdown()
    rows.append(
        ("Syverson, our years", span, "the same against growth of 1994 to 2004, % of GDP", format_number(100 * needed, 2),
         _shown(own.now.phantom), "syverson_2017 gordon_discussion_2016 bls_ted_productivity")
    )  # fmt: skip
    unseen = facts.task_model_gain * _unseen(draws)
    for gain in recorded.task_model_gains().to_dict("records"):
        vintage = "draft of April 2024" if "draft" in gain["source_id"] else "May 2024"
        rows.append(
            ("Acemoglu", vintage, "all cost saved, % of GDP; theirs in ten years, ours by the horizon",
             format_number(gain["printed"], 2), _shown(own.horizon.saving_gain), gain["source_id"])
        )  # fmt: skip
    rows.append(
        ("Acemoglu", "May 2024", "of his gain, what GDP would not see, % of GDP", _shown(unseen), _shown(own.horizon.phantom),
         "acemoglu_simple_macro_2024")
    )  # fmt: skip
    return pd.DataFrame(
        rows, columns=["view", "vintage", "quantity", "theirs", "ours", "source_id"]
    )


def _unseen(draws: Mapping[str, FloatArray]) -> FloatArray:
    """Part of a cost saving that is passed on, not recorded, and sold to final buyers. [1]"""
    passed_on = draws["cost_saving_pass_through"] * (1 - draws["deflator_capture_share"])
    return np.asarray(passed_on * draws["final_demand_share"])


def results(book: Book) -> list[dict[str, object]]:
    """The rivals in numbers: 90 % intervals where our draws are in them."""
    own, draws, facts = ours(book)
    j_curve = j_curve_growth().iloc[0]
    needed, span = slowdown()

    def model(
        name: str, label: str, values: FloatArray, period: str, unit: str = "share"
    ) -> dict[str, object]:
        low, value, high = summaries.quantiles(values)
        return result(name, label, value, low=low, high=high, unit=unit, period=period, digits=2)

    return [
        result("j_curve_growth", "J-curve: growth that unmeasured investment hid, a year", float(j_curve["points"]) / 100,
               unit="share", period=f"{j_curve['first']} to {j_curve['last']}", digits=2, source_id=str(j_curve["source_id"])),
        model("j_curve_break_even", "Unmeasured investment per dollar of AI hardware that would equal our gap",
              j_curve_break_even(own.now), NOW, "USD"),
        result("deflator_worsening", "Missed price fall of computers, 2004 to 2014 over 1994 to 2004", worsening(),
               unit="points a year", period="1994 to 2014", digits=1, source_id=recorded.deflator_gaps()["source_id"]),
        model("hidden_growth_later", "Growth that our gap would hide in the last year to the horizon",
              hidden_growth(own.before_horizon, own.horizon), HORIZON),
        result("slowdown_needed", "Gap that a return to the growth of 1994 to 2004 would need", needed, unit="in logs",
               period=span, digits=2, source_id=["gordon_discussion_2016", "bls_ted_productivity", "pwc_brynjolfsson_2026"]),
        model("slowdown_explained", "Part of the gap needed for the growth of 1994 to 2004 that ours fills", own.now.phantom / needed, NOW),
        result("task_model_gain", "Acemoglu's bound: total factor productivity over ten years", facts.task_model_gain,
               unit="share", period="2024 to 2034", digits=2, source_id=recorded.task_model_sources()),
        model("saving_at_horizon", "All cost that AI saves by our accounts", own.horizon.saving_gain, HORIZON),
        result("over_task_model", "Probability that our saving exceeds Acemoglu's bound", float((own.horizon.saving_gain > facts.task_model_gain).mean()),
               unit="share", period=HORIZON, digits=2),
        model("task_model_unseen", "Acemoglu's gain: what GDP would not see of it", facts.task_model_gain * _unseen(draws), "2024 to 2034"),
    ]  # fmt: skip
