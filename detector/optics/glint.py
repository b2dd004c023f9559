"""A frame -> its glints: small spots brighter than what surrounds them, with sub-pixel positions.

A lens is smaller than the blur of the camera that looks at it (1.5 mm at 3 m is 0.4 px in 720p
video), so nothing here asks for a least area.  A spot must stand out from the line openings of the
picture in both directions, which takes out edges, ruled lines and everything wider than a glint.
Places are looked for at half size, where noise is less and a point blurred by a camera loses little;
how far each stands out is then measured in the picture itself, at these places alone.
Work is bounded: at most `per_tile` spots are kept in every tile, the ones that stand out most.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.optics.standout import SMOOTH_PX, Standout, square
from detector.optics.view import shrunk

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class GlintLimits:
    """What counts as a spot, in pixels of a 1280 px wide picture and grey levels of 0 to 255."""

    opening_px: int = 15
    """Wider bright things are surfaces, not glints; bloom of a saturated lens stays below."""
    least_contrast: float = 10.0
    """About four times the noise of a compressed 720p frame after smoothing."""
    halved_from_px: int = 900
    """Pictures this wide are first searched at half size, where a point blurred by a camera loses
    little; narrower ones at full size."""
    coarse_share: float = 0.45
    """What is left of a point's height at half size, at the least favourable place between pixels."""
    tile_px: int = 64
    per_tile: int = 4
    """Bounds the work on terrazzo and wallpaper: 4 in 64 x 64 px lost no lens in the shared clips."""
    most: int = 120
    """Bounds the work of a frame: with 200 neither more nor fewer lenses were found in the shared clips, among 129 moved
    ones and 29 in drawn rooms."""
    plateau_level: int = 60
    """Fainter maxima that adjoin are chance, and are told apart or joined when they are refined."""
    satellite_px: int = 13
    satellite_share: float = 0.35
    """Sharpening and bloom set faint spots round a strong one; they are part of it."""


ALIKE_PEAK = 25.0
"""Grey levels by which the peaks of two glints of one kind may differ."""
RADIUS = 7
"""How far from its peak a glint is measured, in px; nearer to the border nothing is looked for."""


@dataclass(frozen=True, slots=True)
class Spots:
    """All spots of one frame: x, y in px (float32, sub-pixel) and how far each stands out, in grey
    levels; `peaks` (n, 2) the whole-pixel x, y of their maxima; `standout` tells it of any place.
    """

    x: FloatArray
    y: FloatArray
    level: FloatArray
    peaks: IntArray
    standout: Standout

    def __len__(self) -> int:
        return len(self.x)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the picture."""
        return self.standout.luma.shape[0], self.standout.luma.shape[1]


class Finder:
    """Finds the spots of pictures of one size, in memory that it keeps: fresh memory for every step
    of every frame costs as much as the steps.
    """

    def __init__(self, limits: GlintLimits | None = None) -> None:
        self._limits = limits or GlintLimits()
        self._scratch: list[NDArray[np.uint8]] = []

    def find(self, luma: NDArray[np.uint8], half: NDArray[np.uint8] | None = None) -> Spots:
        """The spots of a frame given as (h, w) grey levels; the next call overwrites their `standout`.

        `half` is the same at half size, where somebody has it.
        """
        shrink = self._shrink(luma)
        if min(luma.shape) <= 2 * (RADIUS + shrink):
            none = np.zeros(0, np.float32)
            return Spots(none, none, none, np.zeros((0, 2), np.intp), Standout(luma, luma, 1))
        small = _small(luma, half, shrink)
        ground = self._ground(small, self._limits.opening_px // shrink | 1)
        standout = Standout(luma, ground, shrink)
        rough = _rough_peaks(np.asarray(cv2.subtract(small, ground, dst=self._scratch[0]), np.uint8), shrink, self._limits)
        rough = rough[_strongest(rough * shrink, standout.highest(rough), self._limits)]
        return _refined(rough * shrink + shrink // 2, standout, self._limits)

    def standout(self, luma: NDArray[np.uint8], half: NDArray[np.uint8] | None = None) -> Standout:
        """What stands out in a frame, without looking for spots; the next call overwrites it."""
        shrink = self._shrink(luma)
        return Standout(luma, self._ground(_small(luma, half, shrink), self._limits.opening_px // shrink | 1), shrink)

    def _shrink(self, luma: NDArray[np.uint8]) -> int:
        return 2 if luma.shape[1] >= self._limits.halved_from_px else 1

    def _ground(self, small: NDArray[np.uint8], length: int) -> NDArray[np.uint8]:
        """The higher of the line openings: edges and ruled lines are left, points are gone."""
        if not self._scratch or self._scratch[0].shape != small.shape:
            self._scratch = [np.empty(small.shape, np.uint8) for _ in range(3)]
        eroded, along, down = self._scratch
        for bar, opened in ((np.ones((1, length), np.uint8), along), (np.ones((length, 1), np.uint8), down)):
            cv2.dilate(cv2.erode(small, bar, dst=eroded), bar, dst=opened)
        return np.asarray(cv2.max(along, down, dst=along), np.uint8)


def _small(luma: NDArray[np.uint8], half: NDArray[np.uint8] | None, shrink: int) -> NDArray[np.uint8]:
    return half if half is not None and shrink == 2 and half.shape == (luma.shape[0] // 2, luma.shape[1] // 2) else shrunk(luma, shrink)


def find(luma: NDArray[np.uint8], limits: GlintLimits) -> Spots:
    """The spots of one picture given as (h, w) grey levels."""
    return Finder(limits).find(luma)


def _rough_peaks(top: NDArray[np.uint8], shrink: int, limits: GlintLimits) -> IntArray:
    """Maxima of a picture of what stands out, as (n, 2) x, y in its own pixels."""
    for _ in range(3 - shrink):
        top = np.asarray(cv2.GaussianBlur(top, (3, 3), 0), np.uint8)
    least = max(1.0, limits.least_contrast * (1.0 if shrink == 1 else limits.coarse_share))
    side = 5 if shrink == 1 else 3
    crest = np.asarray(cv2.dilate(top, np.ones((side, side), np.uint8)), np.uint8)
    cv2.max(crest, np.ceil(least), dst=crest)
    edge = PATCH_PX // shrink
    crest[:edge], crest[-edge:], crest[:, :edge], crest[:, -edge:] = 255, 255, 255, 255
    flat = np.flatnonzero(top >= crest)
    reach = limits.satellite_px // shrink | 1
    around = np.asarray(cv2.dilate(top, np.ones((reach, reach), np.uint8), dst=crest), np.uint8)
    level = top.reshape(-1).take(flat)
    own = level >= limits.satellite_share * around.reshape(-1).take(flat)
    flat, level = flat[own], level[own]
    wide = level >= limits.plateau_level
    y, x = np.divmod(np.concatenate([_middles(flat[wide], top.shape[1]), flat[~wide]]), top.shape[1])
    return np.stack([x, y], axis=1)


def _middles(flat: IntArray, width: int) -> IntArray:
    """The middle of each plateau of adjoining maxima; all are flat places, those given rising.

    A saturated glint is a plateau: told pixel by pixel it would take all the room of its tile.
    """
    if not len(flat):
        return flat
    leader = np.arange(len(flat))
    for step in (1 - width, -width, -1 - width, -1):
        before = np.searchsorted(flat, flat + step)
        leader = np.where(flat[before] == flat + step, before, leader)
    while (leader[leader] != leader).any():
        leader = leader[leader]
    _, plateau, size = np.unique(leader, return_inverse=True, return_counts=True)
    row, column = (np.rint(np.bincount(plateau, weights=each) / size).astype(np.intp) for each in np.divmod(flat, width))
    return np.asarray(row * width + column, np.intp)


_NEARBY = np.array([(x, y) for y in range(-3, 4) for x in range(-3, 4)])
_INNER = np.flatnonzero(np.abs(_NEARBY).max(axis=1) <= 2)
"""A maximum at half size is at most two pixels off; the circle outside serves the vertex."""
PATCH_PX = 3 + SMOOTH_PX
"""Reach of what the refinement reads about a rough maximum."""


def _refined(rough: IntArray, standout: Standout, limits: GlintLimits) -> Spots:
    """The maxima near `rough` places in the picture itself, strongest first."""
    w = standout.luma.shape[1]
    rough = rough[_inside(rough, standout.luma.shape, PATCH_PX)]
    nearby = standout.levels(rough, _NEARBY)
    best = _INNER[np.argmax(nearby[:, _INNER], axis=1)]
    here = nearby[np.arange(len(rough)), best]
    peaks = rough + _NEARBY[best]
    _, single = np.unique(peaks[:, 1] * w + peaks[:, 0], return_index=True)
    kept = single[(here[single] >= limits.least_contrast) & _inside(peaks[single], standout.luma.shape, RADIUS)]
    here[kept] -= standout.lines(peaks[kept], limits.opening_px)
    kept = kept[here[kept] >= limits.least_contrast]
    kept = kept[np.argsort(-here[kept], kind="stable")]
    x, y = (_vertex(nearby[kept], best[kept], step) for step in (1, 7))
    return Spots(peaks[kept, 0] + x, peaks[kept, 1] + y, np.minimum(here[kept], 255.0), peaks[kept], standout)


def _inside(places: IntArray, shape: tuple[int, ...], border: int) -> NDArray[np.bool_]:
    """Which (n, 2) x, y have `border` pixels beside them on all sides."""
    return np.asarray(np.all((places >= border) & (places < np.array(shape[::-1]) - border), axis=1))


def _vertex(nearby: FloatArray, best: IntArray, step: int) -> FloatArray:
    """Sub-pixel maximum from the parabola through each peak and its neighbours `step` columns away."""
    each = np.arange(len(nearby))
    here, before, after = (nearby[each, best + k] for k in (0, -step, step))
    return np.asarray(np.clip(0.5 * (after - before) / np.maximum(2 * here - before - after, 1.0), -0.5, 0.5), np.float32)


def _strongest(peaks: IntArray, level: NDArray[np.uint8], limits: GlintLimits) -> IntArray:
    """Rows of the strongest of each tile, strongest first."""
    tile = (peaks[:, 1] // limits.tile_px) * 1024 + peaks[:, 0] // limits.tile_px
    by_tile = np.argsort(tile * 256 + 255 - level, kind="stable")
    tile = tile[by_tile]
    crowded = by_tile[limits.per_tile :][tile[limits.per_tile :] == tile[: -limits.per_tile]]
    weak = np.zeros(len(peaks), np.bool_)
    weak[crowded] = True
    strong = np.flatnonzero(~weak)
    return strong[np.argsort(255 - level[strong], kind="stable")[: limits.most]]


def brightest(luma: NDArray[np.uint8], peaks: IntArray) -> FloatArray:
    """The brightest pixel (0 to 255) within two of each (n, 2) whole-pixel x, y."""
    if not len(peaks):
        return np.zeros(0, np.float32)
    w = luma.shape[1]
    levels = luma.reshape(-1).take((peaks[:, 1] * w + peaks[:, 0])[:, None] + square(2, w))
    return np.asarray(levels.max(axis=1), np.float32)
