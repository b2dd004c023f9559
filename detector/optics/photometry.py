"""Photometry of spots: light, size, shape, surroundings and colour, from the picture itself.

What is needed of a frame is cut out at once; it is measured later, many frames together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.optics.glint import RADIUS
from detector.optics.quantiles import middle
from detector.optics.view import View
from detector.planes import colours

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.intp]

_SPAN = np.arange(-RADIUS, RADIUS + 1)
_DISC = np.array([(x, y) for y in _SPAN for x in _SPAN if np.hypot(x, y) <= 4.5])
_ANGLE = np.arange(24) * (2 * np.pi / 24)
_CIRCLE = np.stack([np.cos(_ANGLE), np.sin(_ANGLE)], axis=1)
_POINTS = np.concatenate([_DISC, *(np.rint(r * _CIRCLE) for r in (5.0, 7.0, 14.0))]).astype(np.intp)
_NEAR = slice(0, len(_DISC))
_RING, _RIM, _FAR = (slice(len(_DISC) + 24 * i, len(_DISC) + 24 * (i + 1)) for i in range(3))
_TINTED = np.r_[_NEAR, _RIM]
_CORE = np.hypot(*_DISC.T) <= 2.9
_MOAT = (np.hypot(*_DISC.T) > 2.9) & (np.hypot(*_DISC.T) < 4.3)
_MOMENTS = np.stack([np.ones(len(_DISC)), *_DISC.T, *(_DISC.T**2), _DISC.prod(axis=1)], axis=1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Glints:
    """Spots measured in the picture itself; float32 arrays, one row a spot.

    Levels in grey steps (0 to 255).  `peak` is the brightest pixel, `floor` the median of a circle
    7 px out, `ring` the mean of a circle 5 px out, `flux` the sum above the floor within 4.5 px,
    `width` the r.m.s. radius in px, `long` the ratio of its axes (1 is round), `core` the saturated
    pixels within 4.5 px, `rough` the standard deviation around the circle 7 px out, `far` the median
    of a circle 14 px out, `through` the higher of two opposite levels on it where that is lowest,
    `moat` by how much 3 to 4 px out is darker than the same on the circle 7 px out; `tint` (n, 3) is the colour of the halo above the floor as B, G, R, where no channel is saturated.
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
    through: FloatArray
    moat: FloatArray
    tint: FloatArray


@dataclass(frozen=True, slots=True)
class Patches:
    """What is needed of a picture to measure (n) spots in it, a sixth of a kilobyte or half of one each.

    `level` (n, 141) grey levels at the near disc and three circles; `colour` (3, n, 93) samples at the
    disc and the circle 7 px out, 8 bits, and `to_bgr` (3, 4) what makes B, G, R of them; None for grey pictures.
    """

    level: NDArray[np.uint8]
    colour: NDArray[np.uint8] | None
    to_bgr: FloatArray

    def __len__(self) -> int:
        return len(self.level)


def cut(view: View, peaks: IntArray) -> Patches:
    """Cuts spots out of a frame; their (n, 2) whole-pixel x, y lie at least `RADIUS` inside the picture."""
    h, w = view.luma.shape
    x, y = (np.minimum(np.maximum(peaks[:, i, None] + _POINTS[:, i], 0), n - 1) for i, n in ((0, w), (1, h)))
    colour = view.samples(x[:, _TINTED], y[:, _TINTED])
    return Patches(view.luma.reshape(-1).take(y * w + x), colour, view.to_bgr)


def together(patches: Sequence[Patches]) -> Patches:
    """Spots of several frames as one, without colour where one of them has none; there is at least one frame."""
    level = np.concatenate([each.level for each in patches])
    one = all(np.array_equal(each.to_bgr, patches[0].to_bgr) for each in patches)
    samples = [each.colour if one or each.colour is None else _as_bgr(each.colour, each.to_bgr) for each in patches]
    colour = [each for each in samples if each is not None]
    joined = np.concatenate(colour, axis=1) if len(colour) == len(patches) else None
    return Patches(level, joined, patches[0].to_bgr if one else np.eye(3, 4, dtype=np.float32))


def _as_bgr(samples: NDArray[np.uint8], to_bgr: FloatArray) -> NDArray[np.uint8]:
    return np.asarray(np.rint(colours(samples, to_bgr)), np.uint8)


def measure(patches: Patches) -> Glints:
    """Measures spots; many at once cost little more than few."""
    level = patches.level.astype(np.float32)
    floor = middle(level[:, _RIM])
    above = np.maximum(level[:, _NEAR] - floor[:, None], 0.0)
    peak = level[:, _NEAR][:, _CORE].max(axis=1, initial=0.0)
    width, long = _shape(np.maximum(above - 0.4 * (peak - floor)[:, None], 0.0) * _CORE)
    return Glints(
        peak=peak,
        floor=floor,
        ring=level[:, _RING].mean(axis=1),
        flux=above.sum(axis=1),
        width=width,
        long=long,
        core=(level[:, _NEAR] >= 250.0).sum(axis=1).astype(np.float32),
        rough=level[:, _RIM].std(axis=1),
        far=middle(level[:, _FAR]),
        through=_through(level[:, _FAR]),
        moat=_through(level[:, _RIM]) - level[:, _NEAR][:, _MOAT].mean(axis=1),
        tint=_tint(patches),
    )


def _through(circle: FloatArray) -> FloatArray:
    """The higher of two opposite levels of (n, 24) on a circle, where that is lowest: a bar or a frame is dark on two sides."""
    return np.asarray(circle.reshape(-1, 2, 12).max(axis=1).min(axis=1, initial=255.0), np.float32)


def _shape(weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """R.m.s. radius in px and axis ratio of weights over the near disc."""
    total, x, y, xx, yy, xy = (weight.astype(np.float32) @ _MOMENTS + 1e-6).T
    x, y = x / total, y / total
    xx, yy, xy = xx / total - x * x, yy / total - y * y, xy / total - x * y
    mean, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    pixel = 1.0 / 12.0  # the variance of one pixel keeps the ratio finite for the smallest spots
    long = np.sqrt((mean + half + pixel) / np.maximum(mean - half + pixel, pixel))
    return np.sqrt(np.maximum(2 * mean, 0.0)).astype(np.float32), long.astype(np.float32)


def _tint(patches: Patches) -> FloatArray:
    """Colour of what the glint adds to its surroundings, in linear light: added light is white on a
    green bottle too, while grey levels would show the gap of the bottle's own colour.
    """
    if patches.colour is None:
        return np.zeros((len(patches), 3), np.float32)
    level = colours(patches.colour, patches.to_bgr)
    near, rim = level[..., _NEAR], level[..., _NEAR.stop :]
    usable = near.max(axis=0) < 250
    scale = np.float32(1 / 255)  # close enough to the usual display gamma for a colour
    excess = np.maximum(near * near * scale - middle(rim * rim * scale)[..., None], 0.0) * usable
    # weighted by its own strength, so that the noise of untouched pixels has no say
    strength = excess.sum(axis=0)
    return np.asarray(((excess * strength).sum(axis=2) / (strength.sum(axis=1) + 1e-3)).T, np.float32)
