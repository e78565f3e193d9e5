"""Tables behind the charts that a reader can move: a page's results at other assumptions.

Each table holds the library's own results. Where a closed form exists, the page recomputes it and
the table holds the run; where the whole market has to be solved, it holds every stop of the sliders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book
from token_economics.evidence import quarters
from token_economics.evidence import tables as evidence
from token_economics.headlines import (
    claims_and_predictions,
    demand_explosion,
    jevons_dynamics,
    market_drivers,
    market_memo,
    sliders,
    supply_fleet,
    token_market,
)
from token_economics.headlines.market_drivers import USD_BILLION, MarketRecord
from token_economics.methods import summaries
from token_economics.methods.arrays import FloatArray
from token_economics.models import market, rebound, rents, spending, supply

Reduce = Callable[[market.MarketPath, MarketRecord], list[FloatArray]]

DRAWS_EACH = 512  # at every combination of stops
MONTHS_AHEAD = 60
NEXT, HORIZON = token_market.NEXT, token_market.HORIZON


# The solved market -----------------------------------------------------------------------------


def outcome_sliders(book: Book) -> pd.DataFrame:
    """Sliders of the summary: what supply and demand of the market lean on most."""
    growth = {
        "dram": "dram_bit_growth_per_year",
        "agents": "agentic_task_growth_log_per_year",
    }
    return _at_ends_and_quartiles(book, growth, TOKENS_A_TASK)


TOKENS_A_TASK = {"tokens": "tokens_per_task_growth_log_per_year"}


def _at_ends_and_quartiles(
    book: Book, ends: Mapping[str, str], quartiles: Mapping[str, str]
) -> pd.DataFrame:
    """Some assumptions at their ends and value; those that decide more at their quartiles too."""
    parts = [sliders.stops(book, ends, sliders.ENDS), sliders.stops(book, quartiles)]
    return pd.concat(parts, ignore_index=True)


def outcomes(book: Book, moved: pd.DataFrame) -> pd.DataFrame:
    """Results of the solved market at every combination of stops, a row each.

    Columns: the sliders, outcome, result (its id), unit, low, value, high (5, 50, 95 % of draws; a
    chance has no range) and run, the run's own value: what stands there at rest.
    """
    grid, tables = _landed(book, moved, _outcomes, [outcome.kind for outcome in OUTCOMES])
    return pd.concat(
        [
            pd.concat([grid, table], axis=1).assign(
                outcome=outcome.label, result=outcome.result, unit=outcome.unit
            )
            for outcome, table in zip(OUTCOMES, tables, strict=True)
        ],
        ignore_index=True,
    )


def _landed(
    book: Book, moved: pd.DataFrame, reduce: Reduce, kinds: Sequence[str]
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Combinations of stops, and a table for each part of ``reduce``: low, value, high and run.

    Every stop is solved with few draws. What that leaves to chance is taken out: the numbers of
    all stops are scaled by what makes those at rest the run's own, found with all of its draws.
    """
    facts = token_market.record()
    grid, found = sliders.at_each(
        book, moved, lambda draws: _solved(draws, facts, reduce), draws_each=DRAWS_EACH
    )
    whole = reduce(market_memo.solve(book.draws(), facts), facts)
    place, tables = sliders.at_rest(grid, moved), []
    for drawn, run, kind in zip(found.values(), whole, kinds, strict=True):
        points, own = _points(drawn, kind), _points(run, kind)
        low, value, high = (
            sliders.landed(at, rest=float(at[place]), run=float(to), kind=kind)
            for at, to in zip(points, own, strict=True)
        )
        ends = {"low": np.minimum(low, value), "value": value, "high": np.maximum(high, value)}
        tables.append(pd.DataFrame(ends).assign(run=float(own[1])))
    return grid, tables


def _points(drawn: FloatArray, kind: str) -> tuple[FloatArray, ...]:
    """The 5, 50 and 95 % points over draws, the last axis; of a chance its mean three times."""
    if kind == sliders.CHANCE:
        return (np.asarray(drawn.mean(axis=-1)),) * 3
    return tuple(np.quantile(drawn, summaries.QUANTILES, axis=-1))


class Outcome(NamedTuple):
    """A number of the summary's chart: the headline result on which it lands, unit and kind."""

    label: str
    result: str
    unit: str
    kind: str


USD_A_YEAR = "USD billion a year"
OUTCOMES = (
    Outcome("Price of an hour of compute, end of 2027", "token_market.price_next", "USD", sliders.AMOUNT),
    Outcome("Price of an hour of compute, end of 2030", "token_market.price_at_horizon", "USD", sliders.AMOUNT),
    Outcome("Spending on tokens, end of 2027", "token_market.spend_next", USD_A_YEAR, sliders.AMOUNT),
    Outcome("Spending on tokens, end of 2030", "token_market.spend_at_horizon", USD_A_YEAR, sliders.AMOUNT),
    Outcome("Gross margin of labs, end of 2027", "token_market.margin_next", "share", sliders.PART),
    Outcome("Chance of more spent on cheaper tokens by 2030", "jevons_dynamics.market_both", "chance", sliders.CHANCE),
    Outcome("Chance of a glut, end of 2030", "token_market.below_cost_at_horizon", "chance", sliders.CHANCE),
)  # fmt: skip


def _outcomes(path: market.MarketPath, facts: MarketRecord) -> list[FloatArray]:
    """The results named in `OUTCOMES`, draws each."""
    next_, last = facts.quarters.index(NEXT), facts.quarters.index(HORIZON)
    spend = path.spend.sum(axis=1)
    margin = rents.lab_gross_margin(
        spend_usd=spend[next_], hours_used=path.hours_used[next_], paid_price=path.paid_price[next_]
    )
    both = jevons_dynamics.to_horizon(path, facts)["market_both"]
    glut = path.price[last] < path.user_cost[last]
    return [
        path.price[next_],
        path.price[last],
        spend[next_] * supply.QUARTERS_PER_YEAR / USD_BILLION,
        spend[last] * supply.QUARTERS_PER_YEAR / USD_BILLION,
        margin,
        both,
        np.asarray(glut, dtype=np.float64),
    ]


def price_sliders(book: Book) -> pd.DataFrame:
    """Sliders of the market's page: the strongest of demand, and memory."""
    return _at_ends_and_quartiles(
        book,
        {"dram": "dram_bit_growth_per_year"},
        {"ceiling": "task_ceiling_multiple", **TOKENS_A_TASK},
    )


def prices(book: Book, moved: pd.DataFrame) -> pd.DataFrame:
    """Price of compute over its full cost at year ends, at every combination of stops.

    Columns: the sliders, date, low, value, high (5, 50, 95 % of draws), run (the run's own value)
    and below, the share of draws in which compute sells below full cost.
    """
    ends = [quarter for quarter in token_market.record().quarters if quarter.endswith("Q4")]
    kinds = [kind for _ in ends for kind in (sliders.AMOUNT, sliders.CHANCE)]
    grid, tables = _landed(book, moved, _year_ends, kinds)
    parts = [
        pd.concat([grid, ratio], axis=1).assign(
            date=quarters.end_date(quarter), below=below["value"]
        )
        for quarter, ratio, below in zip(ends, tables[::2], tables[1::2], strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def _year_ends(path: market.MarketPath, facts: MarketRecord) -> list[FloatArray]:
    """Price over full cost and whether it is below one, by turns, for each year's end."""
    ratios = [
        path.price[at] / path.user_cost[at]
        for at, quarter in enumerate(facts.quarters)
        if quarter.endswith("Q4")
    ]
    return [part for ratio in ratios for part in (ratio, np.asarray(ratio < 1, dtype=np.float64))]


def _solved(
    draws: Mapping[str, FloatArray], facts: MarketRecord, reduce: Reduce
) -> dict[str, FloatArray]:
    """What ``reduce`` makes of the solved market, by its place in the list that it returns."""
    return market.simulate_in_chunks(
        market_drivers.drivers(draws, facts),
        facts.quarters_ahead,
        reduce=lambda path: {str(at): part for at, part in enumerate(reduce(path, facts))},
        draws_per_chunk=token_market.DRAWS_PER_CHUNK,
    )


# Demand ----------------------------------------------------------------------------------------


def payroll_sliders(book: Book, results: pd.DataFrame) -> pd.DataFrame:
    """Sliders of spend against payroll: growth as the results estimate it, and how long it lasts."""
    growth = sliders.of_result(
        "growth", results, "median_growth",
        label="growth of the median firm's spend now (estimate)", unit="1/month",
    )  # fmt: skip
    assumed = sliders.even(
        book,
        {
            "half_life": "excess_growth_half_life_months",
            "signalling": "signalling_spend_share",
            "signalling_half_life": "signalling_half_life_months",
        },
    )
    return pd.concat([growth, assumed], ignore_index=True)


def payroll(book: Book) -> pd.DataFrame:
    """Spend on AI per employee over the mean US wage, by month ahead and cohort, point values.

    Columns: months, cohort, start (the ratio now), trend and growth (a month, in logs; before and
    since the break), run (the ratio at the run's assumptions).
    """
    facts = demand_explosion.record(book.seed)
    wage = float(evidence.series("macro", "mean_annual_wage", "All Occupations")["value"].iloc[-1])
    months = np.arange(MONTHS_AHEAD + 1.0)
    kept = spending.remaining_after_haircut(
        months,
        signalling_share=book["signalling_spend_share"],
        half_life_months=book["signalling_half_life_months"],
    )
    parts = []
    for key, name in demand_explosion.PROJECTED.items():
        cohort = facts.cohorts[key]
        start = 12 * cohort.last_spend_usd * book[f"{key}_spend_revision_ratio"] / wage
        growth = spending.fading_log_growth(
            months,
            trend_log_growth=cohort.before.log_growth,
            log_growth_now=cohort.since.log_growth,
            half_life_months=book["excess_growth_half_life_months"],
        )
        part = pd.DataFrame({"months": months, "cohort": name, "start": start})
        part = part.assign(trend=cohort.before.log_growth, growth=cohort.since.log_growth)
        parts.append(part.assign(run=start * np.exp(growth) * kept))
    return pd.concat(parts, ignore_index=True)


# Supply ----------------------------------------------------------------------------------------


def layer_sliders(book: Book) -> pd.DataFrame:
    """Sliders of the layers that limit additions."""
    return sliders.even(
        book,
        {
            "memory": "dram_bit_growth_per_year",
            "logic": "advanced_packaging_growth_per_year",
            "capex": "capex_growth_per_year",
            "power": "ai_power_growth_per_year",
        },
    )


def layers(book: Book, results: pd.DataFrame) -> pd.DataFrame:
    """What each layer allows and what is added by quarter, at the book's point values.

    Power is given back by no accelerator that is added on the path. Columns: ahead [quarters],
    date; <layer>_start [M H100e a quarter] and <layer>_rest [1], the growth factor of a flow layer
    apart from its slider; power_start [GW], power_base [GW], kw_new [kW]; run_added [M H100e]; of
    compute in service three years on, kept, the part of a quarter's additions that is in it, old,
    what is from before the path [M H100e], landed [1] and run_in_service [M H100e].
    """
    points, facts = book.points(), supply_fleet.record()
    paths = supply_fleet.solve(points, facts)
    base = paths.shipped_h100e[:, len(facts.quarters) - 1]
    flows, power = supply_fleet.layers(points, facts)
    path_quarters = quarters.span(facts.quarters[-1], facts.horizon)[1:]
    ahead = np.arange(1.0, len(path_quarters) + 1)
    added = supply.project_additions(
        flows,
        power,
        base_additions=base,
        quarters=len(path_quarters),
        life_years=np.array([ahead[-1]]),
    ).h100e[0]
    history = paths.shipped_h100e[0, : len(facts.quarters)]
    then = len(facts.quarters) - 1 + supply_fleet.THREE_YEARS
    left = _in_service(points, paths.shipped_h100e.shape[1], then)
    old, kept = float(history @ left[: len(history)]), left[len(history) :]
    run = sliders.run_value(results, "compute_in_three_years")
    moved = layer_sliders(book).set_index("param")["value"]
    own = {"logic_packaging": "logic", "dram_hbm": "memory", "finance": "capex"}
    columns: dict[str, object] = {}
    for layer in flows:
        name = own[layer.name]
        columns[f"{name}_start"] = base.item() * (1 + layer.headroom.item()) / 1e6
        columns[f"{name}_rest"] = (1 + layer.growth_per_year.item()) / (1 + moved[name])
    return pd.DataFrame(
        {
            "ahead": ahead,
            "date": [quarters.end_date(quarter) for quarter in path_quarters],
            **columns,
            "power_start": power.base_draw_gw * (1 + power.headroom.item()),
            "power_base": power.base_draw_gw,
            "kw_new": power.kw_new(ahead)[0],
            "run_added": added / 1e6,
            "kept": kept,
            "old": old / 1e6,
            "landed": sliders.landing(run, (old + float(added @ kept)) / 1e6),
            "run_in_service": run,
        }
    )


def _in_service(points: Mapping[str, FloatArray], quarters_shipped: int, then: int) -> FloatArray:
    """Part of each quarter's shipments that is in service at the end of a quarter. [share]"""
    one_each = np.eye(quarters_shipped)
    return supply.fleet_in_service(
        one_each,
        lag_quarters=points["energisation_lag_quarters"],
        failure_rate=points["gpu_failure_rate_per_year"],
        life_years=points["gpu_useful_life_years"],
    )[:, then]


# Rebound ---------------------------------------------------------------------------------------


def phase_sliders(book: Book, *, years: int = jevons_dynamics.YEARS_AHEAD) -> pd.DataFrame:
    """Sliders of the phase diagram, and the place in it."""
    low, value, high = summaries.quantiles(np.expm1(_capacity(book, years)))
    place = sliders.estimated(
        "compute", label="growth of compute in service (supply model)", unit="1/year",
        value=value, low=low, high=high, result="supply_constraints.compute_growth",
    )  # fmt: skip
    assumed = sliders.even(
        book,
        {
            "shift": "token_demand_shift_per_year",
            "efficiency": "raw_tokens_per_h100e_growth_per_year",
            "elasticity": "market_demand_elasticity_magnitude",
        },
    )
    return pd.concat([assumed, place], ignore_index=True)


def _capacity(book: Book, years: int) -> FloatArray:
    return jevons_dynamics.growth(book.draws(), jevons_dynamics.record(), years=years).capacity


def phase(book: Book, *, years: int = jevons_dynamics.YEARS_AHEAD) -> pd.DataFrame:
    """Growth of compute above which price, rent and spending fall, by size of the elasticity.

    Columns: elasticity; token_price, rent, spend [times a year], the run's turning points, cut at
    ``highest``; left, right, low, high, today's 90 % range of elasticity and of compute.
    """
    sizes = np.linspace(0.15, 1.75, 65)
    turning = rebound.turning_points(
        demand_shift=float(np.log1p(book["token_demand_shift_per_year"])),
        efficiency_growth=float(np.log1p(book["raw_tokens_per_h100e_growth_per_year"])),
        own_price_elasticity=-sizes,
    )
    draws = book.draws()["market_demand_elasticity_magnitude"]
    left, _, right = summaries.quantiles(draws)
    low, _, high = summaries.quantiles(np.exp(_capacity(book, years)))
    edges = (turning.token_price, turning.compute_price, turning.spend)
    cut = [np.exp(np.clip(edge, 0.0, np.log(HIGHEST_GROWTH))) for edge in edges]
    columns = dict(zip(("token_price", "rent", "spend"), cut, strict=True))
    return pd.DataFrame({"elasticity": sizes, **columns}).assign(
        left=left, right=right, low=low, high=high
    )


HIGHEST_GROWTH = 8.0  # times a year, the top of the diagram


# Claims ----------------------------------------------------------------------------------------


def agreement_sliders(book: Book) -> pd.DataFrame:
    """Sliders of the verdicts: how near is near, and what a half-right claim counts."""
    return sliders.even(
        book, {"margin": "agreement_margin_share", "weight": "partly_supported_weight"}
    )


def agreement(book: Book, results: pd.DataFrame) -> pd.DataFrame:
    """Claimed figures by their gap to the record, nearest first.

    Columns: label, claimed, record, gap [share, at least a hundredth for the log axis], log_gap,
    nearer (figures with a gap as small or smaller), run (whether it agrees at the run's margin);
    supported, partly and judged claims; landed, what the share that holds is scaled by [1].
    """
    facts = claims_and_predictions.record()
    table = claims_and_predictions.claimed_against_record().sort_values(
        ["log_gap", "claim_id"], ignore_index=True
    )
    rest = claims_and_predictions.headlines(book.points(), facts)["share_held"].item()
    run = sliders.run_value(results, "share_held")
    gap = np.maximum(np.expm1(table["log_gap"].to_numpy(dtype=np.float64)), LEAST_GAP)
    return pd.DataFrame(
        {
            "label": table["label"],
            "claimed": table["claimed"],
            "record": table["record"],
            "gap": gap,
            "log_gap": table["log_gap"],
            "nearer": np.arange(1, len(table) + 1),
            "run": table["log_gap"] <= np.log1p(book["agreement_margin_share"]),
            "supported": facts.supported,
            "partly": facts.partly,
            "judged": facts.judged,
            "landed": sliders.landing(run, rest),
        }
    )


LEAST_GAP = 0.01
