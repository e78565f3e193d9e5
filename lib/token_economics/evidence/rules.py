"""Rules that hold between tables, or between the columns of a register; the schema cannot say them.

Every rule takes the whole package as text and yields problems, a line each: file, row, column,
found, allowed. `token_economics.evidence` calls `problems` once each table obeys its own schema.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from token_economics.evidence import frozen
from token_economics.evidence.files import Rows
from token_economics.evidence.references import NONE_FOUND, Reference, references, rows_by_reference
from token_economics.evidence.row_rules import SOURCE_COLUMNS

Row = Mapping[str, str]
Fault = tuple[str, str, str]  # column, what was found, what is allowed
Rule = Callable[["Bundle"], Iterator[str]]
RESERVED = frozenset([*keyword.kwlist, *dir(builtins)])
JUDGED = ("supported", "partly", "contradicted")


@dataclass(frozen=True)
class Bundle:
    """All tables of a package as text: rows by name of the table, and their descriptions."""

    package: Mapping[str, Any]
    rows: Mapping[str, Rows]

    @cached_property
    def described(self) -> Mapping[str, Mapping[str, Any]]:
        """Descriptions by name of the table."""
        return {resource["name"]: resource for resource in self.package["resources"]}

    @property
    def as_of(self) -> str:
        """Last day of the edition."""
        return str(self.package["edition"]["as_of"])

    def of(self, table: str) -> Rows:
        """Rows of a table; none where the package has no such table."""
        return self.rows.get(table, Rows({}))

    def numbered(self, table: str) -> Iterator[tuple[int, Row]]:
        """Rows with their line in the file."""
        return enumerate(self.of(table), start=2)

    def problem(self, table: str, line: int, column: str, found: str, allowed: str) -> str:
        """One line of complaint."""
        path = self.described[table]["path"]
        return f"{path}: row {line}, column {column}: found {found!r}; {allowed}"

    def behind(self, reference: Reference) -> list[int]:
        """Positions of the rows that a reference names; none where its table is unknown."""
        table, entity, variable = reference
        described = self.described.get(table)
        if described is None:
            return []
        key = (table, variable if described["kind"] == "series" else "")
        if key not in self._positions:
            self._positions[key] = rows_by_reference(described, self.of(table), *key[1:])
        return self._positions[key].get((entity, variable), [])

    @cached_property
    def _positions(self) -> dict[tuple[str, str], dict[tuple[str, str], list[int]]]:
        """Positions of rows by what a reference names them with, as far as asked for.

        By table, and in a series table by variable.
        """
        return {}


def problems(package: Mapping[str, Any], rows: Mapping[str, Rows]) -> list[str]:
    """What is wrong between the tables, a line each."""
    bundle = Bundle(package, rows)
    return [problem for rule in RULES for problem in rule(bundle)]


def _in_each_row(table: str, faults: Callable[[Bundle, Row], Iterator[Fault]]) -> Rule:
    """The rule that holds for every row of a table by itself."""

    def rule(bundle: Bundle) -> Iterator[str]:
        for line, row in bundle.numbered(table):
            for column, found, allowed in faults(bundle, row):
                yield bundle.problem(table, line, column, found, allowed)

    return rule


def _sources_are_cited(bundle: Bundle) -> Iterator[str]:
    cited = {
        identity
        for rows in bundle.rows.values()
        for column in SOURCE_COLUMNS
        for cell in set(rows.columns.get(column, ()))
        for identity in cell.split()
    }
    for line, row in bundle.numbered("sources"):
        if row["id"] not in cited:
            allowed = "no row of any table cites it: cite or remove it"
            yield bundle.problem("sources", line, "id", row["id"], allowed)


def _source(bundle: Bundle, row: Row) -> Iterator[Fault]:
    if row["published"] > bundle.as_of:
        yield "published", row["published"], f"the edition ends on {bundle.as_of}"


def _edition_holds(bundle: Bundle) -> Iterator[str]:
    """Sources are searched to the edition's day at most; a renamed result leads to one that there is."""
    edition = bundle.package["edition"]
    searched = str(edition.get("evidence_to", bundle.as_of))
    if searched > bundle.as_of:
        yield f"datapackage.json: evidence_to: found {searched!r}; the edition ends on {bundle.as_of}"
    known = {f"{row['topic']}.{row['slug']}" for row in bundle.of("headlines")}
    for old, new in edition.get("renamed_results", {}).items():
        if old in known or new not in known:
            yield f"datapackage.json: renamed_results: found {old!r} to {new!r}; no row of headlines.csv is so renamed"


def _assumption(bundle: Bundle, row: Row) -> Iterator[Fault]:
    if row["name"] in RESERVED | bundle.package["edition"].keys():
        yield (
            "name", row["name"],
            "Python or the settings of a run use this word; take another name",
        )  # fmt: skip
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
        if old in bundle.of("assumptions").columns["name"]:
            yield "renamed_from", old, "this is the name of an assumption in the book"


def _claim(bundle: Bundle, row: Row) -> Iterator[Fault]:
    yield from _unresolved(bundle, row["evidence"])
    if row["verdict"] in JUDGED and not row["evidence"]:
        yield "evidence", "", f"the verdict {row['verdict']!r} needs evidence"
    if (row["value"] or row["low"] or row["high"]) and not row["unit"]:
        yield "unit", "", "a figure needs a unit"


def _verdict(bundle: Bundle, row: Row) -> Iterator[Fault]:
    """A finding that uses a word of the schema's list needs the functions that compute it."""
    fields = bundle.described["claims"]["schema"]["fields"]
    words = [word for field in fields for word in field.get("words", ())]
    finding = row["finding"]
    used = [w for w in words if re.search(rf"\b{re.escape(w)}\b", finding, re.IGNORECASE)]
    if used and not row["mechanism"]:
        yield (
            "mechanism", "",
            f"the finding leans on {used[0]!r}: name the functions of the library that compute it, "
            "or leave it out",
        )  # fmt: skip


def _unresolved(bundle: Bundle, cell: str) -> Iterator[Fault]:
    try:
        cited = references(cell)
    except ValueError as error:
        yield "evidence", cell, str(error).split("; ", 1)[1]
        return
    for reference in cited:
        if reference.table not in bundle.described:
            known = ", ".join(bundle.described)
            yield "evidence", str(reference), f"no such table; these are {known}"
        elif not bundle.behind(reference):
            yield "evidence", str(reference), f"{reference.table} has no such row"


def _prediction(bundle: Bundle, row: Row) -> Iterator[Fault]:
    yield from _unresolved(bundle, row["evidence"])
    if row["due_from"] < row["made"]:
        yield "due_from", row["due_from"], f"not before made, {row['made']}"
    if row["due_to"] and row["due_to"] < row["due_from"]:
        yield "due_to", row["due_to"], f"not before due_from, {row['due_from']}"
    if row["status"] == "open" and row["due_to"] and row["due_to"] <= bundle.as_of:
        closed = f"its window closed on {row['due_to']}: true, false or unresolvable"
        yield "status", "open", closed
    if row["status"] == "true" and row["evidence"] == NONE_FOUND:
        yield "evidence", NONE_FOUND, "true needs evidence"


def _forecast(bundle: Bundle, row: Row) -> Iterator[Fault]:
    yield from _unresolved(bundle, row["evidence"])
    if not (row["made"] and row["probability"]):
        yield "made", row["made"], "it is not frozen yet: run `token-economics sync`"
        return
    if row["seal"] != frozen.seal(row):
        yield "seal", row["seal"], f"the row is not as it was frozen on {row['made']}: put it back"
    if row["made"] > bundle.as_of:
        yield "made", row["made"], f"the edition ends on {bundle.as_of}"
    if row["due_from"] <= row["made"]:
        yield "due_from", row["due_from"], f"not before the day after made, {row['made']}"
    if row["due_to"] < row["due_from"]:
        yield "due_to", row["due_to"], f"not before due_from, {row['due_from']}"
    if row["status"] == "open" and row["due_to"] <= bundle.as_of:
        yield "status", "open", f"its window closed on {row['due_to']}: true, false or unresolvable"
    if row["at_most"] and float(row["at_most"]) <= float(row["threshold"]):
        yield "at_most", row["at_most"], f"it must exceed the threshold {row['threshold']}"


def disagreeing_rows(bundle: Bundle) -> dict[tuple[str, str, str, str], set[str]]:
    """Figures of one thing at one time that differ between sources.

    Keys are table, entity, variable and period; values are the sources.
    """
    found = {}
    for table, described in bundle.described.items():
        if described["kind"] != "series":
            continue
        rows_of = bundle.of(table)
        keys = list(rows_of.records(("entity", "variable", "period")))
        several = {key for key, count in Counter(keys).items() if count > 1}
        by_key: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for at, key in enumerate(keys if several else ()):
            if key in several:
                by_key[key].append(rows_of[at])
        for (entity, variable, period), rows in by_key.items():
            sources = {row["source_id"] for row in rows}
            if len(sources) > 1 and len({figure(row) for row in rows}) > 1:
                found[table, entity, variable, period] = sources
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
    yield from _in_each_row("contradictions", _contradiction)(bundle)
    listed = {
        (row["subject"], period)
        for row in bundle.of("contradictions")
        for period in row["period"].split()
    }
    for (table, entity, variable, period), sources in disagreeing_rows(bundle).items():
        if (f"{table}:{entity}:{variable}", period) not in listed:
            yield (
                f"{bundle.described[table]['path']}: {entity}, {variable}, {period}: found "
                f"different figures from {', '.join(sorted(sources))}; contradictions.csv needs a "
                "row that says which is used and why"
            )


def _contradiction(bundle: Bundle, row: Row) -> Iterator[Fault]:
    try:
        found = members(bundle, row)
    except (ValueError, IndexError):
        found = []
    if len(found) < 2:
        yield "subject", row["subject"], "it names fewer than two rows"
    column = "id" if row["about"] == "claims" else "source_id"
    known = {bundle.of(table)[at][column] for table, at in found}
    for used in row["used"].split():
        if used not in known:
            yield "used", used, f"allowed are {', '.join(sorted(known))}"


def _change(bundle: Bundle, row: Row) -> Iterator[Fault]:
    if row["table"] not in bundle.described:
        yield "table", row["table"], f"allowed are {', '.join(bundle.described)}"
    if row["date"] > bundle.as_of:
        yield "date", row["date"], f"the edition ends on {bundle.as_of}"
    if row["changes_conclusion"] == "yes" and not row["conclusion"]:
        yield "conclusion", "", "say which conclusion, and how"


def _spell(_: Bundle, row: Row) -> Iterator[Fault]:
    if row["last_seen"] < row["first_seen"]:
        yield "last_seen", row["last_seen"], f"not before first_seen, {row['first_seen']}"


def _spells_do_not_overlap(bundle: Bundle) -> Iterator[str]:
    """One id of a seller has one price a day."""
    latest: dict[tuple[str, str], tuple[str, int]] = {}
    spells = sorted(bundle.numbered("list-prices"), key=lambda spell: spell[1]["first_seen"])
    for line, row in spells:
        key, first = (row["provider"], row["model"]), row["first_seen"]
        ended, before = latest.get(key, ("", 0))
        if first <= ended:
            allowed = f"row {before} holds a price of {' '.join(key)} to {ended}"
            yield bundle.problem("list-prices", line, "first_seen", first, allowed)
        latest[key] = max((ended, before), (row["last_seen"], line))


def _tariff(_: Bundle, row: Row) -> Iterator[Fault]:
    kind = row["kind"]
    if row["until"] and row["until"] < row["from"]:
        yield "until", row["until"], f"not before from, {row['from']}"
    if kind in ("peak", "off-peak") and not row["hours_utc"]:
        yield "hours_utc", "", f"say at which hours it is {kind}"
    if (kind == "long context") != bool(row["above_tokens"]):
        yield "above_tokens", row["above_tokens"], "a long-context price has one, and no other has"


def _evaluation_choice(_: Bundle, row: Row) -> Iterator[Fault]:
    if (row["scores_seen_before"] == "yes") != bool(row["which_scores"]):
        allowed = "name them where scores were seen, and leave it empty where none were"
        yield "which_scores", row["which_scores"], allowed


def _claim_check(bundle: Bundle, row: Row) -> Iterator[Fault]:
    pairs = [(row["table"], row["entity"], row["period"])]
    if row["base_table"]:
        pairs.append((row["base_table"], row["base_entity"], ""))
    for table, entity, period in pairs:
        reference = Reference(table, entity, row["variable"])
        rows = [bundle.of(table)[at] for at in bundle.behind(reference)]
        if not any(period in ("", *(str(v) for v in found.values())) for found in rows):
            yield "entity", str(reference), "no such row at this period"


def _questions_hold(bundle: Bundle) -> Iterator[str]:
    """Every question has one answer, and nothing answers two."""
    rows = list(bundle.numbered("questions"))
    first: dict[str, int] = {}
    settled: dict[str, str] = {}
    for line, row in rows:
        name, role, result = row["question"], row["role"], row["result"]
        if role == "answer" and first.setdefault(name, line) != line:
            allowed = f"{name} has its answer in row {first[name]}"
            yield bundle.problem("questions", line, "role", role, allowed)
        if role != "variant" and settled.setdefault(result, name) != name:
            allowed = f"it answers {settled[result]} already"
            yield bundle.problem("questions", line, "result", result, allowed)
    for line, row in rows:
        if first.setdefault(row["question"], -line) == -line:
            yield bundle.problem("questions", line, "question", row["question"], "it has no answer")


def _question(_: Bundle, row: Row) -> Iterator[Fault]:
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
    _edition_holds,
    _sources_are_cited,
    _in_each_row("sources", _source),
    _in_each_row("assumptions", _assumption),
    _in_each_row("claims", _claim),
    _in_each_row("claims", _verdict),
    _in_each_row("predictions", _prediction),
    _in_each_row("forecasts", _forecast),
    _contradictions_hold,
    _in_each_row("claim-checks", _claim_check),
    _in_each_row("changes", _change),
    _in_each_row("list-prices", _spell),
    _spells_do_not_overlap,
    _in_each_row("tariffs", _tariff),
    _in_each_row("evaluation-choices", _evaluation_choice),
    _questions_hold,
    _in_each_row("questions", _question),
)
