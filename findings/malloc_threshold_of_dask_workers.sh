#!/usr/bin/env bash
# Any MALLOC_TRIM_THRESHOLD_, even a huge one, slows NumPy down; Dask sets one for its workers.
#
# Versions: numpy 2.4.6, distributed 2026.8.0, with the GNU C library on Linux
# Expected: the variable says how much freed memory is kept before it is given back, so the 64 KiB that
#   Dask sets cost a little time, and a gigabyte keeps everything and costs nothing.
# Seen: a gigabyte costs as much as 64 KiB. To set the variable at all switches off a habit of the C
#   library, that of raising the size from which a block gets pages of its own, once such a block
#   was freed. That size then stays at 128 KiB, and every larger array is mapped, filled page by page
#   and unmapped each time it is made. A hundred arrays of 16 MB took 391,000 fresh pages and 1.3 to
#   1.8 seconds with either value or on a Dask worker; 3,900 and 0.2 without the variable. With
#   MALLOC_MMAP_THRESHOLD_=33554432, the largest value allowed, beside the gigabyte they took 0 and 0.2.
#   Output: unset 3906 pages; 65536 390700; 1073741824 390700; both thresholds 0; Dask worker 390722
# Source: mallopt(3), M_TRIM_THRESHOLD and M_MMAP_THRESHOLD; Dask manual, "Worker Memory Management",
#   "Automatically trim memory"; dask/distributed#3898 on GitHub
set -euo pipefail
unset PYTHONPATH MALLOC_TRIM_THRESHOLD_ MALLOC_MMAP_THRESHOLD_
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if ! getconf GNU_LIBC_VERSION > "$folder/said" 2>&1; then
  echo "not tried: another C library"
  exit 0
fi
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
  numpy==2.4.6 distributed==2026.8.0 dask==2026.8.0
cat > "$folder/pages.py" <<'PY'
"""How often a loop takes a fresh page of memory: here, or on a Dask worker."""
import resource
import sys

import numpy as np


def pages():
    price = np.ones(2_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(100):
        price * 2
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


if __name__ == "__main__":
    if sys.argv[1] == "here":
        pages()  # once before, so that such a block has been freed
        print(pages())
    else:
        from distributed import Client

        with Client(n_workers=1, threads_per_worker=1, dashboard_address=None) as client:
            client.submit(pages, pure=False).result()
            print(client.submit(pages, pure=False).result())
PY
cd "$folder"
export NUMPY_MADVISE_HUGEPAGE=0 # pages of one size, so that their number is the same everywhere
none=$(venv/bin/python pages.py here)
little=$(MALLOC_TRIM_THRESHOLD_=65536 venv/bin/python pages.py here)
huge=$(MALLOC_TRIM_THRESHOLD_=1073741824 venv/bin/python pages.py here)
both=$(MALLOC_TRIM_THRESHOLD_=1073741824 MALLOC_MMAP_THRESHOLD_=33554432 venv/bin/python pages.py here)
worker=$(venv/bin/python pages.py there 2> said)
echo "unset $none pages; 65536 $little; 1073741824 $huge; both thresholds $both; Dask worker $worker"
(( little > 10 * none && huge > 10 * none )) || { echo "changed: the variable costs little"; exit 1; }
(( worker > 10 * none )) || { echo "changed: Dask's workers are not slowed"; exit 1; }
(( huge > 10 * both )) || { echo "changed: both thresholds do not help"; exit 1; }
