"""What the library says of itself: examples run, and every public function of a model is told."""

import ast
import doctest
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from test_architecture import LIBRARY, MODULES, layer

MODELS = [p for p in MODULES if layer(p) in ("models", "methods") and p.stem != "__init__"]
FEWEST_EXAMPLES = 90  # over all models; each is a few lines
NUMBER = re.compile(r"\b(ArrayLike|FloatArray|Numbers|float)\b")
UNIT = re.compile(r"\[[^\[\]`]{1,60}\]")
EQUATION = re.compile(r"^\.\. math::.*(?:\n(?:[ \t]+\S.*|[ \t]*))*|:math:`[^`]*`", re.MULTILINE)
PARAMETERS = re.compile(r"^Parameters\n-+\n((?:.*\n?)*?)(?=^\w[\w ]*\n-{3,}$|\Z)", re.MULTILINE)
SAYS_ITS_UNIT = re.compile(
    r"_(usd|mtok|gw|hours?|years?|quarters?|months?|days?|periods?|level)$|_usd_per_\w+$"
)

each_model = pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)


def imported(path: Path) -> ModuleType:
    parts = path.with_suffix("").relative_to(LIBRARY.parent).parts
    return importlib.import_module(".".join(parts))


def public(path: Path) -> Iterator[tuple[ast.FunctionDef, str]]:
    """Public functions of a module, with what their docstrings say outside the examples."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            doc = ast.get_docstring(node) or ""
            yield node, doc.split("\nExamples\n---")[0]


def arguments(node: ast.FunctionDef) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def described(doc: str) -> set[str]:
    """Names that a Parameters section describes."""
    section = PARAMETERS.search(doc)
    heads = re.findall(r"^(\S.*)$", section[1], re.MULTILINE) if section else []
    return {name.strip() for head in heads for name in head.split(",")}


def records(path: Path) -> dict[str, str]:
    """Docstrings of our classes that a module defines or imports, by name."""
    held = vars(imported(path)).items()
    return {
        name: inspect.getdoc(value) or ""
        for name, value in held
        if isinstance(value, type) and value.__module__.startswith("token_economics")
    }


def words(annotation: ast.expr | None) -> set[str]:
    return set(re.findall(r"\w+", ast.unparse(annotation))) if annotation else set()


def told(argument: ast.arg, prose: str) -> bool:
    """Whether the text names a parameter, or the word that its name begins or ends with."""
    parts = [argument.arg, *(part for part in argument.arg.split("_") if len(part) > 3)]
    return any(re.search(rf"\b{re.escape(part[:6])}", prose, re.IGNORECASE) for part in parts)


@pytest.mark.parametrize(
    "path",
    # what is compiled of the market has its examples where the equations stand
    [p for p in MODELS if p.parent.name != "compiled" or p.stem == "arithmetic"],
    ids=lambda p: p.stem,
)
def test_the_examples_of_a_model_are_true(path: Path) -> None:
    result = doctest.testmod(imported(path))
    assert result.attempted, f"{path.stem} has no example"
    assert not result.failed


def test_there_are_examples_enough_to_learn_from() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [test for path in MODELS for test in finder.find(imported(path)) if test.examples]
    assert len(found) >= FEWEST_EXAMPLES


@each_model
def test_every_public_function_is_summed_up_and_annotated(path: Path) -> None:
    for node, doc in public(path):
        lines = doc.splitlines()
        assert doc, f"{node.name} has no docstring"
        assert lines[0][0].isupper() or lines[0][0] in "(:", f"{node.name}: {lines[0]}"
        assert lines[0][-1] in ".]:", f"{node.name}: the summary is one line: {lines[0]}"
        assert len(lines) == 1 or not lines[1], f"{node.name}: no blank line after the summary"
        assert node.returns is not None and all(a.annotation for a in arguments(node)), node.name


@each_model
def test_every_parameter_is_described_or_evident(path: Path) -> None:
    """In the text or the Parameters of the function, once for the module, or by its own name.

    Once for the module: under Parameters of a function beside it, or in the module's docstring,
    since a word means the same throughout. By its name: it ends with its unit. A record is
    described where it is defined.
    """
    documents = [doc for _, doc in public(path)]
    glossary = set().union(*map(described, documents))
    about = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    silent = []
    for node, doc in public(path):
        stale = described(doc) - {a.arg for a in arguments(node)}
        assert not stale, f"{node.name} describes {sorted(stale)}, which it does not take"
        prose = EQUATION.sub("", doc)
        silent += [
            f"{node.name}: {a.arg}"
            for a in arguments(node)
            if a.arg not in glossary
            and not told(a, prose)
            and f"``{a.arg}``" not in about
            and not SAYS_ITS_UNIT.search(a.arg)
            and not words(a.annotation) & {*records(path), "Generator"}
        ]
    assert not silent, "not said what they are: " + ", ".join(silent)


@each_model
def test_every_function_of_numbers_says_a_unit(path: Path) -> None:
    """In brackets, in its own docstring or in that of a record that it takes or gives."""
    for node, doc in public(path):
        annotations = [a.annotation for a in arguments(node)] + [node.returns]
        if any(NUMBER.search(ast.unparse(a)) for a in annotations if a):
            used = set().union(*map(words, annotations))
            texts = [EQUATION.sub("", doc), *(d for n, d in records(path).items() if n in used)]
            assert any(UNIT.search(text) for text in texts), f"{node.name} names no unit"
