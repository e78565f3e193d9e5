"""What the record says of each supply layer: shipments, rents, memory, money, lead times."""

from __future__ import annotations

import numpy as np
import pandas as pd

from token_economics.evidence import tables

DESIGNERS = ("Nvidia", "Google TPU", "Amazon Trainium", "AMD")
BUYERS = ("Amazon", "Alphabet", "Meta", "Microsoft")
DRAM = "Conventional DRAM"
NO_PRICE = "No price of its own; see cash flow"


def by_designer(variable: str) -> pd.DataFrame:
    frame = tables.series("ai-chips", variable, *DESIGNERS)
    wide = frame.pivot(index="period", columns="entity", values="value")
    return wide.ffill().fillna(0.0)


@tables.once
def layer_evidence() -> pd.DataFrame:
    """What prices say of each layer: the indicator, its rise over a year in logs, and the source.

    Memory by contract prices; logic by TSMC's price over cost, 1/(1 - gross margin); power by the
    price of transformers, a year's part of the rise since 2019. No price speaks for finance.
    """
    margin = tables.series("chipmakers", "gross_margin_percent", "TSMC").iloc[-5:]
    price_over_cost = 1 / (1 - margin["value"].to_numpy() / 100)
    transformer = tables.series("lead-times", "price_change", "Power transformer").iloc[0]
    dram = dram_index()
    dram_rise = float(np.log(dram.loc[dram["period"] == last_outcome(), "mid"].iloc[0]))
    years = 2025 - 2019
    rows = [
        ("Logic and packaging", "TSMC price over cost, from its gross margin, one year",
         float(np.log(price_over_cost[-1] / price_over_cost[0])), "tsmc_quarterly_6k_2026"),
        ("Memory", "DRAM contract price, since 2025Q3", dram_rise, " ".join(sorted(set(dram["source_id"])))),
        ("Finance", NO_PRICE, 0.0, "sec_companyfacts_cash_flow"),
        ("Power", "Power transformer price, one year's part of the rise since 2019",
         float(np.log1p(transformer["value"] / 100)) / years, transformer["source_id"]),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["layer", "indicator", "log_price_rise", "source_id"]).assign(
        price_multiple=lambda frame: np.exp(frame["log_price_rise"]),
        priced=lambda frame: frame["indicator"] != NO_PRICE,
    )


@tables.once
def rentals() -> pd.DataFrame:
    """H100 one-year contract quartiles and their middle, by period. USD/GPU-hour."""
    quartiles = {
        name: tables.series("gpu-rentals", f"rental_1y_contract_{name}", "H100")
        for name in ("p25", "p75")
    }
    both = quartiles["p25"].merge(quartiles["p75"], on=["period", "date", "source_id"])
    chosen = both[both["source_id"] == "semianalysis_gpu_index_2026"].reset_index(drop=True)
    return pd.DataFrame(
        {
            "date": chosen["date"],
            "period": chosen["period"],
            "p25": chosen["value_x"],
            "mid": (chosen["value_x"] + chosen["value_y"]) / 2,
            "p75": chosen["value_y"],
            "source_id": chosen["source_id"],
        }
    )


@tables.once
def dram_changes() -> pd.DataFrame:
    """Contract price changes: each forecast as it was made, and the outcome. Percent a quarter."""
    frame = tables.series("memory", "dram_contract_price_change", DRAM)
    outcome = frame["kind"].isin(["observed", "estimate"])
    months = pd.to_datetime(frame["stated"].str[:7]).dt.strftime("%b %Y")
    return pd.DataFrame(
        {
            "period": frame["period"],
            "what": np.where(outcome, "Outcome", "Forecast"),
            "stated": frame["stated"],
            "label": frame["period"] + " " + np.where(outcome, "outcome", months),
            "low": frame["low"],
            "mid": (frame["low"] + frame["high"]) / 2,
            "high": frame["high"],
            "source_id": frame["source_id"],
        }
    ).sort_values(["period", "stated"], ignore_index=True)


def last_outcome() -> str:
    changes = dram_changes()
    return str(changes.loc[changes["what"] == "Outcome", "period"].max())


@tables.once
def dram_index() -> pd.DataFrame:
    """DRAM contract price, 2025Q3 = 1, chained from outcomes, then from the latest forecast."""
    changes = dram_changes()
    rank = changes["what"].eq("Outcome").astype(int)
    latest = changes.assign(rank=rank).sort_values(["period", "rank", "stated"])
    latest = latest.drop_duplicates("period", keep="last").reset_index(drop=True)
    factors = {name: (1 + latest[name] / 100).cumprod() for name in ("low", "mid", "high")}
    return latest[["period", "what", "source_id"]].assign(**factors)


def dram_forecast_errors() -> pd.DataFrame:
    """First forecast against outcome, quarter by quarter. Percentage points of the mid-ranges."""
    changes = dram_changes()
    outcomes = changes[changes["what"] == "Outcome"].set_index("period")
    first = changes[changes["what"] == "Forecast"].drop_duplicates("period").set_index("period")
    both = (
        first.add_suffix("_forecast").join(outcomes.add_suffix("_outcome"), how="inner")
    ).reset_index()
    return pd.DataFrame(
        {
            "period": both["period"],
            "stated": both["stated_forecast"],
            "forecast_percent": both["mid_forecast"],
            "outcome_percent": both["mid_outcome"],
            "miss_points": both["mid_outcome"] - both["mid_forecast"],
            "source_id": both["source_id_forecast"] + " " + both["source_id_outcome"],
        }
    )


def capex_against_cash() -> tuple[pd.DataFrame, float]:
    """Latest guidance for 2026 by buyer, and their operating cash flow of 2025. USD billion."""
    frame = tables.series("hyperscaler-capex", "capex")
    guided = frame[(frame["kind"] == "guidance") & (frame["period"] == "2026")]
    latest = guided.sort_values("stated").drop_duplicates("entity", keep="last")
    latest = latest.assign(
        low=latest["low"].fillna(latest["value"]), high=latest["high"].fillna(latest["value"])
    )
    columns = ["entity", "low", "high", "stated", "grade", "source_id"]
    guided = latest[columns].sort_values("entity", ignore_index=True)
    return guided, float(cash()["value"].sum())


def cash() -> pd.DataFrame:
    """Rows of the buyers' operating cash flow of 2025. USD billion."""
    cash = tables.series("hyperscaler-capex", "operating_cash_flow", *BUYERS)
    return cash[cash["period"].str.startswith("2025")]
