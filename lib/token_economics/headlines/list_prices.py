"""What falls when prices fall: the list prices of three years, listing by listing.

A catalogue of list prices, read on the days of its releases, shows two things apart: what happens to
the price of a listing that stays, which is all that an index of matched models sees, and what
listings that come cost against those that are there. How far the catalogue can be trusted is
measured against a second compiler and against changes whose day is known.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from token_economics.evidence import tables
from token_economics.headlines import token_market
from token_economics.headlines.market import market_drivers, market_memo
from token_economics.methods.arrays import FloatArray
from token_economics.methods.prices import price_changes, price_panel
from token_economics.methods.prices.price_panel import Panel
from token_economics.models.pricing import peak_load

TOPIC = "list_prices"
TABLE = "list-prices"
MAKERS, HOSTS = "first party", "host"
INPUT_SHARE = 0.75  # the usual blend, three parts input and one part output
RESAMPLES = 2000
DAYS_PER_YEAR, HOURS_PER_WEEK = 365.25, 168.0
KEY = ["provider", "model"]


# --- the panel


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


def resampled(prices: Panel, *, seed: int, draws: int = RESAMPLES) -> FloatArray:
    """Log index of matched listings on the last day, vendors drawn with replacement. [log], draws

    A vendor changes many prices on one day, so vendors are drawn and not listings.
    """
    pairs = price_changes.pairs(prices)
    sums = pairs.pivot_table(
        index="provider",
        columns="end",
        values="log_change",
        aggfunc=["sum", "size"],
        fill_value=0.0,
    )
    change, count = (sums[kind].to_numpy(dtype=np.float64) for kind in ("sum", "size"))
    vendors = len(change)
    weight = np.random.default_rng(seed).multinomial(
        vendors, np.full(vendors, 1 / vendors), size=draws
    )
    compared = weight @ count
    link = np.divide(weight @ change, compared, out=np.zeros_like(compared), where=compared > 0)
    return np.asarray(link.sum(axis=1), dtype=np.float64)


# --- how far the catalogue can be trusted


def against_second_compiler() -> pd.DataFrame:
    """Prices of the last day beside those of the second compiler, a row a listing that both have.

    Columns: provider, model, input and output of both [USD/Mtok], same (to a hundredth).
    """
    ours = tables.read(TABLE)
    ours = ours[ours["last_seen"] == tables.read("price-snapshots")["day"].max()]
    theirs = tables.read("dated-prices").sort_values("starts", na_position="first")
    theirs = theirs.groupby(KEY, as_index=False).last()
    both = ours.merge(theirs, on=KEY, suffixes=("", "_second"))
    sides = ("input_usd_per_mtok", "output_usd_per_mtok")
    ratios = [both[side] / both[f"{side}_second"] for side in sides]
    same = np.logical_and.reduce([(ratio - 1).abs() < 0.01 for ratio in ratios])
    columns = [*KEY, *(column for side in sides for column in (side, f"{side}_second"))]
    return both[columns].assign(same=same)


def lags() -> pd.DataFrame:
    """Dated changes of a price and the day of the catalogue that first shows them.

    A change is found by its vendor and its four prices, since names of models differ.

    Returns
    -------
    A row a dated change between the first and the last day of the catalogue: ``date``, ``vendor``,
    ``model``, ``shown`` (first such day; missing where the catalogue never shows it), ``days`` from
    the one to the other, ``releases`` that came in between without it [count].
    """
    sides = ["input_usd_per_mtok", "output_usd_per_mtok"]
    before = tables.read(TABLE).sort_values([*KEY, "first_seen"])
    was = before.groupby(KEY)[sides].shift().add_suffix("_was")
    opened = before.join(was).dropna(subset=list(was))
    days = tables.read("price-snapshots")["day"]
    dated = tables.read("price-changes")
    dated = dated[dated["input_before"].notna() & dated["date"].between(days.min(), days.max())]
    left = ["vendor", "input_before", "output_before", *sides]
    found = dated.reset_index().merge(
        opened, left_on=left, right_on=["provider", *was, *sides], suffixes=("", "_id"), how="left"
    )
    found = found[~(found["first_seen"] < found["date"])]
    shown = found.groupby("index")["first_seen"].min().reindex(dated.index)
    dated = dated.assign(shown=shown, days=(shown - dated["date"]).dt.days)
    passed = [
        (days.between(row.date, row.shown) & (days < row.shown)).sum() for row in dated.itertuples()
    ]
    return dated.assign(releases=passed)[["date", "vendor", "model", "shown", "days", "releases"]]


# --- price by the hour


def peak_tariffs() -> pd.DataFrame:
    """Tariffs by the hour that hold at the end of the record, a row a model with its peak.

    Columns: provider, model, from, hours_utc and days of the peak, off_peak and peak (output price)
    [USD/Mtok], ratio, hours_share of the week, source_id.
    """
    now = tables.read("tariffs").query("until.isna()")
    peak = now[now["kind"] == "peak"]
    off = now[now["kind"] == "off-peak"][[*KEY, "output_usd_per_mtok"]]
    both = peak.merge(off, on=KEY, suffixes=("", "_off"))
    share = [
        hours_of(row.hours_utc) * (5 if row.days == "weekdays" else 7) / HOURS_PER_WEEK
        for row in both.itertuples()
    ]
    return both.assign(
        off_peak=both["output_usd_per_mtok_off"], peak=both["output_usd_per_mtok"], hours_share=share,
        ratio=both["output_usd_per_mtok"] / both["output_usd_per_mtok_off"],
    )[[*KEY, "from", "hours_utc", "days", "off_peak", "peak", "ratio", "hours_share", "source_id"]]  # fmt: skip


def hours_of(written: str) -> float:
    """Length of hours as the table of tariffs writes them. [hours a day]

    Examples
    --------
    >>> hours_of("01:00-04:00 06:00-10:00"), hours_of("16:30-00:30")
    (7.0, 8.0)
    """
    spans = [span.split("-") for span in written.split()]
    ends = [[int(at[:2]) + int(at[3:]) / 60 for at in span] for span in spans]
    return float(sum((end - start) % 24 for start, end in ends))


def promotions() -> pd.DataFrame:
    """Prices that end on a day, and what is asked from then on, in the order of their ends.

    Columns: provider, model, until, promotion and list (output price) [USD/Mtok], ratio, source_id.
    """
    read = tables.read("tariffs")
    offered = read[(read["kind"] == "promotion") & read["until"].notna()]
    listed = read[(read["kind"] == "list") & read["from"].notna()]
    both = offered.merge(listed, on=KEY, suffixes=("", "_list"))
    both = both[both["from_list"] > both["until"]].sort_values(["until", *KEY])
    return both.assign(
        promotion=both["output_usd_per_mtok"], list=both["output_usd_per_mtok_list"],
        ratio=both["output_usd_per_mtok_list"] / both["output_usd_per_mtok"],
    )[[*KEY, "until", "promotion", "list", "ratio", "source_id"]]  # fmt: skip


def headlines(draws: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """What a peak tariff says of compute, one array of draws each.

    The least ratio of a firm peak is that of capacity which stands idle off the peak.
    """
    facts, tariff = market_drivers.record(), peak_tariffs()
    found = token_market.headlines(draws, facts, market_memo.solve)
    ratio, hours = float(tariff["ratio"].median()), float(tariff["hours_share"].median())
    cost = found["price_now"] / found["price_over_cost_now"]
    running = draws["avoidable_cost_usd_per_h100e_hour"] / cost
    off_peak = found["price_over_cost_now"] * peak_load.off_peak_over_mean(
        ratio=ratio, peak_share_of_use=hours
    )
    return {
        "firm_peak_ratio": peak_load.firm_peak_ratio(
            running_share=running, peak_share=hours, off_peak_use=0.0
        ),
        "off_peak_over_cost": off_peak,
        "peak_over_cost": ratio * off_peak,
    }
