"""Pages of the evidence: tables, sources, contradictions, claims, predictions.

Functions return contexts of plain data for the templates, which escape every string.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from token_economics.evidence import tables as evidence
from token_economics.evidence.rules import Row, members
from token_economics.report.pages.permalinks import (
    CLAIMS,
    CONTRADICTIONS,
    EVIDENCE,
    LICENCES,
    PREDICTIONS,
    SOURCES,
    Ledger,
    figure_text,
    readable,
    row_id,
    series_id,
    with_unit,
    words_of,
)

SHARED_COLUMNS = ("source_id", "quality_source_id", "grade", "note")
LONG_WORDS = 30
IDENTIFIER = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")

UsedOn = Mapping[str, Sequence[Mapping[str, str]]]


class Page(NamedTuple):
    """A page to be rendered: file, template and the template's values."""

    filename: str
    template: str
    values: dict[str, Any]


def navigation() -> list[dict[str, str]]:
    """Entries for the site's navigation; the other pages are a step away from these."""
    entries = [{"href": EVIDENCE, "title": "Evidence"}]
    if "claims" in evidence.tables():
        entries.append({"href": CLAIMS, "title": "Claims"})
    return entries


def pages(topics: Mapping[str, Mapping[str, str]], used_on: UsedOn) -> Iterator[Page]:
    """All pages of the evidence.

    Parameters
    ----------
    topics
        Address and title of the page of each topic in this run.
    used_on
        For each source, the pages of this run that use it, with address and title.
    """
    ledger = Ledger.read()
    common = {"charts": False, "subpages": ledger.subpages()}
    yield Page(EVIDENCE, "evidence.html.j2", {**common, **catalogue(ledger)})
    for table in ledger.shown_tables():
        for part in sorted({1, *ledger.parts[table].values()}):
            shown = {**common, **one_table(ledger, table, part)}
            yield Page(ledger.page(table, part), "evidence_table.html.j2", shown)
    yield Page(SOURCES, "sources.html.j2", {**common, **sources(ledger, used_on)})
    if ledger.of("contradictions"):
        yield Page(CONTRADICTIONS, "contradictions.html.j2", {**common, **contradictions(ledger)})
    if ledger.of("claims"):
        yield Page(CLAIMS, "claims.html.j2", {**common, **claims(ledger, topics)})
    if ledger.of("predictions"):
        yield Page(PREDICTIONS, "predictions.html.j2", {**common, **predictions(ledger)})


# Tables --------------------------------------------------------------------------------------


def catalogue(ledger: Ledger) -> dict[str, Any]:
    """Every series of every table on one page, and what changed."""
    listed = []
    for table in ledger.shown_tables():
        for key, positions in grouped(ledger, table).items():
            listed.append(_series_entry(ledger, table, key, positions))
    tables = [
        {
            "name": table,
            "title": described["title"],
            "href": ledger.page(table),
            "path": described["path"],
            "rows": len(ledger.of(table)),
            "own": len(ledger.of(table)) - ledger.own_from[table],
        }
        for table, described in ledger.described.items()
    ]
    return {
        "title": "Evidence",
        "series": listed,
        "tables": tables,
        "grades": Counter(
            row["grade"] for t in ledger.rows.values() for row in t if "grade" in row
        ),
        "changes": sorted(ledger.of("changes"), key=lambda row: row["date"], reverse=True),
        "number_of_rows": sum(len(ledger.of(table)) for table in ledger.shown_tables()),
    }


def grouped(ledger: Ledger, table: str) -> dict[tuple[str, ...], list[int]]:
    """Positions of the rows of a table by series, in file order."""
    found: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for position, row in enumerate(ledger.of(table)):
        found[ledger.series_key(table, row)].append(position)
    return dict(found)


def _series_entry(
    ledger: Ledger, table: str, key: tuple[str, ...], positions: list[int]
) -> dict[str, Any]:
    rows = [ledger.of(table)[at] for at in positions]
    last = rows[-1]
    is_series = ledger.described[table]["kind"] == "series"
    periods = sorted({row["period"] for row in rows}) if is_series else []
    return {
        "table": table,
        "table_words": words_of(table),
        "href": ledger.series_href(table, last),
        "entity": key[0],
        "variable": words_of(key[1]) if is_series else "",
        "last": with_unit(last) if is_series else "",
        "span": " to ".join(dict.fromkeys((periods[0], periods[-1]))) if periods else "",
        "rows": len(rows),
        "grades": sorted({row.get("grade", "") for row in rows} - {""}),
        "sources": sorted({i for row in rows for i in row.get("source_id", "").split()}),
        "disputed": any((table, at) in ledger.disputes for at in positions),
    }


def one_table(ledger: Ledger, table: str, part: int = 1) -> dict[str, Any]:
    """Rows of one table by series: all of them, or a part of a long table."""
    described, parts = ledger.described[table], ledger.parts[table]
    is_series = described["kind"] == "series"
    first_column = ledger.first_column(table)
    fields = [
        field
        for field in described["schema"]["fields"]
        if field["name"] not in (*SHARED_COLUMNS, first_column)
        and any(row[field["name"]] for row in ledger.of(table))
    ]
    groups = []
    for key, positions in grouped(ledger, table).items():
        if parts[key] != part:
            continue
        first = ledger.of(table)[positions[0]]
        variable = described["variables"][first["variable"]] if is_series else {}
        groups.append(
            {
                "id": series_id(key),
                "entity": key[0],
                "variable": words_of(first["variable"]) if is_series else "",
                "unit": variable.get("unit", ""),
                "description": variable.get("description", ""),
                "rows": [_table_row(ledger, table, at, fields) for at in positions],
            }
        )
    return {
        "title": described["title"],
        "table": table,
        "path": described["path"],
        "is_series": is_series,
        "first_column": words_of(first_column),
        "fields": [{**field, "title": words_of(field["name"])} for field in fields],
        "groups": groups,
        "pages_of_table": _parts(ledger, table),
        "number_of_rows": len(ledger.of(table)),
        "number_of_own": len(ledger.of(table)) - ledger.own_from[table],
    }


def _parts(ledger: Ledger, table: str) -> list[dict[str, str]]:
    """Pages of a long table, each with the first and the last thing that it shows."""
    held = defaultdict[int, list[str]](list)
    for key, part in ledger.parts[table].items():
        held[part].append(key[0])
    return [
        {
            "href": ledger.page(table, part),
            "title": " to ".join(dict.fromkeys((names[0], names[-1]))),
        }
        for part, names in held.items()
    ]


def _table_row(
    ledger: Ledger, table: str, position: int, fields: list[Mapping[str, Any]]
) -> dict[str, Any]:
    row = ledger.of(table)[position]
    dispute = ledger.disputes.get((table, position))
    shown: dict[str, Any] = {
        "id": row_id(ledger.described[table], row),
        "own": position >= ledger.own_from[table],
        "grade": row.get("grade", ""),
        "note": row.get("note", ""),
        "sources": ledger.source_links(row.get("source_id", "")),
        "score_sources": ledger.source_links(row.get("quality_source_id", "")),
        "dispute": f"{CONTRADICTIONS}#contradiction-{dispute['id']}" if dispute else "",
        "others": _others(ledger, table, position),
        "stated": "",
        "price_year": "",
    }
    if ledger.described[table]["kind"] == "series":
        return {
            **shown,
            "period": row["period"],
            "figure": figure_text(row),
            "kind": row["kind"],
            "stated": row["stated"],
            "price_year": "" if row["price_year"] == "nominal" else row["price_year"],
        }
    return {**shown, "cells": [_cell(row[field["name"]], field) for field in fields]}


def _cell(text: str, field: Mapping[str, Any]) -> dict[str, Any]:
    numeric = field["type"] in ("number", "integer")
    return {
        "text": readable(text) if numeric else _words(text),
        "numeric": numeric,
        "wordy": len(text) > LONG_WORDS,
    }


def _words(text: str) -> str:
    """An identifier with underscores reads as words; everything else stands as it was stored."""
    return words_of(text) if IDENTIFIER.fullmatch(text) else text


def _others(ledger: Ledger, table: str, position: int) -> list[dict[str, str]]:
    """Rows that say something else of the same thing at the same time, or dispute it."""
    row = ledger.of(table)[position]
    found: list[int] = []
    if ledger.described[table]["kind"] == "series":
        found = list(ledger.statements[table, row["entity"], row["variable"], row["period"]])
    dispute = ledger.disputes.get((table, position))
    if dispute is not None:
        found += [at for name, at in members(ledger, dispute) if name == table]
    others = [ledger.of(table)[at] for at in dict.fromkeys(found) if at != position]
    return [
        {
            "href": "#" + row_id(ledger.described[table], other),
            "label": f"{figure_text(other)} "
            + ", ".join(link["label"] for link in ledger.source_links(other["source_id"]))
            + (f", {other['stated']}" if other["stated"] else ""),
        }
        for other in others
    ]


# Sources -------------------------------------------------------------------------------------


def sources(ledger: Ledger, used_on: UsedOn) -> dict[str, Any]:
    """Every source with what rests on it: pages, series of rows, assumptions, claims."""
    rows_of: dict[str, dict[tuple[str, ...], list[int]]] = defaultdict(lambda: defaultdict(list))
    for table in ledger.shown_tables():
        for position, row in enumerate(ledger.of(table)):
            cited = f"{row.get('source_id', '')} {row.get('quality_source_id', '')}"
            for identity in dict.fromkeys(cited.split()):
                key = (table, *ledger.series_key(table, row))
                rows_of[identity][key].append(position)
    assumptions: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in ledger.of("assumptions"):
        for identity in row["source_id"].split():
            assumptions[identity].append({"name": row["name"], "label": row["label"]})
    claimed = Counter(row["seed"] for row in ledger.of("claims"))
    listed = [
        {
            **row,
            "licence_words": LICENCES.get(row["licence"], row["licence"]),
            "pages": used_on.get(row["id"], ()),
            "series": [
                {
                    "href": ledger.row_href(key[0], positions[0]),
                    "table": key[0],
                    "label": ", ".join(_words(part) for part in key[1:]),
                    "rows": len(positions),
                }
                for key, positions in rows_of[row["id"]].items()
            ],
            "assumptions": assumptions[row["id"]],
            "claims": claimed[row["id"]],
            "claims_href": f"{CLAIMS}#seed-{row['id']}",
        }
        for row in ledger.of("sources")
    ]
    return {"title": "Sources", "sources": listed}


# Contradictions ------------------------------------------------------------------------------


def contradictions(ledger: Ledger) -> dict[str, Any]:
    """Claims and rows that disagree, side by side, with what is used and why."""
    entries = []
    for row in ledger.of("contradictions"):
        shown = [_side(ledger, row, table, at) for table, at in members(ledger, row)]
        entries.append({**row, "sides": shown, "none_used": not row["used"]})
    return {
        "title": "Contradictions",
        "kinds": [
            {"anchor": about, "entries": [entry for entry in entries if entry["about"] == about]}
            for about in ("rows", "claims")
        ],
        "revisions": _revisions(ledger),
    }


def _side(ledger: Ledger, contradiction: Row, table: str, position: int) -> dict[str, Any]:
    row = ledger.of(table)[position]
    is_claim = table == "claims"
    identity = row["id"] if is_claim else row["source_id"]
    return {
        "href": ledger.row_href(table, position),
        "used": identity in contradiction["used"].split(),
        "figure": with_unit(row),
        "says": row["statement"] if is_claim else row["kind"],
        "when": row["as_of"] if is_claim else row["stated"] or row["period"],
        "sources": ledger.source_links(row["seed"] if is_claim else row["source_id"]),
        "place": row["timestamp"] if is_claim else "",
        "judged": row["verdict"].replace("_", " ") if is_claim else row["grade"],
    }


def _revisions(ledger: Ledger) -> list[dict[str, Any]]:
    """Figures that one source has stated more than once: not contradictions."""
    found = []
    for (table, entity, variable, period), positions in ledger.statements.items():
        rows = [ledger.of(table)[at] for at in positions]
        if len(rows) > 1 and len({row["source_id"] for row in rows}) == 1:
            found.append(
                {
                    "label": f"{entity}, {words_of(variable)}, {period}",
                    "steps": [
                        {"href": ledger.row_href(table, at), "figure": figure_text(row),
                         "stated": row["stated"]}
                        for at, row in zip(positions, rows, strict=True)
                    ],
                    "unit": rows[0]["unit"],
                }
            )  # fmt: skip
    return found


# Claims and predictions ----------------------------------------------------------------------


def claims(ledger: Ledger, topics: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Every claim of the seeds with its verdict, the rows behind it and where it is treated."""
    predicted = {row["claim_id"]: row["id"] for row in ledger.of("predictions")}
    compared = {row["claim_id"]: row for row in ledger.of("claim-checks")}
    by_seed: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for position, row in enumerate(ledger.of("claims")):
        dispute = ledger.disputes.get(("claims", position))
        by_seed[row["seed"]].append(
            {
                **row,
                "figure": with_unit(row),
                "evidence": ledger.evidence_links(row["evidence"]),
                "mechanism": row.get("mechanism", "").split(),
                "topic_title": topics.get(row["topic"], {}).get("title", words_of(row["topic"])),
                "topic_href": topics.get(row["topic"], {}).get("href", ""),
                "dispute": dispute["id"] if dispute else "",
                "prediction": predicted.get(row["id"], ""),
                "compared": ledger.series_href("claim-checks", compared[row["id"]])
                if row["id"] in compared
                else "",
            }
        )
    return {
        "title": "Claims and verdicts",
        "seeds": [
            {
                "id": seed,
                "source": ledger.source_links(seed)[0],
                "claims": rows,
                "verdicts": Counter(row["verdict"] for row in rows).most_common(),
            }
            for seed, rows in by_seed.items()
        ],
        "verdicts": Counter(row["verdict"] for row in ledger.of("claims")).most_common(),
        "number_of_claims": len(ledger.of("claims")),
    }


def predictions(ledger: Ledger) -> dict[str, Any]:
    """Every dated prediction with its rule, window, status, probability and evidence."""
    statements = {row["id"]: row for row in ledger.of("claims")}
    listed = [
        {
            **row,
            "statement": statements[row["claim_id"]]["statement"],
            "figure": with_unit(statements[row["claim_id"]]),
            "source": ledger.source_links(statements[row["claim_id"]]["seed"])[0],
            "claim_href": f"{CLAIMS}#claim-{row['claim_id']}",
            "evidence": ledger.evidence_links(row["evidence"]),
            "percent": f"{100 * float(row['base_rate']):.0f}\N{NO-BREAK SPACE}%",
        }
        for row in sorted(ledger.of("predictions"), key=lambda row: (row["due_to"], row["id"]))
    ]
    return {
        "title": "Predictions",
        "predictions": listed,
        "statuses": Counter(row["status"] for row in listed).most_common(),
    }
