"""What changed since an edition, in words: a few lines first and the whole below, JSON, and a page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from token_economics import project
from token_economics.answers import comparison
from token_economics.headlines.rows import in_words
from token_economics.methods import rounding
from token_economics.project import RequestError, cache, folders
from token_economics.report.pages import assets, compare, compare_page, editions, markup
from token_economics.report.pages.editions import Difference
from token_economics.report.run import own_inputs, results
from token_economics.report.run import results as contract

KEY_RESULTS = 6
ROWS_TOLD, WIDTH, PAGES_NAMED = 6, 160, 4  # on the terminal: of a table, of a line, of its readers
HOW = (
    "What an assumption did is computed: this library is asked with the numbers of either edition. "
    "What remains is said to be the data's or the model's alone where the other is the same in both; an "
    "assumption that is new, or gone, counts as model."
)


def told(
    first: str, second: str | None, *, changes: Mapping[str, Any], as_json: bool, out: Path | None,
    progress: editions.Progress,
) -> str:  # fmt: skip
    """What changed since an edition, for the terminal; unless it is JSON, a page is written too.

    Raises `RequestError`: if something is set; an edition stands as it was published.
    """
    if changes or project.own_data():
        raise RequestError("an edition stands as it was published: leave --set and --data out")
    found = editions.compare(first, second, progress=progress)
    if as_json:
        return described(found)
    return f"{as_text(found)}\n{write(found, out) / 'index.html'}"


def sentences(found: Difference) -> list[str]:
    """What a reader must know first: how many numbers changed, and what differs behind them."""
    printed, moved = int(found.told["printed"].sum()), int(found.told["moved"].sum())
    counts = [
        f"{printed} of {len(found.told)} results print another number than in the edition of "
        f"{found.before.name}",
        f"{moved - printed} more moved in digits that no page prints" if moved > printed else "",
        f"{len(found.new)} are new" if len(found.new) else "",
        f"{len(found.gone)} are gone" if len(found.gone) else "",
    ]
    return [f"{'; '.join(filter(None, counts))}.", f"What differs: {'; '.join(_what(found))}."]


def _what(found: Difference) -> Iterator[str]:
    """Settings, assumptions, data and model that differ, each in a few words."""
    for name, (then, now) in found.settings.items():
        yield f"{in_words(name)} ({then} -> {now})"
    counts = found.assumptions["what"].value_counts()
    if len(counts):
        yield ", ".join(
            f"{count} assumptions {what}" if count > 1 else f"1 assumption {what}"
            for what, count in counts.items()
        )
    if found.tables:
        names = _in_order(found)
        yield f"{len(names)} of {len(found.after.tables)} tables ({', '.join(map(in_words, names[:5]))}{', ...' if names[5:] else ''})"
    if found.model:
        books = [part for part in found.model if part.startswith(editions.NOTEBOOK)]
        told = [part for part in found.model if part not in books[2:]]
        yield ", ".join([*told, *([f"{len(books) - 2} more notebooks"] if books[2:] else [])])
    if not (found.settings or len(counts) or found.tables or found.model):
        yield "nothing that the editions say"


def key_results(found: Difference) -> pd.DataFrame:
    """Results that moved most for their range, of those that print another number; few of a topic."""
    moved = found.told[found.told["printed"]]
    order = moved["widths"].abs().sort_values(ascending=False, kind="stable").index
    return (
        moved.loc[order]
        .groupby("topic", sort=False)
        .head(comparison.MOST_OF_A_TOPIC)
        .head(KEY_RESULTS)
    )


def in_a_table(told: pd.DataFrame) -> pd.DataFrame:
    """Results in words: topic, result, before, after, why."""
    rows = [
        [
            in_words(row["topic"]),
            _label(row),
            *(comparison.written(row, side) for side in ("before", "after")),
            row["why"],
        ]
        for row in compare.records(told)
    ]
    return pd.DataFrame(rows, columns=["topic", "result", "before", "after", "why"])


def _label(row: dict[str, Any]) -> str:
    """A result with its period; where that differs, both."""
    then, now = row["period"], row["period_after"]
    return compare.label(row) if then == now else f"{row['label']}, {now} (was {then})"


def rows_of(found: Difference) -> pd.DataFrame:
    """Rows of tables that differ: table, what, row, cells, read by which topics."""
    rows = [
        [table, change.what, change.row, change.cells, _read_by(found, table)]
        for table, changes in found.tables.items()
        for change in changes
    ]
    return pd.DataFrame(rows, columns=["table", "what", "row", "cells", "read_by"])


def quotes(found: Difference) -> pd.DataFrame:
    """What the later edition says of changes since: date, table, topics that read it, what, why."""
    touched = found.assumptions["name"]
    of = {row["name"]: row["topics"].split() for row in found.after.tables["assumptions"]}
    leaning = list(dict.fromkeys(topic for name in touched for topic in of.get(name, [])))
    concerned = {**found.readers, "assumptions": leaning}
    rows = [
        [
            row["date"],
            row["table"],
            " ".join(concerned.get(row["table"], [])),
            row["what"],
            row["why"],
        ]
        for row in found.quoted
    ]
    return pd.DataFrame(rows, columns=["date", "table", "topics", "what", "why"])


def as_text(found: Difference) -> str:
    """The first lines say what moved most and why; all of it stands below."""
    return "\n".join([*_lead(found), *_assumptions(found), *_data(found), *_moved(found)])


def _lead(found: Difference) -> Iterator[str]:
    yield from sentences(found)
    if found.why_not:
        yield f"Not all is attributed: {found.why_not}."
    key = key_results(found)
    if len(key):
        yield "\nWhat moved most for its range"
    for row in compare.records(in_a_table(key)):
        yield f"  {row['result']}: {row['before']} -> {row['after']}\n      {row['why']}"


def _assumptions(found: Difference) -> Iterator[str]:
    if len(found.assumptions):
        yield "\nAssumptions"
    for row in compare.records(found.assumptions):
        arrow = " -> ".join(filter(None, (row["before"], row["after"])))
        yield f"  {row['name']} {row['what']}: {arrow} {row['unit']}"


def _data(found: Difference) -> Iterator[str]:
    said = quotes(found)
    if found.tables or len(said):
        yield "\nData"
    for table in _in_order(found):
        changes = found.tables[table]
        kinds = pd.Series([change.what for change in changes]).value_counts()
        yield f"  {table}: {', '.join(f'{n} {what}' for what, n in kinds.items())}; {_read_by(found, table)}"
        listed = changes[:ROWS_TOLD] if editions.moves(table, changes) else []
        yield from (
            f"    {c.what} {c.row}{f': {c.cells}' if c.cells else ''}"[:WIDTH] for c in listed
        )
        if listed and len(changes) > ROWS_TOLD:
            yield f"    and {len(changes) - ROWS_TOLD} more, on the page"
        own = compare.records(said[said["table"].eq(table)])
        yield from (f"    said: {row['what']} {row['why']}" for row in own)
    for row in compare.records(said[~said["table"].isin(list(found.tables))]):
        yield f"  {row['table']}, said: {row['what']} {row['why']}"


def _in_order(found: Difference) -> list[str]:
    """Tables that differ: those that can move a result first."""
    return sorted(found.tables, key=lambda table: not editions.moves(table, found.tables[table]))


def _read_by(found: Difference, table: str) -> str:
    topics = found.readers[table]
    if not editions.moves(table, found.tables[table]):
        return "words alone"
    if len(topics) > PAGES_NAMED:
        return f"read by {len(topics)} pages"
    return f"read by {', '.join(map(in_words, topics)) or 'no page'}"


def _moved(found: Difference) -> Iterator[str]:
    for topic, rows in in_a_table(found.told[found.told["printed"]]).groupby("topic", sort=False):
        yield f"\n{compare.capital(str(topic))}: {len(rows)} results print another number"
        yield from (
            f"  {r['result']}: {r['before']} -> {r['after']}; {r['why']}"
            for r in compare.records(rows)
        )
    for words, frame in (("New", found.new), ("Gone, or in another unit", found.gone)):
        if len(frame):
            yield f"\n{words}\n  " + "\n  ".join(
                f"{row['id']}: {compare.label(row)}" for row in compare.records(frame)
            )


def described(found: Difference) -> str:
    """Everything as one JSON object."""
    plain = rounding.plain_values
    value = {
        "schema_version": contract.SCHEMA_VERSION,
        "editions": [{"folder": each.folder.name, "as_of": each.run["as_of"], "hashes": each.run["hashes"]} for each in (found.before, found.after)],
        "why_not_attributed": found.why_not,
        "settings": {name: list(pair) for name, pair in found.settings.items()},
        "model": list(found.model),
        "assumptions": plain(found.assumptions),
        "data": plain(rows_of(found)),
        "said": plain(quotes(found)),
        "results": plain(found.told),
        "new": plain(found.new),
        "gone": plain(found.gone),
        "attribution": plain(found.attribution),
    }  # fmt: skip
    return json.dumps(value, indent=1, ensure_ascii=False)


def write(found: Difference, out: Path | None = None) -> Path:
    """The page with its tables, whole or not at all; the folder comes back.

    Raises `RequestError`: if the folder holds something else, or another process is replacing it.
    """
    own_name = f"compare-edition-{found.before.run['as_of']}"
    folder = compare_page.replaceable(out if out is not None else project.reports() / own_name)
    with folders.replacing(folder) as partial:
        (partial / "tables").mkdir()
        results.write_text(partial / compare_page.COMPARE_FILE, described(found) + "\n")
        assets.write(partial, cache.of_project())
        template = markup.environment().get_template("compare_editions.html.j2")
        text = template.render(
            title=f"What changed since the edition of {found.before.run['as_of']}",
            here="", navigation=[], changed=[], notices=own_inputs.notices(), charts=False, run_id="", as_of="",
            sentences=sentences(found), how=HOW, why_not=found.why_not, sections=_sections(found, partial),
        )  # fmt: skip
        results.write_text(partial / "index.html", text + "\n")
    return folder


def _sections(found: Difference, folder: Path) -> list[tuple[str, str, Markup]]:
    """Id, heading and table of each part that holds rows."""
    told = found.told
    ids = ["id", "label", "period"]
    parts = {
        "key": ("What moved most for its range", in_a_table(key_results(found))),
        "assumptions": ("Assumptions", found.assumptions.drop(columns="moves")),
        "said": ("What is said of the changes", quotes(found)),
        "moved": ("Everything that prints another number", in_a_table(told[told["printed"]])),
        "digits": ("What moved in digits that no page prints", in_a_table(told[told["moved"] & ~told["printed"]])),
        "new": ("New results", found.new[ids]),
        "gone": ("Results that are gone, or have another unit", found.gone[ids]),
        "data": ("Rows of tables that differ", rows_of(found)),
    }  # fmt: skip
    shown = {
        "before": f"edition of {found.before.name}",
        "after": f"edition of {found.after.name}",
        "read_by": "read by",
    }
    return [
        (name, title, compare_page.table(folder, frame, name, title, shown))
        for name, (title, frame) in parts.items()
        if len(frame)
    ]
