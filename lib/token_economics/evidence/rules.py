"""Rules that hold between tables, or between the columns of a register; the schema cannot say them.

Every rule takes the whole package as text and yields problems, a line each: file, row, column,
found, allowed. `token_economics.evidence` calls `problems` once each table obeys its own schema.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from token_economics.evidence.references import NONE_FOUND, Reference, references, rows_by_reference

Row = Mapping[str, str]
SOURCE_COLUMNS = ("source_id", "quality_source_id", "seed")
RESERVED = frozenset([*keyword.kwlist, *dir(builtins)])
JUDGED = ("supported", "partly", "contradicted")
PERIOD = re.compile(r"\d{4}(?:-(?P<month>\d{2})(?:-(?P<day>\d{2}))?|Q[1-4]|H[12])?")
DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True)
class Bundle:
    """All tables of a package as text: rows by name of the table, and their descriptions."""

    package: Mapping[str, Any]
    rows: Mapping[str, Sequence[Row]]

    @cached_property
    def described(self) -> Mapping[str, Mapping[str, Any]]:
        """Descriptions by name of the table."""
        return {resource["name"]: resource for resource in self.package["resources"]}

    @cached_property
    def source_ids(self) -> set[str]:
        """Ids of all sources."""
        return {row["id"] for row in self.of("sources")}

    @property
    def as_of(self) -> str:
        """Last day of the edition."""
        return str(self.package["edition"]["as_of"])

    def of(self, table: str) -> Sequence[Row]:
        """Rows of a table; none where the package has no such table."""
        return self.rows.get(table, ())

    def numbered(self, table: str) -> Iterator[tuple[int, Row]]:
        """Rows with their line in the file."""
        return enumerate(self.of(table), start=2)

    def problem(self, table: str, line: int, column: str, found: str, allowed: str) -> str:
        """One line of complaint."""
        path = self.described[table]["path"]
        return f"{path}: row {line}, column {column}: found {found!r}; {allowed}"

    def behind(self, reference: Reference) -> list[int]:
        """Positions of the rows that a reference names; none where its table is unknown."""
        if reference.table not in self.described:
            return []
        if reference.table not in self._positions:
            self._positions[reference.table] = rows_by_reference(
                self.described[reference.table], self.of(reference.table)
            )
        return self._positions[reference.table].get((reference.entity, reference.variable), [])

    @cached_property
    def _positions(self) -> dict[str, dict[tuple[str, str], list[int]]]:
        """Positions of rows by what a reference names them with, of tables asked for so far."""
        return {}


def problems(package: Mapping[str, Any], rows: Mapping[str, Sequence[Row]]) -> list[str]:
    """What is wrong between the tables, a line each."""
    bundle = Bundle(package, rows)
    return [problem for rule in RULES for problem in rule(bundle)]


def own_problems(described: Mapping[str, Any], rows: Sequence[Row]) -> list[str]:
    """What is wrong inside one table that its schema lets pass: no such month or day."""
    bundle = Bundle({"resources": [described]}, {described["name"]: rows})
    return list(_periods_exist(bundle))


def _periods_exist(bundle: Bundle) -> Iterator[str]:
    for table, described in bundle.described.items():
        named = {field["name"] for field in described["schema"]["fields"]}
        for line, row in bundle.numbered(table):
            for column in sorted(named & {"period", "stated", "as_of", "published", "accessed"}):
                for period in row[column].split():
                    if not exists(period):
                        yield bundle.problem(table, line, column, period, "no such month or day")


def exists(period: str) -> bool:
    """Whether the calendar has this year, half, quarter, month or day."""
    match = PERIOD.fullmatch(period)
    if match is None:
        return False
    month = int(match["month"] or 1)
    if not 1 <= month <= 12 or int(period[:4]) == 0:
        return False
    leap = int(period[:4]) % 4 == 0 and (int(period[:4]) % 100 != 0 or int(period[:4]) % 400 == 0)
    days = DAYS_IN_MONTH[month - 1] - (1 if month == 2 and not leap else 0)
    return 1 <= int(match["day"] or 1) <= days


def _sources_are_known(bundle: Bundle) -> Iterator[str]:
    for table in bundle.rows:
        for line, row in bundle.numbered(table):
            for column in SOURCE_COLUMNS:
                for identity in (row.get(column) or "").split():
                    if identity not in bundle.source_ids:
                        yield bundle.problem(
                            table, line, column, identity, "sources.csv has no such id"
                        )


def _sources_are_cited(bundle: Bundle) -> Iterator[str]:
    cited = {
        identity
        for rows in bundle.rows.values()
        for row in rows
        for column in SOURCE_COLUMNS
        for identity in (row.get(column) or "").split()
    }
    for line, row in bundle.numbered("sources"):
        if row["id"] not in cited:
            yield bundle.problem(
                "sources", line, "id", row["id"], "no row of any table cites it: cite or remove it"
            )
        if row["published"] > bundle.as_of:
            yield bundle.problem(
                "sources",
                line,
                "published",
                row["published"],
                f"the edition ends on {bundle.as_of}",
            )


def _assumptions_hold(bundle: Bundle) -> Iterator[str]:
    names = {row["name"] for row in bundle.of("assumptions")}
    for line, row in bundle.numbered("assumptions"):
        if row["name"] in RESERVED | bundle.package["edition"].keys():
            yield bundle.problem(
                "assumptions", line, "name", row["name"],
                "Python or the settings of a run use this word; take another name",
            )  # fmt: skip
        for column, found, allowed in _faults_of_assumption(row, names):
            yield bundle.problem("assumptions", line, column, found, allowed)


def _faults_of_assumption(row: Row, names: set[str]) -> Iterator[tuple[str, str, str]]:
    lowest, highest = float(row["hard_min"]), float(row["hard_max"])
    if lowest > highest:
        yield "hard_min", row["hard_min"], f"it must not exceed hard_max {row['hard_max']}"
    for column in ("low", "value", "high"):
        if row[column] and not lowest <= float(row[column]) <= highest:
            yield column, row[column], f"allowed is {row['hard_min']} to {row['hard_max']}"
    if bool(row["low"]) != bool(row["high"]):
        yield "low", row["low"], "give both low and high, or neither"
    if row["distribution"] != "fixed" and not row["low"]:
        yield "distribution", row["distribution"], "without low and high it must be fixed"
    low = float(row["low"] or row["value"])
    high = float(row["high"] or row["value"])
    if row["distribution"] == "lognormal" and low <= 0:
        yield "low", row["low"] or row["value"], "a lognormal needs numbers above 0"
    if row["distribution"] == "logitnormal" and not 0 < low <= high < 1:
        yield "low", row["low"] or row["value"], "a logitnormal needs numbers between 0 and 1"
    for old in row["renamed_from"].split():
        if old in names:
            yield "renamed_from", old, "this is the name of an assumption in the book"


def _claims_hold(bundle: Bundle) -> Iterator[str]:
    for line, row in bundle.numbered("claims"):
        yield from _unresolved(bundle, "claims", line, row["evidence"])
        if row["verdict"] in JUDGED and not row["evidence"]:
            yield bundle.problem(
                "claims", line, "evidence", "", f"the verdict {row['verdict']!r} needs evidence"
            )
        if (row["value"] or row["low"] or row["high"]) and not row["unit"]:
            yield bundle.problem("claims", line, "unit", "", "a figure needs a unit")


def _verdicts_name_their_mechanism(bundle: Bundle) -> Iterator[str]:
    """A finding that uses a word of the schema's list needs the functions that compute it."""
    fields = bundle.described["claims"]["schema"]["fields"] if "claims" in bundle.described else ()
    words = [word for field in fields for word in field.get("words", ())]
    for line, row in bundle.numbered("claims"):
        used = [
            w for w in words if re.search(rf"\b{re.escape(w)}\b", row["finding"], re.IGNORECASE)
        ]
        if used and not row["mechanism"]:
            yield bundle.problem(
                "claims", line, "mechanism", "",
                f"the finding leans on {used[0]!r}: name the functions of the library that compute "
                "it, or leave it out",
            )  # fmt: skip


def _unresolved(bundle: Bundle, table: str, line: int, cell: str) -> Iterator[str]:
    try:
        cited = references(cell)
    except ValueError as error:
        yield bundle.problem(table, line, "evidence", cell, str(error).split("; ", 1)[1])
        return
    for reference in cited:
        if reference.table not in bundle.described:
            known = ", ".join(bundle.described)
            yield bundle.problem(
                table, line, "evidence", str(reference), f"no such table; these are {known}"
            )
        elif not bundle.behind(reference):
            yield bundle.problem(
                table, line, "evidence", str(reference), f"{reference.table} has no such row"
            )


def _predictions_hold(bundle: Bundle) -> Iterator[str]:
    for line, row in bundle.numbered("predictions"):
        yield from _unresolved(bundle, "predictions", line, row["evidence"])
        if row["due_from"] < row["made"]:
            yield bundle.problem(
                "predictions", line, "due_from", row["due_from"], f"not before made, {row['made']}"
            )
        if row["due_to"] and row["due_to"] < row["due_from"]:
            yield bundle.problem(
                "predictions",
                line,
                "due_to",
                row["due_to"],
                f"not before due_from, {row['due_from']}",
            )
        if row["status"] == "open" and row["due_to"] and row["due_to"] <= bundle.as_of:
            yield bundle.problem(
                "predictions", line, "status", "open",
                f"its window closed on {row['due_to']}: true, false or unresolvable",
            )  # fmt: skip
        if row["status"] == "true" and row["evidence"] == NONE_FOUND:
            yield bundle.problem("predictions", line, "evidence", NONE_FOUND, "true needs evidence")


def disagreeing_rows(bundle: Bundle) -> dict[tuple[str, str, str, str], set[str]]:
    """Figures of one thing at one time that differ between sources.

    Keys are table, entity, variable and period; values are the sources.
    """
    found = {}
    for table, described in bundle.described.items():
        if described["kind"] != "series":
            continue
        by_key: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for row in bundle.of(table):
            by_key[row["entity"], row["variable"], row["period"]].append(row)
        for key, rows in by_key.items():
            sources = {row["source_id"] for row in rows}
            if len(sources) > 1 and len({figure(row) for row in rows}) > 1:
                found[(table, *key)] = sources
    return found


def figure(row: Row) -> tuple[str, ...]:
    """What a row or a claim says: value, low and high."""
    return tuple(str(float(row[name])) if row[name] else "" for name in ("value", "low", "high"))


def members(bundle: Bundle, row: Row) -> list[tuple[str, int]]:
    """Table and position of the claims or rows that a contradiction is about."""
    if row["about"] == "claims":
        claims = enumerate(bundle.of("claims"))
        return [("claims", at) for at, claim in claims if claim["group"] == row["subject"]]
    reference = references(row["subject"])[0]
    rows = bundle.of(reference.table)
    periods = row["period"].split()
    return [
        (reference.table, at) for at in bundle.behind(reference) if rows[at]["period"] in periods
    ]


def listed_as_disagreeing(register: Iterable[Mapping[Any, Any]]) -> set[tuple[str, str, str, str]]:
    """Table, entity, variable and period of the figures that the register of contradictions lists."""
    return {
        (*reference, period)
        for row in register
        if row["about"] == "rows"
        for reference in references(row["subject"])
        for period in row["period"].split()
    }


def _contradictions_hold(bundle: Bundle) -> Iterator[str]:
    if "contradictions" not in bundle.rows:
        return
    listed: set[tuple[str, str]] = set()
    for line, row in bundle.numbered("contradictions"):
        try:
            found = members(bundle, row)
        except (ValueError, IndexError):
            found = []
        if len(found) < 2:
            yield bundle.problem(
                "contradictions", line, "subject", row["subject"], "it names fewer than two rows"
            )
        column = "id" if row["about"] == "claims" else "source_id"
        known = {bundle.of(table)[at][column] for table, at in found}
        for used in row["used"].split():
            if used not in known:
                yield bundle.problem(
                    "contradictions", line, "used", used, f"allowed are {', '.join(sorted(known))}"
                )
        listed.update((row["subject"], period) for period in row["period"].split())
    for (table, entity, variable, period), sources in disagreeing_rows(bundle).items():
        subject = f"{table}:{entity}:{variable}"
        if (subject, period) not in listed:
            yield (
                f"{bundle.described[table]['path']}: {entity}, {variable}, {period}: found "
                f"different figures from {', '.join(sorted(sources))}; contradictions.csv needs a "
                "row that says which is used and why"
            )


def _changes_hold(bundle: Bundle) -> Iterator[str]:
    for line, row in bundle.numbered("changes"):
        if row["table"] not in bundle.described:
            known = ", ".join(bundle.described)
            yield bundle.problem("changes", line, "table", row["table"], f"allowed are {known}")
        if row["date"] > bundle.as_of:
            yield bundle.problem(
                "changes", line, "date", row["date"], f"the edition ends on {bundle.as_of}"
            )
        if row["changes_conclusion"] == "yes" and not row["conclusion"]:
            yield bundle.problem("changes", line, "conclusion", "", "say which conclusion, and how")


def _claim_checks_hold(bundle: Bundle) -> Iterator[str]:
    for line, row in bundle.numbered("claim-checks"):
        pairs = [(row["table"], row["entity"], row["period"])]
        if row["base_table"]:
            pairs.append((row["base_table"], row["base_entity"], ""))
        for table, entity, period in pairs:
            reference = Reference(table, entity, row["variable"])
            rows = [bundle.of(table)[at] for at in bundle.behind(reference)]
            if not any(period in ("", *(str(v) for v in found.values())) for found in rows):
                yield bundle.problem(
                    "claim-checks", line, "entity", str(reference), "no such row at this period"
                )


def _questions_hold(bundle: Bundle) -> Iterator[str]:
    rows = list(bundle.numbered("questions"))
    first: dict[str, int] = {}
    settled: dict[str, str] = {}
    for line, row in rows:
        name, role, result = row["question"], row["role"], row["result"]
        if role == "answer" and first.setdefault(name, line) != line:
            yield bundle.problem(
                "questions", line, "role", role, f"{name} has its answer in row {first[name]}"
            )
        if role != "variant" and settled.setdefault(result, name) != name:
            yield bundle.problem(
                "questions", line, "result", result, f"it answers {settled[result]} already"
            )
        for column, found, allowed in _faults_of_question(row):
            yield bundle.problem("questions", line, column, found, allowed)
    for line, row in rows:
        if row["question"] not in first:
            first[row["question"]] = line
            yield bundle.problem("questions", line, "question", row["question"], "it has no answer")


def _faults_of_question(row: Row) -> Iterator[tuple[str, str, str]]:
    asks, concerns = row["asks"], row["concerns"]
    if row["role"] == "repeat" and asks:
        yield "asks", asks, "a repeat asks what the answer asks: leave it empty, or it is a variant"
    if row["role"] != "repeat" and not asks:
        yield "asks", asks, "say what it asks"
    if (row["role"] == "answer") != bool(concerns):
        yield "concerns", concerns, "an answer has one, and nothing else has"
    try:
        re.compile(concerns)
    except re.error as error:
        yield "concerns", concerns, f"no regular expression: {error}"


RULES = (
    _sources_are_known,
    _sources_are_cited,
    _assumptions_hold,
    _claims_hold,
    _verdicts_name_their_mechanism,
    _predictions_hold,
    _contradictions_hold,
    _claim_checks_hold,
    _changes_hold,
    _questions_hold,
)
