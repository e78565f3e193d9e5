"""Static pictures of charts, drawn here once the kernels are done.

A kernel that draws its own starts the charts' engine for that alone, a third of a second each; a
run starts it once. The pictures are those that `style.bundle` would have put there.
"""

from __future__ import annotations

from nbformat import NotebookNode

from token_economics.figures import pictures
from token_economics.report.run import notebooks
from token_economics.report.run.notebooks import NotebookError

ENVIRONMENT = {pictures.VARIABLE: pictures.LATER}
"""For kernels whose notebook is passed to `add`."""


def add(notebook: NotebookNode, name: str) -> None:
    """Give each chart of an executed notebook the picture that it lacks.

    Raises
    ------
    NotebookError
        If a chart cannot be drawn; names the notebook and the cell.
    """
    from token_economics.figures import style  # brings Altair, which no kernel waits for

    for position, cell in enumerate(notebooks.code_cells(notebook), start=1):
        for output in cell.outputs:
            data = output.get("data", {})
            if style.VEGALITE_MIME not in data or pictures.MIME in data:
                continue
            try:
                data[pictures.MIME] = style.static_picture(data[style.VEGALITE_MIME])
            except ValueError as error:
                where = f"{name}, code cell {position} ({notebooks.first_line(cell)})"
                raise NotebookError(f"{where}: the chart cannot be drawn: {error}") from error
