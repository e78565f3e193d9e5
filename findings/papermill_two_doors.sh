#!/usr/bin/env bash
# The same parameter has another type, or another value, by papermill -p than by papermill -y or -f.
#
# Versions: papermill 2.7.0, PyYAML 6.0.3
# Expected: -p growth 1e6 and a line "growth: 1e6" in the file of -f give the notebook the same number.
# Seen: -p tries Python's int and float on the text, -y and -f read YAML 1.1, and they differ both ways:
#   1e6 is a number by -p and a word by -y; 017 is 17 and 15; 1:30 is a word and 90; nan and Infinity,
#   say a country code and a firm, are numbers by -p and words by -y. Nothing warns, and an annotation
#   such as growth: float in the parameters cell is not looked at.
#   Output: 1e6: 1000000.0 by -p, "1e6" by -y
#   Output: 017: 17 by -p, 15 by -y
# Source: papermill/cli.py (_resolve_type); papermill manual, "Execute via CLI"; YAML 1.1, types "float"
#   and "int"; yaml/pyyaml#173 on GitHub (1e6 needs a point and a sign there)
set -euo pipefail
unset PYTHONPATH
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  papermill==2.7.0 pyyaml==6.0.3 nbformat==5.11.1
cd "$folder"
venv/bin/python - 2> said <<'PY' || { cat said; exit 1; }
import nbformat
from click.testing import CliRunner
from nbformat.v4 import new_code_cell, new_notebook
from papermill.__main__ import papermill

cell = new_code_cell("growth: float = 0.1", metadata={"tags": ["parameters"]})
spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
nbformat.write(new_notebook(cells=[cell], metadata={"kernelspec": spec}), "in.ipynb")


def given(*arguments):
    """The literal that the notebook gets."""
    command = ["in.ipynb", "out.ipynb", "--prepare-only", *arguments]
    result = CliRunner().invoke(papermill, command)
    assert result.exit_code == 0 and "unknown" not in result.output, result.output
    return nbformat.read("out.ipynb", 4).cells[-1].source.splitlines()[-1].partition(" = ")[2]


for text, by_p, by_y in (
    ("1e6", "1000000.0", '"1e6"'),
    ("017", "17", "15"),
    ("1:30", '"1:30"', "90"),
    ("nan", "float('nan')", '"nan"'),
    ("Infinity", "float('inf')", '"Infinity"'),
):
    found = given("-p", "growth", text), given("-y", f"growth: {text}")
    print(f"{text}: {found[0]} by -p, {found[1]} by -y")
    assert found == (by_p, by_y), f"changed: expected {by_p} and {by_y}"
PY
