"""A full build against what else runs and publishes notebooks; run it as a script.

Not collected by pytest: machines differ, ratios less so. Works on a copy of the project, so that
neither its cache nor its reports are touched. Every way is timed in turn, round after round, and
the least of each is shown with its ratio to the plain loop and to the floor. The floor is what no
tool can beat without computing less: the same cells in warm processes, one a core, that hold what
our kernel server holds, and rendering shared evenly over the cores.

Besides `--fresh`, which repeats the checks of the library as well, a build is timed with one number
of the book changed, as a user who reruns does. `answer` is timed from the shell too: the first
question of all, the next one with another number, and one whose results are kept.

    python tests/benchmarks/bench_build.py [--rounds N] [--jupyter-book COMMAND]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
SERVER = ROOT / "lib" / "token_economics" / "report" / "kernels" / "kernel_server.py"
EDITED = "01_demand_explosion.ipynb"
CHANGED = "dram_bit_growth_per_year"
WARM = """
import json, os, runpy, sys, time
os.environ.update(json.loads(sys.argv[2]))
runpy.run_path(sys.argv[3])["preload"]()
import nbformat
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config
memory = Config({"HistoryManager": {"hist_file": ":memory:"}})
print("warm", flush=True)
for path in sys.stdin:
    if os.fork() == 0:
        shell = InteractiveShell.instance(config=memory)
        for cell in nbformat.read(path.strip(), 4).cells:
            if cell.cell_type == "code":
                with capture_output():
                    shell.run_cell(cell.source).raise_error()
        os._exit(0)
    status = os.wait()[1]
    print("failed" if status else "done", flush=True)
"""
RENDER = """
import json, sys, time, pathlib
from token_economics.project import processes
processes.skip_address_grammar()
from token_economics import project
from token_economics.book import scenarios
from token_economics.evidence import tables as evidence
from token_economics.project.cache import Cache
from token_economics.report.pages.build import Edition
from token_economics.report.run import notebooks
from token_economics.report.run.execute import Execution
started = time.perf_counter()
named = scenarios.load("base")
book = scenarios.apply(named, {})
evidence.validate()
folder = pathlib.Path(sys.argv[1])
folder.mkdir()
edition = Edition(folder, book, named, "base", Cache(folder, fresh=True))
edition.prepare()
sources = notebooks.discover(project.notebooks())
for source in sources:
    edition.render(Execution(source, notebooks.load(source.path), [], 0.0))
edition.finish([source.topic for source in sources])
print(time.perf_counter() - started)
"""


def copied(folder: Path) -> Path:
    """A copy of what a build reads."""
    root = folder / "project"
    for name in ("data", "notebooks"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns(".*"))
    for name in ("requirements.lock", "NOTICES.md"):
        shutil.copy(ROOT / name, root)
    (root / "reports").mkdir()
    return root


class Bench:
    """The ways to build, each on the same copy of the project."""

    def __init__(self, root: Path, scratch: Path, jupyter_book: str | None) -> None:
        self.root, self.scratch, self.jupyter_book = root, scratch, jupyter_book
        self.notebooks = sorted((root / "notebooks").glob("*.ipynb"))
        self.environment = {
            **os.environ, "TOKEN_ECONOMICS_ROOT": str(root), "PYTHONPATH": str(ROOT / "lib"),
        }  # fmt: skip
        self.count = 0

    def folder(self) -> Path:
        """A new folder."""
        self.count += 1
        folder = self.scratch / f"out{self.count}"
        folder.mkdir()
        return folder

    def run(self, *command: str) -> str:
        """Run a command to its end."""
        done = subprocess.run(
            command,
            env=self.environment,
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}\n{done.stderr[-2000:]}")
        return done.stdout

    def build(self, *flags: str) -> None:
        """Our build."""
        self.run(PYTHON, "-m", "token_economics", "build", "--quiet", *flags)

    def papermill(self, out: Path, path: Path) -> None:
        """One notebook through papermill's command line."""
        target = str(out / path.name)
        self.run(PYTHON, "-m", "papermill", str(path), target, "--no-progress-bar")

    def loop(self, processes: int) -> None:
        """Papermill's command line over the notebooks, then nbconvert over its outputs."""
        out = self.folder()
        with ThreadPoolExecutor(processes) as pool:
            list(pool.map(lambda path: self.papermill(out, path), self.notebooks))
        self.run(PYTHON, "-m", "nbconvert", "--to", "html", *map(str, sorted(out.iterdir())))

    def nbconvert(self) -> None:
        """Nbconvert runs and renders."""
        names = map(str, self.notebooks)
        out = f"--output-dir={self.folder()}"
        self.run(PYTHON, "-m", "nbconvert", "--to", "html", "--execute", out, *names)

    def book(self) -> None:
        """Jupyter Book 1 runs and renders."""
        source = self.folder()
        for path in self.notebooks:
            shutil.copy(path, source)
        first, *rest = [path.stem for path in self.notebooks]
        chapters = "".join(f"- file: {name}\n" for name in rest)
        (source / "_toc.yml").write_text(f"format: jb-book\nroot: {first}\nchapters:\n{chapters}")
        (source / "_config.yml").write_text(
            "title: x\nexecute:\n  execute_notebooks: force\n  timeout: 600\n"
        )
        self.run(*str(self.jupyter_book).split(), "build", str(source))

    def edited(self) -> None:
        """One notebook is edited, then built."""
        path = self.root / "notebooks" / EDITED
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["cells"][0]["source"] += [f"\nEdited {time.monotonic_ns()}."]
        path.write_text(json.dumps(notebook), encoding="utf-8")
        started = time.perf_counter()
        self.build()
        self.spent = time.perf_counter() - started

    def floor(self) -> float:
        """The same cells in one warm process a core, longest first, and rendering on all cores.

        A build renders pages while notebooks run, so rendering after all cells on one core would
        be no floor: it is timed in one process and divided by the cores.
        """
        from token_economics.project.processes import KERNEL_ENVIRONMENT

        cores = os.cpu_count() or 1
        workers = [
            subprocess.Popen(
                [PYTHON, "-c", WARM, "",
                 json.dumps({**KERNEL_ENVIRONMENT, "IPYTHONDIR": str(self.scratch)}), str(SERVER)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=self.root,
                env={**self.environment, **KERNEL_ENVIRONMENT},
            )
            for _ in range(cores)
        ]  # fmt: skip
        for worker in workers:
            assert worker.stdout and worker.stdout.readline()
        waiting = sorted(self.notebooks, key=lambda p: -self._seconds(p))
        started = time.perf_counter()

        def serve(worker: subprocess.Popen[str]) -> None:
            assert worker.stdin and worker.stdout
            while waiting:
                worker.stdin.write(f"{waiting.pop(0)}\n")
                worker.stdin.flush()
                if worker.stdout.readline().strip() != "done":
                    raise SystemExit("a cell of the floor failed")

        with ThreadPoolExecutor(cores) as pool:
            list(pool.map(serve, workers))
        cells = time.perf_counter() - started
        for worker in workers:
            assert worker.stdin
            worker.stdin.close()
            worker.wait()
        rendering = float(self.run(PYTHON, "-c", RENDER, str(self.folder() / "site")))
        print(f"  floor: cells {cells:.1f} s, rendering {rendering:.1f} s", file=sys.stderr)
        return cells + rendering / cores

    def answer(self, *flags: str) -> None:
        """Our `answer`."""
        self.run(PYTHON, "-m", "token_economics", "answer", *flags)

    def first_answer(self) -> None:
        """An answer with nothing kept, not even what it shows beside it."""
        shutil.rmtree(self.root / ".cache" / "answers", ignore_errors=True)
        self.answer("--set", f"{CHANGED}=0.35")

    def new_number(self) -> str:
        """A change of the book that has not been asked before."""
        self.count += 1
        return f"{CHANGED}={0.2 + self.count / 1000}"

    def _seconds(self, path: Path) -> float:
        """How long a notebook took in our last build."""
        topic = path.stem.partition("_")[2]
        entry = self.root / ".cache" / "last" / f"{topic}.json"
        return float(json.loads(entry.read_bytes().split(b"\n", 1)[1])["seconds"])


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def ways(bench: Bench) -> dict[str, Callable[[], float]]:
    """Each way to build, by name, in the order of a round."""

    def edited() -> float:
        bench.edited()
        return bench.spent

    found: dict[str, Callable[[], float]] = {
        "ours, everything": lambda: seconds(lambda: bench.build("--fresh")),
        "papermill loop, then nbconvert": lambda: seconds(lambda: bench.loop(1)),
        "ours, ordinary kernels (--cold)": lambda: seconds(
            lambda: bench.build("--fresh", "--cold")
        ),
        "papermill in two processes, then nbconvert": lambda: seconds(lambda: bench.loop(2)),
        "nbconvert --execute": lambda: seconds(bench.nbconvert),
        "ours, one notebook edited": edited,
        "ours, nothing changed": lambda: seconds(bench.build),
        "ours, one number changed": lambda: seconds(
            lambda: bench.build("--set", bench.new_number())
        ),
        "answer, the first of all": lambda: seconds(bench.first_answer),
        "answer, another number": lambda: seconds(
            lambda: bench.answer("--set", bench.new_number())
        ),
        "answer, kept": lambda: seconds(lambda: bench.answer("--set", f"{CHANGED}=0.35")),
        "floor": bench.floor,
    }
    if bench.jupyter_book:
        found["Jupyter Book 1"] = lambda: seconds(bench.book)
    return found


def main() -> None:
    """Time every way and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--jupyter-book", help="Command of Jupyter Book 1, such as its full path.")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="te-bench-") as folder:
        root = copied(Path(folder))
        bench = Bench(root, Path(folder), asked.jupyter_book)
        first = seconds(bench.build)
        print(f"first build of a new checkout: {first:.1f} s", file=sys.stderr)
        best: dict[str, float] = {}
        for _ in range(asked.rounds):
            for name, way in ways(bench).items():
                spent = way()
                print(f"  {name}: {spent:.2f} s", file=sys.stderr, flush=True)
                best[name] = min(spent, best.get(name, spent))
    loop, floor = best["papermill loop, then nbconvert"], best["floor"]
    print(f"{len(bench.notebooks)} notebooks, {os.cpu_count()} cores\n")
    print("| way | seconds | faster than the loop | times the floor |\n|---|---|---|---|")
    for name, spent in sorted(best.items(), key=lambda item: -item[1]):
        print(f"| {name} | {spent:.2f} | {loop / spent:.1f} | {spent / floor:.2f} |")


if __name__ == "__main__":
    main()
