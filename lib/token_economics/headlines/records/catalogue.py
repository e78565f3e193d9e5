"""The catalogue of list prices as panels of makers and of hosts, with what each listing is."""

from __future__ import annotations

import numpy as np
import pandas as pd

from token_economics.evidence import tables
from token_economics.methods.arrays import FloatArray
from token_economics.methods.prices import price_panel
from token_economics.methods.prices.price_panel import Panel

TABLE = "list-prices"
KEY = ["provider", "model"]
MAKERS, HOSTS = "first party", "host"
INPUT_SHARE = 0.75  # the usual blend, three parts input and one part output
DAYS_PER_YEAR = 365.25


@tables.once
def spells() -> pd.DataFrame:
    """Spells of list prices with what the listing is: its good, its scored model and its tier."""
    listed = tables.read(TABLE)
    return listed.merge(tables.read("list-price-goods")[[*KEY, "good", "quality_model", "tier"]],
                        on=KEY, how="left")  # fmt: skip


def panel(
    role: str, *, input_share: float = INPUT_SHARE, as_listed: bool = False, aliases: bool = False
) -> Panel:
    """Blended list prices of makers or of hosts by day of the catalogue. [USD/Mtok]

    Changes that are none of a list price end a listing and begin another, unless it is taken
    ``as_listed``. Ids that say "latest" name no model and are left out, unless ``aliases``.
    """
    read = spells()
    chosen = read[(read["role"] == role) & (aliases | (read["id_kind"] != "alias"))]
    if not as_listed:
        faults = tables.read("list-price-faults").merge(chosen[[*KEY, "first_seen"]])
        chosen = price_panel.split_at(chosen, faults)
    price = price_panel.blended(
        chosen["input_usd_per_mtok"], chosen["output_usd_per_mtok"], input_share=input_share
    )
    kept = ["role", "good", "quality_model", "tier", "id_kind"]
    return price_panel.panel(
        chosen, tables.read("price-snapshots")["day"], price=price, columns=kept
    )


def scores(listings: pd.DataFrame, measure: str) -> FloatArray:
    """Quality of each listing by one of the scores of page 09; not a number where it has none."""
    scored = tables.read("model-prices").groupby("model")[measure].last()
    return listings["quality_model"].map(scored).to_numpy(dtype=np.float64)


def span_years(prices: Panel) -> float:
    """Years from the first day of the panel to its last."""
    return float((prices.days[-1] - prices.days[0]).days / DAYS_PER_YEAR)
