"""Scenarios: named overrides of the assumption book, each a flat YAML file with a story.

The loader refuses what YAML 1.1 would silently mistype (``3e-1`` is text, ``017`` is fifteen,
``NO`` is false, a repeated key wins), because the same file also goes through plain papermill.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from token_economics import project
from token_economics.book import assumptions
from token_economics.book.assumptions import AssumptionError, Book
from token_economics.evidence import own_data

PLAIN_NUMBER = re.compile(r"[-+]?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")
NUMBER_TAGS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
BASE = project.BASE
TOLD = ("_title", "_story", "_true_if", "_sources")


@dataclass(frozen=True)
class Scenario:
    """A coherent set of assumptions that differ from the book's.

    ``true_if`` says what one would have to see to believe it; ``places`` where each value stands,
    file and line, for what is said of one that the book does not allow.
    """

    name: str
    title: str
    story: str
    true_if: str = ""
    values: Mapping[str, float | list[float]] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict, compare=False)


def names() -> list[str]:
    """Names of the project's scenarios, ``base`` first."""
    found = sorted(own_data.scenario_files())
    return [BASE, *(name for name in found if name != BASE)]


def load(name_or_file: str) -> Scenario:
    """The scenario of that name, or in that YAML file.

    Raises
    ------
    AssumptionError
        If there is none, or the file holds what our loader refuses.
    """
    named = own_data.scenario_files()
    path = named.get(name_or_file, Path(name_or_file))
    if name_or_file.endswith((".yaml", ".yml")):
        path = Path(name_or_file)
    if not path.is_file() or (name_or_file not in named and path.suffix not in (".yaml", ".yml")):
        raise AssumptionError(
            f"there is no scenario {name_or_file!r}; known are {', '.join(names())}, "
            "or give the path of a .yaml file"
        )
    try:
        entries = parse(path.read_text(encoding="utf-8"), origin=path.name)
    except UnicodeDecodeError:
        raise AssumptionError(f"{path.name}: not UTF-8 text") from None
    if path.stem in named and not path.samefile(named[path.stem]):
        raise AssumptionError(
            f"{path.name}: the project has a scenario {path.stem!r}, whose run this file would "
            "replace; rename the file"
        )
    described = {key: entry.value for key, entry in entries.items() if key.startswith("_")}
    unknown = [key for key in described if key not in TOLD]
    if unknown:
        raise AssumptionError(f"{entries[unknown[0]].place}: unknown key {unknown[0]}")
    return Scenario(
        name=_safe_name(path.stem),
        title=str(described.get("_title", path.stem)),
        story=str(described.get("_story", "")),
        true_if=str(described.get("_true_if", "")),
        sources=tuple(_listed(described.get("_sources"))),
        values={key: entry.value for key, entry in entries.items() if key not in described},
        places={key: entry.place for key, entry in entries.items()},
    )


def _listed(entry: str | list[str] | None) -> list[str]:
    """Ids given as a list or in one line, separated by spaces."""
    return entry.split() if isinstance(entry, str) else list(entry or ())


def _safe_name(stem: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", stem):
        raise AssumptionError(
            f"the scenario file's name {stem!r} names the run's folder: "
            "use letters, digits, - and _ only"
        )
    return stem


def apply(scenario: Scenario, changes: Mapping[str, Any], book: Book | None = None) -> Book:
    """The book under a scenario and further changes, which win over the scenario.

    Raises
    ------
    AssumptionError
        If the book does not allow a value; names the scenario's file and line, where it has one.
    """
    base = book if book is not None else assumptions.read_book()
    under = assumptions.override(base, {}, scenario=scenario.name)
    for name, value in scenario.values.items():
        try:
            under = assumptions.override(under, {name: value}, set_by="scenario")
        except AssumptionError as error:
            place = scenario.places.get(name)
            raise AssumptionError(f"{place}: {error}" if place else str(error)) from None
    return assumptions.override(under, changes)


def run_id(book: Book, scenario: Scenario) -> str:
    """Identity of a run: the scenario, and eight hex digits when something else is changed."""
    plain = replace(book, rows=book.stored)
    under = assumptions.override(plain, scenario.values).overrides
    own: dict[str, Any] = {
        name: book.overrides.get(name)
        for name in under.keys() | book.overrides.keys()
        if under.get(name) != book.overrides.get(name)
    }
    own |= book.subjects
    if not own:
        return scenario.name
    canonical = json.dumps(own, sort_keys=True, separators=(",", ":"))
    return f"{scenario.name}-{hashlib.sha256(canonical.encode()).hexdigest()[:8]}"


def parse_assignment(text: str) -> tuple[str, float | list[float]]:
    """``name=0.4`` or ``name=[0.2,0.5]`` as a name and a value.

    Raises
    ------
    AssumptionError
        If it is neither.
    """
    name, equals, value = text.partition("=")
    if not equals or not re.fullmatch(r"[a-z][a-z0-9_]*", name.strip()):
        raise AssumptionError(f"given {text!r}; write name=value, for example x=0.4 or x=[0.2,0.5]")
    try:
        node = yaml.compose(value) if value.strip() else None
    except yaml.YAMLError:
        raise AssumptionError(
            f"{name.strip()}: given {value!r}; write a number or [low, high]"
        ) from None
    parsed: float | list[float] = _value(name.strip(), node)
    return name.strip(), parsed


class Entry(NamedTuple):
    """A value of a scenario's file, and where it stands: file and line."""

    value: Any
    place: str


def parse(text: str, *, origin: str) -> dict[str, Entry]:
    """A flat YAML mapping of numbers and two-number lists; keys that start with ``_`` hold text.

    Raises
    ------
    AssumptionError
        Duplicate key, nesting, a value that YAML 1.1 would read as something else, or the markers
        of a merge.
    """
    conflict = project.merge_conflict(text)
    if conflict:
        raise AssumptionError(f"{origin}: {conflict}; settle it first")
    try:
        root = yaml.compose(text)
    except yaml.YAMLError as error:
        raise AssumptionError(f"{origin}: not valid YAML: {error}") from None
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise AssumptionError(f"{origin}: a scenario is a list of lines `name: value`")
    entries: dict[str, Entry] = {}
    for key_node, value_node in root.value:
        key = str(key_node.value)
        place = f"{origin}, line {key_node.start_mark.line + 1}"
        if key in entries:
            raise AssumptionError(f"{place}: {key} is given twice")
        try:
            value = _text(value_node) if key.startswith("_") else _value(key, value_node)
        except AssumptionError as error:
            raise AssumptionError(f"{place}: {error}") from None
        entries[key] = Entry(value, place)
    return entries


def _text(node: yaml.Node) -> str | list[str]:
    if isinstance(node, yaml.SequenceNode):
        return [str(item.value) for item in node.value]
    return str(node.value).strip()


def _value(name: str, node: yaml.Node | None) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_scalar(name, item) for item in node.value]
    return _scalar(name, node)


def _scalar(name: str, node: yaml.Node | None) -> float:
    text = node.value if isinstance(node, yaml.ScalarNode) else ""
    number = PLAIN_NUMBER.fullmatch(text)
    read_as_number = node is not None and node.tag in NUMBER_TAGS
    if number is None or not read_as_number:
        given = text or "nothing or a nested value"
        raise AssumptionError(
            f"{name}: given {given!r}; write a plain decimal number such as 0.3 or 1500, "
            "or a list of two [low, high] (no quotes, leading zeros, words or short exponents)"
        )
    return float(text) if re.search(r"[.eE]", text) else int(text)
