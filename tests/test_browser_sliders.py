"""Every slider of every page, moved in a real browser: what is drawn is what the library gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page
from test_browser import Open, real, visit
from test_sliders_at_rest import as_drawn

from token_economics.answers import what_if_accounts, what_if_market
from token_economics.book.assumptions import Book, override, read_book
from token_economics.book.draws import with_values
from token_economics.evidence import quarters
from token_economics.headlines import (
    claims_and_predictions,
    demand_explosion,
    one_firm,
    price_of_tokens,
    token_market,
    where_tokens_go,
)
from token_economics.headlines.market import market_memo, supply_fleet
from token_economics.headlines.market.conditioning import conditioned
from token_economics.headlines.records import phantom_gdp_accounts
from token_economics.methods import nested_demand
from token_economics.models import firm_spend, national_accounts, rebound, spending, supply

pytestmark = pytest.mark.browser
__all__ = ["real", "visit"]  # fixtures of the pages, used by name

Values = dict[str, float]
Drawn = list[dict[str, Any]]
CLOSE = 2e-5  # tables hold six significant digits
MONTHS_AHEAD = 60
HIGHEST_GROWTH = 8.0  # times a year, the top of the phase diagram


def percent(share: float, code: str = ".0%") -> str:
    """A share as charts write it: the sign stands off, as in the text of a page."""
    return f"{share:{code}}".replace("%", "\N{NO-BREAK SPACE}%")


@pytest.fixture(scope="module")
def book() -> Book:
    return conditioned(read_book())


DRAWN = """
name => {
  const rows = [];
  const walk = mark => {
    for (const item of mark.items || []) {
      if (item.items) item.items.forEach(walk);
      else if (mark.role === 'mark' || mark.role === 'title-text')
        rows.push({...Object.fromEntries(Object.entries(item.datum || {}).filter(e => typeof e[1] !== 'object')),
                   text: item.text === undefined ? null : [].concat(item.text).join(' '), mark: mark.marktype});
    }
  };
  walk(document.getElementById('chart-' + name).teView.scenegraph().root);
  return rows;
}
"""
MOVE = """
([name, places]) => {
  const box = document.querySelector(`.te-sliders[data-for="chart-${name}"]`);
  const values = {};
  for (const input of box.querySelectorAll('input')) {
    const place = places[input.dataset.param];
    if (place !== undefined) {
      const ends = {min: input.min, max: input.max, run: input.dataset.run};
      const steps = (input.max - input.min) / input.step;
      input.value = place in ends ? ends[place] : Number(input.min) + Math.floor(steps / 2) * input.step;
      input.dispatchEvent(new Event('input', {bubbles: true}));
    }
    const stops = JSON.parse(input.dataset.stops);
    values[input.dataset.param] = stops.length ? stops[Number(input.value)] : Number(input.value);
  }
  return values;
}
"""


def moved(page: Page, figure: str, places: dict[str, str]) -> tuple[Values, Drawn]:
    """Sliders put where ``places`` says, with their values and what is drawn then."""
    values: Values = page.evaluate(MOVE, [figure, places])
    page.wait_for_function(
        f"document.querySelector('[data-for=\"chart-{figure}\"].te-sliders').dataset.settled === 'yes'"
    )
    return values, page.evaluate(DRAWN, figure)


def of(drawn: Drawn, *fields: str) -> Drawn:
    """The marks that carry these fields."""
    return [row for row in drawn if all(row.get(field) is not None for field in fields)]


def said(drawn: Drawn) -> str:
    return " ".join(str(row["text"]) for row in drawn if row["text"])


# What the library gives, figure by figure ------------------------------------------------------


def drawn_at(book: Book, moved_names: dict[str, str], values: Values) -> dict[str, Any]:
    """Draws of the book with the assumptions that sliders move set to their values, not at rest."""
    draws = book.draws(what_if_market.DRAWS_EACH)
    pinned = {
        name: np.full(what_if_market.DRAWS_EACH, values[param])
        for param, name in moved_names.items()
        if values[param] != book[name]
    }
    return with_values(draws, pinned)


Solved = dict[str, np.ndarray]


def solved_at(book: Book, names: dict[str, str], values: Values) -> tuple[Solved, Solved, Solved]:
    """The market where sliders stand and at rest, with few draws, and as the run has it."""
    facts = token_market.record()
    each = (drawn_at(book, names, values), book.draws(what_if_market.DRAWS_EACH), book.draws())
    there, rest, run = (token_market.headlines(draws, facts) for draws in each)
    return there, rest, run


def landed_chance(there: float, rest: float, run: float) -> float:
    """A chance where sliders stand, moved from the run's by what few draws show of the move."""
    return there * run / rest if there <= rest else 1 - (1 - there) * (1 - run) / (1 - rest)


def check_outcomes(book: Book, names: dict[str, str], values: Values, drawn: Drawn) -> None:
    each = solved_at(book, names, values)
    rows = {row["outcome"]: row for row in of(drawn, "outcome", "relative")}
    assert set(rows) == {outcome.label for outcome in what_if_market.OUTCOMES}
    for outcome, headline in (
        ("Price of an hour of compute, end of 2027", "price_next"),
        ("Price of an hour of compute, end of 2030", "price_at_horizon"),
        ("Spending on tokens, end of 2027", "spend_next"),
        ("Spending on tokens, end of 2030", "spend_at_horizon"),
    ):
        there, rest, run = (np.quantile(found[headline], (0.05, 0.5, 0.95)) for found in each)
        wanted = run * there / rest
        row = rows[outcome]
        assert [row["low"], row["value"], row["high"]] == pytest.approx(wanted, rel=CLOSE)
        assert row["relative"] == pytest.approx(row["value"] / row["run"])
    glut = landed_chance(*(float(found["below_cost_at_horizon"].mean()) for found in each))
    assert rows["Chance of a glut, end of 2030"]["value"] == pytest.approx(glut, rel=CLOSE)
    assert percent(glut) in said(drawn)


def check_price(book: Book, names: dict[str, str], values: Values, drawn: Drawn) -> None:
    facts = token_market.record()
    each = (drawn_at(book, names, values), book.draws(what_if_market.DRAWS_EACH), book.draws())
    paths = [market_memo.solve(draws, facts) for draws in each]
    ends = [q.endswith("Q4") for q in facts.quarters]
    ratios = [(path.price / path.user_cost)[ends] for path in paths]
    rows = [row for row in of(drawn, "below") if row["mark"] == "area"]
    rows.sort(key=lambda row: str(row["date"]))
    there, rest, run = (np.quantile(ratio, (0.05, 0.5, 0.95), axis=1).T for ratio in ratios)
    wanted = run * there / rest
    assert np.array([[row[c] for c in ("low", "value", "high")] for row in rows]) == pytest.approx(
        wanted, rel=CLOSE
    )
    below = landed_chance(*(float((ratio[-1] < 1).mean()) for ratio in ratios))
    assert f"{percent(below)} of draws" in said(drawn)


def check_payroll(book: Book, names: dict[str, str], values: Values, drawn: Drawn) -> None:
    facts = demand_explosion.record(book.seed)
    for key, cohort in demand_explosion.PROJECTED.items():
        rows = [row for row in of(drawn, "ratio") if row["cohort"] == cohort and row["mark"] == "line"]  # fmt: skip
        rows = list({row["months"]: row for row in rows}.values())
        months = np.array([row["months"] for row in rows])
        assert len(months) == MONTHS_AHEAD + 1
        since = facts.cohorts[key].since.log_growth
        growth = spending.fading_log_growth(
            months,
            trend_log_growth=facts.cohorts[key].before.log_growth,
            log_growth_now=np.log1p(values["growth"]) if key == "median" else since,
            half_life_months=values["half_life"],
        )
        kept = spending.remaining_after_haircut(
            months, signalling_share=values["signalling"], half_life_months=values["signalling_half_life"]
        )  # fmt: skip
        wanted = rows[0]["start"] * np.exp(growth) * kept
        assert [row["ratio"] for row in rows] == pytest.approx(wanted, rel=CLOSE)
        passed = months[wanted >= 1]
        words = (
            f"{cohort}: below it" if not len(passed)
            else f"{cohort}: above it now" if passed.min() == 0
            else f"{cohort}: passes it after {passed.min():.0f} months"
        )  # fmt: skip
        assert words in said(drawn)


def check_layers(book: Book, names: dict[str, str], values: Values, drawn: Drawn) -> None:
    at = override(book, {name: values[param] for param, name in names.items()})
    points, facts = dict(at.points()), supply_fleet.record()
    points["gpu_useful_life_years"] = np.array([15.0])  # nothing new retires before the horizon
    paths = supply_fleet.solve(points, facts)
    rows = {row["ahead"]: row for row in of(drawn, "added")}
    added = [rows[ahead]["added"] for ahead in sorted(rows)]
    assert added == pytest.approx(paths.additions.h100e[0] / 1e6, rel=CLOSE)
    limits = paths.additions.limits[0].T / 1e6
    layers = dict(zip(("Logic and packaging", "Memory", "Finance", "Power"), limits, strict=True))
    for name, wanted in layers.items():
        found = [rows[ahead][name] for ahead in sorted(rows)]
        assert found == pytest.approx(wanted, rel=10 * CLOSE), name
    ahead = supply.QUARTERS_PER_YEAR * supply_fleet.YEARS_AHEAD
    then = rows[ahead]
    left = supply.fleet_in_service(
        paths.shipped_h100e,
        lag_quarters=points["energisation_lag_quarters"],
        failure_rate=points["gpu_failure_rate_per_year"],
        life_years=at.points()["gpu_useful_life_years"],
    )
    in_service = left[0, len(facts.quarters) - 1 + ahead] / 1e6
    assert then["in_service"] == pytest.approx(then["landed"] * in_service, rel=CLOSE)
    assert f"In service at the end of 2028: {then['in_service']:,.0f}" in said(drawn)


def check_phase(book: Book, names: dict[str, str], values: Values, drawn: Drawn) -> None:
    rows = {row["elasticity"]: row for row in of(drawn, "rent_edge")}
    sizes = np.array(sorted(rows))
    shift, gain = np.log1p(values["shift"]), np.log1p(values["efficiency"])
    turning = rebound.turning_points(
        demand_shift=float(shift), efficiency_growth=float(gain), own_price_elasticity=-sizes
    )
    for edge, wanted in (
        ("token_edge", turning.token_price),
        ("rent_edge", turning.compute_price),
        ("spend_edge", turning.spend),
    ):
        cut = np.exp(np.clip(wanted, 0.0, np.log(HIGHEST_GROWTH)))
        assert [rows[size][edge] for size in sizes] == pytest.approx(cut, rel=CLOSE)
    response = rebound.bound_response(
        demand_shift=float(shift),
        capacity_growth=float(np.log1p(values["compute"])),
        efficiency_growth=float(gain),
        own_price_elasticity=-values["elasticity"],
    )
    words = said(drawn)
    for name, change in (("spending", response.spend), ("rent", response.compute_price), ("raw token", response.token_price)):  # fmt: skip
        assert f"{name} {_signed(float(change))}" in words
    (diamond,) = of(drawn, "here_x")
    assert (diamond["here_x"], diamond["here_y"]) == (values["elasticity"], 1 + values["compute"])


def _signed(log_change: float) -> str:
    return percent(np.expm1(log_change), "+.0%").replace("-", "\N{MINUS SIGN}")


def household(
    book: Book, values: Values, landed: float
) -> tuple[national_accounts.CostFall, phantom_gdp_accounts.Economy]:
    """Services that households buy with the saving that the slider sets, and the run's economy.

    ``landed`` scales the fall of the true price.
    """
    run = phantom_gdp_accounts.solve(book.points(), phantom_gdp_accounts.record())
    change = national_accounts.CostFall(
        saving=values["saving"], pass_through=landed * values["pass_through"],
        quality_gain=landed * book["quality_gain_log"], own_price_elasticity=values["elasticity"],
        demand_shift=0.0, deflator_capture=values["capture"], self_made_share=values["self_made"],
        self_made_token_cost=run.work.token_cost.item(), wage_growth=0.0,
    )  # fmt: skip
    return change, run


def check_accounts(book: Book, names: dict[str, str], values: Values, drawn: Drawn) -> None:
    change, run = household(book, values, of(drawn, "landed")[0]["landed"])
    sector = national_accounts.sector_accounts(change)
    bars = {row["quantity"]: row["value"] for row in of(drawn, "quantity") if row["mark"] == "rect"}
    for quantity in what_if_accounts.ACCOUNTS:
        wanted = float(np.expm1(getattr(sector, quantity)))
        assert bars[quantity] == pytest.approx(wanted, rel=CLOSE, abs=1e-6)
    gdp = phantom_gdp_accounts.record().gdp_usd_bn
    before = run.base_spend[:, :1] / run.snapshot.gdp[:, None]
    missed = gdp * national_accounts.aggregate_phantom(
        phantom=sector.phantom, base_spend=before, spend=before * np.exp(sector.nominal),
        base_gdp=np.ones(1), gdp=np.ones(1),
    )  # fmt: skip
    number = said(drawn).split("miss ")[1].split(" billion")[0].replace("\N{MINUS SIGN}", "-")
    assert float(number.replace(",", "")) == pytest.approx(missed.item(), rel=0.006)


def check_signs(book: Book, names: dict[str, str], values: Values, drawn: Drawn) -> None:
    rows = [row for row in of(drawn, "border") if row["mark"] == "area" and row["region"] == "Both fall"]  # fmt: skip
    assert rows
    change, _ = household(book, values, rows[0]["landed"])
    for row in rows:
        if not 0 < row["border"] < 1 or row["falls"] < row["size"]:
            continue
        for step, falls in ((-1e-4, True), (1e-4, False)):
            there = replace(
                change, own_price_elasticity=-row["size"], deflator_capture=row["border"] + step
            )
            assert bool(national_accounts.measured_output_falls(there)) is falls
    measured = national_accounts.sector_accounts(change).measured_volume
    assert f"measured output {_signed(float(measured))}" in said(drawn)
    (diamond,) = of(drawn, "here_x")
    assert (-diamond["here_x"], diamond["here_y"]) == (values["elasticity"], values["capture"])


def check_agreement(book: Book, names: dict[str, str], values: Values, drawn: Drawn) -> None:
    at = override(book, {name: values[param] for param, name in names.items()})
    found = claims_and_predictions.headlines(at.points(), claims_and_predictions.record())
    points = [row for row in of(drawn, "verdict") if row["mark"] == "symbol"]
    agreeing = sum(row["verdict"] == "Agrees" for row in points)
    assert agreeing == found["figures_agree"].item()
    assert f"{agreeing} of {len(points)} figures agree" in said(drawn)
    held = points[0]["landed"] * found["share_held"].item()
    assert f"{percent(held)} of judged claims" in said(drawn)


def check_firm(book: Book, names: dict[str, str], values: Values, drawn: Drawn) -> None:
    firm = one_firm.record(book)
    own = firm.paces[one_firm.OWN].status == "ok"
    paces = [one_firm.OWN if own else one_firm.PANEL["Median firm"], one_firm.PANEL["Top 1 %"]]
    for pace in paces:
        rows = {
            row["months"]: row["ratio"]
            for row in of(drawn, "ratio")
            if row["cohort"] == pace and row["mark"] == "line"
        }
        assert len(rows) == MONTHS_AHEAD + 1
        name = pace.removeprefix("Panel's ")
        growth = np.log1p(values["growth"]) if pace == paces[0] else firm.paces[pace].log_growth
        passed = firm_spend.months_until_passed(
            spend=firm.last_spend_musd,
            threshold=firm.payroll_musd,
            log_growth=growth,
            trend_log_growth=firm.trends[pace],
            half_life_months=values["half_life"],
        ).item()
        above = [month for month, ratio in rows.items() if ratio >= 1]
        if passed > MONTHS_AHEAD:
            assert not above and f"{name}: below it for 5 years" in said(drawn)
        else:
            assert min(above) == np.ceil(passed)
            assert f"{name}: passes it after {np.ceil(passed):.0f} months" in said(drawn)


def check_task(book: Book, names: dict[str, str], values: Values, drawn: Drawn) -> None:
    """Prices and what a task takes stay those of the run's market."""
    market = where_tokens_go.solve(book.points(), where_tokens_go.record())
    now = market.quarter(token_market.NOW)
    tokens, review = (part[:, 0] for part in where_tokens_go.agent_task_cost(market))
    more = book["accepted_share_of_attempts"] / values["accepted"]
    reviewed = (
        tokens[0] * more * values["review"] / (1 - values["review"]) * review[now] / review[0]
    )
    rows = {
        row["multiple"]: row
        for row in of(drawn, "part", "cost")
        if row["part"] == "Both" and row["mark"] == "line"
    }
    landed = next(iter(rows.values()))["landed"]
    for multiple, row in rows.items():
        wanted = landed * (tokens[now] * more * multiple + reviewed)
        assert row["cost"] == pytest.approx(wanted, rel=CLOSE)
    there = landed * (tokens[now] * more + reviewed)
    found = said(drawn).split(f"Accepted task in {token_market.NOW}: ")[1].split(" USD")[0]
    assert float(found.replace(",", "")) == pytest.approx(there, abs=0.0051)


def check_response(book: Book, names: dict[str, str], values: Values, drawn: Drawn) -> None:
    rows = {row["share"]: row for row in of(drawn, "response") if row["mark"] == "line"}
    shares = np.array(sorted(rows))
    seen, size = rows[shares[0]]["seen_share"], values["elasticity"]
    wanted = -nested_demand.own_elasticity(
        substitution=(values["own"] - size * seen) / (1 - seen),
        share=shares,
        market_elasticity=-size,
    )
    assert [rows[share]["response"] for share in shares] == pytest.approx(wanted, rel=CLOSE)
    (diamond,) = [row for row in of(drawn, "response") if row["mark"] == "symbol"]
    assert diamond["response"] == pytest.approx(values["own"], rel=CLOSE)
    assert f"the whole market {size:.2f}" in said(drawn)


def check_paid(book: Book, names: dict[str, str], values: Values, drawn: Drawn) -> None:
    at = override(book, {name: values[param] for param, name in names.items()})
    paid = price_of_tokens.paid_over_list(at.points())["paid_over_list_now"].item()
    (diamond,) = of(drawn, "here_x")
    wanted = diamond["landed"] * paid
    assert diamond["here_y"] == pytest.approx(wanted, rel=CLOSE)
    rows = {row["cache"]: row["paid"] for row in of(drawn, "paid") if row["mark"] == "line"}
    cache = np.array(sorted(rows))
    points = {name: np.full(cache.size, value) for name, value in at.items()}
    along = price_of_tokens.paid_over_list({**points, "cache_hit_share": cache})[
        "paid_over_list_now"
    ]
    line = diamond["landed"] * along
    assert [rows[share] for share in cache] == pytest.approx(line, rel=CLOSE)


def check_missed(book: Book, names: dict[str, str], values: Values, drawn: Drawn) -> None:
    rows = {row["fall"]: row for row in of(drawn, "missed") if row["mark"] == "line"}
    for fall, row in rows.items():
        if fall > 0:
            caught = national_accounts.deflator_capture(
                missed=row["missed"], true_price_fall=fall
            ).item()
            assert caught == pytest.approx(values["capture"], abs=CLOSE)
    lost = max(-values["legal"], 0)
    assert {round(row["lost"], 9) for row in rows.values()} == {round(lost, 9)}
    assert f"fell by {percent(lost / (1 - values['capture']), '.1%')} a year" in said(drawn)


Check = Callable[[Book, dict[str, str], Values, Drawn], None]
CHECKS: dict[tuple[str, str], Check] = {
    ("00_summary", "what_if"): check_outcomes,
    ("01_demand_explosion", "what_if"): check_payroll,
    ("02_supply_constraints", "what_if"): check_layers,
    ("03_jevons_dynamics", "what_if"): check_phase,
    ("04_phantom_gdp", "what_if"): check_accounts,
    ("04_phantom_gdp", "what_if_signs"): check_signs,
    ("05_claims_and_predictions", "what_if"): check_agreement,
    ("06_token_market", "what_if"): check_price,
    ("07_where_tokens_go", "what_if"): check_task,
    ("09_price_of_tokens", "what_if"): check_paid,
    ("10_price_response", "what_if"): check_response,
    ("11_phantom_evidence", "what_if"): check_missed,
    ("12_one_firm", "what_if"): check_firm,
}


NOTHING_TO_MOVE = {
    "08_token_counts", "13_forecast_record", "14_what_to_measure", "15_list_prices",
    "16_satellite_account",
}  # fmt: skip


def test_every_page_with_sliders_is_checked_here(real: Path) -> None:
    """And every notebook has a chart that can be moved, but for those named."""
    found = {
        (path.stem, part.split('"')[0])
        for path in real.glob("*.html")
        for part in path.read_text(encoding="utf-8").split('class="te-sliders" data-for="chart-')[
            1:
        ]
    }
    assert found == set(CHECKS)
    notebooks = {path.stem for path in (real / "notebooks").glob("*.ipynb")}
    assert {page for page, _ in found} == notebooks - NOTHING_TO_MOVE


def _names(page: Page, figure: str) -> dict[str, str]:
    """Assumptions by what their sliders are called, from the chart's own description."""
    text = page.locator(f"#figure-{figure} script.te-spec").text_content()
    rows = json.loads(text or "")["usermeta"]["sliders"]
    return {row["param"]: row["assumption"] for row in rows if row["assumption"]}


@pytest.mark.parametrize(("stem", "figure"), CHECKS, ids=["-".join(key) for key in CHECKS])
def test_a_moved_slider_draws_what_the_library_gives(
    real: Path, visit: Open, book: Book, stem: str, figure: str
) -> None:
    """Each slider at its ends and in the middle, and all together at both ends."""
    check = CHECKS[stem, figure]
    with visit(real / f"{stem}.html") as page:
        names = _names(page, figure)
        values, drawn = moved(page, figure, {})
        check(book, names, values, drawn)
        at_run = dict(values)
        params = list(values)
        places = [{param: place} for param in params for place in ("min", "middle", "max")]
        places += [dict.fromkeys(params, "min"), dict.fromkeys(params, "max")]
        for wanted in places:
            values, drawn = moved(page, figure, {**dict.fromkeys(params, "run"), **wanted})
            check(book, names, values, drawn)
        page.locator(f"#figure-{figure} .te-reset").click()
        values, drawn = moved(page, figure, {})
        assert values == at_run
        check(book, names, values, drawn)


@pytest.mark.parametrize(("stem", "figure"), CHECKS, ids=["-".join(key) for key in CHECKS])
def test_at_rest_a_page_says_the_headline_to_the_printed_digits(
    real: Path, visit: Open, stem: str, figure: str
) -> None:
    """Before a slider is moved, and after the way back; the headlines are those of the edition."""
    found = pd.read_csv(real / "results.csv").set_index("id")
    topic = stem.partition("_")[2]

    def of_page(identity: str) -> dict[str, Any]:
        return dict(found.loc[identity if "." in identity else f"{topic}.{identity}"])

    with visit(real / f"{stem}.html") as page:
        spec = json.loads(page.locator(f"#figure-{figure} script.te-spec").text_content() or "")
        rows = [
            (of_page(said_of["result"]), said_of["words"]) for said_of in spec["usermeta"]["says"]
        ]
        wanted = [as_drawn(words.format(**row)) for row, words in rows if row["status"] == "ok"]

        def at_rest() -> None:
            values, drawn = moved(page, figure, {})
            words = [str(row["text"]) for row in drawn if row["text"]]
            for words_wanted in wanted:
                assert any(words_wanted in line for line in words), words_wanted
            for row in spec["usermeta"]["sliders"]:
                if row["result"]:
                    value = of_page(row["result"])["value"]
                    size = abs(value) if "in size" in row["label"] else value
                    assert values[row["param"]] == pytest.approx(size, rel=1e-5)

        at_rest()
        params = list(page.evaluate(MOVE, [figure, {}]))
        moved(page, figure, dict.fromkeys(params, "max"))
        page.locator(f"#figure-{figure} .te-reset").click()
        at_rest()


def test_a_slider_over_the_solved_market_says_that_it_is_drawn(real: Path, visit: Open) -> None:
    with visit(real / "00_summary.html") as page:
        box = page.locator("#figure-what_if .te-slider").first
        slider, output = box.locator("input"), box.locator("output")
        assert output.inner_text() == slider.get_attribute("aria-valuetext") == "as drawn"
        assert "as drawn, middle" in box.locator(".te-slider-about").inner_text()
        slider.focus()
        page.keyboard.press("ArrowRight")
        assert output.inner_text() == slider.get_attribute("aria-valuetext") != "as drawn"
        page.keyboard.press("ArrowLeft")
        assert output.inner_text() == "as drawn"


def test_sliders_answer_keys_say_their_value_and_survive_the_dark(real: Path, visit: Open) -> None:
    with visit(real / "05_claims_and_predictions.html") as page:
        slider = page.get_by_label("gap between a claimed figure", exact=False)
        output = page.locator("output").first
        reset = page.locator(".te-reset")
        assert output.inner_text() == "20 %" and reset.is_disabled()
        slider.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        assert output.inner_text() == slider.get_attribute("aria-valuetext") == "22 %"
        page.keyboard.press("End")
        assert output.inner_text() == "50 %" and reset.is_enabled()
        before = [row["verdict"] for row in moved(page, "what_if", {})[1] if row.get("verdict")]
        page.emulate_media(color_scheme="dark")
        page.wait_for_timeout(700)
        after = [row["verdict"] for row in moved(page, "what_if", {})[1] if row.get("verdict")]
        assert output.inner_text() == "50 %" and after == before
        page.emulate_media(media="print")
        page.wait_for_timeout(300)
        assert output.is_visible() and not slider.is_visible() and not reset.is_visible()
        page.emulate_media(media="screen")
        reset.click()
        assert output.inner_text() == "20 %" and reset.is_disabled()


@pytest.mark.parametrize("width", [360, 1280])
def test_moving_a_slider_moves_nothing_else(real: Path, visit: Open, width: int) -> None:
    """No element shifts, at any place of any slider; controls are large enough for a thumb."""
    for stem, figure in CHECKS:
        with visit(real / f"{stem}.html", width=width) as page:
            box = f"document.getElementById('figure-{figure}')"
            size = f"JSON.stringify([...{box}.querySelectorAll('.te-chart, .te-slider, .te-reset')].map(e => [e.offsetTop, e.offsetHeight]))"
            before = page.evaluate(size)
            params = list(page.evaluate(MOVE, [figure, {}]))
            for place in ("min", "max"):
                moved(page, figure, dict.fromkeys(params, place))
                assert page.evaluate(size) == before, f"{stem} {figure} {place} at {width}"
            touch = page.evaluate(
                f"[...{box}.querySelectorAll('.te-track input, .te-reset')].map(e => Math.min(e.offsetHeight, e.offsetWidth))"
            )
            assert min(touch) >= 32
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_script_values_and_ranges_stay(real: Path, visit: Open) -> None:
    with visit(real / "02_supply_constraints.html", java_script_enabled=False) as page:
        assert "5 to 95 %" in page.locator("#figure-what_if").inner_text()
        assert page.locator("#figure-what_if output").first.is_visible()
        assert not page.locator("#figure-what_if .te-track input").first.is_visible()
        assert page.locator("#figure-what_if img").is_visible()


def test_dates_of_the_price_path_are_year_ends() -> None:
    known = conditioned(read_book())
    table = what_if_market.prices(known, what_if_market.price_sliders(known))
    assert set(pd.to_datetime(table["date"]).dt.month) == {12}
    assert quarters.of_date(str(table["date"].max())[:10]).endswith("Q4")
