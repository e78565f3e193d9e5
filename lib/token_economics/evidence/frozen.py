"""Our own forecasts as they were frozen: each row bears a seal, and an old one is never written again.

A row is frozen by the edition whose day it bears. Until the next edition it follows the run; after
that it stays, and only its status and outcome may change. The seal is a digest of what is frozen: it
shows a slip of the hand, and keeps nobody out who means to forge.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from token_economics.project import RunError, fingerprint

FREE = ("status", "outcome", "seal")  # what may change after the edition


class FrozenError(RunError):
    """A forecast of an earlier edition would be changed; nothing has been written."""


def seal(row: Mapping[str, str]) -> str:
    """Digest of all cells of a row that are frozen, by column.

    Examples
    --------
    A status may change, a probability may not:

    >>> row = {"id": "rent", "probability": "0.4", "status": "open"}
    >>> seal(row) == seal(row | {"status": "true"}), seal(row) == seal(row | {"probability": "0.5"})
    (True, False)
    """
    held = (f"{name}={cell}" for name, cell in sorted(row.items()) if name not in FREE)
    return fingerprint.digest(text.encode() for text in held)


def as_file(
    rows: Iterable[Mapping[str, str]], standing: Iterable[Mapping[str, str]], *, as_of: str
) -> bytes:
    """The file of forecasts with their seals, to take the place of the ``standing`` rows.

    Raises `FrozenError`: if a row that an edition before ``as_of`` froze is missing or changed.
    """
    sealed = [{**row, "seal": seal(row)} for row in rows]
    new = {row["id"]: row["seal"] for row in sealed}
    for old in standing:
        if old["made"] and old["made"] < as_of and new.get(old["id"]) != old["seal"]:
            raise FrozenError(
                f"forecasts.csv: {old['id']} was frozen on {old['made']} and stays as it was"
            )
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(sealed[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(sealed)
    return text.getvalue().encode()
