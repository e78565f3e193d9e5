#!/usr/bin/env bash
# A spreadsheet's month, Apr-26, is read by pandas 3 as a day in the year 1, without a word.
#
# Versions: pandas 2.3.3 and 3.1.1
# Expected: April 2026, which is what a spreadsheet means by it; or an error, as pandas 2 gave.
# Seen: Timestamp('0001-04-26'), as in pandas 3.0.0: 26 is the day and the missing year is 1.
#   pandas 2 raised OutOfBoundsDatetime, because its nanoseconds could not hold the year 1; the
#   microseconds of pandas 3 can, so what had been an error became a value. Period('Apr-26') is a day
#   of the year 1 as well. From 32 on, which is no day, the same notation is a month: Apr-32 is April 2032.
#   A column of several says "Could not infer format", one value says nothing. format="%b-%y" helps.
#   Output: pandas 2.3.3: OutOfBoundsDatetime
#   Output: pandas 3.1.1: Apr-26 is 1-04-26, Apr-32 is 2032-04-01
# Source: pandas 3.0.0 release notes, "Datetime/timedelta resolution inference"; the error of
#   pandas 2 is pandas-dev/pandas#16154 on GitHub. No report of the new value was found.
set -euo pipefail
unset PYTHONPATH
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/old"
python3 -m venv "$folder/new"
"$folder/old/bin/pip" install --quiet --no-compile --disable-pip-version-check pandas==2.3.3 numpy==2.3.5
"$folder/new/bin/pip" install --quiet --no-compile --disable-pip-version-check pandas==3.1.1 numpy==2.4.6
"$folder/old/bin/python" - <<'PY'
import pandas as pd

try:
    pd.to_datetime(pd.Series(["Apr-26"]))
except pd.errors.OutOfBoundsDatetime as error:
    print(f"pandas {pd.__version__}: {type(error).__name__}")
else:
    raise SystemExit("changed: pandas 2 reads it")
PY
"$folder/new/bin/python" -W error - <<'PY'
import pandas as pd

month, later = (pd.to_datetime(pd.Series([text]))[0] for text in ("Apr-26", "Apr-32"))
print(f"pandas {pd.__version__}: Apr-26 is {month:%Y-%m-%d}, Apr-32 is {later:%Y-%m-%d}")
assert (month.year, month.month, month.day) == (1, 4, 26), "changed"
assert (later.year, later.month, later.day) == (2032, 4, 1), "changed"
assert pd.Period("Apr-26").year == 1, "changed: another period"
assert pd.to_datetime(pd.Series(["Apr-26"]), format="%b-%y")[0] == pd.Timestamp(2026, 4, 1)
PY
