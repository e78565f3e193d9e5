"""What should be measured next: how far each measurement would narrow each headline.

Two kinds of measurement: an assumption that became known without error, which nobody can buy as
such, and four quarters more of a series that somebody publishes, seen with the error that the table
of targets states. Both are asked of the run's own draws, so a run whose draws are conditioned on the
record is asked what it does not know yet; how much of the record it has not taken in is measured the
same way. What is learnt is learnt about this model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from token_economics.book.assumptions import Book
from token_economics.book.draws import Draws
from token_economics.evidence import tables
from token_economics.headlines import phantom_gdp, rows, supply_constraints, token_market
from token_economics.headlines.market import (
    market_calibration,
    market_drivers,
    market_memo,
    supply_fleet,
)
from token_economics.headlines.market.market_drivers import MarketRecord
from token_economics.headlines.market.market_memo import Solve
from token_economics.headlines.token_market import HORIZON, NEXT, NOW
from token_economics.methods.arrays import FloatArray
from token_economics.methods.sensitivity import NORMAL_95, ranks_within
from token_economics.methods.value_of_information import (
    expected_reductions,
    level_and_change,
    seen_with_error,
)
from token_economics.models import supply
from token_economics.models.market import MarketPath

TOPIC = "what_to_measure"
QUARTERS_SEEN = 4
ALL, RECORD, CHANCE, OTHERS = "all", "record", "chance", "others"


class Narrowed(NamedTuple):
    """A headline that is to be narrowed: its names, its quarter, and the scale its variance is on."""

    short: str
    what: str
    period: str
    scale: Callable[[FloatArray], FloatArray]


class Published(NamedTuple):
    """A series that is published: its name, the target whose tolerance it is seen with, its rows."""

    label: str
    target: str
    rows: Callable[[], pd.DataFrame]


def _by_rank(values: FloatArray) -> FloatArray:
    """For a result with a heavy tail, so that it is not judged by its largest draw."""
    return ranks_within(values, values)


HEADLINES = {
    "price_over_cost_next": Narrowed("Price over cost", "compute's price over its cost", NEXT, np.log),
    "price_over_cost_at_horizon": Narrowed(
        "Price over cost", "compute's price over its cost", HORIZON, np.log
    ),
    "below_cost_at_horizon": Narrowed("Glut or not", "whether there is a glut", HORIZON, np.positive),
    "spend_at_horizon": Narrowed("Spending", "what is spent on tokens", HORIZON, np.log),
    "memory_price_next": Narrowed("Memory's price", "memory's contract price", NEXT, np.log),
    "phantom_share": Narrowed("Missed by GDP", "what GDP misses, by rank", NOW, _by_rank),
}  # fmt: skip


def _rows_of(table: str, variable: str, *entities: str) -> Callable[[], pd.DataFrame]:
    return lambda: tables.series(table, variable, *entities)


def _outcomes_of_memory() -> pd.DataFrame:
    return supply_fleet.dram_changes().query("what == 'Outcome'")


SERIES = {
    "rent": Published("H100 one-year contracts", "rent_2026q3", supply_fleet.rentals),
    "revenue": Published(
        "Revenue of generative AI",
        "revenue_2026q2",
        _rows_of("revenue", "revenue_run_rate", "Generative AI, deduplicated"),
    ),
    "margin": Published(
        "Gross margin of labs",
        "margin_2026q2",
        _rows_of("margins", "inference_margin", "Anthropic"),
    ),
    "tokens": Published(
        "Growth of Google's tokens",
        "token_growth",
        _rows_of("token-volumes", "tokens_per_month", "Google, all surfaces"),
    ),
    "chip_revenue": Published(
        "Growth of Nvidia's revenue",
        "chip_revenue_growth",
        _rows_of("chipmakers", "data_center_revenue", "Nvidia"),
    ),
    "shipped": Published(
        "Growth of compute shipped",
        "chip_revenue_growth",
        _rows_of("ai-chips", "h100e_shipped_cumulative"),
    ),
    "capex": Published(
        "Growth of capital expenditure",
        "chip_revenue_growth",
        _rows_of("hyperscaler-capex", "capex"),
    ),
    "memory": Published("DRAM contract price", "rent_growth", _outcomes_of_memory),
}


class Asked(NamedTuple):
    """Draws of what is asked and of what could be seen.

    headlines: on the scale on which variance counts, a value a draw; recorded, coming: true values
    of each series in the quarters since the base and in those that would be seen, quarters x draws,
    in logs, margins as shares; error_sd of each, in its unit; assumptions: those that a headline
    reads; origin: the draw that each is a copy of.
    """

    headlines: dict[str, FloatArray]
    recorded: dict[str, FloatArray]
    coming: dict[str, FloatArray]
    error_sd: dict[str, float]
    assumptions: dict[str, FloatArray]
    origin: NDArray[np.int_]


def asked(book: Book, solve: Solve = market_memo.solve) -> Asked:
    """The run's draws of the headlines, of the series in the year after the record, and of the book."""
    facts, read = market_drivers.record(), set[str]()
    known = book.draws()
    draws = Draws(known, known.__getitem__, read)
    found = {
        **token_market.headlines(draws, facts, solve),
        **phantom_gdp.headlines(draws, phantom_gdp.record()),
    }
    series = modelled(solve(draws, facts), draws, facts)
    begins = facts.quarters.index(NOW) + 1
    drawn = {name: draws[name] for name in sorted(read & set(book.stored))}
    return Asked(
        {name: each.scale(found[name]) for name, each in HEADLINES.items()},
        {name: values[1:begins] for name, values in series.items()},
        {name: values[begins : begins + QUARTERS_SEEN] for name, values in series.items()},
        error_sd(),
        drawn,
        _origin(book),
    )


def _origin(book: Book) -> NDArray[np.int_]:
    """Which of the draws that the record leaves each draw of the book is a copy of."""
    left = book.record.ensemble() if book.record else None
    chosen = np.arange(book.n_draws) if left is None else left.chosen(book.n_draws)
    return np.asarray(np.unique(chosen, return_inverse=True)[1].ravel(), dtype=np.int_)


def modelled(
    path: MarketPath, draws: Mapping[str, FloatArray], facts: MarketRecord
) -> dict[str, FloatArray]:
    """Every series as the market has it, quarters x draws; in logs, but for the margin [share].

    Growth is over the base quarter; that of capital expenditure is of what buyers can pay for
    accelerators, over what they paid. Where orders stop a series counts as `STOPPED`.
    """
    made, paid = path.additions / path.additions[0], path.additions * path.accelerator_price
    tokens = path.tokens.sum(axis=1)
    trend = path.drivers.fleet.price_trend[: len(made)]  # money is counted in units at this price
    money = path.limits[:, supply.LAYERS.index("finance")] * trend
    positive = {
        "rent": path.price / draws["h100e_rent_over_h100_contract_ratio"],
        "revenue": path.spend.sum(axis=1),
        "tokens": tokens / tokens[0],
        "chip_revenue": paid / paid[0],
        "shipped": made,
        "capex": money / paid[0],
        "memory": supply_constraints.memory_price(draws, made, facts),
    }
    logs = {
        name: np.log(np.maximum(values, market_calibration.STOPPED))
        for name, values in positive.items()
    }
    return {**logs, "margin": token_market.lab_margin(path)}


def error_sd() -> dict[str, float]:
    """Standard error of one figure of each series: its target's tolerance, taken as a 90 % band.

    In log points, of the margin as a share.
    """
    stated = {str(row["id"]): row for row in tables.read("calibration-targets").to_dict("records")}
    found = {}
    for name, series in SERIES.items():
        target = stated[series.target]
        wide = float(target["tolerance"])
        logs = {"share": np.log1p(wide), "points": wide, "factor": np.log(wide)}
        found[name] = float(logs[str(target["tolerance_kind"])]) / NORMAL_95
    return found


def measurements(
    asked: Asked, *, seed: int, error_multiple: float = 1.0
) -> dict[str, list[FloatArray]]:
    """Level and change of each series over the year as it would be seen; then of several together.

    ``error_multiple`` widens or narrows every error. The last two are checks: what all series say
    in the quarters of the record, which draws that are conditioned on it have taken in, and a
    series of nothing but error, which must take nothing away.
    """
    rng = np.random.default_rng([seed, len(TOPIC)])

    def seen(true: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        return {
            name: level_and_change(
                seen_with_error(true[name], error_sd=error_multiple * sd, rng=rng)
            )
            for name, sd in asked.error_sd.items()
        }

    coming, recorded = seen(asked.coming), seen(asked.recorded)
    chance = level_and_change(rng.standard_normal((QUARTERS_SEEN, asked.origin.size)))
    return {
        **{name: [each] for name, each in coming.items()},
        ALL: [*coming.values()],
        RECORD: [*recorded.values()],
        CHANCE: [chance],
    }


# Results ---------------------------------------------------------------------------------------


def if_seen(asked: Asked, book: Book, *, error_multiple: float = 1.0) -> pd.DataFrame:
    """What a year more of each series would take away; columns as `expected_reductions` gives them."""
    return expected_reductions(
        asked.headlines,
        measurements(asked, seed=book.seed, error_multiple=error_multiple),
        origin=asked.origin,
        rng=np.random.default_rng([book.seed, QUARTERS_SEEN]),
    )


def if_known(asked: Asked, book: Book) -> pd.DataFrame:
    """What each assumption would take away, were it known; columns as `if_seen`'s.

    Its first-order effect, by the same regression as a series is, since draws that the record
    leaves have copies, which bins of draws would count as so many draws.
    """
    return expected_reductions(
        asked.headlines,
        {name: [drawn[None]] for name, drawn in asked.assumptions.items()},
        origin=asked.origin,
        rng=np.random.default_rng([book.seed, QUARTERS_SEEN]),
    )


def said_of(asked: Asked, book: Book, names: list[str]) -> pd.DataFrame:
    """What a year more of all series together would say of some assumptions; columns as `if_seen`'s."""
    return expected_reductions(
        {name: asked.assumptions[name] for name in names},
        {ALL: measurements(asked, seed=book.seed)[ALL]},
        origin=asked.origin,
        rng=np.random.default_rng([book.seed, QUARTERS_SEEN]),
    )


def by_measurement(found: pd.DataFrame) -> pd.DataFrame:
    """Measurements down, headlines across: the share of variance that goes.

    The best on average first, checks last.
    """
    wide = found.pivot(index="input", columns="result", values="learnt")[list(HEADLINES)]
    worth = wide.mean(axis=1).mask(wide.index.isin([RECORD, CHANCE]), -1.0)
    return wide.loc[worth.sort_values(ascending=False, kind="stable").index]


def results(
    book: Book,
    *,
    run: Asked | None = None,
    seen: pd.DataFrame | None = None,
    known: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Headline results: the best series and the strongest assumption of each headline and on average.

    Of `asked`, `if_seen` and `if_known`, what a notebook made is given.
    """
    run = asked(book) if run is None else run
    seen = if_seen(run, book) if seen is None else seen
    known = if_known(run, book) if known is None else known
    found = [row for name in HEADLINES for row in _of_headline(name, seen, known, book)]
    return pd.DataFrame(rows.in_order(TOPIC, [*found, *_on_average(seen, known, run, book)]))


def _of_headline(
    name: str, seen: pd.DataFrame, known: pd.DataFrame, book: Book
) -> list[dict[str, object]]:
    """What takes most of one headline's variance, by kind of measurement."""
    own, strongest = (part[part["result"] == name].set_index("input") for part in (seen, known))
    best, first = (str(part["learnt"].idxmax()) for part in (own.loc[list(SERIES)], strongest))
    coming, recorded = _spans()
    drawn = {
        "series": own.loc[best],
        "all_series": own.loc[ALL],
        "record": own.loc[RECORD],
        "assumption": strongest.loc[first],
    }
    return rows.of_topic(
        TOPIC,
        {f"{kind}_{name}": _with_interval(row) for kind, row in drawn.items()},
        what=f"{HEADLINES[name].what} in {HEADLINES[name].period[:4]}",
        period=HEADLINES[name].period,
        series=SERIES[best].label,
        assumption=book.row(first).label,
        seen=coming,
        recorded=recorded,
    )


def _on_average(
    seen: pd.DataFrame, known: pd.DataFrame, run: Asked, book: Book
) -> list[dict[str, object]]:
    """What takes most on average over the headlines, and what the series say of the strongest assumption."""
    mean, strongest = (by_measurement(part).mean(axis=1) for part in (seen, known))
    best, (first, second) = leading(seen, known)
    said = said_of(run, book, [first, second])
    coming, recorded = _spans()
    return rows.of_topic(
        TOPIC,
        {
            "headlines_led": float(_led(seen)[best]),
            "series_on_average": float(mean[best]),
            "all_series_on_average": float(mean[ALL]),
            "record_on_average": float(mean[RECORD]),
            "assumption_on_average": float(strongest[first]),
            "second_on_average": float(strongest[second]),
            "said_of_assumption": _with_interval(said.iloc[0]),
            "said_of_second": _with_interval(said.iloc[1]),
        },
        series=SERIES[best].label,
        assumption=book.row(first).label,
        second=book.row(second).label,
        count=rows.count_in_words(len(HEADLINES)),
        asked=str(len(HEADLINES)),
        seen=coming,
        recorded=recorded,
    )


def _with_interval(row: Any) -> tuple[float, float, float]:
    return float(row["learnt_low"]), float(row["learnt"]), float(row["learnt_high"])


def _spans() -> tuple[str, str]:
    """The quarters that would be seen, and those of the record after the base quarter."""
    known = market_drivers.record().quarters
    begins = known.index(NOW) + 1
    return (
        f"{known[begins]} to {known[begins + QUARTERS_SEEN - 1]}",
        f"{known[1]} to {NOW}",
    )


# Tables and words --------------------------------------------------------------------------------


def labelled(frame: pd.DataFrame) -> pd.DataFrame:
    """`by_measurement` with names that a reader knows: measurements down, headlines across."""
    names = {
        **{name: series.label for name, series in SERIES.items()},
        ALL: "All of these series",
        RECORD: "Check: all in the record's quarters",
        CHANCE: "Check: a series of nothing but error",
        OTHERS: "If known: any other assumption, at most",
    }
    down = [names.get(str(name)) or f"If known: {rows.in_words(str(name))}" for name in frame.index]
    across = [f"{HEADLINES[name].short}, {HEADLINES[name].period[:4]}" for name in frame.columns]
    return frame.set_axis(down).set_axis(across, axis=1)


def strongest(known: pd.DataFrame, count: int) -> pd.DataFrame:
    """`by_measurement` of the assumptions that take most of some headline, and the most of any other."""
    wide = by_measurement(known)
    first = wide.max(axis=1).sort_values(ascending=False, kind="stable").index[:count]
    kept, rest = wide[wide.index.isin(first)], wide[~wide.index.isin(first)]
    other = rest.max().to_frame(OTHERS).T
    return pd.concat([kept, other])


def published() -> pd.DataFrame:
    """Who publishes each series, the last period it was read for, and the error it is given.

    Columns: series, publisher, last, figures, error (standard error of a figure: log points, of the
    margin points), source_id.
    """
    publishers = {
        str(row["id"]): str(row["publisher"]) for row in tables.read("sources").to_dict("records")
    }
    errors, found = error_sd(), []
    for name, series in SERIES.items():
        known = series.rows()
        last = known.sort_values("period", kind="stable").iloc[-1]
        found.append(
            {
                "series": series.label,
                "publisher": publishers[str(last["source_id"]).split()[0]],
                "last": last["period"],
                "figures": len(known),
                "error": errors[name],
                "source_id": last["source_id"],
            }
        )
    return pd.DataFrame(found)


def answer(frame: pd.DataFrame, book: Book, *, seen: pd.DataFrame, known: pd.DataFrame) -> str:
    """The answer's template: what to read on, what that leaves open, and what is not published."""
    value = {str(row["id"]): float(row["value"]) for row in frame.to_dict("records")}
    best, (first, second) = leading(seen, known)
    nearer = value["all_series_price_over_cost_next"] > value["all_series_below_cost_at_horizon"]
    little = max(value["said_of_assumption"], value["said_of_second"]) < 0.5
    return (
        f"Of what is published, {_lower(SERIES[best].label)} would narrow more headlines than any other: a "
        "year more is the best single series for {headlines_led:v}, and takes {series_on_average:v} of the "
        "variance on average. All series together take {all_series_on_average:v}; "
        "{record_on_average:v} would go if the draws took in all that the record of these series "
        "says. A year more says "
        f"{'more of the near than of the far' if nearer else 'no more of the near than of the far'}: "
        "{all_series_price_over_cost_next:v} goes of the price of compute over its cost in "
        "{assumption_price_over_cost_next:p}, {all_series_below_cost_at_horizon:v} of whether there "
        "is a glut in {assumption_below_cost_at_horizon:p}. Two assumptions matter most: "
        f"{book.row(first).label} ({{assumption_on_average:v}} if it were known), and "
        f"{book.row(second).label} ({{second_on_average:v}}). A year of all series takes "
        "{said_of_assumption:v} and {said_of_second:v} of their own variance"
        f"{', so they have to be measured by themselves' if little else ''}."
    )


def leading(seen: pd.DataFrame, known: pd.DataFrame) -> tuple[str, tuple[str, str]]:
    """The series that is the best for most headlines, and the two strongest assumptions on average.

    Not the series with the best mean: one that is a headline's own price reads that headline off and
    may say nothing of the others. Of two that lead as often, the one with the better mean.
    """
    led, assumptions = _led(seen), by_measurement(known).mean(axis=1)
    first, second = assumptions.nlargest(2).index
    return str(led.index[0]), (str(first), str(second))


def _led(seen: pd.DataFrame) -> pd.Series:
    """Headlines for which each series is the best, most first; then by mean."""
    wide = by_measurement(seen).loc[lambda table: table.index.isin(SERIES)]
    return (
        wide.idxmax()
        .value_counts()
        .reindex(wide.index, fill_value=0)
        .sort_values(ascending=False, kind="stable")
    )


def _lower(label: str) -> str:
    """A label inside a sentence: names and abbreviations keep their capitals."""
    return label if label[1].isupper() or label[1].isdigit() else label[0].lower() + label[1:]
