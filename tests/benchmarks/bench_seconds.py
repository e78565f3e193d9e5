"""Seconds that a user waits, now and at an earlier commit; run it as a script.

Not collected by pytest: machines differ, ratios less so. Both trees are copied side by side, each
with its own library, data and caches, in one environment. Each row is measured in turn, earlier and
now, and printed as medians, with the ratio of each round: its median, least and greatest.
Processor time counts kernels, which a server forks and nobody waits for.

    python tests/benchmarks/bench_seconds.py [--baseline COMMIT] [--rounds N] [--only ROW]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BEFORE = "39a46b5"  # the commit before reruns took seconds
PYTHON = str(Path(sys.prefix) / "bin" / "python")
CHANGED, FIRST = "dram_bit_growth_per_year", 0.2
SERVER = b"kernel_server.py"
PAUSE = 0.05  # seconds between two looks at the kernels
DRAWS = 16_384
TICKS = os.sysconf("SC_CLK_TCK")
OWN_ROWS = 100_000
SOURCES = "id,publisher,title,authors,published,accessed,url,licence,seen,note\nours_2026,Our firm,Ledger,,2026-10-01,2026-10-05,,own,original,\n"
HEADER = "period,entity,variable,value,low,high,unit,price_year,kind,stated,source_id,grade,note\n"
QUICK_IMPORT = "import sys\nsys.modules['rfc3987_syntax'] = None\n"
DONE = ": done in "  # what a build says as a notebook has run; its page is there a moment later
COMPILE = (
    "from token_economics.headlines.market import market_drivers, market_memo\n"
    "from token_economics.book.assumptions import read_book\n"
    "market_memo.solve(read_book().draws(1), market_drivers.record())\n"
)
MARKET = "import sys; sys.path.insert(0, sys.argv[1]); import bench_market; print(bench_market.ratio(8192, 3))"  # fmt: skip


@dataclass
class Run:
    """What a command took: wall and processor time, time to the first page [s], a kernel's peak [MiB]."""

    wall: float = 0.0
    processor: float = 0.0
    first_page: float = 0.0
    rss: float = 0.0
    pss: float = 0.0
    kernels: dict[int, float] = field(default_factory=dict)
    output: str = ""


def run(tree: Path, *command: str, memory: bool = False, **variables: str) -> Run:
    """Run a command on a tree to its end, with its library."""
    done = Run()
    path = os.pathsep.join(filter(None, [variables.pop("first", ""), str(tree / "lib")]))
    started = time.perf_counter()
    with subprocess.Popen(
        [PYTHON, *command], cwd=tree, text=True, env={**os.environ, "PYTHONPATH": path, **variables},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        errors: list[str] = []
        assert process.stdout and process.stderr

        def read() -> None:
            for line in process.stderr or ():
                errors.append(line)
                if not done.first_page and DONE in line:
                    done.first_page = time.perf_counter() - started

        reading = threading.Thread(target=read)
        looking = threading.Thread(target=_watch, args=(process.pid, done, memory), daemon=True)
        reading.start()
        looking.start()
        done.output = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        done.wall = time.perf_counter() - started
        reading.join()
        looking.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}\n{''.join(errors)[-2000:]}")
    done.processor = used.ru_utime + used.ru_stime + sum(done.kernels.values())
    return done


def _watch(root: int, done: Run, memory: bool) -> None:
    """Note what forked kernels use, until the command has ended."""
    while Path(f"/proc/{root}/stat").exists():
        for kernel in _forked(root):
            with contextlib.suppress(OSError):
                parts = Path(f"/proc/{kernel}/stat").read_text().rpartition(")")[2].split()
                done.kernels[kernel] = (int(parts[11]) + int(parts[12])) / TICKS
                if memory:
                    held = Path(f"/proc/{kernel}/smaps_rollup").read_text().split()
                    done.rss = max(done.rss, int(held[held.index("Rss:") + 1]) / 1024)
                    done.pss = max(done.pss, int(held[held.index("Pss:") + 1]) / 1024)
        time.sleep(PAUSE)


def _forked(root: int) -> list[int]:
    """Processes below the server of kernels: nobody waits for them, so no parent's time has theirs."""
    children: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(place.name))

    def below(process: int) -> Iterator[int]:
        for child in children.get(process, ()):
            yield child
            yield from below(child)

    servers = []
    for process in below(root):
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{process}/cmdline").read_bytes()
            if SERVER in command and process not in itertools.chain(*map(below, servers)):
                servers.append(process)
    return list(itertools.chain(*map(below, servers)))


class Bench:
    """The two trees, and what is measured on one: units by name of the row."""

    def __init__(self, folder: Path, commit: str) -> None:
        self.folder, self.count = folder, 0
        self.warmed: set[tuple[Path, tuple[str, ...]]] = set()
        archive = _git("archive", commit)
        self.trees = {"before": folder / "before", "now": folder / "now"}
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(self.trees["before"], filter="data")
        for name in _git("ls-files", "-z", "-co", "--exclude-standard").decode().split("\0"):
            if name and (ROOT / name).is_file():
                target = self.trees["now"] / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, target)
        for rows in (1, OWN_ROWS):
            own = folder / f"own{rows}"
            own.mkdir()
            (own / "sources.csv").write_text(SOURCES)
            (own / "firm_spend.csv").write_text(HEADER + "".join(map(own_row, range(rows))))
        run(self.trees["now"], "-c", COMPILE)
        (folder / "quick").mkdir()
        (folder / "quick" / "sitecustomize.py").write_text(QUICK_IMPORT)

    def ours(self, tree: Path, *command: str, memory: bool = False) -> Run:
        """Our command."""
        return run(tree, "-m", "token_economics", *command, memory=memory)

    def warm(self, tree: Path, *command: str) -> None:
        """Run a command the first time: a tree compiles and keeps things once."""
        if (tree, command) not in self.warmed:
            self.ours(tree, *command)
            self.warmed.add((tree, command))

    def new_number(self) -> str:
        """A change of the book that has not been asked before."""
        self.count += 1
        return f"{CHANGED}={FIRST + self.count / 1000:.3f}"

    def changed(self, tree: Path) -> dict[str, float]:
        """One assumption changed after a build of base; the first page is that of the first notebook
        done, before this commit that of the whole report."""
        self.warm(tree, "build", "--quiet")
        done = self.ours(tree, "build", "--set", self.new_number())
        page = done.first_page if tree == self.trees["now"] else done.wall
        return {"s": done.wall, "s of processor": done.processor, "s to a page": page}

    def fresh(self, tree: Path) -> dict[str, float]:
        """Everything run again, and the peak of memory of a kernel."""
        done = self.ours(tree, "build", "--quiet", "--fresh", memory=True)
        return {"s": done.wall, "s of processor": done.processor,
                "MiB RSS of a kernel": done.rss, "MiB PSS of a kernel": done.pss}  # fmt: skip

    def loop(self, tree: Path) -> dict[str, float]:
        """Papermill over the notebooks, then nbconvert, on one tree, with the slow import avoided."""
        out = Path(tempfile.mkdtemp(dir=self.folder))
        quick = str(self.folder / "quick")
        runs = [
            run(tree, "-m", "papermill", str(path), str(out / path.name), "--no-progress-bar", first=quick)
            for path in sorted((tree / "notebooks").glob("*.ipynb"))
        ]  # fmt: skip
        made = [str(path) for path in sorted(out.iterdir())]
        runs.append(run(tree, "-m", "nbconvert", "--to", "html", *made, first=quick))
        return {"s": sum(r.wall for r in runs), "s of processor": sum(r.processor for r in runs)}

    def answer(self, tree: Path) -> dict[str, float]:
        """A question that is new, and the same again."""
        self.warm(tree, "answer")
        asked = ("answer", "--set", self.new_number())
        return {f"s of processor, {name}": self.ours(tree, *asked).processor for name in ("new", "known")}  # fmt: skip

    def sweep(self, tree: Path) -> dict[str, float]:
        """What a draw takes in a sweep in one process, without what a sweep of few takes."""
        spent = []
        for draws in (64, 64 + DRAWS):
            out = Path(tempfile.mkdtemp(dir=self.folder)) / "sweep"
            asked = ("--draws", str(draws), "--jobs", "1", "--out", str(out), "--quiet")
            spent.append(self.ours(tree, "sweep", *asked).processor)
        return {"µs of processor a draw": 1e6 * (spent[1] - spent[0]) / DRAWS}

    def market(self, tree: Path) -> dict[str, float]:
        """The market's time over that of a bare NumPy loop of the same arithmetic."""
        here = str(Path(__file__).parent)
        return {"times a bare loop": float(run(tree, "-c", MARKET, here).output)}

    def own_data(self, tree: Path) -> dict[str, float]:
        """What 100,000 rows of the user's own add to a check of one."""
        self.warm(tree, "check", "--data", str(self.folder / "own1"))
        one, many = (
            self.ours(tree, "check", "--data", str(self.folder / f"own{rows}")).processor
            for rows in (1, OWN_ROWS)
        )
        return {"s of processor for the rows": many - one}

    def compare(self, tree: Path) -> dict[str, float]:
        """Two scenarios compared for the first time."""
        self.warm(tree, "answer")
        shutil.rmtree(tree / ".cache", ignore_errors=True)
        done = self.ours(tree, "compare", "base", "scarcity", "--json")
        return {"s": done.wall, "s of processor": done.processor}


ROWS: dict[str, Callable[[Bench, Path], dict[str, float]]] = {
    "answer": Bench.answer,
    "own-data": Bench.own_data,
    "sweep": Bench.sweep,
    "market": Bench.market,
    "compare": Bench.compare,
    "changed": Bench.changed,
    "fresh": Bench.fresh,
    "loop": Bench.loop,
}


def own_row(n: int) -> str:
    """A row of a user's own."""
    return f"{2020 + n % 6}-{1 + n % 12:02d},Team {n},token_spend_month,{1000 + n},,,USD per month,nominal,observed,,ours_2026,primary,\n"


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True).stdout


def main() -> None:
    """Measure the rows asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--baseline", default=BEFORE, metavar="COMMIT")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", action="append", choices=list(ROWS))
    asked = parser.parse_args()
    taken: dict[tuple[str, str], dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory(prefix="te-bench-") as folder:
        bench = Bench(Path(folder), asked.baseline)
        for name in asked.only or ROWS:
            for _ in range(asked.rounds):
                for when, tree in bench.trees.items():
                    for unit, value in ROWS[name](bench, tree).items():
                        taken.setdefault((name, unit), {}).setdefault(when, []).append(value)
                        print(f"  {name}, {when}: {value:.2f} {unit}", file=sys.stderr, flush=True)
    print(
        "| row | unit | before | now | before over now | least | greatest |\n|---|---|---|---|---|---|---|"
    )
    for (name, unit), by_tree in taken.items():
        before, now = by_tree["before"], by_tree["now"]
        ratios = [a / b for a, b in zip(before, now, strict=True)]
        print(
            f"| {name} | {unit} | {statistics.median(before):.2f} | {statistics.median(now):.2f} "
            f"| {statistics.median(ratios):.2f} | {min(ratios):.2f} | {max(ratios):.2f} |"
        )


if __name__ == "__main__":
    main()
