"""Every table of the evidence as a file that a run publishes, with credit in every row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from token_economics.evidence.rules import Row
from token_economics.report.pages.permalinks import Ledger
from token_economics.report.run import results

CREDIT = "credit"
OWN_CREDIT = "Token Economics (CC-BY-4.0)"


def write(folder: Path) -> None:
    """Every table as CSV with a last column that credits its sources, and their description."""
    ledger = Ledger.read()
    credits = {
        row["id"]: f"{row['publisher']}: {row['title']} ({row['licence']})"
        for row in ledger.of("sources")
    }
    target = folder / "data"
    target.mkdir()
    package = json.loads(json.dumps(ledger.package))
    for described in package["resources"]:
        rows = ledger.of(described["name"])
        names = [field["name"] for field in described["schema"]["fields"]]
        frame = pd.DataFrame(rows, columns=names)
        frame[CREDIT] = [credit(row, credits) for row in rows]
        results.write_text(target / described["path"], results.csv_text(frame))
        described["schema"]["fields"].append(
            {"name": CREDIT, "type": "string", "description": "Whom to credit for the row."}
        )
    results.write_json(target / "datapackage.json", package)


def credit(row: Row, credits: Mapping[str, str]) -> str:
    """Whom to credit for a row: its sources with their licence, or this report."""
    if "licence" in row:
        return credits[row["id"]]
    cited = " ".join(row.get(name, "") for name in ("source_id", "quality_source_id", "seed"))
    return "; ".join(credits[i] for i in dict.fromkeys(cited.split())) or OWN_CREDIT
