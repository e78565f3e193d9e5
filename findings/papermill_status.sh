#!/usr/bin/env bash
# The status that papermill saves in a notebook contradicts its exit code, both ways.
#
# Versions: papermill 2.7.0, nbclient 0.11.0, ipykernel 7.4.0
# Expected: a cell that ran through is "completed", one that failed "failed", one never reached "pending";
#   papermill's exit code agrees with them.
# Seen: three runs of valid notebooks.
#   A cell longer than --execution-timeout: exit 1, yet every cell is "completed" and no exception is
#   noted, the last one too, which never ran and has no execution count.
#   A cell tagged raises-exception: the notebook runs to its end and all cells are "completed", then
#   papermill exits with 1; nbclient, nbconvert and nbval take the tag to mean that the error is wanted.
#   sys.exit(0): exit 0, while the cell is "failed" with an exception and the next one "pending".
#   So neither tells alone; execution counts and outputs of type "error" do.
#   Output: timeout 1 completed completed completed; 2 cells ran
#   Output: raises 1 completed completed; 2 cells ran
#   Output: exit 0 completed failed pending; 2 cells ran
# Source: papermill/engines.py (nb_kernel_manager, notebook_complete), papermill/execute.py
#   (raise_for_execution_errors); nteract/papermill#435 on GitHub asked for sys.exit(0).
#   No report of the status after a timeout was found.
set -euo pipefail
unset PYTHONPATH
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  papermill==2.7.0 nbclient==0.11.0 ipykernel==7.4.0 nbformat==5.11.1
export JUPYTER_PREFER_ENV_PATH=1 JUPYTER_DATA_DIR="$folder/data" IPYTHONDIR="$folder/ipython"
cd "$folder"
venv/bin/python - <<'PY'
from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook

spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
raising = new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]})
for name, cells in {
    "timeout": ["1", "import time; time.sleep(60)", "2"],
    "raises": [raising, "2"],
    "exit": ["1", "import sys; sys.exit(0)", "2"],
}.items():
    made = [cell if isinstance(cell, dict) else new_code_cell(cell) for cell in cells]
    write(new_notebook(cells=made, metadata={"kernelspec": spec}), f"{name}.ipynb")
PY
expect() { # notebook, exit code and status of the cells, cells that ran, arguments
  local code=0
  venv/bin/papermill "$1.ipynb" out.ipynb --no-progress-bar "${@:4}" > said 2>&1 || code=$?
  local status ran
  status=$(venv/bin/python -c 'import nbformat
cells = nbformat.read("out.ipynb", 4).cells
print(*[cell.metadata.papermill.status for cell in cells if cell.cell_type == "code"])')
  ran=$(venv/bin/python -c 'import nbformat
cells = nbformat.read("out.ipynb", 4).cells
print(sum(cell.get("execution_count") is not None for cell in cells))')
  echo "$1 $code $status; $ran cells ran"
  test "$code $status" = "$2" && test "$ran" = "$3" || { echo "changed: expected $2, $3"; exit 1; }
}
expect timeout "1 completed completed completed" 2 --execution-timeout 5
expect raises "1 completed completed" 2
expect exit "0 completed failed pending" 2
