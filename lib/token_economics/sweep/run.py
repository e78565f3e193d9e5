"""A sweep from its plan to its folder: what is missing is evaluated and kept, chunk by chunk."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from token_economics.sweep import workers
from token_economics.sweep.plan import Plan
from token_economics.sweep.store import Store

STEPS_SAID = 10


def run(
    plan: Plan,
    folder: Path,
    *,
    jobs: int | None = None,
    dask: str | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Path:
    """Evaluate the chunks that the folder lacks.

    Raises
    ------
    FolderTakenError
        The folder holds something else; nothing has been evaluated.
    """
    store = Store.opened(folder, plan)
    missing = store.missing()
    if len(missing) < plan.n_chunks:
        say(f"{plan.n_chunks - len(missing)} of {plan.n_chunks} chunks are there already")
    if not missing:
        return folder
    processes = min(jobs or os.cpu_count() or 1, len(missing))
    started, step = time.monotonic(), max(1, len(missing) // STEPS_SAID)
    chunks = (
        workers.on_dask(plan, missing, address=dask)
        if dask
        else workers.local(plan, missing, jobs=processes)
    )
    for count, (number, contents) in enumerate(chunks, start=1):
        store.keep(number, contents)
        if count % step == 0 or count == len(missing):
            say(f"{count} of {len(missing)} chunks, {time.monotonic() - started:.1f} s")
    store.write_manifest()
    return folder
