"""What a notebook shows: safe, offline, the same each time, and nothing dropped in silence."""

import datetime
import json
import re
from pathlib import Path
from typing import Any

import altair as alt
import nbformat
import numpy as np
import pandas as pd
import pytest

from token_economics.figures import pictures, style
from token_economics.headlines import rows
from token_economics.methods import rounding
from token_economics.report.pages import markup, outputs
from token_economics.report.run import execute, notebooks
from token_economics.show import display, static_pictures

HOSTILE = "</script><script>alert(1)</script>&\u2028\u2029 {x} 'quote' \"double\""


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame({"day": ["a", "b", "c"], "value": [1.0, 2.5, 1 / 3], "low": [0, np.nan, 0]})


def chart(frame: pd.DataFrame) -> alt.Chart:
    first, second = (str(column).replace(":", r"\:") for column in frame.columns[:2])
    return alt.Chart(frame).mark_point().encode(x=f"{first}:N", y=f"{second}:Q")


def bundle(frame: pd.DataFrame, **changes: Any) -> dict[str, Any]:
    options = {"name": "points", "caption": "Caption", "description": "Words", **changes}
    data, _ = display.figure(chart(frame), **options)._repr_mimebundle_()
    return data


def test_a_chart_is_json_that_notebooks_accept(frame: pd.DataFrame) -> None:
    """Guard: the mime type. Altair's own lacks +json, and nbformat refuses the notebook."""
    data = bundle(frame)
    output = nbformat.v4.new_output("display_data", data)
    cell = nbformat.v4.new_code_cell("x", outputs=[output], execution_count=1)
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))
    assert re.fullmatch(r"application/vnd\.vegalite\.v[345]\+json", style.VEGALITE_MIME)
    assert set(data) == {style.VEGALITE_MIME, "image/svg+xml", "text/plain"}
    json.dumps(data, allow_nan=False)


def test_two_renders_are_equal(frame: pd.DataFrame) -> None:
    """Guard: no random ids, in a figure or in a chart that is simply shown."""
    assert bundle(frame) == bundle(frame.copy())
    style.enable()
    shown = [chart(frame)._repr_mimebundle_() for _ in range(2)]
    assert shown[0] == shown[1]
    alt.renderers.enable("default")


def test_a_picture_does_not_show_what_was_drawn_before(frame: pd.DataFrame) -> None:
    clipped = alt.Chart(frame).mark_line(clip=True).encode(x="day:N", y="value:Q")
    spec = style.specification(clipped)
    first = style.static_picture(spec)
    style.static_picture(style.specification(chart(frame)))
    assert "url(#clip0)" in first
    assert style.static_picture(spec) == first


def test_pictures_that_are_added_later_are_those_of_the_kernel(
    frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = bundle(frame)
    monkeypatch.setenv(*next(iter(static_pictures.ENVIRONMENT.items())))
    bare = bundle(frame)
    assert whole == {**bare, pictures.MIME: whole[pictures.MIME]} != bare
    output = nbformat.v4.new_output("display_data", bare)
    cell = nbformat.v4.new_code_cell("x", outputs=[output], execution_count=1)
    notebook = nbformat.v4.new_notebook(cells=[cell])
    execute.draw(notebook, "01_x.ipynb")
    assert notebook.cells[0].outputs[0].data == whole
    output.data[style.VEGALITE_MIME]["mark"] = "blot"
    del output.data[pictures.MIME]
    with pytest.raises(notebooks.NotebookError, match=r"01_x\.ipynb, code cell 1 \(x\): the chart"):
        execute.draw(nbformat.v4.new_notebook(cells=[cell]), "01_x.ipynb")


def test_a_chart_fetches_nothing(frame: pd.DataFrame) -> None:
    data = bundle(frame)
    addresses = re.findall(r"https?://[^\"'\\\s<]+", json.dumps(data))
    names_of_formats = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert set(addresses) <= {style.VEGALITE_SCHEMA} | names_of_formats
    assert data["image/svg+xml"].startswith("<svg") and "<script" not in data["image/svg+xml"]


def test_layers_with_their_own_data_keep_it_when_simply_shown(frame: pd.DataFrame) -> None:
    """Guard: `_inlined`. A fork's chart need not keep to our rule of one table."""
    other = pd.DataFrame({"day": ["a"], "value": [9]})
    layered = alt.layer(chart(frame), chart(other))
    with alt.data_transformers.enable("default", consolidate_datasets=True):
        spec = style.bundle(layered.to_dict())[style.VEGALITE_MIME]
    assert [len(layer["data"]["values"]) for layer in spec["layer"]] == [3, 1]


def test_a_figure_holds_one_table(frame: pd.DataFrame) -> None:
    """Guards: `_own_data` and the check of the outermost chart. The download is the plot."""
    other = pd.DataFrame({"day": ["a"], "value": [9]})
    two = alt.layer(chart(frame), chart(other), data=frame)
    with pytest.raises(ValueError, match="one table"):
        style.specification(two)
    with pytest.raises(ValueError, match="one table"):
        style.specification(alt.layer(chart(frame), chart(other)))


BAD_COLUMNS: list[tuple[str, Any, str]] = [
    ("value", [1, np.nan, 2], "missing"),
    ("value", [1, np.inf, 2], "infinite"),
    ("value", [1, -np.inf, 2], "infinite"),
    ("value", pd.array([1, np.inf, 2], dtype=object), "infinite"),
    ("value", pd.to_datetime(["2026-01-01", None, "2026-01-02"]), "missing"),
    ("value", pd.array([1, None, 2], dtype="Int64"), "missing"),
    ("low", [0, np.inf, 1], "infinite"),
    ("a.b", [1, 2, 3], "path"),
    ("a[0]", [1, 2, 3], "path"),
]


@pytest.mark.parametrize(("column", "values", "message"), BAD_COLUMNS)
def test_what_a_chart_would_drop_is_refused(
    frame: pd.DataFrame, column: str, values: Any, message: str
) -> None:
    """Guards: each check of `_check_plottable`, and `plain_value` for objects."""
    with pytest.raises(ValueError, match=message):
        style.specification(chart(frame.assign(**{column: values})))


def test_five_thousand_rows_are_the_limit() -> None:
    many = pd.DataFrame({"day": "a", "value": range(style.MAX_ROWS + 1)})
    with pytest.raises(ValueError, match="5000 at most"):
        style.specification(chart(many))
    assert style.specification(chart(many.iloc[1:]))


def test_an_infinite_number_is_shown_nowhere(frame: pd.DataFrame) -> None:
    """Guard: `_plain_number`. JSON has no word for it, and the notebook would not be valid."""
    with pytest.raises(ValueError, match="infinite"):
        display.table(frame.assign(value=np.inf), name="t", caption="c")


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (1 / 3, 0.333333), (1234567.8, 1234570), (1e-9, 1e-9), (-8e-20, 0), (2.0, 2), (np.float64(0.1), 0.1),
        (np.int64(3), 3), (np.True_, True), (None, None), (np.nan, None), (pd.NaT, None),
        (pd.NA, None), (pd.Timestamp("2026-03-01"), "2026-03-01"),
        (datetime.date(2026, 3, 1), "2026-03-01"), ("text", "text"), (-0.0, 0),
    ],
)  # fmt: skip
def test_cells_become_plain_values(value: Any, plain: Any) -> None:
    shown = rounding.plain_value(value)
    assert shown == plain and type(shown) is type(plain)


def test_noise_in_the_last_bit_does_not_show(frame: pd.DataFrame) -> None:
    """Guard: rounding at the border. Regression tests of notebooks have no tolerance."""
    assert bundle(frame) == bundle(frame.assign(value=frame["value"] * (1 + 1e-12)))


def test_hostile_text_stays_text_in_every_output() -> None:
    """Guards: each `html.escape` of display and pages, and `embedded_json`."""
    frame = pd.DataFrame({HOSTILE: [HOSTILE], "value": [1.0]})
    data = display.table(frame, name="t", caption=HOSTILE, titles={"value": HOSTILE})
    row = rows.result("r", HOSTILE, 1.0, unit=HOSTILE, period=HOSTILE)
    results = pd.DataFrame([row])
    sentence = HOSTILE.replace("{x}", "{r}")
    shown = [
        data.data["text/html"],
        display.results(results).data["text/html"],
        display.answer(sentence, results).data["text/html"],
        display.heading("anchor", sentence, results).data["text/html"],
        style.static_picture(style.specification(chart(frame.rename(columns={HOSTILE: "x"})))),
        outputs.results_html(rounding.plain_values(results)),
        outputs.table_html(data.data[display.TABLE], "topic"),
    ]
    for text in shown:
        assert "<script" not in text.lower() and "alert(1)" in text
        assert '"double"' not in re.sub(r">[^<]*<", "><", text)
    embedded = outputs.embedded_json({"x": HOSTILE})
    assert not set("<>&\u2028\u2029") & set(embedded)
    assert json.loads(embedded) == {"x": HOSTILE}


def test_a_chart_is_fluid_on_a_page_and_fixed_in_a_notebook(frame: pd.DataFrame) -> None:
    """Guard: the width in `bundle`. In JupyterLab a chart as wide as its container never rests."""
    fluid = chart(frame).properties(width="container")
    data, _ = display.figure(fluid, name="x", caption="c", description="d")._repr_mimebundle_()
    spec = data[style.VEGALITE_MIME]
    assert spec["width"] == style.NOTEBOOK_WIDTH
    assert style.page_specification(spec)["width"] == "container"
    assert style.page_specification(bundle(frame)[style.VEGALITE_MIME]).get("width") != "container"


def test_separators_in_titles_do_not_break_a_chart(frame: pd.DataFrame) -> None:
    """Guard: `SEPARATORS`. Vega writes axis titles into expressions and fails to parse them."""
    titled = chart(frame).encode(y=alt.Y("value:Q", title="one\u2028two\u2029three"))
    data, _ = display.figure(titled, name="x", caption="c", description="d")._repr_mimebundle_()
    assert data[style.VEGALITE_MIME]["encoding"]["y"]["title"] == "one two three"


MARKUP = [
    "<script>alert(1)</script>",
    '<script class="te-spec">alert(1)</script>',
    '<script class="te-spec" type="module">alert(1)</script>',
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" JaVa\tScript:alert(1)">x</a>',
    "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'>x</a></svg>",
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<style>body{display:none}/*alert(1)*/</style>",
    '<meta http-equiv=refresh content="0;url=javascript:alert(1)">',
    '<base href="javascript:alert(1)//">',
    '<form action="javascript:alert(1)"><button>alert(1)</button></form>',
]


@pytest.mark.parametrize("written", MARKUP)
def test_markup_of_a_notebook_cannot_run(written: str) -> None:
    """Guards: forbidden tags, attributes, addresses. Markdown, Styler and HTML come through here."""
    assert "alert" not in markup.tidied(written)[0]


@pytest.mark.parametrize("size", [10, 12_000_000])
def test_nothing_is_lost_of_markup_that_is_long_or_deep(size: int) -> None:
    """Guard: `huge_tree`. Without it what is beyond ten million letters or 255 levels is dropped."""
    picture = f'<img src="data:image/png;base64,{"A" * size}" alt="x">'
    written = f"{'<div>' * 400}1 < 2 & \N{WAVY LINE}{'</div>' * 400}{picture}tail"
    shown = markup.tidied(written)[0]
    assert shown.count("A") == size and shown.count("<div>") == 400
    assert "1 &lt; 2 &amp; \N{WAVY LINE}</div>" in shown and shown.endswith("tail")


def test_ids_of_headings_are_unique_on_the_page() -> None:
    """Guard: `_headings`, which knows the ids of outputs and of our own sections."""
    written = (
        '<h2>Same</h2><h2>Same</h2><h2>Main</h2><figure id="figure-x"></figure>'
        "<h2>Figure x</h2><h2>Sources used</h2><h3>§</h3>"
    )
    tidied, contents = markup.tidied(written)
    ids = re.findall(r' id="([^"]+)"', tidied)
    assert len(ids) == len(set(ids)) == 7
    assert not {"main", "sources-used"} & set(ids)
    assert [entry["text"] for entry in contents][:2] == ["Same", "Same"]


def result(**changes: Any) -> pd.DataFrame:
    return pd.DataFrame([{**rows.result("a", "b", 2.0, unit="", low=1.0, high=3.0), **changes}])


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "Not a slug"},
        {"status": "fine"},
        {"value": np.nan},
        {"value": np.inf},
        {"value": 4.0},
        {"value": 0.5},
        {"status": "not_identified"},
    ],
)
def test_results_that_break_the_contract_are_refused(changes: dict[str, Any]) -> None:
    rows.check_results(result())
    with pytest.raises(ValueError):
        rows.check_results(result(**changes))


def test_results_need_every_column_and_one_row_each() -> None:
    with pytest.raises(ValueError, match="lack"):
        rows.check_results(result().drop(columns="unit"))
    with pytest.raises(ValueError, match="repeated"):
        rows.check_results(pd.concat([result(), result()]))


@pytest.mark.parametrize(
    ("row", "code", "text"),
    [
        (rows.result("a", "b", 0.256, unit="share", low=0.1, high=0.4), "", "25.6 % (10.0 to 40.0)"),
        (rows.result("a", "b", 1234.5, unit="USD", digits=2), "", "1,200 USD"),
        (rows.result("a", "b", -1.5, unit="times", digits=2), "v", "−1.5 times"),
        (rows.result("a", "b", 3.0, unit="x", low=2.0, high=4.0, digits=1), "r", "2 to 4"),
        (rows.result("a", "b", 3.0, unit="x", digits=1), "n", "3"),
        (rows.result("a", "b", np.nan, unit="x", status="not_identified"), "", "not identified"),
    ],
)  # fmt: skip
def test_a_quantity_reads_well(row: dict[str, Any], code: str, text: str) -> None:
    assert format(rows.Quantity(row), code) == text


def test_a_sentence_names_only_results() -> None:
    with pytest.raises(ValueError, match="no result"):
        display.prose("{unknown}", result())
    with pytest.raises(ValueError, match=r"not in sources\.csv"):
        display.table(result(), name="t", caption="c", sources=["nobody_2026"])
    with pytest.raises(ValueError, match="lower-case"):
        display.table(result(), name="../t", caption="c")


def test_the_parameters_cell_states_values_exactly(project: Path) -> None:
    """Guard: `_literal`. Ten digits of a number with more would pin the assumption."""
    from dataclasses import replace

    from token_economics.book.assumptions import read_book

    row = replace(read_book().row("wear_per_year"), value=1 / 3)
    namespace: dict[str, float] = {}
    exec(notebooks.parameters_source([row]), namespace)
    assert namespace["wear_per_year"] == 1 / 3
