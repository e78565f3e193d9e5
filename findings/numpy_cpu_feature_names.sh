#!/usr/bin/env bash
# A pin of NumPy's processor features, in the words of NumPy 2.3, is passed over by NumPy 2.4.
#
# Versions: numpy 2.3.5 and 2.4.6, x86-64 with AVX2
# Expected: NPY_DISABLE_CPU_FEATURES="AVX2 FMA3", the example of NumPy's own manual, goes on closing
#   those code paths after an upgrade, or the upgrade says that it does not.
# Seen: 2.3.5 obeys. 2.4.6 uses the same code paths with the pin as without it, and writes nothing:
#   its ImportWarning is one that Python hides by default. Only the new name, X86_V3, closes them.
#   A look at __cpu_features__["AVX2"] misleads the other way: it stays True with X86_V3 closed.
#   Two builds of this project came to differ that way, with the pin in place.
#   Output: numpy 2.3.5: old names obeyed
#   Output: numpy 2.4.6: old names ignored without a word
# Source: NumPy 2.4.0 release notes and numpy/numpy#28896 on GitHub (features are grouped now);
#   NumPy 2.3 manual, "CPU build options", "Runtime dispatch" (the example, and that an error is raised)
set -euo pipefail
unset PYTHONPATH NPY_DISABLE_CPU_FEATURES NPY_ENABLE_CPU_FEATURES
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/paths.py" <<'PY'
"""The code path that NumPy takes for each function, and what it says of AVX2."""
import json
from numpy._core import _multiarray_umath as core
from numpy.lib.introspect import opt_func_info
taken = {f"{name} {types}": info["current"]
         for name, kinds in opt_func_info().items() for types, info in kinds.items()}
print(json.dumps([taken, core.__cpu_features__["AVX2"]], sort_keys=True))
PY
for version in 2.3.5 2.4.6; do
  python3 -m venv "$folder/$version"
done
"$folder/2.3.5/bin/pip" install --quiet --no-compile --disable-pip-version-check numpy==2.3.5
"$folder/2.4.6/bin/pip" install --quiet --no-compile --disable-pip-version-check numpy==2.4.6
paths() { # version, features to close
  NPY_DISABLE_CPU_FEATURES="$2" "$folder/$1/bin/python" "$folder/paths.py" 2> "$folder/said"
  test ! -s "$folder/said" || { echo "changed: numpy $1 says: $(cat "$folder/said")"; exit 1; }
}
avx2='import sys; from numpy._core._multiarray_umath import __cpu_features__ as f; sys.exit(not f["AVX2"])'
if ! "$folder/2.3.5/bin/python" -c "$avx2"; then
  echo "not tried: this processor has no AVX2"
  exit 0
fi
test "$(paths 2.3.5 "AVX2 FMA3")" != "$(paths 2.3.5 "")" || { echo "changed: 2.3.5 ignores AVX2"; exit 1; }
echo "numpy 2.3.5: old names obeyed"
test "$(paths 2.4.6 "AVX2 FMA3")" = "$(paths 2.4.6 "")" || { echo "changed: 2.4.6 obeys AVX2"; exit 1; }
echo "numpy 2.4.6: old names ignored without a word"
closed=$(paths 2.4.6 X86_V3)
test "$closed" != "$(paths 2.4.6 "")" || { echo "changed: 2.4.6 ignores X86_V3"; exit 1; }
[[ $closed == *", true]" ]] || { echo "changed: __cpu_features__ follows"; exit 1; }
echo "numpy 2.4.6: new name obeyed, while AVX2 is still said to be on"
NPY_DISABLE_CPU_FEATURES="AVX2 FMA3" "$folder/2.4.6/bin/python" -W always -c "import numpy" 2>&1 |
  grep -q "ImportWarning" || { echo "changed: no ImportWarning"; exit 1; }
