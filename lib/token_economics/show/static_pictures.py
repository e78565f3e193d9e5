"""Static pictures of charts, drawn here once the kernels are done.

A kernel that draws its own starts the charts' engine for that alone, a third of a second each; a
run starts it once. The pictures are those that `style.bundle` would have put there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from token_economics.figures import pictures

ENVIRONMENT = {pictures.VARIABLE: pictures.LATER}
"""For kernels whose outputs are passed to `add`."""
Draw = pictures.Draw
Keep = Callable[[Draw], Draw]
"""What makes of a way to draw one that draws nothing twice."""


def add(outputs: Iterable[Mapping[str, Any]], keep: Keep = lambda draw: draw) -> None:
    """Give each chart among a cell's outputs the picture that it lacks.

    Raises `ValueError`: if a chart cannot be drawn.
    """
    from token_economics.figures import style  # brings Altair, which no kernel waits for

    for output in outputs:
        data = output.get("data", {})
        if style.VEGALITE_MIME in data and pictures.MIME not in data:
            draw = keep(pictures.drawn)
            data[pictures.MIME] = style.static_picture(data[style.VEGALITE_MIME], draw)
