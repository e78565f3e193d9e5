"""A satellite account of tokens: what is sold, how much of it, at which prices, and what is left.

Money is the revenue of two laboratories, integrated from their run rates. Prices are indexes of list
prices, one a method. Real output is the one over the other, so it moves with the method and money
does not. Tokens are counted apart, and so is what the laboratories buy.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book
from token_economics.evidence import quarters, tables
from token_economics.headlines import rows, token_counts
from token_economics.headlines.records import office_deflators
from token_economics.methods.arrays import FloatArray
from token_economics.models import spending

TOPIC = "satellite_account"
PER_YEAR = 4
LABS = token_counts.LABS
ALL_SELLERS = "Generative AI, deduplicated"
AT_QUALITY = "At a given score"
MARGINS_SINCE = "2025"  # margins of earlier years are of another business
VOLUMES_SINCE = "2025-05"  # reports from which growth over about the last year is taken
MOST_WEEKS = 7  # of thirteen
COUNTED_SINCE = pd.Timestamp(VOLUMES_SINCE)


# --- money


@tables.once
def revenue() -> pd.DataFrame:
    """Revenue of the two laboratories by quarter, from their run rates, weak reports left out.

    Quarters down; columns: the laboratories [USD billion in the quarter], ``total``, ``complete``
    (whether the reports span the quarter for both). A part that is not covered is not grossed up.
    """
    told = _run_rates()
    parts = {}
    for lab, frame in told.groupby("entity"):
        dates = pd.DatetimeIndex(frame["date"])
        parts[str(lab)] = spending.run_rate_to_revenue(
            dates, frame["value"], period="quarter"
        ).set_index("period")
    money = pd.DataFrame({lab: part["revenue"] for lab, part in parts.items()})
    status = pd.DataFrame({lab: part["status"] == "complete" for lab, part in parts.items()})
    whole = status.reindex(columns=money.columns, fill_value=False).fillna(False).all(axis=1)
    return money.assign(total=money.sum(axis=1), complete=whole.astype(bool)).rename_axis("quarter")


def _run_rates() -> pd.DataFrame:
    told = token_counts.run_rates()
    return told[told["grade"] != "weak"]


def nominal() -> tuple[float, float, float]:
    """Token output of the two laboratories in the latest whole quarter. [USD billion a year]

    As booked; low, with the part of Anthropic's sales that a rival calls the clouds'; high, with what
    earlier run rates fell short of revenue.
    """
    last = whole_quarters().iloc[-1]
    gross = _told("revenue_run_rate", "Anthropic")
    net = _told("revenue_run_rate_net", "Anthropic").iloc[-1]
    kept = net["value"] / gross.set_index("period")["value"][net["period"]]
    both = token_counts.run_rate_against_recognised()
    short = (both["implied"] / both["recognised"]).min()
    low = last["OpenAI"] + kept * last["Anthropic"]
    return (
        PER_YEAR * float(low),
        PER_YEAR * float(last["total"]),
        PER_YEAR * float(last["total"] / short),
    )


def _told(variable: str, entity: str) -> pd.DataFrame:
    return tables.series("revenue", variable, entity)


def whole_quarters() -> pd.DataFrame:
    """The quarters of `revenue` that the reports of both laboratories span."""
    found = revenue()
    return found[found["complete"]]


# --- prices and volumes


@tables.once
def deflators() -> pd.DataFrame:
    """Price of tokens by quarter under each method, first whole quarter 1; quarters down.

    A column a method: the mean in logs over its samples; the last is the price at a given score, the
    mean over scores and over what is compared. Days of the catalogue are joined in logs, and a
    quarter has the index of its middle.
    """
    seen = office_deflators.indexes().groupby("method", sort=False).mean(numeric_only=True)
    seen.loc[AT_QUALITY] = office_deflators.at_quality().mean(numeric_only=True)
    return _by_quarter(seen)


@tables.once
def deflators_at_quality() -> pd.DataFrame:
    """The price at a given score, a column each score and comparison; as `deflators`."""
    found = office_deflators.at_quality()
    return _by_quarter(found.set_index(found["score"] + ", " + found["compared"]).iloc[:, 2:])


def _by_quarter(logs: pd.DataFrame) -> pd.DataFrame:
    days = pd.DatetimeIndex(logs.columns)
    wanted = whole_quarters().index
    middles = pd.DatetimeIndex([quarters.end_date(q) for q in wanted]) - pd.Timedelta(days=45)
    found = {
        name: np.interp(_days(middles), _days(days), row)
        for name, row in zip(logs.index, logs.to_numpy(dtype=np.float64), strict=True)
    }
    index = pd.DataFrame(found, index=wanted)
    since: pd.DataFrame = index - index.iloc[0]
    return since.apply(np.exp)


def _days(dates: pd.DatetimeIndex) -> FloatArray:
    return np.asarray((dates - pd.Timestamp("2023-01-01")).days, dtype=np.float64)


def volumes() -> pd.DataFrame:
    """Real token output by quarter under each deflator, at prices of the first whole quarter.

    [USD billion a year], quarters down, a column a deflator.
    """
    money = PER_YEAR * whole_quarters()["total"]
    return deflators().rdiv(money, axis=0)


def growth_per_year(path: pd.Series) -> float:
    """Growth between the first and the last quarter of a path. [times a year]"""
    years = (quarters.index(str(path.index[-1])) - quarters.index(str(path.index[0]))) / PER_YEAR
    return float((path.iloc[-1] / path.iloc[0]) ** (1 / years))


@tables.once
def counted() -> pd.DataFrame:
    """Growth of tokens as each reporter counts them, over about the last year of its reports.

    Columns: entity, first and last (period), growth [times a year], source_id. Weak and disputed
    reports are left out, and reporters with fewer than two.
    """
    told = token_counts.volumes()
    told = told[(told["date"] >= COUNTED_SINCE) & ~told["disputed"] & (told["grade"] != "weak")]
    found = []
    for entity, frame in told.sort_values("date").groupby("entity"):
        years = (frame["date"].iloc[-1] - frame["date"].iloc[0]).days / 365.25
        if years > 0:
            growth = (frame["value"].iloc[-1] / frame["value"].iloc[0]) ** (1 / years)
            sources = " ".join(sorted(set(frame["source_id"].iloc[[0, -1]])))
            ends = (str(frame["period"].iloc[0]), str(frame["period"].iloc[-1]))
            found.append((str(entity), *ends, growth, sources))
    return pd.DataFrame(found, columns=["entity", "first", "last", "growth", "source_id"])


def router_tokens() -> pd.Series:
    """Tokens on the router by quarter, mean of its weeks, if most are on record. [trillion a week]"""
    weeks = tables.series("token-volumes", "tokens_per_week", "OpenRouter")
    quarter = weeks["date"].map(lambda day: quarters.of_date(f"{day:%Y-%m-%d}"))
    by_quarter = weeks.groupby(quarter)["value"].agg(["mean", "size"])
    return by_quarter.loc[by_quarter["size"] >= MOST_WEEKS, "mean"].rename_axis("quarter")


# --- what is bought, and what is left


@tables.once
def margins() -> pd.DataFrame:
    """Margins of the laboratories since 2025 by what they leave out, weak reports apart. [share]

    Columns: entity, period, variable, value, source_id.
    """
    read = tables.read("margins")
    kept = (read["grade"] != "weak") & (read["period"] >= MARGINS_SINCE)
    found = read[kept].assign(value=read["value"] / 100)
    return found[["entity", "period", "variable", "value", "source_id"]].reset_index(drop=True)


def value_added() -> pd.DataFrame:
    """Gross output, compute bought for serving, and what is left, by quarter. [USD billion a year]

    Quarters down; columns: gross_output, then intermediate and value_added at the least, the middle
    and the largest margin. Margins are held over quarters: too few are told to follow them.
    """
    output = PER_YEAR * whole_quarters()["total"]
    shares = margins()["value"].quantile([0.0, 0.5, 1.0])
    found = {"gross_output": output}
    for name, share in zip(("least", "middle", "most"), shares, strict=True):
        found[f"intermediate_{name}"] = (1 - share) * output
        found[f"value_added_{name}"] = share * output
    return pd.DataFrame(found)


def share_with_training() -> float:
    """What is left of Anthropic's revenue of 2025 if all of its compute is bought and used up. [share]

    Training then is a purchase; as research for own account it would be investment and add output.
    """
    cost = _told("compute_cost", "Anthropic").set_index("period")["value"]
    booked = _told("revenue_recognised", "Anthropic").set_index("period")["value"]
    return float(1 - cost.iloc[-1] / booked[cost.index[-1]])


def deflator_in_growth() -> FloatArray:
    """Growth of US GDP that hangs on the deflator: of matched listings, or at a given score. [1/year]

    Mean share of the two laboratories' revenue in GDP between the first and the last whole quarter
    (Törnqvist) times the log distance of the two prices a year; one number a measure of the score.
    A ceiling: what firms buy of it is no final demand and cancels.
    """
    gdp = tables.series("macro", "gdp_nominal", "United States")["value"].iloc[-1]
    money = PER_YEAR * whole_quarters()["total"] / gdp
    matched = growth_per_year(deflators()[office_deflators.MATCHED])
    true = np.array([growth_per_year(path) for _, path in deflators_at_quality().items()])
    return np.asarray(money.iloc[[0, -1]].mean() * np.log(matched / true), dtype=np.float64)


# --- beside others


def boundaries() -> pd.DataFrame:
    """Four accounts, each with what it counts. Figures are those of our tables, or "not found".

    Columns: account, counts, nominal, growth, deflator, source_id.
    """
    spent = tables.series("macro", "ai_compute_spending", "Korinek and McKelvey").iloc[-1]
    grew = tables.series("macro", "ai_output_growth", "Korinek and McKelvey").iloc[-1]
    price = tables.series("macro", "inference_price_change", "Korinek and McKelvey").iloc[-1]
    wages = tables.series("macro", "exposed_wages", "Dark Output, all tiers from 4").iloc[-1]
    last, real = (
        whole_quarters().index[-1],
        [growth_per_year(path) for _, path in volumes().items()],
    )
    own = f"USD {nominal()[1]:.0f} billion a year, {last}"
    ours = "revenue of two laboratories, tokens and subscriptions"
    return pd.DataFrame(
        [
            ("This account", ours, own, f"{min(real):.1f} to {max(real):.1f} times a year by deflator",
             "list prices, a column a method", ""),
            ("Korinek and McKelvey, AI GDP", "US spending on compute for AI, training included",
             f"USD {spent['value']:.0f} billion, {spent['period']}",
             f"{1 + grew['value'] / 100:.1f} times, {grew['period']}",
             f"quality-adjusted: inference {price['value']:.0f} % a year", spent["source_id"]),
            ("Bureau of Economic Analysis, Highfill and Samuels", "not found", "not found", "not found",
             "not found", ""),
            ("Dark Output", "wages of work that AI could do; not output",
             f"USD {wages['value']:,.0f} billion of wages, {wages['period']}", "not found",
             "none: it holds that deflators follow wages", wages["source_id"]),
        ],
        columns=["account", "counts", "nominal", "growth", "deflator", "source_id"],
    )  # fmt: skip


def results(book: Book) -> pd.DataFrame:
    """Headline results: figures of the record, none of which an assumption moves."""
    del book
    found, words = _found(), _words()
    return pd.DataFrame(
        rows.in_order(TOPIC, rows.of_topic(TOPIC, found, sources=_sources(), **words))
    )


def _found() -> dict[str, rows.Found]:
    money, prices, real = whole_quarters()["total"], deflators(), volumes()
    office = [growth_per_year(real[m]) for m in prices.columns if m != AT_QUALITY]
    at_quality = deflators_at_quality().rdiv(PER_YEAR * money, axis=0)
    adjusted = np.array([growth_per_year(path) for _, path in at_quality.items()])
    last_year = growth_per_year(money.iloc[-1 - PER_YEAR :])
    tokens = counted()["growth"]
    added, told = margins()["value"], _told("revenue_run_rate", ALL_SELLERS)
    return {
        "nominal": nominal(),
        "nominal_all_sellers": float(told["value"].iloc[-1]),
        "nominal_growth": last_year,
        "volume_growth": _span(tokens),
        "unit_value_change": _span(last_year / tokens - 1),
        "real_growth_matched": growth_per_year(real[office_deflators.MATCHED]),
        "real_growth_office": _span(pd.Series(office)),
        "real_growth_quality_adjusted": _span(pd.Series(adjusted)),
        "office_capture": office_deflators.capture_range(),
        "office_capture_later": _span(office_deflators.by_method()["later"]),
        "deflator_in_growth": _span(pd.Series(deflator_in_growth())),
        "value_added_share": _span(added),
        "value_added_usd_bn": _span(nominal()[1] * added),
        "share_with_training": share_with_training(),
    }


def _span(values: pd.Series) -> tuple[float, float, float]:
    return float(values.min()), float(values.median()), float(values.max())


def _words() -> dict[str, str]:
    whole, told = whole_quarters().index, _told("revenue_run_rate", ALL_SELLERS)
    reports, days = counted(), office_deflators.days()
    return {
        "prices": f"{days[0]:%Y-%m} to {days[-1]:%Y-%m}",
        "later": f"{office_deflators.many_listed():%Y-%m} to {days[-1]:%Y-%m}",
        "last": str(whole[-1]),
        "window": f"{whole[0]} to {whole[-1]}",
        "year": f"{whole[-1 - PER_YEAR]} to {whole[-1]}",
        "counted": f"{reports['first'].min()[:7]} to {reports['last'].max()[:7]}",
        "all_sellers": str(told["period"].iloc[-1])[:7],
    }


def money_sources() -> list[str]:
    """Sources of the run rates."""
    return [*_run_rates()["source_id"]]


def price_and_money_sources() -> list[str]:
    """Sources of the run rates, the list prices and the scores, and the router's tokens."""
    weeks = tables.series("token-volumes", "tokens_per_week", "OpenRouter")["source_id"]
    return [*money_sources(), *office_deflators.sources(), *weeks.unique()]


def _sources() -> Mapping[str, list[str]]:
    money, prices = money_sources(), office_deflators.sources()
    net = [*_told("revenue_run_rate_net", "Anthropic")["source_id"]]
    booked = [*token_counts.run_rate_against_recognised()["source_id"]]
    tokens, shares = [*counted()["source_id"]], [*margins()["source_id"]]
    real = [*money, *prices]
    return {
        "nominal": [*money, *net, *booked],
        "nominal_all_sellers": [*_told("revenue_run_rate", ALL_SELLERS)["source_id"]],
        "nominal_growth": money,
        "volume_growth": tokens,
        "unit_value_change": [*money, *tokens],
        "real_growth_matched": real,
        "real_growth_office": real,
        "real_growth_quality_adjusted": real,
        "office_capture": prices,
        "office_capture_later": prices,
        "deflator_in_growth": [*real, *tables.series("macro", "gdp_nominal", "United States")["source_id"].tail(1)],
        "value_added_share": shares,
        "value_added_usd_bn": [*money, *shares],
        "share_with_training": [*_told("compute_cost", "Anthropic")["source_id"], *booked],
    }  # fmt: skip


def answer(frame: pd.DataFrame) -> str:
    """The answer's template; whether the count of tokens or money grew faster follows the run."""
    unit = frame.set_index("id").loc["unit_value_change"]
    earned = "more" if unit["low"] > 0 else "less" if unit["high"] < 0 else None
    then = (
        f"so a token sold earned {earned}"
        if earned
        else "so whether a token sold earned more or less is not known"
    )
    return (
        "Two laboratories sold tokens for {nominal} in {nominal:p}, {nominal_growth:v} the revenue of a year before; "
        "those who count tokens saw {volume_growth} a year, " + then + ". "
        "Deflated by matched listings, as an office would, what they sold grew {real_growth_matched:v} a year in volume; at a given score {real_growth_quality_adjusted}. "
        "Of revenue {value_added_share} is left by the margins on record, and {share_with_training:v} where all compute, training too, counts as bought."
    )
