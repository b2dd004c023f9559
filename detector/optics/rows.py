"""What was seen of each track, a row a track and frame, bounded however long the video is.

Rows are gathered by columns, frame after frame, and become records only when their track has ended:
filling records field by field would cost more than finding the glints.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

MEASURES = ("peak", "floor", "ring", "flux", "width", "long", "core", "rough", "far")
LEVELS = ("x", "y", "level", *MEASURES, "blue", "green", "red", "beside", "crowd", "drift", "around", "room_x", "room_y")
ROW = np.dtype([
    ("track", np.int32), ("frame", np.int32), ("seen", np.bool_), ("measured", np.bool_),
    *((name, np.float32) for name in LEVELS),
])  # fmt: skip
"""One look at one track: `seen` with a spot there, `measured` with its glint measured (else those
fields are 0).  `beside` is the distance in px to the nearest other spot of at least a third of its
level, `crowd` how many such spots lie within 40 px, `drift` how far it moves per frame beyond its
surroundings, `around` the mean level of the picture about it (some 50 px wide), `room_x, room_y` the
place in pixels of the first frame."""

Rows = np.ndarray

THIN_ABOVE = 240
"""Rows kept of one track before half of them are let go."""


@dataclass(frozen=True, slots=True)
class Looks:
    """Rows of one frame as columns of equal length; `levels` has the names of `LEVELS`."""

    frame: int
    track: IntArray
    seen: BoolArray
    measured: BoolArray
    levels: dict[str, FloatArray]


class RowLog:
    """Keeps the rows of live tracks and hands out those of tracks that ended."""

    def __init__(self) -> None:
        self._looks: list[Looks] = []
        self._kept = np.zeros(0, ROW)

    def add(self, looks: Looks) -> None:
        """Takes the rows of the next frame in."""
        if len(looks.track):
            self._looks.append(looks)

    def ended(self, live: IntArray) -> list[Rows]:
        """The rows of every track not among the `live` numbers (rising), each in frame order."""
        table = np.concatenate([self._kept, _records(self._looks)])
        self._looks = []
        alive = _among(live, table["track"])
        self._kept = _thinned(table[alive])
        over = table[~alive]
        over = over[np.argsort(over["track"], kind="stable")]
        cuts = np.flatnonzero(np.diff(over["track"])) + 1
        # copies: a view would keep the whole table in memory for as long as one track is of interest
        return [rows.copy() for rows in np.split(over, cuts) if len(rows)]


def _records(looks: list[Looks]) -> Rows:
    rows = np.zeros(sum(len(look.track) for look in looks), ROW)
    if len(rows):
        rows["frame"] = np.repeat([look.frame for look in looks], [len(look.track) for look in looks])
        for name in ("track", "seen", "measured"):
            rows[name] = np.concatenate([getattr(look, name) for look in looks])
        for name in LEVELS:
            rows[name] = np.concatenate([look.levels[name] for look in looks])
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
