"""The topic on output that GDP does not see: accounts kept apart, the market behind them."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from token_economics.book.assumptions import Book, override, read_book
from token_economics.book.draws import Draws, with_values
from token_economics.headlines import phantom_gdp as topic
from token_economics.headlines import rows as headline
from token_economics.headlines.records import office_deflators
from token_economics.headlines.records import phantom_gdp_accounts as accounts
from token_economics.headlines.records.phantom_gdp_accounts import HORIZON, MEMORY, NOW, Choice
from token_economics.methods.arrays import FloatArray
from token_economics.show import display

DRAWS = 1024


@cache
def book() -> Book:
    return read_book()


@cache
def facts() -> accounts.Record:
    return topic.record()


@cache
def draws() -> dict[str, FloatArray]:
    return book().draws(DRAWS)


@cache
def base() -> dict[str, FloatArray]:
    return topic.headlines(draws(), facts())


@cache
def market() -> dict[str, accounts.Snapshot]:
    return accounts.snapshots(draws(), facts(), [NOW, HORIZON])


@cache
def economy() -> accounts.Economy:
    return accounts.account(draws(), market()[NOW])


@cache
def table() -> dict[str, headline.Quantity]:
    return headline.quantities(topic.results(book()))


def value(name: str) -> float:
    return float(table()[name].row["value"])


def fixed(**values: float) -> Draws:
    return with_values(draws(), {n: np.full(DRAWS, number) for n, number in values.items()})


def pinned(**values: float) -> dict[str, FloatArray]:
    """Headlines with some assumptions at one value in every draw."""
    return topic.headlines(fixed(**values), facts())


OWN = sorted(name for name, row in book().rows.items() if topic.TOPIC in row.topics)


def test_results_keep_the_contract() -> None:
    frame = topic.results(book())
    assert len(headline.check_results(frame)) == len(frame) <= 27
    assert frame["value"].notna().all()
    assert frame["id"].iloc[0] == "phantom_share"


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
def test_results_hold_at_both_ends_of_each_range(name: str, end: str) -> None:
    row = book().row(name)
    number = row.low if end == "low" else row.high
    assert number is not None
    other = override(book(), {name: [number, number]}, n_draws=64)
    drawn = topic.headlines(other.draws(), facts())
    assert all(np.isfinite(values).all() for values in drawn.values())


@pytest.mark.parametrize("share", [0.3, -0.3])
def test_answer_says_when_the_sign_is_not_sure(share: float) -> None:
    frame = topic.results(book()).set_index("id")
    frame.loc["phantom_share", "low"] = min(share, 1) * 1e-4
    said = display.answer(topic.answer(frame.reset_index()), frame.reset_index())
    assert ("overstate" in said.data["text/plain"]) == (share < 0)
    assert said.data["text/plain"].count(". ") <= 3


def test_phantom_today_stays_within_the_order_of_magnitude_guard() -> None:
    """Services: 0.004 to 0.10 % of GDP, USD 1 to 30 bn; above 1 % is a bug. Hardware may go below nought."""
    hardware = base()["hardware_part_usd_bn"] + base()["memory_part_usd_bn"]
    of_services = (base()["phantom_usd_bn"] - hardware) / facts().gdp_usd_bn
    low, middle, high = np.quantile(of_services, [0.05, 0.5, 0.95])
    assert 4e-5 < low < middle < 1e-3
    assert high < 0.005
    assert np.abs(np.quantile(base()["phantom_share"], [0.05, 0.95])).max() < 0.005
    assert base()["above_one_percent"].mean() < 0.02
    assert 1 < value("phantom_usd_bn") < 30


def test_phantom_is_deflator_part_plus_self_made_part_in_every_draw() -> None:
    parts = base()["deflator_part_usd_bn"] + base()["self_made_part_usd_bn"]
    assert parts == pytest.approx(base()["phantom_usd_bn"])
    assert base()["phantom_usd_bn"] == pytest.approx(base()["phantom_share"] * facts().gdp_usd_bn)


def test_phantom_is_the_sum_of_its_final_uses_in_every_draw() -> None:
    assert economy().parts.sum(axis=1) == pytest.approx(economy().phantom)
    names = ("work", "subscription", "hardware", "memory")
    parts = sum(base()[f"{name}_part_usd_bn"] for name in names)
    assert parts == pytest.approx(base()["phantom_usd_bn"])


def test_gap_of_a_service_does_not_depend_on_elasticity() -> None:
    """P1: the phantom is the same at every elasticity."""
    elastic = pinned(exposed_service_price_elasticity=-1.5)["sector_gap"]
    inelastic = pinned(exposed_service_price_elasticity=-0.3)["sector_gap"]
    assert elastic == pytest.approx(inelastic)


def test_nothing_is_missed_when_deflators_are_exact_and_nobody_makes_it_himself() -> None:
    exact = Choice(deflator=1.0, self_made=False)
    assert accounts.account(draws(), market()[NOW], exact).phantom == pytest.approx(
        np.zeros(DRAWS), abs=1e-15
    )


def test_nothing_is_missed_of_bought_services_when_sellers_keep_the_saving() -> None:
    kept = fixed(cost_saving_pass_through=0.0, quality_gain_log=0.0, self_made_share=0.0)
    found = accounts.account(kept, market()[NOW])
    assert found.parts[:, accounts.HOUSEHOLD] == pytest.approx(np.zeros(DRAWS), abs=1e-15)


def test_work_valued_at_cost_is_missed_whatever_sellers_pass_on() -> None:
    kept = accounts.account(fixed(cost_saving_pass_through=0.0), market()[NOW])
    own = accounts.OWN_ACCOUNT
    assert kept.parts[:, own] == pytest.approx(economy().parts[:, own])


def test_gdp_overstates_when_quality_falls_and_the_deflator_does_not_see_it() -> None:
    worse = fixed(cost_saving_pass_through=0.0, quality_gain_log=-0.05, self_made_share=0.0)
    found = accounts.account(worse, market()[NOW])
    assert (found.parts[:, accounts.HOUSEHOLD] < 0).all()


def test_gdp_overstates_where_deflators_miss_a_price_rise() -> None:
    """Memory in servers, 2026: the phantom is negative, and gone when the deflator is exact."""
    parts = economy().parts[:, MEMORY]
    assert (parts < 0)[parts != 0].all()
    assert (parts == 0).mean() < 0.002  # buys no hardware
    exact = accounts.account(draws(), market()[NOW], Choice(deflator=1.0))
    assert exact.parts[:, MEMORY] == pytest.approx(np.zeros(DRAWS), abs=1e-15)


def test_imported_hardware_drops_out() -> None:
    none = pinned(ai_hardware_domestic_share=1e-9)
    assert np.abs(none["hardware_part_usd_bn"]).max() < 1e-6
    assert np.abs(none["memory_part_usd_bn"]).max() < 1e-6


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("realised_saving_share", 1),
        ("replaced_work_share", 1),
        ("us_token_spend_share", 1),
        ("cost_saving_pass_through", 1),
        ("final_demand_share", 1),
        ("self_made_share", 1),
        ("quality_gain_log", 1),
        ("subscription_quality_gain_log", 1),
        ("deflator_capture_share", -1),
        ("token_deflator_capture_share", -1),
        ("input_cost_deflator_capture_share", -1),
        ("memory_repriced_cost_share", -1),
    ],
)
def test_direction_of_the_phantom(name: str, sign: int) -> None:
    row = book().row(name)
    assert row.low is not None
    assert row.high is not None
    low, high = (pinned(**{name: end})["phantom_share"].mean() for end in (row.low, row.high))
    assert sign * (high - low) > 0


def test_the_book_has_what_the_panel_says_of_tokens() -> None:
    """Derived, and kept in step: two digits of the spread over an office's methods."""
    row = book().row(topic.TOKEN_CAPTURE)
    derived = office_deflators.capture_range()
    assert (row.low, row.value, row.high) == tuple(float(f"{share:.2g}") for share in derived)
    assert row.basis == "derived"


def test_deflators_of_tokens_move_subscriptions_and_nothing_else() -> None:
    seen = accounts.account(fixed(token_deflator_capture_share=1.0), market()[NOW]).parts
    others = np.arange(len(accounts.CATEGORIES)) != accounts.SUBSCRIPTIONS
    assert seen[:, accounts.SUBSCRIPTIONS] == pytest.approx(np.zeros(DRAWS), abs=1e-15)
    assert seen[:, others] == pytest.approx(economy().parts[:, others])


def test_an_office_that_sees_more_misses_less_of_subscriptions() -> None:
    table = topic.by_office_method(draws(), market()[NOW])
    sold = table[table["reach"] == topic.TOKENS_ONLY][2:].sort_values("capture")  # no draws of it
    assert sold["subscriptions"].is_monotonic_decreasing
    assert sold["subscriptions"].iloc[-1] == pytest.approx(0, abs=1e-9)
    now = table.set_index("method").loc["as the book has it"]
    assert now["value"] == pytest.approx(np.median(economy().phantom) * facts().gdp_usd_bn)


def test_phantom_moves_with_the_growth_of_memory() -> None:
    """The market is behind it: more DRAM, more compute, cheaper tokens, more work, a larger gap."""
    row = book().row(topic.MEMORY_GROWTH)
    assert row.low is not None
    assert row.high is not None
    low, high = (
        pinned(**{topic.MEMORY_GROWTH: end})["phantom_next"] for end in (row.low, row.high)
    )
    assert (high > low * (1 + 1e-6)).mean() > 0.15
    assert high.mean() > 1.01 * low.mean()


def test_saving_adoption_and_token_cost_are_outputs_of_the_market() -> None:
    """Dearer compute: fewer tasks, a smaller saving, dearer self-made units."""
    path = accounts.snapshots(draws(), facts(), ["2027Q4"])["2027Q4"]
    scarce = fixed(ai_power_growth_per_year=0.3, capex_growth_per_year=0.05)
    tight = accounts.snapshots(scarce, facts(), ["2027Q4"])["2027Q4"]
    easy_work = accounts.account(draws(), path).work
    tight_work = accounts.account(scarce, tight).work
    assert np.median(tight_work.replaced) < np.median(easy_work.replaced)
    assert np.median(tight_work.log_saving) < np.median(easy_work.log_saving)
    assert np.median(tight_work.token_cost) > np.median(easy_work.token_cost)


def test_spending_over_token_cost_never_replaces_more_than_is_exposed() -> None:
    """model.md 5, number 5: violations are counted before, and none is left in the accounts."""
    for quarter in (NOW, HORIZON):
        shot = market()[quarter]
        work = accounts.account(draws(), shot).work
        exposed = draws()["exposed_share_of_gdp"] * shot.gdp
        assert shot.work.token_spend / work.token_cost == pytest.approx(work.wage_equivalent)
        assert (work.replaced <= exposed * (1 + 1e-12)).all()
        assert work.violates.tolist() == (work.wage_equivalent > exposed).tolist()
    assert base()["beyond_exposed_at_horizon"].mean() > base()["beyond_exposed"].mean()


def test_counts_of_what_ai_can_do_come_smallest_first() -> None:
    counts = accounts.doable_wages(draws(), facts())
    assert set(counts) == set(accounts.thresholds()["threshold"])
    assert (np.diff([np.median(wages) for wages in counts.values()]) > 0).all()


def test_dark_outputs_pool_is_exposure_alpha_at_todays_wages() -> None:
    """G12: 1.53 trillion against alpha of all wages."""
    alpha = accounts.thresholds().set_index("threshold").loc["alpha", "share_of_wages"]
    wages = facts().wage_bill_usd_bn * book()["us_wage_bill_growth_ratio"]
    assert alpha * wages == pytest.approx(1530, rel=0.01)


def test_a_count_stated_in_money_of_today_is_not_moved_with_the_wage_bill() -> None:
    """Dark Output states its pool in 2026; only parts of the older survey grow with wages."""
    counts = {}
    for growth in (1.2, 1.33):
        given = fixed(us_wage_bill_growth_ratio=growth)
        counts[growth] = accounts.doable_wages(given, facts())
    assert (counts[1.2]["Dark Output"] == 1530).all()
    assert (counts[1.33]["Dark Output"] == 1530).all()
    assert counts[1.33]["alpha"] == pytest.approx(counts[1.2]["alpha"] * 1.33 / 1.2)


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
    falls = {
        name: accounts.falls_while_output_grows(
            accounts.account(
                draws(), market()[NOW], Choice(deflator=capture, reemployed=0.0, self_made=False)
            )
        ).mean()
        for name, capture in (("blind", 0.0), ("exact", 1.0))
    }
    assert falls["exact"] < 0.02
    assert falls["blind"] > 0.5


def test_reemployment_moves_gdp_and_never_the_gap() -> None:
    choices = (Choice(reemployed=found) for found in topic.CLOSURES.values())
    solved = [accounts.account(draws(), market()[NOW], choice) for choice in choices]
    assert (np.diff([economy.closure.nominal_gdp.mean() for economy in solved]) < 0).all()
    assert (np.diff([(economy.measured_real_gdp < 1).mean() for economy in solved]) >= 0).all()
    found = topic.factorial(override(book(), {}, n_draws=64), NOW).phantom
    assert np.ptp(found, axis=3).max() == 0


def test_choices_order_the_gap_and_their_parts_add_up() -> None:
    found = topic.factorial(book(), NOW)
    medians = np.median(found.phantom, axis=-1)
    assert (np.diff(medians, axis=0) <= 1e-15).all()
    assert (np.diff(medians, axis=1) >= -1e-15).all()
    assert (np.diff(medians, axis=2) >= -1e-15).all()
    split = topic.between(found.phantom)
    assert sum(split.values()) == pytest.approx(1)
    assert split["closure"] == 0 < topic.between(found.measured)["closure"]
    assert value("deflator_part") == pytest.approx(split["deflator"], abs=1e-3)


def test_exposure_matters_only_where_spending_outruns_it() -> None:
    """Today's spending replaces less than every count; by the horizon the small ones bind."""
    now, later = (topic.between(topic.factorial(book(), q).phantom) for q in (NOW, HORIZON))
    assert now["exposure"] < 0.01 < later["exposure"]


def test_gap_grows_along_the_path_and_with_blindness() -> None:
    wanted = facts().market.quarters[::4]
    blind, assumed, exact = (
        [np.median(e.phantom) for e in accounts.along(draws(), facts(), wanted, Choice(deflator))]
        for deflator in topic.DEFLATORS.values()
    )
    assert (np.array(blind) > assumed).all() and (np.array(assumed) > exact).all()
    assert assumed[-1] > 3 * assumed[0]


def test_gap_never_exceeds_that_with_all_exposed_work_done() -> None:
    """Work replaced is held to what is exposed, so the gap of 2030 has a ceiling."""
    for quarter in (NOW, HORIZON):
        shot = market()[quarter]
        found = accounts.account(draws(), shot)
        full = accounts.account_if_all_exposed_work_were_done(draws(), shot)
        assert full.work.replaced == pytest.approx(draws()["exposed_share_of_gdp"] * shot.gdp)
        done = slice(accounts.HOUSEHOLD, accounts.SUBSCRIPTIONS)
        assert (full.base_spend[:, done] >= found.base_spend[:, done] - 1e-9).all()
        rises = found.sector.phantom[:, done].min(axis=1) > 0
        assert (full.phantom >= found.phantom - 1e-12)[rises].all()
        assert rises.mean() > 0.95


def test_gap_of_today_stays_below_one_percent_of_gdp() -> None:
    """The guard of the frame: a headline for 2026 above one per cent of GDP is a bug."""
    assert value("phantom_share") < 0.001
    assert table()["phantom_share"].row["high"] < 0.01
    assert 0.03 < value("adoption") < 0.25


def test_two_hundred_economists_cost_what_the_wage_survey_says() -> None:
    """model.md 3.4: replacement 24.17 M; value overstated about 97 times, the gain about 105."""
    assert facts().economists * facts().economist_wage_usd == pytest.approx(24.166e6)
    assert np.median(base()["value_overstated"]) == pytest.approx(96.7, rel=0.05)
    assert value("gain_overstated") == pytest.approx(105, rel=0.05)
    assert np.median(base()["anecdote_token_cost"]) == pytest.approx(0.00083, rel=0.05)


def test_token_cost_implied_by_the_doable_share() -> None:
    """model.md 3.4: half of 175 bn against 3 % of about 10.3 tn of wages gives 0.28."""
    assert np.median(base()["implied_token_cost"]) == pytest.approx(0.28, abs=0.01)


def test_surplus_is_users_times_the_median_or_the_mean_answer() -> None:
    surplus = topic.consumer_surplus().iloc[-1]
    assert surplus["at_median"] == pytest.approx(15.78, abs=0.01)
    assert surplus["at_mean"] == pytest.approx(172.3, abs=0.05)
    assert surplus["at_mean"] / surplus["at_median"] == pytest.approx(10.9, abs=0.1)


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
