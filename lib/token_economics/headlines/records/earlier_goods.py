"""Earlier goods that became cheap: what spending did, stage by stage, and what that forecasts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from token_economics.evidence import tables
from token_economics.methods import reference_class, summaries
from token_economics.models import rebound

LIGHT, SOLAR = "Light, United Kingdom", "Solar modules, yearly additions"
LIGHT_SOURCES = "owid_uk_light fouquet_pearson_2006 fouquet_pearson_2012"
AFTER_1800 = "1800 to 2000"
# Good, stages, what else moved, sources; prices and uses at the ends of the stages are in `_series`.
STAGES = (
    (LIGHT, ["1302 to 1700"], "Use is not in the record.", "owid_uk_light"),
    (LIGHT, ["1700 to 1800"], "Use from two series that are not the same; people and incomes grew.",
     "owid_uk_light visualizing_energy_fouquet fouquet_pearson_2006"),
    (LIGHT, [AFTER_1800], "Incomes rose and electricity came; lower of two estimates.", LIGHT_SOURCES),
    (LIGHT, [AFTER_1800 + ", high"], "The higher estimate of use.", LIGHT_SOURCES),
    (SOLAR, ["1980 to 1990", "1990 to 2000", "2000 to 2010", "2010 to 2019"], "Subsidies.", "owid_solar"),
    ("DRAM", ["2000 to 2006", "2006 to 2008"], "Bits from revenue over price of a megabyte; starts at a boom.",
     "gartner_dram_compiled owid_mccallum"),
    ("DRAM", ["2016 to 2017"], "A squeeze: supply moved, so price and use rose together.", "ic_insights_dram_2017"),
    ("Disk storage shipped", ["2015 to 2020"], "Flash memory took part of the demand.",
     "owid_mccallum brewerma_2015 catoctin_2021"),
    ("Internet transit", ["1998 to 2001"], "Traffic doubled each year, about; a bubble in the middle.",
     "drpeering_transit coffman_odlyzko_2001"),
    ("Air travel, world", ["1950 to 1970", "1970 to 1990", "1990 to 2019"],
     "No fare series in the record; published responses by width of market.", "owid_icao_air"),
)  # fmt: skip


@tables.once
def stages() -> pd.DataFrame:
    """Price, use and spending of earlier goods by stage, last over first; what is not known is blank.

    The arc is log use over log price: other things moved too, so it is no elasticity.
    """
    series, found = _series(), []
    for good, spans, note, sources in STAGES:
        for stage in spans:
            known = series.get(f"{good}, {stage}", series.get(good, pd.DataFrame()))
            ratio = known.loc[stage[8:12]] / known.loc[stage[:4]]
            found.append((good, stage, ratio["price"], ratio["use"], note, sources))
    columns = ["good", "stage", "price_multiple", "use_multiple", "note", "source_id"]
    frame = pd.DataFrame(found, columns=columns)
    price, use = (frame[name].to_numpy(dtype=np.float64) for name in columns[2:4])
    head, income = (
        _history("use_multiple_of_1800", f"United Kingdom, {what}").iloc[0]
        for what in ("light per head", "GDP per head")
    )
    light = frame["good"].eq(LIGHT) & frame["stage"].eq(AFTER_1800)
    frame.insert(4, "spend_multiple", price * use)
    frame.insert(5, "arc", rebound.arc_elasticity(use, price))
    frame.insert(6, "share_of_income", (head * frame["price_multiple"] / income).where(light))
    return frame


def _history(variable: str, *entities: str) -> pd.Series:
    return tables.series("historical", variable, *entities).set_index("period")["value"]


def _series() -> dict[str, pd.DataFrame]:
    """Price and use by year, of a good or of one of its stages."""
    light = "United Kingdom, light"
    low, high = sorted(_history("use_multiple_of_1800", light))
    in_1700 = np.sqrt(low * high) / _history("use_multiple_of_1700", light).iloc[0]
    use = {"1700": in_1700, "1800": 1.0, "2000": low}
    lit = pd.DataFrame({"price": _history("light_price", light), "use": pd.Series(use)})
    squeeze = {
        name: {"2016": 1.0, "2017": 1 + _history(variable)["2017"] / 100}
        for name, variable in {"price": "dram_price_change", "use": "dram_bit_growth"}.items()
    }
    memory, doubling = _history("memory_price"), _history("traffic_growth").iloc[0]
    traffic = pd.Series({"1998": 1.0, "2001": doubling ** (2001 - 1998)})
    disks = (_history(name, "Disk drives") for name in ("disk_price", "disk_capacity"))
    return {
        LIGHT: lit,
        f"{LIGHT}, {AFTER_1800}, high": lit.assign(use=pd.Series({**use, "2000": high})),
        SOLAR: _solar(),
        "DRAM": pd.DataFrame({"price": memory, "use": _history("dram_revenue", "DRAM") / memory}),
        "DRAM, 2016 to 2017": pd.DataFrame(squeeze),
        "Disk storage shipped": pd.DataFrame(dict(zip(("price", "use"), disks, strict=True))),
        "Internet transit": pd.DataFrame({"price": _history("transit_price"), "use": traffic}),
        "Air travel, world": pd.DataFrame({"price": np.nan, "use": _history("passenger_km")}),
    }


def _solar() -> pd.DataFrame:
    """Solar modules by year: price and yearly additions."""
    added = _history("solar_capacity_cumulative").diff()
    return pd.DataFrame({"price": _history("module_price", "Solar modules"), "use": added[added > 0]}).dropna()  # fmt: skip


def members(*, years: int) -> pd.DataFrame:
    """The reference class, one row a good: how often spending rose when the price had fallen.

    Where a yearly series exists, over all spans of so many years; else over the stages known.
    Stages in which the price rose do not count.
    """
    fell = stages().query("price_multiple < 1 and use_multiple == use_multiple")
    rose = (fell["spend_multiple"] > 1).groupby(fell["good"], sort=False)
    known = pd.DataFrame({"share_rose": rose.mean(), "stages": rose.size()})
    known.insert(0, "basis", [f"{n} stage{'s' if n > 1 else ''}" for n in known["stages"]])
    solar = _solar().rename(index=int).rename_axis("year").reset_index()
    spans = reference_class.spans(solar, years=years).query("price_multiple < 1")
    known.loc[SOLAR, "basis"] = f"{len(spans)} overlapping spans of {years} years"
    known.loc[SOLAR, "share_rose"] = reference_class.share_that_spent_more(spans)
    return known.drop(columns="stages").reset_index()


def forecast(*, years: int) -> reference_class.Proportion:
    """Probability that spending on tokens rises over the next years, from the class alone."""
    rose = members(years=years)["share_rose"]
    return reference_class.next_of_class(
        successes=float(rose.sum()), members=float(len(rose)), level=summaries.LEVEL
    )
