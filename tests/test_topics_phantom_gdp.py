"""The topic on output that GDP does not see: accounts kept apart, the record, every assumption."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from token_economics import display, headline
from token_economics.assumptions import Book, FloatArray, override, read_book
from token_economics.figures import gdp as figures
from token_economics.topics import phantom_gdp as topic
from token_economics.topics import phantom_gdp_record as recorded

DRAWS = 1024


@cache
def book() -> Book:
    return read_book()


@cache
def facts() -> topic.Record:
    return topic.record()


@cache
def draws() -> dict[str, FloatArray]:
    return book().draws(DRAWS)


@cache
def base() -> dict[str, FloatArray]:
    return topic.headlines(draws(), facts())


@cache
def table() -> dict[str, headline.Quantity]:
    return headline.quantities(topic.results(book()))


def value(name: str) -> float:
    return float(table()[name].row["value"])


def pinned(**values: float) -> dict[str, FloatArray]:
    """Headlines with some assumptions at one value in every draw."""
    fixed = {name: np.full(DRAWS, number) for name, number in values.items()}
    return topic.headlines({**draws(), **fixed}, facts())


OWN = sorted(name for name, row in book().rows.items() if topic.TOPIC in row.topics)


def test_results_keep_the_contract() -> None:
    frame = topic.results(book())
    assert len(headline.check_results(frame)) == len(frame)
    assert frame["value"].notna().all()


@pytest.mark.parametrize("name", OWN)
def test_every_assumption_moves_a_result(name: str) -> None:
    row = book().row(name)
    assert row.low is not None
    assert row.high is not None
    low, high = pinned(**{name: row.low}), pinned(**{name: row.high})
    moved = [key for key in low if not np.isclose(low[key].mean(), high[key].mean(), rtol=1e-3)]
    assert moved


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("end", ["low", "high"])
def test_tables_and_sentences_hold_at_both_ends_of_each_range(name: str, end: str) -> None:
    row = book().row(name)
    number = row.low if end == "low" else row.high
    assert number is not None
    other = override(book(), {name: [number, number]}, n_draws=64)
    frame = headline.check_results(topic.results(other))
    assert np.isfinite(frame["value"]).all()
    shown = display.prose("{phantom_share}, {gain_overstated}", frame).data["text/plain"]
    assert "nan" not in shown
    for made in (topic.sizes, topic.factors, topic.sector_case, topic.closure, topic.labour_curve):
        assert len(made(other))


def test_phantom_today_stays_within_the_order_of_magnitude_guard() -> None:
    """model.md, end of section 3: 0.004 to 0.10 % of GDP, USD 1 to 30 bn; above 1 % is a bug."""
    low, middle, high = np.quantile(base()["phantom_share"], [0.05, 0.5, 0.95])
    assert 2e-5 < low < 8e-5
    assert 1e-4 < middle < 5e-4
    assert 5e-4 < high < 2e-3
    assert base()["phantom_share"].max() < 0.01
    assert 1 < value("phantom_usd_bn") < 30


def test_phantom_is_deflator_part_plus_self_made_part_in_every_draw() -> None:
    parts = base()["deflator_part_usd_bn"] + base()["self_made_part_usd_bn"]
    assert parts == pytest.approx(base()["phantom_usd_bn"])
    assert base()["phantom_usd_bn"] == pytest.approx(base()["phantom_share"] * facts().gdp_usd_bn)


def test_gap_of_a_service_does_not_depend_on_elasticity() -> None:
    """P1: the phantom is the same at every elasticity."""
    elastic = pinned(exposed_service_price_elasticity=-1.5)["sector_gap"]
    inelastic = pinned(exposed_service_price_elasticity=-0.3)["sector_gap"]
    assert elastic == pytest.approx(inelastic)
    rows = topic.sector_case(book())
    ratio = (1 + rows["true"] / 100) / (1 + rows["measured"] / 100)
    assert ratio.to_numpy() == pytest.approx(np.full(len(rows), ratio.iloc[0]))


def test_nothing_is_missed_when_the_deflator_is_exact_and_nobody_makes_it_himself() -> None:
    exact = pinned(deflator_capture_share=1.0, self_made_share=0.0)
    assert exact["phantom_share"] == pytest.approx(np.zeros(DRAWS), abs=1e-15)


def test_nothing_is_missed_when_sellers_keep_the_saving() -> None:
    kept = pinned(cost_saving_pass_through=0.0, quality_gain_log=0.0, self_made_share=0.0)
    assert kept["phantom_share"] == pytest.approx(np.zeros(DRAWS), abs=1e-15)


def test_gdp_overstates_when_quality_falls_and_the_deflator_does_not_see_it() -> None:
    worse = pinned(
        cost_saving_pass_through=0.0,
        quality_gain_log=-0.05,
        self_made_share=0.0,
        deflator_capture_share=0.3,
    )
    assert (worse["phantom_share"] < 0).all()


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("exposed_share_of_gdp", 1),
        ("exposed_work_adoption_share", 1),
        ("exposed_work_cost_saving_share", 1),
        ("cost_saving_pass_through", 1),
        ("final_demand_share", 1),
        ("self_made_share", 1),
        ("quality_gain_log", 1),
        ("deflator_capture_share", -1),
        ("self_made_token_cost_share", -1),
    ],
)
def test_direction_of_the_phantom(name: str, sign: int) -> None:
    row = book().row(name)
    assert row.low is not None
    assert row.high is not None
    low, high = (pinned(**{name: end})["phantom_share"].mean() for end in (row.low, row.high))
    assert sign * (high - low) > 0


def test_money_gdp_stands_when_all_released_labour_finds_work() -> None:
    """P4 (a): with full re-employment nominal GDP is unchanged whatever the sector does."""
    full = pinned(released_labour_reemployed_share=1.0)
    assert full["nominal_gdp_change"] == pytest.approx(np.zeros(DRAWS), abs=1e-12)
    assert full["gdp_falls_output_grows"].sum() == 0


def test_money_gdp_stands_when_demand_is_elastic() -> None:
    elastic = pinned(
        exposed_service_price_elasticity=-1.2,
        released_labour_reemployed_share=0.5,
        quality_gain_log=0.0,
    )
    assert elastic["nominal_gdp_change"] == pytest.approx(np.zeros(DRAWS), abs=1e-12)


def test_gdp_does_not_fall_while_output_grows_when_the_deflator_is_exact() -> None:
    exact = pinned(deflator_capture_share=1.0, released_labour_reemployed_share=0.5)
    blind = pinned(deflator_capture_share=0.0, released_labour_reemployed_share=0.5)
    assert exact["gdp_falls_output_grows"].mean() < blind["gdp_falls_output_grows"].mean()


def test_business_purchases_leave_real_gdp_where_it_was() -> None:
    """P6, with the prices of Dark Output."""
    rows = topic.bought_service(book())
    assert rows["real_gdp"].to_numpy() == pytest.approx(np.zeros(3))
    added = rows["supplier"] + rows["user"] + rows["ai_firm"]
    assert added.to_numpy() == pytest.approx(rows["money_gdp"].to_numpy())
    assert rows["money_gdp"].tolist()[::2] == pytest.approx([0.0, -9990.0])


def test_two_hundred_economists_cost_what_the_wage_survey_says() -> None:
    """model.md 3.4: replacement 24.17 M; value overstated about 97 times, the gain about 105."""
    assert value("economists_replacement") == pytest.approx(24.166)
    assert value("value_overstated") == pytest.approx(96.7, rel=0.05)
    assert value("gain_overstated") == pytest.approx(105, rel=0.05)
    assert value("gain_overstated") > value("value_overstated")
    assert value("anecdote_token_cost") == pytest.approx(0.00083, rel=0.05)


def test_token_cost_implied_by_the_doable_share() -> None:
    """model.md 3.4: half of 175 bn against 3 % of about 10.3 tn of wages gives 0.28."""
    assert value("implied_token_cost") == pytest.approx(0.28, abs=0.01)


def test_violations_fall_as_tokens_cost_more_of_the_wage() -> None:
    cheap = pinned(token_cost_share_of_wage=0.001)
    dear = pinned(token_cost_share_of_wage=0.9)
    assert cheap["beyond_doable"].mean() == cheap["beyond_exposed"].mean() == 1
    assert dear["beyond_doable"].mean() == dear["beyond_exposed"].mean() == 0


def test_index_formulas_span_a_tenfold_range() -> None:
    """P5, Korinek and McKelvey's figures for 2025."""
    points = recorded.index_formulas().set_index("formula")["points"]
    expected = {"Laspeyres": 7.00, "Fisher": 3.80, "Törnqvist": 1.63, "Paasche": 0.69}
    for name, number in expected.items():
        assert points[name] == pytest.approx(number, abs=0.005)
    assert value("formula_ratio") == pytest.approx(10.2, abs=0.05)
    implied = recorded.implied_price_changes()["percent_per_year"]
    assert implied.iloc[0] == pytest.approx(-89.737, abs=0.001)
    assert implied.iloc[0] > implied.iloc[1]


def test_pc_prices_give_the_published_gap() -> None:
    """P7: average price -4.16 %, quality-adjusted -49.33 %, gap 0.6373."""
    last = recorded.pc_prices().groupby("price")["value"].last()
    assert last["As listed"] == pytest.approx(0.9584)
    assert last["At constant quality"] == pytest.approx(0.5067)
    assert value("pc_gap") == pytest.approx(0.6373, abs=5e-5)


def test_task_model_gives_both_vintages_of_the_bound() -> None:
    """G6: 0.66 % as published, 0.71 % in the draft."""
    both = recorded.task_model_gains()
    assert both["computed"].to_numpy() == pytest.approx(both["printed"].to_numpy(), abs=0.01)
    assert both["source_id"].tolist() == ["acemoglu_simple_macro_2024", "acemoglu_draft_2024_04"]
    assert (base()["task_model_unseen"] < facts().task_model_gain).all()


def test_surplus_is_shown_at_median_and_mean_and_is_in_no_sum() -> None:
    surplus = recorded.consumer_surplus().iloc[-1]
    assert surplus["at_median"] == pytest.approx(15.78, abs=0.01)
    assert surplus["at_mean"] == pytest.approx(172.3, abs=0.05)
    parts = base()["deflator_part_usd_bn"] + base()["self_made_part_usd_bn"]
    assert parts == pytest.approx(base()["phantom_usd_bn"])
    kinds = topic.sizes(book()).set_index("what")["kind"]
    assert kinds["Consumer surplus"] == "Welfare"
    assert kinds["Exposed wages"] == "Wages"


def test_legal_services_are_the_only_industry_far_below_zero() -> None:
    rows = recorded.industry_growth()
    tfp = rows[rows["measure"] == "Total factor productivity"].set_index("industry")
    assert tfp["percent_per_year"].idxmin() == "Legal services"
    assert tfp.loc["Legal services", "percent_per_year"] == pytest.approx(-1.17, abs=0.01)


def test_sign_conditions_agree_with_the_headlines() -> None:
    rows = topic.sign_conditions(book()).set_index("sentence")["part_of_draws"]
    together = rows["GDP falls while true output grows"]
    assert together == f"{100 * value('gdp_falls_output_grows'):.1f} %"
    assert rows["GDP misses output where prices rise, as of memory"] == "0.0 %"


def test_parts_of_the_spread_do_not_exceed_the_whole() -> None:
    parts = topic.factors(book())["part_of_spread"].str.rstrip(" %").astype(float)
    assert 50 < parts.sum() <= 101


def _fields(spec: object) -> set[str]:
    """Every field that any layer of a chart encodes."""
    if isinstance(spec, list):
        return set().union(*map(_fields, spec))
    if not isinstance(spec, dict):
        return set()
    own = {spec["field"]} if isinstance(spec.get("field"), str) else set()
    return own.union(*map(_fields, spec.values()))


@pytest.mark.parametrize(
    ("chart", "fields"),
    [
        (lambda: figures.sizes(topic.sizes(book())), {"what", "low", "high", "kind"}),
        (
            lambda: figures.sector_case(topic.sector_case(book())),
            {"elasticity", "measure", "percent", "measured", "true"},
        ),
        (
            lambda: figures.labour_curve(topic.labour_curve(book())),
            {"token_cost", "series", "value", "low", "high"},
        ),
        (lambda: figures.index_formulas(recorded.index_formulas()), {"formula", "points"}),
        (lambda: figures.pc_prices(recorded.pc_prices()), {"date", "price", "value"}),
        (
            lambda: figures.industry_growth(recorded.industry_growth()),
            {"label", "measure", "percent_per_year"},
        ),
    ],
)
def test_figures_encode_their_columns(chart: object, fields: set[str]) -> None:
    drawn = chart().to_dict()  # type: ignore[operator]
    assert fields <= _fields(drawn["layer"])


def test_claims_of_the_topic_carry_verdicts() -> None:
    ledger = topic.claims()
    assert isinstance(ledger, pd.DataFrame)
    assert ledger["verdict"].notna().all()
    assert topic.ANECDOTE in set(ledger["id"])


def test_results_without_a_source_hang_on_the_assumptions() -> None:
    def values(**changes: float) -> pd.DataFrame:
        return topic.results(override(book(), changes)).set_index("id")

    base_case, columns = values(), ["value", "low", "high"]
    bare = base_case[(base_case["source_id"] == "") & (base_case["status"] == "ok")].index
    moved = pd.Series(False, index=bare)
    for end in ("low", "high"):
        changed = values(**{name: getattr(book().row(name), end) for name in OWN})
        same = np.isclose(changed[columns], base_case[columns], rtol=1e-9, equal_nan=True)
        moved |= pd.Series(~same.all(axis=1), index=base_case.index)[bare]
    assert not set(moved.index[~moved])
