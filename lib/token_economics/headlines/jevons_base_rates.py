"""Earlier goods that became cheap: what spending did, stage by stage, and what that forecasts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from token_economics.evidence import tables
from token_economics.methods import reference_class, summaries
from token_economics.models import rebound

COLUMNS = ["good", "stage", "price_multiple", "use_multiple", "spend_multiple", "arc", "share_of_income", "note", "source_id"]  # fmt: skip
SOLAR_STAGES = (("1980", "1990"), ("1990", "2000"), ("2000", "2010"), ("2010", "2019"))
AIR_STAGES = (("1950", "1970"), ("1970", "1990"), ("1990", "2019"))
DRAM_STAGES = (("2000", "2006"), ("2006", "2008"))


@tables.once
def stages() -> pd.DataFrame:
    """Price, use and spending of earlier goods by stage, last over first; what is not known is blank.

    The arc is log use over log price: other things moved too, so it is no elasticity.
    """
    frame = pd.DataFrame(_light() + _solar() + _dram() + _others())
    price = frame["price_multiple"].to_numpy(dtype=np.float64)
    use = frame["use_multiple"].to_numpy(dtype=np.float64)
    frame = frame.assign(spend_multiple=price * use, arc=rebound.arc_elasticity(use, price))
    if "share_of_income" not in frame:
        frame["share_of_income"] = np.nan
    return frame[COLUMNS]


def _light() -> list[dict[str, object]]:
    price = tables.series("historical", "light_price", "United Kingdom, light").set_index("period")["value"]  # fmt: skip
    use = tables.series("historical", "use_multiple_of_1800", "United Kingdom, light")["value"]
    head = tables.series("historical", "use_multiple_of_1800", "United Kingdom, light per head")
    income = tables.series("historical", "use_multiple_of_1800", "United Kingdom, GDP per head")
    since_1700 = tables.series("historical", "use_multiple_of_1700", "United Kingdom, light")
    before = float(since_1700["value"].iloc[0])
    cheaper = float(price["2000"] / price["1800"])
    share = float(head["value"].iloc[0]) * cheaper / float(income["value"].iloc[0])
    earlier = float(np.sqrt(before / use.min() * (before / use.max())))
    good = "Light, United Kingdom"
    ids = "owid_uk_light fouquet_pearson_2006 fouquet_pearson_2012"
    return [
        {"good": good, "stage": "1302 to 1700", "price_multiple": float(price["1700"] / price["1302"]), "use_multiple": np.nan,
         "note": "Use is not in the record.", "source_id": "owid_uk_light"},
        {"good": good, "stage": "1700 to 1800", "price_multiple": float(price["1800"] / price["1700"]), "use_multiple": earlier,
         "note": "Use from two series that are not the same; people and incomes grew.",
         "source_id": "owid_uk_light visualizing_energy_fouquet fouquet_pearson_2006"},
        {"good": good, "stage": "1800 to 2000", "price_multiple": cheaper, "use_multiple": float(use.min()),
         "share_of_income": share, "note": "Incomes rose and electricity came; lower of two estimates.", "source_id": ids},
        {"good": good, "stage": "1800 to 2000, high", "price_multiple": cheaper, "use_multiple": float(use.max()),
         "note": "The higher estimate of use.", "source_id": ids},
    ]  # fmt: skip


def _solar() -> list[dict[str, object]]:
    yearly = solar().set_index("year")
    return [
        {
            "good": "Solar modules, yearly additions",
            "stage": f"{first} to {last}",
            "price_multiple": float(yearly["price"][int(last)] / yearly["price"][int(first)]),
            "use_multiple": float(yearly["use"][int(last)] / yearly["use"][int(first)]),
            "note": "Subsidies.",
            "source_id": "owid_solar",
        }
        for first, last in SOLAR_STAGES
    ]


def _dram() -> list[dict[str, object]]:
    yearly = dram().set_index("year")
    rows = [
        {
            "good": "DRAM",
            "stage": f"{first} to {last}",
            "price_multiple": float(yearly["price"][int(last)] / yearly["price"][int(first)]),
            "use_multiple": float(yearly["use"][int(last)] / yearly["use"][int(first)]),
            "note": "Bits from revenue over price of a megabyte; starts at a boom.",
            "source_id": "gartner_dram_compiled owid_mccallum",
        }
        for first, last in DRAM_STAGES
    ]
    squeeze = [_of_year(name, "2017") for name in ("dram_price_change", "dram_bit_growth")]
    rows.append(
        {
            "good": "DRAM",
            "stage": "2016 to 2017",
            "price_multiple": squeeze[0],
            "use_multiple": squeeze[1],
            "note": "A squeeze: supply moved, so price and use rose together.",
            "source_id": "ic_insights_dram_2017",
        }
    )
    return rows


def _others() -> list[dict[str, object]]:
    transit = tables.series("historical", "transit_price").set_index("period")["value"]
    doubling = float(tables.series("historical", "traffic_growth")["value"].iloc[0])
    air = tables.series("historical", "passenger_km").set_index("period")["value"]
    rows: list[dict[str, object]] = [
        {"good": "Disk storage shipped", "stage": "2015 to 2020", "price_multiple": _between("disk_price", "2015", "2020"),
         "use_multiple": _between("disk_capacity", "2015", "2020"), "note": "Flash memory took part of the demand.",
         "source_id": "owid_mccallum brewerma_2015 catoctin_2021"},
        {"good": "Internet transit", "stage": "1998 to 2001", "price_multiple": float(transit["2001"] / transit["1998"]),
         "use_multiple": doubling ** (2001 - 1998), "note": "Traffic doubled each year, about; a bubble in the middle.",
         "source_id": "drpeering_transit coffman_odlyzko_2001"},
    ]  # fmt: skip
    rows += [
        {
            "good": "Air travel, world",
            "stage": f"{first} to {last}",
            "price_multiple": np.nan,
            "use_multiple": float(air[last] / air[first]),
            "note": "No fare series in the record; published responses by width of market.",
            "source_id": "owid_icao_air",
        }
        for first, last in AIR_STAGES
    ]
    return rows


@tables.once
def solar() -> pd.DataFrame:
    """Solar modules by year: price and yearly additions. Columns: year, price, use."""
    price = tables.series("historical", "module_price", "Solar modules").set_index("period")["value"]  # fmt: skip
    total = tables.series("historical", "solar_capacity_cumulative").set_index("period")["value"]
    added = total.diff()
    both = pd.DataFrame({"price": price, "use": added}).dropna()
    both = both[both["use"] > 0]
    return both.assign(year=both.index.astype(int)).reset_index(drop=True)


@tables.once
def dram() -> pd.DataFrame:
    """DRAM by year: price of a megabyte, and bits as revenue over price. Columns: year, price, use."""
    revenue = tables.series("historical", "dram_revenue", "DRAM").set_index("period")["value"]
    price = tables.series("historical", "memory_price").set_index("period")["value"]
    both = pd.DataFrame({"revenue": revenue, "price": price}).dropna()
    return pd.DataFrame(
        {
            "year": both.index.astype(int),
            "price": both["price"].to_numpy(),
            "use": (both["revenue"] / both["price"]).to_numpy(),
        }
    )


def _between(variable: str, first: str, last: str) -> float:
    values = tables.series("historical", variable, "Disk drives").set_index("period")["value"]
    return float(values[last] / values[first])


def _of_year(variable: str, year: str) -> float:
    values = tables.series("historical", variable).set_index("period")["value"]
    return float(1 + values[year] / 100)


def members(*, years: int) -> pd.DataFrame:
    """The reference class, one row a good: how often spending rose when the price had fallen.

    Where a yearly series exists, over all spans of so many years; else over the stages known.
    Stages in which the price rose do not count.
    """
    table = stages()
    fell = table[(table["price_multiple"] < 1) & table["use_multiple"].notna()]
    solar_spans = reference_class.spans(solar(), years=years)
    rows = []
    for good, part in fell.groupby("good", sort=False):
        yearly = good == "Solar modules, yearly additions"
        share = (
            reference_class.share_that_spent_more(solar_spans)
            if yearly
            else float((part["spend_multiple"] > 1).mean())
        )
        rows.append(
            {
                "good": good,
                "basis": f"{int((solar_spans['price_multiple'] < 1).sum())} overlapping spans of {years} years"
                if yearly
                else f"{len(part)} stage{'s' if len(part) > 1 else ''}",
                "share_rose": share,
            }
        )
    return pd.DataFrame(rows)


def forecast(*, years: int) -> reference_class.Proportion:
    """Probability that spending on tokens rises over the next years, from the class alone."""
    known = members(years=years)
    return reference_class.next_of_class(
        successes=float(known["share_rose"].sum()), members=float(len(known)), level=summaries.LEVEL
    )
