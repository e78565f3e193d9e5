"""Tables behind the charts that move on the pages of the record: a firm, prices, deflators.

All of them are closed forms, which the page recomputes; the table holds the run.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from token_economics import spending
from token_economics.assumptions import Book
from token_economics.topics import one_firm, sliders
from token_economics.topics.one_firm import Firm

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
    estimate = results[results["id"] == slug]
    value, low, high = (float(estimate[name].iloc[0]) for name in ("value", "low", "high"))
    growth = sliders.estimated(
        "growth", label=f"growth of spend now, {pace[0].lower()}{pace[1:]} (estimate)",
        unit="1/month", value=value, low=low, high=high,
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
