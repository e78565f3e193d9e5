"""Sweeps: the headline functions on many sets and draws, whole after any interruption, anywhere."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixture_project import ROOT, ROOT_VARIABLE, bytes_of, environment

from token_economics.answers import sweep_plan as plans
from token_economics.answers.sweep_plan import Plan
from token_economics.book.assumptions import AssumptionError, Book, override, read_book

parquet = pytest.importorskip("pyarrow.parquet", reason="sweeps are an extra")
from token_economics.answers import sweep, sweep_chunks  # noqa: E402
from token_economics.answers.sweep_store import LOG, MANIFEST, Store  # noqa: E402
from token_economics.headlines import demand_explosion, supply_constraints  # noqa: E402
from token_economics.headlines.market.conditioning import conditioned  # noqa: E402
from token_economics.project.folders import FolderError  # noqa: E402

Command = Callable[..., Any]
NAME = "dram_bit_growth_per_year"
UNTOUCHED = "exposed_share_of_gdp"  # of which the record says nothing
TOPICS = ("supply_constraints", "jevons_dynamics", "phantom_gdp")


@pytest.fixture(autouse=True)
def _real(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process works on the real project, whose topics are swept."""
    monkeypatch.setenv(ROOT_VARIABLE, str(ROOT))


@pytest.fixture
def book() -> Book:
    return read_book()


def planned(book: Book, sets: dict[str, list[float]], draws: int = 0, **more: Any) -> Plan:
    given = {"topics": TOPICS, "inputs": False, "hashes": sweep.hashes(), "chunk_rows": 16, **more}
    return plans.make(book, sets, draws=draws, **given)


def read(folder: Path) -> Any:
    """All chunks of a sweep in their order."""
    return parquet.read_table(sorted(folder.glob("*.parquet"))).to_pandas()


def test_a_grid_at_points_is_the_model_at_each_point(book: Book) -> None:
    """Identity: each row is what the topic itself gives for that one assumption."""
    values = [0.1, 0.2, 0.4]
    columns = sweep_chunks.chunk(planned(book, {NAME: values}), 0)
    for row, value in enumerate(values):
        alone = override(book, {NAME: value}).points()
        expected = supply_constraints.headlines(alone, supply_constraints.record())
        for name, array in expected.items():
            assert columns[f"supply_constraints.{name}"][row] == pytest.approx(array[0], rel=1e-12)
    assert list(columns["set"]) == [0, 1, 2] and list(columns[NAME]) == values


def test_the_central_case_of_a_topic_that_draws_errors_is_central_for_each_set(book: Book) -> None:
    """Guard: draws of one for a topic with a seed of its own; else errors would spread over sets."""
    columns = sweep_chunks.chunk(planned(book, {NAME: [0.1, 0.2]}, topics=("demand_explosion",)), 0)
    facts = demand_explosion.record(book.seed)
    expected = demand_explosion.headlines(book.points(), facts)
    for name, array in expected.items():
        assert columns[f"demand_explosion.{name}"] == pytest.approx([array[0]] * 2)


def test_the_first_chunk_of_draws_is_the_books(book: Book) -> None:
    columns = sweep_chunks.chunk(planned(book, {}, draws=16, inputs=True), 0)
    for name, drawn in conditioned(book).draws(16).items():
        if not book.row(name).pinned:
            assert (columns[name] == drawn).all()


@pytest.mark.parametrize("topic", sweep_chunks.swept_topics())
def test_every_topic_can_be_swept(book: Book, topic: str) -> None:
    """Draws and points give a number or a counted gap in each row, for each headline."""
    for draws, sets in ((16, {}), (0, {NAME: [0.1, 0.2]})):
        columns = sweep_chunks.chunk(planned(book, sets, draws=draws, topics=(topic,)), 0)
        results = {name: values for name, values in columns.items() if "." in name}
        assert results
        assert {len(values) for values in results.values()} == {max(draws, 2)}


def test_sets_share_draws_and_chunks_do_not(book: Book) -> None:
    """Common random numbers where the record says nothing; what it bears on is matched a set."""
    plan = planned(book, {NAME: [0.1, 0.4]}, draws=32, inputs=True)
    assert (plan.n_chunks, plan.n_rows) == (4, 64)
    one, later, other = (sweep_chunks.chunk(plan, number) for number in (0, 1, 2))
    assert (one[UNTOUCHED] == other[UNTOUCHED]).all()
    assert not (one[UNTOUCHED] == later[UNTOUCHED]).any()
    assert set(one[NAME]) == {0.1} and set(other[NAME]) == {0.4}
    assert list(later["draw"]) == list(range(16, 32))
    growth = "supply_constraints.compute_in_three_years"
    assert np.median(other[growth]) > np.median(one[growth])


def test_chunks_together_have_the_distribution_of_the_book(book: Book) -> None:
    """Many small strata against one large: medians agree within sampling error."""
    plan = planned(book, {}, draws=512, inputs=True, chunk_rows=128, topics=("phantom_gdp",))
    drawn = np.concatenate([sweep_chunks.chunk(plan, n)[UNTOUCHED] for n in range(plan.n_chunks)])
    row = book.row(UNTOUCHED)
    assert np.median(drawn) == pytest.approx(row.value, rel=0.02)
    assert np.mean(drawn < row.low) == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("x=0:1:3", ("x", [0.0, 0.5, 1.0])), ("x=-2:-2:1", ("x", [-2.0]))],
)
def test_a_grid_is_even_steps_with_both_ends(text: str, expected: tuple[str, list[float]]) -> None:
    assert plans.parse_grid(text) == expected


@pytest.mark.parametrize("text", ["x", "x=1", "x=1:2", "x=1:2:0", "x=1:2:3:4", "x=a:2:3", "x=[1,2]:2:3"])  # fmt: skip
def test_what_is_no_grid_is_refused(text: str) -> None:
    with pytest.raises(AssumptionError):
        plans.parse_grid(text)


def test_grids_are_combined_the_last_running_fastest() -> None:
    assert plans.product([("a", [1.0, 2.0]), ("b", [3.0, 4.0])]) == {
        "a": [1, 1, 2, 2],
        "b": [3, 4, 3, 4],
    }
    with pytest.raises(AssumptionError, match="two grids"):
        plans.product([("a", [1.0]), ("a", [2.0])])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "say what to sweep"),
        (["--grid", "dram_bit_growth=0:1:3"], "did you mean"),
        (["--grid", f"{NAME}=0:99:3"], "allowed is a number"),
        (["--grid", f"{NAME}=0:1"], "name=low:high:count"),
        (["--draws", "10", "--only", "weather"], "no topic 'weather'"),
        (["--draws", "10", "--set", f"{NAME}=x"], "plain decimal number"),
        (["--draws", "10", "--scenario", "nowhere"], "no scenario"),
    ],
)
def test_a_wrong_request_evaluates_nothing(
    command: Command, tmp_path: Path, arguments: list[str], message: str
) -> None:
    done = command("sweep", *arguments, "--out", str(tmp_path / "x"))
    assert done.exit_code == 2 and message in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "a line of names"), (f"{NAME}\n", "a row a set"), (f"{NAME}\nx\n", "row 2, column")],
)
def test_a_file_that_holds_no_sets_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "sets.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AssumptionError, match=message):
        plans.read_sets(path)


def finished(plan: Plan, folder: Path) -> None:
    """Evaluate in this process what a folder lacks."""
    store = Store.opened(folder, plan)
    for number in store.missing():
        store.keep(number, sweep_chunks.parquet_of(plan, number))
    store.write_manifest()


def test_a_folder_goes_on_where_it_stopped(book: Book, tmp_path: Path) -> None:
    """A damaged chunk, a chunk that no manifest names, a missing one: made again, the same bytes."""
    plan = planned(book, {NAME: [0.1, 0.4]}, draws=32, topics=("phantom_gdp",))
    finished(plan, tmp_path / "whole")
    whole = bytes_of(tmp_path / "whole")
    assert json.loads(whole[MANIFEST])["complete"] is True
    half = tmp_path / "half"
    store = Store.opened(half, plan)
    store.keep(2, sweep_chunks.parquet_of(plan, 2))
    store.keep(0, sweep_chunks.parquet_of(plan, 0))
    (half / "chunk-000001.parquet").write_bytes(b"PAR1")
    (half / "chunk-000002.parquet").write_bytes(b"broken off")
    with (half / LOG).open("a") as log:
        log.write('{"number": 3, "file"')
    again = Store.opened(half, plan)
    assert again.missing() == [1, 2, 3]
    assert json.loads((half / MANIFEST).read_text())["complete"] is False
    finished(plan, half)
    assert bytes_of(half) == whole


def test_another_sweep_or_other_files_are_not_overwritten(book: Book, tmp_path: Path) -> None:
    plan = planned(book, {}, draws=16)
    Store.opened(tmp_path / "mine", plan)
    with pytest.raises(FolderError, match="another sweep"):
        Store.opened(tmp_path / "mine", replace(plan, draws=17))
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/x.txt").write_text("years of work")
    with pytest.raises(FolderError, match="no sweep"):
        Store.opened(tmp_path / "thesis", plan)


def test_a_machine_with_another_library_refuses(book: Book) -> None:
    """Guard: half of a sweep from yesterday's code."""
    plan = planned(book, {}, draws=16, hashes={"lib": "0" * 16, "data": sweep.hashes()["data"]})
    with pytest.raises(sweep_chunks.OtherVersionError, match="install the same version"):
        sweep_chunks.chunk(plan, 0)


CHUNKS = 60
SWEEP = ("sweep", "--draws", "480", "--grid", f"{NAME}=0.1:0.4:2", "--chunk", "16",
         "--only", "supply_constraints", "--only", "phantom_gdp")  # fmt: skip


def swept(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "token_economics", *SWEEP, "--out", str(folder), *more],
        env=environment(ROOT), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep that ran through, in one process."""
    folder = tmp_path_factory.mktemp("sweep") / "whole"
    done = swept(folder, "--jobs", "1")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_a_sweep_that_was_killed_continues_to_the_same_bytes(
    whole: Path, tmp_path: Path, how: signal.Signals
) -> None:
    """With another number of processes, too."""
    folder = tmp_path / "x"
    broken = subprocess.Popen(
        [sys.executable, "-m", "token_economics", *SWEEP, "--out", str(folder), "--jobs", "2"],
        env=environment(ROOT), stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not list(folder.glob("chunk-*.parquet")):
        assert time.monotonic() < deadline and broken.poll() is None
        time.sleep(0.02)
    os.killpg(broken.pid, how)
    said = broken.communicate(timeout=60)[1]
    assert len(list(folder.glob("chunk-*.parquet"))) < CHUNKS, (
        "it was through before it was broken off"
    )
    if how == signal.SIGINT:
        assert broken.returncode == 1 and "goes on from here" in said and "Traceback" not in said
    done = swept(folder, "--jobs", "2")
    assert done.returncode == 0, done.stderr
    assert {n: b for n, b in bytes_of(folder).items() if not n.startswith(".")} == bytes_of(whole)
    again = swept(folder)
    assert (
        again.returncode == 0 and f"{CHUNKS} of {CHUNKS} chunks are there already" in again.stderr
    )


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """A Dask scheduler and two workers, each a process of its own."""
    distributed = pytest.importorskip("distributed", reason="Dask is an extra")
    from token_economics.project.processes import KERNEL_ENVIRONMENT

    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**KERNEL_ENVIRONMENT, ROOT_VARIABLE: str(ROOT)}.items():
            patch.setenv(name, value)
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as started:
            yield started.scheduler_address


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same_bytes(whole: Path, tmp_path: Path, cluster: str) -> None:
    """Two worker processes; both take part."""
    done = swept(tmp_path / "x", "--dask", cluster)
    assert done.returncode == 0, done.stderr
    assert bytes_of(tmp_path / "x") == bytes_of(whole)
    import distributed

    with distributed.Client(cluster, set_as_default=False) as client:
        prepared = client.run(lambda: sweep_chunks._prepared.cache_info().currsize)
    assert list(prepared.values()) == [1, 1]


@pytest.mark.slow
def test_a_cluster_that_is_not_there_is_a_message(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="Dask is an extra")
    done = swept(tmp_path / "x", "--dask", "tcp://127.0.0.1:9")
    assert done.returncode == 1 and "Traceback" not in done.stderr and "127.0.0.1:9" in done.stderr


def test_local_processes_leave_the_caller_as_it_was(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guard: the environment of the processes is not left behind."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    plan = planned(book, {}, draws=16, topics=("phantom_gdp",))
    sweep.run(plan, tmp_path / "x", jobs=1)
    assert os.environ["TZ"] == "Asia/Tokyo"
    assert len(read(tmp_path / "x")) == 16
