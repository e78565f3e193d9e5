#!/usr/bin/env bash
# The same chart drawn twice by vl-convert gives two different SVG files.
#
# Versions: vl-convert-python 1.9.0
# Expected: a picture depends on the specification alone, so that a rebuilt report has the same bytes.
# Seen: ids of clip paths and gradients are numbered through the life of the process, over all charts.
#   A picture therefore depends on how many were drawn before it, hence on their order, on which were
#   taken from a cache, and on which process drew it. Two charts drawn in two processes and put on one
#   page share ids. vl-convert has no call that starts the count anew; one has to renumber the ids in
#   the text.
#   The two texts are equal but for that.
#   Output: first time clip1, second time clip2
# Source: vega/vega#2573 on GitHub (closed: Vega got resetSVGDefIds, which vl-convert does not offer);
#   vega/vega#3987 (what goes wrong with shared ids on a page)
set -euo pipefail
unset PYTHONPATH
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check vl-convert-python==1.9.0
"$folder/venv/bin/python" - <<'PY'
import re

import vl_convert

chart = {
    "data": {"values": [{"year": 1, "price": 3}, {"year": 2, "price": 1}]},
    "mark": {"type": "line", "clip": True},
    "encoding": {
        "x": {"field": "year", "type": "quantitative"},
        "y": {"field": "price", "type": "quantitative"},
    },
}
first, second = (vl_convert.vegalite_to_svg(chart, vl_version="6.1") for _ in range(2))
ids = [sorted(set(re.findall(r"clip\d+", svg))) for svg in (first, second)]
print(f"first time {ids[0][0]}, second time {ids[1][0]}")
assert first != second and ids == [["clip1"], ["clip2"]], "changed: the count starts anew"
assert first.replace("clip1", "clip2") == second, "changed: more than the ids differs"
PY
