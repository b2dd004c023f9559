"""Rows of equal keys brought together, each group in the order of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]

MOST_ROWS = 1 << 16
"""Rows of one batch: their numbers share a 64-bit word with a hash of 48 bits while sorting."""

_MIX = tuple(np.uint64(odd) for odd in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F))
_TABLE = 1 << 13  # places: a batch has some hundred different keys, and this fits into the fastest memory
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


def alike_keys(columns: Sequence[NDArray[np.uint64]]) -> Whole:
    """For each of at most `MOST_ROWS` keys, given as columns, the place of a key that is equal: mostly of
    the first one.

    Found by tables with a place for each hash, and then compared: those that share a place with another
    key are looked up in a second table, then in a third, and then stand for themselves.
    """
    word = _mixed(columns)
    found = np.arange(word.size)
    left = found
    for shift in (51, 38, 25):
        place = (word[left] >> np.uint64(shift)) & np.uint64(_TABLE - 1)
        table = np.empty(_TABLE, np.int64)
        table[place[::-1]] = left[::-1]
        first = table[place]
        equal = np.ones(left.size, bool)
        for column in columns:
            equal &= column[left] == column[first]
        if equal.all():
            found[left] = first
            break
        found[left[equal]] = first[equal]
        left = left[~equal]
    return found


def by_number(number: Whole, most: int) -> Groups:
    """Groups of at most `MOST_ROWS` rows that have the same number, from 0 to below `most`; the rest is left out."""
    sizes = np.bincount(number, minlength=most)[:most]
    sizes = sizes[sizes > 0]
    ends = np.cumsum(sizes)
    rows = np.argsort(number.astype(np.uint16), kind="stable")[: ends[-1] if ends.size else 0]
    return Groups(rows, ends - sizes, np.repeat(np.arange(sizes.size), sizes))


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
    return _mixed([keys[:, column] for column in range(keys.shape[1])])


def _mixed(columns: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """A hash of each key, whose upper bits depend on all of it."""
    word = np.zeros(columns[0].size, np.uint64)
    for column, odd in zip(columns, cycle(_MIX)):
        word ^= column
        word *= odd
        word ^= word >> np.uint64(29)
    return word * _MIX[0]
