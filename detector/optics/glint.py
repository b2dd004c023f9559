"""A frame -> its glints: small spots brighter than what surrounds them, with sub-pixel positions.

A lens is smaller than the blur of the camera that looks at it (1.5 mm at 3 m is 0.4 px in 720p
video), so nothing here asks for a least area.  A spot must stand out from the line openings of the
picture in both directions, which takes out edges, ruled lines and everything wider than a glint.
Work is bounded: at most `per_tile` spots are kept in every tile, the ones that stand out most.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.model import Pixels
from detector.optics.view import View

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class GlintLimits:
    """What counts as a spot, in pixels of a 1280 px wide picture and grey levels of 0 to 255."""

    opening_px: int = 15
    """Wider bright things are surfaces, not glints; bloom of a saturated lens stays below."""
    least_contrast: float = 10.0
    """About four times the noise of a compressed 720p frame after smoothing."""
    tile_px: int = 64
    per_tile: int = 3
    """Bounds the work on terrazzo and wallpaper: 3 in 64 x 64 px lost no lens in the shared clips."""
    most: int = 400
    """Bounds the work of a frame: in the shared clips no lens was fainter than 300 other spots."""
    satellite_px: int = 13
    satellite_share: float = 0.35
    """Sharpening and bloom set faint spots round a strong one; they are part of it."""
    smoothings: int = 2
    """Two 3 x 3 Gaussians match the blur of a point, so that single noisy pixels do not compete."""


RADIUS = 7
"""How far from its peak a glint is measured, in px; nearer to the border nothing is looked for."""

_SPAN = np.arange(-RADIUS, RADIUS + 1)
_DISC = np.array([(x, y) for y in _SPAN for x in _SPAN if np.hypot(x, y) <= 4.5])
_ANGLE = np.arange(24) * (2 * np.pi / 24)
_CIRCLE = np.stack([np.cos(_ANGLE), np.sin(_ANGLE)], axis=1)
_POINTS = np.concatenate([_DISC, *(np.rint(r * _CIRCLE) for r in (5.0, 7.0, 14.0))]).astype(np.intp)
_NEAR = slice(0, len(_DISC))
_RING, _RIM, _FAR = (slice(len(_DISC) + 24 * i, len(_DISC) + 24 * (i + 1)) for i in range(3))
_CORE = np.hypot(*_DISC.T) <= 2.9
_LINEAR = (255.0 * (np.arange(256) / 255.0) ** 2.2).astype(np.float32)
"""Grey level -> linear light: the usual display gamma is close enough for a colour."""
_MOMENTS = np.stack([np.ones(len(_DISC)), *_DISC.T, *(_DISC.T**2), _DISC.prod(axis=1)], axis=1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Spots:
    """All spots of one frame: x, y in px (float32, sub-pixel) and how far each stands out, in grey
    levels; `peaks` (n, 2) the whole-pixel x, y of their maxima; `picture` (h, w) the stand-out
    picture itself.
    """

    x: FloatArray
    y: FloatArray
    level: FloatArray
    peaks: IntArray
    picture: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.x)

    def pick(self, rows: IntArray) -> Spots:
        """Some of the spots, with the whole picture."""
        return Spots(self.x[rows], self.y[rows], self.level[rows], self.peaks[rows], self.picture)


@dataclass(frozen=True, slots=True)
class Glints:
    """Spots measured in the picture itself; float32 arrays, one row a spot.

    Levels in grey steps (0 to 255).  `peak` is the brightest pixel, `floor` the median of a circle
    7 px out, `ring` the mean of a circle 5 px out, `flux` the sum above the floor within 4.5 px,
    `width` the r.m.s. radius in px, `long` the ratio of its axes (1 is round), `core` the saturated
    pixels within 4.5 px, `rough` the standard deviation around the circle 7 px out, `far` the median
    of a circle 14 px out; `tint` (n, 3) is the colour of the halo above the floor as B, G, R, where no channel is saturated.
    """

    peak: FloatArray
    floor: FloatArray
    ring: FloatArray
    flux: FloatArray
    width: FloatArray
    long: FloatArray
    core: FloatArray
    rough: FloatArray
    far: FloatArray
    tint: FloatArray


def standout(luma: NDArray[np.uint8], limits: GlintLimits) -> NDArray[np.uint8]:
    """How far each pixel stands above its line openings, smoothed; (h, w) grey levels."""
    n = limits.opening_px
    along, down = (cv2.dilate(cv2.erode(luma, bar), bar) for bar in (np.ones((1, n), np.uint8), np.ones((n, 1), np.uint8)))
    top = cv2.subtract(luma, cv2.max(along, down))
    for _ in range(limits.smoothings):
        top = cv2.GaussianBlur(top, (3, 3), 0)
    return np.asarray(top, np.uint8)


def find(luma: NDArray[np.uint8], limits: GlintLimits) -> Spots:
    """The spots of a frame given as (h, w) grey levels."""
    if min(luma.shape) <= 2 * RADIUS:
        none = np.zeros(0, np.float32)
        return Spots(none, none, none, np.zeros((0, 2), np.intp), luma)
    picture = standout(luma, limits)
    crest = cv2.compare(picture, cv2.dilate(picture, np.ones((5, 5), np.uint8)), cv2.CMP_EQ)
    around = cv2.dilate(picture, np.ones((limits.satellite_px, limits.satellite_px), np.uint8))
    least = cv2.max(cv2.convertScaleAbs(around, alpha=limits.satellite_share), np.ceil(limits.least_contrast))
    found = np.asarray(cv2.bitwise_and(crest, cv2.compare(picture, least, cv2.CMP_GE)), np.uint8) & 1
    # numpy searches booleans an order of magnitude faster than cv2.findNonZero searches bytes
    rows, columns = np.divmod(np.flatnonzero(found.view(np.bool_)), luma.shape[1])
    peaks = np.stack([columns, rows], axis=1)
    peaks = peaks[np.all((peaks >= RADIUS) & (peaks < np.array(luma.shape[::-1]) - RADIUS), axis=1)]
    peaks = peaks[_strongest(peaks, picture[peaks[:, 1], peaks[:, 0]], limits)]
    x, y = peaks.T
    return Spots(
        *_vertex(picture, x, y), level=picture[y, x].astype(np.float32), peaks=peaks, picture=picture
    )


def _vertex(picture: NDArray[np.uint8], x: IntArray, y: IntArray) -> tuple[FloatArray, FloatArray]:
    """Sub-pixel maxima from the parabola through each peak and its neighbours, axis by axis."""
    here = picture[y, x].astype(np.float32)

    def shift(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> FloatArray:
        a, b = before.astype(np.float32), after.astype(np.float32)
        return np.asarray(np.clip(0.5 * (b - a) / np.maximum(2 * here - a - b, 1.0), -0.5, 0.5), np.float32)

    fine_x = x + shift(picture[y, x - 1], picture[y, x + 1])
    fine_y = y + shift(picture[y - 1, x], picture[y + 1, x])
    return fine_x.astype(np.float32), fine_y.astype(np.float32)


def _strongest(peaks: IntArray, level: NDArray[np.uint8], limits: GlintLimits) -> IntArray:
    tile = (peaks[:, 1] // limits.tile_px) * 65536 + peaks[:, 0] // limits.tile_px
    order = np.lexsort((-level.astype(np.int16), tile))
    starts = np.flatnonzero(np.r_[True, np.diff(tile[order]) != 0][: len(order)])
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.r_[starts, len(order)]))
    kept = order[rank < limits.per_tile]
    return kept[np.argsort(-level[kept].astype(np.int16), kind="stable")[: limits.most]]


def measure(view: View, peaks: IntArray) -> Glints:
    """Measures the spots of a frame whose (n, 2) whole-pixel x, y lie at least `RADIUS` inside the picture."""
    x, y = (peaks[:, None, :] + _POINTS[None]).transpose(2, 0, 1)
    x, y = np.clip(x, 0, view.luma.shape[1] - 1), np.clip(y, 0, view.luma.shape[0] - 1)
    level = view.luma[y, x].astype(np.float32)
    floor = np.median(level[:, _RIM], axis=1)
    above = np.maximum(level[:, _NEAR] - floor[:, None], 0.0)
    peak = level[:, _NEAR][:, _CORE].max(axis=1, initial=0.0)
    width, long = _shape(np.maximum(above - 0.4 * (peak - floor)[:, None], 0.0) * _CORE)
    return Glints(
        peak=peak,
        floor=floor.astype(np.float32),
        ring=level[:, _RING].mean(axis=1),
        flux=above.sum(axis=1),
        width=width,
        long=long,
        core=(level[:, _NEAR] >= 250.0).sum(axis=1).astype(np.float32),
        rough=level[:, _RIM].std(axis=1),
        far=np.asarray(np.median(level[:, _FAR], axis=1), np.float32),
        tint=_tint(view.pixels, x, y),
    )


def _shape(weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """R.m.s. radius in px and axis ratio of weights over the near disc."""
    total, x, y, xx, yy, xy = (weight.astype(np.float32) @ _MOMENTS + 1e-6).T
    x, y = x / total, y / total
    xx, yy, xy = xx / total - x * x, yy / total - y * y, xy / total - x * y
    mean, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    pixel = 1.0 / 12.0  # the variance of one pixel keeps the ratio finite for the smallest spots
    long = np.sqrt((mean + half + pixel) / np.maximum(mean - half + pixel, pixel))
    return np.sqrt(np.maximum(2 * mean, 0.0)).astype(np.float32), long.astype(np.float32)


def _tint(pixels: Pixels, x: IntArray, y: IntArray) -> FloatArray:
    """Colour of what the glint adds to its surroundings, in linear light: added light is white on a
    green bottle too, while grey levels would show the gap of the bottle's own colour.
    """
    if pixels.ndim == 2:
        return np.zeros((len(x), 3), np.float32)
    near = pixels[y[:, _NEAR], x[:, _NEAR]]
    base = np.median(_LINEAR[pixels[y[:, _RIM], x[:, _RIM]]], axis=1)
    usable = (near.max(axis=2) < 250)[..., None]
    excess = np.maximum(_LINEAR[near] - base[:, None, :], 0.0) * usable
    # weighted by its own strength, so that the noise of untouched pixels has no say
    return np.asarray((excess * excess.sum(axis=2, keepdims=True)).sum(axis=1) / (excess.sum(axis=(1, 2))[:, None] + 1e-3), np.float32)
