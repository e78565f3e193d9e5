"""The market as it would have been forecast at earlier quarters, by what was known then.

``data/vintage_rules.csv`` holds the rules, one each for all origins, and what they leave of later
knowledge: judged assumptions were written in 2026. The market starts two quarters before an
origin; of a series its figures from then to the origin are there for conditioning, and what comes
after its last known figure is forecast.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from token_economics.book import innovations
from token_economics.book.assumption import TRANSFORMS, Assumption
from token_economics.book.assumptions import Book
from token_economics.book.draws import Draws
from token_economics.evidence import quarters, tables
from token_economics.headlines import supply_constraints
from token_economics.headlines.market import (
    conditioning,
    market_calibration,
    market_drivers,
    market_memo,
    supply_fleet,
    surprises,
)
from token_economics.headlines.market.market_drivers import MarketRecord
from token_economics.headlines.market.market_memo import Solve
from token_economics.headlines.market.vintage_series import (
    Series,
    capital_spending,
    known_at,
    nvidia_revenue,
    series_at,
)
from token_economics.methods.arrays import FloatArray, floats
from token_economics.methods.history_matching import implausibility
from token_economics.models import market
from token_economics.models.market import MarketPath
from token_economics.models.supply import QUARTERS_PER_YEAR
from token_economics.models.task_growth import SEGMENTS

ORIGINS = ("2024Q4", "2025Q2", "2025Q4", "2026Q2")
BEFORE = 2  # quarters from the base of the market to the origin
LEVELS_OF = "2025Q4"  # the quarter of the book's levels: price of a unit, memory's share of wafers
STOPPED = 1e-6  # of the base quarter: what a level that falls to nothing counts as


# The record and the book at an origin -------------------------------------------------------------


def base_of(origin: str) -> str:
    """The quarter in which the market of an origin starts."""
    return quarters.name(quarters.index(origin) - BEFORE)


@tables.once
def record_at(origin: str) -> MarketRecord:
    """The record of the market as it was at an origin.

    Its horizon is the edition's: who holds memory looks further ahead than any forecast goes.
    """
    base = base_of(origin)
    rents = market_drivers.quarterly_rents()
    return replace(
        market_drivers.record(),
        fleet=supply_fleet.record_at(base, origin),
        quarterly_rents={quarter: rent for quarter, rent in rents.items() if quarter <= origin},
        base_revenue_per_quarter=market_over_labs()
        * float(market_calibration.lab_revenue_told(origin)[base]),
        us_output_per_quarter_usd=market_drivers.us_output_per_quarter(origin),
    )


def market_over_labs() -> float:
    """Revenue of the whole market over that of the two labs at the end of 2025. [USD/USD billion]"""
    labs = float(market_calibration.lab_revenue()[LEVELS_OF])
    return market_drivers.base_revenue(LEVELS_OF) / labs


def draws_at(book: Book, origin: str) -> Draws:
    """Draws of the book with the middles of an origin; spread stays on the scale of the row.

    Whatever the book's draws were matched to, these are not: that record came later.

    Raises
    ------
    ValueError
        If a rule gives a middle that the row's distribution cannot hold.
    """
    return _put_back(book, origin, book.before_record().draws())


def matched_draws_at(book: Book, origin: str) -> Draws:
    """The same draws as the figures from the base quarter to the origin leave them.

    Those of before where they leave none. A series is matched in its change since the base quarter,
    at each quarter that is known; the tolerance of its rule is read as a 90 % band.
    """
    before = book.before_record()
    facts = replace(record_at(origin), fleet=replace(record_at(origin).fleet, horizon=origin))

    def misfit(draws: Mapping[str, FloatArray]) -> FloatArray:
        moved = _put_back(before, origin, draws)
        path = market.simulate(market_drivers.drivers(moved, facts), facts.quarters_ahead)
        return _missed(log_levels(moved, facts, path), origin, book[conditioning.DISCREPANCY])

    ensemble = conditioning.matched_ensemble(before, misfit)
    if ensemble is None:
        return draws_at(book, origin)
    drawn = before.draws()

    def made(name: str) -> FloatArray:
        if name not in ensemble.place_of:
            return drawn[name]
        row = None if innovations.is_stream(name) else before.row(name)
        return ensemble.drawn(name, row, book.n_draws)

    return _put_back(before, origin, Draws(before, made, set()))


def _missed(levels: Mapping[str, FloatArray], origin: str, discrepancy: float) -> FloatArray:
    """Signed implausibility of what is known after the base quarter: figures x draws. [sd]"""
    base, tolerances = base_of(origin), tables.read("vintage-rules").set_index("label")["tolerance"]
    modelled, observed, sd = [], [], []
    for series in known_at(origin):
        if base not in series.known.index:
            continue
        for quarter, level in series.known[series.known.index > base].items():
            ahead = quarters.index(str(quarter)) - quarters.index(base)
            modelled.append(levels[series.name][ahead])
            observed.append(level - series.known[base])
            sd.append(np.log1p(tolerances[series.name]) / conditioning.TOLERANCE_SDS)
    missed = implausibility(
        np.stack(modelled),
        observed=np.array(observed),
        observation_sd=np.array(sd),
        model_sd=discrepancy * np.array(sd),
    )
    return conditioning.as_far(missed)


def _put_back(book: Book, origin: str, draws: Mapping[str, FloatArray]) -> Draws:
    """Draws of the book with the middles of an origin."""
    shifts = {n: _shift(book.row(n), middle) for n, middle in middles(book, origin).items()}

    def made(name: str) -> FloatArray:
        if name not in shifts:
            return draws[name]
        forward, back = TRANSFORMS[book.row(name).distribution]
        with np.errstate(divide="ignore", invalid="ignore"):
            return floats(back(forward(draws[name]) + shifts[name]))

    return Draws(draws, made, set())


def _shift(row: Assumption, middle: float) -> float:
    """How far a middle lies from that of the book, on the scale of the row's distribution."""
    forward, _ = TRANSFORMS[row.distribution]
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = float(forward(middle)) - float(forward(row.value))
    if not np.isfinite(shift):
        raise ValueError(f"{row.name}: a {row.distribution} row cannot have the middle {middle:g}")
    return shift


def middles(book: Book, origin: str) -> dict[str, float]:
    """Middle of each assumption that is derived again at an origin, by name. [unit of the row]"""
    rules = tables.read("vintage-rules").query("kind == 'moved'")
    return {
        str(name): MEASURES[measure](book, origin, book[name])
        for name, measure in zip(rules["id"], rules["measure"], strict=True)
    }


def rules(book: Book) -> pd.DataFrame:
    """The rules, with the middle of each assumption that moves: in the book and at each origin."""
    at = {origin: middles(book, origin) for origin in ORIGINS}
    frame = tables.read("vintage-rules")
    moved = frame["kind"] == "moved"
    labels = [book.row(name).label if name in book else None for name in frame["id"]]
    return frame.assign(
        label=frame["label"].fillna(pd.Series(labels)),
        book=[book[name] if has else np.nan for name, has in zip(frame["id"], moved, strict=True)],
        **{origin: frame["id"].map(found) for origin, found in at.items()},
    )


def _lab_revenue_growth(book: Book, origin: str, stored: float) -> float:
    """The row's growth times what brings growth weighted by spending to that of the labs."""
    work = book["task_growth_log_per_year"]
    growth = {
        "commodity": work,
        "frontier": work,
        "agentic": book["agentic_task_growth_log_per_year"],
        "subscription": book["subscriber_growth_log_per_year"],
    }
    weights = [book[f"{segment}_spend_share"] for segment in growth]
    revenue = np.log(market_calibration.lab_revenue_told(origin).iloc[-1 - QUARTERS_PER_YEAR :])
    grown = float(revenue.iloc[-1] - revenue.iloc[0]) / (len(revenue) - 1) * QUARTERS_PER_YEAR
    return stored * grown / float(np.average(list(growth.values()), weights=weights))


def _capex_growth(_: Book, origin: str, __: float) -> float:
    return _over_a_year_before(capital_spending(origin).known) - 1


def _chip_power_growth(_: Book, origin: str, __: float) -> float:
    now, before = _fleets(origin)
    return now.chip_power_gw / before.chip_power_gw - 1


def _unit_power_change(_: Book, origin: str, __: float) -> float:
    now, before = _fleets(origin)
    return now.kw_per_new_h100e / before.kw_per_new_h100e - 1


def _packaging_growth(book: Book, origin: str, __: float) -> float:
    return _additions_multiple(origin) / (1 + book["h100e_per_wafer_growth_per_year"]) - 1


def _hbm_share_growth(book: Book, origin: str, _: float) -> float:
    needed = 1 + book["dram_bits_per_h100e_change_per_year"]
    return _additions_multiple(origin) * needed / (1 + book["dram_bit_growth_per_year"]) - 1


def _hbm_share(book: Book, origin: str, stored: float) -> float:
    return _carried_back(stored, _hbm_share_growth(book, origin, stored), origin)


def _unit_revenue_change(_: Book, origin: str, __: float) -> float:
    """Nvidia's revenue over the compute that it ships, against a year before."""
    shipped = tables.series("ai-chips", "h100e_shipped_cumulative", "Nvidia").set_index("period")
    added = shipped["value"].diff()
    added.index = added.index.map(quarters.of_date)
    earned = nvidia_revenue(origin).known / added[added.index <= base_of(origin)]
    return _over_a_year_before(earned.dropna()) - 1


def _unit_price(book: Book, origin: str, stored: float) -> float:
    return _carried_back(stored, _unit_revenue_change(book, origin, stored), origin)


def _rent_fall(_: Book, origin: str, __: float) -> float:
    """From the first period, which is a half-year, to the lowest. [1/year, logs]"""
    contracts = supply_fleet.rentals()
    contracts = contracts[contracts["date"] <= quarters.end_date(origin)]
    first, lowest = contracts.iloc[0], contracts.iloc[int(contracts["mid"].to_numpy().argmin())]
    years = (lowest["date"] - first["date"]).days / 365.25
    return float(np.log(first["mid"] / lowest["mid"]) / years)


def _no_shock(_: Book, __: str, ___: float) -> float:
    return 0.0


MEASURES: Mapping[str, Callable[[Book, str, float], float]] = {
    "lab_revenue_growth": _lab_revenue_growth,
    "capex_growth": _capex_growth,
    "chip_power_growth": _chip_power_growth,
    "unit_power_change": _unit_power_change,
    "packaging_growth": _packaging_growth,
    "hbm_share_growth": _hbm_share_growth,
    "hbm_share": _hbm_share,
    "unit_revenue_change": _unit_revenue_change,
    "unit_price": _unit_price,
    "rent_fall": _rent_fall,
    "no_shock": _no_shock,
}
"""What is measured at an origin for an assumption: of book, origin and the book's value."""


def _fleets(origin: str) -> tuple[supply_fleet.Record, supply_fleet.Record]:
    """The fleet in the base quarter of an origin, and a year before."""
    base = base_of(origin)
    before = quarters.name(quarters.index(base) - QUARTERS_PER_YEAR)
    return supply_fleet.record_at(base, origin), supply_fleet.record_at(before, origin)


def _additions_multiple(origin: str) -> float:
    now, before = _fleets(origin)
    return float(now.additions_h100e[-1] / before.additions_h100e[-1])


def _over_a_year_before(by_quarter: pd.Series) -> float:
    """The last figure over that of the same quarter a year before."""
    before = quarters.name(quarters.index(str(by_quarter.index[-1])) - QUARTERS_PER_YEAR)
    return float(by_quarter.iloc[-1] / by_quarter[before])


def _carried_back(level: float, growth_per_year: float, origin: str) -> float:
    years = (quarters.index(LEVELS_OF) - quarters.index(base_of(origin))) / QUARTERS_PER_YEAR
    return float(level * (1 + growth_per_year) ** -years)


# Forecasts and outcomes ---------------------------------------------------------------------------


def forecast_at(book: Book, origin: str, solve: Solve = market_memo.solve) -> dict[str, FloatArray]:
    """Draws of what each series of an origin does after its last known figure, by its name.

    Rows are the quarters of `Series.later`, columns draws. [log points]
    """
    facts, draws = record_at(origin), matched_draws_at(book, origin)
    levels = log_levels(draws, facts, solve(draws, facts))
    return {
        series.name: changes(levels[series.name], series, facts) for series in series_at(origin)
    }


def changes(levels: FloatArray, series: Series, facts: MarketRecord) -> FloatArray:
    """What a modelled series does after the last known figure, outcomes x draws. [log points]

    ``levels`` are those of `log_levels`, quarters x draws.
    """
    last = quarters.index(series.last) - quarters.index(facts.base_quarter)
    return floats(levels[last + np.array(series.ahead)] - levels[last])


def log_levels(
    draws: Mapping[str, FloatArray], facts: MarketRecord, path: MarketPath
) -> dict[str, FloatArray]:
    """What stands in the market for each series, by name: logs over the base quarter's.

    Quarters from the base on x draws. Chip makers earn, and buyers spend, additions times the price
    of a unit; the router has a share of the tokens of work without robots that wanders on its own.
    What stops counts as a millionth.
    """
    made = path.additions / path.additions[0]
    share = np.exp(surprises.accumulated(draws, "router_share", facts.quarters))
    bought = path.additions * path.accelerator_price
    model = {
        "h100_contract": path.price,
        "lab_revenue": path.spend.sum(axis=1),
        "nvidia_revenue": bought,
        "router_tokens": path.tokens[:, : SEGMENTS.index("robotics")].sum(axis=1) * share,
        "dram_contract": supply_constraints.memory_price(draws, made, facts),
        "capital_spending": bought,
    }
    labels = tables.read("vintage-rules").set_index("id")["label"]
    return {
        str(labels[name]): np.log(np.maximum(level / level[0], STOPPED))
        for name, level in model.items()
    }
