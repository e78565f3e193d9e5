"""Series that are forecast, as an origin knows them, and what came after.

A figure counts when its period is over and, where its day of publication is known, it was out by
the last day of the origin quarter; the rules stand in ``data/vintage_rules.csv``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from token_economics.evidence import quarters, tables
from token_economics.headlines.market import market_calibration, market_drivers, supply_fleet
from token_economics.methods.arrays import FloatArray, floats
from token_economics.models.supply import QUARTERS_PER_YEAR

MOST_AHEAD = 4  # quarters from the last known figure of a series to the last that is forecast
BUYERS = ("Alphabet", "Amazon")


@dataclass(frozen=True)
class Series:
    """A series as an origin knows it, in logs, and what came.

    years, logs: every figure that is known, at the middle of its period, evenly spaced or not;
    known: by quarter, to the last known; later: by quarter, up to a year after it, some may lack;
    vintage: ``dated`` or ``pseudo``; sources: ids behind both.
    """

    name: str
    years: FloatArray
    logs: FloatArray
    known: pd.Series
    later: pd.Series
    vintage: str
    sources: tuple[str, ...]

    @property
    def last(self) -> str:
        """The last quarter that is known."""
        return str(self.known.index[-1])

    @property
    def ahead(self) -> list[int]:
        """Quarters from the last that is known to each outcome."""
        return [quarters.index(quarter) - quarters.index(self.last) for quarter in self.later.index]

    @property
    def horizon_years(self) -> FloatArray:
        """Years from the last figure that is known to the middle of each outcome's quarter."""
        return floats(middle_years(self.later.index) - self.years[-1])

    @property
    def changes(self) -> pd.Series:
        """Outcomes as changes since the last known quarter, by quarter. [log points]"""
        return self.later.sub(self.known.iloc[-1])


class _Read(NamedTuple):
    """Levels by quarter, those known at an origin and all; sources; figures of another spacing."""

    known: pd.Series
    every: pd.Series
    sources: pd.Series
    finer: tuple[FloatArray, FloatArray] | None = None


def series_at(origin: str) -> list[Series]:
    """Every series of which something came after what an origin knows.

    One of which no figure is known at the origin, or none came since, is left out.
    """
    return [series for series in known_at(origin) if len(series.later)]


def known_at(origin: str) -> list[Series]:
    """Every series of which an origin knows a figure."""
    made = [_series(name, read(origin)) for name, read in READERS.items()]
    return [series for series in made if series is not None]


def _series(name: str, read: _Read) -> Series | None:
    if read.known.empty:
        return None
    rule = tables.read("vintage-rules").set_index("id").to_dict("index")[name]
    known, every = np.log(read.known), np.log(read.every)
    last = quarters.name(quarters.index(str(known.index[-1])) + MOST_AHEAD)
    after = (every.index > known.index[-1]) & (
        every.index <= min(last, supply_fleet.last_quarter())
    )
    years, logs = read.finer or (middle_years(known.index), known.to_numpy())
    sources = tuple(dict.fromkeys(read.sources))
    return Series(rule["label"], years, logs, known, every[after], rule["vintage"], sources)


def middle_years(index: Iterable[str]) -> FloatArray:
    """The middles of quarters as years.

    Examples
    --------
    >>> print(middle_years(["2025Q4", "2026Q1"]))
    [2025.875 2026.125]
    """
    return floats([(quarters.index(quarter) + 0.5) / QUARTERS_PER_YEAR for quarter in index])


def _known(by_quarter: pd.Series, origin: str, *, lag: int) -> pd.Series:
    """Figures that are published so many quarters after their own, as far as an origin has them."""
    published = by_quarter.index <= quarters.name(quarters.index(origin) - lag)
    return by_quarter.loc[published]


def _h100_contract(origin: str) -> _Read:
    rents = pd.Series(market_drivers.quarterly_rents())
    return _Read(_known(rents, origin, lag=0), rents, supply_fleet.rentals()["source_id"])


def _lab_revenue(origin: str) -> _Read:
    rates = tables.series("revenue", "revenue_run_rate", *market_calibration.LABS)
    rates = rates[rates["grade"] != "weak"]
    known, every = market_calibration.lab_revenue_told(origin), market_calibration.lab_revenue()
    return _Read(known, every, rates["source_id"])


def nvidia_revenue(origin: str) -> _Read:
    """Fiscal quarters end a month into a quarter of the calendar, and stand for the one before."""
    frame = tables.series("chipmakers", "data_center_revenue", "Nvidia")
    before = [quarters.name(quarters.index(quarters.of_date(p)) - 1) for p in frame["period"]]
    every = pd.Series(frame["value"].to_numpy(), index=before)
    return _Read(_known(every, origin, lag=1), every, frame["source_id"])


def _router_tokens(origin: str) -> _Read:
    """A week belongs to the quarter in which it ends."""
    frame = tables.series("token-volumes", "tokens_per_week", "OpenRouter")
    ends = frame["date"] + pd.Timedelta(days=6)
    every = frame["value"].groupby(ends.dt.to_period("Q").astype(str)).mean()
    known = frame[ends <= quarters.end_date(origin)]
    finer = _years(known["date"] + pd.Timedelta(days=3)), np.log(known["value"].to_numpy())
    return _Read(_known(every, origin, lag=0), every, frame["source_id"], finer)


def _dram_contract(origin: str) -> _Read:
    """Conventional memory from the quarter before its first outcome, one chip before that."""
    changes = supply_fleet.dram_changes().query("what == 'Outcome'").set_index("period")
    first = quarters.name(quarters.index(str(changes.index[0])) - 1)
    every = pd.concat([pd.Series({first: 1.0}), (1 + changes["mid"] / 100).cumprod()])
    told = [first, *changes.index[quarters.over_by(changes["stated"], origin)]]
    known = _known(every[told], origin, lag=0)
    years, logs, sources = _one_chip()
    after = np.log(known.iloc[1:])
    finer = np.append(years, middle_years(after.index)), np.append(logs, after)
    return _Read(known, every, pd.concat([sources, changes["source_id"]]), finer)


def _one_chip() -> tuple[FloatArray, FloatArray, pd.Series]:
    """Contract price of one chip over that of its last month, at uneven dates: years, logs, sources."""
    levels, changes = (
        tables.series("memory", name, "DDR4 8 Gb")
        for name in ("ddr4_contract_price", "ddr4_contract_price_change")
    )
    months = np.log1p(changes["value"].to_numpy() / 100)
    before = changes["date"].iloc[:1] - pd.Timedelta(days=365.25 / 12)
    dates = pd.concat([levels["date"].iloc[:-1], before, changes["date"]])
    chained = np.append(0.0, months.cumsum()) - months.sum()
    earlier = np.log(levels["value"].iloc[:-1] / levels["value"].iloc[-1])
    sources = pd.concat([levels["source_id"], changes["source_id"]])
    return _years(dates), np.concatenate([earlier, chained]), sources


def capital_spending(origin: str) -> _Read:
    frame = tables.series("hyperscaler-capex", "capex", *BUYERS)
    frame = frame[frame["period"].str.contains("Q") & (frame["grade"] != "weak")]
    every = frame.pivot(index="period", columns="entity", values="value").dropna().sum(axis=1)
    return _Read(_known(every, origin, lag=1), every, frame["source_id"])


READERS: Mapping[str, Callable[[str], _Read]] = {
    "h100_contract": _h100_contract,
    "lab_revenue": _lab_revenue,
    "nvidia_revenue": nvidia_revenue,
    "router_tokens": _router_tokens,
    "dram_contract": _dram_contract,
    "capital_spending": capital_spending,
}
"""What reads a series as an origin knows it, by the id of its rule."""


def _years(days: pd.Series) -> FloatArray:
    return floats(days.dt.year + (days.dt.day_of_year - 0.5) / 365.25)
