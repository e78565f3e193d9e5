"""All canonical cases, by subject."""

from __future__ import annotations

import pandas as pd

from token_economics.canonical import (
    growth,
    index_numbers,
    market,
    national_accounts,
    price_response,
    rebound,
    scoring,
    sensitivity,
    spending,
    supply,
)

SUBJECTS = {
    "Revenue": spending,
    "Ceilings of growth": growth,
    "Supply": supply,
    "Layers and late supply": market,
    "Rebound": rebound,
    "Response to price": price_response,
    "Index numbers": index_numbers,
    "National accounts": national_accounts,
    "Scoring": scoring,
    "Sensitivity and attribution": sensitivity,
}


def table() -> pd.DataFrame:
    """A row a case: subject, check, id, method, quantity, expected, computed, tolerance, source, passes.

    ``check`` is the function that made the case, by its dotted name without the package.
    """
    rows = [
        {
            "subject": subject,
            "check": f"{module.__name__.partition('.')[2]}.{check.__name__}",
            "id": case.id,
            "method": case.method,
            "quantity": case.quantity,
            "expected": float(case.expected),
            "computed": float(case.computed),
            "tolerance": f"{case.tolerance:g}" + (" of it" if case.relative else ""),
            "source": case.source,
            "passes": case.passes,
        }
        for subject, module in SUBJECTS.items()
        for check in module.CHECKS
        for case in check()
    ]
    return pd.DataFrame(rows)
