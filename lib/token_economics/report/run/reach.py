"""What the report reaches: the functions that lead from a notebook or a command to its numbers.

Read from the source of the library and of the notebooks, without importing or running either. A
definition leads to whatever its body names; annotations and names of its own do not count. The
canonical checks call functions in order to test them, so they lead nowhere.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from token_economics.project.fingerprint import LIBRARY

PACKAGE = "token_economics"
CHECKS = "canonical"
TOPICS = re.compile(rf"import_module\(f'{PACKAGE}\.(\w+)\.\{{\w+\}}'\)")  # a topic's, by its name
HOLDERS = ("book", "draws")  # what the house calls whatever holds assumptions by name
COMMANDS = ("cli", "__main__")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Uses:
    """What a piece of code names: definitions and modules of ours, and attributes of objects.

    Definitions are dotted names without the package. Attributes matter where a module is handed
    on as an object, such as a topic: what is then read off it is reached.
    """

    names: frozenset[str]
    attributes: frozenset[str]


@dataclass(frozen=True)
class Module:
    """The definitions of a module by their name, what its imports bind, and its own body.

    ``reads`` are the assumptions that it reads by name, with the line.
    """

    definitions: Mapping[str, Uses]
    functions: frozenset[str]
    bindings: Mapping[str, str]
    body: Uses
    reads: tuple[tuple[str, int], ...]


@lru_cache(maxsize=1)
def library() -> Mapping[str, Module]:
    """The modules of the library by their dotted name without the package."""
    paths = sorted(LIBRARY.rglob("*.py"))
    return {
        _dotted(path): module(path.read_text(encoding="utf-8"), _dotted(path)) for path in paths
    }


def module(source: str, name: str) -> Module:
    """A module as its source says."""
    tree = ast.parse(source)
    bindings = dict(imported(tree))
    own = {defined: f"{name}.{defined}" for node in tree.body for defined in _defines(node)}
    known = bindings | own
    definitions: dict[str, Uses] = {}
    for node in tree.body:
        for defined in _defines(node):
            definitions[defined] = _both(definitions.get(defined), uses([node], known))
    callables = Function | ast.ClassDef
    return Module(
        definitions=definitions,
        functions=frozenset(node.name for node in tree.body if isinstance(node, callables)),
        bindings=bindings,
        body=uses([node for node in tree.body if not list(_defines(node))], known),
        reads=tuple(reads(tree)),
    )


@lru_cache(maxsize=4096)
def parsed(source: str) -> ast.Module | None:
    """The syntax tree, or nothing where the cell is no plain Python (a magic, a shell line).

    It is the same tree for the same source: not to be changed.
    """
    try:
        return ast.parse(source)
    except SyntaxError:
        return None


@lru_cache(maxsize=4096)
def imported(tree: ast.AST) -> tuple[tuple[str, str], ...]:
    """Names that imports of ours bind, at the top or in a function, and what they stand for."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = {
                alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names
            }
        elif isinstance(node, ast.Import):
            names = {alias.asname or alias.name: alias.name for alias in node.names}
        else:
            continue
        for bound, name in names.items():
            if name.startswith(f"{PACKAGE}."):
                found.append((bound, name.removeprefix(f"{PACKAGE}.")))
    return tuple(found)


def reads(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Assumptions that code reads by name, and where: ``book["x"]``, ``draws()["x"]``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            held = node.value.func if isinstance(node.value, ast.Call) else node.value
            if getattr(held, "attr", getattr(held, "id", "")) in HOLDERS:
                yield str(node.slice.value), node.lineno


def uses(nodes: Iterable[ast.AST], known: Mapping[str, str]) -> Uses:
    """What some statements name of the things that are known by a name in their module."""
    names: set[str] = set()
    attributes: set[str] = set()
    for node in nodes:
        _look(node, known, names=names, attributes=attributes)
    return Uses(frozenset(names), frozenset(attributes))


def reached(
    notebooks: Iterable[Iterable[str]], *, commands: Iterable[str] = COMMANDS
) -> frozenset[str]:
    """Definitions of the library that the report reaches, by dotted name without the package.

    Parameters
    ----------
    notebooks
        The code cells of each notebook; one that is no plain Python leads nowhere.
    commands
        Modules of the command line that lead on as well.
    """
    modules = library()
    waiting = [_of_notebook(cells) for cells in notebooks]
    for command in commands:
        waiting += [*modules[command].definitions.values(), modules[command].body]
    found = {f"{command}.{name}" for command in commands for name in modules[command].definitions}
    objects: set[str] = set()
    attributes: set[str] = set()
    while waiting:
        for use in waiting:
            attributes |= use.attributes
        named = {target for use in waiting for name in use.names for target in resolved(name)}
        objects |= {name for name in named if name in modules}
        read_off = {
            target
            for name in objects
            for attribute in attributes & modules[name].definitions.keys()
            for target in resolved(f"{name}.{attribute}")
        }
        new = {n for n in (named - objects) | read_off if n not in found and not _is_check(n)}
        found |= new
        waiting = [use for name in new for use in _code_of(name)]
    return frozenset(found)


def checks() -> list[str]:
    """The canonical checks: functions that a module of theirs lists, by dotted name."""
    return sorted(
        check
        for name, held in library().items()
        if _is_check(name) and "CHECKS" in held.definitions
        for check in held.definitions["CHECKS"].names
    )


def exercised(check: str) -> frozenset[str]:
    """Functions and classes that a function of the canonical checks calls, alone or by helpers.

    Parameters
    ----------
    check
        Dotted name without the package, such as ``canonical.supply._power``.
    """
    waiting, seen, found = {check}, set[str](), set[str]()
    while waiting:
        seen |= waiting
        named = {
            target
            for name in waiting
            for use in _code_of(name)
            for use_name in use.names
            for target in resolved(use_name)
        }
        found |= {name for name in named if not _is_check(name) and is_function(name)}
        waiting = {name for name in named if _is_check(name) and name not in library()} - seen
    return frozenset(found)


def is_function(name: str) -> bool:
    """Whether a dotted name without the package is a function or a class of the library."""
    where, _, what = name.rpartition(".")
    return where in library() and what in library()[where].functions


def topics_of(name: str) -> list[str]:
    """The modules of topics that a module imports by their names as they stand in a table."""
    held = library()[name]
    named = {n for use in (held.body, *held.definitions.values()) for n in use.names}
    return [topic for each in sorted(named) if each.endswith(".*") for topic in resolved(each)]


def module_of(name: str) -> str:
    """The module of the library that a dotted name is or lies in; none of ours gives nothing."""
    while name and name not in library():
        name = name.rpartition(".")[0]
    return name


def resolved(name: str) -> tuple[str, ...]:
    """The definition or module that a dotted name means, through imports; none if it is not ours."""
    modules = library()
    if name in modules:
        return (name,)
    where, _, what = name.rpartition(".")
    if what == "*":  # every topic of a folder
        held = {place: module.definitions for place, module in modules.items()}
        return tuple(p for p, d in held.items() if p.startswith(f"{where}.") and "TOPIC" in d)
    if where in modules and what in modules[where].definitions:
        return (name,)
    if where in modules and what in modules[where].bindings:
        return resolved(modules[where].bindings[what])
    return resolved(where) if where else ()  # an attribute of a thing: the thing itself


def _code_of(name: str) -> list[Uses]:
    """The code of a definition, and what its module does as it is imported."""
    where, _, what = name.rpartition(".")
    held = library()[where]
    return [held.definitions[what], held.body]


def _of_notebook(cells: Iterable[str]) -> Uses:
    body = [node for cell in cells if (tree := parsed(cell)) for node in tree.body]
    return uses(body, dict(imported(ast.Module(body, []))))


def _is_check(name: str) -> bool:
    return name.split(".", 1)[0] == CHECKS


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(LIBRARY).with_suffix("").parts).removesuffix(".__init__")


def _defines(node: ast.stmt) -> Iterator[str]:
    """Names that a statement at the top of a module defines."""
    if isinstance(node, Function | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            yield from (part.id for part in ast.walk(target) if isinstance(part, ast.Name))


def _both(first: Uses | None, second: Uses) -> Uses:
    if first is None:
        return second
    return Uses(first.names | second.names, first.attributes | second.attributes)


def _look(
    node: ast.AST,
    known: Mapping[str, str],
    *,
    names: set[str],
    attributes: set[str],
    hidden: frozenset[str] = frozenset(),
) -> None:
    """Add what a node names; a function hides the names of its module that it binds itself."""
    if isinstance(node, Function | ast.Lambda):
        hidden |= _bound(node)
    if isinstance(node, ast.Attribute):
        chain = _chain(node)
        if chain and chain[0] in known and chain[0] not in hidden:
            names.add(".".join([known[chain[0]], *chain[1:]]))
            return
        attributes.add(node.attr)
    elif isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load) and node.id in known and node.id not in hidden:
            names.add(known[node.id])
        return
    elif isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr":
        attributes |= _texts(node)
    elif isinstance(node, ast.Call) and (match := TOPICS.fullmatch(ast.unparse(node))):
        names.add(f"{match[1]}.*")
    for child in _without_annotations(node):
        _look(child, known, names=names, attributes=attributes, hidden=hidden)


def _texts(node: ast.AST) -> set[str]:
    """The strings inside a call: a name that it reads off an object is among them."""
    constants = (part for part in ast.walk(node) if isinstance(part, ast.Constant))
    return {part.value for part in constants if isinstance(part.value, str)}


def _without_annotations(node: ast.AST) -> Iterator[ast.AST]:
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                yield part


def _bound(node: Function | ast.Lambda) -> frozenset[str]:
    """Names that a function binds: its parameters and what it assigns."""
    return frozenset(
        part.arg if isinstance(part, ast.arg) else part.id
        for part in ast.walk(node)
        if isinstance(part, ast.arg)
        or (isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store))
    )


def _chain(node: ast.Attribute) -> list[str]:
    """The names of ``a.b.c``; none where it begins with anything but a name."""
    parts = [node.attr]
    inner = node.value
    while isinstance(inner, ast.Attribute):
        parts.insert(0, inner.attr)
        inner = inner.value
    return [inner.id, *parts] if isinstance(inner, ast.Name) else []
