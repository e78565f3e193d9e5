"""The house keeps its order: who imports whom, who reads files, and what the repository holds."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from fixture_project import ROOT
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

LIBRARY = ROOT / "lib" / "token_economics"
MODULES = sorted(
    path
    for path in LIBRARY.rglob("*.py")
    if path.name != "__init__.py" or len(ast.parse(path.read_text("utf-8")).body) > 1
)
# What each room, a folder or a module beside the folders, may import of ours. Values flow one way.
MODEL_FLOOR = {"models", "methods"}
HEADLINE_FLOOR = {"evidence", "book", "headlines"} | MODEL_FLOOR
SHOWN = {"evidence", "headlines", "methods", "show", "figures"}
ALLOWED = {
    "project": {"project"},
    "evidence": {"project", "evidence"},
    "book": {"project", "evidence", "book", "methods"},
    "methods": {"methods"},
    "models": MODEL_FLOOR,
    "canonical": MODEL_FLOOR | {"canonical", "book"},
    "headlines": HEADLINE_FLOOR,
    "answers": {"project", "book", "headlines", "models", "methods", "answers"},
    "figures": {"figures", "methods"},
    "show": SHOWN,
    "report.kernels": {"project", "report.kernels"},
    "report.run": {
        "project", "evidence", "book", "headlines", "canonical", "show", "report.kernels",
        "report.run",
    },
    "report.pages": SHOWN | {"project", "book", "answers", "report.run", "report.pages"},
    "cli": {"project", "evidence", "book", "answers", "report.run", "report.pages"},
    "": {"cli"},
}  # fmt: skip
MOST_ROOMS, MOST_ARROWS = 15, 46
MOST_MODULES = 20  # of a folder
# one starts its engine in an environment of ours, the other reads the published numbers
TOUCHES_FILES = {LIBRARY / "figures" / "pictures.py", LIBRARY / "canonical" / "cases.py"}
FOREIGN_TO_MODELS = {
    "altair", "click", "ipykernel", "IPython", "jinja2", "jupyter_client",
    "logging", "nbclient", "nbconvert", "nbformat", "os", "papermill", "pathlib", "random",
    "subprocess", "sys", "tempfile", "time", "vl_convert", "warnings", "yaml",
}  # fmt: skip
FILE_CALLS = {
    "open", "print", "input", "read_csv", "to_csv", "read_text", "write_text", "read_bytes",
    "write_bytes", "mkdir", "unlink", "urlopen", "read_json", "read_parquet", "savefig",
}  # fmt: skip
LONGEST_MODULE, LONGEST_TOPIC = 420, 550
KERNEL_SERVER = (
    LIBRARY / "report" / "kernels" / "kernel_server.py"
)  # run by path, in a process of its own
IMPORTED_AS = {
    "pandas_datareader": "pandas-datareader",
    "yaml": "pyyaml",
    "bs4": "beautifulsoup4",
    "vl_convert": "vl-convert-python",
}

each_module = pytest.mark.parametrize(
    "path", MODULES, ids=lambda p: p.relative_to(LIBRARY).as_posix()
)


def layer(module: Path) -> str:
    """The folder that a module belongs to; a module beside the folders is a room of its own.

    Folders in the rooms of models, methods, headlines and figures are shelves, not rooms.
    """
    parts = module.relative_to(LIBRARY).parts
    if parts[0] in ("models", "methods", "headlines", "figures"):
        return parts[0]
    if len(parts) == 1:
        return "" if parts[0].startswith("__") else parts[0].removesuffix(".py")
    return ".".join(parts[:-1])


def imports(tree: ast.Module) -> Iterator[str]:
    """Dotted names of everything that a module imports, at the top or inside a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "write imports in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def our_layers(tree: ast.Module) -> Iterator[str]:
    """Layers of our own modules that a module imports."""
    for name in imports(tree):
        parts = name.split(".")[1:]
        if name.split(".")[0] == "token_economics" and parts:
            while not (LIBRARY.joinpath(*parts).with_suffix(".py")).is_file() and len(parts) > 1:
                parts = parts[:-1]
            yield layer(LIBRARY.joinpath(*parts).with_suffix(".py"))


def calls(tree: ast.AST) -> Iterator[str]:
    """Last names of everything that is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id
            elif isinstance(node.func, ast.Attribute):
                yield node.func.attr


@each_module
def test_imports_point_one_way(path: Path) -> None:
    wrong = set(our_layers(ast.parse(path.read_text("utf-8")))) - ALLOWED[layer(path)]
    assert not wrong, f"{path.name}, of the layer {layer(path)}, imports {sorted(wrong)}"


def test_the_picture_of_imports_stays_small() -> None:
    """Few rooms, few arrows between them, and no word of the table that no import needs."""
    arrows = {
        (layer(path), other)
        for path in MODULES
        for other in our_layers(ast.parse(path.read_text("utf-8")))
        if other != layer(path)
    }
    assert len(ALLOWED) <= MOST_ROOMS and len(arrows) <= MOST_ARROWS
    assert arrows == {
        (room, other) for room, others in ALLOWED.items() for other in others - {room}
    }


@pytest.mark.parametrize(
    "path",
    [
        p
        for p in MODULES
        if layer(p) in ("models", "methods", "canonical", "figures") and p not in TOUCHES_FILES
    ],
    ids=lambda p: p.stem,
)
def test_models_and_figures_are_pure(path: Path) -> None:
    """No files, no printing, no machinery; randomness comes as an argument."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    foreign = FOREIGN_TO_MODELS - ({"altair"} if layer(path) == "figures" else set())
    assert not {name.split(".")[0] for name in imports(tree)} & foreign
    assert not set(calls(tree)) & FILE_CALLS
    assert not any(isinstance(node, ast.Global) for node in ast.walk(tree))
    lines = path.read_text(encoding="utf-8").splitlines()  # examples in docstrings may seed
    text = "\n".join(line for line in lines if not line.lstrip().startswith((">>>", "... ")))
    seeded_case = path.parent.name == "canonical"
    assert seeded_case or "default_rng(" not in text
    assert not re.search(r"np\.random\.(?!Generator\b|default_rng\b)\w+", text)


@each_module
def test_an_import_reads_and_writes_nothing(path: Path) -> None:
    """No call on files at module level: the readers read when they are asked."""
    forbidden = FILE_CALLS | {"read", "series", "load", "loads", "read_book", "default_rng"}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            assert not set(calls(node)) & forbidden, f"line {node.lineno}"


@each_module
def test_modules_are_short_and_named_for_what_they_hold(path: Path) -> None:
    longest = LONGEST_TOPIC if layer(path) == "headlines" else LONGEST_MODULE
    assert len(path.read_text(encoding="utf-8").splitlines()) <= longest
    assert path.stem not in ("utils", "util", "helpers", "helper", "common", "misc", "tools")


def test_no_folder_holds_more_than_a_reader_takes_in() -> None:
    sizes = Counter(path.parent for path in MODULES)
    assert max(sizes.values()) <= MOST_MODULES, sizes


def test_the_kernel_server_imports_none_of_ours_and_nobody_imports_it() -> None:
    """It preloads for kernels, which must read our library as it stands when they start."""
    assert not list(our_layers(ast.parse(KERNEL_SERVER.read_text("utf-8"))))
    for path in MODULES:
        names = imports(ast.parse(path.read_text("utf-8")))
        assert not [name for name in names if name.endswith("kernel_server")]


def test_the_command_line_starts_without_the_model() -> None:
    """An unchanged report and every --help answer at once: no pandas, no Jupyter, no charts."""
    light = [
        "cli",
        "project.cache",
        "report.run.unchanged",
        "report.kernels.environment",
        "report.run.progress",
    ]
    modules = ", ".join(f"token_economics.{name}" for name in light)
    heavy = ["numpy", "pandas", "scipy", "altair", "nbformat", "papermill", "frictionless", "rich"]
    code = f"import sys, {modules}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_kernels_start_before_pages_are_imported() -> None:
    """What only pages need is imported while kernels run."""
    code = "import sys, token_economics.report.pages.build; print([m for m in ['altair', 'nbconvert'] if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_models_import_fast_and_lean() -> None:
    """In a process of its own: a model brings neither Jupyter nor charts nor the table reader."""
    models = [
        ".".join(["token_economics", *p.relative_to(LIBRARY).with_suffix("").parts])
        for p in MODULES
        if layer(p) in MODEL_FLOOR and p.parent.name != "compiled"  # for whoever solves much
    ]
    heavy = [
        "altair",
        "numba",
        "papermill",
        "nbformat",
        "frictionless",
        "IPython",
        "statsmodels.api",
    ]
    code = f"import sys, {', '.join(models)}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def tracked() -> list[Path]:
    """Text files of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    binary = (".zip", ".png", ".ico", ".woff2")
    names = [name for name in listed.split("\0") if name and not name.endswith(binary)]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    return {p.relative_to(ROOT).as_posix(): p.read_text(encoding="utf-8") for p in tracked()}


def test_no_file_names_a_place_on_a_machine(texts: dict[str, str]) -> None:
    place = re.compile(r"(?<![\w.:/\\>-])/(?:home|root|tmp|work|Users|mnt|usr|opt)/[\w.]")
    bundled = "reports/base/assets/vega.js"
    shown = {
        f"{name}: {match[0]}"
        for name, text in texts.items()
        if name != bundled
        for match in place.finditer(text.split("\n", 1)[1] if text.startswith("#!") else text)
    }
    assert not shown


def test_no_file_names_a_package_index(texts: dict[str, str]) -> None:
    index = re.compile(r"--(?:extra-)?index-url[ =]\S*:|--find-links[ =]|://\S+/simple\b")
    this = Path(__file__).relative_to(ROOT).as_posix()
    assert not {name for name, text in texts.items() if name != this and index.search(text)}


def test_text_files_end_with_one_newline(texts: dict[str, str]) -> None:
    ours = {n: t for n, t in texts.items() if n.endswith((".py", ".csv", ".yaml", ".ipynb"))}
    assert not {n for n, t in ours.items() if t and (not t.endswith("\n") or "\r" in t)}


PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]


def declared(*groups: list[str]) -> dict[str, SpecifierSet]:
    """Requirements by their normal name."""
    requirements = [Requirement(text) for group in groups for text in group]
    return {normal(r.name): r.specifier for r in requirements}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = (re.match(r"([A-Za-z0-9._-]+)==(\S+)", line) for line in lines)
    return {normal(pin[1]): pin[2] for pin in pins if pin}


def test_the_lock_pins_with_hashes_and_names_no_index() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert not [entry for entry in entries if entry.startswith("-")]
    unhashed = [e.split()[0] for e in entries if "--hash=sha256:" not in e and e[0] != "#"]
    assert not unhashed


def test_the_lock_satisfies_what_the_project_declares() -> None:
    wanted = declared(PROJECT["dependencies"], PROJECT["optional-dependencies"]["dev"])
    pins = locked()
    assert not set(wanted) - set(pins)
    assert not {n: pins[n] for n, allowed in wanted.items() if not allowed.contains(pins[n])}


def test_environment_yml_agrees_with_pyproject() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    plain = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    packages = declared([re.sub(r"^python=([\d.]+)$", r"python==\1.*", entry) for entry in plain])
    python = packages.pop("python")
    packages.pop("pip")
    assert environment["channels"] == ["conda-forge"]
    assert packages == declared(PROJECT["dependencies"])
    minor = re.fullmatch(r"==(3\.\d+)\.\*", str(python))
    assert minor and SpecifierSet(PROJECT["requires-python"]).contains(f"{minor[1]}.5")
    # image builders that read this file read nothing else: it has to install the project itself
    assert {"pip": ["-e ."]} in environment["dependencies"]


def test_everything_imported_is_declared() -> None:
    names = {
        name.split(".")[0]
        for path in MODULES
        for name in imports(ast.parse(path.read_text(encoding="utf-8")))
    }
    third_party = names - set(sys.stdlib_module_names) - {"token_economics", "__future__"}
    wanted = {normal(IMPORTED_AS.get(name, name)) for name in third_party}
    extras = PROJECT["optional-dependencies"]
    optional = {n for name in ("sweep", "dask", "refresh") for n in declared(extras[name])}
    assert not wanted - set(declared(PROJECT["dependencies"])) - optional
    assert optional <= set(declared(extras["dev"])), "tests use the extras"


def test_the_two_plugins_that_a_major_version_broke_are_capped() -> None:
    dev = declared(PROJECT["optional-dependencies"]["dev"])
    assert not dev["pytest"].contains("99") and not dev["nbval"].contains("99")
