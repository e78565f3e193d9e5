#!/usr/bin/env bash
# A chart shown by Altair's renderer for notebooks, "mimetype", aborts the run of a notebook.
#
# Versions: altair 6.3.0, nbformat 5.11.1, nbclient 0.11.0, ipykernel 7.4.0
# Expected: the renderer whose purpose is to put Vega-Lite into a notebook puts valid output there.
# Seen: the output is of type application/vnd.vegalite.v6.json. Only types that end in +json may hold
#   JSON in a notebook, so nbclient raises NotebookValidationError while the cell runs, and with it
#   papermill and nbconvert --execute stop. Altair 6.0.0 writes the same; 5.5.0 wrote v5+json, which
#   is valid. JupyterLab 4.6.6 knows the types v3 to v5. A renderer of one's own that names v5+json
#   works.
#   Output: application/vnd.vegalite.v6.json: NotebookValidationError
#   Output: application/vnd.vegalite.v5+json: 1 output
# Source: altair/vegalite/v6/display.py (VEGALITE_MIME_TYPE); nbformat manual, "display_data" and
#   its schema (mimebundle). No report of it was found.
set -euo pipefail
unset PYTHONPATH
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  altair==6.3.0 nbformat==5.11.1 nbclient==0.11.0 ipykernel==7.4.0
export JUPYTER_PREFER_ENV_PATH=1 JUPYTER_DATA_DIR="$folder/data" IPYTHONDIR="$folder/ipython"
"$folder/venv/bin/python" - 2> "$folder/said" <<'PY' || { cat "$folder/said"; exit 1; }
import altair as alt
from nbclient import NotebookClient
from nbformat.validator import NotebookValidationError
from nbformat.v4 import new_code_cell, new_notebook

DRAW = "alt.Chart(alt.InlineData(values=[{'price': 1}])).mark_point().encode(x='price:Q')"
OWN = "alt.renderers.register('own', lambda spec: {'application/vnd.vegalite.v5+json': spec})"


def run(*lines):
    notebook = new_notebook(cells=[new_code_cell("\n".join(["import altair as alt", *lines, DRAW]))])
    return NotebookClient(notebook, kernel_name="python3").execute().cells[0].outputs


alt.renderers.enable("mimetype")
chart = alt.Chart(alt.InlineData(values=[{"price": 1}])).mark_point().encode(x="price:Q")
shown = chart._repr_mimebundle_()
kind = next(iter(shown[0] if isinstance(shown, tuple) else shown))
assert kind == "application/vnd.vegalite.v6.json", f"changed: {kind}"
try:
    run("alt.renderers.enable('mimetype')")
except NotebookValidationError:
    print(f"{kind}: NotebookValidationError")
else:
    raise SystemExit("changed: the notebook runs")
outputs = run(OWN, "alt.renderers.enable('own')")
assert "application/vnd.vegalite.v5+json" in outputs[0].data, "changed: no such output"
print(f"application/vnd.vegalite.v5+json: {len(outputs)} output")
PY
