#!/usr/bin/env bash
# nbval passes a notebook whose picture is another one, and a notebook that was never run.
#
# Versions: nbval 0.11.0, pytest 9.2.0, ipykernel 7.4.0
# Expected: pytest --nbval runs every cell and fails where the stored output is not what comes out.
# Seen: it fails for another text and for another SVG, and passes for another PNG; pictures of
#   that kind are left out of the comparison unless --nbdime is given. A cell without an execution
#   count is run and its output compared with nothing, so a notebook whose outputs were stripped
#   before a commit passes for ever. A check that outputs are stored has to stand beside it.
#   Output: PASSED same.ipynb, FAILED text.ipynb, FAILED svg.ipynb, PASSED png.ipynb, PASSED unrun.ipynb
# Source: nbval/plugin.py (skip_compare; "unrun"); computationalmodelling/nbval#82 on GitHub (why cells
#   without a count are not compared)
set -euo pipefail
unset PYTHONPATH
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  nbval==0.11.0 pytest==9.2.0 ipykernel==7.4.0 nbformat==5.11.1
export JUPYTER_PREFER_ENV_PATH=1 JUPYTER_DATA_DIR="$folder/data" IPYTHONDIR="$folder/ipython"
cd "$folder"
venv/bin/python - <<'PY'
import base64
import struct
import zlib

from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook, new_output

spec = {"name": "python3", "display_name": "Python 3", "language": "python"}


def png(shade):
    """A picture of one grey point."""
    parts = {b"IHDR": struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0),
             b"IDAT": zlib.compress(bytes([0, shade])), b"IEND": b""}
    body = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in parts.items())
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(body)).decode()


def store(name, mime, stored, shown, count=1):
    source = f"from IPython.display import display\ndisplay({{{mime!r}: {shown!r}}}, raw=True)"
    outputs = [new_output("display_data", data={mime: stored})] if count else []
    cell = new_code_cell(source, execution_count=count, outputs=outputs)
    write(new_notebook(cells=[cell], metadata={"kernelspec": spec}), f"{name}.ipynb")


store("same", "text/plain", "2 times", "2 times")
store("text", "text/plain", "2 times", "3 times")
store("svg", "image/svg+xml", "<svg>2</svg>", "<svg>3</svg>")
store("png", "image/png", png(0), png(255))
store("unrun", "text/plain", None, "3 times", count=None)
PY
venv/bin/python -m pytest -q -rA -p no:cacheprovider --nbval ./*.ipynb > said 2>&1 || true
for outcome in "PASSED same" "FAILED text" "FAILED svg" "PASSED png" "PASSED unrun"; do
  grep -m 1 -o "^$outcome.ipynb" said || { cat said; echo "changed: not $outcome"; exit 1; }
done
