#!/usr/bin/env bash
# The bounds test for cointegration reads the table for one regressor more than the model has.
#
# Versions: statsmodels 0.15.0, numpy 2.4.6
# Expected: UECMResults.bounds_test compares its statistic with the critical values of Pesaran, Shin
#   and Smith (2001) for the number of regressors, k: with three of them and a free constant
#   (case 3) 3.23 to 4.32 at 5 %, in the library's own table.
# Seen: with three regressors it shows those of k = 4, 2.88 to 4.01; one regressor gets those of two.
#   It looks the table up by the number of variables, the explained one included, while the table's
#   comment says that k counts regressors. Its own simulation (asymptotic=False) contradicts it.
#   The bounds are too low, so cointegration is found too often. On the Danish money demand the
#   p-value is 0.0021; by the row of k = 3 it is 0.0041, and R's package ARDL prints 0.0044 for the
#   same statistic, with k = 3. Version 0.14.6 does the same.
#   Output: regressors 1: shown [3.8 4.81], simulated [4.8 5.7], row k=1 of the table [4.92 5.72]
#   Output: regressors 3: shown [2.88 4.01], simulated [3.3 4.3], row k=3 of the table [3.23 4.32]
# Source: statsmodels/tsa/ardl/pss_critical_values.py (k), model.py (bounds_test looks up
#   len(ardl_order)); README of Natsiopoulos/ARDL on GitHub (bounds_f_test of ardl_3132, case 2).
#   No report of it was found.
set -euo pipefail
unset PYTHONPATH
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  statsmodels==0.15.0 pandas==3.1.1 numpy==2.4.6 scipy==1.17.1
"$folder/venv/bin/python" - <<'PY'
import warnings

import numpy as np
from statsmodels.datasets import danish_data
from statsmodels.tsa.ardl import UECM, pss_critical_values as tables

warnings.simplefilter("ignore")  # on settings of the regression
FREE_CONSTANT, FIVE_PERCENT = 3, list(tables.crit_percentiles).index(95)


def row(k):
    return [tables.crit_vals[k, FREE_CONSTANT, i1][FIVE_PERCENT] for i1 in (False, True)]


rng = np.random.default_rng(1)
for k in (1, 3):
    walks = rng.standard_normal((1000, k + 1)).cumsum(axis=0)
    fit = UECM(walks[:, 0], 1, walks[:, 1:], 1, trend="c").fit()
    shown = fit.bounds_test(FREE_CONSTANT).critical_values.loc[95]
    test = fit.bounds_test(FREE_CONSTANT, asymptotic=False, nsim=5_000, rng=1)
    simulated = test.critical_values.loc[95]
    print(f"regressors {k}: shown {np.round(list(shown), 2)}, simulated "
          f"{np.round(list(simulated), 1)}, row k={k} of the table {np.round(row(k), 2)}")
    assert np.allclose(shown, row(k + 1)), "changed: another row is shown"
    assert np.allclose(simulated, row(k), atol=0.2), "changed: the simulation gives other bounds"

data = danish_data.load_pandas().data.reset_index(drop=True)
order = {"lry": 1, "ibo": 3, "ide": 2}
fit = UECM(data["lrm"], 3, data[list(order)], order, trend="c").fit()
test = fit.bounds_test(2)
print(f"Danish money demand: F {test.statistic:.4f}, p {test.pvalue['upper']:.4f}")
assert abs(test.statistic - 5.1168) < 1e-4, "changed: another statistic"
assert abs(test.pvalue["upper"] - 0.0021) < 1e-4, "changed: another p-value"
PY
