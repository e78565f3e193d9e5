"""Who draws the static picture of a chart: the process that makes it, or whoever runs that."""

from __future__ import annotations

import os

MIME = "image/svg+xml"
VARIABLE, LATER = "TOKEN_ECONOMICS_PICTURES", "later"


def are_drawn_later() -> bool:
    """Whether whoever runs this process adds the pictures to what it shows."""
    return os.environ.get(VARIABLE) == LATER
