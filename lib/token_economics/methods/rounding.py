"""Table cells as plain JSON values, rounded: what charts, tables and files hold.

Numbers in sentences are written by `headlines.rows`.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

SIGNIFICANT_DIGITS = 6
ROUNDING_NOISE = 1e-13
"""What is smaller is what is left of zero after a computation; it differs between machines."""


def plain_value(value: Any) -> Any:
    """A cell as a JSON value: floats to six significant digits, noise as 0, dates as ISO days, absent as None.

    ``value`` is a number, a date, a text or nothing; an infinite number is refused.

    Examples
    --------
    What is left of zero after a computation is zero:

    >>> [plain_value(value) for value in (2 / 3, 1e-17, 3.0, float("nan"))]
    [0.666667, 0, 3, None]
    """
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, np.bool_ | np.integer):
        return value.item()
    if isinstance(value, float | np.floating):
        return _plain_number(float(value))
    if value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, pd.Timestamp | datetime.datetime | datetime.date):
        return value.isoformat()[:10]
    return str(value)


def plain_values(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a ``frame`` as JSON values: numbers rounded, dates as ISO days, absent values as None."""
    return plain_rows(frame.to_dict("records"))


def plain_rows(rows: Iterable[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    """Rows, cells by column, as `plain_values` writes them."""
    return [{str(column): plain_value(value) for column, value in row.items()} for row in rows]


def plain_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its cells as `plain_values` writes them: for files that must repeat."""
    return pd.DataFrame(plain_values(frame), columns=list(frame.columns), dtype=object)


def _plain_number(value: float) -> float | int | None:
    if math.isinf(value):
        raise ValueError("an infinite value cannot be shown")
    if math.isnan(value):
        return None
    if abs(value) < ROUNDING_NOISE:
        return 0
    rounded = float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded
