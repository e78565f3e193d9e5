"""Subjects of notebooks: text parameters that say whom a page is about, checked against the data.

A table in ``datapackage.json`` names its subjects, the variable whose entities may be one, and which
it is where neither a notebook nor a run says another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from token_economics.evidence import tables


@dataclass(frozen=True)
class Subject:
    """A text parameter: table and variable that a subject must have rows of, what it is, and who."""

    table: str
    variable: str
    label: str
    default: str


@tables.once
def known() -> Mapping[str, Subject]:
    """Text parameters by name."""
    return {
        name: Subject(resource["name"], told["variable"], told["label"], told["default"])
        for resource in tables.package()["resources"]
        for name, told in resource.get("subjects", {}).items()
    }


def fault(name: str, given: object) -> str:
    """Why a value cannot be the subject, with those that can; nothing if it can."""
    subject = known()[name]
    rows = tables.series(subject.table, subject.variable)
    entities = sorted(rows["entity"].unique())
    if given in entities:
        return ""
    path = tables.resource(subject.table)["path"]
    return (
        f"{name}: given {given!r}; {path} has {subject.variable} of {', '.join(entities)} "
        "(a folder of your own rows is named by --data, or by TOKEN_ECONOMICS_DATA)"
    )
