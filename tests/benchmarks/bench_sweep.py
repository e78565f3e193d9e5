"""Speed of a sweep: draws a second, growth with draws, memory, and two workers against one.

Run it as a script; needs the extras `sweep` and, for the cluster, `dask`. The bare loop is the
market's own arithmetic without records, checks or reduction (see bench_market), chunk by chunk.

    python tests/benchmarks/bench_sweep.py [LARGEST COUNT OF DRAWS]
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from token_economics.project.processes import KERNEL_ENVIRONMENT

if __name__ == "__main__" and "OPENBLAS_CORETYPE" not in os.environ:
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **KERNEL_ENVIRONMENT})

import bench_market

from token_economics.answers import sweep_chunks, sweep_workers
from token_economics.answers.sweep_plan import CHUNK_ROWS, Plan, make
from token_economics.book.assumptions import read_book
from token_economics.headlines.market import market_drivers
from token_economics.project import fingerprint

ROUNDS = 3
TRIM = "MALLOC_TRIM_THRESHOLD_"
KEEP_MEMORY = str(2**30)


def planned(draws: int, *topics: str) -> Plan:
    """A sweep of draws of the book."""
    hashes = {name: fingerprint.hashes()[name] for name in ("lib", "data")}
    return make(read_book(), {}, draws=draws, topics=topics, inputs=False, hashes=hashes)


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def in_this_process(plan: Plan) -> int:
    """Evaluate all chunks here; bytes of the Parquet files, which are dropped."""
    return sum(len(sweep_chunks.parquet_of(plan, number)) for number in range(plan.n_chunks))


def bare(draws: int) -> None:
    """The market's arithmetic alone, drawn and solved chunk by chunk."""
    facts, book = market_drivers.record(), read_book()
    bench_market.QUARTERS = facts.quarters_ahead + 1
    for start in range(0, draws, CHUNK_ROWS):
        size = min(CHUNK_ROWS, draws - start)
        drawn = replace(book, seed=book.seed + start).draws(size)
        bench_market.bare(market_drivers.drivers(drawn, facts), complete=True)


def against_bare() -> None:
    """The market's topic through the sweep and through a bare loop, in turn."""
    draws = 8 * CHUNK_ROWS
    plan = planned(draws, "token_market")
    sweep_chunks.chunk(plan, 0)
    ours = min(seconds(lambda: in_this_process(plan)) for _ in range(ROUNDS))
    plain = min(seconds(lambda: bare(draws)) for _ in range(ROUNDS))
    print(
        f"market: {draws / ours:,.0f} draws a second; bare loop {draws / plain:,.0f}; ratio {ours / plain:.2f}"
    )


def growth(largest: int) -> None:
    """Seconds, draws a second of processor, bytes and peak of memory as draws grow."""
    topics = sweep_chunks.swept_topics()
    sweep_chunks.chunk(planned(CHUNK_ROWS, *topics), 0)
    print(
        "\n| draws | seconds | of processor | draws a second of processor | bytes a draw | peak memory, MiB |"
        "\n|---|---|---|---|---|---|"
    )
    draws = 1000
    while draws <= largest:
        plan = planned(draws, *topics)
        started, used = time.perf_counter(), time.process_time()
        size = in_this_process(plan)
        spent, used = time.perf_counter() - started, time.process_time() - used
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"| {draws:,} | {spent:.2f} | {used:.2f} | {draws / used:,.0f} | {size / draws:.0f} | {peak:.0f} |",
            flush=True,
        )
        draws *= 10


def side_by_side() -> None:
    """One process, two, and two Dask workers, warm, on the same chunks; processor time besides.

    On a busy machine the wall times say little; processor time a draw says what a worker costs.
    Dask tells its workers to give memory back at once, which makes arrays dearer than they are; the
    second cluster keeps it.
    """
    from distributed import Client, LocalCluster

    draws = 16 * CHUNK_ROWS
    plan = planned(draws, *sweep_chunks.swept_topics())
    numbers = list(range(plan.n_chunks))
    one = seconds(lambda: in_this_process(plan))
    two = seconds(lambda: list(sweep_workers.local(plan, numbers, jobs=2)))
    print(f"\n{draws:,} draws, all topics: one process {one:.1f} s; two processes, started for it, "
          f"{two:.1f} s")  # fmt: skip
    print(f"one process: {processor_time(plan, 0) / plan.chunk_rows * 1e6:.0f} µs a draw")
    for name, value in (("Dask's own", None), ("kept", KEEP_MEMORY)):
        with trim_threshold(value), LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster:  # fmt: skip
            with Client(cluster, set_as_default=False) as client:
                client.run(sweep_chunks.chunk, replace(plan, draws=16), 0)
                timed = client.gather(
                    [client.submit(processor_time, plan, n, pure=False) for n in (0, 0)]
                )
            address = cluster.scheduler_address
            dask = seconds(
                lambda at=address: list(sweep_workers.on_dask(plan, numbers, address=at))
            )
        print(f"two Dask workers, memory {name}: {dask:.1f} s, {one / dask:.2f} times one process; "
              f"{min(timed) / plan.chunk_rows * 1e6:.0f} µs a draw")  # fmt: skip


def processor_time(plan: Plan, number: int) -> float:
    """Seconds of processor that this process spends on a chunk."""
    started = time.process_time()
    sweep_chunks.parquet_of(plan, number)
    return time.process_time() - started


@contextmanager
def trim_threshold(value: str | None) -> Iterator[None]:
    """The C library's threshold for giving memory back, for workers started meanwhile."""
    before = os.environ.pop(TRIM, None)
    if value is not None:
        os.environ[TRIM] = value
    try:
        yield
    finally:
        os.environ.pop(TRIM, None)
        if before is not None:
            os.environ[TRIM] = before


def main() -> None:
    """Print the three comparisons."""
    largest = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(Path(scratch))
        against_bare()
        growth(largest)
        try:
            side_by_side()
        except ModuleNotFoundError as error:
            print(f"\nno comparison with Dask: {error}")


if __name__ == "__main__":
    main()
