"""Charts that move on the pages of the record: their formulas and tables are the library's."""

import numpy as np
import pytest
from test_what_if import grid, value_of

from token_economics import firm_spend
from token_economics.assumptions import Book, read_book
from token_economics.figures import expressions
from token_economics.figures import what_if as figures
from token_economics.topics import one_firm, what_if_evidence


@pytest.fixture(scope="module")
def book() -> Book:
    return read_book()


# One firm ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def firm(book: Book) -> one_firm.Firm:
    return one_firm.record("SemiAnalysis", book)


def test_a_firms_path_passes_payroll_when_the_library_says() -> None:
    """Growth below its trend stays what it is, so that the trend is at most growth."""
    text = expressions.fading_log_growth(
        months="months", trend="min(trend, growth)", growth_now="growth", half_life="half_life"
    )
    crossed = 0
    for at in grid(start=(0.2, 0.6), trend=(0.01, 0.04), growth=(0.02, 0.1), half_life=(2.0, 18.0)):
        months = firm_spend.months_until_passed(
            spend=at["start"], threshold=1.0, log_growth=at["growth"],
            trend_log_growth=at["trend"], half_life_months=at["half_life"],
        ).item()  # fmt: skip
        level = at["start"] * np.exp(value_of(text, months=months, **at))
        assert level == pytest.approx(1.0, rel=1e-9)
        crossed += 1
    assert crossed == 16


def test_the_run_of_the_firms_chart_passes_payroll_when_the_library_says(
    book: Book, firm: one_firm.Firm
) -> None:
    table = what_if_evidence.firm_payroll(book, firm)
    assert list(table["cohort"].unique()) == what_if_evidence.firm_paces(firm)
    for pace, path in table.groupby("cohort"):
        months = firm_spend.months_until_passed(
            spend=firm.last_spend_musd, threshold=firm.payroll_musd,
            log_growth=firm.paces[str(pace)].log_growth, trend_log_growth=firm.trends[str(pace)],
            half_life_months=book["excess_growth_half_life_months"],
        ).item()  # fmt: skip
        above = path.loc[path["run"] >= 1, "months"]
        assert (above.min() if len(above) else np.inf) == (
            np.ceil(months) if months <= what_if_evidence.MONTHS_AHEAD else np.inf
        )


def test_the_firms_slider_spans_the_estimate_of_the_pace_that_it_moves(
    book: Book, firm: one_firm.Firm
) -> None:
    results = one_firm.results(firm, book)
    rows = what_if_evidence.firm_sliders(book, firm, results).set_index("param")
    wanted = results.set_index("id").loc["median_growth"]
    found = rows.loc["growth", ["low", "value", "high"]].astype(float)
    assert found.tolist() == pytest.approx(wanted[["low", "value", "high"]].astype(float).tolist(), rel=1e-5)  # fmt: skip
    assert rows.loc["half_life", "value"] == book["excess_growth_half_life_months"]
    chart = figures.firm_payroll(what_if_evidence.firm_payroll(book, firm), rows.reset_index())
    assert [row["param"] for row in chart.to_dict()["usermeta"]["sliders"]] == ["growth", "half_life"]  # fmt: skip
