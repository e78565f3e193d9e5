"""What our processes do without, because it takes longer to import than all the rest together."""

from __future__ import annotations

import sys


def skip_address_grammar() -> None:
    """Mark `rfc3987_syntax` as absent in this process, before jsonschema is imported.

    It takes nine tenths of a second to build a grammar for a kind of address that no schema of a
    notebook or a chart uses; jsonschema imports it where it is there and does without it elsewhere.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
