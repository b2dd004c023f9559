"""Pieces of track -> one track a glint: a lens that faded and came back is one lens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.optics.median import middle
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
    ordered = sorted(pieces, key=lambda rows: -int(rows["seen"].sum()))
    whole: list[Rows] = []
    outlines = np.zeros(len(ordered), OUTLINE)
    for piece in ordered:
        outline = _outline(piece)
        mates = [i for i in _neighbours(outlines[: len(whole)], outline, limits) if _same_place(whole[i], piece, limits)]
        place = min(mates, key=lambda i: _gap(outlines[i], outline), default=len(whole))
        if place == len(whole):
            whole.append(piece)
        else:
            whole[place] = _merged(whole[place], piece)
            outline = _outline(whole[place])
        outlines[place] = outline
    return whole


OUTLINE = np.dtype([
    ("first", np.int64), ("last", np.int64),
    *((f"{name}_{axis}", np.float64) for name in ("start", "end", "low", "high", "go") for axis in "xy"),
])  # fmt: skip
Outline = np.ndarray
"""When a piece was seen, where it started and ended, the box it stayed in (room pixels) and how it
went at its end (room pixels a frame)."""

GO_ROWS = 10
GO_FRAMES = 20
"""How long a piece is thought to go on as it went: longer, the error of its speed is worth more than its motion."""


def _outline(rows: Rows) -> Outline:
    seen = rows[rows["seen"]]
    ends = [middle(part[f"room_{axis}"]) for part in (seen[:3], seen[-3:]) for axis in "xy"]
    box = [pick(seen[f"room_{axis}"]) for pick in (np.min, np.max) for axis in "xy"]
    last = seen[-GO_ROWS:]
    run = max(1, int(last["frame"][-1] - last["frame"][0]))
    go = [(last[f"room_{axis}"][-1] - last[f"room_{axis}"][0]) / run for axis in "xy"]
    return np.array((seen["frame"][0], seen["frame"][-1], *ends, *box, *go), OUTLINE)


def _gap(a: Outline, b: Outline) -> int:
    """Frames between two pieces, 0 when they interleave."""
    return max(0, int(b["first"] - a["last"]), int(a["first"] - b["last"]))


def _neighbours(others: Outline, piece: Outline, limits: JoinLimits) -> list[int]:
    """Those that the piece could be part of, from the outlines alone."""
    gap = np.maximum(0, np.maximum(piece["first"] - others["last"], others["first"] - piece["last"]))
    reach = np.minimum(limits.apart_px + limits.apart_growth_px * gap, limits.apart_most_px)
    follows, precedes = _distance(others, piece, gap), _distance(piece, others, gap)
    in_turn = (gap > 0) & (gap <= limits.longest_gap) & (np.where(piece["first"] > others["last"], follows, precedes) <= reach)
    slack = limits.together_px
    boxes = np.ones(len(others), np.bool_)
    for axis in "xy":
        boxes &= others[f"low_{axis}"] - slack <= piece[f"high_{axis}"]
        boxes &= piece[f"low_{axis}"] - slack <= others[f"high_{axis}"]
    return np.flatnonzero(in_turn | ((gap == 0) & boxes)).tolist()


def _distance(before: Outline, after: Outline, gap: NDArray[np.int64]) -> NDArray[np.float64]:
    """From where one ended to where another started, standing still or going on as it went: what is
    nearer than the wall creeps over the room picture while the camera walks.
    """
    x, y = (after[f"start_{axis}"] - before[f"end_{axis}"] for axis in "xy")
    ahead = np.minimum(gap, GO_FRAMES)
    gone = np.hypot(x - ahead * before["go_x"], y - ahead * before["go_y"])
    return np.asarray(np.minimum(np.hypot(x, y), gone), np.float64)


def _same_place(a: Rows, b: Rows, limits: JoinLimits) -> bool:
    """Whether two pieces that are not far apart are one: never in the same frames, and where both
    were watched over the same time, at the same place.
    """
    seen_a, seen_b = a[a["seen"]], b[b["seen"]]
    _, in_a, in_b = np.intersect1d(seen_a["frame"], seen_b["frame"], assume_unique=True, return_indices=True)
    apart = np.hypot(seen_a["x"][in_a] - seen_b["x"][in_b], seen_a["y"][in_a] - seen_b["y"][in_b])
    shared = int((apart > limits.together_px).sum())  # nearer, they are two peaks of one spot
    if shared > limits.shared_frames * min(len(seen_a), len(seen_b)):
        return False
    for one, other in ((seen_a, seen_b), (seen_b, seen_a)):
        inside = other[(other["frame"] >= one["frame"][0]) & (other["frame"] <= one["frame"][-1])]
        if len(inside):
            x, y = (np.interp(inside["frame"], one["frame"], one[c]) for c in ("room_x", "room_y"))
            return bool(middle(np.hypot(inside["room_x"] - x, inside["room_y"] - y)) <= limits.together_px)
    return True


def _merged(a: Rows, b: Rows) -> Rows:
    """One row a frame: a sighting rather than a miss, the brighter of two."""
    rows = np.concatenate([a, b])
    rows = rows[np.lexsort((-rows["level"], ~rows["seen"], rows["frame"]))]
    return rows[np.r_[True, np.diff(rows["frame"]) > 0]]
