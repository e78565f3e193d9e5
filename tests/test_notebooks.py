"""Stored notebooks: executed, in normal form, in step with the book, and compared by nbval."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import papermill
import pytest
from fixture_project import ROOT, ROOT_VARIABLE, environment
from IPython.core.application import ENV_CONFIG_DIRS

from token_economics.book import subjects
from token_economics.book.assumptions import Book, read_book
from token_economics.report.kernels.pytest_plugin import AT_START
from token_economics.report.run import notebooks

Command = Callable[..., Any]
STORED = sorted((ROOT / "notebooks").glob("*.ipynb"))
LONGEST_CELL = 12  # lines that a reader takes in at once
each_notebook = pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)


@pytest.fixture
def real_book(monkeypatch: pytest.MonkeyPatch) -> Book:
    monkeypatch.setenv(ROOT_VARIABLE, str(ROOT))
    return read_book()


@each_notebook
def test_stored_notebooks_are_in_step(path: Path, real_book: Book) -> None:
    """Executed, in normal form, parameters as in the book; nbval alone would pass an empty one."""
    assert notebooks.out_of_step(notebooks.describe(path), real_book) == []


@each_notebook
def test_stored_notebooks_say_what_they_ask(path: Path) -> None:
    own = notebooks.load(path).metadata["token_economics"]
    assert own["title"] and own["question"].endswith("?")


@each_notebook
def test_papermill_lists_every_assumption_of_the_topic(path: Path, real_book: Book) -> None:
    """Guards: the form of the parameters cell, and no = # | in a unit or a label; and its subject."""
    source = notebooks.describe(path)
    notebook = notebooks.load(path)
    listed = notebooks.listed_assumptions(source, notebook, real_book)
    named = notebooks.named_subjects(notebook)
    found = papermill.inspect_notebook(str(path))
    assert set(found) == {row.name for row in listed} | set(named)
    for name in named:
        assert found[name]["help"] == f"text: {subjects.known()[name].label}"
    for row in listed:
        assert float(found[row.name]["default"]) == row.value
        assert found[row.name]["help"] == f"{row.unit}: {row.label}"


@each_notebook
def test_notebooks_define_nothing(path: Path) -> None:
    """A notebook wires: no definitions, loops or tries, imports in one cell, no files or options."""
    forbidden = (
        ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While,
        ast.Try, ast.With, ast.Delete, ast.Global,
    )  # fmt: skip
    cells = [ast.parse(cell.source) for cell in notebooks.code_cells(notebooks.load(path))]
    for number, tree in enumerate(cells, start=1):
        for node in ast.walk(tree):
            assert not isinstance(node, forbidden), f"cell {number}: {ast.unparse(node)[:60]}"
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert number == 1, f"cell {number} imports: {ast.unparse(node)}"
            if isinstance(node, ast.Name | ast.Attribute):
                name = node.id if isinstance(node, ast.Name) else node.attr
                assert not re.fullmatch(r"open|Path|os|sys|options|set_option|read_csv|chdir", name)


@each_notebook
def test_a_cell_is_read_at_one_look(path: Path) -> None:
    """But for the imports, which come first, and the parameters, which the book writes."""
    _, *cells = notebooks.code_cells(notebooks.load(path))
    written = [c.source for c in cells if "parameters" not in c.metadata.get("tags", [])]
    long = [source for source in written if len(source.splitlines()) > LONGEST_CELL]
    assert not long, f"move a part of it into the library: {long[0][:60]}"


@each_notebook
def test_stored_notebooks_hold_no_trace_of_a_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/(?:home|root|tmp|Users|work)/|\.venv|[A-Z]:\\\\Users", text)
    assert "application/vnd.jupyter.widget" not in text


def test_papermill_prints_the_parameters(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "papermill", "--help-notebook", "01_alpha.ipynb"],
        cwd=project / "notebooks", env=environment(None), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert re.search(r"adoption_share: .*default 0\.3.*\n\s+share: adoption share", done.stdout)


def copied(project: Path, folder: Path, name: str = "01_alpha.ipynb") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(project / "notebooks" / name, folder / name))


def problems(path: Path) -> str:
    return "\n".join(notebooks.out_of_step(notebooks.describe(path), read_book()))


def test_an_unexecuted_notebook_is_caught(project: Path, tmp_path: Path) -> None:
    """Guard: `verify` in `out_of_step`; nbval passes a notebook that stores nothing."""
    path = copied(project, tmp_path)
    assert problems(path) == ""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebooks.code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    path.write_text(notebooks.dumps(notebook), encoding="utf-8")
    assert "is not stored executed" in problems(path)


def test_a_way_through_a_text_file_is_said_once(project: Path, tmp_path: Path) -> None:
    """jupytext gives sources back: no outputs, other ids, and none of the notebook's own metadata."""
    path = copied(project, tmp_path)
    notebook = nbformat.read(path, as_version=4)
    cells = [
        nbformat.v4.new_code_cell(cell.source, metadata=cell.metadata)
        if cell.cell_type == "code"
        else nbformat.v4.new_markdown_cell(cell.source)
        for cell in notebook.cells
    ]
    kernel = {"kernelspec": notebook.metadata.kernelspec}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
    (problem,) = problems(path).splitlines()
    assert problem == (
        "01_alpha.ipynb: is not stored executed (cleared outputs, or a way through jupytext, leave "
        "it so); run `token-economics sync`"
    )


def test_a_merge_conflict_is_named_with_its_line(new_project: Path, command: Command) -> None:
    """Git leaves its markers in the JSON of a notebook that two authors changed."""
    path = new_project / "notebooks/01_alpha.ipynb"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[7:8] = ["<<<<<<< HEAD", lines[7], "=======", lines[7], ">>>>>>> theirs"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = "01_alpha.ipynb: line 8 holds conflict markers of a merge (<<<<<<< HEAD); settle it"
    for name, code in {"check": 1, "build": 2, "sync": 2}.items():
        done = command(name)
        assert (done.exit_code, told in done.stderr) == (code, True), done.stderr
    path.write_text("{", encoding="utf-8")
    assert "cannot be read as a notebook" in command("check").stderr


def test_a_literal_that_differs_from_the_book_is_caught(project: Path, tmp_path: Path) -> None:
    path = copied(project, tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("adoption_share = 0.3", "adoption_share = 0.4"), encoding="utf-8")
    assert "differs from the book" in problems(path)


def test_a_notebook_that_jupyter_saved_is_caught(project: Path, tmp_path: Path) -> None:
    """Guard: the comparison with the normal form. Timings and random ids make every run a diff."""
    path = copied(project, tmp_path)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].metadata["execution"] = {"iopub.execute_input": "2026-01-01T00:00:00Z"}
    nbformat.write(notebook, path)
    assert "normal form" in problems(path)
    path.write_text(notebooks.dumps(notebooks.normalised(notebook)), encoding="utf-8")
    assert problems(path) == ""


def test_papermills_output_is_no_stored_notebook(project: Path, tmp_path: Path) -> None:
    """Guard: the tag of papermill's cell. Its numbers would be published as the reference."""
    path = copied(project, tmp_path)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[3].metadata["tags"] = ["injected-parameters"]
    path.write_text(notebooks.dumps(notebooks.normalised(notebook)), encoding="utf-8")
    assert "injected" in problems(path)


def test_normal_form_is_its_own_normal_form(project: Path) -> None:
    """Repeated cells get different ids, and the second pass changes nothing."""
    cells = [nbformat.v4.new_markdown_cell("same") for _ in range(3)]
    once = notebooks.normalised(nbformat.v4.new_notebook(cells=cells))
    assert len({cell.id for cell in once.cells}) == 3
    assert notebooks.dumps(notebooks.normalised(once)) == notebooks.dumps(once)
    nbformat.validate(once)


@pytest.mark.parametrize(
    ("filename", "topic", "order"),
    [
        ("03_new_topic.ipynb", "new_topic", 3),
        ("my copy (2).ipynb", "my_copy_2", float("inf")),
        ("Alpha.ipynb", "alpha", float("inf")),
    ],
)
def test_a_copy_needs_no_edit_but_its_name(
    project: Path, tmp_path: Path, filename: str, topic: str, order: float
) -> None:
    path = copied(project, tmp_path).rename(tmp_path / filename)
    described = notebooks.describe(path)
    assert (described.topic, described.order[0]) == (topic, order)
    assert "parameters" not in problems(path)


def test_an_order_that_is_no_number_is_refused(project: Path, tmp_path: Path) -> None:
    path = copied(project, tmp_path)
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["token_economics"]["order"] = "first"
    nbformat.write(notebook, path)
    with pytest.raises(notebooks.NotebookError, match="no number"):
        notebooks.describe(path)


@pytest.mark.slow
def test_nbval_passes_the_stored_and_fails_a_changed_digit(project: Path, tmp_path: Path) -> None:
    """From another working directory, as `pytest --nbval notebooks` runs it."""
    right = copied(project, tmp_path / "n", "02_beta.ipynb")
    wrong = Path(shutil.copy(right, right.with_name("03_wrong.ipynb")))
    text = wrong.read_text(encoding="utf-8")
    assert text.count('"value": 90') == 1
    wrong.write_text(text.replace('"value": 90', '"value": 91'), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", str(right.parent), "-q", "-p", "no:cacheprovider"],
        cwd=ROOT / "tests", env=environment(project), capture_output=True, text=True, check=False,
    )  # fmt: skip
    failed = set(re.findall(r"FAILED \S*?(\w+\.ipynb)::", done.stdout))
    assert failed == {"03_wrong.ipynb"}, done.stdout[-2000:]
    assert "1 failed" in done.stdout


@pytest.mark.slow
def test_nbval_side_by_side_keeps_the_cells_of_a_notebook_together(
    project: Path, tmp_path: Path
) -> None:
    """`pytest --nbval -n 2`, in a folder that has no configuration of ours; no flag says how."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (plugin,) = declared["project"]["entry-points"]["pytest11"].values()
    path = copied(project, tmp_path / "n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "-n", "2", str(path), "-q", "-p", "no:cacheprovider",
         "-p", plugin],  # as an installation does
        cwd=tmp_path, env=environment(project), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    cells = len(notebooks.code_cells(notebooks.load(path)))
    assert f"{cells} passed" in done.stdout


@pytest.mark.slow
def test_a_kernel_starts_without_the_grammar_of_addresses(tmp_path: Path) -> None:
    """Guard: the file that runs first. JupyterLab, papermill and nbval start kernels as here."""
    first = tmp_path / "profile_default/startup"
    first.mkdir(parents=True)
    shutil.copy(AT_START, first)
    source = """before = dir()
from token_economics.figures import style
import sys
style.enable()
print("altair" in sys.modules, "rfc3987_syntax.syntax_helpers" in sys.modules, [n for n in before if n[0] != "_"])"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path))
        done = nbclient.NotebookClient(notebook, kernel_name="python3").execute()
    assert done.cells[0].outputs[0].text == (
        "True False ['In', 'Out', 'exit', 'get_ipython', 'open', 'quit']\n"
    )


def test_make_puts_that_file_where_kernels_look_for_it() -> None:
    """IPython runs what lies in `etc/ipython/startup` of the environment that it belongs to."""
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8")
    at_start = AT_START.relative_to(ROOT).as_posix()
    assert f"AT_START := {at_start}\n" in recipe
    assert "\tcp $(AT_START) .venv/etc/ipython/startup\n" in recipe
    assert str(Path(sys.prefix) / "etc" / "ipython") in ENV_CONFIG_DIRS
