"""Whether a glint stands in the middle of something round and plain.

A glossy ball, knob or kettle mirrors a torch beside the camera where its surface faces the camera: in the middle of its
outline.  A lens sits where somebody put it, and round hosts of one (a clock, a loudspeaker) have a pattern inside.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detector.optics.view import View

FloatArray = NDArray[np.float32]

DIRECTIONS = 16
RADII = np.arange(3, 36)
"""In px of the small picture, half of them in 720p; the bloom of a glint ends before."""
LEAST = 7
"""Of a radius: a smaller outline may be the hole or the barrel of a lens."""
INSIDE = 3
"""Px by which the inside ends before the outline, which is soft and not quite a circle."""
MOST_OPEN = 4
"""Directions in which the outline may be missing, where what is behind is as light or the thing stands on a foot."""
SOFT = 25.0
"""Grey levels added to both sides: in the dark a few levels of noise are no edge."""
NONE = 0.001
"""No outline at all, told apart from the 0 of a place that was not looked at."""

_ANGLE = (np.arange(DIRECTIONS) + 0.5) * (2 * np.pi / DIRECTIONS)
_X, _Y = (np.rint(np.outer(one, RADII)).astype(np.intp) for one in (np.cos(_ANGLE), np.sin(_ANGLE)))
_EDGES = RADII[1:-1]
_WIDE_ENOUGH = np.flatnonzero(_EDGES >= LEAST)


def outlines(view: View, x: FloatArray, y: FloatArray) -> FloatArray:
    """By how much the roundest edge about each of (n) places in px of `view.luma` exceeds those inside it; `NONE` at least.

    An edge is the change of level over two px of `view.small`, outwards, as a share of the level.  Of a round one counts
    the weakest direction but `MOST_OPEN`, of the inside the strongest but one at every radius.
    """
    edge = _edges(view, x, y)
    near = edge.copy()
    np.maximum(near[..., 1:], edge[..., :-1], out=near[..., 1:])
    np.maximum(near[..., :-1], edge[..., 1:], out=near[..., :-1])
    around = np.partition(near[..., _WIDE_ENOUGH], MOST_OPEN, axis=1)[:, MOST_OPEN]
    strong = np.partition(edge, DIRECTIONS - 2, axis=1)[:, DIRECTIONS - 2]
    inside = np.cumsum(strong, axis=1) / np.arange(1, len(_EDGES) + 1)
    return np.asarray((around - inside[:, _WIDE_ENOUGH - INSIDE]).max(axis=1, initial=NONE), np.float32)


def _edges(view: View, x: FloatArray, y: FloatArray) -> FloatArray:
    """(n, `DIRECTIONS`, radii) edges outwards from each place; beyond the border the picture goes on as it is there."""
    h, w = view.small.shape
    column, row = (np.rint(view.scale * at).astype(np.intp)[:, None, None] for at in (x, y))
    column, row = np.clip(column + _X, 0, w - 1), np.clip(row + _Y, 0, h - 1)
    level = view.small.reshape(-1).take(row * w + column).astype(np.float32)
    inner, outer = level[..., :-2], level[..., 2:]
    return np.asarray(np.abs(outer - inner) / (0.5 * (outer + inner) + SOFT), np.float32)
