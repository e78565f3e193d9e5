"""Two forecasts of the seeds as probabilities, each under several models, and order swings upstream."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import scipy  # brings optimize when it is first called
from scipy import special

from token_economics.book.assumptions import FloatArray
from token_economics.evidence import tables
from token_economics.headlines import supply_record
from token_economics.headlines.rows import result
from token_economics.methods.bullwhip import Amplification, growth_amplification
from token_economics.models.memory import highest_price_log

LEVEL = 0.9
TSMC_THRESHOLD = 100.0  # USD billion, the claim
PATHS = 40_000


def tsmc_models() -> pd.DataFrame:
    """Probability that TSMC invests 100 billion dollars in 2028, under three models.

    Growth: capital expenditure in Taiwan dollars grows as it has since 2016, from this year's
    guidance. Brokers: the sum that one house expects for three years, with the same spread.
    Sales: sales grow as they have, and a share of them is invested as it was.
    """
    capex = _yearly("capex_twd")
    sales = _yearly("revenue_twd")
    guidance = _latest_guidance()
    house = tables.series("chipmakers", "capex", "TSMC three years from 2026")["value"].iloc[-1]
    growth = np.diff(np.log(capex))
    spread, years = growth.std(ddof=1), growth.size
    ahead = float(np.sqrt(2 + 4 / years))
    left = float(house) - guidance
    factor = float(scipy.optimize.brentq(lambda g: guidance * (g + g**2) - left, 0.1, 5))
    ratio = np.log(capex / sales)
    sales_growth = np.diff(np.log(sales))
    dollars = tables.series("chipmakers", "revenue", "TSMC")
    last_year = float(dollars[dollars["period"].str.startswith("2025")]["value"].sum())
    rows = [
        ("Growth since 2016, from guidance", np.log(guidance) + 2 * growth.mean(), spread * ahead),
        ("One house's sum for three years", np.log(guidance * factor**2), spread * ahead),
        (
            "Sales growth and the share invested",
            np.log(last_year) + 3 * sales_growth.mean() + ratio.mean(),
            float(np.hypot(sales_growth.std(ddof=1) * np.sqrt(3 + 9 / years), ratio.std(ddof=1))),
        ),
    ]
    return pd.DataFrame(
        {
            "model": [name for name, _, _ in rows],
            "median": [float(np.exp(mean)) for _, mean, _ in rows],
            "probability": [
                float(special.ndtr((mean - np.log(TSMC_THRESHOLD)) / sd)) for _, mean, sd in rows
            ],
        }
    )


def _tsmc_sources() -> list[str]:
    """Sources of the rows behind the three models."""
    capex = tables.series("chipmakers", "capex", "TSMC")
    sales = tables.series("chipmakers", "revenue", "TSMC")
    rows = [
        tables.series("chipmakers", "capex_twd", "TSMC"),
        tables.series("chipmakers", "revenue_twd", "TSMC"),
        tables.series("chipmakers", "capex", "TSMC three years from 2026").iloc[-1:],
        capex[capex["kind"] == "guidance"].sort_values("stated").iloc[-1:],
        sales[sales["period"].str.startswith("2025")],
    ]
    return [text for part in rows for text in part["source_id"]]


def _yearly(variable: str) -> FloatArray:
    frame = tables.series("chipmakers", variable, "TSMC")
    return frame["value"].to_numpy(dtype=np.float64)


def _latest_guidance() -> float:
    frame = tables.series("chipmakers", "capex", "TSMC")
    guided = frame[frame["kind"] == "guidance"].sort_values("stated").iloc[-1]
    return float((guided["low"] + guided["high"]) / 2)


def dram_models(seed: int) -> pd.DataFrame:
    """Probability that DRAM contract prices double or triple from the interview's quarter by 2027.

    The path starts from the latest forecast for 2026Q4 and its four quarters ahead. Flat: quarterly
    changes have no drift and half the spread seen since 2025Q4. Wide: the whole spread.
    Momentum: half of each change carries over, with half the spread.
    """
    index = supply_record.dram_index().set_index("period")["mid"]
    changes = np.log(index).diff().dropna()
    first = np.log(index.iloc[0])
    observed = np.append(first, changes.to_numpy())
    base, start = float(np.log(index["2026Q2"])), float(np.log(index["2026Q4"]))
    spread = float(observed.std(ddof=1))
    rng = np.random.default_rng(seed)
    shocks = rng.standard_normal((PATHS, 4))
    cases = {
        "No drift, half the spread": (0.0, 0.5 * spread),
        "No drift, the whole spread": (0.0, spread),
        "Half of each change carries over": (0.5, 0.5 * spread),
    }
    rows = []
    for name, (carry, sd) in cases.items():
        highest = highest_price_log(
            start_log=start, change_log=observed[-1], carried_over=carry, shocks_log=sd * shocks
        )
        rows.append(
            {
                "model": name,
                "median": float(np.exp(np.median(highest) - base)),
                "double": float((highest - base >= np.log(2)).mean()),
                "triple": float((highest - base >= np.log(3)).mean()),
            }
        )
    return pd.DataFrame(rows)


def order_amplification() -> Amplification:
    """How much more a maker of chip equipment swings than chip sales, yearly growth 1996 to 2011."""
    upstream = tables.series("equipment", "equipment_maker_revenue", "Lam Research")
    downstream = tables.series("equipment", "chip_sales", "World")
    both = upstream.merge(downstream, on="period", suffixes=("_up", "_down"))
    return growth_amplification(both["value_up"], both["value_down"], level=LEVEL)


def equipment_growth() -> pd.DataFrame:
    """Yearly growth of both series, in logs times a hundred, by year."""
    labels = {"equipment_maker_revenue": "Lam Research, revenue", "chip_sales": "World chip sales"}
    parts = []
    for variable, label in labels.items():
        frame = tables.series("equipment", variable)
        growth = 100 * np.diff(np.log(frame["value"].to_numpy(dtype=np.float64)))
        parts.append(
            pd.DataFrame(
                {
                    "date": frame["date"].iloc[1:].to_numpy(),
                    "period": frame["period"].iloc[1:].to_numpy(),
                    "series": label,
                    "value": growth,
                    "source_id": frame["source_id"].iloc[1:].to_numpy(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def results(seed: int) -> list[dict[str, object]]:
    """Two forecasts of the seeds, with the range over their models, and order swings upstream."""
    tsmc, dram = tsmc_models(), dram_models(seed)
    swing = order_amplification()

    memory = supply_record.dram_index()["source_id"]

    def over_models(
        name: str, label: str, found: pd.Series, period: str, source_id: Iterable[str]
    ) -> dict[str, object]:
        return result(name, label, float(found.median()), low=float(found.min()), high=float(found.max()),
                      level=1.0, unit="share", period=period, digits=2, source_id=source_id)  # fmt: skip

    return [
        over_models("tsmc_100bn", "Probability that TSMC invests 100 billion USD, over models", tsmc["probability"], "2028", _tsmc_sources()),
        over_models("dram_doubles", "Probability that DRAM contract prices double again, over models", dram["double"], "2026Q2 to 2027Q4", memory),
        over_models("dram_triples", "Probability that DRAM contract prices triple, over models", dram["triple"], "2026Q2 to 2027Q4", memory),
        result("order_amplification", "Swings of equipment revenue over swings of chip sales", swing.ratio,
               low=swing.low, high=swing.high, level=LEVEL, unit="times", period="1996 to 2011", digits=2,
               source_id=equipment_growth()["source_id"]),
    ]  # fmt: skip
