"""Headline results: rows of one form, and how a number is rounded and written in a sentence."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from token_economics.evidence import tables
from token_economics.methods import summaries

MIME = "application/vnd.token-economics.results+json"
RESULT_COLUMNS = (
    "id", "label", "unit", "period", "value", "low", "high", "level", "status", "digits",
    "source_id",
)  # fmt: skip
STATUSES = ("ok", "not_identified")
CALENDAR_YEAR = "year"
"""Unit of a value that is a date: no thousands are separated, no unit is written."""
ACRONYMS = {
    "ai": "AI",
    "hbm": "HBM",
    "dram": "DRAM",
    "gpu": "GPU",
    "gdp": "GDP",
    "h100e": "H100e",
    "us": "US",
}
UNIT_IN_NAME = re.compile(
    r"(_usd_per_\w+|_log_per_year|_per_year|_per_quarter|_months|_years|_quarters|_usd|_share|_ratio"
    r"|_multiple|_log|_log_sd)$"
)
SLUG = re.compile(r"[a-z][a-z0-9_]*")
COLUMN_DIGITS = 3
RARE_CHANCE = 0.01
NEAR_ONE = (0.9, 1.1)  # a factor so near to one takes a digit more
TABLE = "headlines"
IF_IDENTIFIED = "_if_identified"
FORMS = {"span": "range", "count": "number"}
"""What a measure is given where that is not its own name."""
PLACEHOLDER = re.compile(r"\{(\w+)\}")
SMALL_NUMBERS = (
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
Found = NDArray[np.float64] | float | tuple[float, float, float] | None
COMPARABLE = 100  # numbers of a column within two orders of magnitude share their decimals
DAY = re.compile(r"\b(\d{4})-(\d{2})(?:-(\d{2}))?\b")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def result(
    id: str,
    label: str,
    value: float,
    *,
    unit: str,
    period: str = "",
    low: float = math.nan,
    high: float = math.nan,
    level: float = 0.9,
    status: str = "ok",
    digits: int = 3,
    source_id: str | Iterable[str] = "",
) -> dict[str, Any]:
    """One row of headline results.

    ``digits`` are the significant digits that are printed. ``source_id`` names the rows of
    ``sources.csv`` that the number comes from, as a text with spaces or a column of such texts; a
    number that the assumptions of the run decide has none.
    """
    cited = [source_id] if isinstance(source_id, str) else list(source_id)
    return {
        "id": id, "label": label, "unit": unit, "period": period, "value": value, "low": low,
        "high": high, "level": math.nan if math.isnan(low) else level, "status": status,
        "digits": digits, "source_id": " ".join(sorted({i for text in cited for i in text.split()})),
    }  # fmt: skip


def chance(
    drawn: Mapping[str, NDArray[np.float64]], name: str, label: str, period: str
) -> dict[str, object]:
    """One row of headline results: the share of draws in which something holds, of zeros and ones.

    Below one in a hundred a single digit is printed: thousands of draws hold no second one.

    Examples
    --------
    Four draws of four thousand, the tenth part of a per cent:

    >>> drawn = {"glut": np.repeat([1.0, 0.0], [4, 4092])}
    >>> row = chance(drawn, "glut", "Probability of a glut", "2027Q4")
    >>> print(round(row["value"], 6), row["digits"])
    0.000977 1
    """
    share = float(drawn[name].mean())
    digits = 1 if share < RARE_CHANCE else 2
    return result(name, label, share, unit="share", period=period, digits=digits)


def of_topic(
    topic: str,
    found: Mapping[str, Found],
    *,
    sources: Mapping[str, str | Iterable[str]] | None = None,
    **words: str,
) -> list[dict[str, Any]]:
    """Rows of headline results as ``headlines.csv`` describes them, of a whole topic or a part.

    Parameters
    ----------
    found
        By slug: draws, one number, or low, value and high; nothing where the table says that the
        result is not identified. [unit that the table names]
    sources
        By slug: ids of ``sources.csv``, as `result` takes them.
    words
        What stands for the placeholders of labels, units and periods, besides what a slug fills.

    Raises
    ------
    ValueError
        A slug that the table does not hold, a placeholder without words, a form that the measure
        does not take.
    """
    return [
        _described_result(_description(topic, slug), slug, value, (sources or {}).get(slug, ""), words)
        for slug, value in found.items()
    ]  # fmt: skip


def described(topic: str, found: Mapping[str, Found]) -> dict[str, Found]:
    """Of all that a topic computes, what ``headlines.csv`` describes as a result."""
    slugs = {row["slug"] for row in _descriptions(topic)}
    return {slug: value for slug, value in found.items() if slug in slugs}


def in_order(
    topic: str, rows: Iterable[Mapping[str, Any]], *, whole: bool = True
) -> list[Mapping[str, Any]]:
    """A topic's rows in the order of ``headlines.csv``; a topic without rows there keeps its own.

    Raises
    ------
    ValueError
        If the rows are the whole topic and a result of the table is not among them.
    """
    described = [row["slug"] for row in _descriptions(topic)]
    if not described:
        return list(rows)
    placed = [(described.index(_description(topic, str(row["id"]))["slug"]), row) for row in rows]
    lacking = [
        slug for at, slug in enumerate(described) if at not in {place for place, _ in placed}
    ]
    if whole and lacking:
        raise ValueError(f"headlines.csv: {topic} gives no result {lacking[0]!r}")
    return [row for _, row in sorted(placed, key=lambda each: each[0])]


def out_of_step(topic: str, slugs: Iterable[str]) -> list[str]:
    """Where a topic's results and its rows of ``headlines.csv`` differ, a line each."""
    left = {row["slug"] for row in _descriptions(topic)}
    problems = []
    for slug in slugs if left else ():
        try:
            left.discard(_description(topic, slug)["slug"])
        except ValueError as error:
            problems.append(str(error))
    return [
        *problems,
        *(f"headlines.csv: {topic} gives no result {slug!r}" for slug in sorted(left)),
    ]


def topics() -> list[str]:
    """The topics that have headline results, in the order of the table; none without the table."""
    return (
        list(dict.fromkeys(row["topic"] for row in tables.texts(TABLE)))
        if TABLE in tables.tables()
        else []
    )


@tables.once
def _descriptions(topic: str) -> tuple[dict[str, str], ...]:
    """Rows of the table of headlines for a topic, in file order; empty cells are empty texts."""
    if TABLE not in tables.tables():
        return ()
    return tuple(row for row in tables.texts(TABLE) if row["topic"] == topic)


def _description(topic: str, slug: str) -> dict[str, str]:
    """The row of a slug: that which bears it, else that whose placeholders it fills."""
    described = _descriptions(topic)
    found = [row for row in described if row["slug"] == slug] or [
        row for row in described if _filled(row, slug) is not None
    ]
    if not found:
        raise ValueError(f"headlines.csv: no row for the result {slug!r} of {topic}")
    return found[0]


def _filled(row: Mapping[str, Any], slug: str) -> dict[str, str] | None:
    """What a slug puts for the placeholders of a row's; nothing where it is not of that form."""
    match = re.fullmatch(PLACEHOLDER.sub(r"(?P<\1>[a-z0-9_]+)", row["slug"]), slug)
    return None if match is None else match.groupdict()


def _described_result(
    row: Mapping[str, Any],
    slug: str,
    value: Found,
    sources: str | Iterable[str],
    words: Mapping[str, str],
) -> dict[str, Any]:
    measure, known = (
        row["measure"].removesuffix(IF_IDENTIFIED),
        {**(_filled(row, slug) or {}), **words},
    )
    try:
        label, unit, period = (
            row[column].format(**known) for column in ("label", "unit", "period_template")
        )
    except KeyError as error:
        raise ValueError(f"headlines.csv: {slug!r} needs words for {error}") from None
    if measure == "chance" and value is not None:
        return chance({slug: np.asarray(value)}, slug, label, period)
    low, middle, high = _points(value)
    form = "not_identified" if value is None else "range" if math.isfinite(low) else "number"
    allowed = [FORMS.get(measure, measure), "not_identified" if measure != row["measure"] else ""]
    if form not in allowed:
        raise ValueError(
            f"headlines.csv: {slug!r} is of the measure {row['measure']!r}, found {value!r}"
        )
    digits = len(f"{middle:.0f}") if measure == "count" else row["digits"]
    return result(
        slug, label, middle, low=low, high=high, level=1.0 if measure == "span" else summaries.LEVEL,
        unit=unit, period=period, status="ok" if value is not None else "not_identified",
        digits=int(digits or (3 if value is None or NEAR_ONE[0] < middle < NEAR_ONE[1] else 2)),
        source_id=sources,
    )  # fmt: skip


def _points(value: Found) -> tuple[float, float, float]:
    """Low, middle and high of what a topic gives; no range of a single number."""
    if isinstance(value, tuple):
        return value
    if isinstance(value, np.ndarray) and value.ndim:
        return summaries.quantiles(value)
    return math.nan, math.nan if value is None else float(value), math.nan


def years_in_words(years: int) -> str:
    """A span of whole years as a sentence says it.

    Examples
    --------
    >>> years_in_words(1), years_in_words(3), years_in_words(15)
    ('a year', 'three years', '15 years')
    """
    if years == 1:
        return "a year"
    return f"{count_in_words(years)} years"


def count_in_words(number: int) -> str:
    """A whole number as a sentence says it: from two to twelve in letters."""
    return SMALL_NUMBERS[number - 2] if 1 < number < 13 else str(number)


def check_results(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with exactly the contract's columns.

    Raises
    ------
    ValueError
        Missing column, repeated or malformed id, unknown status, a value where the status says
        that there is none, or a range that does not hold its value.
    """
    missing = set(RESULT_COLUMNS) - set(frame.columns)
    if missing:
        raise ValueError(f"headline results lack the columns {', '.join(sorted(missing))}")
    if frame["id"].duplicated().any():
        raise ValueError(f"repeated result id {frame['id'][frame['id'].duplicated()].iloc[0]!r}")
    for row in frame.to_dict("records"):
        check_slug(row["id"])
        if row["status"] not in STATUSES:
            raise ValueError(f"{row['id']}: status {row['status']!r}; allowed are {STATUSES}")
        if row["status"] == "ok" and not math.isfinite(row["value"]):
            raise ValueError(f"{row['id']}: value {row['value']} with status ok")
        if row["status"] == "not_identified" and not pd.isna(row["value"]):
            raise ValueError(f"{row['id']}: a result that is not identified carries no value")
        if row["value"] < row["low"] or row["value"] > row["high"]:
            raise ValueError(
                f"{row['id']}: value {row['value']} outside its range {row['low']} to {row['high']}"
            )
    return frame[list(RESULT_COLUMNS)]


def is_absent(value: float | None) -> bool:
    """Whether a cell of a headline result holds no number."""
    return value is None or math.isnan(value)


@dataclass(frozen=True)
class Quantity:
    """A headline result in a sentence.

    Format codes: none gives value, unit and range; ``v`` value and unit; ``n`` the bare number;
    ``r`` the range alone; ``p`` the period.
    """

    row: Mapping[str, Any]

    def __format__(self, code: str) -> str:
        if code == "p":
            return dates_in_words(str(self.row["period"]))
        if self.row["status"] == "not_identified":
            return "not identified"
        number = self._number(self.row["value"])
        unit = self._unit()
        ends = [self.row["low"], self.row["high"]]
        has_range = not any(map(is_absent, ends))
        interval = " to ".join(map(self._number, ends)) if has_range else ""
        if code == "n":
            return number
        if code == "r":
            return interval or number
        if code == "v" or not interval:
            return f"{number}{unit}"
        return f"{number}{unit} ({interval})"

    def __str__(self) -> str:
        return f"{self.row['label']}: {self}"

    def _unit(self) -> str:
        unit = str(self.row["unit"])
        return {"share": " %", "times": " times", "": ""}.get(unit, f" {unit}")

    def _number(self, value: float) -> str:
        scale = 100 if self.row["unit"] == "share" else 1
        shown = self.row["value"] * scale
        digits = (
            max(int(self.row["digits"]), 3) if 100 <= abs(shown) < 1000 else int(self.row["digits"])
        )
        decimals = decimals_for(shown, digits)
        return format_decimals(value * scale, decimals)


def quantities(frame: pd.DataFrame) -> dict[str, Quantity]:
    """Headline results by id, ready for a sentence."""
    return {
        row["id"]: Quantity({str(k): v for k, v in row.items()}) for row in frame.to_dict("records")
    }


def decimals_for(value: float, digits: int) -> int:
    """Decimals that show a value with so many significant digits; negative for large values."""
    if value == 0 or not math.isfinite(value):
        return 0
    return digits - 1 - math.floor(math.log10(abs(value)))


def format_decimals(value: float, decimals: int) -> str:
    """A number with so many decimals, thousands separated, and a true minus sign."""
    rounded = round(value, decimals)
    shown = f"{rounded if rounded else 0.0:,.{max(decimals, 0)}f}"
    return shown.replace("-", "\N{MINUS SIGN}")


def format_number(value: float, digits: int) -> str:
    """A number with so many significant digits."""
    return format_decimals(value, decimals_for(value, digits))


def median_and_range(draws: NDArray[np.float64], digits: int = 2) -> str:
    """Median and 90 % range of draws as a cell of a table, each with so many significant digits.

    Examples
    --------
    The whole numbers from 0 to 100:

    >>> median_and_range(np.arange(101.0))
    '50 (5.0 to 95)'
    """
    low, middle, high = (format_number(end, digits) for end in summaries.quantiles(draws))
    return f"{middle} ({low} to {high})"


def dates_in_words(period: str) -> str:
    """A period for a sentence: ISO days and months as a reader says them."""

    def words(match: re.Match[str]) -> str:
        year, month, day = match.groups()
        if not 1 <= int(month) <= len(MONTHS):
            return match[0]
        return (
            f"{int(day)} {MONTHS[int(month) - 1]} {year}"
            if day
            else f"{MONTHS[int(month) - 1]} {year}"
        )

    return DAY.sub(words, period)


def trimmed(number: str) -> str:
    """A printed number without the zeros at the end of its decimals."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def column_texts(values: Sequence[float | int | None], digits: int = COLUMN_DIGITS) -> list[str]:
    """The numbers of a column as they are printed: with as many decimals, so that they compare.

    The significant digits of the middle one decide, one less of the smallest, and no more than the
    numbers hold. Where they are of different orders each is printed by itself. Whole numbers keep
    their digits; nothing is an empty text.
    """
    sizes = sorted(abs(value) for value in values if value)
    decimals = None
    if sizes and sizes[-1] < COMPARABLE * sizes[0]:
        held = max(_decimals_held(size) for size in sizes)
        wanted = decimals_for(sizes[len(sizes) // 2], digits), decimals_for(sizes[0], digits - 1)
        decimals = max(0, min(held, max(wanted)))
    return [_column_text(value, decimals, digits) for value in values]


def _column_text(value: float | int | None, decimals: int | None, digits: int) -> str:
    if value is None:
        return ""
    if value == 0:
        return "0"
    whole = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    if decimals is not None and round(value, decimals):
        return format_decimals(value, decimals)
    return trimmed(format_number(value, max(digits, whole)))


def _decimals_held(size: float) -> int:
    return len(f"{size:.10f}".rstrip("0").partition(".")[2])


def with_range(draws: NDArray[np.float64]) -> list[str]:
    """Median and 90 % range of each row of draws in words, such as ``60 (5.9 to 240)``."""
    points = np.quantile(draws.reshape(-1, draws.shape[-1]), summaries.QUANTILES, axis=1)
    told = [[short(value) for value in row] for row in points.T]
    return [mid if low == mid == high else f"{mid} ({low} to {high})" for low, mid, high in told]


def short(value: float) -> str:
    """Two significant digits, plain; nought below half a hundredth.

    Examples
    --------
    >>> [short(value) for value in (0.001, 0.0312, 4.04, 1234.5)]
    ['0', '0.031', '4', '1,200']
    """
    return "0" if value < 0.005 else trimmed(format_number(value, 2))


def in_words(name: str) -> str:
    """The name of an assumption without its unit, for a chart or a sentence."""
    words = UNIT_IN_NAME.sub("", name).split("_")
    return " ".join(ACRONYMS.get(word, word) for word in words)


def check_slug(name: str) -> None:
    if not SLUG.fullmatch(name):
        raise ValueError(f"{name!r}: use lower-case letters, digits and _")
