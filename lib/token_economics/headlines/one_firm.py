"""One firm: its token spend beside its payroll, at its own pace of growth and at the panel's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from token_economics.book.assumptions import Book
from token_economics.evidence import tables
from token_economics.headlines import rows
from token_economics.headlines.records import demand_record
from token_economics.methods import summaries
from token_economics.methods.arrays import FloatArray
from token_economics.models import firm_spend
from token_economics.models.firm_spend import DAYS_PER_MONTH, Drift

TOPIC = "one_firm"
TABLE = "firm-spend"
MONTHS_PER_YEAR, USD_MILLION = 12, 1e6
OWN = "Its own figures"
PANEL = {"Median firm": "Panel's median firm", "Top 1 %": "Panel's top 1 %"}
SLUGS = {OWN: "own", PANEL["Median firm"]: "median", PANEL["Top 1 %"]: "top"}
AHEAD = ("forecast", "guidance", "plan")
HORIZON = pd.Timestamp("2030-12-31")
CENTURY_MONTHS = 1200


@dataclass(frozen=True)
class Firm:
    """A firm's spend (date, period, value in USD million a year, source_id), payroll, and paces.

    A pace is growth now; its trend is what the growth of the panel was before the common break, to
    which growth fades: of the same cohort, and of the median firm for the firm's own figures.
    """

    name: str
    spend: pd.DataFrame
    payroll_musd: float
    sources: list[str]
    paces: dict[str, Drift]
    trends: dict[str, float]
    seed: int

    @property
    def last_spend_musd(self) -> float:
        """Latest spend at a yearly rate. [USD million a year]"""
        return float(self.spend["value"].iloc[-1])

    @property
    def last_date(self) -> pd.Timestamp:
        """Day of the latest figure."""
        return pd.Timestamp(self.spend["date"].iloc[-1])


def record(book: Book) -> Firm:
    """What the tables hold on the firm of a run: months of spend, or a yearly rate on some days.

    Raises
    ------
    EvidenceError
        If there is no spend of that firm dated to a month or a day.
    """
    name = book.subject("firm_name")
    payroll = tables.series(TABLE, "payroll", name)
    spend = _spend(name)
    if spend.empty:
        raise tables.EvidenceError(
            f"{TABLE}: no spend of {name!r} dated to a month or a day; give rows of "
            "token_spend_month (USD per month) or ai_token_spend_annualised"
        )
    panel = {cohort: demand_record.growth_since_break(cohort, book.seed) for cohort in PANEL}
    own = firm_spend.drift(
        (spend["date"] - spend["date"].iloc[0]).dt.days.to_numpy(),
        spend["value"].to_numpy(),
        least_spread=min(demand_record.growth_spread(cohort, book.seed) for cohort in PANEL),
    )
    since = {PANEL[cohort]: Drift(*growth, "ok") for cohort, (_, growth) in panel.items()}
    trends = {PANEL[cohort]: before.log_growth for cohort, (before, _) in panel.items()}
    return Firm(
        name=name,
        spend=spend,
        payroll_musd=float(payroll["value"].iloc[-1]),
        sources=sorted({*spend["source_id"], str(payroll["source_id"].iloc[-1])}),
        paces={OWN: own} | since,
        trends={OWN: trends[PANEL["Median firm"]]} | trends,
        seed=book.seed,
    )


def _spend(name: str) -> pd.DataFrame:
    """Spend as recorded, at a yearly rate; of a figure that was stated again, the last word.

    What was planned or forecast is left out. [USD million a year]
    """
    frame = tables.read(TABLE)
    frame = frame[(frame["entity"] == name) & (frame["period"].str.len() >= len("2026-01"))]
    frame = frame[~frame["kind"].isin(AHEAD)]
    frame = frame.assign(value=frame["value"].fillna((frame["low"] + frame["high"]) / 2))
    monthly = frame[frame["variable"] == "token_spend_month"]
    monthly = monthly.assign(value=monthly["value"] * MONTHS_PER_YEAR / USD_MILLION)
    yearly = frame[frame["variable"] == "ai_token_spend_annualised"]
    chosen = monthly if len(monthly) else yearly
    columns = ["date", "period", "value", "source_id"]
    told = chosen.sort_values(["date", "stated"], kind="stable", na_position="first")
    return told.drop_duplicates("date", keep="last")[columns].reset_index(drop=True)


def growth(firm: Firm, n: int) -> dict[str, FloatArray]:
    """Draws of log growth a month at each pace: the t distribution of its estimate; else missing."""
    rng = np.random.default_rng(firm.seed)
    probability = (rng.permutation(n) + 0.5) / n
    return {
        pace: np.asarray(
            drift.log_growth
            + drift.standard_error * special.stdtrit(drift.degrees_of_freedom, probability)
        )
        for pace, drift in firm.paces.items()
    }


def results(book: Book, *, firm: Firm | None = None) -> pd.DataFrame:
    """Headline results of one firm; paces that its figures do not identify carry no number."""
    firm = firm or record(book)
    drawn = growth(firm, book.n_draws)
    half_life = book.draws()["excess_growth_half_life_months"]
    last = str(firm.spend["period"].iloc[-1])
    found = rows.of_topic(
        TOPIC,
        {"payroll_share": firm.last_spend_musd / firm.payroll_musd},
        sources={"payroll_share": firm.sources},
        firm=firm.name,
        last=last,
    )
    for pace, slug in SLUGS.items():
        known = firm.paces[pace].status == "ok"
        pair = _growth_and_chance(firm, pace, drawn[pace], half_life) if known else (None, None)
        found += rows.of_topic(
            TOPIC,
            {f"{slug}_growth": pair[0], f"{slug}_chance": pair[1]},
            firm=firm.name,
            horizon=str(HORIZON.year),
            last=last if known else "",
            ahead=f"{last} on" if known else "",
        )
    return pd.DataFrame(rows.in_order(TOPIC, found))


def _growth_and_chance(
    firm: Firm, pace: str, log_growth: FloatArray, half_life_months: FloatArray
) -> tuple[tuple[float, float, float], FloatArray]:
    """Growth of spend a month, and in which draws it passes payroll by the horizon."""
    low, value, high = summaries.quantiles(np.expm1(log_growth))
    if pace == OWN:  # what the figures say, and not the middle of its draws
        value = float(np.expm1(firm.paces[pace].log_growth))
    fades = firm_spend.months_until_passed(
        spend=firm.last_spend_musd,
        threshold=firm.payroll_musd,
        log_growth=log_growth,
        trend_log_growth=firm.trends[pace],
        half_life_months=half_life_months,
    )
    passed = fades <= (HORIZON - firm.last_date).days / DAYS_PER_MONTH
    return (low, value, high), passed.astype(np.float64)


def in_words(months: FloatArray) -> list[str]:
    """Median and 90 % interval of months until something happens, paces down and draws across."""
    ends = np.quantile(months, summaries.QUANTILES, axis=1, method="inverted_cdf")
    return [_in_words(low, middle, high) for low, middle, high in ends.T]


def _in_words(low: float, middle: float, high: float) -> str:
    if np.isnan(low):
        return "not identified"
    if np.isinf(low):
        return "never"
    return f"{_months(middle)} ({_months(low)} to {_months(high)})"


def _months(months: float) -> str:
    if months > CENTURY_MONTHS:
        return f"over {CENTURY_MONTHS}" if np.isfinite(months) else "never"
    return f"{months:.0f}"


def answer(frame: pd.DataFrame, firm: Firm) -> str:
    """A template of the answer's sentence, by what the figures identify."""
    status = frame.set_index("id")["status"]
    name = firm.name.replace("{", "{{").replace("}", "}}")
    start = f"At {name}, token spend is {{payroll_share}} of payroll. "
    if firm.last_spend_musd >= firm.payroll_musd:
        return start + "It has passed payroll already."
    if status["own_chance"] == "ok":
        return start + (
            f"{_moved(firm)}; if growth beyond the panel's earlier trend fades, spend "
            "passes payroll by the end of the decade with a chance of {own_chance:v}."
        )
    return start + (
        "Its own figures are too few to say how fast it grows. At the pace of the panel's median "
        "firm it passes payroll by the end of the decade with a chance of {median_chance:v}, at "
        "that of the top one per cent with {top_chance:v}, if growth beyond the earlier trend "
        "fades: arithmetic on a pace, and no forecast."
    )


def _moved(firm: Firm) -> str:
    """How spend has moved, as a template of the start of a sentence."""
    growth = firm.paces[OWN].log_growth
    if growth == 0:
        return (
            "It has stood still, which leaves its pace as open as that of the panel's median firm: "
            "{own_growth} a month"
        )
    return f"It has {'grown' if growth > 0 else 'fallen: growth is'} {{own_growth}} a month"
