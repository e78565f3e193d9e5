"""What a statistical office would see of the price of tokens: indexes of the list prices of makers.

An office that follows listings sees the price of each while it stays on the list. What it makes of a
listing that goes, and of one that comes, is its method. The price that is true here is that of a
given score: of all that is listed, or of what is new on the list. Neither is the price that is paid.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd

from token_economics.evidence import tables
from token_economics.headlines.records import catalogue
from token_economics.methods.arrays import FloatArray
from token_economics.methods.prices import hedonics, office_rules, panel_indices
from token_economics.methods.prices.price_panel import Panel

SCORES = {"eci": "Epoch index", "gpqa_percent": "GPQA", "mmlu_percent": "MMLU"}
NEGLIGIBLE = 0.1  # difference of worth, in logs, at which a successor is the same good to an office
NEWEST, HELD = "newest of a tier", "held until gone"
MATCHED = "Matched listings, chained"
METHODS = {  # what offices do; the adjustment for quality stands apart, as the measure
    "overlap": "Overlap",
    "overall_mean": "Overall mean imputed",
    "class_mean": "Class mean imputed",
    "no_change": "Linked to show no change",
    "comparable": "Comparable replacement",
}
LISTED, ENTRANTS = "all that is listed", "what is new on the list"
TABLES = ("list-prices", "list-price-faults", "list-price-goods")
MANY = 30  # listings of makers: from here on no handful of them decides
CAPTURE_SPAN = (0.05, 0.5, 0.95)  # points of the spread over methods and measures


@tables.once
def indexes() -> pd.DataFrame:
    """Log price of tokens by day of the catalogue under each method, the first day 0.

    Columns: method, sample (empty for matched listings), score (that the class mean judges
    successors by), then a column a day. [log]
    """
    prices = catalogue.panel(catalogue.MAKERS)
    chained = panel_indices.chained(panel_indices.jevons(prices))
    found = [_row(MATCHED, "", "", chained)]
    for sample, score in product((NEWEST, HELD), SCORES):
        by_method = office_rules.office_indices(
            prices, _samples(prices)[sample], quality=_worth(prices, score),
            comparable_within=NEGLIGIBLE, classes=prices.ids["tier"].fillna(""),
        )  # fmt: skip
        found += [
            _row(label, sample, score, by_method[name].to_numpy(dtype=np.float64))
            for name, label in METHODS.items()
            if name == "class_mean" or score == next(iter(SCORES))  # one score serves the others
        ]
    return pd.DataFrame(found).set_axis(["method", "sample", "score", *prices.days], axis=1)


@tables.once
def at_quality() -> pd.DataFrame:
    """Log price of a given score by day of the catalogue, by score and by what is compared.

    Of all that is listed it is the time dummy of a hedonic regression; of what is new on the list
    the regression of page 09, a steady fall. Columns: score, compared, then a column a day. [log]
    """
    prices = catalogue.panel(catalogue.MAKERS)
    years = hedonics.years_since(prices.days.to_series(), prices.days[0])
    found = []
    for score in SCORES:
        scores = catalogue.scores(prices.ids, score)
        dummy = panel_indices.hedonic_time_dummy(prices, scores)
        found.append([score, LISTED, *dummy])
        found.append([score, ENTRANTS, *(-np.log(_entrants_decline(prices, scores)) * years)])
    return pd.DataFrame(found, columns=["score", "compared", *prices.days])


def captures(*, whole: bool = True) -> pd.DataFrame:
    """Share of the fall at a given score that each method sees, to the last day of the catalogue.

    From its first day, or else from the day that first lists `MANY`: the first days list few.

    Columns: method, sample, judged_by (score of the class mean), score and compared (the measure),
    capture. [1]
    """
    start = catalogue.panel(catalogue.MAKERS).days[0] if whole else many_listed()
    seen, true = (_fall(table, start) for table in (indexes(), at_quality()))
    both = seen.rename(columns={"score": "judged_by"}).merge(
        true, how="cross", suffixes=("", "_true")
    )
    # a class mean is judged by the score that it is measured by
    same = (both["judged_by"] == both["score"]) | (both["method"] != METHODS["class_mean"])
    both = both[same].assign(capture=both["fall"] / both["fall_true"])
    return both[["method", "sample", "judged_by", "score", "compared", "capture"]]


def _fall(indexed: pd.DataFrame, start: pd.Timestamp) -> pd.DataFrame:
    """Log fall from a day to the last one, beside what names the row."""
    named = [column for column in indexed if isinstance(column, str)]
    return indexed[named].assign(fall=indexed[start] - indexed.iloc[:, -1])


def days() -> pd.DatetimeIndex:
    """Days of the catalogue."""
    return catalogue.panel(catalogue.MAKERS).days


@tables.once
def many_listed() -> pd.Timestamp:
    """The day of the catalogue that first lists `MANY` models of makers."""
    prices = catalogue.panel(catalogue.MAKERS)
    return pd.Timestamp(prices.days[(prices.listed.sum(axis=1) >= MANY).argmax()])


@tables.once
def capture_range() -> tuple[float, float, float]:
    """Low, middle and high share of the fall of token prices that an office's methods see. [1]

    Points of the spread in which each method has the same weight, and so has each of its samples
    and measures. It is no error of sampling.
    """
    found = captures().sort_values("capture", kind="stable")
    weight = 1 / found.groupby("method")["capture"].transform("size")
    below = (weight.cumsum() - weight / 2) / weight.sum()
    low, middle, high = np.interp(CAPTURE_SPAN, below, found["capture"])
    return float(low), float(middle), float(high)


@tables.once
def by_method() -> pd.DataFrame:
    """What each method sees, least first: middle and ends over samples and measures.

    Columns: method, value, low, high, and later, the middle since `many_listed`. [1]
    """
    seen = captures().groupby("method")["capture"]
    later = captures(whole=False).groupby("method")["capture"].median()
    points = {"value": seen.median(), "low": seen.min(), "high": seen.max(), "later": later}
    return pd.DataFrame(points).sort_values("value").reset_index()


def sources() -> list[str]:
    """Sources of the list prices and of the scores."""
    scored = tables.read("model-prices").dropna(subset=list(SCORES), how="all")
    listed = [text for name in TABLES[:2] for text in tables.read(name)["source_id"]]
    return [*listed, *scored["quality_source_id"].dropna()]


def _row(method: str, sample: str, score: str, index: FloatArray) -> list[object]:
    return [method, sample, score, *index]


def _samples(prices: Panel) -> dict[str, office_rules.Sample]:
    """A slot for each vendor and tier, and the listings of the first day."""
    tier = prices.ids["tier"]
    groups = (prices.ids["provider"] + ", " + tier).where(tier.notna())
    return {
        NEWEST: office_rules.newest_of_group(prices, groups),
        HELD: office_rules.held_until_delisted(prices, groups),
    }


def _worth(prices: Panel, score: str) -> FloatArray:
    """What each listing's score is worth, by log price against score within days. [log price]"""
    scores = catalogue.scores(prices.ids, score)
    day, listing = np.nonzero(prices.listed & np.isfinite(scores))
    pairs = pd.DataFrame({"price": np.log(prices.prices[day, listing]), "score": scores[listing]})
    within = pairs - pairs.groupby(day).transform("mean")
    slope = (within["price"] * within["score"]).sum() / (within["score"] ** 2).sum()
    return np.asarray(slope * scores, dtype=np.float64)


def _entrants_decline(prices: Panel, scores: FloatArray) -> float:
    """Times cheaper a year at a given score, of listings on the day that first shows them."""
    entered = prices.listed.argmax(axis=0)
    new = pd.DataFrame(
        {
            "date": prices.days[entered],
            "price": prices.prices[entered, np.arange(len(entered))],
            "quality": scores,
        }
    )
    return hedonics.hedonic_decline(new, level=0.9).times_cheaper_per_year
