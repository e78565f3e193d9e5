"""Checks whose verdict holds as long as what they check: the evidence tables, the canonical cases."""

from __future__ import annotations

import pandas as pd

from token_economics import evidence
from token_economics.report import fingerprint
from token_economics.report.cache import Cache

KIND, VALID = "checks", "valid"


def data_problems(cache: Cache) -> list[str]:
    """What is wrong with the evidence tables; the same tables are not found right twice."""
    key = _key("lib", "data", "lock")
    if cache.get(VALID, key):
        return []
    problems = evidence.validate()
    if not problems:
        cache.put(VALID, key, True)
    return problems


def canonical_cases(cache: Cache) -> pd.DataFrame:
    """A row a canonical case, as `cases.table` gives it."""
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
