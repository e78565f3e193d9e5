"""A sweep from what is asked for to its folder: refuse first, then evaluate what is missing."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from token_economics import project
from token_economics.answers import sweep_plan as plans
from token_economics.answers.sweep_plan import Plan
from token_economics.answers.sweep_store import Store
from token_economics.book import scenarios
from token_economics.project import RequestError, RunError, fingerprint

INSTALL = "pip install 'token-economics[{}]'"
STEPS_SAID = 10
Say = Callable[[str], None]


def sweep(
    *,
    scenario: str,
    changes: Mapping[str, Any],
    grids: Sequence[str],
    sets: Path | None,
    draws: int,
    only: Sequence[str],
    inputs: bool,
    chunk: int | None,
    out: Path | None,
    jobs: int | None,
    dask: str | None,
    say: Say,
) -> Path:
    """The folder of the finished sweep.

    Raises `RequestError`: before anything is evaluated; says what to change. Raises `RunError`: the
    cluster cannot be reached, or its machines hold another version.
    """
    try:
        from token_economics.answers import sweep_chunks
    except ModuleNotFoundError as error:
        raise RequestError(f"a sweep needs {error.name}: {INSTALL.format('sweep')}") from None
    if not (grids or sets or draws):
        raise RequestError(
            "say what to sweep: --draws N, --grid name=low:high:count or --sets FILE"
        )
    if grids and sets:
        raise RequestError("give --grid or --sets, not both")
    topics = _topics(only, sweep_chunks.swept_topics())
    columns = plans.read_sets(sets) if sets else plans.product(map(plans.parse_grid, grids))
    planned = plans.make(
        scenarios.apply(scenarios.load(scenario), changes), columns,
        draws=draws, topics=topics, inputs=inputs, hashes=hashes(),
        chunk_rows=chunk or plans.CHUNK_ROWS,
    )  # fmt: skip
    say(f"{planned.n_rows} evaluations in {planned.n_chunks} chunks")
    try:
        return run(planned, out or _own_folder(planned), jobs=jobs, dask=dask, say=say)
    except ModuleNotFoundError as error:
        raise RequestError(f"--dask needs {error.name}: {INSTALL.format('dask')}") from None
    except OSError as error:
        raise RunError(str(error)) from error


def run(
    plan: Plan,
    folder: Path,
    *,
    jobs: int | None = None,
    dask: str | None = None,
    say: Say = lambda _: None,
) -> Path:
    """Evaluate the chunks that the folder lacks.

    Raises `FolderError`: the folder holds something else; nothing has been evaluated.
    """
    from token_economics.answers import sweep_workers  # needs the extra

    store = Store.opened(folder, plan)
    missing = store.missing()
    if len(missing) < plan.n_chunks:
        say(f"{plan.n_chunks - len(missing)} of {plan.n_chunks} chunks are there already")
    if not missing:
        return folder
    processes = min(jobs or os.cpu_count() or 1, len(missing))
    started, step = time.monotonic(), max(1, len(missing) // STEPS_SAID)
    chunks = (
        sweep_workers.on_dask(plan, missing, address=dask)
        if dask
        else sweep_workers.local(plan, missing, jobs=processes)
    )
    for count, (number, contents) in enumerate(chunks, start=1):
        store.keep(number, contents)
        if count % step == 0 or count == len(missing):
            say(f"{count} of {len(missing)} chunks, {time.monotonic() - started:.1f} s")
    store.write_manifest()
    return folder


def _topics(only: Sequence[str], known: list[str]) -> list[str]:
    for name in only:
        if name not in known:
            raise RequestError(f"there is no topic {name!r}; the topics are {', '.join(known)}")
    return [name for name in known if not only or name in only]


def hashes() -> dict[str, str]:
    """Identities of what the numbers of a sweep depend on."""
    return {name: value for name, value in fingerprint.hashes().items() if name in ("lib", "data")}


def _own_folder(planned: Plan) -> Path:
    text = json.dumps(planned.described(), sort_keys=True)
    return project.reports() / f"sweep-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
