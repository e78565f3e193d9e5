"""The assumption book: what is refused, what a literal means, and how draws are keyed."""

import math
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixture_project import ASSUMPTIONS, _assumption, write_table

from token_economics.book import assumptions, scenarios
from token_economics.book.assumptions import AssumptionError, Book, override, read_book, resolve
from token_economics.book.draws import with_values


@pytest.fixture
def book(project: Path) -> Book:
    return read_book()


REFUSED: list[tuple[str, Any, str]] = [
    ("demand_growth_per_yaer", 0.4, "did you mean 'demand_growth_per_year'"),
    ("growth_rate", 0.4, "is now called 'demand_growth_per_year'"),
    ("widget_fashion", 1, "has been retired: no series ever moved with it"),
    ("adoption_share", True, "a bool"),
    ("adoption_share", "0.4", "a str"),
    ("adoption_share", None, "a NoneType"),
    ("adoption_share", math.nan, "from 0 to 1"),
    ("adoption_share", math.inf, "from 0 to 1"),
    ("adoption_share", 1.01, "from 0 to 1"),
    ("adoption_share", 10**400, "from 0 to 1"),
    ("adoption_share", [0.5, 0.2], "low must not exceed high"),
    ("adoption_share", [0.5, 2], "from 0 to 1"),
    ("adoption_share", [0.1, 0.2, 0.3], "two numbers"),
    ("adoption_share", [0.1, True], "a bool"),
    # without the guard the median of a log-scale interval from zero is not a number
    ("unit_price_usd", [0, 5], "not on them"),
    ("adoption_share", [0.5, 1], "not on them"),
]


@pytest.mark.parametrize(("name", "given", "message"), REFUSED)
def test_nonsense_is_refused_by_name(book: Book, name: str, given: Any, message: str) -> None:
    with pytest.raises(AssumptionError, match=name) as refused:
        override(book, {name: given})
    assert message in str(refused.value)


@pytest.mark.parametrize(("name", "given", "message"), [row for row in REFUSED if row[0] != "demand_growth_per_yaer"])  # fmt: skip
def test_a_notebook_refuses_the_same(book: Book, name: str, given: Any, message: str) -> None:
    """The fourth door: `resolve(globals())` after plain papermill or an analyst set something."""
    with pytest.raises(AssumptionError, match=name) as refused:
        resolve({name: given})
    assert message in str(refused.value)


@pytest.mark.parametrize(
    "setting", [{"seed": -1}, {"seed": True}, {"n_draws": 0}, {"n_draws": 2.5}, {"as_of": "today"}]
)
def test_run_settings_are_checked(book: Book, setting: dict[str, Any]) -> None:
    with pytest.raises(AssumptionError, match=next(iter(setting))):
        resolve(setting)


def test_a_near_miss_in_a_notebook_is_warned_of(book: Book) -> None:
    with pytest.warns(UserWarning, match="did you mean 'unit_price_usd'"):
        resolve({"unit_price_used": 3})


@pytest.mark.parametrize("value", ["3", "3.0", "[1, 2]", "(1, 2)"])
def test_a_near_miss_among_live_globals_is_warned_of(book: Book, value: str) -> None:
    """Guard: the copy in `resolve`. The warning notes itself in the globals that are being read."""
    code = f"unit_price_used = {value}\nadoption_shares = 0.1\nbook = resolve(globals())\nx = 1"
    notebook = {"resolve": resolve}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        exec(code, notebook)
    meant = ["did you mean 'unit_price_usd'?", "did you mean 'adoption_share'?"]
    assert [str(warning.message).split("; ")[1] for warning in told] == meant
    assert "__warningregistry__" in notebook and notebook["x"] == 1
    assert notebook["book"] == book


def test_reading_an_assumption_that_the_book_lacks_says_what_to_do(book: Book) -> None:
    """A fork that drops a row of the book meets this in a kernel; a KeyError says nothing."""
    reads: list[Any] = [
        book, book.draws(), book.points(), with_values(book.draws(), {"x": np.ones(64)}),
    ]  # fmt: skip
    for held in reads:
        with pytest.raises(AssumptionError) as refused:
            held["unit_price"]
        told = str(refused.value)
        assert told.startswith("unknown assumption 'unit_price'; did you mean 'unit_price_usd'?")
        assert told.endswith("data/assumptions.csv needs that row")
        assert "unit_price" not in held and held.get("unit_price") is None
    with pytest.raises(AssumptionError, match="is now called 'demand_growth_per_year'"):
        book.draws()["growth_rate"]


def test_ordinary_variables_of_a_notebook_raise_no_warning(book: Book) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        resolve({"x": 3, "_adoption_shar": 4, "adoption_shares": object()})


def test_a_literal_equal_to_the_books_value_leaves_the_range(book: Book) -> None:
    same = override(book, {"adoption_share": 0.3, "lag_years": 2})
    assert same.rows == book.rows
    assert not same.overrides


def test_another_number_pins(book: Book) -> None:
    row = override(book, {"adoption_share": 0.4}).row("adoption_share")
    assert (row.value, row.low, row.pinned, row.set_by) == (0.4, None, True, "override")


def test_two_numbers_are_the_interval_of_the_draws(book: Book) -> None:
    draws = override(book, {"unit_price_usd": [20, 80]}).draws(4000)["unit_price_usd"]
    assert np.quantile(draws, [0.05, 0.5, 0.95]) == pytest.approx([20, 40, 80], rel=0.01)


def test_a_fixed_number_given_an_interval_varies_in_it(book: Book) -> None:
    draws = override(book, {"lag_years": [1, 3]}).draws(4000)["lag_years"]
    assert np.quantile(draws, [0.05, 0.5, 0.95]) == pytest.approx([1, 2, 3], rel=0.01)


def test_an_interval_of_one_point_pins_even_the_books_value(book: Book) -> None:
    pinned = override(book, {"adoption_share": [0.3, 0.3]})
    assert pinned.row("adoption_share").pinned
    assert not book.row("adoption_share").pinned


@pytest.mark.parametrize("given", [0.4, [0.3, 0.3], [0.2, 0.5], 0.3])
def test_what_a_kernel_is_given_resolves_to_the_runners_book(book: Book, given: Any) -> None:
    """Guard: `_as_given`. A pinned value that equals the book's must not arrive as a literal."""
    changed = override(book, {"adoption_share": given})
    assert resolve(changed.overrides).rows == changed.rows


def test_what_is_set_last_holds(book: Book) -> None:
    """A literal over a scenario is read against the book, not against the scenario."""
    scenario = override(book, {"adoption_share": [0.2, 0.5]}, set_by="scenario", scenario="s")
    assert override(scenario, {"adoption_share": 0.3}).rows == book.rows
    assert override(scenario, {"adoption_share": 0.4}).row("adoption_share").pinned
    assert override(scenario, {"adoption_share": [0.2, 0.5]}) == scenario


def test_the_order_of_changes_is_irrelevant(book: Book) -> None:
    changes = {"adoption_share": 0.4, "lag_years": 3, "unit_price_usd": [20, 80]}
    one = override(book, changes)
    other = override(book, dict(reversed(changes.items())))
    assert list(one.overrides.items()) == list(other.overrides.items())


def test_draws_are_keyed_by_name(book: Book) -> None:
    """Guard: the stream's key. A new row, or another order of rows, shifts no other draw."""
    before = book.draws(50)
    extra = {"wear_per_week": replace(book.row("wear_per_year"), name="wear_per_week")}
    rows = {**extra, **dict(reversed(list(book.rows.items())))}
    after = replace(book, rows=rows, stored=rows).draws(50)
    assert all(np.array_equal(after[name], before[name]) for name in before)
    assert not np.array_equal(after["wear_per_week"], after["wear_per_year"])


def test_scenarios_share_draws(book: Book) -> None:
    """Common random numbers: only the changed assumption's draws differ."""
    before, after = book.draws(50), override(book, {"adoption_share": [0.2, 0.5]}).draws(50)
    differing = {name for name in before if not np.array_equal(before[name], after[name])}
    assert differing == {"adoption_share"}


def test_draws_that_are_shared_cannot_be_written_to(book: Book) -> None:
    """Guard: the flag in `_drawn`. A topic that wrote to them would change another's."""
    again = override(book, {"adoption_share": [0.2, 0.5]})
    assert book.draws(50)["wear_per_year"] is again.draws(50)["wear_per_year"]
    with pytest.raises(ValueError, match="read-only"):
        book.draws(50)["wear_per_year"] += 1


def test_no_more_draws_are_kept_than_fit(book: Book) -> None:
    """Guard: `MOST_DRAWS_KEPT`. A sweep of a million draws must not fill the memory."""
    many = assumptions.MOST_DRAWS_KEPT + 1
    assert book.draws(many)["wear_per_year"] is not book.draws(many)["wear_per_year"]


def test_another_seed_gives_other_draws(book: Book) -> None:
    other = resolve({"seed": 7, "n_draws": 64}).draws()["adoption_share"]
    assert not np.array_equal(other, book.draws()["adoption_share"])
    assert np.array_equal(book.draws()["adoption_share"], read_book().draws()["adoption_share"])


@pytest.mark.parametrize("name", [row[0] for row in ASSUMPTIONS])
def test_draws_have_the_books_points_and_keep_its_bounds(book: Book, name: str) -> None:
    row, draws = book.row(name), book.draws(20_000)[name]
    assert row.hard_min <= draws.min() <= draws.max() <= row.hard_max
    low = row.value if row.low is None else row.low
    high = row.value if row.high is None else row.high
    points = np.quantile(draws, [0.05, 0.5, 0.95])
    assert points == pytest.approx([low, row.value, high], rel=0.02)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("low", "", "give both low and high"),
        ("hard_max", 0.5, "allowed is 0 to 0.5"),
        ("low", 0, "a logitnormal needs"),
        ("source_id", "guild_prices_2026 nobody_2026", "no such id"),
        ("label", "a = b", "label"),
    ],
)
def test_a_book_that_would_refuse_itself_is_reported(
    new_project: Path, command: Any, column: str, value: Any, message: str
) -> None:
    rows = [_assumption(*row) for row in ASSUMPTIONS]
    rows[0][column] = value
    write_table(new_project, "assumptions", rows)
    done = command("check")
    assert done.exit_code == 1
    assert message in done.stderr and "assumptions.csv" in done.stderr


YAML_TRAPS = [
    "adoption_share: 1e6", "adoption_share: 3e-1", "lag_years: 017", "lag_years: 1:30",
    "lag_years: NO", "lag_years: 2\nlag_years: 3", "lag_years:\n  deep: 2", "lag_years: '3'",
    'lag_years: "3"', "lag_years:", "lag_years: 1_000", "lag_years: 0x1f", "lag_years: .inf",
    "lag_years: .nan", "lag_years: !!str 3", "lag_years: [1, [2, 3]]", "lag_years: ~", "- 3",
    "lag_years: 2026-01-01", "lag_years: [1", "lag_years: 3\nlag_yeers: 4", "_tilte: x",
]  # fmt: skip


@pytest.mark.parametrize("text", YAML_TRAPS)
def test_a_scenario_that_yaml_would_mistype_is_refused(new_project: Path, text: str) -> None:
    """Guards: the number pattern, the resolved tag (a quoted number is text), the keys seen."""
    path = new_project / "trap.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AssumptionError):
        scenarios.apply(scenarios.load(str(path)), {})


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.3", 0.3), ("3", 3), ("-0.5", -0.5), ("1.5e-1", 0.15), ("[0.2, 0.5]", [0.2, 0.5])],
)
def test_plain_numbers_are_read(new_project: Path, text: str, value: Any) -> None:
    path = new_project / "plain.yaml"
    path.write_text(f"_sources: guild_prices_2026\ndemand_growth_per_year: {text}\n", "utf-8")
    scenario = scenarios.load(str(path))
    assert scenario.values == {"demand_growth_per_year": value}
    assert scenario.sources == ("guild_prices_2026",)


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_an_empty_scenario_is_the_book(new_project: Path, text: str) -> None:
    path = new_project / "empty.yaml"
    path.write_text(text, encoding="utf-8")
    assert scenarios.apply(scenarios.load(str(path)), {}).rows == read_book().rows


def test_a_file_cannot_pose_as_a_scenario_of_the_project(new_project: Path) -> None:
    """Guard: the name check of `load`. Such a run would replace the reference edition."""
    path = new_project / "base.yaml"
    path.write_text("lag_years: 3\n", encoding="utf-8")
    with pytest.raises(AssumptionError, match="rename the file"):
        scenarios.load(str(path))


def test_a_run_is_named_by_what_differs_from_its_scenario(project: Path) -> None:
    def identity(scenario: str, **changes: Any) -> str:
        named = scenarios.load(scenario)
        return scenarios.run_id(scenarios.apply(named, changes), named)

    assert identity("base") == "base"
    assert identity("base", lag_years=2) == "base"
    assert identity("boom") == "boom"
    assert identity("boom", demand_growth_per_year=1) == "boom"
    changed = identity("base", lag_years=3, adoption_share=0.4)
    assert changed == identity("base", adoption_share=0.4, lag_years=3.0)
    assert changed.startswith("base-") and len(changed) == len("base-") + 8
    assert int(changed[-8:], 16) >= 0
    others = {
        identity("boom", demand_growth_per_year=0.5),
        identity("boom", demand_growth_per_year=0.6),
        identity("boom", lag_years=3, adoption_share=0.4),
        identity("base", adoption_share=[0.3, 0.3]),
        identity("base", adoption_share=[0.1, 0.3]),
        changed,
    }
    assert len(others) == 6 and "boom" not in others


@pytest.mark.parametrize(
    ("name", "told"), [("growth_rate", "is now called"), ("widget_fashion", "has been retired")]
)
def test_a_fork_that_sets_a_name_of_old_is_told(project: Path, name: str, told: str) -> None:
    with pytest.raises(AssumptionError, match=told):
        resolve({name: 0.4})


def test_an_interval_holds_its_value_and_shrinks_to_a_pinned_one(book: Book) -> None:
    low, value, high = book.interval("adoption_share")
    assert low < value < high
    assert override(book, {"adoption_share": 0.4}).interval("adoption_share") == (0.4, 0.4, 0.4)
