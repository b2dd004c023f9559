"""Pieces of track -> one track a glint: a lens that faded and came back is one lens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.optics.quantiles import middle
from detector.optics.rows import Rows


@dataclass(frozen=True, slots=True)
class JoinLimits:
    """Distances in px of the room picture (see `Motion.to_room`)."""

    together_px: float = 4.0
    """Two pieces seen in turn over the same time: a lamp that one track held lit and another dark."""
    apart_px: float = 5.0
    apart_growth_px: float = 0.35
    apart_most_px: float = 20.0
    """Parallax moves a near thing over the room picture while it is out of sight."""
    longest_gap: int = 150
    """Frames: after five seconds the places have drifted, and something else may stand there."""
    shared_frames: float = 0.05
    """Pieces seen in the same frames are two things."""


def join(pieces: Sequence[Rows], limits: JoinLimits | None = None) -> list[Rows]:
    """Joins pieces of the same place; each result is in frame order with one row a frame."""
    limits = limits or JoinLimits()
    ordered = sorted(pieces, key=lambda rows: -int(np.count_nonzero(rows["seen"])))
    whole: list[Rows] = []
    sights: list[_Seen] = []
    outlines = np.zeros((_COLUMNS, len(ordered)))
    for piece in ordered:
        sight, others = _seen(piece), outlines[:, : len(whole)]
        outline = _outline(sight)
        wait = _waits(others, outline)
        mates = [i for i in _neighbours(others, outline, wait, limits) if wait[i] > 0 or _same_place(sights[i], sight, limits)]
        place = min(mates, key=lambda i: max(wait[i], 0.0), default=len(whole))
        if place == len(whole):
            whole.append(piece)
            sights.append(sight)
        else:
            whole[place] = _merged(whole[place], piece)
            sights[place] = _seen(whole[place])
            outline = _outline(sights[place])
        outlines[:, place] = outline
    return whole


@dataclass(frozen=True, slots=True)
class _Seen:
    """Frames (n) in which a piece was seen, and where: (2, n) x, y of the picture and of the room picture."""

    frame: NDArray[np.int32]
    at: NDArray[np.float32]
    room: NDArray[np.float32]


def _seen(rows: Rows) -> _Seen:
    seen = rows["seen"]
    return _Seen(rows["frame"][seen], *(np.array([rows[x][seen], rows[y][seen]]) for x, y in (("x", "y"), ("room_x", "room_y"))))


Outlines = NDArray[np.float64]
"""(12, n): when pieces were first and last seen (frames), where they started and ended, the box they stayed in (room pixels)
and how they went at their ends (room pixels a frame), each as x and y."""
_FIRST, _LAST, _START, _END, _LOW, _HIGH, _GO, _COLUMNS = 0, 1, 2, 4, 6, 8, 10, 12

GO_ROWS = 10
GO_FRAMES = 20
"""How long a piece is thought to go on as it went: longer, the error of its speed is worth more than its motion."""


def _outline(seen: _Seen) -> Outlines:
    """(12) of one piece."""
    frame, last = seen.frame[-GO_ROWS:], seen.room[:, -GO_ROWS:]
    go = (last[:, -1] - last[:, 0]) / max(1, int(frame[-1] - frame[0]))
    ends = (middle(part) for part in (seen.room[:, :3], seen.room[:, -3:]))
    return np.concatenate([seen.frame[[0, -1]], *ends, seen.room.min(axis=1), seen.room.max(axis=1), go], dtype=np.float64)


def _waits(others: Outlines, piece: Outlines) -> NDArray[np.float64]:
    """Frames between a piece and each of the others, below 0 when they interleave."""
    return np.asarray(np.maximum(piece[_FIRST] - others[_LAST], others[_FIRST] - piece[_LAST]), np.float64)


def _neighbours(others: Outlines, piece: Outlines, wait: NDArray[np.float64], limits: JoinLimits) -> list[int]:
    """Those that the piece could be part of, from the outlines alone."""
    reach = np.minimum(limits.apart_px + limits.apart_growth_px * wait, limits.apart_most_px)
    in_turn = (wait > 0) & (wait <= limits.longest_gap) & (_distance(others, piece, wait) <= reach)
    boxes = wait <= 0
    for axis in (0, 1):
        boxes &= others[_LOW + axis] <= piece[_HIGH + axis] + limits.together_px
        boxes &= others[_HIGH + axis] >= piece[_LOW + axis] - limits.together_px
    return np.flatnonzero(in_turn | boxes).tolist()


def _distance(others: Outlines, piece: Outlines, wait: NDArray[np.float64]) -> NDArray[np.float64]:
    """From where one ended to where the one after it started, standing still or going on as it went: what is
    nearer than the wall creeps over the room picture while the camera walks.
    """
    follows, ahead = piece[_FIRST] > others[_LAST], np.minimum(wait, GO_FRAMES)
    still, gone = [], []
    for axis in (0, 1):
        way = np.where(follows, piece[_START + axis] - others[_END + axis], others[_START + axis] - piece[_END + axis])
        still.append(way)
        gone.append(way - ahead * np.where(follows, others[_GO + axis], piece[_GO + axis]))
    return np.asarray(np.sqrt(np.minimum(still[0] ** 2 + still[1] ** 2, gone[0] ** 2 + gone[1] ** 2)), np.float64)


def _same_place(one: _Seen, other: _Seen, limits: JoinLimits) -> bool:
    """Whether two pieces that are not far apart are one: never in the same frames, and where both
    were watched over the same time, at the same place.
    """
    at = np.searchsorted(other.frame, one.frame)
    both = other.frame.take(at, mode="clip") == one.frame
    apart = np.hypot(*(one.at[:, both] - other.at[:, at[both]]))
    shared = np.count_nonzero(apart > limits.together_px)  # nearer, they are two peaks of one spot
    if shared > limits.shared_frames * min(len(one.frame), len(other.frame)):
        return False
    for long, short in ((one, other), (other, one)):
        inside = (short.frame >= long.frame[0]) & (short.frame <= long.frame[-1])
        if inside.any():
            x, y = (np.interp(short.frame[inside], long.frame, place) for place in long.room)
            return bool(middle(np.hypot(short.room[0, inside] - x, short.room[1, inside] - y)) <= limits.together_px)
    return True


def _merged(a: Rows, b: Rows) -> Rows:
    """One row a frame: a sighting rather than a miss, the brighter of two."""
    rows = np.concatenate([a, b])
    rows = rows[np.lexsort((-rows["level"], ~rows["seen"], rows["frame"]))]
    return rows[np.r_[True, np.diff(rows["frame"]) > 0]]
