"""One firm's page: what its figures say, what they do not, and what its payroll is compared with."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from token_economics import evidence, headline
from token_economics.assumptions import override, read_book
from token_economics.topics import demand_record
from token_economics.topics import one_firm as topic

SOURCES = "id,publisher,title,authors,published,accessed,url,licence,seen,note\nacme_2026,Acme,Ledger,,2026-09,2026-10,,own,original,\n"
HEADER = "period,entity,variable,value,low,high,unit,price_year,kind,stated,source_id,grade,note\n"
MONTHS = (41_000, 52_000, 55_000, 71_000, 70_000, 88_000, 97_000)
BOOK = read_book()


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A firm's own seven months and payroll, as the README's example has them."""
    rows = "".join(
        f"2026-{month:02d},Acme,token_spend_month,{spend},,,USD per month,nominal,observed,,acme_2026,primary,\n"
        for month, spend in enumerate(MONTHS, start=3)
    )
    payroll = (
        "2026,Acme,payroll,9.6,,,USD million per year,nominal,observed,2026-09,acme_2026,primary,\n"
    )
    (tmp_path / "sources.csv").write_text(SOURCES, encoding="utf-8")
    (tmp_path / "firm_spend.csv").write_text(HEADER + rows + payroll, encoding="utf-8")
    monkeypatch.setenv("TOKEN_ECONOMICS_DATA", str(tmp_path))
    yield tmp_path


def test_three_figures_within_two_weeks_identify_no_growth() -> None:
    firm = topic.record("SemiAnalysis", BOOK)
    rows = headline.check_results(topic.results(firm, BOOK)).set_index("id")
    assert rows.loc["own_growth", "status"] == rows.loc["own_chance", "status"] == "not_identified"
    assert rows.loc["payroll_share", "value"] == pytest.approx(10.95 / 25)
    said = topic.answer(rows.reset_index(), firm)
    assert said.startswith("At SemiAnalysis, ") and "too few" in said


def test_own_months_are_read_at_a_yearly_rate_and_give_a_pace(acme: Path) -> None:
    firm = topic.record("Acme", BOOK)
    assert firm.last_spend_musd == pytest.approx(12 * MONTHS[-1] / 1e6)
    rows = headline.check_results(topic.results(firm, BOOK)).set_index("id")
    months = (firm.spend["date"].iloc[-1] - firm.spend["date"].iloc[0]).days / (365.25 / 12)
    pace = np.log(MONTHS[-1] / MONTHS[0]) / months
    assert rows.loc["own_growth", "value"] == pytest.approx(np.expm1(pace), rel=1e-3)
    assert rows.loc["payroll_share", "source_id"] == "acme_2026"
    assert "It has grown" in topic.answer(rows.reset_index(), firm)


def test_growth_that_lasts_longer_passes_payroll_more_often(acme: Path) -> None:
    firm = topic.record("Acme", BOOK)

    def chance(half_life: float) -> float:
        book = override(BOOK, {"excess_growth_half_life_months": half_life})
        rows = topic.results(firm, book).set_index("id")
        return float(rows.loc["own_chance", "value"])

    assert chance(2) < chance(8) < chance(60)


def test_a_pace_that_fades_is_never_faster_than_one_that_holds(acme: Path) -> None:
    months = topic.months_to_payroll(topic.record("Acme", BOOK), topic.OWN, BOOK)
    assert (months["fades"] >= months["holds"]).all()
    assert topic.crossings(topic.record("Acme", BOOK), BOOK)["pace"].iloc[0] == topic.OWN


def test_the_line_ahead_starts_at_the_last_figure(acme: Path) -> None:
    firm = topic.record("Acme", BOOK)
    ahead = topic.outlook(firm, BOOK).query("part == 'Ahead'")
    assert ahead["value"].iloc[0] == pytest.approx(firm.last_spend_musd)
    assert (ahead["low"] <= ahead["value"]).all() and (ahead["value"] <= ahead["high"]).all()


def test_a_firm_without_payroll_or_months_is_named(acme: Path) -> None:
    with pytest.raises(evidence.EvidenceError, match="no row of 'Nobody'"):
        topic.record("Nobody", BOOK)
    table = (acme / "firm_spend.csv").read_text(encoding="utf-8")
    kept = [line for line in table.splitlines() if "token_spend_month" not in line]
    (acme / "firm_spend.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    evidence._read.cache_clear()
    with pytest.raises(evidence.EvidenceError, match="token_spend_month"):
        topic.record("Acme", BOOK)


def test_growth_fades_to_the_panels_earlier_pace_and_not_to_nothing() -> None:
    """The book's half-life is of growth beyond the trend, as on the page on demand."""
    firm = topic.record("SemiAnalysis", BOOK)
    pace = topic.PANEL["Median firm"]
    before, since = demand_record.growth_since_break("Median firm", BOOK.seed)
    assert firm.trends[pace] == firm.trends[topic.OWN] == before.log_growth > 0
    at_once = override(BOOK, {"excess_growth_half_life_months": 0.25})
    middle = float(np.median(topic.months_to_payroll(firm, pace, at_once)["fades"]))
    distance = np.log(firm.payroll_musd / firm.last_spend_musd)
    from_excess = (since.log_growth - before.log_growth) * 0.25 / np.log(2)
    assert from_excess > 0
    assert middle == pytest.approx((distance - from_excess) / before.log_growth, rel=1e-3)
