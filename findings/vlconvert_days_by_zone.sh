#!/usr/bin/env bash
# Two spellings of one day become two days in a static chart, if it is drawn west of Greenwich.
#
# Versions: vl-convert-python 1.9.0
# Expected: 2026-07-01 and 2026-07-01T00:00:00 are the same point of a time axis, and a picture that is
#   written to a file by a library is the same wherever it is written.
# Seen: the first is midnight in Greenwich, the second midnight where the program runs, and the axis
#   shows local time. Under TZ=America/New_York one is drawn and labelled as Jun 30, the other as
#   Jul 01; under UTC both are Jul 01. Altair writes pandas dates the second way, so a table whose dates
#   are text moves by a day and the same table with real dates does not. Drawn with TZ=UTC they agree.
#   Output: UTC: Jul 01, 2026 and Jul 01, 2026
#   Output: America/New_York: Jun 30, 2026 and Jul 01, 2026
# Source: Altair user guide, "Times and Dates"; ECMAScript, "Date Time String Format"
set -euo pipefail
unset PYTHONPATH
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check vl-convert-python==1.9.0
cat > "$folder/days.py" <<'PY'
import re

import vl_convert

chart = {
    "data": {"values": [{"day": "2026-07-01"}, {"day": "2026-07-01T00:00:00"}]},
    "mark": "point",
    "encoding": {"x": {"field": "day", "type": "temporal"}},
}
svg = vl_convert.vegalite_to_svg(chart, vl_version="6.1")
print(" and ".join(re.findall(r'aria-label="day: ([^"]+)"', svg)))
PY
expect() { # zone, what the two points are labelled
  local seen
  seen=$(TZ="$1" "$folder/venv/bin/python" "$folder/days.py")
  echo "$1: $seen"
  test "$seen" = "$2" || { echo "changed: expected $2"; exit 1; }
}
expect UTC "Jul 01, 2026 and Jul 01, 2026"
expect America/New_York "Jun 30, 2026 and Jul 01, 2026"
expect Asia/Tokyo "Jul 01, 2026 and Jul 01, 2026"
