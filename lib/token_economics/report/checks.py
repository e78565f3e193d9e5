"""The canonical checks that a run shows: computed anew when the library or its numerics changed."""

from __future__ import annotations

import pandas as pd

from token_economics.canonical import cases
from token_economics.report import fingerprint
from token_economics.report.cache import Cache

KIND = "checks"


def table(cache: Cache) -> pd.DataFrame:
    """A row a canonical case, as `cases.table` gives it."""
    hashes = fingerprint.hashes()
    parts = (hashes["lib"], hashes["lock"], fingerprint.machine())
    key = fingerprint.digest(part.encode() for part in parts)
    stored = cache.get(KIND, key)
    if stored is not None:
        return pd.DataFrame(stored["rows"], columns=stored["columns"])
    computed = cases.table()
    rows = computed.to_numpy(dtype=object).tolist()
    cache.put(KIND, key, {"columns": list(computed.columns), "rows": rows})
    return computed
