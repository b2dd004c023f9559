"""Rows of equal keys brought together, each group in the order of its rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]

MOST_ROWS = 1 << 16
"""Rows of one batch: their numbers share a 64-bit word with a hash of 48 bits while sorting."""

_MIX = tuple(np.uint64(odd) for odd in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F))
_LOW = np.uint64(MOST_ROWS - 1)


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups in no order of their own.  rows: all rows, group after group.  begins: where each group
    begins in `rows`.  which: the group of each entry of `rows`.
    """

    rows: Whole
    begins: Whole
    which: Whole

    @property
    def first(self) -> Whole:
        """The first row of each group."""
        return self.rows[self.begins]

    @property
    def ends(self) -> Whole:
        """Where each group ends in `rows`."""
        return np.append(self.begins[1:], self.rows.size)


def grouped(keys: NDArray[np.uint64]) -> Groups:
    """Groups of at most `MOST_ROWS` keys, (n, k) words each.

    Sorted by a hash, which is checked: where two keys share one, the keys themselves are sorted.
    """
    count = len(keys)
    word = (_hashed(keys) & ~_LOW) | np.arange(count, dtype=np.uint64)
    word.sort()
    rows = (word & _LOW).astype(np.int64)
    new = np.ones(count, bool)
    new[1:] = (word[1:] ^ word[:-1]) > _LOW
    if (_differ(keys, rows) & ~new[1:]).any():
        rows = np.lexsort(keys.T)
        new[1:] = _differ(keys, rows)
    return Groups(rows, np.flatnonzero(new), np.cumsum(new) - 1)


def firsts(records: NDArray[np.void]) -> Whole:
    """Which records have none before them that is the same, byte by byte, in their order."""
    found = records.view(f"V{records.itemsize}").tolist()
    return np.sort(np.fromiter(dict(zip(reversed(found), range(len(found) - 1, -1, -1), strict=True)).values(), np.int64))


def _differ(keys: NDArray[np.uint64], rows: Whole) -> NDArray[np.bool_]:
    """Which keys, in the order of `rows`, differ from the one before."""
    width = keys.shape[1]
    ordered = np.ascontiguousarray(keys).view(f"V{8 * width}").ravel()[rows].view(np.uint64).reshape(-1, width)
    unlike = ordered[1:, 0] ^ ordered[:-1, 0]
    for column in range(1, width):
        unlike |= ordered[1:, column] ^ ordered[:-1, column]
    found: NDArray[np.bool_] = unlike != 0
    return found


def _hashed(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    word = np.zeros(len(keys), np.uint64)
    for column, odd in enumerate(_MIX[: keys.shape[1]]):
        word ^= keys[:, column]
        word *= odd
        word ^= word >> np.uint64(29)
    return word * _MIX[0]
