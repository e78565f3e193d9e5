"""One firm's page: what its figures say, what they do not, and what its payroll is compared with."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from token_economics.book.assumptions import AssumptionError, Book, override, read_book
from token_economics.evidence import tables
from token_economics.headlines import one_firm as topic
from token_economics.headlines import rows as headline
from token_economics.headlines.records import demand_record
from token_economics.models import firm_spend

SOURCES = "id,publisher,title,authors,published,accessed,url,licence,seen,note\nacme_2026,Acme,Ledger,,2026-09,2026-10,,own,original,\n"
HEADER = "period,entity,variable,value,low,high,unit,price_year,kind,stated,source_id,grade,note\n"
MONTHS = (41_000, 52_000, 55_000, 71_000, 70_000, 88_000, 97_000)
BOOK = read_book()


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A firm's own seven months and payroll, as the README's example has them."""
    write(tmp_path, MONTHS)
    monkeypatch.setenv("TOKEN_ECONOMICS_DATA", str(tmp_path))
    yield tmp_path


def about(firm: str) -> Book:
    """A run about another firm than the table's own."""
    return override(BOOK, {"firm_name": firm})


def months_to_payroll(firm: topic.Firm, pace: str, half_life_months: float) -> NDArray[np.float64]:
    """Draws of months until spend passes payroll, as the notebook computes them."""
    return firm_spend.months_until_passed(
        spend=firm.last_spend_musd,
        threshold=firm.payroll_musd,
        log_growth=topic.growth(firm, BOOK.n_draws)[pace],
        trend_log_growth=firm.trends[pace],
        half_life_months=half_life_months,
    )


def write(folder: Path, months: Iterable[float], payroll: str = "9.6", more: str = "") -> None:
    """The firm's source, months from March 2026 on, and payroll."""
    rows = "".join(
        f"2026-{month:02d},Acme,token_spend_month,{spend},,,USD per month,nominal,observed,,acme_2026,primary,\n"
        for month, spend in enumerate(months, start=3)
    )
    paid = f"2026,Acme,payroll,{payroll},,,USD million per year,nominal,observed,2026-09,acme_2026,primary,\n"
    (folder / "sources.csv").write_text(SOURCES, encoding="utf-8")
    (folder / "firm_spend.csv").write_text(HEADER + rows + more + paid, encoding="utf-8")


def test_three_figures_within_two_weeks_identify_no_growth() -> None:
    firm = topic.record(BOOK)
    rows = headline.check_results(topic.results(BOOK, firm=firm)).set_index("id")
    assert rows.loc["own_growth", "status"] == rows.loc["own_chance", "status"] == "not_identified"
    assert rows.loc["payroll_share", "value"] == pytest.approx(10.95 / 25)
    said = topic.answer(rows.reset_index(), firm)
    assert said.startswith("At SemiAnalysis, ") and "too few" in said


def test_without_a_pace_the_months_are_not_identified() -> None:
    months = months_to_payroll(topic.record(BOOK), topic.OWN, half_life_months=5.0)
    assert topic.in_words(months[None, :]) == ["not identified"]


def test_own_months_are_read_at_a_yearly_rate_and_give_a_pace(acme: Path) -> None:
    firm = topic.record(about("Acme"))
    assert firm.last_spend_musd == pytest.approx(12 * MONTHS[-1] / 1e6)
    rows = headline.check_results(topic.results(BOOK, firm=firm)).set_index("id")
    months = (firm.spend["date"].iloc[-1] - firm.spend["date"].iloc[0]).days / (365.25 / 12)
    pace = np.log(MONTHS[-1] / MONTHS[0]) / months
    assert rows.loc["own_growth", "value"] == pytest.approx(np.expm1(pace), rel=1e-3)
    assert rows.loc["payroll_share", "source_id"] == "acme_2026"
    assert "It has grown" in topic.answer(rows.reset_index(), firm)


def test_growth_that_lasts_longer_passes_payroll_more_often(acme: Path) -> None:
    firm = topic.record(about("Acme"))

    def chance(half_life: float) -> float:
        book = override(BOOK, {"excess_growth_half_life_months": half_life})
        rows = topic.results(book, firm=firm).set_index("id")
        return float(rows.loc["own_chance", "value"])

    assert chance(2) < chance(8) < chance(60)


def test_a_pace_that_fades_is_never_faster_than_one_that_holds(acme: Path) -> None:
    firm = topic.record(about("Acme"))
    holds = months_to_payroll(firm, topic.OWN, np.inf)
    fades = months_to_payroll(firm, topic.OWN, BOOK["excess_growth_half_life_months"])
    assert (fades >= holds).all()


def test_a_firm_without_payroll_or_months_is_named(acme: Path) -> None:
    with pytest.raises(AssumptionError, match="given 'Nobody'"):
        about("Nobody")
    table = (acme / "firm_spend.csv").read_text(encoding="utf-8")
    kept = [line for line in table.splitlines() if "token_spend_month" not in line]
    (acme / "firm_spend.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    tables._read.cache_clear()
    with pytest.raises(tables.EvidenceError, match="token_spend_month"):
        topic.record(about("Acme"))


def test_growth_fades_to_the_panels_earlier_pace_and_not_to_nothing() -> None:
    """The book's half-life is of growth beyond the trend, as on the page on demand."""
    firm = topic.record(BOOK)
    pace = topic.PANEL["Median firm"]
    before, since = demand_record.growth_since_break("Median firm", BOOK.seed)
    assert firm.trends[pace] == firm.trends[topic.OWN] == before.log_growth > 0
    middle = float(np.median(months_to_payroll(firm, pace, half_life_months=0.25)))
    distance = np.log(firm.payroll_musd / firm.last_spend_musd)
    from_excess = (since.log_growth - before.log_growth) * 0.25 / np.log(2)
    assert from_excess > 0
    assert middle == pytest.approx((distance - from_excess) / before.log_growth, rel=1e-3)


def test_a_bill_that_stands_still_has_an_answer(acme: Path) -> None:
    """Six equal months: a licence for a number of seats."""
    write(acme, [60_000] * 6)
    firm = topic.record(about("Acme"))
    rows = headline.check_results(topic.results(BOOK, firm=firm)).set_index("id")
    growth = rows.loc["own_growth"]
    assert growth["value"] == 0 and growth["low"] < -0.01 and growth["high"] > 0.01
    assert 0 < rows.loc["own_chance", "value"] < 0.05
    assert "It has stood still" in topic.answer(rows.reset_index(), firm)
    [shown] = topic.in_words(months_to_payroll(firm, topic.OWN, np.inf)[None, :])
    assert shown.startswith("over 1200 (") and shown.endswith("to never)")


def test_even_growth_is_no_surer_than_growth_of_the_panels_median_firm(acme: Path) -> None:
    """Ten per cent a month, six times over: the panel's spread, not 9.8 to 10.1."""
    write(acme, [round(50_000 * 1.1**month) for month in range(6)])
    firm = topic.record(about("Acme"))
    spread = demand_record.growth_spread("Median firm", BOOK.seed)
    assert spread == min(demand_record.growth_spread(c, BOOK.seed) for c in demand_record.COHORTS)
    months = (firm.spend["date"].iloc[-1] - firm.spend["date"].iloc[0]).days / (365.25 / 12)
    assert firm.paces[topic.OWN].standard_error == pytest.approx(spread / np.sqrt(months))
    growth = topic.results(BOOK, firm=firm).set_index("id").loc["own_growth"]
    assert growth["value"] == pytest.approx(0.1, abs=0.002)
    assert growth["high"] - growth["low"] > 0.06


def test_spread_of_the_panel_is_that_about_the_means_of_both_regimes() -> None:
    series = demand_record.spend_by_cohort()["Median firm"]
    growth = np.diff(np.log(series.to_numpy()))
    before = series.index[1:] < demand_record.common_break(BOOK.seed).estimated_date
    squares = sum(((part - part.mean()) ** 2).sum() for part in (growth[before], growth[~before]))
    found = demand_record.growth_spread("Median firm", BOOK.seed)
    assert found == pytest.approx(np.sqrt(squares / (growth.size - 2)))


def test_spend_that_falls_or_has_passed_payroll_is_said_so(acme: Path) -> None:
    write(acme, MONTHS[::-1])
    firm = topic.record(about("Acme"))
    assert "It has fallen" in topic.answer(topic.results(BOOK, firm=firm), firm)
    write(acme, MONTHS, payroll="1")
    _forget()
    firm = topic.record(about("Acme"))
    assert topic.answer(topic.results(BOOK, firm=firm), firm).endswith(
        "It has passed payroll already."
    )


def test_the_last_word_on_a_month_counts_and_a_plan_is_no_record(acme: Path) -> None:
    again = "2026-09,Acme,token_spend_month,98000,,,USD per month,nominal,observed,2026-10-05,acme_2026,primary,\n"
    plan = "2026-12,Acme,token_spend_month,500000,,,USD per month,nominal,plan,2026-09,acme_2026,primary,\n"
    write(acme, MONTHS, more=again + plan)
    firm = topic.record(about("Acme"))
    assert len(firm.spend) == len(MONTHS)
    assert firm.last_spend_musd == pytest.approx(12 * 98_000 / 1e6)


def _forget() -> None:
    """Rows read from a file that has changed since."""
    tables._read.cache_clear()
    tables._series.cache_clear()
