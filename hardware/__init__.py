"""The touching half of roomsweep: every door to the outside world has exactly one file here."""

import os

# The search multiplies many small matrices, for which threads cost more than they bring: left to
# itself numpy's BLAS keeps all processors spinning.  It reads this once, when numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
