"""Where tokens go: everything is read from the one solved market, and moves when it moves."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from token_economics import project
from token_economics.book.assumptions import Book, override, read_book
from token_economics.evidence import tables
from token_economics.headlines import demand_explosion, token_market
from token_economics.headlines import rows as headline
from token_economics.headlines import where_tokens_go as topic
from token_economics.headlines.records import demand_record
from token_economics.models import derived_demand, task_choice, task_growth
from token_economics.models import market as market_path
from token_economics.show import display

OURS = [name for name, row in read_book().rows.items() if topic.TOPIC in row.topics]


@cache
def book() -> Book:
    return replace(read_book(), n_draws=256)


@cache
def results(name: str = "", end: str = "") -> pd.DataFrame:
    chosen = override(book(), {name: getattr(book().row(name), end)}) if name else book()
    return topic.results(chosen)


@cache
def market() -> topic.Solved:
    return topic.solve_book(book())


def value(slug: str, *change: str) -> float:
    return float(results(*change).set_index("id").loc[slug, "value"])


def test_results_keep_the_contract() -> None:
    display.check_results(results())


@pytest.mark.parametrize("name", OURS)
def test_every_assumption_moves_a_result(name: str) -> None:
    columns = ["value", "low", "high"]
    low, high = (results(name, end).set_index("id")[columns] for end in ("low", "high"))
    assert not np.allclose(low, high, rtol=2.5e-3, equal_nan=True)


# Coherence: one solved market --------------------------------------------------------------------


def test_volumes_are_those_of_the_market_page() -> None:
    theirs = token_market.results(book()).set_index("id")["value"]
    assert value("spend_next") == pytest.approx(theirs["spend_next"], rel=1e-12)
    assert value("token_growth") == pytest.approx(theirs["token_growth"], rel=1e-12)
    assert value("elasticity") == pytest.approx(theirs["elasticity_now"], rel=1e-12)


def test_demand_page_reads_the_same_market() -> None:
    page = demand_explosion.results(book()).set_index("id")["value"]
    for ours, theirs in (
        ("spend_next", "market_spend"),
        ("tokens_next", "market_tokens"),
        ("token_growth", "market_token_growth"),
        ("contagion_spend", "contagion_spend"),
    ):
        assert page[theirs] == pytest.approx(value(ours), rel=1e-12)


@pytest.mark.parametrize(
    ("name", "much"), [("dram_bit_growth_per_year", 0.8), ("capex_growth_per_year", 1.5)]
)
def test_demand_results_move_when_supply_moves(name: str, much: float) -> None:
    """More memory or money lets more tokens be sold, on the demand page as on this one."""
    ends = [override(book(), {name: end}) for end in (book().row(name).low, much)]
    here = [topic.results(each).set_index("id")["value"] for each in ends]
    demand = [demand_explosion.results(each).set_index("id")["value"] for each in ends]
    assert here[1]["tokens_next"] > 1.01 * here[0]["tokens_next"]
    assert demand[1]["market_tokens"] > 1.01 * demand[0]["market_tokens"]


def test_demand_of_each_quarter_is_the_one_that_cleared() -> None:
    solved = market()
    for t in range(0, len(solved.facts.quarters), 5):
        demand, price = solved.demand(t), solved.path.price[t]
        assert_allclose(
            derived_demand.work_hours(demand, price), solved.path.hours[t, :-1], rtol=1e-9
        )
        subscribed = derived_demand.subscription_hours(demand, price)
        assert_allclose(subscribed, solved.path.hours[t, -1], rtol=1e-9)


def test_growth_parts_add_up_to_the_growth_of_the_markets_tokens() -> None:
    solved = market()
    last = solved.quarter(topic.HORIZON)
    parts = task_choice.growth_parts(
        solved.demand(0),
        solved.demand(last),
        price_before=solved.path.price[0],
        price_after=solved.path.price[last],
        log_throughput_growth=solved.drivers.growth.throughput * last / 4,
    )
    for position in (0, 1, 2):
        tokens = solved.path.tokens[:, position]
        assert_allclose(sum(parts)[position], np.log(tokens[-1] / tokens[0]), rtol=1e-8)


# Directions ---------------------------------------------------------------------------------------


def test_better_acceptance_makes_an_accepted_task_cheaper_in_proportion() -> None:
    name = "accepted_share_of_attempts"
    low, high = book().row(name).low, book().row(name).high
    assert low is not None
    assert high is not None
    cheaper = value("task_cost", name, "low") / value("task_cost", name, "high")
    assert cheaper == pytest.approx(high / low, rel=0.02)


def test_without_the_loop_there_is_no_multiple() -> None:
    off = override(book(), {"capability_value_elasticity": 0.0001})
    frame = topic.results(off).set_index("id")["value"]
    assert frame["loop_tokens"] == pytest.approx(1, abs=1e-3)
    assert value("loop_tokens", "capability_value_elasticity", "high") > value("loop_tokens")


def test_a_larger_haircut_takes_more_tasks_and_without_one_nothing_is_lost() -> None:
    name = "signalling_spend_share"
    assert value("signalling_gone", name, "high") > value("signalling_gone", name, "low")
    none = topic.results(override(book(), {name: 0.0})).set_index("id")["value"]
    assert none["signalling_gone"] == 0
    assert none["signalling_lost"] == 0


def test_robots_begin_with_the_probability_of_their_start() -> None:
    years = market().quarter(topic.HORIZON) / 4
    drawn = market().draws["robotics_start_years"]
    assert value("robots_started") == pytest.approx(float((drawn <= years).mean()))


def test_more_headroom_of_quotas_cuts_off_less() -> None:
    name = "subscriber_quota_headroom_share"
    assert value("use_rationed", name, "high") <= value("use_rationed", name, "low")
    assert value("quota_binds", name, "high") < value("quota_binds", name, "low")


def test_subscription_revenue_is_users_times_fee() -> None:
    """The fee follows wages; use and quota leave revenue alone."""
    solved = market()
    t = solved.quarter(topic.NEXT)
    growth = solved.drivers.growth
    users = task_growth.subscriber_multiple(growth, quarter=t)
    fees = np.exp(growth.wages * t / 4)
    revenue = solved.path.spend[:, topic.SUBSCRIBERS]
    assert_allclose(revenue[t], revenue[0] * users * fees, rtol=1e-12)


def test_payroll_is_passed_by_cheaper_tokens_only_where_they_replace_labour_easily() -> None:
    name = "token_labour_substitution_elasticity"
    low, high = (value("payroll_passed", name, end) for end in ("low", "high"))
    assert high > low
    even = topic.results(override(book(), {name: [1.0, 1.0]})).set_index("id")["value"]
    assert even["payroll_ratio"] == pytest.approx(demand_record.firm_ratio())
    assert even["payroll_passed"] == 0


def test_premium_on_record_is_that_of_the_facts() -> None:
    """Five times at the preview, twice at release, matched after about 45 days."""
    assert value("premium_preview") == 5
    assert value("premium_release") == 2
    assert value("premium_days") == 45
    index = tables.read("model-prices").set_index("model")["aa_index"]
    assert index[topic.LEADS[2]] >= index[topic.LEADS[1]]


def test_readings_of_the_jump_agree_in_the_middle_of_2026() -> None:
    """The same tasks, so the same hours of work; a leap to the ceiling cannot be told as spread."""
    solved = market()
    told = topic.told_as_contagion(solved)
    t = solved.quarter("2026Q2")
    gap = np.abs(told.hours[t, :3] / solved.path.hours[t, :3] - 1).max(axis=0)
    assert np.mean(gap < 0.01) > 0.98


def test_spending_ends_higher_where_contagion_means_more_tasks_than_a_shock() -> None:
    solved = market()
    last, told = solved.quarter(topic.HORIZON), topic.told_as_contagion(solved)
    tasks = market_path.demand_in_quarter(told.drivers, told, last).tasks[:3]
    more = np.all(tasks > solved.demand(last).tasks[:3], axis=0)
    assert more.sum() > 5
    assert np.all(topic.contagion_ratio(solved)[more] > 1)


def test_what_ifs_with_nothing_changed_change_nothing() -> None:
    solved = market()
    share = solved.draws["signalling_spend_share"]
    same = market_path.simulate(solved.drivers, solved.facts.quarters_ahead)
    assert_allclose(same.price, solved.path.price)
    zero = topic.with_draws(solved, signalling_spend_share=0.0)
    assert share.min() > 0
    assert not np.allclose(zero.price[-1], solved.path.price[-1])


def test_demand_for_compute_falls_with_its_price_in_every_draw() -> None:
    now = market().quarter(topic.NOW)
    demand, price = market().demand(now), market().path.price[now]
    asked = [derived_demand.hours_demanded(demand, price * by) for by in np.geomspace(0.1, 10, 9)]
    assert (np.diff(asked, axis=0) < 0).all()


# Sentences ----------------------------------------------------------------------------------------


def sentences() -> list[str]:
    stored = project.root() / "notebooks" / "07_where_tokens_go.ipynb"
    found = []
    for cell in json.loads(stored.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        for node in ast.walk(ast.parse("".join(cell["source"]))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                if node.func.attr in ("prose", "heading") and texts:
                    found.append(str(texts[-1]))
    return found


@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize("name", OURS)
def test_sentences_hold_at_the_ends_of_each_assumption(name: str, end: str) -> None:
    frame = results(name, end)
    templates = [*sentences(), topic.answer(frame)]
    assert len(templates) > 12
    for template in templates:
        text = display.prose(template, frame).data["text/plain"]
        assert not re.search(r"\b(nan|inf)\b|[{}]", text)


def test_the_answer_turns_with_the_elasticity() -> None:
    frame = results().copy()
    frame.loc[frame["id"] == "elasticity", ["value", "low", "high"]] = [1.4, 1.2, 1.6]
    assert "more than one for one" in display.answer(topic.answer(frame), frame).data["text/plain"]
    assert "less than one for one" in topic.answer(results())


def test_observed_results_name_their_sources_and_the_models_do_not() -> None:
    cited = results().set_index("id")["source_id"]
    assert set(cited.index[cited != ""]) == {
        "agent_multiple", "premium_preview", "premium_release", "premium_days", "headcount_effect",
    }  # fmt: skip


def test_quantities_print() -> None:
    assert all(str(shown) for shown in headline.quantities(results()).values())
