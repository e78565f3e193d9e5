"""Phantom GDP: what the record itself says, with no assumption of ours."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from token_economics.evidence import tables
from token_economics.headlines import supply_fleet
from token_economics.headlines.rows import result
from token_economics.methods import index_numbers
from token_economics.models import national_accounts, welfare

FORMULAS = {
    "laspeyres": "Laspeyres",
    "fisher": "Fisher",
    "tornqvist": "Törnqvist",
    "paasche": "Paasche",
}
SHORT_NAMES = {
    "Computer and electronic products": "Computer makers",
    "Computer systems design": "Systems design",
    "Data processing and internet": "Data processing",
    "Other professional services": "Professional",
    "Administrative support": "Administrative",
}
SHORT_GROUPS = {
    "Office and administrative support": "Office support",
    "Business and financial operations": "Business and finance",
    "Arts, design, entertainment and media": "Arts and media",
    "Life, physical and social science": "Science",
    "Community and social service": "Social service",
    "Transportation and material moving": "Transport",
    "Installation, maintenance and repair": "Repair",
    "Farming, fishing and forestry": "Farming and fishing",
    "Food preparation and serving": "Food service",
    "Construction and extraction": "Construction",
}
PCS = "PCs, 486 class"
SURVEYS = ("Collis and Brynjolfsson", "Stanford Digital Economy Lab")
PUBLISHED = (
    "accounts_revision", "adjusted_tfp_above_official", "consumer_surplus", "cpi_bias",
    "deflator_gap", "exposed_wages", "gdp_gain_10y", "gdp_growth_effect", "gdp_level_gain",
    "output_missing_if_mismeasured", "surplus_of_digital_goods", "tfp_gain_10y",
    "wage_anchored_services",
)  # fmt: skip


def latest(variable: str, entity: str) -> float:
    """The latest figure of the macro table for a variable and an entity."""
    return float(tables.series("macro", variable, entity)["value"].iloc[-1])


def latest_source(variable: str, entity: str) -> str:
    """The source of that figure."""
    return str(tables.series("macro", variable, entity)["source_id"].iloc[-1])


def thresholds() -> pd.DataFrame:
    """Four counts of the work that AI can do, as a part of US wages or in money of its date.

    Columns threshold, what, share_of_wages (0-1), stated (USD billion, where the source gives
    money instead), source_id.
    """
    rows = [
        ("3 % of tasks", "said to be doable now", latest("tasks_doable_now", "Patel") / 100,
         np.nan, latest_source("tasks_doable_now", "Patel")),
    ]  # fmt: skip
    for name, variable, what in (
        ("alpha", "alpha_model", "a language model alone halves the time"),
        ("beta", "beta_model", "with software around it, half weight"),
    ):
        row = tables.series("exposure", variable, "United States").iloc[-1]
        rows.append((name, what, float(row["value"]) / 100, np.nan, str(row["source_id"])))
    stated = latest("exposed_wages", "Dark Output, all tiers from 4")
    rows.append(
        ("Dark Output", "all tiers from 4", np.nan, stated,
         latest_source("exposed_wages", "Dark Output, all tiers from 4"))
    )  # fmt: skip
    columns = ["threshold", "what", "share_of_wages", "stated", "source_id"]
    return pd.DataFrame(rows, columns=columns)


def counts(column: str) -> dict[str, float]:
    """The counts that are given as ``share_of_wages`` or as ``stated`` money, by name."""
    given = thresholds().set_index("threshold")[column].dropna()
    return {str(name): float(value) for name, value in given.items()}


def exposure(variable: str) -> pd.DataFrame:
    """Share of wages exposed by occupation group under one rating. Per cent."""
    return tables.series("exposure", variable)[["entity", "value", "source_id"]]


def task_model_gains() -> pd.DataFrame:
    """Acemoglu's bound from its factors, at the two cost savings he gives, beside what he printed.

    Share of tasks exposed x share of these worth doing x saving of total cost. The lower saving is
    that of May 2024, the higher that of the draft of April. ``gain`` is a share over ten years,
    ``computed`` and ``printed`` are per cent.
    """
    saving = tables.series("macro", "total_cost_saving", "Acemoglu").iloc[-1]
    printed = tables.series("macro", "tfp_gain_10y", "Acemoglu").sort_values("value")
    gains = welfare.task_productivity_gain(
        exposed_share=latest("tasks_exposed", "Acemoglu") / 100,
        profitable_share=latest("tasks_profitable", "Acemoglu") / 100,
        labour_cost_saving=np.array([saving["low"], saving["high"]]) / 100,
        labour_share=1.0,  # the saving is of total cost, labour's share is in it
    )
    return pd.DataFrame(
        {
            "gain": gains,
            "computed": 100 * gains,
            "printed": printed["value"].to_numpy(),
            "source_id": printed["source_id"].to_numpy(),
        }
    )


def task_model_sources() -> list[str]:
    """Sources of Acemoglu's factors."""
    names = ("tasks_exposed", "tasks_profitable", "total_cost_saving")
    return [latest_source(name, "Acemoglu") for name in names]


def index_formulas() -> pd.DataFrame:
    """Contribution of AI to real GDP growth in one year, by formula. Percentage points."""
    spend = tables.series("macro", "ai_compute_spending", "Korinek and McKelvey").iloc[-2:]
    growth = tables.series("macro", "ai_output_growth", "Korinek and McKelvey").iloc[-1]
    gdp = tables.series("macro", "gdp_nominal", "United States").iloc[-2:]
    shares = spend["value"].to_numpy() / gdp["value"].to_numpy()
    indexes = index_numbers.index_by_formula(
        relatives=[1 + growth["value"] / 100, 1.0],
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


def implied_price_changes() -> pd.DataFrame:
    """Price change that the published spending and output imply, and the published one. Percent."""
    spend = tables.series("macro", "ai_compute_spending", "Korinek and McKelvey").iloc[-2:]
    growth = tables.series("macro", "ai_output_growth", "Korinek and McKelvey").iloc[-1]
    value = spend["value"].to_numpy()
    implied = value[1] / value[0] / (1 + growth["value"] / 100) - 1
    return pd.DataFrame(
        {
            "price": ["Implied by spending and output, all AI", "Inference, as published"],
            "percent_per_year": [
                100 * implied,
                latest("inference_price_change", "Korinek and McKelvey"),
            ],
            "source_id": ["korinek_mckelvey_2026"] * 2,
        }
    )


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


def pc_gap_interval() -> tuple[float, float]:
    """90 % interval of the gap at the last month, from the error of the regression's last dummy."""
    adjusted = tables.series("pc-prices", "quality_adjusted_price_index", PCS)
    listed = tables.series("pc-prices", "unadjusted_price_index", PCS)["value"].iloc[-1]
    last = adjusted.iloc[-1]
    ends = national_accounts.unit_value_phantom(
        average_price_ratio=listed,
        quality_adjusted_price_ratio=last[["high", "low"]].to_numpy(float),
    )
    return float(ends[0]), float(ends[1])


def consumer_surplus() -> pd.DataFrame:
    """Consumer surplus of generative AI by survey: users times the sum that would make them give it up.

    USD billion a year, at the median and at the mean answer.
    """
    rows = []
    users = tables.series("macro", "users", *SURVEYS)
    for user in users.to_dict("records"):
        answers = {
            point: _answer(f"willingness_to_accept_{point}", user["entity"], user["period"])
            for point in ("median", "mean")
        }
        rows.append(
            {
                "period": user["period"],
                "survey": user["entity"],
                "users": user["value"],
                "median": answers["median"],
                "mean": answers["mean"],
                "at_median": answers["median"] * user["value"] * 12 / 1e3,
                "at_mean": answers["mean"] * user["value"] * 12 / 1e3,
                "source_id": user["source_id"],
            }
        )
    return pd.DataFrame(rows)


def _answer(variable: str, entity: str, period: str) -> float:
    frame = tables.series("macro", variable)
    found = frame[(frame["entity"] == entity) & (frame["period"] == period)]
    return float(found["value"].iloc[0]) if len(found) else float("nan")


def _surplus_sources(survey: str, period: str) -> list[str]:
    """Sources of a survey's users and answers."""
    answers = ("willingness_to_accept_median", "willingness_to_accept_mean")
    frames = [tables.series("macro", name) for name in ("users", *answers)]
    rows = pd.concat(frames)
    chosen = rows[(rows["entity"] == survey) & (rows["period"] == period)]
    return list(chosen["source_id"])


def memory_price_multiples() -> dict[str, float]:
    """DRAM contract price over 2025Q3, by quarter, as far as outcomes are known."""
    index = supply_fleet.dram_index()
    known = index[index["what"] == "Outcome"]
    return {
        str(quarter): float(price)
        for quarter, price in zip(known["period"], known["mid"], strict=True)
    }


def deflator_gaps() -> pd.DataFrame:
    """Byrne, Fernald and Reinsdorf: price fall of computers that deflators missed, by period."""
    return tables.series("macro", "deflator_gap")


def published() -> pd.DataFrame:
    """What others have published, each with its unit, date and remark; none of it is ours."""
    frame = pd.concat([tables.series("macro", variable) for variable in PUBLISHED])
    variables: Any = tables.resource("macro")["variables"]
    described = frame["variable"].map({name: variables[name]["description"] for name in PUBLISHED})
    digits = "{:,g}".format
    shown = [
        digits(row["value"])
        if pd.notna(row["value"])
        else f"{digits(row['low'])} to {digits(row['high'])}"
        for row in frame.to_dict("records")
    ]
    return pd.DataFrame(
        {
            "who": frame["entity"],
            "of_when": frame["period"],
            "what": described.str.rstrip("."),
            "figure": [f"{text} {unit}" for text, unit in zip(shown, frame["unit"], strict=True)],
            "remark": frame["note"].fillna(""),
            "source_id": frame["source_id"],
        }
    ).reset_index(drop=True)


def results() -> list[dict[str, object]]:
    """Headline results that come from the record alone."""
    contributions = index_formulas()
    formulas = contributions.set_index("formula")["points"]
    booked = partial(result, period="2025", source_id=contributions["source_id"])
    pcs = pc_prices()
    listed = partial(result, source_id=pcs["source_id"])
    gap = pcs.loc[pcs["price"] == "As listed"].reset_index(drop=True)
    years = (gap["date"] - gap["date"].iloc[0]).dt.days / 365.25
    last_year = gap["period"] >= gap["period"].iloc[-1][:4]
    pace = (gap["gap"] / years)[last_year]
    low, high = pc_gap_interval()
    span = f"{gap['period'].iloc[0]} to {gap['period'].iloc[-1]}"
    return [
        listed("pc_gap", "Output of PCs that a deflator of list prices misses", float(gap["gap"].iloc[-1]),
               low=low, high=high, unit="in logs", period=span, digits=3),
        listed("pc_gap_per_year", "Output of PCs that a deflator of list prices misses a year, range over end months of the last year", float(pace.iloc[-1]),
               low=float(pace.min()), high=float(pace.max()), level=1.0, unit="in logs a year", period=span, digits=2),
        booked("ai_growth_contribution", "AI in real GDP growth of 2025, if it were booked at the published volumes",
               float(formulas[FORMULAS["fisher"]]), low=float(formulas.min()), high=float(formulas.max()), level=1.0,
               unit="points", digits=3),
        booked("formula_ratio", "AI in real GDP growth of 2025 by index formula, highest over lowest", float(formulas.max() / formulas.min()),
               unit="times", digits=2),
    ]  # fmt: skip


def welfare_results() -> list[dict[str, object]]:
    """Consumer surplus of the latest survey, at the median and at the mean answer."""
    surplus = consumer_surplus().iloc[-1]
    survey = str(surplus["period"])
    welfare_of = partial(
        result,
        unit="USD billion a year",
        period=survey,
        source_id=_surplus_sources(str(surplus["survey"]), survey),
    )
    return [
        welfare_of("surplus_at_median", "Consumer surplus of generative AI at the median answer; welfare, not output",
               float(surplus["at_median"]), digits=3),
        welfare_of("surplus_at_mean", "Consumer surplus of generative AI at the mean answer; welfare, not output",
               float(surplus["at_mean"]), digits=3),
    ]  # fmt: skip
