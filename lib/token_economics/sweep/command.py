"""A sweep as it is asked for on the command line: refuse first, then evaluate."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from token_economics import project
from token_economics.book import scenarios
from token_economics.book.assumptions import AssumptionError
from token_economics.project import RequestError
from token_economics.report.run import fingerprint
from token_economics.sweep import plan as plans
from token_economics.sweep.plan import Plan
from token_economics.sweep.store import FolderTakenError

INSTALL = "pip install 'token-economics[{}]'"


class SweepError(RuntimeError):
    """The sweep broke off."""


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
    say: Callable[[str], None],
) -> Path:
    """The folder of the finished sweep.

    Raises
    ------
    RequestError
        Before anything is evaluated; says what to change.
    SweepError
        The cluster cannot be reached, or its machines hold another version.
    """
    try:
        from token_economics.sweep import evaluate, run
    except ModuleNotFoundError as error:
        raise RequestError(f"a sweep needs {error.name}: {INSTALL.format('sweep')}") from None
    if not (grids or sets or draws):
        raise RequestError(
            "say what to sweep: --draws N, --grid name=low:high:count or --sets FILE"
        )
    if grids and sets:
        raise RequestError("give --grid or --sets, not both")
    topics = _topics(only, evaluate.swept_topics())
    try:
        columns = plans.read_sets(sets) if sets else plans.product(map(plans.parse_grid, grids))
        planned = plans.make(
            scenarios.apply(scenarios.load(scenario), changes), columns,
            draws=draws, topics=topics, inputs=inputs, hashes=_hashes(),
            chunk_rows=chunk or plans.CHUNK_ROWS,
        )  # fmt: skip
    except AssumptionError as error:
        raise RequestError(str(error)) from error
    say(f"{planned.n_rows} evaluations in {planned.n_chunks} chunks")
    try:
        return run.run(planned, out or _own_folder(planned), jobs=jobs, dask=dask, say=say)
    except FolderTakenError as error:
        raise RequestError(str(error)) from error
    except ModuleNotFoundError as error:
        raise RequestError(f"--dask needs {error.name}: {INSTALL.format('dask')}") from None
    except (OSError, evaluate.OtherVersionError) as error:
        raise SweepError(str(error)) from error


def _topics(only: Sequence[str], known: list[str]) -> list[str]:
    for name in only:
        if name not in known:
            raise RequestError(f"there is no topic {name!r}; the topics are {', '.join(known)}")
    return [name for name in known if not only or name in only]


def _hashes() -> dict[str, str]:
    return {name: value for name, value in fingerprint.hashes().items() if name in ("lib", "data")}


def _own_folder(planned: Plan) -> Path:
    text = json.dumps(planned.described(), sort_keys=True)
    return project.reports() / f"sweep-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
