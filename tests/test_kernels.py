"""Forked kernels give the bytes of ordinary ones, share what a run has read ahead, and leave no orphan."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fixture_project import (
    ROOT,
    ROOT_VARIABLE,
    bytes_of,
    environment,
    token_economics,
    write_notebook,
    write_project,
)

from token_economics.report.kernels import environment as kernels
from token_economics.report.kernels.environment import Kernels
from token_economics.report.run import execute, notebooks

linux = pytest.mark.skipif(kernels.forked_kernels is None, reason="kernels are forked on Linux")
pytestmark = [pytest.mark.slow, linux]
Command = Callable[..., Any]
LIBRARY = ROOT / "lib"
SERVER = LIBRARY / "token_economics/report/kernels/kernel_server.py"
CHANGED = {"dram_bit_growth_per_year": 0.2}


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with kernels.ready() as prepared:
        yield prepared.server


@pytest.fixture(scope="module")
def ahead() -> Iterator[Any]:
    """A server that has read ahead for a run with an assumption changed."""
    with kernels.ready() as prepared:
        names = ["token_economics.headlines.token_market.results"]
        prepared.server.read_ahead(names, CHANGED, library="ours")
        yield prepared.server
        assert not prepared.server.failed


def printed(
    path: Path, server: Any, *, root: Path | None = None, parameters: dict[str, Any] | None = None
) -> str:
    """What the last cell of a notebook prints."""
    done = execute.run(
        notebooks.describe(path), root=root or path.parent, parameters=parameters or {},
        kernels=Kernels(server),
    )  # fmt: skip
    return str(done.notebook.cells[-1].outputs[0].text).strip()


def test_forked_and_ordinary_kernels_give_the_same_bytes(
    project: Path, built: Path, command: Command, tmp_path: Path
) -> None:
    """Charts, tables, results and pages of the fixture; the edition's are compared by `make test`."""
    for name, flags in {"forked": (), "cold": ("--cold",)}.items():
        done = command("build", "--fresh", "--quiet", "--out", str(tmp_path / name), *flags)
        assert done.exit_code == 0, done.stderr
        assert bytes_of(tmp_path / name) == bytes_of(built)


def test_the_reference_notebooks_are_the_same_bytes_from_a_kernel_that_holds_the_market(
    ahead: Any,
) -> None:
    """Its warnings too. The stored outputs are also compared with cold kernels, by nbval."""
    source = notebooks.describe(ROOT / "notebooks/04_phantom_gdp.ipynb")
    forked, cold = (
        execute.run(source, root=ROOT, parameters=CHANGED, kernels=Kernels(server))
        for server in (ahead, None)
    )
    assert notebooks.dumps(forked.notebook) == notebooks.dumps(cold.notebook)
    assert forked.warnings == cold.warnings


def test_a_kernel_that_holds_the_market_reads_what_a_cold_one_reads(
    ahead: Any, tmp_path: Path
) -> None:
    """What is known already must not go unnoted: results are kept by what was read of the book."""
    source = """from token_economics.book.assumptions import resolve
from token_economics.headlines.market import market_drivers, market_memo
from token_economics.headlines.market.conditioning import conditioned
known = len(market_memo._kept)
book = conditioned(resolve(globals()))
market_memo.solve(book.draws(), market_drivers.record())
print(known, len(market_memo._kept), sorted(book.reads))"""
    path = write_notebook(tmp_path / "1_x.ipynb", ["", source])
    forked, cold = (
        printed(path, server, root=ROOT, parameters=CHANGED).split(maxsplit=2)
        for server in (ahead, None)
    )
    assert forked[:2] == ["1", "1"], "the run's market was not solved ahead, or another one was"
    assert cold[:2] == ["0", "1"]
    assert forked[2] == cold[2] and "dram_bit_growth_per_year" in cold[2]


def test_what_a_kernel_changes_no_other_sees(ahead: Any, tmp_path: Path) -> None:
    source = """from token_economics.headlines.market import market_memo
print(len(market_memo._kept))
market_memo._kept.clear()"""
    path = write_notebook(tmp_path / "1_x.ipynb", ["", source])
    assert [printed(path, ahead, root=ROOT) for _ in range(2)] == ["1", "1"]


def test_a_server_that_read_an_older_library_forks_no_more(tmp_path: Path) -> None:
    """Guard: a kernel must never run code that has been edited since its build began."""
    path = write_notebook(tmp_path / "1_x.ipynb", ["", "import os; print(os.getppid())"])
    with kernels.ready() as prepared:
        parent = str(prepared.server._process.pid)
        for library, forks in {"one": True, "edited": False}.items():
            prepared.server.read_ahead([], {}, library=library)
            assert (printed(path, prepared.server) == parent) is forks
        assert prepared.server.failed


def test_what_is_read_ahead_takes_no_warning_from_a_notebook(tmp_path: Path) -> None:
    """Guard: Python gives a warning once a place, and the server's would be the one."""
    warns = (
        "import warnings\n\ndef warn():\n    warnings.warn('doubtful', stacklevel=1)\n\nwarn()\n"
    )
    (tmp_path / "doubtful.py").write_text(warns)
    code = (
        "import runpy, sys; server = runpy.run_path(sys.argv[1]); "
        "server['read_ahead'](['doubtful'], {}); print('ahead', file=sys.stderr); "
        "import doubtful; doubtful.warn()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(SERVER)], capture_output=True, text=True, check=False,
        env=environment(ROOT, **kernels.KERNEL_ENVIRONMENT, PYTHONPATH=f"{LIBRARY}:{tmp_path}"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    before, after = done.stderr.split("ahead\n")
    assert "doubtful" not in before and "doubtful" in after


def test_a_kernel_is_really_forked(server: Any, tmp_path: Path) -> None:
    path = write_notebook(tmp_path / "1_x.ipynb", ["", "import os; print(os.getppid())"])
    assert printed(path, server) == str(server._process.pid)


def test_a_forked_kernel_holds_the_library_of_others_and_none_of_ours(
    server: Any, tmp_path: Path
) -> None:
    """Guard: before a build says which library it is about, it would be yesterday's code."""
    source = """import sys
print("altair" in sys.modules, [m for m in sys.modules if "token_economics" in m])"""
    path = write_notebook(tmp_path / "1_x.ipynb", ["", source])
    assert printed(path, server) == "True []"


def test_the_server_refuses_to_hold_our_library() -> None:
    """Guard: the check in `preload`; a library of others may come to import it."""
    code = (
        "import runpy, sys; server = runpy.run_path(sys.argv[1]); import token_economics; "
        "server['preload']()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(SERVER)], capture_output=True, text=True, check=False,
        env=environment(ROOT, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1"),
    )  # fmt: skip
    assert done.returncode == 1 and "cannot fork" in done.stderr


def test_forked_kernels_draw_different_random_numbers(server: Any, tmp_path: Path) -> None:
    """A fork copies the state of generators; ours are seeded, a fork's own cell may not be."""
    source = "import random, numpy\nprint(random.random(), numpy.random.random())"
    path = write_notebook(tmp_path / "1_x.ipynb", ["", source])
    first, second = (printed(path, server).split() for _ in range(2))
    assert first[0] != second[0] and first[1] != second[1]


def test_a_forked_kernel_runs_in_one_thread_on_the_pinned_path(server: Any, tmp_path: Path) -> None:
    source = """import os, numpy
names = sorted(set(os.environ) & {"OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE", "TZ"})
print(os.getcwd() == os.environ["HERE"], names, "AVX512F" in str(numpy.show_config("dicts")["SIMD Extensions"]["found"]))"""
    path = write_notebook(tmp_path / "1_x.ipynb", ["", source])
    os.environ["HERE"] = str(tmp_path)
    try:
        assert printed(path, server).startswith("True ['OPENBLAS_CORETYPE', 'OPENBLAS_NUM_THREADS', 'TZ'] False")  # fmt: skip
    finally:
        del os.environ["HERE"]


def test_every_faster_path_of_numpy_is_closed_by_the_name_it_bears_today() -> None:
    """Guard: an unknown name is passed over with a warning that nobody sees, and closes nothing."""
    dispatched = pytest.importorskip("numpy._core._multiarray_umath").__cpu_dispatch__
    if "X86_V3" not in dispatched:
        pytest.skip("the one path is that of x86-64")
    closed = kernels.KERNEL_ENVIRONMENT["NPY_DISABLE_CPU_FEATURES"].split()
    assert sorted(closed) == sorted(set(dispatched) - {"X86_V3"})


def test_without_a_server_kernels_start_the_ordinary_way(tmp_path: Path) -> None:
    """Guard: the fallback in `forked_kernels.launch`."""
    path = write_notebook(tmp_path / "1_x.ipynb", ["", "print(1)"])
    with kernels.ready() as prepared:
        os.kill(prepared.server._process.pid, signal.SIGKILL)
        prepared.server._process.wait()
        assert printed(path, prepared.server) == "1"
        assert prepared.server.failed


def test_the_reference_notebooks_can_all_be_forked(server: Any) -> None:
    """Guard: a library of others that starts a thread on import would turn forking off unseen."""
    assert not server.failed


def test_the_module_can_be_deleted(tmp_path: Path) -> None:
    """Nothing but speed depends on forked kernels."""
    library = tmp_path / "lib/token_economics"
    ignored = shutil.ignore_patterns("__pycache__", "forked_kernels.py", "kernel_server.py")
    shutil.copytree(ROOT / "lib/token_economics", library, ignore=ignored)
    root = write_project(tmp_path / "project")
    done = subprocess.run(
        [sys.executable, "-m", "token_economics", "build", "--only", "beta"], check=False,
        env=environment(root, PYTHONPATH=str(library.parent)), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def family(pid: int) -> set[int]:
    """The processes below a process, and those of the sessions they lead."""
    found: set[int] = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ProcessLookupError):
                continue
            if parent == pid:
                found |= {int(entry.name)} | family(int(entry.name))
    return found


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("cold", [False, True], ids=["forked", "cold"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["interrupted", "killed"])
def test_a_run_that_is_broken_off_leaves_nothing(
    tmp_path: Path, how: signal.Signals, cold: bool
) -> None:
    """The old edition stands, no folder is left half-made, and every process has ended."""
    root = write_project(tmp_path / "project")
    assert token_economics(root, "build", "--quiet").returncode == 0
    before = bytes_of(root)
    sleeping = "import time, pathlib\npathlib.Path('asleep').touch()\ntime.sleep(120)"
    path = write_notebook(root / "notebooks/03_sleep.ipynb", ["", sleeping])
    as_in_a_shell = ["env", "--default-signal=INT"]  # where tests run behind others, it is ignored
    build = subprocess.Popen(
        [*as_in_a_shell, sys.executable, "-m", "token_economics", "build", *(["--cold"] if cold else [])],
        env=environment(root), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (root / "asleep").exists():
        assert time.monotonic() < deadline and build.poll() is None
        time.sleep(0.1)
    children = family(build.pid)
    assert children
    os.killpg(build.pid, how)
    _, said = build.communicate(timeout=30)
    deadline = time.monotonic() + 10
    while any(map(alive, children)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [pid for pid in children if alive(pid)]
    path.unlink()
    (root / "asleep").unlink()
    if how == signal.SIGINT:
        assert build.returncode == 1, said
        assert "interrupted, nothing was published" in said
        assert "Traceback" not in said
        assert bytes_of(root) == before
    assert (root / "reports/base/index.html").read_bytes() == before["reports/base/index.html"]
    assert json.loads((root / "reports/base/run.json").read_text())["run_id"] == "base"


def test_progress_is_lines_where_nobody_watches(project: Path, tmp_path: Path) -> None:
    """No control characters in a log; silence when asked for."""
    asked = ("build", "--only", "beta", "--fresh", "--out")
    said = token_economics(project, *asked, str(tmp_path / "said")).stderr
    assert "\x1b" not in said and "02_beta.ipynb: done in " in said
    assert not token_economics(project, *asked, str(tmp_path / "quiet"), "--quiet").stderr


def test_progress_is_a_live_line_a_notebook_in_a_terminal(project: Path, tmp_path: Path) -> None:
    """State, cell and time; only what stays is left at the end."""
    import pty

    ours, theirs = pty.openpty()
    build = subprocess.Popen(
        [sys.executable, "-m", "token_economics", "build", "--fresh", "--out", str(tmp_path / "x")],
        env=environment(project, TERM="xterm", COLUMNS="120"), stdout=subprocess.PIPE, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert build.wait() == 0
    text = shown.decode()
    assert (
        "01_alpha" in text
        and "waits" in text
        and re.search(r"cell \d+ of ", text)
        and "0:00:0" in text
    )
    assert ROOT_VARIABLE not in text


def test_a_server_that_is_late_is_ended_so_that_no_kernel_comes_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = tmp_path / "late.py"
    late.write_text(
        "import socket, sys, time\n"
        "socket.socket(fileno=int(sys.argv[1])).sendall(b'ready\\n'); time.sleep(60)\n"
    )
    monkeypatch.setattr(kernels.forked_kernels, "SERVER", late)
    monkeypatch.setattr(kernels.forked_kernels, "FIRST_PATIENCE_SECONDS", 2)
    server = kernels.forked_kernels.Server(dict(os.environ))
    with pytest.raises(OSError):
        server.fork(["python", "-m", "ipykernel_launcher"], env={}, cwd=str(tmp_path))
    assert server._process.wait(5) != 0
    server.close()
