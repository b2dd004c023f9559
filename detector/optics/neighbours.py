"""What stands near what: tracks and spots that may belong together, and the company that a spot keeps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detector.optics import glint
from detector.optics.standout import SMOOTH_PX, Standout

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.intp]

ALONE = 999.0
"""Distance in px that stands for "nothing near"."""
CROWD_PX = 40.0
MOST_COMPARED = 100
"""Strongest spots of a frame that others are compared with: bounds the work on terrazzo."""
_ABOUT = np.array([(x, y) for y in range(-10, 11, 2) for x in range(-10, 11, 2) if 3 < np.hypot(x, y) < 10.5])
_BEYOND_PX = 12.0
"""Where another spot may stand that is taken for it, as far as a glance goes, and what it says of what is farther."""


def first_of(keys: IntArray, count: int) -> IntArray:
    """Places of the first of each key, in order of place."""
    first = np.full(count, -1, np.intp)
    first[keys[::-1]] = np.arange(len(keys) - 1, -1, -1)
    return np.sort(first[first >= 0])


def pairs_within(expected: FloatArray, spots: glint.Spots, gate: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """All (track, spot, distance) closer than the track's gate, from the spots in its band of rows."""
    order = np.argsort(spots.y)
    y = spots.y[order]
    first = np.searchsorted(y, expected[:, 1] - gate)
    count = np.searchsorted(y, expected[:, 1] + gate, side="right") - first
    track = np.repeat(np.arange(len(expected)), count)
    spot = order[np.arange(len(track)) + np.repeat(first - np.cumsum(count) + count, count)]
    far = np.hypot(spots.x[spot] - expected[track, 0], spots.y[spot] - expected[track, 1])
    near = far <= gate[track]
    return track[near], spot[near], far[near]


def company(spots: glint.Spots, which: IntArray, others: IntArray, peak: FloatArray) -> tuple[FloatArray, FloatArray]:
    """For each of `which` spots: distance of the nearest of the `others` with a third of its mass, and how
    many of those within `CROWD_PX` are alike in peak as well.

    A saturated point on a bright pattern is alone: the pattern's own marks stay below saturation.
    """
    own, mass = np.split(spots.standout.mass(spots.peaks[np.concatenate([which, others])]), [len(which)])
    far = _squares(spots.x[which], spots.y[which], spots, others)
    far[(mass < own[:, None] / 3) | (which[:, None] == others)] = ALONE**2
    alike = peak[others] >= peak[which, None] - glint.ALIKE_PEAK
    return np.sqrt(far.min(axis=1, initial=ALONE**2)), ((far <= CROWD_PX**2) & alike).sum(axis=1).astype(np.float32)


def nearest_like(at: FloatArray, level: FloatArray, spots: glint.Spots) -> FloatArray:
    """Distance from each place to the nearest spot of at least half the level that was last seen there."""
    bright = slice(MOST_COMPARED)
    far = _squares(at[:, 0], at[:, 1], spots, bright)
    far[spots.level[bright] < 0.5 * level[:, None]] = ALONE**2
    return np.asarray(np.sqrt(far.min(axis=1, initial=ALONE**2)), np.float32)


def nearest_place(at: FloatArray, level: FloatArray, standout: Standout) -> FloatArray:
    """`nearest_like` by what stands out around each place itself."""
    reach = int(np.abs(_ABOUT).max()) + SMOOTH_PX
    inner = np.clip(np.rint(at).astype(np.intp), reach, np.array(standout.luma.shape[::-1]) - 1 - reach)
    like = standout.levels(inner, _ABOUT) >= 0.5 * level[:, None]
    return np.asarray(np.where(like, np.hypot(*_ABOUT.T), _BEYOND_PX).min(axis=1, initial=_BEYOND_PX), np.float32)


def _squares(x: FloatArray, y: FloatArray, spots: glint.Spots, others: IntArray | slice) -> FloatArray:
    """Squared distances of places to spots, (places, spots)."""
    return np.asarray((x[:, None] - spots.x[others]) ** 2 + (y[:, None] - spots.y[others]) ** 2, np.float32)
