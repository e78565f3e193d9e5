"""What changed since an edition: what differs is found, and a change is owed to what alone can have made it."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fixture_project import ROOT, ROOT_VARIABLE, rows_of

from token_economics.answers import comparison, evaluate
from token_economics.answers.store import remembered
from token_economics.book import scenarios
from token_economics.evidence.table_changes import changes
from token_economics.headlines.market.conditioning import conditioned
from token_economics.report.pages import editions, editions_page

Command = Callable[..., Any]
ASSUMPTION = "gpu_useful_life_years"


def written(path: Path, rows: list[dict[str, str]]) -> None:
    pd.DataFrame(rows).to_csv(path, index=False)


@pytest.fixture
def old(project: Path, built: Path, tmp_path: Path) -> Path:
    """An edition that is like the tiny project's own: a test changes of it what it is about."""
    return Path(shutil.copytree(built, tmp_path / "old"))


def with_result(folder: Path, identity: str, value: str) -> None:
    rows = rows_of(folder / "results.csv")
    written(
        folder / "results.csv",
        [r | ({"value": value} if r["id"] == identity else {}) for r in rows],
    )


def with_run(folder: Path, **more: Any) -> None:
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    hashes = {**run["hashes"], **more.pop("hashes", {})}
    (folder / "run.json").write_text(
        json.dumps({**run, "hashes": hashes, **more}), encoding="utf-8"
    )


def with_assumption(folder: Path, which: str, **cells: str) -> None:
    path = folder / "data" / "assumptions.csv"
    written(path, [row | (cells if row["name"] == which else {}) for row in rows_of(path)])


def why(folder: Path, identity: str = "alpha.last_shipment") -> str:
    return str(editions.compare(str(folder), None).told.set_index("id")["why"][identity])


def test_equal_editions_differ_in_nothing(old: Path) -> None:
    found = editions.compare(str(old), None)
    assert not found.told["moved"].any() and not found.tables and not len(found.assumptions)
    assert "nothing that the editions say" in editions_page.as_text(found)


def test_a_change_is_the_datas_where_only_rows_that_the_topic_reads_differ(old: Path) -> None:
    rows = rows_of(old / "data" / "widgets.csv")
    added = [row | {"value": "41.0"} for row in rows if row["period"] == "2026"]
    written(old / "data" / "widgets.csv", [row for row in rows if row["period"] != "2026"])
    with_result(old, "alpha.last_shipment", "50")
    found = editions.compare(str(old), None)
    assert added and [change.what for change in found.tables["widgets"]] == ["added"]
    assert found.readers["widgets"] == ["alpha", "beta"]
    assert why(old) == "data"


def test_a_change_is_the_models_where_only_the_library_differs(old: Path) -> None:
    with_run(old, hashes={"lib": "0" * 16})
    with_result(old, "alpha.last_shipment", "50")
    assert why(old) == "model"


def test_where_both_differ_it_is_data_or_model(old: Path) -> None:
    with_run(old, hashes={"lib": "0" * 16})
    written(old / "data" / "widgets.csv", rows_of(old / "data" / "widgets.csv")[1:])
    with_result(old, "alpha.last_shipment", "50")
    assert why(old) == "data or model"


def test_a_note_that_differs_moves_no_result(old: Path) -> None:
    rows = rows_of(old / "data" / "widgets.csv")
    written(old / "data" / "widgets.csv", [row | {"note": "said anew"} for row in rows])
    with_run(old, hashes={"lib": "0" * 16})
    with_result(old, "alpha.last_shipment", "50")
    assert why(old) == "model"


def test_assumptions_are_told_with_both_values_and_bases(old: Path) -> None:
    with_assumption(old, "lag_years", value="3", basis="derived")
    with_result(old, "alpha.last_shipment", "50")
    found = editions.compare(str(old), None)
    row = found.assumptions.set_index("name").loc["lag_years"]
    assert (
        row["before"] == "3; basis: derived" and row["after"] == "2; basis: judged" and row["moves"]
    )
    assert (
        why(old) == "assumptions"
    )  # the tiny project's results need a kernel: no more can be said


def test_an_assumption_under_its_old_name_is_the_same(old: Path) -> None:
    with_assumption(old, "demand_growth_per_year", name="growth_rate")
    found = editions.compare(str(old), None)
    assert list(found.assumptions["what"]) == ["renamed"] and not found.assumptions["moves"].any()


def test_settings_that_differ_are_named_and_the_date_alone_moves_nothing(old: Path) -> None:
    with_run(old, as_of="2026-09-01")
    found = editions.compare(str(old), None)
    assert found.settings["as_of"][0] == "2026-09-01" and list(found.settings) == ["as_of"]
    with_result(old, "alpha.last_shipment", "50")
    assert why(old) == "nothing that the editions say"
    path = old / "data" / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    package["edition"]["evidence_to"] = "2026-09-01"
    path.write_text(json.dumps(package), encoding="utf-8")
    assert why(old) == "settings"


def test_new_gone_and_renamed_results_are_listed(old: Path, tmp_path: Path, built: Path) -> None:
    rows = rows_of(old / "results.csv")
    names = {"alpha.last_shipment": "alpha.shipped", "beta.price": "beta.cost"}
    written(old / "results.csv", [row | {"id": names[row["id"]]} for row in rows])
    new = Path(shutil.copytree(built, tmp_path / "new"))
    package = json.loads((new / "data" / "datapackage.json").read_text(encoding="utf-8"))
    package["edition"]["renamed_results"] = {"alpha.shipped": "alpha.last_shipment"}
    (new / "data" / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    found = editions.compare(str(old), str(new))
    assert list(found.told["id"]) == ["alpha.last_shipment"]
    assert list(found.new["id"]) == ["beta.price"] and list(found.gone["id"]) == ["beta.cost"]


def test_a_result_in_another_unit_is_not_compared(old: Path) -> None:
    rows = rows_of(old / "results.csv")
    written(old / "results.csv", [row | {"unit": "dozens"} for row in rows])
    found = editions.compare(str(old), None)
    assert not len(found.told) and len(found.new) == len(found.gone) == 2


def test_page_json_and_terminal_say_the_same(old: Path, command: Command, tmp_path: Path) -> None:
    with_run(old, hashes={"lib": "0" * 16})
    with_result(old, "alpha.last_shipment", "50")
    done = command("compare", "--edition", str(old), "--out", str(tmp_path / "page"))
    lines = done.stdout.splitlines()
    assert done.exit_code == 0 and lines[0].startswith("1 of 2 results print another number")
    page = Path(lines[-1]).read_text(encoding="utf-8")
    told = json.loads(command("compare", "--edition", str(old), "--json").stdout)
    moved = [row for row in told["results"] if row["moved"]]
    assert [row["why"] for row in moved] == ["model"] and told["model"] == ["the library"]
    for said in (done.stdout, page):
        assert "the library" in said and "widgets shipped" in said.lower() and "model" in said
    assert (tmp_path / "page" / "compare.json").is_file()


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (lambda folder: (folder / "run.json").unlink(), "no edition of ours, it lacks run.json"),
        (lambda folder: shutil.rmtree(folder / "data"), "lacks data/datapackage.json"),
        (lambda folder: (folder / "run.json").write_text("{"), "lacks a readable run.json"),
        (lambda folder: with_run(folder, schema_version=2), "schema version 2"),
        (lambda folder: with_run(folder, scenario="boom", run_id="boom"), "is a run of boom"),
        (lambda folder: with_run(folder, overrides={"lag_years": 3}), "with nothing set"),
    ],
)  # fmt: skip
def test_what_is_no_edition_is_refused_in_words(
    old: Path, command: Command, broken: Callable[[Path], None], told: str
) -> None:
    broken(old)
    done = command("compare", "--edition", str(old))
    assert done.exit_code == 2 and told in done.stderr and not done.stdout


def test_an_edition_beside_itself_or_with_something_set_is_refused(
    built: Path, project: Path, command: Command
) -> None:
    assert "same edition" in command("compare", "--edition", str(built)).stderr
    done = command("compare", "--edition", str(built), "--set", "lag_years=3")
    assert done.exit_code == 2 and "leave --set and --data out" in done.stderr


def test_rows_without_a_key_of_their_own_are_gone_and_added() -> None:
    twice = [{"day": "1", "price": "3"}, {"day": "1", "price": "4"}]
    found = changes(twice, [twice[0], {"day": "1", "price": "5"}], ["day"])
    assert [(change.what, change.row) for change in found] == [
        ("added", "1, 5"),
        ("removed", "1, 4"),
    ]


def test_a_column_that_one_side_lacks_is_said_once() -> None:
    found = changes([{"day": "1"}], [{"day": "1", "price": "3"}], ["day"])
    assert [(change.what, change.row) for change in found] == [("column added", "price")]


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """Two editions of the real project: today's library and data, one assumption set otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ROOT_VARIABLE, str(ROOT))
        folders = []
        for name, value in (("old", 4.0), ("new", None)):
            folder = Path(shutil.copytree(
                ROOT / "reports" / "base", tmp_path_factory.mktemp(name) / "edition",
                ignore=shutil.ignore_patterns("figures", "assets", "tables", "*.html", "*.zip"),
            ))  # fmt: skip
            shutil.copytree(ROOT / "data", folder / "data", dirs_exist_ok=True)
            book = scenarios.apply(scenarios.load("base"), {})
            if value is not None:
                with_assumption(folder, ASSUMPTION, value="4", low="3.5", high="4.5")
                book = editions.with_numbers_of(book, editions.edition(folder))
            found = evaluate.headline_results(conditioned(book), keep=remembered)
            found.to_csv(folder / "results.csv", index=False)
            folders.append(folder)
        yield folders[0], folders[1]


def test_a_changed_assumption_gets_what_it_did_and_no_more(earlier: tuple[Path, Path]) -> None:
    found = editions.compare(*map(str, earlier))
    assert list(found.assumptions["name"]) == [ASSUMPTION] and not found.why_not
    moved = found.told[found.told["moved"]].set_index("id")
    assert len(moved) > 20 and "supply_constraints.rent_over_cost" in moved.index
    summed = found.attribution.groupby("id")["contribution"].sum()
    both = moved.index.intersection(summed.index)
    size = moved.loc[both, ["before", "after"]].abs().max(axis=1)
    assert len(both) > 20
    assert ((summed[both] - moved.loc[both, "change"]).abs() <= 1e-6 * size).all()
    assert not moved["why"].str.contains("data|model|nothing").any()
    assert moved["why"]["supply_constraints.rent_over_cost"].startswith("GPU useful life")
    assert comparison.RECORD in set(found.attribution["name"])


def test_what_the_assumption_did_not_do_is_left_to_data_or_model(
    earlier: tuple[Path, Path], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(earlier[0], tmp_path / "older"))
    with_run(folder, hashes={"lib": "0" * 16})
    rows = rows_of(folder / "results.csv")
    identity = "supply_constraints.rent_over_cost"
    written(
        folder / "results.csv",
        [r | ({"value": str(float(r["value"]) - 1)} if r["id"] == identity else {}) for r in rows],
    )
    found = editions.compare(str(folder), str(earlier[1]))
    told = str(found.told.set_index("id")["why"][identity])
    assert told.startswith("model (+1.0)") and "GPU useful life" in told
