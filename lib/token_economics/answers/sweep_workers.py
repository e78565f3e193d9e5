"""Who evaluates the chunks: processes of this machine, or the workers of a Dask cluster.

Few chunks are under way at a time, so that memory does not grow with the sweep.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice

from token_economics.answers import sweep_chunks
from token_economics.answers.sweep_plan import Plan
from token_economics.project import processes
from token_economics.project.processes import KERNEL_ENVIRONMENT

AHEAD = 2


def local(plan: Plan, numbers: list[int], *, jobs: int) -> Iterator[tuple[int, bytes]]:
    """Chunks as they finish, from processes on the numerical code path of the kernels."""
    context = multiprocessing.get_context("spawn")
    waiting = iter(numbers)
    with (
        processes.variables(KERNEL_ENVIRONMENT),
        ProcessPoolExecutor(jobs, mp_context=context, initializer=_leave_interrupts) as pool,
    ):
        with _interruptions_held():
            running = {
                pool.submit(sweep_chunks.parquet_of, plan, n): n
                for n in islice(waiting, AHEAD * jobs)
            }
        try:
            while running:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield running.pop(future), future.result()
                    for number in islice(waiting, 1):
                        running[pool.submit(sweep_chunks.parquet_of, plan, number)] = number
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


@contextmanager
def _interruptions_held() -> Iterator[None]:
    """Processes that start meanwhile never see an interruption, not even while they import."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _leave_interrupts() -> None:
    """In a worker: an interruption is for the process that waits for it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def on_dask(plan: Plan, numbers: list[int], *, address: str) -> Iterator[tuple[int, bytes]]:
    """Chunks as they finish, from an existing cluster whose workers have the same project.

    Raises `OSError`: if there is no scheduler at the address.
    """
    from distributed import Client, as_completed  # optional, and a second to import

    waiting = iter(numbers)
    with Client(address, timeout="10s", set_as_default=False) as client:
        threads = sum(client.nthreads().values()) or 1
        shared = client.scatter(plan, broadcast=True)

        def submit(number: int) -> object:
            key = f"chunk-{number}-{id(client)}"
            return client.submit(sweep_chunks.parquet_of, shared, number, key=key, pure=False)

        numbered = {submit(number): number for number in islice(waiting, AHEAD * threads)}
        finished = as_completed(list(numbered), loop=client.loop)
        for future in finished:
            yield numbered.pop(future), future.result()
            for number in islice(waiting, 1):
                following = submit(number)
                numbered[following] = number
                finished.add(following)
