"""Marks that charts share: what a line joins, and what stands alone."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any

import altair as alt
import pandas as pd
import pytest
import vl_convert
from fixture_project import ROOT

from token_economics.evidence import rules, tables
from token_economics.figures import demand, style, supply
from token_economics.figures.parts import contested, lines, log_y, named, names_at_ends
from token_economics.headlines import token_counts
from token_economics.report.run import notebooks


def stored_charts() -> Iterator[tuple[str, dict[str, Any]]]:
    for source in notebooks.discover(ROOT / "notebooks"):
        for cell in notebooks.code_cells(notebooks.load(source.path)):
            for output in cell.outputs:
                for kind, data in output.get("data", {}).items():
                    if "vegalite" in kind:
                        yield f"{source.stem}: {cell.source[:60]}", data


def stored(name: str) -> pd.DataFrame:
    """The table behind a chart of a notebook."""
    charts = (spec for _, spec in stored_charts() if spec["usermeta"]["name"] == name)
    table = pd.DataFrame(next(charts)["data"]["values"])
    return table.assign(date=pd.to_datetime(table["date"]))


REPORTS = [
    (demand.run_rates, token_counts.run_rates, "entity"),
    (demand.volumes, token_counts.volumes, "entity"),
    (supply.chip_revenue, partial(stored, "chip_revenue"), "series"),
    (supply.capex_and_cash, partial(stored, "capex_and_cash"), "entity"),
]


def drawn(chart: alt.LayerChart) -> str:
    """The chart as a picture."""
    spec = style.specification(chart) | {"width": 600}
    return str(vl_convert.vegalite_to_svg(spec))


def vertices(svg: str) -> list[int]:
    """Places that each line of a picture goes through, longest last."""
    paths = re.findall(r'<path aria-label="[^"]*" role="graphics-symbol" aria-roledescription="line mark" d="([^"]*)"', svg)  # fmt: skip
    return sorted(path.count("L") + path.count("M") for path in paths)


def alone(svg: str) -> int:
    """Hollow points of a picture."""
    points = re.findall(r'aria-roledescription="point"[^>]*>', svg)
    return sum(" fill=" not in point for point in points)


@pytest.mark.parametrize(
    ("figure", "table", "series"), REPORTS, ids=lambda x: getattr(x, "__name__", x)
)
def test_no_line_goes_through_reports_of_one_date_that_differ(
    figure: Any, table: Any, series: str
) -> None:
    """Two reports of one day once looked like a collapse: 69 billion, then 50."""
    frame = table().reset_index(drop=True)
    lines_before, points_before = vertices(drawn(figure(frame))), alone(drawn(figure(frame)))
    rows = frame[~frame["disputed"]]
    largest = rows.groupby([series, *(["what"] if "what" in rows else [])]).size().idxmax()
    chosen = rows[rows[series] == (largest[0] if isinstance(largest, tuple) else largest)].index[1]
    twice = pd.concat([frame, frame.loc[[chosen]].assign(value=frame.loc[chosen, "value"] * 2)])
    after = drawn(figure(twice.reset_index(drop=True)))
    assert sum(vertices(after)) == sum(lines_before) - 1
    assert alone(after) == points_before + 2


def test_reports_listed_as_contradicting_each_other_are_hollow_points() -> None:
    frame = token_counts.run_rates()
    disputed = frame[frame["disputed"]]
    assert set(disputed["entity"]) == {"OpenAI"} and len(disputed) == 2
    picture = drawn(demand.run_rates(frame))
    assert alone(picture) == 2
    agreed = frame[~frame["disputed"]].groupby("entity").size()
    assert vertices(picture) == sorted(agreed)


def test_equal_reports_of_one_date_are_joined() -> None:
    days = pd.to_datetime(["2026-01-01", "2026-02-01", "2026-02-01"])
    table = pd.DataFrame({"date": days, "name": "A", "value": [1.0, 2.0, 2.0]})
    assert not contested(table, ["name", "date"], "value").any()
    chart = lines(table, y=log_y("USD"), color=alt.Color("name:N"), points=True)
    assert len(chart.to_dict()["layer"]) == 1


def test_a_series_that_ends_in_two_reports_has_one_name() -> None:
    days = pd.to_datetime(["2026-01-01", "2026-02-01", "2026-02-01"])
    table = pd.DataFrame({"date": days, "name": "Alpha", "value": [1.0, 2.0, 7.0]})
    line = lines(table, y=log_y("USD"), color=alt.Color("name:N", legend=None), points=True)
    names = names_at_ends(table, by="name", domain=["Alpha"], log=True)
    assert drawn(named(line, names)).count(">Alpha</text>") == 1


def test_only_rows_that_the_register_lists_are_disputed() -> None:
    frame = tables.series("revenue", "revenue_run_rate", "OpenAI")
    found = set(frame.loc[tables.disputed("revenue", frame), "period"])
    assert found == {"2026-09-29", "2026-09-30"}
    assert not tables.disputed("macro", frame).any()


def layers(spec: dict[str, Any], above: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    """Layers with a mark, and the encoding that each one inherits."""
    encoding = above | spec.get("encoding", {})
    for part in spec.get("layer", []):
        yield from layers(part, encoding)
    if "mark" in spec:
        yield spec, encoding


def test_no_line_of_any_page_joins_reports_that_contradict_each_other() -> None:
    """Whatever draws a line through its whole table: neither one date twice nor a listed dispute."""
    register = tables.read("contradictions").fillna("").to_dict("records")
    listed = {(e, p) for _, e, _, p in rules.listed_as_disagreeing(register)}
    seen, wrong = 0, []
    for where, spec in stored_charts():
        rows = [row for row in spec["data"]["values"] if isinstance(row, dict)]
        for layer, encoding in layers(spec, {}):
            mark = layer["mark"]["type"] if isinstance(layer["mark"], dict) else layer["mark"]
            x, y = (encoding.get(axis, {}).get("field") for axis in "xy")
            if mark != "line" or layer.get("transform") or x is None or y is None:
                continue
            seen += 1
            channels = [encoding.get(name) for name in ("color", "detail", "strokeDash", "opacity")]
            keys = [c["field"] for c in channels if isinstance(c, dict) and "field" in c]
            heights = defaultdict(set)
            for row in rows:
                heights[tuple(row.get(key) for key in [*keys, x])].add(row.get(y))
            disputed = [row for row in rows if (row.get("entity"), row.get("period")) in listed]
            if any(len(found) > 1 for found in heights.values()) or len(disputed) > 1:
                wrong.append(where)
    assert seen > 20
    assert not wrong
