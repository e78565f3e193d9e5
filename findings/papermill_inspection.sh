#!/usr/bin/env bash
# papermill calls a parameter unknown that it goes on to set, and prints defaults that are not there.
#
# Versions: papermill 2.7.0
# Expected: --help-notebook lists the assignments of the parameters cell, and the warning "Passed unknown
#   parameter" means that the notebook has none of that name.
# Seen: lines are read by a regular expression. A name whose annotation holds a bar or a quoted part,
#   such as float | None or Literal["low"], is not listed, and passing it warns that it is unknown
#   although the value arrives. A hash inside a text cuts the default there and shows the rest as
#   the parameter's help. So the warning is no proof of a mistake.
#   Output: listed: name, years - default of name: "a - its help: b"
#   Output: Passed unknown parameter: growth (and growth = 0.5 is in the notebook)
# Source: papermill/translators.py (PythonTranslator.PARAMETER_PATTERN); papermill manual, "Inspect".
#   No report of it was found.
set -euo pipefail
unset PYTHONPATH
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  papermill==2.7.0 nbformat==5.11.1
cd "$folder"
venv/bin/python - 2> said <<'PY'
from typing import Literal

import papermill
from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook

source = '''growth: float | None = 0.1
case: Literal["low", "high"] = "low"
name: str = "a # b"
years: int = 5'''
exec(source)  # valid Python
cell = new_code_cell(source, metadata={"tags": ["parameters"]})
spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
write(new_notebook(cells=[cell], metadata={"kernelspec": spec}), "in.ipynb")
found = papermill.inspect_notebook("in.ipynb")
print("listed:", ", ".join(found), "- default of name:", found["name"]["default"],
      "- its help:", found["name"]["help"])
assert list(found) == ["name", "years"], "changed: other parameters are listed"
assert (found["name"]["default"], found["name"]["help"]) == ('"a', 'b"'), "changed: name"
run = papermill.execute_notebook("in.ipynb", "out.ipynb", {"growth": 0.5}, prepare_only=True)
assert "growth = 0.5" in run.cells[-1].source, "changed: the value does not arrive"
PY
grep -o "Passed unknown parameter: growth" said || { echo "changed: no warning"; exit 1; }
