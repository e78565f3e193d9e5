"""The solved market where a reader's sliders may stand: a table of every stop, for the page.

The market is solved anew at every combination of stops, with few draws, the same at each; then the
table lands on the run's own results, which have all draws.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from token_economics.answers import sliders
from token_economics.book.assumptions import Book
from token_economics.book.draws import Draws
from token_economics.headlines import jevons_dynamics, token_market
from token_economics.headlines.market import market_memo
from token_economics.headlines.market.market_drivers import MarketRecord
from token_economics.headlines.market.market_memo import Solve
from token_economics.methods import summaries
from token_economics.methods.arrays import FloatArray
from token_economics.models.market import MarketPath

Reduce = Callable[[MarketPath, MarketRecord], Mapping[str, FloatArray]]

DRAWS_EACH = 512  # at every combination of stops
AMOUNT, PART, CHANCE = "amount", "part", "chance"
"""What a number may be: positive; at most one; a share from nought to one."""


class Outcome(NamedTuple):
    """A number of the summary's chart: the headline result on which it lands, unit and kind."""

    label: str
    result: str
    unit: str
    kind: str


USD_A_YEAR = "USD billion a year"
OUTCOMES = (
    Outcome("Price of an hour of compute, end of 2027", "token_market.price_next", "USD", AMOUNT),
    Outcome("Price of an hour of compute, end of 2030", "token_market.price_at_horizon", "USD", AMOUNT),
    Outcome("Spending on tokens, end of 2027", "token_market.spend_next", USD_A_YEAR, AMOUNT),
    Outcome("Spending on tokens, end of 2030", "token_market.spend_at_horizon", USD_A_YEAR, AMOUNT),
    Outcome("Gross margin of labs, end of 2027", "token_market.margin_next", "share", PART),
    Outcome("Chance of more spent on cheaper tokens by 2030", "jevons_dynamics.market_both", "chance", CHANCE),
    Outcome("Chance of a glut, end of 2030", "token_market.below_cost_at_horizon", "chance", CHANCE),
)  # fmt: skip


def outcome_sliders(book: Book) -> pd.DataFrame:
    """Sliders of the summary: what supply and demand of the market lean on most."""
    growth = {"dram": "dram_bit_growth_per_year", "agents": "agentic_task_growth_log_per_year"}
    return _at_ends_and_quartiles(book, growth, TOKENS_A_TASK)


TOKENS_A_TASK = {"tokens": "tokens_per_task_growth_log_per_year"}


def price_sliders(book: Book) -> pd.DataFrame:
    """Sliders of the market's page: the strongest of demand, and memory."""
    demand = {"ceiling": "task_ceiling_multiple", **TOKENS_A_TASK}
    return _at_ends_and_quartiles(book, {"dram": "dram_bit_growth_per_year"}, demand)


def _at_ends_and_quartiles(
    book: Book, ends: Mapping[str, str], quartiles: Mapping[str, str]
) -> pd.DataFrame:
    """Some assumptions at their ends and value; those that decide more at their quartiles too."""
    parts = [sliders.stops(book, ends, sliders.ENDS), sliders.stops(book, quartiles)]
    return pd.concat(parts, ignore_index=True)


def outcomes(book: Book, moved: pd.DataFrame, *, solve: Solve = market_memo.solve) -> pd.DataFrame:
    """Results of the solved market at every combination of stops, a row each.

    Columns: the sliders, outcome, result (its id), unit, low, value, high (5, 50, 95 % of draws; a
    chance has no range) and run, the run's own value: what stands there at rest.
    """
    kinds = {outcome.result: outcome.kind for outcome in OUTCOMES}
    found = at_stops(book, moved, reduce=_headlines, kinds=kinds, solve=solve)
    parts = [
        found[each.result].assign(outcome=each.label, result=each.result, unit=each.unit)
        for each in OUTCOMES
    ]
    return pd.concat(parts, ignore_index=True)


def _headlines(path: MarketPath, facts: MarketRecord) -> dict[str, FloatArray]:
    """What the pages on the market and on rebound find in a path, by the ids of results."""
    found = token_market.reduced(path, facts)
    return {
        **{f"{token_market.TOPIC}.{slug}": values for slug, values in found.items()},
        "jevons_dynamics.market_both": jevons_dynamics.to_horizon(path, facts)["market_both"],
    }


def prices(book: Book, moved: pd.DataFrame, *, solve: Solve = market_memo.solve) -> pd.DataFrame:
    """Price of compute over its full cost at year ends, at every combination of stops.

    Columns: the sliders, date, low, value, high (5, 50, 95 % of draws), run (the run's own value)
    and below, the share of draws in which compute sells below full cost.
    """
    ends = [quarter for quarter in token_market.record().quarters if quarter.endswith("Q4")]
    kinds = {**dict.fromkeys(ends, AMOUNT), **{f"{end} below": CHANCE for end in ends}}
    found = at_stops(book, moved, reduce=_year_ends, kinds=kinds, solve=solve)
    parts = [
        found[end].assign(
            date=pd.Period(end, freq="Q").end_time.normalize(), below=found[f"{end} below"]["value"]
        )
        for end in ends
    ]
    return pd.concat(parts, ignore_index=True)


def _year_ends(path: MarketPath, facts: MarketRecord) -> dict[str, FloatArray]:
    """Price over full cost at each year's end, and whether it is below one."""
    over = dict(zip(facts.quarters, path.price / path.user_cost, strict=True))
    ends = {quarter: ratio for quarter, ratio in over.items() if quarter.endswith("Q4")}
    below = {f"{end} below": (ratio < 1).astype(np.float64) for end, ratio in ends.items()}
    return {**ends, **below}


# Every stop ------------------------------------------------------------------------------------


def at_stops(
    book: Book, moved: pd.DataFrame, *, reduce: Reduce, kinds: Mapping[str, str], solve: Solve
) -> dict[str, pd.DataFrame]:
    """For each number of ``kinds`` a table of all combinations: stops, low, value, high and run.

    Every combination is solved with few draws. What that leaves to chance is taken out: the
    numbers of all are scaled by what makes those at rest the run's own.
    """
    facts, grid = token_market.record(), combinations(moved)
    few = market_memo.in_chunks(
        drawn_at(book, moved, grid), facts, reduce=reduce, solve=solve
    )  # fmt: skip
    whole = market_memo.in_chunks(book.draws(), facts, reduce=reduce, solve=solve)
    place = at_rest(grid, moved)
    tables = {}
    for name, kind in kinds.items():
        points = _points(few[name].reshape(len(grid), DRAWS_EACH), kind)
        own = _points(whole[name], kind)
        low, value, high = (
            landed(at, rest=float(at[place]), run=float(to), kind=kind)
            for at, to in zip(points, own, strict=True)
        )
        ends = {"low": np.minimum(low, value), "value": value, "high": np.maximum(high, value)}
        tables[name] = grid.assign(**ends, run=float(own[1]))
    return tables


def combinations(moved: pd.DataFrame) -> pd.DataFrame:
    """Every combination of the stops, a row each, a column a slider."""
    params = [str(param) for param in moved["param"]]
    return pd.DataFrame(list(itertools.product(*moved["stops"])), columns=params)


def drawn_at(book: Book, moved: pd.DataFrame, grid: pd.DataFrame) -> Draws:
    """The same few draws for every combination, one after another.

    A slider at rest pins nothing: there its assumption is drawn too, or what the run pins it to.
    """
    few = book.draws(DRAWS_EACH)
    names = dict(zip(moved["name"], moved["param"], strict=True))
    rest = moved.set_index("param")["value"]

    def everywhere(name: str) -> FloatArray:
        drawn = np.tile(few[name], len(grid))
        if name not in names:
            return drawn
        stop = np.repeat(grid[names[name]].to_numpy(dtype=np.float64), DRAWS_EACH)
        return np.where(stop == rest[names[name]], drawn, stop)

    return Draws(few, everywhere, set())


def at_rest(grid: pd.DataFrame, moved: pd.DataFrame) -> int:
    """Place of the combination at which every slider rests."""
    resting = (grid == moved.set_index("param")["value"][grid.columns]).all(axis=1)
    return int(np.flatnonzero(resting)[0])


def _points(drawn: FloatArray, kind: str) -> tuple[FloatArray, ...]:
    """The 5, 50 and 95 % points over draws, the last axis; of a chance its mean three times."""
    if kind == CHANCE:
        return (np.asarray(drawn.mean(axis=-1)),) * 3
    return tuple(np.quantile(drawn, summaries.QUANTILES, axis=-1))


def landed(values: FloatArray, *, rest: float, run: float, kind: str) -> FloatArray:
    r"""What few draws give, scaled so that ``rest``, the number at rest, becomes ``run``.

    An amount is multiplied by ``run / rest``. Of a part what is left to the whole, one, is. Of a
    chance that which shrinks is: itself below ``rest``, what is left to one above it. So order is
    kept, no amount turns negative, a part stays below one and a chance from nought to one.

    Examples
    --------
    At rest half of these draws hold, of the run's own three in five:

    >>> landed(np.array([0.0, 0.25, 0.5, 0.75, 1.0]), rest=0.5, run=0.6, kind=CHANCE)
    array([0. , 0.3, 0.6, 0.8, 1. ])
    """
    if kind == AMOUNT:
        return np.asarray(values * (run / rest))
    left = 1 - (1 - values) * _over(1 - run, 1 - rest)
    if kind == PART:
        return np.asarray(left)
    found = np.where(values > rest, left, values * _over(run, rest))
    return np.where(values == rest, run, found)


def _over(run: float, rest: float) -> float:
    """One number over another; nought over nought is one."""
    return run / rest if rest else 1.0
