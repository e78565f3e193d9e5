"""What our processes run in, and what they do without because it takes longer to import than the rest."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType

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


def skip_for_answers() -> None:
    """Do without Arrow and NumPy's compiler of Fortran in this process, before pandas is imported.

    pandas imports Arrow wherever it is there and keeps words in its own way elsewhere. SciPy's
    special functions take in all names of NumPy and with them its `f2py`, for which an empty module
    stands in. Both together take longer to import than the market takes to solve.
    """
    sys.modules.setdefault("pyarrow", None)  # type: ignore[arg-type]
    import numpy as np

    vars(np).setdefault("f2py", ModuleType("numpy.f2py"))
