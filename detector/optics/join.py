"""Pieces of track -> one track a glint: a lens that faded and came back is one lens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.optics.track import Rows


@dataclass(frozen=True, slots=True)
class JoinLimits:
    """Distances in px of the room picture (see `Motion.to_room`)."""

    together_px: float = 4.0
    """Two pieces seen in turn over the same time: a lamp that one track held lit and another dark."""
    apart_px: float = 5.0
    apart_growth_px: float = 0.25
    apart_most_px: float = 20.0
    """Parallax moves a near thing over the room picture while it is out of sight."""
    shared_frames: float = 0.05
    """Pieces seen in the same frames are two things."""


def join(pieces: Sequence[Rows], limits: JoinLimits | None = None) -> list[Rows]:
    """Joins pieces of the same place; each result is in frame order with one row a frame."""
    limits = limits or JoinLimits()
    whole: list[Rows] = []
    for piece in sorted(pieces, key=lambda rows: -int(rows["seen"].sum())):
        mates = [i for i, other in enumerate(whole) if _same_place(other, piece, limits)]
        if mates:
            nearest = min(mates, key=lambda i: _gap(whole[i], piece))
            whole[nearest] = _merged(whole[nearest], piece)
        else:
            whole.append(piece)
    return whole


def _span(rows: Rows) -> tuple[int, int]:
    frames = rows["frame"][rows["seen"]]
    return int(frames[0]), int(frames[-1])


def _gap(a: Rows, b: Rows) -> int:
    """Frames between the two pieces, 0 when they interleave."""
    (a0, a1), (b0, b1) = _span(a), _span(b)
    return max(0, b0 - a1, a0 - b1)


def _same_place(a: Rows, b: Rows, limits: JoinLimits) -> bool:
    seen_a, seen_b = a[a["seen"]], b[b["seen"]]
    if abs(seen_a["room_x"][0] - seen_b["room_x"][0]) > 400 or abs(seen_a["room_y"][0] - seen_b["room_y"][0]) > 400:
        return False
    shared = np.intersect1d(seen_a["frame"], seen_b["frame"]).size
    if shared > limits.shared_frames * min(len(seen_a), len(seen_b)):
        return False
    gap = _gap(a, b)
    if gap:
        before, after = (seen_a, seen_b) if seen_a["frame"][-1] < seen_b["frame"][0] else (seen_b, seen_a)
        far = np.hypot(*(np.median(before[c][-3:]) - np.median(after[c][:3]) for c in ("room_x", "room_y")))
        return bool(far <= min(limits.apart_px + limits.apart_growth_px * gap, limits.apart_most_px))
    inside = seen_b[(seen_b["frame"] >= seen_a["frame"][0]) & (seen_b["frame"] <= seen_a["frame"][-1])]
    if not len(inside):
        inside, seen_a = seen_a[(seen_a["frame"] >= seen_b["frame"][0]) & (seen_a["frame"] <= seen_b["frame"][-1])], seen_b
    x, y = (np.interp(inside["frame"], seen_a["frame"], seen_a[c]) for c in ("room_x", "room_y"))
    return bool(np.median(np.hypot(inside["room_x"] - x, inside["room_y"] - y)) <= limits.together_px)


def _merged(a: Rows, b: Rows) -> Rows:
    """One row a frame: a sighting rather than a miss, the brighter of two."""
    rows = np.concatenate([a, b])
    rows = rows[np.lexsort((-rows["level"], ~rows["seen"], rows["frame"]))]
    return rows[np.r_[True, np.diff(rows["frame"]) > 0]]
