"""The charts' colours: enough contrast on both grounds, told apart by every eye, one language."""

import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd
import pytest
import vl_convert
from altair.utils import schemapi
from fixture_project import ROOT

from token_economics.figures import axes, jevons, market, parts, pictures, style
from token_economics.report.kernels import environment
from token_economics.report.pages import assets, outputs
from token_economics.show import display

FIGURES = [
    path
    for path in sorted((ROOT / "lib/token_economics/figures").glob("*.py"))
    if path.stem not in ("style", "pictures")  # what figures are drawn with
]
SERIES = [*style.CATEGORY]
TEXT = [style.INK, style.MUTED, *style.LETTER_COLOUR.values()]
# Machado, Oliveira and Fernandes (2009), full severity, on linear RGB.
EYES = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "normal": np.eye(3).tolist(),
}  # fmt: skip
LEAST_CONTRAST, LEAST_TEXT_CONTRAST, LEAST_DISTANCE = 3.0, 4.5, 8.0


def linear(color: str) -> np.ndarray:
    """Linear RGB of a hex colour."""
    channels = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2."""
    light, dark = sorted(
        (float(linear(c) @ [0.2126, 0.7152, 0.0722]) + 0.05 for c in (one, other)), reverse=True
    )
    return light / dark


def in_mode(color: str, dark: bool) -> str:
    """A colour of a chart on a light or a dark page."""
    return ({style.GROUND: style.NIGHT_GROUND} | style.NIGHT)[color] if dark else color


def mixed(over: str, under: str, part: float) -> str:
    """A colour that lets another shine through."""
    one, other = ([int(c[at : at + 2], 16) for at in (1, 3, 5)] for c in (over, under))
    channels = [round(part * a + (1 - part) * b) for a, b in zip(one, other, strict=True)]
    return "#" + "".join(f"{c:02x}" for c in channels)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear RGB."""
    matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(matrix) @ np.clip(rgb, 0, 1) / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("color", SERIES)
def test_lines_stand_out_from_both_grounds(color: str) -> None:
    assert contrast(color, style.GROUND) >= LEAST_CONTRAST
    assert contrast(style.NIGHT[color], style.NIGHT_GROUND) >= LEAST_CONTRAST


@pytest.mark.parametrize("color", SERIES)
@pytest.mark.parametrize("dark", [False, True])
def test_bars_of_intervals_stand_out_though_one_sees_through_them(color: str, dark: bool) -> None:
    ground, shown = in_mode(style.GROUND, dark), in_mode(color, dark)
    seen = mixed(shown, ground, float(parts.INTERVAL["opacity"]))
    assert contrast(seen, ground) >= LEAST_CONTRAST


@pytest.mark.parametrize("color", TEXT)
def test_words_in_charts_are_readable_on_both_grounds(color: str) -> None:
    assert contrast(color, style.GROUND) >= LEAST_TEXT_CONTRAST
    assert contrast(style.NIGHT[color], style.NIGHT_GROUND) >= LEAST_TEXT_CONTRAST


@pytest.mark.parametrize("region", jevons.REGION_COLOURS)
@pytest.mark.parametrize("dark", [False, True])
def test_words_on_areas_are_readable(region: str, dark: bool) -> None:
    ground = in_mode(style.GROUND, dark)
    area = mixed(in_mode(region, dark), ground, jevons.REGION_OPACITY)
    assert contrast(in_mode(style.INK, dark), area) >= LEAST_TEXT_CONTRAST


@pytest.mark.parametrize("dark", [False, True])
def test_every_number_of_the_map_of_gluts_is_readable(dark: bool) -> None:
    frame = pd.DataFrame({"ceiling": ["a"], "tokens": ["b"], "share": [0.5], "draws": [1]})
    cells, numbers = market.below_cost(frame).to_dict()["layer"]
    low, middle, high = (in_mode(c, dark) for c in cells["encoding"]["color"]["scale"]["range"])
    pale = re.search(r"< ([\d.]+)", numbers["encoding"]["color"]["condition"]["test"])
    assert pale is not None
    for share in np.linspace(0, 1, 101):
        end, part = (low, 1 - 2 * share) if share < 0.5 else (high, 2 * share - 1)
        filled = mixed(end, middle, part)
        ground = mixed(filled, in_mode(style.GROUND, dark), cells["mark"]["opacity"])
        is_pale = abs(share - 0.5) < float(pale[1])
        ink = in_mode(style.INK, dark) if is_pale else "#000000"
        assert contrast(ink, ground) >= 4.0, (share, ground)


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("dark", [False, True])
def test_the_first_four_series_are_told_apart_by_every_eye(eye: str, dark: bool) -> None:
    """Four is the most that one chart shows without direct labels."""
    colors = [style.NIGHT[c] if dark else c for c in SERIES[:4]]
    seen = [lab(np.array(EYES[eye]) @ linear(color)) for color in colors]
    for one, other in itertools.combinations(range(len(seen)), 2):
        distance = float(np.linalg.norm(seen[one] - seen[other]))
        assert distance >= LEAST_DISTANCE, (colors[one], colors[other], distance)


def test_the_check_of_contrast_can_fail() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#F0E442", style.GROUND) < LEAST_CONTRAST, "the palette's yellow, undarkened"


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.stem)
def test_every_colour_of_a_figure_has_a_dark_one(path: Path) -> None:
    used = set(re.findall(r"#[0-9A-Fa-f]{6}\b", path.read_text(encoding="utf-8")))
    assert used <= set(style.NIGHT)


def test_the_theme_has_no_colour_of_its_own() -> None:
    used = set(re.findall(r"#[0-9A-Fa-f]{6}\b", json.dumps(style.theme())))
    assert used <= set(style.NIGHT)


def test_pages_get_the_dark_colours_from_here() -> None:
    script = assets.text_of("charts.js")
    assert json.dumps(style.night(), sort_keys=True) in script
    assert json.dumps(style.theme()["config"], sort_keys=True) in script
    assert '"NIGHT"' not in script and '"THEME"' not in script
    sheet = assets.text_of("report.css")
    assert style.NIGHT_GROUND in sheet and style.NIGHT[style.INK] in sheet


def test_a_page_keeps_of_a_theme_only_what_a_chart_changed() -> None:
    """The charts' script has the theme; a chart of another theme keeps its own whole."""
    theme = dict(style.theme()["config"])
    chart = {"mark": "bar", "config": {**theme, "axis": {"grid": False}, "bar": {"size": 3}}}
    kept, is_themed = outputs.without_theme(chart)
    assert is_themed and kept["config"] == {"axis": {"grid": False}, "bar": {"size": 3}}
    assert {**theme, **kept["config"]} == chart["config"]
    assert outputs.without_theme({"mark": "bar", "config": theme}) == ({"mark": "bar"}, True)
    other = {"mark": "bar", "config": {"view": {"continuousWidth": 300}}}
    assert outputs.without_theme(other) == (other, False)


def test_an_interval_is_drawn_one_way() -> None:
    """Charts take bars of intervals, and dashed lines to compare with, from ``parts``."""
    folder = Path(style.__file__).parent / "figures"
    own_rules = {"demand.py": 1, "gdp.py": 1, "what_if.py": 4}  # steps, a gap, what sliders move
    for path in sorted(folder.glob("*.py")):
        if path.name != "parts.py":
            found = path.read_text(encoding="utf-8").count(".mark_rule(")
            assert found == own_rules.get(path.name, 0), path.name


def test_a_static_picture_leaves_room_for_wider_letters() -> None:
    """Its labels are laid out larger than they are written, so that no typeface cuts them."""
    chart = alt.Chart(pd.DataFrame({"name": ["Distribution transformer, 2025"], "weeks": [30]}))
    spec = {**chart.mark_bar().encode(x="weeks:Q", y="name:N").to_dict(), **style.theme()}
    picture, narrow = style.static_picture(spec), vl_convert.vegalite_to_svg(spec)
    left, least = (float(re.findall(r"translate\(([\d.]+),", p)[0]) for p in (picture, narrow))
    assert f'font-size="{style.WRITTEN}px"' in picture
    assert f'font-size="{style.LAID_OUT}px"' not in picture
    assert left > 1.1 * least, "the axis begins farther to the right"


def test_a_static_picture_is_laid_out_without_fonts_of_the_system() -> None:
    """Guard: `OURS`. A font that is only installed here counts as one that is nowhere.

    In a process of its own: the engine starts once, and another test may have started it.
    """
    code = """
import os, altair as alt, pandas as pd
from token_economics.figures import style
chart = alt.Chart(pd.DataFrame({"name": ["Distribution transformer, 2025"], "weeks": [30]}))
spec = chart.mark_bar().encode(x="weeks:Q", y="name:N").to_dict()
before = dict(os.environ)
installed, unknown = (
    style.static_picture({**spec, "config": {"font": font}}).replace(font, "")
    for font in ("DejaVu Sans", "No Such Font")
)
print("<svg" in installed, installed == unknown, dict(os.environ) == before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "True"]


def test_a_static_picture_is_the_same_in_every_time_zone() -> None:
    """Guard: `OURS`. The engine takes the zone of the process that draws, a reader's own machine."""
    code = """
import altair as alt, pandas as pd
from token_economics.figures import style
dates = pd.to_datetime(["2026-01-01", "2026-07-01", "2027-01-01"])
chart = alt.Chart(pd.DataFrame({"date": dates, "value": [1.0, 2.0, 3.0]}))
print(style.static_picture(style.specification(chart.mark_line().encode(x="date:T", y="value:Q"))))
"""
    drawn = {
        zone: subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"TZ": zone},
            capture_output=True, text=True, check=True,
        ).stdout
        for zone in ("America/New_York", "Pacific/Kiritimati")
    }  # fmt: skip
    assert len(set(drawn.values())) == 1
    assert "<svg" in drawn["America/New_York"] and "2026" in drawn["America/New_York"]


def test_kernels_see_the_environment_as_the_run_began(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Guard: `Kernels.caller`. A kernel may start while fonts are read, without the system's."""
    seen = []
    run = environment.Kernels()

    def reading(_spec: object) -> None:
        assert os.environ.items() >= pictures.OURS.items()
        seen.append(environment.environment(tmp_path, tmp_path, run.caller))

    monkeypatch.setattr(vl_convert, "vega_to_svg", reading)
    pictures._start.__wrapped__()
    fonts = "FONTCONFIG_FILE"
    assert seen[0].get(fonts) == os.environ.get(fonts) != pictures.OURS[fonts]


def test_a_static_picture_shows_whole_labels() -> None:
    """Guard: the limit of labels in a picture, which has no tooltip to tell the rest."""
    label = "A name of more letters than fit into the room that a live chart has"
    frame = pd.DataFrame({"name": [label], "value": [1.0]})
    chart = alt.Chart(frame).mark_bar().encode(x="value:Q", y=alt.Y("name:N", title=None))
    assert f">{label}<" in style.static_picture(style.specification(chart))


def test_names_at_the_ends_of_lines_are_apart_and_inside_the_picture() -> None:
    """Guards: the gap that moves names up, and the room that the time axis leaves for them."""
    ends = {"First": 100.0, "Second of all": 101.0, "Third": 102.0, "Last": 3.0}
    table = pd.DataFrame(
        [
            (f"{year}-12-31", name, value * (year - 2020))
            for name, value in ends.items()
            for year in (2021, 2022, 2023 if name != "Third" else 2024)
        ],
        columns=["date", "name", "value"],
    )
    drawn = parts.lines(
        table,
        x=axes.time_axis_for_names(table, list(ends)),
        y=axes.log_y("Things"),
        color=alt.Color("name:N", scale=axes.palette(list(ends)), legend=None),
    )
    names = parts.names_at_ends(table, by="name", domain=list(ends), log=True)
    for width in (300, 640):
        chart = parts.named(drawn, names).properties(width=width, height=parts.HEIGHT)
        spec = style.static_specification(style.specification(chart))
        picture = vl_convert.vegalite_to_svg(spec, vl_version=style.VEGALITE_VERSION)
        assert "role-legend" not in picture
        placed = {
            name: tuple(
                map(
                    float,
                    re.search(rf'translate\(([\d.]+),([\d.]+)\)"[^>]*>{name}<', picture).groups(),
                )
            )  # type: ignore[union-attr]
            for name in ends
        }
        heights = sorted(y for _, y in placed.values())
        assert all(b - a >= 12 for a, b in itertools.pairwise(heights)), placed
        assert all(x + 7 * len(name) <= width + 12 for name, (x, _) in placed.items()), placed


LOG = alt.Scale(type="log")
POSITIVE = pd.DataFrame({"x": [1.0, 2.0, 3.0], "low": [0.5, 1.0, 2.0], "y": [1.0, 2.0, 4.0], "kind": ["a", "b", "a"]})  # fmt: skip


def _charts_on_logs(table: pd.DataFrame) -> dict[str, alt.TopLevelMixin]:
    """Charts of each composition that draw columns low and y on one log scale."""
    base = alt.Chart(table).encode(x="x:Q")
    line = base.mark_line().encode(y=alt.Y("y:Q", scale=LOG))
    band = base.mark_area().encode(y=alt.Y("low:Q"), y2="y:Q")
    long = base.transform_fold(["low", "y"], as_=["part", "cost"]).mark_line()
    both = alt.layer(band, line, data=table)
    return {
        "one mark": base.mark_rule().encode(y=alt.Y("low:Q", scale=LOG), y2="y:Q"),
        "a layer whose other layer names the scale": both,
        "the other end of a mark": alt.layer(line, base.mark_rule().encode(y="y:Q", y2="low:Q"), data=table),
        "a layer in a layer": alt.layer(alt.layer(band, base.mark_point().encode(y="y:Q")), line, data=table),
        "facets": alt.layer(*(alt.Chart().mark_point().encode(y=y) for y in (alt.Y("y:Q", scale=LOG), "low:Q"))).facet("kind:N", data=table),
        "columns beside each other": alt.hconcat(base.mark_point().encode(y="x:Q"), both, data=table),
        "columns folded into one": long.encode(y=alt.Y("cost:Q", scale=LOG), color="part:N"),
        "size": base.mark_point().encode(y="y:Q", size=alt.Size("low:Q", scale=LOG)),
        "colour": base.mark_rect().encode(color=alt.Color("mean(low):Q", scale=LOG)),
    }  # fmt: skip


@pytest.mark.parametrize("name", _charts_on_logs(POSITIVE))
@pytest.mark.parametrize("value", [0.0, -2.0])
def test_a_log_scale_refuses_nought_and_less_in_every_part(name: str, value: float) -> None:
    style.specification(_charts_on_logs(POSITIVE)[name])
    broken = POSITIVE.assign(low=[0.5, value, 2.0])
    with pytest.raises(ValueError, match=rf"column 'low' holds {value:g} in row 2.*log scale of"):
        style.specification(_charts_on_logs(broken)[name])
    with pytest.raises(ValueError, match=r"^figure costs: column 'low'"):
        display.figure(_charts_on_logs(broken)[name], name="costs", caption="c", description="d")


def test_a_chart_with_a_mistake_is_refused_as_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guard: in a notebook Altair checks no part of a chart by itself, so the whole must be."""
    monkeypatch.setattr(schemapi, "DEBUG_MODE", False)  # as `style.enable` leaves it
    frame = pd.DataFrame({"x": [1.0], "y": [2.0]})
    wrong = alt.Chart(frame).mark_line().encode(x=alt.X("x:Q", axis=alt.Axis(labelAngle="steep")))
    with pytest.raises(schemapi.SchemaValidationError, match="steep"):
        display.figure(wrong, name="wrong", caption="", description="")


def test_a_constant_and_an_end_of_a_log_scale_are_positive_too() -> None:
    line = alt.Chart(POSITIVE).mark_line().encode(x="x:Q", y=alt.Y("y:Q", scale=LOG))
    rule = alt.Chart(POSITIVE).mark_rule().encode(y=alt.datum(0))
    with pytest.raises(ValueError, match="0 has no place on the log scale of y"):
        style.specification(alt.layer(line, rule, data=POSITIVE))
    ends = alt.Scale(type="log", domain=[0, 10])
    with pytest.raises(ValueError, match="0 has no place on the log scale of y"):
        style.specification(line.encode(y=alt.Y("y:Q", scale=ends)))


def test_what_is_on_no_log_scale_may_be_nought() -> None:
    table = POSITIVE.assign(low=[0.0, -1.0, 2.0])
    base = alt.Chart(table).encode(x="x:Q")
    line = base.mark_line().encode(y=alt.Y("y:Q", scale=LOG))
    plain = base.mark_line().encode(y="low:Q")
    style.specification(line)
    style.specification(alt.layer(line, plain, data=table).resolve_scale(y="independent"))
    style.specification(alt.hconcat(line, plain, data=table))
    style.specification(base.mark_bar().encode(y=alt.Y("low:Q", scale=alt.Scale(type="symlog"))))
    style.specification(base.mark_bar().encode(y=alt.Y("count(low):Q", scale=LOG)))
