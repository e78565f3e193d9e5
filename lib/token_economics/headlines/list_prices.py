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

from token_economics.book.assumptions import Book
from token_economics.evidence import tables
from token_economics.headlines import price_of_tokens, rows, token_market
from token_economics.headlines.market import market_drivers, market_memo
from token_economics.headlines.records import catalogue, office_deflators
from token_economics.methods.arrays import FloatArray
from token_economics.methods.prices import dispersion, panel_indices, premium, price_changes
from token_economics.methods.prices.price_panel import Panel
from token_economics.methods.prices.within_trend import within_trend
from token_economics.methods.summaries import LEVEL
from token_economics.models.pricing import peak_load

TOPIC = "list_prices"
RESAMPLES = 2000
SPREAD = "standard_deviation"
HOURS_PER_WEEK = 168.0


# --- the panel


def resampled(prices: Panel, *, seed: int, draws: int = RESAMPLES) -> FloatArray:
    """Log index of matched listings on the last day, vendors drawn with replacement. [log], draws

    A vendor changes many prices on one day, so vendors are drawn and not listings.
    """
    pairs = price_changes.pairs(prices)
    sums = (
        pairs.groupby(["provider", "end"])["log_change"].agg(["sum", "size"]).unstack().fillna(0.0)
    )
    change, count = (sums[kind].to_numpy(dtype=np.float64) for kind in ("sum", "size"))
    vendors = len(change)
    weight = np.random.default_rng(seed).multinomial(
        vendors, np.full(vendors, 1 / vendors), size=draws
    )
    compared = weight @ count
    link = np.divide(weight @ change, compared, out=np.zeros_like(compared), where=compared > 0)
    return np.asarray(link.sum(axis=1), dtype=np.float64)


def tier_shares(prices: Panel) -> pd.DataFrame:
    """Spending shares of tiers on the days of the panel that the record of firms covers. [percent]

    A row a day, a column a tier; a day has the shares of its month.
    """
    read = tables.series("model-mix", "share_of_covered_set")
    by_month = read.pivot(index="period", columns="entity", values="value")
    by_month.columns = [name.removesuffix(" tier") for name in by_month.columns]
    months = prices.days.strftime("%Y-%m")
    covered = prices.days[months.isin(by_month.index)]
    return by_month.loc[covered.strftime("%Y-%m")].set_axis(covered)


# --- how far the catalogue can be trusted


def against_second_compiler() -> pd.DataFrame:
    """Prices of the last day beside those of the second compiler, a row a listing that both have.

    Columns: provider, model, input and output of both [USD/Mtok], same (to a hundredth).
    """
    last = tables.read("price-snapshots")["day"].max()
    ours, dated = tables.read(catalogue.TABLE), tables.read("dated-prices")
    ours = ours[ours["last_seen"] == last]
    begun = dated[~(dated["starts"] > last)].sort_values("starts", na_position="first")
    theirs = begun.groupby(catalogue.KEY, as_index=False).last()
    both = ours.merge(theirs, on=catalogue.KEY, suffixes=("", "_second"))
    sides = ("input_usd_per_mtok", "output_usd_per_mtok")
    ratios = [both[side] / both[f"{side}_second"] for side in sides]
    same = np.logical_and.reduce([(ratio - 1).abs() < 0.01 for ratio in ratios])
    columns = [*catalogue.KEY, *(column for side in sides for column in (side, f"{side}_second"))]
    beside: pd.DataFrame = both[columns].assign(same=same)
    return beside


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
    before = tables.read(catalogue.TABLE).sort_values([*catalogue.KEY, "first_seen"])
    was = before.groupby(catalogue.KEY)[sides].shift().add_suffix("_was")
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
        ((days >= date) & (days < seen)).sum()
        for date, seen in zip(dated["date"], dated["shown"], strict=True)
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
    off = now[now["kind"] == "off-peak"][[*catalogue.KEY, "output_usd_per_mtok"]]
    both = peak.merge(off, on=catalogue.KEY, suffixes=("", "_off"))
    share = [
        hours_of(hours) * (5 if days == "weekdays" else 7) / HOURS_PER_WEEK
        for hours, days in zip(both["hours_utc"], both["days"], strict=True)
    ]
    return both.assign(
        off_peak=both["output_usd_per_mtok_off"], peak=both["output_usd_per_mtok"], hours_share=share,
        ratio=both["output_usd_per_mtok"] / both["output_usd_per_mtok_off"],
    )[[*catalogue.KEY, "from", "hours_utc", "days", "off_peak", "peak", "ratio", "hours_share", "source_id"]]  # fmt: skip


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
    both = offered.merge(listed, on=catalogue.KEY, suffixes=("", "_list"))
    both = both[both["from_list"] > both["until"]].sort_values(["until", *catalogue.KEY])
    return both.assign(
        promotion=both["output_usd_per_mtok"], list=both["output_usd_per_mtok_list"],
        ratio=both["output_usd_per_mtok_list"] / both["output_usd_per_mtok"],
    )[[*catalogue.KEY, "until", "promotion", "list", "ratio", "source_id"]]  # fmt: skip


def headlines(draws: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """What a peak tariff says of compute, one array of draws each.

    The least ratio of a firm peak is that of capacity which stands idle off the peak;
    ``running_share`` is running cost of an hour over its full cost now. [share]
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
        "running_share": running,
    }


# --- headline results


def quality_pace() -> FloatArray:
    """Fall of the list price at given quality, a specification of page 09 each. [log a year]"""
    factors = price_of_tokens.specifications()["value"].to_numpy(dtype=np.float64)
    return np.asarray(np.log(factors), dtype=np.float64)


def own_pace(prices: Panel) -> FloatArray:
    """Fall at given quality among all that the catalogue lists, a score each. [log a year]

    It counts every listing that nobody took down, at a price that nobody may pay any more.
    """
    falls = [
        panel_indices.hedonic_time_dummy(prices, catalogue.scores(prices.ids, measure))
        for measure in price_of_tokens.QUALITY
    ]
    return np.array([-fall[-1] for fall in falls]) / catalogue.span_years(prices)


def results(
    book: Book,
    *,
    makers: Panel | None = None,
    hosts: Panel | None = None,
    drawn: Mapping[str, FloatArray] | None = None,
) -> pd.DataFrame:
    """Headline results: how often, how far and where prices fall, and what an index sees of it.

    Of `catalogue.panel` for both and `headlines`, what a notebook made is given.
    """
    makers = catalogue.panel(catalogue.MAKERS) if makers is None else makers
    hosts = catalogue.panel(catalogue.HOSTS) if hosts is None else hosts
    given = headlines(book.draws()) if drawn is None else drawn
    tariff, days = peak_tariffs(), makers.days
    found: dict[str, rows.Found] = {
        **_changes(book, makers, hosts),
        **_falls(book, makers, hosts),
        **_spread(makers, hosts),
        **rows.described(TOPIC, given),
        "peak_ratio": float(tariff["ratio"].median()),
        "same_in_second_compiler": float(against_second_compiler()["same"].mean()),
        "lag_days": float(lags()["days"].median()),
    }
    described = rows.of_topic(
        TOPIC,
        found,
        sources={name: _sources(name) for name in found},
        prices=price_of_tokens.price_span(),
        panel=f"{days[0]:%Y-%m} to {days[-1]:%Y-%m}",
        end=f"{days[-1]:%Y-%m-%d}",
        tariffs=f"{tariff['from'].max():%Y-%m-%d}",
        now=token_market.NOW,
    )
    return pd.DataFrame(rows.in_order(TOPIC, described))


def _changes(book: Book, makers: Panel, hosts: Panel) -> dict[str, rows.Found]:
    """How often prices change and how many of the changes are rises."""
    rng, found = np.random.default_rng(book.seed), dict[str, rows.Found]()
    for name, prices in (("", makers), ("hosts_", hosts)):
        pairs = price_changes.pairs(prices).assign(every=True)
        said = price_changes.by_group(pairs, "every", level=LEVEL, draws=RESAMPLES, rng=rng).iloc[0]
        found[f"{name}share_changed_per_month"] = (
            said["clustered_low"],
            said["per_month"],
            said["clustered_high"],
        )
        found[f"{name}share_of_changes_up"] = (
            said["share_up_low"],
            said["share_up"],
            said["share_up_high"],
        )
        found[f"{name}pairs_matched"] = float(said["pairs"])
        if prices is makers:
            found["price_life_years"] = float(said["duration_months"] / 12)
    gone = makers.months[len(makers.days) - 1 - makers.listed[::-1].argmax(axis=0)]
    life = gone - makers.months[makers.listed.argmax(axis=0)]
    found["listing_life_months"] = float(np.median(life[~makers.listed[-1]]))
    return found


def _falls(book: Book, makers: Panel, hosts: Panel) -> dict[str, rows.Found]:
    """How far prices fall a year: of a listing, of a quality, and what an index sees. [share]"""
    pace, own = quality_pace(), own_pace(makers)
    sampled = {"matched_fall_per_year": makers, "hosts_matched_fall_per_year": hosts,
               "matched_fall_as_listed": catalogue.panel(catalogue.MAKERS, as_listed=True)}  # fmt: skip
    falls = {name: _fall(prices, book.seed) for name, prices in sampled.items()}
    methods = office_deflators.by_method()
    matching = methods[methods["method"] == office_deflators.MATCHED].iloc[0]
    return {
        **{
            name: _around(-np.expm1(-fall), -np.expm1(-each))
            for name, (fall, each) in falls.items()
        },
        "quality_adjusted_fall_per_year": -np.expm1(-pace),
        "catalogue_quality_fall": _span(-np.expm1(-own)),
        "share_of_fall_seen": office_deflators.capture_range(),
        "share_seen_by_matching": _triple(matching),
    }


def _fall(prices: Panel, seed: int) -> tuple[float, FloatArray]:
    """Fall of matched listings, and the same with vendors drawn with replacement. [log a year]"""
    best = panel_indices.chained(panel_indices.jevons(prices))[-1]
    years = catalogue.span_years(prices)
    return float(-best / years), -resampled(prices, seed=seed) / years


def _triple(row: pd.Series) -> tuple[float, float, float]:
    return float(row["low"]), float(row["value"]), float(row["high"])


def _around(best: float, drawn: FloatArray) -> tuple[float, float, float]:
    """An estimate with the interval of its resamples."""
    low, high = np.quantile(drawn, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    return float(low), float(best), float(high)


def _span(values: FloatArray) -> tuple[float, float, float]:
    return float(values.min()), float(np.median(values)), float(values.max())


def _spread(makers: Panel, hosts: Panel) -> dict[str, rows.Found]:
    """The law of one price over hosts, and what the newest model of a maker costs."""
    sold = dispersion.offers(hosts, hosts.ids["good"])
    spreads = dispersion.spread(sold)
    trend = within_trend(spreads, outcome=SPREAD, unit="good", cluster="good", level=LEVEL)
    pull = dispersion.convergence(sold, level=LEVEL)
    last = spreads[spreads["day"] == spreads["day"].max()]
    new = premium.premium_profile(premium.premia(makers), level=LEVEL).iloc[0]
    return {
        "host_spread": float(last["most_over_least"].median()),
        "host_spread_change": (trend.low, trend.per_year, trend.high),
        "host_deviation_left": (pull.low, pull.per_month, pull.high),
        "newest_premium": tuple(np.exp(new[["low", "premium", "high"]].to_numpy(dtype=np.float64))),
    }


def sources(*names: str) -> list[str]:
    """Ids of the sources of the catalogue's spells, and of other tables that are named."""
    read = [tables.read(name)["source_id"] for name in (catalogue.TABLE, *names)]
    return sorted({each for column in read for cell in column.unique() for each in cell.split()})


def _sources(slug: str) -> list[str]:
    """Sources of a result."""
    if slug in ("peak_ratio", "firm_peak_ratio", "off_peak_over_cost", "peak_over_cost"):
        return sorted(set(peak_tariffs()["source_id"]))
    if slug == "same_in_second_compiler":
        return sources("dated-prices")
    if slug == "lag_days":
        return sources("price-changes")
    return sources("model-prices") if "quality" in slug or "seen" in slug else sources()
