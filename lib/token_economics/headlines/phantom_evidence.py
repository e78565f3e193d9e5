"""Phantom GDP: what can be estimated, and the views against us computed in the same frame.

Four views say that the gap is small, old, or something else: measurement lag and the J-curve, no
worsening (Byrne, Fernald and Reinsdorf), far too small (Syverson), and a small gain to begin with
(Acemoglu). What each publishes is put into our units, and ours beside it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book
from token_economics.evidence import tables
from token_economics.headlines import rows
from token_economics.headlines.records import office_deflators
from token_economics.headlines.records import phantom_gdp_accounts as accounts
from token_economics.headlines.records.phantom_gdp_accounts import HORIZON, NOW, Economy
from token_economics.methods import summaries
from token_economics.methods.arrays import FloatArray
from token_economics.methods.prices import index_numbers
from token_economics.models import national_accounts, productivity, welfare

TOPIC = "phantom_evidence"
LEVEL = summaries.LEVEL
WAGE_PRICED = ("Legal services", "Other professional services", "Administrative support")
OUTPUT_PRICED = (
    "Computer and electronic products",
    "Computer systems design",
    "Data processing and internet",
)
QUALITIES = ("eci", "gpqa_percent", "mmlu_percent")
LEGAL = "Legal services"
TFP_SOURCE = "bea_bls_klems_2021"
LIGHT, TOKENS = "Light", "Tokens, list prices"
LIGHT_CENTURY, LIGHT_SINCE_1900 = 100, 92
FORMULAS = {
    "laspeyres": "Laspeyres",
    "fisher": "Fisher",
    "tornqvist": "Törnqvist",
    "walsh": "Walsh",
    "paasche": "Paasche",
}
PCS = "PCs, 486 class"
YEAR_BEFORE = f"{int(HORIZON[:4]) - 1}{HORIZON[4:]}"
TREND_TO = "2004"  # the period whose growth of output per hour is the yardstick of a slowdown


def tfp_changes() -> pd.DataFrame:
    """Yearly log changes of measured total factor productivity, years x industries."""
    frame = tables.series("industry-tfp", "tfp_index")
    wide = frame.pivot(index="period", columns="entity", values="value").sort_index()
    return wide.apply(np.log).diff().dropna()


@tables.once
def captures() -> pd.DataFrame:
    """What deflators recorded of a true price fall, for light and tokens. Per cent of the fall.

    Columns case, deflator, period, low, high, source_id.
    """
    columns = ["case", "deflator", "period", "source_id", "low", "high"]
    found = pd.DataFrame([_light(), _tokens()], columns=columns)
    ends = 100 * found[["low", "high"]]
    return found[["case", "deflator", "period"]].join(ends).join(found["source_id"])


def _light() -> tuple[str, str, str, str, float, float]:
    """Official prices against the price of a lumen-hour in hours of work (Nordhaus)."""
    rates = tables.series("macro", "labour_price_change", "Light")["value"] / 100
    factor = tables.series("macro", "official_overstatement_factor", "Light").iloc[-1]
    years = np.array([LIGHT_CENTURY, LIGHT_SINCE_1900])
    fall = float(-(np.log1p(rates.to_numpy()) * years).sum())
    low, high = national_accounts.deflator_capture(
        missed=np.log([factor["high"], factor["low"]]), true_price_fall=fall
    )
    return LIGHT, "official", "1800 to 1992", str(factor["source_id"]), low, high


def _tokens() -> tuple[str, str, str, str, float, float]:
    """List prices of language models as an office would follow them, against given quality."""
    low, _, high = office_deflators.capture_range()
    days = office_deflators.days()
    span = f"{days[0]:%Y-%m} to {days[-1]:%Y-%m}"
    sources = " ".join(sorted({i for text in office_deflators.sources() for i in text.split()}))
    return TOKENS, "office methods", span, sources, low, high


def index_formulas() -> pd.DataFrame:
    """Contribution of AI to real GDP growth in one year, by formula. Percentage points."""
    spend = tables.series("macro", "ai_compute_spending", "Korinek and McKelvey").iloc[-2:]
    gdp = tables.series("macro", "gdp_nominal", "United States").iloc[-2:]
    growth = accounts.latest("ai_output_growth", "Korinek and McKelvey") / 100
    shares = spend["value"].to_numpy() / gdp["value"].to_numpy()
    indexes = index_numbers.index_by_formula(
        relatives=[1 + growth, 1.0],
        base_shares=[shares[0], 1 - shares[0]],
        shares=[shares[1], 1 - shares[1]],
    )
    return pd.DataFrame(
        {
            "formula": [FORMULAS[name] for name in indexes],
            "points": [100 * (float(index) - 1) for index in indexes.values()],
            "source_id": "korinek_mckelvey_2026 bea_gdp_annual_2025 fred_gdpa_2026_09",
        }
    ).sort_values("points", ascending=False, ignore_index=True)


def pc_prices() -> pd.DataFrame:
    """Price of personal computers, as listed and at constant quality, first month 1, and the gap.

    Columns date, period, price, value; and ``gap`` [log], output that a deflator misses if it
    follows the listed price.
    """
    wide = {
        name: tables.series("pc-prices", variable, PCS)
        for name, variable in (
            ("As listed", "unadjusted_price_index"),
            ("At constant quality", "quality_adjusted_price_index"),
        )
    }
    level = {
        name: frame["value"].to_numpy() / frame["value"].iloc[0] for name, frame in wide.items()
    }
    gap = national_accounts.unit_value_phantom(
        average_price_ratio=level["As listed"],
        quality_adjusted_price_ratio=level["At constant quality"],
    )
    parts = [
        frame[["date", "period", "source_id"]].assign(price=name, value=level[name], gap=gap)
        for name, frame in wide.items()
    ]
    return pd.concat(parts, ignore_index=True)


def task_model_gains() -> FloatArray:
    """Acemoglu's bound from his factors: that of the article, May 2024, and that of the draft. [1]

    Share of tasks exposed x share of these worth doing x saving of total cost, of which the draft
    of April took the higher end.
    """
    saving = tables.series("macro", "total_cost_saving", "Acemoglu").iloc[-1]
    return welfare.task_productivity_gain(
        exposed_share=accounts.latest("tasks_exposed", "Acemoglu") / 100,
        profitable_share=accounts.latest("tasks_profitable", "Acemoglu") / 100,
        labour_cost_saving=np.array([saving["low"], saving["high"]]) / 100,
        labour_share=1.0,  # the saving is of total cost, labour's share is in it
    )


def j_curve_growth() -> pd.DataFrame:
    """Growth hidden by unmeasured investment, from the gap in levels at two dates, by vintage.

    Columns entity, points (percentage points a year), first, last, source_id.
    """
    levels = tables.series("macro", "adjusted_tfp_above_official")
    found = []
    for entity, frame in levels.groupby("entity"):
        first, last = frame.iloc[0], frame.iloc[-1]
        years = int(last["period"]) - int(first["period"])
        growth = np.log((1 + last["value"] / 100) / (1 + first["value"] / 100)) / years
        found.append((entity, 100 * growth, first["period"], last["period"], last["source_id"]))
    return pd.DataFrame(found, columns=["entity", "points", "first", "last", "source_id"])


def j_curve_break_even(economy: Economy) -> FloatArray:
    """Unmeasured investment per dollar of AI hardware that would be as large as our gap. [1]

    Without hardware no investment per dollar is large enough: infinite, with the sign of the gap.
    """
    share = economy.snapshot.hardware / economy.snapshot.gdp
    gap, share = np.broadcast_arrays(economy.phantom, share)
    needed: FloatArray = np.divide(gap, share, out=np.copysign(np.inf, gap), where=share > 0)
    return needed


def slowdown() -> tuple[float, str]:
    """Syverson's question for the years of generative AI: gap that a return to trend needs. [log]"""
    trend = tables.series("macro", "labour_productivity_trend").set_index("period")["value"]
    growth = tables.series("macro", "labour_productivity_growth")
    since = growth[growth["period"] >= "2023"]
    needed = productivity.required_gap(
        trend=trend[TREND_TO] / 100, measured=since["value"].mean() / 100, years=len(since)
    )
    return float(needed), f"{since['period'].iloc[0]} to {since['period'].iloc[-1]}"


def unseen_share(draws: Mapping[str, FloatArray]) -> FloatArray:
    """Part of a cost saving that is passed on, not recorded, and sold to final buyers. [1]"""
    passed_on = draws["cost_saving_pass_through"] * (1 - draws["deflator_capture_share"])
    return np.asarray(passed_on * draws["final_demand_share"])


def results(book: Book) -> pd.DataFrame:
    """What the record says with no assumption of ours, then the rivals in numbers."""
    found = [*_estimated_results(), *_recorded_results(), *_rival_results(book)]
    return pd.DataFrame(rows.in_order(TOPIC, found))


def _estimated_results() -> list[dict[str, object]]:
    """What deflators caught where it can be known, and productivity with 90 % intervals."""
    changes, caught = tfp_changes(), captures().set_index("case")
    low, high = caught["low"] / 100, caught["high"] / 100
    legal = productivity.mean_growth(changes[LEGAL], level=LEVEL)
    gap = productivity.growth_gap(
        changes[list(WAGE_PRICED)], changes[list(OUTPUT_PRICED)], level=LEVEL
    )
    found: dict[str, rows.Found] = {
        "light_capture": (low[LIGHT], (low[LIGHT] + high[LIGHT]) / 2, high[LIGHT]),
        "token_capture": office_deflators.capture_range(),
        "legal_tfp": (legal.low, legal.growth, legal.high),
        "group_gap": (gap.low, gap.growth, gap.high),
        "legal_missing": float(productivity.missing_volume(legal.growth, years=legal.years)),
    }
    cited = {
        "light_capture": caught["source_id"][LIGHT],
        "token_capture": caught["source_id"][TOKENS],
    }
    return rows.of_topic(
        TOPIC,
        found,
        sources=dict.fromkeys(found, TFP_SOURCE) | cited,
        prices=caught["period"][TOKENS],
        industries=f"{changes.index[0]} to {changes.index[-1]}",
    )


def _recorded_results() -> list[dict[str, object]]:
    """What a deflator of list prices missed of computers, and AI in growth by index formula."""
    contributions = index_formulas()
    formulas = contributions.set_index("formula")["points"]
    pcs = pc_prices().query("price == 'As listed'").reset_index(drop=True)
    first, last = pcs["period"].iloc[0], pcs["period"].iloc[-1]
    years = (pcs["date"] - pcs["date"].iloc[0]).dt.days / 365.25
    pace = (pcs["gap"] / years)[pcs["period"] >= last[:4]]
    listed = tables.series("pc-prices", "unadjusted_price_index", PCS)["value"].iloc[-1]
    adjusted = tables.series("pc-prices", "quality_adjusted_price_index", PCS).iloc[-1]
    low, high = national_accounts.unit_value_phantom(
        average_price_ratio=listed,
        quality_adjusted_price_ratio=adjusted[["high", "low"]].to_numpy(float),
    ).tolist()  # by the error of the regression's last month
    found: dict[str, rows.Found] = {
        "pc_gap": (low, float(pcs["gap"].iloc[-1]), high),
        "pc_gap_per_year": (float(pace.min()), float(pace.iloc[-1]), float(pace.max())),
        "ai_growth_contribution": (
            float(formulas.min()), float(formulas[FORMULAS["fisher"]]), float(formulas.max()),
        ),
        "formula_ratio": float(formulas.max() / formulas.min()),
    }  # fmt: skip
    sources = {
        slug: pcs["source_id"] if "pc_" in slug else contributions["source_id"] for slug in found
    }
    return rows.of_topic(TOPIC, found, sources=sources, computers=f"{first} to {last}")


def _rival_results(book: Book) -> list[dict[str, object]]:
    """The rivals in numbers: 90 % intervals where our draws are in them."""
    draws, j_curve, gain = book.draws(), j_curve_growth().iloc[0], float(task_model_gains()[0])
    missed, wanted = tables.series("macro", "deflator_gap"), (NOW, YEAR_BEFORE, HORIZON)
    now, before, last = accounts.along(draws, accounts.record(), wanted)
    worse = missed["value"].abs().iloc[[0, -1]].diff()
    needed, span = slowdown()
    found: dict[str, rows.Found] = {
        "j_curve_growth": float(j_curve["points"]) / 100,
        "j_curve_break_even": j_curve_break_even(now),
        "deflator_worsening": float(worse.iloc[-1]),
        "hidden_growth_later": accounts.hidden_growth(before, last),
        "slowdown_needed": needed,
        "slowdown_explained": now.phantom / needed,
        "task_model_gain": gain,
        "saving_at_horizon": last.saving_gain,
        "over_task_model": (last.saving_gain > gain).astype(np.float64),
        "task_model_unseen": gain * unseen_share(draws),
    }
    factors = ("tasks_exposed", "tasks_profitable", "total_cost_saving")
    read = pd.concat([tables.series("macro", factor, "Acemoglu").tail(1) for factor in factors])
    return rows.of_topic(
        TOPIC,
        found,
        sources={
            "j_curve_growth": str(j_curve["source_id"]),
            "deflator_worsening": missed["source_id"],
            "slowdown_needed": ["gordon_discussion_2016", "bls_ted_productivity", "pwc_brynjolfsson_2026"],
            "task_model_gain": read["source_id"],
        },
        now=NOW, horizon=HORIZON, waves=f"{j_curve['first']} to {j_curve['last']}", slowdown=span,
    )  # fmt: skip
