"""Charts that a reader can move: sliders stand where the run stands, formulas are the library's."""

import math
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import pytest

from token_economics.answers import sliders, what_if_accounts, what_if_market
from token_economics.book.assumptions import Book, override, read_book
from token_economics.book.draws import with_values
from token_economics.figures import style
from token_economics.figures.interactive import expressions
from token_economics.figures.interactive import what_if as figures
from token_economics.figures.interactive.sliders import movable
from token_economics.headlines import (
    claims_and_predictions,
    phantom_gdp,
    token_market,
)
from token_economics.headlines.market.conditioning import conditioned
from token_economics.headlines.records import phantom_gdp_accounts
from token_economics.models import national_accounts, rebound, spending, supply
from token_economics.report.pages import outputs
from token_economics.show import display

FUNCTIONS = {
    "log": math.log, "exp": math.exp, "pow": math.pow, "min": min, "max": max,
    "where": lambda test, yes, no: yes if test else no,
}  # fmt: skip


def value_of(expression: str, **names: float) -> float:
    """A Vega expression of the shared subset, read by Python; ``datum`` holds the same names."""
    code = expression.replace("if(", "where(")
    scope: dict[str, Any] = {"__builtins__": {}, **FUNCTIONS, **names}
    return float(eval(code, scope | {"datum": SimpleNamespace(**names)}))


@pytest.fixture(scope="module")
def book() -> Book:
    return read_book()


def results_of(**values: float) -> pd.DataFrame:
    """Headline results of a run, as far as a chart lands on them."""
    return pd.DataFrame({"id": list(values), "value": list(values.values())})


def agreement(book: Book) -> pd.DataFrame:
    """A table for the verdicts' chart: what it draws, whatever the run found."""
    table = claims_and_predictions.claimed_against_record()
    counts = {"supported": 1, "partly": 1, "judged": 3, "landed": 1.0}
    return table.assign(gap=0.5, nearer=1, run=table["log_gap"] < 0.1, **counts)


def agreement_sliders(book: Book) -> pd.DataFrame:
    """Sliders of that chart."""
    return sliders.even(
        book, {"margin": "agreement_margin_share", "weight": "partly_supported_weight"}
    )


def layer_sliders(book: Book) -> pd.DataFrame:
    """Sliders in even steps over four assumptions."""
    return sliders.even(
        book,
        {
            "memory": "dram_bit_growth_per_year",
            "logic": "advanced_packaging_growth_per_year",
            "capex": "capex_growth_per_year",
            "power": "ai_power_growth_per_year",
        },
    )


def grid(**axes: tuple[float, ...]) -> list[dict[str, float]]:
    points = np.array(np.meshgrid(*axes.values())).reshape(len(axes), -1).T
    return [dict(zip(axes, map(float, point), strict=True)) for point in points]


# Closed forms --------------------------------------------------------------------------------


def test_growth_that_fades_is_the_librarys() -> None:
    text = expressions.fading_log_growth(
        months="months", trend="trend", growth_now="now", half_life="half"
    )
    for at in grid(months=(0, 1, 60), trend=(0.0, 0.03), now=(-0.1, 0.12), half=(1.5, 18)):
        wanted = spending.fading_log_growth(
            at["months"], trend_log_growth=at["trend"], log_growth_now=at["now"],
            half_life_months=at["half"],
        )  # fmt: skip
        assert value_of(text, **at) == pytest.approx(float(wanted), rel=1e-12, abs=1e-15)


def test_the_haircut_is_the_librarys() -> None:
    text = expressions.remaining_after_haircut(
        months="months", signalling_share="share", half_life="half"
    )
    for at in grid(months=(0, 7, 60), share=(0.05, 0.45), half=(3, 24)):
        wanted = spending.remaining_after_haircut(
            at["months"], signalling_share=at["share"], half_life_months=at["half"]
        )
        assert value_of(text, **at) == pytest.approx(float(wanted), rel=1e-12)


def test_turning_points_are_the_librarys_and_spending_never_falls_above_one() -> None:
    texts = expressions.turning_points(shift="shift", efficiency="gain", size="size")
    for at in grid(shift=(0.6, 1.9), gain=(0.3, 0.7), size=(0.15, 0.999, 1.0, 1.75)):
        wanted = rebound.turning_points(
            demand_shift=at["shift"], efficiency_growth=at["gain"], own_price_elasticity=-at["size"]
        )
        for name, text in texts.items():
            found, exact = value_of(text, **at), float(getattr(wanted, name))
            if math.isinf(exact):
                assert found == float(expressions.NEVER)
            else:
                assert found == pytest.approx(exact, rel=1e-9)


def test_the_bound_response_is_the_librarys() -> None:
    texts = expressions.bound_response(
        shift="shift", capacity="capacity", efficiency="gain", size="size"
    )
    for at in grid(shift=(0.6, 1.9), capacity=(0.5, 0.9), gain=(0.3, 0.7), size=(0.3, 1.0, 1.1)):
        wanted = rebound.bound_response(
            demand_shift=at["shift"], capacity_growth=at["capacity"],
            efficiency_growth=at["gain"], own_price_elasticity=-at["size"],
        )  # fmt: skip
        for name, text in texts.items():
            exact = float(getattr(wanted, name))
            assert value_of(text, **at) == pytest.approx(exact, rel=1e-12, abs=1e-14)


ACCOUNT_GRID = grid(
    saving=(0.1, 0.24, 0.45), through=(0.3, 1.0), gain=(-0.02, 0.0, 0.06), capture=(0.0, 0.3, 1.2),
    elasticity=(-1.5, -1.0, -0.3), made=(0.0, 0.15), cost=(0.005, 0.3),
)  # fmt: skip


def change_of(at: dict[str, float]) -> national_accounts.CostFall:
    return national_accounts.CostFall(
        saving=at["saving"], pass_through=at["through"], quality_gain=at["gain"],
        own_price_elasticity=at["elasticity"], demand_shift=0.0, deflator_capture=at["capture"],
        self_made_share=at["made"], self_made_token_cost=at["cost"], wage_growth=0.0,
    )  # fmt: skip


FALL = expressions.true_price_fall(saving="saving", pass_through="through", quality_gain="gain")
MARKETED = expressions.marketed_value(price_fall=FALL, self_made="made", token_cost="cost")


def test_sector_accounts_are_the_librarys() -> None:
    texts = expressions.sector_accounts(
        price_fall=FALL, marketed=MARKETED, elasticity="elasticity", capture="capture"
    )
    total = expressions.aggregate_phantom(
        phantom=texts["phantom"], base_spend="100", nominal=texts["nominal"]
    )
    for at in ACCOUNT_GRID:
        wanted = national_accounts.sector_accounts(change_of(at))
        for name, text in texts.items():
            exact = float(getattr(wanted, name))
            assert value_of(text, **at) == pytest.approx(exact, rel=1e-10, abs=1e-13)
        share = national_accounts.aggregate_phantom(
            phantom=wanted.phantom[None], base_spend=np.array([100.0]),
            spend=100 * np.exp(wanted.nominal)[None], base_gdp=1e4, gdp=1e4,
        )  # fmt: skip
        assert value_of(total, **at) == pytest.approx(1e4 * float(share), rel=1e-10)


def test_the_border_of_measured_output_is_where_the_library_turns() -> None:
    text = expressions.least_capture(size="-elasticity", price_fall=FALL, marketed=MARKETED)
    checked = 0
    for at in ACCOUNT_GRID:
        change = change_of(at)
        if change.true_price_fall <= 1e-3:
            continue
        border = value_of(text, **at)
        below, above = (change_of({**at, "capture": border + step}) for step in (-1e-9, 1e-9))
        assert national_accounts.measured_output_falls(below)
        assert not national_accounts.measured_output_falls(above)
        size = border - at["elasticity"]  # border at no elasticity: where money turns
        less, more = (change_of({**at, "elasticity": -size + step}) for step in (1e-9, -1e-9))
        assert national_accounts.nominal_output_falls(less)
        assert not national_accounts.nominal_output_falls(more)
        checked += 1
    assert checked > 100


def test_limits_of_layers_are_the_librarys() -> None:
    flow = expressions.layer_limit(start="start", growth="(1 + growth)", ahead="ahead")
    room = expressions.additions_under_power(available="power", fleet="fleet", kw_new="kw")
    for at in grid(start=(4.5, 13.0), growth=(0.1, 1.4), ahead=(1, 20)):
        layer = supply.Layer("x", headroom=np.zeros(1), growth_per_year=np.array([at["growth"]]))
        wanted = layer.limit(np.array([at["start"]]), np.array([at["ahead"]]))
        assert value_of(flow, **at) == pytest.approx(wanted.item(), rel=1e-12)
    for at in grid(power=(10.0, 20.0), fleet=(12.0, 15.0), kw=(0.12, 0.84)):
        wanted = supply.additions_under_power(
            np.array(at["power"]), fleet_gw=np.array(at["fleet"]), kw_new=np.array(at["kw"])
        )
        assert value_of(room, **at) == pytest.approx(float(wanted) / 1e6, rel=1e-12)


def test_verdicts_are_the_topics(book: Book) -> None:
    facts = claims_and_predictions.record()
    agrees = expressions.agrees(log_gap="gap", margin="margin")
    held = expressions.share_held(
        supported="supported", partly="partly", judged="judged", weight="weight"
    )
    counts = {"supported": facts.supported, "partly": facts.partly, "judged": facts.judged}
    for margin, weight in ((0.05, 0.25), (0.2, 0.5), (0.5, 0.75)):
        points = {
            **book.points(),
            "agreement_margin_share": np.array([margin]),
            "partly_supported_weight": np.array([weight]),
        }
        wanted = claims_and_predictions.headlines(points, facts)
        found = sum(value_of(agrees, gap=float(gap), margin=margin) for gap in facts.log_gap)
        assert found == wanted["figures_agree"].item()
        assert value_of(held, weight=weight, **counts) == pytest.approx(wanted["share_held"].item())


# Sliders -------------------------------------------------------------------------------------


ALL: dict[str, Callable[[Book], pd.DataFrame]] = {
    "outcomes": what_if_market.outcome_sliders,
    "price": what_if_market.price_sliders,
    "layers": layer_sliders,
    "accounts": what_if_accounts.accounts_sliders,
    "agreement": agreement_sliders,
}


@pytest.mark.parametrize("name", ALL)
def test_a_slider_starts_at_the_run_and_spans_the_books_range(book: Book, name: str) -> None:
    for row in ALL[name](book).itertuples():
        ends = [row.low, row.high]
        if row.stops:
            assert row.value in row.stops and list(row.stops) == sorted(set(row.stops))
            slack = 0.02 * (row.high - row.low)
        else:
            steps = (row.value - row.minimum) / row.step
            assert steps == pytest.approx(round(steps), abs=1e-6)
            slack = row.step * 0.5001
        assert [row.minimum, row.maximum] == pytest.approx(ends, abs=slack)
        if row.name:
            assert row.value == row.book == book[row.name]
            assert (row.low, row.high) == (book.row(row.name).low, book.row(row.name).high)


def test_a_slider_keeps_the_books_range_when_the_run_pins_the_number(book: Book) -> None:
    pinned = override(book, {"dram_bit_growth_per_year": 0.237, "task_ceiling_multiple": 4.0})
    even = layer_sliders(pinned).set_index("param").loc["memory"]
    assert even["value"] == 0.237 and even["book"] == 0.2 and even["low"] == 0.16
    ceiling = what_if_market.price_sliders(pinned).set_index("param").loc["ceiling"]
    assert ceiling["stops"][0] == ceiling["value"] == 4.0, "a value beyond the range is a stop"


def test_a_track_stays_inside_the_hard_bounds() -> None:
    low, high, step = sliders.track(0.005, 0.001, 0.4, hard_min=0.0, hard_max=0.4)
    assert 0.0 <= low <= 0.005 and high <= 0.4 and step == 0.005
    with pytest.raises(ValueError, match="has no range"):
        sliders.even(read_book_without_range(), {"x": "discount_rate_per_year"})


def read_book_without_range() -> Book:
    book = read_book()
    row = replace(book.row("discount_rate_per_year"), low=None, high=None)
    return replace(
        book,
        rows={**book.rows, row.name: row},
        stored={**book.stored, row.name: row},
    )


def test_every_assumption_moved_names_its_range_and_source(book: Book) -> None:
    described = _usermeta(figures.agreement(agreement(book), agreement_sliders(book)))
    margin = next(row for row in described if row["param"] == "margin")
    assert margin["range"] == "this run 20; 5 to 95 %: 5 to 50 %" and margin["shown"] == "20 %"
    shown = outputs.sliders_html("what_if", described)
    assert 'href="assumptions.html#assumption-agreement_margin_share"' in shown
    assert shown.count('type="range"') == 2 and "Back to this run" in shown
    pinned = override(book, {"agreement_margin_share": 0.3})
    described = _usermeta(figures.agreement(agreement(pinned), agreement_sliders(pinned)))
    assert described[0]["range"] == "this run 30, book 20; 5 to 95 %: 5 to 50 %"


def _usermeta(chart: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = chart.to_dict()["usermeta"]["sliders"]
    return rows


def test_a_slider_over_the_solved_market_is_drawn_at_rest_and_says_so(book: Book) -> None:
    """And one that the run pins says its number, as do those over formulas."""
    table = pd.DataFrame({"x": [1.0]})
    pinned = override(book, {"dram_bit_growth_per_year": 0.25})
    for run, shown, about in (
        (book, "as drawn", "as drawn, middle 20; 5 to 95 %: 16 to 28 %"),
        (pinned, "25 % a year", "this run 25, book 20; 5 to 95 %: 16 to 28 % a year"),
    ):
        chart = movable(
            alt.Chart(table).mark_point(), what_if_market.outcome_sliders(run)
        ).to_dict()
        row = chart["usermeta"]["sliders"][0]
        assert row["shown"] == shown and row["range"].startswith(about)
        markup_of_it = outputs.sliders_html("what_if", [row])
        assert f'data-rest="{"as drawn" if run is book else ""}"' in markup_of_it
        bind = chart["params"][0]["bind"]
        label = bind["labels"][bind["options"].index(row["value"])]
        assert label == (shown if run is book else "0.25")
        assert row["longest"] >= len(shown)
    assert all(
        row["shown"] != "as drawn"
        for row in _usermeta(figures.agreement(agreement(book), agreement_sliders(book)))
    )


def test_labels_of_sliders_cannot_run() -> None:
    evil = {
        "param": "x", "assumption": "", "label": "<script>1</script>", "shown": "<b>", "range": '"<i>',
        "value": 1.0, "minimum": 0.0, "maximum": 2.0, "step": 1.0, "stops": [], "scale": 1.0,
        "suffix": '"><script>', "digits": 3, "longest": 3, "rest": "<u>",
    }  # fmt: skip
    shown = outputs.sliders_html("x", [evil])
    assert not any(mark in shown for mark in ("<script>", "<b>", "<i>", "<u>"))


def test_a_notebook_binds_what_a_page_draws_itself(book: Book) -> None:
    style.enable()
    chart = figures.agreement(agreement(book), agreement_sliders(book))
    shown = display.figure(chart, name="what_if", caption="c", description="d")
    spec = shown.data[style.VEGALITE_MIME]
    assert [param["bind"]["input"] for param in spec["params"]] == ["range", "range"]
    on_page = style.page_specification(spec)
    assert [param["value"] for param in on_page["params"]] == [0.2, 0.5]
    assert not any("bind" in param for param in on_page["params"])


# Tables --------------------------------------------------------------------------------------


def test_every_stop_is_the_market_solved_at_that_stop(book: Book) -> None:
    """What moving does is what it does to the same few draws, on top of the run's own result."""
    moved, facts = what_if_market.outcome_sliders(book), token_market.record()
    table = what_if_market.outcomes(book, moved)
    stop = {"dram": 0.28, "agents": moved["value"][1], "tokens": moved["stops"][2][3]}
    draws = book.draws(what_if_market.DRAWS_EACH)
    pinned = {}
    for param in ("dram", "tokens"):  # agents rest: they are as drawn
        name = moved.set_index("param").loc[param, "name"]
        pinned[name] = np.full(what_if_market.DRAWS_EACH, stop[param])
    there = with_values(draws, pinned)
    few, there = (token_market.headlines(drawn, facts) for drawn in (draws, there))
    run = token_market.headlines(book.draws(), facts)
    here = table[np.logical_and.reduce([table[param] == at for param, at in stop.items()])]
    here = here.set_index("result")
    for headline in ("price_next", "price_at_horizon", "spend_at_horizon"):
        own, rest, moves = (np.quantile(drawn[headline], (0.05, 0.5, 0.95)) for drawn in (run, few, there))  # fmt: skip
        row = here.loc[f"token_market.{headline}"]
        assert [row["low"], row["value"], row["high"]] == pytest.approx(own * moves / rest)
    own, rest, moves = (drawn["below_cost_at_horizon"].mean() for drawn in (run, few, there))
    assert moves < rest, "more tokens a task, fewer gluts"
    glut = here.loc["token_market.below_cost_at_horizon", "value"]
    assert glut == pytest.approx(moves * own / rest)
    assert len(table) == len(what_if_market.OUTCOMES) * len(what_if_market.combinations(moved))


def test_more_tokens_a_task_make_a_glut_less_likely_at_every_stop(book: Book) -> None:
    """From stop to stop; a slider at rest draws from between its ends and lies between them."""
    known = conditioned(book)  # as on the page
    moved = what_if_market.price_sliders(known)
    table = what_if_market.prices(known, moved)
    last = table[table["date"] == table["date"].max()]
    for param in ("tokens", "ceiling"):
        others = [name for name in moved["param"] if name != param]
        along = last.pivot(index=others, columns=param, values="below")
        rest = along.pop(moved.set_index("param").loc[param, "value"])
        assert (np.diff(along.to_numpy(), axis=1) <= 0).all()
        assert (rest < along.iloc[:, 0]).all() and (rest > along.iloc[:, -1]).all()


def test_the_accounts_table_is_the_topics(book: Book) -> None:
    """Landed on another gap its identities hold, and at point values nothing is scaled."""
    points, facts = book.points(), phantom_gdp_accounts.record()
    gap = phantom_gdp.headlines(points, facts)["sector_gap"].item()
    for wanted in (gap, 0.9 * gap, 2 * gap):
        found = what_if_accounts.accounts(book, results_of(sector_gap=wanted))
        table = found.set_index("quantity")["run"]
        assert table["phantom"] == pytest.approx(wanted)
        assert (1 + table["true_volume"]) / (1 + table["measured_volume"]) == pytest.approx(
            1 + table["phantom"]
        )
        assert (found["landed"].iloc[0] == pytest.approx(1.0)) == (wanted == gap)
    no_fall_makes_it = what_if_accounts.accounts(book, results_of(sector_gap=-0.5))
    assert set(no_fall_makes_it["landed"]) == {1.0}


def test_the_map_of_signs_holds_its_border_in_order(book: Book) -> None:
    gap = phantom_gdp.headlines(book.points(), phantom_gdp_accounts.record())["sector_gap"]
    signs = what_if_accounts.signs(book, results_of(sector_gap=gap.item()))
    assert (np.diff(signs["run"]) <= 0).all() and signs["run"].iloc[-1] == 0.0
