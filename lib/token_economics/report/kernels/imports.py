"""What our processes do without, because it takes longer to import than all the rest together."""

from __future__ import annotations

import sys
from types import ModuleType


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
