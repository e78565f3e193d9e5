#!/usr/bin/env bash
# Frictionless accepts 1_000 as a number, which the readers of CSV files take for a word.
#
# Versions: frictionless 5.21.0, pandas 3.1.1
# Expected: a table that was validated against a schema of numbers can be read as numbers. The
#   standard allows digits, a sign, a point and an exponent, and a grouping character only where the
#   field declares one.
# Seen: 1_000 is valid as a number and as an integer, without groupChar, because the cell goes through
#   Python's own int and Decimal. So is __1 as a number. pandas.read_csv makes the whole column text,
#   without a warning, for one such cell; with dtype=float it raises. A check that says "valid"
#   therefore does not mean that the next program can read the file.
#   Output: frictionless: valid [Decimal('1000'), Decimal('1'), Decimal('2.5')]
#   Output: pandas: ['1_000', '__1', '2.5']
# Source: Data Package standard, Table Schema, field types "number" and "integer"; frictionless
#   fields/number.py and integer.py. No report of it was found.
set -euo pipefail
unset PYTHONPATH
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check frictionless==5.21.0 pandas==3.1.1
printf 'tokens,users\n1_000,1_000\n__1,7\n2.5,8\n' > "$folder/table.csv"
cd "$folder"
venv/bin/python - <<'PY'
from decimal import Decimal

import pandas as pd
from frictionless import Resource, Schema

fields = [{"name": "tokens", "type": "number"}, {"name": "users", "type": "integer"}]
schema = Schema.from_descriptor({"fields": fields})
table = Resource(path="table.csv", schema=schema)
assert table.validate().valid, "changed: underscores are refused"
rows = Resource(path="table.csv", schema=schema).read_rows()
print("frictionless: valid", [row["tokens"] for row in rows])
assert [row["tokens"] for row in rows] == [Decimal(1000), Decimal(1), Decimal("2.5")], "changed"
assert [row["users"] for row in rows] == [1000, 7, 8], "changed: other integers"
read = pd.read_csv("table.csv")
print("pandas:", read["tokens"].to_list())
assert read["tokens"].to_list() == ["1_000", "__1", "2.5"], "changed: pandas reads numbers"
assert read["users"].to_list() == ["1_000", "7", "8"], "changed: pandas reads integers"
try:
    pd.read_csv("table.csv", dtype={"tokens": float})
except ValueError as error:
    print("pandas, dtype=float:", error)
else:
    raise SystemExit("changed: pandas reads it as float")
PY
