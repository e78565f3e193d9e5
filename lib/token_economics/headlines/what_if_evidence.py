"""Tables behind the charts that move on the pages of the record: a firm, a task, prices.

All of them are closed forms, which the page recomputes; the table holds the run.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book
from token_economics.headlines import (
    one_firm,
    price_of_tokens,
    price_response,
    sliders,
    token_market,
    where_tokens_go,
)
from token_economics.headlines.one_firm import Firm
from token_economics.methods import nested_demand
from token_economics.models import spending

MONTHS_AHEAD = 60


# One firm --------------------------------------------------------------------------------------


def firm_paces(firm: Firm) -> list[str]:
    """The pace that a slider moves, the firm's own if its figures identify one, and the fastest."""
    own = firm.paces[one_firm.OWN].status == "ok"
    first = one_firm.OWN if own else one_firm.PANEL["Median firm"]
    return [first, one_firm.PANEL["Top 1 %"]]


def firm_sliders(book: Book, firm: Firm, results: pd.DataFrame) -> pd.DataFrame:
    """Sliders of a firm's spend: its pace as the results estimate it, and how long it lasts."""
    pace = firm_paces(firm)[0]
    slug = "own_growth" if pace == one_firm.OWN else "median_growth"
    growth = sliders.of_result(
        "growth", results, slug,
        label=f"growth of spend now, {pace[0].lower()}{pace[1:]} (estimate)", unit="1/month",
    )  # fmt: skip
    lasts = sliders.even(book, {"half_life": "excess_growth_half_life_months"})
    return pd.concat([growth, lasts], ignore_index=True)


def firm_payroll(book: Book, firm: Firm) -> pd.DataFrame:
    """A firm's spend on tokens over its payroll, by month ahead and pace, point values.

    Columns: months, cohort (the pace), start (the ratio now), trend and growth (a month, in logs),
    run (the ratio at the run's assumptions).
    """
    months = np.arange(MONTHS_AHEAD + 1.0)
    start = firm.last_spend_musd / firm.payroll_musd
    parts = []
    for pace in firm_paces(firm):
        growth, trend = firm.paces[pace].log_growth, firm.trends[pace]
        ahead = spending.fading_log_growth(
            months,
            trend_log_growth=min(trend, growth),
            log_growth_now=growth,
            half_life_months=book["excess_growth_half_life_months"],
        )
        part = pd.DataFrame({"months": months, "cohort": pace, "start": start})
        parts.append(part.assign(trend=trend, growth=growth, run=start * np.exp(ahead)))
    return pd.concat(parts, ignore_index=True)


# A task ----------------------------------------------------------------------------------------


def task_sliders(book: Book) -> pd.DataFrame:
    """Sliders of what an accepted task costs."""
    return sliders.even(
        book,
        {"accepted": "accepted_share_of_attempts", "review": "review_share_of_task_cost"},
    )


def task_cost(book: Book, results: pd.DataFrame) -> pd.DataFrame:
    """Cost of an accepted agentic task now if only the price of tokens moved.

    The market at point values says what tokens and review have become since the base quarter, for
    which the book's shares hold; the cost is then landed on the run's. Columns: multiple (price of
    tokens over that of ``quarter``), quarter, attempt (tokens of one attempt then) [USD],
    attempt_at_base [USD], review_rise [1], landed [1], run [USD].
    """
    market = where_tokens_go.solve(book.points(), where_tokens_go.record())
    now = market.quarter(token_market.NOW)
    tokens, review = (part[:, 0] for part in where_tokens_go.agent_task_cost(market))
    landed = sliders.landing(
        sliders.run_value(results, "task_cost"), float(tokens[now] + review[now])
    )
    multiple = np.geomspace(0.01, 3.0, 41)
    accepted = book["accepted_share_of_attempts"]
    return pd.DataFrame(
        {
            "multiple": multiple,
            "quarter": token_market.NOW,
            "attempt": tokens[now] * accepted,
            "attempt_at_base": tokens[0] * accepted,
            "review_rise": review[now] / review[0],
            "landed": landed,
            "run": landed * (tokens[now] * multiple + review[now]),
        }
    )


# Prices ----------------------------------------------------------------------------------------


def response_sliders(book: Book, results: pd.DataFrame) -> pd.DataFrame:
    """Sliders of what one seller's price cut shows: the cut that was seen, and the prior."""
    value, low, high = _seen_response(results)
    own = sliders.estimated(
        "own", label="elasticity that Luna's cut showed, in size (part of its trend taken out)",
        unit="1", value=value, low=low, high=high,
    )  # fmt: skip
    prior = sliders.even(book, {"elasticity": "market_demand_elasticity_magnitude"})
    return pd.concat([own, prior], ignore_index=True)


def _seen_response(results: pd.DataFrame) -> tuple[float, float, float]:
    """What Luna's cut showed, in size, with its 90 % interval."""
    seen = results[results["id"] == "luna_arc_part_trend"]
    value, low, high = (-float(seen[name].iloc[0]) for name in ("value", "high", "low"))
    return value, low, high


def own_response(book: Book, results: pd.DataFrame) -> pd.DataFrame:
    """Elasticity of a seller's tokens by its share of spending, once one small seller was seen.

    Columns: share, seen_share (the most that Luna can have had), run (in size).
    """
    seen_share = price_response.luna_share()
    size = book["market_demand_elasticity_magnitude"]
    own, _, _ = _seen_response(results)
    shares = np.sort(np.append(np.geomspace(0.001, 1.0, 60), seen_share))
    response = nested_demand.own_elasticity(
        substitution=(own - size * seen_share) / (1 - seen_share),
        share=shares,
        market_elasticity=-size,
    )
    return pd.DataFrame({"share": shares, "seen_share": seen_share, "run": -response})


def paid_sliders(book: Book) -> pd.DataFrame:
    """Sliders of the price paid over the list price."""
    return sliders.even(
        book,
        {
            "cache": "cache_hit_share",
            "cached": "cached_price_ratio",
            "input": "input_token_share",
            "ratio": "output_over_input_price_ratio",
        },
    )


def price_paid(book: Book, results: pd.DataFrame) -> pd.DataFrame:
    """Price paid over the list price of three to one, by share of input from the cache.

    Columns: cache, run (at the run's other assumptions), landed [1].
    """
    cache = np.linspace(0.0, 1.0, 51)
    points = {name: np.full(cache.size, float(at[0])) for name, at in book.points().items()}
    paid = price_of_tokens.paid_over_list({**points, "cache_hit_share": cache})
    rest = float(price_of_tokens.paid_over_list(book.points())["paid_over_list_now"][0])
    landed = sliders.landing(sliders.run_value(results, "paid_over_list_now"), rest)
    return pd.DataFrame(
        {"cache": cache, "run": landed * paid["paid_over_list_now"], "landed": landed}
    )


# Deflators -------------------------------------------------------------------------------------

STEEPEST_FALL = 0.1  # log points a year, the right end of the chart


def deflator_sliders(book: Book, results: pd.DataFrame) -> pd.DataFrame:
    """Sliders of what deflators miss: their catch, and legal productivity as estimated."""
    catch = sliders.even(book, {"capture": "deflator_capture_share"})
    legal = sliders.of_result(
        "legal", results, "legal_tfp",
        label="measured productivity growth of legal services (estimate)", unit="1/year",
    )  # fmt: skip
    return pd.concat([catch, legal], ignore_index=True)


def output_missed(book: Book) -> pd.DataFrame:
    """Growth of output that a deflator misses, by fall of the true price against wages.

    Columns: fall, run. [log points a year]
    """
    fall = np.linspace(0.0, STEEPEST_FALL, 41)
    return pd.DataFrame({"fall": fall, "run": (1 - book["deflator_capture_share"]) * fall})
