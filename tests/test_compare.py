"""Two cases side by side: what moved, who did it, and what the page and the terminal say."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fixture_project import ROOT, ROOT_VARIABLE

from token_economics.answers import comparison, evaluate
from token_economics.answers.store import remembered
from token_economics.book import scenarios
from token_economics.headlines.market.conditioning import conditioned
from token_economics.project import fingerprint
from token_economics.report.pages import build, compare, compare_page

Command = Callable[..., Any]
FEW_DRAWS = 512
CHANGED = {"dram_bit_growth_per_year": 0.35, "gpu_useful_life_years": 4}


@pytest.fixture(scope="module", autouse=True)
def real() -> Any:
    """This process works on the real project."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ROOT_VARIABLE, str(ROOT))
        yield


@pytest.fixture(scope="module")
def found() -> compare.Comparison:
    return compare.compare("base", "base", changes=CHANGED)


@pytest.fixture(scope="module")
def scarcity() -> compare.Comparison:
    """Nine changes on fewer draws: what is tested holds at any number of them."""
    apply = scenarios.apply
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scenarios, "apply", lambda *asked: replace(apply(*asked), n_draws=FEW_DRAWS))
        return compare.compare("base", "scarcity")


def test_contributions_add_up_to_the_change_of_every_attributed_result(
    found: compare.Comparison, scarcity: compare.Comparison
) -> None:
    for case in (found, scarcity):
        change = case.told.set_index("id")["change"]
        size = case.told.set_index("id")[["before", "after"]].abs().max(axis=1)
        summed = case.attribution.groupby("id")["contribution"].sum()
        assert len(summed) > 20
        assert ((summed - change[summed.index]).abs() <= 1e-9 * size[summed.index] + 1e-15).all()


def test_both_sides_are_the_answers_of_their_books(found: compare.Comparison) -> None:
    book = conditioned(scenarios.apply(scenarios.load("base"), CHANGED))
    alone = evaluate.headline_results(book, keep=remembered).set_index("id")["value"]
    pd.testing.assert_series_equal(
        found.told.set_index("id")["after"], alone, check_names=False, check_like=True
    )


def test_only_what_was_changed_is_credited(found: compare.Comparison) -> None:
    assert set(found.changes["name"]) == set(CHANGED)
    assert set(found.attribution["name"]) == {*CHANGED, comparison.RECORD}
    life = found.attribution.query("id == 'supply_constraints.rent_over_cost'")
    share = life.set_index("name")["contribution"]
    assert share["dram_bit_growth_per_year"] == 0 and share["gpu_useful_life_years"] < 0


def test_few_changes_are_shared_out_exactly_many_with_an_error(
    found: compare.Comparison, scarcity: compare.Comparison
) -> None:
    assert found.attribution["exact"].all() and not found.attribution["standard_error"].any()
    by_market = scarcity.attribution["id"].str.startswith("token_market.")
    assert not scarcity.attribution.loc[by_market, "exact"].any()
    assert scarcity.attribution.loc[by_market, "standard_error"].max() > 0
    used = scarcity.attribution[scarcity.attribution["id"].isin(scarcity.key["id"])]
    change = scarcity.key.set_index("id")["change"].abs()
    assert (used["standard_error"] / used["id"].map(change)).max() < 0.05


def test_fewer_draws_a_set_still_add_up_to_the_change_and_say_their_error(
    found: compare.Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "DRAWS_IN_ALL", 1024)
    books = [case.book for case in (found.before, found.after) if case.book]
    few = comparison.attribution(*books, found.told)
    change = found.told.set_index("id")["change"]
    summed = few.groupby("id")["contribution"].sum()
    assert summed.to_numpy() == pytest.approx(change[summed.index].to_numpy(), rel=1e-9, abs=1e-9)
    every = found.attribution.set_index(["id", "name"])["contribution"]
    missed = (few.set_index(["id", "name"])["contribution"] - every).abs()
    assert missed.max() > 0 and few["standard_error"].max() > 0


def test_the_same_comparison_is_attributed_once(
    found: compare.Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = lambda *_, **__: pytest.fail("attributed again")  # noqa: E731
    monkeypatch.setattr(comparison, "attribution", refused)
    again = compare.compare("base", "base", changes=CHANGED)
    pd.testing.assert_frame_equal(again.attribution, found.attribution, check_dtype=False)


def test_what_no_changed_assumption_touches_does_not_move(found: compare.Comparison) -> None:
    topics = found.told.groupby("topic")["moved"].any()
    assert not topics["price_of_tokens"] and not topics["claims_and_predictions"]
    assert topics["token_market"] and topics["supply_constraints"]


def test_key_results_are_ordered_by_how_far_they_moved_for_their_range(
    scarcity: compare.Comparison,
) -> None:
    widths = scarcity.key["widths"].abs()
    assert widths.is_monotonic_decreasing and (widths > 0).all()
    assert scarcity.key.groupby("topic").size().max() <= comparison.MOST_OF_A_TOPIC


def test_shares_of_a_result_add_up_to_one(scarcity: compare.Comparison) -> None:
    shares = comparison.shares_of_change(scarcity.key, scarcity.attribution, 5)
    assert shares.groupby("id")["share"].sum().to_numpy() == pytest.approx(1)
    assert shares["name"].nunique() <= 6


def test_the_page_tells_in_its_first_lines_what_moved_and_which_assumption_did_it(
    scarcity: compare.Comparison, tmp_path: Path
) -> None:
    folder = compare_page.write(scarcity, tmp_path / "out")
    page = (folder / "index.html").read_text(encoding="utf-8")
    for sentence in compare.sentences(scarcity):
        assert sentence in page
    first = compare.sentences(scarcity)[1]
    assert first.startswith("Probability that") and "chiefly through" in first
    assert " points)" in first
    assert page.index("te-answer") < page.index("figure-attribution") < page.index('id="changes"')
    for download in ("results", "attribution", "assumptions", "market"):
        assert len(pd.read_csv(folder / f"{download}.csv")) > 1
    for figure in ("attribution", "price", "fleet", "spend"):
        assert (folder / f"tables/compare.{figure}.csv").is_file()
        assert f'id="figure-{figure}"' in page
    links = {part.split('"')[0] for part in page.split('href="')[1:]}
    local = {link for link in links if not link.startswith(("#", "http"))}
    assert {link for link in local if not (folder / link).exists()} <= {"index.html"}
    described = json.loads((folder / compare_page.COMPARE_FILE).read_text(encoding="utf-8"))
    assert described["compared"] == ["base", "scarcity"] and described["attributed"]


def test_a_comparison_replaces_its_own_folder_and_no_other(
    found: compare.Comparison, tmp_path: Path
) -> None:
    assert compare_page.write(found, tmp_path / "a") == compare_page.write(found, tmp_path / "a")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(build.RequestError, match="name another folder"):
        compare_page.write(found, tmp_path / "mine")
    assert (tmp_path / "mine/letter.txt").read_text(encoding="utf-8") == "dear"


def finished(folder: Path, results: pd.DataFrame, lib: str, **overrides: float) -> Path:
    """A finished run as far as a comparison reads it."""
    folder.mkdir()
    book = scenarios.apply(scenarios.load("base"), overrides)
    results.to_csv(folder / "results.csv", index=False)
    evaluate.market_path(book).to_csv(folder / "market.csv", index=False)
    described = {
        "schema_version": 1, "run_id": folder.name, "scenario": "base", "scenario_title": "Base",
        "scenario_story": "", "as_of": book.as_of, "overrides": dict(book.overrides),
        "seed": book.seed, "n_draws": book.n_draws,
        "hashes": {**fingerprint.hashes(), **({"lib": lib} if lib else {})},
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(described), encoding="utf-8")
    return folder


def results_of(**overrides: float) -> pd.DataFrame:
    book = conditioned(scenarios.apply(scenarios.load("base"), overrides))
    return evaluate.headline_results(book, keep=remembered)


def test_finished_runs_of_this_library_are_compared_and_attributed_without_a_kernel(
    tmp_path: Path, found: compare.Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = finished(tmp_path / "one", results_of(), "")
    second = finished(tmp_path / "two", results_of(**CHANGED), "", **CHANGED)
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("a kernel was started"))
    told = compare.compare(str(first), str(second))
    pd.testing.assert_frame_equal(told.attribution, found.attribution)


def test_a_run_of_another_library_is_compared_but_not_attributed(tmp_path: Path) -> None:
    old = finished(tmp_path / "old", results_of(**CHANGED), "0123456789abcdef", **CHANGED)
    told = compare.compare("base", str(old))
    assert told.told["moved"].any() and not len(told.attribution)
    assert "another version of the library" in told.why_not
    assert "Not attributed" in compare.as_text(told)
    page = (compare_page.write(told, tmp_path / "page") / "index.html").read_text(encoding="utf-8")
    assert "not attributed" in page and "figure-attribution" not in page
    assert set(told.changes["name"]) == set(CHANGED)


def test_the_terminal_gets_a_short_table_and_the_pages_address(
    command: Command, tmp_path: Path
) -> None:
    done = command(
        "compare", "base", "--set", "gpu_useful_life_years=4", "--out", str(tmp_path / "out")
    )
    lines = done.stdout.splitlines()
    assert done.exit_code == 0 and len(lines) < 25
    assert lines[0].startswith("Base-") and "1 assumption;" in lines[0]
    assert lines[-1] == str(tmp_path / "out" / "index.html") and Path(lines[-1]).is_file()
    assert any("GPU useful life" in line for line in lines)


def test_json_holds_everything_and_writes_no_page(command: Command, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = command(
        "compare", "base", "--set", "gpu_useful_life_years=4", "--json", "--out", str(out)
    )
    told = json.loads(done.stdout)
    assert {"compared", "changes", "results", "attribution", "attributed"} <= set(told)
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["base", "base"], "assume the same"),
        (["base", "nonsense"], "there is no scenario 'nonsense'"),
        (["base", "scarcity", "--set", "gpu_useful_life_yeers=4"], "did you mean"),
        (["base", "scarcity", "--set", "gpu_useful_life_years=400"], "allowed is a number from"),
        (["base", "lib"], "no run of ours"),
    ],
)
def test_a_wrong_comparison_is_refused_with_what_to_do(
    command: Command, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    monkeypatch.chdir(ROOT)
    done = command("compare", *arguments)
    assert done.exit_code == 2 and told in done.stderr and not done.stdout


def test_a_finished_run_takes_no_changes(command: Command, tmp_path: Path) -> None:
    run = finished(tmp_path / "run", results_of(), "")
    done = command("compare", "base", str(run), "--set", "gpu_useful_life_years=4")
    assert done.exit_code == 2 and "finished run" in done.stderr
    shutil.rmtree(run)
