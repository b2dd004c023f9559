"""How far pixels stand out from what surrounds them, told at the places asked for alone.

A picture of a million pixels has a hundred places worth a look: differences, smoothing and lines are only worked out there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Standout:
    """How far the pixels of a picture stand above the higher of their line openings, in grey levels.

    `luma` (h, w) is the picture, `ground` its openings at 1 / `shrink` of that size: they are smooth.
    Differences are only taken where they are asked for.
    """

    luma: NDArray[np.uint8]
    ground: NDArray[np.uint8]
    shrink: int

    @property
    def top(self) -> NDArray[np.uint8]:
        """(h, w) the whole picture of what stands out, not smoothed."""
        h, w = self.luma.shape
        ground = self.ground if self.shrink == 1 else cv2.resize(self.ground, (w, h), interpolation=cv2.INTER_NEAREST)
        return np.asarray(cv2.subtract(self.luma, ground), np.uint8)

    def levels(self, peaks: IntArray, offsets: IntArray) -> FloatArray:
        """(n, m) smoothed levels at (m, 2) x, y offsets from (n, 2) whole pixels, which lie at least
        the longest offset and `SMOOTH_PX` inside the picture.
        """
        reach = int(np.abs(offsets).max(initial=0)) + SMOOTH_PX
        return np.asarray(self._patches(peaks, reach) @ _smoothing(reach, tuple(map(tuple, offsets.tolist()))), np.float32)

    def highest(self, places: IntArray) -> NDArray[np.uint8]:
        """Level, not smoothed, of the highest pixel of the picture under each of (n, 2) pixels of the small one, where a
        point loses more of its height than what is broader.
        """
        x, y = places.T
        under = (y * self.luma.shape[1] + x)[:, None] * self.shrink + _block(self.shrink, self.luma.shape[1])
        level = self.luma.reshape(-1).take(under).max(axis=1, initial=0)
        below = self.ground.reshape(-1).take(y * self.ground.shape[1] + x)
        return np.asarray(np.where(level > below, level - below, 0), np.uint8)

    def mass(self, peaks: IntArray) -> FloatArray:
        """Sum of the levels within three pixels of each whole-pixel x, y: it goes on growing with the
        light where the level itself has come to saturation.
        """
        return np.asarray(self._patches(peaks, 3).sum(axis=1), np.float32)

    def lines(self, peaks: IntArray, length: int) -> FloatArray:
        """By how much the line openings of the picture itself lie above `ground` at (n, 2) whole pixels:
        thin lines and edges are blunted in the small picture.
        """
        h, w = self.luma.shape
        column, row = (np.minimum(peaks[:, i] // self.shrink, n - 1) for i, n in enumerate(self.ground.shape[::-1]))
        x, y = peaks[:, 0, None], peaks[:, 1, None]
        arms = _arms(length)
        along = np.minimum(np.maximum(x + arms, 0), w - 1) + y * w
        down = np.minimum(np.maximum(y + arms, 0), h - 1) * w + x
        levels = self.luma.reshape(-1).take(np.concatenate([along, down], axis=1))
        arms = np.minimum.accumulate(levels.reshape(len(peaks), 2, 2, len(arms) // 2), axis=3)
        opened = np.minimum(arms[:, :, 0], arms[:, :, 1, ::-1]).max(axis=(1, 2), initial=0)
        return np.asarray(np.maximum(opened.astype(np.float32) - self.ground[row, column], 0.0), np.float32)

    def _patches(self, peaks: IntArray, reach: int) -> FloatArray:
        """(n, side * side) levels of the square about each place."""
        w, ground_w = self.luma.shape[1], self.ground.shape[1]
        x, y = peaks[:, 0], peaks[:, 1]
        level = self.luma.reshape(-1).take((y * w + x)[:, None] + square(reach, w)).astype(np.float32)
        if self.shrink == 1:
            below = (y * w + x)[:, None] + square(reach, w)
        else:
            # how a square lies over the small picture depends only on where between its pixels the middle is
            below = _square_below(reach, ground_w, self.shrink).take(y % self.shrink * self.shrink + x % self.shrink, axis=0)
            below += (y // self.shrink * ground_w + x // self.shrink)[:, None]
        # the rest that the small picture leaves out at the right and bottom edge has the level beside it
        level -= self.ground.reshape(-1).take(below, mode="clip")
        return np.asarray(np.maximum(level, 0.0, out=level), np.float32)


_STRIDE_PX = 3
"""A line or edge is one although only every third of its pixels is looked at."""
SMOOTH_PX = 2
"""Reach of two 3 x 3 binomial smoothings: they match the blur of a point, so that single noisy pixels do not compete."""


@cache
def _smoothing(reach: int, offsets: tuple[tuple[int, int], ...]) -> FloatArray:
    """Weights of a (2 reach + 1) square patch, flat, that give the smoothed level at each offset."""
    line = np.array([1, 4, 6, 4, 1], np.float32) / 16
    side = 2 * reach + 1
    weights = np.zeros((len(offsets), side, side), np.float32)
    for of, (dx, dy) in zip(weights, offsets, strict=True):
        x, y = reach + dx, reach + dy
        of[y - SMOOTH_PX : y + SMOOTH_PX + 1, x - SMOOTH_PX : x + SMOOTH_PX + 1] = np.outer(line, line)
    return weights.reshape(len(offsets), -1).T.copy()


@cache
def square(reach: int, width: int) -> IntArray:
    """Flat places of a (2 reach + 1) square about a pixel of a picture of this width, from that pixel."""
    span = np.arange(-reach, reach + 1)
    return (span[:, None] * width + span).reshape(-1)


@cache
def _block(side: int, width: int) -> IntArray:
    """Flat places of the pixels that a smaller one is made of, from the first of them."""
    return (np.arange(side)[:, None] * width + np.arange(side)).reshape(-1)


@cache
def _square_below(reach: int, width: int, shrink: int) -> IntArray:
    """The same in a picture of 1 / `shrink` of the size, `width` wide, from the pixel below the middle, for each
    place (y, x) that the middle may have in that pixel; (shrink * shrink, side * side).
    """
    span = np.arange(-reach, reach + 1)
    over = (np.arange(shrink)[:, None] + span) // shrink
    return np.stack([(over[y][:, None] * width + over[x]).reshape(-1) for y in range(shrink) for x in range(shrink)])


@cache
def _arms(length: int) -> IntArray:
    """Steps along the two arms of a line from its middle, one arm after the other."""
    half = np.arange(0, length, _STRIDE_PX)
    return np.concatenate([-half, half])
