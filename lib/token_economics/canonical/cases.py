"""All canonical cases: the numbers that are published, and those that our functions give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
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

PUBLISHED = Path(__file__).with_name("cases.csv")
MODULES = (
    spending, growth, supply, market, rebound, price_response, index_numbers, national_accounts,
    scoring, sensitivity,
)  # fmt: skip


def table() -> pd.DataFrame:
    """A row a case: subject, check, id, method, quantity, expected, computed, tolerance, source, passes.

    ``check`` is the function that made the case, by its dotted name without the package. A
    tolerance is absolute unless it says ``of it``, of the expected number.

    Raises `ValueError`: A check gives more or fewer numbers than ``cases.csv`` has rows of it.
    """
    cases = pd.read_csv(PUBLISHED, dtype={"id": str})
    computed = {
        f"{module.__name__.rpartition('.')[2]}.{check.__name__}": np.hstack(
            [np.ravel(value) for value in check()]
        )
        for module in MODULES
        for check in module.CHECKS
    }
    for check, values in computed.items():
        if len(values) != (rows := int(cases["check"].eq(check).sum())):
            raise ValueError(f"cases.csv has {rows} rows of {check}, which gives {len(values)}")
    cases["computed"] = np.concatenate([computed[check] for check in cases["check"].unique()])
    allowed = cases["tolerance"] * cases["expected"].abs().where(cases["relative"], 1.0)
    cases["passes"] = (cases["computed"] - cases["expected"]).abs() <= allowed
    cases["tolerance"] = cases["tolerance"].map("{:g}".format) + np.where(
        cases["relative"], " of it", ""
    )
    cases["check"] = "canonical." + cases["check"]
    return cases[
        ["subject", "check", "id", "method", "quantity", "expected", "computed", "tolerance",
         "source", "passes"]
    ]  # fmt: skip
