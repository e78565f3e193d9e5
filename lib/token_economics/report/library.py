"""Reference of the library: what each function means, its equation, inputs and source.

Read from the source files, without importing them: one page a subject.
"""

from __future__ import annotations

import ast
import builtins
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert

LIBRARY = Path(__file__).resolve().parents[1]
# Subjects in the order of the model; a module that none names stands under the last of its layer.
SUBJECTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "demand": ("Demand and growth", ("adoption_rebound", "firm_spend", "reflection", "task_choice", "growth", "growth_fit", "ceiling", "breaks", "demand", "nested_demand", "spending", "quarters")),
    "supply": ("Supply", ("memory_market", "processors", "supply", "supply_response", "amplification", "allocation")),
    "market": ("The token market", ("market", "market_path", "clearing", "hour_demand", "rents", "draws")),
    "prices": ("Prices and rebound", ("dynamic_response", "price_objects", "hedonics", "index_numbers", "rebound", "event_study")),
    "accounts": ("National accounts", ("productivity", "national_accounts", "labour_equivalence", "task_growth", "welfare")),
    "models": ("Scores and other models", ("attribution", "influence", "reference_class", "robust_regression", "sensitivity", "specification_curve", "variance_split", "scoring", "backtest", "summaries")),
    "topics": ("Topics: from evidence to results", ()),
    "figures": ("Figures", ()),
    "canonical": ("Canonical checks", ()),
    "evidence": ("Evidence, assumptions, results", ("answer_store", "comparison", "evidence_quick", "own_data", "refresh", "evidence", "evidence_rules", "evidence_schema", "references", "assumption_row", "assumptions", "scenarios", "project", "cells", "headline", "answers")),
    "report": ("Display, report, command line", ("sweep", "display", "style", "pictures", "causal_map", "cli")),
}  # fmt: skip
LONGEST_LINE = 80
SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.MULTILINE)
MATH = re.compile(r"^\.\. math::[ \t]*(.*(?:\n(?:[ \t]+\S.*|[ \t]*(?=\n[ \t]+\S)))*)", re.MULTILINE)
INLINE = re.compile(r":math:`([^`]+)`|``([^`]+)``|(?::\w+:)?`([^`]+)`|\*([^*\s][^*]*)\*")


@dataclass(frozen=True)
class Entry:
    """A function or a class of the library, as its source says."""

    name: str
    signature: str
    doc: str


@dataclass(frozen=True)
class Module:
    """A module: its dotted name without the package, what it says of itself, what it holds.

    ``origins`` maps every name that it knows to the import that brings it into another session.
    """

    name: str
    doc: str
    entries: tuple[Entry, ...]
    origins: Mapping[str, str]

    @property
    def first_sentence(self) -> str:
        """The line that names the module's subject."""
        return self.doc.split("\n", 1)[0]


@lru_cache(maxsize=1)
def modules() -> tuple[Module, ...]:
    """Every module with a docstring, in the order of its path."""
    return tuple(filter(None, (_module(path) for path in sorted(LIBRARY.rglob("*.py")))))


def _module(path: Path) -> Module | None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    name = ".".join(path.relative_to(LIBRARY).with_suffix("").parts).removesuffix(".__init__")
    doc = ast.get_docstring(tree)
    if doc is None or name in ("__init__", "__main__"):
        return None
    return Module(name, doc, tuple(_entries(tree)), dict(_origins(tree, f"token_economics.{name}")))


def _entries(tree: ast.Module) -> Iterator[Entry]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield Entry(node.name, _signature(node), ast.get_docstring(node) or "")


def _origins(tree: ast.Module, dotted: str) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            source = f"from {node.module} import" if isinstance(node, ast.ImportFrom) else "import"
            for alias in node.names:
                yield alias.asname or alias.name, f"{source} {ast.unparse(alias)}"
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, f"from {dotted} import {node.name}"
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in (target.id for target in targets if isinstance(target, ast.Name)):
                yield name, f"from {dotted} import {name}"


def example_imports(module: Module, entry: Entry) -> list[str]:
    """Imports with which the examples of a function run in an empty session, one line a module."""
    lines = (line for line in entry.doc.splitlines() if line.startswith((">>> ", "... ")))
    names = [n for n in ast.walk(ast.parse("\n".join(line[4:] for line in lines)))
             if isinstance(n, ast.Name)]  # fmt: skip
    made = {n.id for n in names if isinstance(n.ctx, ast.Store)} | set(dir(builtins))
    wanted: dict[str, set[str]] = {}
    for statement in {module.origins[n.id] for n in names if n.id in module.origins and n.id not in made}:  # fmt: skip
        source, _, name = statement.rpartition("import ")
        wanted.setdefault(source, set()).add(name)
    plain = [f"import {name}" for name in sorted(wanted.pop("", ()))]
    return plain + [
        f"{source}import {', '.join(sorted(wanted[source]))}" for source in sorted(wanted)
    ]


def _signature(node: ast.FunctionDef | ast.ClassDef) -> str:
    if isinstance(node, ast.ClassDef):
        fields = [ast.unparse(part) for part in node.body if isinstance(part, ast.AnnAssign)]
        bases = f"({', '.join(map(ast.unparse, node.bases))})" if node.bases else ""
        return "\n    ".join([f"class {node.name}{bases}", *fields])
    returned = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    line = f"{node.name}({ast.unparse(node.args)}){returned}"
    if len(line) <= LONGEST_LINE:
        return line
    parts = re.split(r",\s(?![^\[(]*[\])])", ast.unparse(node.args))
    return f"{node.name}(\n    " + ",\n    ".join(parts) + f",\n){returned}"


def subject(module: str) -> str:
    """The subject whose page holds a module."""
    first = module.split(".", 1)[0]
    if first in ("topics", "figures", "canonical", "report"):
        return first
    return next((key for key, (_, names) in SUBJECTS.items() if first in names), "models")


def page(key: str) -> str:
    """File of a subject's page."""
    return f"library_{key}.html"


def addresses() -> dict[str, str]:
    """The permalink of every function and class, by its dotted name without the package."""
    return {
        f"{module.name}.{entry.name}": f"{page(subject(module.name))}#{module.name}.{entry.name}"
        for module in modules()
        for entry in module.entries
    }


def contents() -> list[dict[str, Any]]:
    """Subjects with their modules, for the page that lists them."""
    return [
        {"key": key, "href": page(key), "title": title, "modules": held}
        for key, (title, _) in SUBJECTS.items()
        if (held := [module for module in modules() if subject(module.name) == key])
    ]


def rendered(key: str) -> list[dict[str, Any]]:
    """The modules of a subject with docstrings as HTML."""
    return [
        {
            "name": module.name,
            "doc": document(module.doc),
            "entries": [
                {"id": f"{module.name}.{e.name}", "name": e.name, "signature": e.signature,
                 "doc": document(e.doc, example_imports(module, e))}
                for e in module.entries
            ],
        }
        for module in modules()
        if subject(module.name) == key
    ]  # fmt: skip


# Docstrings ----------------------------------------------------------------------------------


def document(doc: str, imports: Sequence[str] = ()) -> str:
    """A docstring in numpydoc's form as HTML; its text is escaped, its equations are MathML.

    ``imports`` are put above its first example, so that a reader can copy all of it.
    """
    parts = SECTION.split(doc.strip())
    shown = [_prose(parts[0])]
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        if title in ("Parameters", "Raises", "Attributes"):
            inner = _definitions(body)
        else:
            inner = _examples(body, imports) if title == "Examples" else _prose(body)
        shown.append(
            f'<div class="te-doc-section"><p><strong>{html.escape(title)}</strong></p>{inner}</div>'
        )
    return "".join(shown)


def _examples(text: str, imports: Sequence[str]) -> str:
    """Sentences, and sessions as they would run; the first begins with the imports."""
    shown, before = [], "".join(f">>> {line}\n" for line in imports)
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        if block.startswith(">>>"):
            code = html.escape(before + block, quote=False)
            shown.append(f'<pre class="te-example" tabindex="0"><code>{code}</code></pre>')
            before = ""
        else:
            shown.append(_block(block))
    return "".join(shown)


def _prose(text: str) -> str:
    """Paragraphs, displayed equations and lists."""
    parts = MATH.split(text.strip("\n"))
    shown = []
    for at, part in enumerate(parts):
        if at % 2:
            shown.append(equation(" ".join(part.split()), block=True))
        else:
            shown += [_block(block) for block in re.split(r"\n\s*\n", part) if block.strip()]
    return "".join(shown)


def _block(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines()]
    if all(line.startswith("- ") for line in lines if line) and lines:
        return f"<ul>{''.join(f'<li>{inline(line[2:])}</li>' for line in lines)}</ul>"
    return f"<p>{inline(' '.join(lines))}</p>"


def _definitions(text: str) -> str:
    """Names at the margin, what they mean indented below them."""
    items = re.findall(r"^(\S.*)\n((?:[ \t]+.*\n?|\s*\n)*)", text.strip("\n") + "\n", re.MULTILINE)
    return (
        "<dl>"
        + "".join(
            f"<dt><code>{html.escape(name)}</code></dt><dd>{inline(' '.join(body.split()))}</dd>"
            for name, body in items
        )
        + "</dl>"
    )


def inline(text: str) -> str:
    """Escaped text with code, emphasis and small equations."""
    shown, at = [], 0
    for match in INLINE.finditer(text):
        shown.append(html.escape(text[at : match.start()], quote=False))
        math, code, role, emphasis = match.groups()
        if math:
            shown.append(equation(math))
        elif emphasis:
            shown.append(f"<em>{html.escape(emphasis, quote=False)}</em>")
        else:
            shown.append(f"<code>{html.escape(code or role, quote=False)}</code>")
        at = match.end()
    return "".join(shown) + html.escape(text[at:], quote=False)


@cache
def equation(latex: str, *, block: bool = False) -> str:
    """An equation as MathML, which browsers draw without a script."""
    lines = rf"\begin{{split}}{latex}\end{{split}}" if "&" in latex else latex
    made: str = convert(lines, display="block" if block else "inline")
    return f'<div class="te-equation" tabindex="0">{made}</div>' if block else made
