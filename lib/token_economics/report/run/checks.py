"""Checks whose verdict holds as long as what they check: tables, canonical cases, frozen forecasts.

A canonical case is worth something to a reader where it exercises a function that the report
reaches; a project whose notebooks do not lead to it does not show it.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from token_economics import project
from token_economics.book.assumptions import Book
from token_economics.evidence import tables
from token_economics.project import fingerprint
from token_economics.project.cache import Cache
from token_economics.report.run import notebooks

KIND, VALID, REACH, FROZEN = "checks", "valid", "reach", "frozen"


def data_problems(cache: Cache) -> list[str]:
    """What is wrong with the evidence tables; the same tables are not found right twice."""
    key = _key("lib", "data", "lock")
    if cache.get(VALID, key):
        return []
    problems = tables.validate()
    if not problems:
        cache.put(VALID, key, True)
    return problems


def are_forecasts_ours() -> bool:
    """Whether the run is of the project's own data and notebooks, and they hold forecasts."""
    elsewhere = project.own_data() is not None or project.are_notebooks_elsewhere()
    return not elsewhere and "forecasts" in tables.tables()


def forecast_problems(cache: Cache, book: Book) -> list[str]:
    """Forecasts of this edition that are not what the run of its book computes, a line each."""
    if not are_forecasts_ours():
        return []
    key = _key("lib", "data", "lock")
    if cache.get(FROZEN, key):
        return []
    from token_economics.headlines.records import forecasts  # brings the models

    problems = forecasts.out_of_step(book)
    if not problems:
        cache.put(FROZEN, key, True)
    return problems


def canonical_cases(cache: Cache) -> pd.DataFrame:
    """A row a canonical case, as `cases.table` gives it, with the ``functions`` that it exercises.

    They are those of the library that its check calls, separated by a space. Cases of none that
    a notebook of the project or a command leads to are left out.
    """
    computed = _computed(cache)
    reached, exercised = _reach(cache, project.notebooks())
    functions = computed["check"].map({c: " ".join(names) for c, names in exercised.items()})
    used = computed["check"].map({c: bool(reached & set(names)) for c, names in exercised.items()})
    return computed.assign(functions=functions)[used].reset_index(drop=True)


def reached(cache: Cache) -> frozenset[str]:
    """Definitions of the library that the notebooks of the project or a command lead to."""
    return _reach(cache, project.root() / "notebooks")[0]


def mechanism_problems(cache: Cache) -> list[str]:
    """Functions that verdicts name and the library lacks, or the report does not reach."""
    from token_economics.report.run import reach  # parses all of the library

    rows = tables.raw_rows("claims") if "claims" in tables.tables() else []
    named = [
        (line, name)
        for line, row in enumerate(rows, 2)
        for name in row.get("mechanism", "").split()
    ]
    if not named:
        return []
    known = reached(cache)
    return [
        f"claims.csv: row {line}, column mechanism: found {name!r}; "
        + ("no page and no command reaches it" if reach.is_function(name) else "the library has no such function")
        for line, name in named
        if name not in known
    ]  # fmt: skip


def _reach(cache: Cache, folder: Path) -> tuple[frozenset[str], dict[str, list[str]]]:
    """What a folder of notebooks reaches, and the functions that each canonical check exercises."""
    sources = notebooks.discover(folder)
    code = [[c.source for c in notebooks.code_cells(notebooks.looked_at(s.path))] for s in sources]
    cells = (cell.encode() for held in code for cell in held)
    key = fingerprint.digest([fingerprint.hashes()["lib"].encode(), *cells])
    stored = cache.get(REACH, key)
    if stored is None:
        from token_economics.report.run import reach  # parses all of the library

        exercised = {check: sorted(reach.exercised(check)) for check in reach.checks()}
        stored = {"reached": sorted(reach.reached(code)), "exercised": exercised}
        cache.put(REACH, key, stored)
    return frozenset(stored["reached"]), stored["exercised"]


def _computed(cache: Cache) -> pd.DataFrame:
    key = _key("lib", "lock")
    stored = cache.get(KIND, key)
    if stored is not None:
        return pd.DataFrame(stored["rows"], columns=stored["columns"])
    from token_economics.canonical import cases  # brings all models and scipy.stats

    computed = cases.table()
    rows = computed.to_numpy(dtype=object).tolist()
    cache.put(KIND, key, {"columns": list(computed.columns), "rows": rows})
    return computed


def _key(*parts: str) -> str:
    hashes = fingerprint.hashes()
    named = [*(hashes[part] for part in parts), fingerprint.machine()]
    return fingerprint.digest(part.encode() for part in named)
