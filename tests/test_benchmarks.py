"""Benchmarks are run by hand, so what they name is held to exist here."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parent / "benchmarks").glob("bench_*.py"))


def imported(code: str) -> Iterator[tuple[str, str]]:
    """Module and name of each import of ours, in the code that a script hands to others as well."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("token_economics"):
            yield from ((str(node.module), alias.name) for alias in node.names)
        if isinstance(node, ast.Constant) and "import " in str(node.value):
            try:
                yield from imported(str(node.value))
            except SyntaxError:
                continue  # words


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_what_a_benchmark_imports_of_the_library_is_there(script: Path) -> None:
    for module, name in imported(script.read_text(encoding="utf-8")):
        found = importlib.import_module(module)
        assert hasattr(found, name) or importlib.import_module(f"{module}.{name}"), (module, name)


@pytest.mark.parametrize("name", ["bench_build", "bench_seconds", "bench_pages"])
def test_a_benchmark_says_how_it_is_used(name: str) -> None:
    script = next(path for path in SCRIPTS if path.stem == name)
    asked = [sys.executable, script, "--help"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "--rounds" in done.stdout, done.stderr


def test_the_server_of_kernels_is_where_the_benchmarks_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS[0].parent))
    server = importlib.import_module("bench_build").SERVER
    assert server.is_file()
    assert server.name == importlib.import_module("bench_seconds").SERVER.decode()
