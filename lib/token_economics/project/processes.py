"""What our processes run in, and what they do without because it takes longer to import than the rest."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

KERNEL_ENVIRONMENT = {
    "OPENBLAS_CORETYPE": "Haswell",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",  # pyarrow's; a fork needs one thread
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",  # the words of the locked NumPy
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "TZ": "UTC",
    "IPYTHONDIR": "",
}
"""One numerical code path, so that the same inputs give the same bytes on every x86-64 machine."""


@contextmanager
def variables(named: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for the processes that start meanwhile."""
    before = {name: os.environ.get(name) for name in named}
    os.environ.update(named)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def skip_address_grammar() -> None:
    """Mark `rfc3987_syntax` as absent in this process, before jsonschema is imported.

    It takes nine tenths of a second to build a grammar for a kind of address that no schema of a
    notebook or a chart uses; jsonschema imports it where it is there and does without it elsewhere.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def as_kernels() -> None:
    """Compute in this process as kernels do, before NumPy is imported: to freeze what pages show.

    Sums that threads share out differ in their last bit, and a draw is kept or dropped by less.
    """
    with variables(KERNEL_ENVIRONMENT):
        importlib.import_module("numpy")
    skip_address_grammar()


@contextmanager
def without_compiler() -> Iterator[None]:
    """Do without numba meanwhile, where too little is solved to make up for importing it."""
    skips = "numba" not in sys.modules
    if skips:
        sys.modules["numba"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if skips:
            del sys.modules["numba"]


def skip_for_answers() -> None:
    """Do without what takes longer to import than an answer to compute, before the model is imported.

    pandas comes when something of it is first used, and without Arrow, which it imports wherever it
    is there. SciPy's special functions are its compiled ones, and the rest of that package comes
    when it is first used, without NumPy's compiler of Fortran, for which an empty module stands in.
    NumPy's linear algebra starts no threads.
    """
    sys.modules.setdefault("pyarrow", None)  # type: ignore[arg-type]
    with variables({"OPENBLAS_NUM_THREADS": "1"}):
        import numpy as np

    vars(np).setdefault("f2py", ModuleType("numpy.f2py"))
    _when_used("pandas")
    _when_used("scipy.special", at_once="_ufuncs")


def _when_used(package: str, *, at_once: str = "") -> None:
    """Have a package imported when one asks for a name of it, but for one module's names."""
    spec = importlib.util.find_spec(package)
    if package in sys.modules or spec is None or spec.loader is None:
        return
    module, loader = importlib.util.module_from_spec(spec), spec.loader
    sys.modules[package] = module
    path = vars(module)["__path__"]
    if at_once:
        known = vars(importlib.import_module(f"{package}.{at_once}"))
        vars(module).update({name: known[name] for name in known if not name.startswith("__")})
    else:
        del vars(module)["__path__"]  # so that to import a part is to ask for a name

    def load(name: str) -> Any:
        del vars(module)["__getattr__"]
        vars(module)["__path__"] = path
        loader.exec_module(module)
        return getattr(module, name)

    vars(module)["__getattr__"] = load
