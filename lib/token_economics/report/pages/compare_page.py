"""The page of a comparison, with its charts, tables and downloads; whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from token_economics import project
from token_economics.answers import comparison
from token_economics.evidence import quarters
from token_economics.figures import influence, style
from token_economics.headlines.rows import in_words
from token_economics.methods import rounding
from token_economics.project import RequestError, cache, folders
from token_economics.report.pages import assets, compare, markup, outputs
from token_economics.report.run import own_inputs, results
from token_economics.show import display

COMPARE_FILE = "compare.json"
NAMED_CHANGES = 5
OVERLAYS = {
    "clearing_price": ("price", "USD per H100e-hour", "Clearing price of compute"),
    "fleet": ("fleet", "Million H100e in service", "Compute in service"),
    "spend": ("spend", "Billion USD a year", "Spending on tokens"),
}


def told(
    first: str, second: str | None, *, changes: Mapping[str, Any], as_json: bool, out: Path | None,
    progress: compare.Progress,
) -> str:  # fmt: skip
    """A comparison for the terminal; unless it is JSON, its page is written too."""
    found = compare.compare(first, second or first, changes=changes, progress=progress)
    if as_json:
        return compare.as_json(found)
    return f"{compare.as_text(found)}\n{write(found, out) / 'index.html'}"


def write(found: compare.Comparison, out: Path | None = None) -> Path:
    """The page with its tables, whole or not at all; the folder comes back.

    Raises `RequestError`: if the folder holds something else, or another process is replacing it.
    """
    own_name = f"compare-{found.before.name}-{found.after.name}"
    folder = replaceable(out if out is not None else project.reports() / own_name)
    with folders.replacing(folder) as partial:
        (partial / "tables").mkdir()
        _write_tables(partial, found)
        _write_page(partial, found)
    return folder


def replaceable(folder: Path) -> Path:
    """The folder, if a page of a comparison may take its place: absent, empty, or one of ours.

    Raises `RequestError`: if it holds something else.
    """
    resolved = folder.resolve()
    ours = (resolved / COMPARE_FILE).is_file()
    if resolved.exists() and not ours and (not resolved.is_dir() or any(resolved.iterdir())):
        raise RequestError(f"{resolved} holds no comparison of ours; name another folder")
    return resolved


def _write_tables(folder: Path, found: compare.Comparison) -> None:
    cases = (found.before, found.after)
    market = pd.concat([case.market.assign(case=case.name) for case in cases])
    for name, frame in {
        "results": found.told,
        "attribution": found.attribution,
        "assumptions": found.changes,
        "market": market,
    }.items():
        text = results.csv_text(pd.DataFrame(rounding.plain_values(frame), columns=list(frame)))
        results.write_text(folder / f"{name}.csv", text)
    results.write_json(folder / COMPARE_FILE, compare.description(found))


def _write_page(folder: Path, found: compare.Comparison) -> None:
    assets.write(folder, cache.of_project())
    template = markup.environment().get_template("compare.html.j2")
    text = template.render(
        title=f"{compare.capital(found.before.name)} against {found.after.name}",
        here="", navigation=[], changed=[], notices=own_inputs.notices(), charts=True, run_id="", as_of="",
        cases=[found.before, found.after], why_not=found.why_not, sentences=compare.sentences(found),
        shares=_shares_figure(folder, found),
        key=table(folder, compare.in_words(found, found.key), "key_results", "The results that moved most for their range",
                   {"before": found.before.name, "after": found.after.name, "by": "chiefly through"}),
        changes=table(folder, found.changes, "changes", "Assumptions that differ",
                       {"name": "assumption", "label": "what it is", "before": found.before.name, "after": found.after.name}),
        overlays=_overlays(folder, found),
        moved=_moved(folder, found), still=_still(found.told),
        sampled=bool((found.attribution["standard_error"] > 0).any()),
        error=_largest_error(found),
    )  # fmt: skip
    results.write_text(folder / "index.html", text + "\n")


def _figure(folder: Path, bundle: display.Bundle, name: str) -> Markup:
    values = bundle.data[display.VEGALITE]["data"]["values"]
    text = results.csv_text(pd.DataFrame(values, dtype=object))
    results.write_text(folder / "tables" / f"compare.{name}.csv", text)
    return outputs.figure_html(bundle.data, folder, "compare")


def table(
    folder: Path, frame: pd.DataFrame, name: str, caption: str, titles: Mapping[str, str]
) -> Markup:
    """A table of the page as HTML; it is written as a download beside it."""
    shown = display.table(frame, name=name, caption=caption, titles=titles)
    results.write_text(folder / "tables" / f"compare.{name}.csv", results.csv_text(frame))
    return outputs.table_html(shown.data[display.TABLE], "compare", folder)


def _shares_figure(folder: Path, found: compare.Comparison) -> Markup:
    if not len(found.attribution) or not len(found.key):
        return Markup("")
    rows = {row["id"]: row for row in compare.records(found.key)}
    frame = comparison.shares_of_change(found.key, found.attribution, NAMED_CHANGES)
    frame["result"] = [compare.label(rows[identity]) for identity in frame["id"]]
    first = ~frame["id"].duplicated()
    headings = [_short(rows[identity]) for identity in frame["id"]]
    frame["heading"] = pd.Series(headings, index=frame.index).where(first, "")
    frame["told"] = [
        compare.in_its_unit(rows[identity], part)
        for identity, part in zip(frame["id"], frame["contribution"], strict=True)
    ]
    frame["name"] = [in_words(name) for name in frame["name"]]
    style.enable()
    chart = influence.shares_of_change(frame.drop(columns="id"))
    caption = (
        "Which assumption did it: each change as a whole, shared out over the changed assumptions "
        "(Shapley values; shares of a row add up to one, and what pulled back stands left of zero)."
    )
    bundle = display.figure(
        chart, name="attribution", caption=caption, description=" ".join(compare.sentences(found))
    )
    return _figure(folder, bundle, "attribution")


def _short(row: Mapping[str, Any]) -> str:
    """A result's change in a line, numbers first, since a narrow page cuts the end."""
    words = str(row["label"]).replace("Probability that ", "P: ")
    told = " → ".join(
        comparison.written(dict(row), side, code)
        for side, code in (("before", "n"), ("after", "v"))
    )
    quarter = re.search(r"\d{4}Q\d$", str(row["period"]))
    return f"{told} · {words}{f', {quarter[0]}' if quarter else ''}"


def _overlays(folder: Path, found: compare.Comparison) -> list[Markup]:
    style.enable()
    drawn = []
    for variable, (name, axis, caption) in OVERLAYS.items():
        parts = [_path_of(case, variable) for case in (found.before, found.after)]
        if not all(len(part) for part in parts):
            continue
        bundle = display.figure(
            influence.overlaid(pd.concat(parts, ignore_index=True), title=axis),
            name=name,
            caption=f"{caption}: medians with 90 % bands in both cases.",
            description=f"{caption} by quarter in {found.before.name} and in {found.after.name}.",
        )
        drawn.append(_figure(folder, bundle, name))
    return drawn


def _path_of(case: compare.Case, variable: str) -> pd.DataFrame:
    """A case's path of a variable of the whole market, with its band."""
    market = case.market
    whole = market["entity"].isin(["Compute", "All segments"])
    own = market[market["variable"].eq(variable) & whole]
    return pd.DataFrame(
        {
            "date": own["quarter"].map(quarters.end_date),
            "quarter": own["quarter"],
            "case": case.name,
            "value": own["p50"],
            "low": own["p05"],
            "high": own["p95"],
        }
    )


def _moved(folder: Path, found: compare.Comparison) -> Markup:
    frame = compare.in_words(found, found.told[found.told["moved"]])
    frame = frame.rename(columns={"before": found.before.name, "after": found.after.name})
    return table(
        folder, frame, "moved", "All headline results that moved", {"by": "chiefly through"}
    )


def _still(told: pd.DataFrame) -> list[dict[str, Any]]:
    """What did not move: labels by topic."""
    rest = told[~told["moved"]]
    return [
        {"topic": in_words(str(topic)), "labels": list(rows["label"].drop_duplicates())}
        for topic, rows in rest.groupby("topic", sort=False)
    ]


def _largest_error(found: compare.Comparison) -> str:
    """Largest standard error of a share of the key results' changes, in percent."""
    used = found.attribution[found.attribution["id"].isin(found.key["id"])]
    if not len(used):
        return ""
    change = found.key.set_index("id")["change"].abs()
    return f"{100 * float((used['standard_error'] / used['id'].map(change)).max()):.2g}"
