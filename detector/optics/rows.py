"""What was seen of each track, a row a track and frame, bounded however long the video is.

Rows are gathered by columns, frame after frame, and become records only when their track has ended:
filling records field by field would cost more than finding the glints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detector.optics.photometry import Patches, measure, together

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

PLACED = ("x", "y", "level", "beside", "crowd", "drift", "around", "room_x", "room_y", "outline")
MEASURES = ("peak", "floor", "ring", "flux", "width", "long", "core", "rough", "far", "through", "moat")
TINT = ("blue", "green", "red")
LEVELS = (*PLACED, *MEASURES, *TINT)
ROW = np.dtype([
    ("track", np.int32), ("frame", np.int32), ("seen", np.bool_), ("measured", np.bool_),
    *((name, np.float32) for name in LEVELS),
])  # fmt: skip
"""One look at one track: `seen` with a spot there, `measured` with its glint measured (else those
fields are 0).  `beside` is the distance in px to the nearest other spot of at least a third of its
level, `crowd` how many such spots lie within 40 px, `drift` how far it moves per frame beyond its
surroundings, `around` the mean level of the picture about it (some 50 px wide), `room_x, room_y` the
place in pixels of the first frame, `outline` by how much the roundest edge about it exceeds those inside, 0 where nobody looked."""

Rows = np.ndarray

THIN_ABOVE = 240
"""Rows kept of one track before half of them are let go."""


@dataclass(frozen=True, slots=True)
class Looks:
    """Rows of one frame: (n) `track` and `seen`, (10, n) `placed` with the columns of `PLACED`; `measured`
    holds the places among them of the spots that `patches` were cut from.
    """

    frame: int
    track: IntArray
    seen: BoolArray
    placed: FloatArray
    measured: IntArray
    patches: Patches


class RowLog:
    """Keeps the rows of live tracks and hands out those of tracks that ended."""

    def __init__(self) -> None:
        self._looks: list[Looks] = []
        self._kept = np.zeros(0, ROW)

    def add(self, looks: Looks) -> None:
        """Takes the rows of the next frame in."""
        if len(looks.track):
            self._looks.append(looks)

    def ended(self, live: IntArray, unwanted: IntArray | None = None) -> list[Rows]:
        """The rows of every track that is neither among the `live` nor the `unwanted` numbers (both rising), each in
        frame order.
        """
        table = np.concatenate([self._kept, _records(self._looks)])
        self._looks = []
        alive = _among(live, table["track"])
        self._kept = _thinned(table[alive])
        over = np.flatnonzero(~alive if unwanted is None else ~(alive | _among(unwanted, table["track"])))
        over = over[np.argsort(table["track"][over], kind="stable")]
        cuts = np.flatnonzero(np.diff(table["track"][over], prepend=-1, append=-1)).tolist()
        # a table of its own for each: a view would keep all of it in memory for as long as one track is of interest
        return [table[over[first:end]] for first, end in pairwise(cuts)]


def _records(looks: Sequence[Looks]) -> Rows:
    """The rows of some frames, measured all at once: frame by frame it would take five times as long."""
    many = [len(look.track) for look in looks]
    rows = np.zeros(sum(many), ROW)
    if not len(rows):
        return rows
    rows["frame"] = np.repeat([look.frame for look in looks], many)
    rows["track"] = np.concatenate([look.track for look in looks])
    rows["seen"] = np.concatenate([look.seen for look in looks])
    for name, column in zip(PLACED, np.concatenate([look.placed for look in looks], axis=1), strict=True):
        rows[name] = column
    starts = np.cumsum([0, *many[:-1]])
    which = np.concatenate([start + look.measured for start, look in zip(starts, looks, strict=True)])
    patches = [look.patches for look in looks if len(look.patches)]
    if not patches:
        return rows
    glints = measure(together(patches))
    rows["measured"][which] = True
    for name in MEASURES:
        rows[name][which] = getattr(glints, name)
    for name, column in zip(TINT, glints.tint.T, strict=True):
        rows[name][which] = column
    return rows


def _among(live: IntArray, number: NDArray[np.int32]) -> BoolArray:
    if not len(live):
        return np.zeros(len(number), np.bool_)
    return np.asarray(live[np.clip(np.searchsorted(live, number), 0, len(live) - 1)] == number)


def _thinned(table: Rows) -> Rows:
    """The table with half of `THIN_ABOVE` rows of every track that has more."""
    if not len(table):
        return table
    number = table["track"] - table["track"].min()
    long = np.flatnonzero((np.bincount(number) > THIN_ABOVE)[number])
    if not len(long):
        return table
    # By lot and not by parity, which may be the rhythm of the torch.  A frame has the same lot for
    # every track, so that what was seen together stays together, and at every time, so that a long
    # track is not forgotten from its beginning.
    lot = np.random.default_rng(0).random(int(table["frame"].max()) + 1)[table["frame"][long]]
    order = long[np.lexsort((lot, number[long]))]
    starts = np.flatnonzero(np.diff(number[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    kept = np.ones(len(table), np.bool_)
    kept[order[rank >= THIN_ABOVE // 2]] = False
    return np.asarray(table[kept])
